#include "ledger/ledger.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 600 };

static struct hash LEAVES[MOST];

/* RFC 6962 2.1, written down as it stands there: the slow oracle. */
static struct hash plain_root(int64_t from, int64_t n)
{
    if (n == 0)
        return hash_sha256(STR(""));
    if (n == 1)
        return LEAVES[from];
    int64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    struct hash l = plain_root(from, k), r = plain_root(from + k, n - k);
    return tree_parent(&l, &r);
}

static bool plain_node(void *self, int level, int64_t idx, struct hash *out, struct err *e)
{
    UNUSED(self);
    UNUSED(e);
    *out = plain_root(idx << level, (int64_t)1 << level);
    return true;
}

static const struct tree_source SOURCE = {.node = plain_node};

static int make_leaves(void **state)
{
    UNUSED(state);
    for (int i = 0; i < MOST; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "leaf %d", i);
        LEAVES[i] = tree_leaf((struct str){text, (size_t)n});
    }
    return 0;
}

static void known_answers(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    /* RFC 6962: the hash of nothing, and of an empty leaf */
    struct tree t = {0};
    struct hash none = tree_root(&t), empty = tree_leaf(STR(""));
    assert_string_equal(hex_of(a, HASH_STR(none)).ptr,
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(hex_of(a, HASH_STR(empty)).ptr,
                        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    arena_free(a);
}

static void peaks_agree(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    struct tree t = {0};
    for (int64_t n = 0; n < MOST; n++) {
        struct hash got = tree_root(&t), want = plain_root(0, n);
        assert_true(hash_eq(&got, &want));
        struct tree again;
        struct str bytes = tree_peaks_bytes(a, &t);
        assert_true(tree_from_peaks(n, bytes, &again));
        got = tree_root(&again);
        assert_true(hash_eq(&got, &want));
        if (bytes.len)
            assert_false(tree_from_peaks(n, (struct str){bytes.ptr, bytes.len - 1}, &again));
        struct tree_node full[8];
        int k = tree_append(&t, &LEAVES[n], full);
        assert_int_equal(k, (n + 1) % 256 == 0);
        if (k) {
            want = plain_root(n + 1 - 256, 256);
            assert_int_equal(full[0].level, 8);
            assert_int_equal(full[0].idx, n / 256);
            assert_true(hash_eq(&full[0].hash, &want));
        }
    }
    arena_free(a);
}

static void inclusion(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    for (int64_t size = 1; size < 70; size++) {
        struct hash root = plain_root(0, size), proof[TREE_PROOF];
        for (int64_t i = 0; i < size; i++) {
            size_t n;
            assert_true(tree_inclusion(&SOURCE, i, size, proof, &n, &e));
            assert_true(tree_check_inclusion(&LEAVES[i], i, size, proof, n, &root));
            assert_false(tree_check_inclusion(&LEAVES[i + 1], i, size, proof, n, &root));
            if (size > 1) {
                assert_false(tree_check_inclusion(&LEAVES[i], (i + 1) % size, size, proof, n, &root));
                assert_false(tree_check_inclusion(&LEAVES[i], i, size, proof, n - 1, &root));
                proof[(size_t)i % n].b[3] ^= 1;
                assert_false(tree_check_inclusion(&LEAVES[i], i, size, proof, n, &root));
            }
        }
    }
    size_t n;
    struct hash proof[TREE_PROOF];
    assert_false(tree_inclusion(&SOURCE, 5, 5, proof, &n, &e));
}

static void consistency(void **state)
{
    UNUSED(state);
    struct err e = ERR_INIT;
    for (int64_t size = 0; size < 50; size++) {
        struct hash root = plain_root(0, size), proof[TREE_PROOF];
        for (int64_t old = 0; old <= size; old++) {
            struct hash old_root = plain_root(0, old);
            size_t n;
            assert_true(tree_consistency(&SOURCE, old, size, proof, &n, &e));
            assert_true(tree_check_consistency(old, &old_root, size, &root, proof, n));
            if (old == 0 || old == size)
                continue;
            assert_false(tree_check_consistency(old, &LEAVES[77], size, &root, proof, n));
            assert_false(tree_check_consistency(old, &old_root, size, &LEAVES[77], proof, n));
            assert_false(tree_check_consistency(old, &old_root, size, &root, proof, n - 1));
            assert_false(tree_check_consistency(old + 1, &old_root, size, &root, proof, n));
        }
    }
}

static void notes(void **state)
{
    UNUSED(state);
    struct arena *a = arena_new();
    struct err e = ERR_INIT;
    struct keys k, other;
    char path[128], second[160];
    snprintf(path, sizeof path, "/tmp/bihuan-tree-test-%d", (int)(uintptr_t)&k & 0xffff);
    snprintf(second, sizeof second, "%s-2", path);
    remove(path);
    remove(second);
    assert_true(keys_make(path, "bihuan.test/log", &k, &e));
    assert_false(keys_make(path, "bihuan.test/log", &other, &e)); /* never overwritten */
    err_clear(&e);
    assert_true(keys_make(second, "bihuan.test/log", &other, &e));
    struct hash root = plain_root(0, 9);
    struct str note = checkpoint_sign(a, &k, 9, &root);
    struct checkpoint c;
    assert_true(checkpoint_parse(note, &k, &c, &e));
    assert_int_equal(c.size, 9);
    assert_true(hash_eq(&c.root, &root));
    assert_true(checkpoint_parse(note, NULL, &c, &e));
    assert_false(checkpoint_parse(note, &other, &c, &e)); /* another key of the same name */
    for (size_t i = 0; i < note.len; i++) {
        char *bad = arena_copy(a, note.ptr, note.len);
        bad[i] ^= 1;
        struct err why = ERR_INIT;
        struct checkpoint got = {.size = 0};
        bool ok = checkpoint_parse((struct str){bad, note.len}, &k, &got, &why);
        /* only the unused bits at the end of a base64 word may change without a difference */
        assert_true(!ok || (got.size == 9 && hash_eq(&got.root, &root)));
    }
    struct keys again;
    assert_true(keys_load(path, &again, (err_clear(&e), &e)));
    assert_memory_equal(again.public_key, k.public_key, 32);
    uint8_t dek[32] = {7}, wrapped[KEYS_WRAPPED], out[32];
    keys_wrap(&k, STR("record a"), dek, wrapped);
    struct str w = {(char *)wrapped, sizeof wrapped};
    assert_true(keys_unwrap(&again, STR("record a"), w, out));
    assert_memory_equal(out, dek, 32);
    assert_false(keys_unwrap(&again, STR("record b"), w, out));
    assert_false(keys_unwrap(&other, STR("record a"), w, out));
    remove(path);
    remove(second);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers), cmocka_unit_test(peaks_agree), cmocka_unit_test(inclusion),
        cmocka_unit_test(consistency),   cmocka_unit_test(notes),
    };
    return cmocka_run_group_tests(tests, make_leaves, NULL);
}
