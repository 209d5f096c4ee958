/* Server-sent events: after each commit the ids of the records that changed, cut to what each
 * listener may see.  The writer only queues; loading and sending is done by one thread here. */
#include "api/api_int.h"
#include "record/seal.h"

enum { HUB_QUEUE = 4096, HUB_STREAMS = 2000, STREAM_LIFE_MS = 15 * MS_MINUTE };

struct listener {
    struct listener *next;
    struct hub *hub;
    struct http_stream *stream;
    struct actor actor;
    int64_t since;
};

struct hub {
    struct api *api;
    pthread_mutex_t lock;
    pthread_cond_t filled;
    pthread_t thread;
    bool runs, stopping, lost; /* lost: the queue was full, listeners must ask /api/changes */
    int64_t seq;
    int64_t rids[HUB_QUEUE];
    size_t n;
    struct listener *first;
    int listeners;
};

/* On the writer's thread: must be quick. */
static void committed(void *user, int64_t seq, const int64_t *rids, const struct world *w, size_t n)
{
    struct hub *h = user;
    UNUSED(w);
    pthread_mutex_lock(&h->lock);
    h->seq = seq;
    for (size_t i = 0; h->listeners && i < n; i++) {
        if (h->n < HUB_QUEUE)
            h->rids[h->n++] = rids[i];
        else
            h->lost = true;
    }
    if (h->listeners)
        pthread_cond_signal(&h->filled);
    pthread_mutex_unlock(&h->lock);
}

/* The records that changed, loaded once for all listeners. */
static size_t load_records(struct hub *h, struct arena *a, const int64_t *rids, size_t n,
                           struct record **out)
{
    struct err e = ERR_INIT;
    struct store *db = engine_reader(h->api->engine, &e);
    size_t k = 0;
    for (size_t i = 0; db && i < n; i++) {
        bool found, again = false;
        for (size_t j = 0; j < i; j++)
            again |= rids[j] == rids[i];
        if (!again && record_load_rid(db, a, rids[i], &found, &out[k], &e) && found &&
            seal_open(db, engine_keys(h->api->engine), a, &out[k], &e) &&
            !str_starts(out[k]->type, STR("sys.")))
            k++;
        err_clear(&e);
    }
    engine_reader_back(h->api->engine, db);
    return k;
}

static void tell(struct listener *l, const struct world *w, struct arena *a, int64_t seq, bool lost,
                 struct record **list, size_t n)
{
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    size_t seen = 0;
    jo_obj(&o);
    jo_ki(&o, "seq", seq);
    jo_key(&o, "records");
    jo_arr(&o);
    for (size_t i = 0; i < n; i++) {
        if (!actor_sees(&l->actor, w, list[i]))
            continue;
        jo_str(&o, id_text(a, list[i]->id));
        seen++;
    }
    jo_end(&o);
    if (lost)
        jo_kb(&o, "lost", true);
    jo_end(&o);
    if (seen || lost)
        http_stream_send(l->stream, "changed", buf_view(&b), str_printf(a, "%lld", (long long)seq));
    buf_free(&b);
}

static void send_round(struct hub *h, int64_t seq, const int64_t *rids, size_t n, bool lost)
{
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct record **list = ARENA_ARRAY(a, struct record *, n + 1);
    struct world *w = engine_world(h->api->engine, &e);
    if (!w)
        return;
    n = load_records(h, a, rids, n, list);
    int64_t now = engine_now(h->api->engine);
    pthread_mutex_lock(&h->lock);
    for (struct listener *l = h->first; l; l = l->next) {
        tell(l, w, a, seq, lost, list, n);
        if (now - l->since > STREAM_LIFE_MS) /* it comes back, and its rights are looked at again */
            http_stream_close(l->stream);
    }
    pthread_mutex_unlock(&h->lock);
    world_unref(w);
}

static void *run(void *user)
{
    struct hub *h = user;
    int64_t *rids = mem_new(sizeof h->rids);
    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        if (!h->n) {
            pthread_cond_wait(&h->filled, &h->lock);
            continue;
        }
        size_t n = h->n;
        int64_t seq = h->seq;
        bool lost = h->lost;
        memcpy(rids, h->rids, n * sizeof *rids);
        h->n = 0;
        h->lost = false;
        pthread_mutex_unlock(&h->lock);
        send_round(h, seq, rids, n, lost);
        struct timespec t = {.tv_nsec = 50 * 1000 * 1000}; /* what comes meanwhile goes together */
        nanosleep(&t, NULL);
        pthread_mutex_lock(&h->lock);
    }
    pthread_mutex_unlock(&h->lock);
    free(rids);
    return NULL;
}

struct hub *hub_start(struct api *api)
{
    struct hub *h = mem_new(sizeof *h);
    memset(h, 0, sizeof *h);
    h->api = api;
    pthread_mutex_init(&h->lock, NULL);
    pthread_cond_init(&h->filled, NULL);
    h->runs = pthread_create(&h->thread, NULL, run, h) == 0;
    engine_on_commit(api->engine, committed, h);
    return h;
}

static bool nothing(void *user, struct store *db, struct err *e)
{
    UNUSED(user);
    UNUSED(db);
    UNUSED(e);
    return true;
}

/* After http_stop: no stream is open any more. */
void hub_stop(struct hub *h)
{
    struct err ignored = ERR_INIT;
    if (!h)
        return;
    engine_on_commit(h->api->engine, NULL, NULL);
    /* a turn of the writer later nobody is inside committed() */
    if (!engine_exclusive(h->api->engine, nothing, NULL, &ignored))
        err_clear(&ignored);
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_signal(&h->filled);
    pthread_mutex_unlock(&h->lock);
    if (h->runs)
        pthread_join(h->thread, NULL);
    ASSERT(!h->first);
    pthread_mutex_destroy(&h->lock);
    pthread_cond_destroy(&h->filled);
    free(h);
}

static void gone(void *self)
{
    struct listener *l = self;
    struct hub *h = l->hub;
    pthread_mutex_lock(&h->lock);
    for (struct listener **p = &h->first; *p; p = &(*p)->next) {
        if (*p == l) {
            *p = l->next;
            h->listeners--;
            break;
        }
    }
    pthread_mutex_unlock(&h->lock);
    free(l);
}

static bool stream_open(struct call *c)
{
    struct hub *h = c->api->hub;
    struct ledger_head head;
    if (!ledger_read_head(c->db, &head, c->e))
        return false;
    struct listener *l = mem_new(sizeof *l);
    *l = (struct listener){.hub = h, .actor = c->actor, .since = c->now};
    pthread_mutex_lock(&h->lock);
    bool full = h->listeners >= HUB_STREAMS;
    if (!full) {
        l->stream = http_open_stream(c->rq, gone, l);
        full = !l->stream;
    }
    if (!full) {
        l->next = h->first;
        h->first = l;
        h->listeners++;
        struct str hello =
            str_printf(c->a, "{\"seq\":%lld,\"records\":[]}", (long long)head.tree.size - 1);
        http_stream_send(l->stream, "hello", hello,
                         str_printf(c->a, "%lld", (long long)head.tree.size - 1));
    }
    pthread_mutex_unlock(&h->lock);
    if (!full)
        return true;
    free(l);
    return err_set(c->e, ERR_BUSY, "too many event streams");
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/stream", PERM_READ, stream_open, "实时变化（SSE）",
           "Server-sent events: {seq, records}")},
};
const struct route_list ROUTES_STREAM = {ROWS, COUNT_OF(ROWS)};
