/* One pass of Adam, weight decay and the weights' moving average over flat arenas. */
#ifndef MX_OPS_ADAM_H
#define MX_OPS_ADAM_H

#include "ops/tensor.h"

/* Moves elements args->first .. args->first + args->count of the arenas, whose gradients are from
 * args->gradient on in `gradients`. Matches torch.optim.Adam (coupled decay = its weight_decay);
 * decoupled decay is w *= 1 - rate x decay after the update, as the authors of MixMatch do.
 * Elements of a group with rate 0 keep their weights; their average still follows.
 * `health` [4] guards against what is not finite (cl/shared.h). */
mx_status mx_adam(mx_device *device, const mx_adam_args *args, mx_buffer *weights,
                  mx_buffer *gradients, mx_buffer *first, mx_buffer *second, mx_buffer *average,
                  mx_tensor health);

#endif
