/* Sealed matters: what the database says of them, what they count, who may look. */
#include "engine/test_int.h"
#include "measure/total.h"
#include "measure/indicator.h"
#include "search/find.h"

#define WORD "鹤顶巷口"
#define CODE "zq7"

static const char CARE[] =
    "playbook: care\n"
    "version: 1\n"
    "name: {zh: 关爱, en: Care}\n"
    "codes:\n"
    "  why: {name: {zh: 缘由}, list: {zq7: 甲, zq8: 乙}}\n"
    "records:\n"
    "  care:\n"
    "    kind: case\n"
    "    name: {zh: 关爱, en: Care}\n"
    "    number: \"{area:12}GA{year}{seq:5}\"\n"
    "    title: what\n"
    "    sealed_when: \"minor = TRUE\"\n"
    "    fields:\n"
    "      what: {label: {zh: 什么事}, type: text, required: true, search: true}\n"
    "      why: {label: {zh: 缘由}, type: code, codes: why, filter: true}\n"
    "      spot: {label: {zh: 地点}, type: place}\n"
    "      minor: {label: {zh: 未成年}, type: boolean}\n"
    "      cost: {label: {zh: 费用}, type: money, unit: CNY}\n"
    "      who: {label: {zh: 当事人}, type: person, many: true, vault: true}\n"
    "      visits:\n"
    "        label: {zh: 走访}\n"
    "        type: table\n"
    "        columns:\n"
    "          day: {label: {zh: 日期}, type: date}\n"
    "          kind: {label: {zh: 缘由}, type: code, codes: why}\n"
    "    states:\n"
    "      found: {zh: 已发现}\n"
    "      done: {zh: 办结, closed: true}\n"
    "    clocks:\n"
    "      act: {name: {zh: 办理时限}, limit: 10d, main: true, warn: [-3d]}\n"
    "    actions:\n"
    "      report:\n"
    "        name: {zh: 上报}\n"
    "        opens: true\n"
    "        to: found\n"
    "        by: [desk, mediator]\n"
    "        form: [what!, why?, spot?, minor?, cost?, who?, visits?]\n"
    "        start: act\n"
    "      note: {name: {zh: 补记}, from: [found], to: found, by: [desk], form: [what?, why?, minor?, visits?]}\n"
    "      finish: {name: {zh: 办结}, from: [found], to: done, by: [desk], stop: act}\n"
    "indicators:\n"
    "  found: {name: {zh: 发现}, unit: {zh: 起}, count: care, at: opened, by: [why]}\n"
    "  first: {name: {zh: 甲类}, unit: {zh: 起}, count: care, where: \"why = 'zq7'\", at: opened}\n"
    "  left:\n"
    "    name: {zh: 未结}\n"
    "    unit: {zh: 起}\n"
    "    stock: {in: {count: care, at: opened}, out: {count: care, at: closed}}\n"
    "  cost: {name: {zh: 费用}, unit: {zh: 元}, sum: cost, of: care, at: opened}\n";

#define PLAIN "{'what':'平常的事','why':'zq8','cost':'10.00'}"
#define SECRET                                                                                     \
    "{'what':'" WORD "','why':'" CODE "','minor':true,'cost':'77777.77'," \
    "'spot':{'text':'" WORD "','lon':'115.8123457','lat':'28.6912345'}," \
    "'who':[{'name':'" WORD "','phone':'13912345678'}],'visits':[{'day':'@today','kind':'" CODE "'}]}"

static struct id opened(struct house *h, const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "desk", "report", fields);
    ask.type = STR("care");
    ask.area = STR(VILLAGE);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("report: %s", ans.err.text);
    return ans.record;
}

static int64_t times(struct str text, const char *word)
{
    struct str w = str_of(word);
    int64_t n = 0;
    for (size_t i = 0; i + w.len <= text.len; i++)
        n += memcmp(text.ptr + i, w.ptr, w.len) == 0;
    return n;
}

static int64_t in_tables(struct house *h, const char *word)
{
    struct buf b = house_dump(h);
    int64_t n = times(buf_view(&b), word);
    buf_free(&b);
    return n;
}

static struct record *stored(struct house *h, struct id id)
{
    struct err e = ERR_INIT;
    struct record *r = NULL;
    bool found = false;
    struct store *db = engine_reader(h->en, &e);
    assert_true(db && record_load(db, h->a, id, &found, &r, &e) && found);
    engine_reader_back(h->en, db);
    return r;
}

static void the_line_begins(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("text"), json_new_str(h->a, str_of(CARE)));
    open_sys(h, "sys.playbook", fields);
}

/* ---- what stands where ---- */

static void nothing_is_in_the_clear(void **state)
{
    UNUSED(state);
    static const char *const WORDS[] = {WORD, "鹤顶", "13912345678", VILLAGE, CODE, "7777777", "1158123457"};
    struct house *h = fresh();
    int64_t before[COUNT_OF(WORDS)];
    opened(h, PLAIN);
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        before[i] = in_tables(h, WORDS[i]);
    struct id rec = opened(h, SECRET);
    must(h, "desk", rec, "note", "{'why':'" CODE "','visits':[{'day':'@today','kind':'zq7'}]}");
    must(h, "desk", rec, "comment", "{'text':'" WORD "'}");
    must(h, "desk", rec, "transfer", "{'to_org':'@police','note':'" WORD "'}");
    must(h, "desk", rec, "finish", "{}");
    for (size_t i = 0; i < COUNT_OF(WORDS); i++)
        if (in_tables(h, WORDS[i]) != before[i])
            fail_msg("'%s' stands in the tables", WORDS[i]);
    house_verify(h);
    struct record *r = load(h, rec), *shut = stored(h, rec);
    assert_true(str_is(r->code, VILLAGE) && str_is(json_text(r->fields, "why"), CODE));
    assert_true(str_is(shut->code, DISTRICT) && !json_get(shut->fields, "why") && !shut->parts->n);
    assert_true(str_starts(r->number, STR(DISTRICT "GA2024")));
    assert_true(record_closed(shut) != TIME_NONE && str_is(shut->state, "done"));
    assert_int_equal(shut->sealed->n, r->ver);
}

static struct event_body line_of(struct house *h, struct answer ans)
{
    struct err e = ERR_INIT;
    struct event ev;
    struct event_body body = {.known = TIME_NONE};
    bool found;
    struct store *db = engine_reader(h->en, &e);
    assert_true(ledger_get(db, h->a, ans.seq, &found, &ev, &e) && found && body_read(h->a, ev.body, &body, &e));
    engine_reader_back(h->en, db);
    return body;
}

/* Sealed later: the lines before stay as they are; the columns and the index empty themselves. */
static void sealed_later(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, "{'what':'" WORD "','why':'zq7','spot':{'text':'槐荫','lon':'115.8','lat':'28.6'}}");
    assert_false(record_sealed(load(h, rec)));
    struct answer ans = must(h, "desk", rec, "note", "{'minor':true}");
    struct event_body line = line_of(h, ans);
    assert_true(line.sealed && str_is(line.code, DISTRICT) && line.set->n == 1 && !line.rows && !line.in);
    assert_true(json_yes(line.set, "$sealed"));
    struct err e = ERR_INIT;
    struct store *db = testdb_open(&h->t, STORE_READ);
    struct id raw = rec;
    struct rows r = store_query(db, "SELECT f.x_why, f.x_spot_lon, r.area_code FROM f_care_care f, record r "
                                    "WHERE r.rid = f.rid AND r.id = $1", BIND(C_BLOB(ID_STR(raw))), &e);
    assert_true(rows_next(&r) && rows_null(&r, 0) && rows_null(&r, 1) && str_is(rows_str(&r, 2), DISTRICT));
    rows_close(&r);
    store_close(db);
    must(h, "desk", rec, "amend", "{'fields':{'minor':false},'reason':'填错'}");
    assert_true(record_sealed(load(h, rec))); /* nobody takes it off alone */
    must(h, "desk", rec, "undo", "{}");
    struct record *open = load(h, rec);
    assert_true(record_sealed(open) && json_yes(open->fields, "minor"));
    house_verify(h);
}

/* The stored fold is that of the lines, key or no key; erasing changes neither it nor the log. */
static void erased(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, SECRET);
    struct record *before = stored(h, rec);
    must(h, "head", rec, "erase", "{'fields':['what','who'],'words':false,'files':false,'reason':'本人要求'}");
    struct record *after = stored(h, rec);
    assert_true(json_same(before->fields, after->fields));
    house_verify(h);
    struct err e = ERR_INIT;
    struct store *db = testdb_open(&h->t, STORE_READ);
    struct id raw = rec;
    int64_t n = 0;
    bool found;
    assert_true(store_int(db, "SELECT COUNT(*) FROM detached d, record r WHERE r.rid = d.rid AND r.id = $1 "
                              "AND d.bytes IS NULL", BIND(C_BLOB(ID_STR(raw))), &found, &n, &e));
    assert_int_equal(n, 2);
    store_close(db);
    assert_true(str_is(json_text(load(h, rec)->fields, "why"), CODE)); /* the rest still opens */
}

static void a_foreign_key_is_said(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct verify_report report;
    struct keys other = *engine_keys(h->en);
    opened(h, SECRET);
    other.master[0] ^= 1;
    keys_ready(&other);
    struct store *db = testdb_open(&h->t, STORE_READ);
    assert_false(verify_all(db, &other, VERIFY_FOLDS, NULL, NULL, &report, &e));
    assert_non_null(strstr(e.text, "key"));
    store_close(db);
}

/* ---- figures ---- */

/* by: the sum of the rows instead of the total. */
static struct figure_value asked(struct house *h, const char *id, const char *area, bool right, bool slow,
                                 const char *by)
{
    struct err e = ERR_INIT;
    struct figure f;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct figure_question q = figure_question_new(h->now);
    q.id = str_of(id);
    q.area = str_of(area);
    q.from = 19000;
    q.to = 21000;
    q.sealed = right;
    q.slow = slow;
    q.by = str_of(by);
    if (!figure_ask(db, h->a, w, &q, &f, &e))
        fail_msg("%s: %s", id, e.text);
    engine_reader_back(h->en, db);
    world_unref(w);
    struct figure_value rows = {.n = 0};
    for (size_t i = 0; i < f.n_rows; i++)
        rows.n += f.rows[i].v.n;
    return by ? rows : f.total;
}

static struct figure_value figure(struct house *h, const char *id, const char *area, bool right, bool slow)
{
    return asked(h, id, area, right, slow, NULL);
}

static void counted_in_fives(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    int64_t clear = figure(h, "care.found", TOWN, true, false).n; /* all lie in the town, the sealed ones above */
    int64_t hidden = figure(h, "care.found", DISTRICT, true, false).n - clear;
    for (int i = 0; i < 11; i++) {
        assert_int_equal(figure(h, "care.found", DISTRICT, true, false).n, clear + hidden);
        assert_int_equal(figure(h, "care.found", DISTRICT, false, false).n, clear + hidden / 5 * 5);
        assert_int_equal(figure(h, "care.found", DISTRICT, false, true).n, clear + hidden / 5 * 5);
        assert_int_equal(asked(h, "care.found", DISTRICT, true, false, "month").n, clear + hidden);
        assert_int_equal(asked(h, "care.found", DISTRICT, false, false, "month").n, clear + hidden / 5 * 5);
        assert_int_equal(asked(h, "care.found", DISTRICT, false, true, "month").n, clear + hidden / 5 * 5);
        assert_int_equal(figure(h, "care.found", TOWN, true, false).n, clear);
        assert_int_equal(figure(h, "care.found", TOWN, false, true).n, clear);
        assert_true(figure(h, "care.first", DISTRICT, true, false).n <= clear + hidden);
        int64_t cost = figure(h, "care.cost", DISTRICT, false, false).value;
        opened(h, SECRET);
        hidden++;
        assert_int_equal(figure(h, "care.cost", DISTRICT, false, false).value, cost);
        assert_int_equal(figure(h, "care.found", OTHER, true, false).n, 0);
    }
    house_verify(h);
}

/* ---- the total of a list ---- */

static int64_t total_of(struct house *h, const char *area, bool open, int64_t *all)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    int64_t total = -1;
    assert_true(w && db);
    int i = world_area(w, str_of(area));
    struct str scope = str_printf(h->a, "a%lld", (long long)w->areas[i].aid);
    struct find_question q = {.w = w, .type = STR("care"), .scopes = &scope, .n_scopes = 1, .open_only = open};
    if (!find_count(db, h->a, &q, all, &e) || !total_ask(db, h->a, w, q.type, &scope, 1, open, &total, &e))
        fail_msg("%s: %s", area, e.text);
    engine_reader_back(h->en, db);
    world_unref(w);
    return total;
}

/* Of every area; below the levels that are stored the counters may not know. */
static int64_t totals_agree(struct house *h)
{
    static const char *const STORED[] = {"360000000000", "360100000000", DISTRICT, OTHER, TOWN, VILLAGE};
    int64_t all = 0;
    for (size_t i = 0; i < COUNT_OF(STORED); i++)
        for (int open = 0; open < 2; open++) {
            int64_t total = total_of(h, STORED[i], open, &all);
            if (total != all && (total != -1 || i < 4))
                fail_msg("%s, open %d: %lld of %lld", STORED[i], open, (long long)total, (long long)all);
        }
    return total_of(h, DISTRICT, false, &all);
}

static void the_total_of_a_list(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    int64_t before = totals_agree(h);
    struct id plain = opened(h, PLAIN), other = opened(h, PLAIN), secret = opened(h, SECRET);
    struct id undone[] = {opened(h, PLAIN), opened(h, SECRET)};
    assert_int_equal(totals_agree(h), before + 5);
    for (size_t i = 0; i < COUNT_OF(undone); i++)
        must(h, "desk", undone[i], "undo", "{}");
    assert_int_equal(totals_agree(h), before + 5); /* void ones stand in the list */
    must(h, "desk", plain, "finish", "{}");
    must(h, "desk", secret, "finish", "{}");
    assert_int_equal(totals_agree(h), before + 5);
    struct id third = opened(h, PLAIN);
    const char *into = str_c(h->a, id_text(h->a, other));
    must(h, "centre", third, "merge", arena_printf(h->a, "{'into':'%s','reason':'同一件事'}", into));
    assert_int_equal(totals_agree(h), before + 6);
    must(h, "desk", other, "note", "{'minor':true}"); /* sealed later */
    assert_int_equal(totals_agree(h), before + 6);
    house_verify(h);
}

/* ---- who may look ---- */

#define FIELDS "'fields':['what','who']"

static void a_second_person(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, SECRET);
    must(h, "desk", rec, "finish", "{}"); /* closed matters are looked at too */
    struct actor head2 = *who(h, "head");
    memcpy(head2.org, h->orgs[ORG_POLICE], sizeof head2.org);
    static const struct {
        const char *who, *act, *fields;
        enum err_code err;
        int64_t wait;
    } STEPS[] = {
        {"desk", "look", "{" FIELDS ",'purpose':'办案'}", 0, 0}, /* of the unit that holds it */
        {"desk", "ask_look", "{" FIELDS ",'purpose':'办案'}", ERR_WRONG_STATE, 0},
        {"mediator", "look", "{" FIELDS ",'purpose':'办案'}", ERR_FORBIDDEN, 0},
        {"mediator", "ask_look", "{" FIELDS "}", ERR_REQUIRED, 0},
        {"mediator", "ask_look", "{'fields':['nonsense'],'purpose':'办案'}", ERR_INPUT, 0},
        {"stranger", "ask_look", "{" FIELDS ",'purpose':'办案'}", ERR_FORBIDDEN, 0},
        {"mediator", "ask_look", "{" FIELDS ",'purpose':'办案'}", 0, 0},
        {"mediator", "ask_look", "{" FIELDS ",'purpose':'办案'}", ERR_WRONG_STATE, 0},
        {"mediator", "look", "{" FIELDS ",'purpose':'办案'}", ERR_FORBIDDEN, 0},
        {"mediator", "approve", "{}", ERR_FORBIDDEN, 0},
        {"desk", "approve", "{}", ERR_FORBIDDEN, 0},
        {"leader", "approve", "{}", ERR_FORBIDDEN, 0},
        {"head", "approve", "{'ok':false}", ERR_REQUIRED, 0},
        {"head", "approve", "{'ok':false,'note':'用途不明'}", 0, 0},
        {"mediator", "look", "{" FIELDS ",'purpose':'办案'}", ERR_FORBIDDEN, 0},
        {"mediator", "ask_look", "{'fields':['what'],'purpose':'办案'}", 0, 0},
        {"head", "approve", "{}", 0, 0},
        {"mediator", "look", "{" FIELDS ",'purpose':'办案'}", ERR_FORBIDDEN, 0}, /* more than was granted */
        {"mediator", "look", "{'fields':['what'],'purpose':'办案'}", 0, 0},
        {"mediator", "look", "{'fields':['what'],'purpose':'办案'}", 0, 23 * MS_HOUR},
        {"mediator", "look", "{'fields':['what'],'purpose':'办案'}", ERR_FORBIDDEN, MS_HOUR},
        {"head", "approve", "{}", ERR_WRONG_STATE, 0},
    };
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        h->now += STEPS[i].wait;
        struct answer ans = act(h, STEPS[i].who, rec, STEPS[i].act, STEPS[i].fields);
        if (ans.ok != !STEPS[i].err || (!ans.ok && ans.err.code != STEPS[i].err))
            fail_msg("step %zu, %s by %s: %s", i, STEPS[i].act, STEPS[i].who, ans.ok ? "done" : ans.err.text);
    }
    must(h, "mediator", rec, "ask_look", "{'fields':['what'],'purpose':'办案'}");
    struct answer ans;
    struct ask ask = on(h, "head", rec, 0, "approve", "{}");
    ask.actor = &head2; /* a head of the same district, of another unit */
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_int_equal(ans.err.code, ERR_FORBIDDEN);
    house_verify(h);
}

static void who_sees(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    struct id rec = opened(h, SECRET);
    const struct record *r = load(h, rec);
    assert_true(actor_sees(who(h, "desk"), w, r));
    assert_true(actor_sees(who(h, "leader"), w, r));  /* that it is there */
    assert_false(actor_sees(who(h, "grid"), w, r));   /* a village's own account: it lies in the county */
    assert_false(actor_sees(who(h, "fireman"), w, r));
    assert_false(actor_sees(who(h, "stranger"), w, r));
    must(h, "desk", rec, "share", "{'orgs':['@fire'],'text':'请到场'}");
    assert_true(actor_sees(who(h, "fireman"), w, load(h, rec)));
    assert_false(actor_sees(who(h, "fireman"), w, stored(h, rec))); /* the line does not say who shares */
    world_unref(w);
    house_verify(h);
}

/* ---- the seal comes off ---- */

static int64_t listed(struct house *h, const char *area, const char *search, const char *where)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    struct store *db = engine_reader(h->en, &e);
    struct str scope = str_printf(h->a, "a%lld", (long long)w->areas[world_area(w, str_of(area))].aid);
    struct find_question q = {.w = w, .type = STR("care.care"), .scopes = &scope, .n_scopes = 1, .limit = 200,
                              .search = str_of(search), .where = str_of(where)};
    struct find_answer page;
    if (!find_records(db, h->a, &q, &page, &e))
        fail_msg("list of %s: %s", area, e.text);
    int64_t n = (int64_t)page.n;
    engine_reader_back(h->en, db);
    world_unref(w);
    return n;
}

/* What the lines say of it without any key. */
static struct record *of_the_lines(struct house *h, struct id rec)
{
    struct err e = ERR_INIT;
    struct event *list;
    size_t n;
    struct record *r = record_new(h->a);
    struct store *db = engine_reader(h->en, &e);
    r->rid = load(h, rec)->rid;
    assert_true(ledger_of_record(db, h->a, r->rid, -1, 1000, &list, &n, &e));
    for (size_t i = 0; i < n; i++) {
        struct event_body b;
        assert_true(body_read(h->a, list[i].body, &b, &e) && fold_event(h->a, r, &b, list[i].seq, &e));
    }
    engine_reader_back(h->en, db);
    return r;
}

#define WHY "{'reason':'当事人已成年','paper':'新委字〔2024〕12号'}"

static void two_take_it_off(struct house *h, struct id rec)
{
    static const struct {
        const char *who, *act, *fields;
        enum err_code err;
    } STEPS[] = {
        {"mediator", "ask_unseal", WHY, ERR_FORBIDDEN}, /* of another unit */
        {"leader", "ask_unseal", WHY, ERR_FORBIDDEN},
        {"operator", "ask_unseal", WHY, ERR_FORBIDDEN},
        {"desk", "ask_unseal", "{'paper':'12号'}", ERR_REQUIRED},
        {"desk", "ask_unseal", "{'reason':'当事人已成年'}", ERR_REQUIRED},
        {"head", "ask_unseal", WHY, 0},
        {"desk", "ask_unseal", WHY, ERR_WRONG_STATE},
        {"head", "approve", "{}", ERR_FORBIDDEN}, /* asked himself */
        {"desk", "approve", "{}", ERR_FORBIDDEN},
        {"leader", "approve", "{}", ERR_FORBIDDEN},
        {"operator", "approve", "{}", ERR_FORBIDDEN},
        {"head", "undo", "{}", 0},
        {"desk", "ask_unseal", WHY, 0},
        {"head", "approve", "{'ok':false}", ERR_REQUIRED},
        {"head", "approve", "{'ok':false,'note':'还没有文书'}", 0},
        {"desk", "ask_unseal", WHY, 0},
        {"desk2", "approve", "{}", ERR_FORBIDDEN},
    };
    for (size_t i = 0; i < COUNT_OF(STEPS); i++) {
        struct answer ans = act(h, STEPS[i].who, rec, STEPS[i].act, STEPS[i].fields);
        if (ans.ok != !STEPS[i].err || (!ans.ok && ans.err.code != STEPS[i].err))
            fail_msg("step %zu, %s by %s: %s", i, STEPS[i].act, STEPS[i].who, ans.ok ? "done" : ans.err.text);
        assert_true(record_sealed(load(h, rec)));
    }
}

static void unsealed(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, SECRET);
    must(h, "desk", rec, "comment", "{'text':'记一笔'}");
    two_take_it_off(h, rec);
    int64_t words = listed(h, VILLAGE, WORD, ""), codes = listed(h, VILLAGE, "", "why = '" CODE "'");
    int64_t below = figure(h, "care.found", TOWN, false, false).n;
    int64_t cost = figure(h, "care.cost", DISTRICT, true, false).value;
    int64_t county = figure(h, "care.found", DISTRICT, true, false).n;
    struct answer ans = must(h, "head", rec, "approve", "{}");
    struct event_body line = line_of(h, ans);
    assert_true(!line.sealed && str_is(line.code, VILLAGE) && str_is(json_text(line.set, "why"), CODE));
    struct record *r = load(h, rec);
    assert_false(record_sealed(r) || record_flag(r, "$sealed"));
    assert_true(str_is(r->code, VILLAGE) && json_get(r->fields, "who") && r->parts->n > 0);
    assert_true(record_same(r, stored(h, rec)) && record_same(r, of_the_lines(h, rec)));
    assert_int_equal(listed(h, VILLAGE, WORD, ""), words + 1);
    assert_int_equal(listed(h, VILLAGE, "", "why = '" CODE "'"), codes + 1);
    assert_int_equal(figure(h, "care.found", TOWN, false, false).n, below + 1);
    assert_int_equal(figure(h, "care.found", DISTRICT, true, false).n, county); /* it was counted among the sealed */
    assert_int_equal(figure(h, "care.found", DISTRICT, true, true).n, county);
    assert_int_equal(figure(h, "care.cost", DISTRICT, true, false).value, cost + 7777777);
    totals_agree(h);
    house_verify(h);
    assert_int_equal(act(h, "head", rec, "undo", "{}").err.code, ERR_WRONG_STATE);
    assert_int_equal(act(h, "desk", rec, "ask_unseal", WHY).err.code, ERR_WRONG_STATE);
    must(h, "desk", rec, "note", "{'why':'zq8'}"); /* the reason of then seals it no more */
    assert_false(record_sealed(load(h, rec)));
    must(h, "desk", rec, "amend", "{'fields':{'minor':false},'reason':'已成年'}");
    must(h, "desk", rec, "note", "{'minor':true}"); /* another reason does */
    assert_true(record_sealed(load(h, rec)));
    assert_int_equal(listed(h, VILLAGE, WORD, ""), words);
    house_verify(h);
}

/* A closed one too; and what was erased of it before stays away. */
static void unsealed_when_closed(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = opened(h, SECRET);
    must(h, "head", rec, "erase", "{'fields':['what','who'],'words':false,'files':false,'reason':'本人要求'}");
    must(h, "desk", rec, "finish", "{}");
    must(h, "desk", rec, "ask_unseal", WHY);
    must(h, "head", rec, "approve", "{}");
    assert_false(record_sealed(load(h, rec)));
    assert_true(record_same(load(h, rec), of_the_lines(h, rec)));
    house_verify(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_begins),
        cmocka_unit_test(nothing_is_in_the_clear), cmocka_unit_test(sealed_later),
        cmocka_unit_test(erased),                  cmocka_unit_test(counted_in_fives),
        cmocka_unit_test(the_total_of_a_list),
        cmocka_unit_test(a_second_person),         cmocka_unit_test(who_sees),
        cmocka_unit_test(a_foreign_key_is_said),   cmocka_unit_test(unsealed),
        cmocka_unit_test(unsealed_when_closed),
    };
    return RUN_ON_BOTH(tests);
}
