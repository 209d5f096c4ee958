/* record/record.h - a record: the plain fold of its events.
 *
 * fold_event(record, event) is the only thing that changes a record, on the writer's overlay and in
 * `verify` alike.  The fold as JSON text is record.doc; SQL never looks into it. */
#pragma once
#include "base/hash.h"
#include "ledger/ledger.h"
#include "playbook/playbook.h"
#include "record/body.h"
#include "store/store.h"

enum { RECORD_CLOCKS = 64 };

struct clock_run {
    struct str id;
    int64_t n;       /* 1, 2, … : which run of this clock */
    int64_t start, due;
    int64_t soon;    /* from when on it is 临期; TIME_NONE */
    int64_t paused;  /* since when; TIME_NONE when it runs */
    int64_t done;    /* TIME_NONE while open */
    bool main;       /* the one lists show */
    int64_t extended;/* how often */
    struct str org;  /* the unit whose clock it is (joint handling), or STR_NONE */
    struct str limit;/* of a built-in clock: "1wd", from the next day on; STR_NONE: as the playbook says */
    const struct json *moves; /* what moved its due time, in order (clock/run.h); NULL: nothing */
};

struct record {
    int64_t rid;           /* 0: not numbered yet */
    struct id id;
    struct str type;       /* "dispute.dispute" */
    struct str pb;         /* playbook version it runs on: "dispute@3" */
    int64_t ver, last_seq;
    int64_t area;
    struct str code;
    struct str state, number;
    int64_t opened, recorded, known;
    int64_t last_at;       /* `at` of the newest event */
    struct str by;         /* who opened it */
    struct json *fields;   /* object: inline values, references to detached values, rows, "$…" */
    struct json *parts;    /* array, by i */
    struct clock_run *clocks;
    size_t n_clocks, cap_clocks;
    struct json *links;    /* array */
    struct json *sealed;   /* array of references, one for each sealed event; empty: not sealed */
    const struct record *shut; /* of a sealed record that was opened: as it is stored (seal.h) */
};

/* ---- attributes that the fold keeps as "$name" fields ---- */
struct str record_holder(const struct record *r); /* unit id text; STR_NONE */
struct str record_opener(const struct record *r); /* the unit that opened it, which keeps a part in it; STR_NONE */
/* The units with a part in it: who holds it, who opened it, and every part's "org"; ids, each once. */
struct json *record_units(struct arena *a, const struct record *r);
int64_t record_closed(const struct record *r);    /* TIME_NONE */
bool record_flag(const struct record *r, const char *name); /* "$void", "$reopened", "$late", "$sealed" */
struct str record_merged(const struct record *r);
int64_t record_due(const struct record *r);       /* open main clock that is not paused */
/* The running clock that ends first and is neither a share's nor that of signing for; NULL. */
const struct clock_run *record_next(const struct record *r);
bool record_open(const struct record *r);
const struct clock_run *record_clock_last(const struct record *r, struct str id);
/* What the tables hold of it: the record itself, or of an opened one what is in the clear. */
const struct record *record_stored(const struct record *r);
bool record_sealed(const struct record *r);
struct json *record_part(const struct record *r, int64_t i);
int64_t record_next_part(const struct record *r);
/* Parts of a kind that are not finished ("open": true). */
int64_t record_open_parts(const struct record *r, const char *kind); /* NULL: any that blocks closing */

/* ---- the fold ---- */

/* An empty record, to which ver 1 is folded. */
struct record *record_new(struct arena *a);
struct record *record_copy(struct arena *a, const struct record *r);
/* A copy to fold further, over the texts of r, which must live as long: every event takes some. */
struct record *record_share(struct arena *a, const struct record *r);
/* seq is written into references to detached values.  On error the record is half-changed: throw it
 * away.  Errors: ERR_VERIFY when the event does not continue this record. */
MUST_USE bool fold_event(struct arena *a, struct record *r, const struct event_body *ev, int64_t seq,
                         struct err *e);
/* set, rows, parts and links of it alone. */
void fold_patch(struct arena *a, struct record *r, const struct event_body *ev, int64_t seq);
void record_write(struct buf *b, const struct record *r); /* doc */
MUST_USE bool record_read(struct arena *a, struct str doc, struct record **out, struct err *e);
bool record_same(const struct record *a, const struct record *b); /* by their docs */

/* The patch that turns `now` into `want` (for undo). Detached values keep their references. */
void record_patch(struct arena *a, const struct record *now, const struct record *want,
                  struct event_body *out);

/* ---- reading values ---- */

/* A reference to a detached value: {"$d":k,"s":seq,"c":commitment}. */
bool value_detached(const struct json *v);
/* What an expression reads.  slot as in playbook.h; form and actor slots give null here. */
void record_value(const struct record *r, const struct record_def *def, int slot,
                  struct xvalue *out);
/* Turns a stored inline JSON value of a field into an xvalue. */
void field_value(const struct field *f, const struct json *v, struct xvalue *out);

/* ---- detached values ---- */

struct detached {
    int64_t k;          /* number within the event, from 1; 0 is the sealed part */
    bool vault;
    uint8_t salt[32];
    struct str plain;   /* JSON text of the value */
    struct str sealed;  /* ciphertext, once sealed */
    struct str commitment; /* base64url */
};
/* Salt, commitment, ciphertext under the record's data key; bound to event id and k. */
void detached_make(struct arena *a, struct detached *d, struct id event,
                   const uint8_t dek[static CIPHER_KEY]);
MUST_USE bool detached_open(struct arena *a, struct id event, int64_t k, struct str sealed,
                            const uint8_t dek[static CIPHER_KEY], struct str *plain);
struct str detached_commitment(struct arena *a, const uint8_t salt[static 32], struct str plain);
