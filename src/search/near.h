/* search/near.h - how much two texts say the same, for "this may have been reported already".
 *
 * Both are taken as their pairs of neighbouring characters (folded; blanks and punctuation do not
 * count), a pair as often as it occurs, from the first NEAR_CHARS characters.  The answer is the
 * larger of
 *     common / all                    how alike they are
 *     9/10 x common / the shorter     whether one holds the other, if that has NEAR_HELD pairs
 * in per mille, rounded down.  The same text gives 1000, texts without a common pair 0, and the order
 * does not matter.  A text of one character has itself as its pair; one without any gives 0. */
#pragma once
#include "base/str.h"

enum { NEAR_CHARS = 2000, NEAR_HELD = 8 };

int near_text(struct str a, struct str b);
