/* Matrix product C = alpha op(A) op(B) + beta C, row-major, float32; matches cblas_sgemm. */
#ifndef MX_OPS_GEMM_H
#define MX_OPS_GEMM_H

#include "ops/tensor.h"

typedef enum mx_gemm_variant {
    MX_GEMM_AUTO,   /* plain for small products, else CLBlast */
    MX_GEMM_PLAIN,  /* our own kernel */
    MX_GEMM_CLBLAST /* CLBlastSgemm */
} mx_gemm_variant;

/* One product, or args->batch of them. op(A) is m x k, op(B) k x n, C m x n; `args` also has the
 * offsets and leading dimensions, in elements. Fails with MX_OPENCL. */
mx_status mx_gemm(mx_device *device, mx_gemm_variant variant, const mx_gemm_args *args,
                  mx_buffer *a, mx_buffer *b, mx_buffer *c);

#endif
