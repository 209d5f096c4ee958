/* Indicators and the terms they are made of.  A term is kept once, however many use it. */
#include "playbook/playbook_int.h"

static const char *const indicator_keys[] = {
    "name",        "definition", "unit",   "relation",   "good", "decimals", "by",
    "pending",     "count",      "sum",    "of",         "at",   "where",    "numerator",
    "denominator", "stock",      "median", "valid_from", "say",  "version",  "owner",
    "exclusions",  "within",     "sum_of", "kind",       "reported", "left_out", "recheck",
    NULL};

/* ---- terms ---- */

static bool term_hash(struct loader *ld, const struct node *at, struct term *t)
{
    const struct record_def *r = &ld->p->records[t->record];
    struct buf b AUTO(buf_free) = BUF(64 * 1024);
    struct buf where AUTO(buf_free) = BUF(32 * 1024);
    if (t->expr)
        expr_print(t->expr, &where);
    t->where = t->expr ? buf_dup(ld->a, &where) : STR_NONE;
    buf_printf(&b, "bihuan.term1\n%.*s\n%.*s\n%d\n%d\n", STR_F(ld->p->id), STR_F(r->id),
               (int)t->kind, t->from_slot >= 0);
    if (t->sum_field >= 0)
        buf_str(&b, r->fields[t->sum_field].id);
    buf_char(&b, '\n');
    buf_str(&b, t->from);
    buf_char(&b, '\n');
    buf_str(&b, t->at);
    buf_char(&b, '\n');
    buf_str(&b, t->where);
    if (!buf_ok(&b) || !buf_ok(&where))
        return fail(ld, at, "where: the condition is too long");
    t->id = hash_sha256(buf_view(&b));
    return true;
}

static int keep_term(struct loader *ld, const struct node *at, struct term *t)
{
    struct playbook *p = ld->p;
    if (!term_hash(ld, at, t))
        return -1;
    for (int i = 0; i < p->n_terms; i++)
        if (hash_eq(&p->terms[i].id, &t->id))
            return i;
    p->terms[p->n_terms] = *t;
    return p->n_terms++;
}

/* The slot of the date or time that a term counts by, -1 after a complaint. */
static int time_slot(struct loader *ld, const struct node *node, const char *key, int record,
                     struct str *name)
{
    struct node *at = node_get(node, key);
    *name = get_text(ld, node, key);
    if (!at)
        fail(ld, node,
             "%s is missing: expected a date or time, such as opened, closed or a date"
             " field",
             key);
    if (!name->ptr)
        return -1;
    struct record_catalogue c;
    struct xprop prop;
    record_catalogue_init(&c, ld->p, record, false, false, ld->zone);
    if (!c.cat.find(&c, *name, &prop)) {
        idset_want(ld, at, set_fields(c.record), *name);
        return -1;
    }
    int field = record_field(c.record, *name);
    if (field >= 0 && field_private(&c.record->fields[field]))
        refuse_private(ld, at, &c.record->fields[field], key);
    else if (prop.type == X_DATE || prop.type == X_TIME)
        return prop.slot;
    else
        fail(ld, at, "%s: expected a date or time, \"%.*s\" is %s", key, SHOW(*name),
             xtype_name(prop.type));
    return -1;
}

static int sum_field(struct loader *ld, const struct node *node, const struct record_def *r)
{
    int i = get_ref(ld, node, "sum", set_fields(r)), decimals;
    if (i < 0)
        return -1;
    const struct field *f = &r->fields[i];
    enum xtype t = field_xtype(f, &decimals);
    if (t == X_INT || t == X_DECIMAL)
        return i;
    if (field_private(f))
        refuse_private(ld, node_get(node, "sum"), f, "sum");
    else
        fail(ld, node_get(node, "sum"), "sum: expected a field of numbers, \"%.*s\" is %s",
             SHOW(f->id), xtype_name(t));
    return -1;
}

static bool term_where(struct loader *ld, const struct node *node, struct term *t)
{
    struct node *at = node_get(node, "where");
    struct str where = get_text(ld, node, "where");
    struct expr_ask ask = {.record = t->record, .use = USE_TERM};
    if (!at)
        return true;
    if (where.ptr)
        t->expr = load_expr(ld, &ask, at, where);
    return t->expr;
}

/* {count: TYPE, where, at} or {sum: FIELD, of: TYPE, where, at}; -1 after a complaint. */
static int load_term(struct loader *ld, const struct node *node)
{
    struct term t = {.kind = TERM_COUNT, .sum_field = -1, .from_slot = -1};
    bool sum = node_get(node, "sum");
    if (!sum && !node_get(node, "count")) {
        fail(ld, node,
             "expected count: (a record type), or sum: (a field) and of: (a record"
             " type)");
        return -1;
    }
    if (sum && !node_get(node, "of")) {
        fail(ld, node, "of is missing: expected the record type whose field is summed");
        return -1;
    }
    if (!sum && node_get(node, "of"))
        fail(ld, node_get(node, "of"), "of: a count names its record type itself");
    t.record = get_ref(ld, node, sum ? "of" : "count", set_records(ld->p));
    if (t.record < 0)
        return -1;
    if (sum) {
        t.kind = TERM_SUM;
        t.sum_field = sum_field(ld, node, &ld->p->records[t.record]);
    }
    t.at_slot = time_slot(ld, node, "at", t.record, &t.at);
    bool where = term_where(ld, node, &t);
    if (t.at_slot < 0 || !where || (sum && t.sum_field < 0))
        return -1;
    return keep_term(ld, node, &t);
}

static int load_inner_term(struct loader *ld, const struct node *map, const char *key)
{
    static const char *const known[] = {"count", "sum", "of", "where", "at", NULL};
    struct node *node = get_map(ld, map, key);
    if (!node && !node_get(map, key))
        fail(ld, map, "%s is missing: expected {count: …, at: …}", key);
    return node && check_keys(ld, node, key, known) ? load_term(ld, node) : -1;
}

static int load_median(struct loader *ld, const struct node *map)
{
    static const char *const known[] = {"of", "from", "to", "where", NULL};
    struct node *node = get_map(ld, map, "median");
    struct term t = {.kind = TERM_MEDIAN, .sum_field = -1, .from_slot = -1, .at_slot = -1};
    if (!node || !check_keys(ld, node, "median", known))
        return -1;
    if (!node_get(node, "of"))
        fail(ld, node, "of is missing: expected a record type");
    t.record = get_ref(ld, node, "of", set_records(ld->p));
    if (t.record < 0)
        return -1;
    t.from_slot = time_slot(ld, node, "from", t.record, &t.from);
    t.at_slot = time_slot(ld, node, "to", t.record, &t.at);
    bool where = term_where(ld, node, &t);
    return t.from_slot >= 0 && t.at_slot >= 0 && where ? keep_term(ld, node, &t) : -1;
}

/* ---- indicators ---- */

static const struct {
    const char *key;
    enum indicator_kind kind;
    int decimals;
} forms[] = {{"count", IND_COUNT, 0},
             {"sum", IND_SUM, -1},
             {"numerator", IND_RATE, 1},
             {"stock", IND_STOCK, 0},
             {"median", IND_MEDIAN, 1}};

/* Made of other indicators, here or in other playbooks: whether they exist is known only where all
 * are loaded, so asking for it says so. */
static bool load_sum_of(struct loader *ld, const struct node *node, struct indicator *ind)
{
    static const char *const kinds[] = {"count", "rate", NULL};
    static const char *const never[] = {"count",  "sum",   "numerator", "denominator", "stock",
                                        "median", "where", "at",        "of",          "by"};
    struct node **given = get_texts(ld, node, "sum_of", &ind->n_sum_of);
    ind->sum_of = ARENA_ARRAY(ld->a, struct str, ind->n_sum_of + 1);
    for (size_t i = 0; i < COUNT_OF(never); i++)
        if (node_get(node, never[i]))
            fail(ld, node_get(node, never[i]), "%s: an indicator made by sum_of has none", never[i]);
    if (ind->n_sum_of < 2)
        return fail(ld, node, "sum_of: expected at least two indicators, as dispute.registered");
    for (int i = 0; i < ind->n_sum_of; i++) {
        struct str name, book = str_cut(given[i]->text, '.', &name);
        ind->sum_of[i] = given[i]->text;
        if (!book.len || !name.len)
            fail(ld, given[i], "sum_of: expected PLAYBOOK.INDICATOR, found \"%.*s\"",
                 SHOW(given[i]->text));
    }
    ind->kind = get_choice(ld, node, "kind", kinds, 0) == 1 ? IND_RATE : IND_COUNT;
    return true;
}

static bool load_form_of(struct loader *ld, const struct node *node, struct indicator *ind)
{
    int found = -1, n = 0;
    if (node_get(node, "kind"))
        fail(ld, node_get(node, "kind"), "kind: is only for an indicator made by sum_of");
    for (int i = 0; i < (int)COUNT_OF(forms); i++)
        if (node_get(node, forms[i].key)) {
            found = i;
            n++;
        }
    if (!n && ind->pending)
        return true;
    if (n != 1)
        return fail(ld, node,
                    "expected exactly one of count, sum, numerator (with denominator),"
                    " stock, median, sum_of, reported");
    ind->kind = forms[found].kind;
    static const char *const inline_only[] = {"of", "at", "where"};
    for (size_t i = 0; i < COUNT_OF(inline_only); i++)
        if (node_get(node, inline_only[i]) && ind->kind != IND_COUNT && ind->kind != IND_SUM)
            fail(ld, node_get(node, inline_only[i]), "%s belongs into the terms of %s",
                 inline_only[i], forms[found].key);
    if (node_get(node, "denominator") && ind->kind != IND_RATE)
        fail(ld, node_get(node, "denominator"), "denominator without numerator");
    if (node_get(node, "relation") && ind->kind != IND_RATE)
        fail(ld, node_get(node, "relation"), "relation is for numerator and denominator");
    return true;
}

static bool load_terms(struct loader *ld, const struct node *node, struct indicator *ind)
{
    static const char *const known[] = {"in", "out", NULL};
    struct node *stock;
    switch (ind->kind) {
    case IND_COUNT:
    case IND_SUM:
        ind->n_term = load_term(ld, node);
        return ind->n_term >= 0;
    case IND_MEDIAN:
        ind->n_term = load_median(ld, node);
        return ind->n_term >= 0;
    case IND_RATE:
        ind->n_term = load_inner_term(ld, node, "numerator");
        ind->d_term = load_inner_term(ld, node, "denominator");
        break;
    case IND_STOCK:
        stock = get_map(ld, node, "stock");
        if (!stock || !check_keys(ld, stock, "stock", known))
            return false;
        ind->n_term = load_inner_term(ld, stock, "in");
        ind->d_term = load_inner_term(ld, stock, "out");
        break;
    }
    return ind->n_term >= 0 && ind->d_term >= 0;
}

/* A sum of what follow-ups count is a count of their parts. */
static bool counts_parts(const struct playbook *p, const struct term *t)
{
    const struct record_def *r = &p->records[t->record];
    if (t->kind != TERM_SUM)
        return false;
    for (int i = 0; i < r->n_follow_ups; i++)
        for (int k = 0; k < r->follow_ups[i].n_counts; k++)
            if (r->follow_ups[i].counts[k].field == t->sum_field)
                return true;
    return false;
}

static void check_relation(struct loader *ld, const struct node *node, struct indicator *ind)
{
    static const char *const names[] = {"part", "flow", NULL};
    const struct term *n = &ld->p->terms[ind->n_term], *d = &ld->p->terms[ind->d_term];
    struct node *relation = node_get(node, "relation");
    if (ind->kind == IND_STOCK) {
        if (n->record != d->record || n->kind != d->kind || n->sum_field != d->sum_field)
            fail(ld, node,
                 "stock: what comes in and what goes out must be counted of the same"
                 " record type");
        return;
    }
    if (!relation) {
        fail(ld, node,
             "relation is missing: part when the numerator is a part of the denominator"
             " (same `at`), otherwise flow");
        return;
    }
    ind->part = get_choice(ld, node, "relation", names, 1) == 0;
    if (!ind->part)
        return;
    bool counts = n->kind == TERM_COUNT && d->kind == TERM_COUNT,
         parts = counts_parts(ld->p, n) && counts_parts(ld->p, d);
    if ((!counts && !parts) || n->record != d->record)
        fail(ld, relation, "relation: part needs counts of the same record type (or of its follow-ups)");
    else if (n->at_slot != d->at_slot)
        fail(ld, relation,
             "relation: part needs the same `at`; the numerator has \"%.*s\", the"
             " denominator \"%.*s\" (then it is a flow)",
             SHOW(n->at), SHOW(d->at));
}

/* ---- dimensions ---- */

/* The field's values must be few: each makes a row of counters for every area and day. */
static bool check_dimension(struct loader *ld, const struct node *at, const struct field *f)
{
    enum { SMALL = 100 };
    bool small = f->type == FIELD_INTEGER && f->min != INT64_MIN && f->max != INT64_MAX &&
                 (uint64_t)f->max - (uint64_t)f->min <= SMALL;
    bool computed = f->type == FIELD_COMPUTED && f->computed_type == X_BOOL;
    if (f->many)
        return fail(ld, at,
                    "by: \"%.*s\" has many values, a record would be counted more than"
                    " once",
                    SHOW(f->id));
    if (f->type == FIELD_CODE || f->type == FIELD_BOOLEAN || small || computed)
        return true;
    if (field_private(f))
        return refuse_private(ld, at, f, "by");
    if (f->type == FIELD_INTEGER)
        return fail(ld, at, "by: the integer \"%.*s\" needs min and max not more than %d apart",
                    SHOW(f->id), SMALL);
    return fail(ld, at, "by: expected a field of type code, boolean or integer, \"%.*s\" is %s",
                SHOW(f->id), field_type_name(f->type));
}

static void load_by(struct loader *ld, const struct node *node, struct indicator *ind)
{
    enum { BY_MAX = 3 };
    if (!node_get(node, "by") || ind->n_term < 0)
        return;
    struct node *by = node_get(node, "by");
    const struct term *n = &ld->p->terms[ind->n_term];
    if (ind->d_term >= 0 && ld->p->terms[ind->d_term].record != n->record) {
        fail(ld, by, "by: numerator and denominator are of different record types");
        return;
    }
    const struct record_def *r = &ld->p->records[n->record];
    ind->by = get_refs(ld, node, "by", set_fields(r), &ind->n_by);
    if (ind->n_by > BY_MAX)
        fail(ld, by, "by: at most %d dimensions, found %d", BY_MAX, ind->n_by);
    for (int i = 0; i < ind->n_by; i++)
        check_dimension(ld, by, &r->fields[ind->by[i]]);
}

static void load_printing(struct loader *ld, const struct node *node, struct indicator *ind)
{
    int decimals = 0;
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (forms[i].kind == ind->kind)
            decimals = forms[i].decimals;
    if (ind->kind == IND_SUM && ind->n_term >= 0) {
        const struct term *t = &ld->p->terms[ind->n_term];
        field_xtype(&ld->p->records[t->record].fields[t->sum_field], &decimals);
    }
    ind->decimals = (int)get_int(ld, node, "decimals", decimals, 0, 9);
}

/* {n}, {value} and their like: a misspelt one would stand in a bulletin. */
static void check_say(struct loader *ld, const struct node *node, struct str say)
{
    static const char *const known[] = {"span", "area",  "name", "unit",   "n",      "N",
                                        "value", "change", "opening", "in", "out", "closing"};
    for (size_t i = 0; i < say.len; i++) {
        if (say.ptr[i] != '{')
            continue;
        struct str rest = {say.ptr + i + 1, say.len - i - 1}, end, word = str_cut(rest, '}', &end);
        bool ok = false;
        for (size_t k = 0; k < COUNT_OF(known); k++)
            ok |= end.ptr && str_is(word, known[k]);
        if (!ok)
            fail(ld, node_get(node, "say"),
                 "say: {%.*s}: expected span, area, name, unit, n, N, value, change, opening, in,"
                 " out or closing in braces",
                 SHOW(word));
    }
}

static void load_registry(struct loader *ld, const struct node *node, struct indicator *ind)
{
    enum { VERSIONS = 1000 };
    ind->say = get_words(ld, node, "say", false);
    check_say(ld, node, ind->say.zh);
    check_say(ld, node, ind->say.en);
    ind->exclusions = get_words(ld, node, "exclusions", false);
    ind->owner = get_words(ld, node, "owner", false);
    ind->version = (int)get_int(ld, node, "version", 1, 1, VERSIONS);
    ind->within = get_text(ld, node, "within");
    ind->recheck = get_text(ld, node, "recheck");
    int n;
    struct node **texts = get_texts(ld, node, "left_out", &n);
    ind->left_out = ARENA_ARRAY(ld->a, struct str, n + 1);
    for (int i = 0; i < n; i++)
        ind->left_out[ind->n_left_out++] = texts[i]->text;
    if (ind->version > 1 && ind->valid_from == DAY_NONE)
        fail(ld, node, "valid_from is missing: from which day does version %d count?", ind->version);
}

static void load_indicator(struct loader *ld, const struct node *node, struct indicator *ind)
{
    static const char *const good[] = {"up", "down", NULL};
    *ind = (struct indicator){.id = node->key, .line = node->line, .n_term = -1, .d_term = -1};
    check_id(ld, node, ind->id, "indicator", ID_MAX);
    if (!check_keys(ld, node, "an indicator", indicator_keys))
        return;
    ind->name = get_words(ld, node, "name", true);
    ind->definition = get_words(ld, node, "definition", false);
    ind->unit = get_words(ld, node, "unit", false);
    if (!ind->unit.zh.ptr)
        ind->unit = (struct words){STR(""), STR("")};
    ind->pending = get_bool(ld, node, "pending", false);
    ind->valid_from = get_day(ld, node, "valid_from");
    if (node_get(node, "good")) {
        ind->good_up = get_choice(ld, node, "good", good, 0) == 0;
        ind->good_down = !ind->good_up;
    }
    load_registry(ld, node, ind);
    if (node_get(node, "reported")) {
        ind->reported = load_reported(ld, node);
        bool count = ind->reported && ind->reported->n >= 0 && ind->reported->N < 0;
        ind->kind = count ? IND_COUNT : IND_RATE;
    }
    if (node_get(node, "sum_of"))
        load_sum_of(ld, node, ind);
    if (ind->reported || ind->n_sum_of) {
        load_printing(ld, node, ind);
        return;
    }
    if (!load_form_of(ld, node, ind))
        return;
    if (ind->pending && ind->kind == IND_COUNT && !node_get(node, "count"))
        return; /* not even its terms are known yet */
    if (!load_terms(ld, node, ind))
        return;
    if (ind->d_term >= 0)
        check_relation(ld, node, ind);
    load_by(ld, node, ind);
    load_printing(ld, node, ind);
}

/* 其中: a part and its whole are of one kind, so that the part can be asserted to be no more. */
static void check_within(struct loader *ld, const struct node *node)
{
    const struct indicator *all = ld->p->indicators;
    int i = playbook_indicator(ld->p, node->key);
    struct str within = i >= 0 ? all[i].within : STR_NONE;
    int whole = within.ptr ? playbook_indicator(ld->p, within) : -1;
    if (!within.ptr)
        return;
    if (whole < 0 || whole == i)
        fail(ld, node_get(node, "within"), "within: there is no other indicator \"%.*s\"",
             SHOW(within));
    else if (all[whole].kind != all[i].kind || (all[i].kind != IND_COUNT && all[i].kind != IND_SUM))
        fail(ld, node_get(node, "within"),
             "within: a part and its whole must both be counts, or both sums");
}

/* Does a rate count the same record type as another indicator, so that one condition fits both? */
static bool of_same(const struct playbook *p, const struct indicator *rate, int other)
{
    const struct indicator *x = other >= 0 ? &p->indicators[other] : NULL;
    return x && rate->kind == IND_RATE && rate->n_term >= 0 && x->n_term >= 0 &&
           p->terms[rate->n_term].record == p->terms[x->n_term].record;
}

/* What is said beside a rate: who was left out of its N, and what re-checks found. */
static void check_beside(struct loader *ld, const struct node *node)
{
    const struct indicator *all = ld->p->indicators;
    int i = playbook_indicator(ld->p, node->key);
    const struct indicator *x = i >= 0 ? &all[i] : NULL;
    for (int k = 0; x && k < x->n_left_out; k++) {
        int of = playbook_indicator(ld->p, x->left_out[k]);
        if (!of_same(ld->p, x, of) || (all[of].kind != IND_COUNT && all[of].kind != IND_SUM))
            fail(ld, node_get(node, "left_out"),
                 "left_out: expected counts or sums of the same record type beside a rate, found \"%.*s\"",
                 SHOW(x->left_out[k]));
    }
    int again = x && x->recheck.ptr ? playbook_indicator(ld->p, x->recheck) : -1;
    if (x && x->recheck.ptr && (!of_same(ld->p, x, again) || all[again].kind != IND_RATE || all[again].recheck.ptr))
        fail(ld, node_get(node, "recheck"),
             "recheck: expected a rate of the same record type that has none itself, found \"%.*s\"",
             SHOW(x->recheck));
}

void load_indicators(struct loader *ld)
{
    enum { MAX = 300 };
    struct playbook *p = ld->p;
    p->indicators = ARENA_ARRAY(ld->a, struct indicator, MAX);
    p->terms = ARENA_ARRAY(ld->a, struct term, 2 * MAX);
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = get_map(ld, ld->files[i], "indicators");
        NODE_EACH(it, section)
        {
            if (p->n_indicators == MAX) {
                fail(ld, it, "at most %d indicators are allowed", MAX);
                return;
            }
            if (playbook_indicator(p, it->key) >= 0)
                fail(ld, it, "the indicator \"%.*s\" stands in two files", SHOW(it->key));
            else
                load_indicator(ld, it, &p->indicators[p->n_indicators++]);
        }
    }
    for (int i = 0; i < ld->n_files; i++) {
        struct node *section = node_get(ld->files[i], "indicators");
        NODE_EACH(it, section) {
            check_within(ld, it);
            check_beside(ld, it);
        }
    }
}
