#include "train/augmenter.h"

#include <stdlib.h>

#include "base/mem.h"

enum { STAGE_BYTES = 64 << 10 }; /* that mx_buffer_stage takes without waiting */

typedef struct needs {
    size_t plan, scratch; /* words */
} needs;

static size_t larger(size_t a, size_t b) {
    return a > b ? a : b;
}

static needs needs_of(const mx_device *device, mx_value image, const mx_augment_use *uses,
                      int n_uses) {
    needs most = {0};
    for (int i = 0; i < n_uses; i++) {
        const mx_augment_program *program = &uses[i].augmentation->program;
        if (program->n_steps == 0 || uses[i].count == 0) continue;
        most.plan = larger(most.plan, mx_augment_plan_words(program, uses[i].count));
        most.scratch = larger(most.scratch, mx_augment_scratch_words(device, uses[i].count, image.h,
                                                                     image.w, image.c));
    }
    return most;
}

size_t mx_augmenter_bytes(const mx_device *device, mx_value image, const mx_augment_use *uses,
                          int n_uses) {
    const needs needed = needs_of(device, image, uses, n_uses);
    return (needed.plan + needed.scratch) * sizeof(mx_i32);
}

mx_status mx_augmenter_init(mx_augmenter *augmenter, mx_device *device, mx_value image,
                            const mx_augment_use *uses, int n_uses) {
    const needs needed = needs_of(device, image, uses, n_uses);
    mx_status status;
    *augmenter = (mx_augmenter){.device = device};
    if (needed.plan == 0) return MX_OK;
    MX_GO(mx_alloc(&augmenter->host, needed.plan, sizeof *augmenter->host));
    MX_GO(mx_buffer_create(&augmenter->plan, device, needed.plan * sizeof(mx_i32)));
    MX_GO(mx_buffer_create(&augmenter->scratch, device, needed.scratch * sizeof(mx_i32)));
done:
    if (status != MX_OK) mx_augmenter_release(augmenter);
    return mx_context(status, "memory of augmentation");
}

void mx_augmenter_release(mx_augmenter *augmenter) {
    mx_buffer_release(augmenter->plan);
    mx_buffer_release(augmenter->scratch);
    free(augmenter->host);
    *augmenter = (mx_augmenter){0};
}

static mx_status send_plan(mx_augmenter *augmenter, size_t words) {
    const size_t bytes = words * sizeof(mx_i32);
    for (size_t at = 0; at < bytes; at += STAGE_BYTES) {
        const size_t left = bytes - at;
        MX_TRY(mx_buffer_stage(augmenter->plan, at, (const char *)augmenter->host + at,
                               left < STAGE_BYTES ? left : STAGE_BYTES));
    }
    return MX_OK;
}

mx_status mx_augmenter_run(mx_augmenter *augmenter, const mx_augment_use *use, mx_buffer *pixels,
                           mx_tensor rows, mx_i32 first, mx_scaling scaling, mx_draw draw,
                           mx_tensor x) {
    const mx_augmentation *how = use->augmentation;
    if (how->program.n_steps == 0)
        return mx_augment(augmenter->device, pixels, rows, first, use->count, scaling,
                          how->crop_flip, how->pad, draw, x);
    MX_TRY(send_plan(augmenter, mx_augment_plan(&how->program, draw, x.h, x.w, use->count,
                                                use->views, augmenter->host)));
    return mx_augment_ops(augmenter->device, pixels, rows, first, use->count, scaling,
                          mx_matrix(augmenter->plan, 0, 1, 1), mx_augment_plan_steps(&how->program),
                          mx_matrix(augmenter->scratch, 0, 1, 1), x);
}
