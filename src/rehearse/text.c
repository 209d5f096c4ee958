/* What a matter is about, in the words of texts.yaml (its head says how they are put together). */
#include "rehearse/rehearse_int.h"

enum { LINES = 160, TRIES = 200, DEPTH = 6 };

/* ---- sentences the log has ---- */

struct seen {
    struct arena *arena;
    uint64_t *table;
    size_t n, cap;
};

struct seen *seen_new(struct arena *a)
{
    struct seen *s = ARENA_NEW(a, struct seen);
    *s = (struct seen){.arena = a, .cap = 1 << 12};
    s->table = ARENA_ARRAY(a, uint64_t, s->cap);
    return s;
}

static bool put_hash(uint64_t *table, size_t cap, uint64_t h)
{
    size_t i = h & (cap - 1);
    for (; table[i]; i = (i + 1) & (cap - 1))
        if (table[i] == h)
            return false;
    table[i] = h;
    return true;
}

bool seen_add(struct seen *s, struct str text)
{
    if (s->n * 2 >= s->cap) {
        uint64_t *wide = ARENA_ARRAY(s->arena, uint64_t, s->cap * 2);
        for (size_t i = 0; i < s->cap; i++)
            if (s->table[i])
                put_hash(wide, s->cap * 2, s->table[i]);
        s->table = wide;
        s->cap *= 2;
    }
    uint64_t h = str_hash(text);
    bool new = put_hash(s->table, s->cap, h ? h : 1);
    s->n += new;
    return new;
}

/* ---- lines of a slot ---- */

struct lines {
    struct str list[LINES];
    int n;
};

static struct str kept(const struct matter *m, struct str name)
{
    for (int i = 0; i < m->n_slots; i++)
        if (str_eq(m->slots[i].name, name))
            return m->slots[i].value;
    return STR_NONE;
}

static void keep(struct matter *m, struct str name, struct str value)
{
    ASSERT(m->n_slots < MATTER_SLOTS);
    m->slots[m->n_slots].name = name;
    m->slots[m->n_slots++].value = value;
}

/* "[words]line" is only for a cause that contains one of the words. */
static bool line_fits(const struct matter *m, struct str *line)
{
    if (str_has(*line, STR("{amount}")) && !json_get(m->draws, "amount"))
        return false;
    if (!str_starts(*line, STR("[")))
        return true;
    struct str rest, words = str_cut((struct str){line->ptr + 1, line->len - 1}, ']', &rest);
    struct str why = kept(m, STR("why"));
    *line = rest;
    while (words.ptr && words.len) {
        struct str word = str_trim(str_cut(words, ',', &words));
        if (word.len && str_has(why, word))
            return true;
    }
    return false;
}

static void add_lines(const struct matter *m, const struct json *list, struct lines *out)
{
    if (json_is(list, J_STR) && out->n < LINES) {
        struct str line = list->s;
        if (line_fits(m, &line))
            out->list[out->n++] = line;
    }
    if (json_is(list, J_OBJ)) {
        add_lines(m, json_get(list, "any"), out);
        add_lines(m, json_get_str(list, m->profile), out);
    }
    JSON_EACH (x, json_is(list, J_ARR) ? list : NULL)
        add_lines(m, x, out);
}

static struct str draw_line(struct matter *m, struct str name)
{
    const struct json *slots = json_get(m->cfg->plan->texts, "slots");
    struct lines lines = {.n = 0};
    add_lines(m, json_get_str(m->variant, name), &lines);
    if (!lines.n)
        add_lines(m, json_get_str(slots, name), &lines);
    if (!lines.n)
        add_lines(m, json_get_str(slots, str_printf(m->arena, "%.*s_any", STR_F(name))), &lines);
    return lines.n ? lines.list[dice_int(&m->dice, 0, lines.n - 1)] : STR_NONE;
}

/* ---- filling ---- */

static void fill(struct matter *m, struct buf *out, struct str text, int depth);

static struct str filled(struct matter *m, struct str text, int depth)
{
    struct buf b = BUF(64 * 1024);
    fill(m, &b, text, depth);
    struct str s = buf_dup(m->arena, &b);
    buf_free(&b);
    return s;
}

static struct str surname(struct matter *m)
{
    struct str s = m->surname;
    for (int i = 0; i < 8 && (!s.len || str_eq(s, m->surname)); i++)
        s = draw_line(m, STR("surname"));
    return m->surname = s;
}

struct str text_person(struct matter *m)
{
    return str_printf(m->arena, "%.*s某", STR_F(surname(m)));
}

static bool fill_number(struct matter *m, struct buf *out, struct str name)
{
    struct str to, from = str_cut(name, '-', &to);
    int64_t a, b;
    if (!to.ptr || !str_int(from, &a) || !str_int(to, &b))
        return false;
    buf_i64(out, dice_int(&m->dice, a, b));
    return true;
}

static void fill_slot(struct matter *m, struct buf *out, struct str name, int depth)
{
    if (fill_number(m, out, name))
        return;
    if (str_is(name, "surname")) {
        buf_str(out, surname(m));
        return;
    }
    struct str value = json_str(json_get_str(m->draws, name));
    if (!value.ptr)
        value = kept(m, name);
    if (!value.ptr) {
        value = filled(m, draw_line(m, name), depth + 1);
        if (!str_is(name, "given"))
            keep(m, name, value);
    }
    buf_str(out, value);
}

static void fill(struct matter *m, struct buf *out, struct str text, int depth)
{
    while (text.len) {
        struct str rest, before = str_cut(text, '{', &rest);
        buf_str(out, before);
        if (!rest.ptr || depth > DEPTH)
            return;
        struct str name = str_cut(rest, '}', &text);
        fill_slot(m, out, name, depth);
    }
}

struct str text_slot(struct matter *m, const char *name)
{
    return filled(m, draw_line(m, str_of(name)), 0);
}

struct str text_result(struct matter *m, const char *which)
{
    struct str got = kept(m, str_of(which));
    if (got.ptr)
        return got;
    got = filled(m, draw_line(m, str_of(which)), 0);
    keep(m, str_of(which), got);
    return got;
}

/* ---- the type and its variant ---- */

static bool variant_fits(const struct matter *m, const struct json *v)
{
    if (!json_lists(json_get(v, "in"), m->profile))
        return false;
    return !str_is(json_text(m->dealt.path, "spot"), "true") || json_get(v, "spot");
}

static bool prefixed(const struct json *list, struct str code)
{
    JSON_EACH (x, list)
        if (str_starts(code, json_str(x)))
            return true;
    return false;
}

static int64_t type_weight(const struct matter *m, const struct json *type)
{
    const struct json *only = json_get(m->dealt.path, "types");
    if ((only && !prefixed(only, type->key)) ||
        prefixed(json_get(m->dealt.path, "not_types"), type->key))
        return 0;
    bool any = false;
    JSON_EACH (v, json_get(type, "variants"))
        any |= variant_fits(m, v);
    return any ? json_whole(json_get_str(json_get(type, "weight"), m->profile), 0) : 0;
}

static const struct json *draw_type(struct matter *m)
{
    int64_t sum = 0;
    const struct json *types = json_get(m->cfg->plan->texts, "types");
    JSON_EACH (t, types)
        sum += type_weight(m, t);
    if (!sum)
        return NULL;
    int64_t at = dice_int(&m->dice, 0, sum - 1);
    JSON_EACH (t, types) {
        at -= type_weight(m, t);
        if (at < 0)
            return t;
    }
    return NULL;
}

static const struct json *draw_variant(struct matter *m, const struct json *type)
{
    const struct json *list[LINES];
    int n = 0;
    JSON_EACH (v, json_get(type, "variants"))
        if (variant_fits(m, v) && n < LINES)
            list[n++] = v;
    return n ? list[dice_int(&m->dice, 0, n - 1)] : NULL;
}

static void set_text(struct matter *m, const char *name, struct str value)
{
    json_set(m->arena, m->draws, str_of(name), json_new_str(m->arena, value));
}

static void set_number(struct matter *m, const char *name, int64_t n)
{
    set_text(m, name, str_printf(m->arena, "%lld", (long long)n));
}

static void draw_amount(struct matter *m)
{
    const struct json *a = json_get(m->variant, "amount");
    int64_t min = yaml_int(a, "min", 0), max = yaml_int(a, "max", 0);
    if (!a || max <= 0 || !dice_percent(&m->dice, json_get(a, "chance")))
        return;
    if (str_is(json_text(m->dealt.path, "spot"), "true"))
        max = min + (max - min) / 3;
    int64_t n = dice_log(&m->dice, min, max), unit = n < 1000 ? 10 : n < 10000 ? 100 : 1000;
    set_number(m, "amount", max64((n + unit / 2) / unit, 1) * unit);
}

/* ---- the place ---- */

/* A kind of place that is not of the other profile. */
static struct str place_kind(struct matter *m)
{
    const struct json *profiles = json_get(m->cfg->plan->texts, "place_profile");
    struct str list[LINES];
    int n = 0;
    JSON_EACH (k, json_get(m->variant, "places")) {
        bool other = false;
        JSON_EACH (p, profiles)
            other |= !str_eq(p->key, m->profile) && json_lists(p, json_str(k));
        if (!other && n < LINES)
            list[n++] = json_str(k);
    }
    if (!n)
        return json_str(dice_of_list(&m->dice, json_get(m->variant, "places")));
    return list[dice_int(&m->dice, 0, n - 1)];
}

static void in_circle(struct dice *d, int64_t *x, int64_t *y)
{
    do {
        *x = dice_int(d, -1000, 1000);
        *y = dice_int(d, -1000, 1000);
    } while (*x * *x + *y * *y > 1000 * 1000);
}

static struct str degrees_text(struct arena *a, int64_t micro)
{
    struct buf b = BUF(64);
    buf_decimal(&b, micro, 6);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* A point in the township: townships lie around the seat, what is in one keeps together. */
static void draw_point(struct matter *m, const struct json *area, struct json *place)
{
    enum { LON_OF_KM = 10240, LAT_OF_KM = 8993 }; /* in 1e-6 degree, at 28.6 degrees north */
    const struct json *centre = json_get(area, "centre");
    int64_t lon, lat, x, y, u, v, radius = yaml_int(area, "radius", 10);
    if (!str_decimal(json_str(json_at(centre, 0)), 6, &lon) ||
        !str_decimal(json_str(json_at(centre, 1)), 6, &lat))
        return;
    struct dice fixed = dice_of(17, (uint64_t)m->cfg->cast->world->areas[m->township].aid);
    in_circle(&fixed, &x, &y);
    in_circle(&m->dice, &u, &v);
    x = x * radius * 4 / 5 + u * radius / 6;
    y = y * radius * 4 / 5 + v * radius / 6;
    struct arena *a = m->arena;
    json_set(a, place, STR("lon"), json_new_str(a, degrees_text(a, lon + x * LON_OF_KM / 1000)));
    json_set(a, place, STR("lat"), json_new_str(a, degrees_text(a, lat + y * LAT_OF_KM / 1000)));
}

static void draw_place(struct matter *m, const struct json *area)
{
    const struct area *areas = m->cfg->cast->world->areas;
    const struct json *kinds = json_get(m->cfg->plan->texts, "places");
    struct str pattern = json_str(dice_of_list(&m->dice, json_get_str(kinds, place_kind(m))));
    struct str where = filled(m, pattern, 0);
    struct str village = m->village == m->township ? STR("") : areas[m->village].name;
    set_text(m, "where", where);
    struct json *place = json_set(m->arena, m->draws, STR("place"), json_new(m->arena, J_OBJ));
    json_set(m->arena, place, STR("text"),
             json_new_str(m->arena, str_printf(m->arena, "%.*s%.*s%.*s", STR_F(areas[m->township].name),
                                               STR_F(village), STR_F(where))));
    draw_point(m, area, place);
}

static struct str draw_summary(struct matter *m)
{
    m->n_slots = 0;
    keep(m, STR("why"), filled(m, draw_line(m, STR("why")), 0));
    struct str frame = json_str(dice_of_list(&m->dice, json_get(m->cfg->plan->texts, "frames")));
    return filled(m, frame, 0);
}

bool text_begin(struct matter *m, struct seen *seen, struct err *e)
{
    struct str code = m->cfg->cast->world->areas[m->dealt.county].code;
    const struct json *areas = json_get(m->cfg->plan->root, "areas");
    const struct json *area = json_get_str(areas, (struct str){code.ptr, min64((int64_t)code.len, 6)});
    m->profile = json_text(area, "profile");
    const struct json *type = draw_type(m);
    m->variant = type ? draw_variant(m, type) : NULL;
    if (!m->variant)
        return err_set(e, ERR_SYNTAX, "path %.*s: no text fits it in %.*s (%.*s)",
                       STR_F(m->dealt.path_name), STR_F(code), STR_F(m->profile));
    set_text(m, "type", type->key);
    struct str route = json_text(type, "route");
    if (route.len)
        set_text(m, "route", route);
    const struct json *people = json_get(m->variant, "people");
    if (people)
        set_number(m, "people", dice_int(&m->dice, json_whole(json_at(people, 0), 2),
                                         json_whole(json_at(people, 1), 2)));
    draw_amount(m);
    draw_place(m, area);
    struct str summary = draw_summary(m);
    for (int i = 0; i < TRIES && !seen_add(seen, summary); i++)
        summary = draw_summary(m);
    set_text(m, "summary", summary);
    return true;
}
