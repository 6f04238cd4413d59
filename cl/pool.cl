/* Pooling over x[n][h][w][c]. */

/* y[n][c] = the mean over all pixels: work-items (c, n). */
__kernel void average_forward(__global const float *x, __global float *y, const mx_pool_args a) {
    const int c = (int)get_global_id(0), n = (int)get_global_id(1);
    if (c >= a.c || n >= a.n) return;
    x += a.x + (size_t)n * a.h * a.w * a.c + c;
    float sum = 0.0f;
    for (int i = 0; i < a.h * a.w; i++)
        sum += x[(size_t)i * a.c];
    y[a.y + (size_t)n * a.c + c] = sum / (float)(a.h * a.w);
}

/* dx (+)= dy / (h w): work-items (c, pixel, n). */
__kernel void average_backward(__global const float *dy, __global float *dx, const mx_pool_args a) {
    const int c = (int)get_global_id(0), i = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || i >= a.h * a.w) return;
    const float d = dy[a.dy + (size_t)n * a.c + c] / (float)(a.h * a.w);
    dx += a.dx + ((size_t)n * a.h * a.w + i) * a.c + c;
    *dx = a.accumulate ? *dx + d : d;
}

/* y = the largest of a size x size window, index = its pixel; of equals, the first in row order, as
 * torch does; NaN wins. Work-items (c, output pixel, n). */
__kernel void max_forward(__global const float *x, __global float *y, __global int *index,
                          const mx_pool_args a) {
    const int c = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || pixel >= a.oh * a.ow) return;
    const int top = pixel / a.ow * a.stride - a.pad, left = pixel % a.ow * a.stride - a.pad;
    x += a.x + (size_t)n * a.h * a.w * a.c + c;
    float most = -INFINITY;
    int at = max(top, 0) * a.w + max(left, 0);
    for (int iy = max(top, 0); iy < min(top + a.size, a.h); iy++)
        for (int ix = max(left, 0); ix < min(left + a.size, a.w); ix++) {
            const float v = x[((size_t)iy * a.w + ix) * a.c];
            if (v > most || isnan(v)) {
                most = v;
                at = iy * a.w + ix;
            }
        }
    const size_t out = ((size_t)n * a.oh * a.ow + pixel) * a.c + c;
    y[a.y + out] = most;
    index[a.index + out] = at;
}

/* dx (+)= the dy of the windows that this pixel won: work-items (c, pixel, n). */
__kernel void max_backward(__global const float *dy, __global const int *index, __global float *dx,
                           const mx_pool_args a) {
    const int c = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || pixel >= a.h * a.w) return;
    const int iy = pixel / a.w + a.pad, ix = pixel % a.w + a.pad;
    const int first_y = max((iy - a.size + a.stride) / a.stride, 0), last_y = min(iy / a.stride, a.oh - 1);
    const int first_x = max((ix - a.size + a.stride) / a.stride, 0), last_x = min(ix / a.stride, a.ow - 1);
    const size_t image = (size_t)n * a.oh * a.ow;
    float sum = 0.0f;
    for (int oy = first_y; oy <= last_y; oy++)
        for (int ox = first_x; ox <= last_x; ox++) {
            const size_t out = (image + oy * a.ow + ox) * a.c + c;
            if (index[a.index + out] == pixel) sum += dy[a.dy + out];
        }
    dx += a.dx + ((size_t)n * a.h * a.w + pixel) * a.c + c;
    *dx = a.accumulate ? *dx + sum : sum;
}
