/* access/session.h - who is logged in.
 *
 * The cookie is 32 random bytes as base64url; table session keeps its SHA-256 only.  A session ends
 * after SESSION_IDLE_MS without a request and SESSION_WHOLE_MS after it began.
 *
 * A request must not write, and mostly not even read: the newest SESSIONS_CACHED sessions are in
 * memory with their actor.  A cached one is believed for SESSION_TRUST_MS, then read again (another
 * node may have ended it), and its actor is made again whenever the log's sys_seq has moved, so a
 * right that was taken away or a closed account counts at the next request.  What was ended here is
 * remembered as ended, so that it does not come back from a database that has not committed yet.
 * `seen` goes to the table by sessions_save, once a minute for all: a crash loses that minute. */
#pragma once
#include "access/actor.h"

enum {
    SESSION_IDLE_MS = 8 * MS_HOUR,
    SESSION_WHOLE_MS = 24 * MS_HOUR,
    SESSION_TRUST_MS = MS_MINUTE,
    SESSION_SAVE_MS = MS_MINUTE,
    SESSIONS_CACHED = 4096,
    SESSIONS_AN_ACCOUNT = 20, /* one more ends the one that was not seen for longest */
    SESSION_TOKEN = 43,       /* characters of cookie and of csrf token */
    SESSION_DEVICE = 200,     /* bytes */
};

struct sessions;

struct session {
    struct hash token; /* SHA-256 of the cookie */
    struct id account;
    char csrf[SESSION_TOKEN + 1];
    int64_t made, seen, ends;
    struct actor actor;
};

MUST_USE struct sessions *sessions_new(void);
void sessions_free(struct sessions *s);
void sessions_freep(struct sessions **s);

/* A new session.  `db` may write; the cookie is written once and is nowhere else. */
MUST_USE bool session_make(struct sessions *s, struct store *db, struct id account,
                           struct str device, int64_t now, char cookie[static SESSION_TOKEN + 1],
                           char csrf[static SESSION_TOKEN + 1], struct err *e);
/* `db` only reads.  ERR_LOGIN when there is no such session (any more) or the account is closed. */
MUST_USE bool session_check(struct sessions *s, struct store *db, struct str cookie,
                            int64_t sys_seq, int64_t now, struct session *out, struct err *e);
/* The same for a session that is known by its token: does it still stand? */
MUST_USE bool session_again(struct sessions *s, struct store *db, const struct hash *token, int64_t sys_seq,
                            int64_t now, struct session *out, struct err *e);
bool session_csrf_ok(const struct session *session, struct str given); /* in constant time */

struct session_row {
    struct str key; /* names it for session_end; opens nothing */
    int64_t made, seen, ends;
    struct str device;
    bool current;
};
/* The living sessions of an account, newest first. */
MUST_USE bool session_list(struct sessions *s, struct store *db, struct arena *a,
                           const struct session *mine, int64_t now, struct session_row **out,
                           size_t *n, struct err *e);

/* `db` may write.  *found = false: this account has no such session. */
MUST_USE bool session_end(struct sessions *s, struct store *db, struct id account, struct str key,
                          int64_t now, bool *found, struct err *e);
MUST_USE bool session_logout(struct sessions *s, struct store *db, const struct session *mine,
                             int64_t now, struct err *e);
/* All of an account, except one (NULL: none). */
MUST_USE bool session_end_all(struct sessions *s, struct store *db, struct id account,
                              const struct hash *except, int64_t now, struct err *e);

/* Is there something for sessions_save?  So that nobody takes the writer's turn for nothing. */
bool sessions_due(struct sessions *s, int64_t now);
/* `db` may write, in a transaction: what was seen, and ended sessions are deleted. */
MUST_USE bool sessions_save(struct sessions *s, struct store *db, int64_t now, struct err *e);
