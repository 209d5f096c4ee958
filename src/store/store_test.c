/* Calls, rows, errors and transactions: the same on both engines. */
#include "store/test_int.h"
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* --- values ----------------------------------------------------------------------------------- */

static bool same_cell(const struct rows *r, int col, const struct cell *c)
{
    if (c->kind == CELL_NULL)
        return rows_null(r, col);
    if (rows_null(r, col))
        return false;
    if (c->kind == CELL_INT)
        return rows_int(r, col) == c->i;
    struct str s = rows_str(r, col); /* a null pointer would say NULL */
    return s.ptr && str_eq(s, c->s);
}

static void values_come_back(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    char every[256], *large = mem_new(300000);
    for (int i = 0; i < 256; i++)
        every[i] = (char)i;
    memset(large, 'x', 300000);
    const struct {
        struct cell n, s, b;
    } ROWS[] = {
        {C_NULL, C_NULL, C_NULL}, /* first: nothing is known about the kinds */
        {C_INT(0), C_TEXT(STR("")), C_BLOB(STR(""))},
        {C_INT(INT64_MIN), C_TEXT(STR("网格员")), C_BLOB(((struct str){every, 256}))},
        {C_INT(INT64_MAX), C_TEXT(STR("a'b\"c\\d;--")), C_NULL},
        {C_INT(-1), C_NULL, C_BLOB(((struct str){"\0\0", 2}))},
        {C_INT(-129), C_TEXT(((struct str){large, 300000})), C_BLOB(((struct str){large, 300000}))},
        {C_NULL, C_TEXT(STR("\xF0\x9F\x8F\xA0")), C_NULL},
        {C_INT(INT32_MAX), C_TEXT(((struct str){large, 1})), C_BLOB(((struct str){NULL, 0}))},
    };
    fresh(db);
    OK(store_ddl(db, "DROP INDEX t_s", &e)); /* PostgreSQL indexes no text of 300 KB */
    for (size_t i = 0; i < COUNT_OF(ROWS); i++)
        OK(store_exec(db, INSERT, BIND(C_INT((int64_t)i), ROWS[i].n, ROWS[i].s, ROWS[i].b), NULL,
                      &e));
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT n, s, b, k FROM t ORDER BY k", BIND_NONE, &e);
    size_t i = 0;
    for (; rows_next(&r); i++) {
        assert_int_equal(rows_columns(&r), 4);
        assert_int_equal(rows_int(&r, 3), i);
        if (!same_cell(&r, 0, &ROWS[i].n) || !same_cell(&r, 1, &ROWS[i].s) ||
            !same_cell(&r, 2, &ROWS[i].b))
            fail_msg("row %zu came back as another", i);
    }
    OK(true);
    assert_int_equal(i, COUNT_OF(ROWS));
    free(large);
}

static void nulls_have_no_value(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    put(db, 1, 5);
    struct rows r AUTO(rows_close) = store_query(db, "SELECT s, b, n FROM t", BIND_NONE, &e);
    assert_true(rows_next(&r));
    assert_null(rows_str(&r, 0).ptr);
    assert_null(rows_str(&r, 1).ptr);
    assert_int_equal(rows_int(&r, 0), 0);
    assert_int_equal(rows_int(&r, 2), 5);
    OK(!rows_next(&r));
    assert_int_equal(cell_text(STR_NONE).kind, CELL_NULL);
    assert_int_equal(cell_text(STR("")).kind, CELL_TEXT);
    assert_int_equal(cell_int_or(7, 7).kind, CELL_NULL);
    assert_int_equal(cell_int_or(8, 7).i, 8);
}

static void bad_texts_are_refused(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const struct str BAD[] = {
        {"a\0b", 3}, {"\xFF", 1}, {"\xC0\x80", 2}, {"\xED\xA0\x80", 3}, {"\xE7\xBD", 2}};
    fresh(db);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        FAILS(store_exec(db, INSERT, BIND(C_INT(1), C_NULL, C_TEXT(BAD[i]), C_NULL), NULL, &e),
              ERR_STORE);
        OK(store_exec(db, INSERT, BIND(C_INT((int64_t)i), C_NULL, C_NULL, C_BLOB(BAD[i])), NULL,
                      &e));
        OK(store_exec(db, "DELETE FROM t", BIND_NONE, NULL, &e));
    }
}

static void wrong_types_are_errors(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    OK(store_exec(db, INSERT, BIND(C_INT(1), C_INT(2), C_TEXT(STR("7")), C_BLOB(STR("b"))), NULL,
                  &e));
    for (int c = 0; c < 3; c++) {
        struct rows r AUTO(rows_close) = store_query(db, "SELECT s, b, n FROM t", BIND_NONE, &e);
        assert_true(rows_next(&r));
        if (c < 2)
            assert_int_equal(rows_int(&r, c), 0);
        else
            assert_null(rows_str(&r, c).ptr);
        FAILS(!err_is(&e), ERR_STORE);
    }
    FAILS(store_exec(db, INSERT, BIND(C_TEXT(STR("x")), C_NULL, C_NULL, C_NULL), NULL, &e),
          ERR_STORE);
    FAILS(store_exec(db, INSERT, BIND(C_INT(3), C_TEXT(STR("x")), C_NULL, C_NULL), NULL, &e),
          ERR_STORE);
    assert_int_equal(count(db), 1);
}

static void changed_is_counted(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const struct {
        const char *sql;
        int64_t wanted;
    } CASES[] = {
        {"INSERT INTO t (k, n) VALUES (1, 1), (2, 1), (3, 1)", 3},
        {"INSERT INTO t (k, n) VALUES (1, 2) ON CONFLICT (k) DO NOTHING", 0},
        {"SELECT k FROM t", 0},
        {"INSERT INTO t (k, n) VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET n = t.n + excluded.n",
         1},
        {"UPDATE t SET n = 9 WHERE k > 1", 2},
        {"CREATE TABLE u (x BIGINT)", 0},
        {"UPDATE t SET n = 9 WHERE k > 100", 0},
        {"DROP TABLE u", 0},
        {"UPDATE t SET n = n + 1 RETURNING k, n", 3},
        {"WITH w AS (SELECT 2 AS k) UPDATE t SET n = 0 WHERE k IN (SELECT k FROM w)", 1},
        {"WITH w AS (SELECT 2 AS k) SELECT k FROM w", 0},
        {"\n  -- all\n DELETE FROM t WHERE k < 3", 2},
        {"INSERT INTO t (k) SELECT k + 10 FROM t", 1},
    };
    fresh(db);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t n = -7;
        OK(store_exec(db, CASES[i].sql, BIND_NONE, &n, &e));
        if (n != CASES[i].wanted)
            fail_msg("%s changed %lld", CASES[i].sql, (long long)n);
    }
}

/* --- errors ----------------------------------------------------------------------------------- */

static void errors_have_their_codes(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    int64_t n = 77;
    fresh(db);
    OK(store_exec(db, INSERT, BIND(C_INT(1), C_INT(1), C_TEXT(STR("secret")), C_NULL), NULL, &e));
    FAILS(store_exec(db, INSERT, BIND(C_INT(1), C_NULL, C_NULL, C_NULL), &n, &e), ERR_UNIQUE);
    assert_false(
        store_exec(db, INSERT, BIND(C_INT(2), C_NULL, C_TEXT(STR("secret")), C_NULL), &n, &e));
    assert_int_equal(e.code, ERR_UNIQUE);
    assert_null(strstr(e.text, "secret")); /* values do not get into logs */
    err_clear(&e);
    FAILS(store_exec(db, "INSERT INTO nothing (k) VALUES (1)", BIND_NONE, &n, &e), ERR_STORE);
    assert_int_equal(n, 77);
}

static void an_error_stops_the_sequence(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    bool yes = true, found = true;
    int64_t n = 5;
    fresh(db);
    err_set(&e, ERR_INPUT, "before");
    assert_false(store_exec(db, INSERT, BIND(C_INT(1), C_NULL, C_NULL, C_NULL), &n, &e));
    assert_false(store_begin(db, &e));
    assert_false(store_commit(db, &e));
    assert_false(store_many(db, INSERT, BIND_NONE, 4, &e));
    assert_false(store_ddl(db, "DROP TABLE t", &e));
    assert_false(store_int(db, "SELECT 1", BIND_NONE, &found, &n, &e));
    assert_false(store_has_table(db, "none", &yes, &e));
    assert_false(store_migrate(db, &e));
    assert_false(store_check(db, "SELECT 1", &e));
    assert_false(store_checkpoint(db, false, &e));
    struct rows r AUTO(rows_close) = store_query(db, "SELECT 1", BIND_NONE, &e);
    assert_false(rows_next(&r));
    assert_int_equal(e.code, ERR_INPUT);
    assert_string_equal(e.text, "before");
    assert_true(yes && found && n == 5);
    assert_false(store_in_tx(db));
    assert_int_equal(count(db), 0);
}

/* --- transactions ----------------------------------------------------------------------------- */

static void transactions_hold_together(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    OK(store_begin(db, &e));
    assert_true(store_in_tx(db));
    put(db, 1, 1);
    store_rollback(db);
    assert_false(store_in_tx(db));
    store_rollback(db); /* nothing to do */
    assert_int_equal(count(db), 0);
    OK(store_begin(db, &e));
    put(db, 1, 1);
    OK(store_commit(db, &e));
    assert_int_equal(count(db), 1);
    struct store *other = second(state, STORE_WRITE);
    OK(store_begin(other, &e));
    put(other, 2, 1);
    store_close(other); /* rolls back */
    assert_int_equal(count(db), 1);
}

static void a_failed_transaction_can_only_be_rolled_back(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    for (int commits = 0; commits < 2; commits++) {
        OK(store_begin(db, &e));
        put(db, 1, 1);
        FAILS(store_exec(db, INSERT, BIND(C_INT(1), C_NULL, C_NULL, C_NULL), NULL, &e), ERR_UNIQUE);
        FAILS(store_exec(db, INSERT, BIND(C_INT(2), C_NULL, C_NULL, C_NULL), NULL, &e), ERR_STORE);
        struct rows r AUTO(rows_close) = store_query(db, "SELECT 1", BIND_NONE, &e);
        FAILS(rows_next(&r), ERR_STORE);
        assert_true(store_in_tx(db));
        if (commits)
            FAILS(store_commit(db, &e), ERR_STORE);
        else
            store_rollback(db);
        assert_false(store_in_tx(db));
        assert_int_equal(count(db), 0);
    }
    OK(store_begin(db, &e));
    FAILS(store_exec(db, "SELECT nonsense", BIND_NONE, NULL, &e), ERR_STORE);
    FAILS(store_commit(db, &e), ERR_STORE);
    put(db, 3, 3);
    assert_int_equal(count(db), 1);
}

static void readers_keep_their_snapshot(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    put(db, 1, 1);
    struct store *reader = second(state, STORE_READ);
    OK(store_begin(reader, &e));
    put(db, 2, 2); /* before the first question: the snapshot is taken by store_begin */
    assert_int_equal(count(reader), 1);
    put(db, 3, 3);
    assert_int_equal(count(reader), 1);
    OK(store_commit(reader, &e));
    assert_int_equal(count(reader), 3);
    FAILS(store_exec(reader, INSERT, BIND(C_INT(9), C_NULL, C_NULL, C_NULL), NULL, &e), ERR_STORE);
    FAILS(store_ddl(reader, "DROP TABLE t", &e), ERR_STORE);
    OK(store_begin(reader, &e));
    FAILS(store_exec(reader, "DELETE FROM t", BIND_NONE, NULL, &e), ERR_STORE);
    store_rollback(reader);
    assert_int_equal(count(reader), 3);
    store_close(reader);
}

/* Several readers see one state, also while somebody writes. */
static void readers_together(void **state)
{
    struct store *db = db_of(state), *readers[3];
    struct err e = ERR_INIT;
    fresh(db);
    put(db, 1, 1);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        readers[i] = second(state, STORE_READ);
    OK(store_begin_together(readers, COUNT_OF(readers), &e));
    put(db, 2, 2);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        assert_int_equal(count(readers[i]), 1);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        store_rollback(readers[i]);
    OK(store_begin_together(readers, 1, &e));
    put(db, 3, 3);
    assert_int_equal(count(readers[0]), 2);
    char name[STORE_SNAPSHOT] = "";
    bool named = store_engine(db) == STORE_POSTGRES;
    if (named)
        OK(store_snapshot(readers[0], name, &e));
    else
        FAILS(store_snapshot(readers[0], name, &e), ERR_STORE);
    assert_int_equal(strlen(name) > 0, named);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        store_close(readers[i]);
}

struct pusher {
    struct store *db;
    atomic_bool stop;
};

static void *push(void *self)
{
    struct pusher *p = self;
    for (int64_t k = 10; !atomic_load(&p->stop); k++)
        put(p->db, k, k);
    return NULL;
}

static void readers_together_beside_a_writer(void **state)
{
    struct store *db = db_of(state), *readers[4];
    struct err e = ERR_INIT;
    struct pusher p = {.db = db};
    pthread_t thread;
    fresh(db);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        readers[i] = second(state, STORE_READ);
    assert_int_equal(pthread_create(&thread, NULL, push, &p), 0);
    for (int round = 0; round < 50; round++) {
        OK(store_begin_together(readers, COUNT_OF(readers), &e));
        int64_t n = count(readers[0]);
        for (size_t i = 1; i < COUNT_OF(readers); i++)
            assert_int_equal(count(readers[i]), n);
        for (size_t i = 0; i < COUNT_OF(readers); i++)
            store_rollback(readers[i]);
    }
    atomic_store(&p.stop, true);
    pthread_join(thread, NULL);
    for (size_t i = 0; i < COUNT_OF(readers); i++)
        store_close(readers[i]);
}

static void a_lock_is_busy(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    put(db, 1, 1);
    struct store *other = second(state, STORE_WRITE);
    if (store_engine(db) == STORE_SQLITE)
        store_deadline(other, 50); /* waits no longer than that */
    else
        OK(store_ddl(other, "SET lock_timeout = 50", &e));
    const char *touch = "UPDATE t SET n = n WHERE k = 1";
    OK(store_begin(db, &e));
    OK(store_exec(db, touch, BIND_NONE, NULL, &e));
    FAILS(store_begin(other, &e) && store_exec(other, touch, BIND_NONE, NULL, &e), ERR_BUSY);
    store_rollback(other);
    OK(store_commit(db, &e));
    OK(store_begin(other, &e) && store_exec(other, touch, BIND_NONE, NULL, &e) &&
       store_commit(other, &e));
    store_close(other);
}

/* --- many ------------------------------------------------------------------------------------- */

static void many_rows(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const size_t SIZES[] = {0, 1, 2, 255, 256, 257, 512, 1000};
    struct cell *cells = mem_new(1000 * 4 * sizeof *cells);
    for (int64_t i = 0; i < 1000; i++) {
        cells[4 * i] = C_INT(i);
        cells[4 * i + 1] = i % 3 ? C_INT(i * i) : C_NULL;
        cells[4 * i + 2] = C_NULL;
        cells[4 * i + 3] = i < 500 ? C_NULL : C_BLOB(STR("bytes"));
    }
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        fresh(db);
        OK(store_begin(db, &e));
        OK(store_many(db, INSERT, cells, SIZES[i], 4, &e));
        assert_int_equal(count(db), SIZES[i]); /* the connection has left the pipeline */
        OK(store_commit(db, &e));
        assert_int_equal(count(db), SIZES[i]);
    }
    assert_int_equal(get(db, 998), 998 * 998);
    assert_int_equal(get(db, 999), -1); /* NULL */
    static const size_t DOUBLES[] = {1, 255, 256, 700, 999};
    for (size_t i = 0; i < COUNT_OF(DOUBLES); i++) {
        fresh(db);
        cells[4 * DOUBLES[i]] = C_INT(0);
        OK(store_begin(db, &e));
        FAILS(store_many(db, INSERT, cells, 1000, 4, &e), ERR_UNIQUE);
        FAILS(store_many(db, INSERT, cells, 1, 4, &e), ERR_STORE);
        store_rollback(db);
        assert_int_equal(count(db), 0);
        cells[4 * DOUBLES[i]] = C_INT((int64_t)DOUBLES[i]);
    }
    free(cells);
}

static void many_refuses_mixed_kinds(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    const struct cell MIXED[] = {C_INT(1), C_NULL, C_NULL,           C_NULL,
                                 C_INT(2), C_NULL, C_TEXT(STR("x")), C_NULL,
                                 C_INT(3), C_NULL, C_BLOB(STR("x")), C_NULL};
    OK(store_begin(db, &e));
    FAILS(store_many(db, INSERT, MIXED, 3, 4, &e), ERR_STORE);
    store_rollback(db);
    OK(store_begin(db, &e));
    FAILS(store_many(db, INSERT, MIXED, 3, 3, &e), ERR_STORE); /* four parameters wanted */
    store_rollback(db);
    OK(store_begin(db, &e));
    OK(store_many(db, INSERT, MIXED, 2, 4, &e));
    OK(store_commit(db, &e));
    assert_int_equal(count(db), 2);
}

/* --- rows ------------------------------------------------------------------------------------- */

static void questions_nest(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    const char *sql = "SELECT k, n FROM t WHERE k > $1 ORDER BY k";
    fresh(db);
    for (int64_t k = 1; k <= 5; k++)
        put(db, k, k * 10);
    int64_t pairs = 0, sum = 0;
    struct rows a AUTO(rows_close) = store_query(db, sql, BIND(C_INT(0)), &e);
    while (rows_next(&a)) {
        int64_t k = rows_int(&a, 0);
        struct rows b AUTO(rows_close) = store_query(db, sql, BIND(C_INT(k)), &e);
        while (rows_next(&b) && rows_int(&b, 0) < 5) /* left early */
            pairs++, sum += rows_int(&b, 1);
        assert_int_equal(rows_int(&a, 0), k);
    }
    OK(true);
    assert_int_equal(pairs, 3 + 2 + 1);
    assert_int_equal(sum, 90 + 70 + 40);
    rows_close(&a);
    rows_close(&a);
    assert_false(rows_next(&a));
    OK(true);
}

static void arguments_may_vanish(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    for (int64_t k = 1; k <= 4; k++) {
        char name[8];
        snprintf(name, sizeof name, "n%lld", (long long)k);
        OK(store_exec(db, INSERT, BIND(C_INT(k), C_NULL, C_TEXT(str_of(name)), C_NULL), NULL, &e));
    }
    char *arg = mem_new(3), *blob = mem_new(1);
    memcpy(arg, "n1", 3);
    *blob = 'q';
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT s FROM t WHERE s <> $1 AND (b IS NULL OR b = $2) ORDER BY k",
                    BIND(C_TEXT(str_of(arg)), C_BLOB(((struct str){blob, 1}))), &e);
    memcpy(arg, "n3", 3);
    free(arg);
    free(blob);
    for (int k = 2; k <= 4; k++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", k);
        OK(rows_next(&r));
        assert_true(str_is(rows_str(&r, 0), name));
    }
    assert_false(rows_next(&r));
}

static void returning_has_run_when_the_call_returns(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    const char *sql = "UPDATE t SET n = n + 1 WHERE k >= $1 RETURNING n";
    fresh(db);
    put(db, 1, 1);
    put(db, 2, 1);
    for (int in_tx = 0; in_tx < 2; in_tx++)
        for (int reads = 0; reads <= 3; reads++) {
            int64_t before = get(db, 2);
            if (in_tx)
                OK(store_begin(db, &e));
            struct rows r AUTO(rows_close) = store_query(db, sql, BIND(C_INT(1)), &e);
            for (int i = 0; i < reads; i++) {
                assert_int_equal(rows_next(&r), i < 2);
                if (i < 2)
                    assert_int_equal(rows_int(&r, 0), before + 1);
            }
            if (in_tx)
                OK(store_commit(db, &e)); /* with rows open */
            rows_close(&r);
            OK(true);
            assert_int_equal(get(db, 2), before + 1);
        }
    OK(store_begin(db, &e));
    struct rows r AUTO(rows_close) = store_query(db, sql, BIND(C_INT(1)), &e);
    store_rollback(db);
    rows_close(&r);
    assert_int_equal(get(db, 2), 9);
    struct store *other = second(state, STORE_READ);
    assert_int_equal(get(other, 2), 9);
    store_close(other);
}

static void one_value(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const struct {
        const char *sql;
        bool found;
        int64_t value;
    } CASES[] = {
        {"SELECT n FROM t WHERE k = 1", true, 42},
        {"SELECT n FROM t WHERE k = 2", false, 7}, /* NULL */
        {"SELECT n FROM t WHERE k = 3", false, 7}, /* no row */
        {"SELECT max(k) FROM t", true, 2},
        {"SELECT count(*) FROM t WHERE k > 5", true, 0},
        {"SELECT max(n) FROM t WHERE k > 5", false, 7},
        {"SELECT CAST(sum(n) AS BIGINT) FROM t", true, 42},
    };
    fresh(db);
    put(db, 1, 42);
    OK(store_exec(db, "INSERT INTO t (k) VALUES (2)", BIND_NONE, NULL, &e));
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        bool found = !CASES[i].found;
        int64_t v = 7;
        OK(store_int(db, CASES[i].sql, BIND_NONE, &found, &v, &e));
        if (found != CASES[i].found || v != CASES[i].value)
            fail_msg("%s: %d %lld", CASES[i].sql, found, (long long)v);
    }
    bool found = true;
    int64_t v = 7;
    OK(store_exec(db, "UPDATE t SET s = 'x' WHERE k = 1", BIND_NONE, NULL, &e));
    FAILS(store_int(db, "SELECT s FROM t WHERE k = 1", BIND_NONE, &found, &v, &e), ERR_STORE);
    assert_true(found && v == 7);
}

static const char SLOW[] =
    "WITH RECURSIVE c(x) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT x + 1 FROM c "
    "WHERE x < 2000000000) SELECT count(*) FROM c WHERE x % 7 = 3";

static void deadlines_stop_questions(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    bool found = true;
    int64_t n = 3;
    fresh(db);
    put(db, 1, 1);
    int64_t start = mono_ms();
    store_deadline(db, 100);
    FAILS(store_int(db, SLOW, BIND(C_INT(1)), &found, &n, &e), ERR_DEADLINE);
    int64_t took = mono_ms() - start;
    assert_true(took >= 100);
    assert_true(took < 3000);
    FAILS(store_int(db, "SELECT 1", BIND_NONE, &found, &n, &e), ERR_DEADLINE); /* it has passed */
    assert_true(found && n == 3);
    store_deadline(db, 0);
    OK(store_int(db, "SELECT n FROM t", BIND_NONE, &found, &n, &e));
    assert_int_equal(n, 1);
    store_deadline(db, 60000);
    OK(store_int(db, "SELECT n FROM t", BIND_NONE, &found, &n, &e));
    store_deadline(db, 0);
}

/* A deadline that has passed stops no writing, least of all a commit. */
static void deadlines_stop_no_writing(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    store_deadline(db, 1);
    usleep(3000);
    for (int64_t k = 0; k < 700; k++) {
        OK(store_begin(db, &e));
        put(db, k, k);
        OK(store_commit(db, &e));
    }
    store_deadline(db, 0);
    assert_int_equal(count(db), 700);
}

/* --- faults ----------------------------------------------------------------------------------- */

static bool operation(struct store *db, struct err *e)
{
    const struct cell ROWS[] = {C_INT(1), C_INT(1), C_NULL, C_NULL,
                                C_INT(2), C_INT(2), C_NULL, C_NULL};
    int64_t seen = 0;
    if (!store_begin(db, e))
        return false;
    bool ok = store_many(db, INSERT, ROWS, 2, 4, e) &&
              store_exec(db, "UPDATE t SET n = n + 1", BIND_NONE, NULL, e);
    if (ok) {
        struct rows r AUTO(rows_close) = store_query(db, "SELECT n FROM t", BIND_NONE, e);
        while (rows_next(&r))
            seen += rows_int(&r, 0);
    }
    if (!err_is(e) && seen == 5 && store_commit(db, e))
        return true;
    store_rollback(db);
    return false;
}

static void every_call_can_fail(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    int64_t k = 1;
    for (;; k++) {
        store_fault_in(db, k);
        bool ok = operation(db, &e);
        if (!store_fault_fired(db)) {
            OK(ok);
            break;
        }
        FAILS(ok, ERR_STORE);
        assert_false(store_in_tx(db));
        assert_int_equal(count(db), 0);
    }
    store_fault_in(db, 0);
    assert_int_equal(k, 1 + 8); /* begin, many, exec, query, 3 x next, commit */
    assert_int_equal(count(db), 2);
    store_fault_in(db, 1);
    store_fault_in(db, 0);
    assert_int_equal(count(db), 2);
    assert_false(store_fault_fired(db));
}

/* --- property: any sequence of calls against a plain array ------------------------------------ */

enum { KEYS = 8, STEPS = 3000 };

struct model {
    int64_t now[KEYS], saved[KEYS]; /* -1: no such row */
    bool in_tx, failed;
    uint64_t seed;
};

static uint64_t draw(struct model *m, uint64_t n)
{
    m->seed = m->seed * 6364136223846793005u + 1442695040888963407u;
    return (m->seed >> 33) % n;
}

static void compare(struct store *db, const struct model *m)
{
    struct err e = ERR_INIT;
    int64_t seen[KEYS];
    memset(seen, 0xFF, sizeof seen);
    struct rows r AUTO(rows_close) = store_query(db, "SELECT k, n FROM t", BIND_NONE, &e);
    while (rows_next(&r))
        seen[rows_int(&r, 0)] = rows_int(&r, 1);
    OK(true);
    assert_memory_equal(seen, m->now, sizeof seen);
}

static void end_tx(struct model *m, bool kept)
{
    if (!kept)
        memcpy(m->now, m->saved, sizeof m->now);
    m->in_tx = m->failed = false;
}

/* What a call of the model must give, and what it does. */
static bool expect_write(struct model *m, bool faulty, int64_t k, int64_t n, bool insert)
{
    bool ok = !faulty && !m->failed && !(insert && m->now[k] != -1);
    if (ok)
        m->now[k] = insert || m->now[k] != -1 ? n : -1;
    else if (m->in_tx)
        m->failed = true;
    return ok;
}

static void step_write(struct store *db, struct model *m, bool faulty)
{
    struct err e = ERR_INIT;
    int64_t k = (int64_t)draw(m, KEYS), n = (int64_t)draw(m, 1000);
    bool insert = draw(m, 2), as_many = m->in_tx && draw(m, 2);
    const struct cell args[] = {C_INT(k), C_INT(n)};
    const char *sql =
        insert ? "INSERT INTO t (k, n) VALUES ($1, $2)" : "UPDATE t SET n = $2 WHERE k = $1";
    bool ok =
        as_many ? store_many(db, sql, args, 1, 2, &e) : store_exec(db, sql, args, 2, NULL, &e);
    assert_int_equal(ok, !err_is(&e));
    assert_int_equal(ok, expect_write(m, faulty, k, n, insert));
}

static void step_tx(struct store *db, struct model *m, bool faulty)
{
    struct err e = ERR_INIT;
    if (!m->in_tx) {
        memcpy(m->saved, m->now, sizeof m->now);
        m->in_tx = !faulty;
        assert_int_equal(store_begin(db, &e), !faulty);
    } else if (draw(m, 3)) {
        bool kept = !faulty && !m->failed;
        assert_int_equal(store_commit(db, &e), kept);
        end_tx(m, kept);
    } else {
        store_rollback(db);
        end_tx(m, false);
    }
    assert_int_equal(store_in_tx(db), m->in_tx);
}

static void any_sequence(void **state)
{
    struct store *db = db_of(state);
    struct model m = {.seed = 20240909};
    memset(m.now, 0xFF, sizeof m.now);
    fresh(db);
    int fired = 0;
    for (int i = 0; i < STEPS; i++) {
        bool faulty = draw(&m, 15) == 0;
        store_fault_in(db, faulty ? 1 : 0);
        if (draw(&m, 5) < 3)
            step_write(db, &m, faulty);
        else
            step_tx(db, &m, faulty);
        fired += store_fault_fired(db);
        store_fault_in(db, 0);
        if (!m.failed)
            compare(db, &m);
        if (draw(&m, 40) == 0 && !m.in_tx) {
            struct err e = ERR_INIT;
            OK(store_exec(db, "DELETE FROM t", BIND_NONE, NULL, &e));
            memset(m.now, 0xFF, sizeof m.now);
        }
    }
    assert_true(fired > STEPS / 40);
    store_rollback(db);
}

/* --- mistakes of the programmer --------------------------------------------------------------- */

static void misuse_commit(struct store *db)
{
    struct err e = ERR_INIT;
    if (store_exec(db, "SELECT 1", BIND_NONE, NULL, &e) && store_commit(db, &e))
        _exit(0);
}

static void misuse_begin(struct store *db)
{
    struct err e = ERR_INIT;
    if (store_begin(db, &e) && store_begin(db, &e))
        _exit(0);
}

static void misuse_many(struct store *db)
{
    struct err e = ERR_INIT;
    const struct cell one = C_INT(1);
    if (store_many(db, "INSERT INTO t (k) VALUES ($1)", &one, 1, 1, &e))
        _exit(0);
}

static void misuse_row(struct store *db)
{
    struct err e = ERR_INIT;
    struct rows r = store_query(db, "SELECT 1", BIND_NONE, &e);
    rows_int(&r, 0); /* no rows_next */
}

static void misuse_column(struct store *db)
{
    struct err e = ERR_INIT;
    struct rows r = store_query(db, "SELECT 1", BIND_NONE, &e);
    if (rows_next(&r))
        rows_int(&r, 1);
}

static void misuse_stops_the_program(void **state)
{
    static void (*const ALL[])(struct store *) = {misuse_commit, misuse_begin, misuse_many,
                                                  misuse_row, misuse_column};
    (void)db_of(state);
    for (size_t i = 0; i < COUNT_OF(ALL); i++) {
        struct store *db = second(state, STORE_WRITE);
        pid_t child = fork();
        if (child == 0) {
            struct rlimit none = {0, 0};
            setrlimit(RLIMIT_CORE, &none);
            signal(SIGABRT, SIG_DFL);
            if (!freopen("/dev/null", "w", stderr))
                _exit(1);
            ALL[i](db);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGABRT)
            fail_msg("misuse %zu went through: status %d", i, status);
        store_close(db);
    }
}

/* clang-format off */
static const struct CMUnitTest TESTS[] = {
    ON_BOTH(values_come_back) ON_BOTH(nulls_have_no_value) ON_BOTH(bad_texts_are_refused)
    ON_BOTH(wrong_types_are_errors) ON_BOTH(changed_is_counted) ON_BOTH(errors_have_their_codes)
    ON_BOTH(an_error_stops_the_sequence) ON_BOTH(transactions_hold_together)
    ON_BOTH(a_failed_transaction_can_only_be_rolled_back) ON_BOTH(readers_keep_their_snapshot)
    ON_BOTH(readers_together) ON_BOTH(readers_together_beside_a_writer)
    ON_BOTH(a_lock_is_busy) ON_BOTH(many_rows) ON_BOTH(many_refuses_mixed_kinds)
    ON_BOTH(questions_nest) ON_BOTH(arguments_may_vanish)
    ON_BOTH(returning_has_run_when_the_call_returns) ON_BOTH(one_value)
    ON_BOTH(deadlines_stop_questions) ON_BOTH(deadlines_stop_no_writing)
    ON_BOTH(every_call_can_fail) ON_BOTH(any_sequence) ON_BOTH(misuse_stops_the_program)
};
/* clang-format on */
RUN_TESTS("store/store", TESTS)
