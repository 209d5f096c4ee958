/* record/border.h - the border of an area: rings of points, as GeoJSON gives them (RFC 7946: Polygon and MultiPolygon).
 *
 * Kept in WGS-84, 1e-7 degree.  Inside is what an odd number of rings surround, so holes and parts that lie apart
 * need no words of their own; a point on the line is inside.  A border that is taken has closed rings that nowhere
 * cross themselves or each other; they may touch. */
#pragma once
#include "expr/expr.h"
#include "record/crs.h"
#include "record/record.h"

enum {
    BORDER_POINTS = 4000, /* of one area */
    BORDER_RINGS = 100,
    BORDER_WIDEST = 900000000, /* 1e-7 degree, either way: what is wider is no area, and products fit into int64 */
};

struct border {
    struct point *at; /* all rings, one behind the other, each without its closing point */
    int *ends;        /* where each ring ends in `at` */
    int n_rings;
    int64_t west, south, east, north;
};

/* A GeoJSON geometry, its numbers in the system `crs`.  ERR_INPUT and ERR_TOO_BIG on "geometry". */
MUST_USE bool border_take(struct arena *a, const struct json *geometry, enum crs crs, struct border *out,
                          struct err *e);

/* As it is stored: "lon lat,lon lat,…;…" in whole numbers. */
struct str border_text(struct arena *a, const struct border *b);
MUST_USE bool border_of(struct arena *a, struct str text, struct border *out);

bool border_holds(const struct border *b, int64_t lon, int64_t lat);
/* For showing: no point of the line lies further than so much (1e-7 degree) from where it lay (Douglas and Peucker,
 * 1973).  A ring of which less than a triangle is left is left out. */
struct border border_thin(struct arena *a, const struct border *b, int64_t most);
