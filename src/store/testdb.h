/* store/testdb.h - a fresh, empty database for a test, on either engine.  For tests only.
 *
 *     struct testdb t;
 *     if (!testdb_make(&t, STORE_POSTGRES))
 *         skip();                           (there is no PostgreSQL; a message was printed)
 *     struct store *db = testdb_open(&t, STORE_WRITE);   (the schema is not there yet)
 *     …
 *     store_close(db);
 *     testdb_drop(&t);                      (after every connection to it is closed)
 *
 * PostgreSQL: the environment BIHUAN_TEST_PG names a maintenance database (tests/pg.sh starts a
 * server and prints it).  A failure ends the test program: it is never what is being tested. */
#pragma once
#include "base/hash.h"
#include "store/store.h"
#include <unistd.h>

struct testdb {
    enum store_engine engine;
    char url[600]; /* what store_open takes */
    char name[40]; /* PostgreSQL: of the database */
};

static inline void testdb_must(bool ok, const char *what, const struct err *e)
{
    if (!ok) {
        fprintf(stderr, "testdb: %s: %s\n", what, e->text);
        abort();
    }
}

/* Runs one statement in the maintenance database. */
static inline void testdb_admin(const char *sql)
{
    struct err e = ERR_INIT;
    struct store *db = NULL;
    testdb_must(store_open(getenv("BIHUAN_TEST_PG"), STORE_WRITE, &db, &e), "BIHUAN_TEST_PG", &e);
    testdb_must(store_ddl(db, sql, &e), sql, &e);
    store_close(db);
}

/* postgresql://user@host/DATABASE?more with another DATABASE */
static inline void testdb_url(const char *base, const char *name, char *out, size_t cap)
{
    const char *host = strstr(base, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    const char *more = strchr(base, '?');
    size_t head = path ? (size_t)(path - base) : more ? (size_t)(more - base) : strlen(base);
    snprintf(out, cap, "%.*s/%s%s", (int)head, base, name, more ? more : "");
}

MUST_USE static inline bool testdb_make(struct testdb *t, enum store_engine engine)
{
    uint64_t r;
    random_bytes(&r, sizeof r);
    *t = (struct testdb){.engine = engine};
    snprintf(t->name, sizeof t->name, "t_%016llx", (unsigned long long)r);
    if (engine == STORE_SQLITE) {
        const char *dir = getenv("TMPDIR");
        snprintf(t->url, sizeof t->url, "%s/bihuan_%s.db", dir ? dir : "/tmp", t->name);
        return true;
    }
    const char *pg = getenv("BIHUAN_TEST_PG");
    if (!pg || !*pg) {
        fprintf(stderr, "skipped: BIHUAN_TEST_PG is not set (see tests/pg.sh)\n");
        return false;
    }
    char sql[200];
    snprintf(sql, sizeof sql,
             "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'",
             t->name);
    testdb_admin(sql);
    testdb_url(pg, t->name, t->url, sizeof t->url);
    return true;
}

MUST_USE static inline struct store *testdb_open(const struct testdb *t, enum store_mode mode)
{
    struct err e = ERR_INIT;
    struct store *db = NULL;
    testdb_must(store_open(t->url, mode, &db, &e), t->url, &e);
    return db;
}

static inline void testdb_drop(struct testdb *t)
{
    if (t->engine == STORE_POSTGRES) {
        char sql[100];
        snprintf(sql, sizeof sql, "DROP DATABASE IF EXISTS %s WITH (FORCE)", t->name);
        testdb_admin(sql);
        return;
    }
    static const char *const TAILS[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < COUNT_OF(TAILS); i++) {
        char file[640];
        snprintf(file, sizeof file, "%s%s", t->url, TAILS[i]);
        unlink(file);
    }
}
