#include "engine/erasures.h"
#include "engine/erasures.sql.h"
#include "engine/uploads.h"
#include "access/lookup.h"
#include "ledger/ledger.h"
#include "record/seal.h"
#include "search/index.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { LIST_BYTES = 256 << 20, LINE = 300 };

void erasures_path(const struct keys *keys, char out[static ERASURES_PATH])
{
    snprintf(out, ERASURES_PATH, "%s.erasures.log", keys->path);
}

/* ---- writing ---- */

static void add_line(struct buf *b, int64_t seq, struct id event, struct id rec, int64_t value_seq,
                     struct id value_event, int64_t k)
{
    char id[3][ID_TEXT + 1];
    id_format(event, id[0]);
    id_format(rec, id[1]);
    id_format(value_event, id[2]);
    buf_printf(b, "%lld %s %s %lld %s %lld .\n", (long long)seq, id[0], id[1], (long long)value_seq, id[2],
               (long long)k);
}

/* *found = false: the log has no such event. */
static bool event_id(struct store *db, int64_t seq, bool *found, struct id *out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_erasures_event, BIND(C_INT(seq)), e);
    *found = rows_next(&r) && id_read(rows_str(&r, 0), out);
    return !err_is(e);
}

bool erasures_ensure(struct store *db, const struct keys *keys, struct err *e)
{
    char path[ERASURES_PATH];
    erasures_path(keys, path);
    if (access(path, F_OK) == 0)
        return true;
    struct buf b AUTO(buf_free) = BUF(LIST_BYTES);
    struct rows r AUTO(rows_close) = store_query(db, sql_erasures_all, BIND_NONE, e);
    while (rows_next(&r)) {
        struct id event, rec, value;
        if (id_read(rows_str(&r, 1), &event) && id_read(rows_str(&r, 2), &rec) && id_read(rows_str(&r, 4), &value))
            add_line(&b, rows_int(&r, 0), event, rec, rows_int(&r, 3), value, rows_int(&r, 5));
    }
    return !err_is(e) && file_replace(path, buf_view(&b), 0600, e);
}

/* Does the list end in the middle of a line? */
static bool cut_off(int fd)
{
    char last = '\n';
    off_t end = lseek(fd, 0, SEEK_END);
    return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

static bool append(const char *path, struct str text, struct err *e)
{
    int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && (!cut_off(fd) || write(fd, "\n", 1) == 1);
    while (ok && text.len) {
        ssize_t n = write(fd, text.ptr, text.len);
        ok = n > 0;
        text.ptr += ok ? n : 0;
        text.len -= ok ? (size_t)n : 0;
    }
    ok = ok && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    if (ok)
        return true;
    err_set(e, why == ENOSPC ? ERR_FULL : ERR_IO, "nothing is erased: the list %.200s cannot be written: %s", path,
            strerror(why));
    return err_zh(e, "删除未执行：无法写入删除清单，请联系系统管理员");
}

bool erasures_append(struct store *db, const struct keys *keys, const struct erasure *x, struct err *e)
{
    char path[ERASURES_PATH];
    struct buf b AUTO(buf_free) = BUF(LIST_BYTES);
    JSON_EACH (pair, json_get(x->in, "erased")) {
        const struct json *seq = json_at(pair, 0), *k = json_at(pair, 1);
        struct id value;
        bool found = false;
        if (seq && k && !event_id(db, seq->i, &found, &value, e))
            return false;
        if (found)
            add_line(&b, x->seq, x->id, x->rec, seq->i, value, k->i);
    }
    erasures_path(keys, path);
    return append(path, buf_view(&b), e);
}

/* ---- one value ---- */

bool erase_value(struct store *db, const struct changes *c, const struct record *r, int64_t seq, int64_t k,
                 int64_t by, bool *gone, struct err *e)
{
    struct json *ref = json_new(c->arena, J_OBJ);
    struct str plain;
    int64_t n = 0;
    json_set(c->arena, ref, STR("$d"), json_new_int(c->arena, k));
    json_set(c->arena, ref, STR("s"), json_new_int(c->arena, seq));
    if (!changes_plain(db, c, r, ref, &plain, e) || !uploads_free(db, c->arena, plain, r->rid, e) ||
        !store_exec(db, sql_erasures_value, BIND(C_INT(seq), C_INT(k), C_INT(r->rid), C_INT(by)), &n, e))
        return false;
    *gone = n > 0;
    return true;
}

/* A place whose value is gone is nowhere. */
static bool unplace(struct store *db, const struct changes *c, const struct change *ch, int field, struct err *e)
{
    const struct field *f = &ch->def->fields[field];
    const struct json *ref = json_get_str(ch->after->fields, f->id);
    struct str plain;
    if (f->type != FIELD_PLACE || f->many || !value_detached(ref))
        return true;
    if (!changes_plain(db, c, ch->after, ref, &plain, e) || plain.ptr)
        return !err_is(e);
    struct str sql = str_printf(c->arena, "UPDATE %.*s SET x_%.*s_lon = NULL, x_%.*s_lat = NULL WHERE rid = $1",
                                STR_F(table_name(c->arena, ch->playbook, ch->def)), STR_F(f->id), STR_F(f->id));
    return store_exec(db, sql.ptr, BIND(C_INT(ch->after->rid)), NULL, e) &&
           (field != ch->def->place_field ||
            store_exec(db, sql_erasures_spot, BIND(C_INT(ch->after->rid)), NULL, e));
}

bool erase_traces(struct store *db, const struct changes *c, struct change *ch, struct err *e)
{
    ch->new_text = true;
    for (int i = 0; ch->def && i < ch->def->n_fields; i++)
        if (!unplace(db, c, ch, i, e))
            return false;
    return !ch->def || lookup_again(db, c, ch->after, ch->def, e);
}

/* ---- again, in a restored copy ---- */

struct listed {
    int64_t seq, value_seq, k;
    struct id event, rec, value_event;
};

struct again {
    struct store *db;
    struct arena *a;
    struct changes c;
    struct world *world;
    int64_t newest, values; /* newest: of the copy's log */
    struct err *e;
};

/* False: a line that was cut off, or (e is set) none at all. */
static bool read_line(struct str line, struct listed *x, struct err *e)
{
    struct str w[7], rest = line;
    size_t n = 0;
    while (n < COUNT_OF(w) && rest.len)
        w[n++] = str_cut(rest, ' ', &rest);
    bool whole = n == COUNT_OF(w) && str_is(w[6], ".") && !rest.len;
    if (whole && str_int(w[0], &x->seq) && id_parse(w[1], &x->event) && id_parse(w[2], &x->rec) &&
        str_int(w[3], &x->value_seq) && id_parse(w[4], &x->value_event) && str_int(w[5], &x->k))
        return true;
    if (line.len < LINE && !whole && str_int(w[0], &x->seq))
        return false; /* cut off */
    err_set(e, ERR_SYNTAX, "this is no list of erasures: \"%.60s\"", line.len ? line.ptr : "");
    return err_zh(e, "这不是删除清单");
}

static bool change_of(struct again *x, struct id rec, struct change **out)
{
    bool found;
    struct record *r;
    int record;
    for (size_t i = 0; i < x->c.n; i++)
        if (id_eq(x->c.list[i].after->id, rec)) {
            *out = &x->c.list[i];
            return true;
        }
    *out = NULL;
    if (!record_load_open(x->db, x->c.keys, x->a, rec, &found, &r, x->e) || !found)
        return !err_is(x->e);
    x->c.list = arena_grow(x->a, x->c.list, x->c.n, &x->c.cap, sizeof *x->c.list);
    struct change *ch = *out = &x->c.list[x->c.n++];
    *ch = (struct change){.before = r, .after = r};
    if (world_type(x->world, r->type, r->pb, &ch->playbook, &record))
        ch->def = &ch->playbook->records[record];
    return true;
}

static bool is_event(struct again *x, int64_t seq, struct id id, bool none, bool *yes)
{
    struct id there;
    bool found;
    if (!event_id(x->db, seq, &found, &there, x->e))
        return false;
    *yes = found ? id_eq(there, id) : none;
    return true;
}

static bool line_again(struct again *x, const struct listed *l)
{
    struct change *ch;
    bool stands = false, same = false, gone = false;
    if (!is_event(x, l->seq, l->event, true, &stands) || !is_event(x, l->value_seq, l->value_event, false, &same))
        return false;
    if (!stands || !same)
        return true;
    if (!change_of(x, l->rec, &ch) ||
        (ch && !erase_value(x->db, &x->c, ch->after, l->value_seq, l->k, x->newest, &gone, x->e)))
        return false;
    x->values += gone;
    if (gone)
        ch->new_text = true;
    return true;
}

static bool all_again(struct again *x, struct str text)
{
    while (text.len) {
        struct listed l;
        struct str line = str_cut(text, '\n', &text);
        bool read = line.len && read_line(str_dup(x->a, line), &l, x->e);
        if (err_is(x->e) || (read && !line_again(x, &l)))
            return false;
    }
    for (size_t i = 0; i < x->c.n; i++)
        if (x->c.list[i].new_text && !erase_traces(x->db, &x->c, &x->c.list[i], x->e))
            return false;
    return search_save(x->db, &x->c, x->e);
}

static bool again_inside(struct again *x, const struct keys *keys, struct str text)
{
    struct ledger_head head;
    if (!store_begin(x->db, x->e) || !ledger_lock(x->db, &head, x->e) || !world_load(x->db, &x->world, x->e))
        return false;
    x->newest = head.tree.size - 1;
    x->c = (struct changes){.arena = x->a, .keys = keys, .now = head.recorded};
    bool ok = world_now(x->db, x->a, x->world, &x->c.world, x->e) && all_again(x, text);
    return ok && store_commit(x->db, x->e);
}

bool erasures_again(const char *url, const struct keys *keys, const char *path, int64_t *values, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct store *db AUTO(store_closep) = NULL;
    struct str text;
    struct again x = {.a = a, .e = e};
    if (!file_read(a, path, LIST_BYTES, &text, e) || !store_open(url, STORE_WRITE, &db, e))
        return false;
    x.db = db;
    bool ok = again_inside(&x, keys, text);
    store_rollback(db);
    world_unref(x.world);
    *values = x.values;
    return ok && (!x.values || (search_forget(db, e) && store_checkpoint(db, true, e)));
}
