#include "search/near.h"
#include "search/chars.h"

struct pairs {
    uint64_t p[NEAR_CHARS];
    size_t n;
};

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void pairs_of(struct str text, struct pairs *out)
{
    uint32_t c, last = 0;
    enum char_kind kind;
    size_t chars = 0;
    out->n = 0;
    for (size_t i = 0; chars < NEAR_CHARS && char_next(text, &i, &c, &kind);) {
        if (kind == CHAR_GAP)
            continue;
        if (chars++)
            out->p[out->n++] = (uint64_t)last << 32 | c;
        last = c;
    }
    if (chars == 1)
        out->p[out->n++] = last;
    qsort(out->p, out->n, sizeof out->p[0], by_value);
}

static size_t common(const struct pairs *a, const struct pairs *b)
{
    size_t both = 0;
    for (size_t i = 0, k = 0; i < a->n && k < b->n;) {
        if (a->p[i] == b->p[k]) {
            both++;
            i++;
            k++;
        } else if (a->p[i] < b->p[k]) {
            i++;
        } else {
            k++;
        }
    }
    return both;
}

int near_text(struct str a, struct str b)
{
    struct pairs x, y;
    pairs_of(a, &x);
    pairs_of(b, &y);
    size_t both = common(&x, &y);
    if (!both)
        return 0;
    size_t shorter = x.n < y.n ? x.n : y.n;
    int alike = (int)(1000 * both / (x.n + y.n - both));
    int held = shorter < NEAR_HELD ? 0 : (int)(900 * both / shorter);
    return alike > held ? alike : held;
}
