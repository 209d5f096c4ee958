/* What an expression may read on a record. */
#include "playbook/playbook_int.h"

static const struct {
    const char *name;
    enum xtype type;
    struct str column;
} attributes[ATTR_COUNT] = {
#define X(attr, xtype, sql) [ATTR_##attr] = {#attr, xtype, {sql, sizeof(sql) - 1}},
    ATTRIBUTE_LIST(X)
#undef X
};

static const struct {
    const char *name;
    bool person;
} actor_parts[] = {{"role", false}, {"org", false}, {"area", false}, {"account", true}};

static const char *const clock_parts[] = {"start", "due", "done"};

int attribute_find(struct str name)
{
    for (int i = 0; i < ATTR_COUNT; i++)
        if (str_is(name, attributes[i].name))
            return i;
    return -1;
}

const char *attribute_name(int attribute)
{
    ASSERT(attribute >= 0 && attribute < ATTR_COUNT);
    return attributes[attribute].name;
}

enum xtype attribute_type(int attribute)
{
    ASSERT(attribute >= 0 && attribute < ATTR_COUNT);
    return attributes[attribute].type;
}

bool field_private(const struct field *f)
{
    return field_detached(f->type) || f->type == FIELD_ACCOUNT;
}

enum xtype field_xtype(const struct field *f, int *decimals)
{
    *decimals = 0;
    if (f->many)
        return X_PRESENT;
    switch (f->type) {
    case FIELD_NUMBER:
    case FIELD_MONEY:
        *decimals = f->decimals;
        return X_DECIMAL;
    case FIELD_INTEGER:
        return X_INT;
    case FIELD_DATE:
        return X_DATE;
    case FIELD_TIME:
        return X_TIME;
    case FIELD_BOOLEAN:
        return X_BOOL;
    case FIELD_CODE:
    case FIELD_AREA:
    case FIELD_RECORD:
    case FIELD_ORG:
    case FIELD_ACCOUNT:
        return X_TEXT;
    case FIELD_COMPUTED:
        *decimals = f->computed_decimals;
        return f->computed_type;
    case FIELD_TEXT:
    case FIELD_PLACE:
    case FIELD_PERSON:
    case FIELD_FILE:
    case FIELD_TABLE:
        break;
    }
    return X_PRESENT;
}

static bool find_attribute(struct str name, struct xprop *out)
{
    int i = attribute_find(name);
    if (i < 0)
        return false;
    *out = (struct xprop){.type = attributes[i].type, .slot = i, .column = attributes[i].column};
    return true;
}

static bool find_field(const struct record_catalogue *c, struct str name, struct xprop *out)
{
    int i = record_field(c->record, name);
    if (i < 0)
        return false;
    const struct field *f = &c->record->fields[i];
    int decimals;
    enum xtype type = field_xtype(f, &decimals);
    if (type == X_NULL) /* a computed field that is not worked out yet */
        return false;
    if (f->type == FIELD_PLACE && c->for_list)
        type = X_PLACE;
    *out = (struct xprop){.type = type,
                          .decimals = decimals,
                          .slot = SLOT_FIELD + i,
                          .person = f->type == FIELD_ACCOUNT,
                          .column = type == X_PRESENT ? STR_NONE : f->column};
    return true;
}

static bool find_clock(const struct record_catalogue *c, struct str id, struct str part,
                       struct xprop *out)
{
    int i = record_clock(c->record, id);
    for (int k = 0; i >= 0 && k < (int)COUNT_OF(clock_parts); k++) {
        if (!str_is(part, clock_parts[k]))
            continue;
        *out = (struct xprop){.type = X_TIME,
                              .slot = SLOT_CLOCK + 4 * i + k,
                              .column = c->record->clocks[i].columns[k]};
        return true;
    }
    return false;
}

static bool find_form(const struct record_catalogue *c, struct str name, struct xprop *out)
{
    if (find_field(c, name, out)) {
        out->slot += SLOT_FORM - SLOT_FIELD;
        out->column = STR_NONE;
        return c->record->fields[out->slot - SLOT_FORM].type != FIELD_COMPUTED;
    }
    int i = attribute_find(name); /* asked by imports */
    if (i != ATTR_opened && i != ATTR_closed && i != ATTR_due && i != ATTR_state)
        return false;
    *out = (struct xprop){.type = attributes[i].type, .slot = SLOT_FORM + FORM_ATTR(i)};
    return true;
}

static bool find_actor(struct str name, struct xprop *out)
{
    for (int k = 0; k < (int)COUNT_OF(actor_parts); k++) {
        if (!str_is(name, actor_parts[k].name))
            continue;
        *out =
            (struct xprop){.type = X_TEXT, .slot = SLOT_ACTOR + k, .person = actor_parts[k].person};
        return true;
    }
    return false;
}

static bool find(void *self, struct str name, struct xprop *out)
{
    const struct record_catalogue *c = self;
    struct str part, root = str_cut(name, '.', &part);
    if (!part.ptr)
        return find_attribute(name, out) || find_field(c, name, out);
    if (c->guard && str_is(root, "form"))
        return find_form(c, part, out);
    if (c->guard && str_is(root, "actor"))
        return find_actor(part, out);
    return find_clock(c, root, part, out);
}

static bool is_below(const struct code_list *l, int code, int top)
{
    while (code >= 0 && code != top)
        code = l->codes[code].parent;
    return code >= 0;
}

/* Areas are not the playbook's: who knows the tree puts its own function in place of this one. */
static bool below(void *self, struct str prop, struct str code,
                  void (*add)(void *user, struct str code), void *user)
{
    const struct record_catalogue *c = self;
    if (str_starts(prop, STR("form.")))
        prop = (struct str){prop.ptr + 5, prop.len - 5};
    int i = record_field(c->record, prop);
    if (i < 0 || c->record->fields[i].type != FIELD_CODE || c->record->fields[i].codes < 0)
        return false; /* while loading, a list that was not found is -1 */
    const struct code_list *l = &c->playbook->lists[c->record->fields[i].codes];
    int top = list_code(l, code);
    for (int k = 0; top >= 0 && k < l->n; k++)
        if (is_below(l, k, top))
            add(user, l->codes[k].code);
    return top >= 0;
}

void record_catalogue_init(struct record_catalogue *c, const struct playbook *p, int record,
                           bool guard, bool for_list, const struct zone *zone)
{
    ASSERT(record >= 0 && record < p->n_records);
    *c = (struct record_catalogue){
        .cat = {.find = find, .below = below, .zone = zone},
        .playbook = p,
        .record = &p->records[record],
        .guard = guard,
        .for_list = for_list,
    };
    c->cat.self = c;
}
