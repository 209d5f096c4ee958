/* A list question on a map: the same rows, told as points or as numbers in squares. */
#include "record/spot.h"
#include "search/find_int.h"

const struct find_box FIND_EARTH = {-1800000000, -900000000, 1800000000, 900000000};

/* Squares are counted from the south-west corner of the earth, so that they stand still. */
enum { FINEST = SPOT_CELL / 32 /* 7 m */ };

/* ---- as SQL ---- */

void find_sql_cells(struct find_sql *s, const char *alias, const struct find_ask *k, const struct find_box *box)
{
    int64_t low = spot_cell(box->west, box->south), high = spot_cell(box->east, box->north);
    find_sql_and(s);
    buf_printf(&s->text, "%s.type", alias);
    find_sql_bound(s, " = ", C_TEXT(k->type));
    buf_printf(&s->text, " AND %s.cell", alias);
    find_sql_bound(s, " >= ", C_INT(low & ~(int64_t)SPOT_COLUMN));
    buf_printf(&s->text, " AND %s.cell", alias);
    find_sql_bound(s, " <= ", C_INT(high | SPOT_COLUMN));
    buf_printf(&s->text, " AND (%s.cell & %d)", alias, SPOT_COLUMN);
    find_sql_bound(s, " >= ", C_INT(low & SPOT_COLUMN));
    buf_printf(&s->text, " AND (%s.cell & %d)", alias, SPOT_COLUMN);
    find_sql_bound(s, " <= ", C_INT(high & SPOT_COLUMN));
}

/* "f.x_place_lon" */
static struct str column(const struct find_ask *k, const char *axis)
{
    return str_printf(k->a, "f.x_%.*s_%s", STR_F(k->def->fields[k->def->place_field].id), axis);
}

void find_sql_told(struct find_sql *s, const struct find_ask *k, const struct find_plot *p)
{
    struct str lon = column(k, "lon"), lat = column(k, "lat");
    switch (p->tell) {
    case TELL_AROUND:
        buf_printf(&s->text, "COUNT(*), MIN(%.*s), MIN(%.*s), MAX(%.*s), MAX(%.*s)", STR_F(lon), STR_F(lat),
                   STR_F(lon), STR_F(lat));
        break;
    case TELL_SQUARES:
        buf_printf(&s->text, "(%.*s - %lld) / %lld, (%.*s - %lld) / %lld, COUNT(*)", STR_F(lon),
                   (long long)FIND_EARTH.west, (long long)p->side, STR_F(lat), (long long)FIND_EARTH.south,
                   (long long)p->side);
        break;
    case TELL_POINTS:
        buf_printf(&s->text, "d.rid, %.*s, %.*s", STR_F(lon), STR_F(lat));
        break;
    }
}

static void between(struct find_sql *s, struct str value, int64_t low, int64_t high)
{
    find_sql_and(s);
    buf_str(&s->text, value);
    find_sql_bound(s, " BETWEEN ", C_INT(low));
    find_sql_bound(s, " AND ", C_INT(high));
}

void find_sql_plotted(struct find_sql *s, const struct find_ask *k, const struct find_walk *w)
{
    const struct find_box *box = w->plot->box;
    find_sql_cells(s, w->by == BY_BOX ? "d" : "p", k, box);
    if (w->by != BY_BOX) {
        find_sql_and(s);
        buf_c(&s->text, "p.rid = d.rid");
    }
    between(s, column(k, "lon"), box->west, box->east);
    between(s, column(k, "lat"), box->south, box->north);
}

void find_sql_plot_end(struct find_sql *s, const struct find_walk *w)
{
    if (w->plot->tell == TELL_SQUARES)
        buf_c(&s->text, " GROUP BY 1, 2");
    if (w->plot->tell == TELL_POINTS) {
        buf_c(&s->text, " ORDER BY d.rid DESC");
        find_sql_bound(s, " LIMIT ", C_INT((int64_t)w->want));
    }
}

/* ---- the walks: one for each scope, as of a count ---- */

struct plotting {
    struct find_ask *k;
    struct find_plot plot;
    void (*take)(struct plotting *p, struct rows *r);
    struct find_map *out;
    size_t cap;
};

static bool each_walk(struct plotting *p, enum find_tell tell, void (*take)(struct plotting *p, struct rows *r))
{
    struct find_walk w = {.by = p->k->by, .count = true, .plot = &p->plot, .want = p->k->limit};
    int n = w.by == BY_SCOPE || w.by == BY_SEARCH ? p->k->n_scopes : p->k->n_scopes ? 1 : 0;
    p->plot.tell = tell;
    for (; w.scope < n; w.scope++) {
        struct find_sql s AUTO(find_sql_free) = find_sql_new(p->k);
        if (!find_sql_walk(&s, p->k, &w))
            return false;
        struct rows r AUTO(rows_close) = find_sql_run(&s, p->k);
        while (rows_next(&r))
            take(p, &r);
        if (err_is(p->k->e))
            return false;
    }
    return true;
}

static void take_around(struct plotting *p, struct rows *r)
{
    struct find_box *b = &p->out->around, one;
    if (rows_int(r, 0) == 0)
        return;
    one = (struct find_box){rows_int(r, 1), rows_int(r, 2), rows_int(r, 3), rows_int(r, 4)};
    if (!p->out->n)
        *b = one;
    *b = (struct find_box){min64(b->west, one.west), min64(b->south, one.south), max64(b->east, one.east),
                           max64(b->north, one.north)};
    p->out->n += rows_int(r, 0);
}

static void take_point(struct plotting *p, struct rows *r)
{
    struct find_map *m = p->out;
    m->points = arena_grow(p->k->a, m->points, m->n_points, &p->cap, sizeof *m->points);
    m->points[m->n_points++] =
        (struct find_point){.rid = rows_int(r, 0), .lon = rows_int(r, 1), .lat = rows_int(r, 2)};
}

static void take_square(struct plotting *p, struct rows *r)
{
    struct find_map *m = p->out;
    int64_t side = p->plot.side, west = FIND_EARTH.west + rows_int(r, 0) * side,
            south = FIND_EARTH.south + rows_int(r, 1) * side;
    m->squares = arena_grow(p->k->a, m->squares, m->n_squares, &p->cap, sizeof *m->squares);
    m->squares[m->n_squares++] =
        (struct find_square){{west, south, west + side - 1, south + side - 1}, rows_int(r, 2)};
}

static int newest_first(const void *a, const void *b)
{
    const struct find_point *x = a, *y = b;
    return x->rid < y->rid ? 1 : x->rid > y->rid ? -1 : 0;
}

static int by_place(const void *a, const void *b)
{
    const struct find_box *x = &((const struct find_square *)a)->box, *y = &((const struct find_square *)b)->box;
    if (x->south != y->south)
        return x->south < y->south ? -1 : 1;
    return x->west < y->west ? -1 : x->west > y->west ? 1 : 0;
}

static bool points(struct plotting *p)
{
    struct find_map *m = p->out;
    if (!each_walk(p, TELL_POINTS, take_point))
        return false;
    if (m->n_points)
        qsort(m->points, m->n_points, sizeof *m->points, newest_first);
    m->n_points = m->n_points < p->k->limit ? m->n_points : p->k->limit;
    int64_t *rids = ARENA_ARRAY(p->k->a, int64_t, m->n_points + 1);
    struct record **found = ARENA_ARRAY(p->k->a, struct record *, m->n_points + 1);
    for (size_t i = 0; i < m->n_points; i++)
        rids[i] = m->points[i].rid;
    if (m->n_points && !find_load(p->k, rids, m->n_points, found))
        return false;
    for (size_t i = 0; i < m->n_points; i++)
        m->points[i].r = found[i];
    return true;
}

/* Each scope has told its own: what lies in one square becomes one number. */
static bool squares(struct plotting *p)
{
    struct find_map *m = p->out;
    const struct find_box *b = &m->around;
    size_t kept = 0;
    p->plot.side = FINEST;
    while (max64(b->east - b->west, b->north - b->south) / p->plot.side >= FIND_SQUARES)
        p->plot.side *= 2;
    if (!each_walk(p, TELL_SQUARES, take_square))
        return false;
    if (m->n_squares)
        qsort(m->squares, m->n_squares, sizeof *m->squares, by_place);
    for (size_t i = 0; i < m->n_squares; i++) {
        if (kept && by_place(&m->squares[kept - 1], &m->squares[i]) == 0)
            m->squares[kept - 1].n += m->squares[i].n;
        else
            m->squares[kept++] = m->squares[i];
    }
    m->n_squares = kept;
    return true;
}

static bool plot(struct find_ask *k, const struct find_box *box, struct find_map *out)
{
    struct plotting p = {.k = k, .plot = {.box = box}, .out = out};
    if (!find_choose_in(k, box))
        return false;
    out->plan = find_plan_name(k);
    if ((k->searching && !k->words.n) || k->def->place_field < 0)
        return true;
    return each_walk(&p, TELL_AROUND, take_around) && (out->n <= (int64_t)k->limit ? points(&p) : squares(&p));
}

bool find_map(struct store *db, struct arena *a, const struct find_question *q, const struct find_box *box,
              struct find_map *out, struct err *e)
{
    struct find_ask k;
    struct find_question all = *q;
    struct find_map m = {.n = 0};
    int64_t ms = q->deadline_ms ? q->deadline_ms : FIND_DEADLINE;
    ASSERT(box->west <= box->east && box->south <= box->north);
    all.order = FIND_NEWEST;
    all.after = STR_NONE;
    if (!find_prepare(db, a, &all, &k, e))
        return false;
    store_deadline(db, ms);
    bool ok = plot(&k, box, &m);
    store_deadline(db, 0);
    if (!ok) {
        find_too_long(e, ms);
        return false;
    }
    *out = m;
    return true;
}
