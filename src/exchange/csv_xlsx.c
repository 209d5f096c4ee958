#include "exchange/csv_xlsx.h"
#include "exchange/csv.h"
#include "exchange/xlsx.h"

enum { DIGITS = 10, DECIMALS_MOST = 9 };

struct making {
    struct arena *a;
    struct sheet_column *cols;
    bool *filled;
    size_t n;
};

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A number as a person would type it; *decimals: how many it has. */
static bool plain_number(struct str s, int *decimals)
{
    size_t i = s.len && s.ptr[0] == '-', from = i;
    while (i < s.len && digit(s.ptr[i]))
        i++;
    size_t whole = i - from;
    if (!whole || whole > DIGITS || (whole > 1 && s.ptr[from] == '0'))
        return false;
    *decimals = 0;
    if (i == s.len)
        return true;
    if (s.ptr[i++] != '.')
        return false;
    *decimals = (int)(s.len - i);
    while (i < s.len && digit(s.ptr[i]))
        i++;
    return i == s.len && *decimals > 0 && *decimals <= DECIMALS_MOST;
}

static void begin(struct making *m, const struct str *header, size_t n)
{
    m->n = n;
    m->cols = ARENA_ARRAY(m->a, struct sheet_column, n);
    m->filled = ARENA_ARRAY(m->a, bool, n);
    for (size_t i = 0; i < n; i++)
        m->cols[i] = (struct sheet_column){.title = str_dup(m->a, header[i]), .kind = SHEET_DECIMAL};
}

static void note(struct making *m, const struct str *cells, size_t n)
{
    for (size_t i = 0; i < m->n && i < n; i++) {
        struct sheet_column *c = &m->cols[i];
        int decimals;
        if (!cells[i].len || c->kind == SHEET_TEXT)
            continue;
        m->filled[i] = true;
        if (!plain_number(cells[i], &decimals))
            c->kind = SHEET_TEXT;
        else if (decimals > c->decimals)
            c->decimals = decimals;
    }
}

static bool look(struct making *m, const char *path, struct err *e)
{
    struct csv_reader *r;
    struct str *cells;
    size_t n;
    if (!csv_open(path, &r, e))
        return false;
    if (csv_next(r, &cells, &n, e))
        begin(m, cells, n);
    while (m->n && csv_next(r, &cells, &n, e))
        note(m, cells, n);
    csv_close(r);
    for (size_t i = 0; i < m->n; i++)
        if (!m->filled[i])
            m->cols[i].kind = SHEET_TEXT;
    if (err_is(e))
        return false;
    return m->n || err_set(e, ERR_INPUT, "the table is empty");
}

static bool write_row(const struct making *m, struct xlsx_writer *w, const struct str *cells, size_t n,
                      struct sheet_cell *row, struct err *e)
{
    for (size_t i = 0; i < m->n; i++) {
        struct str s = i < n ? cells[i] : STR_NONE;
        row[i] = (struct sheet_cell){.null = !s.len, .s = s};
        if (s.len && m->cols[i].kind == SHEET_DECIMAL && !str_decimal(s, m->cols[i].decimals, &row[i].i))
            return err_set(e, ERR_INTERNAL, "a number of a table changed");
    }
    return xlsx_row_add(w, row, e);
}

static bool copy(const struct making *m, const char *path, struct xlsx_writer *w, struct err *e)
{
    struct sheet_cell *row = ARENA_ARRAY(m->a, struct sheet_cell, m->n);
    struct csv_reader *r;
    struct str *cells;
    size_t n;
    if (!csv_open(path, &r, e))
        return false;
    bool ok = csv_next(r, &cells, &n, e);
    while (ok && csv_next(r, &cells, &n, e))
        ok = write_row(m, w, cells, n, row, e);
    csv_close(r);
    return ok && !err_is(e);
}

bool csv_to_xlsx(struct arena *a, const char *csv, const char *xlsx, struct str name, struct err *e)
{
    struct making m = {.a = a};
    struct xlsx_writer *w;
    struct err closing = ERR_INIT;
    if (!look(&m, csv, e) || !xlsx_create(xlsx, name, m.cols, m.n, NULL, &w, e))
        return false;
    bool ok = copy(&m, csv, w, e);
    return xlsx_finish(w, ok ? e : &closing) && ok;
}
