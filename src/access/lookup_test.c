/* Look-up by telephone. */
#include "access/lookup.h"
#include "access/test_int.h"

/* ---- telephone ---- */

static void phones(void **state)
{
    static const struct {
        const char *in, *out; /* NULL: none */
    } CASES[] = {
        {"13812345678", "13812345678"},
        {" 138 1234 5678 ", "13812345678"},
        {"138-1234-5678", "13812345678"},
        {"+8613812345678", "13812345678"},
        {"+86 138 1234 5678", "13812345678"},
        {"＋86 13812345678", "13812345678"},
        {"008613812345678", "13812345678"},
        {"8613812345678", "13812345678"},
        {"１３８１２３４５６７８", "13812345678"},
        {"手机：13812345678", "13812345678"},
        {"13812345678（微信同号）", "13812345678"},
        {"0791-86512345", "079186512345"},
        {"(0791)86512345", "079186512345"},
        {"（0791）8651 2345", "079186512345"},
        {"+86 791 86512345", "079186512345"},
        {"+86 0791 86512345", "079186512345"},
        {"0791-86512345转103", "079186512345"},
        {"86512345", "86512345"}, /* eight digits: 86 is no country here */
        {"8651234", "8651234"},
        {"+1 617 555 0100", "16175550100"},
        {"110", NULL},
        {"123456", NULL},
        {"", NULL},
        {"没有电话", NULL},
        {"1381234567813912345678", NULL}, /* two without a sign between */
        {"12345678901234567890123456789012345678901234567890", NULL},
        {"\xff\xff", NULL},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char out[PHONE_TEXT] = "untouched";
        bool ok = phone_normal(str_of(CASES[i].in), out);
        if (ok != (CASES[i].out != NULL) || (ok && strcmp(out, CASES[i].out) != 0))
            fail_msg("%s: %s", CASES[i].in, ok ? out : "refused");
        if (!ok)
            assert_string_equal(out, "untouched");
    }
    char many[PHONES_A_TEXT][PHONE_TEXT];
    assert_int_equal(phones_of(STR("13812345678、0791-86512345；无;13912345678"), many), 3);
    assert_string_equal(many[0], "13812345678");
    assert_string_equal(many[1], "079186512345");
    assert_string_equal(many[2], "13912345678");
    assert_int_equal(phones_of(STR(""), many), 0);
    assert_int_equal(phones_of(STR_NONE, many), 0);
    assert_int_equal(phones_of(STR("、，;/|"), many), 0);
    assert_int_equal(phones_of(STR("13812345678,"), many), 1);
    assert_int_equal(phones_of(STR("1380000001/1380000002/1380000003/1380000004/1380000005/"
                                   "1380000006/1380000007/1380000008/1380000009"),
                               many),
                     PHONES_A_TEXT);
}

static void values_differ(void **state)
{
    UNUSED(state);
    uint8_t master[CIPHER_KEY] = {1}, other[CIPHER_KEY] = {2};
    struct lookup_key k = lookup_key(master), k2 = lookup_key(other);
    struct id one = id_new(1), two = id_new(2);
    struct str phone = STR("13812345678");
    struct lookup_value v = lookup_value(&k, one, phone), same = lookup_value(&k, one, phone),
                        there = lookup_value(&k, two, phone),
                        next = lookup_value(&k, one, STR("13812345679")),
                        foreign = lookup_value(&k2, one, phone);
    assert_memory_equal(v.b, same.b, LOOKUP_VALUE);
    assert_memory_not_equal(v.b, there.b, LOOKUP_VALUE); /* equal numbers in two records */
    assert_memory_not_equal(v.b, next.b, LOOKUP_VALUE);
    assert_memory_not_equal(v.b, foreign.b, LOOKUP_VALUE);

    struct lookup_row rows[] = {
        {11, one, next}, {11, one, v}, {11, one, v}, {22, two, v}, {33, two, there}};
    int64_t out[5] = {0};
    assert_int_equal(lookup_scan(&k, phone, rows, COUNT_OF(rows), out), 2);
    assert_int_equal(out[0], 11);
    assert_int_equal(out[1], 33); /* 22 bears the value of another record: no match */
    assert_int_equal(lookup_scan(&k2, phone, rows, COUNT_OF(rows), out), 0);
    assert_int_equal(lookup_scan(&k, phone, rows, 0, out), 0);
}

/* ---- table lookup ---- */

static struct field COLUMNS[] = {{.id = {"who", 3}, .type = FIELD_PERSON},
                                 {.id = {"text", 4}, .type = FIELD_TEXT}};
static struct field FIELDS[] = {
    {.id = {"caller", 6}, .type = FIELD_PERSON},
    {.id = {"parties", 7}, .type = FIELD_PERSON, .many = true},
    {.id = {"visits", 6}, .type = FIELD_TABLE, .columns = COLUMNS, .n_columns = 2},
    {.id = {"summary", 7}, .type = FIELD_TEXT},
};
static const struct record_def DEF = {.fields = FIELDS, .n_fields = COUNT_OF(FIELDS)};

struct desk {
    struct fix *f;
    struct keys keys;
    struct changes c;
    struct change change;
};

static void desk_open(struct desk *d, struct fix *f)
{
    *d = (struct desk){.f = f, .keys = {.master = {3, 1, 4}}};
    keys_ready(&d->keys);
    wipe(f->db);
    d->c = (struct changes){.arena = f->a, .keys = &d->keys, .list = &d->change, .n = 1};
}

/* Stores a detached value as the engine does and gives the reference to it. */
static const char *detach(struct desk *d, const struct record *r, int64_t seq, int64_t k,
                          const char *json)
{
    struct err e = ERR_INIT;
    struct store *db = d->f->db;
    uint8_t dek[CIPHER_KEY] = {9}, wrapped[KEYS_WRAPPED];
    struct id event = {{(uint8_t)seq, 7}};
    struct hash leaf = {{0}};
    bool found;
    dek[1] = (uint8_t)r->rid;
    keys_wrap(&d->keys, ID_STR(r->id), dek, wrapped);
    OK(store_exec(db, "INSERT INTO dek (rid, wrapped) VALUES ($1, $2) ON CONFLICT (rid) DO NOTHING",
                  BIND(C_INT(r->rid), C_BLOB(((struct str){(char *)wrapped, sizeof wrapped}))),
                  NULL, &e));
    OK(record_dek(db, &d->keys, r->rid, r->id, &found, dek, &e));
    OK(store_exec(db,
                  "INSERT INTO event (seq, id, rid, type, at, recorded, leaf, body) VALUES "
                  "($1, $2, $3, 't', 0, 0, $4, '{}') ON CONFLICT (seq) DO NOTHING",
                  BIND(C_INT(seq), C_BLOB(ID_STR(event)), C_INT(r->rid), C_BLOB(HASH_STR(leaf))),
                  NULL, &e));
    struct detached v = {.k = k, .vault = true, .plain = str_of(json)};
    detached_make(d->f->a, &v, event, dek);
    OK(store_exec(db,
                  "INSERT INTO detached (seq, k, rid, class, salt, bytes) VALUES "
                  "($1, $2, $3, 'vault', $4, $5)",
                  BIND(C_INT(seq), C_INT(k), C_INT(r->rid),
                       C_BLOB(((struct str){(char *)v.salt, sizeof v.salt})), C_BLOB(v.sealed)),
                  NULL, &e));
    return arena_printf(d->f->a, "{\"$d\":%lld,\"s\":%lld,\"c\":\"%.*s\"}", (long long)k,
                        (long long)seq, STR_F(v.commitment));
}

static void save(struct desk *d, struct record *before, struct record *after)
{
    struct err e = ERR_INIT;
    d->change = (struct change){.before = before, .after = after, .def = &DEF};
    OK(store_begin(d->f->db, &e));
    OK(lookup_save(d->f->db, &d->c, &e));
    OK(store_commit(d->f->db, &e));
}

static size_t find_all(struct desk *d, const char *phone, struct lookup_hit **hits)
{
    struct err e = ERR_INIT;
    size_t n = 99;
    OK(lookup_find(d->f->db, d->f->a, &d->keys, STR("o1"), str_of(phone), 10, hits, &n, &e));
    return n;
}

static void in_scope(struct desk *d, const struct record *r, const char *scope)
{
    struct err e = ERR_INIT;
    put_record(d->f->db, r);
    OK(store_exec(d->f->db, "INSERT INTO scope_open (scope, type, rid) VALUES ($1, $2, $3)",
                  BIND(C_TEXT(str_of(scope)), C_TEXT(r->type), C_INT(r->rid)), NULL, &e));
}

static void saved_with_the_record(void **state)
{
    struct fix *f = fix_of(state);
    struct desk d;
    struct lookup_hit *hits;
    desk_open(&d, f);
    struct record *r = make_record(f->a, 1, "t.t"), *two = make_record(f->a, 2, "t.u"),
                  *elsewhere = make_record(f->a, 3, "t.t");
    set_json(f->a, r, "caller",
             detach(&d, r, 1, 0, "{\"name\":\"张三\",\"phone\":\"138 1234 5678\"}"));
    set_json(f->a, r, "parties",
             arena_printf(f->a, "[%s,%s]",
                          detach(&d, r, 1, 1, "{\"phone\":\"13900000001、0791-86512345\"}"),
                          detach(&d, r, 1, 2, "{\"phone\":13900000002,\"name\":\"李四\"}")));
    set_json(f->a, r, "visits",
             arena_printf(f->a, "[{\"i\":1,\"who\":%s,\"text\":%s},{\"i\":2}]",
                          detach(&d, r, 1, 3, "{\"phone\":[\"13900000003\"]}"),
                          detach(&d, r, 1, 4, "\"13900000004\"")));
    set_json(f->a, r, "summary", detach(&d, r, 1, 5, "\"13900000005\""));
    set_json(f->a, two, "caller", detach(&d, two, 2, 0, "{\"phone\":\"+86 13812345678\"}"));
    set_json(f->a, elsewhere, "caller", detach(&d, elsewhere, 3, 0, "{\"phone\":\"13812345678\"}"));
    in_scope(&d, r, "o1");
    in_scope(&d, two, "o1");
    in_scope(&d, elsewhere, "o2");
    save(&d, NULL, r);
    save(&d, NULL, two);
    save(&d, NULL, elsewhere);
    assert_int_equal(count(f->db, "SELECT count(*) FROM lookup WHERE rid = 1"), 5);
    /* Nothing at rest joins two matters. */
    assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 7);
    assert_int_equal(count(f->db, "SELECT count(DISTINCT value) FROM lookup"), 7);

    assert_int_equal(find_all(&d, "13812345678", &hits), 2);
    assert_int_equal(hits[0].rid, 1);
    assert_int_equal(hits[1].rid, 2);
    assert_true(id_eq(hits[1].id, two->id));
    assert_int_equal(find_all(&d, "139 0000 0001", &hits), 1);
    assert_int_equal(find_all(&d, "（0791）86512345", &hits), 1);
    assert_int_equal(find_all(&d, "13900000002", &hits), 1);
    assert_int_equal(find_all(&d, "13900000003", &hits), 1);
    assert_int_equal(find_all(&d, "13900000004", &hits), 0); /* a text is no person */
    assert_int_equal(find_all(&d, "13900000005", &hits), 0);
    struct err e = ERR_INIT;
    size_t n = 7;
    FAILS(lookup_find(f->db, f->a, &d.keys, STR("o1"), STR("张三"), 10, &hits, &n, &e), ERR_INPUT);
    assert_int_equal(n, 7);
    OK(lookup_find(f->db, f->a, &d.keys, STR("o1"), STR("13812345678"), 1, &hits, &n, &e));
    assert_int_equal(n, 1);
}

/* Each way in which a case stops or begins to be findable. */
static void follows_the_state(void **state)
{
    static const struct {
        const char *key, *value;
        int64_t rows;
    } CASES[] = {
        {"$closed", "1700000000001", 0}, {"$void", "true", 0}, {"$sealed", "true", 0},
        {"$merged", "\"x\"", 0},         {"other", "5", 1},
    };
    struct fix *f = fix_of(state);
    struct desk d;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        desk_open(&d, f);
        struct record *r = make_record(f->a, 1, "t.t");
        set_json(f->a, r, "caller", detach(&d, r, 1, 0, "{\"phone\":\"13812345678\"}"));
        save(&d, NULL, r);
        assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 1);
        struct record *ended = record_copy(f->a, r);
        set_json(f->a, ended, CASES[i].key, CASES[i].value);
        save(&d, r, ended);
        assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), CASES[i].rows);
        save(&d, ended, r); /* reopened */
        assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 1);
    }
}

static void only_on_change(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct desk d;
    desk_open(&d, f);
    struct record *r = make_record(f->a, 1, "t.t");
    set_json(f->a, r, "caller", detach(&d, r, 1, 0, "{\"phone\":\"13812345678\"}"));
    save(&d, NULL, r);
    struct record *next = record_copy(f->a, r);
    set_json(f->a, next, "summary", detach(&d, next, 2, 0, "\"new\""));
    next->state = STR("settled");
    d.change = (struct change){.before = r, .after = next, .def = &DEF};
    store_fault_in(f->db, 1);
    OK(lookup_save(f->db, &d.c, &e)); /* no call at all */
    assert_false(store_fault_fired(f->db));
    store_fault_in(f->db, 0);

    /* Another person: the old number is gone. */
    struct record *later = record_copy(f->a, next);
    set_json(f->a, later, "caller", detach(&d, later, 3, 0, "{\"phone\":\"13812345679\"}"));
    in_scope(&d, later, "o1");
    save(&d, next, later);
    struct lookup_hit *hits;
    assert_int_equal(find_all(&d, "13812345678", &hits), 0);
    assert_int_equal(find_all(&d, "13812345679", &hits), 1);

    /* Records of the system have no definition. */
    d.change = (struct change){.after = r};
    OK(lookup_save(f->db, &d.c, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 1);
}

static void in_the_same_commit(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct desk d;
    struct lookup_value *values;
    size_t n = 9;
    struct lookup_hit *hits;
    desk_open(&d, f);
    struct record *r = make_record(f->a, 1, "t.t");
    struct plain_value plain[] = {
        {.seq = 7, .k = 0, .plain = STR("{\"phone\":\"13812345678 / 13812345678\"}")}};
    d.c.plain = plain;
    d.c.n_plain = 1;
    set_json(f->a, r, "caller", "{\"$d\":0,\"s\":7,\"c\":\"x\"}"); /* not in the table yet */
    in_scope(&d, r, "o1");
    save(&d, NULL, r);
    assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 1); /* the same number twice */
    assert_int_equal(find_all(&d, "13812345678", &hits), 1);
    OK(lookup_values(f->db, &d.c, r, &DEF, &values, &n, &e));
    assert_int_equal(n, 1);
}

static void after_an_erasure(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct desk d;
    struct lookup_value *values;
    size_t n = 9;
    desk_open(&d, f);
    struct record *r = make_record(f->a, 1, "t.t");
    set_json(f->a, r, "parties",
             arena_printf(f->a, "[%s,%s]", detach(&d, r, 1, 0, "{\"phone\":\"13812345678\"}"),
                          detach(&d, r, 1, 1, "{\"phone\":\"13812345679\"}")));
    save(&d, NULL, r);
    OK(lookup_values(f->db, &d.c, r, &DEF, &values, &n, &e));
    assert_int_equal(n, 2);
    assert_true(memcmp(values[0].b, values[1].b, LOOKUP_VALUE) < 0);
    OK(store_exec(f->db, "UPDATE detached SET bytes = NULL, salt = NULL WHERE k = 0", BIND_NONE,
                  NULL, &e));
    OK(lookup_values(f->db, &d.c, r, &DEF, &values, &n, &e));
    assert_int_equal(n, 1);
    OK(store_begin(f->db, &e));
    OK(lookup_again(f->db, &d.c, r, &DEF, &e));
    OK(store_commit(f->db, &e));
    assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), 1);
    struct lookup_key k = lookup_key(d.keys.master);
    struct lookup_value left = lookup_value(&k, r->id, STR("13812345679"));
    assert_memory_equal(values[0].b, left.b, LOOKUP_VALUE);
}

/* More than a page of matters, most of them without a telephone. */
static void many_matters(void **state)
{
    struct fix *f = fix_of(state);
    struct err e = ERR_INIT;
    struct desk d;
    struct lookup_hit *hits;
    desk_open(&d, f);
    struct lookup_key k = lookup_key(d.keys.master);
    OK(store_begin(f->db, &e));
    for (int64_t i = 1; i <= 2300; i++) {
        struct record *r = make_record(f->a, i, i % 3 ? "t.a" : "t.b");
        in_scope(&d, r, "o1");
        if (i % 5)
            continue;
        struct lookup_value v =
            lookup_value(&k, r->id, i % 1000 ? STR("13900000000") : STR("13812345678"));
        OK(store_exec(f->db, "INSERT INTO lookup (rid, value) VALUES ($1, $2)",
                      BIND(C_INT(i), C_BLOB(((struct str){(char *)v.b, LOOKUP_VALUE}))), NULL, &e));
    }
    OK(store_commit(f->db, &e));
    assert_int_equal(find_all(&d, "13812345678", &hits), 2);
    assert_int_equal(hits[0].rid + hits[1].rid, 3000);
    assert_int_equal(find_all(&d, "13900000000", &hits), 10); /* cut to the limit */
    assert_int_equal(find_all(&d, "13900000001", &hits), 0);
}

static void faults_while_saving(void **state)
{
    struct fix *f = fix_of(state);
    struct desk d;
    bool done = false;
    desk_open(&d, f);
    struct record *r = make_record(f->a, 1, "t.t");
    set_json(f->a, r, "caller", detach(&d, r, 1, 0, "{\"phone\":\"13812345678\"}"));
    d.change = (struct change){.after = r, .def = &DEF};
    for (int k = 1; !done; k++) {
        struct err e = ERR_INIT;
        store_fault_in(f->db, k);
        bool ok = store_begin(f->db, &e) && lookup_save(f->db, &d.c, &e) && store_commit(f->db, &e);
        done = !store_fault_fired(f->db);
        store_fault_in(f->db, 0);
        store_rollback(f->db);
        assert_int_equal(ok, done);
        assert_int_equal(count(f->db, "SELECT count(*) FROM lookup"), done);
        assert_true(k < 30);
    }
}

// clang-format off
static const struct CMUnitTest TESTS[] = {
    PURE(phones)
    PURE(values_differ)
    ON_BOTH(saved_with_the_record)
    ON_BOTH(follows_the_state)
    ON_BOTH(only_on_change)
    ON_BOTH(in_the_same_commit)
    ON_BOTH(after_an_erasure)
    ON_BOTH(many_matters)
    ON_BOTH(faults_while_saving)
};
// clang-format on

RUN_TESTS("lookup", TESTS)
