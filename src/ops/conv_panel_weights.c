/* Gradient by the weights of 1x1 convolutions for CPUs: a product of matrices whose operands are
 * copied into local memory piece by piece. */
#include <stdio.h>

#include "ops/conv_algorithms.h"

enum {
    PARAM_CHUNKS, /* chunks of the pixels, at most */
    PARAM_UNIT    /* pixels copied at a time, at most */
};
enum { LARGE_WEIGHTS = 128 << 10 }; /* floats */

/* How the work is cut. */
typedef struct panel_form {
    mx_i32 vector, block, tile; /* floats of a vector, outputs and channels of a register tile */
    mx_i32 chunks, group_c, unit;
    size_t local_bytes;
} panel_form;

static panel_form form_of(const mx_device *device, const mx_conv_shape *shape,
                          const mx_conv_params *params) {
    panel_form form = {.vector = mx_vector_width(device, shape->k),
                       .tile = mx_conv_channel_tile(shape->c)};
    form.block = form.vector * (shape->k / form.vector % 2 == 0 ? 2 : 1);
    const mx_i32 pixels = shape->n * mx_conv_out_height(shape) * mx_conv_out_width(shape);
    form.chunks = mx_conv_chunks(shape, params->v[PARAM_CHUNKS], pixels);
    form.group_c = mx_conv_group_channels(shape->c, form.tile, form.chunks);
    form.unit = params->v[PARAM_UNIT];
    form.local_bytes = (size_t)form.unit * (size_t)(form.group_c + form.block) * sizeof(float);
    return form;
}

static int candidates(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    static const mx_conv_params sets[] = {
        {{4, 288}}, {{2, 288}}, {{4, 128}}, {{2, 128}}, {{16, 128}}};
    enum { COUNT = sizeof sets / sizeof *sets };
    const size_t local = mx_device_get_info(device)->local_memory;
    int count = 0;
    (void)direction;
    for (int i = 0; i < COUNT; i++)
        if (form_of(device, shape, &sets[i]).local_bytes <= local) out[count++] = sets[i];
    return count;
}

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    mx_conv_params some[MX_CONV_CANDIDATES];
    return direction == MX_CONV_BACKWARD_WEIGHTS && shape->r == 1 && shape->s == 1 &&
           shape->pad == 0 && mx_device_get_info(device)->type == MX_DEVICE_CPU &&
           candidates(device, shape, direction, some) > 0;
}

/* Copying pays where the rows of x and dy lie far apart. */
static bool preferred(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction) {
    (void)device, (void)direction;
    return (size_t)shape->c * (size_t)shape->k > LARGE_WEIGHTS;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)direction;
    return mx_conv_partial_floats(shape, form_of(device, shape, params).chunks);
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    (void)direction;
    const panel_form form = form_of(device, shape, params);
    const mx_panel_args args = {.n = shape->n,
                                .oh = mx_conv_out_height(shape),
                                .ow = mx_conv_out_width(shape),
                                .c = shape->c,
                                .k = shape->k,
                                .in_image = shape->h * shape->w * shape->c,
                                .in_row = shape->stride * shape->w * shape->c,
                                .in_column = shape->stride * shape->c,
                                .chunks = form.chunks,
                                .group_c = form.group_c,
                                .unit = form.unit,
                                .x = o->x.offset,
                                .y = o->y.offset,
                                .partial = mx_conv_partial(form.chunks, o).offset};
    mx_range range = mx_range_single((size_t)((args.c + args.group_c - 1) / args.group_c),
                                     (size_t)args.chunks, 1);
    range.local_bytes = form.local_bytes;
    char options[64];
    snprintf(options, sizeof options, "-DV=%d -DCB=%d -DKB=%d -DSCRATCH=__local", form.vector,
             form.tile, form.block / form.vector);
    MX_TRY(MX_LAUNCH(device, "conv_panel_weights.cl", "conv_panel_weights", options, range, args,
                     o->x.buffer, o->y.buffer, mx_conv_partial(form.chunks, o).buffer));
    return mx_conv_add_chunks(device, shape, args.chunks, o);
}

const mx_conv_algorithm mx_conv_panel_weights = {.name = "panel",
                                                 .param_names = {"chunks", "unit"},
                                                 .supports = supports,
                                                 .preferred = preferred,
                                                 .candidates = candidates,
                                                 .workspace = workspace,
                                                 .run = run};
