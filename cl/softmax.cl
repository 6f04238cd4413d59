/* Softmax and its logarithm over the rows of x[rows][c]; a work-item takes a row. The largest logit is
 * subtracted first, so nothing overflows. */
static float row_max(__global const float *x, int c) {
    float most = x[0];
    for (int j = 1; j < c; j++)
        most = fmax(most, x[j]);
    return most;
}

static float row_exp_sum(__global const float *x, int c, float most) {
    float sum = 0.0f;
    for (int j = 0; j < c; j++)
        sum += exp(x[j] - most);
    return sum;
}

__kernel void softmax(__global const float *x, __global float *y, const mx_softmax_args a) {
    const int row = (int)get_global_id(0);
    if (row >= a.rows) return;
    x += a.x + (size_t)row * a.c;
    y += a.y + (size_t)row * a.c;
    const float most = row_max(x, a.c), sum = row_exp_sum(x, a.c, most);
    for (int j = 0; j < a.c; j++)
        y[j] = exp(x[j] - most) / sum;
}

__kernel void log_softmax(__global const float *x, __global float *y, const mx_softmax_args a) {
    const int row = (int)get_global_id(0);
    if (row >= a.rows) return;
    x += a.x + (size_t)row * a.c;
    y += a.y + (size_t)row * a.c;
    const float most = row_max(x, a.c), log_sum = log(row_exp_sum(x, a.c, most));
    for (int j = 0; j < a.c; j++)
        y[j] = x[j] - most - log_sum;
}
