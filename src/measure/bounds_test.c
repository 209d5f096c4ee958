#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "base/testdice.h"
#include "measure/bounds.h"
#include <cmocka.h>

enum { VARS = 5, MOST = 6, TOLD = 6 };

struct told {
    signed char sum[VARS];
    int64_t low, high;
};

static int64_t sum_of(const signed char *sum, const int *x)
{
    int64_t n = 0;
    for (int i = 0; i < VARS; i++)
        n += sum[i] * x[i];
    return n;
}

static bool fits(const struct told *list, int n, const int *x)
{
    for (int i = 0; i < n; i++) {
        int64_t v = sum_of(list[i].sum, x);
        if (v < list[i].low || v > list[i].high)
            return false;
    }
    return true;
}

/* ---- cases by hand ---- */

#define NONE INT64_MAX

static void test_known(void **state)
{
    UNUSED(state);
    static const struct {
        struct told told[4];
        int n;
        signed char ask[VARS];
        int64_t low, high;
    } T[] = {
        {{{{0}, 0, 0}}, 0, {1}, 0, NONE},
        {{{{1, 1, 1}, 103, 103}, {{1, 1}, 100, 100}}, 2, {0, 0, 1}, 3, 3},       /* the whole less two of three */
        {{{{1, 1, 1}, 103, 103}, {{1}, 60, 60}, {{0, 1}, 40, 40}}, 3, {0, 0, 1}, 3, 3},
        {{{{1, 1, 1}, 103, 103}, {{1}, 60, 60}}, 2, {0, 0, 1}, 0, 43},
        {{{{1, 1, 1}, 8, 12}, {{1}, 1, 4}, {{0, 1}, 1, 4}}, 3, {0, 0, 1}, 0, 10}, /* rounded, and two under 5 */
        {{{{1, 1}, 3, 7}, {{1}, 1, 4}}, 2, {0, 1}, 0, 6},
        {{{{1, 1}, 10, 10}, {{0, 1, 1}, 10, 10}, {{1, 0, 1}, 10, 10}}, 3, {1}, 5, 5}, /* in a ring */
        {{{{1, 1}, 3, 3}, {{0, 1, 1}, 4, 4}}, 2, {1, 1, 1}, 4, 7},
        {{{{1}, 20, NONE}, {{1, 1}, 21, 21}}, 2, {0, 1}, 0, 1},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct bounds *b = bounds_new(a, VARS);
        int64_t low, high;
        for (int k = 0; k < T[i].n; k++)
            assert_true(bounds_tell(b, T[i].told[k].sum, T[i].told[k].low, T[i].told[k].high));
        bounds_range(b, T[i].ask, &low, &high);
        if (low != T[i].low || high != T[i].high)
            fail_msg("case %zu: %lld to %lld", i, (long long)low, (long long)high);
        assert_false(bounds_broken(b));
    }
}

/* What contradicts is left out; what was told before stays as it was. */
static void test_contradiction(void **state)
{
    UNUSED(state);
    static const struct told T[] = {{{1, 1}, 2, 2}, {{1, 1}, 0, 1}, {{1}, 3, 9}, {{1, 1, 1}, 1, 1}, {{1}, 1, 1}};
    static const bool GOOD[] = {true, false, false, false, true};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct bounds *b = bounds_new(a, VARS);
    int64_t low, high;
    for (size_t i = 0; i < COUNT_OF(T); i++)
        assert_int_equal(bounds_tell(b, T[i].sum, T[i].low, T[i].high), GOOD[i]);
    bounds_range(b, (const signed char[VARS]){0, 1}, &low, &high);
    assert_true(low == 1 && high == 1);
    bounds_range(b, (const signed char[VARS]){0, 0, 1}, &low, &high);
    assert_true(low == 0 && high == NONE);
}

/* ---- against trying all ---- */

static void by_trying(const struct told *list, int n, const signed char *ask, int64_t *low, int64_t *high)
{
    int x[VARS] = {0};
    *low = NONE;
    *high = -NONE;
    for (;;) {
        if (fits(list, n, x)) {
            *low = min64(*low, sum_of(ask, x));
            *high = max64(*high, sum_of(ask, x));
        }
        int i = 0;
        while (i < VARS && x[i] == MOST)
            x[i++] = 0;
        if (i == VARS)
            return;
        x[i]++;
    }
}

/* Spans of neighbours, as figures are; each unknown at most MOST.  Sums of neighbours have whole vertices: the
 * range is that of the whole numbers. */
static void test_at_random(void **state)
{
    UNUSED(state);
    dice = 20240901;
    for (int round = 0; round < 400; round++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct bounds *b = bounds_new(a, VARS);
        struct told list[VARS + TOLD];
        int x[VARS], n = 0;
        memset(list, 0, sizeof list);
        for (int i = 0; i < VARS; i++) {
            x[i] = (int)roll(MOST + 1);
            list[n].sum[i] = 1;
            list[n++].high = MOST;
        }
        for (int k = (int)roll(TOLD + 1); k > 0; k--) {
            int from = (int)roll(VARS), to = from + (int)roll((uint64_t)(VARS - from));
            struct told *t = &list[n++];
            for (int i = from; i <= to; i++)
                t->sum[i] = 1;
            t->low = t->high = sum_of(t->sum, x);
            if (roll(3) == 0) {
                t->low = max64(t->low - 2, 0);
                t->high += 2;
            }
        }
        for (int k = 0; k < n; k++)
            assert_true(bounds_tell(b, list[k].sum, list[k].low, list[k].high));
        for (int i = 0; i < VARS; i++) {
            signed char ask[VARS] = {0};
            int64_t low, high, least, most;
            for (int k = i; k < VARS; k++) {
                ask[k] = 1;
                bool above = bounds_above(b, ask, 4);
                bounds_range(b, ask, &low, &high);
                by_trying(list, n, ask, &least, &most);
                if (low != least || high != most || above != (most > 4))
                    fail_msg("round %d, %d to %d: %lld to %lld instead of %lld to %lld", round, i, k, (long long)low,
                             (long long)high, (long long)least, (long long)most);
            }
        }
        assert_false(bounds_broken(b));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_contradiction),
        cmocka_unit_test(test_at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
