#include "search/similar.h"
#include "record/spot.h"
#include "search/rare.h"
#include "search/similar.sql.h"

struct looking {
    struct store *db;
    struct arena *a;
    const struct similar_question *q;
    const struct record_def *def; /* of the version in force: where the point's columns are */
    struct str type;
    int64_t since;
    struct similar *found; /* what lies near enough and is recent */
    struct str *texts;     /* of each; in one array, for rare_new */
    struct str *places;    /* likewise */
    size_t n_found;
    struct similar *out;
    size_t n;
    struct err *e;
};

/* ---- one candidate ---- */

/* A detached value that names nobody: never of the vault. */
static bool plain_of(struct looking *l, const struct record *r, const struct field *f,
                     const uint8_t dek[static CIPHER_KEY], struct json **out)
{
    const struct json *v = f ? json_get_str(r->fields, f->id) : NULL;
    struct str text = STR_NONE;
    *out = NULL;
    if (!v || f->vault || f->many || !value_detached(v))
        return true;
    if (!detached_read(l->db, l->a, json_num(v, "s", -1), json_num(v, "$d", -1), dek, &text, l->e))
        return false;
    return !text.ptr || json_own(l->a, text, out, l->e);
}

/* Its words, those of its place, and its distance. */
static bool read_one(struct looking *l, const struct record_def *def, struct similar *s)
{
    uint8_t dek[CIPHER_KEY];
    bool has;
    struct json *text, *place;
    const struct field *title = def->title >= 0 ? &def->fields[def->title] : NULL;
    const struct field *spot = def->place_field >= 0 ? &def->fields[def->place_field] : NULL;
    if (title && title->type != FIELD_TEXT)
        title = NULL;
    if (!record_dek(l->db, l->q->keys, s->r->rid, s->r->id, &has, dek, l->e))
        return false;
    if (!has)
        return true;
    if (!plain_of(l, s->r, title, dek, &text) || !plain_of(l, s->r, spot, dek, &place))
        return false;
    l->texts[l->n_found] = json_str(text);
    l->places[l->n_found] = json_text(place, "text");
    int64_t lon, lat;
    if (l->q->has_point && spot_of(place, &lon, &lat))
        s->metres = spot_metres(l->q->lon, l->q->lat, lon, lat);
    return true;
}

/* The logarithm of how much more often the same matter is that far off than any other of a square
 * kilometre, when 85 of 100 pins lie within 80 m, 10 within 250 m, and 5 anywhere. */
static int distance_speaks(int64_t metres)
{
    static const struct {
        int64_t within;
        int says;
    } T[] = {{50, 350}, {100, 250}, {200, 50}, {400, -150}, {INT64_MAX, -300}};
    size_t i = 0;
    while (metres > T[i].within)
        i++;
    return T[i].says;
}

static int speaks(const struct similar *s)
{
    int sum = SIMILAR_WORDS * s->near / 1000 + SIMILAR_PLACE * s->near_place / 1000;
    if (s->metres >= 0)
        sum += distance_speaks(s->metres);
    if (s->same_kind || s->other_kind)
        sum += s->same_kind ? SIMILAR_KIND : SIMILAR_OTHER_KIND;
    return sum;
}

static bool worth_showing(const struct looking *l, const struct similar *s)
{
    bool close = s->metres >= 0 && s->metres <= SIMILAR_METRES;
    bool blind = s->metres < 0 && !s->same_kind && !s->other_kind;
    if (!close && !s->same_area)
        return false;
    if (!l->q->text.len)
        return close && s->same_kind;
    return s->speaks >= (blind ? SIMILAR_ENOUGH_BLIND : SIMILAR_ENOUGH);
}

/* Does a come before b? */
static bool better(const struct similar *a, const struct similar *b)
{
    if (a->speaks != b->speaks)
        return a->speaks > b->speaks;
    return a->r->rid > b->r->rid;
}

static void keep(struct looking *l, const struct similar *s)
{
    size_t at = l->n;
    while (at > 0 && better(s, &l->out[at - 1]))
        at--;
    if (at == SIMILAR_SHOWN)
        return;
    if (l->n < SIMILAR_SHOWN)
        l->n++;
    for (size_t i = l->n - 1; i > at; i--)
        l->out[i] = l->out[i - 1];
    l->out[at] = *s;
}

static bool try_one(struct looking *l, int64_t rid)
{
    struct similar s = {.metres = -1};
    const struct playbook *p;
    bool found;
    int which;
    for (size_t i = 0; i < l->n_found; i++)
        if (l->found[i].r->rid == rid)
            return true; /* in the grid, and within the distance */
    if (!record_load_rid(l->db, l->a, rid, &found, &s.r, l->e))
        return false;
    if (!found || s.r->opened < l->since || record_flag(s.r, "$void") ||
        record_flag(s.r, "$sealed") || record_merged(s.r).len ||
        !world_type(l->q->w, s.r->type, s.r->pb, &p, &which) ||
        (l->q->sees && !l->q->sees(l->q->self, s.r)))
        return true;
    const struct record_def *def = &p->records[which];
    struct str kind = def->kind_field < 0
                          ? STR_NONE
                          : json_str(json_get_str(s.r->fields, def->fields[def->kind_field].id));
    if (l->q->kind.len && kind.len) {
        s.same_kind = str_eq(kind, l->q->kind);
        s.other_kind = !s.same_kind;
    }
    s.same_area = l->q->area >= 0 && s.r->area == l->q->w->areas[l->q->area].aid &&
                  l->q->w->areas[l->q->area].children == 0;
    if (!read_one(l, def, &s))
        return false;
    l->found[l->n_found++] = s;
    return true;
}

static void choose(struct looking *l)
{
    const struct rare *words = rare_new(l->a, l->texts, l->n_found);
    const struct rare *places = rare_new(l->a, l->places, l->n_found);
    struct arena *tmp AUTO(arena_freep) = arena_new();
    for (size_t i = 0; i < l->n_found; i++) {
        struct similar *s = &l->found[i];
        arena_reset(tmp);
        s->near = rare_near(words, tmp, l->q->text, l->texts[i]);
        s->near_place = rare_near(places, tmp, l->q->place, l->places[i]);
        s->speaks = speaks(s);
        if (worth_showing(l, s))
            keep(l, s);
    }
}

/* ---- where candidates come from ---- */

static bool collect(struct looking *l, struct rows *r, int64_t *rids, size_t *n)
{
    *n = 0;
    while (rows_next(r))
        rids[(*n)++] = rows_int(r, 0);
    return !err_is(l->e);
}

static bool grid(struct looking *l, int64_t *rids, size_t *n)
{
    const struct area *area = l->q->area < 0 ? NULL : &l->q->w->areas[l->q->area];
    *n = 0;
    if (!area || area->children)
        return true;
    struct str scope = str_printf(l->a, "a%lld", (long long)area->aid);
    struct rows r AUTO(rows_close) =
        store_query(l->db, sql_similar_scope,
                    BIND(C_TEXT(scope), C_TEXT(l->type), C_INT(l->since), C_INT(SIMILAR_LOOKED)), l->e);
    return collect(l, &r, rids, n);
}

/* Cells may reach further than the distance; what lies outside is told by its own point. */
static bool around(struct looking *l, int64_t *rids, size_t *n)
{
    struct spot_range ranges[SPOT_ROWS_MAX];
    *n = 0;
    if (!l->q->has_point)
        return true;
    int rows = spot_ranges(l->q->lon, l->q->lat, SIMILAR_METRES, ranges);
    for (int i = 0; i < rows; i++) {
        size_t more;
        struct rows r AUTO(rows_close) = store_query(
            l->db, sql_similar_spot,
            BIND(C_TEXT(l->type), C_INT(ranges[i].low), C_INT(ranges[i].high), C_INT(l->since),
                 C_INT(SIMILAR_LOOKED / rows)),
            l->e);
        if (!collect(l, &r, rids + *n, &more))
            return false;
        *n += more;
    }
    return true;
}

static bool try_all(struct looking *l, const int64_t *rids, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!try_one(l, rids[i]))
            return false;
    return true;
}

bool similar_find(struct store *db, struct arena *a, const struct similar_question *q,
                  struct similar out[static SIMILAR_SHOWN], size_t *n, struct err *e)
{
    struct looking l = {.db = db, .a = a, .q = q, .out = out, .e = e};
    const struct playbook *p;
    int64_t *rids = ARENA_ARRAY(a, int64_t, SIMILAR_LOOKED);
    l.found = ARENA_ARRAY(a, struct similar, 2 * SIMILAR_LOOKED);
    l.texts = ARENA_ARRAY(a, struct str, 2 * SIMILAR_LOOKED);
    l.places = ARENA_ARRAY(a, struct str, 2 * SIMILAR_LOOKED);
    size_t count;
    int which;
    l.type = q->type;
    if (!str_has(q->type, STR(".")))
        l.type = str_printf(a, "%.*s.%.*s", STR_F(q->type), STR_F(q->type));
    if (!world_type(q->w, l.type, STR_NONE, &p, &which))
        return err_field(e, ERR_INPUT, "type", "there is no such record type");
    l.def = &p->records[which];
    l.since = q->now - SIMILAR_DAYS * (int64_t)MS_DAY;
    if (!grid(&l, rids, &count) || !try_all(&l, rids, count) || !around(&l, rids, &count) ||
        !try_all(&l, rids, count))
        return false;
    choose(&l);
    *n = l.n;
    return true;
}
