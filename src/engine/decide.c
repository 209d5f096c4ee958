#include "engine/decide_int.h"

/* ---- drafts ---- */

void draft_begin(struct deciding *d, struct str act)
{
    enum { MOST = LIMIT_EVENTS_PER_ACTION };
    if (!d->out->drafts)
        d->out->drafts = ARENA_ARRAY(d->a, struct draft, MOST);
    ASSERT(d->out->n < MOST);
    struct draft *dr = &d->out->drafts[d->out->n++];
    *dr = (struct draft){.body = {.known = TIME_NONE}};
    struct event_body *b = &dr->body;
    const struct actor *who = d->ask->actor;
    b->id = d->out->n == 1 ? d->ask->id : id_nth(d->ask->id, (int64_t)d->out->n - 1);
    if (d->out->n > 1)
        b->cause = d->ask->id;
    b->rec = d->work->ver ? d->work->id : d->ask->id;
    b->type = d->work->type;
    b->act = act;
    b->pb = d->work->pb;
    b->at = d->at;
    b->known = d->ask->known;
    b->by = str_of(who->by);
    b->org = str_of(who->org);
    b->role = role_code(d->role);
    b->area = d->area >= 0 ? d->w->areas[d->area].aid : d->work->area;
    b->code = d->area >= 0 ? d->w->areas[d->area].code : d->work->code;
    b->in = json_new(d->a, J_OBJ);
    if (d->ask->skew)
        json_set(d->a, b->in, STR("$skew"), json_new_int(d->a, d->ask->skew));
    b->set = json_new(d->a, J_OBJ);
    b->rows = json_new(d->a, J_OBJ);
    b->parts = json_new(d->a, J_ARR);
    b->clocks = json_new(d->a, J_ARR);
    b->links = json_new(d->a, J_ARR);
    d->draft = dr;
}

bool draft_end(struct deciding *d)
{
    struct event_body *b = &d->draft->body;
    b->ver = d->work->ver + 1;
    b->recorded = d->now;
    struct record *next = record_share(d->a, d->work);
    if (!fold_event(d->a, next, b, -(int64_t)d->out->n, d->e))
        return false;
    d->work = next;
    d->draft = NULL;
    return true;
}

void draft_set(struct deciding *d, const char *name, struct json *value)
{
    json_set(d->a, d->draft->body.set, str_of(name), value ? value : json_new(d->a, J_NULL));
}

void draft_set_c(struct deciding *d, const char *name, struct str text)
{
    draft_set(d, name, text.len ? json_new_str(d->a, text) : NULL);
}

void draft_set_time(struct deciding *d, const char *name, int64_t v)
{
    draft_set(d, name, v == TIME_NONE ? NULL : json_new_int(d->a, v));
}

void draft_in(struct deciding *d, const char *name, struct json *value)
{
    if (value)
        json_set(d->a, d->draft->body.in, str_of(name), value);
}

struct json *draft_part(struct deciding *d, int64_t i, const char *kind)
{
    struct json *parts = d->draft->body.parts;
    if (i == 0) {
        i = record_next_part(d->work);
        JSON_EACH (p, parts)
            i = max64(i, json_num(p, "i", 0) + 1);
    }
    JSON_EACH (p, parts)
        if (json_num(p, "i", 0) == i)
            return p;
    struct json *p = json_push(parts, json_new(d->a, J_OBJ));
    part_int(d, p, "i", i);
    if (kind)
        part_set(d, p, "kind", str_of(kind));
    return p;
}

void part_set(struct deciding *d, struct json *part, const char *key, struct str v)
{
    json_set(d->a, part, str_of(key), v.len ? json_new_str(d->a, v) : json_new(d->a, J_NULL));
}

void part_int(struct deciding *d, struct json *part, const char *key, int64_t v)
{
    json_set(d->a, part, str_of(key), json_new_int(d->a, v));
}

void part_flag(struct deciding *d, struct json *part, const char *key, bool v)
{
    json_set(d->a, part, str_of(key), json_new_bool(d->a, v));
}

/* ---- what guards and effects read ---- */

static void actor_value(const struct deciding *d, int k, struct xvalue *out)
{
    const struct actor *who = d->ask->actor;
    struct str s = k == 0   ? role_code(d->role)
                   : k == 1 ? str_of(who->org)
                   : k == 3 ? str_of(who->by)
                            : STR_NONE;
    if (k == 2 && who->n_grants) {
        int area = world_area_by_id(d->w, who->grants[0].area);
        s = area >= 0 ? d->w->areas[area].code : STR_NONE;
    }
    *out = (struct xvalue){.type = X_TEXT, .null = !s.len, .s = s};
}

/* What an import asks besides fields: opened, closed, due, state. */
static bool import_value(const struct deciding *d, int slot, struct xvalue *out)
{
    static const struct {
        const char *name;
        int attr;
    } ASKED[] = {{"opened", ATTR_opened}, {"closed", ATTR_closed}, {"due", ATTR_due},
                 {"state", ATTR_state}};
    for (size_t i = 0; i < COUNT_OF(ASKED); i++) {
        if (slot != SLOT_FORM + FORM_ATTR(ASKED[i].attr))
            continue;
        struct str s = str_trim(json_text(d->input, ASKED[i].name));
        bool text = ASKED[i].attr == ATTR_state;
        *out = (struct xvalue){.type = text ? X_TEXT : X_TIME, .null = !s.len, .s = s};
        if (!text && s.len)
            out->null = !time_parse(d->w->zone, s, &out->i);
        return true;
    }
    return false;
}

static void read_slot(void *self, int slot, struct xvalue *out)
{
    struct deciding *d = self;
    if (import_value(d, slot, out))
        return;
    if (slot >= SLOT_ACTOR) {
        actor_value(d, slot - SLOT_ACTOR, out);
        return;
    }
    bool form = slot >= SLOT_FORM, field = !form && slot >= SLOT_FIELD && slot < SLOT_CLOCK;
    if (!form && !field) {
        record_value(d->work, d->def, slot, out);
        return;
    }
    const struct field *f = &d->def->fields[slot - (form ? SLOT_FORM : SLOT_FIELD)];
    const struct json *set = d->draft ? json_get_str(d->draft->body.set, f->id) : NULL;
    if (form)
        field_value(f, json_get_str(d->form, f->id), out);
    else
        field_value(f, set ? set : json_get_str(d->work->fields, f->id), out);
}

static bool has_document(void *self, struct str doc)
{
    struct deciding *d = self;
    const struct json *lists[] = {d->work->parts, d->draft ? d->draft->body.parts : NULL};
    for (size_t i = 0; i < COUNT_OF(lists); i++)
        JSON_EACH (p, lists[i])
            if (str_is(json_text(p, "kind"), "document") && str_eq(json_text(p, "doc"), doc))
                return true;
    return false;
}

static int64_t open_parts(void *self, struct str kind)
{
    struct deciding *d = self;
    int64_t n = record_open_parts(d->work, str_c(d->a, kind));
    JSON_EACH (p, d->draft ? d->draft->body.parts : NULL) {
        const struct json *old = record_part(d->work, json_num(p, "i", 0));
        struct str k = json_text(old ? old : p, "kind");
        if (!str_eq(k, kind) || !json_get(p, "open"))
            continue;
        n += json_yes(p, "open") - (old && json_yes(old, "open"));
    }
    return n;
}

static int64_t count_rows(void *self, struct str table)
{
    struct deciding *d = self;
    const struct json *rows = json_get_str(d->work->fields, table);
    const struct json *given = d->draft ? json_get_str(d->draft->body.rows, table) : NULL;
    int64_t n = 0;
    JSON_EACH (r, given ? given : rows)
        n += !json_yes(r, "del");
    return n;
}

void deciding_context(struct deciding *d, struct xcontext *c)
{
    *c = (struct xcontext){.self = d,
                           .get = read_slot,
                           .has = has_document,
                           .open = open_parts,
                           .rows = count_rows,
                           .today = zone_day(d->w->zone, d->at),
                           .zone = d->w->zone};
}

/* ---- may it be done? ---- */

int find_action(const struct record_def *def, struct str id)
{
    return record_action(def, id);
}

static bool no_right(struct err *e, const char *why)
{
    return err_set(e, ERR_FORBIDDEN, "%s", why);
}

bool action_rights(struct deciding *d, const struct action *act, struct err *e)
{
    const struct actor *who = d->ask->actor;
    if (who->kind == ACTOR_OPERATOR || who->kind == ACTOR_CLOCK)
        return true;
    if (who->kind == ACTOR_RESIDENT)
        return (act->resident && who->only == d->work->rid) ||
               no_right(e, "not an action of the resident");
    if (who->kind == ACTOR_LINK)
        return pass_lets(d, act->id) || no_right(e, "not an action of this unit's link (any more)");
    if (act->resident && !act->n_by) {
        no_right(e, "only the resident may do this, through his link");
        return err_zh(e, "“%.*s”只能由本人办理", STR_F(act->name.zh));
    }
    unsigned needed = act->import ? PERM_IMPORT : PERM_ACT;
    enum role role = actor_role(who, d->w, needed, act->by, act->n_by, d->area, d->units);
    if (role == ROLE_NONE) {
        no_right(e, "the role or its area does not allow this action here");
        return err_zh(e, "您的角色或辖区不能办理“%.*s”", STR_F(act->name.zh));
    }
    d->role = role;
    struct str holder = record_holder(d->work);
    if (act->who == WHO_HOLDER && holder.len && !str_is(holder, who->org) && role != ROLE_centre) {
        no_right(e, "another unit holds this matter");
        return err_zh(e, "此件由其他单位承办");
    }
    if (act->who == WHO_SELF && d->work->ver && !str_is(d->work->by, who->by))
        return no_right(e, "only who opened it may do this");
    if (act->not_by >= 0) {
        const struct json *other =
            json_get_str(d->work->fields, d->def->fields[act->not_by].id);
        if (str_is(json_str(other), who->by)) {
            err_set(e, ERR_GUARD, "to be done by somebody else than the %.*s of this matter",
                    STR_F(d->def->fields[act->not_by].label.en));
            return err_zh(e, "办理人不能是本件的%.*s，请由他人办理",
                          STR_F(d->def->fields[act->not_by].label.zh));
        }
    }
    return true;
}

/* The steps at which it can be done, as far as one line holds them: “履行中”“已回访”. */
static struct str steps_named(struct deciding *d, const struct action *act, bool zh)
{
    enum { MOST = 4 };
    struct str all = STR("");
    for (int i = 0; i < act->n_from && i < MOST; i++) {
        const struct words *name = &d->def->states[act->from[i]].name;
        all = zh ? str_printf(d->a, "%.*s“%.*s”", STR_F(all), STR_F(name->zh))
                 : str_printf(d->a, "%.*s%s'%.*s'", STR_F(all), i ? ", " : "", STR_F(name->en));
    }
    const char *more = act->n_from <= MOST ? "" : zh ? "等" : " or others";
    return str_printf(d->a, "%.*s%s", STR_F(all), more);
}

static bool right_state(struct deciding *d, const struct action *act, struct err *e)
{
    if (act->opens)
        return d->work->ver == 0 ||
               err_set(e, ERR_WRONG_STATE, "the record is open already");
    if (d->work->ver == 0)
        return act->import || act->n_does ||
               err_set(e, ERR_WRONG_STATE, "this action does not open a record");
    if (act->from_any || act->n_does)
        return true;
    for (int i = 0; i < act->n_from; i++)
        if (str_eq(d->def->states[act->from[i]].id, d->work->state))
            return true;
    int s = record_state(d->def, d->work->state);
    struct words now = s >= 0 ? d->def->states[s].name : (struct words){d->work->state, d->work->state};
    err_set(e, ERR_WRONG_STATE, "only at the step %.*s; it is now at '%.*s'",
            STR_F(steps_named(d, act, false)), STR_F(words_en(&now)));
    return err_zh(e, "只在%.*s环节能办，现在是“%.*s”", STR_F(steps_named(d, act, true)), STR_F(now.zh));
}

static bool guards_hold(struct deciding *d, const struct action *act, struct err *e)
{
    struct xcontext c;
    deciding_context(d, &c);
    for (int i = 0; i < act->n_guards; i++) {
        const struct guard *g = &act->guards[i];
        if (expr_true(g->expr, &c))
            continue;
        err_set(e, ERR_GUARD, "%.*s", STR_F(g->say.en.len ? g->say.en : g->text));
        return err_zh(e, "%.*s", STR_F(g->say.zh.len ? g->say.zh : g->text));
    }
    for (int i = 0; i < act->n_needs; i++) {
        const struct document *doc = &d->def->documents[act->needs[i]];
        if (has_document(d, doc->id))
            continue;
        err_field(e, ERR_GUARD, "documents", "the document '%.*s' is missing", STR_F(doc->id));
        return err_zh(e, "缺少材料：%.*s", STR_F(doc->name.zh));
    }
    return true;
}

static bool not_merged(struct deciding *d, struct err *e)
{
    if (record_merged(d->work).len)
        return err_set(e, ERR_WRONG_STATE, "this matter was merged into another") ||
               err_zh(e, "此件已并入另一件，请到主件办理");
    if (record_flag(d->work, "$void"))
        return err_set(e, ERR_WRONG_STATE, "this entry was undone") || err_zh(e, "此件已撤销");
    return true;
}

bool action_possible(struct deciding *d, const struct action *act, struct err *why)
{
    return not_merged(d, why) && action_rights(d, act, why) && right_state(d, act, why);
}

/* ---- one action ---- */

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
        if (d->def->fields[i].computed_expr)
            set_field(d, &d->def->fields[i], d->def->fields[i].computed_expr, false);
    if (d->def->sealed_when) {
        struct xcontext c;
        deciding_context(d, &c);
        if (expr_true(d->def->sealed_when, &c) && !record_flag(d->work, "$sealed"))
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
        return action_rights(d, act, d->e) && right_state(d, act, d->e) && run_step(d, act);
    struct err why = ERR_INIT, *real = d->e;
    struct record *before = d->work;
    size_t n = d->out->n;
    enum role role = d->role;
    d->e = &why;
    bool ok = action_rights(d, act, &why) && right_state(d, act, &why) && run_step(d, act);
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

static bool run_action(struct deciding *d, const struct action *act)
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

/* ---- the whole decision ---- */

/* Does it, or one of its steps, answer or miss a follow-up?  Then the request may name the part. */
static bool names_part(const struct deciding *d, const struct action *act)
{
    bool yes = act->answers.len || act->misses.len || act->leaves_out.len;
    for (int i = 0; i < act->n_does; i++)
        yes |= names_part(d, &d->def->actions[act->does[i]]);
    return yes;
}

static bool check_unknown(struct deciding *d, const struct action *act)
{
    JSON_EACH (v, d->input) {
        if (str_is(v->key, "documents") || str_is(v->key, "reason") || str_is(v->key, "note"))
            continue;
        if ((str_is(v->key, "part") || str_is(v->key, "party")) && names_part(d, act))
            continue;
        int f = record_field(d->def, v->key);
        bool attr = act->import && (str_is(v->key, "opened") || str_is(v->key, "closed") ||
                                    str_is(v->key, "due") || str_is(v->key, "state"));
        bool in_form = attr;
        for (int i = 0; f >= 0 && i < act->n_form; i++)
            in_form |= act->form[i].field == f;
        if (in_form)
            continue;
        char name[96];
        snprintf(name, sizeof name, "%.*s", STR_F(v->key));
        return err_field(d->e, ERR_UNKNOWN_FIELD, name, "%s is not in the form of '%.*s'", name,
                         STR_F(act->id));
    }
    return true;
}

static bool check_time(struct deciding *d, const struct action *act)
{
    if (act->import)
        return true;
    if (d->at > d->now + 5 * MS_MINUTE)
        return err_field(d->e, ERR_INPUT, "at", "the time lies ahead") || err_zh(d->e, "时间不能晚于现在");
    if (d->work->ver && d->at < d->work->opened)
        return err_field(d->e, ERR_INPUT, "at", "the time lies before the opening") ||
               err_zh(d->e, "时间不能早于发现时间");
    int32_t back = zone_day(d->w->zone, d->now) - zone_day(d->w->zone, d->at);
    if (!d->work->ver && back > (d->def->backdate > 0 ? d->def->backdate : 30))
        return err_field(d->e, ERR_TOO_LATE, "at", "more than %d days back",
                         d->def->backdate > 0 ? d->def->backdate : 30) ||
               err_zh(d->e, "补录不能早于%d天前", d->def->backdate > 0 ? d->def->backdate : 30);
    return true;
}

/* The person saw an older version: it still fits when nothing in this form changed since. */
static bool check_version(struct deciding *d, const struct action *act)
{
    if (!d->ask->version || d->ask->version == d->work->ver)
        return true;
    struct json *sides = json_new(d->a, J_OBJ);
    for (int i = 0; i < act->n_form; i++) {
        if (act->form[i].field < 0)
            continue;
        struct str f = d->def->fields[act->form[i].field].id;
        const struct json *yours = json_get_str(d->input, f);
        if (!json_empty(yours))
            stale_side(d, sides, f, yours);
    }
    if (sides->n)
        return stale_refuse(d, sides);
    struct err why = ERR_INIT;
    if (right_state(d, act, &why))
        return true;
    d->out->conflict = sides;
    err_set(d->e, ERR_STALE, "%s", why.text);
    return err_zh(d->e, "%s", why.zh);
}

static int own_area(struct deciding *d)
{
    const struct actor *who = d->ask->actor;
    return who->n_grants ? world_area_by_id(d->w, who->grants[0].area) : -1;
}

bool area_valid(struct deciding *d, int area)
{
    const struct area *x = &d->w->areas[area];
    if (x->to == DAY_NONE || x->to >= zone_day(d->w->zone, d->at))
        return true;
    char since[16];
    day_format(x->to + 1, since);
    err_field(d->e, ERR_INPUT, "area", "the area %.60s is closed since %s%s%.60s", str_c(d->a, x->code), since,
              x->successor.len ? ": use " : "", x->successor.len ? str_c(d->a, x->successor) : "");
    return err_zh(d->e, "%.*s（%.*s）自%s起已撤销%s%.*s", STR_F(x->name), STR_F(x->code), since,
                  x->successor.len ? "，请用" : "", STR_F(x->successor));
}

static bool begin_record(struct deciding *d)
{
    struct str type = d->ask->type;
    int record;
    if (!world_type(d->w, type, STR_NONE, &d->playbook, &record))
        return err_field(d->e, ERR_INPUT, "type", "there is no business line or record type '%.60s'",
                         str_c(d->a, type));
    d->def = &d->playbook->records[record];
    d->work = record_new(d->a);
    d->work->type = str_printf(d->a, "%.*s.%.*s", STR_F(d->playbook->id), STR_F(d->def->id));
    d->work->pb = str_printf(d->a, "%.*s@%d", STR_F(d->playbook->id), d->playbook->version);
    struct str code = str_trim(d->ask->area);
    d->area = code.len ? world_area(d->w, code) : own_area(d);
    if (d->area < 0)
        return err_field(d->e, code.len ? ERR_UNKNOWN_AREA : ERR_REQUIRED, "area",
                         code.len ? "there is no area '%.60s'" : "the area is missing%.0s",
                         code.len ? str_c(d->a, code) : "");
    if (!area_valid(d, d->area))
        return false;
    d->out->opens = d->out->new_dek = true;
    random_bytes(d->out->dek, sizeof d->out->dek);
    return true;
}

static const struct action *opening_action(struct deciding *d)
{
    if (d->ask->action.len) {
        int i = record_action(d->def, d->ask->action);
        return i >= 0 ? &d->def->actions[i] : NULL;
    }
    for (int i = 0; i < d->def->n_actions; i++) {
        const struct action *act = &d->def->actions[i];
        struct err why = ERR_INIT;
        if (act->opens && !act->import && action_rights(d, act, &why))
            return act;
    }
    for (int i = 0; i < d->def->n_actions; i++)
        if (d->def->actions[i].opens && !d->def->actions[i].import)
            return &d->def->actions[i];
    return NULL;
}

static bool existing_record(struct deciding *d)
{
    struct record *r = d->s->rec;
    int record;
    if (!r)
        return err_set(d->e, ERR_NOT_FOUND, "there is no such record");
    d->work = record_share(d->a, r);
    d->work->rid = r->rid;
    d->area = world_area_by_id(d->w, r->area);
    d->units = record_units(d->a, r);
    if (d->ask->version > r->ver)
        return err_field(d->e, ERR_INPUT, "version", "the record has only %lld versions",
                         (long long)r->ver);
    if (sys_is(r->type))
        return true;
    if (!world_type(d->w, r->type, r->pb, &d->playbook, &record))
        return err_set(d->e, ERR_INTERNAL, "the playbook %.60s of this record is not installed",
                       str_c(d->a, r->pb));
    d->def = &d->playbook->records[record];
    return true;
}

/* An imported row: the record is opened, or changed where the row differs from what stands there. */
static bool same_row(struct deciding *d)
{
    const struct draft *dr = &d->out->drafts[0];
    return d->s->rec && dr->body.set->n == 0 && dr->body.rows->n == 0 && !dr->body.state.ptr &&
           dr->body.area == d->s->rec->area;
}

static bool decide_playbook(struct deciding *d)
{
    const struct action *act;
    if (!d->work->ver) {
        act = opening_action(d);
    } else {
        int i = record_action(d->def, d->ask->action);
        act = i >= 0 ? &d->def->actions[i] : NULL;
    }
    if (!act) {
        bool known = false;
        if (d->work->ver && !builtin_decide(d, &known))
            return false;
        return known || err_field(d->e, ERR_INPUT, "action", "there is no action '%.60s'",
                                  d->ask->action.ptr ? str_c(d->a, d->ask->action) : "");
    }
    if (act->import && !d->ask->source.len)
        return err_set(d->e, ERR_FORBIDDEN, "this action is for the importer");
    int moved = act->import && d->work->ver && d->ask->area.len ? world_area(d->w, str_trim(d->ask->area)) : -1;
    if (moved >= 0 && moved != d->area && !area_valid(d, moved))
        return false;
    if (moved >= 0) /* by the source */
        d->area = moved;
    struct str opened = json_text(d->input, "opened");
    if (act->import && opened.len && !time_parse(d->w->zone, opened, &d->at))
        return err_field(d->e, ERR_INPUT, "opened", "opened: expected a time");
    if (!check_unknown(d, act) || !check_time(d, act) || !check_version(d, act) ||
        !run_action(d, act))
        return false;
    d->out->same = act->import && same_row(d);
    return true;
}

/* An action that seals the record leaves none of its steps in the clear, the opening one included. */
static void seal_steps(struct changeset *out)
{
    bool seal = false;
    for (size_t i = 0; i < out->n; i++)
        seal |= !out->drafts[i].other && json_yes(out->drafts[i].body.set, "$sealed");
    for (size_t i = 0; i < out->n; i++)
        out->drafts[i].seal = seal && !out->drafts[i].other;
}

bool decide(struct arena *a, const struct snapshot *s, const struct ask *ask, struct changeset *out,
            struct err *e)
{
    *out = (struct changeset){.n = 0};
    struct deciding d = {.a = a, .s = s, .ask = ask, .out = out, .e = e, .w = s->world,
                         .now = s->now, .role = ROLE_NONE, .area = -1};
    d.at = ask->at == TIME_NONE ? s->now : ask->at;
    d.input = ask->fields ? ask->fields : json_new(a, J_OBJ);
    d.form = json_new(a, J_OBJ);
    if (d.input->kind != J_OBJ)
        return err_field(e, ERR_INPUT, "fields", "expected an object");
    bool opening = id_zero(ask->rec);
    if (opening && sys_is(ask->type)) {
        d.work = record_new(a);
        d.work->type = ask->type;
        out->opens = out->new_dek = true;
        random_bytes(out->dek, sizeof out->dek);
        return sys_decide(&d);
    }
    if (!(opening ? begin_record(&d) : existing_record(&d)))
        return false;
    if (!opening && sys_is(d.work->type))
        return sys_decide(&d);
    out->playbook = d.playbook;
    out->def = d.def;
    if (!decide_playbook(&d))
        return false;
    seal_steps(out);
    return true;
}
