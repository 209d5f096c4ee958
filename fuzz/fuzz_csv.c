/* CSV from anywhere: read or refused; what was read, written and read again is the same. */
#include "exchange/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool read_all(struct str text, struct buf *again, size_t *rows, struct err *e)
{
    struct csv_reader *r;
    struct str *cells;
    size_t n;
    if (!csv_open_text(text, &r, e))
        return false;
    int64_t line = 0;
    for (*rows = 0; csv_next(r, &cells, &n, e); ++*rows) {
        ASSERT(n > 0 && n <= LIMIT_CSV_COLUMNS);
        ASSERT(csv_line(r) > line);
        line = csv_line(r);
        for (size_t i = 0; i < n; i++)
            ASSERT(str_utf8_ok(cells[i]));
        csv_write_row(again, cells, n);
    }
    ASSERT(err_is(e) || csv_bytes_read(r) == csv_bytes_total(r));
    csv_close(r);
    return !err_is(e);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf once AUTO(buf_free) = BUF(64 << 20), twice AUTO(buf_free) = BUF(64 << 20);
    struct err e = ERR_INIT;
    size_t rows, rows_again;
    bool ok = read_all((struct str){(const char *)data, size}, &once, &rows, &e);
    ASSERT(ok || e.text[0]);
    err_clear(&e);
    if (!once.len)
        return 0;
    /* a first cell that begins with U+FEFF is a BOM the second time: not the writer's matter */
    if (str_starts(buf_view(&once), STR(CSV_BOM)))
        return 0;
    ASSERT(read_all(buf_view(&once), &twice, &rows_again, &e));
    ASSERT(!ok || rows == rows_again);
    ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
    return 0;
}
