#include "measure/difference.h"
#include "measure/bounds.h"
#include "measure/difference.sql.h"
#include "measure/small.h"
#include "measure/told.h"
#include "record/change.h"

enum { FACTS = 128, WORDS = FACTS / 64, ATOMS = 1500, RATE_BASES = 1000000, RATE_LEAST = 20 };

/* A piece of area and time that no figure parts further: the facts it lies in. */
struct atom {
    uint64_t in[WORDS];
};

/* The facts of one measure, or of n and N of a pair; new ones first, then the latest. */
struct system {
    struct arena *a;
    const struct told_list *t;
    int n, N; /* measures; N -1: one alone */
    bool part;
    const struct told *facts[FACTS];
    bool use[FACTS]; /* told to `bounds` */
    int n_facts;
    struct atom *atoms;
    int n_atoms, vars;
    struct bounds *bounds;
};

typedef signed char sum_t;

/* ---- facts ---- */

static bool is_new(const struct told *f)
{
    return !f->by->number.len;
}

static bool meets(const struct told_list *t, const struct told *x, const struct told *y)
{
    return x->from <= y->to && y->from <= x->to &&
           (world_area_below(t->w, x->area, y->area) || world_area_below(t->w, y->area, x->area));
}

/* New figures, and what is joined to them by common areas and days. */
static void choose(struct system *s)
{
    bool *taken = ARENA_ARRAY(s->a, bool, s->t->n + 1), more = true;
    for (int round = 0; more; round++) {
        more = false;
        for (int i = 0; i < s->t->n && s->n_facts < FACTS; i++) {
            const struct told *f = &s->t->list[i];
            bool mine = !taken[i] && (f->measure == s->n || f->measure == s->N), joined = is_new(f);
            for (int k = 0; mine && round && !joined && k < s->n_facts; k++)
                joined = meets(s->t, f, s->facts[k]);
            if (!mine || !joined)
                continue;
            taken[i] = more = true;
            s->facts[s->n_facts++] = f;
        }
        more |= round == 0 && s->n_facts;
    }
}

/* ---- pieces ---- */

static int by_day(const void *x, const void *y)
{
    int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;
    return (a > b) - (a < b);
}

static bool add_atom(struct system *s, const struct atom *x)
{
    static const struct atom NONE;
    if (memcmp(x, &NONE, sizeof *x) == 0)
        return true;
    for (int i = 0; i < s->n_atoms; i++)
        if (memcmp(&s->atoms[i], x, sizeof *x) == 0)
            return true;
    if (s->n_atoms == ATOMS)
        return false;
    s->atoms[s->n_atoms++] = *x;
    return true;
}

/* What lies in an area and in no named one below it, cut at every first and last day. */
static bool make_atoms(struct system *s)
{
    int32_t cuts[2 * FACTS];
    int n = 0;
    s->atoms = ARENA_ARRAY(s->a, struct atom, ATOMS);
    for (int i = 0; i < s->n_facts; i++) {
        cuts[n++] = s->facts[i]->from;
        cuts[n++] = s->facts[i]->to + 1;
    }
    qsort(cuts, (size_t)n, sizeof *cuts, by_day);
    for (int i = 0; i < s->n_facts; i++) {
        for (int k = 0; k < n; k++) {
            struct atom x = {.in = {0}};
            if (k && cuts[k] == cuts[k - 1])
                continue;
            for (int f = 0; f < s->n_facts; f++)
                if (world_area_below(s->t->w, s->facts[i]->area, s->facts[f]->area) && cuts[k] >= s->facts[f]->from &&
                    cuts[k] <= s->facts[f]->to)
                    x.in[f / 64] |= (uint64_t)1 << (f % 64);
            if (!add_atom(s, &x))
                return false;
        }
    }
    s->vars = s->n_atoms * (s->N < 0 ? 1 : 2);
    return true;
}

/* The unknowns are n of every atom and behind them what N counts beside it (of a part), or N. */
static sum_t *sum_of(struct system *s, int fact)
{
    sum_t *sum = ARENA_ARRAY(s->a, sum_t, s->vars);
    bool whole = s->facts[fact]->measure != s->n;
    for (int i = 0; i < s->n_atoms; i++) {
        bool in = s->atoms[i].in[fact / 64] >> (fact % 64) & 1;
        sum[i] = in && (!whole || s->part);
        if (whole)
            sum[s->n_atoms + i] = in;
    }
    return sum;
}

/* ---- what is told ---- */

static int fact_index(const struct system *s, const struct told *f)
{
    for (int i = 0; i < s->n_facts; i++)
        if (s->facts[i] == f)
            return i;
    return -1;
}

struct range {
    int64_t low, high;
};

static void widen(struct range *r, int64_t low, int64_t high)
{
    r->low = min64(r->low, low);
    r->high = max64(r->high, high);
}

/* n of N is v out of `scale`, rounded half-up: which n can it be? */
static struct range numerators(int64_t N, int64_t v, int64_t scale)
{
    return (struct range){((2 * v - 1) * N + 2 * scale - 1) / (2 * scale), ((2 * v + 1) * N - 1) / (2 * scale)};
}

/* Every N that it can be, with every n: a percentage with many decimals leaves few. */
static void tell_rate(struct system *s, const struct told_rate *x)
{
    int n = fact_index(s, &s->t->list[x->n]), N = fact_index(s, &s->t->list[x->N]);
    struct range rn, rN, n_can = {INT64_MAX, 0}, N_can = n_can, left = n_can;
    int64_t scale = 100;
    for (int i = 0; i < x->decimals; i++)
        scale *= 10;
    if (n < 0 || N < 0 || !s->use[n] || !s->use[N] || x->value <= 0)
        return;
    sum_t *of_n = sum_of(s, n), *of_N = sum_of(s, N), *of_left = ARENA_ARRAY(s->a, sum_t, s->vars);
    bounds_range(s->bounds, of_n, &rn.low, &rn.high);
    bounds_range(s->bounds, of_N, &rN.low, &rN.high);
    if (rn.high < INT64_MAX / (4 * scale))
        rN.high = min64(rN.high, 2 * scale * rn.high / (2 * x->value - 1));
    rN.low = max64(rN.low, RATE_LEAST);
    if (rN.high > RATE_BASES)
        return;
    for (int64_t base = rN.low; base <= rN.high; base++) {
        struct range can = numerators(base, x->value, scale);
        can = (struct range){max64(can.low, rn.low), min64(can.high, s->part ? min64(rn.high, base) : rn.high)};
        if (can.low > can.high)
            continue;
        widen(&n_can, can.low, can.high);
        widen(&N_can, base, base);
        widen(&left, base - can.high, base - can.low);
    }
    if (N_can.low > N_can.high) /* the figures are of different days: they do not fit */
        return;
    if (!bounds_tell(s->bounds, of_n, n_can.low, n_can.high) || !bounds_tell(s->bounds, of_N, N_can.low, N_can.high) ||
        !s->part)
        return;
    for (int i = 0; i < s->vars; i++)
        of_left[i] = of_N[i] - of_n[i];
    bool fits = bounds_tell(s->bounds, of_left, left.low, left.high);
    UNUSED(fits);
}

/* What contradicts what came before is of another day, and left out. */
static void tell_all(struct system *s)
{
    s->bounds = bounds_new(s->a, s->vars);
    for (int i = 0; i < s->n_facts; i++) {
        const struct told *f = s->facts[i];
        bool says = f->low > 0 || f->high < INT64_MAX;
        bool fits = !s->use[i] || !says || bounds_tell(s->bounds, sum_of(s, i), f->low, f->high);
        UNUSED(fits);
    }
    for (int i = 0; s->N >= 0 && i < s->t->n_rates; i++)
        tell_rate(s, &s->t->rates[i]);
}

/* ---- what is given away ---- */

/* Somebody is counted, fewer than 5, and it is known closer than 不足5 says. */
static bool given_away(struct system *s, const sum_t *sum)
{
    int64_t low, high;
    if (bounds_above(s->bounds, sum, SMALL - 1))
        return false;
    bounds_range(s->bounds, sum, &low, &high);
    return low > 0 && high - low < SMALL - 2;
}

/* Takes y from x; false when y does not lie in it, or nothing is left. */
static bool take_off(const struct system *s, sum_t *x, const sum_t *y)
{
    bool left = false;
    for (int i = 0; i < s->vars; i++)
        if (y[i] > x[i])
            return false;
    for (int i = 0; i < s->vars; i++)
        left |= (x[i] -= y[i]) != 0;
    return left;
}

typedef bool (*visit_t)(void *self, const sum_t *sum);

static bool visit_atoms(struct system *s, visit_t visit, void *self)
{
    for (int i = 0; i < s->vars; i++) {
        sum_t *one = ARENA_ARRAY(s->a, sum_t, s->vars);
        one[i] = 1;
        if (!visit(self, one))
            return false;
    }
    return true;
}

/* A number, if it is not told as it is; less each other; less all that lie in it side by side. */
static bool visit_fact(struct system *s, int at, sum_t *const *sums, visit_t visit, void *self)
{
    sum_t *rest = ARENA_ARRAY(s->a, sum_t, s->vars), *one = ARENA_ARRAY(s->a, sum_t, s->vars);
    size_t size = sizeof *rest * (size_t)s->vars;
    bool held = s->facts[at]->low != s->facts[at]->high, any = false;
    memcpy(rest, sums[at], size);
    if (held && !visit(self, sums[at]))
        return false;
    for (int i = 0; i < s->n_facts; i++) {
        memcpy(one, sums[at], size);
        if (i == at || !take_off(s, one, sums[i]))
            continue;
        if (!visit(self, one))
            return false;
        memcpy(one, rest, size);
        if (take_off(s, one, sums[i])) {
            memcpy(rest, one, size);
            any = true;
        }
    }
    return !any || visit(self, rest);
}

static bool visit_all(struct system *s, visit_t visit, void *self)
{
    sum_t **sums = ARENA_ARRAY(s->a, sum_t *, s->n_facts);
    for (int i = 0; i < s->n_facts; i++)
        sums[i] = sum_of(s, i);
    for (int i = 0; i < s->n_facts; i++)
        if (!visit_fact(s, i, sums, visit, self))
            return false;
    return visit_atoms(s, visit, self);
}

/* ---- who gives it away ---- */

struct search {
    struct system *s;
    sum_t *found; /* NULL: nothing */
};

static bool with(struct system *s, bool (*wanted)(const struct told *f))
{
    bool any = false;
    for (int i = 0; i < s->n_facts; i++)
        any |= s->use[i] = !wanted || wanted(s->facts[i]);
    return any;
}

static bool is_out(const struct told *f)
{
    return !is_new(f);
}

/* Known from what is out already, it is no fault of the new ones. */
static bool look(void *self, const sum_t *sum)
{
    struct search *x = self;
    struct system *s = x->s;
    struct bounds *all = s->bounds;
    if (!given_away(s, sum))
        return true;
    bool known = false;
    if (with(s, is_out)) {
        tell_all(s);
        known = given_away(s, sum);
    }
    with(s, NULL);
    s->bounds = all;
    if (known)
        return true;
    x->found = ARENA_ARRAY(s->a, sum_t, s->vars);
    memcpy(x->found, sum, sizeof *sum * (size_t)s->vars);
    return false;
}

/* As few facts as tell it: `use` has them. */
static void fewest(struct system *s, const sum_t *sum)
{
    for (int i = s->n_facts - 1; i >= 0; i--) {
        s->use[i] = false;
        tell_all(s);
        s->use[i] = !given_away(s, sum);
    }
}

static const struct told_from *new_one(const struct system *s)
{
    for (int i = 0; i < s->n_facts; i++)
        if (s->use[i] && is_new(s->facts[i]))
            return s->facts[i]->by;
    return NULL;
}

static bool said_before(const struct system *s, int at)
{
    for (int i = 0; i < at; i++)
        if (s->use[i] && s->facts[i]->by == s->facts[at]->by)
            return true;
    return false;
}

static bool refuse(const struct system *s, struct err *e)
{
    enum { NAMED = 4 };
    struct buf en AUTO(buf_free) = BUF(LIMIT_ERR_TEXT / 3), zh AUTO(buf_free) = BUF(LIMIT_ERR_TEXT / 3);
    const struct told_from *first = new_one(s);
    int named = 0;
    for (int i = 0; i < s->n_facts && named < NAMED; i++) {
        const struct told_from *by = s->facts[i]->by;
        if (!s->use[i] || by == first || said_before(s, i))
            continue;
        bool own = !by->number.len;
        buf_printf(&en, "%s%.*s%s%.*s", named ? ", " : " with ", STR_F(by->code), own ? "" : " of ", STR_F(by->number));
        buf_printf(&zh, "%s%s%.*s的%.*s", named ? "、" : "与", own ? "本期" : "已印发的", STR_F(by->number),
                   STR_F(by->code));
        named++;
    }
    struct str slot = first ? first->slot : STR("");
    slot.len = slot.len > 60 ? 60 : slot.len;
    err_field(e, ERR_INPUT, "prose", "{{%.*s}}:%.*s it gives away a count under 5: leave it out, or take another span"
              " or area, or fewer decimals", STR_F(slot), STR_F(buf_view(&en)));
    return err_zh(e, "{{%.*s}}：%.*s%s会得出不足5的数，请不写这个数，或换时段、区划，比率少写几位小数", STR_F(slot),
                  STR_F(buf_view(&zh)), named ? "放在一起" : "");
}

static bool check_system(struct arena *a, const struct told_list *t, const struct told_pair *pair, struct err *e)
{
    struct system *s = ARENA_NEW(a, struct system);
    *s = (struct system){.a = a, .t = t, .n = pair->n, .N = pair->N, .part = pair->part};
    choose(s);
    if (!s->n_facts)
        return true;
    struct search x = {.s = s};
    bool fits = make_atoms(s);
    if (fits) {
        with(s, NULL);
        tell_all(s);
        visit_all(s, look, &x);
    }
    if (!fits || bounds_broken(s->bounds))
        return err_field(e, ERR_INPUT, "prose", "too many figures bear on each other to be checked: name fewer") ||
               err_zh(e, "相互关联的数太多，无法核对会不会推算出不足5的数，请少写几个");
    if (!x.found)
        return true;
    fewest(s, x.found);
    return refuse(s, e);
}

static bool paired(const struct told_list *t, int measure)
{
    for (int i = 0; i < t->n_pairs; i++)
        if (t->pairs[i].n == measure || t->pairs[i].N == measure)
            return true;
    return false;
}

static bool check_all(const struct told_list *t, struct err *e)
{
    struct arena *one AUTO(arena_freep) = arena_new();
    for (int i = 0; i < t->n_pairs; i++) {
        if (!check_system(one, t, &t->pairs[i], e))
            return false;
        arena_reset(one);
    }
    for (int i = 0; i < t->n_measures; i++) {
        struct told_pair alone = {.n = i, .N = -1};
        if (!paired(t, i) && !check_system(one, t, &alone, e))
            return false;
        arena_reset(one);
    }
    return true;
}

/* ---- the bulletins that are out ---- */

static bool add_out(struct store *db, struct told_list *t, const struct difference_beside *out, struct err *e)
{
    int64_t *rids = NULL;
    size_t n = 0, cap = 0;
    struct rows rows AUTO(rows_close) = store_query(
        db, sql_difference_beside, BIND(C_TEXT(out->type), C_TEXT(out->state), C_INT(out->rid)), e);
    while (rows_next(&rows)) {
        rids = arena_grow(t->a, rids, n, &cap, sizeof *rids);
        rids[n++] = rows_int(&rows, 0);
    }
    for (size_t i = 0; i < n && !err_is(e); i++) {
        struct record *r;
        bool found;
        if (record_load_rid(db, t->a, rids[i], &found, &r, e) && found)
            told_add(t, r->parts, r->number);
    }
    return !err_is(e);
}

bool difference_check(struct store *db, struct arena *a, const struct world *w, const struct json *parts,
                      const struct difference_beside *out, struct err *e)
{
    struct told_list t = {.a = a, .w = w};
    told_add(&t, parts, STR_NONE);
    return (!t.n || !out->state.len || add_out(db, &t, out, e)) && check_all(&t, e);
}
