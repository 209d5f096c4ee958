/* The mapping without a database: names, codes, areas, cells, and what a broken mapping does. */
#include "base/testdice.h"
#include "exchange/mapping_int.h"
#include "playbook/yaml_json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char BOOK[] =
    "playbook: t\nversion: 1\nname: {zh: 试, en: Test}\nnoun: {zh: 件, en: case}\n"
    "codes:\n  kind:\n    name: {zh: 类, en: Kind}\n    list:\n"
    "      a: {zh: 路灯, en: Street Lamp}\n      b: {zh: 井盖, en: Cover}\n"
    "      c: {zh: 同名, en: C}\n      d: {zh: 同名, en: D}\n"
    "records:\n  case:\n    kind: case\n    name: {zh: 件, en: Case}\n    fields:\n"
    "      text: {label: {zh: 内容, en: Text}, type: text, required: true}\n"
    "      kind: {label: {zh: 类, en: Kind}, type: code, codes: kind}\n"
    "      kinds: {label: {zh: 多类, en: Kinds}, type: code, codes: kind, many: true}\n"
    "      seen: {label: {zh: 见于, en: Seen}, type: time}\n"
    "      unit: {label: {zh: 单位, en: Unit}, type: org}\n"
    "      where: {label: {zh: 地点, en: Where}, type: place}\n"
    "      who: {label: {zh: 人, en: Who}, type: person}\n"
    "    states:\n      open: {zh: 开}\n      shut: {zh: 结, closed: true}\n"
    "    actions:\n"
    "      report: {name: {zh: 报}, opens: true, to: open, form: [text, kind?, kinds?, seen?, unit?, "
    "where?, who?]}\n"
    "      close: {name: {zh: 结}, from: [open], to: shut}\n"
    "      load: {name: {zh: 导入}, import: true, from: any, to: any, form: [text!, kind?, kinds?, "
    "seen?, unit?, where?, who?, opened!, closed?, state?]}\n";

static const char MAP[] = "import: t.case\nsource: s\nid: id\narea: area\ncolumns:\n  text: text\n"
                          "  kind: {column: kind, map: {X: b, Y: \"\"}, default: a}\n"
                          "  kinds: kinds\n  seen: seen\n  unit: unit\n  opened: opened\n"
                          "  where: {lon: x, lat: y}\n  who: {name: name, phone: phone}\n"
                          "  state: {value: open}\n";
static const char *const HEAD[] = {"id",   "area", "text", "kind", "kinds", "seen", "unit",
                                   "opened", "x",  "y",    "name", "phone", "extra"};
enum { WIDTH = COUNT_OF(HEAD) };

static struct world W;
static struct arena *LIFE;

static void add_area(const char *code, const char *name, int parent)
{
    struct area *x = &W.areas[W.n_areas];
    *x = (struct area){.aid = W.n_areas + 1, .code = str_of(code), .name = str_of(name),
                       .parent = parent, .from = DAY_NONE, .to = DAY_NONE};
    W.n_areas++;
}

static int make_world(void **state)
{
    static struct installed books[1];
    static struct org orgs[2];
    static int no_codes[1] = {-1};
    struct err e = ERR_INIT;
    UNUSED(state);
    LIFE = arena_new();
    assert_true(zone_load("Asia/Shanghai", &W.zone, &e));
    W.areas = ARENA_ARRAY(LIFE, struct area, 12);
    W.code_table = no_codes;
    add_area("360000000000", "江西省", -1);
    add_area("360100000000", "南昌市", 0);
    add_area("360112000000", "新建区", 1);
    add_area("360103000000", "西湖区", 1);
    add_area("B", "Boston", -1);
    add_area("B1", "Ward 1", 4);
    add_area("B17", "Ward 17", 4);
    add_area("X17", "Ward 17", 5);
    add_area("C", "Chelsea", -1);
    add_area("C1", "Ward 1", 8); /* "Ward 1" alone says nothing: there are two */
    add_area("V1", "East", 5);
    add_area("V2", "East", 9);
    struct complaints *c = ARENA_NEW(LIFE, struct complaints);
    books[0].playbook = playbook_load(str_of(BOOK), W.zone, c);
    if (!books[0].playbook)
        fprintf(stderr, "%d: %s\n", c->list[0].line, c->list[0].text);
    assert_non_null(books[0].playbook);
    books[0].in_force = true;
    W.playbooks = books;
    W.n_playbooks = 1;
    orgs[0].name = STR("Centre  One");
    orgs[0].id_text = STR("01900000-0000-7000-8000-000000000001");
    orgs[1].name = STR("Old");
    orgs[1].closed = true;
    W.orgs = orgs;
    W.n_orgs = 2;
    return 0;
}

static int drop_world(void **state)
{
    struct playbook *p;
    UNUSED(state);
    memcpy(&p, &W.playbooks[0].playbook, sizeof p);
    playbook_free(p);
    arena_free(LIFE);
    return 0;
}

static struct import_map *good_map(struct arena *a)
{
    struct import_map *m = NULL;
    struct err e = ERR_INIT;
    struct str unused = STR_NONE, header[WIDTH];
    for (int i = 0; i < WIDTH; i++)
        header[i] = str_of(HEAD[i]);
    if (!mapping_read(a, "m.yaml", str_of(MAP), &W, &m, &e) ||
        !mapping_bind(a, m, header, WIDTH, &unused, &e))
        fail_msg("%s", e.text);
    assert_true(str_is(unused, "extra"));
    return m;
}

static void folding(void **state)
{
    static const char *const CASES[][2] = {
        {"  Boston / Ward  1/ 0101 ", "boston/ward 1/0101"}, {"Boston//", "boston"}, {"", ""},
        {" / ", ""},  {"/a", "a"}, {"A\t B", "a b"}, {"南昌市　", "南昌市"}, {"a//b", "a//b"}};
    struct arena *a AUTO(arena_freep) = arena_new();
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct str got = names_fold(a, str_of(CASES[i][0]));
        if (!str_is(got, CASES[i][1]))
            fail_msg("'%s' gave '%.*s'", CASES[i][0], STR_F(got));
    }
}

static void many_names(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct name_index *x = names_new(a);
    UNUSED(state);
    for (int i = 0; i < 5000; i++)
        names_add(x, str_printf(a, "n%d", i), i);
    for (int i = 0; i < 5000; i += 7)
        names_add(x, str_printf(a, "n%d", i), i % 2 ? i : i + 1); /* again, or as another */
    for (int i = 0; i < 5000; i++) {
        bool twice = i % 7 == 0 && i % 2 == 0;
        assert_int_equal(names_find(x, str_printf(a, "n%d", i)), twice ? NAME_TWICE : i);
    }
    assert_int_equal(names_find(x, STR("n5000")), NAME_NONE);
}

static void areas(void **state)
{
    static const struct {
        const char *text;
        int area;
        bool above;
    } CASES[] = {
        {"360112000000", 2, false}, {"新建区", 2, false}, {"江西省/南昌市/新建区", 2, false},
        {"南昌市新建区", 2, false}, {"江西省南昌市新建区", 2, false}, {"南昌市/新建区", 2, false},
        {"南昌市/青山湖区", 1, true}, {"boston/WARD 17", 6, false}, {"Ward 17", 6, false}, {"Ward 1", -1, false},
        {"East", -1, false},
        {"Chelsea/Ward 1/East", 11, false}, {"chelsea/ward 1", 9, false},
        {"Boston/Ward 1/Ward 17", 7, false}, {"Boston/Ward 170", 4, true}, {"", -1, false},
        {"Chicago/Ward 1", -1, true}, {"b17", 6, false}, {"Boston/Ward 1/x/y/z", 5, true}};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct import_map *m = good_map(a);
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        bool above;
        int got = mapping_area(m, str_of(CASES[i].text), &above);
        if (got != CASES[i].area || (got >= 0 && above != CASES[i].above))
            fail_msg("'%s' gave %d, %d", CASES[i].text, got, above);
    }
}

/* One row that is good, with one cell changed; gives the fields as JSON, or the error. */
static struct str row_with(struct arena *a, const struct import_map *m, int column, const char *cell,
                           struct mapped *r, struct err *e)
{
    static const char *const ROW[WIDTH] = {"7", "B17", "text", "", "", "", "",
                                           "2024-09-09 08:50", "", "", "", "", "no matter"};
    struct str cells[WIDTH];
    for (int i = 0; i < WIDTH; i++)
        cells[i] = str_of(i == column ? cell : ROW[i]);
    if (!mapping_row(a, m, cells, WIDTH, r, e))
        return STR_NONE;
    struct buf b = BUF(100000);
    json_write(&b, r->fields);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

static void cells(void **state)
{
    static const struct {
        int column;
        const char *cell, *want; /* part of the fields, or of the error after "!" */
    } CASES[] = {
        {2, " a text ", "\"text\":\"a text\""}, {2, "", "\"text\":null"},
        {3, "", "\"kind\":\"a\""}, {3, "X", "\"kind\":\"b\""}, {3, "Y", "\"kind\":\"a\""},
        {3, "井盖", "\"kind\":\"b\""}, {3, " street  LAMP", "\"kind\":\"a\""},
        {3, "同名", "!two codes"}, {3, "e", "!neither a code"}, {3, "d", "\"kind\":\"d\""},
        {4, "a; 井盖；；X", "!neither a code"}, {4, "a;井盖、d", "\"kinds\":[\"a\",\"b\",\"d\"]"},
        {4, ";", "\"kinds\":[]"}, {4, "", "\"kinds\":null"},
        {5, "2024/9/9 8:50", "\"seen\":\"2024/9/9 8:50\""}, {5, "9.9.2024", "!is no time"},
        {6, "centre one", "\"unit\":\"01900000-0000-7000-8000-000000000001\""},
        {6, "Old", "\"unit\":\"Old\""}, {7, "", "!is required"}, {7, "soon", "!is no time"},
        {8, "1.5", "\"where\":{\"lon\":\"1.5\"}"}, {9, "", "\"where\":null"},
        {10, "张三", "\"who\":{\"name\":\"张三\"}"}, {0, " ", "!is no id"}, {12, "x", "\"text\":\"text\""},
        {-1, "", "\"state\":\"open\""}};
    struct arena *a AUTO(arena_freep) = arena_new();
    struct import_map *m = good_map(a);
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct err e = ERR_INIT;
        struct mapped r;
        struct str got = row_with(a, m, CASES[i].column, CASES[i].cell, &r, &e);
        bool bad = CASES[i].want[0] == '!';
        struct str in = bad ? str_of(e.text) : got;
        if (bad == (got.ptr != NULL) || !str_has(in, str_of(CASES[i].want + bad)))
            fail_msg("%d '%s': %.*s %s", CASES[i].column, CASES[i].cell, STR_F(got), e.text);
        assert_true(!bad || (e.zh[0] && str_utf8_ok(str_of(e.zh))));
    }
}

static void digests(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct import_map *m = good_map(a);
    struct err e = ERR_INIT;
    struct mapped first, r;
    UNUSED(state);
    assert_non_null(row_with(a, m, -1, "", &first, &e).ptr);
    static const struct {
        int column;
        const char *cell;
        bool same;
    } CASES[] = {{12, "other", true}, {0, "8", true}, {3, "a", true}, {2, " text", true},
                 {2, "text.", false}, {3, "b", false}, {1, "B1", false}, {7, "2024-09-09 08:51", false},
                 {11, "1", false}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_non_null(row_with(a, m, CASES[i].column, CASES[i].cell, &r, &e).ptr);
        if (hash_eq(&r.digest, &first.digest) != CASES[i].same)
            fail_msg("column %d '%s'", CASES[i].column, CASES[i].cell);
    }
}

static void shapes(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct import_map *m = good_map(a);
    struct mapped r = {.ext_id = STR("kept")};
    struct err e = ERR_INIT;
    struct str cells[WIDTH + 2] = {STR("7"), STR(""), STR("t")};
    UNUSED(state);
    assert_false(mapping_row(a, m, cells, 3, &r, &e)); /* short: opened is missing */
    assert_int_equal(e.code, ERR_REQUIRED);
    assert_true(str_is(r.ext_id, "kept"));
    err_clear(&e);
    cells[7] = STR("2024-09-09");
    assert_true(mapping_row(a, m, cells, WIDTH + 2, &r, &e)); /* more cells, but empty */
    assert_true(r.area_unknown);
    cells[WIDTH + 1] = STR("x");
    assert_false(mapping_row(a, m, cells, WIDTH + 2, &r, &e));
    assert_non_null(strstr(e.text, "more cells"));
    err_clear(&e);
    char *big = arena_alloc(a, LIMIT_EVENT_BODY);
    memset(big, 'x', LIMIT_EVENT_BODY);
    cells[WIDTH + 1] = STR("");
    cells[2] = (struct str){big, LIMIT_EVENT_BODY};
    assert_false(mapping_row(a, m, cells, WIDTH + 2, &r, &e));
    err_clear(&e);
    cells[2] = STR("t");
    cells[0] = (struct str){big, 201};
    assert_false(mapping_row(a, m, cells, WIDTH + 2, &r, &e));
    assert_int_equal(e.code, ERR_TOO_BIG);
}

/* A mapping with bytes changed is read or refused with one line; a row with any bytes likewise. */
static void broken(void **state)
{
    static const char BYTES[] = " :{},[]\"'&*!-\n\tabct.#|>%@\x80\xE4";
    int good = 0, bad = 0;
    UNUSED(state);
    for (int round = 0; round < 3000; round++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct import_map *m = NULL;
        struct err e = ERR_INIT;
        char text[sizeof MAP];
        memcpy(text, MAP, sizeof text);
        for (int k = 0; k <= round % 3; k++)
            text[roll(sizeof text - 1)] =
                BYTES[roll(sizeof BYTES - 1)];
        size_t len = round % 5 ? sizeof text - 1 : roll(sizeof text);
        bool ok = mapping_read(a, "m.yaml", (struct str){text, len}, &W, &m, &e);
        assert_true(ok ? m != NULL && !err_is(&e) : m == NULL && e.text[0] && !strchr(e.text, '\n'));
        good += ok;
        bad += !ok;
    }
    if (good < 100 || bad < 1000)
        fail_msg("%d good, %d bad", good, bad);
}

static void guessed(void **state)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    const struct str header[] = {STR("a\"b\\c\nd"), STR("内容"), STR("Kind"), STR("受理时间"), STR("编号"),
                                 STR("Zahl"), STR("seen")};
    struct str cells_[] = {STR("1"), STR("x"), STR("路灯"), STR("2024-09-09"), STR("7"), STR("Cover"),
                           STR("not a time")};
    struct str *rows[] = {cells_};
    struct buf b AUTO(buf_free) = BUF(10000);
    struct err e = ERR_INIT;
    struct json *root;
    UNUSED(state);
    mapping_guess(a, &W, W.playbooks[0].playbook, 0, header, COUNT_OF(header), rows, 1, &b);
    assert_true(yaml_json(a, "g", buf_view(&b), &root, &e));
    const struct json *columns = json_get(root, "columns");
    assert_true(str_is(json_text(root, "id"), "编号"));
    assert_true(str_is(json_text(columns, "text"), "内容"));
    assert_true(str_is(json_text(columns, "kind"), "Kind"));
    assert_true(str_is(json_text(columns, "kinds"), "Zahl")); /* by what stands in it */
    assert_true(str_is(json_text(columns, "opened"), "受理时间"));
    assert_null(json_get(columns, "seen")); /* its cells are no times */
    assert_true(str_has(buf_view(&b), STR("# not used: \"seen\"")));
    struct import_map *m;
    if (!mapping_read(a, "g", buf_view(&b), &W, &m, &e))
        fail_msg("%s", e.text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folding), cmocka_unit_test(many_names), cmocka_unit_test(areas),
        cmocka_unit_test(cells),   cmocka_unit_test(digests),    cmocka_unit_test(shapes),
        cmocka_unit_test(broken),  cmocka_unit_test(guessed),
    };
    return cmocka_run_group_tests(tests, make_world, drop_world);
}
