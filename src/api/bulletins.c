/* A bulletin as it may leave the house. */
#include "api/api_int.h"
#include "exchange/bulletin_file.h"

static bool bulletin_get(struct call *c)
{
    struct id id;
    struct record *r;
    struct bulletin b;
    bool is;
    if (!call_id(c, "id", &id) || !view_load(c, id, &r) ||
        !bulletin_open(c->db, c->a, c->w, engine_keys(c->api->engine), r, &is, &b, c->e))
        return false;
    if (!is)
        return err_set(c->e, ERR_NOT_FOUND, "this record is no bulletin");
    struct buf out = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&out);
    bulletin_write(&o, c->w, &b);
    return call_json(c, 200, &out);
}

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/records/{id}/bulletin", PERM_READ, bulletin_get, "简报：填好数的正文和每个数",
           "A bulletin: its text with figures, and each figure")},
};
const struct route_list ROUTES_BULLETINS = {ROWS, COUNT_OF(ROWS)};
