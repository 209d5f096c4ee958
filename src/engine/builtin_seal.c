/* The seal of a matter comes off when two people of the unit that holds it say so: one asks, with the reason
 * and the number of the paper that allows it; the head approves (docs/decisions/0007-sealed.md). */
#include "engine/builtin_int.h"

bool do_ask_unseal(struct deciding *d)
{
    if (!record_sealed(d->work))
        return say_no(d, ERR_WRONG_STATE, "", "this matter is not sealed", "此件没有限制查看");
    if (d->ask->actor->kind != ACTOR_ACCOUNT || !holds(d))
        return say_no(d, ERR_FORBIDDEN, "", "the unit that holds it asks for this", "须由承办单位申请");
    JSON_EACH (p, d->work->parts)
        if (json_yes(p, "open") && str_is(json_text(p, "what"), "unseal"))
            return say_no(d, ERR_WRONG_STATE, "", "this was asked already", "已申请解除，等待审批");
    if (!need_text(d, "reason", "请填写解除的理由") || !need_text(d, "paper", "请填写批准文书的文号"))
        return false;
    struct json *p = approval_ask(d, "unseal", STR("head"));
    part_set(d, p, "for", str_of(d->ask->actor->by));
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "reason")));
    json_set(d->a, p, STR("paper"), json_clone(d->a, json_get(d->draft->body.in, "paper")));
    return true;
}

bool second_head(struct deciding *d, const struct json *part)
{
    if (d->ask->actor->kind != ACTOR_ACCOUNT || !holds(d))
        return say_no(d, ERR_FORBIDDEN, "part", "the head of the unit that holds it says so", "须由承办单位负责人审批");
    if (str_is(json_text(part, "for"), d->ask->actor->by))
        return say_no(d, ERR_FORBIDDEN, "part", "a second person says so", "须由另一人审批");
    return true;
}

/* The line that takes it off says the whole record again, and what this draft does to it (record/seal.h). */
bool unseal(struct deciding *d)
{
    const struct record *shut = record_stored(d->work);
    struct event_body *own = &d->draft->body, all = *own;
    if (shut == d->work)
        return say_no(d, ERR_WRONG_STATE, "", "what is sealed cannot be read: its key is not here", "限制查看的内容读不出来：缺少密钥");
    record_patch(d->a, shut, d->work, &all);
    JSON_EACH (v, own->set)
        json_set(d->a, all.set, v->key, json_clone(d->a, v));
    JSON_EACH (p, own->parts)
        json_push(all.parts, json_clone(d->a, p));
    *own = all;
    d->draft->unseal = true;
    draft_set(d, "$sealed", NULL);
    draft_set(d, "$unsealed", json_new_bool(d->a, true));
    return true;
}
