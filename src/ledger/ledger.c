#include "ledger/ledger.h"
#include "ledger/ledger.sql.h"

bool ledger_init(struct store *db, struct err *e)
{
    return store_exec(db, sql_head_make, BIND(C_BLOB(STR(""))), NULL, e);
}

static bool take_head(struct rows *r, struct ledger_head *out, struct err *e)
{
    if (!rows_next(r))
        return err_set(e, ERR_STORE, "the log has no head: this is no Bihuan database");
    struct ledger_head h = {.recorded = rows_int(r, 2),
                            .sys_seq = rows_int(r, 3),
                            .next_rid = rows_int(r, 4)};
    if (!tree_from_peaks(rows_int(r, 0), rows_str(r, 1), &h.tree))
        return err_set(e, ERR_VERIFY, "the head of the log is damaged: its peaks do not fit");
    *out = h;
    return true;
}

bool ledger_lock(struct store *db, struct ledger_head *out, struct err *e)
{
    ASSERT(store_in_tx(db));
    struct rows r AUTO(rows_close) = store_query(db, sql_head_lock, BIND_NONE, e);
    struct ledger_head h;
    if (!take_head(&r, &h, e))
        return false;
    while (rows_next(&r)) /* an UPDATE … RETURNING must be stepped to its end */
        continue;
    if (err_is(e))
        return false;
    *out = h;
    return true;
}

bool ledger_read_head(struct store *db, struct ledger_head *out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_head_read, BIND_NONE, e);
    return take_head(&r, out, e);
}

void ledger_batch_begin(struct ledger_batch *b, struct arena *a, const struct ledger_head *head)
{
    *b = (struct ledger_batch){.arena = a, .head = *head};
}

/* The end of an id is random. */
static size_t chain_of(struct id id)
{
    return (size_t)(id.b[15] | id.b[14] << 8) % LEDGER_CHAINS;
}

const struct event *ledger_added(const struct ledger_batch *b, struct id id)
{
    for (uint32_t i = b->by_id[chain_of(id)]; i; i = b->older[i - 1])
        if (id_eq(b->events[i - 1].id, id))
            return &b->events[i - 1];
    return NULL;
}

const struct event *ledger_add(struct ledger_batch *b, const struct event *ev, bool sys)
{
    ASSERT(ev->body.len > 0 && ev->body.len <= LIMIT_EVENT_BODY);
    ASSERT(!memchr(ev->body.ptr, '\n', ev->body.len));
    ASSERT(ev->recorded >= b->head.recorded);
    b->events = arena_grow(b->arena, b->events, b->n, &b->cap, sizeof *b->events);
    b->older = arena_grow(b->arena, b->older, b->n, &b->cap_older, sizeof *b->older);
    uint32_t *chain = &b->by_id[chain_of(ev->id)];
    b->older[b->n] = *chain;
    struct event *out = &b->events[b->n++];
    *chain = (uint32_t)b->n;
    *out = *ev;
    out->seq = b->head.tree.size;
    out->leaf = tree_leaf(ev->body);
    struct tree_node full[8];
    int n = tree_append(&b->head.tree, &out->leaf, full);
    for (int i = 0; i < n; i++) {
        b->nodes = arena_grow(b->arena, b->nodes, b->n_nodes, &b->cap_nodes, sizeof *b->nodes);
        b->nodes[b->n_nodes++] = full[i];
    }
    b->head.recorded = ev->recorded;
    if (sys)
        b->head.sys_seq = out->seq;
    return out;
}

bool ledger_save(struct store *db, const struct ledger_batch *b, struct err *e)
{
    ASSERT(store_in_tx(db));
    struct cell *c = ARENA_ARRAY(b->arena, struct cell, b->n * 9 + b->n_nodes * 3 + 1);
    size_t k = 0;
    for (size_t i = 0; i < b->n; i++) {
        const struct event *ev = &b->events[i];
        c[k++] = C_INT(ev->seq);
        c[k++] = C_BLOB(ID_STR(ev->id));
        c[k++] = C_INT(ev->rid);
        c[k++] = C_TEXT(ev->type);
        c[k++] = C_INT(ev->at);
        c[k++] = C_INT(ev->recorded);
        c[k++] = ev->has_req ? C_BLOB(HASH_STR(ev->req)) : C_NULL;
        c[k++] = C_BLOB(HASH_STR(ev->leaf));
        c[k++] = C_TEXT(ev->body);
    }
    struct cell *nodes = c + k;
    for (size_t i = 0; i < b->n_nodes; i++) {
        c[k++] = C_INT(b->nodes[i].level);
        c[k++] = C_INT(b->nodes[i].idx);
        c[k++] = C_BLOB(HASH_STR(b->nodes[i].hash));
    }
    const struct ledger_head *h = &b->head;
    return store_many(db, sql_event_insert, c, b->n, 9, e) &&
           store_many(db, sql_node_insert, nodes, b->n_nodes, 3, e) &&
           store_exec(db, sql_head_save,
                      BIND(C_INT(h->tree.size), C_BLOB(tree_peaks_bytes(b->arena, &h->tree)),
                           C_INT(h->recorded), C_INT(h->sys_seq), C_INT(h->next_rid)),
                      NULL, e);
}

static bool take_hash(struct str s, struct hash *out)
{
    if (s.len != HASH_LEN)
        return false;
    memcpy(out->b, s.ptr, HASH_LEN);
    return true;
}

static bool take_event(struct rows *r, struct arena *a, struct event *out, struct err *e)
{
    struct event ev = {.seq = rows_int(r, 0),
                       .rid = rows_int(r, 2),
                       .type = str_dup(a, rows_str(r, 3)),
                       .at = rows_int(r, 4),
                       .recorded = rows_int(r, 5),
                       .has_req = !rows_null(r, 6),
                       .body = str_dup(a, rows_str(r, 8))};
    if (!id_read(rows_str(r, 1), &ev.id) || !take_hash(rows_str(r, 7), &ev.leaf) ||
        (ev.has_req && !take_hash(rows_str(r, 6), &ev.req)))
        return err_set(e, ERR_VERIFY, "event %lld: a column is damaged", (long long)ev.seq);
    *out = ev;
    return true;
}

static bool one_event(struct store *db, struct arena *a, const char *sql, struct cell key,
                      bool *found, struct event *out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql, &key, 1, e);
    bool has = rows_next(&r);
    if (has && !take_event(&r, a, out, e))
        return false;
    if (err_is(e))
        return false;
    *found = has;
    return true;
}

bool ledger_find(struct store *db, struct arena *a, struct id id, bool *found, struct event *out,
                 struct err *e)
{
    return one_event(db, a, sql_event_by_id, C_BLOB(ID_STR(id)), found, out, e);
}

bool ledger_get(struct store *db, struct arena *a, int64_t seq, bool *found, struct event *out,
                struct err *e)
{
    return one_event(db, a, sql_event_by_seq, C_INT(seq), found, out, e);
}

static bool take_events(struct rows *r, struct arena *a, struct event **out, size_t *n,
                        struct err *e)
{
    struct event *list = NULL;
    size_t count = 0, cap = 0;
    while (rows_next(r)) {
        list = arena_grow(a, list, count, &cap, sizeof *list);
        if (!take_event(r, a, &list[count++], e))
            return false;
    }
    if (err_is(e))
        return false;
    *out = list;
    *n = count;
    return true;
}

bool ledger_range(struct store *db, struct arena *a, int64_t from, int64_t limit,
                  struct event **out, size_t *n, struct err *e)
{
    struct rows r AUTO(rows_close) =
        store_query(db, sql_event_range, BIND(C_INT(from), C_INT(limit)), e);
    return take_events(&r, a, out, n, e);
}

bool ledger_of_record(struct store *db, struct arena *a, int64_t rid, int64_t after, int64_t limit,
                      struct event **out, size_t *n, struct err *e)
{
    struct rows r AUTO(rows_close) =
        store_query(db, sql_event_of_record, BIND(C_INT(rid), C_INT(after), C_INT(limit)), e);
    return take_events(&r, a, out, n, e);
}

bool ledger_by_record(struct store *db, struct arena *a, int64_t rid, int64_t seq, int64_t limit,
                      struct event **out, size_t *n, struct err *e)
{
    struct rows r AUTO(rows_close) =
        store_query(db, sql_event_by_rid, BIND(C_INT(rid), C_INT(seq), C_INT(limit)), e);
    return take_events(&r, a, out, n, e);
}

bool ledger_nodes(struct store *db, struct arena *a, int level, int64_t from, int64_t limit,
                  struct tree_node **out, size_t *n, struct err *e)
{
    struct tree_node *list = NULL;
    size_t count = 0, cap = 0;
    struct rows r AUTO(rows_close) =
        store_query(db, sql_node_all, BIND(C_INT(level), C_INT(from), C_INT(limit)), e);
    while (rows_next(&r)) {
        list = arena_grow(a, list, count, &cap, sizeof *list);
        struct tree_node *x = &list[count++];
        *x = (struct tree_node){.level = level, .idx = rows_int(&r, 1)};
        if (!take_hash(rows_str(&r, 2), &x->hash))
            return err_set(e, ERR_VERIFY, "a stored tree node is damaged");
    }
    if (err_is(e))
        return false;
    *out = list;
    *n = count;
    return true;
}

bool ledger_size_before(struct store *db, int64_t instant, int64_t *out, struct err *e)
{
    bool found = false;
    int64_t size = 0;
    if (!store_int(db, sql_event_size_before, BIND(C_INT(instant)), &found, &size, e))
        return false;
    *out = found ? size : 0;
    return true;
}

/* Folds 2^k hashes of one level into the root of their perfect subtree. */
static bool fold_rows(struct rows *r, int64_t n, struct hash *out, struct err *e)
{
    struct tree t = {0};
    struct tree_node full[8];
    while (rows_next(r)) {
        struct hash h;
        if (!take_hash(rows_str(r, 0), &h))
            return err_set(e, ERR_VERIFY, "a stored hash of the log is damaged");
        tree_append(&t, &h, full);
    }
    if (err_is(e))
        return false;
    if (t.size != n)
        return err_set(e, ERR_VERIFY, "the log misses events or tree nodes");
    *out = tree_root(&t);
    return true;
}

static bool node_from_db(void *self, int level, int64_t idx, struct hash *out, struct err *e)
{
    struct store *db = self;
    int stored = level / TREE_TILE_LEVEL * TREE_TILE_LEVEL;
    int64_t from = idx << (level - stored), to = (idx + 1) << (level - stored);
    struct rows r AUTO(rows_close) =
        stored ? store_query(db, sql_node_range, BIND(C_INT(stored), C_INT(from), C_INT(to)), e)
               : store_query(db, sql_event_leaves, BIND(C_INT(from), C_INT(to)), e);
    return fold_rows(&r, to - from, out, e);
}

struct tree_source ledger_source(struct store *db)
{
    return (struct tree_source){.node = node_from_db, .self = db};
}

bool ledger_root(struct store *db, int64_t size, struct hash *out, struct err *e)
{
    struct tree_source src = ledger_source(db);
    return tree_root_of(&src, size, out, e);
}
