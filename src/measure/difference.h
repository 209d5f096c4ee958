/* measure/difference.h - what the figures of bulletins give away by subtraction.
 *
 * Two printed figures tell a third when one lies in the other: the same indicator over a span and a shorter
 * one with a common end, or for an area and one below it; or an indicator and the one it is `within`.  Is
 * the difference 1 to 4, the two may not both leave.  Looked at are two figures at a time, as they are
 * frozen: sums of several are not. */
#pragma once
#include "measure/indicator.h"

struct difference_beside { /* the bulletins that are out */
    struct str type;       /* of record */
    struct str state;      /* that says so; STR_NONE: none is looked at */
    int64_t rid;           /* not this one */
};

/* Looks at the parts (bulletin_take) beside each other and beside every figure that is out.  Errors:
 * ERR_INPUT naming the two. */
MUST_USE bool difference_check(struct store *db, struct arena *a, const struct world *w, const struct json *parts,
                               const struct difference_beside *out, struct err *e);
