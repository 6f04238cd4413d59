#include "ops/conv_algorithms.h"

static bool supports(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction) {
    (void)device, (void)shape, (void)direction;
    return true;
}

static size_t workspace(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params) {
    (void)device, (void)shape, (void)direction, (void)params;
    return 0;
}

static mx_range range_of(mx_i32 x, mx_i32 y, mx_i32 z) {
    return (mx_range){.dims = 3, .global = {(size_t)x, (size_t)y, (size_t)z}, .local = {16, 4, 1}};
}

static mx_status run(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *o) {
    (void)params;
    const mx_conv_args args = mx_conv_args_of(shape, o);
    switch (direction) {
    case MX_CONV_FORWARD:
        return MX_LAUNCH(device, "conv.cl", "conv_forward", "",
                         range_of(args.k, args.oh * args.ow, args.n), args, o->x.buffer,
                         o->weight.buffer, o->bias.buffer, o->y.buffer);
    case MX_CONV_BACKWARD_DATA:
        return MX_LAUNCH(device, "conv.cl", "conv_backward_data", "",
                         range_of(args.c, args.h * args.w, args.n), args, o->y.buffer,
                         o->weight.buffer, o->x.buffer);
    default:
        return MX_LAUNCH(device, "conv.cl", "conv_backward_weights", "",
                         range_of(args.k, args.c, args.r * args.s), args, o->x.buffer, o->y.buffer,
                         o->weight.buffer);
    }
}

const mx_conv_algorithm mx_conv_reference = {.name = "reference",
                                             .supports = supports,
                                             .candidates = mx_conv_no_params,
                                             .workspace = workspace,
                                             .run = run};
