#include "exchange/sheet.h"
#include "exchange/csv.h"
#include "exchange/xlsx.h"
#include <errno.h>

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
