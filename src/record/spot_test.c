#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/testdice.h"
#include "record/spot.h"
#include <cmocka.h>

static bool in_ranges(const struct spot_range *r, int n, int64_t cell)
{
    for (int i = 0; i < n; i++)
        if (cell >= r[i].low && cell <= r[i].high)
            return true;
    return false;
}

/* What lies within the distance lies in the ranges, anywhere on earth but across the date line. */
static void nothing_near_is_missed(void **state)
{
    UNUSED(state);
    int near = 0;
    for (int i = 0; i < 200000; i++) {
        int64_t lat = roll_between(-850000000, 850000000), lon = roll_between(-1750000000, 1750000000);
        int64_t metres = roll_between(0, 1) ? roll_between(1, 300) : roll_between(1, 5000);
        int64_t reach = metres * 100 + 1000;
        int64_t lat2 = lat + roll_between(-reach, reach), lon2 = lon + roll_between(-3 * reach, 3 * reach);
        struct spot_range r[SPOT_ROWS_MAX];
        int n = spot_ranges(lon, lat, metres, r);
        assert_true(in_ranges(r, n, spot_cell(lon, lat)));
        if (spot_metres(lon, lat, lon2, lat2) > metres)
            continue;
        near++;
        if (!in_ranges(r, n, spot_cell(lon2, lat2)))
            fail_msg("%lld,%lld misses %lld,%lld within %lld m", (long long)lon, (long long)lat,
                     (long long)lon2, (long long)lat2, (long long)metres);
    }
    assert_true(near > 20000);
}

/* And little else: at 28 degrees a walk for 50 m looks at no more than two rows of two columns. */
static void a_walk_is_short(void **state)
{
    UNUSED(state);
    struct spot_range r[SPOT_ROWS_MAX];
    for (int i = 0; i < 1000; i++) {
        int64_t cells = 0;
        int n = spot_ranges(roll_between(1150000000, 1170000000), roll_between(280000000, 290000000), 50, r);
        for (int k = 0; k < n; k++)
            cells += r[k].high - r[k].low + 1;
        assert_true(n <= 2);
        assert_true(cells <= 4);
    }
    /* the poles and the date line give ranges too */
    assert_true(spot_ranges(0, 900000000, 200, r) > 0);
    assert_true(spot_ranges(1800000000, 0, 200, r) > 0);
    assert_true(spot_ranges(-1800000000, -900000000, 5000, r) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_near_is_missed),
        cmocka_unit_test(a_walk_is_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
