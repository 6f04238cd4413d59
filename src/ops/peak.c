#include "ops/peak.h"

#include "ocl/profile.h"

static mx_status launch(mx_device *device, const char *name, mx_tensor x, mx_i32 rounds,
                        mx_tensor y) {
    const size_t count = mx_tensor_count(y);
    const mx_peak_args args = {.count = (mx_u32)count,
                               .x = x.offset,
                               .y = y.offset,
                               .rounds = rounds,
                               .scale = MX_PEAK_SCALE,
                               .shift = MX_PEAK_SHIFT};
    mx_profile_op(device,
                  (mx_work){2.0 * MX_PEAK_CHAINS * rounds * (double)count,
                            mx_tensor_bytes(x) + mx_tensor_bytes(y)},
                  "%s", name);
    return MX_LAUNCH(device, "peak.cl", name, mx_vector_option(device, 0),
                     mx_range_flat(count, mx_vector_width(device, 0)), args, x.buffer, y.buffer);
}

mx_status mx_peak_copy(mx_device *device, mx_tensor x, mx_tensor y) {
    return launch(device, "peak_copy", x, 0, y);
}

mx_status mx_peak_fma(mx_device *device, mx_tensor x, mx_i32 rounds, mx_tensor y) {
    return launch(device, "peak_fma", x, rounds, y);
}
