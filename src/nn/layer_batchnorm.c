#include "nn/layer.h"
#include "ops/batchnorm.h"

enum { GAMMA, BETA, RUNNING_MEAN, RUNNING_VAR };

static mx_status shape(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y) {
    const mx_i32 dims[4] = {x[0]->c, 0, 0, 0};
    *y = *x[0];
    MX_TRY(mx_layer_declare(net, layer, "weight", MX_PARAM_GAMMA, dims));
    MX_TRY(mx_layer_declare(net, layer, "bias", MX_PARAM_BETA, dims));
    MX_TRY(mx_layer_declare(net, layer, "running_mean", MX_PARAM_RUNNING_MEAN, dims));
    return mx_layer_declare(net, layer, "running_var", MX_PARAM_RUNNING_VAR, dims);
}

static mx_status plan(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x, size_t *floats) {
    layer->saved = mx_batchnorm_saved(x.c, limits->groups);
    *floats = mx_batchnorm_partial(x.c, limits->groups);
    return MX_OK;
}

static mx_batchnorm parameters(const mx_layer_call *call) {
    return (mx_batchnorm){.gamma = mx_call_weight(call, GAMMA),
                          .beta = mx_call_weight(call, BETA),
                          .running_mean = mx_call_weight(call, RUNNING_MEAN),
                          .running_var = mx_call_weight(call, RUNNING_VAR),
                          .epsilon = call->layer->as.batchnorm.epsilon,
                          .momentum = call->layer->as.batchnorm.momentum,
                          .slope = call->layer->as.batchnorm.slope};
}

/* Sums that a convolution made, or room for them. */
static mx_chunk_sums sums_of(const mx_layer_call *call) {
    return call->sums.rows > 0 ? call->sums : (mx_chunk_sums){.partial = call->workspace};
}

static bool is_running(const mx_layer_call *call) {
    return call->pass->mode == MX_EVAL || call->layer->part.frozen;
}

static mx_status again(const mx_layer_call *call) {
    const mx_norm norm = {.saved = call->saved,
                          .groups = is_running(call) ? 1 : call->pass->groups,
                          .slope = call->layer->as.batchnorm.slope};
    return mx_batchnorm_apply(call->device, call->x[0], &norm, call->y);
}

static mx_status prepare(const mx_layer_call *call) {
    const mx_batchnorm bn = parameters(call);
    return is_running(call) ? mx_batchnorm_running(call->device, &bn, call->saved) : MX_OK;
}

static mx_status forward(const mx_layer_call *call) {
    const mx_batchnorm bn = parameters(call);
    const bool update = call->pass->mode == MX_TRAIN && !call->pass->later_part;
    if (!is_running(call))
        MX_TRY(mx_batchnorm_statistics(call->device, &bn, call->x[0], call->pass->groups, update,
                                       sums_of(call), call->saved));
    return call->layer->fused.lazy ? MX_OK : again(call);
}

static mx_status backward(const mx_layer_call *call) {
    const mx_batchnorm bn = parameters(call);
    return mx_batchnorm_backward(call->device, &bn, call->x[0], call->pass->groups, call->saved,
                                 call->dy, sums_of(call), mx_call_gradient(call, GAMMA),
                                 mx_call_gradient(call, BETA), call->dx[0], call->accumulate[0]);
}

const mx_layer_type mx_layer_batchnorm = {.name = "batchnorm",
                                          .backward_reads_x = true,
                                          .shape = shape,
                                          .plan = plan,
                                          .prepare = prepare,
                                          .forward = forward,
                                          .backward = backward,
                                          .again = again,
                                          .macs = mx_layer_no_macs};
