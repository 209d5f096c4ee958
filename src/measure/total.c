#include "measure/total.h"
#include "measure/indicator.sql.h"

/* What a total is made of: the counters of one term, sealed matters beside the others. */
struct totalling {
    struct store *db;
    struct arena *a;
    const struct world *w;
    const struct playbook *playbook;
    int record;
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

static bool add_gone(struct totalling *t, int area, int64_t *sum, bool *known)
{
    struct str scope = str_printf(t->a, "a%lld", (long long)t->w->areas[area].aid);
    struct str type = str_printf(t->a, "%.*s.%.*s", STR_F(t->playbook->id),
                                 STR_F(t->playbook->records[t->record].id));
    struct rows r AUTO(rows_close) = store_query(
        t->db, sql_count_gone, BIND(C_TEXT(type), C_TEXT(scope), C_INT(TOTAL_GONE + 1)), t->e);
    if (!rows_next(&r))
        return !err_is(t->e) && err_set(t->e, ERR_STORE, "a count without a row");
    *known &= rows_int(&r, 0) <= TOTAL_GONE;
    *sum += rows_null(&r, 1) ? 0 : rows_int(&r, 1);
    return !err_is(t->e);
}

static bool total(struct totalling *t, int area, bool open, int64_t *out)
{
    const struct world *now;
    int64_t sum = 0;
    bool known = true;
    if (!world_now(t->db, t->a, t->w, &now, t->e))
        return false;
    if (now->was) /* scopes and counters are being taken along */
        return true;
    if (!add_term(t, ATTR_opened, 1, &sum, &known))
        return false;
    if (known && !(open ? add_term(t, ATTR_closed, -1, &sum, &known) : add_gone(t, area, &sum, &known)))
        return false;
    *out = known ? sum : -1;
    return true;
}

bool total_ask(struct store *db, struct arena *a, const struct world *w, struct str type, int area, bool open,
               int64_t *out, struct err *e)
{
    struct totalling t = {.db = db, .a = a, .w = w, .e = e};
    struct levels levels = levels_of(w);
    *out = -1;
    if (w->areas[area].level > levels.total || !world_type(w, type, STR_NONE, &t.playbook, &t.record))
        return true;
    t.areas = levels_parts(a, w, &levels, area, &t.n_areas);
    bool mine = !store_in_tx(db);
    if (mine && !store_begin(db, e))
        return false;
    bool ok = total(&t, area, open, out);
    if (mine)
        store_rollback(db);
    return ok;
}
