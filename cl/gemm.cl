/* Plain matrix product, one work-item to an element of a C: what CLBlast's answers are held against,
 * and the quicker choice for small products. */
__kernel void gemm_plain(__global const float *a, __global const float *b, __global float *c,
                         const mx_gemm_args g) {
    const int j = (int)get_global_id(0), i = (int)get_global_id(1);
    if (i >= g.m || j >= g.n) return;
    const size_t a_step = g.ta ? g.lda : 1, b_step = g.tb ? 1 : g.ldb;
    const size_t product = get_global_id(2);
    a += g.a + product * g.a_step + (g.ta ? (size_t)i : (size_t)i * g.lda);
    b += g.b + product * g.b_step + (g.tb ? (size_t)j * g.ldb : (size_t)j);
    float sum = 0.0f;
    for (int l = 0; l < g.k; l++)
        sum = fma(a[l * a_step], b[l * b_step], sum);
    c += g.c + product * g.c_step + (size_t)i * g.ldc + j;
    *c = g.alpha * sum + (g.beta != 0.0f ? g.beta * *c : 0.0f);
}
