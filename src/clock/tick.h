/* clock/tick.h - what has fallen due, worked out from table clock.
 *
 * clock_tick looks at the rows whose instant has come, and does for each what its latest rung says:
 * after a time during which nothing ran, earlier rungs are passed over (decisions 23).  The notice is
 * a row of the outbox, in the same transaction.  A rung that also acts (`do:`, or an escalation to
 * the head or the centre) is given to `emit`, and its row stays due: the caller acts after the commit,
 * under the id it was given, and then calls clock_settle.  A process that ends in between, or a
 * second one that looks at the same time, acts again under the same id, which the log takes once.
 *
 * Rungs that lie before the start of their clock are none: a limit of one day does not begin with
 * "in three days".  A clock that no playbook describes (sign, share) has one rung, its due time. */
#pragma once
#include "clock/outbox.h"

enum { TICK_ROWS = 500 };

struct clock_fire {
    struct id id;  /* of the action: UUIDv8 of (record, clock, run, rung, due) */
    struct id rec;
    int64_t rid;
    struct str clock;
    int64_t n, due;
    int rung;
    struct str does; /* the action, or "escalate" */
    struct str to;   /* holder, head, centre */
    struct str org;  /* its unit; STR_NONE: none is known */
    struct str rule; /* "dispute@3 dispute.accept +2wd" */
    int64_t next;    /* of the row, once this is done; TIME_NONE: never again */
};

/* Is there anything to look at?  Cheap, on any connection. */
MUST_USE bool clock_waiting(struct store *db, int64_t now, bool *yes, struct err *e);
/* Inside a writer's transaction.  What emit is given lives in `a`.  *rows: how many were looked at;
 * TICK_ROWS means that there may be more. */
MUST_USE bool clock_tick(struct store *db, struct arena *a, const struct world *w,
                         const struct calendar *cal, int64_t now,
                         void (*emit)(void *self, const struct clock_fire *f), void *self,
                         size_t *rows, struct err *e);
/* The action was answered: the row moves on, unless its clock has moved meanwhile. */
MUST_USE bool clock_settle(struct store *db, const struct clock_fire *f, struct err *e);
