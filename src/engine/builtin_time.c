/* Time limits of a running matter: paused, resumed, extended, moved by another table of holidays; and a warning
 * that goes above its holder. */
#include "engine/builtin_int.h"

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
        return say_no(d, ERR_WRONG_STATE, "clock", "no such clock is running", "没有正在计时的时限");
    *out = found;
    return true;
}

bool do_pause(struct deciding *d)
{
    const struct clock_def *c;
    if (!named_clock(d, &c))
        return false;
    if (!c->pausable)
        return say_no(d, ERR_GUARD, "clock", "this clock cannot be paused", "这个时限不能暂停");
    const struct clock_run *run = record_clock_last(d->work, c->id);
    if (!run || run->done != TIME_NONE || run->paused != TIME_NONE)
        return say_no(d, ERR_WRONG_STATE, "clock", "it is not running", "这个时限没有在计");
    clock_pause(d, c->id);
    draft_in(d, "clock", json_new_str(d->a, c->id));
    return need_text(d, "reason", "请填写暂停理由");
}

bool do_resume(struct deciding *d)
{
    const struct clock_def *c;
    if (!named_clock(d, &c))
        return false;
    const struct clock_run *run = record_clock_last(d->work, c->id);
    if (!run || run->paused == TIME_NONE)
        return say_no(d, ERR_WRONG_STATE, "clock", "it is not paused", "这个时限没有暂停");
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

static bool lacks(struct deciding *d, struct str doc)
{
    int at = record_document(d->def, doc);
    struct words name = at < 0 ? (struct words){doc, doc} : d->def->documents[at].name;
    err_field(d->e, ERR_GUARD, "documents", "the document '%.*s' is missing", STR_F(doc));
    return err_zh(d->e, "缺少材料：%.*s", STR_F(name.zh));
}

bool do_extend(struct deciding *d)
{
    const struct clock_def *c;
    if (!form_documents(d) || !named_clock(d, &c) || !clock_extendable(d, c) ||
        !need_text(d, "reason", "请填写延长理由"))
        return false;
    draft_in(d, "clock", json_new_str(d->a, c->id));
    if (c->extend_needs.len && !has_doc(d, c->extend_needs))
        return lacks(d, c->extend_needs);
    if (!c->extend_role.len || str_eq(role_code(d->role), c->extend_role) ||
        d->ask->actor->kind == ACTOR_OPERATOR)
        return clock_extend(d, c);
    JSON_EACH (x, d->work->parts)
        if (str_is(json_text(x, "kind"), "approval") && json_yes(x, "open") &&
            str_eq(json_text(x, "clock"), c->id))
            return say_no(d, ERR_WRONG_STATE, "", "an extension waits for approval already", "已有延长申请待批");
    struct json *p = approval_ask(d, "extend", c->extend_role);
    part_set(d, p, "clock", c->id);
    return true;
}

/* A warning that goes above the holder: made by a rung whose `to` is head or centre.  It opens nothing
 * and stops nothing; it says in the matter itself who was told, and by which rule.  The centre so
 * gets a part in the matter; the head's unit has one. */
bool do_escalate(struct deciding *d)
{
    struct str clock = json_text(d->input, "clock"), to = json_text(d->input, "to"),
               rule = json_text(d->input, "rule"), org = json_text(d->input, "org");
    if (d->ask->actor->kind != ACTOR_CLOCK)
        return say_no(d, ERR_FORBIDDEN, "", "only a clock escalates", "只有时限到期才会自动升级");
    if (!str_is(to, "head") && !str_is(to, "centre"))
        return say_no(d, ERR_INPUT, "to", "expected head or centre", "升级对象不对");
    if (!clock.len || !rule.len || rule.len > 400)
        return say_no(d, ERR_REQUIRED, "rule", "name the clock and the rule", "请写明时限和规则");
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

bool do_clock_reset(struct deciding *d)
{
    if (d->ask->actor->kind != ACTOR_CLOCK)
        return say_no(d, ERR_FORBIDDEN, "", "only a new table of holidays does this", "只有节假日表更新才会自动调整");
    draft_in(d, "table", json_new_str(d->a, json_text(d->input, "table")));
    return clocks_follow_table(d) ||
           say_no(d, ERR_GUARD, "", "the table moves no clock of this matter", "新的节假日表不影响这件的时限");
}
