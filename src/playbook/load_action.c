/* Actions of a record type. */
#include "playbook/playbook_int.h"

static const char *const action_keys[] = {
    "name",   "opens", "import",  "resident",   "from", "to",      "by",   "who",
    "not_by", "form",  "guards",  "needs",      "set",  "start",   "stop", "pause",
    "resume", "does",  "reopens", "ends_parts", "answers", "misses", "leaves_out", "numbers", "link",
    "figures", "hold",  "when_answered", "on_every_page", NULL};

struct idset set_actions(const struct record_def *r)
{
    return IDSET("action", r->actions, r->n_actions);
}

/* Clocks and composites name actions that come later, so the ids are known before all else. */
void load_action_ids(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    int n = count_items(ld, map, "actions", 100);
    r->actions = ARENA_ARRAY(ld->a, struct action, n + 1);
    for (const struct node *it = map ? map->first : NULL; r->n_actions < n; it = it->next) {
        r->actions[r->n_actions++] = (struct action){.id = it->key, .line = it->line, .not_by = -1, .on_page = -1};
        check_id(ld, it, it->key, "action", ID_MAX);
    }
}

/* ---- where it leads ---- */

static void load_from(struct loader *ld, const struct record_def *r, const struct node *node,
                      struct action *a)
{
    struct node *from = node_get(node, "from");
    if (from && a->opens) {
        fail(ld, from, "from: an action that opens a record begins nowhere");
        return;
    }
    if (from && from->kind == NODE_TEXT && str_is(from->text, "any"))
        a->from_any = true;
    else
        a->from = get_refs(ld, node, "from", set_states(r), &a->n_from);
    if (!from && !a->opens)
        fail(ld, node,
             "from is missing: expected the states it starts from, or any; or opens:"
             " true");
    else if (from && from->kind == NODE_LIST && !from->n)
        fail(ld, from, "from: expected at least one state, or any");
}

static void load_branch(struct loader *ld, const struct expr_ask *ask, const struct node *it,
                        struct next_state *next)
{
    static const char *const known[] = {"when", "state", NULL};
    const struct record_def *r = &ld->p->records[ask->record];
    next->state = -1;
    if (!check_keys(ld, it, "a branch of `to`", known))
        return;
    next->state = get_ref(ld, it, "state", set_states(r));
    next->when = get_text(ld, it, "when");
    if (next->when.ptr)
        next->expr = load_expr(ld, ask, node_get(it, "when"), next->when);
    else if (it->next && !node_get(it, "when"))
        fail(ld, it, "when is missing: only the last branch can be without a condition");
}

static void load_to(struct loader *ld, const struct expr_ask *ask, const struct node *node,
                    struct action *a)
{
    const struct record_def *r = &ld->p->records[ask->record];
    struct node *to = node_get(node, "to");
    if (!to) {
        if (a->opens && r->n_states)
            fail(ld, node, "to is missing: expected the state in which the record begins");
        return;
    }
    if (to->kind == NODE_TEXT && str_is(to->text, "any")) {
        a->to_any = true;
        if (!a->import)
            fail(ld, to, "to: any is for imports; expected a state");
        return;
    }
    int n = to->kind == NODE_LIST ? count_items(ld, to, "branches", 20) : 1;
    a->to = ARENA_ARRAY(ld->a, struct next_state, n + 1);
    if (to->kind == NODE_TEXT) {
        a->to[a->n_to++].state = get_ref(ld, node, "to", set_states(r));
        return;
    }
    if (to->kind != NODE_LIST || !to->n) {
        fail(ld, to, "to: expected a state, or a list of {when: …, state: …}");
        return;
    }
    for (const struct node *it = to->first; a->n_to < n; it = it->next)
        load_branch(ld, ask, it, &a->to[a->n_to++]);
    if (a->opens && a->to[n - 1].when.ptr)
        fail(ld, to,
             "to: the last branch of an action that opens a record must be without `when`,"
             " so that the record always has a state");
}

/* ---- who ---- */

static void load_resident(struct loader *ld, const struct node *node, struct action *a)
{
    static const char *const answers[] = {"false", "true", "satisfied", "unsolved", NULL};
    a->answer = (enum resident_answer)get_choice(ld, node, "resident", answers, RESIDENT_NO);
    a->resident = a->answer != RESIDENT_NO;
    if (a->resident && a->hold == HOLD_MINE)
        fail(ld, node_get(node, "hold"), "hold: a resident is of no unit; expected stays or centre");
    if (a->answer < RESIDENT_SATISFIED)
        return;
    for (int i = 0; i < a->n_form; i++)
        if (a->form[i].required)
            fail(ld, node, "resident: one press is the whole answer, so the form requires nothing");
}

static void load_who(struct loader *ld, const struct record_def *r, const struct node *node,
                     struct action *a)
{
    static const char *const whom[] = {"area", "holder", "self", NULL};
    static const char *const holds[] = {"stays", "mine", "centre", NULL};
    int n;
    struct node **roles = get_texts(ld, node, "by", &n);
    a->by = ARENA_ARRAY(ld->a, struct str, n + 1);
    for (int i = 0; i < n; i++) {
        check_id(ld, roles[i], roles[i]->text, "role", ID_MAX);
        for (int k = 0; k < i && !complaints_full(ld->out); k++)
            if (str_eq(roles[k]->text, roles[i]->text))
                fail(ld, roles[i], "by: \"%.*s\" stands here twice", SHOW(roles[i]->text));
        a->by[a->n_by++] = roles[i]->text;
    }
    a->who = (enum action_who)get_choice(ld, node, "who", whom, WHO_AREA);
    a->hold = (enum action_hold)get_choice(ld, node, "hold", holds, HOLD_STAYS);
    if (a->hold != HOLD_STAYS && a->import)
        fail(ld, node_get(node, "hold"), "hold: an import gives a record to no unit");
    a->not_by = get_ref(ld, node, "not_by", set_fields(r));
    if (a->not_by >= 0 && r->fields[a->not_by].type != FIELD_ACCOUNT)
        fail(ld, node_get(node, "not_by"),
             "not_by: expected a field of type account, \"%.*s\" is"
             " %s",
             SHOW(r->fields[a->not_by].id), field_type_name(r->fields[a->not_by].type));
}

/* ---- what it asks ---- */

static bool import_attribute(int attribute)
{
    return attribute == ATTR_opened || attribute == ATTR_closed || attribute == ATTR_due ||
           attribute == ATTR_state;
}

static bool load_form_field(struct loader *ld, const struct record_def *r, struct action *a,
                            const struct node *it, struct form_field *out)
{
    struct str name = it->text;
    char mark = name.ptr[name.len - 1];
    if (mark == '?' || mark == '!')
        name.len--;
    int attribute = attribute_find(name);
    if (attribute >= 0) {
        if (!import_attribute(attribute))
            return fail(ld, it, "form: \"%.*s\" is a built-in attribute and cannot be asked%s",
                        SHOW(name),
                        a->import ? "; an import can ask opened, closed, due and state" : "");
        if (!a->import)
            return fail(ld, it,
                        "form: \"%.*s\" is a built-in attribute, only an import can give"
                        " it",
                        SHOW(name));
        *out = (struct form_field){FORM_ATTR(attribute), mark == '!'};
        return true;
    }
    int i = idset_want(ld, it, set_fields(r), name);
    if (i < 0)
        return false;
    const struct field *f = &r->fields[i];
    if (f->type == FIELD_COMPUTED)
        return fail(ld, it, "form: \"%.*s\" is computed, nobody is asked for it", SHOW(name));
    if (f->external && !a->import)
        return fail(ld, it, "form: \"%.*s\" is external, only an import gives it", SHOW(name));
    *out = (struct form_field){i, mark == '!' || (mark != '?' && f->required)};
    return true;
}

static void load_form(struct loader *ld, const struct record_def *r, const struct node *node,
                      struct action *a)
{
    int n;
    struct node **names = get_texts(ld, node, "form", &n);
    a->form = ARENA_ARRAY(ld->a, struct form_field, n + 1);
    for (int i = 0; i < n && !complaints_full(ld->out); i++) {
        struct form_field *f = &a->form[a->n_form];
        bool twice = false;
        if (!load_form_field(ld, r, a, names[i], f))
            continue;
        for (int k = 0; k < a->n_form; k++)
            twice |= a->form[k].field == f->field;
        if (twice)
            fail(ld, names[i], "form: \"%.*s\" stands here twice", SHOW(names[i]->text));
        else
            a->n_form++;
    }
}

static void load_guards(struct loader *ld, const struct expr_ask *ask, const struct node *node,
                        struct action *a)
{
    static const char *const known[] = {"if", "say", NULL};
    struct node *guards = node_get(node, "guards");
    if (guards && guards->kind != NODE_LIST) {
        fail(ld, guards, "guards: expected a list of {if: …, say: {zh: …, en: …}}");
        return;
    }
    int n = count_items(ld, guards, "guards", 50);
    a->guards = ARENA_ARRAY(ld->a, struct guard, n + 1);
    for (const struct node *it = guards ? guards->first : NULL; a->n_guards < n; it = it->next) {
        struct guard *g = &a->guards[a->n_guards++];
        if (!check_keys(ld, it, "a guard", known))
            continue;
        if (!node_get(it, "if"))
            fail(ld, it, "if is missing: expected the condition that must hold");
        g->text = get_text(ld, it, "if");
        g->say = get_words(ld, it, "say", true);
        if (g->text.ptr)
            g->expr = load_expr(ld, ask, node_get(it, "if"), g->text);
    }
}

static void load_set(struct loader *ld, const struct expr_ask *asked, const struct node *it,
                     struct effect_set *s)
{
    const struct record_def *r = &ld->p->records[asked->record];
    s->field = idset_want(ld, it, set_fields(r), it->key);
    if (it->kind != NODE_TEXT || !it->text.len) {
        fail(ld, it, "set: expected an expression, such as \"'code'\" or \"today()\"");
        return;
    }
    s->text = it->text;
    if (s->field < 0)
        return;
    const struct field *f = &r->fields[s->field];
    struct expr_ask ask = *asked;
    ask.scalar = true;
    ask.persons = f->type == FIELD_ACCOUNT; /* an account is handed on, never turned into data */
    s->expr = load_expr(ld, &ask, it, s->text);
    if (f->type == FIELD_COMPUTED)
        fail(ld, it, "set: \"%.*s\" is computed, no action sets it", SHOW(f->id));
    else if (s->expr)
        check_assign(ld, it, ld->p, f, s->expr, s->text);
}

/* ---- one action ---- */

/* What it does to the part of a follow-up: one thing. */
static void load_follow_up_keys(struct loader *ld, const struct record_def *r, const struct node *node,
                                struct action *a)
{
    static const char *const kinds[] = {"follow_up", NULL};
    const struct {
        const char *key;
        struct str *kind;
    } keys[] = {{"answers", &a->answers}, {"misses", &a->misses}, {"leaves_out", &a->leaves_out}};
    int n = 0;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        struct node *at = node_get(node, keys[i].key);
        if (!at)
            continue;
        *keys[i].kind = str_of(kinds[get_choice(ld, node, keys[i].key, kinds, 0)]);
        if (n++)
            fail(ld, at, "%s: an action answers, notes a miss or leaves out: one of them", keys[i].key);
    }
    a->answered = load_choices(ld, r, a, node, "when_answered", &a->n_answered);
    if (a->n_answered && !a->answers.len)
        fail(ld, node_get(node, "when_answered"), "when_answered: the action answers no follow-up");
}

static void load_effects(struct loader *ld, const struct expr_ask *ask, const struct node *node,
                         struct action *a)
{
    const struct record_def *r = &ld->p->records[ask->record];
    struct node *set = get_map(ld, node, "set");
    int n = count_items(ld, set, "fields that are set", 50);
    a->sets = ARENA_ARRAY(ld->a, struct effect_set, n + 1);
    for (const struct node *it = set ? set->first : NULL; a->n_sets < n; it = it->next)
        load_set(ld, ask, it, &a->sets[a->n_sets++]);
    a->start = get_refs(ld, node, "start", set_clocks(r), &a->n_start);
    a->stop = get_refs(ld, node, "stop", set_clocks(r), &a->n_stop);
    a->pause = get_refs(ld, node, "pause", set_clocks(r), &a->n_pause);
    a->resume = get_refs(ld, node, "resume", set_clocks(r), &a->n_resume);
    for (int i = 0; i < a->n_pause; i++)
        if (!r->clocks[a->pause[i]].pausable)
            fail(ld, node_get(node, "pause"),
                 "pause: the clock \"%.*s\" is not declared with"
                 " pause: true",
                 SHOW(r->clocks[a->pause[i]].id));
    a->reopens = get_bool(ld, node, "reopens", false);
    a->ends_parts = get_bool(ld, node, "ends_parts", false);
    load_follow_up_keys(ld, r, node, a);
}

static int field_of_type(struct loader *ld, const struct node *node, const char *key,
                         const struct record_def *r, enum field_type want)
{
    int i = get_ref(ld, node, key, set_fields(r));
    if (i < 0 || r->fields[i].type == want)
        return i;
    fail(ld, node_get(node, key), "%s: expected a field of type %s, \"%.*s\" is %s", key,
         field_type_name(want), SHOW(r->fields[i].id), field_type_name(r->fields[i].type));
    return -1;
}

/* The frame of every page leads to its form, and the field begins with the page one came from. */
static void load_on_page(struct loader *ld, const struct record_def *r, const struct node *node, struct action *a)
{
    a->on_page = field_of_type(ld, node, "on_every_page", r, FIELD_TEXT);
    if (a->on_page < 0)
        return;
    if (!a->opens || a->import)
        fail(ld, node_get(node, "on_every_page"), "on_every_page: for an action that opens a record");
    else if (!in_form(a, a->on_page))
        fail(ld, node_get(node, "on_every_page"), "on_every_page: the form of the action must ask \"%.*s\"",
             SHOW(r->fields[a->on_page].id));
}

static void load_figures(struct loader *ld, const struct record_def *r, const struct node *map,
                         struct action *a)
{
    static const char *const known[] = {"text", "from", "to", "previous", "issued", NULL};
    struct node *node = get_map(ld, map, "figures");
    if (!node || !check_keys(ld, node, "figures", known))
        return;
    struct take_figures x = {.text = field_of_type(ld, node, "text", r, FIELD_TEXT),
                             .from = field_of_type(ld, node, "from", r, FIELD_DATE),
                             .to = field_of_type(ld, node, "to", r, FIELD_DATE),
                             .previous = field_of_type(ld, node, "previous", r, FIELD_RECORD),
                             .issued = get_ref(ld, node, "issued", set_states(r))};
    if (x.text < 0 || x.from < 0 || x.to < 0)
        fail(ld, node, "figures: expected text, from and to");
    else if (!in_form(a, x.text))
        fail(ld, node, "figures: the form of the action must ask \"%.*s\"", SHOW(r->fields[x.text].id));
    if (a->opens)
        fail(ld, node, "figures: an action that opens a record cannot take them");
    a->figures = ARENA_NEW(ld->a, struct take_figures);
    *a->figures = x;
}

/* A unit without an account answers by a link: which unit, and what it may do. */
static void load_link(struct loader *ld, const struct record_def *r, const struct node *map, struct action *a)
{
    static const char *const known[] = {"unit", "for", NULL};
    struct node *node = get_map(ld, map, "link");
    a->link_unit = -1;
    if (!node || !check_keys(ld, node, "link", known))
        return;
    a->link_unit = field_of_type(ld, node, "unit", r, FIELD_ORG);
    a->link_for = get_refs(ld, node, "for", set_actions(r), &a->n_link_for);
    if (a->link_unit < 0 || !a->n_link_for)
        fail(ld, node, "link: expected unit, a field of type org, and for, the actions that the unit may do");
}

/* A composite does what its steps do; what the steps say must not be said again differently. */
static void refuse_composite_keys(struct loader *ld, const struct node *node)
{
    static const char *const of_steps[] = {"opens",      "import", "from",   "to",     "needs",
                                           "start",      "stop",   "pause",  "resume", "reopens",
                                           "ends_parts", "answers", "misses", "leaves_out",
                                           "hold",       "when_answered"};
    for (size_t i = 0; i < COUNT_OF(of_steps); i++)
        if (node_get(node, of_steps[i]))
            fail(ld, node_get(node, of_steps[i]),
                 "%s: an action with `does` takes this from its"
                 " steps",
                 of_steps[i]);
}

static void load_steps(struct loader *ld, const struct record_def *r, const struct node *node,
                       struct action *a)
{
    int n;
    struct node **steps = get_texts(ld, node, "does", &n);
    refuse_composite_keys(ld, node);
    if (n < 2 || n > LIMIT_EVENTS_PER_ACTION) {
        fail(ld, node_get(node, "does"), "does: expected 2 to %d actions", LIMIT_EVENTS_PER_ACTION);
        return;
    }
    a->does = ARENA_ARRAY(ld->a, int, n);
    a->does_maybe = ARENA_ARRAY(ld->a, bool, n);
    for (int i = 0; i < n; i++) {
        struct str name = steps[i]->text;
        bool maybe = name.ptr[name.len - 1] == '?';
        name.len -= maybe;
        int step = idset_want(ld, steps[i], set_actions(r), name);
        if (step < 0)
            continue;
        a->does_maybe[a->n_does] = maybe;
        a->does[a->n_does++] = step;
    }
}

static void load_action(struct loader *ld, int record, const struct node *node, struct action *a)
{
    const struct record_def *r = &ld->p->records[record];
    struct expr_ask ask = {.record = record, .use = USE_GUARD, .persons = true, .form = a};
    if (!check_keys(ld, node, "an action", action_keys))
        return;
    a->name = get_words(ld, node, "name", true);
    a->opens = get_bool(ld, node, "opens", false);
    a->import = get_bool(ld, node, "import", false);
    load_who(ld, r, node, a);
    load_form(ld, r, node, a); /* before the expressions, which may read it */
    load_resident(ld, node, a);
    if (node_get(node, "does")) {
        load_steps(ld, r, node, a);
    } else {
        load_from(ld, r, node, a);
        load_to(ld, &ask, node, a);
        a->needs = get_refs(ld, node, "needs", set_documents(r), &a->n_needs);
    }
    load_figures(ld, r, node, a);
    load_link(ld, r, node, a);
    load_on_page(ld, r, node, a);
    a->numbers = get_bool(ld, node, "numbers", false);
    if (a->numbers && (a->opens || a->n_does))
        fail(ld, node_get(node, "numbers"), "numbers: for an action that opens nothing and has no steps");
    load_guards(ld, &ask, node, a);
    load_effects(ld, &ask, node, a);
}

void load_actions(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    const struct node *it = map ? map->first : NULL;
    for (int i = 0; i < r->n_actions; i++, it = it->next)
        load_action(ld, record, it, &r->actions[i]);
    for (int i = 0; i < r->n_actions; i++)
        r->numbered_later |= r->actions[i].numbers;
}
