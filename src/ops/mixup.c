#include "ops/mixup.h"

#include "ocl/profile.h"

mx_status mx_mixup_lambda(mx_device *device, float alpha, bool per_batch, mx_draw draw,
                          mx_tensor lambda) {
    const mx_lambda_args args = {.count = lambda.n,
                                 .per_batch = per_batch,
                                 .lambda = lambda.offset,
                                 .seed0 = (mx_u32)draw.seed,
                                 .seed1 = (mx_u32)(draw.seed >> 32),
                                 .step = draw.step,
                                 .alpha = alpha};
    mx_profile_op(device, (mx_work){100.0 * lambda.n, 4.0 * lambda.n}, "mixup_lambda");
    return MX_LAUNCH(device, "mixup.cl", "mixup_lambda", mx_vector_option(device, 0),
                     mx_range_1d((size_t)lambda.n), args, lambda.buffer);
}

mx_status mx_mixup(mx_device *device, mx_tensor x, mx_tensor pair, mx_tensor lambda, mx_tensor y) {
    const mx_i32 width = y.h * y.w * y.c, vector = mx_vector_width(device, 0);
    const mx_mixup_args args = {.count = y.n,
                                .width = width,
                                .x = x.offset,
                                .y = y.offset,
                                .pair = pair.offset,
                                .lambda = lambda.offset};
    const mx_range range = {.dims = 2,
                            .global = {(size_t)((width + vector - 1) / vector), (size_t)y.n, 1},
                            .local = {16, 1, 1}};
    mx_profile_op(
        device,
        (mx_work){3.0 * (double)mx_tensor_count(y), mx_tensor_bytes(x) + mx_tensor_bytes(y)},
        "mixup");
    return MX_LAUNCH(device, "mixup.cl", "mixup", mx_vector_option(device, 0), range, args,
                     x.buffer, pair.buffer, lambda.buffer, y.buffer);
}
