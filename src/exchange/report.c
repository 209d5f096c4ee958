#include "exchange/report.h"
#include "exchange/csv.h"
#include "exchange/export.h"
#include "exchange/table_file.h"
#include "playbook/yaml_json.h"
#include "search/find.h"
#include <pthread.h>
#include <time.h>

enum { COLUMNS_MOST = 200, AT_ONCE = 64, REPORT_DEADLINE = 10 * 60 * 1000 };

struct column {
    struct str title, value, fallback;
    struct str from;               /* id of a column of the list, as "type" or "place.text" */
    int source;                    /* its index, -1: a constant */
    const struct mapping *through; /* NULL: the code itself */
    const struct json *map;
    bool name;                     /* the name of the code */
};

struct report_map {
    const char *file;
    const struct world *w;
    const struct playbook *playbook;
    const struct record_def *def;
    struct str type, system, where, on;
    struct column *columns;
    int n;
};

/* ---- reading ---- */

static bool wrong(const struct report_map *m, const struct json *at, struct err *e, const char *what)
{
    return err_set(e, ERR_INPUT, "%s:%lld: %s", m->file, (long long)(at ? at->i : 1), what);
}

static bool text_at(const struct report_map *m, const struct json *map, const char *key, struct str *out,
                    struct err *e)
{
    const struct json *v = json_get(map, key);
    *out = STR_NONE;
    if (!v)
        return true;
    if (v->kind != J_STR || !v->s.len)
        return wrong(m, v, e, "expected a text");
    *out = v->s;
    return true;
}

static bool known_keys(const struct report_map *m, struct arena *a, const struct json *map, const char *const *keys,
                       struct err *e)
{
    JSON_EACH (it, map) {
        bool known = false;
        for (const char *const *k = keys; *k; k++)
            known |= str_is(it->key, *k);
        if (!known)
            return wrong(m, it, e, arena_printf(a, "'%.60s' is not known here", str_c(a, it->key)));
    }
    return true;
}

/* What a list has as a column: the head, or a field that can leave in a cell. */
static bool known_source(const struct report_map *m, struct str id)
{
    static const char *const HEAD[] = {"number", "state",  "area",  "area_name",
                                       "holder", "opened", "closed", "due"};
    struct str part, name = str_cut(id, '.', &part);
    for (size_t i = 0; i < COUNT_OF(HEAD); i++)
        if (str_is(id, HEAD[i]))
            return true;
    int f = record_field(m->def, name);
    if (f < 0)
        return false;
    const struct field *x = &m->def->fields[f];
    bool place = x->type == FIELD_PLACE && !x->many;
    if (part.ptr)
        return place && (str_is(part, "text") || str_is(part, "lon") || str_is(part, "lat"));
    return !place && x->type != FIELD_TABLE && x->type != FIELD_FILE && x->type != FIELD_ACCOUNT;
}

static bool read_through(struct report_map *m, struct arena *a, const struct json *v, struct column *c, struct err *e)
{
    struct str id;
    int f = record_field(m->def, c->from);
    if (!text_at(m, v, "through", &id, e) || !id.len)
        return !err_is(e);
    for (int i = 0; i < m->playbook->n_mappings; i++)
        if (str_eq(m->playbook->mappings[i].id, id))
            c->through = &m->playbook->mappings[i];
    if (!c->through)
        return wrong(m, json_get(v, "through"), e,
                     arena_printf(a, "the playbook has no mapping '%.60s'", str_c(a, id)));
    if (f < 0 || m->def->fields[f].type != FIELD_CODE || m->def->fields[f].codes != c->through->from)
        return wrong(m, json_get(v, "through"), e, "this mapping is for another code list");
    return true;
}

static bool read_map(const struct report_map *m, const struct json *v, struct column *c, struct err *e)
{
    const struct json *map = json_get(v, "map");
    if (map && map->kind != J_OBJ)
        return wrong(m, map, e, "expected a map from our code to theirs");
    JSON_EACH (it, map)
        if (it->kind != J_STR)
            return wrong(m, it, e, "expected a text behind our code");
    c->map = map;
    return true;
}

static bool read_column(struct report_map *m, struct arena *a, const struct json *v, struct err *e)
{
    static const char *const KEYS[] = {"field", "value", "through", "map", "default", "name", NULL};
    struct column c = {.title = v->key, .source = -1};
    struct str name = STR_NONE;
    if (v->kind == J_STR && v->s.len) {
        c.from = v->s;
    } else {
        if (v->kind != J_OBJ)
            return wrong(m, v, e, "expected a field, or {field: …} or {value: …}");
        if (!known_keys(m, a, v, KEYS, e) || !text_at(m, v, "field", &c.from, e) ||
            !text_at(m, v, "value", &c.value, e) || !text_at(m, v, "default", &c.fallback, e) ||
            !text_at(m, v, "name", &name, e) || !read_map(m, v, &c, e) || !read_through(m, a, v, &c, e))
            return false;
        if (!c.from.len == !c.value.len)
            return wrong(m, v, e, "expected either field: or value:");
        if (name.len && !str_is(name, "true") && !str_is(name, "false"))
            return wrong(m, json_get(v, "name"), e, "expected true or false");
        c.name = str_is(name, "true");
    }
    if (c.from.len && !known_source(m, c.from))
        return wrong(m, v, e, arena_printf(a, "there is no column '%.60s' in %.*s (a place has .text, .lon and .lat)",
                                           str_c(a, c.from), STR_F(m->type)));
    m->columns[m->n++] = c;
    return true;
}

/* The day that the span speaks of: an attribute of time, or a field of type date or time. */
static bool read_on(struct report_map *m, const struct json *root, struct err *e)
{
    if (!text_at(m, root, "on", &m->on, e))
        return false;
    if (!m->on.len)
        m->on = STR("opened");
    int f = record_field(m->def, m->on);
    bool field = f >= 0 && (m->def->fields[f].type == FIELD_DATE || m->def->fields[f].type == FIELD_TIME);
    return field || str_is(m->on, "opened") || str_is(m->on, "closed") || str_is(m->on, "recorded") ||
           wrong(m, json_get(root, "on"), e, "expected opened, closed, recorded, or a field of type date or time");
}

bool report_read(struct arena *a, const char *file, struct str text, const struct world *w,
                 struct report_map **out, struct err *e)
{
    static const char *const KEYS[] = {"report", "system", "where", "on", "columns", NULL};
    struct report_map *m = ARENA_NEW(a, struct report_map);
    struct json *root;
    struct str type;
    int record;
    *m = (struct report_map){.file = file, .w = w};
    if (!yaml_json(a, file, text, &root, e))
        return false;
    if (root->kind != J_OBJ)
        return wrong(m, root, e, "expected a map: report, system, columns");
    if (!known_keys(m, a, root, KEYS, e) || !text_at(m, root, "report", &type, e) ||
        !text_at(m, root, "system", &m->system, e) || !text_at(m, root, "where", &m->where, e))
        return false;
    if (!type.len || !world_type(w, type, STR_NONE, &m->playbook, &record))
        return wrong(m, json_get(root, "report"), e, "expected report: PLAYBOOK.TYPE of this database");
    if (!m->system.len || m->system.len > 60)
        return wrong(m, root, e, "expected system: a word for the system above");
    m->def = &m->playbook->records[record];
    m->type = str_printf(a, "%.*s.%.*s", STR_F(m->playbook->id), STR_F(m->def->id));
    const struct json *columns = json_get(root, "columns");
    if (!json_is(columns, J_OBJ) || !columns->n || columns->n > COLUMNS_MOST)
        return wrong(m, columns, e, "expected columns: {title: field, …}");
    m->columns = ARENA_ARRAY(a, struct column, columns->n);
    JSON_EACH (it, columns)
        if (!read_column(m, a, it, e))
            return false;
    *out = m;
    return read_on(m, root, e);
}

/* ---- one row ---- */

struct line {
    struct id rec;
    struct str digest;
    int64_t sent; /* how often before */
    struct str *cells;
};

struct report_run {
    struct line *lines;
    size_t n, cap;
};

static const struct json *sent_part(const struct record *r, struct str system)
{
    JSON_EACH (p, r->parts)
        if (str_is(json_text(p, "kind"), "report_up") && str_eq(json_text(p, "system"), system))
            return p;
    return NULL;
}

static struct str code_out(const struct report_map *m, const struct column *c, int list, struct str code, int32_t day)
{
    if (c->through) {
        code = mapping_of(m->playbook, c->through, code, day);
        list = c->through->to;
    }
    if (c->map) {
        const struct json *v = json_get_str(c->map, code);
        return v ? v->s : c->fallback.ptr ? c->fallback : code;
    }
    if (!code.len)
        return c->fallback;
    int i = c->name && list >= 0 ? list_code(&m->playbook->lists[list], code) : -1;
    return i >= 0 ? m->playbook->lists[list].codes[i].name.zh : code;
}

static struct str cell_out(struct arena *a, const struct report_map *m, const struct export_list *x,
                           const struct record *r, const struct column *c, const struct sheet_cell *cells)
{
    if (c->source < 0)
        return c->value;
    const struct export_column *col = &x->columns[c->source];
    struct str s = export_cell_text(a, x, col, &cells[c->source]);
    int list = col->field >= 0 && m->def->fields[col->field].type == FIELD_CODE ? m->def->fields[col->field].codes : -1;
    if (str_is(c->from, "state") && c->name) {
        int state = record_state(m->def, s);
        return state >= 0 ? m->def->states[state].name.zh : s;
    }
    return code_out(m, c, list, s, zone_day(m->w->zone, r->opened));
}

/* What the row says, without saying it: codes and numbers as they leave, texts by their commitments (which
 * are salted), so that the log gives away nothing of a text. */
static struct str digest_of(struct arena *a, const struct report_map *m, const struct record *r, struct str *cells)
{
    struct buf b AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_arr(&o);
    for (int i = 0; i < m->n; i++) {
        struct str rest, name = str_cut(m->columns[i].from, '.', &rest);
        const struct json *stored = json_get_str(r->fields, name);
        const struct json *first = json_is(stored, J_ARR) ? stored->first : stored;
        jo_str(&o, m->columns[i].title);
        if (first && value_detached(first))
            jo_json(&o, stored);
        else
            jo_str(&o, cells[i]);
    }
    jo_end(&o);
    struct hash h = hash_sha256(buf_view(&b));
    return base64_of(a, HASH_STR(h), true);
}

static bool take(struct arena *a, const struct report_ask *ask, const struct export_list *x, const struct record *r,
                 struct report_run *run, struct report_result *out, struct err *e)
{
    const struct report_map *m = ask->map;
    struct sheet_cell *cells = ARENA_ARRAY(a, struct sheet_cell, x->n);
    struct line l = {.rec = r->id, .cells = ARENA_ARRAY(a, struct str, m->n)};
    if (!export_cells(a, x, r, cells, e))
        return false;
    for (int i = 0; i < m->n; i++)
        l.cells[i] = cell_out(a, m, x, r, &m->columns[i], cells);
    l.digest = digest_of(a, m, r, l.cells);
    const struct json *p = sent_part(r, m->system);
    bool same = p && str_eq(json_text(p, "digest"), l.digest);
    l.sent = json_num(p, "n", 0);
    out->read++;
    out->fresh += !p;
    out->changed += p && !same;
    out->same += same;
    if (same && !ask->all)
        return true;
    run->lines = arena_grow(a, run->lines, run->n, &run->cap, sizeof *run->lines);
    run->lines[run->n++] = l;
    return true;
}

static struct str question(struct arena *a, const struct report_ask *ask)
{
    struct buf b AUTO(buf_free) = BUF(8192);
    char day[16];
    buf_c(&b, "merged_into IS NULL AND void = FALSE AND sealed = FALSE");
    if (ask->map->where.len)
        buf_printf(&b, " AND (%.*s)", STR_F(ask->map->where));
    if (ask->from != DAY_NONE) {
        day_format(ask->from, day);
        buf_printf(&b, " AND %.*s >= DATE('%s')", STR_F(ask->map->on), day);
    }
    if (ask->to != DAY_NONE) {
        day_format(ask->to + 1, day);
        buf_printf(&b, " AND %.*s < DATE('%s')", STR_F(ask->map->on), day);
    }
    return buf_dup(a, &b);
}

static void bind(struct report_map *m, const struct export_list *x)
{
    for (int i = 0; i < m->n; i++)
        for (size_t k = 0; m->columns[i].from.len && k < x->n; k++)
            if (str_eq(x->columns[k].id, m->columns[i].from))
                m->columns[i].source = (int)k;
}

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * MS_SECOND + t.tv_nsec / 1000000;
}

static bool goes_on(const struct report_ask *ask, int64_t read, struct find_question *q, int64_t end,
                    struct err *e)
{
    q->deadline_ms = end - steady_ms();
    if (ask->most && read >= ask->most)
        return err_set(e, ERR_TOO_BIG, "more than %lld records: take a shorter span (from, to), or the command",
                       (long long)ask->most) ||
               err_zh(e, "超过 %lld 件：请缩短起止日期", (long long)ask->most);
    return q->deadline_ms > 0 || err_set(e, ERR_DEADLINE, "the report took too long: take a shorter span (from, to)") ||
           err_zh(e, "查询时间过长：请缩短起止日期");
}

static bool gather(struct arena *a, const struct report_ask *ask, struct report_run **out,
                   struct report_result *result, struct err *e)
{
    struct report_map *m = ARENA_NEW(a, struct report_map);
    struct report_run *run = ARENA_NEW(a, struct report_run);
    struct export_list x;
    *m = *ask->map;
    struct report_ask own = *ask;
    own.map = m;
    struct find_question q = {.w = ask->w, .type = m->type, .where = question(a, ask), .scopes = ask->scopes,
                              .n_scopes = ask->n_scopes, .limit = LIMIT_PAGE, .order = FIND_OLDEST,
                              .deadline_ms = ask->deadline_ms ? ask->deadline_ms : REPORT_DEADLINE};
    int64_t end = steady_ms() + q.deadline_ms;
    if (!export_open(a, ask->db, engine_keys(ask->engine), ask->w, m->type, EXPORT_RAW, &x, e))
        return false;
    bind(m, &x);
    *result = (struct report_result){.read = 0};
    do {
        struct find_answer page;
        if (!find_records(ask->db, a, &q, &page, e))
            return false;
        for (size_t i = 0; i < page.n; i++)
            if (!take(a, &own, &x, page.rows[i], run, result, e))
                return false;
        q.after = page.next;
        if (q.after.len && !goes_on(ask, result->read, &q, end, e))
            return false;
    } while (q.after.len);
    *out = run;
    return true;
}

/* ---- files ---- */

static void put_csv(struct arena *a, const struct report_map *m, const struct report_run *run, struct buf *csv)
{
    struct str *titles = ARENA_ARRAY(a, struct str, m->n);
    for (int i = 0; i < m->n; i++)
        titles[i] = m->columns[i].title;
    buf_c(csv, CSV_BOM);
    csv_write_row(csv, titles, (size_t)m->n);
    for (size_t i = 0; i < run->n; i++)
        csv_write_row(csv, run->lines[i].cells, (size_t)m->n);
}

static bool put_xlsx(struct arena *a, const struct report_ask *ask, const struct report_run *run, const char *path,
                     struct err *e)
{
    const struct report_map *m = ask->map;
    struct str *titles = ARENA_ARRAY(a, struct str, m->n);
    struct table_file *t;
    for (int i = 0; i < m->n; i++)
        titles[i] = m->columns[i].title;
    if (!table_file_open(path, TABLE_XLSX, m->def->name.zh, titles, (size_t)m->n, &t, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < run->n; i++)
        ok = table_file_row(t, run->lines[i].cells, e);
    struct err closing = ERR_INIT;
    return table_file_close(t, ok ? e : &closing) && ok;
}

bool report_text(struct arena *a, const struct report_ask *ask, struct buf *csv, struct report_run **run,
                 struct report_result *out, struct err *e)
{
    if (!gather(a, ask, run, out, e))
        return false;
    put_csv(a, ask->map, *run, csv);
    return true;
}

bool report_write(struct arena *a, const struct report_ask *ask, const char *path, struct report_run **run,
                  struct report_result *out, struct err *e)
{
    struct str name = str_of(path);
    bool xlsx = str_ends(name, STR(".xlsx"));
    if (!xlsx && !str_ends(name, STR(".csv")))
        return err_set(e, ERR_USAGE, "the file must end in .csv or .xlsx");
    if (!gather(a, ask, run, out, e))
        return false;
    if (xlsx)
        return put_xlsx(a, ask, *run, path, e);
    struct buf b AUTO(buf_free) = BUF(1024L * 1024 * 1024);
    put_csv(a, ask->map, *run, &b);
    return file_replace(path, buf_view(&b), 0600, e);
}

/* ---- marking ---- */

struct marking {
    pthread_mutex_t lock;
    pthread_cond_t answered;
    size_t waiting;
    int64_t marked;
    struct err why;
};

struct mark {
    struct marking *of;
    struct arena *arena; /* the writer's thread works in it: one for each */
    struct ask ask;
};

static void marked(void *user, struct answer *ans)
{
    struct mark *k = user;
    pthread_mutex_lock(&k->of->lock);
    k->of->marked += ans->ok && !ans->again;
    if (!ans->ok && !err_is(&k->of->why))
        k->of->why = ans->err;
    k->of->waiting--;
    pthread_cond_signal(&k->of->answered);
    pthread_mutex_unlock(&k->of->lock);
}

/* The id follows from what is marked, so that a second sending of the same mark is the same action. */
static void mark_one(struct arena *a, const struct report_ask *ask, const struct line *l, struct mark *k)
{
    struct str parts[] = {STR("report_up"), STR("\0"), ask->map->system, STR("\0"), ID_STR(l->rec), l->digest,
                          str_printf(a, "%lld", (long long)l->sent)};
    k->ask = ASK_INIT;
    k->ask.id = id_derive(parts, COUNT_OF(parts));
    k->ask.rec = l->rec;
    k->ask.action = STR("report_up");
    k->ask.actor = ask->actor;
    k->ask.fields = json_new(a, J_OBJ);
    json_set(a, k->ask.fields, STR("system"), json_new_str(a, ask->map->system));
    json_set(a, k->ask.fields, STR("digest"), json_new_str(a, l->digest));
    if (ask->document.len)
        json_set(a, k->ask.fields, STR("document"), json_new_str(a, ask->document));
    ask_set_req(&k->ask);
}

bool report_mark(struct arena *a, const struct report_ask *ask, const struct report_run *run,
                 struct report_result *out, struct err *e)
{
    struct marking all = {.lock = PTHREAD_MUTEX_INITIALIZER, .answered = PTHREAD_COND_INITIALIZER};
    for (size_t from = 0; from < run->n && !err_is(&all.why); from += AT_ONCE) {
        size_t to = from + AT_ONCE < run->n ? from + AT_ONCE : run->n;
        struct mark *list = ARENA_ARRAY(a, struct mark, to - from);
        all.waiting = to - from;
        for (size_t i = from; i < to; i++) {
            list[i - from].of = &all;
            mark_one(a, ask, &run->lines[i], &list[i - from]);
            list[i - from].arena = arena_new();
            engine_submit(ask->engine, list[i - from].arena, &list[i - from].ask, marked, &list[i - from]);
        }
        pthread_mutex_lock(&all.lock);
        while (all.waiting)
            pthread_cond_wait(&all.answered, &all.lock);
        pthread_mutex_unlock(&all.lock);
        for (size_t i = from; i < to; i++)
            arena_free(list[i - from].arena);
    }
    out->marked = all.marked;
    if (err_is(&all.why))
        *e = all.why;
    return !err_is(e);
}
