/* exchange/csv.h - CSV (RFC 4180) in and out.  UTF-8 with or without BOM, or GB18030.
 *
 * A file is read twice, first only to see its encoding: all valid UTF-8 is UTF-8; a few broken bytes
 * among many good characters are an error with their line; else it is GB18030 (ICU), strictly.
 * What comes out is valid UTF-8 without NUL.  Lines end with LF, CR LF or CR.
 *
 * The guard: a written cell that begins with = + - @ tab or CR gets an apostrophe in front unless it
 * is a plain number, so that no spreadsheet runs it; reading takes that apostrophe off again.  (A
 * cell that has apostrophes before such a sign gets one more, so reading gives what was written.) */
#pragma once
#include "base/err.h"

/* In front of a file that Excel shall open. */
#define CSV_BOM "\xEF\xBB\xBF"

struct csv_reader;
/* Reads a regular file piece by piece, plain or gzip. */
MUST_USE bool csv_open(const char *path, struct csv_reader **out, struct err *e);
/* The text must live as long as the reader. */
MUST_USE bool csv_open_text(struct str text, struct csv_reader **out, struct err *e);
void csv_close(struct csv_reader *r);
/* The next record: cells borrowed until the next call.  false at the end or on error (check e).
 * Errors name the line. Blank lines are skipped.  Limits: LIMIT_CSV_ROW, LIMIT_CSV_COLUMNS. */
bool csv_next(struct csv_reader *r, struct str **cells, size_t *n, struct err *e);
int64_t csv_line(const struct csv_reader *r);        /* where the last record began, from 1 */
int64_t csv_bytes_read(const struct csv_reader *r);  /* of the file, for a progress bar */
int64_t csv_bytes_total(const struct csv_reader *r); /* 0 when not known */

/* Appends one record, quoted where needed, ending with CR LF. */
void csv_write_row(struct buf *b, const struct str *cells, size_t n);
