#include "http/http_int.h"
#include <errno.h>
#include <unistd.h>

static const char *const METHOD_NAMES[] = {
    [HTTP_GET] = "GET",       [HTTP_POST] = "POST", [HTTP_PUT] = "PUT",
    [HTTP_DELETE] = "DELETE", [HTTP_HEAD] = "HEAD", [HTTP_OPTIONS] = "OPTIONS",
};

struct http_request *http_request_new(struct http_conn *c, const char *target)
{
    struct arena *a = arena_new();
    struct http_request *rq = ARENA_NEW(a, struct http_request);
    rq->server = c->server;
    rq->conn = c;
    rq->mhd = c->mhd;
    rq->arena = a;
    memcpy(rq->peer, c->peer, sizeof rq->peer);
    rq->raw_target = str_dup(a, str_of(target ? target : ""));
    rq->file = -1;
    rq->refs = 1;
    return rq;
}

void http_request_release(struct http_request *rq)
{
    if (atomic_fetch_sub(&rq->refs, 1) != 1)
        return;
    if (rq->file >= 0)
        close(rq->file);
    if (rq->file_path)
        unlink(rq->file_path); /* fails when the handler moved it away, as it may */
    if (rq->response)
        MHD_destroy_response(rq->response);
    buf_free(&rq->body);
    arena_free(rq->arena);
}

static void set_method(struct http_request *rq, const char *method)
{
    for (unsigned m = 0; m < HTTP_METHODS; m++) {
        if (strcmp(METHOD_NAMES[m], method) != 0)
            continue;
        rq->method = (enum http_method)m;
        rq->method_known = true;
    }
}

static enum MHD_Result take_header(void *self, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    struct http_request *rq = self;
    UNUSED(kind);
    if (rq->head.n == HTTP_MAX_HEADERS) {
        rq->refusal = (struct http_refusal){431, ERR_TOO_BIG, "too many headers", true};
        return MHD_NO;
    }
    struct str v = {value ? value : "", value ? value_len : 0};
    while (v.len && (v.ptr[v.len - 1] == ' ' || v.ptr[v.len - 1] == '\t'))
        v.len--;
    rq->head.headers[rq->head.n++] = (struct http_pair){
        str_dup(rq->arena, (struct str){name, name_len}), str_dup(rq->arena, v)};
    return MHD_YES;
}

static bool check_head(struct http_request *rq, const char *method, const char *version)
{
    rq->head.v11 = strcmp(version, "HTTP/1.0") != 0;
    rq->head.headers = ARENA_ARRAY(rq->arena, struct http_pair, HTTP_MAX_HEADERS);
    MHD_get_connection_values_n(rq->mhd, MHD_HEADER_KIND, take_header, rq);
    if (rq->refusal.status || !http_head_check(&rq->head, &rq->refusal))
        return false;
    if (!rq->server->layout_known)
        return true;
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(rq->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    if (size && size->header_size <= HTTP_POOL &&
        http_head_intact(method, size->header_size, strlen(method), rq->raw_target.len,
                         rq->head.n))
        return true;
    rq->refusal = (struct http_refusal){400, ERR_SYNTAX, "the head is malformed", true};
    return false;
}

static bool find_route(struct http_request *rq)
{
    if (!http_target_parse(rq->arena, rq->raw_target, &rq->target, &rq->refusal))
        return false;
    enum http_method m = rq->method_known ? rq->method : HTTP_OPTIONS;
    rq->route = http_routes_find(rq->server->routes, &rq->target, m, &rq->allowed);
    if (rq->route && rq->method_known)
        return true;
    if (rq->method_known && rq->method == HTTP_OPTIONS && (rq->allowed || !rq->target.n_seg))
        rq->refusal = (struct http_refusal){204, ERR_NONE, "", false};
    else if (rq->allowed)
        rq->refusal = (struct http_refusal){405, ERR_INPUT, "not with this method", false};
    else
        rq->refusal = (struct http_refusal){404, ERR_NOT_FOUND, "there is nothing here", false};
    rq->route = NULL;
    return false;
}

static void check_length(struct http_request *rq)
{
    bool upload = rq->route && rq->route->upload;
    rq->limit = upload ? LIMIT_UPLOAD : rq->server->cfg.body_limit;
    rq->body = BUF(rq->limit);
    if (rq->head.length <= (int64_t)rq->limit)
        return;
    /* A body that is a little too long is read to its end: closing in the middle would reset the
     * connection, and the client would never see why. */
    bool far = rq->head.length / HTTP_SWALLOW > (int64_t)rq->limit;
    rq->refusal = (struct http_refusal){413, ERR_TOO_BIG, "the body is too large",
                                        far || rq->head.expects};
}

enum MHD_Result http_request_head(struct http_request *rq, const char *method, const char *version)
{
    struct http_server *s = rq->server;
    atomic_fetch_add(&s->requests, 1);
    set_method(rq, method);
    if (check_head(rq, method, version)) {
        bool routed = find_route(rq);
        if (!rq->refusal.now)
            check_length(rq);
        if (!routed && rq->head.expects)
            rq->refusal.now = true;
    }
    bool body = rq->head.chunked || rq->head.length > 0;
    if (body)
        http_phase_set(rq->conn, rq->route && rq->route->upload ? PHASE_UPLOAD : PHASE_BODY);
    if (!rq->refusal.now || !rq->refusal.status)
        return MHD_YES;
    return http_request_run(rq);
}

static bool file_add(struct http_request *rq, const char *data, size_t len)
{
    if (rq->file < 0) {
        char *path = arena_printf(rq->arena, "%s/upload-XXXXXX", rq->server->cfg.upload_dir);
        rq->file = mkstemp(path);
        if (rq->file < 0)
            return false;
        rq->file_path = path;
    }
    while (len) {
        ssize_t n = write(rq->file, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

enum MHD_Result http_request_body(struct http_request *rq, const char *data, size_t len)
{
    rq->got += (int64_t)len;
    atomic_store_explicit(&rq->conn->got, rq->got, memory_order_relaxed);
    if (rq->got / HTTP_SWALLOW > (int64_t)rq->limit)
        return MHD_NO;
    if (rq->refusal.status)
        return MHD_YES;
    if (rq->got > (int64_t)rq->limit)
        rq->refusal = (struct http_refusal){413, ERR_TOO_BIG, "the body is too large", false};
    else if (!rq->route->upload)
        buf_add(&rq->body, data, len);
    else if (!file_add(rq, data, len))
        rq->refusal = (struct http_refusal){507, ERR_FULL, "the upload could not be kept", false};
    return MHD_YES;
}

static void set_allow(struct http_request *rq)
{
    struct buf b AUTO(buf_free) = BUF(256);
    unsigned set = rq->allowed | 1u << HTTP_OPTIONS;
    if (set & 1u << HTTP_GET)
        set |= 1u << HTTP_HEAD;
    for (unsigned m = 0; m < HTTP_METHODS; m++)
        if (set & 1u << m)
            buf_printf(&b, "%s%s", b.len ? ", " : "", METHOD_NAMES[m]);
    http_set_header(rq, "Allow", buf_view(&b));
}

static void answer_refusal(struct http_request *rq)
{
    const struct http_refusal *no = &rq->refusal;
    if (no->status == 405 || no->status == 204)
        set_allow(rq);
    if (no->status == 204) {
        http_answer(rq, 204, NULL, STR_NONE);
        return;
    }
    if (no->status != 404 && no->status != 405)
        atomic_fetch_add(&rq->server->refused, 1);
    http_give(rq, no->status, "application/problem+json", http_problem(no));
}

enum MHD_Result http_request_run(struct http_request *rq)
{
    rq->step = STEP_ANSWER;
    http_phase_set(rq->conn, PHASE_WORK);
    if (rq->refusal.status)
        answer_refusal(rq);
    else
        rq->route->handle(rq, rq->server->app);
    /* Once parked, the request may be answered and even gone: only the connection is looked at. */
    if (atomic_load(&rq->state) != RQ_RUNNING)
        return MHD_YES;
    ASSERT(rq->response); /* a handler answers, parks, or opens a stream */
    return http_request_send(rq);
}

static enum MHD_Result queue(struct http_conn *c, int status, struct MHD_Response *r)
{
    struct http_server *s = c->server;
    if (atomic_load(&s->draining))
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    atomic_fetch_add(&s->by_status[status / 100], 1);
    http_phase_set(c, PHASE_SEND);
    enum MHD_Result done = MHD_queue_response(c->mhd, (unsigned)status, r);
    MHD_destroy_response(r);
    return done;
}

enum MHD_Result http_request_send(struct http_request *rq)
{
    if (atomic_load(&rq->state) == RQ_ABANDONED) {
        struct http_refusal late = {503, ERR_BUSY, "the answer took too long", true};
        struct MHD_Response *r = http_problem(&late);
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/problem+json");
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
        return queue(rq->conn, late.status, r);
    }
    struct MHD_Response *r = rq->response;
    rq->response = NULL;
    return queue(rq->conn, rq->status, r);
}

void http_park(struct http_request *rq)
{
    struct http_server *s = rq->server;
    ASSERT(atomic_load(&rq->state) == RQ_RUNNING);
    ASSERT(!rq->response);
    atomic_fetch_add(&rq->refs, 1);
    atomic_store(&rq->state, RQ_PARKED);
    /* Suspended before the table shows it: the watchdog resumes what it finds there. */
    MHD_suspend_connection(rq->mhd);
    pthread_mutex_lock(&s->table);
    rq->conn->parked = rq;
    pthread_mutex_unlock(&s->table);
}

bool http_request_abandon(struct http_request *rq)
{
    int was = RQ_PARKED;
    return atomic_compare_exchange_strong(&rq->state, &was, RQ_ABANDONED);
}

struct arena *http_arena(struct http_request *rq)
{
    return rq->arena;
}

const struct http_route *http_route_of(const struct http_request *rq)
{
    return rq->route;
}

enum http_method http_method_of(const struct http_request *rq)
{
    return rq->method;
}

struct str http_path(const struct http_request *rq)
{
    return rq->target.path;
}

struct str http_part(const struct http_request *rq, const char *name)
{
    return rq->route ? http_route_part(rq->route, &rq->target, name) : STR_NONE;
}

struct str http_query(const struct http_request *rq, const char *name)
{
    return http_pair_find(rq->target.params, rq->target.n_params, name, false);
}

struct str http_header(const struct http_request *rq, const char *name)
{
    return http_pair_find(rq->head.headers, rq->head.n, name, true);
}

struct str http_cookie(const struct http_request *rq, const char *name)
{
    for (size_t i = 0; i < rq->head.n; i++) {
        const struct http_pair *h = &rq->head.headers[i];
        if (!http_pair_find(h, 1, "Cookie", true).ptr)
            continue;
        struct str found = http_cookie_find(h->value, str_of(name));
        if (found.ptr)
            return found;
    }
    return STR_NONE;
}

struct str http_body(const struct http_request *rq)
{
    return buf_view(&rq->body);
}

const char *http_upload_file(const struct http_request *rq)
{
    return rq->file_path;
}

static bool trusted(const char *proxies, struct str address)
{
    struct str rest = str_of(proxies);
    while (rest.len)
        if (str_eq(str_trim(str_cut(rest, ',', &rest)), address))
            return true;
    return false;
}

/* The newest entry that no trusted proxy has added about another one: what stands before it anybody may have
 * written. */
static struct str forwarded(const struct http_request *rq, const char *proxies)
{
    struct str best = str_of(rq->peer);
    for (size_t i = rq->head.n; i > 0; i--) {
        struct str list = http_pair_find(&rq->head.headers[i - 1], 1, "X-Forwarded-For", true);
        while (list.len) {
            size_t at = list.len;
            while (at > 0 && list.ptr[at - 1] != ',')
                at--;
            struct str one = str_trim((struct str){list.ptr + at, list.len - at});
            if (!one.len || one.len > 45)
                return best;
            if (!trusted(proxies, one))
                return one;
            best = one;
            list.len = at ? at - 1 : 0;
        }
    }
    return best;
}

struct str http_peer(const struct http_request *rq)
{
    const char *proxies = rq->server->cfg.proxies;
    struct str peer = str_of(rq->peer);
    return proxies && trusted(proxies, peer) ? forwarded(rq, proxies) : peer;
}
