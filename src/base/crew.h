/* base/crew.h - work in pieces on several threads, whose results are taken in the order of the pieces.
 *
 * A worker claims the next piece and fills a slot for it; the calling thread takes the slots one by one, in
 * order, so what comes out does not depend on how many workers there are.  Of slots there are twice as many as
 * workers: who is further ahead waits, and memory stays bounded.
 * The error of the earliest piece that failed is the answer's; pieces that were begun are finished first. */
#pragma once
#include "base/err.h"

enum { CREW_WORKERS = 16, CREW_SLOTS = 2 * CREW_WORKERS };

struct crew {
    void *self;
    int workers;    /* 1 … CREW_WORKERS */
    int64_t pieces; /* INT64_MAX: until `take` has had the last one */
    /* On the worker's thread; nobody else touches what belongs to this worker and to this slot. */
    bool (*work)(void *self, int worker, int64_t piece, int slot, struct err *e);
    /* On the caller's.  *last = true: the pieces behind this one are thrown away. */
    bool (*take)(void *self, int64_t piece, int slot, bool *last, struct err *e);
};

/* Workers for this process: one for each core that it may use, at most CREW_WORKERS. */
int crew_cores(void);
MUST_USE bool crew_run(const struct crew *c, struct err *e);
