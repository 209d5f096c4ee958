/* The writer: several asks in one commit, many hands at once, and every store call failing once.  On
 * both databases; at the end everything must be what the log says. */
#include "engine/test_int.h"
#include <pthread.h>

/* ---- several asks in one commit ---- */

struct crowd {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool holds, go;
    int left;
    struct house *h;
};

static bool hold_writer(void *user, struct store *db, struct err *e)
{
    struct crowd *c = user;
    UNUSED(db);
    UNUSED(e);
    pthread_mutex_lock(&c->lock);
    c->holds = true;
    pthread_cond_broadcast(&c->changed);
    while (!c->go)
        pthread_cond_wait(&c->changed, &c->lock);
    pthread_mutex_unlock(&c->lock);
    return true;
}

static void *holder(void *user)
{
    struct crowd *c = user;
    struct err e = ERR_INIT;
    ASSERT(engine_exclusive(c->h->en, hold_writer, c, &e));
    return NULL;
}

struct asked {
    struct ask ask;
    struct answer ans;
    struct crowd *crowd;
};

static void answered(void *user, struct answer *ans)
{
    struct asked *x = user;
    pthread_mutex_lock(&x->crowd->lock);
    x->ans = *ans;
    x->crowd->left--;
    pthread_cond_broadcast(&x->crowd->changed);
    pthread_mutex_unlock(&x->crowd->lock);
}

/* All of them reach the writer in one batch: it is held until they stand in the queue. */
static void at_once(struct house *h, struct asked *list, size_t n)
{
    struct crowd c = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER,
                      .left = (int)n, .h = h};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, holder, &c), 0);
    pthread_mutex_lock(&c.lock);
    while (!c.holds)
        pthread_cond_wait(&c.changed, &c.lock);
    pthread_mutex_unlock(&c.lock);
    int64_t batches = engine_stats(h->en).batches;
    for (size_t i = 0; i < n; i++) {
        list[i].crowd = &c;
        engine_submit(h->en, h->a, &list[i].ask, answered, &list[i]);
    }
    pthread_mutex_lock(&c.lock);
    c.go = true;
    pthread_cond_broadcast(&c.changed);
    while (c.left)
        pthread_cond_wait(&c.changed, &c.lock);
    pthread_mutex_unlock(&c.lock);
    pthread_join(thread, NULL);
    if (!engine_stats(h->en).retries)
        assert_int_equal(engine_stats(h->en).batches, batches + 1);
}

static void one_commit_numbers_without_gaps(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct asked list[20] = {0};
    struct id none = {{0}};
    for (size_t i = 0; i < COUNT_OF(list); i++)
        list[i].ask = on(h, "grid", none, 0, "settle_on_the_spot", i % 3 == 1 ? "{}" : ON_THE_SPOT);
    at_once(h, list, COUNT_OF(list));
    int64_t last = 0;
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        int64_t n = 0;
        assert_int_equal(list[i].ans.ok, i % 3 != 1);
        if (!list[i].ans.ok)
            continue;
        assert_true(str_int(str_of(list[i].ans.number + 12), &n));
        assert_true(!last || n == last + 1);
        last = n;
    }
}

static void one_commit_the_same_field(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, 2);
    int64_t v = load(h, rec)->ver;
    struct asked list[3] = {0};
    list[0].ask = on(h, "desk", rec, v, "amend", "{'fields':{'colour':'orange'},'reason':'填错'}");
    list[1].ask = on(h, "desk2", rec, v, "amend", "{'fields':{'colour':'red'},'reason':'填错'}");
    list[2].ask = on(h, "desk2", rec, v, "amend", "{'fields':{'people':3},'reason':'漏填'}");
    at_once(h, list, COUNT_OF(list));
    assert_true(list[0].ans.ok);
    conflict_is(&list[1].ans, "colour", "红色（立即报告）", "橙色（当日处理）");
    assert_true(list[2].ans.ok);
    assert_int_equal(list[2].ans.version, v + 2);
}

static void one_commit_undone(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id rec = BEGUN(h, 2);
    struct asked list[2] = {0};
    list[0].ask = on(h, "desk", rec, 0, "triage", TRIAGE);
    list[1].ask = on(h, "desk", rec, 0, "undo", "{}");
    at_once(h, list, COUNT_OF(list));
    assert_true(list[0].ans.ok && list[1].ans.ok);
    const struct record *r = load(h, rec);
    assert_true(str_is(r->state, "registered")); /* the last step is taken back, not the one before */
    assert_true(str_is(json_text(r->fields, "type"), "0201"));
    assert_true(json_empty(json_get(r->fields, "grade")));
}

static void one_commit_the_same_ask(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct asked list[3] = {0};
    struct id none = {{0}};
    list[0].ask = on(h, "grid", none, 0, "report", PENDING);
    ask_set_req(&list[0].ask);
    list[1].ask = list[0].ask;
    list[2].ask = list[0].ask;
    list[2].ask.fields = house_json(h, ON_THE_SPOT);
    ask_set_req(&list[2].ask);
    at_once(h, list, COUNT_OF(list));
    assert_true(list[0].ans.ok && !list[0].ans.again);
    assert_true(list[1].ans.ok && list[1].ans.again);
    assert_int_equal(list[1].ans.seq, list[0].ans.seq);
    assert_string_equal(list[1].ans.number, list[0].ans.number);
    assert_int_equal(list[2].ans.err.code, ERR_ID_USED);
}

static void one_commit_merges(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id main = BEGUN(h, 2), twin = BEGUN(h, 2);
    struct asked list[3] = {0};
    int links = (int)load(h, main)->links->n; /* one, when others of this suite were closed here */
    const char *into = arena_printf(h->a, "{'into':'%s','reason':'同一件事'}", id_text(h->a, main).ptr);
    list[0].ask = on(h, "desk", main, 0, "triage", TRIAGE);
    list[1].ask = on(h, "desk", twin, 0, "merge", into);
    list[2].ask = on(h, "desk", twin, 0, "triage", TRIAGE);
    at_once(h, list, COUNT_OF(list));
    assert_true(list[0].ans.ok && list[1].ans.ok);
    assert_int_equal(list[2].ans.err.code, ERR_WRONG_STATE);
    const struct record *r = load(h, main);
    assert_true(str_is(r->state, "triaged"));
    assert_int_equal(r->links->n, links + 1);
}

static void one_commit_the_same_row(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct asked list[3] = {0};
    list[0].ask = row(h, "desk", "c1", "{'summary':'一','result':'pending'}");
    list[1].ask = row(h, "desk", "c1", "{'summary':'一','result':'pending'}");
    list[2].ask = row(h, "desk", "c1", "{'summary':'一','result':'written'}");
    at_once(h, list, COUNT_OF(list));
    assert_true(list[0].ans.ok && !list[0].ans.same);
    assert_true(list[1].ans.ok && list[1].ans.same);
    assert_true(list[2].ans.ok && !list[2].ans.same);
    assert_true(id_eq(list[2].ans.record, list[0].ans.record));
    assert_int_equal(list[2].ans.version, 2);
}

/* ---- many at the same time ---- */

enum { HANDS = 4, TURNS = 30 };

struct hand {
    struct house *h;
    const struct json *report, *form, *amend, *setting;
    struct id shared;
    int64_t done, stale;
    int n;
};

static bool hand_act(struct hand *x, struct arena *a, struct ask *ask, struct answer *ans)
{
    ask->id = id_new(x->h->now);
    bool ok = engine_act(x->h->en, a, ask, ans);
    x->done += ok;
    x->stale += ans->err.code == ERR_STALE;
    ASSERT(ok || ans->err.code == ERR_STALE);
    return ok;
}

static void *work(void *user)
{
    struct hand *x = user;
    struct arena *a = arena_new();
    int64_t version = 2;
    for (int i = 0; i < TURNS; i++) {
        struct answer ans;
        arena_reset(a);
        struct ask ask = {.type = STR("dispute"), .area = STR(VILLAGE), .action = STR("report"),
                          .fields = json_clone(a, x->report), .actor = who(x->h, "desk"),
                          .at = TIME_NONE, .known = TIME_NONE};
        hand_act(x, a, &ask, &ans);
        struct ask next = {.rec = ans.record, .action = STR("register"), .version = ans.version,
                           .fields = json_clone(a, x->form), .actor = who(x->h, "desk"),
                           .at = TIME_NONE, .known = TIME_NONE};
        hand_act(x, a, &next, &ans);
        struct ask both = {.rec = x->shared, .action = STR("amend"), .version = version,
                           .fields = json_clone(a, x->amend), .actor = who(x->h, "desk2"),
                           .at = TIME_NONE, .known = TIME_NONE};
        struct err e = ERR_INIT;
        if (hand_act(x, a, &both, &ans))
            version = ans.version;
        else
            version = 0; /* seen anew */
        struct ask sys = {.type = STR("sys.setting"), .fields = json_clone(a, x->setting),
                          .actor = who(x->h, "operator"), .at = TIME_NONE, .known = TIME_NONE};
        if (i % 5 == x->n)
            hand_act(x, a, &sys, &ans);
        struct world *w = engine_world(x->h->en, &e);
        ASSERT(w);
        world_unref(w);
    }
    arena_free(a);
    return NULL;
}

static void many_hands(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct hand hands[HANDS] = {0};
    pthread_t threads[HANDS];
    struct id shared = BEGUN(h, 2);
    int64_t size = house_size(h), done = 0, stale = 0;
    for (int i = 0; i < HANDS; i++)
        hands[i] = (struct hand){.h = h, .n = i, .shared = shared, .report = house_json(h, PENDING),
                                 .form = house_json(h, REGISTER),
                                 .setting = house_json(h, "{'name':'x','value':'y'}"),
                                 .amend = house_json(h, "{'fields':{'people':3},'reason':'漏填'}")};
    for (int i = 0; i < HANDS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work, &hands[i]), 0);
    for (int i = 0; i < HANDS; i++) {
        pthread_join(threads[i], NULL);
        done += hands[i].done;
        stale += hands[i].stale;
    }
    assert_int_equal(house_size(h), size + done);
    assert_true(stale >= HANDS - 1); /* of the first amendments one fits */
    house_verify(h);
}

/* ---- faults ---- */

struct trouble {
    const char *who, *act, *fields;
    size_t begun; /* how far the matter is; 0: it is opened */
    bool sys;
};

/* Every store call of the writer fails once: nothing is written, and the next try is as the first. */
static void fail_each_call_of(struct house *h, struct ask *ask, const char *name)
{
    struct answer ans;
    ask_set_req(ask);
    struct hash before = house_digest(h);
    int64_t k = 1, size = house_size(h);
    for (;; k++) {
        engine_fault_in(h->en, k);
        bool ok = engine_act(h->en, h->a, ask, &ans), fired = engine_fault_fired(h->en);
        engine_fault_in(h->en, 0);
        if (ok && fired)
            fail_msg("%s: done although call %lld failed", name, (long long)k);
        if (!fired)
            break;
        assert_int_equal(ans.err.code, ERR_STORE);
        assert_string_equal(ans.err.text, "injected fault");
        struct hash after = house_digest(h);
        if (house_size(h) != size || !hash_eq(&before, &after))
            fail_msg("%s: call %lld failed and left something behind", name, (long long)k);
        assert_true(k < 500);
    }
    if (!ans.ok)
        fail_msg("%s: %s", name, ans.err.text);
    assert_true(k > 8);
    assert_false(ans.again);
    assert_true(house_size(h) > size);
    struct hash after = house_digest(h);
    assert_false(hash_eq(&before, &after));
    house_verify(h);
}

static void fail_each_call(struct house *h, const struct trouble *t)
{
    struct id none = {{0}}, rec = t->begun ? BEGUN(h, t->begun) : none;
    struct ask ask = on(h, t->who, t->sys ? none : rec, 0, t->sys ? NULL : t->act, t->fields);
    if (t->sys)
        ask.type = str_of(t->act);
    fail_each_call_of(h, &ask, t->act);
}

static void faults(void **state)
{
    UNUSED(state);
    static const struct trouble CASES[] = {
        {"grid", "report", PENDING, 0, false},
        {"grid", "settle_on_the_spot", ON_THE_SPOT, 0, false},
        {"desk", "register", REGISTER, 1, false},
        {"desk", "transfer", "{'to_org':'@police','note':'请办'}", 2, false},
        {"desk", "share", "{'orgs':['@police'],'text':'请到场'}", 2, false},
        {"leader", "supervise", "{'text':'三天内办好'}", 2, false},
        {"desk", "amend", "{'area':'" TOWN "','fields':{'summary':'改过的'},'reason':'填错'}", 2, false},
        {"desk", "undo", "{}", 2, false},
        {"mediator", "accept", ACCEPT, 3, false},
        {"mediator", "pause", "{'reason':'一方住院'}", 4, false},
        {"mediator", "agree", AGREE, 4, false},
        {"mediator", "withdraw", "{'withdraw_note':'不谈了'}", 4, false},
        {"desk", "look", "{'fields':['applicant'],'purpose':'通知到场'}", 2, false},
        {"operator", "sys.area", "{'areas':[{'code':'360112103000','name':'乐化镇','parent':'" DISTRICT "'}]}", 0, true},
        {"operator", "sys.account", "{'login':'zhao','roles':[{'role':'desk','area':'" TOWN "'}]}", 0, true},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct house *h = fresh();
        h->now += MS_DAY;
        fail_each_call(h, &CASES[i]);
    }
}

static void a_fault_while_merging(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct id main = BEGUN(h, 2);
    const char *into = arena_printf(h->a, "{'into':'%s','reason':'同一件事'}", id_text(h->a, main).ptr);
    struct trouble t = {"desk", "merge", into, 2, false};
    fail_each_call(h, &t);
}

static void a_fault_while_importing(void **state)
{
    UNUSED(state);
    struct house *h = fresh();
    struct ask ask = row(h, "desk", "f1", "{'summary':'旧件','result':'pending'}");
    fail_each_call_of(h, &ask, "a new row");
    ask = row(h, "desk", "f1", "{'summary':'旧件','result':'written','archived_on':'2023-06-01'}");
    fail_each_call_of(h, &ask, "a changed row");
}

/* A batch that failed is tried ask by ask: one fault costs nobody his action. */
static void a_fault_in_a_crowd(void **state)
{
    UNUSED(state);
    for (int64_t k = 3; k < 40; k += 4) {
        struct house *h = fresh();
        struct asked list[5] = {0};
        struct id none = {{0}};
        int64_t size = house_size(h), retries = engine_stats(h->en).retries;
        for (size_t i = 0; i < COUNT_OF(list); i++)
            list[i].ask = on(h, "grid", none, 0, "report", i == 2 ? "{}" : PENDING);
        engine_fault_in(h->en, k);
        at_once(h, list, COUNT_OF(list));
        assert_true(engine_fault_fired(h->en));
        assert_int_equal(engine_stats(h->en).retries, retries + 1);
        for (size_t i = 0; i < COUNT_OF(list); i++)
            assert_int_equal(list[i].ans.err.code, i == 2 ? ERR_REQUIRED : ERR_NONE);
        assert_int_equal(house_size(h), size + 4);
    }
    house_verify(&town);
}

int main(void)
{
    const struct CMUnitTest tests[] = { /* faults first: each looks at all that is there */
        cmocka_unit_test(faults),
        cmocka_unit_test(a_fault_while_merging),
        cmocka_unit_test(a_fault_while_importing),
        cmocka_unit_test(a_fault_in_a_crowd),
        cmocka_unit_test(one_commit_numbers_without_gaps),
        cmocka_unit_test(one_commit_the_same_field),
        cmocka_unit_test(one_commit_undone),
        cmocka_unit_test(one_commit_the_same_ask),
        cmocka_unit_test(one_commit_merges),
        cmocka_unit_test(one_commit_the_same_row),
        cmocka_unit_test(many_hands),
        cmocka_unit_test(all_is_what_the_log_says),
    };
    return RUN_ON_BOTH(tests);
}
