/* measure/testrig.h - a small town whose log is written by hand, for the tests of this folder.
 *
 * No engine: events are made here, folded by fold_event, and written as the writer does it, one
 * commit at a time. */
#pragma once
#include "measure/indicator.h"
#include "store/testdb.h"

struct rig {
    struct testdb t;
    struct store *db;
    struct world *w;
    struct arena *life; /* of the whole test */
    struct arena *a;    /* of the commit */
    struct ledger_batch batch;
    struct changes c;
    int64_t now;
    int64_t made; /* for ids */
    struct err e;
};

#define RIG_OK(r, call)                                                                            \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #call, (r)->e.text);            \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char *const RIG_AREAS[][2] = {
    /* code, parent */
    {"100000000000", ""},
    {"101000000000", "100000000000"},
    {"102000000000", "100000000000"},
    {"101001000000", "101000000000"},
    {"101002000000", "101000000000"},
    {"102001000000", "102000000000"},
    {"101001001000", "101001000000"},
    {"101001002000", "101001000000"},
    {"102001001000", "102001000000"},
    {"101001001001", "101001001000"}, /* a grid: no counters below the village */
};
enum { RIG_N_AREAS = COUNT_OF(RIG_AREAS) };

static inline void rig_begin(struct rig *r)
{
    struct ledger_head head;
    r->a = arena_new();
    RIG_OK(r, store_begin(r->db, &r->e));
    RIG_OK(r, ledger_lock(r->db, &head, &r->e));
    ledger_batch_begin(&r->batch, r->a, &head);
    r->c = (struct changes){.arena = r->a, .world = r->w, .now = r->now};
}

/* Adds an event; `was` is NULL for the first one of a record.  json: members of "set". */
static inline struct record *rig_event(struct rig *r, struct record *was,
                                       const struct event_body *given, const char *set)
{
    struct event_body body = *given, *b = &body;
    struct buf text = BUF(LIMIT_EVENT_BODY);
    struct record *now = was ? record_copy(r->a, was) : record_new(r->a);
    struct event ev = {.rid = was ? was->rid : r->batch.head.next_rid++,
                       .type = b->type,
                       .at = b->at,
                       .recorded = r->now};
    b->id = id_derive((const struct str[]){{(const char *)&r->made, sizeof r->made}}, 1);
    r->made++;
    b->rec = was ? was->id : b->id;
    b->ver = was ? was->ver + 1 : 1;
    b->recorded = r->now;
    b->by = STR("operator");
    if (!b->act.ptr)
        b->act = STR("test");
    if (set)
        RIG_OK(r, json_input(r->a, str_of(set), &b->set, &r->e));
    body_write(&text, b);
    ev.id = b->id;
    ev.body = buf_dup(r->a, &text);
    buf_free(&text);
    const struct event *in = ledger_add(&r->batch, &ev, str_starts(b->type, STR("sys.")));
    RIG_OK(r, body_read(r->a, ev.body, b, &r->e));
    RIG_OK(r, fold_event(r->a, now, b, in->seq, &r->e));
    now->rid = ev.rid;
    struct change *ch = NULL;
    for (size_t i = 0; i < r->c.n; i++)
        if (r->c.list[i].after->rid == now->rid)
            ch = &r->c.list[i];
    if (!ch) {
        r->c.list = arena_grow(r->a, r->c.list, r->c.n, &r->c.cap, sizeof *r->c.list);
        ch = &r->c.list[r->c.n++];
        *ch = (struct change){.before = was};
    }
    ch->after = now;
    if (tally_moved(was, now))
        ch->moved_seq = in->seq;
    int record;
    if (r->w && world_type(r->w, now->type, now->pb, &ch->playbook, &record))
        ch->def = &ch->playbook->records[record];
    return now;
}

static inline void rig_commit(struct rig *r)
{
    RIG_OK(r, ledger_save(r->db, &r->batch, &r->e));
    RIG_OK(r, record_save(r->db, &r->c, &r->e));
    RIG_OK(r, tally_save(r->db, &r->c, &r->e));
    RIG_OK(r, store_commit(r->db, &r->e));
    arena_free(r->a);
    r->a = NULL;
}

static inline void rig_reload(struct rig *r)
{
    world_unref(r->w);
    r->w = NULL;
    RIG_OK(r, world_load(r->db, &r->w, &r->e));
}

/* One batch of building counters; false when there was nothing left. */
static inline bool rig_build(struct rig *r, int records)
{
    struct ledger_head head;
    bool more = false;
    RIG_OK(r, store_begin(r->db, &r->e));
    RIG_OK(r, ledger_lock(r->db, &head, &r->e));
    RIG_OK(r, terms_build(r->db, NULL, r->w, records, &more, &r->e));
    RIG_OK(r, store_commit(r->db, &r->e));
    return more;
}

/* All counters are forgotten; they are made again by rig_build. */
static inline void rig_restart(struct rig *r)
{
    RIG_OK(r, store_begin(r->db, &r->e));
    RIG_OK(r, terms_restart(r->db, r->w, &r->e));
    RIG_OK(r, store_commit(r->db, &r->e));
    rig_reload(r);
}

static inline void rig_rebuild(struct rig *r, int records)
{
    rig_restart(r);
    while (rig_build(r, records)) {
    }
    rig_reload(r);
}

/* What a setting says, and the counters that follow from it. */
static inline void rig_setting(struct rig *r, const char *name, const char *value)
{
    struct event_body b = {.type = STR("sys.setting"), .at = r->now, .known = TIME_NONE};
    rig_begin(r);
    rig_event(r, NULL, &b,
              arena_printf(r->life, "{\"name\":\"%s\",\"value\":\"%s\"}", name, value));
    rig_commit(r);
    rig_reload(r);
    RIG_OK(r, store_begin(r->db, &r->e));
    RIG_OK(r, terms_install(r->db, r->w, &r->e));
    RIG_OK(r, store_commit(r->db, &r->e));
    rig_reload(r);
    while (rig_build(r, 200)) {
    }
    rig_reload(r);
}

/* Puts a playbook in force: `text` is its one text form. */
static inline void rig_playbook(struct rig *r, struct str text)
{
    struct world *old = r->w;
    rig_begin(r);
    struct json *row = json_new(r->a, J_OBJ), *rows = json_new(r->a, J_OBJ);
    json_set(r->a, row, STR("i"), json_new_int(r->a, 1));
    json_set(r->a, row, STR("t"), json_new_str(r->a, text));
    json_push(json_set(r->a, rows, STR("text"), json_new(r->a, J_ARR)), row);
    struct event_body b = {.type = STR("sys.playbook"),
                           .at = r->now,
                           .known = TIME_NONE,
                           .state = STR("in_force"),
                           .rows = rows};
    rig_event(r, NULL, &b, NULL);
    RIG_OK(r, ledger_save(r->db, &r->batch, &r->e));
    RIG_OK(r, record_save(r->db, &r->c, &r->e));
    RIG_OK(r, tally_save(r->db, &r->c, &r->e));
    RIG_OK(r, world_load(r->db, &r->w, &r->e));
    for (int i = 0; i < r->w->n_playbooks; i++)
        for (int k = 0; k < r->w->playbooks[i].playbook->n_records; k++)
            RIG_OK(r, table_ensure(r->db, r->w->playbooks[i].playbook,
                                   &r->w->playbooks[i].playbook->records[k], &r->e));
    RIG_OK(r, terms_install(r->db, r->w, &r->e));
    RIG_OK(r, store_commit(r->db, &r->e));
    arena_free(r->a);
    world_unref(old);
    rig_reload(r);
    while (rig_build(r, 200)) {
    }
    rig_reload(r);
}

static inline struct str rig_text(struct rig *r, const char *playbook)
{
    const char *source = getenv("BIHUAN_SOURCE");
    struct str text;
    RIG_OK(r,
           playbook_read(r->life,
                         arena_printf(r->life, "%s/playbooks/%s", source ? source : ".", playbook),
                         &text, &r->e));
    return text;
}

/* The same text with one part replaced; the part must be there. */
static inline struct str rig_replace(struct rig *r, struct str text, const char *part,
                                     const char *by)
{
    text.ptr = str_c(r->life, text);
    const char *at = strstr(text.ptr, part);
    ASSERT(at);
    size_t head = (size_t)(at - text.ptr), tail = head + strlen(part);
    return str_printf(r->life, "%.*s%s%.*s", (int)head, text.ptr, by, (int)(text.len - tail),
                      text.ptr + tail);
}

static inline void rig_area(struct rig *r, int i, const char *code, int parent, int level)
{
    RIG_OK(r, store_exec(r->db,
                         "INSERT INTO area (aid, code, name, parent, level) "
                         "VALUES ($1, $2, $3, $4, $5)",
                         BIND(C_INT(i), C_TEXT(str_of(code)), C_TEXT(str_of(code)), C_INT(parent),
                              C_INT(level)),
                         NULL, &r->e));
}

MUST_USE static inline bool rig_open(struct rig *r, enum store_engine engine, const char *zone)
{
    *r = (struct rig){.e = ERR_INIT, .now = 1704038400000}; /* 2024-01-01 in Shanghai */
    if (!testdb_make(&r->t, engine))
        return false;
    r->db = testdb_open(&r->t, STORE_BULK);
    r->life = arena_new();
    RIG_OK(r, store_migrate(r->db, &r->e));
    RIG_OK(r, ledger_init(r->db, &r->e));
    int level[RIG_N_AREAS];
    for (int i = 0; i < RIG_N_AREAS; i++) {
        int parent = -1;
        for (int k = 0; k < i; k++)
            if (strcmp(RIG_AREAS[k][0], RIG_AREAS[i][1]) == 0)
                parent = k;
        level[i] = parent < 0 ? 1 : level[parent] + 1;
        rig_area(r, i + 1, RIG_AREAS[i][0], parent + 1, level[i]);
    }
    struct world empty = {.refs = 1};
    r->w = &empty;
    rig_begin(r);
    struct event_body b = {.type = STR("sys.genesis"), .at = r->now, .known = TIME_NONE};
    rig_event(r, NULL, &b,
              arena_printf(r->life, "{\"origin\":\"figures.test\",\"zone\":\"%s\"}", zone));
    rig_commit(r);
    r->w = NULL;
    rig_reload(r);
    return true;
}

static inline void rig_close(struct rig *r)
{
    world_unref(r->w);
    store_close(r->db);
    testdb_drop(&r->t);
    arena_free(r->life);
}
