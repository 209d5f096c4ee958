#include "measure/small.h"

bool small_count(int64_t n)
{
    return n > 0 && n < SMALL;
}

static bool in_rate(const struct indicator *ind, const struct figure_value *v)
{
    return v->has_n && v->has_N && (small_count(v->n) || small_count(v->N) || (ind->part && small_count(v->N - v->n)));
}

static bool in_value(const struct indicator *ind, const struct figure_value *v)
{
    bool stock = v->stock && (small_count(v->opening) || small_count(v->in) || small_count(v->out) ||
                              small_count(v->closing));
    return stock || (v->has_n && small_count(v->n)) || in_rate(ind, v);
}

bool small_in(const struct figure *f)
{
    bool compared = f->compare.kind && !f->compare.given;
    return in_value(f->indicator, &f->total) || (compared && in_value(f->indicator, &f->compare.v));
}
