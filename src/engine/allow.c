/* What guards and effects read, and whether this person may do this action now. */
#include "engine/decide_int.h"

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

bool action_in_state(struct deciding *d, const struct action *act, struct err *e)
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

bool guards_hold(struct deciding *d, const struct action *act, struct err *e)
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
    return not_merged(d, why) && action_rights(d, act, why) && action_in_state(d, act, why);
}
