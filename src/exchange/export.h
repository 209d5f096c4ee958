/* exchange/export.h - records as rows of a table: for CSV, xlsx and JSON, one record at a time, so
 * that any list leaves in constant memory.
 *
 * The columns are the head (number, state, area, times, holder) and the fields of the type's version
 * in force, in their order; a place takes three columns (text, lon, lat).  Files and tables of rows are
 * left out, and accounts: no table leaves that could be counted by person.  Details of persons and vault
 * texts are masked, and all texts of a sealed record. */
#pragma once
#include "exchange/xlsx.h"
#include "record/change.h"

/* RAW: codes instead of their names, ids as titles: for programs, and to be imported again. */
enum export_words { EXPORT_ZH, EXPORT_EN, EXPORT_RAW };
enum export_part { EXPORT_FIELD, EXPORT_PLACE_TEXT, EXPORT_PLACE_LON, EXPORT_PLACE_LAT };

struct export_column {
    struct sheet_column sheet; /* title and kind */
    struct str id;             /* "category", "place.lon" */
    int field;                 /* index in def->fields, -1: of the head */
    int head;                  /* which of the head, when it is */
    enum export_part part;
};

struct export_list {
    struct store *db;
    const struct keys *keys;
    const struct world *w;
    const struct playbook *playbook;
    const struct record_def *def;
    enum export_words words;
    struct export_column *columns;
    size_t n;
};

/* In the language of the list: English falls back to Chinese. */
struct str export_name(const struct export_list *x, const struct words *w);
MUST_USE bool export_open(struct arena *a, struct store *db, const struct keys *keys,
                          const struct world *w, struct str type, enum export_words words,
                          struct export_list *out, struct err *e);
/* Keeps only the columns of these ids, "number,type,place.text", in this order; a place's id alone stands for
 * its three.  On "columns" ERR_INPUT for what is none, ERR_PRIVACY for an account. */
MUST_USE bool export_pick(struct arena *a, struct export_list *x, struct str ids, struct err *e);
/* cells: one for each column, living in `a`. */
MUST_USE bool export_cells(struct arena *a, const struct export_list *x, const struct record *r,
                           struct sheet_cell *cells, struct err *e);
/* As the text of a CSV cell; empty: "". */
struct str export_cell_text(struct arena *a, const struct export_list *x, const struct export_column *c,
                            const struct sheet_cell *v);
void export_csv_head(struct arena *a, const struct export_list *x, struct buf *out);
void export_csv_row(struct arena *a, const struct export_list *x, const struct sheet_cell *cells,
                    struct buf *out);
/* {"id","type","version","number",…,"fields":{…}}; what is empty is left out.  x must be raw and
 * have all its columns. */
void export_json_row(const struct export_list *x, const struct record *r,
                     const struct sheet_cell *cells, struct json_out *o);
