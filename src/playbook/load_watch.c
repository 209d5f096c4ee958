/* watch: what the system looks for by itself, and which record it then opens. */
#include "playbook/playbook_int.h"

static void load_set(struct loader *ld, const struct record_def *r, const struct node *map, struct watch *w)
{
    struct node *set = get_map(ld, map, "set");
    int n = count_items(ld, set, "values", 20);
    w->set = ARENA_ARRAY(ld->a, struct watch_set, n + 1);
    for (const struct node *it = set ? set->first : NULL; w->n_set < n; it = it->next) {
        w->set[w->n_set++] = (struct watch_set){it->key, it->text};
        if (record_field(r, it->key) < 0)
            idset_want(ld, it, set_fields(r), it->key);
    }
}

/* A misspelt one would stand in a letter. */
static void check_words(struct loader *ld, const struct node *node, struct str say)
{
    static const char *const known[] = {"n", "days", "metres", "numbers"};
    while (say.len) {
        struct str rest, end;
        str_cut(say, '{', &rest);
        if (!rest.ptr)
            return;
        struct str word = str_cut(rest, '}', &end);
        bool ok = false;
        for (size_t i = 0; i < COUNT_OF(known); i++)
            ok |= end.ptr && str_is(word, known[i]);
        if (!ok)
            fail(ld, node, "say: {%.*s}: expected n, days, metres or numbers in braces", SHOW(word));
        say = end;
    }
}

/* What it looks for: one thing. */
static void load_kind(struct loader *ld, const struct node *node, struct watch *w)
{
    static const char *const KINDS[] = {"metres", "same", "overdue", "again"};
    bool gathers;
    int n = 0;
    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        if (node_get(node, KINDS[i])) {
            w->kind = (enum watch_kind)i;
            n++;
        }
    if (n != 1) {
        fail(ld, node, "a watch looks for one thing: expected one of metres, same, overdue, again");
        return;
    }
    gathers = w->kind == WATCH_PLACE || w->kind == WATCH_SAME;
    w->metres = get_int(ld, node, "metres", 50, 1, 1000);
    w->same = get_text(ld, node, "same");
    if (!gathers && !get_bool(ld, node, KINDS[w->kind], false))
        fail(ld, node, "%s: expected true", KINDS[w->kind]);
    if (!gathers && (node_get(node, "within") || node_get(node, "at_least")))
        fail(ld, node, "within, at_least: only where matters gather (metres, same)");
    w->at_least = gathers ? (int)get_int(ld, node, "at_least", 3, 2, 50) : 1;
    if (gathers && (!get_span(ld, node, "within", &w->within) || w->within.unit != SPAN_DAYS || w->within.n <= 0))
        fail(ld, node, "within: expected days, as 30d");
}

static void load_watch(struct loader *ld, const struct record_def *r, const struct node *node, struct watch *w)
{
    static const char *const known[] = {"of",   "metres",  "same", "overdue", "again", "within", "at_least", "action",
                                        "text", "matters", "unit", "say",     "set",   NULL};
    struct str name, book;
    *w = (struct watch){.id = node->key, .matters = -1, .text = -1, .unit = -1};
    check_id(ld, node, w->id, "watch", ID_MAX);
    if (!check_keys(ld, node, "a watch", known))
        return;
    w->of = get_text(ld, node, "of");
    book = str_cut(w->of, '.', &name);
    if (!book.len || !name.len)
        fail(ld, node, "of: expected a record type as dispute.dispute");
    load_kind(ld, node, w);
    w->action = get_ref(ld, node, "action", set_actions(r));
    w->matters = get_ref(ld, node, "matters", set_fields(r));
    w->unit = get_ref(ld, node, "unit", set_fields(r));
    w->text = get_ref(ld, node, "text", set_fields(r));
    w->say = get_words(ld, node, "say", true);
    check_words(ld, node, w->say.zh);
    check_words(ld, node, w->say.en);
    load_set(ld, r, node, w);
    if (w->action < 0 || !r->actions[w->action].opens)
        fail(ld, node, "action: expected an action that opens a record");
    if (w->text < 0 || r->fields[w->text].type != FIELD_TEXT)
        fail(ld, node, "text: expected a field of type text");
    if (w->unit >= 0 && (r->fields[w->unit].type != FIELD_ORG || r->fields[w->unit].many))
        fail(ld, node, "unit: expected a field of type org with one value");
    if (w->matters >= 0 && (r->fields[w->matters].type != FIELD_RECORD || !r->fields[w->matters].many))
        fail(ld, node, "matters: expected a field of type record with many: true");
}

void load_watches(struct loader *ld, struct record_def *r, const struct node *map)
{
    int n = count_items(ld, map, "watches", 20);
    r->watches = ARENA_ARRAY(ld->a, struct watch, n + 1);
    for (const struct node *it = map ? map->first : NULL; r->n_watches < n; it = it->next)
        load_watch(ld, r, it, &r->watches[r->n_watches++]);
}
