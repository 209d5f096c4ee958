/* search/pinyin.h - how Han characters are read.
 *
 * Two readings of each character, from ICU's Han-Latin (words) and Han-Latin/Names (surnames; also
 * the better guess for 长 and 重); a list of words, places first, overrides both (pinyin_words.h).
 * ü is written u.  The readings are kept, so ICU is asked once for each character. */
#pragma once
#include "base/err.h"

/* The first call costs 0.1 s. */
MUST_USE bool pinyin_start(struct err *e);

enum { PINYIN_MAX = 6 }; /* letters of a syllable: zhuang */
struct pinyin {
    char word[PINYIN_MAX + 2]; /* "" when the character has no reading */
    char name[PINYIN_MAX + 2];
};

/* Reads n characters (folded code points) one by one; without a successful start all are "". */
void pinyin_read(const uint32_t *chars, size_t n, struct pinyin *out);
