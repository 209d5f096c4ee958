/* exchange/bulletin_file.h - a bulletin as it leaves the house, and what comes back of it.
 *
 * The public JSON holds the prose with its codes ("98.4%[F3]"), and of each figure what it is, its
 * numbers as far as they may leave, and the size of the log it was taken at.  A docx or PDF bears the
 * same text and the line 核验号：NUMBER, by which the frozen figures are found again. */
#pragma once
#include "measure/bulletin.h"
#include "record/change.h"

struct bulletin {
    const struct record *record;
    struct str number, title, prose, area_name;
    int32_t from, to;
    int64_t size; /* of the log when its figures were taken; -1: none were */
};

/* *is = false: this type of record has no action that takes figures. */
MUST_USE bool bulletin_open(struct store *db, struct arena *a, const struct world *w,
                            const struct keys *keys, const struct record *r, bool *is,
                            struct bulletin *out, struct err *e);
/* What stands beside a frozen figure, as far as it may leave; NULL: nothing. */
const struct json *bulletin_beside(const struct json *part);
/* One JSON object. */
void bulletin_write(struct json_out *o, const struct world *w, const struct bulletin *b);
/* The Chinese name of an indicator by its "playbook.id"; the id itself when no version in force has it. */
struct str bulletin_indicator(const struct world *w, struct str id);
/* The corrections of the bulletin before, one sentence each: 较上期公布数修正…; nothing when there are
 * none. */
void bulletin_corrections_text(struct buf *b, const struct world *w, const struct json *parts);

/* The text of a JSON, docx or PDF file, told by its content.  PDF is read by pdftotext (poppler-utils)
 * in a process of its own.  Errors: ERR_IO, ERR_SYNTAX, ERR_TOO_BIG. */
MUST_USE bool bulletin_read_file(struct arena *a, const char *path, struct str *text, struct err *e);
/* The number behind 核验号, or "number" of the JSON; STR_NONE. */
struct str bulletin_number_in(struct arena *a, struct str text);
