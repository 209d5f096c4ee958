/* bench/bare - what the machine could do: the rows of one case, written again and again by a bare
 * loop over SQLite with the durability of the writer, and nothing else.
 *
 *     bare FILE CASES BATCH
 *
 * FILE was made by bench/fill; its last case is alone on its day, so that all its rows can be told.
 * They are read once; then each of CASES is the same rows under new numbers, BATCH cases a commit,
 * table by table as the writer does it.  The writer adds the counters of a commit up before it writes
 * them; so does this, for cases spread over 9 districts and 54 townships as bench/load spreads them.
 * No JSON, no hashing, no encryption, no deciding. */
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TABLES = 20, MOST_COLUMNS = 128, MOST_ROWS = 256, AREA_STEP = 100000, WAL_PAGES = 20000 };

/* How a column of the pattern becomes one of the copy. */
enum change { SAME, ADD_RID, ADD_SEQ, RANDOM, NUMBER, AREA };

struct table {
    const char *name, *where, *upsert;
    sqlite3_stmt *insert;
    sqlite3_value **cells; /* rows * columns */
    enum change change[MOST_COLUMNS];
    int rows, columns;
    bool merged; /* counters: a row once for each area of a commit */
    int spread[MOST_ROWS];
};

static const struct {
    const char *name, *where, *upsert;
} WANTED[] = {
    {"event", "rid = ?1", ""},
    {"dek", "rid = ?1", ""},
    {"detached", "rid = ?1", ""},
    {"record", "rid = ?1", ""},
    {"scope", "rid = ?1", ""},
    {"scope_open", "rid = ?1", ""},
    {"f_dispute_dispute", "rid = ?1", ""},
    {"clock", "rid = ?1", ""},
    {"tally", "day >= ?2",
     " ON CONFLICT (term, area, dim, day) DO UPDATE SET n = tally.n + excluded.n, s = tally.s + excluded.s"},
    {"tally_known", "day >= ?2",
     " ON CONFLICT (term, area, day, known) DO UPDATE SET n = tally_known.n + excluded.n,"
     " s = tally_known.s + excluded.s"},
    {"duration", "rid = ?1", ""},
    {"search_hash", "rid = ?1", ""},
    {"lookup", "rid = ?1", ""},
    {"search_fts", "rowid = ?1", ""},
};

static sqlite3 *db;
static struct table tables[TABLES];
static int n_tables;
static int64_t written, rid_gap, seq_gap; /* what came behind the last case: accounts */
static int wal_pages;

static void stop(const char *what)
{
    fprintf(stderr, "bare: %s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        stop(sql);
}

static int64_t number(const char *sql)
{
    sqlite3_stmt *st;
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK || sqlite3_step(st) != SQLITE_ROW)
        stop(sql);
    int64_t v = sqlite3_column_int64(st, 0);
    sqlite3_finalize(st);
    return v;
}

static enum change change_of(const char *table, const char *column)
{
    if (strcmp(column, "rid") == 0 || strcmp(column, "rowid") == 0)
        return ADD_RID;
    if (strcmp(column, "seq") == 0 || strcmp(column, "last_seq") == 0)
        return ADD_SEQ;
    if (strcmp(column, "id") == 0)
        return RANDOM;
    if (strcmp(table, "record") == 0 && strcmp(column, "number") == 0)
        return NUMBER;
    if (strncmp(table, "tally", 5) == 0 && strcmp(column, "area") == 0)
        return AREA;
    return SAME;
}

/* Among how many areas the load spreads a counter of this area. */
static int spread_of(int64_t area)
{
    static const int SPREAD[] = {1, 1, 1, 9, 54}; /* by level: root, city, district, township */
    char sql[80];
    snprintf(sql, sizeof sql, "SELECT level FROM area WHERE aid = %lld", (long long)area);
    int64_t level = number(sql);
    return SPREAD[level < 1 ? 1 : level > 4 ? 4 : level];
}

/* Reads the pattern's rows of one table and prepares the insert. */
static void take(struct table *t, int64_t rid, int64_t day)
{
    char sql[8000], names[4000] = "", marks[1000] = "";
    sqlite3_stmt *st;
    const char *what = strcmp(t->name, "search_fts") == 0 ? "rowid, t" : "*";
    snprintf(sql, sizeof sql, "SELECT %s FROM %s WHERE %s", what, t->name, t->where);
    if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
        stop(sql);
    if (strstr(t->where, "?1"))
        sqlite3_bind_int64(st, 1, rid);
    if (strstr(t->where, "?2"))
        sqlite3_bind_int64(st, 2, day);
    t->columns = sqlite3_column_count(st);
    for (int c = 0; c < t->columns; c++) {
        const char *name = sqlite3_column_name(st, c);
        t->change[c] = change_of(t->name, name);
        size_t at = strlen(names), mark = strlen(marks);
        snprintf(names + at, sizeof names - at, "%s%s", c ? ", " : "", name);
        snprintf(marks + mark, sizeof marks - mark, "%s?%d", c ? ", " : "", c + 1);
    }
    while (sqlite3_step(st) == SQLITE_ROW && t->rows < MOST_ROWS) {
        size_t need = (size_t)((t->rows + 1) * t->columns) * sizeof *t->cells;
        t->cells = realloc(t->cells, need);
        for (int c = 0; c < t->columns; c++) {
            t->cells[t->rows * t->columns + c] = sqlite3_value_dup(sqlite3_column_value(st, c));
            if (t->change[c] == AREA) {
                t->merged = true;
                t->spread[t->rows] = spread_of(sqlite3_column_int64(st, c));
            }
        }
        t->rows++;
    }
    sqlite3_finalize(st);
    snprintf(sql, sizeof sql, "INSERT INTO %s (%s) VALUES (%s)%s", t->name, names, marks, t->upsert);
    if (sqlite3_prepare_v2(db, sql, -1, &t->insert, NULL) != SQLITE_OK)
        stop(sql);
}

/* The rows of case k, the nth of its commit; events is how many events one case has. */
static void put(struct table *t, int64_t k, int64_t nth, int64_t events)
{
    uint8_t id[16];
    char text[40];
    for (int r = 0; r < t->rows; r++) {
        if (t->merged && nth >= t->spread[r])
            continue; /* another case of this commit has written it */
        written++;
        for (int c = 0; c < t->columns; c++) {
            sqlite3_value *v = t->cells[r * t->columns + c];
            switch (t->change[c]) {
            case SAME:
                sqlite3_bind_value(t->insert, c + 1, v);
                break;
            case ADD_RID:
                sqlite3_bind_int64(t->insert, c + 1, sqlite3_value_int64(v) + rid_gap + k);
                break;
            case ADD_SEQ:
                sqlite3_bind_int64(t->insert, c + 1, sqlite3_value_int64(v) + seq_gap + k * events);
                break;
            case RANDOM: /* growing in front, as a UUIDv7 grows with time, and behind all ids of FILE */
                sqlite3_randomness(sizeof id, id);
                id[0] = 0x7f;
                for (int i = 1; i < 6; i++)
                    id[i] = (uint8_t)(k >> (8 * (5 - i)));
                sqlite3_bind_blob(t->insert, c + 1, id, sizeof id, SQLITE_TRANSIENT);
                break;
            case NUMBER:
                snprintf(text, sizeof text, "360109JF2099%09lld", (long long)k);
                sqlite3_bind_text(t->insert, c + 1, text, -1, SQLITE_TRANSIENT);
                break;
            case AREA:
                sqlite3_bind_int64(t->insert, c + 1,
                                   sqlite3_value_int64(v) + k % t->spread[r] * AREA_STEP);
                break;
            }
        }
        if (sqlite3_step(t->insert) != SQLITE_DONE)
            stop(t->name);
        sqlite3_reset(t->insert);
    }
}

static int note_wal(void *self, sqlite3 *of, const char *name, int pages)
{
    (void)self, (void)of, (void)name;
    wal_pages = pages;
    return SQLITE_OK;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: bare FILE CASES BATCH\n");
        return 2;
    }
    int64_t cases = strtoll(argv[2], NULL, 10), batch = strtoll(argv[3], NULL, 10);
    if (sqlite3_open(argv[1], &db) != SQLITE_OK || batch < 1)
        stop("open");
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;"
        "PRAGMA wal_autocheckpoint=0; PRAGMA cache_size=-32768; PRAGMA temp_store=MEMORY");
    sqlite3_wal_hook(db, note_wal, NULL); /* checkpoints when the writer does, see checkpoint_wal */
    int64_t rid = number("SELECT max(rid) FROM record WHERE type = 'dispute.dispute'");
    int64_t events = number("SELECT count(*) FROM event WHERE rid = "
                            "(SELECT max(rid) FROM record WHERE type = 'dispute.dispute')");
    int64_t day = number("SELECT (opened + 8 * 3600000) / 86400000 FROM record "
                         "WHERE type = 'dispute.dispute' ORDER BY rid DESC LIMIT 1");
    rid_gap = number("SELECT max(rid) FROM record") - rid;
    seq_gap = number("SELECT max(seq) FROM event") - number("SELECT max(last_seq) FROM record "
                                                            "WHERE type = 'dispute.dispute'");
    for (size_t i = 0; i < sizeof WANTED / sizeof *WANTED; i++) {
        struct table *t = &tables[n_tables];
        *t = (struct table){WANTED[i].name, WANTED[i].where, WANTED[i].upsert, .rows = 0};
        take(t, rid, day);
        if (t->rows)
            n_tables++;
    }
    double began = seconds();
    int64_t commits = 0;
    for (int64_t k = 1; k <= cases; commits++) {
        int64_t end = k + batch < cases + 1 ? k + batch : cases + 1;
        run("BEGIN IMMEDIATE");
        run("UPDATE head SET recorded = recorded + 1 WHERE id = 1");
        for (int i = 0; i < n_tables; i++)
            for (int64_t j = k; j < end; j++)
                put(&tables[i], j, j - k, events);
        run("UPDATE seq SET next = next + 1 WHERE (name, scope, year) = (SELECT name, scope, year FROM seq LIMIT 1)");
        run("COMMIT");
        if (commits % 64 == 63 && wal_pages > WAL_PAGES)
            sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
        k = end;
    }
    double took = seconds() - began;
    printf("{\"cases\":%lld,\"batch\":%lld,\"rows_per_case\":%.0f,\"per_second\":%.0f}\n",
           (long long)cases, (long long)batch, (double)written / (double)cases, (double)cases / took);
    return 0;
}
