/* Augmentations of uint8 pictures, in the arithmetic of Pillow and torchvision. What is drawn at random
 * is drawn on the host (src/ops/augment_plan.c), in double as those do, so that every device gives the
 * same bytes. A work-group takes a picture at a time: from the packed pixels to its scratch, from one half
 * of that to the other at each step, then scaled to floats. Build options: C, the channels; W, the width;
 * GROUP, work-items of a group: pixels of a row are dealt to them in turn. */
#pragma OPENCL FP_CONTRACT OFF

#if GROUP == 1
#define ITEM 0
#define SYNC()
#define ADD(sum, value) (*(sum) += (value))
#else
#define ITEM ((int)get_local_id(0))
#define SYNC() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#define ADD(sum, value) atomic_add((sum), (value))
#endif
#define FOR_ITEMS(i, n) for (int i = ITEM; i < (n); i += GROUP)

typedef const __global uchar *restrict source;
typedef __global uchar *restrict target;

/* Pillow's L: ITU-R 601, rounded. */
static inline int gray_of(int r, int g, int b) {
    return (r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16;
}

/* Pillow's blend: cut off, not rounded. */
static inline uchar blend(int from, int to, float factor) {
    const float moved = (float)from + factor * (float)(to - from);
    return (uchar)(int)clamp(moved, 0.0f, 255.0f);
}

static inline int reflect(int i, int n) {
    const int period = max(2 * (n - 1), 1);
    int at = abs(i);
    if (at >= period) at %= period;
    return min(at, 2 * (n - 1) - at);
}

static void blend_with(source from, target to, int bytes, int degenerate, float factor) {
    FOR_ITEMS(i, bytes)
        to[i] = blend(degenerate, from[i], factor);
}

/* An item's share of the picture's grey levels: whole numbers, to be summed in any order. */
static uint gray_sum(source from, int pixels) {
    uint sum = 0;
    FOR_ITEMS(i, pixels)
#if C == 3
        sum += (uint)gray_of(from[3 * i], from[3 * i + 1], from[3 * i + 2]);
#else
        sum += from[i];
#endif
    return sum;
}

static void copy(source from, target to, int bytes) {
    FOR_ITEMS(i, bytes)
        to[i] = from[i];
}

#if C == 3
static void saturate(source from, target to, int pixels, float factor) {
    FOR_ITEMS(i, pixels) {
        const int r = from[3 * i], g = from[3 * i + 1], b = from[3 * i + 2], gray = gray_of(r, g, b);
        to[3 * i] = blend(gray, r, factor);
        to[3 * i + 1] = blend(gray, g, factor);
        to[3 * i + 2] = blend(gray, b, factor);
    }
}

static void make_gray(source from, target to, int pixels) {
    FOR_ITEMS(i, pixels) {
        const uchar gray = (uchar)gray_of(from[3 * i], from[3 * i + 1], from[3 * i + 2]);
        to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = gray;
    }
}

/* a / b rounded to the nearest float, which OpenCL does not promise of its division. */
static inline float quotient(float a, float b) {
    const float near = a / b;
    return fma(fma(-near, b, a), 1.0f / b, near);
}

/* The whole part of 255 x for x in 0..1, as if x were a double. */
static inline int scaled_255(float x) {
    const float near = trunc(x * 255.0f);
    return (int)near - (fma(x, 255.0f, -near) < 0.0f);
}

/* Pillow's hue of a pixel that is not grey, 0..255: 255 (h / 6 mod 1) of a float h in -1..5, the modulus
 * rounded to float. One of the differences is 1, so that each h below is rounded once. */
static inline int hue_of(int r, int g, int b, int most, int range) {
    const float rc = quotient((float)(most - r), (float)range), gc = quotient((float)(most - g), (float)range),
                bc = quotient((float)(most - b), (float)range);
    float h;
    if (r == most)
        h = bc - gc;
    else if (g == most)
        h = rc == 1.0f ? 3.0f - bc : 1.0f + rc;
    else
        h = gc == 1.0f ? 5.0f - rc : 3.0f + gc;
    if (h >= 0.0f) return scaled_255(quotient(h, 6.0f));
    /* 1 + h / 6 is in 5/6..1, where floats are multiples of 2^-24: counted in 2^-32 / 6, then rounded to even. */
    const ulong parts = ((ulong)6 << 32) - (ulong)(-h * 4294967296.0f);
    const ulong rest = parts % 1536, down = parts / 1536;
    const ulong rounded = down + (rest > 768 || (rest == 768 && (down & 1)) ? 1 : 0);
    return (int)((rounded * 255) >> 24);
}

/* round(v (1 - s part / 85 / 255)). */
static inline uchar shade(int v, int s, int part) {
    return (uchar)((2 * v * (21675 - s * part) + 21675) / 43350);
}

static inline uchar3 turn_hue(int r, int g, int b, int shift) {
    const int most = max(r, max(g, b)), range = most - min(r, min(g, b));
    if (range == 0) return (uchar3)((uchar)most);
    const int s = scaled_255(quotient((float)range, (float)most));
    const int h = (hue_of(r, g, b, most, range) + shift) & 255;
    const int turn = 2 * h / 85, part = 2 * h - 85 * turn, sextant = turn == 6 ? 0 : turn;
    const uchar v = (uchar)most, p = shade(most, s, 85), q = shade(most, s, part), t = shade(most, s, 85 - part);
    if (s == 0) return (uchar3)(v);
    return (uchar3)(sextant == 0 || sextant == 5 ? v : sextant == 1 ? q : sextant == 4 ? t : p,
                    sextant == 0 ? t : sextant < 3 ? v : sextant == 3 ? q : p,
                    sextant < 2 ? p : sextant == 2 ? t : sextant == 5 ? q : v);
}

static void change_hue(source from, target to, int pixels, int shift) {
    FOR_ITEMS(i, pixels) {
        const uchar3 pixel = turn_hue(from[3 * i], from[3 * i + 1], from[3 * i + 2], shift);
        to[3 * i] = pixel.x;
        to[3 * i + 1] = pixel.y;
        to[3 * i + 2] = pixel.z;
    }
}
#else /* as torchvision does: these leave a grey picture alone */
#define saturate(from, to, pixels, factor) copy(from, to, pixels)
#define make_gray(from, to, pixels) copy(from, to, pixels)
#define change_hue(from, to, pixels, shift) copy(from, to, pixels)
#endif

static void look_up(source from, target to, int bytes, const __global uchar *restrict table) {
    /* As a vector of look-ups it takes longer. */
#pragma clang loop vectorize(disable) unroll_count(8)
    FOR_ITEMS(i, bytes)
        to[i] = table[from[i]];
}

static inline void copy_pixel(source from, target to) {
#pragma unroll
    for (int c = 0; c < C; c++)
        to[c] = from[c];
}

static inline void clear_pixel(target to) {
#pragma unroll
    for (int c = 0; c < C; c++)
        to[c] = 0;
}

static void flip(source from, target to, int h) {
    for (int y = 0; y < h; y++)
        FOR_ITEMS(x, W)
            copy_pixel(from + (y * W + W - 1 - x) * C, to + (y * W + x) * C);
}

/* Pixels between first and end of a row come from inside the picture: an interval, since a row's
 * positions are on a line. */
static inline void inside_of(int at_x, int at_y, const mx_augment_op *op, int bits, int h, int *first, int *end) {
    int from = 0, to = W;
#define OUTSIDE(x) \
    ((uint)((at_x + op->v[0] * (x)) >> bits) >= W || (uint)((at_y + op->v[3] * (x)) >> bits) >= (uint)h)
    while (from < W && OUTSIDE(from))
        from++;
    while (to > from && OUTSIDE(to - 1))
        to--;
#undef OUTSIDE
    *first = from;
    *end = to;
}

static void clear_outside(target row, int first, int end) {
    FOR_ITEMS(x, first)
        clear_pixel(row + x * C);
    for (int x = end + ITEM; x < W; x += GROUP)
        clear_pixel(row + x * C);
}

static void map_nearest(source from, target to, int h, const mx_augment_op *op) {
    int at_x = op->v[2], at_y = op->v[5], first, end;
    for (int y = 0; y < h; y++, at_x += op->v[1], at_y += op->v[4]) {
        target row = to + y * W * C;
        inside_of(at_x, at_y, op, 16, h, &first, &end);
        clear_outside(row, first, end);
        for (int x = first + ITEM; x < end; x += GROUP)
            copy_pixel(from + (((at_y + op->v[3] * x) >> 16) * W + ((at_x + op->v[0] * x) >> 16)) * C, row + x * C);
    }
}

/* Weights of 11 bits leave 30 for a sum of four bytes. */
static inline void mix_pixel(source from, target to, int h, int at_x, int at_y) {
    const int middle = 1 << (MX_AUGMENT_SMOOTH_BITS - 1), drop = MX_AUGMENT_SMOOTH_BITS - 11, mask = (1 << 11) - 1;
    const int x = (at_x - middle) >> MX_AUGMENT_SMOOTH_BITS, y = (at_y - middle) >> MX_AUGMENT_SMOOTH_BITS;
    const int right = ((at_x - middle) >> drop) & mask, down = ((at_y - middle) >> drop) & mask;
    const int x0 = max(x, 0) * C, x1 = min(x + 1, W - 1) * C;
    const int y0 = max(y, 0) * W * C, y1 = min(y + 1, h - 1) * W * C;
#pragma unroll
    for (int c = 0; c < C; c++) {
        const int above = (from[y0 + x0 + c] << 11) + (from[y0 + x1 + c] - from[y0 + x0 + c]) * right;
        const int below = (from[y1 + x0 + c] << 11) + (from[y1 + x1 + c] - from[y1 + x0 + c]) * right;
        to[c] = (uchar)((above * ((1 << 11) - down) + below * down) >> 22);
    }
}

static void map_smooth(source from, target to, int h, const mx_augment_op *op) {
    int at_x = op->v[2], at_y = op->v[5], first, end;
    for (int y = 0; y < h; y++, at_x += op->v[1], at_y += op->v[4]) {
        target row = to + y * W * C;
        inside_of(at_x, at_y, op, MX_AUGMENT_SMOOTH_BITS, h, &first, &end);
        clear_outside(row, first, end);
        for (int x = first + ITEM; x < end; x += GROUP)
            mix_pixel(from, row + x * C, h, at_x + op->v[0] * x, at_y + op->v[3] * x);
    }
}

static void crop(source from, target to, int h, const mx_augment_op *op) {
    for (int y = 0; y < h; y++)
        FOR_ITEMS(x, W) {
            const int in_y = y + op->v[0], in_x = x + op->v[1];
            const bool inside = (uint)in_y < (uint)h && (uint)in_x < W;
            if (inside || op->v[2])
                copy_pixel(from + (reflect(in_y, h) * W + reflect(in_x, W)) * C, to + (y * W + x) * C);
            else
                clear_pixel(to + (y * W + x) * C);
        }
}

static void erase(source from, target to, int h, const mx_augment_op *op) {
    for (int y = 0; y < h; y++)
        FOR_ITEMS(x, W) {
            const bool inside = (uint)(y - op->v[0]) < (uint)op->v[2] && (uint)(x - op->v[1]) < (uint)op->v[3];
            if (inside)
                clear_pixel(to + (y * W + x) * C);
            else
                copy_pixel(from + (y * W + x) * C, to + (y * W + x) * C);
        }
}

static inline uchar rounded(float value) {
    return (uchar)(int)clamp(rint(value), 0.0f, 255.0f);
}

#if GROUP == 1
enum { MOST_RADIUS = MX_AUGMENT_TABLE_WORDS - 1 };

/* Both axes, columns first, a row at a time. */
static void blur(source from, target to, int h, int radius, const __global float *restrict weights) {
    float wide[(W + 2 * MOST_RADIUS) * C], out[W * C], *line = wide + radius * C;
    for (int y = 0; y < h; y++) {
        for (int i = 0; i < W * C; i++)
            line[i] = out[i] = 0.0f;
        for (int k = -radius; k <= radius; k++) {
            const float weight = weights[radius - abs(k)];
            source row = from + reflect(y + k, h) * W * C;
            for (int i = 0; i < W * C; i++)
                line[i] = fma(weight, (float)row[i], line[i]);
        }
        for (int x = -radius; x < 0; x++)
            for (int c = 0; c < C; c++) {
                line[x * C + c] = line[reflect(x, W) * C + c];
                line[(W - 1 - x) * C + c] = line[reflect(W - 1 - x, W) * C + c];
            }
        for (int k = -radius; k <= radius; k++) {
            const float weight = weights[radius - abs(k)];
            for (int i = 0; i < W * C; i++)
                out[i] = fma(weight, line[i + k * C], out[i]);
        }
        for (int i = 0; i < W * C; i++)
            to[y * W * C + i] = rounded(out[i]);
    }
}
#else
/* Both axes, columns first, an item a pixel. */
static void blur(source from, target to, int h, int radius, const __global float *restrict weights) {
    for (int y = 0; y < h; y++)
        FOR_ITEMS(i, W * C) {
            const int x = i / C, c = i % C;
            float sum = 0.0f;
            for (int j = -radius; j <= radius; j++) {
                float column = 0.0f;
                for (int k = -radius; k <= radius; k++)
                    column = fma(weights[radius - abs(k)],
                                 (float)from[(reflect(y + k, h) * W + reflect(x + j, W)) * C + c], column);
                sum = fma(weights[radius - abs(j)], column, sum);
            }
            to[y * W * C + i] = rounded(sum);
        }
}
#endif

/* Has no barrier. `gray` is the sum of all grey levels, for what needs it. */
static void apply(source from, target to, int h, const mx_augment_op *op, const __global int *tables, uint gray) {
    const int pixels = h * W;
    const __global int *table = tables + op->v[0] * MX_AUGMENT_TABLE_WORDS;
    switch (op->action) {
    case MX_AUGMENT_DIM:
        blend_with(from, to, pixels * C, 0, op->factor);
        break;
    case MX_AUGMENT_CONTRAST:
        blend_with(from, to, pixels * C, (int)((2 * gray + (uint)pixels) / (2 * (uint)pixels)), op->factor);
        break;
    case MX_AUGMENT_SATURATE:
        saturate(from, to, pixels, op->factor);
        break;
    case MX_AUGMENT_HUE:
        change_hue(from, to, pixels, op->v[0]);
        break;
    case MX_AUGMENT_TABLE:
        look_up(from, to, pixels * C, (const __global uchar *)table);
        break;
    case MX_AUGMENT_FLIP:
        flip(from, to, h);
        break;
    case MX_AUGMENT_GRAY:
        make_gray(from, to, pixels);
        break;
    case MX_AUGMENT_MAP:
        map_nearest(from, to, h, op);
        break;
    case MX_AUGMENT_SMOOTH:
        map_smooth(from, to, h, op);
        break;
    case MX_AUGMENT_CROP:
        crop(from, to, h, op);
        break;
    case MX_AUGMENT_BLUR:
        blur(from, to, h, op->v[1], (const __global float *)table);
        break;
    case MX_AUGMENT_ERASE:
        erase(from, to, h, op);
        break;
    }
}

/* y = mul v + add. */
static void scale(source from, __global float *restrict y, int pixels, const mx_augment_ops_args *a) {
    FOR_ITEMS(i, pixels)
#pragma unroll
        for (int c = 0; c < C; c++)
            y[i * C + c] = fma((float)from[i * C + c], a->mul[c], a->add[c]);
}

__kernel __attribute__((reqd_work_group_size(GROUP, 1, 1))) void
augment_ops(__global const uchar *pixels, __global const uint *rows, __global const int *plan, __global uint *scratch,
            __global float *y, const mx_augment_ops_args a) {
    __local uint total;
    const int bytes = a.h * W * C;
    __global uchar *halves = (__global uchar *)(scratch + a.scratch) + (size_t)get_group_id(0) * 2 * bytes;
    for (int i = (int)get_group_id(0); i < a.count; i += a.groups) {
        const __global uchar *from = pixels + (size_t)rows[a.rows + a.first + i] * bytes;
        const __global mx_augment_op *ops = (const __global mx_augment_op *)(plan + a.plan) + (size_t)i * a.steps;
        int turn = 0;
        for (int step = 0; step < a.steps; step++) {
            const mx_augment_op op = ops[step];
            if (ITEM == 0) total = 0;
            SYNC();
            if (op.action == MX_AUGMENT_CONTRAST) ADD(&total, gray_sum(from, a.h * W));
            SYNC();
            if (op.action != MX_AUGMENT_KEEP) {
                __global uchar *to = halves + (size_t)turn * bytes;
                apply(from, to, a.h, &op, plan + a.tables, total);
                from = to;
                turn = 1 - turn;
            }
            SYNC();
        }
        scale(from, y + a.y + (size_t)(a.first + i) * bytes, a.h * W, &a);
    }
}
