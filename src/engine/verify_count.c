/* The counters: every sum added up again from the steps of the walk, and met in the tables. */
#include "engine/verify.sql.h"
#include "engine/verify_int.h"

/* A sum that the events make. */
struct sum {
    struct sum *next;
    int64_t term, area, day, known; /* known: DAY_NONE in table tally */
    struct str dim;
    int64_t n, s;
    bool met; /* in a table */
};

struct span_row { /* a row of table duration */
    struct span_row *next;
    int64_t term, rid, area, ms, day;
};

enum { SPAN_BUCKETS = 65536 };

struct sums {
    struct arena *arena;
    struct sum **list;
    size_t n_buckets, n;
    struct span_row **spans;
    size_t n_spans;
};

static size_t bucket(const struct tally_row *row, size_t n)
{
    uint64_t h = str_hash(row->dim);
    h = (h ^ (uint64_t)row->term) * 1099511628211ULL;
    h = (h ^ (uint64_t)row->area) * 1099511628211ULL;
    h = (h ^ (uint64_t)row->day) * 1099511628211ULL;
    h = (h ^ (uint64_t)row->known) * 1099511628211ULL;
    return (size_t)(h ^ h >> 32) & (n - 1);
}

static struct tally_row key_of(const struct sum *s)
{
    return (struct tally_row){.term = s->term, .area = s->area, .dim = s->dim,
                              .day = (int32_t)s->day, .known = (int32_t)s->known};
}

static void grow_sums(struct sums *v)
{
    size_t n = v->n_buckets * 4;
    struct sum **more = ARENA_ARRAY(v->arena, struct sum *, n);
    for (size_t i = 0; i < v->n_buckets; i++) {
        for (struct sum *s = v->list[i], *next; s; s = next) {
            struct tally_row row = key_of(s);
            next = s->next;
            struct sum **at = &more[bucket(&row, n)];
            s->next = *at;
            *at = s;
        }
    }
    v->list = more;
    v->n_buckets = n;
}

static struct sum *find_sum(struct sums *v, const struct tally_row *row)
{
    for (struct sum *s = v->list[bucket(row, v->n_buckets)]; s; s = s->next)
        if (s->term == row->term && s->area == row->area && s->day == row->day &&
            s->known == row->known && str_eq(s->dim, row->dim))
            return s;
    return NULL;
}

static void add_sum(void *self, const struct tally_row *row)
{
    struct sums *v = self;
    struct sum *s = find_sum(v, row);
    if (!s) {
        if (v->n > v->n_buckets)
            grow_sums(v);
        struct sum **at = &v->list[bucket(row, v->n_buckets)];
        s = ARENA_NEW(v->arena, struct sum);
        *s = (struct sum){.next = *at, .term = row->term, .area = row->area, .day = row->day,
                          .known = row->known, .dim = str_dup(v->arena, row->dim)};
        *at = s;
        v->n++;
    }
    s->n += row->n;
    s->s += row->s;
}

static struct span_row **span_at(struct sums *v, int64_t term, int64_t rid)
{
    struct span_row **at = &v->spans[(uint64_t)(rid * 31 + term) & (SPAN_BUCKETS - 1)];
    while (*at && ((*at)->term != term || (*at)->rid != rid))
        at = &(*at)->next;
    return at;
}

static void add_span(void *self, const struct tally_duration *row)
{
    struct sums *v = self;
    struct span_row **at = span_at(v, row->term, row->rid);
    if (row->gone) {
        if (*at) {
            *at = (*at)->next;
            v->n_spans--;
        }
        return;
    }
    if (!*at) {
        *at = ARENA_NEW(v->arena, struct span_row);
        v->n_spans++;
    }
    (*at)->term = row->term;
    (*at)->rid = row->rid;
    (*at)->area = row->area;
    (*at)->ms = row->ms;
    (*at)->day = row->day;
}

void verify_sums_begin(struct verifying *v)
{
    struct sums *s = ARENA_NEW(v->keep, struct sums);
    *s = (struct sums){.arena = v->keep, .n_buckets = 4096};
    s->list = ARENA_ARRAY(v->keep, struct sum *, s->n_buckets);
    s->spans = ARENA_ARRAY(v->keep, struct span_row *, SPAN_BUCKETS);
    v->sums = s;
}

struct tally_sink verify_sink(struct verifying *v)
{
    return (struct tally_sink){.self = v->sums, .count = add_sum, .duration = add_span};
}

static bool check_table(struct verifying *v, const char *sql, bool known, int64_t *rows)
{
    struct rows r AUTO(rows_close) = store_query(v->db, sql, BIND_NONE, v->e);
    while (rows_next(&r)) {
        struct tally_row row = {.term = rows_int(&r, 0),
                                .area = rows_int(&r, 1),
                                .dim = known ? STR("") : rows_str(&r, 2),
                                .day = (int32_t)rows_int(&r, 3),
                                .known = known ? (int32_t)rows_int(&r, 6) : DAY_NONE};
        struct sum *s = find_sum(v->sums, &row);
        if (!s || s->n != rows_int(&r, 4) || s->s != rows_int(&r, 5))
            verify_wrong(v, -1, "table %s, (term %lld, area %lld, %.*s, day %d): the counter is not the sum of "
                         "its records", known ? "tally_known" : "tally", (long long)row.term,
                         (long long)row.area, STR_F(row.dim), row.day);
        if (s)
            s->met = true;
        (*rows)++;
    }
    return !err_is(v->e);
}

/* Called when the number of rows is not right: which sum stands in no row? */
static void name_missing(struct verifying *v)
{
    for (size_t i = 0; i < v->sums->n_buckets; i++)
        for (const struct sum *s = v->sums->list[i]; s; s = s->next)
            if (!s->met && (s->n != 0 || s->s != 0)) {
                verify_wrong(v, -1, "table %s, (term %lld, area %lld, %.*s, day %lld): the counter is missing",
                             s->known == DAY_NONE ? "tally" : "tally_known", (long long)s->term,
                             (long long)s->area, STR_F(s->dim), (long long)s->day);
                return;
            }
}

static bool check_spans(struct verifying *v)
{
    int64_t n = 0;
    struct rows r AUTO(rows_close) = store_query(v->db, sql_verify_duration, BIND_NONE, v->e);
    while (rows_next(&r)) {
        struct span_row *s = *span_at(v->sums, rows_int(&r, 0), rows_int(&r, 1));
        if (!s || s->day != rows_int(&r, 2) || s->ms != rows_int(&r, 3) || s->area != rows_int(&r, 4))
            verify_wrong(v, -1, "table duration, (term %lld, record %lld): it is not what the record says",
                         (long long)rows_int(&r, 0), (long long)rows_int(&r, 1));
        n++;
    }
    if (n != (int64_t)v->sums->n_spans)
        verify_wrong(v, -1, "table duration has %lld rows, and the records make %zu", (long long)n,
                     v->sums->n_spans);
    return !err_is(v->e);
}

bool verify_sums(struct verifying *v)
{
    int64_t rows = 0, want = 0;
    if (!check_table(v, sql_verify_tally, false, &rows) || !check_table(v, sql_verify_known, true, &rows))
        return false;
    for (size_t i = 0; i < v->sums->n_buckets; i++)
        for (const struct sum *s = v->sums->list[i]; s; s = s->next)
            want += s->n != 0 || s->s != 0;
    if (want != rows)
        name_missing(v);
    v->out->counters = rows;
    return check_spans(v);
}
