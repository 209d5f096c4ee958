#include "engine/verify.h"
#include "engine/verify.sql.h"
#include "ledger/ledger.h"
#include "measure/tally.h"
#include "record/seal.h"
#include "record/waiting.h"
#include "search/index.h"

enum { PIECE = 2000 };

/* A sum that the events make, to be met again in a table. */
struct sum {
    struct sum *next;
    int64_t term, area, day, known; /* known: DAY_NONE in table tally */
    struct str dim;
    int64_t n, s;
};

struct span_row { /* a row of table duration */
    struct span_row *next;
    int64_t term, rid, area, ms, day;
};

struct verifying {
    struct store *db;
    const struct keys *keys;
    struct verify_report *out;
    struct err *e;
    struct world *world;
    struct arena *keep;  /* sums */
    struct arena *piece; /* a piece of events */
    struct sum **sums;
    size_t n_buckets, n_sums;
    struct span_row **spans;
    size_t n_spans;
    int64_t scopes, scopes_open, waiting;
    void (*progress)(void *self, int64_t done, int64_t total);
    void *self;
};

/* Remembers the first thing that is wrong; the smallest event number wins. */
static void wrong(struct verifying *v, int64_t seq, const char *why)
{
    struct verify_report *r = v->out;
    if (!r->ok && r->first_bad >= 0 && (seq < 0 || seq >= r->first_bad))
        return;
    r->ok = false;
    r->first_bad = seq;
    snprintf(r->why, sizeof r->why, "%s", why);
}

/* ---- the log ---- */

struct level { /* stored nodes of one level, read along with the events */
    struct tree_node *list;
    size_t n, at;
    int64_t next;
};

static bool node_matches(struct verifying *v, struct level levels[static 8],
                         const struct tree_node *full, bool *same)
{
    struct level *l = &levels[full->level / TREE_TILE_LEVEL];
    if (l->at == l->n) {
        l->at = 0;
        if (!ledger_nodes(v->db, v->keep, full->level, l->next, 4096, &l->list, &l->n, v->e))
            return false;
    }
    *same = l->at < l->n && l->list[l->at].idx == full->idx &&
            hash_eq(&l->list[l->at].hash, &full->hash);
    l->at += l->at < l->n;
    l->next = full->idx + 1;
    return true;
}

static const char *event_wrong(struct arena *a, const struct event *ev, int64_t seq,
                               int64_t recorded, struct event_body *b)
{
    struct err e = ERR_INIT;
    struct hash leaf = tree_leaf(ev->body);
    if (ev->seq != seq)
        return "an event is missing before this one, or was put in";
    if (!hash_eq(&leaf, &ev->leaf))
        return "the event's text was altered: it does not match its leaf hash";
    if (!body_read(a, ev->body, b, &e))
        return arena_printf(a, "the event is not readable: %s", e.text);
    if (!id_eq(b->id, ev->id) || !str_eq(b->type, ev->type) || b->at != ev->at ||
        b->recorded != ev->recorded)
        return "a column beside the event's text differs from it";
    if (b->recorded < recorded)
        return "the events are out of order: recorded before the one in front of it";
    return NULL;
}

static bool check_log(struct verifying *v)
{
    struct ledger_head head;
    struct checkpoint *marks;
    size_t n_marks, mark = 0;
    struct tree tree = {0};
    struct level levels[8] = {{0}};
    int64_t recorded = 0, last_good = 0;
    if (!ledger_read_head(v->db, &head, v->e) ||
        !checkpoint_list(v->db, v->keep, &marks, &n_marks, v->e))
        return false;
    for (int64_t seq = 0;;) {
        struct event *ev;
        size_t n;
        arena_reset(v->piece);
        if (!ledger_range(v->db, v->piece, seq, PIECE, &ev, &n, v->e))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct event_body body = {.ver = 0};
            struct tree_node full[8];
            const char *why = event_wrong(v->piece, &ev[i], seq, recorded, &body);
            if (why) {
                wrong(v, seq, why);
                return true;
            }
            int k = tree_append(&tree, &ev[i].leaf, full);
            for (int m = 0; m < k; m++) {
                bool same = false;
                if (!node_matches(v, levels, &full[m], &same))
                    return false;
                if (!same) {
                    wrong(v, full[m].idx << full[m].level,
                          "the tree differs from the stored one from here on");
                    return true;
                }
            }
            recorded = body.recorded;
            seq++;
            if (mark < n_marks && marks[mark].size == seq) {
                struct hash root = tree_root(&tree);
                if (!hash_eq(&root, &marks[mark].root)) {
                    wrong(v, last_good, "the log differs from a signed checkpoint; the first event "
                                        "that differs is this one or a later one");
                    return true;
                }
                last_good = seq;
                mark++;
            }
        }
        if (v->progress)
            v->progress(v->self, seq, head.tree.size);
        if (n == 0)
            break;
    }
    v->out->events = tree.size;
    v->out->root = tree_root(&tree);
    struct hash stored = tree_root(&head.tree);
    if (tree.size < head.tree.size)
        wrong(v, tree.size, "events at the end of the log are missing");
    else if (tree.size > head.tree.size)
        wrong(v, head.tree.size, "events were added behind the end of the log");
    else if (!hash_eq(&stored, &v->out->root))
        wrong(v, last_good, "the tree differs from its stored root; the first event that differs is "
                            "this one or a later one");
    return true;
}

static bool check_signed(struct verifying *v)
{
    bool ok = true;
    char why[200] = "";
    if (!checkpoint_continues(v->db, v->keys, &ok, why, v->e))
        return false;
    if (!ok)
        wrong(v, -1, why);
    return true;
}

/* ---- records ---- */

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

static void grow_sums(struct verifying *v)
{
    size_t n = v->n_buckets * 4;
    struct sum **more = ARENA_ARRAY(v->keep, struct sum *, n);
    for (size_t i = 0; i < v->n_buckets; i++) {
        for (struct sum *s = v->sums[i], *next; s; s = next) {
            struct tally_row row = key_of(s);
            next = s->next;
            struct sum **at = &more[bucket(&row, n)];
            s->next = *at;
            *at = s;
        }
    }
    v->sums = more;
    v->n_buckets = n;
}

static struct sum *find_sum(struct verifying *v, const struct tally_row *row)
{
    for (struct sum *s = v->sums[bucket(row, v->n_buckets)]; s; s = s->next)
        if (s->term == row->term && s->area == row->area && s->day == row->day &&
            s->known == row->known && str_eq(s->dim, row->dim))
            return s;
    return NULL;
}

static void add_sum(void *self, const struct tally_row *row)
{
    struct verifying *v = self;
    struct sum *s = find_sum(v, row);
    if (!s) {
        if (v->n_sums > v->n_buckets)
            grow_sums(v);
        struct sum **at = &v->sums[bucket(row, v->n_buckets)];
        s = ARENA_NEW(v->keep, struct sum);
        *s = (struct sum){.next = *at, .term = row->term, .area = row->area, .day = row->day,
                          .known = row->known, .dim = str_dup(v->keep, row->dim)};
        *at = s;
        v->n_sums++;
    }
    s->n += row->n;
    s->s += row->s;
}

static struct span_row **span_at(struct verifying *v, int64_t term, int64_t rid)
{
    struct span_row **at = &v->spans[(uint64_t)(rid * 31 + term) & 65535];
    while (*at && ((*at)->term != term || (*at)->rid != rid))
        at = &(*at)->next;
    return at;
}

static void add_span(void *self, const struct tally_duration *row)
{
    struct verifying *v = self;
    struct span_row **at = span_at(v, row->term, row->rid);
    if (row->gone) {
        if (*at) {
            *at = (*at)->next;
            v->n_spans--;
        }
        return;
    }
    if (!*at) {
        *at = ARENA_NEW(v->keep, struct span_row);
        v->n_spans++;
    }
    (*at)->term = row->term;
    (*at)->rid = row->rid;
    (*at)->area = row->area;
    (*at)->ms = row->ms;
    (*at)->day = row->day;
}

static bool check_search(struct verifying *v, const struct changes *c, const struct change *ch)
{
    struct buf text = BUF(LIMIT_JSON_OUT);
    bool ok = search_text(v->db, c, ch, &text, v->e);
    struct hash h = hash_sha256(buf_view(&text));
    buf_free(&text);
    if (!ok)
        return false;
    struct rows r AUTO(rows_close) =
        store_query(v->db, sql_verify_search, BIND(C_INT(ch->after->rid)), v->e);
    if (!rows_next(&r) || !str_eq(rows_str(&r, 0), HASH_STR(h)))
        if (!err_is(v->e))
            wrong(v, ch->after->last_seq, "the search entry is not what the record says");
    return !err_is(v->e);
}

static bool finish_record(struct verifying *v, struct arena *a, struct record *r)
{
    struct changes c = {.arena = a, .world = v->world, .keys = v->keys};
    struct change ch = {.after = r};
    bool ok = true;
    int record = -1;
    char why[200] = "";
    if (!str_starts(r->type, STR("sys."))) {
        if (!world_type(v->world, r->type, r->pb, &ch.playbook, &record)) {
            wrong(v, r->last_seq, "the record stands on a playbook that is not installed");
            return true;
        }
        ch.def = &ch.playbook->records[record];
    }
    int64_t scopes = (int64_t)record_scopes(a, v->world, r)->n;
    v->scopes += scopes;
    v->waiting += (int64_t)record_waiting(a, v->world, r, &(struct waiting *){NULL});
    v->scopes_open += record_open(r) ? scopes : 0;
    v->out->records++;
    if (!record_check(v->db, &c, r, ch.playbook, ch.def, &ok, why, v->e))
        return false;
    if (!ok)
        wrong(v, r->last_seq, why);
    return !ch.def || check_search(v, &c, &ch);
}

/* What a line of a sealed matter leaves out is put back first; that takes its key. */
static bool fold_one(struct verifying *v, struct arena *a, struct record *r,
                     const struct event_body *line, int64_t seq, struct err *e)
{
    struct event_body open = *line;
    v->out->sealed += line->sealed != NULL;
    return seal_read(v->db, v->keys, a, r->rid, seq, &open, e) && seal_fold(a, r, &open, line, seq, e);
}

/* Folds every record from its events, in order of records, and adds up what they count. */
static bool check_records(struct verifying *v)
{
    struct tally *t = tally_new(v->keep, v->world);
    struct tally_sink sink = {.self = v, .count = add_sum, .duration = add_span};
    struct arena *a AUTO(arena_freep) = arena_new(), *step AUTO(arena_freep) = arena_new();
    struct record *r = NULL;
    int64_t rid = 0, seq = -1, done = 0;
    for (;;) {
        struct event *ev;
        size_t n;
        arena_reset(v->piece);
        if (!ledger_by_record(v->db, v->piece, rid, seq, PIECE, &ev, &n, v->e))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct event_body body;
            if (r && ev[i].rid != r->rid) {
                if (!finish_record(v, a, r))
                    return false;
                r = NULL;
            }
            if (!r) {
                arena_reset(a);
                r = record_new(a);
                r->rid = ev[i].rid;
            }
            struct err bad = ERR_INIT;
            struct record *before = r->ver ? record_copy(step, r) : NULL;
            struct str text = str_dup(a, ev[i].body);
            if (!body_read(a, text, &body, &bad) || !fold_one(v, a, r, &body, ev[i].seq, &bad)) {
                wrong(v, ev[i].seq, bad.text);
                return true;
            }
            if (!str_starts(r->type, STR("sys.")))
                tally_step(t, step, before, r, ev[i].recorded, &sink);
            arena_reset(step);
            rid = ev[i].rid;
            seq = ev[i].seq;
        }
        done += (int64_t)n;
        if (v->progress)
            v->progress(v->self, done, v->out->events);
        if (n == 0)
            break;
    }
    return !r || finish_record(v, a, r);
}

/* ---- counters ---- */

static bool check_table(struct verifying *v, const char *sql, bool known, int64_t *rows)
{
    struct rows r AUTO(rows_close) = store_query(v->db, sql, BIND_NONE, v->e);
    while (rows_next(&r)) {
        struct tally_row row = {.term = rows_int(&r, 0),
                                .area = rows_int(&r, 1),
                                .dim = known ? STR("") : rows_str(&r, 2),
                                .day = (int32_t)rows_int(&r, 3),
                                .known = known ? (int32_t)rows_int(&r, 6) : DAY_NONE};
        struct sum *s = find_sum(v, &row);
        if (!s || s->n != rows_int(&r, 4) || s->s != rows_int(&r, 5))
            wrong(v, -1, known ? "a counter by the day of knowing is not the sum of its records"
                               : "a counter is not the sum of its records");
        (*rows)++;
    }
    return !err_is(v->e);
}

static bool count_is(struct verifying *v, const char *sql, int64_t want, const char *why)
{
    bool found;
    int64_t n = 0;
    if (!store_int(v->db, sql, BIND_NONE, &found, &n, v->e))
        return false;
    if (n != want)
        wrong(v, -1, why);
    return true;
}

static bool check_counters(struct verifying *v)
{
    int64_t rows = 0, want = 0, spans = 0;
    if (!check_table(v, sql_verify_tally, false, &rows) ||
        !check_table(v, sql_verify_known, true, &rows))
        return false;
    for (size_t i = 0; i < v->n_buckets; i++)
        for (const struct sum *s = v->sums[i]; s; s = s->next)
            want += s->n != 0 || s->s != 0;
    if (want != rows)
        wrong(v, -1, "counters are missing");
    struct rows r AUTO(rows_close) = store_query(v->db, sql_verify_duration, BIND_NONE, v->e);
    while (rows_next(&r)) {
        struct span_row *s = *span_at(v, rows_int(&r, 0), rows_int(&r, 1));
        if (!s || s->day != rows_int(&r, 2) || s->ms != rows_int(&r, 3) ||
            s->area != rows_int(&r, 4))
            wrong(v, -1, "a duration is not what its record says");
        spans++;
    }
    if (spans != (int64_t)v->n_spans)
        wrong(v, -1, "durations are missing");
    v->out->counters = rows;
    return !err_is(v->e) &&
           count_is(v, sql_verify_scope_count, v->scopes, "table scope has rows too many or too few") &&
           count_is(v, sql_verify_open_count, v->scopes_open,
                    "table scope_open has rows too many or too few") &&
           count_is(v, sql_verify_waiting_count, v->waiting,
                    "table waiting has rows too many or too few") &&
           count_is(v, sql_verify_record_count, v->out->records, "there are records without events");
}

static bool run(struct verifying *v, bool log_only)
{
    if (!check_log(v))
        return false;
    if (!v->out->ok)
        return true;
    if (!check_signed(v))
        return false;
    if (log_only)
        return true;
    v->n_buckets = 4096;
    v->sums = ARENA_ARRAY(v->keep, struct sum *, v->n_buckets);
    v->spans = ARENA_ARRAY(v->keep, struct span_row *, 65536);
    return world_load(v->db, &v->world, v->e) && check_records(v) && check_counters(v);
}

bool verify_all(struct store *db, const struct keys *keys, bool log_only,
                void (*progress)(void *self, int64_t done, int64_t total), void *self,
                struct verify_report *out, struct err *e)
{
    struct verify_report report = {.ok = true, .first_bad = -1};
    struct verifying v = {.db = db, .keys = keys, .out = &report, .e = e, .progress = progress,
                          .self = self};
    if (!store_begin(db, e)) /* one snapshot */
        return false;
    v.keep = arena_new();
    v.piece = arena_new();
    bool ok = run(&v, log_only);
    world_unref(v.world);
    arena_free(v.keep);
    arena_free(v.piece);
    store_rollback(db);
    if (!ok)
        return false;
    *out = report;
    return true;
}
