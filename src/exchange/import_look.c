#include "exchange/import_look.h"
#include "exchange/mapping.h"
#include "exchange/sheet.h"

enum { GUESS_ROWS = 200, SAMPLE_CHARS = 60 };

struct looking {
    struct arena *a;
    struct import_look *out;
    struct str *rows[GUESS_ROWS];
    size_t n_rows;
};

/* A long text is cut: it is only an example. */
static struct str shortened(struct arena *a, struct str s)
{
    size_t i = 0, n = 0;
    while (i < s.len && n++ < SAMPLE_CHARS)
        str_next_char(s, &i);
    return i < s.len ? str_printf(a, "%.*s…", (int)i, s.ptr) : str_dup(a, s);
}

static bool among(const struct str *list, int n, struct str s)
{
    for (int i = 0; i < n; i++)
        if (str_eq(list[i], s))
            return true;
    return false;
}

static void note_value(struct arena *a, struct column_look *c, struct str s)
{
    if (!c->values || among(c->values, c->n_values, s))
        return;
    if (c->n_values == LOOK_VALUES) {
        c->values = NULL;
        c->n_values = 0;
        return;
    }
    c->values[c->n_values++] = str_dup(a, s);
}

static void note_row(struct looking *l, const struct str *cells, size_t n)
{
    struct import_look *out = l->out;
    struct str *kept = l->n_rows < GUESS_ROWS ? ARENA_ARRAY(l->a, struct str, out->n) : NULL;
    for (size_t i = 0; i < out->n && i < n; i++) {
        struct column_look *c = &out->columns[i];
        struct str s = str_trim(cells[i]), sample;
        if (!s.len)
            continue;
        c->filled++;
        note_value(l->a, c, s);
        if (c->n_samples < LOOK_SAMPLES && !among(c->samples, c->n_samples, sample = shortened(l->a, s)))
            c->samples[c->n_samples++] = sample;
        if (kept)
            kept[i] = str_dup(l->a, s);
    }
    if (kept)
        l->rows[l->n_rows++] = kept;
    out->rows++;
}

static void begin(struct looking *l, const struct str *header, size_t n)
{
    l->out->n = n;
    l->out->columns = ARENA_ARRAY(l->a, struct column_look, n + 1);
    for (size_t i = 0; i < n; i++) {
        l->out->columns[i].name = header[i];
        l->out->columns[i].values = ARENA_ARRAY(l->a, struct str, LOOK_VALUES);
    }
}

bool import_look(struct arena *a, const struct world *w, const char *file, struct str type, struct import_look *out,
                 struct err *e)
{
    struct sheet *sheet AUTO(sheet_closep) = NULL;
    struct import_look found = {.rows = 0};
    struct looking l = {.a = a, .out = &found};
    struct str *header, *cells;
    const struct playbook *p;
    size_t n;
    int record;
    if (!world_type(w, type, STR_NONE, &p, &record))
        return err_field(e, ERR_INPUT, "type", "there is no record type '%.*s'", STR_F(type));
    if (!sheet_open_table(a, file, &sheet, &header, &n, e))
        return false;
    begin(&l, header, n);
    while (sheet_next(sheet, &cells, &n, e))
        note_row(&l, cells, n);
    if (err_is(e))
        return false;
    struct buf b AUTO(buf_free) = BUF(LIMIT_REQUEST_BODY);
    mapping_guess(a, w, p, record, header, found.n, l.rows, l.n_rows, &b);
    found.mapping = buf_dup(a, &b);
    *out = found;
    return true;
}
