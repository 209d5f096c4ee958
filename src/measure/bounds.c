#include "measure/bounds.h"
#include <string.h>

/* A tableau in integers: row i says  den * x[basis[i]] + sum of t[i][j] * x[j] = t[i][0]  over the columns that
 * are no basis; the solution it stands for has those at 0.  Every pivot divides without remainder. */
struct bounds {
    struct arena *a;
    int vars, cols, rows; /* columns 1 … cols are unknowns and slacks, column 0 the right side */
    int cap_cols, cap_rows;
    int64_t **t;
    int *basis;
    int64_t *goal; /* a row for questions */
    int64_t den;
    bool broken;
};

bool bounds_broken(const struct bounds *b)
{
    return b->broken;
}

static int64_t *row_new(struct bounds *b)
{
    return ARENA_ARRAY(b->a, int64_t, b->cap_cols + 1);
}

static void room(struct bounds *b, int cols, int rows)
{
    if (b->cols + cols > b->cap_cols) {
        int cap = 2 * (b->cols + cols);
        for (int i = 0; i < b->rows; i++) {
            int64_t *wide = ARENA_ARRAY(b->a, int64_t, cap + 1);
            memcpy(wide, b->t[i], sizeof *wide * (size_t)(b->cols + 1));
            b->t[i] = wide;
        }
        b->cap_cols = cap;
        b->goal = row_new(b);
    }
    if (b->rows + rows > b->cap_rows) {
        int cap = 2 * (b->rows + rows);
        int64_t **t = ARENA_ARRAY(b->a, int64_t *, cap);
        int *basis = ARENA_ARRAY(b->a, int, cap);
        if (b->rows) {
            memcpy(t, b->t, sizeof *t * (size_t)b->rows);
            memcpy(basis, b->basis, sizeof *basis * (size_t)b->rows);
        }
        b->t = t;
        b->basis = basis;
        b->cap_rows = cap;
    }
}

struct bounds *bounds_new(struct arena *a, int vars)
{
    struct bounds *b = ARENA_NEW(a, struct bounds);
    ASSERT(vars <= BOUNDS_VARS);
    *b = (struct bounds){.a = a, .vars = vars, .cols = vars, .den = 1};
    room(b, 2, 2);
    return b;
}

/* (x * p - y * q) / d, which has no remainder */
static int64_t crossed(struct bounds *b, int64_t x, int64_t p, int64_t y, int64_t q, int64_t d)
{
    __int128 v = ((__int128)x * p - (__int128)y * q) / d;
    b->broken |= v > INT64_MAX / 2 || v < -INT64_MAX / 2;
    return b->broken ? 0 : (int64_t)v;
}

static void pivot_row(struct bounds *b, int64_t *row, const int64_t *by, int col)
{
    int64_t p = by[col], y = row[col];
    for (int j = 0; j <= b->cols && !b->broken; j++)
        row[j] = crossed(b, row[j], p, y, by[j], b->den);
}

/* t[r][col] is above 0; extra: a row beside the tableau that goes along, or NULL. */
static void pivot(struct bounds *b, int r, int col, int64_t *extra)
{
    for (int i = 0; i < b->rows; i++)
        if (i != r)
            pivot_row(b, b->t[i], b->t[r], col);
    if (extra)
        pivot_row(b, extra, b->t[r], col);
    b->den = b->t[r][col];
    b->basis[r] = col;
}

/* A sum in terms of what is no basis, times den: what it is at x = 0 stands in column 0, with a minus. */
static int64_t *reduced(struct bounds *b, const signed char *sum, int sign, int64_t *row)
{
    memset(row, 0, sizeof *row * (size_t)(b->cap_cols + 1));
    for (int j = 0; j < b->vars; j++)
        row[j + 1] = sign * sum[j] * b->den;
    for (int i = 0; i < b->rows; i++) {
        int64_t c = b->basis[i] <= b->vars ? sign * sum[b->basis[i] - 1] : 0;
        for (int j = 0; c && j <= b->cols; j++)
            b->broken |= __builtin_sub_overflow(row[j], c * b->t[i][j], &row[j]);
    }
    return row;
}

/* The row that holds an entering column back first; -1: none does. */
static int leaving(const struct bounds *b, int col)
{
    int best = -1;
    for (int i = 0; i < b->rows; i++) {
        if (b->t[i][col] <= 0)
            continue;
        if (best < 0) {
            best = i;
            continue;
        }
        __int128 x = (__int128)b->t[i][0] * b->t[best][col], y = (__int128)b->t[best][0] * b->t[i][col];
        if (x < y || (x == y && b->basis[i] < b->basis[best]))
            best = i;
    }
    return best;
}

static int entering(const struct bounds *b, const int64_t *row)
{
    for (int j = 1; j <= b->cols; j++)
        if (row[j] > 0)
            return j;
    return 0;
}

/* Makes the sum as great as it can be.  False: there is no end to it. */
static bool climb(struct bounds *b, int64_t *goal, int64_t limit, bool *above)
{
    for (int col; !b->broken && (col = entering(b, goal)) > 0;) {
        if (-(__int128)goal[0] > (__int128)limit * b->den) {
            *above = true;
            return true;
        }
        int r = leaving(b, col);
        if (r < 0)
            return false;
        pivot(b, r, col, goal);
    }
    *above = -(__int128)goal[0] > (__int128)limit * b->den;
    return true;
}

/* Is it so in the solution that the tableau stands for? */
static bool above_here(const struct bounds *b, const signed char *sum, int64_t limit)
{
    __int128 n = 0;
    for (int i = 0; i < b->rows; i++)
        if (b->basis[i] <= b->vars)
            n += (__int128)sum[b->basis[i] - 1] * b->t[i][0];
    return n > (__int128)limit * b->den;
}

bool bounds_above(struct bounds *b, const signed char *sum, int64_t limit)
{
    bool above = false;
    return above_here(b, sum, limit) ||
           !climb(b, reduced(b, sum, 1, b->goal), limit, &above) || above;
}

static int64_t floored(__int128 n, int64_t d)
{
    __int128 q = n / d;
    return (int64_t)(q - (n < 0 && q * d != n));
}

void bounds_range(struct bounds *b, const signed char *sum, int64_t *low, int64_t *high)
{
    bool above;
    int64_t *goal = reduced(b, sum, 1, b->goal);
    *high = climb(b, goal, INT64_MAX, &above) ? floored(-(__int128)goal[0], b->den) : INT64_MAX;
    goal = reduced(b, sum, -1, b->goal);
    *low = climb(b, goal, INT64_MAX, &above) ? -floored(-(__int128)goal[0], b->den) : -INT64_MAX;
}

/* ---- telling ---- */

static void negate(const struct bounds *b, int64_t *row)
{
    for (int j = 0; j <= b->cols; j++)
        row[j] = -row[j];
}

/* The last row has no basis yet: it gets one, by making what it lacks as small as can be.  False: it lacks
 * something whatever is tried. */
static bool find_basis(struct bounds *b)
{
    int last = b->rows - 1, col;
    int64_t *row = b->t[last];
    b->basis[last] = 0; /* leaves first where several could */
    while (!b->broken && row[0] > 0) {
        if ((col = entering(b, row)) == 0)
            return false;
        int r = leaving(b, col);
        pivot(b, r, col, NULL);
        if (r == last)
            return true;
    }
    for (col = 1; col <= b->cols; col++) {
        if (!row[col])
            continue;
        if (row[col] < 0)
            negate(b, row);
        pivot(b, last, col, NULL);
        return true;
    }
    b->rows--; /* it says nothing new */
    return true;
}

static bool equation(struct bounds *b, int64_t *row)
{
    if (row[0] < 0)
        negate(b, row);
    b->t[b->rows++] = row;
    if (find_basis(b))
        return true;
    b->rows--;
    return false;
}

/* sum + extra = value, extra being a new column of that sign (0: none) */
static bool tell(struct bounds *b, const signed char *sum, int64_t value, int sign)
{
    int64_t *row = reduced(b, sum, 1, row_new(b));
    b->broken |= __builtin_mul_overflow(value, b->den, &value) || __builtin_add_overflow(row[0], value, &row[0]);
    if (sign)
        row[++b->cols] = sign * b->den;
    return !b->broken && equation(b, row);
}

bool bounds_tell(struct bounds *b, const signed char *sum, int64_t low, int64_t high)
{
    int64_t least, most;
    room(b, 2, 2);
    if (low == high)
        return tell(b, sum, low, 0);
    bounds_range(b, sum, &least, &most);
    if (b->broken || most < low || least > high)
        return false;
    return tell(b, sum, low, -1) && (high == INT64_MAX || tell(b, sum, high, 1));
}
