/* Versions of a playbook: the dry run, moving running cases, going back. */
#include "engine/preview.h"
#include "engine/test_int.h"
#include "measure/tally.h"

static const char LEAK[] =
    "playbook: leak\n"
    "version: 1\n"
    "name: {zh: 漏水, en: Leaks}\n"
    "codes:\n"
    "  size: {name: {zh: 大小}, list: {s: 小, m: 中, l: 大}}\n"
    "records:\n"
    "  leak:\n"
    "    kind: case\n"
    "    name: {zh: 漏水, en: Leak}\n"
    "    number: \"{area:6}LK{year}{seq:5}\"\n"
    "    title: what\n"
    "    fields:\n"
    "      what: {label: {zh: 什么事}, type: text, required: true}\n"
    "      size: {label: {zh: 大小}, type: code, codes: size}\n"
    "      litres: {label: {zh: 升}, type: integer}\n"
    "      owner: {label: {zh: 户主}, type: person}\n"
    "    states:\n"
    "      found: {zh: 已发现}\n"
    "      fixing: {zh: 维修中}\n"
    "      done: {zh: 修好, closed: true}\n"
    "    documents:\n"
    "      paper: {zh: 单据}\n"
    "    clocks:\n"
    "      fix: {name: {zh: 维修时限}, limit: 10d, main: true, pause: true, warn: [-3d]}\n"
    "    actions:\n"
    "      report:\n"
    "        name: {zh: 上报}\n"
    "        opens: true\n"
    "        to: found\n"
    "        by: [desk]\n"
    "        form: [what!, size?, litres?, owner?]\n"
    "        start: fix\n"
    "      begin: {name: {zh: 开工}, from: [found], to: fixing, by: [desk]}\n"
    "      finish: {name: {zh: 完工}, from: [fixing], to: done, by: [desk], stop: fix}\n"
    "indicators:\n"
    "  found: {name: {zh: 发现}, unit: {zh: 起}, count: leak, at: opened, by: [size]}\n";

struct swap {
    const char *from, *to;
};

/* LEAK with some places changed; each must be there. */
static struct str leak(struct house *h, int version, const struct swap *swaps, size_t n)
{
    struct swap number = {"version: 1\n", arena_printf(h->a, "version: %d\n", version)};
    const char *text = LEAK;
    for (size_t i = 0; i <= n; i++) {
        const struct swap *s = i ? &swaps[i - 1] : &number;
        const char *at = strstr(text, s->from);
        assert_non_null(at);
        text = arena_printf(h->a, "%.*s%s%s", (int)(at - text), text, s->to, at + strlen(s->from));
    }
    return str_of(text);
}

static void install(struct house *h, struct str text)
{
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("text"), json_new_str(h->a, text));
    open_sys(h, "sys.playbook", fields);
}

static struct preview foretold(struct house *h, struct str text)
{
    struct err e = ERR_INIT;
    struct preview p;
    struct complaints found = {.n = 0};
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct playbook *next = playbook_load(text, w->zone, &found);
    if (!next)
        fail_msg("%s:%d: %s", found.list[0].file, found.list[0].line, found.list[0].text);
    struct hash before = house_digest(h), after;
    if (!preview_playbook(db, engine_keys(h->en), h->a, w, engine_calendar(h->en), next, h->now, &p, &e))
        fail_msg("%s", e.text);
    after = house_digest(h);
    assert_true(hash_eq(&before, &after));
    playbook_free(next);
    engine_reader_back(h->en, db);
    world_unref(w);
    return p;
}

static int64_t told(const struct preview *p, enum fit_kind kind, const char *key)
{
    for (size_t i = 0; i < p->n; i++)
        if (p->rows[i].kind == kind && str_is(p->rows[i].key, key))
            return p->rows[i].n;
    return 0;
}

static struct id opened(struct house *h, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "desk", "report", fields);
    ask.type = STR("leak");
    ask.area = STR(VILLAGE);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("report: %s", ans.err.text);
    return ans.record;
}

static void pb_is(struct house *h, struct id rec, const char *pb)
{
    if (!str_is(load(h, rec)->pb, pb))
        fail_msg("stands on %s, not %s", str_c(h->a, load(h, rec)->pb), pb);
}

static struct id small, large; /* leaks that go through the tests */

#define SWAP(...) (const struct swap[]){__VA_ARGS__}, sizeof((struct swap[]){__VA_ARGS__}) / sizeof(struct swap)

static void what_a_version_would_do(void **state)
{
    UNUSED(state);
    static const struct {
        const char *name;
        struct swap swap[3];
        size_t n;
        enum fit_kind kind;
        const char *key;
        int64_t want, stuck;
    } CASES[] = {
        {"nothing", {{"x"}}, 0, FIT_code_gone, "size=l", 0, 0},
        {"a code goes", {{", l: 大", ""}}, 1, FIT_code_gone, "size=l", 1, 1},
        {"a code that nobody has goes", {{"m: 中, ", ""}}, 1, FIT_code_gone, "size=m", 0, 0},
        {"a field goes", {{"litres: {label: {zh: 升}, type: integer}", "cups: {label: {zh: 杯}, type: integer}"},
                          {"litres?", "cups?"}}, 2, FIT_field_gone, "litres", 1, 1},
        {"a field changes its type", {{"type: integer", "type: text"}}, 1, FIT_field_type, "litres", 1, 1},
        {"what nobody filled in goes", {{"      owner: {label: {zh: 户主}, type: person}\n", ""},
                                        {", owner?", ""}}, 2, FIT_field_gone, "owner", 0, 0},
        {"a state goes", {{"fixing: {zh: 维修中}", "mending: {zh: 维修中}"}, {"to: fixing", "to: mending"},
                          {"from: [fixing]", "from: [mending]"}}, 3, FIT_state_gone, "fixing", 1, 1},
        {"no way out", {{"by: [desk], stop: fix}", "by: [desk], stop: fix, guards: "
                         "[{if: \"size = 'm'\", say: {zh: 只修中的}}]}"}}, 1, FIT_dead_end, "fixing", 1, 1},
        {"the form may say it", {{"by: [desk], stop: fix}", "by: [desk], stop: fix, form: [size], guards: "
                                  "[{if: \"form.size = 'm'\", say: {zh: 只修中的}}]}"}}, 1,
         FIT_dead_end, "fixing", 0, 0},
        {"a document more", {{"stop: fix}", "stop: fix, needs: [paper]}"}}, 1, FIT_document_needed, "paper", 1, 0},
        {"a shorter limit", {{"limit: 10d", "limit: 5d"}}, 1, FIT_clock_moved, "fix", 2, 0},
        {"a limit that is over", {{"limit: 10d", "limit: 1d"}}, 1, FIT_clock_late, "fix", 2, 0},
        {"a clock goes", {{"fix: {name", "mend: {name"}, {"start: fix", "start: mend"},
                          {"stop: fix", "stop: mend"}}, 3, FIT_clock_ended, "fix", 2, 0},
        {"a clock comes", {{"    actions:\n", "      look: {name: {zh: 察看}, limit: 2d}\n    actions:\n"},
                           {"to: fixing, by: [desk]}", "to: fixing, by: [desk], start: look}"}}, 2,
         FIT_clock_started, "look", 1, 0},
        {"another record type", {{"  leak:\n", "  drip:\n"}, {"count: leak", "count: drip"}}, 2,
         FIT_record_gone, "leak.leak", 2, 2},
    };
    struct house *h = fresh();
    install(h, leak(h, 1, NULL, 0));
    small = opened(h, "{'what':'滴水','size':'s'}");
    large = opened(h, "{'what':'爆管','size':'l','litres':900}");
    must(h, "desk", large, "begin", NULL);
    h->now += 3 * MS_DAY;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct preview p = foretold(h, leak(h, 2, CASES[i].swap, CASES[i].n));
        if (told(&p, CASES[i].kind, CASES[i].key) != CASES[i].want || p.stuck != CASES[i].stuck ||
            p.cases != 2)
            fail_msg("%s: %lld told, %lld of %lld stuck", CASES[i].name,
                     (long long)told(&p, CASES[i].kind, CASES[i].key), (long long)p.stuck,
                     (long long)p.cases);
    }
}

static void figures_and_columns_are_foretold(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct preview p = foretold(h, leak(h, 2, SWAP({"owner: {label: {zh: 户主}, type: person}",
                                                    "floor: {label: {zh: 楼层}, type: integer}"},
                                                   {"owner?", "floor?"},
                                                   {"count: leak, at: opened",
                                                    "count: leak, where: \"size = 'l'\", at: opened"})));
    assert_int_equal(p.from, 1);
    assert_int_equal(p.to, 2);
    assert_false(p.same_version);
    assert_int_equal(p.n_built, 1);
    assert_int_equal(p.built[0].records, 2);
    assert_true(str_is(p.built[0].indicators, "found"));
    assert_int_equal(p.n_dropped, 1);
    assert_int_equal(p.n_columns, 1);
    assert_true(str_is(p.columns[0], "f_leak_leak.x_floor"));
    p = foretold(h, leak(h, 1, NULL, 0));
    assert_true(p.same_version);
    assert_int_equal(p.n_built + p.n_dropped + p.n_columns, 0);
    p = foretold(h, leak(h, 2, SWAP({", l: 大", ""})));
    assert_true(str_eq(p.rows[0].examples[0], load(h, large)->number));
    struct buf b = BUF(1 << 16);
    struct json_out o = json_out(&b);
    struct json *j;
    struct err e = ERR_INIT;
    preview_write(&o, &p);
    assert_true(json_input(h->a, buf_view(&b), &j, &e));
    assert_int_equal(json_num(j, "stuck", -1), 1);
    assert_true(str_is(json_text(json_at(json_get(j, "rows"), 0), "kind"), "code_gone"));
    buf_clear(&b);
    preview_text(&b, &p, true);
    assert_true(str_has(buf_view(&b), STR("size=l")));
    buf_free(&b);
}

static void a_case_adopts(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct clock_run was = load(h, large)->clocks[0];
    assert_int_equal(act(h, "head", large, "adopt", NULL).err.code, ERR_INPUT); /* there is only this one */
    install(h, leak(h, 2, SWAP({", l: 大", ""}, {"limit: 10d", "limit: 21d"},
                               {"    actions:\n", "      look: {name: {zh: 察看}, limit: 2d}\n    actions:\n"},
                               {"        start: fix\n", "        start: [fix, look]\n"})));
    pb_is(h, small, "leak@1");
    assert_true(offered(h, "head", small, "adopt"));
    assert_false(offered(h, "desk", small, "adopt"));
    assert_int_equal(act(h, "desk", small, "adopt", NULL).err.code, ERR_FORBIDDEN);
    assert_int_equal(act(h, "leader", small, "adopt", NULL).err.code, ERR_FORBIDDEN);
    struct answer ans = act(h, "head", large, "adopt", NULL); /* its size has no code any more */
    assert_int_equal(ans.err.code, ERR_GUARD);
    assert_string_equal(ans.err.field, "to_version");
    pb_is(h, large, "leak@1");
    must(h, "head", small, "adopt", NULL);
    pb_is(h, small, "leak@2");
    const struct record *r = load(h, small);
    const struct clock_run *fix = record_clock_last(r, STR("fix")), *look = record_clock_last(r, STR("look"));
    assert_int_equal(fix->start, was.start - MS_SECOND);
    assert_int_equal(fix->due, was.due + 11 * MS_DAY);
    assert_int_equal(look->start, h->now);
    assert_int_equal(act(h, "head", small, "adopt", NULL).err.code, ERR_INPUT);
    assert_int_equal(act(h, "head", small, "undo", NULL).err.code, ERR_WRONG_STATE);
    must(h, "desk", large, "finish", NULL); /* the other goes on by its old rules */
    must(h, "desk", small, "begin", NULL);
    pb_is(h, small, "leak@2");
    assert_int_equal(act(h, "head", large, "adopt", NULL).err.code, ERR_WRONG_STATE); /* closed */
}

/* Pauses and extensions that a clock had are kept. */
static void a_paused_clock_adopts(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, "{'what':'又漏了','size':'s'}");
    pb_is(h, rec, "leak@2");
    must(h, "desk", rec, "pause", "{'clock':'fix','reason':'等配件'}");
    h->now += 4 * MS_DAY;
    must(h, "desk", rec, "resume", "{'clock':'fix'}");
    int64_t due = record_clock_last(load(h, rec), STR("fix"))->due;
    install(h, leak(h, 3, SWAP({"limit: 10d", "limit: 15d"})));
    must(h, "head", rec, "adopt", "{'to_version':3}");
    assert_int_equal(record_clock_last(load(h, rec), STR("fix"))->due, due - 6 * MS_DAY);
    assert_int_not_equal(record_clock_last(load(h, rec), STR("look"))->done, TIME_NONE);
}

static struct id version_record(struct house *h, int version)
{
    struct err e = ERR_INIT;
    struct id id = {{0}};
    struct world *w = engine_world(h->en, &e);
    for (int i = 0; i < w->n_playbooks; i++)
        if (str_is(w->playbooks[i].playbook->id, "leak") && w->playbooks[i].playbook->version == version)
            id = w->playbooks[i].rec;
    world_unref(w);
    return id;
}

static void going_back(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id v2 = version_record(h, 2), v3 = version_record(h, 3);
    struct answer ans;
    struct ask lower = ask_of(h, "operator", NULL, NULL);
    lower.type = STR("sys.playbook");
    json_set(h->a, lower.fields, STR("text"), json_new_str(h->a, leak(h, 2, NULL, 0)));
    assert_false(engine_act(h->en, h->a, &lower, &ans)); /* only what is higher is installed */
    assert_int_equal(ans.err.code, ERR_UNIQUE);
    assert_int_equal(act(h, "admin", v3, "put_in_force", NULL).err.code, ERR_WRONG_STATE);
    assert_int_equal(act(h, "admin", v2, "burn", NULL).err.code, ERR_INPUT);
    assert_int_equal(act(h, "head", v2, "put_in_force", NULL).err.code, ERR_FORBIDDEN);
    struct id before = opened(h, "{'what':'第三版'}");
    must(h, "admin", v2, "put_in_force", NULL);
    pb_is(h, before, "leak@3");
    pb_is(h, opened(h, "{'what':'第二版'}"), "leak@2");
    must(h, "head", before, "adopt", NULL); /* back too: it is the one in force */
    pb_is(h, before, "leak@2");
    must(h, "admin", v2, "withdraw", NULL);
    pb_is(h, opened(h, "{'what':'又是第三版'}"), "leak@3");
}

/* A new figure over what is there: built in steps of one record while people act, by a writer that is
 * ended in between. */
static void figures_are_built_meanwhile(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}, .build = 1};
    struct id open[40];
    int n = 0;
    for (; n < 30; n++)
        open[n] = opened(h, "{'what':'漏','size':'s','litres':3}");
    engine_close(h->en);
    assert_true(engine_open(&cfg, &h->en, &e));
    install(h, leak(h, 4, SWAP({"found: {name", "litres: {name: {zh: 升数}, sum: litres, of: leak, at: opened}\n"
                                                "  fixed: {name: {zh: 修好}, count: leak, at: closed}\n"
                                                "  found: {name"})));
    for (int i = 0; i < 10; i++) {
        open[n++] = opened(h, "{'what':'又漏','litres':5}");
        must(h, "desk", open[i * 3], "begin", NULL);
        must(h, "desk", open[i * 3], "finish", NULL);
        must(h, "head", open[i * 3 + 1], "amend", "{'fields':{'litres':7},'reason':'看错了'}");
        house_verify(h); /* what is counted so far is right too */
        if (i == 4) {
            engine_close(h->en);
            assert_true(engine_open(&cfg, &h->en, &e));
        }
    }
    assert_true(engine_build_wait(h->en, NULL, NULL, &e));
    struct store *db = engine_reader(h->en, &e);
    struct term_progress p;
    assert_true(terms_progress(db, &p, &e));
    assert_int_equal(p.building, 0);
    engine_reader_back(h->en, db);
    house_verify(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_version_would_do), cmocka_unit_test(figures_and_columns_are_foretold),
        cmocka_unit_test(a_case_adopts),           cmocka_unit_test(a_paused_clock_adopts),
        cmocka_unit_test(going_back),              cmocka_unit_test(figures_are_built_meanwhile),
        cmocka_unit_test(all_is_what_the_log_says),
    };
    return RUN_ON_BOTH(tests);
}
