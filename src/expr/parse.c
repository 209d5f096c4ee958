#include "expr/expr_int.h"

struct list {
    struct node **items;
    size_t n, cap;
};

static void push(struct parser *p, struct list *l, struct node *n)
{
    l->items = arena_grow(p->a, l->items, l->n, &l->cap, sizeof *l->items);
    l->items[l->n++] = n;
}

static bool at_word(const struct parser *p, const char *word)
{
    return p->now.kind == T_NAME && lex_same(p->now.raw, word);
}

static bool at_sign(const struct parser *p, const char *sign)
{
    return p->now.kind == T_SIGN && str_is(p->now.raw, sign);
}

/* False also when the lexer stumbles behind it: then p->e is set, and the caller's next step
 * fails on it. */
static bool take_word(struct parser *p, const char *word)
{
    return at_word(p, word) && lex_next(p);
}

bool parse_sign(struct parser *p, const char *sign)
{
    return at_sign(p, sign) && lex_next(p);
}

struct node *parse_unexpected(struct parser *p, const char *wanted)
{
    if (err_is(p->e))
        return NULL;
    if (p->now.kind == T_END)
        lex_fail(p, ERR_SYNTAX, p->now.at, "expected %s, found the end", wanted);
    else
        lex_fail(p, ERR_SYNTAX, p->now.at, "expected %s, found %.*s%s", wanted,
                 p->now.raw.len > 60 ? 0 : (int)p->now.raw.len, p->now.raw.ptr,
                 p->now.raw.len > 60 ? "a long text" : "");
    return NULL;
}

bool parse_expect(struct parser *p, const char *sign, const char *wanted)
{
    if (parse_sign(p, sign))
        return true;
    parse_unexpected(p, wanted);
    return false;
}

static struct node *number(struct parser *p)
{
    struct str s = p->now.raw;
    const char *point = memchr(s.ptr, '.', s.len);
    if (point) /* 2.50 is 2.5 until it meets something with more decimals */
        while (s.ptr[s.len - 1] == '0')
            s.len--;
    if (s.ptr[s.len - 1] == '.')
        s.len--, point = NULL;
    int decimals = point ? (int)(s.ptr + s.len - point - 1) : 0;
    int64_t v;
    if (decimals > EXPR_SCALE_MAX || !str_decimal(s, decimals, &v)) {
        lex_fail(p, ERR_SYNTAX, p->now.at, "the number is too large");
        return NULL;
    }
    struct xvalue lit = {.type = decimals ? X_DECIMAL : X_INT, .decimals = decimals, .i = v};
    struct node *n = node_literal(p, lit, p->now.at);
    return n && lex_next(p) ? n : NULL;
}

static void remember(struct parser *p, struct node *n)
{
    struct expr *x = p->x;
    for (size_t i = 0; i < x->n_props; i++)
        if (x->props[i]->prop.slot == n->prop.slot && str_eq(x->props[i]->name, n->name))
            return;
    x->props = arena_grow(p->a, x->props, x->n_props, &x->cap_props, sizeof(struct node *));
    x->props[x->n_props++] = n;
}

static struct node *property(struct parser *p, struct token t)
{
    struct xprop prop = {.slot = -1};
    struct str name = t.text;
    if (!p->cat->find(p->cat->self, name, &prop)) {
        lex_fail(p, ERR_UNKNOWN_FIELD, t.at, "there is no field '%.*s'%s",
                 name.len > 60 ? 60 : (int)name.len, name.ptr,
                 t.kind == T_QUOTED ? " (a text stands in '…')" : "");
        return NULL;
    }
    if (prop.person && !(p->flags & EXPR_PERSON)) {
        lex_fail(p, ERR_PRIVACY, t.at,
                 "'%.*s' names a person, and nothing is counted, sorted or filtered by person",
                 STR_F(name));
        return NULL;
    }
    struct node *n = node_new(p, OP_PROP, prop.type, t.at);
    if (!n)
        return NULL;
    n->decimals = prop.type == X_DECIMAL ? prop.decimals : 0;
    n->name = str_dup(p->a, name);
    n->prop = prop;
    if (prop.column.ptr)
        n->prop.column = str_dup(p->a, prop.column);
    remember(p, n);
    return n;
}

static struct node *name(struct parser *p)
{
    struct token t = p->now;
    bool yes = at_word(p, "TRUE");
    if (yes || at_word(p, "FALSE")) {
        struct node *n = node_literal(p, (struct xvalue){.type = X_BOOL, .i = yes}, t.at);
        return n && lex_next(p) ? n : NULL;
    }
    if (at_word(p, "NULL")) {
        lex_fail(p, ERR_SYNTAX, t.at, "NULL stands only in IS NULL and IS NOT NULL");
        return NULL;
    }
    if (t.kind == T_NAME && lex_reserved(t.raw))
        return parse_unexpected(p, "a value");
    if (!lex_next(p))
        return NULL;
    if (t.kind == T_NAME && parse_sign(p, "("))
        return call_parse(p, t);
    return err_is(p->e) ? NULL : property(p, t);
}

static struct node *primary(struct parser *p)
{
    switch (p->now.kind) {
    case T_NUMBER:
        return number(p);
    case T_TEXT: {
        struct xvalue v = {.type = X_TEXT, .s = p->now.text};
        struct node *n = node_literal(p, v, p->now.at);
        return n && lex_next(p) ? n : NULL;
    }
    case T_NAME:
    case T_QUOTED:
        return name(p);
    case T_SIGN:
        if (parse_sign(p, "(")) {
            struct node *n = parse_expression(p);
            return n && parse_expect(p, ")", ")") ? n : NULL;
        }
        return parse_unexpected(p, "a value");
    case T_END:
        break;
    }
    return parse_unexpected(p, "a value");
}

static bool deeper(struct parser *p)
{
    if (++p->depth <= LIMIT_EXPR_DEPTH)
        return true;
    return lex_fail(p, ERR_TOO_BIG, p->now.at, "nested more than %d deep", LIMIT_EXPR_DEPTH);
}

static struct node *unary(struct parser *p)
{
    size_t at = p->now.at;
    if (!at_sign(p, "-"))
        return primary(p);
    if (!lex_next(p) || !deeper(p))
        return NULL;
    struct node *kid = unary(p);
    p->depth--;
    return kid ? node_negative(p, kid, at) : NULL;
}

static struct node *product(struct parser *p)
{
    struct node *n = unary(p);
    while (n && parse_sign(p, "*")) {
        struct node *b = unary(p);
        n = b ? node_arithmetic(p, OP_MUL, n, b) : NULL;
    }
    return n;
}

static struct node *sum(struct parser *p)
{
    struct node *n = product(p);
    while (n && (at_sign(p, "+") || at_sign(p, "-"))) {
        enum xop op = at_sign(p, "+") ? OP_ADD : OP_SUB;
        struct node *b = lex_next(p) ? product(p) : NULL;
        n = b ? node_arithmetic(p, op, n, b) : NULL;
    }
    return n;
}

static struct node *in_list(struct parser *p, struct node *what)
{
    struct list l = {0};
    push(p, &l, what);
    if (!parse_expect(p, "(", "( and a list behind IN"))
        return NULL;
    do {
        struct node *item = sum(p);
        if (!item)
            return NULL;
        push(p, &l, item);
    } while (parse_sign(p, ","));
    if (!parse_expect(p, ")", ", or ) in the list behind IN"))
        return NULL;
    return node_compare(p, OP_IN, l.items, l.n);
}

static struct node *between(struct parser *p, struct node *what)
{
    struct node *low = sum(p);
    if (low && !take_word(p, "AND"))
        return parse_unexpected(p, "AND of BETWEEN");
    struct node *high = low ? sum(p) : NULL;
    return high ? node_compare(p, OP_BETWEEN, (struct node *[]){what, low, high}, 3) : NULL;
}

static struct node *is_null(struct parser *p, struct node *what)
{
    bool negated = take_word(p, "NOT");
    if (!take_word(p, "NULL"))
        return parse_unexpected(p, "NULL or NOT NULL behind IS");
    if (what->type == X_POLYGON) {
        lex_fail(p, ERR_INPUT, what->at, "an area stands only in S_INTERSECTS");
        return NULL;
    }
    struct node *n = node_unary(p, OP_IS_NULL, X_BOOL, what, what->at);
    return n && negated ? node_not(p, n, what->at) : n;
}

static struct node *like(struct parser *p, struct node *what)
{
    struct node *pattern = sum(p);
    return pattern ? node_like(p, what, pattern) : NULL;
}

static bool comparison_sign(const struct parser *p, enum xop *op)
{
    static const struct {
        const char *sign;
        enum xop op;
    } signs[] = {{"=", OP_EQ},  {"<>", OP_NE}, {"<", OP_LT},
                 {"<=", OP_LE}, {">", OP_GT},  {">=", OP_GE}};
    for (size_t i = 0; i < COUNT_OF(signs); i++) {
        if (at_sign(p, signs[i].sign)) {
            *op = signs[i].op;
            return true;
        }
    }
    return false;
}

static struct node *condition(struct parser *p)
{
    enum xop op;
    struct node *a = sum(p);
    if (!a)
        return NULL;
    if (comparison_sign(p, &op)) {
        struct node *b = lex_next(p) ? sum(p) : NULL;
        return b ? node_compare(p, op, (struct node *[]){a, b}, 2) : NULL;
    }
    if (take_word(p, "IS"))
        return is_null(p, a);
    bool negated = take_word(p, "NOT");
    struct node *n = NULL;
    if (take_word(p, "IN"))
        n = in_list(p, a);
    else if (take_word(p, "BETWEEN"))
        n = between(p, a);
    else if (take_word(p, "LIKE"))
        n = like(p, a);
    else if (negated)
        return parse_unexpected(p, "IN, BETWEEN or LIKE behind NOT");
    else
        return err_is(p->e) ? NULL : a;
    return n && negated ? node_not(p, n, a->at) : n;
}

static struct node *negation(struct parser *p)
{
    size_t at = p->now.at;
    if (!at_word(p, "NOT"))
        return condition(p);
    if (!lex_next(p) || !deeper(p))
        return NULL;
    struct node *kid = negation(p);
    p->depth--;
    return kid ? node_not(p, kid, at) : NULL;
}

static struct node *chain(struct parser *p, enum xop op, const char *word,
                          struct node *(*part)(struct parser *))
{
    struct list l = {0};
    do {
        struct node *n = part(p);
        if (!n)
            return NULL;
        push(p, &l, n);
    } while (take_word(p, word));
    if (err_is(p->e))
        return NULL;
    return l.n == 1 ? l.items[0] : node_logic(p, op, l.items, l.n);
}

static struct node *conjunction(struct parser *p)
{
    return chain(p, OP_AND, "AND", negation);
}

struct node *parse_expression(struct parser *p)
{
    if (!deeper(p))
        return NULL;
    struct node *n = chain(p, OP_OR, "OR", conjunction);
    p->depth--;
    return n;
}

static bool check_root(struct parser *p, struct node *n)
{
    if (p->now.kind != T_END) {
        parse_unexpected(p, n->type == X_BOOL ? "AND, OR or the end" : "a comparison or the end");
        return false;
    }
    if (!(p->flags & EXPR_SCALAR) && n->type != X_BOOL)
        return lex_fail(p, ERR_INPUT, n->at, "expected a condition, %s is not one",
                        node_describe(p, n));
    if (n->type == X_POLYGON)
        return lex_fail(p, ERR_INPUT, n->at, "an area stands only in S_INTERSECTS");
    if (n->type == X_PRESENT)
        return lex_fail(p, ERR_INPUT, n->at, "%s: only IS NULL and IS NOT NULL can be asked",
                        node_describe(p, n));
    if (n->op == OP_LOWER) /* its text would need memory that nobody owns */
        return lex_fail(p, ERR_INPUT, n->at, "lower() stands only in a comparison");
    return true;
}

bool expr_parse(struct arena *a, struct str text, const struct xcatalogue *cat, unsigned flags,
                struct expr **out, struct err *e)
{
    ASSERT(cat->find);
    struct parser p = {.a = a, .text = text, .cat = cat, .flags = flags, .e = e};
    if (err_is(e))
        return false;
    if (text.len > LIMIT_EXPR)
        return err_set(e, ERR_TOO_BIG, "a condition of %zu bytes, the limit is %d", text.len,
                       LIMIT_EXPR);
    if (!str_utf8_ok(text))
        return err_set(e, ERR_SYNTAX, "a condition must be UTF-8");
    p.text = str_dup(a, text); /* literals point into it */
    p.x = ARENA_NEW(a, struct expr);
    p.x->zone = cat->zone;
    struct node *n = lex_next(&p) ? parse_expression(&p) : NULL;
    if (!n || err_is(e) || !check_root(&p, n) || !node_limits(&p, n))
        return false;
    p.x->root = n;
    *out = p.x;
    return true;
}

enum xtype expr_type(const struct expr *x)
{
    return x->root->type;
}

int expr_decimals(const struct expr *x)
{
    return x->root->decimals;
}

void expr_each_property(const struct expr *x, void (*fn)(void *user, struct str name, int slot),
                        void *user)
{
    for (size_t i = 0; i < x->n_props; i++)
        fn(user, x->props[i]->name, x->props[i]->prop.slot);
}
