#include "nn/layer.h"
#include "ops/pool.h"

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    (void)net;
    const mx_i32 size = layer->as.max.size, pad = layer->as.max.pad, stride = layer->as.max.stride;
    if (x[0]->h + 2 * pad < size || x[0]->w + 2 * pad < size)
        return mx_fail(MX_USAGE,
                       "layer '%s': a %dx%d window does not fit a %dx%d input; use larger pictures",
                       layer->name, size, size, x[0]->h, x[0]->w);
    *y = (mx_value){mx_max_pool_size(x[0]->h, size, stride, pad),
                    mx_max_pool_size(x[0]->w, size, stride, pad), x[0]->c};
    return MX_OK;
}

/* The winners' positions are kept, an int each. */
static mx_status plan(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x, size_t *floats) {
    const mx_i32 size = layer->as.max.size, pad = layer->as.max.pad, stride = layer->as.max.stride;
    layer->saved = (size_t)limits->rows * (size_t)mx_max_pool_size(x.h, size, stride, pad) *
                   (size_t)mx_max_pool_size(x.w, size, stride, pad) * (size_t)x.c;
    *floats = 0;
    return MX_OK;
}

static mx_status forward(const mx_layer_call *call) {
    return mx_max_forward(call->device, call->x[0], call->layer->as.max.size,
                          call->layer->as.max.stride, call->layer->as.max.pad, call->y,
                          call->saved);
}

static mx_status backward(const mx_layer_call *call) {
    if (!call->dx[0].buffer) return MX_OK;
    return mx_max_backward(call->device, call->dy, call->saved, call->layer->as.max.size,
                           call->layer->as.max.stride, call->layer->as.max.pad, call->dx[0],
                           call->accumulate[0]);
}

const mx_layer_type mx_layer_max = {.name = "max",
                                    .shape = shape,
                                    .plan = plan,
                                    .forward = forward,
                                    .backward = backward,
                                    .macs = mx_layer_no_macs};
