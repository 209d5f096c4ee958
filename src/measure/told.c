#include "measure/told.h"
#include "measure/bulletin.h"
#include "measure/small.h"

enum number { NUMBER_n, NUMBER_N, NUMBER_in, NUMBER_out, NUMBER_opening, NUMBER_closing, NUMBERS };
static const char *const KEYS[NUMBERS] = {"n", "N", "in", "out", "opening", "closing"};

/* One figure, its span or the one it is compared with, or what is said beside it. */
struct source {
    const struct playbook *playbook;
    const struct indicator *indicator;
    struct str id;
    int area;
    int32_t from, to;
    struct str what, hidden; /* of one that is hidden only `what` is told */
    const struct told_from *by;
};

/* ---- what is counted ---- */

static bool same_measure(const struct told_measure *x, const struct told_measure *y)
{
    return x->playbook == y->playbook && x->term == y->term && str_eq(x->id, y->id) &&
           (x->key == y->key || (x->key && y->key && strcmp(x->key, y->key) == 0));
}

static int measure_add(struct told_list *t, struct told_measure m)
{
    for (int i = 0; i < t->n_measures; i++)
        if (same_measure(&t->measures[i], &m))
            return i;
    t->measures = arena_grow(t->a, t->measures, (size_t)t->n_measures, &t->cap_measures, sizeof m);
    t->measures[t->n_measures] = m;
    return t->n_measures++;
}

static int by_term(struct told_list *t, const struct playbook *p, int term)
{
    return measure_add(t, (struct told_measure){.playbook = p, .term = term});
}

static int by_itself(struct told_list *t, struct str id, const char *key)
{
    return measure_add(t, (struct told_measure){.term = -1, .id = id, .key = key});
}

static int measure_of(struct told_list *t, const struct source *s, enum number which)
{
    const struct indicator *ind = s->indicator;
    bool counted = ind->kind == IND_COUNT || ind->kind == IND_RATE || ind->kind == IND_STOCK;
    bool second = which == NUMBER_N || which == NUMBER_out;
    int term = second ? ind->d_term : ind->n_term;
    if (which == NUMBER_opening || which == NUMBER_closing)
        return by_itself(t, s->id, "stock");
    return counted && term >= 0 ? by_term(t, s->playbook, term) : by_itself(t, s->id, KEYS[which]);
}

static void pair_add(struct told_list *t, int n, int N, bool part)
{
    for (int i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].n == n && t->pairs[i].N == N)
            return;
    if (n == N)
        return;
    t->pairs = arena_grow(t->a, t->pairs, (size_t)t->n_pairs, &t->cap_pairs, sizeof *t->pairs);
    t->pairs[t->n_pairs++] = (struct told_pair){n, N, part};
}

/* All rates of the playbook: what one tells of its N another tells of what that is a part of. */
static void pairs_of(struct told_list *t, const struct playbook *p)
{
    for (int i = 0; i < p->n_indicators; i++) {
        const struct indicator *ind = &p->indicators[i];
        int whole = ind->within.len ? playbook_indicator(p, ind->within) : -1;
        if (ind->kind == IND_RATE && ind->n_term >= 0 && ind->d_term >= 0)
            pair_add(t, by_term(t, p, ind->n_term), by_term(t, p, ind->d_term), ind->part);
        if (whole >= 0 && ind->kind == IND_COUNT && ind->n_term >= 0 && p->indicators[whole].n_term >= 0)
            pair_add(t, by_term(t, p, ind->n_term), by_term(t, p, p->indicators[whole].n_term), true);
    }
}

/* ---- the numbers of a figure ---- */

static int put(struct told_list *t, const struct source *s, enum number which, int64_t low, int64_t high)
{
    bool before = which == NUMBER_opening, point = before || which == NUMBER_closing;
    struct told x = {measure_of(t, s, which), s->area, s->from, s->to, low, high, s->by};
    if (point) /* a stock is of one evening */
        x.from = x.to = before ? s->from - 1 : s->to;
    t->list = arena_grow(t->a, t->list, (size_t)t->n, &t->cap, sizeof x);
    t->list[t->n] = x;
    return t->n++;
}

/* Is it the number that is printed of a hidden figure? */
static bool is_printed(const struct source *s, enum number which)
{
    bool count = s->indicator->kind == IND_COUNT && which == NUMBER_n;
    bool stock = s->indicator->kind == IND_STOCK && which == NUMBER_closing;
    return str_is(s->what, KEYS[which]) || ((count || stock) && str_is(s->what, "value"));
}

static int put_number(struct told_list *t, const struct source *s, enum number which, int64_t v)
{
    enum { ABOUT = SMALL / 2 };
    if (!s->hidden.len)
        return put(t, s, which, v, v);
    if (!is_printed(s, which))
        return put(t, s, which, 0, INT64_MAX);
    if (str_is(s->hidden, "small"))
        return put(t, s, which, 1, SMALL - 1);
    int64_t round = (v + ABOUT) / SMALL * SMALL;
    return str_is(s->hidden, "rounded") ? put(t, s, which, max64(round - ABOUT, 0), round + ABOUT)
                                        : put(t, s, which, v, v);
}

/* Amounts of money are no counts. */
static bool is_amount(const struct source *s)
{
    const struct indicator *ind = s->indicator;
    for (int i = 0; i < 2; i++) {
        int decimals = 0, term = i ? ind->d_term : ind->n_term;
        const struct term *x = term >= 0 && ind->kind == IND_RATE ? &s->playbook->terms[term] : NULL;
        if (x && x->kind == TERM_SUM)
            field_xtype(&s->playbook->records[x->record].fields[x->sum_field], &decimals);
        if (decimals)
            return true;
    }
    return false;
}

static void put_source(struct told_list *t, const struct source *s, const struct json *numbers)
{
    int at[NUMBERS];
    if (is_amount(s))
        return;
    for (int i = 0; i < NUMBERS; i++)
        at[i] = json_is(json_get(numbers, KEYS[i]), J_INT)
                    ? put_number(t, s, (enum number)i, json_num(numbers, KEYS[i], 0))
                    : -1;
    bool rate = s->indicator->kind == IND_RATE && at[NUMBER_n] >= 0 && at[NUMBER_N] >= 0;
    if (!rate || !str_is(s->hidden, "counts") || !str_is(s->what, "value"))
        return;
    t->rates = arena_grow(t->a, t->rates, (size_t)t->n_rates, &t->cap_rates, sizeof *t->rates);
    t->rates[t->n_rates++] = (struct told_rate){at[NUMBER_n], at[NUMBER_N], json_num(numbers, "value", 0),
                                                (int)json_num(numbers, "decimals", 0)};
}

/* ---- figures ---- */

static bool find(const struct told_list *t, struct str id, struct source *s)
{
    struct str name, book = str_cut(id, '.', &name);
    s->id = id;
    s->playbook = world_playbook(t->w, book);
    int i = s->playbook && name.ptr ? playbook_indicator(s->playbook, name) : -1;
    s->indicator = i >= 0 ? &s->playbook->indicators[i] : NULL;
    return i >= 0;
}

static bool days(const struct json *x, struct source *s)
{
    return day_parse(json_text(x, "from"), &s->from) && day_parse(json_text(x, "to"), &s->to);
}

static void put_beside(struct told_list *t, const struct source *figure, const struct json *list)
{
    JSON_EACH (x, list) {
        struct source s = *figure;
        s.what = s.hidden = STR_NONE;
        if (!json_get(x, "hidden") &&
            find(t, str_printf(t->a, "%.*s.%.*s", STR_F(figure->playbook->id), STR_F(json_text(x, "id"))), &s))
            put_source(t, &s, x);
    }
}

static void put_figure(struct told_list *t, const struct json *part, struct str number)
{
    struct told_from *by = ARENA_NEW(t->a, struct told_from);
    *by = (struct told_from){json_text(part, "slot"), json_text(part, "code"), number};
    struct source s = {.what = json_text(part, "what"), .hidden = json_text(part, "hidden"), .by = by};
    s.area = world_area(t->w, json_text(part, "area"));
    if (s.area < 0 || !find(t, json_text(part, "id"), &s) || !days(part, &s) ||
        json_num(part, "version", 0) != s.indicator->version)
        return;
    pairs_of(t, s.playbook);
    put_source(t, &s, part);
    if (!s.hidden.len || str_is(s.hidden, "counts"))
        put_beside(t, &s, json_get(part, "beside"));
    if (!s.hidden.len && days(json_get(part, "then"), &s))
        put_source(t, &s, json_get(part, "then"));
}

void told_add(struct told_list *t, const struct json *parts, struct str number)
{
    JSON_EACH (part, parts)
        if (bulletin_figure(part))
            put_figure(t, part, number);
}
