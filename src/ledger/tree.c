#include "ledger/tree.h"

struct hash tree_leaf(struct str bytes)
{
    struct str parts[] = {{"\0", 1}, bytes};
    return hash_parts(parts, 2);
}

struct hash tree_parent(const struct hash *left, const struct hash *right)
{
    struct str parts[] = {{"\1", 1}, HASH_STR(*left), HASH_STR(*right)};
    return hash_parts(parts, 3);
}

int tree_append(struct tree *t, const struct hash *leaf, struct tree_node full[static 8])
{
    int n_full = 0, level = 0;
    struct hash h = *leaf;
    for (int64_t s = t->size; s & 1; s >>= 1) {
        ASSERT(t->n_peaks > 0);
        h = tree_parent(&t->peaks[--t->n_peaks], &h);
        if (++level % TREE_TILE_LEVEL == 0)
            full[n_full++] = (struct tree_node){.level = level, .idx = t->size >> level, .hash = h};
    }
    ASSERT(t->n_peaks < TREE_PEAKS);
    t->peaks[t->n_peaks++] = h;
    t->size++;
    return n_full;
}

struct hash tree_root(const struct tree *t)
{
    if (!t->size)
        return hash_sha256(STR(""));
    struct hash h = t->peaks[t->n_peaks - 1];
    for (int i = t->n_peaks - 2; i >= 0; i--)
        h = tree_parent(&t->peaks[i], &h);
    return h;
}

struct str tree_peaks_bytes(struct arena *a, const struct tree *t)
{
    size_t len = (size_t)t->n_peaks * HASH_LEN;
    return (struct str){arena_copy(a, t->peaks, len), len};
}

bool tree_from_peaks(int64_t size, struct str peaks, struct tree *out)
{
    int want = __builtin_popcountll((unsigned long long)size);
    if (size < 0 || peaks.len != (size_t)want * HASH_LEN)
        return false;
    *out = (struct tree){.size = size, .n_peaks = want};
    if (want)
        memcpy(out->peaks, peaks.ptr, peaks.len);
    return true;
}

/* Largest power of two smaller than n (n > 1), as its exponent. */
static int split_level(int64_t n)
{
    return 63 - __builtin_clzll((unsigned long long)(n - 1));
}

/* Root of leaves begin … begin + n - 1, where begin is a multiple of the subtree's size. */
static bool range_root(const struct tree_source *src, int64_t begin, int64_t n, struct hash *out,
                       struct err *e)
{
    if ((n & (n - 1)) == 0) {
        int level = 63 - __builtin_clzll((unsigned long long)n);
        return src->node(src->self, level, begin >> level, out, e);
    }
    int64_t k = (int64_t)1 << split_level(n);
    struct hash l, r;
    if (!range_root(src, begin, k, &l, e) || !range_root(src, begin + k, n - k, &r, e))
        return false;
    *out = tree_parent(&l, &r);
    return true;
}

bool tree_root_of(const struct tree_source *src, int64_t size, struct hash *out, struct err *e)
{
    if (size == 0) {
        *out = hash_sha256(STR(""));
        return true;
    }
    return range_root(src, 0, size, out, e);
}

bool tree_inclusion(const struct tree_source *src, int64_t index, int64_t size, struct hash *out,
                    size_t *n, struct err *e)
{
    if (index < 0 || index >= size)
        return err_set(e, ERR_INPUT, "event %lld is not in a log of %lld", (long long)index,
                       (long long)size);
    struct hash top_down[TREE_PROOF];
    size_t count = 0;
    int64_t begin = 0, len = size;
    while (len > 1) {
        int64_t k = (int64_t)1 << split_level(len);
        ASSERT(count < TREE_PROOF);
        if (index - begin < k) {
            if (!range_root(src, begin + k, len - k, &top_down[count++], e))
                return false;
            len = k;
        } else {
            if (!range_root(src, begin, k, &top_down[count++], e))
                return false;
            begin += k;
            len -= k;
        }
    }
    for (size_t i = 0; i < count; i++)
        out[i] = top_down[count - 1 - i];
    *n = count;
    return true;
}

/* RFC 6962 2.1.2 SUBPROOF(m, D[begin, begin+len), whole). */
static bool subproof(const struct tree_source *src, int64_t m, int64_t begin, int64_t len,
                     bool whole, struct hash *out, size_t *n, struct err *e)
{
    ASSERT(*n < TREE_PROOF);
    if (m == len)
        return whole || range_root(src, begin, len, &out[(*n)++], e);
    int64_t k = (int64_t)1 << split_level(len);
    if (m <= k)
        return subproof(src, m, begin, k, whole, out, n, e) &&
               range_root(src, begin + k, len - k, &out[(*n)++], e);
    return subproof(src, m - k, begin + k, len - k, false, out, n, e) &&
           range_root(src, begin, k, &out[(*n)++], e);
}

bool tree_consistency(const struct tree_source *src, int64_t old_size, int64_t size,
                      struct hash *out, size_t *n, struct err *e)
{
    if (old_size < 0 || old_size > size)
        return err_set(e, ERR_INPUT, "no proof from %lld events to %lld", (long long)old_size,
                       (long long)size);
    *n = 0;
    return old_size == 0 || old_size == size ||
           subproof(src, old_size, 0, size, true, out, n, e);
}

bool tree_check_inclusion(const struct hash *leaf, int64_t index, int64_t size,
                          const struct hash *proof, size_t n, const struct hash *root)
{
    if (index < 0 || index >= size)
        return false;
    int64_t fn = index, sn = size - 1;
    struct hash r = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            r = tree_parent(&proof[i], &r);
            while (!(fn & 1) && fn) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = tree_parent(&r, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&r, root);
}

bool tree_check_consistency(int64_t old_size, const struct hash *old_root, int64_t size,
                            const struct hash *root, const struct hash *proof, size_t n)
{
    if (old_size < 0 || old_size > size)
        return false;
    if (old_size == size)
        return n == 0 && hash_eq(old_root, root);
    if (old_size == 0)
        return n == 0;
    int64_t fn = old_size - 1, sn = size - 1;
    size_t i = 0;
    bool power = (old_size & (old_size - 1)) == 0;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    if (!power && n == 0)
        return false;
    struct hash fr = power ? *old_root : proof[i++], sr = fr;
    for (; i < n; i++) {
        if (sn == 0)
            return false;
        if ((fn & 1) || fn == sn) {
            fr = tree_parent(&proof[i], &fr);
            sr = tree_parent(&proof[i], &sr);
            while (!(fn & 1) && fn) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = tree_parent(&sr, &proof[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && hash_eq(&fr, old_root) && hash_eq(&sr, root);
}
