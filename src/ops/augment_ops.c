#include "ops/augment_ops.h"

#include <stdio.h>
#include <string.h>

#include "ocl/profile.h"

enum {
    GPU_GROUP = 64,    /* work-items that share a picture */
    GPU_GROUPS = 1024, /* pictures under way at a time */
    GROUPS_PER_UNIT = 8
};

static mx_i32 group_size(const mx_device *device) {
    return mx_device_get_info(device)->type == MX_DEVICE_CPU ? 1 : GPU_GROUP;
}

/* Few enough that their scratch stays in a CPU's cache, enough that all units stay busy. */
static mx_i32 groups_for(const mx_device *device, mx_i32 count) {
    const mx_i32 units = (mx_i32)mx_device_get_info(device)->compute_units;
    const mx_i32 most = group_size(device) == 1 ? GROUPS_PER_UNIT * units : GPU_GROUPS;
    return count < most ? count : most;
}

size_t mx_augment_scratch_words(const mx_device *device, mx_i32 count, mx_i32 h, mx_i32 w,
                                mx_i32 c) {
    const size_t bytes = 2 * (size_t)h * (size_t)w * (size_t)c;
    return ((size_t)groups_for(device, count) * bytes + 3) / 4;
}

mx_status mx_augment_ops(mx_device *device, mx_buffer *pixels, mx_tensor rows, mx_i32 first,
                         mx_i32 count, mx_scaling scaling, mx_tensor plan, mx_i32 steps,
                         mx_tensor scratch, mx_tensor y) {
    mx_augment_ops_args args = {.first = first,
                                .count = count,
                                .h = y.h,
                                .w = y.w,
                                .steps = steps,
                                .groups = groups_for(device, count),
                                .rows = rows.offset,
                                .plan = plan.offset,
                                .tables =
                                    plan.offset + (mx_u32)(count * steps * MX_AUGMENT_OP_WORDS),
                                .scratch = scratch.offset,
                                .y = y.offset};
    memcpy(args.mul, scaling.mul, sizeof args.mul);
    memcpy(args.add, scaling.add, sizeof args.add);
    const size_t group = (size_t)group_size(device);
    const mx_range range = {
        .dims = 1, .global = {(size_t)args.groups * group, 1, 1}, .local = {group, 1, 1}};
    char options[64];
    snprintf(options, sizeof options, "-DC=%d -DW=%d -DGROUP=%zu", y.c, y.w, group);
    mx_profile_op(device, (mx_work){2.0 * count * y.h * y.w * y.c, 5.0 * count * y.h * y.w * y.c},
                  "augment_ops");
    return MX_LAUNCH(device, "augment_ops.cl", "augment_ops", options, range, args, pixels,
                     rows.buffer, plan.buffer, scratch.buffer, y.buffer);
}
