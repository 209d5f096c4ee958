#include "record/record.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t seed = 20240909;

static int64_t pick(int64_t n)
{
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (int64_t)((seed >> 33) % (uint64_t)n);
}

static struct json *parse(struct arena *a, const char *text)
{
    struct err e = ERR_INIT;
    struct json *j;
    if (!json_own(a, str_of(text), &j, &e))
        fail_msg("%s: %s", text, e.text);
    return j;
}

static struct event_body event(struct arena *a, struct record *r)
{
    UNUSED(a);
    struct event_body b = {.rec = {{1, 2, 3}}, .ver = r->ver + 1, .type = STR("t.t"), .act = STR("x"),
                           .pb = STR("t@1"), .at = 1000 + r->ver, .recorded = 2000 + r->ver,
                           .known = TIME_NONE, .by = STR("operator"), .area = 3, .code = STR("36")};
    b.id.b[0] = (uint8_t)(r->ver + 1);
    return b;
}

static struct str doc(struct arena *a, const struct record *r)
{
    struct buf b = BUF(1 << 20);
    record_write(&b, r);
    struct str s = buf_dup(a, &b);
    buf_free(&b);
    return s;
}

/* One operation of the patch each, and what it leaves. */
static void operations(void **state)
{
    UNUSED(state);
    static const struct {
        const char *set, *rows, *parts, *clocks, *links, *fields, *parts_after;
    } CASES[] = {
        {"{\"a\":1,\"b\":\"x\"}", NULL, NULL, NULL, NULL, "{\"a\":1,\"b\":\"x\"}", "[]"},
        {"{\"a\":null}", NULL, NULL, NULL, NULL, "{\"b\":\"x\"}", "[]"},
        {"{\"t\":{\"$d\":0,\"c\":\"C\"}}", NULL, NULL, NULL, NULL,
         "{\"b\":\"x\",\"t\":{\"$d\":0,\"s\":12,\"c\":\"C\"}}", "[]"},
        {NULL, "{\"r\":[{\"i\":1,\"v\":5},{\"i\":2,\"v\":6}]}", NULL, NULL, NULL,
         "{\"b\":\"x\",\"t\":{\"$d\":0,\"s\":12,\"c\":\"C\"},\"r\":[{\"i\":1,\"v\":5},{\"i\":2,\"v\":6}]}",
         "[]"},
        {NULL, "{\"r\":[{\"i\":1,\"del\":true},{\"i\":2,\"v\":7}]}", NULL, NULL, NULL,
         "{\"b\":\"x\",\"t\":{\"$d\":0,\"s\":12,\"c\":\"C\"},\"r\":[{\"i\":2,\"v\":7}]}", "[]"},
        {NULL, "{\"r\":[{\"i\":2,\"del\":true}]}", "[{\"i\":1,\"kind\":\"share\",\"open\":true}]", NULL,
         NULL, "{\"b\":\"x\",\"t\":{\"$d\":0,\"s\":12,\"c\":\"C\"}}",
         "[{\"i\":1,\"kind\":\"share\",\"open\":true}]"},
        {NULL, NULL, "[{\"i\":1,\"open\":false,\"done\":9}]", NULL, NULL, NULL,
         "[{\"i\":1,\"kind\":\"share\",\"open\":false,\"done\":9}]"},
        {NULL, NULL, "[{\"i\":1,\"del\":true}]", NULL, NULL, NULL, "[]"},
    };
    struct arena *a = arena_new();
    struct record *r = record_new(a);
    struct err e = ERR_INIT;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct event_body b = event(a, r);
        b.set = CASES[i].set ? parse(a, CASES[i].set) : NULL;
        b.rows = CASES[i].rows ? parse(a, CASES[i].rows) : NULL;
        b.parts = CASES[i].parts ? parse(a, CASES[i].parts) : NULL;
        assert_true(fold_event(a, r, &b, 10 + (int64_t)i, &e));
        if (CASES[i].fields)
            assert_true(json_same(r->fields, parse(a, CASES[i].fields)));
        assert_true(json_same(r->parts, parse(a, CASES[i].parts_after)));
    }
    arena_free(a);
}

static void refused(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    struct record *r = record_new(a);
    struct event_body first = event(a, r), b;
    struct err e = ERR_INIT;
    b = first;
    b.ver = 2;
    assert_false(fold_event(a, r, &b, 0, &e)); /* does not begin with 1 */
    err_clear(&e);
    r = record_new(a);
    assert_true(fold_event(a, r, &first, 0, &e));
    b = event(a, r);
    b.ver = 3;
    assert_false(fold_event(a, r, &b, 1, &e)); /* one is missing */
    err_clear(&e);
    b = event(a, r);
    b.rec.b[5] = 9;
    assert_false(fold_event(a, r, &b, 1, &e)); /* another record's */
    arena_free(a);
}

static struct json *random_set(struct arena *a)
{
    struct json *set = json_new(a, J_OBJ);
    static const char *const KEYS[] = {"a", "b", "c", "$closed", "$reopened", "t"};
    for (int64_t n = pick(4); n > 0; n--) {
        struct str key = str_of(KEYS[pick(COUNT_OF(KEYS))]);
        struct json *v = pick(4) == 0   ? json_new(a, J_NULL)
                         : pick(2) == 0 ? json_new_int(a, pick(9))
                                        : parse(a, "{\"$d\":0,\"c\":\"Q\"}");
        json_set(a, set, key, v);
    }
    return set;
}

static struct json *random_items(struct arena *a, bool clocks)
{
    struct json *list = json_new(a, J_ARR);
    for (int64_t n = pick(3); n > 0; n--) {
        struct json *o = json_push(list, json_new(a, J_OBJ));
        if (clocks)
            json_set(a, o, STR("id"), json_new_str(a, pick(2) ? STR("m") : STR("k")));
        json_set(a, o, clocks ? STR("n") : STR("i"), json_new_int(a, 1 + pick(3)));
        if (pick(5) == 0) {
            json_set(a, o, STR("del"), json_new_bool(a, true));
            continue;
        }
        json_set(a, o, clocks ? STR("due") : STR("v"), json_new_int(a, pick(99)));
        if (pick(2))
            json_set(a, o, clocks ? STR("done") : STR("w"),
                     pick(3) ? json_new_int(a, pick(99)) : json_new(a, J_NULL));
    }
    return list;
}

static struct json *random_links(struct arena *a)
{
    struct json *list = json_new(a, J_ARR);
    if (pick(3))
        return list;
    struct json *l = json_push(list, json_new(a, J_OBJ));
    json_set(a, l, STR("to"), json_new_str(a, pick(2) ? STR("x") : STR("y")));
    json_set(a, l, STR("rel"), json_new_str(a, STR("related")));
    if (pick(3) == 0)
        json_set(a, l, STR("del"), json_new_bool(a, true));
    return list;
}

/* Any record can be turned into any earlier one by a patch (undo), its doc reads back as itself, and
 * an event's text reads back as the same event. */
static void random_walks(void **state)
{
    UNUSED(state);
    for (int walk = 0; walk < 300; walk++) {
        struct arena *a = arena_new();
        struct record *r = record_new(a), *past[12];
        struct err e = ERR_INIT;
        int n = 2 + (int)pick(10);
        for (int i = 0; i < n; i++) {
            struct event_body b = event(a, r), again;
            b.set = random_set(a);
            b.parts = random_items(a, false);
            b.clocks = random_items(a, true);
            b.links = random_links(a);
            b.rows = json_new(a, J_OBJ);
            json_set(a, b.rows, STR("rows"), random_items(a, false));
            if (pick(2))
                b.state = pick(2) ? STR("open") : STR("done");
            struct buf text = BUF(1 << 20);
            body_write(&text, &b);
            struct record *other = record_copy(a, r);
            assert_true(fold_event(a, r, &b, 100 + i, &e));
            assert_true(body_read(a, buf_dup(a, &text), &again, &e));
            assert_true(fold_event(a, other, &again, 100 + i, &e));
            assert_true(record_same(r, other));
            buf_free(&text);
            struct record *read;
            assert_true(record_read(a, doc(a, r), &read, &e));
            assert_true(record_same(r, read));
            past[i] = record_copy(a, r);
        }
        const struct record *want = past[pick(n - 1)];
        struct event_body back = event(a, r);
        record_patch(a, r, want, &back);
        struct record *got = record_copy(a, r);
        assert_true(fold_event(a, got, &back, 999, &e));
        assert_true(json_same(got->fields, want->fields));
        assert_true(json_same(got->links, want->links) || got->links->n == want->links->n);
        assert_int_equal(got->n_clocks, want->n_clocks);
        assert_int_equal(got->parts->n, want->parts->n);
        JSON_EACH (p, want->parts)
            assert_true(json_same(p, record_part(got, json_num(p, "i", 0))));
        arena_free(a);
    }
}

static struct str good(struct arena *a, const char *head, const char *more)
{
    return str_printf(a, "%s%s}", head, more);
}

static void bad_bodies(void **state)
{
    UNUSED(state);
    static const char GOOD[] =
        "{\"v\":1,\"id\":\"01900000-0000-7000-8000-000000000000\",\"rec\":\"01900000-0000-7000-8000-"
        "000000000000\",\"ver\":1,\"type\":\"t.t\",\"act\":\"x\",\"at\":1,\"recorded\":2,\"by\":\"o\","
        "\"area\":0,\"code\":\"\"";
    static const char *const BAD[] = {",\"set\":[]", ",\"parts\":{}", ",\"parts\":[1]",
                                      ",\"clocks\":[{\"n\":1}]", ",\"clocks\":[{\"id\":\"m\"}]",
                                      ",\"rows\":{\"t\":1}", ",\"links\":[{\"to\":\"x\"}]",
                                      ",\"cause\":\"no\""};
    struct arena *a = arena_new();
    struct err e = ERR_INIT;
    struct event_body b;
    assert_true(body_read(a, good(a, GOOD, ""), &b, &e));
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        err_clear(&e);
        if (body_read(a, good(a, GOOD, BAD[i]), &b, &e))
            fail_msg("taken: %s", BAD[i]);
    }
    arena_free(a);
}

static void detached_values(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    struct id ev = {{1}}, other = {{2}};
    uint8_t dek[CIPHER_KEY] = {5}, wrong[CIPHER_KEY] = {6};
    struct detached x = {.k = 3, .plain = STR("\"两家为水沟争吵\"")}, y = x;
    struct str plain;
    detached_make(a, &x, ev, dek);
    detached_make(a, &y, ev, dek);
    assert_false(str_eq(x.commitment, y.commitment)); /* a salt for each value */
    assert_true(str_eq(x.commitment, detached_commitment(a, x.salt, x.plain)));
    assert_true(detached_open(a, ev, 3, x.sealed, dek, &plain));
    assert_true(str_eq(plain, x.plain));
    assert_false(detached_open(a, ev, 4, x.sealed, dek, &plain));
    assert_false(detached_open(a, other, 3, x.sealed, dek, &plain));
    assert_false(detached_open(a, ev, 3, x.sealed, wrong, &plain));
    assert_false(detached_open(a, ev, 3, STR("short"), dek, &plain));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(operations),   cmocka_unit_test(refused),    cmocka_unit_test(random_walks),
        cmocka_unit_test(bad_bodies),   cmocka_unit_test(detached_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
