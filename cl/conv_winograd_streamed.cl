/* 3x3 convolution of stride 1 by Winograd's F(TILE x TILE, 3x3) for CPUs, where channels are many and tiles few:
 * transformed weights would outgrow every cache, and take longer to write and read than to multiply. So they are
 * transformed on the spot, `channels` input channels by BLOCK outputs at a time, for all tiles of a run; weights are
 * read once, and tiles, which are small, are transformed before.
 *
 *   v[PLACES][tiles][stride] of the inputs   z[PLACES][tiles][stride] of the output's gradient
 *
 * Rows of v and z lie V floats further apart than they are long. A work-group of one has scratch of its own,
 * u[PLACES][channels][BLOCK], m[PLACES][run][BLOCK] and sums[3][BLOCK], places LINE floats apart. Build options: V, KB,
 * TILE, P, SCRATCH __global. Error as conv_winograd.cl's.
 *
 * By the weights: sums over all tiles of `channels` input channels by BLOCK outputs, u[PLACES][channels][BLOCK] in
 * scratch, which are transformed back at once. V divides the outputs there. */

/* Tiles to v: work-items (tile), up to a multiple of P, beyond the last that once more. */
__kernel void winograd_streamed_input(__global const float *x, __global const float *norm, __global float *v,
                                      const mx_winograd_streamed_args a) {
    const int tile = (int)get_global_id(0);
    const tile_at at = tile_of(min(tile, a.tiles - 1), a.of.tiles_h, a.of.tiles_w);
    norm = a.of.epilogue & MX_SUM_GRADIENT ? 0 : norm_of(norm, a.of.norm, at.n, a.of.depth);
    transform_tile(x + a.of.x + (size_t)at.n * a.of.in_h * a.of.in_w * a.of.depth, norm, a.of.norm.slope,
                   v + a.v + (size_t)tile * a.v_stride, (size_t)a.rows * a.v_stride, at.row + a.of.row0,
                   at.column + a.of.column0, a.of.in_h, a.of.in_w, a.of.depth);
}

/* The gradient's tiles to z: work-items (tile). */
__kernel void winograd_streamed_gradient(__global const float *dy, __global float *z,
                                         const mx_winograd_streamed_args a) {
    const int tile = (int)get_global_id(0);
    const tile_at at = tile_of(tile, a.of.tiles_h, a.of.tiles_w);
    transform_gradient(dy + a.of.y + (size_t)at.n * a.of.out_h * a.of.out_w * a.of.outputs,
                       z + a.z + (size_t)tile * a.z_stride, (size_t)a.rows * a.z_stride, a.of.outputs, at.row,
                       at.column, a.of.out_h, a.of.out_w, a.of.outputs);
}

#ifdef P
/* Weights of V outputs from `out` on, for channels d .. d + count of the depth, as w[9][count][V] in the order of
 * the convolution's taps. For the gradient by the data outputs are rows of `weight`, turned by half a turn. */
static inline void gather_weights(__global const float *weight, int d, int count, int out, float w[9][V][V],
                                  const mx_winograd_streamed_args a) {
    const int depth = a.of.depth, outputs = a.of.outputs;
    for (int tap = 0; tap < 9; tap++)
        if (a.transposed) {
            __global const float *from = weight + ((size_t)(8 - tap) * outputs + out) * depth + d;
            float rows[V][V];
            for (int i = 0; i < V; i++)
                VSTORE(i < outputs - out ? load_part(from + (size_t)i * depth, count) : (vfloat)(0.0f), rows[i]);
            for (int j = 0; j < count; j++)
#pragma unroll
                for (int i = 0; i < V; i++)
                    w[tap][j][i] = rows[i][j];
        } else {
            __global const float *from = weight + ((size_t)tap * depth + d) * outputs + out;
            for (int j = 0; j < count; j++)
                VSTORE(load_part(from + (size_t)j * outputs, outputs - out), w[tap][j]);
        }
}

/* Weights of channels d .. d + count by the outputs of a block from `out` on to u[PLACES][count][BLOCK]. */
static inline void transform_weights(__global const float *weight, SCRATCH float *u, int d, int count, int out,
                                     const mx_winograd_streamed_args a) {
    for (int k = 0; k < BLOCK; k += V)
        for (int c = 0; c < count; c += V) {
            const int some = min(V, count - c);
            float w[9][V][V];
            if (out + k < a.of.outputs) gather_weights(weight, d + c, some, out + k, w, a);
            for (int j = 0; j < some; j++) {
                vfloat taps[3][3], places[EDGE][EDGE];
#pragma unroll
                for (int tap = 0; tap < 9; tap++)
                    taps[tap / 3][tap % 3] = out + k < a.of.outputs ? VLOAD(w[tap][j]) : (vfloat)(0.0f);
                weight_tile(taps, places);
                store_places(places, u + (size_t)(c + j) * BLOCK + k, (size_t)a.channels * BLOCK + LINE);
            }
        }
}

/* m[count][BLOCK] (+)= v[count][depth] u[depth][BLOCK] for one place; count is rounded up to P. The next place's
 * rows are `place` floats on. */
static inline void multiply(SCRATCH const float *v, size_t stride, size_t place, SCRATCH const float *u,
                            SCRATCH float *m, int count, int depth, bool first) {
    for (int t = 0; t < count; t += P) {
        for (int p = 0; p < P; p++)
            fetch(v + (t + P < count ? (t + P + p) * stride : place + p * stride), depth);
        SCRATCH const float *from[P];
        vfloat acc[P][KB];
#pragma unroll
        for (int p = 0; p < P; p++) {
            from[p] = v + (t + p) * stride;
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[p][k] = first ? (vfloat)(0.0f) : VLOAD(m + (t + p) * BLOCK + k * V);
        }
        add_rows(from, u, depth, acc);
#pragma unroll
        for (int p = 0; p < P; p++)
#pragma unroll
            for (int k = 0; k < KB; k++)
                VSTORE(acc[p][k], m + (t + p) * BLOCK + k * V);
    }
}

/* While place e is multiplied: asks for a share of the weights of channels d .. d + a.channels. */
static inline void fetch_weights(int e, __global const float *weight, int d, int out,
                                 const mx_winograd_streamed_args a) {
    const int depth = a.of.depth, outputs = a.of.outputs;
    const int rows = 9 * (a.transposed ? BLOCK : a.channels), share = (rows + PLACES - 1) / PLACES;
    for (int i = e * share; i < min((e + 1) * share, rows); i++)
        if (a.transposed)
            fetch(weight + ((size_t)(i / BLOCK) * outputs + out + i % BLOCK) * depth + d, a.channels);
        else
            fetch(weight + ((size_t)(i / a.channels) * depth + d + i % a.channels) * outputs + out, BLOCK);
}

/* While place e is multiplied for the last time: asks for a share of what is stored then, and read besides, `count`
 * tiles from `first` on. */
static inline void fetch_outputs(int e, __global const float *y, __global const float *also, int first, int count,
                                 int out, const mx_winograd_args a) {
    const int rows = count * TILE, share = (rows + PLACES - 1) / PLACES;
    for (int i = e * share; i < min((e + 1) * share, rows); i++) {
        const tile_at at = tile_of(first + i / TILE, a.tiles_h, a.tiles_w);
        const int row = at.row + i % TILE;
        fetch_pixels(y, at.n, row, at.column, a.out_h, a.out_w, a.outputs, out, BLOCK);
        if (a.epilogue & (MX_ADD_RESIDUAL | MX_SUM_GRADIENT))
            fetch_pixels(also, at.n, row, at.column, a.out_h, a.out_w, a.outputs, out, BLOCK);
    }
}

/* The tile's chunk of those that sums are made of. */
typedef struct chunk_at {
    int chunk;
    bool begins, ends;
    int tiles;
} chunk_at;

static inline chunk_at chunk_of(int tile, const mx_winograd_args a) {
    const int in_group = tile % a.group_tiles, in_chunk = in_group % a.chunk_tiles, begin = in_group - in_chunk;
    const int tiles = min(a.chunk_tiles, a.group_tiles - begin);
    const chunk_at at = {tile / a.group_tiles * a.group_chunks + in_group / a.chunk_tiles, in_chunk == 0,
                         in_chunk + 1 == tiles, tiles};
    return at;
}

/* Tiles first .. first + count of m back to their pixels, for the block of outputs from `out` on. */
static inline void store_run(SCRATCH const float *m, size_t place, SCRATCH float *sums, __global const float *bias,
                             __global const float *norm, __global const float *finish, __global const float *also,
                             __global float *y, __global float *partial, int first, int count, int out,
                             const mx_winograd_args a) {
    for (int t = 0; t < count; t++) {
        const tile_at tile = tile_of(first + t, a.tiles_h, a.tiles_w);
        const chunk_at chunk = chunk_of(first + t, a);
        const size_t pixel = ((size_t)tile.n * a.out_h + tile.row) * a.out_w + tile.column;
        const int rows = min(TILE, a.out_h - tile.row), columns = min(TILE, a.out_w - tile.column);
        for (int k = out; k < min(out + BLOCK, a.outputs); k += V) {
            const int left = a.outputs - k;
            const vfloat add = a.has_bias ? load_part(bias + a.bias + k, left) : (vfloat)(0.0f);
            const outputs_at at = {pixel * a.outputs + k, rows, columns, left, k, tile.n, chunk.begins};
            SCRATCH const float *from = m + t * BLOCK + k - out;
            if (rows == TILE && columns == TILE && left >= V)
                inverse_tile(from, place, y, also, norm, finish, sums + k - out, BLOCK, add, at, true, a);
            else
                inverse_tile(from, place, y, also, norm, finish, sums + k - out, BLOCK, add, at, false, a);
        }
        if (chunk.ends && a.epilogue & (MX_SUM_MOMENTS | MX_SUM_GRADIENT))
            store_sums(sums, BLOCK, partial + a.partial + (size_t)chunk.chunk * 2 * a.outputs + out,
                       min(BLOCK, a.outputs - out), chunk.tiles / (a.tiles_h * a.tiles_w) * a.out_h * a.out_w, a);
    }
}

/* Work-items: (a share of blocks of outputs x splits of the tiles, which are whole chunks). */
__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_winograd_streamed(__global const float *restrict weight, __global const float *restrict v,
                     __global const float *restrict bias, __global const float *restrict norm,
                     __global const float *restrict finish, __global const float *restrict also,
                   __global float *restrict y, __global float *restrict partial,
                     __global float *restrict scratch, const mx_winograd_streamed_args a) {
    const int blocks = (a.of.outputs + BLOCK - 1) / BLOCK, works = blocks * a.splits, group = (int)get_global_id(0);
    const size_t v_place = (size_t)a.rows * a.v_stride, m_place = (size_t)a.run * BLOCK + LINE;
    const size_t u_place = (size_t)a.channels * BLOCK + LINE;
    scratch += a.of.scratch + (size_t)group * a.of.scratch_floats;
    SCRATCH float *u = scratch, *m = u + PLACES * u_place, *sums = m + PLACES * m_place;
    weight += a.weight;
    v += a.v;
    also += a.of.also;
    y += a.of.y;
    for (int work = works * group / a.of.groups; work < works * (group + 1) / a.of.groups; work++) {
        const int out = work % blocks * BLOCK, split = work / blocks;
        const int begin = split * a.split_tiles, end = min(begin + a.split_tiles, a.tiles);
        for (int first = begin; first < end; first += a.run) {
            const int count = min(a.run, end - first);
            for (int d = 0; d < a.of.depth; d += a.channels) {
                const int some = min(a.channels, a.of.depth - d);
                transform_weights(weight, u, d, some, out, a);
                for (int e = 0; e < PLACES; e++) {
                    if (d + a.channels < a.of.depth)
                        fetch_weights(e, weight, d + a.channels, out, a);
                    else
                        fetch_outputs(e, y, also, first, count, out, a.of);
                    multiply(v + e * v_place + (size_t)first * a.v_stride + d, a.v_stride, v_place, u + e * u_place,
                             m + e * m_place, count, some, d == 0);
                }
            }
            store_run(m, m_place, sums, bias, norm, finish, also, y, partial, first, count, out, a.of);
        }
    }
}
#else

/* u[c][BLOCK] = sum over tiles of v[tile][c] z[tile][BLOCK] for one place, channels 0 .. count. */
static inline void add_products(__global const float *v, __global const float *z, SCRATCH float *u, int count,
                                const mx_winograd_streamed_args a) {
    for (int c = 0; c < count; c += CB, v += CB, u += CB * BLOCK) {
        vfloat acc[CB][KB];
#pragma unroll
        for (int i = 0; i < CB; i++)
#pragma unroll
            for (int j = 0; j < KB; j++)
                acc[i][j] = (vfloat)(0.0f);
        add_outer(v, a.v_stride, z, a.z_stride, a.tiles, acc);
#pragma unroll
        for (int i = 0; i < CB; i++)
#pragma unroll
            for (int j = 0; j < KB; j++)
                VSTORE(acc[i][j], u + i * BLOCK + j * V);
    }
}

/* Work-items: (a share of blocks of outputs x groups of channels). */
__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_winograd_streamed_weights(__global const float *restrict v, __global const float *restrict z,
                             __global float *restrict weight, __global float *restrict scratch,
                             const mx_winograd_streamed_args a) {
    const int blocks = a.of.outputs / BLOCK, works = blocks * ((a.of.depth + a.channels - 1) / a.channels);
    const int group = (int)get_global_id(0);
    const size_t u_place = (size_t)a.channels * BLOCK + LINE, plane = (size_t)a.of.depth * a.of.outputs;
    SCRATCH float *u = scratch + a.of.scratch + (size_t)group * a.of.scratch_floats;
    v += a.v;
    z += a.z;
    weight += a.weight;
    for (int work = works * group / a.of.groups; work < works * (group + 1) / a.of.groups; work++) {
        const int k = work % blocks * BLOCK, first = work / blocks * a.channels;
        const int count = min(a.channels, a.of.depth - first);
        for (int e = 0; e < PLACES; e++)
            add_products(v + (size_t)e * a.rows * a.v_stride + first, z + (size_t)e * a.rows * a.z_stride + k,
                         u + e * u_place, count, a);
        for (int c = 0; c < count; c++)
            for (int j = 0; j < BLOCK; j += V) {
                vfloat places[EDGE][EDGE], g[3][3];
#pragma unroll
                for (int e = 0; e < PLACES; e++)
                    places[e / EDGE][e % EDGE] = VLOAD(u + e * u_place + (size_t)c * BLOCK + j);
                weight_gradient_tile(places, g);
#pragma unroll
                for (int tap = 0; tap < 9; tap++)
                    VSTORE(g[tap / 3][tap % 3], weight + tap * plane + (size_t)(first + c) * a.of.outputs + k + j);
            }
    }
}
#endif
