/* Logging in on a phone by scanning a code from the desk's screen.
 *
 * A session shows a code: 32 random bytes, of which only the hash is kept, here in memory, with that session.  Within
 * a minute, once, and only while that session stands, whoever opens the code gets a session of his own of the same
 * account; it is among "my sessions" like every other.  One code a session: the next one ends the one before.  With
 * several servers the phone has to reach the one that showed it. */
#include "api/api_int.h"
#include "api/scan.h"

enum { SCAN_BYTES = 32 };

struct scan {
    struct hash code, desk; /* desk: the token of the session that shows it */
    int64_t until;          /* 0: free */
    bool used;
};

struct scans {
    pthread_mutex_t lock;
    struct scan list[SCANS];
};

struct scans *scans_new(void)
{
    struct scans *s = calloc(1, sizeof *s);
    ASSERT(s);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void scans_free(struct scans *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ---- the table; all of it under the lock ---- */

static struct scan *of_desk(struct scans *s, const struct hash *desk)
{
    for (int i = 0; i < SCANS; i++)
        if (s->list[i].until && hash_eq(&s->list[i].desk, desk))
            return &s->list[i];
    return NULL;
}

/* The place of this session, or one whose time is over. */
static struct scan *take(struct scans *s, const struct hash *desk, int64_t now)
{
    struct scan *mine = of_desk(s, desk);
    for (int i = 0; i < SCANS && !mine; i++)
        if (s->list[i].until <= now)
            mine = &s->list[i];
    return mine;
}

bool scans_show(struct scans *s, const struct hash *desk, struct str code, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    struct scan *x = take(s, desk, now);
    if (x)
        *x = (struct scan){hash_sha256(code), *desk, now + SCAN_MS, false};
    pthread_mutex_unlock(&s->lock);
    return x != NULL;
}

bool scans_open(struct scans *s, struct str code, bool use, int64_t now, struct hash *desk)
{
    struct hash h = hash_sha256(code);
    bool found = false;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < SCANS && !found; i++) {
        struct scan *x = &s->list[i];
        if (x->until <= now || x->used || !hash_eq(&x->code, &h))
            continue;
        found = true;
        x->used = use;
        *desk = x->desk;
    }
    pthread_mutex_unlock(&s->lock);
    return found;
}

const char *scans_state(struct scans *s, const struct hash *desk, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    const struct scan *x = of_desk(s, desk);
    const char *state = !x ? "none" : x->used ? "used" : x->until <= now ? "over" : "open";
    pthread_mutex_unlock(&s->lock);
    return state;
}

/* ---- the desk ---- */

static struct str new_code(struct call *c)
{
    uint8_t raw[SCAN_BYTES];
    random_bytes(raw, sizeof raw);
    return base64_of(c->a, (struct str){(const char *)raw, sizeof raw}, true);
}

static bool scan_post(struct call *c)
{
    struct str code = new_code(c);
    struct reply r;
    if (!scans_show(c->api->scans, &c->session.token, code, c->now))
        return err_set(c->e, ERR_BUSY, "too many codes are shown: try again in a minute");
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &r))
        return true;
    struct str link = str_printf(c->a, "%.*s/scan#%.*s", STR_F(call_address(c)), STR_F(code));
    jo_kv(&r.o, "link", link);
    jo_ki(&r.o, "seconds", SCAN_MS / MS_SECOND);
    if (call_modules(c, &r.o, link))
        return reply_end(c, &r);
    buf_free(&r.b);
    return false;
}

/* Was the code of this very session taken?  The screen that shows it asks. */
static bool scan_get(struct call *c)
{
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &r))
        return true;
    jo_kc(&r.o, "state", scans_state(c->api->scans, &c->session.token, c->now));
    return reply_end(c, &r);
}

/* ---- the phone ---- */

/* One answer for a code that is wrong, used, over, or whose session or account has ended. */
static bool opens_nothing(struct call *c)
{
    err_clear(c->e);
    err_set(c->e, ERR_NOT_FOUND, "this code opens nothing (any more): show a new one at the desk");
    return err_zh(c->e, "二维码已用过或过期，请在电脑上重新显示一个");
}

static bool take_code(struct call *c, struct str *code)
{
    static const char *const KNOWN[] = {"code"};
    struct json *body;
    if (!call_try(c, &c->api->login))
        return false;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    *code = json_text(body, "code");
    return true;
}

/* Whose code it is; `use` takes it, once. */
static bool desk_of(struct call *c, struct str code, bool use, struct session *desk)
{
    struct hash token;
    if (!scans_open(c->api->scans, code, use, c->now, &token))
        return opens_nothing(c);
    if (session_again(c->api->sessions, c->db, &token, c->w->sys_seq, c->now, desk, c->e))
        return true;
    return c->e->code == ERR_LOGIN ? opens_nothing(c) : false;
}

static bool scan_look(struct call *c)
{
    struct session desk;
    struct str code, name;
    struct reply r;
    if (!take_code(c, &code) || !desk_of(c, code, false, &desk) || !view_who(c, str_of(desk.actor.by), &name))
        return false;
    call_tried(c, &c->api->login);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (!reply_begin(c, STR_NONE, &r))
        return true;
    jo_kv(&r.o, "name", name);
    if (desk.actor.org[0])
        jo_kv(&r.o, "org_name", view_org(c->w, str_of(desk.actor.org)));
    return reply_end(c, &r);
}

struct entering {
    struct call *c;
    struct id account;
    char cookie[SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1];
};

static bool make_session(void *user, struct store *db, struct err *e)
{
    struct entering *x = user;
    return session_make(x->c->api->sessions, db, x->account, session_device(x->c), x->c->now, x->cookie, x->csrf, e);
}

static bool scan_enter(struct call *c)
{
    struct session desk;
    struct str code;
    struct entering x = {.c = c};
    if (!take_code(c, &code) || !desk_of(c, code, false, &desk))
        return false;
    if (c->logged_in && !id_eq(c->session.account, desk.account))
        return err_set(c->e, ERR_WRONG_STATE, "another account is logged in on this device: log out first") ||
               err_zh(c->e, "这部手机登着另一个账号，请先退出再扫");
    if (!desk_of(c, code, true, &desk)) /* of two that come at once the second one finds it used */
        return false;
    call_tried(c, &c->api->login);
    x.account = desk.account;
    if (!engine_credential(c->api->engine, make_session, &x, c->e))
        return false;
    session_answer(c, x.cookie);
    return true;
}

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/session/scan", PERM_SELF, scan_post, "显示手机登录的二维码",
           "A code by which a phone is logged in, for a minute and once")},
    {ROUTE(GET, "/api/session/scan", PERM_SELF, scan_get, "二维码用过没有", "Was the code of this session taken?")},
    {ROUTE(POST, "/api/scan/look", PERM_PUBLIC, scan_look, "扫码：是谁的", "Whose code it is"), .body = "code"},
    {ROUTE(POST, "/api/scan", PERM_PUBLIC, scan_enter, "扫码登录", "Log in by a scanned code"), .body = "code"},
};
const struct route_list ROUTES_SCAN = {ROWS, COUNT_OF(ROWS)};
