/* From packed uint8 pictures to a batch of floats, on the device. */
#ifndef MX_OPS_AUGMENT_H
#define MX_OPS_AUGMENT_H

#include <stdint.h>

#include "ops/tensor.h"

/* y = mul[c] * v + add[c] of a byte v. */
typedef struct mx_scaling {
    float mul[4], add[4];
} mx_scaling;

/* Where a picture's random numbers come from. */
typedef struct mx_draw {
    uint64_t seed;
    mx_u32 step, stream;
} mx_draw;

/* y[first .. first + count) = pictures rows[first ..] of pixels[.][h][w][c] (uint8), scaled; with
 * crop_flip, each shifted by -pad..pad both ways with reflected borders and flipped with
 * probability 1/2 (the authors' weak augmentation). `rows` holds uint32. c is y's, at most 4. */
mx_status mx_augment(mx_device *device, mx_buffer *pixels, mx_tensor rows, mx_i32 first,
                     mx_i32 count, mx_scaling scaling, bool crop_flip, mx_i32 pad, mx_draw draw,
                     mx_tensor y);

#endif
