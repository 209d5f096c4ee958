/* Lists, one record, what happened to it, its proof, and what changed since a device was here. */
#include "api/api_int.h"
#include "api/api.sql.h"
#include "measure/total.h"
#include "record/seal.h"
#include "search/find.h"

/* ---- lists ---- */

bool call_question(struct call *c, int64_t limit, struct find_question *q, int *area)
{
    struct str code = http_query(c->rq, "area"), open = http_query(c->rq, "open");
    *area = code.len ? world_area(c->w, code) : -1;
    if (code.len && *area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (open.len && !str_is(open, "true") && !str_is(open, "false") && !str_is(open, "1") &&
        !str_is(open, "0"))
        return err_field(c->e, ERR_INPUT, "open", "open: expected true or false");
    if (!call_limit(c, limit, LIMIT_PAGE, &limit))
        return false;
    q->w = c->w;
    q->type = http_query(c->rq, "type");
    q->where = http_query(c->rq, "where");
    q->search = str_trim(http_query(c->rq, "search"));
    q->after = http_query(c->rq, "after");
    q->open_only = str_is(open, "true") || str_is(open, "1");
    q->limit = (int)limit;
    q->person_ok = false; /* a list tells a number too: never by person */
    if (!q->type.len)
        return err_field(c->e, ERR_REQUIRED, "type", "type: name the record type");
    if (str_starts(q->type, STR("sys.")))
        return err_field(c->e, ERR_INPUT, "type", "there is no such record type");
    return find_sort(q, http_query(c->rq, "sort"), c->e);
}

static bool put_found(struct call *c, struct json_out *o, const struct find_answer *found)
{
    jo_obj(o);
    jo_key(o, "rows");
    jo_arr(o);
    for (size_t i = 0; i < found->n; i++) {
        struct view v;
        if (!view_open(c, found->rows[i], &v) || !view_row(&v, o))
            return false;
    }
    jo_end(o);
    jo_key(o, "next");
    jo_str(o, found->next);
    if (found->total >= 0)
        jo_ki(o, "total", found->total);
    jo_kc(o, "plan", found->plan);
    jo_end(o);
    return true;
}

/* All of a type, without a condition: the counters may know how many rows the pages have together. */
static bool count_all(struct call *c, const struct find_question *q, int64_t *total)
{
    if (*total >= 0 || q->where.len || q->search.len)
        return true;
    return total_ask(c->db, c->a, c->w, q->type, q->scopes, q->n_scopes, q->open_only, total, c->e);
}

static bool records_list(struct call *c)
{
    struct str scopes[LIMIT_SCOPES];
    struct find_question q = {.n_scopes = 0};
    struct find_answer found = {.n = 0, .total = 0};
    int area;
    if (!call_question(c, FIND_LIMIT, &q, &area))
        return false;
    q.scopes = scopes;
    q.n_scopes = actor_scopes(&c->actor, c->w, area, PERM_READ, c->a, scopes);
    if (q.n_scopes &&
        (!find_records(c->db, c->a, &q, &found, c->e) || !count_all(c, &q, &found.total)))
        return false;
    if (!q.n_scopes)
        found.plan = "none";
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    if (!put_found(c, &o, &found)) {
        buf_free(&b);
        return false;
    }
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

static bool records_get(struct call *c)
{
    struct id id;
    struct record *r;
    struct view v;
    if (!call_id(c, "id", &id) || !view_load(c, id, &r) || !view_open(c, r, &v))
        return false;
    /* clocks move with time and rights with the account: both are part of the tag */
    struct str tag =
        str_printf(c->a, "v%lld-w%lld-m%lld-%s-%c", (long long)r->ver, (long long)c->w->sys_seq,
                   (long long)(c->now / MS_MINUTE), c->actor.by, c->zh ? 'z' : 'e');
    http_set_header(c->rq, "Vary", STR("Accept-Language, Cookie"));
    if (call_unchanged(c, tag))
        return true;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    if (!view_full(&v, &o)) {
        buf_free(&b);
        return false;
    }
    return call_json(c, 200, &b);
}

/* ---- what happened ---- */

struct words view_action(const struct record_def *def, struct str act)
{
    int i = record_action(def, act);
    if (i >= 0)
        return def->actions[i].name;
    struct words w;
    if (!engine_builtin(act, &w))
        w = (struct words){act, act};
    return w;
}

/* One sentence: who did what, and what it changed. */
static bool put_words(struct view *v, struct json_out *o, const struct event_body *ev)
{
    struct words act = view_action(v->def, ev->act);
    struct str org = view_org(v->c->w, ev->org), who;
    int state = record_state(v->def, ev->state);
    if (!view_who(v->c, ev->by, &who))
        return false;
    enum role role = role_of(ev->role);
    for (int zh = 1; zh >= 0; zh--) {
        struct buf b = BUF(4000);
        if (org.len)
            buf_str(&b, org);
        if (role != ROLE_NONE) {
            buf_c(&b, zh || !org.len ? "" : ", ");
            buf_c(&b, role_name(role, zh));
        }
        if (who.len)
            buf_printf(&b, zh ? "%.*s" : " %.*s", STR_F(who));
        else if (str_is(ev->by, "resident"))
            buf_c(&b, zh ? "当事人" : "the resident");
        else if (str_is(ev->by, "link"))
            buf_c(&b, zh ? "（凭链接）" : " (by link)");
        else if (str_is(ev->by, "clock"))
            buf_c(&b, zh ? "自动" : "by the clock");
        else if (!org.len && role == ROLE_NONE)
            buf_c(&b, zh ? "系统" : "the operator");
        buf_printf(&b, zh ? "：%.*s" : ": %.*s", STR_F(zh ? act.zh : act.en));
        if (state >= 0)
            buf_printf(&b, zh ? "，转为“%.*s”" : ", now \"%.*s\"",
                       STR_F(zh ? v->def->states[state].name.zh : v->def->states[state].name.en));
        if (json_yes(ev->set, "$unsealed"))
            buf_c(&b, zh ? "，限制查看已解除" : ", the seal is off");
        jo_kv(o, zh ? "zh" : "en", buf_view(&b));
        buf_free(&b);
    }
    return true;
}

/* Texts that were given with the action itself: comment, reason, note. */
static bool put_said(struct view *v, struct json_out *o, const struct event_body *ev, int64_t seq)
{
    static const struct field TEXT = {.type = FIELD_TEXT};
    jo_key(o, "said");
    jo_obj(o);
    JSON_EACH(x, ev->in)
    {
        if (!json_is(x, J_OBJ) || !x->first || !str_is(x->first->key, "$d"))
            continue;
        struct json *ref = json_clone(v->c->a, x);
        json_set(v->c->a, ref, STR("s"), json_new_int(v->c->a, seq));
        jo_key_str(o, x->key);
        if (!view_field(v, o, &TEXT, ref, false))
            return false;
    }
    jo_end(o);
    return true;
}

static bool put_event(struct view *v, struct json_out *o, const struct event *ev)
{
    struct event_body body;
    struct hash leaf = ev->leaf;
    if (!body_read(v->c->a, ev->body, &body, v->c->e))
        return false;
    if (!v->shut && !seal_read(v->c->db, engine_keys(v->c->api->engine), v->c->a, ev->rid, ev->seq,
                               &body, v->c->e))
        return false;
    jo_obj(o);
    jo_ki(o, "seq", ev->seq);
    jo_kv(o, "id", id_text(v->c->a, ev->id));
    jo_ki(o, "version", body.ver);
    jo_kv(o, "action", body.act);
    view_time(o, v->c->w, "at", body.at);
    view_time(o, v->c->w, "recorded", body.recorded);
    if (body.state.ptr)
        jo_kv(o, "state", body.state);
    if (!put_words(v, o, &body) || !put_said(v, o, &body, ev->seq))
        return false;
    jo_kv(o, "leaf", base64_of(v->c->a, HASH_STR(leaf), false));
    if (!v->shut) /* what came before the seal stands in the clear */
        jo_kv(o, "body", ev->body);
    jo_end(o);
    return true;
}

static bool records_events(struct call *c)
{
    struct id id;
    struct record *r;
    struct view v;
    struct event *list;
    size_t n;
    int64_t limit, after = -1;
    struct str from = http_query(c->rq, "after");
    if (!call_id(c, "id", &id) || !call_limit(c, 100, 500, &limit))
        return false;
    if (from.len && !str_int(from, &after))
        return err_field(c->e, ERR_INPUT, "after", "after: expected a number of an event");
    if (!view_load(c, id, &r) || !view_open(c, r, &v) ||
        !ledger_of_record(c->db, c->a, r->rid, after, limit + 1, &list, &n, c->e))
        return false;
    bool more = n > (size_t)limit;
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (size_t i = 0; i < n && i < (size_t)limit; i++) {
        if (!put_event(&v, &o, &list[i])) {
            buf_free(&b);
            return false;
        }
    }
    jo_end(&o);
    jo_key(&o, "next");
    if (more)
        jo_int(&o, list[limit - 1].seq);
    else
        jo_null(&o);
    jo_end(&o);
    return call_json(c, 200, &b);
}

/* The proof of the record's newest event, or of the one that is named. */
static bool records_proof(struct call *c)
{
    struct id id, event;
    struct record *r;
    struct view v;
    struct event ev = {.seq = -1};
    struct ledger_head head;
    struct str named = http_query(c->rq, "event");
    bool found = false;
    if (!call_id(c, "id", &id) || !view_load(c, id, &r) || !view_open(c, r, &v))
        return false;
    if (v.shut)
        return err_set(c->e, ERR_FORBIDDEN, "a sealed matter: its proofs are for the unit that holds it");
    if (named.len) {
        if (!id_parse(named, &event))
            return err_field(c->e, ERR_INPUT, "event", "event: expected a UUID");
        if (!ledger_find(c->db, c->a, event, &found, &ev, c->e))
            return false;
        if (!found || ev.rid != r->rid)
            return err_set(c->e, ERR_NOT_FOUND, "this record has no such event");
    }
    struct buf b = BUF(1 << 20);
    if (!ledger_read_head(c->db, &head, c->e) ||
        !ledger_proof_text(c->db, c->a, engine_keys(c->api->engine),
                           named.len ? ev.seq : r->last_seq, head.tree.size, &b, c->e)) {
        buf_free(&b);
        return false;
    }
    http_answer_buf(c->rq, 200, "text/plain; charset=utf-8", &b);
    return true;
}

/* ---- what changed ---- */

struct changed {
    int64_t rid, seq;
};

static bool load_changed(struct call *c, int64_t after, int64_t limit, struct changed **out,
                         size_t *n)
{
    struct changed *list = ARENA_ARRAY(c->a, struct changed, limit);
    size_t k = 0;
    struct rows rows AUTO(rows_close) =
        store_query(c->db, sql_api_changed, BIND(C_INT(after), C_INT(limit)), c->e);
    while (rows_next(&rows))
        list[k++] = (struct changed){rows_int(&rows, 0), rows_int(&rows, 1)};
    *out = list;
    *n = k;
    return !err_is(c->e);
}

static bool put_gone(struct call *c, struct json_out *o, int64_t after, int64_t until)
{
    struct str scopes[LIMIT_SCOPES];
    int n = actor_scopes(&c->actor, c->w, -1, PERM_READ, c->a, scopes);
    for (int i = 0; i < n; i++) {
        struct rows rows AUTO(rows_close) =
            store_query(c->db, sql_api_gone,
                        BIND(C_INT(after), C_INT(until), C_TEXT(scopes[i]), C_INT(10000)), c->e);
        while (rows_next(&rows)) {
            struct record *r;
            struct id id;
            bool found;
            if (!id_read(rows_str(&rows, 1), &id))
                continue;
            if (!record_load_open(c->db, engine_keys(c->api->engine), c->a, id, &found, &r, c->e))
                return false;
            if (found && !actor_sees(&c->actor, c->w, r))
                jo_str(o, id_text(c->a, id));
        }
        if (err_is(c->e))
            return false;
    }
    return true;
}

static bool put_changed(struct call *c, struct json_out *o, const struct changed *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct record *r;
        struct view v;
        bool found;
        if (!record_load_rid(c->db, c->a, list[i].rid, &found, &r, c->e) ||
            (found && !seal_open(c->db, engine_keys(c->api->engine), c->a, &r, c->e)))
            return false;
        if (!found || str_starts(r->type, STR("sys.")) || !actor_sees(&c->actor, c->w, r))
            continue;
        if (!view_open(c, r, &v) || !view_row(&v, o))
            return false;
    }
    return true;
}

/* What came into one's areas because an area was moved: nothing happened to these matters. */
static bool put_came(struct call *c, struct json_out *o, int64_t after, int64_t until)
{
    struct str scopes[LIMIT_SCOPES];
    int n = actor_scopes(&c->actor, c->w, -1, PERM_READ, c->a, scopes);
    for (int i = 0; i < n; i++) {
        struct changed *list = NULL;
        size_t k = 0, cap = 0;
        {
            struct rows rows AUTO(rows_close) =
                store_query(c->db, sql_api_came,
                            BIND(C_INT(after), C_INT(until), C_TEXT(scopes[i]), C_INT(10000)), c->e);
            while (rows_next(&rows)) {
                list = arena_grow(c->a, list, k, &cap, sizeof *list);
                list[k++] = (struct changed){rows_int(&rows, 0), rows_int(&rows, 1)};
            }
        }
        if (err_is(c->e) || !put_changed(c, o, list, k))
            return false;
    }
    return true;
}

/* "seq" is what to ask with next; "more" says whether to ask at once. */
static bool changes(struct call *c)
{
    struct str from = http_query(c->rq, "after");
    struct ledger_head head;
    struct changed *list;
    size_t n;
    int64_t after = -1, limit;
    if (from.len && !str_int(from, &after))
        return err_field(c->e, ERR_INPUT, "after", "after: expected a number of an event");
    if (!call_limit(c, 500, 2000, &limit) || !ledger_read_head(c->db, &head, c->e) ||
        !load_changed(c, after, limit, &list, &n))
        return false;
    bool more = n == (size_t)limit;
    int64_t until = more ? list[n - 1].seq : max64(after, head.tree.size - 1);
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_ki(&o, "seq", until);
    jo_kb(&o, "more", more);
    jo_key(&o, "records");
    jo_arr(&o);
    bool ok = put_changed(c, &o, list, n) && (after < 0 || put_came(c, &o, after, until));
    jo_end(&o);
    jo_key(&o, "gone");
    jo_arr(&o);
    ok = ok && put_gone(c, &o, after, until);
    jo_end(&o);
    jo_end(&o);
    if (!ok) {
        buf_free(&b);
        return false;
    }
    return call_json(c, 200, &b);
}

static const struct param LIST_QUERY[] = {
    QUESTION_PARAMS,
    {"limit", "rows of a page, at most 200"},
    {"after", "`next` of the page before"},
    {NULL, NULL}};
static const struct param EVENT_QUERY[] = {
    {"after", "`next` of the page before"}, {"limit", "at most 500"}, {NULL, NULL}};
static const struct param PROOF_QUERY[] = {{"event", "id of one of its events; absent: the newest"},
                                           {NULL, NULL}};
static const struct param CHANGE_QUERY[] = {
    {"after", "`seq` of the answer before"}, {"limit", "at most 2000"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/records", PERM_READ, records_list, "列表", "A list of records"),
     .query = LIST_QUERY},
    {ROUTE(GET, "/api/records/{id}", PERM_READ, records_get, "一件", "One record")},
    {ROUTE(GET, "/api/records/{id}/events", PERM_READ, records_events, "办理经过", "What happened"),
     .query = EVENT_QUERY},
    {ROUTE(GET, "/api/records/{id}/proof", PERM_READ, records_proof, "核验凭证",
           "Inclusion proof (c2sp.org/tlog-proof)"),
     .query = PROOF_QUERY},
    {ROUTE(GET, "/api/changes", PERM_READ, changes, "离线后的变化", "What changed in my areas"),
     .query = CHANGE_QUERY},
};
const struct route_list ROUTES_RECORDS = {ROWS, COUNT_OF(ROWS)};
