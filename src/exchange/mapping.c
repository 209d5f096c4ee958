/* Reading a mapping and finding its columns. */
#include "exchange/mapping_int.h"
#include "playbook/yaml_json.h"

static bool wrong(const struct import_map *m, const struct json *at, struct err *e, const char *what)
{
    return err_set(e, ERR_INPUT, "%s:%lld: %s", m->file, (long long)(at ? at->i : 1), what);
}

static bool known_keys(const struct import_map *m, const struct json *map, const char *const *keys,
                       struct arena *a, struct err *e)
{
    JSON_EACH (it, map) {
        bool known = false;
        struct buf all AUTO(buf_free) = BUF(1000);
        for (const char *const *k = keys; *k; k++) {
            known |= str_is(it->key, *k);
            buf_printf(&all, "%s%s", k == keys ? "" : ", ", *k);
        }
        if (!known)
            return wrong(m, it, e, arena_printf(a, "'%.60s' is not known here; expected %.*s",
                                                str_c(a, it->key), STR_F(buf_view(&all))));
    }
    return true;
}

static bool read_text(const struct import_map *m, const struct json *map, const char *key,
                      struct str *out, struct err *e)
{
    const struct json *v = json_get(map, key);
    if (!v)
        return true;
    if (v->kind != J_STR || !v->s.len)
        return wrong(m, v, e, "expected a text");
    *out = v->s;
    return true;
}

static bool read_map(const struct import_map *m, const struct json *map, struct mapping_row_source *s,
                     struct err *e)
{
    struct json *v = json_get(map, "map");
    if (!v)
        return true;
    if (v->kind != J_OBJ)
        return wrong(m, v, e, "expected a map from the text of a cell to a value");
    JSON_EACH (it, v)
        if (it->kind != J_STR && it->kind != J_NULL)
            return wrong(m, it, e, "expected a text behind the text of a cell");
    s->map = v;
    return true;
}

/* A column's name, or {column, value, map, default, split}. */
static bool read_source(const struct import_map *m, struct arena *a, const struct json *v,
                        struct mapping_row_source *out, struct err *e)
{
    static const char *const KEYS[] = {"column", "value", "map", "default", "split", "unknown", NULL};
    struct mapping_row_source s = {.at = -1};
    if (v->kind == J_STR && v->s.len) {
        s.column = v->s;
    } else {
        if (v->kind != J_OBJ)
            return wrong(m, v, e, "expected the name of a column, or {column: …}");
        if (!known_keys(m, v, KEYS, a, e) || !read_text(m, v, "column", &s.column, e) ||
            !read_text(m, v, "value", &s.value, e) || !read_text(m, v, "default", &s.fallback, e) ||
            !read_text(m, v, "split", &s.split, e) || !read_map(m, v, &s, e))
            return false;
        if (!s.column.len == !s.value.len)
            return wrong(m, v, e, "expected either column: or value:");
    }
    *out = s;
    return true;
}

/* A place or a person, put together from several columns. */
static bool read_parts(const struct import_map *m, struct arena *a, const struct json *v,
                       const struct field *f, struct mapping_row_source *out, struct err *e)
{
    static const char *const PLACE[] = {"text", "lon", "lat", "crs", "road", "chainage", "chainage_to", NULL};
    static const char *const PERSON[] = {"name",  "phone", "idno",    "address",  "role", "org", "sex",
                                         "age",   "minor", "contact", "relation", "note", NULL};
    struct mapping_row_source s = {.at = -1};
    if (!known_keys(m, v, f->type == FIELD_PLACE ? PLACE : PERSON, a, e))
        return false;
    s.part = ARENA_ARRAY(a, struct mapping_row_source, v->n);
    s.parts = json_clone(a, v);
    JSON_EACH (it, v)
        if (!read_source(m, a, it, &s.part[s.n_parts++], e))
            return false;
    if (!s.n_parts || !json_get(v, "lon") != !json_get(v, "lat"))
        return wrong(m, v, e, "expected the columns of this value; lon and lat stand together");
    *out = s;
    return true;
}

static int attribute_of(struct str name)
{
    static const struct {
        const char *name;
        int at;
    } ALL[] = {{"opened", ATTR_opened}, {"closed", ATTR_closed}, {"due", ATTR_due},
               {"state", ATTR_state}};
    for (size_t i = 0; i < COUNT_OF(ALL); i++)
        if (str_is(name, ALL[i].name))
            return FORM_ATTR(ALL[i].at);
    return 0;
}

static bool in_form(const struct action *act, int form_field)
{
    for (int i = 0; i < act->n_form; i++)
        if (act->form[i].field == form_field)
            return true;
    return false;
}

static bool read_field(struct import_map *m, struct arena *a, const struct json *v, struct err *e)
{
    struct mapping_field *mf = &m->fields[m->n_fields];
    int attr = attribute_of(v->key);
    *mf = (struct mapping_field){.name = v->key, .field = record_field(m->def, v->key),
                                 .line = (int)v->i};
    if (mf->field < 0 && !attr)
        return wrong(m, v, e, arena_printf(a, "there is no field '%.60s' in %.*s", str_c(a, v->key),
                                           STR_F(m->type)));
    if (!in_form(m->action, attr ? attr : mf->field))
        return wrong(m, v, e, arena_printf(a, "'%.60s' is not in the form of the action '%.*s'",
                                           str_c(a, v->key), STR_F(m->action->id)));
    const struct field *f = mf->field >= 0 ? &m->def->fields[mf->field] : NULL;
    bool composed = f && (f->type == FIELD_PLACE || f->type == FIELD_PERSON) && v->kind == J_OBJ &&
                    !json_get(v, "column") && !json_get(v, "value");
    if (f && f->type == FIELD_TABLE)
        return wrong(m, v, e, "a table cannot be filled from columns");
    if (!(composed ? read_parts(m, a, v, f, &mf->from, e) : read_source(m, a, v, &mf->from, e)))
        return false;
    if (f && f->type == FIELD_CODE && !m->codes[f->codes])
        m->codes[f->codes] = names_codes(a, &m->playbook->lists[f->codes]);
    m->n_fields++;
    return true;
}

static bool required_mapped(const struct import_map *m, const struct json *root, struct err *e)
{
    for (int i = 0; i < m->action->n_form; i++) {
        const struct form_field *ff = &m->action->form[i];
        bool there = false;
        for (int k = 0; k < m->n_fields; k++)
            there |= m->fields[k].field >= 0 ? m->fields[k].field == ff->field
                                             : attribute_of(m->fields[k].name) == ff->field;
        if (there || !ff->required)
            continue;
        struct str name = ff->field >= 0                        ? m->def->fields[ff->field].id
                          : ff->field == FORM_ATTR(ATTR_opened) ? STR("opened")
                          : ff->field == FORM_ATTR(ATTR_closed) ? STR("closed")
                          : ff->field == FORM_ATTR(ATTR_due)    ? STR("due")
                                                                : STR("state");
        const struct json *columns = json_get(root, "columns");
        return err_set(e, ERR_REQUIRED, "%s:%lld: the field '%.*s' is required, but no column gives it",
                       m->file, (long long)(columns ? columns->i : 1), STR_F(name));
    }
    return true;
}

static bool read_columns(struct import_map *m, struct arena *a, const struct json *root,
                         struct err *e)
{
    const struct json *columns = json_get(root, "columns");
    if (!json_is(columns, J_OBJ))
        return wrong(m, columns, e, "expected columns: {field: column, …}");
    m->fields = ARENA_ARRAY(a, struct mapping_field, columns->n + 1);
    m->codes = ARENA_ARRAY(a, struct name_index *, m->playbook->n_lists + 1);
    m->orgs = names_orgs(a, m->w);
    JSON_EACH (it, columns)
        if (!read_field(m, a, it, e))
            return false;
    return required_mapped(m, root, e);
}

static bool read_type(struct import_map *m, struct arena *a, const struct json *root, struct err *e)
{
    struct str type = STR_NONE, action = STR_NONE;
    int record, chosen = -1;
    if (!read_text(m, root, "import", &type, e) || !read_text(m, root, "action", &action, e))
        return false;
    if (!type.len)
        return wrong(m, root, e, "expected import: PLAYBOOK.TYPE");
    if (!world_type(m->w, type, STR_NONE, &m->playbook, &record))
        return wrong(m, json_get(root, "import"), e,
                     arena_printf(a, "there is no record type '%.60s' in this database", str_c(a, type)));
    m->def = &m->playbook->records[record];
    m->type = str_printf(a, "%.*s.%.*s", STR_F(m->playbook->id), STR_F(m->def->id));
    for (int i = 0; i < m->def->n_actions; i++)
        if (m->def->actions[i].import &&
            (action.len ? str_eq(action, m->def->actions[i].id) : chosen < 0))
            chosen = i;
    if (chosen < 0)
        return wrong(m, json_get(root, action.len ? "action" : "import"), e,
                     arena_printf(a, "%.*s has no such import action (import: true in the playbook)",
                                  STR_F(m->type)));
    m->action = &m->def->actions[chosen];
    return true;
}

static bool read_ids(struct import_map *m, struct arena *a, const struct json *root, struct err *e)
{
    const struct json *id = json_get(root, "id"), *many = json_get(id, "columns");
    if (!id)
        return wrong(m, root, e, "expected id: {column: …}, or a second import would not know its rows");
    if (!many) {
        m->n_ids = 1;
        return read_source(m, a, id, &m->ids[0], e);
    }
    if (many->kind != J_ARR || !many->n || many->n > COUNT_OF(m->ids) || id->n != 1)
        return wrong(m, many, e, "expected a list of 1 to 4 columns");
    JSON_EACH (it, many)
        if (!read_source(m, a, it, &m->ids[m->n_ids++], e))
            return false;
    return true;
}

static bool read_area(struct import_map *m, struct arena *a, const struct json *root, struct err *e)
{
    const struct json *area = json_get(root, "area");
    struct str unknown = STR_NONE;
    if (!area)
        return true;
    if (!read_text(m, area, "unknown", &unknown, e) || !read_source(m, a, area, &m->area, e))
        return false;
    if (unknown.len && !str_is(unknown, "keep") && !str_is(unknown, "reject"))
        return wrong(m, json_get(area, "unknown"), e, "expected keep or reject");
    m->reject_area = str_is(unknown, "reject");
    m->has_area = true;
    return true;
}

static bool read_origin(struct import_map *m, struct arena *a, const struct json *root, struct err *e)
{
    const struct json *source = json_get(root, "source"), *known = json_get(root, "known");
    if (!source)
        return wrong(m, root, e, "expected source: a word for where these rows come from");
    if (source->kind == J_STR && source->s.len)
        m->source = (struct mapping_row_source){.at = -1, .value = source->s};
    else if (!read_source(m, a, source, &m->source, e))
        return false;
    m->has_known = known != NULL;
    return !known || read_source(m, a, known, &m->known, e);
}

bool mapping_read(struct arena *a, const char *file, struct str text, const struct world *w,
                  struct import_map **out, struct err *e)
{
    static const char *const KEYS[] = {"import", "action", "source", "id",
                                       "area",   "known",  "columns", NULL};
    struct import_map *m = ARENA_NEW(a, struct import_map);
    struct json *root;
    *m = (struct import_map){.file = file, .w = w, .fallback_area = -1};
    if (!yaml_json(a, file, text, &root, e))
        return false;
    if (root->kind != J_OBJ)
        return wrong(m, root, e, "expected a map: import, source, id, columns");
    if (!known_keys(m, root, KEYS, a, e) || !read_type(m, a, root, e) || !read_ids(m, a, root, e) ||
        !read_origin(m, a, root, e) || !read_area(m, a, root, e) || !read_columns(m, a, root, e))
        return false;
    m->areas = names_areas(a, w);
    for (int i = 0; i < w->n_areas && m->fallback_area < 0; i++)
        if (w->areas[i].parent < 0)
            m->fallback_area = i;
    *out = m;
    return true;
}

/* ---- columns ---- */

struct binding {
    struct arena *a;
    const struct import_map *m;
    const struct str *header;
    size_t n;
    bool *used;
};

static bool bind_one(struct binding *b, struct mapping_row_source *s, struct err *e)
{
    for (int i = 0; i < s->n_parts; i++)
        if (!bind_one(b, &s->part[i], e))
            return false;
    if (!s->column.len)
        return true;
    s->at = -1;
    for (size_t i = 0; i < b->n; i++) {
        if (!str_eq(str_trim(b->header[i]), s->column))
            continue;
        if (s->at >= 0)
            return err_set(e, ERR_INPUT, "%s: the file has two columns '%.*s'", b->m->file,
                           STR_F(s->column));
        s->at = (int)i;
        b->used[i] = true;
    }
    if (s->at >= 0)
        return true;
    struct buf all AUTO(buf_free) = BUF(250);
    for (size_t i = 0; i < b->n; i++)
        buf_printf(&all, "%s%.*s", i ? ", " : "", STR_F(str_trim(b->header[i])));
    return err_set(e, ERR_INPUT, "%s: the file has no column '%.*s'; it has: %.*s", b->m->file,
                   STR_F(s->column), STR_F(buf_view(&all)));
}

bool mapping_bind(struct arena *a, struct import_map *m, const struct str *header, size_t n,
                  struct str *unused, struct err *e)
{
    struct binding b = {a, m, header, n, ARENA_ARRAY(a, bool, n + 1)};
    for (int i = 0; i < m->n_ids; i++)
        if (!bind_one(&b, &m->ids[i], e))
            return false;
    for (int i = 0; i < m->n_fields; i++)
        if (!bind_one(&b, &m->fields[i].from, e))
            return false;
    if (!bind_one(&b, &m->source, e) || !bind_one(&b, &m->area, e) || !bind_one(&b, &m->known, e))
        return false;
    struct buf left AUTO(buf_free) = BUF(4000);
    for (size_t i = 0; i < n; i++)
        if (!b.used[i] && !str_is(str_trim(header[i]), MAPPING_WHY))
            buf_printf(&left, "%s%.*s", left.len ? ", " : "", STR_F(str_trim(header[i])));
    *unused = left.len ? buf_dup(a, &left) : STR_NONE;
    m->n_header = n;
    return true;
}
