#include "exchange/csv.h"
#include <inttypes.h>
#include <sys/stat.h>
#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <zlib.h>

enum {
    CHUNK = 32 * 1024,
    RATIO = 200,                   /* unpacked to packed, of a gzip file … */
    RATIO_FROM = 64 * 1024 * 1024, /* … that gives more than this */
    END = -1,
};

struct csv_reader {
    gzFile file; /* or NULL: text */
    struct str text;
    size_t text_at;
    int64_t read, total; /* bytes: given by the source, of the file */

    UConverter *gb; /* NULL: UTF-8 */
    uint16_t lead;  /* high surrogate that waits for the low one */
    bool broken;    /* behind what is in `in` comes something that is no GB18030 */

    char raw[CHUNK];
    struct buf in; /* decoded */
    size_t at;     /* in it */

    int64_t line, row_line;
    struct buf row; /* the cells one behind the other */
    size_t ends[LIMIT_CSV_COLUMNS];
    struct str cells[LIMIT_CSV_COLUMNS];
    size_t n;
    struct err failed;
};

static bool fail(struct csv_reader *r, enum err_code code, int64_t line, const char *en,
                 const char *zh)
{
    err_set(&r->failed, code, "line %" PRId64 ": %s", line, en);
    return err_zh(&r->failed, "第 %" PRId64 " 行：%s", line, zh);
}

/* --- bytes --- */

static bool read_raw(struct csv_reader *r, size_t *n)
{
    if (!r->file) {
        *n = min64(CHUNK, (int64_t)(r->text.len - r->text_at));
        if (*n)
            memcpy(r->raw, r->text.ptr + r->text_at, *n);
        r->text_at += *n;
        return true;
    }
    int got = gzread(r->file, r->raw, CHUNK), code = Z_OK;
    if (got <= 0)
        gzerror(r->file, &code);
    if (got < 0 || code != Z_OK)
        return err_set(&r->failed, ERR_IO, "the file is damaged or cut off");
    r->read += got;
    if (r->read > RATIO_FROM && r->read / RATIO > r->total)
        return err_set(&r->failed, ERR_TOO_BIG, "unpacks to more than %d times its size", RATIO);
    *n = (size_t)got;
    return true;
}

static bool rewind_raw(struct csv_reader *r)
{
    r->text_at = 0;
    r->read = 0;
    if (r->file && gzrewind(r->file) != 0)
        return err_set(&r->failed, ERR_IO, "the file cannot be read twice");
    return true;
}

/* --- encoding --- */

struct census {
    int64_t two, more, bad; /* characters of two bytes, of three and four; bytes that are in none */
    int64_t line, first_bad;
    char head[4];
    size_t n_head;
};

/* Counts the characters of s that are surely whole; returns how many bytes that were. */
static size_t count(struct census *c, struct str s, bool last)
{
    size_t i = 0;
    while (i < s.len && (last || i + 4 <= s.len)) {
        if ((unsigned char)s.ptr[i] < 0x80) {
            c->line += s.ptr[i++] == '\n';
            continue;
        }
        size_t from = i;
        str_next_char(s, &i);
        c->two += i - from == 2;
        c->more += i - from > 2;
        if (i - from == 1 && c->bad++ == 0)
            c->first_bad = c->line;
    }
    return i;
}

static bool take_census(struct csv_reader *r, struct census *c)
{
    struct buf b AUTO(buf_free) = BUF(CHUNK + 4);
    *c = (struct census){.line = 1};
    for (size_t n = 1; n;) {
        if (!read_raw(r, &n))
            return false;
        for (size_t i = 0; i < n && c->n_head < sizeof c->head; i++)
            c->head[c->n_head++] = r->raw[i];
        buf_add(&b, r->raw, n);
        size_t done = count(c, buf_view(&b), n == 0);
        if (done) {
            memmove(b.ptr, b.ptr + done, b.len - done);
            b.len -= done;
        }
    }
    return true;
}

/* Broken UTF-8, rather than GB18030?  Read as UTF-8, Chinese text in GB18030 gives more than ten bad
 * bytes for each good character, and hardly any of three bytes. */
static bool is_broken(const struct census *c)
{
    return c->bad && (c->bad <= c->more || c->bad * 10 <= c->two + c->more);
}

/* Sees which encoding it is, and stands at the first byte behind a BOM. */
static bool find_encoding(struct csv_reader *r)
{
    struct census c;
    if (!take_census(r, &c) || !rewind_raw(r))
        return false;
    struct str head = {c.head, c.n_head};
    if (str_starts(head, STR("\xFF\xFE")) || str_starts(head, STR("\xFE\xFF")))
        return fail(r, ERR_SYNTAX, 1, "UTF-16; save it as CSV UTF-8",
                    "文件是 UTF-16 编码，请另存为“CSV UTF-8”");
    bool bom = str_starts(head, STR(CSV_BOM));
    if ((c.bad && bom) || is_broken(&c))
        return fail(r, ERR_SYNTAX, c.first_bad, "a byte that is no UTF-8", "含有无效的 UTF-8 字节");
    if (c.bad) {
        UErrorCode status = U_ZERO_ERROR;
        r->gb = ucnv_open("gb18030", &status);
        if (U_SUCCESS(status))
            ucnv_setToUCallBack(r->gb, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &status);
        if (U_FAILURE(status))
            return err_set(&r->failed, ERR_INTERNAL, "GB18030: %s", u_errorName(status));
    }
    r->at = bom ? 3 : 0;
    return true;
}

static void add_units(struct csv_reader *r, const UChar *units, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (U16_IS_LEAD(units[i])) {
            r->lead = units[i];
        } else if (U16_IS_TRAIL(units[i])) {
            buf_utf8(&r->in, (uint32_t)U16_GET_SUPPLEMENTARY(r->lead, units[i]));
        } else {
            buf_utf8(&r->in, units[i]);
        }
    }
}

static void decode_gb(struct csv_reader *r, size_t n)
{
    const char *from = r->raw, *end = r->raw + n;
    UErrorCode status;
    do {
        UChar units[4096], *to = units;
        status = U_ZERO_ERROR;
        ucnv_toUnicode(r->gb, &to, units + COUNT_OF(units), &from, end, NULL, n == 0, &status);
        add_units(r, units, (size_t)(to - units));
    } while (status == U_BUFFER_OVERFLOW_ERROR);
    r->broken = U_FAILURE(status);
}

/* Reads on; false at the end or on an error. */
static bool fill(struct csv_reader *r)
{
    if (r->broken)
        return fail(r, ERR_SYNTAX, r->line, "neither UTF-8 nor GB18030",
                    "文字编码既不是 UTF-8 也不是 GB18030");
    r->at -= r->in.len; /* not 0 before a BOM only */
    buf_clear(&r->in);
    for (size_t n = 1; n && !r->in.len && !r->broken;) {
        if (!read_raw(r, &n))
            return false;
        if (r->gb)
            decode_gb(r, n);
        else
            buf_add(&r->in, r->raw, n);
    }
    ASSERT(buf_ok(&r->in));
    if (!r->in.len && r->broken)
        return fill(r);
    return r->in.len > 0;
}

static int peek(struct csv_reader *r)
{
    while (r->at >= r->in.len)
        if (!fill(r))
            return END;
    return (unsigned char)r->in.ptr[r->at];
}

/* --- records --- */

/* Takes a line end (CR LF is one) that is known to be next; appends it when `to` is there. */
static void take_line_end(struct csv_reader *r, struct buf *to)
{
    int c = peek(r);
    r->line++;
    r->at++;
    if (to)
        buf_char(to, (char)c);
    if (c == '\r' && peek(r) == '\n') {
        r->at++;
        if (to)
            buf_char(to, '\n');
    }
}

static bool read_quoted(struct csv_reader *r)
{
    int64_t began = r->line;
    r->at++;
    for (;;) {
        int c = peek(r);
        if (c == END && err_is(&r->failed))
            return false;
        if (c == END)
            return fail(r, ERR_SYNTAX, began, "a quoted cell begins here and has no end",
                        "此处的引号没有结束");
        if (c == '\r' || c == '\n') {
            take_line_end(r, &r->row);
            continue;
        }
        r->at++;
        if (c != '"') {
            buf_char(&r->row, (char)c);
        } else if (peek(r) == '"') {
            buf_char(&r->row, '"');
            r->at++;
        } else {
            break;
        }
        if (c == 0)
            return fail(r, ERR_SYNTAX, r->line, "a NUL byte; this is no text", "文件不是文本");
        if (!buf_ok(&r->row))
            return true; /* the caller says so */
    }
    int c = peek(r);
    if (c != ',' && c != '\r' && c != '\n' && c != END)
        return fail(r, ERR_SYNTAX, r->line, "a comma is expected behind the closing quote",
                    "引号之后应是逗号");
    return true;
}

static bool read_plain(struct csv_reader *r)
{
    for (;;) {
        int c = peek(r);
        if (c == ',' || c == '\r' || c == '\n' || c == END)
            return true;
        if (c == 0)
            return fail(r, ERR_SYNTAX, r->line, "a NUL byte; this is no text", "文件不是文本");
        buf_char(&r->row, (char)c);
        r->at++;
        if (!buf_ok(&r->row))
            return true;
    }
}

static bool read_cell(struct csv_reader *r)
{
    if (r->n == LIMIT_CSV_COLUMNS)
        return fail(r, ERR_TOO_BIG, r->row_line, "too many columns", "列数过多");
    if (!(peek(r) == '"' ? read_quoted(r) : read_plain(r)) || err_is(&r->failed))
        return false;
    if (!buf_ok(&r->row))
        return fail(r, ERR_TOO_BIG, r->row_line, "the row is too long", "这一行过长");
    r->ends[r->n++] = r->row.len;
    return true;
}

/* One record, or a blank line; false at the end or on an error. */
static bool read_record(struct csv_reader *r, bool *blank)
{
    int first = peek(r);
    if (first == END)
        return false;
    *blank = first == '\r' || first == '\n';
    buf_clear(&r->row);
    r->row_line = r->line;
    r->n = 0;
    for (;;) {
        if (!read_cell(r))
            return false;
        int c = peek(r);
        if (c == ',') {
            r->at++;
            continue;
        }
        if (c != END)
            take_line_end(r, NULL);
        return !err_is(&r->failed);
    }
}

/* --- the guard against formulas --- */

/* An optional sign and digits with at most one point between them. */
static bool plain_number(struct str s)
{
    size_t i = s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'), digits = 0, points = 0;
    for (; i < s.len; i++) {
        if (s.ptr[i] == '.' && digits)
            points++;
        else if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
            digits++;
        else
            return false;
    }
    return digits && points < 2 && s.ptr[s.len - 1] != '.';
}

/* Apostrophes, then a sign that could begin a formula. */
static bool looks_run(struct str s)
{
    size_t i = 0;
    while (i < s.len && s.ptr[i] == '\'')
        i++;
    return i < s.len && strchr("=+-@\t\r", s.ptr[i]) && s.ptr[i];
}

static bool guarded(struct str s)
{
    return looks_run(s) && !plain_number(s);
}

/* --- the contract --- */

static struct csv_reader *reader_new(void)
{
    struct csv_reader *r = mem_new(sizeof *r);
    memset(r, 0, sizeof *r);
    r->in = BUF(4 * CHUNK);
    r->row = BUF(LIMIT_CSV_ROW);
    r->line = 1;
    return r;
}

static bool opened(struct csv_reader *r, struct csv_reader **out, struct err *e)
{
    if (!find_encoding(r)) {
        if (!err_is(e))
            *e = r->failed;
        csv_close(r);
        return false;
    }
    *out = r;
    return true;
}

bool csv_open(const char *path, struct csv_reader **out, struct err *e)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return err_set(e, ERR_IO, "%s: cannot be opened", path);
    if (!S_ISREG(st.st_mode))
        return err_set(e, ERR_IO, "%s: not a regular file", path);
    gzFile file = gzopen(path, "rbe");
    if (!file)
        return err_set(e, ERR_IO, "%s: cannot be opened", path);
    gzbuffer(file, 2 * CHUNK);
    struct csv_reader *r = reader_new();
    r->file = file;
    r->total = st.st_size;
    return opened(r, out, e);
}

bool csv_open_text(struct str text, struct csv_reader **out, struct err *e)
{
    struct csv_reader *r = reader_new();
    r->text = text;
    r->total = (int64_t)text.len;
    return opened(r, out, e);
}

void csv_close(struct csv_reader *r)
{
    if (!r)
        return;
    if (r->file)
        gzclose(r->file);
    if (r->gb)
        ucnv_close(r->gb);
    buf_free(&r->in);
    buf_free(&r->row);
    free(r);
}

bool csv_next(struct csv_reader *r, struct str **cells, size_t *n, struct err *e)
{
    bool blank = true;
    while (blank && !err_is(&r->failed))
        if (!read_record(r, &blank))
            break;
    if (err_is(&r->failed) && !err_is(e))
        *e = r->failed;
    if (blank || err_is(&r->failed))
        return false;
    for (size_t i = 0, from = 0; i < r->n; from = r->ends[i++]) {
        struct str s = {r->row.ptr ? r->row.ptr + from : "", r->ends[i] - from};
        if (s.len && s.ptr[0] == '\'' && looks_run(s))
            s = (struct str){s.ptr + 1, s.len - 1};
        r->cells[i] = s;
    }
    *cells = r->cells;
    *n = r->n;
    return true;
}

int64_t csv_line(const struct csv_reader *r)
{
    return r->row_line;
}

int64_t csv_bytes_read(const struct csv_reader *r)
{
    return r->file ? (int64_t)gzoffset(r->file) : (int64_t)r->text_at;
}

int64_t csv_bytes_total(const struct csv_reader *r)
{
    return r->total;
}

static bool needs_quotes(struct str s)
{
    if (!s.len)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (strchr(",\"\r\n", s.ptr[i]) && s.ptr[i])
            return true;
    return s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ';
}

void csv_write_row(struct buf *b, const struct str *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct str s = cells[i];
        /* one empty cell would be a blank line, and those are skipped */
        bool quotes = needs_quotes(s) || (n == 1 && !s.len);
        buf_c(b, i ? "," : "");
        buf_c(b, quotes ? "\"" : "");
        buf_c(b, guarded(s) ? "'" : "");
        for (size_t k = 0; k < s.len; k++) {
            buf_c(b, s.ptr[k] == '"' ? "\"" : "");
            buf_char(b, s.ptr[k]);
        }
        buf_c(b, quotes ? "\"" : "");
    }
    buf_c(b, "\r\n");
}
