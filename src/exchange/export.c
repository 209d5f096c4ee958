#include "exchange/export.h"
#include "access/mask.h"
#include "exchange/csv.h"
#include "record/chainage.h"

/* ---- columns ---- */

enum head { HEAD_NUMBER, HEAD_STATE, HEAD_AREA, HEAD_AREA_CODE, HEAD_OPENED, HEAD_CLOSED, HEAD_DUE,
            HEAD_HOLDER, HEAD_COUNT };
static const struct {
    const char *id, *zh, *en;
    enum sheet_kind kind;
} HEAD[HEAD_COUNT] = {
    [HEAD_NUMBER] = {"number", "编号", "Number", SHEET_TEXT},
    [HEAD_STATE] = {"state", "状态", "State", SHEET_TEXT},
    [HEAD_AREA] = {"area_name", "区划", "Area", SHEET_TEXT},
    [HEAD_AREA_CODE] = {"area", "区划代码", "Area code", SHEET_TEXT},
    [HEAD_OPENED] = {"opened", "发生时间", "Happened at", SHEET_TIME},
    [HEAD_CLOSED] = {"closed", "办结时间", "Closed at", SHEET_TIME},
    [HEAD_DUE] = {"due", "到期时间", "Due at", SHEET_TIME},
    [HEAD_HOLDER] = {"holder", "承办单位", "Held by", SHEET_TEXT},
};

struct str export_name(const struct export_list *x, const struct words *w)
{
    return x->words == EXPORT_EN && w->en.len ? w->en : w->zh;
}

static enum sheet_kind kind_of(const struct field *f, int *decimals)
{
    int d = 0;
    enum xtype t = f->type == FIELD_COMPUTED ? f->computed_type : field_xtype(f, &d);
    *decimals = f->type == FIELD_COMPUTED ? f->computed_decimals : d;
    if (f->many)
        return SHEET_TEXT;
    return t == X_DATE      ? SHEET_DATE
           : t == X_TIME    ? SHEET_TIME
           : t == X_INT     ? SHEET_INT
           : t == X_DECIMAL ? SHEET_DECIMAL
                            : SHEET_TEXT;
}

static void add_field(struct arena *a, struct export_list *x, int field)
{
    static const char *const SUB[] = {"text", "lon", "lat"};
    static const struct words ADDED[] = {{STR(""), STR("")},
                                         {STR("经度"), STR(", longitude")},
                                         {STR("纬度"), STR(", latitude")}};
    const struct field *f = &x->def->fields[field];
    struct export_column c = {.id = f->id, .field = field, .part = EXPORT_FIELD};
    c.sheet.title = export_name(x, &f->label);
    if (f->type == FIELD_TABLE || f->type == FIELD_FILE || f->type == FIELD_ACCOUNT)
        return;
    if (f->type != FIELD_PLACE || f->many) {
        c.sheet.kind = kind_of(f, &c.sheet.decimals);
        x->columns[x->n++] = c;
        return;
    }
    for (int i = 0; i < 3; i++) {
        c.part = (enum export_part)(EXPORT_PLACE_TEXT + i);
        c.id = str_printf(a, "%.*s.%s", STR_F(f->id), SUB[i]);
        c.sheet.title = str_printf(a, "%.*s%.*s", STR_F(export_name(x, &f->label)), STR_F(export_name(x, &ADDED[i])));
        c.sheet.kind = i ? SHEET_DECIMAL : SHEET_TEXT;
        c.sheet.decimals = i ? 7 : 0;
        x->columns[x->n++] = c;
    }
}

bool export_open(struct arena *a, struct store *db, const struct keys *keys, const struct world *w,
                 struct str type, enum export_words words, struct export_list *out, struct err *e)
{
    struct export_list x = {.db = db, .keys = keys, .w = w, .words = words};
    int record;
    if (!world_type(w, type, STR_NONE, &x.playbook, &record))
        return err_field(e, ERR_INPUT, "type", "there is no record type '%.*s'",
                         (int)(type.len < 60 ? type.len : 60), type.ptr);
    x.def = &x.playbook->records[record];
    x.columns = ARENA_ARRAY(a, struct export_column, HEAD_COUNT + 3 * x.def->n_fields);
    for (int i = 0; i < HEAD_COUNT; i++)
        x.columns[x.n++] = (struct export_column){
            .id = str_of(HEAD[i].id),
            .field = -1,
            .head = i,
            .sheet = {.title = str_of(words == EXPORT_EN ? HEAD[i].en : HEAD[i].zh), .kind = HEAD[i].kind}};
    for (int i = 0; i < x.def->n_fields; i++)
        add_field(a, &x, i);
    for (size_t i = 0; words == EXPORT_RAW && i < x.n; i++)
        x.columns[i].sheet.title = x.columns[i].id;
    *out = x;
    return true;
}

static bool is_asked(const struct export_list *x, const struct export_column *c, struct str id)
{
    return str_eq(c->id, id) || (c->field >= 0 && str_eq(x->def->fields[c->field].id, id));
}

bool export_pick(struct arena *a, struct export_list *x, struct str ids, struct err *e)
{
    struct export_column *kept = ARENA_ARRAY(a, struct export_column, x->n);
    size_t n = 0;
    while (ids.ptr) {
        struct str id = str_trim(str_cut(ids, ',', &ids));
        bool known = false;
        for (size_t i = 0; i < x->n; i++) {
            if (!is_asked(x, &x->columns[i], id))
                continue;
            for (size_t k = 0; k < n; k++)
                if (str_eq(kept[k].id, x->columns[i].id))
                    return err_field(e, ERR_INPUT, "columns", "columns: '%.*s' is named twice", STR_F(id));
            known = true;
            kept[n++] = x->columns[i];
        }
        int f = record_field(x->def, id);
        if (f >= 0 && x->def->fields[f].type == FIELD_ACCOUNT)
            return err_field(e, ERR_PRIVACY, "columns", "columns: '%.*s' is a person", STR_F(id));
        if (!known)
            return err_field(e, ERR_INPUT, "columns", "columns: '%.*s' cannot leave in a table",
                             (int)(id.len < 60 ? id.len : 60), id.ptr);
    }
    x->columns = kept;
    x->n = n;
    return true;
}

/* ---- values ---- */

struct row {
    struct arena *a;
    const struct export_list *x;
    const struct record *r;
    int dek; /* 0: not asked yet, 1: there, -1: none */
    uint8_t key[CIPHER_KEY];
};

static bool plain_of(struct row *row, const struct json *ref, struct json **out, struct err *e)
{
    bool found;
    struct str text = STR_NONE;
    *out = NULL;
    if (!row->dek) {
        if (!record_dek(row->x->db, row->x->keys, row->r->rid, row->r->id, &found, row->key, e))
            return false;
        row->dek = found ? 1 : -1;
    }
    if (row->dek < 0)
        return true;
    if (!detached_read(row->x->db, row->a, json_num(ref, "s", -1), json_num(ref, "$d", -1), row->key,
                       &text, e))
        return false;
    return !text.ptr || json_own(row->a, text, out, e);
}

static struct str name_of(struct row *row, const struct field *f, struct str code)
{
    const struct world *w = row->x->w;
    int i;
    if (row->x->words == EXPORT_RAW)
        return code;
    if (f->type == FIELD_CODE) {
        const struct code_list *l = &row->x->playbook->lists[f->codes];
        i = list_code(l, code);
        return i >= 0 ? export_name(row->x, &l->codes[i].name) : code;
    }
    if (f->type == FIELD_AREA) {
        i = world_area(w, code);
        return i < 0 ? code : area_title(&w->areas[i]);
    }
    i = f->type == FIELD_ORG ? world_org(w, code) : -1;
    return i >= 0 ? w->orgs[i].name : code;
}

static bool detached_cell(struct row *row, const struct export_column *c, const struct field *f,
                          const struct json *ref, struct sheet_cell *out, struct err *e)
{
    struct json *v;
    if (f->vault && f->type != FIELD_PERSON) {
        bool text = c->sheet.kind == SHEET_TEXT;
        *out = (struct sheet_cell){.null = !text, .s = STR(MASK_TEXT)};
        return true;
    }
    if (!plain_of(row, ref, &v, e))
        return false;
    if (f->type == FIELD_PERSON)
        v = v ? json_get(mask_person(row->a, v), "name") : NULL;
    if (f->type == FIELD_PLACE) {
        static const char *const KEYS[] = {"", "text", "lon", "lat"};
        bool words = c->part == EXPORT_FIELD || c->part == EXPORT_PLACE_TEXT;
        v = words && json_get(v, "road") ? json_new_str(row->a, place_words(row->a, v))
                                         : json_get(v, KEYS[words ? EXPORT_PLACE_TEXT : c->part]);
    }
    out->null = !v;
    out->s = json_str(v);
    out->i = v ? v->i : 0;
    return true;
}

static bool one_cell(struct row *row, const struct export_column *c, const struct field *f,
                     const struct json *v, struct sheet_cell *out, struct err *e)
{
    *out = (struct sheet_cell){.null = json_empty(v)};
    if (out->null)
        return true;
    if (value_detached(v))
        return detached_cell(row, c, f, v, out, e);
    out->i = v->i;
    if (v->kind == J_TRUE || v->kind == J_FALSE) {
        static const struct str BOOL[][2] = {[EXPORT_ZH] = {STR("否"), STR("是")},
                                             [EXPORT_EN] = {STR("No"), STR("Yes")},
                                             [EXPORT_RAW] = {STR("false"), STR("true")}};
        out->s = BOOL[row->x->words][v->kind == J_TRUE];
    } else if (v->kind == J_STR) {
        out->s = name_of(row, f, v->s);
    } else if (v->kind == J_INT && c->sheet.kind == SHEET_TEXT) {
        out->s = str_printf(row->a, "%lld", (long long)v->i);
    }
    return true;
}

/* Sealed: nothing that was written about it leaves in a list, before the seal or behind it. */
static bool field_cell(struct row *row, const struct export_column *c, struct sheet_cell *out,
                       struct err *e)
{
    const struct field *f = &row->x->def->fields[c->field];
    const struct json *v = json_get_str(row->r->fields, f->id);
    if (record_sealed(row->r)) {
        bool text = c->sheet.kind == SHEET_TEXT;
        *out = (struct sheet_cell){.null = !text, .s = STR(MASK_TEXT)};
        return true;
    }
    if (!json_is(v, J_ARR))
        return one_cell(row, c, f, v, out, e);
    struct buf all AUTO(buf_free) = BUF(LIMIT_EVENT_BODY);
    JSON_EACH (item, v) {
        struct sheet_cell one;
        if (!one_cell(row, c, f, item, &one, e))
            return false;
        if (!one.null)
            buf_printf(&all, "%s%.*s", all.len ? "；" : "", STR_F(one.s));
    }
    *out = (struct sheet_cell){.null = !all.len, .s = buf_dup(row->a, &all)};
    return true;
}

static struct str holder_name(const struct row *row, struct str id)
{
    int org = id.len ? world_org(row->x->w, id) : -1;
    return org >= 0 && row->x->words != EXPORT_RAW ? row->x->w->orgs[org].name : id;
}

static void head_cell(const struct row *row, enum head h, struct sheet_cell *out)
{
    const struct record *r = row->r;
    int state = record_state(row->x->def, r->state), area = world_area_by_id(row->x->w, r->area);
    int64_t t = h == HEAD_OPENED   ? r->opened
                : h == HEAD_CLOSED ? record_closed(r)
                : h == HEAD_DUE    ? record_due(r)
                                   : TIME_NONE;
    struct str s = STR_NONE;
    if (h == HEAD_NUMBER)
        s = r->number;
    else if (h == HEAD_STATE)
        s = state < 0 || row->x->words == EXPORT_RAW ? r->state
                                                      : export_name(row->x, &row->x->def->states[state].name);
    else if (h == HEAD_AREA_CODE)
        s = r->code;
    else if (h == HEAD_AREA && area >= 0)
        s = area_title(&row->x->w->areas[area]);
    else if (h == HEAD_HOLDER)
        s = holder_name(row, record_holder(r));
    *out = (struct sheet_cell){.null = !s.len && t == TIME_NONE, .i = t, .s = s};
}

bool export_cells(struct arena *a, const struct export_list *x, const struct record *r,
                  struct sheet_cell *cells, struct err *e)
{
    struct row row = {.a = a, .x = x, .r = r};
    for (size_t i = 0; i < x->n; i++) {
        if (x->columns[i].field < 0)
            head_cell(&row, (enum head)x->columns[i].head, &cells[i]);
        else if (!field_cell(&row, &x->columns[i], &cells[i], e))
            return false;
    }
    return true;
}

/* ---- as text ---- */

struct str export_cell_text(struct arena *a, const struct export_list *x,
                               const struct export_column *c, const struct sheet_cell *v)
{
    char text[40];
    struct buf b = BUF(64);
    struct str s;
    if (v->null)
        return STR("");
    switch (c->sheet.kind) {
    case SHEET_TEXT:
        return v->s;
    case SHEET_INT:
        return str_printf(a, "%lld", (long long)v->i);
    case SHEET_DECIMAL:
        buf_decimal(&b, v->i, c->sheet.decimals);
        break;
    case SHEET_DATE:
        day_format((int32_t)v->i, text);
        buf_c(&b, text);
        break;
    case SHEET_TIME:
        time_format(x->w->zone, v->i, text);
        buf_c(&b, text);
        if (x->words != EXPORT_RAW) { /* 2024-09-09 08:50:00: what spreadsheets take for a time */
            b.ptr[10] = ' ';
            b.len = 19;
        }
        break;
    }
    s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

void export_csv_head(struct arena *a, const struct export_list *x, struct buf *out)
{
    struct str *titles = ARENA_ARRAY(a, struct str, x->n);
    for (size_t i = 0; i < x->n; i++)
        titles[i] = x->columns[i].sheet.title;
    csv_write_row(out, titles, x->n);
}

void export_csv_row(struct arena *a, const struct export_list *x, const struct sheet_cell *cells,
                    struct buf *out)
{
    struct str *row = ARENA_ARRAY(a, struct str, x->n);
    for (size_t i = 0; i < x->n; i++)
        row[i] = export_cell_text(a, x, &x->columns[i], &cells[i]);
    csv_write_row(out, row, x->n);
}

/* ---- as JSON ---- */

static void json_value(const struct export_list *x, const struct export_column *c,
                       const struct sheet_cell *v, struct json_out *o)
{
    char text[40];
    const struct field *f = c->field >= 0 ? &x->def->fields[c->field] : NULL;
    switch (c->sheet.kind) {
    case SHEET_TEXT:
        if (f && f->many) {
            struct str rest = v->s;
            jo_arr(o);
            while (rest.len) {
                size_t n = 0;
                while (n < rest.len && !str_starts((struct str){rest.ptr + n, rest.len - n}, STR("；")))
                    n++;
                jo_str(o, (struct str){rest.ptr, n});
                n = n < rest.len ? n + STR("；").len : n;
                rest = (struct str){rest.ptr + n, rest.len - n};
            }
            jo_end(o);
        } else if (f && f->type == FIELD_BOOLEAN) {
            jo_bool(o, str_is(v->s, "true"));
        } else {
            jo_str(o, v->s);
        }
        return;
    case SHEET_INT:
        jo_int(o, v->i);
        return;
    case SHEET_DECIMAL:
        jo_decimal(o, v->i, c->sheet.decimals);
        return;
    case SHEET_DATE:
        day_format((int32_t)v->i, text);
        break;
    case SHEET_TIME:
        time_format(x->w->zone, v->i, text);
        break;
    }
    jo_c(o, text);
}

/* The three columns of a place are one object. */
static void json_place(const struct export_list *x, size_t i, const struct sheet_cell *cells,
                       struct json_out *o)
{
    static const char *const KEYS[] = {"text", "lon", "lat"};
    if (cells[i].null && cells[i + 1].null)
        return;
    jo_key_str(o, x->def->fields[x->columns[i].field].id);
    jo_obj(o);
    for (size_t k = 0; k < 3; k++)
        if (!cells[i + k].null) {
            jo_key(o, KEYS[k]);
            json_value(x, &x->columns[i + k], &cells[i + k], o);
        }
    jo_end(o);
}

void export_json_row(const struct export_list *x, const struct record *r,
                     const struct sheet_cell *cells, struct json_out *o)
{
    char id[ID_TEXT + 1];
    ASSERT(x->words == EXPORT_RAW);
    id_format(r->id, id);
    jo_obj(o);
    jo_kc(o, "id", id);
    jo_kv(o, "type", r->type);
    jo_ki(o, "version", r->ver);
    size_t i = 0;
    for (; i < HEAD_COUNT; i++)
        if (!cells[i].null) {
            jo_key_str(o, x->columns[i].id);
            json_value(x, &x->columns[i], &cells[i], o);
        }
    jo_key(o, "fields");
    jo_obj(o);
    for (; i < x->n; i++) {
        if (x->columns[i].part == EXPORT_PLACE_TEXT)
            json_place(x, i, cells, o);
        if (x->columns[i].part != EXPORT_FIELD || cells[i].null)
            continue;
        jo_key_str(o, x->columns[i].id);
        json_value(x, &x->columns[i], &cells[i], o);
    }
    jo_end(o);
    jo_end(o);
}
