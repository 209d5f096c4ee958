#include "measure/figure_int.h"
#include "measure/speak.h"

/* ---- rows ---- */

static struct figure_sums *group_at(struct gather *g, struct str key)
{
    for (size_t i = 0; i < g->n_groups; i++)
        if (g->groups[i].key.ptr && str_eq(g->groups[i].key, key))
            return &g->groups[i].sums;
    return NULL;
}

static bool sums_empty(const struct figure_sums *s)
{
    for (int i = 0; i < SLOT_MAX; i++)
        if (s->n[i] || s->s[i])
            return false;
    return s->n_ms == 0;
}

static void add_row(struct gather *g, struct figure *f, size_t *cap, struct str key,
                    struct figure_sums *sums)
{
    struct figure_sums none = {.n_ms = 0};
    f->rows = arena_grow(g->a, f->rows, f->n_rows, cap, sizeof *f->rows);
    f->rows[f->n_rows++] = (struct figure_row){key, value_of(g, sums ? sums : &none)};
}

/* Every day or month of the span.  What a stock held before the span is carried from row to row. */
static void time_rows(struct gather *g, struct figure *f)
{
    struct figure_sums carry = g->total, none = {.n_ms = 0};
    struct str last = STR_NONE;
    size_t cap = 0, at = 0;
    for (int32_t day = f->from; day <= f->to; day++) {
        struct str key = gather_key_day(g, day);
        if (last.ptr && str_eq(key, last))
            continue;
        last = key;
        while (at < g->n_groups && str_cmp(g->groups[at].key, key) < 0)
            at++;
        bool has = at < g->n_groups && str_eq(g->groups[at].key, key);
        struct figure_sums *s = has ? &g->groups[at].sums : &none;
        for (int i = SLOT_N_BEFORE; i < SLOT_MAX; i++) {
            s->n[i] = carry.n[i];
            s->s[i] = carry.s[i];
            carry.n[i] += s->n[i - SLOT_N_BEFORE];
            carry.s[i] += s->s[i - SLOT_N_BEFORE];
        }
        add_row(g, f, &cap, key, s);
    }
}

static void area_rows(struct gather *g, struct figure *f)
{
    size_t cap = 0;
    const struct world *w = g->then ? g->then : g->w;
    for (int i = 0; i < w->n_areas; i++) {
        const struct area *a = &w->areas[i];
        if (a->parent != g->area)
            continue;
        struct figure_sums *s = group_at(g, a->code);
        bool ended = a->to != DAY_NONE && a->to < f->from;
        if (!ended || (s && !sums_empty(s)))
            add_row(g, f, &cap, a->code, s);
    }
    struct figure_sums *own = group_at(g, w->areas[g->area].code);
    if (own && !sums_empty(own))
        add_row(g, f, &cap, w->areas[g->area].code, own);
}

static int by_key(const void *a, const void *b)
{
    const struct figure_group *x = a, *y = b;
    if (!x->key.ptr || !y->key.ptr)
        return !x->key.ptr - !y->key.ptr; /* what is not said comes last */
    return str_cmp(x->key, y->key);
}

static void field_rows(struct gather *g, struct figure *f)
{
    size_t cap = 0;
    for (size_t i = 0; i < g->n_groups; i++)
        if (!sums_empty(&g->groups[i].sums))
            add_row(g, f, &cap, g->groups[i].key, &g->groups[i].sums);
}

static void make_rows(struct gather *g, struct figure *f)
{
    if (g->n_groups)
        qsort(g->groups, g->n_groups, sizeof *g->groups, by_key);
    switch (g->key.by) {
    case BY_NONE:
        break;
    case BY_DAY:
    case BY_MONTH:
        time_rows(g, f);
        break;
    case BY_AREA:
        area_rows(g, f);
        break;
    case BY_FIELD:
        field_rows(g, f);
        break;
    }
}

/* ---- asking ---- */

static bool checkpoint_of(struct gather *g, struct figure *f)
{
    struct ledger_head head;
    if (!ledger_read_head(g->db, &head, g->e))
        return false;
    f->size = g->size >= 0 ? g->size : head.tree.size;
    if (f->size == head.tree.size) {
        f->root = tree_root(&head.tree);
        return true;
    }
    return ledger_root(g->db, f->size, &f->root, g->e);
}

/* The total of another indicator of the playbook, of the same area and span. */
static bool ask_other(struct gather *g, struct str id, struct figure *out)
{
    struct figure_question q = *g->q;
    q.id = str_printf(g->a, "%.*s.%.*s", STR_F(g->playbook->id), STR_F(id));
    q.by = STR_NONE;
    q.compare = COMPARE_NONE;
    return figure_ask(g->db, g->a, g->w, &q, out, g->e);
}

static bool ask_beside(struct gather *g, struct figure *f)
{
    const struct indicator *ind = g->indicator;
    int n = ind->n_left_out + (ind->recheck.ptr != NULL);
    f->beside = ARENA_ARRAY(g->a, struct figure_beside, n + 1);
    for (int i = 0; i < n; i++) {
        bool recheck = i == ind->n_left_out;
        struct figure other;
        if (!ask_other(g, recheck ? ind->recheck : ind->left_out[i], &other))
            return false;
        f->beside[f->n_beside++] = (struct figure_beside){other.indicator, other.total, recheck};
    }
    return true;
}

/* A part that is more than its whole is printed by nobody. */
static bool check_within(struct gather *g, struct figure *f)
{
    struct figure whole;
    if (!g->indicator->within.ptr)
        return true;
    if (!ask_other(g, g->indicator->within, &whole))
        return false;
    if (f->total.value > whole.total.value) {
        f->total.has_value = false;
        f->total.note = "part>whole";
    }
    return true;
}

static bool answer(struct gather *g, struct figure *f)
{
    if (!gather_prepare(g, g->e) || !checkpoint_of(g, f))
        return false;
    f->id = g->q->id;
    f->area = g->w->areas[g->area].code;
    f->area_name = g->w->areas[g->area].name;
    f->whole = g->q->whole || g->w->areas[g->area].parent < 0;
    f->today = zone_day(g->w->zone, g->q->now);
    f->playbook = g->playbook;
    f->indicator = g->indicator;
    f->from = g->q->from;
    f->to = g->q->to;
    if (g->indicator->pending) {
        f->total.note = "pending";
        return true;
    }
    if (g->indicator->n_sum_of)
        return composite_answer(g, f);
    if (g->indicator->reported)
        return reported_answer(g, f);
    gather_begin(g, f->from, f->to, g->key.by);
    if (!gather_count(g))
        return false;
    f->total = value_of(g, &g->total);
    make_rows(g, f);
    f->counters = !g->slow;
    f->sealed = g->sealed;
    f->sealed_n = g->sealed_n;
    f->sealed_N = g->sealed_N;
    return figure_compare(g, f) && check_within(g, f) && ask_beside(g, f);
}

bool figure_ask(struct store *db, struct arena *a, const struct world *w,
                const struct figure_question *q, struct figure *out, struct err *e)
{
    struct gather g = {.db = db, .a = a, .w = w, .q = q, .e = e, .size = -1};
    struct figure f = {.n_rows = 0};
    bool mine = !store_in_tx(db);
    if (mine && !store_begin(db, e))
        return false;
    bool ok = answer(&g, &f);
    if (mine)
        store_rollback(db);
    if (ok)
        *out = f;
    return ok;
}

/* ---- the outside face ---- */

static void put_day(struct json_out *o, const char *key, int32_t day)
{
    char text[16];
    day_format(day, text);
    jo_kc(o, key, text);
}

static int change_decimals(const struct figure *f)
{
    enum indicator_kind k = f->indicator->kind;
    return k == IND_RATE || k == IND_MEDIAN ? f->indicator->decimals : 1;
}

/* Percent for counts, 个百分点 for rates ("points"), days for medians ("difference"). */
static void put_change(struct json_out *o, const struct figure *f, bool has, int64_t change)
{
    enum indicator_kind k = f->indicator->kind;
    jo_key(o, k == IND_RATE ? "points" : k == IND_MEDIAN ? "difference" : "change");
    if (has)
        jo_decimal(o, change, f->compare.given ? f->compare.given_decimals : change_decimals(f));
    else
        jo_null(o);
}

static void put_redrawn(struct json_out *o, const struct figure_comparison *c)
{
    jo_key(o, "redrawn");
    jo_obj(o);
    for (int zh = 1; zh >= 0; zh--) {
        struct buf b AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
        speak_redrawn(&b, zh, c);
        jo_kv(o, zh ? "zh" : "en", buf_view(&b));
    }
    jo_end(o);
}

static void put_comparison(struct json_out *o, const struct figure *f)
{
    enum { P_DECIMALS = 4, RARE = 500 }; /* 0.05 */
    const struct figure_comparison *c = &f->compare;
    jo_key(o, "compare");
    jo_obj(o);
    jo_kc(o, "kind", c->kind);
    put_day(o, "from", c->from);
    put_day(o, "to", c->to);
    if (c->given)
        jo_kb(o, "given", true);
    else
        value_write(o, &c->v);
    put_change(o, f, c->has_change, c->change);
    if (c->tested) {
        jo_kb(o, "significant", c->p < RARE);
        jo_key(o, "p");
        jo_decimal(o, c->p, P_DECIMALS);
    }
    if (c->has_maturity) {
        jo_key(o, "equal_maturity");
        if (c->maturity.known) {
            jo_obj(o);
            value_write(o, &c->maturity.v);
            put_change(o, f, c->maturity.has_change, c->maturity.change);
            jo_end(o);
        } else {
            jo_null(o);
        }
    }
    if (c->incomparable)
        jo_kb(o, "comparable", false);
    if (c->n_redrawn)
        put_redrawn(o, c);
    if (c->note && !c->v.note)
        jo_kc(o, "note", c->note);
    jo_end(o);
}

static void put_words(struct json_out *o, const char *key, const struct figure *f,
                      void (*say)(struct buf *, const struct figure *, const struct speak_frame *))
{
    static const char *const LANGUAGES[] = {"en", "zh"};
    jo_key(o, key);
    jo_obj(o);
    for (int zh = 1; zh >= 0; zh--) {
        struct speak_frame frame = {.zh = zh,
                                    .today = f->today,
                                    .whole = f->whole,
                                    .area_name = f->area_name,
                                    .decimals = 1};
        struct buf b AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
        say(&b, f, &frame);
        jo_kv(o, LANGUAGES[zh], str_trim(buf_view(&b)));
    }
    jo_end(o);
}

static void put_registry(struct json_out *o, const struct indicator *ind)
{
    jo_ki(o, "version", ind->version);
    jo_kv(o, "unit", ind->unit.zh);
    if (ind->within.ptr)
        jo_kv(o, "within", ind->within);
}

static void put_reported(struct json_out *o, const struct figure *f)
{
    const struct figure_reported *x = &f->reported;
    char id[ID_TEXT + 1];
    jo_key(o, "reported");
    jo_obj(o);
    if (!id_zero(x->source)) {
        id_format(x->source, id);
        jo_kc(o, "record", id);
        jo_kv(o, "issuer", x->issuer.zh);
    }
    if (x->has_ours) {
        jo_key(o, "ours");
        jo_obj(o);
        jo_kv(o, "id", x->ours_id);
        value_write(o, &x->ours);
        if (f->total.has_n && x->ours.has_n)
            jo_ki(o, "difference", f->total.n - x->ours.n);
        jo_end(o);
    }
    jo_end(o);
}

static void put_beside(struct json_out *o, const struct figure *f)
{
    jo_key(o, "beside");
    jo_arr(o);
    for (int i = 0; i < f->n_beside; i++) {
        const struct figure_beside *x = &f->beside[i];
        jo_obj(o);
        jo_kv(o, "id", x->indicator->id);
        jo_kc(o, "as", x->recheck ? "recheck" : "left_out");
        value_write(o, &x->v);
        jo_end(o);
    }
    jo_end(o);
}

void figure_write(struct json_out *o, const struct figure *f)
{
    static const char *const SEALED[] = {"none", "exact", "fives", "left_out"};
    jo_obj(o);
    jo_kv(o, "id", f->id);
    jo_kv(o, "area", f->area);
    put_day(o, "from", f->from);
    put_day(o, "to", f->to);
    value_write(o, &f->total);
    jo_key(o, "rows");
    jo_arr(o);
    for (size_t i = 0; i < f->n_rows; i++) {
        jo_obj(o);
        jo_key(o, "key");
        jo_str(o, f->rows[i].key);
        value_write(o, &f->rows[i].v);
        jo_end(o);
    }
    jo_end(o);
    if (f->compare.kind)
        put_comparison(o, f);
    if (f->reported.is)
        put_reported(o, f);
    if (f->n_beside)
        put_beside(o, f);
    if (f->sealed != SEALED_NONE)
        jo_kc(o, "sealed", SEALED[f->sealed]);
    if (f->sealed == SEALED_EXACT || f->sealed == SEALED_FIVES) {
        jo_ki(o, "sealed_n", f->sealed_n);
        if (f->total.has_N)
            jo_ki(o, "sealed_N", f->sealed_N);
    }
    put_registry(o, f->indicator);
    put_words(o, "sentence", f, speak_sentence);
    put_words(o, "footnote", f, speak_footnote);
    jo_key(o, "checkpoint");
    jo_obj(o);
    jo_ki(o, "size", f->size);
    struct arena *a AUTO(arena_freep) = arena_new();
    jo_kv(o, "root", base64_of(a, HASH_STR(f->root), false));
    jo_end(o);
    jo_end(o);
}
