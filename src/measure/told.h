/* measure/told.h - the numbers that figures of bulletins tell: those that are printed, and those that leave in
 * the JSON beside them (measure/bulletin.h).
 *
 * Each is a sum over an area and a span: of what a term counts, so that the same matters are known again
 * whatever the indicator is called; or, without a term, of an indicator's own number.  不足5 tells 1 to 4, 约25
 * tells 23 to 27.  A number that is held back tells nothing, and is one that must not be worked out. */
#pragma once
#include "measure/indicator.h"

struct told_measure {
    const struct playbook *playbook; /* with a term */
    int term;                        /* -1: none */
    struct str id;                   /* without: "reported.road_deaths", and which number of it */
    const char *key;
};

struct told_from { /* a figure */
    struct str slot, code;
    struct str number; /* of the bulletin that is out; STR_NONE: a new figure */
};

struct told {
    int measure, area;
    int32_t from, to;
    int64_t low, high; /* 0 to INT64_MAX: held back */
    const struct told_from *by;
};

struct told_rate { /* a percentage of two sums, rounded half-up */
    int n, N;      /* in told_list.list */
    int64_t value;
    int decimals;
};

struct told_pair {
    int n, N; /* measures */
    bool part; /* what n counts N counts too */
};

struct told_list {
    struct arena *a;
    const struct world *w;
    struct told_measure *measures;
    struct told *list;
    struct told_rate *rates;
    struct told_pair *pairs; /* measures that bear on each other: rates, and indicators `within` another */
    int n_measures, n, n_rates, n_pairs;
    size_t cap_measures, cap, cap_rates, cap_pairs;
};

/* What the parts of a bulletin tell, behind what is in the list; their texts are borrowed.  A figure whose
 * indicator is no more, or has another definition now, tells nothing. */
void told_add(struct told_list *t, const struct json *parts, struct str number);
