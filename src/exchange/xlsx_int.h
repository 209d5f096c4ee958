/* exchange/xlsx_int.h - what a cell of a sheet says; shared by the reader and its tests. */
#pragma once
#include "base/err.h"

/* How Excel shows a number. */
enum xlsx_style { XLSX_NUMBER, XLSX_DATE, XLSX_ELAPSED /* [h]:mm:ss */ };

enum { XLSX_CELL = 32767, XLSX_ROWS = 1048576 }; /* characters, rows: Excel's own limits */

/* By the number of the format; ids below 164 that a file does not spell out are built in. */
enum xlsx_style xlsx_style_of_id(int64_t id);
enum xlsx_style xlsx_style_of_code(struct str code);

/* The text of a numeric cell: decimal, without exponent, at most 15 digits that count (more are the
 * noise of binary fractions; whole numbers are kept as written), or date and time.  What is no
 * number is given as it stands. */
void xlsx_number(struct buf *out, struct str v, enum xlsx_style style, bool from_1904);

/* _x000D_ and the like become the character; what cannot stand in a text becomes nothing. */
void xlsx_unescape(struct buf *out, struct str s);

/* Column of "BC12", from 0; false when the text does not begin with 1 to 3 letters. */
bool xlsx_column(struct str ref, size_t *column);

/* A path inside the file, of `target` as named by `from`: "xl/workbook.xml" and "../a.xml" give
 * "a.xml". */
struct str xlsx_path(struct arena *a, struct str from, struct str target);
