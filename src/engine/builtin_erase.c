/* Erasing details (个人信息保护法 art. 47): the event lists which values; salt and bytes are deleted in the same commit,
 * the commitments in the log stay and say nothing.  What a field said before it was amended goes too.
 *
 * A comment, a reason or a scanned paper may name the person as well, and no program can tell.  So whoever erases a
 * person says in the same form whether the words of the steps and the files of the documents go too. */
#include "engine/builtin_int.h"

static bool listed(const struct json *out, const struct json *ref)
{
    JSON_EACH (pair, out)
        if (json_at(pair, 0)->i == json_num(ref, "s", -1) && json_at(pair, 1)->i == json_num(ref, "$d", -1))
            return true;
    return false;
}

static void list_refs(struct deciding *d, const struct json *v, struct json *out)
{
    if (json_is(v, J_ARR)) {
        JSON_EACH (item, v)
            list_refs(d, item, out);
    } else if (value_detached(v) && !listed(out, v)) {
        struct json *pair = json_push(out, json_new(d->a, J_ARR));
        json_push(pair, json_new_int(d->a, json_num(v, "s", -1)));
        json_push(pair, json_new_int(d->a, json_num(v, "$d", -1)));
    } else if (json_is(v, J_OBJ) && !value_detached(v)) {
        JSON_EACH (item, v)
            list_refs(d, item, out);
    }
}

static bool names_people(const struct field *f)
{
    bool yes = f->type == FIELD_PERSON || f->vault;
    for (int i = 0; i < f->n_columns; i++)
        yes |= names_people(&f->columns[i]);
    return yes;
}

static bool list_fields(struct deciding *d, const struct json *fields, struct json *refs, bool *people)
{
    JSON_EACH (f, fields) {
        int i = record_field(d->def, json_str(f));
        if (i < 0)
            return say_no(d, ERR_INPUT, "fields", "there is no such field", "没有这个字段");
        *people |= names_people(&d->def->fields[i]);
        list_refs(d, json_get_str(d->work->fields, d->def->fields[i].id), refs);
    }
    list_refs(d, d->s->held.fields, refs);
    return true;
}

bool do_erase(struct deciding *d)
{
    const struct json *fields = json_get(d->input, "fields"), *words = json_get(d->input, "words"),
                      *files = json_get(d->input, "files");
    bool people = false;
    if (!json_empty(fields) && !json_is(fields, J_ARR))
        return say_no(d, ERR_INPUT, "fields", "name the fields", "请选择要删除的内容");
    if ((!fields || !fields->n) && !json_yes(d->input, "words") && !json_yes(d->input, "files"))
        return say_no(d, ERR_REQUIRED, "fields", "name the fields", "请选择要删除的内容");
    struct json *refs = json_new(d->a, J_ARR);
    if (!list_fields(d, fields, refs, &people))
        return false;
    if (people && !json_is(words, J_TRUE) && !json_is(words, J_FALSE))
        return say_no(d, ERR_REQUIRED, "words", "say whether the words of the steps go too: they may name the person",
                      "请选择是否一并删除各步骤的文字：备注、说明、理由里可能写有本人信息");
    if (people && !json_is(files, J_TRUE) && !json_is(files, J_FALSE))
        return say_no(d, ERR_REQUIRED, "files", "say whether the files of documents go too: they may show the person",
                      "请选择是否一并删除材料文件：材料里可能有本人信息");
    if (json_yes(d->input, "words"))
        list_refs(d, d->s->held.words, refs);
    if (json_yes(d->input, "files"))
        list_refs(d, d->s->held.files, refs);
    if (!refs->n)
        return say_no(d, ERR_WRONG_STATE, "fields", "there are no such details here", "没有可删除的个人信息");
    static const char *const ASKED[] = {"fields", "words", "files"};
    for (size_t i = 0; i < COUNT_OF(ASKED); i++)
        if (json_get(d->input, ASKED[i]))
            draft_in(d, ASKED[i], json_clone(d->a, json_get(d->input, ASKED[i])));
    draft_in(d, "erased", refs);
    return need_text(d, "reason", "请填写删除的理由");
}
