/* The route table, the statuses, the API document; requests: tests/from_outside_api.py. */
#include "api/api_int.h"
#include "api/scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { ALL_PERMISSIONS = PERM_STEER * 2 - 1 };

static void every_row_is_whole(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < ROUTES_N; i++) {
        for (size_t k = 0; k < ROUTES[i]->n; k++) {
            const struct route *r = &ROUTES[i]->rows[k];
            bool known = str_starts(str_of(r->path), STR("/api/")) ||
                         strcmp(r->path, "/healthz") == 0 || strcmp(r->path, "/metrics") == 0;
            assert_true(known);
            assert_non_null(r->handle);
            assert_true(r->zh && *r->zh && r->en && *r->en);
            assert_int_not_equal(r->permission, PERM_NONE);
            assert_int_equal(r->permission & ~(unsigned)ALL_PERMISSIONS, 0);
            /* a light row has neither world nor account: it must be open to all */
            assert_true(!r->light || r->permission == PERM_PUBLIC);
            assert_true(!r->body || r->method != HTTP_GET);
        }
    }
}

static void what_changes_is_never_open_but_for_these(void **state)
{
    static const char *const OPEN[] = {"/api/session", "/api/resident/answer", "/api/link/actions/{action}",
                                       "/api/link/files", "/api/scan", "/api/scan/look"};
    UNUSED(state);
    for (size_t i = 0; i < ROUTES_N; i++) {
        for (size_t k = 0; k < ROUTES[i]->n; k++) {
            const struct route *r = &ROUTES[i]->rows[k];
            bool listed = false;
            for (size_t n = 0; n < COUNT_OF(OPEN); n++)
                listed |= strcmp(OPEN[n], r->path) == 0 && r->method == HTTP_POST;
            if (r->method != HTTP_GET)
                assert_int_equal((r->permission & PERM_PUBLIC) != 0, listed);
        }
    }
}

static void every_error_has_a_status(void **state)
{
    UNUSED(state);
#define X(code, wire, zh, en)                                                                      \
    assert_true(code == ERR_NONE ? problem_status(code) == 200                                     \
                                 : problem_status(code) >= 400 && problem_status(code) < 600);
    ERR_LIST(X)
#undef X
    assert_int_equal(problem_status(ERR_LOGIN), 401);
    assert_int_equal(problem_status(ERR_STALE), 409);
    assert_int_equal(problem_status(ERR_ID_USED), 409);
    assert_int_equal(problem_status(ERR_PRIVACY), 403);
    assert_int_equal(problem_status(ERR_FULL), 507);
}

static void the_document_names_every_row(void **state)
{
    static const char *const METHODS[] = {"get", "post", "put", "delete", "head", "options"};
    struct arena *a = arena_new();
    struct buf b = BUF(1 << 20);
    struct json *doc;
    struct err e = ERR_INIT;
    size_t rows = 0, named = 0;
    UNUSED(state);
    api_openapi(&b);
    assert_true(buf_ok(&b));
    assert_true(json_input(a, buf_view(&b), &doc, &e)); /* refuses a key that stands twice */
    const struct json *paths = json_get(doc, "paths");
    for (size_t i = 0; i < ROUTES_N; i++) {
        for (size_t k = 0; k < ROUTES[i]->n; k++) {
            const struct route *r = &ROUTES[i]->rows[k];
            const struct json *op = json_get(json_get(paths, r->path), METHODS[r->method]);
            assert_non_null(op);
            assert_true(str_is(json_text(op, "summary"), r->en));
            assert_true(json_get(op, "x-permission")->n >= 1);
            rows++;
        }
    }
    JSON_EACH(p, paths)
    named += p->n;
    assert_int_equal(rows, named);
    buf_free(&b);
    arena_free(a);
}

static void an_address_is_counted_for_a_minute(void **state)
{
    struct limiter *l = calloc(1, sizeof *l);
    UNUSED(state);
    assert_non_null(l);
    pthread_mutex_init(&l->lock, NULL);
    l->most = 3;
    for (int i = 0; i < 3; i++)
        assert_true(limiter_take(l, STR("10.0.0.1"), 1000 + i));
    assert_false(limiter_take(l, STR("10.0.0.1"), 1004));
    assert_true(limiter_take(l, STR("10.0.0.2"), 1004));
    assert_false(limiter_take(l, STR("10.0.0.1"), 1000 + MS_MINUTE - 1));
    assert_true(limiter_take(l, STR("10.0.0.1"), 1000 + MS_MINUTE));
    for (int i = 0; i < 20; i++) { /* right ones are given back */
        assert_true(limiter_take(l, STR("10.0.0.3"), 2000 + i));
        limiter_back(l, STR("10.0.0.3"), 2000 + i);
    }
    for (int i = 0; i < 9; i++) /* and never make room for more wrong ones */
        limiter_back(l, STR("10.0.0.3"), 2050);
    for (int i = 0; i < 4; i++)
        assert_int_equal(limiter_take(l, STR("10.0.0.3"), 2100), i < 3);
    assert_true(
        limiter_take(l, STR("10.0.0.1"), 500)); /* a clock that was set back locks nobody out */
    pthread_mutex_destroy(&l->lock);
    free(l);
}

/* A code opens once, within its minute, and only while it is the newest of its session. */
static void a_code_opens_once_within_its_minute(void **state)
{
    UNUSED(state);
    struct scans *s = scans_new();
    struct hash one = hash_sha256(STR("desk one")), two = hash_sha256(STR("desk two")), desk = {{0}};
    int64_t t = INT64_C(1700000000000);
    assert_string_equal(scans_state(s, &one, t), "none");
    assert_true(scans_show(s, &one, STR("a"), t));
    assert_true(scans_show(s, &two, STR("b"), t));
    assert_true(scans_open(s, STR("a"), false, t + SCAN_MS - 1, &desk));
    assert_memory_equal(desk.b, one.b, HASH_LEN);
    assert_false(scans_open(s, STR("a"), true, t + SCAN_MS, &desk)); /* its minute is over */
    assert_string_equal(scans_state(s, &one, t + SCAN_MS), "over");
    assert_true(scans_open(s, STR("b"), true, t + 1, &desk));
    assert_memory_equal(desk.b, two.b, HASH_LEN);
    assert_false(scans_open(s, STR("b"), true, t + 2, &desk)); /* used */
    assert_string_equal(scans_state(s, &two, t + 2), "used");
    assert_true(scans_show(s, &one, STR("c"), t + 3));
    assert_false(scans_open(s, STR("a"), true, t + 4, &desk)); /* another one is shown */
    assert_false(scans_open(s, STR(""), true, t + 4, &desk));
    scans_free(s);
}

/* No room for one more, until the time of one is over. */
static void codes_are_shown_by_so_many(void **state)
{
    UNUSED(state);
    struct scans *s = scans_new();
    struct hash desk;
    for (int i = 0; i < SCANS; i++) {
        desk = hash_sha256((struct str){(const char *)&i, sizeof i});
        assert_true(scans_show(s, &desk, STR("x"), 1000));
    }
    desk = hash_sha256(STR("one more"));
    assert_false(scans_show(s, &desk, STR("y"), 1000));
    assert_true(scans_show(s, &desk, STR("y"), 1000 + SCAN_MS));
    scans_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(what_changes_is_never_open_but_for_these),
        cmocka_unit_test(every_error_has_a_status),
        cmocka_unit_test(the_document_names_every_row),
        cmocka_unit_test(an_address_is_counted_for_a_minute),
        cmocka_unit_test(a_code_opens_once_within_its_minute),
        cmocka_unit_test(codes_are_shown_by_so_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
