/* Watches of the playbooks: matters that gather at a place make the system open a record, a draft of a
 * warning letter for example, which a person signs or drops.
 *
 * Looked at by the ticker, behind the commits: what was opened since it looked last.  The record gets an
 * id that follows from the watch and the oldest matter of the gathering, so that looking twice, on two
 * nodes or after a restart, opens it once, and a fourth matter does not open a second one. */
#include "engine/engine_int.h"
#include "engine/watch.sql.h"
#include "record/spot.h"

enum { GATHERED = 200, NUMBERS = 20 };

struct gathered {
    struct id id;
    struct str number;
};

struct watching {
    struct engine *en;
    struct store *db;
    struct arena *a;
    const struct world *w;
    const struct playbook *playbook; /* of the record that is opened */
    const struct record_def *def;
    const struct watch *watch;
    const struct record_def *of;
    struct str of_table;
    struct gathered list[GATHERED];
    size_t n;
    struct err *e;
};

static bool point_of(struct watching *x, int64_t rid, bool *has, int64_t *lon, int64_t *lat)
{
    const struct field *f = &x->of->fields[x->of->place_field];
    struct str sql = str_printf(x->a, "SELECT x_%.*s_lon, x_%.*s_lat FROM %.*s WHERE rid = $1",
                                STR_F(f->id), STR_F(f->id), STR_F(x->of_table));
    struct rows r AUTO(rows_close) = store_query(x->db, sql.ptr, BIND(C_INT(rid)), x->e);
    *has = rows_next(&r) && !rows_null(&r, 0);
    if (*has) {
        *lon = rows_int(&r, 0);
        *lat = rows_int(&r, 1);
    }
    return !err_is(x->e);
}

static struct id id_in(const struct rows *r, int column)
{
    struct id id;
    struct str s = rows_str(r, column);
    ASSERT(s.len == ID_LEN);
    memcpy(id.b, s.ptr, ID_LEN);
    return id;
}

static bool gather_row(struct watching *x, const struct spot_range *range, int64_t lon, int64_t lat,
                       int64_t since, int64_t until)
{
    int64_t rids[GATHERED];
    struct gathered found[GATHERED];
    size_t n = 0;
    struct rows r AUTO(rows_close) = store_query(
        x->db, sql_watch_near,
        BIND(C_TEXT(x->watch->of), C_INT(range->low), C_INT(range->high), C_INT(since), C_INT(until)), x->e);
    while (n < GATHERED && rows_next(&r)) {
        rids[n] = rows_int(&r, 0);
        found[n++] = (struct gathered){id_in(&r, 1), str_dup(x->a, rows_str(&r, 3))};
    }
    rows_close(&r);
    for (size_t i = 0; i < n && !err_is(x->e); i++) {
        bool has;
        int64_t lon2 = 0, lat2 = 0;
        if (!point_of(x, rids[i], &has, &lon2, &lat2))
            return false;
        if (has && x->n < GATHERED && spot_metres(lon, lat, lon2, lat2) <= x->watch->metres)
            x->list[x->n++] = found[i];
    }
    return !err_is(x->e);
}

static void fill(struct watching *x, struct buf *b, struct str say)
{
    while (say.len) {
        struct str rest, plain = str_cut(say, '{', &rest), word = str_cut(rest, '}', &say);
        buf_str(b, plain);
        if (!rest.ptr)
            return;
        if (str_is(word, "n"))
            buf_i64(b, (int64_t)x->n);
        else if (str_is(word, "days"))
            buf_i64(b, x->watch->within.n);
        else if (str_is(word, "metres"))
            buf_i64(b, x->watch->metres);
        for (size_t i = 0; str_is(word, "numbers") && i < x->n && i < NUMBERS; i++)
            buf_printf(b, "%s%.*s", i ? "、" : "", STR_F(x->list[i].number));
    }
}

static struct json *fields_of(struct watching *x)
{
    struct json *o = json_new(x->a, J_OBJ);
    struct buf text AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
    for (int i = 0; i < x->watch->n_set; i++)
        json_set(x->a, o, x->watch->set[i].field, json_new_str(x->a, x->watch->set[i].value));
    fill(x, &text, x->watch->say.zh);
    json_set(x->a, o, x->def->fields[x->watch->text].id, json_new_str(x->a, buf_dup(x->a, &text)));
    if (x->watch->matters < 0)
        return o;
    struct json *list = json_set(x->a, o, x->def->fields[x->watch->matters].id, json_new(x->a, J_ARR));
    for (size_t i = 0; i < x->n && i < NUMBERS; i++)
        json_push(list, json_new_str(x->a, id_text(x->a, x->list[i].id)));
    return o;
}

/* Once: the id follows from the oldest matter.  Refusals are the playbook's word and end it. */
static void open_one(struct watching *x, struct str area)
{
    struct actor clock = actor_clock();
    struct ask ask = ASK_INIT;
    struct answer ans;
    const struct str parts[] = {STR("bihuan.watch1"), x->def->id, x->watch->id,
                                {(const char *)x->list[0].id.b, ID_LEN}};
    ask.id = id_derive(parts, COUNT_OF(parts));
    ask.type = str_printf(x->a, "%.*s.%.*s", STR_F(x->playbook->id), STR_F(x->def->id));
    ask.action = x->def->actions[x->watch->action].id;
    ask.area = area;
    ask.actor = &clock;
    ask.fields = fields_of(x);
    ask_set_req(&ask);
    engine_act(x->en, x->a, &ask, &ans);
}

static bool look_at(struct watching *x, int64_t rid, int64_t opened, struct str area)
{
    struct spot_range ranges[SPOT_ROWS_MAX];
    int64_t lon = 0, lat = 0;
    bool has;
    x->n = 0;
    if (!point_of(x, rid, &has, &lon, &lat) || !has)
        return !err_is(x->e);
    int rows = spot_ranges(lon, lat, x->watch->metres, ranges);
    for (int i = 0; i < rows; i++)
        if (!gather_row(x, &ranges[i], lon, lat, opened - x->watch->within.n * MS_DAY, opened))
            return false;
    if ((int)x->n >= x->watch->at_least)
        open_one(x, area);
    return true;
}

static bool look_since(struct watching *x, int64_t since)
{
    struct {
        int64_t rid, opened;
        struct str area;
    } list[200];
    size_t n = 0;
    struct rows r AUTO(rows_close) =
        store_query(x->db, sql_watch_new, BIND(C_INT(since), C_TEXT(x->watch->of)), x->e);
    while (n < COUNT_OF(list) && rows_next(&r)) {
        list[n].rid = rows_int(&r, 0);
        list[n].opened = rows_int(&r, 2);
        list[n++].area = str_dup(x->a, rows_str(&r, 3));
    }
    rows_close(&r);
    for (size_t i = 0; i < n; i++)
        if (!look_at(x, list[i].rid, list[i].opened, list[i].area))
            return false;
    return !err_is(x->e);
}

static bool look_all(struct watching *x, int64_t since)
{
    for (int i = 0; i < x->w->n_playbooks; i++) {
        x->playbook = x->w->playbooks[i].playbook;
        for (int k = 0; x->w->playbooks[i].in_force && k < x->playbook->n_records; k++) {
            x->def = &x->playbook->records[k];
            for (int j = 0; j < x->def->n_watches; j++) {
                const struct playbook *p;
                int record;
                x->watch = &x->def->watches[j];
                if (!world_type(x->w, x->watch->of, STR_NONE, &p, &record) ||
                    p->records[record].place_field < 0)
                    continue; /* that line is not installed here */
                x->of = &p->records[record];
                x->of_table = table_name(x->a, p, x->of);
                if (!look_since(x, since))
                    return false;
            }
        }
    }
    return true;
}

/* After a start, what was recorded in the last two days is looked at again: it costs little, and what
 * was opened already is opened once. */
static bool begin(struct watching *x, int64_t *since)
{
    static const int64_t AGAIN = 2 * MS_DAY;
    bool found;
    *since = 0;
    if (!store_int(x->db, sql_watch_first, BIND(C_INT(engine_now(x->en) - AGAIN)), &found, since, x->e))
        return false;
    *since = found ? *since - 1 : INT64_MAX;
    return true;
}

bool watch_look(struct engine *en, struct arena *a, const struct world *w, struct err *e)
{
    struct watching *x = ARENA_NEW(a, struct watching);
    int64_t last = 0, since = en->watched;
    bool found, ok;
    *x = (struct watching){.en = en, .a = a, .w = w, .e = e, .db = engine_reader(en, e)};
    if (!x->db)
        return false;
    ok = store_int(x->db, sql_watch_last, BIND_NONE, &found, &last, e) && (since || begin(x, &since));
    if (ok && last > since)
        ok = look_all(x, since);
    engine_reader_back(en, x->db);
    if (ok)
        en->watched = max64(last, 1);
    return ok;
}
