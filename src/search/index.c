#include "search/index.h"
#include "record/chainage.h"
#include "search/index.sql.h"

/* The two engines' own words; all else is shared SQL. */
static const char SQLITE_MAKE[] =
    "CREATE VIRTUAL TABLE IF NOT EXISTS search_fts USING fts5(t, "
    "tokenize = \"unicode61 remove_diacritics 0 categories 'L* N* Co'\")";
static const char POSTGRES_MAKE[] =
    "CREATE TABLE IF NOT EXISTS search_ts (rid BIGINT PRIMARY KEY, ts TSVECTOR NOT NULL);\n"
    "CREATE INDEX IF NOT EXISTS search_ts_gin ON search_ts USING GIN (ts)";
static const char SQLITE_DELETE[] = "DELETE FROM search_fts WHERE rowid = $1";
static const char SQLITE_INSERT[] = "INSERT INTO search_fts (rowid, t) VALUES ($1, $2)";
static const char POSTGRES_UPSERT[] =
    "INSERT INTO search_ts (rid, ts) VALUES ($1, CAST($2 AS TSVECTOR)) "
    "ON CONFLICT (rid) DO UPDATE SET ts = excluded.ts";

bool search_ensure(struct store *db, struct err *e)
{
    bool has;
    bool lite = store_engine(db) == STORE_SQLITE;
    if (!store_has_table(db, lite ? "search_fts" : "search_ts", &has, e))
        return false;
    return has || store_ddl(db, lite ? SQLITE_MAKE : POSTGRES_MAKE, e);
}

static void add_text(struct buf *out, struct str s, unsigned with)
{
    if (s.len) {
        if (out->len)
            buf_char(out, ' ');
        token_index(out, s, with);
    }
}

/* What a reader would look for in a detached value: the string, a place in words, a file's name. */
static struct str readable(struct arena *a, const struct json *j)
{
    if (json_is(j, J_STR))
        return j->s;
    struct str t = place_words(a, j);
    return t.ptr ? t : json_text(j, "name");
}

static bool add_detached(struct store *db, const struct changes *c, const struct record *r,
                         const struct json *v, unsigned with, struct buf *out, struct err *e)
{
    struct str plain;
    struct json *j;
    if (json_is(v, J_ARR)) {
        JSON_EACH (item, v)
            if (!add_detached(db, c, r, item, with, out, e))
                return false;
        return true;
    }
    if (!value_detached(v))
        return true;
    if (!changes_plain(db, c, r, v, &plain, e))
        return false;
    if (!plain.ptr)
        return true;
    if (!json_own(c->arena, plain, &j, e))
        return false;
    add_text(out, readable(c->arena, j), with);
    return true;
}

static void add_code(const struct playbook *p, const struct field *f, struct str code,
                     struct buf *out)
{
    const struct code_list *l = &p->lists[f->codes];
    for (int i = list_code(l, code); i >= 0; i = l->codes[i].parent)
        add_text(out, l->codes[i].name.zh, TOKEN_PLAIN);
}

static void add_rights(const struct changes *c, const struct record *r, struct buf *out)
{
    for (int i = world_area_by_id(c->world, r->area); i >= 0; i = world_up(c->world, i, r->rid))
        buf_printf(out, " \xEE\x80\x80" "a%lld", (long long)c->world->areas[i].aid);
    buf_printf(out, " \xEE\x80\x80t");
    for (size_t i = 0; i < r->type.len; i++)
        buf_char(out, r->type.ptr[i] == '.' || r->type.ptr[i] == '_' ? 'z' : r->type.ptr[i]);
}

bool search_text(struct store *db, const struct changes *c, const struct change *ch,
                 struct buf *out, struct err *e)
{
    const struct record *r = record_stored(ch->after);
    add_text(out, r->number, TOKEN_PLAIN);
    for (int i = 0; i < ch->def->n_fields && !record_sealed(r); i++) { /* sealed: the number alone */
        const struct field *f = &ch->def->fields[i];
        const struct json *v = json_get_str(r->fields, f->id);
        bool wanted = (f->search || f->type == FIELD_PLACE) && !f->vault && f->type != FIELD_PERSON;
        if (!wanted || json_empty(v))
            continue;
        if (f->type == FIELD_CODE && json_is(v, J_STR))
            add_code(ch->playbook, f, v->s, out);
        else if (field_detached(f->type) &&
                 !add_detached(db, c, r, v, f->type == FIELD_PLACE ? TOKEN_PINYIN : TOKEN_PLAIN,
                               out, e))
            return false;
        else if (json_is(v, J_STR) && f->type != FIELD_CODE)
            add_text(out, v->s, TOKEN_PLAIN);
    }
    int area = world_area_by_id(c->world, r->area);
    for (int up = 0; area >= 0 && up < 2; up++, area = world_up(c->world, area, r->rid))
        add_text(out, world_area_name(c->world, area, r->rid), TOKEN_PINYIN);
    add_rights(c, r, out);
    return true;
}

static bool same_as_stored(struct store *db, int64_t rid, const struct hash *h, bool *same,
                           struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_search_hash_read, BIND(C_INT(rid)), e);
    struct str old = rows_next(&r) ? rows_str(&r, 0) : STR_NONE;
    *same = str_eq(old, HASH_STR(*h));
    return !err_is(e);
}

static bool put(struct store *db, const struct change *ch, struct str tokens, struct err *e)
{
    struct cell rid = C_INT(ch->after->rid);
    struct hash h = hash_sha256(tokens);
    bool same = false;
    if (ch->before && (!same_as_stored(db, ch->after->rid, &h, &same, e) || same))
        return !err_is(e);
    if (!store_exec(db, sql_search_hash_save, BIND(rid, C_BLOB(HASH_STR(h))), NULL, e))
        return false;
    if (store_engine(db) == STORE_SQLITE)
        return (!ch->before || store_exec(db, SQLITE_DELETE, &rid, 1, NULL, e)) &&
               store_exec(db, SQLITE_INSERT, BIND(rid, C_TEXT(tokens)), NULL, e);
    struct buf vector = BUF(LIMIT_JSON_OUT);
    token_tsvector(&vector, tokens);
    bool ok = store_exec(db, POSTGRES_UPSERT, BIND(rid, C_TEXT(buf_view(&vector))), NULL, e);
    buf_free(&vector);
    return ok;
}

bool search_save(struct store *db, const struct changes *c, struct err *e)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        if (!ch->def || !ch->new_text)
            continue;
        struct buf text = BUF(LIMIT_JSON_OUT);
        bool ok = search_text(db, c, ch, &text, e) && put(db, ch, buf_view(&text), e);
        buf_free(&text);
        if (!ok)
            return false;
    }
    return true;
}

bool search_forget(struct store *db, struct err *e)
{
    if (store_engine(db) == STORE_SQLITE)
        return store_exec(db, "INSERT INTO search_fts (search_fts) VALUES ('optimize')", BIND_NONE, NULL, e);
    ASSERT(!store_in_tx(db));
    return store_exec(db, "VACUUM search_ts, detached", BIND_NONE, NULL, e);
}

/* ---- for verify ---- */

static const char SQLITE_ENTRY[] = "SELECT t FROM search_fts WHERE rowid = $1";
static const char POSTGRES_ENTRY[] =
    "SELECT CASE WHEN ts = CAST($2 AS TSVECTOR) THEN 1 ELSE 0 END FROM search_ts WHERE rid = $1";
static const char SQLITE_STRAY[] =
    "SELECT c.id FROM search_fts_content c LEFT JOIN search_hash h ON h.rid = c.id WHERE h.rid IS NULL LIMIT 1";
static const char POSTGRES_STRAY[] =
    "SELECT t.rid FROM search_ts t LEFT JOIN search_hash h ON h.rid = t.rid WHERE h.rid IS NULL LIMIT 1";
static const char SQLITE_WHOLE[] = "INSERT INTO search_fts (search_fts) VALUES ('integrity-check')";

const char *search_table(const struct store *db)
{
    return store_engine(db) == STORE_SQLITE ? "search_fts" : "search_ts";
}

bool search_entry_same(struct store *db, int64_t rid, struct str tokens, bool *same, struct err *e)
{
    bool lite = store_engine(db) == STORE_SQLITE;
    struct buf vector = BUF(LIMIT_JSON_OUT);
    if (!lite)
        token_tsvector(&vector, tokens);
    struct rows r AUTO(rows_close) =
        lite ? store_query(db, SQLITE_ENTRY, BIND(C_INT(rid)), e)
             : store_query(db, POSTGRES_ENTRY, BIND(C_INT(rid), C_TEXT(buf_view(&vector))), e);
    *same = rows_next(&r) && (lite ? str_eq(rows_str(&r, 0), tokens) : rows_int(&r, 0) == 1);
    buf_free(&vector);
    return !err_is(e);
}

/* Do words, places and rows of FTS5 agree?  It asks for a writing connection, and writes nothing. */
static bool whole(struct store *db, bool *ok, char why[static 200], struct err *e)
{
    struct store *own AUTO(store_closep) = NULL;
    struct err bad = ERR_INIT;
    if (!store_open(store_url(db), STORE_WRITE, &own, e))
        return false;
    *ok = store_exec(own, SQLITE_WHOLE, BIND_NONE, NULL, &bad);
    if (!*ok && bad.code == ERR_BUSY) {
        *e = bad;
        return false;
    }
    if (!*ok)
        snprintf(why, 200, ": the index is not what its rows say: %.120s", bad.text);
    return true;
}

bool search_check(struct store *db, bool *ok, char why[static 200], struct err *e)
{
    bool lite = store_engine(db) == STORE_SQLITE, found;
    int64_t rid;
    *ok = true;
    if (!store_int(db, lite ? SQLITE_STRAY : POSTGRES_STRAY, BIND_NONE, &found, &rid, e))
        return false;
    if (found) {
        *ok = false;
        snprintf(why, 200, ", (%lld): no event explains this row", (long long)rid);
        return true;
    }
    return !lite || whole(db, ok, why, e);
}
