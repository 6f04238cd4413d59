/* Softmax over the last axis of x[rows][c]. Matches torch.softmax and torch.log_softmax. */
#ifndef MX_OPS_SOFTMAX_H
#define MX_OPS_SOFTMAX_H

#include "ops/tensor.h"

mx_status mx_softmax(mx_device *device, mx_tensor x, mx_tensor y);
mx_status mx_log_softmax(mx_device *device, mx_tensor x, mx_tensor y);

#endif
