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
 * Work-items (some of c / V, output row, n). */
__kernel void max_forward(__global const float *x, __global float *y, __global int *index,
                          const mx_pool_args a) {
    const int first = (int)get_global_id(0) * V, oy = (int)get_global_id(1), n = (int)get_global_id(2);
    if (oy >= a.oh) return;
    x += a.x + (size_t)n * a.h * a.w * a.c;
    y += a.y + ((size_t)n * a.oh + oy) * a.ow * a.c;
    index += a.index + ((size_t)n * a.oh + oy) * a.ow * a.c;
    for (int ox = 0; ox < a.ow; ox++, y += a.c, index += a.c) {
        int pixels[SIZE * SIZE];
#pragma unroll
        for (int i = 0; i < SIZE * SIZE; i++)
            pixels[i] = clamp(oy * STRIDE - a.pad + i / SIZE, 0, a.h - 1) * a.w +
                        clamp(ox * STRIDE - a.pad + i % SIZE, 0, a.w - 1);
        for (int c = first; c < a.c; c += (int)get_global_size(0) * V) {
            vint at = (vint)(pixels[0]);
            vfloat most = VLOAD(x + (size_t)pixels[0] * a.c + c);
#pragma unroll
            for (int i = 1; i < SIZE * SIZE; i++) {
                const vfloat v = VLOAD(x + (size_t)pixels[i] * a.c + c);
                const vint wins = (v > most) | (v != v);
                most = select(most, v, wins);
                at = select(at, (vint)(pixels[i]), wins);
            }
            VSTORE(most, y + c);
            VSTORE(at, index + c);
        }
    }
}

enum { COVER = (SIZE + STRIDE - 1) / STRIDE }; /* windows that a pixel may lie in, each way */

/* The last window that position i (padding counted) lies in; the others are the COVER - 1 before it. */
static inline int last_window(int i, int windows) {
    return min(i / STRIDE, windows - 1);
}

/* dx (+)= the dy of the windows that this pixel won, each of COVER x COVER looked at: work-items (some of
 * c / V, row, n). */
__kernel void max_backward(__global const float *dy, __global const int *index, __global float *dx,
                           const mx_pool_args a) {
    const int first = (int)get_global_id(0) * V, row = (int)get_global_id(1), n = (int)get_global_id(2);
    if (row >= a.h) return;
    const int last_y = last_window(row + a.pad, a.oh);
    const size_t image = (size_t)n * a.oh * a.ow * a.c;
    dy += a.dy + image;
    index += a.index + image;
    dx += a.dx + ((size_t)n * a.h + row) * a.w * a.c;
    for (int column = 0; column < a.w; column++, dx += a.c) {
        const int last_x = last_window(column + a.pad, a.ow);
        int outs[COVER * COVER], wanted[COVER * COVER];
#pragma unroll
        for (int i = 0; i < COVER * COVER; i++) {
            const int oy = last_y - (COVER - 1) + i / COVER, ox = last_x - (COVER - 1) + i % COVER;
            outs[i] = max(oy, 0) * a.ow + max(ox, 0);
            wanted[i] = oy >= 0 && ox >= 0 ? row * a.w + column : -1;
        }
        for (int c = first; c < a.c; c += (int)get_global_size(0) * V) {
            vfloat sum = (vfloat)(0.0f);
#pragma unroll
            for (int i = 0; i < COVER * COVER; i++) {
                const size_t out = (size_t)outs[i] * a.c + c;
                sum += select((vfloat)(0.0f), VLOAD(dy + out), VLOAD(index + out) == (vint)(wanted[i]));
            }
            VSTORE(a.accumulate ? VLOAD(dx + c) + sum : sum, dx + c);
        }
    }
}
