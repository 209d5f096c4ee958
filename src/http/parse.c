#include "http/http_int.h"
#include <strings.h>

bool http_name_ok(struct str name)
{
    static const char OTHER[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!word && (c == '\0' || !strchr(OTHER, c)))
            return false;
    }
    return name.len > 0;
}

bool http_value_ok(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F)
            return false;
    }
    return true;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

/* Also undoes the escapes; -1 when they are broken.  out has room for raw.len bytes. */
static int64_t unescape(struct str raw, bool plus, char *out)
{
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            int high = i + 1 < raw.len ? hex(raw.ptr[i + 1]) : -1;
            int low = i + 2 < raw.len ? hex(raw.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return -1;
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[n++] = c;
    }
    return (int64_t)n;
}

bool http_decode(struct arena *a, struct str raw, bool query, struct str *out)
{
    char *text = arena_alloc(a, raw.len + 1);
    int64_t n = unescape(raw, query, text);
    if (n < 0)
        return false;
    struct str s = {text, (size_t)n};
    if (!str_utf8_ok(s))
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool layout = query && (c == '\t' || c == '\n' || c == '\r');
        if ((c < 0x20 && !layout) || c == 0x7F)
            return false;
    }
    *out = s;
    return true;
}

static bool refuse(struct http_refusal *no, int status, enum err_code code, const char *why)
{
    *no = (struct http_refusal){.status = status, .code = code, .why = why};
    return false;
}

/* "http://host/path" is a form every server has to take; what counts is the path. */
static struct str without_origin(struct str raw)
{
    static const char *const SCHEMES[] = {"http://", "https://"};
    for (size_t i = 0; i < COUNT_OF(SCHEMES); i++) {
        size_t n = strlen(SCHEMES[i]);
        if (raw.len < n || strncasecmp(raw.ptr, SCHEMES[i], n) != 0)
            continue;
        const char *p = memchr(raw.ptr + n, '/', raw.len - n);
        return p ? (struct str){p, raw.len - (size_t)(p - raw.ptr)} : STR("/");
    }
    return raw;
}

static bool parse_path(struct arena *a, struct str raw, struct http_target *t,
                       struct http_refusal *no)
{
    if (str_is(raw, "*")) { /* OPTIONS * */
        t->path = STR("*");
        return true;
    }
    if (!raw.len || raw.ptr[0] != '/')
        return refuse(no, 400, ERR_SYNTAX, "the path does not begin with a slash");
    char *text = arena_alloc(a, raw.len + 1);
    size_t len = 0;
    struct str rest = {raw.ptr + 1, raw.len - 1};
    while (rest.ptr) {
        struct str one = str_cut(rest, '/', &rest), seg;
        if (!http_decode(a, one, false, &seg))
            return refuse(no, 400, ERR_SYNTAX, "the path is not percent-encoded UTF-8");
        if (str_is(seg, ".") || str_is(seg, "..") || memchr(seg.len ? seg.ptr : "", '/', seg.len))
            return refuse(no, 400, ERR_SYNTAX, "dot segments and encoded slashes are not taken");
        if (t->n_seg == HTTP_MAX_SEGMENTS)
            return refuse(no, 404, ERR_NOT_FOUND, "the path has too many segments");
        text[len++] = '/';
        if (seg.len)
            memcpy(text + len, seg.ptr, seg.len);
        t->seg[t->n_seg++] = (struct str){text + len, seg.len};
        len += seg.len;
    }
    t->path = (struct str){text, len};
    return true;
}

static bool parse_query(struct arena *a, struct str raw, struct http_target *t,
                        struct http_refusal *no)
{
    size_t cap = 0;
    struct str rest = raw;
    while (rest.ptr) {
        struct str one = str_cut(rest, '&', &rest), value;
        if (!one.len)
            continue;
        struct str name = str_cut(one, '=', &value);
        struct http_pair p = {.value = STR("")};
        if (!http_decode(a, name, true, &p.name) ||
            (value.ptr && !http_decode(a, value, true, &p.value)))
            return refuse(no, 400, ERR_SYNTAX, "the query is not percent-encoded UTF-8");
        if (t->n_params == HTTP_MAX_PARAMS)
            return refuse(no, 400, ERR_TOO_BIG, "the query has too many parameters");
        t->params = arena_grow(a, t->params, t->n_params, &cap, sizeof *t->params);
        t->params[t->n_params++] = p;
    }
    return true;
}

bool http_target_parse(struct arena *a, struct str raw, struct http_target *t,
                       struct http_refusal *no)
{
    struct http_target made = {0};
    struct str query, path = str_cut(without_origin(raw), '?', &query);
    if (raw.len && memchr(raw.ptr, '#', raw.len))
        return refuse(no, 400, ERR_SYNTAX, "a fragment is not sent to a server");
    if (!parse_path(a, path, &made, no) || !parse_query(a, query, &made, no))
        return false;
    *t = made;
    return true;
}

static bool refuse_now(struct http_refusal *no, int status, const char *why)
{
    *no = (struct http_refusal){.status = status, .code = ERR_SYNTAX, .why = why, .now = true};
    return false;
}

static bool same_name(struct str a, const char *b)
{
    return a.len == strlen(b) && strncasecmp(a.ptr, b, a.len) == 0;
}

static bool digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return s.len > 0;
}

bool http_head_check(struct http_head *h, struct http_refusal *no)
{
    int hosts = 0, lengths = 0, codings = 0;
    struct http_head out = *h;
    out.length = -1;
    for (size_t i = 0; i < h->n; i++) {
        struct str name = h->headers[i].name, value = h->headers[i].value;
        if (!http_name_ok(name) || !http_value_ok(value))
            return refuse_now(no, 400, "a header is malformed");
        if (same_name(name, "Host"))
            hosts++;
        if (same_name(name, "Content-Length")) {
            lengths++;
            if (!digits(value) || !str_int(value, &out.length))
                return refuse_now(no, 400, "Content-Length is not a number");
        }
        if (same_name(name, "Transfer-Encoding")) {
            codings++;
            out.chunked = same_name(value, "chunked");
        }
        if (same_name(name, "Expect"))
            out.expects = true;
    }
    if (hosts > 1 || (h->v11 && hosts == 0))
        return refuse_now(no, 400, "exactly one Host header is needed");
    if (lengths > 1)
        return refuse_now(no, 400, "Content-Length stands there more than once");
    if (codings > 1 || (codings && lengths))
        return refuse_now(no, 400, "the length of the body is given twice");
    if (codings && !out.chunked)
        return refuse_now(no, 501, "Transfer-Encoding is not chunked");
    if (codings && !h->v11)
        return refuse_now(no, 400, "HTTP/1.0 has no Transfer-Encoding");
    *h = out;
    return true;
}

/* Moves over the bytes before the next NUL. */
static struct str until_nul(const char *head, size_t size, size_t *pos)
{
    const char *p = head + *pos, *end = memchr(p, '\0', size - *pos);
    size_t n = end ? (size_t)(end - p) : size - *pos;
    *pos += n;
    return (struct str){p, n};
}

static bool line_end(const char *head, size_t size, size_t *pos)
{
    if (size - *pos < 2 || head[*pos] != '\0' || head[*pos + 1] != '\0')
        return false;
    *pos += 2;
    return true;
}

bool http_head_intact(const char *head, size_t size, size_t method_len, size_t target_len,
                      size_t headers)
{
    static const char VERSION[] = "HTTP/1.";
    size_t pos = method_len + 1 + target_len + 1;
    if (size < pos + sizeof VERSION + 4)
        return false;
    if (head[method_len] != '\0' || head[pos - 1] != '\0')
        return false;
    if (memcmp(head + pos, VERSION, sizeof VERSION - 1) != 0)
        return false;
    pos += sizeof VERSION - 1;
    if (head[pos] != '0' && head[pos] != '1')
        return false;
    pos++;
    if (!line_end(head, size, &pos))
        return false;
    for (; pos < size && head[pos] != '\0'; headers--) {
        if (!http_name_ok(until_nul(head, size, &pos)) || pos == size)
            return false;
        pos++; /* the colon */
        if (!http_value_ok(until_nul(head, size, &pos)) || !line_end(head, size, &pos))
            return false;
    }
    return headers == 0 && line_end(head, size, &pos) && pos == size;
}

struct str http_pair_find(const struct http_pair *p, size_t n, const char *name, bool caseless)
{
    for (size_t i = 0; i < n; i++)
        if (caseless ? same_name(p[i].name, name) : str_is(p[i].name, name))
            return p[i].value;
    return STR_NONE;
}

static struct str trim_blanks(struct str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s.ptr++, s.len--;
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

struct str http_cookie_find(struct str header, struct str name)
{
    struct str rest = header;
    while (rest.ptr) {
        struct str value, one = str_cut(rest, ';', &rest);
        struct str key = str_cut(trim_blanks(one), '=', &value);
        if (!value.ptr || !str_eq(trim_blanks(key), name))
            continue;
        value = trim_blanks(value);
        if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
            value = (struct str){value.ptr + 1, value.len - 2};
        return value;
    }
    return STR_NONE;
}
