/* Work that takes too long for the server's threads: on a thread of its own, while the request is parked. */
#include "api/api_int.h"

struct apart {
    struct api *api;
    enum apart_kind kind;
    void (*run)(void *user);
    void *user;
};

static const struct {
    int most;
    const char *too_many;
} KINDS[APART_KINDS] = {
    [APART_PRINT] = {4, "too many documents are printed at once"},
    [APART_EXPORT] = {2, "too many lists are exported at once"},
};

static void *run_thread(void *user)
{
    struct apart p = *(struct apart *)user; /* the request's arena goes with its answer */
    p.run(p.user);
    atomic_fetch_sub(&p.api->apart[p.kind], 1);
    return NULL;
}

bool call_apart(struct call *c, enum apart_kind kind, void (*run)(void *user), void *user)
{
    struct apart *p = ARENA_NEW(c->a, struct apart);
    pthread_t t;
    *p = (struct apart){c->api, kind, run, user};
    if (atomic_fetch_add(&c->api->apart[kind], 1) >= KINDS[kind].most) {
        atomic_fetch_sub(&c->api->apart[kind], 1);
        return err_set(c->e, ERR_BUSY, "%s", KINDS[kind].too_many);
    }
    http_park(c->rq);
    if (pthread_create(&t, NULL, run_thread, p) == 0)
        pthread_detach(t);
    else
        run_thread(p); /* slowly, but done */
    return true;
}
