/* record/values.h - every detached value in the clear, for the full copy of a log (decisions 2).
 *
 * One line of JSON a value, in the order of events: {"seq","k","salt","value"}: salt in base64url, value the JSON
 * text itself as a string, so that the commitment in the event's line can be worked out again.  What was erased is
 * not there.  Whoever has the file has every personal detail. */
#pragma once
#include "ledger/keys.h"
#include "store/store.h"

/* Of all events that db sees.  ERR_VERIFY: a value does not open, so this is not the key of this database. */
MUST_USE bool values_export(struct store *db, const struct keys *k, FILE *to, int64_t *n, struct err *e);
