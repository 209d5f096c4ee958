/* Accounts, passwords, the hasher, logging in. */
#include "access/account.h"
#include "access/hasher_int.h"
#include "access/password_int.h"
#include "access/test_int.h"
#include <pthread.h>

static struct hasher *hasher;

/* ---- accounts ---- */

static void actors(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct actor actor = {.only = 77};
    bool found = true;
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");

    OK(account_actor(f->db, f->a, r->id, &actor, &found, &e));
    assert_true(found);
    assert_int_equal(actor.kind, ACTOR_ACCOUNT);
    assert_true(id_eq(actor.account, r->id));
    assert_string_equal(actor.by, id_text(f->a, r->id).ptr);
    assert_string_equal(actor.org, "0190a0a0-0000-7000-8000-000000000001");
    assert_int_equal(actor.n_grants, 2);
    assert_int_equal(actor.grants[0].role, ROLE_desk);
    assert_int_equal(actor.grants[0].area, 7);
    assert_int_equal(actor.grants[1].role, ROLE_head);
    assert_int_equal(actor.only, 0);

    /* Nobody, another type, closed, void. */
    actor.only = 77;
    OK(account_actor(f->db, f->a, id_new(5), &actor, &found, &e));
    assert_false(found);
    struct record *other = make_record(f->a, 2, "sys.org");
    put_record(f->db, other);
    found = true;
    OK(account_actor(f->db, f->a, other->id, &actor, &found, &e));
    assert_false(found);
    set_json(f->a, r, "$closed", "1700000000001");
    put_record(f->db, r);
    found = true;
    OK(account_actor(f->db, f->a, r->id, &actor, &found, &e));
    assert_false(found);
    assert_int_equal(actor.only, 77); /* untouched */
}

static void strange_grants(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct actor actor;
    bool found;
    wipe(f->db);
    struct record *r = make_account(f, 1, NULL);
    struct buf b = BUF(1 << 16);
    buf_c(&b, "[{\"role\":\"emperor\",\"area\":1},{\"area\":2},3");
    for (int i = 0; i < ACTOR_GRANTS + 4; i++)
        buf_printf(&b, ",{\"role\":\"leader\",\"area\":%d}", 10 + i);
    buf_c(&b, "]");
    set_json(f->a, r, "roles", buf_dup(f->a, &b).ptr);
    set_json(f->a, r, "org", "\"0190a0a0-0000-7000-8000-0000000000010\""); /* one too long */
    buf_free(&b);
    put_record(f->db, r);
    OK(account_actor(f->db, f->a, r->id, &actor, &found, &e));
    assert_int_equal(actor.n_grants, ACTOR_GRANTS);
    assert_int_equal(actor.grants[0].area, 10);
    assert_int_equal(actor.grants[ACTOR_GRANTS - 1].area, 10 + ACTOR_GRANTS - 1);
    assert_string_equal(actor.org, "");

    json_drop(r->fields, STR("roles"));
    put_record(f->db, r);
    OK(account_actor(f->db, f->a, r->id, &actor, &found, &e));
    assert_true(found);
    assert_int_equal(actor.n_grants, 0);
    assert_int_equal(actor_permissions(&actor), PERM_SELF);
}

static void logins(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    wipe(f->db);
    struct record *r = make_account(f, 1, "王小明");
    char big[LOGIN_TEXT + 2];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = 0;
    const struct {
        const char *login;
        bool found;
    } CASES[] = {{"王小明", true}, {"  王小明 ", true},  {"王小", false},     {"", false},
                 {"   ", false},   {"王小明'--", false}, {"\xff\xfe", false}, {big, false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct id id = {{9}};
        bool found = !CASES[i].found;
        OK(account_by_login(f->db, str_of(CASES[i].login), &id, &found, &e));
        assert_int_equal(found, CASES[i].found);
        assert_true(found ? id_eq(id, r->id) : id.b[0] == 9);
    }
}

static void good_and_bad_passwords(void **state)
{
    static const struct {
        const char *login, *password;
        bool ok;
    } CASES[] = {
        {"li", "", false},
        {"li", "Ab3$xyz", false},             /* 7 */
        {"li", "Ab3$xyzw", true},             /* 8, four kinds */
        {"li", "kjwmxq42", false},            /* 8, two kinds */
        {"li", "kjwmxQ42", true},             /* 8, three kinds */
        {"li", "kjwmxqvbt", false},           /* 9, one kind */
        {"li", "kjwmxqvbtz", true},           /* 10, one kind */
        {"li", "今天去菜市买了白菜", false},  /* 9 characters, though 27 bytes */
        {"li", "今天去菜市场买了白菜", true}, /* 10 characters */
        {"li", "1234567890", false},
        {"li", "0987654321", false},
        {"li", "abcdefghij", false},
        {"li", "Qwertyuiop", false},
        {"li", "poiuytrewq", false},
        {"li", "aaaaaaaaaaaa", false},
        {"li", "abababababab", false},
        {"li", "Password123", false},
        {"li", "P@ssw0rd2024!", false},
        {"li", "Admin@123456", false},
        {"li", "woaini1314520", false},
        {"li", "a1234567890", false},
        {"li", "passwordlessly-merry", true}, /* only begins like a common one */
        {"wangwei", "xx-WangWei-71", false},
        {"wangwei", "xx-iewgnaw-71", false}, /* backwards */
        {"wang", "rewang57tqk", false},
        {"li", "brilliantly-merry", true}, /* a short login may stand in a word */
        {"  wangwei ", "wangwei.2024x", false},
        {"li", "kjwm\xffqvbtzaa", false},
    };
    UNUSED(state);
    struct err e = ERR_INIT;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        bool ok = password_check(str_of(CASES[i].login), str_of(CASES[i].password), &e);
        if (ok != CASES[i].ok)
            fail_msg("%s: %s", CASES[i].password, e.text);
        if (!ok) {
            assert_string_equal(e.field, "password");
            assert_true(e.zh[0]);
            assert_null(strstr(e.text, "merry")); /* the password itself is never in the text */
        }
        err_clear(&e);
    }
    char big[PASSWORD_MAX + 1];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)('a' + i * 7 % 26);
    FAILS(password_check(STR("li"), (struct str){big, sizeof big}, &e), ERR_TOO_BIG);
    OK(password_check(STR("li"), (struct str){big, sizeof big - 1}, &e));
    err_set(&e, ERR_STORE, "earlier");
    assert_false(password_check(STR("li"), STR("kjwmxqvbtz"), &e));
}

/* ---- the hasher ---- */

static void hashing(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    char hash[PASSWORD_HASH] = "untouched", second[PASSWORD_HASH];
    bool same = false;
    char big[PASSWORD_MAX + 1];
    memset(big, 'x', sizeof big);
    FAILS(hasher_make(hasher, (struct str){big, sizeof big}, hash, &e), ERR_TOO_BIG);
    assert_string_equal(hash, "untouched");
    OK(hasher_make(hasher, STR("kjwmxqvbtz"), hash, &e));
    OK(hasher_make(hasher, STR("kjwmxqvbtz"), second, &e));
    assert_string_not_equal(hash, second); /* salted */
    assert_int_equal(strncmp(hash, "$argon2id$v=19$m=65536,t=2,p=1$", 31), 0);
    assert_false(hasher_old(hash));
    OK(hasher_verify(hasher, hash, STR("kjwmxqvbtz"), &same, &e));
    assert_true(same);
    OK(hasher_verify(hasher, hash, STR("kjwmxqvbtZ"), &same, &e));
    assert_false(same);

    /* What is no hash is never right, nor is a password that nobody could have set. */
    const char *const broken[] = {"", "$argon2id$", "kjwmxqvbtz",
                                  "$argon2id$v=19$m=65536,t=2,p=1$x"};
    for (size_t i = 0; i < COUNT_OF(broken); i++) {
        same = true;
        OK(hasher_verify(hasher, broken[i], STR("kjwmxqvbtz"), &same, &e));
        assert_false(same);
        assert_true(hasher_old(broken[i]));
    }
    same = true;
    OK(hasher_verify(hasher, hash, (struct str){big, sizeof big}, &same, &e));
    assert_false(same);

    /* The stand-in costs what a real one costs. */
    assert_false(hasher_old(PASSWORD_OF_NOBODY));
}

struct crowd {
    struct hasher *h;
    pthread_t thread;
    bool ok, same;
    enum err_code code;
};

static void *one_of_the_crowd(void *arg)
{
    struct crowd *c = arg;
    struct err e = ERR_INIT;
    c->same = true;
    c->ok = hasher_verify(c->h, "no hash: quick", STR("x"), &c->same, &e);
    c->code = e.code;
    return NULL;
}

static void wait_for(struct hasher *h, int n)
{
    for (int i = 0; i < 20000 && hasher_waiting(h) != n; i++)
        usleep(500);
    assert_int_equal(hasher_waiting(h), n);
}

static void a_full_queue(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    struct hasher *h AUTO(hasher_stopp) = NULL;
    struct crowd crowd[HASHER_QUEUE];
    bool same = true;
    OK(hasher_start(&h, &e));
    hasher_hold(h, true);
    for (int i = 0; i < HASHER_QUEUE; i++) {
        crowd[i] = (struct crowd){.h = h};
        assert_int_equal(pthread_create(&crowd[i].thread, NULL, one_of_the_crowd, &crowd[i]), 0);
    }
    wait_for(h, HASHER_QUEUE);
    FAILS(hasher_verify(h, "no hash: quick", STR("x"), &same, &e), ERR_BUSY);
    assert_true(same); /* untouched */
    char hash[PASSWORD_HASH];
    FAILS(hasher_make(h, STR("kjwmxqvbtz"), hash, &e), ERR_BUSY);
    hasher_hold(h, false);
    for (int i = 0; i < HASHER_QUEUE; i++) {
        pthread_join(crowd[i].thread, NULL);
        assert_true(crowd[i].ok);
        assert_false(crowd[i].same);
    }
    OK(hasher_verify(h, "no hash: quick", STR("x"), &same, &e));
    assert_false(same);
}

static void stopping_ends_what_is_queued(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    struct hasher *h = NULL;
    struct crowd c[3];
    OK(hasher_start(&h, &e));
    hasher_hold(h, true);
    for (int i = 0; i < 3; i++) {
        c[i] = (struct crowd){.h = h};
        pthread_create(&c[i].thread, NULL, one_of_the_crowd, &c[i]);
    }
    wait_for(h, 3);
    hasher_stop(h); /* the worker was held: all three are still to be done */
    for (int i = 0; i < 3; i++)
        pthread_join(c[i].thread, NULL);
    for (int i = 0; i < 3; i++)
        assert_true(c[i].ok && !c[i].same);
    hasher_stop(NULL);
}

/* ---- logging in ---- */

/* The result is set by hand where the hash is not what is tried: a real one costs a tenth of a second. */
static struct login try_login(struct store *db, const char *login, bool right, int64_t now)
{
    struct err e = ERR_INIT;
    struct login l;
    OK(login_begin(db, str_of(login), now, &l, &e));
    l.same = right;
    OK(store_begin(db, &e));
    OK(login_settle(db, &l, now, &e));
    OK(store_commit(db, &e));
    return l;
}

static void a_real_login(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    char hash[PASSWORD_HASH];
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");
    OK(hasher_make(hasher, STR("kjwmxqvbtz"), hash, &e));
    OK(password_save(f->db, r->id, hash, T0, &e));
    const struct {
        const char *login, *password;
        enum login_state state;
    } CASES[] = {
        {"wang", "kjwmxqvbtz", LOGIN_OK},    {"wang", "kjwmxqvbt", LOGIN_WRONG},
        {"wang", "", LOGIN_WRONG},           {" wang ", "kjwmxqvbtz", LOGIN_OK},
        {"wong", "kjwmxqvbtz", LOGIN_WRONG}, {"", "", LOGIN_WRONG},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct login l;
        OK(login_begin(f->db, str_of(CASES[i].login), T0, &l, &e));
        assert_int_equal(l.state, LOGIN_OPEN);
        assert_int_equal(strlen(l.hash), strlen(hash)); /* the same work for all */
        OK(login_verify(hasher, &l, str_of(CASES[i].password), &e));
        OK(store_begin(f->db, &e));
        OK(login_settle(f->db, &l, T0, &e));
        OK(store_commit(f->db, &e));
        assert_int_equal(l.state, CASES[i].state);
        if (l.state == LOGIN_OK) {
            assert_true(id_eq(l.account, r->id));
            OK(login_answer(&l, T0, &e));
        } else {
            FAILS(login_answer(&l, T0, &e), ERR_BAD_LOGIN);
        }
    }
}

/* An account and a login that nobody has take the same course. */
static void lock_out(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");
    OK(password_save(f->db, r->id, "some hash", T0, &e));
    make_account(f, 2, "never set a password");
    static const char *const LOGINS[] = {"wang", "nobody at all", "never set a password"};
    for (size_t k = 0; k < COUNT_OF(LOGINS); k++) {
        for (int i = 1; i < LOGIN_TRIES; i++)
            assert_int_equal(try_login(f->db, LOGINS[k], false, T0 + i).state, LOGIN_WRONG);
        struct login l = try_login(f->db, LOGINS[k], false, T0 + 10);
        assert_int_equal(l.state, LOGIN_LOCKED);
        assert_int_equal(l.locked_until, T0 + 10 + LOGIN_LOCKED_MS);
        FAILS(login_answer(&l, T0 + 10, &e), ERR_TOO_OFTEN);
        OK(login_begin(f->db, str_of(LOGINS[k]), T0 + 11, &l, &e));
        assert_int_equal(l.state, LOGIN_LOCKED); /* so nothing is hashed */
        l = try_login(f->db, LOGINS[k], true, l.locked_until - 1); /* even the right one */
        assert_int_equal(l.state, LOGIN_LOCKED);
        assert_false(login_answer(&l, l.locked_until - 1, &e));
        assert_non_null(strstr(e.zh, "请1分钟后再试"));
        err_clear(&e);
        /* Over: five new tries. */
        for (int i = 1; i < LOGIN_TRIES; i++)
            assert_int_equal(try_login(f->db, LOGINS[k], false, l.locked_until).state, LOGIN_WRONG);
    }
    int64_t later = T0 + 10 + LOGIN_LOCKED_MS;
    assert_int_equal(try_login(f->db, "wang", true, later).state, LOGIN_OK);
    /* A right one begins the count again. */
    for (int i = 1; i < LOGIN_TRIES; i++)
        assert_int_equal(try_login(f->db, "wang", false, later).state, LOGIN_WRONG);
    assert_int_equal(try_login(f->db, "wang", false, later).state, LOGIN_LOCKED);
    /* A new password opens at once. */
    OK(password_save(f->db, r->id, "other hash", later, &e));
    assert_int_equal(try_login(f->db, "wang", true, later).state, LOGIN_OK);
}

static void many_tries_at_once(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct login l[LOGIN_TRIES + 2];
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");
    OK(password_save(f->db, r->id, "some hash", T0, &e));
    for (size_t i = 0; i < COUNT_OF(l); i++) { /* all begun before any was counted */
        OK(login_begin(f->db, STR("wang"), T0, &l[i], &e));
        l[i].same = i >= LOGIN_TRIES;
    }
    for (size_t i = 0; i < COUNT_OF(l); i++) {
        OK(store_begin(f->db, &e));
        OK(login_settle(f->db, &l[i], T0, &e));
        OK(store_commit(f->db, &e));
    }
    assert_int_equal(l[LOGIN_TRIES - 2].state, LOGIN_WRONG);
    assert_int_equal(l[LOGIN_TRIES - 1].state, LOGIN_LOCKED);
    assert_int_equal(l[LOGIN_TRIES].state, LOGIN_LOCKED); /* right, but too late */
    assert_int_equal(l[LOGIN_TRIES + 1].state, LOGIN_LOCKED);
    assert_int_equal(l[LOGIN_TRIES].locked_until, T0 + LOGIN_LOCKED_MS);
    /* What came while it was locked does not count afterwards. */
    for (int i = 1; i < LOGIN_TRIES; i++)
        assert_int_equal(try_login(f->db, "wang", false, T0 + LOGIN_LOCKED_MS).state, LOGIN_WRONG);
}

static void an_old_password_while_it_is_changed(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct login l;
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");
    OK(password_save(f->db, r->id, "some hash", T0, &e));
    OK(login_begin(f->db, STR("wang"), T0, &l, &e));
    l.same = true;
    OK(password_save(f->db, r->id, "another hash", T0, &e));
    OK(store_begin(f->db, &e));
    OK(login_settle(f->db, &l, T0, &e));
    OK(store_commit(f->db, &e));
    assert_int_equal(l.state, LOGIN_WRONG);
}

static void counts_of_strangers_are_forgotten(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    wipe(f->db);
    struct record *r = make_account(f, 1, "wang");
    OK(password_save(f->db, r->id, "some hash", T0, &e));
    try_login(f->db, "nobody", false, T0);
    for (int i = 0; i < LOGIN_TRIES; i++) /* locked when the hour is over */
        try_login(f->db, "another", false, i ? T0 + MS_HOUR - 1000 : T0);
    assert_int_equal(count(f->db, "SELECT count(*) FROM credential"), 3);
    OK(login_sweep(f->db, T0 + MS_HOUR - 1, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM credential"), 3);
    OK(login_sweep(f->db, T0 + MS_HOUR, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM credential"), 2);
    OK(login_sweep(f->db, T0 + 2 * MS_HOUR, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM credential"), 1);
    assert_int_equal(count(f->db, "SELECT count(*) FROM credential WHERE hash = 'some hash'"), 1);
}

/* Every store call of a failed try fails once: nothing is half counted. */
static void faults_while_settling(void **state)
{
    struct fix *f = fix_of(state);
    bool done = false;
    wipe(f->db);
    for (int k = 1; !done; k++) {
        struct err e = ERR_INIT;
        struct login l;
        OK(login_begin(f->db, STR("nobody"), T0, &l, &e));
        store_fault_in(f->db, k);
        bool ok =
            store_begin(f->db, &e) && login_settle(f->db, &l, T0, &e) && store_commit(f->db, &e);
        done = !store_fault_fired(f->db);
        store_fault_in(f->db, 0);
        store_rollback(f->db);
        assert_int_equal(ok, done);
        assert_int_equal(count(f->db, "SELECT count(*) FROM credential"), done);
        assert_true(k < 20);
    }
}

// clang-format off
static const struct CMUnitTest TESTS[] = {
    ON_BOTH(actors)
    ON_BOTH(strange_grants)
    ON_BOTH(logins)
    PURE(good_and_bad_passwords)
    PURE(hashing)
    PURE(a_full_queue)
    PURE(stopping_ends_what_is_queued)
    ON_BOTH(a_real_login)
    ON_BOTH(lock_out)
    ON_BOTH(many_tries_at_once)
    ON_BOTH(an_old_password_while_it_is_changed)
    ON_BOTH(counts_of_strangers_are_forgotten)
    ON_BOTH(faults_while_settling)
};
// clang-format on

int main(void)
{
    struct err e = ERR_INIT;
    testdb_must(hasher_start(&hasher, &e), "hasher", &e);
    fix_open(&sqlite_fix);
    fix_open(&postgres_fix);
    int failures = cmocka_run_group_tests_name("access", TESTS, NULL, NULL);
    fix_close(&sqlite_fix);
    fix_close(&postgres_fix);
    hasher_stop(hasher);
    return failures;
}
