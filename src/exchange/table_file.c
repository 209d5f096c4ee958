#include "exchange/table_file.h"
#include "exchange/csv.h"
#include "exchange/xlsx.h"
#include <errno.h>

struct table_file {
    size_t n;
    FILE *csv; /* or */
    struct xlsx_writer *xlsx;
    struct sheet_cell *cells; /* of one row, for xlsx */
};

enum table_kind table_kind_of(const char *path)
{
    return str_ends(str_of(path), STR(".xlsx")) ? TABLE_XLSX : TABLE_CSV;
}

static bool csv_row(struct table_file *t, const struct str *cells, struct err *e)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_CSV_ROW * 4);
    csv_write_row(&b, cells, t->n);
    if (!buf_ok(&b))
        return err_set(e, ERR_TOO_BIG, "a row is too large to be written");
    return fwrite(b.ptr, 1, b.len, t->csv) == b.len ||
           err_set(e, ERR_IO, "a row cannot be written: %s", strerror(errno));
}

static bool open_csv(struct table_file *t, const char *path, const struct str *titles, struct err *e)
{
    t->csv = fopen(path, "wbe");
    if (!t->csv)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    fputs(CSV_BOM, t->csv);
    return csv_row(t, titles, e);
}

/* Cells are texts: a code must keep its leading zeros. */
static bool open_xlsx(struct table_file *t, const char *path, struct str name, const struct str *titles, struct err *e)
{
    struct sheet_column *cols = mem_new(t->n * sizeof *cols);
    for (size_t i = 0; i < t->n; i++)
        cols[i] = (struct sheet_column){.title = titles[i], .kind = SHEET_TEXT};
    bool ok = xlsx_create(path, name, cols, t->n, NULL, &t->xlsx, e);
    free(cols);
    if (ok)
        t->cells = mem_new(t->n * sizeof *t->cells);
    return ok;
}

/* What could not be opened is closed, whatever comes of it. */
static void discard(struct table_file *t)
{
    struct err ignored = ERR_INIT;
    if (!table_file_close(t, &ignored))
        err_clear(&ignored);
}

bool table_file_open(const char *path, enum table_kind kind, struct str name, const struct str *titles, size_t n,
                     struct table_file **out, struct err *e)
{
    if (!n || n > LIMIT_CSV_COLUMNS)
        return err_set(e, ERR_TOO_BIG, "a table has 1 to %d columns", LIMIT_CSV_COLUMNS);
    struct table_file *t = mem_new(sizeof *t);
    *t = (struct table_file){.n = n};
    bool ok = kind == TABLE_XLSX ? open_xlsx(t, path, name, titles, e) : open_csv(t, path, titles, e);
    if (ok)
        *out = t;
    else
        discard(t);
    return ok;
}

bool table_file_row(struct table_file *t, const struct str *cells, struct err *e)
{
    if (t->csv)
        return csv_row(t, cells, e);
    for (size_t i = 0; i < t->n; i++)
        t->cells[i] = (struct sheet_cell){.null = !cells[i].len, .s = cells[i]};
    return xlsx_row_add(t->xlsx, t->cells, e);
}

bool table_file_close(struct table_file *t, struct err *e)
{
    bool ok = true;
    if (!t)
        return true;
    if (t->csv) {
        bool bad = ferror(t->csv) != 0;
        bad |= fclose(t->csv) != 0;
        ok = !bad || err_set(e, ERR_IO, "the table could not be written to its end");
    }
    if (t->xlsx)
        ok = xlsx_finish(t->xlsx, e);
    free(t->cells);
    free(t);
    return ok;
}
