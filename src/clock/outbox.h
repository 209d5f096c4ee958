/* clock/outbox.h - who is told what, and when.
 *
 * A notice is one row for (record, clock, rung, due, addressee's role): written once, whoever looks
 * and how often.  It says number, kind, clock and date; never a name, an address or what the matter
 * is about.  It can be read in the page from the moment it is made.
 *
 * It goes out (`sent`) singly when it is red or today is the last day; everything else waits for the
 * digest of its addressee at 8:30 of a working day, which is itself a row (rid 0, clock
 * "digest:<unit>").  Nothing goes out from 20:00 to 8:00.  A digest that was missed is not made up
 * later in the evening or on a day off: the next one holds it.  A digest lists what is unread and still
 * running, so what was done meanwhile is not told any more. */
#pragma once
#include "clock/calendar.h"
#include "record/world.h"

enum {
    OUTBOX_QUIET_FROM = 20,
    OUTBOX_QUIET_TO = 8,
    OUTBOX_DIGEST_HOUR = 8,
    OUTBOX_DIGEST_MINUTE = 30,
    OUTBOX_DIGEST_LINES = 30, /* more are only counted */
};

struct notice {
    int64_t id;
    int64_t rid;      /* 0: a digest */
    struct str clock;
    int64_t rung, due;
    struct str org;   /* STR_NONE: no unit is known: whoever has the role in the area */
    int64_t area;     /* aid of the matter */
    struct str role;  /* holder, head, centre */
    bool red;
    int64_t made, sent, read_at; /* TIME_NONE */
    struct str text;
};

/* Inside a writer's transaction that holds the row head (clock_tick).  id, sent and read_at of n are
 * not looked at.  *added: it was not there yet (may be NULL). */
MUST_USE bool outbox_add(struct store *db, const struct notice *n, bool *added, struct err *e);

/* Would outbox_send do anything now?  Cheap, on any connection. */
MUST_USE bool outbox_waiting(struct store *db, const struct zone *z, const struct calendar *cal,
                             int64_t now, bool *yes, struct err *e);
/* Inside a writer's transaction: what may go out now goes out.  *n: single notices and digests. */
MUST_USE bool outbox_send(struct store *db, struct arena *a, const struct zone *z,
                          const struct calendar *cal, int64_t now, size_t *n, struct err *e);

/* The newest `limit` notices of a unit with an id below `before` that are read, or unread.  org is
 * STR_NONE: of no unit.  With the digests. */
MUST_USE bool outbox_list(struct store *db, struct arena *a, struct str org, bool read,
                          int64_t before, int64_t limit, struct notice **out, size_t *n,
                          struct err *e);
MUST_USE bool outbox_get(struct store *db, struct arena *a, int64_t id, bool *found,
                         struct notice *out, struct err *e);
/* Inside a writer's transaction.  A second reading changes nothing. */
MUST_USE bool outbox_read(struct store *db, int64_t id, int64_t now, struct err *e);
