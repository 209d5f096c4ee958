#include "ledger/witness.h"
#include "ledger/witness.sql.h"

bool witness_key_parse(struct str vkey, struct witness_key *out)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct str rest, name = str_cut(vkey, '+', &rest), id = str_cut(rest, '+', &rest), key;
    if (!name.len || name.len >= sizeof out->name || !rest.ptr || !base64_to(a, rest, &key) || key.len != 33 ||
        key.ptr[0] != 4)
        return false;
    struct str parts[] = {name, STR("\n"), key};
    struct hash h = hash_parts(parts, COUNT_OF(parts));
    memcpy(out->id, h.b, sizeof out->id);
    if (!str_eq(id, hex_of(a, (struct str){(char *)out->id, 4})))
        return false;
    snprintf(out->name, sizeof out->name, "%.*s", STR_F(name));
    memcpy(out->public_key, key.ptr + 1, 32);
    return true;
}

bool witness_request(struct store *db, struct arena *a, struct str note, int64_t old, int64_t size, struct buf *out,
                     struct err *e)
{
    struct tree_source src = ledger_source(db);
    struct hash proof[TREE_PROOF];
    size_t n = 0;
    if (old > 0 && old < size && !tree_consistency(&src, old, size, proof, &n, e))
        return false;
    buf_printf(out, "old %lld\n", (long long)old);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%.*s\n", STR_F(base64_of(a, HASH_STR(proof[i]), false)));
    buf_char(out, '\n');
    buf_str(out, note);
    return buf_ok(out) || err_set(e, ERR_TOO_BIG, "the checkpoint is too long");
}

/* The signed text of a note: up to and with the line feed before the empty line. */
static struct str signed_part(struct str note)
{
    size_t n = 0;
    while (n + 1 < note.len && (note.ptr[n] != '\n' || note.ptr[n + 1] != '\n'))
        n++;
    return (struct str){note.ptr, n + 1};
}

static bool good_line(struct arena *a, const struct witness_key *k, struct str text, struct str line)
{
    enum { TIME = 4, SIGNATURE = 12, WHOLE = 76 };
    struct str head = str_printf(a, "\xE2\x80\x94 %s ", k->name), sig;
    if (!str_starts(line, head) || !base64_to(a, (struct str){line.ptr + head.len, line.len - head.len}, &sig) ||
        sig.len != WHOLE || memcmp(sig.ptr, k->id, sizeof k->id) != 0)
        return false;
    uint64_t seconds = 0;
    for (int i = TIME; i < SIGNATURE; i++)
        seconds = seconds << 8 | (uint8_t)sig.ptr[i];
    struct str signed_text =
        str_printf(a, "cosignature/v1\ntime %llu\n%.*s", (unsigned long long)seconds, STR_F(text));
    return keys_check(k->public_key, signed_text, (const uint8_t *)sig.ptr + SIGNATURE);
}

bool witness_answer(struct arena *a, const struct witness_key *k, struct str note, struct str answer, struct str *line)
{
    struct str text = signed_part(note);
    while (answer.len) {
        struct str one = str_cut(answer, '\n', &answer);
        if (good_line(a, k, text, one)) {
            *line = one;
            return true;
        }
    }
    return false;
}

bool witness_last(struct store *db, struct arena *a, struct witnessed *out, struct err *e)
{
    struct rows r AUTO(rows_close) = store_query(db, sql_witness_last, BIND_NONE, e);
    *out = (struct witnessed){.any = rows_next(&r)};
    if (err_is(e) || !out->any)
        return !err_is(e);
    out->size = rows_int(&r, 0);
    out->at = rows_int(&r, 1);
    out->note = str_printf(a, "%.*s%.*s\n", STR_F(rows_str(&r, 2)), STR_F(rows_str(&r, 3)));
    return true;
}

bool witness_keep(struct store *db, int64_t size, struct str line, int64_t at, struct err *e)
{
    if (!store_begin(db, e))
        return false;
    if (store_exec(db, sql_witness_keep, BIND(C_INT(size), C_TEXT(line), C_INT(at)), NULL, e) && store_commit(db, e))
        return true;
    store_rollback(db);
    return false;
}
