/* Beside the figure, the same for another span: last year, or the days before. */
#include "measure/figure_int.h"
#include "measure/indicator.sql.h"

/* The same day a year earlier; the last of February stands in for the 29th. */
static int32_t year_before(int32_t day)
{
    int year, month, dom;
    civil_of_day(day, &year, &month, &dom);
    if (!civil_valid(year - 1, month, dom))
        dom = 28;
    return day_of_civil(year - 1, month, dom);
}

static void test(const struct gather *g, const struct figure *f, struct figure_comparison *c)
{
    const struct figure_value *now = &f->total, *then = &c->v;
    const struct indicator *ind = g->indicator;
    if (ind->kind == IND_COUNT && then->n > 0) { /* nothing then: perhaps nobody kept books */
        c->tested = true;
        c->p = chance_counts(now->n, f->to - f->from + 1, then->n, c->to - c->from + 1);
    } else if (ind->kind == IND_RATE && ind->part && now->has_value && then->has_value) {
        c->tested = true;
        c->p = chance_parts(now->n, now->N, then->n, then->N);
    }
}

/* ---- equal maturity ---- */

/* Adds up a term (a negative number: its sealed matters) over the parts of the area. */
static bool known_pair(struct gather *g, const struct figure_comparison *c, int32_t cut,
                       int64_t number, int64_t *n, int64_t *s)
{
    for (int i = 0; i < g->n_parts; i++) {
        int64_t aid = g->w->areas[g->parts[i]].aid;
        struct rows r AUTO(rows_close) = store_query(
            g->db, sql_count_known,
            BIND(C_INT(number), C_INT(aid), C_INT(c->from), C_INT(c->to), C_INT(cut)), g->e);
        if (rows_next(&r) && !rows_null(&r, 0)) {
            *n += rows_int(&r, 0);
            *s += rows_int(&r, 1);
        }
        if (err_is(g->e))
            return false;
    }
    return true;
}

/* The earliest day on which something of the span became known. */
static bool first_known(struct gather *g, const struct figure_comparison *c, int64_t number,
                        int64_t *first)
{
    *first = INT64_MAX;
    for (int i = 0; i < g->n_parts; i++) {
        int64_t aid = g->w->areas[g->parts[i]].aid, known = 0;
        bool found;
        if (!store_int(g->db, sql_count_first_known,
                       BIND(C_INT(number), C_INT(aid), C_INT(c->from), C_INT(c->to)), &found, &known,
                       g->e))
            return false;
        if (found)
            *first = min64(*first, known);
    }
    return true;
}

static bool known_sums(struct gather *g, const struct figure_comparison *c, int32_t cut,
                       struct figure_sums *out, bool *known)
{
    int64_t first = 0, log = 0;
    bool has_log;
    *known = true;
    if (!store_int(g->db, sql_log_first, BIND_NONE, &has_log, &log, g->e))
        return false;
    int32_t begin = has_log ? zone_day(g->w->zone, log) : INT32_MAX;
    for (int i = 0; i < 2 && g->terms[i].term; i++) {
        int64_t number = g->terms[i].number, n = 0, s = 0;
        if (!first_known(g, c, number, &first))
            return false;
        /* The log began later: only an import that says when it was known can answer. */
        if (begin > c->from && first >= begin)
            *known = false;
        if (!known_pair(g, c, cut, number, &out->n[i], &out->s[i]))
            return false;
        if (g->sealed == SEALED_NONE || g->sealed == SEALED_LEFT_OUT)
            continue;
        if (!known_pair(g, c, cut, -number, &n, &s))
            return false;
        out->n[i] += sealed_said(g, n);
    }
    return true;
}

static bool maturity(struct gather *g, const struct figure *f, struct figure_comparison *c)
{
    enum indicator_kind k = g->indicator->kind;
    const struct figure_question *q = g->q;
    bool fits = q->compare == COMPARE_YOY && (k == IND_COUNT || k == IND_SUM || k == IND_RATE) &&
                !q->where.len && !g->then && g->w->areas[g->area].level <= g->levels.dims && q->as_of_size < 0;
    struct figure_sums sums = {.n_ms = 0};
    const char *note = NULL;
    if (!fits)
        return true;
    int32_t today = q->as_of_day != DAY_NONE ? q->as_of_day : zone_day(g->w->zone, q->now);
    int32_t cut = c->to + (today - f->to);
    c->has_maturity = true;
    if (!known_sums(g, c, cut, &sums, &c->maturity.known))
        return false;
    if (!c->maturity.known) {
        if (!c->note)
            c->note = "not known";
        return true;
    }
    c->maturity.v = value_of(g, &sums);
    c->maturity.has_change = value_change(g->indicator, &f->total, &c->maturity.v, &c->maturity.change, &note);
    return true;
}

void compare_span(enum figure_compare kind, struct figure_comparison *c, int32_t from, int32_t to)
{
    switch (kind) {
    case COMPARE_NONE:
        break;
    case COMPARE_YOY:
        c->kind = "yoy";
        c->from = year_before(from);
        c->to = year_before(to);
        break;
    case COMPARE_PREVIOUS:
        c->kind = "previous";
        c->from = from - (to - from + 1);
        c->to = from - 1;
        break;
    }
}

bool figure_compare(struct gather *g, struct figure *f)
{
    struct figure_comparison *c = &f->compare;
    compare_span(g->q->compare, c, f->from, f->to);
    if (!c->kind)
        return true;
    gather_begin(g, c->from, c->to, BY_NONE);
    if (!gather_count(g))
        return false;
    c->v = value_of(g, &g->total);
    redrawn_between(g, c, f->to);
    if (c->incomparable) {
        c->note = "areas redrawn";
        return true;
    }
    if (g->indicator->version > 1 && c->from < g->indicator->valid_from) {
        c->incomparable = true;
        c->note = "definition changed";
        return true;
    }
    c->has_change = value_change(g->indicator, &f->total, &c->v, &c->change, &c->note);
    test(g, f, c);
    return maturity(g, f, c);
}
