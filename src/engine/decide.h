/* engine/decide.h - decide(snapshot, ask, now): may this be done, and what does it do?
 *
 * Pure: reads the snapshot, writes nothing, and gives either a refusal or the drafts of events
 * (decided facts).  Runs on the request's thread; the writer runs it again only when something moved
 * in between.  Drafts lack only what the log's order decides: seq, recorded, rid, number. */
#pragma once
#include "engine/engine.h"
#include "engine/uploads.h"

/* References to what a record holds apart, arrays; NULL when nothing is to be erased. */
struct held {
    struct json *fields; /* what the fields that are named have or had */
    struct json *words;  /* comments, reasons, notes, purposes: what was said with the steps */
    struct json *files;  /* of the documents */
};

struct snapshot {
    const struct world *world;
    const struct calendar *calendar;
    struct record *rec;          /* NULL when opening */
    struct record *other;        /* a second record the action names (merge, link), or NULL */
    struct json *plain;          /* texts of the detached values that the fields of an import's row have now, or those
                                  * of `changed`: {field: [text of JSON, …]}; NULL: none */
    const struct json *changed;  /* fields that changed since ask.version: {field: {"at" ms, "org" id}}; NULL: none */
    const struct record *undo_to;/* for undo: the fold before the newest event, or NULL */
    struct held held;            /* for erase */
    struct event_body *last;     /* newest event of rec, for undo; NULL when not loaded */
    struct id earlier;           /* opening: the case that was closed at the same place; or zero */
    struct json *figures;        /* what an action with figures took: parts, or NULL */
    struct json *corrections;    /* what moved since the bulletin before it */
    const struct err *figures_wrong; /* why they could not be taken: a refusal; NULL */
    const struct ledger_batch *pending; /* events of this commit: not in the database yet */
    const struct plain_value *given;    /* and its values */
    size_t n_given;
    bool shifting;               /* records are still taken along to where areas were moved */
    struct batch *batch;                /* all of it; NULL on a request's thread */
    const struct upload *uploads; /* those that the fields name and that are there */
    size_t n_uploads;
    const struct keys *keys;
    bool has_dek;
    uint8_t dek[CIPHER_KEY];     /* of rec */
    int64_t now;
};

struct draft {
    struct event_body body;      /* ver, recorded, number, ids are filled by the writer */
    bool other;                  /* an event of snapshot.other, not of the main record */
    bool number;                 /* draw a number */
    bool seal;                   /* this action seals the record: so does each of its steps */
    bool unseal;                 /* it takes the seal off: the line stands in the clear */
    struct detached *detached;
    size_t n_detached, cap_detached;
};

struct changeset {
    struct draft *drafts;
    size_t n;
    bool opens;
    bool new_dek;
    uint8_t dek[CIPHER_KEY];
    const struct playbook *playbook;
    const struct record_def *def;
    bool same;                   /* an import that changes nothing */
    bool claims;                 /* names uploads: decided in the writer's turn, where two cannot have the same one */
    struct json *conflict;
    struct json *links;          /* for units without accounts: [{org, org_name, part, token, until}] */
    bool resident_link;          /* the resident gets another link; what he had opens nothing any more */
};

MUST_USE bool decide(struct arena *a, const struct snapshot *s, const struct ask *ask,
                     struct changeset *out, struct err *e);
