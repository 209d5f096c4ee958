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
    struct str raw = rows_str(&r, 1), plain;
    if (raw.len != ID_LEN)
        return err_set(e, ERR_VERIFY, "event %lld has a damaged id", (long long)seq);
    memcpy(id.b, raw.ptr, ID_LEN);
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
        json_push(out, json_new_str(a, str_printf(a, "a%lld", (long long)w->areas[i].aid)));
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

/* ---- f_<playbook>_<type> ---- */

struct str table_name(struct arena *a, const struct playbook *p, const struct record_def *def)
{
    return str_printf(a, "f_%.*s_%.*s", STR_F(p->id), STR_F(def->id));
}

/* A column as the playbook names it, "f.x_amount", without the alias that questions use. */
static struct str bare_column(struct str column)
{
    ASSERT(column.len > 2);
    return (struct str){column.ptr + 2, column.len - 2};
}

/* Calls add for each column except those of places.  Runs for every record of every commit, so it
 * makes no text. */
static void each_column(const struct record_def *def,
                        void (*add)(void *u, struct str name, enum xtype type, int slot), void *u)
{
    for (int i = 0; i < def->n_fields; i++) {
        const struct field *f = &def->fields[i];
        int decimals;
        if (field_detached(f->type) || f->many || f->type == FIELD_TABLE)
            continue;
        add(u, bare_column(f->column), field_xtype(f, &decimals), SLOT_FIELD + i);
    }
    for (int i = 0; i < def->n_clocks; i++)
        for (int k = 0; k < 3; k++)
            add(u, bare_column(def->clocks[i].columns[k]), X_TIME, SLOT_CLOCK + 4 * i + k);
}

struct row_maker {
    const struct record *r;
    const struct record_def *def;
    struct table_row *out;
};

static void add_cell(void *u, struct str name, enum xtype type, int slot)
{
    struct row_maker *m = u;
    struct xvalue v = {.null = true};
    if (slot >= SLOT_CLOCK || !record_sealed(m->r)) /* of a sealed matter no field is in a column */
        record_value(m->r, m->def, slot, &v);
    m->out->names[m->out->n] = name;
    m->out->cells[m->out->n++] = v.null ? C_NULL : type == X_TEXT ? C_TEXT(v.s) : C_INT(v.i);
}

void table_row(struct arena *a, const struct record *r, const struct record_def *def,
               struct table_row *out)
{
    size_t most = (size_t)(def->n_fields + def->n_clocks * 3) + 1;
    *out = (struct table_row){.names = ARENA_ARRAY(a, struct str, most),
                              .cells = ARENA_ARRAY(a, struct cell, most)};
    struct row_maker m = {r, def, out};
    each_column(def, add_cell, &m);
}

struct ddl {
    struct buf *sql;
    struct str table;
    struct store *db;
    struct err *e;
    bool make; /* CREATE TABLE; otherwise ADD COLUMN where it is missing */
};

static void add_ddl(void *u, struct str name, enum xtype type, int slot)
{
    struct ddl *d = u;
    UNUSED(slot);
    const char *words = type == X_TEXT ? "{TXT}" : "{I64}";
    if (d->make) {
        buf_printf(d->sql, ",\n    %.*s %s", STR_F(name), words);
        return;
    }
    bool has = false;
    char table[128], column[128];
    snprintf(table, sizeof table, "%.*s", STR_F(d->table));
    snprintf(column, sizeof column, "%.*s", STR_F(name));
    if (!err_is(d->e) && store_has_column(d->db, table, column, &has, d->e) && !has)
        buf_printf(d->sql, "ALTER TABLE %s ADD COLUMN %s %s;\n", table, column, words);
}

bool table_ensure(struct store *db, const struct playbook *p, const struct record_def *def,
                  struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf sql = BUF(1 << 20);
    struct ddl d = {.sql = &sql, .table = table_name(a, p, def), .db = db, .e = e};
    bool has;
    if (!store_has_table(db, str_c(a, d.table), &has, e))
        return false;
    d.make = !has;
    if (d.make)
        buf_printf(&sql, "CREATE TABLE %.*s (\n    rid {I64} PRIMARY KEY", STR_F(d.table));
    each_column(def, add_ddl, &d);
    for (int i = 0; i < def->n_fields; i++) {
        const struct field *f = &def->fields[i];
        if (f->type != FIELD_PLACE || f->many)
            continue;
        add_ddl(&d, str_printf(a, "x_%.*s_lon", STR_F(f->id)), X_INT, 0);
        add_ddl(&d, str_printf(a, "x_%.*s_lat", STR_F(f->id)), X_INT, 0);
    }
    if (d.make)
        buf_c(&sql, "\n) {STRICT};\n");
    for (int i = 0; i < def->n_fields; i++) {
        const struct field *f = &def->fields[i];
        const char *end = f->type == FIELD_PLACE ? "_lat" : "";
        if ((f->filter || f->sort) && !f->many && (!field_detached(f->type) || *end))
            buf_printf(&sql, "CREATE INDEX IF NOT EXISTS %.*s_%.*s ON %.*s (x_%.*s%s, rid);\n",
                       STR_F(d.table), STR_F(f->id), STR_F(d.table), STR_F(f->id), end);
    }
    bool ok = !err_is(e) && (sql.len == 0 || store_ddl(db, str_c(a, buf_view(&sql)), e));
    buf_free(&sql);
    return ok;
}

struct missing {
    struct ddl ddl;
    void (*add)(void *self, struct str table, struct str column);
    void *self;
};

static void note_missing(void *u, struct str name, enum xtype type, int slot)
{
    struct missing *m = u;
    size_t before = m->ddl.sql->len;
    add_ddl(&m->ddl, name, type, slot);
    if (m->ddl.sql->len > before)
        m->add(m->self, m->ddl.table, name);
}

bool table_missing(struct store *db, const struct playbook *p, const struct record_def *def,
                   void (*add)(void *self, struct str table, struct str column), void *self,
                   struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf sql AUTO(buf_free) = BUF(1 << 20);
    struct missing m = {.ddl = {.sql = &sql, .table = table_name(a, p, def), .db = db, .e = e},
                        .add = add, .self = self};
    bool has;
    if (!store_has_table(db, str_c(a, m.ddl.table), &has, e))
        return false;
    m.ddl.make = !has;
    each_column(def, note_missing, &m);
    return !err_is(e);
}

static bool cells_equal(const struct table_row *x, const struct table_row *y)
{
    for (size_t i = 0; i < x->n; i++)
        if (x->cells[i].kind != y->cells[i].kind || x->cells[i].i != y->cells[i].i ||
            !str_eq(x->cells[i].s, y->cells[i].s))
            return false;
    return true;
}

static struct str upsert_text(struct arena *a, struct str table, const struct table_row *row)
{
    struct buf b = BUF(1 << 20);
    buf_printf(&b, "INSERT INTO %.*s (rid", STR_F(table));
    for (size_t i = 0; i < row->n; i++)
        buf_printf(&b, ", %.*s", STR_F(row->names[i]));
    buf_c(&b, ") VALUES ($1");
    for (size_t i = 0; i < row->n; i++)
        buf_printf(&b, ", $%zu", i + 2);
    buf_c(&b, ") ON CONFLICT (rid) DO ");
    for (size_t i = 0; i < row->n; i++)
        buf_printf(&b, "%s%.*s = excluded.%.*s", i ? ", " : "UPDATE SET ", STR_F(row->names[i]),
                   STR_F(row->names[i]));
    if (!row->n)
        buf_c(&b, "NOTHING");
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* Writes the typed rows of the records of one type that are in this commit. */
static bool save_type(struct store *db, const struct changes *c, size_t first, bool *seen,
                      struct err *e)
{
    const struct playbook *p = c->list[first].playbook;
    const struct record_def *def = c->list[first].def;
    struct cell *cells = NULL;
    struct str sql = STR_NONE;
    size_t n = 0, width = 0;
    for (size_t i = first; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        if (seen[i] || ch->def != def)
            continue;
        seen[i] = true;
        struct table_row now, was = {.n = 0};
        table_row(c->arena, ch->after, def, &now);
        if (ch->before)
            table_row(c->arena, ch->before, def, &was);
        if (ch->before && cells_equal(&now, &was))
            continue;
        if (!sql.ptr) {
            sql = upsert_text(c->arena, table_name(c->arena, p, def), &now);
            width = now.n + 1;
            cells = ARENA_ARRAY(c->arena, struct cell, (c->n - i) * width);
        }
        cells[n * width] = C_INT(ch->after->rid);
        memcpy(&cells[n * width + 1], now.cells, now.n * sizeof *cells);
        n++;
    }
    return n == 0 || store_many(db, str_c(c->arena, sql), cells, n, width, e);
}

static bool save_spot(struct store *db, const struct change *ch, struct cell lon, struct cell lat,
                      struct err *e)
{
    const struct record *r = ch->after;
    if (lon.kind == CELL_NULL || record_flag(r, "$sealed"))
        return store_exec(db, sql_spot_delete, BIND(C_INT(r->rid)), NULL, e);
    return store_exec(db, sql_spot_upsert,
                      BIND(C_INT(r->rid), C_TEXT(r->type), C_INT(spot_cell(lon.i, lat.i))), NULL, e);
}

static const struct json *place_of(const struct record *r, const struct field *f)
{
    return r && !record_sealed(r) ? json_get_str(r->fields, f->id) : NULL;
}

static bool save_place(struct store *db, const struct changes *c, const struct change *ch,
                       const struct field *f, struct err *e)
{
    const struct json *ref = place_of(ch->after, f), *old = place_of(ch->before, f);
    if (json_same(ref, old))
        return true;
    struct cell lon = C_NULL, lat = C_NULL;
    struct str plain = STR_NONE;
    if (ref && !changes_plain(db, c, ch->after, ref, &plain, e))
        return false;
    if (plain.ptr) {
        struct json *j;
        if (!json_own(c->arena, plain, &j, e))
            return false;
        if (json_is(json_get(j, "lon"), J_INT) && json_is(json_get(j, "lat"), J_INT)) {
            lon = C_INT(json_num(j, "lon", 0));
            lat = C_INT(json_num(j, "lat", 0));
        }
    }
    struct str sql = str_printf(c->arena, "UPDATE %.*s SET x_%.*s_lon = $2, x_%.*s_lat = $3 WHERE rid = $1",
                                STR_F(table_name(c->arena, ch->playbook, ch->def)), STR_F(f->id),
                                STR_F(f->id));
    bool main = ch->def->place_field >= 0 && f == &ch->def->fields[ch->def->place_field];
    return store_exec(db, sql.ptr, BIND(C_INT(ch->after->rid), lon, lat), NULL, e) &&
           (!main || save_spot(db, ch, lon, lat, e));
}

/* Sealed afterwards: it is near nothing any more. */
static bool leave_spot(struct store *db, const struct change *ch, struct err *e)
{
    bool sealed = record_flag(ch->after, "$sealed");
    bool was = !ch->before || record_flag(ch->before, "$sealed");
    return !sealed || was || store_exec(db, sql_spot_delete, BIND(C_INT(ch->after->rid)), NULL, e);
}

static bool save_fields(struct store *db, const struct changes *c, struct err *e)
{
    bool *seen = ARENA_ARRAY(c->arena, bool, c->n + 1);
    for (size_t i = 0; i < c->n; i++)
        if (c->list[i].def && !seen[i] && !save_type(db, c, i, seen, e))
            return false;
    for (size_t i = 0; i < c->n; i++) {
        const struct record_def *def = c->list[i].def;
        if (!leave_spot(db, &c->list[i], e))
            return false;
        for (int k = 0; def && k < def->n_fields; k++)
            if (def->fields[k].type == FIELD_PLACE && !def->fields[k].many &&
                !save_place(db, c, &c->list[i], &def->fields[k], e))
                return false;
    }
    return true;
}

bool record_save(struct store *db, const struct changes *c, struct err *e)
{
    return save_records(db, c, e) && save_scopes(db, c, c->world, -1, e) &&
           waiting_save(db, c, c->world, e) && save_fields(db, c, e);
}
