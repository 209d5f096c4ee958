#include "store/store_int.h"
#include <time.h>

int64_t mono_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const struct engine *engine_of(const char *url)
{
    bool pg = strncmp(url, "postgresql://", 13) == 0 || strncmp(url, "postgres://", 11) == 0;
    return pg ? &postgres_engine : &sqlite_engine;
}

/* --- connection ------------------------------------------------------------------------------- */

bool store_open(const char *url, enum store_mode mode, struct store **out, struct err *e)
{
    ASSERT(url);
    const struct engine *engine = engine_of(url);
    struct store *db;
    if (err_is(e) || !engine->open(url, mode, &db, e))
        return false;
    ASSERT(db->engine == engine);
    *out = db;
    return true;
}

void store_close(struct store *db)
{
    if (!db)
        return;
    store_rollback(db);
    db->closing = true;
    stmt_drop_all(db);
    free(db->kinds_row);
    free(db->url);
    db->engine->close(db);
}

void store_closep(struct store **db)
{
    store_close(*db);
    *db = NULL;
}

enum store_engine store_engine(const struct store *db)
{
    return db->engine->id;
}

const char *store_url(const struct store *db)
{
    return db->url;
}

const char *store_file(const char *url)
{
    if (engine_of(url)->id != STORE_SQLITE)
        return NULL;
    return strncmp(url, "sqlite:", 7) == 0 ? url + 7 : url;
}

bool store_exists(const char *url, bool *yes, struct err *e)
{
    bool found = false, schema = false;
    if (err_is(e) || !engine_of(url)->exists(url, &found, e))
        return false;
    if (found) {
        struct store *db AUTO(store_closep) = NULL;
        if (!store_open(url, STORE_READ, &db, e) ||
            !store_has_table(db, "schema_version", &schema, e))
            return false;
    }
    *yes = schema;
    return true;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Every call comes through here: sticky errors, injected faults, broken transactions. */
static bool enter(struct store *db, struct err *e)
{
    if (err_is(e))
        return false;
    if (db->fault && --db->fault == 0) {
        db->fault_fired = true;
        db->failed = db->in_tx;
        return err_set(e, ERR_STORE, "injected fault");
    }
    if (db->failed)
        return err_set(e, ERR_STORE, "the transaction failed before: it can only be rolled back");
    return db->in_tx || db->engine->ready(db, e);
}

/* PostgreSQL allows nothing but ROLLBACK after an error; SQLite is made to do the same, because
 * it may also have rolled back by itself, and then the rest would be committed row by row. */
static bool leave(struct store *db, bool ok)
{
    if (!ok && db->in_tx)
        db->failed = true;
    return ok;
}

struct cell cell_text(struct str s)
{
    return s.ptr ? C_TEXT(s) : C_NULL;
}

struct cell cell_int_or(int64_t v, int64_t null_value)
{
    return v == null_value ? C_NULL : C_INT(v);
}

bool store_exec(struct store *db, const char *sql, const struct cell *args, size_t n,
                int64_t *changed, struct err *e)
{
    struct stmt *st;
    int64_t count = 0;
    if (!enter(db, e))
        return false;
    if (!leave(db, stmt_get(db, sql, args, n, &st, e) && db->engine->exec(db, st, args, &count, e)))
        return false;
    if (changed)
        *changed = count;
    return true;
}

/* One cell of its kind for each column.  A column that is INTEGER in one row and TEXT in another
 * would need two statements on PostgreSQL: it is refused on both. */
static bool column_kinds(struct store *db, const char *sql, const struct cell *cells, size_t n_rows,
                         size_t n_cols, struct err *e)
{
    if (db->kinds_cap < n_cols) {
        db->kinds_row = mem_grow(db->kinds_row, n_cols * sizeof *db->kinds_row);
        db->kinds_cap = n_cols;
    }
    for (size_t c = 0; c < n_cols; c++)
        db->kinds_row[c] = C_NULL;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t c = 0; c < n_cols; c++) {
            enum cell_kind kind = cells[r * n_cols + c].kind, *known = &db->kinds_row[c].kind;
            if (*known == CELL_NULL)
                *known = kind;
            else if (kind != CELL_NULL && kind != *known)
                return stmt_blame(sql, ERR_STORE, "one column has values of two kinds", e);
        }
    return true;
}

bool store_many(struct store *db, const char *sql, const struct cell *cells, size_t n_rows,
                size_t n_cols, struct err *e)
{
    struct stmt *st;
    if (!enter(db, e))
        return false;
    ASSERT(db->in_tx);
    ASSERT(n_cols > 0);
    if (!n_rows)
        return true;
    return leave(db, column_kinds(db, sql, cells, n_rows, n_cols, e) &&
                         stmt_get(db, sql, db->kinds_row, n_cols, &st, e) &&
                         db->engine->many(db, st, cells, n_rows, e));
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool in_time(const struct store *db, struct err *e)
{
    if (db->deadline && mono_ms() >= db->deadline)
        return err_set(e, ERR_DEADLINE, "the question ran out of time");
    return true;
}

struct rows store_query(struct store *db, const char *sql, const struct cell *args, size_t n,
                        struct err *e)
{
    struct rows r = {.db = db, .e = e};
    struct stmt *st;
    if (enter(db, e))
        leave(db, in_time(db, e) && stmt_get(db, sql, args, n, &st, e) &&
                      db->engine->query(db, st, args, &r));
    return r;
}

bool rows_next(struct rows *r)
{
    if (!enter(r->db, r->e))
        return false;
    if (!r->stmt)
        return false;
    bool more = r->db->engine->next(r);
    leave(r->db, !err_is(r->e));
    return more;
}

void rows_close(struct rows *r)
{
    if (r->stmt)
        r->db->engine->end(r);
    r->stmt = NULL;
}

bool rows_null(const struct rows *r, int col)
{
    return r->db->engine->null(r, col);
}

int64_t rows_int(const struct rows *r, int col)
{
    return r->db->engine->integer(r, col);
}

struct str rows_str(const struct rows *r, int col)
{
    return r->db->engine->string(r, col);
}

int rows_columns(const struct rows *r)
{
    return r->stmt ? r->db->engine->columns(r) : 0;
}

bool store_int(struct store *db, const char *sql, const struct cell *args, size_t n, bool *found,
               int64_t *out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql, args, n, e);
    bool have = rows_next(&r) && !rows_null(&r, 0);
    int64_t v = have ? rows_int(&r, 0) : 0;
    if (err_is(e))
        return leave(db, false);
    *found = have;
    if (have)
        *out = v;
    return true;
}

/* --- transactions ----------------------------------------------------------------------------- */

bool store_begin(struct store *db, struct err *e)
{
    if (err_is(e))
        return false;
    ASSERT(!db->in_tx);
    if (!enter(db, e) || !db->engine->begin(db, e))
        return false;
    db->in_tx = true;
    return true;
}

bool store_begin_together(struct store *const *dbs, size_t n, struct err *e)
{
    ASSERT(n > 0);
    for (size_t i = 0; i < n; i++) {
        ASSERT(!dbs[i]->in_tx && dbs[i]->mode == STORE_READ);
        if (!enter(dbs[i], e))
            return false;
    }
    if (!dbs[0]->engine->begin_together(dbs, n, e))
        return false;
    for (size_t i = 0; i < n; i++)
        dbs[i]->in_tx = true;
    return true;
}

bool store_snapshot(struct store *db, char out[static STORE_SNAPSHOT], struct err *e)
{
    ASSERT(db->in_tx);
    if (!db->engine->snapshot)
        return err_set(e, ERR_STORE, "a snapshot of this database has no name");
    return enter(db, e) && leave(db, db->engine->snapshot(db, out, e));
}

bool store_commit(struct store *db, struct err *e)
{
    if (err_is(e))
        return false;
    ASSERT(db->in_tx);
    bool ok = enter(db, e) && db->engine->commit(db, e);
    if (!ok)
        db->engine->rollback(db);
    db->in_tx = db->failed = false;
    return ok;
}

void store_rollback(struct store *db)
{
    if (!db->in_tx)
        return;
    db->engine->rollback(db);
    db->in_tx = db->failed = false;
}

bool store_in_tx(const struct store *db)
{
    return db->in_tx;
}

void store_deadline(struct store *db, int64_t ms)
{
    ASSERT(ms >= 0);
    db->deadline = ms ? mono_ms() + ms : 0;
    db->engine->deadline(db, ms);
}

void store_fault_in(struct store *db, int64_t k)
{
    ASSERT(k >= 0);
    db->fault = k;
    db->fault_fired = false;
}

bool store_fault_fired(const struct store *db)
{
    return db->fault_fired;
}

/* --- text of statements, housekeeping --------------------------------------------------------- */

static bool check_scanned(struct store *db, struct stmt *st, const char *sql, struct err *e)
{
    size_t size = strlen(sql) + 1;
    st->sql = mem_new(size);
    memcpy(st->sql, sql, size);
    bool ok = stmt_scan(sql, st, e) && db->engine->check(db, st, e);
    free(st->sql);
    return ok;
}

bool store_check(struct store *db, const char *sql, struct err *e)
{
    struct stmt st = {0};
    return enter(db, e) && leave(db, check_scanned(db, &st, sql, e));
}

/* Replaces {I64} and the like.  Other braces are left alone, but not other {WORDS}. */
static bool ddl_words(const struct engine *en, const char *sql, struct buf *out, struct err *e)
{
    const struct {
        const char *macro, *word;
    } WORDS[] = {{"{I64}", en->i64},
                 {"{TXT}", en->txt},
                 {"{BLOB}", en->blob},
                 {"{STRICT}", en->strict},
                 {"{KEYED}", en->keyed}};
    while (*sql) {
        size_t i = 0, len = 0;
        while (i < COUNT_OF(WORDS) &&
               (len = strlen(WORDS[i].macro), strncmp(sql, WORDS[i].macro, len) != 0))
            i++;
        if (i < COUNT_OF(WORDS)) {
            buf_c(out, WORDS[i].word);
            sql += len;
        } else if (sql[0] == '{' && sql[1] >= 'A' && sql[1] <= 'Z') {
            return stmt_blame(sql, ERR_STORE, "unknown word in braces", e);
        } else {
            buf_char(out, *sql++);
        }
    }
    buf_char(out, '\0');
    return buf_ok(out) || err_set(e, ERR_TOO_BIG, "the DDL is too long");
}

bool store_ddl(struct store *db, const char *sql, struct err *e)
{
    struct buf b AUTO(buf_free) = BUF(4 * 1024 * 1024);
    return enter(db, e) &&
           leave(db, ddl_words(db->engine, sql, &b, e) && db->engine->run(db, buf_view(&b).ptr, e));
}

bool store_checkpoint(struct store *db, bool truncate, struct err *e)
{
    ASSERT(!db->in_tx);
    return enter(db, e) && db->engine->checkpoint(db, truncate, e);
}

int64_t store_wal_pages(struct store *db)
{
    return db->engine->wal_pages(db);
}

bool store_copy(struct store *db, const char *to_file, struct err *e)
{
    ASSERT(!db->in_tx);
    return enter(db, e) && db->engine->copy(db, to_file, e);
}
