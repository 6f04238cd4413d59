/* The OpenCL devices of this machine, and the choice of one. */
#ifndef MX_OCL_PLATFORM_H
#define MX_OCL_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef enum mx_device_type {
    MX_DEVICE_CPU,
    MX_DEVICE_GPU,
    MX_DEVICE_ACCELERATOR,
    MX_DEVICE_OTHER
} mx_device_type;

typedef struct mx_device_info {
    int index;               /* in the list of this run; not stable, record the names instead */
    int platform_index;      /* the same, of the platform */
    int platform_device;     /* position within its platform */
    void *platform, *device; /* cl_platform_id, cl_device_id */
    mx_device_type type;
    char platform_name[128], name[256], vendor[128], version[128], driver[128];
    uint32_t compute_units;
    uint32_t float_vector; /* preferred width of float vectors, 1..16 */
    uint32_t address_bits;
    uint64_t global_memory, local_memory, max_allocation; /* bytes */
    size_t max_work_group;                                /* work-items */
    size_t base_align;                                    /* bytes, of sub-buffers */
    bool host_unified;
    bool in_process; /* its memory is this process's own: a CPU's */
    bool simulated;  /* held to the limits of another class of devices (limits.h) */
    bool available, has_compiler, little_endian;
    bool usable;           /* OpenCL 1.2, little endian, compiler there, 64-bit addresses */
    char unusable_why[96]; /* when not usable */
} mx_device_info;

typedef struct mx_device_list {
    mx_device_info *devices;
    size_t count;
} mx_device_list;

/* "CPU", "GPU", "accelerator" or "other". */
const char *mx_device_type_name(mx_device_type type);

/* Sets `usable` and `unusable_why` by the other fields. */
void mx_device_judge(mx_device_info *info);

/* Every device of every platform, in the drivers' order. Fails with MX_OPENCL when there is no
 * platform or no device; the message names the remedy. Release with mx_device_list_release. */
mx_status mx_device_list_load(mx_device_list *out);
void mx_device_list_release(mx_device_list *list);

/* Picks by `selector`: "" or "auto" takes the best score (GPU, then accelerator, then CPU; then
 * compute units x memory); else an index, "PLATFORM:DEVICE" (indices), "cpu", "gpu", or a part of a
 * device's or platform's name, case ignored. `why` receives one line of `why_bytes`.
 * Fails with MX_USAGE (nothing matches, or several do: all are named) or MX_OPENCL (unusable). */
mx_status mx_device_choose(const mx_device_list *list, const char *selector, size_t *chosen,
                           char *why, size_t why_bytes);

#endif
