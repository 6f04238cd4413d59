/* Gathers pictures from packed uint8, scales them, and crops and flips at random: the weak augmentation
 * of MixMatch. Work-items: (row of pixels, picture). */
static int reflect(int i, int n) {
    /* Mirrors without repeating the edge, as often as needed: pad may exceed the picture. */
    if (n == 1) return 0;
    const int period = 2 * (n - 1), at = abs(i) % period;
    return at < n ? at : period - at;
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
    const size_t plane = (size_t)a.h * a.w * a.c;
    pixels += a.pixels + rows[a.rows + a.first + i] * plane + (size_t)reflect(line + down, a.h) * a.w * a.c;
    y += a.y + (size_t)(a.first + i) * plane + (size_t)line * a.w * a.c;
    for (int x = 0; x < a.w; x++) {
        const int from = reflect((flip ? a.w - 1 - x : x) + right, a.w);
        for (int c = 0; c < a.c; c++)
            y[x * a.c + c] = fma((float)pixels[from * a.c + c], a.mul[c], a.add[c]);
    }
}
