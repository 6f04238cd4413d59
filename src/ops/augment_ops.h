/* Augmenting a batch as a plan (augment_plan.h) says, on the device. */
#ifndef MX_OPS_AUGMENT_OPS_H
#define MX_OPS_AUGMENT_OPS_H

#include "ops/augment_plan.h"

/* Words of scratch that mx_augment_ops needs for `count` pictures of h x w x c. */
size_t mx_augment_scratch_words(const mx_device *device, mx_i32 count, mx_i32 h, mx_i32 w,
                                mx_i32 c);

/* y[first .. first + count) = pictures rows[first ..] of pixels[.][h][w][c] (uint8), each gone
 * through the `steps` steps of `plan`, ints that mx_augment_plan wrote for `count` pictures, then
 * scaled. c is y's: 1 or 3. */
mx_status mx_augment_ops(mx_device *device, mx_buffer *pixels, mx_tensor rows, mx_i32 first,
                         mx_i32 count, mx_scaling scaling, mx_tensor plan, mx_i32 steps,
                         mx_tensor scratch, mx_tensor y);

#endif
