/* Convolution as its definition says, one work-item to an output element: the answer that the fast
 * algorithms are held against. x[n][h][w][c], weight[r][s][c][k], y[n][oh][ow][k].
 * Work-items: (channel, pixel, image). */

__kernel void conv_forward(__global const float *x, __global const float *weight,
                           __global const float *bias, __global float *y, const mx_conv_args a) {
    const int k = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (k >= a.k || pixel >= a.oh * a.ow) return;
    const int oy = pixel / a.ow, ox = pixel % a.ow;
    x += a.x + (size_t)n * a.h * a.w * a.c;
    weight += a.weight + k;
    float sum = 0.0f;
    for (int r = 0; r < a.r; r++) {
        const int iy = oy * a.stride + r - a.pad;
        if (iy < 0 || iy >= a.h) continue;
        for (int s = 0; s < a.s; s++) {
            const int ix = ox * a.stride + s - a.pad;
            if (ix < 0 || ix >= a.w) continue;
            __global const float *from = x + ((size_t)iy * a.w + ix) * a.c;
            __global const float *by = weight + (size_t)(r * a.s + s) * a.c * a.k;
            for (int c = 0; c < a.c; c++)
                sum = fma(from[c], by[(size_t)c * a.k], sum);
        }
    }
    if (a.has_bias) sum += bias[a.bias + k];
    y[a.y + ((size_t)n * a.oh * a.ow + pixel) * a.k + k] = sum;
}

/* dx[n][h][w][c] (+)= sum over the outputs that pixel (h, w) fed. */
__kernel void conv_backward_data(__global const float *dy, __global const float *weight,
                                 __global float *dx, const mx_conv_args a) {
    const int c = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || pixel >= a.h * a.w) return;
    const int iy = pixel / a.w, ix = pixel % a.w;
    dy += a.y + (size_t)n * a.oh * a.ow * a.k;
    weight += a.weight + (size_t)c * a.k;
    float sum = 0.0f;
    for (int r = 0; r < a.r; r++) {
        const int ty = iy + a.pad - r, oy = ty / a.stride;
        if (ty < 0 || ty % a.stride != 0 || oy >= a.oh) continue;
        for (int s = 0; s < a.s; s++) {
            const int tx = ix + a.pad - s, ox = tx / a.stride;
            if (tx < 0 || tx % a.stride != 0 || ox >= a.ow) continue;
            __global const float *from = dy + ((size_t)oy * a.ow + ox) * a.k;
            __global const float *by = weight + (size_t)(r * a.s + s) * a.c * a.k;
            for (int k = 0; k < a.k; k++)
                sum = fma(from[k], by[k], sum);
        }
    }
    dx += a.x + ((size_t)n * a.h * a.w + pixel) * a.c + c;
    *dx = a.accumulate ? *dx + sum : sum;
}

/* dweight[r][s][c][k]: work-items (k, c, tap). */
__kernel void conv_backward_weights(__global const float *x, __global const float *dy,
                                    __global float *dweight, const mx_conv_args a) {
    const int k = (int)get_global_id(0), c = (int)get_global_id(1), tap = (int)get_global_id(2);
    if (k >= a.k || c >= a.c) return;
    const int r = tap / a.s, s = tap % a.s;
    float sum = 0.0f;
    for (int n = 0; n < a.n; n++)
        for (int oy = 0; oy < a.oh; oy++) {
            const int iy = oy * a.stride + r - a.pad;
            if (iy < 0 || iy >= a.h) continue;
            for (int ox = 0; ox < a.ow; ox++) {
                const int ix = ox * a.stride + s - a.pad;
                if (ix < 0 || ix >= a.w) continue;
                const float from = x[a.x + (((size_t)n * a.h + iy) * a.w + ix) * a.c + c];
                sum = fma(from, dy[a.y + (((size_t)n * a.oh + oy) * a.ow + ox) * a.k + k], sum);
            }
        }
    dweight[a.weight + ((size_t)tap * a.c + c) * a.k + k] = sum;
}
