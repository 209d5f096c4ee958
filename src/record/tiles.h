/* record/tiles.h - the tile server behind the map, off until settings name one.
 *
 * Settings: map.tiles          address of a tile with {z}, {x} and {y}, in Web Mercator: https://HOST/…, or
 *                              /… for one behind the same proxy
 *           map.attribution    what its owner wants to stand on the map, as the number of its approval
 *           map.crs            the system of its tiles: WGS-84 (default), CGCS2000, GCJ-02
 * The value "off" is as if it were not set.  The address becomes part of the Content-Security-Policy and of an
 * <img>: its host is a plain name or number, with a port, and nothing else. */
#pragma once
#include "record/crs.h"
#include "record/world.h"

struct tiles {
    struct str url, attribution; /* STR_NONE: none */
    struct str origin;           /* "https://HOST"; STR_NONE: the program's own */
    enum crs crs;
};
struct tiles tiles_of(const struct world *w);
/* Is this a good value of a setting map.…?  ERR_INPUT on "name" or "value". */
MUST_USE bool tiles_setting_ok(struct str name, struct str value, struct err *e);
