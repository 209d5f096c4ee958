/* engine/test_int.h - a town for tests of the engine: areas, units, people, the dispute playbook, and
 * a clock that only the test moves.  On either database.  For tests only. */
#pragma once
#include "engine/engine.h"
#include "engine/verify.h"
#include "record/seal.h"
#include "store/testdb.h"
/* cmocka wants these three before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#pragma GCC diagnostic ignored "-Wmissing-field-initializers" /* steps end where they have said all */

#define DISTRICT "360112000000"
#define TOWN "360112101000"
#define VILLAGE "360112101001"
#define OTHER "360103000000"

enum { ORG_CENTRE, ORG_COMMITTEE, ORG_POLICE, ORG_FIRE, ORG_COUNT };
static const char *const ORG_NAMES[ORG_COUNT] = {"centre", "committee", "police", "fire"};

static const struct person {
    const char *name;
    enum role role;
    const char *area;
    int org;
} PEOPLE[] = {
    {"grid", ROLE_grid_worker, VILLAGE, ORG_COMMITTEE},
    {"mediator", ROLE_mediator, DISTRICT, ORG_COMMITTEE},
    {"desk", ROLE_desk, DISTRICT, ORG_CENTRE},
    {"desk2", ROLE_desk, DISTRICT, ORG_CENTRE},
    {"head", ROLE_head, DISTRICT, ORG_CENTRE},
    {"centre", ROLE_centre, DISTRICT, ORG_CENTRE},
    {"leader", ROLE_leader, "360100000000", ORG_CENTRE},
    {"handler", ROLE_handler, OTHER, ORG_POLICE},
    {"fireman", ROLE_handler, OTHER, ORG_FIRE},
    {"stranger", ROLE_desk, OTHER, ORG_POLICE},
    {"admin", ROLE_admin, "360000000000", ORG_CENTRE},
    {"operator", ROLE_NONE, "", -1},
};

struct house {
    struct testdb t;
    struct engine *en;
    struct store *look; /* for digests; opened by the first */
    struct arena *a;    /* emptied by each test */
    int64_t now;
    char key[700];
    struct actor people[COUNT_OF(PEOPLE)];
    char orgs[ORG_COUNT][ID_TEXT + 1];
};

static inline int64_t house_now(void *self)
{
    return ((struct house *)self)->now;
}

static inline const struct actor *who(const struct house *h, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(PEOPLE); i++)
        if (strcmp(PEOPLE[i].name, name) == 0)
            return &h->people[i];
    fail_msg("there is no person '%s'", name);
    return NULL;
}

/* JSON as a test likes to write it: ' for ", @police for a unit, @today for the day. */
static inline struct json *house_json(struct house *h, const char *text)
{
    struct buf b = BUF(1 << 20);
    const struct zone *z;
    struct err e = ERR_INIT;
    struct json *out = NULL;
    char day[16];
    assert_true(zone_load("Asia/Shanghai", &z, &e));
    day_format(zone_day(z, h->now), day);
    for (const char *p = text; *p; p++) {
        int org = -1;
        for (int i = 0; *p == '@' && i < ORG_COUNT; i++)
            if (strncmp(p + 1, ORG_NAMES[i], strlen(ORG_NAMES[i])) == 0)
                org = i;
        if (org >= 0) {
            buf_c(&b, h->orgs[org]);
            p += strlen(ORG_NAMES[org]);
        } else if (strncmp(p, "@today", 6) == 0) {
            buf_c(&b, day);
            p += 5;
        } else {
            buf_char(&b, *p == '\'' ? '"' : *p);
        }
    }
    if (!json_input(h->a, buf_view(&b), &out, &e))
        fail_msg("%s: %s", text, e.text);
    buf_free(&b);
    return out;
}

static inline struct ask ask_of(struct house *h, const char *name, const char *act,
                                const char *fields)
{
    struct ask ask = ASK_INIT;
    h->now += MS_SECOND;
    ask.id = id_new(h->now);
    ask.actor = who(h, name);
    ask.action = str_of(act);
    ask.fields = house_json(h, fields ? fields : "{}");
    return ask;
}

static inline struct answer open_sys(struct house *h, const char *type, struct json *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, "operator", NULL, NULL);
    ask.type = str_of(type);
    ask.fields = fields;
    if (!engine_act(h->en, h->a, &ask, &ans))
        fail_msg("%s: %s", type, ans.err.text);
    return ans;
}

static inline void house_playbook(struct house *h, const char *name)
{
    const char *source = getenv("BIHUAN_SOURCE");
    struct err e = ERR_INIT;
    struct str text;
    const char *dir = arena_printf(h->a, "%s/playbooks/%s", source ? source : ".", name);
    if (!playbook_read(h->a, dir, &text, &e))
        fail_msg("%s", e.text);
    struct json *fields = json_new(h->a, J_OBJ);
    json_set(h->a, fields, STR("text"), json_new_str(h->a, text));
    open_sys(h, "sys.playbook", fields);
}

static inline void house_people(struct house *h)
{
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    assert_non_null(w);
    for (size_t i = 0; i < COUNT_OF(PEOPLE); i++) {
        const struct person *p = &PEOPLE[i];
        struct actor *a = &h->people[i];
        if (p->role == ROLE_NONE)
            continue;
        *a = (struct actor){.kind = ACTOR_ACCOUNT, .account = id_new(h->now), .n_grants = 1};
        id_format(a->account, a->by);
        memcpy(a->org, h->orgs[p->org], sizeof a->org);
        int area = world_area(w, str_of(p->area));
        assert_true(area >= 0);
        a->grants[0] = (struct grant){p->role, w->areas[area].aid};
    }
    world_unref(w);
}

static inline bool house_open(struct house *h, enum store_engine engine)
{
    struct err e = ERR_INIT;
    memset(h, 0, sizeof *h);
    if (!testdb_make(&h->t, engine))
        return false;
    const char *dir = getenv("TMPDIR");
    snprintf(h->key, sizeof h->key, "%s/bihuan_%s.key", dir ? dir : "/tmp", h->t.name);
    setenv("BIHUAN_KEY", h->key, 1);
    h->a = arena_new();
    h->now = 1725840000000; /* Monday 2024-09-09, 08:00 in Shanghai */
    struct clock_source clock = {house_now, h};
    struct engine_config cfg = {.url = h->t.url, .clock = clock};
    if (!engine_init(h->t.url, "Asia/Shanghai", "bihuan.test/log", clock, &e) ||
        !engine_open(&cfg, &h->en, &e))
        fail_msg("%s", e.text);
    h->people[COUNT_OF(PEOPLE) - 1] = actor_operator();
    open_sys(h, "sys.area",
             house_json(h, "{'areas':[{'code':'360000000000','name':'江西省'},"
                           "{'code':'360100000000','name':'南昌市','parent':'360000000000'},"
                           "{'code':'" DISTRICT "','name':'新建区','parent':'360100000000'},"
                           "{'code':'" TOWN "','name':'长堎镇','parent':'" DISTRICT "'},"
                           "{'code':'" VILLAGE "','name':'一村','parent':'" TOWN "'},"
                           "{'code':'" OTHER "','name':'西湖区','parent':'360100000000'}]}"));
    for (int i = 0; i < ORG_COUNT; i++) {
        struct answer ans = open_sys(
            h, "sys.org",
            house_json(h, arena_printf(h->a, "{'name':'单位%d','kind':'%s','area':'" DISTRICT "'}", i,
                                       ORG_NAMES[i])));
        id_format(ans.record, h->orgs[i]);
    }
    house_playbook(h, "dispute");
    house_people(h);
    return true;
}

static inline void house_close(struct house *h)
{
    engine_close(h->en);
    store_close(h->look);
    testdb_drop(&h->t);
    unlink(h->key);
    unlink(arena_printf(h->a, "%s.erasures.log", h->key));
    arena_free(h->a);
}

static inline struct record *load(struct house *h, struct id id)
{
    struct err e = ERR_INIT;
    struct record *r = NULL;
    bool found = false;
    struct store *db = engine_reader(h->en, &e);
    if (!db || !record_load_open(db, engine_keys(h->en), h->a, id, &found, &r, &e) || !found)
        fail_msg("record: %s", e.text);
    engine_reader_back(h->en, db);
    return r;
}

/* ---- everything the database holds, as one hash ---- */

static inline void add_rows(struct store *db, const char *sql, struct buf *b)
{
    struct err e = ERR_INIT;
    struct rows r AUTO(rows_close) = store_query(db, sql, BIND_NONE, &e);
    while (rows_next(&r)) {
        buf_str(b, rows_str(&r, 0));
        buf_char(b, '\n');
    }
    if (err_is(&e))
        fail_msg("%s: %s", sql, e.text);
}

/* A question that gives each row of a table as one text. */
static inline const char *rows_as_text(struct arena *a, struct store *db, struct str table)
{
    struct err e = ERR_INIT;
    if (store_engine(db) == STORE_POSTGRES)
        return arena_printf(a, "SELECT CAST(t AS TEXT) FROM %.*s AS t ORDER BY 1", STR_F(table));
    struct buf b = BUF(1 << 16);
    const char *sql = arena_printf(a, "SELECT name FROM pragma_table_info('%.*s')", STR_F(table));
    struct rows r AUTO(rows_close) = store_query(db, sql, BIND_NONE, &e);
    while (rows_next(&r))
        buf_printf(&b, "%squote(\"%.*s\")", b.len ? "||','||" : "SELECT ", STR_F(rows_str(&r, 0)));
    buf_printf(&b, " FROM \"%.*s\" ORDER BY 1", STR_F(table));
    assert_false(err_is(&e));
    sql = str_c(a, buf_view(&b));
    buf_free(&b);
    return sql;
}

/* Every row of every table as text; whoever asks frees it. */
static inline struct buf house_dump(struct house *h)
{
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    if (!h->look)
        h->look = testdb_open(&h->t, STORE_READ);
    struct store *db = h->look;
    struct str names[200];
    size_t n = 0;
    {
        struct rows r AUTO(rows_close) = store_query(
            db,
            h->t.engine == STORE_POSTGRES
                ? "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
                : "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1",
            BIND_NONE, &e);
        while (rows_next(&r) && n < COUNT_OF(names))
            names[n++] = str_dup(a, rows_str(&r, 0));
    }
    assert_false(err_is(&e));
    assert_true(n > 25 && n < COUNT_OF(names));
    struct buf b = BUF(64 << 20);
    for (size_t i = 0; i < n; i++) {
        buf_str(&b, names[i]);
        add_rows(db, rows_as_text(a, db, names[i]), &b);
    }
    assert_true(buf_ok(&b));
    return b;
}

/* What a statement that asks for one number says. */
static inline int64_t house_number(struct house *h, const char *sql)
{
    struct err e = ERR_INIT;
    bool found;
    int64_t n = -1;
    struct store *db = testdb_open(&h->t, STORE_READ);
    if (!store_int(db, sql, BIND_NONE, &found, &n, &e))
        fail_msg("%s: %s", sql, e.text);
    store_close(db);
    return n;
}

static inline struct hash house_digest(struct house *h)
{
    struct buf b = house_dump(h);
    struct hash digest = hash_sha256(buf_view(&b));
    buf_free(&b);
    return digest;
}

static inline int64_t house_size(struct house *h)
{
    struct err e = ERR_INIT;
    struct ledger_head head;
    struct store *db = engine_reader(h->en, &e);
    if (!db || !ledger_read_head(db, &head, &e))
        fail_msg("head: %s", e.text);
    engine_reader_back(h->en, db);
    return head.tree.size;
}

/* Is everything what the log says? */
static inline void house_verify(struct house *h)
{
    struct err e = ERR_INIT;
    struct verify_report report;
    struct store *db = testdb_open(&h->t, STORE_READ);
    if (!verify_all(db, engine_keys(h->en), VERIFY_FOLDS, NULL, NULL, &report, &e))
        fail_msg("verify: %s", e.text);
    if (!report.ok)
        fail_msg("verify: event %lld: %s", (long long)report.first_bad, report.why);
    assert_true(report.events == house_size(h));
    store_close(db);
}

/* ---- steps ---- */

/* One thing that somebody does to the matter of the story.  `err` ERR_NONE: it is done, and `want` is
 * the state after it (NULL: not asked).  Otherwise it is refused with err, and `want` is the field that
 * is to blame. */
struct step {
    const char *who, *act, *fields;
    enum err_code err;
    const char *want;
    int64_t wait; /* how much time passes before it */
    void (*check)(struct house *h, const struct record *r);
};

static struct house town;

static inline struct house *fresh(void)
{
    arena_reset(town.a);
    return &town;
}

static inline struct answer act(struct house *h, const char *name, struct id rec, const char *action,
                         const char *fields)
{
    struct answer ans;
    struct ask ask = ask_of(h, name, action, fields);
    if (id_zero(rec)) {
        ask.type = STR("dispute");
        ask.area = STR(VILLAGE);
    }
    ask.rec = rec;
    engine_act(h->en, h->a, &ask, &ans);
    return ans;
}

/* Does it, or ends the test. */
static inline struct answer must(struct house *h, const char *name, struct id rec, const char *action,
                          const char *fields)
{
    struct answer ans = act(h, name, rec, action, fields);
    if (!ans.ok)
        fail_msg("%s by %s: %s", action, name, ans.err.text);
    return ans;
}

/* Does the page offer it to this person now? */
static inline bool offered(struct house *h, const char *name, struct id rec, const char *action)
{
    struct err e = ERR_INIT;
    struct buf b = BUF(1 << 20);
    struct json_out o = json_out(&b);
    struct json *list = NULL;
    struct store *db = engine_reader(h->en, &e);
    struct world *w = engine_world(h->en, &e);
    if (!db || !w || !engine_possible(h->en, db, w, load(h, rec), who(h, name), &o, &e) ||
        !json_input(h->a, buf_view(&b), &list, &e))
        fail_msg("possible: %s", e.text);
    engine_reader_back(h->en, db);
    world_unref(w);
    buf_free(&b);
    JSON_EACH (x, list)
        if (str_is(json_text(x, "id"), action))
            return json_yes(x, "possible");
    return false;
}

static inline void play_step(struct house *h, const char *story, size_t i, const struct step *s,
                      struct id *rec)
{
    int64_t ver = id_zero(*rec) ? 0 : load(h, *rec)->ver, size = house_size(h);
    h->now += s->wait;
    bool shown = id_zero(*rec) || offered(h, s->who, *rec, s->act);
    struct answer ans = act(h, s->who, *rec, s->act, s->fields);
    if (ans.ok && !shown)
        fail_msg("%s, step %zu (%s by %s): done, but the page does not offer it", story, i, s->act,
                 s->who);
    if (ans.ok != (s->err == ERR_NONE) || (!ans.ok && ans.err.code != s->err))
        fail_msg("%s, step %zu (%s by %s): %s %s (%s)", story, i, s->act, s->who,
                 ans.ok ? "done" : err_wire(ans.err.code), ans.ok ? ans.state : ans.err.text,
                 ans.err.field);
    if (!ans.ok) {
        if (s->want && strcmp(ans.err.field, s->want) != 0)
            fail_msg("%s, step %zu (%s): field '%s', not '%s'", story, i, s->act, ans.err.field,
                     s->want);
        assert_true(ans.err.zh[0] || err_title_zh(ans.err.code)[0]);
        assert_true(id_zero(*rec) || load(h, *rec)->ver == ver);
        assert_int_equal(house_size(h), size);
        return;
    }
    *rec = ans.record;
    const struct record *r = load(h, *rec);
    if (s->want && !str_is(r->state, s->want))
        fail_msg("%s, step %zu (%s): state '%.*s', not '%s'", story, i, s->act, STR_F(r->state),
                 s->want);
    assert_true(r->ver > ver);
    assert_string_equal(ans.state, str_c(h->a, r->state));
    assert_int_equal(ans.version, r->ver);
    if (s->check)
        s->check(h, r);
}

/* ---- forms ---- */

#define PLACE "'place':{'text':'一村3栋','lon':'115.81','lat':'28.69'}"
#define PENDING "{'summary':'为宅基地边界争执',"PLACE",'result':'pending'}"
#define ON_THE_SPOT "{'summary':'楼上漏水，当场说好',"PLACE",'result':'on_the_spot'}"
#define REGISTER                                                                                    \
    "{'type':'0201','source':'grid','scale':'01','colour':'yellow',"                              \
    "'applicant':[{'name':'张三','phone':'13812345678'}],'respondent':[{'name':'李四'}]}"
#define TRIAGE "{'grade':'simple','bar':'none'}"
#define ACCEPT "{'consent':true,'rights_told':true,'identity_seen':true}"
#define SESSION "{'session_on':'@today','session_manner':'together','session_note':'双方都来了'}"
#define AGREE                                                                                       \
    "{'result':'written','agreement':'以墙为界','performance':'not_due',"                          \
    "'performance_date':'@today','agreement_amount':'1200.50',"                                    \
    "'instalments':[{'due_on':'@today','sum':'600.25','what':'第一笔'}]}"
#define IN_FORCE "{'signed':true,'effective_on':'@today'}"
#define VISIT "{'performed':'yes','satisfied':'satisfied'}"
#define VISIT_OF(which) "{" which ",'performed':'yes','satisfied':'satisfied'}"
#define VISIT_BAD "{'reopen_reason':'not_performed','performed':'no','satisfied':'dissatisfied'}"
#define MISSED "{'party':'applicant','contact':'no_answer'}"

static const struct step TO_MEDIATION[] = {
    {"grid", "report", PENDING, 0, "found"},
    {"desk", "register", REGISTER, 0, "registered"},
    {"desk", "triage", TRIAGE, 0, "triaged"},
    {"mediator", "accept", ACCEPT, 0, "mediating"},
};

static const struct step TO_PERFORMANCE[] = {
    {"mediator", "session", SESSION, 0, "mediating"},
    {"mediator", "agree", AGREE, 0, "agreed"},
    {"mediator", "take_effect", IN_FORCE, 0, "performing"},
};

static inline struct id begun(struct house *h, const struct step *steps, size_t n)
{
    struct id rec = {{0}};
    for (size_t i = 0; i < n; i++)
        play_step(h, "begin", i, &steps[i], &rec);
    return rec;
}
#define BEGUN(h, n) begun(h, TO_MEDIATION, n)

/* ---- asks ---- */

static inline struct ask on(struct house *h, const char *name, struct id rec, int64_t version,
                     const char *action, const char *fields)
{
    struct ask ask = ask_of(h, name, action, fields);
    ask.rec = rec;
    ask.version = version;
    if (id_zero(rec)) {
        ask.type = STR("dispute");
        ask.area = STR(VILLAGE);
    }
    return ask;
}

static inline struct ask row(struct house *h, const char *name, const char *ext_id, const char *fields)
{
    struct id none = {{0}};
    struct ask ask = on(h, name, none, 0, "load", fields);
    ask.source = STR("old");
    ask.ext_id = str_of(ext_id);
    ask.digest = hash_sha256(str_of(fields));
    return ask;
}

static inline void conflict_is(const struct answer *ans, const char *field, const char *yours,
                        const char *theirs)
{
    assert_false(ans->ok);
    assert_int_equal(ans->err.code, ERR_STALE);
    assert_int_equal(ans->conflict->n, 1);
    const struct json *c = json_get(ans->conflict, field);
    assert_true(str_is(json_text(json_get(c, "yours"), "zh"), yours));
    assert_true(str_is(json_text(json_get(c, "theirs"), "zh"), theirs));
}

/* ---- the town of a test program ---- */

static inline void all_is_what_the_log_says(void **state)
{
    UNUSED(state);
    house_verify(&town);
}

static inline int town_sqlite(void **state)
{
    UNUSED(state);
    return house_open(&town, STORE_SQLITE) ? 0 : -1;
}

static inline int town_postgres(void **state)
{
    UNUSED(state);
    return house_open(&town, STORE_POSTGRES) ? 0 : -1;
}

static inline int town_gone(void **state)
{
    UNUSED(state);
    house_close(&town);
    return 0;
}

/* The tests once on each database there is. */
#define RUN_ON_BOTH(tests)                                                                         \
    (cmocka_run_group_tests_name("on SQLite", tests, town_sqlite, town_gone) +                     \
     (town_has_postgres()                                                                          \
          ? cmocka_run_group_tests_name("on PostgreSQL", tests, town_postgres, town_gone)          \
          : 0))

static inline bool town_has_postgres(void)
{
    const char *pg = getenv("BIHUAN_TEST_PG");
    if (pg && *pg)
        return true;
    fprintf(stderr, "skipped: BIHUAN_TEST_PG is not set (see tests/pg.sh)\n");
    return false;
}

/* A test that wants a town of its own, on each database there is. */
static inline void in_towns_of_its_own(void **state)
{
    void (*test)(struct house *h) = (void (*)(struct house *))*state;
    for (int engine = 0; engine < 2; engine++) {
        struct house h;
        if (!house_open(&h, (enum store_engine)engine))
            continue;
        test(&h);
        house_close(&h);
    }
}
#define ON_EACH(f) {#f, in_towns_of_its_own, NULL, NULL, (void *)(f)}

/* What was counted of its call-backs. */
static inline void calls(const struct record *r, int64_t called, int64_t ended, int64_t reached, int64_t content)
{
    assert_int_equal(json_num(r->fields, "called", 0), called);
    assert_int_equal(json_num(r->fields, "calls_ended", 0), ended);
    assert_int_equal(json_num(r->fields, "calls_reached", 0), reached);
    assert_int_equal(json_num(r->fields, "calls_content", 0), content);
}
