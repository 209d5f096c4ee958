#include "access/lookup.h"
#include "access/lookup.sql.h"

enum { PHONE_MIN = 7, PHONE_MAX = 15, MOBILE = 11 };
_Static_assert(PHONE_MAX < PHONE_TEXT - 1, "room for the 0 that a landline may get");

/* ---- numbers ---- */

/* Signs that people write inside of a number. */
static bool filler(uint32_t c)
{
    return c == ' ' || c == '-' || c == '(' || c == ')' || c == '.' || c == '\t' || c == 0xA0 ||
           c == 0x3000 || c == 0xFF08 || c == 0xFF09 || c == 0xFF0D || c == 0x2010 || c == 0x2011 ||
           c == 0x2013 || c == 0x2014;
}

static int digit(uint32_t c)
{
    if (c >= '0' && c <= '9')
        return (int)c - '0';
    return c >= 0xFF10 && c <= 0xFF19 ? (int)c - 0xFF10 : -1;
}

/* The first run of digits; words before and behind it ("手机", "转3") do not count. */
static size_t run_of_digits(struct str text, char *out, size_t cap, bool *plus)
{
    size_t n = 0;
    uint32_t before = 0;
    *plus = false;
    for (size_t i = 0; i < text.len;) {
        uint32_t c = str_next_char(text, &i);
        int d = digit(c);
        if (d >= 0) {
            if (n == 0)
                *plus = before == '+' || before == 0xFF0B;
            if (n == cap)
                return cap + 1;
            out[n++] = (char)('0' + d);
        } else if (n > 0 && !filler(c)) {
            break;
        }
        before = c;
    }
    return n;
}

bool phone_normal(struct str text, char out[static PHONE_TEXT])
{
    char d[2 * PHONE_MAX];
    bool plus;
    size_t n = run_of_digits(text, d, sizeof d, &plus), skip = 0;
    if (n > sizeof d)
        return false;
    if (n > 2 && plus && d[0] == '8' && d[1] == '6')
        skip = 2;
    else if (n > 4 && memcmp(d, "0086", 4) == 0)
        skip = 4;
    else if (n == MOBILE + 2 && memcmp(d, "861", 3) == 0)
        skip = 2;
    n -= skip;
    if (n < PHONE_MIN || n > PHONE_MAX)
        return false;
    /* From abroad a landline is written without its 0. */
    bool zero = skip && d[skip] != '0' && !(n == MOBILE && d[skip] == '1');
    snprintf(out, PHONE_TEXT, "%s%.*s", zero ? "0" : "", (int)n, d + skip);
    return true;
}

static bool parts(uint32_t c)
{
    return c == ',' || c == ';' || c == '/' || c == '|' || c == '\n' || c == '\r' || c == 0x3001 ||
           c == 0xFF0C || c == 0xFF1B || c == 0xFF0F;
}

int phones_of(struct str text, char out[static PHONES_A_TEXT][PHONE_TEXT])
{
    int n = 0;
    size_t start = 0;
    if (!text.len)
        return 0;
    for (size_t i = 0; i <= text.len && n < PHONES_A_TEXT;) {
        size_t at = i;
        bool end = i == text.len;
        if (!end && !parts(str_next_char(text, &i)))
            continue;
        if (phone_normal((struct str){text.ptr + start, at - start}, out[n]))
            n++;
        start = i;
        if (end)
            break;
    }
    return n;
}

/* ---- values ---- */

struct lookup_key lookup_key(const uint8_t master[static CIPHER_KEY])
{
    return (struct lookup_key){
        hash_hkdf((struct str){(const char *)master, CIPHER_KEY}, "bihuan.lookup")};
}

struct lookup_value lookup_value(const struct lookup_key *key, struct id record, struct str phone)
{
    char msg[ID_LEN + PHONE_TEXT];
    struct lookup_value v;
    ASSERT(phone.len < PHONE_TEXT);
    memcpy(msg, record.b, ID_LEN);
    memcpy(msg + ID_LEN, phone.ptr, phone.len);
    struct hash h = hash_hmac(HASH_STR(key->k), (struct str){msg, ID_LEN + phone.len});
    memcpy(v.b, h.b, LOOKUP_VALUE);
    return v;
}

size_t lookup_scan(const struct lookup_key *key, struct str phone, const struct lookup_row *rows,
                   size_t n, int64_t *out)
{
    size_t found = 0;
    struct lookup_value want = {{0}};
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !id_eq(rows[i].id, rows[i - 1].id))
            want = lookup_value(key, rows[i].id, phone);
        if (memcmp(want.b, rows[i].value.b, LOOKUP_VALUE) == 0 &&
            (found == 0 || out[found - 1] != rows[i].rid))
            out[found++] = rows[i].rid;
    }
    return found;
}

/* ---- asking ---- */

struct walk {
    struct store *db;
    struct arena *a;
    struct lookup_key key;
    struct str scope, phone;
    size_t limit;
    struct str type; /* where the next page begins */
    int64_t rid;
    struct lookup_hit *hits;
    size_t n, cap;
};

static bool walk_row(struct walk *w, const struct rows *r, struct err *e)
{
    struct lookup_row row = {.rid = rows_int(r, 1)};
    struct str value = rows_str(r, 4);
    int64_t hit;
    if (!id_read(rows_str(r, 2), &row.id))
        return err_set(e, ERR_VERIFY, "a record has a damaged id");
    if (value.len != LOOKUP_VALUE)
        return true; /* no telephone number in it */
    memcpy(row.value.b, value.ptr, LOOKUP_VALUE);
    if (w->n == w->limit || !lookup_scan(&w->key, w->phone, &row, 1, &hit))
        return true;
    w->hits = arena_grow(w->a, w->hits, w->n, &w->cap, sizeof *w->hits);
    w->hits[w->n++] = (struct lookup_hit){row.rid, row.id, str_dup(w->a, rows_str(r, 3))};
    return true;
}

static bool walk_page(struct walk *w, bool *more, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(
        w->db, sql_lookup_walk, BIND(C_TEXT(w->scope), C_TEXT(w->type), C_INT(w->rid)), e);
    *more = false;
    while (rows_next(&r)) {
        if (!walk_row(w, &r, e))
            return false;
        if (!str_eq(w->type, rows_str(&r, 0)))
            w->type = str_dup(w->a, rows_str(&r, 0));
        w->rid = rows_int(&r, 1);
        *more = true;
    }
    return !err_is(e);
}

bool lookup_find(struct store *db, struct arena *a, const struct keys *keys, struct str scope,
                 struct str phone, size_t limit, struct lookup_hit **out, size_t *n, struct err *e)
{
    char number[PHONE_TEXT];
    if (err_is(e))
        return false;
    if (!phone_normal(phone, number)) {
        err_field(e, ERR_INPUT, "phone", "expected a telephone number");
        return err_zh(e, "应填电话号码");
    }
    struct walk w = {.db = db,
                     .a = a,
                     .key = lookup_key(keys->master),
                     .scope = scope,
                     .phone = str_of(number),
                     .limit = limit,
                     .type = STR("")};
    for (bool more = true; more && w.n < limit;)
        if (!walk_page(&w, &more, e))
            return false;
    *out = w.hits;
    *n = w.n;
    return true;
}

/* ---- the table ---- */

static bool wanted(const struct record *r)
{
    return r && record_open(r) && !record_flag(r, "$sealed");
}

/* References of person values, in the order of the fields. */
static void add_refs(struct arena *a, const struct json *v, struct json *list)
{
    if (value_detached(v))
        json_push(list, json_clone(a, v));
    else if (json_is(v, J_ARR))
        JSON_EACH(item, v)
    add_refs(a, item, list);
}

static struct json *person_refs(struct arena *a, const struct record *r,
                                const struct record_def *def)
{
    struct json *list = json_new(a, J_ARR);
    if (!wanted(r))
        return list;
    for (int i = 0; i < def->n_fields; i++) {
        const struct field *f = &def->fields[i];
        if (f->type != FIELD_PERSON && f->type != FIELD_TABLE)
            continue;
        const struct json *v = json_get_str(r->fields, f->id);
        if (f->type == FIELD_PERSON)
            add_refs(a, v, list);
        for (int k = 0; f->type == FIELD_TABLE && k < f->n_columns; k++)
            if (f->columns[k].type == FIELD_PERSON)
                JSON_EACH (row, v)
                    add_refs(a, json_get_str(row, f->columns[k].id), list);
    }
    return list;
}

struct values {
    struct arena *a;
    struct lookup_key key;
    struct id record;
    struct lookup_value *list;
    size_t n, cap;
};

static void add_text(struct values *v, struct str text)
{
    char numbers[PHONES_A_TEXT][PHONE_TEXT];
    int n = phones_of(text, numbers);
    for (int i = 0; i < n; i++) {
        v->list = arena_grow(v->a, v->list, v->n, &v->cap, sizeof *v->list);
        v->list[v->n++] = lookup_value(&v->key, v->record, str_of(numbers[i]));
    }
}

static void add_phone(struct values *v, const struct json *phone)
{
    if (json_is(phone, J_INT))
        add_text(v, str_printf(v->a, "%lld", (long long)phone->i));
    else if (json_is(phone, J_STR))
        add_text(v, phone->s);
    else if (json_is(phone, J_ARR))
        JSON_EACH(item, phone)
    add_phone(v, item);
}

static int by_bytes(const void *x, const void *y)
{
    return memcmp(x, y, LOOKUP_VALUE);
}

static bool values_of(struct store *db, const struct changes *c, const struct record *r,
                      const struct json *refs, struct values *v, struct err *e)
{
    JSON_EACH(ref, refs)
    {
        struct str plain;
        struct json *person;
        if (!changes_plain(db, c, r, ref, &plain, e))
            return false;
        if (!plain.ptr)
            continue; /* erased */
        if (!json_own(c->arena, plain, &person, e))
            return false;
        add_phone(v, json_get(person, "phone"));
    }
    if (v->n)
        qsort(v->list, v->n, sizeof *v->list, by_bytes);
    size_t kept = 0; /* a number that stands twice in a record is one row */
    for (size_t i = 0; i < v->n; i++)
        if (kept == 0 || by_bytes(&v->list[kept - 1], &v->list[i]) != 0)
            v->list[kept++] = v->list[i];
    v->n = kept;
    return true;
}

static struct values values_begin(const struct changes *c, const struct record *r)
{
    return (struct values){.a = c->arena, .key = lookup_key(c->keys->master), .record = r->id};
}

bool lookup_values(struct store *db, const struct changes *c, const struct record *r,
                   const struct record_def *def, struct lookup_value **out, size_t *n,
                   struct err *e)
{
    struct values v = values_begin(c, r);
    if (!values_of(db, c, r, person_refs(c->arena, r, def), &v, e))
        return false;
    *out = v.list;
    *n = v.n;
    return true;
}

static bool rewrite(struct store *db, const struct changes *c, const struct record *r,
                    const struct json *refs, bool had, struct err *e)
{
    struct values v = values_begin(c, r);
    if (!values_of(db, c, r, refs, &v, e))
        return false;
    struct cell *cells = ARENA_ARRAY(c->arena, struct cell, v.n * 2 + 1);
    for (size_t i = 0; i < v.n; i++) {
        cells[i * 2] = C_INT(r->rid);
        cells[i * 2 + 1] = C_BLOB(((struct str){(const char *)v.list[i].b, LOOKUP_VALUE}));
    }
    return (!had || store_exec(db, sql_lookup_delete, BIND(C_INT(r->rid)), NULL, e)) &&
           (v.n == 0 || store_many(db, sql_lookup_insert, cells, v.n, 2, e));
}

bool lookup_save(struct store *db, const struct changes *c, struct err *e)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct change *ch = &c->list[i];
        if (!ch->def)
            continue;
        struct json *was = person_refs(c->arena, ch->before, ch->def);
        struct json *now = person_refs(c->arena, ch->after, ch->def);
        if (!json_same(was, now) && !rewrite(db, c, ch->after, now, was->n > 0, e))
            return false;
    }
    return !err_is(e);
}

bool lookup_again(struct store *db, const struct changes *c, const struct record *r,
                  const struct record_def *def, struct err *e)
{
    return rewrite(db, c, r, person_refs(c->arena, r, def), true, e);
}
