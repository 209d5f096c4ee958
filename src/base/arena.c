#include "base/arena.h"
#include <stdarg.h>
#include <string.h>

enum { BLOCK_SIZE = 16 * 1024 };

struct block {
    struct block *next;
    size_t size, used;
    _Alignas(16) unsigned char data[];
};

struct arena {
    struct block *head;
};

struct arena *arena_new(void)
{
    struct arena *a = mem_new(sizeof *a);
    a->head = NULL;
    return a;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *next = b->next;
        free(b);
        b = next;
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    free_blocks(a->head);
    free(a);
}

void arena_freep(struct arena **a)
{
    arena_free(*a);
    *a = NULL;
}

void arena_reset(struct arena *a)
{
    struct block *keep = a->head;
#ifdef ARENA_MALLOC
    free_blocks(keep);
    a->head = NULL;
#else
    if (!keep)
        return;
    free_blocks(keep->next);
    keep->next = NULL;
    keep->used = 0;
#endif
}

static struct block *block_new(size_t size)
{
    struct block *b = mem_new(sizeof *b + size);
    *b = (struct block){.size = size};
    return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    size_t need = (size + 15) & ~(size_t)15;
#ifdef ARENA_MALLOC
    struct block *own = block_new(size ? size : 1);
    own->next = a->head;
    a->head = own;
    memset(own->data, 0, own->size);
    UNUSED(need);
    return own->data;
#else
    if (!a->head || a->head->size - a->head->used < need) {
        bool big = need > BLOCK_SIZE / 4;
        struct block *b = block_new(big ? need : BLOCK_SIZE);
        if (big && a->head) { /* a large item goes behind, so that the open block stays in use */
            b->next = a->head->next;
            a->head->next = b;
            memset(b->data, 0, size);
            b->used = need;
            return b->data;
        }
        b->next = a->head;
        a->head = b;
    }
    void *p = a->head->data + a->head->used;
    a->head->used += need;
    memset(p, 0, size);
    return p;
#endif
}

char *arena_copy(struct arena *a, const void *p, size_t len)
{
    char *out = arena_alloc(a, len + 1);
    if (len)
        memcpy(out, p, len);
    out[len] = '\0';
    return out;
}

char *arena_vprintf(struct arena *a, size_t *len, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    ASSERT(n >= 0);
    char *out = arena_alloc(a, (size_t)n + 1);
    *len = (size_t)vsnprintf(out, (size_t)n + 1, fmt, args);
    return out;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
    size_t len;
    va_list args;
    va_start(args, fmt);
    char *out = arena_vprintf(a, &len, fmt, args);
    va_end(args);
    return out;
}

void *arena_grow(struct arena *a, void *items, size_t n, size_t *cap, size_t item)
{
    if (n < *cap)
        return items;
    size_t more = *cap ? *cap * 2 : 8;
    void *out = arena_alloc(a, more * item);
    if (n)
        memcpy(out, items, n * item);
    *cap = more;
    return out;
}
