/* Sums by key. */
#include "measure/figure_int.h"

void gather_begin(struct gather *g, int32_t from, int32_t to, enum figure_by by)
{
    g->from = from;
    g->to = to;
    g->key.by = by;
    g->total = (struct figure_sums){.n_ms = 0};
    g->groups = NULL;
    g->n_groups = g->cap_groups = 0;
    g->index = NULL;
    g->index_mask = -1;
}

static void rehash(struct gather *g)
{
    int size = g->index_mask < 0 ? 64 : (g->index_mask + 1) * 2;
    g->index_mask = size - 1;
    g->index = ARENA_ARRAY(g->a, int, size);
    for (int i = 0; i < size; i++)
        g->index[i] = -1;
    for (size_t i = 0; i < g->n_groups; i++) {
        int k = (int)(str_hash(g->groups[i].key) & (uint64_t)g->index_mask);
        while (g->index[k] >= 0)
            k = (k + 1) & g->index_mask;
        g->index[k] = (int)i;
    }
}

static struct figure_sums *group_of(struct gather *g, struct str key)
{
    if ((int)(g->n_groups + 1) * 2 > g->index_mask)
        rehash(g);
    int k = (int)(str_hash(key) & (uint64_t)g->index_mask);
    for (; g->index[k] >= 0; k = (k + 1) & g->index_mask) {
        struct figure_group *old = &g->groups[g->index[k]];
        if (!old->key.ptr == !key.ptr && str_eq(old->key, key))
            return &old->sums;
    }
    if (g->n_groups == FIGURE_GROUPS) {
        err_field(g->e, ERR_TOO_BIG, "by", "more than %d rows", FIGURE_GROUPS);
        return &g->total;
    }
    g->groups = arena_grow(g->a, g->groups, g->n_groups, &g->cap_groups, sizeof *g->groups);
    g->index[k] = (int)g->n_groups;
    g->groups[g->n_groups] = (struct figure_group){.key = str_dup(g->a, key)};
    return &g->groups[g->n_groups++].sums;
}

/* Days and months part what happens within the span; what was there before it stands in the total
 * alone. */
static bool grouped(const struct gather *g, int slot)
{
    bool time = g->key.by == BY_DAY || g->key.by == BY_MONTH;
    return g->key.by != BY_NONE && !(time && slot >= SLOT_N_BEFORE);
}

void gather_add(struct gather *g, struct str key, int slot, int64_t n, int64_t s)
{
    g->total.n[slot] += n;
    g->total.s[slot] += s;
    if (!grouped(g, slot))
        return;
    struct figure_sums *sums = group_of(g, key);
    sums->n[slot] += n;
    sums->s[slot] += s;
}

static void push_ms(struct gather *g, struct figure_sums *s, int64_t ms)
{
    s->ms = arena_grow(g->a, s->ms, s->n_ms, &s->cap_ms, sizeof *s->ms);
    s->ms[s->n_ms++] = ms;
}

void gather_add_ms(struct gather *g, struct str key, int64_t ms)
{
    push_ms(g, &g->total, ms);
    if (g->key.by != BY_NONE)
        push_ms(g, group_of(g, key), ms);
}

struct str gather_key_day(struct gather *g, int32_t day)
{
    char text[16];
    day_format(day, text);
    if (g->key.by == BY_MONTH)
        text[strlen(text) - 3] = 0;
    return str_dup(g->a, str_of(text));
}

/* The child of the asked area that it lies in; the area's own code for what lies in none. */
struct str gather_key_area(struct gather *g, const struct world *w, int64_t aid)
{
    int i = world_area_by_id(w, aid);
    while (i >= 0 && i != g->area && w->areas[i].parent != g->area)
        i = w->areas[i].parent;
    return w->areas[i >= 0 ? i : g->area].code;
}

struct str gather_key_value(struct gather *g, struct str value, int32_t day)
{
    const struct figure_key *k = &g->key;
    if (!value.ptr || !k->list)
        return value;
    if (k->mapping)
        return mapping_of(g->playbook, k->mapping, value, day);
    int code = list_code(k->list, value);
    int up = code >= 0 ? list_at_level(k->list, code, k->level) : -1;
    return up >= 0 ? k->list->codes[up].code : value;
}

bool gather_slot_used(const struct gather *g, int slot)
{
    bool stock = g->indicator->kind == IND_STOCK;
    return gather_term(g, slot)->term && (slot < SLOT_N_BEFORE || stock);
}

enum { FIRST_DAY = -1000000 };

bool gather_span(const struct gather *g, int slot, int32_t *from, int32_t *to)
{
    bool before = slot >= SLOT_N_BEFORE;
    *from = before ? FIRST_DAY : g->from;
    *to = before ? g->from - 1 : g->to;
    return *from <= *to;
}
