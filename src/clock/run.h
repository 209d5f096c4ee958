/* clock/run.h - what the due time of a running clock is made of.
 *
 * Each due time is decided once and stands in an event.  What it was worked out from stands in the fold
 * as well, so that it can be worked out anew when a definition or the table of holidays changes: the
 * start; the limit, which the case's own version of the playbook has (built-in clocks have theirs in run->limit);
 * and in run->moves, in their order, what moved it since:
 *     {"from": ms, "to": ms}    a pause that ended
 *     {"by": "30d"}             an extension, as it was granted
 *     {"was": ms, "is": ms}     a new table of holidays: the due time before and after it; only the newest
 * The last kind is there to be told; it moves nothing by itself. */
#pragma once
#include "clock/calendar.h"
#include "record/record.h"

/* A playbook's unit of time as the calendar's. */
enum limit_unit clock_unit(enum span_unit u);
struct limit clock_limit(const struct clock_def *c);
/* The due time by this table and this definition (NULL: of a built-in clock). */
int64_t clock_due(const struct calendar *c, const struct zone *z, const struct clock_run *run,
                  const struct clock_def *def);

/* run->moves with one more. */
struct json *clock_moved_by_pause(struct arena *a, const struct clock_run *run, int64_t from, int64_t to);
struct json *clock_moved_by_extension(struct arena *a, const struct clock_run *run, struct span by);
struct json *clock_moved_by_table(struct arena *a, const struct clock_run *run, int64_t due);
/* The newest table's entry, or NULL. */
const struct json *clock_table_move(const struct clock_run *run);
