/* base/str.h - text with a length, and a buffer that grows up to a named maximum.
 *
 * struct str borrows: it never owns its bytes.  All text is UTF-8.
 * struct buf owns its bytes; buf_free gives them back.  A buffer that would pass its maximum stays
 * as it is and remembers it: check buf_ok once, at the end. */
#pragma once
#include "base/arena.h"
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_NONE ((struct str){NULL, 0})
#define STR_F(s) (int)(s).len, (s).ptr ? (s).ptr : "" /* for "%.*s" */

struct str str_of(const char *c); /* NULL gives STR_NONE */
static inline bool str_eq(struct str a, struct str b) /* here: most time in JSON goes into it */
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}
bool str_is(struct str a, const char *c);
int str_cmp(struct str a, struct str b); /* by bytes, as COLLATE "C" */
bool str_starts(struct str s, struct str head);
bool str_ends(struct str s, struct str tail);
bool str_has(struct str s, struct str part);
struct str str_trim(struct str s); /* ASCII white space and U+3000 */
/* Cuts s at the first sep: returns what is before it, and *rest is what is behind (or STR_NONE). */
struct str str_cut(struct str s, char sep, struct str *rest);
bool str_int(struct str s, int64_t *out);                  /* whole decimal integer, no blanks */
/* "12.345" with decimals 2 is refused, with decimals 3 or more it is scaled: 12345 (x10^...). */
bool str_decimal(struct str s, int decimals, int64_t *out);
bool str_utf8_ok(struct str s); /* strict: no surrogates, no overlong forms, no NUL */
/* Decodes one character at *i and moves on; 0xFFFD for a broken one. */
uint32_t str_next_char(struct str s, size_t *i);
size_t str_chars(struct str s); /* number of characters */
struct str str_dup(struct arena *a, struct str s);
const char *str_c(struct arena *a, struct str s); /* with a NUL behind */
struct str str_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
struct str str_letter_i64(struct arena *a, char letter, int64_t v); /* "a17" */
uint64_t str_hash(struct str s); /* FNV-1a; for tables in memory only */

struct buf {
    char *ptr;
    size_t len, cap, max;
    bool over; /* the maximum was reached: what came after it is missing */
};

#define BUF(limit) ((struct buf){.max = (limit)})
void buf_free(struct buf *b);
bool buf_ok(const struct buf *b);
void buf_clear(struct buf *b);
void buf_add(struct buf *b, const void *p, size_t len);
void buf_str(struct buf *b, struct str s);
void buf_c(struct buf *b, const char *c);
void buf_char(struct buf *b, char c);
void buf_utf8(struct buf *b, uint32_t ch);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF(2, 3);
void buf_i64(struct buf *b, int64_t v);
/* Writes v / 10^decimals with exactly that many decimals. */
void buf_decimal(struct buf *b, int64_t v, int decimals);
struct str buf_view(const struct buf *b); /* valid until the next write */
struct str buf_dup(struct arena *a, const struct buf *b);
