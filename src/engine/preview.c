#include "engine/preview.h"
#include "engine/preview.sql.h"
#include "measure/tally.h"
#include "record/seal.h"

struct looking {
    struct store *db;
    struct preview *p;
    const struct world *w;
    const struct calendar *calendar;
    const struct playbook *old, *next; /* old: the version in force, or NULL */
    int64_t now;
    struct err *e;
    /* the case just looked at */
    const struct record *record;
    struct str type;
    bool stuck;
};

static struct preview_row *row_of(struct looking *l, enum fit_kind kind, struct str key)
{
    struct preview *p = l->p;
    for (size_t i = 0; i < p->n; i++)
        if (p->rows[i].kind == kind && str_eq(p->rows[i].key, key) && str_eq(p->rows[i].record, l->type))
            return &p->rows[i];
    p->rows = arena_grow(p->a, p->rows, p->n, &p->cap, sizeof *p->rows);
    p->rows[p->n] = (struct preview_row){.kind = kind, .record = l->type, .key = str_dup(p->a, key)};
    return &p->rows[p->n++];
}

static void take(void *self, enum fit_kind kind, struct str key)
{
    struct looking *l = self;
    struct preview_row *row = row_of(l, kind, key);
    const struct record *r = l->record;
    row->n++;
    l->stuck |= fit_stops(kind);
    if (row->n_examples < PREVIEW_EXAMPLES && r->number.len && !record_flag(r, "$sealed"))
        row->examples[row->n_examples++] = str_dup(l->p->a, r->number);
}

static bool look_at(void *self, struct arena *a, struct record *r)
{
    struct looking *l = self;
    struct fit f = {.a = a, .w = l->w, .calendar = l->calendar, .now = l->now, .self = l, .found = take};
    fit_between(&f, r, l->next);
    l->type = str_dup(l->p->a, r->type);
    l->record = r;
    l->stuck = false;
    fit_record(&f, r);
    l->p->cases++;
    l->p->stuck += l->stuck;
    return true;
}

struct walk {
    struct store *db;
    const struct keys *keys;
    struct arena *a; /* emptied for each case */
    bool (*fn)(void *self, struct arena *a, struct record *r);
    void *self;
    struct err *e;
};

static bool walk_page(struct walk *k, struct str type, int64_t *rid, bool *more)
{
    enum { PAGE = 500 };
    struct arena *page AUTO(arena_freep) = arena_new();
    struct str docs[PAGE];
    int64_t rids[PAGE];
    size_t n = 0;
    {
        struct rows r AUTO(rows_close) =
            store_query(k->db, sql_preview_open, BIND(C_TEXT(type), C_INT(*rid)), k->e);
        for (; n < PAGE && rows_next(&r); n++) {
            rids[n] = rows_int(&r, 0);
            docs[n] = str_dup(page, rows_str(&r, 1));
        }
        if (err_is(k->e))
            return false;
    }
    for (size_t i = 0; i < n; i++) {
        struct record *rec;
        arena_reset(k->a);
        if (!record_read(k->a, docs[i], &rec, k->e))
            return false;
        rec->rid = *rid = rids[i];
        if (!seal_open(k->db, k->keys, k->a, &rec, k->e) || !k->fn(k->self, k->a, rec))
            return false;
    }
    *more = n == PAGE;
    return true;
}

/* Every record type that any installed version has: running cases may stand on an old one. */
bool preview_each(struct store *db, const struct keys *keys, const struct world *w, struct str playbook,
                  bool (*fn)(void *self, struct arena *a, struct record *r), void *self, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new(), *names AUTO(arena_freep) = arena_new();
    struct walk k = {db, keys, a, fn, self, e};
    struct str done[64];
    int n = 0;
    for (int i = 0; i < w->n_playbooks; i++) {
        const struct playbook *p = w->playbooks[i].playbook;
        for (int r = 0; str_eq(p->id, playbook) && r < p->n_records; r++) {
            struct str type = str_printf(names, "%.*s.%.*s", STR_F(p->id), STR_F(p->records[r].id));
            bool again = n == (int)COUNT_OF(done);
            for (int m = 0; m < n; m++)
                again |= str_eq(done[m], type);
            if (again)
                continue;
            done[n++] = type;
            int64_t rid = 0;
            for (bool more = true; more;)
                if (!walk_page(&k, type, &rid, &more))
                    return false;
        }
    }
    return true;
}

/* ---- figures ---- */

static struct str users_of(struct arena *a, const struct playbook *p, int term)
{
    struct buf b AUTO(buf_free) = BUF(64 * 1024);
    for (int i = 0; i < p->n_indicators; i++)
        if (p->indicators[i].n_term == term || p->indicators[i].d_term == term)
            buf_printf(&b, "%s%.*s", b.len ? " " : "", STR_F(p->indicators[i].id));
    return buf_dup(a, &b);
}

static int find_term(const struct playbook *p, const struct term *t)
{
    for (int i = 0; p && i < p->n_terms; i++)
        if (hash_eq(&p->terms[i].id, &t->id))
            return i;
    return -1;
}

/* Are its counters there already? */
static bool counted(const struct playbook *old, const struct playbook *next, int term)
{
    int was = find_term(old, &next->terms[term]);
    if (was < 0)
        return false;
    const struct levels l = {1, 1, 1}; /* the same for both */
    struct hash x = term_built(old, was, &l), y = term_built(next, term, &l);
    return hash_eq(&x, &y);
}

static bool compare_terms(struct looking *l)
{
    struct preview *p = l->p;
    for (int i = 0; i < l->next->n_terms; i++) {
        const struct term *t = &l->next->terms[i];
        bool found;
        int64_t n = 0;
        struct str type = str_printf(p->a, "%.*s.%.*s", STR_F(l->next->id),
                                     STR_F(l->next->records[t->record].id));
        if (counted(l->old, l->next, i))
            continue;
        if (!store_int(l->db, sql_preview_count, BIND(C_TEXT(type)), &found, &n, l->e))
            return false;
        p->built = arena_grow(p->a, p->built, p->n_built, &p->cap_built, sizeof *p->built);
        p->built[p->n_built++] = (struct preview_term){type, users_of(p->a, l->next, i), n};
    }
    for (int i = 0; l->old && i < l->old->n_terms; i++) {
        const struct term *t = &l->old->terms[i];
        if (find_term(l->next, t) >= 0)
            continue;
        p->dropped = arena_grow(p->a, p->dropped, p->n_dropped, &p->cap_dropped, sizeof *p->dropped);
        p->dropped[p->n_dropped++] =
            (struct preview_term){str_printf(p->a, "%.*s.%.*s", STR_F(l->old->id),
                                             STR_F(l->old->records[t->record].id)),
                                  users_of(p->a, l->old, i), 0};
    }
    return true;
}

static void take_column(void *self, struct str table, struct str column)
{
    struct preview *p = self;
    p->columns = arena_grow(p->a, p->columns, p->n_columns, &p->cap_columns, sizeof *p->columns);
    p->columns[p->n_columns++] = str_printf(p->a, "%.*s.%.*s", STR_F(table), STR_F(column));
}

static int by_kind(const void *a, const void *b)
{
    const struct preview_row *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    int c = str_cmp(x->record, y->record);
    return c ? c : str_cmp(x->key, y->key);
}

bool preview_playbook(struct store *db, const struct keys *keys, struct arena *a, const struct world *w,
                      const struct calendar *calendar, const struct playbook *next, int64_t now,
                      struct preview *out, struct err *e)
{
    struct looking l = {.db = db, .p = out, .w = w, .calendar = calendar, .next = next, .now = now, .e = e};
    *out = (struct preview){.a = a, .playbook = str_dup(a, next->id), .to = next->version};
    l.old = world_playbook(w, next->id);
    out->from = l.old ? l.old->version : 0;
    out->same_version =
        world_playbook(w, str_printf(a, "%.*s@%d", STR_F(next->id), next->version)) != NULL;
    bool ok = preview_each(db, keys, w, next->id, look_at, &l, e) && compare_terms(&l);
    for (int i = 0; ok && i < next->n_records; i++)
        ok = table_missing(db, next, &next->records[i], take_column, out, e);
    if (out->n)
        qsort(out->rows, out->n, sizeof *out->rows, by_kind);
    return ok;
}

/* ---- one case ---- */

struct one {
    struct json_out *rows;
    bool stuck;
};

static void put_finding(struct json_out *o, enum fit_kind kind, struct str key)
{
    struct words name = fit_words(kind);
    jo_kc(o, "kind", fit_name(kind));
    jo_kv(o, "name", name.zh);
    jo_kv(o, "name_en", name.en);
    jo_kb(o, "stops", fit_stops(kind));
    jo_kv(o, "key", key);
}

static void show(void *self, enum fit_kind kind, struct str key)
{
    struct one *one = self;
    one->stuck |= fit_stops(kind);
    jo_obj(one->rows);
    put_finding(one->rows, kind, key);
    jo_end(one->rows);
}

void preview_record(struct arena *a, const struct world *w, const struct calendar *calendar,
                    const struct record *r, const struct playbook *next, int64_t now,
                    struct json_out *o)
{
    struct one one = {.rows = o};
    struct fit f = {.a = a, .w = w, .calendar = calendar, .now = now, .self = &one, .found = show};
    fit_between(&f, r, next);
    jo_kv(o, "from", r->pb);
    jo_kv(o, "to", str_printf(a, "%.*s@%d", STR_F(next->id), next->version));
    jo_key(o, "rows");
    jo_arr(o);
    fit_record(&f, r);
    jo_end(o);
    jo_kb(o, "possible", !one.stuck);
}

/* ---- told ---- */

static void write_terms(struct json_out *o, const char *key, const struct preview_term *t, size_t n)
{
    jo_key(o, key);
    jo_arr(o);
    for (size_t i = 0; i < n; i++) {
        jo_obj(o);
        jo_kv(o, "record", t[i].record);
        jo_key(o, "indicators");
        jo_arr(o);
        struct str rest = t[i].indicators;
        while (rest.ptr && rest.len)
            jo_str(o, str_cut(rest, ' ', &rest));
        jo_end(o);
        jo_ki(o, "records", t[i].records);
        jo_end(o);
    }
    jo_end(o);
}

void preview_write(struct json_out *o, const struct preview *p)
{
    jo_obj(o);
    jo_kv(o, "playbook", p->playbook);
    jo_ki(o, "from", p->from);
    jo_ki(o, "to", p->to);
    jo_kb(o, "same_version", p->same_version);
    jo_ki(o, "cases", p->cases);
    jo_ki(o, "stuck", p->stuck);
    jo_key(o, "rows");
    jo_arr(o);
    for (size_t i = 0; i < p->n; i++) {
        const struct preview_row *r = &p->rows[i];
        jo_obj(o);
        put_finding(o, r->kind, r->key);
        jo_kv(o, "record", r->record);
        jo_ki(o, "n", r->n);
        jo_key(o, "examples");
        jo_arr(o);
        for (int k = 0; k < r->n_examples; k++)
            jo_str(o, r->examples[k]);
        jo_end(o);
        jo_end(o);
    }
    jo_end(o);
    write_terms(o, "built", p->built, p->n_built);
    write_terms(o, "dropped", p->dropped, p->n_dropped);
    jo_key(o, "columns");
    jo_arr(o);
    for (size_t i = 0; i < p->n_columns; i++)
        jo_str(o, p->columns[i]);
    jo_end(o);
    jo_end(o);
}

static void text_rows(struct buf *b, const struct preview *p, bool zh)
{
    for (size_t i = 0; i < p->n; i++) {
        const struct preview_row *r = &p->rows[i];
        struct words name = fit_words(r->kind);
        buf_printf(b, "%s %lld  %.*s: %.*s (%.*s)", fit_stops(r->kind) ? "!" : "-", (long long)r->n,
                   STR_F(zh ? name.zh : name.en), STR_F(r->key), STR_F(r->record));
        for (int k = 0; k < r->n_examples; k++)
            buf_printf(b, "%s%.*s", k ? " " : zh ? "，如 " : ", as ", STR_F(r->examples[k]));
        buf_char(b, '\n');
    }
}

void preview_text(struct buf *b, const struct preview *p, bool zh)
{
    buf_printf(b, zh ? "%.*s：第%d版 → 第%d版\n" : "%.*s: version %d -> %d\n", STR_F(p->playbook),
               p->from, p->to);
    if (p->same_version)
        buf_printf(b, zh ? "! 第%d版已装入：装入前请提高版本号\n"
                         : "! version %d is installed already: raise it before installing\n",
                   p->to);
    buf_printf(b, zh ? "在办%lld件，其中%lld件不能转到新版（转入前都按原版办理）\n"
                     : "%lld open cases, %lld of them could not be moved (each stays on its version until it is)\n",
               (long long)p->cases, (long long)p->stuck);
    text_rows(b, p, zh);
    for (size_t i = 0; i < p->n_built; i++)
        buf_printf(b, zh ? "+ 新统计口径（%.*s）：要计算%lld条 %.*s\n"
                         : "+ new term (%.*s): built from %lld of %.*s\n",
                   STR_F(p->built[i].indicators), (long long)p->built[i].records,
                   STR_F(p->built[i].record));
    for (size_t i = 0; i < p->n_dropped; i++)
        buf_printf(b, zh ? "- 不再使用的统计口径（%.*s）：%.*s\n" : "- term no longer used (%.*s): %.*s\n",
                   STR_F(p->dropped[i].indicators), STR_F(p->dropped[i].record));
    for (size_t i = 0; i < p->n_columns; i++)
        buf_printf(b, zh ? "+ 新列 %.*s\n" : "+ new column %.*s\n", STR_F(p->columns[i]));
}
