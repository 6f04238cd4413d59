/* 3x3 convolutions of stride 1 by Winograd's minimal filtering, for CPUs. The gradient by the data
 * is the same convolution of dy, with the weights transposed and turned by half a turn. */
#include <stdio.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_TILE,
    PARAM_TILES
}; /* outputs along a tile's side, 2 or 4; tiles a work-group takes at a time */
enum {
    LEAST_TILES = 8, /* that a work-group takes at a time; a multiple of a register tile's */
    MOST_TILES = 32,
    GROUPS_A_CORE = 2, /* work-groups sharing the tiles, where scratch is global */
    MOST_PAD = 2,
    SUMS = 3,          /* numbers that an output channel's sums take */
    LEAST_CHUNKS = 12, /* that keep every core busy */
    MOST_WASTE = 8     /* a chunk may leave one in so many places of its last tiles empty */
};

/* How the kernel is built and run for a shape. */
typedef struct winograd_form {
    mx_i32 vector, block; /* floats of a vector and of a block of outputs */
    mx_i32 tile, tiles;   /* the parameters */
    mx_i32 depth, outputs;
    size_t packed, scratch; /* floats of transformed weights; of a work-group's scratch */
    bool local;             /* scratch is local memory */
    mx_i32 groups;          /* work-groups, where it is not */
    char options[128];
} winograd_form;

bool mx_conv_suits_winograd(const mx_conv_shape *shape) {
    return shape->r == 3 && shape->s == 3 && shape->stride == 1 && shape->pad <= MOST_PAD &&
           shape->c <= MX_ZEROS && shape->k <= MX_ZEROS;
}

int mx_conv_winograd_candidates(mx_i32 built_in, mx_i32 least, mx_i32 most, mx_conv_params *out) {
    int count = 0;
    out[count++] = (mx_conv_params){{4, built_in}};
    for (mx_i32 tiles = least; tiles <= most; tiles *= 2)
        if (tiles != built_in) out[count++] = (mx_conv_params){{4, tiles}};
    out[count++] = (mx_conv_params){{2, most}};
    return count;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    return direction != MX_CONV_BACKWARD_WEIGHTS &&
           mx_device_get_info(device)->type == MX_DEVICE_CPU && mx_conv_suits_winograd(shape);
}

/* Fewer channels than a vector has lanes waste most of the transforms. */
static bool preferred(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction) {
    (void)direction;
    const mx_i32 vector = mx_vector_width(device, 0);
    return shape->c >= vector && shape->k >= vector;
}

/* Places of a tile in Winograd's domain. */
static size_t places_of(const winograd_form *form) {
    return (size_t)((form->tile + 2) * (form->tile + 2));
}

static size_t scratch_of(const winograd_form *form) {
    const mx_i32 stride = (form->depth + form->vector - 1) / form->vector * form->vector;
    const mx_i32 outputs = (form->outputs + form->block - 1) / form->block * form->block;
    return places_of(form) *
               ((size_t)form->tiles * (size_t)(stride + form->block) + 2 * MX_WINOGRAD_LINE) +
           SUMS * (size_t)outputs;
}

static winograd_form form_of(const mx_device *device, const mx_conv_shape *shape,
                             mx_conv_direction direction, const mx_conv_params *params) {
    const mx_device_info *info = mx_device_get_info(device);
    const bool forward = direction == MX_CONV_FORWARD;
    winograd_form form = {.vector = mx_vector_width(device, 0),
                          .tile = params->v[PARAM_TILE],
                          .tiles = params->v[PARAM_TILES]};
    form.depth = forward ? shape->c : shape->k;
    form.outputs = forward ? shape->k : shape->c;
    form.block = form.outputs > form.vector ? 2 * form.vector : form.vector;
    const mx_i32 blocks = (form.outputs + form.block - 1) / form.block;
    form.packed =
        mx_tensor_aligned(places_of(&form) * (size_t)(blocks * form.block) * (size_t)form.depth);
    form.scratch = scratch_of(&form);
    form.local = form.scratch * sizeof(float) <= info->local_memory;
    form.groups = GROUPS_A_CORE * (mx_i32)info->compute_units;
    snprintf(form.options, sizeof form.options,
             "-DV=%d -DKB=%d -DTILE=%d -DT=%d -DP=%d -DSCRATCH_IS_LOCAL=%d -DSCRATCH=%s",
             form.vector, form.block / form.vector, form.tile, form.tiles,
             form.vector == 16 ? 8 : 4, form.local, form.local ? "__local" : "__global");
    return form;
}

/* Without measurement: few tiles while the transformed weights stay in a core's cache, many once
 * they have to be streamed. */
static mx_i32 built_in_tiles(mx_i32 depth) {
    return depth < 96 ? LEAST_TILES : 2 * LEAST_TILES;
}

static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    (void)device;
    const mx_i32 built_in = built_in_tiles(direction == MX_CONV_FORWARD ? shape->c : shape->k);
    return mx_conv_winograd_candidates(built_in, LEAST_TILES, MOST_TILES, out);
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    const winograd_form form = form_of(device, shape, direction, params);
    return form.packed + (form.local ? 0 : form.scratch * (size_t)form.groups);
}

static mx_status pack(mx_device *device, const mx_conv_shape *shape, const winograd_form *form,
                      bool transposed, const mx_conv_operands *o) {
    const mx_winograd_pack_args args = {.c = shape->c,
                                        .k = shape->k,
                                        .transposed = transposed,
                                        .width = form->block,
                                        .weight = o->weight.offset,
                                        .packed = o->workspace.offset};
    const mx_i32 blocks = (form->outputs + form->block - 1) / form->block;
    const mx_range range = {
        .dims = 2,
        .global = {(size_t)form->depth, (size_t)(blocks * form->block / form->vector), 1},
        .local = {8, 1, 1}};
    return MX_LAUNCH(device, "conv_winograd.cl", "winograd_pack", form->options, range, args,
                     o->weight.buffer, o->workspace.buffer);
}

/* How the tiles are shared out: all of them in chunks of `run`, or whole images of one of `groups`
 * groups in chunks that sums are made of. */
typedef struct winograd_chunks {
    mx_i32 groups, group_tiles, chunk_tiles, group_chunks;
} winograd_chunks;

static winograd_chunks chunks_of(mx_i32 groups, mx_i32 group_tiles, mx_i32 chunk_tiles) {
    return (winograd_chunks){.groups = groups,
                             .group_tiles = group_tiles,
                             .chunk_tiles = chunk_tiles,
                             .group_chunks = (group_tiles + chunk_tiles - 1) / chunk_tiles};
}

/* Images of a chunk: the fewest that fill the places of whole runs of tiles, and that leave no more
 * chunks than allowed; 0 where no number does, or too few chunks remain. */
static mx_i32 chunk_images(mx_i32 images, mx_i32 plane, mx_i32 tiles, mx_i32 groups) {
    const mx_i32 least = (images + MX_MOST_CHUNKS - 1) / MX_MOST_CHUNKS;
    for (mx_i32 count = least; count <= images; count++) {
        const mx_i32 runs = mx_conv_tiles(count * plane, tiles);
        if (groups * mx_conv_tiles(images, count) < LEAST_CHUNKS) return 0;
        if (runs * tiles - count * plane <= runs * tiles / MOST_WASTE) return count;
    }
    return 0;
}

static mx_i32 sum_rows(const mx_device *device, const mx_conv_shape *shape,
                       mx_conv_direction direction, const mx_conv_params *params, mx_i32 groups) {
    (void)device;
    const bool forward = direction == MX_CONV_FORWARD;
    const mx_i32 tile = params->v[PARAM_TILE];
    const mx_i32 h = forward ? mx_conv_out_height(shape) : shape->h,
                 w = forward ? mx_conv_out_width(shape) : shape->w;
    return h * w *
           chunk_images(shape->n / groups, mx_conv_tiles(h, tile) * mx_conv_tiles(w, tile),
                        params->v[PARAM_TILES], groups);
}

mx_winograd_args mx_conv_winograd_args(const mx_conv_shape *shape, mx_conv_direction direction,
                                       mx_i32 tile, mx_i32 run, const mx_conv_operands *o) {
    const bool data = direction == MX_CONV_BACKWARD_DATA;
    const mx_tensor in = data ? o->y : o->x, out = data ? o->x : o->y,
                    also = data ? o->seen : o->residual;
    const mx_i32 pad = data ? 2 - shape->pad : shape->pad;
    const mx_i32 tiles_h = mx_conv_tiles(out.h, tile), tiles_w = mx_conv_tiles(out.w, tile),
                 plane = tiles_h * tiles_w;
    const winograd_chunks chunks = o->sums.rows > 0
                                       ? chunks_of(o->sum_groups, out.n / o->sum_groups * plane,
                                                   o->sums.rows / (out.h * out.w) * plane)
                                       : chunks_of(1, out.n * plane, run);
    return (mx_winograd_args){.n = in.n,
                              .in_h = in.h,
                              .in_w = in.w,
                              .depth = in.c,
                              .out_h = out.h,
                              .out_w = out.w,
                              .outputs = out.c,
                              .row0 = -pad,
                              .column0 = -pad,
                              .tiles_h = tiles_h,
                              .tiles_w = tiles_w,
                              .accumulate = o->accumulate,
                              .has_bias = direction == MX_CONV_FORWARD && o->bias.buffer,
                              .epilogue = mx_conv_finish(o) | (o->sums.rows == 0 ? 0
                                                               : data            ? MX_SUM_GRADIENT
                                                                                 : MX_SUM_MOMENTS),
                              .group_tiles = chunks.group_tiles,
                              .group_chunks = chunks.group_chunks,
                              .chunk_tiles = chunks.chunk_tiles,
                              .chunks = chunks.groups * chunks.group_chunks,
                              .x = in.offset,
                              .bias = o->bias.offset,
                              .also = also.offset,
                              .partial = o->sums.partial.offset,
                              .y = out.offset,
                              .norm = mx_norm_args_of(&o->norm, out.n),
                              .finish = mx_norm_args_of(&o->finish, out.n),
                              .slope = o->slope};
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    const bool forward = direction == MX_CONV_FORWARD;
    const winograd_form form = form_of(device, shape, direction, params);
    const mx_tensor in = forward ? o->x : o->y, out = forward ? o->y : o->x;
    const mx_tensor also = forward ? o->residual : o->seen;
    mx_winograd_args args = mx_conv_winograd_args(shape, direction, form.tile, form.tiles, o);
    args.groups = form.groups;
    args.packed = o->workspace.offset;
    args.scratch = o->workspace.offset + (mx_u32)form.packed;
    args.scratch_floats = (mx_u32)form.scratch;
    MX_TRY(pack(device, shape, &form, !forward, o));
    if (!form.local)
        return MX_LAUNCH(device, "conv_winograd.cl", "conv_winograd", form.options,
                         mx_range_single((size_t)args.groups, 1, 1), args, in.buffer,
                         o->workspace.buffer, o->bias.buffer, o->norm.saved.buffer,
                         o->finish.saved.buffer, also.buffer, out.buffer, o->sums.partial.buffer,
                         o->workspace.buffer);
    args.groups = args.chunks;
    mx_range range = mx_range_single((size_t)args.groups, 1, 1);
    range.local_bytes = form.scratch * sizeof(float);
    return MX_LAUNCH(device, "conv_winograd.cl", "conv_winograd", form.options, range, args,
                     in.buffer, o->workspace.buffer, o->bias.buffer, o->norm.saved.buffer,
                     o->finish.saved.buffer, also.buffer, out.buffer, o->sums.partial.buffer);
}

const mx_conv_algorithm mx_conv_winograd = {.name = "winograd",
                                            .param_names = {"tile", "tiles"},
                                            .supports = supports,
                                            .preferred = preferred,
                                            .candidates = candidates,
                                            .workspace = workspace,
                                            .abilities = MX_CONV_READS_NORM |
                                                         MX_CONV_ADDS_RESIDUAL | MX_CONV_FINISHES,
                                            .sum_rows = sum_rows,
                                            .run = run};
