/* http/http.h - HTTP/1.1 on libmicrohttpd: sockets, limits, routing, event streams.
 *
 * Knows no domain.  A handler gets a parsed request and either answers at once, or parks it and
 * answers from another thread (group commit), or opens an event stream.
 *
 * What libmicrohttpd lets through is closed here (libraries.md 1.3, decisions 31): a total deadline
 * for heads and a minimum rate for bodies (watchdog: fd table + shutdown()), Content-Length with
 * Transfer-Encoding, repeated or spaced Content-Length, NUL in headers, any Transfer-Encoding but
 * "chunked", HTTP/1.1 without Host, bodies over the limit (413), connections per address. */
#pragma once
#include "base/err.h"
#include "base/json.h"

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE, HTTP_HEAD, HTTP_OPTIONS };

struct http_server;
struct http_request;

struct http_config {
    const char *listen;      /* "127.0.0.1:8080", "[::1]:8080", port 0: any free one */
    int threads;             /* 0: 2 */
    int head_seconds;        /* total deadline for a request head, 0: 10 */
    int body_seconds;        /* total deadline for a body that is no upload, 0: 30 */
    int min_body_rate;       /* bytes/s for uploads, 0: 4096 */
    int per_address;         /* connections of one address, 0: 2000 */
    size_t body_limit;       /* 0: LIMIT_REQUEST_BODY; upload routes have LIMIT_UPLOAD */
    const char *upload_dir;  /* where uploads are streamed to */
    const char *proxies;     /* addresses that say in X-Forwarded-For for whom they ask, with commas
                              * between; NULL: none is believed */
};

/* One route.  `path` has {name} segments: "/api/records/{id}/actions/{action}".  A segment
 * "{rest...}" takes all that is left.  `user` is for the layer above (its permission table). */
struct http_route {
    enum http_method method;
    const char *path;
    bool upload; /* the body goes to a temporary file */
    void (*handle)(struct http_request *rq, void *app);
    const void *user;
};

MUST_USE bool http_start(const struct http_config *cfg, const struct http_route *routes, size_t n,
                         void *app, struct http_server **out, struct err *e);
int http_port(const struct http_server *s);
/* Stops accepting, lets running requests end (at most `seconds`), closes streams. */
void http_stop(struct http_server *s, int seconds);

/* ---- in a handler ---- */
struct arena *http_arena(struct http_request *rq); /* lives as long as the request */
const struct http_route *http_route_of(const struct http_request *rq);
enum http_method http_method_of(const struct http_request *rq);
struct str http_path(const struct http_request *rq);
struct str http_part(const struct http_request *rq, const char *name);   /* {name}, decoded */
struct str http_query(const struct http_request *rq, const char *name);  /* STR_NONE when absent */
struct str http_header(const struct http_request *rq, const char *name);
struct str http_cookie(const struct http_request *rq, const char *name);
struct str http_body(const struct http_request *rq);
/* Path of the uploaded body, NULL when it was empty; removed at the end unless it was moved. */
const char *http_upload_file(const struct http_request *rq);
struct str http_peer(const struct http_request *rq);         /* address without port; behind one of
                                                                 * `proxies` the one it asks for */

void http_set_header(struct http_request *rq, const char *name, struct str value);
/* Answers once.  The body is copied; http_answer_buf spares that. */
void http_answer(struct http_request *rq, int status, const char *mime, struct str body);
/* Takes over the buffer's memory (b becomes empty). */
void http_answer_buf(struct http_request *rq, int status, const char *mime, struct buf *b);
/* A file from disk, with Content-Disposition when name is given. */
void http_answer_file(struct http_request *rq, const char *path, const char *mime, struct str name);
/* Rows as they come: `fill` writes the next piece into b and returns false at the end.
 * Runs on the server's threads. */
void http_answer_stream(struct http_request *rq, int status, const char *mime,
                        bool (*fill)(void *self, struct buf *b), void (*done)(void *self),
                        void *self);

/* Parks the request: the handler returns without an answer; http_answer may then be called from any
 * thread, exactly once.  To be called before another thread hears of the request.  A request that
 * waits for more than twice body_seconds gets 503; the answer that still comes is dropped.  So the
 * request stays valid until it is answered, whatever became of the client or even of the server. */
void http_park(struct http_request *rq);

/* Server-sent events.  The stream stays valid until `gone` has returned; `gone` is called once, on
 * a thread of the server, and may take the lock under which the caller sends. */
struct http_stream;
struct http_stream *http_open_stream(struct http_request *rq, void (*gone)(void *self), void *self);
/* Queues one event; drops the client when it is too far behind.  Any thread. */
void http_stream_send(struct http_stream *st, const char *event, struct str data, struct str id);
void http_stream_close(struct http_stream *st);

struct http_stats {
    int64_t requests, refused, open_connections, streams, slow_closed;
    int64_t by_status[6]; /* 1xx .. 5xx */
};
struct http_stats http_stats(const struct http_server *s);
