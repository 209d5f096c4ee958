#include "ledger/keys.h"
#include "playbook/yaml_json.h"
#include "rehearse/rehearse_int.h"

enum { PLAN_BYTES = 4 * 1024 * 1024, DAYS_BEFORE = 45 };

/* ---- chance: splitmix64, the same on every machine ---- */

struct dice dice_of(uint64_t seed, uint64_t nth)
{
    struct dice d = {seed * 0x9E3779B97F4A7C15u + nth * 0xD1B54A32D192ED03u};
    dice_next(&d);
    return d;
}

uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

int64_t dice_int(struct dice *d, int64_t from, int64_t to)
{
    if (to <= from)
        return from;
    return from + (int64_t)(dice_next(d) % (uint64_t)(to - from + 1));
}

static uint64_t root_of(uint64_t v)
{
    uint64_t r = v ? v : 1, next = (r + 1) / 2;
    while (next < r) {
        r = next;
        next = (r + v / r) / 2;
    }
    return v ? r : 0;
}

int64_t dice_log(struct dice *d, int64_t from, int64_t to)
{
    uint64_t lo = (uint64_t)max64(from, 1), hi = (uint64_t)max64(to, 1);
    uint64_t bits = dice_next(d);
    for (int i = 0; i < 16 && lo + 1 < hi && hi < UINT32_MAX; i++, bits >>= 1) {
        uint64_t middle = root_of(lo * hi);
        if (bits & 1)
            lo = middle;
        else
            hi = middle;
    }
    return dice_int(d, (int64_t)lo, (int64_t)hi);
}

int64_t json_whole(const struct json *v, int64_t fallback)
{
    int64_t n;
    return v && v->kind == J_STR && str_int(v->s, &n) ? n : fallback;
}

int64_t yaml_int(const struct json *obj, const char *key, int64_t fallback)
{
    return json_whole(json_get(obj, key), fallback);
}

bool json_lists(const struct json *list, struct str text)
{
    JSON_EACH (x, list)
        if (str_eq(json_str(x), text))
            return true;
    return false;
}

/* Percent with up to two decimals. */
bool dice_percent(struct dice *d, const struct json *value)
{
    int64_t p;
    if (!value || !str_decimal(json_str(value), 2, &p))
        return true;
    return dice_int(d, 0, 9999) < p;
}

const struct json *dice_of_list(struct dice *d, const struct json *list)
{
    return list && list->n ? json_at(list, (size_t)dice_int(d, 0, (int64_t)list->n - 1)) : NULL;
}

const struct json *dice_weighted(struct dice *d, const struct json *map)
{
    int64_t sum = 0;
    JSON_EACH (x, map)
        sum += json_whole(x, 0);
    int64_t at = sum > 0 ? dice_int(d, 0, sum - 1) : 0;
    JSON_EACH (x, map) {
        at -= json_whole(x, 0);
        if (at < 0)
            return x;
    }
    return NULL;
}

/* ---- reading ---- */

static bool read_yaml(struct arena *a, const char *file, struct json **out, struct err *e)
{
    struct str text;
    return file_read(a, file, PLAN_BYTES, &text, e) && yaml_json(a, file, text, out, e);
}

static bool read_months(struct plan *p, struct err *e)
{
    struct json *months = json_get(p->root, "months");
    int32_t first, last;
    int y, m, d;
    struct str a = json_str(json_at(months, 0)), b = json_str(json_at(months, 1));
    if (!day_parse(str_printf(p->arena, "%.*s-01", STR_F(a)), &first) ||
        !day_parse(str_printf(p->arena, "%.*s-01", STR_F(b)), &last) || last < first)
        return err_set(e, ERR_SYNTAX, "months: expected [2023-01, 2024-09]");
    civil_of_day(first, &p->year, &p->month, &d);
    civil_of_day(last, &y, &m, &d);
    p->n_months = (y - p->year) * 12 + m - p->month + 1;
    return true;
}

/* What a plan that is played beside another one does not say is as the other has it. */
static void inherit(struct plan *p, const struct plan *from)
{
    static const char *const KEYS[] = {"areas", "week", "months", "now", "cast", "units"};
    for (size_t i = 0; i < COUNT_OF(KEYS) && from; i++)
        if (!json_get(p->root, KEYS[i]) && json_get(from->root, KEYS[i]))
            json_set(p->arena, p->root, str_of(KEYS[i]),
                     json_clone(p->arena, json_get(from->root, KEYS[i])));
}

static bool read_plan(const char *file, const struct zone *zone, const struct plan *other,
                      struct plan **out, struct err *e);

static bool read_also(struct plan *p, const char *file, struct err *e)
{
    const char *slash = strrchr(file, '/');
    JSON_EACH (x, json_get(p->root, "also")) {
        struct plan *one;
        const char *name = arena_printf(p->arena, "%.*s%.*s", slash ? (int)(slash - file + 1) : 0, file,
                                        STR_F(json_str(x)));
        if (!read_plan(name, p->zone, p, &one, e))
            return false;
        one->also = p->also;
        p->also = one;
    }
    return true;
}

bool plan_read(const char *file, const struct zone *zone, struct plan **out, struct err *e)
{
    struct plan *p;
    if (!read_plan(file, zone, NULL, &p, e))
        return false;
    if (!read_also(p, file, e)) {
        plan_free(p);
        return false;
    }
    *out = p;
    return true;
}

static bool read_plan(const char *file, const struct zone *zone, const struct plan *other,
                      struct plan **out, struct err *e)
{
    struct arena *a = arena_new();
    struct plan *p = ARENA_NEW(a, struct plan);
    *p = (struct plan){.arena = a, .zone = zone};
    const char *slash = strrchr(file, '/');
    bool ok = read_yaml(a, file, &p->root, e);
    if (ok)
        inherit(p, other);
    struct str texts = ok ? json_text(p->root, "texts") : STR_NONE;
    const char *beside = arena_printf(a, "%.*s%.*s", slash ? (int)(slash - file + 1) : 0, file,
                                      STR_F(texts));
    ok = ok && read_yaml(a, beside, &p->texts, e) && read_months(p, e);
    if (ok && !time_parse(zone, json_text(p->root, "now"), &p->now))
        ok = err_set(e, ERR_SYNTAX, "now: expected a time");
    if (!ok) {
        arena_free(a);
        return false;
    }
    *out = p;
    return true;
}

void plan_free(struct plan *p)
{
    while (p) {
        struct plan *next = p->also;
        arena_free(p->arena);
        p = next;
    }
}

int64_t plan_now(const struct plan *p)
{
    return p->now;
}

int64_t plan_begin(const struct plan *p)
{
    return zone_start(p->zone, day_of_civil(p->year, p->month, 1) - DAYS_BEFORE) + 8 * MS_HOUR;
}

const struct json *plan_volumes(const struct plan *p, const char *mode)
{
    return json_get(json_get(p->root, "volumes"), mode);
}

int64_t plan_delay(struct str text)
{
    int64_t n;
    if (text.len < 2 || !str_int((struct str){text.ptr, text.len - 1}, &n) || n < 0)
        return -1;
    switch (text.ptr[text.len - 1]) {
    case 'm':
        return n * MS_MINUTE;
    case 'h':
        return n * MS_HOUR;
    case 'd':
        return n * MS_DAY;
    default:
        return -1;
    }
}

int plan_month(const struct plan *p, int32_t day)
{
    int y, m, d;
    civil_of_day(day, &y, &m, &d);
    return (y - p->year) * 12 + m - p->month;
}
