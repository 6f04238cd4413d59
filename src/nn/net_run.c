#include <stdio.h>

#include "nn/net_internal.h"

static mx_tensor arena_tensor(mx_buffer *arena, const mx_param *param) {
    return mx_matrix(arena, (mx_u32)param->offset, 1, (mx_i32)param->count);
}

mx_tensor mx_call_weight(const mx_layer_call *call, int i) {
    return arena_tensor(call->pass->weights, &call->net->params[call->layer->param[i]]);
}

/* One that is handed over is in the workspace, behind what its layer needs of that; a layer has one
 * at most. */
mx_tensor mx_call_gradient(const mx_layer_call *call, int i) {
    const mx_net *net = call->net;
    const mx_param *param = &net->params[call->layer->param[i]];
    if (mx_net_hands_over(net, param))
        return mx_matrix(net->workspace, (mx_u32)call->layer->gradient_at, 1, (mx_i32)param->count);
    mx_tensor gradient = arena_tensor(net->arenas.gradients, param);
    gradient.offset -= (mx_u32)net->arenas.gradients_from;
    return gradient;
}

static mx_status hand_over(const mx_layer_call *call) {
    const mx_gradient_taker *taker = call->pass->taker;
    for (int i = 0; i < call->layer->n_params; i++) {
        const mx_param *param = &call->net->params[call->layer->param[i]];
        if (mx_net_hands_over(call->net, param) && taker)
            MX_TRY(taker->take(taker->context, param->offset, param->count,
                               mx_call_gradient(call, i)));
    }
    return MX_OK;
}

/* Layer i's call with values at `offsets`. */
static mx_layer_call call_of(mx_net *net, const mx_pass *pass, int i, mx_tensor input,
                             const size_t *offsets) {
    const mx_layer *layer = &net->layers[i];
    const bool training = pass->mode == MX_TRAIN;
    mx_layer_call call = {
        .device = net->device, .net = net, .layer = layer, .pass = pass, .offsets = offsets};
    for (int j = 0; j < layer->n_in; j++)
        call.x[j] = layer->in[j] == 0
                        ? input
                        : mx_net_tensor(net, mx_net_stored(net, layer->in[j]), pass->rows, offsets);
    if (!layer->fused.lazy)
        call.y = mx_net_tensor(net, mx_net_stored(net, i + 1), pass->rows, offsets);
    const mx_tensor saved = mx_net_activation(net, layer->at.saved[!training]);
    call.saved = mx_matrix(saved.buffer, saved.offset, 1, (mx_i32)layer->saved);
    call.workspace =
        mx_matrix(net->workspace, 0, 1, (mx_i32)(mx_buffer_bytes(net->workspace) / sizeof(float)));
    return call;
}

void mx_net_set_watch(mx_net *net, const mx_watch *watch) {
    net->watch = watch;
}

mx_status mx_net_show(const mx_net *net, const char *made_by, mx_tensor tensor) {
    return net->watch && tensor.buffer ? net->watch->see(net->watch->context, made_by, tensor)
                                       : MX_OK;
}

/* Shows a tensor of a layer: the `what` of it. */
static mx_status show_made(const mx_layer_call *call, const char *what, mx_tensor tensor) {
    char made_by[MX_NAME_BYTES + 64];
    if (!call->net->watch) return MX_OK;
    snprintf(made_by, sizeof made_by, "the %s of %s '%s'", what, call->layer->type->name,
             call->layer->name);
    return mx_net_show(call->net, made_by, tensor);
}

static mx_status show_gradients(const mx_layer_call *call) {
    if (!call->net->watch) return MX_OK;
    for (int i = 0; i < call->layer->n_params; i++) {
        const mx_param *param = &call->net->params[call->layer->param[i]];
        if (param->role != MX_PARAM_RUNNING_MEAN && param->role != MX_PARAM_RUNNING_VAR)
            MX_TRY(show_made(call, "gradient by the parameters", mx_call_gradient(call, i)));
    }
    for (int i = 0; i < call->layer->n_in; i++)
        MX_TRY(show_made(call, "gradient by the input", call->dx[i]));
    return MX_OK;
}

mx_status mx_net_forward(mx_net *net, const mx_pass *pass, mx_tensor x, mx_tensor *logits) {
    const size_t *offsets = pass->mode == MX_TRAIN ? net->train_offset : net->infer_offset;
    mx_layer_call call = {0};
    for (int i = 0; i < net->n_layers; i++) {
        if (!net->layers[i].type->prepare) continue;
        call = call_of(net, pass, i, x, offsets);
        MX_TRY(mx_context(net->layers[i].type->prepare(&call), "layer '%s'", net->layers[i].name));
    }
    for (int i = 0; i < net->n_layers; i++) {
        call = call_of(net, pass, i, x, offsets);
        if (mx_net_is_made(net, i, pass->mode)) continue;
        mx_net_fuse_forward(net, i, &call);
        MX_TRY(mx_context(net->layers[i].type->forward(&call), "layer '%s'", net->layers[i].name));
        MX_TRY(call.y.buffer ? show_made(&call, "output", call.y)
                             : show_made(&call, "statistics", call.saved));
    }
    *logits = call.y;
    return MX_OK;
}

mx_tensor mx_net_logits_gradient(const mx_net *net, const mx_pass *pass) {
    return mx_net_tensor(net, net->n_layers, pass->rows, net->gradient_offset);
}

/* The inputs that were not kept, where layer i is the first to read them in backward. */
static mx_status compute_inputs_again(mx_net *net, const mx_pass *pass, int i, mx_tensor x) {
    for (int j = 0; j < net->layers[i].n_in; j++) {
        const int value = net->layers[i].in[j], maker = value - 1;
        if (mx_net_again_before(net, value) != i) continue;
        const mx_layer_call call = call_of(net, pass, maker, x, net->again_offset);
        MX_TRY(mx_context(net->layers[maker].type->again(&call), "layer '%s'",
                          net->layers[maker].name));
    }
    return MX_OK;
}

mx_status mx_net_backward(mx_net *net, const mx_pass *pass, mx_tensor x) {
    for (int i = net->n_layers - 1; i >= 0; i--) {
        const mx_layer *layer = &net->layers[i];
        if (layer->part.frozen) break;
        MX_TRY(compute_inputs_again(net, pass, i, x));
        mx_layer_call call = call_of(net, pass, i, x, net->again_offset);
        mx_net_fuse_backward(net, i, &call);
        call.dy = mx_net_tensor(net, i + 1, pass->rows, net->gradient_offset);
        for (int j = 0; j < layer->n_in; j++) {
            const int value = layer->in[j];
            if (!mx_net_wants_gradient(net, value)) continue;
            call.dx[j] = mx_net_tensor(net, value, pass->rows, net->gradient_offset);
            call.accumulate[j] = mx_net_consumer_below(net, value, net->n_layers) != i;
        }
        MX_TRY(mx_context(layer->type->backward(&call), "layer '%s'", layer->name));
        MX_TRY(show_gradients(&call));
        MX_TRY(hand_over(&call));
    }
    return MX_OK;
}
