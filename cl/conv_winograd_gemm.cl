/* 3x3 convolution of stride 1 by Winograd's F(TILE x TILE, 3x3) in three launches, for GPUs: transforms in
 * registers around PLACES matrix products (gemm.h, batched). Neighbouring work-items take neighbouring
 * channels, so that loads and stores are coalesced; V divides the channels. Nothing is shared between
 * work-items. Build options: V, TILE. Work-items: (channels / V, tiles) but for the weights, which are
 * transformed with V = 1.
 *
 *   u[PLACES][depth][outputs]   v[PLACES][tiles][depth]   m[PLACES][tiles][outputs] = v u
 *
 * By the weights: z[PLACES][tiles][outputs] of dy, and u = v' z, [PLACES][depth][outputs]. */

__kernel void winograd_gemm_input(__global const float *x, __global const float *norm, __global float *v,
                                  const mx_winograd_gemm_args a) {
    const int c = (int)get_global_id(0) * V, tile = (int)get_global_id(1);
    if (c >= a.depth || tile >= a.tiles) return;
    const tile_at at = tile_of(tile, a.tiles_h, a.tiles_w);
    vfloat d[EDGE][EDGE];
    norm = norm_of(norm, a.norm, a.first + at.n, a.depth);
    const pixels from = pixels_of(x + a.x + (size_t)at.n * a.in_h * a.in_w * a.depth, EDGE, at.row - a.pad,
                                  at.column - a.pad, a.in_h, a.in_w, a.depth);
    input_tile_as(&from, norm, a.norm.slope, a.depth, c, false, true, d);
    v += a.v + (size_t)tile * a.depth + c;
#pragma unroll
    for (int e = 0; e < PLACES; e++)
        VSTORE(d[e / EDGE][e % EDGE], v + (size_t)e * a.tiles * a.depth);
}

__kernel void winograd_gemm_output(__global const float *m, __global const float *bias, __global float *y,
                                   const mx_winograd_gemm_args a) {
    const int k = (int)get_global_id(0) * V, tile = (int)get_global_id(1);
    if (k >= a.outputs || tile >= a.tiles) return;
    const tile_at at = tile_of(tile, a.tiles_h, a.tiles_w);
    vfloat places[EDGE][EDGE], out[TILE][TILE];
    m += a.m + (size_t)tile * a.outputs + k;
    y += a.y + (size_t)at.n * a.out_h * a.out_w * a.outputs + k;
    const vfloat add = a.has_bias ? VLOAD(bias + a.bias + k) : (vfloat)(0.0f);
#pragma unroll
    for (int e = 0; e < PLACES; e++)
        places[e / EDGE][e % EDGE] = VLOAD(m + (size_t)e * a.tiles * a.outputs);
    output_tile(places, out);
#pragma unroll
    for (int i = 0; i < TILE; i++)
#pragma unroll
        for (int j = 0; j < TILE; j++)
            if (at.row + i < a.out_h && at.column + j < a.out_w)
                store_part(out[i][j] + add, y + ((size_t)(at.row + i) * a.out_w + at.column + j) * a.outputs, V,
                           a.accumulate);
}

__kernel void winograd_gemm_gradient(__global const float *dy, __global float *z, const mx_winograd_gemm_args a) {
    const int k = (int)get_global_id(0) * V, tile = (int)get_global_id(1);
    if (k >= a.outputs || tile >= a.tiles) return;
    const tile_at at = tile_of(tile, a.tiles_h, a.tiles_w);
    vfloat d[EDGE][EDGE];
    const pixels from = pixels_of(dy + a.y + (size_t)at.n * a.out_h * a.out_w * a.outputs, TILE, at.row, at.column,
                                  a.out_h, a.out_w, a.outputs);
    gradient_tile_as(&from, k, false, d);
    z += a.m + (size_t)tile * a.outputs + k;
#pragma unroll
    for (int e = 0; e < PLACES; e++)
        VSTORE(d[e / EDGE][e % EDGE], z + (size_t)e * a.tiles * a.outputs);
}

#if V == 1
/* weight[3][3][c][k] to u: work-items (outputs, depth). */
__kernel void winograd_gemm_weights(__global const float *weight, __global float *u,
                                    const mx_winograd_gemm_args a) {
    const int out = (int)get_global_id(0), d = (int)get_global_id(1);
    if (out >= a.outputs || d >= a.depth) return;
    const size_t plane = (size_t)a.depth * a.outputs, own = (size_t)d * a.outputs + out;
    vfloat w[3][3], places[EDGE][EDGE];
    weight += a.weight + (a.transposed ? (size_t)out * a.depth + d : own);
    u += a.u + own;
#pragma unroll
    for (int tap = 0; tap < 9; tap++)
        w[tap / 3][tap % 3] = weight[(a.transposed ? 8 - tap : tap) * plane];
    weight_tile(w, places);
#pragma unroll
    for (int e = 0; e < PLACES; e++)
        u[e * plane] = places[e / EDGE][e % EDGE];
}

/* weight[3][3][depth][outputs] from u: work-items (outputs, depth). */
__kernel void winograd_gemm_weight_gradient(__global const float *u, __global float *weight,
                                            const mx_winograd_gemm_args a) {
    const int k = (int)get_global_id(0), c = (int)get_global_id(1);
    if (k >= a.outputs || c >= a.depth) return;
    const size_t plane = (size_t)a.depth * a.outputs, own = (size_t)c * a.outputs + k;
    vfloat places[EDGE][EDGE], g[3][3];
    u += a.u + own;
    weight += a.weight + own;
#pragma unroll
    for (int e = 0; e < PLACES; e++)
        places[e / EDGE][e % EDGE] = u[e * plane];
    weight_gradient_tile(places, g);
#pragma unroll
    for (int tap = 0; tap < 9; tap++)
        weight[tap * plane] = g[tap / 3][tap % 3];
}
#endif
