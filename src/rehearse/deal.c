/* Which matters there are, dealt from exact decks: nothing that a target names is left to chance. */
#include "rehearse/rehearse_int.h"

enum { GROUPS = 256, PATHS = 64, DECK = 100 * 100 };

struct target {
    int area;
    int32_t from, to;
    int64_t registered, good;
    const struct json *draws;
};

struct group { /* matters of one target, or of one county outside of all */
    int target, county;
    int64_t n, bad;
};

struct dealing {
    const struct rehearse_config *cfg;
    const struct world *w;
    struct arena *a;
    struct target targets[GROUPS];
    int n_targets;
    struct group groups[GROUPS];
    int n_groups;
    struct dealt *list;
    size_t n, cap;
    struct dice dice;
    uint64_t seed;
};

/* ---- targets ---- */

static bool read_target(struct dealing *d, const struct json *row, struct err *e)
{
    struct target t = {.area = world_area(d->w, json_text(row, "area")),
                       .registered = yaml_int(row, "registered", -1),
                       .good = yaml_int(row, "resolved", -1),
                       .draws = json_get(row, "draws")};
    if (t.area < 0 || !day_parse(json_text(row, "from"), &t.from) ||
        !day_parse(json_text(row, "to"), &t.to) || t.registered < 0 || t.good < 0 ||
        t.good > t.registered || d->n_targets == GROUPS)
        return err_set(e, ERR_SYNTAX, "targets: expected area, from, to, registered, resolved");
    d->targets[d->n_targets++] = t;
    return true;
}

/* The innermost target that counts this day of this county; -1. */
static int target_of(const struct dealing *d, int county, int32_t day)
{
    int best = -1;
    for (int i = 0; i < d->n_targets; i++) {
        const struct target *t = &d->targets[i];
        if (day < t->from || day > t->to || !world_area_below(d->w, county, t->area))
            continue;
        if (best < 0 || d->w->areas[t->area].level > d->w->areas[d->targets[best].area].level)
            best = i;
    }
    return best;
}

static bool target_inside(const struct dealing *d, int inner, int outer)
{
    const struct target *x = &d->targets[inner], *y = &d->targets[outer];
    return inner != outer && x->from >= y->from && x->to <= y->to &&
           world_area_below(d->w, x->area, y->area);
}

/* ---- days ---- */

static int64_t week_weight(const struct dealing *d, int32_t day)
{
    const struct json *week = json_get(d->cfg->plan->root, "week");
    return json_whole(json_at(week, (size_t)day_weekday(day) - 1), 1);
}

static int32_t draw_day(struct dealing *d, int32_t first, int32_t last)
{
    int64_t sum = 0;
    for (int32_t x = first; x <= last; x++)
        sum += week_weight(d, x);
    int64_t at = sum > 0 ? dice_int(&d->dice, 0, sum - 1) : 0;
    for (int32_t x = first; x < last; x++) {
        at -= week_weight(d, x);
        if (at < 0)
            return x;
    }
    return last;
}

static int group_of(struct dealing *d, int target, int county)
{
    for (int i = 0; i < d->n_groups; i++)
        if (d->groups[i].target == target && (target >= 0 || d->groups[i].county == county))
            return i;
    ASSERT(d->n_groups < GROUPS);
    d->groups[d->n_groups] = (struct group){.target = target, .county = county};
    return d->n_groups++;
}

static void add_month(struct dealing *d, int county, int month, int64_t n)
{
    const struct plan *p = d->cfg->plan;
    int at = p->month - 1 + month;
    int32_t first = day_of_civil(p->year + at / 12, at % 12 + 1, 1);
    int32_t last = day_of_civil(p->year + (at + 1) / 12, (at + 1) % 12 + 1, 1) - 1;
    int32_t today = zone_day(p->zone, p->now);
    if (last >= today)
        last = today - 1;
    for (int64_t i = 0; i < n && first <= last; i++) {
        int32_t day = draw_day(d, first, last);
        int g = group_of(d, target_of(d, county, day), county);
        d->groups[g].n++;
        d->list = arena_grow(d->a, d->list, d->n, &d->cap, sizeof *d->list);
        d->list[d->n] = (struct dealt){.cfg = d->cfg,
                                       .t = zone_start(p->zone, day) + 12 * MS_HOUR,
                                       .county = county,
                                       .group = g,
                                       .firm = d->groups[g].target >= 0,
                                       .good = true,
                                       .seed = d->seed * 1000003u + d->n};
        d->n++;
    }
}

/* ---- decks ---- */

static bool count_bad(struct dealing *d, struct group *g, struct err *e)
{
    const struct plan *p = d->cfg->plan;
    if (g->target < 0) {
        struct str code = d->w->areas[g->county].code;
        const struct json *areas = json_get(p->root, "areas");
        const struct json *area = json_get_str(areas, (struct str){code.ptr, code.len < 6 ? code.len : 6});
        int64_t share = 0;
        if (!str_decimal(json_text(area, "unresolved"), 2, &share))
            return err_set(e, ERR_SYNTAX, "areas: %.*s has no share 'unresolved'", STR_F(code));
        g->bad = (g->n * share + DECK / 2) / DECK;
        return true;
    }
    const struct target *t = &d->targets[g->target];
    int64_t n = t->registered, bad = t->registered - t->good;
    for (int i = 0; i < d->n_targets; i++)
        if (target_inside(d, i, g->target)) {
            n -= d->targets[i].registered;
            bad -= d->targets[i].registered - d->targets[i].good;
        }
    if (n != g->n || bad < 0 || bad > n)
        return err_set(e, ERR_SYNTAX, "targets: %.*s: the volumes give %lld, the target says %lld",
                       STR_F(d->w->areas[t->area].code), (long long)g->n, (long long)n);
    g->bad = bad;
    return true;
}

static void shuffle(struct dice *dice, struct dealt **list, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t k = (size_t)dice_int(dice, 0, (int64_t)i - 1);
        struct dealt *x = list[k];
        list[k] = list[i - 1];
        list[i - 1] = x;
    }
}

/* n matters over the paths of a deck: weight times n, the rest by largest remainder. */
static bool deal_paths(struct dealing *d, const struct json *deck, struct dealt **list, size_t n,
                       struct err *e)
{
    int64_t sum = 0, share[PATHS], rest[PATHS], left = (int64_t)n;
    const struct json *paths[PATHS];
    int k = 0;
    JSON_EACH (p, deck)
        if (k < PATHS) {
            paths[k++] = p;
            sum += yaml_int(p, "weight", 0);
        }
    if (!sum)
        return n == 0 || err_set(e, ERR_SYNTAX, "paths: a deck without paths");
    for (int i = 0; i < k; i++) {
        int64_t x = yaml_int(paths[i], "weight", 0) * (int64_t)n;
        share[i] = x / sum;
        rest[i] = x % sum;
        left -= share[i];
    }
    for (; left > 0; left--) {
        int most = 0;
        for (int i = 1; i < k; i++)
            most = rest[i] > rest[most] ? i : most;
        share[most]++;
        rest[most] = -1;
    }
    shuffle(&d->dice, list, n);
    size_t at = 0;
    for (int i = 0; i < k; i++)
        for (int64_t j = 0; j < share[i]; j++, at++) {
            list[at]->path = paths[i];
            list[at]->path_name = paths[i]->key;
            list[at]->nth = j;
            list[at]->of = share[i];
        }
    return true;
}

static bool deal_group(struct dealing *d, int g, struct dealt **list, struct err *e)
{
    const struct json *decks = json_get(d->cfg->plan->root, "paths");
    size_t n = 0, bad = (size_t)d->groups[g].bad;
    for (size_t i = 0; i < d->n; i++)
        if (d->list[i].group == g)
            list[n++] = &d->list[i];
    shuffle(&d->dice, list, n);
    for (size_t i = 0; i < n && d->groups[g].target >= 0; i++)
        list[i]->draws = d->targets[d->groups[g].target].draws;
    for (size_t i = 0; i < bad; i++)
        list[i]->good = false;
    return deal_paths(d, json_get(decks, "unresolved"), list, bad, e) &&
           deal_paths(d, json_get(decks, "resolved"), list + bad, n - bad, e);
}

static int by_time(const void *x, const void *y)
{
    const struct dealt *a = x, *b = y;
    if (a->t != b->t)
        return a->t < b->t ? -1 : 1;
    return a->seed < b->seed ? -1 : a->seed > b->seed;
}

bool deal(const struct rehearse_config *cfg, struct arena *a, struct dealt **out, size_t *n,
          struct err *e)
{
    const struct json *volumes = plan_volumes(cfg->plan, cfg->mode);
    struct dealing *d = ARENA_NEW(a, struct dealing);
    uint64_t seed = cfg->seed ? cfg->seed : (uint64_t)yaml_int(cfg->plan->root, "seed", 1);
    *d = (struct dealing){.cfg = cfg, .w = cfg->cast->world, .a = a, .seed = seed};
    d->dice = dice_of(seed, 0);
    JSON_EACH (t, json_get_str(json_get(cfg->plan->root, "targets"), str_of(cfg->mode)))
        if (!read_target(d, t, e))
            return false;
    JSON_EACH (v, volumes) {
        int month = 0;
        JSON_EACH (x, v)
            if (month < cfg->plan->n_months)
                add_month(d, world_area(d->w, v->key), month++, json_whole(x, 0));
    }
    struct dealt **list = ARENA_ARRAY(a, struct dealt *, d->n + 1);
    for (int g = 0; g < d->n_groups; g++)
        if (!count_bad(d, &d->groups[g], e) || !deal_group(d, g, list, e))
            return false;
    qsort(d->list, d->n, sizeof *d->list, by_time);
    *out = d->list;
    *n = d->n;
    return true;
}
