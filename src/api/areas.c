/* Areas: the tree, its changes, what a change would do, and what was done. */
#include "api/api.sql.h"
#include "api/api_int.h"

enum { LEVELS_MOST = 2 }; /* of a whole city some two hundred rows */

/* Its members, into an object that was begun. */
static void put_area(struct call *c, struct json_out *o, int i)
{
    const struct area *x = &c->w->areas[i];
    char day[16];
    jo_kv(o, "code", x->code);
    jo_kv(o, "name", x->name);
    jo_kv(o, "full", x->full);
    jo_ki(o, "level", x->level);
    if (x->parent >= 0)
        jo_kv(o, "parent", c->w->areas[x->parent].code);
    jo_ki(o, "children", x->children);
    if (x->from != DAY_NONE) {
        day_format(x->from, day);
        jo_kc(o, "valid_from", day);
    }
    if (x->to != DAY_NONE) {
        day_format(x->to, day);
        jo_kc(o, "valid_to", day);
    }
    if (x->successor.len)
        jo_kv(o, "successor", x->successor);
}

static struct str world_tag(struct call *c)
{
    return str_printf(c->a, "w%lld", (long long)c->w->sys_seq);
}

static bool take_levels(struct call *c, int64_t *levels)
{
    struct str given = http_query(c->rq, "levels");
    *levels = 1;
    if (given.len && (!str_int(given, levels) || *levels < 1 || *levels > LEVELS_MOST))
        return err_field(c->e, ERR_INPUT, "levels", "levels: expected 1 or 2");
    return true;
}

/* Without parent: the roots; levels=2: with those below; search=TEXT: names that hold it, at most 50. */
static bool areas_list(struct call *c)
{
    struct str parent = http_query(c->rq, "parent"), search = str_trim(http_query(c->rq, "search"));
    int p = parent.len ? world_area(c->w, parent) : -1, found = 0;
    int64_t levels;
    if (parent.len && p < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "parent", "there is no area with this code");
    if (!take_levels(c, &levels))
        return false;
    int top = p < 0 ? 0 : c->w->areas[p].level;
    struct reply r;
    if (!reply_rows(c, world_tag(c), &r))
        return true;
    for (int k = 0; k < c->w->n_areas; k++) {
        int i = c->w->walk[k];
        bool below = p < 0 || world_area_below(c->w, i, p);
        bool hit = search.len ? found < 50 && below &&
                                    (str_has(c->w->areas[i].full, search) ||
                                     str_starts(c->w->areas[i].code, search))
                              : below && i != p && c->w->areas[i].level <= top + levels;
        if (!hit)
            continue;
        jo_obj(&r.o);
        put_area(c, &r.o, i);
        jo_end(&r.o);
        found++;
    }
    return reply_rows_end(c, &r);
}

static bool areas_get(struct call *c)
{
    int i = world_area(c->w, http_part(c->rq, "code"));
    if (i < 0)
        return err_set(c->e, ERR_NOT_FOUND, "there is no area with this code");
    struct reply r;
    if (!reply_begin(c, world_tag(c), &r))
        return true;
    put_area(c, &r.o, i);
    return reply_end(c, &r);
}

static bool area_ask(struct call *c, struct pending *p)
{
    if (!sys_take(c, "sys.area", http_part(c->rq, "action"), p))
        return false;
    p->opens = true;
    json_set(c->a, p->ask.fields, STR("code"), json_new_str(c->a, http_part(c->rq, "code")));
    return true;
}

/* One event; the records are taken along afterwards. */
static bool areas_act(struct call *c)
{
    struct pending *p = ARENA_NEW(c->a, struct pending);
    return area_ask(c, p) && pending_send(c, p);
}

/* ---- before it is done ---- */

bool scope_load(struct call *c, struct str scope, struct scope_load *out)
{
    bool found;
    *out = (struct scope_load){.open = 0};
    return store_int(c->db, sql_api_scope_open, BIND(C_TEXT(scope)), &found, &out->open, c->e) &&
           store_int(c->db, sql_api_scope_all, BIND(C_TEXT(scope)), &found, &out->all, c->e);
}

/* What it would do: the same decision, not written. */
static bool areas_preview(struct call *c)
{
    struct pending p;
    struct answer ans;
    struct scope_load load;
    struct reply r;
    int i = world_area(c->w, http_part(c->rq, "code"));
    if (!area_ask(c, &p))
        return false;
    p.ask.actor = &p.actor;
    p.ask.dry = true;
    if (!engine_act(c->api->engine, c->a, &p.ask, &ans)) {
        *c->e = ans.err;
        return false;
    }
    const struct area *x = &c->w->areas[i];
    bool renamed = str_is(p.ask.action, "change") && str_trim(json_text(p.ask.fields, "name")).len;
    if (!scope_load(c, str_printf(c->a, "a%lld", (long long)x->aid), &load) || !reply_begin(c, STR_NONE, &r))
        return !err_is(c->e);
    jo_ki(&r.o, "below", x->last - x->first);
    jo_ki(&r.o, "open", load.open);
    jo_ki(&r.o, "all", load.all);
    jo_kb(&r.o, "taken_along", renamed || str_is(p.ask.action, "move") || str_is(p.ask.action, "merge"));
    return reply_end(c, &r);
}

/* ---- afterwards ---- */

/* How far the records were taken along. */
static bool areas_shift(struct call *c)
{
    int64_t done = 0, total = 0;
    bool running;
    {
        struct rows r AUTO(rows_close) = store_query(c->db, sql_api_shift, BIND_NONE, c->e);
        running = rows_next(&r);
        if (running) {
            done = rows_int(&r, 0);
            total = rows_int(&r, 1);
        }
    }
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    if (err_is(c->e) || !reply_begin(c, STR_NONE, &r))
        return false;
    jo_kb(&r.o, "running", running);
    jo_ki(&r.o, "done", done);
    jo_ki(&r.o, "total", total);
    return reply_end(c, &r);
}

static void put_day(struct json_out *o, const char *key, const struct json *day)
{
    char text[16];
    if (json_empty(day))
        return;
    day_format((int32_t)day->i, text);
    jo_kc(o, key, text);
}

/* One change of one area: what was set then, and by whom. */
static bool put_change(struct call *c, struct json_out *o, const struct event *ev, const struct json *row)
{
    struct event_body body;
    struct str by;
    if (!body_read(c->a, ev->body, &body, c->e) || !view_who(c, body.by, &by))
        return false;
    int parent = json_get(row, "parent") ? world_area_by_id(c->w, json_num(row, "parent", 0)) : -1;
    jo_obj(o);
    view_time(o, c->w, "at", body.recorded);
    jo_kv(o, "action", body.act);
    jo_kv(o, "by", by.len ? by : body.by);
    if (json_get(row, "code"))
        jo_kv(o, "code", json_text(row, "code"));
    if (json_get(row, "name"))
        jo_kv(o, "name", json_text(row, "name"));
    if (parent >= 0)
        jo_kv(o, "parent", area_title(&c->w->areas[parent]));
    put_day(o, "valid_from", json_get(row, "valid_from"));
    put_day(o, "valid_to", json_get(row, "valid_to"));
    if (json_get(row, "successor"))
        jo_kv(o, "successor", json_text(row, "successor"));
    jo_end(o);
    return true;
}

/* Records of areas are changes: those that name this one, oldest first. */
static bool areas_history(struct call *c)
{
    enum { MOST = 100000 };
    int i = world_area(c->w, http_part(c->rq, "code"));
    struct sys_doc *docs;
    size_t n, n_events;
    struct event *first;
    struct reply r;
    if (i < 0)
        return err_set(c->e, ERR_NOT_FOUND, "there is no area with this code");
    if (!sys_docs(c, "sys.area", 0, MOST, &docs, &n) || !reply_rows(c, STR_NONE, &r))
        return !err_is(c->e);
    for (size_t k = 0; k < n; k++)
        JSON_EACH (row, json_get(docs[k].record->fields, "areas"))
            if (json_num(row, "i", 0) == c->w->areas[i].aid &&
                (!ledger_of_record(c->db, c->a, docs[k].rid, -1, 1, &first, &n_events, c->e) || !n_events ||
                 !put_change(c, &r.o, &first[0], row))) {
                buf_free(&r.b);
                return false;
            }
    return reply_rows_end(c, &r);
}

static const struct param AREA_QUERY[] = {{"parent", "code of the area above; absent: the roots"},
                                          {"levels", "1 (default), or 2: those below each of them too"},
                                          {"search", "part of a name, or the beginning of a code"},
                                          {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/areas", PERM_SELF, areas_list, "下级区划", "Areas below an area"),
     .query = AREA_QUERY},
    {ROUTE(GET, "/api/areas/{code}", PERM_SELF, areas_get, "一个区划", "One area")},
    {ROUTE(POST, "/api/areas/{code}/actions/{action}", PERM_ADMIN, areas_act,
           "区划调整：新增下级、改名改码、划转、合并、撤销、拆分", "Add below, change, move, merge, close or split an area"),
     .body = "id, fields"},
    {ROUTE(POST, "/api/areas/{code}/actions/{action}/preview", PERM_ADMIN, areas_preview,
           "区划调整之前：会影响多少", "What such a change would do"),
     .body = "id, fields"},
    {ROUTE(GET, "/api/areas/{code}/history", PERM_ADMIN, areas_history, "一个区划的沿革",
           "How an area came to be what it is")},
    {ROUTE(GET, "/api/area-shift", PERM_ADMIN, areas_shift, "区划调整后办件跟转的进度",
           "How far the matters were taken along after a change")},
};
const struct route_list ROUTES_AREAS = {ROWS, COUNT_OF(ROWS)};
