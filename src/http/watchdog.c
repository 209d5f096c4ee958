/* The watchdog: one thread that knows every connection.
 *
 * libmicrohttpd has one timeout, for silence.  A client that sends a byte a second never meets it,
 * and a suspended connection has no timeout at all.  So each connection has a phase with a total
 * deadline (or a rate), and when it is over the socket is shut down under the feet of
 * libmicrohttpd, which then cleans up on its own thread.
 *
 * Nothing is shut down after its close: the close happens after http_conn_remove, which waits for
 * the table lock, and every shutdown is made under it. */
#include "http/http_int.h"
#include <errno.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t http_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void http_phase_set(struct http_conn *c, enum http_phase p)
{
    atomic_store_explicit(&c->got, 0, memory_order_relaxed);
    atomic_store_explicit(&c->since, http_now(), memory_order_relaxed);
    atomic_store_explicit(&c->phase, (int)p, memory_order_release);
}

void http_conn_add(struct http_conn *c)
{
    struct http_server *s = c->server;
    size_t i = (size_t)c->fd;
    pthread_mutex_lock(&s->table);
    if (i >= s->n_conns) {
        size_t n = i + 256;
        s->conns = mem_grow(s->conns, n * sizeof *s->conns);
        memset(s->conns + s->n_conns, 0, (n - s->n_conns) * sizeof *s->conns);
        s->n_conns = n;
    }
    ASSERT(!s->conns[i]);
    c->serial = ++s->serial;
    s->conns[i] = c;
    s->open++;
    pthread_mutex_unlock(&s->table);
}

void http_conn_remove(struct http_conn *c)
{
    struct http_server *s = c->server;
    pthread_mutex_lock(&s->table);
    ASSERT(s->conns[c->fd] == c);
    s->conns[c->fd] = NULL;
    s->open--;
    pthread_mutex_unlock(&s->table);
}

static struct http_conn *find(const struct http_server *s, int fd, uint32_t serial)
{
    struct http_conn *c = (size_t)fd < s->n_conns ? s->conns[fd] : NULL;
    return c && c->serial == serial ? c : NULL;
}

/* What a client did not read shall not stay in the kernel when the socket is closed. */
static void forget_unsent(int fd)
{
    const struct linger none = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
}

void http_conn_cut(struct http_server *s, int fd, uint32_t serial)
{
    pthread_mutex_lock(&s->table);
    if (find(s, fd, serial)) {
        forget_unsent(fd);
        shutdown(fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&s->table);
}

void http_watch_hangup(struct http_conn *c)
{
    struct epoll_event ev = {.events = EPOLLRDHUP | EPOLLONESHOT,
                             .data.u64 = (uint64_t)c->serial << 32 | (uint32_t)c->fd};
    if (epoll_ctl(c->server->epoll_fd, EPOLL_CTL_ADD, c->fd, &ev) != 0 && errno == EEXIST)
        epoll_ctl(c->server->epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
}

/* With the table locked, and the connection suspended: it waits in the table for nothing else. */
static void give_up(struct http_conn *c)
{
    struct http_request *rq = c->parked;
    if (!rq || !http_request_abandon(rq))
        return;
    c->parked = NULL;
    MHD_resume_connection(c->mhd);
}

/* Is the client reading?  Every window it has to acknowledge what the least rate would bring,
 * unless nothing waits for it. */
static bool reads_too_slowly(struct http_conn *c, int64_t now)
{
    const struct http_config *cfg = &c->server->cfg;
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    int64_t window = cfg->head_seconds * MS_SECOND, begun = atomic_load(&c->since);
    int waiting = 0;
    if (c->acked_at < begun) { /* a new answer: the first window begins */
        c->acked_at = begun;
        c->acked = -1;
    }
    if (c->acked >= 0 && now - c->acked_at < window)
        return false;
    if (getsockopt(c->fd, IPPROTO_TCP, TCP_INFO, &info, &len) != 0 ||
        ioctl(c->fd, SIOCOUTQ, &waiting) != 0)
        return false;
    int64_t acked = (int64_t)info.tcpi_bytes_acked;
    bool slow = c->acked >= 0 && waiting > 0 &&
                acked - c->acked < cfg->min_body_rate * (int64_t)cfg->head_seconds;
    c->acked = acked;
    c->acked_at = now;
    return slow;
}

static bool is_over(struct http_conn *c, int64_t now)
{
    const struct http_config *cfg = &c->server->cfg;
    int64_t head = cfg->head_seconds * MS_SECOND, body = cfg->body_seconds * MS_SECOND;
    int64_t spent = now - atomic_load(&c->since);
    switch ((enum http_phase)atomic_load_explicit(&c->phase, memory_order_acquire)) {
    case PHASE_IDLE:
        return spent > head * HTTP_IDLE_HEADS;
    case PHASE_HEAD:
        return spent > head;
    case PHASE_BODY:
        return spent > body;
    case PHASE_UPLOAD:
        return spent > head && atomic_load(&c->got) * MS_SECOND < cfg->min_body_rate * spent;
    case PHASE_WORK:
        if (spent > body * HTTP_PARK_BODIES)
            give_up(c);
        return false;
    case PHASE_SEND:
        if (c->stream || !reads_too_slowly(c, now))
            return false;
        forget_unsent(c->fd);
        return true;
    }
    return false;
}

static void look(struct http_server *s, struct http_conn *c, int64_t now)
{
    if (c->stream)
        http_stream_ping(c->stream, now);
    if (!is_over(c, now))
        return;
    if (atomic_load(&c->phase) != PHASE_IDLE)
        atomic_fetch_add(&s->slow, 1);
    /* The table may still show it for a moment: do not count it again. */
    http_phase_set(c, PHASE_IDLE);
    shutdown(c->fd, SHUT_RDWR);
}

static void look_at_all(struct http_server *s)
{
    int64_t now = http_now();
    pthread_mutex_lock(&s->table);
    for (size_t i = 0; i < s->n_conns; i++)
        if (s->conns[i])
            look(s, s->conns[i], now);
    pthread_mutex_unlock(&s->table);
}

static void hung_up(struct http_server *s, uint64_t key)
{
    pthread_mutex_lock(&s->table);
    struct http_conn *c = find(s, (int)(uint32_t)key, (uint32_t)(key >> 32));
    if (c && c->stream)
        http_stream_hangup(c->stream);
    pthread_mutex_unlock(&s->table);
}

static void *watch(void *self)
{
    struct http_server *s = self;
    struct epoll_event evs[64];
    int64_t next = http_now() + HTTP_TICK_MS;
    while (!atomic_load(&s->stopping)) {
        int64_t wait = next - http_now();
        int n = epoll_wait(s->epoll_fd, evs, COUNT_OF(evs), (int)max64(wait, 0));
        for (int i = 0; i < n; i++)
            if (evs[i].data.u64)
                hung_up(s, evs[i].data.u64);
        if (http_now() < next)
            continue;
        look_at_all(s);
        next = http_now() + HTTP_TICK_MS;
    }
    return NULL;
}

bool http_watchdog_start(struct http_server *s, struct err *e)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u64 = 0};
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (s->epoll_fd < 0 || s->wake_fd < 0 ||
        epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, s->wake_fd, &ev) != 0)
        return err_set(e, ERR_IO, "no watchdog: %s", strerror(errno));
    int failed = pthread_create(&s->watchdog, NULL, watch, s);
    if (failed)
        return err_set(e, ERR_IO, "no watchdog: %s", strerror(failed));
    return true;
}

void http_watchdog_stop(struct http_server *s)
{
    atomic_store(&s->stopping, true);
    eventfd_write(s->wake_fd, 1);
    pthread_join(s->watchdog, NULL);
}

size_t http_drain(struct http_server *s, bool all)
{
    size_t open = 0;
    pthread_mutex_lock(&s->table);
    for (size_t i = 0; i < s->n_conns; i++) {
        struct http_conn *c = s->conns[i];
        if (!c)
            continue;
        if (c->stream && all)
            http_stream_hangup(c->stream);
        else if (c->stream)
            http_stream_close(c->stream);
        if (all)
            give_up(c);
        if (all || atomic_load(&c->phase) == PHASE_IDLE)
            shutdown(c->fd, SHUT_RDWR);
        /* An idle one is libmicrohttpd's to close: it may sleep over a connection whose stream has ended until
         * another event wakes it, and closes all when it is stopped. */
        open += c->stream || atomic_load(&c->phase) != PHASE_IDLE;
    }
    pthread_mutex_unlock(&s->table);
    return open;
}
