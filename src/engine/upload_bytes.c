#include "engine/upload_bytes.h"
#include "engine/upload_bytes.sql.h"
#include "ledger/keys.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- rows ---- */

bool blob_put(struct store *db, struct id id, struct str bytes, struct err *e)
{
    enum { PARTS = (LIMIT_UPLOAD + CIPHER_EXTRA) / BLOB_PART + 1, COLUMNS = 3 };
    struct cell cells[PARTS * COLUMNS];
    size_t n = 0;
    ASSERT(bytes.len <= (size_t)PARTS * BLOB_PART);
    do {
        struct str part = {bytes.ptr, bytes.len < BLOB_PART ? bytes.len : BLOB_PART};
        cells[n * COLUMNS] = C_BLOB(ID_STR(id));
        cells[n * COLUMNS + 1] = C_INT((int64_t)n);
        cells[n * COLUMNS + 2] = C_BLOB(part);
        bytes = (struct str){bytes.ptr + part.len, bytes.len - part.len};
        n++;
    } while (bytes.len);
    return store_many(db, sql_blob_put, cells, n, COLUMNS, e);
}

bool blob_get(struct store *db, struct arena *a, struct id id, bool *found, struct str *bytes, struct err *e)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_UPLOAD + CIPHER_EXTRA);
    struct rows r AUTO(rows_close) = store_query(db, sql_blob_get, BIND(C_BLOB(ID_STR(id))), e);
    *found = false;
    while (rows_next(&r)) {
        buf_str(&b, rows_str(&r, 0));
        *found = true;
    }
    *bytes = buf_dup(a, &b);
    return !err_is(e);
}

bool blob_drop(struct store *db, struct id id, struct err *e)
{
    return store_exec(db, sql_blob_drop, BIND(C_BLOB(ID_STR(id))), NULL, e);
}

/* ---- files ---- */

bool uploads_folder(const char *url, char out[static UPLOADS_FOLDER], struct err *e)
{
    const char *file = store_file(url);
    int n = snprintf(out, UPLOADS_FOLDER, "%s.files", file ? file : "");
    return (n > 0 && n < UPLOADS_FOLDER) || err_set(e, ERR_IO, "the path of the database is too long");
}

struct place {
    char folder[UPLOADS_FOLDER], inner[UPLOADS_FOLDER + 4], path[UPLOADS_FOLDER + 50];
};

static bool place_of(const struct store *db, struct id id, struct place *p, struct err *e)
{
    char text[ID_TEXT + 1];
    id_format(id, text);
    if (!uploads_folder(store_url(db), p->folder, e))
        return false;
    /* the last two letters spread evenly; the first ones of a version 7 are the time */
    snprintf(p->inner, sizeof p->inner, "%s/%s", p->folder, text + ID_TEXT - 2);
    snprintf(p->path, sizeof p->path, "%s/%s", p->inner, text);
    return true;
}

/* A new folder is on the disk when its parent is. */
static bool make_folder(const char *path, const char *parent, struct err *e)
{
    if (mkdir(path, 0700) == 0)
        return folder_sync(parent, e);
    return errno == EEXIST || err_set(e, errno == ENOSPC ? ERR_FULL : ERR_IO, "cannot make the folder %.300s: %s", path,
                                      strerror(errno));
}

static bool file_put(const struct place *p, struct str sealed, struct err *e)
{
    char parent[UPLOADS_FOLDER];
    snprintf(parent, sizeof parent, "%s", p->folder);
    char *slash = strrchr(parent, '/');
    if (slash)
        *slash = '\0';
    return make_folder(p->folder, slash ? parent : ".", e) && make_folder(p->inner, p->folder, e) &&
           file_replace(p->path, sealed, 0600, e);
}

/* ---- either ---- */

static bool in_rows(const struct store *db)
{
    return store_engine(db) == STORE_POSTGRES;
}

bool upload_bytes_put(struct store *db, struct id id, struct str sealed, struct err *e)
{
    struct place p;
    if (in_rows(db))
        return blob_put(db, id, sealed, e);
    return place_of(db, id, &p, e) && file_put(&p, sealed, e);
}

bool upload_bytes_get(struct store *db, struct arena *a, struct id id, bool *found, struct str *sealed, struct err *e)
{
    struct place p;
    struct err mine = ERR_INIT;
    if (in_rows(db))
        return blob_get(db, a, id, found, sealed, e);
    if (!place_of(db, id, &p, e))
        return false;
    *found = file_read(a, p.path, LIMIT_UPLOAD + CIPHER_EXTRA, sealed, &mine);
    if (!*found && mine.code != ERR_NOT_FOUND)
        *e = mine;
    return !err_is(e);
}

bool upload_bytes_there(struct store *db, struct id id, bool *yes, struct err *e)
{
    struct place p;
    int64_t part;
    if (in_rows(db))
        return store_int(db, sql_blob_there, BIND(C_BLOB(ID_STR(id))), yes, &part, e);
    if (!place_of(db, id, &p, e))
        return false;
    *yes = access(p.path, R_OK) == 0;
    return true;
}

bool upload_bytes_drop(struct store *db, struct id id, struct err *e)
{
    return !in_rows(db) || blob_drop(db, id, e);
}

void upload_bytes_remove(const struct store *db, struct id id)
{
    struct place p;
    struct err e = ERR_INIT;
    if (!in_rows(db) && place_of(db, id, &p, &e))
        unlink(p.path);
}
