/* engine/uploads.h - where uploads lie, and what becomes of those that nobody names.
 *
 * An upload waits in table upload without a record until an action gives it as a value; the commit of that
 * action claims it.  What was not claimed within a day is deleted, row (with its key) and bytes; a file
 * whose value was erased is unclaimed from then on, and goes at the next look. */
#pragma once
#include "base/id.h"
#include "ledger/keys.h"
#include "store/store.h"

/* The folder: beside a SQLite file, or beside the key file for PostgreSQL. */
enum { UPLOADS_FOLDER = 1100, UPLOADS_PATH = 1200 };
MUST_USE bool uploads_folder(const char *url, const struct keys *keys, char out[static UPLOADS_FOLDER], struct err *e);
/* The file of an upload; *dir (bytes of `out` up to its folder) may be NULL. */
void uploads_path(const char *folder, struct id id, char out[static UPLOADS_PATH], int *dir);

/* The detached value `plain` (JSON) is in a record now: a file that it names belongs to that. */
MUST_USE bool uploads_claim(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e);
/* The value is erased: its file is nobody's. */
MUST_USE bool uploads_free(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e);
