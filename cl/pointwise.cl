/* y = a + b over count elements; a work-item takes V of them. */
__kernel void add(__global const float *a, __global const float *b, __global float *y,
                  const mx_pointwise_args p) {
    const size_t i = get_global_id(0) * V;
    if (i >= p.count) return;
    a += p.a;
    b += p.b;
    y += p.y;
    if (i + V <= p.count) {
        VSTORE(VLOAD(a + i) + VLOAD(b + i), y + i);
        return;
    }
    for (size_t j = i; j < p.count; j++)
        y[j] = a[j] + b[j];
}

/* y[rows][c] += b[c]: work-items (c, rows). */
__kernel void bias_add(__global const float *b, __global float *x, const mx_bias_args p) {
    const int c = (int)get_global_id(0), row = (int)get_global_id(1);
    if (c >= p.c || row >= p.rows) return;
    x[p.x + (size_t)row * p.c + c] += b[p.b + c];
}

/* b[c] = the sum of column c of x[rows][c], in the order of the rows. */
__kernel void column_sums(__global const float *x, __global float *b, const mx_bias_args p) {
    const int c = (int)get_global_id(0);
    if (c >= p.c) return;
    float sum = 0.0f;
    for (int row = 0; row < p.rows; row++)
        sum += x[p.x + (size_t)row * p.c + c];
    b[p.b + c] = sum;
}
