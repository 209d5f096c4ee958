/* Tables that are brought in from the page: looked at, tried, imported, and what was refused given back.
 *
 * What was sent lies here as a file without a name until it is dropped, for one account, at most an hour after it
 * was last asked about; nothing of it outlives the server.  A run is a thread of its own, gentle with the writer. */
#include "api/api_int.h"
#include "api/imports.h"
#include "api/temp.h"
#include "exchange/import.h"
#include "exchange/import_look.h"
#include "exchange/mapping.h"
#include "playbook/yaml_json.h"
#include <fcntl.h>
#include <unistd.h>

enum { IMPORTS = 8, IMPORTS_RUNNING = 2, IDLE_MS = MS_HOUR, REASONS = 20, REJECTS_MOST = 64 * 1024 * 1024 };

enum import_state { IMPORT_READY, IMPORT_RUNS, IMPORT_DONE, IMPORT_STOPPED };

struct reason {
    int64_t line;
    struct str why;
};

/* One run: read by its thread alone until it ended. */
struct run {
    struct arena *arena;
    struct imported *of;
    struct engine *engine;
    struct actor actor;
    struct str mapping, area;
    bool dry;
    atomic_llong done, total;
    struct import_result result;
    struct reason reasons[REASONS];
    int n_reasons;
    struct temp rejects;
    struct err err;
};

struct imported {
    struct imports *all;
    struct arena *arena; /* NULL: this place is free */
    struct id id, account;
    struct str name, type;
    struct temp file;
    struct import_look look;
    struct json *guess;
    enum import_state state;
    struct run *run; /* the last one, or NULL */
    int64_t touched;
};

struct imports {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    struct imported list[IMPORTS];
    int running;
    atomic_bool stop;
};

/* ---- the places; all of it under the lock ---- */

struct imports *imports_new(void)
{
    struct imports *m = calloc(1, sizeof *m);
    ASSERT(m);
    pthread_mutex_init(&m->lock, NULL);
    pthread_cond_init(&m->ended, NULL);
    return m;
}

static void run_free(struct run *r)
{
    if (!r)
        return;
    temp_close(&r->rejects);
    arena_free(r->arena);
}

static void place_free(struct imported *x)
{
    run_free(x->run);
    temp_close(&x->file);
    arena_free(x->arena);
    *x = (struct imported){.arena = NULL, .file = TEMP_NONE};
}

void imports_free(struct imports *m)
{
    if (!m)
        return;
    atomic_store(&m->stop, true);
    pthread_mutex_lock(&m->lock);
    while (m->running)
        pthread_cond_wait(&m->ended, &m->lock);
    pthread_mutex_unlock(&m->lock);
    for (int i = 0; i < IMPORTS; i++)
        if (m->list[i].arena)
            place_free(&m->list[i]);
    pthread_mutex_destroy(&m->lock);
    pthread_cond_destroy(&m->ended);
    free(m);
}

/* A free place, or that of the import which was left alone for longest. */
static struct imported *take_place(struct imports *m, int64_t now)
{
    struct imported *oldest = NULL;
    for (int i = 0; i < IMPORTS; i++) {
        struct imported *x = &m->list[i];
        if (x->arena && x->state != IMPORT_RUNS && now - x->touched > IDLE_MS)
            place_free(x);
        if (!x->arena)
            return x;
        if (x->state != IMPORT_RUNS && (!oldest || x->touched < oldest->touched))
            oldest = x;
    }
    if (oldest)
        place_free(oldest);
    return oldest;
}

static struct imported *find(struct call *c)
{
    struct id id;
    if (!call_id(c, "id", &id))
        return NULL;
    for (int i = 0; i < IMPORTS; i++) {
        struct imported *x = &c->api->imports->list[i];
        if (x->arena && id_eq(x->id, id) && id_eq(x->account, c->actor.account)) {
            x->touched = c->now;
            return x;
        }
    }
    err_set(c->e, ERR_NOT_FOUND, "this import is not here (any more): send the file again");
    err_zh(c->e, "这份表已不在服务器上，请重新放入文件");
    return NULL;
}

/* ---- as an answer ---- */

static void put_texts(struct json_out *o, const char *key, const struct str *list, int n)
{
    jo_key(o, key);
    jo_arr(o);
    for (int i = 0; i < n; i++)
        jo_str(o, list[i]);
    jo_end(o);
}

static void put_columns(struct json_out *o, const struct import_look *look)
{
    jo_key(o, "columns");
    jo_arr(o);
    for (size_t i = 0; i < look->n; i++) {
        const struct column_look *c = &look->columns[i];
        jo_obj(o);
        jo_kv(o, "name", c->name);
        jo_ki(o, "filled", c->filled);
        put_texts(o, "samples", c->samples, c->n_samples);
        put_texts(o, "values", c->values, c->n_values);
        jo_end(o);
    }
    jo_end(o);
}

static void put_result(struct json_out *o, const struct run *r)
{
    const struct import_result *x = &r->result;
    jo_key(o, "result");
    jo_obj(o);
    jo_ki(o, "read", x->read);
    jo_ki(o, "new", x->created);
    jo_ki(o, "updated", x->updated);
    jo_ki(o, "same", x->same);
    jo_ki(o, "rejected", x->rejected);
    jo_ki(o, "area_unknown", x->area_unknown);
    jo_ki(o, "area_above", x->area_above);
    jo_kv(o, "unused_columns", x->unused);
    jo_key(o, "reasons");
    jo_arr(o);
    for (int i = 0; i < r->n_reasons; i++) {
        jo_obj(o);
        jo_ki(o, "line", r->reasons[i].line);
        jo_kv(o, "why", r->reasons[i].why);
        jo_end(o);
    }
    jo_end(o);
    jo_end(o);
}

static void put_run(struct json_out *o, const struct imported *x, bool zh)
{
    static const char *const STATES[] = {"ready", "running", "done", "stopped"};
    const struct run *r = x->run;
    jo_kc(o, "state", STATES[x->state]);
    if (!r)
        return;
    jo_kb(o, "dry", r->dry);
    int64_t total = atomic_load(&r->total), done = atomic_load(&r->done);
    total = total ? total : x->look.rows + 1;
    jo_ki(o, "per_mille", x->state != IMPORT_RUNS ? 1000 : min64(done * 1000 / total, 999));
    if (x->state == IMPORT_RUNS)
        return;
    put_result(o, r);
    if (x->state == IMPORT_STOPPED)
        jo_kc(o, "error", zh && r->err.zh[0] ? r->err.zh : zh ? err_title_zh(r->err.code) : r->err.text);
}

static bool answer(struct call *c, int status, const struct imported *x, bool whole)
{
    struct buf b = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "id", id_text(c->a, x->id));
    jo_kv(&o, "name", x->name);
    jo_kv(&o, "type", x->type);
    jo_ki(&o, "rows", x->look.rows);
    if (whole) {
        put_columns(&o, &x->look);
        jo_key(&o, "mapping");
        jo_json(&o, x->guess);
    }
    put_run(&o, x, c->zh);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, status, &b);
}

/* ---- a file comes in ---- */

static bool take_file(struct call *c, struct imported *x)
{
    const char *path = http_upload_file(c->rq);
    struct str type = http_query(c->rq, "type"), name = http_query(c->rq, "name");
    if (!path)
        return err_set(c->e, ERR_INPUT, "expected the file as the body of the request") || err_zh(c->e, "文件是空的");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(c->e, ERR_IO, "the upload cannot be read");
    x->file = temp_of(fd);
    x->id = id_new(c->now);
    x->account = c->actor.account;
    x->name = str_dup(x->arena, name.len && str_utf8_ok(name) && name.len <= 200 ? name : STR("table"));
    x->type = str_dup(x->arena, type);
    x->touched = c->now;
    return import_look(x->arena, c->w, x->file.path, x->type, &x->look, c->e) &&
           yaml_json(x->arena, "mapping", x->look.mapping, &x->guess, c->e);
}

static bool imports_post(struct call *c)
{
    struct imports *m = c->api->imports;
    struct imported fresh = {.all = m, .arena = arena_new(), .file = TEMP_NONE, .state = IMPORT_READY};
    if (!take_file(c, &fresh)) {
        place_free(&fresh);
        if (!c->e->zh[0])
            err_zh(c->e, "这份文件读不了，请用 Excel（.xlsx）或 CSV 文件：%.200s", arena_printf(c->a, "%s", c->e->text));
        return false;
    }
    pthread_mutex_lock(&m->lock);
    struct imported *x = take_place(m, c->now);
    if (x)
        *x = fresh;
    bool ok = x ? answer(c, 201, x, true) : err_set(c->e, ERR_BUSY, "too many imports run: try again later");
    pthread_mutex_unlock(&m->lock);
    if (!x)
        place_free(&fresh);
    return ok;
}

static bool imports_get(struct call *c)
{
    struct imports *m = c->api->imports;
    pthread_mutex_lock(&m->lock);
    const struct imported *x = find(c);
    bool ok = x && answer(c, 200, x, false);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static bool imports_delete(struct call *c)
{
    struct imports *m = c->api->imports;
    pthread_mutex_lock(&m->lock);
    struct imported *x = find(c);
    bool runs = x && x->state == IMPORT_RUNS;
    if (runs)
        err_set(c->e, ERR_WRONG_STATE, "this import runs");
    else if (x)
        place_free(x);
    pthread_mutex_unlock(&m->lock);
    if (!x || runs)
        return false;
    http_answer(c->rq, 204, "application/json", STR_NONE);
    return true;
}

/* ---- a mapping that was kept as a file ---- */

static bool mapping_post(struct call *c)
{
    static const char *const KNOWN[] = {"text"};
    struct json *body, *mapping;
    struct reply r;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    if (!yaml_json(c->a, "mapping", json_text(body, "text"), &mapping, c->e))
        return err_zh(c->e, "这个文件不是字段对照：%.200s", arena_printf(c->a, "%s", c->e->text));
    if (!json_is(mapping, J_OBJ))
        return err_field(c->e, ERR_INPUT, "text", "expected a mapping (docs/import.md)") ||
               err_zh(c->e, "这个文件不是字段对照");
    if (!reply_begin(c, STR_NONE, &r))
        return true;
    jo_key(&r.o, "mapping");
    jo_json(&r.o, mapping);
    return reply_end(c, &r);
}

/* ---- running ---- */

static void progress(void *self, int64_t done, int64_t total)
{
    struct run *r = self;
    atomic_store(&r->done, done);
    atomic_store(&r->total, total);
}

static void refused(void *self, int64_t line, struct str why)
{
    struct run *r = self;
    if (r->n_reasons < REASONS)
        r->reasons[r->n_reasons++] = (struct reason){line, str_dup(r->arena, why)};
}

static void *run_thread(void *user)
{
    struct run *r = user;
    struct imports *m = r->of->all;
    struct import_ask ask = {.engine = r->engine, .actor = &r->actor, .mapping_name = "mapping", .mapping = r->mapping,
                             .file = r->of->file.path, .rejects = r->rejects.path, .rejects_kind = TABLE_XLSX,
                             .area = r->area, .progress = progress, .progress_self = r, .refused = refused,
                             .refused_self = r, .dry = r->dry, .gently = true, .stop = &m->stop};
    bool ok = import_run(r->arena, &ask, &r->result, &r->err);
    pthread_mutex_lock(&m->lock);
    r->of->state = ok ? IMPORT_DONE : IMPORT_STOPPED;
    m->running--;
    pthread_cond_broadcast(&m->ended);
    pthread_mutex_unlock(&m->lock);
    return NULL;
}

/* The widest area in which this account may import: where rows go that name no area. */
static struct str own_area(const struct call *c)
{
    for (int i = 0; i < c->actor.n_grants; i++) {
        const struct grant *g = &c->actor.grants[i];
        int area = world_area_by_id(c->w, g->area);
        if (area >= 0 && role_permissions(g->role) & PERM_IMPORT)
            return c->w->areas[area].code;
    }
    return STR_NONE;
}

static struct run *run_of(struct call *c, struct imported *x, const struct json *body)
{
    struct arena *a = arena_new();
    struct run *r = ARENA_NEW(a, struct run);
    struct buf b AUTO(buf_free) = BUF(LIMIT_PLAYBOOK);
    struct str area = json_text(body, "area");
    json_write(&b, json_get(body, "mapping"));
    r->arena = a;
    r->of = x;
    r->engine = c->api->engine;
    r->actor = c->actor;
    r->mapping = buf_dup(a, &b);
    r->area = str_dup(a, area.len ? area : own_area(c));
    r->dry = json_yes(body, "dry");
    r->rejects = TEMP_NONE;
    r->err = ERR_INIT;
    return r;
}

static bool start(struct call *c, struct imported *x, struct run *r)
{
    struct imports *m = x->all;
    pthread_t t;
    if (x->state == IMPORT_RUNS)
        return err_set(c->e, ERR_WRONG_STATE, "this import runs already");
    if (m->running >= IMPORTS_RUNNING)
        return err_set(c->e, ERR_BUSY, "other imports run: try again later");
    if (!temp_open(&r->rejects, c->e))
        return false;
    if (pthread_create(&t, NULL, run_thread, r) != 0)
        return err_set(c->e, ERR_BUSY, "no thread for the import");
    pthread_detach(t);
    run_free(x->run);
    x->run = r;
    x->state = IMPORT_RUNS;
    m->running++;
    return true;
}

/* The mapping is read once before, so that a wrong one is said at once. */
static bool check_mapping(struct call *c, const struct run *r)
{
    struct import_map *map;
    return mapping_read(c->a, "mapping", r->mapping, c->w, &map, c->e) ||
           err_zh(c->e, "字段对照有误：%.200s", arena_printf(c->a, "%s", c->e->text));
}

static bool imports_run(struct call *c)
{
    static const char *const KNOWN[] = {"mapping", "area", "dry"};
    struct imports *m = c->api->imports;
    struct json *body;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    if (!json_is(json_get(body, "mapping"), J_OBJ))
        return err_field(c->e, ERR_REQUIRED, "mapping", "mapping: which column is which field (docs/import.md)");
    pthread_mutex_lock(&m->lock);
    struct imported *x = find(c);
    struct run *r = x ? run_of(c, x, body) : NULL;
    bool ok = r && check_mapping(c, r) && start(c, x, r);
    if (!ok)
        run_free(r);
    ok = ok && answer(c, 202, x, false);
    pthread_mutex_unlock(&m->lock);
    return ok;
}

static bool imports_rejects(struct call *c)
{
    struct imports *m = c->api->imports;
    struct str bytes = STR_NONE, name = STR_NONE;
    pthread_mutex_lock(&m->lock);
    const struct imported *x = find(c);
    bool ok = x != NULL;
    if (x && (!x->run || x->state == IMPORT_RUNS))
        ok = err_set(c->e, ERR_WRONG_STATE, "nothing was tried or imported yet");
    if (ok)
        name = str_printf(c->a, "%.*s-退回.xlsx", STR_F(x->name));
    ok = ok && file_read(c->a, x->run->rejects.path, REJECTS_MOST, &bytes, c->e);
    pthread_mutex_unlock(&m->lock);
    if (!ok)
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Content-Disposition", disposition(c->a, name, false));
    http_answer(c->rq, 200, MIME_XLSX, bytes);
    return true;
}

static const struct param POST_QUERY[] = {{"type", "record type, as dispute.dispute"},
                                          {"name", "name of the file, for people"},
                                          {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/imports", PERM_IMPORT, imports_post, "放入一份表格（Excel 或 CSV），看它有哪些列",
           "A table (xlsx or CSV) to be imported: its columns, and a guessed mapping"),
     .query = POST_QUERY, .upload = true},
    {ROUTE(POST, "/api/imports/mapping", PERM_IMPORT, mapping_post, "读一份存下的字段对照",
           "A mapping kept as a file (YAML), as JSON"),
     .body = "text"},
    {ROUTE(GET, "/api/imports/{id}", PERM_IMPORT, imports_get, "导入到哪里了、结果如何", "How far an import is, and its result")},
    {ROUTE(POST, "/api/imports/{id}/run", PERM_IMPORT, imports_run, "试导入或导入", "Try the import, or do it"),
     .body = "mapping (as docs/import.md, in JSON), area, dry"},
    {ROUTE(GET, "/api/imports/{id}/rejects", PERM_IMPORT, imports_rejects, "没导入的行和原因（Excel）",
           "The rows that were refused, with reasons, as xlsx")},
    {ROUTE(DELETE, "/api/imports/{id}", PERM_IMPORT, imports_delete, "不要这份表了", "Drop the table")},
};
const struct route_list ROUTES_IMPORTS = {ROWS, COUNT_OF(ROWS)};
