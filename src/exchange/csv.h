/* exchange/csv.h - CSV (RFC 4180) in and out.  UTF-8 with or without BOM, or GB18030 (found by
 * validity: bytes that are no UTF-8 are read as GB18030 through ICU). */
#pragma once
#include "base/err.h"

struct csv_reader;
/* Reads a file piece by piece; gz when the name ends in .gz. */
MUST_USE bool csv_open(const char *path, struct csv_reader **out, struct err *e);
MUST_USE bool csv_open_text(struct str text, struct csv_reader **out, struct err *e);
void csv_close(struct csv_reader *r);
/* The next record: cells borrowed until the next call.  false at the end or on error (check e).
 * Errors name the line. Blank lines are skipped.  Limits: LIMIT_CSV_ROW, LIMIT_CSV_COLUMNS. */
bool csv_next(struct csv_reader *r, struct str **cells, size_t *n, struct err *e);
int64_t csv_line(const struct csv_reader *r);
int64_t csv_bytes_read(const struct csv_reader *r);  /* of the file, for a progress bar */
int64_t csv_bytes_total(const struct csv_reader *r); /* 0 when not known */

/* Writing: quotes where needed; a cell that begins with = + - @ or a tab gets an apostrophe in front
 * unless it is a plain number, so that no spreadsheet runs it. */
void csv_write_row(struct buf *b, const struct str *cells, size_t n);
