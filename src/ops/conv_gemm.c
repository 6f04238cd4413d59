/* Convolution as matrix products: im2col and CLBlast, a chunk of images at a time so that the
 * columns stay small. A 1x1 convolution of stride 1 is a product as it stands. The gradient by the
 * weights has few elements, each a sum over all pixels of all images; a GPU has its pixels in
 * parts, so that there are work-groups enough, and adds up the parts. */
#include "ops/conv_algorithms.h"
#include "ops/gemm.h"
#include "ops/pointwise.h"

/* Floats of columns and parts at most, unless one image needs more: 64 MiB. */
enum { COLUMNS_LIMIT = 16 << 20 };

enum { PARAM_PARTS }; /* parts of the pixels, at most */
enum {
    TILE = 64,         /* rows and columns of a product that one work-group has, about */
    WORK_GROUPS = 256, /* wanted */
    MOST_PARTS = 64,
    LEAST_PIXELS = 64 /* of a part */
};

static bool is_plain_product(const mx_conv_shape *shape) {
    return shape->r == 1 && shape->s == 1 && shape->stride == 1 && shape->pad == 0;
}

static size_t image_columns(const mx_conv_shape *shape) {
    return (size_t)mx_conv_out_height(shape) * (size_t)mx_conv_out_width(shape) * (size_t)shape->r *
           (size_t)shape->s * (size_t)shape->c;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    (void)direction;
    return is_plain_product(shape) ||
           image_columns(shape) * sizeof(float) <= mx_device_get_info(device)->max_allocation;
}

static mx_i32 lesser(mx_i32 a, mx_i32 b) {
    return a < b ? a : b;
}

static mx_i32 image_pixels(const mx_conv_shape *shape) {
    return mx_conv_out_height(shape) * mx_conv_out_width(shape);
}

/* The parts that are wanted, and the whole at once. */
static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    const mx_i32 rows = shape->r * shape->s * shape->c, pixels = image_pixels(shape),
                 tiles = (rows + TILE - 1) / TILE * ((shape->k + TILE - 1) / TILE);
    const mx_i32 wanted = lesser(WORK_GROUPS / tiles, MOST_PARTS),
                 parts = lesser(wanted, lesser(pixels, shape->n * pixels / LEAST_PIXELS));
    int count = 0;
    if (direction == MX_CONV_BACKWARD_WEIGHTS && parts > 1 &&
        mx_device_get_info(device)->type != MX_DEVICE_CPU)
        out[count++] = (mx_conv_params){{parts}};
    out[count++] = (mx_conv_params){{1}};
    return count;
}

/* Of the parts' sums, before the columns. */
static size_t partial_floats(const mx_conv_shape *shape, mx_i32 parts) {
    if (parts == 1) return 0;
    return mx_tensor_aligned((size_t)parts * (size_t)(shape->r * shape->s * shape->c) *
                             (size_t)shape->k);
}

/* No more than an image has pixels, so that every chunk of images has some for each, and than there
 * is room for. */
static mx_i32 parts_of(const mx_conv_shape *shape, mx_conv_direction direction,
                       const mx_conv_params *params) {
    if (direction != MX_CONV_BACKWARD_WEIGHTS) return 1;
    const mx_i32 parts = mx_conv_chunks(shape, params->v[PARAM_PARTS], image_pixels(shape));
    const size_t columns = is_plain_product(shape) ? 0 : image_columns(shape);
    return columns + partial_floats(shape, parts) <= COLUMNS_LIMIT ? parts : 1;
}

static mx_i32 chunk_images(const mx_conv_shape *shape, mx_i32 parts) {
    if (is_plain_product(shape)) return shape->n;
    const size_t partial = partial_floats(shape, parts),
                 fit = (COLUMNS_LIMIT - partial) / image_columns(shape);
    return fit < 1 ? 1 : fit < (size_t)shape->n ? (mx_i32)fit : shape->n;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    const mx_i32 parts = parts_of(shape, direction, params);
    (void)device;
    if (is_plain_product(shape)) return partial_floats(shape, parts);
    return partial_floats(shape, parts) + image_columns(shape) * (size_t)chunk_images(shape, parts);
}

static mx_status im2col(mx_device *device, const mx_conv_args *args, const mx_conv_operands *o) {
    const mx_range range = {
        .dims = 3,
        .global = {(size_t)args->c, (size_t)args->oh * (size_t)args->ow, (size_t)args->images},
        .local = {16, 4, 1}};
    return MX_LAUNCH(device, "conv_gemm.cl", "im2col", "", range, *args, o->x.buffer,
                     o->workspace.buffer);
}

static mx_status col2im(mx_device *device, const mx_conv_args *args, const mx_conv_operands *o) {
    const mx_range range = {
        .dims = 3,
        .global = {(size_t)args->c, (size_t)args->h * (size_t)args->w, (size_t)args->images},
        .local = {16, 4, 1}};
    return MX_LAUNCH(device, "conv_gemm.cl", "col2im", "", range, *args, o->workspace.buffer,
                     o->x.buffer);
}

/* Where the columns of this chunk are: x itself for a plain product. */
static mx_tensor columns_of(const mx_conv_args *args, const mx_conv_operands *o, bool plain) {
    mx_tensor columns = plain ? o->x : o->workspace;
    if (plain)
        columns.offset += (mx_u32)(args->first * args->h * args->w * args->c);
    else
        columns.offset = args->columns;
    return columns;
}

/* Offset in y of the chunk's first image. */
static mx_u32 y_of(const mx_conv_args *args, const mx_conv_operands *o) {
    return o->y.offset + (mx_u32)args->first * (mx_u32)(args->oh * args->ow * args->k);
}

static mx_status forward(mx_device *device, const mx_conv_args *args, const mx_conv_operands *o,
                         bool plain) {
    const mx_u32 depth = (mx_u32)(args->r * args->s * args->c), k = (mx_u32)args->k;
    const mx_tensor columns = columns_of(args, o, plain);
    if (!plain) MX_TRY(im2col(device, args, o));
    const mx_gemm_args product = {.m = args->images * args->oh * args->ow,
                                  .n = args->k,
                                  .k = (mx_i32)depth,
                                  .a = columns.offset,
                                  .lda = depth,
                                  .b = o->weight.offset,
                                  .ldb = k,
                                  .c = y_of(args, o),
                                  .ldc = k,
                                  .alpha = 1.0f};
    return mx_gemm(device, MX_GEMM_AUTO, &product, columns.buffer, o->weight.buffer, o->y.buffer);
}

static mx_status backward_data(mx_device *device, const mx_conv_args *args,
                               const mx_conv_operands *o, bool plain) {
    const mx_u32 depth = (mx_u32)(args->r * args->s * args->c), k = (mx_u32)args->k;
    const mx_tensor columns = columns_of(args, o, plain);
    const mx_gemm_args product = {.m = args->images * args->oh * args->ow,
                                  .n = (mx_i32)depth,
                                  .k = args->k,
                                  .tb = 1,
                                  .a = y_of(args, o),
                                  .lda = k,
                                  .b = o->weight.offset,
                                  .ldb = k,
                                  .c = columns.offset,
                                  .ldc = depth,
                                  .alpha = 1.0f,
                                  .beta = plain && o->accumulate ? 1.0f : 0.0f};
    MX_TRY(mx_gemm(device, MX_GEMM_AUTO, &product, o->y.buffer, o->weight.buffer, columns.buffer));
    return plain ? MX_OK : col2im(device, args, o);
}

/* c = a^T b + beta c, for each of `parts` equal parts of the rows of a and b a c of its own; the
 * first has the rest of the rows too. */
static mx_status multiply_parts(mx_device *device, const mx_gemm_args *whole, mx_i32 parts,
                                mx_buffer *a, mx_buffer *b, mx_buffer *c) {
    const mx_u32 share = (mx_u32)(whole->k / parts), begun = share * (mx_u32)parts;
    mx_gemm_args product = *whole;
    if (parts > 1) {
        product.k = (mx_i32)share;
        product.batch = (mx_u32)parts;
        product.a_step = share * whole->lda;
        product.b_step = share * whole->ldb;
        product.c_step = (mx_u32)(whole->m * whole->n);
    }
    MX_TRY(mx_gemm(device, MX_GEMM_AUTO, &product, a, b, c));
    if (begun == (mx_u32)whole->k) return MX_OK;
    product = *whole;
    product.k -= (mx_i32)begun;
    product.a += begun * whole->lda;
    product.b += begun * whole->ldb;
    product.beta = 1.0f;
    return mx_gemm(device, MX_GEMM_AUTO, &product, a, b, c);
}

/* Chunks add up one after another, so the sum has one order. */
static mx_status backward_weights(mx_device *device, const mx_conv_args *args,
                                  const mx_conv_operands *o, bool plain, mx_i32 parts) {
    const mx_u32 depth = (mx_u32)(args->r * args->s * args->c), k = (mx_u32)args->k;
    const mx_tensor columns = columns_of(args, o, plain),
                    out = parts > 1 ? o->workspace : o->weight;
    if (!plain) MX_TRY(im2col(device, args, o));
    const mx_gemm_args product = {.m = (mx_i32)depth,
                                  .n = args->k,
                                  .k = args->images * args->oh * args->ow,
                                  .ta = 1,
                                  .a = columns.offset,
                                  .lda = depth,
                                  .b = y_of(args, o),
                                  .ldb = k,
                                  .c = out.offset,
                                  .ldc = k,
                                  .alpha = 1.0f,
                                  .beta = args->first > 0 ? 1.0f : 0.0f};
    return multiply_parts(device, &product, parts, columns.buffer, o->y.buffer, out.buffer);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    const bool plain = is_plain_product(shape);
    const mx_i32 parts = parts_of(shape, direction, params), chunk = chunk_images(shape, parts);
    mx_conv_args args = mx_conv_args_of(shape, o);
    args.columns += (mx_u32)partial_floats(shape, parts);
    for (args.first = 0; args.first < args.n; args.first += chunk) {
        args.images = args.n - args.first < chunk ? args.n - args.first : chunk;
        if (direction == MX_CONV_FORWARD)
            MX_TRY(forward(device, &args, o, plain));
        else if (direction == MX_CONV_BACKWARD_DATA)
            MX_TRY(backward_data(device, &args, o, plain));
        else
            MX_TRY(backward_weights(device, &args, o, plain, parts));
    }
    if (parts > 1) return mx_conv_add_chunks(device, shape, parts, o);
    if (direction == MX_CONV_FORWARD && o->bias.buffer) return mx_bias_add(device, o->bias, o->y);
    return MX_OK;
}

const mx_conv_algorithm mx_conv_gemm = {.name = "gemm",
                                        .supports = supports,
                                        .param_names = {"parts"},
                                        .candidates = candidates,
                                        .workspace = workspace,
                                        .run = run};
