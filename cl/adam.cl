/* Adam (Kingma and Ba 2015, as torch.optim.Adam computes it), weight decay and the moving average of
 * the weights, in one pass over flat arenas. A work-item takes an element. */
__kernel void adam(__global float *weights, __global const float *gradients, __global float *first,
                   __global float *second, __global float *average, const mx_adam_args a) {
    const size_t i = get_global_id(0);
    if (i >= a.count) return;
    int g = 0;
    while (g < MX_ADAM_GROUPS - 1 && i >= a.end[g])
        g++;
    float w = weights[i];
    if (a.rate[g] > 0.0f) {
        const float d = gradients[i] + (a.coupled ? a.decay[g] * w : 0.0f);
        const float m = a.beta1 * first[i] + (1.0f - a.beta1) * d;
        const float v = a.beta2 * second[i] + (1.0f - a.beta2) * d * d;
        w -= a.rate[g] / a.correction1 * m / (sqrt(v / a.correction2) + a.epsilon);
        if (!a.coupled) w *= 1.0f - a.rate[g] * a.decay[g];
        first[i] = m;
        second[i] = v;
        weights[i] = w;
    }
    average[i] = a.ema * average[i] + (1.0f - a.ema) * w;
}
