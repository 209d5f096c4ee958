#include "expr/expr_int.h"

enum { DEGREE = 10 * 1000 * 1000, DEGREE_DIGITS = 7 };

/* Digits behind the seventh (1 cm) are rounded off: maps give fifteen. */
static bool scaled_degree(struct str s, int64_t *out)
{
    const char *point = memchr(s.ptr, '.', s.len);
    size_t keep = point ? (size_t)(point - s.ptr) + 1 + DEGREE_DIGITS : s.len;
    bool up = keep < s.len && s.ptr[keep] >= '5';
    int64_t v;
    if (keep < s.len)
        s.len = keep;
    if (!str_decimal(s, DEGREE_DIGITS, &v) || v > 1000 * (int64_t)DEGREE)
        return false;
    *out = v + up;
    return true;
}

static bool degree(struct parser *p, int most, int64_t *out)
{
    size_t at = p->now.at;
    bool minus = parse_sign(p, "-");
    int64_t v;
    const char *what = most == 90 ? "a latitude" : "a longitude";
    if (err_is(p->e))
        return false;
    if (p->now.kind != T_NUMBER)
        return parse_unexpected(p, what) != NULL;
    if (!scaled_degree(p->now.raw, &v) || v > most * (int64_t)DEGREE)
        return lex_fail(p, ERR_INPUT, at, "expected %s from -%d to %d", what, most, most);
    *out = minus ? -v : v;
    return lex_next(p);
}

static bool lon_lat(struct parser *p, struct point *out)
{
    return degree(p, 180, &out->lon) && degree(p, 90, &out->lat);
}

static struct node *point_literal(struct parser *p, size_t at)
{
    struct point q;
    if (!lon_lat(p, &q) || !parse_expect(p, ")", ") behind POINT(lon lat"))
        return NULL;
    return node_literal(p, (struct xvalue){.type = X_PLACE, .lon = q.lon, .lat = q.lat}, at);
}

static struct node *shape_literal(struct parser *p, const struct shape *s, size_t at)
{
    struct node *n = node_literal(p, (struct xvalue){.type = X_POLYGON}, at);
    if (!n)
        return NULL;
    n->shape = ARENA_NEW(p->a, struct shape);
    *n->shape = *s;
    return n;
}

static struct node *box_literal(struct parser *p, size_t at)
{
    struct shape s = {.n = 0};
    if (!degree(p, 180, &s.low.lon) || !parse_expect(p, ",", ", in BBOX(w,s,e,n)") ||
        !degree(p, 90, &s.low.lat) || !parse_expect(p, ",", ", in BBOX(w,s,e,n)") ||
        !degree(p, 180, &s.high.lon) || !parse_expect(p, ",", ", in BBOX(w,s,e,n)") ||
        !degree(p, 90, &s.high.lat) || !parse_expect(p, ")", ") behind BBOX(w,s,e,n"))
        return NULL;
    if (s.low.lat > s.high.lat) {
        lex_fail(p, ERR_INPUT, at, "expected BBOX(west,south,east,north), south is above north");
        return NULL;
    }
    return shape_literal(p, &s, at);
}

static void measure(struct shape *s)
{
    s->low = s->high = s->at[0];
    for (int i = 1; i < s->n; i++) {
        s->low.lon = min64(s->low.lon, s->at[i].lon);
        s->low.lat = min64(s->low.lat, s->at[i].lat);
        s->high.lon = max64(s->high.lon, s->at[i].lon);
        s->high.lat = max64(s->high.lat, s->at[i].lat);
    }
}

static struct node *polygon_literal(struct parser *p, size_t at)
{
    struct shape s = {.n = 0};
    struct point q;
    if (!parse_expect(p, "(", "(( behind POLYGON"))
        return NULL;
    do {
        if (!lon_lat(p, &q))
            return NULL;
        if (s.n == EXPR_POLYGON_MAX && (q.lon != s.at[0].lon || q.lat != s.at[0].lat)) {
            lex_fail(p, ERR_TOO_BIG, at, "a polygon of more than %d points", EXPR_POLYGON_MAX);
            return NULL;
        }
        if (s.n < EXPR_POLYGON_MAX)
            s.at[s.n++] = q;
    } while (parse_sign(p, ","));
    if (!parse_expect(p, ")", ", or )) in the polygon") ||
        !parse_expect(p, ")", ") (a polygon has one ring)"))
        return NULL;
    /* the last point repeats the first, or is left out */
    if (s.n > 1 && s.at[0].lon == s.at[s.n - 1].lon && s.at[0].lat == s.at[s.n - 1].lat)
        s.n--;
    if (s.n < 3) {
        lex_fail(p, ERR_INPUT, at, "a polygon needs three points");
        return NULL;
    }
    measure(&s);
    return shape_literal(p, &s, at);
}

static bool quoted_text(struct parser *p, const char *wanted, struct token *out)
{
    if (p->now.kind != T_TEXT)
        return parse_unexpected(p, wanted) != NULL;
    *out = p->now;
    return lex_next(p);
}

static struct node *date_literal(struct parser *p, size_t at)
{
    struct token t = {0};
    int32_t day;
    if (!quoted_text(p, "a day like '2024-01-31'", &t) ||
        !parse_expect(p, ")", ") behind DATE('…'"))
        return NULL;
    if (!day_parse(t.text, &day)) {
        lex_fail(p, ERR_INPUT, t.at, "expected a day like '2024-01-31'");
        return NULL;
    }
    return node_literal(p, (struct xvalue){.type = X_DATE, .i = day}, at);
}

static struct node *time_literal(struct parser *p, size_t at)
{
    struct token t = {0};
    int64_t ms;
    if (!quoted_text(p, "an instant like '2024-01-31T08:00:00Z'", &t) ||
        !parse_expect(p, ")", ") behind TIMESTAMP('…'"))
        return NULL;
    const int64_t first = (int64_t)day_of_civil(1, 1, 1) * MS_DAY;
    const int64_t end = (int64_t)day_of_civil(10000, 1, 1) * MS_DAY;
    if (!p->cat->zone || !time_parse(p->cat->zone, t.text, &ms) || ms < first || ms >= end) {
        lex_fail(p, ERR_INPUT, t.at, "expected an instant like '2024-01-31T08:00:00Z'");
        return NULL;
    }
    return node_literal(p, (struct xvalue){.type = X_TIME, .i = ms}, at);
}

static struct node *place_argument(struct parser *p)
{
    struct node *place = parse_expression(p);
    if (!place)
        return NULL;
    if (place->op == OP_PROP && place->type == X_PLACE)
        return place;
    lex_fail(p, ERR_INPUT, place->at, "expected a field of type place, %s is none",
             node_describe(p, place));
    return NULL;
}

static struct node *with_place(struct parser *p, enum xop op, size_t at, enum xtype other,
                               const char *wanted)
{
    struct node *place = place_argument(p);
    if (!place || !parse_expect(p, ",", ", behind the place"))
        return NULL;
    struct node *second = parse_expression(p);
    if (!second)
        return NULL;
    if (second->op != OP_LIT || second->type != other) {
        lex_fail(p, ERR_INPUT, second->at, "expected %s", wanted);
        return NULL;
    }
    if (!parse_expect(p, ")", ")"))
        return NULL;
    struct node *n = node_new(p, op, op == OP_DISTANCE ? X_INT : X_BOOL, at);
    if (!n)
        return NULL;
    n->kids = ARENA_ARRAY(p->a, struct node *, 2);
    n->kids[0] = place;
    n->kids[1] = second;
    n->n = 2;
    return n;
}

static struct node *intersects(struct parser *p, size_t at)
{
    return with_place(p, OP_INTERSECTS, at, X_POLYGON, "an area like BBOX(…) or POLYGON((…))");
}

static struct node *distance(struct parser *p, size_t at)
{
    return with_place(p, OP_DISTANCE, at, X_PLACE, "a point like POINT(115.89 28.67)");
}

/* ---- within ---- */

struct collecting {
    struct parser *p;
    struct within *w;
    size_t cap;
};

static void collect(void *user, struct str code)
{
    struct collecting *c = user;
    if (c->w->n > EXPR_WITHIN_MAX)
        return;
    c->w->codes = arena_grow(c->p->a, c->w->codes, c->w->n, &c->cap, sizeof(struct str));
    c->w->codes[c->w->n++] = str_dup(c->p->a, code);
}

static int by_bytes(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static bool expand(struct parser *p, struct within *w, struct str prop, size_t at)
{
    struct collecting c = {p, w, 0};
    const struct xcatalogue *cat = p->cat;
    if (!cat->below || !cat->below(cat->self, prop, w->code, collect, &c))
        return lex_fail(p, ERR_UNKNOWN_CODE, at, "'%.*s' has no code '%.*s'", STR_F(prop),
                        w->code.len > 60 ? 60 : (int)w->code.len, w->code.ptr);
    if (w->n > EXPR_WITHIN_MAX)
        return lex_fail(p, ERR_TOO_BIG, at, "more than %d codes lie below", EXPR_WITHIN_MAX);
    if (w->n)
        qsort(w->codes, w->n, sizeof(struct str), by_bytes);
    size_t kept = 0;
    for (size_t i = 0; i < w->n; i++)
        if (!kept || !str_eq(w->codes[kept - 1], w->codes[i]))
            w->codes[kept++] = w->codes[i];
    w->n = kept;
    return true;
}

static void ask_sql(struct parser *p, struct within *w, struct str prop)
{
    struct buf sql AUTO(buf_free) = BUF(64 * 1024);
    struct cell arg = C_NULL;
    if (!p->cat->within_sql || !p->cat->within_sql(p->cat->self, prop, w->code, &sql, &arg))
        return;
    ASSERT(buf_ok(&sql));
    w->sql = buf_dup(p->a, &sql);
    if (arg.s.ptr)
        arg.s = str_dup(p->a, arg.s);
    w->arg = arg;
}

static struct node *within(struct parser *p, size_t at)
{
    struct token code = {0};
    struct node *prop = parse_expression(p);
    if (!prop)
        return NULL;
    if (prop->op != OP_PROP || prop->type != X_TEXT) {
        lex_fail(p, ERR_INPUT, prop->at, "expected a field with codes, %s is none",
                 node_describe(p, prop));
        return NULL;
    }
    if (!parse_expect(p, ",", ", and a code in '…'") || !quoted_text(p, "a code in '…'", &code) ||
        !parse_expect(p, ")", ")"))
        return NULL;
    struct node *n = node_new(p, OP_WITHIN, X_BOOL, at);
    if (!n)
        return NULL;
    n->within = ARENA_NEW(p->a, struct within);
    n->within->code = code.text;
    n->kids = ARENA_ARRAY(p->a, struct node *, 1);
    n->kids[0] = prop;
    n->n = 1;
    if (!expand(p, n->within, prop->name, code.at))
        return NULL;
    ask_sql(p, n->within, prop->name);
    return n;
}

/* ---- the rest ---- */

static struct node *lower(struct parser *p, size_t at)
{
    struct node *kid = parse_expression(p);
    if (!kid || !parse_expect(p, ")", ")"))
        return NULL;
    if (kid->type != X_TEXT) {
        lex_fail(p, ERR_INPUT, kid->at, "lower() needs a text, %s is none", node_describe(p, kid));
        return NULL;
    }
    if (kid->op == OP_LOWER)
        return kid;
    if (kid->op != OP_LIT)
        return node_unary(p, OP_LOWER, X_TEXT, kid, at);
    char *s = arena_copy(p->a, kid->lit.s.ptr, kid->lit.s.len);
    for (size_t i = 0; i < kid->lit.s.len; i++)
        if (s[i] >= 'A' && s[i] <= 'Z')
            s[i] = (char)(s[i] + 32);
    kid->lit.s.ptr = s;
    return kid;
}

static struct node *days(struct parser *p, size_t at)
{
    struct node *kids[2];
    for (int i = 0; i < 2; i++) {
        kids[i] = parse_expression(p);
        if (!kids[i] || !parse_expect(p, i ? ")" : ",", i ? ")" : ", in days(from, to)"))
            return NULL;
        if (kids[i]->type != X_DATE && kids[i]->type != X_TIME) {
            lex_fail(p, ERR_INPUT, kids[i]->at, "days() needs a date or a time, %s is none",
                     node_describe(p, kids[i]));
            return NULL;
        }
        if (kids[i]->type == X_TIME && !p->cat->zone) {
            lex_fail(p, ERR_INPUT, kids[i]->at, "an instant has no day where no civil zone is set");
            return NULL;
        }
    }
    struct node *n = node_new(p, OP_DAYS, X_INT, at);
    if (!n)
        return NULL;
    n->kids = ARENA_ARRAY(p->a, struct node *, 2);
    memcpy(n->kids, kids, sizeof kids);
    n->n = 2;
    return n;
}

static struct node *today(struct parser *p, size_t at)
{
    return parse_expect(p, ")", ") behind today(") ? node_new(p, OP_TODAY, X_DATE, at) : NULL;
}

static struct node *with_name(struct parser *p, enum xop op, enum xtype type, size_t at,
                              const char *wanted)
{
    struct token t = {0};
    if (!quoted_text(p, wanted, &t) || !parse_expect(p, ")", ")"))
        return NULL;
    struct node *n = node_new(p, op, type, at);
    struct node *kid =
        n ? node_literal(p, (struct xvalue){.type = X_TEXT, .s = t.text}, t.at) : NULL;
    if (!kid)
        return NULL;
    n->kids = ARENA_ARRAY(p->a, struct node *, 1);
    n->kids[0] = kid;
    n->n = 1;
    return n;
}

static struct node *has(struct parser *p, size_t at)
{
    return with_name(p, OP_HAS, X_BOOL, at, "the id of a document in '…'");
}

static struct node *open_parts(struct parser *p, size_t at)
{
    return with_name(p, OP_OPEN, X_INT, at, "a kind of part in '…'");
}

static struct node *rows(struct parser *p, size_t at)
{
    return with_name(p, OP_ROWS, X_INT, at, "a field of type table in '…'");
}

static const struct {
    const char *name;
    bool guard;
    struct node *(*parse)(struct parser *p, size_t at);
} calls[] = {
    {"DATE", false, date_literal},
    {"TIMESTAMP", false, time_literal},
    {"POINT", false, point_literal},
    {"BBOX", false, box_literal},
    {"POLYGON", false, polygon_literal},
    {"S_INTERSECTS", false, intersects},
    {"distance_m", false, distance},
    {"within", false, within},
    {"lower", false, lower},
    {"days", true, days},
    {"today", true, today},
    {"has", true, has},
    {"open", true, open_parts},
    {"rows", true, rows},
};

struct node *call_parse(struct parser *p, struct token name)
{
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        if (!lex_same(name.raw, calls[i].name))
            continue;
        if (!calls[i].guard || (p->flags & EXPR_GUARD))
            return calls[i].parse(p, name.at);
        lex_fail(p, ERR_INPUT, name.at, "%s() stands only in conditions of a playbook's actions",
                 calls[i].name);
        return NULL;
    }
    lex_fail(p, ERR_SYNTAX, name.at,
             "there is no function '%.*s', expected lower, within, distance_m or S_INTERSECTS",
             name.raw.len > 60 ? 60 : (int)name.raw.len, name.raw.ptr);
    return NULL;
}
