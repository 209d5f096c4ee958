/* engine/verify_int.h - the parts of verify.
 *
 * verify_log.c      the log alone
 * verify_walk.c     every record folded again, event by event
 * verify_count.c    the sums
 * verify_folds.c    one entry for each other table: what its rows ought to be
 * verify_rows.c     and the two ways in which rows are compared with a table
 * verify_files.c    the attachments
 *
 * A new fold is a new entry of FOLDS in verify_folds.c, and nothing else. */
#pragma once
#include "engine/verify.h"
#include "ledger/ledger.h"
#include "measure/tally.h"

struct verifying;

/* One event of the walk. */
struct step {
    const struct record *before; /* NULL: the event opens it */
    const struct record *after;
    const struct event_body *line;
    int64_t seq;
};

/* A row as it ought to be: columns in order, keys first. */
struct fold_row {
    struct cell *cells;
    int64_t seq;      /* the event that it stands on, or -1 */
    const void *more; /* for `same` */
};

enum { FOLD_COLUMNS = 8 };

struct fold {
    const char *table;
    const char *columns[FOLD_COLUMNS + 1]; /* keys first */
    int n_keys;
    /* Rows are compared piece by piece while the walk goes on when the key begins with the record
     * ($1 <= rid < $2, in the order of the keys).  Otherwise hashes of all rows are kept until the
     * end, and `sql` reads the table page by page: it gives the columns, and behind them those by which
     * pages go on ($1, … : their values in the last row of the page before). */
    bool by_record;
    const char *sql;
    const char *kinds; /* kinds of all columns that sql gives: i, t, b (blob) */
    bool by_tree; /* ancestors of the day are in the rows: not compared once an area was moved, since the log
                     does not say when each record was taken along */
    bool (*event)(struct verifying *v, int fold, const struct step *s);
    bool (*record)(struct verifying *v, int fold, const struct changes *c, const struct change *ch);
    bool (*end)(struct verifying *v, int fold); /* rows that are known only when all is folded */
    /* Columns behind the keys; NULL: equal to those of the row.  *column: the one that differs. */
    bool (*same)(const struct rows *r, const struct fold_row *want, int *column);
};
extern const struct fold FOLDS[];
extern const int N_FOLDS;

struct rows_state; /* of a fold */
struct sums;
struct walked; /* what the folds keep between events */

struct verifying {
    struct store *db;
    const struct keys *keys;
    struct verify_report *out;
    struct err *e;
    struct world *world;
    struct calendar *calendar;
    struct arena *keep;   /* until the end */
    struct arena *piece;  /* a piece of events */
    struct arena *window; /* rows of the records of a piece */
    struct sums *sums;
    struct rows_state *rows; /* one for each fold */
    struct walked *walked;
    struct ledger_head head;
    int64_t scopes, scopes_open, waiting, nodes;
    int64_t tree_seq; /* the last event that gave an area another parent, -1 */
    int64_t below; /* rows of records below this one were compared */
    void (*progress)(void *self, int64_t done, int64_t total);
    void *self;
};

/* Remembers the first thing that is wrong; the smallest event number wins.  seq -1: none of its own. */
PRINTF(3, 4) void verify_wrong(struct verifying *v, int64_t seq, const char *why, ...);

MUST_USE bool verify_log(struct verifying *v);
MUST_USE bool verify_walk(struct verifying *v);

/* verify_count.c */
void verify_sums_begin(struct verifying *v);
struct tally_sink verify_sink(struct verifying *v);
MUST_USE bool verify_sums(struct verifying *v);

/* verify_rows.c */
void verify_rows_begin(struct verifying *v);
/* A row that ought to be there; cells are copied.  Of two with one key the later one (seq) stays. */
#define BIND_CELLS(...) ((const struct cell[]){__VA_ARGS__})
void verify_row(struct verifying *v, int fold, const struct cell *cells, int64_t seq, const void *more);
/* Compares what was derived of the records below `rid`. */
MUST_USE bool verify_rows_below(struct verifying *v, int64_t rid);
MUST_USE bool verify_rows_end(struct verifying *v);

/* verify_files.c */
MUST_USE bool verify_files(struct verifying *v);

/* verify_folds.c */
MUST_USE bool verify_folds_begin(struct verifying *v);
/* Rows of tables that belong to no record. */
MUST_USE bool verify_strays(struct verifying *v);
