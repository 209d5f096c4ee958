/* The log alone: texts, leaf hashes, order, tree, checkpoints, the row `head`. */
#include "engine/verify.sql.h"
#include "engine/verify_int.h"

enum { PIECE = 2000 };

struct level { /* stored nodes of one level, read along with the events */
    struct tree_node *list;
    size_t n, at;
    int64_t next;
};

struct reading {
    struct verifying *v;
    struct tree tree;
    struct level levels[8];
    struct checkpoint *marks;
    size_t n_marks, mark;
    int64_t recorded, last_good, last_sys, rid;
    bool stop;
};

static bool node_matches(struct reading *rd, const struct tree_node *full, bool *same)
{
    struct verifying *v = rd->v;
    struct level *l = &rd->levels[full->level / TREE_TILE_LEVEL];
    if (l->at == l->n) {
        l->at = 0;
        if (!ledger_nodes(v->db, v->keep, full->level, l->next, 4096, &l->list, &l->n, v->e))
            return false;
    }
    *same = l->at < l->n && l->list[l->at].idx == full->idx &&
            hash_eq(&l->list[l->at].hash, &full->hash);
    l->at += l->at < l->n;
    l->next = full->idx + 1;
    v->nodes++;
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

/* The tree grows by this event; *stop when it no longer is the stored one. */
static bool grow(struct reading *rd, const struct event *ev)
{
    struct tree_node full[8];
    int k = tree_append(&rd->tree, &ev->leaf, full);
    for (int m = 0; m < k; m++) {
        bool same = false;
        if (!node_matches(rd, &full[m], &same))
            return false;
        if (!same) {
            verify_wrong(rd->v, full[m].idx << full[m].level,
                         "table node, (%d, %lld): the tree differs from the stored one from here on",
                         full[m].level, (long long)full[m].idx);
            rd->stop = true;
            return true;
        }
    }
    return true;
}

/* A stored checkpoint that ends behind this event. */
static void meet_checkpoint(struct reading *rd, int64_t size)
{
    if (rd->mark == rd->n_marks || rd->marks[rd->mark].size != size)
        return;
    struct hash root = tree_root(&rd->tree);
    if (!hash_eq(&root, &rd->marks[rd->mark].root)) {
        verify_wrong(rd->v, rd->last_good, "the log differs from a signed checkpoint; the first event "
                                           "that differs is this one or a later one");
        rd->stop = true;
        return;
    }
    rd->last_good = size;
    rd->mark++;
}

static bool read_event(struct reading *rd, const struct event *ev, int64_t seq)
{
    struct verifying *v = rd->v;
    struct event_body body = {.ver = 0};
    const char *why = event_wrong(v->piece, ev, seq, rd->recorded, &body);
    if (why) {
        verify_wrong(v, seq, "table event, (%lld): %s", (long long)seq, why);
        rd->stop = true;
        return true;
    }
    if (!grow(rd, ev))
        return false;
    rd->recorded = body.recorded;
    rd->rid = max64(rd->rid, ev->rid);
    if (str_starts(body.type, STR("sys.")))
        rd->last_sys = seq;
    if (!rd->stop)
        meet_checkpoint(rd, seq + 1);
    return true;
}

static bool read_all(struct reading *rd)
{
    struct verifying *v = rd->v;
    for (int64_t seq = 0; !rd->stop;) {
        struct event *ev;
        size_t n;
        arena_reset(v->piece);
        if (!ledger_range(v->db, v->piece, seq, PIECE, &ev, &n, v->e))
            return false;
        for (size_t i = 0; i < n && !rd->stop; i++)
            if (!read_event(rd, &ev[i], seq++))
                return false;
        if (v->progress)
            v->progress(v->self, seq, v->head.tree.size);
        if (n == 0)
            break;
    }
    return true;
}

/* The row that every commit begins with. */
static void check_head(const struct reading *rd)
{
    struct verifying *v = rd->v;
    const struct ledger_head *h = &v->head;
    struct hash stored = tree_root(&h->tree);
    int64_t size = rd->tree.size;
    if (size < h->tree.size)
        verify_wrong(v, size, "events at the end of the log are missing");
    else if (size > h->tree.size)
        verify_wrong(v, h->tree.size, "events were added behind the end of the log");
    else if (!hash_eq(&stored, &v->out->root))
        verify_wrong(v, rd->last_good, "the tree differs from its stored root; the first event that "
                                       "differs is this one or a later one");
    else if (h->recorded != rd->recorded)
        verify_wrong(v, size - 1, "table head: column recorded is not that of the last event");
    else if (h->sys_seq != rd->last_sys)
        verify_wrong(v, rd->last_sys, "table head: column sys_seq is not the last system event");
    else if (h->next_rid != rd->rid + 1)
        verify_wrong(v, -1, "table head: column next_rid is %lld, and record %lld is the last one",
                     (long long)h->next_rid, (long long)rd->rid);
}

/* Nodes that no event explains. */
static bool check_nodes(struct verifying *v)
{
    bool found;
    int64_t n = 0;
    if (!store_int(v->db, sql_verify_node_count, BIND_NONE, &found, &n, v->e))
        return false;
    if (n != v->nodes)
        verify_wrong(v, -1, "table node has %lld rows, and the events make %lld", (long long)n,
                     (long long)v->nodes);
    return true;
}

static bool check_signed(struct verifying *v)
{
    bool ok = true;
    char why[200] = "";
    if (!checkpoint_continues(v->db, v->keys, &ok, why, v->e))
        return false;
    if (!ok)
        verify_wrong(v, -1, "%s", why);
    return true;
}

bool verify_log(struct verifying *v)
{
    struct reading rd = {.v = v, .last_sys = -1};
    if (!ledger_read_head(v->db, &v->head, v->e) ||
        !checkpoint_list(v->db, v->keep, &rd.marks, &rd.n_marks, v->e) || !read_all(&rd))
        return false;
    if (rd.stop)
        return true;
    v->out->events = rd.tree.size;
    v->out->root = tree_root(&rd.tree);
    check_head(&rd);
    return !v->out->ok || (check_nodes(v) && check_signed(v));
}
