#include "ops/batchnorm.h"

#include "ocl/profile.h"

/* Rows of a chunk: enough chunks to keep every core busy, few enough that joining them is nothing.
 * Not the device's to choose, so that devices agree. */
enum { LEAST_CHUNK_ROWS = 64, MOST_CHUNKS = 64 };

static mx_i32 chunk_rows_of(mx_i32 rows) {
    const mx_i32 even = (rows + MOST_CHUNKS - 1) / MOST_CHUNKS;
    return even < LEAST_CHUNK_ROWS ? LEAST_CHUNK_ROWS : even;
}

static mx_batchnorm_args args_of(const mx_batchnorm *bn, mx_tensor x, mx_i32 groups,
                                 mx_tensor saved) {
    const mx_i32 rows = mx_tensor_rows(x) / groups, chunk_rows = chunk_rows_of(rows);
    return (mx_batchnorm_args){.groups = groups,
                               .rows = rows,
                               .c = x.c,
                               .chunks = (rows + chunk_rows - 1) / chunk_rows,
                               .chunk_rows = chunk_rows,
                               .x = x.offset,
                               .saved = saved.offset,
                               .gamma = bn->gamma.offset,
                               .beta = bn->beta.offset,
                               .running_mean = bn->running_mean.offset,
                               .running_var = bn->running_var.offset,
                               .epsilon = bn->epsilon,
                               .slope = bn->slope};
}

size_t mx_batchnorm_saved(mx_tensor x, mx_i32 groups) {
    return 2 * (size_t)groups * (size_t)x.c;
}

size_t mx_batchnorm_workspace(mx_tensor x, mx_i32 groups) {
    const mx_i32 rows = mx_tensor_rows(x) / groups, chunk_rows = chunk_rows_of(rows);
    return 2 * (size_t)groups * (size_t)((rows + chunk_rows - 1) / chunk_rows) * (size_t)x.c;
}

static mx_range chunks_range(const mx_device *device, const mx_batchnorm_args *args) {
    return mx_range_wide(device, args->c / mx_vector_width(device, args->c), args->chunks,
                         args->groups);
}

static mx_range channels_range(const mx_device *device, const mx_batchnorm_args *args,
                               mx_i32 groups) {
    return mx_range_wide(device, args->c / mx_vector_width(device, args->c), groups, 1);
}

static mx_status apply(mx_device *device, const mx_batchnorm *bn, const mx_batchnorm_args *args,
                       mx_tensor x, mx_tensor saved, mx_tensor y) {
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_apply", mx_vector_option(device, x.c),
                     chunks_range(device, args), *args, x.buffer, saved.buffer, bn->gamma.buffer,
                     y.buffer);
}

mx_status mx_batchnorm_forward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                               mx_i32 groups, bool update, mx_tensor saved, mx_tensor workspace,
                               mx_tensor y) {
    mx_batchnorm_args args = args_of(bn, x, groups, saved);
    const char *options = mx_vector_option(device, x.c);
    args.momentum = update ? bn->momentum : 0.0f;
    args.partial = workspace.offset;
    args.y = y.offset;
    mx_profile_op(device, (mx_work){8.0 * (double)mx_tensor_count(x), 2 * mx_tensor_bytes(x)},
                  "batchnorm_forward");
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_partial", options,
                     chunks_range(device, &args), args, x.buffer, workspace.buffer));
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_statistics", options,
                     channels_range(device, &args, groups), args, workspace.buffer, saved.buffer,
                     bn->running_mean.buffer));
    return apply(device, bn, &args, x, saved, y);
}

mx_status mx_batchnorm_again(mx_device *device, const mx_batchnorm *bn, mx_tensor x, mx_i32 groups,
                             mx_tensor saved, mx_tensor y) {
    mx_batchnorm_args args = args_of(bn, x, groups, saved);
    args.y = y.offset;
    mx_profile_op(device, (mx_work){2.0 * (double)mx_tensor_count(x), 2 * mx_tensor_bytes(x)},
                  "batchnorm_again");
    return apply(device, bn, &args, x, saved, y);
}

mx_status mx_batchnorm_infer(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                             mx_tensor saved, mx_tensor y) {
    mx_batchnorm_args args = args_of(bn, x, 1, saved);
    args.y = y.offset;
    mx_profile_op(device, (mx_work){4.0 * (double)mx_tensor_count(x), 2 * mx_tensor_bytes(x)},
                  "batchnorm_infer");
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_running", mx_vector_option(device, x.c),
                     channels_range(device, &args, 1), args, bn->running_mean.buffer,
                     saved.buffer));
    return apply(device, bn, &args, x, saved, y);
}

mx_status mx_batchnorm_backward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                mx_i32 groups, mx_tensor saved, mx_tensor dy, mx_tensor workspace,
                                mx_tensor dgamma, mx_tensor dbeta, mx_tensor dx, bool accumulate) {
    mx_batchnorm_args args = args_of(bn, x, groups, saved);
    const char *options = mx_vector_option(device, x.c);
    args.partial = workspace.offset;
    args.dy = dy.offset;
    args.dx = dx.offset;
    args.dgamma = dgamma.offset;
    args.dbeta = dbeta.offset;
    args.accumulate = accumulate;
    mx_profile_op(device,
                  (mx_work){16.0 * (double)mx_tensor_count(x),
                            2 * mx_tensor_bytes(x) + (1 + accumulate) * mx_tensor_bytes(dx)},
                  "batchnorm_backward");
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_partial", options,
                     chunks_range(device, &args), args, x.buffer, saved.buffer, bn->gamma.buffer,
                     dy.buffer, workspace.buffer));
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_sums", options,
                     channels_range(device, &args, 1), args, workspace.buffer, dgamma.buffer));
    if (!dx.buffer) return MX_OK;
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_apply", options,
                     chunks_range(device, &args), args, x.buffer, saved.buffer, bn->gamma.buffer,
                     dy.buffer, workspace.buffer, dx.buffer);
}
