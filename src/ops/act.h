/* Leaky ReLU, y = x > 0 ? x : slope x; slope 0 is ReLU. Matches torch.nn.functional.leaky_relu. */
#ifndef MX_OPS_ACT_H
#define MX_OPS_ACT_H

#include "ops/tensor.h"

/* y may be x. */
mx_status mx_act_forward(mx_device *device, mx_tensor x, float slope, mx_tensor y);
/* dx (+)= dy where x > 0, slope dy elsewhere. For slope >= 0, y may stand in for x. */
mx_status mx_act_backward(mx_device *device, mx_tensor x, mx_tensor dy, float slope, mx_tensor dx,
                          bool accumulate);

#endif
