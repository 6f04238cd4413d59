/* Direct convolution for CPUs. Forward and backward-data are one kernel: the gradient by the data
 * is a convolution of dy with the weights transposed, for each class of pixels that the same taps
 * reach (stride x stride classes). Few input channels are folded into the taps' columns: S x C
 * floats lie side by side in a padded copy of x. */
#include <stdio.h>
#include <string.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_PIXELS,
    PARAM_BLOCK,
    PARAM_TILES
}; /* pixels, vectors of a register tile; tiles a work-item */
enum {
    MOST_TAPS = 32,
    FOLDED_CHANNELS = 8,
    SMALL_PICTURE = 64,     /* pixels of one where taps outside of it are many */
    PASS_FLOATS = 64 << 10, /* of weights that stay in a core's cache */
    WORK_GROUPS = 16        /* wanted: groups of pixels x splits of the outputs */
};

static bool is_folded(const mx_conv_shape *shape, mx_conv_direction direction) {
    return direction == MX_CONV_FORWARD && shape->c < FOLDED_CHANNELS && shape->s > 1;
}

static mx_i32 inputs_of(const mx_conv_shape *shape, mx_conv_direction direction) {
    return direction == MX_CONV_BACKWARD_DATA ? shape->k : shape->c;
}

static mx_i32 outputs_of(const mx_conv_shape *shape, mx_conv_direction direction) {
    return direction == MX_CONV_BACKWARD_DATA ? shape->c : shape->k;
}

/* Floats of a block of outputs. */
static mx_i32 block_of(const mx_device *device, const mx_conv_params *params) {
    return params->v[PARAM_BLOCK] * mx_vector_width(device, 0);
}

/* Register tiles that fill the registers: accumulators and one row of weights. */
static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    static const mx_conv_params wide[] = {{{8, 2, 8}},  {{8, 2, 2}},  {{8, 2, 32}}, {{4, 4, 16}},
                                          {{6, 4, 16}}, {{12, 2, 4}}, {{8, 3, 8}}};
    static const mx_conv_params narrow[] = {{{8, 1, 8}}, {{12, 1, 4}}, {{16, 1, 4}}};
    static const mx_conv_params avx2[] = {{{4, 2, 8}}, {{6, 2, 8}}, {{3, 3, 8}}, {{2, 4, 8}}};
    const mx_i32 vector = mx_vector_width(device, 0);
    const bool one = outputs_of(shape, direction) <= vector;
    const mx_conv_params *from = one ? narrow : vector == 16 ? wide : avx2;
    const size_t count = one            ? sizeof narrow / sizeof *narrow
                         : vector == 16 ? sizeof wide / sizeof *wide
                                        : sizeof avx2 / sizeof *avx2;
    memcpy(out, from, count * sizeof *out);
    return (int)count;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    return direction != MX_CONV_BACKWARD_WEIGHTS &&
           mx_device_get_info(device)->type == MX_DEVICE_CPU && shape->r <= MOST_TAPS &&
           shape->s <= MOST_TAPS && inputs_of(shape, direction) <= MX_ZEROS;
}

static size_t packed_floats(const mx_device *device, const mx_conv_shape *shape,
                            mx_conv_direction direction, const mx_conv_params *params) {
    const mx_i32 outputs = outputs_of(shape, direction), block = block_of(device, params);
    return mx_tensor_aligned((size_t)((outputs + block - 1) / block * block) *
                             (size_t)inputs_of(shape, direction) * (size_t)shape->r *
                             (size_t)shape->s);
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    size_t floats = packed_floats(device, shape, direction, params);
    if (is_folded(shape, direction))
        floats += (size_t)shape->n * (size_t)(shape->h + 2 * shape->pad) *
                  (size_t)(shape->w + 2 * shape->pad) * (size_t)shape->c;
    return floats;
}

typedef struct build_options {
    char text[64];
} build_options;

static build_options options_of(const mx_device *device, const mx_conv_params *params) {
    build_options out;
    snprintf(out.text, sizeof out.text, "-DV=%d -DP=%d -DKB=%d -DTILES=%d",
             mx_vector_width(device, 0), params->v[PARAM_PIXELS], params->v[PARAM_BLOCK],
             params->v[PARAM_TILES]);
    return out;
}

static mx_status pack(mx_device *device, const mx_pack_args *args, bool transposed,
                      const mx_conv_params *params, const mx_conv_operands *o) {
    const mx_i32 outputs = transposed ? args->c : args->k, width = block_of(device, params);
    const size_t columns = (size_t)((outputs + width - 1) / width * args->taps);
    const mx_range rows = {.dims = 2, .global = {(size_t)args->c, columns, 1}, .local = {16, 1, 1}};
    const mx_range tiles =
        mx_range_single((size_t)((args->k + MX_PACK_ROWS - 1) / MX_PACK_ROWS), columns, 1);
    return MX_LAUNCH(device, "conv_direct.cl",
                     transposed ? "pack_weights_transposed" : "pack_weights",
                     options_of(device, params).text, transposed ? tiles : rows, *args,
                     o->weight.buffer, o->workspace.buffer);
}

/* Blocks of outputs that a work-group takes: all, unless groups of pixels are few. */
static mx_i32 split_blocks(mx_i32 blocks, size_t pixel_groups) {
    const mx_i32 groups = pixel_groups < WORK_GROUPS ? (mx_i32)pixel_groups : WORK_GROUPS;
    const mx_i32 splits = WORK_GROUPS / groups < blocks ? WORK_GROUPS / groups : blocks;
    return (blocks + splits - 1) / splits;
}

static mx_status convolve(mx_device *device, mx_direct_args *args, const mx_conv_params *params,
                          mx_tensor x, const mx_conv_operands *o, mx_tensor y) {
    const size_t share = (size_t)(params->v[PARAM_PIXELS] * params->v[PARAM_TILES]);
    const build_options options = options_of(device, params);
    const size_t pixels = (size_t)args->n * (size_t)args->grid_h * (size_t)args->grid_w,
                 groups = (pixels + share - 1) / share;
    const mx_i32 width = block_of(device, params), blocks = (args->outputs + width - 1) / width;
    mx_buffer *zeros;
    args->group_images = args->n;
    args->pass_taps =
        PASS_FLOATS / (args->depth * width) < 1 ? 1 : PASS_FLOATS / (args->depth * width);
    args->by_image = args->taps > 1 && args->grid_h * args->grid_w <= SMALL_PICTURE &&
                     args->n >= params->v[PARAM_PIXELS];
    args->split_blocks = split_blocks(blocks, groups);
    MX_TRY(mx_device_zeros(device, &zeros));
    return MX_LAUNCH(
        device, "conv_direct.cl", "conv_direct", options.text,
        mx_range_single(groups, (size_t)((blocks + args->split_blocks - 1) / args->split_blocks),
                        1),
        *args, x.buffer, o->workspace.buffer, o->bias.buffer, zeros, o->finish.saved.buffer,
        o->residual.buffer, y.buffer);
}

static mx_direct_args forward_args(const mx_conv_shape *shape, const mx_conv_operands *o) {
    const mx_i32 oh = mx_conv_out_height(shape), ow = mx_conv_out_width(shape);
    return (mx_direct_args){.n = shape->n,
                            .grid_h = oh,
                            .grid_w = ow,
                            .depth = shape->c,
                            .outputs = shape->k,
                            .taps = shape->r * shape->s,
                            .taps_r = shape->r,
                            .taps_s = shape->s,
                            .in_h = shape->h,
                            .in_w = shape->w,
                            .in_image = shape->h * shape->w * shape->c,
                            .in_row = shape->w * shape->c,
                            .in_column = shape->c,
                            .step = shape->stride,
                            .dir = 1,
                            .row0 = -shape->pad,
                            .column0 = -shape->pad,
                            .out_image = oh * ow * shape->k,
                            .out_row = ow * shape->k,
                            .out_column = shape->k,
                            .tap_step = 1,
                            .weight_columns = shape->s,
                            .x = o->x.offset,
                            .packed = o->workspace.offset,
                            .bias = o->bias.offset,
                            .also = o->residual.offset,
                            .y = o->y.offset,
                            .has_bias = o->bias.buffer != NULL,
                            .epilogue = mx_conv_finish(o),
                            .slope = o->slope,
                            .finish = mx_norm_args_of(&o->finish, shape->n)};
}

mx_status mx_conv_pad_input(mx_device *device, const mx_conv_shape *shape,
                            const mx_conv_operands *o, mx_u32 padded) {
    mx_conv_args args = mx_conv_args_of(shape, o);
    args.columns = padded;
    return MX_LAUNCH(device, "conv_gemm.cl", "pad_input", mx_vector_option(device, 0),
                     mx_range_single((size_t)(shape->h + 2 * shape->pad), (size_t)shape->n, 1),
                     args, o->x.buffer, o->workspace.buffer);
}

static mx_status forward(mx_device *device, const mx_conv_shape *shape,
                         const mx_conv_params *params, const mx_conv_operands *o) {
    const bool folded = is_folded(shape, MX_CONV_FORWARD);
    mx_direct_args args = forward_args(shape, o);
    mx_pack_args packing = {.taps = args.taps,
                            .c = shape->c,
                            .k = shape->k,
                            .weight = o->weight.offset,
                            .packed = o->workspace.offset};
    mx_tensor x = o->x;
    if (folded) {
        const mx_i32 high = shape->h + 2 * shape->pad, wide = shape->w + 2 * shape->pad;
        x = o->workspace;
        x.offset += (mx_u32)packed_floats(device, shape, MX_CONV_FORWARD, params);
        MX_TRY(mx_conv_pad_input(device, shape, o, x.offset));
        args.x = x.offset;
        args.depth = packing.c = shape->s * shape->c;
        args.taps = packing.taps = shape->r;
        args.taps_s = args.weight_columns = 1;
        args.in_h = high;
        args.in_w = wide;
        args.in_row = wide * shape->c;
        args.in_image = high * args.in_row;
        args.row0 = args.column0 = 0;
    }
    MX_TRY(pack(device, &packing, false, params, o));
    return convolve(device, &args, params, x, o, o->y);
}

/* Of the taps 0 .. taps - 1, those that reach pixels `at`, `at` + stride, ... of x are first, first
 * + stride, ...; `input` is the row (or column) of dy that pixel `at` and tap `first` meet. */
typedef struct tap_class {
    mx_i32 first, count, input, pixels;
} tap_class;

static tap_class class_of(mx_i32 at, mx_i32 size, mx_i32 taps, mx_i32 stride, mx_i32 pad) {
    const mx_i32 first = (at + pad) % stride;
    return (tap_class){.first = first,
                       .count = first < taps ? (taps - first + stride - 1) / stride : 0,
                       .input = (at + pad - first) / stride,
                       .pixels = (size - at + stride - 1) / stride};
}

static mx_status backward_class(mx_device *device, const mx_conv_shape *shape,
                                const mx_conv_params *params, const mx_conv_operands *o, mx_i32 y,
                                mx_i32 x) {
    const tap_class rows = class_of(y, shape->h, shape->r, shape->stride, shape->pad);
    const tap_class columns = class_of(x, shape->w, shape->s, shape->stride, shape->pad);
    const mx_i32 oh = mx_conv_out_height(shape), ow = mx_conv_out_width(shape), c = shape->c;
    if (rows.pixels <= 0 || columns.pixels <= 0) return MX_OK;
    mx_direct_args args = {.n = shape->n,
                           .grid_h = rows.pixels,
                           .grid_w = columns.pixels,
                           .depth = shape->k,
                           .outputs = c,
                           .taps = shape->r * shape->s,
                           .taps_r = rows.count,
                           .taps_s = columns.count,
                           .in_h = oh,
                           .in_w = ow,
                           .in_image = oh * ow * shape->k,
                           .in_row = ow * shape->k,
                           .in_column = shape->k,
                           .step = 1,
                           .dir = -1,
                           .row0 = rows.input,
                           .column0 = columns.input,
                           .out_image = shape->h * shape->w * c,
                           .out_row = shape->stride * shape->w * c,
                           .out_column = shape->stride * c,
                           .first_r = rows.first,
                           .first_s = columns.first,
                           .tap_step = shape->stride,
                           .weight_columns = shape->s,
                           .x = o->y.offset,
                           .packed = o->workspace.offset,
                           .y = o->x.offset + (mx_u32)((y * shape->w + x) * c),
                           .accumulate = o->accumulate};
    return convolve(device, &args, params, o->y, o, o->x);
}

static mx_status backward_data(mx_device *device, const mx_conv_shape *shape,
                               const mx_conv_params *params, const mx_conv_operands *o) {
    const mx_pack_args packing = {.taps = shape->r * shape->s,
                                  .c = shape->c,
                                  .k = shape->k,
                                  .weight = o->weight.offset,
                                  .packed = o->workspace.offset};
    MX_TRY(pack(device, &packing, true, params, o));
    for (mx_i32 y = 0; y < shape->stride; y++)
        for (mx_i32 x = 0; x < shape->stride; x++)
            MX_TRY(backward_class(device, shape, params, o, y, x));
    return MX_OK;
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *operands) {
    return direction == MX_CONV_FORWARD ? forward(device, shape, params, operands)
                                        : backward_data(device, shape, params, operands);
}

const mx_conv_algorithm mx_conv_direct = {.name = "direct",
                                          .param_names = {"pixels", "vectors", "tiles"},
                                          .supports = supports,
                                          .candidates = candidates,
                                          .workspace = workspace,
                                          .abilities = MX_CONV_ADDS_RESIDUAL | MX_CONV_FINISHES,
                                          .run = run};
