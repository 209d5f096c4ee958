#include "search/rare.h"
#include "search/chars.h"
#include <math.h>

struct rare {
    uint64_t *pairs; /* of all texts, each once a text, in order */
    size_t n, texts;
};

struct bag {
    uint64_t *p;
    size_t n;
};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The next character that counts; a run of digits is one, beyond all characters. */
static bool next_unit(struct str text, size_t *i, uint32_t *unit)
{
    enum char_kind kind;
    do {
        if (!char_next(text, i, unit, &kind))
            return false;
    } while (kind == CHAR_GAP);
    if (*unit < '0' || *unit > '9')
        return true;
    uint32_t number = *unit - '0', c;
    for (size_t next = *i; char_next(text, &next, &c, &kind) && c >= '0' && c <= '9'; *i = next)
        number = number * 10 + (c - '0');
    *unit = UINT32_C(0x80000000) | number;
    return true;
}

/* The different pairs of a text, in order. */
static struct bag bag_of(struct arena *a, struct str text)
{
    struct bag b = {.p = ARENA_ARRAY(a, uint64_t, RARE_CHARS)};
    uint32_t c, last = 0;
    size_t kept = 0;
    for (size_t i = 0; b.n < RARE_CHARS && next_unit(text, &i, &c); last = c)
        b.p[b.n++] = (uint64_t)last << 32 | c;
    qsort(b.p, b.n, sizeof *b.p, by_value);
    for (size_t i = 0; i < b.n; i++)
        if (!i || b.p[i] != b.p[i - 1])
            b.p[kept++] = b.p[i];
    b.n = kept;
    return b;
}

struct rare *rare_new(struct arena *a, const struct str *texts, size_t n)
{
    struct rare *r = ARENA_NEW(a, struct rare);
    struct arena *tmp AUTO(arena_freep) = arena_new();
    size_t cap = 0;
    r->texts = n > RARE_TEXTS ? n : RARE_TEXTS;
    for (size_t i = 0; i < n; i++) {
        arena_reset(tmp);
        struct bag b = bag_of(tmp, texts[i]);
        for (size_t k = 0; k < b.n; k++) {
            r->pairs = arena_grow(a, r->pairs, r->n, &cap, sizeof *r->pairs);
            r->pairs[r->n++] = b.p[k];
        }
    }
    if (r->n)
        qsort(r->pairs, r->n, sizeof *r->pairs, by_value);
    return r;
}

/* How many entries are smaller than p. */
static size_t below(const struct rare *r, uint64_t p)
{
    size_t low = 0, high = r->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->pairs[middle] < p)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static double weight(const struct rare *r, uint64_t p)
{
    size_t with = below(r, p + 1) - below(r, p);
    double w = log(((double)r->texts + 1) / (with ? (double)with + 0.5 : 1));
    return w * w;
}

static double all(const struct rare *r, struct bag b)
{
    double sum = 0;
    for (size_t i = 0; i < b.n; i++)
        sum += weight(r, b.p[i]);
    return sum;
}

int rare_near(const struct rare *r, struct arena *a, struct str x, struct str y)
{
    struct bag b = bag_of(a, x), c = bag_of(a, y);
    double both = 0, one = all(r, b), two = all(r, c);
    for (size_t i = 0, k = 0; i < b.n && k < c.n;) {
        if (b.p[i] == c.p[k])
            both += weight(r, b.p[i]);
        bool first = b.p[i] <= c.p[k], second = b.p[i] >= c.p[k];
        i += first;
        k += second;
    }
    double lighter = one < two ? one : two;
    return both > 0 ? (int)(1000 * both / lighter + 0.5) : 0;
}
