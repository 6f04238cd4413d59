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

/* x[n][h][w][c] to padded[n][h + 2 pad][w + 2 pad][c] with zeros around: work-items (padded row, image). */
__kernel void pad_input(__global const float *x, __global float *padded, const mx_conv_args a) {
    const int row = (int)get_global_id(0), n = (int)get_global_id(1), high = a.h + 2 * a.pad;
    if (row >= high) return;
    const int border = a.pad * a.c, width = a.w * a.c, iy = row - a.pad;
    const bool inside = iy >= 0 && iy < a.h;
    padded += a.columns + ((size_t)n * high + row) * (width + 2 * border);
    for (int i = 0; i < border; i++)
        padded[i] = padded[border + width + i] = 0.0f;
    padded += border;
    x += a.x + ((size_t)n * a.h + (inside ? iy : 0)) * width;
    int i = 0;
    for (; i + V <= width; i += V)
        VSTORE(inside ? VLOAD(x + i) : (vfloat)(0.0f), padded + i);
    for (; i < width; i++)
        padded[i] = inside ? x[i] : 0.0f;
}
