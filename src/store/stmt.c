/* The prepared statements of one connection: found by text and kinds, the least recently used one
 * makes room; and the scanner that keeps the text inside what both engines understand. */
#include "store/store_int.h"
#include <strings.h>

/* Not FNV: this runs for every call, over texts of some hundred bytes, eight at a time. */
static uint64_t text_hash(const char *p, size_t n)
{
    uint64_t h = 0x9E3779B97F4A7C15u ^ n, w;
    for (; n >= sizeof w; p += sizeof w, n -= sizeof w) {
        memcpy(&w, p, sizeof w);
        h = (h ^ w) * 0xFF51AFD7ED558CCDu;
        h ^= h >> 32;
    }
    w = 0;
    memcpy(&w, p, n);
    h = (h ^ w) * 0xFF51AFD7ED558CCDu;
    return h ^ (h >> 29);
}

bool stmt_blame(const char *sql, enum err_code code, const char *text, struct err *e)
{
    char head[100];
    size_t n = 0;
    for (const char *p = sql; *p && n < sizeof head - 1; p++) {
        bool blank = *p == ' ' || *p == '\n' || *p == '\t';
        if (!blank || (n && head[n - 1] != ' '))
            head[n++] = blank ? ' ' : *p;
    }
    while (n && (head[n - 1] == ' ' || (unsigned char)head[n - 1] >= 0x80))
        n--; /* the cut may have gone through a character */
    head[n] = '\0';
    return err_set(e, code, "%s [%s]", text, head);
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '$' || (unsigned char)c >= 0x80;
}

/* The position behind a quoted piece or comment that begins at p, or p itself. */
static const char *skip_quoted(const char *p)
{
    if (*p == '\'' || *p == '"') {
        const char *end = strchr(p + 1, *p); /* a doubled quote looks like two pieces: as good */
        return end ? end + 1 : p + strlen(p);
    }
    if (p[0] == '-' && p[1] == '-') {
        const char *end = strchr(p, '\n');
        return end ? end : p + strlen(p);
    }
    if (p[0] == '/' && p[1] == '*') {
        const char *end = strstr(p + 2, "*/");
        return end ? end + 2 : p + strlen(p);
    }
    return p;
}

/* Reads "$digits" at *p. */
static bool scan_param(const char **p, size_t *k)
{
    const char *q = *p + 1;
    size_t v = 0;
    while (*q >= '0' && *q <= '9' && v <= STMT_PARAMS)
        v = v * 10 + (size_t)(*q++ - '0');
    bool ok = v >= 1 && v <= STMT_PARAMS && (*p)[1] != '0' && !is_word(*q) && *q != ':';
    *p = q;
    *k = v;
    return ok;
}

static bool first_word_changes(const char *sql)
{
    static const char *const WORDS[] = {"INSERT", "UPDATE", "DELETE", "WITH", "REPLACE", "MERGE"};
    for (const char *q; *sql; sql = q)
        if ((q = skip_quoted(sql)) == sql) {
            if (is_word(*sql))
                break;
            q = sql + 1;
        }
    for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
        size_t n = strlen(WORDS[i]);
        if (strncasecmp(sql, WORDS[i], n) == 0 && !is_word(sql[n]))
            return true;
    }
    return false;
}

/* Every number from 1 to n must be there: a hole is a slip, and PostgreSQL cannot type it. */
static bool no_holes(const uint64_t *seen, size_t n, const char *sql, struct err *e)
{
    for (size_t k = 1; k <= n; k++)
        if (!(seen[k / 64] >> (k % 64) & 1)) {
            char text[80];
            snprintf(text, sizeof text, "parameter $%zu is missing", k);
            return stmt_blame(sql, ERR_STORE, text, e);
        }
    return true;
}

bool stmt_scan(const char *sql, struct stmt *out, struct err *e)
{
    uint64_t seen[STMT_PARAMS / 64 + 1];
    size_t n = 0, cleared = 0;
    for (const char *p = sql; *p;) {
        const char *q = skip_quoted(p);
        if (q != p) {
            p = q;
        } else if (*p == '$') {
            size_t k;
            if (!scan_param(&p, &k))
                return stmt_blame(sql, ERR_STORE, "a parameter must be $1, $2, …", e);
            for (; cleared <= k / 64; cleared++)
                seen[cleared] = 0;
            seen[k / 64] |= (uint64_t)1 << (k % 64);
            n = k > n ? k : n;
        } else if (*p == '?' || *p == '@' || (*p == ':' && (p[1] == ':' || is_word(p[1])))) {
            if (*p == '@' && p[1] == '@') { /* PostgreSQL's match operator */
                p += 2;
                continue;
            }
            return stmt_blame(sql, ERR_STORE, "only $1, $2, … and CAST, no ?, @x, :x or ::", e);
        } else if (is_word(*p)) {
            while (is_word(*p)) /* a "$" inside a name is no parameter */
                p++;
        } else {
            p++;
        }
    }
    if (!no_holes(seen, n, sql, e))
        return false;
    out->n_params = n;
    out->counts = first_word_changes(sql);
    return true;
}

static void unlink_stmt(struct store *db, const struct stmt *st)
{
    struct stmt **at = &db->buckets[st->hash % STMT_BUCKETS];
    while (*at && *at != st)
        at = &(*at)->next;
    if (*at) {
        *at = st->next;
        db->n_stmts--;
    }
}

static void stmt_free(struct store *db, struct stmt *st)
{
    db->engine->finish(db, st);
    free(st->sql);
    free(st->index);
    free(st->copy);
    free(st->kinds);
    free(st);
}

void stmt_drop(struct store *db, struct stmt *st)
{
    unlink_stmt(db, st);
    stmt_free(db, st);
}

void stmt_drop_all(struct store *db)
{
    for (size_t i = 0; i < STMT_BUCKETS; i++)
        while (db->buckets[i])
            stmt_drop(db, db->buckets[i]);
    ASSERT(db->n_stmts == 0);
}

/* Those that are being read stay, even if that means more than STMT_CACHE. */
static void make_room(struct store *db)
{
    struct stmt *oldest = NULL;
    if (db->n_stmts < STMT_CACHE)
        return;
    for (size_t i = 0; i < STMT_BUCKETS; i++)
        for (struct stmt *st = db->buckets[i]; st; st = st->next)
            if (!st->busy && (!oldest || st->used < oldest->used))
                oldest = st;
    if (oldest)
        stmt_drop(db, oldest);
}

static bool right_count(const struct stmt *st, size_t n, struct err *e)
{
    if (st->n_params == n)
        return true;
    char text[100];
    snprintf(text, sizeof text, "%zu parameters wanted, %zu given", st->n_params, n);
    return stmt_blame(st->sql, ERR_STORE, text, e);
}

static bool stmt_new(struct store *db, const char *sql, size_t len, const struct cell *args,
                     size_t n, struct stmt **out, struct err *e)
{
    struct stmt scanned = {0};
    if (!stmt_scan(sql, &scanned, e))
        return false;
    make_room(db);
    struct stmt *st = mem_new(sizeof *st);
    *st = scanned;
    st->sql = mem_new(len + 1);
    st->len = len;
    memcpy(st->sql, sql, len + 1);
    if (!right_count(st, n, e) || !db->engine->prepare(db, st, args, e)) {
        stmt_free(db, st);
        return false;
    }
    *out = st;
    return true;
}

bool stmt_get(struct store *db, const char *sql, const struct cell *args, size_t n,
              struct stmt **out, struct err *e)
{
    size_t len = strlen(sql);
    uint64_t hash = text_hash(sql, len);
    struct stmt **head = &db->buckets[hash % STMT_BUCKETS];
    for (struct stmt *st = *head; st; st = st->next) {
        if (st->hash != hash || st->len != len || st->busy || memcmp(st->sql, sql, len) != 0)
            continue;
        if (!right_count(st, n, e))
            return false;
        if (db->engine->fits && !db->engine->fits(st, args))
            continue;
        st->used = ++db->tick;
        *out = st;
        return true;
    }
    struct stmt *st;
    if (!stmt_new(db, sql, len, args, n, &st, e))
        return false;
    st->hash = hash;
    st->used = ++db->tick;
    st->next = *head;
    *head = st;
    db->n_stmts++;
    *out = st;
    return true;
}
