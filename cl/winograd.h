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

/* SIDE x SIDE pixels of a picture [h][w][depth] from (row, column) on. Those outside read one inside, and count
 * as zero: their bits are 0 in `rows` or `columns`, which are all ones elsewhere. */
#define PIXELS_OF(name, SIDE)                                                                                          \
    typedef struct name {                                                                                              \
        __global const float *at[SIDE];                                                                                \
        int right[SIDE], rows[SIDE], columns[SIDE];                                                                    \
        bool inside;                                                                                                   \
    } name;                                                                                                            \
    static inline name name##_of(__global const float *p, int row, int column, int h, int w, int depth) {              \
        name to;                                                                                                       \
        to.inside = row >= 0 && row + SIDE <= h && column >= 0 && column + SIDE <= w;                                  \
        _Pragma("unroll") for (int i = 0; i < SIDE; i++) {                                                             \
            to.at[i] = p + (size_t)clamp(row + i, 0, h - 1) * w * depth;                                               \
            to.right[i] = clamp(column + i, 0, w - 1) * depth;                                                         \
            to.rows[i] = row + i >= 0 && row + i < h ? -1 : 0;                                                         \
            to.columns[i] = column + i >= 0 && column + i < w ? -1 : 0;                                                \
        }                                                                                                              \
        return to;                                                                                                     \
    }
PIXELS_OF(input_pixels, EDGE)
PIXELS_OF(gradient_pixels, TILE)

/* Channels c .. c + V of an input tile, transformed. `norm` is the group's [4][depth] of mx_norm_args, or NULL.
 * `inside` and `whole` (V channels are there) are known when it is compiled. */
static inline void input_tile_as(const input_pixels *x, __global const float *norm, float slope, int depth, int c,
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
static inline void gradient_tile_as(const gradient_pixels *dy, int k, bool inside, vfloat z[EDGE][EDGE]) {
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

#ifdef SCRATCH
/* What runs of T tiles have in a work-group's scratch is place by place, LINE floats apart besides: rows a
 * power of two apart would push each other out of a cache. */
#define LINE 16
#define PLACE_FLOATS(row_floats) ((size_t)T * (row_floats) + LINE)
#define FETCHES ((T * TILE + PLACES - 1) / PLACES) /* rows of pixels asked for with each place */

/* Asks for floats first .. first + count of TILE pixels from (row, column) of picture n on. */
static inline void fetch_pixels(__global const float *p, int n, int row, int column, int h, int w, int depth,
                                int first, int count) {
    p += (((long)n * h + row) * w + column) * depth + first;
    for (int q = 0; q < TILE; q++)
        fetch(p + (size_t)q * depth, count);
}

static inline void store_places(vfloat d[EDGE][EDGE], SCRATCH float *to, size_t place) {
#pragma unroll
    for (int i = 0; i < EDGE; i++)
#pragma unroll
        for (int j = 0; j < EDGE; j++)
            VSTORE(d[i][j], to + (size_t)(i * EDGE + j) * place);
}

/* Input tile at (row, column) of picture x to v, all channels, places `place` floats apart. */
static inline void transform_tile(__global const float *x, __global const float *norm, float slope, SCRATCH float *v,
                                  size_t place, int row, int column, int in_h, int in_w, int depth) {
    const input_pixels from = input_pixels_of(x, row, column, in_h, in_w, depth);
    for (int c = 0; c < depth; c += V) {
        vfloat d[EDGE][EDGE];
        /* Each a copy of its own, without the questions of the others. */
        if (depth - c < V)
            input_tile_as(&from, norm, slope, depth, c, false, false, d);
        else if (from.inside)
            if (norm)
                input_tile_as(&from, norm, slope, depth, c, true, true, d);
            else
                input_tile_as(&from, 0, slope, depth, c, true, true, d);
        else if (norm)
            input_tile_as(&from, norm, slope, depth, c, false, true, d);
        else
            input_tile_as(&from, 0, slope, depth, c, false, true, d);
        store_places(d, v + c, place);
    }
}

/* Output gradient tile at (row, column) of picture dy to z, outputs 0 .. count, places `place` floats apart. */
static inline void transform_gradient(__global const float *dy, SCRATCH float *z, size_t place, int count, int row,
                                      int column, int out_h, int out_w, int outputs) {
    const gradient_pixels from = gradient_pixels_of(dy, row, column, out_h, out_w, outputs);
    for (int k = 0; k < count; k += V) {
        vfloat d[EDGE][EDGE];
        if (from.inside)
            gradient_tile_as(&from, k, true, d);
        else
            gradient_tile_as(&from, k, false, d);
        store_places(d, z + k, place);
    }
}

#define BLOCK (KB * V) /* outputs that are multiplied at a time */

/* Where a vector of outputs of a tile belongs. */
typedef struct outputs_at {
    size_t first;    /* of y: the tile's first pixel */
    int rows, columns, left; /* pixels of the picture, lanes of the vector */
    int k;           /* channel */
    int image;
    bool begins;     /* the first tile of its chunk */
} outputs_at;

static inline size_t output_index(const outputs_at at, int i, int j, const mx_winograd_args a) {
    return at.first + ((size_t)i * a.out_w + j) * a.outputs;
}

#define FOR_PIXELS                                                                                                     \
    _Pragma("unroll") for (int i = 0; i < TILE; i++) _Pragma("unroll") for (int j = 0; j < TILE; j++)                  \
        if (whole || (i < at.rows && j < at.columns))

/* Adds what a tile has of the sums of differences to the chunk's first value, and of their squares. */
static inline void add_moments(vfloat out[TILE][TILE], SCRATCH float *sums, int stride, const outputs_at at,
                               bool whole) {
    const vfloat shift = at.begins ? out[0][0] : VLOAD(sums);
    vfloat sum = at.begins ? (vfloat)(0.0f) : VLOAD(sums + stride), square = at.begins ? sum : VLOAD(sums + 2 * stride);
    FOR_PIXELS {
        const vfloat d = out[i][j] - shift;
        sum += d;
        square = fma(d, d, square);
    }
    VSTORE(shift, sums);
    VSTORE(sum, sums + stride);
    VSTORE(square, sums + 2 * stride);
}

/* Makes dz of the gradient by leaky(z) and adds it up, and dz xhat. */
static inline void add_gradient(vfloat out[TILE][TILE], __global const float *seen, __global const float *norm,
                                SCRATCH float *sums, int stride, const outputs_at at, bool whole,
                                const mx_winograd_args a) {
    norm += a.norm.saved + (size_t)(at.image / a.norm.images) * 4 * a.outputs + at.k;
    const int left = whole ? V : at.left;
    const vfloat mean = load_part(norm, left), inverse = load_part(norm + a.outputs, left);
    const vfloat scale = load_part(norm + 2 * a.outputs, left), shift = load_part(norm + 3 * a.outputs, left);
    vfloat sum = at.begins ? (vfloat)(0.0f) : VLOAD(sums + stride), dot = (vfloat)(0.0f);
    FOR_PIXELS {
        const vfloat v = load_part(seen + output_index(at, i, j, a), left);
        const vfloat dz = out[i][j] * leaky_gradient(fma(v, scale, shift), a.norm.slope);
        out[i][j] = dz;
        sum += dz;
        dot = fma(dz, v - mean, dot);
    }
    dot *= inverse;
    VSTORE(sum, sums + stride);
    VSTORE(at.begins ? dot : dot + VLOAD(sums + 2 * stride), sums + 2 * stride);
}

/* One tile of m, whose places are `place` floats apart, back to its pixels, a vector of outputs. `whole`: all of its pixels and lanes are there, which
 * is known when it is compiled. */
static inline void inverse_tile(SCRATCH const float *m, size_t place, __global float *y, __global const float *also,
                                __global const float *norm, __global const float *finish, SCRATCH float *sums, int stride, vfloat bias,
                                const outputs_at at, bool whole, const mx_winograd_args a) {
    vfloat places[EDGE][EDGE], out[TILE][TILE];
    const int left = whole ? V : at.left;
#pragma unroll
    for (int i = 0; i < EDGE; i++)
#pragma unroll
        for (int j = 0; j < EDGE; j++)
            places[i][j] = VLOAD(m + (i * EDGE + j) * place);
    output_tile(places, out);
    FOR_PIXELS out[i][j] += bias;
    if (a.epilogue & MX_NORM_OUTPUT) {
        finish += a.finish.saved + at.k;
        const vfloat scale = load_part(finish + 2 * a.outputs, left), shift = load_part(finish + 3 * a.outputs, left);
        FOR_PIXELS out[i][j] = leaky(fma(out[i][j], scale, shift), a.finish.slope);
    }
    if (a.accumulate)
        FOR_PIXELS out[i][j] += load_part(y + output_index(at, i, j, a), left);
    if (a.epilogue & MX_ADD_RESIDUAL)
        FOR_PIXELS out[i][j] += load_part(also + output_index(at, i, j, a), left);
    if (a.epilogue & MX_ACTIVATE)
        FOR_PIXELS out[i][j] = leaky(out[i][j], a.slope);
    if (a.epilogue & MX_SUM_MOMENTS) add_moments(out, sums, stride, at, whole);
    if (a.epilogue & MX_SUM_GRADIENT) add_gradient(out, also, norm, sums, stride, at, whole, a);
    FOR_PIXELS store_part(out[i][j], y + output_index(at, i, j, a), left, 0);
}

/* The first `count` outputs of partial[2][a.outputs], of a chunk of `pixels`. */
static inline void store_sums(SCRATCH const float *sums, int stride, __global float *partial, int count, int pixels,
                              const mx_winograd_args a) {
    for (int k = 0; k < count; k += V) {
        vfloat first = VLOAD(sums + stride + k), second = VLOAD(sums + 2 * stride + k);
        if (a.epilogue & MX_SUM_MOMENTS) {
            second -= first * first / (float)pixels;
            first = VLOAD(sums + k) + first / (float)pixels;
        }
        store_part(first, partial + k, count - k, 0);
        store_part(second, partial + a.outputs + k, count - k, 0);
    }
}

#ifdef P
/* acc[p] += v[p][0 .. depth) w[depth][BLOCK], for rows of v `stride` floats apart. */
static inline void add_rows(SCRATCH const float *v, size_t stride, __global const float *w, int depth,
                            vfloat acc[P][KB]) {
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
}
#endif
#endif
