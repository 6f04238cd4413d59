/* Pooling over x[n][h][w][c]; V divides c, and a work-item takes V channels. Build options of max pooling:
 * SIZE and STRIDE. */
#ifndef SIZE
#define SIZE 1
#define STRIDE 1
#endif

/* y[n][c] = the mean over all pixels: work-items (c / V, n). */
__kernel void average_forward(__global const float *x, __global float *y, const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, n = (int)get_global_id(1);
    if (c >= a.c || n >= a.n) return;
    x += a.x + (size_t)n * a.h * a.w * a.c + c;
    vfloat sum = (vfloat)(0.0f);
    for (int i = 0; i < a.h * a.w; i++)
        sum += VLOAD(x + (size_t)i * a.c);
    VSTORE(sum / (float)(a.h * a.w), y + a.y + (size_t)n * a.c + c);
}

/* dx (+)= dy / (h w): work-items (c / V, n). */
__kernel void average_backward(__global const float *dy, __global float *dx, const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, n = (int)get_global_id(1);
    if (c >= a.c || n >= a.n) return;
    const vfloat d = VLOAD(dy + a.dy + (size_t)n * a.c + c) / (float)(a.h * a.w);
    dx += a.dx + (size_t)n * a.h * a.w * a.c + c;
    for (int i = 0; i < a.h * a.w; i++, dx += a.c)
        VSTORE(a.accumulate ? VLOAD(dx) + d : d, dx);
}

/* y = the largest of a SIZE x SIZE window, index = its pixel; of equals, the first in row order, as
 * torch does; NaN wins. Past an edge the edge pixel is looked at once more, which changes nothing.
 * Work-items (c / V, output row, n). */
__kernel void max_forward(__global const float *x, __global float *y, __global int *index,
                          const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, oy = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || oy >= a.oh) return;
    x += a.x + (size_t)n * a.h * a.w * a.c + c;
    y += a.y + ((size_t)n * a.oh + oy) * a.ow * a.c + c;
    index += a.index + ((size_t)n * a.oh + oy) * a.ow * a.c + c;
    for (int ox = 0; ox < a.ow; ox++, y += a.c, index += a.c) {
        vfloat most = (vfloat)(-INFINITY);
        vint at = (vint)(clamp(oy * STRIDE - a.pad, 0, a.h - 1) * a.w + clamp(ox * STRIDE - a.pad, 0, a.w - 1));
#pragma unroll
        for (int r = 0; r < SIZE; r++) {
            const int row = clamp(oy * STRIDE - a.pad + r, 0, a.h - 1) * a.w;
#pragma unroll
            for (int s = 0; s < SIZE; s++) {
                const int pixel = row + clamp(ox * STRIDE - a.pad + s, 0, a.w - 1);
                const vfloat v = VLOAD(x + (size_t)pixel * a.c);
                const vint wins = (v > most) | (v != v);
                most = select(most, v, wins);
                at = select(at, (vint)(pixel), wins);
            }
        }
        VSTORE(most, y);
        VSTORE(at, index);
    }
}

/* The first and the last window that position i (padding counted) lies in; past the last none is. */
static inline int first_window(int i) {
    return max((i - SIZE + STRIDE) / STRIDE, 0);
}

static inline int last_window(int i, int windows) {
    return min(i / STRIDE, windows - 1);
}

/* dx (+)= the dy of the windows that this pixel won: work-items (c / V, row, n). */
__kernel void max_backward(__global const float *dy, __global const int *index, __global float *dx,
                           const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, row = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || row >= a.h) return;
    const int first_y = first_window(row + a.pad), last_y = last_window(row + a.pad, a.oh);
    const size_t image = (size_t)n * a.oh * a.ow * a.c + c;
    dy += a.dy + image;
    index += a.index + image;
    dx += a.dx + ((size_t)n * a.h + row) * a.w * a.c + c;
    for (int column = 0; column < a.w; column++, dx += a.c) {
        const int first_x = first_window(column + a.pad), last_x = last_window(column + a.pad, a.ow);
        const vint pixel = (vint)(row * a.w + column);
        vfloat sum = (vfloat)(0.0f);
        for (int oy = first_y; oy <= last_y; oy++)
            for (int ox = first_x; ox <= last_x; ox++) {
                const size_t out = ((size_t)oy * a.ow + ox) * a.c;
                sum += select((vfloat)(0.0f), VLOAD(dy + out), VLOAD(index + out) == pixel);
            }
        VSTORE(a.accumulate ? VLOAD(dx) + sum : sum, dx);
    }
}
