/* Simulated devices: what GPUs of a class have, imposed on whatever device is there, so that code
 * that would break on such a GPU breaks here. What is asked through ocl/ is held to it, and CLBlast
 * gets parameters that fit (ops/gemm_limits.c); work-groups that a driver chooses are not seen. */
#ifndef MX_OCL_LIMITS_H
#define MX_OCL_LIMITS_H

#include "ocl/device.h"

/* X(enumerator, word): the values of device.limits, in the order of limits.c. */
#define MX_LIMITS(X)                                                                               \
    X(MX_LIMITS_NONE, "none")                                                                      \
    X(MX_LIMITS_GPU_TINY, "gpu-tiny")                                                              \
    X(MX_LIMITS_GPU_SMALL, "gpu-small") X(MX_LIMITS_GPU_LARGE, "gpu-large")

#define MX_LIMITS_ENUM(id, word) id,
typedef enum mx_limits { MX_LIMITS(MX_LIMITS_ENUM) MX_LIMITS_COUNT } mx_limits;
#undef MX_LIMITS_ENUM

/* "none", "gpu-small" ... */
const char *mx_limits_name(mx_limits limits);
/* The limits of that name. Fails with MX_USAGE, naming those there are. */
mx_status mx_limits_find(const char *name, mx_limits *out);

/* Makes `info` that of a GPU of the class with at most what the device itself has, and says so at
 * the end of its name, "NAME as gpu-small", by which caches and run.json tell it from the device
 * itself. MX_LIMITS_NONE leaves everything. */
void mx_limits_impose(mx_device_info *info, mx_limits limits);

/* Whether a launch keeps to what `info` allows; `kernel_local` is the local memory that the kernel
 * declares itself. Real drivers say less about it, or crash. Fails with MX_OPENCL. */
mx_status mx_limits_check_launch(const mx_device_info *info, const mx_range *range,
                                 size_t kernel_local);
/* Whether `bytes` more may be allocated with `allocated` there. All of a real device's memory is
 * the driver's to refuse, that of a simulated one not. Fails with MX_MEMORY. */
mx_status mx_limits_check_allocation(const mx_device_info *info, size_t allocated, size_t bytes);

#endif
