/* The figure as it was: today's sums, with every record that changed since counted as it was
 * then. */
#include "measure/figure_int.h"
#include "measure/indicator.sql.h"

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void add_changed(struct gather *g, const struct rows *r)
{
    g->changed = arena_grow(g->a, g->changed, g->n_changed, &g->cap_changed, sizeof *g->changed);
    g->changed[g->n_changed++] = rows_int(r, 0);
    g->sealed_moved |= rows_int(r, 2) != 0;
}

static bool is_in(const struct gather *g, const struct world *w, int area)
{
    return world_area_below(w, area, g->area);
}

bool asof_differs(const struct gather *g, const struct world *then, int area)
{
    bool in = is_in(g, g->w, area), was = is_in(g, then, area);
    return in != was || (in && g->key.by == BY_AREA);
}

/* What lies in areas that were moved since has changed its place, if nothing else. */
static bool add_moved(struct gather *g, struct str n, struct str d)
{
    for (int i = g->w->n_moves - 1; g->then && i >= 0 && g->w->moves[i].seq >= g->size; i--) {
        int area = g->w->moves[i].area;
        if (!asof_differs(g, g->then, area))
            continue;
        struct str scope = str_printf(g->a, "a%lld", (long long)g->w->areas[area].aid);
        struct rows r AUTO(rows_close) =
            store_query(g->db, sql_asof_moved, BIND(C_TEXT(scope), C_TEXT(n), C_TEXT(d), C_INT(g->size)), g->e);
        while (rows_next(&r))
            add_changed(g, &r);
        if (err_is(g->e))
            return false;
    }
    return true;
}

static void each_once(struct gather *g)
{
    size_t n = 0;
    qsort(g->changed, g->n_changed, sizeof *g->changed, by_number);
    for (size_t i = 0; i < g->n_changed; i++)
        if (n == 0 || g->changed[n - 1] != g->changed[i])
            g->changed[n++] = g->changed[i];
    g->n_changed = n;
}

bool asof_changed(struct gather *g)
{
    struct str n = g->terms[0].type, d = g->terms[1].term ? g->terms[1].type : n;
    struct rows r AUTO(rows_close) =
        store_query(g->db, sql_asof_changed, BIND(C_INT(g->size), C_TEXT(n), C_TEXT(d)), g->e);
    while (rows_next(&r))
        add_changed(g, &r);
    if (err_is(g->e) || !add_moved(g, n, d))
        return false;
    if (g->n_changed)
        each_once(g);
    return true;
}

/* The tree in which a side of the correction is counted: what is there today by today's. */
static const struct world *tree_of(const struct gather *g, int sign)
{
    return sign > 0 && g->then ? g->then : g->w;
}

static struct str key_of(struct gather *g, struct fact_record *fr, const struct fact *f, int sign)
{
    struct xvalue v;
    switch (g->key.by) {
    case BY_NONE:
        break;
    case BY_DAY:
    case BY_MONTH:
        return gather_key_day(g, f->day);
    case BY_AREA:
        return gather_key_area(g, tree_of(g, sign), fr->record->area);
    case BY_FIELD:
        record_value(fr->record, fr->def, g->key.slot, &v);
        return gather_key_value(g, fact_key(g->a, &v), f->day);
    }
    return STR_NONE;
}

static void contribute_term(struct gather *g, const struct record *r, int which, int sign)
{
    const struct figure_term *t = &g->terms[which];
    struct fact_record fr = {r, t->def};
    struct xcontext c = fact_context(&fr, g->w->zone);
    struct fact f;
    int32_t from, to;
    if (!t->term || !str_eq(r->type, t->type) || !fact_of(t->term, &c, &f) ||
        (t->where && !expr_true(t->where, &c)))
        return;
    for (int slot = which; slot < SLOT_MAX; slot += SLOT_N_BEFORE) {
        if (!gather_slot_used(g, slot) || !gather_span(g, slot, &from, &to) || f.day < from ||
            f.day > to)
            continue;
        if (t->term->kind != TERM_MEDIAN)
            gather_add(g, key_of(g, &fr, &f, sign), slot, sign * f.n, sign * f.s);
        else if (sign > 0) /* today's were left out when durations were read */
            gather_add_ms(g, key_of(g, &fr, &f, sign), f.ms);
    }
}

static void contribute(struct gather *g, const struct record *r, int sign)
{
    const struct world *tree = tree_of(g, sign);
    if (record_sealed(r) || !is_in(g, tree, world_area_by_id(tree, r->area)))
        return;
    contribute_term(g, r, 0, sign);
    contribute_term(g, r, 1, sign);
}

/* *out = NULL when it did not exist yet. */
static bool fold_to(struct gather *g, struct arena *a, int64_t rid, struct record **out)
{
    enum { PAGE = 100 };
    struct record *r = record_new(a);
    bool more = true;
    r->last_seq = -1;
    while (more) {
        struct event *events;
        size_t n;
        if (!ledger_of_record(g->db, a, rid, r->last_seq, PAGE, &events, &n, g->e))
            return false;
        more = n == PAGE;
        for (size_t i = 0; i < n; i++) {
            struct event_body body;
            if (events[i].seq >= g->size) {
                more = false;
                break;
            }
            if (!body_read(a, events[i].body, &body, g->e) ||
                !fold_event(a, r, &body, events[i].seq, g->e))
                return false;
        }
    }
    r->rid = rid;
    *out = r->ver ? r : NULL;
    return true;
}

static bool correct_record(struct gather *g, struct arena *a, int64_t rid)
{
    struct record *now, *then;
    bool found;
    if (!record_load_rid(g->db, a, rid, &found, &now, g->e) || !fold_to(g, a, rid, &then))
        return false;
    if (found)
        contribute(g, now, -1);
    if (then)
        contribute(g, then, 1);
    return true;
}

bool asof_correct(struct gather *g)
{
    struct arena *one AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < g->n_changed; i++) {
        if (!correct_record(g, one, g->changed[i]))
            return false;
        arena_reset(one);
    }
    return true;
}
