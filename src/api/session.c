/* Logging in and out.  A password takes a tenth of a second: it is checked on a thread of its own
 * while the request is parked, so that the server's threads go on. */
#include "access/account.h"
#include "api/api_int.h"

/* What such a thread needs; all texts live in the request's arena. */
struct slow {
    struct api *api;
    struct http_request *rq;
    struct arena *a;
    struct str login, password, fresh; /* fresh: the new password */
    struct str device;
    int64_t now;
    struct login tried;
    struct session mine;
    char cookie[SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1];
    char hash[PASSWORD_HASH];
    struct err e;
    void (*run)(struct slow *s);
};

static void *slow_thread(void *user)
{
    struct slow *s = user;
    struct api *api = s->api;
    s->run(s); /* answers: s is gone afterwards */
    atomic_fetch_sub(&api->logins, 1);
    return NULL;
}

static bool slow_start(struct call *c, struct slow *s, void (*fn)(struct slow *s))
{
    pthread_t t;
    s->api = c->api;
    s->rq = c->rq;
    s->a = c->a;
    s->now = c->now;
    s->run = fn;
    s->e = ERR_INIT;
    if (!call_try(c, &c->api->login))
        return false;
    if (atomic_fetch_add(&c->api->logins, 1) >= LOGIN_AT_ONCE) {
        atomic_fetch_sub(&c->api->logins, 1);
        return err_set(c->e, ERR_BUSY, "too many people log in at once");
    }
    http_park(c->rq);
    if (pthread_create(&t, NULL, slow_thread, s) != 0) {
        atomic_fetch_sub(&c->api->logins, 1);
        struct err e = ERR_INIT;
        err_set(&e, ERR_BUSY, "no thread for the log-in");
        problem_answer(c->rq, &e, NULL);
        return true;
    }
    pthread_detach(t);
    return true;
}

/* ---- who is it ---- */

/* today: the civil day of the database, which in a demonstration is not that of the device. */
static void put_me(struct json_out *o, struct arena *a, const struct world *w,
                   const struct session *s, struct str name, int64_t now, bool zh)
{
    char today[16];
    day_format(zone_day(w->zone, now), today);
    jo_obj(o);
    jo_kc(o, "today", today);
    if (world_setting(w, "demo.clock").len)
        jo_kb(o, "demo", true);
    view_time(o, w, "now", now);
    jo_kc(o, "csrf", s->csrf);
    jo_kv(o, "account", id_text(a, s->account));
    jo_kv(o, "name", name);
    if (s->actor.org[0]) {
        jo_kc(o, "org", s->actor.org);
        jo_kv(o, "org_name", view_org(w, str_of(s->actor.org)));
    }
    jo_key(o, "roles");
    jo_arr(o);
    for (int i = 0; i < s->actor.n_grants; i++)
        view_grant(o, w, &s->actor.grants[i], zh);
    jo_end(o);
    jo_ki(o, "permissions", actor_permissions(&s->actor));
    jo_kc(o, "zone", zone_name(w->zone));
    jo_end(o);
}

static void set_cookie(struct http_request *rq, struct arena *a, const struct api *api,
                       const char *value, bool gone)
{
    http_set_header(rq, "Set-Cookie",
                    str_printf(a, "bihuan=%s; Path=/; HttpOnly; SameSite=Strict%s%s", value,
                               api->secure_cookie ? "; Secure" : "", gone ? "; Max-Age=0" : ""));
}

/* ---- logging in ---- */

static bool settle(void *user, struct store *db, struct err *e)
{
    struct slow *s = user;
    if (!login_settle(db, &s->tried, s->now, e))
        return false;
    if (s->tried.state != LOGIN_OK)
        return true; /* the count has to be committed */
    return session_make(s->api->sessions, db, s->tried.account, s->device, s->now, s->cookie,
                        s->csrf, e);
}

/* Only wrong passwords count against an address. */
static bool was_right(struct slow *s)
{
    limiter_back(&s->api->login, http_peer(s->rq), s->now);
    return true;
}

static bool try_login(struct slow *s)
{
    struct store *db = engine_reader(s->api->engine, &s->e);
    bool ok = db && login_begin(db, s->login, s->now, &s->tried, &s->e);
    engine_reader_back(s->api->engine, db);
    return ok && login_verify(s->api->hasher, &s->tried, s->password, &s->e) &&
           engine_credential(s->api->engine, settle, s, &s->e) &&
           login_answer(&s->tried, s->now, &s->e) && was_right(s);
}

static void answer_me(struct slow *s)
{
    struct world *w = engine_world(s->api->engine, &s->e);
    struct store *db = w ? engine_reader(s->api->engine, &s->e) : NULL;
    struct session mine;
    bool zh = problem_zh(s->rq);
    struct str name = STR_NONE;
    struct call c = {.api = s->api,
                     .rq = s->rq,
                     .a = s->a,
                     .w = w,
                     .db = db,
                     .e = &s->e,
                     .zh = zh,
                     .now = s->now};
    bool ok =
        db &&
        session_check(s->api->sessions, db, str_of(s->cookie), w->sys_seq, s->now, &mine, &s->e) &&
        view_who(&c, str_of(mine.actor.by), &name);
    if (!ok) {
        engine_reader_back(s->api->engine, db);
        if (w)
            world_unref(w);
        problem_answer(s->rq, &s->e, NULL);
        return;
    }
    struct buf b = BUF(65536);
    struct json_out o = json_out(&b);
    put_me(&o, s->a, w, &mine, name, s->now, zh);
    engine_reader_back(s->api->engine, db);
    world_unref(w);
    set_cookie(s->rq, s->a, s->api, s->cookie, false);
    http_set_header(s->rq, "Cache-Control", STR("no-store"));
    http_answer_buf(s->rq, 200, "application/json", &b);
}

void session_answer(struct call *c, const char *cookie)
{
    struct slow s = {.api = c->api, .rq = c->rq, .a = c->a, .now = c->now, .e = ERR_INIT};
    snprintf(s.cookie, sizeof s.cookie, "%s", cookie);
    answer_me(&s);
}

struct str session_device(const struct call *c)
{
    struct str device = http_header(c->rq, "User-Agent");
    if (device.len > SESSION_DEVICE)
        device.len = SESSION_DEVICE;
    return str_utf8_ok(device) ? device : STR("?");
}

static void run_login(struct slow *s)
{
    if (try_login(s))
        answer_me(s);
    else
        problem_answer(s->rq, &s->e, NULL);
}

static bool session_post(struct call *c)
{
    static const char *const KNOWN[] = {"login", "password"};
    struct json *body;
    struct slow *s = ARENA_NEW(c->a, struct slow);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    s->login = str_trim(json_text(body, "login"));
    s->password = json_text(body, "password");
    if (!s->login.len || s->login.len > LOGIN_TEXT || !s->password.len)
        return err_set(c->e, ERR_BAD_LOGIN, "login and password are needed");
    s->device = session_device(c);
    return slow_start(c, s, run_login);
}

static bool session_get(struct call *c)
{
    struct str name;
    if (!view_who(c, str_of(c->actor.by), &name))
        return false;
    struct buf b = BUF(65536);
    struct json_out o = json_out(&b);
    put_me(&o, c->a, c->w, &c->session, name, c->now, c->zh);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

/* ---- ending ---- */

struct ending {
    struct call *c;
    struct str key;
    bool found;
};

static bool end_mine(void *user, struct store *db, struct err *e)
{
    struct ending *x = user;
    return session_logout(x->c->api->sessions, db, &x->c->session, x->c->now, e);
}

static bool end_one(void *user, struct store *db, struct err *e)
{
    struct ending *x = user;
    return session_end(x->c->api->sessions, db, x->c->session.account, x->key, x->c->now, &x->found,
                       e);
}

static bool session_delete(struct call *c)
{
    struct ending x = {.c = c};
    if (!engine_credential(c->api->engine, end_mine, &x, c->e))
        return false;
    set_cookie(c->rq, c->a, c->api, "", true);
    http_answer(c->rq, 204, "application/json", STR_NONE);
    return true;
}

static bool sessions_delete(struct call *c)
{
    struct ending x = {.c = c, .key = http_part(c->rq, "key")};
    if (!engine_credential(c->api->engine, end_one, &x, c->e))
        return false;
    if (!x.found)
        return err_set(c->e, ERR_NOT_FOUND, "this account has no such session");
    http_answer(c->rq, 204, "application/json", STR_NONE);
    return true;
}

static bool sessions_get(struct call *c)
{
    struct session_row *rows;
    size_t n;
    if (!session_list(c->api->sessions, c->db, c->a, &c->session, c->now, &rows, &n, c->e))
        return false;
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_key(&o, "rows");
    jo_arr(&o);
    for (size_t i = 0; i < n; i++) {
        jo_obj(&o);
        jo_kv(&o, "key", rows[i].key);
        view_time(&o, c->w, "made", rows[i].made);
        view_time(&o, c->w, "seen", rows[i].seen);
        view_time(&o, c->w, "ends", rows[i].ends);
        jo_kv(&o, "device", rows[i].device);
        jo_kb(&o, "current", rows[i].current);
        jo_end(&o);
    }
    jo_end(&o);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

/* ---- another password ---- */

static bool save_password(void *user, struct store *db, struct err *e)
{
    struct slow *s = user;
    if (!login_settle(db, &s->tried, s->now, e))
        return false;
    if (s->tried.state != LOGIN_OK || !id_eq(s->tried.account, s->mine.account))
        return true;
    return password_save(db, s->mine.account, s->hash, s->now, e) &&
           session_end_all(s->api->sessions, db, s->mine.account, &s->mine.token, s->now, e);
}

static bool change_password(struct slow *s)
{
    struct store *db = engine_reader(s->api->engine, &s->e);
    bool ok = db && login_begin(db, s->login, s->now, &s->tried, &s->e);
    engine_reader_back(s->api->engine, db);
    if (!ok || !login_verify(s->api->hasher, &s->tried, s->password, &s->e) ||
        !hasher_make(s->api->hasher, s->fresh, s->hash, &s->e) ||
        !engine_credential(s->api->engine, save_password, s, &s->e) ||
        !login_answer(&s->tried, s->now, &s->e))
        return false;
    return (id_eq(s->tried.account, s->mine.account) && was_right(s)) ||
           err_set(&s->e, ERR_BAD_LOGIN, "this is not the login of the session");
}

static void run_password(struct slow *s)
{
    if (change_password(s))
        http_answer(s->rq, 204, "application/json", STR_NONE);
    else
        problem_answer(s->rq, &s->e, NULL);
}

static bool password_put(struct call *c)
{
    static const char *const KNOWN[] = {"login", "password", "new"};
    struct json *body;
    struct slow *s = ARENA_NEW(c->a, struct slow);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    s->login = str_trim(json_text(body, "login"));
    s->password = json_text(body, "password");
    s->fresh = json_text(body, "new");
    s->mine = c->session;
    if (!s->login.len || s->login.len > LOGIN_TEXT || !s->password.len)
        return err_set(c->e, ERR_BAD_LOGIN, "login and password are needed");
    if (!password_check(s->login, s->fresh, c->e))
        return false;
    return slow_start(c, s, run_password);
}

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/session", PERM_PUBLIC, session_post, "登录", "Log in"),
     .body = "login, password"},
    {ROUTE(GET, "/api/session", PERM_SELF, session_get, "我是谁", "Who am I?")},
    {ROUTE(DELETE, "/api/session", PERM_SELF, session_delete, "退出", "Log out")},
    {ROUTE(GET, "/api/sessions", PERM_SELF, sessions_get, "我的登录", "Where I am logged in")},
    {ROUTE(DELETE, "/api/sessions/{key}", PERM_SELF, sessions_delete, "结束一处登录",
           "End one session")},
    {ROUTE(PUT, "/api/session/password", PERM_SELF, password_put, "改密码", "Another password"),
     .body = "login, password, new"},
};
const struct route_list ROUTES_SESSION = {ROWS, COUNT_OF(ROWS)};
