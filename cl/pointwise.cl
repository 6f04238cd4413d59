/* y = leaky(a + b) over count elements; a work-item takes V of them. */
__kernel void add(__global const float *a, __global const float *b, __global float *y,
                  const mx_pointwise_args p) {
    const size_t i = get_global_id(0) * V;
    if (i >= p.count) return;
    a += p.a;
    b += p.b;
    y += p.y;
    if (i + V <= p.count) {
        VSTORE(leaky(VLOAD(a + i) + VLOAD(b + i), p.slope), y + i);
        return;
    }
    for (size_t j = i; j < p.count; j++)
        y[j] = a[j] + b[j] > 0.0f ? a[j] + b[j] : p.slope * (a[j] + b[j]);
}

/* x[rows][c] += b[c], V dividing c: work-items (c / V, MX_BIAS_ROWS rows). */
__kernel void bias_add(__global const float *b, __global float *x, const mx_bias_args p) {
    const int c = (int)get_global_id(0) * V, first = (int)get_global_id(1) * MX_BIAS_ROWS;
    if (c >= p.c) return;
    const vfloat add = VLOAD(b + p.b + c);
    x += p.x + (size_t)first * p.c + c;
    for (int row = first; row < min(first + MX_BIAS_ROWS, p.rows); row++, x += p.c)
        VSTORE(VLOAD(x) + add, x);
}

/* b[c] = the sum of column c of x[rows][c], V dividing c, in four interleaved sums, so that additions do
 * not wait for each other: work-items (c / V). */
__kernel void column_sums(__global const float *x, __global float *b, const mx_bias_args p) {
    const int c = (int)get_global_id(0) * V;
    if (c >= p.c) return;
    vfloat sums[4] = {(vfloat)(0.0f), (vfloat)(0.0f), (vfloat)(0.0f), (vfloat)(0.0f)};
    x += p.x + c;
    int row = 0;
    for (; row + 3 < p.rows; row += 4)
#pragma unroll
        for (int i = 0; i < 4; i++)
            sums[i] += VLOAD(x + (size_t)(row + i) * p.c);
    for (; row < p.rows; row++)
        sums[0] += VLOAD(x + (size_t)row * p.c);
    VSTORE((sums[0] + sums[1]) + (sums[2] + sums[3]), b + p.b + c);
}
