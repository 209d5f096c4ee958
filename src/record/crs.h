/* record/crs.h - the systems in which coordinates are given, and the one place where they are converted.
 *
 * Everything that is stored, indexed and measured is WGS-84.  What was given in another system is converted
 * when it is decided, and the place keeps beside it what was given; so two systems never stand in one column.
 *
 *   WGS-84    what satellite receivers and browsers (W3C Geolocation) give
 *   CGCS2000  the national system (EPSG:4490).  Its ellipsoid is that of WGS-84 to a tenth of a millimetre, and
 *             both follow ITRF to some decimetres: nearer than any point of a matter is known, so the numbers
 *             are taken as the same
 *   GCJ-02    what maps published in China show, 100 to 700 m away from it.  Not published; this is the
 *             formula that the projects wgs2mars and eviltransform found for it, on the ellipsoid of
 *             Krasovsky 1940.  Outside of the box 72.004..137.8347 E, 0.8293..55.8271 N it changes nothing
 *
 * Baidu's BD-09 is not known here: it is refused by its name, never taken for another. */
#pragma once
#include "base/base.h"
#include "base/json.h"

enum crs { CRS_WGS84, CRS_CGCS2000, CRS_GCJ02, CRS_N };

/* "" is WGS-84.  false: there is no such system here. */
MUST_USE bool crs_of(struct str name, enum crs *out);
const char *crs_name(enum crs crs);

/* lon and lat in 1e-7 degree.  Back and forth gives the same point to 2 cm (crs_test.c), but for the
 * kilometre along the edge of the box of GCJ-02, where the formula itself jumps. */
void crs_to_wgs84(enum crs from, int64_t *lon, int64_t *lat);
void crs_from_wgs84(enum crs to, int64_t *lon, int64_t *lat);
/* Degrees as they are given, "42.2715" and 42.2715 alike, as 1e-7 degree; what lies beyond a centimetre is cut.
 * false: no number, or beyond ±most. */
MUST_USE bool crs_degrees(struct arena *a, const struct json *given, int64_t most, int64_t *out);
