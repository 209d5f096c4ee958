#include "http/http_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SAME(got, want) assert_true(same((got), (want), __LINE__))

static bool same(struct str got, const char *want, int line)
{
    bool ok = want ? got.ptr && str_is(got, want) : !got.ptr;
    if (!ok)
        print_error("line %d: got \"%.*s\", want \"%s\"\n", line, STR_F(got), want ? want : "-");
    return ok;
}

static void decoding(void **state)
{
    static const struct {
        const char *raw;
        bool query;
        const char *want; /* NULL: refused */
    } CASES[] = {
        {"", false, ""},
        {"abc", false, "abc"},
        {"a%20b", false, "a b"},
        {"a+b", false, "a+b"},
        {"a+b", true, "a b"},
        {"a%2Bb", true, "a+b"},
        {"%E7%BA%A0%e7%ba%b7", false, "纠纷"},
        {"纠纷", false, "纠纷"},
        {"%F0%9F%98%80", true, "😀"},
        {"%", false, NULL},
        {"%4", false, NULL},
        {"%4G", false, NULL},
        {"%G4", false, NULL},
        {"%%41", false, NULL},
        {"%00", true, NULL},
        {"a%00b", false, NULL},
        {"%C0%AF", false, NULL},             /* overlong */
        {"%ED%A0%80", false, NULL},          /* surrogate */
        {"%F4%90%80%80", false, NULL},       /* beyond Unicode */
        {"%E7%BA", false, NULL},             /* cut off */
        {"\xFF", false, NULL},
        {"a%0Ab", true, "a\nb"},             /* a filter may have lines */
        {"a%0Ab", false, NULL},
        {"%1B", true, NULL},
        {"%7F", true, NULL},
        {"%C2%A0", false, "\xC2\xA0"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct str out = STR("untouched");
        bool ok = http_decode(a, str_of(CASES[i].raw), CASES[i].query, &out);
        if (ok != (CASES[i].want != NULL))
            print_error("case %zu: %s\n", i, CASES[i].raw);
        assert_int_equal(ok, CASES[i].want != NULL);
        SAME(out, ok ? CASES[i].want : "untouched");
    }
}

static void targets(void **state)
{
    static const struct {
        const char *raw;
        int status; /* 0: taken */
        const char *path;
        size_t segs, params;
    } CASES[] = {
        {"/", 0, "/", 1, 0},
        {"/a", 0, "/a", 1, 0},
        {"/a/", 0, "/a/", 2, 0},
        {"//", 0, "//", 2, 0},
        {"/a/b?x=1&y=2", 0, "/a/b", 2, 2},
        {"/a?", 0, "/a", 1, 0},
        {"/a?&&", 0, "/a", 1, 0},
        {"/a?x", 0, "/a", 1, 1},
        {"/a?x=1?2", 0, "/a", 1, 1},
        {"/%E7%BA%A0", 0, "/纠", 1, 0},
        {"http://host/a?x=1", 0, "/a", 1, 1},
        {"HTTPS://host:81", 0, "/", 1, 0},
        {"*", 0, "*", 0, 0},
        {"/...", 0, "/...", 1, 0},
        {"", 400, 0, 0, 0},
        {"a", 400, 0, 0, 0},
        {"host:80", 400, 0, 0, 0},
        {"?x=1", 400, 0, 0, 0},
        {"/a#b", 400, 0, 0, 0},
        {"/..", 400, 0, 0, 0},
        {"/a/../b", 400, 0, 0, 0},
        {"/a/%2e%2E/b", 400, 0, 0, 0},
        {"/a/./b", 400, 0, 0, 0},
        {"/a%2Fb", 400, 0, 0, 0},
        {"/a%", 400, 0, 0, 0},
        {"/a?x=%", 400, 0, 0, 0},
        {"/a?%FF=1", 400, 0, 0, 0},
        {"/a?x=%00", 400, 0, 0, 0},
        {"/a b", 0, "/a b", 1, 0}, /* the request line itself refuses the space */
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 0,
         "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", 16, 0},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17", 404, 0, 0, 0},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct http_target t = {.n_seg = 99};
        struct http_refusal no = {0};
        bool ok = http_target_parse(a, str_of(CASES[i].raw), &t, &no);
        if (ok != !CASES[i].status)
            print_error("case %zu: %s\n", i, CASES[i].raw);
        assert_int_equal(ok, !CASES[i].status);
        assert_int_equal(no.status, CASES[i].status);
        if (!ok) {
            assert_int_equal(t.n_seg, 99);
            assert_non_null(no.why);
            continue;
        }
        SAME(t.path, CASES[i].path);
        assert_int_equal(t.n_seg, CASES[i].segs);
        assert_int_equal(t.n_params, CASES[i].params);
    }
}

static void parameters(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct http_target t;
    struct http_refusal no = {0};
    struct str raw = STR("/?where=a%20%3D%20%27%E5%B7%B2%27&q=x+y&empty=&bare&q=second"
                         "&%71=third&A=1");
    assert_true(http_target_parse(a, raw, &t, &no));
    SAME(http_pair_find(t.params, t.n_params, "where", false), "a = '已'");
    SAME(http_pair_find(t.params, t.n_params, "q", false), "x y"); /* the first counts */
    SAME(http_pair_find(t.params, t.n_params, "empty", false), "");
    SAME(http_pair_find(t.params, t.n_params, "bare", false), "");
    SAME(http_pair_find(t.params, t.n_params, "a", false), NULL);
    SAME(http_pair_find(t.params, t.n_params, "a", true), "1");
    SAME(http_pair_find(t.params, t.n_params, "none", false), NULL);
    struct buf many AUTO(buf_free) = BUF(4096);
    buf_c(&many, "/?");
    for (int i = 0; i < HTTP_MAX_PARAMS; i++)
        buf_c(&many, "a=1&");
    assert_true(http_target_parse(a, buf_view(&many), &t, &no));
    buf_c(&many, "a=1");
    assert_false(http_target_parse(a, buf_view(&many), &t, &no));
    assert_int_equal(no.status, 400);
}

static void cookies(void **state)
{
    static const struct {
        const char *header, *name, *want;
    } CASES[] = {
        {"sid=abc", "sid", "abc"},
        {"a=1; sid=abc; b=2", "sid", "abc"},
        {"a=1;sid=abc", "sid", "abc"},
        {"sid=\"abc\"", "sid", "abc"},
        {"sid=\"", "sid", "\""},
        {"sid=", "sid", ""},
        {"sid=a=b", "sid", "a=b"},
        {" sid = x ;", "sid", "x"},
        {"sid=1; sid=2", "sid", "1"},
        {"xsid=1", "sid", NULL},
        {"sidx=1", "sid", NULL},
        {"SID=1", "sid", NULL},
        {"sid", "sid", NULL},
        {"sid; sid=2", "sid", "2"},
        {"", "sid", NULL},
        {";;;", "sid", NULL},
        {"a=x, sid=1", "sid", NULL},
        {"=v", "sid", NULL},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        SAME(http_cookie_find(str_of(CASES[i].header), str_of(CASES[i].name)), CASES[i].want);
    SAME(http_cookie_find(STR_NONE, STR("sid")), NULL);
}

/* "Name: value|Name: value" to pairs. */
static struct http_head head_of(struct arena *a, const char *text, bool v11)
{
    struct http_head h = {.v11 = v11, .headers = ARENA_ARRAY(a, struct http_pair, 16)};
    struct str rest = str_of(text);
    while (rest.ptr) {
        struct str value, name = str_cut(str_cut(rest, '|', &rest), ':', &value);
        h.headers[h.n++] = (struct http_pair){name, str_trim(value)};
    }
    return h;
}

static void heads(void **state)
{
    static const struct {
        const char *text;
        bool v11;
        int status; /* 0: taken */
        int64_t length;
        bool chunked;
    } CASES[] = {
        {"Host: a", true, 0, -1, false},
        {"hOST: a|content-LENGTH: 7", true, 0, 7, false},
        {"Host: a|Transfer-Encoding: Chunked", true, 0, -1, true},
        {"Host: a|Content-Length: 0", true, 0, 0, false},
        {"Accept: a", false, 0, -1, false},
        {"Host: a|X: \t", true, 0, -1, false},
        {"Accept: a", true, 400, 0, false},
        {"Host: a|Host: a", true, 400, 0, false},
        {"Host: a|Host: a", false, 400, 0, false},
        {"Host: a|Content-Length: 7|Content-Length: 7", true, 400, 0, false},
        {"Host: a|Content-Length: 7|Content-Length: 8", true, 400, 0, false},
        {"Host: a|Content-Length: +7", true, 400, 0, false},
        {"Host: a|Content-Length: -7", true, 400, 0, false},
        {"Host: a|Content-Length: 7,7", true, 400, 0, false},
        {"Host: a|Content-Length: 0x7", true, 400, 0, false},
        {"Host: a|Content-Length: ", true, 400, 0, false},
        {"Host: a|Content-Length: 99999999999999999999", true, 400, 0, false},
        {"Host: a|Content-Length : 7", true, 400, 0, false},
        {"Host: a|Content-Length: 7|Transfer-Encoding: chunked", true, 400, 0, false},
        {"Host: a|Transfer-Encoding: chunked|Transfer-Encoding: chunked", true, 400, 0, false},
        {"Host: a|Transfer-Encoding: xchunked", true, 501, 0, false},
        {"Host: a|Transfer-Encoding: gzip, chunked", true, 501, 0, false},
        {"Host: a|Transfer-Encoding: identity", true, 501, 0, false},
        {"Host: a|Transfer-Encoding: chunked", false, 400, 0, false},
        {"Host: a|: x", true, 400, 0, false},
        {"Host: a|X\tY: x", true, 400, 0, false},
        {"Host: a|X(Y): x", true, 400, 0, false},
        {"Host: a|X\xC3\xA4: x", true, 400, 0, false},
        {"Host: a|X: a\x01z", true, 400, 0, false},
        {"Host: a|X: a\x7Fz", true, 400, 0, false},
        {"Host: a|X: 纠纷", true, 0, -1, false},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct http_head h = head_of(a, CASES[i].text, CASES[i].v11);
        struct http_refusal no = {0};
        bool ok = http_head_check(&h, &no);
        if (no.status != CASES[i].status)
            print_error("case %zu: %s: %d\n", i, CASES[i].text, no.status);
        assert_int_equal(no.status, CASES[i].status);
        assert_int_equal(ok, !CASES[i].status);
        assert_int_equal(no.now, !ok); /* framing: never read on */
        assert_int_equal(h.length, ok ? CASES[i].length : 0);
        assert_int_equal(h.chunked, CASES[i].chunked);
    }
}

static void cut_heads(void **state)
{
    static const struct {
        const char *text; /* $ stands for NUL, as libmicrohttpd leaves it */
        size_t method, target, headers;
        bool want;
    } CASES[] = {
        {"GET$/$HTTP/1.1$$$$", 3, 1, 0, true},
        {"GET$/a$b$HTTP/1.1$$Host$ x$$$$", 3, 4, 1, true}, /* the query was cut at its marks */
        {"GET$/$HTTP/1.1$$Host$ x$$A$$$$$", 3, 1, 2, true},
        {"GET$/$HTTP/1.1$$Host$ x$$A$ $$$$", 3, 1, 2, true},
        {"GET$/$HTTP/1.1$Host$ x$$$$", 3, 1, 0, false},   /* bare LF behind the request line */
        {"GET$/$HTTP/1.1$$Host$ x$A$ y$$$$", 3, 1, 1, false}, /* bare LF */
        {"GET$/$HTTP/1.1$$Host$ x$$$", 3, 1, 1, false},   /* bare LF at the end */
        {"GET$/$HTTP/1.1$$Host$ x$$$$$", 3, 1, 1, false},
        {"GET$/$HTTP/1.1$$Host$ a$b$$$$", 3, 1, 1, false}, /* NUL in a value */
        {"GET$/$HTTP/1.1$$Ho$st$ a$$$$", 3, 1, 1, false},  /* NUL in a name */
        {"GET$/$HTTP/1.1$$A$ x$$ folded$$$$", 3, 1, 2, false},
        {"GET$/$HTTP/1.1$$A$ x\ry$$$$", 3, 1, 1, false},
        {"GET$/$HTTP/1.1$$A $ x$$$$", 3, 1, 1, false},
        {"GET$ /$HTTP/1.1$$A$ x$$$$", 3, 1, 1, false},
        {"GET$/$HTTP/1.1 $$A$ x$$$$", 3, 1, 1, false},
        {"GET$/a$HTTP/1.1$HTTP/1.1$$A$ x$$$$", 3, 2, 1, false}, /* NUL in the target */
        {"GET$/$HTTP/1.1$$A$ x$$$$B", 3, 1, 2, false},
        {"GET$/$HTTP/1.1$$A$ x$$", 3, 1, 1, false},
        {"GET$/$HTTP/1.1$$A", 3, 1, 1, false},
        {"GET$/$HTTP/1.1$$", 3, 1, 0, false},
        {"GET$/$", 3, 1, 0, false},
        {"GET$/$HTTP/1.1$$$$", 3, 1, 1, false},
        {"GET$/$HTTP/1.1$$Host$ x$$$$", 3, 1, 0, false}, /* two NUL that were no line end */
        {"GET$/$HTTP/1.$$$Host$ x$$$$", 3, 1, 1, false},
        {"", 3, 1, 0, false},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        size_t n = strlen(CASES[i].text);
        char *head = mem_new(n); /* exactly so long: ASan sees a byte too far */
        for (size_t k = 0; k < n; k++)
            head[k] = (char)(CASES[i].text[k] == '$' ? '\0' : CASES[i].text[k]);
        bool ok = http_head_intact(head, n, CASES[i].method, CASES[i].target,
                                   CASES[i].headers);
        if (ok != CASES[i].want)
            print_error("case %zu: %s\n", i, CASES[i].text);
        assert_int_equal(ok, CASES[i].want);
        free(head);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoding), cmocka_unit_test(targets), cmocka_unit_test(parameters),
        cmocka_unit_test(cookies),  cmocka_unit_test(heads),   cmocka_unit_test(cut_heads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
