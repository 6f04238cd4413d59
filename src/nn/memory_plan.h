/* Offsets for blocks of memory that live for part of a timeline: blocks that never live at the same
 * time may share memory. */
#ifndef MX_NN_MEMORY_PLAN_H
#define MX_NN_MEMORY_PLAN_H

#include <stddef.h>

#include "base/status.h"

typedef struct mx_block {
    size_t size;     /* any unit; 0 takes no place */
    int first, last; /* lives in the moments first..last, both included */
    size_t offset;   /* the answer, a multiple of the alignment */
} mx_block;

/* Sets every offset (largest block first, at the lowest place that is free for its whole life) and
 * *total to the size of the whole. No block crosses a multiple of `segment` (a multiple of the
 * alignment), so the whole can be allocated in pieces of that size. Fails with MX_MEMORY, also when
 * a block is larger than a segment. */
mx_status mx_memory_plan(mx_block *blocks, size_t count, size_t alignment, size_t segment,
                         size_t *total);

#endif
