#include "ops/act.h"

#include "ocl/profile.h"

mx_status mx_act_forward(mx_device *device, mx_tensor x, float slope, mx_tensor y) {
    const size_t count = mx_tensor_count(y);
    const mx_act_args args = {.count = (mx_u32)count, .x = x.offset, .y = y.offset, .slope = slope};
    mx_profile_op(device, (mx_work){(double)count, mx_tensor_bytes(x) + mx_tensor_bytes(y)},
                  "act_forward");
    return MX_LAUNCH(device, "act.cl", "act_forward", mx_vector_option(device, 0),
                     mx_range_flat(count, mx_vector_width(device, 0)), args, x.buffer, y.buffer);
}

mx_status mx_act_backward(mx_device *device, mx_tensor x, mx_tensor dy, float slope, mx_tensor dx,
                          bool accumulate) {
    const size_t count = mx_tensor_count(dx);
    const mx_act_args args = {.count = (mx_u32)count,
                              .x = x.offset,
                              .dy = dy.offset,
                              .dx = dx.offset,
                              .slope = slope,
                              .accumulate = accumulate};
    mx_profile_op(device,
                  (mx_work){(double)count, mx_tensor_bytes(x) + mx_tensor_bytes(dy) +
                                               (1 + accumulate) * mx_tensor_bytes(dx)},
                  "act_backward");
    return MX_LAUNCH(device, "act.cl", "act_backward", mx_vector_option(device, 0),
                     mx_range_flat(count, mx_vector_width(device, 0)), args, x.buffer, dy.buffer,
                     dx.buffer);
}
