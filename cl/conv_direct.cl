/* Direct convolution for CPUs: a register tile of P pixels by KB vectors of V outputs, one work-item to
 * a work-group. Pixels of a tile need not lie in one row: each has its own input pointer, which points
 * at zeros where the tap falls outside the picture. Build options: V, P, KB, TILES (tiles a work-item).
 * Work-items: (groups of P x TILES pixels). */
#define BLOCK (KB * V)

/* weight[taps][c][k] to packed[block][taps][c][BLOCK], for the outputs k: work-items (c, block x taps). */
__kernel void pack_weights(__global const float *weight, __global float *packed, const mx_pack_args a) {
    const int c = (int)get_global_id(0), z = (int)get_global_id(1);
    if (c >= a.c) return;
    const int first = z / a.taps * BLOCK;
    weight += a.weight + ((size_t)(z % a.taps) * a.c + c) * a.k + first;
    packed += a.packed + ((size_t)z * a.c + c) * BLOCK;
    for (int k = 0; k < KB; k++)
        VSTORE(load_part(weight + k * V, a.k - first - k * V), packed + k * V);
}

/* weight[taps][c][k] to packed[block][taps][k][BLOCK], for the outputs c: work-items (k / MX_PACK_ROWS,
 * block x taps). Rows of `weight` may lie a power of two apart, where a cache keeps few of them: LANES
 * rows are read at a time. */
#define LANES 8
__kernel void pack_weights_transposed(__global const float *weight, __global float *packed, const mx_pack_args a) {
    const int k0 = (int)get_global_id(0) * MX_PACK_ROWS, z = (int)get_global_id(1);
    const int rows = min(MX_PACK_ROWS, a.k - k0), first = z / a.taps * BLOCK;
    if (rows <= 0) return;
    weight += a.weight + ((size_t)(z % a.taps) * a.c + first) * a.k + k0;
    packed += a.packed + ((size_t)z * a.k + k0) * BLOCK;
    for (int lane = 0; lane < BLOCK; lane += LANES)
        for (int k = 0; k < rows; k++)
            for (int i = lane; i < lane + LANES && i < BLOCK; i++)
                packed[k * BLOCK + i] = first + i < a.c ? weight[(size_t)i * a.k + k] : 0.0f;
}

/* Bit q is set where input row (or column) at + q dir is one of `size`. */
static inline uint valid_taps(int at, int dir, int taps, int size) {
    uint mask = 0;
    for (int q = 0; q < taps; q++)
        mask |= (uint)(at + q * dir >= 0 && at + q * dir < size) << q;
    return mask;
}

/* Where a pixel reads and writes, and its taps inside of the picture. */
typedef struct pixel_place {
    __global const float *in;
    size_t out;
    uint rows, columns;
} pixel_place;

/* A pixel among all, and how they follow each other: groups of images one after another, and in a group pixel
 * after pixel of an image, or, with by_image, image after image of a pixel, so that those of a tile have the
 * same taps inside. */
typedef struct pixel_at {
    int n, i, j;
} pixel_at;

static inline pixel_at pixel_of(int at, const mx_direct_args a) {
    const int plane = a.grid_h * a.grid_w, images = a.group_images, in_group = at % (images * plane);
    const int first = at / (images * plane) * images, pixel = a.by_image ? in_group / images : in_group % plane;
    const pixel_at p = {first + (a.by_image ? in_group % images : in_group / plane), pixel / a.grid_w,
                        pixel % a.grid_w};
    return p;
}

static inline pixel_at next_pixel(pixel_at p, const mx_direct_args a) {
    if (a.by_image) {
        if (++p.n % a.group_images != 0) return p;
        p.n -= a.group_images;
    }
    if (++p.j < a.grid_w) return p;
    p.j = 0;
    if (++p.i < a.grid_h) return p;
    p.i = 0;
    p.n += a.by_image ? a.group_images : 1;
    return p;
}

static inline pixel_place place_of(pixel_at p, __global const float *x, const mx_direct_args a) {
    const int row = p.i * a.step + a.row0, column = p.j * a.step + a.column0;
    const pixel_place place = {x + (long)p.n * a.in_image + (long)row * a.in_row + (long)column * a.in_column,
                               (size_t)p.n * a.out_image + (size_t)p.i * a.out_row + (size_t)p.j * a.out_column,
                               valid_taps(row, a.dir, a.taps_r, a.in_h), valid_taps(column, a.dir, a.taps_s, a.in_w)};
    return place;
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct(__global const float *restrict x, __global const float *restrict packed,
            __global const float *restrict bias, __global const float *restrict zeros,
            __global const float *restrict finish, __global const float *restrict also, __global float *restrict y,
            const mx_direct_args a) {
    const int pixels = a.n * a.grid_h * a.grid_w, start = (int)get_global_id(0) * P * TILES;
    const int tiles = (min(P * TILES, pixels - start) + P - 1) / P;
    const int blocks = (a.outputs + BLOCK - 1) / BLOCK, first_block = (int)get_global_id(1) * a.split_blocks;
    const int taps = a.taps_r * a.taps_s;
    x += a.x;
    y += a.y;
    also += a.also;
    packed += a.packed;
    finish += a.finish.saved;
    /* Once for all blocks; past the last pixel the last is computed again, and not stored. */
    pixel_place places[P * TILES];
    bool inside[TILES];
    vfloat sums[TILES][P][KB];
    const uint all_rows = (uint)((1ul << a.taps_r) - 1), all_columns = (uint)((1ul << a.taps_s) - 1);
    pixel_at pixel = pixel_of(start, a);
    for (int tile = 0; tile < tiles; tile++) {
        inside[tile] = true;
        for (int p = 0; p < P; p++) {
            const pixel_place at = places[tile * P + p] = place_of(pixel, x, a);
            inside[tile] &= at.rows == all_rows && at.columns == all_columns;
            if (start + tile * P + p + 1 < pixels) pixel = next_pixel(pixel, a);
        }
    }
    for (int block = first_block; block < min(first_block + a.split_blocks, blocks); block++)
        /* As many taps at a time as have weights that stay in cache while tile after tile takes them; at least
         * once, for pixels that no tap reaches are written too. */
        for (int first = 0; first == 0 || first < taps; first += a.pass_taps) {
            const bool last = first + a.pass_taps >= taps;
            for (int tile = 0; tile < tiles; tile++) {
                vfloat acc[P][KB];
#pragma unroll
                for (int p = 0; p < P; p++)
#pragma unroll
                    for (int k = 0; k < KB; k++)
                        acc[p][k] = first > 0 ? sums[tile][p][k] : (vfloat)(0.0f);
                int q = first / max(a.taps_s, 1), s = first % max(a.taps_s, 1);
                if (last)
                    for (int p = 0; p < P; p++) {
                        const size_t to = places[tile * P + p].out + block * BLOCK;
                        fetch(y + to, BLOCK);
                        if (a.epilogue & MX_ADD_RESIDUAL) fetch(also + to, BLOCK);
                    }
                for (int i = first; i < min(first + a.pass_taps, taps); i++) {
                    const int tap = (a.first_r + q * a.tap_step) * a.weight_columns + a.first_s + s * a.tap_step;
                    const long shift = a.dir * ((long)q * a.in_row + (long)s * a.in_column);
                    __global const float *from[P];
                    uint any = inside[tile];
                    if (inside[tile]) {
#pragma unroll
                        for (int p = 0; p < P; p++)
                            from[p] = places[tile * P + p].in + shift;
                    } else {
#pragma unroll
                        for (int p = 0; p < P; p++) {
                            const pixel_place at = places[tile * P + p];
                            const uint one = at.rows >> q & at.columns >> s & 1;
                            from[p] = one ? at.in + shift : zeros;
                            any |= one;
                        }
                    }
                    if (any) add_rows(from, packed + ((size_t)block * a.taps + tap) * a.depth * BLOCK, a.depth, acc);
                    if (++s == a.taps_s) s = 0, q++;
                }
                if (!last) {
#pragma unroll
                    for (int p = 0; p < P; p++)
#pragma unroll
                        for (int k = 0; k < KB; k++)
                            sums[tile][p][k] = acc[p][k];
                    continue;
                }
#pragma unroll
                for (int k = 0; k < KB; k++) {
                    const int at = block * BLOCK + k * V, left = a.outputs - at;
                    const vfloat add = a.has_bias && left > 0 ? load_part(bias + a.bias + at, left) : (vfloat)(0.0f);
                    const bool normed = a.epilogue & MX_NORM_OUTPUT && left > 0;
                    const vfloat scale = normed ? load_part(finish + 2 * a.outputs + at, left) : (vfloat)(1.0f);
                    const vfloat shift = normed ? load_part(finish + 3 * a.outputs + at, left) : (vfloat)(0.0f);
#pragma unroll
                    for (int p = 0; p < P; p++)
                        if (start + tile * P + p < pixels && left > 0) {
                            const size_t to = places[tile * P + p].out + at;
                            vfloat out = acc[p][k] + add;
                            if (normed) out = leaky(fma(out, scale, shift), a.finish.slope);
                            if (a.epilogue & MX_ADD_RESIDUAL) out += load_part(also + to, left);
                            if (a.epilogue & MX_ACTIVATE) out = leaky(out, a.slope);
                            store_part(out, y + to, left, a.accumulate);
                        }
                }
            }
        }
}
