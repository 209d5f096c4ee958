/* engine/upload_bytes.h - where the sealed bytes of uploads lie.
 *
 * SQLite: one file each, <db>.files/ab/<id>, on the disk with its folder before the row is written.
 * PostgreSQL: rows of 256 KB in table blob, in the transaction of the row. */
#pragma once
#include "base/id.h"
#include "store/store.h"

enum { UPLOADS_FOLDER = 1100, BLOB_PART = 256 * 1024 };

/* The folder beside a SQLite file. */
MUST_USE bool uploads_folder(const char *url, char out[static UPLOADS_FOLDER], struct err *e);

/* PostgreSQL: inside a transaction. */
MUST_USE bool upload_bytes_put(struct store *db, struct id id, struct str sealed, struct err *e);
/* *found = false: they are not there. */
MUST_USE bool upload_bytes_get(struct store *db, struct arena *a, struct id id, bool *found, struct str *sealed,
                               struct err *e);
MUST_USE bool upload_bytes_there(struct store *db, struct id id, bool *yes, struct err *e);
/* Takes the rows away, in the transaction that takes the row `upload` away. */
MUST_USE bool upload_bytes_drop(struct store *db, struct id id, struct err *e);
/* Takes the file away, after that transaction. */
void upload_bytes_remove(const struct store *db, struct id id);

/* The rows of 256 KB, on either engine. */
MUST_USE bool blob_put(struct store *db, struct id id, struct str bytes, struct err *e);
MUST_USE bool blob_get(struct store *db, struct arena *a, struct id id, bool *found, struct str *bytes, struct err *e);
MUST_USE bool blob_drop(struct store *db, struct id id, struct err *e);
