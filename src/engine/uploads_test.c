/* Uploads: kept sealed, claimed once, refused with one line when they cannot be, and gone when they are erased or
 * nobody names them. */
#include "engine/test_int.h"
#include "engine/engine_int.h"
#include "engine/upload_bytes.h"

#define WORD "某甲的欠条"
static const char BYTES[] = "%PDF-1.4 " WORD;

static struct upload send(struct house *h, const char *name)
{
    struct err e = ERR_INIT;
    struct str bytes = str_of(BYTES);
    h->now += MS_SECOND;
    struct upload u = {.id = id_new(h->now), .account = who(h, name)->account, .name = STR(WORD ".pdf"),
                       .mime = STR("application/pdf"), .size = (int64_t)bytes.len, .sha256 = hash_sha256(bytes)};
    if (!uploads_keep(h->en, &u, bytes, h->now, &e))
        fail_msg("%s", e.text);
    return u;
}

/* What of an upload can be read: 0 nothing, 1 the row, 2 the bytes too. */
static int readable(struct house *h, struct id id)
{
    struct err e = ERR_INIT;
    struct upload u;
    struct str bytes;
    bool found;
    struct store *db = testdb_open(&h->t, STORE_READ);
    if (!uploads_find(db, engine_keys(h->en), h->a, id, &found, &u, &e))
        fail_msg("%s", e.text);
    int what = found;
    if (found) {
        assert_true(str_is(u.name, WORD ".pdf"));
        what += uploads_open(db, h->a, &u, &bytes, &e);
    }
    if (what == 2)
        assert_true(str_is(bytes, BYTES));
    store_close(db);
    return what;
}

static struct id report(struct house *h)
{
    return must(h, "grid", (struct id){{0}}, "report",
                "{'summary':'两家为墙争执','place':{'text':'一村'},'result':'pending'}")
        .record;
}

static const char *named(struct house *h, struct id file)
{
    return arena_printf(h->a, "{'documents':[{'doc':'application','file':'%s'}]}", id_text(h->a, file).ptr);
}

static void refused_with(struct house *h, const char *by, struct id rec, const char *action, const char *fields,
                         const char *why)
{
    int64_t size = house_size(h);
    struct answer ans = act(h, by, rec, action, fields);
    if (ans.ok || ans.err.code != ERR_INPUT || !strstr(ans.err.text, why) || !ans.err.zh[0])
        fail_msg("expected \"%s\": %s", why, ans.ok ? "it was taken" : ans.err.text);
    assert_int_equal(house_size(h), size);
}

static void tick(struct engine *en)
{
    struct err e = ERR_INIT;
    if (!engine_tick(en, &e))
        fail_msg("%s", e.text);
}

/* ---- what is tried ---- */

/* A claimed file opens with the record's key and no longer with the master key alone. */
static void claimed(struct house *h)
{
    struct id rec = report(h), other = report(h);
    struct upload u = send(h, "grid"), desks = send(h, "desk");
    assert_int_equal(readable(h, u.id), 2);
    refused_with(h, "grid", rec, "attach", named(h, id_new(h->now)), "not there");
    refused_with(h, "grid", rec, "attach", "{'documents':[{'doc':'application','file':'x'}]}", "expected the id");
    refused_with(h, "grid", rec, "attach", named(h, desks.id), "another account");
    must(h, "grid", rec, "attach", named(h, u.id));
    assert_int_equal(readable(h, u.id), 2);
    refused_with(h, "grid", other, "attach", named(h, u.id), "another matter");
    refused_with(h, "grid", (struct id){{0}}, "report",
                 arena_printf(h->a, "{'summary':'两家','place':{'text':'一村'},'result':'pending','photo':['%s']}",
                              id_text(h->a, u.id).ptr),
                 "another matter");
    must(h, "desk", rec, "attach", named(h, u.id)); /* of this matter it is named again */
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM upload WHERE rid IS NULL"), 1);
    house_verify(h);
}

/* What stands in the matter is what the program knows of the file, not what was said of it. */
static void facts(struct house *h)
{
    struct id rec = report(h);
    struct upload u = send(h, "grid");
    struct err e = ERR_INIT;
    struct str plain = STR_NONE;
    must(h, "grid", rec, "attach",
         arena_printf(h->a, "{'documents':[{'doc':'application','file':'%s','name':'x.exe','size':1}]}",
                      id_text(h->a, u.id).ptr));
    struct record *r = load(h, rec);
    struct changes c = {.arena = h->a, .keys = engine_keys(h->en)};
    struct store *db = testdb_open(&h->t, STORE_READ);
    JSON_EACH (p, r->parts)
        if (json_get(p, "file"))
            assert_true(changes_plain(db, &c, r, json_get(p, "file"), &plain, &e));
    store_close(db);
    assert_true(str_has(plain, STR(WORD ".pdf")) && str_has(plain, STR("\"application/pdf\"")));
    assert_true(str_has(plain, hex_of(h->a, HASH_STR(u.sha256))));
    assert_false(str_has(plain, STR("x.exe")));
}

struct pair {
    struct house *h;
    struct ask asks[2];
    struct answer got[2];
};

static void first_done(void *user, struct answer *ans)
{
    ((struct pair *)user)->got[0] = *ans;
}

static void second_done(void *user, struct answer *ans)
{
    ((struct pair *)user)->got[1] = *ans;
}

static bool send_both(void *user, struct store *db, struct err *e)
{
    struct pair *p = user;
    UNUSED(db);
    UNUSED(e);
    engine_submit(p->h->en, p->h->a, &p->asks[0], first_done, p);
    engine_submit(p->h->en, p->h->a, &p->asks[1], second_done, p);
    return true;
}

static bool nothing(void *user, struct store *db, struct err *e)
{
    UNUSED(user);
    UNUSED(db);
    return !err_is(e);
}

/* Two actions of one commit name the same upload: both were good when they were sent. */
static void at_once(struct house *h)
{
    struct id recs[] = {report(h), report(h)};
    struct upload u = send(h, "grid");
    struct pair p = {.h = h};
    struct err e = ERR_INIT;
    int64_t batches = engine_stats(h->en).batches;
    for (int i = 0; i < 2; i++) {
        p.asks[i] = ask_of(h, "grid", "attach", named(h, u.id));
        p.asks[i].rec = recs[i];
    }
    assert_true(engine_exclusive(h->en, send_both, &p, &e));
    assert_true(engine_exclusive(h->en, nothing, NULL, &e)); /* its turn comes behind them */
    assert_int_equal(engine_stats(h->en).batches, batches + 1);
    assert_true(p.got[0].ok);
    assert_false(p.got[1].ok);
    assert_non_null(strstr(p.got[1].err.text, "another matter"));
    house_verify(h);
}

static void bytes_lost(struct house *h)
{
    struct id rec = report(h);
    struct upload u = send(h, "grid");
    struct err e = ERR_INIT;
    struct store *db = testdb_open(&h->t, STORE_WRITE);
    assert_true(upload_bytes_drop(db, u.id, &e));
    upload_bytes_remove(db, u.id);
    store_close(db);
    refused_with(h, "grid", rec, "attach", named(h, u.id), "not there");
    assert_int_equal(readable(h, u.id), 1);
}

static struct verify_report files_verified(struct house *h)
{
    struct verify_report report;
    struct err e = ERR_INIT;
    struct store *db = testdb_open(&h->t, STORE_READ);
    if (!verify_all(db, engine_keys(h->en), VERIFY_FILES, NULL, NULL, &report, &e))
        fail_msg("%s", e.text);
    store_close(db);
    return report;
}

static void alter(struct house *h, struct id id, const char *bytes)
{
    struct err e = ERR_INIT;
    struct store *db = testdb_open(&h->t, STORE_WRITE);
    assert_true(store_begin(db, &e) && upload_bytes_drop(db, id, &e));
    upload_bytes_remove(db, id);
    assert_true(!bytes || upload_bytes_put(db, id, str_of(bytes), &e));
    assert_true(store_commit(db, &e));
    store_close(db);
}

static void verified(struct house *h)
{
    struct id rec = report(h);
    struct upload u = send(h, "grid"), staged = send(h, "grid");
    must(h, "grid", rec, "attach", named(h, u.id));
    alter(h, staged.id, NULL); /* nobody names it */
    struct verify_report r = files_verified(h);
    assert_true(r.ok);
    assert_int_equal(1, r.files);
    static const char *const WRONG[] = {"something else that is long enough to have a tag", "short", NULL};
    for (size_t i = 0; i < COUNT_OF(WRONG); i++) {
        alter(h, u.id, WRONG[i]);
        r = files_verified(h);
        assert_false(r.ok);
        assert_int_equal(house_size(h) - 1, r.first_bad);
        assert_non_null(strstr(r.why, "missing, or altered"));
        house_verify(h); /* the other levels do not read it */
    }
}

static void erased(struct house *h)
{
    struct upload u = send(h, "grid");
    struct id rec = must(h, "grid", (struct id){{0}}, "report",
                         arena_printf(h->a, "{'summary':'两家','place':{'text':'一村'},'result':'pending',"
                                            "'photo':['%s']}", id_text(h->a, u.id).ptr))
                        .record;
    assert_int_equal(readable(h, u.id), 2);
    must(h, "centre", rec, "erase", "{'fields':['photo'],'reason':'本人要求'}");
    assert_int_equal(readable(h, u.id), 0);
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM upload WHERE key IS NOT NULL"), 0);
    tick(h->en);
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM upload"), 0);
    struct err e = ERR_INIT;
    bool yes = true;
    struct store *db = testdb_open(&h->t, STORE_READ);
    assert_true(upload_bytes_there(db, u.id, &yes, &e));
    store_close(db);
    assert_false(yes);
    house_verify(h);
}

static void unclaimed(struct house *h)
{
    struct id rec = report(h);
    struct upload kept = send(h, "grid"), lost = send(h, "grid");
    must(h, "grid", rec, "attach", named(h, kept.id));
    h->now += 23 * (int64_t)MS_HOUR;
    struct upload young = send(h, "grid");
    tick(h->en);
    assert_int_equal(readable(h, lost.id), 2); /* a day is given */
    h->now += 2 * (int64_t)MS_HOUR;
    tick(h->en);
    assert_int_equal(readable(h, kept.id), 2);
    assert_int_equal(readable(h, lost.id), 0);
    assert_int_equal(readable(h, young.id), 2);
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM upload"), 2);
    house_verify(h);
}

/* The rows of 256 KB, on both engines: nothing, one byte, a whole part, one more, the largest. */
static void rows(struct house *h)
{
    static const size_t SIZES[] = {0, 1, BLOB_PART, BLOB_PART + 1, LIMIT_UPLOAD + CIPHER_EXTRA};
    struct store *db = testdb_open(&h->t, STORE_WRITE);
    struct err e = ERR_INIT;
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        struct id id = id_new(h->now);
        struct str got;
        bool found = false;
        char *bytes = mem_new(SIZES[i] + 1);
        memset(bytes, (int)i + 1, SIZES[i]);
        assert_true(store_begin(db, &e) && blob_put(db, id, (struct str){bytes, SIZES[i]}, &e) && store_commit(db, &e));
        assert_true(blob_get(db, h->a, id, &found, &got, &e) && found);
        assert_true(str_eq(got, (struct str){bytes, SIZES[i]}));
        assert_true(blob_drop(db, id, &e) && blob_get(db, h->a, id, &found, &got, &e));
        assert_false(found);
        free(bytes);
    }
    store_close(db);
}

static void nothing_in_the_clear(struct house *h)
{
    struct upload u = send(h, "grid");
    struct buf dump = house_dump(h);
    assert_int_equal(readable(h, u.id), 2);
    assert_false(str_has(buf_view(&dump), STR(WORD)));
    buf_free(&dump);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_EACH(claimed), ON_EACH(facts),     ON_EACH(at_once), ON_EACH(bytes_lost),
                                       ON_EACH(erased),  ON_EACH(unclaimed), ON_EACH(rows),    ON_EACH(verified),
                                       ON_EACH(nothing_in_the_clear)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
