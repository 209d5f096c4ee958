/* The YAML layer alone: what is taken, what is refused, and at which line. */
#include "playbook/playbook_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void print(const struct node *n, struct buf *b)
{
    if (n->key.ptr)
        buf_printf(b, "%.*s:", STR_F(n->key));
    if (n->kind == NODE_TEXT) {
        buf_printf(b, "%s%.*s%s", n->plain ? "" : "'", STR_F(n->text), n->plain ? "" : "'");
        return;
    }
    buf_char(b, n->kind == NODE_MAP ? '{' : '[');
    NODE_EACH(it, n)
    {
        print(it, b);
        if (it->next)
            buf_char(b, ',');
    }
    buf_char(b, n->kind == NODE_MAP ? '}' : ']');
}

static void takes(void **state)
{
    UNUSED(state);
    static const struct {
        const char *yaml, *tree;
    } rows[] = {
        {"a: 1\nb: two words\n", "{a:1,b:two words}"},
        {"a: [x, 'y', \"z\"]\n", "{a:[x,'y','z']}"},
        {"a:\n  - b: 1\n    c: 2\n  - d\n", "{a:[{b:1,c:2},d]}"},
        {"a: {b: {c: []}, d: {}}\n", "{a:{b:{c:[]},d:{}}}"},
        {"a: no\nb: on\nc: 007\nd: 1_0\n", "{a:no,b:on,c:007,d:1_0}"}, /* no YAML 1.1 surprises */
        {"a:\nb: ~\nc: null\nd: 'null'\n", "{a:,b:,c:,d:'null'}"},
        {"a: |\n  one\n  two\nb: >\n  one\n  two\n", "{a:'one\ntwo\n',b:'one two\n'}"},
        {"一: 二 # three\n", "{一:二}"},
        {"", "{}"},
        {"# nothing\n", "{}"},
        {"---\na: b\n...\n", "{a:b}"},
        {"\"a\": b\n", "{a:b}"},
        {"a: \"x\\ty\\u4e00\"\n", "{a:'x\ty一'}"},
        {"[a, b]", "[a,b]"},
        {"a: x&y *z !w\n", "{a:x&y *z !w}"},
        {"a: [[[[[[[[[[[[[[x]]]]]]]]]]]]]]\n", "{a:[[[[[[[[[[[[[[x]]]]]]]]]]]]]]}"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct buf b AUTO(buf_free) = BUF(10000);
        struct complaints c = {.n = 0};
        struct node *tree = yaml_tree(a, "f.yaml", str_of(rows[i].yaml), &c);
        if (c.n)
            print_error("row %zu: %s\n", i, c.list[0].text);
        assert_non_null(tree);
        print(tree, &b);
        buf_char(&b, 0);
        assert_string_equal(b.ptr, rows[i].tree);
    }
}

static void refuses(void **state)
{
    UNUSED(state);
    static const struct {
        const char *yaml;
        int line;
        const char *text;
    } rows[] = {
        {"a: &x 1\n", 1, "anchors"},
        {"a: 1\nb: *x\n", 2, "aliases"},
        {"a: 1\nb: &x [1]\n", 2, "anchors"},
        {"a: 1\nb: &x {c: 1}\n", 2, "anchors"},
        {"a: !!str 1\n", 1, "tags"},
        {"a: !x [1]\n", 1, "tags"},
        {"a: 1\nb: 2\na: 3\n", 3, "\"a\" stands here a second time, it was given in line 1"},
        {"x: {p: 1, q: 2, p: 3}\n", 1, "\"p\" stands here a second time"},
        {"a:\n  b: 1\n\tc: 2\n", 3, "a tab in the indentation (column 1)"},
        {"a:\n  b: 1\n  \tc: 2\n", 3, "a tab in the indentation (column 3)"},
        {"a: [1, 2\n", 2, "not YAML at column 1"},
        {"a: 'x\n", 2, "not YAML"},
        {"a: b: c\n", 1, "mapping values are not allowed"},
        {"a: 1\n--- \nb: 2\n", 2, "second document"},
        {"? [a, b]\n: c\n", 1, "a key must be a text"},
        {"? {a: b}\n: c\n", 1, "a key must be a text"},
        {"'': c\n", 1, "empty key"},
        {"a: \"x\\0y\"\n", 1, "U+0000"},
        {"a: [[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n", 1, "nested too deep"},
        {"a: \xff\n", 1, "not valid UTF-8"},
        {"a: \x01\n", 1, "not readable as YAML"},
        {"a: @x\n", 1, "not YAML at column 4"},
        {"%FOO bar\nx\n", 1, "not YAML"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena *a AUTO(arena_freep) = arena_new();
        struct complaints c = {.n = 0};
        assert_null(yaml_tree(a, "f.yaml", str_of(rows[i].yaml), &c));
        assert_true(c.n > 0);
        if (!strstr(c.list[0].text, rows[i].text) || c.list[0].line != rows[i].line)
            print_error("row %zu: %d: %s\n", i, c.list[0].line, c.list[0].text);
        assert_non_null(strstr(c.list[0].text, rows[i].text));
        assert_int_equal(c.list[0].line, rows[i].line);
        assert_string_equal(c.list[0].file, "f.yaml");
    }
}

static void lines(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct complaints c = {.n = 0};
    struct node *t = yaml_tree(a, "f", STR("a: 1\n\nb:\n  c:\n    x\n  d: [1,\n   2]\n"), &c);
    assert_non_null(t);
    assert_int_equal(node_get(t, "a")->line, 1);
    assert_int_equal(node_get(t, "b")->line, 3);
    assert_int_equal(node_get(node_get(t, "b"), "c")->line, 4); /* the key's, not the value's */
    assert_int_equal(node_get(node_get(t, "b"), "d")->first->line, 6);
    assert_int_equal(node_get(node_get(t, "b"), "d")->last->line, 7);
    assert_null(node_get(t, "c"));
    assert_null(node_get(node_get(t, "a"), "b"));
    assert_null(node_get(NULL, "b"));
}

static void bounds(void **state)
{
    UNUSED(state);
    struct arena *a AUTO(arena_freep) = arena_new();
    struct buf b AUTO(buf_free) = BUF(LIMIT_PLAYBOOK);
    struct complaints c = {.n = 0};
    buf_c(&b, "a: [");
    for (int i = 0; i < YAML_NODES + 10; i++)
        buf_c(&b, "x,");
    buf_c(&b, "]\n");
    assert_true(buf_ok(&b));
    assert_null(yaml_tree(a, "f", buf_view(&b), &c));
    assert_non_null(strstr(c.list[0].text, "too many entries"));
}

/* The list of complaints is full at 50, and a text that is too long ends between two characters. */
static void complaint_bounds(void **state)
{
    UNUSED(state);
    static struct complaints c;
    struct buf b AUTO(buf_free) = BUF(10000);
    for (int i = 0; i < 300; i++)
        buf_c(&b, "闭\n");
    buf_char(&b, 0);
    for (int i = 0; i < 60; i++)
        complain(&c, "f", i, "x%s", b.ptr);
    assert_int_equal(c.n, 50);
    assert_true(complaints_full(&c));
    assert_true(strlen(c.list[0].text) < sizeof c.list[0].text);
    assert_true(str_utf8_ok(str_of(c.list[0].text)));
    assert_null(strchr(c.list[0].text, '\n'));
    struct str s = {b.ptr, b.len - 1};
    assert_true(str_utf8_ok((struct str){s.ptr, (size_t)show_len(s)}));
    assert_int_equal(show_len(STR("abc")), 3);
    assert_int_equal(show_len(STR_NONE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes),  cmocka_unit_test(refuses),          cmocka_unit_test(lines),
        cmocka_unit_test(bounds), cmocka_unit_test(complaint_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
