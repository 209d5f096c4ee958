/* measure/difference.h - what the figures of bulletins give away together.
 *
 * All numbers that left or would leave (measure/told.h) are sums over areas and spans of counts that are not
 * told.  What they say of those by adding, subtracting and by rates is worked out as a linear system
 * (measure/bounds.h), for each thing that is counted, with what it is a part of.  A count is given away when it
 * is known to lie within a range closer than 不足5 says, and under 5: looked at are the smallest pieces that
 * the figures cut areas and spans into, the numbers that are held back, and each number less another or less
 * all that lie in it.  Only what would not be known without the new figures is refused. */
#pragma once
#include "measure/indicator.h"

struct difference_beside { /* the bulletins that are out */
    struct str type;       /* of record */
    struct str state;      /* that says so; STR_NONE: none is looked at */
    int64_t rid;           /* not this one */
};

/* Looks at the parts (bulletin_take) beside each other and beside every figure that is out.  Errors:
 * ERR_INPUT naming the figures that give a count away. */
MUST_USE bool difference_check(struct store *db, struct arena *a, const struct world *w, const struct json *parts,
                               const struct difference_beside *out, struct err *e);
