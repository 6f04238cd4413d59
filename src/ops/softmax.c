#include "ops/softmax.h"

#include "ocl/profile.h"

static mx_status run(mx_device *device, const char *name, mx_tensor x, mx_tensor y) {
    const mx_softmax_args args = {
        .rows = mx_tensor_rows(x), .c = x.c, .x = x.offset, .y = y.offset};
    mx_profile_op(
        device,
        (mx_work){4.0 * (double)mx_tensor_count(x), mx_tensor_bytes(x) + mx_tensor_bytes(y)}, "%s",
        name);
    return MX_LAUNCH(device, "softmax.cl", name, "", mx_range_1d((size_t)args.rows), args, x.buffer,
                     y.buffer);
}

mx_status mx_softmax(mx_device *device, mx_tensor x, mx_tensor y) {
    return run(device, "softmax", x, y);
}

mx_status mx_log_softmax(mx_device *device, mx_tensor x, mx_tensor y) {
    return run(device, "log_softmax", x, y);
}
