/* Plays what was dealt: the moves of all matters in the order in which they are recorded. */
#include "rehearse/rehearse_int.h"
#include <pthread.h>
#include <sched.h>

/* A matter is drawn up so long before its day: earlier moves than registration lie within. */
static const int64_t AHEAD = 40LL * MS_DAY;
enum { REFUSED_ENOUGH = 20 };

struct turn {
    int64_t t;
    uint64_t order; /* of equal times: as they were put in */
    struct matter *m;
};

struct playing {
    const struct rehearse_config *cfg;
    struct arena *arena;
    struct dealt *dealt;
    size_t n_dealt, at;
    struct turn *heap;
    size_t n, cap;
    uint64_t order;
    struct seen *seen;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    int64_t unanswered; /* under lock, as what follows */
    struct rehearse_report report;
};

/* ---- the order ---- */

static bool before(const struct turn *a, const struct turn *b)
{
    return a->t != b->t ? a->t < b->t : a->order < b->order;
}

static void push(struct playing *p, struct turn x)
{
    p->heap = arena_grow(p->arena, p->heap, p->n, &p->cap, sizeof *p->heap);
    x.order = p->order++;
    size_t i = p->n++;
    while (i && before(&x, &p->heap[(i - 1) / 2])) {
        p->heap[i] = p->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    p->heap[i] = x;
}

static struct turn pop(struct playing *p)
{
    struct turn top = p->heap[0], last = p->heap[--p->n];
    size_t i = 0;
    while (2 * i + 1 < p->n) {
        size_t k = 2 * i + 1;
        if (k + 1 < p->n && before(&p->heap[k + 1], &p->heap[k]))
            k++;
        if (!before(&p->heap[k], &last))
            break;
        p->heap[i] = p->heap[k];
        i = k;
    }
    if (p->n)
        p->heap[i] = last;
    return top;
}

/* ---- asking ---- */

struct sent {
    struct ask ask;
    struct matter *m;
    const struct move *mv;
};

static void forget(struct matter *m, int n)
{
    if (__atomic_sub_fetch(&m->pending, n, __ATOMIC_ACQ_REL) == 0)
        arena_free(m->arena);
}

/* On the writer's thread. */
static void answered(void *user, struct answer *ans)
{
    struct sent *s = user;
    struct playing *p = s->m->playing;
    pthread_mutex_lock(&p->lock);
    p->unanswered--;
    p->report.actions += ans->ok;
    if (!ans->ok) {
        if (!p->report.refused++)
            err_field(&p->report.first, ans->err.code, ans->err.field, "path %.*s, step %.*s: %s%s%s",
                      STR_F(s->m->dealt.path_name), STR_F(json_text(s->mv->step, "do")),
                      ans->err.field, ans->err.field[0] ? ": " : "", ans->err.text);
    }
    pthread_cond_signal(&p->cond);
    pthread_mutex_unlock(&p->lock);
    forget(s->m, 1);
}

static struct sent *make_ask(struct matter *m, const struct move *mv, bool opens)
{
    const struct json *root = m->cfg->plan->root;
    struct sent *s = ARENA_NEW(m->arena, struct sent);
    *s = (struct sent){.m = m, .mv = mv, .ask = ASK_INIT};
    s->ask.id = id_new(mv->t);
    s->ask.action = json_text(mv->step, "do");
    s->ask.fields = mv->fields;
    s->ask.actor = &mv->who->actor;
    s->ask.played = mv->t;
    if (opens) {
        m->id = s->ask.id;
        s->ask.type = str_printf(m->arena, "%.*s.%.*s", STR_F(json_text(root, "playbook")),
                                 STR_F(json_text(root, "record")));
        s->ask.area = m->cfg->cast->world->areas[m->village].code;
        if (m->late)
            s->ask.at = mv->t - m->late;
    } else {
        s->ask.rec = m->id;
    }
    return s;
}

/* The engine takes so many at a time that a matter's later moves never overtake the earlier ones. */
static bool play_turn(struct playing *p, struct turn turn)
{
    struct matter *m = turn.m;
    int i = m->next++;
    struct sent *s = make_ask(m, &m->moves[i], i == 0);
    pthread_mutex_lock(&p->lock);
    while (p->unanswered >= LIMIT_QUEUE)
        pthread_cond_wait(&p->cond, &p->lock);
    p->unanswered++;
    bool go_on = p->report.refused < REFUSED_ENOUGH;
    pthread_mutex_unlock(&p->lock);
    if (m->next < m->n_moves)
        push(p, (struct turn){.t = max64(m->moves[m->next].t, turn.t), .m = m});
    engine_submit(p->cfg->en, m->arena, &s->ask, answered, s);
    return go_on;
}

/* ---- drawing up ---- */

static bool draw_up(struct playing *p, struct err *e)
{
    struct arena *a = arena_new();
    struct matter *m = ARENA_NEW(a, struct matter);
    *m = (struct matter){.arena = a, .dealt = p->dealt[p->at++], .playing = p};
    m->cfg = m->dealt.cfg;
    if (!matter_begin(m, p->seen, e)) {
        arena_free(a);
        return false;
    }
    if (!m->n_moves) {
        arena_free(a);
        return true;
    }
    m->pending = m->n_moves;
    p->report.matters++;
    push(p, (struct turn){.t = m->moves[0].t, .m = m});
    return true;
}

static bool draw_up_due(struct playing *p, struct err *e)
{
    while (p->at < p->n_dealt && (!p->n || p->dealt[p->at].t - AHEAD <= p->heap[0].t))
        if (!draw_up(p, e))
            return false;
    return true;
}

static void wait_all(struct playing *p)
{
    pthread_mutex_lock(&p->lock);
    while (p->unanswered)
        pthread_cond_wait(&p->cond, &p->lock);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->n; i++) /* what was not played to its end */
        forget(p->heap[i].m, p->heap[i].m->n_moves - p->heap[i].m->next);
}

static int by_time(const void *x, const void *y)
{
    const struct dealt *a = x, *b = y;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    return a->seed < b->seed ? -1 : a->seed > b->seed;
}

/* The matters of the plan and of those beside it, by time. */
static bool deal_all(struct playing *p, struct err *e)
{
    size_t cap = 0;
    for (const struct plan *plan = p->cfg->plan; plan; plan = plan->also) {
        struct rehearse_config *cfg = ARENA_NEW(p->arena, struct rehearse_config);
        struct dealt *some;
        size_t n;
        *cfg = *p->cfg;
        cfg->plan = plan;
        if (!deal(cfg, p->arena, &some, &n, e))
            return false;
        for (size_t i = 0; i < n; i++) {
            p->dealt = arena_grow(p->arena, p->dealt, p->n_dealt, &cap, sizeof *p->dealt);
            p->dealt[p->n_dealt++] = some[i];
        }
    }
    if (p->n_dealt)
        qsort(p->dealt, p->n_dealt, sizeof *p->dealt, by_time);
    return true;
}

static bool play_all(struct playing *p, struct err *e)
{
    if (!deal_all(p, e))
        return false;
    bool ok = draw_up_due(p, e);
    while (ok && p->n) {
        ok = play_turn(p, pop(p)) && draw_up_due(p, e);
        if (p->cfg->progress && (p->order & 255) == 0)
            p->cfg->progress(p->cfg->self, (int64_t)p->at, (int64_t)p->n_dealt);
    }
    wait_all(p);
    for (const struct plan *plan = p->cfg->plan; ok && !p->report.refused && plan; plan = plan->also) {
        struct rehearse_config cfg = *p->cfg;
        cfg.plan = plan;
        ok = play_extra(&cfg, plan->now - MS_MINUTE, &p->report, e);
    }
    if (p->report.refused && !err_is(e))
        *e = p->report.first;
    return !err_is(e);
}

bool rehearse_play(const struct rehearse_config *cfg, struct rehearse_report *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct playing p = {.cfg = cfg, .arena = a, .lock = PTHREAD_MUTEX_INITIALIZER,
                        .cond = PTHREAD_COND_INITIALIZER, .seen = seen_new(a)};
    bool ok = play_all(&p, e);
    pthread_mutex_destroy(&p.lock);
    pthread_cond_destroy(&p.cond);
    *out = p.report;
    return ok;
}
