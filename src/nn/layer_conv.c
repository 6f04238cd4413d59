#include "nn/layer.h"

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    const mx_conv_shape conv = {.h = x[0]->h,
                                .w = x[0]->w,
                                .c = x[0]->c,
                                .r = layer->as.conv.size,
                                .s = layer->as.conv.size,
                                .stride = layer->as.conv.stride,
                                .pad = layer->as.conv.pad};
    if (conv.h + 2 * conv.pad < conv.r || conv.w + 2 * conv.pad < conv.s)
        return mx_fail(MX_USAGE,
                       "layer '%s': a %dx%d kernel does not fit a %dx%d input; use larger pictures",
                       layer->name, conv.r, conv.s, conv.h, conv.w);
    *y = (mx_value){mx_conv_out_height(&conv), mx_conv_out_width(&conv), layer->as.conv.k};
    MX_TRY(mx_layer_declare(net, layer, "weight", MX_PARAM_CONV_WEIGHT,
                            (mx_i32[]){layer->as.conv.k, conv.c, conv.r, conv.s}));
    if (!layer->as.conv.bias) return MX_OK;
    return mx_layer_declare(net, layer, "bias", MX_PARAM_BIAS,
                            (mx_i32[]){layer->as.conv.k, 0, 0, 0});
}

mx_status mx_layer_plan_conv(const mx_layer_limits *limits, const mx_layer *layer,
                             const mx_conv_shape *shape, mx_conv_plan *plan) {
    const bool trained = limits->trained && !layer->part.frozen;
    const mx_conv_tuning tuning = {
        .wanted = limits->conv_algorithm,
        .rows = limits->tuned_rows,
        .needed = {[MX_CONV_FORWARD] = true,
                   [MX_CONV_BACKWARD_DATA] =
                       trained && mx_net_wants_gradient(limits->net, layer->in[0]),
                   [MX_CONV_BACKWARD_WEIGHTS] = trained}};
    MX_TRY(mx_conv_plan_init(plan, limits->device, shape, limits->conv_algorithm));
    return mx_conv_tuner_plan(limits->tuner, plan, &tuning);
}

static mx_status plan(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x, size_t *floats) {
    const mx_conv_shape conv = {.n = limits->rows,
                                .h = x.h,
                                .w = x.w,
                                .c = x.c,
                                .k = layer->as.conv.k,
                                .r = layer->as.conv.size,
                                .s = layer->as.conv.size,
                                .stride = layer->as.conv.stride,
                                .pad = layer->as.conv.pad};
    MX_TRY(mx_layer_plan_conv(limits, layer, &conv, &layer->as.conv.plan));
    *floats = layer->as.conv.plan.workspace;
    layer->gradient_at = mx_tensor_aligned(
        mx_conv_plan_workspace(&layer->as.conv.plan, limits->device, MX_CONV_BACKWARD_WEIGHTS));
    return MX_OK;
}

/* The weight as the kernels see it, [r][s][c][k]. */
static mx_tensor as_rsck(const mx_layer *layer, mx_tensor weight, mx_i32 c) {
    weight.n = layer->as.conv.size;
    weight.h = layer->as.conv.size;
    weight.w = c;
    weight.c = layer->as.conv.k;
    return weight;
}

static bool reads_norm(const mx_layer *layer, bool trained) {
    const mx_conv_plan *plan = &layer->as.conv.plan;
    return mx_conv_can(plan, MX_CONV_FORWARD, MX_CONV_READS_NORM) &&
           (!trained || mx_conv_can(plan, MX_CONV_BACKWARD_WEIGHTS, MX_CONV_READS_NORM));
}

static mx_status forward(const mx_layer_call *call) {
    mx_conv_operands o = {.x = call->x[0],
                          .y = call->y,
                          .workspace = call->workspace,
                          .norm = call->norm[0],
                          .residual = call->residual,
                          .finish = call->finish,
                          .activate = call->activate,
                          .slope = call->slope,
                          .sums = call->sums,
                          .sum_groups = call->pass->groups};
    o.weight = as_rsck(call->layer, mx_call_weight(call, 0), o.x.c);
    if (call->layer->as.conv.bias) o.bias = mx_call_weight(call, 1);
    return mx_conv_run(call->device, &call->layer->as.conv.plan, MX_CONV_FORWARD, &o);
}

static mx_status backward_weights(const mx_layer_call *call) {
    mx_conv_operands o = {
        .x = call->x[0], .y = call->dy, .workspace = call->workspace, .norm = call->norm[0]};
    o.weight = as_rsck(call->layer, mx_call_gradient(call, 0), o.x.c);
    if (call->layer->as.conv.bias) o.bias = mx_call_gradient(call, 1);
    return mx_conv_run(call->device, &call->layer->as.conv.plan, MX_CONV_BACKWARD_WEIGHTS, &o);
}

static mx_status backward_data(const mx_layer_call *call) {
    mx_conv_operands o = {.x = call->dx[0],
                          .y = call->dy,
                          .workspace = call->workspace,
                          .accumulate = call->accumulate[0],
                          .norm = call->seen_norm,
                          .seen = call->seen,
                          .sums = call->sums,
                          .sum_groups = call->pass->groups};
    o.weight = as_rsck(call->layer, mx_call_weight(call, 0), o.x.c);
    return mx_conv_run(call->device, &call->layer->as.conv.plan, MX_CONV_BACKWARD_DATA, &o);
}

/* The weights' gradient comes last: it may lie in the workspace. */
static mx_status backward(const mx_layer_call *call) {
    if (call->dx[0].buffer) MX_TRY(backward_data(call));
    return backward_weights(call);
}

static double macs(const mx_layer *layer, const mx_value *x, const mx_value *y) {
    return (double)y->h * y->w * y->c * x->c * layer->as.conv.size * layer->as.conv.size;
}

const mx_layer_type mx_layer_conv = {.name = "conv",
                                     .backward_reads_x = true,
                                     .reads_norm = reads_norm,
                                     .shape = shape,
                                     .plan = plan,
                                     .forward = forward,
                                     .backward = backward,
                                     .macs = macs};
