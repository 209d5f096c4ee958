/* Sessions and their cache. */
#include "access/session.h"
#include "access/test_int.h"
#include <pthread.h>

/* ---- sessions ---- */

struct logged_in {
    struct sessions *s;
    struct record *account;
    char cookie[SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1];
};

static struct logged_in log_in(struct fix *f)
{
    struct err e = ERR_INIT;
    struct logged_in in = {.s = sessions_new()};
    wipe(f->db);
    in.account = make_account(f, 1, "wang");
    OK(session_make(in.s, f->db, in.account->id, STR("Firefox"), T0, in.cookie, in.csrf, &e));
    return in;
}

static bool check(struct fix *f, struct sessions *s, const char *cookie, int64_t now)
{
    struct err e = ERR_INIT;
    struct session out;
    bool ok = session_check(s, f->db, str_of(cookie), 1, now, &out, &e);
    if (!ok)
        assert_int_equal(e.code, ERR_LOGIN);
    return ok;
}

static void a_session(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session s;
    assert_int_equal(strlen(in.cookie), SESSION_TOKEN);
    assert_string_not_equal(in.cookie, in.csrf);
    OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0 + 1, &s, &e));
    assert_true(id_eq(s.account, in.account->id));
    assert_true(id_eq(s.actor.account, in.account->id));
    assert_int_equal(s.actor.n_grants, 2);
    assert_true(session_csrf_ok(&s, str_of(in.csrf)));
    assert_false(session_csrf_ok(&s, str_of(in.cookie)));
    assert_false(session_csrf_ok(&s, STR_NONE));
    s.csrf[0] = 0;
    assert_false(session_csrf_ok(&s, STR("")));

    /* The table knows the hash only. */
    struct hash h = hash_sha256(str_of(in.cookie));
    struct rows r AUTO(rows_close) =
        store_query(f->db, "SELECT token, csrf, device FROM session", BIND_NONE, &e);
    assert_true(rows_next(&r));
    assert_true(str_eq(rows_str(&r, 0), HASH_STR(h)));
    assert_true(str_is(rows_str(&r, 2), "Firefox"));
    rows_close(&r);

    char other[SESSION_TOKEN + 1];
    memcpy(other, in.cookie, sizeof other);
    other[7] = other[7] == 'A' ? 'B' : 'A';
    const char *const wrong[] = {"", "x", other, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                 "' OR 1=1 --                                "};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(check(f, in.s, wrong[i], T0 + 1));
    sessions_free(in.s);
    sessions_free(NULL);
}

/* With a cache that is warm, and with one that has to read. */
static void the_ends_of_a_session(void **state)
{
    static const struct {
        int64_t step, requests; /* a request each `step`, so many */
        bool lives;
    } CASES[] = {
        {SESSION_IDLE_MS - 1, 1, true},   {SESSION_IDLE_MS, 1, false},
        {SESSION_WHOLE_MS - 1, 1, false}, {4 * MS_HOUR, 5, true}, /* 20 h, never idle for long */
        {4 * MS_HOUR, 6, false},                                  /* 24 h */
        {SESSION_IDLE_MS - 1, 2, true},
    };
    struct fix *f = fix_of(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct logged_in in = log_in(f);
        bool alive = check(f, in.s, in.cookie, T0);
        for (int64_t k = 1; alive && k <= CASES[i].requests; k++)
            alive = check(f, in.s, in.cookie, T0 + k * CASES[i].step);
        assert_int_equal(alive, CASES[i].lives);
        sessions_free(in.s);
    }
    /* Cached, believed, and yet over. */
    struct logged_in in = log_in(f);
    for (int64_t t = T0; t < T0 + SESSION_WHOLE_MS; t += 4 * MS_HOUR)
        assert_true(check(f, in.s, in.cookie, t));
    assert_true(check(f, in.s, in.cookie, T0 + SESSION_WHOLE_MS - 10));
    assert_false(check(f, in.s, in.cookie, T0 + SESSION_WHOLE_MS));
    sessions_free(in.s);
}

/* A request neither writes nor, when the session is known, reads. */
static void requests_without_the_database(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session s;
    assert_true(check(f, in.s, in.cookie, T0));
    store_fault_in(f->db, 1);
    for (int i = 0; i < 100; i++)
        OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0 + i * 500, &s, &e));
    assert_false(store_fault_fired(f->db));
    assert_int_equal(s.seen, T0 + 99 * 500);
    /* After a minute it is read again; a failure of the database is not "log in again". */
    FAILS(session_check(in.s, f->db, str_of(in.cookie), 1, T0 + SESSION_TRUST_MS, &s, &e),
          ERR_STORE);
    assert_true(store_fault_fired(f->db));
    OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0 + SESSION_TRUST_MS, &s, &e));
    assert_int_equal(count(f->db, "SELECT max(seen) FROM session"), T0); /* nobody wrote */
    sessions_free(in.s);
}

static void seen_is_saved_once_a_minute(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    OK(store_begin(f->db, &e));
    OK(sessions_save(in.s, f->db, T0, &e)); /* the first one sweeps */
    OK(store_commit(f->db, &e));
    assert_true(check(f, in.s, in.cookie, T0 + SESSION_SAVE_MS - 1));
    assert_false(sessions_due(in.s, T0 + SESSION_SAVE_MS - 1));
    assert_true(check(f, in.s, in.cookie, T0 + SESSION_SAVE_MS));
    assert_true(sessions_due(in.s, T0 + SESSION_SAVE_MS));
    OK(store_begin(f->db, &e));
    OK(sessions_save(in.s, f->db, T0 + SESSION_SAVE_MS, &e));
    OK(store_commit(f->db, &e));
    assert_false(sessions_due(in.s, T0 + SESSION_SAVE_MS));
    assert_int_equal(count(f->db, "SELECT max(seen) FROM session"), T0 + SESSION_SAVE_MS);

    assert_true(check(f, in.s, in.cookie, T0 + 3 * SESSION_SAVE_MS));

    /* Another node starts with what was saved; what it saw later is not put back by us. */
    struct sessions *other = sessions_new();
    assert_true(check(f, other, in.cookie, T0 + 8 * MS_HOUR));
    OK(store_begin(f->db, &e));
    OK(sessions_save(other, f->db, T0 + 8 * MS_HOUR, &e));
    OK(store_commit(f->db, &e));
    assert_true(sessions_due(in.s, T0 + 3 * SESSION_SAVE_MS));
    OK(store_begin(f->db, &e));
    OK(sessions_save(in.s, f->db, T0 + 3 * SESSION_SAVE_MS, &e));
    OK(store_commit(f->db, &e));
    assert_int_equal(count(f->db, "SELECT max(seen) FROM session"), T0 + 8 * MS_HOUR);
    /* Swept when it is over. */
    OK(store_begin(f->db, &e));
    OK(sessions_save(other, f->db, T0 + 16 * MS_HOUR, &e));
    OK(store_commit(f->db, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM session"), 0);
    sessions_free(other);
    sessions_free(in.s);
}

static void an_ended_session_does_not_come_back(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session s;
    OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0, &s, &e));
    struct store *reader = testdb_open(&f->t, STORE_READ);
    OK(store_begin(f->db, &e));
    OK(session_logout(in.s, f->db, &s, T0 + 1, &e));
    /* Not committed: the reader still finds the row, and must not believe it. */
    FAILS(session_check(in.s, reader, str_of(in.cookie), 2, T0 + 2, &s, &e), ERR_LOGIN);
    OK(store_commit(f->db, &e));
    FAILS(session_check(in.s, reader, str_of(in.cookie), 1, T0 + 3, &s, &e), ERR_LOGIN);
    FAILS(session_check(in.s, reader, str_of(in.cookie), 1, T0 + 10 * MS_MINUTE, &s, &e),
          ERR_LOGIN);
    assert_int_equal(count(f->db, "SELECT count(*) FROM session"), 0);
    store_close(reader);
    sessions_free(in.s);
}

static void another_node_ends_it(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct sessions *other = sessions_new();
    struct session s;
    assert_true(check(f, in.s, in.cookie, T0));
    OK(session_check(other, f->db, str_of(in.cookie), 1, T0, &s, &e));
    OK(session_logout(other, f->db, &s, T0, &e));
    assert_true(check(f, in.s, in.cookie, T0 + SESSION_TRUST_MS - 1)); /* the price of the cache */
    assert_false(check(f, in.s, in.cookie, T0 + SESSION_TRUST_MS));
    sessions_free(other);
    sessions_free(in.s);
}

static void rights_follow_the_log(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session s;
    OK(session_check(in.s, f->db, str_of(in.cookie), 5, T0, &s, &e));
    set_json(f->a, in.account, "roles", "[{\"role\":\"auditor\",\"area\":1}]");
    put_record(f->db, in.account);
    OK(session_check(in.s, f->db, str_of(in.cookie), 5, T0 + 1, &s, &e));
    assert_int_equal(s.actor.n_grants, 2); /* the log has not moved: believed */
    OK(session_check(in.s, f->db, str_of(in.cookie), 6, T0 + 2, &s, &e));
    assert_int_equal(s.actor.n_grants, 1);
    assert_int_equal(s.actor.grants[0].role, ROLE_auditor);
    set_json(f->a, in.account, "$closed", "1700000000001");
    put_record(f->db, in.account);
    FAILS(session_check(in.s, f->db, str_of(in.cookie), 7, T0 + 3, &s, &e), ERR_LOGIN);
    sessions_free(in.s);
}

static void list_and_end(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session mine;
    struct session_row *rows = NULL;
    size_t n = 0;
    bool found = true;
    char cookie[3][SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1];
    struct record *stranger = make_account(f, 2, "li");
    OK(session_make(in.s, f->db, in.account->id, STR("\xff not UTF-8"), T0 + 1, cookie[0], csrf,
                    &e));
    OK(session_make(in.s, f->db, in.account->id, STR("手机"), T0 + 2, cookie[1], csrf, &e));
    OK(session_make(in.s, f->db, stranger->id, STR_NONE, T0 + 3, cookie[2], csrf, &e));
    OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0 + 4, &mine, &e));
    OK(session_list(in.s, f->db, f->a, &mine, T0 + 4, &rows, &n, &e));
    assert_int_equal(n, 3);
    assert_true(str_is(rows[0].device, "手机"));
    assert_true(str_is(rows[1].device, ""));
    assert_true(str_is(rows[2].device, "Firefox"));
    assert_int_equal(rows[0].current, 0);
    assert_int_equal(rows[2].current, 1);
    assert_int_equal(rows[2].seen, T0 + 4); /* as it was seen here, not as the table has it */

    /* Not by another account, not by nonsense. */
    OK(session_end(in.s, f->db, stranger->id, rows[0].key, T0 + 5, &found, &e));
    assert_false(found);
    const char *const nonsense[] = {"", "x", "*******************************************"};
    for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
        found = true;
        OK(session_end(in.s, f->db, in.account->id, str_of(nonsense[i]), T0 + 5, &found, &e));
        assert_false(found);
    }
    assert_false(check(f, in.s, rows[0].key.ptr, T0 + 5)); /* a key is no cookie */
    assert_true(check(f, in.s, cookie[1], T0 + 5));
    OK(session_end(in.s, f->db, in.account->id, rows[0].key, T0 + 5, &found, &e));
    assert_true(found);
    assert_false(check(f, in.s, cookie[1], T0 + 5));
    assert_true(check(f, in.s, cookie[0], T0 + 5));

    OK(session_end_all(in.s, f->db, in.account->id, &mine.token, T0 + 6, &e));
    assert_false(check(f, in.s, cookie[0], T0 + 6));
    assert_true(check(f, in.s, in.cookie, T0 + 6));
    OK(session_end_all(in.s, f->db, in.account->id, NULL, T0 + 7, &e));
    assert_false(check(f, in.s, in.cookie, T0 + 7));
    assert_true(check(f, in.s, cookie[2], T0 + 7));
    sessions_free(in.s);
}

static void no_more_than_twenty(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    char cookie[SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1];
    assert_true(check(f, in.s, in.cookie, T0));
    for (int i = 1; i < SESSIONS_AN_ACCOUNT; i++)
        OK(session_make(in.s, f->db, in.account->id, STR(""), T0 + i, cookie, csrf, &e));
    assert_true(check(f, in.s, in.cookie, T0 + 100));
    OK(session_make(in.s, f->db, in.account->id, STR(""), T0 + 101, cookie, csrf, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM session"), SESSIONS_AN_ACCOUNT);
    assert_false(check(f, in.s, in.cookie, T0 + 102)); /* the oldest, although it was cached */
    assert_true(check(f, in.s, cookie, T0 + 102));
    sessions_free(in.s);
}

static void long_device_names(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    char cookie[SESSION_TOKEN + 1], csrf[SESSION_TOKEN + 1], name[SESSION_DEVICE * 2];
    for (size_t i = 0; i < sizeof name; i++)
        name[i] = i == 0 ? 'x' : "\xe6\xb5\x8b"[(i - 1) % 3]; /* 200 is inside of a character */
    OK(session_make(in.s, f->db, in.account->id, (struct str){name, 1 + 3 * 100}, T0, cookie, csrf,
                    &e));
    assert_int_equal(count(f->db, "SELECT max(length(device)) FROM session"), 1 + 66);
    sessions_free(in.s);
}

/* More sessions than the cache holds: the ones out of it are read again, none is mixed up. */
static void more_than_the_cache_holds(void **state)
{
    enum { MORE = 40, ALL = SESSIONS_CACHED + MORE };
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct sessions *s AUTO(sessions_freep) = sessions_new();
    char(*cookies)[SESSION_TOKEN + 1] = mem_new(sizeof *cookies * ALL);
    char csrf[SESSION_TOKEN + 1];
    struct record *r = NULL;
    wipe(f->db);
    OK(store_begin(f->db, &e));
    for (int i = 0; i < ALL; i++) {
        if (i % SESSIONS_AN_ACCOUNT == 0)
            r = make_account(f, 1 + i / SESSIONS_AN_ACCOUNT, NULL);
        OK(session_make(s, f->db, r->id, STR(""), T0, cookies[i], csrf, &e));
    }
    OK(store_commit(f->db, &e));
    for (int i = 0; i < ALL; i++)
        assert_true(check(f, s, cookies[i], T0 + 1));
    store_fault_in(f->db, 1);
    struct session out;
    for (int i = MORE; i < ALL; i++) { /* the newest are there … */
        OK(session_check(s, f->db, str_of(cookies[i]), 1, T0 + 2, &out, &e));
        struct hash h = hash_sha256(str_of(cookies[i]));
        assert_true(hash_eq(&h, &out.token));
    }
    FAILS(session_check(s, f->db, str_of(cookies[0]), 1, T0 + 2, &out, &e), ERR_STORE);
    for (int i = 0; i < MORE; i++) /* … and the others are read */
        assert_true(check(f, s, cookies[i], T0 + 2));
    free(cookies);
}

struct busy {
    struct sessions *s;
    struct testdb *t;
    const char *cookie;
    int good, bad;
};

static void *busy_thread(void *arg)
{
    struct busy *b = arg;
    struct store *db = testdb_open(b->t, STORE_READ);
    for (int i = 0; i < 3000; i++) {
        struct err e = ERR_INIT;
        struct session out;
        bool ok = session_check(b->s, db, str_of(b->cookie), i % 7, T0 + i, &out, &e);
        b->good += ok;
        b->bad += !ok && e.code != ERR_LOGIN;
    }
    store_close(db);
    return NULL;
}

static void many_threads(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct logged_in in = log_in(f);
    struct session mine;
    pthread_t threads[4];
    struct busy b[4];
    OK(session_check(in.s, f->db, str_of(in.cookie), 1, T0, &mine, &e));
    for (int i = 0; i < 4; i++) {
        b[i] = (struct busy){.s = in.s, .t = &f->t, .cookie = in.cookie};
        pthread_create(&threads[i], NULL, busy_thread, &b[i]);
    }
    usleep(20000);
    OK(session_logout(in.s, f->db, &mine, T0, &e));
    for (int i = 0; i < 50; i++)
        assert_false(check(f, in.s, in.cookie, T0 + i)); /* at once, for everybody */
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(b[i].bad, 0);
    }
    sessions_free(in.s);
}

// clang-format off
static const struct CMUnitTest TESTS[] = {
    ON_BOTH(a_session)
    ON_BOTH(the_ends_of_a_session)
    ON_BOTH(requests_without_the_database)
    ON_BOTH(seen_is_saved_once_a_minute)
    ON_BOTH(an_ended_session_does_not_come_back)
    ON_BOTH(another_node_ends_it)
    ON_BOTH(rights_follow_the_log)
    ON_BOTH(list_and_end)
    ON_BOTH(no_more_than_twenty)
    ON_BOTH(long_device_names)
    ON_BOTH(more_than_the_cache_holds)
    ON_BOTH(many_threads)
};
// clang-format on

RUN_TESTS("session", TESTS)
