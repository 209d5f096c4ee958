/* One action as its playbook declares it: form, guards, effects, the move to the next state; a composite one after
 * the other. */
#include "engine/decide_int.h"

static struct json *value_of(struct deciding *d, const struct field *f, const struct xvalue *v)
{
    if (v->null)
        return NULL;
    switch (v->type) {
    case X_BOOL:
        return json_new_bool(d->a, v->i != 0);
    case X_TEXT:
        return json_new_str(d->a, v->s);
    case X_TIME:
        return json_new_int(d->a, f->type == FIELD_DATE ? zone_day(d->w->zone, v->i) : v->i);
    case X_DATE:
        return json_new_int(d->a, f->type == FIELD_TIME ? zone_start(d->w->zone, (int32_t)v->i) : v->i);
    case X_INT:
    case X_DECIMAL: {
        int decimals, have = v->type == X_DECIMAL ? v->decimals : 0;
        int64_t n = v->i;
        field_xtype(f, &decimals);
        for (; have < decimals; have++)
            n *= 10;
        for (; have > decimals; have--)
            n /= 10;
        return json_new_int(d->a, n);
    }
    case X_NULL:
    case X_PLACE:
    case X_PRESENT:
    case X_POLYGON:
        break;
    }
    return NULL;
}

static void set_field(struct deciding *d, const struct field *f, const struct expr *x, bool keep)
{
    struct xcontext c;
    struct xvalue v;
    deciding_context(d, &c);
    expr_eval(x, &c, &v);
    struct json *now = value_of(d, f, &v);
    const struct json *old = json_get_str(d->work->fields, f->id);
    bool given = json_get_str(d->draft->body.set, f->id) != NULL;
    if (keep && (given || old))
        return;
    if (!given && json_same(old, now))
        return;
    json_set(d->a, d->draft->body.set, f->id, now ? now : json_new(d->a, J_NULL));
}

void draft_derive(struct deciding *d)
{
    for (int i = 0; i < d->def->n_fields; i++)
        if (d->def->fields[i].computed_expr && !d->def->fields[i].ever)
            set_field(d, &d->def->fields[i], d->def->fields[i].computed_expr, false);
    if (d->def->sealed_when) {
        struct xcontext c;
        deciding_context(d, &c);
        bool why = expr_true(d->def->sealed_when, &c);
        if (!why && record_flag(d->work, "$unsealed"))
            draft_set(d, "$unsealed", NULL); /* that was about a reason that is gone: a new one seals anew */
        if (why && !record_flag(d->work, "$sealed") && !record_flag(d->work, "$unsealed"))
            draft_set(d, "$sealed", json_new_bool(d->a, true)); /* it does not come off by itself */
    }
}

static void effects(struct deciding *d, const struct action *act)
{
    if (d->work->ver == 0)
        for (int i = 0; i < d->def->n_fields; i++)
            if (d->def->fields[i].fallback_expr)
                set_field(d, &d->def->fields[i], d->def->fields[i].fallback_expr, true);
    for (int i = 0; i < act->n_sets; i++)
        set_field(d, &d->def->fields[act->sets[i].field], act->sets[i].expr, false);
    draft_derive(d);
    for (int i = 0; i < act->n_stop; i++)
        clock_stop(d, d->def->clocks[act->stop[i]].id);
    for (int i = 0; i < act->n_pause; i++)
        clock_pause(d, d->def->clocks[act->pause[i]].id);
    for (int i = 0; i < act->n_resume; i++)
        clock_resume(d, &d->def->clocks[act->resume[i]]);
}

static int target_state(struct deciding *d, const struct action *act)
{
    struct xcontext c;
    deciding_context(d, &c);
    for (int i = 0; i < act->n_to; i++)
        if (!act->to[i].expr || expr_true(act->to[i].expr, &c))
            return act->to[i].state;
    return act->to_any ? record_state(d->def, str_trim(json_text(d->input, "state"))) : -1;
}

static void end_parts(struct deciding *d)
{
    JSON_EACH (p, d->work->parts) {
        if (!json_yes(p, "open"))
            continue;
        struct json *x = draft_part(d, json_num(p, "i", 0), NULL);
        part_flag(d, x, "open", false);
        part_int(d, x, "done", d->at);
        part_set(d, x, "act", d->draft->body.act);
    }
}

/* How many parts would still be open and block the end, counting what this draft closes. */
static int64_t blocking(struct deciding *d)
{
    int64_t n = 0;
    JSON_EACH (p, d->work->parts) {
        if (!json_yes(p, "open") || !json_yes(p, "blocks"))
            continue;
        bool closes = false;
        JSON_EACH (x, d->draft->body.parts)
            closes |= json_num(x, "i", 0) == json_num(p, "i", -1) &&
                      json_is(json_get(x, "open"), J_FALSE);
        n += !closes;
    }
    return n;
}

bool decide_transition(struct deciding *d, int state, bool reopens, bool ends_parts)
{
    struct event_body *b = &d->draft->body;
    if (ends_parts)
        end_parts(d);
    if (reopens)
        draft_set(d, "$reopened", json_new_bool(d->a, true));
    if (state < 0)
        return true;
    const struct state *s = &d->def->states[state];
    bool moved = !str_eq(s->id, d->work->state);
    bool was_closed = record_closed(d->work) != TIME_NONE;
    if (moved)
        b->state = s->id;
    if (s->closed && !was_closed) {
        if (!ends_parts && blocking(d) > 0)
            return err_set(d->e, ERR_OPEN_PARTS, "a share, task or supervision is still open") ||
                   err_zh(d->e, "还有协办、交办或督办没有办完，不能结束");
        if (!json_get(b->set, "$closed"))
            draft_set_time(d, "$closed", d->at);
        clock_stop_all(d);
    } else if (!s->closed && was_closed && !json_get(b->set, "$closed")) {
        draft_set(d, "$closed", NULL);
    }
    if (moved)
        follow_ups_plan(d, state);
    return true;
}

static bool run_step(struct deciding *d, const struct action *act)
{
    draft_begin(d, act->id);
    if (!form_take(d, act) || !form_documents(d))
        return false;
    if (!guards_hold(d, act, d->e))
        return false;
    if (!figures_put(d, act))
        return false;
    bool numbers = d->def->numbered_later ? act->numbers : d->work->ver == 0;
    d->draft->number = numbers && d->def->number.len > 0 && !d->work->number.len;
    if (d->work->ver == 0) {
        if (!act->import && d->now - d->at > MS_DAY)
            draft_set(d, "$late", json_new_bool(d->a, true));
        if (!act->import)
            recurrence_put(d);
    }
    effects(d, act);
    if (!follow_up_act(d, act))
        return false;
    int state = target_state(d, act);
    if (!decide_transition(d, state, act->reopens, act->ends_parts))
        return false;
    if (d->work->ver == 0)
        hold_first(d, act, state);
    else
        hold_declared(d, act);
    for (int i = 0; i < act->n_start; i++)
        clock_start(d, &d->def->clocks[act->start[i]], STR_NONE);
    if (act->n_link_for)
        pass_offer(d, act);
    follow_ups_count(d);
    return draft_end(d);
}

/* A step of a composite that may be left out: tried, and taken back when a guard does not hold. */
static bool try_step(struct deciding *d, const struct action *act, bool maybe)
{
    if (!maybe)
        return action_rights(d, act, d->e) && action_in_state(d, act, d->e) && run_step(d, act);
    struct err why = ERR_INIT, *real = d->e;
    struct record *before = d->work;
    size_t n = d->out->n;
    enum role role = d->role;
    d->e = &why;
    bool ok = action_rights(d, act, &why) && action_in_state(d, act, &why) && run_step(d, act);
    d->e = real;
    if (ok)
        return true;
    d->work = before;
    d->out->n = n;
    d->draft = NULL;
    d->role = role;
    if (why.code == ERR_GUARD || why.code == ERR_FORBIDDEN || why.code == ERR_WRONG_STATE)
        return true;
    *real = why;
    return false;
}

bool run_action(struct deciding *d, const struct action *act)
{
    if (!action_possible(d, act, d->e))
        return false;
    if (!act->n_does)
        return run_step(d, act);
    for (int i = 0; i < act->n_form; i++) { /* what the one form asks beyond its steps' own rules */
        const struct form_field *ff = &act->form[i];
        if (ff->field < 0 || !ff->required)
            continue;
        const struct field *f = &d->def->fields[ff->field];
        const struct json *v = json_get_str(d->input, f->id);
        if (json_empty(v) || (v->kind == J_STR && !str_trim(v->s).len)) {
            char name[96];
            snprintf(name, sizeof name, "%.*s", STR_F(f->id));
            err_field(d->e, ERR_REQUIRED, name, "%s: is required", name);
            return err_zh(d->e, "%.*s：必填", STR_F(f->label.zh));
        }
    }
    for (int i = 0; i < act->n_does; i++)
        if (!try_step(d, &d->def->actions[act->does[i]], act->does_maybe[i]))
            return false;
    return true;
}
