/* store/testfix.h - what tests that need a database on each engine share.  For tests only.
 *
 * A test file says how its database is made (fix_made) and ends with a table of ON_BOTH(test)
 * ON_SQLITE(test) … and RUN_TESTS. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/testdb.h"

struct fix {
    enum store_engine engine;
    struct testdb t;
    struct store *db; /* STORE_WRITE; NULL: this engine is not there */
    struct arena *a;
};

__attribute__((unused)) static struct fix sqlite_fix = {.engine = STORE_SQLITE};
__attribute__((unused)) static struct fix postgres_fix = {.engine = STORE_POSTGRES};

#define OK(call) must((call), &e, __LINE__)
#define FAILS(call, wanted) must_fail((call), (wanted), &e, __LINE__)

static inline void must(bool ok, const struct err *e, int line)
{
    if (!ok || err_is(e))
        fail_msg("line %d: %s: %s", line, err_wire(e->code), e->text);
}

static inline void must_fail(bool ok, enum err_code code, struct err *e, int line)
{
    if (ok || e->code != code)
        fail_msg("line %d: wanted %s, got %s: %s", line, err_wire(code), err_wire(e->code), e->text);
    err_clear(e);
}

static inline struct fix *fix_of(void **state)
{
    struct fix *f = *state;
    if (!f->db)
        skip();
    store_rollback(f->db); /* what a failed test may have left */
    store_fault_in(f->db, 0);
    return f;
}

/* What the folder wants in a fresh database. */
static void fix_made(struct fix *f);

static inline void fix_open(struct fix *f)
{
    f->a = arena_new();
    if (!testdb_make(&f->t, f->engine))
        return;
    f->db = testdb_open(&f->t, STORE_WRITE);
    fix_made(f);
}

static inline void fix_close(struct fix *f)
{
    arena_free(f->a);
    if (!f->db)
        return;
    store_close(f->db);
    testdb_drop(&f->t);
}

/* Rows of the table of tests. */
#define PURE(f) {#f, f, NULL, NULL, NULL},
#define ON_SQLITE(f) {"sqlite: " #f, f, NULL, NULL, &sqlite_fix},
#define ON_POSTGRES(f) {"postgres: " #f, f, NULL, NULL, &postgres_fix},
#define ON_BOTH(f) ON_SQLITE(f) ON_POSTGRES(f)

#define RUN_TESTS(name, tests)                                                                     \
    int main(void)                                                                                 \
    {                                                                                              \
        fix_open(&sqlite_fix);                                                                     \
        fix_open(&postgres_fix);                                                                   \
        int failures = cmocka_run_group_tests_name(name, tests, NULL, NULL);                       \
        fix_close(&sqlite_fix);                                                                    \
        fix_close(&postgres_fix);                                                                  \
        return failures;                                                                           \
    }
