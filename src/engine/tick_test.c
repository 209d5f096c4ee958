/* What falls due is told and done once: with two engines on one database, a restart, and a store that
 * fails; and everything is what the log says. */
#include "engine/test_int.h"
#include <time.h>

enum { OPEN_FOR = 7 }; /* days: both rungs of the clock `register` have passed */

static struct id report(struct house *h)
{
    struct answer ans;
    struct ask ask = ask_of(h, "grid", NULL,
                            "{'summary':'两家因院墙争执','place':{'text':'村口'},'result':'pending'}");
    ask.type = STR("dispute");
    ask.action = STR("report");
    ask.area = STR(VILLAGE);
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("%s", ans.err.text);
    return ans.record;
}

static void tick(struct house *h, struct engine *en)
{
    struct err e = ERR_INIT;
    if (!engine_tick(en, &e))
        fail_msg("%s", e.text);
    UNUSED(h);
}

static int64_t escalations(const struct record *r)
{
    int64_t n = 0;
    JSON_EACH (p, r->parts)
        n += str_is(json_text(p, "kind"), "escalation");
    return n;
}

#define EVENTS "SELECT COUNT(*) FROM event WHERE body LIKE '%\"act\":\"escalate\"%'"
#define NOTICES "SELECT COUNT(*) FROM outbox WHERE rid > 0"

static void one_event_for_one_rung(struct house *h)
{
    struct id rec = report(h), other = report(h);
    tick(h, h->en);
    assert_int_equal(house_number(h, NOTICES), 0);
    h->now += OPEN_FOR * (int64_t)MS_DAY;
    /* a second node looks too, and one that was started again */
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}};
    struct engine *second;
    struct err e = ERR_INIT;
    assert_true(engine_open(&cfg, &second, &e));
    tick(h, h->en);
    tick(h, second);
    engine_close(second);
    assert_true(engine_open(&cfg, &second, &e));
    for (int i = 0; i < 3; i++) {
        h->now += MS_MINUTE;
        tick(h, second);
        tick(h, h->en);
    }
    engine_close(second);
    assert_int_equal(house_number(h, EVENTS), 2);
    assert_int_equal(house_number(h, NOTICES), 2);
    struct record *r = load(h, rec);
    assert_int_equal(escalations(r), 1);
    assert_int_equal(escalations(load(h, other)), 1);
    struct json *p = record_part(r, record_next_part(r) - 1);
    assert_true(str_is(json_text(p, "to"), "head"));
    assert_true(str_is(json_text(p, "rule"), "dispute@1 dispute.register +1wd"));
    assert_true(str_is(json_text(p, "clock"), "register"));
    assert_int_equal(record_open_parts(r, NULL), 0); /* it stands in nobody's way */
    house_verify(h);
}

/* Whatever call fails, the next rounds bring it to the same end. */
static void a_failing_store_loses_nothing(struct house *h)
{
    struct id rec = report(h);
    int failed = 0;
    h->now += OPEN_FOR * (int64_t)MS_DAY;
    for (int k = 1; k < 40 && house_number(h, EVENTS) == 0; k += 3) {
        struct err e = ERR_INIT;
        engine_fault_in(h->en, k);
        failed += !engine_tick(h->en, &e);
    }
    engine_fault_in(h->en, 0);
    for (int i = 0; i < 3; i++)
        tick(h, h->en);
    assert_true(failed > 0);
    assert_int_equal(house_number(h, EVENTS), 1);
    assert_int_equal(house_number(h, NOTICES), 1);
    assert_int_equal(escalations(load(h, rec)), 1);
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM clock WHERE next IS NOT NULL"), 0);
    house_verify(h);
}

static void only_a_clock_escalates(struct house *h)
{
    struct id rec = report(h);
    struct answer ans;
    static const char *const WHO[] = {"grid", "head", "centre", "operator"};
    for (size_t i = 0; i < COUNT_OF(WHO); i++) {
        struct ask ask = ask_of(h, WHO[i], "escalate",
                                "{'clock':'register','rung':1,'to':'head','rule':'x'}");
        ask.rec = rec;
        assert_false(engine_act(h->en, h->a, &ask, &ans));
        assert_int_equal(ans.err.code, ERR_FORBIDDEN);
    }
    struct actor clock = actor_clock();
    struct ask ask = ask_of(h, "grid", "escalate", "{'clock':'register','to':'mayor','rule':'x'}");
    ask.rec = rec;
    ask.actor = &clock;
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_int_equal(ans.err.code, ERR_INPUT);
    assert_int_equal(house_number(h, EVENTS), 0);
}

/* The thread looks by itself. */
static void the_thread(void **state)
{
    struct house h;
    struct err e = ERR_INIT;
    UNUSED(state);
    assert_true(house_open(&h, STORE_SQLITE));
    report(&h);
    h.now += OPEN_FOR * (int64_t)MS_DAY;
    struct engine_config cfg = {.url = h.t.url, .clock = {house_now, &h}, .clocks = true};
    struct engine *second;
    assert_true(engine_open(&cfg, &second, &e));
    struct timespec pause = {.tv_nsec = 100 * 1000 * 1000};
    for (int i = 0; i < 100 && house_number(&h, EVENTS) == 0; i++)
        nanosleep(&pause, NULL);
    engine_close(second);
    assert_int_equal(house_number(&h, EVENTS), 1);
    house_close(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EACH(one_event_for_one_rung),
        ON_EACH(a_failing_store_loses_nothing),
        ON_EACH(only_a_clock_escalates),
        cmocka_unit_test(the_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
