/* Batch norm over NHWC with leaky ReLU after it. The n images are `groups` equal groups in order,
 * each with statistics of its own: one call stands for that many forwards. Matches
 * torch.nn.BatchNorm2d followed by leaky_relu (slope 1: none, slope 0: ReLU). */
#ifndef MX_OPS_BATCHNORM_H
#define MX_OPS_BATCHNORM_H

#include "ops/tensor.h"

typedef struct mx_batchnorm {
    mx_tensor gamma, beta;               /* [c], in one buffer */
    mx_tensor running_mean, running_var; /* [c], in one buffer */
    float epsilon, momentum, slope;      /* momentum as torch counts: the share of the new batch */
} mx_batchnorm;

/* Floats of `saved` (means and inverse deviations) for x in `groups` groups. */
size_t mx_batchnorm_saved(mx_tensor x, mx_i32 groups);
/* Floats of `workspace` for either direction. */
size_t mx_batchnorm_workspace(mx_tensor x, mx_i32 groups);

/* Batch statistics to `saved` and y from them; x.n is a multiple of groups. With `update`, group 0
 * moves the running statistics. */
mx_status mx_batchnorm_forward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                               mx_i32 groups, bool update, mx_tensor saved, mx_tensor workspace,
                               mx_tensor y);
/* y once more, from the x and `saved` of a forward: the same bits. */
mx_status mx_batchnorm_again(mx_device *device, const mx_batchnorm *bn, mx_tensor x, mx_i32 groups,
                             mx_tensor saved, mx_tensor y);
/* y from the running statistics; `saved` is scratch of 2 c floats. */
mx_status mx_batchnorm_infer(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                             mx_tensor saved, mx_tensor y);
/* dx (+)= and dgamma, dbeta = (one buffer) the gradients, from the x and `saved` of the forward.
 * dx.buffer NULL: nothing wants that one. */
mx_status mx_batchnorm_backward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                mx_i32 groups, mx_tensor saved, mx_tensor dy, mx_tensor workspace,
                                mx_tensor dgamma, mx_tensor dbeta, mx_tensor dx, bool accumulate);

#endif
