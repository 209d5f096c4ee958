#include "base/base.h"

_Noreturn void assert_failed(const char *what, const char *file, int line)
{
    fprintf(stderr, "bihuan: internal mistake: %s (%s:%d)\n", what, file, line);
    abort();
}

void *mem_new(size_t size)
{
    return mem_grow(NULL, size);
}

void *mem_grow(void *old, size_t size)
{
    void *p = realloc(old, size ? size : 1);
    if (!p) {
        fprintf(stderr, "bihuan: out of memory (%zu bytes)\n", size);
        abort();
    }
    return p;
}
