#include "record/crs.h"
#include <inttypes.h>
#include <math.h>

static const double PI = 3.14159265358979323846;
static const double AXIS = 6378245.0, ECCENTRICITY2 = 0.00669342162296594323; /* Krasovsky 1940 */
static const char *const NAMES[CRS_N] = {"WGS-84", "CGCS2000", "GCJ-02"};

bool crs_of(struct str name, enum crs *out)
{
    *out = CRS_WGS84;
    for (int i = 0; i < CRS_N; i++)
        if (str_is(name, NAMES[i]))
            *out = (enum crs)i;
    return !name.len || str_is(name, NAMES[*out]);
}

const char *crs_name(enum crs crs)
{
    return NAMES[crs];
}

struct degrees {
    double lon, lat;
};

static bool shifted(struct degrees p)
{
    return p.lon >= 72.004 && p.lon <= 137.8347 && p.lat >= 0.8293 && p.lat <= 55.8271;
}

static double waves(double x, double a1, double n1, double a2, double n2)
{
    return (a1 * sin(x * PI / n1) + a2 * sin(x * PI / n2)) * 2.0 / 3.0;
}

/* How far GCJ-02 lies from WGS-84 there: metres on the ellipsoid, turned into degrees. */
static struct degrees shift(struct degrees at)
{
    double x = at.lon - 105.0, y = at.lat - 35.0, root = sqrt(fabs(x));
    double common = waves(x, 20.0, 1.0 / 6.0, 20.0, 0.5);
    double north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common +
                   waves(y, 20.0, 1.0, 40.0, 3.0) + waves(y, 160.0, 12.0, 320.0, 30.0);
    double east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common +
                  waves(x, 20.0, 1.0, 40.0, 3.0) + waves(x, 150.0, 12.0, 300.0, 30.0);
    double latitude = at.lat * PI / 180.0;
    double w2 = 1.0 - ECCENTRICITY2 * sin(latitude) * sin(latitude), w = sqrt(w2);
    double meridian = AXIS * (1.0 - ECCENTRICITY2) / (w2 * w), parallel = AXIS / w * cos(latitude);
    return (struct degrees){east / parallel * 180.0 / PI, north / meridian * 180.0 / PI};
}

static void put(struct degrees p, int64_t *lon, int64_t *lat)
{
    *lon = llround(p.lon * 1e7);
    *lat = llround(p.lat * 1e7);
}

void crs_from_wgs84(enum crs to, int64_t *lon, int64_t *lat)
{
    struct degrees p = {(double)*lon / 1e7, (double)*lat / 1e7};
    if (to != CRS_GCJ02 || !shifted(p))
        return;
    struct degrees by = shift(p);
    put((struct degrees){p.lon + by.lon, p.lat + by.lat}, lon, lat);
}

/* The shift changes by less than a hundredth of the way walked, so each turn gains two digits. */
void crs_to_wgs84(enum crs from, int64_t *lon, int64_t *lat)
{
    enum { TURNS = 8 };
    struct degrees given = {(double)*lon / 1e7, (double)*lat / 1e7}, p = given;
    if (from != CRS_GCJ02 || !shifted(given))
        return;
    for (int i = 0; i < TURNS; i++) {
        struct degrees by = shift(p);
        p = (struct degrees){given.lon - by.lon, given.lat - by.lat};
    }
    put(p, lon, lat);
}

bool crs_degrees(struct arena *a, const struct json *given, int64_t most, int64_t *out)
{
    struct str t = json_is(given, J_INT) ? str_printf(a, "%" PRId64, given->i) : json_str(given);
    struct str frac, whole = str_cut(t, '.', &frac);
    int64_t n;
    if (frac.ptr && frac.len > 7)
        t.len = whole.len + 1 + 7;
    if (!t.len || !str_decimal(t, 7, &n) || n < -most || n > most)
        return false;
    *out = n;
    return true;
}
