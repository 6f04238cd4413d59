#include "ops/gemm.h"

#include <clblast_c.h>

#include "ocl/internal.h"
#include "ops/gemm_tune_internal.h"

/* Below this many multiplications CLBlast's own launches cost more than the product. */
enum { PLAIN_LIMIT = 1 << 18 };

static size_t count_of(const mx_gemm_args *args) {
    return args->batch > 0 ? args->batch : 1;
}

static mx_status plain(mx_device *device, const mx_gemm_args *args, mx_buffer *a, mx_buffer *b,
                       mx_buffer *c) {
    const mx_range range = {.dims = 3,
                            .global = {(size_t)args->n, (size_t)args->m, count_of(args)},
                            .local = {args->n < 16 ? 4 : 16, args->n < 16 ? 16 : 4, 1}};
    return MX_LAUNCH(device, "gemm.cl", "gemm_plain", "", range, *args, a, b, c);
}

static mx_status with_clblast(mx_device *device, const mx_gemm_args *args, mx_buffer *a,
                              mx_buffer *b, mx_buffer *c) {
    const CLBlastTranspose ta = args->ta ? CLBlastTransposeYes : CLBlastTransposeNo,
                           tb = args->tb ? CLBlastTransposeYes : CLBlastTransposeNo;
    const size_t m = (size_t)args->m, n = (size_t)args->n, k = (size_t)args->k;
    MX_TRY(mx_gemm_hold(device));
    const CLBlastStatusCode code =
        args->batch == 0
            ? CLBlastSgemm(CLBlastLayoutRowMajor, ta, tb, m, n, k, args->alpha, a->memory, args->a,
                           args->lda, b->memory, args->b, args->ldb, args->beta, c->memory, args->c,
                           args->ldc, &device->queue, mx_profile_slot(device))
            : CLBlastSgemmStridedBatched(CLBlastLayoutRowMajor, ta, tb, m, n, k, args->alpha,
                                         a->memory, args->a, args->lda, args->a_step, b->memory,
                                         args->b, args->ldb, args->b_step, args->beta, c->memory,
                                         args->c, args->ldc, args->c_step, args->batch,
                                         &device->queue, mx_profile_slot(device));
    if (code == CLBlastSuccess) return MX_OK;
    return mx_fail(code == CLBlastInsufficientMemoryTemp ? MX_MEMORY : MX_OPENCL,
                   "CLBlast's %zu products of %d x %d x %d failed: code %d", count_of(args),
                   args->m, args->n, args->k, (int)code);
}

mx_status mx_gemm(mx_device *device, mx_gemm_variant variant, const mx_gemm_args *args,
                  mx_buffer *a, mx_buffer *b, mx_buffer *c) {
    if (args->m == 0 || args->n == 0) return MX_OK;
    const bool small =
        (size_t)args->m * (size_t)args->n * (size_t)args->k * count_of(args) <= PLAIN_LIMIT;
    const bool own = small || device->without_clblast;
    if (variant == MX_GEMM_PLAIN || (variant == MX_GEMM_AUTO && own))
        return plain(device, args, a, b, c);
    return with_clblast(device, args, a, b, c);
}
