/* Gradient by the weights of a 3x3 convolution of stride 1 in Winograd's domain: the transpose of the
 * forward transforms, dU[e] = sum over tiles of V[e] Z[e]' with V = B' d B and Z = A dY A', and at the end
 * dw = G' dU G. A work-group of one takes T tiles at a time through its scratch, v[PLACES][T][c rounded up
 * to V] and z[PLACES][T][split_k], and adds to its partial sums, which join in a fixed order afterwards.
 * V divides k and split_k is a multiple of KB V; CB divides c. Build options: V, KB, CB, TILE, T, SCRATCH.
 * Work-items: (split of the outputs, chunk of the tiles). */

/* to[c][k] (+)= sum over T tiles of v[t][c] z[t][k] for one place. */
static inline void add_products(SCRATCH const float *v, SCRATCH const float *z, __global float *to, int stride,
                                int split, int c_count, int k_stride, bool first) {
    for (int k = 0; k < split; k += KB * V)
        for (int c = 0; c < c_count; c += CB) {
            vfloat acc[CB][KB];
#pragma unroll
            for (int i = 0; i < CB; i++)
#pragma unroll
                for (int j = 0; j < KB; j++)
                    acc[i][j] = first ? (vfloat)(0.0f) : VLOAD(to + (size_t)(c + i) * k_stride + k + j * V);
            add_outer(v + c, stride, z + k, split, T, acc);
#pragma unroll
            for (int i = 0; i < CB; i++)
#pragma unroll
                for (int j = 0; j < KB; j++)
                    VSTORE(acc[i][j], to + (size_t)(c + i) * k_stride + k + j * V);
        }
}

/* While place e of a run is multiplied: asks for a share of what the next one, `next`, adds. */
static inline void fetch_ahead(int e, const tile_at *next, __global const float *x, __global const float *dy, int split,
                               const mx_winograd_weights_args a) {
    for (int i = e * FETCHES; i < min((e + 1) * FETCHES, T * TILE); i++) {
        const tile_at at = next[i / TILE];
        const int row = at.row + i % TILE;
        fetch_pixels(x, at.n, row + 2 - a.pad, at.column + 2 - a.pad, a.in_h, a.in_w, a.c, 0, a.c);
        fetch_pixels(dy, at.n, row, at.column, a.out_h, a.out_w, a.k, 0, split);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
conv_winograd_weights(__global const float *restrict x, __global const float *restrict dy,
                      __global const float *restrict norm, __global float *restrict partial,
#if SCRATCH_IS_LOCAL
                      __local float *restrict scratch,
#else
                      __global float *restrict scratch,
#endif
                      const mx_winograd_weights_args a) {
    const int k0 = (int)get_global_id(0) * a.split_k, split = min(a.split_k, a.k - k0);
    const int chunk = (int)get_global_id(1), stride = (a.c + V - 1) / V * V;
    const int plane = a.tiles_h * a.tiles_w, tiles = a.n * plane;
    const int begin = (int)((long)tiles * chunk / a.chunks), end = (int)((long)tiles * (chunk + 1) / a.chunks);
#if !SCRATCH_IS_LOCAL
    scratch += a.scratch + (get_global_id(1) * get_global_size(0) + get_global_id(0)) * a.scratch_floats;
#endif
    const size_t v_place = PLACE_FLOATS(stride), z_place = PLACE_FLOATS(split);
    SCRATCH float *v = scratch, *z = scratch + PLACES * v_place;
    tile_at run[2 * T]; /* this one's tiles, past the chunk's last that once more, and the next one's */
    x += a.x;
    dy += a.y + k0;
    partial += a.partial + (size_t)chunk * PLACES * a.c * a.k + k0;
    for (int t = 0; t < T; t++)
        run[T + t] = tile_of(begin + t, a.tiles_h, a.tiles_w);
    for (int first = begin; first < end; first += T) {
        for (int t = 0; t < T; t++) {
            const tile_at at = run[t] = first + t < end ? run[T + t] : run[t - 1];
            run[T + t] = tile_of(first + T + t, a.tiles_h, a.tiles_w);
            /* Past the last tile come zeros: a tile below the picture. */
            const int row = first + t < end ? at.row : a.out_h;
            transform_tile(x + (size_t)at.n * a.in_h * a.in_w * a.c,
                           norm_of(norm, a.norm, at.n, a.c),
                           a.norm.slope, v + t * stride, v_place, row - a.pad, at.column - a.pad, a.in_h, a.in_w, a.c);
            transform_gradient(dy + (size_t)at.n * a.out_h * a.out_w * a.k, z + t * split, z_place, split, row,
                               at.column, a.out_h, a.out_w, a.k);
        }
        for (int e = 0; e < PLACES; e++) {
            fetch_ahead(e, run + T, x, dy, split, a);
            add_products(v + e * v_place, z + e * z_place, partial + (size_t)e * a.c * a.k, stride, split, a.c, a.k,
                         first == begin);
        }
    }
}

/* weight[3][3][c][k] = G' (sum over chunks of partial) G, V outputs at a time: work-items (k / V, c). */
__kernel void winograd_weights_sum(__global const float *partial, __global float *weight,
                                   const mx_winograd_weights_args a) {
    const int k = (int)get_global_id(0) * V, c = (int)get_global_id(1);
    if (k >= a.k || c >= a.c) return;
    const size_t plane = (size_t)a.c * a.k, at = (size_t)c * a.k + k;
    vfloat u[EDGE][EDGE], g[3][3];
    partial += a.partial + at;
    weight += a.weight + at;
    for (int e = 0; e < PLACES; e++) {
        vfloat sum = (vfloat)(0.0f);
        for (int chunk = 0; chunk < a.chunks; chunk++)
            sum += VLOAD(partial + ((size_t)chunk * PLACES + e) * plane);
        u[e / EDGE][e % EDGE] = sum;
    }
    weight_gradient_tile(u, g);
    for (int tap = 0; tap < 9; tap++)
        VSTORE(g[tap / 3][tap % 3], weight + (size_t)tap * plane);
}
