/* The stored parameters of CLBlast. */
#ifndef MX_OPS_GEMM_TUNE_INTERNAL_H
#define MX_OPS_GEMM_TUNE_INTERNAL_H

#include "ops/gemm_tune.h"

/* Places in mx_gemm_params: the tile that a work-group computes and what of it lies in local
 * memory, and the work-group. */
enum {
    MX_GEMM_KWG = 2,
    MX_GEMM_MDIMC = 5,
    MX_GEMM_MWG = 6,
    MX_GEMM_NDIMC = 8,
    MX_GEMM_NWG = 9,
    MX_GEMM_SA = 10,
    MX_GEMM_SB = 11
};

/* The candidate that asks least of a GPU: 64 work-items and 4 KiB of local memory. */
extern const mx_gemm_params mx_gemm_least;

/* Whether a device of `info` can launch CLBlast's Xgemm so. Fails with MX_OPENCL. */
mx_status mx_gemm_check(const mx_device_info *info, const mx_gemm_params *params);
/* Has CLBlast keep to the smallest class of devices where `device` is simulated: it asks the driver
 * what the device can do. That holds for every use of the driver's device in this process. */
mx_status mx_gemm_hold(mx_device *device);

/* Makes CLBlast use these values of the kernel's parameters on the device. */
mx_status mx_gemm_override_kernel(mx_device *device, const char *kernel, size_t count,
                                  const char *const *names, const size_t *values);
/* Makes CLBlast use `params` on the device. Fails with MX_OPENCL, also where mx_gemm_check does. */
mx_status mx_gemm_override(mx_device *device, const mx_gemm_params *params);

/* The device's stored parameters; false where there are none, or the file is damaged or another's.
 */
bool mx_gemm_cache_load(mx_device *device, mx_gemm_params *out);
/* Stores them; NULL: that CLBlast's own are best. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_gemm_cache_store(mx_device *device, const mx_gemm_params *params);

#endif
