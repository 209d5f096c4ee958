/* fuzz/fuzz_http.c - what this program itself reads of a request: target, routes, cookies, head.
 *
 * The input is a request head as a client would send it.  It is cut up as libmicrohttpd does it
 * (NUL over colons and line ends), so that http_head_intact is asked about real layouts; and what
 * it accepts is compared with the text before the cut. */
#define _GNU_SOURCE /* memrchr */
#include "http/http_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void nothing(struct http_request *rq, void *app)
{
    UNUSED(rq);
    UNUSED(app);
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/", false, nothing, NULL},
    {HTTP_GET, "/a/{id}", false, nothing, NULL},
    {HTTP_POST, "/a/{id}/b/{name}", false, nothing, NULL},
    {HTTP_GET, "/a/fixed/b", false, nothing, NULL},
    {HTTP_GET, "/{x}/fixed/{y}", false, nothing, NULL},
    {HTTP_GET, "/f/{rest...}", false, nothing, NULL},
};

static void check_text(struct str s)
{
    ASSERT(str_utf8_ok(s));
    for (size_t i = 0; i < s.len; i++)
        ASSERT(s.ptr[i] != '\0');
}

static void try_routes(const struct http_target *t)
{
    static const char *const NAMES[] = {"id", "name", "x", "y", "rest", "", "..."};
    static struct http_routes *routes;
    struct err e = ERR_INIT;
    if (!routes)
        ASSERT(http_routes_new(ROUTES, COUNT_OF(ROUTES), &routes, &e));
    for (unsigned m = 0; m < HTTP_METHODS; m++) {
        unsigned allowed = 0;
        const struct http_route *r = http_routes_find(routes, t, (enum http_method)m, &allowed);
        if (!r)
            ASSERT(!(allowed & 1u << m));
        for (size_t i = 0; r && i < COUNT_OF(NAMES); i++)
            check_text(http_route_part(r, t, NAMES[i]));
    }
}

static void try_target(struct str raw)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct http_target t;
    struct http_refusal no = {0};
    if (!http_target_parse(a, raw, &t, &no)) {
        ASSERT(no.status == 400 || no.status == 404);
        return;
    }
    check_text(t.path);
    for (size_t i = 0; i < t.n_seg; i++) {
        ASSERT(!str_is(t.seg[i], "..") && !str_is(t.seg[i], "."));
        ASSERT(!t.seg[i].len || !memchr(t.seg[i].ptr, '/', t.seg[i].len));
    }
    for (size_t i = 0; i < t.n_params; i++) {
        check_text(t.params[i].name);
        check_text(t.params[i].value);
    }
    try_routes(&t);
}

/* A head, cut up as libmicrohttpd 0.9.75 does it. */
struct cut {
    char *p;
    size_t len, method, target, n;
    size_t line[256]; /* where each header begins */
};

static bool cut_line(struct cut *c, size_t start, size_t end)
{
    char *colon = strchr(c->p + start, ':');
    if (!colon || c->n == COUNT_OF(c->line) || colon >= c->p + end)
        return false;
    *colon = '\0';
    c->line[c->n++] = start;
    return true;
}

static bool cut_first(struct cut *c, size_t end)
{
    char *space = memchr(c->p, ' ', end), *last = space ? memrchr(c->p, ' ', end) : NULL;
    if (!space || last == space)
        return false;
    c->method = (size_t)(space - c->p);
    c->target = (size_t)(last - space) - 1;
    *space = *last = '\0';
    return true;
}

/* False when the head is not complete, or libmicrohttpd itself refuses it. */
static bool cut_head(struct cut *c, size_t size)
{
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        if (c->p[i] != '\n')
            continue;
        size_t end = i > start && c->p[i - 1] == '\r' ? i - 1 : i;
        c->p[i] = c->p[end] = '\0';
        if (start && c->p[start] == '\0') {
            c->len = i + 1;
            return true;
        }
        if (!(start ? cut_line(c, start, end) : cut_first(c, end)))
            return false;
        start = i + 1;
    }
    return false;
}

/* Where the head is accepted, reading it strictly gives the very lines that libmicrohttpd saw. */
static void check_lines(const struct cut *c)
{
    size_t pos = c->method + c->target + 2 + strlen("HTTP/1.1") + 2;
    for (size_t i = 0; i < c->n; i++) {
        ASSERT(pos == c->line[i]);
        pos += strlen(c->p + pos) + 1; /* the name, the colon */
        pos += strlen(c->p + pos) + 2; /* the value, the line end */
    }
    ASSERT(pos + 2 == c->len);
}

/* The pairs as libmicrohttpd hands them over, and the whole check on them. */
static void try_pairs(struct str text)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct http_head h = {.v11 = text.len % 2 == 0,
                          .headers = ARENA_ARRAY(a, struct http_pair, HTTP_MAX_HEADERS)};
    struct http_refusal no = {0};
    struct str rest = text;
    while (rest.ptr && h.n < HTTP_MAX_HEADERS) {
        struct str value, name = str_cut(str_cut(rest, '\n', &rest), ':', &value);
        h.headers[h.n++] = (struct http_pair){name, str_trim(value)};
        http_cookie_find(value, STR("sid"));
    }
    bool ok = http_head_check(&h, &no);
    ASSERT(ok == (no.status == 0));
    if (ok)
        ASSERT(!(h.chunked && h.length >= 0));
    http_pair_find(h.headers, h.n, "host", true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text = {(const char *)data, size}, rest;
    struct str first = str_cut(text, '\n', &rest), target;
    str_cut(first, ' ', &target);
    try_target(text);
    if (target.ptr)
        try_target(str_cut(target, ' ', &target));
    if (rest.ptr)
        try_pairs(rest);
    http_cookie_find(text, STR("sid"));
    struct cut c = {.p = arena_copy(a, data, size)};
    if (cut_head(&c, size) && http_head_intact(c.p, c.len, c.method, c.target, c.n))
        check_lines(&c);
    http_head_intact(text.ptr, size, size ? data[0] : 0, size > 1 ? data[1] : 0,
                     size > 2 ? data[2] : 0);
    return 0;
}
