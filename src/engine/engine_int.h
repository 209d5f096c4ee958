/* engine/engine_int.h - the engine's own state, shared by engine.c, writer.c and batch.c. */
#pragma once
#include "engine/decide.h"
#include "engine/erasures.h"
#include "engine/reserve.h"
#include <pthread.h>
#include <stdatomic.h>

enum { READERS = 8 };

struct job {
    struct job *next;
    struct arena *arena;         /* the caller's */
    const struct ask *ask;
    struct answer *ans;
    void (*done)(void *user, struct answer *ans);
    void *user;
    bool prepared;               /* decided on the request's thread already */
    struct changeset set;
    int64_t base_ver, base_sys;  /* what it was decided on */
    /* instead of an ask: something to run in the writer's turn */
    bool (*exclusive)(void *user, struct store *db, struct err *e);
    struct err *exclusive_err;
    bool credential; /* what is to be run is a log-in or a password */
};

/* How far watches have looked: up to this event, before this row, until this time; now is 0: not yet. */
struct engine_watched {
    int64_t seq, rid, now;
};

/* What the ticker keeps of the witness (witness.c); times of the machine's clock. */
struct engine_witness {
    int64_t next, failed, sys_seq, issued;
};

struct engine {
    struct engine_config cfg;
    char *url;
    struct keys keys;
    char why_read_only[200];
    bool read_only;

    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    struct job *first, *last;
    int64_t queued;
    bool stopping, writer_runs;
    pthread_t writer;
    bool ticker_runs, ticker_stops;
    pthread_t ticker;
    pthread_cond_t ticker_wake;
    struct engine_watched watched; /* the ticker's own */
    int64_t forgotten; /* the ticker's own: what was erased up to this event is out of the search index */
    bool wal_waits;    /* the writer's own: the WAL is to be cut off as soon as nobody reads */
    struct engine_witness witness; /* the ticker's own */
    _Atomic int64_t issued;        /* size of the log when a bulletin was issued here; 0: not yet */
    struct store *db; /* the writer's */
    struct reserve reserve;

    bool building;       /* under lock: something is built between the commits */
    int64_t build_asked; /* under lock: counts how often `building` was set */
    int64_t build_at;    /* under lock: not before this (machine clock, ms), after a failure */
    struct world *world; /* under lock */
    struct calendar *calendar;
    int64_t world_checked; /* machine clock, ms */
    struct store *readers[READERS];
    int n_readers;
    struct calendar *old_calendars[64]; /* kept until the end: few, and decisions may hold them */
    int n_old;

    void (*on_commit)(void *user, int64_t seq, const int64_t *rids, const struct world *w, size_t n);
    void *on_commit_user;
    struct engine_stats stats;
};

/* A record as this commit will leave it. */
struct entry {
    struct entry *next_hash;
    struct change change;
    struct id id;
    bool has_dek;
    uint8_t dek[CIPHER_KEY];
    bool new_dek;
};

/* What recurrence wants to know of it, read once for each fold: a bulk load asks some hundred times. */
struct closed_case {
    const struct entry *x;
    const struct record *as; /* the fold that the rest was read from; NULL: none yet */
    bool counts;             /* closed, in force, in the open, with a point */
    int64_t closed, lon, lat;
};

struct seq_row {
    struct str name, scope;
    int64_t year, next;
    bool moved;
};

struct external_row {
    struct str source, ext_id;
    int64_t rid, seq;
    struct hash digest;
};

struct claim {
    struct id upload;
    struct entry *of;
};

struct batch {
    struct engine *en;
    struct store *db;
    struct arena *arena;
    struct world *world;
    const struct calendar *calendar;
    struct ledger_batch log;
    struct changes changes;
    struct entry *table[1024];
    struct entry **order; /* entries in order of first touch */
    size_t n_order, cap_order;
    struct closed_case *closed; /* whose closing this commit moved: recurrence asks for them */
    size_t n_closed, cap_closed;
    struct seq_row *seqs;
    size_t n_seqs, cap_seqs;
    struct external_row *externals;
    size_t n_externals, cap_externals;
    struct cell *detached;
    size_t n_detached, cap_detached;
    struct claim *claims; /* uploads that this commit's actions name */
    size_t n_claims, cap_claims;
    struct erasure *erasures;
    size_t n_erasures, cap_erasures;
    bool sys; /* a system record changed: the world is loaded again after the commit */
    int64_t now;
};

void *engine_writer(void *engine);
void *engine_ticker(void *engine);
/* One step of taking records along to where their areas were moved. */
MUST_USE bool shift_step(struct store *db, const struct keys *keys, const struct world *w, int64_t size,
                         int records, bool *more, struct err *e);
/* Something that is written in the commit of a batch, beside what its asks decide. */
struct beside {
    bool (*fn)(void *user, struct batch *b, struct err *e);
    void *user;
};
/* Decides and writes some jobs in one transaction; on the writer's thread.  beside may be NULL.  False:
 * nothing was written. */
MUST_USE bool writer_batch(struct engine *en, struct arena *a, struct job **jobs, size_t n,
                           const struct beside *beside, struct err *e);
/* One step, over at most so many open matters, of moving the clocks that a new table of holidays moves. */
MUST_USE bool reclock_step(struct engine *en, size_t records, bool *more, struct err *e);
/* One step of building, in a transaction of its own (build.c). */
void engine_build(struct engine *en);
/* Waits on `filled` for at most so long; the lock is held. */
void engine_pause(struct engine *en, int64_t ms);
/* One ask of a batch: decided, and put into the overlay; or refused (ans says why).  False only when
 * the store failed: the batch must be rolled back. */
MUST_USE bool batch_add(struct batch *b, struct job *job, struct err *e);
MUST_USE bool batch_begin(struct batch *b, struct engine *en, struct store *db, struct arena *a,
                          struct err *e);
MUST_USE bool batch_write(struct batch *b, struct err *e);

/* Loads s->undo_to and s->last. */
MUST_USE bool snapshot_undo(struct store *db, struct arena *a, const struct record *r, struct snapshot *s,
                            struct err *e);
/* Loads what decide() needs from the database (on any connection). `rec` may be given. */
MUST_USE bool snapshot_load(struct store *db, struct arena *a, const struct ask *ask,
                            const struct keys *keys, struct record *rec, struct snapshot *out,
                            struct err *e);
/* witness.c: the newest checkpoint goes to the witness; the ticker's turn. */
MUST_USE bool witness_setting_ok(struct str name, struct str value, struct err *e);
MUST_USE bool witness_look(struct engine *en, struct arena *a, const struct world *w, struct err *e);
/* figures.c: did this change issue figures? */
bool figures_issued(const struct change *c);
/* figures.c: what an action with figures takes; the refusal of a slot is the refusal of the action. */
MUST_USE bool figures_load(struct store *db, struct arena *a, const struct ask *ask,
                           struct snapshot *s, struct err *e);
/* watch.c: opens what the playbooks' watches ask for; the ticker's turn. */
MUST_USE bool watch_look(struct engine *en, struct arena *a, const struct world *w, struct err *e);
/* night.c: what was erased leaves the pages of the search index; uploads.c: uploads that nobody named go. */
#define SETTING_CLEARED "erasure.cleared"
MUST_USE bool night_look(struct engine *en, struct arena *a, const struct world *w, struct err *e);
MUST_USE bool uploads_look(struct engine *en, struct err *e);
/* recur.c: is a case opened where one was closed not long ago? */
MUST_USE bool recurrence_load(struct store *db, struct arena *a, const struct ask *ask,
                              struct snapshot *s, struct err *e);
/* The stored receipt of an earlier sending: *found and ans filled. */
MUST_USE bool receipt_find(struct store *db, struct arena *a, const struct ask *ask, bool *found,
                           struct answer *ans, struct err *e);
/* Projections of system records (areas, log-ins, tables and terms of a new playbook). */
MUST_USE bool sys_project(struct batch *b, struct err *e);
void engine_take_world(struct engine *en, struct world *w);
/* A reference to the world of this sys_seq, which the caller read under the head's lock. */
struct world *engine_world_of(struct engine *en, struct store *db, int64_t sys_seq, struct err *e);
