/* A list as a file: the question of a list, all its pages, in the memory of one.
 *
 * It is written apart (apart.c) into a file without a name and sent from there, so a slow reader holds neither a
 * thread nor a snapshot, what fails is told in words instead of a table that breaks off, and the browser knows how
 * long it is.  Persons leave masked and sealed matters shut, so it is no look, and no event. */
#include "api/api_int.h"
#include "api/temp.h"
#include "exchange/list_file.h"
#include <time.h>

/* Shorter than a parked request may wait (http.h). */
enum { EXPORT_MS = 50 * MS_SECOND };

struct exporting {
    struct api *api;
    struct http_request *rq;
    struct world *w;
    struct find_question q;
    struct str columns; /* none: all */
    enum export_words words;
    enum list_kind kind;
    struct str day;
    int64_t end; /* ms, steady */
};

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

static bool go_on(void *user, int64_t rows, struct err *e)
{
    const struct exporting *x = user;
    if (atomic_load(&x->api->stopping))
        return err_set(e, ERR_BUSY, "the server is being stopped");
    if (steady_ms() < x->end)
        return true;
    err_set(e, ERR_TOO_BIG, "more than %lld rows: filter more, or have it written by the command bihuan export",
            (long long)rows);
    return err_zh(e, "超过%lld件，导不完：请再筛选，或请管理员用命令 bihuan export 导出", (long long)rows);
}

static bool write_list(struct exporting *x, struct store *db, const char *path, struct str *name, struct err *e)
{
    struct arena *a = http_arena(x->rq);
    struct find_pages pages;
    struct export_list list;
    if (!export_open(a, db, engine_keys(x->api->engine), x->w, x->q.type, x->words, &list, e) ||
        (x->columns.len && !export_pick(a, &list, x->columns, e)))
        return false;
    find_pages_open(&pages, db, &x->q, x->q.n_scopes ? -1 : 0);
    struct list_file file = {.x = &list, .pages = &pages, .go_on = go_on, .user = x};
    bool ok = list_file(&file, x->kind, path, e);
    find_pages_close(&pages);
    *name = str_printf(a, "%.*s %.*s.%s", STR_F(export_name(&list, &list.def->name)), STR_F(x->day),
                       x->kind == LIST_XLSX ? "xlsx" : "csv");
    return ok;
}

static void export_now(void *user)
{
    struct exporting *x = user;
    struct err e = ERR_INIT;
    struct temp file = TEMP_NONE;
    struct str name;
    struct store *db = engine_reader(x->api->engine, &e);
    bool ok = db && temp_open_in(&file, x->api->work_dir, &e) && write_list(x, db, file.path, &name, &e);
    engine_reader_back(x->api->engine, db);
    world_unref(x->w);
    if (ok) {
        http_set_header(x->rq, "Cache-Control", STR("no-store"));
        http_answer_file(x->rq, file.path, x->kind == LIST_XLSX ? MIME_XLSX : "text/csv; charset=utf-8", name);
    } else {
        problem_answer(x->rq, &e, NULL);
    }
    temp_close(&file);
}

static bool take_kind(struct call *c, enum list_kind *out)
{
    struct str format = http_query(c->rq, "format");
    *out = str_is(format, "csv") ? LIST_CSV : LIST_XLSX;
    return !format.len || str_is(format, "csv") || str_is(format, "xlsx") ||
           err_field(c->e, ERR_INPUT, "format", "format: expected csv or xlsx");
}

/* What is wrong with the question is said before a thread is taken for it. */
static bool try_question(struct call *c, const struct exporting *x)
{
    struct find_question q = x->q;
    struct find_answer first;
    struct export_list list;
    q.limit = 1;
    q.deadline_ms = 0;
    return export_open(c->a, c->db, engine_keys(c->api->engine), c->w, q.type, x->words, &list, c->e) &&
           (!x->columns.len || export_pick(c->a, &list, x->columns, c->e)) &&
           (!q.n_scopes || find_records(c->db, c->a, &q, &first, c->e));
}

static bool list_export(struct call *c)
{
    struct exporting *x = ARENA_NEW(c->a, struct exporting);
    struct str *scopes = ARENA_ARRAY(c->a, struct str, LIMIT_SCOPES);
    int area;
    char day[16];
    *x = (struct exporting){.api = c->api,
                            .rq = c->rq,
                            .words = c->zh ? EXPORT_ZH : EXPORT_EN,
                            .columns = http_query(c->rq, "columns"),
                            .end = steady_ms() + EXPORT_MS};
    if (!take_kind(c, &x->kind) || !call_question(c, FIND_LIMIT, &x->q, &area))
        return false;
    x->q.scopes = scopes;
    x->q.n_scopes = actor_scopes(&c->actor, c->w, area, PERM_EXPORT, c->a, scopes);
    x->q.deadline_ms = EXPORT_MS;
    day_format(zone_day(c->w->zone, c->now), day);
    x->day = str_dup(c->a, str_of(day));
    if (!try_question(c, x))
        return false;
    x->w = world_ref(c->w);
    if (call_apart(c, APART_EXPORT, export_now, x))
        return true;
    world_unref(x->w);
    return false;
}

static const struct param QUERY[] = {
    QUESTION_PARAMS,
    {"columns", "ids with commas between: number, state, area_name, area, holder, opened, closed, due, fields; "
                "place.text, place.lon, place.lat; absent: all"},
    {"format", "xlsx (default) or csv"},
    {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/records/export", PERM_EXPORT, list_export, "导出列表", "A list as xlsx or CSV"), .query = QUERY},
};
const struct route_list ROUTES_LIST_EXPORT = {ROWS, COUNT_OF(ROWS)};
