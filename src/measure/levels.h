/* measure/levels.h - for the areas of which levels counters are stored (decisions 11).
 *
 * Three levels of the tree, 1 being the root: from `first` to `dims` areas have totals, dimensions and
 * totals by the day of knowing; down to `total` they have totals.  What lies below is counted live.
 * Above `first` nothing is stored but what a record adds to its own area: such an area is the sum of
 * its parts, few rows.  First is meant for the city, dims for the county, total for the township.
 *
 * Setting `figures.levels` says which, "2 3 4"; an import of areas writes it as "tree 2 3 4", from the
 * shape of the tree, as long as nothing is counted.  Without it they are 1 2 3.  When it changes, the
 * counters are built again (terms_install). */
#pragma once
#include "record/world.h"

struct levels {
    int first, dims, total;
};

/* 1 ≤ first ≤ dims ≤ total ≤ LIMIT_AREA_DEPTH; *by_tree: with the word "tree" in front. */
bool levels_parse(struct str text, struct levels *out, bool *by_tree);
struct levels levels_of(const struct world *w);
/* Dims is the deepest level with at most 64 areas: a city's counties, the townships of a county. */
struct levels levels_of_tree(const struct world *w);

/* The areas (indexes) whose counters add up to those of `area`; *n is at least 1. */
const int *levels_parts(struct arena *a, const struct world *w, const struct levels *l, int area, int *n);
