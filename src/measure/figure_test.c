#include <setjmp.h>
#include <stdarg.h>

#include "base/testdice.h"
#include "measure/figure_int.h"
#include "measure/testrig.h"
#include <cmocka.h>

/* ---- arithmetic ---- */

static void test_ratio(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t n, d, times;
        int decimals;
        int64_t want;
    } T[] = {
        {35591, 43821, 100, 4, 812191},
        {35591, 47270, 100, 4, 752930}, /* 75.29299… */
        {1, 8, 1, 2, 13},
        {-1, 8, 1, 2, -13}, /* a half goes away from 0 */
        {1, 3, 100, 1, 333},
        {2, 3, 100, 1, 667},
        {842, 869, 100, 1, 969},
        {-159, 1028, 100, 1, -155},
        {0, 7, 100, 1, 0},
        {1, 2000, 100, 1, 1}, /* 0.05 % */
        {1, 2001, 100, 1, 0},
        {1999, 2000, 100, 1, 1000}, /* 99.95 % */
        {INT64_MAX / 2, INT64_MAX / 2, 100, 9, 100000000000},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++)
        assert_int_equal(value_ratio(T[i].n, T[i].d, T[i].times, T[i].decimals), T[i].want);
}

static void test_chance(void **state)
{
    UNUSED(state);
    static const struct {
        int64_t a, b, c, d, want;
    } COUNTS[] = {
        {5, 30, 5, 30, 10000},
        {10, 1, 2, 1, 386}, /* 2 * 79 / 4096 */
        {0, 30, 1, 30, 10000},
        {0, 1, 6, 1, 313}, /* 2 / 64 */
        {3, 3, 1, 1, 10000},
        {20, 10, 20, 40, 0}, /* 4 times as many days */
        {100000, 365, 101000, 365, 259},
        {2000000, 365, 2000000, 366, 62},
    };
    static const struct {
        int64_t a, b, c, d, want;
    } PARTS[] = {
        {3, 4, 1, 4, 4857}, /* the lady and the tea: 34 / 70 */
        {1, 12, 9, 12, 28},  {0, 10, 10, 10, 0},  {7, 10, 7, 10, 10000},
        {0, 5, 0, 9, 10000}, {5, 5, 9, 9, 10000},
    };
    for (size_t i = 0; i < COUNT_OF(COUNTS); i++)
        assert_int_equal(chance_counts(COUNTS[i].a, COUNTS[i].b, COUNTS[i].c, COUNTS[i].d),
                         COUNTS[i].want);
    for (size_t i = 0; i < COUNT_OF(PARTS); i++)
        assert_int_equal(chance_parts(PARTS[i].a, PARTS[i].b, PARTS[i].c, PARTS[i].d),
                         PARTS[i].want);
}

/* ---- one record ---- */

static void test_fact(void **state)
{
    UNUSED(state);
    static const struct {
        const char *fields;
        bool counts;
        int32_t day;
        int64_t ms;
    } T[] = {
        /* whole days, over the night that has 23 hours */
        {"{\"registered_on\":19791,\"concluded_on\":19793,\"on_the_spot\":false,"
         "\"result\":\"oral\"}",
         true, 19793, 2ll * MS_DAY},
        {"{\"registered_on\":19793,\"concluded_on\":19791,\"on_the_spot\":false,"
         "\"result\":\"oral\"}",
         true, 19791, -2ll * MS_DAY},
        {"{\"registered_on\":19791,\"concluded_on\":19793,\"result\":\"oral\"}", false, 0, 0},
        {"{\"concluded_on\":19793,\"on_the_spot\":false,\"result\":\"oral\"}", false, 0, 0},
        {"{\"registered_on\":19791,\"on_the_spot\":false,\"result\":\"oral\"}", false, 0, 0},
        {"{\"registered_on\":19791,\"concluded_on\":19793,\"on_the_spot\":false,"
         "\"result\":\"oral\",\"$void\":true}",
         false, 0, 0},
        {"{\"registered_on\":19791,\"concluded_on\":19793,\"on_the_spot\":false,"
         "\"result\":\"oral\",\"$merged\":\"x\"}",
         false, 0, 0},
    };
    struct rig r;
    if (!rig_open(&r, STORE_SQLITE, "America/New_York"))
        skip();
    rig_playbook(&r, rig_text(&r, "dispute"));
    const struct playbook *p = world_playbook(r.w, STR("dispute"));
    const struct indicator *ind = &p->indicators[playbook_indicator(p, STR("median_days"))];
    const struct term *t = &p->terms[ind->n_term];
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct record *rec = record_new(r.life);
        struct fact_record fr = {rec, &p->records[t->record]};
        struct xcontext c = fact_context(&fr, r.w->zone);
        struct fact f = {.day = -77};
        RIG_OK(&r, json_input(r.life, str_of(T[i].fields), &rec->fields, &r.e));
        assert_int_equal(fact_of(t, &c, &f), T[i].counts);
        assert_int_equal(f.day, T[i].counts ? T[i].day : -77);
        assert_int_equal(f.ms, T[i].ms);
    }
    rig_close(&r);
}

/* ---- asking ---- */

static struct figure_question ask_of(struct rig *r, const char *const pairs[][2])
{
    struct figure_question q = figure_question_new(r->now);
    for (size_t i = 0; pairs[i][0]; i++)
        RIG_OK(r, figure_question_set(&q, pairs[i][0], str_of(pairs[i][1]), &r->e));
    return q;
}

static const char *json_of(struct rig *r, const struct figure_question *q)
{
    struct figure f;
    struct buf b = BUF(1 << 22);
    RIG_OK(r, figure_ask(r->db, r->life, r->w, q, &f, &r->e));
    struct json_out o = json_out(&b);
    figure_write(&o, &f);
    const char *text = str_c(r->life, buf_view(&b));
    buf_free(&b);
    return text;
}

/* The answer without its words (speak_test.c) and its checkpoint, which a test cannot foretell. */
static const char *answer(struct rig *r, const char *const pairs[][2])
{
    struct figure_question q = ask_of(r, pairs);
    char *text = arena_printf(r->life, "%s", json_of(r, &q));
    char *end = strstr(text, ",\"version\":");
    assert_non_null(end);
    *end = 0;
    return text;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("expected %s in %s", part, text);
}

#define ASK(...) ((const char *const[][2]){__VA_ARGS__, {NULL, NULL}})

/* ---- reports by hand ---- */

struct given {
    const char *at, *closed, *due, *category;
    const char *known;
};

static int64_t instant(struct rig *r, const char *text)
{
    int64_t t = TIME_NONE;
    if (text)
        assert_true(time_parse(r->w->zone, str_of(text), &t));
    return t;
}

static int report(struct rig *r, struct given g)
{
    struct buf set = BUF(2000);
    struct event_body b = {.type = STR("report.report"),
                           .pb = STR("report@1"),
                           .area = 4,
                           .code = STR("101001000000"),
                           .state = STR("open")};
    b.at = instant(r, g.at);
    b.known = instant(r, g.known);
    buf_c(&set, "{\"source\":\"desk\"");
    if (g.category)
        buf_printf(&set, ",\"category\":\"%s\"", g.category);
    if (g.due)
        buf_printf(&set, ",\"due_at\":%lld", (long long)instant(r, g.due));
    if (g.closed)
        buf_printf(&set, ",\"$closed\":%lld", (long long)instant(r, g.closed));
    buf_add(&set, "}", 2);
    struct record *rec = rig_event(r, NULL, &b, set.ptr);
    buf_free(&set);
    return (int)rec->rid;
}

static bool open_reports(struct rig *r)
{
    if (!rig_open(r, STORE_SQLITE, "Asia/Shanghai"))
        return false;
    rig_playbook(r, rig_text(r, "report"));
    return true;
}

static void reports(struct rig *r, int n, struct given g)
{
    rig_begin(r);
    for (int i = 0; i < n; i++)
        report(r, g);
    rig_commit(r);
}

static void test_outside_face(void **state)
{
    UNUSED(state);
    struct rig r;
    if (!open_reports(&r))
        skip();
    reports(&r, 20,
            (struct given){"2024-02-01 10:00", "2024-02-03 10:00", "2024-02-04 10:00",
                           "Sanitation/Schedule a Bulk Item Pickup", NULL});
    reports(
        &r, 1,
        (struct given){"2024-02-29 23:59:59.999", "2024-03-10 00:00", "2024-03-02", NULL, NULL});
    reports(&r, 1, (struct given){"2024-03-01", NULL, "2024-03-02", NULL, NULL});
    assert_string_equal(
        answer(&r, ASK({"id", "report.opened"}, {"area", "1010"}, {"from", "2024-02-01"},
                       {"to", "2024-02-29"}, {"by", "category.1"})),
        "{\"id\":\"report.opened\",\"area\":\"101000000000\",\"from\":\"2024-02-01\","
        "\"to\":\"2024-02-29\",\"n\":21,\"value\":21,\"rows\":[{\"key\":\"Sanitation\",\"n\":20,"
        "\"value\":20},{\"key\":null,\"n\":1,\"value\":1}]");
    assert_string_equal(
        answer(&r, ASK({"id", "report.on_time"}, {"from", "2024-02-01"}, {"to", "2024-03-31"},
                       {"by", "month"})),
        "{\"id\":\"report.on_time\",\"area\":\"100000000000\",\"from\":\"2024-02-01\","
        "\"to\":\"2024-03-31\",\"n\":20,\"N\":21,\"value\":95.2381,\"rows\":["
        "{\"key\":\"2024-02\",\"n\":20,\"N\":20,\"value\":100.0000},"
        "{\"key\":\"2024-03\",\"n\":0,\"N\":1,\"value\":null,\"note\":\"N<20\"}]");
    assert_string_equal(
        answer(&r, ASK({"id", "report.stock"}, {"from", "2024-03-01"}, {"to", "2024-03-31"})),
        "{\"id\":\"report.stock\",\"area\":\"100000000000\",\"from\":\"2024-03-01\","
        "\"to\":\"2024-03-31\",\"opening\":1,\"in\":1,\"out\":1,\"closing\":1,\"value\":1,"
        "\"rows\":[]");
    assert_string_equal(
        answer(&r, ASK({"id", "report.overdue"}, {"from", "2024-03-01"}, {"to", "2024-03-31"})),
        "{\"id\":\"report.overdue\",\"area\":\"100000000000\",\"from\":\"2024-03-01\","
        "\"to\":\"2024-03-31\",\"opening\":0,\"in\":2,\"out\":1,\"closing\":1,\"value\":1,"
        "\"rows\":[]");
    assert_string_equal(
        answer(&r, ASK({"id", "report.median_days"}, {"from", "2024-02-01"}, {"to", "2024-02-09"},
                       {"compare", "previous"})),
        "{\"id\":\"report.median_days\",\"area\":\"100000000000\",\"from\":\"2024-02-01\","
        "\"to\":\"2024-02-09\",\"n\":20,\"value\":2.0000,\"rows\":[],\"compare\":{\"kind\":"
        "\"previous\",\"from\":\"2024-01-23\",\"to\":\"2024-01-31\",\"n\":0,\"value\":null,"
        "\"difference\":null}");
    rig_close(&r);
}

/* Made of others, a part of another, changed since: on the same 22 reports. */
static void test_registry(void **state)
{
    UNUSED(state);
    struct rig r;
    static const char MORE[] =
        "indicators:\n"
        "  all: {name: 全部, sum_of: [report.opened, report.closed]}\n"
        "  both: {name: 两率, kind: rate, sum_of: [report.on_time, report.on_time_strict]}\n"
        "  mixed: {name: 混, sum_of: [report.opened, report.on_time]}\n"
        "  nested: {name: 套, sum_of: [report.all, report.opened]}\n"
        "  nobody: {name: 无, sum_of: [report.opened, absent.one]}\n"
        "  aimed: {name: 其中有时限, count: report, at: opened, where: \"due_at IS NOT NULL\","
        " within: opened}\n"
        "  wrong: {name: 其中, count: report, at: closed, within: opened}\n"
        "  changed: {name: 新口径, count: report, at: opened, version: 2, valid_from: 2024-01-01}\n";
    if (!rig_open(&r, STORE_SQLITE, "Asia/Shanghai"))
        skip();
    rig_playbook(&r, rig_replace(&r, rig_text(&r, "report"), "indicators:\n", MORE));
    reports(&r, 20, (struct given){"2024-02-01 10:00", "2024-02-03 10:00", "2024-02-04 10:00", NULL, NULL});
    reports(&r, 2, (struct given){"2023-02-01", "2024-03-01", NULL, NULL, NULL});
    has(answer(&r, ASK({"id", "report.all"}, {"from", "2024-02-01"}, {"to", "2024-03-31"},
                       {"by", "month"}, {"compare", "previous"})),
        "\"n\":42,\"value\":42,\"rows\":[{\"key\":\"2024-02\",\"n\":40,\"value\":40},"
        "{\"key\":\"2024-03\",\"n\":2,\"value\":2}],\"compare\":{\"kind\":\"previous\","
        "\"from\":\"2023-12-03\",\"to\":\"2024-01-31\",\"n\":0,\"value\":0,\"change\":null,"
        "\"note\":\"base<20\"}");
    has(answer(&r, ASK({"id", "report.both"}, {"from", "2024-02-01"}, {"to", "2024-02-29"})),
        "\"n\":40,\"N\":40,\"value\":100.0,");
    has(answer(&r, ASK({"id", "report.aimed"}, {"from", "2023-01-01"}, {"to", "2024-12-31"})),
        "\"n\":20,\"value\":20,");
    has(answer(&r, ASK({"id", "report.wrong"}, {"from", "2024-01-01"}, {"to", "2024-12-31"})),
        "\"n\":22,\"value\":null,\"note\":\"part>whole\"");
    has(answer(&r, ASK({"id", "report.changed"}, {"from", "2024-02-01"}, {"to", "2024-02-29"},
                       {"compare", "yoy"})),
        "\"n\":2,\"value\":2,\"change\":null,\"comparable\":false,\"note\":\"definition changed\"");
    static const struct {
        const char *id, *by;
    } REFUSED[] = {{"report.mixed", NULL}, {"report.nested", NULL}, {"report.nobody", NULL},
                   {"report.all", "category"}};
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++) {
        struct figure f;
        struct figure_question q = ask_of(
            &r, ASK({"id", REFUSED[i].id}, {"from", "2024-02-01"}, {"to", "2024-02-29"}));
        q.by = str_of(REFUSED[i].by);
        assert_false(figure_ask(r.db, r.life, r.w, &q, &f, &r.e));
        assert_true(r.e.code == ERR_INPUT || r.e.code == ERR_NOT_FOUND);
        err_clear(&r.e);
    }
    rig_close(&r);
}

static void test_compare(void **state)
{
    UNUSED(state);
    struct rig r;
    static const struct {
        const char *kind, *from, *to, *want_from, *want_to;
    } SPANS[] = {
        {"yoy", "2024-02-29", "2024-02-29", "2023-02-28", "2023-02-28"},
        {"yoy", "2025-01-01", "2025-02-28", "2024-01-01", "2024-02-28"},
        {"yoy", "2024-01-01", "2024-12-31", "2023-01-01", "2023-12-31"},
        {"previous", "2024-03-01", "2024-03-31", "2024-01-30", "2024-02-29"},
        {"previous", "2024-03-01", "2024-03-01", "2024-02-29", "2024-02-29"},
    };
    if (!open_reports(&r))
        skip();
    reports(&r, 25, (struct given){"2024-03-01", "2024-03-02", "2024-03-03", NULL, NULL});
    reports(&r, 25, (struct given){"2024-02-29", "2024-02-29", "2024-02-29", NULL, NULL});
    reports(&r, 6, (struct given){"2024-02-29", "2024-03-09", "2024-02-29", NULL, NULL});
    for (size_t i = 0; i < COUNT_OF(SPANS); i++) {
        const char *text = answer(&r, ASK({"id", "report.opened"}, {"from", SPANS[i].from},
                                          {"to", SPANS[i].to}, {"compare", SPANS[i].kind}));
        has(text, arena_printf(r.life, "\"from\":\"%s\",\"to\":\"%s\",\"n\":", SPANS[i].want_from,
                               SPANS[i].want_to));
    }
    has(answer(&r, ASK({"id", "report.opened"}, {"from", "2024-03-01"}, {"to", "2024-03-01"},
                       {"compare", "previous"})),
        "\"n\":31,\"value\":31,\"change\":-19.4,\"significant\":false,"
        "\"p\":0.5044}");
    has(answer(&r, ASK({"id", "report.on_time"}, {"from", "2024-03-03"}, {"to", "2024-03-03"},
                       {"compare", "previous"})),
        "\"n\":0,\"N\":0,\"value\":null,\"note\":\"N<20\",\"points\":null}");
    /* 25 of 25 against 25 of 31 that were due on the 29th */
    has(answer(&r, ASK({"id", "report.on_time"}, {"from", "2024-03-02"}, {"to", "2024-03-04"},
                       {"compare", "previous"})),
        "\"n\":25,\"N\":31,\"value\":80.6452,\"points\":19.3548,"
        "\"significant\":true,\"p\":0.0281}");
    rig_close(&r);
}

static void test_equal_maturity(void **state)
{
    UNUSED(state);
    struct rig r;
    if (!open_reports(&r))
        skip();
    /* the log began on 2024-01-01: what is older is known only where the source said when */
    r.now = instant(&r, "2025-03-10 12:00");
    rig_begin(&r);
    int64_t rid = report(&r, (struct given){"2023-03-01", NULL, NULL, NULL, "2023-03-02"});
    rig_commit(&r);
    reports(&r, 29, (struct given){"2023-03-01", NULL, NULL, NULL, "2023-03-02"});
    reports(&r, 5, (struct given){"2023-03-01", NULL, NULL, NULL, "2023-03-20"});
    reports(&r, 8, (struct given){"2022-03-01", NULL, NULL, NULL, NULL});
    reports(&r, 33, (struct given){"2024-03-02", NULL, NULL, NULL, NULL});
    has(answer(&r, ASK({"id", "report.opened"}, {"from", "2024-03-01"}, {"to", "2024-03-05"},
                       {"as_of", "2024-03-10"}, {"compare", "yoy"})),
        "\"n\":0,\"value\":0,\"change\":null");
    /* a step that comes later is known later, whatever the source said of the beginning */
    r.now += 1;
    rig_begin(&r);
    struct record *first;
    bool found;
    RIG_OK(&r, record_load_rid(r.db, r.a, rid, &found, &first, &r.e));
    assert_true(found);
    struct event_body gone = {.type = first->type,
                              .pb = first->pb,
                              .at = r.now,
                              .area = 4,
                              .code = first->code,
                              .known = TIME_NONE};
    rig_event(&r, first, &gone, "{\"$void\":true}");
    rig_commit(&r);
    /* on 2024-03-10, five days behind the span: of last year's were known 30 */
    r.now = instant(&r, "2024-03-10 12:00");
    has(answer(&r, ASK({"id", "report.opened"}, {"from", "2024-03-01"}, {"to", "2024-03-05"},
                       {"compare", "yoy"})),
        "\"n\":34,\"value\":34,\"change\":-2.9,\"significant\":false,"
        "\"p\":1.0000,\"equal_maturity\":{\"n\":30,\"value\":30,"
        "\"change\":10.0}}");
    has(answer(&r, ASK({"id", "report.opened"}, {"from", "2023-03-01"}, {"to", "2023-03-05"},
                       {"compare", "yoy"})),
        "\"equal_maturity\":null,\"note\":\"base<20\"}");
    /* a span that lies in the log, entered a year late: nothing was known at that distance */
    has(answer(&r, ASK({"id", "report.opened"}, {"from", "2025-03-01"}, {"to", "2025-03-05"},
                       {"compare", "yoy"})),
        "\"n\":33,\"value\":33,\"change\":-100.0,\"significant\":true,"
        "\"p\":0.0000,\"equal_maturity\":{\"n\":0,\"value\":0,\"change\":null");
    rig_close(&r);
}

/* ---- what is refused ---- */

static void test_refusals(void **state)
{
    UNUSED(state);
    struct rig r;
    static const struct {
        const char *pairs[6][2];
        enum err_code code;
        const char *field, *text;
    } T[] = {
        {{{"id", "report.nothing"}}, ERR_NOT_FOUND, "id", "there is no indicator"},
        {{{"id", "report"}}, ERR_NOT_FOUND, "id", ""},
        {{{"id", "nobody.opened"}}, ERR_NOT_FOUND, "id", ""},
        {{{"area", "99"}}, ERR_UNKNOWN_AREA, "area", ""},
        {{{"to", "2023-12-31"}}, ERR_INPUT, "to", "before the first"},
        {{{"to", "9999-01-01"}}, ERR_INPUT, "from", "too far"},
        {{{"by", "contact"}}, ERR_PRIVACY, "by", "is a person"},
        {{{"by", "text"}}, ERR_INPUT, "by", "day, month, area, category, source"},
        {{{"by", "colour"}}, ERR_INPUT, "by", "expected day, month, area, category"},
        {{{"by", "due_at"}}, ERR_INPUT, "by", ""},
        {{{"by", "number"}}, ERR_INPUT, "by", ""},
        {{{"by", "category.0"}}, ERR_INPUT, "by", "FIELD.LEVEL"},
        {{{"by", "category.x"}}, ERR_INPUT, "by", "FIELD.LEVEL"},
        {{{"by", "category:list_b"}}, ERR_INPUT, "by", "has no mapping"},
        {{{"by", "state.1"}}, ERR_INPUT, "by", ""},
        {{{"by", "day"}, {"from", "1900-01-01"}}, ERR_TOO_BIG, "by", "days"},
        {{{"where", "contact IS NOT NULL AND"}}, ERR_SYNTAX, "where", ""},
        {{{"where", "colour = 'red'"}}, ERR_UNKNOWN_FIELD, "where", "colour"},
        {{{"where", "within(area, '999')"}}, ERR_UNKNOWN_CODE, "where", "999"},
        {{{"where", "days(opened, closed) > 3"}}, ERR_INPUT, "where", ""},
        {{{"where", "distance_m(place, POINT(1 2)) < 5"}, {"as_of", "1"}}, ERR_INPUT, "where", ""},
        {{{"as_of", "1000000"}}, ERR_INPUT, "as_of", "the log has 2 events"},
    };
    if (!open_reports(&r))
        skip();
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct figure_question q =
            ask_of(&r, ASK({"id", "report.opened"}, {"from", "2024-01-01"}, {"to", "2024-12-31"}));
        struct figure f = {.n_rows = 77};
        struct err e = ERR_INIT;
        for (size_t k = 0; T[i].pairs[k][0]; k++)
            assert_true(figure_question_set(&q, T[i].pairs[k][0], str_of(T[i].pairs[k][1]), &e));
        assert_false(figure_ask(r.db, r.life, r.w, &q, &f, &e));
        if (e.code != T[i].code || !strstr(e.text, T[i].text) || strcmp(e.field, T[i].field) != 0)
            fail_msg("case %zu: %s, field %s: %s", i, err_wire(e.code), e.field, e.text);
        assert_int_equal(f.n_rows, 77); /* results are written on success only */
        assert_false(store_in_tx(r.db));
    }
    static const char *const BAD[][2] = {{"from", "today"},      {"to", "2024-02-30"},
                                         {"compare", "last"},    {"as_of", "-1"},
                                         {"as_of", "2024-13-1"}, {"colour", "red"}};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct figure_question q = figure_question_new(0);
        struct err e = ERR_INIT;
        assert_false(figure_question_set(&q, BAD[i][0], str_of(BAD[i][1]), &e));
        assert_int_equal(e.code, ERR_INPUT);
        assert_string_equal(e.field, BAD[i][0]);
    }
    rig_close(&r);
}

/* ---- any playbook: random records of it, both ways, and as of now ---- */

static void random_value(struct rig *r, struct buf *b, const struct playbook *p,
                         const struct field *f)
{
    switch (f->type) {
    case FIELD_CODE:
        buf_printf(b, ",\"%.*s\":\"%.*s\"", STR_F(f->id),
                   STR_F(p->lists[f->codes].codes[roll((uint64_t)p->lists[f->codes].n)].code));
        break;
    case FIELD_BOOLEAN:
        buf_printf(b, ",\"%.*s\":%s", STR_F(f->id), chance(50) ? "true" : "false");
        break;
    case FIELD_DATE:
        buf_printf(b, ",\"%.*s\":%d", STR_F(f->id), 19723 + (int)roll(60));
        break;
    case FIELD_TIME:
        buf_printf(b, ",\"%.*s\":%lld", STR_F(f->id),
                   (long long)(r->now - (int64_t)roll(1u << 31)));
        break;
    case FIELD_INTEGER:
    case FIELD_MONEY:
    case FIELD_NUMBER:
        buf_printf(b, ",\"%.*s\":%lld", STR_F(f->id), (long long)roll(5000));
        break;
    case FIELD_TEXT:
    case FIELD_AREA:
    case FIELD_PLACE:
    case FIELD_RECORD:
    case FIELD_ORG:
    case FIELD_ACCOUNT:
    case FIELD_PERSON:
    case FIELD_FILE:
    case FIELD_TABLE:
    case FIELD_COMPUTED:
        break;
    }
}

static struct json *random_clock(struct rig *r, const struct record_def *def)
{
    struct json *list = json_new(r->a, J_ARR);
    const struct clock_def *c = &def->clocks[roll((uint64_t)def->n_clocks)];
    struct json *o = json_push(list, json_new(r->a, J_OBJ));
    int64_t start = r->now - (int64_t)roll(1u << 31), due = start + (int64_t)roll(1u << 31);
    json_set(r->a, o, STR("id"), json_new_str(r->a, c->id));
    json_set(r->a, o, STR("n"), json_new_int(r->a, 1 + (int64_t)roll(2)));
    json_set(r->a, o, STR("start"), json_new_int(r->a, start));
    json_set(r->a, o, STR("due"), json_new_int(r->a, due));
    json_set(r->a, o, STR("main"), json_new_bool(r->a, c->main));
    if (chance(60))
        json_set(r->a, o, STR("done"), json_new_int(r->a, due + (int64_t)roll(1000) - 500));
    return list;
}

static struct record *random_event(struct rig *r, struct record *was, const struct playbook *p,
                                   const struct record_def *def)
{
    struct buf set = BUF(64 * 1024);
    int area = 1 + (int)roll(RIG_N_AREAS);
    struct event_body b = {
        .known = TIME_NONE, .area = area, .code = str_of(RIG_AREAS[area - 1][0])};
    b.type = str_printf(r->life, "%.*s.%.*s", STR_F(p->id), STR_F(def->id));
    b.pb = str_printf(r->life, "%.*s@%d", STR_F(p->id), p->version);
    b.at = r->now - (int64_t)roll(1u << 31);
    b.state = def->states[roll((uint64_t)def->n_states)].id;
    buf_printf(&set, "{\"$hops\":%d", (int)roll(2));
    if (chance(40))
        buf_printf(&set, ",\"$closed\":%lld", (long long)b.at);
    if (chance(10))
        buf_c(&set, ",\"$reopened\":true");
    for (int i = 0; i < def->n_fields; i++)
        if (!def->fields[i].many && chance(was ? 15 : 70))
            random_value(r, &set, p, &def->fields[i]);
    buf_add(&set, "}", 2);
    if (def->n_clocks && chance(60))
        b.clocks = random_clock(r, def);
    struct record *now = rig_event(r, was, &b, set.ptr);
    buf_free(&set);
    return now;
}

static void random_by(struct rig *r, const struct playbook *p, const struct indicator *ind,
                      struct figure_question *q)
{
    static const char *const FIXED[] = {"", "day", "month", "area", "state", "hops"};
    const struct record_def *def = &p->records[p->terms[ind->n_term].record];
    q->by = str_of(FIXED[roll(COUNT_OF(FIXED))]);
    if (chance(50) || !ind->n_by)
        return;
    const struct field *f = &def->fields[ind->by[roll((uint64_t)ind->n_by)]];
    q->by = f->id;
    if (f->type == FIELD_CODE && chance(30))
        q->by = str_printf(r->life, "%.*s.1", STR_F(f->id));
    for (int i = 0; i < p->n_mappings; i++)
        if (f->type == FIELD_CODE && p->mappings[i].from == f->codes && chance(50))
            q->by = str_printf(r->life, "%.*s:%.*s", STR_F(f->id), STR_F(p->mappings[i].id));
}

struct tried {
    int fast, slow, values;
};

static void ask_any(struct rig *r, const struct playbook *p, struct tried *tried)
{
    const struct indicator *ind = &p->indicators[roll((uint64_t)p->n_indicators)];
    struct figure_question q = figure_question_new(r->now);
    struct figure f;
    if (ind->pending)
        return;
    q.id = str_printf(r->life, "%.*s.%.*s", STR_F(p->id), STR_F(ind->id));
    q.area = str_of(RIG_AREAS[roll(RIG_N_AREAS)][0]);
    q.from = 19723 + (int32_t)roll(50);
    q.to = q.from + (int32_t)roll(60);
    random_by(r, p, ind, &q);
    RIG_OK(r, figure_ask(r->db, r->life, r->w, &q, &f, &r->e));
    tried->fast += f.counters;
    tried->slow += !f.counters;
    tried->values += f.total.has_value && f.total.value != 0;
    const char *text = json_of(r, &q);
    q.slow = true;
    assert_string_equal(json_of(r, &q), text);
    q.as_of_size = f.size;
    assert_string_equal(json_of(r, &q), text);
}

static const char *counters(struct rig *r)
{
    struct buf b = BUF(64 << 20);
    struct rows rows AUTO(rows_close) =
        store_query(r->db,
                    "SELECT term, area, dim, day, n, s FROM tally WHERE n <> 0 OR s <> 0 "
                    "ORDER BY term, area, dim, day",
                    BIND_NONE, &r->e);
    while (rows_next(&rows))
        buf_printf(&b, "%lld %lld %.*s %lld %lld %lld\n", (long long)rows_int(&rows, 0),
                   (long long)rows_int(&rows, 1), STR_F(rows_str(&rows, 2)),
                   (long long)rows_int(&rows, 3), (long long)rows_int(&rows, 4),
                   (long long)rows_int(&rows, 5));
    const char *text = str_c(r->life, buf_view(&b));
    buf_free(&b);
    return text;
}

static void grow(struct rig *r, struct record **list, int n, const struct playbook *p)
{
    enum { COMMIT = 8 };
    for (int i = 0; i < n; i += COMMIT) {
        r->now += 3600 * MS_SECOND;
        rig_begin(r);
        for (int k = i; k < i + COMMIT && k < n; k++)
            list[k] = random_event(r, list[k], p, &p->records[0]);
        for (int k = i; k < i + COMMIT && k < n; k++)
            list[k] = record_copy(r->life, list[k]);
        rig_commit(r);
    }
}

static void run_disputes(enum store_engine engine)
{
    enum { RECORDS = 120 };
    struct rig r;
    struct record *list[RECORDS] = {NULL};
    struct tried tried = {0};
    if (!rig_open(&r, engine, "America/New_York"))
        skip();
    dice = 424242;
    rig_playbook(&r, rig_text(&r, "dispute"));
    const struct playbook *p = world_playbook(r.w, STR("dispute"));
    r.now += 60ll * MS_DAY; /* over the night of 2024-03-10, which has 23 hours */
    for (int i = 0; i < 3; i++)
        grow(&r, list, RECORDS, p);
    for (int i = 0; i < 250; i++)
        ask_any(&r, p, &tried);
    assert_true(tried.fast > 50);
    assert_true(tried.slow > 50);
    assert_true(tried.values > 80);
    const char *kept = counters(&r);
    rig_rebuild(&r, 37);
    assert_string_equal(counters(&r), kept);
    rig_close(&r);
}

static void test_disputes_sqlite(void **state)
{
    UNUSED(state);
    run_disputes(STORE_SQLITE);
}

static void test_disputes_postgres(void **state)
{
    UNUSED(state);
    run_disputes(STORE_POSTGRES);
}

/* ---- versions ---- */

static int64_t number(struct rig *r, const char *sql)
{
    int64_t n = -1;
    bool found;
    RIG_OK(r, store_int(r->db, sql, BIND_NONE, &found, &n, &r->e));
    return n;
}

static void test_versions(void **state)
{
    UNUSED(state);
    struct rig r;
    struct tried tried = {0};
    struct record *list[40] = {NULL};
    if (!open_reports(&r))
        skip();
    dice = 777;
    struct str one = rig_text(&r, "report");
    grow(&r, list, 40, world_playbook(r.w, STR("report")));
    int64_t terms = number(&r, "SELECT COUNT(*) FROM term");
    const char *before = counters(&r);

    /* the same again changes nothing, and makes nothing */
    struct str two = rig_replace(&r, one, "version: 1", "version: 2");
    rig_playbook(&r, two);
    assert_string_equal(counters(&r), before);

    /* a dimension more for a term that is there; an indicator less */
    struct str three = rig_replace(&r, one, "version: 1", "version: 3");
    three = rig_replace(&r, three, "at: opened\n    by: [category, source]",
                        "at: opened\n    by: [category, source, outcome]");
    rig_playbook(&r, three);
    assert_int_equal(number(&r, "SELECT COUNT(*) FROM term"), terms);
    assert_true(number(&r, "SELECT COUNT(*) FROM tally WHERE dim LIKE 'outcome=%'") > 0);
    struct figure f;
    struct figure_question q = ask_of(&r, ASK({"id", "report.opened"}, {"from", "2023-01-01"},
                                              {"to", "2025-12-31"}, {"by", "outcome"}));
    RIG_OK(&r, figure_ask(r.db, r.life, r.w, &q, &f, &r.e));
    assert_true(f.counters);
    assert_true(f.n_rows > 2);

    /* records keep their version and count by the newest */
    grow(&r, list, 40, world_playbook(r.w, STR("report@1")));
    for (int i = 0; i < 60; i++)
        ask_any(&r, world_playbook(r.w, STR("report")), &tried);
    assert_true(tried.fast > 10);

    struct str four = rig_replace(&r, one, "version: 1", "version: 4");
    four = rig_replace(&r, four, "where: \"due_at IS NOT NULL\"\n    at: closed",
                       "where: \"due_at IS NULL\"\n    at: closed");
    rig_playbook(&r, four);
    assert_int_equal(number(&r, "SELECT COUNT(*) FROM term"), terms); /* one came, one went */
    assert_int_equal(number(&r, "SELECT COUNT(*) FROM tally WHERE term NOT IN "
                                "(SELECT term FROM term)"),
                     0);
    for (int i = 0; i < 60; i++)
        ask_any(&r, world_playbook(r.w, STR("report")), &tried);
    rig_close(&r);
}

static void test_no_part(void **state)
{
    UNUSED(state);
    struct rig r;
    if (!rig_open(&r, STORE_SQLITE, "Asia/Shanghai"))
        skip();
    rig_playbook(&r, rig_replace(&r, rig_text(&r, "report"),
                                 "{count: report, where: \"closed <= due_at\", at: due_at}",
                                 "{count: report, at: due_at}"));
    reports(&r, 20, (struct given){"2024-02-01", "2024-02-03", "2024-02-04", NULL, NULL});
    reports(&r, 1, (struct given){"2024-02-01", NULL, "2024-02-04", NULL, NULL});
    has(answer(&r, ASK({"id", "report.on_time"}, {"from", "2024-02-04"}, {"to", "2024-02-04"},
                       {"compare", "previous"})),
        "\"n\":21,\"N\":20,\"value\":null,\"note\":\"n>N\",\"rows\":[],\"compare\":{");
    rig_close(&r);
}

static void test_seq(void **state)
{
    UNUSED(state);
    struct rig r;
    struct record *rec;
    int64_t seq;
    if (!open_reports(&r))
        skip();
    RIG_OK(&r, tally_seq(r.db, STR("report"), &seq, &r.e));
    assert_int_equal(seq, -1);
    rig_begin(&r);
    struct event_body b = {.type = STR("report.report"),
                           .pb = STR("report@1"),
                           .area = 4,
                           .code = STR("101001000000"),
                           .at = r.now,
                           .known = TIME_NONE};
    rec = record_copy(r.life, rig_event(&r, NULL, &b, "{\"source\":\"desk\"}"));
    rig_commit(&r);
    RIG_OK(&r, tally_seq(r.db, STR("report"), &seq, &r.e));
    assert_int_equal(seq, rec->last_seq);
    rig_begin(&r); /* a comment moves nothing */
    b.parts = json_new(r.a, J_ARR);
    struct json *part = json_push(b.parts, json_new(r.a, J_OBJ));
    json_set(r.a, part, STR("i"), json_new_int(r.a, 1));
    rec = record_copy(r.life, rig_event(&r, rec, &b, NULL));
    rig_commit(&r);
    RIG_OK(&r, tally_seq(r.db, STR("report"), &seq, &r.e));
    assert_int_equal(seq, rec->last_seq - 1);
    rig_begin(&r); /* a field does, counted or not: a condition may read it */
    b.parts = NULL;
    rec = record_copy(r.life, rig_event(&r, rec, &b, "{\"outcome\":\"done\"}"));
    rig_commit(&r);
    RIG_OK(&r, tally_seq(r.db, STR("report"), &seq, &r.e));
    assert_int_equal(seq, rec->last_seq);
    RIG_OK(&r, tally_seq(r.db, STR("dispute"), &seq, &r.e));
    assert_int_equal(seq, -1);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ratio),
        cmocka_unit_test(test_chance),
        cmocka_unit_test(test_fact),
        cmocka_unit_test(test_outside_face),
        cmocka_unit_test(test_registry),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_equal_maturity),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_disputes_sqlite),
        cmocka_unit_test(test_disputes_postgres),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_part),
        cmocka_unit_test(test_seq),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
