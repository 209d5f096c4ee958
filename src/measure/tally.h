/* measure/tally.h - the counters behind the figures.
 *
 * Tables, all of them folds of the log:
 *   tally(term, area, dim, day, n, s)       dim "" is the total, otherwise "field=value"
 *   tally_known(term, area, day, known, …)  totals by the day on which they became known
 *   duration(term, rid, day, ms, area)      terms of kind median
 *   term(term, hash, …)                     numbers of the terms of the playbooks in force
 *   figure_seq(playbook, last_seq)          when anything a figure could read last changed
 * A record adds what it counts (fact.h) to every ancestor area whose level is stored (levels.h); a commit
 * writes contribution(after) - contribution(before), merged and in key order.  A row with n = 0 and
 * s = 0 means the same as no row: whoever compares must leave such rows out.
 *
 * A sealed matter counts under the negative number of a term of kind count, in its county and above,
 * without dimensions: figures add it apart (sealed.c).  Of its amounts and durations nothing is held.
 *
 * known: civil day of `recorded`; for what was recorded together with the opening of the record,
 * of its `known` where the source of an import gave one. */
#pragma once
#include "measure/fact.h"
#include "measure/levels.h"
#include "record/change.h"

struct tally_row {
    int64_t term, area;
    struct str dim;
    int32_t day, known; /* known: DAY_NONE in table tally */
    int64_t n, s;
};
struct tally_duration {
    int64_t term, rid, area, ms;
    int32_t day;
    bool gone; /* the row is to be deleted; area, ms and day are 0 */
};
struct tally_sink {
    void *self;
    void (*count)(void *self, const struct tally_row *row); /* for tally and for tally_known */
    void (*duration)(void *self, const struct tally_duration *row);
};

/* What is worked out once per world: which terms each record type has, what they read. */
struct tally;
struct tally *tally_new(struct arena *a, const struct world *w);
/* Gives the difference that the step from `before` (NULL: nothing) to `after` makes, `recorded`
 * being that of the event.  Steps may be given one event or one commit at a time: the sums are the
 * same.  Texts live as long as `a`.  Returns false when nothing that a term reads has changed. */
bool tally_step(struct tally *t, struct arena *a, const struct record *before,
                const struct record *after, int64_t recorded, const struct tally_sink *sink);

/* Did the step change anything that a figure could read? */
bool tally_moved(const struct record *before, const struct record *after);
/* Inside the writer's transaction, behind record_save. */
MUST_USE bool tally_save(struct store *db, struct changes *c, struct err *e);
/* A commit that plays several days: at the end of each (c->now), with every record it has changed up to
 * then.  tally_save counts what comes after. */
MUST_USE bool tally_turn(struct store *db, struct changes *c, struct change **list, size_t n, struct err *e);

/* ---- terms of a new playbook (decisions 19) ----
 *
 * A new term is `building`: its counters are made by folding the log of the records it counts, in
 * bounded batches between the commits of the writer, upward by rid.  A change counts in it only when
 * the record is not above its cursor; what is above will be met.  Every batch is a transaction under
 * the head's lock, so it goes on after a kill and on any node. */

/* After playbooks were put in force, inside the same transaction, behind record_save and
 * tally_save; `w` is loaded from that state.  Numbers the new terms (ready at once where there is
 * nothing to count) and forgets those that nothing in force names.  Load the world again afterwards. */
MUST_USE bool terms_install(struct store *db, const struct world *w, struct err *e);
/* Two versions of a term with the same hash share their counters when this is the same too. */
struct hash term_built(const struct playbook *p, int term, const struct levels *l);
/* Begins all counters again. */
MUST_USE bool terms_restart(struct store *db, const struct world *w, struct err *e);
/* One batch of at most so many records, inside a transaction that holds the head.  `w` is as the
 * database has it; keys (may be NULL) open what is sealed.  *more: something is still building. */
MUST_USE bool terms_build(struct store *db, const struct keys *keys, const struct world *w, int records,
                          bool *more, struct err *e);
struct term_progress {
    int64_t building;    /* terms */
    int64_t done, total; /* records to go through, by term */
};
MUST_USE bool terms_progress(struct store *db, struct term_progress *out, struct err *e);
/* Has a term that was not ready when the world was loaded become so? */
MUST_USE bool term_ready(struct store *db, const struct term_row *t, bool *out, struct err *e);

/* After areas were moved: what these records count is taken from the areas above them in the one world
 * and given to those in the other. */
MUST_USE bool tally_shift(struct store *db, const struct keys *keys, struct arena *a,
                          const struct world *was, const struct world *now, const int64_t *rids,
                          size_t n, struct err *e);

/* Is anything counted? */
MUST_USE bool tally_any(struct store *db, bool *any, struct err *e);
/* -1 when nothing was counted yet. */
MUST_USE bool tally_seq(struct store *db, struct str playbook, int64_t *out, struct err *e);
