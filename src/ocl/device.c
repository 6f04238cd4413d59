#include "ocl/device.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ocl/error.h"
#include "ocl/internal.h"
#include "ocl/limits.h"

enum { WORK_GROUP = 64 };

static mx_status open_queue(mx_device *device, bool profile) {
    cl_int code = CL_SUCCESS;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->info.platform, 0};
    device->context =
        clCreateContext(properties, 1, (cl_device_id[]){device->info.device}, NULL, NULL, &code);
    MX_TRY(mx_cl_check(code, "clCreateContext"));
    device->queue = clCreateCommandQueue(device->context, device->info.device,
                                         profile ? CL_QUEUE_PROFILING_ENABLE : 0, &code);
    return mx_cl_check(code, "clCreateCommandQueue");
}

mx_status mx_device_open(mx_device **out, const mx_device_info *info, bool profile) {
    mx_device *device = NULL;
    mx_status status;
    MX_GO(mx_alloc(&device, 1, sizeof *device));
    device->info = *info;
    device->profile.enabled = profile;
    for (size_t i = 0; i < MX_STAGE_SLOTS; i++)
        MX_GO(mx_alloc(&device->stage[i].bytes, MX_STAGE_BYTES, 1));
    MX_GO(mx_context(open_queue(device, profile), "device '%s'", info->name));
done:
    if (status != MX_OK) {
        mx_device_close(device);
        device = NULL;
    }
    *out = device;
    return status;
}

void mx_device_close(mx_device *device) {
    if (!device) return;
    if (device->queue) clFinish(device->queue);
    for (size_t i = 0; i < MX_STAGE_SLOTS; i++) {
        if (device->stage[i].busy) clReleaseEvent(device->stage[i].busy);
        free(device->stage[i].bytes);
    }
    mx_buffer_release(device->zeros);
    mx_profile_release(device);
    mx_kernels_release(device);
    if (device->queue) clReleaseCommandQueue(device->queue);
    if (device->context) clReleaseContext(device->context);
    free(device);
}

mx_status mx_device_open_selected(mx_device **out, const char *selector, bool profile) {
    return mx_device_open_limited(out, selector, mx_limits_name(MX_LIMITS_NONE), profile);
}

mx_status mx_device_open_limited(mx_device **out, const char *selector, const char *limits,
                                 bool profile) {
    mx_device_list list;
    mx_limits imposed = MX_LIMITS_NONE;
    size_t chosen = 0;
    char why[160];
    *out = NULL;
    MX_TRY(mx_limits_find(limits, &imposed));
    MX_TRY(mx_device_list_load(&list));
    mx_status status = mx_device_choose(&list, selector, &chosen, why, sizeof why);
    if (status == MX_OK) {
        mx_debug("device %zu '%s': %s", chosen, list.devices[chosen].name, why);
        mx_limits_impose(&list.devices[chosen], imposed);
        status = mx_device_open(out, &list.devices[chosen], profile);
    }
    mx_device_list_release(&list);
    return status;
}

mx_status mx_device_zeros(mx_device *device, mx_buffer **out) {
    /* Written, not filled: Oclgrind takes what clEnqueueFillBuffer writes for never written. */
    static const float zeros[MX_ZEROS];
    if (!device->zeros) {
        MX_TRY(mx_buffer_create(&device->zeros, device, sizeof zeros));
        const mx_status status = mx_buffer_write(device->zeros, 0, zeros, sizeof zeros);
        if (status != MX_OK) {
            mx_buffer_release(device->zeros);
            device->zeros = NULL;
            return status;
        }
    }
    *out = device->zeros;
    return MX_OK;
}

const mx_device_info *mx_device_get_info(const mx_device *device) {
    return &device->info;
}

size_t mx_device_allocated(const mx_device *device) {
    return device->allocated;
}

size_t mx_device_allocated_peak(const mx_device *device) {
    return device->allocated_peak;
}

mx_range mx_range_1d(size_t items) {
    return (mx_range){.dims = 1, .global = {items, 1, 1}, .local = {WORK_GROUP, 1, 1}};
}

mx_range mx_range_single(size_t x, size_t y, size_t z) {
    return (mx_range){.dims = 3, .global = {x, y, z}, .local = {1, 1, 1}};
}

static mx_status set_args(cl_kernel kernel, size_t local_bytes, const void *args, size_t args_bytes,
                          mx_buffer *const *buffers, size_t n_buffers) {
    cl_int code = CL_SUCCESS;
    cl_uint index = 0;
    for (; index < n_buffers && code == CL_SUCCESS; index++) {
        cl_mem memory = buffers[index] ? buffers[index]->memory : NULL;
        code = clSetKernelArg(kernel, index, sizeof memory, &memory);
    }
    if (code == CL_SUCCESS && local_bytes)
        code = clSetKernelArg(kernel, index++, local_bytes, NULL);
    if (code == CL_SUCCESS) code = clSetKernelArg(kernel, index, args_bytes, args);
    return mx_cl_check(code, "clSetKernelArg");
}

mx_status mx_launch(mx_device *device, const char *file, const char *name, const char *options,
                    mx_range range, const void *args, size_t args_bytes, mx_buffer *const *buffers,
                    size_t n_buffers) {
    cl_kernel kernel = NULL;
    size_t kernel_local = 0;
    MX_TRY(mx_kernel_get(device, file, name, options, &kernel, &kernel_local));
    for (unsigned d = 0; d < range.dims; d++) {
        if (range.global[d] == 0) return MX_OK;
        if (range.local[0] == 0) continue;
        range.global[d] = (range.global[d] + range.local[d] - 1) / range.local[d] * range.local[d];
    }
    MX_TRY(mx_context(mx_limits_check_launch(&device->info, &range, kernel_local), "kernel '%s'",
                      name));
    MX_TRY(mx_context(set_args(kernel, range.local_bytes, args, args_bytes, buffers, n_buffers),
                      "kernel '%s'", name));
    const cl_int code = clEnqueueNDRangeKernel(device->queue, kernel, range.dims, NULL,
                                               range.global, range.local[0] ? range.local : NULL, 0,
                                               NULL, mx_profile_slot(device));
    return mx_context(mx_cl_check(code, "clEnqueueNDRangeKernel"), "kernel '%s'", name);
}

mx_status mx_device_finish(mx_device *device) {
    return mx_cl_check(clFinish(device->queue), "clFinish");
}

mx_status mx_device_flush(mx_device *device) {
    return mx_cl_check(clFlush(device->queue), "clFlush");
}
