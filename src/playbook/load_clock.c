/* Clocks and follow-up. */
#include "playbook/playbook_int.h"

struct idset set_clocks(const struct record_def *r)
{
    return IDSET("clock", r->clocks, r->n_clocks);
}

struct idset set_follow_ups(const struct record_def *r)
{
    return IDSET("follow-up", r->follow_ups, r->n_follow_ups);
}

static bool text_span(struct loader *ld, const struct node *it, struct span *out)
{
    if (it->kind == NODE_TEXT && span_parse(it->text, out))
        return true;
    return fail(ld, it, "expected a length such as -7d, 2h, 5wd (working days) or 1mo");
}

static void load_rung(struct loader *ld, const struct record_def *r, const struct node *it,
                      struct clock_rung *rung)
{
    static const char *const known[] = {"at", "red", "to", "do", NULL};
    static const char *const whom[] = {"holder", "head", "centre", NULL};
    rung->to = STR("holder");
    if (it->kind == NODE_TEXT) {
        text_span(ld, it, &rung->at);
        return;
    }
    if (!check_keys(ld, it, "a warning", known))
        return;
    if (!node_get(it, "at"))
        fail(ld, it, "at is missing: expected the distance from the due time, such as -3d or 0d");
    get_span(ld, it, "at", &rung->at);
    rung->red = get_bool(ld, it, "red", false);
    rung->to = str_of(whom[get_choice(ld, it, "to", whom, 0)]);
    int action = get_ref(ld, it, "do", set_actions(r));
    if (action >= 0)
        rung->does = r->actions[action].id;
}

static void load_extension(struct loader *ld, const struct record_def *r, const struct node *node,
                           struct clock_def *c)
{
    static const char *const known[] = {"by", "times", "approve", "needs", NULL};
    struct node *extend = get_map(ld, node, "extend");
    if (!extend || !check_keys(ld, extend, "extend", known))
        return;
    if (!node_get(extend, "by"))
        fail(ld, extend, "by is missing: expected the length of the extension");
    if (get_span(ld, extend, "by", &c->extend_by) && c->extend_by.n <= 0)
        fail(ld, node_get(extend, "by"), "by: an extension must be longer than nothing");
    c->extend_times = (int)get_int(ld, extend, "times", 1, 1, 100);
    c->extend_role = get_text(ld, extend, "approve");
    if (c->extend_role.ptr)
        check_id(ld, node_get(extend, "approve"), c->extend_role, "role", ID_MAX);
    int document = get_ref(ld, extend, "needs", set_documents(r));
    if (document >= 0)
        c->extend_needs = r->documents[document].id;
}

static void load_clock(struct loader *ld, const struct record_def *r, const struct node *it,
                       struct clock_def *c)
{
    static const char *const known[] = {"name", "limit", "from",  "extend", "pause",
                                        "main", "warn",  "basis", NULL};
    static const char *const begins[] = {"next_day", "same_day", NULL};
    static const char *const parts[] = {"start", "due", "done"};
    c->id = it->key;
    check_id(ld, it, c->id, "clock", ID_MAX);
    for (int k = 0; k < 3; k++)
        c->columns[k] = str_printf(ld->a, "f.c_%.*s_%s", STR_F(c->id), parts[k]);
    if (str_is(c->id, "form") || str_is(c->id, "actor"))
        fail(ld, it, "\"%.*s\" has a meaning of its own in conditions, a clock needs another name",
             SHOW(c->id));
    if (!check_keys(ld, it, "a clock", known))
        return;
    c->name = get_words(ld, it, "name", true);
    if (!node_get(it, "limit"))
        fail(ld, it, "limit is missing: expected a length such as 24h, 30d, 5wd or 1mo");
    if (get_span(ld, it, "limit", &c->limit) && c->limit.n <= 0)
        fail(ld, node_get(it, "limit"), "limit: a deadline must be longer than nothing");
    c->next_day = get_choice(ld, it, "from", begins, 0) == 0;
    c->pausable = get_bool(ld, it, "pause", false);
    c->main = get_bool(ld, it, "main", false);
    c->basis = get_text(ld, it, "basis");
    load_extension(ld, r, it, c);
    struct node *warn = node_get(it, "warn");
    if (warn && warn->kind != NODE_LIST) {
        fail(ld, warn, "warn: expected a list such as [-3d, {at: 0d, red: true}]");
        return;
    }
    int n = count_items(ld, warn, "warnings of a clock", 20);
    c->rungs = ARENA_ARRAY(ld->a, struct clock_rung, n + 1);
    for (const struct node *rung = warn ? warn->first : NULL; c->n_rungs < n; rung = rung->next)
        load_rung(ld, r, rung, &c->rungs[c->n_rungs++]);
}

void load_clocks(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    int n = count_items(ld, map, "clocks", 30), mains = 0;
    r->clocks = ARENA_ARRAY(ld->a, struct clock_def, n + 1);
    for (const struct node *it = map ? map->first : NULL; r->n_clocks < n; it = it->next) {
        struct clock_def *c = &r->clocks[r->n_clocks++];
        load_clock(ld, r, it, c);
        if (c->main && ++mains == 2)
            fail(ld, it, "main: only one clock of a record type can be the main one");
    }
}

/* ---- follow-up ---- */

static void load_rounds(struct loader *ld, struct node *node, struct follow_rule *rule)
{
    int n;
    struct node **texts = texts_of(ld, node, "at", &n);
    if (n > 20) {
        fail(ld, node, "at: at most 20 rounds");
        return;
    }
    rule->at = ARENA_ARRAY(ld->a, struct span, n + 1);
    for (int i = 0; i < n; i++) {
        struct span *s = &rule->at[rule->n++];
        if (!text_span(ld, texts[i], s))
            continue;
        if (s->unit == SPAN_HOURS || s->n < 0)
            fail(ld, texts[i], "at: rounds are counted in days (7d, 5wd, 1mo) after the base day");
    }
}

static void load_rules(struct loader *ld, const struct record_def *r, const struct node *node,
                       struct follow_up *f)
{
    struct node *at = node_get(node, "at");
    if (!at) {
        fail(ld, node, "at is missing: expected a list of days, or one list for each grade");
        return;
    }
    if (at->kind != NODE_MAP) {
        f->rules = ARENA_ARRAY(ld->a, struct follow_rule, 1);
        load_rounds(ld, at, &f->rules[f->n_rules++]);
        return;
    }
    bool all = at->n == 1 && str_is(at->first->key, "*");
    if (f->grade < 0 && !all) {
        if (!node_get(node, "grade"))
            fail(ld, at,
                 "at: one list for each grade needs `grade:`, the code field it is read"
                 " from");
        return;
    }
    const struct code_list *l = all ? NULL : &ld->p->lists[r->fields[f->grade].codes];
    int n = count_items(ld, at, "grades", 50);
    f->rules = ARENA_ARRAY(ld->a, struct follow_rule, n + 1);
    for (struct node *it = at->first; f->n_rules < n; it = it->next) {
        struct follow_rule *rule = &f->rules[f->n_rules++];
        bool others = str_is(it->key, "*");
        if (!others && list_code(l, it->key) < 0)
            idset_want(ld, it, IDSET("code", l->codes, l->n), it->key);
        if (others && it->next)
            fail(ld, it, "\"*\" (all others) stands last");
        rule->grade = others ? STR_NONE : it->key;
        load_rounds(ld, it, rule);
    }
}

/* A field of a wanted type, by name. */
static int field_of(struct loader *ld, const struct record_def *r, const struct node *node,
                    const char *key, enum field_type type)
{
    int i = get_ref(ld, node, key, set_fields(r));
    if (i < 0)
        return -1;
    if (r->fields[i].type == type && !r->fields[i].many &&
        (type != FIELD_CODE || r->fields[i].codes >= 0))
        return i;
    if (r->fields[i].type != type || r->fields[i].many)
        fail(ld, node_get(node, key),
             "%s: expected a field of type %s with one value, \"%.*s\" is"
             " %s%s",
             key, field_type_name(type), SHOW(r->fields[i].id), field_type_name(r->fields[i].type),
             r->fields[i].many ? " (many)" : "");
    return -1;
}

/* Whom a round asks, each by himself: those who stand in these fields of the record. */
static void load_parties(struct loader *ld, const struct record_def *r, const struct node *it,
                         struct follow_up *f)
{
    f->each = get_refs(ld, it, "each", set_fields(r), &f->n_each);
    for (int i = 0; i < f->n_each; i++) {
        const struct field *x = &r->fields[f->each[i]];
        if (x->type != FIELD_PERSON && x->type != FIELD_TABLE && x->type != FIELD_ORG)
            fail(ld, node_get(it, "each"), "each: expected fields of persons, units or rows, \"%.*s\" is %s",
                 SHOW(x->id), field_type_name(x->type));
    }
    f->asks = get_refs(ld, it, "asks", set_fields(r), &f->n_asks);
    for (int i = 0; i < f->n_asks; i++) {
        const struct field *x = &r->fields[f->asks[i]];
        if (x->type == FIELD_TABLE || x->type == FIELD_COMPUTED || x->type == FIELD_PERSON || x->many)
            fail(ld, node_get(it, "asks"), "asks: \"%.*s\" is no question with one answer", SHOW(x->id));
    }
}

static bool has_ask(const struct follow_up *f, int field)
{
    for (int i = 0; i < f->n_asks; i++)
        if (f->asks[i] == field)
            return true;
    return false;
}

/* The same as a follow-up above. */
static void load_counts_as(struct loader *ld, const struct record_def *r, const struct node *at, struct follow_up *f)
{
    for (int i = 0; i < r->n_follow_ups && &r->follow_ups[i] != f; i++) {
        const struct follow_up *x = &r->follow_ups[i];
        if (!str_eq(x->id, at->text))
            continue;
        f->counts = x->counts;
        f->n_counts = x->n_counts;
        for (int k = 0; k < x->n_asks; k++)
            if (!has_ask(f, x->asks[k]))
                fail(ld, at, "counts: \"%.*s\" asks \"%.*s\", this follow-up does not", SHOW(x->id),
                     SHOW(r->fields[x->asks[k]].id));
        return;
    }
    fail(ld, at, "counts: expected a map, or a follow-up that stands above");
}

static void load_counts(struct loader *ld, int record, const struct node *it, struct follow_up *f)
{
    const struct record_def *r = &ld->p->records[record];
    struct node *as = node_get(it, "counts");
    if (as && as->kind == NODE_TEXT) {
        load_counts_as(ld, r, as, f);
        return;
    }
    struct node *map = get_map(ld, it, "counts");
    struct expr_ask ask = {.record = record, .use = USE_RECORD};
    int n = count_items(ld, map, "counts", 20);
    f->counts = ARENA_ARRAY(ld->a, struct follow_count, n + 1);
    for (const struct node *x = map ? map->first : NULL; f->n_counts < n; x = x->next) {
        struct follow_count *c = &f->counts[f->n_counts++];
        c->field = idset_want(ld, x, set_fields(r), x->key);
        if (c->field >= 0 && r->fields[c->field].type != FIELD_INTEGER)
            fail(ld, x, "counts: \"%.*s\" is %s, expected an integer field", SHOW(x->key),
                 field_type_name(r->fields[c->field].type));
        if (x->kind != NODE_TEXT || !x->text.len)
            fail(ld, x, "counts: expected a condition, or \"*\" for every part");
        else if (!str_is(x->text, "*"))
            c->where = load_expr(ld, &ask, x, x->text);
    }
}

static void load_follow_up(struct loader *ld, int record, const struct node *it,
                           struct follow_up *f)
{
    static const char *const known[] = {"name", "after", "drawn", "grade", "base", "at", "misses",
                                        "when", "each",  "asks",  "counts", NULL};
    struct record_def *r = &ld->p->records[record];
    *f = (struct follow_up){.id = it->key, .after = -1, .grade = -1, .base = -1};
    check_id(ld, it, f->id, "follow-up", ID_MAX);
    if (!check_keys(ld, it, "a follow-up", known))
        return;
    f->name = get_words(ld, it, "name", true);
    f->after = get_ref(ld, it, "after", set_states(r));
    f->drawn = get_bool(ld, it, "drawn", false);
    if (!node_get(it, "after") != f->drawn)
        fail(ld, it, f->drawn ? "drawn: the lot plans the rounds, not a state: leave out after"
                              : "after is missing: expected the state that plans the rounds, or drawn: true");
    f->grade = field_of(ld, r, it, "grade", FIELD_CODE);
    f->base = field_of(ld, r, it, "base", FIELD_DATE);
    f->misses = (int)get_int(ld, it, "misses", 3, 1, 20);
    load_rules(ld, r, it, f);
    load_parties(ld, r, it, f);
    load_counts(ld, record, it, f);
    struct expr_ask ask = {.record = record, .use = USE_RECORD};
    struct str when = get_text(ld, it, "when");
    if (when.ptr)
        f->when = load_expr(ld, &ask, node_get(it, "when"), when);
}

void load_follow_ups(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    int n = count_items(ld, map, "follow-ups", 10);
    r->follow_ups = ARENA_ARRAY(ld->a, struct follow_up, n + 1);
    for (const struct node *it = map ? map->first : NULL; r->n_follow_ups < n; it = it->next)
        load_follow_up(ld, record, it, &r->follow_ups[r->n_follow_ups++]);
}
