/* playbook/check.h - the command `bihuan check`: one folder, read and checked. */
#pragma once
#include "playbook/playbook.h"

/* Fills *out with what is wrong in the playbook of `dir`; out->n = 0 means it is fine.
 * False when the folder could not be read at all; e then says which file, and why. */
MUST_USE bool playbook_check_dir(const char *dir, struct complaints *out, struct err *e);
