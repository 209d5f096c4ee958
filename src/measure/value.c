/* From sums to what is printed: integers all the way. */
#include "measure/figure_int.h"

enum { RATE_LEAST = 20 }; /* no rate under N = 20 */

int64_t value_power(int n)
{
    int64_t p = 1;
    while (n-- > 0)
        p *= 10;
    return p;
}

/* n * times * 10^decimals / d, rounded half away from zero; d > 0 */
static int64_t divide(__int128 n, __int128 d)
{
    __int128 v = n < 0 ? -((-2 * n + d) / (2 * d)) : (2 * n + d) / (2 * d);
    return v > INT64_MAX ? INT64_MAX : v < -INT64_MAX ? -INT64_MAX : (int64_t)v;
}

int64_t value_ratio(int64_t n, int64_t d, int64_t times, int decimals)
{
    ASSERT(d > 0);
    return divide((__int128)n * times * value_power(decimals), d);
}

static int term_decimals(const struct figure_term *t)
{
    int decimals = 0;
    if (t->term->kind == TERM_SUM)
        field_xtype(&t->def->fields[t->term->sum_field], &decimals);
    return decimals;
}

static int64_t amount(const struct figure_term *t, const struct figure_sums *s, int slot)
{
    return t->term->kind == TERM_SUM ? s->s[slot] : s->n[slot];
}

void value_rate(struct figure_value *v, int64_t records, int decimals)
{
    if (records < RATE_LEAST || v->N <= 0) {
        v->note = "N<20";
        return;
    }
    v->has_value = true;
    v->decimals = decimals;
    v->value = divide((__int128)v->n * value_power(v->N_decimals) * 100 * value_power(decimals),
                      (__int128)v->N * value_power(v->n_decimals));
}

static void rate(const struct gather *g, const struct figure_sums *s, struct figure_value *v)
{
    const struct figure_term *d = &g->terms[1];
    v->N = amount(d, s, SLOT_D);
    v->N_decimals = term_decimals(d);
    v->has_N = true;
    if (g->indicator->part && v->n > v->N) /* the playbook says a part, the records do not */
        v->note = "n>N";
    else
        value_rate(v, s->n[SLOT_D], g->indicator->decimals);
}

static void stock(const struct gather *g, const struct figure_sums *s, struct figure_value *v)
{
    const struct figure_term *in = &g->terms[0], *out = &g->terms[1];
    v->stock = true;
    v->has_n = false;
    v->opening = amount(in, s, SLOT_N_BEFORE) - amount(out, s, SLOT_D_BEFORE);
    v->in = amount(in, s, SLOT_N);
    v->out = amount(out, s, SLOT_D);
    v->closing = v->opening + v->in - v->out;
    v->has_value = true;
    v->value = v->closing;
    v->decimals = v->n_decimals;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static void median(const struct gather *g, struct figure_sums *s, struct figure_value *v)
{
    v->n = (int64_t)s->n_ms;
    if (s->n_ms == 0)
        return;
    qsort(s->ms, s->n_ms, sizeof *s->ms, by_size);
    int64_t low = s->ms[(s->n_ms - 1) / 2], high = s->ms[s->n_ms / 2];
    v->has_value = true;
    v->decimals = g->indicator->decimals;
    v->value = divide(((__int128)low + high) * value_power(v->decimals), (__int128)2 * MS_DAY);
}

struct figure_value value_of(const struct gather *g, struct figure_sums *s)
{
    const struct figure_term *t = &g->terms[0];
    struct figure_value v = {.has_n = true, .n_decimals = term_decimals(t)};
    v.n = amount(t, s, SLOT_N);
    switch (g->indicator->kind) {
    case IND_COUNT:
        v.has_value = true;
        v.value = v.n;
        break;
    case IND_SUM:
        v.has_value = true;
        v.value = v.n;
        v.decimals = v.n_decimals;
        v.n = s->n[SLOT_N]; /* of how many records */
        v.n_decimals = 0;
        break;
    case IND_RATE:
        rate(g, s, &v);
        break;
    case IND_STOCK:
        stock(g, s, &v);
        break;
    case IND_MEDIAN:
        median(g, s, &v);
        break;
    }
    return v;
}

/* n/N as a percentage scaled by 10^decimals: numerator and denominator of it */
static void fraction(const struct figure_value *v, __int128 *n, __int128 *d)
{
    *n = (__int128)v->n * value_power(v->N_decimals) * 100 * value_power(v->decimals);
    *d = (__int128)v->N * value_power(v->n_decimals);
}

int64_t value_points(const struct figure_value *now, const struct figure_value *then)
{
    __int128 a, b, c, d, left, right, bottom;
    ASSERT(now->has_value && then->has_value);
    fraction(now, &a, &b);
    fraction(then, &c, &d);
    bool over = __builtin_mul_overflow(a, d, &left) || __builtin_mul_overflow(c, b, &right) ||
                __builtin_mul_overflow(b, 2 * d, &bottom);
    if (over || left > bottom * 1000000000 || right > bottom * 1000000000)
        return now->value - then->value; /* sums beyond all measure: the rounded ones must do */
    return divide(left - right, b * d);
}

bool value_change(const struct indicator *ind, const struct figure_value *now,
                  const struct figure_value *then, int64_t *change, const char **note)
{
    enum { TINY = 20 }; /* below it percentages of counts say nothing */
    switch (ind->kind) {
    case IND_RATE:
        if (!now->has_value || !then->has_value)
            return false;
        /* from the exact fractions, not from the rounded percentages */
        *change = value_points(now, then);
        return true;
    case IND_MEDIAN:
        *change = now->value - then->value;
        return now->has_value && then->has_value;
    case IND_COUNT:
    case IND_SUM:
    case IND_STOCK:
        break;
    }
    if ((ind->kind == IND_SUM ? then->n : then->value) < TINY || then->value <= 0) {
        *note = "base<20";
        return false;
    }
    *change = value_ratio(now->value - then->value, then->value, 100, 1);
    return true;
}

static void put(struct json_out *o, const char *key, int64_t v, int decimals)
{
    jo_key(o, key);
    if (decimals)
        jo_decimal(o, v, decimals);
    else
        jo_int(o, v);
}

void value_write(struct json_out *o, const struct figure_value *v)
{
    if (v->has_n)
        put(o, "n", v->n, v->n_decimals);
    if (v->has_N)
        put(o, "N", v->N, v->N_decimals);
    if (v->stock) {
        put(o, "opening", v->opening, v->n_decimals);
        put(o, "in", v->in, v->n_decimals);
        put(o, "out", v->out, v->n_decimals);
        put(o, "closing", v->closing, v->n_decimals);
    }
    if (v->has_value) {
        put(o, "value", v->value, v->decimals);
    } else {
        jo_key(o, "value");
        jo_null(o);
    }
    if (v->note)
        jo_kc(o, "note", v->note);
}
