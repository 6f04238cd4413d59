/* Where the time goes: commands between two mx_profile_op calls belong to the op named by the
 * first. Does nothing on a device opened without profiling. */
#ifndef MX_OCL_PROFILE_H
#define MX_OCL_PROFILE_H

#include "ocl/device.h"

/* What an op has to do, however it does it. */
typedef struct mx_work {
    double flops; /* floating-point operations of a direct algorithm */
    double bytes; /* of its operands, each read once and written once */
} mx_work;

typedef struct mx_profile_row {
    char name[96];
    size_t calls;
    double ms; /* device time of its commands */
    mx_work work;
} mx_profile_row;

bool mx_profile_enabled(const mx_device *device);
/* Names the op that the following commands belong to; `work` is added to its sum. */
void mx_profile_op(mx_device *device, mx_work work, const char *format, ...) MX_PRINTF(3, 4);
/* Waits, then gives the rows since the last mx_profile_clear, most time first; valid until then. */
mx_status mx_profile_collect(mx_device *device, const mx_profile_row **rows, size_t *count);
void mx_profile_clear(mx_device *device);

/* When a command began and ended, in nanoseconds of the device's clock. */
typedef struct mx_profile_span {
    uint64_t start, end;
} mx_profile_span;
/* How many of the spans of an in-order queue cannot be right: an end of 0 or before its start, or a
 * start before that of the command before. All, where none took a microsecond. */
size_t mx_profile_wrong_spans(const mx_profile_span *spans, size_t count);
/* False when more than one in a hundred of the spans collected so far was wrong. */
bool mx_profile_trusted(const mx_device *device);
/* From now on ops are timed by the host's clock, with a wait at the end of each. */
mx_status mx_profile_use_clock(mx_device *device);

#endif
