#include <setjmp.h>
#include <stdarg.h>

#include "measure/bulletin.h"
#include "measure/difference.h"
#include "measure/testrig.h"
#include <cmocka.h>

/* ---- reports by hand: so many a month, so many of them closed in time, the others late ---- */

static const struct month {
    const char *first, *last;
    int due, in_time;
    bool open; /* never closed */
} MONTHS[] = {
    {"2024-02-01", "2024-02-29", 30, 20, false}, /* nothing small */
    {"2024-03-01", "2024-03-31", 24, 24, false}, /* nobody is left */
    {"2024-04-01", "2024-04-30", 24, 21, false}, /* three are left */
    {"2024-05-01", "2024-05-31", 24, 2, false},
    {"2024-06-01", "2024-06-30", 4, 4, false},
};
static const struct month NEVER_CLOSED = {"2023-12-01", "2023-12-31", 40, 0, true};
static const struct month ELSEWHERE = {"2024-02-01", "2024-02-29", 3, 0, true};

static int64_t noon(struct rig *r, const char *day)
{
    int32_t d;
    assert_true(day_parse(str_of(day), &d));
    return zone_start(r->w->zone, d) + MS_DAY / 2;
}

/* area: of RIG_AREAS */
static void report_in(struct rig *r, const struct month *m, bool in_time, int area)
{
    struct buf set AUTO(buf_free) = BUF(400);
    int64_t at = noon(r, m->first);
    struct event_body b = {.type = STR("report.report"),
                           .pb = STR("report@1"),
                           .area = area + 1,
                           .code = str_of(RIG_AREAS[area][0]),
                           .state = STR("open"),
                           .at = at,
                           .known = TIME_NONE};
    buf_printf(&set, "{\"source\":\"desk\",\"due_at\":%lld", (long long)(at + MS_DAY));
    if (!m->open)
        buf_printf(&set, ",\"$closed\":%lld", (long long)(at + (in_time ? 0 : 5 * MS_DAY)));
    buf_add(&set, "}", 2);
    rig_event(r, NULL, &b, set.ptr);
}

static void report(struct rig *r, const struct month *m, bool in_time)
{
    report_in(r, m, in_time, 3);
}

static bool open_reports(struct rig *r, enum store_engine engine)
{
    if (!rig_open(r, engine, "Asia/Shanghai"))
        return false;
    rig_playbook(r, rig_replace(r, rig_text(r, "report"), "indicators:\n",
                                "indicators:\n  done: {name: 其中办结, count: report, at: opened,"
                                " where: \"closed IS NOT NULL\", within: opened}\n"));
    r->now = noon(r, "2024-07-01");
    rig_begin(r);
    for (int k = 0; k < NEVER_CLOSED.due; k++)
        report(r, &NEVER_CLOSED, false);
    for (size_t i = 0; i < COUNT_OF(MONTHS); i++)
        for (int k = 0; k < MONTHS[i].due; k++)
            report(r, &MONTHS[i], k < MONTHS[i].in_time);
    rig_commit(r);
    return true;
}

static bool take(struct rig *r, const struct month *m, const char *prose, struct json **out)
{
    struct bulletin_frame frame = {.area = str_of(RIG_AREAS[0][0]), .now = r->now};
    assert_true(day_parse(str_of(m->first), &frame.from) && day_parse(str_of(m->last), &frame.to));
    return bulletin_take(r->db, r->life, r->w, str_of(prose), &frame, out, &r->e);
}

/* Printed text and what is hidden of each figure: "83.3%(counts) 不足5(small)". */
static const char *taken(struct rig *r, const struct json *parts)
{
    struct buf b AUTO(buf_free) = BUF(1000);
    JSON_EACH (p, parts) {
        struct str hidden = json_text(p, "hidden");
        buf_printf(&b, "%s%.*s", b.len ? " " : "", STR_F(json_text(p, "printed")));
        if (hidden.len)
            buf_printf(&b, "(%.*s)", STR_F(hidden));
    }
    return str_c(r->life, buf_view(&b));
}

static void run_small(enum store_engine engine)
{
    static const struct {
        int month;
        const char *prose, *want; /* NULL: refused */
    } T[] = {
        {0, "{{report.on_time value}}（{{report.on_time n}}/{{report.on_time N}}）", "66.6667% 20 30"},
        {1, "{{report.on_time value}}（{{report.on_time n}}/{{report.on_time N}}）", "100.0000% 24 24"},
        {2, "{{report.on_time value}}", "87.5000%(counts)"},
        {2, "{{report.on_time n}}", "21(counts)"},
        {2, "{{report.on_time N}}", "24(counts)"},
        {2, "{{report.on_time N}}，{{report.on_time N}}", "24(counts) 24(counts)"},
        {2, "{{report.on_time value}}，{{report.on_time N}}", NULL},
        {2, "{{report.on_time n}}，{{report.on_time value}}", NULL},
        {2, "{{report.on_time n}}，{{report.on_time N}}", NULL},
        {2, "{{report.on_time n}}，{{report.on_time N from=2024-03-01}}", "21(counts) 48(counts)"},
        {3, "{{report.on_time value}}", "8.3333%(counts)"},
        {3, "{{report.on_time n}}，{{report.on_time N}}", "不足5(small) 24(counts)"},
        {3, "{{report.on_time N}}，{{report.on_time value}}", NULL},
        {0, "{{report.on_time change 环比}}", NULL}, /* no rate before */
        {1, "{{report.on_time change 环比 from=2024-05-01 to=2024-05-30}}", "环比下降79.1667个百分点(counts)"},
        {4, "{{report.opened n}}，{{report.opened value}}", "不足5(small) 不足5(small)"},
        {4, "{{report.stock in}}，{{report.stock out}}，{{report.stock closing}}", "不足5(small) 不足5(small) 约40(rounded)"},
        {4, "{{report.stock closing}}", "40(counts)"},
        {4, "{{report.stock value}}", "40(counts)"},
        {0, "{{report.stock value}}，{{report.stock closing}}，{{report.stock in}}", "40 40 30"},
    };
    struct rig r;
    if (!open_reports(&r, engine))
        skip();
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct json *parts = NULL;
        struct difference_beside none = {.rid = 0};
        bool ok = take(&r, &MONTHS[T[i].month], T[i].prose, &parts) &&
                  difference_check(r.db, r.life, r.w, parts, &none, &r.e);
        if (!ok && T[i].want)
            fail_msg("case %zu: %s", i, r.e.text);
        if (ok && (!T[i].want || strcmp(taken(&r, parts), T[i].want) != 0))
            fail_msg("case %zu: %s", i, taken(&r, parts));
        err_clear(&r.e);
        JSON_EACH (p, parts) { /* proved by the numbers that are kept */
            bool same = false;
            struct str now;
            RIG_OK(&r, bulletin_again(r.db, r.life, r.w, p, &same, &now, &r.e));
            assert_true(same);
        }
    }
    rig_close(&r);
}

static void test_small_sqlite(void **state)
{
    UNUSED(state);
    run_small(STORE_SQLITE);
}

static void test_small_postgres(void **state)
{
    UNUSED(state);
    run_small(STORE_POSTGRES);
}

/* A correction of a figure whose counts are hidden says that it moved, not by how much. */
static void test_corrections(void **state)
{
    UNUSED(state);
    struct rig r;
    struct json *parts, *fixed;
    if (!open_reports(&r, STORE_SQLITE))
        skip();
    if (!take(&r, &MONTHS[2], "{{report.on_time value}}，{{report.opened n from=2024-03-01}}", &parts))
        fail_msg("%s", r.e.text);
    rig_begin(&r);
    report(&r, &MONTHS[2], true);
    rig_commit(&r);
    RIG_OK(&r, bulletin_corrections(r.db, r.life, r.w, parts, r.now, &fixed, &r.e));
    int n = 0;
    JSON_EACH (c, fixed) {
        assert_int_equal(json_text(c, "hidden").len > 0, str_is(json_text(c, "code"), "F1"));
        n++;
    }
    assert_int_equal(n, 2);
    rig_close(&r);
}

/* ---- beside another bulletin ---- */

/* A bulletin that is out, or is not yet. */
static void keep(struct rig *r, const struct month *m, const char *prose, const char *state,
                 const char *number)
{
    struct json *parts = NULL;
    if (!take(r, m, prose, &parts))
        fail_msg("%s", r->e.text);
    rig_begin(r);
    struct event_body b = {.type = STR("bulletin.bulletin"),
                           .pb = STR("bulletin@1"),
                           .area = 1,
                           .code = str_of(RIG_AREAS[0][0]),
                           .state = str_of(state),
                           .number = str_of(number),
                           .at = r->now,
                           .known = TIME_NONE};
    b.parts = parts;
    int64_t i = 0;
    JSON_EACH (p, parts)
        json_set(r->life, p, STR("i"), json_new_int(r->life, ++i));
    rig_event(r, NULL, &b, NULL);
    rig_commit(r);
}

static void run_beside(enum store_engine engine)
{
    /* out: report.opened n from 2024-02-01 to 2024-05-31 (105), report.on_time value of April (21 of 24) */
    static const struct {
        const char *prose;
        bool good;
    } T[] = {
        {"{{report.opened n from=2024-02-01 to=2024-06-30}}", false}, /* 109: June has 4 */
        {"{{report.opened value from=2024-02-01 to=2024-06-30}}", false},
        {"{{report.closed n from=2024-02-01 to=2024-06-30}}", true}, /* another indicator */
        {"{{report.opened n from=2024-02-01 to=2024-05-31}}", true}, /* the same: a correction */
        {"{{report.opened n from=2024-03-01 to=2024-05-31}}", true}, /* less 30 */
        {"{{report.opened n from=2024-01-31 to=2024-06-30}}", false}, /* the 4 of before and behind it */
        {"{{report.opened n from=2024-02-01 to=2024-05-31 area=102000000000}}", true},  /* 不足5 says no number */
        {"{{report.opened n from=2024-02-01 to=2024-05-31 area=101000000000}}", false}, /* 102 */
        {"{{report.opened n from=2024-02-01 to=2024-05-31 area=101002000000}}", true},  /* 0 */
        {"{{report.on_time N from=2024-05-01 to=2024-06-30}}", true},
        {"{{report.on_time N from=2024-04-01 to=2024-06-30}}", false}, /* 87.5 % of at most 27: 21 of 24, 3 are left */
        {"{{report.on_time N from=2024-04-01 to=2024-04-30}}", false}, /* the N of that rate */
        {"{{report.on_time n from=2024-04-01 to=2024-04-30}}", false},
        /* sums of several: June is the whole less the months before it */
        {"{{report.closed n from=2024-02-01 to=2024-02-29}}，{{report.closed n from=2024-03-01 to=2024-03-31}}，"
         "{{report.closed n from=2024-05-01 to=2024-05-31}}，{{report.closed n from=2024-02-01 to=2024-06-30}}", true},
        {"{{report.closed n from=2024-02-01 to=2024-02-29}}，{{report.closed n from=2024-03-01 to=2024-03-31}}，"
         "{{report.closed n from=2024-04-01 to=2024-04-30}}，{{report.closed n from=2024-05-01 to=2024-05-31}}，"
         "{{report.closed n from=2024-02-01 to=2024-06-30}}", false},
        {"{{report.closed n from=2024-02-01 to=2024-02-29}}，{{report.closed n from=2024-02-01 to=2024-02-29 "
         "area=101000000000}}", true}, /* the others are open */
        {"{{report.opened n from=2024-02-01 to=2024-02-29}}，{{report.opened n from=2024-02-01 to=2024-02-29 "
         "area=101000000000}}", false},
    };
    struct rig r;
    if (!open_reports(&r, engine))
        skip();
    rig_playbook(&r, rig_text(&r, "bulletin"));
    rig_begin(&r);
    for (int k = 0; k < ELSEWHERE.due; k++)
        report_in(&r, &ELSEWHERE, false, 5);
    rig_commit(&r);
    keep(&r, &MONTHS[0], "{{report.opened n to=2024-05-31}}", "issued", "JB1");
    keep(&r, &MONTHS[2], "{{report.on_time value}}", "issued", "JB2");
    keep(&r, &MONTHS[0], "{{report.closed n to=2024-05-31}}", "draft", "JB3"); /* is not out */
    struct difference_beside out = {STR("bulletin.bulletin"), STR("issued"), 0};
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct json *parts = NULL;
        if (!take(&r, &MONTHS[3], T[i].prose, &parts))
            fail_msg("case %zu: %s", i, r.e.text);
        bool good = difference_check(r.db, r.life, r.w, parts, &out, &r.e);
        if (good != T[i].good)
            fail_msg("case %zu: %s %s", i, taken(&r, parts), r.e.text);
        if (!good)
            assert_int_equal(r.e.code, ERR_INPUT);
        err_clear(&r.e);
    }
    rig_close(&r);
}

static void test_beside_sqlite(void **state)
{
    UNUSED(state);
    run_beside(STORE_SQLITE);
}

static void test_beside_postgres(void **state)
{
    UNUSED(state);
    run_beside(STORE_POSTGRES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_sqlite),
        cmocka_unit_test(test_small_postgres),
        cmocka_unit_test(test_corrections),
        cmocka_unit_test(test_beside_sqlite),
        cmocka_unit_test(test_beside_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
