/* Convolution as matrix products: im2col and CLBlast, a chunk of images at a time so that the
 * columns stay small. A 1x1 convolution of stride 1 is a product as it stands. */
#include "ops/conv_algorithms.h"
#include "ops/gemm.h"
#include "ops/pointwise.h"

/* Floats of columns at most, unless one image needs more: 64 MiB. */
enum { COLUMNS_LIMIT = 16 << 20 };

static bool is_plain_product(const mx_conv_shape *shape) {
    return shape->r == 1 && shape->s == 1 && shape->stride == 1 && shape->pad == 0;
}

static size_t image_columns(const mx_conv_shape *shape) {
    return (size_t)mx_conv_out_height(shape) * (size_t)mx_conv_out_width(shape) * (size_t)shape->r *
           (size_t)shape->s * (size_t)shape->c;
}

static mx_i32 chunk_images(const mx_conv_shape *shape) {
    if (is_plain_product(shape)) return shape->n;
    const size_t fit = COLUMNS_LIMIT / image_columns(shape);
    return fit < 1 ? 1 : fit < (size_t)shape->n ? (mx_i32)fit : shape->n;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    (void)direction;
    return is_plain_product(shape) ||
           image_columns(shape) * sizeof(float) <= mx_device_get_info(device)->max_allocation;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)device, (void)direction, (void)params;
    return is_plain_product(shape) ? 0 : image_columns(shape) * (size_t)chunk_images(shape);
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
    if (!plain) return o->workspace;
    mx_tensor columns = o->x;
    columns.offset += (mx_u32)(args->first * args->h * args->w * args->c);
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

/* Chunks add up one after another, so the sum has one order. */
static mx_status backward_weights(mx_device *device, const mx_conv_args *args,
                                  const mx_conv_operands *o, bool plain) {
    const mx_u32 depth = (mx_u32)(args->r * args->s * args->c), k = (mx_u32)args->k;
    const mx_tensor columns = columns_of(args, o, plain);
    if (!plain) MX_TRY(im2col(device, args, o));
    const mx_gemm_args product = {.m = (mx_i32)depth,
                                  .n = args->k,
                                  .k = args->images * args->oh * args->ow,
                                  .ta = 1,
                                  .a = columns.offset,
                                  .lda = depth,
                                  .b = y_of(args, o),
                                  .ldb = k,
                                  .c = o->weight.offset,
                                  .ldc = k,
                                  .alpha = 1.0f,
                                  .beta = args->first > 0 ? 1.0f : 0.0f};
    return mx_gemm(device, MX_GEMM_AUTO, &product, columns.buffer, o->y.buffer, o->weight.buffer);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    (void)params;
    const bool plain = is_plain_product(shape);
    const mx_i32 chunk = chunk_images(shape);
    mx_conv_args args = mx_conv_args_of(shape, o);
    for (args.first = 0; args.first < args.n; args.first += chunk) {
        args.images = args.n - args.first < chunk ? args.n - args.first : chunk;
        if (direction == MX_CONV_FORWARD)
            MX_TRY(forward(device, &args, o, plain));
        else if (direction == MX_CONV_BACKWARD_DATA)
            MX_TRY(backward_data(device, &args, o, plain));
        else
            MX_TRY(backward_weights(device, &args, o, plain));
    }
    if (direction == MX_CONV_FORWARD && o->bias.buffer) return mx_bias_add(device, o->bias, o->y);
    return MX_OK;
}

const mx_conv_algorithm mx_conv_gemm = {.name = "gemm",
                                        .supports = supports,
                                        .candidates = mx_conv_no_params,
                                        .workspace = workspace,
                                        .run = run};
