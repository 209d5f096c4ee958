/* engine/verify.h - is everything in this database what its log says?
 *
 * Levels: the log alone (tree, order, columns beside the bodies, stored checkpoints); everything: every
 * record folded again, every row of every fold worked out again and compared (docs/architecture.md lists
 * the tables); and the attachments too, each read whole.  Nothing is written; on SQLite the last step of
 * the folds, whether FTS5 agrees with itself, holds the writer's lock.  `why` names table and key of the
 * first difference, first_bad the first event that is concerned, when there is one. */
#pragma once
#include "ledger/keys.h"
#include "store/store.h"

struct verify_report {
    bool ok;
    int64_t events, records, counters;
    int64_t sealed; /* events whose values were opened with the key and folded too */
    int64_t files;  /* attachments that were read */
    int64_t wal_pages; /* SQLite: by so many the WAL grew, since it cannot be emptied while this reads */
    struct hash root;
    int64_t first_bad; /* seq, or -1 */
    char why[400];
};

enum verify_level { VERIFY_LOG, VERIFY_FOLDS, VERIFY_FILES };

MUST_USE bool verify_all(struct store *db, const struct keys *keys, enum verify_level level,
                         void (*progress)(void *self, int64_t done, int64_t total), void *self,
                         struct verify_report *out, struct err *e);
