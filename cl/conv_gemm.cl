/* Convolution as a matrix product: the patches of x as the rows of columns[image x oh x ow][r x s x c].
 * Work-items: (channel, output pixel, image of the chunk). */

__kernel void im2col(__global const float *x, __global float *columns, const mx_conv_args a) {
    const int c = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || pixel >= a.oh * a.ow) return;
    const int oy = pixel / a.ow * a.stride - a.pad, ox = pixel % a.ow * a.stride - a.pad;
    x += a.x + (size_t)(a.first + n) * a.h * a.w * a.c + c;
    columns += a.columns + ((size_t)n * a.oh * a.ow + pixel) * a.r * a.s * a.c + c;
    for (int r = 0; r < a.r; r++)
        for (int s = 0; s < a.s; s++) {
            const int iy = oy + r, ix = ox + s;
            const bool inside = iy >= 0 && iy < a.h && ix >= 0 && ix < a.w;
            columns[(size_t)(r * a.s + s) * a.c] = inside ? x[((size_t)iy * a.w + ix) * a.c] : 0.0f;
        }
}

/* dx (+)= the sum of the columns that came from each pixel. Work-items: (channel, pixel, image). */
__kernel void col2im(__global const float *columns, __global float *dx, const mx_conv_args a) {
    const int c = (int)get_global_id(0), pixel = (int)get_global_id(1), n = (int)get_global_id(2);
    if (c >= a.c || pixel >= a.h * a.w) return;
    const int iy = pixel / a.w, ix = pixel % a.w;
    columns += a.columns + (size_t)n * a.oh * a.ow * a.r * a.s * a.c + c;
    float sum = 0.0f;
    for (int r = 0; r < a.r; r++) {
        const int ty = iy + a.pad - r, oy = ty / a.stride;
        if (ty < 0 || ty % a.stride != 0 || oy >= a.oh) continue;
        for (int s = 0; s < a.s; s++) {
            const int tx = ix + a.pad - s, ox = tx / a.stride;
            if (tx < 0 || tx % a.stride != 0 || ox >= a.ow) continue;
            sum += columns[(((size_t)oy * a.ow + ox) * a.r * a.s + r * a.s + s) * a.c];
        }
    }
    dx += a.x + ((size_t)(a.first + n) * a.h * a.w + pixel) * a.c + c;
    *dx = a.accumulate ? *dx + sum : sum;
}

/* x[n][h][w][c] to padded[n][h + 2 pad][w + 2 pad][c] with zeros around: work-items (c x padded column,
 * padded row, image). */
__kernel void pad_input(__global const float *x, __global float *padded, const mx_conv_args a) {
    const int wide = (a.w + 2 * a.pad) * a.c, high = a.h + 2 * a.pad;
    const int at = (int)get_global_id(0), row = (int)get_global_id(1), n = (int)get_global_id(2);
    if (at >= wide || row >= high) return;
    const int iy = row - a.pad, left = at - a.pad * a.c;
    const bool inside = iy >= 0 && iy < a.h && left >= 0 && left < a.w * a.c;
    padded[a.columns + ((size_t)n * high + row) * wide + at] =
        inside ? x[a.x + ((size_t)n * a.h + iy) * a.w * a.c + left] : 0.0f;
}
