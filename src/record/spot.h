/* record/spot.h - where cases lie: cells of 0.002 degrees, so that "what is near" is a few short walks
 * of an index on both engines, whatever else the question asks.
 *
 * A cell is row << 24 | column; rows go from south to north, columns from west to east, so the
 * columns of one row that a distance covers are one range.  Table `spot` is a fold: it is written
 * with the typed row of the record, and the cell is recomputed from the coordinates there. */
#pragma once
#include "base/base.h"

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
/* Metres between two points, rounded; exact enough for some kilometres. */
int64_t spot_metres(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2);
