/* Who holds a matter (docs/decisions/0005): the centre that answers for its area, until a unit takes it or is given
 * it.  A step alone takes nothing away from anybody. */
#include "engine/decide_int.h"

/* One window takes everything (综治中心). */
struct str hold_centre(const struct deciding *d)
{
    for (int area = d->area; area >= 0; area = d->w->areas[area].parent)
        for (int i = 0; i < d->w->n_orgs; i++)
            if (d->w->orgs[i].area == d->w->areas[area].aid && !d->w->orgs[i].closed &&
                str_is(d->w->orgs[i].kind, "centre"))
                return d->w->orgs[i].id_text;
    return STR_NONE;
}

void hold_first(struct deciding *d, const struct action *act, int state)
{
    if (act->import)
        return;
    struct str own = str_of(d->ask->actor->org), centre = hold_centre(d);
    bool ends = d->def->kind != KIND_CASE || (state >= 0 && d->def->states[state].closed);
    bool keeps = ends || act->hold == HOLD_MINE || !centre.len;
    struct str holder = keeps ? own : centre;
    if (own.len)
        draft_set_c(d, "$opener", own);
    if (holder.len)
        draft_set_c(d, "$holder", holder);
}

void hold_declared(struct deciding *d, const struct action *act)
{
    struct xcontext c;
    deciding_context(d, &c);
    if (act->hold == HOLD_STAYS || c.open(c.self, STR("transfer")) > 0)
        return; /* who was sent it has it */
    struct str to = act->hold == HOLD_MINE ? str_of(d->ask->actor->org) : hold_centre(d);
    if (to.len && !str_eq(to, record_holder(d->work)))
        draft_set_c(d, "$holder", to);
}
