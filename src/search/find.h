/* search/find.h - the list question: records of one type that the caller may see, page by page.
 *
 * What drives the answer is chosen anew for each question, from probes that end after some thousand
 * index entries (decisions 13, 14, 18):
 *   scope   the caller's scopes in the order of recording, merged; a condition is tried on each row
 *   index   an index: of a condition on a field declared `filter`, or of the order asked for
 *   search  the full-text index, with the tokens of rights inside the query
 *   scan    as scope, but the condition reads a field that is not declared: may be too slow
 * The plan changes how long the answer takes, never the answer.
 *
 * Order: by number of row (the order of recording), or by a key and then the number; rows without
 * the key come last, the newest first.  Pages are walked by key, so what is recorded meanwhile
 * neither repeats nor hides a row.  Reads are not made in one transaction: a row that changes while
 * it is found is shown as it is now. */
#pragma once
#include "record/change.h"

enum find_order { FIND_NEWEST, FIND_OLDEST, FIND_DUE, FIND_FIELD };

enum {
    FIND_LIMIT = 50,      /* rows of a page when nothing is said */
    FIND_DEADLINE = 2000, /* ms */
    FIND_PROBE = 5000,    /* index entries after which a set is "large"; records tried for a word */
    FIND_SORT = 4,        /* so many probes: what is sorted rather than walked by its key */
    FIND_TOTAL = 1000,    /* so far `total` is counted unasked */
};

struct find_question {
    const struct world *w;
    struct str type;          /* "dispute" or "dispute.dispute" */
    struct str where;         /* CQL2-Text or none */
    struct str search;        /* as typed, or none */
    const struct str *scopes; /* the caller's rights: "a17", "o<unit>"; none: he sees nothing */
    int n_scopes;             /* at most LIMIT_SCOPES */
    bool open_only;
    enum find_order order;
    int field;           /* FIND_FIELD: of the type's version in force */
    bool desc;           /* FIND_DUE, FIND_FIELD: the largest first */
    int limit;           /* 1 to LIMIT_PAGE; 0 is FIND_LIMIT */
    struct str after;    /* `next` of the page before, or none */
    bool person_ok;      /* fields of kind account may be asked for (lists, never counts) */
    int64_t deadline_ms; /* 0 is FIND_DEADLINE */
    int64_t probe;       /* 0 is FIND_PROBE; tests make everything "large" */
};

struct find_answer {
    struct record **rows; /* folds, with rid */
    size_t n;
    struct str next;  /* STR_NONE: this was the last page */
    int64_t total;    /* -1: not known without counting */
    const char *plan; /* scope, index, search, scan */
};

/* Sets order, field and desc from "" or "-opened" (newest), "opened", "due", or a field that is
 * marked `sort` ("-" before it: downwards).  q->w and q->type must be set.  ERR_INPUT on "sort". */
MUST_USE bool find_sort(struct find_question *q, struct str sort, struct err *e);

/* Rows live in `a`.  Errors: ERR_INPUT ("type", "after", "sort"), what expr_parse says ("where"),
 * ERR_DEADLINE.  A deadline of the connection is replaced, and taken away at the end. */
MUST_USE bool find_records(struct store *db, struct arena *a, const struct find_question *q,
                           struct find_answer *out, struct err *e);
/* How many rows all pages have together; limit, after and order say nothing. */
MUST_USE bool find_count(struct store *db, struct arena *a, const struct find_question *q,
                         int64_t *out, struct err *e);

/* ---- on a map ---- */

/* In 1e-7 degree, WGS-84, both ends included; west <= east: the date line is not crossed. */
struct find_box {
    int64_t west, south, east, north;
};
extern const struct find_box FIND_EARTH;

enum { FIND_SQUARES = 10 /* at most, along the longer side of what is there */ };

struct find_square {
    struct find_box box;
    int64_t n;
};
struct find_point {
    int64_t rid, lon, lat;
    struct record *r;
};
/* The records of a question that have a point inside the box: by the place that the type declares for the
 * map, never one that is sealed.  Up to `limit` each is a point, the newest first; beyond that they are numbers
 * in squares that stand still when the box is moved. */
struct find_map {
    int64_t n;
    struct find_box around; /* the smallest box that holds them; n > 0 */
    struct find_point *points;
    size_t n_points;
    struct find_square *squares;
    size_t n_squares;
    const char *plan; /* box: the cells of the box are walked; or as of a list */
};
/* Order and after of the question say nothing.  Errors as find_records. */
MUST_USE bool find_map(struct store *db, struct arena *a, const struct find_question *q, const struct find_box *box,
                       struct find_map *out, struct err *e);
