/* A unit without accounts: its link shows one matter, with details masked, and the forms of what it may do
 * (access/pass.h).  Every use is an ordinary event of the unit. */
#include "access/pass.h"
#include "api/api_int.h"
#include "record/seal.h"

struct linked {
    struct record *r;
    struct view v;
    const struct json *part;
};

/* One answer for everything that does not open: nothing can be learned by trying. */
static bool not_there(struct call *c)
{
    err_set(c->e, ERR_NOT_FOUND, "this link opens nothing (any more): ask the unit that sent it");
    return err_zh(c->e, "链接无效或已过期，请向发送单位索取新链接");
}

static bool enter(struct call *c, struct str token, struct linked *l)
{
    struct id rec;
    int64_t part;
    bool found;
    if (!call_try(c, &c->api->link))
        return false;
    if (!pass_parse(c->a, token, &rec, &part))
        return not_there(c);
    if (!record_load_open(c->db, engine_keys(c->api->engine), c->a, rec, &found, &l->r, c->e))
        return false;
    l->part = found ? pass_part(l->r, part, c->now) : NULL;
    if (!l->part || !pass_fits(c->a, l->part, token))
        return not_there(c);
    call_tried(c, &c->api->link);
    c->actor = actor_link(l->r->rid, json_text(l->part, "org"), part);
    return view_open(c, l->r, &l->v);
}

/* ---- the forms ---- */

static void put_code(struct json_out *o, struct str code, struct str name)
{
    jo_obj(o);
    jo_kv(o, "code", code);
    jo_kv(o, "name", name);
    jo_end(o);
}

static void put_choices(struct linked *l, struct json_out *o, const struct builtin_input *x)
{
    struct call *c = l->v.c;
    bool documents = strcmp(x->type, "documents") == 0, orgs = strcmp(x->type, "org") == 0;
    if (!x->options && !documents && !orgs)
        return;
    jo_key(o, "codes");
    jo_arr(o);
    for (const struct builtin_option *k = x->options; k && k->value; k++)
        put_code(o, str_of(k->value), str_of(c->zh ? k->zh : k->en));
    for (int i = 0; documents && i < l->v.def->n_documents; i++)
        put_code(o, l->v.def->documents[i].id, words_text(c, &l->v.def->documents[i].name));
    for (int i = 0; orgs && i < c->w->n_orgs; i++)
        if (!c->w->orgs[i].closed)
            put_code(o, c->w->orgs[i].id_text, c->w->orgs[i].name);
    jo_end(o);
}

/* Only what it may do now: a transfer that was signed for is not signed for again. */
static bool waits(const struct linked *l, struct str act)
{
    static const struct {
        const char *act, *kind, *missing;
    } NEEDS[] = {{"sign", "transfer", "signed"},
                 {"share_done", "share", "done"},
                 {"report_back", "supervise", "reported"}};
    const struct json *of = record_part(l->v.r, json_num(l->part, "of", 0));
    for (size_t i = 0; i < COUNT_OF(NEEDS); i++)
        if (str_is(act, NEEDS[i].act))
            return of && json_yes(of, "open") && str_is(json_text(of, "kind"), NEEDS[i].kind) &&
                   json_empty(json_get(of, NEEDS[i].missing));
    return true;
}

static void put_input(struct json_out *o, struct str id, struct str label, const char *type, bool required)
{
    jo_obj(o);
    jo_kv(o, "id", id);
    jo_kv(o, "label", label);
    jo_kc(o, "type", type);
    jo_kb(o, "required", required);
}

static void put_builtin(struct linked *l, struct json_out *o, struct str act)
{
    struct call *c = l->v.c;
    for (const struct builtin_input *x = builtin_inputs(act); x->id; x++) {
        if (strcmp(x->type, "part") == 0)
            continue; /* it has only one */
        put_input(o, str_of(x->id), str_of(c->zh ? x->zh : x->en), x->type, x->required);
        if (x->when)
            jo_kc(o, "when", x->when);
        put_choices(l, o, x);
        jo_end(o);
    }
}

static void put_own(struct linked *l, struct json_out *o, const struct action *act)
{
    for (int i = 0; i < act->n_form; i++) {
        const struct field *f = act->form[i].field >= 0 ? &l->v.def->fields[act->form[i].field] : NULL;
        if (!f)
            continue;
        put_input(o, f->id, words_text(l->v.c, &f->label), field_type_name(f->type), act->form[i].required);
        if (f->type == FIELD_TEXT)
            jo_ki(o, "max_chars", f->max_chars);
        const struct code_list *codes = f->type == FIELD_CODE ? &l->v.playbook->lists[f->codes] : NULL;
        if (codes) {
            jo_key(o, "codes");
            jo_arr(o);
            for (int k = 0; k < codes->n; k++)
                put_code(o, codes->codes[k].code, words_text(l->v.c, &codes->codes[k].name));
            jo_end(o);
        }
        jo_end(o);
    }
}

/* Of the playbook, and from this state? */
static const struct action *own_action(const struct linked *l, struct str id)
{
    int i = record_action(l->v.def, id), state = record_state(l->v.def, l->v.r->state);
    const struct action *act = i >= 0 ? &l->v.def->actions[i] : NULL;
    for (int k = 0; act && k < act->n_from; k++)
        if (act->from[k] == state)
            return act;
    return NULL;
}

static void put_actions(struct linked *l, struct json_out *o)
{
    struct call *c = l->v.c;
    jo_key(o, "actions");
    jo_arr(o);
    JSON_EACH(id, json_get(l->part, "acts"))
    {
        struct words name;
        const struct action *act = own_action(l, id->s);
        if (!act && (!waits(l, id->s) || !engine_builtin(id->s, &name)))
            continue;
        jo_obj(o);
        jo_kv(o, "id", id->s);
        jo_kv(o, "name", words_text(c, act ? &act->name : &name));
        jo_key(o, "form");
        jo_arr(o);
        if (act)
            put_own(l, o, act);
        else
            put_builtin(l, o, id->s);
        jo_end(o);
        jo_end(o);
    }
    jo_end(o);
}

static bool link_get(struct call *c)
{
    struct linked l;
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Referrer-Policy", STR("no-referrer"));
    if (!enter(c, http_query(c->rq, "token"), &l) || !reply_begin(c, STR_NONE, &r))
        return false;
    struct str org = json_text(l.part, "org");
    jo_kv(&r.o, "org", org);
    jo_kv(&r.o, "org_name", view_org(c->w, org));
    jo_kv(&r.o, "from_name", view_org(c->w, json_text(l.part, "from")));
    view_time(&r.o, c->w, "until", json_num(l.part, "until", TIME_NONE));
    if (!view_linked(&l.v, &r.o, org)) {
        buf_free(&r.b);
        return false;
    }
    put_actions(&l, &r.o);
    return reply_end(c, &r);
}

static bool link_act(struct call *c)
{
    static const char *const KNOWN[] = {"token", "id", "version", "at", "skew", "fields", "documents"};
    struct json *body;
    struct linked l;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    if (!enter(c, json_text(body, "token"), &l) || !pending_take(c, body, p))
        return false;
    p->actor = c->actor;
    p->ask.rec = l.r->id;
    p->ask.action = http_part(c->rq, "action");
    return pending_send(c, p);
}

/* Uploads are counted by the matter: a unit's link has no account. */
static bool link_file(struct call *c)
{
    struct linked l;
    if (!enter(c, http_query(c->rq, "token"), &l))
        return false;
    if (!pass_allows(l.part, STR("attach")))
        return err_set(c->e, ERR_FORBIDDEN, "the link does not allow this");
    c->actor.account = l.r->id;
    return call_upload(c);
}

static const struct param TOKEN[] = {{"token", "the code of the link"}, {NULL, NULL}};
static const struct param FILE_QUERY[] = {
    {"token", "the code of the link"}, {"name", "name of the file, for people"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/link", PERM_PUBLIC, link_get, "单位凭链接查看", "The one matter of a unit's link, and its forms"),
     .query = TOKEN},
    {ROUTE(POST, "/api/link/actions/{action}", PERM_PUBLIC, link_act, "单位凭链接办理", "What a unit does by its link"),
     .body = "token, id, version, at, skew, fields, documents"},
    {ROUTE(POST, "/api/link/files", PERM_PUBLIC, link_file, "单位凭链接上传文件", "Upload a file by a unit's link"),
     .query = FILE_QUERY, .upload = true},
};
const struct route_list ROUTES_LINK = {ROWS, COUNT_OF(ROWS)};
