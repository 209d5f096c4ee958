/* base/time.h - instants, civil days, and the one civil zone of a database.
 *
 * An instant is int64 milliseconds since 1970-01-01T00:00:00Z.  A day is int32 days since
 * 1970-01-01 in the civil zone.  There is no floating point and no use of the C library's local
 * time.  `now` never comes from here in the engine: it is a parameter (struct clock_source). */
#pragma once
#include "base/err.h"

enum { MS_SECOND = 1000, MS_MINUTE = 60 * 1000, MS_HOUR = 60 * MS_MINUTE, MS_DAY = 24 * MS_HOUR };
#define TIME_NONE INT64_MIN
#define DAY_NONE INT32_MIN

struct zone; /* immutable once loaded; lives until the program ends; safe in all threads */
struct civil {
    int year, month, day, hour, minute, second, ms; /* month 1..12, day 1..31 */
};

/* Transitions of an IANA zone, from ICU.  Loading the same name twice gives the same pointer. */
MUST_USE bool zone_load(const char *name, const struct zone **out, struct err *e);
const char *zone_name(const struct zone *z);

int32_t day_of_civil(int year, int month, int day); /* proleptic Gregorian */
void civil_of_day(int32_t day, int *year, int *month, int *dom);
bool civil_valid(int year, int month, int day);
int day_weekday(int32_t day); /* 1 Monday .. 7 Sunday */
int32_t day_lunar_new_year(int year); /* 春节 of that Gregorian year, by ICU; DAY_NONE: not known */

struct civil zone_civil(const struct zone *z, int64_t ms);
int32_t zone_day(const struct zone *z, int64_t ms);
/* The first instant of a civil day; the earlier one where a local time exists twice, and the
 * instant of the jump where it does not exist. */
int64_t zone_start(const struct zone *z, int32_t day);
int64_t zone_instant(const struct zone *z, struct civil c);

/* "2024-09-09", also "2024/9/9" and "2024年9月9日". */
bool day_parse(struct str text, int32_t *out);
/* A date, or date and time: "2024-09-09T08:50:00+08:00", "…Z", "2024-09-09 08:50[:00[.123]]".
 * Without an offset it is read in the zone. A date alone is the first instant of the day. */
bool time_parse(const struct zone *z, struct str text, int64_t *out);
void day_format(int32_t day, char out[static 16]);                          /* 2024-09-09 */
void time_format(const struct zone *z, int64_t ms, char out[static 40]);    /* …T08:50:00+08:00 */
void time_format_utc(int64_t ms, char out[static 40]);                      /* …T00:50:00.000Z */

/* Where `now` comes from: the machine's clock, or a clock of its own for rehearsal and tests. */
struct clock_source {
    int64_t (*now)(void *self);
    void *self;
};
struct clock_source clock_real(void);
int64_t clock_now(const struct clock_source *c);
