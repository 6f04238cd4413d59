/* CLBlast's parameters for this device: CLBlast knows some devices and guesses for the others; on
 * those a short search pays. The winner is kept in $MIXCL_CACHE_DIR/clblast-HASH.json, one file for
 * each platform, device and driver, named in its header. */
#ifndef MX_OPS_GEMM_TUNE_H
#define MX_OPS_GEMM_TUNE_H

#include "ops/gemm.h"

enum { MX_GEMM_PARAMS = 16 };

/* Values of CLBlast's Xgemm kernel, in the order of mx_gemm_param_names. */
typedef struct mx_gemm_params {
    size_t v[MX_GEMM_PARAMS];
} mx_gemm_params;

extern const char *const mx_gemm_param_names[MX_GEMM_PARAMS];

typedef struct mx_gemm_tuned {
    int tried, refused; /* candidates; of them, those that did not build, run or agree */
    double own_ms,
        best_ms; /* of the three products that are timed, with CLBlast's own and the best */
    double own_gflops, best_gflops;
    bool changed; /* `best` is faster than CLBlast's own, and was stored */
    mx_gemm_params best;
} mx_gemm_tuned;

/* Times CLBlast's own parameters and every candidate on the products of a convolution's three
 * directions, lets only those compete whose answers agree with the plain kernel, and stores the
 * winner if it is at least 5 % faster. Costs seconds a candidate, for their kernels. The device's
 * last candidate stays in force: open it anew afterwards. Fails with MX_OPENCL, MX_MEMORY or
 * MX_WRITE. */
mx_status mx_gemm_tune(mx_device *device, mx_gemm_tuned *result);

/* Puts this device's stored parameters into force, if there are any and CLBlast answers right with
 * them; otherwise warns, and CLBlast is not used for this device any more. Fails with MX_MEMORY or
 * MX_OPENCL. */
mx_status mx_gemm_tuning_load(mx_device *device);

#endif
