/* The endless order in which training visits rows: one permutation of all rows after another. What
 * stands at a position depends on (rows, seed, stream, position) alone, so a resumed run goes on
 * where it stopped. */
#ifndef MX_DATA_SAMPLER_H
#define MX_DATA_SAMPLER_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "data/dataset.h"
#include "shared.h"

/* Caches one epoch's permutation; not to be shared between threads. */
typedef struct mx_sampler {
    const mx_rows *rows;
    uint64_t seed;
    mx_u32 stream;
    uint32_t *order; /* rows->count pictures, the permutation of `epoch` */
    uint64_t epoch;
} mx_sampler;

/* `rows` must outlive the sampler; `stream` is MX_STREAM_LABELLED or MX_STREAM_UNLABELLED. Fails
 * with MX_DATA when there are no rows, and MX_MEMORY. Released with mx_sampler_release. */
mx_status mx_sampler_init(mx_sampler *sampler, const mx_rows *rows, uint64_t seed, mx_u32 stream);

/* Writes the pictures at position, ..., position + count - 1 to `out`. Positions start at 0; epoch
 * e is positions e * rows->count on. Steps forward within an epoch cost nothing but the copy. */
void mx_sampler_rows(mx_sampler *sampler, uint64_t position, size_t count, uint32_t *out);

void mx_sampler_release(mx_sampler *sampler);

#endif
