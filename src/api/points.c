/* The map: where matters lie, as points or as numbers in squares, and what is drawn below them. */
#include "api/api_int.h"
#include "record/tiles.h"
#include "search/find.h"

static bool take_crs(struct call *c, struct str name, enum crs *out)
{
    return crs_of(name, out) || err_field(c->e, ERR_INPUT, "crs", "crs: expected WGS-84, CGCS2000 or GCJ-02");
}

bool call_crs(struct call *c, enum crs *out)
{
    return take_crs(c, http_query(c->rq, "crs"), out);
}

static bool take_degree(struct call *c, const char *field, struct str s, int64_t most, int64_t *out)
{
    return (str_decimal(s, 7, out) && *out >= -most && *out <= most) ||
           err_field(c->e, ERR_INPUT, field, "%s: expected degrees with at most 7 decimals", field) ||
           err_zh(c->e, "%s：应为经纬度，最多7位小数", field);
}

bool call_point(struct call *c, const struct point_text *p, bool *given, int64_t *lon, int64_t *lat)
{
    struct str x = p->lon, y = p->lat;
    enum crs crs;
    *given = x.len && y.len;
    if (!take_crs(c, p->crs, &crs) || (x.len && !take_degree(c, "lon", x, FIND_EARTH.east, lon)) ||
        (y.len && !take_degree(c, "lat", y, FIND_EARTH.north, lat)))
        return false;
    if (!x.len != !y.len)
        return err_field(c->e, ERR_INPUT, x.len ? "lat" : "lon", "lon and lat come together");
    if (*given)
        crs_to_wgs84(crs, lon, lat);
    return true;
}

/* All that a box of another system covers: its sides are not straight here. */
static struct find_box around(enum crs crs, const int64_t at[4])
{
    struct find_box box = {FIND_EARTH.east, FIND_EARTH.north, FIND_EARTH.west, FIND_EARTH.south};
    for (int corner = 0; corner < 4; corner++) {
        int64_t lon = at[corner & 1 ? 2 : 0], lat = at[corner & 2 ? 3 : 1];
        crs_to_wgs84(crs, &lon, &lat);
        box = (struct find_box){min64(box.west, lon), min64(box.south, lat), max64(box.east, lon),
                                max64(box.north, lat)};
    }
    return box;
}

/* west,south,east,north */
static bool take_box(struct call *c, enum crs crs, struct find_box *box)
{
    struct str rest = http_query(c->rq, "bbox");
    int64_t at[4];
    *box = FIND_EARTH;
    if (!rest.len)
        return true;
    for (int i = 0; i < 4; i++) {
        struct str one = str_cut(rest, ',', &rest);
        if (!take_degree(c, "bbox", one, i % 2 ? FIND_EARTH.north : FIND_EARTH.east, &at[i]))
            return false;
    }
    if (rest.ptr || at[0] > at[2] || at[1] > at[3])
        return err_field(c->e, ERR_INPUT, "bbox", "bbox: expected west,south,east,north in degrees") ||
               err_zh(c->e, "bbox：应为西,南,东,北四个数");
    *box = around(crs, at);
    return true;
}

static void put_degrees(struct json_out *o, enum crs crs, int64_t lon, int64_t lat)
{
    crs_from_wgs84(crs, &lon, &lat);
    jo_decimal(o, lon, 7);
    jo_decimal(o, lat, 7);
}

static void put_box(struct json_out *o, enum crs crs, const char *key, const struct find_box *box)
{
    jo_key(o, key);
    jo_arr(o);
    put_degrees(o, crs, box->west, box->south);
    put_degrees(o, crs, box->east, box->north);
    jo_end(o);
}

static bool put_points(struct call *c, struct json_out *o, enum crs crs, const struct find_map *m)
{
    for (size_t i = 0; i < m->n_points; i++) {
        struct view v;
        jo_obj(o);
        jo_key(o, "at");
        jo_arr(o);
        put_degrees(o, crs, m->points[i].lon, m->points[i].lat);
        jo_end(o);
        jo_key(o, "record");
        if (!view_open(c, m->points[i].r, &v) || !view_row(&v, o))
            return false;
        jo_end(o);
    }
    return true;
}

static bool put_map(struct call *c, struct json_out *o, enum crs crs, const struct find_map *m)
{
    jo_ki(o, "n", m->n);
    jo_kc(o, "crs", crs_name(crs));
    if (m->n)
        put_box(o, crs, "box", &m->around);
    jo_key(o, "points");
    jo_arr(o);
    if (!put_points(c, o, crs, m))
        return false;
    jo_end(o);
    jo_key(o, "squares");
    jo_arr(o);
    for (size_t i = 0; i < m->n_squares; i++) {
        jo_obj(o);
        put_box(o, crs, "box", &m->squares[i].box);
        jo_ki(o, "n", m->squares[i].n);
        jo_end(o);
    }
    jo_end(o);
    return true;
}

static bool points_list(struct call *c)
{
    struct str scopes[LIMIT_SCOPES];
    struct find_question q = {.n_scopes = 0};
    struct find_map m = {.n = 0, .plan = "none"};
    struct find_box box;
    enum crs crs;
    int area;
    if (!call_question(c, LIMIT_PAGE, &q, &area) || !call_crs(c, &crs) || !take_box(c, crs, &box))
        return false;
    q.scopes = scopes;
    q.n_scopes = actor_scopes(&c->actor, c->w, area, PERM_READ, c->a, scopes);
    if (q.n_scopes && !find_map(c->db, c->a, &q, &box, &m, c->e))
        return false;
    struct reply r;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    reply_begin(c, STR_NONE, &r);
    if (!put_map(c, &r.o, crs, &m)) {
        buf_free(&r.b);
        return false;
    }
    jo_kc(&r.o, "plan", m.plan);
    return reply_end(c, &r);
}

static bool map_get(struct call *c)
{
    struct tiles t = tiles_of(c->w);
    struct reply r;
    if (!reply_begin(c, str_printf(c->a, "w%lld", (long long)c->w->sys_seq), &r))
        return true;
    jo_kv(&r.o, "tiles", t.url);
    jo_kv(&r.o, "attribution", t.attribution);
    jo_kc(&r.o, "crs", crs_name(t.crs));
    return reply_end(c, &r);
}

static const struct param POINT_QUERY[] = {
    {"type", "record type, required"},
    {"where", "CQL2-Text"},
    {"search", "words, pinyin, initials"},
    {"area", "code: only in it"},
    {"open", "true: only open matters"},
    {"bbox", "west,south,east,north in degrees; absent: the earth"},
    {"crs", "of bbox and of the answer: WGS-84 (default), CGCS2000, GCJ-02"},
    {"limit", "so many points, at most 200; when there are more, the answer has numbers in squares"},
    {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/points", PERM_READ, points_list, "地图上的件：点，多时为方格里的件数",
           "Matters on a map: points, or numbers in squares"),
     .query = POINT_QUERY},
    {ROUTE(GET, "/api/map", PERM_READ | PERM_ACT, map_get, "地图的底图", "What is drawn below the points")},
};
const struct route_list ROUTES_POINTS = {ROWS, COUNT_OF(ROWS)};
