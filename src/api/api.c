/* The app: start and stop, and what happens to every request before its handler. */
#include "access/account.h"
#include "api/api_int.h"
#include "api/imports.h"
#include "api/scan.h"
#include "engine/build.h"
#include <inttypes.h>
#include <sys/stat.h>

const struct route_list *const ROUTES[] = {
    &ROUTES_SESSION,
    &ROUTES_RECORDS,
    &ROUTES_ACTIONS,
    &ROUTES_INDICATORS,
    &ROUTES_AREAS,
    &ROUTES_ORGS,
    &ROUTES_ACCOUNTS,
    &ROUTES_FORMS,
    &ROUTES_PLAYBOOKS,
    &ROUTES_VERSIONS,
    &ROUTES_FILES,
    &ROUTES_STREAM,
    &ROUTES_RESIDENT,
    &ROUTES_SYSTEM,
    &ROUTES_OPENAPI,
    &ROUTES_NOTICES,
    &ROUTES_SIMILAR,
    &ROUTES_POINTS,
    &ROUTES_BORDERS,
    &ROUTES_DESK,
    &ROUTES_BULLETINS,
    &ROUTES_WALL,
    &ROUTES_LINK,
    &ROUTES_DOCUMENTS,
    &ROUTES_EXPORTS,
    &ROUTES_IMPORTS,
    &ROUTES_LOG,
    &ROUTES_BUDGET,
    &ROUTES_SCAN, &ROUTES_LIST_EXPORT,
};
const size_t ROUTES_N = COUNT_OF(ROUTES);

/* ---- answers ---- */

void reply_words(struct json_out *o, const char *key, const struct words *w)
{
    if (!w->zh.len)
        return;
    jo_key(o, key);
    jo_obj(o);
    jo_kv(o, "zh", w->zh);
    jo_kv(o, "en", words_en(w));
    jo_end(o);
}

void reply_flag(struct json_out *o, const char *key, bool v)
{
    if (v)
        jo_kb(o, key, true);
}

bool call_json(struct call *c, int status, struct buf *b)
{
    if (!buf_ok(b)) {
        buf_free(b);
        return err_set(c->e, ERR_TOO_BIG, "the answer is too large: ask for less");
    }
    http_answer_buf(c->rq, status, "application/json", b);
    return true;
}

bool call_body(struct call *c, struct json **out)
{
    struct str text = http_body(c->rq);
    if (!text.len)
        return err_set(c->e, ERR_INPUT, "expected a JSON object");
    if (!json_input(c->a, text, out, c->e))
        return false;
    return json_is(*out, J_OBJ) || err_set(c->e, ERR_INPUT, "expected a JSON object");
}

bool call_id(struct call *c, const char *part, struct id *out)
{
    return id_parse(http_part(c->rq, part), out) ||
           err_set(c->e, ERR_NOT_FOUND, "no such %s", part);
}

bool call_limit(struct call *c, int64_t fallback, int64_t most, int64_t *out)
{
    struct str s = http_query(c->rq, "limit");
    int64_t n = fallback;
    if (s.len && (!str_int(s, &n) || n < 1 || n > most))
        return err_field(c->e, ERR_INPUT, "limit", "limit: expected 1 to %lld", (long long)most);
    *out = n;
    return true;
}

bool call_unchanged(struct call *c, struct str tag)
{
    struct str etag = str_printf(c->a, "\"%.*s\"", STR_F(tag));
    http_set_header(c->rq, "ETag", etag);
    http_set_header(c->rq, "Cache-Control", STR("private, no-cache"));
    struct str have = http_header(c->rq, "If-None-Match");
    while (have.ptr) {
        struct str one = str_trim(str_cut(have, ',', &have));
        if (str_starts(one, STR("W/")))
            one = (struct str){one.ptr + 2, one.len - 2};
        if (str_eq(one, etag)) {
            http_answer(c->rq, 304, "application/json", STR_NONE);
            return true;
        }
    }
    return false;
}

bool reply_begin(struct call *c, struct str tag, struct reply *r)
{
    if (tag.len && call_unchanged(c, tag))
        return false;
    r->b = BUF(LIMIT_JSON_OUT);
    r->o = json_out(&r->b);
    jo_obj(&r->o);
    return true;
}

bool reply_end(struct call *c, struct reply *r)
{
    jo_end(&r->o);
    return call_json(c, 200, &r->b);
}

bool reply_rows(struct call *c, struct str tag, struct reply *r)
{
    if (!reply_begin(c, tag, r))
        return false;
    jo_key(&r->o, "rows");
    jo_arr(&r->o);
    return true;
}

bool reply_rows_end(struct call *c, struct reply *r)
{
    jo_end(&r->o);
    return reply_end(c, r);
}

struct str words_text(const struct call *c, const struct words *w)
{
    return c->zh ? w->zh : words_en(w);
}

/* ---- how often ---- */

static void limiter_init(struct limiter *l, int most)
{
    pthread_mutex_init(&l->lock, NULL);
    l->most = most;
}

bool limiter_take(struct limiter *l, struct str who, int64_t now)
{
    uint64_t h = str_hash(who) | 1;
    pthread_mutex_lock(&l->lock);
    size_t i = (size_t)(h % LIMITER_SLOTS);
    if (l->slots[i].who != h || now - l->slots[i].since >= MS_MINUTE || now < l->slots[i].since) {
        l->slots[i].who = h;
        l->slots[i].since = now;
        l->slots[i].n = 0;
    }
    bool ok = ++l->slots[i].n <= l->most;
    pthread_mutex_unlock(&l->lock);
    return ok;
}

void limiter_back(struct limiter *l, struct str who, int64_t now)
{
    uint64_t h = str_hash(who) | 1;
    pthread_mutex_lock(&l->lock);
    size_t i = (size_t)(h % LIMITER_SLOTS);
    if (l->slots[i].who == h && l->slots[i].since <= now && l->slots[i].n > 0)
        l->slots[i].n--;
    pthread_mutex_unlock(&l->lock);
}

bool call_try(struct call *c, struct limiter *l)
{
    if (limiter_take(l, http_peer(c->rq), c->now))
        return true;
    err_set(c->e, ERR_TOO_OFTEN, "too many wrong tries from this address: wait a minute");
    return err_zh(c->e, "这个网络地址一分钟内试错的次数太多，请一分钟后再试");
}

bool call_tried(struct call *c, struct limiter *l)
{
    limiter_back(l, http_peer(c->rq), c->now);
    return true;
}

/* ---- who ---- */

static bool identify(struct call *c)
{
    struct str cookie = http_cookie(c->rq, "bihuan");
    if (!cookie.len)
        return true;
    c->logged_in =
        session_check(c->api->sessions, c->db, cookie, c->w->sys_seq, c->now, &c->session, c->e);
    if (!c->logged_in && c->e->code == ERR_LOGIN) { /* an old cookie is no cookie */
        err_clear(c->e);
        return true;
    }
    c->actor = c->session.actor;
    return c->logged_in;
}

static bool may(struct call *c, const struct route *r)
{
    if (r->permission & PERM_PUBLIC)
        return true;
    if (!c->logged_in)
        return err_set(c->e, ERR_LOGIN, "log in first: POST /api/session");
    bool changes = r->method != HTTP_GET && r->method != HTTP_HEAD;
    if (changes && !session_csrf_ok(&c->session, http_header(c->rq, "X-CSRF-Token")))
        return err_set(c->e, ERR_CSRF, "send back the csrf of the session as X-CSRF-Token");
    if (!(actor_permissions(&c->actor) & r->permission))
        return err_set(c->e, ERR_FORBIDDEN, "no role of this account allows this");
    return true;
}

static bool enter(struct call *c)
{
    c->w = engine_world(c->api->engine, c->e);
    c->db = c->w ? engine_reader(c->api->engine, c->e) : NULL;
    if (!c->db)
        return false;
    store_deadline(c->db, READ_DEADLINE_MS);
    return store_begin(c->db, c->e) && identify(c);
}

/* How far the figures are that are still being built. */
static struct json *building(struct call *c)
{
    struct term_progress p = {.building = 0};
    struct err ignored = ERR_INIT;
    if (!build_progress(c->db, &p, &ignored))
        return NULL;
    struct json *extra = json_new(c->a, J_OBJ);
    json_set(c->a, extra, STR("done"), json_new_int(c->a, p.done));
    json_set(c->a, extra, STR("total"), json_new_int(c->a, p.total));
    return extra;
}

static void dispatch(struct http_request *rq, void *app)
{
    const struct route *r = http_route_of(rq)->user;
    struct err e = ERR_INIT;
    struct api *api = app;
    struct call c = {.api = api,
                     .rq = rq,
                     .a = http_arena(rq),
                     .e = &e,
                     .zh = problem_zh(rq),
                     .now = engine_now(api->engine)};
    http_set_header(rq, "X-Content-Type-Options", STR("nosniff"));
    bool ok = (r->light || (enter(&c) && may(&c, r))) && r->handle(&c);
    if (!ok)
        problem_answer(rq, &e, e.code == ERR_BUILDING ? building(&c) : NULL);
    engine_reader_back(api->engine, c.db);
    if (c.w)
        world_unref(c.w);
}

/* ---- start and stop ---- */

static struct http_route *all_routes(size_t *n)
{
    size_t count = 2, k = 0;
    for (size_t i = 0; i < ROUTES_N; i++)
        count += ROUTES[i]->n;
    struct http_route *table = mem_new(count * sizeof *table);
    for (size_t i = 0; i < ROUTES_N; i++) {
        for (size_t j = 0; j < ROUTES[i]->n; j++) {
            const struct route *r = &ROUTES[i]->rows[j];
            table[k++] = (struct http_route){.method = r->method,
                                             .path = r->path,
                                             .upload = r->upload,
                                             .handle = dispatch,
                                             .user = r};
        }
    }
    table[k++] = (struct http_route){.method = HTTP_GET, .path = "/", .handle = page_answer};
    table[k++] =
        (struct http_route){.method = HTTP_GET, .path = "/{file...}", .handle = page_answer};
    *n = k;
    return table;
}

bool api_start(struct engine *en, const struct api_config *cfg, struct api **out, struct err *e)
{
    struct api *api = mem_new(sizeof *api);
    memset(api, 0, sizeof *api);
    api->engine = en;
    api->secure_cookie = cfg->secure_cookie;
    api->started = engine_now(en);
    limiter_init(&api->resident, 20);
    limiter_init(&api->link, 60);
    limiter_init(&api->login, 30);
    size_t n;
    api->table = all_routes(&n);
    api->work_dir = cfg->work_dir ? cfg->work_dir : "/tmp";
    struct http_config http = {
        .listen = cfg->listen, .threads = 4, .proxies = cfg->proxies, .upload_dir = api->work_dir};
    api->imports = imports_new();
    api->scans = scans_new();
    bool ok = hasher_start(&api->hasher, e) &&
              (api->sessions = sessions_new()) && (api->hub = hub_start(api)) &&
              http_start(&http, api->table, n, api, &api->http, e);
    if (!ok) {
        api_stop(api, 0);
        return err_is(e) ? false : err_set(e, ERR_INTERNAL, "cannot start");
    }
    *out = api;
    return true;
}

/* ---- once a second ---- */

static bool housekeep(void *user, struct store *db, struct err *e)
{
    struct api *api = user;
    int64_t now = engine_now(api->engine);
    return sessions_save(api->sessions, db, now, e) && login_sweep(db, now, e);
}

void api_tick(struct api *api)
{
    struct err e = ERR_INIT;
    if (!sessions_due(api->sessions, engine_now(api->engine)))
        return;
    if (!engine_exclusive(api->engine, housekeep, api, &e))
        fprintf(stderr, "bihuan: sessions are not saved: %s\n", e.text);
}

int api_port(const struct api *api)
{
    return http_port(api->http);
}

static bool works(struct api *api)
{
    int n = atomic_load(&api->logins);
    for (int i = 0; i < APART_KINDS; i++)
        n += atomic_load(&api->apart[i]);
    return n > 0;
}

void api_stop(struct api *api, int seconds)
{
    if (!api)
        return;
    if (api->http)
        http_stop(api->http, seconds);
    atomic_store(&api->stopping, true);
    while (works(api)) {
        struct timespec t = {.tv_nsec = 10 * 1000 * 1000};
        nanosleep(&t, NULL);
    }
    imports_free(api->imports);
    scans_free(api->scans);
    hub_stop(api->hub);
    if (api->hasher)
        hasher_stop(api->hasher);
    sessions_free(api->sessions);
    pthread_mutex_destroy(&api->resident.lock);
    pthread_mutex_destroy(&api->login.lock);
    free(api->table);
    free(api);
}
