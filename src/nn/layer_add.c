#include "nn/layer.h"
#include "ops/act.h"
#include "ops/pointwise.h"

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    (void)net;
    *y = *x[0];
    if (x[0]->h == x[1]->h && x[0]->w == x[1]->w && x[0]->c == x[1]->c) return MX_OK;
    return mx_fail(MX_INTERNAL, "layer '%s' adds %dx%dx%d and %dx%dx%d", layer->name, x[0]->h,
                   x[0]->w, x[0]->c, x[1]->h, x[1]->w, x[1]->c);
}

static mx_status forward(const mx_layer_call *call) {
    if (call->layer->fused.residual >= 0) return MX_OK;
    return mx_add(call->device, call->x[0], call->x[1], call->layer->as.add.slope, call->y);
}

/* An input whose gradient shares memory with dy needs nothing. */
static mx_status pass_on(const mx_layer_call *call, int i) {
    const mx_tensor dx = call->dx[i], dy = call->dy;
    if (!dx.buffer || (dx.buffer == dy.buffer && dx.offset == dy.offset)) return MX_OK;
    if (call->accumulate[i]) return mx_add(call->device, dx, dy, 1.0f, dx);
    return mx_buffer_copy(dx.buffer, dx.offset * sizeof(float), dy.buffer,
                          dy.offset * sizeof(float), mx_tensor_count(dy) * sizeof(float));
}

/* The sum's gradient takes the place of dy, which nothing else reads. */
static mx_status backward(const mx_layer_call *call) {
    const float slope = call->layer->as.add.slope;
    if (slope != 1.0f)
        MX_TRY(mx_act_backward(call->device, call->y, call->dy, slope, call->dy, false));
    MX_TRY(pass_on(call, 0));
    return pass_on(call, 1);
}

const mx_layer_type mx_layer_add = {.name = "add",
                                    .backward_reads_y = true,
                                    .shape = shape,
                                    .plan = mx_layer_plan_nothing,
                                    .forward = forward,
                                    .backward = backward,
                                    .macs = mx_layer_no_macs};
