#include "expr/testcat.h"
#include <setjmp.h>
#include <stdarg.h>
/* after the above, as it asks */
#include <cmocka.h>
#include <dirent.h>

static struct arena *arena;
static struct xcatalogue cat;

static int set_up(void **state)
{
    UNUSED(state);
    arena = arena_new();
    cat = test_catalogue("Asia/Shanghai");
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    arena_free(arena);
    return 0;
}

static struct expr *parse(const char *text, unsigned flags)
{
    struct err e = ERR_INIT;
    struct expr *x = NULL;
    if (!expr_parse(arena, str_of(text), &cat, flags, &x, &e))
        fail_msg("%s: %s", text, e.text);
    return x;
}

static const char *printed(const struct expr *x)
{
    struct buf b AUTO(buf_free) = BUF(64 * 1024);
    expr_print(x, &b);
    return str_c(arena, buf_view(&b));
}

/* ---- normal form; what is printed is read again as the same ---- */

static void test_good(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        const char *normal;
    } cases[] = {
        {"n=1", 0, "n = 1"},
        {"  n\t=\n1 ", 0, "n = 1"},
        {"\xE3\x80\x80n = 1\xE3\x80\x80", 0, "n = 1"},
        {"((n = (1)))", 0, "n = 1"},
        {"n = 1 and k<>2 Or yes", 0, "n = 1 AND k <> 2 OR yes"},
        {"n = 1 AND (k = 2 OR yes)", 0, "n = 1 AND (k = 2 OR yes)"},
        {"n = 1 AND (k = 2 AND (yes AND late))", 0, "n = 1 AND k = 2 AND yes AND late"},
        {"n = 1 OR (k = 2 OR yes)", 0, "n = 1 OR k = 2 OR yes"},
        {"NOT n = 1 AND yes", 0, "NOT (n = 1) AND yes"},
        {"NOT (n = 1 AND yes)", 0, "NOT (n = 1 AND yes)"},
        {"NOT NOT yes", 0, "NOT NOT yes"},
        {"yes", 0, "yes"},
        {"yes = true", 0, "yes = TRUE"},
        {"(n > k) = yes", 0, "(n > k) = yes"},
        {"(n > k) IS NULL", 0, "(n > k) IS NULL"},
        {"TRUE", 0, "TRUE"},
        {"false or yes", 0, "FALSE OR yes"},
        {"1 < 2", 0, "TRUE"},
        {"'a' < 'B'", 0, "FALSE"},
        {"name IN ('a','it''s', '')", 0, "name IN ('a', 'it''s', '')"},
        {"name not in ('a')", 0, "name NOT IN ('a')"},
        {"NOT name in ('a')", 0, "name NOT IN ('a')"},
        {"n between -1 and k + 1", 0, "n BETWEEN -1 AND k + 1"},
        {"n not between 1 and 2 and yes", 0, "n NOT BETWEEN 1 AND 2 AND yes"},
        {"name like 'a\\%%_'", 0, "name LIKE 'a\\%%_'"},
        {"lower(name) NOT LIKE 'x%'", 0, "lower(name) NOT LIKE 'x%'"},
        {"lower(lower(name)) = lower('ÄB')", 0, "lower(name) = 'Äb'"},
        {"note is null", 0, "note IS NULL"},
        {"place is not null", 0, "place IS NOT NULL"},
        {"n - (k - 1) - 2 = 0", 0, "n - (k - 1) - 2 = 0"},
        {"(n - k) * -2 + n * k * 3 > 0", 0, "(n - k) * -2 + n * k * 3 > 0"},
        {"-(n + k) = - - n", 0, "-(n + k) = --n"},
        {"2 * 3 + 1 = n", 0, "7 = n"},
        {"amount = 12.5", 0, "amount = 12.50"},
        {"amount = 12.500", 0, "amount = 12.50"},
        {"amount = 12", 0, "amount = 12.00"},
        {"12 = amount", 0, "12.00 = amount"},
        {"amount IN (1, 2.5, 价格)", 0, "amount IN (1.00, 2.50, 价格)"},
        {"1 BETWEEN amount AND 2.50", 0, "1.00 BETWEEN amount AND 2.50"},
        {"amount * 1.5 > 10", 0, "amount * 1.5 > 10.000"},
        {"amount * n + 1 < -价格", 0, "amount * n + 1.00 < -价格"},
        {"weight = 0.125", 0, "weight = 0.125"},
        {"n = 2.0", 0, "n = 2"},
        {"n = 1.5 + 0.5", 0, "n = 2"},
        {"amount = 1.25 * 2", 0, "amount = 2.50"},
        {"d = DATE('2024-01-31')", 0, "d = DATE('2024-01-31')"},
        {"date ( '2024年1月31日' ) <= day.two", 0, "DATE('2024-01-31') <= day.two"},
        {"at >= DATE('2024-01-31')", 0, "at >= TIMESTAMP('2024-01-30T16:00:00.000Z')"},
        {"at < timestamp('2024-01-31T08:00:00.250Z')", 0,
         "at < TIMESTAMP('2024-01-31T08:00:00.250Z')"},
        {"at < TIMESTAMP('2024-01-31T08:00:00')", 0, "at < TIMESTAMP('2024-01-31T00:00:00.000Z')"},
        {"\"in\" = 1 and \"n\" = 2", 0, "\"in\" = 1 AND n = 2"},
        {"\"odd \"\"name\"\"\" = 'x'", 0, "\"odd \"\"name\"\"\" = 'x'"},
        {"within(type, 'A')", 0, "within(type, 'A')"},
        {"s_intersects(place, bbox(115.5,28.5,116,29))", 0,
         "S_INTERSECTS(place, BBOX(115.5000000,28.5000000,116.0000000,29.0000000))"},
        {"S_INTERSECTS(place,POLYGON((0 0,1 0,1 1,0 0)))", 0,
         "S_INTERSECTS(place, POLYGON((0.0000000 0.0000000, 1.0000000 0.0000000, "
         "1.0000000 1.0000000, 0.0000000 0.0000000)))"},
        {"S_INTERSECTS(place,POLYGON((0 0,1 0,1 1)))", 0,
         "S_INTERSECTS(place, POLYGON((0.0000000 0.0000000, 1.0000000 0.0000000, "
         "1.0000000 1.0000000, 0.0000000 0.0000000)))"},
        {"distance_m(place, POINT(-71.05999999999 42.3)) <= 1000", 0,
         "distance_m(place, POINT(-71.0600000 42.3000000)) <= 1000"},
        {"distance_m(place, POINT(0 0)) * 458874230689 > 0", 0,
         "distance_m(place, POINT(0.0000000 0.0000000)) * 458874230689 > 0"},
        {"holder = 'x'", EXPR_PERSON, "holder = 'x'"},
        {"has('agreement') and open('tasks') = 0 and rows('parties') > 1", EXPR_GUARD,
         "has('agreement') AND open('tasks') = 0 AND rows('parties') > 1"},
        {"days(at, today()) > 30", EXPR_GUARD, "days(at, today()) > 30"},
        {"at < today()", EXPR_GUARD, "at < today()"},
        {"at < d", EXPR_GUARD, "at < d"},
        {"n + 1", EXPR_SCALAR, "n + 1"},
        {"'grid'", EXPR_SCALAR, "'grid'"},
        {"place", EXPR_SCALAR, "place"},
        {"days(d, day.two)", EXPR_SCALAR | EXPR_GUARD, "days(d, day.two)"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const char *once = printed(parse(cases[i].text, cases[i].flags));
        assert_string_equal(once, cases[i].normal);
        assert_string_equal(printed(parse(once, cases[i].flags)), once);
    }
}

/* ---- what is refused, and in which words ---- */

static void test_bad(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        enum err_code code;
        const char *say;
    } cases[] = {
        {"", 0, ERR_SYNTAX, "at character 1: expected a value, found the end"},
        {"   ", 0, ERR_SYNTAX, "at character 4: expected a value, found the end"},
        {"n", 0, ERR_INPUT,
         "at character 1: expected a condition, 'n' (a whole number) is not one"},
        {"n =", 0, ERR_SYNTAX, "at character 4: expected a value, found the end"},
        {"n = )", 0, ERR_SYNTAX, "at character 5: expected a value, found )"},
        {"n = 1 2", 0, ERR_SYNTAX, "at character 7: expected AND, OR or the end, found 2"},
        {"n 1", 0, ERR_SYNTAX, "at character 3: expected a comparison or the end, found 1"},
        {"n = 1 = 2", 0, ERR_SYNTAX, "at character 7: expected AND, OR or the end, found ="},
        {"(n = 1", 0, ERR_SYNTAX, "at character 7: expected ), found the end"},
        {"n = 1)", 0, ERR_SYNTAX, "at character 6: expected AND, OR or the end, found )"},
        {"n == 1", 0, ERR_SYNTAX, "at character 3: expected one =, found =="},
        {"n != 1", 0, ERR_SYNTAX, "at character 3: expected <> for \"is not\", found !="},
        {"n = 1;", 0, ERR_SYNTAX, "at character 6: ';' has no meaning here"},
        {"n = 1 --", 0, ERR_SYNTAX, "at character 9: expected a value, found the end"},
        {"价格 ＝ 1", 0, ERR_SYNTAX, "at character 4: '＝' is full-width, expected the plain sign"},
        {"name = ‘a’", 0, ERR_SYNTAX, "at character 8: '‘' is full-width, expected the plain sign"},
        {"name = 'a", 0, ERR_SYNTAX, "at character 8: the text that begins here has no closing '"},
        {"name = 'a''", 0, ERR_SYNTAX,
         "at character 8: the text that begins here has no closing '"},
        {"\"n = 1", 0, ERR_SYNTAX, "at character 1: the name that begins here has no closing \""},
        {"n = 12abc", 0, ERR_SYNTAX, "at character 5: expected a number like 12 or 12.50"},
        {"n = 1e5", 0, ERR_SYNTAX, "at character 5: expected a number like 12 or 12.50"},
        {"n = 1.", 0, ERR_SYNTAX, "at character 5: expected a number like 12 or 12.50"},
        {"n = 1.2.3", 0, ERR_SYNTAX, "at character 5: expected a number like 12 or 12.50"},
        {"n = .5", 0, ERR_SYNTAX, "at character 5: '.' has no meaning here"},
        {"n = 9223372036854775808", 0, ERR_SYNTAX, "at character 5: the number is too large"},
        {"nothing = 1", 0, ERR_UNKNOWN_FIELD, "at character 1: there is no field 'nothing'"},
        {"N = 1", 0, ERR_UNKNOWN_FIELD, "at character 1: there is no field 'N'"},
        {"name = \"a\"", 0, ERR_UNKNOWN_FIELD,
         "at character 8: there is no field 'a' (a text stands in '…')"},
        {"in = 1", 0, ERR_SYNTAX, "at character 1: expected a value, found in"},
        {"n = NULL", 0, ERR_SYNTAX, "at character 5: NULL stands only in IS NULL and IS NOT NULL"},
        {"n IS 1", 0, ERR_SYNTAX, "at character 6: expected NULL or NOT NULL behind IS, found 1"},
        {"n NOT 1", 0, ERR_SYNTAX,
         "at character 7: expected IN, BETWEEN or LIKE behind NOT, found 1"},
        {"n IN 1", 0, ERR_SYNTAX, "at character 6: expected ( and a list behind IN, found 1"},
        {"n IN ()", 0, ERR_SYNTAX, "at character 7: expected a value, found )"},
        {"n IN (1,)", 0, ERR_SYNTAX, "at character 9: expected a value, found )"},
        {"n IN (1", 0, ERR_SYNTAX,
         "at character 8: expected , or ) in the list behind IN, found the end"},
        {"n BETWEEN 1, 2", 0, ERR_SYNTAX, "at character 12: expected AND of BETWEEN, found ,"},
        {"n AND yes", 0, ERR_INPUT,
         "at character 1: AND joins conditions, 'n' (a whole number) is not one"},
        {"yes OR 'a'", 0, ERR_INPUT, "at character 8: OR joins conditions, a text is not one"},
        {"NOT name", 0, ERR_INPUT,
         "at character 5: NOT needs a condition, 'name' (a text) is not one"},
        {"type = 12", 0, ERR_INPUT,
         "at character 8: 'type' (a text) meets a whole number, expected a text in '…'"},
        {"n = '1'", 0, ERR_INPUT,
         "at character 5: 'n' (a whole number) meets a text, expected a number"},
        {"'1' = n", 0, ERR_INPUT,
         "at character 1: 'n' (a whole number) meets a text, expected a number"},
        {"d = '2024-01-31'", 0, ERR_INPUT,
         "at character 5: 'd' (a date) meets a text, expected DATE('2024-01-31')"},
        {"at = 5", 0, ERR_INPUT,
         "at character 6: 'at' (a time) meets a whole number, expected "
         "TIMESTAMP('2024-01-31T08:00:00Z') or DATE('2024-01-31')"},
        {"yes = 1", 0, ERR_INPUT,
         "at character 7: 'yes' (a yes or no) meets a whole number, expected TRUE or FALSE"},
        {"yes < TRUE", 0, ERR_INPUT, "at character 1: a yes or no has no order, expected = or <>"},
        {"n IN (1, 'a')", 0, ERR_INPUT,
         "at character 10: 'n' (a whole number) meets a text, expected a number"},
        {"amount = 12.345", 0, ERR_INPUT,
         "at character 10: 'amount' (a number) keeps 2 decimals, this number has 3"},
        {"n = 0.5", 0, ERR_INPUT,
         "at character 5: 'n' (a whole number) keeps 0 decimals, this number has 1"},
        {"amount + 0.001 = 1", 0, ERR_INPUT,
         "at character 10: 'amount' (a number) keeps 2 decimals, this number has 3"},
        {"amount = n", 0, ERR_INPUT,
         "at character 10: 'amount' (a number) has 2 decimals, 'n' (a whole number) has 0: they "
         "cannot meet"},
        {"amount = weight", 0, ERR_INPUT,
         "at character 10: 'amount' (a number) has 2 decimals, 'weight' (a number) has 3: they "
         "cannot meet"},
        {"amount = 99999999999999999", 0, ERR_INPUT, "at character 10: the number is too large"},
        {"name + 1 = 2", 0, ERR_INPUT,
         "at character 1: +, - and * need numbers, 'name' (a text) is none"},
        {"d + 1 = d", 0, ERR_INPUT,
         "at character 1: +, - and * need numbers, 'd' (a date) is none"},
        {"-name = 'a'", 0, ERR_INPUT,
         "at character 2: +, - and * need numbers, 'name' (a text) is none"},
        {"9223372036854775807 + 1 = n", 0, ERR_INPUT, "at character 1: the result is too large"},
        {"-9223372036854775807 - 1 = n", 0, ERR_INPUT, "at character 1: the result is too large"},
        {"n * 9223372036854775807 + 1 > 0", 0, ERR_INPUT,
         "at character 1: this calculation leaves the range of numbers"},
        {"distance_m(place, POINT(0 0)) * 458874230690 > 0", 0, ERR_INPUT,
         "at character 1: this calculation leaves the range of numbers"},
        {"weight*weight*weight*weight*weight*weight*weight = 1", 0, ERR_INPUT,
         "at character 1: the product has more than 18 decimals"},
        {"note = 'a'", 0, ERR_INPUT,
         "at character 1: 'note' (kept apart from the log): only IS NULL and IS NOT NULL can be "
         "asked"},
        {"note", EXPR_SCALAR, ERR_INPUT,
         "at character 1: 'note' (kept apart from the log): only IS NULL and IS NOT NULL can be "
         "asked"},
        {"note LIKE 'a'", 0, ERR_INPUT,
         "at character 1: LIKE needs a text, 'note' (kept apart from the log) is not one"},
        {"lower(note) = 'a'", 0, ERR_INPUT,
         "at character 7: lower() needs a text, 'note' (kept apart from the log) is none"},
        {"place = POINT(1 2)", 0, ERR_INPUT,
         "at character 1: 'place' (a place): a place is asked by S_INTERSECTS or distance_m"},
        {"holder = 'x'", 0, ERR_PRIVACY,
         "at character 1: 'holder' names a person, and nothing is counted, sorted or filtered by "
         "person"},
        {"n = 1 OR holder IS NULL", 0, ERR_PRIVACY,
         "at character 10: 'holder' names a person, and nothing is counted, sorted or filtered by "
         "person"},
        {"holder", EXPR_SCALAR | EXPR_GUARD, ERR_PRIVACY,
         "at character 1: 'holder' names a person, and nothing is counted, sorted or filtered by "
         "person"},
        {"name LIKE n", 0, ERR_INPUT, "at character 11: expected a pattern in '…' behind LIKE"},
        {"name LIKE type", 0, ERR_INPUT, "at character 11: expected a pattern in '…' behind LIKE"},
        {"n LIKE '1%'", 0, ERR_INPUT,
         "at character 1: LIKE needs a text, 'n' (a whole number) is not one"},
        {"name LIKE 'a\\'", 0, ERR_INPUT,
         "at character 11: the pattern ends in a single backslash"},
        {"name LIKE '\\\\\\'", 0, ERR_INPUT,
         "at character 11: the pattern ends in a single backslash"},
        {"d = at", 0, ERR_INPUT,
         "at character 1: 'd' (a date) meets a time, here it meets only DATE('2024-01-31')"},
        {"d = DATE('2023-02-29')", 0, ERR_INPUT,
         "at character 10: expected a day like '2024-01-31'"},
        {"d = DATE(5)", 0, ERR_SYNTAX,
         "at character 10: expected a day like '2024-01-31', found 5"},
        {"at = TIMESTAMP('yesterday')", 0, ERR_INPUT,
         "at character 16: expected an instant like '2024-01-31T08:00:00Z'"},
        {"at = TIMESTAMP('0001-01-01T00:00:00+08:00')", 0, ERR_INPUT,
         "at character 16: expected an instant like '2024-01-31T08:00:00Z'"},
        {"at = DATE('0001-01-01')", 0, ERR_INPUT, "at character 6: the day is too early"},
        {"days(d, day.two) > 1", 0, ERR_INPUT,
         "at character 1: days() stands only in conditions of a playbook's actions"},
        {"has('x')", 0, ERR_INPUT,
         "at character 1: has() stands only in conditions of a playbook's actions"},
        {"days(n, d) = 1", EXPR_GUARD, ERR_INPUT,
         "at character 6: days() needs a date or a time, 'n' (a whole number) is none"},
        {"days(d) = 1", EXPR_GUARD, ERR_SYNTAX,
         "at character 7: expected , in days(from, to), found )"},
        {"today(1) = d", EXPR_GUARD, ERR_SYNTAX,
         "at character 7: expected ) behind today(, found 1"},
        {"has(name)", EXPR_GUARD, ERR_SYNTAX,
         "at character 5: expected the id of a document in '…', found name"},
        {"rows(3) = 1", EXPR_GUARD, ERR_SYNTAX,
         "at character 6: expected a field of type table in '…', found 3"},
        {"upper(name) = 'A'", 0, ERR_SYNTAX,
         "at character 1: there is no function 'upper', expected lower, within, distance_m or "
         "S_INTERSECTS"},
        {"lower(name)", EXPR_SCALAR, ERR_INPUT,
         "at character 1: lower() stands only in a comparison"},
        {"within(type, 'Z')", 0, ERR_UNKNOWN_CODE, "at character 14: 'type' has no code 'Z'"},
        {"within(name, 'A')", 0, ERR_UNKNOWN_CODE, "at character 14: 'name' has no code 'A'"},
        {"within(n, 'A')", 0, ERR_INPUT,
         "at character 8: expected a field with codes, 'n' (a whole number) is none"},
        {"within('A', 'A')", 0, ERR_INPUT,
         "at character 8: expected a field with codes, a text is none"},
        {"within(type)", 0, ERR_SYNTAX, "at character 12: expected , and a code in '…', found )"},
        {"within(type, name)", 0, ERR_SYNTAX,
         "at character 14: expected a code in '…', found name"},
        {"distance_m(n, POINT(1 2)) < 1", 0, ERR_INPUT,
         "at character 12: expected a field of type place, 'n' (a whole number) is none"},
        {"distance_m(place, place) < 1", 0, ERR_INPUT,
         "at character 19: expected a point like POINT(115.89 28.67)"},
        {"distance_m(place, POINT(1, 2)) < 1", 0, ERR_SYNTAX,
         "at character 26: expected a latitude, found ,"},
        {"distance_m(place, POINT(181 2)) < 1", 0, ERR_INPUT,
         "at character 25: expected a longitude from -180 to 180"},
        {"distance_m(place, POINT(1 -90.00000006)) < 1", 0, ERR_INPUT,
         "at character 27: expected a latitude from -90 to 90"},
        {"distance_m(place, POINT(1 2)) < 1.5", 0, ERR_INPUT,
         "at character 33: the calculation keeps 0 decimals, this number has 1"},
        {"S_INTERSECTS(place, POINT(1 2))", 0, ERR_INPUT,
         "at character 21: expected an area like BBOX(…) or POLYGON((…))"},
        {"S_INTERSECTS(BBOX(1,2,3,4), place)", 0, ERR_INPUT,
         "at character 14: expected a field of type place, an area is none"},
        {"S_INTERSECTS(place, BBOX(1,5,3,4))", 0, ERR_INPUT,
         "at character 21: expected BBOX(west,south,east,north), south is above north"},
        {"S_INTERSECTS(place, BBOX(1,2,3))", 0, ERR_SYNTAX,
         "at character 31: expected , in BBOX(w,s,e,n), found )"},
        {"S_INTERSECTS(place, POLYGON((0 0, 1 1)))", 0, ERR_INPUT,
         "at character 21: a polygon needs three points"},
        {"S_INTERSECTS(place, POLYGON((0 0, 1 1, 0 0)))", 0, ERR_INPUT,
         "at character 21: a polygon needs three points"},
        {"S_INTERSECTS(place, POLYGON(0 0, 1 1, 1 0))", 0, ERR_SYNTAX,
         "at character 29: expected (( behind POLYGON, found 0"},
        {"S_INTERSECTS(place, POLYGON((0 0,1 1,1 0),(0 0,1 1,1 0)))", 0, ERR_SYNTAX,
         "at character 42: expected ) (a polygon has one ring), found ,"},
        {"BBOX(1,2,3,4) = BBOX(1,2,3,4)", 0, ERR_INPUT,
         "at character 1: an area stands only in S_INTERSECTS"},
        {"BBOX(1,2,3,4)", EXPR_SCALAR, ERR_INPUT,
         "at character 1: an area stands only in S_INTERSECTS"},
        {"BBOX(1,2,3,4) IS NULL", 0, ERR_INPUT,
         "at character 1: an area stands only in S_INTERSECTS"},
        {"name = '\xFF'", 0, ERR_SYNTAX, "a condition must be UTF-8"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct expr *x = (struct expr *)(void *)&cat; /* must stay */
        struct err e = ERR_INIT;
        if (expr_parse(arena, str_of(cases[i].text), &cat, cases[i].flags, &x, &e))
            fail_msg("%s: was read", cases[i].text);
        if (e.code != cases[i].code || strcmp(e.text, cases[i].say) != 0)
            fail_msg("%s\n  gave     %s: %s\n  expected %s: %s", cases[i].text, err_wire(e.code),
                     e.text, err_wire(cases[i].code), cases[i].say);
        assert_ptr_equal(x, &cat);
        assert_true(e.zh[0] || strstr(e.text, "UTF-8"));
    }
}

/* ---- the evaluator ---- */

static struct test_row sample(void)
{
    struct test_row row;
    for (int i = 0; i < TEST_SLOTS; i++)
        row.v[i] = (struct xvalue){.null = true};
#define SET(name, ...) row.v[test_slot(name)] = (struct xvalue){__VA_ARGS__}
    SET("name", .s = STR("Ab_c%张三"));
    SET("type", .s = STR("A11"));
    SET("area", .s = STR("B"));
    SET("odd \"name\"", .s = STR("@AZ[`az{"));
    SET("n", .i = 7);
    SET("amount", .i = 1250);
    SET("d", .i = 19753);
    SET("at", .i = INT64_C(1706630400000)); /* 2024-01-31 00:00 in Shanghai */
    SET("yes", .i = 1);
    SET("place", .lon = 1158915000, .lat = 286765000);
    SET("note", .null = false);
#undef SET
    return row;
}

static const char *outcome(const char *text, unsigned flags)
{
    struct test_row row = sample();
    struct xcontext c = test_context(&row, cat.zone);
    struct expr *x = parse(text, flags);
    struct xvalue v;
    expr_eval(x, &c, &v);
    if (expr_type(x) == X_BOOL)
        assert_int_equal(expr_true(x, &c), !v.null && v.i);
    if (v.null)
        return "?";
    if (v.type == X_BOOL)
        return v.i ? "T" : "F";
    return arena_printf(arena, "%lld", (long long)v.i);
}

static void test_evaluate(void **state)
{
    static const struct {
        const char *text, *result;
        unsigned flags;
    } cases[] = {
        {"n = 7", "T", 0},
        {"n <> 7", "F", 0},
        {"n < 7", "F", 0},
        {"n <= 7", "T", 0},
        {"n > 6", "T", 0},
        {"n >= 8", "F", 0},
        {"k = 7", "?", 0},
        {"k IS NULL", "T", 0},
        {"k IS NOT NULL", "F", 0},
        {"note IS NOT NULL", "T", 0},
        {"place IS NULL", "F", 0},
        {"(k = 1) IS NULL", "T", 0},
        {"yes", "T", 0},
        {"NOT yes", "F", 0},
        {"late", "?", 0},
        {"yes = (n = 7)", "T", 0},
        /* the whole of three-valued logic: yes is T, late is unknown, n = 0 is F */
        {"yes AND yes", "T", 0},
        {"yes AND n = 0", "F", 0},
        {"yes AND late", "?", 0},
        {"n = 0 AND late", "F", 0},
        {"late AND n = 0", "F", 0},
        {"late AND yes", "?", 0},
        {"late AND late", "?", 0},
        {"n = 0 OR n = 0", "F", 0},
        {"yes OR late", "T", 0},
        {"late OR yes", "T", 0},
        {"late OR n = 0", "?", 0},
        {"late OR late", "?", 0},
        {"NOT late", "?", 0},
        {"n IN (1, 7)", "T", 0},
        {"n IN (1, 2)", "F", 0},
        {"n IN (1, k)", "?", 0},
        {"n IN (k, 7)", "T", 0},
        {"n NOT IN (1, k)", "?", 0},
        {"k IN (1)", "?", 0},
        {"n BETWEEN 7 AND 7", "T", 0},
        {"n BETWEEN 8 AND 7", "F", 0},
        {"n BETWEEN k AND 6", "F", 0},
        {"n BETWEEN k AND 8", "?", 0},
        {"n NOT BETWEEN 8 AND k", "T", 0},
        {"amount = 12.5", "T", 0},
        {"amount * 2 = 25", "T", 0},
        {"amount * amount = 156.25", "T", 0},
        {"n - 2 * 3 = 1", "T", 0},
        {"(n - 2) * 3 = 15", "T", 0},
        {"-n = -7", "T", 0},
        {"n + k = 7", "?", 0},
        {"name = 'Ab_c%张三'", "T", 0},
        {"lower(name) = 'ab_c%张三'", "T", 0},
        {"name < 'a'", "T", 0},
        {"lower(name) < 'ab'", "F", 0},
        {"name LIKE 'Ab%'", "T", 0},
        {"name LIKE 'ab%'", "F", 0},
        {"lower(name) LIKE 'ab%'", "T", 0},
        {"name LIKE 'Ab_c%'", "T", 0},
        {"name LIKE 'Ab\\_c\\%__'", "T", 0},
        {"name LIKE 'Ab\\_c\\%_'", "F", 0},
        {"name LIKE 'Ab%三'", "T", 0},
        {"name LIKE '%张%'", "T", 0},
        {"name LIKE '%'", "T", 0},
        {"name LIKE ''", "F", 0},
        {"name LIKE '%%%三%%'", "T", 0},
        {"name LIKE '%c%b%'", "F", 0},
        {"name LIKE '\\A%'", "T", 0},
        {"'aab' LIKE '%ab'", "T", 0},
        {"'' LIKE '%'", "T", 0},
        {"'' LIKE '_'", "F", 0},
        {"'张' LIKE '%__'", "F", 0},
        {"'张三' LIKE '%__'", "T", 0},
        {"lower(\"odd \"\"name\"\"\") = '@az[`az{'", "T", 0},
        {"'a\\b' LIKE 'a\\\\b'", "T", 0},
        {"within(type, 'A')", "T", 0},
        {"within(type, 'A2')", "F", 0},
        {"within(type, 'none')", "F", 0},
        {"within(area, 'B')", "T", 0},
        {"d = DATE('2024-01-31')", "T", 0},
        {"at = DATE('2024-01-31')", "T", 0},
        {"at < DATE('2024-01-31')", "F", 0},
        {"at = TIMESTAMP('2024-01-31T00:00:00+08:00')", "T", 0},
        {"at = d", "T", EXPR_GUARD},
        {"at < today()", "F", EXPR_GUARD},
        {"done < today()", "?", EXPR_GUARD},
        {"days(DATE('2024-01-01'), d)", "30", EXPR_GUARD | EXPR_SCALAR},
        {"days(d, TIMESTAMP('2024-02-01T15:59:59Z'))", "1", EXPR_GUARD | EXPR_SCALAR},
        {"days(d, TIMESTAMP('2024-02-01T16:00:00Z'))", "2", EXPR_GUARD | EXPR_SCALAR},
        {"days(at, done)", "?", EXPR_GUARD | EXPR_SCALAR},
        {"days(today(), d) + 1", "1", EXPR_GUARD | EXPR_SCALAR},
        {"has('agreement')", "T", EXPR_GUARD},
        {"has('receipt')", "F", EXPR_GUARD},
        {"open('tasks') + rows('parties')", "5", EXPR_GUARD | EXPR_SCALAR},
        {"rows('nothing') = 0", "T", EXPR_GUARD},
        {"n * n - k", "?", EXPR_SCALAR},
        {"amount + 0.05", "1255", EXPR_SCALAR},
        {"1.5 * 1.5", "225", EXPR_SCALAR},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (strcmp(outcome(cases[i].text, cases[i].flags), cases[i].result) != 0)
            fail_msg("%s gave %s, expected %s", cases[i].text,
                     outcome(cases[i].text, cases[i].flags), cases[i].result);
}

/* The figures were worked out beside this program with 50 digits (haversine, R = 6371008.8 m). */
static void test_distance(void **state)
{
    static const struct {
        int64_t lon1, lat1, lon2, lat2, metres;
    } cases[] = {
        {0, 0, 0, 0, 0},
        {1164074000, 399042000, 1214737000, 312304000, 1067312},
        {1158915000, 286765000, 1158915000, 286765100, 2},
        {1158915000, 286765000, 1158925000, 286775000, 148},
        {0, 0, 1800000000, 0, 20015115},
        {0, 900000000, 0, -900000000, 20015115},
        {-710600000, 423000000, -711000000, 423500000, 6460},
        {1799999999, 0, -1799999999, 0, 1},
        {1159000000, 287000000, -711000000, 423500000, 12082184},
        {123456789, -87654321, -987654321, 456789012, 12338331},
        {1158915000, 286765000, 1158915001, 286765000, 1},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(
            expr_distance_m(cases[i].lon1, cases[i].lat1, cases[i].lon2, cases[i].lat2),
            cases[i].metres);
        assert_int_equal(
            expr_distance_m(cases[i].lon2, cases[i].lat2, cases[i].lon1, cases[i].lat1),
            cases[i].metres);
    }
}

static void test_places(void **state)
{
#define SQUARE "POLYGON((0 0, 10 0, 10 10, 0 10, 0 0))"
#define NOTCH "POLYGON((0 0, 10 0, 10 10, 5 5, 0 10))"
#define WORLD "POLYGON((-180 -90, 180 -90, 180 90, -180 90))"
    static const struct {
        const char *area;
        int64_t lon, lat; /* degrees times ten */
        bool inside;
    } cases[] = {
        {SQUARE, 50, 50, true},
        {SQUARE, -1, 50, false},
        {SQUARE, 101, 50, false},
        {SQUARE, 50, 101, false},
        {SQUARE, 0, 0, true},
        {SQUARE, 100, 100, true},
        {SQUARE, 0, 50, true},
        {SQUARE, 50, 0, true},
        {SQUARE, 50, 100, true},
        {SQUARE, 100, 50, true},
        {NOTCH, 50, 50, true},
        {NOTCH, 50, 51, false},
        {NOTCH, 50, 100, false},
        {NOTCH, 10, 85, true},
        {NOTCH, 10, 90, true},
        {NOTCH, 10, 91, false},
        {NOTCH, 90, 85, true},
        {NOTCH, 0, 100, true},
        {WORLD, 1800, 900, true},
        {WORLD, -1800, -900, true},
        {WORLD, 0, 0, true},
        {"BBOX(0,0,10,10)", 0, 0, true},
        {"BBOX(0,0,10,10)", 100, 100, true},
        {"BBOX(0,0,10,10)", 101, 0, false},
        {"BBOX(170,-10,-170,10)", 1750, 0, true},
        {"BBOX(170,-10,-170,10)", -1750, 0, true},
        {"BBOX(170,-10,-170,10)", 0, 0, false},
        {"BBOX(170,-10,-170,10)", 1750, 110, false},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_row row = sample();
        struct xcontext c = test_context(&row, cat.zone);
        struct xvalue *place = &row.v[test_slot("place")];
        place->lon = cases[i].lon * 1000000;
        place->lat = cases[i].lat * 1000000;
        const char *text = arena_printf(arena, "S_INTERSECTS(place, %s)", cases[i].area);
        if (expr_true(parse(text, 0), &c) != cases[i].inside)
            fail_msg("%s at %lld, %lld", text, (long long)cases[i].lon, (long long)cases[i].lat);
        place->null = true;
        struct xvalue v;
        expr_eval(parse(text, 0), &c, &v);
        assert_true(v.null);
    }
}

/* Arithmetic never overflows: numbers beyond the limit are unknown in it, and only in it. */
static void test_overflow(void **state)
{
    static const struct {
        const char *text;
        int64_t n;
        const char *result;
    } cases[] = {
        {"n + k > 0", INT64_C(1) << 61, "T"},
        {"n + k > 0", (INT64_C(1) << 61) + 1, "?"},
        {"n + k > 0", INT64_MAX, "?"},
        {"n + k < 0", -(INT64_C(1) << 61), "T"},
        {"n + k < 0", INT64_MIN, "?"},
        {"-n < 0", INT64_C(1) << 62, "T"},
        {"-n < 0", INT64_MIN, "?"},
        {"n * k > 0", INT64_C(1) << 31, "T"},
        {"n * k > 0", (INT64_C(1) << 31) + 1, "?"},
        {"n * 4 > 0", INT64_C(1) << 60, "T"},
        {"n > 0", INT64_MAX, "T"},
        {"n < 0", INT64_MIN, "T"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct test_row row = sample();
        struct xcontext c = test_context(&row, cat.zone);
        struct xvalue v;
        row.v[test_slot("n")].i = cases[i].n;
        row.v[test_slot("k")] = (struct xvalue){.i = cases[i].n < 0 ? -1 : 1};
        expr_eval(parse(cases[i].text, 0), &c, &v);
        const char *got = v.null ? "?" : v.i ? "T" : "F";
        if (strcmp(got, cases[i].result) != 0)
            fail_msg("%s with n = %lld gave %s", cases[i].text, (long long)cases[i].n, got);
    }
    /* days and instants from a broken record must not overflow either */
    struct test_row row = sample();
    struct xcontext c = test_context(&row, cat.zone);
    struct xvalue v;
    row.v[test_slot("d")].i = INT64_MAX;
    row.v[test_slot("at")].i = INT64_MIN;
    expr_eval(parse("days(d, at)", EXPR_GUARD | EXPR_SCALAR), &c, &v);
    assert_true(v.null);
    expr_eval(parse("at = d", EXPR_GUARD), &c, &v);
    assert_true(v.null);
}

/* A day of a zone with summer time, where midnight does not exist on 2018-11-04 (Sao Paulo). */
static void test_zone(void **state)
{
    UNUSED(state);
    cat = test_catalogue("America/Sao_Paulo");
    assert_string_equal(printed(parse("at = DATE('2018-11-04')", 0)),
                        "at = TIMESTAMP('2018-11-04T03:00:00.000Z')");
    assert_string_equal(printed(parse("at = DATE('2018-11-05')", 0)),
                        "at = TIMESTAMP('2018-11-05T02:00:00.000Z')");
    cat = test_catalogue(NULL);
    static const char *const texts[] = {"at = DATE('2024-01-31')",
                                        "at = TIMESTAMP('2024-01-31T08:00:00Z')", "days(at, d) = 0",
                                        "at = d"};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct err e = ERR_INIT;
        struct expr *x;
        assert_false(expr_parse(arena, str_of(texts[i]), &cat, EXPR_GUARD, &x, &e));
        assert_int_equal(e.code, ERR_INPUT);
    }
}

/* ---- sizes ---- */

static const char *repeated(const char *head, const char *body, int times, const char *tail)
{
    struct buf b AUTO(buf_free) = BUF(64 * 1024);
    buf_c(&b, head);
    for (int i = 0; i < times; i++)
        buf_c(&b, body);
    buf_c(&b, tail);
    return str_c(arena, buf_view(&b));
}

static void test_limits(void **state)
{
    const struct {
        const char *text;
        bool fits;
    } cases[] = {
        {repeated("", "(", 31, "n = 1)))))))))))))))))))))))))))))))"), true},
        {repeated("", "(", 32, "n = 1))))))))))))))))))))))))))))))))"), false},
        {repeated("", "NOT ", 31, "yes"), true},
        {repeated("", "NOT ", 32, "yes"), false},
        {repeated("n = ", "-", 31, "n"), true},
        {repeated("n = ", "-", 32, "n"), false},
        {repeated("yes", " AND yes", 254, ""), true},
        {repeated("yes", " AND yes", 255, ""), false},
        {repeated("n IN (1", ", 1", 252, ")"), true},
        {repeated("n IN (1", ", 1", 253, ")"), true}, /* 255 values and IN */
        {repeated("n IN (1", ", 1", 254, ")"), false},
        {repeated("0 = n", " + n", 126, ""), true},
        {repeated("name = '", "x", LIMIT_EXPR - 9, "'"), true},
        {repeated("name = '", "x", LIMIT_EXPR - 8, "'"), false},
        {repeated("S_INTERSECTS(place, POLYGON((0 0", ", 1 1", 63, ")))"), true},
        {repeated("S_INTERSECTS(place, POLYGON((0 0", ", 1 1", 63, ", 0 0)))"), true},
        {repeated("S_INTERSECTS(place, POLYGON((0 0", ", 1 1", 64, ")))"), false},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err e = ERR_INIT;
        struct expr *x;
        bool ok = expr_parse(arena, str_of(cases[i].text), &cat, 0, &x, &e);
        if (ok != cases[i].fits)
            fail_msg("%.50s…: %s", cases[i].text, ok ? "was read" : e.text);
        if (!ok)
            assert_int_equal(e.code, ERR_TOO_BIG);
    }
}

static void add_name(void *user, struct str name, int slot)
{
    struct buf *b = user;
    buf_printf(b, "%.*s:%d ", STR_F(name), slot);
}

static void test_properties(void **state)
{
    struct buf b AUTO(buf_free) = BUF(1000);
    UNUSED(state);
    expr_each_property(
        parse("n = 1 OR n = k AND lower(name) LIKE 'a' OR n > 3 OR place IS NULL", 0), add_name,
        &b);
    buf_char(&b, '\0');
    assert_string_equal(b.ptr, "n:2 k:3 name:0 place:12 ");
    assert_int_equal(expr_type(parse("amount", EXPR_SCALAR)), X_DECIMAL);
    assert_int_equal(expr_decimals(parse("amount * weight", EXPR_SCALAR)), 5);
    assert_int_equal(expr_type(parse("d", EXPR_SCALAR)), X_DATE);
    assert_int_equal(expr_type(parse("n = 1", EXPR_SCALAR)), X_BOOL);
}

/* ---- SQL: the text (what it means is compared in random_test.c) ---- */

static void test_sql(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        const char *sql;
    } cases[] = {
        {"n = 1", 0, "(t.n = $5)"},
        {"yes AND NOT name IN ('a', 'b')", 0, "((t.yes <> 0) AND (NOT (t.name IN ($5, $6))))"},
        {"(n = 1) = yes", 0, "(CAST((t.n = $5) AS INTEGER) = t.yes)"},
        {"name LIKE 'a%'", 0, "(t.name LIKE $5 ESCAPE '\\')"},
        {"TRUE", 0, "(1 = 1)"},
        {"n + 1 > 0", 0,
         "((CASE WHEN t.n BETWEEN -4611686018427387904 AND 4611686018427387904 THEN t.n END + $5) "
         "> "
         "$6)"},
        {"n IS NULL AND place IS NULL AND note IS NULL", 0,
         "((t.n IS NULL) AND (t.place_lon IS NULL) AND (t.note IS NULL))"},
        {"within(type, 'A1')", 0, "(t.type IN ($5, $6))"},
        {"within(type, 'none')", 0, "(t.type <> t.type)"},
        {"within(area, 'A')", 0, "(t.area IN (SELECT s.code FROM s WHERE s.top = $5))"},
        {"S_INTERSECTS(place, BBOX(1,2,3,4))", 0,
         "(t.place_lat BETWEEN $5 AND $6 AND t.place_lon BETWEEN $7 AND $8)"},
        {"n * 2", EXPR_SCALAR,
         "(CASE WHEN t.n BETWEEN -2305843009213693952 AND 2305843009213693952 THEN t.n END * $5)"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b AUTO(buf_free) = BUF(64 * 1024);
        struct cell args[300];
        size_t n = 99;
        struct err e = ERR_INIT;
        assert_true(expr_sql(parse(cases[i].text, cases[i].flags), &b, args, 300, &n, 5, &e));
        buf_char(&b, '\0');
        assert_string_equal(b.ptr, cases[i].sql);
    }
}

static void test_sql_refused(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        size_t cap, max;
        enum err_code code;
    } cases[] = {
        {"hidden = 'a'", 0, 9, 10000, ERR_INPUT},
        {"hidden IS NULL", 0, 9, 10000, ERR_INPUT},
        {"has('x') AND n = 1", EXPR_GUARD, 9, 10000, ERR_INPUT},
        {"days(d, d) = 1", EXPR_GUARD, 9, 10000, ERR_INPUT},
        {"at < d", EXPR_GUARD, 9, 10000, ERR_INPUT},
        {"d = today()", EXPR_GUARD, 9, 10000, ERR_INPUT},
        {"rows('x') = 1", EXPR_GUARD, 9, 10000, ERR_INPUT},
        {"place", EXPR_SCALAR, 9, 10000, ERR_INPUT},
        {"n IN (1,2,3)", 0, 2, 10000, ERR_TOO_BIG},
        {"n = 1", 0, 0, 10000, ERR_TOO_BIG},
        {"n = 1", 0, 9, 20, ERR_TOO_BIG},
        {"within(type, 'many')", 0, 500, 10000, ERR_TOO_BIG},
        {"within(area, 'many') AND within(area, 'A')", 0, 1, 10000, ERR_TOO_BIG},
        {"S_INTERSECTS(place, POLYGON((0 0, 1 1, 1 0)))", 0, 9, 10000, ERR_TOO_BIG},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf b AUTO(buf_free) = BUF(cases[i].max);
        struct cell args[500];
        size_t n = 99;
        struct err e = ERR_INIT;
        buf_c(&b, "SELECT 1 WHERE ");
        if (expr_sql(parse(cases[i].text, cases[i].flags), &b, args, cases[i].cap, &n, 1, &e))
            fail_msg("%s became SQL", cases[i].text);
        assert_int_equal(e.code, cases[i].code);
        assert_int_equal(n, 99);
        assert_int_equal(b.len, strlen("SELECT 1 WHERE "));
    }
}

/* Every seed of the fuzzer is read once, so that they stay worth having. */
static void test_corpus(void **state)
{
    const char *root = getenv("BIHUAN_SOURCE");
    const char *dir = arena_printf(arena, "%s/fuzz/corpus/expr", root ? root : ".");
    DIR *d = opendir(dir);
    int seen = 0;
    UNUSED(state);
    assert_non_null(d);
    for (struct dirent *f; (f = readdir(d)) != NULL;) {
        char text[LIMIT_EXPR];
        if (f->d_name[0] == '.')
            continue;
        FILE *in = fopen(arena_printf(arena, "%s/%s", dir, f->d_name), "rb");
        assert_non_null(in);
        size_t n = fread(text, 1, sizeof text, in);
        fclose(in);
        struct err e = ERR_INIT;
        struct expr *x;
        assert_true(n > 1); /* the first byte is the flags */
        if (!expr_parse(arena, (struct str){text + 1, n - 1}, &cat, (unsigned char)text[0] & 7, &x,
                        &e))
            fail_msg("%s: %s", f->d_name, e.text);
        seen++;
    }
    closedir(d);
    assert_in_range(seen, 10, 1000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(test_good),       T(test_bad),      T(test_evaluate),    T(test_distance),
        T(test_places),     T(test_overflow), T(test_zone),        T(test_limits),
        T(test_properties), T(test_sql),      T(test_sql_refused), T(test_corpus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
