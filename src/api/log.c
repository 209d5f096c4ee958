/* The log as an overseer reads it: its size, its signed ends, its events in words, and the proofs that a browser or
 * an independent script checks.  It says which unit did what kind of thing and when, never who; what an event
 * holds is shown to those who may see its matter. */
#include "api/api_int.h"
#include "record/body.h"

enum { CHECKPOINTS = 10, EVENTS = 50, EVENTS_MOST = 200 };

static bool log_get(struct call *c)
{
    struct ledger_head head;
    struct signed_checkpoint *list;
    struct reply r;
    size_t n;
    const struct keys *k = engine_keys(c->api->engine);
    if (!ledger_read_head(c->db, &head, c->e) || !checkpoint_newest(c->db, c->a, CHECKPOINTS, &list, &n, c->e))
        return false;
    struct hash root = tree_root(&head.tree);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &r))
        return true;
    jo_kc(&r.o, "origin", k->origin);
    jo_kv(&r.o, "vkey", checkpoint_vkey(c->a, k));
    jo_ki(&r.o, "size", head.tree.size);
    view_time(&r.o, c->w, "recorded", head.recorded);
    jo_kv(&r.o, "checkpoint", checkpoint_sign(c->a, k, head.tree.size, &root));
    jo_key(&r.o, "checkpoints");
    jo_arr(&r.o);
    for (size_t i = 0; i < n; i++) {
        jo_obj(&r.o);
        jo_ki(&r.o, "size", list[i].size);
        view_time(&r.o, c->w, "made", list[i].made);
        jo_kv(&r.o, "text", list[i].text);
        jo_end(&r.o);
    }
    jo_end(&r.o);
    return reply_end(c, &r);
}

/* ---- events in words ---- */

static struct str sys_type_name(const struct call *c, struct str type)
{
    static const struct {
        const char *type, *zh, *en;
    } NAMES[] = {{"sys.genesis", "开始记录", "Beginning"}, {"sys.area", "区划", "Areas"},
                 {"sys.org", "单位", "Unit"},              {"sys.account", "账号", "Account"},
                 {"sys.playbook", "业务规程", "Playbook"}, {"sys.calendar", "工作日历", "Calendar"},
                 {"sys.setting", "系统设置", "Setting"},   {"sys.search", "按电话查找", "Look-up by telephone"}};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        if (str_is(type, NAMES[i].type))
            return str_of(c->zh ? NAMES[i].zh : NAMES[i].en);
    return type;
}

static void put_kind(struct call *c, struct json_out *o, const struct event_body *ev)
{
    const struct playbook *p;
    struct words act = {ev->act, ev->act};
    struct str type = sys_type_name(c, ev->type);
    int record;
    if (world_type(c->w, ev->type, ev->pb, &p, &record)) {
        type = words_text(c, &p->records[record].name);
        act = view_action(&p->records[record], ev->act);
    } else if (!sys_words(ev->type, ev->act, &act)) {
        engine_builtin(ev->act, &act);
    }
    jo_kv(o, "type", type);
    jo_kv(o, "action", words_text(c, &act));
    jo_kv(o, "org", view_org(c->w, ev->org));
}

/* The matter of an event, when this caller may see it: else NULL. */
static bool matter_of(struct call *c, int64_t rid, struct record **out)
{
    bool found;
    *out = NULL;
    if (!record_load_rid(c->db, c->a, rid, &found, out, c->e))
        return false;
    if (!found || record_sealed(*out) || str_starts((*out)->type, STR("sys.")) || !actor_sees(&c->actor, c->w, *out))
        *out = NULL;
    return true;
}

static bool put_event(struct call *c, struct json_out *o, const struct event *ev)
{
    struct event_body body;
    struct record *r;
    if (!body_read(c->a, ev->body, &body, c->e) || !matter_of(c, ev->rid, &r))
        return false;
    jo_obj(o);
    jo_ki(o, "seq", ev->seq);
    jo_kv(o, "id", id_text(c->a, ev->id));
    view_time(o, c->w, "recorded", ev->recorded);
    put_kind(c, o, &body);
    if (r) {
        jo_kv(o, "record", id_text(c->a, r->id));
        jo_kv(o, "number", r->number);
    }
    jo_end(o);
    return true;
}

/* Newest first, behind `before`. */
static bool log_events(struct call *c)
{
    struct ledger_head head;
    struct event *list;
    struct reply r;
    size_t n;
    int64_t limit, before = INT64_MAX;
    struct str asked = http_query(c->rq, "before");
    if (asked.len && (!str_int(asked, &before) || before < 0))
        return err_field(c->e, ERR_INPUT, "before", "before: expected the number of an event");
    if (!call_limit(c, EVENTS, EVENTS_MOST, &limit) || !ledger_read_head(c->db, &head, c->e))
        return false;
    before = min64(before, head.tree.size);
    int64_t from = max64(0, before - limit);
    if (!ledger_range(c->db, c->a, from, before - from, &list, &n, c->e))
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_rows(c, STR_NONE, &r))
        return true;
    for (size_t i = n; i > 0; i--)
        if (!put_event(c, &r.o, &list[i - 1])) {
            buf_free(&r.b);
            return false;
        }
    jo_end(&r.o);
    jo_key(&r.o, "next");
    if (from)
        jo_int(&r.o, from);
    else
        jo_null(&r.o);
    return reply_end(c, &r);
}

/* ---- proofs ---- */

static void put_hashes(struct call *c, struct json_out *o, const struct hash *list, size_t n)
{
    jo_key(o, "proof");
    jo_arr(o);
    for (size_t i = 0; i < n; i++)
        jo_str(o, base64_of(c->a, HASH_STR(list[i]), false));
    jo_end(o);
}

/* A size in the query, at most that of the log. */
static bool take_size(struct call *c, const char *name, int64_t fallback, int64_t most, int64_t *out)
{
    struct str text = http_query(c->rq, name);
    *out = fallback;
    if (text.len && (!str_int(text, out) || *out < 1 || *out > most))
        return err_field(c->e, ERR_INPUT, name, "%s: expected a size from 1 to %lld", name, (long long)most) ||
               err_zh(c->e, "应是1到%lld之间的条数", (long long)most);
    return true;
}

static bool put_checkpoint(struct call *c, struct json_out *o, const char *key, int64_t size)
{
    struct hash root;
    if (!ledger_root(c->db, size, &root, c->e))
        return false;
    jo_kv(o, key, checkpoint_sign(c->a, engine_keys(c->api->engine), size, &root));
    return true;
}

static bool find_event(struct call *c, struct event *out)
{
    struct str named = http_query(c->rq, "event");
    struct id id;
    int64_t seq;
    bool found = false;
    if (str_int(named, &seq) ? !ledger_get(c->db, c->a, seq, &found, out, c->e)
                             : id_parse(named, &id) && !ledger_find(c->db, c->a, id, &found, out, c->e))
        return false;
    return found || err_field(c->e, ERR_NOT_FOUND, "event", "there is no such event") || err_zh(c->e, "没有这一条办理记录");
}

static bool log_proof(struct call *c)
{
    struct tree_source src = ledger_source(c->db);
    struct hash proof[TREE_PROOF];
    struct ledger_head head;
    struct record *matter;
    struct event ev;
    struct reply r;
    int64_t size;
    size_t n;
    if (!find_event(c, &ev) || !ledger_read_head(c->db, &head, c->e) ||
        !take_size(c, "size", head.tree.size, head.tree.size, &size) || !matter_of(c, ev.rid, &matter))
        return false;
    if (ev.seq >= size)
        return err_field(c->e, ERR_INPUT, "size", "the event came later than this checkpoint") ||
               err_zh(c->e, "这一条记录在该存证点之后");
    if (!tree_inclusion(&src, ev.seq, size, proof, &n, c->e) || !reply_begin(c, STR_NONE, &r))
        return !err_is(c->e);
    jo_ki(&r.o, "seq", ev.seq);
    jo_kv(&r.o, "id", id_text(c->a, ev.id));
    jo_ki(&r.o, "size", size);
    jo_kv(&r.o, "leaf", base64_of(c->a, HASH_STR(ev.leaf), false));
    if (matter) /* its bytes, so that the leaf itself is worked out again */
        jo_kv(&r.o, "body", ev.body);
    put_hashes(c, &r.o, proof, n);
    if (put_checkpoint(c, &r.o, "checkpoint", size))
        return reply_end(c, &r);
    buf_free(&r.b);
    return false;
}

static bool log_consistency(struct call *c)
{
    struct tree_source src = ledger_source(c->db);
    struct hash proof[TREE_PROOF];
    struct ledger_head head;
    struct reply r;
    int64_t from, to;
    size_t n = 0;
    if (!ledger_read_head(c->db, &head, c->e) || !take_size(c, "to", head.tree.size, head.tree.size, &to) ||
        !take_size(c, "from", to, to, &from))
        return false;
    if ((from < to && !tree_consistency(&src, from, to, proof, &n, c->e)) || !reply_begin(c, STR_NONE, &r))
        return !err_is(c->e);
    jo_ki(&r.o, "from", from);
    jo_ki(&r.o, "to", to);
    put_hashes(c, &r.o, proof, n);
    if (put_checkpoint(c, &r.o, "old", from) && put_checkpoint(c, &r.o, "new", to))
        return reply_end(c, &r);
    buf_free(&r.b);
    return false;
}

static const struct param EVENTS_QUERY[] = {
    {"before", "number of an event: those before it; absent: the newest"}, {"limit", "1 to 200, 50"}, {NULL, NULL}};
static const struct param PROOF_QUERY[] = {
    {"event", "number or id of the event"}, {"size", "of the checkpoint; absent: the present one"}, {NULL, NULL}};
static const struct param CONSISTENCY_QUERY[] = {
    {"from", "size of the older checkpoint"}, {"to", "size of the newer one; absent: the present one"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/log", PERM_AUDIT | PERM_ADMIN, log_get, "办理记录总账：条数和存证点",
           "The log: its size and its signed checkpoints")},
    {ROUTE(GET, "/api/log/events", PERM_AUDIT | PERM_ADMIN, log_events, "逐条办理记录", "The events of the log in words"),
     .query = EVENTS_QUERY},
    {ROUTE(GET, "/api/log/proof", PERM_AUDIT | PERM_ADMIN, log_proof, "一条记录在总账里的证明",
           "Inclusion proof of an event (RFC 6962), in parts that a browser checks"),
     .query = PROOF_QUERY},
    {ROUTE(GET, "/api/log/consistency", PERM_AUDIT | PERM_ADMIN, log_consistency, "后一个存证点接续前一个的证明",
           "Consistency proof of two checkpoints (RFC 6962)"),
     .query = CONSISTENCY_QUERY},
};
const struct route_list ROUTES_LOG = {ROWS, COUNT_OF(ROWS)};
