/* store/test_int.h - what the tests of this folder share: a database on each engine, a table t.
 *
 * A test file ends with a table of ON_BOTH(test) ON_SQLITE(test) … and RUN_TESTS. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/store_int.h"
#include "store/testdb.h"

struct fix {
    enum store_engine engine;
    struct testdb t;
    struct store *db; /* STORE_WRITE; NULL: this engine is not there */
};

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
        fail_msg("line %d: wanted %s, got %s: %s", line, err_wire(code), err_wire(e->code),
                 e->text);
    err_clear(e);
}

static inline struct store *db_of(void **state)
{
    struct fix *f = *state;
    if (!f->db)
        skip();
    store_rollback(f->db); /* what a failed test may have left */
    store_fault_in(f->db, 0);
    return f->db;
}

static inline struct store *second(void **state, enum store_mode mode)
{
    return testdb_open(&((struct fix *)*state)->t, mode);
}

/* A fresh table t(k, n, s, b). */
static inline void fresh(struct store *db)
{
    struct err e = ERR_INIT;
    OK(store_ddl(db,
                 "DROP TABLE IF EXISTS t;\n"
                 "CREATE TABLE t (k {I64} PRIMARY KEY, n {I64}, s {TXT}, b {BLOB}) {STRICT};\n"
                 "CREATE UNIQUE INDEX t_s ON t (s)",
                 &e));
}

__attribute__((unused)) static const char INSERT[] =
    "INSERT INTO t (k, n, s, b) VALUES ($1, $2, $3, $4)";

static inline int64_t count(struct store *db)
{
    struct err e = ERR_INIT;
    bool found = false;
    int64_t n = -1;
    OK(store_int(db, "SELECT count(*) FROM t", BIND_NONE, &found, &n, &e));
    assert_true(found);
    return n;
}

static inline void put(struct store *db, int64_t k, int64_t n)
{
    struct err e = ERR_INIT;
    OK(store_exec(db, INSERT, BIND(C_INT(k), C_INT(n), C_NULL, C_NULL), NULL, &e));
}

static inline int64_t get(struct store *db, int64_t k)
{
    struct err e = ERR_INIT;
    bool found = false;
    int64_t n = -1;
    OK(store_int(db, "SELECT n FROM t WHERE k = $1", BIND(C_INT(k)), &found, &n, &e));
    return n;
}

static inline void bare_database(struct testdb *t, void **state)
{
    (void)db_of(state); /* skips when the engine is not there */
    assert_true(testdb_make(t, ((struct fix *)*state)->engine));
}

__attribute__((unused)) static struct fix sqlite_fix = {.engine = STORE_SQLITE};
__attribute__((unused)) static struct fix postgres_fix = {.engine = STORE_POSTGRES};

/* Rows of the table of tests. */
#define ON_SQLITE(f) {"sqlite: " #f, f, NULL, NULL, &sqlite_fix},
#define ON_POSTGRES(f) {"postgres: " #f, f, NULL, NULL, &postgres_fix},
#define ON_BOTH(f) ON_SQLITE(f) ON_POSTGRES(f)

static inline void fix_open(struct fix *f)
{
    if (testdb_make(&f->t, f->engine))
        f->db = testdb_open(&f->t, STORE_WRITE);
}

static inline void fix_close(struct fix *f)
{
    if (!f->db)
        return;
    store_close(f->db);
    testdb_drop(&f->t);
}

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
