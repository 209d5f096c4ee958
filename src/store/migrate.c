/* The schema's numbered steps, and the questions to the catalogues. */
#include "store/schema.h"
#include "store/store_int.h"

static bool any_row(struct store *db, const char *sql, const struct cell *args, size_t n, bool *yes,
                    struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql, args, n, e);
    bool have = rows_next(&r);
    if (err_is(e))
        return false;
    *yes = have;
    return true;
}

bool store_has_table(struct store *db, const char *table, bool *yes, struct err *e)
{
    return any_row(db, db->engine->sql_has_table, BIND(C_TEXT(str_of(table))), yes, e);
}

bool store_stands_by(struct store *db, bool *yes, struct err *e)
{
    const char *sql = db->engine->sql_standby;
    *yes = true;
    return !sql || any_row(db, sql, BIND_NONE, yes, e);
}

bool store_is_empty(struct store *db, bool *yes, struct err *e)
{
    bool any = false;
    if (!any_row(db, db->engine->sql_has_any, BIND_NONE, &any, e))
        return false;
    *yes = !any;
    return true;
}

bool store_empty(struct store *db, struct err *e)
{
    const char *sql = db->engine->sql_empty;
    return sql ? store_ddl(db, sql, e) : err_set(e, ERR_STORE, "a SQLite database is emptied by removing its file");
}

bool store_has_column(struct store *db, const char *table, const char *column, bool *yes,
                      struct err *e)
{
    return any_row(db, db->engine->sql_has_column,
                   BIND(C_TEXT(str_of(table)), C_TEXT(str_of(column))), yes, e);
}

/* Number of the newest step that this database has; 0: it is empty. */
static bool present(struct store *db, int64_t *number, struct err *e)
{
    bool there = false, found;
    int64_t have = 0;
    if (!store_has_table(db, "schema_version", &there, e))
        return false;
    if (there &&
        !store_int(db, "SELECT max(number) FROM schema_version", BIND_NONE, &found, &have, e))
        return false;
    *number = have;
    return true;
}

static bool apply(struct store *db, int64_t have, struct err *e)
{
    for (size_t i = 0; i < COUNT_OF(SCHEMA); i++) {
        if (SCHEMA[i].number <= have)
            continue;
        if (!store_ddl(db, SCHEMA[i].sql, e) ||
            !store_exec(db, "INSERT INTO schema_version (number, name) VALUES ($1, $2)",
                        BIND(C_INT(SCHEMA[i].number), C_TEXT(str_of(SCHEMA[i].name))), NULL, e))
            return false;
    }
    return true;
}

/* Two nodes may start at the same moment: the second one waits at the lock and finds it done. */
static bool upgrade(struct store *db, struct err *e)
{
    int64_t have;
    return store_ddl(db,
                     "CREATE TABLE IF NOT EXISTS schema_version "
                     "(number {I64} PRIMARY KEY, name {TXT} NOT NULL) {STRICT}",
                     e) &&
           (!db->engine->sql_lock_schema || store_ddl(db, db->engine->sql_lock_schema, e)) &&
           present(db, &have, e) && apply(db, have, e);
}

static bool try_upgrade(struct store *db, struct err *e)
{
    if (store_begin(db, e) && upgrade(db, e) && store_commit(db, e))
        return true;
    store_rollback(db);
    return false;
}

bool store_migrate(struct store *db, struct err *e)
{
    const int64_t newest = SCHEMA[COUNT_OF(SCHEMA) - 1].number;
    int64_t have;
    ASSERT(err_is(e) || !db->in_tx);
    if (!present(db, &have, e))
        return false;
    if (have > newest)
        return err_set(e, ERR_STORE, "the database has schema %lld, this program knows only %lld",
                       (long long)have, (long long)newest);
    if (have == newest || try_upgrade(db, e))
        return true;
    if (e->code != ERR_UNIQUE) /* on PostgreSQL: another node has just made schema_version */
        return false;
    err_clear(e);
    return try_upgrade(db, e);
}
