#include "measure/levels.h"

enum { FEW_AREAS = 64 };

static bool take_level(struct str *text, int least, int *out)
{
    int64_t v;
    struct str word = str_cut(*text, ' ', text);
    if (!str_int(word, &v) || v < least || v > LIMIT_AREA_DEPTH)
        return false;
    *out = (int)v;
    return true;
}

bool levels_parse(struct str text, struct levels *out, bool *by_tree)
{
    struct levels l;
    *by_tree = str_starts(text, STR("tree "));
    if (*by_tree)
        text = (struct str){text.ptr + 5, text.len - 5};
    if (!take_level(&text, 1, &l.first) || !take_level(&text, l.first, &l.dims) ||
        !take_level(&text, l.dims, &l.total) || text.ptr)
        return false;
    *out = l;
    return true;
}

struct levels levels_of(const struct world *w)
{
    bool by_tree;
    struct levels l;
    return levels_parse(world_setting(w, "figures.levels"), &l, &by_tree) ? l : (struct levels){1, 2, 3};
}

struct levels levels_of_tree(const struct world *w)
{
    int n[LIMIT_AREA_DEPTH + 1] = {0}, dims = 1;
    for (int i = 0; i < w->n_areas; i++)
        n[w->areas[i].level]++;
    for (int level = 2; level < LIMIT_AREA_DEPTH; level++)
        if (n[level] && n[level] <= FEW_AREAS)
            dims = level;
    return dims > 1 ? (struct levels){dims - 1, dims, dims + 1} : (struct levels){1, 2, 3};
}

const int *levels_parts(struct arena *a, const struct world *w, const struct levels *l, int area, int *n)
{
    const struct area *x = &w->areas[area];
    int *list = ARENA_ARRAY(a, int, x->level < l->first ? x->last - x->first + 1 : 1);
    *n = 0;
    if (x->level >= l->first)
        list[(*n)++] = area;
    for (int k = x->first; x->level < l->first && k <= x->last; k++)
        if (w->areas[w->walk[k]].level <= l->first)
            list[(*n)++] = w->walk[k];
    return list;
}
