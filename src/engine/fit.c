#include "engine/fit.h"
#include "clock/run.h"
#include "engine/decide_int.h"

static const struct {
    const char *name;
    bool stops;
    const char *zh, *en;
} KINDS[] = {
#define X(name, stops, zh, en) {#name, stops, zh, en},
    FIT_LIST(X)
#undef X
};

const char *fit_name(enum fit_kind k)
{
    return KINDS[k].name;
}

bool fit_stops(enum fit_kind k)
{
    return KINDS[k].stops;
}

struct words fit_words(enum fit_kind k)
{
    return (struct words){str_of(KINDS[k].zh), str_of(KINDS[k].en)};
}

static void tell(const struct fit *f, enum fit_kind kind, struct str key)
{
    f->found(f->self, kind, key);
}

/* ---- values ---- */

static bool same_type(const struct field *x, const struct field *y)
{
    return x->type == y->type && x->many == y->many && x->decimals == y->decimals &&
           x->vault == y->vault && str_eq(x->of, y->of);
}

static void code_value(const struct fit *f, const struct field *field, const struct json *v)
{
    if (json_is(v, J_STR) && list_code(&f->playbook->lists[field->codes], v->s) < 0)
        tell(f, FIT_code_gone, str_printf(f->a, "%.*s=%.*s", STR_F(field->id), STR_F(v->s)));
}

static void codes(const struct fit *f, const struct field *field, const struct json *v)
{
    if (field->type != FIELD_CODE)
        return;
    if (!json_is(v, J_ARR)) {
        code_value(f, field, v);
        return;
    }
    JSON_EACH (one, v)
        code_value(f, field, one);
}

static const struct field *column_of(const struct field *table, struct str id)
{
    for (int i = 0; i < table->n_columns; i++)
        if (str_eq(table->columns[i].id, id))
            return &table->columns[i];
    return NULL;
}

static void table_value(const struct fit *f, const struct field *was, const struct field *is,
                        const struct json *rows)
{
    for (int i = 0; i < was->n_columns; i++) {
        const struct field *c = &was->columns[i], *now = column_of(is, c->id);
        bool used = false;
        JSON_EACH (row, rows)
            used |= !json_empty(json_get_str(row, c->id));
        if (!used)
            continue;
        struct str key = str_printf(f->a, "%.*s.%.*s", STR_F(was->id), STR_F(c->id));
        if (!now)
            tell(f, FIT_field_gone, key);
        else if (!same_type(c, now))
            tell(f, FIT_field_type, key);
        JSON_EACH (row, rows)
            if (now && same_type(c, now))
                codes(f, now, json_get_str(row, c->id));
    }
}

static void values(const struct fit *f, const struct record *r)
{
    JSON_EACH (v, r->fields) {
        if (v->key.len && v->key.ptr[0] == '$')
            continue;
        int was = record_field(f->old, v->key), is = record_field(f->next, v->key);
        if (json_empty(v) || was < 0 || f->old->fields[was].type == FIELD_COMPUTED)
            continue;
        if (is < 0) {
            tell(f, FIT_field_gone, v->key);
        } else if (!same_type(&f->old->fields[was], &f->next->fields[is])) {
            tell(f, FIT_field_type, v->key);
        } else if (f->next->fields[is].type == FIELD_TABLE) {
            table_value(f, &f->old->fields[was], &f->next->fields[is], v);
        } else {
            codes(f, &f->next->fields[is], v);
        }
    }
}

/* ---- the next step ---- */

static bool starts_in(const struct record_def *def, const struct action *act, struct str state)
{
    const struct action *first = act->n_does ? &def->actions[act->does[0]] : act;
    if (act->opens || act->import || first->opens)
        return false;
    for (int i = 0; i < first->n_from; i++)
        if (str_eq(def->states[first->from[i]].id, state))
            return true;
    return first->from_any;
}

static bool leaves(const struct record_def *def, const struct action *act, struct str state)
{
    for (int i = 0; i < act->n_to; i++)
        if (act->to[i].state >= 0 && !str_eq(def->states[act->to[i].state].id, state))
            return true;
    for (int i = 0; i < act->n_does; i++)
        if (leaves(def, &def->actions[act->does[i]], state))
            return true;
    return false;
}

struct reading {
    const struct action *act;
    bool person; /* the form or who acts decides it: not told from the record alone */
};

static void note_slot(void *self, struct str name, int slot)
{
    struct reading *r = self;
    UNUSED(name);
    r->person |= slot >= SLOT_FORM || slot < 0;
    for (int i = 0; i < r->act->n_form; i++)
        r->person |= r->act->form[i].field >= 0 && slot == SLOT_FIELD + r->act->form[i].field;
}

/* What can still be attached or finished stands in nobody's way. */
static bool can_be_had(void *self, struct str document)
{
    UNUSED(self);
    UNUSED(document);
    return true;
}

static int64_t can_be_done(void *self, struct str kind)
{
    UNUSED(self);
    UNUSED(kind);
    return 0;
}

/* Would it be refused whoever does it and whatever he fills in? */
static bool shut(struct deciding *d, const struct action *act)
{
    struct xcontext c;
    deciding_context(d, &c);
    c.has = can_be_had;
    c.open = can_be_done;
    const struct action *first = act->n_does ? &d->def->actions[act->does[0]] : act;
    for (int i = 0; i < first->n_guards; i++) {
        struct reading r = {.act = first};
        expr_each_property(first->guards[i].expr, note_slot, &r);
        if (!r.person && !expr_true(first->guards[i].expr, &c))
            return true;
    }
    return false;
}

static bool way_out(const struct fit *f, const struct record *r, const struct playbook *p,
                    const struct record_def *def)
{
    struct snapshot s = {.world = f->w, .calendar = f->calendar, .now = f->now};
    struct deciding d = {.a = f->a, .s = &s, .w = f->w, .playbook = p, .def = def, .at = f->now,
                         .now = f->now, .role = ROLE_NONE};
    struct ask none = ASK_INIT;
    struct actor nobody = actor_operator();
    none.actor = &nobody;
    d.ask = &none;
    d.work = record_share(f->a, r);
    d.form = d.input = json_new(f->a, J_OBJ);
    for (int i = 0; i < def->n_actions; i++) {
        const struct action *act = &def->actions[i];
        if (starts_in(def, act, r->state) && leaves(def, act, r->state) && !shut(&d, act))
            return true;
    }
    return false;
}

static bool attached(const struct record *r, struct str doc)
{
    JSON_EACH (p, r->parts)
        if (str_is(json_text(p, "kind"), "document") && str_eq(json_text(p, "doc"), doc))
            return true;
    return false;
}

static bool asks_for(const struct record_def *def, struct str state, struct str doc)
{
    for (int i = 0; i < def->n_actions; i++)
        for (int k = 0; starts_in(def, &def->actions[i], state) && k < def->actions[i].n_needs; k++)
            if (str_eq(def->documents[def->actions[i].needs[k]].id, doc))
                return true;
    return false;
}

static void documents(const struct fit *f, const struct record *r)
{
    for (int i = 0; i < f->next->n_documents; i++) {
        struct str doc = f->next->documents[i].id;
        if (asks_for(f->next, r->state, doc) && !asks_for(f->old, r->state, doc) && !attached(r, doc))
            tell(f, FIT_document_needed, doc);
    }
}

/* ---- clocks ---- */

bool fit_starts(const struct record_def *old, const struct record_def *next, int clock,
                struct str state)
{
    if (record_clock(old, next->clocks[clock].id) >= 0)
        return false;
    for (int i = 0; i < next->n_actions; i++) {
        const struct action *act = &next->actions[i];
        bool starts = false, leads = false;
        for (int k = 0; k < act->n_start; k++)
            starts |= act->start[k] == clock;
        for (int k = 0; k < act->n_to; k++)
            leads |= act->to[k].state >= 0 && str_eq(next->states[act->to[k].state].id, state);
        if (starts && leads)
            return true;
    }
    return false;
}

static void clocks(const struct fit *f, const struct record *r)
{
    for (size_t i = 0; i < r->n_clocks; i++) {
        const struct clock_run *run = &r->clocks[i];
        int was = record_clock(f->old, run->id), is = record_clock(f->next, run->id);
        if (run->done != TIME_NONE || was < 0)
            continue;
        if (is < 0) {
            tell(f, FIT_clock_ended, run->id);
            continue;
        }
        int64_t due = clock_due(f->calendar, f->w->zone, run, &f->next->clocks[is]);
        if (due != run->due)
            tell(f, FIT_clock_moved, run->id);
        if (due != run->due && due < f->now && run->due >= f->now)
            tell(f, FIT_clock_late, run->id);
    }
    for (int i = 0; i < f->next->n_clocks; i++)
        if (fit_starts(f->old, f->next, i, r->state))
            tell(f, FIT_clock_started, f->next->clocks[i].id);
}

void fit_between(struct fit *f, const struct record *r, const struct playbook *next)
{
    struct str id;
    int old = -1;
    str_cut(r->type, '.', &id);
    int record = playbook_record(next, id);
    f->playbook = next;
    f->next = record >= 0 ? &next->records[record] : NULL;
    f->old = world_type(f->w, r->type, r->pb, &f->old_playbook, &old) ? &f->old_playbook->records[old] : NULL;
}

void fit_record(const struct fit *f, const struct record *r)
{
    if (!f->next) {
        tell(f, FIT_record_gone, r->type);
        return;
    }
    bool has_state = !r->state.len || record_state(f->next, r->state) >= 0;
    if (!has_state)
        tell(f, FIT_state_gone, r->state);
    if (!f->old)
        return;
    values(f, r);
    if (has_state && !way_out(f, r, f->playbook, f->next) &&
        way_out(f, r, f->old_playbook, f->old))
        tell(f, FIT_dead_end, r->state);
    documents(f, r);
    clocks(f, r);
}
