/* Work that shows what a device can do at most. No network needs it. */
#ifndef MX_OPS_PEAK_H
#define MX_OPS_PEAK_H

#include "ops/tensor.h"

/* y = x, of one size. */
mx_status mx_peak_copy(mx_device *device, mx_tensor x, mx_tensor y);

/* What a chain of mx_peak_fma does to a number in each round; it goes to 1. */
#define MX_PEAK_SCALE 0.5f
#define MX_PEAK_SHIFT 0.5f
/* y = sum over j < MX_PEAK_CHAINS of x + j after `rounds` times v = v MX_PEAK_SCALE +
 * MX_PEAK_SHIFT: 2 x MX_PEAK_CHAINS x rounds operations an element, next to nothing read or
 * written. */
mx_status mx_peak_fma(mx_device *device, mx_tensor x, mx_i32 rounds, mx_tensor y);

#endif
