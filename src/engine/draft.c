/* The event that is being made: begun, filled by the step, folded into the record that the next step sees. */
#include "engine/decide_int.h"

void draft_begin(struct deciding *d, struct str act)
{
    enum { MOST = LIMIT_EVENTS_PER_ACTION };
    if (!d->out->drafts)
        d->out->drafts = ARENA_ARRAY(d->a, struct draft, MOST);
    ASSERT(d->out->n < MOST);
    struct draft *dr = &d->out->drafts[d->out->n++];
    *dr = (struct draft){.body = {.known = TIME_NONE}};
    struct event_body *b = &dr->body;
    const struct actor *who = d->ask->actor;
    b->id = d->out->n == 1 ? d->ask->id : id_nth(d->ask->id, (int64_t)d->out->n - 1);
    if (d->out->n > 1)
        b->cause = d->ask->id;
    b->rec = d->work->ver ? d->work->id : d->ask->id;
    b->type = d->work->type;
    b->act = act;
    b->pb = d->work->pb;
    b->at = d->at;
    b->known = d->ask->known;
    b->by = str_of(who->by);
    b->org = str_of(who->org);
    b->role = role_code(d->role);
    b->area = d->area >= 0 ? d->w->areas[d->area].aid : d->work->area;
    b->code = d->area >= 0 ? d->w->areas[d->area].code : d->work->code;
    b->in = json_new(d->a, J_OBJ);
    if (d->ask->skew)
        json_set(d->a, b->in, STR("$skew"), json_new_int(d->a, d->ask->skew));
    b->set = json_new(d->a, J_OBJ);
    b->rows = json_new(d->a, J_OBJ);
    b->parts = json_new(d->a, J_ARR);
    b->clocks = json_new(d->a, J_ARR);
    b->links = json_new(d->a, J_ARR);
    d->draft = dr;
}

/* Conditions that hold for the first time, after all that the draft decides: the day stays in the fold. */
static void note_first_days(struct deciding *d)
{
    struct xcontext c;
    deciding_context(d, &c);
    for (int i = 0; d->def && !d->draft->other && i < d->def->n_fields; i++) {
        const struct field *f = &d->def->fields[i];
        if (!f->ever || json_get_str(d->work->fields, f->id) || !expr_true(f->computed_expr, &c))
            continue;
        struct json *day = json_new_int(d->a, zone_day(d->w->zone, d->at));
        json_set(d->a, d->draft->body.set, f->id, day);
        json_set(d->a, d->work->fields, f->id, json_clone(d->a, day));
    }
}

bool draft_end(struct deciding *d)
{
    struct event_body *b = &d->draft->body;
    b->ver = d->work->ver + 1;
    b->recorded = d->now;
    struct record *next = record_share(d->a, d->work);
    if (!fold_event(d->a, next, b, -(int64_t)d->out->n, d->e))
        return false;
    d->work = next;
    note_first_days(d);
    d->draft = NULL;
    return true;
}

void draft_set(struct deciding *d, const char *name, struct json *value)
{
    json_set(d->a, d->draft->body.set, str_of(name), value ? value : json_new(d->a, J_NULL));
}

void draft_set_c(struct deciding *d, const char *name, struct str text)
{
    draft_set(d, name, text.len ? json_new_str(d->a, text) : NULL);
}

void draft_set_time(struct deciding *d, const char *name, int64_t v)
{
    draft_set(d, name, v == TIME_NONE ? NULL : json_new_int(d->a, v));
}

void draft_in(struct deciding *d, const char *name, struct json *value)
{
    if (value)
        json_set(d->a, d->draft->body.in, str_of(name), value);
}

struct json *draft_part(struct deciding *d, int64_t i, const char *kind)
{
    struct json *parts = d->draft->body.parts;
    if (i == 0) {
        i = record_next_part(d->work);
        JSON_EACH (p, parts)
            i = max64(i, json_num(p, "i", 0) + 1);
    }
    JSON_EACH (p, parts)
        if (json_num(p, "i", 0) == i)
            return p;
    struct json *p = json_push(parts, json_new(d->a, J_OBJ));
    part_int(d, p, "i", i);
    if (kind)
        part_set(d, p, "kind", str_of(kind));
    return p;
}

void part_set(struct deciding *d, struct json *part, const char *key, struct str v)
{
    json_set(d->a, part, str_of(key), v.len ? json_new_str(d->a, v) : json_new(d->a, J_NULL));
}

void part_int(struct deciding *d, struct json *part, const char *key, int64_t v)
{
    json_set(d->a, part, str_of(key), json_new_int(d->a, v));
}

void part_flag(struct deciding *d, struct json *part, const char *key, bool v)
{
    json_set(d->a, part, str_of(key), json_new_bool(d->a, v));
}
