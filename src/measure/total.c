#include "measure/total.h"
#include "measure/indicator.sql.h"

/* What a total is made of: the counters of one term, sealed matters beside the others. */
struct totalling {
    struct store *db;
    struct arena *a;
    const struct world *w;
    const struct playbook *playbook;
    int record;
    struct str type;       /* "dispute.dispute" */
    struct str area, unit; /* scopes, or "" */
    bool open;
    const int *areas;
    int n_areas;
    struct err *e;
};

/* *number is 0 when there is no such term, or it is not ready. */
static bool plain_term(struct totalling *t, int at, int64_t *number)
{
    *number = 0;
    for (int i = 0; i < t->w->n_terms; i++) {
        const struct term_row *row = &t->w->terms[i];
        const struct term *x = row->term;
        bool ready;
        if (row->playbook != t->playbook || x->record != t->record || x->kind != TERM_COUNT ||
            x->where.len || x->at_slot != at)
            continue;
        if (!term_ready(t->db, row, &ready, t->e))
            return false;
        if (ready)
            *number = row->number;
    }
    return true;
}

static bool add_counted(struct totalling *t, int64_t number, int sign, int64_t *sum)
{
    for (int i = 0; i < t->n_areas; i++) {
        int64_t aid = t->w->areas[t->areas[i]].aid;
        struct rows r AUTO(rows_close) =
            store_query(t->db, sql_count_total,
                        BIND(C_INT(number), C_INT(aid), C_INT(INT32_MIN), C_INT(INT32_MAX)), t->e);
        if (rows_next(&r) && !rows_null(&r, 0))
            *sum += sign * rows_int(&r, 0);
        if (err_is(t->e))
            return false;
    }
    return true;
}

/* Adds what a term counts, or takes it off (sign -1); *known becomes false when there is none. */
static bool add_term(struct totalling *t, int at, int sign, int64_t *sum, bool *known)
{
    int64_t number;
    if (!plain_term(t, at, &number))
        return false;
    *known &= number != 0;
    return !number || (add_counted(t, number, sign, sum) && add_counted(t, -number, sign, sum));
}

/* How many, and how many of them by the second column; more than `most` is not known. */
static bool add_rows(struct totalling *t, struct rows *r, int64_t most, int64_t *sum, bool *known)
{
    if (!rows_next(r))
        return !err_is(t->e) && err_set(t->e, ERR_STORE, "a count without a row");
    *known &= rows_int(r, 0) <= most;
    *sum += rows_null(r, 1) ? 0 : rows_int(r, 1);
    return !err_is(t->e);
}

static bool add_gone(struct totalling *t, int64_t *sum, bool *known)
{
    struct rows r AUTO(rows_close) = store_query(
        t->db, sql_count_gone, BIND(C_TEXT(t->type), C_TEXT(t->area), C_INT(TOTAL_GONE + 1)), t->e);
    return add_rows(t, &r, TOTAL_GONE, sum, known);
}

/* Rows of a scope that are none of the area's. */
static bool add_outside(struct totalling *t, struct str scope, struct str area, int64_t *sum, bool *known)
{
    struct rows r AUTO(rows_close) =
        store_query(t->db, t->open ? sql_count_outside_open : sql_count_outside,
                    BIND(C_TEXT(scope), C_TEXT(t->type), C_TEXT(area), C_INT(TOTAL_ROWS + 1)), t->e);
    return add_rows(t, &r, TOTAL_ROWS, sum, known);
}

static bool add_area(struct totalling *t, int area, int64_t *sum, bool *known)
{
    struct levels levels = levels_of(t->w);
    if (t->w->areas[area].level > levels.total)
        return add_outside(t, t->area, STR(""), sum, known);
    t->areas = levels_parts(t->a, t->w, &levels, area, &t->n_areas);
    if (!add_term(t, ATTR_opened, 1, sum, known))
        return false;
    return !*known || (t->open ? add_term(t, ATTR_closed, -1, sum, known) : add_gone(t, sum, known));
}

static bool total(struct totalling *t, int area, int64_t *out)
{
    const struct world *now;
    int64_t sum = 0;
    bool known = true;
    if (!world_now(t->db, t->a, t->w, &now, t->e))
        return false;
    if (now->was) /* scopes and counters are being taken along */
        return true;
    if (area >= 0 && !add_area(t, area, &sum, &known))
        return false;
    if (known && t->unit.len && !add_outside(t, t->unit, t->area, &sum, &known))
        return false;
    *out = known ? sum : -1;
    return true;
}

/* One area and one unit at most; *area is -1 without one. */
static bool take_scopes(struct totalling *t, const struct str *scopes, size_t n, int *area)
{
    int64_t aid;
    *area = -1;
    t->area = t->unit = STR("");
    for (size_t i = 0; i < n; i++) {
        bool is_area = str_starts(scopes[i], STR("a"));
        struct str *at = is_area ? &t->area : &t->unit;
        if (at->len)
            return false;
        *at = scopes[i];
        if (!is_area)
            continue;
        struct str digits = {scopes[i].ptr + 1, scopes[i].len - 1};
        *area = str_int(digits, &aid) ? world_area_by_id(t->w, aid) : -1;
        if (*area < 0)
            return false;
    }
    return n > 0;
}

bool total_ask(struct store *db, struct arena *a, const struct world *w, struct str type,
               const struct str *scopes, size_t n_scopes, bool open, int64_t *out, struct err *e)
{
    struct totalling t = {.db = db, .a = a, .w = w, .open = open, .e = e};
    int area;
    *out = -1;
    if (!world_type(w, type, STR_NONE, &t.playbook, &t.record) || !take_scopes(&t, scopes, n_scopes, &area))
        return true;
    t.type = str_printf(a, "%.*s.%.*s", STR_F(t.playbook->id), STR_F(t.playbook->records[t.record].id));
    bool mine = !store_in_tx(db);
    if (mine && !store_begin(db, e))
        return false;
    bool ok = total(&t, area, out);
    if (mine)
        store_rollback(db);
    return ok;
}
