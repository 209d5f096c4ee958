#include "access/session.h"
#include "access/account.h"
#include "access/session.sql.h"
#include <pthread.h>

enum { BUCKETS = 8192, SWEEP_MS = MS_HOUR };

struct entry {
    struct session s;
    int64_t sys_seq; /* the actor was made at */
    int64_t read;    /* from the database */
    int64_t saved;   /* the `seen` that stands there */
    bool ended;
    int next;         /* in its bucket; 0: none */
    int older, newer; /* by use; 0 is both ends */
};

struct sessions {
    pthread_mutex_t lock;
    struct entry entries[SESSIONS_CACHED + 1]; /* 0 is the ring's joint */
    int n;
    int buckets[BUCKETS];
    int64_t swept;
};

struct sessions *sessions_new(void)
{
    struct sessions *s = calloc(1, sizeof *s);
    ASSERT(s);
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

void sessions_free(struct sessions *s)
{
    if (!s)
        return;
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void sessions_freep(struct sessions **s)
{
    sessions_free(*s);
}

/* ---- the cache; all of it under the lock ---- */

static int *bucket_of(struct sessions *s, const struct hash *token)
{
    return &s->buckets[(token->b[0] | token->b[1] << 8) % BUCKETS];
}

static struct entry *find(struct sessions *s, const struct hash *token)
{
    for (int i = *bucket_of(s, token); i; i = s->entries[i].next)
        if (memcmp(s->entries[i].s.token.b, token->b, HASH_LEN) == 0)
            return &s->entries[i];
    return NULL;
}

static void unlink_use(struct sessions *s, struct entry *x)
{
    s->entries[x->older].newer = x->newer;
    s->entries[x->newer].older = x->older;
}

/* entries[0].older is the most recently used, entries[0].newer the least. */
static void use(struct sessions *s, struct entry *x)
{
    int i = (int)(x - s->entries);
    x->older = s->entries[0].older;
    x->newer = 0;
    s->entries[x->older].newer = i;
    s->entries[0].older = i;
}

static struct entry *take_slot(struct sessions *s, const struct hash *token)
{
    int i;
    if (s->n < SESSIONS_CACHED) {
        i = ++s->n;
    } else {
        i = s->entries[0].newer;
        unlink_use(s, &s->entries[i]);
        int *at = bucket_of(s, &s->entries[i].s.token);
        while (*at != i)
            at = &s->entries[*at].next;
        *at = s->entries[i].next;
    }
    int *head = bucket_of(s, token);
    s->entries[i] = (struct entry){.next = *head};
    s->entries[i].s.token = *token;
    *head = i;
    use(s, &s->entries[i]);
    return &s->entries[i];
}

static struct entry *find_or_take(struct sessions *s, const struct hash *token)
{
    struct entry *x = find(s, token);
    if (!x)
        return take_slot(s, token);
    unlink_use(s, x);
    use(s, x);
    return x;
}

static bool believed(const struct entry *x, int64_t now)
{
    return now >= x->read && now - x->read < SESSION_TRUST_MS;
}

static bool alive(const struct session *s, int64_t now)
{
    return now < s->ends && now - s->seen < SESSION_IDLE_MS;
}

static void mark_ended(struct sessions *s, const struct hash *token, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    struct entry *x = find_or_take(s, token);
    x->ended = true;
    x->read = now;
    pthread_mutex_unlock(&s->lock);
}

enum known { KNOWN_NOT, KNOWN_YES, KNOWN_ENDED };

static enum known ask_cache(struct sessions *s, const struct hash *token, int64_t sys_seq,
                            int64_t now, struct session *out)
{
    enum known k = KNOWN_NOT;
    pthread_mutex_lock(&s->lock);
    struct entry *x = find(s, token);
    if (x && believed(x, now)) {
        if (x->ended || !alive(&x->s, now)) {
            k = KNOWN_ENDED;
        } else if (x->sys_seq == sys_seq) {
            x->s.seen = max64(x->s.seen, now);
            unlink_use(s, x);
            use(s, x);
            *out = x->s;
            k = KNOWN_YES;
        }
    }
    pthread_mutex_unlock(&s->lock);
    return k;
}

/* What was seen here and is not in the table yet. */
static int64_t seen_here(struct sessions *s, const struct hash *token)
{
    pthread_mutex_lock(&s->lock);
    const struct entry *x = find(s, token);
    int64_t seen = x ? x->s.seen : 0;
    pthread_mutex_unlock(&s->lock);
    return seen;
}

/* False: it was ended between our reading and now. */
static bool remember(struct sessions *s, struct session *read, int64_t saved, int64_t sys_seq,
                     int64_t now)
{
    pthread_mutex_lock(&s->lock);
    struct entry *x = find_or_take(s, &read->token);
    bool ok = !(x->ended && believed(x, now));
    if (ok) {
        read->seen = max64(max64(read->seen, x->s.seen), now);
        x->s = *read;
        x->sys_seq = sys_seq;
        x->read = now;
        x->saved = saved;
        x->ended = false;
    }
    pthread_mutex_unlock(&s->lock);
    return ok;
}

/* ---- checking ---- */

static bool no_session(struct err *e)
{
    return err_set(e, ERR_LOGIN, "there is no such session");
}

static bool read_session(struct store *db, const struct hash *token, struct session *out,
                         struct err *e)
{
    struct session s = {.token = *token};
    struct rows r AUTO(rows_close) =
        store_query(db, sql_session_get, BIND(C_BLOB(HASH_STR(*token))), e);
    if (!rows_next(&r))
        return err_is(e) ? false : no_session(e);
    struct str csrf = rows_str(&r, 1);
    if (!id_read(rows_str(&r, 0), &s.account) || csrf.len != SESSION_TOKEN)
        return err_set(e, ERR_VERIFY, "a session is damaged");
    memcpy(s.csrf, csrf.ptr, SESSION_TOKEN);
    s.made = rows_int(&r, 2);
    s.seen = rows_int(&r, 3);
    s.ends = rows_int(&r, 4);
    *out = s;
    return true;
}

bool session_check(struct sessions *s, struct store *db, struct str cookie, int64_t sys_seq,
                   int64_t now, struct session *out, struct err *e)
{
    if (err_is(e))
        return false;
    if (cookie.len != SESSION_TOKEN)
        return no_session(e);
    struct hash token = hash_sha256(cookie);
    return session_again(s, db, &token, sys_seq, now, out, e);
}

bool session_again(struct sessions *s, struct store *db, const struct hash *token, int64_t sys_seq, int64_t now,
                   struct session *out, struct err *e)
{
    enum known k = ask_cache(s, token, sys_seq, now, out);
    if (k != KNOWN_NOT)
        return k == KNOWN_YES || no_session(e);
    struct session read;
    struct arena *a AUTO(arena_freep) = arena_new();
    bool found;
    if (!read_session(db, token, &read, e))
        return false;
    int64_t saved = read.seen;
    read.seen = max64(read.seen, seen_here(s, token));
    if (!alive(&read, now))
        return no_session(e);
    if (!account_actor(db, a, read.account, &read.actor, &found, e))
        return false;
    if (!found || !remember(s, &read, saved, sys_seq, now))
        return no_session(e);
    *out = read;
    return true;
}

bool session_csrf_ok(const struct session *session, struct str given)
{
    struct hash mine = hash_sha256(str_of(session->csrf)), theirs = hash_sha256(given);
    return session->csrf[0] && hash_eq(&mine, &theirs);
}

/* ---- beginning and ending ---- */

static void new_token(char out[static SESSION_TOKEN + 1])
{
    uint8_t raw[32];
    struct arena *a AUTO(arena_freep) = arena_new();
    random_bytes(raw, sizeof raw);
    struct str text = base64_of(a, (struct str){(const char *)raw, sizeof raw}, true);
    ASSERT(text.len == SESSION_TOKEN);
    memcpy(out, text.ptr, SESSION_TOKEN);
    out[SESSION_TOKEN] = 0;
}

/* A browser may send anything as its name; broken text would not go into the database. */
static struct str device_text(struct str device)
{
    if (!device.ptr || !str_utf8_ok(device))
        return STR("");
    if (device.len > SESSION_DEVICE) {
        device.len = SESSION_DEVICE;
        while (device.len && ((unsigned char)device.ptr[device.len] & 0xC0) == 0x80)
            device.len--;
    }
    return device;
}

static bool take_rows(struct store *db, struct arena *a, struct id account,
                      struct session_row **out, struct hash **tokens, size_t *n, struct err *e)
{
    struct session_row *list = NULL;
    struct hash *hashes = NULL;
    size_t count = 0, cap = 0, cap_hashes = 0;
    struct rows r AUTO(rows_close) =
        store_query(db, sql_session_of_account, BIND(C_BLOB(ID_STR(account))), e);
    while (rows_next(&r)) {
        struct str token = rows_str(&r, 0);
        if (token.len != HASH_LEN)
            return err_set(e, ERR_VERIFY, "a session is damaged");
        list = arena_grow(a, list, count, &cap, sizeof *list);
        hashes = arena_grow(a, hashes, count, &cap_hashes, sizeof *hashes);
        memcpy(hashes[count].b, token.ptr, HASH_LEN);
        list[count++] = (struct session_row){.key = base64_of(a, token, true),
                                             .made = rows_int(&r, 1),
                                             .seen = rows_int(&r, 2),
                                             .ends = rows_int(&r, 3),
                                             .device = str_dup(a, rows_str(&r, 4))};
    }
    if (err_is(e))
        return false;
    *out = list;
    *tokens = hashes;
    *n = count;
    return true;
}

static bool delete_one(struct sessions *s, struct store *db, struct id account,
                       const struct hash *token, int64_t now, bool *found, struct err *e)
{
    int64_t n = 0;
    if (!store_exec(db, sql_session_delete, BIND(C_BLOB(HASH_STR(*token)), C_BLOB(ID_STR(account))),
                    &n, e))
        return false;
    if (n)
        mark_ended(s, token, now);
    *found = n > 0;
    return true;
}

/* All but the `keep` that were seen last, and but one. */
static bool end_others(struct sessions *s, struct store *db, struct id account, size_t keep,
                       const struct hash *except, int64_t now, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct session_row *rows;
    struct hash *tokens;
    size_t n;
    bool found;
    if (!take_rows(db, a, account, &rows, &tokens, &n, e))
        return false;
    for (size_t i = keep; i < n; i++) {
        if (except && hash_eq(except, &tokens[i]))
            continue;
        if (!delete_one(s, db, account, &tokens[i], now, &found, e))
            return false;
    }
    return true;
}

bool session_make(struct sessions *s, struct store *db, struct id account, struct str device,
                  int64_t now, char cookie[static SESSION_TOKEN + 1],
                  char csrf[static SESSION_TOKEN + 1], struct err *e)
{
    char c[SESSION_TOKEN + 1], x[SESSION_TOKEN + 1];
    new_token(c);
    new_token(x);
    struct hash token = hash_sha256(str_of(c));
    if (!end_others(s, db, account, SESSIONS_AN_ACCOUNT - 1, NULL, now, e) ||
        !store_exec(db, sql_session_insert,
                    BIND(C_BLOB(HASH_STR(token)), C_BLOB(ID_STR(account)), C_TEXT(str_of(x)),
                         C_INT(now), C_INT(now + SESSION_WHOLE_MS), C_TEXT(device_text(device))),
                    NULL, e))
        return false;
    memcpy(cookie, c, sizeof c);
    memcpy(csrf, x, sizeof x);
    return true;
}

bool session_list(struct sessions *s, struct store *db, struct arena *a, const struct session *mine,
                  int64_t now, struct session_row **out, size_t *n, struct err *e)
{
    struct session_row *rows;
    struct hash *tokens;
    size_t count, kept = 0;
    if (!take_rows(db, a, mine->account, &rows, &tokens, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        rows[i].seen = max64(rows[i].seen, seen_here(s, &tokens[i]));
        rows[i].current = hash_eq(&tokens[i], &mine->token);
        if (now < rows[i].ends && now - rows[i].seen < SESSION_IDLE_MS)
            rows[kept++] = rows[i];
    }
    *out = rows;
    *n = kept;
    return true;
}

bool session_end(struct sessions *s, struct store *db, struct id account, struct str key,
                 int64_t now, bool *found, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str raw;
    struct hash token;
    if (err_is(e))
        return false;
    if (key.len != SESSION_TOKEN || !base64_to(a, key, &raw) || raw.len != HASH_LEN) {
        *found = false;
        return true;
    }
    memcpy(token.b, raw.ptr, HASH_LEN);
    return delete_one(s, db, account, &token, now, found, e);
}

bool session_logout(struct sessions *s, struct store *db, const struct session *mine, int64_t now,
                    struct err *e)
{
    bool found;
    return delete_one(s, db, mine->account, &mine->token, now, &found, e);
}

bool session_end_all(struct sessions *s, struct store *db, struct id account,
                     const struct hash *except, int64_t now, struct err *e)
{
    return end_others(s, db, account, 0, except, now, e);
}

/* ---- what was seen ---- */

static bool to_save(const struct entry *x)
{
    return !x->ended && x->s.seen - x->saved >= SESSION_SAVE_MS;
}

bool sessions_due(struct sessions *s, int64_t now)
{
    pthread_mutex_lock(&s->lock);
    bool due = now - s->swept >= SWEEP_MS;
    for (int i = 1; i <= s->n && !due; i++)
        due = to_save(&s->entries[i]);
    pthread_mutex_unlock(&s->lock);
    return due;
}

bool sessions_save(struct sessions *s, struct store *db, int64_t now, struct err *e)
{
    ASSERT(store_in_tx(db));
    struct arena *a AUTO(arena_freep) = arena_new();
    struct hash *tokens = ARENA_ARRAY(a, struct hash, SESSIONS_CACHED);
    struct cell *cells = ARENA_ARRAY(a, struct cell, SESSIONS_CACHED * 2);
    size_t n = 0;
    pthread_mutex_lock(&s->lock);
    bool sweep = now - s->swept >= SWEEP_MS;
    for (int i = 1; i <= s->n; i++) {
        struct entry *x = &s->entries[i];
        if (!to_save(x))
            continue;
        tokens[n] = x->s.token;
        cells[n * 2] = C_BLOB(HASH_STR(tokens[n]));
        cells[n * 2 + 1] = C_INT(x->s.seen);
        n++;
        x->saved = x->s.seen; /* should the commit fail, a minute is lost */
    }
    s->swept = sweep ? now : s->swept;
    pthread_mutex_unlock(&s->lock);
    return (n == 0 || store_many(db, sql_session_seen, cells, n, 2, e)) &&
           (!sweep || store_exec(db, sql_session_sweep,
                                 BIND(C_INT(now), C_INT(now - SESSION_IDLE_MS)), NULL, e)) &&
           (!sweep || login_sweep(db, now, e));
}
