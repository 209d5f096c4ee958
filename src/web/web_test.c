#include "web/web.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void the_page_is_always_there(void **state)
{
    struct web_file f;
    UNUSED(state);
    assert_true(web_find(STR_NONE, &f));
    assert_true(f.page);
    assert_string_equal(f.mime, "text/html; charset=utf-8");
    struct arena *a = arena_new();
    struct str text = web_plain(a, &f);
    assert_true(str_has(text, STR("<html")) || str_has(text, STR("<!doctype html>")));
    arena_free(a);
}

static void an_address_of_the_page_itself(void **state)
{
    static const char *const PATHS[] = {"list/dispute.dispute", "new/dispute.dispute/report", "m/1", "figures"};
    struct web_file f, page;
    UNUSED(state);
    assert_true(web_find(STR_NONE, &page));
    for (size_t i = 0; i < COUNT_OF(PATHS); i++) {
        bool found = web_find(str_of(PATHS[i]), &f);
        assert_int_equal(found, page.bytes.ptr && !str_eq(page.sum, STR("none")));
        if (found)
            assert_true(str_eq(f.sum, page.sum));
    }
}

static void a_file_that_is_not_there(void **state)
{
    static const char *const PATHS[] = {"nothing.js", "../web.c", "assets/../index.html.gz",
                                        "a.b/c.css"};
    struct web_file f;
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(PATHS); i++)
        assert_false(web_find(str_of(PATHS[i]), &f));
}

static void the_policy_lets_nothing_in_from_outside(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str none = web_policy(a, STR_NONE), one = web_policy(a, STR("https://tiles.example"));
    assert_true(str_has(none, STR("default-src 'none'")));
    assert_true(str_has(none, STR("img-src 'self' data: blob:;")));
    assert_false(str_has(none, STR("http")));
    assert_false(str_has(one, STR("unsafe")));
    assert_true(str_has(one, STR("img-src 'self' data: blob: https://tiles.example;")));
    assert_int_equal(one.len, none.len + strlen(" https://tiles.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_is_always_there),
        cmocka_unit_test(an_address_of_the_page_itself),
        cmocka_unit_test(a_file_that_is_not_there),
        cmocka_unit_test(the_policy_lets_nothing_in_from_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
