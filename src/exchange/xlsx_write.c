#include "exchange/xlsx.h"
#include "exchange/xlsx_int.h"
#include <xlsxwriter.h>

/* Doubles hold whole numbers up to here, and Excel shows 15 digits: larger ones are written as text. */
static const int64_t EXACT = INT64_C(999999999999999);
enum { SHEET_NAME = 31, SERIAL_1970 = 25569, DECIMALS = 15 };

struct xlsx_writer {
    lxw_workbook *book;
    lxw_worksheet *sheet;
    const struct zone *zone;
    size_t n;
    struct column {
        enum sheet_kind kind;
        int decimals;
        lxw_format *format; /* NULL: general */
    } * cols;
    lxw_row_t row;
    struct buf text; /* one cell, ended by a NUL */
};

/* --- texts --- */

static bool looks_escaped(struct str s, size_t i)
{
    struct buf b AUTO(buf_free) = BUF(16);
    if (i + 7 > s.len || s.ptr[i] != '_')
        return false;
    struct str part = {s.ptr + i, 7};
    xlsx_unescape(&b, part);
    return !str_eq(buf_view(&b), part);
}

/* UTF-8 that XML can carry, with a NUL behind.  A text like "_x0041_" is written so that it is not
 * read as an escape. */
static const char *clean(struct buf *out, struct str s)
{
    buf_clear(out);
    for (size_t i = 0; i < s.len;) {
        if (looks_escaped(s, i))
            buf_c(out, "_x005F");
        uint32_t c = str_next_char(s, &i);
        if (c == 0xFFFE || c == 0xFFFF)
            c = 0xFFFD;
        if (c >= ' ' || c == '\n' || c == '\t' || c == '\r')
            buf_utf8(out, c);
    }
    buf_char(out, 0);
    return out->ptr;
}

static const char *sheet_name(struct buf *out, struct str name)
{
    buf_clear(out);
    size_t i = 0;
    for (int n = 0; i < name.len && n < SHEET_NAME; n++) {
        uint32_t c = str_next_char(name, &i);
        bool forbidden = c < ' ' || (c < 0x80 && strchr("[]:*?/\\'", (int)c));
        buf_utf8(out, forbidden ? '_' : c);
    }
    if (!out->len)
        buf_c(out, "Sheet1");
    buf_char(out, 0);
    return out->ptr;
}

/* --- columns --- */

static void number_format(const struct column *col, char out[static 40])
{
    static const char zeros[] = "000000000000000"; /* DECIMALS of them */
    switch (col->kind) {
    case SHEET_DECIMAL:
        snprintf(out, 40, col->decimals ? "0.%.*s" : "0", col->decimals, zeros);
        return;
    case SHEET_DATE:
        snprintf(out, 40, "yyyy-mm-dd");
        return;
    case SHEET_TIME:
        snprintf(out, 40, "yyyy-mm-dd hh:mm:ss");
        return;
    case SHEET_INT:
        snprintf(out, 40, "0");
        return;
    case SHEET_TEXT:
        snprintf(out, 40, "@");
        return;
    }
}

static int width_of(const struct sheet_column *c)
{
    static const int BY_KIND[] = {[SHEET_TEXT] = 20,
                                  [SHEET_INT] = 10,
                                  [SHEET_DECIMAL] = 12,
                                  [SHEET_DATE] = 12,
                                  [SHEET_TIME] = 20};
    return c->width > 0 ? c->width : BY_KIND[c->kind];
}

static void write_head(struct xlsx_writer *w, const struct sheet_column *cols)
{
    lxw_format *bold = workbook_add_format(w->book);
    format_set_bold(bold);
    for (size_t i = 0; i < w->n; i++) {
        char format[40];
        w->cols[i].kind = cols[i].kind;
        w->cols[i].decimals = cols[i].decimals;
        number_format(&w->cols[i], format);
        w->cols[i].format = workbook_add_format(w->book);
        format_set_num_format(w->cols[i].format, format);
        worksheet_set_column(w->sheet, (lxw_col_t)i, (lxw_col_t)i, width_of(&cols[i]),
                             w->cols[i].format);
    }
    worksheet_freeze_panes(w->sheet, 1, 0);
    for (size_t i = 0; i < w->n; i++)
        worksheet_write_string(w->sheet, 0, (lxw_col_t)i, clean(&w->text, cols[i].title), bold);
    w->row = 1;
}

static void writer_free(struct xlsx_writer *w)
{
    buf_free(&w->text);
    free(w->cols);
    free(w);
}

bool xlsx_create(const char *path, struct str sheet, const struct sheet_column *cols, size_t n,
                 const struct zone *zone, struct xlsx_writer **out, struct err *e)
{
    ASSERT(n > 0);
    ASSERT(n <= LIMIT_CSV_COLUMNS);
    for (size_t i = 0; i < n; i++) {
        ASSERT(cols[i].decimals >= 0);
        ASSERT(cols[i].decimals <= DECIMALS);
        ASSERT(cols[i].kind != SHEET_TIME || zone);
    }
    FILE *probe = fopen(path, "wbe"); /* the library would say it at the end only, on stderr */
    if (!probe)
        return err_set(e, ERR_IO, "%s: cannot be written", path);
    fclose(probe);
    struct xlsx_writer *w = mem_new(sizeof *w);
    *w = (struct xlsx_writer){.n = n, .zone = zone, .text = BUF(8 * XLSX_CELL)};
    w->cols = mem_new(n * sizeof *w->cols);
    lxw_workbook_options options = {.constant_memory = LXW_TRUE};
    w->book = workbook_new_opt(path, &options);
    w->sheet = w->book ? workbook_add_worksheet(w->book, sheet_name(&w->text, sheet)) : NULL;
    if (!w->sheet) {
        if (w->book)
            lxw_workbook_free(w->book);
        writer_free(w);
        return err_set(e, ERR_IO, "%s: cannot be made", path);
    }
    write_head(w, cols);
    *out = w;
    return true;
}

/* --- cells --- */

static lxw_error put_text(struct xlsx_writer *w, lxw_col_t i, struct str s)
{
    const char *text = clean(&w->text, s);
    if (!buf_ok(&w->text))
        return LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED;
    return worksheet_write_string(w->sheet, w->row, i, text, w->cols[i].format);
}

static lxw_error put_scaled(struct xlsx_writer *w, lxw_col_t i, int64_t v, int decimals)
{
    if (v > EXACT || v < -EXACT) {
        struct buf b AUTO(buf_free) = BUF(64);
        buf_decimal(&b, v, decimals);
        return put_text(w, i, buf_view(&b));
    }
    double scale = 1;
    for (int k = 0; k < decimals; k++)
        scale *= 10;
    return worksheet_write_number(w->sheet, w->row, i, (double)v / scale, w->cols[i].format);
}

/* Sheets know no day before March 1900 that everybody agrees on: such a date is written as text. */
static lxw_error put_date(struct xlsx_writer *w, lxw_col_t i, int32_t day)
{
    int64_t serial = (int64_t)day + SERIAL_1970;
    if (serial > 60 && serial <= 2958465)
        return worksheet_write_number(w->sheet, w->row, i, (double)serial, w->cols[i].format);
    char text[16];
    day_format(day, text);
    return put_text(w, i, str_of(text));
}

static lxw_error put_time(struct xlsx_writer *w, lxw_col_t i, int64_t ms)
{
    struct civil c = zone_civil(w->zone, ms);
    int64_t serial = (int64_t)day_of_civil(c.year, c.month, c.day) + SERIAL_1970;
    int64_t seconds = ((int64_t)c.hour * 60 + c.minute) * 60 + c.second;
    if (serial > 60 && serial <= 2958465)
        return worksheet_write_number(w->sheet, w->row, i,
                                      (double)serial + (double)seconds / (MS_DAY / MS_SECOND),
                                      w->cols[i].format);
    char text[40];
    time_format(w->zone, ms, text);
    return put_text(w, i, str_of(text));
}

static lxw_error put_cell(struct xlsx_writer *w, lxw_col_t i, const struct sheet_cell *cell)
{
    const struct column *col = &w->cols[i];
    if (cell->null)
        return LXW_NO_ERROR;
    switch (col->kind) {
    case SHEET_TEXT:
        return cell->s.len ? put_text(w, i, cell->s) : LXW_NO_ERROR;
    case SHEET_INT:
        return put_scaled(w, i, cell->i, 0);
    case SHEET_DECIMAL:
        return put_scaled(w, i, cell->i, col->decimals);
    case SHEET_DATE:
        return put_date(w, i, (int32_t)cell->i);
    case SHEET_TIME:
        return put_time(w, i, cell->i);
    }
    return LXW_NO_ERROR;
}

bool xlsx_row_add(struct xlsx_writer *w, const struct sheet_cell *cells, struct err *e)
{
    if (w->row >= XLSX_ROWS) {
        err_set(e, ERR_TOO_BIG, "more rows than a sheet can have (%d)", XLSX_ROWS);
        return err_zh(e, "行数超过表格上限（%d 行）", XLSX_ROWS);
    }
    for (size_t i = 0; i < w->n; i++) {
        lxw_error code = put_cell(w, (lxw_col_t)i, &cells[i]);
        if (code == LXW_ERROR_MAX_STRING_LENGTH_EXCEEDED)
            return err_set(e, ERR_TOO_BIG, "column %zu: more than %d characters", i + 1, XLSX_CELL);
        if (code != LXW_NO_ERROR)
            return err_set(e, ERR_IO, "column %zu: %s", i + 1, lxw_strerror(code));
    }
    w->row++;
    return true;
}

bool xlsx_finish(struct xlsx_writer *w, struct err *e)
{
    lxw_error code = workbook_close(w->book);
    writer_free(w);
    return code == LXW_NO_ERROR || err_set(e, ERR_IO, "%s", lxw_strerror(code));
}
