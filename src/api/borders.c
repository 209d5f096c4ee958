/* Borders of areas: their outlines for the map, and which area a point lies in. */
#include "api/api.sql.h"
#include "api/api_int.h"
#include "record/border.h"

static bool read_border(struct call *c, int area, struct border *out)
{
    struct rows r AUTO(rows_close) = store_query(c->db, sql_border_of, BIND(C_INT(c->w->areas[area].aid)), c->e);
    if (!rows_next(&r))
        return !err_is(c->e) && err_set(c->e, ERR_STORE, "a border is missing");
    return border_of(c->a, str_dup(c->a, rows_str(&r, 0)), out) ||
           err_set(c->e, ERR_STORE, "the border of an area cannot be read");
}

static void put_point(struct json_out *o, enum crs crs, struct point p)
{
    crs_from_wgs84(crs, &p.lon, &p.lat);
    jo_arr(o);
    jo_decimal(o, p.lon, 7);
    jo_decimal(o, p.lat, 7);
    jo_end(o);
}

/* Closed, as lines are drawn. */
static void put_rings(struct json_out *o, enum crs crs, const struct border *b)
{
    jo_key(o, "rings");
    jo_arr(o);
    for (int ring = 0, from = 0; ring < b->n_rings; from = b->ends[ring++]) {
        jo_arr(o);
        for (int i = from; i < b->ends[ring]; i++)
            put_point(o, crs, b->at[i]);
        put_point(o, crs, b->at[from]);
        jo_end(o);
    }
    jo_end(o);
}

static bool put_outline(struct call *c, struct json_out *o, enum crs crs, int area, int64_t most)
{
    struct border b;
    if (!read_border(c, area, &b))
        return false;
    b = border_thin(c->a, &b, most);
    jo_obj(o);
    jo_kv(o, "code", c->w->areas[area].code);
    jo_kv(o, "name", c->w->areas[area].name);
    put_rings(o, crs, &b);
    jo_end(o);
    return true;
}

/* What an eye can tell apart of a drawing a thousand points wide of these areas. */
static int64_t fineness(const struct world *w, int area)
{
    enum { WIDE = 1000 };
    int64_t west = INT64_MAX, east = INT64_MIN;
    for (int at = w->areas[area].first; at <= w->areas[area].last; at++) {
        const struct area *x = &w->areas[w->walk[at]];
        if (x->has_border) {
            west = min64(west, x->west);
            east = max64(east, x->east);
        }
    }
    return east > west ? (east - west) / WIDE : 1;
}

/* An area and those just below it. */
static bool borders_list(struct call *c)
{
    struct str code = http_query(c->rq, "area");
    int area = world_area(c->w, code);
    enum crs crs;
    struct reply r;
    if (area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (!call_crs(c, &crs))
        return false;
    if (!reply_rows(c, str_printf(c->a, "w%lld", (long long)c->w->sys_seq), &r))
        return true;
    int64_t most = fineness(c->w, area);
    for (int i = 0; i < c->w->n_areas; i++) {
        if ((i != area && c->w->areas[i].parent != area) || !c->w->areas[i].has_border)
            continue;
        if (!put_outline(c, &r.o, crs, i, most)) {
            buf_free(&r.b);
            return false;
        }
    }
    return reply_rows_end(c, &r);
}

/* The deepest area whose border holds the point, and is valid today; -1. */
static bool find_area(struct call *c, int64_t lon, int64_t lat, int *out)
{
    int32_t today = zone_day(c->w->zone, c->now);
    *out = -1;
    for (int i = 0; i < c->w->n_areas; i++) {
        const struct area *x = &c->w->areas[i];
        struct border b;
        if (!x->has_border || lon < x->west || lon > x->east || lat < x->south || lat > x->north ||
            (x->to != DAY_NONE && x->to < today) || (*out >= 0 && x->level <= c->w->areas[*out].level))
            continue;
        if (!read_border(c, i, &b))
            return false;
        if (border_holds(&b, lon, lat))
            *out = i;
    }
    return true;
}

/* May the caller act there? */
static bool is_mine(struct call *c, int area)
{
    struct str scopes[LIMIT_SCOPES];
    int n = actor_scopes(&c->actor, c->w, area, PERM_ACT, c->a, scopes);
    for (int i = 0; i < n; i++)
        if (scopes[i].ptr[0] == 'a')
            return true;
    return false;
}

static bool locate(struct call *c)
{
    int64_t lon = 0, lat = 0;
    bool given = false;
    int area = -1;
    struct point_text at = {http_query(c->rq, "lon"), http_query(c->rq, "lat"), http_query(c->rq, "crs")};
    struct reply r;
    if (!call_point(c, &at, &given, &lon, &lat))
        return false;
    if (!given)
        return err_field(c->e, ERR_REQUIRED, "lon", "name the point: lon and lat");
    if (!find_area(c, lon, lat, &area))
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    reply_begin(c, STR_NONE, &r);
    jo_kb(&r.o, "borders", c->w->n_borders > 0);
    if (area >= 0) {
        jo_kv(&r.o, "code", c->w->areas[area].code);
        jo_kv(&r.o, "name", c->w->areas[area].name);
        jo_kv(&r.o, "full", c->w->areas[area].full);
        jo_ki(&r.o, "children", c->w->areas[area].children);
        jo_kb(&r.o, "mine", is_mine(c, area));
    }
    return reply_end(c, &r);
}

static const struct param BORDER_QUERY[] = {{"area", "code, required: this area and those just below it"},
                                            {"crs", "of the answer: WGS-84 (default), CGCS2000, GCJ-02"},
                                            {NULL, NULL}};
static const struct param LOCATE_QUERY[] = {{"lon", "degrees"},
                                            {"lat", "degrees"},
                                            {"crs", "in which they are: WGS-84 (default), CGCS2000, GCJ-02"},
                                            {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/borders", PERM_SELF, borders_list, "区划的边界线（简化）", "Outlines of areas, simplified"),
     .query = BORDER_QUERY},
    {ROUTE(GET, "/api/locate", PERM_SELF, locate, "一个点在哪个区划；没有装入边界时不猜",
           "Which area a point lies in; nothing is guessed without borders"),
     .query = LOCATE_QUERY},
};
const struct route_list ROUTES_BORDERS = {ROWS, COUNT_OF(ROWS)};
