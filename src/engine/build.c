/* Building between the commits: records go along with areas that were moved (shift.c), the figures of a new
 * playbook are made, and clocks follow a new table of holidays (reclock.c), in bounded steps, each a
 * transaction of its own under the head's lock, so that no action waits longer than for one of them
 * (decisions 19, 21, 23).  Every node with a writer does it; who
 * holds the head does the next step. */
#include "engine/engine_int.h"
#include "engine/build.h"
#include "engine/shift.sql.h"
#include <time.h>

static bool step(struct engine *en, int n, bool *more, struct err *e)
{
    struct ledger_head head;
    struct world *w = NULL;
    bool shifts = false, builds = true; /* not known while records are taken along */
    bool ok = store_begin(en->db, e) && ledger_lock(en->db, &head, e) &&
              (w = engine_world_of(en, en->db, head.sys_seq, e)) &&
              shift_step(en->db, &en->keys, w, head.tree.size, n, &shifts, e) &&
              (shifts || terms_build(en->db, &en->keys, w, n, &builds, e)) && store_commit(en->db, e);
    if (!ok)
        store_rollback(en->db);
    world_unref(w);
    *more = shifts || builds;
    return ok;
}

void engine_build(struct engine *en)
{
    struct err e = ERR_INIT;
    struct clock_source real = clock_real();
    pthread_mutex_lock(&en->lock);
    int64_t asked = en->build_asked;
    pthread_mutex_unlock(&en->lock);
    int n = en->cfg.build ? en->cfg.build : LIMIT_BUILD;
    bool more = false, moves = false;
    bool ok = step(en, n, &more, &e) && (more || reclock_step(en, (size_t)n, &moves, &e));
    if (!ok)
        fprintf(stderr, "bihuan: what is built between the commits stands still: %s\n", e.text);
    pthread_mutex_lock(&en->lock);
    en->building = !ok || more || moves || asked != en->build_asked;
    en->build_at = ok ? 0 : clock_now(&real) + MS_SECOND;
    pthread_mutex_unlock(&en->lock);
}

void engine_pause(struct engine *en, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += ms / MS_SECOND;
    until.tv_nsec += ms % MS_SECOND * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&en->filled, &en->lock, &until);
}

bool build_progress(struct store *db, struct term_progress *out, struct err *e)
{
    struct ledger_head head;
    struct term_progress p;
    if (!terms_progress(db, &p, e))
        return false;
    if (!ledger_read_head(db, &head, e))
        return false;
    struct rows r AUTO(rows_close) = store_query(db, sql_shift_now, BIND_NONE, e);
    while (rows_next(&r)) {
        p.building++;
        p.done += max64(rows_int(&r, 0), 0);
        p.total += head.next_rid - 1;
    }
    if (!err_is(e))
        *out = p;
    return !err_is(e);
}

bool engine_build_wait(struct engine *en, void (*progress)(void *self, int64_t done, int64_t total),
                       void *self, struct err *e)
{
    for (;;) {
        struct term_progress p = {.building = 0};
        struct store *db = engine_reader(en, e);
        bool ok = db && build_progress(db, &p, e);
        engine_reader_back(en, db);
        if (!ok || !p.building)
            return ok;
        if (!en->writer_runs)
            return err_set(e, ERR_BUSY, "nobody builds the figures");
        if (progress)
            progress(self, p.done, p.total);
        struct timespec t = {.tv_nsec = 20 * 1000 * 1000};
        nanosleep(&t, NULL);
    }
}
