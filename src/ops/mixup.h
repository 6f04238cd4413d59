/* Mixup with soft targets (MixMatch, eq. 8 to 11). */
#ifndef MX_OPS_MIXUP_H
#define MX_OPS_MIXUP_H

#include "ops/augment.h"
#include "ops/tensor.h"

/* lambda[i] = max(l, 1 - l), l ~ Beta(alpha, alpha), i < lambda.n; one l for all with per_batch.
 * alpha > 0. draw.stream is not used. */
mx_status mx_mixup_lambda(mx_device *device, float alpha, bool per_batch, mx_draw draw,
                          mx_tensor lambda);

/* Row i of y = l x[own] + (1 - l) x[other], own = pair[i], other = pair[rows + i], l = lambda[own];
 * `pair` holds 2 x rows ints. A row is all of an image, or all classes of its target. */
mx_status mx_mixup(mx_device *device, mx_tensor x, mx_tensor pair, mx_tensor lambda, mx_tensor y);

#endif
