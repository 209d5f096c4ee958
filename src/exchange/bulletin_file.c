#include "exchange/bulletin_file.h"
#include "exchange/text_of.h"
#include <errno.h>

/* ---- out ---- */

static bool open_text(struct store *db, struct arena *a, const struct keys *keys,
                      const struct record *r, int field, const struct record_def *def,
                      struct str *out, struct err *e)
{
    const struct json *ref = field < 0 ? NULL : json_get_str(r->fields, def->fields[field].id);
    uint8_t dek[CIPHER_KEY];
    struct str plain;
    struct json *value;
    bool found;
    *out = STR("");
    if (!value_detached(ref))
        return true;
    if (!record_dek(db, keys, r->rid, r->id, &found, dek, e))
        return false;
    bool ok = !found || detached_read(db, a, json_num(ref, "s", -1), json_num(ref, "$d", -1), dek,
                                      &plain, e);
    explicit_bzero(dek, sizeof dek);
    if (!ok || !found || !plain.ptr)
        return ok;
    if (!json_own(a, plain, &value, e))
        return false;
    *out = json_str(value);
    return true;
}

static int32_t day_in(const struct record *r, const struct field *f)
{
    const struct json *v = json_get_str(r->fields, f->id);
    return json_is(v, J_INT) ? (int32_t)v->i : DAY_NONE;
}

bool bulletin_open(struct store *db, struct arena *a, const struct world *w, const struct keys *keys,
                   const struct record *r, bool *is, struct bulletin *out, struct err *e)
{
    const struct playbook *p;
    const struct take_figures *x = NULL;
    int record;
    *is = false;
    if (!world_type(w, r->type, r->pb, &p, &record))
        return true;
    const struct record_def *def = &p->records[record];
    for (int i = 0; i < def->n_actions && !x; i++)
        x = def->actions[i].figures;
    if (!x)
        return true;
    int area = world_area(w, r->code);
    *out = (struct bulletin){.record = r,
                             .number = r->number,
                             .from = day_in(r, &def->fields[x->from]),
                             .to = day_in(r, &def->fields[x->to]),
                             .area_name = area >= 0 ? w->areas[area].name : STR_NONE,
                             .size = -1};
    JSON_EACH (part, r->parts)
        if (bulletin_figure(part))
            out->size = max64(out->size, json_num(part, "size", -1));
    *is = true;
    return open_text(db, a, keys, r, x->text, def, &out->prose, e) &&
           open_text(db, a, keys, r, def->title, def, &out->title, e);
}

const struct json *bulletin_beside(const struct json *part)
{
    struct str hidden = json_text(part, "hidden");
    return !hidden.len || str_is(hidden, "counts") ? json_get(part, "beside") : NULL;
}

static void put_beside(struct json_out *o, const struct json *part)
{
    static const char *const KEYS[] = {"id", "as", "hidden", "n", "N", "value", "decimals"};
    jo_key(o, "beside");
    jo_arr(o);
    JSON_EACH (x, bulletin_beside(part)) {
        jo_obj(o);
        for (size_t i = 0; i < COUNT_OF(KEYS) - (json_get(x, "hidden") ? 4 : 0); i++)
            if (json_get(x, KEYS[i])) {
                jo_key(o, KEYS[i]);
                jo_json(o, json_get(x, KEYS[i]));
            }
        jo_end(o);
    }
    jo_end(o);
}

/* What of a figure may leave: a hidden one is only what is printed of it. */
static void put_figure(struct json_out *o, const struct json *part)
{
    static const char *const ALWAYS[] = {"code", "slot", "id",     "version", "area",   "from",
                                         "to",   "size", "issuer", "source",  "printed", "redrawn"};
    static const char *const NUMBERS[] = {"n",       "N",     "value",    "decimals", "opening",
                                          "in",      "out",   "closing",  "then",     "change",
                                          "change_decimals"};
    struct str hidden = json_text(part, "hidden");
    jo_obj(o);
    for (size_t i = 0; i < COUNT_OF(ALWAYS) + COUNT_OF(NUMBERS); i++) {
        bool number = i >= COUNT_OF(ALWAYS);
        const char *key = number ? NUMBERS[i - COUNT_OF(ALWAYS)] : ALWAYS[i];
        const struct json *v = json_get(part, key);
        if (!v || json_is(v, J_NULL) || (number && hidden.len))
            continue;
        jo_key(o, key);
        jo_json(o, v);
    }
    if (hidden.len)
        jo_kv(o, "hidden", hidden);
    if (bulletin_beside(part))
        put_beside(o, part);
    jo_end(o);
}

static void put_day(struct json_out *o, const char *key, int32_t day)
{
    char text[16];
    if (day == DAY_NONE)
        return;
    day_format(day, text);
    jo_kc(o, key, text);
}

void bulletin_write(struct json_out *o, const struct world *w, const struct bulletin *b)
{
    struct buf text AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct buf fixed AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    char id[ID_TEXT + 1];
    id_format(b->record->id, id);
    bulletin_text(&text, b->prose, b->record->parts, true);
    bulletin_corrections_text(&fixed, w, b->record->parts);
    jo_obj(o);
    jo_kc(o, "format", "bihuan bulletin 1");
    jo_kc(o, "id", id);
    jo_kv(o, "number", b->number);
    jo_kv(o, "title", b->title);
    jo_kv(o, "state", b->record->state);
    jo_kv(o, "area", b->record->code);
    jo_kv(o, "area_name", b->area_name);
    put_day(o, "from", b->from);
    put_day(o, "to", b->to);
    jo_kv(o, "text", buf_view(&text));
    jo_kv(o, "corrections", buf_view(&fixed));
    jo_ki(o, "size", b->size);
    jo_key(o, "figures");
    jo_arr(o);
    JSON_EACH (part, b->record->parts)
        if (bulletin_figure(part))
            put_figure(o, part);
    jo_end(o);
    jo_end(o);
}

struct str bulletin_indicator(const struct world *w, struct str id)
{
    struct str name, book = str_cut(id, '.', &name);
    const struct playbook *p = world_playbook(w, book);
    int i = p ? playbook_indicator(p, name) : -1;
    return i >= 0 ? p->indicators[i].name.zh : id;
}

static void moved(struct buf *b, const char *what, int64_t was, int64_t now)
{
    if (was != now)
        buf_printf(b, "%s%lld改为%lld（修正%+lld）", what, (long long)was, (long long)now,
                   (long long)(now - was));
}

void bulletin_corrections_text(struct buf *b, const struct world *w, const struct json *parts)
{
    JSON_EACH (p, parts) {
        if (!str_is(json_text(p, "kind"), "correction") || json_yes(p, "void"))
            continue;
        int64_t was = json_num(p, "was", 0), now = json_num(p, "now", 0);
        int64_t was_N = json_num(p, "was_N", 0), now_N = json_num(p, "now_N", 0);
        if (!b->len)
            buf_c(b, "较上期公布数修正：");
        buf_printf(b, "上期%.*s（%.*s）", STR_F(json_text(p, "code")),
                   STR_F(bulletin_indicator(w, json_text(p, "id"))));
        if (json_text(p, "hidden").len) {
            buf_c(b, "有改动，含不足5的数，不公布；");
            continue;
        }
        moved(b, json_get(p, "was_N") ? "分子" : "", was, now);
        if (was != now && was_N != now_N)
            buf_c(b, "，");
        moved(b, "分母", was_N, now_N);
        buf_c(b, "；");
    }
    if (b->len) { /* the last ； becomes a full stop */
        b->len -= strlen("；");
        buf_c(b, "。");
    }
}

/* ---- in ---- */

static bool read_all(FILE *f, const char *path, struct buf *b, struct err *e)
{
    char piece[16 * 1024];
    size_t n;
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        buf_add(b, piece, n);
    if (ferror(f))
        return err_set(e, ERR_IO, "cannot read %.300s: %s", path, strerror(errno));
    return buf_ok(b) || err_set(e, ERR_TOO_BIG, "%.300s is larger than %d MB", path,
                                (int)(b->max >> 20));
}

static bool json_text_of(struct arena *a, struct str file, struct buf *b, struct err *e)
{
    struct json *j;
    if (!json_input(a, file, &j, e))
        return false;
    struct str number = json_text(j, "number"), text = json_text(j, "text");
    if (!number.len || !text.len)
        return err_set(e, ERR_SYNTAX, "expected a bulletin with number and text");
    buf_printf(b, "核验号：%.*s\n", STR_F(number));
    buf_str(b, text);
    return true;
}

bool bulletin_read_file(struct arena *a, const char *path, struct str *text, struct err *e)
{
    enum { MOST = 32 * 1024 * 1024 };
    struct buf file AUTO(buf_free) = BUF(MOST), out AUTO(buf_free) = BUF(MOST);
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set(e, ERR_IO, "cannot read %.300s: %s", path, strerror(errno));
    bool ok = read_all(f, path, &file, e);
    fclose(f);
    if (!ok)
        return false;
    struct str head = buf_view(&file);
    ok = str_starts(head, STR("%PDF-")) ? text_of_pdf(path, &out, e)
         : str_starts(head, STR("PK"))  ? text_of_docx(path, &out, e)
                                        : json_text_of(a, head, &out, e);
    if (ok && !buf_ok(&out))
        ok = err_set(e, ERR_TOO_BIG, "%.300s holds too much text", path);
    if (ok)
        *text = buf_dup(a, &out);
    return ok;
}

struct str bulletin_number_in(struct arena *a, struct str text)
{
    static const char MARK[] = "核验号";
    struct buf b AUTO(buf_free) = BUF(100);
    for (size_t i = 0; i + sizeof MARK <= text.len; i++) {
        if (memcmp(text.ptr + i, MARK, sizeof MARK - 1) != 0)
            continue;
        for (size_t k = i + sizeof MARK - 1; k < text.len && b.len < 64; k++) {
            char ch = text.ptr[k];
            bool word = (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
                        ch == '-';
            if (word)
                buf_char(&b, ch);
            else if (b.len)
                break;
        }
        return b.len ? buf_dup(a, &b) : STR_NONE;
    }
    return STR_NONE;
}
