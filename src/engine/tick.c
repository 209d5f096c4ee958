/* Clocks that tell somebody: once a second what has fallen due is looked at (clock/tick.h).
 *
 * Notices are written in the writer's turn; what a rung does is an action of the clock, sent like any
 * other under the id that follows from the rung.  Only when it was answered does the row move on, so
 * a process that ends in between does it again, and the log takes it once. */
#include "clock/channel.h"
#include "clock/tick.h"
#include "engine/engine_int.h"
#include <time.h>

enum { FIRES = TICK_ROWS };

struct looking {
    struct engine *en;
    struct arena *a;
    struct world *w;
    const struct calendar *calendar;
    int64_t now;
    struct clock_fire *fires;
    bool *answered;
    size_t n, rows, sent;
};

static void take(void *self, const struct clock_fire *f)
{
    struct looking *l = self;
    ASSERT(l->n < FIRES);
    l->fires[l->n++] = *f;
}

static bool look(void *user, struct store *db, struct err *e)
{
    struct looking *l = user;
    return clock_tick(db, l->a, l->w, l->calendar, l->now, take, l, &l->rows, e) &&
           outbox_send(db, l->a, l->w->zone, l->calendar, l->now, &l->sent, e);
}

static bool settle(void *user, struct store *db, struct err *e)
{
    struct looking *l = user;
    for (size_t i = 0; i < l->n; i++)
        if (l->answered[i] && !clock_settle(db, &l->fires[i], e))
            return false;
    return true;
}

/* What may be another time: then the rung stays due. */
static bool passing(enum err_code code)
{
    return code == ERR_BUSY || code == ERR_STORE || code == ERR_FULL || code == ERR_DEADLINE ||
           code == ERR_READ_ONLY;
}

static bool act(struct looking *l, const struct clock_fire *f)
{
    struct actor clock = actor_clock();
    struct ask ask = ASK_INIT;
    struct answer ans;
    ask.id = f->id;
    ask.rec = f->rec;
    ask.action = f->does;
    ask.actor = &clock;
    ask.fields = json_new(l->a, J_OBJ);
    if (str_is(f->does, "escalate")) {
        json_set(l->a, ask.fields, STR("clock"), json_new_str(l->a, f->clock));
        json_set(l->a, ask.fields, STR("rung"), json_new_int(l->a, f->rung));
        json_set(l->a, ask.fields, STR("to"), json_new_str(l->a, f->to));
        json_set(l->a, ask.fields, STR("rule"), json_new_str(l->a, f->rule));
        if (f->org.len)
            json_set(l->a, ask.fields, STR("org"), json_new_str(l->a, f->org));
    }
    ask_set_req(&ask);
    return engine_act(l->en, l->a, &ask, &ans) || !passing(ans.err.code);
}

static bool anything(struct looking *l, bool *yes, struct err *e)
{
    struct store *db = engine_reader(l->en, e);
    bool clocks = false, letters = false;
    bool ok = db && clock_waiting(db, l->now, &clocks, e) &&
              (clocks || outbox_waiting(db, l->w->zone, l->calendar, l->now, &letters, e));
    engine_reader_back(l->en, db);
    *yes = clocks || letters;
    return ok;
}

static bool round_of(struct looking *l, struct err *e)
{
    bool yes = false;
    if (!anything(l, &yes, e))
        return false;
    if (!yes)
        return true;
    l->fires = ARENA_ARRAY(l->a, struct clock_fire, FIRES);
    l->answered = ARENA_ARRAY(l->a, bool, FIRES);
    if (!engine_exclusive(l->en, look, l, e))
        return false;
    for (size_t i = 0; i < l->n; i++)
        l->answered[i] = act(l, &l->fires[i]);
    return !l->n || engine_exclusive(l->en, settle, l, e);
}

/* ---- what leaves by a channel ---- */

struct delivering {
    struct looking *l;
    struct delivery list[CHANNEL_ROUND];
    bool mine[CHANNEL_ROUND], all[CHANNEL_ROUND];
    size_t n;
};

static bool claim(void *user, struct store *db, struct err *e)
{
    struct delivering *x = user;
    for (size_t i = 0; i < x->n; i++)
        if (!channel_claim(db, x->list[i].notice.id, x->l->now, &x->mine[i], e))
            return false;
    return true;
}

static bool settle_delivery(void *user, struct store *db, struct err *e)
{
    struct delivering *x = user;
    for (size_t i = 0; i < x->n; i++)
        if (x->mine[i] && !channel_settle(db, &x->list[i], x->all[i], x->l->now, e))
            return false;
    return true;
}

/* Claimed, sent outside of every transaction, and settled: who dies in between sends again.  Nothing is tried
 * any more in a round once one failed, so that a dead host does not hold up the clocks. */
static bool deliver(struct looking *l, struct err *e)
{
    struct delivering x = {.l = l};
    struct store *db = engine_reader(l->en, e);
    bool ok = db && channel_due(db, l->a, l->now, x.list, &x.n, e);
    engine_reader_back(l->en, db);
    if (!ok || !x.n)
        return ok;
    if (!engine_exclusive(l->en, claim, &x, e))
        return false;
    unsigned on = channels_on(l->w);
    struct err why = ERR_INIT;
    for (size_t i = 0; i < x.n; i++)
        x.all[i] = x.mine[i] && !err_is(&why) && channel_send(l->w, l->a, on, &x.list[i], &why);
    if (err_is(&why))
        fprintf(stderr, "bihuan: a notice could not leave: %s\n", why.text);
    return engine_exclusive(l->en, settle_delivery, &x, e);
}

bool engine_tick(struct engine *en, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct looking l = {.en = en, .a = a, .now = engine_now(en)};
    l.w = engine_world(en, e);
    if (!l.w)
        return false;
    l.calendar = engine_calendar(en);
    bool ok = round_of(&l, e) && watch_look(en, a, l.w, e) && deliver(&l, e) &&
              night_look(en, a, l.w, e) && uploads_look(en, e) && witness_look(en, a, l.w, e);
    world_unref(l.w);
    return ok;
}

/* ---- the thread ---- */

static bool wait_a_second(struct engine *en)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&en->lock);
    if (!en->ticker_stops)
        pthread_cond_timedwait(&en->ticker_wake, &en->lock, &until);
    bool stop = en->ticker_stops;
    pthread_mutex_unlock(&en->lock);
    return !stop;
}

void *engine_ticker(void *engine)
{
    struct engine *en = engine;
    bool told = false;
    while (wait_a_second(en)) {
        struct err e = ERR_INIT;
        bool ok = engine_tick(en, &e);
        if (!ok && !told)
            fprintf(stderr, "bihuan: clocks are not looked at: %s\n", e.text);
        told = !ok; /* once for a row of failures */
    }
    return NULL;
}
