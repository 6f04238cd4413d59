#include "ops/tensor.h"

enum { GPU_VECTOR = 4, GPU_GROUP = 64, CPU_VECTOR_LIMIT = 16 };

mx_i32 mx_vector_width(const mx_device *device, mx_i32 multiple) {
    const mx_device_info *info = mx_device_get_info(device);
    mx_i32 width = info->type == MX_DEVICE_CPU ? CPU_VECTOR_LIMIT : GPU_VECTOR;
    while (info->type == MX_DEVICE_CPU && width > 4 && (mx_u32)width > info->float_vector)
        width /= 2;
    while (multiple % width != 0)
        width /= 2;
    return width;
}

const char *mx_vector_option(const mx_device *device, mx_i32 multiple) {
    switch (mx_vector_width(device, multiple)) {
    case 16:
        return "-DV=16";
    case 8:
        return "-DV=8";
    case 4:
        return "-DV=4";
    case 2:
        return "-DV=2";
    default:
        return "-DV=1";
    }
}

mx_range mx_range_wide(const mx_device *device, mx_i32 x, mx_i32 y, mx_i32 z) {
    mx_range range = mx_range_single((size_t)x, (size_t)y, (size_t)z);
    if (mx_device_get_info(device)->type != MX_DEVICE_CPU)
        while (range.local[0] < GPU_GROUP && range.local[0] < (size_t)x)
            range.local[0] *= 2;
    return range;
}

mx_range mx_range_flat(size_t count, mx_i32 width) {
    return mx_range_1d((count + (size_t)width - 1) / (size_t)width);
}
