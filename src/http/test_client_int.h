/* http/test_client_int.h - a client on a raw socket, for http_test.c: it says what none would. */
#pragma once
#include "http/http_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

enum { PATIENCE = 4000 }; /* ms a client waits for an answer */

struct reply {
    int status; /* 0: closed without an answer, -1: nothing came in time */
    int continues;
    bool close; /* the server says that it closes */
    struct str head, body; /* views of the connection's buffer */
};

struct client {
    int fd;
    struct buf in;
    size_t off; /* of the next answer */
};

static struct client dial_port(int to)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)to),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct client c = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                       .in = BUF(64 * 1024 * 1024)};
    assert_true(c.fd >= 0);
    if (connect(c.fd, (struct sockaddr *)&at, sizeof at) != 0) {
        close(c.fd);
        c.fd = -1;
    }
    return c;
}

static void hang_up(struct client *c)
{
    if (c->fd >= 0)
        close(c->fd);
    buf_free(&c->in);
    c->fd = -1;
}

/* Sends what the server takes; a server that has closed is no failure of the test. */
static void put_str(struct client *c, struct str s)
{
    while (s.len) {
        ssize_t n = send(c->fd, s.ptr, s.len, MSG_NOSIGNAL);
        if (n <= 0)
            return;
        s.ptr += n, s.len -= (size_t)n;
    }
}

static void put(struct client *c, const char *text)
{
    put_str(c, str_of(text));
}

/* 1: something came, 0: closed, -1: nothing in time. */
static int fetch(struct client *c, int ms)
{
    char piece[64 * 1024];
    struct pollfd p = {.fd = c->fd, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0)
        return -1;
    ssize_t n = recv(c->fd, piece, sizeof piece, 0);
    if (n <= 0)
        return 0;
    buf_add(&c->in, piece, (size_t)n);
    return 1;
}

static struct str pending(const struct client *c)
{
    return c->in.len ? (struct str){c->in.ptr + c->off, c->in.len - c->off} : STR_NONE;
}

static struct str header_of(const struct reply *r, const char *name)
{
    struct str rest = r->head;
    while (rest.ptr) {
        struct str value, line = str_cut(rest, '\n', &rest);
        struct str key = str_cut(line, ':', &value);
        if (value.ptr && key.len == strlen(name) && strncasecmp(key.ptr, name, key.len) == 0)
            return str_trim(value);
    }
    return STR_NONE;
}

static int64_t find_in(struct str s, const char *what)
{
    const char *p = s.len ? memmem(s.ptr, s.len, what, strlen(what)) : NULL;
    return p ? p - s.ptr : -1;
}

/* Reads one answer; a 100 before it is counted. */
static struct reply get_for(struct client *c, bool head_only)
{
    struct reply r = {.status = -1};
    int more = 1;
    int64_t end;
    while ((end = find_in(pending(c), "\r\n\r\n")) < 0 && (more = fetch(c, PATIENCE)) > 0)
        ;
    if (end < 0) {
        r.status = more;
        return r;
    }
    size_t head_at = c->off, head_len = (size_t)end + 4;
    int64_t status = 0;
    str_int((struct str){c->in.ptr + head_at + strlen("HTTP/1.1 "), 3}, &status);
    r.status = (int)status;
    c->off += head_len;
    if (r.status == 100) {
        r = get_for(c, head_only);
        r.continues++;
        return r;
    }
    r.head = (struct str){c->in.ptr + head_at, head_len};
    r.close = str_is(header_of(&r, "Connection"), "close");
    struct str length = header_of(&r, "Content-Length");
    int64_t want = 0;
    bool chunked = header_of(&r, "Transfer-Encoding").ptr != NULL;
    bool none = head_only || r.status == 204 || r.status == 304;
    if (length.ptr)
        assert_true(str_int(length, &want));
    if (none)
        want = 0;
    size_t body_at = c->off;
    if (chunked && !none) {
        while ((end = find_in(pending(c), "0\r\n\r\n")) < 0 && fetch(c, PATIENCE) > 0)
            ;
        assert_true(end >= 0);
        want = end + 5;
    }
    while (c->in.len - c->off < (size_t)want && fetch(c, PATIENCE) > 0)
        ;
    assert_true(c->in.len - c->off >= (size_t)want);
    c->off += (size_t)want;
    r.head.ptr = c->in.ptr + head_at;
    r.body = (struct str){c->in.ptr + body_at, (size_t)want};
    return r;
}

static struct reply get(struct client *c)
{
    return get_for(c, false);
}

static bool closes(struct client *c, int ms)
{
    int64_t until = http_now() + ms;
    int got = 1;
    while (got > 0)
        got = fetch(c, (int)max64(until - http_now(), 0));
    return got == 0;
}

static void nap(int ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};
    nanosleep(&t, NULL);
}
