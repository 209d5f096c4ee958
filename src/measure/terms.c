/* Terms come and go with playbook versions: their numbers, and counters for what is there, made in
 * batches. */
#include "measure/tally.sql.h"
#include "measure/tally_int.h"
#include "record/seal.h"

struct known_term { /* a row of table term */
    int64_t number;
    struct str hash, built;
    bool named; /* by a version in force */
};

struct install {
    struct store *db;
    struct arena *a;
    const struct world *w;
    struct err *e;
    struct known_term *old;
    size_t n_old, cap_old;
    int64_t highest;
    bool all; /* begin all again */
    struct levels levels;
};

static bool read_old(struct install *in)
{
    struct rows r AUTO(rows_close) = store_query(in->db, sql_term_all, BIND_NONE, in->e);
    while (rows_next(&r)) {
        in->old = arena_grow(in->a, in->old, in->n_old, &in->cap_old, sizeof *in->old);
        in->old[in->n_old++] = (struct known_term){
            .number = rows_int(&r, 0),
            .hash = str_dup(in->a, rows_str(&r, 1)),
            .built = str_dup(in->a, rows_str(&r, 2)),
        };
        in->highest = max64(in->highest, rows_int(&r, 0));
    }
    return !err_is(in->e);
}

/* What counters depend on beside the term's own definition: a new version of a playbook may add a
 * dimension, move a code in its list (within), or change how a sum is scaled; a setting may say other
 * levels. */
struct hash term_built(const struct playbook *p, int term, const struct levels *l)
{
    const struct term *t = &p->terms[term];
    const struct record_def *def = &p->records[t->record];
    struct buf b AUTO(buf_free) = BUF(16 * 1024 * 1024);
    int fields[FACT_DIMS], n = fact_dims(p, term, fields), decimals = 0;
    buf_printf(&b, "bihuan.counters2\n%d %d %d\n", l->first, l->dims, l->total);
    for (int i = 0; i < n; i++)
        buf_printf(&b, "%.*s\n", STR_F(def->fields[fields[i]].id));
    if (t->sum_field >= 0)
        field_xtype(&def->fields[t->sum_field], &decimals);
    buf_printf(&b, "%d\n", decimals);
    for (int i = 0; str_has(t->where, STR("within(")) && i < p->n_lists; i++)
        for (int k = 0; k < p->lists[i].n; k++) {
            const struct code *c = &p->lists[i].codes[k];
            buf_printf(&b, "%.*s %.*s %d\n", STR_F(p->lists[i].id), STR_F(c->code), c->parent);
        }
    ASSERT(buf_ok(&b));
    return hash_sha256(buf_view(&b));
}

static bool forget_counters(struct install *in, int64_t term)
{
    const struct cell c = C_INT(term);
    return store_exec(in->db, sql_term_forget_tally, &c, 1, NULL, in->e) &&
           store_exec(in->db, sql_term_forget_known, &c, 1, NULL, in->e) &&
           store_exec(in->db, sql_term_forget_duration, &c, 1, NULL, in->e);
}

static bool put_term(struct install *in, const struct playbook *p, int term)
{
    const struct term *t = &p->terms[term];
    struct hash built = term_built(p, term, &in->levels);
    struct known_term *old = NULL;
    for (size_t i = 0; i < in->n_old && !old; i++)
        if (str_eq(in->old[i].hash, HASH_STR(t->id)))
            old = &in->old[i];
    int64_t number = old ? old->number : ++in->highest;
    if (old)
        old->named = true;
    if (!in->all && old && str_eq(old->built, HASH_STR(built)))
        return true;
    struct str type = str_printf(in->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[t->record].id));
    int64_t rid;
    bool any;
    if (!store_int(in->db, sql_term_any_record, BIND(C_TEXT(type)), &any, &rid, in->e))
        return false;
    return (!old || forget_counters(in, number)) &&
           store_exec(in->db, sql_term_put,
                      BIND(C_INT(number), C_BLOB(HASH_STR(t->id)), C_TEXT(p->id),
                           C_TEXT(p->records[t->record].id), C_BLOB(HASH_STR(built)), C_INT(!any)),
                      NULL, in->e);
}

static bool put_terms(struct install *in)
{
    const struct world *w = in->w;
    for (int i = 0; i < w->n_playbooks; i++)
        for (int k = 0; w->playbooks[i].in_force && k < w->playbooks[i].playbook->n_terms; k++)
            if (!put_term(in, w->playbooks[i].playbook, k))
                return false;
    for (size_t i = 0; i < in->n_old; i++) {
        const struct cell number = C_INT(in->old[i].number);
        if (!in->old[i].named && (!forget_counters(in, number.i) ||
                                  !store_exec(in->db, sql_term_delete, &number, 1, NULL, in->e)))
            return false;
    }
    return true;
}

static bool install(struct store *db, const struct world *w, bool all, struct err *e)
{
    ASSERT(store_in_tx(db));
    struct arena *a AUTO(arena_freep) = arena_new();
    struct install in = {.db = db, .a = a, .w = w, .e = e, .all = all, .levels = levels_of(w)};
    return read_old(&in) && put_terms(&in);
}

bool terms_install(struct store *db, const struct world *w, struct err *e)
{
    return install(db, w, false, e);
}

bool terms_restart(struct store *db, const struct world *w, struct err *e)
{
    return install(db, w, true, e);
}

/* ---- making counters of what is there ---- */

struct making {
    struct store *db;
    const struct keys *keys;
    struct err *e;
    struct arena *a; /* of the batch */
    struct tally *t;
    struct tally_lists lists;
    /* the terms of this batch: of one record type, at one cursor */
    const struct term_row **terms;
    int n_terms;
    int64_t cursor, until; /* records in (cursor, until] */
};

/* Folds the record event by event: tally_known needs the day of each step.  *last: as it is now, NULL
 * when it has no events. */
static bool each_step(struct making *m, int64_t rid, const struct tally_sink *sink, struct record **last)
{
    enum { PAGE = 200 };
    struct record *was = NULL, *now = record_new(m->a);
    for (size_t n = PAGE; n == PAGE;) {
        struct event *events;
        if (!ledger_of_record(m->db, m->a, rid, was ? was->last_seq : -1, PAGE, &events, &n, m->e))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct event_body line, open;
            now->rid = rid;
            if (!body_read(m->a, events[i].body, &line, m->e))
                return false;
            open = line;
            if (!seal_read(m->db, m->keys, m->a, rid, events[i].seq, &open, m->e) ||
                !seal_fold(m->a, now, &open, &line, events[i].seq, m->e))
                return false;
            tally_step(m->t, m->a, was, now, line.recorded, sink);
            was = record_share(m->a, now);
        }
    }
    *last = was;
    return true;
}

static bool make_record(struct making *m, int64_t rid)
{
    struct tally_sink counts = tally_gather(&m->lists), ends = counts;
    struct record *last;
    counts.duration = tally_no_duration;
    ends.count = tally_no_count;
    if (!each_step(m, rid, &counts, &last))
        return false;
    if (last)
        tally_step(m->t, m->a, NULL, last, last->recorded, &ends);
    return true;
}

static const struct term_row *row_of(const struct world *w, int64_t number)
{
    for (int i = 0; i < w->n_terms; i++)
        if (w->terms[i].number == number)
            return &w->terms[i];
    return NULL;
}

static bool same_type(const struct term_row *x, const struct term_row *y)
{
    return x->playbook == y->playbook && x->term->record == y->term->record;
}

/* The terms that are farthest behind, with all that stand at the same place of the same type; they go
 * as far as the next that are ahead of them, and on together from there. */
static void choose(struct making *m, const struct world *w, const struct term_now *now, size_t n)
{
    m->terms = ARENA_ARRAY(m->a, const struct term_row *, n + 1);
    m->until = INT64_MAX;
    for (size_t i = 0; i < n; i++) {
        const struct term_row *row = now[i].ready ? NULL : row_of(w, now[i].number);
        if (!row || (m->n_terms && !same_type(row, m->terms[0])))
            continue;
        if (!m->n_terms)
            m->cursor = now[i].cursor;
        if (now[i].cursor == m->cursor)
            m->terms[m->n_terms++] = row;
        else
            m->until = min64(m->until, now[i].cursor);
    }
}

static bool is_chosen(void *self, int64_t number)
{
    const struct making *m = self;
    for (int i = 0; i < m->n_terms; i++)
        if (m->terms[i]->number == number)
            return true;
    return false;
}

/* The same world with the chosen terms as ready: they count every record they are shown. */
static struct tally *tally_of(struct making *m, const struct world *w)
{
    struct world *ready = ARENA_NEW(m->a, struct world);
    *ready = *w;
    ready->terms = ARENA_ARRAY(m->a, struct term_row, w->n_terms + 1);
    for (int i = 0; i < w->n_terms; i++) {
        ready->terms[i] = w->terms[i];
        ready->terms[i].ready = true;
    }
    struct tally *t = tally_new(m->a, ready);
    tally_only(t, is_chosen, m);
    return t;
}

static bool next_rids(struct making *m, int most, int64_t *rids, int *n)
{
    const struct playbook *p = m->terms[0]->playbook;
    struct str type = str_printf(m->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[m->terms[0]->term->record].id));
    struct rows r AUTO(rows_close) =
        store_query(m->db, sql_term_records,
                    BIND(C_TEXT(type), C_INT(m->cursor), C_INT(m->until), C_INT(most)), m->e);
    for (*n = 0; *n < most && rows_next(&r); (*n)++)
        rids[*n] = rows_int(&r, 0);
    return !err_is(m->e);
}

static bool make_batch(struct making *m, int most)
{
    int64_t *rids = ARENA_ARRAY(m->a, int64_t, most);
    int n;
    if (!next_rids(m, most, rids, &n))
        return false;
    m->lists = (struct tally_lists){.a = m->a};
    for (int i = 0; i < n; i++)
        if (!make_record(m, rids[i]))
            return false;
    int64_t reached = n == most ? rids[n - 1] : m->until;
    for (int i = 0; i < m->n_terms; i++)
        if (!store_exec(m->db, sql_term_reached,
                        BIND(C_INT(m->terms[i]->number), C_INT(reached), C_INT(reached == INT64_MAX)),
                        NULL, m->e))
            return false;
    return tally_write(m->db, &m->lists, m->e);
}

bool terms_build(struct store *db, const struct keys *keys, const struct world *w, int records, bool *more,
                 struct err *e)
{
    ASSERT(store_in_tx(db) && records > 0);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct making m = {.db = db, .keys = keys, .e = e, .a = a};
    struct term_now *now;
    size_t n;
    bool found;
    int64_t left = 0;
    if (!world_now(db, a, w, &w, e) || !terms_now(db, a, &now, &n, e))
        return false;
    choose(&m, w, now, n);
    if (m.n_terms) {
        m.t = tally_of(&m, w);
        if (!make_batch(&m, records))
            return false;
    }
    if (!store_int(db, sql_term_building, BIND_NONE, &found, &left, e))
        return false;
    *more = m.n_terms && left > 0;
    return true;
}

bool terms_progress(struct store *db, struct term_progress *out, struct err *e)
{
    struct term_progress p = {.building = 0};
    bool found;
    if (!store_int(db, sql_term_building, BIND_NONE, &found, &p.building, e))
        return false;
    if (p.building) {
        struct rows r AUTO(rows_close) = store_query(db, sql_term_progress, BIND_NONE, e);
        if (rows_next(&r)) {
            p.total = rows_int(&r, 0);
            p.done = rows_null(&r, 1) ? 0 : rows_int(&r, 1);
        }
        if (err_is(e))
            return false;
    }
    *out = p;
    return true;
}

bool term_ready(struct store *db, const struct term_row *t, bool *out, struct err *e)
{
    bool found;
    int64_t ready = 0;
    if (!t->ready && !store_int(db, sql_term_is_ready, BIND(C_INT(t->number)), &found, &ready, e))
        return false;
    *out = t->ready || ready == 1;
    return true;
}

/* ---- areas that were moved ---- */

static void take_away(void *self, const struct tally_row *row)
{
    struct making *m = self;
    struct tally_sink add = tally_gather(&m->lists);
    struct tally_row less = *row;
    less.n = -less.n;
    less.s = -less.s;
    add.count(add.self, &less);
}

bool tally_shift(struct store *db, const struct keys *keys, struct arena *a,
                 const struct world *was, const struct world *now, const int64_t *rids, size_t n,
                 struct err *e)
{
    ASSERT(store_in_tx(db));
    struct making m = {.db = db, .keys = keys, .e = e, .a = a, .lists = {.a = a}};
    struct tally *before = tally_new(a, was), *after = tally_new(a, now);
    struct tally_sink more = tally_gather(&m.lists);
    struct tally_sink less = {&m, take_away, tally_no_duration};
    struct record *last;
    more.duration = tally_no_duration; /* they hold the record's own area, which stays */
    if (!tally_look_again(before, db, e) || !tally_look_again(after, db, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        m.t = before;
        if (!each_step(&m, rids[i], &less, &last))
            return false;
        m.t = after;
        if (!each_step(&m, rids[i], &more, &last))
            return false;
    }
    return tally_write(db, &m.lists, e);
}
