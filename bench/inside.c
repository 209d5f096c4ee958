/* bench/inside - what is asked of a database without the server.
 *
 *     inside DATABASE ids N             N paths /api/records/ID, spread over all cases
 *     inside DATABASE sql AREA FROM TO  the figure "found" of two years by plain SQL; median of 15 in ms
 *     inside DATABASE proofs N          inclusion proofs made and checked, each so many a second
 *     inside DATABASE size              events in the log
 *
 * FROM and TO are days since 1970-01-01; TO is inclusive. */
#include "base/time.h"
#include "ledger/ledger.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { TURNS = 15, YEAR = 365 };

/* The same rows and rule as the counters: by the day of opening in the database's zone, neither void nor merged. */
static const char COUNT_SQL[] =
    "SELECT COUNT(*) FROM scope s JOIN record r ON r.rid = s.rid WHERE s.scope = $1 AND s.type = $2 "
    "AND r.opened >= $3 AND r.opened < $4 AND r.void = 0 AND r.merged IS NULL";
static const char IDS_SQL[] =
    "SELECT id FROM record WHERE rid >= $1 AND type = $2 ORDER BY rid LIMIT 1";
static const struct str TYPE = {"dispute.dispute", 15};

static void stop(const struct err *e)
{
    fprintf(stderr, "inside: %s\n", e->text);
    exit(1);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t number(struct store *db, const char *sql, const struct cell *args, size_t n)
{
    struct err e = ERR_INIT;
    bool found;
    int64_t out = 0;
    if (!store_int(db, sql, args, n, &found, &out, &e) || !found)
        stop(&e);
    return out;
}

static void put_ids(struct store *db, int64_t n)
{
    struct err e = ERR_INIT;
    int64_t top = number(db, "SELECT MAX(rid) FROM record", BIND_NONE);
    for (int64_t i = 0; i < n; i++) {
        char text[ID_TEXT + 1];
        struct id id;
        struct rows r AUTO(rows_close) =
            store_query(db, IDS_SQL, BIND(C_INT(top / 10 + i * 7919 % n * (top * 8 / 10) / n), C_TEXT(TYPE)), &e);
        if (!rows_next(&r))
            stop(&e);
        memcpy(id.b, rows_str(&r, 0).ptr, ID_LEN);
        id_format(id, text);
        printf("/api/records/%s\n", text);
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void plain_sql(struct store *db, struct arena *a, const char *area, int64_t from, int64_t to)
{
    const int64_t zone = 8 * MS_HOUR;
    double took[TURNS];
    int64_t n[2] = {0, 0};
    struct str scope = str_printf(
        a, "a%" PRId64, number(db, "SELECT aid FROM area WHERE code = $1", BIND(C_TEXT(str_of(area)))));
    for (int i = 0; i < TURNS; i++) {
        double began = seconds();
        for (int back = 0; back < 2; back++)
            n[back] = number(db, COUNT_SQL,
                             BIND(C_TEXT(scope), C_TEXT(TYPE), C_INT((from - back * YEAR) * MS_DAY - zone),
                                  C_INT((to + 1 - back * YEAR) * MS_DAY - zone)));
        took[i] = seconds() - began;
    }
    qsort(took, TURNS, sizeof *took, by_size);
    printf("{\"now\":%" PRId64 ",\"before\":%" PRId64 ",\"ms\":%.2f}\n", n[0], n[1], took[TURNS / 2] * 1e3);
}

struct made {
    struct hash leaf, path[TREE_PROOF];
    int64_t index;
    size_t n;
};

static void proofs(struct store *db, struct arena *a, int64_t n)
{
    struct err e = ERR_INIT;
    struct ledger_head head;
    struct hash root;
    struct made *list = ARENA_ARRAY(a, struct made, n);
    if (!store_begin(db, &e) || !ledger_read_head(db, &head, &e) || !ledger_root(db, head.tree.size, &root, &e))
        stop(&e);
    struct tree_source source = ledger_source(db);
    double began = seconds();
    for (int64_t i = 0; i < n; i++) {
        list[i].index = i * 7919 % n * head.tree.size / n;
        if (!source.node(source.self, 0, list[i].index, &list[i].leaf, &e) ||
            !tree_inclusion(&source, list[i].index, head.tree.size, list[i].path, &list[i].n, &e))
            stop(&e);
    }
    double made = seconds() - began;
    began = seconds();
    int64_t good = 0;
    for (int64_t i = 0; i < n; i++)
        good += tree_check_inclusion(&list[i].leaf, list[i].index, head.tree.size, list[i].path, list[i].n, &root);
    double checked = seconds() - began;
    printf("{\"good\":%" PRId64 ",\"of\":%" PRId64 ",\"made\":%.0f,\"checked\":%.0f}\n", good, n, (double)n / made,
           (double)n / checked);
    if (good != n)
        exit(1);
}

int main(int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct store *db AUTO(store_closep) = NULL;
    struct arena *a AUTO(arena_freep) = arena_new();
    const char *what = argc > 2 ? argv[2] : "";
    if (argc > 2 && !store_open(argv[1], STORE_READ, &db, &e))
        stop(&e);
    if (strcmp(what, "ids") == 0 && argc == 4)
        put_ids(db, strtoll(argv[3], NULL, 10));
    else if (strcmp(what, "sql") == 0 && argc == 6)
        plain_sql(db, a, argv[3], strtoll(argv[4], NULL, 10), strtoll(argv[5], NULL, 10));
    else if (strcmp(what, "proofs") == 0 && argc == 4)
        proofs(db, a, strtoll(argv[3], NULL, 10));
    else if (strcmp(what, "size") == 0 && argc == 3)
        printf("%" PRId64 "\n", number(db, "SELECT size FROM head WHERE id = 1", BIND_NONE));
    else {
        fprintf(stderr, "usage: inside DATABASE ids N | sql AREA FROM TO | proofs N | size\n");
        return 2;
    }
    return 0;
}
