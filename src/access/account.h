/* access/account.h - accounts as actors, and logging in by password.
 *
 * What an account may do is the fold of its record sys.account; only the password lies elsewhere, in
 * table credential, which is not a fold (decisions 3).
 *
 * Logging in has three steps, because the hash takes a tenth of a second and nobody may hold the
 * writer for so long:
 *     login_begin   on a read connection: finds the hash
 *     login_verify  no database: compares in the hasher's thread
 *     login_settle  on the writer (engine_exclusive): counts the try and gives the result
 * After LOGIN_TRIES wrong tries a login is locked for LOGIN_LOCKED_MS.  Settling looks again, so of
 * many tries that were sent at once the right one does not pass behind five wrong ones.
 * A login that does not exist takes the same steps, the same work and the same lock as one that
 * does: from outside they look alike. */
#pragma once
#include "access/actor.h"
#include "access/hasher.h"

enum {
    LOGIN_TRIES = 5,
    LOGIN_LOCKED_MS = 15 * MS_MINUTE,
    LOGIN_TEXT = 400,         /* bytes, as sys.account takes them */
    PASSWORD_CHARS = 10,      /* at least, of any kind */
    PASSWORD_CHARS_MIXED = 8, /* at least, of three kinds out of four */
};

/* From the fold of the account.  *found = false: no such account, or it is closed. */
MUST_USE bool account_actor(struct store *db, struct arena *a, struct id account, struct actor *out,
                            bool *found, struct err *e);
MUST_USE bool account_by_login(struct store *db, struct str login, struct id *out, bool *found,
                               struct err *e);

/* ---- passwords ---- */

/* Is it good enough for this login?  ERR_INPUT, ERR_TOO_BIG with the field "password". */
MUST_USE bool password_check(struct str login, struct str password, struct err *e);
/* Keeps a hash of hasher_make; unlocks the account.  A caller also ends the other sessions. */
MUST_USE bool password_save(struct store *db, struct id account, const char *hash, int64_t now,
                            struct err *e);

/* ---- logging in ---- */

enum login_state { LOGIN_OPEN, LOGIN_WRONG, LOGIN_LOCKED, LOGIN_OK };

struct login {
    enum login_state state;
    struct id account; /* with LOGIN_OK */
    struct id
        counted; /* under which tries are counted: the account, or made from the unknown login */
    char hash[PASSWORD_HASH];
    bool same;
    int64_t locked_until;
};

MUST_USE bool login_begin(struct store *db, struct str login, int64_t now, struct login *out,
                          struct err *e);
/* Only ERR_BUSY and the like: whether it was right is said by login_settle. */
MUST_USE bool login_verify(struct hasher *h, struct login *l, struct str password, struct err *e);
/* Needs a transaction.  True also for a wrong password: the count has to be committed. */
MUST_USE bool login_settle(struct store *db, struct login *l, int64_t now, struct err *e);
/* True with LOGIN_OK; otherwise ERR_BAD_LOGIN or ERR_TOO_OFTEN. */
MUST_USE bool login_answer(const struct login *l, int64_t now, struct err *e);
/* Forgets the counts of logins that do not exist, once they are an hour old. */
MUST_USE bool login_sweep(struct store *db, int64_t now, struct err *e);
