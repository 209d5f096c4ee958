#include "record/border.h"
#include <math.h>

static int begin_of(const struct border *b, int ring)
{
    return ring ? b->ends[ring - 1] : 0;
}

static int points_of(const struct border *b)
{
    return b->n_rings ? b->ends[b->n_rings - 1] : 0;
}

static void measure(struct border *b)
{
    b->west = b->south = INT64_MAX;
    b->east = b->north = INT64_MIN;
    for (int i = 0; i < points_of(b); i++) {
        b->west = min64(b->west, b->at[i].lon);
        b->east = max64(b->east, b->at[i].lon);
        b->south = min64(b->south, b->at[i].lat);
        b->north = max64(b->north, b->at[i].lat);
    }
}

/* ---- from GeoJSON ---- */

static bool bad(struct err *e, enum err_code code, const char *en, const char *zh)
{
    return err_field(e, code, "geometry", "geometry: %s", en) || err_zh(e, "边界：%s", zh);
}

static bool take_point(struct arena *a, const struct json *position, enum crs crs, struct point *out)
{
    if (!crs_degrees(a, json_at(position, 0), 1800000000, &out->lon) ||
        !crs_degrees(a, json_at(position, 1), 900000000, &out->lat))
        return false;
    crs_to_wgs84(crs, &out->lon, &out->lat);
    return true;
}

static bool take_ring(struct arena *a, const struct json *ring, enum crs crs, struct border *b, struct err *e)
{
    int from = points_of(b), n = from;
    if (b->n_rings == BORDER_RINGS || (int64_t)ring->n > BORDER_POINTS + 1 - from)
        return bad(e, ERR_TOO_BIG, "more than 4000 points or 100 rings: simplify it first",
                   "超过4000个点或100个环，请先简化");
    if (!json_is(ring, J_ARR) || ring->n < 4)
        return bad(e, ERR_INPUT, "a ring has four positions or more", "每个环至少四个点");
    JSON_EACH (position, ring)
        if (!take_point(a, position, crs, &b->at[n++]))
            return bad(e, ERR_INPUT, "expected positions [lon, lat] in degrees", "每个点应为 [经度, 纬度]");
    n--;
    if (b->at[from].lon != b->at[n].lon || b->at[from].lat != b->at[n].lat)
        return bad(e, ERR_INPUT, "a ring is not closed: its last position is its first", "环没有闭合，末点应与首点相同");
    b->ends[b->n_rings++] = n;
    return true;
}

static bool take_polygon(struct arena *a, const struct json *rings, enum crs crs, struct border *b, struct err *e)
{
    JSON_EACH (ring, rings)
        if (!take_ring(a, ring, crs, b, e))
            return false;
    return true;
}

/* On which side of p→q r lies: -1, 0, 1.  The products are below 8.1e17. */
static int side(struct point p, struct point q, struct point r)
{
    int64_t x = (q.lon - p.lon) * (r.lat - p.lat), y = (q.lat - p.lat) * (r.lon - p.lon);
    return x > y ? 1 : x < y ? -1 : 0;
}

static bool apart(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return max64(a, b) < min64(c, d) || max64(c, d) < min64(a, b);
}

/* Each passes from one side of the other to the other side; touching is no crossing. */
static bool cross(struct point a, struct point b, struct point c, struct point d)
{
    if (apart(a.lon, b.lon, c.lon, d.lon) || apart(a.lat, b.lat, c.lat, d.lat))
        return false;
    return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}

static struct point next_of(const struct border *b, int i)
{
    int ring = 0;
    while (b->ends[ring] <= i)
        ring++;
    return b->at[i + 1 < b->ends[ring] ? i + 1 : begin_of(b, ring)];
}

static bool crossed(struct arena *a, const struct border *b)
{
    int n = points_of(b);
    struct point *next = ARENA_ARRAY(a, struct point, n);
    for (int i = 0; i < n; i++)
        next[i] = next_of(b, i);
    for (int i = 0; i < n; i++)
        for (int k = i + 1; k < n; k++)
            if (cross(b->at[i], next[i], b->at[k], next[k]))
                return true;
    return false;
}

bool border_take(struct arena *a, const struct json *geometry, enum crs crs, struct border *out, struct err *e)
{
    struct border b = {.at = ARENA_ARRAY(a, struct point, BORDER_POINTS + 2),
                       .ends = ARENA_ARRAY(a, int, BORDER_RINGS)};
    const struct json *coordinates = json_get(geometry, "coordinates");
    bool one = str_is(json_text(geometry, "type"), "Polygon");
    if ((!one && !str_is(json_text(geometry, "type"), "MultiPolygon")) || !json_is(coordinates, J_ARR) ||
        !coordinates->n)
        return bad(e, ERR_INPUT, "expected a Polygon or MultiPolygon of GeoJSON",
                   "应为 GeoJSON 的 Polygon 或 MultiPolygon");
    if (one && !take_polygon(a, coordinates, crs, &b, e))
        return false;
    JSON_EACH (polygon, one ? NULL : coordinates)
        if (!take_polygon(a, polygon, crs, &b, e))
            return false;
    if (!b.n_rings)
        return bad(e, ERR_INPUT, "it has no ring", "一个环也没有");
    measure(&b);
    if (b.east - b.west > BORDER_WIDEST || b.north - b.south > BORDER_WIDEST)
        return bad(e, ERR_INPUT, "it is wider than 90 degrees", "范围超过90度");
    if (crossed(a, &b))
        return bad(e, ERR_INPUT, "its line crosses itself", "边界线自己相交");
    *out = b;
    return true;
}

/* ---- as text ---- */

struct str border_text(struct arena *a, const struct border *b)
{
    struct buf t AUTO(buf_free) = BUF(BORDER_POINTS * 26);
    for (int ring = 0; ring < b->n_rings; ring++)
        for (int i = begin_of(b, ring); i < b->ends[ring]; i++)
            buf_printf(&t, "%s%lld %lld", !i ? "" : i == begin_of(b, ring) ? ";" : ",", (long long)b->at[i].lon,
                       (long long)b->at[i].lat);
    return buf_dup(a, &t);
}

static size_t count(struct str s, char c)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        n += s.ptr[i] == c;
    return n;
}

bool border_of(struct arena *a, struct str text, struct border *out)
{
    struct border b = {.at = ARENA_ARRAY(a, struct point, count(text, ' ') + 1),
                       .ends = ARENA_ARRAY(a, int, count(text, ';') + 1)};
    int n = 0;
    while (text.len) {
        struct str ring = str_cut(text, ';', &text);
        while (ring.len) {
            struct str lat, lon = str_cut(str_cut(ring, ',', &ring), ' ', &lat);
            if (!str_int(lon, &b.at[n].lon) || !str_int(lat, &b.at[n].lat))
                return false;
            n++;
        }
        b.ends[b.n_rings++] = n;
    }
    measure(&b);
    *out = b;
    return b.n_rings > 0;
}

/* ---- asking ---- */

bool border_holds(const struct border *b, int64_t lon, int64_t lat)
{
    bool in = false;
    if (lon < b->west || lon > b->east || lat < b->south || lat > b->north)
        return false;
    for (int ring = 0; ring < b->n_rings; ring++) {
        int from = begin_of(b, ring);
        enum expr_side where = expr_ring(b->at + from, b->ends[ring] - from, lon, lat);
        if (where == EXPR_EDGE)
            return true;
        in ^= where == EXPR_INSIDE;
    }
    return in;
}

/* ---- thinner ---- */

static double distance(struct point p, struct point a, struct point b, double narrow)
{
    double x = (double)(b.lon - a.lon) * narrow, y = (double)(b.lat - a.lat);
    double px = (double)(p.lon - a.lon) * narrow, py = (double)(p.lat - a.lat);
    double length2 = x * x + y * y, t = length2 > 0 ? (px * x + py * y) / length2 : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(px - t * x, py - t * y);
}

struct thinning {
    const struct point *at;
    int n;
    bool *keep;
    double most, narrow; /* narrow: how much shorter a degree of longitude is there */
};

/* Between from and to (to may be n, which is the first again) the point that lies furthest out. */
static void thin_between(struct thinning *t, int from, int to)
{
    double far = t->most;
    int which = -1;
    for (int i = from + 1; i < to; i++) {
        double d = distance(t->at[i], t->at[from], t->at[to % t->n], t->narrow);
        if (d > far) {
            far = d;
            which = i;
        }
    }
    if (which < 0)
        return;
    t->keep[which] = true;
    thin_between(t, from, which);
    thin_between(t, which, to);
}

struct border border_thin(struct arena *a, const struct border *b, int64_t most)
{
    int n = points_of(b), kept = 0;
    struct border out = {.at = ARENA_ARRAY(a, struct point, n), .ends = ARENA_ARRAY(a, int, b->n_rings)};
    double narrow = cos((double)(b->south + b->north) / 2e7 * 3.14159265358979323846 / 180.0);
    for (int ring = 0; ring < b->n_rings; ring++) {
        int from = begin_of(b, ring), begin = kept;
        struct thinning t = {b->at + from, b->ends[ring] - from, NULL, (double)most, narrow};
        t.keep = ARENA_ARRAY(a, bool, t.n);
        memset(t.keep, 0, (size_t)t.n * sizeof *t.keep);
        t.keep[0] = true;
        thin_between(&t, 0, t.n);
        for (int i = 0; i < t.n; i++)
            if (t.keep[i])
                out.at[kept++] = t.at[i];
        if (kept - begin < 3)
            kept = begin;
        else
            out.ends[out.n_rings++] = kept;
    }
    measure(&out);
    return out;
}
