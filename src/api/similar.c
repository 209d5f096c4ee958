/* "This may have been reported already": asked while a form is being filled in, before it is sent. */
#include "api/api_int.h"
#include "search/similar.h"

static bool sees(void *self, const struct record *r)
{
    const struct call *c = self;
    return actor_sees(&c->actor, c->w, r);
}

static bool take(struct call *c, struct similar_question *q)
{
    struct str code = http_query(c->rq, "area");
    *q = (struct similar_question){.w = c->w,
                                   .keys = engine_keys(c->api->engine),
                                   .type = http_query(c->rq, "type"),
                                   .area = code.len ? world_area(c->w, code) : -1,
                                   .kind = http_query(c->rq, "kind"),
                                   .text = str_trim(http_query(c->rq, "text")),
                                   .place = str_trim(http_query(c->rq, "place")),
                                   .now = c->now,
                                   .sees = sees,
                                   .self = c};
    if (code.len && q->area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (!q->type.len)
        return err_field(c->e, ERR_REQUIRED, "type", "type: name the record type");
    if (!call_point(c, &q->has_point, &q->lon, &q->lat))
        return false;
    return q->has_point || code.len ||
           err_field(c->e, ERR_REQUIRED, "area", "area: name the area, or lon and lat");
}

static bool similar_get(struct call *c)
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

static const struct param QUERY[] = {{"type", "record type"},
                                     {"area", "code of the grid"},
                                     {"lon", "degrees, with lat"},
                                     {"lat", "degrees, with lon"},
                                     {"crs", "in which they are: WGS-84 (default), CGCS2000, GCJ-02"},
                                     {"kind", "code of the kind of matter"},
                                     {"text", "what is being reported"},
                                     {"place", "where, in words"},
                                     {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/similar", PERM_READ | PERM_ACT, similar_get, "可能重复的件",
           "What may be the same matter, at most three"),
     .query = QUERY},
};
const struct route_list ROUTES_SIMILAR = {ROWS, COUNT_OF(ROWS)};
