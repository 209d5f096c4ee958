/* base/diag.h - what the operator reads: one JSON line on standard error per message.
 * Never a personal detail, never the value of a field.  Only api and cli call it: lower layers
 * return errors instead. */
#pragma once
#include "base/err.h"

enum diag_level { DIAG_INFO, DIAG_WARN, DIAG_ERROR };
void diag(enum diag_level level, const char *what, const char *fmt, ...) PRINTF(3, 4);
