/* PostgreSQL 15 through libpq: binary parameters and answers, prepared statements, pipelines. */
#include "store/store_int.h"
#include <endian.h>
#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>

enum {
    PIPELINE_ROWS = 256, /* between two synchronisations: the answers of so many fit any socket */
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_NAME = 19,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_VARCHAR = 1043,
};

struct pg {
    struct store base;
    PGconn *conn;
    uint64_t serial;     /* of the last statement name */
    const char **values; /* parameters of one call */
    int *lengths, *formats;
    Oid *types;
    uint64_t *ints;
    size_t cap;
};

static struct pg *pg_of(struct store *db)
{
    return (struct pg *)db;
}

static PGresult *answer_of(const struct rows *r)
{
    return r->stmt;
}

/* --- errors ----------------------------------------------------------------------------------- */

static enum err_code code_of(const char *state)
{
    static const struct {
        const char *state;
        enum err_code code;
    } CODES[] = {
        {"23505", ERR_UNIQUE}, {"40001", ERR_BUSY}, {"40P01", ERR_BUSY},
        {"55P03", ERR_BUSY},   {"53100", ERR_FULL},
    };
    for (size_t i = 0; i < COUNT_OF(CODES); i++)
        if (strcmp(state, CODES[i].state) == 0)
            return CODES[i].code;
    return ERR_STORE;
}

/* The state of the answer, or "" when there was none. */
static const char *state_of(const PGresult *res)
{
    const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
    return state ? state : "";
}

static bool pg_fail(struct pg *pg, const PGresult *res, const char *sql, struct err *e)
{
    const char *state = state_of(res);
    enum err_code code = code_of(state);
    const char *text = res ? PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    if (!text || !*text)
        text = PQerrorMessage(pg->conn);
    if (strcmp(state, "57014") == 0 && pg->base.deadline && mono_ms() >= pg->base.deadline)
        return err_set(e, ERR_DEADLINE, "the question ran out of time");
    return stmt_blame(sql, code, *text ? text : "PostgreSQL gave no reason", e);
}

/* --- connection ------------------------------------------------------------------------------- */

static void keep_quiet(void *self, const PGresult *res)
{
    UNUSED(self);
    UNUSED(res);
}

static bool pg_run(struct store *db, const char *sql, struct err *e)
{
    struct pg *pg = pg_of(db);
    PGresult *res = PQexec(pg->conn, sql);
    ExecStatusType status = PQresultStatus(res);
    bool ok =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!ok)
        pg_fail(pg, res, sql, e);
    PQclear(res);
    return ok;
}

/* What every connection of ours wants, after it was made and after it was made again. */
static bool set_up(struct pg *pg, struct err *e)
{
    static const char *const SETTINGS[] = {
        [STORE_READ] = "SET default_transaction_read_only = on",
        [STORE_WRITE] = "SET default_transaction_isolation = 'read committed'",
        [STORE_BULK] = "SET synchronous_commit = off",
    };
    const char *encoding = PQparameterStatus(pg->conn, "server_encoding");
    if (!encoding || strcmp(encoding, "UTF8") != 0)
        return err_set(e, ERR_STORE, "the database must have the encoding UTF8, not %s",
                       encoding ? encoding : "unknown");
    PQsetNoticeReceiver(pg->conn, keep_quiet, NULL);
    char sql[200];
    snprintf(sql, sizeof sql,
             "SET lock_timeout = %d; SET jit = off; SET standard_conforming_strings = on; %s",
             BUSY_MS, SETTINGS[pg->base.mode]);
    return pg_run(&pg->base, sql, e);
}

static PGconn *dial(const char *url, const char *dbname)
{
    const char *const names[] = {"connect_timeout", "application_name",       "dbname",
                                 "client_encoding", dbname ? "dbname" : NULL, NULL};
    const char *const values[] = {"10", "bihuan", url, "UTF8", dbname, NULL};
    return PQconnectdbParams(names, values, 1); /* what the URL says goes before what stands left */
}

static void pg_close(struct store *db)
{
    struct pg *pg = pg_of(db);
    PQfinish(pg->conn);
    free(pg->values);
    free(pg->lengths);
    free(pg->formats);
    free(pg->types);
    free(pg->ints);
    free(pg);
}

static bool pg_open(const char *url, enum store_mode mode, struct store **out, struct err *e)
{
    struct pg *pg = mem_new(sizeof *pg);
    *pg = (struct pg){.base = {.engine = &postgres_engine, .mode = mode}};
    pg->conn = dial(url, NULL);
    bool ok = PQstatus(pg->conn) == CONNECTION_OK;
    if (!ok)
        err_set(e, ERR_STORE, "PostgreSQL: %s", PQerrorMessage(pg->conn));
    if (!ok || !set_up(pg, e)) {
        pg_close(&pg->base);
        return false;
    }
    size_t size = strlen(url) + 1;
    pg->base.url = mem_new(size);
    memcpy(pg->base.url, url, size);
    *out = &pg->base;
    return true;
}

/* After a fail-over the connection is made again by the next call outside a transaction. */
static bool pg_ready(struct store *db, struct err *e)
{
    struct pg *pg = pg_of(db);
    if (PQstatus(pg->conn) == CONNECTION_OK)
        return true;
    stmt_drop_all(db);
    PQreset(pg->conn);
    if (PQstatus(pg->conn) != CONNECTION_OK)
        return err_set(e, ERR_STORE, "PostgreSQL: %s", PQerrorMessage(pg->conn));
    return set_up(pg, e);
}

static bool listed(PGconn *conn, const char *name, bool *yes, struct err *e)
{
    const char *const values[] = {name};
    PGresult *res = PQexecParams(conn, "SELECT 1 FROM pg_database WHERE datname = $1", 1, NULL,
                                 values, NULL, NULL, 0);
    bool ok = PQresultStatus(res) == PGRES_TUPLES_OK;
    if (ok)
        *yes = PQntuples(res) > 0;
    else
        err_set(e, ERR_STORE, "PostgreSQL: %s", PQerrorMessage(conn));
    PQclear(res);
    return ok;
}

/* The refusal "no such database" has no code of its own in libpq, only a translated text: so the
 * catalogue is asked, through the database that every server has. */
static bool pg_exists(const char *url, bool *yes, struct err *e)
{
    PGconn *conn = dial(url, NULL);
    bool there = PQstatus(conn) == CONNECTION_OK;
    char name[128];
    snprintf(name, sizeof name, "%s", PQdb(conn) ? PQdb(conn) : "");
    PQfinish(conn);
    if (there) {
        *yes = true;
        return true;
    }
    conn = dial(url, "postgres");
    bool ok = PQstatus(conn) == CONNECTION_OK;
    if (!ok)
        err_set(e, ERR_STORE, "PostgreSQL: %s", PQerrorMessage(conn));
    else if ((ok = listed(conn, name, &there, e)) && there)
        ok = err_set(e, ERR_STORE, "the database %s is there but refuses to connect", name);
    PQfinish(conn);
    if (ok)
        *yes = false;
    return ok;
}

/* --- parameters ------------------------------------------------------------------------------- */

static void make_space(struct pg *pg, size_t n)
{
    if (n <= pg->cap)
        return;
    pg->values = mem_grow(pg->values, n * sizeof *pg->values);
    pg->lengths = mem_grow(pg->lengths, n * sizeof *pg->lengths);
    pg->formats = mem_grow(pg->formats, n * sizeof *pg->formats);
    pg->types = mem_grow(pg->types, n * sizeof *pg->types);
    pg->ints = mem_grow(pg->ints, n * sizeof *pg->ints);
    pg->cap = n;
}

/* All in binary: a text in the other form would end at its first NUL without a word. */
static bool bind(struct pg *pg, const struct stmt *st, const struct cell *args, struct err *e)
{
    make_space(pg, st->n_params);
    for (size_t i = 0; i < st->n_params; i++) {
        pg->formats[i] = 1;
        switch (args[i].kind) {
        case CELL_NULL:
            pg->values[i] = NULL;
            pg->lengths[i] = 0;
            break;
        case CELL_INT:
            pg->ints[i] = htobe64((uint64_t)args[i].i);
            pg->values[i] = (const char *)&pg->ints[i];
            pg->lengths[i] = 8;
            break;
        case CELL_TEXT:
        case CELL_BLOB:
            if (args[i].s.len > INT32_MAX / 2)
                return err_set(e, ERR_TOO_BIG, "a value of %zu bytes", args[i].s.len);
            pg->values[i] = args[i].s.ptr ? args[i].s.ptr : "";
            pg->lengths[i] = (int)args[i].s.len;
            break;
        }
    }
    return true;
}

static Oid type_of(enum cell_kind kind)
{
    switch (kind) {
    case CELL_INT:
        return OID_INT8;
    case CELL_TEXT:
        return OID_TEXT;
    case CELL_BLOB:
        return OID_BYTEA;
    case CELL_NULL:
        break;
    }
    return 0; /* the server finds it out */
}

static enum cell_kind kind_of(Oid type)
{
    switch (type) {
    case OID_INT8:
        return CELL_INT;
    case OID_TEXT:
    case OID_VARCHAR:
        return CELL_TEXT;
    case OID_BYTEA:
        return CELL_BLOB;
    default:
        return CELL_NULL;
    }
}

/* A statement was prepared for certain kinds; NULL fits any of them. */
static bool pg_fits(const struct stmt *st, const struct cell *args)
{
    for (size_t i = 0; i < st->n_params; i++)
        if (args[i].kind != CELL_NULL && args[i].kind != (enum cell_kind)st->kinds[i])
            return false;
    return true;
}

/* --- statements ------------------------------------------------------------------------------- */

static bool prepare_as(struct pg *pg, const char *name, const struct stmt *st, struct err *e)
{
    PGresult *res = PQprepare(pg->conn, name, st->sql, (int)st->n_params, pg->types);
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    if (!ok)
        pg_fail(pg, res, st->sql, e);
    PQclear(res);
    return ok;
}

/* The kinds the server found for parameters that were NULL the first time, so that their first
 * value needs no second statement. */
static bool learn_kinds(struct pg *pg, struct stmt *st, struct err *e)
{
    PGresult *res = PQdescribePrepared(pg->conn, st->name);
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    if (!ok)
        pg_fail(pg, res, st->sql, e);
    for (size_t i = 0; ok && i < st->n_params; i++)
        st->kinds[i] = (uint8_t)kind_of(PQparamtype(res, (int)i));
    PQclear(res);
    return ok;
}

static bool pg_prepare(struct store *db, struct stmt *st, const struct cell *args, struct err *e)
{
    struct pg *pg = pg_of(db);
    bool unknown = false;
    make_space(pg, st->n_params);
    st->kinds = mem_new(st->n_params);
    for (size_t i = 0; i < st->n_params; i++) {
        st->kinds[i] = (uint8_t)args[i].kind;
        pg->types[i] = type_of(args[i].kind);
        unknown |= args[i].kind == CELL_NULL;
    }
    char name[sizeof st->name];
    snprintf(name, sizeof name, "s%llu", (unsigned long long)++pg->serial);
    if (!prepare_as(pg, name, st, e))
        return false;
    memcpy(st->name, name, sizeof name); /* from here on the server must be told to forget it */
    return !unknown || learn_kinds(pg, st, e);
}

static void pg_finish(struct store *db, struct stmt *st)
{
    struct pg *pg = pg_of(db);
    PGTransactionStatusType tx = PQtransactionStatus(pg->conn);
    bool can = tx == PQTRANS_IDLE || tx == PQTRANS_INTRANS;
    if (!st->name[0] || !can || db->closing)
        return;
    char sql[64];
    snprintf(sql, sizeof sql, "DEALLOCATE %s", st->name);
    PQclear(PQexec(pg->conn, sql));
}

/* Waits for the answer, until the deadline; then the server is asked to stop. */
static void wait_or_cancel(struct pg *pg)
{
    struct pollfd fd = {.fd = PQsocket(pg->conn), .events = POLLIN};
    while (PQisBusy(pg->conn)) {
        int64_t left = pg->base.deadline - mono_ms();
        int n = left > 0 ? poll(&fd, 1, (int)min64(left, 60 * 1000)) : 0;
        if (n == 0 && pg->base.deadline - mono_ms() <= 0) {
            char why[128];
            PGcancel *cancel = PQgetCancel(pg->conn);
            PQcancel(cancel, why, sizeof why);
            PQfreeCancel(cancel);
            return;
        }
        if ((n > 0 && !PQconsumeInput(pg->conn)) || (n < 0 && errno != EINTR))
            return;
    }
}

static PGresult *call(struct pg *pg, const struct stmt *st, bool timed)
{
    if (!PQsendQueryPrepared(pg->conn, st->name, (int)st->n_params, pg->values, pg->lengths,
                             pg->formats, 1))
        return NULL;
    if (timed && pg->base.deadline)
        wait_or_cancel(pg);
    PGresult *first = NULL, *res;
    while ((res = PQgetResult(pg->conn))) {
        if (first)
            PQclear(res);
        else
            first = res;
    }
    return first;
}

/* A statement that the server has forgotten, or whose plan no longer fits after ALTER TABLE, must
 * not come out of the cache again. */
static bool failed(struct pg *pg, const PGresult *res, struct stmt *st, struct err *e)
{
    const char *state = state_of(res);
    pg_fail(pg, res, st->sql, e);
    if (strcmp(state, "26000") == 0 || strcmp(state, "0A000") == 0)
        stmt_drop(&pg->base, st);
    return false;
}

static bool pg_exec(struct store *db, struct stmt *st, const struct cell *args, int64_t *changed,
                    struct err *e)
{
    struct pg *pg = pg_of(db);
    if (!bind(pg, st, args, e))
        return false;
    PGresult *res = call(pg, st, false);
    ExecStatusType status = PQresultStatus(res);
    bool ok = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (ok && st->counts && strncmp(PQcmdStatus(res), "SELECT", 6) != 0) {
        int64_t n = 0;
        str_int(str_of(PQcmdTuples(res)), &n);
        *changed = n;
    }
    if (!ok)
        failed(pg, res, st, e);
    PQclear(res);
    return ok;
}

/* Reads the answers to what was sent, up to the synchronisation; the first error counts. */
static bool drain(struct pg *pg, const struct stmt *st, struct err *e)
{
    bool ok = true;
    for (int nothing = 0; nothing < 2;) {
        PGresult *res = PQgetResult(pg->conn);
        ExecStatusType status = PQresultStatus(res);
        if (!res) {
            nothing++; /* one NULL parts two answers, two of them: the connection is gone */
            continue;
        }
        nothing = 0;
        if (status == PGRES_FATAL_ERROR)
            ok = pg_fail(pg, res, st->sql, e);
        PQclear(res);
        if (status == PGRES_PIPELINE_SYNC)
            return ok;
    }
    return pg_fail(pg, NULL, st->sql, e);
}

static bool send_rows(struct pg *pg, const struct stmt *st, const struct cell *cells, size_t n_rows,
                      struct err *e)
{
    for (size_t r = 0; r < n_rows; r++) {
        if (!bind(pg, st, cells + r * st->n_params, e))
            return false;
        if (!PQsendQueryPrepared(pg->conn, st->name, (int)st->n_params, pg->values, pg->lengths,
                                 pg->formats, 1))
            return pg_fail(pg, NULL, st->sql, e);
    }
    return true;
}

static bool pg_many(struct store *db, struct stmt *st, const struct cell *cells, size_t n_rows,
                    struct err *e)
{
    struct pg *pg = pg_of(db);
    if (!PQenterPipelineMode(pg->conn))
        return pg_fail(pg, NULL, st->sql, e);
    bool ok = true;
    for (size_t at = 0; ok && at < n_rows; at += PIPELINE_ROWS) {
        size_t n = n_rows - at < PIPELINE_ROWS ? n_rows - at : PIPELINE_ROWS;
        ok = send_rows(pg, st, cells + at * st->n_params, n, e);
        bool synced = PQpipelineSync(pg->conn) && drain(pg, st, e); /* even after a failure */
        if (!synced)
            ok = pg_fail(pg, NULL, st->sql, e);
    }
    if (!PQexitPipelineMode(pg->conn))
        ok = pg_fail(pg, NULL, st->sql, e);
    return ok;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Refuses what the accessors could not read: numeric above all, which sum() of integers gives. */
static bool typed(const PGresult *res, const char *sql, struct err *e)
{
    for (int c = 0; c < PQnfields(res); c++) {
        char text[160];
        switch (PQftype(res, c)) {
        case OID_BOOL:
        case OID_BYTEA:
        case OID_NAME:
        case OID_INT8:
        case OID_INT2:
        case OID_INT4:
        case OID_TEXT:
        case OID_VARCHAR:
            continue;
        default:
            snprintf(text, sizeof text, "column %s has type number %u: use CAST", PQfname(res, c),
                     PQftype(res, c));
            return stmt_blame(sql, ERR_STORE, text, e);
        }
    }
    return true;
}

static bool pg_query(struct store *db, struct stmt *st, const struct cell *args, struct rows *r)
{
    struct pg *pg = pg_of(db);
    if (!bind(pg, st, args, r->e))
        return false;
    PGresult *res = call(pg, st, true);
    ExecStatusType status = PQresultStatus(res);
    bool ok = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
    if (!ok) {
        failed(pg, res, st, r->e);
    } else if (typed(res, st->sql, r->e)) {
        if (PQntuples(res) > 0) {
            r->stmt = res;
            r->row = -1;
            return true;
        }
    } else {
        ok = false;
    }
    PQclear(res);
    return ok;
}

static void pg_end(struct rows *r)
{
    PQclear(answer_of(r));
    r->stmt = NULL;
}

static bool pg_next(struct rows *r)
{
    if (r->row + 1 < PQntuples(answer_of(r))) {
        r->row++;
        return true;
    }
    pg_end(r);
    return false;
}

static const PGresult *row_of(const struct rows *r, int col)
{
    const PGresult *res = answer_of(r);
    ASSERT(res && r->row >= 0);
    ASSERT(col >= 0 && col < PQnfields(res));
    return res;
}

static bool pg_null(const struct rows *r, int col)
{
    return PQgetisnull(row_of(r, col), (int)r->row, col) != 0;
}

static int64_t pg_integer(const struct rows *r, int col)
{
    const PGresult *res = row_of(r, col);
    Oid type = PQftype(res, col);
    if (PQgetisnull(res, (int)r->row, col))
        return 0;
    if (type != OID_INT8 && type != OID_INT4 && type != OID_INT2 && type != OID_BOOL) {
        stmt_blame(PQfname(res, col), ERR_STORE, "a column is not an integer", r->e);
        return 0;
    }
    const unsigned char *p = (const unsigned char *)PQgetvalue(res, (int)r->row, col);
    int n = PQgetlength(res, (int)r->row, col);
    uint64_t v = type != OID_BOOL && (p[0] & 0x80) ? UINT64_MAX : 0; /* the sign goes on */
    for (int i = 0; i < n; i++)
        v = v << 8 | p[i];
    return (int64_t)v;
}

static struct str pg_string(const struct rows *r, int col)
{
    const PGresult *res = row_of(r, col);
    Oid type = PQftype(res, col);
    if (PQgetisnull(res, (int)r->row, col))
        return STR_NONE;
    if (type != OID_TEXT && type != OID_BYTEA && type != OID_VARCHAR && type != OID_NAME) {
        stmt_blame(PQfname(res, col), ERR_STORE, "a column is neither text nor blob", r->e);
        return STR_NONE;
    }
    return (struct str){PQgetvalue(res, (int)r->row, col),
                        (size_t)PQgetlength(res, (int)r->row, col)};
}

static int pg_columns(const struct rows *r)
{
    return PQnfields(answer_of(r));
}

/* --- transactions ----------------------------------------------------------------------------- */

static bool pg_begin(struct store *db, struct err *e)
{
    /* The snapshot is taken by the first question: here, so that "begin" means the same on both. */
    return pg_run(db,
                  db->mode == STORE_READ
                      ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"
                      : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
                  e);
}

static bool begin_as(struct store *db, const char *snapshot, struct err *e)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '%.60s'; SELECT 1", snapshot);
    return pg_run(db, sql, e);
}

static bool pg_snapshot(struct store *db, char out[static STORE_SNAPSHOT], struct err *e)
{
    struct pg *pg = pg_of(db);
    PGresult *res = PQexec(pg->conn, "SELECT pg_export_snapshot()");
    bool ok = PQresultStatus(res) == PGRES_TUPLES_OK;
    if (ok)
        snprintf(out, STORE_SNAPSHOT, "%s", PQgetvalue(res, 0, 0));
    else
        pg_fail(pg, res, "pg_export_snapshot", e);
    PQclear(res);
    return ok;
}

static void pg_rollback(struct store *db)
{
    struct pg *pg = pg_of(db);
    if (PQtransactionStatus(pg->conn) != PQTRANS_IDLE)
        PQclear(PQexec(pg->conn, "ROLLBACK"));
}

static bool pg_begin_together(struct store *const *dbs, size_t n, struct err *e)
{
    char snapshot[STORE_SNAPSHOT];
    bool ok = pg_begin(dbs[0], e) && (n == 1 || pg_snapshot(dbs[0], snapshot, e));
    for (size_t i = 1; i < n && ok; i++)
        ok = begin_as(dbs[i], snapshot, e);
    for (size_t i = 0; i < n && !ok; i++)
        pg_rollback(dbs[i]);
    return ok;
}

/* COMMIT of a transaction that failed is answered with "ROLLBACK" and without an error. */
static bool pg_commit(struct store *db, struct err *e)
{
    struct pg *pg = pg_of(db);
    PGresult *res = PQexec(pg->conn, "COMMIT");
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    if (!ok)
        pg_fail(pg, res, "COMMIT", e);
    else if (strcmp(PQcmdStatus(res), "COMMIT") != 0)
        ok = err_set(e, ERR_STORE, "the transaction was rolled back");
    PQclear(res);
    return ok;
}

static void pg_deadline(struct store *db, int64_t ms)
{
    UNUSED(db); /* looked at while waiting for an answer */
    UNUSED(ms);
}

/* --- what tests and operators ask ------------------------------------------------------------- */

/* Integers of any width are bound as int8, so that is what must fit. */
static bool describe(struct pg *pg, const struct stmt *st, bool *again, struct err *e)
{
    PGresult *res = PQdescribePrepared(pg->conn, "");
    bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
    *again = false;
    if (!ok)
        pg_fail(pg, res, st->sql, e);
    for (size_t i = 0; ok && i < st->n_params; i++) {
        Oid type = PQparamtype(res, (int)i);
        *again |= type == OID_INT4 || type == OID_INT2;
        pg->types[i] = type == OID_INT4 || type == OID_INT2 ? OID_INT8 : type;
    }
    ok = ok && typed(res, st->sql, e);
    PQclear(res);
    return ok;
}

static bool pg_check(struct store *db, struct stmt *st, struct err *e)
{
    struct pg *pg = pg_of(db);
    bool again;
    make_space(pg, st->n_params);
    for (size_t i = 0; i < st->n_params; i++)
        pg->types[i] = 0;
    return prepare_as(pg, "", st, e) && describe(pg, st, &again, e) &&
           (!again || (prepare_as(pg, "", st, e) && describe(pg, st, &again, e)));
}

static bool pg_checkpoint(struct store *db, bool truncate, struct err *e)
{
    UNUSED(db);
    UNUSED(truncate);
    UNUSED(e);
    return true;
}

static int64_t pg_wal_pages(struct store *db)
{
    UNUSED(db);
    return 0;
}

static bool pg_copy(struct store *db, const char *to_file, struct err *e)
{
    UNUSED(db);
    UNUSED(to_file);
    return err_set(e, ERR_STORE, "a PostgreSQL database is copied by pg_dump, not to one file");
}

const struct engine postgres_engine = {
    .id = STORE_POSTGRES,
    .open = pg_open,
    .close = pg_close,
    .ready = pg_ready,
    .exists = pg_exists,
    .prepare = pg_prepare,
    .fits = pg_fits,
    .finish = pg_finish,
    .exec = pg_exec,
    .many = pg_many,
    .query = pg_query,
    .next = pg_next,
    .end = pg_end,
    .null = pg_null,
    .integer = pg_integer,
    .string = pg_string,
    .columns = pg_columns,
    .begin = pg_begin,
    .begin_together = pg_begin_together,
    .snapshot = pg_snapshot,
    .commit = pg_commit,
    .rollback = pg_rollback,
    .run = pg_run,
    .check = pg_check,
    .deadline = pg_deadline,
    .checkpoint = pg_checkpoint,
    .wal_pages = pg_wal_pages,
    .copy = pg_copy,
    .i64 = "BIGINT",
    .txt = "TEXT COLLATE \"C\"",
    .blob = "BYTEA",
    .strict = "",
    .keyed = "",
    .sql_has_table = "SELECT 1 FROM pg_catalog.pg_class c WHERE c.relname = $1 AND "
                     "c.relkind IN ('r', 'p', 'v', 'm') AND pg_catalog.pg_table_is_visible(c.oid)",
    .sql_has_column = "SELECT 1 FROM pg_catalog.pg_attribute a "
                      "JOIN pg_catalog.pg_class c ON c.oid = a.attrelid "
                      "WHERE c.relname = $1 AND a.attname = $2 AND a.attnum > 0 AND "
                      "NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm') AND "
                      "pg_catalog.pg_table_is_visible(c.oid)",
    .sql_has_any = "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
                   "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND "
                   "n.nspname NOT LIKE 'pg\\_%' LIMIT 1",
    .sql_standby = "SELECT 1 FROM pg_catalog.pg_settings WHERE name = 'synchronous_standby_names' AND setting <> ''",
    .sql_empty = "DO $$ DECLARE t record; BEGIN FOR t IN SELECT schemaname AS s, tablename AS n FROM "
                 "pg_catalog.pg_tables WHERE schemaname = current_schema() LOOP "
                 "EXECUTE format('DROP TABLE %I.%I CASCADE', t.s, t.n); END LOOP; END $$",
    .sql_lock_schema = "LOCK TABLE schema_version IN ACCESS EXCLUSIVE MODE",
};
