/* An opened device: context, one in-order queue, compiled kernels. One thread uses it at a time.
 * Kernels take their buffers first and one argument struct (cl/shared.h) last. */
#ifndef MX_OCL_DEVICE_H
#define MX_OCL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"
#include "ocl/platform.h"

typedef struct mx_buffer mx_buffer;

/* Opens the device that `info` describes. With `profile`, every command is timed (profile.h).
 * Fails with MX_OPENCL or MX_MEMORY. */
mx_status mx_device_open(mx_device **out, const mx_device_info *info, bool profile);
/* Waits for the queue, then releases everything but buffers. */
void mx_device_close(mx_device *device);

/* Lists, chooses by `selector` (see mx_device_choose) and opens. */
mx_status mx_device_open_selected(mx_device **out, const char *selector, bool profile);

/* The same with the limits of that name (limits.h), "none" for its own. */
mx_status mx_device_open_limited(mx_device **out, const char *selector, const char *limits,
                                 bool profile);

const mx_device_info *mx_device_get_info(const mx_device *device);

enum { MX_ZEROS = 16384 };
/* A buffer of MX_ZEROS zero floats, for kernels that read past an edge; belongs to the device. */
mx_status mx_device_zeros(mx_device *device, mx_buffer **out);

/* Bytes of all living buffers of the device, and the most there ever were. */
size_t mx_device_allocated(const mx_device *device);
size_t mx_device_allocated_peak(const mx_device *device);

/* Work-items of a launch. local[0] = 0 leaves the work-group to the driver; otherwise global is
 * rounded up to a multiple of local, and kernels test their bounds. */
typedef struct mx_range {
    unsigned dims;
    size_t global[3], local[3];
    size_t local_bytes; /* of local memory a work-group, an argument between buffers and struct; 0:
                           none */
} mx_range;

/* `items` work-items in work-groups of 64. */
mx_range mx_range_1d(size_t items);
/* `x` x `y` (x `z`) work-items, one to a work-group: a CPU thread takes each. */
mx_range mx_range_single(size_t x, size_t y, size_t z);

/* Enqueues kernel `name` of cl/`file`, compiled with `options` on first use (kept afterwards).
 * Fails with MX_OPENCL; a failed build shows the compiler's log. What exceeds the device's local
 * memory or work-group is refused before a driver sees it. */
mx_status mx_launch(mx_device *device, const char *file, const char *name, const char *options,
                    mx_range range, const void *args, size_t args_bytes, mx_buffer *const *buffers,
                    size_t n_buffers);

#define MX_LAUNCH(device, file, name, options, range, args, ...)                                   \
    mx_launch((device), (file), (name), (options), (range), &(args), sizeof(args),                 \
              (mx_buffer *const[]){__VA_ARGS__},                                                   \
              sizeof((mx_buffer *const[]){__VA_ARGS__}) / sizeof(mx_buffer *))

/* Waits until everything enqueued has run. Fails with MX_OPENCL when a command failed. */
mx_status mx_device_finish(mx_device *device);
/* Hands what is enqueued to the device without waiting. */
mx_status mx_device_flush(mx_device *device);

#endif
