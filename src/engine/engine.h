/* engine/engine.h - the one entrance for change.
 *
 * An ask is one action somebody wants to do.  engine_act decides it (playbook, rights, form, state),
 * and one writer thread makes it part of a group commit: event, record, counters, search index and
 * clocks in one transaction (decisions 7, 8).  The answer comes after the commit, so an answered
 * action is never lost.  Nothing else writes to the folds.
 *
 * An ask is done once, however often it is sent: the same id and the same request give the stored
 * receipt, the same id with another request gives ERR_ID_USED (decisions 9). */
#pragma once
#include "access/actor.h"
#include "clock/calendar.h"
#include "record/change.h"

struct engine;

struct engine_config {
    const char *url;
    struct clock_source clock;
    bool bulk;      /* load into a file that is thrown away when it fails: big batches, no fsync */
    bool read_only; /* no writer */
    bool reserve;   /* keeps room on the disk for looks and system records (reserve.h) */
    bool clocks;    /* a thread looks each second at what has fallen due (engine_tick) */
    int batch;      /* actions in one commit; 0 is LIMIT_BATCH, an import takes LIMIT_BATCH_IMPORT */
    int build;      /* records in one step of building figures; 0 is LIMIT_BUILD */
};

MUST_USE bool engine_open(const struct engine_config *cfg, struct engine **out, struct err *e);
void engine_close(struct engine *en); /* ends what is queued first */

/* A new database: schema, keys, genesis (decisions 3). origin: the log's name, "bihuan.example/…". */
MUST_USE bool engine_init(const char *url, const char *zone, const char *origin,
                          struct clock_source clock, struct err *e);

struct ask {
    struct id id;         /* client-made UUIDv7: of the action, and of the record it opens */
    struct str type;      /* "dispute" or "dispute.dispute"; opening only */
    struct id rec;        /* acting on a record; zero when opening */
    struct str action;    /* STR_NONE when opening: the only opening action the actor may use */
    int64_t version;      /* record version the person saw; 0: not said */
    int64_t at;           /* TIME_NONE: now */
    int64_t skew;         /* ms by which `at` was corrected, since the device's clock was off; kept as
                           * in.$skew of the event (decisions 27); 0: not corrected */
    struct str area;      /* code; opening: where it is. STR_NONE: the actor's own area */
    struct json *fields;  /* object, or NULL */
    const struct actor *actor;
    bool has_req;
    struct hash req;      /* SHA-256 of route, account, request; see ask_req */
    /* an import's row */
    struct str source, ext_id;
    struct hash digest;
    int64_t known;        /* TIME_NONE */
    int64_t played;       /* bulk only: recorded at this time (0: by the clock), never decreasing */
    bool dry;             /* decide only: nothing is written, the answer says what would be */
};
#define ASK_INIT ((struct ask){.at = TIME_NONE, .known = TIME_NONE})
void ask_set_req(struct ask *ask);

struct answer {
    bool ok;
    struct err err;          /* when not ok */
    bool again;              /* the stored receipt of an earlier sending */
    bool same;               /* an import row that brought nothing new */
    struct id event, record;
    int64_t seq, recorded, version, rid;
    struct hash leaf;
    char number[64], state[64], token[64], digits[16]; /* token, digits: for the resident, once */
    struct json *links;      /* links for units without accounts, told once (see access/pass.h), or NULL */
    /* ERR_STALE, in the arena given: {field: {"label", "yours"?, "theirs"?, "hidden"?, "at"?, "org_name"?}}.  label,
     * yours, theirs are {"zh","en"}; a side that is missing is empty; hidden: theirs is not his to see. */
    struct json *conflict;
};

/* Waits for the commit.  Text in the answer lives in `a`. Returns ans->ok. */
bool engine_act(struct engine *en, struct arena *a, const struct ask *ask, struct answer *ans);
/* Answers later, on the writer's thread; the ask and everything in it must live until then. */
void engine_submit(struct engine *en, struct arena *a, const struct ask *ask,
                   void (*done)(void *user, struct answer *ans), void *user);

/* ---- reading ---- */
/* The present world; give it back with world_unref.  NULL: e is set. */
struct world *engine_world(struct engine *en, struct err *e);
/* A read connection of the pool; give it back. */
struct store *engine_reader(struct engine *en, struct err *e);
void engine_reader_back(struct engine *en, struct store *db);
const struct keys *engine_keys(const struct engine *en);
int64_t engine_now(const struct engine *en);
const struct calendar *engine_calendar(struct engine *en); /* the present one; lives until the end */
const struct clock_source *engine_clock(const struct engine *en);
const char *engine_url(const struct engine *en);
bool engine_is_read_only(const struct engine *en, const char **why);

/* The state whose step needs details of persons (`shows`) when this actor works on the matter: his unit holds it
 * and his role may do one of the actions that lie there.  He sees them without stating a purpose, the step is it
 * (action look with {"task": true}).  NULL: none, and always of a sealed matter. */
const struct state *engine_task(const struct world *w, const struct record *r, const struct actor *actor);
/* May he ask its parties now: is there an action that answers a follow-up, for his role and this account? */
bool engine_may_follow_up(const struct world *w, const struct record *r, const struct actor *actor);
/* What may be done next on a record by this actor: every action with whether it is possible and, if
 * not, why (for the page). `out` gets a JSON array of {"id","name","possible","why","form"…}. */
MUST_USE bool engine_possible(struct engine *en, struct store *db, const struct world *w,
                              const struct record *r, const struct actor *actor, struct json_out *out,
                              struct err *e);
/* The same of those alone that are possible and answer a call of a follow-up, or say that nobody was reached. */
MUST_USE bool engine_calls(struct engine *en, struct store *db, const struct world *w, const struct record *r,
                           const struct actor *actor, struct json_out *out, struct err *e);

/* "parties": those whom a follow-up waits for that this action answers; nothing when there are none. */
void engine_parties(const struct record_def *def, const struct record *r, const struct action *act,
                    struct json_out *out);

/* The name of a built-in action (comment, transfer, …); false when there is none of this id. */
bool engine_builtin(struct str act, struct words *name);

/* One input of a built-in action, as the page draws it.  Types are those of a playbook's fields, and:
 * option (one of options), record (another matter), part (what is open in the matter, of these kinds),
 * clock (a running one), documents, field (names of the matter's fields), values (fields with new values); of system
 * records: line (a text of one line), tree (an area), table (rows of `columns`). */
struct builtin_option {
    const char *value, *zh, *en;
};
struct builtin_input {
    const char *id, *zh, *en, *type;
    bool required, many;
    int min, max;
    const struct builtin_option *options; /* a row of NULL ends them */
    const char *kinds;                    /* of parts, with spaces between */
    const char *when;                     /* asked only when this holds of the other inputs */
    const struct builtin_input *columns;  /* of a table; a row with a NULL id ends them */
};
/* A row with a NULL id ends them; an action that asks nothing has only that row. */
const struct builtin_input *builtin_inputs(struct str act);
/* Calls fn for each built-in action that a person may do by a form. */
void builtin_each(void (*fn)(void *u, const char *id, const char *zh, const char *en), void *u);

/* What is done to a system record (sys.area, sys.org, sys.account) by a form. */
struct sys_form {
    const char *id, *zh, *en;
    bool opens;
    const struct builtin_input *inputs;
};
void sys_each(struct str type, void (*fn)(void *u, const struct sys_form *form), void *u);
/* The words of an action on a system record; false when it has none. */
bool sys_words(struct str type, struct str act, struct words *out);

/* Called on the writer's thread after each commit, with the numbers of the records it touched. */
void engine_on_commit(struct engine *en, void (*fn)(void *user, int64_t seq, const int64_t *rids,
                                                    const struct world *w, size_t n), void *user);

struct engine_stats {
    int64_t actions, events, batches, refused, queue, biggest_batch, retries;
};
struct engine_stats engine_stats(const struct engine *en);

/* Writer's side tools (cli): run fn inside the writer's turn, in one transaction. */
MUST_USE bool engine_exclusive(struct engine *en, bool (*fn)(void *user, struct store *db, struct err *e),
                               void *user, struct err *e);
/* The same for log-ins and passwords, which a full disk does not stop (reserve.h). */
MUST_USE bool engine_credential(struct engine *en, bool (*fn)(void *user, struct store *db, struct err *e),
                                void *user, struct err *e);
/* Waits until no figure is being built any more; the writer builds between its commits, and goes on at
 * the next start when it is ended in between.  ERR_BUSY: no writer is there to do it. */
MUST_USE bool engine_build_wait(struct engine *en, void (*progress)(void *self, int64_t done, int64_t total),
                                void *self, struct err *e);
/* Looks once at what has fallen due: notices, digests, what clocks do.  Any thread but the writer's. */
MUST_USE bool engine_tick(struct engine *en, struct err *e);

/* Fault injection: the k-th store call of the writer from now fails once. */
void engine_fault_in(struct engine *en, int64_t k);
bool engine_fault_fired(struct engine *en);
