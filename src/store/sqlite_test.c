/* What only SQLite has: files, the write-ahead log, settings. */
#include "store/test_int.h"
#include <signal.h>
#include <sys/resource.h>

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
        {STORE_WRITE, "synchronous", 2},        {STORE_BULK, "synchronous", 0},
        {STORE_WRITE, "secure_delete", 1},      {STORE_BULK, "secure_delete", 0},
        {STORE_WRITE, "wal_autocheckpoint", 0}, {STORE_READ, "query_only", 1},
        {STORE_READ, "cache_size", -4096},      {STORE_WRITE, "cache_size", -32768},
        {STORE_READ, "mmap_size", 0},           {STORE_WRITE, "busy_timeout", 5000},
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
    snprintf(sql, sizeof sql, "PRAGMA max_page_count = %lld", (long long)pages + 200);
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

/* A copy that broke off leaves nothing that looks like a copy. */
static void sqlite_copy_breaks_off(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    struct testdb t;
    struct rlimit limit, small;
    fresh(db);
    for (int64_t k = 0; k < 2000; k++)
        put(db, k, k);
    bare_database(&t, state);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = (struct rlimit){8192, limit.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    bool ok = store_copy(db, t.url, &e);
    setrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_DFL);
    FAILS(ok, ERR_STORE);
    assert_int_not_equal(access(t.url, F_OK), 0);
    OK(store_copy(db, t.url, &e));
    testdb_drop(&t);
}

/* A statement that writes is not stopped half-way, nor called stopped when it was committed. */
static void sqlite_deadline_spares_writes(void **state)
{
    struct store *db = db_of(state);
    struct err e = ERR_INIT;
    const char *slow =
        "UPDATE t SET n = (WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c "
        "WHERE x < 300000) SELECT max(x) FROM c) RETURNING n";
    fresh(db);
    put(db, 1, 1);
    store_deadline(db, 5);
    struct rows r AUTO(rows_close) = store_query(db, slow, BIND_NONE, &e);
    OK(rows_next(&r));
    assert_false(rows_next(&r));
    store_deadline(db, 0);
    OK(true);
    assert_int_equal(get(db, 1), 300000);
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
        OK(store_exec(db, INSERT, BIND(C_INT(k), C_NULL, C_TEXT(str_of(s)), C_NULL), NULL, &e));
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

/* clang-format off */
static const struct CMUnitTest TESTS[] = {
    ON_SQLITE(sqlite_files) ON_SQLITE(sqlite_settings) ON_SQLITE(sqlite_full_disk)
    ON_SQLITE(sqlite_wal) ON_SQLITE(sqlite_bulk) ON_SQLITE(sqlite_copy) ON_SQLITE(sqlite_copy_breaks_off)
    ON_SQLITE(sqlite_deadline_spares_writes) ON_SQLITE(sqlite_forgets)
};
/* clang-format on */
RUN_TESTS("store/sqlite", TESTS)
