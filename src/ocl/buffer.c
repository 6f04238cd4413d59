#include "ocl/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ocl/error.h"
#include "ocl/internal.h"
#include "ocl/limits.h"

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
    device->allocated += bytes;
    if (device->allocated > device->allocated_peak) device->allocated_peak = device->allocated;
    *out = buffer;
    return MX_OK;
}

void mx_buffer_release(mx_buffer *buffer) {
    if (!buffer) return;
    buffer->device->allocated -= buffer->bytes;
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
