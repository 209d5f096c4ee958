/* Units. */
#include "api/api_int.h"

static void put_org(struct call *c, struct json_out *o, const struct org *x)
{
    int at = world_area_by_id(c->w, x->area);
    jo_kv(o, "id", x->id_text);
    jo_kv(o, "name", x->name);
    jo_kv(o, "kind", x->kind);
    if (at >= 0)
        jo_kv(o, "area", c->w->areas[at].code);
    if (x->parent >= 0)
        jo_kv(o, "parent", c->w->orgs[x->parent].id_text);
    jo_kb(o, "accounts", x->accounts);
    if (x->closed)
        jo_kb(o, "closed", true);
}

static void put_area_name(struct call *c, struct json_out *o, int at)
{
    if (at >= 0)
        jo_kv(o, "area_name", area_title(&c->w->areas[at]));
}

/* full=true: also those that are closed, and with their areas in words. */
static bool orgs_list(struct call *c)
{
    bool full = str_is(http_query(c->rq, "full"), "true");
    struct str code = http_query(c->rq, "area");
    int area = code.len ? world_area(c->w, code) : -1;
    if (code.len && area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    struct reply r;
    if (!reply_rows(c, str_printf(c->a, "w%lld", (long long)c->w->sys_seq), &r))
        return true;
    for (int i = 0; i < c->w->n_orgs; i++) {
        const struct org *x = &c->w->orgs[i];
        int at = world_area_by_id(c->w, x->area);
        if ((x->closed && !full) || (area >= 0 && (at < 0 || !world_area_below(c->w, at, area))))
            continue;
        jo_obj(&r.o);
        put_org(c, &r.o, x);
        if (full)
            put_area_name(c, &r.o, at);
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

/* With its telephone, its area in words, and how many open matters it has a part in. */
static bool orgs_get(struct call *c)
{
    struct scope_load load;
    struct reply r;
    int i = world_org(c->w, http_part(c->rq, "id"));
    if (i < 0)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such unit");
    const struct org *x = &c->w->orgs[i];
    int at = world_area_by_id(c->w, x->area);
    if (!scope_load(c, str_printf(c->a, "o%.*s", STR_F(x->id_text)), &load) || !reply_begin(c, STR_NONE, &r))
        return !err_is(c->e);
    put_org(c, &r.o, x);
    jo_kv(&r.o, "phone", x->phone);
    put_area_name(c, &r.o, at);
    if (x->parent >= 0)
        jo_kv(&r.o, "parent_name", c->w->orgs[x->parent].name);
    jo_ki(&r.o, "open", load.open);
    return reply_end(c, &r);
}

static bool orgs_open(struct call *c)
{
    struct pending *p = ARENA_NEW(c->a, struct pending);
    if (!sys_take(c, "sys.org", STR("open"), p))
        return false;
    p->opens = true;
    return pending_send(c, p);
}

static bool orgs_act(struct call *c)
{
    return sys_act_on(c, "sys.org");
}

static const struct param ORG_QUERY[] = {{"area", "only units in this area"},
                                         {"full", "true: also those that are closed, and names of their areas"},
                                         {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/orgs", PERM_SELF, orgs_list, "单位", "Units"), .query = ORG_QUERY},
    {ROUTE(GET, "/api/orgs/{id}", PERM_ADMIN, orgs_get, "一个单位", "One unit")},
    {ROUTE(POST, "/api/orgs", PERM_ADMIN, orgs_open, "新增单位", "Add a unit"), .body = "id, fields"},
    {ROUTE(POST, "/api/orgs/{id}/actions/{action}", PERM_ADMIN, orgs_act, "单位：改名、划转、停用、恢复使用",
           "Change, move, close or open again a unit"),
     .body = "id, fields"},
};
const struct route_list ROUTES_ORGS = {ROWS, COUNT_OF(ROWS)};
