#include "nn/layer.h"
#include "ops/gemm.h"

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    const mx_i32 in = x[0]->h * x[0]->w * x[0]->c, out = layer->as.linear.out;
    *y = (mx_value){1, 1, out};
    MX_TRY(mx_layer_declare(net, layer, "weight", MX_PARAM_LINEAR_WEIGHT, (mx_i32[]){out, in, 0, 0}));
    return mx_layer_declare(net, layer, "bias", MX_PARAM_BIAS, (mx_i32[]){out, 0, 0, 0});
}

/* [rows][h][w][c] as [rows][h w c]. */
static mx_tensor flat(mx_tensor x) {
    return mx_matrix(x.buffer, x.offset, x.n, x.h * x.w * x.c);
}

static mx_tensor as_matrix(const mx_layer *layer, mx_tensor weight, mx_i32 in) {
    return mx_matrix(weight.buffer, weight.offset, in, layer->as.linear.out);
}

static mx_status forward(const mx_layer_call *call) {
    const mx_tensor x = flat(call->x[0]);
    return mx_linear_forward(call->device, x, as_matrix(call->layer, mx_call_weight(call, 0), x.c),
                             mx_call_weight(call, 1), call->y);
}

static mx_status backward(const mx_layer_call *call) {
    const mx_tensor x = flat(call->x[0]);
    MX_TRY(mx_linear_backward_weights(call->device, x, call->dy,
                                      as_matrix(call->layer, mx_call_gradient(call, 0), x.c),
                                      mx_call_gradient(call, 1)));
    if (!call->dx[0].buffer) return MX_OK;
    return mx_linear_backward_data(call->device, call->dy,
                                   as_matrix(call->layer, mx_call_weight(call, 0), x.c), flat(call->dx[0]),
                                   call->accumulate[0]);
}

static double macs(const mx_layer *layer, const mx_value *x, const mx_value *y) {
    (void)layer;
    return (double)x->h * x->w * x->c * y->c;
}

const mx_layer_type mx_layer_linear = {.name = "linear", .backward_reads_x = true, .shape = shape,
                                       .plan = mx_layer_plan_nothing, .forward = forward, .backward = backward,
                                       .macs = macs};
