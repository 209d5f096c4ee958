/* Single actions at the end of a play: what is not one of many matters.
 *
 * extra:
 *   MODE:
 *     - {as: NAME, type: reported.figure, area: "360112", act: enter, by: desk, set: {…}}
 *     - {on: NAME, act: review, by: head, set: {…}}
 *
 * `as` keeps the record under a name for `on`, and for values as $NAME.  by: a role of the county;
 * without it the operator.  Values stand as they are. */
#include "rehearse/rehearse_int.h"

enum { NAMES = 64 };

struct extra {
    const struct rehearse_config *cfg;
    struct arena *a;
    int64_t t;
    struct {
        struct str name;
        struct id id;
    } kept[NAMES];
    int n;
    struct actor operator;
};

static bool named(const struct extra *x, struct str name, struct id *out)
{
    for (int i = 0; i < x->n; i++) {
        if (!str_eq(x->kept[i].name, name))
            continue;
        *out = x->kept[i].id;
        return true;
    }
    return false;
}

/* $NAME becomes the id of that record. */
static struct json *value_of(struct extra *x, const struct json *v)
{
    struct id id;
    struct str s = json_str(v);
    if (s.len > 1 && s.ptr[0] == '$' && named(x, (struct str){s.ptr + 1, s.len - 1}, &id))
        return json_new_str(x->a, id_text(x->a, id));
    return json_clone(x->a, v);
}

static const struct actor *who(struct extra *x, const struct json *row, int area)
{
    struct str role = json_text(row, "by");
    const struct member *m = role.len ? cast_pick(x->cfg->cast, role, area, STR_NONE, 0) : NULL;
    return m ? &m->actor : &x->operator;
}

static bool play_one(struct extra *x, const struct json *row, struct rehearse_report *out, struct err *e)
{
    const struct world *w = x->cfg->cast->world;
    struct ask ask = ASK_INIT;
    struct answer ans;
    int area = world_area(w, json_text(row, "area"));
    ask.id = id_new(x->t);
    ask.played = x->t;
    ask.action = json_text(row, "act");
    ask.type = json_text(row, "type");
    ask.area = area >= 0 ? w->areas[area].code : STR_NONE;
    ask.actor = who(x, row, area);
    ask.fields = json_new(x->a, J_OBJ);
    JSON_EACH (v, json_get(row, "set"))
        json_set(x->a, ask.fields, v->key, value_of(x, v));
    if (json_get(row, "on") && !named(x, json_text(row, "on"), &ask.rec))
        return err_set(e, ERR_SYNTAX, "extra: there is no '%.*s'", STR_F(json_text(row, "on")));
    if (!engine_act(x->cfg->en, x->a, &ask, &ans))
        return err_field(e, ans.err.code, ans.err.field, "extra, %.*s: %s: %s", STR_F(ask.action),
                         ans.err.field, ans.err.text);
    out->actions++;
    if (json_get(row, "as") && x->n < NAMES) {
        x->kept[x->n].name = json_text(row, "as");
        x->kept[x->n++].id = ans.record;
    }
    return true;
}

bool play_extra(const struct rehearse_config *cfg, int64_t t, struct rehearse_report *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct extra *x = ARENA_NEW(a, struct extra);
    *x = (struct extra){.cfg = cfg, .a = a, .t = t, .operator = actor_operator()};
    JSON_EACH (row, json_get_str(json_get(cfg->plan->root, "extra"), str_of(cfg->mode)))
        if (!play_one(x, row, out, e))
            return false;
    return true;
}
