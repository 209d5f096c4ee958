/* access/lookup.h - finding a person who is present among the open matters of a unit, by telephone.
 *
 * value = the first LOOKUP_VALUE bytes of HMAC-SHA-256(key, record id || number), key = HKDF(master
 * key, "bihuan.lookup").  The record id is the salt: equal numbers in two records have different
 * values, so the table joins nobody's matters; only who holds the key can ask, one record after the
 * other (about a microsecond each).  Rows exist for open records that are not sealed, and go when
 * the case ends.  Who asks, and why, is an event: that is the caller's duty. */
#pragma once
#include "record/change.h"

enum {
    LOOKUP_VALUE = 16,
    PHONE_TEXT = 20,   /* a normalised number with its NUL */
    PHONES_A_TEXT = 8, /* numbers taken out of one text */
};

/* "+86 138-1234 5678", "１３８…", "(0791) 8651 2345" -> digits. False when it is no telephone
 * number (7 to 15 digits). */
bool phone_normal(struct str text, char out[static PHONE_TEXT]);
/* Every number in a text, parted by 、 , ; / | or a new line. Returns how many. */
int phones_of(struct str text, char out[static PHONES_A_TEXT][PHONE_TEXT]);

struct lookup_key {
    struct hash k;
};
struct lookup_value {
    uint8_t b[LOOKUP_VALUE];
};
struct lookup_key lookup_key(const uint8_t master[static CIPHER_KEY]);
/* phone is a normalised number. */
struct lookup_value lookup_value(const struct lookup_key *key, struct id record, struct str phone);

struct lookup_row {
    int64_t rid;
    struct id id;
    struct lookup_value value;
};
/* The rids that have this number, each once (rows of one record stand together). */
size_t lookup_scan(const struct lookup_key *key, struct str phone, const struct lookup_row *rows,
                   size_t n, int64_t *out);

struct lookup_hit {
    int64_t rid;
    struct id id;
    struct str number; /* STR_NONE: not numbered yet */
};
/* Walks the open matters of one scope ("o<unit>", "a<area>").  ERR_INPUT when `phone` is none. */
MUST_USE bool lookup_find(struct store *db, struct arena *a, const struct keys *keys,
                          struct str scope, struct str phone, size_t limit, struct lookup_hit **out,
                          size_t *n, struct err *e);

/* Table lookup, from what a commit changed; a pure function of the folds and their open values. */
MUST_USE bool lookup_save(struct store *db, const struct changes *c, struct err *e);
/* The same for one record whose fold says nothing new: after a value of it was erased. */
MUST_USE bool lookup_again(struct store *db, const struct changes *c, const struct record *r,
                           const struct record_def *def, struct err *e);
/* The values a record ought to have (for verify), in the order of their bytes. */
MUST_USE bool lookup_values(struct store *db, const struct changes *c, const struct record *r,
                            const struct record_def *def, struct lookup_value **out, size_t *n,
                            struct err *e);
