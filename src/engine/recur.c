/* Recurrence: a case at the place of one that was closed within the playbook's time is linked to it.
 *
 * Looked for by the point alone (table spot): a place without a point is not told from another, and
 * what a text calls "at the gate" is no proof of sameness.  Persons play no part. */
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "record/spot.h"

struct search {
    struct store *db;
    struct arena *a;
    const struct playbook *playbook;
    const struct record_def *def;
    struct str type;
    int64_t lon, lat, since, until;
    struct batch *batch; /* what this commit has closed is not in the tables yet; or NULL */
    struct id best;
    int64_t best_closed;
    struct err *e;
};

static bool in_batch(const struct search *x, int64_t rid)
{
    for (size_t i = 0; x->batch && i < x->batch->n_closed; i++)
        if (x->batch->closed[i].x->change.after->rid == rid)
            return true;
    return false;
}

static bool near_enough(const struct search *x, int64_t lon, int64_t lat)
{
    return spot_within(x->lon, x->lat, lon, lat, x->def->recurs->metres);
}

/* The newest closing first: what follows is older. */
static bool take(void *self, const struct spot_matter *m)
{
    struct search *x = self;
    if (m->at <= x->best_closed)
        return false;
    if (in_batch(x, m->rid))
        return true;
    x->best = m->id;
    x->best_closed = m->at;
    return false;
}

static bool near(struct search *x)
{
    struct spot_question q = {.playbook = x->playbook, .def = x->def, .lon = x->lon, .lat = x->lat,
                              .metres = x->def->recurs->metres, .closed = true, .since = x->since, .until = x->until};
    return spot_matters(x->db, x->a, &q, take, x, x->e);
}

/* As the typed row will have it. */
static bool read_closed(struct search *x, struct closed_case *c)
{
    const struct record *r = c->x->change.after;
    const struct record_def *def = c->x->change.def;
    const struct json *ref = json_get_str(r->fields, def->fields[def->place_field].id);
    *c = (struct closed_case){.x = c->x, .as = r, .closed = record_closed(r)};
    if (c->closed == TIME_NONE || record_sealed(r) || record_flag(r, "$void") || record_merged(r).len || !ref)
        return true;
    return changes_point(x->db, &x->batch->changes, r, ref, &c->counts, &c->lon, &c->lat, x->e);
}

static bool near_in_batch(struct search *x)
{
    for (size_t i = 0; x->batch && i < x->batch->n_closed; i++) {
        struct closed_case *c = &x->batch->closed[i];
        const struct record *r = c->x->change.after;
        if (c->as != r && !read_closed(x, c))
            return false;
        if (!c->counts || c->closed < x->since || c->closed > x->until || c->closed <= x->best_closed ||
            !str_eq(r->type, x->type) || !near_enough(x, c->lon, c->lat))
            continue;
        x->best = r->id;
        x->best_closed = c->closed;
    }
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
    struct search x = {.db = db, .a = a, .playbook = p, .def = &p->records[record], .batch = s->batch, .e = e};
    if (!x.def->recurs || ask->source.len)
        return true;
    const struct json *place = json_get_str(ask->fields, x.def->fields[x.def->place_field].id);
    struct form_at at;
    if (form_point(place, a, &at) != FORM_POINT_OK)
        return true;
    x.lon = at.lon;
    x.lat = at.lat;
    x.type = str_printf(a, "%.*s.%.*s", STR_F(p->id), STR_F(x.def->id));
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
