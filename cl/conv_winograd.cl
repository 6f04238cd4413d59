/* 3x3 convolution of stride 1 by Winograd's F(TILE x TILE, 3x3) for CPUs, fused: a work-group of one takes
 * T tiles at a time through input transform, PLACES small products and inverse transform without leaving
 * its scratch: v[PLACES][T][depth, rounded up to V], then m[PLACES][T][BLOCK] a block of outputs at a time.
 * T is a multiple of P, the tiles of a register tile. Build options: V, KB, TILE, T, P, SCRATCH (the scratch's
 * address space). Error against exact arithmetic: below 2e-5 (TILE 4) or 2e-6 (TILE 2) of the largest
 * output, times the root of depth / 128 where that is more than 1.
 * Work-items: (run of tile groups). */
#define BLOCK (KB * V)

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
        vfloat acc[P][KB];
        __global const float *w = u;
#pragma unroll
        for (int p = 0; p < P; p++)
#pragma unroll
            for (int k = 0; k < KB; k++)
                acc[p][k] = (vfloat)(0.0f);
        for (int c = 0; c < depth; c++, w += BLOCK) {
            vfloat b[KB];
#pragma unroll
            for (int k = 0; k < KB; k++)
                b[k] = VLOAD(w + k * V);
#pragma unroll
            for (int p = 0; p < P; p++) {
                const vfloat s = (vfloat)(v[p * stride + c]);
#pragma unroll
                for (int k = 0; k < KB; k++)
                    acc[p][k] = fma(s, b[k], acc[p][k]);
            }
        }
#pragma unroll
        for (int p = 0; p < P; p++)
#pragma unroll
            for (int k = 0; k < KB; k++)
                VSTORE(acc[p][k], m + p * BLOCK + k * V);
    }
}

/* One tile of m back to the pixels (row, column) ... of picture y, clipped to it; one vector of outputs. */
static inline void inverse_tile(SCRATCH const float *m, __global float *y, vfloat bias, int row, int column, int left,
                                const mx_winograd_args a) {
    vfloat places[EDGE][EDGE], out[TILE][TILE];
#pragma unroll
    for (int i = 0; i < EDGE; i++)
#pragma unroll
        for (int j = 0; j < EDGE; j++)
            places[i][j] = VLOAD(m + (i * EDGE + j) * T * BLOCK);
    output_tile(places, out);
#pragma unroll
    for (int i = 0; i < TILE; i++)
#pragma unroll
        for (int j = 0; j < TILE; j++)
            if (row + i < a.out_h && column + j < a.out_w)
                store_part(out[i][j] + bias, y + ((size_t)(row + i) * a.out_w + column + j) * a.outputs, left,
                           a.accumulate);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_winograd(__global const float *restrict x, __global const float *restrict packed,
              __global const float *restrict bias, __global const float *restrict zeros, __global float *restrict y,
#if SCRATCH_IS_LOCAL
              __local float *restrict scratch,
#else
              __global float *restrict scratch,
#endif
              const mx_winograd_args a) {
    const int plane = a.tiles_h * a.tiles_w, tiles = a.n * plane, runs = (tiles + T - 1) / T;
    const int stride = (a.depth + V - 1) / V * V, blocks = (a.outputs + BLOCK - 1) / BLOCK;
    const long group = (long)get_global_id(0);
#if !SCRATCH_IS_LOCAL
    scratch += a.scratch + (size_t)group * a.scratch_floats;
#endif
    SCRATCH float *v = scratch, *m = scratch + (size_t)PLACES * T * stride;
    x += a.x;
    y += a.y;
    packed += a.packed;
    for (int run = (int)(runs * group / a.groups); run < (int)(runs * (group + 1) / a.groups); run++) {
        for (int t = 0; t < T; t++) {
            /* Past the last tile the last is taken again, and not stored. */
            const int tile = min(run * T + t, tiles - 1), n = tile / plane, at = tile % plane;
            transform_tile(x + (size_t)n * a.in_h * a.in_w * a.depth, zeros, v + t * stride, stride,
                           at / a.tiles_w * TILE + a.row0, at % a.tiles_w * TILE + a.column0, a.in_h, a.in_w,
                           a.depth);
        }
        for (int block = 0; block < blocks; block++) {
            for (int e = 0; e < PLACES; e++)
                multiply(v + (size_t)e * T * stride, packed + ((size_t)e * blocks + block) * a.depth * BLOCK,
                         m + e * T * BLOCK, stride, a.depth);
            for (int k = 0; k < BLOCK && block * BLOCK + k < a.outputs; k += V) {
                const int out = block * BLOCK + k, left = a.outputs - out;
                const vfloat add = a.has_bias ? load_part(bias + a.bias + out, left) : (vfloat)(0.0f);
                for (int t = 0; t < T && run * T + t < tiles; t++) {
                    const int tile = run * T + t, n = tile / plane, at = tile % plane;
                    inverse_tile(m + t * BLOCK + k, y + (size_t)n * a.out_h * a.out_w * a.outputs + out, add,
                                 at / a.tiles_w * TILE, at % a.tiles_w * TILE, left, a);
                }
            }
        }
    }
}
