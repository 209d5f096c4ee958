#define _GNU_SOURCE /* sched_getaffinity */
#include "base/crew.h"
#include <pthread.h>
#include <sched.h>

struct running {
    const struct crew *crew;
    int slots;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* a piece was done, or taken */
    int64_t claimed, taken;
    bool stop;
    bool done[CREW_SLOTS];
    struct err errs[CREW_SLOTS];
};

struct hand {
    struct running *run;
    pthread_t thread;
    int worker;
};

int crew_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (int)min64(max64(CPU_COUNT(&set), 1), CREW_WORKERS);
}

static void work(struct running *r, int worker, int64_t piece, int slot)
{
    r->errs[slot] = ERR_INIT;
    if (!r->crew->work(r->crew->self, worker, piece, slot, &r->errs[slot]))
        ASSERT(err_is(&r->errs[slot]));
}

/* Says whether there is a piece behind this one. */
static bool take(struct running *r, int64_t piece, int slot, struct err *e)
{
    bool last = false;
    if (err_is(&r->errs[slot])) {
        *e = r->errs[slot];
        return false;
    }
    return r->crew->take(r->crew->self, piece, slot, &last, e) && !last && piece + 1 < r->crew->pieces;
}

/* The next piece, or -1; waits for a slot. */
static int64_t claim(struct running *r)
{
    int64_t piece = -1;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && r->claimed < r->crew->pieces && r->claimed >= r->taken + r->slots)
        pthread_cond_wait(&r->moved, &r->lock);
    if (!r->stop && r->claimed < r->crew->pieces)
        piece = r->claimed++;
    pthread_mutex_unlock(&r->lock);
    return piece;
}

static void *hand_run(void *self)
{
    struct hand *h = self;
    struct running *r = h->run;
    for (int64_t piece; (piece = claim(r)) >= 0;) {
        int slot = (int)(piece % r->slots);
        work(r, h->worker, piece, slot);
        pthread_mutex_lock(&r->lock);
        r->done[slot] = true;
        pthread_cond_broadcast(&r->moved);
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

static void take_all(struct running *r, struct err *e)
{
    bool more = true;
    for (int64_t piece = 0; more; piece++) {
        int slot = (int)(piece % r->slots);
        pthread_mutex_lock(&r->lock);
        while (!r->done[slot])
            pthread_cond_wait(&r->moved, &r->lock);
        pthread_mutex_unlock(&r->lock);
        more = take(r, piece, slot, e);
        pthread_mutex_lock(&r->lock);
        r->done[slot] = false;
        r->taken = piece + 1;
        r->stop = !more;
        pthread_cond_broadcast(&r->moved);
        pthread_mutex_unlock(&r->lock);
    }
}

/* No thread was to be had: the caller does it all. */
static void alone(struct running *r, struct err *e)
{
    int64_t piece = 0;
    do
        work(r, 0, piece, 0);
    while (take(r, piece++, 0, e));
}

bool crew_run(const struct crew *c, struct err *e)
{
    ASSERT(c->workers >= 1 && c->workers <= CREW_WORKERS);
    if (err_is(e) || !c->pieces)
        return !err_is(e);
    struct running r = {.crew = c, .slots = 2 * c->workers};
    struct hand hands[CREW_WORKERS];
    int n = 0;
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.moved, NULL);
    for (; n < c->workers; n++) {
        hands[n] = (struct hand){.run = &r, .worker = n};
        if (pthread_create(&hands[n].thread, NULL, hand_run, &hands[n]) != 0)
            break;
    }
    if (n)
        take_all(&r, e);
    else
        alone(&r, e);
    for (int i = 0; i < n; i++)
        pthread_join(hands[i].thread, NULL);
    pthread_cond_destroy(&r.moved);
    pthread_mutex_destroy(&r.lock);
    return !err_is(e);
}
