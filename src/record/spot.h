/* record/spot.h - where cases lie: cells of 0.002 degrees, so that "what is near" is a few short walks
 * of an index on both engines, whatever else the question asks.
 *
 * A cell is row << 24 | column; rows go from south to north, columns from west to east, so the
 * columns of one row that a distance covers are one range.  Table `spot` is a fold: it is written
 * with the typed row of the record, and the cell is recomputed from the coordinates there. */
#pragma once
#include "playbook/playbook.h"
#include "store/store.h"

enum {
    SPOT_CELL = 20000, /* 1e-7 degree: 222 m from south to north */
    SPOT_ROWS_MAX = 64,
    SPOT_COLUMN = 0xffffff, /* the bits of a cell that are its column */
};

/* lon, lat in 1e-7 degree, WGS-84. */
int64_t spot_cell(int64_t lon, int64_t lat);

struct spot_range {
    int64_t low, high; /* both ends included */
};
/* The ranges of cells that may hold a point within so many metres; gives their number.  metres is at
 * most 5,000 (then fewer than SPOT_ROWS_MAX rows). */
int spot_ranges(int64_t lon, int64_t lat, int64_t metres, struct spot_range out[static SPOT_ROWS_MAX]);
/* The point of a place as it is kept; false: it has none. */
bool spot_of(const struct json *place, int64_t *lon, int64_t *lat);
/* Metres between two points, rounded; exact enough for some kilometres. */
int64_t spot_metres(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2);

/* Matters of a type near a point, by when they were opened, or closed. */
struct spot_question {
    const struct playbook *playbook;
    const struct record_def *def; /* has a place */
    int64_t lon, lat, metres;
    bool closed;
    int64_t since, until; /* both included */
};
enum { SPOT_MATTERS = 200 };
struct spot_matter {
    int64_t rid, at; /* at: the opening, or the closing */
    struct id id;
    struct str number; /* as long as take runs */
};
/* Hands over the matters of each row of cells, the newest first, at most SPOT_MATTERS of them; take says false
 * when it has enough of this row.  Void, merged and sealed ones are not among them. */
MUST_USE bool spot_matters(struct store *db, struct arena *a, const struct spot_question *q,
                           bool (*take)(void *self, const struct spot_matter *m), void *self, struct err *e);
/* spot_metres is at most so many; without a cosine for what is far. */
bool spot_within(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2, int64_t metres);
/* The point of one matter, from its typed row: nothing is decrypted. */
MUST_USE bool spot_point(struct store *db, struct arena *a, const struct playbook *p, const struct record_def *def,
                         int64_t rid, bool *has, int64_t *lon, int64_t *lat, struct err *e);
