/* http/http_int.h - what the files of this folder share.
 *
 * Who may touch what:
 * - a request belongs to the server thread of its connection, until it is parked; then to whoever
 *   will answer it, until the answer is given.
 * - `struct http_conn` lives from accept to close.  Its phase is atomic; `parked` and `stream` are
 *   guarded by the table lock of the server.
 * - Locks are taken in the order: table, stream, (those of libmicrohttpd).  No lock is held while
 *   code of the layer above runs. */
#pragma once
#include "base/time.h"
#include "http/http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum {
    HTTP_MAX_HEADERS = 64,
    HTTP_MAX_PARAMS = 64,
    HTTP_MAX_SEGMENTS = 16,
    HTTP_MAX_OUT = 24,                /* headers set by one handler */
    HTTP_POOL = 32 * 1024,            /* memory of one connection: bounds the head of a request */
    HTTP_FILL = 1024 * 1024,          /* one piece of a pulled answer */
    HTTP_STREAM_QUEUE = 256 * 1024,   /* what an event stream may be behind */
    HTTP_STREAM_SOCKET = 64 * 1024,   /* send buffer of an event stream */
    HTTP_STREAM_SILENCE = 60 * 1000,  /* ms without an acknowledgement before a peer is dead */
    HTTP_PING_MS = 15 * 1000,
    HTTP_TICK_MS = 200,
    HTTP_SWALLOW = 4,                 /* a body of up to 4 limits is read and then refused */
    HTTP_IDLE_HEADS = 6,              /* keep-alive, in head deadlines */
    HTTP_PARK_BODIES = 2,             /* a parked request is given up after 2 body deadlines */
    HTTP_METHODS = HTTP_OPTIONS + 1,
};

struct http_pair {
    struct str name, value;
};

/* Why a request gets no handler.  status 0: it does. */
struct http_refusal {
    int status;
    enum err_code code;
    const char *why;
    bool now; /* the framing cannot be trusted: answer without reading on, and close */
};

/* ---- parse.c: text from outside; pure, fuzzed alone ---- */

struct http_target {
    struct str path; /* decoded, begins with a slash */
    struct str seg[HTTP_MAX_SEGMENTS]; /* views of path */
    size_t n_seg;
    struct http_pair *params;
    size_t n_params;
};

struct http_head {
    bool v11; /* HTTP/1.1; else 1.0 */
    struct http_pair *headers;
    size_t n;
    /* found by http_head_check */
    bool chunked, expects;
    int64_t length; /* -1: no Content-Length */
};

bool http_name_ok(struct str name);   /* an RFC 9110 token */
bool http_value_ok(struct str value); /* no control character but the tab */
/* Percent decoding, strict: whole escapes, the result is UTF-8 without control characters other
 * than (in a query) tab and line ends. */
bool http_decode(struct arena *a, struct str raw, bool query, struct str *out);
bool http_target_parse(struct arena *a, struct str raw, struct http_target *t,
                       struct http_refusal *no);
bool http_head_check(struct http_head *h, struct http_refusal *no);
/* libmicrohttpd 0.9.75 cuts a head in place: it writes NUL over each colon and line end.  So its
 * bytes still show what its parser forgave: bare LF, folded lines, NUL, stray CR.  headers is how
 * many it found: two NUL inside a value look like a line end, but make one line too many. */
bool http_head_intact(const char *head, size_t size, size_t method_len, size_t target_len,
                      size_t headers);
struct str http_pair_find(const struct http_pair *p, size_t n, const char *name, bool caseless);
struct str http_cookie_find(struct str header, struct str name);

/* ---- route.c ---- */
struct http_routes;
MUST_USE bool http_routes_new(const struct http_route *routes, size_t n, struct http_routes **out,
                              struct err *e);
void http_routes_free(struct http_routes *r);
/* NULL: no such path (*allowed is 0), or not with this method (*allowed: set of 1 << method). */
const struct http_route *http_routes_find(const struct http_routes *r, const struct http_target *t,
                                          enum http_method m, unsigned *allowed);
struct str http_route_part(const struct http_route *r, const struct http_target *t,
                           const char *name);

/* ---- connections: server.c and watchdog.c ---- */
enum http_phase { PHASE_IDLE, PHASE_HEAD, PHASE_BODY, PHASE_UPLOAD, PHASE_WORK, PHASE_SEND };

struct http_conn {
    struct http_server *server;
    struct MHD_Connection *mhd;
    int fd;
    uint32_t serial; /* fd and serial together name a connection for ever */
    char peer[64];
    bool used; /* had a request already: keep-alive; only the server thread writes it */
    _Atomic int phase;
    _Atomic int64_t since; /* ms, when the phase began */
    _Atomic int64_t got;   /* bytes of the body so far */
    struct http_request *parked;
    struct http_stream *stream;
    int64_t acked, acked_at; /* the watchdog's: progress of sending */
};

void http_phase_set(struct http_conn *c, enum http_phase p);
int64_t http_now(void); /* monotonic, ms */

struct http_server {
    struct http_config cfg;
    struct http_routes *routes;
    void *app;
    struct MHD_Daemon *daemon;
    int listen_fd, port;
    bool layout_known; /* http_head_intact may be asked */
    atomic_bool draining, stopping;
    /* table: conns by fd */
    pthread_mutex_t table;
    struct http_conn **conns;
    size_t n_conns;
    atomic_size_t open; /* written with the table locked */
    uint32_t serial;
    /* watchdog */
    pthread_t watchdog;
    int epoll_fd, wake_fd;
    /* counters */
    atomic_int_fast64_t requests, refused, streams, slow, by_status[6];
};

void http_conn_add(struct http_conn *c);
void http_conn_remove(struct http_conn *c);
/* Ends a connection from any thread, and forgets what is unsent; the server thread cleans up. */
void http_conn_cut(struct http_server *s, int fd, uint32_t serial);
MUST_USE bool http_watchdog_start(struct http_server *s, struct err *e);
void http_watchdog_stop(struct http_server *s);
/* Reports when the peer hangs up, also while the connection is suspended. */
void http_watch_hangup(struct http_conn *c);
/* Ends idle connections and streams; with `all` whatever there is.  Returns how many are still being answered. */
size_t http_drain(struct http_server *s, bool all);

/* ---- request.c ---- */
enum http_state { RQ_RUNNING, RQ_PARKED, RQ_ANSWERED, RQ_ABANDONED };
enum http_step { STEP_HEAD, STEP_BODY, STEP_ANSWER };

struct http_request {
    struct http_server *server;
    struct http_conn *conn; /* only on the server thread: gone when the request was abandoned */
    struct MHD_Connection *mhd;
    struct arena *arena; /* the request itself lies in it */
    char peer[64];
    enum http_step step;
    enum http_method method;
    bool method_known;
    struct str raw_target;
    struct http_target target;
    struct http_head head;
    const struct http_route *route;
    unsigned allowed;
    struct http_refusal refusal;
    /* body */
    size_t limit;
    int64_t got;
    struct buf body;
    int file;
    const char *file_path;
    /* answer */
    struct http_pair out[HTTP_MAX_OUT];
    size_t n_out;
    _Atomic int state;
    atomic_int refs; /* the server's, and while parked the answerer's */
    struct MHD_Response *response;
    int status;
};

struct http_request *http_request_new(struct http_conn *c, const char *target);
void http_request_release(struct http_request *rq);
/* The three moments of a request, on the server thread. */
enum MHD_Result http_request_head(struct http_request *rq, const char *method, const char *version);
enum MHD_Result http_request_body(struct http_request *rq, const char *data, size_t len);
enum MHD_Result http_request_run(struct http_request *rq);
/* After a resume. */
enum MHD_Result http_request_send(struct http_request *rq);
/* Takes a parked request from its answerer; false when the answer was faster. */
bool http_request_abandon(struct http_request *rq);

/* ---- answer.c ---- */
struct MHD_Response *http_problem(const struct http_refusal *no);
/* An answer of unknown length, read piece by piece. */
struct MHD_Response *http_endless(const struct http_request *rq, MHD_ContentReaderCallback read,
                                  void *self, MHD_ContentReaderFreeCallback release);
/* Takes over the response. */
void http_give(struct http_request *rq, int status, const char *mime, struct MHD_Response *r);

/* ---- stream.c; called with the table locked ---- */
void http_stream_ping(struct http_stream *st, int64_t now);
void http_stream_hangup(struct http_stream *st);
