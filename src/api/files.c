/* Uploads: staged here, named by an action afterwards.  The kind of a file is told by its content,
 * never by its name; what is kept is encrypted by a key of its own, wrapped by the master key. */
#include "api/api.sql.h"
#include "api/api_int.h"
#include <sys/stat.h>

enum { UPLOADS_AN_HOUR = 300 };

static bool begins(struct str s, size_t at, const char *magic, size_t n)
{
    return s.len >= at + n && memcmp(s.ptr + at, magic, n) == 0;
}

static const char *office_kind(struct str s)
{
    struct str head = {s.ptr, s.len < 4096 ? s.len : 4096};
    if (str_has(head, STR("word/")))
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    if (str_has(head, STR("xl/")))
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    if (str_has(head, STR("ppt/")))
        return "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    return "application/zip";
}

/* NULL: no kind that is taken.  Text that a browser could run is not among them. */
static const char *sniff(struct str s)
{
    static const struct {
        size_t at, n;
        const char *magic, *mime;
    } KINDS[] = {
        {0, 3, "\xFF\xD8\xFF", "image/jpeg"},
        {0, 8, "\x89PNG\r\n\x1A\n", "image/png"},
        {0, 6, "GIF87a", "image/gif"},
        {0, 6, "GIF89a", "image/gif"},
        {8, 4, "WEBP", "image/webp"},
        {0, 5, "%PDF-", "application/pdf"},
        {8, 4, "WAVE", "audio/wav"},
        {0, 3, "ID3", "audio/mpeg"},
        {0, 6, "#!AMR\n", "audio/amr"},
        {4, 8, "ftypM4A ", "audio/mp4"},
        {4, 8, "ftypheic", "image/heic"},
        {4, 4, "ftyp", "video/mp4"},
        {0, 8, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "application/msword"},
    };
    for (size_t i = 0; i < COUNT_OF(KINDS); i++)
        if (begins(s, KINDS[i].at, KINDS[i].magic, KINDS[i].n))
            return KINDS[i].mime;
    if (begins(s, 0, "PK\x03\x04", 4))
        return office_kind(s);
    return s.len && str_utf8_ok(s) ? "text/plain; charset=utf-8" : NULL;
}

/* Name without folders and control characters. */
static struct str clean_name(struct arena *a, struct str given)
{
    struct buf b = BUF(200);
    for (size_t i = 0; i < given.len; i++)
        if (given.ptr[i] == '/' || given.ptr[i] == '\\')
            given = (struct str){given.ptr + i + 1, given.len - i - 1}, i = (size_t)-1;
    for (size_t i = 0; i < given.len;) {
        uint32_t ch = str_next_char(given, &i);
        if (ch >= 0x20 && ch != 0x7F && ch != '"' && b.len < 190)
            buf_utf8(&b, ch);
    }
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s.len ? s : STR("file");
}

static bool file_place(struct call *c, struct id id, char out[static UPLOADS_PATH], bool make,
                       struct err *e)
{
    int n;
    uploads_path(c->api->files, id, out, &n);
    if (!make)
        return true;
    const char *dir = arena_printf(c->a, "%.*s", n, out);
    mkdir(c->api->files, 0700);
    mkdir(dir, 0700);
    struct stat st;
    return stat(dir, &st) == 0 || err_set(e, ERR_IO, "cannot make the folder for uploads");
}

struct upload {
    struct call *c;
    struct id id;
    struct str name, mime;
    struct hash sha;
    int64_t size;
    uint8_t wrapped[KEYS_WRAPPED];
};

static bool save_row(void *user, struct store *db, struct err *e)
{
    struct upload *u = user;
    int64_t recent = 0;
    bool found;
    struct cell who = C_BLOB(ID_STR(u->c->actor.account));
    if (!store_int(db, sql_api_upload_recent, BIND(who, C_INT(u->c->now - MS_HOUR)), &found,
                   &recent, e))
        return false;
    if (recent >= UPLOADS_AN_HOUR)
        return err_set(e, ERR_TOO_OFTEN, "too many uploads within an hour");
    return store_exec(db, sql_api_upload_add,
                      BIND(C_BLOB(ID_STR(u->id)), who, C_INT(u->c->now), C_TEXT(u->name),
                           C_TEXT(u->mime), C_INT(u->size), C_BLOB(HASH_STR(u->sha)),
                           C_BLOB(((struct str){(char *)u->wrapped, KEYS_WRAPPED}))),
                      NULL, e);
}

static bool keep(struct call *c, struct upload *u, struct str plain)
{
    uint8_t key[CIPHER_KEY];
    char path[UPLOADS_PATH];
    struct str id = id_text(c->a, u->id);
    random_bytes(key, sizeof key);
    keys_wrap(engine_keys(c->api->engine), id, key, u->wrapped);
    uint8_t *sealed = mem_new(plain.len + CIPHER_EXTRA);
    cipher_seal(key, id, plain, sealed);
    bool ok =
        file_place(c, u->id, path, true, c->e) &&
        file_replace(path, (struct str){(char *)sealed, plain.len + CIPHER_EXTRA}, 0600, c->e);
    free(sealed);
    if (ok && !engine_exclusive(c->api->engine, save_row, u, c->e)) {
        remove(path);
        return false;
    }
    return ok;
}

struct stored_file {
    struct str name, mime, wrapped, sha;
    int64_t size;
    bool own;
};

static bool load_row(struct call *c, struct id id, bool *found, struct stored_file *out)
{
    struct rows r AUTO(rows_close) = store_query(c->db, sql_api_upload_get, BIND(C_BLOB(ID_STR(id))), c->e);
    *found = rows_next(&r);
    if (!*found)
        return !err_is(c->e);
    out->own = str_eq(rows_str(&r, 0), ID_STR(c->actor.account));
    out->name = str_dup(c->a, rows_str(&r, 1));
    out->mime = str_dup(c->a, rows_str(&r, 2));
    out->size = rows_int(&r, 3);
    out->wrapped = str_dup(c->a, rows_str(&r, 5));
    out->sha = str_dup(c->a, rows_str(&r, 6));
    return true;
}

static bool answer_upload(struct call *c, int status, struct id id, const struct stored_file *f)
{
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "file", id_text(c->a, id));
    jo_kv(&o, "name", f->name);
    jo_kv(&o, "mime", f->mime);
    jo_ki(&o, "size", f->size);
    jo_kv(&o, "sha256", hex_of(c->a, f->sha));
    jo_end(&o);
    return call_json(c, status, &b);
}

/* The id may come from the client: what was sent already is answered again and not kept twice. */
static bool take_id(struct call *c, struct str plain, struct id *id, bool *again)
{
    struct stored_file f = {.own = false};
    struct str given = http_query(c->rq, "id");
    struct hash sha = hash_sha256(plain);
    *again = false;
    *id = id_new(c->now);
    if (!given.len)
        return true;
    if (!id_parse(given, id) || id_version(*id) != 7)
        return err_field(c->e, ERR_INPUT, "id", "id: expected a UUID of version 7");
    if (!load_row(c, *id, again, &f))
        return false;
    if (*again && (!f.own || !str_eq(f.sha, HASH_STR(sha))))
        return err_set(c->e, ERR_ID_USED, "another file was uploaded under this id");
    return !*again || answer_upload(c, 200, *id, &f);
}

bool call_upload(struct call *c)
{
    const char *path = http_upload_file(c->rq);
    struct str plain;
    if (!path)
        return err_set(c->e, ERR_INPUT, "expected the file as the body of the request");
    if (!file_read(c->a, path, LIMIT_UPLOAD, &plain, c->e))
        return false;
    const char *mime = sniff(plain);
    if (!mime) {
        err_set(c->e, ERR_INPUT, "this kind of file is not taken");
        return err_zh(c->e, "不支持这种文件，请上传图片、PDF、文档、录音或视频");
    }
    struct id id;
    bool again;
    if (!take_id(c, plain, &id, &again))
        return false;
    if (again)
        return true;
    struct upload u = {.c = c,
                       .id = id,
                       .mime = str_of(mime),
                       .name = clean_name(c->a, http_query(c->rq, "name")),
                       .sha = hash_sha256(plain),
                       .size = (int64_t)plain.len};
    if (!keep(c, &u, plain))
        return false;
    struct stored_file f = {.name = u.name, .mime = u.mime, .size = u.size, .sha = HASH_STR(u.sha)};
    return answer_upload(c, 201, u.id, &f);
}

/* ---- giving back ---- */

static bool names_file(struct view *v, const struct json *stored, struct str file, bool *yes)
{
    struct json *value;
    if (json_is(stored, J_ARR)) {
        JSON_EACH(x, stored)
        if (!names_file(v, x, file, yes))
            return false;
        return true;
    }
    if (!value_detached(stored))
        return true;
    if (!view_plain(v, stored, &value))
        return false;
    *yes |= str_eq(json_text(value, "file"), file);
    return true;
}

/* The uploader himself, or whoever may see a record that names the file (?record=). */
static bool may_have(struct call *c, struct id file, bool own, bool *yes)
{
    struct str record = http_query(c->rq, "record");
    struct id rec;
    struct record *r;
    struct view v;
    *yes = own;
    if (own || !record.len)
        return true;
    if (!id_parse(record, &rec))
        return err_field(c->e, ERR_INPUT, "record", "record: expected a UUID");
    if (!view_load(c, rec, &r) || !view_open(c, r, &v))
        return false;
    if (v.shut)
        return true;
    struct str text = id_text(c->a, file);
    for (int i = 0; i < v.def->n_fields; i++)
        if (v.def->fields[i].type == FIELD_FILE && !v.def->fields[i].vault &&
            !names_file(&v, json_get_str(r->fields, v.def->fields[i].id), text, yes))
            return false;
    JSON_EACH(p, r->parts)
    if (!names_file(&v, json_get(p, "file"), text, yes))
        return false;
    return true;
}

struct str disposition(struct arena *a, struct str name, bool shown)
{
    struct buf b = BUF(2000);
    buf_c(&b, shown ? "inline; filename*=UTF-8''" : "attachment; filename*=UTF-8''");
    for (size_t i = 0; i < name.len; i++) {
        unsigned char ch = (unsigned char)name.ptr[i];
        bool plain = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= 'a' && ch <= 'z') || ch == '.' || ch == '-' || ch == '_';
        if (plain)
            buf_char(&b, (char)ch);
        else
            buf_printf(&b, "%%%02X", ch);
    }
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

static bool open_file(struct call *c, struct id id, const struct stored_file *f, struct str *plain)
{
    uint8_t key[CIPHER_KEY];
    char path[UPLOADS_PATH];
    struct str sealed, text = id_text(c->a, id);
    if (!keys_unwrap(engine_keys(c->api->engine), text, f->wrapped, key) ||
        !file_place(c, id, path, false, c->e) ||
        !file_read(c->a, path, LIMIT_UPLOAD + CIPHER_EXTRA, &sealed, c->e))
        return err_is(c->e) ? false : err_set(c->e, ERR_IO, "the key of a file does not open");
    char *out = arena_alloc(c->a, sealed.len);
    if (sealed.len < CIPHER_EXTRA || !cipher_open(key, text, sealed, (uint8_t *)out))
        return err_set(c->e, ERR_IO, "a stored file was altered");
    *plain = (struct str){out, sealed.len - CIPHER_EXTRA};
    return true;
}

bool file_bytes(struct call *c, struct id id, struct str *mime, struct str *bytes)
{
    struct stored_file f = {.own = false};
    struct err mine = ERR_INIT, *outer = c->e;
    c->e = &mine;
    bool found = false, ok = load_row(c, id, &found, &f) && found && open_file(c, id, &f, bytes);
    c->e = outer;
    *mime = f.mime;
    if (ok)
        return true;
    *bytes = STR_NONE;
    if (!err_is(&mine) || mine.code == ERR_IO)
        return true;
    *c->e = mine;
    return false;
}

static bool files_get(struct call *c)
{
    struct id id;
    struct stored_file f = {.own = false};
    struct str plain;
    bool found, yes = false;
    if (!call_id(c, "id", &id) || !load_row(c, id, &found, &f) ||
        (found && !may_have(c, id, f.own, &yes)))
        return false;
    if (!yes)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such file, or it is not yours to see");
    if (!open_file(c, id, &f, &plain))
        return false;
    http_set_header(c->rq, "Content-Disposition", disposition(c->a, f.name, false));
    http_set_header(c->rq, "Cache-Control", STR("private, no-store"));
    http_set_header(c->rq, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
    http_answer(c->rq, 200, str_c(c->a, f.mime), plain);
    return true;
}

static const struct param POST_QUERY[] = {{"name", "name of the file, for people"},
                                          {"id", "UUID of version 7 made by the client: sending again keeps it once"},
                                          {NULL, NULL}};
static const struct param GET_QUERY[] = {
    {"record", "id of a record that names the file; the uploader needs none"}, {NULL, NULL}};

static const struct route ROWS[] = {
    {ROUTE(POST, "/api/files", PERM_ACT, call_upload, "上传文件",
           "Upload a file (its bytes are the body)"),
     .query = POST_QUERY, .upload = true},
    {ROUTE(GET, "/api/files/{id}", PERM_READ | PERM_ACT, files_get, "取文件", "A file"),
     .query = GET_QUERY},
};
const struct route_list ROUTES_FILES = {ROWS, COUNT_OF(ROWS)};
