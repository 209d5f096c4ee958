/* exchange/import_look.h - what a table holds, before anything of it is imported: its columns with examples, and a
 * mapping guessed for a record type.  Nothing is kept of it, and nothing written. */
#pragma once
#include "record/world.h"

enum { LOOK_SAMPLES = 3, LOOK_VALUES = 60 };

struct column_look {
    struct str name;
    int64_t filled;                   /* rows that say something here */
    struct str samples[LOOK_SAMPLES]; /* the first different ones */
    int n_samples;
    struct str *values;               /* all different ones, when there are at most LOOK_VALUES */
    int n_values;                     /* 0: there are more */
};

struct import_look {
    struct column_look *columns;
    size_t n;
    int64_t rows;
    struct str mapping; /* the guess, as YAML */
};

/* Reads the whole file once.  type: "dispute.dispute". */
MUST_USE bool import_look(struct arena *a, const struct world *w, const char *file, struct str type,
                          struct import_look *out, struct err *e);
