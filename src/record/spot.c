#include "record/spot.h"
#include <math.h>

static const int64_t HALF_TURN = 1800000000, QUARTER = 900000000;
static const double METRES_A_DEGREE = 111195.0, PI = 3.14159265358979323846;
enum { COLUMN_BITS = 24, COLUMNS = 180000 /* 360 degrees */ };

static int64_t row_of(int64_t lat)
{
    return (lat + QUARTER) / SPOT_CELL;
}

static int64_t column_of(int64_t lon)
{
    return (lon + HALF_TURN) / SPOT_CELL;
}

int64_t spot_cell(int64_t lon, int64_t lat)
{
    return row_of(lat) << COLUMN_BITS | column_of(lon);
}

int spot_ranges(int64_t lon, int64_t lat, int64_t metres, struct spot_range out[static SPOT_ROWS_MAX])
{
    double degrees = (double)metres / METRES_A_DEGREE;
    double cosine = cos(((double)llabs(lat) / 1e7 + degrees) * PI / 180.0); /* at the narrow end */
    int64_t up = (int64_t)(degrees * 1e7) + 1;
    int64_t side = cosine < 0.01 ? 2 * HALF_TURN : (int64_t)(degrees / cosine * 1e7) + 1;
    int64_t west = column_of(lon - side), east = column_of(lon + side);
    int n = 0;
    ASSERT(metres >= 0 && metres <= 5000);
    west = west < 0 || east - west >= COLUMNS ? 0 : west; /* the date line is not crossed */
    east = east >= COLUMNS ? COLUMNS : east;
    for (int64_t row = row_of(lat - up); row <= row_of(lat + up); row++) {
        ASSERT(n < SPOT_ROWS_MAX);
        if (row >= 0)
            out[n++] = (struct spot_range){row << COLUMN_BITS | west, row << COLUMN_BITS | east};
    }
    return n;
}

int64_t spot_metres(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2)
{
    double middle = ((double)lat1 + (double)lat2) / 2e7 * PI / 180.0;
    double turn = (double)(lon1 - lon2) / 1e7;
    turn = turn > 180.0 ? turn - 360.0 : turn < -180.0 ? turn + 360.0 : turn;
    double x = turn * cos(middle) * METRES_A_DEGREE;
    double y = (double)(lat1 - lat2) / 1e7 * METRES_A_DEGREE;
    return (int64_t)llround(sqrt(x * x + y * y));
}
