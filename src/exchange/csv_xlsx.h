/* exchange/csv_xlsx.h - a table that stands as CSV becomes a spreadsheet. */
#pragma once
#include "base/err.h"

/* The first row names the columns.  A column in which every cell is a plain number of at most ten digits, without
 * leading zeros, becomes numbers that can be summed; all others stay texts.  name: of the sheet. */
MUST_USE bool csv_to_xlsx(struct arena *a, const char *csv, const char *xlsx, struct str name, struct err *e);
