/* The schema, DDL, and every statement of the program: on both engines. */
#include "store/all_sql.h"
#include "store/schema.h"
#include "store/test_int.h"
#include <pthread.h>

/* --- schema ----------------------------------------------------------------------------------- */

static void words_of_the_ddl(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    bool yes;
    static const struct {
        const char *table, *column;
        bool wanted;
    } CASES[] = {
        {"words", "a", true},      {"words", "d", true},     {"words", "e", false},
        {"words_x", "a", false},   {"words", "xmin", false}, {"keyed", "b", true},
        {"words' --", "a", false},
    };
    OK(store_ddl(db,
                 "CREATE TABLE words (a {I64}, b {TXT}, c {BLOB}) {STRICT};\n"
                 "-- a comment; with {braces} in it\n"
                 "ALTER TABLE words ADD COLUMN d {TXT};\n"
                 "CREATE INDEX words_a ON words (a);\n"
                 "CREATE TABLE keyed (a {I64}, b {TXT}, PRIMARY KEY (a, b)) {KEYED};\n",
                 &e));
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        OK(store_has_column(db, CASES[i].table, CASES[i].column, &yes, &e));
        assert_int_equal(yes, CASES[i].wanted);
    }
    OK(store_has_table(db, "words", &yes, &e));
    assert_true(yes);
    OK(store_has_table(db, "words_a", &yes, &e)); /* an index */
    assert_false(yes);
    FAILS(store_ddl(db, "CREATE TABLE x (a {I32})", &e), ERR_STORE);
    FAILS(store_ddl(db, "CREATE TABLE x (a {I64}", &e), ERR_STORE);
    OK(store_begin(db, &e));
    OK(store_ddl(db, "ALTER TABLE words ADD COLUMN z {I64}", &e));
    store_rollback(db);
    OK(store_has_column(db, "words", "z", &yes, &e));
    assert_false(yes);
    OK(store_exec(db, "INSERT INTO words (a, b) VALUES (1, 'b'), (2, 'a'), (3, 'B')", BIND_NONE,
                  NULL, &e));
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT b FROM words ORDER BY b", BIND_NONE, &e);
    OK(rows_next(&r));
    assert_true(str_is(rows_str(&r, 0), "B")); /* by bytes */
}

static void an_empty_database(void **state)
{
    struct testdb t;
    struct err e = ERR_INIT;
    bool yes = false;
    bare_database(&t, state);
    struct store *db = testdb_open(&t, STORE_WRITE);
    OK(store_is_empty(db, &yes, &e));
    assert_true(yes);
    OK(store_stands_by(db, &yes, &e)); /* the server of the tests stands alone */
    assert_int_equal(yes, store_engine(db) == STORE_SQLITE);
    OK(store_ddl(db, "CREATE TABLE \"odd \"\" name\" (a {I64}) {STRICT};\nCREATE TABLE b (a {I64}) {STRICT}", &e));
    OK(store_is_empty(db, &yes, &e));
    assert_false(yes);
    if (store_engine(db) == STORE_SQLITE) {
        FAILS(store_empty(db, &e), ERR_STORE);
    } else {
        OK(store_empty(db, &e));
        OK(store_is_empty(db, &yes, &e));
        assert_true(yes);
    }
    store_close(db);
}

static void migrations_run_once(void **state)
{
    struct testdb t;
    struct err e = ERR_INIT;
    bool yes = true;
    bare_database(&t, state);
    OK(store_exists(t.url, &yes, &e));
    assert_false(yes);
    struct store *db = testdb_open(&t, STORE_WRITE);
    OK(store_exists(t.url, &yes, &e));
    assert_false(yes); /* there, but empty */
    int64_t k = 1;
    for (;; k++) {
        store_fault_in(db, k);
        bool ok = store_migrate(db, &e);
        if (!store_fault_fired(db)) {
            OK(ok);
            break;
        }
        FAILS(ok, ERR_STORE);
        OK(store_has_table(db, "schema_version", &yes, &e));
        assert_false(yes);
        OK(store_has_table(db, "event", &yes, &e));
        assert_false(yes);
    }
    assert_true(k > 6);
    store_fault_in(db, 0);
    OK(store_migrate(db, &e));
    OK(store_exists(t.url, &yes, &e));
    assert_true(yes);
    struct store *reader = testdb_open(&t, STORE_READ);
    OK(store_migrate(reader, &e)); /* nothing to do, so nothing is written */
    store_close(reader);
    OK(store_exec(db, "INSERT INTO schema_version (number, name) VALUES (999, 'later')", BIND_NONE,
                  NULL, &e));
    FAILS(store_migrate(db, &e), ERR_STORE);
    store_close(db);
    testdb_drop(&t);
    OK(store_exists(t.url, &yes, &e));
    assert_false(yes);
}

static void *migrate_thread(void *url)
{
    struct err e = ERR_INIT;
    struct store *db = NULL;
    bool ok = store_open(url, STORE_WRITE, &db, &e) && store_migrate(db, &e);
    store_close(db);
    if (!ok)
        fprintf(stderr, "migrate_thread: %s\n", e.text);
    return ok ? url : NULL;
}

static void two_nodes_migrate_at_once(void **state)
{
    struct testdb t;
    struct err e = ERR_INIT;
    for (int round = 0; round < 3; round++) {
        bare_database(&t, state);
        pthread_t threads[4];
        for (size_t i = 0; i < COUNT_OF(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, migrate_thread, t.url), 0);
        for (size_t i = 0; i < COUNT_OF(threads); i++) {
            void *result = NULL;
            pthread_join(threads[i], &result);
            assert_non_null(result);
        }
        struct store *db = testdb_open(&t, STORE_READ);
        bool found = false;
        int64_t n = 0;
        OK(store_int(db, "SELECT count(*) FROM schema_version", BIND_NONE, &found, &n, &e));
        assert_int_equal(n, COUNT_OF(SCHEMA));
        store_close(db);
        testdb_drop(&t);
    }
}

/* Statements that speak to one engine only say so at the end of their names. */
static bool other_engine(const char *name, enum store_engine engine)
{
    return str_ends(str_of(name), engine == STORE_SQLITE ? STR("_postgres") : STR("_sqlite"));
}

static void every_statement_can_be_prepared(void **state)
{
    static const struct {
        const char *name, *sql;
    } ALL[] = {{"none", "SELECT 1"},
#define X(name, sql) {#name, sql},
               SQL_LIST(X)
#undef X
    };
    struct testdb t;
    struct err e = ERR_INIT;
    int bad = 0;
    bare_database(&t, state);
    struct store *db = testdb_open(&t, STORE_WRITE);
    OK(store_migrate(db, &e));
    for (size_t i = 0; i < COUNT_OF(ALL); i++)
        if (!other_engine(ALL[i].name, t.engine) && !store_check(db, ALL[i].sql, &e)) {
            fprintf(stderr, "%s: %s\n", ALL[i].name, e.text);
            err_clear(&e);
            bad++;
        }
    store_close(db);
    testdb_drop(&t);
    assert_int_equal(bad, 0);
}

/* clang-format off */
static const struct CMUnitTest TESTS[] = {
    ON_BOTH(words_of_the_ddl) ON_BOTH(migrations_run_once) ON_BOTH(an_empty_database) ON_BOTH(two_nodes_migrate_at_once)
    ON_BOTH(every_statement_can_be_prepared)
};
/* clang-format on */
RUN_TESTS("store/migrate", TESTS)
