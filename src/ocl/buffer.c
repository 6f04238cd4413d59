#include "ocl/buffer.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "ocl/error.h"
#include "ocl/internal.h"
#include "ocl/limits.h"

enum { LARGE_BUFFER = 4 << 20 };

/* Asks the system for large pages behind a large buffer of a device that works in this process's
 * memory: kernels that walk through megabytes miss few of them, where of small pages every row of a
 * tensor may be one. Advice only, before anything is in the buffer. */
static void advise_large_pages(const mx_buffer *buffer) {
#ifdef MADV_HUGEPAGE
    if (!buffer->device->info.in_process || buffer->bytes < LARGE_BUFFER) return;
    void *mapped =
        clEnqueueMapBuffer(buffer->device->queue, buffer->memory, CL_TRUE,
                           CL_MAP_WRITE_INVALIDATE_REGION, 0, buffer->bytes, 0, NULL, NULL, NULL);
    if (!mapped) return;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE),
                    begin = ((uintptr_t)mapped + page - 1) / page * page,
                    end = ((uintptr_t)mapped + buffer->bytes) / page * page;
    (void)madvise((void *)begin, end - begin, MADV_HUGEPAGE);
    (void)clEnqueueUnmapMemObject(buffer->device->queue, buffer->memory, mapped, 0, NULL, NULL);
#else
    (void)buffer;
#endif
}

mx_status mx_buffer_create(mx_buffer **out, mx_device *device, size_t bytes) {
    *out = NULL;
    if (bytes == 0) bytes = 4;
    MX_TRY(mx_limits_check_allocation(&device->info, device->allocated, bytes));
    mx_buffer *buffer = NULL;
    MX_TRY(mx_alloc(&buffer, 1, sizeof *buffer));
    cl_int code = CL_SUCCESS;
    buffer->device = device;
    buffer->bytes = bytes;
    buffer->memory = clCreateBuffer(device->context, CL_MEM_READ_WRITE, bytes, NULL, &code);
    if (code != CL_SUCCESS) {
        free(buffer);
        return mx_context(mx_cl_check(code, "clCreateBuffer"), "%zu MiB on '%s'", bytes >> 20,
                          device->info.name);
    }
    advise_large_pages(buffer);
    device->allocated += bytes;
    if (device->allocated > device->allocated_peak) device->allocated_peak = device->allocated;
    *out = buffer;
    return MX_OK;
}

/* Whether the device can be asked to work on `from` itself. A driver may still refuse, such as one
 * that cannot pin the pages of a file. */
static bool may_share(const mx_device_info *info, const void *from, size_t bytes) {
    return info->host_unified && info->base_align > 0 && (uintptr_t)from % info->base_align == 0 &&
           bytes <= info->max_allocation;
}

static mx_status share(mx_buffer **out, mx_device *device, const void *from, size_t bytes) {
    cl_int code = CL_SUCCESS;
    cl_mem memory = clCreateBuffer(device->context, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, bytes,
                                   (void *)(uintptr_t)from, &code);
    if (code != CL_SUCCESS) {
        mx_debug("'%s' copies what it cannot share: %s", device->info.name, mx_cl_error_name(code));
        return MX_OK;
    }
    mx_buffer *buffer = NULL;
    const mx_status status = mx_alloc(&buffer, 1, sizeof *buffer);
    if (status != MX_OK) {
        clReleaseMemObject(memory);
        return status;
    }
    *buffer = (mx_buffer){.device = device, .memory = memory, .bytes = bytes, .shared = true};
    *out = buffer;
    return MX_OK;
}

mx_status mx_buffer_create_from(mx_buffer **out, mx_device *device, const void *from,
                                size_t bytes) {
    *out = NULL;
    if (bytes > 0 && may_share(&device->info, from, bytes)) MX_TRY(share(out, device, from, bytes));
    if (*out) return MX_OK;
    MX_TRY(mx_buffer_create(out, device, bytes));
    const mx_status status = mx_buffer_write(*out, 0, from, bytes);
    if (status == MX_OK) return MX_OK;
    mx_buffer_release(*out);
    *out = NULL;
    return status;
}

bool mx_buffer_is_shared(const mx_buffer *buffer) {
    return buffer->shared;
}

void mx_buffer_release(mx_buffer *buffer) {
    if (!buffer) return;
    /* Its owner may take the memory back at once. */
    if (buffer->shared) clFinish(buffer->device->queue);
    if (!buffer->shared) buffer->device->allocated -= buffer->bytes;
    clReleaseMemObject(buffer->memory);
    free(buffer);
}

size_t mx_buffer_bytes(const mx_buffer *buffer) {
    return buffer->bytes;
}

static mx_status check_span(const mx_buffer *buffer, size_t offset, size_t bytes) {
    if (offset <= buffer->bytes && bytes <= buffer->bytes - offset) return MX_OK;
    return mx_fail(MX_INTERNAL, "span of %zu bytes at %zu leaves a buffer of %zu", bytes, offset,
                   buffer->bytes);
}

mx_status mx_buffer_write(mx_buffer *buffer, size_t offset, const void *from, size_t bytes) {
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    return mx_cl_check(clEnqueueWriteBuffer(buffer->device->queue, buffer->memory, CL_TRUE, offset,
                                            bytes, from, 0, NULL, NULL),
                       "clEnqueueWriteBuffer");
}

mx_status mx_buffer_read(mx_buffer *buffer, size_t offset, void *to, size_t bytes) {
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    return mx_cl_check(clEnqueueReadBuffer(buffer->device->queue, buffer->memory, CL_TRUE, offset,
                                           bytes, to, 0, NULL, NULL),
                       "clEnqueueReadBuffer");
}

mx_status mx_buffer_stage(mx_buffer *buffer, size_t offset, const void *from, size_t bytes) {
    mx_device *device = buffer->device;
    if (bytes > MX_STAGE_BYTES) return mx_buffer_write(buffer, offset, from, bytes);
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    const size_t slot = device->next_stage++ % MX_STAGE_SLOTS;
    cl_event *busy = &device->stage[slot].busy;
    if (*busy) {
        MX_TRY(mx_cl_check(clWaitForEvents(1, busy), "clWaitForEvents"));
        clReleaseEvent(*busy);
        *busy = NULL;
    }
    memcpy(device->stage[slot].bytes, from, bytes);
    return mx_cl_check(clEnqueueWriteBuffer(device->queue, buffer->memory, CL_FALSE, offset, bytes,
                                            device->stage[slot].bytes, 0, NULL, busy),
                       "clEnqueueWriteBuffer");
}

mx_status mx_buffer_read_start(mx_buffer *buffer, size_t offset, void *to, size_t bytes,
                               mx_ticket *ticket) {
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    cl_event event = NULL;
    MX_TRY(mx_cl_check(clEnqueueReadBuffer(buffer->device->queue, buffer->memory, CL_FALSE, offset,
                                           bytes, to, 0, NULL, &event),
                       "clEnqueueReadBuffer"));
    ticket->event = event;
    return MX_OK;
}

mx_status mx_buffer_write_start(mx_buffer *buffer, size_t offset, const void *from, size_t bytes,
                                mx_ticket *ticket) {
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    cl_event event = NULL;
    MX_TRY(mx_cl_check(clEnqueueWriteBuffer(buffer->device->queue, buffer->memory, CL_FALSE, offset,
                                            bytes, from, 0, NULL, &event),
                       "clEnqueueWriteBuffer"));
    ticket->event = event;
    return MX_OK;
}

mx_status mx_ticket_wait(mx_ticket *ticket) {
    if (!ticket->event) return MX_OK;
    cl_event event = ticket->event;
    const cl_int code = clWaitForEvents(1, &event);
    clReleaseEvent(event);
    ticket->event = NULL;
    return mx_cl_check(code, "clWaitForEvents");
}

mx_status mx_buffer_zero(mx_buffer *buffer, size_t offset, size_t bytes) {
    MX_TRY(check_span(buffer, offset, bytes));
    if (bytes == 0) return MX_OK;
    const float zero = 0.0f;
    return mx_cl_check(clEnqueueFillBuffer(buffer->device->queue, buffer->memory, &zero,
                                           sizeof zero, offset, bytes, 0, NULL,
                                           mx_profile_slot(buffer->device)),
                       "clEnqueueFillBuffer");
}

mx_status mx_buffer_copy(mx_buffer *to, size_t to_offset, mx_buffer *from, size_t from_offset,
                         size_t bytes) {
    MX_TRY(check_span(to, to_offset, bytes));
    MX_TRY(check_span(from, from_offset, bytes));
    if (bytes == 0) return MX_OK;
    return mx_cl_check(clEnqueueCopyBuffer(to->device->queue, from->memory, to->memory, from_offset,
                                           to_offset, bytes, 0, NULL, mx_profile_slot(to->device)),
                       "clEnqueueCopyBuffer");
}
