#include "search/sample.h"

struct drawing {
    struct str seed;
    struct sampled *heap; /* the largest lot on top: the next that a smaller one replaces */
    size_t n, want;
    struct arena *a;
};

static int by_lot(const void *a, const void *b)
{
    const struct sampled *x = a, *y = b;
    return memcmp(x->lot.b, y->lot.b, HASH_LEN);
}

static void sink(struct drawing *d, size_t i)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= d->n)
            return;
        if (child + 1 < d->n && by_lot(&d->heap[child + 1], &d->heap[child]) > 0)
            child++;
        if (by_lot(&d->heap[i], &d->heap[child]) >= 0)
            return;
        struct sampled t = d->heap[i];
        d->heap[i] = d->heap[child];
        d->heap[child] = t;
        i = child;
    }
}

static void rise(struct drawing *d, size_t i)
{
    while (i > 0 && by_lot(&d->heap[i], &d->heap[(i - 1) / 2]) > 0) {
        struct sampled t = d->heap[i];
        d->heap[i] = d->heap[(i - 1) / 2];
        d->heap[(i - 1) / 2] = t;
        i = (i - 1) / 2;
    }
}

static void offer(struct drawing *d, const struct record *r)
{
    struct sampled s = {.id = r->id};
    char id[ID_TEXT + 1];
    id_format(r->id, id);
    const struct str parts[] = {d->seed, {"", 1}, {id, ID_TEXT}};
    s.lot = hash_parts(parts, COUNT_OF(parts));
    if (d->n == d->want && by_lot(&s, &d->heap[0]) >= 0)
        return;
    s.number = str_dup(d->a, r->number);
    if (d->n < d->want) {
        d->heap[d->n++] = s;
        rise(d, d->n - 1);
    } else {
        d->heap[0] = s;
        sink(d, 0);
    }
}

bool sample_draw(struct store *db, struct arena *a, const struct find_question *q, struct str seed,
                 int64_t want, struct sampled **out, size_t *n, int64_t *of, struct err *e)
{
    struct arena *page AUTO(arena_freep) = arena_new();
    struct buf after AUTO(buf_free) = BUF(4096);
    struct find_question all = *q;
    if (!seed.len || seed.len > SAMPLE_SEED_MAX)
        return err_field(e, ERR_INPUT, "seed", "seed: expected 1 to %d bytes", SAMPLE_SEED_MAX);
    if (want < 1 || want > SAMPLE_MAX)
        return err_field(e, ERR_INPUT, "count", "count: expected 1 to %d", SAMPLE_MAX);
    struct drawing d = {.seed = seed, .want = (size_t)want, .a = a};
    d.heap = ARENA_ARRAY(a, struct sampled, want);
    all.order = FIND_NEWEST;
    all.limit = LIMIT_PAGE;
    int64_t seen = 0;
    for (bool more = true; more;) {
        struct find_answer found;
        arena_reset(page);
        all.after = after.len ? buf_view(&after) : STR_NONE;
        if (!find_records(db, page, &all, &found, e))
            return false;
        for (size_t i = 0; i < found.n; i++, seen++)
            offer(&d, found.rows[i]);
        buf_clear(&after);
        buf_str(&after, found.next);
        more = found.next.len > 0;
    }
    qsort(d.heap, d.n, sizeof *d.heap, by_lot);
    *out = d.heap;
    *n = d.n;
    *of = seen;
    return true;
}
