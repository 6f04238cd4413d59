#include "ops/batchnorm.h"

#include "ocl/profile.h"

/* Rows of a chunk: enough chunks to keep every core busy, few enough that joining them is nothing.
 * Not the device's to choose, so that devices agree. */
enum { LEAST_CHUNK_ROWS = 64 };

static mx_i32 chunk_rows_of(mx_i32 rows) {
    const mx_i32 even = (rows + MX_MOST_CHUNKS - 1) / MX_MOST_CHUNKS;
    return even < LEAST_CHUNK_ROWS ? LEAST_CHUNK_ROWS : even;
}

mx_norm_args mx_norm_args_of(const mx_norm *norm, mx_i32 n) {
    if (!norm->saved.buffer) return (mx_norm_args){0};
    return (mx_norm_args){
        .images = n / norm->groups, .saved = norm->saved.offset, .slope = norm->slope};
}

static mx_batchnorm_args args_of(mx_tensor x, mx_i32 groups, mx_tensor saved, mx_chunk_sums sums) {
    const mx_i32 rows = mx_tensor_rows(x) / groups;
    const mx_i32 chunk_rows = sums.rows > 0 ? sums.rows : chunk_rows_of(rows);
    return (mx_batchnorm_args){.groups = groups,
                               .rows = rows,
                               .c = x.c,
                               .chunks = (rows + chunk_rows - 1) / chunk_rows,
                               .chunk_rows = chunk_rows,
                               .x = x.offset,
                               .partial = sums.partial.offset,
                               .saved = saved.offset};
}

static void set_parameters(mx_batchnorm_args *args, const mx_batchnorm *bn) {
    args->gamma = bn->gamma.offset;
    args->beta = bn->beta.offset;
    args->running_mean = bn->running_mean.offset;
    args->running_var = bn->running_var.offset;
    args->epsilon = bn->epsilon;
    args->slope = bn->slope;
}

size_t mx_batchnorm_saved(mx_i32 c, mx_i32 groups) {
    return 4 * (size_t)groups * (size_t)c;
}

size_t mx_batchnorm_partial(mx_i32 c, mx_i32 groups) {
    return 2 * (size_t)groups * MX_MOST_CHUNKS * (size_t)c;
}

static mx_range chunks_range(const mx_device *device, const mx_batchnorm_args *args) {
    return mx_range_wide(device, args->c / mx_vector_width(device, args->c), args->chunks,
                         args->groups);
}

static mx_range channels_range(const mx_device *device, mx_i32 c, mx_i32 groups) {
    return mx_range_wide(device, c / mx_vector_width(device, c), groups, 1);
}

/* The sums of x, unless a convolution made them: then only they are read. */
static mx_work statistics_work(mx_tensor x, mx_chunk_sums moments) {
    const mx_work made = {0, mx_tensor_bytes(moments.partial)};
    return moments.rows > 0 ? made
                            : (mx_work){6.0 * (double)mx_tensor_count(x), mx_tensor_bytes(x)};
}

mx_status mx_batchnorm_statistics(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                  mx_i32 groups, bool update, mx_chunk_sums moments,
                                  mx_tensor saved) {
    mx_batchnorm_args args = args_of(x, groups, saved, moments);
    const char *options = mx_vector_option(device, x.c);
    mx_buffer *partial = moments.partial.buffer;
    set_parameters(&args, bn);
    args.momentum = update ? bn->momentum : 0.0f;
    mx_profile_op(device, statistics_work(x, moments), "batchnorm_statistics");
    if (moments.rows == 0)
        MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_partial", options,
                         chunks_range(device, &args), args, x.buffer, partial));
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_statistics", options,
                     channels_range(device, x.c, groups), args, partial, bn->gamma.buffer,
                     saved.buffer, bn->running_mean.buffer);
}

mx_status mx_batchnorm_running(mx_device *device, const mx_batchnorm *bn, mx_tensor saved) {
    const mx_i32 c = bn->running_mean.c;
    mx_batchnorm_args args = {.c = c, .saved = saved.offset};
    set_parameters(&args, bn);
    mx_profile_op(device, (mx_work){4.0 * c, 6.0 * c * sizeof(float)}, "batchnorm_running");
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_running", mx_vector_option(device, c),
                     channels_range(device, c, 1), args, bn->running_mean.buffer, bn->gamma.buffer,
                     saved.buffer);
}

mx_status mx_batchnorm_apply(mx_device *device, mx_tensor x, const mx_norm *norm, mx_tensor y) {
    mx_batchnorm_args args = args_of(x, norm->groups, norm->saved, (mx_chunk_sums){0});
    args.y = y.offset;
    args.slope = norm->slope;
    mx_profile_op(device, (mx_work){2.0 * (double)mx_tensor_count(x), 2 * mx_tensor_bytes(x)},
                  "batchnorm_apply");
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_apply", mx_vector_option(device, x.c),
                     chunks_range(device, &args), args, x.buffer, norm->saved.buffer, y.buffer);
}

mx_status mx_batchnorm_backward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                mx_i32 groups, mx_tensor saved, mx_tensor dy, mx_chunk_sums sums,
                                mx_tensor dgamma, mx_tensor dbeta, mx_tensor dx, bool accumulate) {
    mx_batchnorm_args args = args_of(x, groups, saved, sums);
    const char *options = mx_vector_option(device, x.c);
    mx_buffer *partial = sums.partial.buffer;
    args.slope = sums.rows > 0 ? 1.0f : bn->slope;
    args.dy = dy.offset;
    args.dx = dx.offset;
    args.dgamma = dgamma.offset;
    args.dbeta = dbeta.offset;
    args.accumulate = accumulate;
    mx_profile_op(device,
                  (mx_work){16.0 * (double)mx_tensor_count(x),
                            2 * mx_tensor_bytes(x) + (1 + accumulate) * mx_tensor_bytes(dx)},
                  "batchnorm_backward");
    if (sums.rows == 0)
        MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_partial", options,
                         chunks_range(device, &args), args, x.buffer, saved.buffer, dy.buffer,
                         partial));
    MX_TRY(MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_sums", options,
                     channels_range(device, x.c, 1), args, partial, dgamma.buffer));
    if (!dx.buffer) return MX_OK;
    return MX_LAUNCH(device, "batchnorm.cl", "batchnorm_backward_apply", options,
                     chunks_range(device, &args), args, x.buffer, saved.buffer, dy.buffer, partial,
                     dx.buffer);
}
