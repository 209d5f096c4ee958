/* One matter: what it is, its moves, and when they are made. */
#include "rehearse/rehearse_int.h"

enum { PARTS = 7 };

/* ---- values ---- */

static struct json *text_value(struct matter *m, struct str s)
{
    return s.len ? json_new_str(m->arena, s) : NULL;
}

static struct json *day_value(struct matter *m, int64_t t, int64_t days)
{
    char text[16];
    day_format(zone_day(m->cfg->plan->zone, t) + (int32_t)days, text);
    return json_new_str(m->arena, str_of(text));
}

static uint64_t stays(const struct matter *m, struct str word)
{
    struct dice d = dice_of(m->dealt.seed, str_hash(word));
    return dice_next(&d) >> 8;
}

static struct str unit_of(const struct matter *m, struct str kind)
{
    const struct played_org *o = cast_org(m->cfg->cast, kind, m->township, stays(m, kind));
    return o ? o->id : STR_NONE;
}

static struct json *named_value(struct matter *m, struct str name, int64_t t)
{
    if (str_is(name, "today"))
        return day_value(m, t, 0);
    if (str_is(name, "spot") || str_is(name, "deal"))
        return text_value(m, text_result(m, str_c(m->arena, name)));
    if (str_starts(name, STR("slot.")))
        return text_value(m, text_slot(m, str_c(m->arena, (struct str){name.ptr + 5, name.len - 5})));
    if (str_starts(name, STR("unit.")))
        return text_value(m, unit_of(m, (struct str){name.ptr + 5, name.len - 5}));
    struct json *v = json_get_str(m->draws, name);
    return v ? json_clone(m->arena, v) : NULL;
}

static int64_t scaled(const struct matter *m, int64_t n)
{
    return n * m->part / m->of;
}

static int64_t common(int64_t a, int64_t b)
{
    return b ? common(b, a % b) : a;
}

/* Dealt over the matters of a path and group instead of drawn: the shares come out exactly, by the
 * nearest whole number.  Each name walks through its path in a step of its own, so that two of them
 * are not tied to each other. */
static struct json *dealt_value(struct matter *m, struct str name, const struct json *map)
{
    int64_t of = max64(m->dealt.of, 1), sum = 0, up = 0;
    int64_t step = (int64_t)(str_hash(name) % (uint64_t)of) | 1;
    while (common(step, of) != 1)
        step += 2;
    int64_t at = (int64_t)((__int128)m->dealt.nth * step % of);
    JSON_EACH (x, map)
        sum += json_whole(x, 0);
    JSON_EACH (x, map) {
        up += json_whole(x, 0);
        if (sum > 0 && at < (up * of + sum / 2) / sum)
            return text_value(m, x->key);
    }
    return NULL;
}

/* NULL: left out. */
static struct json *value_of(struct matter *m, const struct json *v, int64_t t)
{
    if (json_is(v, J_STR)) {
        if (str_starts(v->s, STR("$")))
            return named_value(m, (struct str){v->s.ptr + 1, v->s.len - 1}, t);
        return json_clone(m->arena, v);
    }
    if (!json_is(v, J_OBJ))
        return NULL;
    if (!dice_percent(&m->dice, json_get(v, "chance")))
        return NULL;
    const struct json *range;
    if ((range = json_get(v, "value")))
        return value_of(m, range, t);
    if ((range = json_get(v, "deal")))
        return dealt_value(m, v->key, range);
    if ((range = json_get(v, "pick")))
        return text_value(m, dice_weighted(&m->dice, range)->key);
    if ((range = json_get(v, "int")))
        return text_value(m, str_printf(m->arena, "%lld",
                                        (long long)dice_int(&m->dice, json_whole(json_at(range, 0), 0),
                                                            json_whole(json_at(range, 1), 0))));
    if ((range = json_get(v, "days")))
        return day_value(m, t, scaled(m, dice_int(&m->dice, json_whole(json_at(range, 0), 0),
                                                  json_whole(json_at(range, 1), 0))));
    if (json_get(v, "person")) {
        struct json *o = json_new(m->arena, J_OBJ);
        json_set(m->arena, o, STR("name"), json_new_str(m->arena, text_person(m)));
        return o;
    }
    return NULL;
}

static void give_all(struct matter *m, const struct json *map, int64_t t, struct json *out)
{
    JSON_EACH (x, map) {
        struct json *v = value_of(m, x, t);
        if (!v)
            continue;
        json_set(m->arena, out, x->key, v);
        if (v->kind == J_STR)
            json_set(m->arena, m->given, x->key, json_clone(m->arena, v));
    }
}

static void give_fields(struct matter *m, struct move *mv)
{
    const struct json *forms = json_get(m->cfg->plan->root, "forms");
    struct str to = json_text(mv->step, "to"), form = json_text(mv->step, "form");
    mv->fields = json_new(m->arena, J_OBJ);
    if (form.len)
        give_all(m, json_get_str(forms, form), mv->t, mv->fields);
    JSON_EACH (f, json_get(mv->step, "forms"))
        give_all(m, json_get_str(forms, json_str(f)), mv->t, mv->fields);
    give_all(m, json_get(mv->step, "set"), mv->t, mv->fields);
    if (to.len) {
        m->sent_to = unit_of(m, to);
        json_set(m->arena, mv->fields, STR("to_org"), json_new_str(m->arena, m->sent_to));
    }
}

/* ---- the list of moves ---- */

static bool lay(struct matter *m, const struct json *list, const struct json **instead, struct err *e);

static bool lay_move(struct matter *m, const struct json *step, const struct json **instead,
                     struct err *e)
{
    if (!dice_percent(&m->dice, json_get(step, "chance")))
        return true;
    const struct json *timing = *instead ? *instead : step, *after = json_get(timing, "after");
    *instead = NULL;
    if (m->n_moves == MATTER_MOVES)
        return err_set(e, ERR_SYNTAX, "path %.*s: too many steps", STR_F(m->dealt.path_name));
    struct move *mv = &m->moves[m->n_moves++];
    *mv = (struct move){.step = step, .since = json_text(timing, "since")};
    mv->lo = after ? plan_delay(json_str(json_at(after, 0))) : 5 * MS_MINUTE;
    mv->hi = after ? plan_delay(json_str(json_at(after, 1))) : 20 * MS_MINUTE;
    if (mv->lo < 0 || mv->hi < mv->lo)
        return err_set(e, ERR_SYNTAX, "path %.*s: %.*s: expected after: [10m, 2h]",
                       STR_F(m->dealt.path_name), STR_F(json_text(step, "do")));
    return true;
}

static const struct json *chosen(struct matter *m, const struct json *list)
{
    int64_t sum = 0;
    JSON_EACH (x, list)
        sum += yaml_int(x, "weight", 1);
    int64_t at = dice_int(&m->dice, 0, sum - 1);
    JSON_EACH (x, list) {
        at -= yaml_int(x, "weight", 1);
        if (at < 0)
            return json_get(x, "steps");
    }
    return NULL;
}

static bool lay_step(struct matter *m, const struct json *step, const struct json **instead,
                     struct err *e)
{
    const struct json *sequences = json_get(m->cfg->plan->root, "sequences"), *list;
    struct str use = json_text(step, "use"), by = json_text(step, "switch");
    if (json_get(step, "do"))
        return lay_move(m, step, instead, e);
    if ((list = json_get(step, "choose")))
        return lay(m, chosen(m, list), instead, e);
    if (by.len) {
        list = json_get_str(step, json_str(json_get_str(m->draws, by)));
        return lay(m, list ? list : json_get(step, "*"), instead, e);
    }
    list = json_get_str(sequences, use);
    if (!list)
        return err_set(e, ERR_SYNTAX, "path %.*s: there is no sequence '%.*s'",
                       STR_F(m->dealt.path_name), STR_F(use));
    if (json_get(step, "after") && !*instead)
        *instead = step;
    return lay(m, list, instead, e);
}

static bool lay(struct matter *m, const struct json *list, const struct json **instead, struct err *e)
{
    JSON_EACH (step, list)
        if (!lay_step(m, step, instead, e))
            return false;
    return true;
}

/* ---- when ---- */

static int marked(const struct matter *m, const char *mark)
{
    for (int i = 0; i < m->n_moves; i++)
        if (str_is(json_text(m->moves[i].step, mark), "true"))
            return i;
    return -1;
}

static int64_t at_work(struct matter *m, int i, int64_t t, int dir)
{
    return cast_at_work(m->cfg->cast, m->cfg->plan->zone, json_text(m->moves[i].step, "by"), t, dir,
                        &m->dice);
}

static int64_t gap(struct matter *m, const struct move *mv)
{
    return max64(scaled(m, dice_log(&m->dice, mv->lo, mv->hi)), MS_MINUTE);
}

/* On its day, or, when the role does not work then, on another day of the same month. */
static int64_t on_its_day(struct matter *m, int i)
{
    const struct plan *p = m->cfg->plan;
    int32_t day = zone_day(p->zone, m->dealt.t);
    int64_t t = zone_start(p->zone, day) + dice_int(&m->dice, 7 * 60, 20 * 60) * MS_MINUTE;
    int64_t after = at_work(m, i, t, 1);
    int32_t moved = zone_day(p->zone, after);
    if (plan_month(p, moved) == plan_month(p, day) && after < p->now)
        return after;
    return at_work(m, i, t, -1);
}

/* A move that counts from a date of the matter. */
static int64_t counted(struct matter *m, const struct move *mv, int64_t before)
{
    int32_t day;
    if (!mv->since.len || !day_parse(json_str(json_get_str(m->given, mv->since)), &day))
        return before + gap(m, mv);
    int64_t t = zone_start(m->cfg->plan->zone, day) + 12 * MS_HOUR + gap(m, mv);
    return max64(t, before + 10 * MS_MINUTE);
}

static void choose_who(struct matter *m, struct move *mv)
{
    const struct cast *c = m->cfg->cast;
    struct str role = json_text(mv->step, "by");
    uint64_t nth = stays(m, role);
    mv->who = m->sent_to.len ? cast_pick(c, role, m->township, m->sent_to, nth) : NULL;
    if (!mv->who)
        mv->who = cast_pick(c, role, m->township, STR_NONE, nth);
}

static void set_times(struct matter *m, int registers)
{
    m->given = json_new(m->arena, J_OBJ);
    m->sent_to = STR_NONE;
    m->moves[registers].t = on_its_day(m, registers);
    for (int i = registers - 1; i >= 0; i--) {
        int64_t t = m->moves[i + 1].t - gap(m, &m->moves[i + 1]);
        m->moves[i].t = min64(at_work(m, i, t, -1), m->moves[i + 1].t - MS_MINUTE);
    }
    for (int i = 0; i < m->n_moves; i++) {
        struct move *mv = &m->moves[i];
        if (i > registers)
            mv->t = at_work(m, i, counted(m, mv, m->moves[i - 1].t), 1);
        choose_who(m, mv);
        give_fields(m, mv);
    }
}

/* Some openings are recorded days later, never across the edge of a month. */
static void draw_late(struct matter *m)
{
    const struct plan *p = m->cfg->plan;
    const struct json *late = json_get(p->root, "late"), *days = json_get(late, "days");
    if (!late || !dice_percent(&m->dice, json_get(late, "chance")))
        return;
    int32_t day = zone_day(p->zone, m->moves[0].t);
    int64_t back = dice_int(&m->dice, json_whole(json_at(days, 0), 1), json_whole(json_at(days, 1), 1));
    if (plan_month(p, day - (int32_t)back) == plan_month(p, day))
        m->late = back * MS_DAY;
}

static void choose_area(struct matter *m)
{
    const struct world *w = m->cfg->cast->world;
    int list[512], n = 0;
    for (int i = 0; i < w->n_areas && n < (int)COUNT_OF(list); i++)
        if (w->areas[i].parent == m->dealt.county)
            list[n++] = i;
    m->township = n ? list[dice_int(&m->dice, 0, n - 1)] : m->dealt.county;
    n = 0;
    for (int i = 0; i < w->n_areas && n < (int)COUNT_OF(list); i++)
        if (w->areas[i].parent == m->township)
            list[n++] = i;
    m->village = n ? list[dice_int(&m->dice, 0, n - 1)] : m->township;
}

static void draw_values(struct matter *m)
{
    m->draws = json_new(m->arena, J_OBJ);
    m->given = json_new(m->arena, J_OBJ);
    const struct json *sets[] = {json_get(m->cfg->plan->root, "draws"), m->dealt.draws,
                                 json_get(m->dealt.path, "draws")};
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        give_all(m, sets[i], m->dealt.t, m->draws);
}

bool matter_begin(struct matter *m, struct seen *seen, struct err *e)
{
    const struct json *instead = NULL;
    int64_t now = m->cfg->plan->now;
    m->dice = dice_of(m->dealt.seed, 1);
    m->moves = ARENA_ARRAY(m->arena, struct move, MATTER_MOVES);
    m->part = m->of = 1;
    choose_area(m);
    draw_values(m);
    if (!text_begin(m, seen, e) || !lay(m, json_get(m->dealt.path, "steps"), &instead, e))
        return false;
    int registers = marked(m, "registers"), result = marked(m, "result");
    if (registers < 0)
        return err_set(e, ERR_SYNTAX, "path %.*s: no step registers", STR_F(m->dealt.path_name));
    set_times(m, registers);
    for (int i = 0; m->dealt.firm && result >= 0 && m->moves[result].t >= now && i < PARTS; i++) {
        m->of *= 2;
        set_times(m, registers);
    }
    if (m->dealt.firm && result >= 0 && m->moves[result].t >= now)
        return err_set(e, ERR_SYNTAX, "path %.*s: the result cannot lie before now",
                       STR_F(m->dealt.path_name));
    draw_late(m);
    while (m->n_moves && m->moves[m->n_moves - 1].t >= now)
        m->n_moves--;
    for (int i = 0; i < m->n_moves; i++)
        if (!m->moves[i].who)
            return err_set(e, ERR_SYNTAX, "path %.*s: nobody is '%.*s' there",
                           STR_F(m->dealt.path_name), STR_F(json_text(m->moves[i].step, "by")));
    return true;
}
