#include "measure/fact.h"

static void read_slot(const struct xcontext *c, int slot, struct xvalue *out)
{
    *out = (struct xvalue){.null = true};
    c->get(c->self, slot, out);
}

static int32_t day_of(const struct xcontext *c, const struct xvalue *v)
{
    return v->type == X_DATE ? (int32_t)v->i : zone_day(c->zone, v->i);
}

/* Between two dates whole days count, whatever the zone did to its clocks in between. */
static int64_t between(const struct xcontext *c, const struct xvalue *from, const struct xvalue *to)
{
    if (from->type == X_DATE && to->type == X_DATE)
        return (to->i - from->i) * MS_DAY;
    int64_t a = from->type == X_DATE ? zone_start(c->zone, (int32_t)from->i) : from->i;
    int64_t b = to->type == X_DATE ? zone_start(c->zone, (int32_t)to->i) : to->i;
    return b - a;
}

bool fact_of(const struct term *t, const struct xcontext *c, struct fact *out)
{
    struct xvalue gone, merged, at, v;
    read_slot(c, ATTR_void, &gone);
    read_slot(c, ATTR_merged_into, &merged);
    if ((!gone.null && gone.i) || !merged.null)
        return false;
    read_slot(c, t->at_slot, &at);
    if (at.null)
        return false;
    struct fact f = {.n = 1, .day = day_of(c, &at)};
    switch (t->kind) {
    case TERM_COUNT:
        break;
    case TERM_SUM:
        read_slot(c, SLOT_FIELD + t->sum_field, &v);
        if (v.null)
            return false;
        f.s = v.i;
        break;
    case TERM_MEDIAN:
        read_slot(c, t->from_slot, &v);
        if (v.null)
            return false;
        f.ms = between(c, &v, &at);
        break;
    }
    if (t->expr && !expr_true(t->expr, c))
        return false;
    *out = f;
    return true;
}

static void get_from_record(void *self, int slot, struct xvalue *out)
{
    const struct fact_record *r = self;
    record_value(r->record, r->def, slot, out);
}

struct xcontext fact_context(struct fact_record *r, const struct zone *zone)
{
    return (struct xcontext){.self = r, .get = get_from_record, .zone = zone};
}

struct str fact_key(struct arena *a, const struct xvalue *v)
{
    if (v->null)
        return STR_NONE;
    switch (v->type) {
    case X_TEXT:
        return v->s;
    case X_BOOL:
        return v->i ? STR("true") : STR("false");
    case X_INT:
        return str_printf(a, "%lld", (long long)v->i);
    case X_NULL:
    case X_DECIMAL:
    case X_DATE:
    case X_TIME:
    case X_PLACE:
    case X_PRESENT:
    case X_POLYGON:
        break;
    }
    return STR_NONE;
}

static bool add_dim(int fields[static FACT_DIMS], int n, int field)
{
    for (int i = 0; i < n; i++)
        if (fields[i] == field)
            return false;
    fields[n] = field;
    return true;
}

int fact_dims(const struct playbook *p, int term, int fields[static FACT_DIMS])
{
    int n = 0;
    for (int i = 0; i < p->n_indicators; i++) {
        const struct indicator *ind = &p->indicators[i];
        if (ind->n_term != term && ind->d_term != term)
            continue;
        for (int k = 0; k < ind->n_by && n < FACT_DIMS; k++)
            n += add_dim(fields, n, ind->by[k]);
    }
    return n;
}
