/* Host memory: sizes are checked for overflow, failure is a status. */
#ifndef MX_BASE_MEM_H
#define MX_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* *out = a * b; false when that does not fit in size_t. */
bool mx_size_mul(size_t a, size_t b, size_t *out);
/* *out = a + b; false when that does not fit in size_t. */
bool mx_size_add(size_t a, size_t b, size_t *out);

/* Allocates `count` zeroed elements of `size` bytes into the pointer at `out` (a `T **`).
 * The result is released with free(). Fails with MX_MEMORY; *out is then NULL. */
mx_status mx_alloc(void *out, size_t count, size_t size);

/* Grows the array at `array` (a `T **`) so that `needed` elements fit, doubling *capacity.
 * On MX_MEMORY the array is unchanged. */
mx_status mx_grow(void *array, size_t *capacity, size_t needed, size_t size);

/* A copy of `text`, released with free(). */
mx_status mx_strdup(char **out, const char *text);

/* An arena: many small allocations, one release. */
typedef struct mx_arena {
    struct mx_arena_block *blocks;
} mx_arena;

/* `bytes` zeroed bytes, aligned for any type, living until mx_arena_release. NULL out of memory. */
void *mx_arena_alloc(mx_arena *arena, size_t bytes);
/* A copy of `text` in the arena. NULL out of memory. */
char *mx_arena_strdup(mx_arena *arena, const char *text);
void mx_arena_release(mx_arena *arena);

#endif
