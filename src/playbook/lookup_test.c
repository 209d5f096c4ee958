/* Looking things up in a loaded playbook, and what its catalogue offers to expressions. */
#include "playbook/testbook.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct zone *zone;
static struct playbook *book;

#define QUARREL (&book->records[0])

static void finds(void **state)
{
    UNUSED(state);
    assert_int_equal(playbook_record(book, STR("talk")), 1);
    assert_int_equal(playbook_record(book, STR("tal")), -1);
    assert_int_equal(playbook_list(book, STR("other")), 2);
    assert_int_equal(playbook_indicator(book, STR("rate")), 1);
    assert_int_equal(playbook_indicator(book, STR("")), -1);
    assert_int_equal(record_field(QUARREL, STR("summary")), 0);
    assert_int_equal(record_field(QUARREL, STR("state")), -1);
    assert_int_equal(record_state(QUARREL, STR("done")), 2);
    assert_int_equal(record_clock(QUARREL, STR("sign")), 1);
    assert_int_equal(record_document(QUARREL, STR("paper")), 0);
    assert_int_equal(record_action(QUARREL, STR("agree")), 2);
    assert_int_equal(record_action(QUARREL, STR_NONE), -1);
}

static void codes(void **state)
{
    UNUSED(state);
    const struct code_list *l = &book->lists[0];
    for (int i = 0; i < l->n; i++)
        assert_int_equal(list_code(l, l->codes[i].code), i);
    assert_int_equal(list_code(l, STR("0")), -1);
    assert_int_equal(list_code(l, STR("0102")), -1);
    assert_int_equal(list_code(l, STR("99")), -1);
    int leaf = list_code(l, STR("010101"));
    assert_int_equal(l->codes[leaf].level, 3);
    assert_int_equal(list_at_level(l, leaf, 3), leaf);
    assert_int_equal(list_at_level(l, leaf, 2), list_code(l, STR("0101")));
    assert_int_equal(list_at_level(l, leaf, 1), list_code(l, STR("01")));
    assert_int_equal(list_at_level(l, list_code(l, STR("02")), 2), -1); /* it is above that */
    assert_int_equal(list_at_level(l, -1, 1), -1);
    assert_int_equal(l->codes[1].from, day_of_civil(2020, 1, 1));
    assert_int_equal(l->codes[0].to, DAY_NONE);
    assert_true(str_is(l->codes[0].hint, "离婚 彩礼"));
    assert_true(str_is(l->codes[3].name.en, "邻里"));
}

static void mappings(void **state)
{
    UNUSED(state);
    static const struct {
        const char *code;
        int year;
        const char *to; /* NULL: none */
    } rows[] = {
        {"01", 2024, "A"},     {"0101", 2024, "A"}, /* by its ancestor */
        {"010101", 2024, "B"},                      /* its own row wins */
        {"010101", 2023, "A"}, {"010101", 1990, "A"}, {"02", 2024, NULL}, {"99", 2024, NULL},
    };
    const struct mapping *m = &book->mappings[0];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str to = mapping_of(book, m, str_of(rows[i].code), day_of_civil(rows[i].year, 6, 1));
        assert_true(str_eq(to, str_of(rows[i].to)));
    }
    assert_true(str_is(mapping_of(book, m, STR("010101"), day_of_civil(2023, 12, 31)), "A"));
    assert_true(str_is(mapping_of(book, m, STR("010101"), day_of_civil(2024, 1, 1)), "B"));
}

static void spans(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        int64_t n; /* -1: refused */
        enum span_unit unit;
    } rows[] = {
        {"2h", 2, SPAN_HOURS},           {"30d", 30, SPAN_DAYS}, {"5wd", 5, SPAN_WORKDAYS},
        {"1mo", 1, SPAN_MONTHS},         {"-3d", -3, SPAN_DAYS}, {"0d", 0, SPAN_DAYS},
        {"100000h", 100000, SPAN_HOURS},
    };
    static const char *const bad[] = {
        "",    "d",  "3",  "3 d", "3D",  "3days",   "1.5d", "--3d",
        "+3d", "3w", "3m", "wd",  "3dd", "100001d", "d3",   "99999999999999999999d"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct span s = {.n = 77};
        assert_true(span_parse(str_of(rows[i].text), &s));
        assert_int_equal(s.n, rows[i].n);
        assert_int_equal(s.unit, rows[i].unit);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        struct span s = {77, SPAN_MONTHS};
        assert_false(span_parse(str_of(bad[i]), &s));
        assert_int_equal(s.n, 77); /* written on success only */
    }
}

/* ---- the catalogue ---- */

enum { GUARD = 1, LIST = 2 };

static const struct {
    const char *name;
    int flags;
    int slot; /* -1: there is no such property */
    enum xtype type;
    const char *column;
    bool person;
} props[] = {
    {"state", 0, ATTR_state, X_TEXT, "r.state", false},
    {"area", 0, ATTR_area, X_TEXT, "r.area_code", false},
    {"opened", GUARD, ATTR_opened, X_TIME, "r.opened", false},
    {"void", 0, ATTR_void, X_BOOL, "r.void", false},
    {"hops", LIST, ATTR_hops, X_INT, "r.hops", false},
    {"type", 0, SLOT_FIELD + 1, X_TEXT, "f.x_type", false},
    {"amount", 0, SLOT_FIELD + 4, X_DECIMAL, "f.x_amount", false},
    {"score", 0, SLOT_FIELD + 5, X_INT, "f.x_score", false},
    {"ratio", 0, SLOT_FIELD + 6, X_DECIMAL, "f.x_ratio", false},
    {"minor", 0, SLOT_FIELD + 8, X_BOOL, "f.x_minor", false},
    {"mediator", 0, SLOT_FIELD + 9, X_TEXT, "f.x_mediator", true},
    {"signed_on", 0, SLOT_FIELD + 10, X_DATE, "f.x_signed_on", false},
    {"target", 0, SLOT_FIELD + 11, X_TIME, "f.x_target", false},
    {"days_open", 0, SLOT_FIELD + 12, X_INT, "f.x_days_open", false},
    {"summary", 0, SLOT_FIELD + 0, X_PRESENT, NULL, false},
    {"people", LIST, SLOT_FIELD + 7, X_PRESENT, NULL, false},
    {"tags", 0, SLOT_FIELD + 14, X_PRESENT, NULL, false},
    {"parts", 0, SLOT_FIELD + 15, X_PRESENT, NULL, false},
    {"where_at", 0, SLOT_FIELD + 3, X_PRESENT, NULL, false},
    {"where_at", LIST, SLOT_FIELD + 3, X_PLACE, "f.x_where_at", false},
    {"mediate.start", 0, SLOT_CLOCK + 0, X_TIME, "f.c_mediate_start", false},
    {"mediate.done", 0, SLOT_CLOCK + 2, X_TIME, "f.c_mediate_done", false},
    {"sign.due", GUARD, SLOT_CLOCK + 5, X_TIME, "f.c_sign_due", false},
    {"form.type", GUARD, SLOT_FORM + 1, X_TEXT, NULL, false},
    {"form.summary", GUARD, SLOT_FORM + 0, X_PRESENT, NULL, false},
    {"form.mediator", GUARD, SLOT_FORM + 9, X_TEXT, NULL, true},
    {"form.closed", GUARD, SLOT_FORM + FORM_ATTR(ATTR_closed), X_TIME, NULL, false},
    {"form.state", GUARD, SLOT_FORM + FORM_ATTR(ATTR_state), X_TEXT, NULL, false},
    {"actor.role", GUARD, SLOT_ACTOR + 0, X_TEXT, NULL, false},
    {"actor.account", GUARD, SLOT_ACTOR + 3, X_TEXT, NULL, true},
    {"form.type", 0, -1, X_NULL, NULL, false},
    {"form.number", GUARD, -1, X_NULL, NULL, false},
    {"form.days_open", GUARD, -1, X_NULL, NULL, false},
    {"form.x.y", GUARD, -1, X_NULL, NULL, false},
    {"actor.role", 0, -1, X_NULL, NULL, false},
    {"actor.name", GUARD, -1, X_NULL, NULL, false},
    {"mediate", GUARD, -1, X_NULL, NULL, false},
    {"mediate.", GUARD, -1, X_NULL, NULL, false},
    {"mediate.end", 0, -1, X_NULL, NULL, false},
    {"", 0, -1, X_NULL, NULL, false},
    {".", GUARD, -1, X_NULL, NULL, false},
    {"nothing", GUARD, -1, X_NULL, NULL, false},
};

static void catalogue(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(props); i++) {
        struct record_catalogue c;
        struct xprop p = {.slot = -2};
        record_catalogue_init(&c, book, 0, props[i].flags & GUARD, props[i].flags & LIST, zone);
        bool found = c.cat.find(c.cat.self, str_of(props[i].name), &p);
        if (found != (props[i].slot >= 0) || (found && p.slot != props[i].slot))
            print_error("%s: %d\n", props[i].name, p.slot);
        assert_int_equal(found, props[i].slot >= 0);
        if (!found)
            continue;
        assert_int_equal(p.slot, props[i].slot);
        assert_int_equal(p.type, props[i].type);
        assert_int_equal(p.person, props[i].person);
        assert_true(str_eq(p.column, str_of(props[i].column)));
    }
    int decimals = 7;
    assert_int_equal(field_xtype(&QUARREL->fields[6], &decimals), X_DECIMAL);
    assert_int_equal(decimals, 3);
    assert_int_equal(field_xtype(&QUARREL->fields[5], &decimals), X_INT);
    assert_int_equal(decimals, 0);
}

static void collect(void *user, struct str code)
{
    struct buf *b = user;
    buf_str(b, code);
    buf_char(b, ' ');
}

static void below(void **state)
{
    UNUSED(state);
    static const struct {
        const char *prop, *code;
        const char *all; /* NULL: unknown */
    } rows[] = {
        {"type", "01", "01 0101 010101 "},
        {"type", "0101", "0101 010101 "},
        {"type", "02", "02 "},
        {"form.type", "0101", "0101 010101 "},
        {"type", "9", NULL},
        {"area", "3601", NULL},
        {"summary", "01", NULL},
        {"nothing", "01", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct record_catalogue c;
        struct buf b AUTO(buf_free) = BUF(1000);
        record_catalogue_init(&c, book, 0, true, false, zone);
        bool known =
            c.cat.below(c.cat.self, str_of(rows[i].prop), str_of(rows[i].code), collect, &b);
        assert_int_equal(known, rows[i].all != NULL);
        assert_true(
            str_eq(buf_view(&b), rows[i].all ? str_of(rows[i].all) : (struct str){b.ptr, 0}));
    }
}

/* Distances behind "the nearest is". */
static void nearest(void **state)
{
    UNUSED(state);
    static const struct {
        const char *a, *b;
        int d;
    } rows[] = {{"", "", 0},       {"a", "", 1},        {"", "ab", 2},
                {"abc", "abc", 0}, {"abc", "axc", 1},   {"abc", "ac", 1},
                {"ac", "abc", 1},  {"from", "form", 2}, {"kitten", "sitting", 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(edit_distance(str_of(rows[i].a), str_of(rows[i].b)), rows[i].d);
        assert_int_equal(edit_distance(str_of(rows[i].b), str_of(rows[i].a)), rows[i].d);
    }
}

static int setup(void **state)
{
    UNUSED(state);
    static struct complaints c;
    struct err e = ERR_INIT;
    if (!zone_load("Asia/Shanghai", &zone, &e))
        return -1;
    book = playbook_load(str_of(testbook), zone, &c);
    return book ? 0 : -1;
}

static int teardown(void **state)
{
    UNUSED(state);
    playbook_free(book);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds),   cmocka_unit_test(codes),     cmocka_unit_test(mappings),
        cmocka_unit_test(spans),   cmocka_unit_test(catalogue), cmocka_unit_test(below),
        cmocka_unit_test(nearest),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
