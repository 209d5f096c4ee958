/* record/change.h - what one commit changes: for each record its fold before and after.
 *
 * The writer gathers changes; each layer writes its own tables from them, table by table in key
 * order (decisions 8): record_save here, clock_save, tally_save, search_save above.  All of them are
 * pure functions of (before, after), so `verify` can make them again from the log. */
#pragma once
#include "record/world.h"

struct change {
    struct record *before; /* NULL: opened in this commit */
    struct record *after;
    const struct playbook *playbook; /* NULL for sys.* records */
    const struct record_def *def;
    bool new_text;         /* a searchable value, the number or the area changed */
    int64_t moved_seq;     /* the newest event that changed what a figure could read; 0: none */
    struct left_scope *left; /* scopes that events of this commit left */
    size_t n_left, cap_left;
    const struct record *counted; /* NULL, or how much of it tally_turn has counted */
};

struct left_scope {
    int64_t seq;
    struct str scope;
};

/* Values that were given in this commit, so that nobody reads them back from the database. */
struct plain_value {
    int64_t seq, k;
    struct str plain;
};

struct changes {
    struct arena *arena;
    const struct world *world;
    const struct keys *keys;
    struct change *list;
    size_t n, cap;
    struct plain_value *plain; /* in order of seq */
    size_t n_plain, cap_plain;
    int64_t now; /* `recorded` of the commit; of its last event when a bulk load plays several days */
    struct tally_run *run; /* measure's, after tally_turn */
};

/* The plaintext (JSON text) of a reference; STR_NONE when it was erased.  Looks in the commit first,
 * then in table detached. */
MUST_USE bool changes_plain(struct store *db, const struct changes *c, const struct record *r,
                            const struct json *ref, struct str *out, struct err *e);
/* Where the place behind a reference lies, WGS-84 in 1e-7 degree; *has = false: without a point, or erased. */
MUST_USE bool changes_point(struct store *db, const struct changes *c, const struct record *r,
                            const struct json *ref, bool *has, int64_t *lon, int64_t *lat, struct err *e);
/* The data key of a record. *found = false when the record has none. */
MUST_USE bool record_dek(struct store *db, const struct keys *keys, int64_t rid, struct id id,
                         bool *found, uint8_t out[static CIPHER_KEY], struct err *e);
/* Reads one detached value from the database. */
MUST_USE bool detached_read(struct store *db, struct arena *a, int64_t seq, int64_t k,
                            const uint8_t dek[static CIPHER_KEY], struct str *out, struct err *e);

/* Tables record, scope, scope_open, scope_log and f_<playbook>_<type>. */
MUST_USE bool record_save(struct store *db, const struct changes *c, struct err *e);
/* After areas were moved: scopes and waiting rows of records (before and after are the same) as c->world has them,
 * instead of as `was` had them.  What was lost and what came stands in scope_log at `seq`: that of the
 * next event, for those who were away may have been told of all before it. */
MUST_USE bool record_rescope(struct store *db, const struct changes *c, const struct world *was,
                             int64_t seq, struct err *e);
/* Loads a fold by id or number of row. *found = false when there is none. */
MUST_USE bool record_load(struct store *db, struct arena *a, struct id id, bool *found,
                          struct record **out, struct err *e);
MUST_USE bool record_load_rid(struct store *db, struct arena *a, int64_t rid, bool *found,
                              struct record **out, struct err *e);
MUST_USE bool record_by_number(struct store *db, struct arena *a, struct str number, bool *found,
                               struct record **out, struct err *e);

/* ---- the typed table of a record type ---- */
struct str table_name(struct arena *a, const struct playbook *p, const struct record_def *def);
/* By record type, the statement that writes a row of its table: $1 rid, the columns of table_row, then
 * longitude and latitude of each place, which only a new row takes.  A world holds them (world_put). */
const char **table_puts(struct arena *a, const struct playbook *p);
/* The typed rows of a commit, and where its cases lie (table spot). */
MUST_USE bool table_save(struct store *db, const struct changes *c, struct err *e);
/* Makes the table, or adds what a newer playbook version added; never drops (decisions 14). */
MUST_USE bool table_ensure(struct store *db, const struct playbook *p, const struct record_def *def,
                           struct err *e);
/* What table_ensure would add, column by column, the two of a place left out. */
MUST_USE bool table_missing(struct store *db, const struct playbook *p, const struct record_def *def,
                            void (*add)(void *self, struct str table, struct str column), void *self,
                            struct err *e);
/* Columns in order and their values for a record (place columns are left out). */
struct table_row {
    struct str *names;
    struct cell *cells;
    size_t n;
};
void table_row(struct arena *a, const struct record *r, const struct record_def *def,
               struct table_row *out);
/* The row of table record, in the order of its columns. */
enum { RECORD_COLUMNS = 22 };
size_t record_cells(struct arena *a, const struct record *r, struct cell c[static RECORD_COLUMNS]);
/* Compares what the tables hold of a record (record, scope, scope_open, f_*) with what its fold says.
 * *ok = false and one line in `why` when something differs.  playbook and def are NULL for sys.*. */
MUST_USE bool record_check(struct store *db, const struct changes *c, const struct record *r,
                           const struct playbook *p, const struct record_def *def, bool *ok,
                           char why[static 200], struct err *e);
/* The scopes a record belongs to: ancestors of its area, its units. */
struct json *record_scopes(struct arena *a, const struct world *w, const struct record *r);
/* The scopes that it left in the step from before to after.  false: none. */
MUST_USE bool record_left(struct arena *a, const struct world *w, const struct record *before,
                          const struct record *after, struct json **out);
/* Notes what one event of a commit did that the folds before and after the commit do not tell. */
void change_left(struct arena *a, const struct world *w, struct change *ch, const struct record *before,
                 const struct record *after, int64_t seq);
