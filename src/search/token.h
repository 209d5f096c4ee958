/* search/token.h - one tokenizer for both engines.
 *
 * Runs of Han, kana and hangul give overlapping bigrams plus the last single character; runs of
 * Latin letters and digits give one lower-case word (full-width folded).  The tokens are written
 * blank-separated; SQLite's FTS5 (unicode61) and PostgreSQL's tsvector take them as they are.
 * Pinyin (ICU, both transliterators, plus an exception list) gives full syllables and initials of
 * each Han run as words with the mark U+E001 in front, so that they never meet Latin text.
 * Rights tokens: U+E000 'a' <area id>, U+E000 't' <type>, U+E000 'o' <org> (decisions 18). */
#pragma once
#include "base/err.h"

enum token_with { TOKEN_PLAIN = 0, TOKEN_PINYIN = 1 };

/* Appends the tokens of `text`, blank-separated. */
void token_index(struct buf *out, struct str text, unsigned with);

/* What a person typed, as alternatives: each one is a list of tokens to be found as a phrase
 * (bigrams of one run) or, marked prefix, as the beginning of a token (one Han character, pinyin
 * initials).  All words of the query must be found (AND). */
struct token_term {
    struct str *tokens; /* phrase, in order */
    size_t n;
    bool prefix;        /* the last token is a beginning */
};
struct token_query {
    struct token_word {
        struct token_term *any; /* one of these */
        size_t n;
    } *words;
    size_t n;
};
void token_parse(struct arena *a, struct str typed, struct token_query *out);

/* Writes the query for FTS5 MATCH, each of `must` (ready tokens) ANDed. */
void token_fts5(struct buf *out, const struct token_query *q, const struct str *must, size_t n_must);
/* The same as PostgreSQL tsquery text. */
void token_tsquery(struct buf *out, const struct token_query *q, const struct str *must,
                   size_t n_must);
/* Token text as a tsvector literal with positions ('慰问':1 '问老':2). */
void token_tsvector(struct buf *out, struct str tokens);

/* "changjiang lu" and "cjl" for 长江路, for sorting and look-up by initials. */
void token_pinyin(struct buf *full, struct buf *initials, struct str text);
/* Pays ICU's start-up cost (0.1 s) now. */
MUST_USE bool token_start(struct err *e);
