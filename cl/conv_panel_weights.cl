/* Gradient by the weights of a 1x1 convolution without padding, for CPUs: dw[c][k] = sum over pixels of
 * x[pixel][c] dy[pixel][k]. A work-group of one takes group_c channels and a chunk of the pixels, `unit`
 * pixels at a time: it copies x into panels[c / CB][pixel][CB] and a column of dy into [pixel][KB V], both
 * in local memory, so that the register tiles of CB x KB V read side by side what lies far apart. CB divides
 * c, KB V divides k. Chunks add up in a fixed order afterwards (conv_weights_sum).
 * Work-items: (group of channels, chunk of pixels). */
#define BLOCK (KB * V)

/* to[tile][pixel][CB] of `count` pixels from `first` on, channels c0 .. c1 - 1. */
static inline void pack_x(__global const float *restrict x, __local float *restrict to,
                          const mx_panel_args a, int first, int count, int c0, int c1) {
    const int plane = a.oh * a.ow;
    int n = first / plane, i = first % plane / a.ow, j = first % a.ow;
    for (int p = 0; p < count; p++) {
        __global const float *from = x + (size_t)n * a.in_image + (size_t)i * a.in_row + (size_t)j * a.in_column;
        for (int c = c0; c < c1; c += CB)
#pragma unroll
            for (int lane = 0; lane < CB; lane++)
                to[(size_t)((c - c0) / CB * a.unit + p) * CB + lane] = from[c + lane];
        if (++j == a.ow) {
            j = 0;
            if (++i == a.oh) {
                i = 0;
                n++;
            }
        }
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_panel_weights(__global const float *restrict x, __global const float *restrict dy,
                   __global float *restrict partial, __local float *restrict panels, const mx_panel_args a) {
    const int c0 = (int)get_global_id(0) * a.group_c, c1 = min(c0 + a.group_c, a.c);
    const int chunk = (int)get_global_id(1), pixels = a.n * a.oh * a.ow;
    const int begin = (int)((long)pixels * chunk / a.chunks), end = (int)((long)pixels * (chunk + 1) / a.chunks);
    __local float *column = panels + (size_t)a.group_c * a.unit;
    x += a.x;
    dy += a.y;
    partial += a.partial + (size_t)chunk * a.c * a.k;
    for (int first = begin; first < end; first += a.unit) {
        const int count = min(a.unit, end - first);
        pack_x(x, panels, a, first, count, c0, c1);
        for (int k = 0; k < a.k; k += BLOCK) {
            for (int p = 0; p < count; p++)
#pragma unroll
                for (int b = 0; b < KB; b++)
                    VSTORE(VLOAD(dy + (size_t)(first + p) * a.k + k + b * V), column + p * BLOCK + b * V);
            for (int c = c0; c < c1; c += CB) {
                __local const float *from = panels + (size_t)(c - c0) * a.unit;
                vfloat acc[CB][KB];
#pragma unroll
                for (int i = 0; i < CB; i++)
#pragma unroll
                    for (int b = 0; b < KB; b++)
                        acc[i][b] = (vfloat)(0.0f);
                add_outer(from, CB, column, BLOCK, count, acc);
#pragma unroll
                for (int i = 0; i < CB; i++)
#pragma unroll
                    for (int b = 0; b < KB; b++) {
                        __global float *at = partial + (size_t)(c + i) * a.k + k + b * V;
                        VSTORE(first == begin ? acc[i][b] : VLOAD(at) + acc[i][b], at);
                    }
            }
        }
    }
}
