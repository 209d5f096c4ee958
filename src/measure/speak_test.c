#include <setjmp.h>
#include <stdarg.h>

#include "measure/speak.h"
#include <cmocka.h>

#define D(y, m, d) day_of_civil(y, m, d)

static void same(struct buf *b, const char *want)
{
    assert_true(buf_ok(b));
    struct str got = buf_view(b);
    if (!str_is(got, want))
        fail_msg("got \"%.*s\", expected \"%s\"", STR_F(got), want);
    buf_free(b);
}

/* ---- round numbers ---- */

static void test_count(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t n;
        enum speak_about about;
        int digits;
        const char *zh, *en; /* NULL: refused */
    } T[] = {
        {69040, SPEAK_EXACT, 1, "69040", "69,040"},
        {69040, SPEAK_OVER, 2, "6.9万余", "over 69,000"},
        {69000, SPEAK_OVER, 2, "6.9万", "69,000"}, /* nothing above it: no 余 */
        {69040, SPEAK_OVER, 1, NULL, NULL},       /* 15 % above 6万 */
        {69040, SPEAK_NEARLY, 1, "近7万", "nearly 70,000"},
        {68599, SPEAK_NEARLY, 1, NULL, NULL},     /* 2.001 % below */
        {68600, SPEAK_NEARLY, 1, "近7万", "nearly 70,000"},
        {1312, SPEAK_OVER, 2, "1300余", "over 1,300"},
        {1099, SPEAK_OVER, 2, NULL, NULL},
        {1049, SPEAK_OVER, 2, "1000余", "over 1,000"},
        {1050, SPEAK_OVER, 2, "1000余", "over 1,000"},
        {1051, SPEAK_OVER, 2, NULL, NULL},
        {1051, SPEAK_OVER, 3, "1050余", "over 1,050"},
        {3093, SPEAK_OVER, 1, "3000余", "over 3,000"},
        {20700, SPEAK_OVER, 1, "2万余", "over 20,000"},
        {123456789, SPEAK_OVER, 3, "1.23亿余", "over 123,000,000"},
        {99999, SPEAK_NEARLY, 1, "近10万", "nearly 100,000"},
        {0, SPEAK_OVER, 1, "0", "0"},
        {7, SPEAK_OVER, 1, "7", "7"},
        {7, SPEAK_NEARLY, 1, "7", "7"},
        {999, SPEAK_NEARLY, 1, "近1000", "nearly 1,000"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        for (int zh = 0; zh < 2; zh++) {
            struct buf b = BUF(100);
            struct err e = ERR_INIT;
            bool refused = !T[i].zh;
            bool ok = speak_count(&b, zh, T[i].n, T[i].about, T[i].digits, &e);
            assert_int_equal(ok, !refused);
            if (ok)
                same(&b, zh ? T[i].zh : T[i].en);
            else
                assert_int_equal(e.code, ERR_INPUT);
            buf_free(&b);
        }
    }
}

/* Whatever is called 余 or 近 lies within the limits, and an accepted word is always true. */
static void test_count_limits(void **state)
{
    UNUSED(state);
    for (int64_t n = 1; n < 30000; n += n < 2000 ? 1 : 7) {
        for (int digits = 1; digits < 4; digits++) {
            int64_t step = 1;
            for (int64_t v = n; v >= 10; v /= 10)
                step *= 10;
            for (int i = 1; i < digits && step > 1; i++)
                step /= 10;
            int64_t low = n / step * step, high = low == n ? n : low + step;
            struct buf b = BUF(100);
            struct err e = ERR_INIT;
            assert_int_equal(speak_count(&b, true, n, SPEAK_OVER, digits, &e),
                             (n - low) * 100 <= low * 5);
            err_clear(&e);
            assert_int_equal(speak_count(&b, true, n, SPEAK_NEARLY, digits, &e),
                             (high - n) * 100 <= high * 2);
            buf_free(&b);
        }
    }
}

/* ---- spans and areas ---- */

static void test_span(void **state)
{
    UNUSED(state);
    const int32_t today = D(2024, 9, 9);
    const struct {
        int32_t from, to;
        bool ongoing;
        const char *zh, *en;
    } T[] = {
        {D(2024, 1, 1), D(2024, 8, 31), false, "1至8月", "January to August"},
        {D(2023, 1, 1), D(2023, 8, 31), false, "2023年1至8月", "January to August 2023"},
        {D(2024, 8, 1), D(2024, 8, 31), false, "8月", "August"},
        {D(2024, 2, 1), D(2024, 2, 29), false, "2月", "February"},
        {D(2024, 2, 1), D(2024, 2, 28), false, "2月1日至2月28日", "1 February to 28 February"},
        {D(2023, 1, 1), D(2023, 12, 31), false, "2023年", "2023"},
        {D(2024, 1, 1), D(2024, 12, 31), false, "2024年", "2024"},
        {D(2024, 6, 5), D(2024, 9, 8), true, "6月5日以来", "since 5 June"},
        {D(2024, 6, 5), D(2024, 8, 31), false, "6月5日至8月31日", "5 June to 31 August"},
        {D(2024, 9, 8), D(2024, 9, 8), false, "9月8日", "8 September"},
        {D(2023, 12, 5), D(2024, 1, 8), false, "2023年12月5日至2024年1月8日",
         "5 December 2023 to 8 January 2024"},
        {D(2023, 1, 1), D(2024, 12, 31), false, "2023年1月1日至2024年12月31日",
         "1 January 2023 to 31 December 2024"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        for (int zh = 0; zh < 2; zh++) {
            struct buf b = BUF(200);
            speak_span(&b, zh, T[i].from, T[i].to, today, T[i].ongoing);
            same(&b, zh ? T[i].zh : T[i].en);
        }
    }
}

static void test_area(void **state)
{
    UNUSED(state);
    static const char *const T[][2] = {{"南昌市", "全市"}, {"新建区", "全区"},   {"奉新县", "全县"},
                                       {"江西省", "全省"}, {"某社区", "全社区"}, {"某街道", "全街道"},
                                       {"开发区", "全区"}, {"Boston", "Boston"}};
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b = BUF(100);
        speak_area(&b, true, str_of(T[i][0]), true);
        same(&b, T[i][1]);
        b = BUF(100);
        speak_area(&b, true, str_of(T[i][0]), false);
        same(&b, T[i][0]);
    }
}

static void test_spring(void **state)
{
    UNUSED(state);
    const int32_t T[] = {D(2019, 2, 5),  D(2020, 1, 25), D(2021, 2, 12), D(2022, 2, 1),
                         D(2023, 1, 22), D(2024, 2, 10), D(2025, 1, 29), D(2026, 2, 17)};
    for (size_t i = 0; i < COUNT_OF(T); i++)
        assert_int_equal(day_lunar_new_year(2019 + (int)i), T[i]);
}

/* ---- changes ---- */

static struct indicator indicator_of(enum indicator_kind kind)
{
    return (struct indicator){.kind = kind,
                              .name = {STR("化解率"), STR("Resolution rate")},
                              .unit = {STR("起"), STR("disputes")},
                              .version = 1,
                              .part = true,
                              .decimals = 1};
}

static struct figure figure_of(const struct indicator *ind, const char *kind)
{
    return (struct figure){.indicator = ind,
                           .from = D(2024, 1, 1),
                           .to = D(2024, 8, 31),
                           .compare = {.kind = kind, .from = D(2023, 1, 1), .to = D(2023, 8, 31)}};
}

static struct figure_value count_value(int64_t n)
{
    return (struct figure_value){.n = n, .has_n = true, .has_value = true, .value = n};
}

static struct figure_value rate_value(int64_t n, int64_t N)
{
    int64_t value = N ? (2 * n * 1000 + N) / (2 * N) : 0;
    return (struct figure_value){.n = n,
                                 .N = N,
                                 .has_n = true,
                                 .has_N = true,
                                 .has_value = N >= 20,
                                 .value = value,
                                 .decimals = 1};
}

static void test_count_change(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t now, then;
        int decimals;
        const char *zh, *en;
    } T[] = {
        {842, 1000, 1, "同比下降15.8%", "down 15.8% on the year before"},
        {6889, 10000, 2, "同比下降31.11%", "down 31.11% on the year before"},
        {1000, 842, 1, "同比上升18.8%", "up 18.8% on the year before"},
        {100, 100, 1, "同比持平", "unchanged on the year before"},
        {100001, 100000, 1, "同比基本持平", "nearly unchanged on the year before"},
        {99999, 100000, 1, "同比基本持平", "nearly unchanged on the year before"},
        {0, 100, 1, "同比下降100.0%", "down 100.0% on the year before"},
        {50, 19, 1, "上年同期19起", "the year before: 19"},
        {50, 0, 1, "上年同期0起", "the year before: 0"},
        {0, 0, 1, "上年同期0起", "the year before: 0"},
        {40, 20, 1, "同比上升100.0%", "up 100.0% on the year before"},
    };
    const struct indicator ind = indicator_of(IND_COUNT);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        for (int zh = 0; zh < 2; zh++) {
            struct figure f = figure_of(&ind, "yoy");
            struct buf b = BUF(200);
            f.total = count_value(T[i].now);
            f.compare.v = count_value(T[i].then);
            speak_change(&b, zh, &f, T[i].decimals);
            same(&b, zh ? T[i].zh : T[i].en);
        }
    }
}

static void test_rate_change(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t n, N, m, M;
        const char *zh;
    } T[] = {
        {984, 1000, 865, 1000, "环比上升11.9个百分点"},
        {865, 1000, 984, 1000, "环比下降11.9个百分点"},
        {500, 1000, 250, 500, "环比持平"},
        {50001, 100000, 50000, 100000, "环比基本持平"},
        {49999, 100000, 50000, 100000, "环比基本持平"},
        {0, 100, 0, 200, "环比持平"},
        {0, 100, 1, 200, "环比下降0.5个百分点"},
        {10, 19, 50, 100, ""}, /* no rate under 20 */
        {50, 100, 10, 19, ""},
    };
    const struct indicator ind = indicator_of(IND_RATE);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct figure f = figure_of(&ind, "previous");
        struct buf b = BUF(200);
        f.total = rate_value(T[i].n, T[i].N);
        f.compare.v = rate_value(T[i].m, T[i].M);
        speak_change(&b, true, &f, 1);
        same(&b, T[i].zh);
    }
}

/* What another body said of a change is said again, no more exactly than it did. */
static void test_given_change(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t change;
        const char *zh;
    } T[] = {{-3111, "同比下降31.11%"}, {-4150, "同比下降41.5%"}, {-1500, "同比下降15%"},
             {700, "同比上升7%"},       {5, "同比上升0.05%"},     {0, "同比持平"}};
    const struct indicator ind = indicator_of(IND_COUNT);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct figure f = figure_of(&ind, "yoy");
        struct buf b = BUF(200);
        f.compare.given = f.compare.has_change = true;
        f.compare.change = T[i].change;
        f.compare.given_decimals = 2;
        speak_change(&b, true, &f, 1);
        same(&b, T[i].zh);
    }
}

/* All signs: the word always agrees with the exact integers. */
static void test_direction(void **state)
{
    UNUSED(state);
    const struct indicator count = indicator_of(IND_COUNT), rate = indicator_of(IND_RATE);
    for (int64_t then = 20; then < 130; then += 7) {
        for (int64_t now = 0; now < 260; now++) {
            struct figure f = figure_of(&count, "yoy");
            struct buf b = BUF(200), r = BUF(200);
            f.total = count_value(now);
            f.compare.v = count_value(then);
            speak_change(&b, true, &f, 2);
            assert_int_equal(str_has(buf_view(&b), STR("上升")), now > then);
            assert_int_equal(str_has(buf_view(&b), STR("下降")), now < then);
            assert_int_equal(str_has(buf_view(&b), STR("持平")), now == then);
            f.indicator = &rate;
            f.total = rate_value(now, 260);
            f.compare.v = rate_value(then, 130);
            speak_change(&r, true, &f, 1);
            assert_false(now > 2 * then && str_has(buf_view(&r), STR("下降")));
            assert_false(now < 2 * then && str_has(buf_view(&r), STR("上升")));
            buf_free(&b);
            buf_free(&r);
        }
    }
}

/* ---- sentences ---- */

static void sentence(const struct figure *f, bool zh, const char *want)
{
    struct speak_frame x = {
        .zh = zh, .today = D(2024, 9, 9), .whole = true, .area_name = STR("南昌市"), .decimals = 1};
    struct buf b = BUF(4000);
    speak_sentence(&b, f, &x);
    same(&b, want);
}

static void test_sentence(void **state)
{
    UNUSED(state);
    struct indicator ind = indicator_of(IND_RATE);
    struct figure f = figure_of(&ind, NULL);
    f.total = rate_value(69040, 70163);
    sentence(&f, true, "1至8月，全市化解率98.4%（69040/70163起）");
    sentence(&f, false, "January to August, 南昌市: Resolution rate 98.4% (69040 of 70163 disputes)");
    ind.say.zh = STR("{span}，{area}排查矛盾纠纷{N}起，化解{n}起，化解率{value}{change}");
    sentence(&f, true, "1至8月，全市排查矛盾纠纷70163起，化解69040起，化解率98.4%");
    f.compare.kind = "yoy";
    f.compare.v = rate_value(60693, 70163);
    sentence(&f, true, "1至8月，全市排查矛盾纠纷70163起，化解69040起，化解率98.4%，同比上升11.9个百分点");
    f.compare.incomparable = true;
    sentence(&f, true, "1至8月，全市排查矛盾纠纷70163起，化解69040起，化解率98.4%，口径调整，不可比");
    f.total = rate_value(5, 19); /* its own words would print a rate */
    sentence(&f, true, "1至8月，全市19起中5起计入化解率，数量不足20，不计算比率");
    ind.pending = true;
    sentence(&f, true, "");
}

static void test_sentence_kinds(void **state)
{
    UNUSED(state);
    struct indicator ind = indicator_of(IND_STOCK);
    struct figure f = figure_of(&ind, NULL);
    ind.name.zh = STR("未结");
    f.total = (struct figure_value){.stock = true,
                                    .opening = 30,
                                    .in = 20,
                                    .out = 15,
                                    .closing = 35,
                                    .has_value = true,
                                    .value = 35};
    sentence(&f, true, "1至8月，全市未结35起（上期结转30、新增20、办结15）");
    ind = indicator_of(IND_MEDIAN);
    ind.name.zh = STR("办结天数中位数");
    ind.unit.zh = STR("天");
    f = figure_of(&ind, "yoy");
    f.total = (struct figure_value){.n = 12, .has_value = true, .value = 29, .decimals = 1};
    f.compare.v = (struct figure_value){.n = 9, .has_value = true, .value = 41, .decimals = 1};
    sentence(&f, true, "1至8月，全市办结天数中位数2.9天（12件），同比缩短1.2天");
    f.total = (struct figure_value){.n = 0};
    sentence(&f, true, "1至8月，全市没有计入办结天数中位数的办件");
}

static void test_footnote(void **state)
{
    UNUSED(state);
    struct indicator ind = indicator_of(IND_RATE);
    struct figure f = figure_of(&ind, "yoy");
    struct speak_frame x = {.zh = true, .today = D(2024, 9, 9)};
    struct buf b = BUF(4000);
    ind.definition.zh = STR("登记的纠纷中已化解的");
    f.total = rate_value(984, 1000);
    f.compare.v = rate_value(865, 1000);
    f.compare.tested = true;
    f.compare.p = 12;
    speak_footnote(&b, &f, &x);
    same(&b, "口径：登记的纠纷中已化解的。分子984，分母1000。本期244天，对比期243天。"
             "变化超出偶然波动（精确检验 p=0.0012）。");
    ind.version = 2;
    f.compare.incomparable = true;
    b = BUF(4000);
    speak_footnote(&b, &f, &x);
    same(&b, "口径：登记的纠纷中已化解的。口径第2版。分子984，分母1000。口径调整，不可比。");
    struct figure_redrawn redrawn[] = {{REDRAWN_FOUNDED, STR("西村"), D(2024, 3, 5)}};
    f.compare.redrawn = redrawn;
    f.compare.n_redrawn = 1;
    b = BUF(4000);
    speak_redrawn(&b, true, &f.compare);
    same(&b, "口径调整：西村自2024年3月5日起设立，不可比");
    f.compare.incomparable = false;
    redrawn[0].how = REDRAWN_CAME;
    b = BUF(4000);
    speak_redrawn(&b, true, &f.compare);
    same(&b, "口径调整：西村2024年3月5日划入；两期都按现在的区划计算");
    b = BUF(4000);
    speak_redrawn(&b, false, &f.compare);
    same(&b, "Areas were redrawn: 西村 moved here on 2024-03-05; both spans are counted by today's areas");
    /* the new year lies in January 2023 and in February 2024 */
    f = figure_of(&ind, "yoy");
    f.to = D(2024, 1, 31);
    f.compare.to = D(2023, 1, 31);
    ind.definition.zh = STR_NONE;
    ind.version = 1;
    f.total = (struct figure_value){.n = 0};
    b = BUF(4000);
    speak_footnote(&b, &f, &x);
    same(&b, "春节在本期为2月10日、在上年为1月22日，只落在其中一期。");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_count),        cmocka_unit_test(test_count_limits),
        cmocka_unit_test(test_span),         cmocka_unit_test(test_area),
        cmocka_unit_test(test_spring),       cmocka_unit_test(test_count_change),
        cmocka_unit_test(test_rate_change),  cmocka_unit_test(test_direction),    cmocka_unit_test(test_given_change),
        cmocka_unit_test(test_sentence),     cmocka_unit_test(test_sentence_kinds),
        cmocka_unit_test(test_footnote),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
