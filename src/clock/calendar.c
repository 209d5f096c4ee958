#include "clock/calendar.h"

/* The days this file counts on: 0001-01-01 to 9999-12-31.  What would lie outside stays at the
 * edge, so that no input overflows. */
enum { DAY_FIRST = -719162, DAY_LAST = 2932896, MONTHS_MOST = 12 * 9999 };
enum { LEFT_EXACT_MS = 2 * MS_DAY, NOTES_SHOWN = 3 };

/* A day that differs from the table of weekdays, or repeats it (then delta is 0). */
struct entry {
    int32_t day;
    bool work;
    int8_t delta; /* +1: a working day at a weekend; -1: a day off in the week */
    int32_t sum;  /* of the deltas up to and with this one */
};

struct calendar {
    struct entry *e; /* by day, each day once */
    size_t n;
};

/* ---- the table ---- */

struct ordered {
    struct calendar_day d;
    size_t place;
};

static int by_day(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    if (x->d.day != y->d.day)
        return x->d.day < y->d.day ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static bool in_week(int32_t day)
{
    return day_weekday(day) <= 5;
}

struct calendar *calendar_new(const struct calendar_day *days, size_t n)
{
    ASSERT(n == 0 || days);
    struct ordered *o = mem_new((n + 1) * sizeof *o);
    for (size_t i = 0; i < n; i++) {
        ASSERT(days[i].day >= DAY_FIRST && days[i].day <= DAY_LAST);
        o[i] = (struct ordered){days[i], i};
    }
    qsort(o, n, sizeof *o, by_day);
    struct calendar *c = mem_new(sizeof *c);
    *c = (struct calendar){.e = mem_new((n + 1) * sizeof *c->e)};
    int32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < n && o[i + 1].d.day == o[i].d.day)
            continue; /* a later entry replaces this one */
        int delta = (int)o[i].d.work - (int)in_week(o[i].d.day);
        sum += delta;
        c->e[c->n++] = (struct entry){o[i].d.day, o[i].d.work, (int8_t)delta, sum};
    }
    free(o);
    return c;
}

void calendar_free(struct calendar *c)
{
    if (!c)
        return;
    free(c->e);
    free(c);
}

static bool parse_line(struct str line, struct calendar_day *out)
{
    struct str rest, name;
    struct str date = str_cut(line, ',', &rest), kind = str_trim(str_cut(rest, ',', &name));
    bool work = str_is(kind, "workday");
    if ((!work && !str_is(kind, "holiday")) || !day_parse(date, &out->day))
        return false;
    out->work = work;
    return true;
}

static void free_days(struct calendar_day **days)
{
    free(*days);
}

bool calendar_parse(struct str csv, struct calendar **out, struct err *e)
{
    static const struct str mark = {"\xEF\xBB\xBF", 3};
    if (str_starts(csv, mark))
        csv = (struct str){csv.ptr + mark.len, csv.len - mark.len};
    struct str head = str_trim(str_cut(csv, '\n', &csv));
    if (!str_is(head, "date,kind,name"))
        return err_set(e, ERR_SYNTAX, "line 1: expected the header date,kind,name");
    struct calendar_day *days AUTO(free_days) = NULL;
    size_t n = 0, cap = 0;
    for (int line = 2; csv.ptr; line++) {
        struct str text = str_trim(str_cut(csv, '\n', &csv));
        if (text.len == 0)
            continue;
        if (n == cap) {
            cap = cap ? cap * 2 : 256;
            days = mem_grow(days, cap * sizeof *days);
        }
        if (!parse_line(text, &days[n++]))
            return err_set(e, ERR_SYNTAX,
                           "line %d: expected date,holiday,name or date,workday,name", line);
    }
    *out = calendar_new(days, n);
    return true;
}

/* ---- counting ---- */

/* The number of entries up to and with day. */
static size_t entries_to(const struct calendar *c, int32_t day)
{
    size_t lo = 0, hi = c->n;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (c->e[mid].day <= day)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Working days up to and with `day`, from a fixed day on.  It grows by 0 or 1 a day, which makes
 * counting a subtraction and finding a search by halves, however long the way is. */
static int64_t rank(const struct calendar *c, int32_t day)
{
    int64_t since_monday = (int64_t)day - DAY_FIRST; /* 0001-01-01 was a Monday */
    int64_t week = since_monday >= 0 ? since_monday / 7 : -1, in = since_monday - week * 7;
    size_t i = entries_to(c, day);
    return week * 5 + min64(in + 1, 5) + (i ? c->e[i - 1].sum : 0);
}

static int32_t clamp_day(int64_t day)
{
    return (int32_t)min64(max64(day, DAY_FIRST), DAY_LAST);
}

bool calendar_workday(const struct calendar *c, int32_t day)
{
    ASSERT(c);
    size_t i = entries_to(c, day);
    return i && c->e[i - 1].day == day ? c->e[i - 1].work : in_week(day);
}

bool calendar_known(const struct calendar *c, int32_t day)
{
    ASSERT(c);
    int year, month, dom;
    civil_of_day(clamp_day(day), &year, &month, &dom);
    /* the last week of December may belong to the next New Year's table */
    return entries_to(c, day_of_civil(year, 12, 24)) > entries_to(c, day_of_civil(year, 1, 1) - 1);
}

int32_t calendar_add_workdays(const struct calendar *c, int32_t day, int64_t n)
{
    ASSERT(c);
    day = clamp_day(day);
    if (n == 0)
        return day;
    n = min64(max64(n, -(int64_t)DAY_LAST * 2), (int64_t)DAY_LAST * 2);
    /* a step back starts at the day before, so that from a day off it is the working day before */
    int64_t want = n > 0 ? rank(c, day) + n : rank(c, day - 1) + n + 1;
    int32_t lo = n > 0 ? day : DAY_FIRST, hi = n > 0 ? DAY_LAST : day;
    while (lo < hi) {
        int32_t mid = lo + (hi - lo) / 2;
        if (rank(c, mid) >= want)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

int64_t calendar_workdays_between(const struct calendar *c, int32_t from, int32_t to)
{
    ASSERT(c);
    return rank(c, clamp_day(to)) - rank(c, clamp_day(from));
}

/* ---- spans ---- */

static int32_t day_at(const struct zone *z, int64_t ms)
{
    /* two days wider than the range, so that no zone's offset matters at the edge */
    int64_t low = (int64_t)(DAY_FIRST - 2) * MS_DAY, high = (int64_t)(DAY_LAST + 2) * MS_DAY;
    return clamp_day(zone_day(z, min64(max64(ms, low), high)));
}

static int64_t day_end(const struct zone *z, int32_t day)
{
    return zone_start(z, day + 1) - 1;
}

static int64_t add_hours(int64_t ms, int64_t n)
{
    const int64_t low = (int64_t)DAY_FIRST * MS_DAY, high = ((int64_t)DAY_LAST + 1) * MS_DAY - 1;
    const int64_t most = (high - low) / MS_HOUR + 1;
    ms = min64(max64(ms, low), high);
    return min64(max64(ms + min64(max64(n, -most), most) * MS_HOUR, low), high);
}

/* The same day of the month n months on; its last, and *cut, when it has no such day. */
static int32_t add_months(int32_t day, int64_t n, bool *cut)
{
    int year, month, dom;
    civil_of_day(day, &year, &month, &dom);
    n = min64(max64(n, -MONTHS_MOST), MONTHS_MOST);
    int64_t months = (int64_t)year * 12 + month - 1 + n;
    *cut = true;
    if (months < 12)
        return DAY_FIRST;
    if (months >= 12 * 10000)
        return DAY_LAST;
    year = (int)(months / 12);
    month = (int)(months % 12) + 1;
    *cut = false;
    while (!civil_valid(year, month, dom)) {
        dom--;
        *cut = true;
    }
    return day_of_civil(year, month, dom);
}

/* The last day of a span that begins on `day`, before art. 203. */
static int32_t last_day(const struct calendar *c, int32_t day, struct limit limit)
{
    if (limit.n == 0)
        return day;
    bool cut;
    int32_t on;
    int64_t counts = limit.next_day ? 0 : 1; /* does the first day count? */
    switch (limit.unit) {
    case LIMIT_DAYS:
        return clamp_day(day + min64(limit.n - counts, 2 * (int64_t)DAY_LAST));
    case LIMIT_WORKDAYS:
        return calendar_add_workdays(c, day - (int32_t)counts, limit.n);
    case LIMIT_MONTHS:
        on = add_months(day, limit.n, &cut);
        return on - (cut ? 0 : (int32_t)counts);
    case LIMIT_HOURS:
        break;
    }
    ASSERT(limit.unit != LIMIT_HOURS);
    return day;
}

static int32_t off_to_work(const struct calendar *c, int32_t day, bool no_shift)
{
    return no_shift || calendar_workday(c, day) ? day : calendar_add_workdays(c, day, 1);
}

int64_t calendar_due(const struct calendar *c, const struct zone *z, int64_t start,
                     struct limit limit)
{
    ASSERT(c && z);
    ASSERT(start != TIME_NONE);
    ASSERT(limit.n >= 0);
    if (limit.unit == LIMIT_HOURS)
        return add_hours(start, limit.n);
    int32_t last = last_day(c, day_at(z, start), limit);
    return day_end(z, off_to_work(c, last, limit.no_shift));
}

/* The same time on another day.  The end of a day stays the end of a day: where the clock is put
 * back before midnight its time of day exists twice. */
static int64_t on_day(const struct zone *z, int64_t ms, int32_t day)
{
    if (ms == day_end(z, day_at(z, ms)))
        return day_end(z, day);
    struct civil at = zone_civil(z, ms);
    civil_of_day(day, &at.year, &at.month, &at.day);
    return zone_instant(z, at);
}

int64_t calendar_due_after_pause(const struct calendar *c, const struct zone *z, int64_t due,
                                 struct limit limit, int64_t paused, int64_t resumed)
{
    ASSERT(c && z);
    ASSERT(due != TIME_NONE && paused != TIME_NONE && resumed != TIME_NONE);
    if (resumed <= paused)
        return due;
    if (limit.unit == LIMIT_HOURS)
        return due + (resumed - paused);
    int32_t from = day_at(z, paused), to = day_at(z, resumed), last = day_at(z, due);
    if (limit.unit == LIMIT_WORKDAYS)
        last = calendar_add_workdays(c, last, calendar_workdays_between(c, from, to));
    else if (to > from)
        last = off_to_work(c, clamp_day((int64_t)last + to - from), limit.no_shift);
    return on_day(z, due, last);
}

int64_t calendar_shift(const struct calendar *c, const struct zone *z, int64_t due, int64_t n,
                       enum limit_unit unit)
{
    ASSERT(c && z);
    ASSERT(due != TIME_NONE);
    int32_t day = day_at(z, due);
    bool cut;
    switch (unit) {
    case LIMIT_HOURS:
        return add_hours(due, n);
    case LIMIT_DAYS:
        n = min64(max64(n, -2 * (int64_t)DAY_LAST), 2 * (int64_t)DAY_LAST);
        return on_day(z, due, clamp_day(day + n));
    case LIMIT_WORKDAYS:
        return on_day(z, due, calendar_add_workdays(c, day, n));
    case LIMIT_MONTHS:
        return on_day(z, due, add_months(day, n, &cut));
    }
    ASSERT(false);
}

enum clock_state clock_state_at(int64_t now, int64_t due, int64_t soon_at, int64_t paused,
                                int64_t done)
{
    if (done != TIME_NONE)
        return due != TIME_NONE && done > due ? CLOCK_DONE_LATE : CLOCK_DONE;
    /* a pause does not undo a breach that came before it */
    if (paused != TIME_NONE)
        return due != TIME_NONE && paused > due ? CLOCK_OVERDUE : CLOCK_PAUSED;
    if (due != TIME_NONE && now > due)
        return CLOCK_OVERDUE;
    return soon_at != TIME_NONE && now >= soon_at ? CLOCK_SOON : CLOCK_NORMAL;
}

/* ---- the line for a person ---- */

struct unit_words {
    const char *zh, *en;
};
static const struct unit_words word_minute = {"分钟", "minute"}, word_hour = {"小时", "hour"},
                               word_day = {"天", "day"}, word_workday = {"个工作日", "working day"};

static void say_amount(int64_t n, struct unit_words unit, bool late, struct buf *zh, struct buf *en)
{
    buf_c(zh, late ? "已超期" : "还剩");
    if (n == 0) {
        buf_printf(zh, "不到1%s", unit.zh);
        buf_printf(en, late ? "overdue by less than a %s" : "less than a %s left", unit.en);
        return;
    }
    buf_printf(zh, "%lld%s", (long long)n, unit.zh);
    buf_printf(en, "%lld %s%s %s", (long long)n, unit.en, n == 1 ? "" : "s",
               late ? "overdue" : "left");
}

struct days {
    int32_t from, to;
};

struct note { /* one more than is shown, to know that there are more */
    struct days d[NOTES_SHOWN + 1];
    int n;
};

static void note_add(struct note *note, int32_t day)
{
    if (note->n <= NOTES_SHOWN)
        note->d[note->n++] = (struct days){day, day};
}

/* The days in (lo, hi] that change the count; days off that follow each other become one span. */
static void find_notes(const struct calendar *c, int32_t lo, int32_t hi, struct note *work,
                       struct note *off)
{
    for (size_t i = entries_to(c, lo); i < c->n && c->e[i].day <= hi; i++) {
        int32_t day = c->e[i].day;
        struct days *before = off->n ? &off->d[off->n - 1] : NULL;
        if (c->e[i].delta > 0)
            note_add(work, day);
        else if (c->e[i].delta < 0 && before && rank(c, before->to) == rank(c, day))
            before->to = day;
        else if (c->e[i].delta < 0)
            note_add(off, day);
    }
}

static void say_days_zh(struct buf *b, struct days d, int this_year)
{
    int y, m, dom, y2, m2, dom2;
    civil_of_day(d.from, &y, &m, &dom);
    civil_of_day(d.to, &y2, &m2, &dom2);
    if (y != this_year)
        buf_printf(b, "%d年", y);
    buf_printf(b, "%d月%d日", m, dom);
    if (d.from == d.to)
        return;
    buf_c(b, "至");
    if (y2 != y)
        buf_printf(b, "%d年", y2);
    if (y2 != y || m2 != m)
        buf_printf(b, "%d月", m2);
    buf_printf(b, "%d日", dom2);
}

static void say_days_en(struct buf *b, struct days d, int this_year)
{
    static const char *const month[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    int y, m, dom, y2, m2, dom2;
    civil_of_day(d.from, &y, &m, &dom);
    civil_of_day(d.to, &y2, &m2, &dom2);
    buf_printf(b, "%d", dom);
    if (y2 != y || m2 != m)
        buf_printf(b, " %s", month[m - 1]);
    if (y2 != y && y != this_year)
        buf_printf(b, " %d", y);
    if (d.from != d.to)
        buf_printf(b, "–%d", dom2);
    buf_printf(b, " %s", month[m2 - 1]);
    if (y2 != this_year)
        buf_printf(b, " %d", y2);
}

static void say_note(const struct note *note, bool work, int this_year, struct buf *zh,
                     struct buf *en)
{
    if (note->n == 0)
        return;
    bool more = note->n > NOTES_SHOWN;
    bool one = note->n == 1 && note->d[0].from == note->d[0].to;
    for (int i = 0; i < note->n - more; i++) {
        buf_c(zh, i ? "、" : "，");
        say_days_zh(zh, note->d[i], this_year);
        buf_c(en, ", ");
        say_days_en(en, note->d[i], this_year);
    }
    buf_printf(zh, "%s%s", more ? "等" : "", work ? "补班算" : "放假不算");
    buf_c(en, more ? " and more" : "");
    if (work)
        buf_c(en, one ? " counts (make-up day)" : " count (make-up days)");
    else
        buf_printf(en, " %s not count (holiday)", one ? "does" : "do");
}

/* The first year between two days for which there is no table, or 0. */
static int unknown_year(const struct calendar *c, int32_t lo, int32_t hi)
{
    int first, last, m, d;
    civil_of_day(lo, &first, &m, &d);
    civil_of_day(hi, &last, &m, &d);
    if (c->n == 0)
        return 0; /* a place without such tables: Monday to Friday is the rule there */
    for (int year = first; year <= last; year++)
        if (!calendar_known(c, day_of_civil(year, 1, 1)))
            return year;
    return 0;
}

static void say_workdays(const struct calendar *c, int32_t today, int32_t last, bool late,
                         struct buf *zh, struct buf *en)
{
    int32_t lo = late ? last : today, hi = late ? today : last;
    int this_year, m, d;
    civil_of_day(today, &this_year, &m, &d);
    say_amount(calendar_workdays_between(c, lo, hi), word_workday, late, zh, en);
    struct note work = {.n = 0}, off = {.n = 0};
    find_notes(c, lo, hi, &work, &off);
    say_note(&work, true, this_year, zh, en);
    say_note(&off, false, this_year, zh, en);
    int year = unknown_year(c, lo + 1, hi);
    if (year) {
        buf_printf(zh, "，%d年放假安排未录入，按周一至周五算", year);
        buf_printf(en, ", no holiday table for %d, counted Monday to Friday", year);
    }
}

void calendar_explain(const struct calendar *c, const struct zone *z, int64_t now, int64_t due,
                      bool workdays, struct buf *zh, struct buf *en)
{
    ASSERT(c && z && zh && en);
    ASSERT(now != TIME_NONE && due != TIME_NONE);
    int32_t today = day_at(z, now), last = day_at(z, due);
    bool late = now > due;
    int64_t span = late ? now - due : due - now;
    if (due != day_end(z, last) && span < LEFT_EXACT_MS) {
        bool hours = span >= MS_HOUR; /* ends at a time of day: days would be too coarse */
        say_amount(span / (hours ? MS_HOUR : MS_MINUTE), hours ? word_hour : word_minute, late, zh,
                   en);
    } else if (today == last) {
        buf_c(zh, "今天到期");
        buf_c(en, "due today");
    } else if (workdays) {
        say_workdays(c, today, last, late, zh, en);
    } else {
        say_amount(late ? today - last : last - today, word_day, late, zh, en);
    }
}
