/* Figures that an action takes: asked while the snapshot is read, kept as parts by the decision.  Held against
 * those that are out then, and again by the action that puts them out. */
#include "engine/decide_int.h"
#include "engine/engine_int.h"
#include "measure/bulletin.h"
#include "measure/difference.h"

/* The action that is asked, when it takes figures or puts those that are taken out. */
static const struct action *wanted(const struct snapshot *s, const struct ask *ask, const struct record_def **def)
{
    const struct playbook *p;
    int record;
    if (!s->rec || !world_type(s->world, s->rec->type, s->rec->pb, &p, &record))
        return NULL;
    *def = &p->records[record];
    int i = record_action(*def, ask->action);
    return i >= 0 ? &(*def)->actions[i] : NULL;
}

static const struct take_figures *figures_of(const struct record_def *def)
{
    for (int i = 0; i < def->n_actions; i++)
        if (def->actions[i].figures)
            return def->actions[i].figures;
    return NULL;
}

/* Are the figures out behind this action? */
static bool issues(const struct action *act, const struct take_figures *x)
{
    for (int i = 0; i < act->n_to; i++)
        if (x->issued >= 0 && act->to[i].state == x->issued)
            return true;
    return false;
}

bool figures_issued(const struct change *c)
{
    const struct take_figures *x = c->def ? figures_of(c->def) : NULL;
    struct str state = x && x->issued >= 0 ? c->def->states[x->issued].id : STR_NONE;
    return state.len && str_eq(c->after->state, state) && !(c->before && str_eq(c->before->state, state));
}

/* A date as it is given now, or as the record has it. */
static int32_t day_of(const struct snapshot *s, const struct ask *ask, const struct field *f)
{
    int32_t day;
    struct str given = json_str(json_get_str(ask->fields, f->id));
    if (given.len)
        return day_parse(given, &day) ? day : DAY_NONE;
    const struct json *v = json_get_str(s->rec->fields, f->id);
    return json_is(v, J_INT) ? (int32_t)v->i : DAY_NONE;
}

static bool load_corrections(struct store *db, struct arena *a, const struct ask *ask,
                             const struct field *f, struct snapshot *s, struct err *e)
{
    struct str given = json_str(json_get_str(ask->fields, f->id));
    struct record *before;
    struct id id;
    bool found;
    if (!given.len)
        given = json_str(json_get_str(s->rec->fields, f->id));
    if (!given.len)
        return true;
    if (!id_parse(given, &id) || !record_load(db, a, id, &found, &before, e))
        return !err_is(e); /* the form says what is wrong with it */
    return !found ||
           bulletin_corrections(db, a, s->world, before->parts, s->now, &s->corrections, e);
}

/* Beside everything that is out. */
static bool hold_against(struct store *db, struct arena *a, const struct record_def *def, const struct take_figures *x,
                         const struct snapshot *s, const struct json *parts, struct err *e)
{
    struct difference_beside out = {.type = s->rec->type,
                                    .state = x->issued < 0 ? STR_NONE : def->states[x->issued].id,
                                    .rid = s->rec->rid};
    return difference_check(db, a, s->world, parts, &out, e);
}

static bool take(struct store *db, struct arena *a, const struct ask *ask,
                 const struct record_def *def, const struct take_figures *x, struct snapshot *s,
                 struct err *e)
{
    struct str prose = json_str(json_get_str(ask->fields, def->fields[x->text].id));
    struct bulletin_frame frame = {.area = s->rec->code,
                                   .from = day_of(s, ask, &def->fields[x->from]),
                                   .to = day_of(s, ask, &def->fields[x->to]),
                                   .now = s->now,
                                   .whole = true};
    if (frame.from == DAY_NONE || frame.to == DAY_NONE) /* said by the form */
        return true;
    if (!bulletin_take(db, a, s->world, prose, &frame, &s->figures, e) ||
        !hold_against(db, a, def, x, s, s->figures, e))
        return false;
    return x->previous < 0 || load_corrections(db, a, ask, &def->fields[x->previous], s, e);
}

bool figures_load(struct store *db, struct arena *a, const struct ask *ask, struct snapshot *s,
                  struct err *e)
{
    const struct record_def *def;
    const struct action *act = wanted(s, ask, &def);
    const struct take_figures *x = act ? figures_of(def) : NULL;
    struct err *why = ARENA_NEW(a, struct err);
    *why = ERR_INIT;
    if (!x || !(act->figures || issues(act, x)))
        return true;
    if (act->figures ? take(db, a, ask, def, act->figures, s, why)
                     : hold_against(db, a, def, x, s, s->rec->parts, why))
        return true;
    if (why->code == ERR_STORE) /* not the asker's doing: the batch tries again */
        return err_set(e, ERR_STORE, "%s", why->text);
    s->figures_wrong = why;
    return true;
}

/* ---- the decision ---- */

/* The part that an earlier taking left under this kind and code; 0: none. */
static int64_t part_before(const struct deciding *d, struct str kind, struct str code)
{
    JSON_EACH (p, d->work->parts)
        if (str_eq(json_text(p, "kind"), kind) && str_eq(json_text(p, "code"), code))
            return json_num(p, "i", 0);
    return 0;
}

static bool is_taken(const struct json *part)
{
    struct str kind = json_text(part, "kind");
    return str_is(kind, "figure") || str_is(kind, "correction");
}

/* A member of an earlier taking that the new one does not have must go: null takes it away. */
static void clear_old(struct deciding *d, struct json *part, const struct json *old)
{
    JSON_EACH (m, old)
        if (!str_is(m->key, "i") && !str_is(m->key, "s") && !json_get_str(part, m->key))
            json_set(d->a, part, m->key, json_new(d->a, J_NULL));
}

static void put_list(struct deciding *d, const struct json *list)
{
    JSON_EACH (taken, list) {
        int64_t i = part_before(d, json_text(taken, "kind"), json_text(taken, "code"));
        struct json *part = draft_part(d, i, NULL);
        JSON_EACH (m, taken)
            json_set(d->a, part, m->key, json_clone(d->a, m));
        if (i)
            clear_old(d, part, record_part(d->work, i));
    }
}

static bool listed(const struct json *list, const struct json *part)
{
    JSON_EACH (x, list)
        if (str_eq(json_text(x, "kind"), json_text(part, "kind")) &&
            str_eq(json_text(x, "code"), json_text(part, "code")))
            return true;
    return false;
}

bool figures_put(struct deciding *d, const struct action *act)
{
    const struct snapshot *s = d->s;
    if (s->figures_wrong) {
        *d->e = *s->figures_wrong;
        return false;
    }
    if (!act->figures)
        return true;
    put_list(d, s->figures);
    put_list(d, s->corrections);
    JSON_EACH (p, d->work->parts)
        if (is_taken(p) && !json_yes(p, "void") && !listed(s->figures, p) &&
            !listed(s->corrections, p))
            part_flag(d, draft_part(d, json_num(p, "i", 0), NULL), "void", true);
    return true;
}
