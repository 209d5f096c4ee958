/* exchange/sheet.h - rows of a table, whether it came as CSV or as xlsx (told by its first bytes). */
#pragma once
#include "base/err.h"

struct sheet;
MUST_USE bool sheet_open(const char *path, struct sheet **out, struct err *e);
/* The same, and the row that names the columns, living in `a`; empty cells behind the last name are cut off.
 * Rows of one cell above a wider row are the heading of a ledger and are passed over. */
MUST_USE bool sheet_open_table(struct arena *a, const char *path, struct sheet **out, struct str **header, size_t *n,
                               struct err *e);
void sheet_close(struct sheet *s); /* NULL is allowed */
void sheet_closep(struct sheet **s);
/* The next row, borrowed until the next call; rows without any text are skipped. false at the end or
 * on error (check e). */
bool sheet_next(struct sheet *s, struct str **cells, size_t *n, struct err *e);
int64_t sheet_line(const struct sheet *s); /* of the last row: line of the text, or row of the sheet */
int64_t sheet_done(const struct sheet *s); /* how far, for a progress bar */
int64_t sheet_total(const struct sheet *s); /* 0: not known */
