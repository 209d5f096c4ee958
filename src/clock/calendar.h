/* clock/calendar.h - working days, and when a span of time ends.  Pure; knows no record.
 *
 * The Chinese holiday table, with make-up working days (调休), comes from the npm package
 * chinese-days at set-up: tools/holidays.mjs writes data/holidays.csv ("date,kind,name", kind is
 * holiday or workday), which becomes the event sys.calendar.  A year without data counts Monday to
 * Friday, and calendar_known says so.
 *
 * Rules: a span in days or working days ends with the last instant of its last day (24:00 is written
 * as the first instant of the next day minus 1 ms); hours end to the millisecond.  With
 * next_day = true the day of the start event is day 0 (民法典 art. 201: the day is not counted).
 * When the last day of a calendar-day span is a day off, it moves to the next working day
 * (民法典 art. 203) unless `no_shift`. */
#pragma once
#include "base/time.h"

struct calendar;

struct calendar_day {
    int32_t day;
    bool work; /* true: a make-up working day; false: a holiday */
};

/* Copies days (any order; the last entry of a day wins). */
struct calendar *calendar_new(const struct calendar_day *days, size_t n);
void calendar_free(struct calendar *c);
/* "date,kind,name" lines with a header. */
MUST_USE bool calendar_parse(struct str csv, struct calendar **out, struct err *e);
bool calendar_workday(const struct calendar *c, int32_t day);
bool calendar_known(const struct calendar *c, int32_t day); /* is its year in the table? */
/* n working days behind `day` (n may be negative or 0; 0: day itself). */
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
/* The instant at which a limit that begins at `start` runs out. */
int64_t calendar_due(const struct calendar *c, const struct zone *z, int64_t start,
                     struct limit limit);
/* due, moved by a pause from `paused` to `resumed`: calendar days and hours move by the length of the
 * pause (whole civil days for days), working days by the working days in it. */
int64_t calendar_due_after_pause(const struct calendar *c, const struct zone *z, int64_t due,
                                 struct limit limit, int64_t paused, int64_t resumed);
/* due + span (n may be negative), on the same calendar; the time of day stays. */
int64_t calendar_shift(const struct calendar *c, const struct zone *z, int64_t due, int64_t n,
                       enum limit_unit unit);

enum clock_state { CLOCK_NORMAL, CLOCK_SOON, CLOCK_OVERDUE, CLOCK_PAUSED, CLOCK_DONE, CLOCK_DONE_LATE };
/* soon_at: the instant from which it is 临期, or TIME_NONE */
enum clock_state clock_state_at(int64_t now, int64_t due, int64_t soon_at, int64_t paused,
                                int64_t done);
/* One line for a person: "还剩3个工作日，9月14日补班算" / "3 working days left, …".  The note names
 * make-up days and holidays that lie between now and due and change the count. */
void calendar_explain(const struct calendar *c, const struct zone *z, int64_t now, int64_t due,
                      bool workdays, struct buf *zh, struct buf *en);
