/* record/chainage.h - a place on a road: which road, and from where to where along it.
 *
 * Chainage (桩号) is written K12+300: kilometres, a plus sign, metres in three digits; K12 alone is K12+000.
 * A stretch is K12+300-K12+800.  Kept are metres, as members of the place: "road" (text), "chainage" and,
 * of a stretch, "chainage_to". */
#pragma once
#include "base/json.h"

enum { ROAD_MAX = 40 * 3, CHAINAGE_MAX = 9999 * 1000 + 999 }; /* bytes; metres */

struct chainage {
    int64_t from;
    int64_t to; /* -1: a point */
};
/* Blanks, k for K, the wide + and the signs in use between the two ends (- － — ~ ～ 至 到) are taken; K may
 * be left out.  The far end must lie behind the near one. */
MUST_USE bool chainage_parse(struct str text, struct chainage *out);
struct str chainage_text(struct arena *a, int64_t metres); /* "K12+300" */
/* What people read and search: the text of the place, then "G320 K12+300至K12+800". */
struct str place_words(struct arena *a, const struct json *place);
