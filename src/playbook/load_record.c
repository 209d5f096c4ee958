/* Record types: states, documents, and how the parts of a record type are put together. */
#include "playbook/playbook_int.h"

static const char *const record_keys[] = {
    "kind",        "name",   "number", "backdate",  "title",  "kind_field", "place",     "list",
    "sealed_when", "fields", "states", "documents", "clocks", "actions",    "follow_up",
    "recurs",      "quick", "watch", NULL};

struct idset set_records(const struct playbook *p)
{
    return IDSET("record type", p->records, p->n_records);
}

struct idset set_states(const struct record_def *r)
{
    return IDSET("state", r->states, r->n_states);
}

struct idset set_documents(const struct record_def *r)
{
    return IDSET("document", r->documents, r->n_documents);
}

/* Persons only: of a minor's details nothing is shown, and that is told from a person. */
static void load_shows(struct loader *ld, const struct record_def *r, const struct node *at, struct state *s)
{
    s->shows = get_refs(ld, at, "shows", set_fields(r), &s->n_shows);
    for (int i = 0; i < s->n_shows; i++)
        if (r->fields[s->shows[i]].type != FIELD_PERSON)
            fail(ld, node_get(at, "shows"), "shows: expected fields of type person");
    if (s->closed && s->n_shows)
        fail(ld, node_get(at, "shows"), "shows: nobody works on a matter in a state that is closed");
}

static void load_states(struct loader *ld, struct record_def *r, const struct node *node)
{
    static const char *const known[] = {"zh", "en", "plain", "closed", "shows", NULL};
    struct node *map = get_map(ld, node, "states");
    bool closed = false;
    int n = count_items(ld, map, "states", 60); /* check_flow.c keeps them in 64 bits */
    r->states = ARENA_ARRAY(ld->a, struct state, n + 1);
    for (const struct node *it = map ? map->first : NULL; r->n_states < n; it = it->next) {
        struct state *s = &r->states[r->n_states++];
        s->id = it->key;
        check_id(ld, it, s->id, "state", ID_MAX);
        if (str_is(s->id, "any"))
            fail(ld, it, "a state cannot be called any, which means all of them");
        s->name = words_of(ld, it, "the name of a state");
        s->plain = s->name;
        if (it->kind != NODE_MAP || !check_keys(ld, it, "a state", known))
            continue;
        if (node_get(it, "plain"))
            s->plain = get_words(ld, it, "plain", false);
        s->closed = get_bool(ld, it, "closed", false);
        closed |= s->closed;
        load_shows(ld, r, it, s);
    }
    if (r->kind == KIND_CASE && !r->n_states)
        fail(ld, map ? map : node, "states is missing: a case has states");
    else if (r->kind == KIND_CASE && !closed)
        fail(ld, map, "no state has closed: true, so a case could never end");
}

/* ---- number ---- */

static void check_placeholder(struct loader *ld, const struct record_def *r, const struct node *at,
                              struct str inner, int *seqs)
{
    struct str width, name = str_cut(inner, ':', &width);
    int64_t n = 0;
    bool sized = width.ptr && str_int(width, &n) && n >= 1 && n <= 12;
    *seqs += str_is(name, "seq");
    if ((str_is(name, "area") || str_is(name, "seq")) && (sized || !width.ptr))
        return;
    if (str_is(name, "year") && !width.ptr)
        return;
    int f = record_field(r, name);
    if (f >= 0 && field_private(&r->fields[f]))
        refuse_private(ld, at, &r->fields[f], "number");
    else
        fail(ld, at,
             "number: expected {area:N}, {year} or {seq:N} with N from 1 to 12, found"
             " {%.*s}",
             SHOW(inner));
}

static void load_number(struct loader *ld, struct record_def *r, const struct node *node)
{
    r->number = get_text(ld, node, "number");
    struct node *at = node_get(node, "number");
    struct str s = r->number;
    int seqs = 0;
    if (!s.ptr)
        return;
    if (s.len > 80)
        fail(ld, at, "number: at most 80 bytes");
    for (size_t i = 0; i < s.len && !complaints_full(ld->out); i++) {
        if (s.ptr[i] == '}') {
            fail(ld, at, "number: } without {");
        } else if (s.ptr[i] == '{') {
            struct str rest,
                inner = str_cut((struct str){s.ptr + i + 1, s.len - i - 1}, '}', &rest);
            if (!rest.ptr) {
                fail(ld, at, "number: { without }");
                return;
            }
            check_placeholder(ld, r, at, inner, &seqs);
            i += inner.len + 1;
        }
    }
    if (seqs != 1)
        fail(ld, at, "number: expected exactly one {seq:N}, which makes it unique");
}

/* ---- what lists show ---- */

static bool listable(const struct record_def *r, struct str name)
{
    return attribute_find(name) >= 0 || record_field(r, name) >= 0;
}

static void load_views(struct loader *ld, struct record_def *r, const struct node *node)
{
    r->title = get_ref(ld, node, "title", set_fields(r));
    r->kind_field = get_ref(ld, node, "kind_field", set_fields(r));
    r->place_field = get_ref(ld, node, "place", set_fields(r));
    if (r->kind_field >= 0 && r->fields[r->kind_field].type != FIELD_CODE)
        fail(ld, node_get(node, "kind_field"), "kind_field: expected a field of type code");
    if (r->place_field >= 0 && r->fields[r->place_field].type != FIELD_PLACE)
        fail(ld, node_get(node, "place"), "place: expected a field of type place");
    if (r->title >= 0 && r->fields[r->title].type == FIELD_PERSON)
        fail(ld, node_get(node, "title"), "title: a person cannot be the title of a record");
    int n;
    struct node **names = get_texts(ld, node, "list", &n);
    r->list = ARENA_ARRAY(ld->a, struct str, n + 1);
    for (int i = 0; i < n && !complaints_full(ld->out); i++) {
        struct str name = names[i]->text;
        r->list[r->n_list++] = name;
        if (!listable(r, name))
            idset_want(ld, names[i], set_fields(r), name);
        for (int k = 0; k < i; k++)
            if (str_eq(r->list[k], name))
                fail(ld, names[i], "list: \"%.*s\" stands here twice", SHOW(name));
    }
}

static void load_sealed(struct loader *ld, int record, const struct node *node)
{
    struct str text = get_text(ld, node, "sealed_when");
    struct expr_ask ask = {.record = record, .use = USE_TERM};
    if (text.ptr)
        ld->p->records[record].sealed_when =
            load_expr(ld, &ask, node_get(node, "sealed_when"), text);
}

static void load_recurs(struct loader *ld, struct record_def *r, const struct node *map)
{
    enum { METRES_MAX = 1000 };
    static const char *const known[] = {"metres", "within", "field", NULL};
    struct node *node = get_map(ld, map, "recurs");
    if (!node || !check_keys(ld, node, "recurs", known))
        return;
    struct recurs *x = ARENA_NEW(ld->a, struct recurs);
    x->metres = get_int(ld, node, "metres", 50, 1, METRES_MAX);
    x->field = get_ref(ld, node, "field", set_fields(r));
    bool span = get_span(ld, node, "within", &x->within);
    if (!node_get(node, "within") || !node_get(node, "field"))
        fail(ld, node, "recurs: expected metres, within (as 90d) and field");
    else if (span && (x->within.n <= 0 || x->within.unit != SPAN_DAYS))
        fail(ld, node_get(node, "within"), "within: expected days, as 90d");
    if (x->field >= 0 && r->fields[x->field].type != FIELD_BOOLEAN)
        fail(ld, node_get(node, "field"), "field: expected a field of type boolean");
    if (r->place_field < 0)
        fail(ld, node, "recurs: the record type declares no place");
    r->recurs = x;
}

bool in_form(const struct action *a, int field)
{
    for (int i = 0; i < a->n_form; i++)
        if (a->form[i].field == field)
            return true;
    return false;
}

struct choice *load_choices(struct loader *ld, const struct record_def *r, const struct action *act,
                            const struct node *node, const char *key, int *n_out)
{
    const struct node *map = get_map(ld, node, key);
    int n = count_items(ld, map, key, 10), got = 0;
    struct choice *list = ARENA_ARRAY(ld->a, struct choice, n + 1);
    for (const struct node *it = map ? map->first : NULL; it && got < n; it = it->next) {
        int f = idset_want(ld, it, set_fields(r), it->key);
        if (f < 0)
            continue;
        const struct field *x = &r->fields[f];
        struct str value = it->kind == NODE_TEXT ? it->text : STR_NONE;
        bool is_bool = str_is(value, "TRUE") || str_is(value, "FALSE");
        if (act && !in_form(act, f))
            fail(ld, it, "%s: %.*s is not asked by %.*s", key, SHOW(it->key), SHOW(act->id));
        else if (x->type == FIELD_CODE && !x->many && list_code(&ld->p->lists[x->codes], value) < 0)
            fail(ld, it, "%s: %.*s is no code of %.*s", key, SHOW(value), SHOW(ld->p->lists[x->codes].id));
        else if (x->type == FIELD_BOOLEAN && !is_bool)
            fail(ld, it, "%s: expected TRUE or FALSE", key);
        else if (x->type != FIELD_BOOLEAN && (x->type != FIELD_CODE || x->many))
            fail(ld, it, "%s: expected a code field with one value, or a boolean", key);
        list[got++] = (struct choice){f, value};
    }
    *n_out = got;
    return list;
}

static void load_quick(struct loader *ld, struct record_def *r, const struct node *node)
{
    static const char *const known[] = {"name", "action", "set", NULL};
    struct node *map = get_map(ld, node, "quick");
    int n = count_items(ld, map, "quick", 6);
    r->quick = ARENA_ARRAY(ld->a, struct quick, n + 1);
    for (const struct node *it = map ? map->first : NULL; it && r->n_quick < n; it = it->next) {
        struct quick *q = &r->quick[r->n_quick++];
        *q = (struct quick){.id = it->key, .action = -1};
        check_id(ld, it, it->key, "answer", ID_MAX);
        if (!check_keys(ld, it, "an answer of quick", known))
            continue;
        q->name = get_words(ld, it, "name", true);
        q->action = get_ref(ld, it, "action", set_actions(r));
        if (!node_get(it, "action"))
            fail(ld, it, "action is missing: expected an action that opens");
        else if (q->action >= 0 && (!r->actions[q->action].opens || r->actions[q->action].import))
            fail(ld, node_get(it, "action"), "action: %.*s does not open a record", SHOW(r->actions[q->action].id));
        q->sets = load_choices(ld, r, q->action >= 0 ? &r->actions[q->action] : NULL, it, "set", &q->n_sets);
    }
}

/* Each part may name what the parts before it declare. */
static void load_record(struct loader *ld, int record, const struct node *node)
{
    static const char *const kinds[] = {"case", "entry", "activity", NULL};
    struct record_def *r = &ld->p->records[record];
    if (!check_keys(ld, node, "a record type", record_keys))
        return;
    int before = ld->out->n;
    r->kind = (enum record_kind)get_choice(ld, node, "kind", kinds, KIND_CASE);
    if (!node_get(node, "kind"))
        fail(ld, node, "kind is missing: expected case, entry or activity");
    r->name = get_words(ld, node, "name", true);
    r->backdate = (int)get_int(ld, node, "backdate", 30, 0, 36500);
    struct node *fields = get_map(ld, node, "fields"), *actions = get_map(ld, node, "actions");
    if (!fields || !fields->n)
        fail(ld, fields ? fields : node, "fields is missing: expected at least one field");
    if (!actions || !actions->n)
        fail(ld, actions ? actions : node, "actions is missing: expected at least one action");
    load_fields(ld, record, fields);
    load_states(ld, r, node);
    load_documents(ld, record, node);
    load_action_ids(ld, record, actions);
    load_clocks(ld, record, get_map(ld, node, "clocks"));
    load_field_exprs(ld, record, fields);
    load_number(ld, r, node);
    load_views(ld, r, node);
    load_sealed(ld, record, node);
    load_recurs(ld, r, node);
    load_follow_ups(ld, record, get_map(ld, node, "follow_up"));
    load_actions(ld, record, actions);
    load_watches(ld, r, get_map(ld, node, "watch"));
    load_templates(ld, record, node);
    if (ld->out->n > before)
        return; /* half an action would be blamed for what its missing half does */
    check_composites(ld, record, actions);
    check_flow(ld, record, node);
    load_quick(ld, r, node);
}

void load_records(struct loader *ld)
{
    struct playbook *p = ld->p;
    struct node *found[40];
    int n = 0;
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = get_map(ld, ld->files[i], "records");
        NODE_EACH(it, section)
        {
            if (n == (int)COUNT_OF(found)) {
                fail(ld, it, "at most %d record types are allowed", n);
                break;
            }
            found[n++] = it;
        }
    }
    if (!n)
        complain(ld->out, ld->files[0]->file, 1,
                 "records is missing: expected at least one record type");
    p->records = ARENA_ARRAY(ld->a, struct record_def, n + 1);
    for (int i = 0; i < n; i++) { /* a field may refer to a type that comes later */
        if (playbook_record(p, found[i]->key) >= 0)
            fail(ld, found[i], "the record type \"%.*s\" stands in two files", SHOW(found[i]->key));
        check_id(ld, found[i], found[i]->key, "record type", 24);
        p->records[p->n_records++] = (struct record_def){
            .id = found[i]->key, .title = -1, .kind_field = -1, .place_field = -1};
    }
    check_document_sections(ld);
    for (int i = 0; i < n; i++)
        load_record(ld, i, found[i]);
}
