#include "base/time.h"
#include <pthread.h>
#include <time.h>
#include <unicode/ucal.h>

enum { ZONES = 64, JUMPS = 512 };

struct zone {
    char name[64];
    int n;
    int64_t at[JUMPS];     /* from this instant on (at[0] is the beginning of time) … */
    int32_t offset[JUMPS]; /* … local = UTC + offset (ms) */
};

static struct zone *loaded[ZONES];
static int n_loaded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int32_t offset_now(UCalendar *cal, UErrorCode *status)
{
    return ucal_get(cal, UCAL_ZONE_OFFSET, status) + ucal_get(cal, UCAL_DST_OFFSET, status);
}

/* Walks ICU's transitions from 1900 to 2100 once; after that nothing here calls ICU. */
static bool read_jumps(struct zone *z, UCalendar *cal, struct err *e)
{
    UErrorCode status = U_ZERO_ERROR;
    const double from = -2208988800000.0, to = 4102444800000.0;
    ucal_setMillis(cal, from, &status);
    z->at[0] = INT64_MIN;
    z->offset[0] = offset_now(cal, &status);
    z->n = 1;
    UDate next;
    while (U_SUCCESS(status) &&
           ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &next, &status) &&
           next < to) {
        ucal_setMillis(cal, next, &status);
        int32_t off = offset_now(cal, &status);
        if (off == z->offset[z->n - 1])
            continue;
        if (z->n == JUMPS)
            return err_set(e, ERR_INTERNAL, "zone %s has more than %d changes", z->name, JUMPS);
        z->at[z->n] = (int64_t)next;
        z->offset[z->n++] = off;
    }
    return U_SUCCESS(status) || err_set(e, ERR_INTERNAL, "zone %s: %s", z->name,
                                        u_errorName(status));
}

static bool load_locked(const char *name, const struct zone **out, struct err *e)
{
    for (int i = 0; i < n_loaded; i++) {
        if (strcmp(loaded[i]->name, name) == 0) {
            *out = loaded[i];
            return true;
        }
    }
    UChar id[64], canon[64];
    UErrorCode status = U_ZERO_ERROR;
    if (strlen(name) >= sizeof loaded[0]->name || n_loaded == ZONES)
        return err_set(e, ERR_INPUT, "time zone name too long");
    for (size_t i = 0; i <= strlen(name); i++)
        id[i] = (UChar)(unsigned char)name[i];
    UBool known = false;
    ucal_getCanonicalTimeZoneID(id, -1, canon, 64, &known, &status);
    if (U_FAILURE(status) || !known)
        return err_set(e, ERR_INPUT, "no time zone '%.60s', expected a name like Asia/Shanghai",
                       name);
    UCalendar *cal = ucal_open(id, -1, "en", UCAL_GREGORIAN, &status);
    if (U_FAILURE(status))
        return err_set(e, ERR_INPUT, "time zone '%.60s': %s", name, u_errorName(status));
    struct zone *z = mem_new(sizeof *z);
    *z = (struct zone){.n = 0};
    snprintf(z->name, sizeof z->name, "%s", name);
    bool ok = read_jumps(z, cal, e);
    ucal_close(cal);
    if (!ok) {
        free(z);
        return false;
    }
    loaded[n_loaded++] = z;
    *out = z;
    return true;
}

bool zone_load(const char *name, const struct zone **out, struct err *e)
{
    pthread_mutex_lock(&lock);
    bool ok = load_locked(name, out, e);
    pthread_mutex_unlock(&lock);
    return ok;
}

const char *zone_name(const struct zone *z)
{
    return z->name;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

/* Days from civil, and back: the era arithmetic with years that begin in March. */
int32_t day_of_civil(int year, int month, int day)
{
    int64_t y = year - (month <= 2);
    int64_t era = floor_div(y, 400), yoe = y - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return (int32_t)(era * 146097 + doe - 719468);
}

void civil_of_day(int32_t day, int *year, int *month, int *dom)
{
    int64_t z = (int64_t)day + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *dom = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

bool civil_valid(int year, int month, int day)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
        return false;
    int y, m, d;
    civil_of_day(day_of_civil(year, month, day), &y, &m, &d);
    return m == month && d == day;
}

int day_weekday(int32_t day)
{
    return (int)(((int64_t)day + 3) % 7 + 7) % 7 + 1;
}

int32_t day_lunar_new_year(int year)
{
    enum { FIRST = 2637 }; /* the Chinese year that begins in year 0 */
    static const int64_t CHINA = 8 * MS_HOUR;
    UErrorCode status = U_ZERO_ERROR;
    UCalendar *cal = ucal_open(u"Asia/Shanghai", -1, "zh@calendar=chinese", UCAL_DEFAULT, &status);
    if (U_FAILURE(status))
        return DAY_NONE;
    ucal_clear(cal);
    ucal_set(cal, UCAL_EXTENDED_YEAR, year + FIRST);
    ucal_set(cal, UCAL_MONTH, 0);
    ucal_set(cal, UCAL_DATE, 1);
    double ms = ucal_getMillis(cal, &status);
    ucal_close(cal);
    return U_FAILURE(status) ? DAY_NONE : (int32_t)floor_div((int64_t)ms + CHINA, MS_DAY);
}

static int32_t offset_at(const struct zone *z, int64_t ms)
{
    int lo = 0, hi = z->n - 1;
    while (lo < hi) {
        int mid = (lo + hi + 1) / 2;
        if (z->at[mid] <= ms)
            lo = mid;
        else
            hi = mid - 1;
    }
    return z->offset[lo];
}

int32_t zone_day(const struct zone *z, int64_t ms)
{
    return (int32_t)floor_div(ms + offset_at(z, ms), MS_DAY);
}

struct civil zone_civil(const struct zone *z, int64_t ms)
{
    int64_t local = ms + offset_at(z, ms), day = floor_div(local, MS_DAY);
    int64_t rest = local - day * MS_DAY;
    struct civil c = {.hour = (int)(rest / MS_HOUR),
                      .minute = (int)(rest / MS_MINUTE % 60),
                      .second = (int)(rest / 1000 % 60),
                      .ms = (int)(rest % 1000)};
    civil_of_day((int32_t)day, &c.year, &c.month, &c.day);
    return c;
}

static int64_t from_local(const struct zone *z, int64_t local)
{
    /* try the offset in force a day before: gives the earlier of two, and in a gap the time
     * counted on from the old offset */
    int32_t before = offset_at(z, local - MS_DAY), after = offset_at(z, local + MS_DAY);
    int64_t t = local - before;
    if (offset_at(z, t) == before)
        return t;
    int64_t u = local - after;
    if (offset_at(z, u) == after)
        return u;
    /* inside the gap: the instant of the jump */
    for (int i = 1; i < z->n; i++)
        if (z->at[i] > local - MS_DAY - after && z->at[i] <= local + MS_DAY - before)
            return z->at[i];
    return t;
}

int64_t zone_start(const struct zone *z, int32_t day)
{
    return from_local(z, (int64_t)day * MS_DAY);
}

int64_t zone_instant(const struct zone *z, struct civil c)
{
    return from_local(z, (int64_t)day_of_civil(c.year, c.month, c.day) * MS_DAY +
                             (int64_t)c.hour * MS_HOUR + (int64_t)c.minute * MS_MINUTE +
                             (int64_t)c.second * 1000 + c.ms);
}

static bool digits(struct str *s, int least, int most, int *out)
{
    int v = 0, n = 0;
    while (n < most && s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9') {
        v = v * 10 + (s->ptr[0] - '0');
        s->ptr++, s->len--, n++;
    }
    *out = v;
    return n >= least;
}

static bool eat(struct str *s, const char *c)
{
    struct str want = str_of(c);
    if (!str_starts(*s, want))
        return false;
    s->ptr += want.len;
    s->len -= want.len;
    return true;
}

static bool read_date(struct str *s, int32_t *out)
{
    int y, m, d;
    if (!digits(s, 4, 4, &y))
        return false;
    if (eat(s, "-")) {
        if (!digits(s, 2, 2, &m) || !eat(s, "-") || !digits(s, 2, 2, &d))
            return false;
    } else if (eat(s, "/")) {
        if (!digits(s, 1, 2, &m) || !eat(s, "/") || !digits(s, 1, 2, &d))
            return false;
    } else if (eat(s, "年")) {
        if (!digits(s, 1, 2, &m) || !eat(s, "月") || !digits(s, 1, 2, &d) || !eat(s, "日"))
            return false;
    } else {
        return false;
    }
    if (!civil_valid(y, m, d))
        return false;
    *out = day_of_civil(y, m, d);
    return true;
}

bool day_parse(struct str text, int32_t *out)
{
    int32_t day;
    struct str s = str_trim(text);
    if (!read_date(&s, &day) || s.len)
        return false;
    *out = day;
    return true;
}

static bool read_offset(struct str *s, bool *has, int64_t *offset)
{
    *has = true;
    if (eat(s, "Z") || eat(s, "z")) {
        *offset = 0;
        return true;
    }
    bool plus = eat(s, "+"), minus = !plus && eat(s, "-");
    if (!plus && !minus) {
        *has = false;
        return true;
    }
    int h, m = 0;
    if (!digits(s, 2, 2, &h) || h > 18)
        return false;
    eat(s, ":");
    if (s->len && (!digits(s, 2, 2, &m) || m > 59))
        return false;
    *offset = ((int64_t)h * 60 + m) * MS_MINUTE * (plus ? 1 : -1);
    return true;
}

bool time_parse(const struct zone *z, struct str text, int64_t *out)
{
    struct str s = str_trim(text);
    int32_t day;
    int h, m, sec = 0, ms = 0;
    if (!read_date(&s, &day))
        return false;
    if (!s.len) {
        *out = zone_start(z, day);
        return true;
    }
    if (!eat(&s, "T") && !eat(&s, " "))
        return false;
    if (!digits(&s, 1, 2, &h) || !eat(&s, ":") || !digits(&s, 2, 2, &m))
        return false;
    if (eat(&s, ":") && !digits(&s, 2, 2, &sec))
        return false;
    if (eat(&s, ".")) {
        int scale = 100, d;
        if (!s.len)
            return false;
        while (s.len && s.ptr[0] >= '0' && s.ptr[0] <= '9' && digits(&s, 1, 1, &d)) {
            ms += d * scale;
            scale /= 10;
        }
    }
    bool has;
    int64_t offset = 0;
    if (h > 23 || m > 59 || sec > 59 || !read_offset(&s, &has, &offset) || s.len)
        return false;
    int64_t local = (int64_t)day * MS_DAY + (int64_t)h * MS_HOUR + (int64_t)m * MS_MINUTE +
                    (int64_t)sec * 1000 + ms;
    *out = has ? local - offset : from_local(z, local);
    return true;
}

void day_format(int32_t day, char out[static 16])
{
    int y, m, d;
    civil_of_day(day, &y, &m, &d);
    snprintf(out, 16, "%04d-%02d-%02d", y % 10000, m % 100, d % 100);
}

void time_format(const struct zone *z, int64_t ms, char out[static 40])
{
    struct civil c = zone_civil(z, ms);
    int off = offset_at(z, ms) / MS_MINUTE, a = off < 0 ? -off : off;
    snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year % 10000, c.month % 100,
             c.day % 100, c.hour % 100, c.minute % 100, c.second % 100, off < 0 ? '-' : '+',
             a / 60 % 100, a % 60);
}

void time_format_utc(int64_t ms, char out[static 40])
{
    int64_t day = floor_div(ms, MS_DAY), rest = ms - day * MS_DAY;
    int y, m, d;
    civil_of_day((int32_t)day, &y, &m, &d);
    snprintf(out, 40, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", y % 10000, m % 100, d % 100,
             (int)(rest / MS_HOUR) % 100, (int)(rest / MS_MINUTE % 60), (int)(rest / 1000 % 60),
             (int)(rest % 1000));
}

static int64_t real_now(void *self)
{
    UNUSED(self);
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct clock_source clock_real(void)
{
    return (struct clock_source){.now = real_now};
}

int64_t clock_now(const struct clock_source *c)
{
    return c->now(c->self);
}
