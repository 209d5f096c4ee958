/* Fields of a record type, and columns of its tables. */
#include "playbook/playbook_int.h"

struct idset set_fields(const struct record_def *r)
{
    return IDSET("field", r->fields, r->n_fields);
}

/* Which members a type allows beside those that every field has. */
enum trait {
    T_MANY = 1,
    T_FILTER = 2,
    T_SORT = 4,
    T_SEARCH = 8,
    T_DEFAULT = 16,
    T_RANGE = 32,
    T_COLUMN = 64, /* may stand in a table */
    T_ASKED = 128, /* a form may ask it */
};

static const unsigned traits[] = {
    [FIELD_TEXT] = T_SEARCH | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_NUMBER] = T_FILTER | T_SORT | T_DEFAULT | T_RANGE | T_COLUMN | T_ASKED,
    [FIELD_INTEGER] = T_FILTER | T_SORT | T_DEFAULT | T_RANGE | T_COLUMN | T_ASKED,
    [FIELD_MONEY] = T_FILTER | T_SORT | T_DEFAULT | T_RANGE | T_COLUMN | T_ASKED,
    [FIELD_DATE] = T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_TIME] = T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_BOOLEAN] = T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_CODE] = T_MANY | T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_AREA] = T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_PLACE] = T_SEARCH | T_ASKED,
    [FIELD_RECORD] = T_MANY | T_FILTER | T_COLUMN | T_ASKED,
    [FIELD_ORG] = T_FILTER | T_SORT | T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_ACCOUNT] = T_DEFAULT | T_COLUMN | T_ASKED,
    [FIELD_PERSON] = T_MANY | T_COLUMN | T_ASKED,
    [FIELD_FILE] = T_MANY | T_COLUMN | T_ASKED,
    [FIELD_TABLE] = T_ASKED,
    [FIELD_COMPUTED] = T_FILTER | T_SORT,
};

/* Members that only some types have; `types` are bits. */
#define ONLY(t) (1u << (t))
static const struct {
    const char *key;
    unsigned types;
} special_keys[] = {
    {"multiline", ONLY(FIELD_TEXT)},
    {"max_chars", ONLY(FIELD_TEXT)},
    {"on_road", ONLY(FIELD_PLACE)},
    {"decimals", ONLY(FIELD_NUMBER)},
    {"unit", ONLY(FIELD_NUMBER) | ONLY(FIELD_INTEGER) | ONLY(FIELD_MONEY) | ONLY(FIELD_COMPUTED)},
    {"codes", ONLY(FIELD_CODE)},
    {"of", ONLY(FIELD_RECORD)},
    {"columns", ONLY(FIELD_TABLE)},
    {"as", ONLY(FIELD_COMPUTED)},
    {"ever", ONLY(FIELD_COMPUTED)},
};

static const struct {
    const char *key;
    unsigned trait;
} trait_keys[] = {
    {"many", T_MANY},       {"filter", T_FILTER},  {"sort", T_SORT}, {"search", T_SEARCH},
    {"default", T_DEFAULT}, {"min", T_RANGE},      {"max", T_RANGE}, {"required", T_ASKED},
    {"when", T_ASKED},      {"external", T_ASKED},
};

static const char *const field_keys[] = {
    "label",   "help", "type",     "required", "many",      "vault",     "filter",   "sort",
    "search",  "when", "external", "codes",    "of",        "unit",      "min",      "max",
    "default", "as",   "ever",     "basis",    "columns",   "multiline", "max_chars", "decimals", "on_road", NULL};

static const char *const column_keys[] = {
    "label", "help", "type",  "required",  "many",      "codes",    "of",    "unit",
    "min",   "max",  "basis", "multiline", "max_chars", "decimals", "vault", NULL};

bool refuse_private(struct loader *ld, const struct node *at, const struct field *f,
                    const char *use)
{
    const char *why = f->type == FIELD_ACCOUNT || f->type == FIELD_PERSON
                          ? "people are never counted, sorted or filtered"
                          : "free text, places and files may name people and are kept apart, so"
                            " that they can be erased";
    return fail(ld, at, "%s: the field \"%.*s\" is of type %s; privacy: %s", use, SHOW(f->id),
                field_type_name(f->type), why);
}

static enum field_type load_type(struct loader *ld, const struct node *node)
{
    const char *names[FIELD_COMPUTED + 2];
    for (int t = 0; t <= (int)FIELD_COMPUTED; t++)
        names[t] = field_type_name((enum field_type)t);
    names[FIELD_COMPUTED + 1] = NULL;
    if (!node_get(node, "type"))
        fail(ld, node, "type is missing: expected text, code, date, … (see docs/playbook.md)");
    return (enum field_type)get_choice(ld, node, "type", names, FIELD_TEXT);
}

static void check_members(struct loader *ld, const struct node *node, const struct field *f)
{
    for (size_t i = 0; i < COUNT_OF(special_keys); i++) {
        struct node *n = node_get(node, special_keys[i].key);
        if (n && !(special_keys[i].types & ONLY(f->type)))
            fail(ld, n, "a field of type %s has no \"%s\"", field_type_name(f->type),
                 special_keys[i].key);
    }
    for (size_t i = 0; i < COUNT_OF(trait_keys); i++) {
        struct node *n = node_get(node, trait_keys[i].key);
        if (!n || (traits[f->type] & trait_keys[i].trait))
            continue;
        bool compares = trait_keys[i].trait & (T_FILTER | T_SORT);
        if (compares && field_private(f))
            refuse_private(ld, n, f, trait_keys[i].key);
        else
            fail(ld, n, "a field of type %s cannot have \"%s\"", field_type_name(f->type),
                 trait_keys[i].key);
    }
    if (f->many && (f->filter || f->sort))
        fail(ld, node, "a field with many values cannot be filtered or sorted by");
    if (f->vault && !field_detached(f->type))
        fail(ld, node_get(node, "vault"),
             "vault is for what is kept apart from the log: text, place, person, file");
}

static int64_t load_bound(struct loader *ld, const struct node *node, const char *key, int decimals,
                          int64_t open)
{
    struct node *n = node_get(node, key);
    int64_t v;
    if (!n)
        return open;
    if (n->kind == NODE_TEXT && str_decimal(n->text, decimals, &v))
        return v;
    fail(ld, n, "%s: expected a number with at most %d decimals", key, decimals);
    return open;
}

static void load_type_members(struct loader *ld, const struct node *node, struct field *f)
{
    if (f->type == FIELD_NUMBER)
        f->decimals = (int)get_int(ld, node, "decimals", 2, 0, 9);
    if (f->type == FIELD_MONEY)
        f->decimals = 2;
    f->min = load_bound(ld, node, "min", f->decimals, INT64_MIN);
    f->max = load_bound(ld, node, "max", f->decimals, INT64_MAX);
    if (f->min > f->max)
        fail(ld, node_get(node, "min"), "min is greater than max");
    f->unit = get_text(ld, node, "unit");
    f->multiline = get_bool(ld, node, "multiline", false);
    f->on_road = get_bool(ld, node, "on_road", false);
    /* a character of Chinese has 3 bytes, none has more than 4 */
    f->max_chars = (int)get_int(ld, node, "max_chars", 2000, 1, LIMIT_TEXT_FIELD / 4);
    f->codes = get_ref(ld, node, "codes", set_lists(ld->p));
    if (f->type == FIELD_CODE && !node_get(node, "codes"))
        fail(ld, node, "codes is missing: expected the id of a code list");
    f->of = get_text(ld, node, "of");
    if (f->type != FIELD_RECORD)
        return;
    if (!f->of.ptr)
        fail(ld, node, "of is missing: expected a record type, or playbook.type");
    else if (!memchr(f->of.ptr, '.', f->of.len))
        idset_want(ld, node_get(node, "of"), set_records(ld->p), f->of);
}

static void load_field(struct loader *ld, const struct node *node, struct field *f, bool column);

static void load_columns(struct loader *ld, const struct node *node, struct field *f)
{
    struct node *columns = get_map(ld, node, "columns");
    if (!columns || !columns->n) {
        if (columns || !node_get(node, "columns"))
            fail(ld, node, "columns is missing: expected the fields of a row");
        return;
    }
    int n = count_items(ld, columns, "columns", 30);
    f->columns = ARENA_ARRAY(ld->a, struct field, n);
    const struct node *it = columns->first;
    for (; f->n_columns < n; it = it->next)
        load_field(ld, it, &f->columns[f->n_columns++], true);
}

static void load_field(struct loader *ld, const struct node *node, struct field *f, bool column)
{
    const char *what = column ? "a column" : "a field";
    *f = (struct field){
        .id = node->key, .line = node->line, .codes = -1, .min = INT64_MIN, .max = INT64_MAX};
    check_id(ld, node, f->id, column ? "column" : "field", ID_MAX);
    if (!check_keys(ld, node, what, column ? column_keys : field_keys))
        return;
    f->type = load_type(ld, node);
    f->label = get_words(ld, node, "label", true);
    f->help = get_words(ld, node, "help", false);
    f->required = get_bool(ld, node, "required", false);
    f->many = get_bool(ld, node, "many", false);
    f->vault = get_bool(ld, node, "vault", f->type == FIELD_PERSON);
    f->filter = get_bool(ld, node, "filter", false);
    f->sort = get_bool(ld, node, "sort", false);
    f->search = get_bool(ld, node, "search", false);
    f->external = get_bool(ld, node, "external", false);
    f->basis = get_text(ld, node, "basis");
    f->fallback = get_text(ld, node, "default");
    f->ever = node_get(node, "ever") != NULL;
    f->computed = get_text(ld, node, f->ever ? "ever" : "as");
    f->when = get_text(ld, node, "when");
    f->column = str_printf(ld->a, "f.x_%.*s", STR_F(f->id));
    if (f->type == FIELD_PERSON && !f->vault)
        fail(ld, node_get(node, "vault"), "a person always lies in the vault");
    if (column && !(traits[f->type] & T_COLUMN))
        fail(ld, node, "a column cannot be of type %s", field_type_name(f->type));
    if (f->type == FIELD_COMPUTED && !f->computed.ptr)
        fail(ld, node, "as is missing: expected the expression that gives the value (or ever, a condition)");
    if (f->ever && node_get(node, "as"))
        fail(ld, node_get(node, "ever"), "ever: a field has as or ever, not both");
    check_members(ld, node, f);
    load_type_members(ld, node, f);
    if (f->type == FIELD_TABLE && !column)
        load_columns(ld, node, f);
}

static void check_name(struct loader *ld, const struct node *node)
{
    if (attribute_find(node->key) >= 0)
        fail(ld, node,
             "\"%.*s\" is a built-in attribute of every record, a field needs another"
             " name",
             SHOW(node->key));
}

void load_fields(struct loader *ld, int record, const struct node *map)
{
    enum { FILTERS_MAX = 6 }; /* each is an index that every action must write */
    struct record_def *r = &ld->p->records[record];
    int n = count_items(ld, map, "fields", LIMIT_FIELDS), filters = 0;
    r->fields = ARENA_ARRAY(ld->a, struct field, n + 1);
    const struct node *it = map ? map->first : NULL;
    for (; r->n_fields < n; it = it->next) {
        struct field *f = &r->fields[r->n_fields++];
        check_name(ld, it);
        load_field(ld, it, f, false);
        if (f->filter && ++filters == FILTERS_MAX + 1)
            fail(ld, it, "at most %d fields of a record type can have filter: true", FILTERS_MAX);
    }
}

/* ---- what is worked out ---- */

static void load_computed(struct loader *ld, int record, struct field *f, const struct node *node)
{
    struct node *as = node_get(node, f->ever ? "ever" : "as");
    if (f->type != FIELD_COMPUTED || !f->computed.ptr)
        return;
    struct expr_ask ask = {.record = record, .use = USE_COMPUTED, .scalar = !f->ever};
    struct expr *x = load_expr(ld, &ask, as, f->computed);
    if (!x)
        return;
    enum xtype t = f->ever ? X_DATE : expr_type(x);
    if (t == X_PLACE || t == X_PRESENT || t == X_POLYGON || t == X_NULL)
        fail(ld, as, "as: %s cannot be stored", xtype_name(t));
    f->computed_type = t;
    f->computed_decimals = f->ever ? 0 : expr_decimals(x);
    f->computed_expr = x;
}

static void load_default(struct loader *ld, int record, struct field *f, const struct node *node)
{
    if (!f->fallback.ptr)
        return;
    struct expr_ask ask = {
        .record = record, .use = USE_GUARD, .scalar = true, .persons = f->type == FIELD_ACCOUNT};
    f->fallback_expr = load_expr(ld, &ask, node_get(node, "default"), f->fallback);
    if (f->fallback_expr)
        check_assign(ld, node_get(node, "default"), ld->p, f, f->fallback_expr, f->fallback);
}

void load_field_exprs(struct loader *ld, int record, const struct node *map)
{
    struct record_def *r = &ld->p->records[record];
    const struct node *it = map ? map->first : NULL;
    for (int i = 0; i < r->n_fields; i++, it = it->next)
        load_computed(ld, record, &r->fields[i], it);
    it = map ? map->first : NULL;
    for (int i = 0; i < r->n_fields; i++, it = it->next) {
        struct field *f = &r->fields[i];
        load_default(ld, record, f, it);
        struct expr_ask ask = {.record = record, .use = USE_GUARD, .persons = true};
        if (f->when.ptr)
            f->when_expr = load_expr(ld, &ask, node_get(it, "when"), f->when);
    }
}
