/* Mixup (Zhang et al. 2018) as MixMatch uses it: lambda' = max(lambda, 1 - lambda). */

/* lambda[i]: a work-item each. */
__kernel void mixup_lambda(__global float *lambda, const mx_lambda_args a) {
    const int i = (int)get_global_id(0);
    if (i >= a.count) return;
    const float l = mx_beta(a.alpha, a.per_batch ? 0u : (mx_u32)i, a.step, a.seed0, a.seed1);
    lambda[a.lambda + i] = fmax(l, 1.0f - l);
}

/* y[i] = l x[pair[i]] + (1 - l) x[pair[count + i]]: work-items (element / V, row). */
__kernel void mixup(__global const float *x, __global const int *pair, __global const float *lambda,
                    __global float *y, const mx_mixup_args a) {
    const int j = (int)get_global_id(0) * V, i = (int)get_global_id(1);
    if (j >= a.width || i >= a.count) return;
    const int own = pair[a.pair + i], other = pair[a.pair + a.count + i];
    const float l = lambda[a.lambda + own];
    __global const float *p = x + a.x + (size_t)own * a.width, *q = x + a.x + (size_t)other * a.width;
    y += a.y + (size_t)i * a.width;
    if (j + V <= a.width) {
        VSTORE(l * VLOAD(p + j) + (1.0f - l) * VLOAD(q + j), y + j);
        return;
    }
    for (int e = j; e < a.width; e++)
        y[e] = l * p[e] + (1.0f - l) * q[e];
}
