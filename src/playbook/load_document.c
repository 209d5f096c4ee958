/* Documents of a record type: their names, and the templates they are written from. */
#include "playbook/playbook_int.h"

/* What is being gone through, outermost first. */
struct inside {
    const struct tpl *each;
    const struct inside *up;
};

struct checking {
    struct loader *ld;
    int record;
    const struct node *at; /* the template */
};

static const struct record_def *def_of(const struct checking *c)
{
    return &c->ld->p->records[c->record];
}

/* A complaint in the line of the file, as far as the text keeps its lines (a block: |). */
static bool fail_at(const struct checking *c, int line, const char *text)
{
    struct node here = *c->at;
    if (memchr(here.text.ptr, '\n', here.text.len))
        here.line += line;
    return fail(c->ld, &here, "template: %s", text);
}

static bool fail_name(const struct checking *c, const struct tpl *t, const char *what)
{
    char text[200];
    snprintf(text, sizeof text, "{%.*s}: %s", SHOW(t->text), what);
    return fail_at(c, t->line, text);
}

/* ---- what a name means ---- */

static const struct field *gone_through(const struct checking *c, const struct tpl *each)
{
    return each->ref == REF_FIELD ? &def_of(c)->fields[each->at] : NULL;
}

static bool is_one_of(struct str name, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(name, list[i]))
            return true;
    return false;
}

/* Within {#table}, {#people}, {#records} and {#did.action} the inner names come first. */
static bool inner_name(const struct checking *c, const struct inside *in, struct tpl *t)
{
    static const char *const PARTS[] = {"name", "phone", "idno",    "address",  "role", "org",
                                        "sex",  "age",   "contact", "relation", "note"};
    static const char *const OF_RECORD[] = {"number", "kind", "opened", "area"};
    static const struct {
        const char *name;
        enum tpl_ref ref;
    } OF_EVENT[] = {{"at", REF_AT}, {"by", REF_BY}, {"unit", REF_UNIT}, {"party", REF_PARTY}};
    for (t->up = 0; in; in = in->up, t->up++) {
        const struct field *f = gone_through(c, in->each);
        if (str_is(t->text, "n"))
            t->ref = REF_N;
        else if (f && f->type == FIELD_TABLE) {
            t->at = idset_find(IDSET("column", f->columns, f->n_columns), t->text);
            t->ref = REF_COLUMN;
            if (t->at < 0)
                continue;
        } else if (f && f->type == FIELD_PERSON) {
            t->ref = REF_PERSON;
            if (!is_one_of(t->text, PARTS, COUNT_OF(PARTS)))
                continue;
        } else if (f && f->type == FIELD_RECORD) {
            t->ref = REF_OTHER;
            if (!is_one_of(t->text, OF_RECORD, COUNT_OF(OF_RECORD)))
                continue;
        } else if (in->each->ref == REF_DID) {
            bool known = false;
            for (size_t i = 0; i < COUNT_OF(OF_EVENT); i++)
                if (str_is(t->text, OF_EVENT[i].name)) {
                    t->ref = OF_EVENT[i].ref;
                    known = true;
                }
            const struct action *act = &def_of(c)->actions[in->each->at];
            for (int i = 0; i < act->n_form && !known; i++)
                if (act->form[i].field >= 0 &&
                    str_eq(t->text, def_of(c)->fields[act->form[i].field].id)) {
                    t->ref = REF_GIVEN;
                    t->at = act->form[i].field;
                    known = true;
                }
            if (!known)
                continue;
        } else {
            continue;
        }
        return true;
    }
    return false;
}

static bool outer_name(const struct checking *c, struct tpl *t)
{
    static const struct {
        const char *name;
        enum tpl_ref ref;
    } OWN[] = {{"today", REF_TODAY}, {"digits", REF_DIGITS}, {"slip_day", REF_SLIP_DAY}};
    const struct record_def *r = def_of(c);
    for (size_t i = 0; i < COUNT_OF(OWN); i++)
        if (str_is(t->text, OWN[i].name)) {
            t->ref = OWN[i].ref;
            return true;
        }
    t->at = record_field(r, t->text);
    t->ref = REF_FIELD;
    if (t->at >= 0)
        return true;
    t->at = attribute_find(t->text);
    t->ref = REF_ATTR;
    return t->at >= 0;
}

static bool clock_name(const struct checking *c, struct tpl *t)
{
    static const char *const TIMES[] = {"start", "due", "done"};
    int clock = t->part.ptr ? record_clock(def_of(c), t->text) : -1;
    for (int k = 0; clock >= 0 && k < 3; k++) {
        if (!str_is(t->part, TIMES[k]))
            continue;
        t->ref = REF_CLOCK;
        t->at = clock * 4 + k;
        return true;
    }
    return false;
}

static void check_value(const struct checking *c, const struct inside *in, struct tpl *t)
{
    if (clock_name(c, t))
        return;
    if (!inner_name(c, in, t) && !outer_name(c, t)) {
        char text[200];
        snprintf(text, sizeof text, "{%.*s}: expected a field, an attribute, CLOCK.due, or today%s",
                 SHOW(t->text), in ? ", or a name of what is gone through here" : "");
        fail_at(c, t->line, text);
        return;
    }
    const struct field *f =
        t->ref == REF_FIELD || t->ref == REF_GIVEN ? &def_of(c)->fields[t->at] : NULL;
    if (t->part.ptr && !(f && f->type == FIELD_PERSON))
        fail_name(c, t, "only a person has parts (.name, .phone, .idno, .address, …)");
    if (f && (f->type == FIELD_TABLE || f->type == FIELD_FILE))
        fail_name(c, t, "a table is gone through with {#…}, files are shown by @pictures");
}

static void check_each(const struct checking *c, struct tpl *t)
{
    const struct record_def *r = def_of(c);
    struct str action, name = str_cut(t->text, '.', &action);
    if (action.ptr) {
        t->ref = REF_DID;
        t->at = record_action(r, action);
        if (t->at < 0)
            fail_name(c, t, "there is no such action");
        return;
    }
    t->ref = REF_FIELD;
    t->at = record_field(r, name);
    if (t->at < 0)
        fail_name(c, t, "there is no such field");
    else if (!r->fields[t->at].many && r->fields[t->at].type != FIELD_TABLE &&
             r->fields[t->at].type != FIELD_PERSON)
        fail_name(c, t, "expected a table, a person, or a field with many values");
}

static void check_tree(const struct checking *c, const struct inside *in, struct tpl *t);

static void check_node(const struct checking *c, const struct inside *in, struct tpl *t)
{
    struct inside within = {t, in};
    struct expr_ask ask = {.record = c->record, .use = USE_RECORD};
    const struct inside *down = in;
    int before = c->ld->out->n;
    if (t->kind == TPL_VALUE)
        check_value(c, in, t);
    if (t->kind == TPL_EACH) {
        check_each(c, t);
        down = &within;
    }
    if (t->kind == TPL_IF) {
        struct node here = *c->at;
        if (memchr(here.text.ptr, '\n', here.text.len))
            here.line += t->line;
        t->when = load_expr(c->ld, &ask, &here, t->text);
    }
    if (t->kind == TPL_PICTURES) {
        t->at = record_field(def_of(c), t->text);
        if (t->at < 0 || def_of(c)->fields[t->at].type != FIELD_FILE)
            fail_name(c, t, "@pictures expects a field of type file");
    }
    if (c->ld->out->n > before && t->kind == TPL_EACH)
        return; /* names within would be blamed for what the loop does */
    check_tree(c, down, t->first);
    check_tree(c, down, t->other);
}

static void check_tree(const struct checking *c, const struct inside *in, struct tpl *t)
{
    for (; t && !complaints_full(c->ld->out); t = t->next)
        check_node(c, in, t);
}

static void load_template(struct loader *ld, int record, struct document *d,
                          const struct node *node)
{
    struct checking c = {.ld = ld, .record = record, .at = node};
    struct tpl_wrong why;
    if (node->kind != NODE_TEXT) {
        fail(ld, node, "template: expected a text (template: |)");
        return;
    }
    d->form = template_parse(ld->a, node->text, &why);
    if (!d->form)
        fail_at(&c, why.line, why.text);
    else
        check_tree(&c, NULL, d->form->first);
}

/* ---- a document ---- */

static void load_document(struct loader *ld, struct document *d, struct node *it)
{
    static const char *const known[] = {"zh",   "en",      "template", "style",
                                        "when", "receipt", "dossier",  NULL};
    static const char *const styles[] = {"form", "letter", NULL};
    d->id = it->key;
    d->dossier = true;
    check_id(ld, it, d->id, "document", ID_MAX);
    d->name = words_of(ld, it, "the name of a document");
    if (it->kind != NODE_MAP || !check_keys(ld, it, "a document", known))
        return;
    d->letter = get_choice(ld, it, "style", styles, 0) == 1;
    d->receipt = get_bool(ld, it, "receipt", false);
    d->dossier = get_bool(ld, it, "dossier", !d->receipt);
}

static void load_parts(struct loader *ld, int record, struct document *d, const struct node *it)
{
    struct expr_ask ask = {.record = record, .use = USE_RECORD};
    struct node *form = it->kind == NODE_MAP ? node_get(it, "template") : NULL;
    struct str when = it->kind == NODE_MAP ? get_text(ld, it, "when") : STR_NONE;
    if (when.ptr)
        d->when = load_expr(ld, &ask, node_get(it, "when"), when);
    if (form)
        load_template(ld, record, d, form);
    else if (d->receipt || when.ptr)
        fail(ld, it, "a receipt, or a document with a condition, needs a template");
}

/* The type's own, then those of the files' section `documents`. */
static int gather(struct loader *ld, const struct record_def *r, const struct node *node,
                  struct node **maps)
{
    int n = 0;
    struct node *own = node_get(node, "documents");
    if (own && own->kind == NODE_MAP)
        maps[n++] = own;
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = node_get(ld->files[i], "documents");
        NODE_EACH(it, section && section->kind == NODE_MAP ? section : NULL)
        if (str_eq(it->key, r->id) && it->kind == NODE_MAP)
            maps[n++] = it;
    }
    return n;
}

void load_documents(struct loader *ld, int record, const struct node *node)
{
    struct record_def *r = &ld->p->records[record];
    struct node *maps[FILES_MAX + 1], *own = get_map(ld, node, "documents");
    int n = gather(ld, r, node, maps), all = 0;
    UNUSED(own); /* it is complained of when it is no map */
    for (int i = 0; i < n; i++)
        all += count_items(ld, maps[i], "documents", 100);
    if (all > 100)
        fail(ld, maps[n - 1], "at most 100 documents are allowed");
    r->documents = ARENA_ARRAY(ld->a, struct document, all + 1);
    for (int i = 0; i < n; i++)
        for (struct node *it = maps[i]->first; it && r->n_documents < all; it = it->next) {
            if (record_document(r, it->key) >= 0)
                fail(ld, it, "the document \"%.*s\" stands in two places", SHOW(it->key));
            load_document(ld, &r->documents[r->n_documents++], it);
        }
}

/* Templates read fields, clocks and actions, so they come after them. */
void load_templates(struct loader *ld, int record, const struct node *node)
{
    struct record_def *r = &ld->p->records[record];
    struct node *maps[FILES_MAX + 1];
    int n = gather(ld, r, node, maps), k = 0;
    for (int i = 0; i < n; i++)
        for (const struct node *it = maps[i]->first; it && k < r->n_documents; it = it->next)
            load_parts(ld, record, &r->documents[k++], it);
}

void check_document_sections(struct loader *ld)
{
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = get_map(ld, ld->files[i], "documents");
        NODE_EACH(it, section)
        {
            idset_want(ld, it, set_records(ld->p), it->key);
            if (it->kind != NODE_MAP)
                fail(ld, it, "documents of a record type: expected a map of documents");
        }
    }
}
