/* The typed rows f_<playbook>_<type>, and table spot: what SQL filters, sorts and measures by. */
#include "record/change.h"
#include "record/save.sql.h"
#include "record/spot.h"

struct str table_name(struct arena *a, const struct playbook *p, const struct record_def *def)
{
    return str_printf(a, "f_%.*s_%.*s", STR_F(p->id), STR_F(def->id));
}

static bool placed(const struct field *f)
{
    return f->type == FIELD_PLACE && !f->many;
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
        if (!placed(f))
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

struct put_text {
    struct buf *names, *marks, *sets;
    int n;
};

static void add_put(void *u, struct str name, enum xtype type, int slot)
{
    struct put_text *t = u;
    UNUSED(type);
    UNUSED(slot);
    buf_printf(t->names, ", %.*s", STR_F(name));
    buf_printf(t->marks, ", $%d", ++t->n);
    buf_printf(t->sets, "%s%.*s = excluded.%.*s", t->sets->len ? ", " : "UPDATE SET ", STR_F(name), STR_F(name));
}

/* Coordinates come with a new row alone: later they cost opening the place, so only a new place moves them. */
static const char *put_sql(struct arena *a, const struct playbook *p, const struct record_def *def)
{
    struct buf names AUTO(buf_free) = BUF(1 << 20), marks AUTO(buf_free) = BUF(1 << 20),
               sets AUTO(buf_free) = BUF(1 << 20);
    struct put_text t = {&names, &marks, &sets, 1};
    each_column(def, add_put, &t);
    for (int i = 0; i < def->n_fields; i++)
        if (placed(&def->fields[i])) {
            buf_printf(&names, ", x_%.*s_lon, x_%.*s_lat", STR_F(def->fields[i].id), STR_F(def->fields[i].id));
            buf_printf(&marks, ", $%d, $%d", t.n + 1, t.n + 2);
            t.n += 2;
        }
    struct str then = sets.len ? buf_view(&sets) : STR("NOTHING");
    return arena_printf(a, "INSERT INTO %.*s (rid%.*s) VALUES ($1%.*s) ON CONFLICT (rid) DO %.*s",
                        STR_F(table_name(a, p, def)), STR_F(buf_view(&names)), STR_F(buf_view(&marks)),
                        STR_F(then));
}

const char **table_puts(struct arena *a, const struct playbook *p)
{
    const char **out = ARENA_ARRAY(a, const char *, p->n_records + 1);
    for (int i = 0; i < p->n_records; i++)
        out[i] = put_sql(a, p, &p->records[i]);
    return out;
}

static const struct json *place_of(const struct record *r, const struct field *f)
{
    return r && !record_sealed(r) ? json_get_str(r->fields, f->id) : NULL;
}

/* Two cells: where the place of this field lies, or nulls. */
static bool point_of(struct store *db, const struct changes *c, const struct record *r, const struct field *f,
                     struct cell *lon, struct cell *lat, struct err *e)
{
    const struct json *ref = place_of(r, f);
    int64_t x, y;
    bool has;
    *lon = *lat = C_NULL;
    if (!ref)
        return true;
    if (!changes_point(db, c, r, ref, &has, &x, &y, e))
        return false;
    if (has) {
        *lon = C_INT(x);
        *lat = C_INT(y);
    }
    return true;
}

/* The cells of put_sql: the number, the row, the coordinates. */
static bool put_cells(struct store *db, const struct changes *c, const struct change *ch,
                      const struct table_row *row, struct cell *cells, struct err *e)
{
    *cells++ = C_INT(ch->after->rid);
    memcpy(cells, row->cells, row->n * sizeof *cells);
    cells += row->n;
    for (int i = 0; i < ch->def->n_fields; i++) {
        if (!placed(&ch->def->fields[i]))
            continue;
        cells[0] = cells[1] = C_NULL;
        if (!ch->before && !point_of(db, c, ch->after, &ch->def->fields[i], cells, cells + 1, e))
            return false;
        cells += 2;
    }
    return true;
}

static size_t put_width(const struct record_def *def, const struct table_row *row)
{
    size_t n = row->n + 1;
    for (int i = 0; i < def->n_fields; i++)
        n += placed(&def->fields[i]) ? 2 : 0;
    return n;
}

/* Writes the typed rows of the records of one type that are in this commit. */
static bool save_type(struct store *db, const struct changes *c, size_t first, bool *seen,
                      struct err *e)
{
    const struct record_def *def = c->list[first].def;
    const char *sql = world_put(c->world, c->list[first].playbook, def);
    struct cell *cells = NULL;
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
        if (!cells) {
            width = put_width(def, &now);
            cells = ARENA_ARRAY(c->arena, struct cell, (c->n - i) * width);
        }
        if (!put_cells(db, c, ch, &now, cells + n++ * width, e))
            return false;
    }
    return n == 0 || store_many(db, sql, cells, n, width, e);
}

static bool save_spot(struct store *db, const struct change *ch, struct cell lon, struct cell lat,
                      struct err *e)
{
    const struct record *r = ch->after;
    if (lon.kind == CELL_NULL || record_flag(r, "$sealed"))
        return !ch->before || store_exec(db, sql_spot_delete, BIND(C_INT(r->rid)), NULL, e);
    return store_exec(db, sql_spot_upsert,
                      BIND(C_INT(r->rid), C_TEXT(r->type), C_INT(spot_cell(lon.i, lat.i))), NULL, e);
}

static bool save_place(struct store *db, const struct changes *c, const struct change *ch,
                       const struct field *f, struct err *e)
{
    bool main = ch->def->place_field >= 0 && f == &ch->def->fields[ch->def->place_field];
    struct cell lon, lat;
    if ((!ch->before && !main) || json_same(place_of(ch->after, f), place_of(ch->before, f)))
        return true;
    if (!point_of(db, c, ch->after, f, &lon, &lat, e))
        return false;
    if (ch->before) {
        struct str sql = str_printf(c->arena, "UPDATE %.*s SET x_%.*s_lon = $2, x_%.*s_lat = $3 WHERE rid = $1",
                                    STR_F(table_name(c->arena, ch->playbook, ch->def)), STR_F(f->id),
                                    STR_F(f->id));
        if (!store_exec(db, sql.ptr, BIND(C_INT(ch->after->rid), lon, lat), NULL, e))
            return false;
    }
    return !main || save_spot(db, ch, lon, lat, e);
}

/* Sealed afterwards: it is near nothing any more. */
static bool leave_spot(struct store *db, const struct change *ch, struct err *e)
{
    bool sealed = record_flag(ch->after, "$sealed");
    bool was = !ch->before || record_flag(ch->before, "$sealed");
    return !sealed || was || store_exec(db, sql_spot_delete, BIND(C_INT(ch->after->rid)), NULL, e);
}

bool table_save(struct store *db, const struct changes *c, struct err *e)
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
            if (placed(&def->fields[k]) &&
                !save_place(db, c, &c->list[i], &def->fields[k], e))
                return false;
    }
    return true;
}
