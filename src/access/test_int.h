/* access/test_int.h - what the tests of this folder share: a migrated database on each engine, records
 * that are made by hand. */
#pragma once
#include "record/change.h"
#include "store/testfix.h"

#define T0 INT64_C(1700000000000)

__attribute__((unused)) static int64_t count(struct store *db, const char *sql)
{
    struct err e = ERR_INIT;
    bool found;
    int64_t n = -1;
    OK(store_int(db, sql, BIND_NONE, &found, &n, &e));
    return n;
}

__attribute__((unused)) static void wipe(struct store *db)
{
    struct err e = ERR_INIT;
    OK(store_ddl(db,
                 "DELETE FROM credential;\nDELETE FROM session;\nDELETE FROM account_login;\n"
                 "DELETE FROM record;\nDELETE FROM lookup;\nDELETE FROM scope_open;\n"
                 "DELETE FROM detached;\nDELETE FROM event;\nDELETE FROM dek",
                 &e));
}

/* ---- records made by hand ---- */

__attribute__((unused)) static struct record *make_record(struct arena *a, int64_t rid,
                                                          const char *type)
{
    struct record *r = record_new(a);
    r->rid = rid;
    r->id = id_new(1700000000000 + rid);
    r->type = str_of(type);
    r->pb = STR("");
    r->ver = 1;
    r->area = 1;
    r->code = STR("360100000000");
    r->state = STR("open");
    r->opened = r->recorded = r->last_at = 1700000000000;
    r->by = STR("operator");
    return r;
}

__attribute__((unused)) static void put_record(struct store *db, const struct record *r)
{
    static const char SQL[] =
        "INSERT INTO record (rid, id, type, state, area, area_code, opened, recorded, void, "
        "reopened, late, sealed, returns, hops, ver, last_seq, doc) VALUES "
        "($1, $2, $3, 'open', 1, '', 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, $4) "
        "ON CONFLICT (rid) DO UPDATE SET doc = excluded.doc";
    struct err e = ERR_INIT;
    struct buf doc = BUF(1 << 20);
    record_write(&doc, r);
    OK(store_exec(
        db, SQL,
        BIND(C_INT(r->rid), C_BLOB(ID_STR(r->id)), C_TEXT(r->type), C_TEXT(buf_view(&doc))), NULL,
        &e));
    buf_free(&doc);
}

__attribute__((unused)) static void set_json(struct arena *a, struct record *r, const char *key,
                                             const char *json)
{
    struct err e = ERR_INIT;
    struct json *v;
    OK(json_own(a, str_of(json), &v, &e));
    json_set(a, r->fields, str_of(key), v);
}

__attribute__((unused)) static struct record *make_account(struct fix *f, int64_t rid,
                                                           const char *login)
{
    struct err e = ERR_INIT;
    struct record *r = make_record(f->a, rid, "sys.account");
    set_json(f->a, r, "roles", "[{\"role\":\"desk\",\"area\":7},{\"role\":\"head\",\"area\":9}]");
    set_json(f->a, r, "org", "\"0190a0a0-0000-7000-8000-000000000001\"");
    put_record(f->db, r);
    if (login)
        OK(store_exec(f->db, "INSERT INTO account_login (login, rid) VALUES ($1, $2)",
                      BIND(C_TEXT(str_of(login)), C_INT(rid)), NULL, &e));
    return r;
}

static void fix_made(struct fix *f)
{
    struct err e = ERR_INIT;
    testdb_must(store_migrate(f->db, &e), "migrate", &e);
}
