#include "ops/gemm.h"

#include <clblast_c.h>

#include "ocl/internal.h"
#include "ops/pointwise.h"

/* Below this many multiplications CLBlast's own launches cost more than the product. */
enum { PLAIN_LIMIT = 1 << 18 };

static mx_status plain(mx_device *device, const mx_gemm_args *args, mx_buffer *a, mx_buffer *b, mx_buffer *c) {
    const mx_range range = {.dims = 2,
                            .global = {(size_t)args->n, (size_t)args->m, 1},
                            .local = {args->n < 16 ? 4 : 16, args->n < 16 ? 16 : 4, 1}};
    return MX_LAUNCH(device, "gemm.cl", "gemm_plain", "", range, *args, a, b, c);
}

static mx_status with_clblast(mx_device *device, const mx_gemm_args *args, mx_buffer *a, mx_buffer *b,
                              mx_buffer *c) {
    if (device->dry) return MX_OK;
    const CLBlastStatusCode code = CLBlastSgemm(
        CLBlastLayoutRowMajor, args->ta ? CLBlastTransposeYes : CLBlastTransposeNo,
        args->tb ? CLBlastTransposeYes : CLBlastTransposeNo, (size_t)args->m, (size_t)args->n, (size_t)args->k,
        args->alpha, a->memory, args->a, args->lda, b->memory, args->b, args->ldb, args->beta, c->memory, args->c,
        args->ldc, &device->queue, mx_profile_slot(device));
    if (code == CLBlastSuccess) return MX_OK;
    return mx_fail(code == CLBlastInsufficientMemoryTemp ? MX_MEMORY : MX_OPENCL,
                   "CLBlastSgemm of %d x %d x %d failed: code %d", args->m, args->n, args->k, (int)code);
}

mx_status mx_gemm(mx_device *device, mx_gemm_variant variant, const mx_gemm_args *args, mx_buffer *a,
                  mx_buffer *b, mx_buffer *c) {
    if (args->m == 0 || args->n == 0) return MX_OK;
    const bool small = (size_t)args->m * (size_t)args->n * (size_t)args->k <= PLAIN_LIMIT;
    if (variant == MX_GEMM_PLAIN || (variant == MX_GEMM_AUTO && small)) return plain(device, args, a, b, c);
    return with_clblast(device, args, a, b, c);
}

static double product_flops(mx_tensor x, mx_tensor w) {
    return 2.0 * (double)mx_tensor_rows(x) * (double)mx_tensor_count(w);
}

mx_status mx_linear_forward(mx_device *device, mx_tensor x, mx_tensor w, mx_tensor bias, mx_tensor y) {
    const mx_gemm_args args = {.m = x.n, .n = w.c, .k = w.n, .a = x.offset, .lda = (mx_u32)w.n, .b = w.offset,
                               .ldb = (mx_u32)w.c, .c = y.offset, .ldc = (mx_u32)w.c, .alpha = 1.0f};
    mx_profile_op(device, product_flops(x, w), "linear_forward");
    MX_TRY(mx_gemm(device, MX_GEMM_AUTO, &args, x.buffer, w.buffer, y.buffer));
    return bias.buffer ? mx_bias_add(device, bias, y) : MX_OK;
}

mx_status mx_linear_backward_data(mx_device *device, mx_tensor dy, mx_tensor w, mx_tensor dx, bool accumulate) {
    const mx_gemm_args args = {.m = dy.n, .n = w.n, .k = w.c, .tb = 1, .a = dy.offset, .lda = (mx_u32)w.c,
                               .b = w.offset, .ldb = (mx_u32)w.c, .c = dx.offset, .ldc = (mx_u32)w.n,
                               .alpha = 1.0f, .beta = accumulate ? 1.0f : 0.0f};
    mx_profile_op(device, product_flops(dy, w), "linear_backward_data");
    return mx_gemm(device, MX_GEMM_AUTO, &args, dy.buffer, w.buffer, dx.buffer);
}

mx_status mx_linear_backward_weights(mx_device *device, mx_tensor x, mx_tensor dy, mx_tensor dw,
                                     mx_tensor dbias) {
    const mx_gemm_args args = {.m = dw.n, .n = dw.c, .k = x.n, .ta = 1, .a = x.offset, .lda = (mx_u32)dw.n,
                               .b = dy.offset, .ldb = (mx_u32)dw.c, .c = dw.offset, .ldc = (mx_u32)dw.c,
                               .alpha = 1.0f};
    mx_profile_op(device, product_flops(x, dw), "linear_backward_weights");
    MX_TRY(mx_gemm(device, MX_GEMM_AUTO, &args, x.buffer, dy.buffer, dw.buffer));
    return dbias.buffer ? mx_column_sums(device, dy, dbias) : MX_OK;
}
