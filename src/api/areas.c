/* Areas and units. */
#include "api/api_int.h"

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

/* Without parent: the roots; search=TEXT: names that hold it, at most 50. */
static bool areas_list(struct call *c)
{
    struct str parent = http_query(c->rq, "parent"), search = str_trim(http_query(c->rq, "search"));
    int p = parent.len ? world_area(c->w, parent) : -1, found = 0;
    if (parent.len && p < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "parent", "there is no area with this code");
    struct reply r;
    if (!reply_rows(c, world_tag(c), &r))
        return true;
    for (int k = 0; k < c->w->n_areas; k++) {
        int i = c->w->walk[k];
        bool hit = search.len ? found < 50 && (p < 0 || world_area_below(c->w, i, p)) &&
                                    (str_has(c->w->areas[i].full, search) ||
                                     str_starts(c->w->areas[i].code, search))
                              : c->w->areas[i].parent == p;
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

/* change, move, merge, close, split: one event; the records are taken along afterwards. */
static bool areas_act(struct call *c)
{
    static const char *const KNOWN[] = {"id", "fields"};
    struct json *body;
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)) || !pending_take(c, body, p))
        return false;
    p->opens = true;
    p->actor = c->actor;
    p->ask.type = STR("sys.area");
    p->ask.action = http_part(c->rq, "action");
    json_set(c->a, p->ask.fields, STR("code"), json_new_str(c->a, http_part(c->rq, "code")));
    return pending_send(c, p);
}

static bool orgs_list(struct call *c)
{
    struct str code = http_query(c->rq, "area");
    int area = code.len ? world_area(c->w, code) : -1;
    if (code.len && area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    struct reply r;
    if (!reply_rows(c, world_tag(c), &r))
        return true;
    for (int i = 0; i < c->w->n_orgs; i++) {
        const struct org *x = &c->w->orgs[i];
        int at = world_area_by_id(c->w, x->area);
        if (x->closed || (area >= 0 && (at < 0 || !world_area_below(c->w, at, area))))
            continue;
        jo_obj(&r.o);
        jo_kv(&r.o, "id", x->id_text);
        jo_kv(&r.o, "name", x->name);
        jo_kv(&r.o, "kind", x->kind);
        if (at >= 0)
            jo_kv(&r.o, "area", c->w->areas[at].code);
        if (x->parent >= 0)
            jo_kv(&r.o, "parent", c->w->orgs[x->parent].id_text);
        jo_kb(&r.o, "accounts", x->accounts);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

static const struct param AREA_QUERY[] = {{"parent", "code of the area above; absent: the roots"},
                                          {"search", "part of a name, or the beginning of a code"},
                                          {NULL, NULL}};
static const struct param ORG_QUERY[] = {{"area", "only units in this area"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/areas", PERM_SELF, areas_list, "下级区划", "Areas below an area"),
     .query = AREA_QUERY},
    {ROUTE(GET, "/api/areas/{code}", PERM_SELF, areas_get, "一个区划", "One area")},
    {ROUTE(POST, "/api/areas/{code}/actions/{action}", PERM_ADMIN, areas_act,
           "区划调整：改名改码、划转、合并、撤销、拆分", "Change, move, merge, close or split an area"),
     .body = "id, fields"},
    {ROUTE(GET, "/api/orgs", PERM_SELF, orgs_list, "单位", "Units"), .query = ORG_QUERY},
};
const struct route_list ROUTES_AREAS = {ROWS, COUNT_OF(ROWS)};
