#include "expr/expr_int.h"

/* How tightly an operator binds: what binds less than its place asks for gets parentheses. */
enum { LOOSE, P_OR, P_AND, P_NOT, P_COMPARE, P_SUM, P_PRODUCT, P_UNARY, P_ATOM };

static int binding(const struct node *n)
{
    switch (n->op) {
    case OP_OR:
        return P_OR;
    case OP_AND:
        return P_AND;
    case OP_NOT:
        return P_NOT;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
    case OP_IS_NULL:
    case OP_IN:
    case OP_BETWEEN:
    case OP_LIKE:
        return P_COMPARE;
    case OP_ADD:
    case OP_SUB:
        return P_SUM;
    case OP_MUL:
        return P_PRODUCT;
    case OP_NEG:
        return P_UNARY;
    case OP_LIT:
    case OP_PROP:
    case OP_LOWER:
    case OP_WITHIN:
    case OP_INTERSECTS:
    case OP_DISTANCE:
    case OP_START:
    case OP_DAYS:
    case OP_TODAY:
    case OP_HAS:
    case OP_OPEN:
    case OP_ROWS:
        break;
    }
    return P_ATOM;
}

static void print(const struct node *n, struct buf *b, int least);

static void quoted(struct buf *b, struct str s, char quote)
{
    buf_char(b, quote);
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == quote)
            buf_char(b, quote);
        buf_char(b, s.ptr[i]);
    }
    buf_char(b, quote);
}

static void point(struct buf *b, struct point p, char between)
{
    buf_decimal(b, p.lon, 7);
    buf_char(b, between);
    buf_decimal(b, p.lat, 7);
}

static void shape(struct buf *b, const struct shape *s)
{
    if (s->n == 0) {
        buf_c(b, "BBOX(");
        point(b, s->low, ',');
        buf_char(b, ',');
        point(b, s->high, ',');
        buf_char(b, ')');
        return;
    }
    buf_c(b, "POLYGON((");
    for (int i = 0; i <= s->n; i++) {
        buf_c(b, i ? ", " : "");
        point(b, s->at[i % s->n], ' ');
    }
    buf_c(b, "))");
}

static void literal(struct buf *b, const struct node *n)
{
    char day[16], time[40];
    switch (n->type) {
    case X_BOOL:
        buf_c(b, n->lit.i ? "TRUE" : "FALSE");
        break;
    case X_INT:
    case X_DECIMAL:
        buf_decimal(b, n->lit.i, n->decimals);
        break;
    case X_TEXT:
        quoted(b, n->lit.s, '\'');
        break;
    case X_DATE:
        day_format((int32_t)n->lit.i, day);
        buf_printf(b, "DATE('%s')", day);
        break;
    case X_TIME:
        time_format_utc(n->lit.i, time);
        buf_printf(b, "TIMESTAMP('%s')", time);
        break;
    case X_PLACE:
        buf_c(b, "POINT(");
        point(b, (struct point){n->lit.lon, n->lit.lat}, ' ');
        buf_char(b, ')');
        break;
    case X_POLYGON:
        shape(b, n->shape);
        break;
    case X_NULL:
    case X_PRESENT:
        ASSERT(false);
    }
}

static void list(const struct node *n, size_t from, struct buf *b, const char *between, int least)
{
    for (size_t i = from; i < n->n; i++) {
        buf_c(b, i > from ? between : "");
        print(n->kids[i], b, least);
    }
}

static void call(const struct node *n, struct buf *b, const char *name)
{
    buf_printf(b, "%s(", name);
    list(n, 0, b, ", ", LOOSE);
    if (n->op == OP_WITHIN) {
        buf_c(b, ", ");
        quoted(b, n->within->code, '\'');
    }
    buf_char(b, ')');
}

/* `word` is "" or "NOT ": x NOT IN (…) reads better than NOT (x IN (…)). */
static void tested(const struct node *n, struct buf *b, const char *word)
{
    print(n->kids[0], b, P_SUM);
    switch ((int)n->op) {
    case OP_IS_NULL:
        buf_printf(b, " IS %sNULL", word);
        break;
    case OP_IN:
        buf_printf(b, " %sIN (", word);
        list(n, 1, b, ", ", P_SUM);
        buf_char(b, ')');
        break;
    case OP_BETWEEN:
        buf_printf(b, " %sBETWEEN ", word);
        list(n, 1, b, " AND ", P_SUM);
        break;
    default:
        buf_printf(b, " %sLIKE ", word);
        list(n, 1, b, "", P_SUM);
    }
}

static void negation(const struct node *kid, struct buf *b)
{
    if (kid->op == OP_IS_NULL || kid->op == OP_IN || kid->op == OP_BETWEEN || kid->op == OP_LIKE) {
        tested(kid, b, "NOT ");
        return;
    }
    buf_c(b, "NOT ");
    print(kid, b, kid->op == OP_NOT ? P_NOT : P_ATOM);
}

static void infix(const struct node *n, struct buf *b, const char *sign, int left, int right)
{
    print(n->kids[0], b, left);
    buf_c(b, sign);
    print(n->kids[1], b, right);
}

static void named(const struct node *n, struct buf *b)
{
    if (lex_plain_name(n->name))
        buf_str(b, n->name);
    else
        quoted(b, n->name, '"');
}

static const char *call_name(enum xop op)
{
    static const struct {
        enum xop op;
        const char *name;
    } names[] = {{OP_LOWER, "lower"},
                 {OP_WITHIN, "within"},
                 {OP_INTERSECTS, "S_INTERSECTS"},
                 {OP_DISTANCE, "distance_m"},
                 {OP_DAYS, "days"},
                 {OP_TODAY, "today"},
                 {OP_HAS, "has"},
                 {OP_OPEN, "open"},
                 {OP_ROWS, "rows"}};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].op == op)
            return names[i].name;
    ASSERT(false);
    return "";
}

static void bare(const struct node *n, struct buf *b)
{
    static const char *const sign[] = {[OP_EQ] = " = ",  [OP_NE] = " <> ", [OP_LT] = " < ",
                                       [OP_LE] = " <= ", [OP_GT] = " > ",  [OP_GE] = " >= "};
    switch ((int)n->op) {
    case OP_LIT:
        literal(b, n);
        break;
    case OP_PROP:
        named(n, b);
        break;
    case OP_AND:
        list(n, 0, b, " AND ", P_NOT);
        break;
    case OP_OR:
        list(n, 0, b, " OR ", P_AND);
        break;
    case OP_NOT:
        negation(n->kids[0], b);
        break;
    case OP_EQ:
    case OP_NE:
    case OP_LT:
    case OP_LE:
    case OP_GT:
    case OP_GE:
        infix(n, b, sign[n->op], P_SUM, P_SUM);
        break;
    case OP_IS_NULL:
    case OP_IN:
    case OP_BETWEEN:
    case OP_LIKE:
        tested(n, b, "");
        break;
    case OP_ADD:
    case OP_SUB:
        infix(n, b, n->op == OP_ADD ? " + " : " - ", P_SUM, P_PRODUCT);
        break;
    case OP_MUL:
        infix(n, b, " * ", P_PRODUCT, P_UNARY);
        break;
    case OP_NEG:
        buf_char(b, '-');
        print(n->kids[0], b, P_UNARY);
        break;
    case OP_START: /* it is made again where the date meets a time */
        print(n->kids[0], b, P_ATOM);
        break;
    default:
        call(n, b, call_name(n->op));
    }
}

static void print(const struct node *n, struct buf *b, int least)
{
    bool inner = binding(n) < least;
    if (inner)
        buf_char(b, '(');
    bare(n, b);
    if (inner)
        buf_char(b, ')');
}

void expr_print(const struct expr *x, struct buf *out)
{
    print(x->root, out, LOOSE);
}
