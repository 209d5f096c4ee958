/* search/findrig.h - for the tests of lists and maps: some hundred random records on a tree of areas, saved as
 * the engine saves them, and plain C that says which of them a question means. */
#pragma once
#include "search/find.h"
#include "search/index.h"
#include "store/testdb.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char book_text[] =
    "playbook: t\n"
    "version: 1\n"
    "name: {zh: 试, en: Try}\n"
    "codes:\n"
    "  kind:\n"
    "    name: {zh: 类型}\n"
    "    list:\n"
    "      \"01\": 邻里纠纷\n"
    "      \"0101\": {zh: 噪声扰民, parent: \"01\"}\n"
    "      \"0102\": {zh: 相邻漏水, parent: \"01\"}\n"
    "      \"02\": 婚恋纠纷\n"
    "      \"0201\": {zh: 离婚析产, parent: \"02\"}\n"
    "      \"03\": 劳资纠纷\n"
    "  grade: {name: 难易, list: {a: 简易, b: 一般, c: 疑难}}\n"
    "records:\n"
    "  thing:\n"
    "    kind: case\n"
    "    name: {zh: 事, en: Thing}\n"
    "    number: \"N{year}{seq:5}\"\n"
    "    place: spot\n"
    "    title: text\n"
    "    list: [number, kind, state, opened]\n"
    "    fields:\n"
    "      text: {label: {zh: 内容}, type: text, search: true, max_chars: 400}\n"
    "      kind: {label: {zh: 类型}, type: code, codes: kind, filter: true}\n"
    "      grade: {label: {zh: 难易}, type: code, codes: grade, filter: true, sort: true}\n"
    "      score: {label: {zh: 分}, type: integer, filter: true, sort: true}\n"
    "      amount: {label: {zh: 钱}, type: money, unit: CNY, sort: true}\n"
    "      day: {label: {zh: 日}, type: date}\n"
    "      urgent: {label: {zh: 急}, type: boolean}\n"
    "      weight: {label: {zh: 重}, type: number, decimals: 3}\n"
    "      spot: {label: {zh: 地点}, type: place, search: true}\n"
    "      from_area: {label: {zh: 来自}, type: area}\n"
    "      keeper: {label: {zh: 经办}, type: account}\n"
    "    states:\n"
    "      going: {zh: 办理中}\n"
    "      done: {zh: 已了结, closed: true}\n"
    "    clocks:\n"
    "      main: {name: {zh: 期限}, limit: 30d, pause: true, main: true}\n"
    "    actions:\n"
    "      open: {name: {zh: 登记}, opens: true, to: going, form: [text?], start: [main]}\n"
    "      close: {name: {zh: 了结}, from: [going], to: done, stop: [main]}\n"
    "  other:\n"
    "    kind: entry\n"
    "    name: {zh: 别的, en: Other}\n"
    "    fields:\n"
    "      kind: {label: {zh: 类型}, type: code, codes: kind, filter: true}\n"
    "    states:\n"
    "      kept: {zh: 在, closed: true}\n"
    "    actions:\n"
    "      open: {name: {zh: 登记}, opens: true, to: kept, form: [kind?]}\n";

enum { RECORDS = 420, AREAS = 31, UNITS = 3, TEXT_K = 0, SPOT_K = 1 };

static uint64_t seed;

static inline int rnd(int n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (int)((seed >> 33) % (uint64_t)n);
}

/* What is known of one record, beside its fold. */
struct model {
    struct record *r;
    const struct record_def *def;
    struct str text, spot;
    bool has_point;
    int64_t lon, lat;
};

struct bench {
    struct arena *a;
    struct playbook *book;
    struct world w;
    struct installed installed;
    struct str units[UNITS];
    struct model m[RECORDS];
    struct testdb t;
    struct store *db;
};

/* ---- the world ---- */

static const char *const NAMES[] = {"昌南", "东湖", "新建", "红谷", "湾里", "青山", "长堎", "石埠"};

/* A root, three districts, three streets in each, two villages in each. */
static inline int add_area(struct bench *b, int parent, int level)
{
    struct world *w = &b->w;
    int i = w->n_areas++;
    w->areas[i] = (struct area){.aid = i + 1,
                                .code = str_printf(b->a, "36%04d000000", i),
                                .name = str_printf(b->a, "%s%d", NAMES[i % 8], i),
                                .parent = parent,
                                .level = level,
                                .first = i,
                                .from = DAY_NONE,
                                .to = DAY_NONE};
    for (int k = 0; level < 4 && k < (level == 3 ? 2 : 3); k++)
        add_area(b, i, level + 1);
    w->areas[i].last = w->n_areas - 1;
    return i;
}

static inline void make_world(struct bench *b)
{
    struct err e = ERR_INIT;
    struct world *w = &b->w;
    struct complaints bad = {.n = 0};
    assert_true(zone_load("Asia/Shanghai", &w->zone, &e));
    b->book = playbook_load(str_of(book_text), w->zone, &bad);
    if (!b->book)
        fail_msg("line %d: %s", bad.list[0].line, bad.list[0].text);
    w->refs = 1;
    w->areas = ARENA_ARRAY(b->a, struct area, AREAS);
    add_area(b, -1, 1);
    assert_int_equal(w->n_areas, AREAS);
    w->code_mask = 127;
    w->code_table = ARENA_ARRAY(b->a, int, 128);
    for (int i = 0; i < 128; i++)
        w->code_table[i] = -1;
    for (int i = 0; i < AREAS; i++) {
        int k = (int)(str_hash(w->areas[i].code) & 127);
        while (w->code_table[k] >= 0)
            k = (k + 1) & 127;
        w->code_table[k] = i;
    }
    b->installed = (struct installed){.playbook = b->book, .in_force = true,
                                      .puts = table_puts(b->a, b->book)};
    w->playbooks = &b->installed;
    w->n_playbooks = 1;
    for (int i = 0; i < UNITS; i++) {
        struct str part = str_printf(b->a, "unit %d", i);
        b->units[i] = id_text(b->a, id_derive(&part, 1));
    }
}

/* ---- random folds ---- */

static inline void set(struct bench *b, struct record *r, const char *name, struct json *v)
{
    json_set(b->a, r->fields, str_of(name), v);
}

static inline struct json *text_json(struct bench *b, const char *s)
{
    return json_new_str(b->a, str_of(s));
}

static inline struct json *number_json(struct bench *b, int64_t v)
{
    return json_new_int(b->a, v);
}

static inline struct json *reference(struct bench *b, const struct record *r, int k)
{
    struct json *ref = json_new(b->a, J_OBJ);
    json_set(b->a, ref, STR("$d"), json_new_int(b->a, k));
    json_set(b->a, ref, STR("s"), json_new_int(b->a, r->last_seq));
    json_set(b->a, ref, STR("c"), json_new_str(b->a, STR("x")));
    return ref;
}

static inline void random_text(struct bench *b, struct model *m)
{
    static const char *const WORDS[] = {"楼上", "漏水", "夜里", "噪声", "离婚", "工资",
                                        "欠薪", "水管", "，",   "。",   "地界", "宅基",
                                        "长江", "江路", "A座",  "3栋"};
    struct buf t = BUF(4000);
    for (int n = rnd(12); n > 0; n--)
        buf_c(&t, WORDS[rnd((int)COUNT_OF(WORDS))]);
    m->text = buf_dup(b->a, &t);
    buf_free(&t);
    set(b, m->r, "text", reference(b, m->r, TEXT_K));
}

static inline void random_spot(struct bench *b, struct model *m)
{
    static const char *const PLACES[] = {"长江路12号", "建设西路", "水库边", "夜市"};
    m->has_point = rnd(4) > 0;
    m->lon = 1158000000 + rnd(2000000);
    m->lat = 286000000 + rnd(1000000);
    m->spot = str_of(PLACES[rnd(4)]);
    set(b, m->r, "spot", reference(b, m->r, SPOT_K));
}

static inline void random_fields(struct bench *b, struct model *m)
{
    static const char *const KINDS[] = {"01", "0101", "0102", "02", "0201", "03"};
    static const char *const GRADES[] = {"a", "b", "c"};
    struct record *r = m->r;
    if (rnd(8))
        set(b, r, "kind", text_json(b, KINDS[rnd(rnd(3) ? 6 : 2)]));
    if (m->def != &b->book->records[0])
        return;
    if (rnd(4))
        set(b, r, "grade", text_json(b, GRADES[rnd(3)]));
    if (rnd(5))
        set(b, r, "score", number_json(b, rnd(12) - 3));
    if (rnd(3))
        set(b, r, "amount", number_json(b, rnd(6) * 1250));
    if (rnd(3))
        set(b, r, "day", number_json(b, 19700 + rnd(20)));
    if (rnd(3))
        set(b, r, "urgent", json_new_bool(b->a, rnd(2)));
    if (rnd(3))
        set(b, r, "weight", number_json(b, rnd(5000)));
    if (rnd(3))
        set(b, r, "from_area", json_new_str(b->a, b->w.areas[rnd(AREAS)].code));
    if (rnd(3))
        set(b, r, "keeper", json_new_str(b->a, b->units[rnd(UNITS)]));
    if (rnd(5))
        random_text(b, m);
    if (rnd(3))
        random_spot(b, m);
}

static inline void random_course(struct bench *b, struct model *m)
{
    struct record *r = m->r;
    const int64_t day = INT64_C(86400000);
    r->area = b->w.areas[rnd(AREAS)].aid;
    r->code = b->w.areas[r->area - 1].code;
    json_drop(r->fields, STR("$holder"));
    if (rnd(3) == 0)
        set(b, r, "$holder", json_new_str(b->a, b->units[rnd(UNITS)]));
    r->parts = json_new(b->a, J_ARR);
    for (int i = rnd(3); i > 0; i--) {
        struct json *p = json_push(r->parts, json_new(b->a, J_OBJ));
        json_set(b->a, p, STR("i"), json_new_int(b->a, i));
        json_set(b->a, p, STR("org"), json_new_str(b->a, b->units[rnd(UNITS)]));
    }
    bool closed = rnd(3) == 0;
    r->state = closed ? STR("done") : STR("going");
    if (closed)
        set(b, r, "$closed", number_json(b, r->opened + day * rnd(40)));
    else
        json_drop(r->fields, STR("$closed"));
    if (rnd(20) == 0)
        set(b, r, "$void", json_new_bool(b->a, true));
    if (rnd(20) == 0)
        set(b, r, "$merged", json_new_str(b->a, b->units[0]));
    if (rnd(4) == 0)
        set(b, r, "$returns", number_json(b, rnd(4)));
    r->clocks = ARENA_ARRAY(b->a, struct clock_run, 1);
    r->n_clocks = r->cap_clocks = rnd(4) ? 1 : 0;
    r->clocks[0] = (struct clock_run){.id = STR("main"),
                                      .n = 1,
                                      .start = r->opened,
                                      .due = r->opened + day * (10 + rnd(4)),
                                      .soon = TIME_NONE,
                                      .paused = rnd(5) ? TIME_NONE : r->opened + 1,
                                      .done = closed ? record_closed(r) : TIME_NONE,
                                      .main = true};
}

static inline void make_record(struct bench *b, int i)
{
    struct model *m = &b->m[i];
    struct str name = str_printf(b->a, "record %d", i);
    m->r = record_new(b->a);
    m->def = &b->book->records[rnd(6) == 0];
    m->r->rid = i * 3 + 5;
    m->r->id = id_derive(&name, 1);
    m->r->type = m->def == b->book->records ? STR("t.thing") : STR("t.other");
    m->r->pb = STR("t@1");
    m->r->ver = 1;
    m->r->last_seq = i;
    m->r->opened = INT64_C(1704067200000) + INT64_C(3600000) * rnd(2000);
    m->r->recorded = m->r->opened;
    m->r->known = TIME_NONE;
    if (m->def == b->book->records)
        m->r->number = str_printf(b->a, "N2024%05d", i);
    random_course(b, m);
    random_fields(b, m);
}

/* ---- saving ---- */

static inline void plain(struct bench *b, struct changes *c, const struct model *m)
{
    struct buf t = BUF(8000);
    struct json_out o = json_out(&t);
    jo_str(&o, m->text.ptr ? m->text : STR(""));
    c->plain[c->n_plain++] =
        (struct plain_value){.seq = m->r->last_seq, .k = TEXT_K, .plain = buf_dup(b->a, &t)};
    buf_clear(&t);
    o = json_out(&t);
    jo_obj(&o);
    jo_kv(&o, "text", m->spot.ptr ? m->spot : STR(""));
    if (m->has_point) {
        jo_ki(&o, "lon", m->lon);
        jo_ki(&o, "lat", m->lat);
    }
    jo_end(&o);
    c->plain[c->n_plain++] =
        (struct plain_value){.seq = m->r->last_seq, .k = SPOT_K, .plain = buf_dup(b->a, &t)};
    buf_free(&t);
}

static inline void save(struct bench *b, struct record *const *before, const int *which, int n)
{
    struct err e = ERR_INIT;
    struct changes c = {.arena = b->a, .world = &b->w};
    c.list = ARENA_ARRAY(b->a, struct change, n + 1);
    c.plain = ARENA_ARRAY(b->a, struct plain_value, 2 * n + 1);
    for (int i = 0; i < n; i++) {
        struct model *m = &b->m[which[i]];
        c.list[c.n++] = (struct change){.before = before ? before[i] : NULL,
                                        .after = m->r,
                                        .playbook = b->book,
                                        .def = m->def,
                                        .new_text = true};
        plain(b, &c, m);
    }
    bool ok = store_begin(b->db, &e) && record_save(b->db, &c, &e) && search_save(b->db, &c, &e) &&
              store_commit(b->db, &e);
    if (!ok)
        fail_msg("saving: %s", e.text);
}

/* Opens all, then changes a third of them. */
static inline void fill(struct bench *b)
{
    int which[RECORDS], n = 0;
    struct record *before[RECORDS];
    for (int i = 0; i < RECORDS; i++) {
        make_record(b, i);
        which[i] = i;
    }
    save(b, NULL, which, RECORDS);
    for (int i = 0; i < RECORDS; i++) {
        if (rnd(3))
            continue;
        struct model *m = &b->m[i];
        before[n] = m->r;
        which[n++] = i;
        m->r = record_copy(b->a, m->r);
        m->r->ver++;
        m->r->last_seq = RECORDS + i;
        if (json_get(m->r->fields, "text"))
            random_text(b, m);
        if (json_get(m->r->fields, "spot"))
            random_spot(b, m);
        random_course(b, m);
        random_fields(b, m);
        if (json_get(m->r->fields, "text"))
            set(b, m->r, "text", reference(b, m->r, TEXT_K));
        if (json_get(m->r->fields, "spot"))
            set(b, m->r, "spot", reference(b, m->r, SPOT_K));
    }
    save(b, before, which, n);
}

static inline void insert_areas(struct bench *b, struct err *e)
{
    for (int i = 0; i < AREAS && !err_is(e); i++) {
        const struct area *x = &b->w.areas[i];
        int64_t parent = x->parent < 0 ? 0 : b->w.areas[x->parent].aid;
        bool ok = store_exec(
            b->db,
            "INSERT INTO area (aid, code, name, parent, level) VALUES ($1, $2, $3, "
            "$4, $5)",
            BIND(C_INT(x->aid), C_TEXT(x->code), C_TEXT(x->name), C_INT(parent), C_INT(x->level)),
            NULL, e);
        assert_true(ok);
    }
}

static inline bool bench_start(struct bench *b, enum store_engine engine)
{
    struct err e = ERR_INIT;
    if (!testdb_make(&b->t, engine))
        return false;
    b->a = arena_new();
    make_world(b);
    b->db = testdb_open(&b->t, STORE_WRITE);
    bool ok = store_migrate(b->db, &e) && search_ensure(b->db, &e) && token_start(&e);
    for (int i = 0; ok && i < b->book->n_records; i++)
        ok = table_ensure(b->db, b->book, &b->book->records[i], &e);
    insert_areas(b, &e);
    if (!ok)
        fail_msg("%s", e.text);
    seed = 20240131;
    fill(b);
    return true;
}

static inline void bench_end(struct bench *b)
{
    store_close(b->db);
    testdb_drop(&b->t);
    playbook_free(b->book);
    arena_free(b->a);
    free(b);
}

/* ---- brute force ---- */

struct oracle {
    struct bench *b;
    struct record_catalogue cat;
    const struct model *m;
};

static inline bool oracle_find(void *self, struct str name, struct xprop *out)
{
    struct oracle *o = self;
    return o->cat.cat.find(o->cat.cat.self, name, out);
}

static inline bool oracle_below(void *self, struct str prop, struct str code,
                         void (*add)(void *user, struct str code), void *user)
{
    struct oracle *o = self;
    const struct world *w = &o->b->w;
    if (!str_is(prop, "area") && !str_is(prop, "from_area"))
        return o->cat.cat.below(o->cat.cat.self, prop, code, add, user);
    int top = world_area(w, code);
    for (int i = 0; top >= 0 && i < w->n_areas; i++)
        if (world_area_below(w, i, top))
            add(user, w->areas[i].code);
    return top >= 0;
}

static inline void oracle_get(void *self, int slot, struct xvalue *out)
{
    struct oracle *o = self;
    record_value(o->m->r, o->m->def, slot, out);
    if (slot < SLOT_FIELD || slot >= SLOT_CLOCK ||
        o->m->def->fields[slot - SLOT_FIELD].type != FIELD_PLACE)
        return;
    *out = (struct xvalue){.type = X_PLACE, .null = true};
    if (json_get(o->m->r->fields, "spot") && o->m->has_point)
        *out = (struct xvalue){.type = X_PLACE, .lon = o->m->lon, .lat = o->m->lat};
}

static inline bool says(struct str text, struct str word)
{
    return text.ptr && str_has(text, word);
}

/* All words, each in one of the texts. */
static inline bool oracle_search(const struct bench *b, const struct model *m, struct str typed)
{
    while (typed.len) {
        struct str word = str_cut(typed, ' ', &typed);
        bool found = says(m->r->number, word);
        if (json_get(m->r->fields, "text"))
            found |= says(m->text, word);
        if (json_get(m->r->fields, "spot"))
            found |= says(m->spot, word);
        int area = (int)m->r->area - 1;
        for (int up = 0; area >= 0 && up < 2; up++, area = b->w.areas[area].parent)
            found |= says(b->w.areas[area].name, word);
        if (!found)
            return false;
    }
    return true;
}

static inline bool oracle_rights(const struct bench *b, const struct record *r,
                          const struct find_question *q)
{
    for (int i = 0; i < q->n_scopes; i++) {
        struct str s = q->scopes[i], id = {s.ptr + 1, s.len - 1};
        int64_t aid = 0;
        if (s.ptr[0] == 'a' && str_int(id, &aid) &&
            world_area_below(&b->w, (int)r->area - 1, (int)aid - 1))
            return true;
        if (s.ptr[0] == 'o' && str_eq(record_holder(r), id))
            return true;
        JSON_EACH(p, r->parts)
        if (s.ptr[0] == 'o' && str_eq(json_text(p, "org"), id))
            return true;
    }
    return false;
}

static const struct find_question *sorting;

static inline bool sort_key(const struct model *m, struct xvalue *out)
{
    int slot = sorting->order == FIND_DUE ? (int)ATTR_due : SLOT_FIELD + sorting->field;
    record_value(m->r, m->def, slot, out);
    return !out->null;
}

static inline int wanted_order(const void *a, const void *b)
{
    const struct model *x = *(const struct model *const *)a, *y = *(const struct model *const *)b;
    bool desc = sorting->order == FIND_NEWEST || (sorting->desc && sorting->order > FIND_OLDEST);
    int c = x->r->rid < y->r->rid ? -1 : 1;
    if (sorting->order > FIND_OLDEST) {
        struct xvalue v, w;
        bool has = sort_key(x, &v), also = sort_key(y, &w);
        if (has != also)
            return has ? -1 : 1;
        if (!has)
            return -c;
        int k = v.type == X_TEXT ? str_cmp(v.s, w.s) : v.i < w.i ? -1 : v.i > w.i;
        c = k ? k : c;
    }
    return desc ? -c : c;
}

static inline size_t wanted(struct bench *b, const struct find_question *q, const struct model **out)
{
    struct oracle o = {.b = b};
    struct xcatalogue cat = {
        .self = &o, .find = oracle_find, .below = oracle_below, .zone = b->w.zone};
    struct xcontext x = {.self = &o, .get = oracle_get, .zone = b->w.zone};
    struct expr *where = NULL;
    struct err e = ERR_INIT;
    size_t n = 0;
    record_catalogue_init(&o.cat, b->book, 0, false, true, b->w.zone);
    if (q->where.len && !expr_parse(b->a, q->where, &cat, EXPR_PERSON, &where, &e))
        fail_msg("%.*s: %s", STR_F(q->where), e.text);
    for (int i = 0; i < RECORDS; i++) {
        o.m = &b->m[i];
        if (o.m->def == b->book->records && oracle_rights(b, o.m->r, q) &&
            (!q->open_only || record_open(o.m->r)) && (!where || expr_true(where, &x)) &&
            oracle_search(b, o.m, q->search))
            out[n++] = o.m;
    }
    sorting = q;
    qsort(out, n, sizeof *out, wanted_order);
    return n;
}

static inline const char *describe(struct bench *b, const struct find_question *q)
{
    struct buf t = BUF(8000);
    buf_printf(&t,
               "where %.*s search %.*s open %d order %d field %d desc %d limit %d probe %lld in",
               STR_F(q->where), STR_F(q->search), q->open_only, (int)q->order, q->field, q->desc,
               q->limit, (long long)q->probe);
    for (int i = 0; i < q->n_scopes; i++)
        buf_printf(&t, " %.*s", STR_F(q->scopes[i]));
    const char *s = str_c(b->a, buf_view(&t));
    buf_free(&t);
    return s;
}

/* ---- random questions ---- */

#define START(b)                                                                                   \
    struct bench *b = calloc(1, sizeof *b);                                                        \
    if (!bench_start(b, *(enum store_engine *)*state)) {                                           \
        free(b);                                                                                   \
        skip();                                                                                    \
    }

static const char *const CONDITIONS[] = {
    "kind = '0101'",
    "kind = '03'",
    "'02' = kind",
    "kind <> '0101'",
    "kind IN ('01', '0102')",
    "within(kind, '01')",
    "kind IS NULL",
    "kind LIKE '01%'",
    "grade = 'a'",
    "grade >= 'b'",
    "score = 3",
    "score BETWEEN 2 AND 5",
    "score > 6",
    "4 > score",
    "score + 1 = 4",
    "amount = 12.50",
    "amount >= 25",
    "day = DATE('2023-12-20')",
    "urgent = TRUE",
    "urgent",
    "weight < 2.5",
    "state = 'done'",
    "number = 'N202400017'",
    "number > 'N202400300'",
    "closed IS NULL",
    "closed > opened",
    "due < TIMESTAMP('2024-02-20T00:00:00Z')",
    "due IS NULL",
    "due IS NOT NULL",
    "opened >= DATE('2024-02-01')",
    "void = FALSE",
    "merged_into IS NULL",
    "returns > 0",
    "holder IS NOT NULL",
    "main.due < TIMESTAMP('2024-02-20T00:00:00Z')",
    "main.done IS NOT NULL",
    "keeper IS NOT NULL",
    "within(area, '360001')",
    "within(area, '360002000000')",
    "within(area, '360000')",
    "within(area, '360012')",
    "within(from_area, '360001000000')",
    "from_area = '360004000000'",
    "S_INTERSECTS(spot, BBOX(115.85, 28.62, 115.95, 28.68))",
    "S_INTERSECTS(spot, POLYGON((115.8 28.6, 116 28.6, 115.9 28.7)))",
    "distance_m(spot, POINT(115.9 28.65)) <= 4000",
    "5000 > distance_m(spot, POINT(115.88 28.66))",
    "distance_m(spot, POINT(115.9 28.65)) > 4000",
    "spot IS NULL",
    "TRUE",
};

static inline void random_condition(struct buf *t, int depth)
{
    int what = rnd(depth ? 8 : 4);
    if (what < 4) {
        buf_c(t, CONDITIONS[rnd((int)COUNT_OF(CONDITIONS))]);
        return;
    }
    buf_c(t, what == 7 ? "NOT (" : "(");
    random_condition(t, depth - 1);
    if (what < 7) {
        buf_c(t, what == 6 ? " OR " : " AND ");
        random_condition(t, depth - 1);
    }
    buf_c(t, ")");
}

static inline void random_scopes(struct bench *b, struct find_question *q, struct str *scopes)
{
    int n = rnd(4) ? 1 : 1 + rnd(5);
    q->scopes = scopes;
    q->n_scopes = n;
    for (int i = 0; i < n; i++) {
        bool unit = rnd(4) == 0;
        int area = rnd(3) ? rnd(AREAS) : rnd(2);
        scopes[i] = unit ? str_printf(b->a, "o%.*s", STR_F(b->units[rnd(UNITS)]))
                         : str_printf(b->a, "a%lld", (long long)b->w.areas[area].aid);
    }
}

static inline struct find_question random_question(struct bench *b, struct str *scopes)
{
    static const char *const TYPED[] = {"漏水", "水",   "噪声 楼上", "长江路", "地界", "新建",
                                        "江",   "夜里", "水管漏水",  "没有",   "昌南"};
    static const char *const SORTS[] = {"",       "-opened", "opened", "due",    "-due",   "score",
                                        "-score", "grade",   "-grade", "amount", "-amount"};
    struct find_question q = {.w = &b->w, .type = STR("t.thing")};
    struct buf where = BUF(4000);
    struct err e = ERR_INIT;
    random_scopes(b, &q, scopes);
    if (rnd(5)) {
        random_condition(&where, 3);
        for (int i = rnd(3); i > 0; i--) {
            buf_c(&where, " AND ");
            random_condition(&where, 1);
        }
    }
    q.where = buf_dup(b->a, &where);
    buf_free(&where);
    q.search = rnd(4) ? STR_NONE : str_of(TYPED[rnd((int)COUNT_OF(TYPED))]);
    q.open_only = rnd(3) == 0;
    q.person_ok = true;
    q.limit = rnd(3) ? 1 + rnd(30) : LIMIT_PAGE;
    q.probe = rnd(2) ? 0 : 1 + rnd(60);
    assert_true(find_sort(&q, str_of(SORTS[rnd(q.search.len ? 3 : (int)COUNT_OF(SORTS))]), &e));
    return q;
}

static const struct str ALL[] = {{"a1", 2}};

static inline struct find_question plain_question(struct bench *b)
{
    return (struct find_question){
        .w = &b->w, .type = STR("t.thing"), .scopes = ALL, .n_scopes = 1, .limit = 20};
}

static enum store_engine engines[] = {STORE_SQLITE, STORE_POSTGRES};

#define BOTH(f)                                                                                    \
    {#f " (SQLite)", f, NULL, NULL, &engines[0]}, {#f " (PostgreSQL)", f, NULL, NULL, &engines[1]}
