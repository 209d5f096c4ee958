#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "record/seal.h"

/* The events of a record: what the database has, then what this commit has added to it. */
static bool load_events(struct store *db, struct arena *a, const struct snapshot *s,
                        const struct record *r, struct event **out, size_t *n, struct err *e)
{
    struct event *stored;
    size_t n_stored, n_new = s->pending ? s->pending->n : 0;
    if (!ledger_of_record(db, a, r->rid, -1, 100000, &stored, &n_stored, e))
        return false;
    struct event *all = ARENA_ARRAY(a, struct event, n_stored + n_new + 1);
    for (size_t i = 0; i < n_stored; i++)
        all[i] = stored[i];
    *n = n_stored;
    for (size_t i = 0; i < n_new; i++)
        if (s->pending->events[i].rid == r->rid)
            all[(*n)++] = s->pending->events[i];
    *out = all;
    return true;
}

/* The event as it was decided.  One of this commit is not in the database yet: the batch has it. */
static bool show(struct store *db, struct arena *a, const struct snapshot *s, const struct event *ev,
                 struct event_body *body, struct err *e)
{
    for (size_t i = 0; body->sealed && i < s->n_given; i++)
        if (s->given[i].seq == ev->seq && s->given[i].k == 0)
            return seal_show(a, body, s->given[i].plain, body, e);
    return seal_read(db, s->keys, a, ev->rid, ev->seq, body, e);
}

static void changed_by(struct arena *a, struct json *changed, struct str field, const struct event_body *b)
{
    struct json *o = json_set(a, changed, field, json_new(a, J_OBJ));
    json_set(a, o, STR("at"), json_new_int(a, b->at));
    json_set(a, o, STR("org"), json_new_str(a, b->org));
}

/* Fields that events after `version` set, with when and by which unit: the other side of a conflict. */
static bool load_changed(struct store *db, struct arena *a, const struct snapshot *s,
                         const struct record *r, int64_t version, struct json **out, struct err *e)
{
    struct json *changed = json_new(a, J_OBJ);
    struct event *ev;
    size_t n;
    if (!load_events(db, a, s, r, &ev, &n, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct event_body b;
        if (!body_read(a, ev[i].body, &b, e))
            return false;
        if (b.ver <= version)
            continue;
        if (!show(db, a, s, &ev[i], &b, e))
            return false;
        JSON_EACH (v, b.set)
            changed_by(a, changed, v->key, &b);
        JSON_EACH (v, b.rows)
            changed_by(a, changed, v->key, &b);
    }
    *out = changed;
    return true;
}

/* The fold before the newest action: its steps all at once when it was a composite. */
bool snapshot_undo(struct store *db, struct arena *a, const struct record *r,
                   struct snapshot *s, struct err *e)
{
    struct event *ev;
    size_t n;
    if (!load_events(db, a, s, r, &ev, &n, e) || n == 0)
        return !err_is(e);
    struct event_body *bodies = ARENA_ARRAY(a, struct event_body, n);
    for (size_t i = 0; i < n; i++)
        if (!body_read(a, ev[i].body, &bodies[i], e) || !show(db, a, s, &ev[i], &bodies[i], e))
            return false;
    size_t last = n - 1;
    struct id action = id_zero(bodies[last].cause) ? bodies[last].id : bodies[last].cause;
    size_t from = last;
    while (from > 0 && (id_eq(bodies[from - 1].id, action) || id_eq(bodies[from - 1].cause, action)))
        from--;
    struct record *before = record_new(a);
    for (size_t i = 0; i < from; i++)
        if (!fold_event(a, before, &bodies[i], ev[i].seq, e))
            return false;
    before->rid = r->rid;
    s->undo_to = before;
    s->last = &bodies[last];
    return true;
}

/* The references in an event's own words or parts; of themselves they do not say which event is theirs. */
static void hold_refs(struct arena *a, const struct json *v, int64_t seq, struct held *h)
{
    if (!json_is(v, J_OBJ) && !json_is(v, J_ARR))
        return;
    JSON_EACH (x, v) {
        if (!value_detached(x)) {
            hold_refs(a, x, seq, h);
            continue;
        }
        struct json *ref = json_push(str_is(x->key, "file") ? h->files : h->words, json_new(a, J_OBJ));
        json_set(a, ref, STR("$d"), json_new_int(a, json_num(x, "$d", -1)));
        json_set(a, ref, STR("s"), json_new_int(a, seq));
    }
}

/* Why something was erased stays. */
static void hold_words(struct arena *a, const struct event_body *b, int64_t seq, struct held *h)
{
    if (!str_is(b->act, "erase"))
        hold_refs(a, b->in, seq, h);
    hold_refs(a, b->parts, seq, h);
}

/* What the fields that are to be erased hold, and held before they were amended; and what was said and handed in. */
static bool load_held(struct store *db, struct arena *a, const struct ask *ask, struct snapshot *s, struct err *e)
{
    struct record *r = record_new(a);
    struct event *ev;
    size_t n;
    if (!load_events(db, a, s, s->rec, &ev, &n, e))
        return false;
    s->held = (struct held){json_new(a, J_ARR), json_new(a, J_ARR), json_new(a, J_ARR)};
    for (size_t i = 0; i < n; i++) {
        struct event_body b;
        if (!body_read(a, ev[i].body, &b, e) || !show(db, a, s, &ev[i], &b, e) || !fold_event(a, r, &b, ev[i].seq, e))
            return false;
        hold_words(a, &b, ev[i].seq, &s->held);
        JSON_EACH (f, json_get(ask->fields, "fields")) {
            const struct json *v = json_get_str(r->fields, json_str(f));
            if (v && (json_get_str(b.set, json_str(f)) || json_get_str(b.rows, json_str(f))))
                json_push(s->held.fields, json_clone(a, v));
        }
    }
    return true;
}

static bool plain_now(struct store *db, struct arena *a, const struct snapshot *s, const struct json *ref,
                      struct str *out, struct err *e)
{
    int64_t seq = json_num(ref, "s", -1), k = json_num(ref, "$d", -1);
    for (size_t i = 0; i < s->n_given; i++) /* of this commit: not in the database yet */
        if (s->given[i].seq == seq && s->given[i].k == k) {
            *out = s->given[i].plain;
            return true;
        }
    return detached_read(db, a, seq, k, s->dek, out, e);
}

/* What an import's row is compared with, so that a text that stayed is not written again; and what stands now where
 * somebody else was quicker.  fields: an object with their names. */
static bool load_plain(struct store *db, struct arena *a, const struct json *fields, struct snapshot *s, struct err *e)
{
    s->plain = json_new(a, J_OBJ);
    JSON_EACH (given, fields) {
        const struct json *stored = json_get_str(s->rec->fields, given->key);
        bool many = json_is(stored, J_ARR);
        if (!stored || !value_detached(many ? stored->first : stored))
            continue;
        struct json *texts = json_set(a, s->plain, given->key, json_new(a, J_ARR));
        for (const struct json *ref = many ? stored->first : stored; ref; ref = many ? ref->next : NULL) {
            struct str text = STR_NONE;
            if (!plain_now(db, a, s, ref, &text, e))
                return false;
            json_push(texts, json_new_str(a, text.ptr ? text : STR("")));
        }
    }
    return true;
}

/* What other actions of this commit have claimed is not free any more. */
static void claimed_here(const struct batch *b, struct upload *u)
{
    for (size_t i = 0; b && i < b->n_claims; i++)
        if (id_eq(b->claims[i].upload, u->id))
            u->rid = b->claims[i].of->change.after->rid;
}

/* Every text that could be the id of an upload is looked up: which fields are files is for decide to know. */
static bool load_uploads(struct store *db, struct arena *a, const struct json *v, struct snapshot *s,
                         struct upload **list, size_t *cap, struct err *e)
{
    struct id id;
    bool found;
    if (json_is(v, J_STR) && id_parse(v->s, &id) && id_version(id) == 7) {
        *list = arena_grow(a, *list, s->n_uploads, cap, sizeof **list);
        struct upload *u = &(*list)[s->n_uploads];
        if (!uploads_find(db, s->keys, a, id, &found, u, e))
            return false;
        if (found)
            claimed_here(s->batch, u);
        s->n_uploads += found;
        s->uploads = *list;
    }
    if (json_is(v, J_OBJ) || json_is(v, J_ARR))
        JSON_EACH (x, v)
            if (!load_uploads(db, a, x, s, list, cap, e))
                return false;
    return true;
}

/* The second record that an action names. */
static struct id other_id(const struct ask *ask, const struct record *r)
{
    struct id id = {{0}};
    static const char *const KEYS[] = {"into", "to"};
    for (size_t i = 0; i < COUNT_OF(KEYS); i++)
        if (id_parse(json_text(ask->fields, KEYS[i]), &id))
            return id;
    if (r && str_is(ask->action, "unmerge"))
        id_parse(record_merged(r), &id);
    return id;
}

bool snapshot_load(struct store *db, struct arena *a, const struct ask *ask,
                   const struct keys *keys, struct record *rec, struct snapshot *out,
                   struct err *e)
{
    struct snapshot s = *out;
    bool found;
    const struct world *now;
    if (str_is(ask->type, "sys.area") && s.world) {
        if (!world_now(db, a, s.world, &now, e))
            return false;
        s.shifting = now->was != NULL;
    }
    s.keys = keys;
    s.rec = rec;
    if (!rec && !id_zero(ask->rec)) {
        if (!record_load_open(db, keys, a, ask->rec, &found, &s.rec, e))
            return false;
        if (!found)
            s.rec = NULL;
    }
    if (s.rec && ask->version && ask->version < s.rec->ver) {
        struct json *changed;
        if (!load_changed(db, a, &s, s.rec, ask->version, &changed, e))
            return false;
        s.changed = changed;
    }
    if (s.rec && str_is(ask->action, "undo") && !snapshot_undo(db, a, s.rec, &s, e))
        return false;
    if (s.rec && str_is(ask->action, "erase") && !load_held(db, a, ask, &s, e))
        return false;
    bool names_other = str_is(ask->action, "merge") || str_is(ask->action, "unmerge") ||
                       str_is(ask->action, "link");
    struct id other = names_other ? other_id(ask, s.rec) : (struct id){{0}};
    if (!id_zero(other)) {
        if (!record_load_open(db, keys, a, other, &found, &s.other, e))
            return false;
        if (!found)
            s.other = NULL;
    }
    if (s.rec && s.rec->rid && !record_dek(db, keys, s.rec->rid, s.rec->id, &s.has_dek, s.dek, e))
        return false;
    const struct json *compared = ask->source.len ? ask->fields : s.changed;
    if (s.rec && s.has_dek && compared && !load_plain(db, a, compared, &s, e))
        return false;
    struct upload *uploads = NULL;
    size_t cap = 0;
    if (!sys_is(ask->type) && !load_uploads(db, a, ask->fields, &s, &uploads, &cap, e))
        return false;
    if (!figures_load(db, a, ask, &s, e) || !recurrence_load(db, a, ask, &s, e))
        return false;
    *out = s;
    return true;
}

bool receipt_find(struct store *db, struct arena *a, const struct ask *ask, bool *found,
                  struct answer *ans, struct err *e)
{
    struct event ev;
    struct event_body body;
    bool has;
    *found = false;
    if (!ledger_find(db, a, ask->id, &has, &ev, e) || !has)
        return !err_is(e);
    *found = true;
    *ans = (struct answer){.ok = false};
    if (!ev.has_req || !ask->has_req || !hash_eq(&ev.req, &ask->req)) {
        err_set(&ans->err, ERR_ID_USED, "this id was used for another request");
        return true;
    }
    if (!body_read(a, ev.body, &body, e))
        return false;
    *ans = (struct answer){.ok = true,
                           .again = true,
                           .event = ev.id,
                           .record = body.rec,
                           .rid = ev.rid,
                           .seq = ev.seq,
                           .recorded = ev.recorded,
                           .leaf = ev.leaf,
                           .version = body.ver};
    struct record *r;
    if (!record_load_rid(db, a, ev.rid, &has, &r, e))
        return false;
    if (has) {
        snprintf(ans->number, sizeof ans->number, "%.*s", STR_F(r->number));
        snprintf(ans->state, sizeof ans->state, "%.*s", STR_F(r->state));
    }
    return true;
}
