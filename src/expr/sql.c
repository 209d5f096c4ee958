#include "expr/expr_int.h"

/* One text for both engines.  A condition is PostgreSQL's boolean (SQLite: 0/1); where a condition
 * is compared as a value it is cast to INTEGER, as BOOLEAN columns do not exist here.  LIKE relies
 * on PRAGMA case_sensitive_like=ON, which the store sets when it opens a SQLite file. */
struct out {
    struct buf *sql;
    struct cell *args;
    size_t cap, n;
    int first;
    struct err *e;
};

static void scalar(struct out *o, const struct node *n);
static void condition(struct out *o, const struct node *n);

static void put(struct out *o, const char *c)
{
    buf_c(o->sql, c);
}

/* The number of the new parameter; the caller writes it where it is wanted. */
static int bind(struct out *o, struct cell c)
{
    if (o->n == o->cap) {
        err_set(o->e, ERR_TOO_BIG, "the condition needs more than %zu values", o->cap);
        return o->first;
    }
    o->args[o->n++] = c;
    return o->first + (int)o->n - 1;
}

static int bind_int(struct out *o, int64_t v)
{
    return bind(o, C_INT(v));
}

static void param(struct out *o, struct cell c)
{
    int k = bind(o, c);
    buf_printf(o->sql, "$%d", k);
}

static void literal(struct out *o, const struct node *n)
{
    param(o, n->type == X_TEXT ? C_TEXT(n->lit.s) : C_INT(n->lit.i));
}

static void column(struct out *o, const struct node *n)
{
    if (!n->prop.column.ptr)
        err_set(o->e, ERR_INPUT, "'%.*s' is no column that can be searched", STR_F(n->name));
    buf_str(o->sql, n->prop.column);
}

static void axis(struct out *o, const struct node *place, const char *which)
{
    column(o, place);
    put(o, which);
}

static void list(struct out *o, struct node *const *kids, size_t n, const char *between,
                 void (*one)(struct out *, const struct node *))
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            put(o, between);
        one(o, kids[i]);
    }
}

/* ---- places ---- */

static void span(struct out *o, const struct node *place, const char *which, int64_t low,
                 int64_t high)
{
    int a = bind_int(o, low), b = bind_int(o, high);
    axis(o, place, which);
    buf_printf(o->sql, " BETWEEN $%d AND $%d", a, b);
}

static void box(struct out *o, const struct node *place, struct point low, struct point high)
{
    span(o, place, "_lat", low.lat, high.lat);
    put(o, " AND ");
    if (low.lon <= high.lon) {
        span(o, place, "_lon", low.lon, high.lon);
        return;
    }
    int a = bind_int(o, low.lon), b = bind_int(o, high.lon); /* across the 180th meridian */
    put(o, "(");
    axis(o, place, "_lon");
    buf_printf(o->sql, " >= $%d OR ", a);
    axis(o, place, "_lon");
    buf_printf(o->sql, " <= $%d)", b);
}

struct edge {
    int lon1, lat1, lon2, lat2; /* numbers of parameters; lat1 is the lower */
    bool west;                  /* lon1 <= lon2 */
    bool flat;
};

static void slope(struct out *o, const struct node *place, const struct edge *g, const char *sign)
{
    put(o, "(");
    axis(o, place, "_lon");
    buf_printf(o->sql, " - $%d) * ($%d - $%d) %s ($%d - $%d) * (", g->lon1, g->lat2, g->lat1, sign,
               g->lon2, g->lon1);
    axis(o, place, "_lat");
    buf_printf(o->sql, " - $%d)", g->lat1);
}

static void on_edge(struct out *o, const struct node *place, const struct edge *g)
{
    put(o, "(");
    axis(o, place, "_lat");
    buf_printf(o->sql, " BETWEEN $%d AND $%d AND ", g->lat1, g->lat2);
    axis(o, place, "_lon");
    buf_printf(o->sql, " BETWEEN $%d AND $%d AND ", g->west ? g->lon1 : g->lon2,
               g->west ? g->lon2 : g->lon1);
    slope(o, place, g, "=");
    put(o, ")");
}

static void crossing(struct out *o, const struct node *place, const struct edge *g)
{
    put(o, "CASE WHEN ");
    axis(o, place, "_lat");
    buf_printf(o->sql, " >= $%d AND ", g->lat1);
    axis(o, place, "_lat");
    buf_printf(o->sql, " < $%d AND ", g->lat2);
    slope(o, place, g, "<");
    put(o, " THEN 1 ELSE 0 END");
}

static int edges_of(struct out *o, const struct shape *s, struct edge out[EXPR_POLYGON_MAX])
{
    int at[EXPR_POLYGON_MAX][2];
    for (int i = 0; i < s->n; i++) {
        at[i][0] = bind_int(o, s->at[i].lon);
        at[i][1] = bind_int(o, s->at[i].lat);
    }
    for (int i = 0; i < s->n; i++) {
        int k = (i + 1) % s->n;
        int a = s->at[i].lat <= s->at[k].lat ? i : k, b = a == i ? k : i;
        out[i] = (struct edge){.lon1 = at[a][0],
                               .lat1 = at[a][1],
                               .lon2 = at[b][0],
                               .lat2 = at[b][1],
                               .west = s->at[a].lon <= s->at[b].lon,
                               .flat = s->at[a].lat == s->at[b].lat};
    }
    return s->n;
}

/* The steps of geo_inside.  The outer CASE keeps the products within int64 for any engine's order
 * of evaluation, and the box before it can use an index. */
static void intersects(struct out *o, const struct node *n)
{
    const struct node *place = n->kids[0];
    const struct shape *s = n->kids[1]->shape;
    struct edge g[EXPR_POLYGON_MAX];
    put(o, "(");
    box(o, place, s->low, s->high);
    if (s->n == 0) {
        put(o, ")");
        return;
    }
    int edges = edges_of(o, s, g);
    put(o, " AND CASE WHEN ");
    axis(o, place, "_lon");
    put(o, " IS NULL THEN NULL WHEN NOT (");
    box(o, place, s->low, s->high);
    put(o, ") THEN 0 WHEN ");
    for (int i = 0; i < edges; i++) {
        put(o, i ? " OR " : "");
        on_edge(o, place, &g[i]);
    }
    put(o, " THEN 1 ELSE (0");
    for (int i = 0; i < edges; i++) {
        if (!g[i].flat) {
            put(o, " + ");
            crossing(o, place, &g[i]);
        }
    }
    put(o, ") % 2 END = 1)");
}

/* Half the difference of one axis, as its sine. */
static void half_sine(struct out *o, const struct node *place, const char *which, int centre)
{
    put(o, "sin(radians(CAST(");
    axis(o, place, which);
    buf_printf(o->sql, " - $%d AS DOUBLE PRECISION) / 10000000.0) / 2.0)", centre);
}

static void squared(struct out *o, const struct node *place, const char *which, int centre)
{
    half_sine(o, place, which, centre);
    put(o, " * ");
    half_sine(o, place, which, centre);
}

static void haversine(struct out *o, const struct node *place, int lon, int lat)
{
    put(o, "(");
    squared(o, place, "_lat", lat);
    put(o, " + cos(radians(CAST(");
    axis(o, place, "_lat");
    buf_printf(o->sql,
               " AS DOUBLE PRECISION) / 10000000.0))"
               " * cos(radians(CAST($%d AS DOUBLE PRECISION) / 10000000.0)) * (",
               lat);
    squared(o, place, "_lon", lon);
    put(o, "))");
}

/* The steps of expr_distance_m. */
static void distance(struct out *o, const struct node *n)
{
    const struct node *place = n->kids[0];
    int lon = bind_int(o, n->kids[1]->lit.lon), lat = bind_int(o, n->kids[1]->lit.lat);
    put(o, "CAST(ceil(12742017.6 * asin(CASE WHEN ");
    haversine(o, place, lon, lat);
    put(o, " >= 1.0 THEN 1.0 ELSE sqrt(");
    haversine(o, place, lon, lat);
    put(o, ") END)) AS BIGINT)");
}

/* "distance at most so much": a box that an index can use stands before it. */
static bool near(struct out *o, const struct node *n)
{
    const struct node *d = n->kids[0], *most = n->kids[1];
    enum xop op = n->op;
    if (d->op == OP_LIT) {
        d = n->kids[1];
        most = n->kids[0];
        op = op == OP_GE ? OP_LE : op == OP_GT ? OP_LT : OP_LIT;
    }
    struct point low, high;
    if (d->op != OP_DISTANCE || most->op != OP_LIT || (op != OP_LE && op != OP_LT))
        return false;
    struct point centre = {d->kids[1]->lit.lon, d->kids[1]->lit.lat};
    if (!geo_box(centre, min64(most->lit.i, EXPR_DISTANCE_MAX), &low, &high))
        return false;
    put(o, "(");
    span(o, d->kids[0], "_lat", low.lat, high.lat);
    put(o, " AND ");
    if (low.lon <= high.lon) {
        span(o, d->kids[0], "_lon", low.lon, high.lon);
        put(o, " AND ");
    }
    distance(o, d);
    put(o, op == OP_LE ? " <= " : " < ");
    literal(o, most);
    put(o, ")");
    return true;
}

/* ---- the rest ---- */

static void within(struct out *o, const struct node *n)
{
    const struct within *w = n->within;
    if (w->sql.ptr) {
        int k = bind(o, w->arg);
        for (struct str s = w->sql; s.len; s.ptr++, s.len--) {
            if (str_starts(s, STR("$?"))) {
                buf_printf(o->sql, "$%d", k);
                s.ptr++, s.len--;
            } else {
                buf_char(o->sql, s.ptr[0]);
            }
        }
        return;
    }
    if (w->n > EXPR_WITHIN_SQL)
        err_set(o->e, ERR_TOO_BIG, "within(…, '%.*s') covers %zu codes, the limit is %d",
                STR_F(w->code), w->n, EXPR_WITHIN_SQL);
    if (err_is(o->e))
        return;
    put(o, "(");
    column(o, n->kids[0]);
    put(o, w->n ? " IN (" : " <> ");
    if (!w->n) { /* nothing is below: false, and unknown where the value is */
        column(o, n->kids[0]);
        put(o, ")");
        return;
    }
    for (size_t i = 0; i < w->n; i++) {
        put(o, i ? ", " : "");
        param(o, C_TEXT(w->codes[i]));
    }
    put(o, "))");
}

static void is_null(struct out *o, const struct node *kid)
{
    put(o, "(");
    if (kid->op == OP_PROP && kid->type == X_PLACE)
        axis(o, kid, "_lon");
    else
        scalar(o, kid);
    put(o, " IS NULL)");
}

static void compare(struct out *o, const struct node *n)
{
    static const char *const sign[] = {[OP_EQ] = " = ",  [OP_NE] = " <> ", [OP_LT] = " < ",
                                       [OP_LE] = " <= ", [OP_GT] = " > ",  [OP_GE] = " >= "};
    if (near(o, n))
        return;
    put(o, "(");
    list(o, n->kids, 2, sign[n->op], scalar);
    put(o, ")");
}

static void one_of(struct out *o, const struct node *n)
{
    put(o, "(");
    scalar(o, n->kids[0]);
    put(o, " IN (");
    list(o, n->kids + 1, n->n - 1, ", ", scalar);
    put(o, "))");
}

static void condition(struct out *o, const struct node *n)
{
    if (err_is(o->e)) /* what is too big stops here and not at the end */
        return;
    switch ((int)n->op) {
    case OP_AND:
    case OP_OR:
        put(o, "(");
        list(o, n->kids, n->n, n->op == OP_AND ? " AND " : " OR ", condition);
        put(o, ")");
        break;
    case OP_NOT:
        put(o, "(NOT ");
        condition(o, n->kids[0]);
        put(o, ")");
        break;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        compare(o, n);
        break;
    case OP_IS_NULL:
        is_null(o, n->kids[0]);
        break;
    case OP_IN:
        one_of(o, n);
        break;
    case OP_BETWEEN:
        put(o, "(");
        scalar(o, n->kids[0]);
        put(o, " BETWEEN ");
        list(o, n->kids + 1, 2, " AND ", scalar);
        put(o, ")");
        break;
    case OP_LIKE:
        put(o, "(");
        list(o, n->kids, 2, " LIKE ", scalar);
        put(o, " ESCAPE '\\')");
        break;
    case OP_WITHIN:
        within(o, n);
        break;
    case OP_INTERSECTS:
        intersects(o, n);
        break;
    case OP_LIT:
        put(o, n->lit.i ? "(1 = 1)" : "(1 = 0)");
        break;
    case OP_PROP:
        put(o, "(");
        column(o, n);
        put(o, " <> 0)");
        break;
    default:
        err_set(o->e, ERR_INPUT, "conditions of actions cannot be searched for");
    }
}

static void read_number(struct out *o, const struct node *n)
{
    if (!n->limit) {
        column(o, n);
        return;
    }
    put(o, "CASE WHEN ");
    column(o, n);
    buf_printf(o->sql, " BETWEEN -%lld AND %lld THEN ", (long long)n->limit, (long long)n->limit);
    column(o, n);
    put(o, " END");
}

static void scalar(struct out *o, const struct node *n)
{
    if (err_is(o->e))
        return;
    switch ((int)n->op) {
    case OP_LIT:
        literal(o, n);
        break;
    case OP_PROP:
        read_number(o, n);
        break;
    case OP_ADD:
    case OP_SUB:
    case OP_MUL:
        put(o, "(");
        list(o, n->kids, 2, n->op == OP_ADD ? " + " : n->op == OP_SUB ? " - " : " * ", scalar);
        put(o, ")");
        break;
    case OP_NEG:
        put(o, "(- ");
        scalar(o, n->kids[0]);
        put(o, ")");
        break;
    case OP_LOWER:
        put(o, "lower(");
        scalar(o, n->kids[0]);
        put(o, ")");
        break;
    case OP_DISTANCE:
        distance(o, n);
        break;
    default:
        put(o, "CAST(");
        condition(o, n);
        put(o, " AS INTEGER)");
    }
}

bool expr_sql(const struct expr *x, struct buf *sql, struct cell *args, size_t cap, size_t *n_args,
              int first, struct err *e)
{
    struct out o = {.sql = sql, .args = args, .cap = cap, .first = first, .e = e};
    size_t before = sql->len;
    if (err_is(e))
        return false;
    if (x->root->type == X_BOOL)
        condition(&o, x->root);
    else if (x->root->type == X_PLACE)
        err_set(e, ERR_INPUT, "a place is no single column");
    else
        scalar(&o, x->root);
    if (!buf_ok(sql))
        err_set(e, ERR_TOO_BIG, "the SQL of the condition has more than %zu bytes", sql->max);
    if (err_is(e)) {
        sql->len = before;
        return false;
    }
    *n_args = o.n;
    return true;
}
