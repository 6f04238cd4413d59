/* Pooling over x[n][h][w][c]; V divides c, and a work-item takes V channels. */

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

/* y = the largest of a size x size window, index = its pixel; of equals, the first in row order, as
 * torch does; NaN wins. Work-items (c / V, output row, n). */
__kernel void max_forward(__global const float *x, __global float *y, __global int *index,
                          const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, oy = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || oy >= a.oh) return;
    const int top = oy * a.stride - a.pad, first_y = max(top, 0), end_y = min(top + a.size, a.h);
    x += a.x + (size_t)n * a.h * a.w * a.c + c;
    y += a.y + ((size_t)n * a.oh + oy) * a.ow * a.c + c;
    index += a.index + ((size_t)n * a.oh + oy) * a.ow * a.c + c;
    for (int ox = 0; ox < a.ow; ox++, y += a.c, index += a.c) {
        const int left = ox * a.stride - a.pad, first_x = max(left, 0), end_x = min(left + a.size, a.w);
        vfloat most = (vfloat)(-INFINITY);
        vint at = (vint)(first_y * a.w + first_x);
        for (int iy = first_y; iy < end_y; iy++)
            for (int ix = first_x; ix < end_x; ix++) {
                const vfloat v = VLOAD(x + ((size_t)iy * a.w + ix) * a.c);
                const vint wins = (v > most) | (v != v);
                most = select(most, v, wins);
                at = select(at, (vint)(iy * a.w + ix), wins);
            }
        VSTORE(most, y);
        VSTORE(at, index);
    }
}

/* dx (+)= the dy of the windows that this pixel won: work-items (c / V, row, n). */
__kernel void max_backward(__global const float *dy, __global const int *index, __global float *dx,
                           const mx_pool_args a) {
    const int c = (int)get_global_id(0) * V, row = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || row >= a.h) return;
    const int iy = row + a.pad;
    const int first_y = max((iy - a.size + a.stride) / a.stride, 0), last_y = min(iy / a.stride, a.oh - 1);
    const size_t image = (size_t)n * a.oh * a.ow * a.c + c;
    dy += a.dy + image;
    index += a.index + image;
    dx += a.dx + ((size_t)n * a.h + row) * a.w * a.c + c;
    for (int column = 0; column < a.w; column++, dx += a.c) {
        const int ix = column + a.pad, pixel = row * a.w + column;
        const int first_x = max((ix - a.size + a.stride) / a.stride, 0), last_x = min(ix / a.stride, a.ow - 1);
        vfloat sum = (vfloat)(0.0f);
        for (int oy = first_y; oy <= last_y; oy++)
            for (int ox = first_x; ox <= last_x; ox++) {
                const size_t out = ((size_t)oy * a.ow + ox) * a.c;
                sum += select((vfloat)(0.0f), VLOAD(dy + out), VLOAD(index + out) == (vint)(pixel));
            }
        VSTORE(a.accumulate ? VLOAD(dx) + sum : sum, dx);
    }
}
