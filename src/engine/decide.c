/* From what is asked to a decision: the record, the action, what is checked of every request. */
#include "engine/decide_int.h"

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
    if (action_in_state(d, act, &why))
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
