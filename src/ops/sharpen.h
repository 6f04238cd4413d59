/* The targets of a MixMatch step. */
#ifndef MX_OPS_SHARPEN_H
#define MX_OPS_SHARPEN_H

#include "ops/tensor.h"

/* targets[i][c] = 1 where labels[i] (ints) is c, else 0. */
mx_status mx_one_hot(mx_device *device, mx_tensor labels, mx_tensor targets);

/* guesses[k x rows][c] are softmax outputs, view after view; `targets` [k x rows][c] gets k copies
 * of q = p^(1/T) / sum p^(1/T), p the mean over the views (MixMatch, eq. 6 and 7). 0 < T <= 1. */
mx_status mx_sharpen(mx_device *device, mx_tensor guesses, mx_i32 k, float temperature,
                     mx_tensor targets);

#endif
