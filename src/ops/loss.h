/* The losses of MixMatch over chosen rows, with their gradients.
 * `list` holds row numbers (ints) of targets[.][c]; the rows list[first .. first + count) take
 * part. logits and dlogits may be a part of the batch, from row `begin` on: rows that are not of it
 * are left out. losses[first + i] gets one value a row, and those rows of dlogits get `scale` times
 * the gradient by the logits; others are left alone. */
#ifndef MX_OPS_LOSS_H
#define MX_OPS_LOSS_H

#include "ops/tensor.h"

typedef struct mx_loss_rows {
    mx_tensor list;
    mx_i32 first, count;
    float scale;  /* of the gradient */
    mx_i32 begin; /* the row that the logits begin with */
} mx_loss_rows;

/* -sum_j t_j log p_j (eq. 3). Matches torch's cross_entropy with probabilities as targets. */
mx_status mx_soft_cross_entropy(mx_device *device, mx_tensor logits, mx_tensor targets,
                                mx_loss_rows rows, mx_tensor losses, mx_tensor dlogits);
/* mean_j (p_j - t_j)^2 (eq. 4). Matches torch's mse_loss(softmax(logits), targets) of a row. */
mx_status mx_squared_difference(mx_device *device, mx_tensor logits, mx_tensor targets,
                                mx_loss_rows rows, mx_tensor losses, mx_tensor dlogits);
/* sums[slot] = scale x the sum of losses[first .. first + count), in order. */
mx_status mx_loss_sum(mx_device *device, mx_tensor losses, mx_i32 first, mx_i32 count, float scale,
                      mx_tensor sums, mx_i32 slot);

#endif
