/* Level files: every attachment that a value names is there, opens with the key of its record, and is the one whose
 * digest the value holds. */
#include "engine/uploads.h"
#include "engine/verify.sql.h"
#include "engine/verify_int.h"
#include "record/change.h"

enum { PAGE = 1000 };

struct file_walk {
    struct verifying *v;
    int64_t seq, k; /* the last value that was looked at */
    size_t n;       /* of this page */
};

static const char *file_wrong(struct verifying *v, struct id id, int64_t rid, struct str plain)
{
    struct arena *a AUTO(arena_freep) = arena_new();
    struct upload u;
    struct json *value;
    struct str bytes;
    struct err mine = ERR_INIT;
    bool found = false;
    if (!uploads_find(v->db, v->keys, a, id, &found, &u, &mine))
        return "its key does not open";
    if (!found)
        return "it is missing";
    if (u.rid != rid)
        return "it belongs to another record";
    if (!uploads_open(v->db, a, &u, &bytes, &mine))
        return "its bytes are missing, or altered";
    if (!json_own(a, plain, &value, &mine) || !str_eq(json_text(value, "sha256"), hex_of(a, HASH_STR(u.sha256))))
        return "it is another one than the record says";
    return NULL;
}

static bool look_at(struct file_walk *w, int64_t rid, struct id rec)
{
    struct verifying *v = w->v;
    uint8_t dek[CIPHER_KEY];
    struct str plain = STR_NONE;
    struct id id;
    bool found = false;
    if (!record_dek(v->db, v->keys, rid, rec, &found, dek, v->e) ||
        (found && !detached_read(v->db, v->piece, w->seq, w->k, dek, &plain, v->e)))
        return false;
    if (!uploads_named(v->piece, plain, &id))
        return true;
    const char *why = file_wrong(v, id, rid, plain);
    v->out->files++;
    if (why)
        verify_wrong(v, w->seq, "the file that value %lld of event %lld names: %s", (long long)w->k, (long long)w->seq,
                     why);
    return true;
}

static bool look_at_page(struct file_walk *w)
{
    struct verifying *v = w->v;
    struct rows r AUTO(rows_close) =
        store_query(v->db, sql_verify_values, BIND(C_INT(w->seq), C_INT(w->k), C_INT(PAGE)), v->e);
    arena_reset(v->piece);
    w->n = 0;
    while (rows_next(&r)) {
        struct id rec = {{0}};
        w->seq = rows_int(&r, 0);
        w->k = rows_int(&r, 1);
        w->n++;
        id_read(rows_str(&r, 3), &rec); /* a damaged one opens nothing */
        if (!look_at(w, rows_int(&r, 2), rec))
            return false;
    }
    return !err_is(v->e);
}

bool verify_files(struct verifying *v)
{
    struct file_walk w = {.v = v, .seq = -1, .n = PAGE};
    while (w.n == PAGE) {
        if (!look_at_page(&w))
            return false;
        if (v->progress)
            v->progress(v->self, w.seq, v->out->events);
    }
    return true;
}
