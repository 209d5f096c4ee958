#include "record/spot.h"
#include "record/change.h"
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

bool spot_of(const struct json *place, int64_t *lon, int64_t *lat)
{
    const struct json *x = json_get(place, "lon"), *y = json_get(place, "lat");
    bool has = json_is(x, J_INT) && json_is(y, J_INT);
    if (has) {
        *lon = x->i;
        *lat = y->i;
    }
    return has;
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

/* ---- matters ---- */

enum { MOST_A_METRE = 100 }; /* units of latitude: a metre is 90 of them */

bool spot_within(int64_t lon1, int64_t lat1, int64_t lon2, int64_t lat2, int64_t metres)
{
    return llabs(lat1 - lat2) <= metres * MOST_A_METRE && spot_metres(lon1, lat1, lon2, lat2) <= metres;
}

/* The typed row knows the point: nothing is decrypted. */
static const char *matters_sql(struct arena *a, const struct spot_question *q)
{
    struct str place = q->def->fields[q->def->place_field].id;
    const char *when = q->closed ? "closed" : "opened";
    return arena_printf(a,
                        "SELECT s.rid, r.%s, r.id, r.number, f.x_%.*s_lon, f.x_%.*s_lat FROM spot s "
                        "CROSS JOIN record r CROSS JOIN %.*s f WHERE s.type = $1 AND s.cell BETWEEN $2 AND $3 "
                        "AND r.rid = s.rid AND r.%s >= $4 AND r.%s <= $5 AND r.void = 0 AND r.merged IS NULL "
                        "AND f.rid = s.rid AND f.x_%.*s_lat BETWEEN $6 AND $7 ORDER BY r.%s DESC, s.rid DESC LIMIT %d",
                        when, STR_F(place), STR_F(place), STR_F(table_name(a, q->playbook, q->def)), when, when,
                        STR_F(place), when, SPOT_MATTERS);
}

bool spot_matters(struct store *db, struct arena *a, const struct spot_question *q,
                  bool (*take)(void *self, const struct spot_matter *m), void *self, struct err *e)
{
    struct spot_range ranges[SPOT_ROWS_MAX];
    struct str type = str_printf(a, "%.*s.%.*s", STR_F(q->playbook->id), STR_F(q->def->id));
    const char *sql = matters_sql(a, q);
    int64_t up = q->metres * MOST_A_METRE;
    int n = spot_ranges(q->lon, q->lat, q->metres, ranges);
    for (int i = 0; i < n; i++) {
        struct rows r AUTO(rows_close) =
            store_query(db, sql,
                        BIND(C_TEXT(type), C_INT(ranges[i].low), C_INT(ranges[i].high), C_INT(q->since),
                             C_INT(q->until), C_INT(q->lat - up), C_INT(q->lat + up)),
                        e);
        for (bool more = true; more && rows_next(&r);) {
            struct spot_matter m = {.rid = rows_int(&r, 0), .at = rows_int(&r, 1), .number = rows_str(&r, 3)};
            if (!id_read(rows_str(&r, 2), &m.id))
                return err_set(e, ERR_VERIFY, "a record has a damaged id");
            if (spot_within(q->lon, q->lat, rows_int(&r, 4), rows_int(&r, 5), q->metres))
                more = take(self, &m);
        }
        if (err_is(e))
            return false;
    }
    return true;
}

bool spot_point(struct store *db, struct arena *a, const struct playbook *p, const struct record_def *def, int64_t rid,
                bool *has, int64_t *lon, int64_t *lat, struct err *e)
{
    struct str place = def->fields[def->place_field].id;
    struct str sql = str_printf(a, "SELECT x_%.*s_lon, x_%.*s_lat FROM %.*s WHERE rid = $1", STR_F(place), STR_F(place),
                                STR_F(table_name(a, p, def)));
    struct rows r AUTO(rows_close) = store_query(db, sql.ptr, BIND(C_INT(rid)), e);
    *has = rows_next(&r) && !rows_null(&r, 0);
    if (*has) {
        *lon = rows_int(&r, 0);
        *lat = rows_int(&r, 1);
    }
    return !err_is(e);
}
