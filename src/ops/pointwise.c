#include "ops/pointwise.h"

#include "ocl/profile.h"

mx_status mx_add(mx_device *device, mx_tensor a, mx_tensor b, float slope, mx_tensor y) {
    const size_t count = mx_tensor_count(y);
    const mx_pointwise_args args = {
        .count = (mx_u32)count, .a = a.offset, .b = b.offset, .y = y.offset, .slope = slope};
    mx_profile_op(device, (mx_work){(double)count, 3 * mx_tensor_bytes(y)}, "add");
    return MX_LAUNCH(device, "pointwise.cl", "add", mx_vector_option(device, 0),
                     mx_range_flat(count, mx_vector_width(device, 0)), args, a.buffer, b.buffer,
                     y.buffer);
}

mx_status mx_bias_add(mx_device *device, mx_tensor bias, mx_tensor x) {
    const mx_bias_args args = {
        .rows = mx_tensor_rows(x), .c = x.c, .x = x.offset, .b = bias.offset};
    const mx_range range = mx_range_wide(device, x.c / mx_vector_width(device, x.c),
                                         (args.rows + MX_BIAS_ROWS - 1) / MX_BIAS_ROWS, 1);
    return MX_LAUNCH(device, "pointwise.cl", "bias_add", mx_vector_option(device, x.c), range, args,
                     bias.buffer, x.buffer);
}

mx_status mx_column_sums(mx_device *device, mx_tensor x, mx_tensor sums) {
    const mx_bias_args args = {
        .rows = mx_tensor_rows(x), .c = x.c, .x = x.offset, .b = sums.offset};
    return MX_LAUNCH(device, "pointwise.cl", "column_sums", mx_vector_option(device, x.c),
                     mx_range_wide(device, x.c / mx_vector_width(device, x.c), 1, 1), args,
                     x.buffer, sums.buffer);
}
