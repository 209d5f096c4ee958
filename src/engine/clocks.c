/* What an action does to clocks: due dates are decided here, once, and stored. */
#include "clock/notice.h"
#include "engine/decide_int.h"
#include "engine/fit.h"

/* From when on it is 临期: the earliest rung before the due time. */
static int64_t soon_of(struct deciding *d, const struct clock_def *c, int64_t due)
{
    int64_t soon = TIME_NONE;
    for (int i = 0; c && i < c->n_rungs; i++) {
        if (c->rungs[i].at.n >= 0)
            continue;
        int64_t t = clock_rung_at(d->s->calendar, d->w->zone, due, &c->rungs[i]);
        soon = soon == TIME_NONE ? t : min64(soon, t);
    }
    return soon;
}

static struct json *clock_patch(struct deciding *d, struct str id, int64_t n)
{
    JSON_EACH (c, d->draft->body.clocks)
        if (json_num(c, "n", 0) == n && str_eq(json_text(c, "id"), id))
            return c;
    struct json *o = json_push(d->draft->body.clocks, json_new(d->a, J_OBJ));
    json_set(d->a, o, STR("id"), json_new_str(d->a, id));
    json_set(d->a, o, STR("n"), json_new_int(d->a, n));
    return o;
}

static void put(struct deciding *d, struct json *o, const char *key, int64_t v)
{
    json_set(d->a, o, str_of(key), v == TIME_NONE ? json_new(d->a, J_NULL) : json_new_int(d->a, v));
}

/* limit: of a built-in clock, which no definition describes. */
static void start(struct deciding *d, struct str id, struct str limit, const struct clock_def *def, struct str org)
{
    const struct clock_run *last = record_clock_last(d->work, id);
    struct clock_run run = {.start = d->at, .limit = limit};
    int64_t due = clock_due(d->s->calendar, d->w->zone, &run, def);
    struct json *o = clock_patch(d, id, last ? last->n + 1 : 1);
    if (last && last->done == TIME_NONE) { /* begun again: the old run ends */
        struct json *old = clock_patch(d, id, last->n);
        put(d, old, "done", d->at);
    }
    put(d, o, "start", d->at);
    put(d, o, "due", due);
    int64_t soon = soon_of(d, def, due);
    if (soon != TIME_NONE)
        put(d, o, "soon", soon);
    if (def && def->main)
        json_set(d->a, o, STR("main"), json_new_bool(d->a, true));
    if (org.len)
        json_set(d->a, o, STR("org"), json_new_str(d->a, org));
    if (limit.len)
        json_set(d->a, o, STR("limit"), json_new_str(d->a, limit));
}

void clock_start(struct deciding *d, const struct clock_def *c, struct str org)
{
    start(d, c->id, STR_NONE, c, org);
}

void clock_start_builtin(struct deciding *d, struct str id, int64_t workdays, struct str org)
{
    start(d, id, str_printf(d->a, "%lldwd", (long long)workdays), NULL, org);
}

void clock_stop(struct deciding *d, struct str id)
{
    const struct clock_run *c = record_clock_last(d->work, id);
    if (c && c->done == TIME_NONE)
        put(d, clock_patch(d, id, c->n), "done", d->at);
}

void clock_stop_all(struct deciding *d)
{
    for (size_t i = 0; i < d->work->n_clocks; i++) {
        const struct clock_run *c = &d->work->clocks[i];
        if (c->done == TIME_NONE)
            put(d, clock_patch(d, c->id, c->n), "done", d->at);
    }
}

void clock_pause(struct deciding *d, struct str id)
{
    const struct clock_run *c = record_clock_last(d->work, id);
    if (c && c->done == TIME_NONE && c->paused == TIME_NONE)
        put(d, clock_patch(d, id, c->n), "paused", d->at);
}

void clock_resume(struct deciding *d, const struct clock_def *def)
{
    const struct clock_run *c = record_clock_last(d->work, def->id);
    if (!c || c->done != TIME_NONE || c->paused == TIME_NONE)
        return;
    int64_t due = calendar_due_after_pause(d->s->calendar, d->w->zone, c->due, clock_limit(def),
                                           c->paused, d->at);
    struct json *o = clock_patch(d, def->id, c->n);
    put(d, o, "paused", TIME_NONE);
    put(d, o, "due", due);
    put(d, o, "soon", soon_of(d, def, due));
    json_set(d->a, o, STR("moves"), clock_moved_by_pause(d->a, c, c->paused, d->at));
}

bool clock_extendable(struct deciding *d, const struct clock_def *def)
{
    const struct clock_run *c = record_clock_last(d->work, def->id);
    if (!c || c->done != TIME_NONE)
        return err_set(d->e, ERR_WRONG_STATE, "this clock is not running") ||
               err_zh(d->e, "时限“%.*s”没有在计", STR_F(def->name.zh));
    if (!def->extend_by.n || c->extended >= max64(1, def->extend_times))
        return err_set(d->e, ERR_GUARD, "this clock cannot be extended (again)") ||
               err_zh(d->e, "时限“%.*s”不能再延长", STR_F(def->name.zh));
    return true;
}

bool clock_extend(struct deciding *d, const struct clock_def *def)
{
    if (!clock_extendable(d, def))
        return false;
    const struct clock_run *c = record_clock_last(d->work, def->id);
    int64_t due = calendar_shift(d->s->calendar, d->w->zone, c->due, def->extend_by.n,
                                 clock_unit(def->extend_by.unit));
    struct json *o = clock_patch(d, def->id, c->n);
    put(d, o, "due", due);
    put(d, o, "soon", soon_of(d, def, due));
    put(d, o, "extended", c->extended + 1);
    json_set(d->a, o, STR("moves"), clock_moved_by_extension(d->a, c, def->extend_by));
    return true;
}

/* ---- another version ---- */

/* Of what stayed nothing is said, so that the event tells what was decided. */
static void run_adopt(struct deciding *d, const struct clock_run *run, const struct clock_def *next)
{
    int64_t due = clock_due(d->s->calendar, d->w->zone, run, next);
    int64_t soon = soon_of(d, next, due);
    if (due == run->due && soon == run->soon && next->main == run->main)
        return;
    struct json *o = clock_patch(d, run->id, run->n);
    put(d, o, "due", due);
    put(d, o, "soon", soon);
    if (next->main != run->main)
        json_set(d->a, o, STR("main"), json_new_bool(d->a, next->main));
}

/* What the new version starts on the way into this state begins now: a new rule is not late for what
 * was done before there was one. */
void clocks_adopt(struct deciding *d, const struct record_def *old)
{
    for (size_t i = 0; i < d->work->n_clocks; i++) {
        const struct clock_run *run = &d->work->clocks[i];
        int was = record_clock(old, run->id), is = record_clock(d->def, run->id);
        if (run->done != TIME_NONE || was < 0)
            continue;
        if (is < 0)
            clock_stop(d, run->id);
        else
            run_adopt(d, run, &d->def->clocks[is]);
    }
    for (int i = 0; i < d->def->n_clocks; i++)
        if (fit_starts(old, d->def, i, d->work->state))
            clock_start(d, &d->def->clocks[i], STR_NONE);
}

/* ---- another table of holidays ---- */

bool clocks_follow_table(struct deciding *d)
{
    bool any = false;
    for (size_t i = 0; i < d->work->n_clocks; i++) {
        const struct clock_run *run = &d->work->clocks[i];
        int at = record_clock(d->def, run->id);
        const struct clock_def *def = at < 0 ? NULL : &d->def->clocks[at];
        if (run->done != TIME_NONE)
            continue;
        int64_t due = clock_due(d->s->calendar, d->w->zone, run, def), soon = soon_of(d, def, due);
        if (due == run->due && soon == run->soon)
            continue;
        struct json *o = clock_patch(d, run->id, run->n);
        put(d, o, "due", due);
        put(d, o, "soon", soon);
        if (due != run->due)
            json_set(d->a, o, STR("moves"), clock_moved_by_table(d->a, run, due));
        any = true;
    }
    return any;
}
