#include <stdlib.h>

#include "base/mem.h"
#include "ops/conv_tune_internal.h"

enum { FILL_FLOATS = 1 << 18 }; /* made-up numbers, repeated as often as needed */

mx_conv_operands mx_tune_operands(const mx_tune_scratch *scratch, const mx_conv_shape *shape,
                                  mx_conv_direction direction) {
    mx_conv_operands o = {.x = {.n = shape->n, .h = shape->h, .w = shape->w, .c = shape->c},
                          .weight = {.n = shape->r, .h = shape->s, .w = shape->c, .c = shape->k},
                          .y = {.n = shape->n,
                                .h = mx_conv_out_height(shape),
                                .w = mx_conv_out_width(shape),
                                .c = shape->k},
                          .workspace = {.buffer = scratch->workspace}};
    switch (direction) {
    case MX_CONV_FORWARD:
        o.x.buffer = scratch->first;
        o.weight.buffer = scratch->second;
        o.y.buffer = scratch->result;
        break;
    case MX_CONV_BACKWARD_DATA:
        o.y.buffer = scratch->first;
        o.weight.buffer = scratch->second;
        o.x.buffer = scratch->result;
        break;
    default:
        o.x.buffer = scratch->first;
        o.y.buffer = scratch->second;
        o.weight.buffer = scratch->result;
    }
    return o;
}

mx_tensor mx_tune_result(const mx_conv_operands *operands, mx_conv_direction direction) {
    return direction == MX_CONV_FORWARD         ? operands->y
           : direction == MX_CONV_BACKWARD_DATA ? operands->x
                                                : operands->weight;
}

/* Floats of each buffer. */
typedef struct sizes {
    size_t first, second, result, workspace;
} sizes;

static void enlarge(size_t *size, size_t needed) {
    if (needed > *size) *size = needed;
}

static void add_operands(sizes *all, const mx_tune_job *job) {
    const mx_conv_operands o =
        mx_tune_operands(&(mx_tune_scratch){0}, &job->tuned.shape, job->tuned.direction);
    const size_t x = mx_tensor_count(o.x), weight = mx_tensor_count(o.weight),
                 y = mx_tensor_count(o.y);
    enlarge(&all->first, job->tuned.direction == MX_CONV_BACKWARD_DATA ? y : x);
    enlarge(&all->second, job->tuned.direction == MX_CONV_BACKWARD_WEIGHTS ? y : weight);
    enlarge(&all->result, mx_tensor_count(mx_tune_result(&o, job->tuned.direction)));
}

static bool operands_fit(const mx_tune_job *job, size_t bytes) {
    const size_t limit = bytes / sizeof(float);
    sizes own = {0};
    add_operands(&own, job);
    return own.first <= limit && own.second <= limit && own.result <= limit;
}

static void add_workspaces(sizes *all, mx_conv_tuner *tuner, const mx_tune_job *job) {
    const size_t count = mx_tune_list_candidates(tuner, job);
    for (size_t i = 0; i < count; i++)
        enlarge(&all->workspace, tuner->candidates[i].algorithm->workspace(
                                     tuner->device, &job->tuned.shape, job->tuned.direction,
                                     &tuner->candidates[i].params));
}

static mx_status fill(mx_buffer *buffer, const float *numbers) {
    const size_t bytes = mx_buffer_bytes(buffer), most = FILL_FLOATS * sizeof *numbers;
    for (size_t at = 0; at < bytes; at += most)
        MX_TRY(mx_buffer_write(buffer, at, numbers, bytes - at < most ? bytes - at : most));
    return MX_OK;
}

static mx_status fill_inputs(mx_tune_scratch *scratch) {
    mx_buffer *const inputs[] = {scratch->first, scratch->second};
    float *numbers = NULL;
    mx_status status = MX_OK;
    MX_TRY(mx_alloc(&numbers, FILL_FLOATS, sizeof *numbers));
    for (mx_u32 seed = 0; seed < 2 && status == MX_OK; seed++) {
        for (mx_u32 i = 0; i < FILL_FLOATS; i++)
            numbers[i] = (float)mx_philox(i, 0, 0, MX_STREAM_TEST, seed, 0).v[0] * 0x1p-31f - 1.0f;
        status = fill(inputs[seed], numbers);
    }
    free(numbers);
    return status;
}

mx_status mx_tune_scratch_init(mx_tune_scratch *scratch, mx_conv_tuner *tuner,
                               mx_tune_job *const *jobs, size_t count) {
    const size_t limit = mx_tune_buffer_limit(tuner->device);
    sizes all = {0};
    for (size_t i = 0; i < count; i++) {
        mx_conv_shape *shape = &jobs[i]->tuned.shape;
        while (shape->n > 1 && !operands_fit(jobs[i], limit))
            shape->n = (shape->n + 1) / 2;
        add_operands(&all, jobs[i]);
        add_workspaces(&all, tuner, jobs[i]);
    }
    MX_TRY(mx_buffer_create(&scratch->first, tuner->device, all.first * sizeof(float)));
    MX_TRY(mx_buffer_create(&scratch->second, tuner->device, all.second * sizeof(float)));
    MX_TRY(mx_buffer_create(&scratch->result, tuner->device, all.result * sizeof(float)));
    MX_TRY(mx_buffer_create(&scratch->workspace, tuner->device, all.workspace * sizeof(float)));
    return fill_inputs(scratch);
}

void mx_tune_scratch_release(mx_tune_scratch *scratch) {
    mx_buffer_release(scratch->first);
    mx_buffer_release(scratch->second);
    mx_buffer_release(scratch->result);
    mx_buffer_release(scratch->workspace);
}
