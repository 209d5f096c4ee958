#include "base/hash.h"
#include "base/id.h"
#include "base/json.h"
#include "base/time.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void decimals(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        int decimals;
        bool ok;
        int64_t value;
    } CASES[] = {
        {"0", 0, true, 0},          {"-7", 0, true, -7},        {"12.5", 2, true, 1250},
        {"12.50", 2, true, 1250},   {"12.500", 2, true, 1250},  {"12.505", 2, false, 0},
        {"12.", 2, false, 0},       {".5", 2, false, 0},        {"", 2, false, 0},
        {"-", 2, false, 0},         {"1e3", 2, false, 0},       {"+1", 0, false, 0},
        {" 1", 0, false, 0},        {"9223372036854775807", 0, true, INT64_MAX},
        {"9223372036854775808", 0, false, 0},                   {"92233720368547758", 2, true, 9223372036854775800},
        {"92233720368547759", 2, false, 0},                     {"1.2.3", 2, false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t v = 99;
        bool ok = str_decimal(str_of(CASES[i].text), CASES[i].decimals, &v);
        if (ok != CASES[i].ok || (ok && v != CASES[i].value) || (!ok && v != 99))
            fail_msg("'%s' with %d decimals: %d %lld", CASES[i].text, CASES[i].decimals, ok,
                     (long long)v);
    }
    struct buf b = BUF(64);
    buf_decimal(&b, -5, 2);
    buf_char(&b, ' ');
    buf_decimal(&b, 1250, 2);
    buf_char(&b, ' ');
    buf_decimal(&b, INT64_MIN, 0);
    assert_true(str_is(buf_view(&b), "-0.05 12.50 -9223372036854775808"));
    buf_free(&b);
}

static void utf8(void **state)
{
    UNUSED(state);
    static const struct {
        const char *bytes;
        bool ok;
    } CASES[] = {{"纠纷", true}, {"\xF0\x9F\x98\x80", true}, {"\xC0\x80", false}, {"\xED\xA0\x80", false},
                 {"\xE4\xBD", false}, {"\xF4\x90\x80\x80", false}, {"a\xFF", false}, {"", true}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(str_utf8_ok(str_of(CASES[i].bytes)), CASES[i].ok);
    assert_int_equal(str_chars(STR("一案一码a")), 5);
    assert_true(str_is(str_trim(STR("\u3000 一 \n\u3000")), "一"));
    /* one byte among letters, at each place and each length: eight are looked at together */
    static const struct {
        unsigned char byte;
        bool ok;
    } BYTES[] = {{0x00, false}, {0x01, true}, {0x7F, true}, {0x80, false}, {0xC0, false}, {0xFF, false}};
    for (size_t i = 0; i < COUNT_OF(BYTES); i++)
        for (size_t len = 1; len <= 24; len++)
            for (size_t at = 0; at < len; at++) {
                char text[24];
                memset(text, 'a', sizeof text);
                text[at] = (char)BYTES[i].byte;
                assert_int_equal(str_utf8_ok((struct str){text, len}), BYTES[i].ok);
            }
}

static void growing(void **state)
{
    UNUSED(state);
    struct buf b = BUF(8);
    buf_c(&b, "12345");
    buf_c(&b, "6789"); /* would pass the limit: not added, remembered */
    assert_false(buf_ok(&b));
    buf_c(&b, "x");
    assert_true(str_is(buf_view(&b), "12345"));
    buf_free(&b);
    struct err e = ERR_INIT;
    err_set(&e, ERR_INPUT, "first");
    err_set(&e, ERR_STORE, "second");
    assert_int_equal(e.code, ERR_INPUT); /* the first one wins */
    char text[2 * LIMIT_ERR_TEXT];
    size_t n = 0;
    while (n + 3 < sizeof text)
        n += (size_t)snprintf(text + n, sizeof text - n, "纠");
    err_clear(&e);
    err_set(&e, ERR_INPUT, "%s", text);
    assert_true(str_utf8_ok(str_of(e.text))); /* never half a character */
}

/* Both readers agree on everything that has no duplicate key and no floating-point number. */
static void json_readers(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool own, input;
    } CASES[] = {
        {"{\"a\":[1,-2,{\"b\":null}],\"c\":\"\\u7ea0\\n\\\"\"}", true, true},
        {"[true,false,null,\"\"]", true, true},
        {"\"\\ud83d\\ude00\"", true, true},
        {"{}", true, true},
        {" [ 1 , 2 ] ", true, true},
        {"9223372036854775807", true, true},
        {"9223372036854775808", false, false},
        {"\"\\ud83d\"", false, false},
        {"\"\\u0000\"", false, false},
        {"[1,]", false, false},
        {"{\"a\":1,\"a\":2}", true, false}, /* ours are never written so */
        {"[01]", false, false},
        {"[1", false, false},
        {"{\"a\"}", false, false},
        {"\"\xff\"", false, false},
        {"1 2", false, false},
        {"", false, false},
        {"nul", false, false},
    };
    struct arena *a = arena_new();
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct err e = ERR_INIT, f = ERR_INIT;
        struct json *x, *y;
        bool own = json_own(a, str_of(CASES[i].text), &x, &e);
        bool in = json_input(a, str_of(CASES[i].text), &y, &f);
        if (own != CASES[i].own || in != CASES[i].input)
            fail_msg("%s: own %d, input %d (%s)", CASES[i].text, own, in, own ? f.text : e.text);
        if (own && in) {
            assert_true(json_same(x, y));
            struct buf b = BUF(1 << 16);
            json_write(&b, x);
            struct json *again;
            assert_true(json_own(a, buf_dup(a, &b), &again, &e));
            assert_true(json_same(x, again));
            buf_free(&b);
        }
    }
    struct err e = ERR_INIT;
    struct json *j;
    assert_true(json_input(a, STR("[12.5, 3.0, 0.1]"), &j, &e));
    assert_true(str_is(json_str(json_at(j, 0)), "12.5"));
    assert_int_equal(json_at(j, 1)->i, 3);
    assert_true(str_is(json_str(json_at(j, 2)), "0.1"));
    struct buf deep = BUF(1 << 16);
    for (int i = 0; i < 100; i++)
        buf_char(&deep, '[');
    assert_false(json_own(a, buf_dup(a, &deep), &j, &e));
    err_clear(&e);
    assert_false(json_input(a, buf_dup(a, &deep), &j, &e));
    buf_free(&deep);
    arena_free(a);
}

static void civil_times(void **state)
{
    UNUSED(state);
    static const struct {
        const char *zone, *text;
        bool ok;
        const char *utc;
    } CASES[] = {
        {"Asia/Shanghai", "2024-09-09 08:50", true, "2024-09-09T00:50:00.000Z"},
        {"Asia/Shanghai", "2024-09-09T08:50:01.5+08:00", true, "2024-09-09T00:50:01.500Z"},
        {"Asia/Shanghai", "2024年9月9日", true, "2024-09-08T16:00:00.000Z"},
        {"Asia/Shanghai", "2024/2/29", true, "2024-02-28T16:00:00.000Z"},
        {"Asia/Shanghai", "2023-02-29", false, ""},
        {"Asia/Shanghai", "2024-09-09T24:00", false, ""},
        {"Asia/Shanghai", "2024-9-9", false, ""},
        {"Asia/Shanghai", "2024-09-09 08:50 x", false, ""},
        {"America/New_York", "2011-11-06 01:30:00", true, "2011-11-06T05:30:00.000Z"}, /* the earlier */
        {"America/New_York", "2011-03-13 02:30:00", true, "2011-03-13T07:00:00.000Z"}, /* does not exist */
        {"America/New_York", "2011-07-01 01:32:33", true, "2011-07-01T05:32:33.000Z"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct zone *z;
        struct err e = ERR_INIT;
        int64_t t = 0;
        char got[40] = "";
        assert_true(zone_load(CASES[i].zone, &z, &e));
        bool ok = time_parse(z, str_of(CASES[i].text), &t);
        if (ok)
            time_format_utc(t, got);
        if (ok != CASES[i].ok || strcmp(got, CASES[i].utc) != 0)
            fail_msg("%s in %s: %d %s", CASES[i].text, CASES[i].zone, ok, got);
    }
    const struct zone *z;
    struct err e = ERR_INIT;
    assert_false(zone_load("Mars/Olympus", &z, &e));
    err_clear(&e);
    assert_true(zone_load("America/New_York", &z, &e));
    for (int32_t day = -30000; day < 40000; day += 7) { /* days and instants go round */
        int y, m, d;
        civil_of_day(day, &y, &m, &d);
        assert_int_equal(day_of_civil(y, m, d), day);
        assert_int_equal(zone_day(z, zone_start(z, day)), day);
        assert_int_equal(zone_day(z, zone_start(z, day) - 1), day - 1);
    }
    assert_int_equal(day_weekday(day_of_civil(2024, 9, 9)), 1);
}

static void ids_and_codes(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    struct id x = id_new(1725843000000), y;
    assert_int_equal(id_version(x), 7);
    assert_int_equal(id_ms(x), 1725843000000);
    assert_true(id_parse(id_text(a, x), &y) && id_eq(x, y));
    assert_false(id_parse(STR("0192-0000"), &y));
    assert_int_equal(id_version(id_nth(x, 1)), 8);
    assert_true(id_eq(id_nth(x, 1), id_nth(x, 1)));
    assert_false(id_eq(id_nth(x, 1), id_nth(x, 2)));
    for (size_t n = 0; n < 40; n++) {
        uint8_t raw[40];
        struct str back, text;
        random_bytes(raw, sizeof raw);
        text = base64_of(a, (struct str){(char *)raw, n}, n % 2);
        assert_true(base64_to(a, text, &back));
        assert_true(str_eq(back, (struct str){(char *)raw, n}));
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals),     cmocka_unit_test(utf8),        cmocka_unit_test(growing),
        cmocka_unit_test(json_readers), cmocka_unit_test(civil_times), cmocka_unit_test(ids_and_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
