/* record/waiting.h - what waits for whom: the fold behind the desk of a person, a unit, an area.
 *
 * One row for each thing that waits, under the unit it waits for and under every area above the matter:
 *   sign   sent to the unit and not signed for; `at` is when it must be
 *   due    the next deadline of a running clock (of the holder; a share's under its own unit)
 *   back   returned to the unit that sent it, which has not dealt with it yet; `at` is the return
 *   call   a follow-up that is planned; `at` is its civil day x 86,400,000; of the holder and of the unit
 *          that the plan names
 *   done   closed; under every unit that had a part in it; `at` is the closing
 * The first three only while the matter is open.  No row names a person. */
#pragma once
#include "record/change.h"

struct waiting {
    struct str scope; /* "o<unit>", "a<area>", as in table scope */
    const char *kind;
    int64_t at;
};

/* The rows of one record, each once. */
size_t record_waiting(struct arena *a, const struct world *w, const struct record *r, struct waiting **out);

struct waiting_row {
    int64_t at, rid;
};
/* Writes the difference that the changes make; was_in: the world in which the rows of `before` were
 * written, c->world but for areas that were moved. */
MUST_USE bool waiting_save(struct store *db, const struct changes *c, const struct world *was_in,
                           struct err *e);

/* Rows of one kind in [from, to), by time: the earliest first, or the latest when desc. */
MUST_USE bool waiting_read(struct store *db, struct arena *a, struct str scope, const char *kind, int64_t from,
                           int64_t to, bool desc, int64_t limit, struct waiting_row **out, size_t *n,
                           struct err *e);
