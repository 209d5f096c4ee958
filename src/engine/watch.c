/* Watches of the playbooks: matters that gather at a place or under a unit, one whose clock has run out, one
 * at the place of one that was closed make the system open a record, a draft of a warning letter for
 * example, which a person signs or drops.
 *
 * Looked at by the ticker, behind the commits: what has changed since it looked last, and whose time has run
 * out since.  The record gets an id that follows from the watch and the oldest matter, so that looking
 * twice, on two nodes or after a restart, opens it once; and what stands in one gathering's record is not
 * counted for the next.  Sealed matters are never looked at. */
#include "engine/engine_int.h"
#include "engine/watch.sql.h"
#include "record/spot.h"

enum { NUMBERS = 20 /* that are named, in words and in the field of the matters */ };

struct matter { /* that makes one look */
    int64_t rid, opened, due;
    bool fresh; /* opened since the last look */
    struct str type, area, holder;
    struct spot_matter self;
};

struct watching {
    struct engine *en;
    struct store *db;
    struct arena *a;
    const struct world *w;
    const struct playbook *playbook; /* of the record that is opened */
    const struct record_def *def;
    const struct watch *watch;
    const struct playbook *of_playbook;
    const struct record_def *of;
    struct spot_matter *list; /* the oldest first */
    size_t n, cap;
    struct str unit; /* what they have in common, when it is a unit */
    struct err *e;
};

/* ---- the record that is opened ---- */

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

static struct json *fields_of(struct watching *x, const struct matter *m)
{
    struct json *o = json_new(x->a, J_OBJ);
    struct buf text AUTO(buf_free) = BUF(LIMIT_TEXT_FIELD);
    struct str unit = x->unit.len ? x->unit : m->holder;
    for (int i = 0; i < x->watch->n_set; i++)
        json_set(x->a, o, x->watch->set[i].field, json_new_str(x->a, x->watch->set[i].value));
    fill(x, &text, x->watch->say.zh);
    json_set(x->a, o, x->def->fields[x->watch->text].id, json_new_str(x->a, buf_dup(x->a, &text)));
    if (x->watch->unit >= 0 && unit.len)
        json_set(x->a, o, x->def->fields[x->watch->unit].id, json_new_str(x->a, unit));
    if (x->watch->matters < 0)
        return o;
    struct json *list = json_set(x->a, o, x->def->fields[x->watch->matters].id, json_new(x->a, J_ARR));
    for (size_t i = 0; i < x->n && i < NUMBERS; i++)
        json_push(list, json_new_str(x->a, id_text(x->a, x->list[i].id)));
    return o;
}

static struct id id_from(const struct watching *x, struct id matter, int64_t due)
{
    char run[24] = "";
    if (x->watch->kind == WATCH_OVERDUE) /* extended and run out again: another one */
        snprintf(run, sizeof run, "%lld", (long long)due);
    const struct str parts[] = {STR("bihuan.watch1"), x->def->id, x->watch->id, ID_STR(matter), str_of(run)};
    return id_derive(parts, COUNT_OF(parts));
}

/* Refusals are the playbook's word and end it. */
static void open_one(struct watching *x, const struct matter *m)
{
    struct actor clock = actor_clock();
    struct ask ask = ASK_INIT;
    struct answer ans;
    ask.id = id_from(x, x->list[0].id, m->due);
    ask.type = str_printf(x->a, "%.*s.%.*s", STR_F(x->playbook->id), STR_F(x->def->id));
    ask.action = x->def->actions[x->watch->action].id;
    ask.area = m->area;
    ask.actor = &clock;
    ask.fields = fields_of(x, m);
    ask_set_req(&ask);
    engine_act(x->en, x->a, &ask, &ans);
}

/* ---- gatherings ---- */

static int by_time(const void *a, const void *b)
{
    const struct spot_matter *x = a, *y = b;
    return x->at != y->at ? (x->at > y->at) - (x->at < y->at) : (x->rid > y->rid) - (x->rid < y->rid);
}

/* Takes away what stands in the record of an earlier gathering.  The list reaches twice as far back as the
 * watch does, so the matter that such a record has its id from is in it. */
static bool leave_named(struct watching *x, int64_t since)
{
    struct json *named = json_new(x->a, J_OBJ);
    for (size_t i = 0; x->watch->matters >= 0 && i < x->n; i++) {
        struct record *r;
        bool found;
        if (!record_load(x->db, x->a, id_from(x, x->list[i].id, 0), &found, &r, x->e))
            return false;
        JSON_EACH (id, found ? json_get_str(r->fields, x->def->fields[x->watch->matters].id) : NULL)
            json_set(x->a, named, json_str(id), json_new_bool(x->a, true));
    }
    size_t n = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->list[i].at >= since && !json_get_str(named, id_text(x->a, x->list[i].id)))
            x->list[n++] = x->list[i];
    x->n = n;
    return true;
}

static bool gathered(struct watching *x, const struct matter *m)
{
    int64_t since = m->opened - x->watch->within.n * MS_DAY;
    if ((int)x->n < x->watch->at_least)
        return true;
    qsort(x->list, x->n, sizeof *x->list, by_time);
    if (!leave_named(x, since))
        return false;
    if ((int)x->n >= x->watch->at_least)
        open_one(x, m);
    return true;
}

static bool take(void *self, const struct spot_matter *m)
{
    struct watching *x = self;
    x->list = arena_grow(x->a, x->list, x->n, &x->cap, sizeof *x->list);
    x->list[x->n] = *m;
    x->list[x->n++].number = str_dup(x->a, m->number);
    return true;
}

static bool look_place(struct watching *x, const struct matter *m)
{
    bool has;
    struct spot_question q = {.playbook = x->of_playbook, .def = x->of, .metres = x->watch->metres,
                              .since = m->opened - 2 * x->watch->within.n * MS_DAY, .until = m->opened};
    if (!m->fresh || x->of->place_field < 0)
        return true;
    if (!spot_point(x->db, x->a, x->of_playbook, x->of, m->rid, &has, &q.lon, &q.lat, x->e) || !has)
        return !err_is(x->e);
    return spot_matters(x->db, x->a, &q, take, x, x->e) && gathered(x, m);
}

/* Looked for among the newest of the type: no index is kept for it. */
static bool find_same(struct watching *x, const struct matter *m, struct str column, struct str value)
{
    enum { NEWEST = 20000 };
    struct str sql = str_printf(
        x->a,
        "SELECT r.rid, r.opened, r.id, r.number FROM"
        " (SELECT rid FROM record WHERE type = $1 ORDER BY rid DESC LIMIT %d) z JOIN %.*s f ON f.rid = z.rid"
        " JOIN record r ON r.rid = z.rid WHERE f.%.*s = $2 AND r.opened >= $3"
        " AND r.opened <= $4 AND r.void = 0 AND r.merged IS NULL AND r.sealed = 0 ORDER BY r.opened DESC LIMIT %d",
        NEWEST, STR_F(table_name(x->a, x->of_playbook, x->of)), STR_F(column), SPOT_MATTERS);
    int64_t since = m->opened - 2 * x->watch->within.n * MS_DAY;
    struct rows r AUTO(rows_close) =
        store_query(x->db, sql.ptr, BIND(C_TEXT(m->type), C_TEXT(value), C_INT(since), C_INT(m->opened)), x->e);
    while (rows_next(&r)) {
        struct spot_matter s = {.rid = rows_int(&r, 0), .at = rows_int(&r, 1), .number = rows_str(&r, 3)};
        if (!id_read(rows_str(&r, 2), &s.id))
            return err_set(x->e, ERR_VERIFY, "a record has a damaged id");
        take(x, &s);
    }
    return !err_is(x->e);
}

/* Of units and codes: never of persons, of places or of what identifies one matter. */
static bool look_same(struct watching *x, const struct matter *m)
{
    int f = record_field(x->of, x->watch->same);
    const struct field *field = f >= 0 ? &x->of->fields[f] : NULL;
    bool fits = field && !field->many && (field->type == FIELD_ORG || field->type == FIELD_CODE);
    if (!fits)
        return true;
    struct str column = str_printf(x->a, "x_%.*s", STR_F(field->id)), value = STR_NONE;
    struct str sql = str_printf(x->a, "SELECT %.*s FROM %.*s WHERE rid = $1", STR_F(column),
                                STR_F(table_name(x->a, x->of_playbook, x->of)));
    struct rows r AUTO(rows_close) = store_query(x->db, sql.ptr, BIND(C_INT(m->rid)), x->e);
    if (rows_next(&r) && !rows_null(&r, 0))
        value = str_dup(x->a, rows_str(&r, 0));
    rows_close(&r);
    if (err_is(x->e) || !value.len)
        return !err_is(x->e);
    x->unit = field->type == FIELD_ORG ? value : STR_NONE;
    return find_same(x, m, column, value) && gathered(x, m);
}

/* ---- one matter ---- */

/* Names the matter itself, and before it another one. */
static void look_one(struct watching *x, const struct matter *m, const struct spot_matter *before)
{
    if (before)
        take(x, before);
    take(x, &m->self);
    open_one(x, m);
}

static bool look_again(struct watching *x, const struct matter *m)
{
    struct record *r, *old;
    struct id id;
    bool found;
    if (!m->fresh || !x->of->recurs)
        return true;
    if (!record_load_rid(x->db, x->a, m->rid, &found, &r, x->e) || !found)
        return !err_is(x->e);
    JSON_EACH (l, r->links) {
        if (!str_is(json_text(l, "rel"), "earlier") || !id_parse(json_text(l, "to"), &id))
            continue;
        if (!record_load(x->db, x->a, id, &found, &old, x->e))
            return false;
        if (!found || record_sealed(old))
            continue;
        struct spot_matter first = {.rid = old->rid, .id = old->id, .number = old->number};
        look_one(x, m, &first);
        return true;
    }
    return true;
}

/* *is: it stands, and may be named. */
static bool matter_of(struct watching *x, int64_t rid, bool fresh, bool *is, struct matter *m)
{
    struct rows r AUTO(rows_close) = store_query(x->db, sql_watch_row, BIND(C_INT(rid)), x->e);
    *is = rows_next(&r);
    if (!*is)
        return !err_is(x->e);
    *m = (struct matter){.rid = rid,
                         .fresh = fresh,
                         .type = str_dup(x->a, rows_str(&r, 1)),
                         .opened = rows_int(&r, 2),
                         .area = str_dup(x->a, rows_str(&r, 3)),
                         .holder = str_dup(x->a, rows_str(&r, 5)),
                         .due = rows_null(&r, 6) ? 0 : rows_int(&r, 6)};
    m->self = (struct spot_matter){.rid = rid, .at = m->opened, .number = str_dup(x->a, rows_str(&r, 4))};
    return id_read(rows_str(&r, 0), &m->self.id) || err_set(x->e, ERR_VERIFY, "a record has a damaged id");
}

/* ---- all watches ---- */

typedef bool (*look_fn)(struct watching *x, void *user);

/* Each watch of the playbooks in force whose line is installed here. */
static bool each_watch(struct watching *x, look_fn look, void *user)
{
    for (int i = 0; i < x->w->n_playbooks; i++) {
        x->playbook = x->w->playbooks[i].playbook;
        for (int k = 0; x->w->playbooks[i].in_force && k < x->playbook->n_records; k++) {
            x->def = &x->playbook->records[k];
            for (int j = 0; j < x->def->n_watches; j++) {
                int record;
                x->watch = &x->def->watches[j];
                x->list = NULL;
                x->n = x->cap = 0;
                x->unit = STR_NONE;
                if (!world_type(x->w, x->watch->of, STR_NONE, &x->of_playbook, &record))
                    continue;
                x->of = &x->of_playbook->records[record];
                if (!look(x, user))
                    return false;
            }
        }
    }
    return true;
}

static bool look_changed(struct watching *x, void *user)
{
    const struct matter *m = user;
    if (!str_eq(m->type, x->watch->of))
        return true;
    switch (x->watch->kind) {
    case WATCH_PLACE:
        return look_place(x, m);
    case WATCH_SAME:
        return look_same(x, m);
    case WATCH_AGAIN:
        return look_again(x, m);
    case WATCH_OVERDUE:
        break;
    }
    return true;
}

static bool look_overdue(struct watching *x, void *user)
{
    const int64_t *span = user;
    int64_t rids[1000];
    size_t n = 0;
    if (x->watch->kind != WATCH_OVERDUE)
        return true;
    struct rows r AUTO(rows_close) =
        store_query(x->db, sql_watch_overdue, BIND(C_TEXT(x->watch->of), C_INT(span[0]), C_INT(span[1])), x->e);
    while (n < COUNT_OF(rids) && rows_next(&r))
        rids[n++] = rows_int(&r, 0);
    rows_close(&r);
    for (size_t i = 0; i < n && !err_is(x->e); i++) {
        struct matter m;
        bool is;
        if (!matter_of(x, rids[i], false, &is, &m))
            return false;
        x->n = 0;
        if (is && m.due)
            look_one(x, &m, NULL);
    }
    return !err_is(x->e);
}

struct changed {
    int64_t rid, seq;
};
enum { STEP = 500, STEPS = 20 };

static bool read_step(struct watching *x, int64_t seq, struct changed list[static STEP], size_t *n)
{
    struct rows r AUTO(rows_close) = store_query(x->db, sql_watch_changed, BIND(C_INT(seq)), x->e);
    for (*n = 0; *n < STEP && rows_next(&r); ++*n)
        list[*n] = (struct changed){rows_int(&r, 0), rows_int(&r, 1)};
    return !err_is(x->e);
}

/* In steps, so that nothing is left out however much has come; *all: it has caught up. */
static bool look_changes(struct watching *x, struct engine_watched *at, bool *all)
{
    struct changed list[STEP];
    *all = false;
    for (int k = 0; k < STEPS && !*all; k++) {
        struct arena *step AUTO(arena_freep) = arena_new();
        struct watching y = *x;
        size_t n;
        y.a = step;
        if (!read_step(&y, at->seq, list, &n))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct matter m;
            bool is;
            if (!matter_of(&y, list[i].rid, list[i].rid >= at->rid, &is, &m) ||
                (is && !each_watch(&y, look_changed, &m)))
                return false;
            at->seq = list[i].seq;
        }
        *all = n < STEP;
    }
    return true;
}

/* After a start, what was recorded in the last two days is looked at again: it costs little, and what was
 * opened already is opened once. */
static bool begin(struct watching *x, struct engine_watched *at)
{
    static const int64_t AGAIN = 2 * MS_DAY;
    bool found;
    at->now = engine_now(x->en) - AGAIN;
    if (!ledger_size_before(x->db, at->now, &at->seq, x->e) ||
        !store_int(x->db, sql_watch_first, BIND(C_INT(at->seq), C_INT(at->now)), &found, &at->rid, x->e))
        return false;
    at->rid = found ? at->rid : INT64_MAX;
    at->seq--;
    return true;
}

static bool look_all(struct watching *x, struct engine_watched *at)
{
    int64_t span[] = {at->now, engine_now(x->en)}, last = 0, newest = 0;
    bool all = true, found;
    struct rows r AUTO(rows_close) = store_query(x->db, sql_watch_last, BIND_NONE, x->e);
    found = rows_next(&r) && !rows_null(&r, 0);
    if (found) {
        last = rows_int(&r, 0);
        newest = rows_int(&r, 1);
    }
    rows_close(&r);
    if (err_is(x->e) || (last > at->seq && !look_changes(x, at, &all)) || !each_watch(x, look_overdue, span))
        return false;
    if (all && found)
        at->rid = newest + 1; /* what came behind that is fresh still: looking twice does no harm */
    at->now = span[1];
    return true;
}

bool watch_look(struct engine *en, struct arena *a, const struct world *w, struct err *e)
{
    struct watching *x = ARENA_NEW(a, struct watching);
    struct engine_watched at = en->watched;
    *x = (struct watching){.en = en, .a = a, .w = w, .e = e, .db = engine_reader(en, e)};
    if (!x->db)
        return false;
    bool ok = (at.now || begin(x, &at)) && look_all(x, &at);
    engine_reader_back(en, x->db);
    if (ok)
        en->watched = at;
    return ok;
}
