#include "expr/expr_int.h"

static const char *type_name(enum xtype t)
{
    switch (t) {
    case X_BOOL:
        return "a yes or no";
    case X_INT:
        return "a whole number";
    case X_DECIMAL:
        return "a number";
    case X_TEXT:
        return "a text";
    case X_DATE:
        return "a date";
    case X_TIME:
        return "a time";
    case X_PLACE:
        return "a place";
    case X_PRESENT:
        return "kept apart from the log";
    case X_POLYGON:
        return "an area";
    case X_NULL:
        break;
    }
    return "nothing";
}

const char *node_describe(struct parser *p, const struct node *n)
{
    if (n->op == OP_PROP)
        return arena_printf(p->a, "'%.*s' (%s)", STR_F(n->name), type_name(n->type));
    if (n->op != OP_LIT && node_numeric(n))
        return "the calculation";
    return type_name(n->type);
}

bool node_numeric(const struct node *n)
{
    return n->type == X_INT || n->type == X_DECIMAL;
}

struct node *node_new(struct parser *p, enum xop op, enum xtype type, size_t at)
{
    if (++p->nodes > LIMIT_EXPR_NODES) {
        lex_fail(p, ERR_TOO_BIG, at, "more than %d parts", LIMIT_EXPR_NODES);
        return NULL;
    }
    struct node *n = ARENA_NEW(p->a, struct node);
    n->op = op;
    n->type = type;
    n->at = at;
    return n;
}

struct node *node_literal(struct parser *p, struct xvalue v, size_t at)
{
    struct node *n = node_new(p, OP_LIT, v.type, at);
    if (!n)
        return NULL;
    n->lit = v;
    n->decimals = v.decimals;
    return n;
}

/* What holds only literals becomes one. */
static struct node *folded(struct parser *p, struct node *n)
{
    for (size_t i = 0; i < n->n; i++)
        if (n->kids[i]->op != OP_LIT)
            return n;
    struct xvalue v = eval_literal(p->x, n);
    if (v.null || v.i == INT64_MIN) { /* INT64_MIN could not be written down again */
        lex_fail(p, ERR_INPUT, n->at, "the result is too large");
        return NULL;
    }
    if (node_numeric(n)) { /* 1.5 + 0.5 is 2, as if it had been written so */
        for (; v.decimals && v.i % 10 == 0; v.decimals--)
            v.i /= 10;
        n->type = v.type = v.decimals ? X_DECIMAL : X_INT;
        n->decimals = v.decimals;
    }
    n->op = OP_LIT;
    n->lit = v;
    n->kids = NULL;
    n->n = 0;
    return n;
}

static struct node *with_kids(struct parser *p, enum xop op, enum xtype type, struct node **kids,
                              size_t n, size_t at)
{
    struct node *x = node_new(p, op, type, at);
    if (!x)
        return NULL;
    x->kids = ARENA_ARRAY(p->a, struct node *, n);
    memcpy(x->kids, kids, n * sizeof *kids);
    x->n = n;
    return x;
}

struct node *node_unary(struct parser *p, enum xop op, enum xtype type, struct node *kid, size_t at)
{
    struct node *n = with_kids(p, op, type, &kid, 1, at);
    return n ? folded(p, n) : NULL;
}

/* a AND (b AND c) is a AND b AND c: one normal form, and no deep tree for a long chain. */
static struct node *flattened(struct parser *p, struct node *n)
{
    size_t total = 0, at = 0;
    for (size_t i = 0; i < n->n; i++)
        total += n->kids[i]->op == n->op ? n->kids[i]->n : 1;
    struct node **all = ARENA_ARRAY(p->a, struct node *, total);
    for (size_t i = 0; i < n->n; i++) {
        struct node *kid = n->kids[i];
        bool same = kid->op == n->op;
        memcpy(all + at, same ? kid->kids : &kid, (same ? kid->n : 1) * sizeof(struct node *));
        at += same ? kid->n : 1;
    }
    n->kids = all;
    n->n = total;
    return n;
}

static bool need_condition(struct parser *p, const struct node *n, const char *word)
{
    if (n->type == X_BOOL)
        return true;
    return lex_fail(p, ERR_INPUT, n->at, "%s joins conditions, %s is not one", word,
                    node_describe(p, n));
}

struct node *node_logic(struct parser *p, enum xop op, struct node **kids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!need_condition(p, kids[i], op == OP_AND ? "AND" : "OR"))
            return NULL;
    struct node *x = with_kids(p, op, X_BOOL, kids, n, kids[0]->at);
    x = x ? flattened(p, x) : NULL;
    return x ? folded(p, x) : NULL;
}

struct node *node_not(struct parser *p, struct node *kid, size_t at)
{
    if (kid->type == X_BOOL)
        return node_unary(p, OP_NOT, X_BOOL, kid, at);
    lex_fail(p, ERR_INPUT, kid->at, "NOT needs a condition, %s is not one", node_describe(p, kid));
    return NULL;
}

static bool rescale(struct parser *p, struct node *n, int decimals, const struct node *partner)
{
    int64_t v = n->lit.i;
    for (int d = n->decimals; d < decimals; d++)
        if (__builtin_mul_overflow(v, 10, &v) || v == INT64_MIN)
            return lex_fail(p, ERR_INPUT, n->at, "the number is too large");
    if (n->decimals > decimals)
        return lex_fail(p, ERR_INPUT, n->at, "%s keeps %d decimals, this number has %d",
                        partner ? node_describe(p, partner) : "the other", decimals, n->decimals);
    n->lit.i = v;
    n->decimals = n->lit.decimals = decimals;
    n->type = n->lit.type = decimals ? X_DECIMAL : X_INT;
    return true;
}

/* Brings numbers to one scale: that of what is read from the record; literals follow. */
static bool same_scale(struct parser *p, struct node **kids, size_t n)
{
    const struct node *rule = NULL;
    int decimals = 0;
    for (size_t i = 0; i < n; i++) {
        if (kids[i]->op == OP_LIT) {
            if (!rule && kids[i]->decimals > decimals)
                decimals = kids[i]->decimals;
        } else if (!rule) {
            rule = kids[i];
            decimals = rule->decimals;
        } else if (kids[i]->decimals != decimals) {
            return lex_fail(
                p, ERR_INPUT, kids[i]->at, "%s has %d decimals, %s has %d: they cannot meet",
                node_describe(p, rule), decimals, node_describe(p, kids[i]), kids[i]->decimals);
        }
    }
    for (size_t i = 0; i < n; i++)
        if (kids[i]->op == OP_LIT && !rescale(p, kids[i], decimals, rule))
            return false;
    return true;
}

/* A date that meets a time is the first instant of that day.  In a filter only a literal can be:
 * SQL knows no zone. */
static struct node *start_of_day(struct parser *p, struct node *n)
{
    if (n->type != X_DATE)
        return n;
    if (n->op != OP_LIT && !(p->flags & EXPR_GUARD)) {
        lex_fail(p, ERR_INPUT, n->at, "%s meets a time, here it meets only DATE('2024-01-31')",
                 node_describe(p, n));
        return NULL;
    }
    if (!p->cat->zone) {
        lex_fail(p, ERR_INPUT, n->at, "a day has no first instant where no civil zone is set");
        return NULL;
    }
    struct node *start = node_unary(p, OP_START, X_TIME, n, n->at);
    if (start && start->op == OP_LIT && start->lit.i < (int64_t)day_of_civil(1, 1, 1) * MS_DAY) {
        lex_fail(p, ERR_INPUT, n->at, "the day is too early"); /* could not be written down again */
        return NULL;
    }
    return start;
}

static const char *hint(enum xtype t)
{
    switch (t) {
    case X_TEXT:
        return ", expected a text in '…'";
    case X_DATE:
        return ", expected DATE('2024-01-31')";
    case X_TIME:
        return ", expected TIMESTAMP('2024-01-31T08:00:00Z') or DATE('2024-01-31')";
    case X_BOOL:
        return ", expected TRUE or FALSE";
    case X_INT:
    case X_DECIMAL:
        return ", expected a number";
    case X_NULL:
    case X_PLACE:
    case X_PRESENT:
    case X_POLYGON:
        break;
    }
    return "";
}

static bool comparable(struct parser *p, const struct node *n)
{
    if (n->type == X_PRESENT)
        return lex_fail(p, ERR_INPUT, n->at, "%s: only IS NULL and IS NOT NULL can be asked",
                        node_describe(p, n));
    if (n->type == X_PLACE)
        return lex_fail(p, ERR_INPUT, n->at, "%s: a place is asked by S_INTERSECTS or distance_m",
                        node_describe(p, n));
    if (n->type == X_POLYGON)
        return lex_fail(p, ERR_INPUT, n->at, "an area stands only in S_INTERSECTS");
    return true;
}

/* The one that says what the others should be: the first that is read from the record. */
static const struct node *leader(struct node **kids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (kids[i]->op != OP_LIT)
            return kids[i];
    return kids[0];
}

static bool unify(struct parser *p, struct node **kids, size_t n)
{
    bool numbers = false, times = false;
    for (size_t i = 0; i < n; i++) {
        if (!comparable(p, kids[i]))
            return false;
        numbers |= node_numeric(kids[i]);
        times |= kids[i]->type == X_TIME;
    }
    const struct node *rule = leader(kids, n);
    for (size_t i = 0; i < n; i++) {
        bool fits = numbers ? node_numeric(kids[i]) && node_numeric(rule)
                    : times ? (kids[i]->type == X_TIME || kids[i]->type == X_DATE) &&
                                  (rule->type == X_TIME || rule->type == X_DATE)
                            : kids[i]->type == rule->type;
        if (!fits && kids[i] != rule)
            return lex_fail(p, ERR_INPUT, kids[i]->at, "%s meets %s%s", node_describe(p, rule),
                            node_describe(p, kids[i]), hint(rule->type));
    }
    for (size_t i = 0; times && i < n; i++)
        if (!(kids[i] = start_of_day(p, kids[i])))
            return false;
    return !numbers || same_scale(p, kids, n);
}

struct node *node_compare(struct parser *p, enum xop op, struct node **kids, size_t n)
{
    if (!unify(p, kids, n))
        return NULL;
    if (kids[0]->type == X_BOOL && op != OP_EQ && op != OP_NE && op != OP_IN) {
        lex_fail(p, ERR_INPUT, kids[0]->at, "a yes or no has no order, expected = or <>");
        return NULL;
    }
    struct node *x = with_kids(p, op, X_BOOL, kids, n, kids[0]->at);
    return x ? folded(p, x) : NULL;
}

struct node *node_like(struct parser *p, struct node *what, struct node *pattern)
{
    if (what->type != X_TEXT) {
        lex_fail(p, ERR_INPUT, what->at, "LIKE needs a text, %s is not one",
                 node_describe(p, what));
        return NULL;
    }
    if (pattern->op != OP_LIT || pattern->type != X_TEXT) {
        lex_fail(p, ERR_INPUT, pattern->at, "expected a pattern in '…' behind LIKE");
        return NULL;
    }
    size_t slashes = 0;
    for (struct str s = pattern->lit.s; slashes < s.len && s.ptr[s.len - 1 - slashes] == '\\';)
        slashes++;
    if (slashes % 2) { /* PostgreSQL refuses it, SQLite finds nothing */
        lex_fail(p, ERR_INPUT, pattern->at, "the pattern ends in a single backslash");
        return NULL;
    }
    struct node *x = with_kids(p, OP_LIKE, X_BOOL, (struct node *[]){what, pattern}, 2, what->at);
    return x ? folded(p, x) : NULL;
}

static bool need_number(struct parser *p, const struct node *n)
{
    if (node_numeric(n))
        return true;
    return lex_fail(p, ERR_INPUT, n->at, "+, - and * need numbers, %s is none",
                    node_describe(p, n));
}

struct node *node_arithmetic(struct parser *p, enum xop op, struct node *a, struct node *b)
{
    struct node *kids[] = {a, b};
    if (!need_number(p, a) || !need_number(p, b))
        return NULL;
    if (op != OP_MUL && !same_scale(p, kids, 2))
        return NULL;
    int decimals = op == OP_MUL ? a->decimals + b->decimals : a->decimals;
    if (decimals > EXPR_SCALE_MAX) {
        lex_fail(p, ERR_INPUT, a->at, "the product has more than %d decimals", EXPR_SCALE_MAX);
        return NULL;
    }
    struct node *x = with_kids(p, op, decimals ? X_DECIMAL : X_INT, kids, 2, a->at);
    if (!x)
        return NULL;
    x->decimals = decimals;
    return folded(p, x);
}

struct node *node_negative(struct parser *p, struct node *kid, size_t at)
{
    if (!need_number(p, kid))
        return NULL;
    struct node *x = with_kids(p, OP_NEG, kid->decimals ? X_DECIMAL : X_INT, &kid, 1, at);
    if (!x)
        return NULL;
    x->decimals = kid->decimals;
    return folded(p, x);
}

/* ---- bounds ---- */

static bool arithmetic(const struct node *n)
{
    return n->op == OP_ADD || n->op == OP_SUB || n->op == OP_MUL || n->op == OP_NEG;
}

/* The largest magnitude n can have when each number read is at most `limit`; false: too large. */
static bool magnitude(const struct node *n, int64_t limit, int64_t *out)
{
    int64_t a, b;
    if (n->op == OP_LIT)
        return *out = n->lit.i < 0 ? -n->lit.i : n->lit.i, true;
    if (n->op == OP_DISTANCE)
        return *out = EXPR_DISTANCE_MAX, true;
    if (n->op == OP_DAYS)
        return *out = 2 * EXPR_DAY_MAX, true;
    if (!arithmetic(n))
        return *out = limit, true;
    if (!magnitude(n->kids[0], limit, &a))
        return false;
    if (n->op == OP_NEG)
        return *out = a, true;
    if (!magnitude(n->kids[1], limit, &b))
        return false;
    return n->op == OP_MUL ? !__builtin_mul_overflow(a, b, out)
                           : !__builtin_add_overflow(a, b, out);
}

static void set_limit(struct node *n, int64_t limit)
{
    if (!arithmetic(n)) {
        n->limit = limit;
        return;
    }
    for (size_t i = 0; i < n->n; i++)
        set_limit(n->kids[i], limit);
}

bool node_limits(struct parser *p, struct node *n)
{
    if (!arithmetic(n)) {
        for (size_t i = 0; i < n->n; i++)
            if (!node_limits(p, n->kids[i]))
                return false;
        return true;
    }
    int64_t limit = INT64_C(1) << 62, m;
    while (limit && !magnitude(n, limit, &m))
        limit /= 2;
    if (!limit)
        return lex_fail(p, ERR_INPUT, n->at, "this calculation leaves the range of numbers");
    set_limit(n, limit);
    return true;
}
