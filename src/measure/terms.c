/* Terms come and go with playbook versions: their numbers, and counters for what is there. */
#include "measure/tally.sql.h"
#include "measure/tally_int.h"

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
    struct term_row *rows; /* every term in force */
    bool *fresh;           /* beside rows: its counters are to be made */
    int n_rows;
    bool all; /* make all again */
};

static bool read_old(struct install *in)
{
    struct rows r AUTO(rows_close) = store_query(in->db, sql_term_all, BIND_NONE, in->e);
    while (rows_next(&r)) {
        in->old = arena_grow(in->a, in->old, in->n_old, &in->cap_old, sizeof *in->old);
        in->old[in->n_old++] = (struct known_term){
            .number = rows_int(&r, 0),
            .hash = str_dup(in->a, rows_str(&r, 1)),
            .built = rows_int(&r, 3) ? str_dup(in->a, rows_str(&r, 2)) : STR_NONE,
        };
        in->highest = max64(in->highest, rows_int(&r, 0));
    }
    return !err_is(in->e);
}

/* What counters depend on beside the term's own definition: a new version of a playbook may add a
 * dimension, move a code in its list (within), or change how a sum is scaled. */
static struct hash built_with(const struct playbook *p, int term)
{
    const struct term *t = &p->terms[term];
    const struct record_def *def = &p->records[t->record];
    struct buf b AUTO(buf_free) = BUF(16 * 1024 * 1024);
    int fields[FACT_DIMS], n = fact_dims(p, term, fields), decimals = 0;
    buf_c(&b, "bihuan.counters1\n");
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
    struct hash built = built_with(p, term);
    struct known_term *old = NULL;
    for (size_t i = 0; i < in->n_old && !old; i++)
        if (str_eq(in->old[i].hash, HASH_STR(t->id)))
            old = &in->old[i];
    int64_t number = old ? old->number : ++in->highest;
    bool fresh = in->all || !old || !str_eq(old->built, HASH_STR(built));
    in->rows[in->n_rows] =
        (struct term_row){.number = number, .playbook = p, .term = t, .ready = true};
    in->fresh[in->n_rows++] = fresh;
    if (old)
        old->named = true;
    if (!fresh)
        return true;
    return (!old || forget_counters(in, number)) &&
           store_exec(in->db, sql_term_put,
                      BIND(C_INT(number), C_BLOB(HASH_STR(t->id)), C_TEXT(p->id),
                           C_TEXT(p->records[t->record].id), C_BLOB(HASH_STR(built))),
                      NULL, in->e);
}

static bool put_terms(struct install *in)
{
    const struct world *w = in->w;
    int most = 0;
    for (int i = 0; i < w->n_playbooks; i++)
        most += w->playbooks[i].playbook->n_terms;
    in->rows = ARENA_ARRAY(in->a, struct term_row, most + 1);
    in->fresh = ARENA_ARRAY(in->a, bool, most + 1);
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

/* ---- making counters of what is there ---- */

struct making {
    struct install *in;
    struct tally *t;
    struct arena *batch;
    struct tally_lists lists;
};

static void no_duration(void *self, const struct tally_duration *d)
{
    UNUSED(self);
    UNUSED(d);
}

static void no_count(void *self, const struct tally_row *row)
{
    UNUSED(self);
    UNUSED(row);
}

/* Folds the record event by event: tally_known needs the day of each step. */
static bool make_record(struct making *m, int64_t rid)
{
    enum { PAGE = 200 };
    struct arena *a = m->batch;
    struct record *was = NULL, *now = record_new(a);
    struct tally_sink counts = tally_gather(&m->lists), ends = counts;
    counts.duration = no_duration;
    ends.count = no_count;
    for (size_t n = PAGE; n == PAGE;) {
        struct event *events;
        if (!ledger_of_record(m->in->db, a, rid, was ? was->last_seq : -1, PAGE, &events, &n,
                              m->in->e))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct event_body body;
            now->rid = rid;
            if (!body_read(a, events[i].body, &body, m->in->e) ||
                !fold_event(a, now, &body, events[i].seq, m->in->e))
                return false;
            tally_step(m->t, a, was, now, body.recorded, &counts);
            was = record_copy(a, now);
        }
    }
    if (was)
        tally_step(m->t, a, NULL, was, was->recorded, &ends);
    return true;
}

static bool make_batch(struct making *m, struct str type, int64_t *rid, bool *more)
{
    enum { BATCH = 200 };
    int64_t rids[BATCH];
    size_t n = 0;
    {
        struct rows r AUTO(rows_close) =
            store_query(m->in->db, sql_term_records, BIND(C_TEXT(type), C_INT(*rid)), m->in->e);
        while (n < BATCH && rows_next(&r))
            rids[n++] = rows_int(&r, 0);
        if (err_is(m->in->e))
            return false;
    }
    m->lists = (struct tally_lists){.a = m->batch};
    for (size_t i = 0; i < n; i++)
        if (!make_record(m, rids[i]))
            return false;
    if (n)
        *rid = rids[n - 1];
    *more = n == BATCH;
    bool ok = tally_write(m->in->db, &m->lists, m->in->e);
    arena_reset(m->batch);
    return ok;
}

static bool is_fresh(void *self, int64_t number)
{
    const struct install *in = self;
    for (int i = 0; i < in->n_rows; i++)
        if (in->rows[i].number == number)
            return in->fresh[i];
    return false;
}

static bool make_type(struct making *m, const struct playbook *p, int record)
{
    const struct install *in = m->in;
    bool any = false;
    for (int i = 0; i < in->n_rows; i++)
        any |= in->fresh[i] && in->rows[i].playbook == p && in->rows[i].term->record == record;
    struct str type = str_printf(in->a, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[record].id));
    int64_t rid = 0;
    for (bool more = any; more;)
        if (!make_batch(m, type, &rid, &more))
            return false;
    return true;
}

static bool make_counters(struct install *in)
{
    struct arena *batch AUTO(arena_freep) = arena_new();
    struct world numbered = *in->w; /* the same world with the new numbers */
    numbered.terms = in->rows;
    numbered.n_terms = in->n_rows;
    struct making m = {.in = in, .t = tally_new(in->a, &numbered), .batch = batch};
    tally_only(m.t, is_fresh, in);
    for (int i = 0; i < in->w->n_playbooks; i++) {
        const struct playbook *p = in->w->playbooks[i].playbook;
        for (int k = 0; in->w->playbooks[i].in_force && k < p->n_records; k++)
            if (!make_type(&m, p, k))
                return false;
    }
    return true;
}

static bool install(struct store *db, const struct world *w, bool all, struct err *e)
{
    ASSERT(store_in_tx(db));
    struct arena *a AUTO(arena_freep) = arena_new();
    struct install in = {.db = db, .a = a, .w = w, .e = e, .all = all};
    return read_old(&in) && put_terms(&in) && make_counters(&in);
}

bool terms_install(struct store *db, const struct world *w, struct err *e)
{
    return install(db, w, false, e);
}

bool terms_rebuild(struct store *db, const struct world *w, struct err *e)
{
    return install(db, w, true, e);
}
