/* base/arena.h - memory that lives as long as one piece of work (a request, a batch, a load).
 *
 * Everything taken from an arena is freed at once by arena_free or arena_reset; nothing in it is
 * freed alone.  Built with -DARENA_MALLOC (the sanitizer build does) each item is a real malloc,
 * so that ASan sees an overrun of one item into the next. */
#pragma once
#include "base/base.h"

struct arena;

MUST_USE struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is allowed */
void arena_freep(struct arena **a);
void arena_reset(struct arena *a); /* keeps one block */

/* Zeroed, aligned for any type.  Never NULL. */
MUST_USE void *arena_alloc(struct arena *a, size_t size);
MUST_USE char *arena_copy(struct arena *a, const void *p, size_t len); /* adds a NUL behind */
MUST_USE char *arena_printf(struct arena *a, const char *fmt, ...) PRINTF(2, 3);
MUST_USE char *arena_vprintf(struct arena *a, size_t *len, const char *fmt, va_list args) PRINTF(3, 0);

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, n) ((type *)arena_alloc((a), sizeof(type) * (size_t)(n)))

/* Grows an arena array so that one more item fits: doubles, copies, leaves the old one behind.
 * Usage: items = arena_grow(a, items, n, &cap, sizeof *items); items[n++] = x; */
MUST_USE void *arena_grow(struct arena *a, void *items, size_t n, size_t *cap, size_t item);
