/* search/find_int.h - a list question made ready: parsed, planned, written as SQL.
 *
 * Every statement has one form:
 *     SELECT d.rid[, key] FROM <driver> d [CROSS JOIN record r] [CROSS JOIN f_… f] WHERE … LIMIT n
 * CROSS JOIN tells SQLite to keep this order of loops; PostgreSQL plans it as any join. */
#pragma once
#include "search/find.h"
#include "search/token.h"

enum find_by { BY_SCOPE, BY_PART, BY_KEY, BY_SEARCH, BY_BOX };

/* Where a page begins. */
struct find_cursor {
    bool given, bare; /* bare: among the rows without the key */
    int64_t rid;
    struct cell key;
};

struct find_ask {
    const struct find_question *q;
    struct store *db;
    struct arena *a;
    struct err *e;
    struct record_catalogue cat;
    const struct playbook *playbook;
    const struct record_def *def;
    struct str type;    /* "dispute.dispute" */
    struct str table;   /* f_dispute_dispute */
    struct expr *where; /* or NULL */
    struct expr_part *parts;
    size_t n_parts;
    bool reads_record, reads_fields, undeclared;
    bool open;
    bool searching;
    struct token_query words;
    struct str scopes[LIMIT_SCOPES]; /* none covers another, as far as areas go */
    int n_scopes;
    bool keyed, desc;       /* sorted by key_column */
    const char *key_column; /* "due" or "x_<field>" */
    bool key_text;
    struct find_cursor after;
    size_t limit;
    int64_t probe;
    enum find_by by;
    int part;          /* BY_PART */
    struct cell *args; /* FIND_ARGS, of the statement that is being written */
};

/* What is told of the rows that have a point in the box. */
enum find_tell { TELL_AROUND, TELL_SQUARES, TELL_POINTS };
struct find_plot {
    const struct find_box *box;
    enum find_tell tell;
    int64_t side; /* TELL_SQUARES: 1e-7 degree */
};

/* One statement. */
struct find_walk {
    enum find_by by;
    int scope;   /* BY_SCOPE, BY_SEARCH: which */
    bool bare;   /* the rows without the key */
    bool count;  /* how many, of those that no scope before this one has */
    bool rare;   /* BY_SEARCH: all hits are collected, then sorted */
    bool alone;  /* BY_SEARCH: the words without the tokens of rights */
    size_t want; /* LIMIT */
    const struct find_plot *plot; /* instead of rows; with `count` */
};

/* find_ask.c */
MUST_USE bool find_prepare(struct store *db, struct arena *a, const struct find_question *q,
                           struct find_ask *k, struct err *e);
struct str find_cursor_text(const struct find_ask *k, int64_t rid, bool bare,
                            const struct cell *key);

/* find.c */
/* The folds of n records, at most LIMIT_PAGE. */
MUST_USE bool find_load(struct find_ask *k, const int64_t *rids, size_t n, struct record **out);
const char *find_plan_name(const struct find_ask *k);
/* Says what to do about a question that took too long. */
void find_too_long(struct err *e, int64_t ms);

/* find_plan.c: sets k->by and k->part */
MUST_USE bool find_choose(struct find_ask *k);
/* The same for what lies in a box: its cells are walked when they hold fewer than the scopes. */
MUST_USE bool find_choose_in(struct find_ask *k, const struct find_box *box);
bool find_indexed(const struct find_ask *k, int slot);

/* find_sql.c */
enum { FIND_ARGS = 4096 };
struct find_sql {
    struct buf text;
    struct cell *args; /* those of the ask */
    size_t n;
    bool where; /* WHERE was written */
};
/* One at a time: all of one ask bind into the same array. */
struct find_sql find_sql_new(struct find_ask *k);
void find_sql_free(struct find_sql *s);
MUST_USE bool find_sql_walk(struct find_sql *s, struct find_ask *k, const struct find_walk *w);
/* PostgreSQL: how many hits the search of a walk has in the records from..to, as far as w->want. */
MUST_USE bool find_sql_hits(struct find_ask *k, const struct find_walk *w, int64_t from, int64_t to,
                            int64_t *out);
/* "rid FROM f_x f WHERE part", where the part's index can be walked. */
MUST_USE bool find_sql_part(struct find_sql *s, struct find_ask *k, int part);
/* find_map.c: the condition on the cells of table spot under this alias. */
void find_sql_cells(struct find_sql *s, const char *alias, const struct find_ask *k, const struct find_box *box);
/* The columns, the table, the conditions and the end of a statement that plots. */
void find_sql_told(struct find_sql *s, const struct find_ask *k, const struct find_plot *p);
void find_sql_plotted(struct find_sql *s, const struct find_ask *k, const struct find_walk *w);
void find_sql_plot_end(struct find_sql *s, const struct find_walk *w);
int find_sql_arg(struct find_sql *s, struct cell c);
/* Begins a condition; writes `head` and the next parameter. */
void find_sql_and(struct find_sql *s);
void find_sql_bound(struct find_sql *s, const char *head, struct cell c);
struct rows find_sql_run(struct find_sql *s, struct find_ask *k);
/* Runs it for the number in its first row; *out stays as it is when there is no row. */
MUST_USE bool find_sql_int(struct find_sql *s, struct find_ask *k, int64_t *out);
