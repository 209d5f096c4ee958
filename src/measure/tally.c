#include "measure/tally_int.h"
#include "measure/tally.sql.h"

/* A term of one record type, and what it reads. */
struct plan_term {
    int64_t number;
    const struct term *term;
    int *reads; /* places in side.values */
    int n_reads, cap_reads;
    int dims[FACT_DIMS]; /* fields */
    int n_dims;
    int64_t reach; /* records above are not counted yet */
    bool off;
};

/* One record type.  A slot has a fixed place: attributes, then fields, then clocks. */
struct plan {
    struct str type; /* "dispute.dispute" */
    const struct playbook *playbook;
    const struct record_def *def;
    struct plan_term *terms;
    int n_terms, n_places;
    int *slots; /* by place; -1: nobody reads it */
    struct plan *next;
};

struct tally {
    struct arena *a;
    const struct world *w;
    struct levels levels;
    struct plan *plans;
    struct term_now *now; /* where building terms stand, newer than the world */
    size_t n_now;
};

/* The values of one record, read once. */
struct side {
    const struct plan *plan;
    const struct record *r;
    struct xvalue *values;
    struct str *dims; /* "field=value" by field, made when first wanted */
};

static int place_of(const struct record_def *def, int slot)
{
    if (slot < SLOT_FIELD)
        return slot;
    if (slot < SLOT_CLOCK)
        return ATTR_COUNT + slot - SLOT_FIELD;
    return ATTR_COUNT + def->n_fields + slot - SLOT_CLOCK;
}

/* ---- the plan ---- */

struct reader {
    struct tally *t;
    struct plan *plan;
    struct plan_term *term;
};

static void note_slot(void *user, struct str name, int slot)
{
    struct reader *r = user;
    UNUSED(name);
    int place = place_of(r->plan->def, slot);
    ASSERT(place >= 0 && place < r->plan->n_places);
    r->plan->slots[place] = slot;
    for (int i = 0; i < r->term->n_reads; i++)
        if (r->term->reads[i] == place)
            return;
    ASSERT(r->term->n_reads < r->term->cap_reads);
    r->term->reads[r->term->n_reads++] = place;
}

static int64_t reach_of(const struct tally *t, const struct term_row *row)
{
    int64_t cursor = row->cursor;
    if (row->ready)
        return INT64_MAX;
    for (size_t i = 0; i < t->n_now; i++)
        if (t->now[i].number == row->number)
            cursor = t->now[i].ready ? INT64_MAX : t->now[i].cursor;
    return cursor;
}

static void plan_term(struct tally *t, struct plan *p, const struct term_row *row)
{
    struct plan_term *pt = &p->terms[p->n_terms++];
    const struct term *term = row->term;
    *pt = (struct plan_term){.number = row->number, .term = term, .reach = reach_of(t, row)};
    pt->cap_reads = p->n_places;
    pt->reads = ARENA_ARRAY(t->a, int, p->n_places);
    pt->n_dims = fact_dims(p->playbook, (int)(term - p->playbook->terms), pt->dims);
    struct reader r = {t, p, pt};
    note_slot(&r, STR_NONE, ATTR_void);
    note_slot(&r, STR_NONE, ATTR_merged_into);
    note_slot(&r, STR_NONE, term->at_slot);
    if (term->kind == TERM_MEDIAN)
        note_slot(&r, STR_NONE, term->from_slot);
    if (term->kind == TERM_SUM)
        note_slot(&r, STR_NONE, SLOT_FIELD + term->sum_field);
    for (int i = 0; i < pt->n_dims; i++)
        note_slot(&r, STR_NONE, SLOT_FIELD + pt->dims[i]);
    if (term->expr)
        expr_each_property(term->expr, note_slot, &r);
}

static struct plan *plan_new(struct tally *t, struct str type, const struct playbook *pb,
                             int record)
{
    struct plan *p = ARENA_NEW(t->a, struct plan);
    const struct record_def *def = &pb->records[record];
    *p = (struct plan){.type = str_dup(t->a, type), .playbook = pb, .def = def, .next = t->plans};
    p->n_places = ATTR_COUNT + def->n_fields + 4 * def->n_clocks;
    p->slots = ARENA_ARRAY(t->a, int, p->n_places);
    for (int i = 0; i < p->n_places; i++)
        p->slots[i] = -1;
    p->terms = ARENA_ARRAY(t->a, struct plan_term, t->w->n_terms + 1);
    for (int i = 0; i < t->w->n_terms; i++) {
        const struct term_row *row = &t->w->terms[i];
        if (row->playbook == pb && row->term->record == record)
            plan_term(t, p, row);
    }
    t->plans = p;
    return p;
}

/* NULL for sys.* and for a type that no playbook in force has. */
static struct plan *plan_of(struct tally *t, const struct record *r)
{
    const struct playbook *pb;
    int record;
    for (struct plan *p = t->plans; p; p = p->next)
        if (str_eq(p->type, r->type))
            return p;
    if (!world_type(t->w, r->type, STR_NONE, &pb, &record))
        return NULL;
    return plan_new(t, r->type, pb, record);
}

struct tally *tally_new(struct arena *a, const struct world *w)
{
    struct tally *t = ARENA_NEW(a, struct tally);
    *t = (struct tally){.a = a, .w = w, .levels = levels_of(w)};
    return t;
}

bool terms_now(struct store *db, struct arena *a, struct term_now **out, size_t *n, struct err *e)
{
    size_t cap = 0;
    *out = NULL;
    *n = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_term_now, BIND_NONE, e);
    while (rows_next(&r)) {
        *out = arena_grow(a, *out, *n, &cap, sizeof **out);
        (*out)[(*n)++] = (struct term_now){rows_int(&r, 0), rows_int(&r, 2), rows_int(&r, 1) != 0};
    }
    return !err_is(e);
}

bool tally_look_again(struct tally *t, struct store *db, struct err *e)
{
    for (int i = 0; i < t->w->n_terms; i++)
        if (!t->w->terms[i].ready)
            return terms_now(db, t->a, &t->now, &t->n_now, e);
    return true;
}

void tally_only(struct tally *t, bool (*wanted)(void *self, int64_t number), void *self)
{
    for (int i = 0; i < t->w->n_playbooks; i++) {
        const struct playbook *pb = t->w->playbooks[i].playbook;
        for (int k = 0; t->w->playbooks[i].in_force && k < pb->n_records; k++) {
            struct str type =
                str_printf(t->a, "%.*s.%.*s", STR_F(pb->id), STR_F(pb->records[k].id));
            struct plan *p = plan_new(t, type, pb, k);
            for (int j = 0; j < p->n_terms; j++)
                p->terms[j].off = !wanted(self, p->terms[j].number);
        }
    }
}

/* ---- the two sides of a change ---- */

static void get_value(void *self, int slot, struct xvalue *out)
{
    const struct side *s = self;
    *out = s->values[place_of(s->plan->def, slot)];
}

static struct side side_of(struct arena *a, const struct plan *p, const struct record *r)
{
    struct side s = {.plan = p, .r = r};
    if (!r)
        return s;
    s.values = ARENA_ARRAY(a, struct xvalue, p->n_places);
    s.dims = ARENA_ARRAY(a, struct str, p->def->n_fields + 1);
    for (int i = 0; i < p->n_places; i++)
        if (p->slots[i] >= 0)
            record_value(r, p->def, p->slots[i], &s.values[i]);
    return s;
}

static bool value_same(const struct xvalue *x, const struct xvalue *y)
{
    if (x->null || y->null)
        return x->null && y->null;
    return x->i == y->i && str_eq(x->s, y->s);
}

static struct str dim_of(struct arena *a, struct side *s, int field)
{
    struct str *d = &s->dims[field];
    const struct xvalue *v = &s->values[ATTR_COUNT + field];
    if (!d->ptr && !v->null) {
        struct str id = s->plan->def->fields[field].id, key = fact_key(a, v);
        char *text = arena_alloc(a, id.len + key.len + 2);
        memcpy(text, id.ptr, id.len);
        text[id.len] = '=';
        memcpy(text + id.len + 1, key.ptr, key.len);
        *d = (struct str){text, id.len + 1 + key.len};
    }
    return *d;
}

/* ---- the step ---- */

struct step {
    struct tally *t;
    struct arena *a;
    const struct tally_sink *sink;
    int32_t known;
};

static void emit(struct step *st, struct side *s, const struct plan_term *pt, const struct fact *f,
                 int sign)
{
    const struct world *w = st->t->w;
    const struct levels *l = &st->t->levels;
    struct tally_row row = {.term = pt->number, .day = f->day, .n = sign * f->n, .s = sign * f->s};
    if (record_sealed(s->r))
        row.term = -row.term;
    int own = world_area_by_id(w, record_stored(s->r)->area);
    for (int i = own; i >= 0; i = world_up(w, i, s->r->rid)) {
        int level = world_level(w, i, s->r->rid);
        if (i != own && level < l->first)
            break;
        if (level > l->total)
            continue;
        row.area = w->areas[i].aid;
        row.known = DAY_NONE;
        row.dim = STR("");
        st->sink->count(st->sink->self, &row);
        if (level > l->dims)
            continue;
        for (int k = 0; k < pt->n_dims && row.term > 0; k++) { /* a value in a cell of one tells it */
            row.dim = dim_of(st->a, s, pt->dims[k]);
            if (row.dim.ptr)
                st->sink->count(st->sink->self, &row);
        }
        row.known = st->known;
        row.dim = STR("");
        st->sink->count(st->sink->self, &row);
    }
}

static void emit_duration(struct step *st, const struct plan_term *pt, const struct record *before,
                          const struct record *after, const struct fact *was,
                          const struct fact *now)
{
    struct tally_duration d = {.term = pt->number, .rid = after->rid, .gone = !now};
    if (!was && !now)
        return;
    if (was && now && was->day == now->day && was->ms == now->ms && before->area == after->area)
        return;
    if (now) {
        d.area = after->area;
        d.day = now->day;
        d.ms = now->ms;
    }
    st->sink->duration(st->sink->self, &d);
}

static bool reads_differ(const struct plan_term *pt, const struct side *x, const struct side *y)
{
    for (int i = 0; i < pt->n_reads; i++)
        if (!value_same(&x->values[pt->reads[i]], &y->values[pt->reads[i]]))
            return true;
    return false;
}

/* Other areas or, sealed in between, another number count it. */
static bool moved(const struct record *before, const struct record *after)
{
    return !before || record_stored(before)->area != record_stored(after)->area ||
           record_sealed(before) != record_sealed(after);
}

static bool same_place(const struct plan_term *pt, const struct side *was, const struct side *now,
                       const struct fact *old, const struct fact *new)
{
    if (moved(was->r, now->r) || old->day != new->day || old->s != new->s)
        return false;
    for (int i = 0; i < pt->n_dims; i++)
        if (!value_same(&was->values[ATTR_COUNT + pt->dims[i]],
                        &now->values[ATTR_COUNT + pt->dims[i]]))
            return false;
    return true;
}

static void step_term(struct step *st, const struct plan_term *pt, struct side *was,
                      struct side *now)
{
    struct xcontext c = {.get = get_value, .zone = st->t->w->zone};
    struct fact old, new;
    c.self = was;
    bool had = was->r && fact_of(pt->term, &c, &old);
    c.self = now;
    bool has = fact_of(pt->term, &c, &new);
    if (pt->term->kind != TERM_COUNT) { /* an amount in a cell of one tells it */
        had = had && !record_sealed(was->r);
        has = has && !record_sealed(now->r);
    }
    if (pt->term->kind == TERM_MEDIAN) {
        emit_duration(st, pt, was->r, now->r, had ? &old : NULL, has ? &new : NULL);
        return;
    }
    if (had && has && same_place(pt, was, now, &old, &new))
        return;
    if (had)
        emit(st, was, pt, &old, -1);
    if (has)
        emit(st, now, pt, &new, 1);
}

static int32_t known_day(const struct world *w, const struct record *r, int64_t recorded)
{
    bool source = r->known != TIME_NONE && recorded == r->recorded;
    return zone_day(w->zone, source ? r->known : recorded);
}

bool tally_step(struct tally *t, struct arena *a, const struct record *before,
                const struct record *after, int64_t recorded, const struct tally_sink *sink)
{
    const struct plan *p = plan_of(t, after);
    bool any = false;
    if (!p || p->n_terms == 0)
        return !before;
    struct step st = {t, a, sink, known_day(t->w, after, recorded)};
    struct side was = side_of(a, p, before), now = side_of(a, p, after);
    bool away = moved(before, after);
    for (int i = 0; i < p->n_terms; i++) {
        bool far = after->rid > p->terms[i].reach;
        if (p->terms[i].off || far || !(away || reads_differ(&p->terms[i], &was, &now)))
            continue;
        step_term(&st, &p->terms[i], &was, &now);
        any = true;
    }
    return any;
}

/* ---- gathering and writing ---- */

static bool same_key(const struct tally_row *x, const struct tally_row *y)
{
    return x->term == y->term && x->area == y->area && x->day == y->day && x->known == y->known &&
           str_eq(x->dim, y->dim);
}

/* The slot of this key: its own, or the empty one where it belongs. */
static uint32_t *slot_of(const struct tally_lists *l, const struct tally_row *row)
{
    static const uint64_t MIX = 0x9E3779B97F4A7C15u;
    uint64_t h = (uint64_t)row->term * MIX ^ (uint64_t)row->area;
    h = h * MIX ^ ((uint64_t)(uint32_t)row->day << 32 | (uint32_t)row->known);
    h = h * MIX ^ (row->dim.len ? str_hash(row->dim) : 0);
    h = h * MIX >> 32;
    size_t i = h & (l->n_slots - 1);
    while (l->slots[i] && !same_key(&l->rows[l->slots[i] - 1], row))
        i = (i + 1) & (l->n_slots - 1);
    return &l->slots[i];
}

static void more_slots(struct tally_lists *l)
{
    l->n_slots = l->n_slots ? l->n_slots * 4 : 1024;
    l->slots = ARENA_ARRAY(l->a, uint32_t, l->n_slots);
    for (size_t i = 0; i < l->n; i++)
        *slot_of(l, &l->rows[i]) = (uint32_t)i + 1;
}

/* Many cases of a commit count in the same cells: added up here, a commit writes each once. */
static void add_row(void *self, const struct tally_row *row)
{
    struct tally_lists *l = self;
    if (l->n * 2 >= l->n_slots)
        more_slots(l);
    uint32_t *slot = slot_of(l, row);
    if (*slot) {
        l->rows[*slot - 1].n += row->n;
        l->rows[*slot - 1].s += row->s;
        return;
    }
    l->rows = arena_grow(l->a, l->rows, l->n, &l->cap, sizeof *l->rows);
    l->rows[l->n++] = *row;
    *slot = (uint32_t)l->n;
}

static void add_duration(void *self, const struct tally_duration *row)
{
    struct tally_lists *l = self;
    l->durations =
        arena_grow(l->a, l->durations, l->n_durations, &l->cap_durations, sizeof *l->durations);
    l->durations[l->n_durations++] = *row;
}

struct tally_sink tally_gather(struct tally_lists *l)
{
    return (struct tally_sink){l, add_row, add_duration};
}

/* Rows of tally first, then those of tally_known, each in the order of its key. */
static int by_key(const void *a, const void *b)
{
    const struct tally_row *x = a, *y = b;
    bool kx = x->known != DAY_NONE, ky = y->known != DAY_NONE;
    int c;
    if (kx != ky)
        return kx ? 1 : -1;
    if (x->term != y->term)
        return x->term < y->term ? -1 : 1;
    if (x->area != y->area)
        return x->area < y->area ? -1 : 1;
    if (x->dim.ptr != y->dim.ptr && (c = str_cmp(x->dim, y->dim)) != 0)
        return c;
    if (x->day != y->day)
        return x->day < y->day ? -1 : 1;
    return x->known < y->known ? -1 : x->known > y->known;
}

static int by_record(const void *a, const void *b)
{
    const struct tally_duration *x = a, *y = b;
    if (x->term != y->term)
        return x->term < y->term ? -1 : 1;
    return x->rid < y->rid ? -1 : x->rid > y->rid;
}

/* Leaves out what came to nothing, and brings the rest into the order of the key. */
static void order_rows(struct tally_lists *l)
{
    size_t kept = 0;
    for (size_t i = 0; i < l->n; i++)
        if (l->rows[i].n || l->rows[i].s)
            l->rows[kept++] = l->rows[i];
    l->n = kept;
    l->n_slots = 0; /* the places have changed */
    if (l->n)
        qsort(l->rows, l->n, sizeof *l->rows, by_key);
}

enum { ROW_CELLS = 6, DURATION_CELLS = 5, GONE_CELLS = 2 };

static void row_cells(const struct tally_row *r, struct cell *c)
{
    bool known = r->known != DAY_NONE;
    c[0] = C_INT(r->term);
    c[1] = C_INT(r->area);
    c[2] = known ? C_INT(r->day) : C_TEXT(r->dim);
    c[3] = C_INT(known ? r->known : r->day);
    c[4] = C_INT(r->n);
    c[5] = C_INT(r->s);
}

static bool write_rows(struct store *db, struct tally_lists *l, struct err *e)
{
    size_t n_plain = 0;
    struct cell *cells = ARENA_ARRAY(l->a, struct cell, l->n * ROW_CELLS + 1);
    for (size_t i = 0; i < l->n; i++) {
        row_cells(&l->rows[i], cells + i * ROW_CELLS);
        n_plain += l->rows[i].known == DAY_NONE;
    }
    return store_many(db, sql_tally_add, cells, n_plain, ROW_CELLS, e) &&
           store_many(db, sql_tally_known_add, cells + n_plain * ROW_CELLS, l->n - n_plain,
                      ROW_CELLS, e);
}

/* A commit may hold several steps of one record only when they come one event at a time (terms.c):
 * the last one counts. */
static bool write_durations(struct store *db, struct tally_lists *l, struct err *e)
{
    struct cell *put = ARENA_ARRAY(l->a, struct cell, l->n_durations * DURATION_CELLS + 1);
    struct cell *gone = ARENA_ARRAY(l->a, struct cell, l->n_durations * GONE_CELLS + 1);
    size_t n_put = 0, n_gone = 0;
    if (l->n_durations)
        qsort(l->durations, l->n_durations, sizeof *l->durations, by_record);
    for (size_t i = 0; i < l->n_durations; i++) {
        const struct tally_duration *d = &l->durations[i];
        struct cell *c = d->gone ? gone + n_gone++ * GONE_CELLS : put + n_put++ * DURATION_CELLS;
        c[0] = C_INT(d->term);
        c[1] = C_INT(d->rid);
        if (d->gone)
            continue;
        c[2] = C_INT(d->day);
        c[3] = C_INT(d->ms);
        c[4] = C_INT(d->area);
    }
    return store_many(db, sql_duration_delete, gone, n_gone, GONE_CELLS, e) &&
           store_many(db, sql_duration_put, put, n_put, DURATION_CELLS, e);
}

bool tally_write(struct store *db, struct tally_lists *l, struct err *e)
{
    order_rows(l);
    return write_rows(db, l, e) && write_durations(db, l, e);
}

/* ---- the commit ---- */

/* Anything that a condition could read; what hangs on the record beside it (comments, tasks, links)
 * is not. */
static bool clocks_same(const struct record *x, const struct record *y)
{
    if (x->n_clocks != y->n_clocks)
        return false;
    for (size_t i = 0; i < x->n_clocks; i++)
        if (x->clocks[i].start != y->clocks[i].start || x->clocks[i].due != y->clocks[i].due ||
            x->clocks[i].done != y->clocks[i].done || x->clocks[i].paused != y->clocks[i].paused)
            return false;
    return true;
}

static bool inline_same(const struct record *x, const struct record *y)
{
    return x->area == y->area && str_eq(x->code, y->code) && str_eq(x->state, y->state) &&
           str_eq(x->number, y->number) && clocks_same(x, y) && json_same(x->fields, y->fields);
}

bool tally_moved(const struct record *before, const struct record *after)
{
    return !before || !inline_same(before, after);
}

static bool save_seq(struct store *db, const struct changes *c, struct str playbook, struct err *e)
{
    int64_t last = 0;
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        if (ch->playbook && str_eq(ch->playbook->id, playbook) && ch->moved_seq > last)
            last = ch->moved_seq;
    }
    return last == 0 ||
           store_exec(db, sql_figure_seq_put, BIND(C_TEXT(playbook), C_INT(last)), NULL, e);
}

static bool save_seqs(struct store *db, const struct changes *c, struct err *e)
{
    for (int i = 0; i < c->world->n_playbooks; i++)
        if (c->world->playbooks[i].in_force &&
            !save_seq(db, c, c->world->playbooks[i].playbook->id, e))
            return false;
    return true;
}

struct tally_run { /* of one commit */
    struct tally *t;
    struct tally_lists lists;
    struct tally_sink all, counts, ends;
};

void tally_no_duration(void *self, const struct tally_duration *d)
{
    UNUSED(self);
    UNUSED(d);
}

void tally_no_count(void *self, const struct tally_row *row)
{
    UNUSED(self);
    UNUSED(row);
}

static bool run_of(struct store *db, struct changes *c, struct err *e)
{
    ASSERT(store_in_tx(db));
    if (c->run)
        return true;
    struct tally_run *run = c->run = ARENA_NEW(c->arena, struct tally_run);
    run->t = tally_new(c->arena, c->world);
    run->lists = (struct tally_lists){.a = c->arena};
    run->all = run->counts = run->ends = tally_gather(&run->lists);
    run->counts.duration = tally_no_duration;
    run->ends.count = tally_no_count;
    return tally_look_again(run->t, db, e);
}

bool tally_turn(struct store *db, struct changes *c, struct change **list, size_t n, struct err *e)
{
    if (!run_of(db, c, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct change *ch = list[i];
        const struct record *was = ch->counted ? ch->counted : ch->before;
        if (!ch->def || ch->after == was)
            continue;
        tally_step(c->run->t, c->arena, was, ch->after, c->now, &c->run->counts);
        ch->counted = ch->after;
    }
    return true;
}

bool tally_save(struct store *db, struct changes *c, struct err *e)
{
    if (!run_of(db, c, e))
        return false;
    struct tally_run *run = c->run;
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        if (ch->def && !ch->counted)
            tally_step(run->t, c->arena, ch->before, ch->after, c->now, &run->all);
        if (!ch->def || !ch->counted)
            continue;
        if (ch->counted != ch->after)
            tally_step(run->t, c->arena, ch->counted, ch->after, c->now, &run->counts);
        tally_step(run->t, c->arena, ch->before, ch->after, c->now, &run->ends);
    }
    return tally_write(db, &run->lists, e) && save_seqs(db, c, e);
}

bool tally_any(struct store *db, bool *any, struct err *e)
{
    int64_t term;
    return store_int(db, sql_tally_any, BIND_NONE, any, &term, e);
}

bool tally_seq(struct store *db, struct str playbook, int64_t *out, struct err *e)
{
    bool found;
    int64_t seq = -1;
    if (!store_int(db, sql_figure_seq_get, BIND(C_TEXT(playbook)), &found, &seq, e))
        return false;
    *out = seq;
    return true;
}
