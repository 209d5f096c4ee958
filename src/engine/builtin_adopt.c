/* A running case moves to another version of its playbook (decisions 19).  What does not fit is a
 * reason to refuse (fit.h); what changes is decided here, once: the version, computed fields, clocks. */
#include "engine/builtin_int.h"
#include "engine/fit.h"

struct weighing {
    struct deciding *d;
    int stops;
};

static void weigh(void *self, enum fit_kind kind, struct str key)
{
    struct weighing *w = self;
    if (!fit_stops(kind) || w->stops++)
        return;
    struct words why = fit_words(kind);
    err_field(w->d->e, ERR_GUARD, "to_version", "%.*s: %.*s", STR_F(why.en), STR_F(key));
    err_zh(w->d->e, "%.*s：%.*s", STR_F(why.zh), STR_F(key));
}

bool may_adopt(struct deciding *d)
{
    const struct actor *who = d->ask->actor;
    struct str leads[] = {STR("head"), STR("centre")};
    if (who->kind == ACTOR_OPERATOR)
        return true;
    d->role = actor_role(who, d->w, PERM_STEER, leads, COUNT_OF(leads), d->area, d->units);
    if (d->role == ROLE_NONE)
        d->role = actor_role(who, d->w, PERM_ADMIN, NULL, 0, d->area, d->units);
    return d->role != ROLE_NONE || say_no(d, ERR_FORBIDDEN, "", "only a head, the centre or an administrator",
                                          "只有负责人、综治中心或管理员可以转版");
}

/* The version in force, or a newer one than that of the case. */
const struct playbook *adopt_target(const struct world *w, const struct playbook *now, int64_t version)
{
    for (int i = 0; i < w->n_playbooks; i++) {
        const struct playbook *p = w->playbooks[i].playbook;
        bool asked = version ? p->version == version : w->playbooks[i].in_force;
        if (str_eq(p->id, now->id) && p->version != now->version && asked &&
            (w->playbooks[i].in_force || p->version > now->version))
            return p;
    }
    return NULL;
}

bool do_adopt(struct deciding *d)
{
    const struct playbook *next = adopt_target(d->w, d->playbook, json_num(d->input, "to_version", 0));
    if (!may_adopt(d))
        return false;
    if (!next)
        return say_no(d, ERR_INPUT, "to_version", "expected the version in force, or a newer one than now",
                      "没有可转入的版本");
    struct weighing w = {.d = d};
    struct fit f = {.a = d->a, .w = d->w, .calendar = d->s->calendar, .now = d->now, .self = &w,
                    .found = weigh};
    fit_between(&f, d->work, next);
    fit_record(&f, d->work);
    if (w.stops)
        return false;
    draft_in(d, "from_version", json_new_int(d->a, d->playbook->version));
    draft_in(d, "to_version", json_new_int(d->a, next->version));
    const struct record_def *old = d->def;
    d->playbook = d->out->playbook = next;
    d->def = d->out->def = f.next;
    d->draft->body.pb = str_printf(d->a, "%.*s@%d", STR_F(next->id), next->version);
    clocks_adopt(d, old);
    draft_derive(d);
    return true;
}
