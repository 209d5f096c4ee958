#define _GNU_SOURCE /* memmem */
#include "base/str.h"
#include <inttypes.h>
#include <stdarg.h>

struct str str_of(const char *c)
{
    return c ? (struct str){c, strlen(c)} : STR_NONE;
}

bool str_is(struct str a, const char *c)
{
    return str_eq(a, str_of(c));
}

int str_cmp(struct str a, struct str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n ? memcmp(a.ptr, b.ptr, n) : 0;
    return c ? c : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str head)
{
    return s.len >= head.len && (head.len == 0 || memcmp(s.ptr, head.ptr, head.len) == 0);
}

bool str_ends(struct str s, struct str tail)
{
    return s.len >= tail.len &&
           (tail.len == 0 || memcmp(s.ptr + s.len - tail.len, tail.ptr, tail.len) == 0);
}

bool str_has(struct str s, struct str part)
{
    return part.len == 0 || (s.len >= part.len && memmem(s.ptr, s.len, part.ptr, part.len));
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str str_trim(struct str s)
{
    static const struct str wide = {"\xE3\x80\x80", 3}; /* U+3000 */
    for (;;) {
        if (s.len && is_blank(s.ptr[0])) {
            s.ptr++, s.len--;
        } else if (str_starts(s, wide)) {
            s.ptr += 3, s.len -= 3;
        } else if (s.len && is_blank(s.ptr[s.len - 1])) {
            s.len--;
        } else if (str_ends(s, wide)) {
            s.len -= 3;
        } else {
            return s;
        }
    }
}

struct str str_cut(struct str s, char sep, struct str *rest)
{
    const char *p = s.len ? memchr(s.ptr, sep, s.len) : NULL;
    if (!p) {
        *rest = STR_NONE;
        return s;
    }
    size_t n = (size_t)(p - s.ptr);
    *rest = (struct str){p + 1, s.len - n - 1};
    return (struct str){s.ptr, n};
}

bool str_int(struct str s, int64_t *out)
{
    return str_decimal(s, 0, out);
}

bool str_decimal(struct str s, int decimals, int64_t *out)
{
    size_t i = 0;
    bool neg = s.len && s.ptr[0] == '-', point = false, digits = false;
    int64_t v = 0;
    int behind = 0;
    if (neg)
        i++;
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' && !point && digits) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            return false;
        if (point && behind == decimals) {
            if (c != '0') /* more digits than the field keeps: refuse, never round */
                return false;
            continue;
        }
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v))
            return false;
        digits = true;
        behind += point;
    }
    if (!digits || (s.len && s.ptr[s.len - 1] == '.'))
        return false;
    for (; behind < decimals; behind++)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *out = neg ? -v : v;
    return true;
}

/* Length of the well-formed character at p (n bytes left), or 0. */
static size_t utf8_len(const unsigned char *p, size_t n)
{
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    size_t len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (n < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) ||
        (p[0] == 0xF0 && p[1] < 0x90) || (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return len;
}

/* Eight bytes at once, all of them ASCII and none 0: most of what is stored. */
static bool ascii_8(const unsigned char *p)
{
    uint64_t w, ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    memcpy(&w, p, sizeof w);
    return !((w | (w - ones)) & tops);
}

bool str_utf8_ok(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    for (size_t i = 0; i < s.len;) {
        if (s.len - i >= 8 && ascii_8(p + i)) {
            i += 8;
            continue;
        }
        size_t n = p[i] == 0 ? 0 : utf8_len(p + i, s.len - i);
        if (!n)
            return false;
        i += n;
    }
    return true;
}

uint32_t str_next_char(struct str s, size_t *i)
{
    const unsigned char *p = (const unsigned char *)s.ptr + *i;
    size_t n = utf8_len(p, s.len - *i);
    switch (n) {
    case 1:
        *i += 1;
        return p[0];
    case 2:
        *i += 2;
        return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
    case 3:
        *i += 3;
        return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 | (p[2] & 0x3F);
    case 4:
        *i += 4;
        return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
               (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
    default:
        *i += 1;
        return 0xFFFD;
    }
}

size_t str_chars(struct str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; n++)
        str_next_char(s, &i);
    return n;
}

struct str str_dup(struct arena *a, struct str s)
{
    return s.ptr ? (struct str){arena_copy(a, s.ptr, s.len), s.len} : STR_NONE;
}

const char *str_c(struct arena *a, struct str s)
{
    return arena_copy(a, s.ptr, s.len);
}

struct str str_printf(struct arena *a, const char *fmt, ...)
{
    struct str out;
    va_list args;
    va_start(args, fmt);
    out.ptr = arena_vprintf(a, &out.len, fmt, args);
    va_end(args);
    return out;
}

uint64_t str_hash(struct str s)
{
    uint64_t h = 14695981039346656037ULL;
    for (size_t i = 0; i < s.len; i++)
        h = (h ^ (unsigned char)s.ptr[i]) * 1099511628211ULL;
    return h;
}

void buf_free(struct buf *b)
{
    free(b->ptr);
    *b = (struct buf){.max = b->max};
}

bool buf_ok(const struct buf *b)
{
    return !b->over;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->over = false;
}

static bool reserve(struct buf *b, size_t more)
{
    if (b->over || more > b->max || b->len > b->max - more) {
        b->over = true;
        return false;
    }
    if (b->len + more <= b->cap)
        return true;
    size_t cap = b->cap ? b->cap : 256;
    while (cap < b->len + more)
        cap *= 2;
    b->ptr = mem_grow(b->ptr, cap);
    b->cap = cap;
    return true;
}

void buf_add(struct buf *b, const void *p, size_t len)
{
    if (len && reserve(b, len)) {
        memcpy(b->ptr + b->len, p, len);
        b->len += len;
    }
}

void buf_str(struct buf *b, struct str s)
{
    buf_add(b, s.ptr, s.len);
}

void buf_c(struct buf *b, const char *c)
{
    buf_add(b, c, strlen(c));
}

void buf_char(struct buf *b, char c)
{
    if (b->len < b->cap && !b->over && b->len < b->max)
        b->ptr[b->len++] = c;
    else
        buf_add(b, &c, 1);
}

void buf_utf8(struct buf *b, uint32_t ch)
{
    char out[4];
    if (ch < 0x80) {
        buf_char(b, (char)ch);
    } else if (ch < 0x800) {
        out[0] = (char)(0xC0 | ch >> 6);
        out[1] = (char)(0x80 | (ch & 0x3F));
        buf_add(b, out, 2);
    } else if (ch < 0x10000) {
        out[0] = (char)(0xE0 | ch >> 12);
        out[1] = (char)(0x80 | (ch >> 6 & 0x3F));
        out[2] = (char)(0x80 | (ch & 0x3F));
        buf_add(b, out, 3);
    } else {
        out[0] = (char)(0xF0 | ch >> 18);
        out[1] = (char)(0x80 | (ch >> 12 & 0x3F));
        out[2] = (char)(0x80 | (ch >> 6 & 0x3F));
        out[3] = (char)(0x80 | (ch & 0x3F));
        buf_add(b, out, 4);
    }
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    ASSERT(n >= 0);
    if (reserve(b, (size_t)n + 1)) {
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, again);
        b->len += (size_t)n;
    }
    va_end(again);
}

/* Digits from behind, in front of `end`: every event and every stored record has dozens of numbers. */
static char *digits_before(char *end, uint64_t v)
{
    do {
        *--end = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    return end;
}

void buf_i64(struct buf *b, int64_t v)
{
    char t[24], *end = t + sizeof t, *p = digits_before(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        *--p = '-';
    buf_add(b, p, (size_t)(end - p));
}

struct str str_letter_i64(struct arena *a, char letter, int64_t v)
{
    char t[24], *end = t + sizeof t, *p = digits_before(end, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
    if (v < 0)
        *--p = '-';
    *--p = letter;
    return str_dup(a, (struct str){p, (size_t)(end - p)});
}

void buf_decimal(struct buf *b, int64_t v, int decimals)
{
    uint64_t u = v < 0 ? 0 - (uint64_t)v : (uint64_t)v, scale = 1;
    for (int i = 0; i < decimals; i++)
        scale *= 10;
    if (v < 0)
        buf_char(b, '-');
    buf_printf(b, "%" PRIu64, u / scale);
    if (decimals)
        buf_printf(b, ".%0*" PRIu64, decimals, u % scale);
}

struct str buf_view(const struct buf *b)
{
    return (struct str){b->ptr ? b->ptr : "", b->len};
}

struct str buf_dup(struct arena *a, const struct buf *b)
{
    return (struct str){arena_copy(a, b->ptr, b->len), b->len};
}
