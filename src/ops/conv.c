#include "ops/conv.h"

#include <math.h>
#include <string.h>

#include "ocl/profile.h"
#include "ops/conv_algorithms.h"
#include "ops/pointwise.h"

const mx_conv_algorithm *const mx_conv_algorithms[] = {
    &mx_conv_winograd_streamed,
    &mx_conv_winograd_streamed_weights,
    &mx_conv_winograd,
    &mx_conv_winograd_weights,
    &mx_conv_direct,
    &mx_conv_panel_weights,
    &mx_conv_direct_weights,
    &mx_conv_winograd_gemm,
    &mx_conv_gemm,
    &mx_conv_reference,
};
const size_t mx_conv_algorithm_count = sizeof mx_conv_algorithms / sizeof *mx_conv_algorithms;

const char *mx_conv_direction_name(mx_conv_direction direction) {
    static const char *const names[] = {"forward", "backward_data", "backward_weights"};
    return names[direction];
}

mx_i32 mx_conv_out_height(const mx_conv_shape *shape) {
    return (shape->h + 2 * shape->pad - shape->r) / shape->stride + 1;
}

mx_i32 mx_conv_out_width(const mx_conv_shape *shape) {
    return (shape->w + 2 * shape->pad - shape->s) / shape->stride + 1;
}

double mx_conv_flops(const mx_conv_shape *shape) {
    return 2.0 * shape->n * mx_conv_out_height(shape) * mx_conv_out_width(shape) * shape->k *
           shape->c * shape->r * shape->s;
}

double mx_conv_bytes(const mx_conv_shape *shape, mx_conv_direction direction, bool accumulate) {
    const double n = shape->n, input = n * shape->h * shape->w * shape->c,
                 output = n * mx_conv_out_height(shape) * mx_conv_out_width(shape),
                 weight = (double)shape->r * shape->s * shape->c * shape->k;
    /* Pixels between the filters of wide strides are never read; only their gradient is written. */
    const double seen = fmin(input, output * shape->r * shape->s * shape->c);
    const bool whole = direction == MX_CONV_BACKWARD_DATA && !accumulate;
    return sizeof(float) * ((whole ? input : (1 + accumulate) * seen) + output * shape->k + weight);
}

mx_conv_args mx_conv_args_of(const mx_conv_shape *shape, const mx_conv_operands *operands) {
    return (mx_conv_args){.n = shape->n,
                          .h = shape->h,
                          .w = shape->w,
                          .c = shape->c,
                          .k = shape->k,
                          .r = shape->r,
                          .s = shape->s,
                          .stride = shape->stride,
                          .pad = shape->pad,
                          .oh = mx_conv_out_height(shape),
                          .ow = mx_conv_out_width(shape),
                          .x = operands->x.offset,
                          .weight = operands->weight.offset,
                          .bias = operands->bias.offset,
                          .y = operands->y.offset,
                          .columns = operands->workspace.offset,
                          .has_bias = operands->bias.buffer != NULL,
                          .accumulate = operands->accumulate,
                          .images = shape->n};
}

mx_i32 mx_conv_finish(const mx_conv_operands *operands) {
    return (operands->finish.saved.buffer ? MX_NORM_OUTPUT : 0) |
           (operands->residual.buffer ? MX_ADD_RESIDUAL : 0) |
           (operands->activate ? MX_ACTIVATE : 0);
}

static bool is_known(const char *name) {
    for (size_t i = 0; i < mx_conv_algorithm_count; i++)
        if (strcmp(mx_conv_algorithms[i]->name, name) == 0) return true;
    return strcmp(name, "auto") == 0;
}

/* The first of the list that supports and prefers the direction, or the one called `name` where
 * that supports it. An algorithm may have an entry a direction. */
static const mx_conv_algorithm *choose(const mx_device *device, const mx_conv_shape *shape,
                                       mx_conv_direction direction, const char *name) {
    const mx_conv_algorithm *first = NULL;
    for (size_t i = 0; i < mx_conv_algorithm_count; i++) {
        const mx_conv_algorithm *candidate = mx_conv_algorithms[i];
        if (!candidate->supports(device, shape, direction)) continue;
        if (strcmp(candidate->name, name) == 0) return candidate;
        if (!first && (!candidate->preferred || candidate->preferred(device, shape, direction)))
            first = candidate;
    }
    return first;
}

mx_status mx_conv_plan_init(mx_conv_plan *plan, const mx_device *device, const mx_conv_shape *shape,
                            const char *wanted) {
    if (!is_known(wanted)) return mx_fail(MX_USAGE, "unknown convolution algorithm '%s'", wanted);
    *plan = (mx_conv_plan){.shape = *shape};
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++) {
        mx_conv_params candidates[MX_CONV_CANDIDATES];
        const mx_conv_algorithm *algorithm = choose(device, shape, d, wanted);
        algorithm->candidates(device, shape, d, candidates);
        mx_conv_plan_choose(plan, device, d, algorithm, &candidates[0]);
    }
    return MX_OK;
}

size_t mx_conv_plan_workspace(const mx_conv_plan *plan, const mx_device *device,
                              mx_conv_direction direction) {
    const mx_conv_algorithm *algorithm = plan->choice[direction].algorithm;
    return algorithm ? algorithm->workspace(device, &plan->shape, direction,
                                            &plan->choice[direction].params)
                     : 0;
}

void mx_conv_plan_choose(mx_conv_plan *plan, const mx_device *device, mx_conv_direction direction,
                         const mx_conv_algorithm *algorithm, const mx_conv_params *params) {
    plan->choice[direction].algorithm = algorithm;
    plan->choice[direction].params = *params;
    plan->workspace = 0;
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++) {
        const size_t needed = mx_conv_plan_workspace(plan, device, d);
        if (needed > plan->workspace) plan->workspace = needed;
    }
}

bool mx_conv_can(const mx_conv_plan *plan, mx_conv_direction direction, mx_conv_ability ability) {
    return plan->choice[direction].algorithm->abilities & ability;
}

mx_i32 mx_conv_sum_rows(const mx_conv_plan *plan, const mx_device *device,
                        mx_conv_direction direction, mx_i32 n, mx_i32 groups) {
    const mx_conv_algorithm *algorithm = plan->choice[direction].algorithm;
    mx_conv_shape shape = plan->shape;
    shape.n = n;
    return algorithm->sum_rows ? algorithm->sum_rows(device, &shape, direction,
                                                     &plan->choice[direction].params, groups)
                               : 0;
}

mx_i32 mx_conv_tiles(mx_i32 pixels, mx_i32 tile) {
    return (pixels + tile - 1) / tile;
}

int mx_conv_no_params(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out) {
    (void)device, (void)shape, (void)direction;
    out[0] = (mx_conv_params){{0}};
    return 1;
}

mx_status mx_conv_run(mx_device *device, const mx_conv_plan *plan, mx_conv_direction direction,
                      const mx_conv_operands *operands) {
    const mx_conv_algorithm *algorithm = plan->choice[direction].algorithm;
    mx_conv_shape shape = plan->shape;
    shape.n = operands->x.n;
    mx_profile_op(
        device,
        (mx_work){mx_conv_flops(&shape), mx_conv_bytes(&shape, direction, operands->accumulate)},
        "conv_%s %s %dx%d/%d %d->%d @%dx%d", mx_conv_direction_name(direction), algorithm->name,
        shape.r, shape.s, shape.stride, shape.c, shape.k, shape.h, shape.w);
    MX_TRY(algorithm->run(device, &shape, direction, &plan->choice[direction].params, operands));
    if (direction == MX_CONV_BACKWARD_WEIGHTS && operands->bias.buffer)
        return mx_column_sums(device, operands->y, operands->bias);
    return MX_OK;
}
