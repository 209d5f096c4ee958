/* measure/bounds.h - what sums that are told say of sums that are not.
 *
 * Unknown whole numbers, none below 0, and sums of some of them that are known exactly or to lie between two
 * numbers.  Asked is how small and how great another sum can be: a linear program, solved by the simplex method
 * over exact integers (Edmonds' pivoting, Bland's rule; no floating point).  A range is that of fractions,
 * narrowed to the whole numbers in it: never narrower than what can really be worked out by adding and
 * subtracting. */
#pragma once
#include "base/arena.h"

enum { BOUNDS_VARS = 4096 };

struct bounds;
struct bounds *bounds_new(struct arena *a, int vars);

/* sum: for each unknown how often it is in it (-1, 0, 1).  low ≤ sum ≤ high; high INT64_MAX: no upper one.
 * False: it contradicts what was told before, and is left out. */
bool bounds_tell(struct bounds *b, const signed char *sum, int64_t low, int64_t high);

/* Can the sum be above the limit? */
bool bounds_above(struct bounds *b, const signed char *sum, int64_t limit);

/* The least and the greatest whole number it can be; INT64_MAX: no limit. */
void bounds_range(struct bounds *b, const signed char *sum, int64_t *low, int64_t *high);

/* Numbers grew out of hand: nothing that was answered since can be relied on. */
bool bounds_broken(const struct bounds *b);
