#include "record/values.h"
#include "record/record.h"
#include "record/values.sql.h"

struct place {
    int64_t seq, k;
};

static bool put_value(struct rows *r, const struct keys *keys, struct arena *a, FILE *to, struct place *at,
                      struct err *e)
{
    uint8_t dek[CIPHER_KEY];
    struct id event, rec;
    struct str plain;
    *at = (struct place){rows_int(r, 0), rows_int(r, 1)};
    if (!id_read(rows_str(r, 2), &event) || !id_read(rows_str(r, 3), &rec) ||
        !keys_unwrap(keys, ID_STR(rec), rows_str(r, 6), dek) ||
        !detached_open(a, event, at->k, rows_str(r, 5), dek, &plain))
        return err_set(e, ERR_VERIFY, "a value of event %lld cannot be opened: is this the key file of this database?",
                       (long long)at->seq);
    struct buf b AUTO(buf_free) = BUF(LIMIT_JSON_OUT);
    struct json_out o = json_out(&b);
    jo_obj(&o);
    jo_ki(&o, "seq", at->seq);
    jo_ki(&o, "k", at->k);
    jo_kv(&o, "salt", base64_of(a, rows_str(r, 4), true));
    jo_kv(&o, "value", plain);
    jo_end(&o);
    buf_char(&b, '\n');
    return (buf_ok(&b) && fwrite(b.ptr, 1, b.len, to) == b.len) ||
           err_set(e, ERR_IO, "the values could not be written");
}

bool values_export(struct store *db, const struct keys *keys, FILE *to, int64_t *n, struct err *e)
{
    enum { PAGE = 1000 };
    struct arena *a AUTO(arena_freep) = arena_new();
    struct place at = {-1, -1};
    int64_t got = PAGE;
    *n = 0;
    while (got == PAGE) {
        struct rows r AUTO(rows_close) =
            store_query(db, sql_values_page, BIND(C_INT(at.seq), C_INT(at.k), C_INT(PAGE)), e);
        for (got = 0; rows_next(&r); got++)
            if (!put_value(&r, keys, a, to, &at, e))
                return false;
        if (err_is(e))
            return false;
        *n += got;
        arena_reset(a);
    }
    return true;
}
