/* A template from anywhere: a tree that keeps its promises, or one complaint with its line. */
#include "playbook/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct tpl *t, int depth, int lines)
{
    ASSERT(depth <= TPL_DEPTH);
    for (; t; t = t->next) {
        ASSERT(t->line >= 1 && t->line <= lines);
        ASSERT(t->kind != TPL_CELL || (t->level >= 1 && !t->text.ptr));
        ASSERT(t->kind != TPL_VALUE || t->text.len);
        ASSERT(t->kind != TPL_IF || t->text.len);
        ASSERT(t->kind == TPL_IF || !t->other);
        walk(t->first, depth + 1, lines);
        walk(t->other, depth + 1, lines);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new();
    struct str text = str_dup(a, (struct str){(const char *)data, size});
    struct tpl_wrong why;
    int lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += data[i] == '\n';
    struct tpl *root = template_parse(a, text, &why);
    ASSERT(root || (why.line >= 1 && why.line <= lines && why.text[0]));
    if (root)
        walk(root->first, 1, lines);
    arena_free(a);
    return 0;
}
