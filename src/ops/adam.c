#include "ops/adam.h"

#include "ocl/profile.h"

mx_status mx_adam(mx_device *device, const mx_adam_args *args, mx_buffer *weights,
                  mx_buffer *gradients, mx_buffer *first, mx_buffer *second, mx_buffer *average,
                  mx_tensor health) {
    mx_adam_args in_place = *args;
    in_place.health = health.offset;
    mx_profile_op(device, (mx_work){16.0 * args->count, 9 * sizeof(float) * (double)args->count},
                  "adam");
    /* The widest vector that everything is a multiple of. */
    mx_i32 borders = (mx_i32)(args->first | args->count | args->gradient);
    for (int g = 0; g < MX_ADAM_GROUPS; g++)
        borders |= (mx_i32)args->end[g];
    return MX_LAUNCH(device, "adam.cl", "adam", mx_vector_option(device, borders),
                     mx_range_flat(args->count, mx_vector_width(device, borders)), in_place,
                     weights, gradients, first, second, average, health.buffer);
}
