/* expr/expr_int.h - the tree behind expr.h.  Only for src/expr.
 *
 * Types are settled while the tree is built: literals are brought to the scale and type of what
 * they are compared with, and what holds only literals is worked out at once.  So eval.c and sql.c
 * meet no conversion but OP_START, and SQL never compares two bare parameters (their collation
 * would be the database's).
 *
 * Arithmetic cannot overflow: for each calculation the largest bound L is found such that no step
 * leaves int64 when every number read lies in -L..L; a number outside is unknown there, in the
 * evaluator and in SQL alike (node.limit). */
#pragma once
#include "expr/expr.h"

enum {
    EXPR_POLYGON_MAX = 64,          /* vertices */
    EXPR_WITHIN_SQL = 200,          /* codes of one within() in SQL */
    EXPR_WITHIN_MAX = 100 * 1000,   /* codes of one within() at all */
    EXPR_SCALE_MAX = 18,            /* decimals: 10^18 fits int64 */
    EXPR_DISTANCE_MAX = 20100000,   /* half the earth's girth, metres */
    EXPR_DAY_MAX = 4 * 1000 * 1000, /* beyond year 9999, either way */
};

enum xop {
    OP_LIT,
    OP_PROP,
    OP_AND, /* two or more kids */
    OP_OR,
    OP_NOT,
    OP_EQ,
    OP_NE,
    OP_LT,
    OP_LE,
    OP_GT,
    OP_GE,
    OP_IS_NULL,
    OP_IN,      /* kids: what, one of these… */
    OP_BETWEEN, /* kids: what, low, high */
    OP_LIKE,    /* kids: what, pattern (a literal) */
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_NEG,
    OP_LOWER,
    OP_WITHIN,     /* kid: property */
    OP_INTERSECTS, /* kids: place, literal X_POLYGON */
    OP_DISTANCE,   /* kids: place, literal X_PLACE */
    OP_START,      /* kid: X_DATE, gives the first instant of that day */
    OP_DAYS,       /* the rest: EXPR_GUARD only */
    OP_TODAY,
    OP_HAS, /* kid: literal text; also OP_OPEN and OP_ROWS */
    OP_OPEN,
    OP_ROWS,
};

struct shape {
    struct point low, high; /* BBOX that crosses the 180th meridian: low.lon > high.lon */
    int n;                  /* vertices of a polygon, the first not repeated; 0: a box */
    struct point at[EXPR_POLYGON_MAX];
};

struct within {
    struct str code;
    struct str *codes; /* sorted by bytes, each once */
    size_t n;
    struct str sql; /* the catalogue's own form, "$?" is the parameter; or STR_NONE */
    struct cell arg;
};

struct node {
    enum xop op;
    enum xtype type;
    int decimals;
    size_t at; /* byte where it begins in the text */
    struct node **kids;
    size_t n;
    struct xvalue lit;   /* OP_LIT */
    struct shape *shape; /* OP_LIT of X_POLYGON */
    struct str name;     /* OP_PROP: its name */
    struct xprop prop;   /* OP_PROP */
    int64_t limit;       /* of a number read inside arithmetic; 0: none */
    struct within *within;
};

struct expr {
    struct node *root;
    const struct zone *zone;
    struct node **props; /* each property once */
    size_t n_props, cap_props;
};

struct token {
    enum { T_END, T_NAME, T_QUOTED, T_TEXT, T_NUMBER, T_SIGN } kind;
    size_t at;       /* byte */
    struct str raw;  /* as written */
    struct str text; /* T_QUOTED, T_TEXT: without the quotes */
};

struct parser {
    struct arena *a;
    struct str text;
    const struct xcatalogue *cat;
    unsigned flags;
    struct err *e;
    struct expr *x;
    struct token now;
    size_t pos; /* behind `now` */
    int depth, nodes;
};

/* lex.c */
bool lex_next(struct parser *p); /* moves on; false and error */
bool lex_reserved(struct str name);
bool lex_plain_name(struct str name);          /* may be written without quotes */
bool lex_same(struct str a, const char *word); /* ASCII case does not matter */
/* Returns false.  The text is headed by the position of `at`, counted in characters from 1. */
bool lex_fail(struct parser *p, enum err_code code, size_t at, const char *fmt, ...) PRINTF(4, 5);

/* node.c: NULL and an error when the kinds do not go together */
struct node *node_new(struct parser *p, enum xop op, enum xtype type, size_t at);
struct node *node_literal(struct parser *p, struct xvalue v, size_t at);
struct node *node_logic(struct parser *p, enum xop op, struct node **kids, size_t n);
struct node *node_not(struct parser *p, struct node *kid, size_t at);
struct node *node_compare(struct parser *p, enum xop op, struct node **kids, size_t n);
struct node *node_like(struct parser *p, struct node *what, struct node *pattern);
struct node *node_arithmetic(struct parser *p, enum xop op, struct node *a, struct node *b);
struct node *node_negative(struct parser *p, struct node *kid, size_t at);
struct node *node_unary(struct parser *p, enum xop op, enum xtype type, struct node *kid,
                        size_t at);
bool node_limits(struct parser *p, struct node *n); /* sets node.limit below n */
const char *node_describe(struct parser *p, const struct node *n);
bool node_numeric(const struct node *n);

/* call.c: the functions; the name and "(" have been read */
struct node *call_parse(struct parser *p, struct token name);
/* parse.c, for call.c */
struct node *parse_expression(struct parser *p);
struct node *parse_unexpected(struct parser *p, const char *wanted); /* NULL and an error */
bool parse_sign(struct parser *p, const char *sign);                 /* takes it if it is there */
bool parse_expect(struct parser *p, const char *sign, const char *wanted); /* or an error */

/* eval.c */
struct xvalue eval_literal(const struct expr *x, const struct node *n); /* all kids are literals */

/* geo.c */
bool geo_inside(const struct shape *s, int64_t lon, int64_t lat);
/* A box that surely holds all points at most `metres` away.  false: no useful box.
 * low.lon > high.lon: any longitude. */
bool geo_box(struct point centre, int64_t metres, struct point *low, struct point *high);
