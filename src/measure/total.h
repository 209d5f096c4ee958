/* measure/total.h - how many records of a type a list has: its `total`, from counters as far as they tell.
 *
 * A list has what no figure counts: matters that are void or merged, and sealed ones exactly (their rows
 * stand in it, shut).  So the total of an area is what was opened in it, sealed ones too, and those that are
 * void or merged, which are few and have an index; the open ones are the opened less the closed, as in a
 * stock.  It needs terms of the playbook without a condition, `at: opened` and, for open ones, `at: closed`.
 *
 * What no counter has are the rows of one unit, which stand in the list beside those of the area (the unit's
 * matters elsewhere), and those of an area below the levels that are stored: they are counted one by one as
 * far as TOTAL_ROWS, and beyond that the total is not known. */
#pragma once
#include "measure/tally.h"

enum {
    TOTAL_GONE = 5000, /* so many void and merged matters of a type are looked at */
    TOTAL_ROWS = 5000  /* so many rows of a unit, or of a small area */
};

/* *out is -1 when it is not known: no such terms, or they are being built; areas on the way to another
 * parent; too many rows; more than one area or unit.  Reads in one snapshot.
 * type: "dispute" or "dispute.dispute"; scopes: as of the table, "a<area>" and "o<unit>". */
MUST_USE bool total_ask(struct store *db, struct arena *a, const struct world *w, struct str type,
                        const struct str *scopes, size_t n_scopes, bool open, int64_t *out, struct err *e);
