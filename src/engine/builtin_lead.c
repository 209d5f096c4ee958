/* Those who lead: urging, supervising, instructing, and approvals in one or several steps. */
#include "engine/builtin_int.h"

enum { DRAW_SEED = 200, LOOK_MS = MS_DAY };

bool do_urge(struct deciding *d)
{
    const struct json *last = part_last(d, "urge");
    int32_t today = zone_day(d->w->zone, d->at);
    if (last && calendar_workdays_between(d->s->calendar,
                                          zone_day(d->w->zone, json_num(last, "at", 0)), today) < 1)
        return say_no(d, ERR_TOO_OFTEN, "", "urged today already: once a working day", "今天已经催办过，每个工作日只催一次");
    struct json *p = draft_part(d, 0, "urge");
    part_int(d, p, "at", d->at);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    draft_in(d, "text", draft_text(d, "text"));
    return true;
}

bool do_supervise(struct deciding *d)
{
    int32_t due;
    struct str text = json_text(d->input, "due");
    bool has_due = text.len > 0;
    if (has_due && !day_parse(text, &due))
        return say_no(d, ERR_INPUT, "due", "expected a date", "应填日期");
    if (!need_text(d, "text", "请填写督办要求"))
        return false;
    struct json *p = draft_part(d, 0, "supervise");
    int64_t n = 1;
    JSON_EACH (x, d->work->parts)
        n += str_is(json_text(x, "kind"), "supervise");
    part_set(d, p, "number",
             str_printf(d->a, "%.*s-DB%lld", STR_F(d->work->number), (long long)n));
    part_int(d, p, "at", d->at);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    part_set(d, p, "org", record_holder(d->work));
    part_flag(d, p, "open", true);
    part_flag(d, p, "blocks", true);
    if (has_due)
        part_int(d, p, "due", due);
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    return pass_needed(d, p);
}

bool do_report_back(struct deciding *d)
{
    struct json *part;
    if (!part_named(d, "supervise", &part) || !need_text(d, "text", "请填写办理情况"))
        return false;
    if (d->ask->actor->kind == ACTOR_LINK && !str_is(json_text(part, "org"), d->ask->actor->org))
        return say_no(d, ERR_FORBIDDEN, "part", "another unit is supervised", "督办的不是本单位");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_int(d, p, "reported", d->at);
    json_set(d->a, p, STR("report"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    return true;
}

bool do_instruct(struct deciding *d)
{
    if (!need_text(d, "text", "请填写批示内容"))
        return false;
    struct json *p = draft_part(d, 0, "instruct");
    part_int(d, p, "at", d->at);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    return true;
}

/* ---- re-checks ---- */

/* Drawn by a public seed (search/sample.h): the seed, the place in the order of the lots and how many were in
 * the list stand in the log, so that whoever holds it draws again; the playbook's re-check is planned. */
bool do_draw(struct deciding *d)
{
    struct str seed = json_text(d->input, "seed");
    int64_t place = json_num(d->input, "place", 0), of = json_num(d->input, "of", 0);
    if (!seed.len || seed.len > DRAW_SEED)
        return say_no(d, ERR_REQUIRED, "seed", "expected the public seed, 1 to 200 bytes", "请写明公开的种子，1到200个字节");
    if (place < 1 || place > of)
        return say_no(d, ERR_INPUT, "place", "expected a place in the order of the lots", "抽签顺序不对");
    JSON_EACH (p, d->work->parts)
        if (str_is(json_text(p, "kind"), "draw") && str_eq(json_text(p, "seed"), seed))
            return say_no(d, ERR_WRONG_STATE, "seed", "drawn under this seed already", "此件已按这个种子抽中过");
    struct json *p = draft_part(d, 0, "draw");
    part_set(d, p, "seed", seed);
    part_int(d, p, "place", place);
    part_int(d, p, "of", of);
    part_int(d, p, "at", d->at);
    if (!follow_ups_drawn(d))
        return say_no(d, ERR_WRONG_STATE, "", "its playbook has no re-check for it: no follow-up with drawn: true",
                      "此件没有可复核的回访，业务规程没有为它规定复核");
    follow_ups_count(d);
    return true;
}

/* ---- approvals ---- */

struct json *approval_ask(struct deciding *d, const char *what, struct str role)
{
    struct json *p = draft_part(d, 0, "approval");
    part_set(d, p, "what", str_of(what));
    part_set(d, p, "mode", STR("any"));
    struct json *steps = json_set(d->a, p, STR("steps"), json_new(d->a, J_ARR));
    struct json *step = json_push(steps, json_new(d->a, J_OBJ));
    json_set(d->a, step, STR("role"), json_new_str(d->a, role));
    part_int(d, p, "at", d->at);
    part_flag(d, p, "open", true);
    return p;
}

/* Of a sealed matter: to look at it, to take the seal off.  It may be closed by then. */
static bool about_seal(const struct json *part)
{
    return str_is(json_text(part, "what"), "look") || str_is(json_text(part, "what"), "unseal");
}

bool do_ask_approval(struct deciding *d)
{
    const struct json *steps = json_get(d->input, "steps");
    struct str mode = json_text(d->input, "mode");
    if (!builtin_option_known(STR("ask_approval"), "mode", mode))
        return say_no(d, ERR_INPUT, "mode", "expected sequence, all or any", "审批方式应为依次、会签或任一");
    if (!json_is(steps, J_ARR) || !steps->n || steps->n > 8)
        return say_no(d, ERR_REQUIRED, "steps", "name 1 to 8 roles", "请选择审批人角色");
    JSON_EACH (s, steps)
        if (role_of(json_str(s)) == ROLE_NONE)
            return say_no(d, ERR_INPUT, "steps", "there is no such role", "没有这个角色");
    if (!need_text(d, "text", "请写明审批事项"))
        return false;
    struct json *p = draft_part(d, 0, "approval");
    part_set(d, p, "what", STR("text"));
    part_set(d, p, "mode", mode);
    struct json *list = json_set(d->a, p, STR("steps"), json_new(d->a, J_ARR));
    JSON_EACH (s, steps) {
        struct json *step = json_push(list, json_new(d->a, J_OBJ));
        json_set(d->a, step, STR("role"), json_new_str(d->a, json_str(s)));
    }
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    part_int(d, p, "at", d->at);
    part_flag(d, p, "open", true);
    part_flag(d, p, "blocks", true);
    return true;
}

/* Signs the step this role may sign; *all tells whether nothing is left. */
static bool sign_step(struct deciding *d, const struct json *part, struct json *p, bool *all)
{
    struct json *steps = json_set(d->a, p, STR("steps"), json_clone(d->a, json_get(part, "steps")));
    struct str mode = json_text(part, "mode");
    bool signed_one = false, left = false;
    JSON_EACH (s, steps) {
        if (!json_empty(json_get(s, "done")))
            continue;
        bool mine = d->ask->actor->kind == ACTOR_OPERATOR ||
                    str_eq(json_text(s, "role"), role_code(d->role)) ||
                    actor_role(d->ask->actor, d->w, 0, (struct str[]){json_text(s, "role")}, 1,
                               d->area, d->units) != ROLE_NONE;
        if (mine && !signed_one) {
            json_set(d->a, s, STR("done"), json_new_int(d->a, d->at));
            json_set(d->a, s, STR("by"), json_new_str(d->a, str_of(d->ask->actor->by)));
            signed_one = true;
            continue;
        }
        left = true;
        if (str_is(mode, "sequence"))
            break;
    }
    if (!signed_one)
        return say_no(d, ERR_FORBIDDEN, "part", "no step waits for this role", "没有轮到您审批");
    *all = !left || str_is(mode, "any");
    return true;
}

static bool approve_part(struct deciding *d, const struct json *part, bool yes)
{
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    bool all = true;
    if (str_is(json_text(part, "kind"), "supervise")) {
        if (json_empty(json_get(part, "reported")))
            return say_no(d, ERR_WRONG_STATE, "part", "the unit has not reported back yet", "承办单位还没有反馈");
        if (!(role_permissions(d->role) & PERM_STEER) && d->ask->actor->kind == ACTOR_ACCOUNT)
            return say_no(d, ERR_FORBIDDEN, "part", "only who may supervise may approve", "没有督办权限");
    } else if (!sign_step(d, part, p, &all) || (about_seal(part) && !second_head(d, part))) {
        return false;
    }
    if (yes && str_is(json_text(part, "what"), "look"))
        part_int(d, p, "until", d->now + LOOK_MS);
    part_set(d, p, "result", yes ? STR("approved") : STR("refused"));
    if (str_is(json_text(part, "kind"), "supervise") && !yes) {
        json_set(d->a, p, STR("reported"), json_new(d->a, J_NULL)); /* it goes back */
        return true;
    }
    if (all || !yes) {
        part_flag(d, p, "open", false);
        part_int(d, p, "done", d->at);
        pass_end(d, json_num(part, "i", 0));
    }
    if (all && yes && str_is(json_text(part, "what"), "extend")) {
        int c = record_clock(d->def, json_text(part, "clock"));
        return c < 0 || clock_extend(d, &d->def->clocks[c]);
    }
    return !yes || !str_is(json_text(part, "what"), "unseal") || unseal(d);
}

bool do_approve(struct deciding *d)
{
    int64_t i = json_num(d->input, "part", 0);
    struct json *found = NULL;
    JSON_EACH (p, d->work->parts) {
        bool kind = str_is(json_text(p, "kind"), "approval") ||
                    (str_is(json_text(p, "kind"), "supervise") && !json_empty(json_get(p, "reported")));
        if (kind && json_yes(p, "open") && (!i || json_num(p, "i", 0) == i))
            found = p;
    }
    if (!found)
        return say_no(d, ERR_WRONG_STATE, "part", "nothing waits for approval", "没有待审批的事项");
    if (record_closed(d->work) != TIME_NONE && !about_seal(found))
        return say_no(d, ERR_WRONG_STATE, "", "the matter is closed", "此件已办结");
    const struct json *ok = json_get(d->input, "ok");
    if (ok && ok->kind == J_FALSE && !need_text(d, "note", "不同意的，请说明理由"))
        return false;
    return approve_part(d, found, !json_is(ok, J_FALSE));
}
