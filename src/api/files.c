/* Uploads: staged here, named by an action afterwards (engine/uploads.h).  The kind of a file is told by its
 * content, never by its name; pictures are drawn anew, without what the camera wrote beside them. */
#include "api/api_int.h"
#include "engine/uploads.h"
#include "paper/paper.h"

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

/* Formats of which nobody here can take away where the picture was taken. */
static bool is_heic(struct str s)
{
    static const char *const BRANDS[] = {"heic", "heix", "heif", "mif1", "msf1", "hevc", "avif"};
    for (size_t i = 0; begins(s, 4, "ftyp", 4) && i < COUNT_OF(BRANDS); i++)
        if (begins(s, 8, BRANDS[i], 4))
            return true;
    return false;
}

static bool bad_picture(struct call *c, struct err *why)
{
    if (why->code != ERR_INPUT && why->code != ERR_TOO_BIG && why->code != ERR_INTERNAL && why->code != ERR_DEADLINE) {
        *c->e = *why;
        return false;
    }
    bool big = why->code == ERR_TOO_BIG;
    err_set(c->e, big ? ERR_TOO_BIG : ERR_INPUT, "%s", why->code == ERR_INTERNAL || why->code == ERR_DEADLINE
                                                           ? "the picture cannot be read" : why->text);
    return err_zh(c->e, "%s", big ? "图片太大，请缩小后再上传" : "图片打不开或已损坏，请换一张，或另存为 JPEG 后再上传");
}

/* What is kept of what was sent, and its kind. */
static bool take_content(struct call *c, struct str sent, struct str *kept, const char **mime)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct err mine = ERR_INIT;
    if (is_heic(sent)) {
        err_set(c->e, ERR_INPUT, "HEIC and AVIF pictures say where they were taken: save it as JPEG");
        return err_zh(c->e, "这种照片（HEIC）含拍摄位置，不能去除，请另存为 JPEG 后再上传");
    }
    *kept = sent;
    if (paper_is_picture(sent)) {
        if (!paper_picture(sent, &b, &mine))
            return bad_picture(c, &mine);
        *kept = buf_dup(c->a, &b);
    }
    *mime = sniff(*kept);
    if (*mime)
        return true;
    err_set(c->e, ERR_INPUT, "this kind of file is not taken");
    return err_zh(c->e, "不支持这种文件，请上传图片、PDF、文档、录音或视频");
}

static bool answer_upload(struct call *c, int status, const struct upload *u)
{
    struct buf b = BUF(4096);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_kv(&o, "file", id_text(c->a, u->id));
    jo_kv(&o, "name", u->name);
    jo_kv(&o, "mime", u->mime);
    jo_ki(&o, "size", u->size);
    jo_kv(&o, "sha256", hex_of(c->a, HASH_STR(u->sha256)));
    jo_end(&o);
    return call_json(c, status, &b);
}

static bool find_upload(struct call *c, struct id id, bool *found, struct upload *u)
{
    return uploads_find(c->db, engine_keys(c->api->engine), c->a, id, found, u, c->e);
}

static bool is_own(const struct call *c, const struct upload *u)
{
    return id_eq(u->account, c->actor.account);
}

/* The id may come from the client: what was sent already is answered again and not kept twice. */
static bool take_id(struct call *c, struct upload *u, bool *again)
{
    struct upload before;
    struct str given = http_query(c->rq, "id");
    *again = false;
    u->id = id_new(c->now);
    if (!given.len)
        return true;
    if (!id_parse(given, &u->id) || id_version(u->id) != 7)
        return err_field(c->e, ERR_INPUT, "id", "id: expected a UUID of version 7");
    if (!find_upload(c, u->id, again, &before))
        return false;
    if (*again && (!is_own(c, &before) || !hash_eq(&before.sha256, &u->sha256)))
        return err_set(c->e, ERR_ID_USED, "another file was uploaded under this id");
    return !*again || answer_upload(c, 200, &before);
}

bool call_upload(struct call *c)
{
    const char *path = http_upload_file(c->rq), *mime;
    struct str sent, kept;
    bool again;
    if (!path)
        return err_set(c->e, ERR_INPUT, "expected the file as the body of the request");
    if (!file_read(c->a, path, LIMIT_UPLOAD, &sent, c->e) || !take_content(c, sent, &kept, &mime))
        return false;
    struct upload u = {.account = c->actor.account,
                       .name = clean_name(c->a, http_query(c->rq, "name")),
                       .mime = str_of(mime),
                       .size = (int64_t)kept.len,
                       .sha256 = hash_sha256(kept)};
    if (!take_id(c, &u, &again))
        return false;
    return again || (uploads_keep(c->api->engine, &u, kept, c->now, c->e) && answer_upload(c, 201, &u));
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

bool file_bytes(struct call *c, struct id id, struct str *mime, struct str *bytes)
{
    struct upload u = {.size = 0};
    struct err mine = ERR_INIT, *outer = c->e;
    c->e = &mine;
    bool found = false, ok = find_upload(c, id, &found, &u) && found && uploads_open(c->db, c->a, &u, bytes, c->e);
    c->e = outer;
    *mime = u.mime;
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
    struct upload u;
    struct str plain;
    bool found, yes = false;
    if (!call_id(c, "id", &id) || !find_upload(c, id, &found, &u) ||
        (found && !may_have(c, id, is_own(c, &u), &yes)))
        return false;
    if (!yes)
        return err_set(c->e, ERR_NOT_FOUND, "there is no such file, or it is not yours to see");
    if (!uploads_open(c->db, c->a, &u, &plain, c->e))
        return false;
    http_set_header(c->rq, "Content-Disposition", disposition(c->a, u.name, false));
    http_set_header(c->rq, "Cache-Control", STR("private, no-store"));
    http_set_header(c->rq, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
    http_answer(c->rq, 200, str_c(c->a, u.mime), plain);
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
