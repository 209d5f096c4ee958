/* measure/total.h - how many records of a type an area holds, from counters: the `total` of a list.
 *
 * A list has what no figure counts: matters that are void or merged, and sealed ones exactly (their rows
 * stand in it, shut).  So the total of an area is what was opened in it, sealed ones too, and those that are
 * void or merged, which are few and have an index; the open ones are the opened less the closed, as in a
 * stock.  It needs terms of the playbook without a condition, `at: opened` and, for open ones, `at: closed`. */
#pragma once
#include "measure/tally.h"

enum { TOTAL_GONE = 5000 }; /* so many void and merged matters of a type are looked at */

/* *out is -1 when the counters cannot tell: no such terms, or they are being built; an area below the levels
 * that are stored; areas on the way to another parent; too many void or merged.  Reads in one snapshot.
 * type: "dispute" or "dispute.dispute"; area: an index. */
MUST_USE bool total_ask(struct store *db, struct arena *a, const struct world *w, struct str type, int area,
                        bool open, int64_t *out, struct err *e);
