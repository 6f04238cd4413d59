/* Device memory. Offsets and sizes are bytes. */
#ifndef MX_OCL_BUFFER_H
#define MX_OCL_BUFFER_H

#include "ocl/device.h"

/* `bytes` of device memory with undefined contents. Fails with MX_MEMORY, naming how much was asked
 * for and how much the device allows in one piece. Release before closing the device. */
mx_status mx_buffer_create(mx_buffer **out, mx_device *device, size_t bytes);
/* The `bytes` at `from` for kernels that only read them; they stay as they are until the release,
 * which waits for the queue. No copy, and nothing of mx_device_allocated, where the device's memory
 * is the host's, `from` begins as the device wants it and the driver agrees; else a copy. */
mx_status mx_buffer_create_from(mx_buffer **out, mx_device *device, const void *from, size_t bytes);
/* Whether its bytes are the host's own. */
bool mx_buffer_is_shared(const mx_buffer *buffer);
void mx_buffer_release(mx_buffer *buffer);
size_t mx_buffer_bytes(const mx_buffer *buffer);

/* Copies and waits for the copy. */
mx_status mx_buffer_write(mx_buffer *buffer, size_t offset, const void *from, size_t bytes);
mx_status mx_buffer_read(mx_buffer *buffer, size_t offset, void *to, size_t bytes);

/* Copies `from` away and returns at once; the queue does the rest. For small things in a step:
 * above 64 KiB it waits like mx_buffer_write. */
mx_status mx_buffer_stage(mx_buffer *buffer, size_t offset, const void *from, size_t bytes);

/* A read or write under way; zeroed = none. */
typedef struct mx_ticket {
    void *event;
} mx_ticket;
/* Starts a read into `to`, which must stay until mx_ticket_wait. */
mx_status mx_buffer_read_start(mx_buffer *buffer, size_t offset, void *to, size_t bytes,
                               mx_ticket *ticket);
/* Starts a write from `from`, which must stay as it is until mx_ticket_wait. */
mx_status mx_buffer_write_start(mx_buffer *buffer, size_t offset, const void *from, size_t bytes,
                                mx_ticket *ticket);
/* Waits for it and clears the ticket; does nothing for a cleared one. */
mx_status mx_ticket_wait(mx_ticket *ticket);

/* In queue order, without waiting. */
mx_status mx_buffer_zero(mx_buffer *buffer, size_t offset, size_t bytes);
mx_status mx_buffer_copy(mx_buffer *to, size_t to_offset, mx_buffer *from, size_t from_offset,
                         size_t bytes);

#endif
