/* clock/calendar.h - working days, and when a span of time ends.  Pure; knows no record.
 *
 * The Chinese holiday table, with make-up working days (调休), comes from the npm package
 * chinese-days at set-up: tools/holidays.mjs prints holidays.csv ("date,kind,name", kind is
 * holiday or workday), which becomes the event sys.calendar.  A year without data counts Monday to
 * Friday, and calendar_known says so.
 *
 * Rules: a span in days or working days ends with the last instant of its last day (24:00 is
 * written as the first instant of the next day minus 1 ms); hours end to the millisecond.  With
 * next_day = true the day of the start event is day 0 (民法典 art. 201: the day is not counted).
 * When the last day of a calendar-day span is a day off, it moves to the next working day
 * (民法典 art. 203) unless `no_shift`.  A month ends on the same day of the month, or on the last day
 * of a month that has no such day (art. 202), and one day earlier when the first day counts.  Hours
 * always run from the instant of the start (art. 201).
 *
 * Days outside the years 1 to 9999 stay at that edge; nothing overflows. */
#pragma once
#include "base/time.h"

struct calendar;

struct calendar_day {
    int32_t day;
    bool work; /* true: a make-up working day; false: a holiday */
};

/* Copies days (any order; the last entry of a day wins).  NULL, 0: Monday to Friday. */
struct calendar *calendar_new(const struct calendar_day *days, size_t n);
void calendar_free(struct calendar *c);
/* "date,kind,name" lines with a header. */
MUST_USE bool calendar_parse(struct str csv, struct calendar **out, struct err *e);
bool calendar_workday(const struct calendar *c, int32_t day);
/* Is its year in the table?  Entries of 25 to 31 December alone do not make a year known: they come
 * with the table of the next New Year. */
bool calendar_known(const struct calendar *c, int32_t day);
/* The n-th working day after `day`, or before it when n is negative; 0 gives day itself. */
int32_t calendar_add_workdays(const struct calendar *c, int32_t day, int64_t n);
/* Working days in (from, to], negative when to < from. */
int64_t calendar_workdays_between(const struct calendar *c, int32_t from, int32_t to);

enum limit_unit { LIMIT_HOURS, LIMIT_DAYS, LIMIT_WORKDAYS, LIMIT_MONTHS };
struct limit {
    int64_t n;
    enum limit_unit unit;
    bool next_day;
    bool no_shift;
};
/* The instant at which a limit (n >= 0) that begins at `start` runs out: at that very millisecond
 * it is still kept.  An extension under art. 203 is this too, with start = due and next_day. */
int64_t calendar_due(const struct calendar *c, const struct zone *z, int64_t start,
                     struct limit limit);
/* due, moved by a pause from `paused` to `resumed`: calendar days and hours move by the length of
 * the pause (whole civil days for days and months), working days by the working days in it.
 * Resumed not later than paused: no move. */
int64_t calendar_due_after_pause(const struct calendar *c, const struct zone *z, int64_t due,
                                 struct limit limit, int64_t paused, int64_t resumed);
/* due + span (n may be negative), on the same calendar; the time of day stays.  Not moved off a day
 * off: a warning seven days before is seven days before. */
int64_t calendar_shift(const struct calendar *c, const struct zone *z, int64_t due, int64_t n,
                       enum limit_unit unit);

enum clock_state {
    CLOCK_NORMAL,
    CLOCK_SOON,
    CLOCK_OVERDUE,
    CLOCK_PAUSED,
    CLOCK_DONE,
    CLOCK_DONE_LATE
};
/* soon_at: the instant from which it is 临期; paused, done: when; each may be TIME_NONE.  A pause
 * that began after due is CLOCK_OVERDUE. */
enum clock_state clock_state_at(int64_t now, int64_t due, int64_t soon_at, int64_t paused,
                                int64_t done);
/* One line for a person: "还剩3个工作日，9月14日补班算" / "3 working days left, 14 September counts
 * (make-up day)".  The note names make-up days and holidays that lie between now and due and change
 * the count, and the first year that has no table.  Today is not counted.  A due that is not the
 * end of a day is told in hours when it is nearer than two days. */
void calendar_explain(const struct calendar *c, const struct zone *z, int64_t now, int64_t due,
                      bool workdays, struct buf *zh, struct buf *en);
