/* ledger/witness.h - a witness outside the house signs that it has seen the log grow and nothing else.
 *
 * C2SP tlog-witness: a checkpoint is sent with the proof that it continues the one the witness has seen last; the
 * witness answers with a cosignature/v1 (C2SP tlog-cosignature), which carries the time.  Without one nothing is
 * proved against whoever holds the database and its key (decisions 22).  The newest cosignature lies beside its
 * checkpoint. */
#pragma once
#include "ledger/ledger.h"

struct witness_key {
    char name[128];
    uint8_t id[4], public_key[32];
};
/* "NAME+hex8+base64(0x04 || key)"; false when it is none. */
bool witness_key_parse(struct str vkey, struct witness_key *out);

/* The body of add-checkpoint for a signed checkpoint of `size`; the witness has seen `old` events. */
MUST_USE bool witness_request(struct store *db, struct arena *a, struct str note, int64_t old, int64_t size,
                              struct buf *out, struct err *e);
/* The line of the answer by which this witness signed the note; false when there is none that is good. */
bool witness_answer(struct arena *a, const struct witness_key *k, struct str note, struct str answer, struct str *line);

struct witnessed {
    bool any;
    int64_t size, at; /* of the newest checkpoint that was cosigned, and when (ms) */
    struct str note;  /* with the cosignature behind the log's own */
};
MUST_USE bool witness_last(struct store *db, struct arena *a, struct witnessed *out, struct err *e);
/* Outside of a transaction. */
MUST_USE bool witness_keep(struct store *db, int64_t size, struct str line, int64_t at, struct err *e);
