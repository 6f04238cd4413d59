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

/* x as batch norm makes it, for whoever reads it: leaky(x scale + shift), with the scales and
 * shifts of `saved` for each of `groups` equal groups of images. saved.buffer NULL: x as it is. */
typedef struct mx_norm {
    mx_tensor saved;
    mx_i32 groups;
    float slope;
} mx_norm;
/* The kernels' argument for a tensor of n images. */
mx_norm_args mx_norm_args_of(const mx_norm *norm, mx_i32 n);

/* Partial results of chunks of rows, partial[groups][chunks][2][c]; the last chunk of a group may
 * be short. rows 0: not made yet, and `partial` is room for them. */
typedef struct mx_chunk_sums {
    mx_tensor partial;
    mx_i32 rows; /* of a chunk */
} mx_chunk_sums;

enum { MX_MOST_CHUNKS = 64 }; /* of a group */

/* Floats of `saved` (means, inverse deviations, scales, shifts) for c channels. */
size_t mx_batchnorm_saved(mx_i32 c, mx_i32 groups);
/* Floats of partial results, whoever makes them. */
size_t mx_batchnorm_partial(mx_i32 c, mx_i32 groups);

/* Batch statistics of x to `saved`, from `moments` (mean and squared deviation of chunks); x.n is a
 * multiple of groups. With `update`, group 0 moves the running statistics. */
mx_status mx_batchnorm_statistics(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                  mx_i32 groups, bool update, mx_chunk_sums moments,
                                  mx_tensor saved);
/* The running statistics to `saved`, for one group. */
mx_status mx_batchnorm_running(mx_device *device, const mx_batchnorm *bn, mx_tensor saved);
/* y = x as `norm` says. */
mx_status mx_batchnorm_apply(mx_device *device, mx_tensor x, const mx_norm *norm, mx_tensor y);
/* dx (+)= and dgamma, dbeta = (one buffer) the gradients, from the x and `saved` of the forward.
 * `sums` are of dz and dz xhat; where they are there, dy is dz, the gradient by what the activation
 * saw. dx.buffer NULL: nothing wants that one. */
mx_status mx_batchnorm_backward(mx_device *device, const mx_batchnorm *bn, mx_tensor x,
                                mx_i32 groups, mx_tensor saved, mx_tensor dy, mx_chunk_sums sums,
                                mx_tensor dgamma, mx_tensor dbeta, mx_tensor dx, bool accumulate);

#endif
