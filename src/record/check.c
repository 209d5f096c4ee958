#include "record/waiting.h"
#include "record/check.sql.h"

static bool same_cell(const struct rows *r, int col, const struct cell *c)
{
    if (c->kind == CELL_NULL || rows_null(r, col))
        return c->kind == CELL_NULL && rows_null(r, col);
    return c->kind == CELL_INT ? rows_int(r, col) == c->i : str_eq(rows_str(r, col), c->s);
}

static bool check_row(struct store *db, const struct changes *c, const struct record *r, bool *ok,
                      char why[static 200], struct err *e)
{
    static const char *const NAMES[RECORD_COLUMNS] = {
        "rid",    "id",   "type",   "number",   "state", "area",   "area_code", "holder",
        "opened", "recorded", "closed", "due",  "merged", "void",  "reopened",  "late",
        "sealed", "returns", "hops", "ver", "last_seq", "doc"};
    struct cell cells[RECORD_COLUMNS];
    record_cells(c->arena, r, cells);
    struct rows row AUTO(rows_close) = store_query(db, sql_record_row, BIND(C_INT(r->rid)), e);
    if (!rows_next(&row)) {
        if (err_is(e))
            return false;
        *ok = false;
        snprintf(why, 200, "record %lld is missing", (long long)r->rid);
        return true;
    }
    for (int i = 0; i < RECORD_COLUMNS && *ok; i++) {
        if (same_cell(&row, i, &cells[i]))
            continue;
        *ok = false;
        snprintf(why, 200, "record %lld: column %s is not what its events say", (long long)r->rid,
                 NAMES[i]);
    }
    return true;
}

static bool check_scopes(struct store *db, const struct changes *c, const struct record *r, bool *ok,
                         char why[static 200], struct err *e)
{
    JSON_EACH (s, record_scopes(c->arena, c->world, r)) {
        for (int open = 0; open < 2 && *ok; open++) {
            struct rows row AUTO(rows_close) =
                store_query(db, open ? sql_scope_open_rows : sql_scope_rows,
                            BIND(C_TEXT(r->type), C_INT(r->rid), C_TEXT(s->s)), e);
            bool has = rows_next(&row);
            if (err_is(e))
                return false;
            if (has == (!open || record_open(r)))
                continue;
            *ok = false;
            snprintf(why, 200, "record %lld: table %s does not have it right for %.*s",
                     (long long)r->rid, open ? "scope_open" : "scope", STR_F(s->s));
        }
    }
    return true;
}

static bool check_waiting(struct store *db, const struct changes *c, const struct record *r, bool *ok,
                          char why[static 200], struct err *e)
{
    struct waiting *want;
    size_t n = record_waiting(c->arena, c->world, r, &want);
    for (size_t i = 0; i < n && *ok; i++) {
        struct rows row AUTO(rows_close) =
            store_query(db, sql_waiting_row,
                        BIND(C_TEXT(want[i].scope), C_TEXT(str_of(want[i].kind)), C_INT(want[i].at),
                             C_INT(r->rid)),
                        e);
        *ok = rows_next(&row);
        if (err_is(e))
            return false;
        if (!*ok)
            snprintf(why, 200, "record %lld: table waiting does not have '%s' for %.*s", (long long)r->rid,
                     want[i].kind, STR_F(want[i].scope));
    }
    return true;
}

static bool check_fields(struct store *db, const struct changes *c, const struct record *r,
                         const struct playbook *p, const struct record_def *def, bool *ok,
                         char why[static 200], struct err *e)
{
    struct table_row want;
    table_row(c->arena, r, def, &want);
    struct buf sql = BUF(1 << 16);
    buf_c(&sql, "SELECT rid");
    for (size_t i = 0; i < want.n; i++)
        buf_printf(&sql, ", %.*s", STR_F(want.names[i]));
    buf_printf(&sql, " FROM %.*s WHERE rid = $1", STR_F(table_name(c->arena, p, def)));
    const char *text = str_c(c->arena, buf_view(&sql));
    buf_free(&sql);
    struct rows row AUTO(rows_close) = store_query(db, text, BIND(C_INT(r->rid)), e);
    if (!rows_next(&row)) {
        if (err_is(e))
            return false;
        *ok = false;
        snprintf(why, 200, "record %lld has no row of fields", (long long)r->rid);
        return true;
    }
    for (size_t i = 0; i < want.n && *ok; i++) {
        if (same_cell(&row, (int)i + 1, &want.cells[i]))
            continue;
        *ok = false;
        snprintf(why, 200, "record %lld: field column %.*s is not what its events say",
                 (long long)r->rid, STR_F(want.names[i]));
    }
    return true;
}

bool record_check(struct store *db, const struct changes *c, const struct record *r,
                  const struct playbook *p, const struct record_def *def, bool *ok,
                  char why[static 200], struct err *e)
{
    *ok = true;
    if (!check_row(db, c, r, ok, why, e) || (*ok && !check_scopes(db, c, r, ok, why, e)) ||
        (*ok && !check_waiting(db, c, r, ok, why, e)))
        return false;
    return !*ok || !def || check_fields(db, c, r, p, def, ok, why, e);
}
