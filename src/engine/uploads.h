/* engine/uploads.h - uploads: staged, claimed by the action that names them, gone when nobody does.
 *
 * Each upload is encrypted under a key of its own.  While it is staged that key is wrapped by the master key; the
 * commit of the action that names it (the claim) wraps it by the data key of the record instead, so that whoever
 * cannot open the record cannot open its files, and erasing the value takes the key away.  Row `upload` has the
 * facts; the sealed bytes lie in a folder or in rows (upload_bytes.h).  What was not claimed within a day is
 * deleted; a file whose value was erased loses its key in that commit, and its bytes at the ticker's next look. */
#pragma once
#include "base/id.h"
#include "ledger/keys.h"
#include "store/store.h"

struct engine;

struct upload {
    struct id id;
    struct id account; /* who sent it; by the link of a unit: the record */
    struct str name;   /* as it was sent; encrypted in the row */
    struct str mime;   /* told by the content */
    int64_t size;
    struct hash sha256; /* of what is kept */
    int64_t rid;        /* of the record that names it; 0: staged */
    bool there;         /* its bytes too */
    uint8_t key[CIPHER_KEY];
};

/* Seals `bytes` and keeps them: on the disk, or in the database, before the row is committed.  Fills u->key.
 * ERR_TOO_OFTEN: this account has sent many within the hour. */
MUST_USE bool uploads_keep(struct engine *en, struct upload *u, struct str bytes, int64_t now, struct err *e);
/* *found = false: there is none, or what it belonged to was erased. */
MUST_USE bool uploads_find(struct store *db, const struct keys *keys, struct arena *a, struct id id, bool *found,
                           struct upload *out, struct err *e);
/* Its bytes.  ERR_IO: they are not there, or not as they were kept. */
MUST_USE bool uploads_open(struct store *db, struct arena *a, const struct upload *u, struct str *bytes, struct err *e);

/* The upload that a detached value (JSON text) names; false: it is no file. */
bool uploads_named(struct arena *a, struct str plain, struct id *id);
/* The upload belongs to this record from the commit on.  ERR_BUSY: it was claimed or deleted a moment ago. */
MUST_USE bool uploads_claim(struct store *db, const struct keys *keys, struct arena *a, struct id id, int64_t rid,
                            const uint8_t dek[static CIPHER_KEY], struct err *e);
/* The value `plain` of a record is erased: the key of its file goes now. */
MUST_USE bool uploads_free(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e);
