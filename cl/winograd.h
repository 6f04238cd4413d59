/* One-dimensional Winograd transforms F(TILE, 3), TILE 2, 3 or 4 (Lavin and Gray 2016, "Fast algorithms for
 * convolutional neural networks"), on arrays of vectors: EDGE = TILE + 2 inputs, TILE outputs. */
#define EDGE (TILE + 2)
#define PLACES (EDGE * EDGE)

/* B' d: a column or row of an input tile. */
static inline void input_transform(const vfloat *d, vfloat *v) {
#if TILE == 2
    v[0] = d[0] - d[2];
    v[1] = d[1] + d[2];
    v[2] = d[2] - d[1];
    v[3] = d[1] - d[3];
#elif TILE == 3
    const vfloat difference = d[3] - d[1];
    v[0] = 2.0f * (d[0] - d[2]) + difference;
    v[1] = d[3] - d[2] - 2.0f * d[1];
    v[2] = d[3] - 3.0f * d[2] + 2.0f * d[1];
    v[3] = difference;
    v[4] = d[4] - d[2] - 2.0f * difference;
#else
    const vfloat even = d[4] - 4.0f * d[2], odd = d[3] - 4.0f * d[1];
    const vfloat even2 = d[4] - d[2], odd2 = 2.0f * (d[3] - d[1]);
    v[0] = 4.0f * d[0] - 5.0f * d[2] + d[4];
    v[1] = even + odd;
    v[2] = even - odd;
    v[3] = even2 + odd2;
    v[4] = even2 - odd2;
    v[5] = 4.0f * d[1] - 5.0f * d[3] + d[5];
#endif
}

/* A' m: back to outputs. */
static inline void output_transform(const vfloat *m, vfloat *y) {
    const vfloat sum = m[1] + m[2], difference = m[1] - m[2];
#if TILE == 2
    y[0] = m[0] + sum;
    y[1] = difference - m[3];
#elif TILE == 3
    y[0] = m[0] + sum + m[3];
    y[1] = difference + 2.0f * m[3];
    y[2] = sum + 4.0f * m[3] + m[4];
#else
    const vfloat sum2 = m[3] + m[4], difference2 = m[3] - m[4];
    y[0] = m[0] + sum + sum2;
    y[1] = difference + 2.0f * difference2;
    y[2] = sum + 4.0f * sum2;
    y[3] = difference + 8.0f * difference2 + m[5];
#endif
}

/* A d: a column or row of an output gradient, the transpose of output_transform. */
static inline void gradient_transform(const vfloat *d, vfloat *z) {
#if TILE == 2
    z[0] = d[0];
    z[1] = d[0] + d[1];
    z[2] = d[0] - d[1];
    z[3] = -d[1];
#elif TILE == 3
    z[0] = d[0];
    z[1] = d[0] + d[2] + d[1];
    z[2] = d[0] + d[2] - d[1];
    z[3] = d[0] + 2.0f * d[1] + 4.0f * d[2];
    z[4] = d[2];
#else
    const vfloat even = d[0] + d[2], odd = d[1] + d[3];
    const vfloat even2 = d[0] + 4.0f * d[2], odd2 = 2.0f * d[1] + 8.0f * d[3];
    z[0] = d[0];
    z[1] = even + odd;
    z[2] = even - odd;
    z[3] = even2 + odd2;
    z[4] = even2 - odd2;
    z[5] = d[3];
#endif
}

/* G g: three weights to EDGE. */
static inline void weight_transform(const vfloat *g, vfloat *u) {
#if TILE == 2
    u[0] = g[0];
    u[1] = 0.5f * (g[0] + g[1] + g[2]);
    u[2] = 0.5f * (g[0] - g[1] + g[2]);
    u[3] = g[2];
#elif TILE == 3
    u[0] = 0.5f * g[0];
    u[1] = -0.5f * (g[0] + g[1] + g[2]);
    u[2] = (g[1] - g[0] - g[2]) / 6.0f;
    u[3] = g[0] / 6.0f + g[1] / 3.0f + 2.0f / 3.0f * g[2];
    u[4] = g[2];
#else
    u[0] = 0.25f * g[0];
    u[1] = -(g[0] + g[1] + g[2]) / 6.0f;
    u[2] = (g[1] - g[0] - g[2]) / 6.0f;
    u[3] = g[0] / 24.0f + g[1] / 12.0f + g[2] / 6.0f;
    u[4] = g[0] / 24.0f - g[1] / 12.0f + g[2] / 6.0f;
    u[5] = g[2];
#endif
}

/* G' u: the transpose, EDGE sums to three weight gradients. */
static inline void weight_gradient_transform(const vfloat *u, vfloat *g) {
#if TILE == 2
    g[0] = u[0] + 0.5f * (u[1] + u[2]);
    g[1] = 0.5f * (u[1] - u[2]);
    g[2] = 0.5f * (u[1] + u[2]) + u[3];
#elif TILE == 3
    g[0] = 0.5f * (u[0] - u[1]) + (u[3] - u[2]) / 6.0f;
    g[1] = -0.5f * u[1] + u[2] / 6.0f + u[3] / 3.0f;
    g[2] = -0.5f * u[1] - u[2] / 6.0f + 2.0f / 3.0f * u[3] + u[4];
#else
    g[0] = 0.25f * u[0] - (u[1] + u[2]) / 6.0f + (u[3] + u[4]) / 24.0f;
    g[1] = (u[2] - u[1]) / 6.0f + (u[3] - u[4]) / 12.0f;
    g[2] = (u[3] + u[4] - u[1] - u[2]) / 6.0f + u[5];
#endif
}

/* side x side pixels of a picture [h][w][depth] from (row, column) on, side at most EDGE. Those outside read one
 * inside, and count as zero: their bits are 0 in `rows` or `columns`, which are all ones elsewhere. */
typedef struct pixels {
    __global const float *at[EDGE];
    int right[EDGE], rows[EDGE], columns[EDGE];
    bool inside;
} pixels;

static inline pixels pixels_of(__global const float *p, int side, int row, int column, int h, int w, int depth) {
    pixels to;
    to.inside = row >= 0 && row + side <= h && column >= 0 && column + side <= w;
#pragma unroll
    for (int i = 0; i < EDGE; i++) {
        to.at[i] = p + (size_t)clamp(row + i, 0, h - 1) * w * depth;
        to.right[i] = clamp(column + i, 0, w - 1) * depth;
        to.rows[i] = row + i >= 0 && row + i < h ? -1 : 0;
        to.columns[i] = column + i >= 0 && column + i < w ? -1 : 0;
    }
    return to;
}

/* The numbers [4][depth] that picture n is normed by, or NULL where it is not. */
static inline __global const float *norm_of(__global const float *norm, const mx_norm_args a, int n, int depth) {
    return a.images > 0 ? norm + a.saved + (size_t)(n / a.images) * 4 * depth : 0;
}

/* Channels c .. c + V of an input tile, transformed. `norm` is the group's [4][depth] of mx_norm_args, or NULL.
 * `inside` and `whole` (V channels are there) are known when it is compiled. */
static inline void input_tile_as(const pixels *x, __global const float *norm, float slope, int depth, int c,
                                 bool inside, bool whole, vfloat v[EDGE][EDGE]) {
    vfloat d[EDGE][EDGE];
    const int left = whole ? V : depth - c;
    const vfloat scale = norm ? load_part(norm + 2 * depth + c, left) : (vfloat)(1.0f);
    const vfloat shift = norm ? load_part(norm + 3 * depth + c, left) : (vfloat)(0.0f);
#pragma unroll
    for (int j = 0; j < EDGE; j++) {
        vfloat in[EDGE], out[EDGE];
#pragma unroll
        for (int i = 0; i < EDGE; i++) {
            in[i] = load_part(x->at[i] + x->right[j] + c, left);
            if (norm) in[i] = leaky(fma(in[i], scale, shift), slope);
            if (!inside) in[i] = keep_bits(in[i], x->rows[i] & x->columns[j]);
        }
        input_transform(in, out);
#pragma unroll
        for (int i = 0; i < EDGE; i++)
            d[i][j] = out[i];
    }
#pragma unroll
    for (int i = 0; i < EDGE; i++)
        input_transform(d[i], v[i]);
}

/* Outputs k .. k + V of a gradient tile, transformed. */
static inline void gradient_tile_as(const pixels *dy, int k, bool inside, vfloat z[EDGE][EDGE]) {
    vfloat d[EDGE][TILE];
#pragma unroll
    for (int j = 0; j < TILE; j++) {
        vfloat in[TILE], out[EDGE];
#pragma unroll
        for (int i = 0; i < TILE; i++) {
            in[i] = VLOAD(dy->at[i] + dy->right[j] + k);
            if (!inside) in[i] = keep_bits(in[i], dy->rows[i] & dy->columns[j]);
        }
        gradient_transform(in, out);
#pragma unroll
        for (int i = 0; i < EDGE; i++)
            d[i][j] = out[i];
    }
#pragma unroll
    for (int i = 0; i < EDGE; i++)
        gradient_transform(d[i], z[i]);
}

/* Places in Winograd's domain back to TILE x TILE outputs. */
static inline void output_tile(vfloat m[EDGE][EDGE], vfloat y[TILE][TILE]) {
    vfloat half_way[TILE][EDGE];
#pragma unroll
    for (int j = 0; j < EDGE; j++) {
        vfloat in[EDGE], out[TILE];
#pragma unroll
        for (int i = 0; i < EDGE; i++)
            in[i] = m[i][j];
        output_transform(in, out);
#pragma unroll
        for (int i = 0; i < TILE; i++)
            half_way[i][j] = out[i];
    }
#pragma unroll
    for (int i = 0; i < TILE; i++)
        output_transform(half_way[i], y[i]);
}

/* Weights [3][3] to their places. */
static inline void weight_tile(vfloat w[3][3], vfloat u[EDGE][EDGE]) {
    vfloat rows[EDGE][3];
#pragma unroll
    for (int s = 0; s < 3; s++) {
        vfloat column[3], out[EDGE];
#pragma unroll
        for (int r = 0; r < 3; r++)
            column[r] = w[r][s];
        weight_transform(column, out);
#pragma unroll
        for (int i = 0; i < EDGE; i++)
            rows[i][s] = out[i];
    }
#pragma unroll
    for (int i = 0; i < EDGE; i++)
        weight_transform(rows[i], u[i]);
}

/* The transpose of weight_tile: sums in places to gradients of [3][3] weights. */
static inline void weight_gradient_tile(vfloat u[EDGE][EDGE], vfloat g[3][3]) {
    vfloat rows[3][EDGE];
#pragma unroll
    for (int j = 0; j < EDGE; j++) {
        vfloat column[EDGE], out[3];
#pragma unroll
        for (int i = 0; i < EDGE; i++)
            column[i] = u[i][j];
        weight_gradient_transform(column, out);
#pragma unroll
        for (int r = 0; r < 3; r++)
            rows[r][j] = out[r];
    }
#pragma unroll
    for (int r = 0; r < 3; r++)
        weight_gradient_transform(rows[r], g[r]);
}

/* A tile of the picture `n`, whose outputs begin at (row, column). */
typedef struct tile_at {
    int n, row, column;
} tile_at;

static inline tile_at tile_of(int tile, int tiles_h, int tiles_w) {
    const int at = tile % (tiles_h * tiles_w);
    const tile_at to = {tile / (tiles_h * tiles_w), at / tiles_w * TILE, at % tiles_w * TILE};
    return to;
}
