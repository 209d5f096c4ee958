/* "This may have been reported already": asked while a form is being filled in, before it is sent. */
#include "api/api_int.h"
#include "search/similar.h"

static bool sees(void *self, const struct record *r)
{
    const struct call *c = self;
    return actor_sees(&c->actor, c->w, r);
}

/* In a body, since an address is written into the logs of proxies and this has the words of a report. */
static bool take(struct call *c, struct similar_question *q)
{
    static const char *const KNOWN[] = {"type", "area", "lon", "lat", "crs", "kind", "text", "place"};
    struct json *body;
    if (!call_body(c, &body) || !call_members(c, body, KNOWN, COUNT_OF(KNOWN)))
        return false;
    struct str code = json_text(body, "area");
    struct point_text at = {json_text(body, "lon"), json_text(body, "lat"), json_text(body, "crs")};
    *q = (struct similar_question){.w = c->w,
                                   .keys = engine_keys(c->api->engine),
                                   .type = json_text(body, "type"),
                                   .area = code.len ? world_area(c->w, code) : -1,
                                   .kind = json_text(body, "kind"),
                                   .text = str_trim(json_text(body, "text")),
                                   .place = str_trim(json_text(body, "place")),
                                   .now = c->now,
                                   .sees = sees,
                                   .self = c};
    if (code.len && q->area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (!q->type.len)
        return err_field(c->e, ERR_REQUIRED, "type", "type: name the record type");
    if (!call_point(c, &at, &q->has_point, &q->lon, &q->lat))
        return false;
    return q->has_point || code.len ||
           err_field(c->e, ERR_REQUIRED, "area", "area: name the area, or lon and lat");
}

static bool similar_post(struct call *c)
{
    struct similar_question q;
    struct similar found[SIMILAR_SHOWN];
    size_t n;
    if (!take(c, &q) || !similar_find(c->db, c->a, &q, found, &n, c->e))
        return false;
    struct reply r;
    if (!reply_rows(c, STR_NONE, &r))
        return true;
    for (size_t i = 0; i < n; i++) {
        struct view v;
        jo_obj(&r.o);
        jo_ki(&r.o, "near", found[i].near);
        jo_kb(&r.o, "same_kind", found[i].same_kind);
        jo_kb(&r.o, "same_area", found[i].same_area);
        if (found[i].metres >= 0)
            jo_ki(&r.o, "metres", found[i].metres);
        jo_key(&r.o, "record");
        if (!view_open(c, found[i].r, &v) || !view_row(&v, &r.o)) {
            buf_free(&r.b);
            return false;
        }
        jo_end(&r.o);
    }
    return reply_rows_end(c, &r);
}

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/similar", PERM_READ | PERM_ACT, similar_post, "可能重复的件",
           "What may be the same matter, at most three"),
     .body = "type, area, lon, lat, crs, kind, text, place"},
};
const struct route_list ROUTES_SIMILAR = {ROWS, COUNT_OF(ROWS)};
