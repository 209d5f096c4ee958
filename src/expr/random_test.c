/* Random expressions over random rows: the evaluator, SQLite and PostgreSQL must give the same
 * answer for each, "unknown" included.  BIHUAN_EXPR_SEED and BIHUAN_EXPR_RUNS change the run. */
#include "base/testdice.h"
#include "expr/testcat.h"
#include "store/testdb.h"
#include <setjmp.h>
#include <stdarg.h>
/* after the above, as it asks */
#include <cmocka.h>

enum { ROWS = 120, RUNS = 1500, DEPTH = 4, ARGS = 400, COLUMNS = TEST_SLOTS + 1 };

static const struct zone *zone;
/* ---- rows ---- */

static const char *const texts[] = {"",   "a",   "A",    "ab", "Ab", "aB", "b",   "a%b", "a_b",
                                    "\\", "a'b", "张三", "张", "é",  "É",  "😀 x", "Zz",  "ab\nc"};
static const char *const codes[] = {"A", "A1", "A11", "A2", "B", "a1", "m7", "none"};
static const char *const names_text[] = {"name", "type", "area", "\"odd \"\"name\"\"\""};
static const char *const names_int[] = {"n", "k", "\"in\""};
static const char *const names_money[] = {"amount", "价格"};
static const char *const names_date[] = {"d", "day.two"};
static const char *const names_time[] = {"at", "done"};
static const char *const names_bool[] = {"yes", "late"};
#define PICK(list) (list)[roll(COUNT_OF(list))]

static int64_t some_int(void)
{
    static const int64_t edges[] = {INT64_MAX,           INT64_MIN,
                                    INT64_C(1) << 62,    INT64_C(1) << 61,
                                    INT64_C(1) << 31,    (INT64_C(1) << 31) + 1,
                                    -(INT64_C(1) << 61), -(INT64_C(1) << 31) - 1};
    return chance(15) ? PICK(edges) : (int64_t)roll(11) - 4;
}

/* Small whole degrees and the world's ends, so that points often lie on an edge or a corner. */
static int64_t some_degree(int most)
{
    if (chance(10))
        return (chance(50) ? most : -most) * INT64_C(10000000);
    if (chance(30))
        return (int64_t)roll((uint64_t)most * 20000000) - most * INT64_C(10000000);
    return ((int64_t)roll(9) - 4) * 10000000 + (chance(20) ? (int64_t)roll(100000) : 0);
}

static struct xvalue some_value(const struct test_field *f)
{
    struct xvalue v = {.type = f->type, .decimals = f->decimals, .null = chance(20)};
    switch (f->type) {
    case X_BOOL:
        v.i = chance(50);
        break;
    case X_INT:
        v.i = some_int();
        break;
    case X_DECIMAL:
        v.i = chance(60) ? ((int64_t)roll(11) - 4) * 50 : some_int();
        break;
    case X_TEXT:
        v.s = str_of(f->column && (strstr(f->column, "type") || strstr(f->column, "area"))
                         ? PICK(codes)
                         : PICK(texts));
        break;
    case X_DATE:
        v.i = 19750 + (int64_t)roll(6);
        break;
    case X_TIME: /* hours around 2024-01-31 in Shanghai, some to the millisecond */
        v.i = INT64_C(1706630400000) + ((int64_t)roll(60) - 30) * MS_HOUR + (chance(20) ? 1 : 0);
        break;
    case X_PLACE:
        v.lon = some_degree(180);
        v.lat = some_degree(90);
        break;
    case X_PRESENT:
        v.i = 1;
        break;
    case X_NULL:
    case X_POLYGON:
        break;
    }
    return v;
}

static struct test_row rows[ROWS];

static void make_rows(void)
{
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < TEST_SLOTS; i++)
            rows[r].v[i] = some_value(&test_fields[i]);
}

static const char *column_name(const struct test_field *f)
{
    return f->column ? f->column + strlen("t.") : "hidden";
}

static void must(bool ok, const char *sql, const struct err *e)
{
    if (!ok)
        fail_msg("%s: %s", e->text, sql);
}

static void make_table(struct store *db)
{
    struct buf b AUTO(buf_free) = BUF(10000);
    struct err e = ERR_INIT;
    buf_c(&b, "CREATE TABLE t (id {I64} PRIMARY KEY");
    for (int i = 0; i < TEST_SLOTS; i++) {
        const struct test_field *f = &test_fields[i];
        const char *type = f->type == X_TEXT ? "{TXT}" : "{I64}";
        if (f->type == X_PLACE)
            buf_printf(&b, ", %s_lon {I64}, %s_lat {I64}", column_name(f), column_name(f));
        else
            buf_printf(&b, ", %s %s", column_name(f), type);
    }
    buf_c(&b, ") {STRICT};\nCREATE TABLE s (top {TXT}, code {TXT}) {STRICT};\n"
              "INSERT INTO s (top, code) VALUES ('A','A'),('A','A1'),('A','A11'),('A','A2'),"
              "('A1','A1'),('A1','A11'),('A2','A2'),('A11','A11'),('B','B')");
    buf_char(&b, '\0');
    must(store_ddl(db, b.ptr, &e), b.ptr, &e);
}

static void fill_table(struct store *db)
{
    struct buf b AUTO(buf_free) = BUF(10000);
    struct err e = ERR_INIT;
    buf_c(&b, "INSERT INTO t VALUES ($1");
    for (int i = 0; i < COLUMNS; i++) /* one more: a place has two columns */
        buf_printf(&b, ", $%d", i + 2);
    buf_c(&b, ")");
    buf_char(&b, '\0');
    must(store_begin(db, &e), "BEGIN", &e);
    for (int r = 0; r < ROWS; r++) {
        struct cell c[COLUMNS + 1] = {C_INT(r)};
        size_t n = 1;
        for (int i = 0; i < TEST_SLOTS; i++) {
            const struct xvalue *v = &rows[r].v[i];
            bool place = v->type == X_PLACE;
            c[n++] = v->null             ? C_NULL
                     : v->type == X_TEXT ? C_TEXT(v->s)
                     : place             ? C_INT(v->lon)
                                         : C_INT(v->i);
            if (place)
                c[n++] = v->null ? C_NULL : C_INT(v->lat);
        }
        must(store_exec(db, b.ptr, c, n, NULL, &e), b.ptr, &e);
    }
    must(store_commit(db, &e), "COMMIT", &e);
}

/* ---- expressions ---- */

static void condition(struct buf *b, int depth);

static void quoted(struct buf *b, const char *s)
{
    buf_char(b, '\'');
    for (; *s; s++) {
        if (*s == '\'')
            buf_char(b, '\'');
        buf_char(b, *s);
    }
    buf_char(b, '\'');
}

static void text(struct buf *b)
{
    if (chance(25)) {
        buf_printf(b, "lower(%s)", PICK(names_text));
    } else if (chance(45)) {
        buf_c(b, PICK(names_text));
    } else if (chance(30)) {
        quoted(b, PICK(codes));
    } else {
        quoted(b, PICK(texts));
    }
}

/* Whole numbers: the decimals of each side must agree, so money has a grammar of its own. */
static void whole(struct buf *b, int depth)
{
    uint64_t kind = depth > 0 ? roll(10) : roll(6);
    if (kind < 4) {
        buf_c(b, PICK(names_int));
    } else if (kind < 6) {
        buf_i64(b, chance(3) ? INT64_MAX : (int64_t)roll(11) - 4);
    } else if (kind < 9) {
        static const char *const signs[] = {" + ", " - ", " * "};
        buf_char(b, '(');
        whole(b, depth - 1);
        buf_c(b, PICK(signs));
        whole(b, depth - 1);
        buf_char(b, ')');
    } else {
        buf_c(b, "-(");
        whole(b, depth - 1);
        buf_char(b, ')');
    }
}

static void money(struct buf *b, int depth)
{
    static const char *const literals[] = {"0", "1", "0.5", "1.50", "-2.5", "2"};
    uint64_t kind = depth > 0 ? roll(10) : roll(6);
    if (kind < 6) {
        buf_c(b, kind < 4 ? PICK(names_money) : PICK(literals));
    } else if (kind < 8) {
        buf_char(b, '(');
        money(b, depth - 1);
        buf_c(b, chance(50) ? " + " : " - ");
        buf_c(b, PICK(names_money));
        buf_char(b, ')');
    } else if (kind < 9) {
        buf_printf(b, "%s * ", PICK(names_int));
        buf_c(b, PICK(names_money));
    } else {
        buf_printf(b, "-%s", PICK(names_money));
    }
}

static void date(struct buf *b)
{
    if (chance(60))
        buf_c(b, PICK(names_date));
    else
        buf_printf(b, "DATE('2024-01-%d')", 27 + (int)roll(5));
}

static void time_value(struct buf *b)
{
    if (chance(50))
        buf_c(b, PICK(names_time));
    else if (chance(50))
        buf_printf(b, "DATE('2024-01-%d')", 29 + (int)roll(3));
    else
        buf_printf(b, "TIMESTAMP('2024-01-30T%02d:00:00.00%dZ')", (int)roll(24), (int)roll(2));
}

static void bool_value(struct buf *b, int depth)
{
    if (depth > 0 && chance(30)) {
        buf_char(b, '(');
        condition(b, depth - 1);
        buf_char(b, ')');
    } else if (chance(70)) {
        buf_c(b, PICK(names_bool));
    } else {
        buf_c(b, chance(50) ? "TRUE" : "FALSE");
    }
}

static void value(struct buf *b, int kind, int depth)
{
    switch (kind) {
    case 0:
        text(b);
        break;
    case 1:
        whole(b, depth);
        break;
    case 2:
        money(b, depth);
        break;
    case 3:
        date(b);
        break;
    case 4:
        time_value(b);
        break;
    default:
        bool_value(b, depth);
    }
}

static void degrees(struct buf *b, int most)
{
    buf_decimal(b, some_degree(most), 7);
}

static void polygon(struct buf *b)
{
    int n = 3 + (int)roll(chance(10) ? 60 : 6);
    buf_c(b, "S_INTERSECTS(place, POLYGON((");
    for (int i = 0; i < n; i++) {
        buf_c(b, i ? ", " : "");
        degrees(b, 180);
        buf_char(b, ' ');
        degrees(b, 90);
    }
    buf_c(b, ")))");
}

static void box(struct buf *b)
{
    int64_t s = some_degree(90), n = some_degree(90);
    buf_c(b, "S_INTERSECTS(place, BBOX(");
    degrees(b, 180);
    buf_char(b, ',');
    buf_decimal(b, min64(s, n), 7);
    buf_char(b, ',');
    degrees(b, 180);
    buf_char(b, ',');
    buf_decimal(b, max64(s, n), 7);
    buf_c(b, "))");
}

/* Often just the distance of some row, so that both sides of the limit are met, and the corners of
 * the box that stands before it. */
static int64_t reach(int64_t lon, int64_t lat)
{
    static const int some[] = {-1,     0,       1,        1000,     150000,
                               500000, 5000000, 12000000, 20015114, 30000000};
    const struct xvalue *place = &rows[roll(ROWS)].v[test_slot("place")];
    if (place->null || chance(20))
        return PICK(some);
    return expr_distance_m(lon, lat, place->lon, place->lat) + (int64_t)roll(3) - 1;
}

static void distance(struct buf *b)
{
    static const char *const signs[] = {"<=", "<", ">", ">=", "=", "<>"};
    int64_t lon = some_degree(180), lat = some_degree(90), metres = reach(lon, lat);
    bool turned = chance(40);
    if (turned)
        buf_printf(b, "%lld %s ", (long long)metres, PICK(signs));
    buf_c(b, "distance_m(place, POINT(");
    buf_decimal(b, lon, 7);
    buf_char(b, ' ');
    buf_decimal(b, lat, 7);
    buf_c(b, "))");
    if (!turned)
        buf_printf(b, " %s %lld", PICK(signs), (long long)metres);
}

static void pattern(struct buf *b)
{
    static const char *const parts[] = {"%",   "_",   "a",    "b",  "A", "B",
                                        "\\%", "\\_", "\\\\", "张", "é"};
    char out[100] = "";
    size_t n = 0;
    for (int i = (int)roll(5); i > 0; i--) {
        const char *part = PICK(parts);
        memcpy(out + n, part, strlen(part) + 1);
        n += strlen(part);
    }
    quoted(b, out);
}

static void comparison(struct buf *b, int depth)
{
    static const char *const signs[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
    int kind = (int)roll(6);
    value(b, kind, depth);
    if (kind == 5)
        buf_c(b, chance(50) ? " = " : " <> ");
    else
        buf_c(b, PICK(signs));
    value(b, kind, depth);
}

static void list(struct buf *b, int depth)
{
    int kind = (int)roll(6);
    value(b, kind, depth);
    buf_c(b, chance(30) ? " NOT IN (" : " IN (");
    for (int i = 0, n = 1 + (int)roll(4); i < n; i++) {
        buf_c(b, i ? ", " : "");
        value(b, kind, 0);
    }
    buf_char(b, ')');
}

static void range(struct buf *b, int depth)
{
    int kind = (int)roll(5);
    value(b, kind, depth);
    buf_c(b, chance(30) ? " NOT BETWEEN " : " BETWEEN ");
    value(b, kind, 0);
    buf_c(b, " AND ");
    value(b, kind, 0);
}

static void null_test(struct buf *b, int depth)
{
    if (chance(20))
        buf_c(b, chance(50) ? "place" : "note");
    else
        value(b, (int)roll(6), depth);
    buf_c(b, chance(50) ? " IS NULL" : " IS NOT NULL");
}

static void simple(struct buf *b, int depth)
{
    uint64_t kind = roll(22);
    if (kind < 7) {
        comparison(b, depth);
    } else if (kind < 9) {
        list(b, depth);
    } else if (kind < 11) {
        range(b, depth);
    } else if (kind < 13) {
        null_test(b, depth);
    } else if (kind < 15) {
        text(b);
        buf_c(b, chance(30) ? " NOT LIKE " : " LIKE ");
        pattern(b);
    } else if (kind < 16) {
        buf_printf(b, "within(%s, '%s')", chance(50) ? "type" : "area", codes[roll(5)]);
    } else if (kind < 17) {
        bool_value(b, 0);
    } else if (kind < 18) {
        polygon(b);
    } else if (kind < 19) {
        box(b);
    } else {
        distance(b);
    }
}

static void condition(struct buf *b, int depth)
{
    if (depth == 0 || chance(30)) {
        simple(b, depth);
        return;
    }
    if (chance(25)) {
        buf_c(b, "NOT (");
        condition(b, depth - 1);
        buf_char(b, ')');
        return;
    }
    const char *word = chance(50) ? " AND " : " OR ";
    buf_char(b, '(');
    condition(b, depth - 1);
    buf_c(b, word);
    condition(b, depth - 1);
    buf_char(b, ')');
}

/* ---- comparing ---- */

struct answer {
    bool null;
    int64_t i;
};

/* Money that was multiplied has more decimals than what it meets, a bound may be left: such texts
 * are refused, and another is made. */
static struct expr *some_expression(struct arena *a, const struct xcatalogue *cat, struct buf *text,
                                    int *refused)
{
    for (;;) {
        struct err e = ERR_INIT;
        struct expr *x = NULL;
        buf_clear(text);
        if (chance(15))
            value(text, 1 + (int)roll(5), DEPTH);
        else
            condition(text, DEPTH);
        if (expr_parse(a, buf_view(text), cat, EXPR_SCALAR, &x, &e))
            return x;
        if (e.code != ERR_TOO_BIG && e.code != ERR_INPUT)
            fail_msg("%.*s: %s", STR_F(buf_view(text)), e.text);
        ++*refused;
    }
}

static void evaluate(const struct expr *x, struct answer out[ROWS])
{
    for (int r = 0; r < ROWS; r++) {
        struct xcontext c = test_context(&rows[r], zone);
        struct xvalue v;
        expr_eval(x, &c, &v);
        out[r] = (struct answer){v.null, v.null ? 0 : v.i};
    }
}

static void say_row(const struct test_row *row)
{
    for (int i = 0; i < TEST_SLOTS; i++) {
        const struct xvalue *v = &row->v[i];
        fprintf(stderr, "  %s = ", test_fields[i].name);
        if (v->null)
            fprintf(stderr, "NULL\n");
        else if (v->type == X_TEXT)
            fprintf(stderr, "'%.*s'\n", STR_F(v->s));
        else
            fprintf(stderr, "%lld (%lld %lld)\n", (long long)v->i, (long long)v->lon,
                    (long long)v->lat);
    }
}

/* Asks the database for the value in every row, and, for a condition, which rows a WHERE finds. */
static void compare(struct store *db, const struct expr *x, struct str text,
                    const struct answer want[ROWS])
{
    struct buf sql AUTO(buf_free) = BUF(1024 * 1024);
    struct cell args[ARGS];
    struct err e = ERR_INIT;
    size_t n = 0;
    bool yesno = expr_type(x) == X_BOOL;
    buf_c(&sql, yesno ? "SELECT t.id, CAST(" : "SELECT t.id, (");
    if (!expr_sql(x, &sql, args, ARGS, &n, 1, &e)) {
        assert_int_equal(e.code, ERR_TOO_BIG);
        return;
    }
    buf_c(&sql, yesno ? " AS INTEGER) FROM t ORDER BY t.id" : ") FROM t ORDER BY t.id");
    buf_char(&sql, '\0');
    struct rows r AUTO(rows_close) = store_query(db, sql.ptr, args, n, &e);
    int count = 0;
    while (rows_next(&r)) {
        struct answer got = {rows_null(&r, 1), rows_null(&r, 1) ? 0 : rows_int(&r, 1)};
        assert_int_equal(rows_int(&r, 0), count);
        if (got.null != want[count].null || got.i != want[count].i) {
            say_row(&rows[count]);
            fail_msg("%.*s\n%s\nrow %d: evaluator %s%lld, database %s%lld", STR_F(text), sql.ptr,
                     count, want[count].null ? "NULL " : "", (long long)want[count].i,
                     got.null ? "NULL " : "", (long long)got.i);
        }
        count++;
    }
    must(!err_is(&e), sql.ptr, &e);
    assert_int_equal(count, ROWS);
}

static void compare_where(struct store *db, const struct expr *x, const struct answer want[ROWS])
{
    struct buf sql AUTO(buf_free) = BUF(1024 * 1024);
    struct cell args[ARGS];
    struct err e = ERR_INIT;
    size_t n = 0;
    int64_t found = 0, expected = 0;
    bool some;
    buf_c(&sql, "SELECT count(*) FROM t WHERE ");
    if (!expr_sql(x, &sql, args, ARGS, &n, 1, &e))
        return;
    buf_char(&sql, '\0');
    must(store_int(db, sql.ptr, args, n, &some, &found, &e), sql.ptr, &e);
    for (int i = 0; i < ROWS; i++)
        expected += !want[i].null && want[i].i;
    assert_int_equal(found, expected);
}

static void compare_printed(struct arena *a, const struct xcatalogue *cat, const struct expr *x,
                            const struct answer want[ROWS])
{
    struct buf once AUTO(buf_free) = BUF(256 * 1024), twice AUTO(buf_free) = BUF(256 * 1024);
    struct answer got[ROWS];
    struct err e = ERR_INIT;
    struct expr *y = NULL;
    expr_print(x, &once);
    if (!expr_parse(a, buf_view(&once), cat, EXPR_SCALAR, &y, &e)) {
        if (e.code != ERR_TOO_BIG)
            fail_msg("%s: %.*s", e.text, STR_F(buf_view(&once)));
        return;
    }
    expr_print(y, &twice);
    assert_true(str_eq(buf_view(&once), buf_view(&twice)));
    evaluate(y, got);
    for (int i = 0; i < ROWS; i++)
        assert_true(got[i].null == want[i].null && got[i].i == want[i].i);
}

static long setting(const char *name, long fallback)
{
    const char *s = getenv(name);
    return s ? strtol(s, NULL, 10) : fallback;
}

/* Tells whether the test meets enough of each answer to mean something. */
struct tally {
    int yes, no, unknown, mixed, refused;
};

static void count_answers(struct tally *t, const struct answer a[ROWS])
{
    bool differ = false;
    for (int i = 0; i < ROWS; i++) {
        t->unknown += a[i].null;
        t->yes += !a[i].null && a[i].i != 0;
        t->no += !a[i].null && a[i].i == 0;
        differ |= a[i].null != a[0].null || a[i].i != a[0].i;
    }
    t->mixed += differ;
}

static void run(enum store_engine engine)
{
    struct xcatalogue cat = test_catalogue("Asia/Shanghai");
    struct testdb t;
    struct tally tally = {0};
    if (!testdb_make(&t, engine))
        skip();
    dice = (uint64_t)setting("BIHUAN_EXPR_SEED", 20240131) * 2654435761u + 1;
    zone = cat.zone;
    long runs = setting("BIHUAN_EXPR_RUNS", RUNS);
    struct store *db = testdb_open(&t, STORE_WRITE);
    make_rows();
    make_table(db);
    fill_table(db);
    struct buf text AUTO(buf_free) = BUF(64 * 1024);
    for (long i = 0; i < runs; i++) {
        struct arena *a = arena_new();
        struct expr *x = some_expression(a, &cat, &text, &tally.refused);
        struct answer want[ROWS];
        evaluate(x, want);
        count_answers(&tally, want);
        compare(db, x, buf_view(&text), want);
        if (expr_type(x) == X_BOOL)
            compare_where(db, x, want);
        compare_printed(a, &cat, x, want);
        arena_free(a);
    }
    store_close(db);
    testdb_drop(&t);
    print_message("%ld expressions (%d were refused): true %d, false %d, unknown %d, "
                  "%d tell rows apart\n",
                  runs, tally.refused, tally.yes, tally.no, tally.unknown, tally.mixed);
    assert_true(tally.mixed > runs / 2);
    assert_true(tally.unknown > runs * ROWS / 10 && tally.yes > runs * ROWS / 10);
}

static void test_sqlite(void **state)
{
    UNUSED(state);
    run(STORE_SQLITE);
}

static void test_postgres(void **state)
{
    UNUSED(state);
    run(STORE_POSTGRES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sqlite),
        cmocka_unit_test(test_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
