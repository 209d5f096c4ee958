#include "expr/expr_int.h"
#include <math.h>

/* Twice the mean radius of the earth, metres. */
#define DIAMETER 12742017.6
#define PI 3.14159265358979323846

/* sql.c writes the same steps in the same order, so that all three give the same last digit.
 * volatile: no step may be fused with the next. */
int64_t expr_distance_m(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2)
{
    const double rad = PI / 180.0;
    volatile double a = sin((double)(lat1 - lat2) / 1e7 * rad / 2.0);
    volatile double b = sin((double)(lon1 - lon2) / 1e7 * rad / 2.0);
    volatile double c = cos((double)lat1 / 1e7 * rad) * cos((double)lat2 / 1e7 * rad);
    volatile double aa = a * a, bb = b * b, cbb = c * bb;
    double h = aa + cbb;
    return (int64_t)ceil(DIAMETER * asin(h >= 1.0 ? 1.0 : sqrt(h)));
}

static bool in_box(const struct shape *s, int64_t lon, int64_t lat)
{
    if (lat < s->low.lat || lat > s->high.lat)
        return false;
    if (s->low.lon <= s->high.lon)
        return lon >= s->low.lon && lon <= s->high.lon;
    return lon >= s->low.lon || lon <= s->high.lon;
}

/* In int64 and exact: a difference of longitudes is below 3.6e9 and one of latitudes below 1.8e9, so a product is
 * below 6.5e18.  The two products are compared, never subtracted. */
enum expr_side expr_ring(const struct point *at, int n, int64_t lon, int64_t lat)
{
    bool inside = false;
    for (int i = 0; i < n; i++) {
        struct point a = at[i], b = at[(i + 1) % n];
        if (a.lat > b.lat) {
            struct point c = a;
            a = b;
            b = c;
        }
        if (lat < a.lat || lat > b.lat)
            continue;
        int64_t left = (lon - a.lon) * (b.lat - a.lat), right = (b.lon - a.lon) * (lat - a.lat);
        if (left == right && lon >= min64(a.lon, b.lon) && lon <= max64(a.lon, b.lon))
            return EXPR_EDGE;
        if (lat < b.lat && left < right)
            inside = !inside;
    }
    return inside ? EXPR_INSIDE : EXPR_OUTSIDE;
}

/* A point on an edge is inside. */
bool geo_inside(const struct shape *s, int64_t lon, int64_t lat)
{
    return in_box(s, lon, lat) && (s->n == 0 || expr_ring(s->at, s->n, lon, lat) != EXPR_OUTSIDE);
}

bool geo_box(struct point centre, int64_t metres, struct point *low, struct point *high)
{
    const double quarter = 10007543.0; /* metres from the equator to a pole */
    const int64_t pole = 900000000, meridian = 1800000000;
    double reach = (double)max64(metres, 0) + 2.0, angle = reach * 2.0 / DIAMETER;
    if (reach >= quarter)
        return false;
    int64_t dlat = (int64_t)ceil(angle * 180.0 / PI * 1e7) + 1;
    *low = (struct point){1, centre.lat - dlat};
    *high = (struct point){0, centre.lat + dlat};
    if (low->lat <= -pole || high->lat >= pole)
        return true;
    double wide = asin(sin(angle) / cos((double)centre.lat / 1e7 * PI / 180.0));
    int64_t dlon = (int64_t)ceil(wide * 180.0 / PI * 1e7) + 1;
    if (centre.lon - dlon < -meridian || centre.lon + dlon > meridian)
        return true;
    low->lon = centre.lon - dlon;
    high->lon = centre.lon + dlon;
    return true;
}
