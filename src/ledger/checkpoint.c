/* Checkpoints: C2SP tlog-checkpoint, signed as a C2SP signed-note with Ed25519 (type 0x01). */
#include "ledger/ledger.h"
#include "ledger/ledger.sql.h"

static void key_id(const struct keys *k, uint8_t out[static 4])
{
    struct str parts[] = {str_of(k->origin), STR("\n"), {"\1", 1}, {(const char *)k->public_key, 32}};
    struct hash h = hash_parts(parts, COUNT_OF(parts));
    memcpy(out, h.b, 4);
}

struct str checkpoint_vkey(struct arena *a, const struct keys *k)
{
    uint8_t id[4], key[33] = {1};
    key_id(k, id);
    memcpy(key + 1, k->public_key, 32);
    return str_printf(a, "%s+%.8s+%s", k->origin, hex_of(a, (struct str){(char *)id, 4}).ptr,
                      base64_of(a, (struct str){(char *)key, 33}, false).ptr);
}

struct str checkpoint_sign(struct arena *a, const struct keys *k, int64_t size,
                           const struct hash *root)
{
    struct str text = str_printf(a, "%s\n%lld\n%s\n", k->origin, (long long)size,
                                 base64_of(a, HASH_STR(*root), false).ptr);
    uint8_t sig[68];
    key_id(k, sig);
    keys_sign(k, text, sig + 4);
    return str_printf(a, "%.*s\n\xE2\x80\x94 %s %s\n", STR_F(text), k->origin,
                      base64_of(a, (struct str){(char *)sig, sizeof sig}, false).ptr);
}

static bool signature_good(struct arena *a, const struct keys *k, struct str signed_text,
                           struct str lines)
{
    uint8_t id[4];
    key_id(k, id);
    while (lines.len) {
        struct str line = str_cut(lines, '\n', &lines), sig;
        struct str head = str_printf(a, "\xE2\x80\x94 %s ", k->origin);
        if (!str_starts(line, head))
            continue;
        line.ptr += head.len;
        line.len -= head.len;
        if (base64_to(a, line, &sig) && sig.len == 68 && memcmp(sig.ptr, id, 4) == 0 &&
            keys_check(k->public_key, signed_text, (const uint8_t *)sig.ptr + 4))
            return true;
    }
    return false;
}

bool checkpoint_parse(struct str text, const struct keys *k, struct checkpoint *out, struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct checkpoint c = {.size = 0};
    struct str rest, origin = str_cut(text, '\n', &rest), size = str_cut(rest, '\n', &rest),
                     root = str_cut(rest, '\n', &rest), bytes;
    if (!origin.len || origin.len >= sizeof c.origin || !rest.ptr)
        return err_set(e, ERR_SYNTAX, "no checkpoint: expected origin, size, root, signatures");
    memcpy(c.origin, origin.ptr, origin.len);
    if (!str_int(size, &c.size) || c.size < 0)
        return err_set(e, ERR_SYNTAX, "checkpoint: expected a size in the second line");
    if (!base64_to(a, root, &bytes) || bytes.len != HASH_LEN)
        return err_set(e, ERR_SYNTAX, "checkpoint: expected a base64 root in the third line");
    memcpy(c.root.b, bytes.ptr, HASH_LEN);
    struct str signed_text = {text.ptr, (size_t)(rest.ptr - text.ptr)};
    if (!str_starts(rest, STR("\n")))
        return err_set(e, ERR_SYNTAX, "checkpoint: expected an empty line before the signatures");
    rest.ptr++, rest.len--;
    if (k && !signature_good(a, k, signed_text, rest))
        return err_set(e, ERR_VERIFY, "checkpoint of size %lld: no good signature by %s",
                       (long long)c.size, k->origin);
    *out = c;
    return true;
}

bool checkpoint_list(struct store *db, struct arena *a, struct checkpoint **out, size_t *n,
                     struct err *e)
{
    struct checkpoint *list = NULL;
    size_t count = 0, cap = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_checkpoint_all, BIND_NONE, e);
    while (rows_next(&r)) {
        list = arena_grow(a, list, count, &cap, sizeof *list);
        struct checkpoint *c = &list[count++];
        *c = (struct checkpoint){.size = rows_int(&r, 0)};
        struct str root = rows_str(&r, 1);
        if (root.len == HASH_LEN)
            memcpy(c->root.b, root.ptr, HASH_LEN);
    }
    if (err_is(e))
        return false;
    *out = list;
    *n = count;
    return true;
}

bool checkpoint_newest(struct store *db, struct arena *a, int64_t limit, struct signed_checkpoint **out, size_t *n,
                       struct err *e)
{
    struct signed_checkpoint *list = ARENA_ARRAY(a, struct signed_checkpoint, limit);
    size_t count = 0;
    struct rows r AUTO(rows_close) = store_query(db, sql_checkpoint_newest, BIND(C_INT(limit)), e);
    while (rows_next(&r))
        list[count++] = (struct signed_checkpoint){rows_int(&r, 0), rows_int(&r, 2), str_dup(a, rows_str(&r, 3))};
    if (err_is(e))
        return false;
    *out = list;
    *n = count;
    return true;
}

static const char *last_path(struct arena *a, const struct keys *k)
{
    return arena_printf(a, "%s.last", k->path);
}

bool checkpoint_make(struct store *db, struct arena *a, const struct keys *k, int64_t now,
                     struct str *text, struct err *e)
{
    ASSERT(!store_in_tx(db));
    struct ledger_head h;
    if (!ledger_read_head(db, &h, e))
        return false;
    struct hash root = tree_root(&h.tree);
    struct str t = checkpoint_sign(a, k, h.tree.size, &root);
    if (!store_begin(db, e))
        return false;
    if (!store_exec(db, sql_checkpoint_insert,
                    BIND(C_INT(h.tree.size), C_BLOB(HASH_STR(root)), C_INT(now), C_TEXT(t)), NULL,
                    e) ||
        !store_commit(db, e)) {
        store_rollback(db);
        return false;
    }
    if (!file_replace(last_path(a, k), t, 0600, e))
        return false;
    *text = t;
    return true;
}

bool checkpoint_continues(struct store *db, const struct keys *k, bool *ok,
                          char reason[static 200], struct err *e)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str text;
    struct err missing = ERR_INIT;
    if (!file_read(a, last_path(a, k), 65536, &text, &missing)) {
        if (missing.code != ERR_NOT_FOUND)
            return err_set(e, missing.code, "%s", missing.text);
        *ok = true; /* nothing was signed yet */
        return true;
    }
    struct checkpoint c;
    struct ledger_head h;
    struct hash root;
    if (!checkpoint_parse(text, k, &c, e) || !ledger_read_head(db, &h, e))
        return false;
    if (h.tree.size < c.size) {
        snprintf(reason, 200, "the log has %lld events, the last signed checkpoint had %lld",
                 (long long)h.tree.size, (long long)c.size);
        *ok = false;
        return true;
    }
    if (!ledger_root(db, c.size, &root, e))
        return false;
    *ok = hash_eq(&root, &c.root);
    if (!*ok)
        snprintf(reason, 200, "the log differs from the checkpoint that was signed at size %lld",
                 (long long)c.size);
    return true;
}

bool ledger_proof_text(struct store *db, struct arena *a, const struct keys *k, int64_t seq,
                       int64_t size, struct buf *out, struct err *e)
{
    struct tree_source src = ledger_source(db);
    struct hash proof[TREE_PROOF], root;
    size_t n;
    struct event ev;
    bool found;
    if (!ledger_get(db, a, seq, &found, &ev, e))
        return false;
    if (!found)
        return err_set(e, ERR_NOT_FOUND, "there is no event %lld", (long long)seq);
    if (!tree_inclusion(&src, seq, size, proof, &n, e) || !ledger_root(db, size, &root, e))
        return false;
    buf_printf(out, "c2sp.org/tlog-proof@v1\nextra %s\nindex %lld\n",
               base64_of(a, ev.body, false).ptr, (long long)seq);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s\n", base64_of(a, HASH_STR(proof[i]), false).ptr);
    buf_char(out, '\n');
    buf_str(out, checkpoint_sign(a, k, size, &root));
    return true;
}

static void put_line(FILE *to, const struct event *ev, struct ledger_hide *hide, struct arena *a)
{
    struct str line = ev->body;
    if (hide && hide->hide(hide->self, ev)) {
        hide->hidden++;
        fputc('#', to);
        line = base64_of(a, HASH_STR(ev->leaf), false);
    }
    fwrite(line.ptr, 1, line.len, to);
    fputc('\n', to);
}

bool ledger_export(struct store *db, const struct keys *k, FILE *to, struct ledger_hide *hide,
                   void (*progress)(void *self, int64_t done, int64_t total), void *self,
                   struct err *e)
{
    enum { PIECE = 1000 };
    struct arena *a AUTO(arena_freep) = arena_new();
    struct ledger_head h;
    if (!ledger_read_head(db, &h, e))
        return false;
    for (int64_t seq = 0; seq < h.tree.size;) {
        struct event *ev;
        size_t n;
        arena_reset(a);
        if (!ledger_range(db, a, seq, min64(PIECE, h.tree.size - seq), &ev, &n, e))
            return false;
        if (n == 0)
            return err_set(e, ERR_VERIFY, "event %lld is missing", (long long)seq);
        for (size_t i = 0; i < n; i++)
            put_line(to, &ev[i], hide, a);
        seq += (int64_t)n;
        if (progress)
            progress(self, seq, h.tree.size);
    }
    struct hash root = tree_root(&h.tree);
    struct str note = checkpoint_sign(a, k, h.tree.size, &root);
    fputc('\n', to);
    fwrite(note.ptr, 1, note.len, to);
    return ferror(to) == 0 || err_set(e, ERR_IO, "the export could not be written");
}
