#include "exchange/sheet.h"
#include "exchange/csv.h"
#include "exchange/xlsx.h"
#include <errno.h>

enum { HEADINGS = 5 }; /* rows above the names of the columns, at most */

struct sheet {
    struct csv_reader *csv; /* or */
    struct xlsx_reader *xlsx;
};

static bool is_zip(const char *path, bool *yes, struct err *e)
{
    char head[4] = {0};
    FILE *f = fopen(path, "rb");
    if (!f)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    size_t n = fread(head, 1, sizeof head, f);
    fclose(f);
    *yes = n == sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0;
    return true;
}

bool sheet_open(const char *path, struct sheet **out, struct err *e)
{
    struct sheet s = {NULL, NULL};
    bool zip = false;
    if (!is_zip(path, &zip, e))
        return false;
    if (!(zip ? xlsx_open(path, STR_NONE, &s.xlsx, e) : csv_open(path, &s.csv, e)))
        return false;
    *out = mem_new(sizeof s);
    **out = s;
    return true;
}

/* How many cells of a row say something, and how far the last of them lies. */
static size_t filled(const struct str *cells, size_t n, size_t *width)
{
    size_t count = 0;
    *width = 0;
    for (size_t i = 0; i < n; i++)
        if (str_trim(cells[i]).len) {
            count++;
            *width = i + 1;
        }
    return count;
}

/* How many rows at the top are a heading and no names of columns. */
static bool headings(const char *path, size_t *out, struct err *e)
{
    struct sheet *s AUTO(sheet_closep) = NULL;
    struct str *cells;
    size_t n, width;
    *out = 0;
    if (!sheet_open(path, &s, e))
        return false;
    for (size_t i = 0; i <= HEADINGS && sheet_next(s, &cells, &n, e); i++)
        if (filled(cells, n, &width) > 1) {
            *out = i;
            break;
        }
    return !err_is(e);
}

bool sheet_open_table(struct arena *a, const char *path, struct sheet **out, struct str **header, size_t *n,
                      struct err *e)
{
    struct str *cells = NULL;
    struct sheet *s;
    size_t above, all = 0;
    if (!headings(path, &above, e) || !sheet_open(path, &s, e))
        return false;
    bool there = true;
    for (size_t i = 0; i <= above && there; i++)
        there = sheet_next(s, &cells, &all, e);
    if (!there) {
        sheet_close(s);
        return err_is(e) ? false : err_set(e, ERR_INPUT, "%s: the file is empty", path) || err_zh(e, "文件是空的");
    }
    filled(cells, all, n);
    *header = ARENA_ARRAY(a, struct str, *n + 1);
    for (size_t i = 0; i < *n; i++)
        (*header)[i] = str_dup(a, str_trim(cells[i]));
    *out = s;
    return true;
}

void sheet_close(struct sheet *s)
{
    if (!s)
        return;
    if (s->csv)
        csv_close(s->csv);
    if (s->xlsx)
        xlsx_close(s->xlsx);
    free(s);
}

void sheet_closep(struct sheet **s)
{
    sheet_close(*s);
}

bool sheet_next(struct sheet *s, struct str **cells, size_t *n, struct err *e)
{
    while (s->csv ? csv_next(s->csv, cells, n, e) : xlsx_next(s->xlsx, cells, n, e))
        for (size_t i = 0; i < *n; i++)
            if (str_trim((*cells)[i]).len)
                return true;
    return false;
}

int64_t sheet_line(const struct sheet *s)
{
    return s->csv ? csv_line(s->csv) : xlsx_row(s->xlsx);
}

int64_t sheet_done(const struct sheet *s)
{
    return s->csv ? csv_bytes_read(s->csv) : xlsx_row(s->xlsx);
}

int64_t sheet_total(const struct sheet *s)
{
    return s->csv ? csv_bytes_total(s->csv) : 0;
}
