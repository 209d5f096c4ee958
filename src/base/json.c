#include "base/json.h"
#include <inttypes.h>

struct json *json_new(struct arena *a, enum json_kind kind)
{
    struct json *j = ARENA_NEW(a, struct json);
    j->kind = kind;
    return j;
}

struct json *json_new_int(struct arena *a, int64_t v)
{
    struct json *j = json_new(a, J_INT);
    j->i = v;
    return j;
}

struct json *json_new_str(struct arena *a, struct str s)
{
    struct json *j = json_new(a, J_STR);
    j->s = s.ptr ? str_dup(a, s) : STR("");
    return j;
}

struct json *json_new_bool(struct arena *a, bool v)
{
    return json_new(a, v ? J_TRUE : J_FALSE);
}

struct json *json_push(struct json *parent, struct json *value)
{
    ASSERT(parent->kind == J_ARR || parent->kind == J_OBJ);
    value->next = NULL;
    if (parent->last)
        parent->last->next = value;
    else
        parent->first = value;
    parent->last = value;
    parent->n++;
    return value;
}

struct json *json_find(const struct json *obj, struct str key, uint32_t mark)
{
    if (!obj || obj->kind != J_OBJ)
        return NULL;
    for (struct json *c = obj->first; c; c = c->next)
        if (c->mark == mark && str_eq(c->key, key))
            return c;
    return NULL;
}

struct json *json_at(const struct json *arr, size_t i)
{
    struct json *c = arr ? arr->first : NULL;
    while (c && i--)
        c = c->next;
    return c;
}

bool json_is(const struct json *j, enum json_kind kind)
{
    return j && j->kind == kind;
}

bool json_empty(const struct json *j)
{
    return !j || j->kind == J_NULL;
}

struct str json_str(const struct json *j)
{
    return j && (j->kind == J_STR || j->kind == J_DEC) ? j->s : STR_NONE;
}

bool json_same(const struct json *a, const struct json *b)
{
    if (!a || !b)
        return json_empty(a) && json_empty(b);
    if (a->kind != b->kind || a->n != b->n)
        return false;
    switch (a->kind) {
    case J_INT:
        return a->i == b->i;
    case J_DEC:
    case J_STR:
        return str_eq(a->s, b->s);
    case J_ARR:
        for (const struct json *x = a->first, *y = b->first; x; x = x->next, y = y->next)
            if (!json_same(x, y))
                return false;
        return true;
    case J_OBJ:
        for (const struct json *x = a->first; x; x = x->next) {
            const struct json *y = json_find(b, x->key, x->mark);
            if (!y || !json_same(x, y))
                return false;
        }
        return true;
    case J_NULL:
    case J_FALSE:
    case J_TRUE:
        break;
    }
    return true;
}

void json_drop(struct json *obj, struct str key)
{
    struct json *before = NULL;
    for (struct json *c = obj->first; c; before = c, c = c->next) {
        if (!str_eq(c->key, key))
            continue;
        if (before)
            before->next = c->next;
        else
            obj->first = c->next;
        if (obj->last == c)
            obj->last = before;
        obj->n--;
        return;
    }
}

struct json *json_set(struct arena *a, struct json *obj, struct str key, struct json *value)
{
    ASSERT(obj->kind == J_OBJ);
    struct json *before = NULL;
    uint32_t mark = json_mark(key);
    for (struct json *c = obj->first; c; before = c, c = c->next) {
        if (c->mark != mark || !str_eq(c->key, key))
            continue;
        json_name(value, c->key);
        value->next = c->next;
        if (before)
            before->next = value;
        else
            obj->first = value;
        if (obj->last == c)
            obj->last = value;
        return value;
    }
    json_name(value, str_dup(a, key));
    return json_push(obj, value);
}

struct json *json_clone(struct arena *a, const struct json *j)
{
    struct json *out = json_new(a, j->kind);
    out->i = j->i;
    out->s = str_dup(a, j->s);
    out->key = str_dup(a, j->key);
    out->mark = j->mark;
    for (const struct json *c = j->first; c; c = c->next)
        json_push(out, json_clone(a, c));
    return out;
}

struct json *json_share(struct arena *a, const struct json *j)
{
    struct json *out = json_new(a, j->kind);
    *out = *j;
    out->first = out->last = out->next = NULL;
    out->n = 0;
    for (const struct json *c = j->first; c; c = c->next)
        json_push(out, json_share(a, c));
    return out;
}

/* ---- our own reader ---- */

struct reader {
    struct arena *a;
    const char *p, *end, *start;
    int depth;
    size_t nodes;
    struct err *e;
};

static bool fail(struct reader *r, const char *what)
{
    return err_set(r->e, ERR_SYNTAX, "JSON, byte %td: %s", r->p - r->start, what);
}

static void blanks(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

static bool hex4(struct reader *r, uint32_t *out)
{
    if (r->end - r->p < 4)
        return fail(r, "expected four hexadecimal digits");
    uint32_t v = 0;
    for (int i = 0; i < 4; i++) {
        char c = *r->p++;
        uint32_t d = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                     : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                            : 99;
        if (d == 99)
            return fail(r, "expected four hexadecimal digits");
        v = v << 4 | d;
    }
    *out = v;
    return true;
}

static bool escape(struct reader *r, struct buf *b)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (r->p == r->end)
        return fail(r, "the text ends inside a string");
    char c = *r->p++;
    if (c == 'u') {
        uint32_t u, low;
        if (!hex4(r, &u))
            return false;
        if (u >= 0xDC00 && u < 0xE000)
            return fail(r, "a lone surrogate");
        if (u >= 0xD800 && u < 0xDC00) {
            if (r->end - r->p < 6 || r->p[0] != '\\' || r->p[1] != 'u')
                return fail(r, "a lone surrogate");
            r->p += 2;
            if (!hex4(r, &low) || low < 0xDC00 || low >= 0xE000)
                return fail(r, "a lone surrogate");
            u = 0x10000 + ((u - 0xD800) << 10) + (low - 0xDC00);
        }
        if (u == 0)
            return fail(r, "a NUL character");
        buf_utf8(b, u);
        return true;
    }
    const char *at = c ? strchr(from, c) : NULL;
    if (!at)
        return fail(r, "an unknown escape");
    buf_char(b, to[at - from]);
    return true;
}

static bool string(struct reader *r, struct str *out)
{
    const char *from = ++r->p;
    while (r->p < r->end && *r->p != '"' && *r->p != '\\' && (unsigned char)*r->p >= 0x20)
        r->p++;
    if (r->p < r->end && *r->p == '"') { /* the usual case: nothing escaped, no copy */
        *out = (struct str){from, (size_t)(r->p - from)};
        r->p++;
        return str_utf8_ok(*out) || fail(r, "broken UTF-8");
    }
    struct buf b = BUF(LIMIT_JSON_OUT);
    buf_add(&b, from, (size_t)(r->p - from));
    bool ok = false;
    for (;;) {
        if (r->p == r->end || (unsigned char)*r->p < 0x20) {
            fail(r, "the text ends inside a string");
            break;
        }
        char c = *r->p++;
        if (c == '"') {
            ok = true;
            break;
        }
        if (c != '\\')
            buf_char(&b, c);
        else if (!escape(r, &b))
            break;
    }
    *out = buf_dup(r->a, &b);
    buf_free(&b);
    if (ok && !str_utf8_ok(*out))
        ok = fail(r, "broken UTF-8");
    return ok;
}

static bool number(struct reader *r, struct json *j)
{
    const char *from = r->p;
    bool whole = true;
    if (*r->p == '-')
        r->p++;
    const char *digits = r->p;
    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    if (r->p == digits || (*digits == '0' && r->p - digits > 1))
        return fail(r, "expected a number");
    if (r->p < r->end && *r->p == '.') {
        whole = false;
        const char *frac = ++r->p;
        while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
            r->p++;
        if (r->p == frac)
            return fail(r, "expected digits behind the point");
    }
    if (r->p < r->end && (*r->p == 'e' || *r->p == 'E'))
        return fail(r, "a number with an exponent");
    struct str t = {from, (size_t)(r->p - from)};
    if (whole && !str_int(t, &j->i))
        return fail(r, "a number outside int64");
    j->kind = whole ? J_INT : J_DEC;
    j->s = t;
    return true;
}

static bool word(struct reader *r, struct json *j)
{
    static const struct {
        const char *w;
        enum json_kind kind;
    } words[] = {{"true", J_TRUE}, {"false", J_FALSE}, {"null", J_NULL}};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t n = strlen(words[i].w);
        if ((size_t)(r->end - r->p) >= n && memcmp(r->p, words[i].w, n) == 0) {
            r->p += n;
            j->kind = words[i].kind;
            return true;
        }
    }
    return fail(r, "expected a value");
}

static bool value(struct reader *r, struct json *j);

static bool container(struct reader *r, struct json *j, bool object)
{
    char close = object ? '}' : ']';
    j->kind = object ? J_OBJ : J_ARR;
    if (++r->depth > LIMIT_JSON_DEPTH)
        return fail(r, "nested too deep");
    r->p++;
    blanks(r);
    if (r->p < r->end && *r->p == close) {
        r->p++;
        r->depth--;
        return true;
    }
    for (;;) {
        struct json *c = json_new(r->a, J_NULL);
        blanks(r);
        if (object) {
            struct str key;
            if (r->p == r->end || *r->p != '"')
                return fail(r, "expected a key in quotes");
            if (!string(r, &key))
                return false;
            blanks(r);
            if (r->p == r->end || *r->p++ != ':')
                return fail(r, "expected a colon");
            blanks(r);
            json_name(c, key);
        }
        if (!value(r, c))
            return false;
        json_push(j, c);
        blanks(r);
        if (r->p == r->end)
            return fail(r, "the text ends too early");
        char sep = *r->p++;
        if (sep == close) {
            r->depth--;
            return true;
        }
        if (sep != ',')
            return fail(r, "expected a comma");
    }
}

static bool value(struct reader *r, struct json *j)
{
    blanks(r);
    if (r->p == r->end)
        return fail(r, "the text ends too early");
    if (++r->nodes > LIMIT_JSON_NODES)
        return fail(r, "too many values");
    switch (*r->p) {
    case '{':
        return container(r, j, true);
    case '[':
        return container(r, j, false);
    case '"':
        j->kind = J_STR;
        return string(r, &j->s);
    default:
        return *r->p == '-' || (*r->p >= '0' && *r->p <= '9') ? number(r, j) : word(r, j);
    }
}

bool json_own(struct arena *a, struct str text, struct json **out, struct err *e)
{
    struct reader r = {.a = a, .p = text.ptr, .start = text.ptr, .end = text.ptr + text.len, .e = e};
    struct json *j = json_new(a, J_NULL);
    if (!value(&r, j))
        return false;
    blanks(&r);
    if (r.p != r.end)
        return fail(&r, "something follows the value");
    *out = j;
    return true;
}

/* ---- writing ---- */

/* May it stand in a string as it is?  Eight bytes at once: none below 0x20, no quote, no backslash. */
static bool plain_8(const char *p)
{
    uint64_t w, ones = 0x0101010101010101u, tops = 0x8080808080808080u, quote, slash;
    memcpy(&w, p, sizeof w);
    quote = w ^ ones * '"';
    slash = w ^ ones * '\\';
    return !(((w - ones * 0x20) | (quote - ones) | (slash - ones)) & ~w & tops);
}

static void write_escape(struct buf *b, unsigned char c)
{
    static const char HEX[] = "0123456789abcdef";
    char out[6] = {'\\', (char)c};
    size_t n = 2;
    if (c == '\n') {
        out[1] = 'n';
    } else if (c == '\t') {
        out[1] = 't';
    } else if (c == '\r') {
        out[1] = 'r';
    } else if (c < 0x20) {
        memcpy(out, "\\u00", 4);
        out[4] = HEX[c >> 4];
        out[5] = HEX[c & 15];
        n = 6;
    }
    buf_add(b, out, n);
}

static void write_string(struct buf *b, struct str s)
{
    buf_char(b, '"');
    size_t from = 0;
    for (size_t i = 0; i < s.len;) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (s.len - i >= 8 && plain_8(s.ptr + i)) {
            i += 8;
        } else if (c >= 0x20 && c != '"' && c != '\\') {
            i++;
        } else {
            buf_add(b, s.ptr + from, i - from);
            write_escape(b, c);
            from = ++i;
        }
    }
    buf_add(b, s.ptr + from, s.len - from);
    buf_char(b, '"');
}

void json_write(struct buf *b, const struct json *j)
{
    switch (j->kind) {
    case J_NULL:
        buf_c(b, "null");
        break;
    case J_FALSE:
        buf_c(b, "false");
        break;
    case J_TRUE:
        buf_c(b, "true");
        break;
    case J_INT:
        buf_i64(b, j->i);
        break;
    case J_DEC:
        buf_str(b, j->s);
        break;
    case J_STR:
        write_string(b, j->s);
        break;
    case J_ARR:
    case J_OBJ:
        buf_char(b, j->kind == J_ARR ? '[' : '{');
        for (const struct json *c = j->first; c; c = c->next) {
            if (j->kind == J_OBJ) {
                write_string(b, c->key);
                buf_char(b, ':');
            }
            json_write(b, c);
            if (c->next)
                buf_char(b, ',');
        }
        buf_char(b, j->kind == J_ARR ? ']' : '}');
        break;
    }
}

struct json_out json_out(struct buf *b)
{
    return (struct json_out){.b = b};
}

static void lead(struct json_out *o)
{
    if (o->comma)
        buf_char(o->b, ',');
    o->comma = true;
}

static void open_with(struct json_out *o, char open, char close)
{
    lead(o);
    ASSERT(o->depth < (int)sizeof o->close);
    o->close[o->depth++] = close;
    buf_char(o->b, open);
    o->comma = false;
}

void jo_obj(struct json_out *o)
{
    open_with(o, '{', '}');
}

void jo_arr(struct json_out *o)
{
    open_with(o, '[', ']');
}

void jo_end(struct json_out *o)
{
    ASSERT(o->depth > 0);
    buf_char(o->b, o->close[--o->depth]);
    o->comma = true;
}

void jo_key_str(struct json_out *o, struct str key)
{
    lead(o);
    write_string(o->b, key);
    buf_char(o->b, ':');
    o->comma = false;
}

void jo_key(struct json_out *o, const char *key)
{
    jo_key_str(o, str_of(key));
}

void jo_str(struct json_out *o, struct str s)
{
    lead(o);
    if (s.ptr)
        write_string(o->b, s);
    else
        buf_c(o->b, "null");
}

void jo_c(struct json_out *o, const char *s)
{
    jo_str(o, str_of(s));
}

void jo_int(struct json_out *o, int64_t v)
{
    lead(o);
    buf_i64(o->b, v);
}

void jo_bool(struct json_out *o, bool v)
{
    lead(o);
    buf_c(o->b, v ? "true" : "false");
}

void jo_null(struct json_out *o)
{
    lead(o);
    buf_c(o->b, "null");
}

void jo_decimal(struct json_out *o, int64_t v, int decimals)
{
    lead(o);
    buf_decimal(o->b, v, decimals);
}

void jo_raw(struct json_out *o, struct str json)
{
    lead(o);
    buf_str(o->b, json);
}

void jo_json(struct json_out *o, const struct json *j)
{
    lead(o);
    if (j)
        json_write(o->b, j);
    else
        buf_c(o->b, "null");
}

void jo_kv(struct json_out *o, const char *key, struct str s)
{
    if (s.ptr) {
        jo_key(o, key);
        jo_str(o, s);
    }
}

void jo_kc(struct json_out *o, const char *key, const char *s)
{
    jo_kv(o, key, str_of(s));
}

void jo_ki(struct json_out *o, const char *key, int64_t v)
{
    jo_key(o, key);
    jo_int(o, v);
}

void jo_kb(struct json_out *o, const char *key, bool v)
{
    jo_key(o, key);
    jo_bool(o, v);
}
