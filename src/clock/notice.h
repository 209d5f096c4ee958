/* clock/notice.h - table `clock` (what falls due next) and the outbox of notices.
 *
 * clock_save keeps one row for each running clock of an open record; `next` is when its next rung
 * falls.  The due time itself was decided by the engine and stands in the event; this table only
 * says when to look again (decisions 23). */
#pragma once
#include "clock/run.h"
#include "record/change.h"

/* Is it a running clock that somebody may have to be told of?  Those have a row. */
bool clock_runs(const struct record *r, const struct clock_run *c);
/* The instants at which the row of such a clock may have to be looked at, by whichever version of its
 * playbook, and how many rungs it passes; for verify, since they move with time and not with events. */
struct clock_looks {
    int64_t *at;
    size_t n, cap;
    int rungs;
    bool any; /* the caller knows of a reason why it may be another instant */
};
void clock_looks(struct arena *a, const struct world *w, const struct calendar *cal, struct str type,
                 const struct clock_run *run, struct clock_looks *out);
MUST_USE bool clock_save(struct store *db, const struct changes *c, struct err *e);
/* Its running clocks are looked at when their next rung falls by this table, if that is sooner than was
 * planned, and at once when another rung fell last than the one that was told. */
MUST_USE bool clock_look_again(struct store *db, const struct world *w, const struct calendar *cal,
                               const struct record *r, int64_t now, struct err *e);
/* The rung's instant: due shifted by its span. */
int64_t clock_rung_at(const struct calendar *cal, const struct zone *zone, int64_t due,
                      const struct clock_rung *rung);
/* The first rung that falls after `now`, and when; -1 when there is none. */
int clock_next_rung(const struct calendar *cal, const struct zone *zone, const struct clock_def *def,
                    int64_t due, int64_t now, int64_t *at);
