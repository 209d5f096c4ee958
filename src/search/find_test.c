/* Every list question compared with plain C over the same folds, on both engines. */
#include "search/find_int.h"
#include "search/findrig.h"

/* ---- comparing ---- */

/* Walks all pages; returns the plan of the first. */
static const char *compare(struct bench *b, struct find_question q)
{
    const struct model *want[RECORDS];
    size_t n = wanted(b, &q, want), at = 0;
    const char *plan = NULL;
    struct err e = ERR_INIT;
    int64_t total = -7;
    do {
        struct find_answer got = {.n = 99};
        if (!find_records(b->db, b->a, &q, &got, &e))
            fail_msg("%s: %s", describe(b, &q), e.text);
        plan = plan ? plan : got.plan;
        if (got.n > (size_t)q.limit || (got.next.ptr && got.n < (size_t)q.limit))
            fail_msg("%s: a page of %zu", describe(b, &q), got.n);
        if (got.total >= 0 && got.total != (int64_t)n)
            fail_msg("%s: total %lld, wanted %zu", describe(b, &q), (long long)got.total, n);
        for (size_t i = 0; i < got.n; i++, at++)
            if (at >= n || got.rows[i]->rid != want[at]->r->rid)
                fail_msg("%s (%s): row %zu is %lld, wanted %lld", describe(b, &q), got.plan, at,
                         (long long)got.rows[i]->rid, at < n ? (long long)want[at]->r->rid : -1);
        q.after = got.next;
    } while (q.after.ptr);
    if (at != n)
        fail_msg("%s (%s): %zu rows, wanted %zu", describe(b, &q), plan, at, n);
    if (!find_count(b->db, b->a, &q, &total, &e))
        fail_msg("%s: %s", describe(b, &q), e.text);
    if (total != (int64_t)n)
        fail_msg("%s: counted %lld, wanted %zu", describe(b, &q), (long long)total, n);
    return plan;
}

static void random_questions(void **state)
{
    struct str scopes[LIMIT_SCOPES];
    int plans[4] = {0};
    START(b)
    for (int i = 0; i < 1500; i++) {
        seed = (uint64_t)i * 7919 + 3;
        const char *plan = compare(b, random_question(b, scopes));
        static const char *const NAMES_OF[] = {"scope", "index", "search", "scan"};
        int k = 0;
        while (k < 4 && strcmp(plan, NAMES_OF[k]) != 0)
            k++;
        assert_in_range(k, 0, 3);
        plans[k]++;
    }
    for (int k = 0; k < 4; k++)
        assert_in_range(plans[k], 20, 1500); /* each was tried */
    bench_end(b);
}

/* ---- fixed questions ---- */

static void refused(void **state)
{
    static const struct {
        const char *type, *where, *search, *sort, *after;
        enum err_code code;
        const char *field;
    } T[] = {
        {"t", "", "", "", "", ERR_INPUT, "type"},
        {"t.nothing", "", "", "", "", ERR_INPUT, "type"},
        {"nothing.thing", "", "", "", "", ERR_INPUT, "type"},
        {"sys.area", "", "", "", "", ERR_INPUT, "type"},
        {"", "", "", "", "", ERR_INPUT, "type"},
        {"t.thing", "kind =", "", "", "", ERR_SYNTAX, "where"},
        {"t.thing", "nothing = 1", "", "", "", ERR_UNKNOWN_FIELD, "where"},
        {"t.thing", "within(area, '99')", "", "", "", ERR_UNKNOWN_CODE, "where"},
        {"t.thing", "within(from_area, '99')", "", "", "", ERR_UNKNOWN_CODE, "where"},
        {"t.thing", "within(kind, '99')", "", "", "", ERR_UNKNOWN_CODE, "where"},
        {"t.thing", "keeper IS NOT NULL", "", "", "", ERR_PRIVACY, "where"},
        {"t.thing", "text IS NOT NULL", "", "", "", ERR_INPUT, "where"},
        {"t.thing", "form.kind = '01'", "", "", "", ERR_UNKNOWN_FIELD, "where"},
        {"t.thing", "days(opened, closed) > 3", "", "", "", ERR_INPUT, "where"},
        {"t.thing", "", "", "kind", "", ERR_INPUT, "sort"},
        {"t.thing", "", "", "text", "", ERR_INPUT, "sort"},
        {"t.thing", "", "", "keeper", "", ERR_INPUT, "sort"},
        {"t.thing", "", "", "--due", "", ERR_INPUT, "sort"},
        {"t.thing", "", "", "-", "", ERR_INPUT, "sort"},
        {"t.thing", "", "水", "due", "", ERR_INPUT, "sort"},
        {"t.thing", "", "水", "-score", "", ERR_INPUT, "sort"},
        {"t.thing", "", "", "", "r", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "17", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "r-1", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "r99999999999999999999", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "r1 OR 1=1", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "z7", ERR_INPUT, "after"},
        {"t.thing", "", "", "", "k5.7", ERR_INPUT, "after"},
        {"t.thing", "", "", "due", "r7", ERR_INPUT, "after"},
        {"t.thing", "", "", "due", "k5", ERR_INPUT, "after"},
        {"t.thing", "", "", "due", "k5.x", ERR_INPUT, "after"},
        {"t.thing", "", "", "due", "tYQ.7", ERR_INPUT, "after"},
        {"t.thing", "", "", "grade", "k5.7", ERR_INPUT, "after"},
        {"t.thing", "", "", "grade", "t!!.7", ERR_INPUT, "after"},
        {"t.thing", "", "", "grade", "t_w.7", ERR_INPUT, "after"}, /* byte 0xFF */
    };
    START(b)
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct find_question q = plain_question(b);
        struct find_answer got = {.n = 77};
        struct err e = ERR_INIT;
        q.type = str_of(T[i].type);
        q.where = str_of(T[i].where);
        q.search = str_of(T[i].search);
        q.after = str_of(T[i].after);
        if (find_sort(&q, str_of(T[i].sort), &e) && find_records(b->db, b->a, &q, &got, &e))
            fail_msg("question %zu was answered", i);
        if (e.code != T[i].code || strcmp(e.field, T[i].field) != 0)
            fail_msg("question %zu: %s of '%s': %s", i, err_wire(e.code), e.field, e.text);
        assert_int_equal(got.n, 77);
    }
    bench_end(b);
}

/* A cursor comes from outside: whatever it says, the answer is a page or ERR_INPUT. */
static void any_cursor(void **state)
{
    static const char *const SORTS[] = {"", "opened", "due", "-score", "grade"};
    START(b)
    for (int i = 0; i < 3000; i++) {
        struct find_question q = plain_question(b);
        struct find_answer got;
        struct err e = ERR_INIT;
        char text[24];
        int n = rnd((int)sizeof text);
        for (int k = 0; k < n; k++)
            text[k] = rnd(8) ? "rkzt0123456789.-9999AQ_"[rnd(23)] : (char)rnd(256);
        if (n)
            text[0] = rnd(8) ? "rkzt"[rnd(4)] : text[0];
        q.after = (struct str){text, (size_t)n};
        assert_true(find_sort(&q, str_of(SORTS[rnd(5)]), &e));
        if (!find_records(b->db, b->a, &q, &got, &e) && e.code != ERR_INPUT)
            fail_msg("'%.*s': %s", n, text, e.text);
    }
    bench_end(b);
}

static void nobody_sees_nothing(void **state)
{
    static const struct str NONE[] = {{"a999", 4}, {"o", 1}, {"a", 1}, {"", 0}, {"a1x", 3}};
    START(b)
    for (int n = 0; n <= (int)COUNT_OF(NONE); n++) {
        for (int search = 0; search < 2; search++) {
            struct find_question q = plain_question(b);
            struct find_answer got = {.n = 77};
            struct err e = ERR_INIT;
            int64_t total = -7;
            q.scopes = NONE;
            q.n_scopes = n;
            q.search = search ? STR("漏水") : STR_NONE;
            assert_true(find_records(b->db, b->a, &q, &got, &e));
            assert_true(find_count(b->db, b->a, &q, &total, &e));
            assert_int_equal(got.n, 0);
            assert_int_equal(got.total, 0);
            assert_null(got.next.ptr);
            assert_int_equal(total, 0);
        }
    }
    bench_end(b);
}

static void words_and_pinyin(void **state)
{
    static const struct {
        const char *typed, *like; /* in the place */
    } T[] = {{"长江路", "长江路"}, {"cjl", "长江路"}, {"changjianglu", "长江路"},
             {"jianshe", "建设"},  {"skb", "水库边"}, {"，", NULL},
             {"zzz", NULL}};
    START(b)
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct find_question q = plain_question(b);
        struct err e = ERR_INIT;
        int64_t total = -7, least = 0;
        q.search = str_of(T[i].typed);
        for (int k = 0; T[i].like && k < RECORDS; k++)
            least += b->m[k].def == b->book->records && json_get(b->m[k].r->fields, "spot") &&
                     says(b->m[k].spot, str_of(T[i].like));
        assert_true(find_count(b->db, b->a, &q, &total, &e));
        assert_true(T[i].like ? least > 20 : least == 0);
        if (total < least || (!T[i].like && total > 0)) /* "长江路" stands in texts as well */
            fail_msg("%s: %lld, at least %lld", T[i].typed, (long long)total, (long long)least);
    }
    bench_end(b);
}

/* What is recorded between two pages neither repeats nor hides a row. */
static void pages_stand_still(void **state)
{
    static const char *const SORTS[] = {"", "due", "-score"};
    START(b)
    for (size_t s = 0; s < COUNT_OF(SORTS); s++) {
        struct find_question q = plain_question(b);
        const struct model *want[RECORDS];
        struct err e = ERR_INIT;
        assert_true(find_sort(&q, str_of(SORTS[s]), &e));
        size_t n = wanted(b, &q, want), seen = 0;
        do {
            struct find_answer got;
            assert_true(find_records(b->db, b->a, &q, &got, &e));
            for (size_t i = 0; i < got.n; i++) {
                if (got.rows[i]->rid > RECORDS * 3 + 5) /* a new one */
                    continue;
                assert_true(seen < n);
                assert_int_equal(got.rows[i]->rid, want[seen++]->r->rid);
            }
            q.after = got.next;
            struct model keep = b->m[0];
            int first = 0;
            make_record(b, 0);
            b->m[0].r->rid = 10000 + (int64_t)(s * 1000 + seen);
            b->m[0].r->number = STR_NONE;
            struct str name = str_printf(b->a, "late %zu %zu", s, seen);
            b->m[0].r->id = id_derive(&name, 1);
            save(b, NULL, &first, 1);
            b->m[0] = keep;
        } while (q.after.ptr);
        assert_int_equal(seen, n);
    }
    bench_end(b);
}

/* Many rows that no condition finds quickly. */
static void crowd(struct bench *b)
{
    static const char *const SQL[] = {
        "INSERT INTO f_t_thing (rid, x_weight) WITH RECURSIVE t (n) AS (SELECT 100001 UNION ALL "
        "SELECT n + 1 FROM t WHERE n < 300000) SELECT n, 9 FROM t",
        "INSERT INTO scope (scope, type, rid) SELECT 'a1', 't.thing', rid FROM f_t_thing "
        "WHERE rid > 100000",
    };
    struct err e = ERR_INIT;
    for (size_t i = 0; i < COUNT_OF(SQL); i++)
        if (!store_ddl(b->db, SQL[i], &e))
            fail_msg("%s", e.text);
}

static void too_long_says_what_to_do(void **state)
{
    START(b)
    crowd(b);
    struct find_question q = plain_question(b);
    struct find_answer got = {.n = 77};
    struct err e = ERR_INIT;
    int64_t total = -7;
    q.where = STR("weight = 7 OR weight = 7.001");
    q.deadline_ms = 3;
    assert_false(find_records(b->db, b->a, &q, &got, &e));
    assert_int_equal(e.code, ERR_DEADLINE);
    assert_non_null(strstr(e.text, "narrow"));
    assert_true(e.zh[0]);
    assert_int_equal(got.n, 77);
    err_clear(&e);
    assert_false(find_count(b->db, b->a, &q, &total, &e));
    assert_int_equal(e.code, ERR_DEADLINE);
    assert_int_equal(total, -7);
    err_clear(&e);
    bool found; /* the limit does not stay on the connection */
    assert_true(store_int(b->db, "SELECT COUNT(*) FROM scope", BIND_NONE, &found, &total, &e));
    q.deadline_ms = 20000;
    assert_true(find_records(b->db, b->a, &q, &got, &e));
    assert_string_equal(got.plan, "scan");
    assert_true(find_count(b->db, b->a, &q, &total, &e));
    bench_end(b);
}

/* PostgreSQL without statistics would look rare words up again for each row of the scope. */
static void rare_words_are_looked_up_once(void **state)
{
    START(b)
    struct find_question q = plain_question(b);
    struct find_ask k;
    struct err e = ERR_INIT;
    struct find_walk w = {.by = BY_SEARCH, .rare = true, .alone = true, .want = 51};
    bool once = false;
    q.search = STR("漏水");
    assert_true(find_prepare(b->db, b->a, &q, &k, &e));
    struct find_sql s AUTO(find_sql_free) = find_sql_new(&k);
    buf_c(&s.text, store_engine(b->db) == STORE_SQLITE ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
    assert_true(find_sql_walk(&s, &k, &w));
    struct rows r = find_sql_run(&s, &k);
    while (rows_next(&r)) /* the words' own part of the plan, or the driver of all */
        once |= store_engine(b->db) == STORE_SQLITE ? str_has(rows_str(&r, 3), STR("search_fts VIRTUAL TABLE"))
                                                    : str_has(rows_str(&r, 0), STR("CTE Scan on h"));
    rows_close(&r);
    assert_false(err_is(&e));
    assert_true(once);
    bench_end(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(random_questions),         BOTH(refused),           BOTH(any_cursor),
        BOTH(words_and_pinyin),         BOTH(pages_stand_still), BOTH(nobody_sees_nothing),
        BOTH(too_long_says_what_to_do), BOTH(rare_words_are_looked_up_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
