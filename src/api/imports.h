/* api/imports.h - the tables that are being brought in (imports.c). */
#pragma once

struct imports;
struct imports *imports_new(void);
/* Running imports stop at their next row, and are waited for. */
void imports_free(struct imports *m); /* NULL is allowed */
