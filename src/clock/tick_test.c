/* Who is told what and when: on both engines, with a clock that only the test moves. */
#include "clock/notice.h"
#include "clock/tick.h"
#include "store/testdb.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char book_text[] =
    "playbook: t\n"
    "version: 1\n"
    "name: {zh: 试, en: Try}\n"
    "records:\n"
    "  thing:\n"
    "    kind: case\n"
    "    name: {zh: 纠纷, en: Quarrel}\n"
    "    number: \"N{year}{seq:5}\"\n"
    "    fields:\n"
    "      text: {label: {zh: 内容}, type: text}\n"
    "    states:\n"
    "      going: {zh: 办理中}\n"
    "      done: {zh: 已了结, closed: true}\n"
    "    clocks:\n"
    "      main:\n"
    "        name: {zh: 办理期限, en: Limit}\n"
    "        limit: 10d\n"
    "        main: true\n"
    "        warn: [-3d, -1wd, {at: 0d, red: true}, {at: 1wd, to: head}, {at: 3wd, to: centre}]\n"
    "      act:\n"
    "        name: {zh: 自动了结, en: Auto}\n"
    "        limit: 10d\n"
    "        warn: [{at: 0d, do: close}]\n"
    "      mute: {name: {zh: 不提醒, en: Mute}, limit: 10d}\n"
    "    actions:\n"
    "      open: {name: {zh: 登记}, opens: true, to: going, form: [text?], start: [main]}\n"
    "      close: {name: {zh: 了结}, from: [going], to: done, stop: [main]}\n";

enum { UNIT_HOLDER, UNIT_CENTRE_WIDE, UNIT_CENTRE_NEAR, UNIT_CENTRE_ELSEWHERE, UNITS, FIRES = 64 };

struct bench {
    struct testdb t;
    struct arena *a;
    struct store *db;
    struct playbook *book;
    struct world w;
    struct installed installed;
    struct org orgs[UNITS];
    struct area areas[4];
    struct calendar *cal;
    struct clock_fire fires[FIRES];
    size_t n_fires;
};

static int64_t at(const struct zone *z, const char *text)
{
    int64_t t = 0;
    if (!time_parse(z, str_of(text), &t))
        fail_msg("time %s", text);
    return t;
}

static void make_world(struct bench *b, const char *zone)
{
    static const struct {
        const char *kind;
        int64_t area;
    } ORGS[UNITS] = {{"committee", 3}, {"centre", 1}, {"centre", 2}, {"centre", 4}};
    struct err e = ERR_INIT;
    struct complaints bad = {.n = 0};
    assert_true(zone_load(zone, &b->w.zone, &e));
    b->book = playbook_load(str_of(book_text), b->w.zone, &bad);
    if (!b->book)
        fail_msg("line %d: %s", bad.list[0].line, bad.list[0].text);
    /* 1 holds 2 and 4, 2 holds 3 */
    b->areas[0] = (struct area){.aid = 1, .code = STR("1"), .parent = -1, .level = 1, .first = 0, .last = 3};
    b->areas[1] = (struct area){.aid = 2, .code = STR("12"), .parent = 0, .level = 2, .first = 1, .last = 2};
    b->areas[2] = (struct area){.aid = 3, .code = STR("123"), .parent = 1, .level = 3, .first = 2, .last = 2};
    b->areas[3] = (struct area){.aid = 4, .code = STR("14"), .parent = 0, .level = 2, .first = 3, .last = 3};
    b->w.areas = b->areas;
    b->w.n_areas = 4;
    for (int i = 0; i < UNITS; i++) {
        struct str name = str_printf(b->a, "unit %d", i);
        struct id id = id_derive(&name, 1);
        b->orgs[i] = (struct org){.id = id,
                                  .id_text = id_text(b->a, id),
                                  .kind = str_of(ORGS[i].kind),
                                  .area = ORGS[i].area,
                                  .parent = -1};
    }
    b->w.orgs = b->orgs;
    b->w.n_orgs = UNITS;
    b->installed = (struct installed){.playbook = b->book, .in_force = true,
                                      .puts = table_puts(b->a, b->book)};
    b->w.playbooks = &b->installed;
    b->w.n_playbooks = 1;
    b->w.refs = 1;
}

static bool start(struct bench *b, enum store_engine engine, const char *zone)
{
    struct err e = ERR_INIT;
    memset(b, 0, sizeof *b);
    if (!testdb_make(&b->t, engine))
        return false;
    b->a = arena_new();
    make_world(b, zone);
    b->cal = calendar_new(NULL, 0);
    b->db = testdb_open(&b->t, STORE_WRITE);
    if (!store_migrate(b->db, &e) || !table_ensure(b->db, b->book, b->book->records, &e))
        fail_msg("%s", e.text);
    return true;
}

static void end(struct bench *b)
{
    store_close(b->db);
    testdb_drop(&b->t);
    calendar_free(b->cal);
    playbook_free(b->book);
    arena_free(b->a);
}

/* A matter of the small area, held by the committee, with one running clock. */
static struct record *matter(struct bench *b, int64_t rid, const char *clock, const char *from,
                             const char *due)
{
    struct str name = str_printf(b->a, "record %lld", (long long)rid);
    struct record *r = record_new(b->a);
    r->rid = rid;
    r->id = id_derive(&name, 1);
    r->type = STR("t.thing");
    r->pb = STR("t@1");
    r->ver = 1;
    r->area = 3;
    r->code = STR("123");
    r->state = STR("going");
    r->number = str_printf(b->a, "N2024%05lld", (long long)rid);
    r->opened = r->recorded = at(b->w.zone, from);
    r->known = TIME_NONE;
    json_set(b->a, r->fields, STR("$holder"), json_new_str(b->a, b->orgs[UNIT_HOLDER].id_text));
    r->clocks = ARENA_ARRAY(b->a, struct clock_run, 1);
    r->n_clocks = r->cap_clocks = 1;
    r->clocks[0] = (struct clock_run){.id = str_of(clock),
                                      .n = 1,
                                      .start = r->opened,
                                      .due = at(b->w.zone, due),
                                      .soon = r->opened,
                                      .paused = TIME_NONE,
                                      .done = TIME_NONE};
    return r;
}

static void save(struct bench *b, struct record *before, struct record *after)
{
    struct err e = ERR_INIT;
    struct change one = {.before = before, .after = after, .playbook = b->book, .def = b->book->records};
    struct changes c = {.arena = b->a, .world = &b->w, .list = &one, .n = 1};
    if (!store_begin(b->db, &e) || !record_save(b->db, &c, &e) || !clock_save(b->db, &c, &e) ||
        !store_commit(b->db, &e))
        fail_msg("%s", e.text);
}

static void take(void *self, const struct clock_fire *f)
{
    struct bench *b = self;
    assert_true(b->n_fires < FIRES);
    b->fires[b->n_fires++] = *f;
}

static void tick(struct bench *b, int64_t now)
{
    struct err e = ERR_INIT;
    size_t rows;
    b->n_fires = 0;
    if (!store_begin(b->db, &e) ||
        !clock_tick(b->db, b->a, &b->w, b->cal, now, take, b, &rows, &e) || !store_commit(b->db, &e))
        fail_msg("%s", e.text);
}

static void settle(struct bench *b)
{
    struct err e = ERR_INIT;
    for (size_t i = 0; i < b->n_fires; i++)
        if (!clock_settle(b->db, &b->fires[i], &e))
            fail_msg("%s", e.text);
}

static size_t send(struct bench *b, int64_t now)
{
    struct err e = ERR_INIT;
    size_t n = 0;
    bool waiting;
    if (!outbox_waiting(b->db, b->w.zone, b->cal, now, &waiting, &e) || !store_begin(b->db, &e) ||
        !outbox_send(b->db, b->a, b->w.zone, b->cal, now, &n, &e) || !store_commit(b->db, &e))
        fail_msg("%s", e.text);
    assert_true(waiting || n == 0); /* what is not announced is not done */
    return n;
}

static int64_t number(struct bench *b, const char *sql)
{
    struct err e = ERR_INIT;
    bool found;
    int64_t n = -1;
    if (!store_int(b->db, sql, BIND_NONE, &found, &n, &e))
        fail_msg("%s", e.text);
    return n;
}

#define NOTICES "SELECT COUNT(*) FROM outbox WHERE rid > 0"
#define NEWEST "SELECT rung FROM outbox WHERE rid > 0 ORDER BY id DESC LIMIT 1"

/* ---- rungs ---- */

/* 2024-09-09 is a Monday; due is the end of Friday the 20th. */
#define OPENED "2024-09-09 10:00"
#define DUE "2024-09-20 23:59:59.999"

static void each_rung_once_and_in_time(void **state)
{
    static const struct {
        const char *now;
        int notices, rung, fires, unit;
    } T[] = {
        {"2024-09-10 10:00", 0, -1, 0, 0},
        {"2024-09-17 23:59:59.998", 0, -1, 0, 0},
        {"2024-09-17 23:59:59.999", 1, 0, 0, UNIT_HOLDER},
        {"2024-09-18 09:00", 1, 0, 0, UNIT_HOLDER},
        {"2024-09-19 23:59:59.999", 2, 1, 0, UNIT_HOLDER},
        {"2024-09-20 23:59:59.998", 2, 1, 0, UNIT_HOLDER},
        {"2024-09-20 23:59:59.999", 3, 2, 0, UNIT_HOLDER},
        {"2024-09-23 12:00", 3, 2, 0, UNIT_HOLDER},
        {"2024-09-23 23:59:59.999", 4, 3, 1, UNIT_HOLDER},
        {"2024-09-24 00:00", 4, 3, 0, UNIT_HOLDER},
        {"2024-09-25 23:59:59.999", 5, 4, 1, UNIT_CENTRE_NEAR},
        {"2030-01-01 00:00", 5, 4, 0, UNIT_CENTRE_NEAR},
    };
    struct bench b;
    for (int engine = 0; engine < 2; engine++) {
        UNUSED(state);
        if (!start(&b, (enum store_engine)engine, "Asia/Shanghai"))
            continue;
        save(&b, NULL, matter(&b, 7, "main", OPENED, DUE));
        for (size_t i = 0; i < COUNT_OF(T); i++) {
            for (int again = 0; again < 2; again++) {
                tick(&b, at(b.w.zone, T[i].now));
                assert_int_equal(b.n_fires, again ? 0 : T[i].fires);
                settle(&b);
                assert_int_equal(number(&b, NOTICES), T[i].notices);
                assert_int_equal(number(&b, NEWEST), T[i].rung);
            }
            struct notice n;
            bool found;
            struct err e = ERR_INIT;
            assert_true(outbox_get(b.db, b.a, T[i].notices, &found, &n, &e));
            assert_int_equal(found, T[i].notices > 0);
            if (found)
                assert_true(str_eq(n.org, b.orgs[T[i].unit].id_text));
        }
        assert_int_equal(number(&b, "SELECT COUNT(*) FROM clock WHERE next IS NULL"), 1);
        end(&b);
    }
}

static void after_downtime_only_the_latest(void **state)
{
    static const struct {
        const char *clock, *from, *now;
        int notices, rung, fires;
    } T[] = {
        {"main", OPENED, "2024-09-19 10:00", 1, 0, 0},
        {"main", OPENED, "2024-09-21 10:00", 1, 2, 0},
        {"main", OPENED, "2024-12-01 10:00", 1, 4, 1},
        /* rungs before the start of the clock are none */
        {"main", "2024-09-20 08:00", "2024-09-20 09:00", 0, -1, 0},
        {"main", "2024-09-19 08:00", "2024-09-20 09:00", 1, 1, 0},
        {"act", OPENED, "2024-12-01 10:00", 1, 0, 1},
        {"mute", OPENED, "2024-12-01 10:00", 0, -1, 0},
        /* no playbook knows these two */
        {"sign", OPENED, "2024-09-20 10:00", 0, -1, 0},
        {"share3", OPENED, "2024-12-01 10:00", 1, 0, 0},
    };
    struct bench b;
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        assert_true(start(&b, STORE_SQLITE, "Asia/Shanghai"));
        save(&b, NULL, matter(&b, 7, T[i].clock, T[i].from, DUE));
        tick(&b, at(b.w.zone, T[i].now));
        if (number(&b, NOTICES) != T[i].notices || number(&b, NEWEST) != T[i].rung ||
            (int)b.n_fires != T[i].fires)
            fail_msg("row %zu: %lld %lld %zu", i, (long long)number(&b, NOTICES),
                     (long long)number(&b, NEWEST), b.n_fires);
        if (b.n_fires && strcmp(T[i].clock, "act") == 0)
            assert_true(str_is(b.fires[0].does, "close"));
        else if (b.n_fires)
            assert_true(str_is(b.fires[0].does, "escalate") &&
                        str_is(b.fires[0].rule, "t@1 thing.main +3wd") &&
                        str_eq(b.fires[0].org, b.orgs[UNIT_CENTRE_NEAR].id_text));
        end(&b);
    }
}

/* What acts is given again under the same id until it was answered; a process may end in between. */
static void an_action_is_given_until_it_is_settled(void **state)
{
    struct bench b;
    UNUSED(state);
    for (int engine = 0; engine < 2; engine++) {
        if (!start(&b, (enum store_engine)engine, "Asia/Shanghai"))
            continue;
        struct record *r = matter(&b, 7, "main", OPENED, DUE), *later;
        int64_t now = at(b.w.zone, "2024-12-01 10:00");
        save(&b, NULL, r);
        tick(&b, now);
        struct id id = b.fires[0].id;
        assert_int_equal(id_version(id), 8);
        store_close(b.db);
        b.db = testdb_open(&b.t, STORE_WRITE);
        tick(&b, now + 5000);
        assert_int_equal(b.n_fires, 1);
        assert_true(id_eq(b.fires[0].id, id));
        assert_int_equal(number(&b, NOTICES), 1);
        settle(&b);
        tick(&b, now + 6000);
        assert_int_equal(b.n_fires, 0);
        /* extended: a new due, new rungs, a new id */
        later = record_copy(b.a, r);
        later->clocks[0].due += 5 * (int64_t)MS_DAY;
        save(&b, r, later);
        settle(&b); /* an answer to the old due moves nothing */
        tick(&b, now + 7000);
        assert_int_equal(b.n_fires, 1);
        assert_false(id_eq(b.fires[0].id, id));
        assert_int_equal(number(&b, NOTICES), 2);
        settle(&b);
        /* ended: nothing is left to look at */
        r = record_copy(b.a, later);
        r->clocks[0].done = now;
        save(&b, later, r);
        tick(&b, now + 365 * (int64_t)MS_DAY);
        assert_int_equal(b.n_fires, 0);
        assert_int_equal(number(&b, "SELECT COUNT(*) FROM clock"), 0);
        end(&b);
    }
}

/* A store that fails at any call leaves nothing, and the next look does all. */
static void nothing_is_half_done(void **state)
{
    struct bench b;
    struct err e = ERR_INIT;
    size_t rows;
    int failed = 0;
    UNUSED(state);
    assert_true(start(&b, STORE_SQLITE, "Asia/Shanghai"));
    int64_t now = at(b.w.zone, "2024-09-23 09:00");
    save(&b, NULL, matter(&b, 7, "main", OPENED, DUE));
    save(&b, NULL, matter(&b, 8, "sign", OPENED, DUE));
    for (int k = 1; k < 60; k++) {
        size_t n;
        err_clear(&e);
        b.n_fires = 0;
        store_fault_in(b.db, k);
        bool ok = store_begin(b.db, &e) &&
                  clock_tick(b.db, b.a, &b.w, b.cal, now, take, &b, &rows, &e) &&
                  outbox_send(b.db, b.a, b.w.zone, b.cal, now, &n, &e) && store_commit(b.db, &e);
        bool fired = store_fault_fired(b.db);
        store_fault_in(b.db, 0);
        if (ok && !fired)
            break;
        store_rollback(b.db);
        assert_int_equal(number(&b, "SELECT COUNT(*) FROM outbox"), 0);
        failed++;
    }
    assert_true(failed > 8);
    assert_int_equal(number(&b, NOTICES), 2);
    end(&b);
}

struct worker {
    struct bench *b;
    pthread_t thread;
    int fired;
};

static void count_fire(void *self, const struct clock_fire *f)
{
    UNUSED(f);
    ((struct worker *)self)->fired++;
}

static void *work(void *self)
{
    struct worker *w = self;
    struct store *db = testdb_open(&w->b->t, STORE_WRITE);
    int64_t now = at(w->b->w.zone, "2024-09-17 00:00"), last = at(w->b->w.zone, "2024-09-21 09:00");
    while (now < last) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct err e = ERR_INIT;
        size_t rows, n;
        bool ok = store_begin(db, &e) &&
                  clock_tick(db, a, &w->b->w, w->b->cal, now, count_fire, w, &rows, &e) &&
                  outbox_send(db, a, w->b->w.zone, w->b->cal, now, &n, &e) && store_commit(db, &e);
        if (ok)
            now += 6 * (int64_t)MS_HOUR;
        else
            store_rollback(db);
    }
    store_close(db);
    return NULL;
}

static void two_workers_tell_once(void **state)
{
    enum { MATTERS = 12 };
    struct bench b;
    UNUSED(state);
    for (int engine = 0; engine < 2; engine++) {
        if (!start(&b, (enum store_engine)engine, "Asia/Shanghai"))
            continue;
        for (int i = 0; i < MATTERS; i++)
            save(&b, NULL, matter(&b, 100 + i, "main", OPENED, DUE));
        struct worker two[2] = {{.b = &b}, {.b = &b}};
        for (int i = 0; i < 2; i++)
            assert_int_equal(pthread_create(&two[i].thread, NULL, work, &two[i]), 0);
        for (int i = 0; i < 2; i++)
            pthread_join(two[i].thread, NULL);
        assert_int_equal(number(&b, NOTICES), 3 * MATTERS);
        assert_int_equal(number(&b, "SELECT COUNT(DISTINCT id) FROM outbox") -
                             number(&b, "SELECT COUNT(*) FROM outbox WHERE rid = 0"),
                         3 * MATTERS);
        /* at most one digest for a morning */
        assert_true(number(&b, "SELECT COUNT(*) FROM outbox WHERE rid = 0") <= 3);
        assert_int_equal(two[0].fired + two[1].fired, 0);
        end(&b);
    }
}

/* ---- when it goes out ---- */

static void add(struct bench *b, const char *made, const char *due, bool red)
{
    static int64_t n = 1000;
    struct err e = ERR_INIT;
    bool added;
    struct record *r = matter(b, ++n, "main", OPENED, due);
    save(b, NULL, r);
    struct notice x = {.rid = n,
                       .clock = STR("main"),
                       .due = r->clocks[0].due,
                       .org = b->orgs[UNIT_HOLDER].id_text,
                       .area = 3,
                       .role = STR("holder"),
                       .red = red,
                       .made = at(b->w.zone, made),
                       .text = str_printf(b->a, "行%lld", (long long)n)};
    assert_true(outbox_add(b->db, &x, &added, &e) && added);
    assert_true(outbox_add(b->db, &x, &added, &e) && !added);
}

static void it_goes_out_in_time(void **state)
{
    static const struct {
        const char *zone, *made, *due;
        bool red;
        const char *now;
        int sent;
    } T[] = {
        /* a red one, singly: by day, on any day, never at night */
        {"Asia/Shanghai", "2024-09-20 23:59", DUE, true, "2024-09-20 23:59", 0},
        {"Asia/Shanghai", "2024-09-20 23:59", DUE, true, "2024-09-21 07:59:59", 0},
        {"Asia/Shanghai", "2024-09-20 23:59", DUE, true, "2024-09-21 08:00", 1},
        {"Asia/Shanghai", "2024-09-20 19:59", DUE, true, "2024-09-20 19:59:59", 1},
        {"Asia/Shanghai", "2024-09-20 19:59", DUE, true, "2024-09-20 20:00", 0},
        /* the last day, singly */
        {"Asia/Shanghai", "2024-09-19 23:59", DUE, false, "2024-09-20 08:00", 1},
        {"Asia/Shanghai", "2024-09-19 12:00", DUE, false, "2024-09-19 12:00", 0},
        /* the rest at half past eight of a working day */
        {"Asia/Shanghai", "2024-09-17 23:59", DUE, false, "2024-09-18 08:29:59", 0},
        {"Asia/Shanghai", "2024-09-17 23:59", DUE, false, "2024-09-18 08:30", 1},
        {"Asia/Shanghai", "2024-09-17 23:59", DUE, false, "2024-09-18 16:00", 1}, /* was down */
        {"Asia/Shanghai", "2024-09-17 23:59", DUE, false, "2024-09-18 20:00", 0},
        {"Asia/Shanghai", "2024-09-18 08:31", DUE, false, "2024-09-18 12:00", 0},
        {"Asia/Shanghai", "2024-09-13 12:00", DUE, false, "2024-09-14 12:00", 0}, /* Saturday */
        {"Asia/Shanghai", "2024-09-13 12:00", DUE, false, "2024-09-16 08:30", 1},
        /* local time, on both sides of a change of the clock */
        {"America/New_York", "2024-03-08 12:00", "2024-03-20", false, "2024-03-11 08:29:59", 0},
        {"America/New_York", "2024-03-08 12:00", "2024-03-20", false, "2024-03-11 08:30", 1},
        {"America/New_York", "2024-11-01 12:00", "2024-11-20", false, "2024-11-04 08:29:59", 0},
        {"America/New_York", "2024-11-01 12:00", "2024-11-20", false, "2024-11-04 08:30", 1},
        {"America/New_York", "2024-03-10 01:30", "2024-03-20", true, "2024-03-10 07:59:59", 0},
        {"America/New_York", "2024-03-10 01:30", "2024-03-20", true, "2024-03-10 08:00", 1},
        {"America/New_York", "2024-11-03 01:30", "2024-11-20", true, "2024-11-03 19:59:59", 1},
        {"America/New_York", "2024-11-03 01:30", "2024-11-20", true, "2024-11-03 20:00", 0},
    };
    struct bench b;
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        assert_true(start(&b, STORE_SQLITE, T[i].zone));
        add(&b, T[i].made, T[i].due, T[i].red);
        int64_t now = at(b.w.zone, T[i].now);
        int n = (int)send(&b, now);
        if (n != T[i].sent || (int)send(&b, now) != 0)
            fail_msg("row %zu: %d", i, n);
        assert_int_equal(number(&b, "SELECT COUNT(*) FROM outbox WHERE sent IS NOT NULL AND rid > 0"),
                         T[i].sent);
        end(&b);
    }
}

static void the_digest_says_what_is_unread_and_running(void **state)
{
    struct bench b;
    UNUSED(state);
    for (int engine = 0; engine < 2; engine++) {
        struct err e = ERR_INIT;
        struct notice *list;
        size_t n;
        if (!start(&b, (enum store_engine)engine, "Asia/Shanghai"))
            continue;
        add(&b, "2024-09-17 23:00", "2024-09-17 22:00", false); /* late */
        add(&b, "2024-09-17 23:00", "2024-09-20 23:00", false);
        add(&b, "2024-09-17 23:00", "2024-09-21 23:00", false); /* will be read */
        add(&b, "2024-09-17 23:00", "2024-09-22 23:00", false); /* will be done */
        int64_t last = number(&b, "SELECT MAX(rid) FROM outbox");
        assert_true(outbox_read(b.db, 3, at(b.w.zone, "2024-09-18 08:00"), &e));
        assert_true(store_exec(b.db, "DELETE FROM clock WHERE rid = $1", BIND(C_INT(last)), NULL, &e));
        assert_int_equal(send(&b, at(b.w.zone, "2024-09-18 09:00")), 1);
        assert_true(outbox_list(b.db, b.a, b.orgs[UNIT_HOLDER].id_text, false, INT64_MAX, 1, &list, &n, &e));
        assert_int_equal(n, 1);
        assert_int_equal(list[0].rid, 0);
        struct str want = str_printf(b.a, "2024-09-18 时限提醒：共2件，其中超期1件，今日到期0件\n行%lld\n行%lld",
                                     (long long)last - 3, (long long)last - 2);
        if (!str_eq(list[0].text, want))
            fail_msg("%s", str_c(b.a, list[0].text));
        /* the next morning has nothing new to say; a new one brings the old ones along */
        assert_int_equal(send(&b, at(b.w.zone, "2024-09-19 09:00")), 0);
        for (int i = 0; i < 40; i++)
            add(&b, "2024-09-19 10:00", "2024-09-29 23:00", false);
        assert_int_equal(send(&b, at(b.w.zone, "2024-09-20 09:00")), 1);
        assert_true(outbox_list(b.db, b.a, b.orgs[UNIT_HOLDER].id_text, false, INT64_MAX, 1, &list, &n, &e));
        assert_true(str_starts(list[0].text, STR("2024-09-20 时限提醒：共42件，其中超期1件，今日到期1件\n")));
        assert_true(str_ends(list[0].text, STR("\n另有12件")));
        end(&b);
    }
}

static void a_notice_says_number_kind_clock_and_day(void **state)
{
    static const struct {
        const char *now, *text;
        bool numbered;
    } T[] = {
        {"2024-09-18 09:00", "N202400007 纠纷：办理期限将于2024-09-20到期", true},
        {"2024-09-18 09:00", "未编号件 纠纷：办理期限将于2024-09-20到期", false},
        {"2024-09-21 09:00", "N202400007 纠纷：办理期限已于2024-09-20到期，现已超期", true},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct bench b;
        struct err e = ERR_INIT;
        struct notice n;
        bool found;
        assert_true(start(&b, STORE_SQLITE, "Asia/Shanghai"));
        struct record *r = matter(&b, 7, "main", OPENED, DUE);
        if (!T[i].numbered)
            r->number = STR_NONE;
        save(&b, NULL, r);
        tick(&b, at(b.w.zone, T[i].now));
        assert_true(outbox_get(b.db, b.a, 1, &found, &n, &e) && found);
        if (!str_is(n.text, T[i].text))
            fail_msg("%s", str_c(b.a, n.text));
        assert_true(n.sent == TIME_NONE && n.read_at == TIME_NONE);
        assert_true(outbox_read(b.db, 1, 5, &e) && outbox_read(b.db, 1, 9, &e));
        assert_true(outbox_get(b.db, b.a, 1, &found, &n, &e) && n.read_at == 5);
        end(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rung_once_and_in_time),
        cmocka_unit_test(after_downtime_only_the_latest),
        cmocka_unit_test(an_action_is_given_until_it_is_settled),
        cmocka_unit_test(nothing_is_half_done),
        cmocka_unit_test(two_workers_tell_once),
        cmocka_unit_test(it_goes_out_in_time),
        cmocka_unit_test(the_digest_says_what_is_unread_and_running),
        cmocka_unit_test(a_notice_says_number_kind_clock_and_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
