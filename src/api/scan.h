/* api/scan.h - codes that a phone may be logged in by (scan.c has the requests). */
#pragma once
#include "base/hash.h"
#include "base/time.h"

enum { SCANS = 256, SCAN_MS = MS_MINUTE };

struct scans;
struct scans *scans_new(void);
void scans_free(struct scans *s); /* NULL is allowed */

/* The code that the session `desk` shows from now on, for SCAN_MS; what it showed before ends.  False: too many
 * sessions show one. */
MUST_USE bool scans_show(struct scans *s, const struct hash *desk, struct str code, int64_t now);
/* Whose code it is; `use` takes it, once.  False: it opens nothing (any more). */
MUST_USE bool scans_open(struct scans *s, struct str code, bool use, int64_t now, struct hash *desk);
/* What became of the code of this session: none, open, used, over. */
const char *scans_state(struct scans *s, const struct hash *desk, int64_t now);
