/* Element-wise sums. */
#ifndef MX_OPS_POINTWISE_H
#define MX_OPS_POINTWISE_H

#include "ops/tensor.h"

/* y = a + b with leaky ReLU of `slope` after it (1: none, 0: ReLU), all of one size; y may be a or
 * b. */
mx_status mx_add(mx_device *device, mx_tensor a, mx_tensor b, float slope, mx_tensor y);
/* x[rows][c] += bias[c]. */
mx_status mx_bias_add(mx_device *device, mx_tensor bias, mx_tensor x);
/* sums[c] = sum over the rows of x[rows][c], in a fixed order. */
mx_status mx_column_sums(mx_device *device, mx_tensor x, mx_tensor sums);

#endif
