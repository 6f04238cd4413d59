/* 3x3 convolutions of stride 1 by Winograd's minimal filtering around batched matrix products, for
 * GPUs: all three directions. The gradient by the data is the same convolution of dy, with the
 * weights transposed and turned by half a turn. */
#include <stdio.h>

#include "ops/conv_algorithms.h"
#include "ops/gemm.h"

enum {
    PARAM_TILE,
    PARAM_VECTOR
}; /* outputs along a tile's side, 2 or 4; channels that a work-item transforms */
enum { TRANSFORMED_LIMIT = 16 << 20 /* floats of v and m */ };

/* How it is computed for a shape and direction. */
typedef struct gemm_form {
    mx_i32 depth, outputs, tiles_h, tiles_w, places;
    mx_i32 images;  /* at a time */
    size_t u, v, m; /* floats */
} gemm_form;

static gemm_form form_of(const mx_conv_shape *shape, mx_conv_direction direction,
                         const mx_conv_params *params) {
    const bool data = direction == MX_CONV_BACKWARD_DATA;
    const mx_i32 tile = params->v[PARAM_TILE];
    gemm_form form = {.depth = data ? shape->k : shape->c,
                      .outputs = data ? shape->c : shape->k,
                      .tiles_h = mx_conv_tiles(data ? shape->h : mx_conv_out_height(shape), tile),
                      .tiles_w = mx_conv_tiles(data ? shape->w : mx_conv_out_width(shape), tile),
                      .places = (tile + 2) * (tile + 2)};
    const size_t places = (size_t)form.places, tiles = (size_t)form.tiles_h * (size_t)form.tiles_w,
                 channels = (size_t)form.depth + (size_t)form.outputs,
                 fit = TRANSFORMED_LIMIT / (places * tiles * channels);
    form.images = fit < 1 ? 1 : fit < (size_t)shape->n ? (mx_i32)fit : shape->n;
    const size_t rows = places * tiles * (size_t)form.images;
    form.u = mx_tensor_aligned(places * (size_t)form.depth * (size_t)form.outputs);
    form.v = mx_tensor_aligned(rows * (size_t)form.depth);
    form.m = mx_tensor_aligned(rows * (size_t)form.outputs);
    return form;
}

static size_t floats_of(const gemm_form *form) {
    return form->u + form->v + form->m;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    mx_conv_shape one = *shape;
    one.n = 1;
    if (!mx_conv_suits_winograd(shape)) return false;
    const gemm_form form = form_of(&one, direction, &(mx_conv_params){{4, 1}});
    return floats_of(&form) * sizeof(float) <= mx_device_get_info(device)->max_allocation;
}

/* Products over fewer channels take less time than the transforms around them. */
static bool preferred(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction) {
    enum { LEAST_CHANNELS = 32 };
    (void)direction;
    return mx_device_get_info(device)->type != MX_DEVICE_CPU && shape->c >= LEAST_CHANNELS &&
           shape->k >= LEAST_CHANNELS;
}

/* More of a tile does not fit the registers of every GPU (docs/gpu-kernels.md). */
static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    int count = 0;
    (void)device, (void)direction;
    out[count++] = (mx_conv_params){{4, 1, 0, 0}};
    out[count++] = (mx_conv_params){{2, 1, 0, 0}};
    if (shape->c % 2 == 0 && shape->k % 2 == 0) out[count++] = (mx_conv_params){{2, 2, 0, 0}};
    return count;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)device;
    const gemm_form form = form_of(shape, direction, params);
    return floats_of(&form);
}

/* A convolution at work. */
typedef struct work {
    mx_device *device;
    const mx_conv_operands *o;
    gemm_form form;
    mx_winograd_gemm_args args;
    mx_i32 vector;
    char options[48]; /* of the transforms; those of weights take a channel at a time */
    char weight_options[48];
} work;

/* Over the channels, in vectors of `width`, and `rows`. */
static mx_range range_over(const work *w, mx_i32 channels, mx_i32 width, mx_i32 rows) {
    return mx_range_wide(w->device, (channels + width - 1) / width, rows, 1);
}

/* A matrix for every place, one after another, in the workspace. */
typedef struct matrices {
    mx_u32 at;
    mx_i32 rows, columns;
} matrices;

static mx_u32 size_of(matrices m) {
    return (mx_u32)m.rows * (mx_u32)m.columns;
}

/* c = op(a) b + beta c for every place. */
static mx_status multiply(const work *w, matrices a, bool transposed, matrices b, matrices c,
                          float beta) {
    mx_buffer *scratch = w->o->workspace.buffer;
    const mx_gemm_args product = {.m = c.rows,
                                  .n = c.columns,
                                  .k = b.rows,
                                  .ta = transposed,
                                  .a = a.at,
                                  .lda = (mx_u32)a.columns,
                                  .b = b.at,
                                  .ldb = (mx_u32)b.columns,
                                  .c = c.at,
                                  .ldc = (mx_u32)c.columns,
                                  .alpha = 1.0f,
                                  .beta = beta,
                                  .batch = (mx_u32)w->form.places,
                                  .a_step = size_of(a),
                                  .b_step = size_of(b),
                                  .c_step = size_of(c)};
    return mx_gemm(w->device, MX_GEMM_AUTO, &product, scratch, scratch, scratch);
}

/* Of the weights, the inputs and the outputs, as cl/conv_winograd_gemm.cl names them. */
static matrices u_of(const work *w) {
    return (matrices){w->args.u, w->args.depth, w->args.outputs};
}

static matrices v_of(const work *w) {
    return (matrices){w->args.v, w->args.tiles, w->args.depth};
}

static matrices m_of(const work *w) {
    return (matrices){w->args.m, w->args.tiles, w->args.outputs};
}

static mx_status transform_weights(const work *w) {
    return MX_LAUNCH(w->device, "conv_winograd_gemm.cl", "winograd_gemm_weights", w->weight_options,
                     range_over(w, w->args.outputs, 1, w->args.depth), w->args, w->o->weight.buffer,
                     w->o->workspace.buffer);
}

static mx_status transform_input(const work *w, mx_buffer *in) {
    return MX_LAUNCH(w->device, "conv_winograd_gemm.cl", "winograd_gemm_input", w->options,
                     range_over(w, w->args.depth, w->vector, w->args.tiles), w->args, in,
                     w->o->norm.saved.buffer, w->o->workspace.buffer);
}

static mx_status convolve(const work *w, mx_buffer *in, mx_buffer *out) {
    MX_TRY(transform_input(w, in));
    MX_TRY(multiply(w, v_of(w), false, u_of(w), m_of(w), 0.0f));
    return MX_LAUNCH(w->device, "conv_winograd_gemm.cl", "winograd_gemm_output", w->options,
                     range_over(w, w->args.outputs, w->vector, w->args.tiles), w->args,
                     w->o->workspace.buffer, w->o->bias.buffer, out);
}

/* Images add up one chunk after another, so that the sum has one order. */
static mx_status add_gradient(const work *w, bool first) {
    MX_TRY(transform_input(w, w->o->x.buffer));
    MX_TRY(MX_LAUNCH(w->device, "conv_winograd_gemm.cl", "winograd_gemm_gradient", w->options,
                     range_over(w, w->args.outputs, w->vector, w->args.tiles), w->args,
                     w->o->y.buffer, w->o->workspace.buffer));
    return multiply(w, v_of(w), true, m_of(w), u_of(w), first ? 0.0f : 1.0f);
}

static void begin(work *w, const mx_conv_shape *shape, mx_conv_direction direction,
                  const mx_conv_params *params) {
    const bool data = direction == MX_CONV_BACKWARD_DATA;
    const mx_conv_operands *o = w->o;
    const mx_tensor in = data ? o->y : o->x, out = data ? o->x : o->y;
    w->form = form_of(shape, direction, params);
    w->vector = params->v[PARAM_VECTOR];
    w->args = (mx_winograd_gemm_args){.in_h = in.h,
                                      .in_w = in.w,
                                      .depth = w->form.depth,
                                      .out_h = out.h,
                                      .out_w = out.w,
                                      .outputs = w->form.outputs,
                                      .pad = data ? 2 - shape->pad : shape->pad,
                                      .tiles_h = w->form.tiles_h,
                                      .tiles_w = w->form.tiles_w,
                                      .transposed = data,
                                      .accumulate = o->accumulate,
                                      .has_bias = o->bias.buffer && direction == MX_CONV_FORWARD,
                                      .weight = o->weight.offset,
                                      .bias = o->bias.offset,
                                      .u = o->workspace.offset,
                                      .norm = mx_norm_args_of(&o->norm, shape->n)};
    w->args.v = w->args.u + (mx_u32)w->form.u;
    w->args.m = w->args.v + (mx_u32)w->form.v;
    snprintf(w->options, sizeof w->options, "-DV=%d -DTILE=%d", w->vector, params->v[PARAM_TILE]);
    snprintf(w->weight_options, sizeof w->weight_options, "-DV=1 -DTILE=%d", params->v[PARAM_TILE]);
}

/* Takes images first .. first + count: where they are in the two operands. */
static void take_images(work *w, mx_tensor in, mx_tensor out, mx_i32 first, mx_i32 count) {
    w->args.x = in.offset + (mx_u32)first * (mx_u32)(in.h * in.w * in.c);
    w->args.y = out.offset + (mx_u32)first * (mx_u32)(out.h * out.w * out.c);
    w->args.tiles = count * w->form.tiles_h * w->form.tiles_w;
    w->args.first = first;
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    const bool weights = direction == MX_CONV_BACKWARD_WEIGHTS;
    const mx_tensor in = direction == MX_CONV_BACKWARD_DATA ? o->y : o->x,
                    out = direction == MX_CONV_BACKWARD_DATA ? o->x : o->y;
    work w = {.device = device, .o = o};
    begin(&w, shape, direction, params);
    if (!weights) MX_TRY(transform_weights(&w));
    for (mx_i32 first = 0; first < shape->n; first += w.form.images) {
        const mx_i32 left = shape->n - first;
        take_images(&w, in, out, first, left < w.form.images ? left : w.form.images);
        MX_TRY(weights ? add_gradient(&w, first == 0) : convolve(&w, in.buffer, out.buffer));
    }
    if (!weights) return MX_OK;
    return MX_LAUNCH(device, "conv_winograd_gemm.cl", "winograd_gemm_weight_gradient",
                     w.weight_options, range_over(&w, w.args.outputs, 1, w.args.depth), w.args,
                     o->workspace.buffer, o->weight.buffer);
}

const mx_conv_algorithm mx_conv_winograd_gemm = {.name = "winograd-gemm",
                                                 .param_names = {"tile", "vector"},
                                                 .supports = supports,
                                                 .preferred = preferred,
                                                 .candidates = candidates,
                                                 .workspace = workspace,
                                                 .abilities = MX_CONV_READS_NORM,
                                                 .run = run};
