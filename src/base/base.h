/* base/base.h - the handful of macros that every file uses.  Knows nothing of the field. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define AUTO(fn) __attribute__((cleanup(fn)))
#define UNUSED(x) ((void)(x))
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* A mistake of the programmer: never of the input.  Stays on in release builds. */
#define ASSERT(c) ((c) ? (void)0 : assert_failed(#c, __FILE__, __LINE__))
_Noreturn void assert_failed(const char *what, const char *file, int line);

/* malloc that ends the program when memory is gone; input limits make that unreachable. */
MUST_USE void *mem_new(size_t size);
MUST_USE void *mem_grow(void *old, size_t size);

static inline int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}
