#include "ops/guess.h"

#include "ocl/profile.h"

mx_status mx_guess_tally(mx_device *device, mx_tensor targets, mx_tensor labels, mx_tensor tally) {
    const mx_guess_args args = {.rows = targets.n,
                                .c = targets.c,
                                .most_rows = (tally.c - targets.c) / 3,
                                .targets = targets.offset,
                                .labels = labels.offset,
                                .tally = tally.offset};
    const mx_i32 items = args.rows > args.c ? args.rows : args.c;
    mx_profile_op(device,
                  (mx_work){2.0 * (double)mx_tensor_count(targets),
                            mx_tensor_bytes(targets) + 2 * mx_tensor_bytes(tally)},
                  "guess_tally");
    return MX_LAUNCH(device, "guess.cl", "guess_tally", "", mx_range_1d((size_t)items), args,
                     targets.buffer, labels.buffer, tally.buffer);
}
