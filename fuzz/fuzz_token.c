/* Text and query from anywhere: the tokens are only what both engines keep, FTS5 takes every query,
 * and a query of Han characters finds exactly what a search for its bytes finds.
 *
 * The query is what comes before the first line end, the text what comes behind it. */
#include "search/token.h"
#include "search/chars.h"
#include <sqlite3.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static sqlite3 *db;
static sqlite3_stmt *put, *find, *clear;

static sqlite3_stmt *prepare(const char *sql)
{
    sqlite3_stmt *s;
    ASSERT(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK);
    return s;
}

static void start(void)
{
    struct err e = ERR_INIT;
    ASSERT(token_start(&e));
    ASSERT(sqlite3_open(":memory:", &db) == SQLITE_OK);
    ASSERT(sqlite3_exec(db,
                        "CREATE VIRTUAL TABLE words USING fts5(tokens, content='', columnsize=0, "
                        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* N* Co'\")",
                        NULL, NULL, NULL) == SQLITE_OK);
    put = prepare("INSERT INTO words(rowid, tokens) VALUES (1, $1)");
    find = prepare("SELECT rowid FROM words WHERE words MATCH $1");
    clear = prepare("INSERT INTO words(words) VALUES ('delete-all')");
}

static int step(sqlite3_stmt *s, struct str text)
{
    if (text.ptr)
        sqlite3_bind_text(s, 1, text.ptr, (int)text.len, SQLITE_STATIC);
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    return code;
}

static void check_tokens(struct str tokens)
{
    ASSERT(str_utf8_ok(tokens));
    while (tokens.len) {
        struct str t = str_cut(tokens, ' ', &tokens);
        ASSERT(t.len > 0);
        for (size_t i = 0; i < t.len;) {
            uint32_t c = str_next_char(t, &i);
            /* a mark only as the first character, and never the one of rights */
            ASSERT(c != 0xE000);
            ASSERT((c != 0xE001 && c != 0xE002) || i == 3);
            ASSERT(char_fold(c) == c);
        }
    }
}

/* Only characters that make bigrams, in their folded form. */
static bool only_han(struct str s)
{
    bool yes = s.len > 0 && str_chars(s) < TOKEN_TYPED && str_utf8_ok(s);
    for (size_t i = 0; i < s.len && yes;) {
        uint32_t c = str_next_char(s, &i);
        yes = char_fold(c) == c && char_kind(c) == CHAR_HAN;
    }
    return yes;
}

/* Is there something in the text that search does not see, or sees as another character? */
static bool as_it_is(struct str s)
{
    bool yes = true;
    for (size_t i = 0; i < s.len && yes;) {
        uint32_t c = str_next_char(s, &i);
        yes = char_fold(c) == c && char_kind(c) != CHAR_NONE;
    }
    return yes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!db)
        start();
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text, typed = str_cut((struct str){(const char *)data, size}, '\n', &text);
    struct buf tokens AUTO(buf_free) = BUF(64 << 20), fts5 AUTO(buf_free) = BUF(1 << 20);
    struct buf other AUTO(buf_free) = BUF(64 << 20), more AUTO(buf_free) = BUF(64 << 20);
    token_index(&tokens, text, TOKEN_PINYIN);
    check_tokens(buf_view(&tokens));
    struct token_query q;
    token_parse(a, typed, &q);
    token_fts5(&fts5, &q, NULL, 0);
    token_tsquery(&other, &q, NULL, 0);
    token_tsvector(&other, buf_view(&tokens));
    token_pinyin(&other, &more, text);
    ASSERT(step(clear, STR_NONE) == SQLITE_DONE);
    ASSERT(step(put, tokens.len ? buf_view(&tokens) : STR("")) == SQLITE_DONE);
    int code = step(find, buf_view(&fts5));
    ASSERT(code == SQLITE_ROW || code == SQLITE_DONE);
    if (only_han(typed) && as_it_is(text))
        ASSERT((code == SQLITE_ROW) == str_has(text, typed));
    return 0;
}
