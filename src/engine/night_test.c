/* At night what was erased leaves the files, once and by an event. */
#include "engine/test_int.h"
#include "engine/engine_int.h"

#define RARE "鱀豚蘑菇"
/* FTS5 leaves away what a term shares with the one before it, so the ends of two-character terms. */
static const char *const ENDS[] = {"\x80豚", "\x9A蘑", "\x91菇"};
#define EVENTS "SELECT COUNT(*) FROM event WHERE body LIKE '%erasure.cleared%'"

static struct id report(struct house *h, const char *word)
{
    const char *fields = arena_printf(h->a, "{'summary':'两家为%s争执','place':{'text':'%s巷'},'result':'pending'}",
                                      word, word);
    return must(h, "grid", (struct id){{0}}, "report", fields).record;
}

static void tick(struct engine *en)
{
    struct err e = ERR_INIT;
    if (!engine_tick(en, &e))
        fail_msg("%s", e.text);
}

/* In the database file or its WAL. */
static bool written(struct house *h)
{
    static const char *const SUFFIXES[] = {"", "-wal"};
    bool yes = false;
    for (size_t i = 0; i < COUNT_OF(SUFFIXES); i++) {
        struct err e = ERR_INIT;
        struct str bytes = STR_NONE;
        if (!file_read(h->a, arena_printf(h->a, "%s%s", h->t.url, SUFFIXES[i]), 64 << 20, &bytes, &e))
            continue;
        yes |= str_has(bytes, STR(RARE));
        for (size_t k = 0; k < COUNT_OF(ENDS); k++)
            yes |= str_has(bytes, str_of(ENDS[k]));
    }
    return yes;
}

/* The next time it is this hour in the town. */
static void until(struct house *h, int hour)
{
    const struct zone *z;
    struct err e = ERR_INIT;
    assert_true(zone_load("Asia/Shanghai", &z, &e));
    int64_t at = zone_start(z, zone_day(z, h->now)) + hour * (int64_t)MS_HOUR;
    h->now = at > h->now ? at : at + MS_DAY;
}

static void nights(struct house *h)
{
    bool lite = h->t.engine == STORE_SQLITE;
    struct id rec = report(h, RARE), other = report(h, "平常小事");
    until(h, 3);
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 0); /* nothing was erased */
    until(h, 9);
    must(h, "head", rec, "erase", "{'fields':['summary','place'],'reason':'本人要求'}");
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 0); /* by day */
    assert_true(!lite || written(h));
    until(h, 3);
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 1);
    assert_false(lite && written(h));
    struct engine_config cfg = {.url = h->t.url, .clock = {house_now, h}};
    struct engine *second;
    struct err e = ERR_INIT;
    assert_true(engine_open(&cfg, &second, &e));
    h->now += MS_HOUR;
    tick(second);
    tick(h->en);
    engine_close(second);
    must(h, "head", other, "erase", "{'fields':['summary'],'reason':'本人要求'}");
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 1); /* once a night */
    until(h, 2);
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 2);
    until(h, 3);
    tick(h->en);
    assert_int_equal(house_number(h, EVENTS), 2); /* and nothing since */
    house_verify(h);
}

static void only_the_clock_says_so(struct house *h)
{
    static const char *const WHO[] = {"operator", "admin"};
    for (size_t i = 0; i < COUNT_OF(WHO); i++) {
        struct answer ans;
        struct ask ask = ask_of(h, WHO[i], NULL, "{'name':'erasure.cleared','value':'9 2024-09-09 x'}");
        ask.type = STR("sys.setting");
        assert_false(engine_act(h->en, h->a, &ask, &ans));
        assert_int_equal(ans.err.code, ERR_FORBIDDEN);
    }
    struct actor clock = actor_clock();
    struct answer ans;
    struct ask ask = ask_of(h, "operator", NULL, "{'name':'figures.levels','value':'1 2 3'}");
    ask.type = STR("sys.setting");
    ask.actor = &clock;
    assert_false(engine_act(h->en, h->a, &ask, &ans));
    assert_int_equal(ans.err.code, ERR_FORBIDDEN);
}

/* ---- the list beside the key file ---- */

/* What the field said before it was amended goes too, once. */
static void amended(struct house *h)
{
    struct id rec = report(h, RARE);
    must(h, "desk", rec, "amend", "{'fields':{'summary':'两家为小事争执'},'reason':'写错了'}");
    must(h, "head", rec, "erase", "{'fields':['summary','place'],'reason':'本人要求'}");
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM detached WHERE bytes IS NULL"), 3);
    char list[ERASURES_PATH];
    struct err e = ERR_INIT;
    struct str text = STR_NONE;
    int lines = 0;
    erasures_path(engine_keys(h->en), list);
    assert_true(file_read(h->a, list, 1 << 20, &text, &e));
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    assert_int_equal(lines, 3);
    until(h, 3);
    tick(h->en);
    assert_false(h->t.engine == STORE_SQLITE && written(h));
    house_verify(h);
}

/* As in a copy from before the erasure: the value is there, and its words and coordinates. */
static bool put_back(void *user, struct store *db, struct err *e)
{
    int64_t *n = user;
    return store_exec(db, "UPDATE detached SET salt = (SELECT salt FROM kept k WHERE k.seq = detached.seq AND "
                          "k.k = detached.k), bytes = (SELECT bytes FROM kept k WHERE k.seq = detached.seq AND "
                          "k.k = detached.k), erased_seq = NULL WHERE bytes IS NULL", BIND_NONE, n, e) &&
           store_exec(db, "UPDATE f_dispute_dispute SET x_place_lon = 1, x_place_lat = 1", BIND_NONE, NULL, e) &&
           store_exec(db, "DROP TABLE kept", BIND_NONE, NULL, e);
}

static bool keep(void *user, struct store *db, struct err *e)
{
    UNUSED(user);
    return store_exec(db, "CREATE TABLE kept AS SELECT seq, k, salt, bytes FROM detached", BIND_NONE, NULL, e);
}

static void erased_again(struct house *h)
{
    struct err e = ERR_INIT;
    char list[ERASURES_PATH];
    int64_t back = 0, values = 0;
    struct str text = STR_NONE;
    struct id rec = report(h, RARE), twice = report(h, RARE);
    assert_true(engine_exclusive(h->en, keep, NULL, &e));
    must(h, "head", rec, "erase", "{'fields':['summary','place'],'reason':'本人要求'}");
    must(h, "head", twice, "erase", "{'fields':['summary'],'reason':'本人要求'}");
    must(h, "head", twice, "erase", "{'fields':['summary','place'],'reason':'本人要求'}");
    assert_true(engine_exclusive(h->en, put_back, &back, &e));
    assert_int_equal(back, 4);
    erasures_path(engine_keys(h->en), list);
    assert_true(file_read(h->a, list, 1 << 20, &text, &e));
    assert_true(str_has(text, STR(" .\n")) && !str_has(text, STR(RARE)));
    /* another event at the place of the first line: that commit failed */
    const char *other = arena_printf(h->a, "%s.other", list);
    struct str first = str_dup(h->a, str_cut(text, '\n', &text)), end = str_cut(first, ' ', &first);
    char none[ID_TEXT + 1];
    id_format((struct id){{0}}, none);
    struct str line = str_printf(h->a, "%.*s %s%.*s\n", STR_F(end), none, (int)first.len - ID_TEXT,
                                 first.ptr + ID_TEXT);
    assert_true(file_replace(other, line, 0600, &e));
    assert_true(erasures_again(h->t.url, engine_keys(h->en), other, &values, &e));
    assert_int_equal(values, 0);
    assert_true(file_replace(other, STR("not a list\n"), 0600, &e));
    assert_false(erasures_again(h->t.url, engine_keys(h->en), other, &values, &e));
    assert_int_equal(e.code, ERR_SYNTAX);
    err_clear(&e);
    unlink(other);
    assert_false(erasures_again(h->t.url, engine_keys(h->en), other, &values, &e));
    assert_int_equal(e.code, ERR_NOT_FOUND);
    err_clear(&e);
    if (!erasures_again(h->t.url, engine_keys(h->en), list, &values, &e))
        fail_msg("%s", e.text);
    assert_int_equal(values, 4);
    assert_int_equal(house_number(h, "SELECT COUNT(*) FROM f_dispute_dispute WHERE x_place_lon IS NOT NULL"), 0);
    assert_true(erasures_again(h->t.url, engine_keys(h->en), list, &values, &e));
    assert_int_equal(values, 0);
    house_verify(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ON_EACH(nights), ON_EACH(only_the_clock_says_so), ON_EACH(erased_again),
                                       ON_EACH(amended)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
