/* 3x3 convolutions of stride 1 in Winograd's domain for CPUs, where channels are many and tiles
 * few: tiles are transformed first, weights on the spot. */
#include <stdio.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_TILE,
    PARAM_CHANNELS
}; /* outputs along a tile's side, 2, 3 or 4; input channels that a work-group takes at a time */
enum {
    GROUPS_A_CORE = 2,       /* work-groups that share the work */
    MOST_RUN = 192,          /* tiles that weights are transformed for at a time */
    LEAST_SPLIT = 32,        /* tiles of a split, at least */
    MOST_TILES = 8 << 20,    /* floats of transformed tiles */
    MANY_WEIGHTS = 256 * 256 /* channels by outputs */
};

static mx_i32 round_up(mx_i32 count, mx_i32 to) {
    return (count + to - 1) / to * to;
}

static mx_i32 smaller(mx_i32 a, mx_i32 b) {
    return a < b ? a : b;
}

/* How the kernels are built and run for a shape. */
typedef struct streamed_form {
    mx_i32 tile, channels; /* the parameters */
    mx_i32 vector, block, rows_at_once;
    mx_i32 tiles, rows, depth, outputs, v_stride, z_stride;
    mx_i32 groups, splits, split_tiles, run;
    size_t v, z, scratch; /* floats of transformed tiles; of a work-group */
    char options[128];
} streamed_form;

/* Places of a tile in Winograd's domain. */
static size_t places_of(const streamed_form *form) {
    return (size_t)((form->tile + 2) * (form->tile + 2));
}

/* Whole images to a split, as many splits as keep the cores busy: results do not depend on them. */
static void split_tiles(streamed_form *form, mx_i32 images) {
    const mx_i32 plane = form->tiles / images, blocks = mx_conv_tiles(form->outputs, form->block);
    const mx_i32 most = form->tiles / LEAST_SPLIT < 1 ? 1 : form->tiles / LEAST_SPLIT;
    const mx_i32 splits = smaller(smaller(mx_conv_tiles(2 * form->groups, blocks), most), images);
    form->split_tiles = mx_conv_tiles(images, splits) * plane;
    form->splits = mx_conv_tiles(form->tiles, form->split_tiles);
    form->run = smaller(MOST_RUN, form->rows);
}

static void size_forward(streamed_form *form, mx_i32 images) {
    split_tiles(form, images);
    form->scratch = mx_tensor_aligned(
        places_of(form) *
            ((size_t)(form->channels + form->run) * (size_t)form->block + 2 * MX_WINOGRAD_LINE) +
        3 * (size_t)form->block);
    snprintf(form->options, sizeof form->options,
             "-DV=%d -DKB=%d -DTILE=%d -DP=%d -DSCRATCH=__global", form->vector,
             form->block / form->vector, form->tile, form->rows_at_once);
}

static void size_weights(streamed_form *form) {
    const mx_i32 tile = mx_conv_channel_tile(form->depth);
    form->channels = form->channels < tile ? tile : form->channels / tile * tile;
    form->z_stride = form->outputs + form->vector;
    form->z = mx_tensor_aligned(places_of(form) * (size_t)form->rows * (size_t)form->z_stride);
    form->scratch = mx_tensor_aligned(
        places_of(form) * ((size_t)form->channels * (size_t)form->block + MX_WINOGRAD_LINE));
    snprintf(form->options, sizeof form->options,
             "-DV=%d -DKB=%d -DTILE=%d -DCB=%d -DSCRATCH=__global", form->vector,
             form->block / form->vector, form->tile, tile);
}

static streamed_form form_of(const mx_device *device, const mx_conv_shape *shape,
                             mx_conv_direction direction, const mx_conv_params *params) {
    const bool data = direction == MX_CONV_BACKWARD_DATA,
               weights = direction == MX_CONV_BACKWARD_WEIGHTS;
    const mx_i32 h = data ? shape->h : mx_conv_out_height(shape),
                 w = data ? shape->w : mx_conv_out_width(shape);
    streamed_form form = {.tile = params->v[PARAM_TILE],
                          .channels = params->v[PARAM_CHANNELS],
                          .depth = data ? shape->k : shape->c,
                          .outputs = data ? shape->c : shape->k,
                          .groups =
                              GROUPS_A_CORE * (mx_i32)mx_device_get_info(device)->compute_units};
    form.vector = mx_vector_width(device, weights ? form.outputs : 0);
    form.rows_at_once = form.vector == 16 ? 8 : 4;
    const bool two = weights ? form.outputs / form.vector % 2 == 0 : form.outputs > form.vector;
    form.block = two ? 2 * form.vector : form.vector;
    form.tiles = shape->n * mx_conv_tiles(h, form.tile) * mx_conv_tiles(w, form.tile);
    form.rows = round_up(form.tiles, form.rows_at_once);
    form.v_stride = round_up(form.depth, form.vector) + form.vector;
    form.v = mx_tensor_aligned(places_of(&form) * (size_t)form.rows * (size_t)form.v_stride);
    /* No more than there may be work for, which does not shrink as the batch grows. */
    form.groups = smaller(form.groups, mx_conv_tiles(form.outputs, form.block) *
                                           (weights ? form.depth : shape->n));
    if (weights)
        size_weights(&form);
    else
        size_forward(&form, shape->n);
    return form;
}

/* Multiplications of an image's tiles. */
static mx_i32 cost_of(const mx_conv_shape *shape, mx_conv_direction direction, mx_i32 tile) {
    const bool data = direction == MX_CONV_BACKWARD_DATA;
    const mx_i32 h = data ? shape->h : mx_conv_out_height(shape),
                 w = data ? shape->w : mx_conv_out_width(shape);
    return (tile + 2) * (tile + 2) * mx_conv_tiles(h, tile) * mx_conv_tiles(w, tile);
}

static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    const bool three = cost_of(shape, direction, 3) < cost_of(shape, direction, 4);
    const mx_i32 best = three ? 3 : 4, other = three ? 4 : 3;
    (void)device;
    out[0] = (mx_conv_params){{best, 64}};
    out[1] = (mx_conv_params){{best, 32}};
    out[2] = (mx_conv_params){{other, 64}};
    return 3;
}

static size_t tile_floats(const mx_device *device, const mx_conv_shape *shape,
                          mx_conv_direction direction, const mx_conv_params *params) {
    const streamed_form form = form_of(device, shape, direction, params);
    return form.v + form.z;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    mx_conv_params params[MX_CONV_CANDIDATES];
    if (mx_device_get_info(device)->type != MX_DEVICE_CPU || !mx_conv_suits_winograd(shape))
        return false;
    const int count = candidates(device, shape, direction, params);
    for (int i = 0; i < count; i++)
        if (tile_floats(device, shape, direction, &params[i]) > MOST_TILES) return false;
    return true;
}

static bool supports_convolution(const mx_device *device, const mx_conv_shape *shape,
                                 mx_conv_direction direction) {
    return direction != MX_CONV_BACKWARD_WEIGHTS && supports(device, shape, direction);
}

static bool supports_weights(const mx_device *device, const mx_conv_shape *shape,
                             mx_conv_direction direction) {
    return direction == MX_CONV_BACKWARD_WEIGHTS && supports(device, shape, direction);
}

static bool preferred(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction) {
    (void)direction;
    const mx_i32 vector = mx_vector_width(device, 0);
    return shape->c * shape->k >= MANY_WEIGHTS && shape->c % vector == 0 && shape->k % vector == 0;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    const streamed_form form = form_of(device, shape, direction, params);
    return form.v + form.z + form.scratch * (size_t)form.groups;
}

/* A chunk is as few images as there may be chunks for. */
static mx_i32 sum_rows(const mx_device *device, const mx_conv_shape *shape,
                       mx_conv_direction direction, const mx_conv_params *params, mx_i32 groups) {
    (void)device, (void)params;
    const bool forward = direction == MX_CONV_FORWARD;
    const mx_i32 pixels =
        forward ? mx_conv_out_height(shape) * mx_conv_out_width(shape) : shape->h * shape->w;
    return pixels * ((shape->n / groups + MX_MOST_CHUNKS - 1) / MX_MOST_CHUNKS);
}

static mx_winograd_streamed_args args_of(const streamed_form *form, const mx_conv_shape *shape,
                                         mx_conv_direction direction, const mx_conv_operands *o) {
    mx_winograd_streamed_args args = {
        .of = mx_conv_winograd_args(shape, direction, form->tile, form->tiles, o),
        .channels = form->channels,
        .tiles = form->tiles,
        .rows = form->rows,
        .v_stride = form->v_stride,
        .z_stride = form->z_stride,
        .transposed = direction == MX_CONV_BACKWARD_DATA,
        .splits = form->splits,
        .split_tiles = form->split_tiles,
        .run = form->run,
        .weight = o->weight.offset,
        .v = o->workspace.offset,
        .z = o->workspace.offset + (mx_u32)form->v};
    args.of.groups = form->groups;
    args.of.scratch = args.z + (mx_u32)form->z;
    args.of.scratch_floats = (mx_u32)form->scratch;
    return args;
}

static mx_status transform_input(mx_device *device, const streamed_form *form,
                                 const mx_winograd_streamed_args *args, mx_tensor in,
                                 const mx_conv_operands *o) {
    return MX_LAUNCH(device, "conv_winograd_streamed.cl", "winograd_streamed_input", form->options,
                     mx_range_single((size_t)form->rows, 1, 1), *args, in.buffer,
                     o->norm.saved.buffer, o->workspace.buffer);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    const bool forward = direction == MX_CONV_FORWARD;
    streamed_form form = form_of(device, shape, direction, params);
    const mx_tensor in = forward ? o->x : o->y, out = forward ? o->y : o->x,
                    also = forward ? o->residual : o->seen;
    mx_winograd_streamed_args args = args_of(&form, shape, direction, o);
    /* A split is whole chunks. */
    const mx_i32 plane = args.of.tiles_h * args.of.tiles_w;
    if (o->sums.rows > 0 && args.of.chunk_tiles > plane) {
        args.splits = 1;
        args.split_tiles = form.tiles;
    }
    MX_TRY(transform_input(device, &form, &args, in, o));
    return MX_LAUNCH(device, "conv_winograd_streamed.cl", "conv_winograd_streamed", form.options,
                     mx_range_single((size_t)form.groups, 1, 1), args, o->weight.buffer,
                     o->workspace.buffer, o->bias.buffer, o->norm.saved.buffer,
                     o->finish.saved.buffer, also.buffer, out.buffer, o->sums.partial.buffer,
                     o->workspace.buffer);
}

static mx_status run_weights(mx_device *device, const mx_conv_shape *shape,
                             mx_conv_direction direction, const mx_conv_params *params,
                             const mx_conv_operands *o) {
    const streamed_form form = form_of(device, shape, direction, params);
    const mx_winograd_streamed_args args = args_of(&form, shape, direction, o);
    MX_TRY(transform_input(device, &form, &args, o->x, o));
    MX_TRY(MX_LAUNCH(device, "conv_winograd_streamed.cl", "winograd_streamed_gradient",
                     form.options, mx_range_single((size_t)form.tiles, 1, 1), args, o->y.buffer,
                     o->workspace.buffer));
    return MX_LAUNCH(device, "conv_winograd_streamed.cl", "conv_winograd_streamed_weights",
                     form.options, mx_range_single((size_t)form.groups, 1, 1), args,
                     o->workspace.buffer, o->workspace.buffer, o->weight.buffer,
                     o->workspace.buffer);
}

const mx_conv_algorithm mx_conv_winograd_streamed = {
    .name = "streamed",
    .param_names = {"tile", "channels"},
    .supports = supports_convolution,
    .preferred = preferred,
    .candidates = candidates,
    .workspace = workspace,
    .abilities = MX_CONV_READS_NORM | MX_CONV_ADDS_RESIDUAL | MX_CONV_FINISHES,
    .sum_rows = sum_rows,
    .run = run};
const mx_conv_algorithm mx_conv_winograd_streamed_weights = {.name = "streamed",
                                                             .param_names = {"tile", "channels"},
                                                             .supports = supports_weights,
                                                             .preferred = preferred,
                                                             .candidates = candidates,
                                                             .workspace = workspace,
                                                             .abilities = MX_CONV_READS_NORM,
                                                             .run = run_weights};
