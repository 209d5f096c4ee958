#include "http/http_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void nothing(struct http_request *rq, void *app)
{
    UNUSED(rq);
    UNUSED(app);
}

#define ROUTE(m, p) {HTTP_##m, p, false, nothing, NULL}

static const struct http_route ROUTES[] = {
    ROUTE(GET, "/"),
    ROUTE(GET, "/api/records"),
    ROUTE(POST, "/api/records"),
    ROUTE(GET, "/api/records/{id}"),
    ROUTE(DELETE, "/api/records/{id}"),
    ROUTE(GET, "/api/records/export"),
    ROUTE(POST, "/api/records/{id}/actions/{action}"),
    ROUTE(GET, "/api/records/export/actions/list"),
    ROUTE(GET, "/api/{kind}/export/x"),
    ROUTE(HEAD, "/only-head"),
    ROUTE(GET, "/assets/{file...}"),
    ROUTE(GET, "/assets/index.html"),
    ROUTE(PUT, "/deep/{a}/{b}/{c}"),
};

static struct http_target target_of(struct arena *a, const char *raw)
{
    struct http_target t;
    struct http_refusal no = {0};
    assert_true(http_target_parse(a, str_of(raw), &t, &no));
    return t;
}

static void finding(void **state)
{
    enum { G = 1 << HTTP_GET, P = 1 << HTTP_POST, D = 1 << HTTP_DELETE, U = 1 << HTTP_PUT };
    static const struct {
        enum http_method method;
        const char *path, *want; /* NULL: none */
        unsigned allowed;        /* when there is none */
    } CASES[] = {
        {HTTP_GET, "/", "/", 0},
        {HTTP_GET, "/api/records", "/api/records", 0},
        {HTTP_POST, "/api/records", "/api/records", 0},
        {HTTP_HEAD, "/api/records", "/api/records", 0},
        {HTTP_HEAD, "/only-head", "/only-head", 0},
        {HTTP_PUT, "/api/records", NULL, G | P},
        {HTTP_GET, "/api/records/7", "/api/records/{id}", 0},
        {HTTP_GET, "/api/records/export", "/api/records/export", 0}, /* later in the table */
        {HTTP_DELETE, "/api/records/export", "/api/records/{id}", 0},
        {HTTP_POST, "/api/records/export", NULL, G | D},
        {HTTP_POST, "/api/records/export/actions/close", "/api/records/{id}/actions/{action}", 0},
        {HTTP_GET, "/api/records/export/actions/close", NULL, P},
        {HTTP_GET, "/api/records/export/actions/list", "/api/records/export/actions/list", 0},
        {HTTP_GET, "/api/records/export/x", "/api/{kind}/export/x", 0}, /* back two levels */
        {HTTP_GET, "/api", NULL, 0},
        {HTTP_GET, "/api/", NULL, 0},
        {HTTP_GET, "/api/records/", NULL, 0}, /* an empty segment is no {id} */
        {HTTP_GET, "/api//records", NULL, 0},
        {HTTP_GET, "/api/records/7/actions", NULL, 0},
        {HTTP_GET, "/API/records", NULL, 0},
        {HTTP_GET, "/assets", NULL, 0},
        {HTTP_GET, "/assets/", "/assets/{file...}", 0},
        {HTTP_GET, "/assets/a/b.js", "/assets/{file...}", 0},
        {HTTP_GET, "/assets/index.html", "/assets/index.html", 0},
        {HTTP_GET, "/assets/index.html/x", "/assets/{file...}", 0},
        {HTTP_POST, "/assets/a/b.js", NULL, G},
        {HTTP_PUT, "/deep/1/2/3", "/deep/{a}/{b}/{c}", 0},
        {HTTP_GET, "/deep/1/2/3", NULL, U},
        {HTTP_GET, "/deep/1/2/3/4", NULL, 0},
        {HTTP_GET, "/%7Bid%7D", NULL, 0},
    };
    UNUSED(state);
    struct http_routes *r;
    struct err e = ERR_INIT;
    assert_true(http_routes_new(ROUTES, COUNT_OF(ROUTES), &r, &e));
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct http_target t = target_of(a, CASES[i].path);
        unsigned allowed = 0;
        const struct http_route *found = http_routes_find(r, &t, CASES[i].method, &allowed);
        const char *got = found ? found->path : NULL;
        bool ok = got && CASES[i].want ? strcmp(got, CASES[i].want) == 0 : got == CASES[i].want;
        if (!ok)
            print_error("%s: got %s\n", CASES[i].path, got ? got : "none");
        assert_true(ok);
        if (!found)
            assert_int_equal(allowed, CASES[i].allowed);
    }
    http_routes_free(r);
}

static void parts(void **state)
{
    static const struct {
        const char *pattern, *path, *name, *want; /* NULL: absent */
    } CASES[] = {
        {"/a/{id}", "/a/7", "id", "7"},
        {"/a/{id}", "/a/7", "i", NULL},
        {"/a/{id}", "/a/7", "a", NULL},
        {"/{a}/{b}", "/1/%E7%BA%A0", "b", "纠"},
        {"/{a}/{b}", "/1/2", "a", "1"},
        {"/f/{rest...}", "/f/a/b/c", "rest", "a/b/c"},
        {"/f/{rest...}", "/f/", "rest", ""},
        {"/{rest...}", "/", "rest", ""},
        {"/{rest...}", "/a%20b//c", "rest", "a b//c"},
        {"/f/{rest...}", "/f/x", "rest...", NULL},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct http_route one = {.path = CASES[i].pattern};
        struct http_target t = target_of(a, CASES[i].path);
        struct str got = http_route_part(&one, &t, CASES[i].name);
        if (!CASES[i].want)
            assert_null(got.ptr);
        else if (!str_is(got, CASES[i].want))
            fail_msg("%s: got %.*s", CASES[i].path, STR_F(got));
    }
}

static void bad_tables(void **state)
{
    static const struct http_route BAD[][2] = {
        {ROUTE(GET, "/a"), ROUTE(GET, "/a")},
        {ROUTE(GET, "/a/{x}"), ROUTE(GET, "/a/{y}")},
        {ROUTE(GET, "/ok"), ROUTE(GET, "no-slash")},
        {ROUTE(GET, "/ok"), ROUTE(GET, "")},
        {ROUTE(GET, "/ok"), ROUTE(GET, "/{rest...}/more")},
        {ROUTE(GET, "/ok"), ROUTE(GET, "/1/2/3/4/5/6/7/8/9/a/b/c/d/e/f/g/h")},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct http_routes *r = NULL;
        struct err e = ERR_INIT;
        assert_false(http_routes_new(BAD[i], 2, &r, &e));
        assert_null(r);
        assert_int_equal(e.code, ERR_INTERNAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding),
        cmocka_unit_test(parts),
        cmocka_unit_test(bad_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
