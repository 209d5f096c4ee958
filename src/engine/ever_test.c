/* A computed field with `ever`: the first day stays, whatever happens later, and is what is counted. */
#include "engine/test_int.h"
#include "measure/indicator.h"

static const char DEAL[] =
    "playbook: deal\n"
    "version: 1\n"
    "name: {zh: 约定, en: Deals}\n"
    "codes:\n"
    "  result: {name: {zh: 结果}, list: {y: 谈成, n: 没谈成}}\n"
    "records:\n"
    "  deal:\n"
    "    kind: case\n"
    "    name: {zh: 约定, en: Deal}\n"
    "    title: what\n"
    "    sealed_when: \"hidden = TRUE\"\n"
    "    fields:\n"
    "      what: {label: {zh: 什么事}, type: text, required: true}\n"
    "      hidden: {label: {zh: 限制查看}, type: boolean}\n"
    "      result: {label: {zh: 结果}, type: code, codes: result}\n"
    "      first_deal: {label: {zh: 首次谈成}, type: computed, ever: \"result = 'y'\"}\n"
    "      first_done: {label: {zh: 首次办结}, type: computed,\n"
    "                   ever: \"state = 'done' AND first_deal IS NOT NULL\"}\n"
    "    states:\n"
    "      open: {zh: 在谈}\n"
    "      done: {zh: 谈完, closed: true}\n"
    "    actions:\n"
    "      begin: {name: {zh: 登记}, opens: true, to: open, by: [desk], form: [what!, hidden?, result?]}\n"
    "      settle: {name: {zh: 谈}, from: [open], to: open, by: [desk], form: [result!]}\n"
    "      finish: {name: {zh: 谈完}, from: [open], to: done, by: [desk]}\n"
    "      reopen: {name: {zh: 重谈}, from: [done], to: open, by: [desk], reopens: true, set: {result: \"'n'\"}}\n"
    "indicators:\n"
    "  dealt: {name: {zh: 曾谈成}, unit: {zh: 件}, count: deal, at: first_deal}\n"
    "  done: {name: {zh: 曾谈完}, unit: {zh: 件}, count: deal, at: first_done}\n";

enum { DEALS = 6, STEPS = 80 };

static struct id deals[DEALS];
static int64_t firsts[DEALS][2]; /* what is expected: days; -1 */
static bool shut[DEALS];

static uint64_t drawn = 88172645463325252ull;

static int draw(int n)
{
    drawn ^= drawn << 13;
    drawn ^= drawn >> 7;
    drawn ^= drawn << 17;
    return (int)(drawn % (uint64_t)n);
}

static int64_t today(const struct house *h)
{
    const struct zone *z;
    struct err e = ERR_INIT;
    assert_true(zone_load("Asia/Shanghai", &z, &e));
    return zone_day(z, h->now);
}

static void firsts_are(struct house *h, int i)
{
    const struct record *r = load(h, deals[i]);
    assert_int_equal(json_num(r->fields, "first_deal", -1), firsts[i][0]);
    assert_int_equal(json_num(r->fields, "first_done", -1), firsts[i][1]);
}

/* The sealed one is one in a cell of five: it is not told. */
static int64_t expected(int which)
{
    int64_t n = 0;
    for (int i = 1; i < DEALS; i++)
        n += firsts[i][which] >= 0;
    return n;
}

static void figure_is(struct house *h, const char *id, const char *as_of, bool slow, int64_t want)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct figure_question q = figure_question_new(h->now);
    const char *set[][2] = {{"id", id}, {"area", DISTRICT}, {"from", "2024-09-01"}, {"to", "2024-12-31"},
                            {"as_of", as_of}};
    for (size_t i = 0; i < COUNT_OF(set); i++)
        assert_true(!set[i][1] || figure_question_set(&q, set[i][0], str_of(set[i][1]), &e));
    q.slow = slow;
    if (!figure_ask(db, h->a, w, &q, &f, &e))
        fail_msg("%s: %s", id, e.text);
    assert_int_equal(f.total.n, want);
    engine_reader_back(h->en, db);
    world_unref(w);
}

static void step(struct house *h, int i)
{
    bool yes = draw(3) > 0;
    h->now += draw(5) * (int64_t)MS_DAY / 3;
    if (shut[i]) {
        must(h, "desk", deals[i], "reopen", NULL);
        shut[i] = false;
    } else if (draw(2)) {
        must(h, "desk", deals[i], "settle", yes ? "{'result':'y'}" : "{'result':'n'}");
        if (yes && firsts[i][0] < 0)
            firsts[i][0] = today(h);
    } else {
        must(h, "desk", deals[i], "finish", NULL);
        shut[i] = true;
        if (firsts[i][0] >= 0 && firsts[i][1] < 0)
            firsts[i][1] = today(h);
    }
    firsts_are(h, i);
}

static struct id begun_with(struct house *h, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "desk", "begin", fields);
    ask.type = STR("deal");
    ask.area = STR(VILLAGE);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("begin: %s", ans.err.text);
    return ans.record;
}

static void the_first_day_stays(struct house *h)
{
    static const char *const FORMS[] = {"{'what':'一件','hidden':true}", "{'what':'一件','result':'y'}", "{'what':'一件'}"};
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("text"), json_new_str(h->a, str_of(DEAL)));
    open_sys(h, "sys.playbook", fields);
    memset(shut, 0, sizeof shut);
    for (int i = 0; i < DEALS; i++) {
        deals[i] = begun_with(h, FORMS[i < 2 ? i : 2]);
        firsts[i][0] = i == 1 ? today(h) : -1;
        firsts[i][1] = -1;
        firsts_are(h, i);
    }
    char then[16];
    int64_t was[2] = {-1, -1};
    for (int k = 0; k < STEPS; k++) {
        step(h, draw(DEALS));
        if (k != STEPS / 8)
            continue;
        day_format((int32_t)today(h), then);
        was[0] = expected(0);
        was[1] = expected(1);
        h->now += 2 * (int64_t)MS_DAY;
    }
    for (int slow = 0; slow < 2; slow++) {
        figure_is(h, "deal.dealt", NULL, slow, expected(0));
        figure_is(h, "deal.done", NULL, slow, expected(1));
        figure_is(h, "deal.dealt", then, slow, was[0]);
        figure_is(h, "deal.done", then, slow, was[1]);
    }
    house_verify(h); /* counters too: what they say is what the log says */
}

/* What was undone did not happen. */
static void undone(struct house *h)
{
    the_first_day_stays(h);
    struct id rec = begun_with(h, "{'what':'一件'}");
    must(h, "desk", rec, "settle", "{'result':'y'}");
    assert_int_equal(json_num(load(h, rec)->fields, "first_deal", -1), today(h));
    must(h, "desk", rec, "undo", NULL);
    assert_int_equal(json_num(load(h, rec)->fields, "first_deal", -1), -1);
    static const char BY_HAND[] = "{'fields':{'first_deal':'2024-01-01'},'reason':'x'}";
    assert_int_equal(act(h, "operator", rec, "amend", BY_HAND).err.code, ERR_UNKNOWN_FIELD);
    house_verify(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_EACH(the_first_day_stays), ON_EACH(undone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
