/* engine/verify.h - is everything in this database what its log says?
 *
 * Levels: the log alone (tree, order, columns beside the bodies, stored checkpoints), or everything:
 * every record folded again, every row of every fold worked out again and compared (docs/architecture.md
 * lists the tables).  Nothing is written; on SQLite the last step, whether FTS5 agrees with itself, holds
 * the writer's lock.  `why` names table and key of the first difference, first_bad the first event that
 * is concerned, when there is one. */
#pragma once
#include "ledger/keys.h"
#include "store/store.h"

struct verify_report {
    bool ok;
    int64_t events, records, counters;
    int64_t sealed; /* events whose values were opened with the key and folded too */
    struct hash root;
    int64_t first_bad; /* seq, or -1 */
    char why[400];
};

MUST_USE bool verify_all(struct store *db, const struct keys *keys, bool log_only,
                         void (*progress)(void *self, int64_t done, int64_t total), void *self,
                         struct verify_report *out, struct err *e);
