/* ledger/ledger.h - the event log: the only writer of table `event`.
 *
 * An event is a decided fact (decisions 1): one line of UTF-8 JSON, stored as it was written and
 * never written again in another form.  docs/log-format.md specifies it byte by byte.
 * Writing happens inside the caller's transaction: ledger_lock (the row `head`, which gives the log
 * one order), any number of ledger_add, ledger_save. */
#pragma once
#include "base/id.h"
#include "base/json.h"
#include "ledger/keys.h"
#include "ledger/tree.h"
#include "store/store.h"

struct ledger_head {
    struct tree tree; /* tree.size events */
    int64_t recorded; /* of the newest event, 0 when there is none */
    int64_t sys_seq;  /* newest sys.* event, -1 */
    int64_t next_rid;
};

struct event {
    int64_t seq;
    struct id id;
    int64_t rid;
    struct str type;
    int64_t at, recorded;
    bool has_req;
    struct hash req; /* of the request that made it */
    struct hash leaf;
    struct str body;
};

MUST_USE bool ledger_init(struct store *db, struct err *e); /* the row `head` */
MUST_USE bool ledger_lock(struct store *db, struct ledger_head *out, struct err *e);
MUST_USE bool ledger_read_head(struct store *db, struct ledger_head *out, struct err *e);

/* Events gathered for one commit. */
enum { LEDGER_CHAINS = 1024 };
struct ledger_batch {
    struct arena *arena;
    struct ledger_head head; /* moves as events are added */
    struct event *events;
    size_t n, cap;
    uint32_t *older; /* beside events: the one before it in its chain of by_id, from 1; 0: none */
    size_t cap_older;
    uint32_t by_id[LEDGER_CHAINS];
    struct tree_node *nodes;
    size_t n_nodes, cap_nodes;
};
void ledger_batch_begin(struct ledger_batch *b, struct arena *a, const struct ledger_head *head);
/* seq and leaf are filled in; returns the event as added.  `sys` moves head.sys_seq. */
const struct event *ledger_add(struct ledger_batch *b, const struct event *ev, bool sys);
/* The event of this id among those of the batch, or NULL. */
const struct event *ledger_added(const struct ledger_batch *b, struct id id);
/* Writes events, nodes and head.  The transaction is the caller's. */
MUST_USE bool ledger_save(struct store *db, const struct ledger_batch *b, struct err *e);

/* Copies live in `a`. *found = false when there is none. */
MUST_USE bool ledger_find(struct store *db, struct arena *a, struct id id, bool *found,
                          struct event *out, struct err *e);
MUST_USE bool ledger_get(struct store *db, struct arena *a, int64_t seq, bool *found,
                         struct event *out, struct err *e);
/* Events with seq >= from (all), or of one record with seq > after; at most `limit`. */
MUST_USE bool ledger_range(struct store *db, struct arena *a, int64_t from, int64_t limit,
                           struct event **out, size_t *n, struct err *e);
MUST_USE bool ledger_of_record(struct store *db, struct arena *a, int64_t rid, int64_t after,
                               int64_t limit, struct event **out, size_t *n, struct err *e);
/* Events in order of (record, seq), behind the given place; for verify. */
MUST_USE bool ledger_by_record(struct store *db, struct arena *a, int64_t rid, int64_t seq,
                               int64_t limit, struct event **out, size_t *n, struct err *e);
/* Number of events recorded before this instant. */
MUST_USE bool ledger_size_before(struct store *db, int64_t instant, int64_t *out, struct err *e);

/* Proofs from the database: at most 256 rows a level are read. */
struct tree_source ledger_source(struct store *db);
MUST_USE bool ledger_root(struct store *db, int64_t size, struct hash *out, struct err *e);

/* ---- checkpoints (C2SP tlog-checkpoint in a signed note) ---- */

struct checkpoint {
    char origin[128];
    int64_t size;
    struct hash root;
};
/* The whole signed note. */
struct str checkpoint_sign(struct arena *a, const struct keys *k, int64_t size,
                           const struct hash *root);
/* "NAME+hex8+base64": what an outsider needs to check signatures. */
struct str checkpoint_vkey(struct arena *a, const struct keys *k);
/* Parses; with k also demands a good signature by it. */
MUST_USE bool checkpoint_parse(struct str text, const struct keys *k, struct checkpoint *out,
                               struct err *e);
/* Sizes and roots of all stored checkpoints, by size. */
MUST_USE bool checkpoint_list(struct store *db, struct arena *a, struct checkpoint **out, size_t *n,
                              struct err *e);
/* The newest stored ones, newest first. */
struct signed_checkpoint {
    int64_t size, made;
    struct str text;
};
MUST_USE bool checkpoint_newest(struct store *db, struct arena *a, int64_t limit, struct signed_checkpoint **out,
                                size_t *n, struct err *e);
/* Stored full-tile nodes of a level, from idx on. */
MUST_USE bool ledger_nodes(struct store *db, struct arena *a, int level, int64_t from, int64_t limit,
                           struct tree_node **out, size_t *n, struct err *e);
/* Signs the present end, writes it to table checkpoint and to KEYFILE.last.  Call outside of a
 * transaction, from committed state. */
MUST_USE bool checkpoint_make(struct store *db, struct arena *a, const struct keys *k, int64_t now,
                              struct str *text, struct err *e);
/* Does the database continue KEYFILE.last?  *ok = false and a reason when not. */
MUST_USE bool checkpoint_continues(struct store *db, const struct keys *k, bool *ok,
                                   char reason[static 200], struct err *e);

/* c2sp.org/tlog-proof text for one event at the given checkpoint (signed here at `size`). */
MUST_USE bool ledger_proof_text(struct store *db, struct arena *a, const struct keys *k, int64_t seq,
                                int64_t size, struct buf *out, struct err *e);
/* The hashes as C2SP tlog-tiles below the folder `dir`, and last of all `checkpoint`; *size: of the log in them.  A
 * folder of an earlier export is brought up to date. */
MUST_USE bool ledger_tiles(struct store *db, const struct keys *k, const char *dir, int64_t *size, struct err *e);
/* Bodies one per line, an empty line, the signed checkpoint.  Of an event that hide() says yes to (NULL:
 * none) the line is "#" and the base64 of its leaf hash, so the tree still comes out; *hidden counts
 * them.  hide() is asked after the size of the export is fixed. */
struct ledger_hide {
    void *self;
    bool (*hide)(void *self, const struct event *ev);
    int64_t hidden;
};
MUST_USE bool ledger_export(struct store *db, const struct keys *k, FILE *to, struct ledger_hide *hide,
                            void (*progress)(void *self, int64_t done, int64_t total), void *self,
                            struct err *e);
