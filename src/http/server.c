#include "http/http_int.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* ---- what libmicrohttpd calls ---- */

static struct http_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info->socket_context;
}

static void peer_text(const struct sockaddr *sa, char *out, socklen_t cap)
{
    out[0] = '\0';
    if (sa->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sa, sizeof in);
        inet_ntop(AF_INET, &in.sin_addr, out, cap);
    } else if (sa->sa_family == AF_INET6) {
        struct sockaddr_in6 in;
        memcpy(&in, sa, sizeof in);
        if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr))
            inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], out, cap);
        else
            inet_ntop(AF_INET6, &in.sin6_addr, out, cap);
    }
}

static void on_connection(void *self, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct http_conn *gone = *context;
        http_conn_remove(gone);
        free(gone);
        return;
    }
    struct http_conn *c = mem_new(sizeof *c);
    *c = (struct http_conn){.server = self, .mhd = mhd};
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    peer_text(MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr,
              c->peer, sizeof c->peer);
    http_phase_set(c, PHASE_HEAD); /* the first head is due at once */
    *context = c;
    http_conn_add(c);
}

/* The request line is complete.  What is returned is handed to all later calls. */
static void *on_target(void *self, const char *target, struct MHD_Connection *mhd)
{
    struct http_conn *c = conn_of(mhd);
    UNUSED(self);
    if (c->used)
        http_phase_set(c, PHASE_HEAD); /* of a first request the deadline runs since the accept */
    c->used = true;
    return http_request_new(c, target);
}

static enum MHD_Result on_request(void *self, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *len, void **context)
{
    struct http_request *rq = *context;
    UNUSED(self);
    UNUSED(mhd);
    UNUSED(url);
    switch (rq->step) {
    case STEP_HEAD:
        rq->step = STEP_BODY;
        return http_request_head(rq, method, version);
    case STEP_BODY:
        if (*len) {
            enum MHD_Result ok = http_request_body(rq, data, *len);
            *len = 0;
            return ok;
        }
        return http_request_run(rq);
    case STEP_ANSWER:
        return http_request_send(rq);
    }
    return MHD_NO;
}

static void on_completed(void *self, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode how)
{
    struct http_request *rq = *context;
    struct http_conn *c = conn_of(mhd);
    UNUSED(self);
    UNUSED(how);
    if (!rq)
        return;
    if (atomic_load(&rq->state) != RQ_RUNNING) {
        pthread_mutex_lock(&c->server->table);
        c->parked = NULL;
        pthread_mutex_unlock(&c->server->table);
    }
    http_phase_set(c, PHASE_IDLE);
    *context = NULL;
    http_request_release(rq);
}

/* Percent decoding is ours: libmicrohttpd's forgives too much. */
static size_t keep_escapes(void *self, struct MHD_Connection *mhd, char *text)
{
    UNUSED(self);
    UNUSED(mhd);
    return strlen(text);
}

/* ---- starting ---- */

static bool split_address(const char *text, char host[static 64], char port[static 8],
                          struct err *e)
{
    const char *colon = strrchr(text, ':');
    size_t n = colon ? (size_t)(colon - text) : 0;
    int64_t number;
    bool ok = colon && n < 64 && strlen(colon + 1) < 8 && str_int(str_of(colon + 1), &number) &&
              number >= 0 && number <= 65535;
    if (ok && n >= 2 && text[0] == '[' && text[n - 1] == ']')
        text++, n -= 2;
    else if (ok)
        ok = !memchr(text, ':', n);
    if (!ok)
        return err_set(e, ERR_USAGE, "expected ADDRESS:PORT or [ADDRESS]:PORT, not \"%s\"", text);
    memcpy(host, text, n);
    host[n] = '\0';
    snprintf(port, 8, "%s", colon + 1);
    return true;
}

static void close_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static bool open_socket(const char *text, int *out, int *out_port, struct err *e)
{
    char host[64], port[8];
    struct addrinfo want = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (!split_address(text, host, port, e))
        return false;
    int failed = getaddrinfo(host[0] ? host : NULL, port, &want, &found);
    if (failed)
        return err_set(e, ERR_USAGE, "cannot listen on %s: %s", text, gai_strerror(failed));
    int fd AUTO(close_fd) = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int on = 1;
    bool ok = fd >= 0;
    if (ok) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        ok = bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 4096) == 0;
    }
    int why = errno;
    freeaddrinfo(found);
    if (!ok)
        return err_set(e, ERR_IO, "cannot listen on %s: %s", text, strerror(why));
    struct sockaddr_storage at;
    socklen_t len = sizeof at;
    getsockname(fd, (struct sockaddr *)&at, &len);
    getnameinfo((struct sockaddr *)&at, len, NULL, 0, port, sizeof port, NI_NUMERICSERV);
    int64_t number = 0;
    str_int(str_of(port), &number);
    *out_port = (int)number;
    *out = fd;
    fd = -1;
    return true;
}

static struct http_config with_defaults(const struct http_config *given)
{
    struct http_config c = *given;
    c.threads = c.threads ? c.threads : 2;
    c.head_seconds = c.head_seconds ? c.head_seconds : 10;
    c.body_seconds = c.body_seconds ? c.body_seconds : 30;
    c.min_body_rate = c.min_body_rate ? c.min_body_rate : 4096;
    c.per_address = c.per_address ? c.per_address : 2000;
    c.body_limit = c.body_limit ? c.body_limit : LIMIT_REQUEST_BODY;
    return c;
}

/* Descriptors are left over for the database, uploads and files. */
static unsigned connection_limit(void)
{
    struct rlimit files = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &files);
    int64_t most = files.rlim_cur > 100000 ? 100000 : (int64_t)files.rlim_cur;
    return (unsigned)max64(most * 3 / 4, 64);
}

static bool start_daemon(struct http_server *s, struct err *e)
{
    struct MHD_OptionItem pool[] = {
        {MHD_OPTION_THREAD_POOL_SIZE, s->cfg.threads, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    if (s->cfg.threads < 2) /* a pool of one is refused: it is no pool */
        pool[0].option = MHD_OPTION_END;
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, s,
        MHD_OPTION_LISTEN_SOCKET, s->listen_fd, MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)s->cfg.per_address,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_POOL, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_URI_LOG_CALLBACK, on_target, s,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes,
        s, MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
    return s->daemon || err_set(e, ERR_IO, "the HTTP server did not start");
}

static void free_server(struct http_server *s)
{
    int fds[] = {s->listen_fd, s->epoll_fd, s->wake_fd};
    for (size_t i = 0; i < COUNT_OF(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    http_routes_free(s->routes);
    pthread_mutex_destroy(&s->table);
    free(s->conns);
    free(s);
}

static bool start(struct http_server *s, const struct http_route *routes, size_t n, struct err *e)
{
    for (size_t i = 0; i < n; i++)
        if (routes[i].upload && !s->cfg.upload_dir)
            return err_set(e, ERR_INTERNAL, "route %s needs an upload folder", routes[i].path);
    if (!http_routes_new(routes, n, &s->routes, e) ||
        !open_socket(s->cfg.listen, &s->listen_fd, &s->port, e) || !http_watchdog_start(s, e))
        return false;
    if (start_daemon(s, e))
        return true;
    http_watchdog_stop(s);
    return false;
}

bool http_start(const struct http_config *cfg, const struct http_route *routes, size_t n,
                void *app, struct http_server **out, struct err *e)
{
    struct http_server *s = mem_new(sizeof *s);
    *s = (struct http_server){.cfg = with_defaults(cfg), .app = app, .listen_fd = -1,
                              .epoll_fd = -1, .wake_fd = -1};
    s->layout_known = strcmp(MHD_get_version(), "0.9.75") == 0;
    pthread_mutex_init(&s->table, NULL);
    /* Signals are for the main thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = start(s, routes, n, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!ok) {
        free_server(s);
        return false;
    }
    *out = s;
    return true;
}

int http_port(const struct http_server *s)
{
    return s->port;
}

/* ---- stopping ---- */

static void drain_until(struct http_server *s, bool all, int64_t deadline)
{
    const struct timespec nap = {.tv_nsec = 5 * 1000000};
    while (http_drain(s, all) > 0 && http_now() < deadline)
        nanosleep(&nap, NULL);
}

void http_stop(struct http_server *s, int seconds)
{
    atomic_store(&s->draining, true);
    MHD_quiesce_daemon(s->daemon);
    shutdown(s->listen_fd, SHUT_RDWR); /* who comes now is refused, not kept waiting */
    drain_until(s, false, http_now() + seconds * (int64_t)MS_SECOND);
    /* libmicrohttpd aborts when it is stopped with suspended connections, so none may be left. */
    drain_until(s, true, INT64_MAX);
    http_watchdog_stop(s);
    MHD_stop_daemon(s->daemon);
    free_server(s);
}

struct http_stats http_stats(const struct http_server *s)
{
    struct http_stats out = {
        .requests = atomic_load(&s->requests),
        .refused = atomic_load(&s->refused),
        .streams = atomic_load(&s->streams),
        .slow_closed = atomic_load(&s->slow),
    };
    for (size_t i = 0; i < COUNT_OF(out.by_status); i++)
        out.by_status[i] = atomic_load(&s->by_status[i]);
    out.open_connections = (int64_t)atomic_load(&s->open);
    return out;
}
