/* An indicator made of others (sum_of), over several playbooks: each is asked by itself, and their
 * counts are added.  Only what can be added is: counts, and n and N of rates. */
#include "measure/figure_int.h"

static bool add_value(const struct gather *g, struct figure_value *sum,
                      const struct figure_value *v)
{
    if (v->n_decimals || (v->has_N && v->N_decimals))
        return err_field(g->e, ERR_INPUT, "id",
                         "sums of fields are of different units and cannot be added");
    sum->n += v->n;
    sum->N += v->N;
    return true;
}

static void finish(const struct gather *g, struct figure_value *v)
{
    bool rate = g->indicator->kind == IND_RATE;
    v->has_n = true;
    v->has_N = rate;
    if (rate)
        value_rate(v, v->N, g->indicator->decimals);
    v->has_value = rate ? v->has_value : true;
    v->value = rate ? v->value : v->n;
}

static bool add_rows(struct gather *g, struct figure *f, const struct figure *part, size_t *cap)
{
    for (size_t i = 0; i < part->n_rows; i++) {
        const struct figure_row *r = &part->rows[i];
        size_t at = 0;
        while (at < f->n_rows && !str_eq(f->rows[at].key, r->key))
            at++;
        if (at == f->n_rows) {
            f->rows = arena_grow(g->a, f->rows, f->n_rows, cap, sizeof *f->rows);
            f->rows[f->n_rows++] = (struct figure_row){.key = r->key};
        }
        if (!add_value(g, &f->rows[at].v, &r->v))
            return false;
    }
    return true;
}

static bool add_comparison(struct gather *g, struct figure *f, const struct figure *part)
{
    const struct figure_comparison *from = &part->compare;
    struct figure_comparison *c = &f->compare;
    if (!from->kind)
        return true;
    c->maturity.known = (!c->kind || c->maturity.known) && from->has_maturity && from->maturity.known;
    c->has_maturity |= from->has_maturity;
    c->incomparable |= from->incomparable;
    c->redrawn = from->redrawn; /* the area is the same of all */
    c->n_redrawn = from->n_redrawn;
    c->note = from->note;
    c->kind = from->kind;
    c->from = from->from;
    c->to = from->to;
    return add_value(g, &c->v, &from->v) && add_value(g, &c->maturity.v, &from->maturity.v);
}

static void finish_comparison(struct gather *g, struct figure *f)
{
    struct figure_comparison *c = &f->compare;
    if (!c->kind)
        return;
    finish(g, &c->v);
    if (c->incomparable) {
        c->has_maturity = false;
        return;
    }
    c->has_change = value_change(g->indicator, &f->total, &c->v, &c->change, &c->note);
    if (g->indicator->kind == IND_COUNT && c->v.n > 0) {
        c->tested = true;
        c->p = chance_counts(f->total.n, f->to - f->from + 1, c->v.n, c->to - c->from + 1);
    }
    if (c->has_maturity && c->maturity.known) {
        const char *note = NULL;
        finish(g, &c->maturity.v);
        c->maturity.has_change = value_change(g->indicator, &f->total, &c->maturity.v,
                                              &c->maturity.change, &note);
    }
}

static bool ask_part(struct gather *g, struct str id, struct figure *out)
{
    struct figure_question q = *g->q;
    q.id = id;
    if (!figure_ask(g->db, g->a, g->w, &q, out, g->e))
        return false;
    if (out->indicator->n_sum_of || out->indicator->kind != g->indicator->kind)
        return err_field(g->e, ERR_INPUT, "id",
                         "\"%.60s\" cannot be added: it is of another kind, or made of others",
                         str_c(g->a, id));
    return true;
}

bool composite_answer(struct gather *g, struct figure *f)
{
    static const char *const CAN[] = {"day", "month", "area"};
    struct str by = g->q->by;
    bool fits = !by.len;
    size_t cap = 0;
    for (size_t i = 0; i < COUNT_OF(CAN); i++)
        fits |= str_is(by, CAN[i]);
    if (!fits)
        return err_field(g->e, ERR_INPUT, "by",
                         "a figure made of others is parted by day, month or area only");
    f->counters = true;
    for (int i = 0; i < g->indicator->n_sum_of; i++) {
        struct figure part;
        if (!ask_part(g, g->indicator->sum_of[i], &part) || !add_value(g, &f->total, &part.total) ||
            !add_rows(g, f, &part, &cap) || !add_comparison(g, f, &part))
            return false;
        f->counters &= part.counters;
        if (part.sealed > f->sealed)
            f->sealed = part.sealed;
        f->sealed_n += part.sealed_n;
        f->sealed_N += part.sealed_N;
    }
    finish(g, &f->total);
    for (size_t i = 0; i < f->n_rows; i++)
        finish(g, &f->rows[i].v);
    finish_comparison(g, f);
    return true;
}
