#include "search/token.h"
#include "search/chars.h"
#include "store/testdb.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define PY "\xEE\x80\x81"   /* U+E001 */
#define STOP "\xEE\x80\x82" /* U+E002 */
#define AREA "\xEE\x80\x80" /* U+E000 */

static uint64_t seed;

static uint32_t rnd(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % n;
}

static struct buf tokens_of(struct str text, unsigned with)
{
    struct buf b = BUF(1 << 20);
    token_index(&b, text, with);
    assert_true(buf_ok(&b));
    return b;
}

static void index_table(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text, *tokens;
    } T[] = {
        {"", ""},
        {" ,。!", ""},
        {"慰问老人", "慰问 问老 老人 人 " STOP " "},
        {"长", "长 " STOP " "},
        {"3栋2单元", "3 栋 2 单元 元 " STOP " "},
        {"３栋ＡＢ座", "3 栋 ab 座 " STOP " "},
        {"360112JF202400012", "360112jf202400012 " STOP " "},
        {"江，湖", "江 湖 " STOP " "},
        {"葛\xEF\xB8\x80城", "葛城 城 " STOP " "},     /* variation selector 1 */
        {"葛\xF3\xA0\x84\x80城", "葛城 城 " STOP " "}, /* ideographic variation */
        {"AB\xE2\x80\x8B"
         "C",
         "abc " STOP " "},              /* zero-width space */
        {"\xFF\xC3长", "长 " STOP " "}, /* no UTF-8 */
        {"カナ한글", "カナ ナ한 한글 글 " STOP " "},
        {"\xF0\xAC\xAD\x9A江", "\xF0\xAC\xAD\x9A江 江 " STOP " "}, /* U+2CB5A */
        {"É", "\xEE\x84\x80\xEE\xA3\xA9 " STOP " "},               /* U+E100 U+E8E9 */
        {AREA "a17", "\xEE\x84\x9C\xEE\xA0\x80 a17 " STOP " "},    /* no text can be a mark */
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = tokens_of(str_of(T[i].text), TOKEN_PLAIN);
        assert_int_equal(b.len, strlen(T[i].tokens));
        assert_memory_equal(b.ptr ? b.ptr : "", T[i].tokens, b.len);
    }
}

static void texts_are_apart(void **state)
{
    UNUSED(state);
    struct buf b AUTO(buf_free) = BUF(1000);
    buf_c(&b, AREA "a17"); /* the caller's own token, without a blank behind it */
    token_index(&b, STR("长江"), TOKEN_PLAIN);
    token_index(&b, STR("路"), TOKEN_PLAIN);
    assert_true(str_is(buf_view(&b), AREA "a17 长江 江 " STOP " 路 " STOP " "));
}

static void long_word_is_cut(void **state)
{
    UNUSED(state);
    char text[5000];
    memset(text, 'a', sizeof text);
    struct buf b AUTO(buf_free) = tokens_of((struct str){text, sizeof text}, TOKEN_PLAIN);
    assert_int_equal(b.len, TOKEN_WORD + 1 + 3 + 1);
}

static bool has_token(struct str tokens, const char *token)
{
    while (tokens.len)
        if (str_is(str_cut(tokens, ' ', &tokens), token))
            return true;
    return false;
}

static void pinyin_tokens(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text, *yes, *no;
    } T[] = {
        {"南昌市长江路", PY "changjianglu", PY "zhangjianglu"},
        {"南昌市长江路", PY "cjl", PY "zjl"},
        {"南昌市长江路", PY "nanchangshichang", PY "nanchangshichangjianglu"},
        {"南昌市长江路", PY "ncscjl", NULL},
        {"重庆", PY "chongqing", PY "zhongqing"},
        {"长虹", PY "changhong", NULL}, /* by the reading of names */
        {"长虹", PY "zhanghong", NULL}, /* and the one of words */
        {"业主单雄", PY "shanxiong", NULL},
        {"绿化", PY "luhua", NULL},
        {"长，江", PY "jiang", PY "changjiang"}, /* a run ends at the comma */
        {"长江", PY "changjiang", "changjiang"}, /* never without the mark */
        {"一二三四五六七八九十", PY "yesswlqb", PY "yesswlqbj"},
        {"一二三四五六七八九十", PY "yiersansiwuliuqi", PY "yiersansiwuliuqib"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = tokens_of(str_of(T[i].text), TOKEN_PINYIN);
        if (!has_token(buf_view(&b), T[i].yes))
            fail_msg("%s has not %s: %.*s", T[i].text, T[i].yes, STR_F(buf_view(&b)));
        if (T[i].no && has_token(buf_view(&b), T[i].no))
            fail_msg("%s has %s", T[i].text, T[i].no);
        struct buf plain AUTO(buf_free) = tokens_of(str_of(T[i].text), TOKEN_PLAIN);
        assert_false(str_has(buf_view(&plain), STR(PY)));
    }
}

static void pinyin_is_bounded(void **state)
{
    UNUSED(state);
    struct buf text AUTO(buf_free) = BUF(1 << 20);
    for (int i = 0; i < 20000; i++)
        buf_c(&text, "重");
    struct buf b AUTO(buf_free) = tokens_of(buf_view(&text), TOKEN_PINYIN);
    struct buf plain AUTO(buf_free) = tokens_of(buf_view(&text), TOKEN_PLAIN);
    assert_true(b.len - plain.len < TOKEN_PINYIN_TEXT * 90);
}

static void pinyin_reading(void **state)
{
    UNUSED(state);
    static const struct {
        const char *text, *full, *initials;
    } T[] = {
        {"长江路", "chang jiang lu", "cjl"},
        {"中国银行股份有限公司支行行长",
         "zhong guo yin hang gu fen you xian gong si zhi hang hang zhang", "zgyhgfyxgszhhz"},
        {"重庆", "chong qing", "cq"},
        {"厦门", "xia men", "xm"},
        {"奉新县", "feng xin xian", "fxx"},
        {"六安", "lu an", "la"},
        {"蚌埠", "beng bu", "bb"},
        {"部分行业", "bu fen hang ye", "bfhy"},
        {"成都市", "cheng du shi", "cds"},
        {"人民调解委员会", "ren min tiao jie wei yuan hui", "rmtjwyh"},
        {"调查矛盾纠纷", "diao cha mao dun jiu fen", "dcmdjf"},
        {"宅基地", "zhai ji di", "zjd"},
        {"绿地", "lu di", "ld"},
        {"3栋A座", "3 dong a zuo", "3daz"},
        {" KTV（长江店） ", "ktv chang jiang dian", "ktvcjd"},
        {"々の", "々 の", "々の"},
        {"", "", ""},
        {"，", "", ""},
        {"\xF0\xA0\x80\x80", "he", "h"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf full AUTO(buf_free) = BUF(1000), first AUTO(buf_free) = BUF(1000);
        token_pinyin(&full, &first, str_of(T[i].text));
        assert_string_equal(full.len ? (buf_char(&full, 0), full.ptr) : "", T[i].full);
        assert_string_equal(first.len ? (buf_char(&first, 0), first.ptr) : "", T[i].initials);
    }
}

static void query_table(void **state)
{
    UNUSED(state);
    static const struct {
        const char *typed, *fts5, *tsquery;
    } T[] = {
        {"慰问", "(\"慰问\")", "('慰问')"},
        {"慰问老", "(\"慰问 问老\")", "('慰问' <-> '问老')"},
        {"长", "(\"长\" *)", "('长':*)"},
        {"长 江", "(\"长\" *) AND (\"江\" *)", "('长':*) & ('江':*)"},
        {"长江，路", "(\"长江\") AND (\"路\" *)", "('长江') & ('路':*)"},
        {"3栋2单元", "(\"3 栋 2 单元\")", "('3' <-> '栋' <-> '2' <-> '单元')"},
        {"幸福路12-3", "(\"幸福 福路 路 12 3\" *)",
         "('幸福' <-> '福路' <-> '路' <-> '12' <-> '3':*)"},
        {"2单", "(\"2 单\" *)", "('2' <-> '单':*)"},
        {"360112jf", "(\"360112jf\" *)", "('360112jf':*)"},
        {"长江-", "(\"长江\")", "('长江')"},
        {"长江-。路", "(\"长江\") AND (\"路\" *)", "('长江') & ('路':*)"},
        {"CJL", "(\"cjl\" * OR \"" PY "cjl\" *)", "('cjl':* | '" PY "cjl':*)"},
        {"xi'an", "(\"xi an\" * OR \"" PY "xian\" *)", "('xi' <-> 'an':* | '" PY "xian':*)"},
        {"lv", "(\"lv\" * OR \"" PY "lu\" *)", "('lv':* | '" PY "lu':*)"},
        {"lü", "(\"l\xEE\x84\x80\xEE\xA3\xBC\" * OR \"" PY "lu\" *)",
         "('l\xEE\x84\x80\xEE\xA3\xBC':* | '" PY "lu':*)"},
        {"changjianglu", "(\"changjianglu\" * OR \"" PY "changjianglu\" * OR \"" PY "changjia\")",
         "('changjianglu':* | '" PY "changjianglu':* | '" PY "changjia')"},
        {"c", "(\"c\" *)", "('c':*)"},
        {"a1", "(\"a1\" *)", "('a1':*)"},
        {"\" OR *", "(\"or\" * OR \"" PY "or\" *)", "('or':* | '" PY "or':*)"},
        {"", "\"\"", ""},
        {" \"'\\*():&|!<->", "\"\"", ""},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct token_query q;
        token_parse(a, str_of(T[i].typed), &q);
        struct buf f AUTO(buf_free) = BUF(1000), t AUTO(buf_free) = BUF(1000);
        token_fts5(&f, &q, NULL, 0);
        token_tsquery(&t, &q, NULL, 0);
        buf_char(&f, 0);
        buf_char(&t, 0);
        assert_string_equal(f.ptr, T[i].fts5);
        assert_string_equal(t.ptr, T[i].tsquery);
    }
}

static void must_is_quoted(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct token_query q;
    const struct str must[] = {STR("x\"y"), STR("it's\\")};
    struct buf f AUTO(buf_free) = BUF(1000), t AUTO(buf_free) = BUF(1000);
    token_parse(a, STR("长江"), &q);
    token_fts5(&f, &q, must, 2);
    token_tsquery(&t, &q, must, 2);
    assert_true(str_is(buf_view(&f), "(\"长江\") AND \"x\"\"y\" AND \"it's\\\""));
    assert_true(str_is(buf_view(&t), "('长江') & 'x\"y' & 'it''s\\\\'"));
    token_parse(a, STR("?"), &q);
    buf_clear(&f);
    token_fts5(&f, &q, must, 1);
    assert_true(str_is(buf_view(&f), "\"x\"\"y\""));
}

static void query_is_bounded(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct token_query q;
    struct buf typed AUTO(buf_free) = BUF(1 << 20);
    for (int i = 0; i < 10000; i++)
        buf_c(&typed, "长");
    token_parse(a, buf_view(&typed), &q);
    assert_int_equal(q.n, 1);
    assert_int_equal(q.words[0].any[0].n, TOKEN_TYPED - 1);
    buf_clear(&typed);
    for (int i = 0; i < 1000; i++)
        buf_c(&typed, "a ");
    token_parse(a, buf_view(&typed), &q);
    assert_int_equal(q.n, TOKEN_TYPED_WORDS);
}

static void tsvector_table(void **state)
{
    UNUSED(state);
    static const struct {
        const char *tokens, *vector;
    } T[] = {
        {"", ""},
        {"  ", ""},
        {"慰问 问老 ", "'慰问':1 '问老':2"},
        {" 江 " STOP " 路 " STOP " ", "'江':1 '路':3"},
        {"a'b c\\d", "'a''b':1 'c\\\\d':2"},
    };
    for (size_t i = 0; i < COUNT_OF(T); i++) {
        struct buf b AUTO(buf_free) = BUF(1000);
        token_tsvector(&b, str_of(T[i].tokens));
        assert_true(str_is(buf_view(&b), T[i].vector));
    }
}

/* --- against the engines --- */

struct index {
    struct testdb t;
    struct store *db;
};

static bool index_make(struct index *x, enum store_engine engine)
{
    struct err e = ERR_INIT;
    if (!testdb_make(&x->t, engine))
        return false;
    x->db = testdb_open(&x->t, STORE_WRITE);
    if (engine == STORE_SQLITE)
        testdb_must(store_ddl(x->db,
                              "CREATE VIRTUAL TABLE words USING fts5(tokens, content='', "
                              "columnsize=0, tokenize=\"unicode61 remove_diacritics 0 "
                              "categories 'L* N* Co'\")",
                              &e),
                    "fts5", &e);
    else
        testdb_must(store_ddl(x->db,
                              "CREATE TABLE words(id BIGINT PRIMARY KEY, tokens TSVECTOR); "
                              "CREATE INDEX words_tokens ON words USING GIN(tokens)",
                              &e),
                    "tsvector", &e);
    return true;
}

static void index_drop(struct index *x)
{
    store_close(x->db);
    testdb_drop(&x->t);
}

static void index_put_tokens(struct index *x, int64_t id, struct str tokens)
{
    struct err e = ERR_INIT;
    if (x->t.engine == STORE_SQLITE) {
        testdb_must(store_exec(x->db, "INSERT INTO words(rowid, tokens) VALUES ($1, $2)",
                               BIND(C_INT(id), C_TEXT(tokens)), NULL, &e),
                    "insert", &e);
        return;
    }
    struct buf v AUTO(buf_free) = BUF(4 << 20);
    token_tsvector(&v, tokens);
    assert_true(buf_ok(&v));
    struct str vector = v.len ? buf_view(&v) : STR("");
    testdb_must(store_exec(x->db, "INSERT INTO words(id, tokens) VALUES ($1, CAST($2 AS TSVECTOR))",
                           BIND(C_INT(id), C_TEXT(vector)), NULL, &e),
                "insert", &e);
}

static void index_put(struct index *x, int64_t id, struct str text, unsigned with)
{
    struct buf b AUTO(buf_free) = tokens_of(text, with);
    index_put_tokens(x, id, b.len ? buf_view(&b) : STR(""));
}

/* The ids that are found, as bits; ids are below n_ids. */
static void index_find(struct index *x, struct str typed, bool *found, size_t n_ids)
{
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct token_query q;
    token_parse(a, typed, &q);
    struct buf b AUTO(buf_free) = BUF(1 << 16);
    const char *sql;
    if (x->t.engine == STORE_SQLITE) {
        token_fts5(&b, &q, NULL, 0);
        sql = "SELECT rowid FROM words WHERE words MATCH $1";
    } else {
        token_tsquery(&b, &q, NULL, 0);
        sql = "SELECT id FROM words WHERE tokens @@ CAST($1 AS TSQUERY)";
    }
    memset(found, 0, n_ids * sizeof *found);
    struct str text = b.len ? buf_view(&b) : STR("");
    struct rows r AUTO(rows_close) = store_query(x->db, sql, BIND(C_TEXT(text)), &e);
    while (rows_next(&r)) {
        assert_true((size_t)rows_int(&r, 0) < n_ids);
        found[rows_int(&r, 0)] = true;
    }
    testdb_must(!err_is(&e), b.ptr ? b.ptr : "", &e);
}

enum { DOCS = 400, QUERIES = 1500 };

/* Few different characters, so that there are many hits and near misses; here and there something
 * that parts a run. */
static void random_text(struct buf *out, size_t chars, bool clean)
{
    static const char *const HAN[] = {"长", "江", "路", "社", "区",
                                      "老", "人", "网", "格", "\xF0\xAC\xAD\x9A" /* U+2CB5A */,
                                      "々", "한"};
    static const char *const GAPS[] = {"，", " ", "3", "AB", "\n", "é", "(", "’", "12-5", "。"};
    for (size_t i = 0; i < chars; i++) {
        if (!clean && rnd(8) == 0)
            buf_c(out, GAPS[rnd(COUNT_OF(GAPS))]);
        buf_c(out, HAN[rnd(COUNT_OF(HAN))]);
    }
}

static void same_as_instr(enum store_engine engine)
{
    struct index x;
    seed = 20240909;
    if (!index_make(&x, engine)) {
        skip();
        return;
    }
    struct err e = ERR_INIT;
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str docs[DOCS];
    struct buf b AUTO(buf_free) = BUF(1 << 16);
    testdb_must(store_begin(x.db, &e), "begin", &e);
    for (size_t i = 0; i < DOCS; i++) {
        buf_clear(&b);
        random_text(&b, rnd(60), false);
        docs[i] = b.len ? buf_dup(a, &b) : STR("");
        index_put(&x, (int64_t)i, docs[i], rnd(4) == 0 ? TOKEN_PINYIN : TOKEN_PLAIN);
    }
    testdb_must(store_commit(x.db, &e), "commit", &e);
    size_t hits = 0, none = 0;
    for (size_t k = 0; k < QUERIES; k++) {
        bool found[DOCS];
        buf_clear(&b);
        random_text(&b, 1 + k % 6, true);
        index_find(&x, buf_view(&b), found, DOCS);
        size_t before = hits;
        for (size_t i = 0; i < DOCS; i++) {
            assert_int_equal(found[i], str_has(docs[i], buf_view(&b)));
            hits += found[i];
        }
        none += hits == before;
    }
    assert_true(hits > 10000); /* the test has something to find … */
    assert_true(none > 100);   /* … and not to find */
    index_drop(&x);
}

static void same_as_instr_sqlite(void **state)
{
    UNUSED(state);
    same_as_instr(STORE_SQLITE);
}

static void same_as_instr_postgres(void **state)
{
    UNUSED(state);
    same_as_instr(STORE_POSTGRES);
}

static const char *const PLACES[] = {
    "南昌市青山湖区长江路12-3号3栋2单元501室", /* 0 */
    "长江路13栋2单元",                         /* 1 */
    "编号360112JF202400012",                   /* 2 */
    "编号360112JF202400013，重庆银行",         /* 3 */
    "3号楼2单元栋",                            /* 4 */
    "西安市长虹路KTV",                         /* 5 */
    "Changjiang Road",                         /* 6 */
    "Café Å.B. عربي бор",                      /* 7 */
    "重山路，长江，江边",                      /* 8 */
    "绿地花园单雄信",                          /* 9 */
};

static void finds(enum store_engine engine)
{
    static const struct {
        const char *typed, *ids;
    } T[] = {
        {"3栋2单元", "0"},
        {"13栋", "1"},
        {"2单元", "014"},
        {"单", "0149"},
        {"360112JF2024", "23"},
        {"360112jf202400012", "2"},
        {"360112", "23"},
        {"112JF", ""},
        {"changjianglu", "01"},
        {"changjiang", "0168"},
        {"changj", "0168"},
        {"cjl", "01"},
        {"jianglu", "01"},
        {"nanchangshiqingshanhuqu", "0"},
        {"ncsqshqcjl", "0"},
        {"zhongqing", ""},
        {"chongqing", "3"},
        {"cqyh", "3"},
        {"xi'an", "5"},
        {"xian", "5"},
        {"changhong", "5"},
        {"zhanghong", "5"},
        {"ktv", "5"},
        {"ＫＴＶ", "5"},
        {"kt", "5"},
        {"CAFÉ", "7"},
        {"cafe", ""},
        {"å.b", "7"},
        {"عربي", "7"},
        {"БОР", "7"},
        {"长江 重山", "8"},
        {"长江路 501", "0"},
        {"12-3", "0"},
        {"路12", "0"},
        {"江江", ""},
        {"lvdi", "9"},
        {"ludi", "9"},
        {"shanxiongxin", "9"},
        {"江长", ""},
        {"路。编号", ""},
    };
    struct index x;
    if (!index_make(&x, engine)) {
        skip();
        return;
    }
    for (size_t i = 0; i < COUNT_OF(PLACES); i++)
        index_put(&x, (int64_t)i, str_of(PLACES[i]), TOKEN_PINYIN);
    for (size_t k = 0; k < COUNT_OF(T); k++) {
        bool found[COUNT_OF(PLACES)];
        char ids[COUNT_OF(PLACES) + 1] = "";
        index_find(&x, str_of(T[k].typed), found, COUNT_OF(PLACES));
        for (size_t i = 0, n = 0; i < COUNT_OF(PLACES); i++)
            if (found[i])
                ids[n++] = (char)('0' + i);
        if (strcmp(ids, T[k].ids) != 0)
            fail_msg("%s: found \"%s\", expected \"%s\"", T[k].typed, ids, T[k].ids);
    }
    index_drop(&x);
}

static void finds_sqlite(void **state)
{
    UNUSED(state);
    finds(STORE_SQLITE);
}

static void finds_postgres(void **state)
{
    UNUSED(state);
    finds(STORE_POSTGRES);
}

/* unicode61 must leave every character that char_write writes as it is. */
static void fts5_keeps_tokens(void **state)
{
    UNUSED(state);
    struct index x;
    struct err e = ERR_INIT;
    assert_true(index_make(&x, STORE_SQLITE));
    testdb_must(store_ddl(x.db, "CREATE VIRTUAL TABLE seen USING fts5vocab(words, row)", &e),
                "vocab", &e);
    struct buf b AUTO(buf_free) = BUF(16 << 20);
    int64_t n = 0;
    for (uint32_t c = 0x80; c < 0x110000; c++) {
        uint32_t folded = char_fold(c);
        if ((c >= 0xD800 && c < 0xE000) || folded != c || char_kind(c) == CHAR_GAP)
            continue;
        char_write(&b, c);
        buf_char(&b, 'x');
        char_write(&b, c);
        buf_char(&b, ' ');
        n++;
    }
    assert_true(buf_ok(&b));
    assert_true(n > 200000);
    index_put_tokens(&x, 1, buf_view(&b));
    struct rows r AUTO(rows_close) =
        store_query(x.db, "SELECT count(*), sum(cnt) FROM seen", BIND_NONE, &e);
    testdb_must(rows_next(&r), "count", &e);
    assert_int_equal(rows_int(&r, 0), n); /* none split, none joined with another */
    assert_int_equal(rows_int(&r, 1), n);
    rows_close(&r);
    index_drop(&x);
}

/* A text longer than PostgreSQL's positions reach. */
static void long_text(enum store_engine engine)
{
    struct index x;
    seed = 7;
    if (!index_make(&x, engine)) {
        skip();
        return;
    }
    struct buf b AUTO(buf_free) = BUF(1 << 20);
    for (int i = 0; i < 40000; i++)
        buf_utf8(&b, 0x4E00 + rnd(20000));
    struct str text = buf_view(&b);
    index_put(&x, 0, text, TOKEN_PLAIN);
    for (int k = 0; k < 200; k++) {
        bool found[1];
        size_t from = k < 100 ? (size_t)(15900 + k) * 3 : (size_t)rnd(39900) * 3;
        struct str part = {text.ptr + from, 3 * (2 + rnd(40))};
        index_find(&x, part, found, 1);
        assert_true(found[0]);
    }
    index_drop(&x);
}

static void long_text_both(void **state)
{
    UNUSED(state);
    long_text(STORE_SQLITE);
    if (getenv("BIHUAN_TEST_PG"))
        long_text(STORE_POSTGRES);
}

/* Whatever is typed: never an error of the engine. */
static void any_input(enum store_engine engine)
{
    struct index x;
    seed = 99;
    if (!index_make(&x, engine)) {
        skip();
        return;
    }
    static const char *const PARTS[] = {"\"",   "'", "*",   "(",    ")",   "\\",   ":",
                                        "-",    "^", "AND", "OR",   "NOT", "NEAR", "长",
                                        "江路", "a", "3",   "+",    "{",   "}",    "<->",
                                        "&",    "|", "!",   "\xFF", " ",   "é",    "\xEE\x80\x80",
                                        "%",    "_", "\t"};
    index_put(&x, 1, STR("长江路 a3"), TOKEN_PINYIN);
    for (int k = 0; k < 2000; k++) {
        bool found[2];
        struct buf b AUTO(buf_free) = BUF(1 << 12);
        for (uint32_t n = rnd(12); n; n--)
            buf_c(&b, PARTS[rnd(COUNT_OF(PARTS))]);
        if (rnd(20) == 0)
            buf_char(&b, 0);
        index_find(&x, buf_view(&b), found, 2); /* fails the test on any error */
    }
    index_drop(&x);
}

static void any_input_both(void **state)
{
    UNUSED(state);
    any_input(STORE_SQLITE);
    if (getenv("BIHUAN_TEST_PG"))
        any_input(STORE_POSTGRES);
}

int main(void)
{
    struct err e = ERR_INIT;
    testdb_must(token_start(&e), "ICU", &e);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_table),          cmocka_unit_test(texts_are_apart),
        cmocka_unit_test(long_word_is_cut),     cmocka_unit_test(pinyin_tokens),
        cmocka_unit_test(pinyin_is_bounded),    cmocka_unit_test(pinyin_reading),
        cmocka_unit_test(query_table),          cmocka_unit_test(must_is_quoted),
        cmocka_unit_test(query_is_bounded),     cmocka_unit_test(tsvector_table),
        cmocka_unit_test(same_as_instr_sqlite), cmocka_unit_test(same_as_instr_postgres),
        cmocka_unit_test(finds_sqlite),         cmocka_unit_test(finds_postgres),
        cmocka_unit_test(fts5_keeps_tokens),    cmocka_unit_test(long_text_both),
        cmocka_unit_test(any_input_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
