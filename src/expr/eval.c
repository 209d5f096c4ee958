#include "expr/expr_int.h"

/* Three-valued logic. */
enum tri { NO, YES, UNKNOWN };

struct run {
    const struct xcontext *c; /* NULL: there are only literals */
    const struct zone *zone;
};

/* A text that is still to be read as lower(): it has no memory of its own. */
struct value {
    struct xvalue v;
    bool low;
};

static struct value value_of(const struct run *r, const struct node *n);
static enum tri truth(const struct run *r, const struct node *n);

static enum tri tri_of(bool yes)
{
    return yes ? YES : NO;
}

static struct value nothing(const struct node *n)
{
    return (struct value){.v = {.type = n->type, .null = true, .decimals = n->decimals}};
}

static struct value whole(const struct node *n, int64_t i)
{
    return (struct value){.v = {.type = n->type, .decimals = n->decimals, .i = i}};
}

/* ---- text ---- */

static unsigned char byte_at(const struct value *t, size_t i)
{
    unsigned char c = (unsigned char)t->v.s.ptr[i];
    return t->low && c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

static int compare_text(const struct value *a, const struct value *b)
{
    if (!a->low && !b->low)
        return str_cmp(a->v.s, b->v.s);
    size_t la = a->v.s.len, lb = b->v.s.len;
    for (size_t i = 0; i < la && i < lb; i++)
        if (byte_at(a, i) != byte_at(b, i))
            return byte_at(a, i) < byte_at(b, i) ? -1 : 1;
    return (la > lb) - (la < lb);
}

static int compare(const struct value *a, const struct value *b)
{
    if (a->v.type == X_TEXT)
        return compare_text(a, b);
    return (a->v.i > b->v.i) - (a->v.i < b->v.i);
}

static size_t char_length(struct str s, size_t i)
{
    size_t next = i;
    (void)str_next_char(s, &next);
    return next - i;
}

/* Goes back only to the last %, so that it takes at most text * pattern steps. */
static bool matches(const struct value *t, struct str pattern)
{
    struct str s = t->v.s;
    size_t i = 0, k = 0, star = SIZE_MAX, retry = 0;
    for (;;) {
        if (k < pattern.len && pattern.ptr[k] == '%') {
            star = ++k;
            retry = i;
            continue;
        }
        if (i == s.len && k == pattern.len)
            return true;
        if (i < s.len && k < pattern.len) {
            bool any = pattern.ptr[k] == '_';
            size_t literal = k + (pattern.ptr[k] == '\\');
            if (any || byte_at(t, i) == (unsigned char)pattern.ptr[literal]) {
                i += any ? char_length(s, i) : 1;
                k = literal + 1;
                continue;
            }
        }
        if (star == SIZE_MAX || retry >= s.len)
            return false;
        retry += char_length(s, retry);
        i = retry;
        k = star;
    }
}

/* ---- conditions ---- */

static enum tri all_or_any(const struct run *r, const struct node *n)
{
    enum tri decisive = n->op == OP_AND ? NO : YES, result = n->op == OP_AND ? YES : NO;
    for (size_t i = 0; i < n->n; i++) {
        enum tri t = truth(r, n->kids[i]);
        if (t == decisive)
            return decisive;
        if (t == UNKNOWN)
            result = UNKNOWN;
    }
    return result;
}

static enum tri compared(enum xop op, const struct value *a, const struct value *b)
{
    if (a->v.null || b->v.null)
        return UNKNOWN;
    int c = compare(a, b);
    switch ((int)op) {
    case OP_EQ:
        return tri_of(c == 0);
    case OP_NE:
        return tri_of(c != 0);
    case OP_LT:
        return tri_of(c < 0);
    case OP_LE:
        return tri_of(c <= 0);
    case OP_GT:
        return tri_of(c > 0);
    default:
        return tri_of(c >= 0);
    }
}

static enum tri in_list(const struct run *r, const struct node *n)
{
    struct value what = value_of(r, n->kids[0]);
    enum tri result = NO;
    for (size_t i = 1; i < n->n; i++) {
        struct value item = value_of(r, n->kids[i]);
        enum tri t = compared(OP_EQ, &what, &item);
        if (t == YES)
            return YES;
        if (t == UNKNOWN)
            result = UNKNOWN;
    }
    return result;
}

static enum tri between(const struct run *r, const struct node *n)
{
    struct value what = value_of(r, n->kids[0]), low = value_of(r, n->kids[1]);
    struct value high = value_of(r, n->kids[2]);
    enum tri a = compared(OP_GE, &what, &low), b = compared(OP_LE, &what, &high);
    if (a == NO || b == NO)
        return NO;
    return a == UNKNOWN || b == UNKNOWN ? UNKNOWN : YES;
}

static enum tri like(const struct run *r, const struct node *n)
{
    struct value what = value_of(r, n->kids[0]);
    return what.v.null ? UNKNOWN : tri_of(matches(&what, n->kids[1]->lit.s));
}

static enum tri within(const struct run *r, const struct node *n)
{
    struct value code = value_of(r, n->kids[0]);
    const struct within *w = n->within;
    if (code.v.null)
        return UNKNOWN;
    size_t low = 0, high = w->n;
    while (low < high) {
        size_t mid = (low + high) / 2;
        int c = str_cmp(code.v.s, w->codes[mid]);
        if (c == 0)
            return YES;
        if (c < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return NO;
}

static enum tri intersects(const struct run *r, const struct node *n)
{
    struct value place = value_of(r, n->kids[0]);
    return place.v.null ? UNKNOWN : tri_of(geo_inside(n->kids[1]->shape, place.v.lon, place.v.lat));
}

static enum tri has(const struct run *r, const struct node *n)
{
    if (!r->c || !r->c->has)
        return UNKNOWN;
    return tri_of(r->c->has(r->c->self, n->kids[0]->lit.s));
}

static enum tri negated(enum tri t)
{
    return t == UNKNOWN ? UNKNOWN : tri_of(t == NO);
}

static enum tri truth(const struct run *r, const struct node *n)
{
    switch ((int)n->op) {
    case OP_AND:
    case OP_OR:
        return all_or_any(r, n);
    case OP_NOT:
        return negated(truth(r, n->kids[0]));
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE: {
        struct value a = value_of(r, n->kids[0]), b = value_of(r, n->kids[1]);
        return compared(n->op, &a, &b);
    }
    case OP_IS_NULL:
        return tri_of(value_of(r, n->kids[0]).v.null);
    case OP_IN:
        return in_list(r, n);
    case OP_BETWEEN:
        return between(r, n);
    case OP_LIKE:
        return like(r, n);
    case OP_WITHIN:
        return within(r, n);
    case OP_INTERSECTS:
        return intersects(r, n);
    case OP_HAS:
        return has(r, n);
    default: {
        ASSERT(n->op == OP_LIT || n->op == OP_PROP);
        struct value v = value_of(r, n);
        return v.v.null ? UNKNOWN : tri_of(v.v.i != 0);
    }
    }
}

/* ---- values ---- */

static struct value limited(const struct node *n, struct value v)
{
    if (n->limit && !v.v.null && (v.v.i > n->limit || v.v.i < -n->limit))
        return nothing(n);
    return v;
}

static struct value property(const struct run *r, const struct node *n)
{
    struct value out = {.v = {.null = true}};
    ASSERT(r->c && r->c->get);
    r->c->get(r->c->self, n->prop.slot, &out.v);
    out.v.type = n->type;
    out.v.decimals = n->decimals;
    if (n->type == X_BOOL)
        out.v.i = out.v.i != 0;
    return limited(n, out);
}

/* node_limits has seen to it that nothing overflows here, save literals while they are folded. */
static struct value arithmetic(const struct run *r, const struct node *n)
{
    struct value a = value_of(r, n->kids[0]);
    struct value b = n->op == OP_NEG ? whole(n, 0) : value_of(r, n->kids[1]);
    int64_t i;
    bool over;
    if (a.v.null || b.v.null)
        return nothing(n);
    if (n->op == OP_ADD)
        over = __builtin_add_overflow(a.v.i, b.v.i, &i);
    else if (n->op == OP_SUB)
        over = __builtin_sub_overflow(a.v.i, b.v.i, &i);
    else if (n->op == OP_MUL)
        over = __builtin_mul_overflow(a.v.i, b.v.i, &i);
    else
        over = __builtin_sub_overflow(b.v.i, a.v.i, &i);
    return over ? nothing(n) : whole(n, i);
}

static bool sane_day(int64_t day)
{
    return day >= -EXPR_DAY_MAX && day <= EXPR_DAY_MAX;
}

/* The civil day of a date or an instant; false when it is not known. */
static bool civil_day(const struct run *r, const struct value *v, int64_t *day)
{
    if (v->v.null)
        return false;
    if (v->v.type == X_TIME) {
        if (!sane_day(v->v.i / MS_DAY))
            return false;
        *day = zone_day(r->zone, v->v.i);
        return true;
    }
    *day = v->v.i;
    return sane_day(v->v.i);
}

static struct value days(const struct run *r, const struct node *n)
{
    struct value a = value_of(r, n->kids[0]), b = value_of(r, n->kids[1]);
    int64_t from, to;
    if (!civil_day(r, &a, &from) || !civil_day(r, &b, &to))
        return nothing(n);
    return whole(n, to - from);
}

static struct value start_of_day(const struct run *r, const struct node *n)
{
    struct value v = value_of(r, n->kids[0]);
    if (v.v.null || !sane_day(v.v.i))
        return nothing(n);
    return whole(n, zone_start(r->zone, (int32_t)v.v.i));
}

static struct value distance(const struct run *r, const struct node *n)
{
    struct value a = value_of(r, n->kids[0]);
    const struct xvalue *b = &n->kids[1]->lit;
    if (a.v.null)
        return nothing(n);
    return whole(n, expr_distance_m(a.v.lon, a.v.lat, b->lon, b->lat));
}

static struct value counted(const struct run *r, const struct node *n)
{
    int64_t (*count)(void *, struct str) = !r->c              ? NULL
                                           : n->op == OP_OPEN ? r->c->open
                                                              : r->c->rows;
    return count ? limited(n, whole(n, count(r->c->self, n->kids[0]->lit.s))) : nothing(n);
}

static struct value lowered(const struct run *r, const struct node *n)
{
    struct value v = value_of(r, n->kids[0]);
    v.low = true;
    return v;
}

static struct value value_of(const struct run *r, const struct node *n)
{
    switch ((int)n->op) {
    case OP_LIT:
        return (struct value){.v = n->lit};
    case OP_PROP:
        return property(r, n);
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
    case OP_NEG:
        return arithmetic(r, n);
    case OP_LOWER:
        return lowered(r, n);
    case OP_DISTANCE:
        return distance(r, n);
    case OP_START:
        return start_of_day(r, n);
    case OP_DAYS:
        return days(r, n);
    case OP_TODAY:
        return r->c ? whole(n, r->c->today) : nothing(n);
    case OP_OPEN:
    case OP_ROWS:
        return counted(r, n);
    default: {
        enum tri t = truth(r, n);
        return t == UNKNOWN ? nothing(n) : whole(n, t == YES);
    }
    }
}

struct xvalue eval_literal(const struct expr *x, const struct node *n)
{
    struct run r = {NULL, x->zone};
    return value_of(&r, n).v;
}

void expr_eval(const struct expr *x, const struct xcontext *c, struct xvalue *out)
{
    struct run r = {c, c->zone ? c->zone : x->zone};
    *out = value_of(&r, x->root).v;
}

bool expr_true(const struct expr *x, const struct xcontext *c)
{
    struct xvalue v;
    ASSERT(x->root->type == X_BOOL);
    expr_eval(x, c, &v);
    return !v.null && v.i != 0;
}
