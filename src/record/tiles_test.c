#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "record/tiles.h"
#include <cmocka.h>

static void values(void **state)
{
    static const struct {
        const char *name, *value, *field; /* field NULL: taken */
    } T[] = {
        {"map.tiles", "https://t.example/{z}/{x}/{y}.png", NULL},
        {"map.tiles", "http://10.1.2.3:8080/t?z={z}&x={x}&y={y}&tk=a1", NULL},
        {"map.tiles", "/tiles/{z}/{x}/{y}.png", NULL},
        {"map.tiles", "off", NULL},
        {"map.tiles", "https://t.example/{z}/{x}.png", "value"},
        {"map.tiles", "https://{s}.t.example/{z}/{x}/{y}.png", "value"},
        {"map.tiles", "https://t.example; script-src */{z}/{x}/{y}", "value"},
        {"map.tiles", "https://t.example;/{z}/{x}/{y}", "value"},
        {"map.tiles", "https://*/{z}/{x}/{y}", "value"},
        {"map.tiles", "https://a@t.example/{z}/{x}/{y}", "value"},
        {"map.tiles", "https://t.example:/{z}/{x}/{y}", "value"},
        {"map.tiles", "https://t.example:8x/{z}/{x}/{y}", "value"},
        {"map.tiles", "https:///{z}/{x}/{y}", "value"},
        {"map.tiles", "//t.example/{z}/{x}/{y}", "value"},
        {"map.tiles", "https://t.example/{z}/{x}/{y}\"onerror=\"x", "value"},
        {"map.tiles", "https://t.example/{z}/{x}/{y}'", "value"},
        {"map.tiles", "https://t.example/{z}/{x}/ {y}", "value"},
        {"map.tiles", "javascript:alert({z}{x}{y})", "value"},
        {"map.tiles", "data:image/png,{z}/{x}/{y}", "value"},
        {"map.crs", "GCJ-02", NULL},
        {"map.crs", "off", NULL},
        {"map.crs", "BD-09", "value"},
        {"map.attribution", "审图号：GS(2024)0000号", NULL},
        {"map.tile", "x", "name"},
        {"figures.levels", "anything", NULL},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct err e = ERR_INIT;
        if (tiles_setting_ok(str_of(T[i].name), str_of(T[i].value), &e) != !T[i].field)
            fail_msg("%s %s", T[i].name, T[i].value);
        if (T[i].field)
            assert_string_equal(e.field, T[i].field);
        assert_true(!T[i].field || e.zh[0]);
    }
}

static void what_they_give(void **state)
{
    static const struct {
        const char *tiles, *crs, *origin; /* origin NULL: no tiles */
        enum crs as;
    } T[] = {
        {"https://t.example/{z}/{x}/{y}.png", "GCJ-02", "https://t.example", CRS_GCJ02},
        {"http://10.1.2.3:8080/t?z={z}&x={x}&y={y}", "off", "http://10.1.2.3:8080", CRS_WGS84},
        {"/tiles/{z}/{x}/{y}.png", "", "", CRS_WGS84},
        {"off", "GCJ-02", NULL, 0},
        {"", "", NULL, 0},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct world w = {.settings = json_new(a, J_OBJ)};
        if (T[i].tiles[0])
            json_set(a, w.settings, STR("map.tiles"), json_new_str(a, str_of(T[i].tiles)));
        if (T[i].crs[0])
            json_set(a, w.settings, STR("map.crs"), json_new_str(a, str_of(T[i].crs)));
        struct tiles t = tiles_of(&w);
        assert_int_equal(t.url.len > 0, T[i].origin != NULL);
        if (!T[i].origin)
            continue;
        assert_int_equal(t.crs, T[i].as);
        assert_true(T[i].origin[0] ? str_is(t.origin, T[i].origin) : !t.origin.len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values), cmocka_unit_test(what_they_give)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
