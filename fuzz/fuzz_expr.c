/* The filter language against anything: parse, print, evaluate, SQL.
 * The first byte is the flags, the rest the text (seeds: fuzz/corpus/expr).
 *
 *   clang -fsanitize=fuzzer,address,undefined -DARENA_MALLOC -Isrc fuzz/fuzz_expr.c
 *       (src/expr and src/base without their tests) -ljansson -lcrypto -licui18n -licuuc -lm */
#include "expr/testcat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGS = 300 };

static struct test_row some_row(uint8_t seed)
{
    static const int64_t numbers[] = {0, 1, -1, 7, INT64_MAX, INT64_MIN, INT64_C(1) << 31};
    struct test_row row;
    for (int i = 0; i < TEST_SLOTS; i++) {
        struct xvalue v = {.type = test_fields[i].type, .decimals = test_fields[i].decimals};
        v.i = numbers[(size_t)(i + seed) % COUNT_OF(numbers)];
        v.null = (i * 7 + seed) % 5 == 0;
        v.s = (i + seed) % 2 ? STR("Ab张%_") : STR("");
        if (v.type == X_PLACE) {
            v.lon = v.i % 1800000000;
            v.lat = v.i % 900000000;
        }
        row.v[i] = v;
    }
    return row;
}

/* What was printed is read as the same, unless parentheses made it too long or too deep. */
static void print_again(struct arena *a, const struct xcatalogue *cat, unsigned flags,
                        const struct expr *x)
{
    struct buf once AUTO(buf_free) = BUF(1024 * 1024), twice AUTO(buf_free) = BUF(1024 * 1024);
    struct err e = ERR_INIT;
    struct expr *y;
    expr_print(x, &once);
    if (!expr_parse(a, buf_view(&once), cat, flags, &y, &e)) {
        ASSERT(e.code == ERR_TOO_BIG);
        return;
    }
    expr_print(y, &twice);
    ASSERT(str_eq(buf_view(&once), buf_view(&twice)));
}

static void to_sql(const struct expr *x)
{
    struct buf sql AUTO(buf_free) = BUF(1024 * 1024);
    struct cell args[ARGS];
    struct err e = ERR_INIT;
    size_t n = 0;
    if (expr_sql(x, &sql, args, ARGS, &n, 1, &e)) {
        ASSERT(n <= ARGS);
        ASSERT(sql.len > 0);
    } else {
        ASSERT(e.code == ERR_TOO_BIG || e.code == ERR_INPUT);
        ASSERT(sql.len == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xcatalogue cat = test_catalogue("America/New_York");
    struct expr *x;
    struct err e = ERR_INIT;
    if (size < 1)
        return 0;
    unsigned flags = data[0] & 7;
    struct arena *a = arena_new();
    if (expr_parse(a, (struct str){(const char *)data + 1, size - 1}, &cat, flags, &x, &e)) {
        for (uint8_t seed = 0; seed < 7; seed++) {
            struct test_row row = some_row(seed);
            struct xcontext c = test_context(&row, cat.zone);
            struct xvalue v;
            expr_eval(x, &c, &v);
        }
        print_again(a, &cat, flags, x);
        to_sql(x);
    } else {
        ASSERT(e.text[0]);
    }
    arena_free(a);
    return 0;
}
