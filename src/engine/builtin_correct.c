/* Corrections: amending, undoing, and two matters that are one. */
#include "engine/builtin_int.h"

enum { UNDO_MS = 10 * MS_MINUTE };

bool do_amend(struct deciding *d)
{
    const struct json *fields = json_get(d->input, "fields");
    if (json_empty(fields))
        fields = json_new(d->a, J_OBJ); /* the area alone */
    if (!json_is(fields, J_OBJ) || (!fields->n && !json_text(d->input, "area").len))
        return say_no(d, ERR_REQUIRED, "fields", "name what is corrected", "请填写要更正的内容");
    if (!need_text(d, "reason", "请填写更正理由"))
        return false;
    struct str code = json_text(d->input, "area");
    if (code.len) {
        int area = world_area(d->w, code);
        if (area < 0)
            return say_no(d, ERR_UNKNOWN_AREA, "area", "there is no such area", "没有这个区划");
        if (!area_valid(d, area))
            return false;
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
            return say_no(d, ERR_UNKNOWN_FIELD, str_c(d->a, v->key), "there is no such field", "没有这个字段");
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

bool do_undo(struct deciding *d)
{
    const struct event_body *last = d->s->last;
    if (!last || !d->s->undo_to)
        return say_no(d, ERR_WRONG_STATE, "", "there is nothing that can be taken back", "没有可以撤销的操作");
    if (!str_is(last->by, d->ask->actor->by))
        return say_no(d, ERR_FORBIDDEN, "", "somebody else has acted since", "之后别人已经办理过，不能撤销");
    if (d->now - last->recorded > UNDO_MS)
        return say_no(d, ERR_TOO_LATE, "", "only within ten minutes", "超过十分钟，不能撤销");
    static const char *const STAYS[] = {"undo", "look", "merge", "unmerge", "adopt"};
    for (size_t i = 0; i < COUNT_OF(STAYS); i++)
        if (str_is(last->act, STAYS[i]))
            return say_no(d, ERR_WRONG_STATE, "", "this cannot be taken back", "这一步不能撤销");
    if (record_flag(d->s->undo_to, "$sealed") && !record_sealed(d->work))
        return say_no(d, ERR_WRONG_STATE, "", "the seal was taken off by two people", "解除限制查看是两人办理的，不能撤销");
    draft_in(d, "undoes", json_new_str(d->a, id_text(d->a, last->id)));
    if (d->s->undo_to->ver == 0) { /* the opening itself: the entry stays, as void */
        draft_set(d, "$void", json_new_bool(d->a, true));
        return true;
    }
    struct event_body *b = &d->draft->body;
    struct json *in = b->in;
    record_patch(d->a, d->work, d->s->undo_to, b);
    b->in = in;
    json_drop(b->set, STR("$sealed")); /* a seal is not taken off by one person alone */
    return true;
}

bool do_merge(struct deciding *d)
{
    const struct record *main = d->s->other;
    if (!main || id_eq(main->id, d->work->id) || !actor_sees(d->ask->actor, d->w, main))
        return say_no(d, ERR_INPUT, "into", "there is no such record", "没有这件");
    if (!str_eq(main->type, d->work->type))
        return say_no(d, ERR_INPUT, "into", "the other matter is of another kind", "两件不是同一类");
    if (!record_open(main))
        return say_no(d, ERR_WRONG_STATE, "into", "the other matter is closed", "主件已经办结");
    if (!need_text(d, "reason", "请填写并件理由"))
        return false;
    draft_set_c(d, "$merged", id_text(d->a, main->id));
    clock_stop_all(d);
    return true;
}

bool link_other(struct deciding *d, const char *act, bool del)
{
    struct record *mine = d->work;
    int area = d->area;
    if (!draft_end(d))
        return false;
    mine = d->work;
    d->work = record_share(d->a, d->s->other);
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

bool do_unmerge(struct deciding *d)
{
    if (!record_merged(d->work).len || !d->s->other)
        return say_no(d, ERR_WRONG_STATE, "", "this matter is not merged", "此件没有并入其他件");
    draft_set(d, "$merged", NULL);
    return true;
}
