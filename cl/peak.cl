/* What a device can do at most, for `mixcl benchmark`: a kernel that only moves, and one that only
 * calculates. Work-items take V elements. */
__kernel void peak_copy(__global const float *x, __global float *y, const mx_peak_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    const int left = (int)min(a.count - i, (size_t)V);
    store_part(load_part(x + a.x + i, left), y + a.y + i, left, 0);
}

/* y = the sum of MX_PEAK_CHAINS chains of `rounds` multiply-adds; chain j begins with x + j. Chains
 * do not wait for each other. */
__kernel void peak_fma(__global const float *x, __global float *y, const mx_peak_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    const int left = (int)min(a.count - i, (size_t)V);
    const vfloat scale = (vfloat)(a.scale), shift = (vfloat)(a.shift);
    vfloat chains[MX_PEAK_CHAINS], sum = (vfloat)(0.0f);
    x += a.x + i;
    y += a.y + i;
#pragma unroll
    for (int j = 0; j < MX_PEAK_CHAINS; j++)
        chains[j] = load_part(x, left) + (float)j;
    for (int round = 0; round < a.rounds; round++) {
#pragma unroll
        for (int j = 0; j < MX_PEAK_CHAINS; j++)
            chains[j] = fma(chains[j], scale, shift);
    }
#pragma unroll
    for (int j = 0; j < MX_PEAK_CHAINS; j++)
        sum += chains[j];
    store_part(sum, y, left, 0);
}
