/* What Winograd's kernels for CPUs share: a work-group of one and its scratch, in the address space SCRATCH. Tiles go
 * to Winograd's domain, all channels of one at a time, and back to pixels a vector of outputs at a time. */

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
    const pixels from = pixels_of(x, EDGE, row, column, in_h, in_w, depth);
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
    const pixels from = pixels_of(dy, TILE, row, column, out_h, out_w, outputs);
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

/* One tile of m, whose places are `place` floats apart, back to its pixels, a vector of outputs. `whole`: all of
 * its pixels and lanes are there, which is known when it is compiled. */
static inline void inverse_tile(SCRATCH const float *m, size_t place, __global float *y, __global const float *also,
                                __global const float *norm, __global const float *finish, SCRATCH float *sums,
                                int stride, vfloat bias, const outputs_at at, bool whole,
                                const mx_winograd_args a) {
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
