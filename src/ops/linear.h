/* Fully connected layer, y[rows][out] = x[rows][in] w[in][out] + bias[out]: a 1x1 convolution of
 * 1x1 pictures, so that it has the same algorithms and the same tuning. Matches
 * torch.nn.functional.linear with the weight transposed. */
#ifndef MX_OPS_LINEAR_H
#define MX_OPS_LINEAR_H

#include "ops/conv.h"

/* The convolution to plan for at most `rows` rows. */
mx_conv_shape mx_linear_shape(mx_i32 rows, mx_i32 in, mx_i32 out);

/* mx_conv_run for such a plan. x may be [rows][h][w][c] with h w c = in; the weight's sizes do not
 * matter. */
mx_status mx_linear_run(mx_device *device, const mx_conv_plan *plan, mx_conv_direction direction,
                        const mx_conv_operands *operands);

#endif
