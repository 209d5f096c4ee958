/* search/index.h - the search index: one entry a record, written in the same commit.
 *
 * The entry's text is a pure function of the fold and its detached values of class text: number,
 * fields marked `search: true` (codes by their names), places by their text and the names of their
 * areas.  Values of the vault never go in.  It ends with tokens of rights: ancestor areas, type
 * (decisions 18).  SQLite: FTS5 table search_fts; PostgreSQL: table search_ts with a GIN index. */
#pragma once
#include "record/change.h"
#include "search/token.h"

/* Makes the engine's own table when it is not there (called by search_save and search_find). */
MUST_USE bool search_ensure(struct store *db, struct err *e);
MUST_USE bool search_save(struct store *db, const struct changes *c, struct err *e);
/* Words of entries that were changed or deleted leave the file too: FTS5 keeps them in older segments until
 * these are merged.  PostgreSQL: VACUUM of search_ts and detached, outside a transaction. */
MUST_USE bool search_forget(struct store *db, struct err *e);
/* For verify.  What the index holds of a record against its text; the index as a whole, which on
 * SQLite takes the writer's lock for as long as FTS5 needs to read it (why begins with ", "). */
const char *search_table(const struct store *db);
MUST_USE bool search_entry_same(struct store *db, int64_t rid, struct str tokens, bool *same, struct err *e);
MUST_USE bool search_check(struct store *db, bool *ok, char why[static 200], struct err *e);
/* The token text of a record, and its SHA-256 (compared by verify). */
MUST_USE bool search_text(struct store *db, const struct changes *c, const struct change *ch,
                          struct buf *out, struct err *e);
