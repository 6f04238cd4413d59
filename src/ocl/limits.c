#include "ocl/limits.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

enum { ALLOCATION_SHARE = 4 }; /* the least that OpenCL promises of all memory in one piece */

typedef struct limits_row {
    uint64_t global_memory, local_memory; /* bytes */
    size_t max_work_group;
    uint32_t float_vector;
} limits_row;

static const limits_row rows[MX_LIMITS_COUNT] = {
    /* Graphics beside a processor, or of a small board. */
    [MX_LIMITS_GPU_TINY] = {UINT64_C(256) << 20, 16 << 10, 64, 4},
    [MX_LIMITS_GPU_SMALL] = {UINT64_C(2) << 30, 32 << 10, 256, 4},
    [MX_LIMITS_GPU_LARGE] = {UINT64_C(16) << 30, 64 << 10, 1024, 1},
};

const char *mx_limits_name(mx_limits limits) {
#define WORD(id, word) [id] = word,
    static const char *const words[] = {MX_LIMITS(WORD)};
#undef WORD
    return words[limits];
}

mx_status mx_limits_find(const char *name, mx_limits *out) {
    mx_buf names = {0};
    for (mx_limits i = MX_LIMITS_NONE; i < MX_LIMITS_COUNT; i++) {
        if (strcmp(name, mx_limits_name(i)) == 0) {
            *out = i;
            mx_buf_release(&names);
            return MX_OK;
        }
        mx_buf_printf(&names, "%s%s", i ? ", " : "", mx_limits_name(i));
    }
    const mx_status status =
        mx_fail(MX_USAGE, "no limits '%s'; there are %s", name, mx_buf_text(&names));
    mx_buf_release(&names);
    return status;
}

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* Cuts a long name so that what it is simulated as stays to be seen. */
static void rename_as(mx_device_info *info, const char *class_name) {
    char suffix[32];
    const int length = snprintf(suffix, sizeof suffix, " as %s", class_name);
    const size_t most = sizeof info->name - 1 - (size_t)length, own = strlen(info->name);
    memcpy(info->name + (own < most ? own : most), suffix, (size_t)length + 1);
}

void mx_limits_impose(mx_device_info *info, mx_limits limits) {
    const limits_row *row = &rows[limits];
    if (limits == MX_LIMITS_NONE) return;
    info->simulated = true;
    info->type = MX_DEVICE_GPU;
    info->global_memory = lesser(info->global_memory, row->global_memory);
    info->local_memory = lesser(info->local_memory, row->local_memory);
    info->max_allocation = lesser(info->max_allocation, info->global_memory / ALLOCATION_SHARE);
    info->max_work_group = (size_t)lesser(info->max_work_group, row->max_work_group);
    info->float_vector = row->float_vector;
    info->host_unified = false;
    rename_as(info, mx_limits_name(limits));
}

mx_status mx_limits_check_launch(const mx_device_info *info, const mx_range *range,
                                 size_t kernel_local) {
    const size_t local = kernel_local + range->local_bytes;
    size_t group = 1;
    for (unsigned d = 0; range->local[0] && d < range->dims; d++)
        group *= range->local[d];
    if (group > info->max_work_group)
        return mx_fail(MX_OPENCL, "a work-group of %zu, and '%s' allows %zu", group, info->name,
                       info->max_work_group);
    if (local > info->local_memory)
        return mx_fail(MX_OPENCL, "needs %zu bytes of local memory, and '%s' has %llu", local,
                       info->name, (unsigned long long)info->local_memory);
    return MX_OK;
}

mx_status mx_limits_check_allocation(const mx_device_info *info, size_t allocated, size_t bytes) {
    if (bytes > info->max_allocation)
        return mx_fail(MX_MEMORY, "device '%s' allows %llu MiB in one piece, %llu MiB are needed",
                       info->name, (unsigned long long)(info->max_allocation >> 20),
                       (unsigned long long)(bytes >> 20));
    if (info->simulated &&
        (allocated > info->global_memory || bytes > info->global_memory - allocated))
        return mx_fail(MX_MEMORY, "device '%s' has %llu MiB, %zu are taken and %zu more are needed",
                       info->name, (unsigned long long)(info->global_memory >> 20), allocated >> 20,
                       bytes >> 20);
    return MX_OK;
}
