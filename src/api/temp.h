/* api/temp.h - a file without a name, for what is written and read by its path (a spreadsheet). */
#pragma once
#include "base/err.h"

struct temp {
    int fd; /* -1: none */
    char path[32];
};
#define TEMP_NONE ((struct temp){.fd = -1})
MUST_USE bool temp_open(struct temp *t, struct err *e); /* in memory */
MUST_USE bool temp_open_in(struct temp *t, const char *folder, struct err *e);
/* The same over a file that has lost its name already, or will: `fd` becomes the temp's own. */
struct temp temp_of(int fd);
void temp_close(struct temp *t);
