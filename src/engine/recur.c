/* Recurrence: a case at the place of one that was closed within the playbook's time is linked to it.
 *
 * Looked for by the point alone (table spot): a place without a point is not told from another, and
 * what a text calls "at the gate" is no proof of sameness.  Persons play no part. */
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "engine/recur.sql.h"
#include "record/spot.h"

struct search {
    struct store *db;
    struct arena *a;
    const struct record_def *def;
    struct str type, table;
    int64_t lon, lat, since, until;
    const struct batch *batch; /* what this commit has closed is not in the tables yet; or NULL */
    struct id best;
    int64_t best_closed;
    struct err *e;
};

static bool in_batch(const struct search *x, int64_t rid)
{
    for (size_t i = 0; x->batch && i < x->batch->n_closed; i++)
        if (x->batch->closed[i]->change.after->rid == rid)
            return true;
    return false;
}

static bool near_enough(const struct search *x, int64_t lon, int64_t lat)
{
    return spot_metres(x->lon, x->lat, lon, lat) <= x->def->recurs->metres;
}

/* The typed row knows the point; nothing is decrypted. */
static bool try_one(struct search *x, int64_t rid)
{
    const struct field *f = &x->def->fields[x->def->place_field];
    struct str sql = str_printf(x->a, "SELECT x_%.*s_lon, x_%.*s_lat FROM %.*s WHERE rid = $1",
                                STR_F(f->id), STR_F(f->id), STR_F(x->table));
    struct rows at AUTO(rows_close) = store_query(x->db, sql.ptr, BIND(C_INT(rid)), x->e);
    if (!rows_next(&at) || rows_null(&at, 0) || !near_enough(x, rows_int(&at, 0), rows_int(&at, 1)))
        return !err_is(x->e);
    struct rows r AUTO(rows_close) = store_query(x->db, sql_recur_id, BIND(C_INT(rid)), x->e);
    if (rows_next(&r) && rows_int(&r, 1) > x->best_closed) {
        struct str id = rows_str(&r, 0);
        ASSERT(id.len == ID_LEN);
        memcpy(x->best.b, id.ptr, ID_LEN);
        x->best_closed = rows_int(&r, 1);
    }
    return !err_is(x->e);
}

static bool near(struct search *x)
{
    struct spot_range ranges[SPOT_ROWS_MAX];
    int n = spot_ranges(x->lon, x->lat, x->def->recurs->metres, ranges);
    for (int i = 0; i < n; i++) {
        int64_t rids[100];
        size_t found = 0;
        struct rows r AUTO(rows_close) =
            store_query(x->db, sql_recur_near,
                        BIND(C_TEXT(x->type), C_INT(ranges[i].low), C_INT(ranges[i].high),
                             C_INT(x->since), C_INT(x->until)),
                        x->e);
        while (rows_next(&r))
            if (!in_batch(x, rows_int(&r, 0)))
                rids[found++] = rows_int(&r, 0);
        for (size_t k = 0; k < found; k++)
            if (!try_one(x, rids[k]))
                return false;
        if (err_is(x->e))
            return false;
    }
    return true;
}

/* As the typed row will have it. */
static bool try_closed(struct search *x, const struct record *r)
{
    const struct field *f = &x->def->fields[x->def->place_field];
    const struct json *ref = json_get_str(r->fields, f->id);
    int64_t closed = record_closed(r);
    struct str plain = STR_NONE;
    struct json *place;
    if (!str_eq(r->type, x->type) || closed == TIME_NONE || closed < x->since || closed > x->until ||
        closed <= x->best_closed || record_sealed(r) || record_flag(r, "$void") ||
        record_merged(r).len || !ref)
        return true;
    if (!changes_plain(x->db, &x->batch->changes, r, ref, &plain, x->e))
        return false;
    if (!plain.ptr)
        return true;
    if (!json_own(x->a, plain, &place, x->e))
        return false;
    if (json_is(json_get(place, "lon"), J_INT) && json_is(json_get(place, "lat"), J_INT) &&
        near_enough(x, json_num(place, "lon", 0), json_num(place, "lat", 0))) {
        x->best = r->id;
        x->best_closed = closed;
    }
    return true;
}

static bool near_in_batch(struct search *x)
{
    for (size_t i = 0; x->batch && i < x->batch->n_closed; i++)
        if (!try_closed(x, x->batch->closed[i]->change.after))
            return false;
    return true;
}

bool recurrence_load(struct store *db, struct arena *a, const struct ask *ask, struct snapshot *s,
                     struct err *e)
{
    const struct playbook *p;
    int record;
    if (!id_zero(ask->rec) || s->rec || sys_is(ask->type) ||
        !world_type(s->world, ask->type, STR_NONE, &p, &record))
        return true;
    struct search x = {.db = db, .a = a, .def = &p->records[record], .batch = s->batch, .e = e};
    if (!x.def->recurs || ask->source.len)
        return true;
    const struct json *place = json_get_str(ask->fields, x.def->fields[x.def->place_field].id);
    struct form_at at;
    if (form_point(place, a, &at) != FORM_POINT_OK)
        return true;
    x.lon = at.lon;
    x.lat = at.lat;
    x.type = str_printf(a, "%.*s.%.*s", STR_F(p->id), STR_F(x.def->id));
    x.table = table_name(a, p, x.def);
    x.until = ask->at != TIME_NONE ? ask->at : s->now;
    x.since = x.until - x.def->recurs->within.n * MS_DAY;
    if (!near(&x) || !near_in_batch(&x))
        return false;
    s->earlier = x.best;
    return true;
}

void recurrence_put(struct deciding *d)
{
    const struct recurs *x = d->def->recurs;
    if (!x || id_zero(d->s->earlier))
        return;
    struct json *l = json_push(d->draft->body.links, json_new(d->a, J_OBJ));
    json_set(d->a, l, STR("to"), json_new_str(d->a, id_text(d->a, d->s->earlier)));
    json_set(d->a, l, STR("rel"), json_new_str(d->a, STR("earlier")));
    json_set(d->a, d->draft->body.set, d->def->fields[x->field].id, json_new_bool(d->a, true));
}
