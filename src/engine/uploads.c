#include "engine/uploads.h"
#include "engine/engine_int.h"
#include "engine/uploads.sql.h"
#include <unistd.h>

enum { SWEPT = 200 };

bool uploads_folder(const char *url, const struct keys *keys, char out[static UPLOADS_FOLDER], struct err *e)
{
    bool pg = strncmp(url, "postgres", 8) == 0 && strstr(url, "://");
    if (strncmp(url, "sqlite:", 7) == 0)
        url += 7;
    int n = snprintf(out, UPLOADS_FOLDER, "%s.files", pg ? keys->path : url);
    return (n > 0 && n < UPLOADS_FOLDER) || err_set(e, ERR_IO, "the path of the database is too long");
}

void uploads_path(const char *folder, struct id id, char out[static UPLOADS_PATH], int *dir)
{
    char text[ID_TEXT + 1];
    id_format(id, text);
    /* the last two letters spread evenly; the first ones of a version 7 are the time */
    int n = snprintf(out, UPLOADS_PATH, "%s/%s/%s", folder, text + ID_TEXT - 2, text);
    if (dir)
        *dir = n - ID_TEXT - 1;
}

/* ---- whose it is ---- */

static bool file_of(struct arena *a, struct str plain, struct id *id, bool *is, struct err *e)
{
    struct json *v;
    *is = false;
    if (!str_starts(plain, STR("{\"file\":")))
        return true;
    if (!json_own(a, plain, &v, e))
        return false;
    *is = id_parse(json_text(v, "file"), id);
    return true;
}

static bool belongs(struct store *db, struct arena *a, const char *sql, struct str plain, int64_t rid, struct err *e)
{
    struct id id;
    bool is;
    return file_of(a, plain, &id, &is, e) &&
           (!is || store_exec(db, sql, BIND(C_BLOB(ID_STR(id)), C_INT(rid)), NULL, e));
}

bool uploads_claim(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e)
{
    return belongs(db, a, sql_upload_claim, plain, rid, e);
}

bool uploads_free(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e)
{
    return belongs(db, a, sql_upload_free, plain, rid, e);
}

/* ---- what nobody named ---- */

struct sweeping {
    int64_t before;
    struct id ids[SWEPT];
    size_t n;
};

static bool sweep(void *user, struct store *db, struct err *e)
{
    struct sweeping *s = user;
    struct rows r AUTO(rows_close) = store_query(db, sql_upload_sweep, BIND(C_INT(s->before), C_INT(SWEPT)), e);
    s->n = 0;
    while (rows_next(&r))
        if (s->n < SWEPT && rows_str(&r, 0).len == ID_LEN)
            memcpy(s->ids[s->n++].b, rows_str(&r, 0).ptr, ID_LEN);
    return !err_is(e);
}

static bool any(struct engine *en, int64_t before, bool *yes, struct err *e)
{
    int64_t n = 0;
    bool found;
    struct store *db = engine_reader(en, e);
    bool ok = db && store_int(db, sql_upload_unclaimed, BIND(C_INT(before)), &found, &n, e);
    engine_reader_back(en, db);
    *yes = n > 0;
    return ok;
}

/* The rows first, for a commit may claim until then: bytes that are left behind by a process that ended in
 * between have no key any more. */
bool uploads_look(struct engine *en, struct err *e)
{
    char folder[UPLOADS_FOLDER], path[UPLOADS_PATH];
    int64_t now = engine_now(en);
    bool yes;
    if (now < en->sweep_at)
        return true;
    struct sweeping s = {.before = now - MS_DAY};
    if (!any(en, s.before, &yes, e) || !uploads_folder(en->url, &en->keys, folder, e))
        return false;
    if (yes && !engine_exclusive(en, sweep, &s, e))
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uploads_path(folder, s.ids[i], path, NULL);
        unlink(path);
    }
    if (s.n < SWEPT)
        en->sweep_at = now + MS_MINUTE;
    return true;
}
