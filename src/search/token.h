/* search/token.h - one tokenizer for both engines.
 *
 * Runs of Han, kana and hangul give overlapping bigrams plus the last single character; runs of
 * letters and digits give one lower-case word (full-width folded, at most TOKEN_WORD characters).
 * The tokens are written blank-separated; SQLite's FTS5 (unicode61 with remove_diacritics 0 and
 * categories 'L* N* Co') and PostgreSQL's tsvector take them as they are.  A text ends with the
 * token U+E002, so that no phrase runs from one field into the next.
 *
 * Pinyin: behind the text, for each Han character, the syllables from it to the end of its run as
 * one word (at most TOKEN_LETTERS letters) and their initials (at most TOKEN_INITIALS), with the
 * mark U+E001 in front, so that they never meet Latin text.  Any part of a name is so the beginning
 * of a token.  Where the two ICU readings differ, both are written.  For names and places only: it
 * costs ten times the text; the first TOKEN_PINYIN_TEXT characters are read.
 *
 * Rights tokens: U+E000 'a' <area id>, U+E000 't' <type>, U+E000 'o' <org> (decisions 18).
 *
 * What a query finds is what instr() finds, for queries of Han characters.  Two limits of a tsvector:
 * the 256th and later place of one bigram in one record is not kept, and beyond 16,000 tokens a
 * phrase may be found that is not there. */
#pragma once
#include "base/err.h"

enum {
    TOKEN_WORD = 64,
    TOKEN_LETTERS = 16,
    TOKEN_INITIALS = 8,
    TOKEN_PINYIN_TEXT = 400,
    TOKEN_TYPED = 256,      /* characters of a query; what is behind is not looked at */
    TOKEN_TYPED_WORDS = 16, /* likewise */
};

enum token_with { TOKEN_PLAIN = 0, TOKEN_PINYIN = 1 };

/* Appends the tokens of `text`, blank-separated. */
void token_index(struct buf *out, struct str text, unsigned with);

/* What a person typed.  Blanks, commas and the like part words; all words must be found (AND), each
 * by one of its alternatives.  An alternative is a phrase of tokens ("3栋2单元" is one phrase); marked
 * prefix, its last token is a beginning (one Han character, a number, pinyin).  A query without any
 * letter or digit has no words: it asks for nothing, the caller decides what that means. */
struct token_term {
    struct str *tokens; /* phrase, in order */
    size_t n;
    bool prefix; /* the last token is a beginning */
};
struct token_query {
    struct token_word {
        struct token_term *any; /* one of these */
        size_t n;
    } * words;
    size_t n;
};
void token_parse(struct arena *a, struct str typed, struct token_query *out);

/* Writes the query for FTS5 MATCH, each of `must` (ready tokens) ANDed.  When there is nothing to
 * ask, it is one that finds nothing. */
void token_fts5(struct buf *out, const struct token_query *q, const struct str *must,
                size_t n_must);
/* The same as PostgreSQL tsquery text. */
void token_tsquery(struct buf *out, const struct token_query *q, const struct str *must,
                   size_t n_must);
/* Token text as a tsvector literal with positions ('慰问':1 '问老':2). */
void token_tsvector(struct buf *out, struct str tokens);

/* "chang jiang lu" and "cjl" for 长江路, for sorting and look-up by initials.  Words of letters and
 * digits stay whole in both. */
void token_pinyin(struct buf *full, struct buf *initials_only, struct str text);
/* Pays ICU's start-up cost (0.1 s) now. */
MUST_USE bool token_start(struct err *e);
