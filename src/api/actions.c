/* Opening records and acting on them: an ask goes to the engine, and the request is parked until
 * the commit. */
#include "access/lookup.h"
#include "api/api.sql.h"
#include "api/api_int.h"

static void put_receipt(struct json_out *o, struct arena *a, const struct answer *ans)
{
    char text[40];
    struct hash leaf = ans->leaf;
    time_format_utc(ans->recorded, text);
    jo_key(o, "receipt");
    jo_obj(o);
    jo_kv(o, "event", id_text(a, ans->event));
    jo_ki(o, "seq", ans->seq);
    jo_kv(o, "leaf", base64_of(a, HASH_STR(leaf), false));
    jo_kc(o, "recorded", text);
    jo_end(o);
}

/* Links of units without accounts: told here, once. */
static void put_links(struct json_out *o, struct arena *a, const struct json *links)
{
    jo_key(o, "links");
    jo_arr(o);
    JSON_EACH(l, links)
    {
        char until[40];
        time_format_utc(json_num(l, "until", 0), until);
        struct str token = json_text(l, "token");
        jo_obj(o);
        jo_kv(o, "org", json_text(l, "org"));
        jo_kv(o, "org_name", json_text(l, "org_name"));
        jo_ki(o, "part", json_num(l, "part", 0));
        jo_kv(o, "token", token);
        jo_kv(o, "path", str_printf(a, "/link#%.*s", STR_F(token)));
        jo_kc(o, "until", until);
        jo_end(o);
    }
    jo_end(o);
}

/* On the writer's thread, or on the request's own when it was refused at once. */
static void answered(void *user, struct answer *ans)
{
    struct pending *p = user;
    if (!ans->ok) {
        struct json *extra = NULL;
        if (ans->conflict) {
            extra = json_new(p->a, J_OBJ);
            json_set(p->a, extra, STR("conflict"), json_clone(p->a, ans->conflict));
        }
        problem_answer(p->rq, &ans->err, extra);
        return;
    }
    struct buf b = BUF(LIMIT_REQUEST_BODY);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "id", id_text(p->a, ans->record));
    if (ans->number[0])
        jo_kc(&o, "number", ans->number);
    jo_ki(&o, "version", ans->version);
    if (ans->state[0])
        jo_kc(&o, "state", ans->state);
    if (ans->token[0])
        jo_kc(&o, "token", ans->token);
    if (ans->digits[0])
        jo_kc(&o, "digits", ans->digits);
    if (ans->links)
        put_links(&o, p->a, ans->links);
    put_receipt(&o, p->a, ans);
    jo_end(&o);
    http_set_header(p->rq, "Cache-Control", STR("no-store"));
    http_answer_buf(p->rq, p->opens && !ans->again ? 201 : 200, "application/json", &b);
}

/* Members that are not known are refused: a misspelt one would be silently lost. */
bool call_members(struct call *c, const struct json *body, const char *const *known, size_t n)
{
    JSON_EACH(x, body)
    {
        bool ok = false;
        for (size_t i = 0; i < n; i++)
            ok |= str_is(x->key, known[i]);
        if (!ok)
            return err_field(c->e, ERR_UNKNOWN_FIELD, str_c(c->a, x->key),
                             "there is no such member");
    }
    return true;
}

/* A device whose clock is off sends its own `at`, and by how much the clock was off (milliseconds). */
static bool take_skew(struct call *c, const struct json *body, struct ask *ask)
{
    const int64_t most = 3660LL * MS_DAY;
    const struct json *skew = json_get(body, "skew");
    if (json_empty(skew))
        return true;
    if (skew->kind != J_INT || skew->i < -most || skew->i > most || ask->at == TIME_NONE)
        return err_field(c->e, ERR_INPUT, "skew", "skew: expected whole milliseconds, beside `at`");
    ask->skew = skew->i;
    ask->at += skew->i;
    return true;
}

bool pending_take(struct call *c, struct json *body, struct pending *p)
{
    struct ask *ask = &p->ask;
    struct str at = json_text(body, "at");
    struct json *fields = json_get(body, "fields"), *documents = json_get(body, "documents");
    *ask = ASK_INIT;
    if (!id_parse(json_text(body, "id"), &ask->id) || id_version(ask->id) != 7)
        return err_field(c->e, ERR_INPUT, "id",
                         "id: expected a UUID of version 7, made by the client");
    if (at.len && !time_parse(c->w->zone, at, &ask->at))
        return err_field(c->e, ERR_INPUT, "at",
                         "at: expected a time like 2024-09-09T08:50:00+08:00");
    if (!take_skew(c, body, ask))
        return false;
    if (!json_empty(fields) && fields->kind != J_OBJ)
        return err_field(c->e, ERR_INPUT, "fields", "fields: expected an object");
    ask->fields = json_empty(fields) ? json_new(c->a, J_OBJ) : fields;
    if (!json_empty(documents))
        json_set(c->a, ask->fields, STR("documents"), json_clone(c->a, documents));
    return true;
}

/* Fields that no step of this type knows are a mistake of the sender, told at once. */
static bool known_fields(struct call *c, const struct ask *ask, const struct record_def *def,
                         const struct action *act)
{
    JSON_EACH(x, ask->fields)
    {
        if (!act || str_is(x->key, "documents") || str_is(x->key, "reason") ||
            str_is(x->key, "part") || str_is(x->key, "party") || /* the engine knows where they fit */
            record_field(def, x->key) >= 0)
            continue;
        return err_field(c->e, ERR_UNKNOWN_FIELD, str_c(c->a, x->key), "there is no such field");
    }
    return true;
}

bool pending_send(struct call *c, struct pending *p)
{
    p->rq = c->rq;
    p->a = c->a;
    p->ask.actor = &p->actor;
    ask_set_req(&p->ask);
    http_park(c->rq);
    engine_submit(c->api->engine, p->a, &p->ask, answered, p);
    return true;
}

bool sys_take(struct call *c, const char *type, struct str action, struct pending *p)
{
    static const char *const KNOWN[] = {"id", "fields"};
    struct json *body;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !pending_take(c, body, p))
        return false;
    p->actor = c->actor;
    p->ask.type = str_of(type); /* also of an action on one: it is committed alone, since the world changes */
    p->ask.action = action;
    return true;
}

bool sys_find(struct call *c, const char *type, struct id id, struct record **out)
{
    bool found;
    if (!record_load(c->db, c->a, id, &found, out, c->e))
        return false;
    return (found && str_is((*out)->type, type)) || err_set(c->e, ERR_NOT_FOUND, "there is no such record");
}

bool sys_docs(struct call *c, const char *type, int64_t after, size_t most, struct sys_doc **out, size_t *n)
{
    struct sys_doc *list = NULL;
    size_t cap = 0;
    *n = 0;
    struct rows r AUTO(rows_close) =
        store_query(c->db, sql_api_sys, BIND(C_TEXT(str_of(type)), C_INT(after), C_INT((int64_t)most)), c->e);
    while (rows_next(&r)) {
        list = arena_grow(c->a, list, *n, &cap, sizeof *list);
        list[*n].rid = rows_int(&r, 0);
        if (!record_read(c->a, str_dup(c->a, rows_str(&r, 1)), &list[*n].record, c->e))
            return false;
        list[*n].record->rid = list[*n].rid;
        ++*n;
    }
    *out = list;
    return !err_is(c->e);
}

bool sys_act_on(struct call *c, const char *type)
{
    struct record *r;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    struct id id;
    if (!call_id(c, "id", &id) || !sys_find(c, type, id, &r) || !sys_take(c, type, http_part(c->rq, "action"), p))
        return false;
    p->ask.rec = r->id;
    return pending_send(c, p);
}

static bool open_record(struct call *c)
{
    static const char *const KNOWN[] = {"id",     "type",   "area",      "at",
                                        "action", "fields", "documents", "skew"};
    struct json *body;
    const struct playbook *pb;
    int i;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) ||
        !pending_take(c, body, p))
        return false;
    p->opens = true;
    p->actor = c->actor;
    p->ask.type = json_text(body, "type");
    p->ask.action = json_text(body, "action");
    p->ask.area = json_text(body, "area");
    if (!p->ask.type.len)
        return err_field(c->e, ERR_REQUIRED, "type", "type: is required");
    if (!world_type(c->w, p->ask.type, STR_NONE, &pb, &i))
        return err_field(c->e, ERR_INPUT, "type", "there is no such record type in force");
    int k = p->ask.action.len ? record_action(&pb->records[i], p->ask.action) : -1;
    const struct action *act = k < 0 ? &(struct action){.line = 0} : &pb->records[i].actions[k];
    if (!known_fields(c, &p->ask, &pb->records[i], act))
        return false;
    return pending_send(c, p);
}

static bool act_on(struct call *c)
{
    static const char *const KNOWN[] = {"id", "version", "at", "fields", "documents", "skew"};
    struct json *body;
    struct record *r;
    struct view v;
    struct id rec;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_id(c, "id", &rec) || !call_body(c, &body) ||
        !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !pending_take(c, body, p))
        return false;
    const struct json *version = json_get(body, "version");
    if (!json_empty(version) && (version->kind != J_INT || version->i < 1))
        return err_field(c->e, ERR_INPUT, "version", "version: expected the version that was seen");
    p->actor = c->actor;
    p->ask.rec = rec;
    p->ask.version = json_num(body, "version", 0);
    p->ask.action = http_part(c->rq, "action");
    if (!view_load(c, rec, &r) || !view_open(c, r, &v))
        return false;
    int k = record_action(v.def, p->ask.action);
    if (!known_fields(c, &p->ask, v.def, k < 0 ? NULL : &v.def->actions[k]))
        return false;
    return pending_send(c, p);
}

/* ---- a look at masked details ---- */

static bool put_looked(struct call *c, struct view *v, const struct json *fields,
                       const struct answer *ans)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "fields");
    jo_obj(&o);
    JSON_EACH(name, fields)
    {
        int f = record_field(v->def, json_str(name));
        if (f < 0)
            continue;
        jo_key_str(&o, v->def->fields[f].id);
        if (!view_field(v, &o, &v->def->fields[f], json_get_str(v->r->fields, name->s), true)) {
            buf_free(&b);
            return false;
        }
    }
    jo_end(&o);
    jo_ki(&o, "version", ans->version);
    put_receipt(&o, c->a, ans);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

/* Where the step began: the newest event that changed the state. */
static bool step_began(struct call *c, const struct record *r, int64_t *seq)
{
    enum { MOST = 100000 };
    struct event *list;
    size_t n;
    struct str state = STR_NONE;
    *seq = 0;
    if (!ledger_of_record(c->db, c->a, r->rid, -1, MOST, &list, &n, c->e))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct event_body body;
        if (!body_read(c->a, list[i].body, &body, c->e))
            return false;
        if (!body.state.ptr || str_eq(body.state, state))
            continue;
        state = body.state;
        *seq = list[i].seq;
    }
    return true;
}

/* The id is made from account, matter and step: however often the page is opened, it is one event. */
static bool task_ask(struct call *c, struct view *v, const struct json *body, struct ask *ask,
                     struct json **fields)
{
    const struct state *s = engine_task(c->w, v->r, &c->actor);
    int64_t began;
    if (json_get(body, "fields") || json_get(body, "purpose") || json_get(body, "id"))
        return err_field(c->e, ERR_INPUT, "task",
                         "task: the step says what and why; leave out id, fields and purpose") ||
               err_zh(c->e, "按办理环节查看时，不填内容和用途");
    if (!s) { /* the answer of an earlier look is not for who gave the matter away */
        err_field(c->e, ERR_FORBIDDEN, "task",
                  "no step of yours needs details here: say what they are needed for (fields, purpose)");
        return err_zh(c->e, "本环节不自动显示个人信息，请选择内容并填写查看的用途");
    }
    if (!step_began(c, v->r, &began))
        return false;
    const struct str parts[] = {STR("look for a step"), ID_STR(v->r->id), str_of(c->actor.by), v->r->pb,
                                str_printf(c->a, "%lld", (long long)began)};
    ask->id = id_derive(parts, COUNT_OF(parts));
    ask->fields = json_new(c->a, J_OBJ);
    json_set(c->a, ask->fields, STR("task"), json_new_bool(c->a, true));
    *fields = json_new(c->a, J_ARR);
    for (int i = 0; i < s->n_shows; i++)
        json_push(*fields, json_new_str(c->a, v->def->fields[s->shows[i]].id));
    v->task = true;
    return true;
}

static bool purpose_ask(struct call *c, const struct json *body, struct ask *ask, struct json **fields)
{
    struct str id = json_text(body, "id");
    if (id.len && (!id_parse(id, &ask->id) || id_version(ask->id) != 7))
        return err_field(c->e, ERR_INPUT, "id", "id: expected a UUID of version 7");
    if (!id.len)
        ask->id = id_new(c->now);
    if (json_empty(json_get(body, "fields")))
        return err_field(c->e, ERR_REQUIRED, "fields", "fields: name the fields to see");
    if (!str_trim(json_text(body, "purpose")).len)
        return err_field(c->e, ERR_REQUIRED, "purpose", "purpose: say what it is needed for");
    *fields = json_clone(c->a, json_get(body, "fields"));
    ask->fields = json_new(c->a, J_OBJ);
    json_set(c->a, ask->fields, STR("fields"), json_clone(c->a, *fields));
    json_set(c->a, ask->fields, STR("purpose"), json_clone(c->a, json_get(body, "purpose")));
    return true;
}

/* Waits for the commit: nothing is shown before the look stands in the log. */
static bool look(struct call *c)
{
    static const char *const KNOWN[] = {"id", "fields", "purpose", "task"};
    struct json *body, *fields = NULL;
    struct record *r;
    struct view v;
    struct id rec;
    struct answer ans;
    struct ask ask = ASK_INIT;
    if (!call_id(c, "id", &rec) || !call_body(c, &body) ||
        !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !view_load(c, rec, &r) ||
        !view_open(c, r, &v))
        return false;
    if (!(json_yes(body, "task") ? task_ask(c, &v, body, &ask, &fields) : purpose_ask(c, body, &ask, &fields)))
        return false;
    ask.rec = rec;
    ask.action = STR("look");
    ask.actor = &c->actor;
    ask_set_req(&ask);
    if (!engine_act(c->api->engine, c->a, &ask, &ans)) {
        *c->e = ans.err;
        return false;
    }
    return put_looked(c, &v, fields, &ans);
}

/* Numbers of matters only; the event comes before the answer, whether anything is found or not. */
static bool look_up(struct call *c)
{
    static const char *const KNOWN[] = {"id", "phone", "purpose"};
    enum { MOST = 20 };
    struct json *body;
    struct answer ans;
    struct ask ask = ASK_INIT;
    struct lookup_hit *hits;
    size_t n;
    char phone[PHONE_TEXT];
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    struct str id = json_text(body, "id");
    if (id.len && (!id_parse(id, &ask.id) || id_version(ask.id) != 7))
        return err_field(c->e, ERR_INPUT, "id", "id: expected a UUID of version 7");
    if (!id.len)
        ask.id = id_new(c->now);
    if (!phone_normal(json_text(body, "phone"), phone))
        return err_field(c->e, ERR_INPUT, "phone", "phone: expected a telephone number") || err_zh(c->e, "应填电话号码");
    if (!c->actor.org[0] || !id_parse(str_of(c->actor.org), &ask.rec))
        return err_set(c->e, ERR_FORBIDDEN, "the account belongs to no unit") || err_zh(c->e, "账号没有所属单位");
    ask.action = STR("look");
    ask.fields = json_new(c->a, J_OBJ);
    json_set(c->a, ask.fields, STR("purpose"), json_new_str(c->a, json_text(body, "purpose")));
    ask.actor = &c->actor;
    ask_set_req(&ask);
    if (!engine_act(c->api->engine, c->a, &ask, &ans)) {
        *c->e = ans.err;
        return false;
    }
    struct str scope = str_printf(c->a, "o%s", c->actor.org);
    if (!lookup_find(c->db, c->a, engine_keys(c->api->engine), scope, str_of(phone), MOST, &hits, &n, c->e))
        return false;
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_rows(c, STR_NONE, &r))
        return false;
    for (size_t i = 0; i < n; i++) {
        jo_obj(&r.o);
        jo_kv(&r.o, "id", id_text(c->a, hits[i].id));
        jo_kv(&r.o, "number", hits[i].number);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/lookup", PERM_LOOK, look_up, "凭电话查找在办件",
           "The open matters of one's unit in which this telephone stands: numbers only"),
     .body = "id, phone, purpose"},
    {ROUTE(POST, "/api/records", PERM_ACT, open_record, "新建一件", "Open a record"),
     .body = "id, type, area, at, skew, action, fields, documents"},
    {ROUTE(POST, "/api/records/{id}/actions/{action}", PERM_ACT | PERM_STEER | PERM_LOOK, act_on,
           "办理", "Act on a record"),
     .body = "id, version, at, skew, fields, documents"},
    {ROUTE(POST, "/api/records/{id}/look", PERM_LOOK, look, "查看隐去的信息",
           "See masked details, for a purpose or for the step one works on"),
     .body = "id, fields, purpose, task"},
};
const struct route_list ROUTES_ACTIONS = {ROWS, COUNT_OF(ROWS)};
