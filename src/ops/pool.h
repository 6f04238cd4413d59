/* Pooling over NHWC tensors. */
#ifndef MX_OPS_POOL_H
#define MX_OPS_POOL_H

#include "ops/tensor.h"

/* y[n][1][1][c] = the mean over x's pixels. Matches torch's adaptive_avg_pool2d(x, 1). */
mx_status mx_average_forward(mx_device *device, mx_tensor x, mx_tensor y);
/* dx (+)= dy / (h w). */
mx_status mx_average_backward(mx_device *device, mx_tensor dy, mx_tensor dx, bool accumulate);

/* Pixels along one side after max pooling, as torch counts without ceil_mode. */
mx_i32 mx_max_pool_size(mx_i32 in, mx_i32 size, mx_i32 stride, mx_i32 pad);
/* y = the largest of each size x size window; `index` (ints, y's shape) the winning pixel of the
 * image. pad <= size / 2. Matches torch.nn.MaxPool2d. */
mx_status mx_max_forward(mx_device *device, mx_tensor x, mx_i32 size, mx_i32 stride, mx_i32 pad,
                         mx_tensor y, mx_tensor index);
/* dx (+)= dy scattered to the winners. */
mx_status mx_max_backward(mx_device *device, mx_tensor dy, mx_tensor index, mx_i32 size,
                          mx_i32 stride, mx_i32 pad, mx_tensor dx, bool accumulate);

#endif
