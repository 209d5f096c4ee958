/* engine/build.h - how far it is: what the writer builds between its commits. */
#pragma once
#include "measure/tally.h"
#include "store/store.h"

/* Terms that are being counted; one more while records go along with areas that were moved, and one more
 * while clocks follow a new table of holidays. */
MUST_USE bool build_progress(struct store *db, struct term_progress *out, struct err *e);
