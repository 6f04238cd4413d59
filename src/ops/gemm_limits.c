/* What CLBlast launches by itself, held to the limits of simulated devices. */
#include "ocl/internal.h"
#include "ocl/limits.h"
#include "ops/gemm_tune_internal.h"

enum { MOST_PARAMS = 10 };

/* CLBlast's kernels around Xgemm, and parameters of each that the smallest class allows: 64
 * work-items, at most 4 KiB of local memory. */
static const struct {
    const char *kernel;
    size_t count;
    const char *names[MOST_PARAMS];
    size_t values[MOST_PARAMS];
} around[] = {
    {"XgemmDirect",
     10,
     {"KWID", "MDIMAD", "MDIMCD", "NDIMBD", "NDIMCD", "PADA", "PADB", "VWMD", "VWND", "WGD"},
     {2, 8, 8, 8, 8, 1, 1, 1, 1, 16}},
    {"Copy", 4, {"COPY_DIMX", "COPY_DIMY", "COPY_VW", "COPY_WPT"}, {8, 8, 2, 1}},
    {"Pad", 4, {"PAD_DIMX", "PAD_DIMY", "PAD_WPTX", "PAD_WPTY"}, {8, 8, 1, 1}},
    {"Transpose", 4, {"TRA_DIM", "TRA_PAD", "TRA_SHUFFLE", "TRA_WPT"}, {8, 0, 0, 2}},
    {"Padtranspose", 3, {"PADTRA_PAD", "PADTRA_TILE", "PADTRA_WPT"}, {1, 8, 1}},
};

mx_status mx_gemm_check(const mx_device_info *info, const mx_gemm_params *params) {
    const size_t *v = params->v;
    const size_t floats = v[MX_GEMM_SA] * v[MX_GEMM_KWG] * v[MX_GEMM_MWG] +
                          v[MX_GEMM_SB] * v[MX_GEMM_KWG] * v[MX_GEMM_NWG];
    const mx_range range = {.dims = 2, .local = {v[MX_GEMM_MDIMC], v[MX_GEMM_NDIMC], 1}};
    return mx_context(mx_limits_check_launch(info, &range, floats * sizeof(float)),
                      "CLBlast's Xgemm");
}

mx_status mx_gemm_hold(mx_device *device) {
    if (!device->info.simulated || device->clblast_held) return MX_OK;
    device->clblast_held = true;
    for (size_t i = 0; i < sizeof around / sizeof *around; i++)
        MX_TRY(mx_gemm_override_kernel(device, around[i].kernel, around[i].count, around[i].names,
                                       around[i].values));
    return mx_gemm_override_kernel(device, "Xgemm", MX_GEMM_PARAMS, mx_gemm_param_names,
                                   mx_gemm_least.v);
}
