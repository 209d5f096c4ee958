#include "exchange/list_file.h"
#include "exchange/csv.h"
#include <errno.h>

struct sink {
    const struct export_list *x;
    FILE *csv;
    struct xlsx_writer *xlsx;
};

static bool cannot_write(struct err *e)
{
    return err_set(e, ERR_IO, "cannot write: %s", strerror(errno));
}

static bool put_text(const struct buf *b, FILE *out, struct err *e)
{
    return fwrite(b->ptr, 1, b->len, out) == b->len || cannot_write(e);
}

static bool put_row(const struct sink *s, struct arena *a, const struct record *r, struct err *e)
{
    struct sheet_cell *cells = ARENA_ARRAY(a, struct sheet_cell, s->x->n);
    struct buf b AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    if (!export_cells(a, s->x, r, cells, e))
        return false;
    if (s->xlsx)
        return xlsx_row_add(s->xlsx, cells, e);
    export_csv_row(a, s->x, cells, &b);
    return put_text(&b, s->csv, e);
}

static bool put_pages(const struct list_file *l, const struct sink *s, struct err *e)
{
    struct find_answer page;
    do {
        if (!find_pages_next(l->pages, &page, e))
            return false;
        for (size_t i = 0; i < page.n; i++)
            if (!put_row(s, l->pages->a, page.rows[i], e))
                return false;
        if (page.n && l->go_on && !l->go_on(l->user, l->pages->done, e))
            return false;
    } while (page.n);
    return true;
}

bool list_csv(const struct list_file *l, FILE *out, struct err *e)
{
    struct sink s = {.x = l->x, .csv = out};
    struct buf head AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    buf_c(&head, CSV_BOM);
    export_csv_head(l->pages->a, l->x, &head);
    return put_text(&head, out, e) && put_pages(l, &s, e) && (fflush(out) == 0 || cannot_write(e));
}

bool list_xlsx(const struct list_file *l, const char *path, struct err *e)
{
    const struct export_list *x = l->x;
    struct sink s = {.x = x};
    struct err closing = ERR_INIT;
    struct sheet_column *cols = ARENA_ARRAY(l->pages->a, struct sheet_column, x->n);
    for (size_t i = 0; i < x->n; i++)
        cols[i] = x->columns[i].sheet;
    if (!xlsx_create(path, export_name(x, &x->def->name), cols, x->n, x->w->zone, &s.xlsx, e))
        return false;
    bool ok = put_pages(l, &s, e);
    return xlsx_finish(s.xlsx, ok ? e : &closing) && ok;
}

bool list_file(const struct list_file *l, enum list_kind kind, const char *path, struct err *e)
{
    if (kind == LIST_XLSX)
        return list_xlsx(l, path, e);
    FILE *out = fopen(path, "wb");
    if (!out)
        return err_set(e, ERR_IO, "%s: %s", path, strerror(errno));
    bool ok = list_csv(l, out, e);
    if (fclose(out) != 0 && ok)
        return cannot_write(e);
    return ok;
}
