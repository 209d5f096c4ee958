/* clock/notice.h - table `clock` (what falls due next) and the outbox of notices.
 *
 * clock_save keeps one row for each running clock of an open record; `next` is when its next rung
 * falls.  The due time itself was decided by the engine and stands in the event; this table only
 * says when to look again (decisions 23). */
#pragma once
#include "clock/calendar.h"
#include "record/change.h"

MUST_USE bool clock_save(struct store *db, const struct changes *c, struct err *e);
/* A playbook's unit of time as the calendar's. */
enum limit_unit clock_unit(enum span_unit u);
/* The rung's instant: due shifted by its span. */
int64_t clock_rung_at(const struct calendar *cal, const struct zone *zone, int64_t due,
                      const struct clock_rung *rung);
/* The first rung that falls after `now`, and when; -1 when there is none. */
int clock_next_rung(const struct calendar *cal, const struct zone *zone, const struct clock_def *def,
                    int64_t due, int64_t now, int64_t *at);
