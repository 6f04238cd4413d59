/* Direct convolution for CPUs: a register tile of P pixels by KB vectors of V outputs, one work-item to
 * a work-group. Pixels of a tile need not lie in one row: each has its own input pointer, which points
 * at zeros where the tap falls outside the picture. Build options: V, P, KB, TILES (tiles a work-item).
 * Work-items: (groups of P x TILES pixels). */
#define BLOCK (KB * V)

/* weight[taps][c][k] to packed[block][taps][depth][BLOCK]: work-items (depth, block x taps). */
__kernel void pack_weights(__global const float *weight, __global float *packed, const mx_pack_args a) {
    const int d = (int)get_global_id(0), z = (int)get_global_id(1);
    const int depth = a.transposed ? a.k : a.c, outputs = a.transposed ? a.c : a.k;
    if (d >= depth) return;
    const int block = z / a.taps, tap = z % a.taps, first = block * BLOCK;
    const size_t step = a.transposed ? a.k : 1;
    weight += a.weight + (size_t)tap * a.c * a.k + (a.transposed ? (size_t)d : (size_t)d * a.k) + first * step;
    packed += a.packed + ((size_t)z * depth + d) * BLOCK;
    if (!a.transposed && first + BLOCK <= outputs) {
        for (int k = 0; k < KB; k++)
            VSTORE(VLOAD(weight + k * V), packed + k * V);
        return;
    }
    for (int lane = 0; lane < BLOCK; lane++)
        packed[lane] = first + lane < outputs ? weight[lane * step] : 0.0f;
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
