/* Borders of areas, from GeoJSON: one event names the file and holds the rings that were taken (record/border.h).
 * A border belongs to the area, whatever it is called or wherever it is moved; a later one takes its place. */
#include "engine/decide_int.h"
#include "record/border.h"

enum {
    AREAS_AN_EVENT = 200,
    TEXT_AN_EVENT = 200 * 1024,
    SLACK = 100000, /* 1e-7 degree, 1.1 km: so far borders of two sources may differ */
};

/* A border of another county, or in swapped numbers, is no border of this area. */
static bool near_parent(struct deciding *d, int area, const struct border *b)
{
    int up = d->w->areas[area].parent;
    while (up >= 0 && !d->w->areas[up].has_border)
        up = d->w->areas[up].parent;
    const struct area *p = up >= 0 ? &d->w->areas[up] : NULL;
    if (!p || (b->west >= p->west - SLACK && b->east <= p->east + SLACK && b->south >= p->south - SLACK &&
               b->north <= p->north + SLACK))
        return true;
    return err_field(d->e, ERR_INPUT, "geometry", "geometry: it does not lie within %s: is the code right, and crs?",
                     str_c(d->a, p->name)) ||
           err_zh(d->e, "边界不在上级“%s”的范围内，请检查代码和坐标系", str_c(d->a, p->name));
}

/* Of many the person is told which one. */
static bool name_it(struct deciding *d, struct str code)
{
    struct err was = *d->e;
    err_clear(d->e);
    err_field(d->e, was.code, was.field, "%.60s: %.300s", str_c(d->a, code), was.text);
    return err_zh(d->e, "%.60s：%.300s", str_c(d->a, code), was.zh);
}

static bool take_border(struct deciding *d, const struct json *given, enum crs crs, struct json *rows, size_t *size)
{
    struct str code = str_trim(json_text(given, "code"));
    struct border b;
    int area = world_area(d->w, code);
    if (area < 0)
        return err_field(d->e, ERR_UNKNOWN_AREA, "code", "there is no area '%.60s'", str_c(d->a, code)) ||
               err_zh(d->e, "没有代码为“%.60s”的区划", str_c(d->a, code));
    if (!border_take(d->a, json_get(given, "geometry"), crs, &b, d->e) || !near_parent(d, area, &b))
        return name_it(d, code);
    struct str rings = border_text(d->a, &b);
    *size += rings.len;
    if (*size > TEXT_AN_EVENT)
        return err_field(d->e, ERR_TOO_BIG, "borders", "borders: too many points for one action: send fewer areas") ||
               err_zh(d->e, "一次装入的点太多，请分几次");
    struct json *row = json_push(rows, json_new(d->a, J_OBJ));
    json_set(d->a, row, STR("i"), json_new_int(d->a, d->w->areas[area].aid));
    json_set(d->a, row, STR("rings"), json_new_str(d->a, rings));
    return true;
}

bool sys_borders(struct deciding *d, bool opening)
{
    const struct json *list = json_get(d->input, "borders");
    enum crs crs;
    size_t size = 0;
    UNUSED(opening);
    if (!crs_of(str_trim(json_text(d->input, "crs")), &crs))
        return sys_bad(d, "crs", "expected WGS-84, CGCS2000 or GCJ-02");
    if (!json_is(list, J_ARR) || !list->n || list->n > AREAS_AN_EVENT)
        return sys_bad(d, "borders", "expected a list of 1 to 200 of {code, geometry}");
    draft_set_c(d, "crs", str_of(crs_name(crs)));
    if (str_trim(json_text(d->input, "file")).len) /* SHA-256 of the file they stand in */
        draft_set_c(d, "file", str_trim(json_text(d->input, "file")));
    struct json *rows = json_set(d->a, d->draft->body.rows, STR("borders"), json_new(d->a, J_ARR));
    JSON_EACH (given, list)
        if (!take_border(d, given, crs, rows, &size))
            return false;
    return true;
}
