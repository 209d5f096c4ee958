#include "http/http_int.h"
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* One client of server-sent events.
 *
 * When the queue is empty the connection is suspended (or libmicrohttpd would spin); whoever adds
 * an event resumes it.  A suspended connection notices nothing, so the watchdog listens for the
 * peer hanging up, and pings. */
struct http_stream {
    struct http_server *server;
    struct MHD_Connection *mhd; /* touched from outside only while suspended */
    int fd;
    uint32_t serial;
    void (*gone)(void *self);
    void *self;
    pthread_mutex_t lock;
    struct buf queue;
    size_t off; /* sent of it */
    int64_t last; /* ms of the last event */
    bool suspended, closing, dropped;
};

static ssize_t stream_read(void *self, uint64_t pos, char *out, size_t max)
{
    struct http_stream *st = self;
    ssize_t n = 0;
    UNUSED(pos);
    pthread_mutex_lock(&st->lock);
    size_t left = st->queue.len - st->off;
    if (st->dropped) {
        n = MHD_CONTENT_READER_END_WITH_ERROR;
    } else if (left) {
        left = left < max ? left : max;
        memcpy(out, st->queue.ptr + st->off, left);
        st->off += left;
        n = (ssize_t)left;
    } else if (st->closing) {
        n = MHD_CONTENT_READER_END_OF_STREAM;
    } else {
        st->suspended = true;
        MHD_suspend_connection(st->mhd);
    }
    pthread_mutex_unlock(&st->lock);
    return n;
}

static void stream_free(void *self)
{
    struct http_stream *st = self;
    struct http_server *s = st->server;
    pthread_mutex_lock(&s->table);
    if ((size_t)st->fd < s->n_conns && s->conns[st->fd] && s->conns[st->fd]->stream == st)
        s->conns[st->fd]->stream = NULL;
    pthread_mutex_unlock(&s->table);
    atomic_fetch_sub(&s->streams, 1);
    if (st->gone)
        st->gone(st->self);
    pthread_mutex_destroy(&st->lock);
    buf_free(&st->queue);
    free(st);
}

/* With st locked. */
static void wake(struct http_stream *st)
{
    if (!st->suspended)
        return;
    st->suspended = false;
    MHD_resume_connection(st->mhd);
}

static void drop(struct http_stream *st)
{
    st->dropped = true;
    buf_free(&st->queue);
    st->off = 0;
    wake(st);
}

/* With st locked.  False: the client is too far behind and was dropped. */
static bool append(struct http_stream *st, struct str text)
{
    if (st->off == st->queue.len) {
        buf_clear(&st->queue);
        st->off = 0;
    } else if (st->off > HTTP_STREAM_QUEUE / 2) {
        memmove(st->queue.ptr, st->queue.ptr + st->off, st->queue.len - st->off);
        st->queue.len -= st->off;
        st->off = 0;
    }
    if (st->queue.len - st->off + text.len > HTTP_STREAM_QUEUE) {
        drop(st);
        return false;
    }
    buf_str(&st->queue, text);
    st->last = http_now();
    wake(st);
    return true;
}

/* A dead network gives no hang-up: the kernel is asked to give up after a while. */
static void set_socket(int fd)
{
    int room = HTTP_STREAM_SOCKET;
    unsigned silence = HTTP_STREAM_SILENCE;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
}

struct http_stream *http_open_stream(struct http_request *rq, void (*gone)(void *self), void *self)
{
    struct http_conn *c = rq->conn;
    struct http_stream *st = mem_new(sizeof *st);
    ASSERT(atomic_load(&rq->state) == RQ_RUNNING);
    *st = (struct http_stream){.server = rq->server, .mhd = c->mhd, .fd = c->fd,
                               .serial = c->serial, .gone = gone, .self = self,
                               .queue = BUF(2 * HTTP_STREAM_QUEUE), .last = http_now()};
    pthread_mutex_init(&st->lock, NULL);
    atomic_fetch_add(&rq->server->streams, 1);
    set_socket(c->fd);
    pthread_mutex_lock(&rq->server->table);
    c->stream = st;
    pthread_mutex_unlock(&rq->server->table);
    http_watch_hangup(c);
    http_set_header(rq, "Cache-Control", STR("no-store"));
    http_set_header(rq, "X-Accel-Buffering", STR("no"));
    http_give(rq, 200, "text/event-stream", http_endless(rq, stream_read, st, stream_free));
    return st;
}

static void add_field(struct buf *b, const char *name, struct str value)
{
    buf_c(b, name);
    buf_c(b, ": ");
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '\n' && value.ptr[i] != '\r' && value.ptr[i] != '\0')
            buf_char(b, value.ptr[i]);
    buf_char(b, '\n');
}

void http_stream_send(struct http_stream *st, const char *event, struct str data, struct str id)
{
    struct buf b AUTO(buf_free) = BUF(HTTP_STREAM_QUEUE + 1);
    if (id.ptr)
        add_field(&b, "id", id);
    if (event)
        add_field(&b, "event", str_of(event));
    struct str rest = data.ptr ? data : STR("");
    while (rest.ptr) { /* each line of the data is a field of its own */
        struct str line = str_cut(rest, '\n', &rest);
        add_field(&b, "data", line);
    }
    buf_char(&b, '\n');
    pthread_mutex_lock(&st->lock);
    bool open = !st->dropped && !st->closing, kept = true;
    if (open && buf_ok(&b))
        kept = append(st, buf_view(&b));
    else if (open)
        drop(st), kept = false;
    pthread_mutex_unlock(&st->lock);
    if (kept)
        return;
    atomic_fetch_add(&st->server->slow, 1);
    http_conn_cut(st->server, st->fd, st->serial);
}

void http_stream_close(struct http_stream *st)
{
    pthread_mutex_lock(&st->lock);
    st->closing = true;
    wake(st);
    pthread_mutex_unlock(&st->lock);
}

void http_stream_ping(struct http_stream *st, int64_t now)
{
    pthread_mutex_lock(&st->lock);
    /* Only into an empty queue: a ping says nothing to a client that has more to read. */
    if (st->suspended && !st->closing && now - st->last >= HTTP_PING_MS)
        append(st, STR(": ping\n\n"));
    pthread_mutex_unlock(&st->lock);
}

void http_stream_hangup(struct http_stream *st)
{
    pthread_mutex_lock(&st->lock);
    if (!st->dropped)
        drop(st);
    pthread_mutex_unlock(&st->lock);
}
