#include "record/change.h"
#include "record/save.sql.h"
#include "record/spot.h"
#include "record/waiting.h"

bool record_dek(struct store *db, const struct keys *keys, int64_t rid, struct id id, bool *found,
                uint8_t out[static CIPHER_KEY], struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_dek_read, BIND(C_INT(rid)), e);
    bool has = rows_next(&r);
    if (err_is(e))
        return false;
    if (has && !keys_unwrap(keys, ID_STR(id), rows_str(&r, 0), out))
        return err_set(e, ERR_VERIFY, "the data key of a record cannot be opened: is this the key "
                       "file of this database?");
    *found = has;
    return true;
}

bool detached_read(struct store *db, struct arena *a, int64_t seq, int64_t k,
                   const uint8_t dek[static CIPHER_KEY], struct str *out, struct err *e)
{
    struct rows r AUTO(rows_close) =
        store_query(db, sql_detached_get, BIND(C_INT(seq), C_INT(k)), e);
    if (!rows_next(&r) || rows_null(&r, 0)) {
        if (err_is(e))
            return false;
        *out = STR_NONE; /* erased */
        return true;
    }
    struct id id;
    struct str plain;
    if (!id_read(rows_str(&r, 1), &id))
        return err_set(e, ERR_VERIFY, "event %lld has a damaged id", (long long)seq);
    if (!detached_open(a, id, k, rows_str(&r, 0), dek, &plain))
        return err_set(e, ERR_VERIFY, "a detached value of event %lld does not open",
                       (long long)seq);
    *out = plain;
    return true;
}

static const struct plain_value *find_plain(const struct changes *c, int64_t seq, int64_t k)
{
    size_t low = 0, high = c->n_plain;
    while (low < high) {
        size_t mid = (low + high) / 2;
        const struct plain_value *x = &c->plain[mid];
        if (x->seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    for (; low < c->n_plain && c->plain[low].seq == seq; low++)
        if (c->plain[low].k == k)
            return &c->plain[low];
    return NULL;
}

bool changes_plain(struct store *db, const struct changes *c, const struct record *r,
                   const struct json *ref, struct str *out, struct err *e)
{
    int64_t seq = json_num(ref, "s", -1), k = json_num(ref, "$d", -1);
    const struct plain_value *given = find_plain(c, seq, k);
    if (given) {
        *out = given->plain;
        return true;
    }
    uint8_t dek[CIPHER_KEY];
    bool found;
    if (!record_dek(db, c->keys, r->rid, r->id, &found, dek, e))
        return false;
    if (!found) {
        *out = STR_NONE;
        return true;
    }
    return detached_read(db, c->arena, seq, k, dek, out, e);
}

bool changes_point(struct store *db, const struct changes *c, const struct record *r,
                   const struct json *ref, bool *has, int64_t *lon, int64_t *lat, struct err *e)
{
    struct str plain;
    struct json *place;
    *has = false;
    if (!changes_plain(db, c, r, ref, &plain, e))
        return false;
    if (!plain.ptr)
        return true;
    if (!json_own(c->arena, plain, &place, e))
        return false;
    *has = spot_of(place, lon, lat);
    return true;
}

static bool load_one(struct store *db, struct arena *a, const char *sql, struct cell key,
                     bool *found, struct record **out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql, &key, 1, e);
    bool has = rows_next(&r);
    if (err_is(e))
        return false;
    if (has) {
        struct record *rec;
        if (!record_read(a, str_dup(a, rows_str(&r, 1)), &rec, e))
            return false;
        rec->rid = rows_int(&r, 0);
        *out = rec;
    }
    *found = has;
    return true;
}

bool record_load(struct store *db, struct arena *a, struct id id, bool *found, struct record **out,
                 struct err *e)
{
    return load_one(db, a, sql_record_doc_by_id, C_BLOB(ID_STR(id)), found, out, e);
}

bool record_load_rid(struct store *db, struct arena *a, int64_t rid, bool *found,
                     struct record **out, struct err *e)
{
    return load_one(db, a, sql_record_doc_by_rid, C_INT(rid), found, out, e);
}

bool record_by_number(struct store *db, struct arena *a, struct str number, bool *found,
                      struct record **out, struct err *e)
{
    return load_one(db, a, sql_record_doc_by_number, C_TEXT(number), found, out, e);
}

/* ---- table record ---- */

size_t record_cells(struct arena *a, const struct record *r, struct cell c[static RECORD_COLUMNS])
{
    struct buf doc = BUF(LIMIT_JSON_OUT);
    int64_t rid = r->rid;
    r = record_stored(r);
    record_write(&doc, r);
    size_t k = 0;
    c[k++] = C_INT(rid);
    c[k++] = C_BLOB(ID_STR(r->id));
    c[k++] = C_TEXT(r->type);
    c[k++] = cell_text(r->number);
    c[k++] = cell_text(r->state);
    c[k++] = C_INT(r->area);
    c[k++] = C_TEXT(r->code);
    c[k++] = cell_text(record_holder(r));
    c[k++] = C_INT(r->opened);
    c[k++] = C_INT(r->recorded);
    c[k++] = cell_int_or(record_closed(r), TIME_NONE);
    c[k++] = cell_int_or(record_due(r), TIME_NONE);
    c[k++] = cell_text(record_merged(r));
    c[k++] = C_INT(record_flag(r, "$void"));
    c[k++] = C_INT(record_flag(r, "$reopened"));
    c[k++] = C_INT(record_flag(r, "$late"));
    c[k++] = C_INT(record_flag(r, "$sealed"));
    c[k++] = C_INT(json_num(r->fields, "$returns", 0));
    c[k++] = C_INT(json_num(r->fields, "$hops", 0));
    c[k++] = C_INT(r->ver);
    c[k++] = C_INT(r->last_seq);
    c[k++] = C_TEXT(buf_dup(a, &doc));
    buf_free(&doc);
    ASSERT(k == RECORD_COLUMNS);
    return k;
}

static bool save_records(struct store *db, const struct changes *c, struct err *e)
{
    struct cell *cells = ARENA_ARRAY(c->arena, struct cell, c->n * RECORD_COLUMNS + 1);
    for (size_t i = 0; i < c->n; i++)
        record_cells(c->arena, c->list[i].after, cells + i * RECORD_COLUMNS);
    return store_many(db, sql_record_upsert, cells, c->n, RECORD_COLUMNS, e);
}

/* ---- scopes ---- */

struct json *record_scopes(struct arena *a, const struct world *w, const struct record *r)
{
    struct json *out = json_new(a, J_ARR);
    for (int i = world_area_by_id(w, record_stored(r)->area); i >= 0; i = world_up(w, i, r->rid))
        json_push(out, json_new_str(a, str_letter_i64(a, 'a', w->areas[i].aid)));
    JSON_EACH (u, record_units(a, r))
        json_push(out, json_new_str(a, str_printf(a, "o%.*s", STR_F(u->s))));
    return out;
}

struct scope_lists {
    struct arena *a;
    struct cell *cells[5]; /* insert, delete, open insert, open delete, log */
    size_t n[5], cap[5];
};
enum { SC_IN, SC_OUT, SC_OPEN_IN, SC_OPEN_OUT, SC_LOG };

static void scope_row(struct scope_lists *l, int which, struct str scope, const struct record *r)
{
    l->cells[which] = arena_grow(l->a, l->cells[which], l->n[which] * 3, &l->cap[which],
                                 sizeof(struct cell));
    if (l->cap[which] < l->n[which] * 3 + 3)
        l->cells[which] = arena_grow(l->a, l->cells[which], l->cap[which], &l->cap[which],
                                     sizeof(struct cell));
    struct cell *c = l->cells[which] + l->n[which]++ * 3;
    c[0] = C_TEXT(scope);
    c[1] = C_TEXT(r->type);
    c[2] = C_INT(r->rid);
}

static bool has_scope(const struct json *list, struct str s)
{
    JSON_EACH (x, list)
        if (str_eq(x->s, s))
            return true;
    return false;
}

bool record_left(struct arena *a, const struct world *w, const struct record *before,
                 const struct record *after, struct json **out)
{
    const struct record *x = record_stored(before), *y = record_stored(after);
    *out = NULL;
    if (x->area == y->area && str_eq(record_holder(before), record_holder(after)) &&
        json_same(before->parts, after->parts))
        return false;
    struct json *now = record_scopes(a, w, after);
    *out = json_new(a, J_ARR);
    JSON_EACH (s, record_scopes(a, w, before))
        if (!has_scope(now, s->s))
            json_push(*out, json_new_str(a, s->s));
    return (*out)->n > 0;
}

void change_left(struct arena *a, const struct world *w, struct change *ch, const struct record *before,
                 const struct record *after, int64_t seq)
{
    struct json *left;
    if (!before->ver || !record_left(a, w, before, after, &left))
        return;
    JSON_EACH (s, left) {
        ch->left = arena_grow(a, ch->left, ch->n_left, &ch->cap_left, sizeof *ch->left);
        ch->left[ch->n_left++] = (struct left_scope){seq, s->s};
    }
}

static bool log_scope(struct store *db, int64_t seq, struct str scope, int64_t rid, bool gone, struct err *e)
{
    return store_exec(db, sql_scope_log_insert, BIND(C_INT(seq), C_TEXT(scope), C_INT(rid), C_INT(gone)), NULL, e);
}

/* was_in: the world in which the scopes of `before` were written.  moved: -1, or under which number of an
 * event those who were away find what areas lost and got by a move; a record's own event tells by itself
 * what came with it. */
static bool save_scopes(struct store *db, const struct changes *c, const struct world *was_in, int64_t moved,
                        struct err *e)
{
    struct scope_lists l = {.a = c->arena};
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        struct json *was = ch->before ? record_scopes(c->arena, was_in, ch->before) : NULL;
        struct json *now = record_scopes(c->arena, c->world, ch->after);
        bool was_open = ch->before && record_open(ch->before), open = record_open(ch->after);
        JSON_EACH (s, now) {
            bool had = has_scope(was, s->s);
            if (!had)
                scope_row(&l, SC_IN, s->s, ch->after);
            if (!had && moved >= 0 && !log_scope(db, moved, s->s, ch->after->rid, false, e))
                return false;
            if (open && (!had || !was_open))
                scope_row(&l, SC_OPEN_IN, s->s, ch->after);
        }
        JSON_EACH (s, was) {
            bool has = has_scope(now, s->s);
            if (!has)
                scope_row(&l, SC_OUT, s->s, ch->after);
            if (was_open && (!open || !has))
                scope_row(&l, SC_OPEN_OUT, s->s, ch->after);
            if (!has && moved >= 0 && !log_scope(db, moved, s->s, ch->after->rid, true, e))
                return false;
        }
        for (size_t k = 0; moved < 0 && k < ch->n_left; k++)
            if (!log_scope(db, ch->left[k].seq, ch->left[k].scope, ch->after->rid, true, e))
                return false;
    }
    return store_many(db, sql_scope_insert, l.cells[SC_IN], l.n[SC_IN], 3, e) &&
           store_many(db, sql_scope_delete, l.cells[SC_OUT], l.n[SC_OUT], 3, e) &&
           store_many(db, sql_scope_open_insert, l.cells[SC_OPEN_IN], l.n[SC_OPEN_IN], 3, e) &&
           store_many(db, sql_scope_open_delete, l.cells[SC_OPEN_OUT], l.n[SC_OPEN_OUT], 3, e);
}

bool record_rescope(struct store *db, const struct changes *c, const struct world *was, int64_t seq,
                    struct err *e)
{
    return save_scopes(db, c, was, seq, e) && waiting_save(db, c, was, e);
}

bool record_save(struct store *db, const struct changes *c, struct err *e)
{
    return save_records(db, c, e) && save_scopes(db, c, c->world, -1, e) &&
           waiting_save(db, c, c->world, e) && table_save(db, c, e);
}
