/* The same tests on both engines; then what only one of them has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/all_sql.h"
#include "store/schema.h"
#include "store/store_int.h"
#include "store/testdb.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct fix {
    enum store_engine engine;
    struct testdb t;
    struct store *db; /* STORE_WRITE; NULL: this engine is not there */
};

static struct fix sqlite_fix = {.engine = STORE_SQLITE}, postgres_fix = {.engine = STORE_POSTGRES};

#define OK(call) must((call), &e, __LINE__)
#define FAILS(call, wanted) must_fail((call), (wanted), &e, __LINE__)

static void must(bool ok, const struct err *e, int line)
{
    if (!ok || err_is(e))
        fail_msg("line %d: %s: %s", line, err_wire(e->code), e->text);
}

static void must_fail(bool ok, enum err_code code, struct err *e, int line)
{
    if (ok || e->code != code)
        fail_msg("line %d: wanted %s, got %s: %s", line, err_wire(code), err_wire(e->code), e->text);
    err_clear(e);
}

static struct store *db_of(void **state)
{
    struct fix *f = *state;
    if (!f->db)
        skip();
    return f->db;
}

static struct store *second(void **state, enum store_mode mode)
{
    return testdb_open(&((struct fix *)*state)->t, mode);
}

static struct str text(const char *s)
{
    return str_of(s);
}

/* A fresh table t(k, n, s, b). */
static void fresh(struct store *db)
{
    struct err e = ERR_INIT;
    OK(store_ddl(db, "DROP TABLE IF EXISTS t;\n"
                     "CREATE TABLE t (k {I64} PRIMARY KEY, n {I64}, s {TXT}, b {BLOB}) {STRICT};\n"
                     "CREATE UNIQUE INDEX t_s ON t (s)", &e));
}

static const char INSERT[] = "INSERT INTO t (k, n, s, b) VALUES ($1, $2, $3, $4)";

static int64_t count(struct store *db)
{
    struct err e = ERR_INIT;
    bool found = false;
    int64_t n = -1;
    OK(store_int(db, "SELECT count(*) FROM t", BIND_NONE, &found, &n, &e));
    assert_true(found);
    return n;
}

static void put(struct store *db, int64_t k, int64_t n)
{
    struct err e = ERR_INIT;
    OK(store_exec(db, INSERT, BIND(C_INT(k), C_INT(n), C_NULL, C_NULL), NULL, &e));
}

static int64_t get(struct store *db, int64_t k)
{
    struct err e = ERR_INIT;
    bool found = false;
    int64_t n = -1;
    OK(store_int(db, "SELECT n FROM t WHERE k = $1", BIND(C_INT(k)), &found, &n, &e));
    return n;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool same_cell(const struct rows *r, int col, const struct cell *c)
{
    if (c->kind == CELL_NULL)
        return rows_null(r, col);
    if (rows_null(r, col))
        return false;
    return c->kind == CELL_INT ? rows_int(r, col) == c->i : str_eq(rows_str(r, col), c->s);
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
        assert_true(rows_null(&r, 0) || rows_str(&r, 1).ptr || rows_null(&r, 1));
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
    static const struct str BAD[] = {{"a\0b", 3}, {"\xFF", 1}, {"\xC0\x80", 2}, {"\xED\xA0\x80", 3},
                                     {"\xE7\xBD", 2}};
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

/* --- the text of statements ------------------------------------------------------------------- */

static void parameters_go_by_number(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const struct {
        const char *sql, *wanted;
    } CASES[] = {
        {"SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($3 AS TEXT)", "BAC"},
        {"SELECT CAST($3 AS TEXT) || CAST($1 AS TEXT) || CAST($3 AS TEXT) || CAST($2 AS TEXT)",
         "CACB"},
        {"SELECT CAST($1 AS TEXT) || CAST($2 AS TEXT) || CAST($3 AS TEXT) || '$9'", "ABC$9"},
        {"SELECT /* $9 ? */ CAST($1 AS TEXT) || '?:x@y::' || CAST($3 AS TEXT) -- $8 isn't\n"
         "|| CAST($2 AS TEXT)", "A?:x@y::CB"},
        {"SELECT 'it''s $7 ' || CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($3 AS TEXT);\n",
         "it's $7 BAC"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        for (int again = 0; again < 2; again++) {
            struct rows r AUTO(rows_close) = store_query(
                db, CASES[i].sql, BIND(C_TEXT(STR("A")), C_TEXT(STR("B")), C_TEXT(STR("C"))), &e);
            OK(rows_next(&r));
            if (!str_is(rows_str(&r, 0), CASES[i].wanted))
                fail_msg("%s gave %.*s", CASES[i].sql, STR_F(rows_str(&r, 0)));
        }
}

static void odd_texts_are_refused(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    static const char *const BAD[] = {
        "SELECT n FROM t WHERE k = $1::bigint",
        "SELECT n FROM t WHERE k = ?",
        "SELECT n FROM t WHERE k = ?1",
        "SELECT n FROM t WHERE k = :k",
        "SELECT n FROM t WHERE k = @k",
        "SELECT n FROM t WHERE k = $k",
        "SELECT n FROM t WHERE k = $",
        "SELECT n FROM t WHERE k = $0",
        "SELECT n FROM t WHERE k = $01",
        "SELECT n FROM t WHERE k = $1a",
        "SELECT n FROM t WHERE k = $2",
        "SELECT n FROM t WHERE k = $40000",
        "SELECT n FROM t WHERE k = $99999999999999999999999",
        "SELECT n FROM t WHERE k = $1; SELECT 1",
        "SELECT n FROM t WHERE",
        "SELECT n FROM no_such_table WHERE k = $1",
        "SELECT \"no_such_column\" FROM t WHERE k = $1",
        "SELECT n::text FROM t WHERE k = $1",
    };
    fresh(db);
    put(db, 1, 1);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct rows r AUTO(rows_close) = store_query(db, BAD[i], BIND(C_INT(1)), &e);
        if (rows_next(&r))
            fail_msg("accepted: %s", BAD[i]);
        FAILS(!err_is(&e), ERR_STORE);
        FAILS(store_check(db, BAD[i], &e), ERR_STORE);
    }
    FAILS(store_exec(db, "INSERT INTO t (k) VALUES ($1)", BIND_NONE, NULL, &e), ERR_STORE);
    FAILS(store_exec(db, "INSERT INTO t (k) VALUES ($1)", BIND(C_INT(5), C_INT(6)), NULL, &e),
          ERR_STORE);
    OK(store_exec(db, "INSERT INTO t (k) VALUES ($1)", BIND(C_INT(5)), NULL, &e));
    FAILS(store_exec(db, "INSERT INTO t (k) VALUES ($1)", BIND_NONE, NULL, &e), ERR_STORE);
    assert_int_equal(count(db), 2);
}

static void statements_are_kept_and_bounded(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    char sql[100];
    for (int i = 0; i < 3 * STMT_CACHE; i++) {
        bool found = false;
        int64_t v = -1;
        snprintf(sql, sizeof sql, "SELECT %d + CAST($1 AS BIGINT)", i % (2 * STMT_CACHE));
        OK(store_int(db, sql, BIND(C_INT(1000)), &found, &v, &e));
        assert_int_equal(v, 1000 + i % (2 * STMT_CACHE));
        assert_true(db->n_stmts <= STMT_CACHE);
    }
    assert_int_equal(db->n_stmts, STMT_CACHE);
    struct stmt *a, *b;
    const struct cell one = C_INT(1);
    OK(stmt_get(db, sql, &one, 1, &a, &e));
    OK(stmt_get(db, sql, &one, 1, &b, &e));
    assert_ptr_equal(a, b);
    assert_int_equal(db->n_stmts, STMT_CACHE);
}

/* A NULL now and a value later share a statement; two kinds do not. */
static void kinds_are_told_apart(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    const char *sql = "UPDATE t SET n = $2 WHERE k = $1";
    fresh(db);
    put(db, 1, 1);
    stmt_drop_all(db);
    OK(store_exec(db, sql, BIND(C_INT(1), C_NULL), NULL, &e));
    OK(store_exec(db, sql, BIND(C_INT(1), C_INT(5)), NULL, &e));
    OK(store_exec(db, sql, BIND(C_NULL, C_INT(6)), NULL, &e));
    OK(store_exec(db, sql, BIND(C_NULL, C_NULL), NULL, &e));
    assert_int_equal(db->n_stmts, 1);
    FAILS(store_exec(db, sql, BIND(C_INT(1), C_BLOB(STR("c"))), NULL, &e), ERR_STORE);
    FAILS(store_exec(db, sql, BIND(C_INT(1), C_TEXT(STR("c"))), NULL, &e), ERR_STORE);
    OK(store_exec(db, sql, BIND(C_INT(1), C_INT(7)), NULL, &e));
    assert_int_equal(db->n_stmts, 1);
    assert_int_equal(get(db, 1), 7);
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
        {"INSERT INTO t (k, n) VALUES (1, 2) ON CONFLICT (k) DO UPDATE SET n = t.n + excluded.n", 1},
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
    const struct cell MIXED[] = {C_INT(1), C_NULL, C_NULL, C_NULL,
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
        OK(store_exec(db, INSERT, BIND(C_INT(k), C_NULL, C_TEXT(text(name)), C_NULL), NULL, &e));
    }
    char *arg = mem_new(3), *blob = mem_new(1);
    memcpy(arg, "n1", 3);
    *blob = 'q';
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT s FROM t WHERE s <> $1 AND (b IS NULL OR b = $2) ORDER BY k",
                    BIND(C_TEXT(text(arg)), C_BLOB(((struct str){blob, 1}))), &e);
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
        {"words", "a", true}, {"words", "d", true}, {"words", "e", false}, {"words_x", "a", false},
        {"words", "xmin", false}, {"keyed", "b", true}, {"words' --", "a", false},
    };
    OK(store_ddl(db, "CREATE TABLE words (a {I64}, b {TXT}, c {BLOB}) {STRICT};\n"
                     "-- a comment; with {braces} in it\n"
                     "ALTER TABLE words ADD COLUMN d {TXT};\n"
                     "CREATE INDEX words_a ON words (a);\n"
                     "CREATE TABLE keyed (a {I64}, b {TXT}, PRIMARY KEY (a, b)) {KEYED};\n", &e));
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
    struct rows r AUTO(rows_close) = store_query(db, "SELECT b FROM words ORDER BY b", BIND_NONE, &e);
    OK(rows_next(&r));
    assert_true(str_is(rows_str(&r, 0), "B")); /* by bytes */
}

static void bare_database(struct testdb *t, void **state)
{
    (void)db_of(state); /* skips when the engine is not there */
    assert_true(testdb_make(t, ((struct fix *)*state)->engine));
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
    const char *sql = insert ? "INSERT INTO t (k, n) VALUES ($1, $2)"
                             : "UPDATE t SET n = $2 WHERE k = $1";
    bool ok = as_many ? store_many(db, sql, args, 1, 2, &e) : store_exec(db, sql, args, 2, NULL, &e);
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

/* --- SQLite only ------------------------------------------------------------------------------ */

static void sqlite_files(void **state)
{
    (void)db_of(state);
    struct err e = ERR_INIT;
    struct testdb t;
    struct store *db = NULL;
    bool yes = true;
    bare_database(&t, state);
    FAILS(store_open(t.url, STORE_READ, &db, &e), ERR_STORE); /* a reader makes no file */
    FAILS(store_open("", STORE_WRITE, &db, &e), ERR_STORE);
    FAILS(store_open("sqlite:", STORE_WRITE, &db, &e), ERR_STORE);
    FAILS(store_open("/no/such/folder/x.db", STORE_WRITE, &db, &e), ERR_STORE);
    FAILS(store_open("/", STORE_WRITE, &db, &e), ERR_STORE);
    assert_null(db);
    OK(store_exists("/no/such/folder/x.db", &yes, &e));
    assert_false(yes);
    FILE *f = fopen(t.url, "w");
    assert_non_null(f);
    for (int i = 0; i < 400; i++)
        fputs("this is not a database\n", f);
    fclose(f);
    FAILS(store_open(t.url, STORE_WRITE, &db, &e), ERR_STORE);
    FAILS(store_exists(t.url, &yes, &e), ERR_STORE);
    testdb_drop(&t);
    char url[700];
    snprintf(url, sizeof url, "sqlite:%s", t.url);
    OK(store_open(url, STORE_WRITE, &db, &e));
    assert_string_equal(store_url(db), url);
    assert_int_equal(access(t.url, F_OK), 0);
    store_closep(&db);
    assert_null(db);
    store_closep(&db);
    testdb_drop(&t);
}

static void sqlite_settings(void **state)
{
    (void)db_of(state);
    static const struct {
        enum store_mode mode;
        const char *pragma;
        int64_t wanted;
    } CASES[] = {
        {STORE_WRITE, "synchronous", 2},         {STORE_BULK, "synchronous", 0},
        {STORE_WRITE, "secure_delete", 1},       {STORE_BULK, "secure_delete", 0},
        {STORE_WRITE, "wal_autocheckpoint", 0},  {STORE_READ, "query_only", 1},
        {STORE_READ, "cache_size", -4096},       {STORE_WRITE, "cache_size", -32768},
        {STORE_READ, "mmap_size", 1 << 30},      {STORE_WRITE, "busy_timeout", 5000},
    };
    struct err e = ERR_INIT;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct store *db AUTO(store_closep) = second(state, CASES[i].mode);
        char sql[60];
        bool found;
        int64_t v = -9;
        snprintf(sql, sizeof sql, "PRAGMA %s", CASES[i].pragma);
        OK(store_int(db, sql, BIND_NONE, &found, &v, &e));
        if (v != CASES[i].wanted)
            fail_msg("%s is %lld in mode %d", CASES[i].pragma, (long long)v, (int)CASES[i].mode);
    }
    struct store *db = db_of(state);
    bool found;
    int64_t v = 0;
    OK(store_int(db, "SELECT ('Abc' LIKE 'a%') + 10 * ('abc' LIKE 'a%')", BIND_NONE, &found, &v,
                 &e));
    assert_int_equal(v, 10); /* as PostgreSQL has it */
}

static void sqlite_full_disk(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    bool found;
    int64_t pages = 0, n = 0;
    char *large = mem_new(200000);
    memset(large, 'z', 200000);
    fresh(db);
    OK(store_int(db, "PRAGMA page_count", BIND_NONE, &found, &pages, &e));
    char sql[60];
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages + 60);
    OK(store_ddl(db, sql, &e));
    OK(store_begin(db, &e));
    put(db, -1, 1);
    const struct cell blob = C_BLOB(((struct str){large, 200000}));
    while (store_exec(db, INSERT, BIND(C_INT(n), C_NULL, C_NULL, blob), NULL, &e))
        n++;
    FAILS(!err_is(&e), ERR_FULL);
    assert_true(n > 1);
    FAILS(store_exec(db, "DELETE FROM t", BIND_NONE, NULL, &e), ERR_STORE);
    FAILS(store_commit(db, &e), ERR_STORE);
    assert_int_equal(count(db), 0);
    put(db, 1, 1); /* there is room for small things again */
    OK(store_ddl(db, "PRAGMA max_page_count = 1000000", &e));
    OK(store_exec(db, INSERT, BIND(C_INT(2), C_NULL, C_NULL, blob), NULL, &e));
    free(large);
}

static void sqlite_wal(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    fresh(db);
    put(db, 1, 1);
    assert_true(store_wal_pages(db) > 0);
    struct store *keeper = second(state, STORE_WRITE); /* the checkpoint thread's own connection */
    assert_true(store_wal_pages(keeper) > 0);
    struct store *reader = second(state, STORE_READ);
    OK(store_begin(reader, &e));
    put(db, 2, 2);
    int64_t start = mono_ms();
    FAILS(store_checkpoint(keeper, true, &e), ERR_BUSY); /* not while somebody reads */
    assert_true(mono_ms() - start < 1000);
    OK(store_checkpoint(keeper, false, &e));
    assert_int_equal(count(reader), 1);
    OK(store_commit(reader, &e));
    OK(store_checkpoint(keeper, true, &e));
    char wal[700];
    snprintf(wal, sizeof wal, "%s-wal", ((struct fix *)*state)->t.url);
    FILE *f = fopen(wal, "r");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    assert_int_equal(ftell(f), 0);
    fclose(f);
    put(db, 3, 3);
    int64_t pages = store_wal_pages(db);
    assert_true(pages > 0 && pages < 20);
    assert_int_equal(count(reader), 3);
    store_close(reader);
    store_close(keeper);
}

static void sqlite_bulk(void **state)
{
    struct testdb t;
    struct err e = ERR_INIT;
    bare_database(&t, state);
    struct store *db = testdb_open(&t, STORE_BULK);
    fresh(db);
    OK(store_begin(db, &e));
    for (int64_t k = 0; k < 2000; k++)
        put(db, k, k);
    OK(store_commit(db, &e));
    assert_true(store_wal_pages(db) > 0);
    OK(store_checkpoint(db, true, &e));
    assert_int_equal(store_wal_pages(db), 0);
    store_close(db);
    db = testdb_open(&t, STORE_READ);
    assert_int_equal(count(db), 2000);
    store_close(db);
    testdb_drop(&t);
}

static void sqlite_copy(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    struct testdb t;
    fresh(db);
    put(db, 1, 41);
    for (int mode = STORE_READ; mode <= STORE_WRITE; mode++) {
        struct store *from = second(state, (enum store_mode)mode);
        bare_database(&t, state);
        OK(store_begin(db, &e)); /* in use */
        put(db, 100 + mode, 1);
        OK(store_copy(from, t.url, &e));
        store_rollback(db);
        FAILS(store_copy(from, t.url, &e), ERR_IO); /* never over another file */
        FAILS(store_copy(from, "/no/such/folder/x", &e), ERR_STORE);
        if (mode == STORE_READ)
            FAILS(store_exec(from, "DELETE FROM t", BIND_NONE, NULL, &e), ERR_STORE);
        store_close(from);
        struct store *copy = testdb_open(&t, STORE_READ);
        assert_int_equal(count(copy), 1);
        assert_int_equal(get(copy, 1), 41);
        store_close(copy);
        testdb_drop(&t);
    }
}

/* Erased bytes must not stay in the file. */
static void sqlite_forgets(void **state)
{
    struct testdb t;
    struct err e = ERR_INIT;
    bare_database(&t, state);
    struct store *db = testdb_open(&t, STORE_WRITE);
    fresh(db);
    for (int64_t k = 0; k < 50; k++) {
        char s[40];
        snprintf(s, sizeof s, "erase-this-name-%lld", (long long)k);
        OK(store_exec(db, INSERT, BIND(C_INT(k), C_NULL, C_TEXT(text(s)), C_NULL), NULL, &e));
    }
    OK(store_exec(db, "DELETE FROM t", BIND_NONE, NULL, &e));
    OK(store_checkpoint(db, true, &e));
    store_close(db);
    FILE *f = fopen(t.url, "r");
    assert_non_null(f);
    char *all = mem_new(1 << 20);
    size_t n = fread(all, 1, 1 << 20, f);
    fclose(f);
    assert_true(n > 4096);
    assert_false(str_has((struct str){all, n}, STR("erase-this-name")));
    free(all);
    testdb_drop(&t);
}

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
    testdb_drop(&t);
    FAILS(store_open(t.url, STORE_WRITE, &db, &e), ERR_STORE);
    bool yes = true;
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

/* --- the tables of tests ---------------------------------------------------------------------- */

#define BOTH(X)                                                                                    \
    X(values_come_back) X(nulls_have_no_value) X(bad_texts_are_refused) X(wrong_types_are_errors)  \
    X(parameters_go_by_number) X(odd_texts_are_refused) X(statements_are_kept_and_bounded)         \
    X(kinds_are_told_apart) X(changed_is_counted) X(errors_have_their_codes)                       \
    X(an_error_stops_the_sequence) X(transactions_hold_together)                                   \
    X(a_failed_transaction_can_only_be_rolled_back) X(readers_keep_their_snapshot)                 \
    X(a_lock_is_busy) X(many_rows) X(many_refuses_mixed_kinds) X(questions_nest)                   \
    X(arguments_may_vanish) X(returning_has_run_when_the_call_returns) X(one_value)                \
    X(deadlines_stop_questions) X(deadlines_stop_no_writing) X(every_call_can_fail)                \
    X(words_of_the_ddl) X(migrations_run_once) X(two_nodes_migrate_at_once)                        \
    X(every_statement_can_be_prepared) X(any_sequence) X(misuse_stops_the_program)

static void set_up(struct fix *f)
{
    if (testdb_make(&f->t, f->engine))
        f->db = testdb_open(&f->t, STORE_WRITE);
}

static void tear_down(struct fix *f)
{
    if (!f->db)
        return;
    store_close(f->db);
    testdb_drop(&f->t);
}

int main(void)
{
    const struct CMUnitTest TESTS[] = {
#define X(f) {"sqlite " #f, f, NULL, NULL, &sqlite_fix}, {"postgres " #f, f, NULL, NULL, &postgres_fix},
        BOTH(X)
#undef X
#define X(f) {#f, f, NULL, NULL, &sqlite_fix},
        X(sqlite_files) X(sqlite_settings) X(sqlite_full_disk) X(sqlite_wal) X(sqlite_bulk)
        X(sqlite_copy) X(sqlite_forgets)
#undef X
#define X(f) {#f, f, NULL, NULL, &postgres_fix},
        X(postgres_encoding) X(postgres_reconnects) X(postgres_types)
#undef X
    };
    set_up(&sqlite_fix);
    set_up(&postgres_fix);
    int failures = cmocka_run_group_tests_name("store", TESTS, NULL, NULL);
    tear_down(&sqlite_fix);
    tear_down(&postgres_fix);
    return failures;
}
