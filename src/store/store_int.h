/* store/store_int.h - what store.c, stmt.c, migrate.c and the two engines share.  For this folder
 * only.
 *
 * An engine is a table of functions; its connection begins with a struct store.  The functions in
 * store.c count faults, look after the state of the transaction and find the prepared statement;
 * an engine only talks to its library. */
#pragma once
#include "store/store.h"

enum {
    STMT_CACHE = 256,   /* prepared statements kept for one connection */
    STMT_BUCKETS = 512, /* a power of two */
    STMT_PARAMS = 32766,
    BUSY_MS = 5000, /* how long a statement waits for a lock */
};

struct stmt {
    struct stmt *next; /* in its bucket */
    uint64_t hash, used;
    char *sql;
    size_t len, n_params;
    bool counts; /* it changes rows, so it has a count of them */
    bool busy;   /* rows are being read from it */

    void *handle;   /* SQLite: sqlite3_stmt */
    bool read_only; /* SQLite */
    bool over;      /* SQLite: ended by commit or rollback while rows were open */
    int *index;     /* SQLite: parameter $k has index[k - 1]; NULL when all are equal */
    char *copy;     /* SQLite: texts and blobs of a question, which outlive the call */
    size_t copy_cap;
    uint8_t *kinds; /* PostgreSQL: enum cell_kind of each parameter; CELL_NULL fits only NULL */
    char name[24];  /* PostgreSQL */
};

struct store {
    const struct engine *engine;
    enum store_mode mode;
    char *url;
    bool in_tx, failed; /* failed: only rollback is possible */
    bool closing;       /* the server forgets the statements by itself */
    int64_t fault;      /* calls until the fault, 0: none */
    bool fault_fired;
    int64_t deadline; /* mono_ms, 0: none */
    uint64_t tick;
    size_t n_stmts;
    struct stmt *buckets[STMT_BUCKETS];
    struct cell *kinds_row; /* store_many: one cell for each column, of its kind */
    size_t kinds_cap;
};

struct engine {
    enum store_engine id;
    bool (*open)(const char *url, enum store_mode mode, struct store **out, struct err *e);
    void (*close)(struct store *db); /* the connection and the memory of the struct */
    bool (*ready)(struct store *db,
                  struct err *e); /* outside a transaction: connect again if lost */
    bool (*exists)(const char *url, bool *yes, struct err *e);

    bool (*prepare)(struct store *db, struct stmt *st, const struct cell *args, struct err *e);
    bool (*fits)(const struct stmt *st, const struct cell *args); /* NULL: any kinds fit */
    void (*finish)(struct store *db, struct stmt *st);
    bool (*exec)(struct store *db, struct stmt *st, const struct cell *args, int64_t *changed,
                 struct err *e);
    bool (*many)(struct store *db, struct stmt *st, const struct cell *cells, size_t n_rows,
                 struct err *e);
    bool (*query)(struct store *db, struct stmt *st, const struct cell *args, struct rows *r);
    bool (*next)(struct rows *r);
    void (*end)(struct rows *r);
    bool (*null)(const struct rows *r, int col);
    int64_t (*integer)(const struct rows *r, int col);
    struct str (*string)(const struct rows *r, int col);
    int (*columns)(const struct rows *r);

    bool (*begin)(struct store *db, struct err *e);
    bool (*begin_together)(struct store *const *dbs, size_t n, struct err *e);
    bool (*snapshot)(struct store *db, char out[static STORE_SNAPSHOT], struct err *e); /* NULL: has none */
    bool (*commit)(struct store *db, struct err *e);
    void (*rollback)(struct store *db);
    bool (*run)(struct store *db, const char *sql, struct err *e); /* text of any statements */
    bool (*check)(struct store *db, struct stmt *st, struct err *e);
    void (*deadline)(struct store *db, int64_t ms);
    bool (*checkpoint)(struct store *db, bool truncate, struct err *e);
    int64_t (*wal_pages)(struct store *db);
    bool (*copy)(struct store *db, const char *to_file, struct err *e);

    const char *i64, *txt, *blob, *strict, *keyed; /* words of the DDL */
    const char *sql_has_table, *sql_has_column, *sql_has_any, *sql_lock_schema;
    const char *sql_standby; /* a row: yes; NULL: none is needed */
    const char *sql_empty; /* NULL: has none */
};

extern const struct engine sqlite_engine, postgres_engine;

/* stmt.c: prepared statements */
bool stmt_get(struct store *db, const char *sql, const struct cell *args, size_t n,
              struct stmt **out, struct err *e);
void stmt_drop(struct store *db, struct stmt *st);
void stmt_drop_all(struct store *db);
/* Counts the parameters and refuses what only one of the engines would understand. */
bool stmt_scan(const char *sql, struct stmt *out, struct err *e);
/* ERR_STORE with the beginning of the statement behind the text. */
bool stmt_blame(const char *sql, enum err_code code, const char *text, struct err *e);

int64_t mono_ms(void);
const struct engine *engine_of(const char *url);
