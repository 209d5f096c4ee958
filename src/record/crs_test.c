#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/crs.h"
#include "record/spot.h"
#include <cmocka.h>

static void names(void **state)
{
    static const struct {
        const char *name;
        bool known;
        enum crs crs;
    } T[] = {
        {"", true, CRS_WGS84},        {"WGS-84", true, CRS_WGS84}, {"CGCS2000", true, CRS_CGCS2000},
        {"GCJ-02", true, CRS_GCJ02},  {"BD-09", false, 0},         {"gcj-02", false, 0},
        {"GCJ-02 ", false, 0},        {"EPSG:4326", false, 0},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        enum crs crs = CRS_N;
        assert_int_equal(crs_of(str_of(T[i].name), &crs), T[i].known);
        if (T[i].known)
            assert_int_equal(crs, T[i].crs);
        if (T[i].known && T[i].name[0])
            assert_string_equal(crs_name(crs), T[i].name);
    }
}

/* The three points that the tests of eviltransform have; it reckons with an axis that is 108 m shorter, which
 * is a centimetre in the shift. */
static void known_points(void **state)
{
    static const struct {
        int64_t lon, lat, gcj_lon, gcj_lat;
    } T[] = {
        {1215272106, 311774276, 1215315419, 311753040},
        {1139123160, 225438470, 1139171765, 225407961},
        {1163778170, 399119540, 1163840472, 399133455},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        int64_t lon = T[i].lon, lat = T[i].lat;
        crs_from_wgs84(CRS_GCJ02, &lon, &lat);
        assert_in_range(llabs(lon - T[i].gcj_lon), 0, 2);
        assert_in_range(llabs(lat - T[i].gcj_lat), 0, 2);
        lon = T[i].gcj_lon;
        lat = T[i].gcj_lat;
        crs_to_wgs84(CRS_GCJ02, &lon, &lat);
        assert_in_range(llabs(lon - T[i].lon), 0, 3);
        assert_in_range(llabs(lat - T[i].lat), 0, 3);
    }
}

static void elsewhere_nothing_moves(void **state)
{
    static const int64_t T[][2] = {
        {-710600000, 423600000}, {720039999, 300000000}, {1378347001, 300000000}, {1100000000, 8292999},
        {1100000000, 558271001}, {0, 0},                 {1800000000, 900000000}, {-1800000000, -900000000},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        int64_t lon = T[i][0], lat = T[i][1];
        crs_from_wgs84(CRS_GCJ02, &lon, &lat);
        assert_true(lon == T[i][0] && lat == T[i][1]);
        crs_to_wgs84(CRS_GCJ02, &lon, &lat);
        assert_true(lon == T[i][0] && lat == T[i][1]);
    }
}

static uint64_t seed = 20240909;

static int64_t roll(int64_t low, int64_t high)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return low + (int64_t)((seed * 0x2545f4914f6cdd1dull >> 20) % (uint64_t)(high - low + 1));
}

/* Anywhere in the box but its edge: GCJ-02 lies at most 1,500 m away, and back again is the same point. */
static void there_and_back(void **state)
{
    enum { EDGE = 150000 };
    int far = 0;
    UNUSED(state);
    for (int i = 0; i < 200000; i++) {
        int64_t lon = roll(720040000 + EDGE, 1378347000 - EDGE), lat = roll(8293000 + EDGE, 558271000 - EDGE);
        int64_t x = lon, y = lat;
        crs_from_wgs84(CRS_GCJ02, &x, &y);
        int64_t away = spot_metres(lon, lat, x, y);
        far += away > 100;
        assert_in_range(away, 0, 1500);
        crs_to_wgs84(CRS_GCJ02, &x, &y);
        if (llabs(x - lon) > 2 || llabs(y - lat) > 2)
            fail_msg("%lld,%lld comes back as %lld,%lld", (long long)lon, (long long)lat, (long long)x,
                     (long long)y);
        crs_from_wgs84(CRS_CGCS2000, &x, &y);
        crs_to_wgs84(CRS_CGCS2000, &x, &y);
        crs_to_wgs84(CRS_WGS84, &x, &y);
        assert_in_range(llabs(x - lon), 0, 2);
    }
    assert_true(far > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(known_points),
        cmocka_unit_test(elsewhere_nothing_moves),
        cmocka_unit_test(there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
