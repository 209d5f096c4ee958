/* store/test_int.h - what the tests of this folder share besides the databases: a table t. */
#pragma once
#include "store/store_int.h"
#include "store/testfix.h"

static inline struct store *db_of(void **state)
{
    return fix_of(state)->db;
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

static void fix_made(struct fix *f)
{
    (void)f; /* empty: each test makes what it wants */
}
