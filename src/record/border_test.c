#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/border.h"
#include <cmocka.h>
#include <math.h>

static bool take(struct arena *a, const char *geometry, enum crs crs, struct border *out, struct err *e)
{
    struct json *j = NULL;
    assert_true(json_input(a, str_of(geometry), &j, e));
    return border_take(a, j, crs, out, e);
}

#define POLYGON(rings) "{\"type\":\"Polygon\",\"coordinates\":[" rings "]}"
#define MULTI(polygons) "{\"type\":\"MultiPolygon\",\"coordinates\":[" polygons "]}"
#define SQUARE "[[115,28],[116,28],[116,29],[115,29],[115,28]]"
#define HOLE "[[115.4,28.4],[115.4,28.6],[115.6,28.6],[115.6,28.4],[115.4,28.4]]"
#define ISLAND "[[117,28],[118,28],[118,29],[117,28]]"

static void what_is_taken(void **state)
{
    static const struct {
        const char *geometry;
        enum err_code code; /* 0: taken */
        int rings;
    } T[] = {
        {POLYGON(SQUARE), 0, 1},
        {POLYGON(SQUARE "," HOLE), 0, 2},
        {MULTI("[" SQUARE "," HOLE "],[" ISLAND "]"), 0, 3},
        {POLYGON("[[0,0],[1,0],[1,1],[0.5,0],[0,1],[0,0]]"), 0, 1}, /* it touches itself */
        {POLYGON("[[115,28],[116,28],[116,29],[115,29]]"), ERR_INPUT, 0}, /* not closed */
        {POLYGON("[[115,28],[116,28],[115,28]]"), ERR_INPUT, 0},
        {POLYGON("[[115,28],[116,29],[116,28],[115,29],[115,28]]"), ERR_INPUT, 0}, /* a bow */
        {POLYGON(SQUARE ",[[115.5,28.5],[116.5,28.4],[116.5,28.6],[115.5,28.5]]"), ERR_INPUT, 0}, /* two cross */
        {POLYGON("[[28,115],[28,116],[29,116],[28,115]]"), ERR_INPUT, 0}, /* lat before lon */
        {POLYGON("[[-80,0],[80,0],[0,40],[-80,0]]"), ERR_INPUT, 0},
        {POLYGON("[[\"a\",0],[1,0],[1,1],[\"a\",0]]"), ERR_INPUT, 0},
        {POLYGON("7"), ERR_INPUT, 0},
        {POLYGON(""), ERR_INPUT, 0},
        {MULTI("[]"), ERR_INPUT, 0},
        {"{\"type\":\"Point\",\"coordinates\":[1,2]}", ERR_INPUT, 0},
        {"{\"type\":\"Polygon\"}", ERR_INPUT, 0},
        {"null", ERR_INPUT, 0},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct err e = ERR_INIT;
        struct border b = {.n_rings = 0};
        bool ok = take(a, T[i].geometry, CRS_WGS84, &b, &e);
        if (ok != !T[i].code || e.code != T[i].code || b.n_rings != T[i].rings)
            fail_msg("%s: %s", T[i].geometry, e.text);
        assert_true(ok || (e.zh[0] && strcmp(e.field, "geometry") == 0));
    }
}

static void a_long_line_is_refused(void **state)
{
    UNUSED(state);
    for (int n = BORDER_POINTS; n <= BORDER_POINTS + 1; n++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct err e = ERR_INIT;
        struct border b;
        struct buf t AUTO(buf_free) = BUF(1 << 20);
        buf_c(&t, "{\"type\":\"Polygon\",\"coordinates\":[[");
        for (int i = 0; i <= n; i++) {
            double turn = 2 * 3.14159265358979 * (i % n) / n;
            buf_printf(&t, "%s[%.6f,%.6f]", i ? "," : "", 115 + cos(turn), 28 + sin(turn));
        }
        buf_c(&t, "]]}");
        assert_int_equal(take(a, str_c(a, buf_view(&t)), CRS_WGS84, &b, &e), n <= BORDER_POINTS);
        assert_int_equal(e.code, n <= BORDER_POINTS ? 0 : ERR_TOO_BIG);
    }
}

static void who_is_inside(void **state)
{
    static const struct {
        int64_t lon, lat;
        bool in;
    } T[] = {
        {1152000000, 282000000, true},  {1155000000, 285000000, false}, /* in the hole */
        {1154000000, 285000000, true},                                  /* on the edge of the hole */
        {1150000000, 280000000, true},  {1149999999, 280000000, false}, {1177000000, 282000000, true},
        {1172000000, 288000000, false}, {1165000000, 285000000, false}, {0, 0, false},
    };
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct err e = ERR_INIT;
    struct border b, again;
    assert_true(take(a, MULTI("[" SQUARE "," HOLE "],[" ISLAND "]"), CRS_WGS84, &b, &e));
    struct str text = border_text(a, &b);
    assert_true(border_of(a, text, &again));
    assert_true(str_eq(border_text(a, &again), text));
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        assert_int_equal(border_holds(&b, T[i].lon, T[i].lat), T[i].in);
        assert_int_equal(border_holds(&again, T[i].lon, T[i].lat), T[i].in);
    }
    static const char *const BAD[] = {"", "1", "1 2,3", "1 2,x 3", "1 2;;3 4x"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_false(border_of(a, str_of(BAD[i]), &again));
}

static void another_system_is_converted(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct err e = ERR_INIT;
    struct border b;
    int64_t lon = 1150000000, lat = 280000000;
    crs_to_wgs84(CRS_GCJ02, &lon, &lat);
    assert_true(take(a, POLYGON(SQUARE), CRS_GCJ02, &b, &e));
    assert_true(b.at[0].lon == lon && b.at[0].lat == lat && lon != 1150000000);
}

/* However it is thinned, no point of the old line is further from the new one than was asked. */
static void thinner_but_near(void **state)
{
    enum { N = 720 };
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct border b = {.at = ARENA_ARRAY(a, struct point, N), .ends = (int[]){N}, .n_rings = 1};
    for (int i = 0; i < N; i++) {
        double turn = 2 * 3.14159265358979 * i / N, far = 1e6 * (1 + 0.1 * sin(turn * 23));
        b.at[i] = (struct point){1150000000 + llround(far * cos(turn)), 1000 + llround(far * sin(turn))};
    }
    assert_true(border_of(a, border_text(a, &b), &b));
    int before = N;
    for (int64_t most = 100; most < 400000; most *= 8) {
        struct border thin = border_thin(a, &b, most);
        int n = thin.n_rings ? thin.ends[0] : 0;
        assert_true(n <= before);
        before = n;
        for (int i = 0; n && i < N; i++) {
            double near = 1e18;
            for (int k = 0; k < n; k++) {
                struct point p = thin.at[k], q = thin.at[(k + 1) % n];
                double x = (double)(q.lon - p.lon), y = (double)(q.lat - p.lat), l2 = x * x + y * y;
                double px = (double)(b.at[i].lon - p.lon), py = (double)(b.at[i].lat - p.lat);
                double s = l2 > 0 ? fmin(1, fmax(0, (px * x + py * y) / l2)) : 0;
                near = fmin(near, hypot(px - s * x, py - s * y));
            }
            assert_true(near <= (double)most * 1.001);
        }
    }
    assert_true(before > 2 && before < 60);
    assert_int_equal(border_thin(a, &b, 90000000).n_rings, 0); /* too small to be seen */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_taken),  cmocka_unit_test(a_long_line_is_refused),
        cmocka_unit_test(who_is_inside),  cmocka_unit_test(another_system_is_converted),
        cmocka_unit_test(thinner_but_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
