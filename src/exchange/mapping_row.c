/* One row of a table becomes what an import asks. */
#include "exchange/mapping_int.h"

static struct str cell_of(const struct mapping_row_source *s, const struct str *cells, size_t n)
{
    struct str text = s->at >= 0 && (size_t)s->at < n ? str_trim(cells[s->at]) : STR_NONE;
    if (!s->column.len)
        return s->value;
    const struct json *mapped = s->map ? json_get_str(s->map, text) : NULL;
    if (mapped)
        text = json_str(mapped);
    return text.len ? text : s->fallback;
}

static bool bad_cell(const struct mapping_row_source *s, struct str text, struct err *e,
                     enum err_code code, const char *en, const char *zh)
{
    struct str name = s->column.len ? s->column : STR("value");
    if (text.len > 60) /* only named, never repeated whole */
        text = STR("…");
    err_set(e, code, "column %.*s: '%.*s' %s", STR_F(name), STR_F(text), en);
    return err_zh(e, "列“%.*s”：“%.*s”%s", STR_F(name), STR_F(text), zh);
}

static bool code_value(struct arena *a, const struct import_map *m, const struct field *f,
                       const struct mapping_row_source *s, struct str *text, struct err *e)
{
    bool twice;
    struct str code =
        mapping_code(a, &m->playbook->lists[f->codes], m->codes[f->codes], *text, &twice);
    if (twice)
        return bad_cell(s, *text, e, ERR_UNKNOWN_CODE, "is the name of two codes",
                        "是两个代码的名称，请填代码");
    if (!code.len)
        return bad_cell(s, *text, e, ERR_UNKNOWN_CODE, "is neither a code nor its name",
                        "不在代码表中");
    *text = code;
    return true;
}

/* The text of a cell as the form takes it: names become codes and ids. */
static bool take(struct arena *a, const struct import_map *m, const struct field *f,
                 const struct mapping_row_source *s, struct str text, struct json **out,
                 struct err *e)
{
    int64_t t;
    int i;
    bool above;
    if (f->type == FIELD_CODE && !code_value(a, m, f, s, &text, e))
        return false;
    if (f->type == FIELD_ORG) {
        i = names_find(m->orgs, names_fold(a, text));
        text = i >= 0 ? m->w->orgs[i].id_text : text;
    }
    if (f->type == FIELD_AREA) {
        i = mapping_area(m, text, &above);
        text = i >= 0 && !above ? m->w->areas[i].code : text;
    }
    if (f->type == FIELD_TIME && !time_parse(m->w->zone, text, &t))
        return bad_cell(s, text, e, ERR_INPUT, "is no time like 2024-09-09 08:50:00",
                        "不是时间，应如 2024-09-09 08:50:00");
    *out = json_new_str(a, text);
    return true;
}

static struct str next_item(struct str *rest, struct str split)
{
    static const char *const USUAL[] = {";", "；", "、", "\n"};
    size_t best = rest->len, width = 0;
    for (size_t i = 0; i < rest->len; i++)
        for (size_t k = 0; k < (split.len ? 1 : COUNT_OF(USUAL)) && !width; k++) {
            struct str sep = split.len ? split : str_of(USUAL[k]);
            if (rest->len - i >= sep.len && memcmp(rest->ptr + i, sep.ptr, sep.len) == 0) {
                best = i;
                width = sep.len;
            }
        }
    struct str item = {rest->ptr, best};
    *rest = width ? (struct str){rest->ptr + best + width, rest->len - best - width} : STR_NONE;
    return str_trim(item);
}

static bool take_many(struct arena *a, const struct import_map *m, const struct field *f,
                      const struct mapping_row_source *s, struct str text, struct json **out,
                      struct err *e)
{
    struct json *list = json_new(a, J_ARR), *v;
    for (struct str rest = text; rest.ptr;) {
        struct str item = next_item(&rest, s->split);
        if (!item.len)
            continue;
        if (!take(a, m, f, s, item, &v, e))
            return false;
        json_push(list, v);
    }
    *out = list;
    return true;
}

static bool field_of(struct arena *a, const struct import_map *m, const struct mapping_field *mf,
                     const struct str *cells, size_t n, struct json **out, struct err *e)
{
    const struct mapping_row_source *s = &mf->from;
    const struct field *f = mf->field >= 0 ? &m->def->fields[mf->field] : NULL;
    int64_t t;
    *out = json_new(a, J_NULL);
    if (s->n_parts) {
        struct json *o = json_new(a, J_OBJ);
        int i = 0;
        JSON_EACH (key, s->parts) {
            struct str part = cell_of(&s->part[i++], cells, n);
            if (part.len)
                json_set(a, o, key->key, json_new_str(a, part));
        }
        if (o->n)
            *out = o;
        return true;
    }
    struct str text = cell_of(s, cells, n);
    if (!text.len)
        return true;
    if (f)
        return f->many ? take_many(a, m, f, s, text, out, e) : take(a, m, f, s, text, out, e);
    if (!str_is(mf->name, "state") && !time_parse(m->w->zone, text, &t))
        return bad_cell(s, text, e, ERR_INPUT, "is no time like 2024-09-09 08:50:00",
                        "不是时间，应如 2024-09-09 08:50:00");
    *out = json_new_str(a, text);
    return true;
}

static bool required(const struct import_map *m, const struct mapping_field *mf)
{
    if (mf->field >= 0) /* the engine says it, it knows `when` */
        return false;
    for (int i = 0; i < m->action->n_form; i++)
        if (m->action->form[i].required && m->action->form[i].field == FORM_ATTR(ATTR_opened) &&
            str_is(mf->name, "opened"))
            return true;
    return false;
}

static bool id_of(struct arena *a, const struct import_map *m, const struct str *cells, size_t n,
                  struct str *out, struct err *e)
{
    struct buf b AUTO(buf_free) = BUF(4096);
    for (int i = 0; i < m->n_ids; i++) {
        struct str part = cell_of(&m->ids[i], cells, n);
        if (!part.len)
            return bad_cell(&m->ids[i], part, e, ERR_REQUIRED, "is no id: it is empty",
                            "是空的，每行都要有编号");
        if (i)
            buf_char(&b, '-');
        buf_str(&b, part);
    }
    if (!buf_ok(&b) || b.len > 200)
        return bad_cell(&m->ids[0], buf_view(&b), e, ERR_TOO_BIG, "is longer than 200 bytes",
                        "编号太长");
    *out = buf_dup(a, &b);
    return true;
}

static bool area_of(const struct import_map *m, const struct str *cells, size_t n, struct mapped *out,
                    struct err *e)
{
    struct str text = m->has_area ? cell_of(&m->area, cells, n) : STR_NONE;
    bool above = false;
    int i = text.len ? mapping_area(m, text, &above) : -1;
    if (i < 0 && m->reject_area)
        return bad_cell(&m->area, text, e, ERR_UNKNOWN_AREA, "is no area", "没有这个区划");
    out->area_unknown = i < 0 && m->has_area;
    out->area_above = i >= 0 && above;
    i = i < 0 ? m->fallback_area : i;
    out->area = i >= 0 ? m->w->areas[i].code : STR_NONE;
    return true;
}

static struct hash digest_of(const struct mapped *r)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    json_write(&b, r->fields);
    buf_printf(&b, "\n%.*s\n%lld", STR_F(r->area), (long long)r->known);
    return hash_sha256(buf_view(&b));
}

bool mapping_row(struct arena *a, const struct import_map *m, const struct str *cells, size_t n,
                 struct mapped *out, struct err *e)
{
    struct mapped r = {.known = TIME_NONE, .fields = json_new(a, J_OBJ)};
    size_t size = 0;
    for (size_t i = 0; i < n; i++) {
        size += cells[i].len;
        if (i >= m->n_header && str_trim(cells[i]).len)
            return err_set(e, ERR_INPUT, "the row has more cells than the header") ||
                   err_zh(e, "这一行的单元格比表头多");
    }
    if (size > LIMIT_EVENT_BODY / 2)
        return err_set(e, ERR_TOO_BIG, "the row is too large") || err_zh(e, "这一行太长");
    if (!id_of(a, m, cells, n, &r.ext_id, e) || !area_of(m, cells, n, &r, e))
        return false;
    r.source = cell_of(&m->source, cells, n);
    if (!r.source.len)
        return bad_cell(&m->source, r.source, e, ERR_REQUIRED, "names no source", "没有来源");
    struct str known = m->has_known ? cell_of(&m->known, cells, n) : STR_NONE;
    if (known.len && !time_parse(m->w->zone, known, &r.known))
        return bad_cell(&m->known, known, e, ERR_INPUT, "is no time", "不是时间");
    for (int i = 0; i < m->n_fields; i++) {
        struct json *v;
        const struct mapping_field *mf = &m->fields[i];
        if (!field_of(a, m, mf, cells, n, &v, e))
            return false;
        if (v->kind == J_NULL && required(m, mf))
            return bad_cell(&mf->from, STR_NONE, e, ERR_REQUIRED, "is required", "必填");
        json_set(a, r.fields, mf->name, v);
    }
    r.digest = digest_of(&r);
    *out = r;
    return true;
}
