/* The statements of a list question, one text for both engines apart from the match of words. */
#include "search/find_int.h"

struct find_sql find_sql_new(struct find_ask *k)
{
    if (!k->args)
        k->args = ARENA_ARRAY(k->a, struct cell, FIND_ARGS);
    return (struct find_sql){.text = BUF(900 * 1000), .args = k->args};
}

void find_sql_free(struct find_sql *s)
{
    buf_free(&s->text);
}

int find_sql_arg(struct find_sql *s, struct cell c)
{
    ASSERT(s->n < FIND_ARGS);
    s->args[s->n++] = c;
    return (int)s->n;
}

struct rows find_sql_run(struct find_sql *s, struct find_ask *k)
{
    buf_char(&s->text, '\0');
    if (!buf_ok(&s->text))
        err_field(k->e, ERR_TOO_BIG, "where", "the condition is too large to be asked");
    return store_query(k->db, err_is(k->e) ? "" : s->text.ptr, s->args, s->n, k->e);
}

bool find_sql_int(struct find_sql *s, struct find_ask *k, int64_t *out)
{
    struct rows r AUTO(rows_close) = find_sql_run(s, k);
    if (rows_next(&r))
        *out = rows_int(&r, 0);
    return !err_is(k->e);
}

void find_sql_bound(struct find_sql *s, const char *head, struct cell c)
{
    buf_printf(&s->text, "%s$%d", head, find_sql_arg(s, c));
}

void find_sql_and(struct find_sql *s)
{
    buf_c(&s->text, s->where ? " AND " : " WHERE ");
    s->where = true;
}

static bool expression(struct find_sql *s, struct find_ask *k, const struct expr *x)
{
    size_t n;
    enum { SPARE = 64 }; /* for the scopes and what else is bound */
    if (!expr_sql(x, &s->text, s->args + s->n, FIND_ARGS - SPARE - s->n, &n, (int)s->n + 1, k->e)) {
        if (!k->e->field[0])
            snprintf(k->e->field, sizeof k->e->field, "where");
        return false;
    }
    s->n += n;
    return true;
}

bool find_sql_part(struct find_sql *s, struct find_ask *k, int part)
{
    const struct expr_part *p = &k->parts[part];
    if (p->slot < SLOT_FIELD) {
        buf_c(&s->text, "r.rid AS rid FROM record r WHERE ");
        find_sql_bound(s, "r.type = ", C_TEXT(k->type));
        buf_c(&s->text, " AND ");
    } else {
        buf_printf(&s->text, "f.rid AS rid FROM %.*s f WHERE ", STR_F(k->table));
    }
    return expression(s, k, p->x);
}

/* ---- the driver ---- */

static const char *scope_table(const struct find_ask *k)
{
    return k->open ? "scope_open" : "scope";
}

/* Rows are walked by their number when there is no key, or among those without it. */
static bool by_number(const struct find_ask *k, const struct find_walk *w)
{
    return !k->keyed || w->bare;
}

static bool downwards(const struct find_ask *k, const struct find_walk *w)
{
    return w->bare || k->desc;
}

static struct cell number_bound(const struct find_ask *k, const struct find_walk *w)
{
    if (!w->count && k->after.given && k->after.bare == w->bare)
        return C_INT(k->after.rid);
    return C_INT(downwards(k, w) ? INT64_MAX : -1);
}

/* The words, and the tokens of rights. */
static struct cell words(struct find_ask *k, const struct find_walk *w)
{
    struct buf q AUTO(buf_free) = BUF(1 << 20), type AUTO(buf_free) = BUF(400);
    struct str s = k->scopes[w->scope], must[2];
    size_t n = w->alone ? 0 : 1;
    buf_c(&type, "\xEE\x80\x80t");
    for (size_t i = 0; i < k->type.len; i++)
        buf_char(&type, k->type.ptr[i] == '.' || k->type.ptr[i] == '_' ? 'z' : k->type.ptr[i]);
    must[0] = buf_view(&type);
    if (n && s.len && s.ptr[0] == 'a')
        must[n++] = str_printf(k->a, "\xEE\x80\x80%.*s", STR_F(s));
    if (store_engine(k->db) == STORE_SQLITE)
        token_fts5(&q, &k->words, must, n);
    else
        token_tsquery(&q, &k->words, must, n);
    return C_TEXT(buf_dup(k->a, &q));
}

/* PostgreSQL may ask a set anew for each row that it is held against.  Rare words are looked up once: neither the
 * primary key, whose walk tries every record, nor a walk of the scope drives them. */
static void match(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    bool lite = store_engine(k->db) == STORE_SQLITE;
    char sign = downwards(k, w) ? '<' : '>';
    if (lite) {
        find_sql_bound(s, "(SELECT rowid AS rid FROM search_fts WHERE search_fts MATCH ", words(k, w));
    } else {
        buf_c(&s->text, w->rare ? "(WITH h AS MATERIALIZED (" : "(");
        find_sql_bound(s, "SELECT rid FROM search_ts WHERE ts @@ CAST(", words(k, w));
        buf_c(&s->text, w->rare ? " AS TSQUERY)) SELECT rid FROM h WHERE" : " AS TSQUERY) AND");
    }
    buf_printf(&s->text, "%s %c ", lite ? " AND rowid" : " rid", sign);
    find_sql_bound(s, "", number_bound(k, w));
    buf_c(&s->text, ") d");
}

bool find_sql_hits(struct find_ask *k, const struct find_walk *w, int64_t from, int64_t to,
                   int64_t *out)
{
    struct find_sql s AUTO(find_sql_free) = find_sql_new(k);
    find_sql_bound(&s, "SELECT COUNT(*) FROM (SELECT 1 FROM search_ts WHERE ts @@ CAST(", words(k, w));
    find_sql_bound(&s, " AS TSQUERY) AND rid BETWEEN ", C_INT(from));
    find_sql_bound(&s, " AND ", C_INT(to));
    find_sql_bound(&s, " LIMIT ", C_INT((int64_t)w->want));
    buf_c(&s.text, ") q");
    return find_sql_int(&s, k, out);
}

static bool driver(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    bool ok = true;
    switch (w->by) {
    case BY_SCOPE:
        buf_printf(&s->text, "%s d", scope_table(k));
        break;
    case BY_KEY:
        buf_printf(&s->text, "%.*s d", STR_F(k->q->order == FIND_DUE ? STR("record") : k->table));
        break;
    case BY_SEARCH:
        match(s, k, w);
        break;
    case BY_BOX:
        buf_c(&s->text, "spot d");
        break;
    case BY_PART:
        buf_c(&s->text, "(SELECT ");
        ok = find_sql_part(s, k, k->part);
        if (by_number(k, w)) { /* inside, so that an equality is walked in this order */
            bool record = k->parts[k->part].slot < SLOT_FIELD;
            buf_printf(&s->text, " AND %s.rid %c", record ? "r" : "f", downwards(k, w) ? '<' : '>');
            find_sql_bound(s, " ", number_bound(k, w));
        }
        buf_c(&s->text, ") d");
        break;
    }
    return ok;
}

/* ---- conditions ---- */

static void in_scope(struct find_sql *s, struct find_ask *k, int scope)
{
    buf_printf(&s->text, "EXISTS (SELECT 1 FROM %s s WHERE", scope_table(k));
    find_sql_bound(s, " s.scope = ", C_TEXT(k->scopes[scope]));
    find_sql_bound(s, " AND s.type = ", C_TEXT(k->type));
    buf_c(&s->text, " AND s.rid = d.rid)");
}

static void rights(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    find_sql_and(s);
    if (w->by == BY_SCOPE) {
        find_sql_bound(s, "d.scope = ", C_TEXT(k->scopes[w->scope]));
        find_sql_bound(s, " AND d.type = ", C_TEXT(k->type));
    } else if (w->by == BY_SEARCH) {
        in_scope(s, k, w->scope);
    } else {
        for (int i = 0; i < k->n_scopes; i++) {
            buf_c(&s->text, i ? " OR " : "(");
            in_scope(s, k, i);
        }
        buf_c(&s->text, ")");
    }
}

/* Scopes may share rows where one of them is a unit's. */
static void not_counted_before(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    if (w->by != BY_SCOPE && w->by != BY_SEARCH)
        return;
    for (int i = 0; i < w->scope; i++) {
        if (k->scopes[i].ptr[0] == 'a' && k->scopes[w->scope].ptr[0] == 'a')
            continue;
        find_sql_and(s);
        buf_c(&s->text, "NOT ");
        in_scope(s, k, i);
    }
}

/* Where the key stands: in the driver, or in the tables joined to it. */
static struct str key_of(const struct find_ask *k, const struct find_walk *w)
{
    const char *alias = w->by == BY_KEY ? "d" : k->q->order == FIND_DUE ? "r" : "f";
    return str_printf(k->a, "%s.%s", alias, k->key_column);
}

static void position(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    bool inside = w->by == BY_PART || w->by == BY_SEARCH; /* the driver has it */
    if (by_number(k, w) && !inside && !w->count) {
        find_sql_and(s);
        find_sql_bound(s, downwards(k, w) ? "d.rid < " : "d.rid > ", number_bound(k, w));
    }
    if (!k->keyed || w->count)
        return;
    struct str key = key_of(k, w);
    find_sql_and(s);
    buf_printf(&s->text, "%.*s %s", STR_F(key), w->bare ? "IS NULL" : "IS NOT NULL");
    if (!w->bare && k->after.given && !k->after.bare) {
        find_sql_and(s);
        buf_printf(&s->text, "(%.*s, d.rid) %c ", STR_F(key), k->desc ? '<' : '>');
        find_sql_bound(s, "(", k->after.key);
        find_sql_bound(s, ", ", C_INT(k->after.rid));
        buf_c(&s->text, ")");
    }
}

static bool conditions(struct find_sql *s, struct find_ask *k, const struct find_walk *w, bool r,
                       bool f)
{
    if (w->by == BY_KEY && k->q->order == FIND_DUE) {
        find_sql_and(s);
        find_sql_bound(s, "d.type = ", C_TEXT(k->type));
    }
    if (w->by != BY_KEY) /* its index is to be seen first */
        rights(s, k, w);
    position(s, k, w);
    if (w->by == BY_KEY)
        rights(s, k, w);
    if (w->plot)
        find_sql_plotted(s, k, w);
    if (w->count)
        not_counted_before(s, k, w);
    if (r) {
        find_sql_and(s);
        buf_c(&s->text, "r.rid = d.rid");
    }
    if (f) {
        find_sql_and(s);
        buf_c(&s->text, "f.rid = d.rid");
    }
    if (!k->where)
        return true;
    find_sql_and(s);
    return expression(s, k, k->where);
}

static void order(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    const char *way = downwards(k, w) ? "DESC" : "ASC";
    buf_c(&s->text, " ORDER BY ");
    if (!by_number(k, w)) {
        struct str key = key_of(k, w);
        buf_printf(&s->text, "%.*s %s, ", STR_F(key), way);
    }
    buf_printf(&s->text, "d.rid %s", way);
    find_sql_bound(s, " LIMIT ", C_INT((int64_t)w->want));
}

bool find_sql_walk(struct find_sql *s, struct find_ask *k, const struct find_walk *w)
{
    bool keyed = k->keyed && !w->count && w->by != BY_KEY;
    bool r = k->reads_record || (keyed && k->q->order == FIND_DUE);
    bool f = k->reads_fields || (keyed && k->q->order == FIND_FIELD) || w->plot;
    buf_c(&s->text, w->plot ? "SELECT " : w->count ? "SELECT COUNT(*)" : "SELECT d.rid");
    if (w->plot)
        find_sql_told(s, k, w->plot);
    if (!w->count && !by_number(k, w)) {
        struct str key = key_of(k, w);
        buf_printf(&s->text, ", %.*s", STR_F(key));
    }
    buf_c(&s->text, " FROM ");
    if (!driver(s, k, w))
        return false;
    if (w->plot && w->by != BY_BOX)
        buf_c(&s->text, " CROSS JOIN spot p");
    buf_c(&s->text, r ? " CROSS JOIN record r" : "");
    if (f)
        buf_printf(&s->text, " CROSS JOIN %.*s f", STR_F(k->table));
    if (!conditions(s, k, w, r, f))
        return false;
    if (w->plot)
        find_sql_plot_end(s, w);
    else if (!w->count)
        order(s, k, w);
    return true;
}
