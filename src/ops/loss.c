#include "ops/loss.h"

#include "ocl/profile.h"

static mx_status run(mx_device *device, const char *name, mx_tensor logits, mx_tensor targets,
                     mx_loss_rows rows, mx_tensor losses, mx_tensor dlogits) {
    const mx_loss_args args = {.c = logits.c,
                               .first = rows.first,
                               .count = rows.count,
                               .begin = rows.begin,
                               .rows = mx_tensor_rows(logits),
                               .logits = logits.offset,
                               .targets = targets.offset,
                               .list = rows.list.offset,
                               .losses = losses.offset,
                               .dlogits = dlogits.offset,
                               .scale = rows.scale};
    mx_profile_op(device, (mx_work){8.0 * rows.count * logits.c, 12.0 * rows.count * logits.c},
                  "%s", name);
    return MX_LAUNCH(device, "loss.cl", name, "", mx_range_1d((size_t)rows.count), args,
                     logits.buffer, targets.buffer, rows.list.buffer, losses.buffer,
                     dlogits.buffer);
}

mx_status mx_soft_cross_entropy(mx_device *device, mx_tensor logits, mx_tensor targets,
                                mx_loss_rows rows, mx_tensor losses, mx_tensor dlogits) {
    return run(device, "soft_cross_entropy", logits, targets, rows, losses, dlogits);
}

mx_status mx_squared_difference(mx_device *device, mx_tensor logits, mx_tensor targets,
                                mx_loss_rows rows, mx_tensor losses, mx_tensor dlogits) {
    return run(device, "squared_difference", logits, targets, rows, losses, dlogits);
}

mx_status mx_loss_sum(mx_device *device, mx_tensor losses, mx_i32 first, mx_i32 count, float scale,
                      mx_tensor sums, mx_i32 slot) {
    const mx_loss_sum_args args = {.first = first,
                                   .count = count,
                                   .slot = slot,
                                   .losses = losses.offset,
                                   .sums = sums.offset,
                                   .scale = scale};
    mx_profile_op(device, (mx_work){count, 4.0 * count}, "loss_sum");
    return MX_LAUNCH(device, "loss.cl", "loss_sum", "", mx_range_single(1, 1, 1), args,
                     losses.buffer, sums.buffer);
}
