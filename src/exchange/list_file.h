/* exchange/list_file.h - a list of any length as CSV or as xlsx, in the memory of one page. */
#pragma once
#include "exchange/export.h"
#include "search/find_pages.h"

enum list_kind { LIST_CSV, LIST_XLSX };

struct list_file {
    const struct export_list *x;
    struct find_pages *pages;
    /* Asked after each page: false ends it with the error that it set.  NULL is allowed. */
    bool (*go_on)(void *user, int64_t rows, struct err *e);
    void *user;
};
/* CSV as UTF-8 with a BOM; out is flushed. */
MUST_USE bool list_csv(const struct list_file *l, FILE *out, struct err *e);
MUST_USE bool list_xlsx(const struct list_file *l, const char *path, struct err *e);
/* Over what stands there.  After an error the file is not whole. */
MUST_USE bool list_file(const struct list_file *l, enum list_kind kind, const char *path, struct err *e);
