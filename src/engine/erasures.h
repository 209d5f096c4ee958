/* engine/erasures.h - what was erased, listed outside the database (decisions 20).
 *
 * A backup that is older than an erasure holds the erased value.  So each erase event appends what it
 * erased to KEYFILE.erasures.log, on the disk before the event is committed, and a restored copy loses
 * the same values again.  A line a value, nothing personal in it:
 *
 *     <seq> <id of the erase event> <record> <seq of the value's event> <its id> <k> .
 *
 * A line without its last word was cut off while it was written: its event was never committed.  The
 * list may be written anew from table detached at any time; a program that finds none does so. */
#pragma once
#include "ledger/keys.h"
#include "record/change.h"

enum { ERASURES_PATH = 1100 };
void erasures_path(const struct keys *keys, char out[static ERASURES_PATH]);

struct erasure { /* of an erase event */
    int64_t seq, rid;
    struct id id, rec;
    const struct json *in; /* in.erased: [[seq, k]…] */
};

/* Is there no list beside the key file? Then it is made, with what the database says was erased. */
MUST_USE bool erasures_ensure(struct store *db, const struct keys *keys, struct err *e);
/* Appends the values of one event and flushes them; inside the transaction that stores the event. */
MUST_USE bool erasures_append(struct store *db, const struct keys *keys, const struct erasure *x, struct err *e);

/* One value of a record loses salt and bytes; a file that it named is nobody's from here on (uploads.h).
 * r is the open fold.  *gone: it was there until now. */
MUST_USE bool erase_value(struct store *db, const struct changes *c, const struct record *r, int64_t seq,
                          int64_t k, int64_t by, bool *gone, struct err *e);
/* Coordinates and look-up values of a record whose values were erased; the search entry follows from
 * ch->new_text, which is set. */
MUST_USE bool erase_traces(struct store *db, const struct changes *c, struct change *ch, struct err *e);

/* Erases again, in a restored copy, what the list `path` names: what was erased after the copy was made.
 * A line whose place in the log another event has is passed over: that commit failed, or the log went on
 * in another branch, where the copy has lost the value already.  ERR_NOT_FOUND: no list there;
 * ERR_SYNTAX: it is none. */
MUST_USE bool erasures_again(const char *url, const struct keys *keys, const char *path, int64_t *values,
                             struct err *e);
