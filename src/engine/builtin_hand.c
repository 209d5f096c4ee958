/* From unit to unit: transfers, signed for, returned or taken back, and shares of a joint matter. */
#include "engine/builtin_int.h"

enum { RETURNS_UNTIL_CENTRE = 3 };

static bool actor_org(struct deciding *d, struct str *out)
{
    *out = str_of(d->ask->actor->org);
    return out->len || say_no(d, ERR_FORBIDDEN, "", "the account belongs to no unit", "账号没有所属单位");
}

static bool need_org(struct deciding *d, const char *key, struct str *out)
{
    struct str s = json_text(d->input, key);
    int i = world_org(d->w, s);
    if (!s.len)
        return say_no(d, ERR_REQUIRED, key, "name the unit", "请选择单位");
    if (i < 0 || d->w->orgs[i].closed)
        return say_no(d, ERR_INPUT, key, "there is no such unit", "没有这个单位");
    *out = d->w->orgs[i].id_text;
    return true;
}

static bool send_to(struct deciding *d, struct str to, struct str mode, bool final)
{
    struct json *p = draft_part(d, 0, "transfer");
    part_set(d, p, "org", to);
    part_set(d, p, "from", record_holder(d->work));
    part_set(d, p, "mode", mode);
    part_int(d, p, "sent", d->at);
    part_flag(d, p, "open", true);
    if (final)
        part_flag(d, p, "final", true);
    draft_set_c(d, "$holder", to);
    draft_set(d, "$hops", json_new_int(d->a, json_num(d->work->fields, "$hops", 0) + 1));
    clock_start_builtin(d, STR("sign"), 1, to);
    draft_in(d, "note", draft_text(d, "note"));
    return pass_needed(d, p);
}

static bool may_hand_over(struct deciding *d)
{
    struct str own = str_of(d->ask->actor->org), holder = record_holder(d->work);
    bool steers = d->role != ROLE_NONE && (role_permissions(d->role) & PERM_STEER);
    if (holder.len && !str_eq(holder, own) && !steers && d->ask->actor->kind == ACTOR_ACCOUNT)
        return say_no(d, ERR_FORBIDDEN, "", "another unit holds this matter", "此件由其他单位承办，不能转办");
    if (record_open_parts(d->work, "transfer"))
        return say_no(d, ERR_WRONG_STATE, "", "a transfer waits to be signed for: revoke it first",
                   "已转出待签收，请先撤回");
    return true;
}

bool do_transfer(struct deciding *d)
{
    struct str to, mode = json_text(d->input, "mode");
    if (!mode.len)
        mode = STR("transfer");
    if (!builtin_option_known(STR("transfer"), "mode", mode))
        return say_no(d, ERR_INPUT, "mode", "expected transfer, assign or move", "转办方式不对");
    if (!may_hand_over(d))
        return false;
    bool steers = d->role != ROLE_NONE && (role_permissions(d->role) & PERM_STEER);
    if (json_num(d->work->fields, "$returns", 0) >= RETURNS_UNTIL_CENTRE && !steers &&
        d->ask->actor->kind == ACTOR_ACCOUNT)
        return say_no(d, ERR_GUARD, "", "returned three times: the centre decides", "已被退回三次，由综治中心指定办理");
    if (!need_org(d, "to_org", &to))
        return false;
    if (str_eq(to, record_holder(d->work)))
        return say_no(d, ERR_INPUT, "to_org", "this unit holds it already", "此件已在该单位");
    return send_to(d, to, mode, false);
}

bool do_assign(struct deciding *d)
{
    struct str to;
    if (!need_org(d, "to_org", &to))
        return false;
    JSON_EACH (p, d->work->parts) {
        if (!str_is(json_text(p, "kind"), "transfer") || !json_yes(p, "open"))
            continue;
        struct json *x = draft_part(d, json_num(p, "i", 0), NULL);
        part_flag(d, x, "open", false);
        part_int(d, x, "revoked", d->at);
        pass_end(d, json_num(p, "i", 0));
    }
    return send_to(d, to, STR("designate"), true);
}

bool do_sign(struct deciding *d)
{
    struct str own;
    struct json *part;
    if (!actor_org(d, &own) || !part_named(d, "transfer", &part))
        return false;
    if (!str_eq(json_text(part, "org"), own))
        return say_no(d, ERR_FORBIDDEN, "", "it was sent to another unit", "此件不是转给本单位的");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    struct limit two = {.n = 2, .unit = LIMIT_WORKDAYS, .next_day = true};
    part_flag(d, p, "open", false);
    part_int(d, p, "signed", d->at);
    part_int(d, p, "return_until", calendar_due(d->s->calendar, d->w->zone, d->at, two));
    clock_stop(d, STR("sign"));
    return true;
}

bool do_return(struct deciding *d)
{
    struct str own, reason = json_text(d->input, "reason"), right = json_text(d->input, "right_org");
    struct json *part = part_last(d, "transfer");
    if (!actor_org(d, &own))
        return false;
    if (!part || !str_eq(json_text(part, "org"), own) || !json_empty(json_get(part, "returned")) ||
        !json_empty(json_get(part, "revoked")))
        return say_no(d, ERR_WRONG_STATE, "", "nothing was sent to this unit", "没有转到本单位的件");
    if (json_yes(part, "final"))
        return say_no(d, ERR_GUARD, "", "designated by the centre: it cannot be returned", "指定办理的件不能退回");
    if (d->at > json_num(part, "return_until", INT64_MAX))
        return say_no(d, ERR_TOO_LATE, "", "the two working days for a return are over", "签收后超过2个工作日，不能退回");
    if (!builtin_option_known(STR("return"), "reason", reason))
        return say_no(d, ERR_INPUT, "reason",
                   "expected not_ours, wrong_area, incomplete, duplicate or joint", "请选择退回原因");
    if (str_is(reason, "not_ours") && world_org(d->w, right) < 0)
        return say_no(d, ERR_REQUIRED, "right_org", "name the right unit", "不属本单位职责的，请指明应由哪个单位办理");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "returned", d->at);
    pass_end(d, json_num(part, "i", 0));
    part_set(d, p, "reason", reason);
    if (right.len)
        part_set(d, p, "right_org", right);
    draft_set_c(d, "$holder", json_text(part, "from"));
    draft_set(d, "$returns", json_new_int(d->a, json_num(d->work->fields, "$returns", 0) + 1));
    clock_stop(d, STR("sign"));
    draft_in(d, "note", draft_text(d, "note"));
    return true;
}

bool do_revoke(struct deciding *d)
{
    struct str own;
    struct json *part;
    if (!actor_org(d, &own) || !part_named(d, "transfer", &part))
        return false;
    if (!str_eq(json_text(part, "from"), own) && !(role_permissions(d->role) & PERM_STEER))
        return say_no(d, ERR_FORBIDDEN, "", "only who sent it may take it back", "只有转出单位可以撤回");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "revoked", d->at);
    pass_end(d, json_num(part, "i", 0));
    draft_set_c(d, "$holder", json_text(part, "from"));
    clock_stop(d, STR("sign"));
    return true;
}

bool do_share(struct deciding *d)
{
    const struct json *orgs = json_get(d->input, "orgs");
    int64_t days = json_num(d->input, "workdays", 5);
    if (!may_hand_over(d))
        return false;
    if (!json_is(orgs, J_ARR) || !orgs->n || orgs->n > 16)
        return say_no(d, ERR_REQUIRED, "orgs", "name 1 to 16 units", "请选择协办单位");
    if (days < 1 || days > 120)
        return say_no(d, ERR_INPUT, "workdays", "expected 1 to 120", "协办时限应在1到120个工作日之间");
    if (!need_text(d, "text", "请写明协办事项"))
        return false;
    JSON_EACH (o, orgs) {
        int i = world_org(d->w, json_str(o));
        if (i < 0 || d->w->orgs[i].closed)
            return say_no(d, ERR_INPUT, "orgs", "there is no such unit", "没有这个单位");
        struct json *p = draft_part(d, 0, "share");
        part_set(d, p, "org", d->w->orgs[i].id_text);
        part_int(d, p, "at", d->at);
        part_flag(d, p, "open", true);
        part_flag(d, p, "blocks", true);
        json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
        clock_start_builtin(d, str_printf(d->a, "share%lld", (long long)json_num(p, "i", 0)), days,
                            d->w->orgs[i].id_text);
        if (!pass_needed(d, p))
            return false;
    }
    return true;
}

bool do_share_done(struct deciding *d)
{
    struct str own;
    struct json *part = NULL;
    int64_t i = json_num(d->input, "part", 0);
    if (!actor_org(d, &own))
        return false;
    JSON_EACH (p, d->work->parts)
        if (str_is(json_text(p, "kind"), "share") && json_yes(p, "open") &&
            str_eq(json_text(p, "org"), own) && (!i || json_num(p, "i", 0) == i))
            part = p;
    if (!part)
        return say_no(d, ERR_WRONG_STATE, "part", "this unit has no open share", "本单位没有待办的协办事项");
    if (!need_text(d, "text", "请填写协办结果"))
        return false;
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "done", d->at);
    pass_end(d, json_num(part, "i", 0));
    json_set(d->a, p, STR("report"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    clock_stop(d, str_printf(d->a, "share%lld", (long long)json_num(part, "i", 0)));
    return true;
}
