/* exchange/mapping.h - how the columns of somebody else's table become the form of an import action.
 *
 *     import: report.report        # playbook.type; `report` alone where it has one type
 *     action: load                 # may be left out where the type has one import action
 *     source: bos                  # whose numbers `id` are: a constant, or {column: NAME}
 *     id: {column: id}             # or {columns: [year, no]}, joined by "-"
 *     area: {column: division, unknown: keep}      # or reject
 *     known: received_at           # when the source knew it (for equal maturity)
 *     columns:
 *       text: text                 # field: column
 *       category: {column: kind, map: {A: B}, default: C}
 *       source: {value: hotline}   # the same in every row
 *       place: {lon: x, lat: y, text: address}       # also persons: {name: …, phone: …}
 *       topics: {column: topics, split: ";"}         # a field of many values
 *
 * Codes may be given as the code or as its Chinese or English name, units as id or name.  An area is
 * a code, or a path of names ("Boston/Ward 17/1714"): blanks around "/" and capitals do not matter;
 * where the whole path is not known, its longest known beginning is taken.
 * Empty cells empty the field.  What is not mapped is not touched. */
#pragma once
#include "base/hash.h"
#include "record/world.h"

#define MAPPING_WHY "原因" /* last column of a rejects file; never an input */

struct mapping_row_source { /* where one value comes from */
    struct str column;
    int at;             /* index of the column, once bound; -1 */
    struct str value;   /* a constant, or STR_NONE */
    struct json *map;   /* {text of the cell: value}, or NULL */
    struct str fallback;
    struct str split;
    struct json *parts; /* composed value, as written: {key: column or {…}}; NULL: one value */
    struct mapping_row_source *part;
    int n_parts;
};

struct mapping_field {
    struct str name;    /* field id, or opened, closed, due, state */
    int field;          /* index in def->fields, -1 for the four */
    struct mapping_row_source from;
    int line;
};

struct import_map {
    const char *file;
    const struct world *w;
    const struct playbook *playbook;
    const struct record_def *def;
    const struct action *action;
    struct str type;    /* "report.report" */
    struct mapping_row_source source, area, known;
    struct mapping_row_source ids[4];
    int n_ids;
    bool has_area, has_known, reject_area;
    struct mapping_field *fields;
    int n_fields;
    int fallback_area;  /* where rows of an unknown area go */
    size_t n_header;
    struct name_index *areas;  /* codes and paths */
    struct name_index **codes; /* of each list that is used, by its number in the playbook */
    struct name_index *orgs;
};

/* Reads and checks it against the playbook in force.  Errors name file, line and what was expected. */
MUST_USE bool mapping_read(struct arena *a, const char *file, struct str text, const struct world *w,
                           struct import_map **out, struct err *e);
/* Finds the columns.  *unused: names of columns that nothing reads, joined by ", ", or STR_NONE. */
MUST_USE bool mapping_bind(struct arena *a, struct import_map *m, const struct str *header, size_t n,
                           struct str *unused, struct err *e);

struct mapped { /* one row as the importer asks it */
    struct str source, ext_id, area;
    bool area_unknown; /* the fallback was taken */
    bool area_above;   /* an area above the one that was named */
    int64_t known;
    struct json *fields;
    struct hash digest;
};
MUST_USE bool mapping_row(struct arena *a, const struct import_map *m, const struct str *cells,
                          size_t n, struct mapped *out, struct err *e);
/* Index in world.areas of a code or path; -1 when not even its beginning is known. */
int mapping_area(const struct import_map *m, struct str text, bool *above);

/* Writes a mapping guessed from the header and some rows (cells[row][column]), to be looked at. */
void mapping_guess(struct arena *a, const struct world *w, const struct playbook *p, int record,
                   const struct str *header, size_t n, struct str *const *rows, size_t n_rows,
                   struct buf *out);
