/* The plan of the disputes, mode `small`, played into a file: the targets come out exactly, the same
 * seed gives the same figures and another seed others, and nothing is refused. */
#include "ledger/keys.h"
#include "measure/indicator.h"
#include "rehearse/rehearse_int.h"
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>

struct stage {
    struct arena *a;
    char url[256], key[300];
    int64_t now;
    struct plan *plan;
    struct cast *cast;
    struct engine *en;
};

static int64_t stage_now(void *self)
{
    const struct stage *s = self;
    return s->now;
}

static const char *source_file(struct arena *a, const char *name)
{
    const char *source = getenv("BIHUAN_SOURCE");
    return arena_printf(a, "%s/playbooks/dispute%s", source ? source : ".", name);
}

static void open_sys(struct stage *s, const char *type, const char *key, struct json *value)
{
    struct answer ans;
    struct actor who = actor_operator();
    struct ask ask = ASK_INIT;
    ask.id = id_new(s->now);
    ask.type = str_of(type);
    ask.actor = &who;
    ask.fields = json_new(s->a, J_OBJ);
    json_set(s->a, ask.fields, str_of(key), value);
    if (!engine_act(s->en, s->a, &ask, &ans))
        fail_msg("%s: %s", type, ans.err.text);
}

static const char AREAS[] =
    "[{\"code\":\"360000000000\",\"name\":\"江西省\"},"
    "{\"code\":\"360100000000\",\"name\":\"南昌市\",\"parent\":\"360000000000\"},"
    "{\"code\":\"360112000000\",\"name\":\"新建区\",\"parent\":\"360100000000\"},"
    "{\"code\":\"360112001000\",\"name\":\"甲街道\",\"parent\":\"360112000000\"},"
    "{\"code\":\"360112001001\",\"name\":\"一村\",\"parent\":\"360112001000\"},"
    "{\"code\":\"360112101000\",\"name\":\"乙镇\",\"parent\":\"360112000000\"},"
    "{\"code\":\"360103000000\",\"name\":\"西湖区\",\"parent\":\"360100000000\"},"
    "{\"code\":\"360103001000\",\"name\":\"丙街道\",\"parent\":\"360103000000\"}]";

static const char HOLIDAYS[] = "date,kind,name\n2024-02-12,holiday,春节\n2024-02-18,workday,春节\n";

static void stage_open(struct stage *s, const char *name)
{
    struct err e = ERR_INIT;
    struct json *areas = NULL;
    struct str text = STR_NONE;
    const struct zone *zone;
    const char *dir = getenv("TMPDIR");
    *s = (struct stage){.a = arena_new()};
    snprintf(s->url, sizeof s->url, "%s/bihuan_play_%s_%d.db", dir ? dir : "/tmp", name, getpid());
    snprintf(s->key, sizeof s->key, "%s.key", s->url);
    unsetenv("BIHUAN_KEY");
    struct engine_config cfg = {.url = s->url, .clock = {stage_now, s}, .bulk = true};
    if (!zone_load("Asia/Shanghai", &zone, &e) ||
        !plan_read(source_file(s->a, "/plan.yaml"), zone, &s->plan, &e))
        fail_msg("%s", e.text);
    s->now = plan_begin(s->plan);
    if (!engine_init(s->url, "Asia/Shanghai", "bihuan.test", cfg.clock, &e) ||
        !engine_open(&cfg, &s->en, &e) || !json_input(s->a, str_of(AREAS), &areas, &e))
        fail_msg("%s", e.text);
    open_sys(s, "sys.area", "areas", areas);
    open_sys(s, "sys.calendar", "csv", json_new_str(s->a, str_of(HOLIDAYS)));
    static const char *const BOOKS[] = {"", "/../letter"};
    if (!cast_make(s->en, s->plan, "small", NULL, &s->cast, &e))
        fail_msg("%s", e.text);
    for (size_t i = 0; i < COUNT_OF(BOOKS); i++) {
        if (!playbook_read(s->a, source_file(s->a, BOOKS[i]), &text, &e))
            fail_msg("%s", e.text);
        open_sys(s, "sys.playbook", "text", json_new_str(s->a, text));
    }
}

static void stage_close(struct stage *s)
{
    static const char *const MORE[] = {"", "-wal", "-shm", ".key", ".key.last", ".key.erasures.log"};
    engine_close(s->en);
    cast_free(s->cast);
    plan_free(s->plan);
    for (size_t i = 0; i < COUNT_OF(MORE); i++)
        unlink(arena_printf(s->a, "%s%s", s->url, MORE[i]));
    arena_free(s->a);
}

static struct rehearse_report play(struct stage *s, uint64_t seed)
{
    struct err e = ERR_INIT;
    struct rehearse_report report;
    struct rehearse_config cfg = {.en = s->en, .plan = s->plan, .cast = s->cast, .mode = "small",
                                  .seed = seed};
    if (!rehearse_play(&cfg, &report, &e))
        fail_msg("%s (%lld refused)", e.text, (long long)report.refused);
    assert_int_equal(report.refused, 0);
    return report;
}

static struct figure_value figure(struct stage *s, const char *area, const char *from, const char *to)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct figure_question q = figure_question_new(plan_now(s->plan));
    q.sealed = true;
    struct world *w = engine_world(s->en, &e);
    struct store *db = engine_reader(s->en, &e);
    q.id = STR("dispute.resolution_rate");
    q.area = str_of(area);
    assert_true(day_parse(str_of(from), &q.from) && day_parse(str_of(to), &q.to));
    if (!figure_ask(db, s->a, w, &q, &f, &e))
        fail_msg("%s", e.text);
    engine_reader_back(s->en, db);
    world_unref(w);
    return f.total;
}

/* One hash over all counters, and over how many records stand in which state. */
static struct hash digest(struct stage *s, const char *sql)
{
    struct err e = ERR_INIT;
    struct buf b = BUF(64 * 1024 * 1024);
    struct store *db = engine_reader(s->en, &e);
    struct rows r = store_query(db, sql, BIND_NONE, &e);
    while (rows_next(&r))
        for (int i = 0; i < rows_columns(&r); i++) {
            buf_str(&b, rows_str(&r, i));
            buf_char(&b, '|');
        }
    rows_close(&r);
    if (err_is(&e))
        fail_msg("%s", e.text);
    engine_reader_back(s->en, db);
    assert_true(b.len > 0);
    struct hash h = hash_sha256(buf_view(&b));
    buf_free(&b);
    return h;
}

static int64_t number(struct stage *s, const char *sql)
{
    struct err e = ERR_INIT;
    int64_t n = 0;
    bool found;
    struct store *db = engine_reader(s->en, &e);
    if (!store_int(db, sql, BIND_NONE, &found, &n, &e))
        fail_msg("%s", e.text);
    engine_reader_back(s->en, db);
    return n;
}

#define COUNTERS                                                                                  \
    "SELECT CAST(term AS TEXT), CAST(area AS TEXT), CAST(day AS TEXT), dim, CAST(n AS TEXT) "     \
    "FROM tally WHERE n <> 0 ORDER BY term, area, day, dim"
#define STATES "SELECT state, CAST(count(*) AS TEXT) FROM record GROUP BY state ORDER BY state"

static void targets_are_exact(void **state)
{
    struct stage s;
    UNUSED(state);
    stage_open(&s, "exact");
    struct rehearse_report r = play(&s, 7);
    assert_int_equal(r.matters, 507 + 8); /* the plan beside it has 8 */
    static const struct {
        const char *area, *from, *to;
        int64_t n, N;
    } CASES[] = {{"360112000000", "2024-01-01", "2024-08-31", 113, 120},
                 {"360100000000", "2024-01-01", "2024-08-31", 187, 200},
                 {"360103000000", "2024-01-01", "2024-08-31", 187 - 113, 80}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct figure_value v = figure(&s, CASES[i].area, CASES[i].from, CASES[i].to);
        assert_int_equal(v.n, CASES[i].n);
        assert_int_equal(v.N, CASES[i].N);
    }
    /* what was registered in a month is what the volumes say, on either side of the spans */
    assert_int_equal(figure(&s, "360112000000", "2023-02-01", "2023-02-28").N, 15);
    assert_int_equal(figure(&s, "360103000000", "2024-09-01", "2024-09-30").N, 3);
    stage_close(&s);
}

static void every_way_is_taken(void **state)
{
    struct stage s;
    UNUSED(state);
    stage_open(&s, "ways");
    play(&s, 7);
    assert_true(number(&s, "SELECT count(DISTINCT state) FROM record WHERE type LIKE 'dispute%'") >= 5);
    assert_true(number(&s, "SELECT count(*) FROM record WHERE reopened = 1") > 0);
    assert_true(number(&s, "SELECT count(*) FROM record WHERE late = 1") > 0);
    assert_true(number(&s, "SELECT count(*) FROM record WHERE returns > 0") > 0);
    assert_true(number(&s, "SELECT count(*) FROM record WHERE hops > 1") > 0);
    assert_true(number(&s, "SELECT count(*) FROM record WHERE due IS NOT NULL") > 0);
    /* nothing is recorded after now, or before what came before it */
    assert_true(number(&s, "SELECT max(recorded) FROM event") <= plan_now(s.plan));
    assert_int_equal(number(&s, "SELECT count(*) FROM event a JOIN event b ON b.seq = a.seq + 1 "
                                "WHERE b.recorded < a.recorded"), 0);
    stage_close(&s);
}

static void a_seed_says_all(void **state)
{
    struct stage a, b, c;
    UNUSED(state);
    stage_open(&a, "a");
    stage_open(&b, "b");
    stage_open(&c, "c");
    struct rehearse_report one = play(&a, 11), two = play(&b, 11);
    play(&c, 12);
    assert_int_equal(one.actions, two.actions);
    static const char *const SQL[] = {COUNTERS, STATES};
    for (size_t i = 0; i < COUNT_OF(SQL); i++) {
        struct hash x = digest(&a, SQL[i]), y = digest(&b, SQL[i]), z = digest(&c, SQL[i]);
        assert_true(hash_eq(&x, &y));
        assert_false(hash_eq(&x, &z));
    }
    stage_close(&a);
    stage_close(&b);
    stage_close(&c);
}

/* What is dealt comes out exactly, to the nearest whole number, on every path of a target. */
static void a_deal_is_exact(void **state)
{
    struct stage s;
    struct json *draws = NULL;
    struct err e = ERR_INIT;
    UNUSED(state);
    stage_open(&s, "deal");
    struct json *target = json_at(json_get(json_get(s.plan->root, "targets"), "small"), 1);
    static const char DEAL[] = "{\"source\":{\"deal\":{\"hotline\":\"3\",\"court\":\"1\"}}}";
    if (!json_input(s.plan->arena, str_of(DEAL), &draws, &e))
        fail_msg("%s", e.text);
    json_set(s.plan->arena, target, STR("draws"), draws);
    play(&s, 7);
    int64_t hot = number(&s, "SELECT count(*) FROM f_dispute_dispute WHERE x_source = 'hotline'"
                             " AND x_registered_on BETWEEN 19723 AND 19966 AND x_procedure = 'people'"
                             " AND rid IN (SELECT rid FROM record WHERE area_code LIKE '360103%')");
    int64_t court = number(&s, "SELECT count(*) FROM f_dispute_dispute WHERE x_source = 'court'"
                               " AND x_registered_on BETWEEN 19723 AND 19966 AND x_procedure = 'people'"
                               " AND rid IN (SELECT rid FROM record WHERE area_code LIKE '360103%')");
    assert_true(hot > 10);
    assert_true(llabs(hot - 3 * court) <= 12); /* half a matter a path */
    stage_close(&s);
}

/* A target that the volumes do not give is a mistake of the plan, found before anything is played. */
static void a_wrong_target_is_refused(void **state)
{
    struct stage s;
    struct err e = ERR_INIT;
    struct rehearse_report report;
    UNUSED(state);
    stage_open(&s, "wrong");
    struct json *target = json_at(json_get(json_get(s.plan->root, "targets"), "small"), 0);
    json_set(s.plan->arena, target, STR("registered"), json_new_str(s.plan->arena, STR("121")));
    struct rehearse_config cfg = {.en = s.en, .plan = s.plan, .cast = s.cast, .mode = "small"};
    assert_false(rehearse_play(&cfg, &report, &e));
    assert_int_equal(e.code, ERR_SYNTAX);
    assert_int_equal(report.matters, 0);
    assert_int_equal(number(&s, "SELECT count(*) FROM record WHERE type LIKE 'dispute%'"), 0);
    stage_close(&s);
}

/* A step that the playbook refuses ends the play, and the error names the path and the step. */
static void a_refused_step_is_named(void **state)
{
    struct stage s;
    struct err e = ERR_INIT;
    struct rehearse_report report;
    UNUSED(state);
    stage_open(&s, "refused");
    struct json *path = json_get(json_get(json_get(s.plan->root, "paths"), "unresolved"), "withdrawn");
    struct json *step = json_at(json_get(path, "steps"), 1);
    assert_string_equal(str_c(s.a, json_text(step, "do")), "register");
    json_drop(step, STR("form"));
    struct rehearse_config cfg = {.en = s.en, .plan = s.plan, .cast = s.cast, .mode = "small"};
    assert_false(rehearse_play(&cfg, &report, &e));
    assert_true(report.refused > 0);
    assert_non_null(strstr(e.text, "withdrawn"));
    assert_non_null(strstr(e.text, "register"));
    stage_close(&s);
}

static void delays_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } CASES[] = {{"10m", 10 * MS_MINUTE}, {"2h", 2 * MS_HOUR}, {"3d", 3LL * MS_DAY}, {"0m", 0},
                 {"", -1}, {"m", -1}, {"3", -1}, {"3w", -1}, {"-3d", -1}, {"1.5h", -1}};
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(plan_delay(str_of(CASES[i].text)), CASES[i].ms);
}

static void dice_stay_inside(void **state)
{
    struct dice d = dice_of(3, 4), same = dice_of(3, 4), other = dice_of(3, 5);
    int64_t low = 0;
    UNUSED(state);
    assert_int_equal(dice_next(&d), dice_next(&same));
    assert_int_not_equal(dice_next(&d), dice_next(&other));
    for (int i = 0; i < 20000; i++) {
        int64_t x = dice_int(&d, -3, 3), y = dice_log(&d, 100, 10000);
        assert_in_range(x + 3, 0, 6);
        assert_in_range(y, 100, 10000);
        low += y < 1000; /* half of the logarithm */
    }
    assert_in_range(low, 9300, 10700);
    assert_int_equal(dice_log(&d, 5, 5), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(targets_are_exact),       cmocka_unit_test(every_way_is_taken),
        cmocka_unit_test(a_deal_is_exact),         cmocka_unit_test(a_seed_says_all),
        cmocka_unit_test(a_wrong_target_is_refused),
        cmocka_unit_test(a_refused_step_is_named), cmocka_unit_test(delays_are_read),
        cmocka_unit_test(dice_stay_inside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
