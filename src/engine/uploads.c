#include "engine/uploads.h"
#include "engine/engine_int.h"
#include "engine/upload_bytes.h"
#include "engine/uploads.sql.h"

enum { SWEPT = 200, AN_HOUR = 300 };

/* ---- a row ---- */

static struct str key_str(const uint8_t *key)
{
    return (struct str){(const char *)key, CIPHER_KEY};
}

/* The name has its key from that of the file; it is text in the row. */
static struct str name_sealed(struct arena *a, const struct upload *u)
{
    struct hash key = hash_hkdf(key_str(u->key), "bihuan file name 1");
    uint8_t *sealed = arena_alloc(a, u->name.len + CIPHER_EXTRA);
    cipher_seal(key.b, ID_STR(u->id), u->name, sealed);
    return base64_of(a, (struct str){(char *)sealed, u->name.len + CIPHER_EXTRA}, true);
}

static bool name_open(struct arena *a, struct upload *u, struct str stored)
{
    struct hash key = hash_hkdf(key_str(u->key), "bihuan file name 1");
    struct str sealed;
    if (!base64_to(a, stored, &sealed) || sealed.len < CIPHER_EXTRA)
        return false;
    uint8_t *name = arena_alloc(a, sealed.len);
    u->name = (struct str){(char *)name, sealed.len - CIPHER_EXTRA};
    return cipher_open(key.b, ID_STR(u->id), sealed, name);
}

/* Whose key opens it: the record's, or the master key while it is staged. */
static bool key_open(struct store *db, const struct keys *keys, struct str record, struct str wrapped,
                     struct upload *u, struct err *e)
{
    uint8_t dek[CIPHER_KEY];
    struct id rec;
    bool found = false;
    if (!record.ptr)
        return keys_unwrap(keys, ID_STR(u->id), wrapped, u->key);
    return id_read(record, &rec) && record_dek(db, keys, u->rid, rec, &found, dek, e) && found &&
           wrapped.len == KEYS_WRAPPED && cipher_open(dek, ID_STR(u->id), wrapped, u->key);
}

bool uploads_find(struct store *db, const struct keys *keys, struct arena *a, struct id id, bool *found,
                  struct upload *u, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_upload_get, BIND(C_BLOB(ID_STR(id))), e);
    *found = rows_next(&r);
    if (!*found)
        return !err_is(e);
    *u = (struct upload){.id = id, .size = rows_int(&r, 3), .rid = rows_null(&r, 6) ? 0 : rows_int(&r, 6)};
    struct str sha = rows_str(&r, 4), name = str_dup(a, rows_str(&r, 1)), wrapped = str_dup(a, rows_str(&r, 5)),
               record = rows_null(&r, 7) ? STR_NONE : str_dup(a, rows_str(&r, 7));
    u->mime = str_dup(a, rows_str(&r, 2));
    bool whole = id_read(rows_str(&r, 0), &u->account) && sha.len == HASH_LEN;
    if (whole)
        memcpy(u->sha256.b, sha.ptr, HASH_LEN);
    rows_close(&r);
    whole = whole && key_open(db, keys, record, wrapped, u, e) && name_open(a, u, name);
    if (err_is(e))
        return false;
    return whole ? upload_bytes_there(db, id, &u->there, e) : err_set(e, ERR_IO, "the key of a file does not open");
}

/* ---- keeping ---- */

struct keeping {
    struct arena *a;
    const struct upload *u;
    struct str sealed;
    uint8_t wrapped[KEYS_WRAPPED];
    int64_t now;
};

static bool save(void *user, struct store *db, struct err *e)
{
    const struct keeping *k = user;
    const struct upload *u = k->u;
    int64_t recent = 0;
    bool found;
    struct cell who = C_BLOB(ID_STR(u->account));
    if (!store_int(db, sql_upload_recent, BIND(who, C_INT(k->now - MS_HOUR)), &found, &recent, e))
        return false;
    if (recent >= AN_HOUR)
        return err_set(e, ERR_TOO_OFTEN, "too many uploads within an hour");
    return store_exec(db, sql_upload_add,
                      BIND(C_BLOB(ID_STR(u->id)), who, C_INT(k->now), C_TEXT(name_sealed(k->a, u)), C_TEXT(u->mime),
                           C_INT(u->size), C_BLOB(HASH_STR(u->sha256)),
                           C_BLOB(((struct str){(const char *)k->wrapped, KEYS_WRAPPED}))),
                      NULL, e);
}

/* PostgreSQL: 20 MB go in beside the writer, not in its turn. */
static bool save_rows(struct engine *en, struct keeping *k, struct err *e)
{
    struct store *db AUTO(store_closep) = NULL;
    return store_open(en->url, STORE_WRITE, &db, e) && store_begin(db, e) && save(k, db, e) &&
           upload_bytes_put(db, k->u->id, k->sealed, e) && store_commit(db, e);
}

static bool save_file(struct engine *en, struct keeping *k, struct err *e)
{
    struct err mine = ERR_INIT;
    if (!reserve_held(&en->reserve))
        return reserve_full(e);
    if (!upload_bytes_put(en->db, k->u->id, k->sealed, &mine)) {
        if (mine.code == ERR_FULL)
            return reserve_full(e);
        *e = mine;
        return false;
    }
    bool ok = engine_exclusive(en, save, k, e);
    if (!ok)
        upload_bytes_remove(en->db, k->u->id);
    return ok;
}

bool uploads_keep(struct engine *en, struct upload *u, struct str bytes, int64_t now, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct keeping k = {.a = a, .u = u, .now = now};
    if (en->read_only || en->cfg.read_only)
        return err_set(e, ERR_READ_ONLY, "%s", en->why_read_only);
    random_bytes(u->key, sizeof u->key);
    keys_wrap(&en->keys, ID_STR(u->id), u->key, k.wrapped);
    uint8_t *sealed = mem_new(bytes.len + CIPHER_EXTRA);
    cipher_seal(u->key, ID_STR(u->id), bytes, sealed);
    k.sealed = (struct str){(char *)sealed, bytes.len + CIPHER_EXTRA};
    bool ok = store_engine(en->db) == STORE_SQLITE ? save_file(en, &k, e) : save_rows(en, &k, e);
    free(sealed);
    return ok;
}

bool uploads_open(struct store *db, struct arena *a, const struct upload *u, struct str *bytes, struct err *e)
{
    struct str sealed;
    bool found;
    if (!upload_bytes_get(db, a, u->id, &found, &sealed, e))
        return false;
    if (!found)
        return err_set(e, ERR_IO, "the bytes of a file are not there");
    char *plain = arena_alloc(a, sealed.len);
    if (sealed.len < CIPHER_EXTRA || !cipher_open(u->key, ID_STR(u->id), sealed, (uint8_t *)plain))
        return err_set(e, ERR_IO, "a stored file was altered");
    *bytes = (struct str){plain, sealed.len - CIPHER_EXTRA};
    struct hash h = hash_sha256(*bytes);
    return hash_eq(&h, &u->sha256) || err_set(e, ERR_IO, "a stored file is another one");
}

/* ---- whose it is ---- */

bool uploads_named(struct arena *a, struct str plain, struct id *id)
{
    struct err e = ERR_INIT;
    struct json *v;
    return str_starts(plain, STR("{\"file\":")) && json_own(a, plain, &v, &e) && id_parse(json_text(v, "file"), id);
}

bool uploads_claim(struct store *db, const struct keys *keys, struct arena *a, struct id id, int64_t rid,
                   const uint8_t dek[static CIPHER_KEY], struct err *e)
{
    uint8_t key[CIPHER_KEY], *wrapped = arena_alloc(a, KEYS_WRAPPED);
    int64_t n = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_upload_key, BIND(C_BLOB(ID_STR(id))), e);
    bool found = rows_next(&r);
    if (found && !rows_null(&r, 0) && rows_int(&r, 0) == rid) /* named by this record already */
        return true;
    found = found && rows_null(&r, 0) && keys_unwrap(keys, ID_STR(id), rows_str(&r, 1), key);
    rows_close(&r);
    if (err_is(e))
        return false;
    if (found) {
        cipher_seal(dek, ID_STR(id), key_str(key), wrapped);
        if (!store_exec(db, sql_upload_claim,
                        BIND(C_BLOB(ID_STR(id)), C_INT(rid), C_BLOB(((struct str){(char *)wrapped, KEYS_WRAPPED}))), &n,
                        e))
            return false;
    }
    return n == 1 || err_set(e, ERR_BUSY, "an upload was claimed or deleted in between");
}

bool uploads_free(struct store *db, struct arena *a, struct str plain, int64_t rid, struct err *e)
{
    struct id id;
    int64_t n = 0;
    if (!uploads_named(a, plain, &id))
        return true;
    if (!store_exec(db, sql_upload_free, BIND(C_BLOB(ID_STR(id)), C_INT(rid)), &n, e))
        return false;
    return n == 0 || upload_bytes_drop(db, id, e);
}

/* ---- what nobody names ---- */

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
        s->n += s->n < SWEPT && id_read(rows_str(&r, 0), &s->ids[s->n]);
    rows_close(&r);
    for (size_t i = 0; i < s->n; i++)
        if (!upload_bytes_drop(db, s->ids[i], e))
            return false;
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
    bool yes = false;
    struct sweeping s = {.before = engine_now(en) - MS_DAY};
    if (!any(en, s.before, &yes, e))
        return false;
    if (yes && !engine_exclusive(en, sweep, &s, e))
        return false;
    for (size_t i = 0; i < s.n; i++)
        upload_bytes_remove(en->db, s.ids[i]);
    return true;
}
