/* engine/test_int.h - a town for tests of the engine: areas, units, people, the dispute playbook, and
 * a clock that only the test moves.  On either database.  For tests only. */
#pragma once
#include "engine/engine.h"
#include "engine/verify.h"
#include "store/testdb.h"
/* cmocka wants these three before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

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
    struct arena *a; /* emptied by each test */
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

static inline void house_playbook(struct house *h)
{
    const char *source = getenv("BIHUAN_SOURCE");
    struct err e = ERR_INIT;
    struct str text;
    const char *dir = arena_printf(h->a, "%s/playbooks/dispute", source ? source : ".");
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
    house_playbook(h);
    house_people(h);
    return true;
}

static inline void house_close(struct house *h)
{
    engine_close(h->en);
    testdb_drop(&h->t);
    unlink(h->key);
    arena_free(h->a);
}

static inline struct record *load(struct house *h, struct id id)
{
    struct err e = ERR_INIT;
    struct record *r = NULL;
    bool found = false;
    struct store *db = engine_reader(h->en, &e);
    if (!db || !record_load(db, h->a, id, &found, &r, &e) || !found)
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

static inline struct hash house_digest(struct house *h)
{
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct store *db = testdb_open(&h->t, STORE_READ);
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
    struct hash digest = hash_sha256(buf_view(&b));
    buf_free(&b);
    store_close(db);
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
    if (!verify_all(db, engine_keys(h->en), false, NULL, NULL, &report, &e))
        fail_msg("verify: %s", e.text);
    if (!report.ok)
        fail_msg("verify: event %lld: %s", (long long)report.first_bad, report.why);
    assert_true(report.events == house_size(h));
    store_close(db);
}
