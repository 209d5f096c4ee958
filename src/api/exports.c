/* What leaves for another system, as its table. */
#include "api/api_int.h"
#include "api/temp.h"
#include "exchange/csv_xlsx.h"
#include "exchange/report.h"

enum { REPORT_ROWS = 20000, REPORT_BYTES = 64 * 1024 * 1024 };

static bool take_day(struct call *c, const char *name, int32_t *out)
{
    struct str text = http_query(c->rq, name);
    *out = DAY_NONE;
    return !text.len || day_parse(text, out) ||
           err_field(c->e, ERR_INPUT, name, "%s: expected a day like 2024-01-31", name);
}

static bool take_flag(struct call *c, const char *name, bool *out)
{
    struct str text = http_query(c->rq, name);
    *out = str_is(text, "true") || str_is(text, "1");
    return !text.len || *out || str_is(text, "false") || str_is(text, "0") ||
           err_field(c->e, ERR_INPUT, name, "%s: expected true or false", name);
}

static bool take_map(struct call *c, struct report_map **map)
{
    struct str text = http_query(c->rq, "mapping");
    if (!str_trim(text).len)
        return err_field(c->e, ERR_REQUIRED, "mapping", "mapping: the text of a mapping (docs/import.md)") ||
               err_zh(c->e, "请给出上报表的对照（YAML 文本）");
    if (report_read(c->a, "mapping", text, c->w, map, c->e))
        return true;
    return err_zh(c->e, "上报表的对照有误：%s", str_c(c->a, str_dup(c->a, str_of(c->e->text))));
}

static bool take_question(struct call *c, struct report_ask *ask, struct report_map **map, int *area)
{
    struct str code = http_query(c->rq, "area");
    *area = code.len ? world_area(c->w, code) : -1;
    if (code.len && *area < 0)
        return err_field(c->e, ERR_UNKNOWN_AREA, "area", "there is no area with this code");
    return take_day(c, "from", &ask->from) && take_day(c, "to", &ask->to) && take_flag(c, "all", &ask->all) &&
           take_map(c, map);
}

/* The rows that a report would hold now, without a mark: it says what would be sent. */
static bool exports_report(struct call *c)
{
    struct str scopes[LIMIT_SCOPES];
    struct report_map *map;
    struct report_run *run;
    struct report_result result;
    struct report_ask ask = {.engine = c->api->engine, .db = c->db, .w = c->w, .actor = &c->actor, .scopes = scopes,
                             .most = REPORT_ROWS, .deadline_ms = READ_DEADLINE_MS};
    int area;
    if (!take_question(c, &ask, &map, &area))
        return false;
    ask.map = map;
    ask.n_scopes = actor_scopes(&c->actor, c->w, area, PERM_EXPORT, c->a, scopes);
    struct buf csv = BUF(REPORT_BYTES);
    if (!report_text(c->a, &ask, &csv, &run, &result, c->e)) {
        buf_free(&csv);
        return false;
    }
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Content-Disposition", STR("attachment; filename=\"report.csv\""));
    http_answer_buf(c->rq, 200, "text/csv; charset=utf-8", &csv);
    return true;
}

/* What the page shows as a table, as a spreadsheet: it knows nothing that the page does not have already. */
static bool exports_xlsx(struct call *c)
{
    const char *csv = http_upload_file(c->rq);
    struct str name = http_query(c->rq, "name"), bytes;
    struct temp xlsx;
    if (!csv)
        return err_set(c->e, ERR_INPUT, "expected a table as CSV as the body of the request");
    if (!name.len || name.len > 200 || !str_utf8_ok(name))
        name = STR("table");
    if (!temp_open(&xlsx, c->e))
        return false;
    bool ok = csv_to_xlsx(c->a, csv, xlsx.path, name, c->e) && file_read(c->a, xlsx.path, REPORT_BYTES, &bytes, c->e);
    temp_close(&xlsx);
    if (!ok)
        return false;
    http_set_header(c->rq, "Cache-Control", STR("no-store"));
    http_set_header(c->rq, "Content-Disposition",
                    disposition(c->a, str_printf(c->a, "%.*s.xlsx", STR_F(name)), false));
    http_answer(c->rq, 200, MIME_XLSX, bytes);
    return true;
}

static const struct param XLSX_QUERY[] = {{"name", "of the file and the sheet, without ending"}, {NULL, NULL}};
static const struct param REPORT_QUERY[] = {
    {"mapping", "text of the mapping (YAML): report, system, where, on, columns"},
    {"from", "first day, of what the mapping says under `on`"},
    {"to", "last day"},
    {"area", "code: only matters in this area"},
    {"all", "true: also what was sent before and reads the same"},
    {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(GET, "/api/exports/report", PERM_EXPORT, exports_report, "上报表（不作上报登记）",
           "The table of a report to another system, as CSV; marks nothing"),
     .query = REPORT_QUERY},
    {ROUTE(POST, "/api/exports/xlsx", PERM_SELF, exports_xlsx, "把页面上的表（CSV）变成 Excel",
           "A table as CSV (the body) becomes a spreadsheet"),
     .query = XLSX_QUERY, .upload = true},
};
const struct route_list ROUTES_EXPORTS = {ROWS, COUNT_OF(ROWS)};
