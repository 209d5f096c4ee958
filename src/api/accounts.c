/* Accounts: who they are and what they are trusted with.  Nothing is told of what anybody did, and nothing is
 * counted: there is no last log-in, no number of matters, no order but that of their making. */
#include "access/account.h"
#include "api/api_int.h"

enum { PAGE = 50, AT_ONCE = 500 };

/* Does the caller administer where its first role counts? */
static bool mine(struct call *c, const struct record *r)
{
    return actor_role(&c->actor, c->w, PERM_ADMIN, NULL, 0, world_area_by_id(c->w, r->area), NULL) != ROLE_NONE;
}

static bool plain_text(struct call *c, const struct record *r, const char *key, struct str *out)
{
    struct view v = {.c = c, .r = r};
    struct json *value = NULL;
    const struct json *ref = json_get(r->fields, key);
    *out = STR_NONE;
    if (value_detached(ref) && !view_plain(&v, ref, &value))
        return false;
    *out = json_str(value);
    return true;
}

static void put_roles(struct call *c, struct json_out *o, const struct record *r)
{
    jo_key(o, "roles");
    jo_arr(o);
    JSON_EACH (g, json_get(r->fields, "roles")) {
        enum role role = role_of(json_text(g, "role"));
        if (role != ROLE_NONE)
            view_grant(o, c->w, &(struct grant){role, json_num(g, "area", 0)}, c->zh);
    }
    jo_end(o);
}

static void put_account(struct call *c, struct json_out *o, const struct record *r, struct str login, struct str name)
{
    struct str org = json_text(r->fields, "org");
    jo_kv(o, "id", id_text(c->a, r->id));
    jo_kv(o, "login", login);
    jo_kv(o, "name", name);
    if (org.len) {
        jo_kv(o, "org", org);
        jo_kv(o, "org_name", view_org(c->w, org));
    }
    put_roles(c, o, r);
    if (record_closed(r) != TIME_NONE)
        jo_kb(o, "closed", true);
}

struct asked {
    int area;
    struct str org, search;
    bool closed;
};

static bool take_question(struct call *c, struct asked *q)
{
    struct str area = http_query(c->rq, "area");
    *q = (struct asked){.area = area.len ? world_area(c->w, area) : -1,
                        .org = http_query(c->rq, "org"),
                        .search = str_trim(http_query(c->rq, "search")),
                        .closed = str_is(http_query(c->rq, "closed"), "true")};
    return !area.len || q->area >= 0 ||
           err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
}

static bool fits(struct call *c, const struct asked *q, const struct record *r)
{
    if (!mine(c, r) || (record_closed(r) != TIME_NONE && !q->closed))
        return false;
    if (q->org.len && !str_eq(q->org, json_text(r->fields, "org")))
        return false;
    return q->area < 0 || world_area_below(c->w, world_area_by_id(c->w, r->area), q->area);
}

/* Are these words in the login, the name or the name of the unit? */
static bool named(struct call *c, struct str words, const struct record *r, struct str login, struct str name)
{
    struct str org = json_text(r->fields, "org");
    return !words.len || str_has(login, words) || str_has(name, words) ||
           (org.len && str_has(view_org(c->w, org), words));
}

/* Writes those of these that fit, until the page is full. */
static bool put_page(struct call *c, struct json_out *o, const struct asked *q, const struct sys_doc *docs, size_t n,
                     int64_t *room, int64_t *last)
{
    for (size_t i = 0; i < n && *room; i++) {
        struct str login, name;
        const struct record *r = docs[i].record;
        *last = docs[i].rid;
        if (!fits(c, q, r))
            continue;
        if (!plain_text(c, r, "login", &login) || !plain_text(c, r, "name", &name))
            return false;
        if (!named(c, q->search, r, login, name))
            continue;
        jo_obj(o);
        put_account(c, o, r, login, name);
        jo_end(o);
        --*room;
    }
    return true;
}

static bool accounts_list(struct call *c)
{
    struct asked q;
    struct sys_doc *docs;
    size_t n = AT_ONCE;
    int64_t last = 0, room;
    struct str after = http_query(c->rq, "after");
    if (after.len && !str_int(after, &last))
        return err_field(c->e, ERR_INPUT, "after", "expected what `next` said");
    if (!take_question(c, &q) || !call_limit(c, PAGE, AT_ONCE, &room))
        return false;
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_rows(c, STR_NONE, &r))
        return true;
    while (n == AT_ONCE && room) {
        if (!sys_docs(c, "sys.account", last, AT_ONCE, &docs, &n) ||
            !put_page(c, &r.o, &q, docs, n, &room, &last)) {
            buf_free(&r.b);
            return false;
        }
    }
    jo_end(&r.o);
    if (!room)
        jo_kv(&r.o, "next", str_printf(c->a, "%lld", (long long)last));
    return reply_end(c, &r);
}

static bool find_mine(struct call *c, struct record **r)
{
    struct id id;
    if (!call_id(c, "id", &id) || !sys_find(c, "sys.account", id, r))
        return false;
    return mine(c, *r) || err_set(c->e, ERR_NOT_FOUND, "there is no such account in your areas");
}

static bool accounts_get(struct call *c)
{
    struct record *r;
    struct str login, name;
    struct reply out;
    if (!find_mine(c, &r) || !plain_text(c, r, "login", &login) || !plain_text(c, r, "name", &name))
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &out))
        return false;
    put_account(c, &out.o, r, login, name);
    return reply_end(c, &out);
}

/* ---- passwords that are told once ---- */

/* Syllables, so that it can be read out and typed: 8 of 100, and two digits: 59 bits. */
static struct str first_password(struct arena *a)
{
    static const char CONSONANTS[] = "bcdfghjkmnprstvwxyzq", VOWELS[] = "aeiou";
    char out[32], *p = out;
    for (int i = 0; i < 10; i++) {
        uint32_t x;
        random_bytes(&x, sizeof x); /* 2^32 is so much more than 100 that the rest does not matter */
        if (i == 3 || i == 6)
            *p++ = '-';
        *p++ = i < 8 ? CONSONANTS[x % 20] : (char)('0' + x % 10);
        if (i < 8)
            *p++ = VOWELS[x / 20 % 5];
    }
    return str_dup(a, (struct str){out, (size_t)(p - out)});
}

struct fresh {
    struct call *c;
    struct id account;
    char hash[PASSWORD_HASH];
};

static bool save_fresh(void *user, struct store *db, struct err *e)
{
    struct fresh *f = user;
    return password_save(db, f->account, f->hash, f->c->now, e) &&
           session_end_all(f->c->api->sessions, db, f->account, NULL, f->c->now, e);
}

/* The event first: it says who gave the password.  Sent again after a lost answer, it is the same event and another
 * password, since the first one was seen by nobody. */
static bool with_password(struct call *c, struct pending *p)
{
    struct fresh f = {.c = c};
    struct answer ans;
    struct reply r;
    struct str password = first_password(c->a);
    p->ask.actor = &p->actor;
    ask_set_req(&p->ask);
    if (!hasher_make(c->api->hasher, password, f.hash, c->e))
        return false;
    if (!engine_act(c->api->engine, c->a, &p->ask, &ans)) {
        *c->e = ans.err;
        return false;
    }
    f.account = ans.record;
    if (!engine_credential(c->api->engine, save_fresh, &f, c->e))
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &r))
        return false;
    jo_kv(&r.o, "id", id_text(c->a, ans.record));
    jo_ki(&r.o, "version", ans.version);
    jo_kv(&r.o, "password", password);
    return reply_end(c, &r);
}

static bool accounts_open(struct call *c)
{
    struct pending p;
    return sys_take(c, "sys.account", STR("open"), &p) && with_password(c, &p);
}

static bool accounts_act(struct call *c)
{
    struct record *r;
    struct pending p;
    if (!str_is(http_part(c->rq, "action"), "reset"))
        return sys_act_on(c, "sys.account");
    if (!find_mine(c, &r) || !sys_take(c, "sys.account", STR("reset"), &p))
        return false;
    p.ask.rec = r->id;
    return with_password(c, &p);
}

static const struct param QUERY[] = {{"area", "only those whose first role lies in this area"},
                                     {"org", "only those of this unit"},
                                     {"search", "part of a login or a name"},
                                     {"closed", "true: also those that are closed"},
                                     {"limit", "rows of a page, 50"},
                                     {"after", "what `next` of the page before said"},
                                     {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/accounts", PERM_ADMIN, accounts_list, "账号", "Accounts of one's areas"), .query = QUERY},
    {ROUTE(GET, "/api/accounts/{id}", PERM_ADMIN, accounts_get, "一个账号", "One account")},
    {ROUTE(POST, "/api/accounts", PERM_ADMIN, accounts_open, "新增账号，得到初始密码（只显示一次）",
           "Add an account; its first password is told once"),
     .body = "id, fields"},
    {ROUTE(POST, "/api/accounts/{id}/actions/{action}", PERM_ADMIN, accounts_act,
           "账号：改角色、重设密码、停用、恢复使用", "Change, reset, close or open again an account"),
     .body = "id, fields"},
};
const struct route_list ROUTES_ACCOUNTS = {ROWS, COUNT_OF(ROWS)};
