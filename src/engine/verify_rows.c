/* Rows as they ought to be against a table, in one of two ways.
 *
 * By record: the rows of the records of one piece of the walk are sorted and read along with the
 * table's, so that memory stays what a piece needs.  By key: 32 bytes a row are kept until the end
 * (hashes of key and values, the event), and the table is read once, page by page. */
#include "engine/verify_int.h"

struct kept { /* a row by key */
    uint64_t key, value;
    int64_t seq;
    bool met;
};

struct rows_state {
    struct fold_row *list; /* by record: of this piece */
    size_t n, cap;
    struct kept *kept; /* by key: open addressing; key 0 is an empty place */
    size_t n_kept, places;
};

static int n_columns(const struct fold *f)
{
    int n = 0;
    while (n < FOLD_COLUMNS && f->columns[n])
        n++;
    return n;
}

void verify_rows_begin(struct verifying *v)
{
    v->rows = ARENA_ARRAY(v->keep, struct rows_state, N_FOLDS);
    for (int i = 0; i < N_FOLDS; i++)
        v->rows[i] = (struct rows_state){.n = 0};
}

/* ---- what is said about a row ---- */

static void cell_name(struct buf *b, const struct cell *c)
{
    if (c->kind == CELL_NULL)
        buf_c(b, "NULL");
    else if (c->kind == CELL_INT)
        buf_printf(b, "%lld", (long long)c->i);
    else if (c->kind == CELL_TEXT)
        buf_printf(b, "%.*s", STR_F(c->s));
    else
        for (size_t i = 0; i < c->s.len && i < 8; i++)
            buf_printf(b, "%02x", (unsigned char)c->s.ptr[i]);
}

static void complain(struct verifying *v, const struct fold *f, const struct cell *keys, int64_t seq,
                     const char *what, const char *column)
{
    struct buf b = BUF(1000);
    for (int i = 0; i < f->n_keys; i++) {
        buf_c(&b, i ? ", " : "");
        cell_name(&b, &keys[i]);
    }
    verify_wrong(v, seq, "table %s, (%.*s): %s%s%s", f->table, STR_F(buf_view(&b)), column ? "column " : "",
                 column ? column : "", what);
    buf_free(&b);
}

/* The row of the table as cells of the kinds that the derived rows have. */
static void read_cells(struct arena *a, const struct rows *r, const char *kinds, int n, struct cell *out)
{
    for (int i = 0; i < n; i++)
        out[i] = rows_null(r, i)   ? C_NULL
                 : kinds[i] == 'i' ? C_INT(rows_int(r, i))
                 : kinds[i] == 't' ? C_TEXT(str_dup(a, rows_str(r, i)))
                                   : C_BLOB(str_dup(a, rows_str(r, i)));
}

/* ---- by record ---- */

static int cell_order(const struct cell *x, const struct cell *y)
{
    if (x->kind == CELL_INT)
        return (x->i > y->i) - (x->i < y->i);
    size_t n = x->s.len < y->s.len ? x->s.len : y->s.len;
    int c = n ? memcmp(x->s.ptr, y->s.ptr, n) : 0;
    return c ? c : (x->s.len > y->s.len) - (x->s.len < y->s.len);
}

static int key_order(const struct cell *x, const struct cell *y, int n)
{
    for (int i = 0; i < n; i++) {
        int c = cell_order(&x[i], &y[i]);
        if (c)
            return c;
    }
    return 0;
}

static _Thread_local int sort_keys;
static int row_order(const void *x, const void *y)
{
    return key_order(((const struct fold_row *)x)->cells, ((const struct fold_row *)y)->cells, sort_keys);
}

static bool cell_is(const struct rows *r, int col, const struct cell *c)
{
    if (c->kind == CELL_NULL || rows_null(r, col))
        return c->kind == CELL_NULL && rows_null(r, col);
    return c->kind == CELL_INT ? rows_int(r, col) == c->i : str_eq(rows_str(r, col), c->s);
}

static bool values_same(const struct fold *f, const struct rows *r, const struct fold_row *want, int *column)
{
    if (f->same)
        return f->same(r, want, column);
    for (*column = f->n_keys; *column < n_columns(f); (*column)++)
        if (!cell_is(r, *column, &want->cells[*column]))
            return false;
    return true;
}

/* Both sides in the order of their keys. */
static bool compare_piece(struct verifying *v, const struct fold *f, struct rows_state *s, int64_t from, int64_t to)
{
    struct cell *keys = ARENA_ARRAY(v->window, struct cell, FOLD_COLUMNS);
    char kinds[FOLD_COLUMNS + 1] = "";
    size_t at = 0;
    sort_keys = f->n_keys;
    if (s->n)
        qsort(s->list, s->n, sizeof *s->list, row_order);
    struct rows r AUTO(rows_close) = store_query(v->db, f->sql, BIND(C_INT(from), C_INT(to)), v->e);
    for (int i = 0; i < f->n_keys; i++)
        kinds[i] = f->kinds[i];
    while (rows_next(&r)) {
        int order = -1, column = 0;
        read_cells(v->window, &r, kinds, f->n_keys, keys);
        while (at < s->n && (order = key_order(s->list[at].cells, keys, f->n_keys)) < 0) {
            complain(v, f, s->list[at].cells, s->list[at].seq, "the row is missing", NULL);
            at++;
        }
        if (at == s->n || order > 0)
            complain(v, f, keys, -1, "no event explains this row", NULL);
        else if (!values_same(f, &r, &s->list[at], &column))
            complain(v, f, keys, s->list[at].seq, " is not what the events say", f->columns[column]);
        at += at < s->n && order == 0;
    }
    for (; at < s->n; at++)
        complain(v, f, s->list[at].cells, s->list[at].seq, "the row is missing", NULL);
    return !err_is(v->e);
}

bool verify_rows_below(struct verifying *v, int64_t rid)
{
    for (int i = 0; i < N_FOLDS; i++) {
        struct rows_state *s = &v->rows[i];
        if (FOLDS[i].by_record && !compare_piece(v, &FOLDS[i], s, v->below, rid))
            return false;
        if (FOLDS[i].by_record)
            *s = (struct rows_state){.n = 0};
    }
    v->below = rid;
    arena_reset(v->window);
    return true;
}

/* ---- by key ---- */

static uint64_t hash_cells(const struct cell *c, int n)
{
    uint64_t h = 1469598103934665603ULL;
    for (int i = 0; i < n; i++) {
        uint64_t x = c[i].kind == CELL_NULL ? 7 : c[i].kind == CELL_INT ? (uint64_t)c[i].i * 2 + 1 : str_hash(c[i].s);
        h = (h ^ x) * 1099511628211ULL;
        h ^= h >> 29;
    }
    return h ? h : 1;
}

static struct kept *place_of(struct kept *list, size_t places, uint64_t key)
{
    size_t i = key & (places - 1);
    while (list[i].key && list[i].key != key)
        i = (i + 1) & (places - 1);
    return &list[i];
}

static void more_places(struct verifying *v, struct rows_state *s)
{
    size_t places = s->places ? s->places * 2 : 256;
    struct kept *more = ARENA_ARRAY(v->keep, struct kept, places);
    memset(more, 0, places * sizeof *more);
    for (size_t i = 0; i < s->places; i++)
        if (s->kept[i].key)
            *place_of(more, places, s->kept[i].key) = s->kept[i];
    s->kept = more;
    s->places = places;
}

static void keep_row(struct verifying *v, const struct fold *f, struct rows_state *s, const struct cell *cells,
                     int64_t seq)
{
    if (s->n_kept * 2 >= s->places)
        more_places(v, s);
    uint64_t key = hash_cells(cells, f->n_keys);
    struct kept *k = place_of(s->kept, s->places, key);
    s->n_kept += !k->key;
    if (!k->key || seq >= k->seq)
        *k = (struct kept){key, hash_cells(cells + f->n_keys, n_columns(f) - f->n_keys), seq, false};
}

void verify_row(struct verifying *v, int fold, const struct cell *cells, int64_t seq, const void *more)
{
    const struct fold *f = &FOLDS[fold];
    struct rows_state *s = &v->rows[fold];
    int n = n_columns(f);
    if (!f->by_record) {
        keep_row(v, f, s, cells, seq);
        return;
    }
    struct fold_row row = {ARENA_ARRAY(v->window, struct cell, n), seq, more};
    for (int i = 0; i < n; i++) {
        row.cells[i] = cells[i];
        if (cells[i].s.ptr)
            row.cells[i].s = str_dup(v->window, cells[i].s);
    }
    s->list = arena_grow(v->window, s->list, s->n, &s->cap, sizeof *s->list);
    s->list[s->n++] = row;
}

static void meet(struct verifying *v, const struct fold *f, struct rows_state *s, const struct cell *cells)
{
    struct kept none = {.key = 0}, *k = &none;
    int n = n_columns(f);
    if (s->places)
        k = place_of(s->kept, s->places, hash_cells(cells, f->n_keys));
    if (!k->key || k->met)
        complain(v, f, cells, -1, "no event explains this row", NULL);
    else if (k->value != hash_cells(cells + f->n_keys, n - f->n_keys))
        complain(v, f, cells, k->seq, "the row is not what the events say", NULL);
    k->met = true;
}

/* sql gives the columns of the fold, then those by which pages go on; f->kinds names all of them. */
static bool meet_table(struct verifying *v, const struct fold *f, struct rows_state *s)
{
    int n = n_columns(f), pages = (int)strlen(f->kinds) - n;
    struct cell cells[2 * FOLD_COLUMNS], last[FOLD_COLUMNS];
    for (int i = 0; i < pages; i++)
        last[i] = f->kinds[n + i] == 'i' ? C_INT(INT64_MIN) : C_TEXT(STR(""));
    for (bool more = true; more;) {
        more = false;
        struct arena *a AUTO(arena_freep) = arena_new();
        struct cell begin[FOLD_COLUMNS];
        memcpy(begin, last, sizeof begin);
        struct rows r AUTO(rows_close) = store_query(v->db, f->sql, begin, (size_t)pages, v->e);
        while (rows_next(&r)) {
            read_cells(a, &r, f->kinds, n + pages, cells);
            meet(v, f, s, cells);
            memcpy(last, cells + n, (size_t)pages * sizeof *last);
            more = true;
        }
        rows_close(&r);
        arena_reset(v->window); /* the last key goes on into the next page */
        for (int i = 0; more && i < pages; i++)
            if (last[i].kind == CELL_TEXT)
                last[i].s = str_dup(v->window, last[i].s);
    }
    return !err_is(v->e);
}

static void name_missing(struct verifying *v, const struct fold *f, const struct rows_state *s)
{
    for (size_t i = 0; i < s->places; i++)
        if (s->kept[i].key && !s->kept[i].met)
            verify_wrong(v, s->kept[i].seq, "table %s: the row that event %lld makes is missing", f->table,
                         (long long)s->kept[i].seq);
}

bool verify_rows_end(struct verifying *v)
{
    for (int i = 0; i < N_FOLDS; i++) {
        if (FOLDS[i].end && !FOLDS[i].end(v, i))
            return false;
        if (FOLDS[i].by_record || (FOLDS[i].by_tree && v->tree_seq >= 0))
            continue;
        if (!meet_table(v, &FOLDS[i], &v->rows[i]))
            return false;
        name_missing(v, &FOLDS[i], &v->rows[i]);
    }
    return true;
}
