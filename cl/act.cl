/* Leaky ReLU (slope 0: ReLU) over count elements; a work-item takes V of them. */
__kernel void act_forward(__global const float *x, __global float *y, const mx_act_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    x += a.x;
    y += a.y;
    if (i + V <= a.count) {
        VSTORE(leaky(VLOAD(x + i), a.slope), y + i);
        return;
    }
    for (size_t j = i; j < a.count; j++)
        y[j] = x[j] > 0.0f ? x[j] : a.slope * x[j];
}

/* dx (+)= dy where x > 0, slope dy elsewhere. */
__kernel void act_backward(__global const float *x, __global const float *dy, __global float *dx,
                           const mx_act_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    x += a.x;
    dy += a.dy;
    dx += a.dx;
    if (i + V <= a.count) {
        const vfloat d = VLOAD(dy + i) * leaky_gradient(VLOAD(x + i), a.slope);
        VSTORE(a.accumulate ? VLOAD(dx + i) + d : d, dx + i);
        return;
    }
    for (size_t j = i; j < a.count; j++) {
        const float d = x[j] > 0.0f ? dy[j] : a.slope * dy[j];
        dx[j] = a.accumulate ? dx[j] + d : d;
    }
}
