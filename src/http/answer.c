#include "http/http_int.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void http_set_header(struct http_request *rq, const char *name, struct str value)
{
    ASSERT(http_name_ok(str_of(name)));
    ASSERT(rq->n_out < HTTP_MAX_OUT);
    char *text = arena_copy(rq->arena, value.ptr ? value.ptr : "", value.len);
    for (size_t i = 0; i < value.len; i++) /* a value from outside must not begin a new line */
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
            text[i] = ' ';
    rq->out[rq->n_out++] = (struct http_pair){str_dup(rq->arena, str_of(name)), str_of(text)};
}

void http_give(struct http_request *rq, int status, const char *mime, struct MHD_Response *r)
{
    ASSERT(r);
    ASSERT(status >= 200 && status <= 599);
    ASSERT(!rq->response); /* answered twice */
    if (mime)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, mime);
    for (size_t i = 0; i < rq->n_out; i++)
        MHD_add_response_header(r, rq->out[i].name.ptr, rq->out[i].value.ptr);
    rq->status = status;
    rq->response = r;
    if (atomic_load(&rq->state) == RQ_RUNNING)
        return;
    /* While it is parked the connection is suspended, so it cannot go away before the resume;
     * after it the request belongs to the server thread, and rq->conn may be gone. */
    struct MHD_Connection *mhd = rq->mhd;
    int was = RQ_PARKED;
    if (atomic_compare_exchange_strong(&rq->state, &was, RQ_ANSWERED))
        MHD_resume_connection(mhd);
    else
        ASSERT(was == RQ_ABANDONED);
    http_request_release(rq);
}

/* libmicrohttpd frees it. */
static struct MHD_Response *owned(char *bytes, size_t len)
{
    return MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);
}

static struct MHD_Response *copied(struct str body)
{
    char *own = mem_new(body.len);
    if (body.len)
        memcpy(own, body.ptr, body.len);
    return owned(own, body.len);
}

void http_answer(struct http_request *rq, int status, const char *mime, struct str body)
{
    http_give(rq, status, mime, copied(body));
}

void http_answer_buf(struct http_request *rq, int status, const char *mime, struct buf *b)
{
    ASSERT(buf_ok(b));
    struct MHD_Response *r = b->ptr ? owned(b->ptr, b->len) : copied(STR_NONE);
    b->ptr = NULL;
    b->len = b->cap = 0;
    http_give(rq, status, mime, r);
}

struct MHD_Response *http_problem(const struct http_refusal *no)
{
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kc(&o, "type", "about:blank");
    jo_kc(&o, "title", err_title_zh(no->code));
    jo_ki(&o, "status", no->status);
    jo_kc(&o, "code", err_wire(no->code));
    jo_kc(&o, "detail", no->why);
    jo_end(&o);
    return owned(b.ptr, b.len);
}

/* ---- files ---- */

/* RFC 6266: an ASCII stand-in, and the name itself percent-encoded. */
static void set_disposition(struct http_request *rq, struct str name)
{
    struct buf b AUTO(buf_free) = BUF(8192);
    buf_c(&b, "attachment; filename=\"");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '%';
        if (plain || (unsigned char)c < 0x80 || ((unsigned char)c & 0xC0) == 0xC0)
            buf_char(&b, plain ? c : '_'); /* one stand-in for each character */
    }
    buf_c(&b, "\"; filename*=UTF-8''");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (http_name_ok((struct str){&c, 1}) && c != '*' && c != '\'' && c != '%')
            buf_char(&b, c);
        else
            buf_printf(&b, "%%%02X", (unsigned char)c);
    }
    if (buf_ok(&b))
        http_set_header(rq, "Content-Disposition", buf_view(&b));
}

void http_answer_file(struct http_request *rq, const char *path, const char *mime, struct str name)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        struct http_refusal no = {404, ERR_NOT_FOUND, "the file is not there", false};
        if (fd >= 0)
            close(fd);
        http_give(rq, no.status, "application/problem+json", http_problem(&no));
        return;
    }
    if (name.ptr)
        set_disposition(rq, name);
    http_give(rq, 200, mime, MHD_create_response_from_fd64((uint64_t)st.st_size, fd));
}

/* ---- pulled answers ---- */

struct MHD_Response *http_endless(const struct http_request *rq, MHD_ContentReaderCallback read,
                                  void *self, MHD_ContentReaderFreeCallback release)
{
    struct MHD_Response *r =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, read, self, release);
    /* libmicrohttpd 0.9.75 ends a chunked answer to HEAD with a last chunk, which the client would
     * take for the beginning of the next answer.  Without chunks there is none. */
    if (rq->method == HTTP_HEAD)
        MHD_set_response_options(r, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return r;
}

struct pull {
    bool (*fill)(void *self, struct buf *b);
    void (*done)(void *self);
    void *self;
    struct buf b;
    size_t off;
    bool end;
};

static ssize_t pull_read(void *self, uint64_t pos, char *out, size_t max)
{
    struct pull *p = self;
    UNUSED(pos);
    while (p->off == p->b.len && !p->end) {
        buf_clear(&p->b);
        p->off = 0;
        p->end = !p->fill(p->self, &p->b);
        if (!buf_ok(&p->b)) /* the client sees a broken answer, never one that looks whole */
            return MHD_CONTENT_READER_END_WITH_ERROR;
    }
    size_t n = p->b.len - p->off;
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    n = n < max ? n : max;
    memcpy(out, p->b.ptr + p->off, n);
    p->off += n;
    return (ssize_t)n;
}

static void pull_free(void *self)
{
    struct pull *p = self;
    if (p->done)
        p->done(p->self);
    buf_free(&p->b);
    free(p);
}

void http_answer_stream(struct http_request *rq, int status, const char *mime,
                        bool (*fill)(void *self, struct buf *b), void (*done)(void *self),
                        void *self)
{
    struct pull *p = mem_new(sizeof *p);
    *p = (struct pull){.fill = fill, .done = done, .self = self, .b = BUF(HTTP_FILL)};
    http_give(rq, status, mime, http_endless(rq, pull_read, p, pull_free));
}
