/* The parts of a condition, for who plans a question. */
#include "expr/expr_int.h"

static bool is_prop(const struct node *n)
{
    return n->op == OP_PROP && !n->limit;
}

static bool literals(struct node *const *kids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kids[i]->op != OP_LIT || kids[i]->lit.null)
            return false;
    return true;
}

/* distance_m(place, POINT) at most so much: sql.c puts a box before it when there is one. */
static bool has_box(const struct node *n, const struct node **place)
{
    bool turned = n->kids[0]->op == OP_LIT;
    const struct node *d = n->kids[turned], *most = n->kids[!turned];
    bool near = turned ? n->op == OP_GE || n->op == OP_GT : n->op == OP_LE || n->op == OP_LT;
    struct point low, high;
    if (!near || d->op != OP_DISTANCE || most->op != OP_LIT)
        return false;
    *place = d->kids[0];
    return geo_box((struct point){d->kids[1]->lit.lon, d->kids[1]->lit.lat},
                   min64(most->lit.i, EXPR_DISTANCE_MAX), &low, &high);
}

static enum expr_part_use comparison(const struct node *n, const struct node **prop)
{
    for (int i = 0; i < 2; i++) {
        if (is_prop(n->kids[i]) && literals(&n->kids[!i], 1)) {
            *prop = n->kids[i];
            return n->op == OP_EQ ? EXPR_USE_EQUAL : EXPR_USE_RANGE;
        }
    }
    return has_box(n, prop) ? EXPR_USE_RANGE : EXPR_USE_NONE;
}

static enum expr_part_use use_of(const struct node *n, const struct node **prop)
{
    *prop = n->n ? n->kids[0] : NULL;
    switch ((int)n->op) {
    case OP_EQ:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        return comparison(n, prop);
    case OP_IN:
    case OP_BETWEEN:
        return is_prop(*prop) && literals(n->kids + 1, n->n - 1) ? EXPR_USE_RANGE : EXPR_USE_NONE;
    case OP_WITHIN:
        if (n->within->sql.ptr)
            return EXPR_USE_BELOW;
        return n->within->n && n->within->n <= EXPR_WITHIN_SQL ? EXPR_USE_RANGE : EXPR_USE_NONE;
    case OP_INTERSECTS:
        return EXPR_USE_RANGE;
    default:
        return EXPR_USE_NONE;
    }
}

/* The properties below n, each once. */
static void find_props(struct arena *a, struct node *n, struct expr *x)
{
    for (size_t i = 0; i < n->n; i++)
        find_props(a, n->kids[i], x);
    if (n->op != OP_PROP)
        return;
    for (size_t i = 0; i < x->n_props; i++)
        if (x->props[i]->prop.slot == n->prop.slot && str_eq(x->props[i]->name, n->name))
            return;
    x->props = arena_grow(a, x->props, x->n_props, &x->cap_props, sizeof(struct node *));
    x->props[x->n_props++] = n;
}

static struct expr_part part_of(struct arena *a, const struct expr *x, struct node *n)
{
    const struct node *prop;
    struct expr_part p = {.x = ARENA_NEW(a, struct expr), .slot = -1};
    p.x->root = n;
    p.x->zone = x->zone;
    find_props(a, n, p.x);
    p.use = use_of(n, &prop);
    if (p.use != EXPR_USE_NONE)
        p.slot = prop->prop.slot;
    if (p.use == EXPR_USE_BELOW)
        p.code = n->within->code;
    return p;
}

struct gathering {
    struct arena *a;
    const struct expr *x;
    struct expr_part *list;
    size_t n;
};

static void gather(struct gathering *g, struct node *n)
{
    if (n->op != OP_AND) {
        g->list[g->n++] = part_of(g->a, g->x, n);
        return;
    }
    for (size_t i = 0; i < n->n; i++) /* an AND in brackets is an AND inside this one */
        gather(g, n->kids[i]);
}

size_t expr_parts(struct arena *a, const struct expr *x, struct expr_part **out)
{
    struct gathering g = {.a = a, .x = x};
    g.list = ARENA_ARRAY(a, struct expr_part, LIMIT_EXPR_NODES);
    gather(&g, x->root);
    ASSERT(g.n <= LIMIT_EXPR_NODES);
    *out = g.list;
    return g.n;
}
