/* The wall (大屏): six numbers of an area for a room, read live from what is open.  Matters are
 * counted, never people, and nothing is ranked. */
#include "api/api_int.h"
#include "api/api.sql.h"
#include "measure/indicator.h"

struct wall {
    int64_t open, due_today, overdue, returned, again, week, week_before;
};

static bool count_open(struct call *c, struct str scope, struct str type, struct wall *out)
{
    int64_t n;
    bool found;
    if (!store_int(c->db, sql_wall_open, BIND(C_TEXT(scope), C_TEXT(type)), &found, &n, c->e))
        return false;
    out->open += found ? n : 0;
    return true;
}

/* As the desk of the area lists it: desk.c. */
static bool count_waiting(struct call *c, struct str scope, struct str type, struct wall *out)
{
    int64_t day_end = zone_start(c->w->zone, zone_day(c->w->zone, c->now) + 1);
    struct rows r AUTO(rows_close) = store_query(
        c->db, sql_wall_waits, BIND(C_TEXT(scope), C_TEXT(type), C_INT(c->now), C_INT(day_end)), c->e);
    if (!rows_next(&r))
        return !err_is(c->e);
    out->due_today += rows_int(&r, 0);
    out->overdue += rows_int(&r, 1);
    out->returned += rows_int(&r, 2);
    return !err_is(c->e);
}

/* The field that says 同一地点再发 stands in the typed row of the record type. */
static bool count_again(struct call *c, const struct playbook *p, const struct record_def *def,
                        struct str scope, struct str type, struct wall *out)
{
    int64_t n;
    bool found;
    if (!def->recurs)
        return true;
    struct str sql = str_printf(
        c->a,
        "SELECT CAST(COUNT(*) AS BIGINT) FROM scope_open s CROSS JOIN %.*s f WHERE f.rid = s.rid"
        " AND s.scope = $1 AND s.type = $2 AND f.x_%.*s = 1",
        STR_F(table_name(c->a, p, def)), STR_F(def->fields[def->recurs->field].id));
    if (!store_int(c->db, sql.ptr, BIND(C_TEXT(scope), C_TEXT(type)), &found, &n, c->e))
        return false;
    out->again += found ? n : 0;
    return true;
}

/* What a line counts as found: its first count of everything by the day of opening. */
static const struct indicator *found_of(const struct playbook *p)
{
    for (int i = 0; i < p->n_indicators; i++) {
        const struct indicator *x = &p->indicators[i];
        if (x->kind == IND_COUNT && x->n_term >= 0 && !x->pending && !p->terms[x->n_term].expr &&
            p->terms[x->n_term].at_slot == ATTR_opened)
            return x;
    }
    return NULL;
}

static bool count_span(struct call *c, struct str id, struct str area, int32_t from, int32_t to,
                       int64_t *out)
{
    struct figure_question q = figure_question_new(c->now);
    struct figure f;
    q.id = id;
    q.area = area;
    q.from = from;
    q.to = to;
    if (!figure_ask(c->db, c->a, c->w, &q, &f, c->e))
        return false;
    *out += f.total.n;
    return true;
}

/* Monday to today, and the same days of the week before. */
static bool count_weeks(struct call *c, const struct playbook *p, struct str area, struct wall *out)
{
    const struct indicator *x = found_of(p);
    int32_t today = zone_day(c->w->zone, c->now), monday = today - day_weekday(today) + 1;
    if (!x)
        return true;
    struct str id = str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(x->id));
    return count_span(c, id, area, monday, today, &out->week) &&
           count_span(c, id, area, monday - 7, today - 7, &out->week_before);
}

static bool count_playbook(struct call *c, const struct playbook *p, int area, struct wall *out)
{
    struct str scope = str_printf(c->a, "a%lld", (long long)c->w->areas[area].aid);
    bool cases = false;
    for (int i = 0; i < p->n_records; i++) {
        const struct record_def *def = &p->records[i];
        struct str type = str_printf(c->a, "%.*s.%.*s", STR_F(p->id), STR_F(def->id));
        if (def->kind != KIND_CASE || def->place_field < 0) /* matters lie somewhere; papers do not */
            continue;
        cases = true;
        if (!count_open(c, scope, type, out) || !count_waiting(c, scope, type, out) ||
            !count_again(c, p, def, scope, type, out))
            return false;
    }
    return !cases || count_weeks(c, p, c->w->areas[area].code, out);
}

static bool wall_get(struct call *c)
{
    struct wall n = {.open = 0};
    struct str code = http_query(c->rq, "area");
    int area = world_area(c->w, code.len ? code : call_own_area(c));
    char day[16], at[40];
    if (area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    if (!actor_counts(&c->actor, c->w, area))
        return err_field(c->e, ERR_FORBIDDEN, "area", "figures of this area are not yours to see");
    for (int i = 0; i < c->w->n_playbooks; i++)
        if (c->w->playbooks[i].in_force && !count_playbook(c, c->w->playbooks[i].playbook, area, &n))
            return false;
    day_format(zone_day(c->w->zone, c->now), day);
    time_format(c->w->zone, c->now, at);
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "area", c->w->areas[area].code);
    jo_kv(&o, "area_name", c->w->areas[area].name);
    jo_kc(&o, "day", day);
    jo_kc(&o, "at", at);
    jo_ki(&o, "open", n.open);
    jo_ki(&o, "due_today", n.due_today);
    jo_ki(&o, "overdue", n.overdue);
    jo_ki(&o, "returned", n.returned);
    jo_ki(&o, "again", n.again);
    jo_ki(&o, "week", n.week);
    jo_ki(&o, "week_before", n.week_before);
    jo_end(&o);
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    return call_json(c, 200, &b);
}

static const struct param WALL_QUERY[] = {{"area", "code; absent: the widest area of the account"},
                                          {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/wall", PERM_COUNT, wall_get, "大屏：六个数", "The wall: six numbers"),
     .query = WALL_QUERY},
};
const struct route_list ROUTES_WALL = {ROWS, COUNT_OF(ROWS)};
