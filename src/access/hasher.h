/* access/hasher.h - Argon2id in one worker thread.
 *
 * A hash takes 64 MiB and about a tenth of a second: two at once would double the memory of a small
 * box, and a crowd at the login page must not stop the other request threads.  So one thread works
 * and at most HASHER_QUEUE callers wait; the next one gets ERR_BUSY. */
#pragma once
#include "base/err.h"

enum {
    HASHER_QUEUE = 32,
    PASSWORD_HASH = 128, /* "$argon2id$…" with its NUL */
    PASSWORD_MAX = 256,  /* bytes of a password */
};

struct hasher;

MUST_USE bool hasher_start(struct hasher **out, struct err *e);
/* What is queued is finished first; nobody may call again.  NULL is allowed. */
void hasher_stop(struct hasher *h);
void hasher_stopp(struct hasher **h);

/* Both wait until the worker has done it.
 * Errors: ERR_BUSY when the queue is full, when the hasher stops, or when there is no memory for a
 * hash; ERR_TOO_BIG for a password of more than PASSWORD_MAX bytes (hasher_verify: *same = false). */
MUST_USE bool hasher_make(struct hasher *h, struct str password, char out[static PASSWORD_HASH],
                          struct err *e);
MUST_USE bool hasher_verify(struct hasher *h, const char *hash, struct str password, bool *same,
                            struct err *e);
/* Was the hash made with less than this program asks for (or is it none at all)? */
bool hasher_old(const char *hash);
