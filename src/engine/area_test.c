/* Areas that are moved, merged, renamed, closed and split while people act: lists, figures and search
 * follow, and everything that is stored is right in between too. */
#include "engine/build.h"
#include "engine/test_int.h"
#include "measure/indicator.h"
#include "measure/speak.h"
#include "search/find.h"

#define COUNTY_A DISTRICT
#define COUNTY_B OTHER
#define TOWN_B "360103101000"
#define VILLAGE_A2 "360112101002"

enum { MATTERS = 24 };
static struct id matters[MATTERS + 200];
static int n_matters;

static struct answer area_act(struct house *h, const char *action, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "admin", action, fields);
    ask.type = STR("sys.area");
    engine_act(h->en, h->a, &ask, &ans);
    return ans;
}

static void settle(struct house *h)
{
    struct err e = ERR_INIT;
    if (!engine_build_wait(h->en, NULL, NULL, &e))
        fail_msg("%s", e.text);
}

/* Done, with the matters taken along. */
static void area_must(struct house *h, const char *action, const char *fields)
{
    struct answer ans = area_act(h, action, fields);
    if (!ans.ok)
        fail_msg("%s %s: %s", action, fields, ans.err.text);
    settle(h);
    house_verify(h);
}

static void report(struct house *h, const char *area)
{
    struct answer ans;
    struct ask ask = ask_of(h, "operator", "report", PENDING);
    ask.type = STR("dispute");
    ask.area = str_of(area);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("report in %s: %s", area, ans.err.text);
    matters[n_matters++] = ans.record;
}

/* The figure with its rows, as it is told from outside. */
static const char *answer_of(struct house *h, const char *id, const char *area, const char *by, const char *as_of)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct figure_question q = figure_question_new(h->now);
    const char *set[][2] = {{"id", id},  {"area", area},  {"from", "2024-09-01"}, {"to", "2024-12-31"},
                            {"by", by}, {"as_of", as_of}};
    for (size_t i = 0; i < COUNT_OF(set); i++)
        if (set[i][1] && !figure_question_set(&q, set[i][0], str_of(set[i][1]), &e))
            fail_msg("%s: %s", set[i][0], e.text);
    if (!figure_ask(db, h->a, w, &q, &f, &e))
        fail_msg("%s of %s: %s", id, area, e.text);
    struct buf b AUTO(buf_free) = BUF(20000);
    buf_printf(&b, "%lld/%lld", (long long)f.total.n, (long long)f.total.N);
    for (size_t i = 0; i < f.n_rows; i++)
        if (f.rows[i].v.n || f.rows[i].v.N)
            buf_printf(&b, " %.*s:%lld/%lld", STR_F(f.rows[i].key), (long long)f.rows[i].v.n,
                       (long long)f.rows[i].v.N);
    engine_reader_back(h->en, db);
    world_unref(w);
    return str_c(h->a, buf_view(&b));
}

/* What a comparison with the days before says of areas that were redrawn. */
static void redrawn(struct house *h, const char *area, const char *who, const char *how, bool comparable)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct figure_question q = figure_question_new(h->now);
    struct buf b AUTO(buf_free) = BUF(2000);
    q.id = STR("dispute.found");
    q.area = str_of(area);
    q.to = zone_day(w->zone, h->now);
    q.from = q.to - 30;
    q.compare = COMPARE_PREVIOUS;
    if (!figure_ask(db, h->a, w, &q, &f, &e))
        fail_msg("%s: %s", area, e.text);
    speak_redrawn(&b, true, &f.compare);
    int year, month, day;
    civil_of_day(q.to, &year, &month, &day);
    const char *full = *who ? arena_printf(h->a, "口径调整：%s%d年%d月%d日%s", who, year, month, day, how) : "";
    if (!str_is(buf_view(&b), full) || f.compare.incomparable == comparable)
        fail_msg("%s: %.*s, not %s", area, STR_F(buf_view(&b)), full);
    engine_reader_back(h->en, db);
    world_unref(w);
}

/* -1: the figure answered with this error instead. */
static int64_t figure(struct house *h, const char *area, const char *as_of, bool slow, const char *by,
                      enum err_code want)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct figure_question q = figure_question_new(h->now);
    const char *set[][2] = {{"id", "dispute.found"}, {"area", area}, {"from", "2024-09-01"},
                            {"to", "2024-12-31"},    {"by", by},     {"as_of", as_of}};
    for (size_t i = 0; i < COUNT_OF(set); i++)
        if (set[i][1] && !figure_question_set(&q, set[i][0], str_of(set[i][1]), &e))
            fail_msg("%s: %s", set[i][0], e.text);
    q.slow = slow;
    bool ok = figure_ask(db, h->a, w, &q, &f, &e);
    int64_t n = ok ? f.total.n : -1;
    if (ok != (want == ERR_NONE) || (!ok && e.code != want))
        fail_msg("figure of %s: %s", area, ok ? "answered" : e.text);
    engine_reader_back(h->en, db);
    world_unref(w);
    return n;
}

/* What the list of an area shows, with a word or without. */
static int64_t listed(struct house *h, const char *area, const char *search)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct str scope = str_printf(h->a, "a%lld", (long long)w->areas[world_area(w, str_of(area))].aid);
    struct find_question q = {.w = w, .type = STR("dispute.dispute"), .scopes = &scope, .n_scopes = 1, .limit = 200,
                              .search = search ? str_of(search) : STR_NONE};
    struct find_answer page;
    if (!find_records(db, h->a, &q, &page, &e))
        fail_msg("list of %s: %s", area, e.text);
    int64_t n = (int64_t)page.n;
    engine_reader_back(h->en, db);
    world_unref(w);
    return n;
}

static void area_has(struct house *h, const char *area, int64_t n)
{
    int64_t fast = figure(h, area, NULL, false, NULL, ERR_NONE), slow = figure(h, area, NULL, true, NULL, ERR_NONE);
    int64_t list = listed(h, area, NULL), word = listed(h, area, "宅基地");
    if (fast != n || slow != n || list != n || word != n)
        fail_msg("%s: %lld counted, %lld gone through, %lld listed, %lld found; not %lld", area,
                 (long long)fast, (long long)slow, (long long)list, (long long)word, (long long)n);
}

/* ---- what was told of the past ---- */

static const struct {
    const char *id, *area, *by;
} ASKED[] = {
    {"dispute.found", COUNTY_A, NULL},          {"dispute.found", COUNTY_B, "area"},
    {"dispute.found", "360100000000", "area"},  {"dispute.found", COUNTY_A, "area"},
    {"dispute.found", TOWN, "area"},            {"dispute.found", COUNTY_A, "month"},
    {"dispute.found", COUNTY_B, "source"},      {"dispute.resolution_rate", COUNTY_A, "area"},
    {"dispute.median_days", COUNTY_B, "area"},  {"dispute.open", COUNTY_A, NULL},
    {"dispute.found", VILLAGE, NULL},           {"dispute.found", TOWN_B, NULL},
};
static struct {
    const char *as_of, *told[COUNT_OF(ASKED)];
} shown[4];
static int n_shown;
static struct arena *kept; /* over several tests */

/* What is shown today, to be had again whatever becomes of the areas. */
static void show(struct house *h)
{
    int i = n_shown++;
    shown[i].as_of = arena_printf(kept, "%lld", (long long)house_size(h));
    for (size_t k = 0; k < COUNT_OF(ASKED); k++)
        shown[i].told[k] = arena_printf(kept, "%s", answer_of(h, ASKED[k].id, ASKED[k].area, ASKED[k].by, NULL));
}

static void still_shown(struct house *h)
{
    for (int i = 0; i < n_shown; i++) {
        for (size_t k = 0; k < COUNT_OF(ASKED); k++) {
            const char *now = answer_of(h, ASKED[k].id, ASKED[k].area, ASKED[k].by, shown[i].as_of);
            if (strcmp(now, shown[i].told[k]) != 0)
                fail_msg("%s of %s by %s as of %s: %s, it was %s", ASKED[k].id, ASKED[k].area,
                         ASKED[k].by ? ASKED[k].by : "nothing", shown[i].as_of, now, shown[i].told[k]);
        }
    }
}

static void begin(struct house *h)
{
    struct err e = ERR_INIT;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = 2};
    engine_close(h->en);
    assert_true(engine_open(&cfg, &h->en, &e));
    n_matters = 0;
    open_sys(h, "sys.setting", house_json(h, "{'name':'figures.levels','value':'2 3 4'}"));
    open_sys(h, "sys.area", house_json(h, "{'areas':[{'code':'" TOWN_B "','name':'桃花镇','parent':'" COUNTY_B "'},"
                                          "{'code':'" VILLAGE_A2 "','name':'二村','parent':'" TOWN "'}]}"));
    for (int i = 0; i < MATTERS; i++)
        report(h, i % 3 == 0 ? TOWN_B : i % 3 == 1 ? VILLAGE : VILLAGE_A2);
}

static void a_township_goes_to_another_county(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    begin(h);
    area_has(h, COUNTY_A, 16);
    area_has(h, COUNTY_B, 8);
    arena_reset(kept);
    n_shown = 0;
    show(h);
    struct answer ans = area_act(h, "move", "{'code':'" TOWN "','parent':'" COUNTY_B "'}");
    assert_true(ans.ok);
    for (int i = 0; i < 6; i++) { /* people act while matters are taken along */
        report(h, i % 2 ? VILLAGE : TOWN_B);
        must(h, "operator", matters[i * 3 + 1], "register", REGISTER);
        must(h, "operator", matters[i * 3], "amend", "{'area':'" VILLAGE_A2 "','reason':'记错了地方'}");
        house_verify(h);
    }
    settle(h);
    house_verify(h);
    area_has(h, COUNTY_A, 0);
    area_has(h, COUNTY_B, 30);
    area_has(h, TOWN, 25); /* 16 + 3 new + 6 amended */
    area_has(h, "360100000000", 30);
    /* the past is told by the tree of then, whichever way it is counted */
    still_shown(h);
    redrawn(h, COUNTY_A, "长堎镇", "划出；两期都按现在的区划计算", true);
    redrawn(h, COUNTY_B, "长堎镇", "划入；两期都按现在的区划计算", true);
    redrawn(h, TOWN, "", "", true);
    redrawn(h, "360100000000", "", "", true);
    assert_int_equal(figure(h, COUNTY_A, shown[0].as_of, true, NULL, ERR_NONE), 16);
    assert_int_equal(figure(h, COUNTY_B, shown[0].as_of, true, NULL, ERR_NONE), 8);
    show(h);
}

static void and_back(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    static const struct {
        const char *action, *fields;
        enum err_code code;
    } WRONG[] = {
        {"move", "{'code':'" TOWN "','parent':'" VILLAGE "'}", ERR_INPUT},
        {"move", "{'code':'" TOWN "','parent':'" TOWN "'}", ERR_INPUT},
        {"move", "{'code':'" TOWN "','parent':'" COUNTY_B "'}", ERR_INPUT}, /* there already */
        {"move", "{'code':'999','parent':'" COUNTY_B "'}", ERR_UNKNOWN_AREA},
        {"move", "{'code':'" TOWN "'}", ERR_REQUIRED},
        {"merge", "{'code':'" TOWN "','into':'" COUNTY_A "'}", ERR_INPUT}, /* another level */
        {"merge", "{'code':'" TOWN "','into':'" VILLAGE "'}", ERR_INPUT},
        {"change", "{'code':'" TOWN "'}", ERR_REQUIRED},
        {"change", "{'code':'" TOWN "','new_code':'" TOWN_B "'}", ERR_UNIQUE},
        {"split", "{'code':'" TOWN "','into':[{'code':'1','name':'一'}]}", ERR_INPUT},
        {"close", "{'code':'" TOWN "','successor':'999'}", ERR_UNKNOWN_AREA},
        {"burn", "{'code':'" TOWN "'}", ERR_INPUT},
    };
    int64_t size = house_size(h);
    for (size_t i = 0; i < COUNT_OF(WRONG); i++)
        if (area_act(h, WRONG[i].action, WRONG[i].fields).err.code != WRONG[i].code)
            fail_msg("%s %s: %s", WRONG[i].action, WRONG[i].fields,
                     area_act(h, WRONG[i].action, WRONG[i].fields).err.text);
    assert_int_equal(house_size(h), size);
    area_must(h, "move", "{'code':'" TOWN "','parent':'" COUNTY_A "'}");
    area_has(h, COUNTY_A, 25);
    area_has(h, COUNTY_B, 5);
    still_shown(h); /* of before the first move, and of between the two */
    area_must(h, "move", "{'code':'" VILLAGE "','parent':'" TOWN_B "'}"); /* and out of what was moved */
    still_shown(h);
    show(h);
    area_must(h, "move", "{'code':'" VILLAGE "','parent':'" TOWN "'}");
    still_shown(h);
}

/* One that is ended in between goes on, and a second change waits. */
static void a_move_is_interrupted(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = 1};
    engine_close(h->en);
    assert_true(engine_open(&cfg, &h->en, &e));
    assert_true(area_act(h, "move", "{'code':'" TOWN "','parent':'" COUNTY_B "'}").ok);
    struct answer ans = area_act(h, "move", "{'code':'" TOWN "','parent':'" COUNTY_A "'}");
    assert_true(ans.ok || ans.err.code == ERR_BUSY);
    engine_close(h->en);
    assert_true(engine_open(&cfg, &h->en, &e));
    house_verify(h);
    settle(h);
    house_verify(h);
    area_has(h, COUNTY_A, ans.ok ? 25 : 0);
    if (!ans.ok)
        area_must(h, "move", "{'code':'" TOWN "','parent':'" COUNTY_A "'}");
    area_has(h, COUNTY_A, 25);
}

/* Two nodes on one database: each takes along what it can get the head for, and knows where the other is. */
static void two_nodes(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct engine *mine = h->en, *other;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = 1};
    if (h->t.engine == STORE_SQLITE)
        skip();
    assert_true(engine_open(&cfg, &other, &e));
    assert_true(area_act(h, "move", "{'code':'360103102000','parent':'" COUNTY_A "'}").ok);
    for (int i = 0; i < 10; i++) {
        h->en = i % 2 ? mine : other;
        report(h, VILLAGE);
        must(h, "operator", matters[n_matters - 1], "amend", "{'area':'" COUNTY_B "','reason':'记错了地方'}");
        house_verify(h);
    }
    settle(h);
    engine_close(other);
    h->en = mine;
    area_has(h, COUNTY_A, 30);
    area_has(h, COUNTY_B, 10);
}

static void merged_renamed_split(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    area_must(h, "merge", "{'code':'" TOWN "','into':'" TOWN_B "'}"); /* its villages lie in the other */
    area_has(h, COUNTY_A, 0);
    area_has(h, COUNTY_B, 30);
    area_has(h, TOWN_B, 30);
    struct world *w = engine_world(h->en, &e);
    int old = world_area(w, STR(TOWN)), into = world_area(w, STR(TOWN_B));
    assert_true(w->areas[world_area(w, STR(VILLAGE))].parent == into && w->areas[old].parent == into);
    assert_true(str_is(w->areas[old].successor, TOWN_B));
    assert_int_equal(w->areas[world_area(w, STR(VILLAGE))].level, 5);
    world_unref(w);
    area_must(h, "change", "{'code':'" TOWN_B "','name':'梅岭镇','new_code':'360103102000'}");
    assert_int_equal(listed(h, COUNTY_B, "梅岭"), 30);
    area_has(h, "360103102000", 30);
    struct answer ans;
    struct ask ask = ask_of(h, "operator", "report", PENDING); /* nothing new in what is closed */
    ask.type = STR("dispute");
    ask.area = STR(TOWN);
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_string_equal(ans.err.field, "area");
    assert_non_null(strstr(ans.err.zh, json_text(house_json(h, "{'day':'@today'}"), "day").ptr)); /* since when */
    assert_non_null(strstr(ans.err.zh, "请用" TOWN_B));
    ask = ask_of(h, "operator", "report", PENDING); /* nor by an import */
    ask.type = STR("dispute");
    ask.area = STR(TOWN);
    ask.source = STR("ledger");
    ask.ext_id = STR("1");
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_string_equal(ans.err.field, "area");
    int64_t two = figure(h, VILLAGE_A2, NULL, false, NULL, ERR_NONE);
    area_must(h, "split", "{'code':'" VILLAGE_A2 "','into':[{'code':'360103102201','name':'东村'},"
                          "{'code':'360103102202','name':'西村'}]}");
    redrawn(h, "360103102201", "东村自", "起设立，不可比", false);
    redrawn(h, VILLAGE_A2, "二村自", "起撤销，不可比", false);
    area_has(h, VILLAGE_A2, two); /* matters stay until somebody says where they belong */
    must(h, "operator", matters[2], "amend", "{'area':'360103102201','reason':'村已拆分'}");
    area_has(h, VILLAGE_A2, two - 1);
    area_has(h, "360103102201", 1);
    area_has(h, COUNTY_B, 30);
    assert_int_equal(act(h, "operator", matters[2], "amend", "{'area':'" VILLAGE_A2 "','reason':'又改回去'}").err.code,
                     ERR_INPUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_township_goes_to_another_county), cmocka_unit_test(and_back),
        cmocka_unit_test(a_move_is_interrupted),             cmocka_unit_test(merged_renamed_split),
        cmocka_unit_test(two_nodes),                         cmocka_unit_test(all_is_what_the_log_says),
    };
    kept = arena_new();
    int failed = RUN_ON_BOTH(tests);
    arena_free(kept);
    return failed;
}
