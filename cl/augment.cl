/* Gathers pictures from packed uint8, scales them, and crops and flips at random: the weak augmentation
 * of MixMatch. Build option: C, the channels. Work-items: (row of pixels, picture). */
static int reflect(int i, int n) {
    /* Mirrors without repeating the edge, as often as needed: pad may exceed the picture. */
    const int period = max(2 * (n - 1), 1);
    int at = abs(i);
    if (at >= period) at %= period;
    return min(at, 2 * (n - 1) - at);
}

#if V == 1
#define LOAD_BYTES(p) ((float)*(p))
#else
#define LOAD_BYTES(p) MX_JOIN(convert_float, V)(MX_JOIN(vload, V)(0, (p)))
#endif

/* Pixel y of C channels from the bytes at `from`. */
static inline void scale_pixel(__global const uchar *from, __global float *y, const mx_augment_args *a) {
#pragma unroll
    for (int c = 0; c < C; c++)
        y[c] = fma((float)from[c], a->mul[c], a->add[c]);
}

/* `count` pixels in a run, C vectors at a time: their channels repeat. */
static inline void scale_run(__global const uchar *from, __global float *y, int count, const mx_augment_args *a) {
    vfloat mul[C], add[C];
    float lanes[2][C * V];
#pragma unroll
    for (int i = 0; i < C * V; i++) {
        lanes[0][i] = a->mul[i % C];
        lanes[1][i] = a->add[i % C];
    }
#pragma unroll
    for (int k = 0; k < C; k++) {
        mul[k] = VLOAD(lanes[0] + k * V);
        add[k] = VLOAD(lanes[1] + k * V);
    }
    int i = 0;
    for (; i + V <= count; i += V, from += C * V, y += C * V)
#pragma unroll
        for (int k = 0; k < C; k++)
            VSTORE(fma(LOAD_BYTES(from + k * V), mul[k], add[k]), y + k * V);
    for (; i < count; i++, from += C, y += C)
        scale_pixel(from, y, a);
}

__kernel void augment_crop_flip(__global const uchar *pixels, __global const uint *rows, __global float *y,
                                const mx_augment_args a) {
    const int line = (int)get_global_id(0), i = (int)get_global_id(1);
    if (line >= a.h || i >= a.count) return;
    int down = 0, right = 0;
    bool flip = false;
    if (a.enabled) {
        const mx_random random = mx_philox(0, (mx_u32)i, a.step, a.stream, a.seed0, a.seed1);
        down = (int)mx_below(random.v[0], 2 * a.pad + 1) - a.pad;
        right = (int)mx_below(random.v[1], 2 * a.pad + 1) - a.pad;
        flip = (random.v[2] >> 31) != 0;
    }
    const size_t plane = (size_t)a.h * a.w * C;
    pixels += a.pixels + rows[a.rows + a.first + i] * plane + (size_t)reflect(line + down, a.h) * a.w * C;
    y += a.y + (size_t)(a.first + i) * plane + (size_t)line * a.w * C;
    /* Columns first .. end see the picture itself, the others its reflection. */
    const int shift = flip ? right : -right;
    const int first = clamp(shift, 0, a.w), end = clamp(a.w + shift, first, a.w);
    for (int x = 0; x < first; x++)
        scale_pixel(pixels + reflect((flip ? a.w - 1 - x : x) + right, a.w) * C, y + x * C, &a);
    if (flip)
        for (int x = first; x < end; x++)
            scale_pixel(pixels + (a.w - 1 - x + right) * C, y + x * C, &a);
    else
        scale_run(pixels + (first + right) * C, y + first * C, end - first, &a);
    for (int x = end; x < a.w; x++)
        scale_pixel(pixels + reflect((flip ? a.w - 1 - x : x) + right, a.w) * C, y + x * C, &a);
}
