/* access/hasher_int.h - for the tests of this folder: a worker that takes no work. */
#pragma once
#include "access/hasher.h"

void hasher_hold(struct hasher *h, bool hold);
int hasher_waiting(struct hasher *h);
