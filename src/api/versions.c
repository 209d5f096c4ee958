/* Versions of playbooks: check, dry run, put in force, go back; and a case that moves to another one. */
#include "api/api_int.h"
#include "engine/preview.h"

/* Which versions there are, and which one opens new cases. */
static bool versions_list(struct call *c)
{
    struct reply r;
    struct str id = http_part(c->rq, "id");
    bool any = false;
    for (int i = 0; i < c->w->n_playbooks; i++)
        any |= str_eq(c->w->playbooks[i].playbook->id, id);
    if (!any)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such playbook");
    if (!reply_rows(c, str_printf(c->a, "v%lld", (long long)c->w->sys_seq), &r))
        return true;
    for (int i = 0; i < c->w->n_playbooks; i++) {
        const struct installed *in = &c->w->playbooks[i];
        if (!str_eq(in->playbook->id, id))
            continue;
        jo_obj(&r.o);
        jo_ki(&r.o, "version", in->playbook->version);
        jo_kv(&r.o, "record", id_text(c->a, in->rec));
        reply_words(&r.o, "name", &in->playbook->name);
        reply_flag(&r.o, "in_force", in->in_force);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

struct standing { /* how many open cases stand on each version */
    const struct world *w;
    struct str playbook;
    int64_t *n; /* beside w->playbooks */
};

static bool count_case(void *self, struct arena *a, struct record *r)
{
    struct standing *s = self;
    UNUSED(a);
    for (int i = 0; i < s->w->n_playbooks; i++) {
        const struct playbook *p = s->w->playbooks[i].playbook;
        char name[64];
        snprintf(name, sizeof name, "%.*s@%d", STR_F(p->id), p->version);
        if (str_is(r->pb, name))
            s->n[i]++;
    }
    return true;
}

/* Apart from the list of versions, since every open case is gone through. */
static bool versions_cases(struct call *c)
{
    struct standing s = {c->w, http_part(c->rq, "id"), ARENA_ARRAY(c->a, int64_t, c->w->n_playbooks + 1)};
    struct reply r;
    memset(s.n, 0, sizeof *s.n * (size_t)(c->w->n_playbooks + 1));
    if (!preview_each(c->db, engine_keys(c->api->engine), c->w, s.playbook, count_case, &s, c->e) ||
        !reply_rows(c, STR_NONE, &r))
        return false;
    for (int i = 0; i < c->w->n_playbooks; i++) {
        if (!str_eq(c->w->playbooks[i].playbook->id, s.playbook))
            continue;
        jo_obj(&r.o);
        jo_ki(&r.o, "version", c->w->playbooks[i].playbook->version);
        jo_ki(&r.o, "open", s.n[i]);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

/* The body names the text as a whole, or the files of the folder. */
static bool body_text(struct call *c, const struct json *body, struct str *text)
{
    const struct json *files = json_get(body, "files");
    if (json_is(files, J_OBJ))
        return playbook_join(c->a, files, text, c->e);
    *text = json_text(body, "text");
    return text->len || err_field(c->e, ERR_REQUIRED, "text", "text or files is missing");
}

/* What is wrong with it, as a list that names file and line. */
static bool complain(struct call *c, const struct complaints *found)
{
    struct json *extra = json_new(c->a, J_OBJ);
    struct json *list = json_set(c->a, extra, STR("complaints"), json_new(c->a, J_ARR));
    for (int i = 0; i < found->n; i++) {
        struct json *x = json_push(list, json_new(c->a, J_OBJ));
        json_set(c->a, x, STR("file"), json_new_str(c->a, str_of(found->list[i].file)));
        json_set(c->a, x, STR("line"), json_new_int(c->a, found->list[i].line));
        json_set(c->a, x, STR("text"), json_new_str(c->a, str_of(found->list[i].text)));
    }
    err_field(c->e, ERR_SYNTAX, "text", "%s:%d: %s", found->list[0].file, found->list[0].line,
              found->list[0].text);
    problem_answer(c->rq, c->e, extra);
    return true;
}

/* NULL: it was answered with what is wrong, or c->e is set (*answered = false). */
static struct playbook *body_playbook(struct call *c, bool *answered)
{
    static const char *const KNOWN[] = {"text", "files"};
    struct json *body;
    struct str text;
    struct complaints found = {.n = 0};
    *answered = false;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !body_text(c, body, &text))
        return NULL;
    struct playbook *p = playbook_load(text, c->w->zone, &found);
    if (!p)
        *answered = complain(c, &found);
    return p;
}

/* Does it load, what is it called, and what is in force of it? */
static bool playbook_check(struct call *c)
{
    bool answered;
    struct reply r;
    struct playbook *p = body_playbook(c, &answered);
    if (!p)
        return answered;
    const struct playbook *old = world_playbook(c->w, p->id);
    struct str this = str_printf(c->a, "%.*s@%d", STR_F(p->id), p->version);
    if (!reply_begin(c, STR_NONE, &r)) {
        playbook_free(p);
        return false;
    }
    jo_kv(&r.o, "playbook", p->id);
    reply_words(&r.o, "name", &p->name);
    jo_ki(&r.o, "from", old ? old->version : 0);
    jo_ki(&r.o, "to", p->version);
    jo_kb(&r.o, "same_version", world_playbook(c->w, this) != NULL);
    playbook_free(p);
    return reply_end(c, &r);
}

static bool playbook_dry_run(struct call *c)
{
    struct preview p;
    bool answered;
    struct playbook *next = body_playbook(c, &answered);
    if (!next)
        return answered;
    bool mine = str_eq(next->id, http_part(c->rq, "id"));
    bool ok = mine || err_field(c->e, ERR_INPUT, "text", "this is the text of another playbook");
    ok = ok && preview_playbook(c->db, engine_keys(c->api->engine), c->a, c->w,
                                engine_calendar(c->api->engine), next, c->now, &p, c->e);
    playbook_free(next);
    if (!ok)
        return false;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    preview_write(&o, &p);
    return call_json(c, 200, &b);
}

static bool playbook_install(struct call *c)
{
    static const char *const KNOWN[] = {"id", "text", "files"};
    struct json *body;
    struct str text;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) ||
        !pending_take(c, body, p) || !body_text(c, body, &text))
        return false;
    p->opens = true;
    p->actor = c->actor;
    p->ask.type = STR("sys.playbook");
    json_set(c->a, p->ask.fields, STR("text"), json_new_str(c->a, text));
    return pending_send(c, p);
}

/* An older version opens new cases again: an event on that version.  Running cases stay as they are. */
static bool playbook_back(struct call *c)
{
    static const char *const KNOWN[] = {"id", "version"};
    struct json *body;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !pending_take(c, body, p))
        return false;
    int64_t version = json_num(body, "version", 0);
    for (int i = 0; i < c->w->n_playbooks; i++)
        if (str_eq(c->w->playbooks[i].playbook->id, http_part(c->rq, "id")) &&
            c->w->playbooks[i].playbook->version == version)
            p->ask.rec = c->w->playbooks[i].rec;
    if (id_zero(p->ask.rec))
        return err_field(c->e, ERR_INPUT, "version", "this version is not installed");
    p->actor = c->actor;
    p->ask.type = STR("sys.playbook");
    p->ask.action = STR("put_in_force");
    return pending_send(c, p);
}

/* What `adopt` would do to one case. */
static bool record_adopt(struct call *c)
{
    struct id rec;
    struct record *r;
    struct view v;
    struct reply out;
    int64_t version = 0;
    struct str asked = http_query(c->rq, "to_version");
    if (asked.len && !str_int(asked, &version))
        return err_field(c->e, ERR_INPUT, "to_version", "expected a version");
    if (!call_id(c, "id", &rec) || !view_load(c, rec, &r) || !view_open(c, r, &v))
        return false;
    if (v.shut)
        return err_set(c->e, ERR_FORBIDDEN, "a sealed matter is moved by the unit that holds it") ||
               err_zh(c->e, "限制查看的件由承办单位转版");
    const struct playbook *next = adopt_target(c->w, v.playbook, version);
    if (!next)
        return err_field(c->e, ERR_INPUT, "to_version", "there is no version to move to") ||
               err_zh(c->e, "没有可转入的版本");
    if (!reply_begin(c, STR_NONE, &out))
        return true;
    preview_record(c->a, c->w, engine_calendar(c->api->engine), v.r, next, c->now, &out.o);
    return reply_end(c, &out);
}

static const struct param ADOPT_QUERY[] = {{"to_version", "absent: the version in force"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/playbooks/{id}/versions", PERM_SELF, versions_list, "业务规程的各版",
           "The versions of a playbook")},
    {ROUTE(GET, "/api/playbooks/{id}/cases", PERM_ADMIN, versions_cases, "各版上有多少在办件",
           "How many open cases stand on each version")},
    {ROUTE(POST, "/api/playbook-check", PERM_ADMIN, playbook_check, "检查业务规程：有错说明在哪个文件哪一行",
           "Check the text of a playbook"),
     .body = "text, or files (name: text)"},
    {ROUTE(POST, "/api/playbooks/{id}/dry-run", PERM_ADMIN, playbook_dry_run,
           "试装：改动对在办件和统计的影响", "What a changed playbook would do to what is there"),
     .body = "text, or files (name: text)"},
    {ROUTE(POST, "/api/playbooks/{id}/install", PERM_ADMIN, playbook_install, "装入新版业务规程",
           "Put a new version in force"),
     .body = "id, text or files (name: text)"},
    {ROUTE(POST, "/api/playbooks/{id}/put-in-force", PERM_ADMIN, playbook_back, "恢复使用某一版",
           "Put an installed version in force again"),
     .body = "id, version"},
    {ROUTE(GET, "/api/records/{id}/adopt", PERM_STEER | PERM_ADMIN, record_adopt,
           "试转：一件转入新版规程会怎样", "What moving a case to another version would do"),
     .query = ADOPT_QUERY},
};
const struct route_list ROUTES_VERSIONS = {ROWS, COUNT_OF(ROWS)};
