/* The writer: one thread, one connection, group commits.  While one batch commits, the next one
 * gathers by itself, so nothing ever waits for company. */
#include "engine/engine_int.h"

struct gathered {
    struct job *jobs[LIMIT_BATCH_BULK];
    size_t n;
};

/* Is it better alone?  What changes the world, and what is not an ask. */
static bool alone(const struct job *j)
{
    if (j->exclusive)
        return true;
    return str_starts(j->ask->type, STR("sys.")) || (j->ask->actor->kind == ACTOR_OPERATOR &&
                                                    !j->ask->source.len && !id_zero(j->ask->rec));
}

/* Units and accounts of a bulk load: nothing that one of them decides depends on another. */
static bool crowd(const struct engine *en, const struct job *j)
{
    return en->cfg.bulk && !j->exclusive &&
           (str_is(j->ask->type, "sys.org") || str_is(j->ask->type, "sys.account"));
}

/* May it be in one commit with the first of the batch? */
static bool joins(const struct engine *en, const struct job *first, const struct job *j)
{
    if (crowd(en, first) || crowd(en, j))
        return crowd(en, first) && crowd(en, j) && str_eq(first->ask->type, j->ask->type);
    return !alone(j);
}

/* Until there is something to do: an ask, or a step of building. */
static void wait_for_work(struct engine *en)
{
    struct clock_source real = clock_real();
    while (!en->first && !en->stopping) {
        int64_t wait = en->build_at - clock_now(&real);
        if (en->building && wait <= 0)
            return;
        if (en->building)
            engine_pause(en, wait);
        else
            pthread_cond_wait(&en->filled, &en->lock);
    }
}

/* False: the end.  Nothing gathered: there is time for a step of building. */
static bool gather(struct engine *en, struct gathered *g, bool *build)
{
    size_t most = en->cfg.bulk ? LIMIT_BATCH_BULK : en->cfg.batch ? (size_t)en->cfg.batch : LIMIT_BATCH;
    g->n = 0;
    pthread_mutex_lock(&en->lock);
    wait_for_work(en);
    while (en->first && g->n < most) {
        struct job *j = en->first;
        if (g->n && !joins(en, g->jobs[0], j))
            break;
        en->first = j->next;
        if (!en->first)
            en->last = NULL;
        en->queued--;
        g->jobs[g->n++] = j;
        if (alone(j) && !crowd(en, j))
            break;
    }
    struct clock_source real = clock_real();
    *build = en->building && !en->stopping && en->build_at <= clock_now(&real);
    pthread_cond_broadcast(&en->drained);
    pthread_mutex_unlock(&en->lock);
    return g->n > 0 || *build;
}

static bool fresh_world(struct batch *b, struct err *e)
{
    b->world = engine_world_of(b->en, b->db, b->log.head.sys_seq, e);
    b->calendar = engine_calendar(b->en);
    return b->world != NULL;
}

static void note_issued(struct engine *en, const struct batch *b)
{
    for (size_t i = 0; i < b->changes.n; i++)
        if (figures_issued(&b->changes.list[i]))
            atomic_store(&en->issued, b->log.head.tree.size);
}

static void tell(struct engine *en, const struct batch *b)
{
    if (!en->on_commit || !b->changes.n)
        return;
    int64_t *rids = ARENA_ARRAY(b->arena, int64_t, b->changes.n);
    for (size_t i = 0; i < b->changes.n; i++)
        rids[i] = b->changes.list[i].after->rid;
    en->on_commit(en->on_commit_user, b->log.head.tree.size - 1, rids, b->world, b->changes.n);
}

bool writer_batch(struct engine *en, struct arena *a, struct job **jobs, size_t n, const struct beside *beside,
                  struct err *e)
{
    struct batch *b = ARENA_NEW(a, struct batch);
    bool ok = batch_begin(b, en, en->db, a, e) && fresh_world(b, e);
    for (size_t i = 0; ok && i < n; i++)
        ok = batch_add(b, jobs[i], e);
    bool writes = b->log.n || b->n_externals;
    if (ok && writes)
        ok = batch_write(b, e);
    if (ok && beside)
        ok = beside->fn(beside->user, b, e);
    if (ok && (writes || beside))
        ok = store_commit(en->db, e);
    else
        store_rollback(en->db);
    if (!ok) {
        store_rollback(en->db);
        world_unref(b->world);
        return false;
    }
    en->stats.batches++;
    en->stats.events += (int64_t)b->log.n;
    en->stats.biggest_batch = max64(en->stats.biggest_batch, (int64_t)n);
    if (b->sys)
        engine_take_world(en, world_ref(b->world));
    note_issued(en, b);
    tell(en, b);
    world_unref(b->world);
    return true;
}

/* ---- a full disk ---- */

/* What a full disk does not stop: the reserve is for these. */
static bool comes_first(const struct job *j)
{
    if (j->exclusive)
        return j->credential;
    return str_is(j->ask->action, "look") || str_starts(j->ask->type, STR("sys."));
}

/* May it be tried?  The room that the reserve held is not for everybody. */
static bool let_in(struct engine *en, const struct job *j, struct err *e)
{
    return comes_first(j) || reserve_held(&en->reserve) || reserve_full(e);
}

/* It failed since the disk is full, and must be done nevertheless.  True: try it again. */
static bool makes_room(struct engine *en, const struct job *j, struct err *e)
{
    if (e->code != ERR_FULL || !comes_first(j) || !reserve_give(&en->reserve))
        return false;
    err_clear(e);
    return true;
}

static void fail_job(struct job *j, const struct err *e)
{
    struct err full = ERR_INIT;
    bool plain = e->code == ERR_FULL && !e->zh[0] && !reserve_full(&full); /* the database's own words */
    *j->ans = (struct answer){.ok = false, .err = plain ? full : *e};
}

/* ---- running ---- */

static bool try_exclusive(struct engine *en, struct job *j, struct err *e)
{
    if (store_begin(en->db, e) && j->exclusive(j->user, en->db, e) && store_commit(en->db, e))
        return true;
    store_rollback(en->db);
    return false;
}

static void run_exclusive(struct engine *en, struct job *j)
{
    struct err *e = j->exclusive_err;
    bool ok = let_in(en, j, e) && try_exclusive(en, j, e);
    if (!ok && makes_room(en, j, e))
        ok = try_exclusive(en, j, e);
    j->ans->ok = ok;
}

static bool try_alone(struct engine *en, struct arena *a, struct job *j, struct err *e)
{
    arena_reset(a);
    return let_in(en, j, e) && writer_batch(en, a, &j, 1, NULL, e);
}

/* Once more by itself where that may help, and once more when room was made for it. */
static bool by_itself(struct engine *en, struct arena *a, struct job *j, bool again, struct err *e)
{
    if (again)
        err_clear(e);
    return (again && try_alone(en, a, j, e)) || (makes_room(en, j, e) && try_alone(en, a, j, e));
}

static void run(struct engine *en, struct arena *a, struct gathered *g)
{
    struct err e = ERR_INIT;
    if (g->jobs[0]->exclusive) {
        run_exclusive(en, g->jobs[0]);
        return;
    }
    if (reserve_held(&en->reserve) && writer_batch(en, a, g->jobs, g->n, NULL, &e))
        return;
    /* the store failed and nothing was written, or the disk is full: those who come first are done one by one */
    en->stats.retries += err_is(&e);
    bool again = g->n > 1 || e.code == ERR_BUSY || !err_is(&e);
    for (size_t i = 0; i < g->n; i++) {
        struct err mine = e;
        if (!by_itself(en, a, g->jobs[i], again, &mine))
            fail_job(g->jobs[i], &mine);
    }
}

static void checkpoint_wal(struct engine *en, int64_t *since)
{
    struct err e = ERR_INIT;
    if (en->wal_waits) { /* it holds pages from before an erasure */
        en->wal_waits = !store_checkpoint(en->db, true, &e);
        return;
    }
    if (++*since < 64 || en->cfg.bulk)
        return;
    *since = 0;
    if (store_wal_pages(en->db) > 20000 && !store_checkpoint(en->db, false, &e))
        err_clear(&e);
}

void *engine_writer(void *engine)
{
    struct engine *en = engine;
    struct gathered *g = mem_new(sizeof *g);
    struct arena *a = arena_new();
    int64_t since = 0;
    bool build = false;
    while (gather(en, g, &build)) {
        arena_reset(a);
        if (g->n)
            run(en, a, g);
        for (size_t i = 0; i < g->n; i++) {
            struct job *j = g->jobs[i];
            en->stats.actions += j->ans->ok;
            en->stats.refused += !j->ans->ok;
        }
        for (size_t i = 0; i < g->n; i++)
            g->jobs[i]->done(g->jobs[i]->exclusive ? g->jobs[i] : g->jobs[i]->user, g->jobs[i]->ans);
        if (build) /* also under load: a step behind each commit */
            engine_build(en);
        checkpoint_wal(en, &since);
    }
    arena_free(a);
    free(g);
    return NULL;
}
