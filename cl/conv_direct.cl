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

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_direct(__global const float *restrict x, __global const float *restrict packed,
            __global const float *restrict bias, __global const float *restrict zeros,
            __global float *restrict y, const mx_direct_args a) {
    const int plane = a.grid_h * a.grid_w, pixels = a.n * plane;
    const int start = (int)get_global_id(0) * P * TILES;
    const int blocks = (a.outputs + BLOCK - 1) / BLOCK;
    x += a.x;
    y += a.y;
    packed += a.packed;
    /* Where each pixel of the group reads and writes, once for all blocks. */
    __global const float *bases[P * TILES];
    size_t outs[P * TILES];
    uint rows[P * TILES], columns[P * TILES];
    const uint all_rows = (uint)((1ul << a.taps_r) - 1), all_columns = (uint)((1ul << a.taps_s) - 1);
    int n = start / plane, i = start % plane / a.grid_w, j = start % a.grid_w;
    for (int p = 0; p < P * TILES; p++) {
        const int row = i * a.step + a.row0, column = j * a.step + a.column0;
        bases[p] = x + (long)n * a.in_image + (long)row * a.in_row + (long)column * a.in_column;
        outs[p] = (size_t)n * a.out_image + (size_t)i * a.out_row + (size_t)j * a.out_column;
        rows[p] = valid_taps(row, a.dir, a.taps_r, a.in_h);
        columns[p] = valid_taps(column, a.dir, a.taps_s, a.in_w);
        /* Past the last pixel the last is computed again, and not stored. */
        if (start + p + 1 < pixels && ++j == a.grid_w) {
            j = 0;
            if (++i == a.grid_h) {
                i = 0;
                n++;
            }
        }
    }
    for (int block = 0; block < blocks; block++)
        for (int first = start; first < min(start + P * TILES, pixels); first += P) {
            const int tile = first - start;
            uint inside = 1;
#pragma unroll
            for (int p = 0; p < P; p++)
                inside &= rows[tile + p] == all_rows && columns[tile + p] == all_columns;
            vfloat acc[P][KB];
#pragma unroll
            for (int p = 0; p < P; p++)
#pragma unroll
                for (int k = 0; k < KB; k++)
                    acc[p][k] = (vfloat)(0.0f);
            for (int q = 0; q < a.taps_r; q++)
                for (int s = 0; s < a.taps_s; s++) {
                    const int tap = (a.first_r + q * a.tap_step) * a.weight_columns + a.first_s + s * a.tap_step;
                    const long shift = a.dir * ((long)q * a.in_row + (long)s * a.in_column);
                    __global const float *from[P];
                    if (inside) {
#pragma unroll
                        for (int p = 0; p < P; p++)
                            from[p] = bases[tile + p] + shift;
                    } else {
#pragma unroll
                        for (int p = 0; p < P; p++)
                            from[p] = (rows[tile + p] >> q & columns[tile + p] >> s & 1)
                                          ? bases[tile + p] + shift
                                          : zeros;
                    }
                    __global const float *w = packed + ((size_t)block * a.taps + tap) * a.depth * BLOCK;
                    for (int c = 0; c < a.depth; c++, w += BLOCK) {
                        vfloat b[KB];
#pragma unroll
                        for (int k = 0; k < KB; k++)
                            b[k] = VLOAD(w + k * V);
#pragma unroll
                        for (int p = 0; p < P; p++) {
                            const vfloat v = (vfloat)(from[p][c]);
#pragma unroll
                            for (int k = 0; k < KB; k++)
                                acc[p][k] = fma(v, b[k], acc[p][k]);
                        }
                    }
                }
#pragma unroll
            for (int k = 0; k < KB; k++) {
                const int at = block * BLOCK + k * V, left = a.outputs - at;
                const vfloat add =
                    a.has_bias && left > 0 ? load_part(bias + a.bias + at, left) : (vfloat)(0.0f);
#pragma unroll
                for (int p = 0; p < P; p++)
                    if (first + p < pixels && left > 0)
                        store_part(acc[p][k] + add, y + outs[tile + p] + at, left, a.accumulate);
            }
        }
}
