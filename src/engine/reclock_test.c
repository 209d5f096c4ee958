/* A new table of holidays moves the clocks that run, and those only; by events, once, whoever is ended in
 * between. */
#include "engine/test_int.h"

/* The town's day is Monday 2024-09-09.  Without a table Monday to Friday are working days. */
#define TABLE "date,kind,name\n2024-09-11,holiday,停工日\n2024-09-14,workday,补班\n"
#define NO_TABLE "date,kind,name\n2024-09-14,holiday,周六\n"

static const char JOB[] =
    "playbook: job\n"
    "version: 1\n"
    "name: {zh: 小事, en: Jobs}\n"
    "records:\n"
    "  job:\n"
    "    kind: case\n"
    "    name: {zh: 小事, en: Job}\n"
    "    title: what\n"
    "    sealed_when: \"hidden = TRUE\"\n"
    "    fields:\n"
    "      what: {label: {zh: 什么事}, type: text, required: true}\n"
    "      hidden: {label: {zh: 限制查看}, type: boolean}\n"
    "    states:\n"
    "      open: {zh: 在办}\n"
    "      done: {zh: 办好, closed: true}\n"
    "    clocks:\n"
    "      work: {name: {zh: 办理时限}, limit: 3wd, main: true, pause: true,\n"
    "             warn: [-1wd, {at: 1wd, to: head}], extend: {by: 2wd}}\n"
    "      reply: {name: {zh: 答复时限}, limit: 2d}\n"
    "      hours: {name: {zh: 到场时限}, limit: 72h}\n"
    "    actions:\n"
    "      begin: {name: {zh: 登记}, opens: true, to: open, by: [desk], form: [what!, hidden?],\n"
    "              start: [work, reply, hours]}\n"
    "      finish: {name: {zh: 办结}, from: [open], to: done, by: [desk]}\n"
    "indicators:\n"
    "  begun: {name: {zh: 登记数}, unit: {zh: 件}, count: job, at: opened}\n";

enum { PLAIN, PAUSED, EXTENDED, SHARED, SEALED, CLOSED, JOBS };
static struct id jobs[JOBS];

static struct id job(struct house *h, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "desk", "begin", fields);
    ask.type = STR("job");
    ask.area = STR(VILLAGE);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("begin: %s", ans.err.text);
    return ans.record;
}

static void open_again(struct house *h, int build)
{
    struct err e = ERR_INIT;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = build};
    engine_close(h->en);
    if (!engine_open(&cfg, &h->en, &e))
        fail_msg("%s", e.text);
}

static void settle(struct house *h)
{
    struct err e = ERR_INIT;
    if (!engine_build_wait(h->en, NULL, NULL, &e))
        fail_msg("%s", e.text);
}

static void load_table(struct house *h, const char *csv)
{
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("csv"), json_new_str(h->a, str_of(csv)));
    open_sys(h, "sys.calendar", fields);
}

static void begin(struct house *h)
{
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("text"), json_new_str(h->a, str_of(JOB)));
    open_sys(h, "sys.playbook", fields);
    for (int i = 0; i < JOBS; i++)
        jobs[i] = job(h, i == SEALED ? "{'what':'一件','hidden':true}" : "{'what':'一件'}");
    must(h, "desk", jobs[PAUSED], "pause", "{'clock':'work','reason':'等材料'}");
    must(h, "operator", jobs[EXTENDED], "extend", "{'clock':'work','reason':'人手不够'}");
    must(h, "desk", jobs[SHARED], "share", "{'orgs':['@police'],'workdays':2,'text':'请到场'}");
    must(h, "desk", jobs[CLOSED], "finish", NULL);
}

/* The last instant of a day of September 2024. */
static int64_t end_of(int day)
{
    static const int64_t FIRST = 1725120000000; /* 2024-09-01 00:00 in Shanghai */
    return FIRST + day * (int64_t)MS_DAY - 1;
}

static void due_is(struct house *h, int which, const char *clock, int day)
{
    const struct clock_run *run = record_clock_last(load(h, jobs[which]), str_of(clock));
    if (run->due != end_of(day))
        fail_msg("job %d, %s: due %lld, not at the end of day %d", which, clock, (long long)run->due, day);
}

static void all_due(struct house *h, bool moved)
{
    due_is(h, PLAIN, "work", moved ? 13 : 12);
    due_is(h, PLAIN, "reply", moved ? 12 : 11); /* the last day is a day off now */
    due_is(h, PAUSED, "work", moved ? 13 : 12);
    due_is(h, EXTENDED, "work", 16); /* a day off more and a working day more */
    due_is(h, SHARED, "share1", moved ? 12 : 11);
    due_is(h, SEALED, "work", moved ? 13 : 12);
    due_is(h, CLOSED, "work", 12);
    const struct clock_run *hours = record_clock_last(load(h, jobs[PLAIN]), STR("hours"));
    assert_int_equal(hours->due, hours->start + 72 * MS_HOUR);
}

#define RESETS "SELECT COUNT(*) FROM event WHERE body LIKE '%\"act\":\"clock_reset\"%'"
#define SHIFTS "SELECT COUNT(*) FROM clock_shift"

static void clocks_follow(struct house *h)
{
    begin(h);
    all_due(h, false);
    load_table(h, TABLE);
    settle(h);
    all_due(h, true);
    assert_int_equal(house_number(h, SHIFTS), 0);
    assert_int_equal(house_number(h, RESETS), JOBS - 1); /* of the extended one its time to answer */
    house_verify(h);
    assert_int_equal(act(h, "admin", jobs[PLAIN], "clock_reset", "{}").err.code, ERR_FORBIDDEN);
    assert_int_equal(act(h, "operator", jobs[PLAIN], "clock_reset", "{}").err.code, ERR_FORBIDDEN);
    assert_false(offered(h, "operator", jobs[PLAIN], "clock_reset"));
    int64_t size = house_size(h);
    load_table(h, TABLE); /* the same days move nothing */
    settle(h);
    assert_int_equal(house_size(h), size + 1);
    load_table(h, NO_TABLE);
    settle(h);
    all_due(h, false);
    assert_int_equal(house_number(h, RESETS), 2 * (JOBS - 1));
    house_verify(h);
}

/* What was paused while the table came goes on by it. */
static void a_pause_goes_on(struct house *h)
{
    begin(h);
    load_table(h, TABLE);
    settle(h);
    h->now += 3 * (int64_t)MS_DAY; /* Thursday: 10 and 12 were working days of the pause */
    must(h, "desk", jobs[PAUSED], "resume", "{'clock':'work'}");
    due_is(h, PAUSED, "work", 16);
    load_table(h, NO_TABLE); /* three working days of it, and 13, 16, 17 are left */
    settle(h);
    due_is(h, PAUSED, "work", 17);
    must(h, "desk", jobs[PAUSED], "comment", "{'text':'记一笔'}");
    must(h, "desk", jobs[PAUSED], "undo", NULL);
    due_is(h, PAUSED, "work", 17);
    house_verify(h);
}

static void tick(struct house *h)
{
    struct err e = ERR_INIT;
    if (!engine_tick(h->en, &e))
        fail_msg("%s", e.text);
}

/* While the writer still adds to the log. */
static void verify_meanwhile(struct house *h)
{
    struct err e = ERR_INIT;
    struct verify_report report;
    struct store *db = testdb_open(&h->t, STORE_READ);
    if (!verify_all(db, engine_keys(h->en), VERIFY_FOLDS, NULL, NULL, &report, &e) || !report.ok)
        fail_msg("verify: %s%s", e.text, report.why);
    store_close(db);
}

static int64_t told(struct house *h, int which, const char *clock)
{
    return house_number(h, arena_printf(h->a, "SELECT COUNT(*) FROM outbox WHERE clock = '%s' AND rid = %lld", clock,
                                        (long long)load(h, jobs[which])->rid));
}

static void warnings_follow(struct house *h)
{
    begin(h);
    load_table(h, TABLE);
    settle(h);
    h->now = end_of(11) + MS_MINUTE; /* by the old table a working day before the end */
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 0);
    h->now = end_of(12) + MS_MINUTE;
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 1);
    assert_int_equal(told(h, PAUSED, "work"), 0);
    assert_int_equal(told(h, SHARED, "share1"), 1);
    h->now = end_of(13) + MS_MINUTE;
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 1);
    h->now = end_of(14) + MS_MINUTE; /* Saturday is a working day: the head is told now, not on Monday */
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 2);
    house_verify(h);
}

/* The due time stays, the instant of a later rung does not. */
static void a_later_rung_follows(struct house *h)
{
    begin(h);
    h->now = end_of(13); /* the clock is late; the head is told at the end of Friday: one working day */
    struct id late = job(h, "{'what':'又一件'}"); /* due at the end of 18, its head at the end of 19 */
    h->now = end_of(17) + MS_MINUTE;
    tick(h);
    h->now = end_of(18) + MS_MINUTE;
    load_table(h, "date,kind,name\n2024-09-19,holiday,停工日\n");
    settle(h);
    jobs[PLAIN] = late;
    due_is(h, PLAIN, "work", 18);
    h->now = end_of(19) + MS_MINUTE;
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 1);
    load_table(h, NO_TABLE); /* it was a working day after all: sooner than was planned */
    settle(h);
    tick(h);
    assert_int_equal(told(h, PLAIN, "work"), 2);
    house_verify(h);
}

/* Who is ended between two steps goes on where he was; people act meanwhile. */
static void an_end_in_between(struct house *h)
{
    begin(h);
    open_again(h, 1);
    load_table(h, TABLE);
    for (int i = 0; i < 4; i++) {
        open_again(h, 1);
        must(h, "desk", jobs[i], "comment", "{'text':'记一笔'}");
        verify_meanwhile(h);
    }
    settle(h);
    all_due(h, true);
    assert_int_equal(house_number(h, RESETS), JOBS - 1);
    load_table(h, NO_TABLE); /* a table that nobody has followed yet is passed over */
    load_table(h, TABLE);
    open_again(h, 1);
    settle(h);
    all_due(h, true);
    assert_int_equal(house_number(h, SHIFTS), 0);
    house_verify(h);
}

/* Each node takes the steps it gets the head for. */
static void two_nodes(struct house *h)
{
    struct err e = ERR_INIT;
    struct engine *mine = h->en, *other;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = 1};
    if (h->t.engine == STORE_SQLITE)
        return;
    begin(h);
    assert_true(engine_open(&cfg, &other, &e));
    for (int i = 0; i < 6; i++) {
        h->en = i % 2 ? mine : other;
        load_table(h, i % 2 ? NO_TABLE : TABLE);
        h->en = i % 2 ? other : mine;
        must(h, "desk", jobs[PLAIN], "comment", "{'text':'记一笔'}");
        verify_meanwhile(h);
    }
    settle(h);
    engine_close(other);
    h->en = mine;
    all_due(h, false);
    house_verify(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EACH(clocks_follow),        ON_EACH(a_pause_goes_on),   ON_EACH(warnings_follow),
        ON_EACH(a_later_rung_follows), ON_EACH(an_end_in_between), ON_EACH(two_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
