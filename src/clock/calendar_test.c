#include "base/testdice.h"
#include "clock/calendar.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* The yearly notices of the State Council for 2023, 2024 and 2025. */
static const char facts[] = "date,kind,name\n"
                            "2022-12-31,holiday,元旦\n"
                            "2023-01-01,holiday,元旦\n"
                            "2023-01-02,holiday,元旦\n"
                            "2023-01-21,holiday,春节\n"
                            "2023-01-22,holiday,春节\n"
                            "2023-01-23,holiday,春节\n"
                            "2023-01-24,holiday,春节\n"
                            "2023-01-25,holiday,春节\n"
                            "2023-01-26,holiday,春节\n"
                            "2023-01-27,holiday,春节\n"
                            "2023-01-28,workday,春节\n"
                            "2023-01-29,workday,春节\n"
                            "2023-04-05,holiday,清明\n"
                            "2023-04-23,workday,劳动节\n"
                            "2023-04-29,holiday,劳动节\n"
                            "2023-04-30,holiday,劳动节\n"
                            "2023-05-01,holiday,劳动节\n"
                            "2023-05-02,holiday,劳动节\n"
                            "2023-05-03,holiday,劳动节\n"
                            "2023-05-06,workday,劳动节\n"
                            "2023-06-22,holiday,端午\n"
                            "2023-06-23,holiday,端午\n"
                            "2023-06-24,holiday,端午\n"
                            "2023-06-25,workday,端午\n"
                            "2023-09-29,holiday,中秋\n"
                            "2023-09-30,holiday,国庆节\n"
                            "2023-10-01,holiday,国庆节\n"
                            "2023-10-02,holiday,国庆节\n"
                            "2023-10-03,holiday,国庆节\n"
                            "2023-10-04,holiday,国庆节\n"
                            "2023-10-05,holiday,国庆节\n"
                            "2023-10-06,holiday,国庆节\n"
                            "2023-10-07,workday,国庆节\n"
                            "2023-10-08,workday,国庆节\n"
                            "2024-01-01,holiday,元旦\n"
                            "2024-02-04,workday,春节\n"
                            "2024-02-10,holiday,春节\n"
                            "2024-02-11,holiday,春节\n"
                            "2024-02-12,holiday,春节\n"
                            "2024-02-13,holiday,春节\n"
                            "2024-02-14,holiday,春节\n"
                            "2024-02-15,holiday,春节\n"
                            "2024-02-16,holiday,春节\n"
                            "2024-02-17,holiday,春节\n"
                            "2024-02-18,workday,春节\n"
                            "2024-04-04,holiday,清明\n"
                            "2024-04-05,holiday,清明\n"
                            "2024-04-06,holiday,清明\n"
                            "2024-04-07,workday,清明\n"
                            "2024-04-28,workday,劳动节\n"
                            "2024-05-01,holiday,劳动节\n"
                            "2024-05-02,holiday,劳动节\n"
                            "2024-05-03,holiday,劳动节\n"
                            "2024-05-04,holiday,劳动节\n"
                            "2024-05-05,holiday,劳动节\n"
                            "2024-05-11,workday,劳动节\n"
                            "2024-06-10,holiday,端午\n"
                            "2024-09-14,workday,中秋\n"
                            "2024-09-15,holiday,中秋\n"
                            "2024-09-16,holiday,中秋\n"
                            "2024-09-17,holiday,中秋\n"
                            "2024-09-29,workday,国庆节\n"
                            "2024-10-01,holiday,国庆节\n"
                            "2024-10-02,holiday,国庆节\n"
                            "2024-10-03,holiday,国庆节\n"
                            "2024-10-04,holiday,国庆节\n"
                            "2024-10-05,holiday,国庆节\n"
                            "2024-10-06,holiday,国庆节\n"
                            "2024-10-07,holiday,国庆节\n"
                            "2024-10-12,workday,国庆节\n"
                            "2025-01-01,holiday,元旦\n"
                            "2025-01-26,workday,春节\n"
                            "2025-01-28,holiday,春节\n"
                            "2025-01-29,holiday,春节\n"
                            "2025-01-30,holiday,春节\n"
                            "2025-01-31,holiday,春节\n"
                            "2025-02-01,holiday,春节\n"
                            "2025-02-02,holiday,春节\n"
                            "2025-02-03,holiday,春节\n"
                            "2025-02-04,holiday,春节\n"
                            "2025-02-08,workday,春节\n"
                            "2025-04-04,holiday,清明\n"
                            "2025-04-05,holiday,清明\n"
                            "2025-04-06,holiday,清明\n"
                            "2025-04-27,workday,劳动节\n"
                            "2025-05-01,holiday,劳动节\n"
                            "2025-05-02,holiday,劳动节\n"
                            "2025-05-03,holiday,劳动节\n"
                            "2025-05-04,holiday,劳动节\n"
                            "2025-05-05,holiday,劳动节\n"
                            "2025-05-31,holiday,端午\n"
                            "2025-06-01,holiday,端午\n"
                            "2025-06-02,holiday,端午\n"
                            "2025-09-28,workday,国庆节\n"
                            "2025-10-01,holiday,国庆节\n"
                            "2025-10-02,holiday,国庆节\n"
                            "2025-10-03,holiday,国庆节\n"
                            "2025-10-04,holiday,国庆节\n"
                            "2025-10-05,holiday,国庆节\n"
                            "2025-10-06,holiday,中秋\n"
                            "2025-10-07,holiday,国庆节\n"
                            "2025-10-08,holiday,国庆节\n"
                            "2025-10-11,workday,国庆节\n";

static struct calendar *table;
static const struct zone *shanghai, *new_york, *sao_paulo;

static int32_t day(const char *text)
{
    int32_t d = DAY_NONE;
    if (!day_parse(str_of(text), &d))
        fail_msg("bad date %s", text);
    return d;
}

enum { SLOW_DAYS = 4000 };
static int32_t slow_first;
static bool slow_work[SLOW_DAYS]; /* 2020 to 2030, from the text of the facts itself */

static void slow_set_up(void)
{
    slow_first = day("2020-01-01");
    for (int32_t i = 0; i < SLOW_DAYS; i++) {
        char text[32], line[48];
        day_format(slow_first + i, text);
        slow_work[i] = day_weekday(slow_first + i) < 6;
        snprintf(line, sizeof line, "\n%s,workday", text);
        if (strstr(facts, line))
            slow_work[i] = true;
        snprintf(line, sizeof line, "\n%s,holiday", text);
        if (strstr(facts, line))
            slow_work[i] = false;
    }
}

static int set_up(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    if (!calendar_parse(str_of(facts), &table, &e) || !zone_load("Asia/Shanghai", &shanghai, &e) ||
        !zone_load("America/New_York", &new_york, &e) ||
        !zone_load("America/Sao_Paulo", &sao_paulo, &e)) {
        print_error("%s\n", e.text);
        return -1;
    }
    slow_set_up();
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    calendar_free(table);
    return 0;
}

static int64_t at(const struct zone *z, const char *text)
{
    int64_t t = TIME_NONE;
    if (!time_parse(z, str_of(text), &t))
        fail_msg("bad time %s", text);
    return t;
}

static void same_day(int32_t got, const char *want, const char *about)
{
    char text[16];
    day_format(got, text);
    if (strcmp(text, want) != 0)
        fail_msg("%s: got %s, expected %s", about, text, want);
}

static void same_time(const struct zone *z, int64_t got, const char *want, const char *about)
{
    if (got == at(z, want))
        return;
    char text[40];
    time_format(z, got, text);
    fail_msg("%s: got %s (ms %lld), expected %s", about, text, (long long)got, want);
}

/* ---- the table ---- */

static void test_workdays(void **state)
{
    UNUSED(state);
    static const struct {
        const char *day;
        bool work;
    } cases[] = {
        {"2024-09-13", true},
        {"2024-09-14", true},
        {"2024-09-15", false},
        {"2024-09-16", false},
        {"2024-09-17", false},
        {"2024-09-18", true},
        {"2024-02-03", false},
        {"2024-02-04", true},
        {"2024-02-09", true},
        {"2024-02-10", false},
        {"2024-02-12", false},
        {"2024-02-16", false},
        {"2024-02-17", false},
        {"2024-02-18", true},
        {"2024-02-19", true},
        {"2024-09-28", false},
        {"2024-09-29", true},
        {"2024-09-30", true},
        {"2024-10-01", false},
        {"2024-10-04", false},
        {"2024-10-07", false},
        {"2024-10-08", true},
        {"2024-10-12", true},
        {"2024-10-13", false},
        {"2023-10-07", true},
        {"2023-09-29", false},
        {"2024-12-31", true},
        {"2025-01-01", false},
        {"2025-01-26", true},
        {"2025-05-02", false},
        {"2025-10-08", false},
        {"2025-10-11", true},
        /* no table: Monday to Friday */
        {"2027-10-01", true},
        {"2027-10-02", false},
        {"1949-10-01", false},
        {"1950-05-01", true},
        {"0001-01-01", true},
        {"9999-12-31", true},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (calendar_workday(table, day(cases[i].day)) != cases[i].work)
            fail_msg("%s should %sbe a working day", cases[i].day, cases[i].work ? "" : "not ");
}

static void test_known(void **state)
{
    UNUSED(state);
    static const struct {
        const char *day;
        bool known;
    } cases[] = {
        {"2022-12-31", false}, /* only the New Year of 2023 reaches into it */
        {"2022-06-01", false}, {"2023-01-01", true},  {"2023-12-31", true},  {"2024-02-29", true},
        {"2025-12-31", true},  {"2026-01-01", false}, {"0001-01-01", false}, {"9999-12-31", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (calendar_known(table, day(cases[i].day)) != cases[i].known)
            fail_msg("%s known should be %d", cases[i].day, cases[i].known);
    struct calendar *none = calendar_new(NULL, 0);
    assert_false(calendar_known(none, day("2024-01-01")));
    assert_false(calendar_workday(none, day("2024-09-14")));
    assert_true(calendar_workday(none, day("2024-10-01")));
    calendar_free(none);
    calendar_free(NULL);
}

static void test_last_entry_wins(void **state)
{
    UNUSED(state);
    int32_t sat = day("2024-09-14"), mon = day("2024-09-16");
    struct calendar_day days[] = {{mon, false}, {sat, false}, {mon, true},
                                  {sat, true},  {mon, false}, {sat, true}};
    struct calendar *c = calendar_new(days, COUNT_OF(days));
    assert_true(calendar_workday(c, sat));
    assert_false(calendar_workday(c, mon));
    /* each counts once: Saturday and Tuesday, without Monday */
    assert_int_equal(calendar_workdays_between(c, sat - 1, mon + 1), 2);
    days[0].work = true; /* copied */
    assert_false(calendar_workday(c, mon));
    calendar_free(c);
}

static void test_parse(void **state)
{
    UNUSED(state);
    static const struct {
        const char *csv;
        const char *error; /* NULL: accepted */
    } cases[] = {
        {"date,kind,name\n2024-09-14,workday,中秋\n", NULL},
        {"date,kind,name", NULL},
        {"\xEF\xBB\xBF"
         "date,kind,name\r\n2024-09-14,workday,中秋\r\n\r\n",
         NULL},
        {"date,kind,name\n2024-09-14, workday ,a,b,c", NULL},
        {"date,kind,name\n2024-09-14,workday", NULL},
        {"", "line 1"},
        {"2024-09-14,workday,x\n", "line 1"},
        {"date;kind;name\n", "line 1"},
        {"date,kind,name\n2024-09-14,Workday,x\n", "line 2"},
        {"date,kind,name\n2024-09-14,,x\n", "line 2"},
        {"date,kind,name\n2024-09-14\n", "line 2"},
        {"date,kind,name\n\n2024-02-29,holiday,x\n2023-02-29,holiday,x\n", "line 4"},
        {"date,kind,name\n14.09.2024,workday,x\n", "line 2"},
        {"date,kind,name\n,holiday,x\n", "line 2"},
        {"date,kind,name\n0000-01-01,holiday,x\n", "line 2"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct err e = ERR_INIT;
        struct calendar *const before = (struct calendar *)&e;
        struct calendar *c = before;
        bool ok = calendar_parse(str_of(cases[i].csv), &c, &e);
        if (ok != !cases[i].error)
            fail_msg("case %zu: %s", i, e.text);
        if (ok) {
            calendar_free(c);
            continue;
        }
        assert_ptr_equal(c, before);
        assert_int_equal(e.code, ERR_SYNTAX);
        assert_non_null(strstr(e.text, cases[i].error));
    }
}

/* ---- counting ---- */

static void test_add_workdays(void **state)
{
    UNUSED(state);
    static const struct {
        const char *from;
        int64_t n;
        const char *to;
    } cases[] = {
        {"2024-09-13", 1, "2024-09-14"},         {"2024-09-13", 2, "2024-09-18"},
        {"2024-09-15", 1, "2024-09-18"},         {"2024-09-18", -1, "2024-09-14"},
        {"2024-09-16", -1, "2024-09-14"},        {"2024-09-16", 0, "2024-09-16"},
        {"2024-02-09", 1, "2024-02-18"},         {"2024-02-09", 3, "2024-02-20"},
        {"2024-09-30", 5, "2024-10-12"},         {"2024-10-08", -2, "2024-09-29"},
        {"2024-12-31", 1, "2025-01-02"},         {"2024-01-01", 251, "2024-12-31"},
        {"2027-09-30", 1, "2027-10-01"},         {"9999-12-30", 1, "9999-12-31"},
        {"9999-12-31", 1, "9999-12-31"},         {"9999-12-31", INT64_MAX, "9999-12-31"},
        {"2024-01-01", INT64_MAX, "9999-12-31"}, {"2024-01-01", INT64_MIN, "0001-01-01"},
        {"0001-01-01", -1, "0001-01-01"},        {"0001-01-02", -1, "0001-01-01"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        same_day(calendar_add_workdays(table, day(cases[i].from), cases[i].n), cases[i].to,
                 cases[i].from);
    same_day(calendar_add_workdays(table, INT32_MAX, -1), "9999-12-30", "beyond the last day");
    same_day(calendar_add_workdays(table, INT32_MIN, 1), "0001-01-02", "before the first day");
}

static void test_between(void **state)
{
    UNUSED(state);
    static const struct {
        const char *from, *to;
        int64_t n;
    } cases[] = {
        {"2024-09-13", "2024-09-18", 2},   {"2024-09-18", "2024-09-13", -2},
        {"2024-09-14", "2024-09-14", 0},   {"2024-09-14", "2024-09-17", 0},
        {"2024-09-17", "2024-09-14", 0},   {"2024-02-09", "2024-02-19", 2},
        {"2023-12-31", "2024-12-31", 251}, /* the working days of 2024 */
        {"2022-12-31", "2023-12-31", 249}, {"2024-12-31", "2025-12-31", 248},
        {"2026-12-31", "2027-12-31", 261}, /* no table */
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (calendar_workdays_between(table, day(cases[i].from), day(cases[i].to)) != cases[i].n)
            fail_msg(
                "%s to %s: %lld", cases[i].from, cases[i].to,
                (long long)calendar_workdays_between(table, day(cases[i].from), day(cases[i].to)));
    assert_int_equal(calendar_workdays_between(table, INT32_MIN, INT32_MAX),
                     calendar_workdays_between(table, day("0001-01-01"), day("9999-12-31")));
}

/* ---- spans ---- */

#define END "T23:59:59.999"

static void test_due(void **state)
{
    UNUSED(state);
    static const struct {
        const char *start;
        struct limit limit;
        const char *due;
    } cases[] = {
        /* the day of receipt does not count, or does */
        {"2024-09-02 09:30", {30, LIMIT_DAYS, true, false}, "2024-10-08" END}, /* National Day */
        {"2024-09-02 09:30", {30, LIMIT_DAYS, true, true}, "2024-10-02" END},
        {"2024-09-02 09:30", {10, LIMIT_DAYS, true, false}, "2024-09-12" END},
        {"2024-09-02 09:30", {10, LIMIT_DAYS, false, false}, "2024-09-11" END},
        {"2024-09-04 00:00", {10, LIMIT_DAYS, true, false}, "2024-09-14" END}, /* make-up day */
        {"2024-09-04 23:59:59.999", {11, LIMIT_DAYS, true, false}, "2024-09-18" END},
        {"2024-09-04 12:00", {1, LIMIT_DAYS, false, false}, "2024-09-04" END},
        {"2024-09-04 12:00", {0, LIMIT_DAYS, false, false}, "2024-09-04" END},
        {"2024-09-07 12:00", {0, LIMIT_DAYS, true, false}, "2024-09-09" END}, /* a Saturday */
        {"2024-09-07 12:00", {0, LIMIT_WORKDAYS, true, true}, "2024-09-07" END},
        /* working days */
        {"2024-09-12 17:00", {3, LIMIT_WORKDAYS, true, false}, "2024-09-18" END},
        {"2024-09-12 17:00", {3, LIMIT_WORKDAYS, false, false}, "2024-09-14" END},
        {"2024-09-15 17:00", {1, LIMIT_WORKDAYS, false, false}, "2024-09-18" END},
        {"2024-09-15 17:00", {1, LIMIT_WORKDAYS, true, false}, "2024-09-18" END},
        {"2024-02-08 08:00", {7, LIMIT_WORKDAYS, true, false}, "2024-02-23" END},
        {"2027-09-30 08:00", {5, LIMIT_WORKDAYS, true, false}, "2027-10-07" END}, /* no table */
        /* hours run through nights and holidays, from the instant */
        {"2024-09-14 20:15:07.123", {24, LIMIT_HOURS, true, false}, "2024-09-15T20:15:07.123"},
        {"2024-09-14 20:15", {48, LIMIT_HOURS, false, false}, "2024-09-16T20:15"},
        {"2024-09-14 20:15", {0, LIMIT_HOURS, true, false}, "2024-09-14T20:15"},
        /* months */
        {"2024-01-31 10:00", {1, LIMIT_MONTHS, true, true}, "2024-02-29" END},
        {"2023-01-31 10:00", {1, LIMIT_MONTHS, true, true}, "2023-02-28" END},
        {"2023-01-31 10:00", {1, LIMIT_MONTHS, false, true}, "2023-02-28" END},
        {"2023-01-28 10:00", {1, LIMIT_MONTHS, true, true}, "2023-02-28" END},
        {"2023-01-28 10:00", {1, LIMIT_MONTHS, false, true}, "2023-02-27" END},
        {"2024-02-29 10:00", {12, LIMIT_MONTHS, true, true}, "2025-02-28" END},
        {"2024-02-29 10:00", {48, LIMIT_MONTHS, true, true}, "2028-02-29" END},
        {"2096-02-29 10:00", {48, LIMIT_MONTHS, true, true}, "2100-02-28" END}, /* not leap */
        {"2024-10-31 10:00", {1, LIMIT_MONTHS, true, false}, "2024-12-02" END}, /* Nov 30: Sat */
        {"2024-12-15 10:00", {2, LIMIT_MONTHS, true, false}, "2025-02-17" END},
        {"2024-12-01 10:00", {1, LIMIT_MONTHS, true, false}, "2025-01-02" END},
        {"2024-01-05 10:00", {0, LIMIT_MONTHS, false, false}, "2024-01-05" END},
        /* the edge of the range */
        {"9999-12-30 10:00", {30, LIMIT_DAYS, true, true}, "9999-12-31" END},
        {"2024-01-01 10:00", {INT64_MAX, LIMIT_DAYS, true, true}, "9999-12-31" END},
        {"2024-01-01 10:00", {INT64_MAX, LIMIT_WORKDAYS, true, false}, "9999-12-31" END},
        {"2024-01-01 10:00", {INT64_MAX, LIMIT_MONTHS, false, false}, "9999-12-31" END},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        same_time(shanghai,
                  calendar_due(table, shanghai, at(shanghai, cases[i].start), cases[i].limit),
                  cases[i].due, cases[i].start);
    /* no overflow, whatever comes in */
    struct limit most = {INT64_MAX, LIMIT_HOURS, false, false};
    assert_true(calendar_due(table, shanghai, INT64_MAX, most) > at(shanghai, "9999-12-30"));
    assert_true(calendar_due(table, shanghai, INT64_MIN + 1, most) > at(shanghai, "9999-12-30"));
    most.unit = LIMIT_DAYS;
    same_time(shanghai, calendar_due(table, shanghai, INT64_MAX, most), "9999-12-31" END, "edge");
}

static void test_zones(void **state)
{
    UNUSED(state);
    static const struct {
        const char *start; /* with offset: some local times exist twice */
        struct limit limit;
        const char *due;
    } cases[] = {
        /* New York puts its clock on at 2024-03-10 02:00 and back at 2024-11-03 02:00 */
        {"2024-03-09T12:00:00-05:00", {24, LIMIT_HOURS, false, true}, "2024-03-10T13:00:00-04:00"},
        {"2024-11-02T12:00:00-04:00", {24, LIMIT_HOURS, false, true}, "2024-11-03T11:00:00-05:00"},
        {"2024-11-03T01:30:00-04:00", {1, LIMIT_HOURS, false, true}, "2024-11-03T01:30:00-05:00"},
        {"2024-03-09T12:00:00-05:00", {1, LIMIT_DAYS, true, true}, "2024-03-10T23:59:59.999-04:00"},
        {"2024-11-02T12:00:00-04:00", {1, LIMIT_DAYS, true, true}, "2024-11-03T23:59:59.999-05:00"},
        {"2024-11-03T23:30:00-05:00",
         {1, LIMIT_DAYS, false, true},
         "2024-11-03T23:59:59.999-05:00"},
        {"2024-02-29T00:00:00-05:00",
         {12, LIMIT_DAYS, true, true},
         "2024-03-12T23:59:59.999-04:00"},
        {"2024-10-10T12:00:00-04:00",
         {1, LIMIT_MONTHS, true, true},
         "2024-11-10T23:59:59.999-05:00"},
        /* the civil day decides, not that of UTC or of Shanghai */
        {"2024-03-01T01:00:00Z", {1, LIMIT_DAYS, true, true}, "2024-03-01T23:59:59.999-05:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        same_time(new_york,
                  calendar_due(table, new_york, at(new_york, cases[i].start), cases[i].limit),
                  cases[i].due, cases[i].start);
}

static void test_shift(void **state)
{
    UNUSED(state);
    static const struct {
        const char *due;
        int64_t n;
        enum limit_unit unit;
        const char *to;
    } cases[] = {
        {"2024-10-02" END, -7, LIMIT_DAYS, "2024-09-25" END},
        {"2024-10-02" END, 3, LIMIT_DAYS, "2024-10-05" END}, /* not moved off a day off */
        {"2024-10-08" END, 0, LIMIT_DAYS, "2024-10-08" END},
        {"2024-10-08" END, -3, LIMIT_WORKDAYS, "2024-09-27" END},
        {"2024-09-13 15:30", 2, LIMIT_WORKDAYS, "2024-09-18T15:30"},
        {"2024-09-13 15:30", -36, LIMIT_HOURS, "2024-09-12T03:30"},
        {"2024-03-31 15:30", -1, LIMIT_MONTHS, "2024-02-29T15:30"},
        {"2024-03-31" END, 1, LIMIT_MONTHS, "2024-04-30" END},
        {"2024-01-31 15:30", -2, LIMIT_MONTHS, "2023-11-30T15:30"},
        {"2024-01-31 15:30", INT64_MIN, LIMIT_MONTHS, "0001-01-01T15:30"},
        {"2024-01-31 15:30", INT64_MIN, LIMIT_DAYS, "0001-01-01T15:30"},
        {"2024-01-31 15:30", INT64_MAX, LIMIT_DAYS, "9999-12-31T15:30"},
        {"2024-01-31 15:30", INT64_MIN, LIMIT_WORKDAYS, "0001-01-01T15:30"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        same_time(
            shanghai,
            calendar_shift(table, shanghai, at(shanghai, cases[i].due), cases[i].n, cases[i].unit),
            cases[i].to, cases[i].due);
    /* the time of day stays, also where the offset changes in between */
    same_time(
        new_york,
        calendar_shift(table, new_york, at(new_york, "2024-03-12T15:00:00-04:00"), -7, LIMIT_DAYS),
        "2024-03-05T15:00:00-05:00", "New York");
    /* São Paulo put its clock back at midnight of 2018-02-17: that day has 23:00 to 24:00 twice */
    int64_t due = at(sao_paulo, "2018-02-17T23:59:59.999-03:00");
    same_time(sao_paulo, calendar_shift(table, sao_paulo, due, -1, LIMIT_DAYS),
              "2018-02-16T23:59:59.999-02:00", "São Paulo, back");
    same_time(sao_paulo, calendar_shift(table, sao_paulo, due - MS_DAY - MS_HOUR, 1, LIMIT_DAYS),
              "2018-02-17T23:59:59.999-03:00", "São Paulo, on");
    struct limit one = {1, LIMIT_DAYS, false, true};
    same_time(sao_paulo, calendar_due(table, sao_paulo, due - 5 * MS_HOUR, one),
              "2018-02-17T23:59:59.999-03:00", "São Paulo, due");
}

static void test_pause(void **state)
{
    UNUSED(state);
    static const struct {
        const char *due;
        enum limit_unit unit;
        bool no_shift;
        const char *paused, *resumed, *to;
    } cases[] = {
        {"2024-09-20" END, LIMIT_DAYS, false, "2024-09-10 08:00", "2024-09-13 18:00",
         "2024-09-23" END},
        {"2024-09-20" END, LIMIT_DAYS, false, "2024-09-10 08:00", "2024-09-11 00:00",
         "2024-09-23" END}, /* the 21st is a Saturday */
        {"2024-09-20" END, LIMIT_DAYS, true, "2024-09-10 08:00", "2024-09-11 00:00",
         "2024-09-21" END},
        {"2024-09-21" END, LIMIT_DAYS, false, "2024-09-10 08:00", "2024-09-10 23:59",
         "2024-09-21" END}, /* within one day: no day, and nothing else either */
        {"2024-09-20" END, LIMIT_WORKDAYS, false, "2024-09-13 08:00", "2024-09-17 18:00",
         "2024-09-23" END}, /* one working day in it: the make-up Saturday */
        {"2024-09-20" END, LIMIT_WORKDAYS, false, "2024-09-15 08:00", "2024-09-17 18:00",
         "2024-09-20" END},
        {"2024-09-20" END, LIMIT_MONTHS, true, "2024-09-10 08:00", "2024-10-10 18:00",
         "2024-10-20" END},
        {"2024-09-20T10:00:00.500", LIMIT_HOURS, false, "2024-09-10 08:00", "2024-09-10 09:30",
         "2024-09-20T11:30:00.500"},
        /* the wrong way round */
        {"2024-09-20" END, LIMIT_DAYS, false, "2024-09-13 08:00", "2024-09-10 08:00",
         "2024-09-20" END},
        {"2024-09-20T10:00", LIMIT_HOURS, false, "2024-09-13 08:00", "2024-09-13 08:00",
         "2024-09-20T10:00"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct limit limit = {10, cases[i].unit, true, cases[i].no_shift};
        same_time(shanghai,
                  calendar_due_after_pause(table, shanghai, at(shanghai, cases[i].due), limit,
                                           at(shanghai, cases[i].paused),
                                           at(shanghai, cases[i].resumed)),
                  cases[i].to, cases[i].paused);
    }
}

static void test_state(void **state)
{
    UNUSED(state);
    enum { NO = -1 };
    static const struct {
        int now, due, soon, paused, done;
        enum clock_state want;
    } cases[] = {
        {10, 20, 15, NO, NO, CLOCK_NORMAL},    {15, 20, 15, NO, NO, CLOCK_SOON},
        {20, 20, 15, NO, NO, CLOCK_SOON},      {21, 20, 15, NO, NO, CLOCK_OVERDUE},
        {19, 20, NO, NO, NO, CLOCK_NORMAL},    {16, 20, 15, 12, NO, CLOCK_PAUSED},
        {99, 20, 15, 20, NO, CLOCK_PAUSED},    {99, 20, 15, 21, NO, CLOCK_OVERDUE},
        {99, 20, 15, NO, 20, CLOCK_DONE},      {99, 20, 15, NO, 21, CLOCK_DONE_LATE},
        {99, 20, 15, 12, 21, CLOCK_DONE_LATE}, {99, NO, NO, NO, NO, CLOCK_NORMAL},
        {99, NO, NO, 5, NO, CLOCK_PAUSED},     {99, NO, NO, NO, 5, CLOCK_DONE},
        {10, 20, 0, NO, NO, CLOCK_SOON},
    };
#define T(v) ((v) == NO ? TIME_NONE : (v))
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        enum clock_state got = clock_state_at(T(cases[i].now), T(cases[i].due), T(cases[i].soon),
                                              T(cases[i].paused), T(cases[i].done));
        if (got != cases[i].want)
            fail_msg("case %zu: got %d, expected %d", i, (int)got, (int)cases[i].want);
    }
#undef T
}

/* ---- the line for a person ---- */

static void explained(const struct calendar *c, const char *now, const char *due, bool workdays,
                      const char *zh, const char *en)
{
    struct buf a AUTO(buf_free) = BUF(4096), b AUTO(buf_free) = BUF(4096);
    calendar_explain(c, shanghai, at(shanghai, now), at(shanghai, due), workdays, &a, &b);
    if (!str_is(buf_view(&a), zh) || !str_is(buf_view(&b), en))
        fail_msg("%s to %s:\n%.*s\n%.*s", now, due, STR_F(buf_view(&a)), STR_F(buf_view(&b)));
}

static void test_explain(void **state)
{
    UNUSED(state);
    static const struct {
        const char *now, *due;
        bool workdays;
        const char *zh, *en;
    } cases[] = {
        {"2024-09-11 10:00", "2024-09-14" END, true, "还剩3个工作日，9月14日补班算",
         "3 working days left, 14 September counts (make-up day)"},
        {"2024-09-12 10:00", "2024-09-19" END, true,
         "还剩4个工作日，9月14日补班算，9月16日至17日放假不算",
         "4 working days left, 14 September counts (make-up day), "
         "16–17 September do not count (holiday)"},
        {"2024-09-23 10:00", "2024-09-24" END, true, "还剩1个工作日", "1 working day left"},
        {"2024-09-24 10:00", "2024-09-24" END, true, "今天到期", "due today"},
        {"2024-09-24 10:00", "2024-09-24" END, false, "今天到期", "due today"},
        {"2024-09-13 10:00", "2024-09-18" END, false, "还剩5天", "5 days left"},
        {"2024-09-17 10:00", "2024-09-18" END, false, "还剩1天", "1 day left"},
        {"2024-09-19 00:00", "2024-09-18" END, false, "已超期1天", "1 day overdue"},
        {"2024-09-20 00:00", "2024-09-18" END, false, "已超期2天", "2 days overdue"},
        {"2024-09-20 00:00", "2024-09-13" END, true,
         "已超期4个工作日，9月14日补班算，9月16日至17日放假不算",
         "4 working days overdue, 14 September counts (make-up day), "
         "16–17 September do not count (holiday)"},
        /* nothing counts between Friday and a Sunday, either way */
        {"2024-09-20 00:00", "2024-09-22" END, true, "还剩不到1个工作日",
         "less than a working day left"},
        {"2024-09-22 00:00", "2024-09-20" END, true, "已超期不到1个工作日",
         "overdue by less than a working day"},
        /* a single holiday; one over a month's end; one of another year */
        {"2024-06-07 00:00", "2024-06-11" END, true, "还剩1个工作日，6月10日放假不算",
         "1 working day left, 10 June does not count (holiday)"},
        {"2025-01-27 00:00", "2025-02-05" END, true, "还剩1个工作日，1月28日至2月4日放假不算",
         "1 working day left, 28 January–4 February do not count (holiday)"},
        {"2024-12-31 00:00", "2025-01-02" END, true, "还剩1个工作日，2025年1月1日放假不算",
         "1 working day left, 1 January 2025 does not count (holiday)"},
        {"2025-01-02 00:00", "2024-12-30" END, true, "已超期2个工作日，1月1日放假不算",
         "2 working days overdue, 1 January does not count (holiday)"},
        /* two make-up days, and more than are shown */
        {"2024-09-13 00:00", "2024-09-30" END, true,
         "还剩11个工作日，9月14日、9月29日补班算，9月16日至17日放假不算",
         "11 working days left, 14 September, 29 September count (make-up days), "
         "16–17 September do not count (holiday)"},
        {"2024-01-02 00:00", "2024-10-12" END, true,
         "还剩193个工作日，2月4日、2月18日、4月7日等补班算，"
         "2月12日至16日、4月4日至5日、5月1日至3日等放假不算",
         "193 working days left, 4 February, 18 February, 7 April and more count (make-up days), "
         "12–16 February, 4–5 April, 1–3 May and more do not count (holiday)"},
        /* no table for that year */
        {"2025-12-30 00:00", "2026-01-06" END, true,
         "还剩5个工作日，2026年放假安排未录入，按周一至周五算",
         "5 working days left, no holiday table for 2026, counted Monday to Friday"},
        {"2022-12-31 00:00", "2023-01-03" END, true, "还剩1个工作日，2023年1月2日放假不算",
         "1 working day left, 2 January 2023 does not count (holiday)"},
        {"2025-12-30 00:00", "2025-12-31" END, true, "还剩1个工作日", "1 working day left"},
        {"2025-12-31 00:00", "2026-01-06" END, false, "还剩6天", "6 days left"},
        /* a due at a time of day */
        {"2024-09-13 10:00", "2024-09-15 10:00", false, "还剩2天", "2 days left"},
        {"2024-09-13 10:00", "2024-09-15 09:59:59.999", false, "还剩47小时", "47 hours left"},
        {"2024-09-13 10:00", "2024-09-13 11:59", true, "还剩1小时", "1 hour left"},
        {"2024-09-13 10:00", "2024-09-13 11:00", true, "还剩1小时", "1 hour left"},
        {"2024-09-13 10:00", "2024-09-13 10:59:59", false, "还剩59分钟", "59 minutes left"},
        {"2024-09-13 10:00", "2024-09-13 10:01", false, "还剩1分钟", "1 minute left"},
        {"2024-09-13 10:00", "2024-09-13 10:00", false, "还剩不到1分钟", "less than a minute left"},
        {"2024-09-13 10:00:30", "2024-09-13 10:00", false, "已超期不到1分钟",
         "overdue by less than a minute"},
        {"2024-09-13 13:10", "2024-09-13 10:00", false, "已超期3小时", "3 hours overdue"},
        {"2024-09-18 13:10", "2024-09-13 10:00", false, "已超期5天", "5 days overdue"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        explained(table, cases[i].now, cases[i].due, cases[i].workdays, cases[i].zh, cases[i].en);
    struct calendar *none = calendar_new(NULL, 0);
    explained(none, "2024-09-13 10:00", "2024-09-18" END, true, "还剩3个工作日",
              "3 working days left"); /* a place without such tables is not told so every time */
    calendar_free(none);
    struct calendar_day gap[] = {{day("2024-12-31"), false}, {day("2025-01-01"), false}};
    struct calendar *c = calendar_new(gap, 2);
    explained(c, "2025-01-02 10:00", "2024-12-30" END, true,
              "已超期1个工作日，2024年12月31日至2025年1月1日放假不算，"
              "2024年放假安排未录入，按周一至周五算",
              "1 working day overdue, 31 December 2024–1 January do not count (holiday), "
              "no holiday table for 2024, counted Monday to Friday");
    calendar_free(c);
}

/* ---- against a plain computation, day by day ---- */

static bool slow_is_work(int32_t d)
{
    assert_true(d >= slow_first && d < slow_first + SLOW_DAYS);
    return slow_work[d - slow_first];
}

static int32_t slow_add(int32_t d, int64_t n)
{
    int32_t step = n < 0 ? -1 : 1;
    while (n != 0) {
        d += step;
        if (slow_is_work(d))
            n -= step;
    }
    return d;
}

static int64_t slow_between(int32_t from, int32_t to)
{
    int64_t n = 0;
    for (int32_t d = from + 1; d <= to; d++)
        n += slow_is_work(d);
    for (int32_t d = to + 1; d <= from; d++)
        n -= slow_is_work(d);
    return n;
}

/* Months by walking: the same day of the month, n months on; stops at the end of a short month. */
static int32_t slow_month(int32_t d, int64_t n, bool counts)
{
    int y, m, dom, y2, m2, dom2;
    civil_of_day(d, &y, &m, &dom);
    int32_t on = d;
    for (int64_t passed = 0; passed < n; on++) {
        civil_of_day(on + 1, &y2, &m2, &dom2);
        passed += dom2 == 1;
    }
    civil_of_day(on, &y2, &m2, &dom2);
    int month = m2;
    while (dom2 < dom) {
        civil_of_day(on + 1, &y2, &m2, &dom2);
        if (m2 != month)
            return on; /* the month is too short */
        on++;
    }
    return counts ? on - 1 : on;
}

static int32_t slow_last(int32_t d, struct limit l)
{
    if (l.n > 0 && l.unit == LIMIT_MONTHS)
        d = slow_month(d, l.n, !l.next_day);
    bool first = !l.next_day;
    for (int64_t left = l.unit == LIMIT_MONTHS ? 0 : l.n; left > 0; first = false) {
        if (!first)
            d++;
        if (l.unit == LIMIT_DAYS || slow_is_work(d))
            left--;
    }
    while (!l.no_shift && !slow_is_work(d))
        d++;
    return d;
}

/* The last millisecond of a day, found by walking through it by the minute. */
static int64_t slow_end(const struct zone *z, int32_t d)
{
    int64_t t = (int64_t)d * MS_DAY - 15 * (int64_t)MS_HOUR;
    while (zone_day(z, t) <= d)
        t += 15 * (int64_t)MS_MINUTE;
    return t - 1;
}

enum { CASES = 20000 };

static void test_slow_counting(void **state)
{
    UNUSED(state);
    for (int i = 0; i < CASES; i++) {
        int32_t d = (int32_t)roll_between(day("2021-06-01"), day("2027-06-01"));
        int64_t n = roll_between(-300, 300);
        int32_t to = calendar_add_workdays(table, d, n);
        if (to != slow_add(d, n))
            fail_msg("day %d and %lld working days", d, (long long)n);
        int32_t other = (int32_t)roll_between(d - 400, d + 400);
        int64_t between = calendar_workdays_between(table, d, other);
        assert_int_equal(between, slow_between(d, other));
        assert_int_equal(between, -calendar_workdays_between(table, other, d));
        assert_int_equal(calendar_workday(table, d), slow_is_work(d));
        /* the two are inverse, forwards always, backwards from a working day */
        if (n >= 0 || slow_is_work(d)) {
            assert_int_equal(calendar_workdays_between(table, d, to), n);
        }
        if (slow_is_work(d))
            assert_int_equal(calendar_add_workdays(table, to, -n), d);
        if (n != 0)
            assert_true(calendar_workday(table, to));
    }
}

static void test_slow_due(void **state)
{
    UNUSED(state);
    const struct zone *const zones[] = {shanghai, new_york, sao_paulo};
    for (int i = 0; i < CASES; i++) {
        const struct zone *z = zones[roll_between(0, 2)];
        struct limit l = {roll_between(0, 90), (enum limit_unit)roll_between(LIMIT_HOURS, LIMIT_MONTHS),
                          roll_between(0, 1) == 1, roll_between(0, 1) == 1};
        if (l.unit == LIMIT_MONTHS)
            l.n %= 25;
        int64_t start = roll_between(at(z, "2021-06-01"), at(z, "2027-06-01"));
        int64_t due = calendar_due(table, z, start, l);
        int64_t want = l.unit == LIMIT_HOURS ? start + l.n * 3600000
                                             : slow_end(z, slow_last(zone_day(z, start), l));
        if (due != want)
            fail_msg("%s: start %lld n %lld unit %d next_day %d no_shift %d: %lld, not %lld",
                     zone_name(z), (long long)start, (long long)l.n, (int)l.unit, l.next_day,
                     l.no_shift, (long long)due, (long long)want);
        assert_true(due >= start);
        /* a longer limit, or a later start, never ends earlier */
        struct limit longer = l;
        longer.n++;
        assert_true(calendar_due(table, z, start, longer) >= due);
        assert_true(calendar_due(table, z, start + roll_between(0, 5 * (int64_t)MS_DAY), l) >= due);
    }
}

static void test_slow_pause(void **state)
{
    UNUSED(state);
    const struct zone *const zones[] = {shanghai, new_york, sao_paulo};
    for (int i = 0; i < CASES; i++) {
        const struct zone *z = zones[roll_between(0, 2)];
        struct limit l = {1, (enum limit_unit)roll_between(LIMIT_HOURS, LIMIT_MONTHS), false,
                          roll_between(0, 1) == 1};
        int64_t start = roll_between(at(z, "2021-06-01"), at(z, "2026-06-01"));
        int64_t due = calendar_due(table, z, start, l), paused = roll_between(start, due);
        int64_t resumed = paused + roll_between(1, 60 * (int64_t)MS_DAY);
        int64_t got = calendar_due_after_pause(table, z, due, l, paused, resumed);
        int32_t last = zone_day(z, due), from = zone_day(z, paused), to = zone_day(z, resumed);
        for (int32_t d = from + 1; d <= to; d++) {
            if (l.unit == LIMIT_WORKDAYS)
                last = slow_is_work(d) ? slow_add(last, 1) : last;
            else
                last++;
        }
        while (to > from && l.unit != LIMIT_WORKDAYS && !l.no_shift && !slow_is_work(last))
            last++;
        int64_t want = l.unit == LIMIT_HOURS ? due + resumed - paused : slow_end(z, last);
        if (got != want)
            fail_msg("%s: due %lld unit %d paused %lld resumed %lld: %lld, not %lld", zone_name(z),
                     (long long)due, (int)l.unit, (long long)paused, (long long)resumed,
                     (long long)got, (long long)want);
        assert_true(got >= due);
    }
}

static void test_slow_shift(void **state)
{
    UNUSED(state);
    const struct zone *const zones[] = {shanghai, new_york, sao_paulo};
    for (int i = 0; i < CASES; i++) {
        const struct zone *z = zones[roll_between(0, 2)];
        int64_t due = roll_between(at(z, "2021-06-01"), at(z, "2026-06-01")), n = roll_between(-200, 200);
        struct civil was = zone_civil(z, due);
        assert_int_equal(calendar_shift(table, z, due, n, LIMIT_HOURS), due + n * 3600000);
        int64_t got = calendar_shift(table, z, due, n, LIMIT_DAYS);
        assert_int_equal(zone_day(z, got), zone_day(z, due) + n);
        struct civil is = zone_civil(z, got);
        /* an hour that a jump leaves out becomes the instant of the jump */
        bool skipped = (is.minute == 0 && is.second == 0 && is.ms == 0) && is.hour == was.hour + 1;
        if (!skipped && (is.hour != was.hour || is.minute != was.minute ||
                         is.second != was.second || is.ms != was.ms))
            fail_msg("%s: %lld by %lld days is %lld", zone_name(z), (long long)due, (long long)n,
                     (long long)got);
        got = calendar_shift(table, z, due, n, LIMIT_WORKDAYS);
        assert_int_equal(zone_day(z, got), slow_add(zone_day(z, due), n));
    }
}

static void test_slow_explain(void **state)
{
    UNUSED(state);
    for (int i = 0; i < CASES; i++) {
        int32_t today = (int32_t)roll_between(day("2023-01-01"), day("2025-08-01"));
        int32_t last = (int32_t)roll_between(today - 150, today + 150);
        int64_t now = zone_start(shanghai, today) + roll_between(0, MS_DAY - 1);
        int64_t n = slow_between(today < last ? today : last, today < last ? last : today);
        struct buf zh AUTO(buf_free) = BUF(4096), en AUTO(buf_free) = BUF(4096);
        calendar_explain(table, shanghai, now, slow_end(shanghai, last), true, &zh, &en);
        assert_true(str_utf8_ok(buf_view(&zh)) && str_utf8_ok(buf_view(&en)));
        char start[64];
        snprintf(start, sizeof start, "%s%lld个工作日", today > last ? "已超期" : "还剩",
                 (long long)n);
        if (today != last && n > 0 && !str_starts(buf_view(&zh), str_of(start)))
            fail_msg("%.*s, not %s", STR_F(buf_view(&zh)), start);
    }
}

/* ---- the table that the tool makes of the npm package ---- */

static void test_made_table(void **state)
{
    UNUSED(state);
    struct buf text AUTO(buf_free) = BUF(1024 * 1024);
    FILE *f = popen("node tools/holidays.mjs", "r");
    assert_non_null(f);
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        buf_add(&text, part, n);
    if (pclose(f) != 0) {
        print_message("the npm package is not installed here: not compared\n");
        skip();
    }
    struct err e = ERR_INIT;
    struct calendar *made = NULL;
    if (!calendar_parse(buf_view(&text), &made, &e))
        fail_msg("%s", e.text);
    for (int32_t d = day("2022-12-31"); d < day("2026-01-01"); d++) {
        if (calendar_workday(made, d) != calendar_workday(table, d)) {
            char date[16];
            day_format(d, date);
            fail_msg("%s differs", date);
        }
    }
    assert_true(calendar_known(made, day("2011-06-01")));
    calendar_free(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_workdays),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_last_entry_wins),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_add_workdays),
        cmocka_unit_test(test_between),
        cmocka_unit_test(test_due),
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_state),
        cmocka_unit_test(test_explain),
        cmocka_unit_test(test_slow_counting),
        cmocka_unit_test(test_slow_due),
        cmocka_unit_test(test_slow_pause),
        cmocka_unit_test(test_slow_shift),
        cmocka_unit_test(test_slow_explain),
        cmocka_unit_test(test_made_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
