/* The parts of conditions, and what an index could do for them. */
#include "expr/expr.h"
#include "expr/testcat.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static char letter(enum expr_part_use use)
{
    return "-=<b"[use];
}

/* One letter a part: - nothing, = equality, < range, b below. */
static void parts(void **state)
{
    static const struct {
        const char *text, *uses, *props; /* names of the properties an index could be on */
    } T[] = {
        {"n = 1", "=", "n"},
        {"1 = n", "=", "n"},
        {"n = k", "-", ""},
        {"n + 1 = 2", "-", ""},
        {"n <> 1", "-", ""},
        {"n < 1", "<", "n"},
        {"1 >= n", "<", "n"},
        {"n BETWEEN 1 AND 2", "<", "n"},
        {"n BETWEEN k AND 2", "-", ""},
        {"n IN (1, 2)", "<", "n"},
        {"n IN (1, k)", "-", ""},
        {"n IS NULL", "-", ""},
        {"name LIKE 'a%'", "-", ""},
        {"lower(name) = 'a'", "-", ""},
        {"NOT n = 1", "-", ""},
        {"NOT n < 1", "-", ""},
        {"amount = 12.5", "=", "amount"},
        {"within(type, 'A')", "<", "type"},
        {"within(type, 'none')", "-", ""},
        {"within(type, 'many')", "-", ""},
        {"within(area, 'A')", "b", "area"},
        {"NOT within(area, 'A')", "-", ""},
        {"S_INTERSECTS(place, BBOX(1,1,2,2))", "<", "place"},
        {"distance_m(place, POINT(1 1)) < 10", "<", "place"},
        {"10 >= distance_m(place, POINT(1 1))", "<", "place"},
        {"distance_m(place, POINT(1 1)) > 10", "-", ""},
        {"distance_m(place, POINT(1 1)) = 10", "-", ""},
        {"distance_m(place, POINT(1 1)) < 19000000", "-", ""},
        {"n = 1 OR k = 2", "-", ""},
        {"n = 1 AND k > 2", "=<", "n k"},
        {"n = 1 AND (k > 2 AND (d IS NULL AND type = 'A'))", "=<-=", "n k type"},
        {"(n = 1 AND k = 1) OR n = 2", "-", ""},
        {"n = 1 AND (k = 1 OR k = 2) AND late", "=--", "n"},
        {"TRUE", "-", ""},
    };
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct xcatalogue cat = test_catalogue("Asia/Shanghai");
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct expr_part *list;
        struct expr *x;
        struct err e = ERR_INIT;
        struct buf uses AUTO(buf_free) = BUF(100), props AUTO(buf_free) = BUF(100);
        if (!expr_parse(a, str_of(T[i].text), &cat, EXPR_FILTER, &x, &e))
            fail_msg("%s: %s", T[i].text, e.text);
        size_t n = expr_parts(a, x, &list);
        for (size_t k = 0; k < n; k++) {
            buf_char(&uses, letter(list[k].use));
            assert_int_equal(list[k].use == EXPR_USE_BELOW, str_is(list[k].code, "A"));
            if (list[k].use == EXPR_USE_NONE)
                continue;
            buf_c(&props, props.len ? " " : "");
            buf_c(&props, test_fields[list[k].slot].name);
        }
        if (!str_is(buf_view(&uses), T[i].uses) || !str_is(buf_view(&props), T[i].props))
            fail_msg("%s: %.*s of %.*s", T[i].text, STR_F(buf_view(&uses)),
                     STR_F(buf_view(&props)));
    }
}

static void count_property(void *user, struct str name, int slot)
{
    UNUSED(name);
    UNUSED(slot);
    ++*(int *)user;
}

/* A part is an expression of its own: it is evaluated, becomes SQL, and names its properties. */
static void parts_stand_alone(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct xcatalogue cat = test_catalogue("Asia/Shanghai");
    struct expr_part *list;
    struct expr *x;
    struct err e = ERR_INIT;
    struct test_row row = {0};
    struct xcontext c = test_context(&row, cat.zone);
    for (int i = 0; i < TEST_SLOTS; i++)
        row.v[i] = (struct xvalue){.type = test_fields[i].type, .null = true};
    row.v[test_slot("n")] = (struct xvalue){.type = X_INT, .i = 7};
    assert_true(expr_parse(a, STR("n = 7 AND k + n + n > k"), &cat, EXPR_FILTER, &x, &e));
    assert_int_equal(expr_parts(a, x, &list), 2);
    for (int i = 0; i < 2; i++) {
        struct buf sql AUTO(buf_free) = BUF(1000);
        struct cell args[8];
        size_t n = 99;
        int props = 0;
        expr_each_property(list[i].x, count_property, &props);
        assert_int_equal(props, i + 1);
        assert_int_equal(expr_true(list[i].x, &c), i == 0);
        assert_true(expr_sql(list[i].x, &sql, args, COUNT_OF(args), &n, 4, &e));
        assert_int_equal(n, i == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parts),
                                       cmocka_unit_test(parts_stand_alone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
