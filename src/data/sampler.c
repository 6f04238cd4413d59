#include "data/sampler.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "data/shuffle.h"

static void go_to_epoch(mx_sampler *sampler, uint64_t epoch) {
    const mx_rows *rows = sampler->rows;
    const mx_shuffle_key key = {.seed = sampler->seed, .item = epoch, .stream = sampler->stream};
    memcpy(sampler->order, rows->index, rows->count * sizeof *sampler->order);
    mx_shuffle(sampler->order, rows->count, key);
    sampler->epoch = epoch;
}

mx_status mx_sampler_init(mx_sampler *sampler, const mx_rows *rows, uint64_t seed, mx_u32 stream) {
    *sampler = (mx_sampler){.rows = rows, .seed = seed, .stream = stream};
    if (rows->count == 0) return mx_fail(MX_DATA, "no pictures to draw from");
    MX_TRY(mx_alloc(&sampler->order, rows->count, sizeof *sampler->order));
    go_to_epoch(sampler, 0);
    return MX_OK;
}

void mx_sampler_rows(mx_sampler *sampler, uint64_t position, size_t count, uint32_t *out) {
    const size_t n_rows = sampler->rows->count;
    while (count > 0) {
        const uint64_t epoch = position / n_rows;
        const size_t start = (size_t)(position % n_rows), left = n_rows - start;
        const size_t taken = count < left ? count : left;
        if (epoch != sampler->epoch) go_to_epoch(sampler, epoch);
        memcpy(out, sampler->order + start, taken * sizeof *out);
        out += taken;
        count -= taken;
        position += taken;
    }
}

void mx_sampler_release(mx_sampler *sampler) {
    free(sampler->order);
    *sampler = (mx_sampler){0};
}
