/* expr/testcat.h - the catalogue and the record that the tests of this folder share. */
#pragma once
#include "expr/expr.h"

/* name, type, decimals, person, column */
#define TEST_FIELDS(X)                                                                             \
    X("name", X_TEXT, 0, false, "t.name")                                                          \
    X("type", X_TEXT, 0, false, "t.type")                                                          \
    X("n", X_INT, 0, false, "t.n")                                                                 \
    X("k", X_INT, 0, false, "t.k")                                                                 \
    X("amount", X_DECIMAL, 2, false, "t.amount")                                                   \
    X("价格", X_DECIMAL, 2, false, "t.price")                                                      \
    X("d", X_DATE, 0, false, "t.d")                                                                \
    X("day.two", X_DATE, 0, false, "t.day2")                                                       \
    X("at", X_TIME, 0, false, "t.tm")                                                              \
    X("done", X_TIME, 0, false, "t.done")                                                          \
    X("yes", X_BOOL, 0, false, "t.yes")                                                            \
    X("late", X_BOOL, 0, false, "t.late")                                                          \
    X("place", X_PLACE, 0, false, "t.place")                                                       \
    X("note", X_PRESENT, 0, false, "t.note")                                                       \
    X("holder", X_TEXT, 0, true, "t.holder")                                                       \
    X("hidden", X_TEXT, 0, false, NULL)                                                            \
    X("weight", X_DECIMAL, 3, false, "t.weight")                                                   \
    X("in", X_INT, 0, false, "t.inn")                                                              \
    X("area", X_TEXT, 0, false, "t.area")                                                          \
    X("odd \"name\"", X_TEXT, 0, false, "t.odd")

static const struct test_field {
    const char *name;
    enum xtype type;
    int decimals;
    bool person;
    const char *column;
} test_fields[] = {
#define X(name, type, decimals, person, column) {name, type, decimals, person, column},
    TEST_FIELDS(X)
#undef X
};

enum { TEST_SLOTS = (int)COUNT_OF(test_fields) };

static inline int test_slot(const char *name)
{
    for (int i = 0; i < TEST_SLOTS; i++)
        if (strcmp(test_fields[i].name, name) == 0)
            return i;
    ASSERT(false);
    return -1;
}

static inline bool test_find(void *self, struct str name, struct xprop *out)
{
    UNUSED(self);
    for (int i = 0; i < TEST_SLOTS; i++) {
        const struct test_field *f = &test_fields[i];
        if (str_is(name, f->name)) {
            *out = (struct xprop){.type = f->type,
                                  .decimals = f->decimals,
                                  .person = f->person,
                                  .slot = i,
                                  .column = str_of(f->column)};
            return true;
        }
    }
    return false;
}

/* A ( A1 ( A11 ) A2 ), B, "none" with nothing in it, and "many" with 300 codes. */
static inline bool test_below(void *self, struct str prop, struct str code,
                              void (*add)(void *user, struct str code), void *user)
{
    static const char *const trees[][5] = {{"A", "A2", "A11", "A1", "A"},
                                           {"A1", "A1", "A11"},
                                           {"A11", "A11"},
                                           {"A2", "A2"},
                                           {"B", "B"}};
    UNUSED(self);
    if (!str_is(prop, "type") && !str_is(prop, "area"))
        return false;
    for (size_t i = 0; i < COUNT_OF(trees); i++) {
        if (!str_is(code, trees[i][0]))
            continue;
        for (int k = 1; k < 5 && trees[i][k]; k++)
            add(user, str_of(trees[i][k]));
        return true;
    }
    for (int i = 0; str_is(code, "many") && i < 300; i++) {
        char c[16];
        snprintf(c, sizeof c, "m%d", i);
        add(user, str_of(c));
    }
    return str_is(code, "many") || str_is(code, "none");
}

/* The property "area" has a form of its own. */
static inline bool test_within_sql(void *self, struct str prop, struct str code, struct buf *sql,
                                   struct cell *arg)
{
    UNUSED(self);
    if (!str_is(prop, "area"))
        return false;
    buf_c(sql, "(t.area IN (SELECT s.code FROM s WHERE s.top = $?))");
    *arg = C_TEXT(code);
    return true;
}

static inline struct xcatalogue test_catalogue(const char *zone)
{
    struct xcatalogue cat = {.find = test_find, .below = test_below, .within_sql = test_within_sql};
    struct err e = ERR_INIT;
    if (zone)
        ASSERT(zone_load(zone, &cat.zone, &e));
    return cat;
}

struct test_row {
    struct xvalue v[TEST_SLOTS];
};

static inline void test_get(void *self, int slot, struct xvalue *out)
{
    const struct test_row *row = self;
    *out = row->v[slot];
}

static inline bool test_has(void *self, struct str document)
{
    UNUSED(self);
    return str_is(document, "agreement");
}

static inline int64_t test_open(void *self, struct str kind)
{
    UNUSED(self);
    return str_is(kind, "tasks") ? 2 : 0;
}

static inline int64_t test_rows(void *self, struct str table)
{
    UNUSED(self);
    return str_is(table, "parties") ? 3 : 0;
}

static inline struct xcontext test_context(const struct test_row *row, const struct zone *zone)
{
    return (struct xcontext){.self = (void *)(uintptr_t)row,
                             .get = test_get,
                             .has = test_has,
                             .open = test_open,
                             .rows = test_rows,
                             .today = 19753, /* 2024-01-31 */
                             .zone = zone};
}
