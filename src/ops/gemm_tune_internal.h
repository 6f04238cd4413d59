/* The stored parameters of CLBlast. */
#ifndef MX_OPS_GEMM_TUNE_INTERNAL_H
#define MX_OPS_GEMM_TUNE_INTERNAL_H

#include "ops/gemm_tune.h"

/* Makes CLBlast use `params` on the device. */
mx_status mx_gemm_override(mx_device *device, const mx_gemm_params *params);

/* The device's stored parameters; false where there are none, or the file is damaged or another's.
 */
bool mx_gemm_cache_load(mx_device *device, mx_gemm_params *out);
/* Stores them; NULL: that CLBlast's own are best. Fails with MX_WRITE or MX_MEMORY. */
mx_status mx_gemm_cache_store(mx_device *device, const mx_gemm_params *params);

#endif
