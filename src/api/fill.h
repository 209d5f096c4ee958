/* api/fill.h - documents of a record, filled from their templates (playbook/template.h). */
#pragma once
#include "api/api_int.h"
#include "paper/paper.h"

struct fill_entry { /* a line of a dossier's contents */
    struct str name, note;
    int mark; /* 0: it is not in the file */
};

struct fill {
    struct view view;
    struct paper *paper;
    enum paper_style style;
    const struct json *shown; /* vault fields that may be shown: a list of ids, or NULL */
    struct str link, digits;  /* a receipt's; STR_NONE elsewhere */
    int32_t slip_day;         /* DAY_NONE */
    struct fill_entry *contents;
    size_t n_contents;
    int64_t picture_bytes; /* so far */
    const int *widths;     /* of the next table */
    int n_widths;
};

/* Adds the blocks of one document. */
MUST_USE bool fill_document(struct fill *f, const struct document *doc);
bool fill_holds(struct fill *f, const struct expr *when); /* NULL holds */
bool fill_has(const struct fill *f, struct str doc);      /* something is attached under it */
bool fill_shows(const struct fill *f, const struct field *x);
/* Adds a stored file as a picture; *shown = false when it is none that can be printed. */
MUST_USE bool fill_picture(struct fill *f, const struct json *file, struct str caption,
                           bool *shown);
/* Marks the vault fields that the template prints. */
void fill_details(const struct record_def *def, const struct tpl *t, bool *used);
