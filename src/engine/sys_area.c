/* Areas: identities with dated codes, names and parents (decisions 21).
 *
 * A sys.area record is one event and never acted on again: a load of new areas, or a change of areas that
 * are there.  A change holds only what changes of each area (a patch by its aid), so the table of areas
 * is all of them applied in the order of their records.  Records are not touched by a move: the engine
 * takes them along afterwards (shift.c). */
#include "engine/decide_int.h"

enum { AREAS_AN_EVENT = 500 };

/* ---- new areas ---- */

struct new_area {
    struct str code;
    int64_t aid;
    int level;
};

static bool find_parent(struct deciding *d, const struct new_area *made, size_t n, struct str code,
                        int64_t *aid, int *level)
{
    *aid = 0;
    *level = 0;
    if (!code.len)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (str_eq(made[i].code, code)) {
            *aid = made[i].aid;
            *level = made[i].level;
            return true;
        }
    }
    int k = world_area(d->w, code);
    if (k < 0)
        return err_field(d->e, ERR_UNKNOWN_AREA, "parent",
                         "parent '%.60s' is not there (parents come before their children)",
                         str_c(d->a, code));
    *aid = d->w->areas[k].aid;
    *level = d->w->areas[k].level;
    return true;
}

static bool put_day(struct deciding *d, const struct json *given, const char *key, struct json *row)
{
    struct str s = str_trim(json_text(given, key));
    int32_t day;
    if (!s.len)
        return true;
    if (!day_parse(s, &day))
        return sys_bad(d, key, "expected a date like 2024-01-31");
    json_set(d->a, row, str_of(key), json_new_int(d->a, day));
    return true;
}

static bool load_areas(struct deciding *d, const struct json *list)
{
    if (!json_is(list, J_ARR) || !list->n || list->n > AREAS_AN_EVENT)
        return sys_bad(d, "areas", "expected a list of 1 to 500 areas");
    struct new_area *made = ARENA_ARRAY(d->a, struct new_area, list->n);
    struct json *rows = json_set(d->a, d->draft->body.rows, STR("areas"), json_new(d->a, J_ARR));
    int64_t next = d->w->n_areas ? d->w->areas[d->w->n_areas - 1].aid + 1 : 1;
    size_t n = 0;
    JSON_EACH (given, list) {
        struct str code = str_trim(json_text(given, "code")), name = str_trim(json_text(given, "name"));
        int64_t parent;
        int level;
        if (!code.len || code.len > 120 || !name.len)
            return sys_bad(d, "areas", "every area has a code and a name");
        if (!find_parent(d, made, n, str_trim(json_text(given, "parent")), &parent, &level))
            return false;
        if (level + 1 > LIMIT_AREA_DEPTH)
            return sys_bad(d, "areas", "the tree is deeper than 12 levels");
        int old = world_area(d->w, code);
        bool again = old >= 0 && str_eq(d->w->areas[old].code, code);
        for (size_t i = 0; i < n; i++)
            again |= str_eq(made[i].code, code);
        if (again)
            return err_field(d->e, ERR_UNIQUE, "code", "area '%.60s' is there already",
                             str_c(d->a, code));
        made[n] = (struct new_area){code, next++, level + 1};
        struct json *row = json_push(rows, json_new(d->a, J_OBJ));
        json_set(d->a, row, STR("i"), json_new_int(d->a, made[n].aid));
        json_set(d->a, row, STR("code"), json_new_str(d->a, code));
        json_set(d->a, row, STR("name"), json_new_str(d->a, name));
        json_set(d->a, row, STR("parent"), json_new_int(d->a, parent));
        json_set(d->a, row, STR("level"), json_new_int(d->a, level + 1));
        if (!put_day(d, given, "valid_from", row) || !put_day(d, given, "valid_to", row))
            return false;
        struct str successor = str_trim(json_text(given, "successor"));
        if (successor.len)
            json_set(d->a, row, STR("successor"), json_new_str(d->a, successor));
        n++;
    }
    return true;
}

/* ---- changes of what is there ---- */

static bool put_patch(struct deciding *d, int area, struct json **out)
{
    struct json *rows = json_get(d->draft->body.rows, "areas");
    if (!rows)
        rows = json_set(d->a, d->draft->body.rows, STR("areas"), json_new(d->a, J_ARR));
    if (rows->n == AREAS_AN_EVENT)
        return sys_bad(d, "code", "more than 500 areas would change at once");
    *out = json_push(rows, json_new(d->a, J_OBJ));
    json_set(d->a, *out, STR("i"), json_new_int(d->a, d->w->areas[area].aid));
    return true;
}

static void patch_text(struct deciding *d, struct json *row, const char *key, struct str s)
{
    json_set(d->a, row, str_of(key), json_new_str(d->a, s));
}

static bool named_area(struct deciding *d, const char *key, int *out)
{
    struct str code;
    if (!sys_need(d, key, &code))
        return false;
    *out = world_area(d->w, code);
    return *out >= 0 || err_field(d->e, ERR_UNKNOWN_AREA, key, "%s: there is no such area", key) ||
           err_zh(d->e, "没有这个区划");
}

static bool is_closed(struct deciding *d, int area)
{
    int32_t to = d->w->areas[area].to;
    return to != DAY_NONE && to < zone_day(d->w->zone, d->now);
}

static int depth_below(const struct world *w, int area)
{
    int deepest = 0;
    for (int at = w->areas[area].first; at <= w->areas[area].last; at++)
        deepest = deepest > w->areas[w->walk[at]].level ? deepest : w->areas[w->walk[at]].level;
    return deepest - w->areas[area].level;
}

/* May `area` come to lie below `parent`? */
static bool may_lie(struct deciding *d, int area, int parent, const char *field)
{
    if (world_area_below(d->w, parent, area))
        return err_field(d->e, ERR_INPUT, field, "it would lie below itself") ||
               err_zh(d->e, "不能划入它自己或下级");
    if (is_closed(d, parent))
        return err_field(d->e, ERR_WRONG_STATE, field, "that area is closed") ||
               err_zh(d->e, "目标区划已撤销");
    return d->w->areas[parent].level + 1 + depth_below(d->w, area) <= LIMIT_AREA_DEPTH ||
           sys_bad(d, field, "the tree would be deeper than 12 levels");
}

static bool put_parent(struct deciding *d, int area, int parent)
{
    struct json *row = NULL;
    if (!put_patch(d, area, &row))
        return false;
    json_set(d->a, row, STR("parent"), json_new_int(d->a, d->w->areas[parent].aid));
    return true;
}

static bool new_code(struct deciding *d, struct str code)
{
    int old = world_area(d->w, code);
    return old < 0 || !str_eq(d->w->areas[old].code, code) ||
           err_field(d->e, ERR_UNIQUE, "new_code", "area '%.60s' is there already", str_c(d->a, code)) ||
           err_zh(d->e, "这个代码已有区划使用");
}

/* Another code, name or validity: the same area. */
static bool change_area(struct deciding *d)
{
    int area = -1;
    struct json *row = NULL;
    if (!named_area(d, "code", &area) || !put_patch(d, area, &row))
        return false;
    struct str name = str_trim(json_text(d->input, "name")), code = str_trim(json_text(d->input, "new_code"));
    if (code.len > 120 || name.len > 400)
        return sys_bad(d, code.len > 120 ? "new_code" : "name", "is too long");
    if (code.len && !new_code(d, code))
        return false;
    if (code.len)
        patch_text(d, row, "code", code);
    if (name.len)
        patch_text(d, row, "name", name);
    if (!put_day(d, d->input, "valid_from", row) || !put_day(d, d->input, "valid_to", row))
        return false;
    return row->n > 1 || err_field(d->e, ERR_REQUIRED, "name",
                                   "name what changes: new_code, name, valid_from, valid_to");
}

static bool move_area(struct deciding *d)
{
    int area = -1, parent = -1;
    if (!named_area(d, "code", &area) || !named_area(d, "parent", &parent))
        return false;
    if (d->w->areas[area].parent == parent)
        return err_field(d->e, ERR_INPUT, "parent", "it lies there already") || err_zh(d->e, "本来就在那里");
    return may_lie(d, area, parent, "parent") && put_parent(d, area, parent);
}

/* Each below `parent`. */
static bool put_parents(struct deciding *d, const struct json *parts, const char *key, int parent)
{
    JSON_EACH (p, parts) {
        if (p->kind != J_OBJ)
            return sys_bad(d, key, "expected areas with code and name");
        patch_text(d, p, "parent", d->w->areas[parent].code);
    }
    return true;
}

static bool add_areas(struct deciding *d)
{
    int parent = -1;
    struct json *list = json_get(d->input, "areas");
    struct str from = json_text(d->input, "valid_from");
    if (!named_area(d, "code", &parent) || !put_parents(d, list, "areas", parent))
        return false;
    if (is_closed(d, parent))
        return err_field(d->e, ERR_WRONG_STATE, "code", "this area is closed") || err_zh(d->e, "这个区划已撤销");
    JSON_EACH (p, list)
        if (from.len)
            patch_text(d, p, "valid_from", from);
    return load_areas(d, list);
}

/* The day until which it is valid; without one, yesterday: closed from today on. */
static bool put_end(struct deciding *d, struct json *row)
{
    if (!put_day(d, d->input, "valid_to", row))
        return false;
    if (!json_get(row, "valid_to"))
        json_set(d->a, row, STR("valid_to"), json_new_int(d->a, zone_day(d->w->zone, d->now) - 1));
    return true;
}

/* What lay in it lies in the other now; itself stands there as closed, with the matters it has. */
static bool merge_area(struct deciding *d)
{
    int area = -1, into = -1;
    struct json *row = NULL;
    if (!named_area(d, "code", &area) || !named_area(d, "into", &into) || !may_lie(d, area, into, "into"))
        return false;
    if (d->w->areas[area].level != d->w->areas[into].level)
        return err_field(d->e, ERR_INPUT, "into", "areas of one level are merged; move it instead") ||
               err_zh(d->e, "只能并入同级区划");
    if (is_closed(d, area))
        return err_field(d->e, ERR_WRONG_STATE, "code", "this area is closed already") ||
               err_zh(d->e, "这个区划已撤销");
    if (!put_patch(d, area, &row) || !put_end(d, row))
        return false;
    json_set(d->a, row, STR("parent"), json_new_int(d->a, d->w->areas[into].aid));
    patch_text(d, row, "successor", d->w->areas[into].code);
    for (int i = 0; i < d->w->n_areas; i++)
        if (d->w->areas[i].parent == area && !put_parent(d, i, into))
            return false;
    return true;
}

static bool close_area(struct deciding *d)
{
    int area = -1, next = -1;
    struct json *row = NULL;
    struct str successor = str_trim(json_text(d->input, "successor"));
    if (!named_area(d, "code", &area) || (successor.len && !named_area(d, "successor", &next)) ||
        !put_patch(d, area, &row) || !put_end(d, row))
        return false;
    if (successor.len)
        patch_text(d, row, "successor", d->w->areas[next].code);
    return true;
}

/* The new ones are valid from the day behind the old one's last, unless they say otherwise. */
static void put_begin(struct deciding *d, const struct json *end, struct json *parts)
{
    char day[16];
    day_format((int32_t)json_num(end, "valid_to", 0) + 1, day);
    JSON_EACH (p, parts)
        if (!json_text(p, "valid_from").len)
            patch_text(d, p, "valid_from", str_dup(d->a, str_of(day)));
}

/* The old area stays, closed, under the same parent; its matters go to a new one only by an action. */
static bool split_area(struct deciding *d)
{
    int area = -1;
    struct json *row = NULL, *parts = json_get(d->input, "into");
    struct buf codes AUTO(buf_free) = BUF(64 * 1024);
    if (!named_area(d, "code", &area))
        return false;
    if (is_closed(d, area))
        return err_field(d->e, ERR_WRONG_STATE, "code", "this area is closed already") ||
               err_zh(d->e, "这个区划已撤销");
    if (!json_is(parts, J_ARR) || parts->n < 2 || d->w->areas[area].parent < 0)
        return sys_bad(d, "into", "expected two or more areas with code and name");
    if (!put_parents(d, parts, "into", d->w->areas[area].parent))
        return false;
    JSON_EACH (p, parts)
        buf_printf(&codes, "%s%.*s", codes.len ? " " : "", STR_F(str_trim(json_text(p, "code"))));
    struct json *end = json_new(d->a, J_OBJ);
    if (!put_end(d, end))
        return false;
    put_begin(d, end, parts);
    if (!load_areas(d, parts) || !put_patch(d, area, &row) || !put_end(d, row))
        return false;
    patch_text(d, row, "successor", buf_dup(d->a, &codes));
    return true;
}

bool sys_area(struct deciding *d, bool opening)
{
    static const struct {
        const char *act;
        bool (*decide)(struct deciding *d);
    } CHANGES[] = {{"add", add_areas},     {"change", change_area}, {"move", move_area},
                   {"merge", merge_area},  {"close", close_area},   {"split", split_area}};
    struct str act = d->ask->action;
    UNUSED(opening); /* always: areas are changed by records of their own */
    if (!act.len || str_is(act, "load"))
        return load_areas(d, json_get(d->input, "areas"));
    if (d->s->shifting)
        return err_set(d->e, ERR_BUSY, "areas are being moved: one after the other") ||
               err_zh(d->e, "上一次区划调整还在进行，请稍后");
    for (size_t i = 0; i < COUNT_OF(CHANGES); i++)
        if (str_is(act, CHANGES[i].act))
            return CHANGES[i].decide(d);
    return err_field(d->e, ERR_INPUT, "action", "expected load, add, change, move, merge, close or split");
}
