/* A list question made ready: its type, condition, scopes, order and cursor. */
#include "search/find_int.h"

/* ---- areas inside conditions ---- */

static bool is_area_field(const struct find_ask *k, struct str prop)
{
    int i = record_field(k->def, prop);
    return i >= 0 && k->def->fields[i].type == FIELD_AREA;
}

/* Codes of areas are not listed: there may be many, and SQL asks the tree itself. */
static bool below(void *self, struct str prop, struct str code,
                  void (*add)(void *user, struct str code), void *user)
{
    struct find_ask *k = self;
    if (str_is(prop, "area") || is_area_field(k, prop))
        return world_area(k->q->w, code) >= 0;
    return k->cat.cat.below(k->cat.cat.self, prop, code, add, user);
}

static bool within_sql(void *self, struct str prop, struct str code, struct buf *sql,
                       struct cell *arg)
{
    struct find_ask *k = self;
    int area = world_area(k->q->w, code);
    if (area < 0)
        return false;
    int64_t aid = k->q->w->areas[area].aid;
    if (str_is(prop, "area")) {
        buf_c(sql, "EXISTS (SELECT 1 FROM scope w WHERE w.scope = $? AND w.type = r.type "
                   "AND w.rid = r.rid)");
        *arg = C_TEXT(str_printf(k->a, "a%lld", (long long)aid));
        return true;
    }
    if (!is_area_field(k, prop))
        return false;
    buf_printf(sql,
               "f.x_%.*s IN (WITH RECURSIVE t (aid) AS (SELECT aid FROM area WHERE aid = $? UNION "
               "SELECT b.aid FROM area b JOIN t ON b.parent = t.aid) "
               "SELECT c.code FROM area c JOIN t ON c.aid = t.aid)",
               STR_F(prop));
    *arg = C_INT(aid);
    return true;
}

static bool find_property(void *self, struct str name, struct xprop *out)
{
    struct find_ask *k = self;
    return k->cat.cat.find(k->cat.cat.self, name, out);
}

/* ---- the condition ---- */

static void note_property(void *user, struct str name, int slot)
{
    struct find_ask *k = user;
    UNUSED(name);
    k->reads_record |= slot < SLOT_FIELD;
    k->reads_fields |= slot >= SLOT_FIELD;
    k->undeclared |= slot >= SLOT_FIELD && !find_indexed(k, slot);
}

/* A deadline stands only on open matters: what compares it asks for those. */
static bool asks_due(const struct expr_part *p)
{
    return p->slot == ATTR_due && (p->use == EXPR_USE_EQUAL || p->use == EXPR_USE_RANGE);
}

static bool read_where(struct find_ask *k)
{
    struct xcatalogue cat = {.self = k,
                             .find = find_property,
                             .below = below,
                             .within_sql = within_sql,
                             .zone = k->q->w->zone};
    unsigned flags = EXPR_FILTER | (k->q->person_ok ? (unsigned)EXPR_PERSON : 0);
    struct str text = str_trim(k->q->where);
    if (!text.len)
        return true;
    if (!expr_parse(k->a, text, &cat, flags, &k->where, k->e)) {
        if (!k->e->field[0])
            snprintf(k->e->field, sizeof k->e->field, "where");
        return false;
    }
    k->n_parts = expr_parts(k->a, k->where, &k->parts);
    expr_each_property(k->where, note_property, k);
    for (size_t i = 0; i < k->n_parts; i++)
        k->open |= asks_due(&k->parts[i]);
    return true;
}

/* ---- scopes ---- */

/* Index of the area of a scope, -1 when it is a unit's or not in the tree. */
static int scope_area(const struct find_ask *k, struct str scope)
{
    int64_t aid;
    if (!scope.len || scope.ptr[0] != 'a' ||
        !str_int((struct str){scope.ptr + 1, scope.len - 1}, &aid))
        return -1;
    return world_area_by_id(k->q->w, aid);
}

static bool covers(const struct find_ask *k, struct str wide, struct str scope)
{
    return str_eq(wide, scope) ||
           world_area_below(k->q->w, scope_area(k, scope), scope_area(k, wide));
}

static void add_scope(struct find_ask *k, struct str scope)
{
    int kept = 0;
    for (int i = 0; i < k->n_scopes; i++)
        if (covers(k, k->scopes[i], scope))
            return;
    for (int i = 0; i < k->n_scopes; i++)
        if (!covers(k, scope, k->scopes[i]))
            k->scopes[kept++] = k->scopes[i];
    k->scopes[kept++] = scope;
    k->n_scopes = kept;
}

/* within(area, …) stands in every row that is wanted: the walk may begin at that area. */
static void narrow(struct find_ask *k, int area)
{
    struct str old[LIMIT_SCOPES], here;
    int n = k->n_scopes;
    bool whole = false;
    memcpy(old, k->scopes, sizeof old);
    here = str_printf(k->a, "a%lld", (long long)k->q->w->areas[area].aid);
    k->n_scopes = 0;
    for (int i = 0; i < n; i++) {
        int own = scope_area(k, old[i]);
        if (world_area_below(k->q->w, area, own)) {
            add_scope(k, here);
            whole = true;
        } else if (world_area_below(k->q->w, own, area)) {
            add_scope(k, old[i]);
        }
    }
    for (int i = 0; i < n && !whole; i++)
        if (old[i].len && old[i].ptr[0] == 'o')
            add_scope(k, old[i]);
}

static void take_scopes(struct find_ask *k)
{
    const struct find_question *q = k->q;
    for (int i = 0; i < q->n_scopes; i++)
        add_scope(k, q->scopes[i]);
    for (size_t i = 0; i < k->n_parts; i++)
        if (k->parts[i].use == EXPR_USE_BELOW && k->parts[i].slot == ATTR_area)
            narrow(k, world_area(q->w, k->parts[i].code));
}

/* ---- order and cursor ---- */

static bool find_type(const struct find_question *q, const struct playbook **p, int *record,
                      struct err *e)
{
    if (world_type(q->w, q->type, STR_NONE, p, record))
        return true;
    return err_field(e, ERR_INPUT, "type", "type: there is no record type '%.*s'",
                     q->type.len < 60 ? (int)q->type.len : 60, q->type.ptr ? q->type.ptr : "");
}

bool find_sort(struct find_question *q, struct str sort, struct err *e)
{
    const struct playbook *p;
    int record, field;
    bool desc = str_starts(sort, STR("-"));
    struct str name = desc ? (struct str){sort.ptr + 1, sort.len - 1} : sort;
    if (!sort.len || str_is(name, "opened") || str_is(name, "due")) {
        q->order = str_is(name, "due") ? FIND_DUE : desc || !sort.len ? FIND_NEWEST : FIND_OLDEST;
        q->desc = desc;
        return true;
    }
    if (!find_type(q, &p, &record, e))
        return false;
    field = record_field(&p->records[record], name);
    if (field < 0 || !p->records[record].fields[field].sort)
        return err_field(e, ERR_INPUT, "sort",
                         "sort: expected -opened, opened, due, or a field marked sort");
    q->order = FIND_FIELD;
    q->field = field;
    q->desc = desc;
    return true;
}

static bool take_order(struct find_ask *k)
{
    const struct find_question *q = k->q;
    int decimals;
    k->desc = q->order == FIND_NEWEST || (q->desc && q->order != FIND_OLDEST);
    k->keyed = q->order == FIND_DUE || q->order == FIND_FIELD;
    if (k->keyed && k->searching)
        return err_field(k->e, ERR_INPUT, "sort",
                         "sort: what a search finds is listed by -opened or opened only");
    if (q->order == FIND_DUE)
        k->key_column = "due";
    if (q->order != FIND_FIELD)
        return true;
    ASSERT(q->field >= 0 && q->field < k->def->n_fields);
    const struct field *f = &k->def->fields[q->field];
    enum xtype type = field_xtype(f, &decimals);
    ASSERT(f->sort && !field_detached(f->type));
    k->key_column = arena_printf(k->a, "x_%.*s", STR_F(f->id));
    k->key_text = type == X_TEXT;
    return true;
}

/* "r12" behind row 12; "k<number>.12" or "t<base64url>.12" with the key before it; "z12" among the
 * rows without one. */
struct str find_cursor_text(const struct find_ask *k, int64_t rid, bool bare,
                            const struct cell *key)
{
    if (!k->keyed || bare)
        return str_printf(k->a, "%c%lld", bare ? 'z' : 'r', (long long)rid);
    if (key->kind == CELL_INT)
        return str_printf(k->a, "k%lld.%lld", (long long)key->i, (long long)rid);
    struct str b = base64_of(k->a, key->s, true);
    return str_printf(k->a, "t%.*s.%lld", STR_F(b), (long long)rid);
}

static bool read_cursor(struct find_ask *k, struct str text, struct find_cursor *c)
{
    struct str rest = {text.ptr + 1, text.len - 1}, rid = rest;
    char kind = text.ptr[0];
    c->given = true;
    c->bare = kind == 'z';
    if (kind == 'k' || kind == 't') {
        struct str key = str_cut(rest, '.', &rid);
        if (kind == 'k') {
            if (!str_int(key, &c->key.i))
                return false;
            c->key.kind = CELL_INT;
        } else {
            if (!base64_to(k->a, key, &c->key.s) || !str_utf8_ok(c->key.s))
                return false;
            c->key = C_TEXT(c->key.s.len ? c->key.s : STR(""));
        }
    }
    if (!str_int(rid, &c->rid) || c->rid < 0)
        return false;
    return k->keyed ? kind == 'z' || kind == (k->key_text ? 't' : 'k') : kind == 'r';
}

static bool take_cursor(struct find_ask *k)
{
    struct str text = k->q->after;
    if (!text.len || read_cursor(k, text, &k->after))
        return true;
    return err_field(k->e, ERR_INPUT, "after",
                     "after: expected `next` of the page before, of the same question");
}

bool find_prepare(struct store *db, struct arena *a, const struct find_question *q,
                  struct find_ask *k, struct err *e)
{
    int record;
    *k = (struct find_ask){.q = q, .db = db, .a = a, .e = e, .open = q->open_only, .part = -1};
    ASSERT(q->n_scopes >= 0 && q->n_scopes <= LIMIT_SCOPES);
    ASSERT(q->limit >= 0 && q->limit <= LIMIT_PAGE);
    k->limit = q->limit ? (size_t)q->limit : FIND_LIMIT;
    k->probe = q->probe ? q->probe : FIND_PROBE;
    if (err_is(e) || !find_type(q, &k->playbook, &record, e))
        return false;
    k->def = &k->playbook->records[record];
    k->type = str_printf(a, "%.*s.%.*s", STR_F(k->playbook->id), STR_F(k->def->id));
    k->table = table_name(a, k->playbook, k->def);
    record_catalogue_init(&k->cat, k->playbook, record, false, true, q->w->zone);
    struct str typed = str_trim(q->search);
    k->searching = typed.len > 0;
    if (k->searching)
        token_parse(a, typed, &k->words);
    if (!read_where(k) || !take_order(k) || !take_cursor(k))
        return false;
    take_scopes(k);
    return true;
}
