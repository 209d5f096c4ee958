#include "record/chainage.h"
/* cmocka wants these three before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void parsed(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        int64_t from, to; /* from -1: refused */
    } CASES[] = {
        {"K12+300", 12300, -1},
        {"k12+300", 12300, -1},
        {" 12+300 ", 12300, -1},
        {"K12＋300", 12300, -1},
        {"K 12 + 300", 12300, -1},
        {"K0+000", 0, -1},
        {"K12", 12000, -1},
        {"K9999+999", CHAINAGE_MAX, -1},
        {"K12+300-K12+800", 12300, 12800},
        {"K12+300 — 12+800", 12300, 12800},
        {"K12+300至K13", 12300, 13000},
        {"K12+300到K12+301", 12300, 12301},
        {"K12+300～K100+000", 12300, 100000},
        {"", -1, 0},
        {"K", -1, 0},
        {"K+300", -1, 0},
        {"K12+3", -1, 0}, /* three metres or three hundred? */
        {"K12+3000", -1, 0},
        {"K12+", -1, 0},
        {"K12345+000", -1, 0},
        {"K12.5", -1, 0},
        {"K12+300-", -1, 0},
        {"K12+300-K12+300", -1, 0},
        {"K12+800-K12+300", -1, 0},
        {"K12+300-K12+800-K13", -1, 0},
        {"K12+300 K12+800", -1, 0},
        {"-K12+300", -1, 0},
        {"K99999999999999999999999999+000", -1, 0},
        {"十二公里", -1, 0},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct chainage c = {-1, -1};
        bool ok = chainage_parse(str_of(CASES[i].text), &c);
        if (ok != (CASES[i].from >= 0) || (ok && (c.from != CASES[i].from || c.to != CASES[i].to)))
            fail_msg("'%s': %d, %lld, %lld", CASES[i].text, ok, (long long)c.from, (long long)c.to);
    }
}

static void words(void **state)
{
    UNUSED(state);
    static const char *const CASES[][2] = {
        {"{\"text\":\"村口\"}", "村口"},
        {"{\"text\":\"村口\",\"road\":\"G320\"}", "村口 G320"},
        {"{\"road\":\"G320\",\"chainage\":12300}", "G320 K12+300"},
        {"{\"road\":\"G320\",\"chainage\":5,\"chainage_to\":12800}", "G320 K0+005至K12+800"},
        {"{\"lon\":1}", ""},
    };
    struct arena *a AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct err e = ERR_INIT;
        struct json *place;
        assert_true(json_input(a, str_of(CASES[i][0]), &place, &e));
        assert_true(str_is(place_words(a, place), CASES[i][1]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(parsed), cmocka_unit_test(words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
