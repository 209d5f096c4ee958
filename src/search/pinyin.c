#include "search/pinyin.h"
#include "search/pinyin_words.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unicode/ustring.h>
#include <unicode/utrans.h>

enum { FIRST = 0x3400, LAST = 0x9FFF, WORD_CHARS = 4, UNITS = 64 };

/* The list, decoded and sorted by first character. */
struct entry {
    uint32_t chars[WORD_CHARS];
    size_t n;
    struct str read[WORD_CHARS];
};
static struct entry entries[COUNT_OF(PINYIN_WORDS)];

/* The two transliterators, and what they said: the letters of a syllable from the lowest byte up,
 * with bit 63 set once it is known. */
enum reading { AS_WORD, AS_NAME };
static UTransliterator *trans[2];
static _Atomic uint64_t kept[2][LAST - FIRST + 1];
static const uint64_t KNOWN = UINT64_C(1) << 63;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a transliterator has no two users */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct err failed;

static int by_first(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return (x->chars[0] > y->chars[0]) - (x->chars[0] < y->chars[0]);
}

static void load_words(void)
{
    for (size_t w = 0; w < COUNT_OF(PINYIN_WORDS); w++) {
        struct entry *en = &entries[w];
        struct str han = str_of(PINYIN_WORDS[w].han), read = str_of(PINYIN_WORDS[w].read);
        for (size_t i = 0; i < han.len; en->n++) {
            ASSERT(en->n < WORD_CHARS);
            en->chars[en->n] = str_next_char(han, &i);
            en->read[en->n] = str_cut(read, ' ', &read);
            ASSERT(en->read[en->n].len > 0);
            ASSERT(en->read[en->n].len <= PINYIN_MAX);
        }
        ASSERT(read.len == 0);
    }
    qsort(entries, COUNT_OF(entries), sizeof entries[0], by_first);
}

static UTransliterator *open_trans(const char *id)
{
    UChar name[UNITS];
    UErrorCode status = U_ZERO_ERROR;
    u_uastrncpy(name, id, UNITS);
    UTransliterator *t = utrans_openU(name, -1, UTRANS_FORWARD, NULL, 0, NULL, &status);
    if (U_FAILURE(status))
        err_set(&failed, ERR_INTERNAL, "ICU has no %s: %s", id, u_errorName(status));
    return t;
}

static void start(void)
{
    load_words();
    trans[AS_WORD] = open_trans("Han-Latin; Latin-ASCII; Lower");
    trans[AS_NAME] = open_trans("Han-Latin/Names; Latin-ASCII; Lower");
}

bool pinyin_start(struct err *e)
{
    pthread_once(&once, start);
    return !err_is(&failed) || err_set(e, failed.code, "%s", failed.text);
}

static uint64_t ask(enum reading how, uint32_t c)
{
    UChar text[UNITS];
    int32_t len = 0;
    UBool broken = false;
    U16_APPEND(text, len, UNITS, c, broken);
    int32_t limit = len;
    UErrorCode status = U_ZERO_ERROR;
    pthread_mutex_lock(&lock);
    utrans_transUChars(trans[how], text, &len, UNITS, 0, &limit, &status);
    pthread_mutex_unlock(&lock);
    if (broken || U_FAILURE(status) || len > PINYIN_MAX)
        return KNOWN;
    uint64_t letters = KNOWN;
    for (int32_t i = 0; i < len; i++) {
        if (text[i] < 'a' || text[i] > 'z')
            return KNOWN; /* ICU left the character as it is: it has no reading */
        letters |= (uint64_t)text[i] << (8 * i);
    }
    return letters;
}

static void read_char(enum reading how, uint32_t c, char out[static PINYIN_MAX + 2])
{
    uint64_t letters = 0;
    bool keep = c >= FIRST && c <= LAST;
    if (keep)
        letters = atomic_load_explicit(&kept[how][c - FIRST], memory_order_relaxed);
    if (!letters) {
        letters = ask(how, c);
        if (keep)
            atomic_store_explicit(&kept[how][c - FIRST], letters, memory_order_relaxed);
    }
    for (int i = 0; i <= PINYIN_MAX; i++)
        out[i] = (char)(letters >> (8 * i) & 0x7F);
    out[PINYIN_MAX] = 0;
}

/* The longest word of the list that begins here, or NULL. */
static const struct entry *find_word(const uint32_t *chars, size_t n)
{
    size_t low = 0, high = COUNT_OF(entries);
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (entries[mid].chars[0] < chars[0])
            low = mid + 1;
        else
            high = mid;
    }
    const struct entry *best = NULL;
    for (; low < COUNT_OF(entries) && entries[low].chars[0] == chars[0]; low++) {
        const struct entry *en = &entries[low];
        if (en->n <= n && (!best || en->n > best->n) &&
            memcmp(en->chars, chars, en->n * sizeof chars[0]) == 0)
            best = en;
    }
    return best;
}

static bool may_be_read(uint32_t c)
{
    return (c >= FIRST && c <= LAST) || c == 0x3007 || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFD);
}

void pinyin_read(const uint32_t *chars, size_t n, struct pinyin *out)
{
    struct err ignored = ERR_INIT;
    bool ready = pinyin_start(&ignored);
    for (size_t i = 0; i < n;) {
        const struct entry *en = find_word(chars + i, n - i);
        for (size_t k = 0; en && k < en->n; k++, i++) {
            out[i] = (struct pinyin){0};
            memcpy(out[i].word, en->read[k].ptr, en->read[k].len);
            memcpy(out[i].name, en->read[k].ptr, en->read[k].len);
        }
        if (en)
            continue;
        out[i] = (struct pinyin){0};
        if (ready && may_be_read(chars[i])) {
            read_char(AS_WORD, chars[i], out[i].word);
            read_char(AS_NAME, chars[i], out[i].name);
        }
        i++;
    }
}
