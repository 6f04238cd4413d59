#include "nn/layer.h"
#include "ops/linear.h"

static mx_i32 inputs_of(mx_tensor x) {
    return x.h * x.w * x.c;
}

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    const mx_i32 in = x[0]->h * x[0]->w * x[0]->c, out = layer->as.linear.out;
    *y = (mx_value){1, 1, out};
    MX_TRY(
        mx_layer_declare(net, layer, "weight", MX_PARAM_LINEAR_WEIGHT, (mx_i32[]){out, in, 0, 0}));
    return mx_layer_declare(net, layer, "bias", MX_PARAM_BIAS, (mx_i32[]){out, 0, 0, 0});
}

static mx_status plan(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x, size_t *floats) {
    const mx_conv_shape linear = mx_linear_shape(limits->rows, inputs_of(x), layer->as.linear.out);
    MX_TRY(mx_layer_plan_conv(limits, layer, &linear, &layer->as.linear.plan));
    *floats = layer->as.linear.plan.workspace;
    layer->gradient_at = mx_tensor_aligned(
        mx_conv_plan_workspace(&layer->as.linear.plan, limits->device, MX_CONV_BACKWARD_WEIGHTS));
    return MX_OK;
}

static mx_status forward(const mx_layer_call *call) {
    const mx_conv_operands o = {.x = call->x[0],
                                .weight = mx_call_weight(call, 0),
                                .bias = mx_call_weight(call, 1),
                                .y = call->y,
                                .workspace = call->workspace};
    return mx_linear_run(call->device, &call->layer->as.linear.plan, MX_CONV_FORWARD, &o);
}

static mx_status backward_data(const mx_layer_call *call) {
    const mx_conv_operands o = {.x = call->dx[0],
                                .weight = mx_call_weight(call, 0),
                                .y = call->dy,
                                .workspace = call->workspace,
                                .accumulate = call->accumulate[0]};
    return mx_linear_run(call->device, &call->layer->as.linear.plan, MX_CONV_BACKWARD_DATA, &o);
}

/* The weights' gradient comes last: it may lie in the workspace. */
static mx_status backward(const mx_layer_call *call) {
    const mx_conv_operands o = {.x = call->x[0],
                                .weight = mx_call_gradient(call, 0),
                                .bias = mx_call_gradient(call, 1),
                                .y = call->dy,
                                .workspace = call->workspace};
    if (call->dx[0].buffer) MX_TRY(backward_data(call));
    return mx_linear_run(call->device, &call->layer->as.linear.plan, MX_CONV_BACKWARD_WEIGHTS, &o);
}

static double macs(const mx_layer *layer, const mx_value *x, const mx_value *y) {
    (void)layer;
    return (double)x->h * x->w * x->c * y->c;
}

const mx_layer_type mx_layer_linear = {.name = "linear",
                                       .backward_reads_x = true,
                                       .shape = shape,
                                       .plan = plan,
                                       .forward = forward,
                                       .backward = backward,
                                       .macs = macs};
