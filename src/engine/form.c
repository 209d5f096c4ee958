/* What a person gave becomes what is stored: checked field by field, detached where it may name
 * somebody. */
#include "engine/decide_int.h"
#include "record/chainage.h"
#include <inttypes.h>

static bool refuse(struct deciding *d, enum err_code code, const struct field *f, const char *en,
                   const char *zh)
{
    char name[96];
    snprintf(name, sizeof name, "%.*s", STR_F(f->id));
    err_field(d->e, code, name, "%s: %s", name, en);
    return err_zh(d->e, "%.*s：%s", STR_F(f->label.zh), zh);
}

struct json *form_detach(struct deciding *d, struct str json_text, bool vault)
{
    struct draft *dr = d->draft;
    dr->detached = arena_grow(d->a, dr->detached, dr->n_detached, &dr->cap_detached,
                              sizeof *dr->detached);
    struct detached *x = &dr->detached[dr->n_detached];
    *x = (struct detached){.k = (int64_t)dr->n_detached + 1, .vault = vault, .plain = json_text};
    dr->n_detached++;
    const uint8_t *dek = d->out->opens ? d->out->dek : d->s->dek;
    detached_make(d->a, x, dr->body.id, dek);
    struct json *ref = json_new(d->a, J_OBJ);
    json_set(d->a, ref, STR("$d"), json_new_int(d->a, x->k));
    json_set(d->a, ref, STR("c"), json_new_str(d->a, x->commitment));
    return ref;
}

struct str form_written(struct deciding *d, const struct json *j)
{
    struct buf b = BUF(LIMIT_EVENT_BODY * 2);
    json_write(&b, j);
    struct str s = buf_dup(d->a, &b);
    buf_free(&b);
    return s;
}

struct json *form_said(struct deciding *d, struct str s, bool vault)
{
    return form_detach(d, form_written(d, json_new_str(d->a, s)), vault);
}

static bool take_text(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    if (v->kind != J_STR)
        return refuse(d, ERR_INPUT, f, "expected text", "应填文字");
    struct str s = str_trim(v->s);
    if (!s.len) {
        *out = NULL;
        return true;
    }
    size_t most = f->max_chars > 0 ? (size_t)f->max_chars : LIMIT_TEXT_FIELD / 4;
    if (s.len > LIMIT_TEXT_FIELD || str_chars(s) > most)
        return refuse(d, ERR_TOO_BIG, f, "the text is too long", "文字太长");
    *out = form_said(d, s, f->vault);
    return true;
}

static bool take_number(struct deciding *d, const struct field *f, const struct json *v,
                        struct json **out)
{
    int decimals = f->type == FIELD_INTEGER ? 0 : f->type == FIELD_MONEY ? 2 : f->decimals;
    int64_t n = 0;
    struct str text = v->kind == J_INT ? str_printf(d->a, "%" PRId64, v->i) : str_trim(json_str(v));
    if (!text.len && v->kind == J_STR) {
        *out = NULL;
        return true;
    }
    if (!text.ptr || !str_decimal(text, decimals, &n))
        return refuse(d, ERR_INPUT, f,
                      decimals ? "expected a number with not more decimals than the field keeps"
                               : "expected a whole number",
                      decimals ? "应填数字，小数位数不能超过规定" : "应填整数");
    if (n < f->min || n > f->max)
        return refuse(d, ERR_INPUT, f, "outside the range that is allowed", "超出允许的范围");
    *out = json_new_int(d->a, n);
    return true;
}

static bool take_day(struct deciding *d, const struct field *f, const struct json *v,
                     struct json **out)
{
    int32_t day;
    if (v->kind == J_STR && !str_trim(v->s).len) {
        *out = NULL;
        return true;
    }
    if (v->kind != J_STR || !day_parse(v->s, &day))
        return refuse(d, ERR_INPUT, f, "expected a date like 2024-09-09", "应填日期，如 2024-09-09");
    *out = json_new_int(d->a, day);
    return true;
}

static bool take_time(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    int64_t t;
    if (v->kind == J_STR && !str_trim(v->s).len) {
        *out = NULL;
        return true;
    }
    if (v->kind != J_STR || !time_parse(d->w->zone, v->s, &t))
        return refuse(d, ERR_INPUT, f, "expected a time like 2024-09-09T08:50",
                      "应填时间，如 2024-09-09T08:50");
    *out = json_new_int(d->a, t);
    return true;
}

static bool take_code(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    if (v->kind == J_STR && !str_trim(v->s).len) {
        *out = NULL;
        return true;
    }
    const struct code_list *l = &d->playbook->lists[f->codes];
    int c = v->kind == J_STR ? list_code(l, str_trim(v->s)) : -1;
    if (c < 0)
        return refuse(d, ERR_UNKNOWN_CODE, f, "the code is not in its list", "不在代码表中");
    int32_t day = zone_day(d->w->zone, d->at);
    const struct code *code = &l->codes[c];
    if ((code->from != DAY_NONE && day < code->from) || (code->to != DAY_NONE && day > code->to))
        return refuse(d, ERR_UNKNOWN_CODE, f, "the code was not valid on that day", "该代码当日无效");
    *out = json_new_str(d->a, code->code);
    return true;
}

static bool take_area(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    int area = v->kind == J_STR ? world_area(d->w, str_trim(v->s)) : -1;
    if (area < 0)
        return refuse(d, ERR_UNKNOWN_AREA, f, "there is no such area", "没有这个区划");
    *out = json_new_str(d->a, d->w->areas[area].code);
    return true;
}

enum form_point form_point(const struct json *place, struct arena *a, struct form_at *out)
{
    const struct json *lon = json_get(place, "lon"), *lat = json_get(place, "lat");
    if (!crs_of(str_trim(json_text(place, "crs")), &out->crs))
        return FORM_POINT_SYSTEM;
    if (json_empty(lon) && json_empty(lat))
        return FORM_POINT_NONE;
    if (!lon || !lat || !crs_degrees(a, lon, 1800000000, &out->lon) || !crs_degrees(a, lat, 900000000, &out->lat))
        return FORM_POINT_DEGREES;
    out->given_lon = out->lon;
    out->given_lat = out->lat;
    crs_to_wgs84(out->crs, &out->lon, &out->lat);
    return FORM_POINT_OK;
}

static void put_point(struct arena *a, struct json *o, int64_t lon, int64_t lat)
{
    json_set(a, o, STR("lon"), json_new_int(a, lon));
    json_set(a, o, STR("lat"), json_new_int(a, lat));
}

/* A point is stored in WGS-84; beside it stands what was given, when that was another system (record/crs.h). */
static bool take_point(struct deciding *d, const struct field *f, const struct json *v, struct json *place)
{
    struct form_at at;
    switch (form_point(v, d->a, &at)) {
    case FORM_POINT_SYSTEM:
        return refuse(d, ERR_INPUT, f, "crs: expected WGS-84, CGCS2000 or GCJ-02",
                      "坐标系应为 WGS-84、CGCS2000 或 GCJ-02（百度坐标请先转换）");
    case FORM_POINT_DEGREES:
        return refuse(d, ERR_INPUT, f, "expected lon -180..180 and lat -90..90 in degrees",
                      "经度应在-180到180、纬度在-90到90之间");
    case FORM_POINT_NONE:
        return true;
    case FORM_POINT_OK:
        break;
    }
    put_point(d->a, place, at.lon, at.lat);
    if (at.crs == CRS_WGS84)
        return true;
    struct json *given = json_set(d->a, place, STR("given"), json_new(d->a, J_OBJ));
    json_set(d->a, given, STR("crs"), json_new_str(d->a, str_of(crs_name(at.crs))));
    put_point(d->a, given, at.given_lon, at.given_lat);
    return true;
}

static bool is_text(const struct json *v)
{
    return json_empty(v) || v->kind == J_STR;
}

/* "K12+300" and, apart or behind it, the far end. */
static bool take_chainage(struct deciding *d, const struct field *f, const struct json *v, struct json *place)
{
    struct str near = str_trim(json_text(v, "chainage")), far = str_trim(json_text(v, "chainage_to"));
    struct chainage c;
    if (!near.len && !far.len)
        return true;
    struct str both = far.len ? str_printf(d->a, "%.*s-%.*s", STR_F(near), STR_F(far)) : near;
    if (!chainage_parse(both, &c))
        return refuse(d, ERR_INPUT, f, "chainage: expected K12+300, or K12+300-K12+800 with the far end behind",
                      "桩号应写成 K12+300；一段路写成 K12+300-K12+800，终点在起点之后");
    json_set(d->a, place, STR("chainage"), json_new_int(d->a, c.from));
    if (c.to >= 0)
        json_set(d->a, place, STR("chainage_to"), json_new_int(d->a, c.to));
    return true;
}

static bool take_road(struct deciding *d, const struct field *f, const struct json *v, struct json *place)
{
    struct str road = str_trim(json_text(v, "road"));
    bool chainage = !json_empty(json_get(v, "chainage")) || !json_empty(json_get(v, "chainage_to"));
    if (!is_text(json_get(v, "road")) || !is_text(json_get(v, "chainage")) || !is_text(json_get(v, "chainage_to")))
        return refuse(d, ERR_INPUT, f, "road and chainage: expected texts", "道路和桩号应填文字");
    if (road.len > ROAD_MAX)
        return refuse(d, ERR_TOO_BIG, f, "the name of the road is too long", "道路名称太长，不超过40个字");
    if (chainage && !road.len)
        return refuse(d, ERR_REQUIRED, f, "which road is the chainage of?", "写了桩号，请写明是哪条路");
    if (road.len)
        json_set(d->a, place, STR("road"), json_new_str(d->a, road));
    return take_chainage(d, f, v, place);
}

static bool take_place(struct deciding *d, const struct field *f, const struct json *v,
                       struct json **out)
{
    struct json *place = json_new(d->a, J_OBJ);
    struct str text = v->kind == J_STR ? str_trim(v->s) : str_trim(json_text(v, "text"));
    if (text.len > LIMIT_TEXT_FIELD / 8)
        return refuse(d, ERR_TOO_BIG, f, "the place text is too long", "地点文字太长");
    if (text.len)
        json_set(d->a, place, STR("text"), json_new_str(d->a, text));
    if (!take_point(d, f, v, place))
        return false;
    if (!take_road(d, f, v, place))
        return false;
    if (v->kind != J_STR && v->kind != J_OBJ)
        return refuse(d, ERR_INPUT, f, "expected a text or {text, lon, lat}", "应填地点文字或坐标");
    *out = place->n ? form_detach(d, form_written(d, place), f->vault) : NULL;
    return true;
}

static bool take_person(struct deciding *d, const struct field *f, const struct json *v,
                        struct json **out)
{
    static const char *const KEYS[] = {"name",    "phone", "idno", "address", "role",
                                       "org",     "sex",   "age",  "minor",   "contact",
                                       "relation", "note"};
    struct json *p = json_new(d->a, J_OBJ);
    if (v->kind == J_STR && str_trim(v->s).len)
        json_set(d->a, p, STR("name"), json_new_str(d->a, str_trim(v->s)));
    else if (v->kind != J_OBJ && v->kind != J_STR)
        return refuse(d, ERR_INPUT, f, "expected a person as {name, phone, …}", "应填人员信息");
    JSON_EACH (c, v->kind == J_OBJ ? v : NULL) {
        bool known = false;
        for (size_t i = 0; i < COUNT_OF(KEYS); i++)
            known |= str_is(c->key, KEYS[i]);
        if (!known)
            return refuse(d, ERR_UNKNOWN_FIELD, f, "a person has no such detail", "没有这一项");
        if (!json_empty(c) && !(c->kind == J_STR && !c->s.len))
            json_set(d->a, p, c->key, json_clone(d->a, c));
    }
    *out = p->n ? form_detach(d, form_written(d, p), true) : NULL;
    return true;
}

static bool take_file(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    const char *en, *zh;
    const struct upload *u;
    if (v->kind == J_STR && !v->s.len) {
        *out = NULL;
        return true;
    }
    if (!form_upload(d, v->kind == J_STR ? v->s : json_text(v, "file"), &u, &en, &zh))
        return refuse(d, ERR_INPUT, f, en, zh);
    *out = form_file(d, u, f->vault);
    return true;
}

static bool take_ref(struct deciding *d, const struct field *f, const struct json *v,
                     struct json **out)
{
    struct id id;
    if (v->kind == J_STR && !str_trim(v->s).len) {
        *out = NULL;
        return true;
    }
    if (v->kind != J_STR || !id_parse(str_trim(v->s), &id))
        return refuse(d, ERR_INPUT, f, "expected an id", "应为编号");
    struct str text = id_text(d->a, id);
    if (f->type == FIELD_ORG && world_org(d->w, text) < 0)
        return refuse(d, ERR_INPUT, f, "there is no such unit", "没有这个单位");
    *out = json_new_str(d->a, text);
    return true;
}

static bool take_flag(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    bool yes = v->kind == J_TRUE || (v->kind == J_STR && (str_is(v->s, "true") || str_is(v->s, "TRUE") ||
                                                         str_is(v->s, "是") || str_is(v->s, "1")));
    bool no = v->kind == J_FALSE || (v->kind == J_STR && (str_is(v->s, "false") || str_is(v->s, "FALSE") ||
                                                         str_is(v->s, "否") || str_is(v->s, "0")));
    if (v->kind == J_STR && !v->s.len) {
        *out = NULL;
        return true;
    }
    if (!yes && !no)
        return refuse(d, ERR_INPUT, f, "expected true or false", "应选是或否");
    *out = json_new_bool(d->a, yes);
    return true;
}

static bool one_value(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    switch (f->type) {
    case FIELD_TEXT:
        return take_text(d, f, v, out);
    case FIELD_NUMBER:
    case FIELD_INTEGER:
    case FIELD_MONEY:
        return take_number(d, f, v, out);
    case FIELD_DATE:
        return take_day(d, f, v, out);
    case FIELD_TIME:
        return take_time(d, f, v, out);
    case FIELD_BOOLEAN:
        return take_flag(d, f, v, out);
    case FIELD_CODE:
        return take_code(d, f, v, out);
    case FIELD_AREA:
        return take_area(d, f, v, out);
    case FIELD_PLACE:
        return take_place(d, f, v, out);
    case FIELD_RECORD:
    case FIELD_ORG:
    case FIELD_ACCOUNT:
        return take_ref(d, f, v, out);
    case FIELD_PERSON:
        return take_person(d, f, v, out);
    case FIELD_FILE:
        return take_file(d, f, v, out);
    case FIELD_TABLE:
    case FIELD_COMPUTED:
        break;
    }
    return refuse(d, ERR_INPUT, f, "cannot be given", "不能填写");
}

/* Rows replace the table as a whole: rows that are not given again are deleted. */
static bool take_rows(struct deciding *d, const struct field *f, const struct json *v,
                      struct json **out)
{
    if (v->kind != J_ARR)
        return refuse(d, ERR_INPUT, f, "expected a list of rows", "应为若干行");
    if (v->n > LIMIT_ROWS_FIELD)
        return refuse(d, ERR_TOO_BIG, f, "too many rows", "行数太多");
    struct json *rows = json_new(d->a, J_ARR);
    int64_t i = 0;
    JSON_EACH (given, v) {
        struct json *row = json_push(rows, json_new(d->a, J_OBJ));
        json_set(d->a, row, STR("i"), json_new_int(d->a, ++i));
        for (int k = 0; k < f->n_columns; k++) {
            const struct field *col = &f->columns[k];
            const struct json *cell = json_get_str(given, col->id);
            struct json *value = NULL;
            if (!json_empty(cell) && !one_value(d, col, cell, &value))
                return false;
            if (!value && col->required)
                return refuse(d, ERR_REQUIRED, col, "is required in every row", "每行必填");
            if (value)
                json_set(d->a, row, col->id, value);
        }
    }
    const struct json *old = json_get_str(d->work->fields, f->id);
    JSON_EACH (row, old) {
        if (json_num(row, "i", 0) <= i)
            continue;
        struct json *del = json_push(rows, json_new(d->a, J_OBJ));
        json_set(d->a, del, STR("i"), json_new_int(d->a, json_num(row, "i", 0)));
        json_set(d->a, del, STR("del"), json_new_bool(d->a, true));
    }
    *out = rows;
    return true;
}

bool form_value(struct deciding *d, const struct field *f, const struct json *given,
                struct json **out)
{
    *out = NULL;
    if (json_empty(given))
        return true;
    if (f->type == FIELD_TABLE)
        return take_rows(d, f, given, out);
    if (!f->many)
        return one_value(d, f, given, out);
    struct json *list = json_new(d->a, J_ARR), *value;
    if (given->kind != J_ARR) { /* one value alone is a list of one */
        if (!one_value(d, f, given, &value))
            return false;
        if (value)
            json_push(list, value);
    } else {
        if (given->n > LIMIT_ROWS_FIELD)
            return refuse(d, ERR_TOO_BIG, f, "too many values", "数量太多");
        JSON_EACH (v, given) {
            if (!json_empty(v) && !one_value(d, f, v, &value))
                return false;
            if (!json_empty(v) && value)
                json_push(list, value);
        }
    }
    *out = list->n ? list : NULL;
    return true;
}

static bool import_attribute(struct deciding *d, int attr)
{
    const char *name = attr == ATTR_opened ? "opened" : attr == ATTR_closed ? "closed" : "due";
    const struct json *v = json_get(d->input, name);
    int64_t t;
    if (json_empty(v) || (v->kind == J_STR && !str_trim(v->s).len)) {
        if (attr == ATTR_closed && record_closed(d->work) != TIME_NONE)
            draft_set_time(d, "$closed", TIME_NONE);
        return true;
    }
    if (v->kind != J_STR || !time_parse(d->w->zone, v->s, &t))
        return err_field(d->e, ERR_INPUT, name, "%s: expected a time like 2024-09-09 08:50:00", name);
    if (attr == ATTR_closed)
        draft_set_time(d, "$closed", t);
    return true; /* opened became the time of the event before the form was read */
}

static bool shown(struct deciding *d, const struct field *f)
{
    struct xcontext c;
    if (!f->when_expr)
        return true;
    deciding_context(d, &c);
    return expr_true(f->when_expr, &c);
}

/* An import writes only the difference: does the row say what stands there?  Texts are compared as texts; those
 * that were just taken begin at `from` and are given back. */
static bool stands_there(struct deciding *d, const struct field *f, const struct json *value, size_t from)
{
    struct draft *dr = d->draft;
    const struct json *old = json_get_str(d->work->fields, f->id), *text = NULL;
    if (!old || !d->s->plain)
        return false;
    if (!field_detached(f->type))
        return f->type != FIELD_TABLE && json_same(old, value);
    const struct json *texts = json_get_str(d->s->plain, f->id);
    if (!texts || texts->n != dr->n_detached - from)
        return false;
    text = texts->first;
    for (size_t i = from; i < dr->n_detached; i++, text = text->next)
        if (!str_eq(text->s, dr->detached[i].plain))
            return false;
    dr->n_detached = from;
    return true;
}

bool form_take(struct deciding *d, const struct action *act)
{
    d->form = json_new(d->a, J_OBJ);
    for (int i = 0; i < act->n_form; i++) {
        const struct form_field *ff = &act->form[i];
        if (ff->field < 0) {
            if (!import_attribute(d, -1 - ff->field))
                return false;
            continue;
        }
        const struct field *f = &d->def->fields[ff->field];
        const struct json *given = json_get_str(d->input, f->id);
        struct json *value;
        size_t from = d->draft->n_detached;
        if (!form_value(d, f, given, &value))
            return false;
        if (value && act->import && stands_there(d, f, value, from)) {
            json_set(d->a, d->form, f->id, json_clone(d->a, json_get_str(d->work->fields, f->id)));
            continue;
        }
        if (!value && ff->required && shown(d, f))
            return refuse(d, ERR_REQUIRED, f, "is required", "必填");
        if (given && f->type == FIELD_TABLE && value) {
            json_set(d->a, d->draft->body.rows, f->id, value);
        } else if (value) {
            json_set(d->a, d->form, f->id, json_clone(d->a, value));
            json_set(d->a, d->draft->body.set, f->id, value);
        } else if (given && json_get_str(d->work->fields, f->id)) {
            json_set(d->a, d->draft->body.set, f->id, json_new(d->a, J_NULL)); /* emptied */
        }
    }
    return true;
}
