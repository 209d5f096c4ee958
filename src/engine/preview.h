/* engine/preview.h - the dry run of a playbook: what a changed version would do to what is there.
 *
 * Installing moves no running case; each stands on its own version until somebody adopts the new one.
 * So the dry run says of every open case whether it could be moved and what would change, and of the
 * database which figures would be built and which columns added.  Counts by kind with the numbers of
 * a few matters, never by person; a sealed matter is counted and not named. */
#pragma once
#include "engine/fit.h"

enum { PREVIEW_EXAMPLES = 5 };

struct preview_row { /* one kind of finding */
    enum fit_kind kind;
    struct str record, key; /* record type and what it is about */
    int64_t n;              /* open cases */
    struct str examples[PREVIEW_EXAMPLES];
    int n_examples;
};

struct preview_term { /* a figure's term that is not counted yet, or would be no longer */
    struct str record, indicators; /* ids with blanks between */
    int64_t records;               /* that are gone through to build it */
};

struct preview {
    struct arena *a;
    struct str playbook;
    int from, to;        /* versions; from 0: none is in force */
    bool same_version;   /* this version is installed already: it must be raised */
    int64_t cases, stuck; /* open cases looked at; of them those that could not be moved */
    struct preview_row *rows;
    size_t n, cap;
    struct preview_term *built, *dropped;
    size_t n_built, cap_built, n_dropped, cap_dropped;
    struct str *columns; /* "f_dispute_dispute.x_amount" */
    size_t n_columns, cap_columns;
};

MUST_USE bool preview_playbook(struct store *db, const struct keys *keys, struct arena *a,
                               const struct world *w, const struct calendar *calendar,
                               const struct playbook *next, int64_t now, struct preview *out,
                               struct err *e);
void preview_write(struct json_out *o, const struct preview *p);
void preview_text(struct buf *b, const struct preview *p, bool zh);
/* Members of the one case: {"from","to","rows":[…],"possible"}. */
void preview_record(struct arena *a, const struct world *w, const struct calendar *calendar,
                    const struct record *r, const struct playbook *next, int64_t now,
                    struct json_out *o);
/* Calls fn for each open case of a playbook, whatever version it stands on; the arena is emptied
 * behind it.  fn may end the walk by false. */
MUST_USE bool preview_each(struct store *db, const struct keys *keys, const struct world *w,
                           struct str playbook, bool (*fn)(void *self, struct arena *a, struct record *r), void *self,
                           struct err *e);
