/* 3x3 convolution of stride 1 by Winograd's F(TILE x TILE, 3x3) for CPUs, fused: a work-group of one takes
 * T tiles at a time through input transform, PLACES small products and inverse transform without leaving
 * its scratch: v[PLACES][T][depth, rounded up to V], then m[PLACES][T][BLOCK] a block of outputs at a time,
 * places LINE floats apart, and, where sums are wanted, sums[3][outputs, rounded up to BLOCK]. T is a multiple of P,
 * the tiles of a register tile. Build options: V, KB, TILE, T, P, SCRATCH (the scratch's
 * address space). Error against exact arithmetic: below 2e-5 (TILE 4) or 2e-6 (TILE 2) of the largest
 * output, times the root of depth / 128 where that is more than 1.
 * Work-items: (run of chunks). */

/* Weights [3][3][c][k] to packed[e][block][depth][BLOCK], V outputs at a time: work-items (depth, vector of
 * the padded outputs). */
__kernel void winograd_pack(__global const float *weight, __global float *packed,
                            const mx_winograd_pack_args a) {
    const int d = (int)get_global_id(0), vector = (int)get_global_id(1);
    const int depth = a.transposed ? a.k : a.c, outputs = a.transposed ? a.c : a.k;
    if (d >= depth) return;
    const int out = vector * V, left = outputs - out, blocks = (outputs + BLOCK - 1) / BLOCK;
    const size_t step = a.transposed ? a.k : 1;
    weight += a.weight + (a.transposed ? (size_t)d : (size_t)d * a.k) + out * step;
    vfloat w[3][3], u[EDGE][EDGE];
    for (int r = 0; r < 3; r++)
        for (int s = 0; s < 3; s++) {
            const int tap = a.transposed ? 8 - (r * 3 + s) : r * 3 + s;
            __global const float *from = weight + (size_t)tap * a.c * a.k;
            float lanes[V];
            if (!a.transposed && left >= V) {
                w[r][s] = VLOAD(from);
                continue;
            }
            for (int i = 0; i < V; i++)
                lanes[i] = i < left ? from[i * step] : 0.0f;
            w[r][s] = VLOAD(lanes);
        }
    weight_tile(w, u);
    packed += a.packed + ((size_t)(out / BLOCK) * depth + d) * BLOCK + out % BLOCK;
    for (int i = 0; i < EDGE; i++)
        for (int j = 0; j < EDGE; j++)
            VSTORE(u[i][j], packed + (size_t)(i * EDGE + j) * blocks * depth * BLOCK);
}

/* m[T][BLOCK] = v[T][stride] u[depth][BLOCK] for one place. */
static inline void multiply(SCRATCH const float *v, __global const float *u, SCRATCH float *m, int stride, int depth) {
    for (int t = 0; t < T; t += P, v += P * stride, m += P * BLOCK) {
        SCRATCH const float *from[P];
        vfloat acc[P][KB];
#pragma unroll
        for (int p = 0; p < P; p++) {
            from[p] = v + p * stride;
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[p][k] = (vfloat)(0.0f);
        }
        add_rows(from, u, depth, acc);
#pragma unroll
        for (int p = 0; p < P; p++)
#pragma unroll
            for (int k = 0; k < KB; k++)
                VSTORE(acc[p][k], m + p * BLOCK + k * V);
    }
}

/* While place e of a run is multiplied: asks for a share of what is stored next, a block of the outputs' pixels,
 * and of the inputs that the next run adds; run[2 T] has the tiles of both. */
static inline void fetch_ahead(int e, const tile_at *run, int block, __global const float *x, __global const float *y,
                               __global const float *also, const mx_winograd_args a) {
    for (int i = e * FETCHES; i < min((e + 1) * FETCHES, T * TILE); i++) {
        const tile_at at = run[i / TILE], next = run[T + i / TILE];
        const int row = at.row + i % TILE;
        fetch_pixels(y, at.n, row, at.column, a.out_h, a.out_w, a.outputs, block * BLOCK, BLOCK);
        if (a.epilogue & (MX_ADD_RESIDUAL | MX_SUM_GRADIENT))
            fetch_pixels(also, at.n, row, at.column, a.out_h, a.out_w, a.outputs, block * BLOCK, BLOCK);
        if (block == 0)
            fetch_pixels(x, next.n, next.row + a.row0 + 2 + i % TILE, next.column + a.column0 + 2, a.in_h, a.in_w,
                         a.depth, 0, a.depth);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_winograd(__global const float *restrict x, __global const float *restrict packed,
              __global const float *restrict bias, __global const float *restrict norm,
              __global const float *restrict finish, __global const float *restrict also, __global float *restrict y,
              __global float *restrict partial,
#if SCRATCH_IS_LOCAL
              __local float *restrict scratch,
#else
              __global float *restrict scratch,
#endif
              const mx_winograd_args a) {
    const int stride = (a.depth + V - 1) / V * V, blocks = (a.outputs + BLOCK - 1) / BLOCK;
    const long group = (long)get_global_id(0);
    /* Of the inputs; batch norm of the outputs is the epilogue's. */
    const bool normed = !(a.epilogue & MX_SUM_GRADIENT);
#if !SCRATCH_IS_LOCAL
    scratch += a.scratch + (size_t)group * a.scratch_floats;
#endif
    const size_t v_place = PLACE_FLOATS(stride), m_place = PLACE_FLOATS(BLOCK);
    SCRATCH float *v = scratch, *m = v + PLACES * v_place, *sums = m + PLACES * m_place;
    tile_at run[2 * T]; /* this run's tiles and the next one's */
    x += a.x;
    y += a.y;
    packed += a.packed;
    also += a.also;
    for (int chunk = (int)(a.chunks * group / a.groups); chunk < (int)(a.chunks * (group + 1) / a.groups); chunk++) {
        const int chunk_group = chunk / a.group_chunks;
        const int begin = chunk_group * a.group_tiles + chunk % a.group_chunks * a.chunk_tiles;
        const int end = min(begin + a.chunk_tiles, (chunk_group + 1) * a.group_tiles);
        for (int t = 0; t < T; t++)
            run[T + t] = tile_of(begin + t, a.tiles_h, a.tiles_w);
        for (int first = begin; first < end; first += T) {
            for (int t = 0; t < T; t++) {
                /* Past the last tile the last is taken again, and not stored. */
                const tile_at at = run[t] = first + t < end ? run[T + t] : run[t - 1];
                run[T + t] = tile_of(first + T + t, a.tiles_h, a.tiles_w);
                transform_tile(x + (size_t)at.n * a.in_h * a.in_w * a.depth,
                               normed ? norm_of(norm, a.norm, at.n, a.depth) : 0, a.norm.slope, v + t * stride, v_place,
                               at.row + a.row0, at.column + a.column0, a.in_h, a.in_w, a.depth);
            }
            for (int block = 0; block < blocks; block++) {
                for (int e = 0; e < PLACES; e++) {
                    fetch_ahead(e, run, block, x, y, also, a);
                    multiply(v + e * v_place, packed + ((size_t)e * blocks + block) * a.depth * BLOCK, m + e * m_place,
                             stride, a.depth);
                }
                for (int t = 0; t < T && first + t < end; t++) {
                    const size_t pixel = ((size_t)run[t].n * a.out_h + run[t].row) * a.out_w + run[t].column;
                    const int rows = min(TILE, a.out_h - run[t].row), columns = min(TILE, a.out_w - run[t].column);
                    for (int k = 0; k < BLOCK && block * BLOCK + k < a.outputs; k += V) {
                        const int out = block * BLOCK + k, left = a.outputs - out;
                        const vfloat add = a.has_bias ? load_part(bias + a.bias + out, left) : (vfloat)(0.0f);
                        const outputs_at at = {pixel * a.outputs + out, rows, columns, left, out, run[t].n,
                                               first + t == begin};
                        SCRATCH const float *from = m + t * BLOCK + k;
                        if (rows == TILE && columns == TILE && left >= V)
                            inverse_tile(from, m_place, y, also, norm, finish, sums + out, blocks * BLOCK, add, at,
                                         true, a);
                        else
                            inverse_tile(from, m_place, y, also, norm, finish, sums + out, blocks * BLOCK, add, at,
                                         false, a);
                    }
                }
            }
        }
        if (a.epilogue & (MX_SUM_MOMENTS | MX_SUM_GRADIENT))
            store_sums(sums, blocks * BLOCK, partial + a.partial + (size_t)chunk * 2 * a.outputs, a.outputs,
                       (end - begin) / (a.tiles_h * a.tiles_w) * a.out_h * a.out_w, a);
    }
}
