/* What the system drafts by itself: when matters gather at a place or under a unit, when one's time has run out, when
 * one comes again where another was closed.  Once, whoever looks and however often. */
#include "engine/engine_int.h"
#include "engine/test_int.h"

static void look(struct house *h)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct err e = ERR_INIT;
    struct world *w = engine_world(h->en, &e);
    if (!w || !watch_look(h->en, a, w, &e))
        fail_msg("%s", e.text);
    world_unref(w);
}

/* As after a restart: the last two days are looked at again. */
static void look_anew(struct house *h)
{
    h->en->watched = (struct engine_watched){.now = 0};
    look(h);
}

static int64_t drafts(struct house *h, const char *reason)
{
    struct err e = ERR_INIT;
    int64_t n = -1;
    bool found;
    struct store *db = engine_reader(h->en, &e);
    assert_true(store_int(db, "SELECT COUNT(*) FROM f_letter_letter WHERE x_reason = $1",
                          BIND(C_TEXT(str_of(reason))), &found, &n, &e));
    engine_reader_back(h->en, db);
    return n;
}

static struct id newest(struct house *h)
{
    struct err e = ERR_INIT;
    struct id id = {{0}};
    struct store *db = engine_reader(h->en, &e);
    struct rows r AUTO(rows_close) =
        store_query(db, "SELECT id FROM record WHERE type = 'letter.letter' ORDER BY rid DESC LIMIT 1", BIND_NONE, &e);
    assert_true(rows_next(&r));
    memcpy(id.b, rows_str(&r, 0).ptr, ID_LEN);
    rows_close(&r);
    engine_reader_back(h->en, db);
    return id;
}

static struct id report_at(struct house *h, const char *lon, const char *more)
{
    const char *fields = arena_printf(
        h->a, "{'summary':'门口堆放','result':'pending','place':{'text':'门口','lon':'%s','lat':'28.69'}%s}", lon, more);
    return must(h, "grid", (struct id){{0}}, "report", fields).record;
}

static void begin(struct house *h)
{
    house_playbook(h, "letter");
    look(h);
}

static size_t named(struct house *h)
{
    const struct json *list = json_get(load(h, newest(h))->fields, "matters");
    return list ? list->n : 0;
}

static void at_a_place(struct house *h)
{
    begin(h);
    report_at(h, "115.81", "");
    report_at(h, "115.8101", "");
    report_at(h, "115.83", ""); /* elsewhere */
    report_at(h, "115.8101", ",'minor':true"); /* sealed: it has no place that anybody may count */
    look(h);
    assert_int_equal(drafts(h, "place"), 0);
    report_at(h, "115.8102", "");
    look(h);
    look(h);
    look_anew(h);
    assert_int_equal(drafts(h, "place"), 1);
    assert_int_equal(named(h), 3);
    report_at(h, "115.81", ""); /* the three stand in a letter already */
    h->now += 2 * MS_DAY;
    report_at(h, "115.81", "");
    look(h);
    assert_int_equal(drafts(h, "place"), 1);
    report_at(h, "115.81", "");
    look(h);
    look_anew(h);
    assert_int_equal(drafts(h, "place"), 2);
    assert_int_equal(named(h), 3);
    h->now += 31 * (int64_t)MS_DAY; /* too long ago to go with what comes now */
    for (int i = 0; i < 2; i++)
        report_at(h, "115.81", "");
    look(h);
    assert_int_equal(drafts(h, "place"), 2);
}

static void triage_to(struct house *h, const char *lon, int org)
{
    struct id rec = report_at(h, lon, "");
    must(h, "desk", rec, "register", REGISTER);
    must(h, "desk", rec, "triage",
         arena_printf(h->a, "{'grade':'simple','bar':'none','competent_unit':'%s'}", h->orgs[org]));
}

/* Counted when the unit is known, which is after the opening. */
static void under_a_unit(struct house *h)
{
    begin(h);
    triage_to(h, "115.1", ORG_POLICE);
    triage_to(h, "115.2", ORG_FIRE);
    triage_to(h, "115.3", ORG_POLICE);
    look(h);
    assert_int_equal(drafts(h, "unit"), 0);
    triage_to(h, "115.4", ORG_POLICE);
    look(h);
    look_anew(h);
    assert_int_equal(drafts(h, "unit"), 1);
    assert_int_equal(named(h), 3);
    assert_true(str_is(json_text(load(h, newest(h))->fields, "to_unit"), h->orgs[ORG_POLICE]));
    assert_int_equal(drafts(h, "place"), 0);
}

static void out_of_time(struct house *h)
{
    begin(h);
    struct id rec = BEGUN(h, COUNT_OF(TO_MEDIATION));
    look(h);
    h->now = record_due(load(h, rec)) - MS_SECOND;
    look(h);
    assert_int_equal(drafts(h, "overdue"), 0);
    h->now += 2 * MS_SECOND;
    look(h);
    look(h);
    look_anew(h);
    assert_int_equal(drafts(h, "overdue"), 1);
    assert_int_equal(named(h), 1);
    assert_true(str_eq(json_text(load(h, newest(h))->fields, "to_unit"), record_holder(load(h, rec))));
}

static void come_again(struct house *h)
{
    begin(h);
    must(h, "grid", (struct id){{0}}, "settle_on_the_spot", ON_THE_SPOT);
    look(h);
    assert_int_equal(drafts(h, "again"), 0);
    h->now += MS_DAY;
    struct id rec = report_at(h, "115.81", "");
    must(h, "desk", rec, "register", REGISTER); /* looked at once more when it changes */
    look(h);
    must(h, "desk", rec, "triage", TRIAGE);
    look(h);
    look_anew(h);
    assert_int_equal(drafts(h, "again"), 1);
    assert_int_equal(named(h), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_EACH(at_a_place),
        ON_EACH(under_a_unit),
        ON_EACH(out_of_time),
        ON_EACH(come_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
