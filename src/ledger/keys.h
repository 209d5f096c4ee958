/* ledger/keys.h - the two secrets of a database, in a file outside it.
 *
 * The file (mode 0600) has lines "name: value": origin (the log's name in checkpoints), sign
 * (Ed25519 seed, base64), master (32 bytes, base64; wraps the data keys of records).  Beside it
 * FILE.last keeps the newest signed checkpoint: a database that is shorter than that, or does not
 * continue it, is read-only until `bihuan log fork` (decisions 22).
 * Where it lies: BIHUAN_KEY if set; FILE.key beside a SQLite file; for PostgreSQL
 * $HOME/.bihuan/<database>.key. */
#pragma once
#include "base/err.h"
#include "base/hash.h"

struct keys {
    char path[1024];
    char origin[128];
    uint8_t seed[32], public_key[32], master[32];
    uint8_t kek[32]; /* wraps data keys; worked out of master once (keys_ready) */
};
/* Works out what follows from seed and master: keys_make and keys_load do it. */
void keys_ready(struct keys *k);
/* Overwrites the secrets. */
void keys_wipe(struct keys *k);

/* Works out where the key file of this database lies. */
MUST_USE bool keys_path(const char *db_url, char out[static 1024], struct err *e);
MUST_USE bool keys_make(const char *path, const char *origin, struct keys *out, struct err *e);
MUST_USE bool keys_load(const char *path, struct keys *out, struct err *e);
/* Changes the origin in the file (log fork). */
MUST_USE bool keys_set_origin(struct keys *k, const char *origin, struct err *e);
void keys_sign(const struct keys *k, struct str text, uint8_t out[static 64]);
bool keys_check(const uint8_t public_key[static 32], struct str text, const uint8_t sig[static 64]);

/* Data keys of records: 32 random bytes wrapped by the master key, bound to the record id. */
enum { KEYS_WRAPPED = CIPHER_KEY + CIPHER_EXTRA };
void keys_wrap(const struct keys *k, struct str record_id, const uint8_t dek[static CIPHER_KEY],
               uint8_t out[static KEYS_WRAPPED]);
MUST_USE bool keys_unwrap(const struct keys *k, struct str record_id, struct str wrapped,
                          uint8_t out[static CIPHER_KEY]);

/* Replaces a file as a whole: written beside it, flushed, renamed; its folder is flushed too. */
MUST_USE bool file_replace(const char *path, struct str text, int mode, struct err *e);
MUST_USE bool file_read(struct arena *a, const char *path, size_t limit, struct str *out,
                        struct err *e);
/* What was made or renamed in a folder is on the disk. */
MUST_USE bool folder_sync(const char *folder, struct err *e);
