#include "nn/memory_plan.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

static int larger_first(const void *a, const void *b) {
    const mx_block *x = *(mx_block *const *)a, *y = *(mx_block *const *)b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x < y ? -1 : x > y; /* blocks are one array: its order decides */
}

static bool live_together(const mx_block *a, const mx_block *b) {
    return a->first <= b->last && b->first <= a->last;
}

static size_t round_up(size_t size, size_t alignment) {
    return (size + alignment - 1) / alignment * alignment;
}

/* `offset`, or the next segment's beginning when a block of `size` would cross into it. */
static size_t within_segment(size_t offset, size_t size, size_t segment) {
    return offset / segment == (offset + size - 1) / segment ? offset
                                                             : (offset / segment + 1) * segment;
}

/* The lowest offset where `block` touches none of the `placed` blocks that live with it. Every such
 * offset is 0, the end of one of them or the beginning of a segment. */
static size_t lowest_free(const mx_block *block, mx_block *const *placed, size_t count,
                          size_t alignment, size_t segment) {
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t i = 0; i < count; i++) {
            const mx_block *other = placed[i];
            if (!live_together(block, other)) continue;
            if (offset >= other->offset + other->size || offset + block->size <= other->offset)
                continue;
            offset = within_segment(round_up(other->offset + other->size, alignment), block->size,
                                    segment);
            moved = true;
        }
    }
    return offset;
}

mx_status mx_memory_plan(mx_block *blocks, size_t count, size_t alignment, size_t segment,
                         size_t *total) {
    mx_block **order = NULL;
    MX_TRY(mx_alloc(&order, count, sizeof *order));
    for (size_t i = 0; i < count; i++)
        order[i] = &blocks[i];
    qsort(order, count, sizeof *order, larger_first);
    *total = 0;
    const size_t largest = count > 0 ? order[0]->size : 0;
    if (largest > segment) {
        free(order);
        return mx_fail(MX_MEMORY,
                       "a piece of %zu floats is needed, and the device allows %zu in one piece",
                       largest, segment);
    }
    for (size_t i = 0; i < count && order[i]->size > 0; i++) {
        order[i]->offset = lowest_free(order[i], order, i, alignment, segment);
        const size_t end = round_up(order[i]->offset + order[i]->size, alignment);
        if (end > *total) *total = end;
    }
    free(order);
    return MX_OK;
}
