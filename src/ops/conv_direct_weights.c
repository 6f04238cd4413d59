/* Gradient by the weights for CPUs, by register tiles over pixels. */
#include <stdio.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_CHUNKS,
    PARAM_UNIT
}; /* chunks of images, at most; KiB of x and dy that a unit of work takes */
enum {
    WORK_GROUPS = 16,          /* wanted: chunks x groups of channels; not the device's to choose */
    PARTIAL_LIMIT = 4 << 20,   /* floats of partial sums, unless one chunk needs more */
    KIB_FLOATS = 256,          /* floats of a KiB */
    LARGE_WEIGHTS = 128 << 10, /* floats */
    CHANNEL_TILE = 9,          /* channels of a register tile, at most */
    FOLDED_CHANNELS = 8        /* fewer input channels than this are folded with a row of taps */
};

static bool is_folded(const mx_conv_shape *shape) {
    return shape->c < FOLDED_CHANNELS && shape->s > 1;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    (void)shape;
    return direction == MX_CONV_BACKWARD_WEIGHTS &&
           mx_device_get_info(device)->type == MX_DEVICE_CPU;
}

static size_t weight_floats(const mx_conv_shape *shape) {
    return (size_t)shape->r * (size_t)shape->s * (size_t)shape->c * (size_t)shape->k;
}

/* Units small enough for a core's own cache; larger ones, and fewer chunks, where the weights are
 * large. */
static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    static const mx_conv_params sets[] = {{{16, 192}}, {{4, 768}}, {{16, 768}},
                                          {{16, 96}},  {{4, 192}}, {{2, 1536}}};
    enum { COUNT = sizeof sets / sizeof *sets };
    (void)device, (void)direction;
    const int first = weight_floats(shape) > LARGE_WEIGHTS ? 1 : 0;
    out[0] = sets[first];
    out[1] = sets[1 - first];
    for (int i = 2; i < COUNT; i++)
        out[i] = sets[i];
    return COUNT;
}

mx_i32 mx_conv_chunks(const mx_conv_shape *shape, mx_i32 wanted, mx_i32 units) {
    const size_t fit = PARTIAL_LIMIT / weight_floats(shape), most = (size_t)wanted;
    const mx_i32 chunks = fit < 1 ? 1 : fit < most ? (mx_i32)fit : (mx_i32)most;
    return chunks < units ? chunks : units;
}

mx_i32 mx_conv_group_channels(mx_i32 channels, mx_i32 tile, mx_i32 chunks) {
    const mx_i32 tiles = channels / tile, wanted = (WORK_GROUPS + chunks - 1) / chunks;
    return (tiles + wanted - 1) / wanted * tile;
}

static mx_i32 chunks_of(const mx_conv_shape *shape, const mx_conv_params *params) {
    return mx_conv_chunks(shape, params->v[PARAM_CHUNKS], shape->n);
}

mx_tensor mx_conv_partial(mx_i32 chunks, const mx_conv_operands *o) {
    return chunks > 1 ? o->workspace : o->weight;
}

size_t mx_conv_partial_floats(const mx_conv_shape *shape, mx_i32 chunks) {
    return chunks > 1 ? mx_tensor_aligned(weight_floats(shape) * (size_t)chunks) : 0;
}

static size_t partial_floats(const mx_conv_shape *shape, const mx_conv_params *params) {
    return mx_conv_partial_floats(shape, chunks_of(shape, params));
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)device, (void)direction;
    size_t floats = partial_floats(shape, params);
    if (is_folded(shape))
        floats += (size_t)shape->n * (size_t)(shape->h + 2 * shape->pad) *
                  (size_t)(shape->w + 2 * shape->pad) * (size_t)shape->c;
    return floats;
}

mx_i32 mx_conv_channel_tile(mx_i32 channels) {
    mx_i32 tile = channels % 8 == 0 ? 8 : CHANNEL_TILE;
    while (channels % tile != 0)
        tile--;
    return tile;
}

/* How much of the work stays in cache at a time: whole images where they are small, else bands of
 * rows. */
static void size_units(mx_weights_args *args, const mx_conv_params *params) {
    const mx_i32 row = args->ow * args->k + args->in_row * args->step,
                 unit = params->v[PARAM_UNIT] * KIB_FLOATS;
    const mx_i32 rows = unit / row < 1 ? 1 : unit / row;
    args->band = rows < args->oh ? rows : args->oh;
    args->images = rows / args->oh < 1 ? 1 : rows / args->oh;
}

static mx_weights_args args_of(const mx_conv_shape *shape, const mx_conv_params *params,
                               const mx_conv_operands *o) {
    return (mx_weights_args){.n = shape->n,
                             .oh = mx_conv_out_height(shape),
                             .ow = mx_conv_out_width(shape),
                             .c = shape->c,
                             .k = shape->k,
                             .taps_r = shape->r,
                             .taps_s = shape->s,
                             .in_h = shape->h,
                             .in_w = shape->w,
                             .in_image = shape->h * shape->w * shape->c,
                             .in_row = shape->w * shape->c,
                             .in_column = shape->c,
                             .step = shape->stride,
                             .row0 = -shape->pad,
                             .column0 = -shape->pad,
                             .chunks = chunks_of(shape, params),
                             .x = o->x.offset,
                             .y = o->y.offset,
                             .partial = mx_conv_partial(chunks_of(shape, params), o).offset};
}

/* A row of taps becomes one tap of s x c channels in a padded copy of x. */
static mx_status fold(mx_device *device, const mx_conv_shape *shape, const mx_conv_operands *o,
                      size_t partial, mx_weights_args *args, mx_tensor *x) {
    *x = o->workspace;
    x->offset += (mx_u32)partial;
    MX_TRY(mx_conv_pad_input(device, shape, o, x->offset));
    args->x = x->offset;
    args->in_h = shape->h + 2 * shape->pad;
    args->in_w = shape->w + 2 * shape->pad;
    args->in_row = args->in_w * shape->c;
    args->in_image = args->in_h * args->in_row;
    args->c = shape->s * shape->c;
    args->taps_s = 1;
    args->row0 = args->column0 = 0;
    return MX_OK;
}

mx_status mx_conv_add_chunks(mx_device *device, const mx_conv_shape *shape, mx_i32 chunks,
                             const mx_conv_operands *o) {
    const mx_weights_sum_args args = {.chunks = chunks,
                                      .count = (mx_u32)weight_floats(shape),
                                      .partial = o->workspace.offset,
                                      .weight = o->weight.offset};
    char options[64];
    const mx_i32 vector = mx_vector_width(device, 0);
    if (chunks == 1) return MX_OK;
    snprintf(options, sizeof options, "-DV=%d -DCB=1 -DKB=1", vector);
    return MX_LAUNCH(device, "conv_direct_weights.cl", "conv_weights_sum", options,
                     mx_range_flat(args.count, vector), args, o->workspace.buffer,
                     o->weight.buffer);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    (void)direction;
    mx_weights_args args = args_of(shape, params, o);
    mx_tensor x = o->x;
    char options[64];
    if (is_folded(shape)) MX_TRY(fold(device, shape, o, partial_floats(shape, params), &args, &x));
    size_units(&args, params);
    const mx_i32 vector = mx_vector_width(device, shape->k), tile = mx_conv_channel_tile(args.c);
    snprintf(options, sizeof options, "-DV=%d -DCB=%d -DKB=%d", vector, tile,
             shape->k / vector % 2 == 0 ? 2 : 1);
    args.group_c = mx_conv_group_channels(args.c, tile, args.chunks);
    MX_TRY(MX_LAUNCH(device, "conv_direct_weights.cl", "conv_direct_weights", options,
                     mx_range_single((size_t)((args.c + args.group_c - 1) / args.group_c),
                                     (size_t)args.chunks, 1),
                     args, x.buffer, o->y.buffer, mx_conv_partial(args.chunks, o).buffer));
    return mx_conv_add_chunks(device, shape, args.chunks, o);
}

const mx_conv_algorithm mx_conv_direct_weights = {.name = "direct",
                                                  .param_names = {"chunks", "unit"},
                                                  .supports = supports,
                                                  .candidates = candidates,
                                                  .workspace = workspace,
                                                  .run = run};
