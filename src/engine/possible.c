/* What can be done next, and why the rest cannot: for the page, from the same checks as deciding. */
#include "engine/decide_int.h"
#include "engine/engine_int.h"

struct listing {
    struct deciding d;
    struct json_out *out;
    bool calls; /* only what can be done with a call of a follow-up now */
};

static void show_form(struct listing *l, const struct action *act)
{
    struct json_out *o = l->out;
    jo_key(o, "form");
    jo_arr(o);
    for (int i = 0; i < act->n_form; i++) {
        if (act->form[i].field < 0)
            continue;
        jo_obj(o);
        jo_kv(o, "field", l->d.def->fields[act->form[i].field].id);
        jo_kb(o, "required", act->form[i].required);
        jo_end(o);
    }
    jo_end(o);
    jo_key(o, "needs");
    jo_arr(o);
    for (int i = 0; i < act->n_needs; i++)
        jo_str(o, l->d.def->documents[act->needs[i]].id);
    jo_end(o);
}

void engine_parties(const struct record_def *def, const struct record *r, const struct action *act,
                    struct json_out *o)
{
    struct str kind = act->answers.len ? act->answers : act->misses.len ? act->misses : act->leaves_out;
    if (!kind.len || !follow_up_first(r, kind))
        return;
    jo_key(o, "parties");
    jo_arr(o);
    JSON_EACH (p, r->parts) {
        int f = record_field(def, json_text(p, "party"));
        if (f < 0 || !follow_up_waits(r, p, kind))
            continue;
        jo_obj(o);
        jo_ki(o, "part", json_num(p, "i", 0));
        jo_kv(o, "party", def->fields[f].id);
        jo_ki(o, "row", json_num(p, "row", 1));
        jo_kv(o, "name", def->fields[f].label.zh);
        jo_kv(o, "name_en", def->fields[f].label.en);
        jo_end(o);
    }
    jo_end(o);
}

/* Is it a step that only stands inside composites, or an action another state would offer? */
static bool offered(const struct listing *l, const struct action *act)
{
    if (act->opens || act->import || (l->calls && !act->answers.len && !act->misses.len))
        return false;
    if (act->n_does)
        return !l->d.def->actions[act->does[0]].opens;
    return true;
}

static void show_action(struct listing *l, const struct action *act)
{
    struct json_out *o = l->out;
    struct err why = ERR_INIT;
    const struct action *first = act->n_does ? &l->d.def->actions[act->does[0]] : act;
    l->d.role = ROLE_NONE;
    bool possible = action_possible(&l->d, act, &why);
    if (possible && first != act)
        possible = action_possible(&l->d, first, &why);
    if (!possible && (l->calls || why.code == ERR_FORBIDDEN))
        return; /* not his business at all */
    jo_obj(o);
    jo_kv(o, "id", act->id);
    jo_kv(o, "name", act->name.zh);
    jo_kv(o, "name_en", act->name.en);
    jo_kb(o, "possible", possible);
    if (!possible) {
        jo_kc(o, "why", why.zh[0] ? why.zh : err_title_zh(why.code));
        jo_kc(o, "why_en", why.text);
        if (why.code == ERR_WRONG_STATE)
            jo_kb(o, "later", true);
    }
    show_form(l, act);
    engine_parties(l->d.def, l->d.work, act, l->out);
    jo_end(o);
}

static bool list(struct engine *en, struct store *db, const struct world *w, const struct record *r,
                 const struct actor *actor, bool calls, struct json_out *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct snapshot s = {.world = w, .keys = &en->keys, .now = engine_now(en), .rec = NULL};
    struct ask ask = ASK_INIT;
    struct changeset set = {.n = 0};
    struct listing l = {.out = out, .calls = calls};
    int record;
    ask.actor = actor;
    s.calendar = engine_calendar(en);
    l.d = (struct deciding){.a = a, .s = &s, .ask = &ask, .out = &set, .e = e, .w = w,
                            .now = s.now, .at = s.now, .role = ROLE_NONE};
    l.d.work = record_share(a, r);
    l.d.form = l.d.input = json_new(a, J_OBJ);
    l.d.area = world_area_by_id(w, r->area);
    l.d.units = record_units(a, r);
    if (!snapshot_undo(db, a, r, &s, e))
        return false;
    jo_arr(out);
    if (!sys_is(r->type) && world_type(w, r->type, r->pb, &l.d.playbook, &record)) {
        l.d.def = &l.d.playbook->records[record];
        for (int i = 0; i < l.d.def->n_actions; i++)
            if (offered(&l, &l.d.def->actions[i]))
                show_action(&l, &l.d.def->actions[i]);
        if (!calls)
            builtin_possible(&l.d, out);
    }
    jo_end(out);
    return true;
}

bool engine_possible(struct engine *en, struct store *db, const struct world *w, const struct record *r,
                     const struct actor *actor, struct json_out *out, struct err *e)
{
    return list(en, db, w, r, actor, false, out, e);
}

bool engine_calls(struct engine *en, struct store *db, const struct world *w, const struct record *r,
                  const struct actor *actor, struct json_out *out, struct err *e)
{
    return list(en, db, w, r, actor, true, out, e);
}
