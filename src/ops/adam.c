#include "ops/adam.h"

#include "ocl/profile.h"

mx_status mx_adam(mx_device *device, const mx_adam_args *args, mx_buffer *weights, mx_buffer *gradients,
                  mx_buffer *first, mx_buffer *second, mx_buffer *average) {
    mx_profile_op(device, 16.0 * (double)args->count, "adam");
    return MX_LAUNCH(device, "adam.cl", "adam", "", mx_range_1d(args->count), *args, weights, gradients, first,
                     second, average);
}
