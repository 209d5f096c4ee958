/* search/rare.h - how much two texts say the same, where what every report says counts little.
 *
 * A number counts as one character: house 12 is as far from house 13 as from house 7.
 * A pair of neighbouring characters weighs the more the fewer of the given texts have it (squared
 * logarithm of the share, as if there were at least RARE_TEXTS of them).  The answer is the weight of
 * what both have over the weight of the lighter one, in per mille. */
#pragma once
#include "base/str.h"

enum { RARE_TEXTS = 50, RARE_CHARS = 2000 };

struct rare;
struct rare *rare_new(struct arena *a, const struct str *texts, size_t n);
int rare_near(const struct rare *r, struct arena *a, struct str x, struct str y);
