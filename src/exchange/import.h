/* exchange/import.h - a table from outside becomes records, row by row, and a second time only what
 * changed (decisions 25).
 *
 * Every row is one ask of the import action: its id is made of source, external id, what the row
 * says and what stood there before, so an interrupted import is simply run again.  Rows are asked in
 * the order of the file, some hundred at a time; a bad row is refused alone and comes back in the
 * rejects file: the columns of the input and the reason, to be mended and imported again. */
#pragma once
#include "engine/engine.h"
#include "exchange/table_file.h"
#include <stdatomic.h>

struct import_ask {
    struct engine *engine;
    const struct actor *actor;
    const char *mapping_name;   /* for complaints: the file it came from */
    struct str mapping;         /* its text */
    const char *file;           /* path */
    const char *rejects;        /* path, or NULL */
    enum table_kind rejects_kind;
    struct str area;            /* code of where rows of unknown area go; STR_NONE: the root */
    void (*progress)(void *self, int64_t done, int64_t total);
    void *progress_self;
    /* each refused row, in the order of the file; may be NULL */
    void (*refused)(void *self, int64_t line, struct str why);
    void *refused_self;
    bool dry;                 /* every row is decided, nothing is written */
    bool gently;              /* few rows at a time: others use the same writer */
    const atomic_bool *stop;  /* looked at between rows; NULL: it runs to its end */
};

struct import_result {
    int64_t read, created, updated, same, rejected;
    int64_t area_unknown, area_above; /* rows that went to a wider area than they named */
    struct str unused;                /* columns that nothing reads */
};

/* False: the import stopped, rows before stay in (a second run goes on); *out tells how far it came. */
MUST_USE bool import_run(struct arena *a, const struct import_ask *ask, struct import_result *out,
                         struct err *e);
