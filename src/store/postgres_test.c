/* What only PostgreSQL has: encodings, lost connections, types. */
#include "store/test_int.h"

/* --- PostgreSQL only -------------------------------------------------------------------------- */

static void postgres_encoding(void **state)
{
    (void)db_of(state);
    struct err e = ERR_INIT;
    struct testdb t;
    struct store *db = NULL;
    bare_database(&t, state);
    testdb_drop(&t);
    char sql[200];
    snprintf(sql, sizeof sql,
             "CREATE DATABASE %s TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
             t.name);
    testdb_admin(sql);
    FAILS(store_open(t.url, STORE_WRITE, &db, &e), ERR_STORE);
    assert_null(db);
    bool yes = true;
    snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS false", t.name);
    testdb_admin(sql);
    FAILS(store_exists(t.url, &yes, &e), ERR_STORE); /* which is not: it is not there */
    testdb_drop(&t);
    OK(store_exists(t.url, &yes, &e));
    assert_false(yes);
    yes = true;
    FAILS(store_open(t.url, STORE_WRITE, &db, &e), ERR_STORE);
    FAILS(store_exists("postgresql://nobody@/x?host=/no/such/folder", &yes, &e), ERR_STORE);
    assert_true(yes);
}

/* What a fail-over looks like from here. */
static void postgres_reconnects(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    const char *kill_others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                              "WHERE datname = current_database() AND pid <> pg_backend_pid()";
    struct store *other = second(state, STORE_WRITE);
    bool found;
    int64_t n = 0;
    fresh(db);
    put(db, 1, 1);
    for (int in_tx = 0; in_tx < 2; in_tx++) {
        OK(store_int(other, "SELECT CAST(pg_backend_pid() AS BIGINT)", BIND_NONE, &found, &n, &e));
        if (in_tx) {
            OK(store_begin(db, &e));
            put(db, 2, 2);
        }
        assert_int_equal(in_tx ? 2 : 1, count(db));
        OK(store_int(other, kill_others, BIND_NONE, &found, &n, &e));
        assert_true(n >= 1);
        usleep(20000);
        FAILS(store_int(db, "SELECT count(*) FROM t", BIND_NONE, &found, &n, &e), ERR_STORE);
        if (in_tx) {
            FAILS(store_exec(db, "DELETE FROM t", BIND_NONE, NULL, &e), ERR_STORE);
            store_rollback(db);
        }
        assert_int_equal(count(db), 1); /* connected again, with fresh statements */
        put(db, 50 + in_tx, 1);
        OK(store_exec(db, "DELETE FROM t WHERE k > 10", BIND_NONE, NULL, &e));
    }
    OK(store_begin(db, &e));
    const struct cell cells[] = {C_INT(7), C_NULL, C_NULL, C_NULL};
    OK(store_many(db, INSERT, cells, 1, 4, &e));
    OK(store_int(other, kill_others, BIND_NONE, &found, &n, &e));
    usleep(20000);
    FAILS(store_many(db, INSERT, cells, 1, 4, &e), ERR_STORE);
    store_rollback(db);
    assert_int_equal(count(db), 1);
    OK(store_begin(db, &e));
    put(db, 8, 8);
    OK(store_int(other, kill_others, BIND_NONE, &found, &n, &e));
    usleep(20000);
    FAILS(store_commit(db, &e), ERR_STORE);
    assert_int_equal(count(db), 1);
    store_close(other);
}

static void postgres_types(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    bool found;
    int64_t n = 5;
    fresh(db);
    FAILS(store_int(db, "SELECT sum(n) FROM t", BIND_NONE, &found, &n, &e), ERR_STORE);
    FAILS(store_check(db, "SELECT sum(n) FROM t", &e), ERR_STORE);
    FAILS(store_check(db, "SELECT substr(s, $1) FROM t", &e), ERR_STORE); /* wants int4 */
    OK(store_check(db, "SELECT substr(s, CAST($1 AS INTEGER)) FROM t", &e));
    OK(store_check(db, "SELECT k FROM t WHERE n = $1 AND s = $2 ORDER BY k LIMIT $3", &e));
    OK(store_int(db, "SELECT n > 1 FROM (SELECT 2 AS n) x", BIND_NONE, &found, &n, &e));
    assert_int_equal(n, 1);
    OK(store_int(db, "SELECT CAST(-5 AS SMALLINT)", BIND_NONE, &found, &n, &e));
    assert_int_equal(n, -5);
    FAILS(store_copy(db, "x", &e), ERR_STORE);
    OK(store_checkpoint(db, true, &e));
    assert_int_equal(store_wal_pages(db), 0);
    /* a plan that no longer fits is not kept */
    OK(store_ddl(db, "CREATE TABLE star (a BIGINT)", &e));
    OK(store_exec(db, "SELECT * FROM star", BIND_NONE, NULL, &e));
    OK(store_ddl(db, "ALTER TABLE star ADD COLUMN b BIGINT", &e));
    FAILS(store_exec(db, "SELECT * FROM star", BIND_NONE, NULL, &e), ERR_STORE);
    OK(store_exec(db, "SELECT * FROM star", BIND_NONE, NULL, &e));
    OK(store_ddl(db, "DEALLOCATE ALL", &e));
    FAILS(store_exec(db, "SELECT * FROM star", BIND_NONE, NULL, &e), ERR_STORE);
    OK(store_exec(db, "SELECT * FROM star", BIND_NONE, NULL, &e));
}

/* clang-format off */
static const struct CMUnitTest TESTS[] = {
    ON_POSTGRES(postgres_encoding) ON_POSTGRES(postgres_reconnects) ON_POSTGRES(postgres_types)
};
/* clang-format on */
RUN_TESTS("store/postgres", TESTS)
