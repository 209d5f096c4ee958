#include "engine/engine_int.h"
#include "record/body.h"
#include "search/index.h"
#include <sys/stat.h>

int64_t engine_now(const struct engine *en)
{
    return clock_now(&en->cfg.clock);
}

const struct calendar *engine_calendar(struct engine *en)
{
    pthread_mutex_lock(&en->lock);
    const struct calendar *c = en->calendar;
    pthread_mutex_unlock(&en->lock);
    return c;
}

const struct clock_source *engine_clock(const struct engine *en)
{
    return &en->cfg.clock;
}

const struct keys *engine_keys(const struct engine *en)
{
    return &en->keys;
}

const char *engine_url(const struct engine *en)
{
    return en->url;
}

bool engine_is_read_only(const struct engine *en, const char **why)
{
    *why = en->why_read_only;
    return en->read_only;
}

struct engine_stats engine_stats(const struct engine *en)
{
    struct engine_stats s = en->stats;
    s.queue = en->queued;
    return s;
}

void engine_on_commit(struct engine *en,
                      void (*fn)(void *user, int64_t seq, const int64_t *rids, const struct world *w,
                                 size_t n),
                      void *user)
{
    en->on_commit = fn;
    en->on_commit_user = user;
}

/* Takes ownership of one reference.  A world that is not newer than the present one is not taken: two
 * threads may load the same one, and what was decided on the first points into it; it is told from
 * others by its sys_seq alone. */
void engine_take_world(struct engine *en, struct world *w)
{
    struct calendar *c = NULL;
    struct err e = ERR_INIT;
    if (!w->calendar.len || !calendar_parse(w->calendar, &c, &e))
        c = calendar_new(NULL, 0);
    pthread_mutex_lock(&en->lock);
    struct world *old = en->world;
    bool newer = !old || old->sys_seq < w->sys_seq;
    bool build = newer && (w->was || w->reclocks);
    for (int i = 0; newer && i < w->n_terms; i++)
        build |= !w->terms[i].ready;
    if (build) {
        en->building = true;
        en->build_asked++;
        pthread_cond_signal(&en->filled);
    }
    bool same = old && str_eq(old->calendar, w->calendar);
    if (same || !newer) {
        calendar_free(c);
    } else {
        if (en->calendar && en->n_old < (int)COUNT_OF(en->old_calendars))
            en->old_calendars[en->n_old++] = en->calendar;
        en->calendar = c;
    }
    if (newer)
        en->world = w;
    pthread_mutex_unlock(&en->lock);
    world_unref(newer ? old : w);
}

struct world *engine_world_of(struct engine *en, struct store *db, int64_t sys_seq, struct err *e)
{
    pthread_mutex_lock(&en->lock);
    struct world *w = en->world && en->world->sys_seq == sys_seq ? world_ref(en->world) : NULL;
    pthread_mutex_unlock(&en->lock);
    if (!w && world_load(db, &w, e))
        engine_take_world(en, world_ref(w));
    return w;
}

/* ---- readers ---- */

struct store *engine_reader(struct engine *en, struct err *e)
{
    struct store *db = NULL;
    pthread_mutex_lock(&en->lock);
    if (en->n_readers)
        db = en->readers[--en->n_readers];
    pthread_mutex_unlock(&en->lock);
    if (!db && !store_open(en->url, STORE_READ, &db, e))
        return NULL;
    return db;
}

void engine_reader_back(struct engine *en, struct store *db)
{
    if (!db)
        return;
    store_rollback(db);
    store_deadline(db, 0);
    pthread_mutex_lock(&en->lock);
    bool keep = en->n_readers < READERS && !en->stopping;
    if (keep)
        en->readers[en->n_readers++] = db;
    pthread_mutex_unlock(&en->lock);
    if (!keep)
        store_close(db);
}

/* Other nodes may have changed the world: looked at once a second at the most. */
static bool world_stale(struct engine *en, struct store *db, bool *stale, struct err *e)
{
    struct clock_source real = clock_real();
    int64_t now = clock_now(&real);
    *stale = !en->world;
    if (en->world && now - en->world_checked < MS_SECOND)
        return true;
    en->world_checked = now;
    struct ledger_head head;
    if (!ledger_read_head(db, &head, e))
        return false;
    *stale = !en->world || en->world->sys_seq != head.sys_seq;
    return true;
}

struct world *engine_world(struct engine *en, struct err *e)
{
    bool stale = false;
    struct world *w = NULL;
    struct store *db = engine_reader(en, e);
    if (!db)
        return NULL;
    if (world_stale(en, db, &stale, e) && stale && world_load(db, &w, e))
        engine_take_world(en, w);
    engine_reader_back(en, db);
    if (err_is(e))
        return NULL;
    pthread_mutex_lock(&en->lock);
    w = world_ref(en->world);
    pthread_mutex_unlock(&en->lock);
    return w;
}

/* ---- opening and closing ---- */

bool engine_open(const struct engine_config *cfg, struct engine **out, struct err *e)
{
    char path[1024];
    bool yes = false;
    if (!store_exists(cfg->url, &yes, e))
        return false;
    if (!yes)
        return err_set(e, ERR_NOT_FOUND, "there is no Bihuan database at %.300s: make one with "
                       "bihuan init --db", cfg->url);
    struct engine *en = mem_new(sizeof *en);
    memset(en, 0, sizeof *en);
    en->cfg = *cfg;
    en->url = mem_new(strlen(cfg->url) + 1);
    memcpy(en->url, cfg->url, strlen(cfg->url) + 1);
    pthread_mutex_init(&en->lock, NULL);
    pthread_cond_init(&en->filled, NULL);
    pthread_cond_init(&en->drained, NULL);
    pthread_cond_init(&en->ticker_wake, NULL);
    bool ok = keys_path(cfg->url, path, e) && keys_load(path, &en->keys, e);
    if (ok && !cfg->read_only) {
        bool continues = true;
        ok = store_open(cfg->url, cfg->bulk ? STORE_BULK : STORE_WRITE, &en->db, e) &&
             store_migrate(en->db, e) && search_ensure(en->db, e) &&
             checkpoint_continues(en->db, &en->keys, &continues, en->why_read_only, e);
        en->read_only = ok && !continues;
        ok = ok && (en->read_only || erasures_ensure(en->db, &en->keys, e));
    }
    if (ok && !cfg->read_only && !cfg->bulk)
        reserve_open(&en->reserve, cfg->url, cfg->reserve && !en->read_only);
    struct world *w = ok ? engine_world(en, e) : NULL;
    if (!w) {
        engine_close(en);
        return false;
    }
    world_unref(w);
    if (en->db && pthread_create(&en->writer, NULL, engine_writer, en) == 0)
        en->writer_runs = true;
    if (cfg->clocks && en->writer_runs && !en->read_only &&
        pthread_create(&en->ticker, NULL, engine_ticker, en) == 0)
        en->ticker_runs = true;
    *out = en;
    return true;
}

void engine_close(struct engine *en)
{
    if (!en)
        return;
    pthread_mutex_lock(&en->lock);
    en->ticker_stops = true;
    pthread_cond_broadcast(&en->ticker_wake);
    pthread_mutex_unlock(&en->lock);
    if (en->ticker_runs)
        pthread_join(en->ticker, NULL);
    pthread_mutex_lock(&en->lock);
    en->stopping = true;
    pthread_cond_broadcast(&en->filled);
    pthread_mutex_unlock(&en->lock);
    if (en->writer_runs)
        pthread_join(en->writer, NULL);
    for (int i = 0; i < en->n_readers; i++)
        store_close(en->readers[i]);
    struct err e = ERR_INIT;
    if (en->db && !store_checkpoint(en->db, true, &e))
        err_clear(&e);
    store_close(en->db);
    world_unref(en->world);
    calendar_free(en->calendar);
    for (int i = 0; i < en->n_old; i++)
        calendar_free(en->old_calendars[i]);
    pthread_mutex_destroy(&en->lock);
    pthread_cond_destroy(&en->filled);
    pthread_cond_destroy(&en->drained);
    pthread_cond_destroy(&en->ticker_wake);
    keys_wipe(&en->keys);
    free(en->url);
    free(en);
}

/* ---- acting ---- */

void ask_set_req(struct ask *ask)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    char id[ID_TEXT + 1];
    jo_arr(&o);
    jo_str(&o, ask->type);
    id_format(ask->rec, id);
    jo_c(&o, id);
    jo_str(&o, ask->action);
    jo_c(&o, ask->actor->by);
    jo_int(&o, ask->version);
    jo_int(&o, ask->at);
    jo_int(&o, ask->skew);
    jo_str(&o, ask->area);
    jo_json(&o, ask->fields);
    jo_end(&o);
    ask->req = hash_sha256(buf_view(&b));
    ask->has_req = true;
    buf_free(&b);
}

static void enqueue(struct engine *en, struct job *j)
{
    pthread_mutex_lock(&en->lock);
    while (en->queued >= LIMIT_QUEUE && en->cfg.bulk && !en->stopping)
        pthread_cond_wait(&en->drained, &en->lock);
    bool full = en->queued >= LIMIT_QUEUE || en->stopping || !en->writer_runs;
    if (!full) {
        j->next = NULL;
        if (en->last)
            en->last->next = j;
        else
            en->first = j;
        en->last = j;
        en->queued++;
        pthread_cond_signal(&en->filled);
    }
    pthread_mutex_unlock(&en->lock);
    if (full) {
        *j->ans = (struct answer){.ok = false};
        err_set(&j->ans->err, ERR_BUSY, "too many actions are waiting");
        j->done(j->exclusive ? j : j->user, j->ans);
    }
}

/* Decides on the request's thread; what is refused here never reaches the writer. *settled: answered. */
static bool prepare(struct engine *en, struct job *j, bool *settled, struct err *e)
{
    *settled = false;
    struct world *w = engine_world(en, e);
    struct store *db = w ? engine_reader(en, e) : NULL;
    bool ok = db && receipt_find(db, j->arena, j->ask, settled, j->ans, e);
    struct snapshot s = {.now = engine_now(en), .world = w};
    if (ok && !*settled && snapshot_load(db, j->arena, j->ask, &en->keys, NULL, &s, e)) {
        struct err why = ERR_INIT;
        s.calendar = engine_calendar(en);
        if (!id_zero(j->ask->rec) && !s.rec) {
            err_set(&why, ERR_NOT_FOUND, "there is no such record");
        } else if (decide(j->arena, &s, j->ask, &j->set, &why) && !j->ask->source.len && !s.other) {
            j->base_ver = s.rec ? s.rec->ver : 0;
            j->base_sys = w->sys_seq;
            j->prepared = true;
        }
        if (err_is(&why) && !j->ask->source.len) {
            *j->ans = (struct answer){.ok = false, .err = why, .conflict = j->set.conflict};
            *settled = true;
        }
    }
    engine_reader_back(en, db);
    /* the drafts point into the world: it lives on, for the writer uses them only while its own
     * world has the same sys_seq, which means it is the same object */
    world_unref(w);
    return !err_is(e);
}

void engine_submit(struct engine *en, struct arena *a, const struct ask *ask,
                   void (*done)(void *user, struct answer *ans), void *user)
{
    struct job *j = ARENA_NEW(a, struct job);
    struct err e = ERR_INIT;
    bool settled = false;
    j->arena = a;
    j->ask = ask;
    j->ans = ARENA_NEW(a, struct answer);
    j->done = done;
    j->user = user;
    if (en->read_only || en->cfg.read_only) {
        err_set(&j->ans->err, ERR_READ_ONLY, "%s", en->why_read_only);
        done(user, j->ans);
        return;
    }
    if (!en->cfg.bulk && !ask->source.len && !prepare(en, j, &settled, &e)) {
        j->ans->err = e;
        settled = true;
    }
    if (settled)
        done(user, j->ans);
    else
        enqueue(en, j);
}

struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool done;
    struct answer *ans;
};

static void wake(void *user, struct answer *ans)
{
    struct waiter *w = user;
    pthread_mutex_lock(&w->lock);
    w->done = true;
    w->ans = ans;
    pthread_cond_signal(&w->cond);
    pthread_mutex_unlock(&w->lock);
}

static void wait_for(struct waiter *w)
{
    pthread_mutex_lock(&w->lock);
    while (!w->done)
        pthread_cond_wait(&w->cond, &w->lock);
    pthread_mutex_unlock(&w->lock);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->cond);
}

bool engine_act(struct engine *en, struct arena *a, const struct ask *ask, struct answer *ans)
{
    struct waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};
    engine_submit(en, a, ask, wake, &w);
    wait_for(&w);
    *ans = *w.ans;
    return ans->ok;
}

struct exclusive_job {
    struct job job;
    struct waiter waiter;
    struct answer ans;
};

static void wake_exclusive(void *user, struct answer *ans)
{
    struct exclusive_job *x = user;
    wake(&x->waiter, ans);
}

static bool run_alone(struct engine *en, bool (*fn)(void *user, struct store *db, struct err *e), void *user,
                      bool credential, struct err *e)
{
    struct exclusive_job x = {
        .job = {.exclusive = fn, .user = user, .exclusive_err = e, .done = wake_exclusive, .credential = credential},
        .waiter = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER}};
    x.job.ans = &x.ans;
    enqueue(en, &x.job);
    wait_for(&x.waiter);
    if (!x.ans.ok && !err_is(e))
        *e = x.ans.err;
    return x.ans.ok;
}

bool engine_exclusive(struct engine *en, bool (*fn)(void *user, struct store *db, struct err *e), void *user,
                      struct err *e)
{
    return run_alone(en, fn, user, false, e);
}

bool engine_credential(struct engine *en, bool (*fn)(void *user, struct store *db, struct err *e), void *user,
                       struct err *e)
{
    return run_alone(en, fn, user, true, e);
}

void engine_fault_in(struct engine *en, int64_t k)
{
    store_fault_in(en->db, k);
}

bool engine_fault_fired(struct engine *en)
{
    return store_fault_fired(en->db);
}

/* ---- a new database ---- */

static bool init_inside(struct store *db, struct keys *keys, const char *zone, const char *origin,
                        struct clock_source clock, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct ledger_head head;
    if (!store_migrate(db, e) || !search_ensure(db, e) || !store_begin(db, e) || !ledger_init(db, e) ||
        !ledger_lock(db, &head, e))
        return false;
    int64_t now = clock_now(&clock);
    struct ledger_batch log;
    ledger_batch_begin(&log, a, &head);
    struct record *r = record_new(a);
    r->rid = log.head.next_rid++;
    struct event_body body = {.id = id_new(now), .ver = 1, .type = STR("sys.genesis"),
                              .act = STR("begin"), .at = now, .recorded = now, .known = TIME_NONE,
                              .by = STR("operator"), .set = json_new(a, J_OBJ)};
    body.rec = body.id;
    json_set(a, body.set, STR("origin"), json_new_str(a, str_of(origin)));
    json_set(a, body.set, STR("zone"), json_new_str(a, str_of(zone)));
    json_set(a, body.set, STR("key"), json_new_str(a, checkpoint_vkey(a, keys)));
    struct buf text = BUF(LIMIT_EVENT_BODY);
    body_write(&text, &body);
    struct event ev = {.id = body.id, .rid = r->rid, .type = body.type, .at = now, .recorded = now,
                       .body = buf_dup(a, &text)};
    buf_free(&text);
    const struct event *added = ledger_add(&log, &ev, true);
    struct world none = {.refs = 1, .arena = a};
    struct changes c = {.arena = a, .world = &none, .keys = keys, .now = now};
    struct change one = {.after = r};
    c.list = &one;
    c.n = 1;
    if (!fold_event(a, r, &body, added->seq, e) || !ledger_save(db, &log, e) ||
        !record_save(db, &c, e))
        return false;
    return store_commit(db, e);
}

bool engine_init(const char *url, const char *zone, const char *origin, struct clock_source clock,
                 struct err *e)
{
    char path[1024], path_of_list[ERASURES_PATH];
    bool yes = false;
    const struct zone *z;
    struct keys keys;
    struct store *db AUTO(store_closep) = NULL;
    if (!zone_load(zone, &z, e) || !store_exists(url, &yes, e))
        return false;
    if (yes)
        return err_set(e, ERR_UNIQUE, "there is a Bihuan database at %.300s already", url);
    if (!keys_path(url, path, e) || !keys_make(path, origin, &keys, e))
        return false;
    erasures_path(&keys, path_of_list);
    remove(path_of_list); /* of a database that is gone */
    if (!store_open(url, STORE_WRITE, &db, e) || !init_inside(db, &keys, zone, origin, clock, e) ||
        !erasures_ensure(db, &keys, e)) {
        remove(path);
        return false;
    }
    return true;
}
