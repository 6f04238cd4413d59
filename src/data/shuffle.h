/* Permutations from the counter-based generator: the same on every machine, independent of what
 * was drawn before. */
#ifndef MX_DATA_SHUFFLE_H
#define MX_DATA_SHUFFLE_H

#include <stddef.h>
#include <stdint.h>

#include "shared.h"

/* What a permutation is for; equal keys give equal permutations of equally many items. */
typedef struct mx_shuffle_key {
    uint64_t seed;
    uint64_t item; /* class or epoch */
    mx_u32 stream; /* enum mx_stream */
} mx_shuffle_key;

/* Permutes `count` < 2^32 values in place, every permutation equally likely (Fisher-Yates;
 * bounded integers without bias after Lemire, "Fast random integer generation in an interval",
 * 2019). */
void mx_shuffle(uint32_t *values, size_t count, mx_shuffle_key key);

#endif
