/* store/store.h - one SQL text over two engines, SQLite 3.40 and PostgreSQL 15.
 *
 * A struct store is one connection and belongs to one thread at a time.
 * URL: "postgresql://…" or "postgres://…" is PostgreSQL; anything else (also "sqlite:FILE") is a
 * SQLite file.
 *
 * The SQL subset (docs/decisions): $1..$n parameters, no casts with "::", no now(), no booleans
 * (INTEGER 0/1), no engine functions that differ, no sum() without CAST.  Parameter types follow
 * the kind of the bound cell, always (int8, text, bytea).  A parameter that is not $digits, or a
 * hole in their numbers, is refused at prepare.
 *
 * Errors: ERR_UNIQUE for a unique key, ERR_BUSY for lock/serialisation (worth a retry), ERR_FULL
 * for a full disk, ERR_DEADLINE when store_deadline passed, ERR_STORE for all else.  Calls on an
 * already set `e` do nothing and return false: a sequence may be checked once, at its end.
 * After an error inside a transaction nothing but store_rollback works, on both engines.
 * PostgreSQL: a lost connection is made again by the next call outside a transaction. */
#pragma once
#include "base/err.h"

struct store;

enum store_engine { STORE_SQLITE, STORE_POSTGRES };
enum store_mode {
    STORE_READ,  /* refuses writing */
    STORE_WRITE, /* WAL, synchronous=FULL, secure_delete=ON, wal_autocheckpoint=0 */
    STORE_BULK,  /* a file that is thrown away when the load is killed: synchronous=OFF */
};

MUST_USE bool store_open(const char *url, enum store_mode mode, struct store **out, struct err *e);
void store_close(struct store *db);   /* NULL is allowed; an open transaction is rolled back */
void store_closep(struct store **db);
enum store_engine store_engine(const struct store *db);
const char *store_url(const struct store *db);
/* The file of a SQLite URL, a part of it; NULL: it is PostgreSQL. */
const char *store_file(const char *url);
/* Does this database exist and hold our schema? */
MUST_USE bool store_exists(const char *url, bool *yes, struct err *e);

enum cell_kind { CELL_NULL, CELL_INT, CELL_TEXT, CELL_BLOB };
struct cell {
    enum cell_kind kind;
    int64_t i;
    struct str s; /* borrowed until the call returns */
};

#define C_NULL ((struct cell){.kind = CELL_NULL})
#define C_INT(v) ((struct cell){.kind = CELL_INT, .i = (v)})
#define C_TEXT(v) ((struct cell){.kind = CELL_TEXT, .s = (v)})
#define C_BLOB(v) ((struct cell){.kind = CELL_BLOB, .s = (v)})
/* STR_NONE / the given value become NULL */
struct cell cell_text(struct str s);
struct cell cell_int_or(int64_t v, int64_t null_value);
#define BIND(...) (const struct cell[]){__VA_ARGS__}, COUNT_OF(((const struct cell[]){__VA_ARGS__}))
#define BIND_NONE NULL, 0

/* sql is prepared once per connection and kept (keyed by its text).  *changed may be NULL. */
MUST_USE bool store_exec(struct store *db, const char *sql, const struct cell *args, size_t n,
                         int64_t *changed, struct err *e);

/* The same statement for n_rows rows of n_cols cells each, in order.  SQLite: a loop.
 * PostgreSQL: pipelined. Must be inside a transaction. */
MUST_USE bool store_many(struct store *db, const char *sql, const struct cell *cells, size_t n_rows,
                         size_t n_cols, struct err *e);

/* Rows of a question.  Usage:
 *     struct rows r AUTO(rows_close) = store_query(db, sql, BIND(C_INT(7)), e);
 *     while (rows_next(&r)) … rows_int(&r, 0) …
 *     if (err_is(e)) return false;
 * SQLite steps; PostgreSQL holds the whole answer: long reads go page by page, by key.
 * The text or blob a row gives is valid until the next rows_next. */
struct rows {
    struct store *db;
    void *stmt;
    int64_t row; /* PostgreSQL: index in the answer */
    struct err *e;
};
struct rows store_query(struct store *db, const char *sql, const struct cell *args, size_t n,
                        struct err *e);
MUST_USE bool rows_next(struct rows *r);
void rows_close(struct rows *r);
bool rows_null(const struct rows *r, int col);
int64_t rows_int(const struct rows *r, int col);
struct str rows_str(const struct rows *r, int col); /* text or blob; STR_NONE for NULL */
int rows_columns(const struct rows *r);

/* One value of one row.  *found is false (and *out untouched) when there is no row or NULL. */
MUST_USE bool store_int(struct store *db, const char *sql, const struct cell *args, size_t n,
                        bool *found, int64_t *out, struct err *e);

MUST_USE bool store_begin(struct store *db, struct err *e); /* SQLite WRITE: BEGIN IMMEDIATE;
                                                              READ: one snapshot until commit */
/* Ends the transaction either way: what could not be committed is rolled back.  (With e already
 * set it does nothing, as every call: store_rollback is for that.) */
MUST_USE bool store_commit(struct store *db, struct err *e);
void store_rollback(struct store *db); /* no transaction open: does nothing */
/* Begins a transaction on each of these readers of one database, n >= 1; all see the same snapshot.  ERR_BUSY:
 * so much is being written that none could be had together. */
MUST_USE bool store_begin_together(struct store *const *dbs, size_t n, struct err *e);
/* PostgreSQL: the name by which another session (pg_dump) sees the snapshot of the open transaction, while it is
 * open.  SQLite has none (ERR_STORE). */
enum { STORE_SNAPSHOT = 64 };
MUST_USE bool store_snapshot(struct store *db, char out[static STORE_SNAPSHOT], struct err *e);
bool store_in_tx(const struct store *db);

/* Questions (store_query, store_int) that run longer than ms from now fail with ERR_DEADLINE;
 * 0 takes the limit away.  Writing is never stopped. */
void store_deadline(struct store *db, int64_t ms);

/* Brings the schema up to this program's (src/store/schema/NNN_*.sql), inside one transaction.
 * A database that is newer than the program is ERR_STORE. */
MUST_USE bool store_migrate(struct store *db, struct err *e);

/* Runs DDL made at run time.  {I64} {TXT} {BLOB} {STRICT} are replaced by the engine's words
 * (INTEGER/BIGINT, TEXT / TEXT COLLATE "C", BLOB/BYTEA, STRICT/nothing).  {KEYED} instead of
 * {STRICT}: the rows lie in the order of the primary key (STRICT, WITHOUT ROWID / nothing).
 * Several statements are parted by ";\n"; all or nothing only inside a transaction. */
MUST_USE bool store_ddl(struct store *db, const char *sql, struct err *e);
/* Prepares sql, runs nothing: does this engine take it, and can parameters and columns be typed? */
MUST_USE bool store_check(struct store *db, const char *sql, struct err *e);
/* Has the table this column? (both engines' catalogues) */
MUST_USE bool store_has_column(struct store *db, const char *table, const char *column, bool *yes,
                               struct err *e);
/* PostgreSQL: is there a standby that must have a commit before it counts (synchronous_standby_names)?  SQLite:
 * always, for its one disk is all there is. */
MUST_USE bool store_stands_by(struct store *db, bool *yes, struct err *e);
/* Is there no table at all? */
MUST_USE bool store_is_empty(struct store *db, bool *yes, struct err *e);
/* PostgreSQL: drops every table, for a copy that was put there in vain.  SQLite: ERR_STORE, remove the file. */
MUST_USE bool store_empty(struct store *db, struct err *e);
MUST_USE bool store_has_table(struct store *db, const char *table, bool *yes, struct err *e);

/* SQLite: WAL checkpoint from this connection: PASSIVE, or TRUNCATE when idle (ERR_BUSY at once when
 * somebody reads or writes; STORE_BULK: the file is on the disk afterwards).  PostgreSQL: nothing.
 */
MUST_USE bool store_checkpoint(struct store *db, bool truncate, struct err *e);
/* Pages in the WAL after the last commit of this connection, or, when it made none, as its file
 * has room for (SQLite); 0 otherwise.  May be called from another thread. */
int64_t store_wal_pages(struct store *db);
/* A consistent copy of a SQLite database while it is in use (VACUUM INTO), on the disk when the
 * call returns.  to_file must not exist (ERR_IO). */
MUST_USE bool store_copy(struct store *db, const char *to_file, struct err *e);

/* Fault injection: the k-th store call from now (k = 1 is the next one; exec, many, query, next,
 * begin, commit all count) fails with ERR_STORE.  0 switches it off.  Returns through
 * store_fault_fired whether it happened. */
void store_fault_in(struct store *db, int64_t k);
bool store_fault_fired(const struct store *db);
