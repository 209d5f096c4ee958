#include "search/near.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void table(void **state)
{
    UNUSED(state);
    static const struct {
        const char *a, *b;
        int low, high;
    } T[] = {
        {"", "", 0, 0},
        {"，。", "，。", 0, 0},
        {"", "长江路", 0, 0},
        {"长", "长", 1000, 1000},
        {"长", "江", 0, 0},
        {"长", "长江", 0, 0},
        {"长江路", "长江路", 1000, 1000},
        {"长江路", "长江", 500, 500}, /* one pair of two; too short to count as held */
        {"长长长", "长长", 500, 500}, /* a pair counts as often as it occurs */
        {"长江，路！", " 长江路", 1000, 1000},
        {"ＡＢＣ１２", "abc12", 1000, 1000},
        {"江长", "长江", 0, 0},
        /* the same quarrel told twice */
        {"3栋2单元楼上漏水，要求赔偿", "３栋２单元楼上漏水要求赔偿。", 1000, 1000},
        {"幸福小区3栋2单元楼上住户装修漏水，要求赔偿", "幸福小区3栋2单元楼上装修漏水要求赔偿", 700,
         950},
        /* the short report inside the long one */
        {"长江路路灯不亮已经三天",
         "群众来电反映，长江路路灯不亮已经三天，晚上出行不便，希望尽快修复", 900, 900},
        /* the same words about another place and matter */
        {"长江路路灯不亮，请尽快修复", "解放路井盖丢失，请尽快修复", 200, 450},
        {"楼上漏水要求赔偿", "拖欠工资请求调解", 0, 0},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        int one = near_text(str_of(T[i].a), str_of(T[i].b));
        int two = near_text(str_of(T[i].b), str_of(T[i].a));
        if (one != two || one < T[i].low || one > T[i].high)
            fail_msg("%s / %s: %d, %d", T[i].a, T[i].b, one, two);
    }
}

static void long_texts(void **state)
{
    UNUSED(state);
    struct buf a AUTO(buf_free) = BUF(1 << 20), b AUTO(buf_free) = BUF(1 << 20);
    for (uint32_t i = 0; i < 5000; i++) {
        buf_utf8(&a, 0x4E00 + i);
        buf_utf8(&b, i < NEAR_CHARS ? 0x4E00 + i : 0x7000 + i);
    }
    assert_int_equal(near_text(buf_view(&a), buf_view(&b)),
                     1000); /* what is behind does not count */
    assert_int_equal(near_text(buf_view(&a), STR("\xFF\xFE\x80")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table),
        cmocka_unit_test(long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
