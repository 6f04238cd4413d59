#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK_BYTES = 16384 };

struct mx_arena_block {
    struct mx_arena_block *next;
    size_t used, capacity;
    max_align_t data[];
};

bool mx_size_mul(size_t a, size_t b, size_t *out) {
    if (b != 0 && a > SIZE_MAX / b) return false;
    *out = a * b;
    return true;
}

bool mx_size_add(size_t a, size_t b, size_t *out) {
    if (a > SIZE_MAX - b) return false;
    *out = a + b;
    return true;
}

mx_status mx_alloc(void *out, size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    memcpy(out, &memory, sizeof memory);
    if (!memory) return mx_fail(MX_MEMORY, "cannot allocate %zu x %zu bytes", count, size);
    return MX_OK;
}

mx_status mx_grow(void *array, size_t *capacity, size_t needed, size_t size) {
    if (needed <= *capacity) return MX_OK;
    size_t wanted = *capacity ? *capacity : 16, bytes = 0;
    while (wanted < needed && wanted <= SIZE_MAX / 2)
        wanted *= 2;
    void *memory;
    memcpy(&memory, array, sizeof memory);
    void *grown =
        wanted >= needed && mx_size_mul(wanted, size, &bytes) ? realloc(memory, bytes) : NULL;
    if (!grown) return mx_fail(MX_MEMORY, "cannot allocate %zu x %zu bytes", needed, size);
    memcpy(array, &grown, sizeof grown);
    *capacity = wanted;
    return MX_OK;
}

mx_status mx_strdup(char **out, const char *text) {
    const size_t bytes = strlen(text) + 1;
    MX_TRY(mx_alloc(out, bytes, 1));
    memcpy(*out, text, bytes);
    return MX_OK;
}

void *mx_arena_alloc(mx_arena *arena, size_t bytes) {
    const size_t unit = sizeof(max_align_t);
    if (bytes > SIZE_MAX / 2) return NULL;
    const size_t rounded = (bytes + unit - 1) / unit * unit;
    struct mx_arena_block *block = arena->blocks;
    if (!block || block->capacity - block->used < rounded) {
        const size_t capacity = rounded > ARENA_BLOCK_BYTES ? rounded : ARENA_BLOCK_BYTES;
        block = calloc(1, sizeof *block + capacity);
        if (!block) return NULL;
        block->capacity = capacity;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *memory = (char *)block->data + block->used;
    block->used += rounded;
    return memory;
}

char *mx_arena_strdup(mx_arena *arena, const char *text) {
    const size_t bytes = strlen(text) + 1;
    char *copy = mx_arena_alloc(arena, bytes);
    if (copy) memcpy(copy, text, bytes);
    return copy;
}

void mx_arena_release(mx_arena *arena) {
    while (arena->blocks) {
        struct mx_arena_block *next = arena->blocks->next;
        free(arena->blocks);
        arena->blocks = next;
    }
}
