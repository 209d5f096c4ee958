/* engine/verify.h - is everything in this database what its log says?
 *
 * Levels: the log alone (tree, order, columns beside the bodies, stored checkpoints), or everything:
 * every record folded again and compared with its rows, every counter added up again, every search
 * entry derived again.  Nothing is written.  The first event that is wrong is named. */
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
