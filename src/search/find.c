#include "search/find_int.h"
#include "search/find.sql.h"

struct hit {
    int64_t rid;
    bool bare;
    struct cell key;
};

struct hits {
    struct hit *list;
    size_t n, cap;
};

/* ---- walking ---- */

static bool walk(struct find_ask *k, const struct find_walk *w, struct hits *out)
{
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    if (!find_sql_walk(&s, k, w))
        return false;
    struct rows r AUTO(rows_close) = find_sql_run(&s, k);
    bool keyed = k->keyed && !w->bare;
    while (rows_next(&r)) {
        out->list = arena_grow(k->a, out->list, out->n, &out->cap, sizeof *out->list);
        struct hit *h = &out->list[out->n++];
        *h = (struct hit){.rid = rows_int(&r, 0), .bare = w->bare};
        if (keyed && k->key_text)
            h->key = C_TEXT(str_dup(k->a, rows_str(&r, 1)));
        else if (keyed)
            h->key = C_INT(rows_int(&r, 1));
    }
    return !err_is(k->e);
}

static int by_key(const struct hit *x, const struct hit *y)
{
    if (x->key.kind == CELL_TEXT && y->key.kind == CELL_TEXT) {
        int c = str_cmp(x->key.s, y->key.s);
        if (c)
            return c;
    } else if (x->key.i != y->key.i) {
        return x->key.i < y->key.i ? -1 : 1;
    }
    return x->rid < y->rid ? -1 : x->rid > y->rid;
}

static int upwards(const void *a, const void *b)
{
    return by_key(a, b);
}

static int downwards(const void *a, const void *b)
{
    return by_key(b, a);
}

/* Brings the hits of several scopes into one order, each row once. */
static void merge(struct hits *h, bool desc)
{
    size_t kept = 0;
    if (h->n)
        qsort(h->list, h->n, sizeof *h->list, desc ? downwards : upwards);
    for (size_t i = 0; i < h->n; i++)
        if (!kept || h->list[kept - 1].rid != h->list[i].rid)
            h->list[kept++] = h->list[i];
    h->n = kept;
}

/* The open matters whose deadline stands still are few among all that have none. */
static enum find_by driver(const struct find_ask *k, bool bare)
{
    bool paused = bare && k->open && k->q->order == FIND_DUE;
    return k->by == BY_KEY && paused ? BY_SCOPE : k->by;
}

/* PostgreSQL knows no statistics of words: it may walk all records for one that is in none, or
 * read the long lists of the tokens of rights for few hits.  So it is tried how frequent the words
 * are near the cursor, alone and with the tokens; the hits of rare ones are collected. */
static bool judge_words(struct find_ask *k, struct find_walk *w)
{
    int64_t newest = 0;
    bool found;
    if (!store_int(k->db, sql_find_newest_rid, BIND_NONE, &found, &newest, k->e))
        return false;
    int64_t from = k->after.given ? min64(k->after.rid, newest) : k->desc ? newest : 0, to = from;
    *(k->desc ? &from : &to) += k->desc ? -k->probe : k->probe;
    for (int alone = 1; alone >= 0; alone--) {
        int64_t n = 0;
        w->alone = alone;
        if (!find_sql_hits(k, w, from, to, &n))
            return false;
        w->rare = n < (int64_t)w->want;
        if (w->rare)
            return true;
    }
    return true;
}

static bool search(struct find_ask *k, struct find_walk *w, struct hits *out)
{
    return (store_engine(k->db) == STORE_SQLITE || judge_words(k, w)) && walk(k, w, out);
}

/* The next `want` rows with the key, or without it. */
static bool phase(struct find_ask *k, bool bare, size_t want, struct hits *out)
{
    struct find_walk w = {.by = driver(k, bare), .bare = bare, .want = want};
    struct hits found = {.n = 0};
    int n = w.by == BY_SCOPE || w.by == BY_SEARCH ? k->n_scopes : 1;
    for (; w.scope < n; w.scope++)
        if (!(w.by == BY_SEARCH ? search(k, &w, &found) : walk(k, &w, &found)))
            return false;
    if (n > 1)
        merge(&found, bare || k->desc);
    for (size_t i = 0; i < found.n && i < want; i++) {
        out->list = arena_grow(k->a, out->list, out->n, &out->cap, sizeof *out->list);
        out->list[out->n++] = found.list[i];
    }
    return true;
}

static bool gather(struct find_ask *k, struct hits *out)
{
    size_t want = k->limit + 1; /* one more tells whether there is another page */
    if (k->n_scopes == 0 || (k->searching && !k->words.n))
        return true;
    if (!k->keyed)
        return phase(k, false, want, out);
    if (!k->after.bare && !phase(k, false, want, out))
        return false;
    return out->n == want || phase(k, true, want - out->n, out);
}

/* ---- folds ---- */

/* Few texts, so that few statements are prepared: the last number fills up. */
static size_t padded(size_t n)
{
    static const size_t SIZES[] = {1, 10, FIND_LIMIT, LIMIT_PAGE};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++)
        if (n <= SIZES[i])
            return SIZES[i];
    ASSERT(false);
    return n;
}

bool find_load(struct find_ask *k, const int64_t *rids, size_t n, struct record **out)
{
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    size_t most = padded(n), loaded = 0;
    buf_c(&s.text, "SELECT rid, doc FROM record WHERE rid IN (");
    for (size_t i = 0; i < most; i++)
        buf_printf(&s.text, "%s$%d", i ? ", " : "",
                   find_sql_arg(&s, C_INT(rids[i < n ? i : n - 1])));
    buf_c(&s.text, ")");
    struct rows r AUTO(rows_close) = find_sql_run(&s, k);
    while (rows_next(&r)) {
        int64_t rid = rows_int(&r, 0);
        for (size_t i = 0; i < n; i++) {
            if (rids[i] != rid)
                continue;
            if (!record_read(k->a, str_dup(k->a, rows_str(&r, 1)), &out[i], k->e))
                return false;
            out[i]->rid = rid;
            loaded++;
        }
    }
    if (err_is(k->e))
        return false;
    /* nothing removes a record */
    return loaded == n || err_set(k->e, ERR_STORE, "a record is in an index and nowhere else");
}

/* ---- the answer ---- */

const char *find_plan_name(const struct find_ask *k)
{
    switch (k->by) {
    case BY_SEARCH:
        return "search";
    case BY_PART:
    case BY_KEY:
        return "index";
    case BY_BOX:
        return "box";
    case BY_SCOPE:
        break;
    }
    return k->undeclared ? "scan" : "scope";
}

/* All rows of one scope are cheap to count as far as FIND_TOTAL. */
static bool small_total(struct find_ask *k, int64_t *out)
{
    const char *sql = k->open ? sql_find_open_size : sql_find_scope_size;
    int64_t n = 0;
    bool found;
    if (k->where || k->searching || k->n_scopes != 1)
        return true;
    if (!store_int(k->db, sql, BIND(C_TEXT(k->scopes[0]), C_TEXT(k->type), C_INT(FIND_TOTAL + 1)),
                   &found, &n, k->e))
        return false;
    if (n <= FIND_TOTAL)
        *out = n;
    return true;
}

static bool answer(struct find_ask *k, struct find_answer *out)
{
    struct hits h = {.n = 0};
    struct find_answer a = {.next = STR_NONE, .total = -1};
    if (!find_choose(k) || !gather(k, &h))
        return false;
    bool more = h.n > k->limit;
    a.n = more ? k->limit : h.n;
    a.rows = ARENA_ARRAY(k->a, struct record *, a.n + 1);
    a.plan = find_plan_name(k);
    int64_t *rids = ARENA_ARRAY(k->a, int64_t, a.n + 1);
    for (size_t i = 0; i < a.n; i++)
        rids[i] = h.list[i].rid;
    if (a.n && !find_load(k, rids, a.n, a.rows))
        return false;
    if (more) {
        const struct hit *last = &h.list[a.n - 1];
        a.next = find_cursor_text(k, last->rid, last->bare, &last->key);
    }
    if (!more && !k->after.given)
        a.total = (int64_t)a.n;
    else if (!small_total(k, &a.total))
        return false;
    *out = a;
    return true;
}

static bool count(struct find_ask *k, int64_t *out)
{
    struct find_walk w = {.count = true};
    int64_t sum = 0;
    if (!find_choose(k))
        return false;
    w.by = k->by;
    int n = k->searching && !k->words.n ? 0 : k->n_scopes;
    if (w.by == BY_PART && n > 1)
        n = 1;
    for (; w.scope < n; w.scope++) {
        struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
        int64_t one = 0;
        if (!find_sql_walk(&s, k, &w) || !find_sql_int(&s, k, &one))
            return false;
        sum += one;
    }
    *out = sum;
    return true;
}

void find_too_long(struct err *e, int64_t ms)
{
    if (e->code != ERR_DEADLINE)
        return;
    err_clear(e);
    err_set(e, ERR_DEADLINE,
            "the question took longer than %lld ms: narrow it to a smaller area, to open matters, "
            "or by a field that is declared `filter`",
            (long long)ms);
    err_zh(e, "查询超过 %lld 毫秒：请缩小区划范围、只查未办结的，或增加一个可筛选字段的条件",
           (long long)ms);
}

bool find_records(struct store *db, struct arena *a, const struct find_question *q,
                  struct find_answer *out, struct err *e)
{
    struct find_ask k;
    int64_t ms = q->deadline_ms ? q->deadline_ms : FIND_DEADLINE;
    if (!find_prepare(db, a, q, &k, e))
        return false;
    store_deadline(db, ms);
    bool ok = answer(&k, out);
    store_deadline(db, 0);
    if (!ok)
        find_too_long(e, ms);
    return ok;
}

bool find_count(struct store *db, struct arena *a, const struct find_question *q, int64_t *out,
                struct err *e)
{
    struct find_ask k;
    struct find_question all = *q;
    int64_t ms = q->deadline_ms ? q->deadline_ms : FIND_DEADLINE;
    all.order = FIND_NEWEST;
    all.after = STR_NONE;
    if (!find_prepare(db, a, &all, &k, e))
        return false;
    store_deadline(db, ms);
    bool ok = count(&k, out);
    store_deadline(db, 0);
    if (!ok)
        find_too_long(e, ms);
    return ok;
}
