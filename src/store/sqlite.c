/* SQLite 3.40: one file, WAL.  Readers map the file; the writer forgets what it overwrites
 * (secure_delete) and leaves checkpoints to another thread. */
#include "store/store_int.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PROGRESS_STEPS = 1000, /* virtual machine steps between two looks at the clock */
    BULK_WAL_PAGES = 20000,
    WAL_PAGE = 4096 + 24,
};

struct lite {
    struct store base;
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *rollback, *snapshot;
    const char *path;          /* in base.url */
    size_t open_writes;        /* statements with RETURNING whose rows are being read */
    bool asking;               /* a question is running: the deadline may stop it */
    _Atomic int64_t wal_pages; /* as of the last commit here; -1: none yet */
};

static struct lite *lite_of(struct store *db)
{
    return (struct lite *)db;
}

static sqlite3_stmt *handle(const struct stmt *st)
{
    return st->handle;
}

/* --- errors ----------------------------------------------------------------------------------- */

static enum err_code code_of(sqlite3 *db, int rc)
{
    switch (rc) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return ERR_UNIQUE;
    default:
        break;
    }
    switch (rc & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ERR_BUSY;
    case SQLITE_FULL:
        return ERR_FULL;
    case SQLITE_INTERRUPT:
        return ERR_DEADLINE;
    case SQLITE_IOERR: { /* the file of shared memory could not grow */
        int os = sqlite3_system_errno(db);
        return os == ENOSPC || os == EDQUOT ? ERR_FULL : ERR_STORE;
    }
    default:
        return ERR_STORE;
    }
}

static bool lite_fail(struct lite *l, const char *sql, struct err *e)
{
    enum err_code code = code_of(l->db, sqlite3_extended_errcode(l->db));
    return stmt_blame(sql, code, sqlite3_errmsg(l->db), e);
}

/* --- connection ------------------------------------------------------------------------------- */

static int out_of_time(void *self)
{
    const struct lite *l = self;
    return l->asking && mono_ms() >= l->base.deadline;
}

static int note_wal(void *self, sqlite3 *db, const char *name, int pages)
{
    struct lite *l = self;
    UNUSED(db);
    UNUSED(name);
    atomic_store(&l->wal_pages, pages);
    return SQLITE_OK;
}

/* Without the count of memory, threads do not meet at one lock for every allocation. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static bool lite_run(struct store *db, const char *sql, struct err *e)
{
    struct lite *l = lite_of(db);
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK || lite_fail(l, sql, e);
}

static bool set_wal(struct lite *l, struct err *e)
{
    sqlite3_stmt *st = NULL;
    const char *sql = "PRAGMA journal_mode=WAL";
    bool ok = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) == SQLITE_OK;
    int rc = ok ? sqlite3_step(st) : SQLITE_ERROR;
    /* The busy handler is not asked for this change: two that open a new file meet here. */
    for (int tries = 0; (rc & 0xff) == SQLITE_BUSY && tries < 500; tries++) {
        sqlite3_reset(st);
        sqlite3_sleep(10);
        rc = sqlite3_step(st);
    }
    ok = rc == SQLITE_ROW;
    if (!ok)
        lite_fail(l, sql, e);
    else if (sqlite3_stricmp((const char *)sqlite3_column_text(st, 0), "wal") != 0 &&
             strcmp(l->path, ":memory:") != 0)
        ok = err_set(e, ERR_STORE, "this file system cannot hold a write-ahead log");
    sqlite3_finalize(st);
    return ok;
}

/* Cache sizes: decision 35.  LIKE and "double quotes" as on PostgreSQL. */
static bool set_up(struct lite *l, struct err *e)
{
    static const char *const PRAGMAS[] = {
        [STORE_READ] = "PRAGMA cache_size=-4096;"
                       "PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=ON;"
                       "PRAGMA query_only=ON",
        [STORE_WRITE] = "PRAGMA cache_size=-32768; PRAGMA synchronous=FULL;"
                        "PRAGMA secure_delete=ON; PRAGMA wal_autocheckpoint=0;"
                        "PRAGMA temp_store=MEMORY; PRAGMA case_sensitive_like=ON",
        [STORE_BULK] = "PRAGMA cache_size=-131072; PRAGMA synchronous=OFF;"
                       "PRAGMA secure_delete=OFF; PRAGMA temp_store=MEMORY;"
                       "PRAGMA case_sensitive_like=ON",
    };
    sqlite3_extended_result_codes(l->db, 1);
    sqlite3_busy_timeout(l->db, BUSY_MS);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(l->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (l->base.mode != STORE_READ && !set_wal(l, e))
        return false;
    if (!lite_run(&l->base, PRAGMAS[l->base.mode], e))
        return false;
    if (l->base.mode == STORE_WRITE)
        sqlite3_wal_hook(l->db, note_wal, l);
    if (l->base.mode == STORE_BULK)
        sqlite3_wal_autocheckpoint(l->db, BULK_WAL_PAGES);
    return true;
}

static bool prepare_tx(struct lite *l, struct err *e)
{
    const struct {
        sqlite3_stmt **st;
        const char *sql;
    } ALL[] = {
        {&l->begin, l->base.mode == STORE_READ ? "BEGIN" : "BEGIN IMMEDIATE"},
        {&l->commit, "COMMIT"},
        {&l->rollback, "ROLLBACK"},
        {&l->snapshot, "SELECT 1 FROM sqlite_schema LIMIT 1"},
    };
    for (size_t i = 0; i < COUNT_OF(ALL); i++)
        if (sqlite3_prepare_v3(l->db, ALL[i].sql, -1, SQLITE_PREPARE_PERSISTENT, ALL[i].st, NULL) !=
            SQLITE_OK)
            return lite_fail(l, ALL[i].sql, e);
    return true;
}

static void lite_close(struct store *db)
{
    struct lite *l = lite_of(db);
    sqlite3_finalize(l->begin);
    sqlite3_finalize(l->commit);
    sqlite3_finalize(l->rollback);
    sqlite3_finalize(l->snapshot);
    int rc = sqlite3_close(l->db);
    ASSERT(rc == SQLITE_OK); /* else rows were left open */
    free(l);
}

static bool lite_open(const char *url, enum store_mode mode, struct store **out, struct err *e)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
    if (!*store_file(url))
        return err_set(e, ERR_STORE, "the name of the database file is empty");
    struct lite *l = mem_new(sizeof *l);
    *l = (struct lite){.base = {.engine = &sqlite_engine, .mode = mode}, .wal_pages = -1};
    size_t size = strlen(url) + 1;
    l->base.url = mem_new(size);
    memcpy(l->base.url, url, size);
    l->path = store_file(l->base.url);
    int flags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (mode == STORE_READ ? 0 : SQLITE_OPEN_CREATE);
    bool ok = sqlite3_open_v2(l->path, &l->db, flags, NULL) == SQLITE_OK;
    if (!ok)
        err_set(e, code_of(l->db, sqlite3_extended_errcode(l->db)), "%s: %s", l->path,
                sqlite3_errmsg(l->db));
    if (!ok || !set_up(l, e) || !prepare_tx(l, e)) {
        free(l->base.url);
        lite_close(&l->base);
        return false;
    }
    *out = &l->base;
    return true;
}

static bool lite_ready(struct store *db, struct err *e)
{
    UNUSED(db);
    UNUSED(e);
    return true;
}

static bool lite_exists(const char *url, bool *yes, struct err *e)
{
    struct stat st;
    if (stat(store_file(url), &st) == 0) {
        *yes = true;
        return true;
    }
    if (errno != ENOENT && errno != ENOTDIR)
        return err_set(e, ERR_IO, "%s: %s", store_file(url), strerror(errno));
    *yes = false;
    return true;
}

/* --- statements ------------------------------------------------------------------------------- */

/* $k is a name for SQLite, numbered as it appears: `SELECT $2 || $1` gives $2 the index 1. */
static void map_params(struct stmt *st)
{
    bool same = true;
    for (size_t k = 1; k <= st->n_params; k++) {
        char name[16];
        snprintf(name, sizeof name, "$%zu", k);
        int at = sqlite3_bind_parameter_index(handle(st), name);
        ASSERT(at > 0); /* the scanner saw it */
        if (at != (int)k && same) {
            same = false;
            st->index = mem_new(st->n_params * sizeof *st->index);
            for (size_t i = 0; i + 1 < k; i++)
                st->index[i] = (int)i + 1;
        }
        if (!same)
            st->index[k - 1] = at;
    }
}

static bool compile(struct lite *l, struct stmt *st, unsigned flags, struct err *e)
{
    sqlite3_stmt *made = NULL;
    const char *rest = NULL;
    if (sqlite3_prepare_v3(l->db, st->sql, -1, flags, &made, &rest) != SQLITE_OK)
        return lite_fail(l, st->sql, e);
    st->handle = made;
    while (*rest == ' ' || *rest == '\n' || *rest == '\t' || *rest == ';')
        rest++;
    if (!made || *rest)
        return stmt_blame(st->sql, ERR_STORE, "exactly one statement is wanted", e);
    if ((size_t)sqlite3_bind_parameter_count(made) != st->n_params)
        return stmt_blame(st->sql, ERR_STORE, "parameters are not read as they look", e);
    return true;
}

static bool lite_prepare(struct store *db, struct stmt *st, const struct cell *args, struct err *e)
{
    UNUSED(args);
    if (!compile(lite_of(db), st, SQLITE_PREPARE_PERSISTENT, e))
        return false;
    st->read_only = sqlite3_stmt_readonly(handle(st)) != 0;
    map_params(st);
    return true;
}

static void lite_finish(struct store *db, struct stmt *st)
{
    UNUSED(db);
    sqlite3_finalize(handle(st));
}

static bool lite_check(struct store *db, struct stmt *st, struct err *e)
{
    bool ok = compile(lite_of(db), st, 0, e);
    sqlite3_finalize(handle(st));
    return ok;
}

/* Values are borrowed: the caller keeps them until the statement is reset.  With `copy` (large
 * enough for all) they are put there first, because the rows of a question outlive the call. */
static bool bind(struct lite *l, const struct stmt *st, const struct cell *args, char *copy,
                 struct err *e)
{
    int rc = SQLITE_OK;
    for (size_t i = 0; i < st->n_params && rc == SQLITE_OK; i++) {
        int at = st->index ? st->index[i] : (int)i + 1;
        size_t len = args[i].kind >= CELL_TEXT ? args[i].s.len : 0;
        const char *p = len ? args[i].s.ptr : ""; /* a null pointer would bind NULL */
        if (copy && len) {
            p = memcpy(copy, p, len);
            copy += len;
        }
        switch (args[i].kind) {
        case CELL_NULL:
            rc = sqlite3_bind_null(handle(st), at);
            break;
        case CELL_INT:
            rc = sqlite3_bind_int64(handle(st), at, args[i].i);
            break;
        case CELL_TEXT: /* PostgreSQL refuses it, so this does */
            if (!str_utf8_ok((struct str){p, len}))
                return stmt_blame(st->sql, ERR_STORE, "a text is not UTF-8 or has a NUL", e);
            rc = sqlite3_bind_text64(handle(st), at, p, len, SQLITE_STATIC, SQLITE_UTF8);
            break;
        case CELL_BLOB:
            rc = sqlite3_bind_blob64(handle(st), at, p, len, SQLITE_STATIC);
            break;
        }
    }
    return rc == SQLITE_OK || lite_fail(l, st->sql, e);
}

/* Binds and runs to the end. */
static bool run_once(struct lite *l, struct stmt *st, const struct cell *args, struct err *e)
{
    if (!bind(l, st, args, NULL, e))
        return false;
    int rc;
    do {
        rc = sqlite3_step(handle(st));
    } while (rc == SQLITE_ROW);
    if (rc != SQLITE_DONE)
        lite_fail(l, st->sql, e);
    sqlite3_reset(handle(st));
    return rc == SQLITE_DONE;
}

static bool lite_exec(struct store *db, struct stmt *st, const struct cell *args, int64_t *changed,
                      struct err *e)
{
    struct lite *l = lite_of(db);
    if (!run_once(l, st, args, e))
        return false;
    *changed = st->counts && !st->read_only ? sqlite3_changes64(l->db) : 0;
    return true;
}

static bool lite_many(struct store *db, struct stmt *st, const struct cell *cells, size_t n_rows,
                      struct err *e)
{
    for (size_t r = 0; r < n_rows; r++)
        if (!run_once(lite_of(db), st, cells + r * st->n_params, e))
            return false;
    return true;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool bind_copies(struct lite *l, struct stmt *st, const struct cell *args, struct err *e)
{
    size_t size = 1;
    for (size_t i = 0; i < st->n_params; i++)
        size += args[i].kind >= CELL_TEXT ? args[i].s.len : 0;
    if (size > st->copy_cap) {
        st->copy = mem_grow(st->copy, size);
        st->copy_cap = size;
    }
    return bind(l, st, args, st->copy, e);
}

static int step(struct lite *l, const struct stmt *st)
{
    l->asking = l->base.deadline && st->read_only;
    int rc = sqlite3_step(handle(st));
    l->asking = false;
    return rc;
}

static void lite_end(struct rows *r)
{
    struct stmt *st = r->stmt;
    struct lite *l = lite_of(r->db);
    sqlite3_reset(handle(st));
    if (!st->read_only && !st->over) {
        ASSERT(l->open_writes > 0);
        l->open_writes--;
    }
    st->busy = st->over = false;
    r->stmt = NULL;
}

/* The first row is fetched at once, so that a statement with RETURNING has run when the call
 * returns, as on PostgreSQL.  r->row is 0 until that row was given out. */
static bool lite_query(struct store *db, struct stmt *st, const struct cell *args, struct rows *r)
{
    struct lite *l = lite_of(db);
    if (!bind_copies(l, st, args, r->e))
        return false;
    int rc = step(l, st);
    if (rc == SQLITE_ROW) {
        st->busy = true;
        l->open_writes += !st->read_only;
        r->stmt = st;
        return true;
    }
    if (rc != SQLITE_DONE)
        lite_fail(l, st->sql, r->e);
    sqlite3_reset(handle(st));
    return rc == SQLITE_DONE;
}

static bool lite_next(struct rows *r)
{
    struct stmt *st = r->stmt;
    struct lite *l = lite_of(r->db);
    if (st->over)
        return false;
    if (r->row++ == 0)
        return true;
    int rc = step(l, st);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        lite_fail(l, st->sql, r->e);
    lite_end(r);
    return false;
}

/* Reads nothing before the first row, behind the last one, or from a column that is not there. */
static const struct stmt *row_of(const struct rows *r, int col)
{
    const struct stmt *st = r->stmt;
    ASSERT(st && !st->over && r->row > 0);
    ASSERT(col >= 0 && col < sqlite3_data_count(handle(st)));
    return st;
}

static bool lite_null(const struct rows *r, int col)
{
    return sqlite3_column_type(handle(row_of(r, col)), col) == SQLITE_NULL;
}

static int64_t lite_integer(const struct rows *r, int col)
{
    const struct stmt *st = row_of(r, col);
    int type = sqlite3_column_type(handle(st), col);
    if (type == SQLITE_INTEGER)
        return sqlite3_column_int64(handle(st), col);
    if (type != SQLITE_NULL)
        stmt_blame(st->sql, ERR_STORE, "a column is not an integer", r->e);
    return 0;
}

static struct str lite_string(const struct rows *r, int col)
{
    const struct stmt *st = row_of(r, col);
    int type = sqlite3_column_type(handle(st), col);
    if (type == SQLITE_NULL)
        return STR_NONE;
    if (type != SQLITE_TEXT && type != SQLITE_BLOB) {
        stmt_blame(st->sql, ERR_STORE, "a column is neither text nor blob", r->e);
        return STR_NONE;
    }
    const void *p = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(handle(st), col)
                                        : sqlite3_column_blob(handle(st), col);
    size_t len = (size_t)sqlite3_column_bytes(handle(st), col);
    return (struct str){len ? p : "", len};
}

static int lite_columns(const struct rows *r)
{
    const struct stmt *st = r->stmt;
    return sqlite3_column_count(handle(st));
}

/* --- transactions ----------------------------------------------------------------------------- */

static bool once(struct lite *l, sqlite3_stmt *st, struct err *e)
{
    int rc = sqlite3_step(st);
    bool ok = rc == SQLITE_DONE || rc == SQLITE_ROW;
    if (!ok)
        lite_fail(l, sqlite3_sql(st), e);
    sqlite3_reset(st);
    return ok;
}

static bool lite_begin(struct store *db, struct err *e)
{
    struct lite *l = lite_of(db);
    if (!once(l, l->begin, e))
        return false;
    if (db->mode != STORE_READ || once(l, l->snapshot, e))
        return true;
    sqlite3_step(l->rollback);
    sqlite3_reset(l->rollback);
    return false;
}

/* COMMIT waits for nobody: rows of RETURNING that nobody read to the end must go first. */
static void end_writes(struct lite *l)
{
    for (size_t i = 0; l->open_writes && i < STMT_BUCKETS; i++)
        for (struct stmt *st = l->base.buckets[i]; st; st = st->next)
            if (st->busy && !st->read_only && !st->over) {
                sqlite3_reset(handle(st));
                st->over = true;
                l->open_writes--;
            }
    ASSERT(l->open_writes == 0);
}

static bool lite_commit(struct store *db, struct err *e)
{
    struct lite *l = lite_of(db);
    end_writes(l);
    if (sqlite3_get_autocommit(l->db))
        return err_set(e, ERR_STORE, "the transaction was already rolled back");
    return once(l, l->commit, e);
}

static void lite_rollback(struct store *db)
{
    struct lite *l = lite_of(db);
    end_writes(l);
    sqlite3_step(l->rollback); /* an error after SQLITE_FULL and the like, which rolled back */
    sqlite3_reset(l->rollback);
    ASSERT(sqlite3_get_autocommit(l->db));
}

static void end_reads(struct store *const *dbs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        lite_rollback(dbs[i]);
}

/* What PRAGMA data_version says to this connection: another number once another one has committed. */
static bool data_version(struct lite *l, int64_t *out, struct err *e)
{
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(l->db, "PRAGMA data_version", -1, &st, NULL) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_ROW;
    if (ok)
        *out = sqlite3_column_int64(st, 0);
    else
        lite_fail(l, "PRAGMA data_version", e);
    sqlite3_finalize(st);
    return ok;
}

/* The first one begins last: when nothing was committed since it looked, all the others see what it sees. */
static bool lite_begin_together(struct store *const *dbs, size_t n, struct err *e)
{
    enum { ATTEMPTS = 1000 };
    struct lite *first = lite_of(dbs[0]);
    for (int i = 0; i < ATTEMPTS; i++) {
        int64_t before, after;
        bool ok = data_version(first, &before, e);
        for (size_t k = n; k-- && ok;)
            ok = lite_begin(dbs[k], e);
        ok = ok && data_version(first, &after, e);
        if (ok && before == after)
            return true;
        end_reads(dbs, n);
        if (!ok)
            return false;
    }
    return err_set(e, ERR_BUSY, "no snapshot was to be had for several readers");
}

static void lite_deadline(struct store *db, int64_t ms)
{
    struct lite *l = lite_of(db);
    sqlite3_busy_timeout(l->db, ms ? (int)min64(ms, BUSY_MS) : BUSY_MS);
    if (ms)
        sqlite3_progress_handler(l->db, PROGRESS_STEPS, out_of_time, l);
    else
        sqlite3_progress_handler(l->db, 0, NULL, NULL);
}

/* --- the file --------------------------------------------------------------------------------- */

/* What was checkpointed without synchronisation is brought to the disk through SQLite's own file:
 * closing a descriptor of our own would drop its locks. */
static bool sync_file(struct lite *l, struct err *e)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(l->db, "main", SQLITE_FCNTL_FILE_POINTER, &f) == SQLITE_OK && f &&
        f->pMethods && f->pMethods->xSync(f, SQLITE_SYNC_FULL) == SQLITE_OK)
        return true;
    return err_set(e, ERR_IO, "%s could not be synchronised", l->path);
}

static bool lite_checkpoint(struct store *db, bool truncate, struct err *e)
{
    struct lite *l = lite_of(db);
    int pages = 0, done = 0;
    bool bulk = db->mode == STORE_BULK;
    if (bulk && !lite_run(db, "PRAGMA synchronous=FULL", e))
        return false;
    sqlite3_busy_timeout(l->db, 0); /* it would hold up the writer while it waits for readers */
    int rc = sqlite3_wal_checkpoint_v2(
        l->db, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, &pages,
        &done);
    if (rc != SQLITE_OK)
        lite_fail(l, "checkpoint", e);
    sqlite3_busy_timeout(l->db, BUSY_MS);
    if (rc == SQLITE_OK && db->mode == STORE_WRITE)
        atomic_store(&l->wal_pages, pages == done ? 0 : pages);
    if (!bulk)
        return rc == SQLITE_OK;
    return rc == SQLITE_OK && sync_file(l, e) && lite_run(db, "PRAGMA synchronous=OFF", e);
}

static int64_t lite_wal_pages(struct store *db)
{
    struct lite *l = lite_of(db);
    int64_t pages = atomic_load(&l->wal_pages);
    if (pages >= 0)
        return pages;
    char wal[4096];
    struct stat st;
    int n = snprintf(wal, sizeof wal, "%s-wal", l->path);
    return n < (int)sizeof wal && stat(wal, &st) == 0 ? st.st_size / WAL_PAGE : 0;
}

static bool sync_path(const char *path, int flags, struct err *e)
{
    int fd = open(path, flags | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok)
        err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return ok;
}

static bool sync_folder_of(const char *file, struct err *e)
{
    char dir[4096];
    const char *slash = strrchr(file, '/');
    if (!slash)
        return sync_path(".", O_RDONLY | O_DIRECTORY, e);
    snprintf(dir, sizeof dir, "%.*s", slash == file ? 1 : (int)(slash - file), file);
    return sync_path(dir, O_RDONLY | O_DIRECTORY, e);
}

static bool vacuum_into(struct lite *l, const char *to_file, struct err *e)
{
    sqlite3_stmt *st = NULL;
    const char *sql = "VACUUM INTO $1";
    bool ok = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL) == SQLITE_OK &&
              sqlite3_bind_text(st, 1, to_file, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_DONE;
    if (!ok)
        lite_fail(l, sql, e);
    sqlite3_finalize(st);
    return ok;
}

static bool lite_copy(struct store *db, const char *to_file, struct err *e)
{
    struct lite *l = lite_of(db);
    if (access(to_file, F_OK) == 0)
        return err_set(e, ERR_IO, "%s is there already", to_file);
    bool reader = db->mode == STORE_READ; /* query_only would forbid the copy too */
    if (reader && !lite_run(db, "PRAGMA query_only=OFF", e))
        return false;
    bool ok = vacuum_into(l, to_file, e);
    if (reader)
        ok = lite_run(db, "PRAGMA query_only=ON", e) && ok;
    ok = ok && sync_path(to_file, O_RDONLY, e) && sync_folder_of(to_file, e);
    if (!ok)
        unlink(to_file);
    return ok;
}

const struct engine sqlite_engine = {
    .id = STORE_SQLITE,
    .open = lite_open,
    .close = lite_close,
    .ready = lite_ready,
    .exists = lite_exists,
    .prepare = lite_prepare,
    .finish = lite_finish,
    .exec = lite_exec,
    .many = lite_many,
    .query = lite_query,
    .next = lite_next,
    .end = lite_end,
    .null = lite_null,
    .integer = lite_integer,
    .string = lite_string,
    .columns = lite_columns,
    .begin = lite_begin,
    .begin_together = lite_begin_together,
    .commit = lite_commit,
    .rollback = lite_rollback,
    .run = lite_run,
    .check = lite_check,
    .deadline = lite_deadline,
    .checkpoint = lite_checkpoint,
    .wal_pages = lite_wal_pages,
    .copy = lite_copy,
    .i64 = "INTEGER",
    .txt = "TEXT",
    .blob = "BLOB",
    .strict = "STRICT",
    .keyed = "STRICT, WITHOUT ROWID",
    .sql_has_table = "SELECT 1 FROM sqlite_schema WHERE type IN ('table', 'view') AND name = $1",
    .sql_has_column = "SELECT 1 FROM pragma_table_info($1) WHERE name = $2",
    .sql_has_any = "SELECT 1 FROM sqlite_schema LIMIT 1",
    .sql_lock_schema = NULL, /* BEGIN IMMEDIATE has locked everything */
};
