/* The actions that every case has, in one table.  Each is decided here and leaves a patch like any
 * other action; parts carry what is open between units (transfers, shares, supervisions, approvals).
 *
 * Time limits: sign within 1 working day, return within 2 with a coded reason; urge once a working
 * day; undo within ten minutes (issue text; 信访工作条例 gives 5 working days for objections to a
 * transfer, the shorter local rule is the default). */
#include "engine/decide_int.h"

enum { UNDO_MS = 10 * MS_MINUTE, RETURNS_UNTIL_CENTRE = 3 };

struct builtin {
    const char *id, *zh, *en;
    unsigned permission;
    bool closed_too; /* also possible on a closed case */
    bool (*decide)(struct deciding *d);
};

static bool say(struct deciding *d, enum err_code code, const char *field, const char *en,
                const char *zh)
{
    err_field(d->e, code, field, "%s", en);
    return err_zh(d->e, "%s", zh);
}

static struct json *detach_text(struct deciding *d, const char *key)
{
    struct str s = str_trim(json_text(d->input, key));
    if (!s.len)
        return NULL;
    struct buf b = BUF(LIMIT_TEXT_FIELD * 2);
    struct json_out o = json_out(&b);
    jo_str(&o, s);
    struct json *ref = form_detach(d, buf_dup(d->a, &b), false);
    buf_free(&b);
    return ref;
}

/* A text that must be given; goes into the event's "in" (a comment, a reason). */
static bool need_text(struct deciding *d, const char *key, const char *zh)
{
    struct str s = str_trim(json_text(d->input, key));
    if (!s.len)
        return say(d, ERR_REQUIRED, key, "is required", zh);
    if (s.len > LIMIT_TEXT_FIELD / 2)
        return say(d, ERR_TOO_BIG, key, "the text is too long", "文字太长");
    draft_in(d, key, detach_text(d, key));
    return true;
}

static bool actor_org(struct deciding *d, struct str *out)
{
    *out = str_of(d->ask->actor->org);
    return out->len || say(d, ERR_FORBIDDEN, "", "the account belongs to no unit", "账号没有所属单位");
}

static struct json *last_part(struct deciding *d, const char *kind)
{
    struct json *last = NULL;
    JSON_EACH (p, d->work->parts)
        if (str_is(json_text(p, "kind"), kind))
            last = p;
    return last;
}

/* The part the request names by "part", or the only open one of this kind. */
static bool named_part(struct deciding *d, const char *kind, struct json **out)
{
    int64_t i = json_num(d->input, "part", 0);
    struct json *found = NULL;
    int n = 0;
    JSON_EACH (p, d->work->parts) {
        if (!str_is(json_text(p, "kind"), kind) || !json_yes(p, "open"))
            continue;
        if (i ? json_num(p, "i", 0) == i : true) {
            found = p;
            n++;
        }
    }
    if (!found)
        return say(d, ERR_WRONG_STATE, "part", "nothing of this kind is open", "没有待办的这一事项");
    if (n > 1)
        return say(d, ERR_REQUIRED, "part", "several are open: name one", "有多项待办，请指明是哪一项");
    *out = found;
    return true;
}

static bool need_org(struct deciding *d, const char *key, struct str *out)
{
    struct str s = json_text(d->input, key);
    int i = world_org(d->w, s);
    if (!s.len)
        return say(d, ERR_REQUIRED, key, "name the unit", "请选择单位");
    if (i < 0 || d->w->orgs[i].closed)
        return say(d, ERR_INPUT, key, "there is no such unit", "没有这个单位");
    *out = d->w->orgs[i].id_text;
    return true;
}

/* ---- words ---- */

static bool do_comment(struct deciding *d)
{
    return need_text(d, "text", "请填写内容");
}

static bool do_attach(struct deciding *d)
{
    if (json_empty(json_get(d->input, "documents")))
        return say(d, ERR_REQUIRED, "documents", "name at least one document", "请选择材料");
    return form_documents(d);
}

static bool do_link(struct deciding *d)
{
    static const char *const RELS[] = {"related", "earlier", "same_place", "duplicate"};
    struct str rel = json_text(d->input, "rel");
    struct id to;
    if (!rel.len)
        rel = STR("related");
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(RELS); i++)
        known |= str_is(rel, RELS[i]);
    if (!known)
        return say(d, ERR_INPUT, "rel", "expected related, earlier, same_place or duplicate", "关系类型不对");
    if (!id_parse(json_text(d->input, "to"), &to) || !d->s->other ||
        !actor_sees(d->ask->actor, d->w, d->s->other))
        return say(d, ERR_INPUT, "to", "there is no such record", "没有这件");
    struct json *l = json_push(d->draft->body.links, json_new(d->a, J_OBJ));
    json_set(d->a, l, STR("to"), json_new_str(d->a, id_text(d->a, to)));
    json_set(d->a, l, STR("rel"), json_new_str(d->a, rel));
    if (json_yes(d->input, "remove"))
        json_set(d->a, l, STR("del"), json_new_bool(d->a, true));
    return true;
}

/* A look at masked details: the event is the record of it; nothing in the case changes. */
static bool do_look(struct deciding *d)
{
    const struct json *fields = json_get(d->input, "fields");
    if (!json_is(fields, J_ARR) || !fields->n)
        return say(d, ERR_REQUIRED, "fields", "name the fields", "请选择要查看的内容");
    JSON_EACH (f, fields) {
        int i = record_field(d->def, json_str(f));
        if (i < 0)
            return say(d, ERR_INPUT, "fields", "there is no such field", "没有这个字段");
    }
    draft_in(d, "fields", json_clone(d->a, fields));
    return need_text(d, "purpose", "请填写查看的用途");
}

/* Erasing details (个人信息保护法 art. 47): the event lists which values; salt and bytes are deleted in
 * the same commit, the commitments in the log stay and say nothing. */
static void list_refs(struct deciding *d, const struct json *v, struct json *out)
{
    if (json_is(v, J_ARR)) {
        JSON_EACH (item, v)
            list_refs(d, item, out);
    } else if (value_detached(v)) {
        struct json *pair = json_push(out, json_new(d->a, J_ARR));
        json_push(pair, json_new_int(d->a, json_num(v, "s", -1)));
        json_push(pair, json_new_int(d->a, json_num(v, "$d", -1)));
    } else if (json_is(v, J_OBJ)) {
        JSON_EACH (item, v)
            list_refs(d, item, out);
    }
}

static bool do_erase(struct deciding *d)
{
    const struct json *fields = json_get(d->input, "fields");
    if (!json_is(fields, J_ARR) || !fields->n)
        return say(d, ERR_REQUIRED, "fields", "name the fields", "请选择要删除的内容");
    struct json *refs = json_new(d->a, J_ARR);
    JSON_EACH (f, fields) {
        int i = record_field(d->def, json_str(f));
        if (i < 0)
            return say(d, ERR_INPUT, "fields", "there is no such field", "没有这个字段");
        list_refs(d, json_get_str(d->work->fields, d->def->fields[i].id), refs);
    }
    if (!refs->n)
        return say(d, ERR_WRONG_STATE, "fields", "these fields hold no details", "这些字段没有可删除的个人信息");
    draft_in(d, "fields", json_clone(d->a, fields));
    draft_in(d, "erased", refs);
    return need_text(d, "reason", "请填写删除的理由");
}

/* ---- leading ---- */

static bool do_urge(struct deciding *d)
{
    const struct json *last = last_part(d, "urge");
    int32_t today = zone_day(d->w->zone, d->at);
    if (last && calendar_workdays_between(d->s->calendar,
                                          zone_day(d->w->zone, json_num(last, "at", 0)), today) < 1)
        return say(d, ERR_TOO_OFTEN, "", "urged today already: once a working day", "今天已经催办过，每个工作日只催一次");
    struct json *p = draft_part(d, 0, "urge");
    part_int(d, p, "at", d->at);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    draft_in(d, "text", detach_text(d, "text"));
    return true;
}

static bool do_supervise(struct deciding *d)
{
    int32_t due;
    struct str text = json_text(d->input, "due");
    bool has_due = text.len > 0;
    if (has_due && !day_parse(text, &due))
        return say(d, ERR_INPUT, "due", "expected a date", "应填日期");
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
    return true;
}

static bool do_report_back(struct deciding *d)
{
    struct json *part;
    if (!named_part(d, "supervise", &part) || !need_text(d, "text", "请填写办理情况"))
        return false;
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_int(d, p, "reported", d->at);
    json_set(d->a, p, STR("report"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    return true;
}

static bool do_instruct(struct deciding *d)
{
    if (!need_text(d, "text", "请填写批示内容"))
        return false;
    struct json *p = draft_part(d, 0, "instruct");
    part_int(d, p, "at", d->at);
    part_set(d, p, "from", str_of(d->ask->actor->org));
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    return true;
}

/* ---- from unit to unit ---- */

static void send_to(struct deciding *d, struct str to, struct str mode, bool final)
{
    struct json *p = draft_part(d, 0, "transfer");
    struct limit one = {.n = 1, .unit = LIMIT_WORKDAYS, .next_day = true};
    part_set(d, p, "org", to);
    part_set(d, p, "from", record_holder(d->work));
    part_set(d, p, "mode", mode);
    part_int(d, p, "sent", d->at);
    part_flag(d, p, "open", true);
    if (final)
        part_flag(d, p, "final", true);
    draft_set_c(d, "$holder", to);
    draft_set(d, "$hops", json_new_int(d->a, json_num(d->work->fields, "$hops", 0) + 1));
    clock_start_builtin(d, "sign", one, to);
    draft_in(d, "note", detach_text(d, "note"));
}

static bool may_hand_over(struct deciding *d)
{
    struct str own = str_of(d->ask->actor->org), holder = record_holder(d->work);
    bool steers = d->role != ROLE_NONE && (role_permissions(d->role) & PERM_STEER);
    if (holder.len && !str_eq(holder, own) && !steers && d->ask->actor->kind == ACTOR_ACCOUNT)
        return say(d, ERR_FORBIDDEN, "", "another unit holds this matter", "此件由其他单位承办，不能转办");
    if (record_open_parts(d->work, "transfer"))
        return say(d, ERR_WRONG_STATE, "", "a transfer waits to be signed for: revoke it first",
                   "已转出待签收，请先撤回");
    return true;
}

static bool do_transfer(struct deciding *d)
{
    static const char *const MODES[] = {"transfer", "assign", "move"}; /* 转办 交办 移送 */
    struct str to, mode = json_text(d->input, "mode");
    if (!mode.len)
        mode = STR("transfer");
    bool known = false;
    for (size_t i = 0; i < COUNT_OF(MODES); i++)
        known |= str_is(mode, MODES[i]);
    if (!known)
        return say(d, ERR_INPUT, "mode", "expected transfer, assign or move", "转办方式不对");
    if (!need_org(d, "to_org", &to) || !may_hand_over(d))
        return false;
    if (str_eq(to, record_holder(d->work)))
        return say(d, ERR_INPUT, "to_org", "this unit holds it already", "此件已在该单位");
    bool steers = d->role != ROLE_NONE && (role_permissions(d->role) & PERM_STEER);
    if (json_num(d->work->fields, "$returns", 0) >= RETURNS_UNTIL_CENTRE && !steers &&
        d->ask->actor->kind == ACTOR_ACCOUNT)
        return say(d, ERR_GUARD, "", "returned three times: the centre decides", "已被退回三次，由综治中心指定办理");
    send_to(d, to, mode, false);
    return true;
}

static bool do_assign(struct deciding *d)
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
    }
    send_to(d, to, STR("designate"), true);
    return true;
}

static bool do_sign(struct deciding *d)
{
    struct str own;
    struct json *part;
    if (!actor_org(d, &own) || !named_part(d, "transfer", &part))
        return false;
    if (!str_eq(json_text(part, "org"), own))
        return say(d, ERR_FORBIDDEN, "", "it was sent to another unit", "此件不是转给本单位的");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    struct limit two = {.n = 2, .unit = LIMIT_WORKDAYS, .next_day = true};
    part_flag(d, p, "open", false);
    part_int(d, p, "signed", d->at);
    part_int(d, p, "return_until", calendar_due(d->s->calendar, d->w->zone, d->at, two));
    clock_stop(d, STR("sign"));
    return true;
}

static bool do_return(struct deciding *d)
{
    static const char *const REASONS[] = {"not_ours", "wrong_area", "incomplete", "duplicate", "joint"};
    struct str own, reason = json_text(d->input, "reason"), right = json_text(d->input, "right_org");
    struct json *part = last_part(d, "transfer");
    bool known = false;
    if (!actor_org(d, &own))
        return false;
    if (!part || !str_eq(json_text(part, "org"), own) || !json_empty(json_get(part, "returned")) ||
        !json_empty(json_get(part, "revoked")))
        return say(d, ERR_WRONG_STATE, "", "nothing was sent to this unit", "没有转到本单位的件");
    if (json_yes(part, "final"))
        return say(d, ERR_GUARD, "", "designated by the centre: it cannot be returned", "指定办理的件不能退回");
    if (d->at > json_num(part, "return_until", INT64_MAX))
        return say(d, ERR_TOO_LATE, "", "the two working days for a return are over", "签收后超过2个工作日，不能退回");
    for (size_t i = 0; i < COUNT_OF(REASONS); i++)
        known |= str_is(reason, REASONS[i]);
    if (!known)
        return say(d, ERR_INPUT, "reason",
                   "expected not_ours, wrong_area, incomplete, duplicate or joint", "请选择退回原因");
    if (str_is(reason, "not_ours") && world_org(d->w, right) < 0)
        return say(d, ERR_REQUIRED, "right_org", "name the right unit", "不属本单位职责的，请指明应由哪个单位办理");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "returned", d->at);
    part_set(d, p, "reason", reason);
    if (right.len)
        part_set(d, p, "right_org", right);
    draft_set_c(d, "$holder", json_text(part, "from"));
    draft_set(d, "$returns", json_new_int(d->a, json_num(d->work->fields, "$returns", 0) + 1));
    clock_stop(d, STR("sign"));
    draft_in(d, "note", detach_text(d, "note"));
    return true;
}

static bool do_revoke(struct deciding *d)
{
    struct str own;
    struct json *part;
    if (!actor_org(d, &own) || !named_part(d, "transfer", &part))
        return false;
    if (!str_eq(json_text(part, "from"), own) && !(role_permissions(d->role) & PERM_STEER))
        return say(d, ERR_FORBIDDEN, "", "only who sent it may take it back", "只有转出单位可以撤回");
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "revoked", d->at);
    draft_set_c(d, "$holder", json_text(part, "from"));
    clock_stop(d, STR("sign"));
    return true;
}

static bool do_share(struct deciding *d)
{
    const struct json *orgs = json_get(d->input, "orgs");
    int64_t days = json_num(d->input, "workdays", 5);
    if (!json_is(orgs, J_ARR) || !orgs->n || orgs->n > 16)
        return say(d, ERR_REQUIRED, "orgs", "name 1 to 16 units", "请选择协办单位");
    if (days < 1 || days > 120)
        return say(d, ERR_INPUT, "workdays", "expected 1 to 120", "协办时限应在1到120个工作日之间");
    if (!may_hand_over(d) || !need_text(d, "text", "请写明协办事项"))
        return false;
    JSON_EACH (o, orgs) {
        int i = world_org(d->w, json_str(o));
        if (i < 0 || d->w->orgs[i].closed)
            return say(d, ERR_INPUT, "orgs", "there is no such unit", "没有这个单位");
        struct json *p = draft_part(d, 0, "share");
        struct limit limit = {.n = days, .unit = LIMIT_WORKDAYS, .next_day = true};
        part_set(d, p, "org", d->w->orgs[i].id_text);
        part_int(d, p, "at", d->at);
        part_flag(d, p, "open", true);
        part_flag(d, p, "blocks", true);
        json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "text")));
        clock_start_builtin(d, arena_printf(d->a, "share%lld", (long long)json_num(p, "i", 0)), limit,
                            d->w->orgs[i].id_text);
    }
    return true;
}

static bool do_share_done(struct deciding *d)
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
        return say(d, ERR_WRONG_STATE, "part", "this unit has no open share", "本单位没有待办的协办事项");
    if (!need_text(d, "text", "请填写协办结果"))
        return false;
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    part_flag(d, p, "open", false);
    part_int(d, p, "done", d->at);
    json_set(d->a, p, STR("report"), json_clone(d->a, json_get(d->draft->body.in, "text")));
    clock_stop(d, str_printf(d->a, "share%lld", (long long)json_num(part, "i", 0)));
    return true;
}

/* ---- clocks ---- */

static bool named_clock(struct deciding *d, const struct clock_def **out)
{
    struct str id = json_text(d->input, "clock");
    const struct clock_def *found = NULL;
    for (int i = 0; i < d->def->n_clocks; i++) {
        const struct clock_def *c = &d->def->clocks[i];
        const struct clock_run *run = record_clock_last(d->work, c->id);
        bool running = run && run->done == TIME_NONE;
        if (id.len ? str_eq(c->id, id) : running && (!found || c->main))
            found = c;
    }
    if (!found)
        return say(d, ERR_WRONG_STATE, "clock", "no such clock is running", "没有正在计时的时限");
    *out = found;
    return true;
}

static bool do_pause(struct deciding *d)
{
    const struct clock_def *c;
    if (!named_clock(d, &c))
        return false;
    if (!c->pausable)
        return say(d, ERR_GUARD, "clock", "this clock cannot be paused", "这个时限不能暂停");
    const struct clock_run *run = record_clock_last(d->work, c->id);
    if (!run || run->done != TIME_NONE || run->paused != TIME_NONE)
        return say(d, ERR_WRONG_STATE, "clock", "it is not running", "这个时限没有在计");
    clock_pause(d, c->id);
    draft_in(d, "clock", json_new_str(d->a, c->id));
    return need_text(d, "reason", "请填写暂停理由");
}

static bool do_resume(struct deciding *d)
{
    const struct clock_def *c;
    if (!named_clock(d, &c))
        return false;
    const struct clock_run *run = record_clock_last(d->work, c->id);
    if (!run || run->paused == TIME_NONE)
        return say(d, ERR_WRONG_STATE, "clock", "it is not paused", "这个时限没有暂停");
    clock_resume(d, c);
    draft_in(d, "clock", json_new_str(d->a, c->id));
    return true;
}

static bool has_doc(struct deciding *d, struct str doc)
{
    struct xcontext c;
    deciding_context(d, &c);
    return c.has(c.self, doc);
}

static bool do_extend(struct deciding *d)
{
    const struct clock_def *c;
    if (!form_documents(d) || !named_clock(d, &c) || !clock_extendable(d, c) ||
        !need_text(d, "reason", "请填写延长理由"))
        return false;
    draft_in(d, "clock", json_new_str(d->a, c->id));
    if (c->extend_needs.len && !has_doc(d, c->extend_needs))
        return say(d, ERR_GUARD, "documents", "the document for an extension is missing", "缺少延长所需的材料");
    if (!c->extend_role.len || str_eq(role_code(d->role), c->extend_role) ||
        d->ask->actor->kind == ACTOR_OPERATOR)
        return clock_extend(d, c);
    JSON_EACH (x, d->work->parts)
        if (str_is(json_text(x, "kind"), "approval") && json_yes(x, "open") &&
            str_eq(json_text(x, "clock"), c->id))
            return say(d, ERR_WRONG_STATE, "", "an extension waits for approval already", "已有延长申请待批");
    struct json *p = draft_part(d, 0, "approval");
    part_set(d, p, "what", STR("extend"));
    part_set(d, p, "clock", c->id);
    part_set(d, p, "mode", STR("any"));
    struct json *steps = json_set(d->a, p, STR("steps"), json_new(d->a, J_ARR));
    struct json *step = json_push(steps, json_new(d->a, J_OBJ));
    json_set(d->a, step, STR("role"), json_new_str(d->a, c->extend_role));
    part_int(d, p, "at", d->at);
    part_flag(d, p, "open", true);
    return true;
}

/* A warning that goes above the holder: made by a rung whose `to` is head or centre.  It opens nothing
 * and stops nothing; it says in the matter itself who was told, and by which rule.  The centre so
 * gets a part in the matter; the head's unit has one. */
static bool do_escalate(struct deciding *d)
{
    struct str clock = json_text(d->input, "clock"), to = json_text(d->input, "to"),
               rule = json_text(d->input, "rule"), org = json_text(d->input, "org");
    if (d->ask->actor->kind != ACTOR_CLOCK)
        return say(d, ERR_FORBIDDEN, "", "only a clock escalates", "只有时限到期才会自动升级");
    if (!str_is(to, "head") && !str_is(to, "centre"))
        return say(d, ERR_INPUT, "to", "expected head or centre", "升级对象不对");
    if (!clock.len || !rule.len || rule.len > 400)
        return say(d, ERR_REQUIRED, "rule", "name the clock and the rule", "请写明时限和规则");
    struct json *p = draft_part(d, 0, "escalation");
    part_int(d, p, "at", d->at);
    part_set(d, p, "clock", clock);
    part_int(d, p, "rung", json_num(d->input, "rung", 0));
    part_set(d, p, "to", to);
    if (str_is(to, "centre") && world_org(d->w, org) >= 0)
        part_set(d, p, "org", org);
    part_set(d, p, "rule", rule);
    return true;
}

/* ---- approvals ---- */

static bool do_ask_approval(struct deciding *d)
{
    const struct json *steps = json_get(d->input, "steps");
    struct str mode = json_text(d->input, "mode");
    if (!str_is(mode, "sequence") && !str_is(mode, "all") && !str_is(mode, "any"))
        return say(d, ERR_INPUT, "mode", "expected sequence, all or any", "审批方式应为依次、会签或任一");
    if (!json_is(steps, J_ARR) || !steps->n || steps->n > 8)
        return say(d, ERR_REQUIRED, "steps", "name 1 to 8 roles", "请选择审批人角色");
    JSON_EACH (s, steps)
        if (role_of(json_str(s)) == ROLE_NONE)
            return say(d, ERR_INPUT, "steps", "there is no such role", "没有这个角色");
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
        return say(d, ERR_FORBIDDEN, "part", "no step waits for this role", "没有轮到您审批");
    *all = !left || str_is(mode, "any");
    return true;
}

static bool approve_part(struct deciding *d, const struct json *part, bool yes)
{
    struct json *p = draft_part(d, json_num(part, "i", 0), NULL);
    bool all = true;
    if (str_is(json_text(part, "kind"), "supervise")) {
        if (json_empty(json_get(part, "reported")))
            return say(d, ERR_WRONG_STATE, "part", "the unit has not reported back yet", "承办单位还没有反馈");
        if (!(role_permissions(d->role) & PERM_STEER) && d->ask->actor->kind == ACTOR_ACCOUNT)
            return say(d, ERR_FORBIDDEN, "part", "only who may supervise may approve", "没有督办权限");
    } else if (!sign_step(d, part, p, &all)) {
        return false;
    }
    part_set(d, p, "result", yes ? STR("approved") : STR("refused"));
    if (str_is(json_text(part, "kind"), "supervise") && !yes) {
        json_set(d->a, p, STR("reported"), json_new(d->a, J_NULL)); /* it goes back */
        return true;
    }
    if (all || !yes) {
        part_flag(d, p, "open", false);
        part_int(d, p, "done", d->at);
    }
    if (all && yes && str_is(json_text(part, "what"), "extend")) {
        int c = record_clock(d->def, json_text(part, "clock"));
        return c < 0 || clock_extend(d, &d->def->clocks[c]);
    }
    return true;
}

static bool do_approve(struct deciding *d)
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
        return say(d, ERR_WRONG_STATE, "part", "nothing waits for approval", "没有待审批的事项");
    const struct json *ok = json_get(d->input, "ok");
    if (ok && ok->kind == J_FALSE && !need_text(d, "note", "不同意的，请说明理由"))
        return false;
    return approve_part(d, found, !json_is(ok, J_FALSE));
}

/* ---- corrections ---- */

static bool do_amend(struct deciding *d)
{
    const struct json *fields = json_get(d->input, "fields");
    if (json_empty(fields))
        fields = json_new(d->a, J_OBJ); /* the area alone */
    if (!json_is(fields, J_OBJ) || (!fields->n && !json_text(d->input, "area").len))
        return say(d, ERR_REQUIRED, "fields", "name what is corrected", "请填写要更正的内容");
    if (!need_text(d, "reason", "请填写更正理由"))
        return false;
    struct str code = json_text(d->input, "area");
    if (code.len) {
        int area = world_area(d->w, code);
        if (area < 0)
            return say(d, ERR_UNKNOWN_AREA, "area", "there is no such area", "没有这个区划");
        d->draft->body.area = d->w->areas[area].aid;
        d->draft->body.code = d->w->areas[area].code;
    }
    struct json *sides = json_new(d->a, J_OBJ);
    JSON_EACH (v, fields)
        stale_side(d, sides, v->key, v);
    if (sides->n)
        return stale_refuse(d, sides);
    JSON_EACH (v, fields) {
        int i = record_field(d->def, v->key);
        struct json *value;
        if (i < 0 || d->def->fields[i].type == FIELD_COMPUTED)
            return say(d, ERR_UNKNOWN_FIELD, str_c(d->a, v->key), "there is no such field", "没有这个字段");
        if (!form_value(d, &d->def->fields[i], v, &value))
            return false;
        if (d->def->fields[i].type == FIELD_TABLE)
            json_set(d->a, d->draft->body.rows, v->key, value ? value : json_new(d->a, J_ARR));
        else
            json_set(d->a, d->draft->body.set, v->key, value ? value : json_new(d->a, J_NULL));
    }
    draft_derive(d);
    return true;
}

static bool do_undo(struct deciding *d)
{
    const struct event_body *last = d->s->last;
    if (!last || !d->s->undo_to)
        return say(d, ERR_WRONG_STATE, "", "there is nothing that can be taken back", "没有可以撤销的操作");
    if (!str_is(last->by, d->ask->actor->by))
        return say(d, ERR_FORBIDDEN, "", "somebody else has acted since", "之后别人已经办理过，不能撤销");
    if (d->now - last->recorded > UNDO_MS)
        return say(d, ERR_TOO_LATE, "", "only within ten minutes", "超过十分钟，不能撤销");
    if (str_is(last->act, "undo") || str_is(last->act, "look") || str_is(last->act, "merge") ||
        str_is(last->act, "unmerge"))
        return say(d, ERR_WRONG_STATE, "", "this cannot be taken back", "这一步不能撤销");
    draft_in(d, "undoes", json_new_str(d->a, id_text(d->a, last->id)));
    if (d->s->undo_to->ver == 0) { /* the opening itself: the entry stays, as void */
        draft_set(d, "$void", json_new_bool(d->a, true));
        return true;
    }
    struct event_body *b = &d->draft->body;
    struct json *in = b->in;
    record_patch(d->a, d->work, d->s->undo_to, b);
    b->in = in;
    return true;
}

static bool do_merge(struct deciding *d)
{
    const struct record *main = d->s->other;
    if (!main || id_eq(main->id, d->work->id) || !actor_sees(d->ask->actor, d->w, main))
        return say(d, ERR_INPUT, "into", "there is no such record", "没有这件");
    if (!str_eq(main->type, d->work->type))
        return say(d, ERR_INPUT, "into", "the other matter is of another kind", "两件不是同一类");
    if (!record_open(main))
        return say(d, ERR_WRONG_STATE, "into", "the other matter is closed", "主件已经办结");
    if (!need_text(d, "reason", "请填写并件理由"))
        return false;
    draft_set_c(d, "$merged", id_text(d->a, main->id));
    clock_stop_all(d);
    return true;
}

/* The second event of a merge or un-merge stands on the other matter. */
static bool link_other(struct deciding *d, const char *act, bool del)
{
    struct record *mine = d->work;
    int area = d->area;
    if (!draft_end(d))
        return false;
    mine = d->work;
    d->work = record_copy(d->a, d->s->other);
    d->area = world_area_by_id(d->w, d->work->area);
    draft_begin(d, str_of(act));
    d->draft->other = true;
    struct json *l = json_push(d->draft->body.links, json_new(d->a, J_OBJ));
    json_set(d->a, l, STR("to"), json_new_str(d->a, id_text(d->a, mine->id)));
    json_set(d->a, l, STR("rel"), json_new_str(d->a, STR("merged")));
    if (del)
        json_set(d->a, l, STR("del"), json_new_bool(d->a, true));
    bool ok = draft_end(d);
    d->work = mine;
    d->area = area;
    return ok;
}

static bool do_unmerge(struct deciding *d)
{
    if (!record_merged(d->work).len || !d->s->other)
        return say(d, ERR_WRONG_STATE, "", "this matter is not merged", "此件没有并入其他件");
    draft_set(d, "$merged", NULL);
    return true;
}

#define ACT_STEER (PERM_ACT | PERM_STEER)
static const struct builtin TABLE[] = {
    {"comment", "批注", "Comment", ACT_STEER, true, do_comment},
    {"attach", "补充材料", "Attach", PERM_ACT, true, do_attach},
    {"link", "关联", "Link", PERM_ACT, true, do_link},
    {"erase", "删除个人信息", "Erase details", PERM_STEER, true, do_erase},
    {"look", "查看隐去信息", "Look", PERM_LOOK, true, do_look},
    {"urge", "催办", "Urge", PERM_STEER, false, do_urge},
    {"supervise", "督办", "Supervise", PERM_STEER, false, do_supervise},
    {"report_back", "督办反馈", "Report back", PERM_ACT, false, do_report_back},
    {"instruct", "批示", "Instruct", PERM_STEER, true, do_instruct},
    {"transfer", "转办", "Transfer", PERM_ACT, false, do_transfer},
    {"assign", "指定办理", "Designate", PERM_STEER, false, do_assign},
    {"sign", "签收", "Sign for", PERM_ACT, false, do_sign},
    {"return", "退回", "Return", PERM_ACT, false, do_return},
    {"revoke", "撤回转办", "Take back a transfer", PERM_ACT, false, do_revoke},
    {"share", "协办", "Joint handling", PERM_ACT, false, do_share},
    {"share_done", "协办办结", "Finish a share", PERM_ACT, false, do_share_done},
    {"pause", "暂停计时", "Pause", PERM_ACT, false, do_pause},
    {"resume", "恢复计时", "Resume", PERM_ACT, false, do_resume},
    {"extend", "延长时限", "Extend", PERM_ACT, false, do_extend},
    {"escalate", "超期升级", "Escalate", PERM_ACT, false, do_escalate},
    {"ask_approval", "送审", "Ask for approval", PERM_ACT, false, do_ask_approval},
    {"approve", "审批", "Approve", ACT_STEER, false, do_approve},
    {"amend", "更正", "Amend", PERM_ACT, true, do_amend},
    {"undo", "撤销", "Undo", ACT_STEER, true, do_undo},
    {"merge", "并件", "Merge", PERM_ACT, false, do_merge},
    {"unmerge", "取消并件", "Un-merge", PERM_ACT, true, do_unmerge},
};

void builtin_each(void (*fn)(void *u, const char *id, const char *zh, const char *en), void *u)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++)
        fn(u, TABLE[i].id, TABLE[i].zh, TABLE[i].en);
}

bool engine_builtin(struct str act, struct words *name)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        if (!str_is(act, TABLE[i].id))
            continue;
        *name = (struct words){str_of(TABLE[i].zh), str_of(TABLE[i].en)};
        return true;
    }
    return false;
}

static bool allowed(struct deciding *d, const struct builtin *b)
{
    const struct actor *who = d->ask->actor;
    bool machine = who->kind == ACTOR_OPERATOR || who->kind == ACTOR_CLOCK;
    d->role = ROLE_NONE;
    for (unsigned p = 1; p && d->role == ROLE_NONE && !machine; p <<= 1)
        if (b->permission & p)
            d->role = actor_role(who, d->w, p, NULL, 0, d->area, d->units);
    if (!machine && d->role == ROLE_NONE) {
        err_set(d->e, ERR_FORBIDDEN, "the role or its area does not allow '%s' here", b->id);
        return err_zh(d->e, "您的角色或辖区不能办理“%s”", b->zh);
    }
    bool undoing = strcmp(b->id, "unmerge") == 0 || strcmp(b->id, "look") == 0;
    if (record_merged(d->work).len && !undoing)
        return say(d, ERR_WRONG_STATE, "", "this matter was merged into another", "此件已并入另一件");
    if (record_flag(d->work, "$void") && strcmp(b->id, "look") != 0)
        return say(d, ERR_WRONG_STATE, "", "this entry was undone", "此件已撤销");
    if (!b->closed_too && record_closed(d->work) != TIME_NONE)
        return say(d, ERR_WRONG_STATE, "", "the matter is closed", "此件已办结");
    return true;
}

/* What stands in the way beyond rights: that there is something to sign, to approve, to resume. */
static bool has_reason(struct deciding *d, const char *id)
{
    static const struct {
        const char *id, *part;
    } NEEDS[] = {{"sign", "transfer"},       {"revoke", "transfer"},   {"report_back", "supervise"},
                 {"share_done", "share"}};
    for (size_t i = 0; i < COUNT_OF(NEEDS); i++)
        if (strcmp(NEEDS[i].id, id) == 0)
            return record_open_parts(d->work, NEEDS[i].part) > 0;
    if (strcmp(id, "return") == 0)
        return last_part(d, "transfer") != NULL;
    if (strcmp(id, "approve") == 0)
        return record_open_parts(d->work, "approval") + record_open_parts(d->work, "supervise") > 0;
    if (strcmp(id, "escalate") == 0)
        return d->ask->actor->kind == ACTOR_CLOCK;
    if (strcmp(id, "unmerge") == 0)
        return record_merged(d->work).len > 0;
    if (strcmp(id, "pause") == 0 || strcmp(id, "extend") == 0)
        return d->def->n_clocks > 0;
    return true;
}

void builtin_possible(struct deciding *d, struct json_out *out)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        struct err why = ERR_INIT, *real = d->e;
        d->e = &why;
        bool possible = has_reason(d, TABLE[i].id) && allowed(d, &TABLE[i]);
        d->e = real;
        if (!possible)
            continue;
        jo_obj(out);
        jo_kc(out, "id", TABLE[i].id);
        jo_kc(out, "name", TABLE[i].zh);
        jo_kc(out, "name_en", TABLE[i].en);
        jo_kb(out, "possible", true);
        jo_kb(out, "builtin", true);
        jo_end(out);
    }
}

bool builtin_decide(struct deciding *d, bool *known)
{
    for (size_t i = 0; i < COUNT_OF(TABLE); i++) {
        const struct builtin *b = &TABLE[i];
        if (!str_is(d->ask->action, b->id))
            continue;
        *known = true;
        if (d->at > d->now + 5 * MS_MINUTE || d->at < d->work->opened)
            return say(d, ERR_INPUT, "at", "the time lies ahead or before the opening", "时间不对");
        if (!allowed(d, b))
            return false;
        draft_begin(d, str_of(b->id));
        if (!b->decide(d))
            return false;
        if (b->decide == do_merge)
            return link_other(d, "merge", false);
        if (b->decide == do_unmerge)
            return link_other(d, "unmerge", true);
        return draft_end(d);
    }
    return true;
}
