/* search/sample.h - drawing matters by lot, so that everybody can draw again.
 *
 * For re-checks of closed matters (三率抽查).  The rows of a list are put in the order of
 * SHA-256(seed || 0x00 || id as text), and the first are taken.  The seed is public and must not be
 * known while the matters can still be changed: the numbers of a lottery drawn after the period, say.
 * Whoever holds the list can draw again; nobody can prefer a matter, and persons play no part. */
#pragma once
#include "search/find.h"

enum { SAMPLE_MAX = 1000, SAMPLE_SEED_MAX = 200 };

struct sampled {
    struct id id;
    struct str number;
    struct hash lot; /* what it was ordered by */
};

/* q: limit, after and order say nothing.  *of: how many rows the list has.  out lives in `a`, in the
 * order of the lots; there are min(want, *of).  ERR_INPUT on "seed", "count"; what find_records says. */
MUST_USE bool sample_draw(struct store *db, struct arena *a, const struct find_question *q,
                          struct str seed, int64_t want, struct sampled **out, size_t *n, int64_t *of,
                          struct err *e);
