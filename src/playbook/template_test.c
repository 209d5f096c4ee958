/* Templates: what a text becomes, and what is wrong in which line. */
#include "playbook/template.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* The tree in one line: kind letters, levels, texts; children in brackets. */
static void show(struct buf *b, const struct tpl *t)
{
    static const char LETTERS[] = "THLSspPCQWRcEIwv";
    for (; t; t = t->next) {
        buf_printf(b, "%c", LETTERS[t->kind]);
        if (t->level)
            buf_printf(b, "%d", t->level);
        buf_c(b, t->bold ? "!" : t->label ? "*" : t->head ? "^" : "");
        if (t->text.len)
            buf_printf(b, "(%.*s", STR_F(t->text));
        if (t->part.ptr)
            buf_printf(b, ".%.*s", STR_F(t->part));
        if (t->otherwise.ptr)
            buf_printf(b, "|%.*s", STR_F(t->otherwise));
        buf_c(b, t->text.len ? ")" : "");
        if (t->first || t->other) {
            buf_c(b, "[");
            show(b, t->first);
            if (t->other)
                buf_c(b, ":");
            show(b, t->other);
            buf_c(b, "]");
        }
    }
}

static void trees(void **state)
{
    static const char *const CASES[][2] = {
        {"", ""},
        {"# 标题\n\n正文{a}。", "T[w(标题)]L[w(正文)v(a)w(。)]"},
        {"## 一\n#### 三", "H1[w(一)]H3[w(三)]"},
        {"@right {today}\n@center x\n@left y", "L3[v(today)]L2[w(x)]L1[w(y)]"},
        {"@sign 签名：\n@space 3\n@page\n@contents\n@pictures photo\n@code 扫", "S[w(签名：)]s3pCP(photo)Q[w(扫)]"},
        {"**粗{x}**细", "L[w!(粗)v!(x)w(细)]"},
        {"{{x}", "L[w({)w(x})]"},
        {"{p.phone|　}", "L[v(p.phone|　)]"},
        {"{#rows}\n|a|{n}|\n{/rows}", "E(rows)[R[c1[w(a)]c1[v(n)]]]"},
        {"x{#rows}{n}；{/rows}y", "L[w(x)E(rows)[v(n)w(；)]w(y)]"},
        {"{#did.visit}\n{at}\n{/did.visit}", "E(did.visit)[L[v(at)]]"},
        {"{?a = 1}\nx\n{:}\ny\n{/?}", "I(a = 1)[L[w(x)]:L[w(y)]]"},
        {"a{?b = 'c'}{d}{:}e{/?}", "L[w(a)I(b = 'c')[v(d):w(e)]]"},
        {"|: 2 3 |\n|!甲|乙|\n|* 丙 | 丁 |||", "W[c2c3]R^[c1*[w(甲)]c1*[w(乙)]]R[c1*[w(丙)]c3[w(丁)]]"},
        {"| {a|无} | b |", "R[c1[v(a|无)]c1[w(b)]]"},
        {"  # 也是标题  ", "T[w(也是标题)]"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a = arena_new();
        struct tpl_wrong why;
        struct buf b = BUF(10000);
        struct tpl *root = template_parse(a, str_of(CASES[i][0]), &why);
        if (!root)
            fail_msg("\"%s\": line %d: %s", CASES[i][0], why.line, why.text);
        show(&b, root->first);
        buf_char(&b, 0);
        assert_string_equal(b.ptr, CASES[i][1]);
        buf_free(&b);
        arena_free(a);
    }
}

static void mistakes(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *says;
    } CASES[] = {
        {"a\n{b", 2, "without }"},
        {"{}", 1, "empty"},
        {"{A}", 1, "expected {name}"},
        {"{a.b.c}", 1, "expected {name}"},
        {"{#a}", 1, "not closed"},
        {"x\n{?a}\ny", 2, "not closed"},
        {"{/a}", 1, "closes nothing"},
        {"{#a}\n{/b}", 2, "closes nothing"},
        {"{#a}\nx{/a}", 2, "closes nothing"},
        {"x{#a}", 1, "ends in it"},
        {"{:}", 1, "{?"},
        {"{?a}\n{:}\n{:}\n{/?}", 3, "once"},
        {"{?}", 1, "condition"},
        {"{#x.y}\n{/x.y}", 1, "did.action"},
        {"**a", 1, "**"},
        {"| a", 1, "ends with |"},
        {"||a|", 1, "first cell"},
        {"|: x |", 1, "shares"},
        {"|: |", 1, "shares"},
        {"|: 0 1 |", 1, "shares"},
        {"##### 五", 1, "expected #"},
        {"#无空格", 1, "expected #"},
        {"@nothing", 1, "there is no"},
        {"@space 21", 1, "1 to 20"},
        {"@space x", 1, "1 to 20"},
        {"@page now", 1, "alone"},
        {"@pictures", 1, "file"},
        {"{#a}\n{#a}\n{#a}\n{#a}\n{#a}\n{#a}\n{#a}\n{#a}", 8, "within each other"},
    };
    UNUSED(state);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct arena *a = arena_new();
        struct tpl_wrong why;
        assert_null(template_parse(a, str_of(CASES[i].text), &why));
        if (why.line != CASES[i].line || !strstr(why.text, CASES[i].says))
            fail_msg("\"%s\": line %d: %s", CASES[i].text, why.line, why.text);
        arena_free(a);
    }
}

static void sizes_are_bounded(void **state)
{
    struct arena *a = arena_new();
    struct tpl_wrong why;
    struct buf lines = BUF(100000), cells = BUF(1000);
    UNUSED(state);
    for (int i = 0; i <= TPL_LINES; i++)
        buf_c(&lines, "x\n");
    assert_null(template_parse(a, buf_view(&lines), &why));
    assert_int_equal(why.line, TPL_LINES + 1);
    for (int i = 0; i <= TPL_COLUMNS; i++)
        buf_c(&cells, "|x");
    buf_c(&cells, "|");
    assert_null(template_parse(a, buf_view(&cells), &why));
    assert_non_null(strstr(why.text, "columns"));
    buf_free(&lines);
    buf_free(&cells);
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trees),
        cmocka_unit_test(mistakes),
        cmocka_unit_test(sizes_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
