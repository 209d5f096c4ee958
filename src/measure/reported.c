/* Figures of other bodies: the newest record for exactly this area and span.  Nothing is added up or
 * parted: what the body did not say is not known. */
#include "measure/figure_int.h"

enum { ARGS = 600, COLUMNS = 5 };

struct found {
    bool is;
    struct id id;
    bool has[COLUMNS];
    int64_t v[COLUMNS]; /* n, N, value, change */
    struct str issuer;
};

static const struct record_def *def_of(const struct gather *g)
{
    return &g->playbook->records[g->indicator->reported->record];
}

static void column(const struct gather *g, struct buf *sql, int field)
{
    if (field >= 0)
        buf_printf(sql, ", %.*s", STR_F(def_of(g)->fields[field].column));
    else
        buf_c(sql, ", r.rid"); /* read by nobody */
}

/* Does it hold as of that size?  An entry is corrected by a newer one, not changed. */
static void known_by(const struct gather *g, struct buf *sql)
{
    if (g->size >= 0)
        buf_printf(sql, " AND EXISTS (SELECT 1 FROM event e WHERE e.rid = r.rid AND e.seq < %lld)",
                   (long long)g->size);
}

static bool statement(struct gather *g, struct buf *sql, int32_t from, int32_t to, int64_t area,
                      struct cell args[static ARGS], size_t *n)
{
    const struct reported *x = g->indicator->reported;
    const struct record_def *def = def_of(g);
    struct str table = table_name(g->a, g->playbook, def);
    size_t more = 0;
    buf_c(sql, "SELECT r.id");
    column(g, sql, x->n);
    column(g, sql, x->N);
    column(g, sql, x->value);
    column(g, sql, x->change);
    column(g, sql, x->issuer);
    buf_printf(sql,
               " FROM record r JOIN %.*s f ON f.rid = r.rid WHERE r.type = $1 AND r.area = $2"
               " AND r.void = 0 AND r.merged IS NULL AND %.*s = $3 AND %.*s = $4",
               STR_F(table), STR_F(def->fields[x->from].column), STR_F(def->fields[x->to].column));
    args[(*n)++] =
        C_TEXT(str_printf(g->a, "%.*s.%.*s", STR_F(g->playbook->id), STR_F(def->id)));
    args[(*n)++] = C_INT(area);
    args[(*n)++] = C_INT(from);
    args[(*n)++] = C_INT(to);
    known_by(g, sql);
    if (x->where) {
        buf_c(sql, " AND (");
        if (!expr_sql(x->where, sql, args + *n, ARGS - *n, &more, (int)*n + 1, g->e))
            return false;
        buf_c(sql, ")");
        *n += more;
    }
    buf_c(sql, " ORDER BY r.rid DESC LIMIT 1");
    buf_char(sql, 0);
    return buf_ok(sql) || err_set(g->e, ERR_TOO_BIG, "the condition is too long");
}

static bool find(struct gather *g, int32_t from, int32_t to, int64_t area, struct found *out)
{
    const struct reported *x = g->indicator->reported;
    const int fields[] = {x->n, x->N, x->value, x->change};
    struct buf sql AUTO(buf_free) = BUF(256 * 1024);
    struct cell args[ARGS];
    size_t n = 0;
    *out = (struct found){.is = false};
    if (!statement(g, &sql, from, to, area, args, &n))
        return false;
    struct rows r AUTO(rows_close) = store_query(g->db, sql.ptr, args, n, g->e);
    if (!rows_next(&r))
        return !err_is(g->e);
    out->is = true;
    struct str id = rows_str(&r, 0);
    ASSERT(id.len == sizeof out->id.b);
    memcpy(out->id.b, id.ptr, sizeof out->id.b);
    for (int i = 0; i < (int)COUNT_OF(fields); i++) {
        out->has[i] = fields[i] >= 0 && !rows_null(&r, i + 1);
        out->v[i] = out->has[i] ? rows_int(&r, i + 1) : 0;
    }
    out->issuer = str_dup(g->a, rows_str(&r, (int)COUNT_OF(fields) + 1));
    return !err_is(g->e);
}

static struct words issuer_name(const struct gather *g, struct str code)
{
    const struct field *f = &def_of(g)->fields[g->indicator->reported->issuer];
    const struct code_list *l = &g->playbook->lists[f->codes];
    int i = list_code(l, code);
    return i >= 0 ? l->codes[i].name : (struct words){code, code};
}

static struct figure_value value_from(const struct gather *g, const struct found *x)
{
    struct figure_value v = {.n = x->v[0], .has_n = x->has[0], .N = x->v[1], .has_N = x->has[1]};
    if (!x->is) {
        v.note = "not reported";
    } else if (g->indicator->kind == IND_COUNT) {
        v.has_value = x->has[0];
        v.value = x->v[0];
    } else if (x->has[0] && x->has[1]) {
        value_rate(&v, v.N, g->indicator->decimals);
    } else if (x->has[2]) {
        v.has_value = true;
        v.value = x->v[2];
        v.decimals = def_of(g)->fields[g->indicator->reported->value].decimals;
    }
    return v;
}

/* Our own count of the same thing, over the same area and span. */
static bool ours(struct gather *g, struct figure *f)
{
    struct figure_question q = *g->q;
    struct figure other;
    q.id = g->indicator->reported->beside;
    q.compare = COMPARE_NONE;
    q.by = STR_NONE;
    if (!q.id.ptr)
        return true;
    if (!figure_ask(g->db, g->a, g->w, &q, &other, g->e))
        return false;
    f->reported.has_ours = true;
    f->reported.ours_id = q.id;
    f->reported.ours = other.total;
    return true;
}

/* Against the earlier record of the same span; what the body itself says of the change comes first. */
static bool compare(struct gather *g, struct figure *f, const struct found *now)
{
    struct figure_comparison *c = &f->compare;
    struct found then;
    compare_span(g->q->compare, c, f->from, f->to);
    if (!c->kind)
        return true;
    if (now->has[3]) {
        c->given = c->has_change = true;
        c->change = now->v[3];
        c->given_decimals = def_of(g)->fields[g->indicator->reported->change].decimals;
        return true;
    }
    if (!find(g, c->from, c->to, g->w->areas[g->area].aid, &then))
        return false;
    c->v = value_from(g, &then);
    if (then.is && f->total.has_value && c->v.has_value)
        c->has_change = value_change(g->indicator, &f->total, &c->v, &c->change, &c->note);
    return true;
}

static bool by_area(struct gather *g, struct figure *f)
{
    size_t cap = 0;
    for (int i = 0; i < g->w->n_areas; i++) {
        struct found x;
        if (g->w->areas[i].parent != g->area)
            continue;
        if (!find(g, f->from, f->to, g->w->areas[i].aid, &x))
            return false;
        f->rows = arena_grow(g->a, f->rows, f->n_rows, &cap, sizeof *f->rows);
        f->rows[f->n_rows++] = (struct figure_row){g->w->areas[i].code, value_from(g, &x)};
    }
    return true;
}

bool reported_answer(struct gather *g, struct figure *f)
{
    struct found x;
    bool area = str_is(g->q->by, "area");
    f->reported.is = true;
    if ((g->q->by.len && !area) || g->q->where.len)
        return err_field(g->e, ERR_INPUT, g->q->where.len ? "where" : "by",
                         "a reported figure is what the other body said: it can be had by area only");
    if (!find(g, f->from, f->to, g->w->areas[g->area].aid, &x))
        return false;
    f->total = value_from(g, &x);
    if (x.is) {
        f->reported.source = x.id;
        f->reported.issuer = issuer_name(g, x.issuer);
    }
    return compare(g, f, &x) && ours(g, f) && (!area || by_area(g, f));
}
