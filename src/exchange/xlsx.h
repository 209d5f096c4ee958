/* exchange/xlsx.h - spreadsheets: read with libzip + expat, written with libxlsxwriter in constant
 * memory.  Limits against hostile files: LIMIT_XLSX_UNPACKED, ratio 200, 1 M rows, DOCTYPE refused,
 * 32 k characters a cell. */
#pragma once
#include "base/err.h"
#include "base/time.h"

struct xlsx_reader;
/* The first sheet, or the named one.  Dates become "2024-09-09" or "2024-09-09 08:50:00", booleans
 * TRUE/FALSE, numbers their shortest decimal text, errors "". */
MUST_USE bool xlsx_open(const char *path, struct str sheet, struct xlsx_reader **out,
                        struct err *e);
void xlsx_close(struct xlsx_reader *r);
bool xlsx_next(struct xlsx_reader *r, struct str **cells, size_t *n,
               struct err *e); /* as csv_next */
int64_t xlsx_row(const struct xlsx_reader *r);

enum sheet_kind { SHEET_TEXT, SHEET_INT, SHEET_DECIMAL, SHEET_DATE, SHEET_TIME };
struct sheet_column {
    struct str title;
    enum sheet_kind kind;
    int decimals;
    int width; /* characters, 0: by kind */
};
struct sheet_cell {
    bool null;
    int64_t i; /* INT, DECIMAL (scaled), DATE (day), TIME (ms) */
    struct str s;
};

struct xlsx_writer;
MUST_USE bool xlsx_create(const char *path, struct str sheet, const struct sheet_column *cols,
                          size_t n, const struct zone *zone, struct xlsx_writer **out,
                          struct err *e);
MUST_USE bool xlsx_row_add(struct xlsx_writer *w, const struct sheet_cell *cells, struct err *e);
MUST_USE bool xlsx_finish(struct xlsx_writer *w, struct err *e); /* frees w in any case */
