/* measure/figure_int.h - the parts of answering a question; for this folder only. */
#pragma once
#include "measure/indicator.h"

enum figure_by { BY_NONE, BY_DAY, BY_MONTH, BY_AREA, BY_FIELD };
enum { FIGURE_GROUPS = 4000, FIGURE_DAYS = 4000 };

/* Where a sum belongs: terms n and N within the span, and (stocks) before it. */
enum { SLOT_N, SLOT_D, SLOT_N_BEFORE, SLOT_D_BEFORE, SLOT_MAX };

struct figure_sums {
    int64_t n[SLOT_MAX], s[SLOT_MAX];
    int64_t *ms; /* durations, in no order */
    size_t n_ms, cap_ms;
};

struct figure_group {
    struct str key; /* STR_NONE: not said */
    struct figure_sums sums;
};

struct figure_key { /* what rows are parted by */
    enum figure_by by;
    int slot; /* BY_FIELD: slot of the field or attribute */
    struct str column;
    struct str dim;               /* the field's id, or STR_NONE for attributes */
    const struct code_list *list; /* NULL: no roll-up */
    int level;                    /* 0: leaves */
    const struct mapping *mapping;
};

struct figure_term {
    const struct term *term; /* NULL: the indicator has none */
    int64_t number;
    const struct record_def *def;
    struct str type;  /* "dispute.dispute" */
    struct str table; /* "f_dispute_dispute" */
    struct expr *where;
    int dims[FACT_DIMS];
    int n_dims;
};

/* One walk: an indicator, an area, a span. */
struct gather {
    struct store *db;
    struct arena *a;
    const struct world *w;
    struct err *e;
    const struct figure_question *q;
    const struct playbook *playbook;
    const struct indicator *indicator;
    int area;
    struct levels levels;
    const int *parts; /* the areas whose counters make up this one's */
    int n_parts;
    int32_t from, to;
    struct figure_key key;
    struct figure_term terms[2];
    bool slow; /* some walk went over records */
    enum figure_sealed sealed;
    bool sealed_moved; /* a sealed matter changed since `size`: its share then is not known here */
    int64_t sealed_n, sealed_N;

    struct figure_sums total;
    struct figure_group *groups;
    size_t n_groups, cap_groups;
    int *index; /* hash table of groups */
    int index_mask;

    int64_t size;     /* as_of: events below this number count; -1: all */
    const struct world *then; /* with the tree of that time, where this area had another one; NULL */
    bool where_area;          /* the condition asks about areas */
    int64_t *changed; /* records with events since, in order */
    size_t n_changed, cap_changed;
};

/* ask.c: question to gather */
MUST_USE bool gather_prepare(struct gather *g, struct err *e);

/* group.c */
void gather_begin(struct gather *g, int32_t from, int32_t to, enum figure_by by);
void gather_add(struct gather *g, struct str key, int slot, int64_t n, int64_t s);
void gather_add_ms(struct gather *g, struct str key, int64_t ms);
struct str gather_key_day(struct gather *g, int32_t day);
struct str gather_key_area(struct gather *g, const struct world *w, int64_t aid);
struct str gather_key_value(struct gather *g, struct str value, int32_t day);
/* The days that a slot sums over; false when there are none. */
bool gather_span(const struct gather *g, int slot, int32_t *from, int32_t *to);
bool gather_slot_used(const struct gather *g, int slot);
static inline const struct figure_term *gather_term(const struct gather *g, int slot)
{
    return &g->terms[slot == SLOT_D || slot == SLOT_D_BEFORE];
}

/* count.c: fills g->total and g->groups */
MUST_USE bool gather_count(struct gather *g);
bool gather_fast(const struct gather *g, const struct figure_term *t, enum figure_by by);
/* One slot from counters, whatever is said for it. */
MUST_USE bool gather_counted(struct gather *g, int slot);

/* sealed.c: adds what sealed matters count; g->sealed says how */
MUST_USE bool sealed_add(struct gather *g);
/* A number of sealed matters as it may be said. */
int64_t sealed_said(const struct gather *g, int64_t n);
/* asof.c */
/* Do the matters of this area lie elsewhere in the answer by the tree of then than by today's? */
bool asof_differs(const struct gather *g, const struct world *then, int area);
MUST_USE bool asof_changed(struct gather *g);
MUST_USE bool asof_correct(struct gather *g);

/* value.c */
struct figure_value value_of(const struct gather *g, struct figure_sums *s);
int64_t value_power(int n); /* 10^n */
int64_t value_ratio(int64_t n, int64_t d, int64_t times, int decimals); /* half-up */
/* Difference of two rates, scaled as they are, from the exact fractions. */
int64_t value_points(const struct figure_value *now, const struct figure_value *then);
/* n of N as a percentage, or why there is none; records: how many N stands for. */
void value_rate(struct figure_value *v, int64_t records, int decimals);
/* What two values say about each other; false: nothing, and perhaps a note why. */
bool value_change(const struct indicator *ind, const struct figure_value *now,
                  const struct figure_value *then, int64_t *change, const char **note);
void value_write(struct json_out *o, const struct figure_value *v);

/* compare.c */
MUST_USE bool figure_compare(struct gather *g, struct figure *f);

/* composite.c: an indicator made of others */
MUST_USE bool composite_answer(struct gather *g, struct figure *f);

/* reported.c: a figure of another body */
MUST_USE bool reported_answer(struct gather *g, struct figure *f);

/* compare.c: the span that is compared with */
void compare_span(enum figure_compare kind, struct figure_comparison *c, int32_t from, int32_t to);

/* redrawn.c: areas that were redrawn after the first day that is compared, until `to` */
void redrawn_between(struct gather *g, struct figure_comparison *c, int32_t to);

/* chance.c: two-sided exact tests, p scaled by 4 decimals, rounded half-up */
/* Two counts over spans of days_1 and days_0: is their difference more than chance? */
int64_t chance_counts(int64_t n_1, int64_t days_1, int64_t n_0, int64_t days_0);
/* n_1 of N_1 against n_0 of N_0 (Fisher). */
int64_t chance_parts(int64_t n_1, int64_t N_1, int64_t n_0, int64_t N_0);
