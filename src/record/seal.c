#include "record/seal.h"
#include "record/save.sql.h"

enum { COUNTY = 3 };

int seal_area(const struct world *w, int area)
{
    int64_t level = COUNTY;
    struct str set = world_setting(w, "sealed.level");
    if (set.len && (!str_int(set, &level) || level < 1))
        level = COUNTY;
    while (area >= 0 && w->areas[area].level > level && w->areas[area].parent >= 0)
        area = w->areas[area].parent;
    return area;
}

static bool programs_own(struct str name)
{
    return str_starts(name, STR("$"));
}

static void put_part(struct json_out *o, const char *key, const struct json *j)
{
    if (j && j->n) {
        jo_key(o, key);
        jo_json(o, j);
    }
}

/* What the line does not say. */
static struct str value_text(struct arena *a, const struct event_body *open, const struct json *set)
{
    struct buf b = BUF(LIMIT_EVENT_BODY);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_ki(&o, "area", open->area);
    jo_kv(&o, "code", open->code);
    put_part(&o, "in", open->in);
    put_part(&o, "set", set);
    put_part(&o, "rows", open->rows);
    put_part(&o, "parts", open->parts);
    put_part(&o, "links", open->links);
    jo_end(&o);
    struct str text = buf_dup(a, &b);
    buf_free(&b);
    return text;
}

static struct json *reference(struct arena *a, const struct detached *value)
{
    struct json *ref = json_new(a, J_OBJ);
    json_set(a, ref, STR("$d"), json_new_int(a, value->k));
    json_set(a, ref, STR("c"), json_new_str(a, value->commitment));
    return ref;
}

void seal_hide(struct arena *a, const struct world *w, struct event_body *open,
               const uint8_t dek[static CIPHER_KEY], struct event_body *line, struct detached *value)
{
    struct json *own = json_new(a, J_OBJ), *rest = json_new(a, J_OBJ);
    JSON_EACH (v, open->set)
        json_set(a, programs_own(v->key) ? own : rest, v->key, json_clone(a, v));
    *value = (struct detached){.k = 0, .plain = value_text(a, open, rest)};
    detached_make(a, value, open->id, dek);
    open->sealed = reference(a, value);
    *line = *open;
    int area = seal_area(w, world_area_by_id(w, open->area));
    if (area >= 0) {
        line->area = w->areas[area].aid;
        line->code = w->areas[area].code;
    }
    line->set = own;
    line->in = line->rows = line->parts = line->links = NULL;
}

static bool take(const struct json *j, const char *key, enum json_kind kind, struct json **out,
                 struct err *e)
{
    struct json *v = json_get(j, key);
    if (v && v->kind != kind)
        return err_set(e, ERR_VERIFY, "a sealed value: \"%s\" has the wrong shape", key);
    if (v)
        *out = v;
    return true;
}

bool seal_show(struct arena *a, const struct event_body *line, struct str value,
               struct event_body *out, struct err *e)
{
    struct event_body ev = *line;
    struct json *j, *rest = NULL;
    if (!json_own(a, value, &j, e))
        return false;
    if (!take(j, "in", J_OBJ, &ev.in, e) || !take(j, "set", J_OBJ, &rest, e) ||
        !take(j, "rows", J_OBJ, &ev.rows, e) || !take(j, "parts", J_ARR, &ev.parts, e) ||
        !take(j, "links", J_ARR, &ev.links, e))
        return false;
    ev.area = json_num(j, "area", line->area);
    if (json_get(j, "code"))
        ev.code = json_text(j, "code");
    ev.set = line->set ? json_clone(a, line->set) : json_new(a, J_OBJ);
    JSON_EACH (v, rest)
        json_set(a, ev.set, v->key, json_clone(a, v));
    if (!body_check(&ev, e))
        return false;
    *out = ev;
    return true;
}

/* STR_NONE: erased. */
static bool read_value(struct store *db, const struct keys *keys, struct arena *a, int64_t rid,
                       struct id rec, int64_t seq, struct str *out, struct err *e)
{
    uint8_t dek[CIPHER_KEY];
    bool found;
    *out = STR_NONE;
    if (!record_dek(db, keys, rid, rec, &found, dek, e))
        return false;
    return !found || detached_read(db, a, seq, 0, dek, out, e);
}

bool seal_read(struct store *db, const struct keys *keys, struct arena *a, int64_t rid, int64_t seq,
               struct event_body *body, struct err *e)
{
    struct str value;
    if (!body->sealed || !keys)
        return true;
    return read_value(db, keys, a, rid, body->rec, seq, &value, e) &&
           (!value.ptr || seal_show(a, body, value, body, e));
}

bool seal_fold(struct arena *a, struct record *r, const struct event_body *open,
               const struct event_body *line, int64_t seq, struct err *e)
{
    struct record *shut = NULL;
    if (r->shut && !line->sealed) { /* the seal comes off: from here on the lines alone are all */
        shut = record_share(a, r->shut);
        if (!fold_event(a, shut, line, seq, e))
            return false;
        *r = *shut;
        return true;
    }
    if (line->sealed) {
        shut = record_share(a, record_stored(r));
        if (!fold_event(a, shut, line, seq, e))
            return false;
    }
    if (!fold_event(a, r, open, seq, e))
        return false;
    r->shut = shut;
    return true;
}

bool seal_open(struct store *db, const struct keys *keys, struct arena *a, struct record **r,
               struct err *e)
{
    struct record *shut = *r;
    if (!keys || shut->shut || !record_sealed(shut))
        return true;
    struct record *open = record_share(a, shut);
    JSON_EACH (ref, shut->sealed) {
        int64_t seq = json_num(ref, "s", -1);
        struct event_body line = {.area = shut->area, .code = shut->code, .ver = 1}, ev;
        struct str value;
        if (!read_value(db, keys, a, shut->rid, shut->id, seq, &value, e))
            return false;
        if (!value.ptr)
            continue;
        if (!seal_show(a, &line, value, &ev, e))
            return false;
        open->area = ev.area;
        open->code = ev.code;
        fold_patch(a, open, &ev, seq);
    }
    open->shut = shut;
    *r = open;
    return true;
}

bool record_load_open(struct store *db, const struct keys *keys, struct arena *a, struct id id,
                      bool *found, struct record **out, struct err *e)
{
    return record_load(db, a, id, found, out, e) && (!*found || seal_open(db, keys, a, out, e));
}

bool sealed_rids(struct store *db, struct arena *a, int64_t **out, size_t *n, struct err *e)
{
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_sealed_rids, BIND_NONE, e);
    while (rows_next(&r)) {
        *out = arena_grow(a, *out, *n, &cap, sizeof **out);
        (*out)[(*n)++] = rows_int(&r, 0);
    }
    return !err_is(e);
}
