/* Whether a record can go its way: states that are reached and left, actions that can be done,
 * composites whose steps fit together.  States are bits of a set, so there are at most 64. */
#include "playbook/playbook_int.h"

typedef uint64_t state_set; /* bit i is state i */
#define STATE(i) ((state_set)1 << (i))

static state_set all_states(const struct record_def *r)
{
    return r->n_states >= 64 ? ~(state_set)0 : STATE(r->n_states) - 1;
}

static state_set from_of(const struct record_def *r, const struct action *a)
{
    state_set s = a->from_any ? all_states(r) : 0;
    for (int i = 0; i < a->n_from; i++)
        s |= STATE(a->from[i]);
    return s;
}

/* Where the action may lead when it begins in one of `from`. */
static state_set to_of(const struct action *a, state_set from)
{
    state_set s = a->n_to ? 0 : from;
    for (int i = 0; i < a->n_to; i++)
        s |= a->to[i].state >= 0 ? STATE(a->to[i].state) : from;
    if (a->n_to && a->to[a->n_to - 1].when.ptr)
        s |= from; /* no branch need hold */
    return s;
}

/* ---- composites ---- */

static bool form_has(const struct action *a, int field)
{
    for (int i = 0; i < a->n_form; i++)
        if (a->form[i].field == field)
            return true;
    return false;
}

static bool sets_field(const struct action *a, int field)
{
    for (int i = 0; i < a->n_sets; i++)
        if (a->sets[i].field == field)
            return true;
    return false;
}

/* Set by the composite itself or by a step before this one, or filled in by its default. */
static bool given_before(const struct record_def *r, const struct action *a, int step, int field)
{
    bool given = sets_field(a, field) || r->fields[field].fallback.ptr;
    for (int i = 0; i < step; i++)
        given |= !a->does_maybe[i] && sets_field(&r->actions[a->does[i]], field);
    return given;
}

static void check_step_form(struct loader *ld, const struct record_def *r, const struct node *node,
                            const struct action *a, int step)
{
    const struct action *s = &r->actions[a->does[step]];
    for (int i = 0; i < s->n_form && !a->does_maybe[step]; i++) {
        int field = s->form[i].field;
        if (field >= 0 && s->form[i].required && !form_has(a, field) &&
            !given_before(r, a, step, field))
            fail(ld, node,
                 "does: the step \"%.*s\" requires the field \"%.*s\", but the form of"
                 " \"%.*s\" does not ask it",
                 SHOW(s->id), SHOW(r->fields[field].id), SHOW(a->id));
    }
}

/* Guards and effects of a step were checked against the step's own form; in the composite they see
 * the composite's form, where a field that is not asked is simply empty. */
static void check_steps(struct loader *ld, const struct record_def *r, const struct node *node,
                        struct action *a)
{
    const struct action *first = &r->actions[a->does[0]];
    state_set at = first->opens ? 0 : from_of(r, first);
    for (int i = 0; i < a->n_does; i++) {
        const struct action *s = &r->actions[a->does[i]];
        if (s->n_does || s->import || (s->opens && i)) {
            fail(ld, node, "does: \"%.*s\" cannot be a step: %s", SHOW(s->id),
                 s->n_does   ? "it is made of steps itself"
                 : s->import ? "it is an import"
                             : "it opens a record, so it must be the"
                               " first step");
            return;
        }
        if (s->opens && a->does_maybe[i]) {
            fail(ld, node, "does: the step that opens the record cannot be left out");
            return;
        }
        check_step_form(ld, r, node, a, i);
        state_set begins = s->opens ? 0 : at & from_of(r, s);
        if (!s->opens && !begins && r->n_states) {
            fail(ld, node,
                 "does: the step \"%.*s\" cannot be done in the state that the step"
                 " before it leads to",
                 SHOW(s->id));
            return;
        }
        at = to_of(s, begins) | (a->does_maybe[i] ? at : 0);
    }
}

/* A composite begins where its first step begins. */
static void take_beginning(struct loader *ld, const struct record_def *r, struct action *a)
{
    const struct action *first = &r->actions[a->does[0]];
    a->opens = first->opens;
    a->from_any = first->from_any;
    a->n_from = first->n_from;
    a->from = ARENA_ARRAY(ld->a, int, first->n_from + 1);
    for (int i = 0; i < first->n_from; i++)
        a->from[i] = first->from[i];
}

void check_composites(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    const struct node *it = map ? map->first : NULL;
    for (int i = 0; i < r->n_actions; i++, it = it->next) {
        struct action *a = &r->actions[i];
        if (!a->n_does)
            continue;
        struct node *does = node_get(it, "does");
        check_steps(ld, r, does, a);
        take_beginning(ld, r, a);
    }
}

/* ---- reachability ---- */

/* What a clock or an import does is a way too. */
static state_set reached_states(const struct record_def *r)
{
    state_set reached = 0;
    for (state_set before = ~reached; before != reached;) {
        before = reached;
        for (int i = 0; i < r->n_actions; i++) {
            const struct action *a = &r->actions[i];
            state_set from = from_of(r, a) & reached;
            if (a->import && !a->n_does)
                reached |= to_of(a, from);
            else if (!a->n_does && (a->opens || from))
                reached |= to_of(a, from);
        }
    }
    return reached;
}

static void check_states(struct loader *ld, const struct record_def *r, const struct node *record,
                         state_set reached, bool imports_any)
{
    struct node *states = node_get(record, "states");
    const struct node *it = states ? states->first : NULL;
    for (int i = 0; i < r->n_states; i++, it = it->next) {
        bool left = false;
        for (int k = 0; k < r->n_actions && !left; k++) {
            const struct action *a = &r->actions[k];
            state_set from = from_of(r, a) & STATE(i);
            left = !a->import && from && !a->n_does && (to_of(a, from) & ~STATE(i));
        }
        if (!(reached & STATE(i)) && !imports_any)
            fail(ld, it,
                 "the state \"%.*s\" is never reached: no action that can be done leads to"
                 " it",
                 SHOW(r->states[i].id));
        if (!left && !r->states[i].closed)
            fail(ld, it,
                 "the state \"%.*s\" is never left: no action leads out of it; if the case"
                 " ends there, say closed: true",
                 SHOW(r->states[i].id));
    }
}

static void check_actions(struct loader *ld, const struct record_def *r, const struct node *record,
                          state_set reached)
{
    struct node *actions = node_get(record, "actions");
    const struct node *it = actions ? actions->first : NULL;
    for (int i = 0; i < r->n_actions; i++, it = it->next) {
        const struct action *a = &r->actions[i];
        if (!a->opens && !a->import && r->n_states && !(from_of(r, a) & reached))
            fail(ld, it, "the action \"%.*s\" can never be done: none of its states is reached",
                 SHOW(a->id));
    }
}

void check_flow(struct loader *ld, int record, const struct node *node)
{
    const struct record_def *r = &ld->p->records[record];
    bool opens = false, imports_any = false;
    for (int i = 0; i < r->n_actions; i++) {
        opens |= r->actions[i].opens || r->actions[i].import;
        imports_any |= r->actions[i].to_any;
    }
    if (!opens)
        fail(ld, node, "no action opens a record: expected one with opens: true");
    state_set reached = imports_any ? all_states(r) : reached_states(r);
    check_states(ld, r, node, reached, imports_any);
    check_actions(ld, r, node, reached);
}
