/* expr/expr.h - the one filter language: OGC CQL2-Text (OGC 21-065r2), a typed subset.
 *
 * Parsed once against a catalogue of properties; then either evaluated on a record, or turned into
 * SQL with bound parameters, the same text on both engines.  Both give the same answer for every
 * record, NULL included (three-valued logic): random_test.c compares evaluator, SQLite and
 * PostgreSQL on random expressions.
 *
 * Grammar (keywords in any case; names may contain dots and non-ASCII letters):
 *   a name may stand in "…" (where it is also a keyword); a text never does
 *   AND OR NOT ( ) = <> < <= > >=  IS [NOT] NULL  [NOT] IN (…)  [NOT] BETWEEN a AND b
 *   [NOT] LIKE 'pattern' (% and _, backslash escapes; case-sensitive on both engines)
 *   + - *  (integers and decimals of equal scale; * adds the scales), unary minus.  Nothing
 *          overflows: for each calculation the largest L = 2^k is taken for which no step can
 *          leave int64; a number beyond ±L is unknown in it (a + b: 2^61, a * b: 2^31), on every
 *          engine
 *   'text' ('' is a quote), 12, 12.50, TRUE FALSE, DATE('2024-01-31'),
 *   TIMESTAMP('2024-01-31T08:00:00Z'), POINT(lon lat), BBOX(w,s,e,n)
 *   S_INTERSECTS(place, BBOX(…)) and S_INTERSECTS(place, POLYGON((lon lat, …)))
 *          POLYGON: one ring of 3 to 64 points, its edge belongs to it; exact in int64.  Degrees
 *          are rounded to 7 decimals (1 cm).  A BBOX with w > e crosses the 180th meridian
 *   distance_m(place, POINT(lon lat))   metres by haversine, R = 6371008.8 m
 *   within(code_or_area, 'CODE')        the code or one below it (expanded by the catalogue)
 *   lower(text)                         ASCII only; only inside a comparison
 * and only where the catalogue allows them (EXPR_GUARD):
 *   days(a, b) civil days from the day of a to the day of b (dates or times, in the zone);
 *   today();  has('document');  open('kind');  rows('table') number of rows of a table field
 *
 * Literals are compared in the property's own unit: money 12.50 against a decimals:2 column is
 * 1250.
 * A time property compared with DATE means that civil day's start in the zone; with another date
 * (a field, today()) it can be compared in guards only. */
#pragma once
#include "base/id.h"
#include "base/time.h"
#include "store/store.h"

struct point {
    int64_t lon, lat; /* 1e-7 degree */
};

enum xtype {
    X_NULL,
    X_BOOL,     /* i = 0/1 */
    X_INT,      /* i */
    X_DECIMAL,  /* i = value * 10^decimals */
    X_TEXT,     /* s: a code, an id's text, or text that may be compared */
    X_DATE,     /* i = day */
    X_TIME,     /* i = instant, ms */
    X_PLACE,    /* a point; lon, lat in 1e-7 degree; null when the place has no point */
    X_PRESENT,  /* a detached value: only IS NULL / IS NOT NULL (null tells) */
    X_POLYGON,  /* literal only */
};

struct xvalue {
    enum xtype type;
    bool null;
    int decimals;
    int64_t i;
    int64_t lon, lat;
    struct str s;
};

struct xprop {
    enum xtype type;
    int decimals;      /* X_DECIMAL */
    bool person;       /* of type account or person: refused with ERR_PRIVACY unless EXPR_PERSON */
    int slot;          /* given back to the getter */
    struct str column; /* SQL column with its table alias ("f.x_type"); STR_NONE: not in SQL.
                        * X_PLACE: the two columns are <column>_lon and <column>_lat */
};

struct xcatalogue {
    void *self;
    /* false when there is no such property */
    bool (*find)(void *self, struct str name, struct xprop *out);
    /* For within(): calls `add` with code itself and everything below; false when unknown.
     * May be NULL. */
    bool (*below)(void *self, struct str prop, struct str code,
                  void (*add)(void *user, struct str code), void *user);
    /* SQL for within() where a list of codes would be too long (an area: "EXISTS (SELECT 1 FROM
     * scope …)").  Writes the condition, with "$?" for its one parameter, and that parameter's
     * value (text is copied).  It must be unknown, not false, where the property is NULL.  false:
     * this property has no such form, and the codes are listed (at most 200).  May be NULL. */
    bool (*within_sql)(void *self, struct str prop, struct str code, struct buf *sql,
                       struct cell *arg);
    const struct zone *zone; /* NULL: no TIMESTAMP, no DATE against a time, no days() of times */
};

enum expr_flags {
    EXPR_FILTER = 0,
    EXPR_GUARD = 1,   /* days, today, has, open, rows are allowed; no SQL can be made */
    EXPR_PERSON = 2,  /* person/account properties are allowed (a list, never a count) */
    EXPR_SCALAR = 4,  /* any result type; without it the result must be boolean */
};

struct expr; /* lives in the arena it was parsed into */

MUST_USE bool expr_parse(struct arena *a, struct str text, const struct xcatalogue *cat,
                         unsigned flags, struct expr **out, struct err *e);
enum xtype expr_type(const struct expr *x);
int expr_decimals(const struct expr *x);
/* Calls fn once for each property that is read (slot and name). */
void expr_each_property(const struct expr *x, void (*fn)(void *user, struct str name, int slot),
                        void *user);

struct xcontext {
    void *self;
    void (*get)(void *self, int slot, struct xvalue *out); /* sets null when absent */
    /* guards only; may be NULL otherwise */
    bool (*has)(void *self, struct str document);
    int64_t (*open)(void *self, struct str kind);
    int64_t (*rows)(void *self, struct str table);
    int32_t today;
    const struct zone *zone;
};

/* out->null is "unknown" for a condition. */
void expr_eval(const struct expr *x, const struct xcontext *c, struct xvalue *out);
/* true only when the condition is true (not when unknown) */
bool expr_true(const struct expr *x, const struct xcontext *c);

/* Appends SQL to `sql` and its parameters to args (first is $<first>; their texts live as long as
 * x).  ERR_TOO_BIG when more than `cap` parameters or sql->max bytes are needed (a polygon of 64
 * points: 136 and about 20 KB), ERR_INPUT when it reads what is no column.  LIKE needs PRAGMA
 * case_sensitive_like=ON on SQLite; lower() and order need columns COLLATE "C". */
MUST_USE bool expr_sql(const struct expr *x, struct buf *sql, struct cell *args, size_t cap,
                       size_t *n_args, int first, struct err *e);

/* What an index could do for one part of a condition. */
enum expr_part_use {
    EXPR_USE_NONE,
    EXPR_USE_EQUAL, /* property = literal */
    EXPR_USE_RANGE, /* IN, BETWEEN, < <= > >=, within() by its codes, a box around a place */
    EXPR_USE_BELOW, /* within() in the catalogue's own form */
};
struct expr_part {
    struct expr *x;    /* an expression of its own */
    enum expr_part_use use;
    int slot;          /* of its property, when use is not NONE */
    struct str code;   /* EXPR_USE_BELOW */
};
/* The parts of a top-level AND (a condition that is none is its only part); all of them are true
 * when the condition is.  Returns their number, at most LIMIT_EXPR_NODES. */
size_t expr_parts(struct arena *a, const struct expr *x, struct expr_part **out);

/* Writes the expression in one normal form (for the hash of a term's definition). */
void expr_print(const struct expr *x, struct buf *out);

/* The same figure as distance_m(), for use outside an expression.  Metres, rounded up, so that
 * "at most 1000" means what it says. */
int64_t expr_distance_m(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2);

/* Where a point lies of a ring whose first point is not repeated (even-odd rule).  Exact while the ring and the
 * point lie in one box below 360 degrees of longitude and 180 of latitude. */
enum expr_side { EXPR_OUTSIDE, EXPR_INSIDE, EXPR_EDGE };
enum expr_side expr_ring(const struct point *at, int n, int64_t lon, int64_t lat);
