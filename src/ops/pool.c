#include "ops/pool.h"

#include <stdio.h>

#include "ocl/profile.h"

/* Vectors of channels x `y` x `z`. */
static mx_range vectors_range(const mx_device *device, mx_i32 c, mx_i32 y, mx_i32 z) {
    return mx_range_wide(device, c / mx_vector_width(device, c), y, z);
}

/* Work-items that share the channels of a pixel: on a CPU one takes them all, side by side in
 * memory. */
static mx_range rows_range(const mx_device *device, mx_i32 c, mx_i32 y, mx_i32 z) {
    if (mx_device_get_info(device)->type == MX_DEVICE_CPU)
        return mx_range_single(1, (size_t)y, (size_t)z);
    return vectors_range(device, c, y, z);
}

mx_status mx_average_forward(mx_device *device, mx_tensor x, mx_tensor y) {
    const mx_pool_args args = {
        .n = x.n, .h = x.h, .w = x.w, .c = x.c, .x = x.offset, .y = y.offset};
    mx_profile_op(device,
                  (mx_work){(double)mx_tensor_count(x), mx_tensor_bytes(x) + mx_tensor_bytes(y)},
                  "average_forward");
    return MX_LAUNCH(device, "pool.cl", "average_forward", mx_vector_option(device, x.c),
                     vectors_range(device, x.c, x.n, 1), args, x.buffer, y.buffer);
}

mx_status mx_average_backward(mx_device *device, mx_tensor dy, mx_tensor dx, bool accumulate) {
    const mx_pool_args args = {.n = dx.n,
                               .h = dx.h,
                               .w = dx.w,
                               .c = dx.c,
                               .dy = dy.offset,
                               .dx = dx.offset,
                               .accumulate = accumulate};
    mx_profile_op(device,
                  (mx_work){(double)mx_tensor_count(dx),
                            mx_tensor_bytes(dy) + (1 + accumulate) * mx_tensor_bytes(dx)},
                  "average_backward");
    return MX_LAUNCH(device, "pool.cl", "average_backward", mx_vector_option(device, dx.c),
                     vectors_range(device, dx.c, dx.n, 1), args, dy.buffer, dx.buffer);
}

typedef struct build_options {
    char text[48];
} build_options;

static build_options max_options(const mx_device *device, mx_i32 c, mx_i32 size, mx_i32 stride) {
    build_options out;
    snprintf(out.text, sizeof out.text, "%s -DSIZE=%d -DSTRIDE=%d", mx_vector_option(device, c),
             size, stride);
    return out;
}

mx_i32 mx_max_pool_size(mx_i32 in, mx_i32 size, mx_i32 stride, mx_i32 pad) {
    return (in + 2 * pad - size) / stride + 1;
}

/* `in` is x or its gradient, `out` y or its. */
static mx_pool_args max_args(mx_tensor in, mx_tensor out, mx_i32 size, mx_i32 stride, mx_i32 pad,
                             mx_tensor index) {
    return (mx_pool_args){.n = in.n,
                          .h = in.h,
                          .w = in.w,
                          .c = in.c,
                          .size = size,
                          .stride = stride,
                          .pad = pad,
                          .oh = out.h,
                          .ow = out.w,
                          .index = index.offset};
}

mx_status mx_max_forward(mx_device *device, mx_tensor x, mx_i32 size, mx_i32 stride, mx_i32 pad,
                         mx_tensor y, mx_tensor index) {
    mx_pool_args args = max_args(x, y, size, stride, pad, index);
    args.x = x.offset;
    args.y = y.offset;
    mx_profile_op(device,
                  (mx_work){(double)mx_tensor_count(y) * size * size,
                            mx_tensor_bytes(x) + 2 * mx_tensor_bytes(y)},
                  "max_forward");
    return MX_LAUNCH(device, "pool.cl", "max_forward", max_options(device, x.c, size, stride).text,
                     rows_range(device, x.c, y.h, y.n), args, x.buffer, y.buffer, index.buffer);
}

mx_status mx_max_backward(mx_device *device, mx_tensor dy, mx_tensor index, mx_i32 size,
                          mx_i32 stride, mx_i32 pad, mx_tensor dx, bool accumulate) {
    mx_pool_args args = max_args(dx, dy, size, stride, pad, index);
    args.accumulate = accumulate;
    args.dy = dy.offset;
    args.dx = dx.offset;
    mx_profile_op(device,
                  (mx_work){(double)mx_tensor_count(dy),
                            2 * mx_tensor_bytes(dy) + (1 + accumulate) * mx_tensor_bytes(dx)},
                  "max_backward");
    return MX_LAUNCH(
        device, "pool.cl", "max_backward", max_options(device, dx.c, size, stride).text,
        rows_range(device, dx.c, dx.h, dx.n), args, dy.buffer, index.buffer, dx.buffer);
}
