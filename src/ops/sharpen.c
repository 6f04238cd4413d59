#include "ops/sharpen.h"

#include "ocl/profile.h"

mx_status mx_one_hot(mx_device *device, mx_tensor labels, mx_tensor targets) {
    const mx_one_hot_args args = {
        .rows = targets.n, .c = targets.c, .labels = labels.offset, .targets = targets.offset};
    const mx_range range = {
        .dims = 2, .global = {(size_t)targets.c, (size_t)targets.n, 1}, .local = {4, 4, 1}};
    mx_profile_op(device, (mx_work){0, mx_tensor_bytes(targets)}, "one_hot");
    return MX_LAUNCH(device, "sharpen.cl", "one_hot", "", range, args, labels.buffer,
                     targets.buffer);
}

mx_status mx_sharpen(mx_device *device, mx_tensor guesses, mx_i32 k, float temperature,
                     mx_tensor targets) {
    const mx_sharpen_args args = {.k = k,
                                  .rows = guesses.n / k,
                                  .c = guesses.c,
                                  .guesses = guesses.offset,
                                  .targets = targets.offset,
                                  .temperature = temperature};
    mx_profile_op(device,
                  (mx_work){4.0 * (double)mx_tensor_count(guesses), 2 * mx_tensor_bytes(guesses)},
                  "sharpen");
    return MX_LAUNCH(device, "sharpen.cl", "sharpen", "", mx_range_1d((size_t)args.rows), args,
                     guesses.buffer, targets.buffer);
}
