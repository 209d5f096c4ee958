/* Sealed matters in a figure: counted under the negative numbers of the terms, and said in fives.  A total
 * too: those of two spans or areas that lie side by side would tell the difference. */
#include "measure/figure_int.h"
#include "record/seal.h"

enum { CELL = 5 };

int64_t sealed_said(const struct gather *g, int64_t n)
{
    return g->q->sealed ? n : n - n % CELL;
}

/* Amounts and durations are not held.  A balance of numbers that are rounded each for itself could
 * fall below nothing: it is for who has the right. */
static bool countable(const struct gather *g)
{
    for (int i = 0; i < 2 && g->terms[i].term; i++)
        if (g->terms[i].term->kind != TERM_COUNT)
            return false;
    return g->q->sealed || g->indicator->kind != IND_STOCK;
}

/* By no field: the counters do not say what a sealed matter is.  They are in the total alone then. */
static enum figure_by parted_by(const struct gather *g)
{
    return g->key.by == BY_FIELD ? BY_NONE : g->key.by;
}

static bool from_counters(const struct gather *g)
{
    bool past = g->size >= 0 && g->sealed_moved;
    if (past || g->q->where.len || !countable(g) || seal_area(g->w, g->area) != g->area)
        return false;
    for (int i = 0; i < 2 && g->terms[i].term; i++)
        if (!gather_fast(g, &g->terms[i], parted_by(g)))
            return false;
    return true;
}

static bool can_be_sealed(const struct gather *g)
{
    bool can = false;
    for (int i = 0; i < 2 && g->terms[i].term; i++)
        can |= g->terms[i].def->sealed_when != NULL;
    return can;
}

static void add_said(struct gather *g, const struct gather *h)
{
    struct figure_sums total = g->total;
    for (size_t i = 0; i < h->n_groups; i++)
        for (int slot = 0; slot < SLOT_MAX; slot++) {
            const struct figure_group *from = &h->groups[i];
            int64_t n = sealed_said(g, from->sums.n[slot]);
            if (n)
                gather_add(g, from->key, slot, n, 0);
        }
    for (int slot = 0; slot < SLOT_MAX; slot++)
        total.n[slot] += sealed_said(g, h->total.n[slot]);
    g->total = total;
    g->sealed_n = sealed_said(g, h->total.n[SLOT_N]);
    g->sealed_N = sealed_said(g, h->total.n[SLOT_D]);
}

bool sealed_add(struct gather *g)
{
    struct gather h = *g;
    struct figure_question q = *g->q;
    g->sealed = SEALED_NONE;
    g->sealed_n = g->sealed_N = 0;
    if (!can_be_sealed(g))
        return true;
    g->sealed = SEALED_LEFT_OUT;
    q.slow = false; /* there is no other way to them than their counters */
    h.q = &q;
    if (!from_counters(&h))
        return true;
    for (int i = 0; i < 2; i++)
        h.terms[i].number = -g->terms[i].number;
    gather_begin(&h, g->from, g->to, parted_by(g));
    for (int slot = 0; slot < SLOT_MAX; slot++)
        if (!gather_counted(&h, slot))
            return false;
    add_said(g, &h);
    g->sealed = q.sealed ? SEALED_EXACT : SEALED_FIVES;
    return true;
}
