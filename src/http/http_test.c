/* The server from outside, over raw sockets: what it takes, what it refuses, how long it waits. */
#define _GNU_SOURCE /* memmem */
#include "http/test_client_int.h"
#include <sys/stat.h>

enum {
    HEAD_SECONDS = 1,
    BODY_SECONDS = 2,
    BODY_LIMIT = 64 * 1024,
    BIG = 16 * 1024 * 1024,
};

static int port;

static struct client dial(void)
{
    struct client c = dial_port(port);
    assert_true(c.fd >= 0);
    return c;
}

/* ---- the routes ---- */

static struct http_server *server;
static char upload_dir[] = "/tmp/http_test-XXXXXX";

/* Parked requests are answered by a thread of their own. */
static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t some;
    struct http_request *waiting[4096];
    int n;
    bool stop;
} desk = {.lock = PTHREAD_MUTEX_INITIALIZER, .some = PTHREAD_COND_INITIALIZER};

static struct http_request *kept; /* parked, and answered late by the test */
static struct http_stream *opened[64];
static int n_opened;
static atomic_int n_gone, n_done;

static void *desk_run(void *self)
{
    UNUSED(self);
    pthread_mutex_lock(&desk.lock);
    while (!desk.stop || desk.n) {
        if (!desk.n) {
            pthread_cond_wait(&desk.some, &desk.lock);
            continue;
        }
        struct http_request *rq = desk.waiting[--desk.n];
        pthread_mutex_unlock(&desk.lock);
        http_set_header(rq, "X-Desk", STR("yes"));
        http_answer(rq, 201, "text/plain", http_body(rq));
        pthread_mutex_lock(&desk.lock);
    }
    pthread_mutex_unlock(&desk.lock);
    return NULL;
}

static void do_park(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_park(rq);
    pthread_mutex_lock(&desk.lock);
    desk.waiting[desk.n++] = rq;
    pthread_cond_signal(&desk.some);
    pthread_mutex_unlock(&desk.lock);
}

static void do_keep(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_park(rq);
    pthread_mutex_lock(&desk.lock);
    kept = rq;
    pthread_mutex_unlock(&desk.lock);
}

static struct http_request *wait_kept(void)
{
    struct http_request *rq = NULL;
    for (int i = 0; i < 1000 && !rq; i++, nap(2)) {
        pthread_mutex_lock(&desk.lock);
        rq = kept;
        kept = NULL;
        pthread_mutex_unlock(&desk.lock);
    }
    assert_non_null(rq);
    return rq;
}

static void do_park_self(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_park(rq);
    http_answer(rq, 503, "text/plain", STR("full"));
}

static void do_hello(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_answer(rq, 200, "text/plain", STR("hello"));
}

static void do_empty(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_answer(rq, 204, NULL, STR_NONE);
}

static void do_show(struct http_request *rq, void *app)
{
    struct buf b = BUF(4096);
    buf_printf(&b, "%s|%.*s|%.*s|%.*s|%.*s|%.*s|%s", (const char *)http_route_of(rq)->user,
               STR_F(http_path(rq)), STR_F(http_part(rq, "id")), STR_F(http_query(rq, "q")),
               STR_F(http_cookie(rq, "sid")), STR_F(http_header(rq, "x-TEST")),
               app ? "app" : "");
    http_set_header(rq, "X-Evil", str_of("a\r\nSet-Cookie: b"));
    http_set_header(rq, "X-Peer", http_peer(rq));
    http_answer_buf(rq, 200, "text/plain", &b);
    assert_null(b.ptr);
}

static void do_echo(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_answer(rq, 200, "text/plain", http_body(rq));
}

static void do_upload(struct http_request *rq, void *app)
{
    struct stat st = {.st_size = -1};
    const char *path = http_upload_file(rq);
    UNUSED(app);
    if (path && stat(path, &st) != 0)
        st.st_size = -2;
    if (http_query(rq, "take").ptr && path)
        rename(path, arena_printf(http_arena(rq), "%s/taken", upload_dir));
    http_answer(rq, 200, "text/plain",
                str_printf(http_arena(rq), "%lld %s", (long long)st.st_size, path ? path : "-"));
}

static void do_file(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_answer_file(rq, arena_printf(http_arena(rq), "%s/%.*s", upload_dir,
                                      STR_F(http_part(rq, "name"))),
                     "text/csv", STR("纠纷 \"a\".csv"));
}

static void do_big(struct http_request *rq, void *app)
{
    struct buf b = BUF(BIG);
    char piece[4096];
    UNUSED(app);
    memset(piece, 'x', sizeof piece);
    while (b.len < BIG)
        buf_add(&b, piece, sizeof piece);
    http_answer_buf(rq, 200, "text/plain", &b);
}

static bool fill_rows(void *self, struct buf *b)
{
    int *left = self;
    buf_printf(b, "row %d\n", *left);
    return --*left > 0;
}

static void done_rows(void *self)
{
    free(self);
    atomic_fetch_add(&n_done, 1);
}

static void do_rows(struct http_request *rq, void *app)
{
    int *left = mem_new(sizeof *left);
    int64_t n = 3;
    UNUSED(app);
    str_int(http_query(rq, "n"), &n);
    *left = (int)n;
    http_answer_stream(rq, 200, "text/plain", fill_rows, done_rows, left);
}

static bool fill_broken(void *self, struct buf *b)
{
    UNUSED(self);
    for (int i = 0; i < 2000; i++)
        buf_printf(b, "%1000d\n", i);
    return false;
}

static void do_broken(struct http_request *rq, void *app)
{
    UNUSED(app);
    http_answer_stream(rq, 200, "text/plain", fill_broken, NULL, NULL);
}

static void stream_gone(void *self)
{
    UNUSED(self);
    atomic_fetch_add(&n_gone, 1);
}

static void do_events(struct http_request *rq, void *app)
{
    UNUSED(app);
    struct http_stream *st = http_open_stream(rq, stream_gone, NULL);
    pthread_mutex_lock(&desk.lock);
    opened[n_opened++] = st;
    pthread_mutex_unlock(&desk.lock);
}

static struct http_stream *wait_opened(int n)
{
    struct http_stream *st = NULL;
    for (int i = 0; i < 1000 && !st; i++, nap(2)) {
        pthread_mutex_lock(&desk.lock);
        st = n_opened >= n ? opened[n - 1] : NULL;
        pthread_mutex_unlock(&desk.lock);
    }
    assert_non_null(st);
    return st;
}

static bool reaches(atomic_int *counter, int want)
{
    for (int i = 0; i < 1000 && atomic_load(counter) < want; i++)
        nap(2);
    return atomic_load(counter) == want;
}

static const struct http_route ROUTES[] = {
    {HTTP_GET, "/hello", false, do_hello, NULL},
    {HTTP_GET, "/healthz", false, do_empty, NULL},
    {HTTP_GET, "/show/{id}", false, do_show, "one"},
    {HTTP_GET, "/show/fixed", false, do_show, "fixed"},
    {HTTP_POST, "/echo", false, do_echo, NULL},
    {HTTP_GET, "/echo", false, do_echo, NULL},
    {HTTP_POST, "/park", false, do_park, NULL},
    {HTTP_GET, "/keep", false, do_keep, NULL},
    {HTTP_GET, "/park-self", false, do_park_self, NULL},
    {HTTP_PUT, "/upload", true, do_upload, NULL},
    {HTTP_GET, "/file/{name}", false, do_file, NULL},
    {HTTP_GET, "/big", false, do_big, NULL},
    {HTTP_GET, "/rows", false, do_rows, NULL},
    {HTTP_GET, "/broken", false, do_broken, NULL},
    {HTTP_GET, "/events", false, do_events, NULL},
};

static struct http_server *start_server(int per_address)
{
    struct http_config cfg = {
        .listen = "127.0.0.1:0", .head_seconds = HEAD_SECONDS, .body_seconds = BODY_SECONDS,
        .per_address = per_address, .body_limit = BODY_LIMIT, .upload_dir = upload_dir};
    static int app;
    struct http_server *s = NULL;
    struct err e = ERR_INIT;
    if (!http_start(&cfg, ROUTES, COUNT_OF(ROUTES), &app, &s, &e))
        fail_msg("%s", e.text);
    return s;
}

static int set_up(void **state)
{
    UNUSED(state);
    if (!mkdtemp(upload_dir))
        return -1;
    pthread_create(&desk.thread, NULL, desk_run, NULL);
    server = start_server(0);
    port = http_port(server);
    return 0;
}

static int tear_down(void **state)
{
    UNUSED(state);
    http_stop(server, 1);
    pthread_mutex_lock(&desk.lock);
    desk.stop = true;
    pthread_cond_signal(&desk.some);
    pthread_mutex_unlock(&desk.lock);
    pthread_join(desk.thread, NULL);
    return rmdir(upload_dir); /* fails when an upload was left behind */
}

/* ---- the behaviour checks ----
 *
 * Who answers: the library by itself, this folder, the proxy that docs/operations.md asks for, or
 * nobody.  What is PROXY or OPEN has the status that comes without a proxy, so that the table says
 * when it gets better. */

enum owner { LIBRARY, OURS, PROXY, OPEN };

#define GET_HELLO "GET /hello HTTP/1.1\r\nHost: a\r\n"
#define POST_ECHO "POST /echo HTTP/1.1\r\nHost: a\r\n"

static const struct check {
    const char *what;
    struct str sent;
    int status;
    enum owner owner;
    bool closed; /* behind the answer */
} CHECKS[] = {
    {"plain", STR(GET_HELLO "\r\n"), 200, LIBRARY, false},
    {"HEAD", STR("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200, OURS, false},
    {"HTTP/1.0", STR("GET /hello HTTP/1.0\r\n\r\n"), 200, LIBRARY, true},
    {"Connection: close", STR(GET_HELLO "Connection: close\r\n\r\n"), 200, LIBRARY, true},
    {"length and chunked", STR(POST_ECHO "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
                                         "3\r\nabc\r\n0\r\n\r\n"), 400, OURS, true},
    {"two lengths", STR(POST_ECHO "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400, OURS,
     true},
    {"the same length twice", STR(POST_ECHO "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
     400, OURS, true},
    {"length +7", STR(POST_ECHO "Content-Length: +7\r\n\r\n1234567"), 400, LIBRARY, true},
    {"length -1", STR(POST_ECHO "Content-Length: -1\r\n\r\n"), 400, LIBRARY, true},
    {"space before the colon", STR(POST_ECHO "Content-Length : 3\r\n\r\nabc"), 400, OURS, true},
    {"xchunked", STR(POST_ECHO "Transfer-Encoding: xchunked\r\n\r\n"), 501, OURS, true},
    {"xchunked GET", STR(GET_HELLO "Transfer-Encoding: xchunked\r\n\r\n"), 501, OURS, true},
    {"gzip, chunked", STR(POST_ECHO "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501, OURS, true},
    {"two codings", STR(POST_ECHO "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n"),
     400, OURS, true},
    {"chunked in 1.0", STR("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "0\r\n\r\n"), 400, OURS, true},
    {"NUL in a value", STR(GET_HELLO "X: a\0b\r\n\r\n"), 400, OURS, true},
    {"NUL twice in a value", STR(GET_HELLO "X: a\0\0Y\0b\r\n\r\n"), 400, OURS, true},
    {"NUL in a name", STR(GET_HELLO "X\0Y: a\r\n\r\n"), 400, LIBRARY, true},
    {"NUL in the target", STR("GET /hello\0x HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, true},
    {"no Host", STR("GET /hello HTTP/1.1\r\n\r\n"), 400, LIBRARY, true},
    {"two Hosts", STR(GET_HELLO "Host: b\r\n\r\n"), 400, OURS, true},
    {"folded line", STR(GET_HELLO "X: a\r\n b\r\n\r\n"), 400, OURS, true},
    {"bare LF", STR("GET /hello HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"), 400, OURS, true},
    {"bare LF everywhere", STR("GET /hello HTTP/1.1\nHost: a\n\n"), 400, OURS, true},
    {"bare CR", STR(GET_HELLO "X: a\rY: b\r\n\r\n"), 400, OURS, true},
    {"no colon", STR(GET_HELLO "garbage\r\n\r\n"), 400, LIBRARY, true},
    {"control character", STR(GET_HELLO "X: a\x01\r\n\r\n"), 400, OURS, true},
    {"HTTP/2.0", STR("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"), 505, LIBRARY, true},
    {"HTTP/1.17", STR("GET /hello HTTP/1.17\r\nHost: a\r\n\r\n"), 400, LIBRARY, true},
    {"no version", STR("GET /hello\r\n\r\n"), 400, LIBRARY, true},
    {"two spaces", STR("GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, true},
    {"space in the target", STR("GET /hel lo HTTP/1.1\r\nHost: a\r\n\r\n"), 0, LIBRARY, true},
    {"empty line before", STR("\r\n" GET_HELLO "\r\n"), 200, LIBRARY, false},
    {"length 10 GB", STR(POST_ECHO "Content-Length: 10737418240\r\n\r\n"), 413, OURS, true},
    {"length 2^64", STR(POST_ECHO "Content-Length: 18446744073709551616\r\n\r\n"), 413, LIBRARY,
     true},
    {"100-continue", STR(POST_ECHO "Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc"), 200,
     LIBRARY, false},
    {"100-continue, too large", STR(POST_ECHO "Expect: 100-continue\r\nContent-Length: 65537\r\n"
                                              "\r\n"), 413, OURS, true},
    {"100-continue, nowhere", STR("POST /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                                  "Content-Length: 3\r\n\r\n"), 404, OURS, true},
    {"chunked", STR(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n"
                              "0\r\nTrailer: x\r\n\r\n"), 200, LIBRARY, false},
    {"chunk size broken", STR(POST_ECHO "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"), 400, LIBRARY,
     true},
    {"chunk too long", STR(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n"),
     400, LIBRARY, true},
    {"chunk lines end in bare LF", STR(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n3\nabc\n"
                                                 "0\n\n"), 200, PROXY, false},
    {"folded trailer", STR(POST_ECHO "Transfer-Encoding: chunked\r\n\r\n0\r\nA: x\r\n y\r\n\r\n"),
     200, OPEN, false},
    {"GET with a body", STR("GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"), 200,
     OURS, false},
    {"unknown path", STR("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n"), 404, OURS, false},
    {"unknown method", STR("BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 405, OURS, false},
    {"lower-case method", STR("get /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 405, OURS, false},
    {"unknown method, unknown path", STR("BREW /x HTTP/1.1\r\nHost: a\r\n\r\n"), 404, OURS, false},
    {"POST where only GET", STR("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
     405, OURS, false},
    {"OPTIONS", STR("OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n"), 204, OURS, false},
    {"OPTIONS *", STR("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"), 204, OURS, false},
    {"CONNECT", STR("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, false},
    {"absolute target", STR("GET http://a/hello HTTP/1.1\r\nHost: a\r\n\r\n"), 200, OURS, false},
    {"broken escape", STR("GET /show/%4 HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, false},
    {"escape that is no UTF-8", STR("GET /show/%FF HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, false},
    {"query that is no UTF-8", STR("GET /hello?q=%C0%AF HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS,
     false},
    {"dot segments", STR("GET /show/../hello HTTP/1.1\r\nHost: a\r\n\r\n"), 400, OURS, false},
    {"TLS to a plain port", STR("\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\n"), 0, LIBRARY,
     true},
};

static void check_one(const struct check *k)
{
    struct client c = dial();
    put_str(&c, k->sent);
    struct reply r = get_for(&c, str_starts(k->sent, STR("HEAD")));
    bool closed = closes(&c, k->closed ? PATIENCE : 0);
    if (r.status != k->status || closed != k->closed)
        print_error("%s: %d%s\n", k->what, r.status, closed ? ", closed" : "");
    assert_int_equal(r.status, k->status);
    assert_int_equal(closed, k->closed);
    if (!closed) { /* what was left of the request must not be taken for another */
        put(&c, GET_HELLO "\r\n");
        r = get(&c);
        assert_int_equal(r.status, 200);
        assert_true(str_is(r.body, "hello"));
    }
    hang_up(&c);
}

static void behaviour(void **state)
{
    int by_owner[4] = {0};
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CHECKS); i++) {
        check_one(&CHECKS[i]);
        by_owner[CHECKS[i].owner]++;
    }
    assert_int_equal(by_owner[PROXY], 1);
    assert_int_equal(by_owner[OPEN], 1);
}

static struct str repeated(struct buf *b, const char *before, const char *piece, int n,
                           const char *after)
{
    buf_c(b, before);
    for (int i = 0; i < n; i++)
        buf_c(b, piece);
    buf_c(b, after);
    return buf_view(b);
}

static void large_heads_and_bodies(void **state)
{
    static const struct {
        const char *what, *before, *piece;
        int n;
        const char *after;
        int status;
    } CASES[] = {
        {"64 headers", GET_HELLO, "X: y\r\n", 63, "\r\n", 200},
        {"65 headers", GET_HELLO, "X: y\r\n", 64, "\r\n", 431},
        {"5000 headers", GET_HELLO, "X: y\r\n", 5000, "\r\n", 431},
        {"1 MB header", GET_HELLO "X: ", "0123456789abcdef", 65536, "\r\n\r\n", 431},
        {"8 KB header", GET_HELLO "X: ", "0123456789abcdef", 512, "\r\n\r\n", 200},
        {"1 MB target", "GET /", "0123456789abcdef", 65536, " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"as long as may be", POST_ECHO "Content-Length: 65536\r\n\r\n", "0123456789abcdef", 4096,
         "", 200},
        {"too long by one", POST_ECHO "Content-Length: 65537\r\n\r\n", "0123456789abcdef", 4096,
         "x", 413},
        {"chunks, as long as may be", POST_ECHO "Transfer-Encoding: chunked\r\n\r\n",
         "10\r\n0123456789abcdef\r\n", 4096, "0\r\n\r\n", 200},
        {"chunks, too long", POST_ECHO "Transfer-Encoding: chunked\r\n\r\n",
         "10\r\n0123456789abcdef\r\n", 4097, "0\r\n\r\n", 413},
        {"chunks without end", POST_ECHO "Transfer-Encoding: chunked\r\n\r\n",
         "10\r\n0123456789abcdef\r\n", 40000, "0\r\n\r\n", 0},
        {"a body for nobody", "POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\n\r\n",
         "0123456789abcdef", 4096, "", 404},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct client c = dial();
        struct buf b AUTO(buf_free) = BUF(4 * 1024 * 1024);
        put_str(&c, repeated(&b, CASES[i].before, CASES[i].piece, CASES[i].n, CASES[i].after));
        struct reply r = get(&c);
        if (r.status != CASES[i].status)
            print_error("%s: %d\n", CASES[i].what, r.status);
        assert_int_equal(r.status, CASES[i].status);
        hang_up(&c);
    }
}

static void refusals_are_problems(void **state)
{
    static const struct {
        const char *sent, *allow, *part;
    } CASES[] = {
        {"GET /no HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "\"status\":404,\"code\":\"not_found\""},
        {"PUT /echo HTTP/1.1\r\nHost: a\r\n\r\n", "GET, POST, HEAD, OPTIONS", "\"status\":405"},
        {"GET /park HTTP/1.1\r\nHost: a\r\n\r\n", "POST, OPTIONS", "\"status\":405"},
        {"GET /% HTTP/1.1\r\nHost: a\r\n\r\n", NULL, "\"code\":\"syntax\""},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct client c = dial();
        put(&c, CASES[i].sent);
        struct reply r = get(&c);
        assert_true(str_is(header_of(&r, "Content-Type"), "application/problem+json"));
        assert_true(find_in(r.body, CASES[i].part) > 0);
        struct str allow = header_of(&r, "Allow");
        assert_true(CASES[i].allow ? str_is(allow, CASES[i].allow) : !allow.ptr);
        hang_up(&c);
    }
}

static void what_a_handler_sees(void **state)
{
    UNUSED(state);
    struct client c = dial();
    put(&c, "GET /show/%E7%BA%A0+%20?q=a%20b&q=c HTTP/1.1\r\nHost: a\r\nCookie: a=1; sid=s1\r\n"
            "X-Test:  two words \t\r\n\r\n");
    struct reply r = get(&c);
    assert_int_equal(r.status, 200);
    if (!str_is(r.body, "one|/show/纠+ |纠+ |a b|s1|two words|app"))
        fail_msg("%.*s", STR_F(r.body));
    assert_true(str_is(header_of(&r, "X-Evil"), "a  Set-Cookie: b"));
    assert_false(header_of(&r, "Set-Cookie").ptr != NULL);
    assert_true(str_is(header_of(&r, "X-Peer"), "127.0.0.1"));
    put(&c, "GET /show/fixed HTTP/1.1\r\nHost: a\r\nCookie: b=1\r\nCookie: sid=s2\r\n\r\n");
    r = get(&c);
    assert_true(str_is(r.body, "fixed|/show/fixed|||s2||app"));
    hang_up(&c);
}

static void keep_alive_and_pipelining(void **state)
{
    enum { N = 200 };
    UNUSED(state);
    struct client c = dial();
    struct buf b AUTO(buf_free) = BUF(1024 * 1024);
    for (int i = 0; i < N; i++)
        buf_printf(&b, "POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n%04d",
                   i % 2 ? "echo" : "park", i);
    put_str(&c, buf_view(&b));
    for (int i = 0; i < N; i++) {
        struct reply r = get(&c);
        char want[8];
        snprintf(want, sizeof want, "%04d", i);
        assert_int_equal(r.status, i % 2 ? 200 : 201);
        assert_true(str_is(r.body, want));
        assert_false(r.close);
    }
    hang_up(&c);
}

static void parking(void **state)
{
    UNUSED(state);
    struct client c = dial(), d = dial();
    put(&c, "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    struct reply r = get(&c);
    assert_int_equal(r.status, 201);
    assert_true(str_is(r.body, "abc"));
    assert_true(str_is(header_of(&r, "X-Desk"), "yes"));
    put(&c, "GET /park-self HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(get(&c).status, 503);
    /* The client leaves while its request is parked. */
    put(&d, "GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_request *rq = wait_kept();
    hang_up(&d);
    nap(20);
    http_answer(rq, 200, "text/plain", STR("too late"));
    put(&c, GET_HELLO "\r\n");
    assert_int_equal(get(&c).status, 200);
    hang_up(&c);
}

static void uploads(void **state)
{
    static const struct {
        const char *query, *head;
        int size, status;
        const char *said; /* beginning of the answer */
        bool taken;
    } CASES[] = {
        {"", "Content-Length: 5\r\n", 5, 200, "5 ", false},
        {"", "Content-Length: 1000000\r\n", 1000000, 200, "1000000 ", false},
        {"?take=1", "Content-Length: 70000\r\n", 70000, 200, "70000 ", true},
        {"", "Content-Length: 0\r\n", 0, 200, "-1 -", false},
        {"", "Content-Length: 100000000\r\n", 0, 413, "{", false},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct client c = dial();
        struct buf b AUTO(buf_free) = BUF(4 * 1024 * 1024);
        char taken[256];
        struct stat st;
        buf_printf(&b, "PUT /upload%s HTTP/1.1\r\nHost: a\r\n%s\r\n", CASES[i].query,
                   CASES[i].head);
        put_str(&c, repeated(&b, "", "x", CASES[i].size, ""));
        struct reply r = get(&c);
        assert_int_equal(r.status, CASES[i].status);
        assert_true(str_starts(r.body, str_of(CASES[i].said)));
        snprintf(taken, sizeof taken, "%s/taken", upload_dir);
        assert_int_equal(stat(taken, &st) == 0, CASES[i].taken);
        if (CASES[i].taken)
            assert_int_equal(unlink(taken), 0);
        hang_up(&c);
    }
    /* A client that goes away in the middle leaves no file: rmdir at the end would fail. */
    struct client c = dial();
    put(&c, "PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    nap(20);
    hang_up(&c);
}

static void files(void **state)
{
    char path[256];
    UNUSED(state);
    snprintf(path, sizeof path, "%s/rows.csv", upload_dir);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("a,b\n", f);
    fclose(f);
    struct client c = dial();
    put(&c, "GET /file/rows.csv HTTP/1.1\r\nHost: a\r\n\r\n");
    struct reply r = get(&c);
    assert_int_equal(r.status, 200);
    assert_true(str_is(r.body, "a,b\n"));
    assert_true(str_is(header_of(&r, "Content-Disposition"),
                       "attachment; filename=\"__ _a_.csv\"; "
                       "filename*=UTF-8''%E7%BA%A0%E7%BA%B7%20%22a%22.csv"));
    put(&c, "HEAD /file/rows.csv HTTP/1.1\r\nHost: a\r\n\r\n");
    r = get_for(&c, true);
    assert_int_equal(r.status, 200);
    assert_true(str_is(header_of(&r, "Content-Length"), "4"));
    put(&c, "GET /file/none.csv HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(get(&c).status, 404);
    hang_up(&c);
    unlink(path);
}

/* An answer to HEAD has no body, not even the last chunk.  Dials anew when the server closes. */
static void head_without_body(struct client *c)
{
    struct reply r = get_for(c, true);
    assert_int_equal(r.status, 200);
    assert_true(r.close);
    assert_true(closes(c, PATIENCE));
    assert_int_equal(pending(c).len, 0);
    hang_up(c);
    *c = dial();
}

static void pulled_answers(void **state)
{
    UNUSED(state);
    int before = atomic_load(&n_done);
    struct client c = dial();
    put(&c, "GET /rows HTTP/1.1\r\nHost: a\r\n\r\n");
    struct reply r = get(&c);
    assert_int_equal(r.status, 200);
    assert_true(find_in(r.body, "row 3\n") >= 0);
    assert_true(find_in(r.body, "row 1\n") > find_in(r.body, "row 2\n"));
    put(&c, "HEAD /rows HTTP/1.1\r\nHost: a\r\n\r\n");
    head_without_body(&c);
    put(&c, "GET /rows?n=100000 HTTP/1.1\r\nHost: a\r\n\r\n");
    r = get(&c);
    assert_true(find_in(r.body, "row 100000\n") >= 0);
    assert_true(find_in(r.body, "row 1\n") > 0);
    assert_true(reaches(&n_done, before + 3));
    /* Leaving in the middle ends it too. */
    put(&c, "GET /rows?n=100000000 HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(fetch(&c, PATIENCE), 1);
    hang_up(&c);
    assert_true(reaches(&n_done, before + 4));
    /* An answer that cannot be made whole does not look whole. */
    struct client d = dial();
    put(&d, "GET /broken HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(closes(&d, PATIENCE));
    assert_true(find_in(buf_view(&d.in), "0\r\n\r\n") < 0);
    hang_up(&d);
}

static void events(void **state)
{
    enum { N = 500 };
    UNUSED(state);
    int gone = atomic_load(&n_gone);
    n_opened = 0;
    struct client c = dial();
    put(&c, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_stream *st = wait_opened(1);
    http_stream_send(st, "note", STR("two\nlines"), STR("7\n8"));
    for (int i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof text, "n%04d", i);
        http_stream_send(st, NULL, str_of(text), STR_NONE);
        if (i % 50 == 0)
            nap(1); /* now and then the queue runs empty */
    }
    while (find_in(buf_view(&c.in), "data: n0499\n\n") < 0)
        assert_int_equal(fetch(&c, PATIENCE), 1);
    assert_true(find_in(buf_view(&c.in), "text/event-stream") > 0);
    assert_true(find_in(buf_view(&c.in), "id: 78\nevent: note\ndata: two\ndata: lines\n\n") > 0);
    int64_t last = 0;
    for (int i = 0; i < N; i++) {
        char text[32];
        snprintf(text, sizeof text, "data: n%04d\n\n", i);
        int64_t at = find_in(buf_view(&c.in), text);
        assert_true(at > last);
        last = at;
    }
    /* Silence is broken by a comment, but not before its time. */
    nap(20); /* until the queue has run empty */
    pthread_mutex_lock(&server->table);
    http_stream_ping(st, http_now() + HTTP_PING_MS / 2);
    pthread_mutex_unlock(&server->table);
    assert_int_equal(fetch(&c, 50), -1);
    pthread_mutex_lock(&server->table);
    http_stream_ping(st, http_now() + HTTP_PING_MS);
    pthread_mutex_unlock(&server->table);
    while (find_in(buf_view(&c.in), "\n: ping\n\n") < 0 && fetch(&c, PATIENCE) > 0)
        ;
    assert_true(find_in(buf_view(&c.in), "\n: ping\n\n") > last);
    /* The stream ends, and the connection can be used again. */
    http_stream_close(st);
    while (find_in(buf_view(&c.in), "\r\n0\r\n\r\n") < 0)
        assert_int_equal(fetch(&c, PATIENCE), 1);
    assert_true(reaches(&n_gone, gone + 1));
    c.off = c.in.len;
    put(&c, GET_HELLO "\r\n");
    assert_int_equal(get(&c).status, 200);
    /* HEAD, and hanging up while nothing happens: both are noticed at once. */
    put(&c, "HEAD /events HTTP/1.1\r\nHost: a\r\n\r\n");
    head_without_body(&c);
    assert_true(reaches(&n_gone, gone + 2));
    put(&c, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_opened(3);
    nap(20);
    hang_up(&c);
    assert_true(reaches(&n_gone, gone + 3));
}

static void slow_event_client(void **state)
{
    UNUSED(state);
    int gone = atomic_load(&n_gone);
    int64_t slow = http_stats(server).slow_closed;
    char text[1024];
    memset(text, 'x', sizeof text);
    n_opened = 0;
    struct client c = dial(), d = dial();
    put(&c, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n"); /* and never reads */
    struct http_stream *lazy = wait_opened(1);
    put(&d, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    struct http_stream *keen = wait_opened(2);
    assert_int_equal(http_stats(server).streams, 2);
    /* Until `gone`, sending is allowed; the desk lock keeps both from being freed meanwhile. */
    int sent = 0;
    while (http_stats(server).slow_closed == slow && sent++ < 20000) {
        http_stream_send(lazy, "x", (struct str){text, sizeof text}, STR_NONE);
        http_stream_send(keen, NULL, STR("."), STR_NONE);
        fetch(&d, 0);
    }
    assert_true(sent > HTTP_STREAM_QUEUE / 1100);
    assert_true(sent < 20000);
    assert_true(reaches(&n_gone, gone + 1));
    http_stream_send(keen, "last", STR("still here"), STR_NONE);
    while (find_in(buf_view(&d.in), "still here") < 0)
        assert_int_equal(fetch(&d, PATIENCE), 1);
    assert_true(closes(&c, PATIENCE));
    hang_up(&c);
    hang_up(&d);
    assert_true(reaches(&n_gone, gone + 2));
}

/* ---- time ---- */

struct slow {
    const char *what, *first, *drip; /* drip: sent again and again, NULL: silence */
    bool reads;
    int from, until; /* ms, when it has to be closed or answered */
    int status;      /* of an answer; 0: closed without */
};

/* All at the same time: each waits for seconds. */
static void slow_clients(void **state)
{
    static const struct slow SLOW[] = {
        {"silent", "", NULL, true, 900, 1700, 0},
        {"half a head", "GET /hello HT", NULL, true, 900, 1700, 0},
        {"head by drops", "GET /hello HTTP/1.1\r\nX-A: ", "a", true, 900, 1700, 0},
        {"head by lines", GET_HELLO, "X: y\r\n", true, 900, 1700, 0},
        {"body by drops", POST_ECHO "Content-Length: 1000\r\n\r\n", "a", true, 1900, 2700, 0},
        {"silent body", POST_ECHO "Content-Length: 1000\r\n\r\n", NULL, true, 1900, 2700, 0},
        {"chunks by drops", POST_ECHO "Transfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n", true,
         1900, 2700, 0},
        {"upload by drops", "PUT /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n",
         "abc", true, 900, 1700, 0},
        {"second head by drops", GET_HELLO "\r\nGET /hello HTTP/1.1\r\nX-A: ", "a", true, 900, 1700,
         200},
        {"parked for ever", "GET /keep HTTP/1.1\r\nHost: a\r\n\r\n", NULL, true, 3900, 4900, 503},
        {"never reads", "GET /big HTTP/1.1\r\nHost: a\r\n\r\n", NULL, false, 900, 4500, 200},
        {"idle", GET_HELLO "\r\n", NULL, true, 5800, 7200, 200},
    };
    enum { N = COUNT_OF(SLOW) };
    struct client c[N];
    int64_t ended[N] = {0}, begun = http_now(), now = begun;
    int64_t slow = http_stats(server).slow_closed;
    UNUSED(state);
    for (int i = 0; i < N; i++) {
        c[i] = dial();
        if (!SLOW[i].reads) {
            int little = 4096;
            setsockopt(c[i].fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
        }
        put(&c[i], SLOW[i].first);
    }
    while (now - begun < 7500) {
        for (int i = 0; i < N; i++) {
            struct pollfd p = {.fd = c[i].fd, .events = SLOW[i].reads ? POLLIN : 0};
            if (ended[i])
                continue;
            if (SLOW[i].drip)
                put(&c[i], SLOW[i].drip);
            if (poll(&p, 1, 0) > 0 && (!SLOW[i].reads || fetch(&c[i], 0) == 0))
                ended[i] = http_now() - begun;
        }
        nap(50);
        now = http_now();
    }
    for (int i = 0; i < N; i++) {
        if (!(ended[i] >= SLOW[i].from && ended[i] <= SLOW[i].until))
            print_error("%s: ended after %d ms\n", SLOW[i].what, (int)ended[i]);
        assert_in_range(ended[i], SLOW[i].from, SLOW[i].until);
        if (SLOW[i].reads && SLOW[i].status)
            assert_int_equal(get(&c[i]).status, SLOW[i].status);
        else if (SLOW[i].reads)
            assert_int_equal(c[i].in.len, 0);
        hang_up(&c[i]);
    }
    assert_int_equal(http_stats(server).slow_closed - slow, 10); /* not the parked, not the idle */
    http_answer(wait_kept(), 200, "text/plain", STR("far too late"));
}

/* ---- many, few, none ---- */

static void thousand_connections(void **state)
{
    enum { N = 1000 };
    static struct client c[N];
    UNUSED(state);
    for (int i = 0; i < N; i++)
        c[i] = dial();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++)
            put(&c[i], round % 2 ? GET_HELLO "\r\n"
                                 : "POST /park HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        for (int i = 0; i < N; i++)
            assert_int_equal(get(&c[i]).status, round % 2 ? 200 : 201);
    }
    assert_true(http_stats(server).open_connections >= N);
    for (int i = 0; i < N; i++)
        hang_up(&c[i]);
}

static void per_address(void **state)
{
    enum { N = 4 };
    struct client c[N + 1];
    UNUSED(state);
    struct http_server *s = start_server(N);
    for (int i = 0; i < N; i++) {
        c[i] = dial_port(http_port(s));
        put(&c[i], GET_HELLO "\r\n");
        assert_int_equal(get(&c[i]).status, 200);
    }
    c[N] = dial_port(http_port(s));
    put(&c[N], GET_HELLO "\r\n");
    assert_int_equal(get(&c[N]).status, 0);
    hang_up(&c[0]);
    nap(20);
    struct client again = dial_port(http_port(s));
    put(&again, GET_HELLO "\r\n");
    assert_int_equal(get(&again).status, 200);
    hang_up(&again);
    for (int i = 1; i <= N; i++)
        hang_up(&c[i]);
    http_stop(s, 0);
}

static void *stop_later(void *self)
{
    http_stop(self, 3);
    return NULL;
}

/* Stopping waits for what runs, ends what only waits, and takes nobody new. */
static void stops_gracefully(void **state)
{
    UNUSED(state);
    int gone = atomic_load(&n_gone);
    n_opened = 0;
    struct http_server *s = start_server(0);
    int at = http_port(s);
    struct client idle = dial_port(at), parked = dial_port(at), stream = dial_port(at),
                  body = dial_port(at);
    put(&idle, GET_HELLO "\r\n");
    assert_int_equal(get(&idle).status, 200);
    put(&parked, "GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
    put(&stream, "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    put(&body, POST_ECHO "Content-Length: 4\r\n\r\nab");
    struct http_request *rq = wait_kept();
    wait_opened(1);
    nap(20);
    pthread_t stopper;
    int64_t begun = http_now();
    pthread_create(&stopper, NULL, stop_later, s);
    assert_true(closes(&idle, 1000));
    assert_true(closes(&stream, 1000));
    assert_true(reaches(&n_gone, gone + 1));
    struct client late = dial_port(at);
    assert_true(late.fd < 0);
    put(&body, "cd");
    struct reply r = get(&body);
    assert_int_equal(r.status, 200);
    assert_true(str_is(r.body, "abcd"));
    assert_true(r.close);
    http_answer(rq, 200, "text/plain", STR("in time"));
    r = get(&parked);
    assert_int_equal(r.status, 200);
    assert_true(str_is(r.body, "in time"));
    assert_true(r.close);
    pthread_join(stopper, NULL);
    assert_true(http_now() - begun < 2000);
    hang_up(&idle), hang_up(&parked), hang_up(&stream), hang_up(&body), hang_up(&late);
}

/* A request that nobody answers does not hold up the end; its late answer is taken and dropped. */
static void stops_in_the_end(void **state)
{
    UNUSED(state);
    struct http_server *s = start_server(0);
    struct client c = dial_port(http_port(s)), d = dial_port(http_port(s));
    put(&c, "GET /keep HTTP/1.1\r\nHost: a\r\n\r\n");
    put(&d, POST_ECHO "Content-Length: 4\r\n\r\nab");
    struct http_request *rq = wait_kept();
    int64_t begun = http_now();
    http_stop(s, 0);
    assert_true(http_now() - begun < 1000);
    http_answer(rq, 200, "text/plain", STR("too late"));
    assert_true(closes(&c, 1000));
    assert_true(closes(&d, 1000));
    hang_up(&c), hang_up(&d);
}

static void bad_configurations(void **state)
{
    static const char *const LISTEN[] = {"", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                         "127.0.0.1:70000", "::1:80", "[::1:80", "127.0.0.1:-1",
                                         "203.0.113.1:0", "no.such.host.invalid:80"};
    UNUSED(state);
    struct http_server *s = NULL;
    for (size_t i = 0; i < COUNT_OF(LISTEN); i++) {
        struct err e = ERR_INIT;
        struct http_config cfg = {.listen = LISTEN[i], .upload_dir = upload_dir};
        assert_false(http_start(&cfg, ROUTES, COUNT_OF(ROUTES), NULL, &s, &e));
        assert_true(e.code == ERR_USAGE || e.code == ERR_IO);
        assert_null(s);
    }
    char taken[32];
    snprintf(taken, sizeof taken, "127.0.0.1:%d", port);
    struct err e = ERR_INIT;
    struct http_config cfg = {.listen = taken, .upload_dir = upload_dir};
    assert_false(http_start(&cfg, ROUTES, COUNT_OF(ROUTES), NULL, &s, &e));
    assert_int_equal(e.code, ERR_IO);
    e = ERR_INIT;
    cfg = (struct http_config){.listen = "127.0.0.1:0"};
    assert_false(http_start(&cfg, ROUTES, COUNT_OF(ROUTES), NULL, &s, &e)); /* no upload folder */
    assert_int_equal(e.code, ERR_INTERNAL);
}

static void counters(void **state)
{
    UNUSED(state);
    struct http_stats before = http_stats(server), after;
    struct client c = dial();
    put(&c, GET_HELLO "\r\n" "GET /no HTTP/1.1\r\nHost: a\r\n\r\n"
            GET_HELLO "Host: b\r\n\r\n");
    assert_int_equal(get(&c).status, 200);
    assert_int_equal(get(&c).status, 404);
    assert_int_equal(get(&c).status, 400);
    hang_up(&c);
    after = http_stats(server);
    assert_int_equal(after.requests - before.requests, 3);
    assert_int_equal(after.refused - before.refused, 1);
    assert_int_equal(after.by_status[2] - before.by_status[2], 1);
    assert_int_equal(after.by_status[4] - before.by_status[4], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(behaviour),
        cmocka_unit_test(large_heads_and_bodies),
        cmocka_unit_test(refusals_are_problems),
        cmocka_unit_test(what_a_handler_sees),
        cmocka_unit_test(keep_alive_and_pipelining),
        cmocka_unit_test(parking),
        cmocka_unit_test(uploads),
        cmocka_unit_test(files),
        cmocka_unit_test(pulled_answers),
        cmocka_unit_test(events),
        cmocka_unit_test(slow_event_client),
        cmocka_unit_test(slow_clients),
        cmocka_unit_test(thousand_connections),
        cmocka_unit_test(per_address),
        cmocka_unit_test(stops_gracefully),
        cmocka_unit_test(stops_in_the_end),
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(counters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
