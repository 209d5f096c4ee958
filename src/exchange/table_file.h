/* exchange/table_file.h - a table of texts, written row by row as CSV (UTF-8 with a BOM) or as xlsx. */
#pragma once
#include "base/err.h"

enum table_kind { TABLE_CSV, TABLE_XLSX };
/* By the ending of the name; everything that is not .xlsx is CSV. */
enum table_kind table_kind_of(const char *path);

struct table_file;
/* name: of the sheet.  n: 1 to LIMIT_CSV_COLUMNS. */
MUST_USE bool table_file_open(const char *path, enum table_kind kind, struct str name, const struct str *titles,
                              size_t n, struct table_file **out, struct err *e);
/* One cell for each title. */
MUST_USE bool table_file_row(struct table_file *t, const struct str *cells, struct err *e);
/* The rest is written; frees t in any case.  NULL is allowed. */
MUST_USE bool table_file_close(struct table_file *t, struct err *e);
