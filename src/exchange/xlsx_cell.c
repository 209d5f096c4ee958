#include "exchange/xlsx_int.h"
#include "base/time.h"

/* --- number formats --- */

enum xlsx_style xlsx_style_of_id(int64_t id)
{
    if (id == 46)
        return XLSX_ELAPSED;
    /* 27-36 and 50-58 are the dates of Chinese Excel (yyyy"年"m"月") */
    if ((id >= 14 && id <= 22) || id == 45 || id == 47 || (id >= 27 && id <= 36) ||
        (id >= 50 && id <= 58))
        return XLSX_DATE;
    return XLSX_NUMBER;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static bool is_hms(char c)
{
    return c == 'h' || c == 'm' || c == 's';
}

/* Where a literal at i ends: "text", \x, _x, *x; i when there is none. */
static size_t skip_literal(struct str s, size_t i)
{
    if (strchr("\\_*", s.ptr[i]) && s.ptr[i])
        return i + 2;
    if (s.ptr[i] != '"')
        return i;
    do {
        i++;
    } while (i < s.len && s.ptr[i] != '"');
    return i + 1;
}

/* What counts are the letters of a date outside of literals and brackets, in the first section;
 * [h], [mm] and [s] are an elapsed time. */
enum xlsx_style xlsx_style_of_code(struct str code)
{
    bool date = false;
    for (size_t i = 0; i < code.len && code.ptr[i] != ';';) {
        size_t behind = skip_literal(code, i);
        if (behind != i) {
            i = behind;
            continue;
        }
        char c = lower(code.ptr[i++]);
        if (c == '[') {
            if (i < code.len && is_hms(lower(code.ptr[i])) && i + 1 < code.len &&
                (code.ptr[i + 1] == ']' || lower(code.ptr[i + 1]) == lower(code.ptr[i])))
                return XLSX_ELAPSED;
            while (i < code.len && code.ptr[i] != ']')
                i++;
        }
        date = date || c == 'y' || c == 'd' || is_hms(c);
    }
    return date ? XLSX_DATE : XLSX_NUMBER;
}

/* --- numbers --- */

enum { DIGITS = 20, COUNT = 15, MOST_POINT = 400 };

/* 0.d1d2d3… x 10^point */
struct decimal {
    bool negative;
    int n, point;
    char d[DIGITS]; /* without leading or trailing zeros; further ones are cut off */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void add_digit(struct decimal *x, char c, bool behind_point)
{
    if (!x->n && c == '0') {
        x->point -= behind_point;
        return;
    }
    x->point += !behind_point;
    if (x->n < DIGITS)
        x->d[x->n++] = c;
}

static void strip_zeros(struct decimal *x)
{
    while (x->n && x->d[x->n - 1] == '0')
        x->n--;
    if (!x->n)
        *x = (struct decimal){.n = 0};
}

static bool parse_exponent(struct str s, int *out)
{
    int64_t v;
    if (s.len && s.ptr[0] == '+')
        s = (struct str){s.ptr + 1, s.len - 1};
    if (!str_int(s, &v) || v > MOST_POINT || v < -MOST_POINT)
        return false;
    *out = (int)v;
    return true;
}

static bool parse_decimal(struct str s, struct decimal *x)
{
    *x = (struct decimal){.n = 0};
    size_t i = 0;
    bool point = false, digits = false;
    if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        x->negative = s.ptr[i++] == '-';
    for (; i < s.len && (is_digit(s.ptr[i]) || (s.ptr[i] == '.' && !point)); i++) {
        if (s.ptr[i] == '.') {
            point = true;
            continue;
        }
        digits = true;
        add_digit(x, s.ptr[i], point);
    }
    int exponent = 0;
    if (i < s.len && lower(s.ptr[i]) == 'e' &&
        !parse_exponent((struct str){s.ptr + i + 1, s.len - i - 1}, &exponent))
        return false;
    if (!digits || (i < s.len && lower(s.ptr[i]) != 'e'))
        return false;
    x->point += exponent;
    strip_zeros(x);
    return x->point <= MOST_POINT && x->point >= -MOST_POINT;
}

static void round_decimal(struct decimal *x)
{
    if (x->n <= COUNT)
        return;
    bool up = x->d[COUNT] >= '5';
    x->n = COUNT;
    for (int i = COUNT - 1; up && i >= 0; i--) {
        up = x->d[i] == '9';
        x->d[i] = up ? '0' : (char)(x->d[i] + 1);
    }
    if (up) { /* 999… became 000… */
        x->d[0] = '1';
        x->n = 1;
        x->point++;
    }
    strip_zeros(x);
}

static char digit_at(const struct decimal *x, int place) /* place 0 is the first behind the point */
{
    int i = place + x->point;
    return i >= 0 && i < x->n ? x->d[i] : '0';
}

static void write_decimal(struct buf *out, const struct decimal *x)
{
    if (x->negative)
        buf_char(out, '-');
    if (x->point <= 0)
        buf_char(out, '0');
    for (int place = -x->point; place < 0; place++)
        buf_char(out, digit_at(x, place));
    if (x->n > x->point)
        buf_char(out, '.');
    for (int place = 0; place < x->n - x->point; place++)
        buf_char(out, digit_at(x, place));
}

/* --- dates --- */

enum {
    LAST_SERIAL = 2958465, /* 9999-12-31 */
    DAYS_1904 = 1462,      /* between the two calendars */
    DAY_SECONDS = 86400,
    PLACES = 10,
};

/* Whole days and seconds (rounded); false when it is no time at all. */
static bool split_serial(const struct decimal *x, int64_t *day, int64_t *seconds)
{
    if (x->negative || x->point > 7)
        return false;
    int64_t whole = 0, part = 0, unit = 1;
    for (int place = -x->point; place < 0; place++)
        whole = whole * 10 + (digit_at(x, place) - '0');
    for (int place = 0; place < PLACES; place++) {
        part = part * 10 + (digit_at(x, place) - '0');
        unit *= 10;
    }
    int64_t s = (part * DAY_SECONDS + unit / 2) / unit;
    *day = whole + s / DAY_SECONDS;
    *seconds = s % DAY_SECONDS;
    return true;
}

static void write_clock(struct buf *out, int64_t seconds)
{
    buf_printf(out, "%02d:%02d:%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60),
               (int)(seconds % 60));
}

/* Day 60 of the 1900 calendar is a 29 February that never was: days before it are one off. */
static int32_t day_of_serial(int64_t serial, bool from_1904)
{
    if (from_1904)
        return day_of_civil(1904, 1, 1) + (int32_t)serial;
    return day_of_civil(1899, 12, 30) + (int32_t)serial + (serial < 60);
}

static bool write_date(struct buf *out, const struct decimal *x, enum xlsx_style style,
                       bool from_1904)
{
    int64_t day, seconds;
    if (!split_serial(x, &day, &seconds) || day > LAST_SERIAL - (from_1904 ? DAYS_1904 : 0))
        return false;
    if (style == XLSX_ELAPSED) {
        write_clock(out, day * DAY_SECONDS + seconds);
        return true;
    }
    if (day == 0 && (seconds || !from_1904)) {
        write_clock(out, seconds); /* a time of day */
        return true;
    }
    char text[16];
    day_format(day_of_serial(day, from_1904), text);
    buf_c(out, text);
    if (seconds) {
        buf_char(out, ' ');
        write_clock(out, seconds);
    }
    return true;
}

/* -?[0-9]+, without its leading zeros */
static bool whole_number(struct str s, struct str *digits, bool *negative)
{
    size_t i = s.len && s.ptr[0] == '-';
    *negative = i;
    while (i + 1 < s.len && s.ptr[i] == '0')
        i++;
    *digits = (struct str){s.ptr + i, s.len - i};
    for (; i < s.len; i++)
        if (!is_digit(s.ptr[i]))
            return false;
    return digits->len > 0;
}

void xlsx_number(struct buf *out, struct str v, enum xlsx_style style, bool from_1904)
{
    struct decimal x;
    struct str digits;
    bool negative;
    v = str_trim(v);
    bool number = parse_decimal(v, &x);
    round_decimal(&x);
    if (number && style != XLSX_NUMBER && write_date(out, &x, style, from_1904))
        return;
    if (whole_number(v, &digits, &negative)) {
        if (negative && !str_is(digits, "0"))
            buf_char(out, '-');
        buf_str(out, digits);
    } else if (number) {
        write_decimal(out, &x);
    } else {
        buf_str(out, v);
    }
}

/* --- text and places --- */

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    c = lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "_x" four hex digits "_" */
static bool escape_at(struct str s, size_t i, uint32_t *c)
{
    if (i + 7 > s.len || s.ptr[i] != '_' || s.ptr[i + 1] != 'x' || s.ptr[i + 6] != '_')
        return false;
    *c = 0;
    for (size_t k = i + 2; k < i + 6; k++) {
        int d = hex_digit(s.ptr[k]);
        if (d < 0)
            return false;
        *c = *c << 4 | (uint32_t)d;
    }
    return *c < 0xD800 || *c > 0xDFFF;
}

void xlsx_unescape(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t c;
        if (s.ptr[i] == '_' && escape_at(s, i, &c)) {
            if (c >= ' ' || c == '\t' || c == '\n' || c == '\r')
                buf_utf8(out, c);
            i += 7;
        } else {
            buf_char(out, s.ptr[i++]);
        }
    }
}

bool xlsx_column(struct str ref, size_t *column)
{
    size_t n = 0, v = 0;
    for (; n < ref.len && lower(ref.ptr[n]) >= 'a' && lower(ref.ptr[n]) <= 'z'; n++) {
        if (n == 3)
            return false;
        v = v * 26 + (size_t)(lower(ref.ptr[n]) - 'a') + 1;
    }
    if (!n)
        return false;
    *column = v - 1;
    return true;
}

static struct str folder_of(struct str path)
{
    while (path.len && path.ptr[path.len - 1] != '/')
        path.len--;
    return path;
}

struct str xlsx_path(struct arena *a, struct str from, struct str target)
{
    struct buf b AUTO(buf_free) = BUF(4096);
    if (str_starts(target, STR("/")))
        target = (struct str){target.ptr + 1, target.len - 1};
    else
        buf_str(&b, folder_of(from));
    while (target.len) {
        struct str step = str_cut(target, '/', &target);
        if (str_is(step, "..")) {
            b.len -= b.len > 0; /* the slash */
            b.len = folder_of(buf_view(&b)).len;
        } else if (step.len && !str_is(step, ".")) {
            buf_str(&b, step);
            buf_c(&b, target.len ? "/" : "");
        }
    }
    return b.len && buf_ok(&b) ? buf_dup(a, &b) : STR("");
}
