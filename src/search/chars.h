/* search/chars.h - how a character counts for search, and how it is written inside a token.
 *
 * Both engines must see the same tokens, and SQLite's unicode61 has tables of its own (an older
 * Unicode, its own folding).  So a token holds only characters that it is known to leave alone:
 * 0-9, a-z, Han, kana, hangul.  Any other character is written as two private-use ones, first
 * U+E100 + c / 2048, then U+E800 + c % 2048.  The pairs are prefix-free, so "begins with" stays
 * true, and private-use characters of a text (old name glyphs) never meet the marks U+E000..2. */
#pragma once
#include "base/str.h"

enum char_kind {
    CHAR_GAP,  /* blank, punctuation, sign: parts words */
    CHAR_NONE, /* variation selector, zero-width: as if it were not there */
    CHAR_WORD, /* letters and digits: one word a run */
    CHAR_HAN,  /* written without blanks: bigrams */
};

/* Lower case, full-width to ASCII. */
uint32_t char_fold(uint32_t c);
enum char_kind char_kind(uint32_t folded);
/* The next folded character of s from *i on that is not CHAR_NONE; false at the end. */
bool char_next(struct str s, size_t *i, uint32_t *c, enum char_kind *kind);
/* Appends a folded character as part of a token. */
void char_write(struct buf *out, uint32_t folded);
