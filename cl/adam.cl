/* Adam (Kingma and Ba 2015, as torch.optim.Adam computes it), weight decay and the moving average of
 * the weights, in one pass over flat arenas. A work-item takes V elements; groups begin at multiples of V,
 * and so does the end of the arenas. */
__kernel void adam(__global float *weights, __global const float *gradients, __global float *first,
                   __global float *second, __global float *average, const mx_adam_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    int g = 0;
    while (g < MX_ADAM_GROUPS - 1 && i >= a.end[g])
        g++;
    vfloat w = VLOAD(weights + i);
    if (a.rate[g] > 0.0f) {
        const vfloat d = VLOAD(gradients + i) + (a.coupled ? a.decay[g] : 0.0f) * w;
        const vfloat m = a.beta1 * VLOAD(first + i) + (1.0f - a.beta1) * d;
        const vfloat v = a.beta2 * VLOAD(second + i) + (1.0f - a.beta2) * d * d;
        w -= a.rate[g] / a.correction1 * m / (sqrt(v / a.correction2) + a.epsilon);
        if (!a.coupled) w *= 1.0f - a.rate[g] * a.decay[g];
        VSTORE(m, first + i);
        VSTORE(v, second + i);
        VSTORE(w, weights + i);
    }
    /* In this form an average that has reached its weight stays there. */
    const vfloat mean = VLOAD(average + i);
    VSTORE(mean + (1.0f - a.ema) * (w - mean), average + i);
}
