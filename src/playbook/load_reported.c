/* Reported figures (报送数): values that another body computed.  Each is a record; an indicator says
 * which of its fields hold the span, the numbers and who gave them. */
#include "playbook/playbook_int.h"

/* A field of the record type, of one of the wanted types; -1 when absent or after a complaint. */
static int number_field(struct loader *ld, const struct node *node, const char *key,
                        const struct record_def *r, bool whole)
{
    int i = get_ref(ld, node, key, set_fields(r));
    if (i < 0)
        return -1;
    enum field_type t = r->fields[i].type;
    if (t == FIELD_INTEGER || (!whole && t == FIELD_NUMBER))
        return i;
    fail(ld, node_get(node, key), "%s: expected %s, \"%.*s\" is %s", key,
         whole ? "an integer" : "a number", SHOW(r->fields[i].id), field_type_name(t));
    return -1;
}

static int field_of_type(struct loader *ld, const struct node *node, const char *key,
                         const struct record_def *r, enum field_type want)
{
    int i = get_ref(ld, node, key, set_fields(r));
    if (i < 0 && !node_get(node, key))
        fail(ld, node, "%s is missing: expected a field of type %s", key, field_type_name(want));
    if (i >= 0 && r->fields[i].type != want) {
        fail(ld, node_get(node, key), "%s: expected a field of type %s, \"%.*s\" is %s", key,
             field_type_name(want), SHOW(r->fields[i].id), field_type_name(r->fields[i].type));
        return -1;
    }
    return i;
}

static void load_beside(struct loader *ld, const struct node *node, struct reported *x)
{
    struct str name, book;
    x->beside = get_text(ld, node, "beside");
    book = str_cut(x->beside, '.', &name);
    if (x->beside.ptr && (!book.len || !name.len))
        fail(ld, node_get(node, "beside"), "beside: expected PLAYBOOK.INDICATOR, found \"%.*s\"",
             SHOW(x->beside));
}

struct reported *load_reported(struct loader *ld, const struct node *map)
{
    static const char *const known[] = {"of", "where", "from",   "to",     "n",
                                        "N",  "value", "change", "issuer", "beside", NULL};
    struct node *node = get_map(ld, map, "reported");
    if (!node || !check_keys(ld, node, "reported", known))
        return NULL;
    struct reported *x = ARENA_NEW(ld->a, struct reported);
    *x = (struct reported){.record = get_ref(ld, node, "of", set_records(ld->p))};
    if (x->record < 0) {
        if (!node_get(node, "of"))
            fail(ld, node, "of is missing: expected the record type of the reported figures");
        return NULL;
    }
    const struct record_def *r = &ld->p->records[x->record];
    x->from = field_of_type(ld, node, "from", r, FIELD_DATE);
    x->to = field_of_type(ld, node, "to", r, FIELD_DATE);
    x->issuer = field_of_type(ld, node, "issuer", r, FIELD_CODE);
    x->n = number_field(ld, node, "n", r, true);
    x->N = number_field(ld, node, "N", r, true);
    x->value = number_field(ld, node, "value", r, false);
    x->change = number_field(ld, node, "change", r, false);
    load_beside(ld, node, x);
    if (x->n < 0 && x->value < 0)
        fail(ld, node, "expected n (a count), n and N (a rate), or value (a rate without its counts)");
    struct node *where = node_get(node, "where");
    if (where) {
        struct expr_ask ask = {.record = x->record, .use = USE_TERM};
        x->where = load_expr(ld, &ask, where, get_text(ld, node, "where"));
    }
    return x;
}
