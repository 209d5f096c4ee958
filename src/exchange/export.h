/* exchange/export.h - records as rows of a table: for CSV, xlsx and JSON, one record at a time, so
 * that any list leaves in constant memory.
 *
 * The columns are the head (number, state, area, times) and the fields of the type's version in
 * force, in their order; a place takes three columns (text, lon, lat), files and tables of rows are
 * left out.  Details of persons and vault texts are masked, and all texts of a sealed record. */
#pragma once
#include "exchange/xlsx.h"
#include "record/change.h"

enum export_part { EXPORT_FIELD, EXPORT_PLACE_TEXT, EXPORT_PLACE_LON, EXPORT_PLACE_LAT };

struct export_column {
    struct sheet_column sheet; /* title in Chinese; kind */
    struct str id;             /* "category", "place.lon" */
    int field;                 /* index in def->fields, -1: of the head */
    enum export_part part;
};

struct export_list {
    struct store *db;
    const struct keys *keys;
    const struct world *w;
    const struct playbook *playbook;
    const struct record_def *def;
    bool raw; /* codes instead of their names, ids as titles: for programs, and to be imported again */
    struct export_column *columns;
    size_t n;
};

MUST_USE bool export_open(struct arena *a, struct store *db, const struct keys *keys,
                          const struct world *w, struct str type, bool raw,
                          struct export_list *out, struct err *e);
/* cells: one for each column, living in `a`. */
MUST_USE bool export_cells(struct arena *a, const struct export_list *x, const struct record *r,
                           struct sheet_cell *cells, struct err *e);
/* As the text of a CSV cell; empty: "". */
struct str export_cell_text(struct arena *a, const struct export_list *x, const struct export_column *c,
                            const struct sheet_cell *v);
void export_csv_head(struct arena *a, const struct export_list *x, struct buf *out);
void export_csv_row(struct arena *a, const struct export_list *x, const struct sheet_cell *cells,
                    struct buf *out);
/* {"id","type","version","number",…,"fields":{…}}; what is empty is left out.  x must be raw. */
void export_json_row(const struct export_list *x, const struct record *r,
                     const struct sheet_cell *cells, struct json_out *o);
