#include "record/body.h"

static void put_id(struct json_out *o, const char *key, struct id id)
{
    char t[ID_TEXT + 1];
    id_format(id, t);
    jo_kc(o, key, t);
}

static void put_json(struct json_out *o, const char *key, const struct json *j)
{
    if (j && j->n) {
        jo_key(o, key);
        jo_json(o, j);
    }
}

void body_write(struct buf *b, const struct event_body *ev)
{
    struct json_out o = json_out(b);
    jo_obj(&o);
    jo_ki(&o, "v", 1);
    put_id(&o, "id", ev->id);
    put_id(&o, "rec", ev->rec);
    jo_ki(&o, "ver", ev->ver);
    jo_kv(&o, "type", ev->type);
    jo_kv(&o, "act", ev->act);
    if (ev->pb.len)
        jo_kv(&o, "pb", ev->pb);
    jo_ki(&o, "at", ev->at);
    jo_ki(&o, "recorded", ev->recorded);
    if (ev->known != TIME_NONE)
        jo_ki(&o, "known", ev->known);
    jo_kv(&o, "by", ev->by);
    if (ev->org.len)
        jo_kv(&o, "org", ev->org);
    if (ev->role.len)
        jo_kv(&o, "role", ev->role);
    jo_ki(&o, "area", ev->area);
    jo_kv(&o, "code", ev->code.ptr ? ev->code : STR(""));
    put_json(&o, "in", ev->in);
    put_json(&o, "set", ev->set);
    put_json(&o, "rows", ev->rows);
    jo_kv(&o, "state", ev->state);
    put_json(&o, "parts", ev->parts);
    put_json(&o, "clocks", ev->clocks);
    jo_kv(&o, "number", ev->number);
    put_json(&o, "links", ev->links);
    put_json(&o, "sealed", ev->sealed);
    if (!id_zero(ev->cause))
        put_id(&o, "cause", ev->cause);
    jo_end(&o);
}

static bool need_id(const struct json *j, const char *key, struct id *out, struct err *e)
{
    return id_parse(json_text(j, key), out) ||
           err_set(e, ERR_VERIFY, "event: expected a UUID in \"%s\"", key);
}

static bool need_int(const struct json *j, const char *key, int64_t *out, struct err *e)
{
    const struct json *v = json_get(j, key);
    if (!json_is(v, J_INT))
        return err_set(e, ERR_VERIFY, "event: expected a whole number in \"%s\"", key);
    *out = v->i;
    return true;
}

static bool take_shape(const struct json *j, const char *key, enum json_kind kind,
                       struct json **out, struct err *e)
{
    struct json *v = json_get(j, key);
    if (v && v->kind != kind)
        return err_set(e, ERR_VERIFY, "event: \"%s\" has the wrong shape", key);
    *out = v;
    return true;
}

static bool numbered(const struct json *arr, const char *key, struct err *e)
{
    JSON_EACH (item, arr) {
        if (item->kind != J_OBJ || !json_is(json_get(item, key), J_INT))
            return err_set(e, ERR_VERIFY, "event: an item has no number \"%s\"", key);
    }
    return true;
}

bool body_check(const struct event_body *ev, struct err *e)
{
    if (ev->ver < 1)
        return err_set(e, ERR_VERIFY, "event: \"ver\" below 1");
    if (!numbered(ev->parts, "i", e) || !numbered(ev->clocks, "n", e))
        return false;
    JSON_EACH (table, ev->rows) {
        if (table->kind != J_ARR)
            return err_set(e, ERR_VERIFY, "event: rows of %.*s are no list", STR_F(table->key));
        if (!numbered(table, "i", e))
            return false;
    }
    JSON_EACH (c, ev->clocks) {
        if (!json_text(c, "id").len)
            return err_set(e, ERR_VERIFY, "event: a clock without \"id\"");
    }
    JSON_EACH (l, ev->links) {
        if (!json_text(l, "to").len || !json_text(l, "rel").len)
            return err_set(e, ERR_VERIFY, "event: a link without \"to\" or \"rel\"");
    }
    if (ev->sealed && (!json_is(json_get(ev->sealed, "$d"), J_INT) || !json_text(ev->sealed, "c").len))
        return err_set(e, ERR_VERIFY, "event: \"sealed\" is no reference");
    return true;
}

bool body_read(struct arena *a, struct str text, struct event_body *out, struct err *e)
{
    struct json *j;
    struct event_body ev = {.known = TIME_NONE};
    int64_t v = 0;
    if (!json_own(a, text, &j, e))
        return false;
    if (!need_int(j, "v", &v, e) || !need_id(j, "id", &ev.id, e) ||
        !need_id(j, "rec", &ev.rec, e) || !need_int(j, "ver", &ev.ver, e) ||
        !need_int(j, "at", &ev.at, e) || !need_int(j, "recorded", &ev.recorded, e) ||
        !need_int(j, "area", &ev.area, e) || !take_shape(j, "in", J_OBJ, &ev.in, e) ||
        !take_shape(j, "set", J_OBJ, &ev.set, e) || !take_shape(j, "rows", J_OBJ, &ev.rows, e) ||
        !take_shape(j, "parts", J_ARR, &ev.parts, e) ||
        !take_shape(j, "clocks", J_ARR, &ev.clocks, e) ||
        !take_shape(j, "links", J_ARR, &ev.links, e) ||
        !take_shape(j, "sealed", J_OBJ, &ev.sealed, e))
        return false;
    if (v != 1)
        return err_set(e, ERR_VERIFY, "event: version %lld is not known here", (long long)v);
    ev.type = json_text(j, "type");
    ev.act = json_text(j, "act");
    ev.pb = json_text(j, "pb");
    ev.by = json_text(j, "by");
    ev.org = json_text(j, "org");
    ev.role = json_text(j, "role");
    ev.code = json_text(j, "code");
    ev.state = json_text(j, "state");
    ev.number = json_text(j, "number");
    ev.known = json_num(j, "known", TIME_NONE);
    if (json_get(j, "cause") && !need_id(j, "cause", &ev.cause, e))
        return false;
    if (!ev.type.len || !ev.act.len || !ev.by.len)
        return err_set(e, ERR_VERIFY, "event: \"type\", \"act\" or \"by\" is missing");
    if (!body_check(&ev, e))
        return false;
    *out = ev;
    return true;
}
