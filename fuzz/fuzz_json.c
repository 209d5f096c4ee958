/* Both JSON readers on any bytes: what both take is the same tree and is written as itself; an event
 * body that is read can be folded without a crash. */
#include "record/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = {arena_copy(a, data, size), size};
    struct err e = ERR_INIT, f = ERR_INIT;
    struct json *x, *y;
    bool own = json_own(a, text, &x, &e), in = json_input(a, text, &y, &f);
    if (own) {
        struct buf b = BUF(LIMIT_JSON_OUT);
        struct json *again;
        struct err g = ERR_INIT;
        json_write(&b, x);
        ASSERT(json_own(a, buf_dup(a, &b), &again, &g) && json_same(x, again));
        buf_free(&b);
    }
    if (own && in && x->kind != J_DEC)
        ASSERT(json_same(x, y) || memchr(text.ptr, '.', text.len));
    struct event_body body;
    struct err h = ERR_INIT;
    if (body_read(a, text, &body, &h)) {
        struct record *r = record_new(a);
        struct err i = ERR_INIT;
        if (fold_event(a, r, &body, 0, &i))
            ASSERT(r->ver == 1);
    }
    arena_free(a);
    return 0;
}
