/* Gradient by the weights for CPUs: a register tile of CB input channels by KB vectors of V outputs for
 * one tap, summed over the pixels that the tap meets; one work-item to a work-group. CB divides c, KB V
 * divides k. Chunks of images add up in a fixed order afterwards, so equal inputs give equal bits.
 * Work-items: (group of channels, chunk of images). */

/* First and last + 1 of the outputs whose tap (at offset `shift`) lies in 0 .. size - 1. */
static inline int first_output(int shift, int step) {
    return shift >= 0 ? 0 : (-shift + step - 1) / step;
}

static inline int end_output(int shift, int step, int size, int outputs) {
    const int most = size - 1 - shift;
    return most < 0 ? 0 : min(outputs, most / step + 1);
}

/* One tile: sums of x[.][CB] dy[.][KB V] over images n0 .. n1 and output rows i0 .. i1. */
static inline void weights_tile(__global const float *restrict x, __global const float *restrict dy,
                                __global float *restrict to, const mx_weights_args a, int n0, int n1, int i0,
                                int i1, int j0, int j1, bool first) {
    vfloat acc[CB][KB];
#pragma unroll
    for (int c = 0; c < CB; c++)
#pragma unroll
        for (int k = 0; k < KB; k++)
            acc[c][k] = (vfloat)(0.0f);
    for (int n = n0; n < n1; n++)
        for (int i = i0; i < i1; i++) {
            __global const float *p = x + (long)n * a.in_image + (long)i * a.step * a.in_row +
                                      (long)j0 * a.step * a.in_column;
            __global const float *q = dy + (((size_t)n * a.oh + i) * a.ow + j0) * a.k;
            add_outer(p, a.step * a.in_column, q, a.k, j1 - j0, acc);
        }
#pragma unroll
    for (int c = 0; c < CB; c++)
#pragma unroll
        for (int k = 0; k < KB; k++) {
            __global float *at = to + (size_t)c * a.k + k * V;
            VSTORE(first ? acc[c][k] : VLOAD(at) + acc[c][k], at);
        }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct_weights(__global const float *restrict x, __global const float *restrict dy,
                    __global float *restrict partial, const mx_weights_args a) {
    const int c0 = (int)get_global_id(0) * a.group_c, c1 = min(c0 + a.group_c, a.c);
    const int chunk = (int)get_global_id(1);
    const int begin = (int)((long)a.n * chunk / a.chunks), end = (int)((long)a.n * (chunk + 1) / a.chunks);
    x += a.x;
    dy += a.y;
    partial += a.partial + (size_t)chunk * a.taps_r * a.taps_s * a.c * a.k;
    for (int n = begin; n < end; n += a.images)
        for (int i = 0; i < a.oh; i += a.band)
            for (int k = 0; k < a.k; k += KB * V)
                for (int tap = 0; tap < a.taps_r * a.taps_s; tap++) {
                    const int row = tap / a.taps_s + a.row0, column = tap % a.taps_s + a.column0;
                    const int i0 = max(i, first_output(row, a.step));
                    const int i1 = min(i + a.band, end_output(row, a.step, a.in_h, a.oh));
                    const int j0 = first_output(column, a.step), j1 = end_output(column, a.step, a.in_w, a.ow);
                    __global const float *from = x + (long)row * a.in_row + (long)column * a.in_column;
                    __global float *to = partial + (size_t)tap * a.c * a.k + k;
                    for (int c = c0; c < c1; c += CB)
                        weights_tile(from + c, dy + k, to + (size_t)c * a.k, a, n, min(n + a.images, end), i0, i1,
                                     j0, j1, n == begin && i == 0);
                }
}

/* Work-items: (element / V). */
__kernel void conv_weights_sum(__global const float *partial, __global float *weight,
                               const mx_weights_sum_args a) {
    const size_t i = get_global_id(0) * V;
    if (i >= a.count) return;
    partial += a.partial + i;
    weight += a.weight + i;
    if (i + V > a.count) {
        for (size_t j = 0; i + j < a.count; j++) {
            float sum = 0.0f;
            for (int chunk = 0; chunk < a.chunks; chunk++)
                sum += partial[(size_t)chunk * a.count + j];
            weight[j] = sum;
        }
        return;
    }
    vfloat sum = (vfloat)(0.0f);
    for (int chunk = 0; chunk < a.chunks; chunk++)
        sum += VLOAD(partial + (size_t)chunk * a.count);
    VSTORE(sum, weight);
}
