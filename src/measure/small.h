/* measure/small.h - numbers that are too small to leave the house, and what would give one away.
 *
 * A count of 1 to 4 is small.  A figure holds one when n, N, what is left of N (of a rate whose n is a part
 * of N) or a number of its stock is small, in its span or in the one it is compared with: of such a figure
 * only what is printed may leave. */
#pragma once
#include "measure/indicator.h"

enum { SMALL = 5 };

bool small_count(int64_t n);

/* Does it hold a small count? */
bool small_in(const struct figure *f);
