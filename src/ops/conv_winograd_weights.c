/* Gradient by the weights of 3x3 convolutions of stride 1 in Winograd's domain, for CPUs. */
#include <stdio.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_TILE,
    PARAM_TILES
}; /* outputs along a tile's side, 2 or 4; tiles a work-group takes at a time */
enum {
    CHANNEL_TILE = 8,
    LEAST_TILES = 16,
    MOST_TILES = 64,
    CACHED_WEIGHTS = 192 * 192,
    PARTIAL_LIMIT = 5 << 19 /* floats of partial sums, unless one chunk needs more */
};

typedef struct weights_form {
    mx_i32 tile, tiles; /* the parameters */
    mx_i32 channels, vector, width, cores, chunks, splits, split_k;
    size_t partial, scratch; /* floats: of the sums; of a work-group */
    bool local;
    char options[128];
} weights_form;

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    return direction == MX_CONV_BACKWARD_WEIGHTS &&
           mx_device_get_info(device)->type == MX_DEVICE_CPU && mx_conv_suits_winograd(shape);
}

/* Places of a tile in Winograd's domain. */
static size_t places_of(const weights_form *form) {
    return (size_t)((form->tile + 2) * (form->tile + 2));
}

static size_t scratch_of(const weights_form *form, mx_i32 c) {
    const mx_i32 stride = (c + form->vector - 1) / form->vector * form->vector;
    return places_of(form) *
           ((size_t)form->tiles * (size_t)(stride + form->split_k) + 2 * MX_WINOGRAD_LINE);
}

/* A work-group for each core, as far as that goes: more chunks of tiles rather than more splits of
 * the outputs, each of which transforms all of x again, but no more than have small sums. Larger
 * batches never get fewer chunks. */
static void share_out(weights_form *form, const mx_device *device, const mx_conv_shape *shape) {
    const size_t sums = places_of(form) * (size_t)shape->c * (size_t)shape->k;
    const mx_i32 blocks = shape->k / form->width;
    form->cores = (mx_i32)mx_device_get_info(device)->compute_units;
    form->chunks = form->splits = 0;
    for (mx_i32 chunks = 1; chunks <= form->cores && chunks <= shape->n; chunks++) {
        if (chunks > 1 && sums * (size_t)chunks > PARTIAL_LIMIT) break;
        const mx_i32 wanted = form->cores / chunks, splits = wanted < blocks ? wanted : blocks;
        if (chunks * splits < form->chunks * form->splits) continue;
        form->chunks = chunks;
        form->splits = splits;
    }
    form->split_k = (blocks + form->splits - 1) / form->splits * form->width;
    form->splits = (shape->k + form->split_k - 1) / form->split_k;
    form->partial = mx_tensor_aligned(sums * (size_t)form->chunks);
}

static weights_form form_of(const mx_device *device, const mx_conv_shape *shape,
                            const mx_conv_params *params) {
    weights_form form = {.tile = params->v[PARAM_TILE],
                         .tiles = params->v[PARAM_TILES],
                         .channels = CHANNEL_TILE,
                         .vector = mx_vector_width(device, shape->k)};
    while (shape->c % form.channels != 0)
        form.channels--;
    form.width = shape->k / form.vector % 2 == 0 ? 2 * form.vector : form.vector;
    share_out(&form, device, shape);
    form.scratch = scratch_of(&form, shape->c);
    form.local = form.scratch * sizeof(float) <= mx_device_get_info(device)->local_memory;
    snprintf(form.options, sizeof form.options,
             "-DV=%d -DKB=%d -DCB=%d -DTILE=%d -DT=%d -DSCRATCH_IS_LOCAL=%d -DSCRATCH=%s",
             form.vector, form.width / form.vector, form.channels, form.tile, form.tiles,
             form.local, form.local ? "__local" : "__global");
    return form;
}

static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    (void)device, (void)direction;
    const mx_i32 built_in = shape->c < 96 ? LEAST_TILES : 2 * LEAST_TILES;
    return mx_conv_winograd_candidates(built_in, LEAST_TILES, MOST_TILES, out);
}

/* Where the sums in Winograd's domain outgrow a core's cache, or channels do not fill the tiles,
 * the direct algorithm is as quick. */
static bool preferred(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction) {
    (void)direction;
    return shape->c % CHANNEL_TILE == 0 && shape->k % mx_vector_width(device, 0) == 0 &&
           shape->c * shape->k < CACHED_WEIGHTS;
}

/* Chunks depend on the batch; the sums of the largest are enough for all. */
static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)direction;
    const weights_form form = form_of(device, shape, params);
    return form.partial + (form.local ? 0 : form.scratch * (size_t)form.cores);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    (void)direction;
    const weights_form form = form_of(device, shape, params);
    const mx_winograd_weights_args args = {.n = shape->n,
                                           .in_h = shape->h,
                                           .in_w = shape->w,
                                           .c = shape->c,
                                           .out_h = o->y.h,
                                           .out_w = o->y.w,
                                           .k = shape->k,
                                           .pad = shape->pad,
                                           .tiles_h = mx_conv_tiles(o->y.h, form.tile),
                                           .tiles_w = mx_conv_tiles(o->y.w, form.tile),
                                           .chunks = form.chunks,
                                           .split_k = form.split_k,
                                           .x = o->x.offset,
                                           .y = o->y.offset,
                                           .partial = o->workspace.offset,
                                           .weight = o->weight.offset,
                                           .scratch = o->workspace.offset + (mx_u32)form.partial,
                                           .scratch_floats = (mx_u32)form.scratch,
                                           .norm = mx_norm_args_of(&o->norm, shape->n)};
    mx_range range = mx_range_single((size_t)form.splits, (size_t)form.chunks, 1);
    if (form.local) {
        range.local_bytes = form.scratch * sizeof(float);
        MX_TRY(MX_LAUNCH(device, "conv_winograd_weights.cl", "conv_winograd_weights", form.options,
                         range, args, o->x.buffer, o->y.buffer, o->norm.saved.buffer,
                         o->workspace.buffer));
    } else {
        MX_TRY(MX_LAUNCH(device, "conv_winograd_weights.cl", "conv_winograd_weights", form.options,
                         range, args, o->x.buffer, o->y.buffer, o->norm.saved.buffer,
                         o->workspace.buffer, o->workspace.buffer));
    }
    const mx_range all = {.dims = 2,
                          .global = {(size_t)(shape->k / form.vector), (size_t)shape->c, 1},
                          .local = {1, 8, 1}};
    return MX_LAUNCH(device, "conv_winograd_weights.cl", "winograd_weights_sum", form.options, all,
                     args, o->workspace.buffer, o->weight.buffer);
}

const mx_conv_algorithm mx_conv_winograd_weights = {.name = "winograd",
                                                    .param_names = {"tile", "tiles"},
                                                    .supports = supports,
                                                    .preferred = preferred,
                                                    .candidates = candidates,
                                                    .workspace = workspace,
                                                    .abilities = MX_CONV_READS_NORM,
                                                    .run = run};
