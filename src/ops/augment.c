#include "ops/augment.h"

#include <stdio.h>
#include <string.h>

#include "ocl/profile.h"

mx_status mx_augment(mx_device *device, mx_buffer *pixels, mx_tensor rows, mx_i32 first,
                     mx_i32 count, mx_scaling scaling, bool crop_flip, mx_i32 pad, mx_draw draw,
                     mx_tensor y) {
    mx_augment_args args = {.first = first,
                            .count = count,
                            .h = y.h,
                            .w = y.w,
                            .pad = pad,
                            .enabled = crop_flip,
                            .rows = rows.offset,
                            .y = y.offset,
                            .seed0 = (mx_u32)draw.seed,
                            .seed1 = (mx_u32)(draw.seed >> 32),
                            .step = draw.step,
                            .stream = draw.stream};
    memcpy(args.mul, scaling.mul, sizeof args.mul);
    memcpy(args.add, scaling.add, sizeof args.add);
    char options[32];
    snprintf(options, sizeof options, "%s -DC=%d", mx_vector_option(device, 0), y.c);
    const mx_range range = {
        .dims = 2, .global = {(size_t)y.h, (size_t)count, 1}, .local = {4, 1, 1}};
    mx_profile_op(device, (mx_work){2.0 * count * y.h * y.w * y.c, 5.0 * count * y.h * y.w * y.c},
                  "augment_crop_flip");
    return MX_LAUNCH(device, "augment.cl", "augment_crop_flip", options, range, args, pixels,
                     rows.buffer, y.buffer);
}
