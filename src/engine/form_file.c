/* Files that an action names: uploads, and documents with or without one. */
#include "engine/decide_int.h"

static const struct upload *find_upload(const struct snapshot *s, struct id id)
{
    for (size_t i = 0; i < s->n_uploads; i++)
        if (id_eq(s->uploads[i].id, id))
            return &s->uploads[i];
    return NULL;
}

/* The operator and the clock have no account of their own; a unit's link sends for its matter. */
static bool sent_it(const struct deciding *d, const struct upload *u)
{
    const struct actor *who = d->ask->actor;
    if (who->kind == ACTOR_OPERATOR || who->kind == ACTOR_CLOCK)
        return true;
    return id_eq(u->account, who->kind == ACTOR_LINK ? d->work->id : who->account);
}

bool form_upload(struct deciding *d, struct str file, const struct upload **out, const char **en, const char **zh)
{
    static const char *const WHY[][2] = {
        {"expected the id of an upload", "应为已上传文件的编号"},
        {"the upload is not there, or not any more: send the file again", "文件不在了，请重新上传"},
        {"the file belongs to another matter already: upload it again for this one", "该文件已用于另一件，请重新上传"},
        {"another account has sent this upload: send the file yourself", "该文件由其他账号上传，请自己上传"},
    };
    struct id id;
    bool is = id_parse(file, &id);
    const struct upload *u = is ? find_upload(d->s, id) : NULL;
    bool own = u && u->rid && d->work->ver && u->rid == d->work->rid;
    int wrong = !is ? 0 : !u || !u->there ? 1 : u->rid && !own ? 2 : !own && !sent_it(d, u) ? 3 : -1;
    if (wrong >= 0) {
        *en = WHY[wrong][0];
        *zh = WHY[wrong][1];
        return false;
    }
    d->out->claims = true;
    *out = u;
    return true;
}

struct json *form_file(struct deciding *d, const struct upload *u, bool vault)
{
    struct json *o = json_new(d->a, J_OBJ);
    json_set(d->a, o, STR("file"), json_new_str(d->a, id_text(d->a, u->id)));
    json_set(d->a, o, STR("name"), json_new_str(d->a, u->name));
    json_set(d->a, o, STR("mime"), json_new_str(d->a, u->mime));
    json_set(d->a, o, STR("size"), json_new_int(d->a, u->size));
    json_set(d->a, o, STR("sha256"), json_new_str(d->a, hex_of(d->a, HASH_STR(u->sha256))));
    return form_detach(d, form_written(d, o), vault);
}

bool form_documents(struct deciding *d)
{
    JSON_EACH (x, json_get(d->input, "documents")) {
        struct str doc = json_text(x, "doc");
        const struct json *file = json_get(x, "file");
        const struct upload *u;
        const char *en, *zh;
        if (d->def && d->def->n_documents && record_document(d->def, doc) < 0)
            return err_field(d->e, ERR_INPUT, "documents", "there is no document '%.60s'",
                             doc.ptr ? str_c(d->a, doc) : "");
        struct json *part = draft_part(d, 0, "document");
        part_set(d, part, "doc", doc);
        part_int(d, part, "at", d->at);
        if (json_empty(file))
            continue;
        if (!form_upload(d, json_str(file), &u, &en, &zh)) {
            err_field(d->e, ERR_INPUT, "documents", "%s", en);
            return err_zh(d->e, "%s", zh);
        }
        json_set(d->a, part, STR("file"), form_file(d, u, false));
    }
    return true;
}
