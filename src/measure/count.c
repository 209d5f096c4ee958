/* Filling the sums: from counters where they are stored, otherwise from the records of the area. */
#include "measure/figure_int.h"
#include "measure/indicator.sql.h"

static struct str after(struct str s, size_t n)
{
    return (struct str){s.ptr + n, s.len - n};
}

/* ---- from counters ---- */

/* What a slot is parted by: what was there before the span is not parted by its days. */
static enum figure_by gather_by(const struct gather *g, int slot)
{
    enum figure_by by = g->key.by;
    return slot >= SLOT_N_BEFORE && (by == BY_DAY || by == BY_MONTH) ? BY_NONE : by;
}

static bool is_dim(const struct figure_term *t, const struct figure_key *k)
{
    for (int i = 0; i < t->n_dims; i++)
        if (str_eq(t->def->fields[t->dims[i]].id, k->dim))
            return true;
    return false;
}

bool gather_fast(const struct gather *g, const struct figure_term *t, enum figure_by by)
{
    int level = g->w->areas[g->area].level;
    if (g->q->slow || t->where || t->term->kind == TERM_MEDIAN || level > g->levels.total)
        return false;
    switch (by) {
    case BY_NONE:
    case BY_DAY:
    case BY_MONTH:
        return true;
    case BY_AREA:
        return level + 1 <= g->levels.total;
    case BY_FIELD:
        return level <= g->levels.dims && g->key.dim.ptr && is_dim(t, &g->key);
    }
    return false;
}

struct pair {
    int64_t n, s;
};

static bool count_total(struct gather *g, const struct figure_term *t, const int *areas, int n,
                        int32_t from, int32_t to, struct pair *out)
{
    *out = (struct pair){0, 0};
    for (int i = 0; i < n; i++) {
        int64_t aid = g->w->areas[areas[i]].aid;
        struct rows r AUTO(rows_close) = store_query(
            g->db, sql_count_total, BIND(C_INT(t->number), C_INT(aid), C_INT(from), C_INT(to)), g->e);
        if (rows_next(&r) && !rows_null(&r, 0)) {
            out->n += rows_int(&r, 0);
            out->s += rows_int(&r, 1);
        }
        if (err_is(g->e))
            return false;
    }
    return true;
}

static bool fast_days(struct gather *g, int64_t aid, int slot, int32_t from, int32_t to)
{
    struct rows r AUTO(rows_close) = store_query(
        g->db, sql_count_days,
        BIND(C_INT(gather_term(g, slot)->number), C_INT(aid), C_INT(from), C_INT(to)), g->e);
    while (rows_next(&r))
        gather_add(g, gather_key_day(g, (int32_t)rows_int(&r, 0)), slot, rows_int(&r, 1),
                   rows_int(&r, 2));
    return !err_is(g->e);
}

static bool fast_areas(struct gather *g, int slot, int32_t from, int32_t to)
{
    const struct figure_term *t = gather_term(g, slot);
    const struct world *w = g->w;
    struct pair all, one;
    if (!count_total(g, t, g->parts, g->n_parts, from, to, &all))
        return false;
    for (int i = 0; i < w->n_areas; i++) {
        if (w->areas[i].parent != g->area)
            continue;
        int n;
        const int *parts = levels_parts(g->a, w, &g->levels, i, &n);
        if (!count_total(g, t, parts, n, from, to, &one))
            return false;
        gather_add(g, w->areas[i].code, slot, one.n, one.s);
        all.n -= one.n;
        all.s -= one.s;
    }
    if (all.n || all.s)
        gather_add(g, w->areas[g->area].code, slot, all.n, all.s);
    return true;
}

static bool fast_dims(struct gather *g, int part, int slot, int32_t from, int32_t to)
{
    const struct figure_term *t = gather_term(g, slot);
    int64_t aid = g->w->areas[part].aid;
    struct str low = str_printf(g->a, "%.*s=", STR_F(g->key.dim));
    struct str high = str_printf(g->a, "%.*s>", STR_F(g->key.dim)); /* '>' comes behind '=' */
    bool daily = g->key.mapping;                                    /* a mapping has days */
    struct pair all;
    if (!count_total(g, t, &part, 1, from, to, &all))
        return false;
    struct rows r AUTO(rows_close) = store_query(
        g->db, daily ? sql_count_dim_days : sql_count_dims,
        BIND(C_INT(t->number), C_INT(aid), C_TEXT(low), C_TEXT(high), C_INT(from), C_INT(to)),
        g->e);
    while (rows_next(&r)) {
        int64_t n = rows_int(&r, 1), s = rows_int(&r, 2);
        int32_t day = daily ? (int32_t)rows_int(&r, 3) : 0;
        struct str value = after(rows_str(&r, 0), low.len);
        gather_add(g, gather_key_value(g, value, day), slot, n, s);
        all.n -= n;
        all.s -= s;
    }
    if (all.n || all.s) /* records whose field is empty */
        gather_add(g, STR_NONE, slot, all.n, all.s);
    return !err_is(g->e);
}

static bool fast_slot(struct gather *g, int slot, enum figure_by by, int32_t from, int32_t to)
{
    struct pair all;
    bool ok = true;
    switch (by) {
    case BY_NONE:
        ok = count_total(g, gather_term(g, slot), g->parts, g->n_parts, from, to, &all);
        if (ok)
            gather_add(g, STR_NONE, slot, all.n, all.s);
        break;
    case BY_DAY:
    case BY_MONTH:
        for (int i = 0; ok && i < g->n_parts; i++)
            ok = fast_days(g, g->w->areas[g->parts[i]].aid, slot, from, to);
        break;
    case BY_AREA:
        return fast_areas(g, slot, from, to);
    case BY_FIELD:
        for (int i = 0; ok && i < g->n_parts; i++)
            ok = fast_dims(g, g->parts[i], slot, from, to);
        break;
    }
    return ok;
}

/* ---- from records ---- */

enum { WALK_ARGS = 600 };

struct walk { /* one statement over the records of the area */
    struct buf sql;
    struct cell args[WALK_ARGS];
    size_t n;
    bool stream; /* one row for each record; otherwise grouped */
    enum xtype at_type, from_type;
};

static void walk_done(struct walk *k)
{
    buf_free(&k->sql);
}

static struct xprop prop_of(struct gather *g, const struct figure_term *t, struct str name)
{
    struct record_catalogue c;
    struct xprop p;
    record_catalogue_init(&c, g->playbook, t->term->record, false, false, g->w->zone);
    bool found = c.cat.find(&c, name, &p);
    ASSERT(found);
    return p;
}

static struct str key_column(const struct gather *g, enum figure_by by)
{
    if (by == BY_AREA)
        return STR("r.area");
    return by == BY_FIELD ? g->key.column : STR_NONE;
}

/* Columns: n or the day's value; what is summed, or the other time; the key; the record. */
static void walk_columns(struct gather *g, struct walk *k, const struct figure_term *t,
                         enum figure_by by, struct str at, struct str other)
{
    struct str key = key_column(g, by);
    if (k->stream) {
        buf_printf(&k->sql, "SELECT %.*s, %.*s, %.*s, r.rid", STR_F(at),
                   STR_F(other.ptr ? other : at), STR_F(key.ptr ? key : at));
        return;
    }
    buf_c(&k->sql, "SELECT CAST(COUNT(*) AS BIGINT), ");
    if (t->term->kind == TERM_SUM)
        buf_printf(&k->sql, "CAST(SUM(%.*s) AS BIGINT)", STR_F(other));
    else
        buf_c(&k->sql, "CAST(0 AS BIGINT)");
    if (key.ptr)
        buf_printf(&k->sql, ", %.*s", STR_F(key));
}

static int64_t start_of(const struct gather *g, enum xtype type, int32_t day)
{
    if (type == X_DATE)
        return day;
    return day < -100000 ? (int64_t)day * MS_DAY : zone_start(g->w->zone, day);
}

static bool walk_where(struct gather *g, struct walk *k, const struct expr *x)
{
    size_t n = 0;
    if (!x)
        return true;
    buf_c(&k->sql, " AND (");
    if (!expr_sql(x, &k->sql, k->args + k->n, WALK_ARGS - k->n, &n, (int)k->n + 1, g->e))
        return false;
    buf_c(&k->sql, ")");
    k->n += n;
    return true;
}

/* CROSS JOIN: on SQLite the area's records drive, whatever index a condition may have. */
static bool walk_make(struct gather *g, struct walk *k, int slot, enum figure_by by, int32_t from,
                      int32_t to)
{
    const struct figure_term *t = gather_term(g, slot);
    struct xprop at = prop_of(g, t, t->term->at);
    struct str other = STR_NONE;
    k->at_type = at.type;
    if (t->term->kind == TERM_SUM)
        other = t->def->fields[t->term->sum_field].column;
    if (t->term->kind == TERM_MEDIAN) {
        struct xprop start = prop_of(g, t, t->term->from);
        other = start.column;
        k->from_type = start.type;
    }
    k->stream = by == BY_DAY || by == BY_MONTH || (by == BY_FIELD && g->key.mapping) ||
                t->term->kind == TERM_MEDIAN;
    walk_columns(g, k, t, by, at.column, other);
    buf_printf(&k->sql,
               " FROM scope s CROSS JOIN record r LEFT JOIN %.*s f ON f.rid = r.rid"
               " WHERE r.rid = s.rid AND s.scope = $1 AND s.type = $2"
               " AND r.void = 0 AND r.merged IS NULL AND r.sealed = 0 AND %.*s >= $3 AND %.*s < $4",
               STR_F(t->table), STR_F(at.column), STR_F(at.column));
    k->args[k->n++] = C_TEXT(str_printf(g->a, "a%lld", (long long)g->w->areas[g->area].aid));
    k->args[k->n++] = C_TEXT(t->type);
    k->args[k->n++] = C_INT(start_of(g, at.type, from));
    k->args[k->n++] = C_INT(start_of(g, at.type, to + 1));
    if (other.ptr)
        buf_printf(&k->sql, " AND %.*s IS NOT NULL", STR_F(other));
    if (!walk_where(g, k, t->term->expr) || !walk_where(g, k, t->where))
        return false;
    struct str key = key_column(g, by);
    if (!k->stream && key.ptr)
        buf_printf(&k->sql, " GROUP BY %.*s", STR_F(key));
    buf_char(&k->sql, 0);
    ASSERT(buf_ok(&k->sql));
    return true;
}

/* The key as the record's own value would give it (fact_key). */
static struct str key_cell(struct gather *g, const struct rows *r, int32_t day)
{
    enum xtype type = X_TEXT;
    int decimals;
    if (g->key.slot >= SLOT_FIELD)
        type = field_xtype(&g->terms[0].def->fields[g->key.slot - SLOT_FIELD], &decimals);
    else if (g->key.slot == ATTR_late || g->key.slot == ATTR_reopened)
        type = X_BOOL;
    else if (g->key.slot == ATTR_returns || g->key.slot == ATTR_hops)
        type = X_INT;
    struct xvalue v = {.type = type, .null = rows_null(r, 2)};
    if (type == X_TEXT)
        v.s = rows_str(r, 2);
    else if (!v.null)
        v.i = rows_int(r, 2);
    return gather_key_value(g, fact_key(g->a, &v), day);
}

static struct str row_key(struct gather *g, const struct rows *r, enum figure_by by, int32_t day)
{
    switch (by) {
    case BY_NONE:
        return STR_NONE;
    case BY_DAY:
    case BY_MONTH:
        return gather_key_day(g, day);
    case BY_AREA:
        return gather_key_area(g, g->w, rows_int(r, 2));
    case BY_FIELD:
        return key_cell(g, r, day);
    }
    return STR_NONE;
}

static bool is_changed(const struct gather *g, int64_t rid)
{
    size_t low = 0, high = g->n_changed;
    while (low < high) {
        size_t mid = (low + high) / 2;
        if (g->changed[mid] < rid)
            low = mid + 1;
        else
            high = mid;
    }
    return low < g->n_changed && g->changed[low] == rid;
}

static int64_t walk_ms(struct gather *g, const struct walk *k, const struct rows *r)
{
    int64_t to = rows_int(r, 0), from = rows_int(r, 1);
    if (k->at_type == X_DATE && k->from_type == X_DATE)
        return (to - from) * MS_DAY;
    if (k->at_type == X_DATE)
        to = zone_start(g->w->zone, (int32_t)to);
    if (k->from_type == X_DATE)
        from = zone_start(g->w->zone, (int32_t)from);
    return to - from;
}

static void take_row(struct gather *g, const struct walk *k, const struct rows *r, int slot,
                     enum figure_by by)
{
    const struct term *t = gather_term(g, slot)->term;
    if (!k->stream) {
        if (rows_int(r, 0))
            gather_add(g, row_key(g, r, by, 0), slot, rows_int(r, 0), rows_int(r, 1));
        return;
    }
    int64_t at = rows_int(r, 0);
    int32_t day = k->at_type == X_DATE ? (int32_t)at : zone_day(g->w->zone, at);
    if (t->kind != TERM_MEDIAN)
        gather_add(g, row_key(g, r, by, day), slot, 1, t->kind == TERM_SUM ? rows_int(r, 1) : 0);
    else if (!is_changed(g, rows_int(r, 3)))
        gather_add_ms(g, row_key(g, r, by, day), walk_ms(g, k, r));
}

static bool slow_slot(struct gather *g, int slot, enum figure_by by, int32_t from, int32_t to)
{
    struct walk k AUTO(walk_done) = {.sql = BUF(1024 * 1024)};
    if (!walk_make(g, &k, slot, by, from, to))
        return false;
    struct rows r AUTO(rows_close) = store_query(g->db, k.sql.ptr, k.args, k.n, g->e);
    while (rows_next(&r))
        take_row(g, &k, &r, slot, by);
    return !err_is(g->e);
}

/* ---- medians ---- */

/* From the table of durations: a short walk for each area below, so that it costs what it counts. */
static bool index_medians(struct gather *g, enum figure_by by)
{
    struct rows r AUTO(rows_close) =
        store_query(g->db, sql_duration_below,
                    BIND(C_INT(g->terms[0].number), C_INT(g->from), C_INT(g->to), C_INT(g->w->areas[g->area].aid)),
                    g->e);
    while (rows_next(&r)) {
        if (is_changed(g, rows_int(&r, 2)))
            continue;
        struct str key = by == BY_AREA   ? gather_key_area(g, g->w, rows_int(&r, 0))
                         : by == BY_NONE ? STR_NONE
                                         : gather_key_day(g, (int32_t)rows_int(&r, 3));
        gather_add_ms(g, key, rows_int(&r, 1));
    }
    return !err_is(g->e);
}

bool gather_counted(struct gather *g, int slot)
{
    int32_t from, to;
    if (!gather_slot_used(g, slot) || !gather_span(g, slot, &from, &to))
        return true;
    return fast_slot(g, slot, gather_by(g, slot), from, to);
}

static bool count_slot(struct gather *g, int slot)
{
    const struct figure_term *t = gather_term(g, slot);
    int32_t from, to;
    if (!gather_slot_used(g, slot) || !gather_span(g, slot, &from, &to))
        return true;
    enum figure_by by = gather_by(g, slot);
    if (gather_fast(g, t, by))
        return fast_slot(g, slot, by, from, to);
    g->slow = true;
    if (t->term->kind == TERM_MEDIAN && !g->q->slow && !t->where && by != BY_FIELD)
        return index_medians(g, by);
    return slow_slot(g, slot, by, from, to);
}

bool gather_count(struct gather *g)
{
    for (int slot = 0; slot < SLOT_MAX; slot++)
        if (!count_slot(g, slot))
            return false;
    return (g->size < 0 || asof_correct(g)) && sealed_add(g) && !err_is(g->e);
}
