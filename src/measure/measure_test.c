#include <setjmp.h>
#include <stdarg.h>

#include "base/testdice.h"
#include "measure/figure_int.h"
#include "measure/testrig.h"
#include <cmocka.h>

/* ---- the model: reports, kept in plain C ---- */

enum { REPORTS = 60, DAY_0 = 19723 /* 2024-01-01 */, DAYS = 120 };

struct report {
    struct record *r; /* in rig.life */
    int area;         /* index in RIG_AREAS */
    int category, source;
    int64_t opened, closed, due;
    bool gone;
};

static const char *const CATEGORIES[] = {"Street Lights/Street Light Outages",
                                         "Street Lights/Street Light Knock Downs",
                                         "Sanitation/Schedule a Bulk Item Pickup", NULL};

struct town {
    struct rig rig;
    struct report list[REPORTS];
    int n;
};

static int64_t moment(int day, int64_t ms)
{
    return ((int64_t)(DAY_0 + day) * MS_DAY) - 8 * MS_HOUR + ms;
}

static int64_t some_moment(void)
{
    static const int64_t EDGES[] = {0, 1, MS_DAY - 1};
    return moment((int)roll(DAYS), chance(20) ? EDGES[roll(3)] : (int64_t)roll(MS_DAY));
}

static struct record *act(struct town *t, struct report *p, struct event_body b, const char *set)
{
    b.type = STR("report.report");
    b.pb = STR("report@1");
    b.known = TIME_NONE;
    b.area = p->area + 1;
    b.code = str_of(RIG_AREAS[p->area][0]);
    return rig_event(&t->rig, p->r, &b, set);
}

static void report_open(struct town *t)
{
    struct report *p = &t->list[t->n++];
    struct buf set = BUF(4096);
    *p = (struct report){.area = (int)roll(RIG_N_AREAS),
                         .category = (int)roll(4),
                         .source = (int)roll(2),
                         .opened = some_moment(),
                         .closed = TIME_NONE,
                         .due = TIME_NONE};
    if (chance(70))
        p->due = p->opened + (int64_t)roll(40) * MS_DAY;
    buf_printf(&set, "{\"source\":\"%s\"", p->source ? "desk" : "grid");
    if (CATEGORIES[p->category])
        buf_printf(&set, ",\"category\":\"%s\"", CATEGORIES[p->category]);
    if (p->due != TIME_NONE)
        buf_printf(&set, ",\"due_at\":%lld", (long long)p->due);
    buf_c(&set, "}");
    buf_char(&set, 0);
    p->r = act(t, p, (struct event_body){.at = p->opened, .state = STR("open")}, set.ptr);
    buf_free(&set);
}

static void report_change(struct town *t, struct report *p)
{
    char set[200];
    switch (roll(7)) {
    case 0:
    case 1:
        p->closed = chance(30) && p->due != TIME_NONE ? p->due + (int64_t)roll(3) - 1
                                                      : p->opened + (int64_t)roll(30ull * MS_DAY);
        snprintf(set, sizeof set, "{\"$closed\":%lld}", (long long)p->closed);
        p->r = act(t, p, (struct event_body){.at = p->closed, .state = STR("closed")}, set);
        break;
    case 2:
        p->closed = TIME_NONE;
        p->r = act(t, p, (struct event_body){.at = p->opened, .state = STR("open")},
                   "{\"$closed\":null,\"$reopened\":true}");
        break;
    case 3:
        p->area = (int)roll(RIG_N_AREAS);
        p->r = act(t, p, (struct event_body){.at = p->opened}, NULL);
        break;
    case 4:
        p->gone = chance(50);
        p->r = act(t, p, (struct event_body){.at = p->opened},
                   !p->gone     ? "{\"$void\":null,\"$merged\":null}"
                   : chance(50) ? "{\"$void\":true}"
                                : "{\"$merged\":\"00000000-0000-8000-8000-000000000000\"}");
        break;
    case 5:
        p->category = (int)roll(4);
        snprintf(set, sizeof set,
                 CATEGORIES[p->category] ? "{\"category\":\"%s\"}" : "{\"category\":null}",
                 CATEGORIES[p->category]);
        p->r = act(t, p, (struct event_body){.at = p->opened}, set);
        break;
    default: { /* a comment: nothing that is counted */
        struct json *parts;
        RIG_OK(&t->rig,
               json_input(t->rig.a, STR("[{\"i\":1,\"kind\":\"comment\"}]"), &parts, &t->rig.e));
        p->r = act(t, p, (struct event_body){.at = p->opened, .parts = parts}, NULL);
        break;
    }
    }
}

/* A few actions in one commit; now and then two on one record. */
static void town_live(struct town *t)
{
    t->rig.now += (int64_t)roll(3ull * MS_DAY);
    rig_begin(&t->rig);
    for (uint64_t i = 0, n = 1 + roll(4); i < n; i++) {
        if (t->n < REPORTS && (t->n < 3 || chance(35)))
            report_open(t);
        else
            report_change(t, &t->list[roll((uint64_t)t->n)]);
    }
    for (int i = 0; i < t->n; i++) /* out of the commit's memory */
        t->list[i].r = record_copy(t->rig.life, t->list[i].r);
    rig_commit(&t->rig);
}

static bool town_open(struct town *t, enum store_engine engine)
{
    *t = (struct town){.n = 0};
    if (!rig_open(&t->rig, engine, "Asia/Shanghai"))
        return false;
    rig_playbook(&t->rig, rig_text(&t->rig, "report"));
    return true;
}

/* ---- asking ---- */

static struct figure_question question(const struct town *t, const char *id, int area, int from,
                                       int to)
{
    struct figure_question q = figure_question_new(t->rig.now);
    q.id = str_of(id);
    q.area = str_of(RIG_AREAS[area][0]);
    q.from = DAY_0 + from;
    q.to = DAY_0 + to;
    return q;
}

static struct figure ask(struct town *t, const struct figure_question *q)
{
    struct figure f = {.n_rows = 0};
    RIG_OK(&t->rig, figure_ask(t->rig.db, t->rig.life, t->rig.w, q, &f, &t->rig.e));
    return f;
}

static const char *ask_json(struct town *t, const struct figure_question *q)
{
    struct figure f = ask(t, q);
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    figure_write(&o, &f);
    const char *text = str_c(t->rig.life, buf_view(&b));
    buf_free(&b);
    return text;
}

/* ---- brute force ---- */

static bool area_in(int area, int top)
{
    while (area >= 0 && area != top) {
        int parent = -1;
        for (int k = 0; k < area; k++)
            if (strcmp(RIG_AREAS[k][0], RIG_AREAS[area][1]) == 0)
                parent = k;
        area = parent;
    }
    return area >= 0;
}

static bool within(int64_t v, int64_t from, int64_t to)
{
    return v != TIME_NONE && v >= from && v < to;
}

struct truth {
    int64_t n, N, opening;
    int64_t ms[REPORTS];
};

static bool overdue(const struct report *p)
{
    return p->due != TIME_NONE && (p->closed == TIME_NONE || p->closed > p->due);
}

/* What an indicator of the playbook says of one report in a span; times are instants. */
static void count_one(const char *id, const struct report *p, int64_t a, int64_t b, struct truth *x)
{
    bool closed = within(p->closed, a, b), opened = within(p->opened, a, b);
    bool good = p->closed != TIME_NONE && p->due != TIME_NONE && p->closed <= p->due;
    bool late = p->closed != TIME_NONE && p->due != TIME_NONE && p->closed > p->due;
    bool ended = p->closed != TIME_NONE && p->due != TIME_NONE;
    if (strcmp(id, "opened") == 0) {
        x->n += opened;
    } else if (strcmp(id, "closed") == 0) {
        x->n += closed;
    } else if (strcmp(id, "closed_with_target") == 0) {
        x->n += closed && p->due != TIME_NONE;
    } else if (strcmp(id, "on_time") == 0) {
        x->n += good && within(p->due, a, b);
        x->N += ended && within(p->due, a, b);
    } else if (strcmp(id, "on_time_strict") == 0) {
        x->n += good && opened;
        x->N += opened && p->due != TIME_NONE;
    } else if (strcmp(id, "stock") == 0) {
        x->n += opened;
        x->N += closed;
        x->opening += p->opened < a;
        x->opening -= p->closed != TIME_NONE && p->closed < a;
    } else if (strcmp(id, "overdue") == 0) {
        x->n += overdue(p) && within(p->due, a, b);
        x->N += late && closed;
        x->opening += overdue(p) && p->due < a;
        x->opening -= late && p->closed < a;
    } else if (closed) {
        x->ms[x->n++] = p->closed - p->opened;
    }
}

struct filter {
    int category; /* -1 any, -2 within Street Lights */
    int source;   /* -1 any */
    int area;     /* a further area it must lie in, -1 any */
};

static struct truth brute(const struct town *t, const char *id, int area, int64_t a, int64_t b,
                          struct filter f)
{
    struct truth x = {.n = 0};
    for (int i = 0; i < t->n; i++) {
        const struct report *p = &t->list[i];
        if (p->gone || !area_in(p->area, area) || (f.category >= 0 && p->category != f.category) ||
            (f.category == -2 && p->category > 1) || (f.source >= 0 && p->source != f.source) ||
            (f.area >= 0 && !area_in(p->area, f.area)))
            continue;
        count_one(id, p, a, b, &x);
    }
    return x;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void same_value(const char *id, struct truth x, const struct figure_value *v)
{
    if (v->stock) {
        assert_int_equal(v->opening, x.opening);
        assert_int_equal(v->in, x.n);
        assert_int_equal(v->out, x.N);
        assert_int_equal(v->closing, x.opening + x.n - x.N);
        assert_int_equal(v->value, v->closing);
        return;
    }
    assert_int_equal(v->n, x.n);
    assert_int_equal(v->has_N, str_starts(str_of(id), STR("on_time")));
    if (v->has_N) {
        assert_int_equal(v->N, x.N);
        assert_true(v->n <= v->N);
        assert_int_equal(v->has_value, x.N >= 20);
        if (v->has_value) /* 4 decimals, half up */
            assert_int_equal(v->value, (2 * x.n * 1000000 + x.N) / (2 * x.N));
    } else if (strcmp(id, "median_days") == 0) {
        assert_int_equal(v->has_value, x.n > 0);
        qsort(x.ms, (size_t)x.n, sizeof x.ms[0], by_size);
        if (x.n) {
            int64_t twice = x.ms[(x.n - 1) / 2] + x.ms[x.n / 2];
            assert_int_equal(v->value, (twice * 10000 + MS_DAY) / (2 * MS_DAY));
        }
    } else {
        assert_int_equal(v->value, x.n);
    }
}

static const char *const IDS[] = {"opened",  "closed",         "closed_with_target",
                                  "on_time", "on_time_strict", "stock",
                                  "overdue", "median_days"};

static const struct {
    const char *cql;
    struct filter f;
} WHERES[] = {
    {NULL, {-1, -1, -1}},
    {"within(category, 'Street Lights')", {-2, -1, -1}},
    {"category = 'Sanitation/Schedule a Bulk Item Pickup' AND source = 'desk'", {2, 1, -1}},
    {"within(area, '101001')", {-1, -1, 3}},
};

/* Both ways and the model, for the total and each way of parting it. */
static void compare_row(struct town *t, const char *id, const struct figure_question *q,
                        const struct figure *f, struct filter filter)
{
    int64_t a = moment(q->from - DAY_0, 0), b = moment(q->to - DAY_0 + 1, 0);
    int area = world_area(t->rig.w, q->area);
    same_value(id, brute(t, id, area, a, b, filter), &f->total);
    for (size_t i = 0; i < f->n_rows; i++) {
        struct filter narrow = filter;
        struct str key = f->rows[i].key;
        int64_t from = a, to = b;
        if (str_is(q->by, "day")) {
            int32_t day;
            assert_true(day_parse(key, &day));
            from = moment(day - DAY_0, 0);
            to = moment(day - DAY_0 + 1, 0);
        } else if (str_is(q->by, "source")) {
            narrow.source = str_is(key, "desk");
            if (filter.source >= 0 && filter.source != narrow.source)
                continue;
        } else if (str_is(q->by, "category")) {
            narrow.category = 3;
            for (int k = 0; k < 3; k++)
                if (str_is(key, CATEGORIES[k]))
                    narrow.category = k;
            assert_int_equal(!key.ptr, narrow.category == 3);
            if (filter.category == -2)
                assert_true(narrow.category < 2);
            if (filter.category >= 0)
                assert_int_equal(filter.category, narrow.category);
        } else if (str_is(q->by, "area")) {
            int child = world_area(t->rig.w, key);
            if (child == area)
                continue; /* what lies in none of them: the sum is compared below */
            same_value(id, brute(t, id, child, a, b, filter), &f->rows[i].v);
            continue;
        } else {
            continue;
        }
        same_value(id, brute(t, id, area, from, to, narrow), &f->rows[i].v);
    }
}

static void rows_add_up(const struct figure *f, struct str by)
{
    bool time = str_is(by, "day") || str_is(by, "month");
    int64_t n = 0, N = 0, opening = 0;
    for (size_t i = 0; i < f->n_rows; i++) {
        n += f->rows[i].v.stock ? f->rows[i].v.in : f->rows[i].v.n;
        N += f->rows[i].v.stock ? f->rows[i].v.out : f->rows[i].v.N;
        opening += f->rows[i].v.opening;
    }
    assert_int_equal(n, f->total.stock ? f->total.in : f->total.n);
    assert_int_equal(N, f->total.stock ? f->total.out : f->total.N);
    if (!time)
        assert_int_equal(opening, f->total.opening);
    for (size_t i = 1; time && i < f->n_rows; i++) /* what one closes with the next opens with */
        assert_int_equal(f->rows[i].v.opening, f->rows[i - 1].v.closing);
    if (time) {
        assert_int_equal(f->rows[0].v.opening, f->total.opening);
        assert_int_equal(f->rows[f->n_rows - 1].v.closing, f->total.closing);
    }
}

static void three_ways(struct town *t)
{
    static const char *const BYS[] = {"",       "day",        "month", "area",     "category",
                                      "source", "category.1", "state", "reopened", "hops"};
    const char *id = IDS[roll(COUNT_OF(IDS))];
    size_t w = roll(COUNT_OF(WHERES));
    int from = (int)roll(DAYS), to = from + (int)roll(60);
    struct figure_question q =
        question(t, arena_printf(t->rig.life, "report.%s", id), (int)roll(RIG_N_AREAS), from, to);
    q.by = str_of(BYS[roll(COUNT_OF(BYS))]);
    q.where = str_of(WHERES[w].cql);
    struct figure fast = ask(t, &q);
    const char *quick = ask_json(t, &q);
    q.slow = true;
    assert_string_equal(ask_json(t, &q), quick);
    compare_row(t, id, &q, &fast, WHERES[w].f);
    if (q.by.len)
        rows_add_up(&fast, q.by);
}

/* ---- the counters against a second making ---- */

/* All counters as one text, without the rows that say nothing. */
static const char *dump(struct town *t)
{
    static const char *const TABLES[] = {
        "SELECT term, area, dim, day, 0, n, s FROM tally WHERE n <> 0 OR s <> 0 "
        "ORDER BY term, area, dim, day",
        "SELECT term, area, '', day, known, n, s FROM tally_known WHERE n <> 0 OR s <> 0 "
        "ORDER BY term, area, day, known",
        "SELECT term, area, '', day, rid, ms, 0 FROM duration ORDER BY term, rid"};
    struct buf b = BUF(64 << 20);
    for (size_t i = 0; i < COUNT_OF(TABLES); i++) {
        struct rows r AUTO(rows_close) = store_query(t->rig.db, TABLES[i], BIND_NONE, &t->rig.e);
        while (rows_next(&r)) {
            buf_printf(&b, "%.*s", STR_F(rows_str(&r, 2)));
            for (int k = 0; k < 7; k++)
                if (k != 2)
                    buf_printf(&b, " %lld", (long long)rows_int(&r, k));
            buf_char(&b, '\n');
        }
        RIG_OK(&t->rig, !err_is(&t->rig.e));
    }
    const char *text = str_c(t->rig.life, buf_view(&b));
    buf_free(&b);
    return text;
}

/* Life goes on between the batches, and after the last one with a world that does not know yet; what
 * comes out is what the slow path says, and what making all at once says. */
static void build_while_living(struct town *t, int records)
{
    struct figure f;
    struct term_progress p = {.building = 0};
    struct figure_question q = question(t, "report.opened", 0, 0, DAYS);
    int64_t done = -1;
    rig_restart(&t->rig);
    do {
        struct err e = ERR_INIT;
        assert_false(figure_ask(t->rig.db, t->rig.life, t->rig.w, &q, &f, &e));
        assert_int_equal(e.code, ERR_BUILDING);
        RIG_OK(&t->rig, terms_progress(t->rig.db, &p, &t->rig.e));
        assert_true(p.building > 1 && p.done >= done && p.done <= p.total);
        done = p.done;
        town_live(t);
    } while (rig_build(&t->rig, records));
    RIG_OK(&t->rig, terms_progress(t->rig.db, &p, &t->rig.e));
    assert_int_equal(p.building, 0);
    for (int i = 0; i < 8; i++) {
        town_live(t);
        three_ways(t);
    }
    rig_reload(&t->rig);
    for (int i = 0; i < 40; i++)
        three_ways(t);
}

struct shown {
    struct figure_question q;
    const char *text;
};

/* Asks now, and keeps the answer with the size of the log that it stands on. */
static void show(struct town *t, struct shown *s, const char *id, const char *where)
{
    static const char *const BYS[] = {"", "month", "area", "category", "category.1", "state"};
    s->q = question(t, arena_printf(t->rig.life, "report.%s", id), (int)roll(RIG_N_AREAS), 0, DAYS);
    s->q.by = str_of(BYS[roll(COUNT_OF(BYS))]);
    s->q.where = str_of(where);
    s->text = ask_json(t, &s->q);
    s->q.as_of_size = ask(t, &s->q).size;
}

/* Counters at other levels of the tree say the same; the five levels of the rig. */
static void other_levels(struct town *t)
{
    static const char *const LEVELS[] = {"2 3 4", "3 3 5", "2 2 2", "5 5 5", "tree 1 1 1", "1 2 3"};
    for (size_t i = 0; i < COUNT_OF(LEVELS); i++) {
        rig_setting(&t->rig, "figures.levels", LEVELS[i]);
        for (int k = 0; k < 10; k++) {
            town_live(t);
            three_ways(t);
            three_ways(t);
        }
        const char *kept = dump(t);
        rig_rebuild(&t->rig, 50);
        assert_string_equal(dump(t), kept);
    }
}

static void run_town(enum store_engine engine, uint64_t start, int commits)
{
    enum { SHOWN = 48 };
    struct town t;
    struct shown shown[SHOWN];
    int n_shown = 0;
    if (!town_open(&t, engine))
        skip();
    dice = start;
    for (int i = 0; i < commits; i++) {
        town_live(&t);
        three_ways(&t);
        if (i % 4 == 1 && n_shown + 2 <= SHOWN) {
            show(&t, &shown[n_shown++], IDS[roll(COUNT_OF(IDS))], WHERES[roll(3)].cql);
            show(&t, &shown[n_shown++], "median_days", NULL);
        }
    }
    for (int i = 0; i < 150; i++)
        three_ways(&t);
    for (int i = 0; i < n_shown; i++) /* what was shown can be shown again */
        assert_string_equal(ask_json(&t, &shown[i].q), shown[i].text);
    const char *kept = dump(&t);
    assert_true(strlen(kept) > 1000);
    rig_rebuild(&t.rig, 37);
    assert_string_equal(dump(&t), kept);
    build_while_living(&t, 11);
    kept = dump(&t);
    rig_rebuild(&t.rig, 1000);
    assert_string_equal(dump(&t), kept);
    other_levels(&t);
    rig_close(&t.rig);
}

static void test_levels(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text;
        bool ok, by_tree;
        struct levels want;
    } TEXTS[] = {
        {"1 2 3", true, false, {1, 2, 3}}, {"tree 2 3 4", true, true, {2, 3, 4}},
        {"12 12 12", true, false, {12, 12, 12}}, {"", false, false, {0}}, {"1 2", false, false, {0}},
        {"1 2 3 4", false, false, {0}}, {"0 1 2", false, false, {0}}, {"2 1 3", false, false, {0}},
        {"1 3 2", false, false, {0}}, {"1 2 13", false, false, {0}}, {"1  2 3", false, false, {0}},
        {"tree1 2 3", false, false, {0}}, {"a b c", false, false, {0}},
    };
    static const struct {
        int counts[6]; /* of areas, by level */
        struct levels want;
    } TREES[] = {
        {{1, 3, 11, 179, 2807}, {2, 3, 4}}, /* three cities of a province */
        {{1, 9, 110, 1900}, {1, 2, 3}},     /* one city */
        {{1, 1, 1, 18, 300, 900}, {3, 4, 5}}, /* one county, with what is above it */
        {{1, 22, 255}, {1, 2, 3}},          /* Boston */
        {{1, 11, 100, 1600}, {1, 2, 3}},    /* a province */
        {{1}, {1, 2, 3}},
        {{0}, {1, 2, 3}},
        {{1, 64}, {1, 2, 3}},
        {{1, 65}, {1, 2, 3}},
    };
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        struct levels l = {0};
        bool by_tree = false;
        assert_int_equal(levels_parse(str_of(TEXTS[i].text), &l, &by_tree), TEXTS[i].ok);
        assert_memory_equal(&l, &TEXTS[i].want, sizeof l);
        assert_true(!TEXTS[i].ok || by_tree == TEXTS[i].by_tree);
    }
    struct area *areas = mem_new(5000 * sizeof *areas);
    for (size_t i = 0; i < COUNT_OF(TREES); i++) {
        struct world w = {.areas = areas};
        for (int level = 1; level <= 6; level++)
            for (int k = 0; k < TREES[i].counts[level - 1]; k++)
                areas[w.n_areas++] = (struct area){.level = level};
        struct levels l = levels_of_tree(&w);
        assert_memory_equal(&l, &TREES[i].want, sizeof l);
    }
    free(areas);
}

static void test_three_ways_sqlite(void **state)
{
    UNUSED(state);
    run_town(STORE_SQLITE, 88172645463325252ull, 120);
    run_town(STORE_SQLITE, 1234567, 60);
}

static void test_three_ways_postgres(void **state)
{
    UNUSED(state);
    run_town(STORE_POSTGRES, 998877, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_three_ways_sqlite),
        cmocka_unit_test(test_three_ways_postgres),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
