/* What a person may do on a matter without a decision: see the details that his step needs, call its parties. */
#include "engine/builtin_int.h"

static bool lies_here(const struct action *act, int state)
{
    if (act->opens || act->import || act->from_any || act->n_does)
        return false;
    for (int i = 0; i < act->n_from; i++)
        if (act->from[i] == state)
            return true;
    return false;
}

/* By a role: actions of everyone who may write make nobody one who works on it. */
static bool works_on(struct deciding *d, int state)
{
    for (int i = 0; i < d->def->n_actions; i++) {
        const struct action *act = &d->def->actions[i];
        struct err why = ERR_INIT;
        if (act->n_by && lies_here(act, state) && action_rights(d, act, &why))
            return true;
    }
    return false;
}

const struct state *task_of(struct deciding *d)
{
    int i = d->def ? record_state(d->def, d->work->state) : -1;
    bool gone = record_flag(d->work, "$void") || record_merged(d->work).len;
    if (i < 0 || !d->def->states[i].n_shows || gone || record_sealed(d->work) ||
        d->ask->actor->kind != ACTOR_ACCOUNT || !holds(d) || !works_on(d, i))
        return NULL;
    return &d->def->states[i];
}

static bool look_at(struct deciding *d, const struct world *w, const struct record *r)
{
    int record;
    d->w = w;
    d->area = world_area_by_id(w, r->area);
    if (sys_is(r->type) || !world_type(w, r->type, r->pb, &d->playbook, &record))
        return false;
    d->def = &d->playbook->records[record];
    d->work = record_share(d->a, r);
    d->units = record_units(d->a, r);
    return true;
}

const struct state *engine_task(const struct world *w, const struct record *r, const struct actor *actor)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct ask ask = ASK_INIT;
    struct deciding d = {.a = a, .ask = &ask};
    ask.actor = actor;
    return look_at(&d, w, r) ? task_of(&d) : NULL;
}

bool engine_may_follow_up(const struct world *w, const struct record *r, const struct actor *actor)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct ask ask = ASK_INIT;
    struct deciding d = {.a = a, .ask = &ask};
    bool may = false;
    ask.actor = actor;
    if (!look_at(&d, w, r))
        return false;
    for (int i = 0; i < d.def->n_actions && !may; i++) {
        const struct action *act = &d.def->actions[i];
        struct err why = ERR_INIT;
        may = act->answers.len && !act->resident && action_possible(&d, act, &why);
    }
    return may;
}
