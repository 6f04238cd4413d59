/* How near ops come to what the device can do (Williams, Waterman, Patterson 2009, "Roofline").
 * The work of an op is counted, not observed: flops of a direct algorithm, bytes of its operands
 * moved once. So a share may exceed 1: Winograd's convolutions calculate less, and operands that
 * are in a cache do not come from memory. */
#ifndef MX_TRAIN_ROOFLINE_H
#define MX_TRAIN_ROOFLINE_H

#include "ocl/profile.h"

/* A second, measured. */
typedef struct mx_peaks {
    double flops; /* multiply-adds in registers, each counted as two */
    double bytes; /* read and written, of a copy larger than caches */
} mx_peaks;

/* Takes about half a second and up to 512 MiB of the device. Fails with MX_MEMORY or MX_OPENCL. */
mx_status mx_peaks_measure(mx_device *device, mx_peaks *out);

/* Below this share of its roof an op is bound by something else. */
#define MX_ROOF_LEAST 0.25

typedef struct mx_roof {
    bool memory;  /* which roof is the lower one for the op's flops per byte; else computation */
    double share; /* of it, that the op reached; 0 where no time was measured */
} mx_roof;

/* `ms` is how long `work` took. */
mx_roof mx_roof_of(mx_work work, double ms, const mx_peaks *peaks);

/* Where the time went, in ms. */
typedef struct mx_roof_times {
    double compute, memory; /* in ops that reach MX_ROOF_LEAST of that roof */
    double neither;         /* in the others */
} mx_roof_times;

mx_roof_times mx_roof_sum(const mx_profile_row *rows, size_t count, const mx_peaks *peaks);

#endif
