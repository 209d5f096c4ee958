/* What is said about a matter: comments, documents, links to others; who looks at masked details. */
#include "engine/builtin_int.h"

bool do_comment(struct deciding *d)
{
    return need_text(d, "text", "请填写内容");
}

bool do_attach(struct deciding *d)
{
    if (json_empty(json_get(d->input, "documents")))
        return say_no(d, ERR_REQUIRED, "documents", "name at least one document", "请选择材料");
    return form_documents(d);
}

bool do_link(struct deciding *d)
{
    struct str rel = json_text(d->input, "rel");
    struct id to;
    if (!rel.len)
        rel = STR("related");
    if (!builtin_option_known(STR("link"), "rel", rel))
        return say_no(d, ERR_INPUT, "rel", "expected related, earlier, same_place or duplicate", "关系类型不对");
    if (!id_parse(json_text(d->input, "to"), &to) || !d->s->other ||
        !actor_sees(d->ask->actor, d->w, d->s->other))
        return say_no(d, ERR_INPUT, "to", "there is no such record", "没有这件");
    struct json *l = json_push(d->draft->body.links, json_new(d->a, J_OBJ));
    json_set(d->a, l, STR("to"), json_new_str(d->a, id_text(d->a, to)));
    json_set(d->a, l, STR("rel"), json_new_str(d->a, rel));
    if (json_yes(d->input, "remove"))
        json_set(d->a, l, STR("del"), json_new_bool(d->a, true));
    return true;
}

static bool take_fields(struct deciding *d, const struct json **out)
{
    const struct json *fields = json_get(d->input, "fields");
    if (!json_is(fields, J_ARR) || !fields->n)
        return say_no(d, ERR_REQUIRED, "fields", "name the fields", "请选择要查看的内容");
    JSON_EACH (f, fields) {
        int i = record_field(d->def, json_str(f));
        if (i < 0)
            return say_no(d, ERR_INPUT, "fields", "there is no such field", "没有这个字段");
    }
    *out = fields;
    return true;
}

static bool names(const struct json *list, struct str name)
{
    JSON_EACH (x, list)
        if (str_eq(json_str(x), name))
            return true;
    return false;
}

/* A yes that was given to this actor, has not run out, and covers these fields. */
static bool granted(struct deciding *d, const struct json *fields)
{
    JSON_EACH (p, d->work->parts) {
        bool mine = str_is(json_text(p, "what"), "look") && str_is(json_text(p, "for"), d->ask->actor->by);
        if (!mine || !str_is(json_text(p, "result"), "approved") || d->now >= json_num(p, "until", 0))
            continue;
        bool all = true;
        JSON_EACH (f, fields)
            all &= names(json_get(p, "fields"), json_str(f));
        if (all)
            return true;
    }
    return false;
}

/* Before a sealed matter of another unit is looked at, the head of that unit is asked (未成年人网络保护条例
 * art. 36: the person in charge approves each access, and the access is recorded). */
bool do_ask_look(struct deciding *d)
{
    const struct json *fields;
    if (!record_sealed(d->work) || holds(d))
        return say_no(d, ERR_WRONG_STATE, "", "no approval is needed to look at this", "查看此件不需要申请");
    if (!take_fields(d, &fields))
        return false;
    JSON_EACH (p, d->work->parts)
        if (json_yes(p, "open") && str_is(json_text(p, "what"), "look") &&
            str_is(json_text(p, "for"), d->ask->actor->by))
            return say_no(d, ERR_WRONG_STATE, "", "you have asked already", "您已申请，等待审批");
    if (!need_text(d, "purpose", "请填写查看的用途"))
        return false;
    struct json *p = approval_ask(d, "look", STR("head"));
    part_set(d, p, "for", str_of(d->ask->actor->by));
    json_set(d->a, p, STR("fields"), json_clone(d->a, fields));
    json_set(d->a, p, STR("text"), json_clone(d->a, json_get(d->draft->body.in, "purpose")));
    return true;
}

/* The step is the purpose: which it is stands in the event, in words too. */
static bool look_for_task(struct deciding *d)
{
    const struct state *s = task_of(d);
    if (!s)
        return say_no(d, ERR_FORBIDDEN, "task",
                      "no step of yours needs details here: say what they are needed for (fields, purpose)",
                      "本环节不自动显示个人信息，请选择内容并填写查看的用途");
    struct json *fields = json_new(d->a, J_ARR);
    for (int i = 0; i < s->n_shows; i++)
        json_push(fields, json_new_str(d->a, d->def->fields[s->shows[i]].id));
    draft_in(d, "fields", fields);
    draft_in(d, "task", json_new_str(d->a, s->id));
    draft_in(d, "purpose", form_said(d, str_printf(d->a, "办理环节：%.*s", STR_F(s->name.zh)), false));
    return true;
}

/* A look at masked details: the event is the record of it; nothing in the case changes. */
bool do_look(struct deciding *d)
{
    const struct json *fields;
    if (json_yes(d->input, "task"))
        return look_for_task(d);
    if (!take_fields(d, &fields))
        return false;
    if (record_sealed(d->work) && !holds(d) && !granted(d, fields)) {
        err_set(d->e, ERR_FORBIDDEN, "a sealed matter: ask its unit first (ask_look); the yes of its head "
                "holds for a day");
        return err_zh(d->e, "限制查看：请先“申请查看”，承办单位负责人同意后24小时内可以查看");
    }
    draft_in(d, "fields", json_clone(d->a, fields));
    return need_text(d, "purpose", "请填写查看的用途");
}

/* The slip was lost: the writer makes another link, and the old one opens nothing any more. */
bool do_reissue(struct deciding *d)
{
    if (d->def->kind != KIND_CASE)
        return say_no(d, ERR_WRONG_STATE, "", "only a case has a receipt", "这类记录没有回执");
    d->out->resident_link = true;
    return true;
}

/* What another system was sent: one part a system, with a digest of what was sent last, so that the next list
 * has only what reads otherwise. */
bool do_report_up(struct deciding *d)
{
    struct str system = str_trim(json_text(d->input, "system")), digest = json_text(d->input, "digest"),
               document = str_trim(json_text(d->input, "document"));
    const struct json *old = NULL;
    if (!system.len || system.len > 60)
        return say_no(d, ERR_REQUIRED, "system", "name the system", "请写明上报的系统");
    if (!digest.len || digest.len > 64)
        return say_no(d, ERR_REQUIRED, "digest", "the digest of the row is missing", "缺少上报内容的摘要");
    if (document.len > 120)
        return say_no(d, ERR_TOO_BIG, "document", "the document number is too long", "文号太长");
    JSON_EACH (p, d->work->parts)
        if (str_is(json_text(p, "kind"), "report_up") && str_eq(json_text(p, "system"), system))
            old = p;
    struct json *p = draft_part(d, old ? json_num(old, "i", 0) : 0, "report_up");
    part_set(d, p, "system", system);
    part_set(d, p, "digest", digest);
    part_set(d, p, "document", document);
    part_int(d, p, "at", d->at);
    part_int(d, p, "n", json_num(old, "n", 0) + 1);
    return true;
}
