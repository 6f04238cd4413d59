/* Adam (Kingma and Ba 2015, as torch.optim.Adam computes it), weight decay and the moving average of
 * the weights, in one pass over `count` elements of flat arenas from `first` on. A work-item takes V elements; `first`,
 * `count`, groups and the gradient's place are multiples of V. Work-items that find a fault all write the same. */
__kernel void adam(__global float *weights, __global const float *gradients, __global float *first,
                   __global float *second, __global float *average, __global float *health,
                   const mx_adam_args a) {
    const size_t at = get_global_id(0) * V, i = a.first + at;
    __global float *losses = health + a.health, *faults = losses + 2;
    if (at >= a.count) return;
    if (faults[!a.odd] != 0.0f || !isfinite(losses[0]) || !isfinite(losses[1])) {
        faults[a.odd] = 1.0f;
        return;
    }
    /* Indices that are known when it is compiled: others would move the arguments to memory. */
    float rate = a.rate[0], decay = a.decay[0];
#pragma unroll
    for (int g = 1; g < MX_ADAM_GROUPS; g++) {
        rate = i >= a.end[g - 1] ? a.rate[g] : rate;
        decay = i >= a.end[g - 1] ? a.decay[g] : decay;
    }
    vfloat w = VLOAD(weights + i);
    if (rate > 0.0f) {
        const vfloat d = VLOAD(gradients + a.gradient + at) + (a.coupled ? decay : 0.0f) * w;
        const vfloat m0 = VLOAD(first + i), v0 = VLOAD(second + i), w0 = w;
        const vfloat m = a.beta1 * m0 + (1.0f - a.beta1) * d;
        const vfloat v = a.beta2 * v0 + (1.0f - a.beta2) * d * d;
        w -= rate / a.correction1 * m / (sqrt(v / a.correction2) + a.epsilon);
        if (!a.coupled) w *= 1.0f - rate * decay;
        const vint broken = !isfinite(w) || !isfinite(v);
        if (ANY(broken)) faults[a.odd] = 1.0f;
        w = select(w, w0, broken);
        VSTORE(select(m, m0, broken), first + i);
        VSTORE(select(v, v0, broken), second + i);
        VSTORE(w, weights + i);
    }
    /* In this form an average that has reached its weight stays there. */
    const vfloat mean = VLOAD(average + i);
    VSTORE(mean + (1.0f - a.ema) * (w - mean), average + i);
}
