#include "record/waiting.h"
#include "record/waiting.sql.h"

struct waits {
    struct arena *a;
    const struct world *w;
    const struct record *r;
    struct waiting *list;
    size_t n, cap;
};

static void put(struct waits *l, struct str scope, const char *kind, int64_t at)
{
    for (size_t i = 0; i < l->n; i++)
        if (l->list[i].at == at && strcmp(l->list[i].kind, kind) == 0 && str_eq(l->list[i].scope, scope))
            return;
    l->list = arena_grow(l->a, l->list, l->n, &l->cap, sizeof *l->list);
    l->list[l->n++] = (struct waiting){scope, kind, at};
}

static void put_unit(struct waits *l, struct str org, const char *kind, int64_t at)
{
    if (org.len)
        put(l, str_printf(l->a, "o%.*s", STR_F(org)), kind, at);
}

/* For the unit, and for those who look over an area. */
static void wait_for(struct waits *l, struct str org, const char *kind, int64_t at)
{
    put_unit(l, org, kind, at);
    for (int i = world_area_by_id(l->w, record_stored(l->r)->area); i >= 0; i = world_up(l->w, i, l->r->rid))
        put(l, str_printf(l->a, "a%lld", (long long)l->w->areas[i].aid), kind, at);
}

static bool running(const struct clock_run *c)
{
    return c->done == TIME_NONE && c->paused == TIME_NONE;
}

/* A transfer that waits to be signed for; one that came back and was not sent on. */
static void put_transfers(struct waits *l)
{
    const struct json *last = NULL;
    const struct clock_run *sign = record_clock_last(l->r, STR("sign"));
    JSON_EACH (p, l->r->parts) {
        if (!str_is(json_text(p, "kind"), "transfer"))
            continue;
        last = p;
        if (json_yes(p, "open"))
            wait_for(l, json_text(p, "org"), "sign", sign ? sign->due : json_num(p, "sent", 0));
    }
    if (last && !json_empty(json_get(last, "returned")))
        wait_for(l, json_text(last, "from"), "back", json_num(last, "returned", 0));
}

static void put_clocks(struct waits *l)
{
    const struct clock_run *next = record_next(l->r);
    for (size_t i = 0; i < l->r->n_clocks; i++) {
        const struct clock_run *c = &l->r->clocks[i];
        if (running(c) && str_starts(c->id, STR("share")))
            put_unit(l, c->org, "due", c->due);
    }
    if (next)
        wait_for(l, record_holder(l->r), "due", next->due);
}

/* Called by the unit that holds it, or by the one that the plan names: who mediated does not ask himself. */
static void put_calls(struct waits *l)
{
    int64_t first = TIME_NONE;
    struct str named = STR_NONE;
    JSON_EACH (p, l->r->parts) {
        int64_t day = json_num(p, "due", 0);
        if (str_is(json_text(p, "kind"), "follow_up") && json_yes(p, "open") &&
            (first == TIME_NONE || day < first)) {
            first = day;
            named = json_text(p, "org");
        }
    }
    if (first == TIME_NONE)
        return;
    wait_for(l, record_holder(l->r), "call", first * MS_DAY);
    put_unit(l, named, "call", first * MS_DAY);
}

static void put_closed(struct waits *l)
{
    int64_t at = record_closed(l->r);
    JSON_EACH (u, record_units(l->a, l->r))
        put_unit(l, u->s, "done", at);
    JSON_EACH (p, l->r->parts)
        put_unit(l, json_text(p, "from"), "done", at);
}

size_t record_waiting(struct arena *a, const struct world *w, const struct record *r, struct waiting **out)
{
    struct waits l = {.a = a, .w = w, .r = r};
    bool stands = !record_flag(r, "$void") && !record_merged(r).len;
    if (record_open(r)) {
        put_transfers(&l);
        put_clocks(&l);
    } else if (stands && record_closed(r) != TIME_NONE) {
        put_closed(&l);
    }
    if (stands) /* a closed matter may have been drawn for a re-check */
        put_calls(&l);
    *out = l.list;
    return l.n;
}

/* ---- its table ---- */

struct row_list {
    struct cell *cells;
    size_t n;
};

/* Rows of x that are not in y. */
static void take_missing(struct row_list *out, int64_t rid, const struct waiting *x, size_t nx,
                         const struct waiting *y, size_t ny)
{
    for (size_t i = 0; i < nx; i++) {
        bool has = false;
        for (size_t k = 0; k < ny && !has; k++)
            has = x[i].at == y[k].at && strcmp(x[i].kind, y[k].kind) == 0 && str_eq(x[i].scope, y[k].scope);
        if (has)
            continue;
        struct cell *c = out->cells + 4 * out->n++;
        c[0] = C_TEXT(x[i].scope);
        c[1] = C_TEXT(str_of(x[i].kind));
        c[2] = C_INT(x[i].at);
        c[3] = C_INT(rid);
    }
}

bool waiting_save(struct store *db, const struct changes *c, const struct world *was_in, struct err *e)
{
    struct waiting **was = ARENA_ARRAY(c->arena, struct waiting *, c->n + 1);
    struct waiting **now = ARENA_ARRAY(c->arena, struct waiting *, c->n + 1);
    size_t *n_was = ARENA_ARRAY(c->arena, size_t, c->n + 1), *n_now = ARENA_ARRAY(c->arena, size_t, c->n + 1);
    size_t all_was = 0, all_now = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        n_was[i] = ch->before ? record_waiting(c->arena, was_in, ch->before, &was[i]) : 0;
        n_now[i] = record_waiting(c->arena, c->world, ch->after, &now[i]);
        all_was += n_was[i];
        all_now += n_now[i];
    }
    struct row_list gone = {ARENA_ARRAY(c->arena, struct cell, 4 * all_was + 1), 0};
    struct row_list come = {ARENA_ARRAY(c->arena, struct cell, 4 * all_now + 1), 0};
    for (size_t i = 0; i < c->n; i++) {
        int64_t rid = c->list[i].after->rid;
        take_missing(&gone, rid, was[i], n_was[i], now[i], n_now[i]);
        take_missing(&come, rid, now[i], n_now[i], was[i], n_was[i]);
    }
    return store_many(db, sql_waiting_delete, gone.cells, gone.n, 4, e) &&
           store_many(db, sql_waiting_insert, come.cells, come.n, 4, e);
}

bool waiting_read(struct store *db, struct arena *a, struct str scope, const char *kind, int64_t from, int64_t to,
                  bool desc, int64_t limit, struct waiting_row **out, size_t *n, struct err *e)
{
    struct rows r AUTO(rows_close) =
        store_query(db, desc ? sql_waiting_latest : sql_waiting_earliest,
                    BIND(C_TEXT(scope), C_TEXT(str_of(kind)), C_INT(from), C_INT(to), C_INT(limit)), e);
    struct waiting_row *list = NULL;
    size_t cap = 0;
    *n = 0;
    while (rows_next(&r)) {
        list = arena_grow(a, list, *n, &cap, sizeof *list);
        list[(*n)++] = (struct waiting_row){rows_int(&r, 0), rows_int(&r, 1)};
    }
    *out = list;
    return !err_is(e);
}
