/* The text of statements and how they are kept: the same on both engines. */
#include "store/test_int.h"

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
         "|| CAST($2 AS TEXT)",
         "A?:x@y::CB"},
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
    const struct cell three[] = {C_INT(1), C_INT(1), C_INT(1)};
    FAILS(store_exec(db, "SELECT n FROM t WHERE k = $1 OR n = $3", three, 3, NULL, &e), ERR_STORE);
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

static void the_oldest_makes_room(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    struct stmt *loved, *again;
    const char *sql = "SELECT CAST(k AS BIGINT) FROM t WHERE k >= $1 ORDER BY k";
    const struct cell one = C_INT(1);
    fresh(db);
    put(db, 1, 1);
    put(db, 2, 1);
    OK(stmt_get(db, sql, &one, 1, &loved, &e));
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT k FROM t WHERE n = $1 ORDER BY k", &one, 1, &e);
    OK(rows_next(&r)); /* open: it must stay, however old it gets */
    for (int i = 0; i < 2 * STMT_CACHE; i++) {
        char other[60];
        snprintf(other, sizeof other, "SELECT %d", i);
        OK(store_exec(db, other, BIND_NONE, NULL, &e));
        OK(stmt_get(db, sql, &one, 1, &again, &e));
        assert_ptr_equal(loved, again);
    }
    assert_int_equal(rows_int(&r, 0), 1);
    OK(rows_next(&r));
    assert_int_equal(rows_int(&r, 0), 2);
    assert_false(rows_next(&r));
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
    const struct {
        struct cell arg;
        const char *wanted;
    } CASES[] = {{C_INT(5), "5"}, {C_TEXT(STR("word")), "word"}, {C_NULL, NULL}, {C_INT(6), "6"}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct rows r AUTO(rows_close) =
            store_query(db, "SELECT CAST($1 AS TEXT)", &CASES[i].arg, 1, &e);
        OK(rows_next(&r));
        assert_true(str_eq(rows_str(&r, 0), str_of(CASES[i].wanted)));
        assert_int_equal(rows_null(&r, 0), !CASES[i].wanted);
    }
}

/* clang-format off */
static const struct CMUnitTest TESTS[] = {
    ON_BOTH(parameters_go_by_number) ON_BOTH(odd_texts_are_refused)
    ON_BOTH(statements_are_kept_and_bounded) ON_BOTH(the_oldest_makes_room) ON_BOTH(kinds_are_told_apart)
};
/* clang-format on */
RUN_TESTS("store/stmt", TESTS)
