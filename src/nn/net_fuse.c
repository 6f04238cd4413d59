/* What layers do together. A pass over the planned list that looks at neighbours only:
 *
 * - batch norm whose readers can norm what they read is lazy: nobody stores its output;
 * - a convolution whose output only a sum reads adds the other summand on its way;
 * - a convolution in front of batch norm counts the moments of what it stores;
 * - one behind batch norm ends its gradient by the data with the activation's and the sums that
 *   batch norm's own begins with;
 * - in evaluation a convolution norms, adds and activates its outputs itself. */
#include "nn/net_internal.h"

enum { NONE = -1 };

static const mx_layer_fused nothing = {
    .residual = NONE, .moments = NONE, .gradient = NONE, .norm = NONE, .sum = NONE, .maker = NONE};

static bool is(const mx_net *net, int layer, const mx_layer_type *type) {
    return layer >= 0 && net->layers[layer].type == type;
}

int mx_net_first_consumer(const mx_net *net, int value) {
    int first = NONE;
    for (int i = mx_net_consumer_below(net, value, net->n_layers); i >= 0;
         i = mx_net_consumer_below(net, value, i))
        first = i;
    return first;
}

static bool all_read_norm(const mx_net *net, int value) {
    int reader = mx_net_consumer_below(net, value, net->n_layers);
    if (reader < 0) return false;
    for (; reader >= 0; reader = mx_net_consumer_below(net, value, reader)) {
        const mx_layer *layer = &net->layers[reader];
        const bool trained = net->request.train_rows > 0 && !layer->part.frozen;
        if (!layer->type->reads_norm || !layer->type->reads_norm(layer, trained)) return false;
    }
    return true;
}

static bool is_lazy(const mx_net *net, int value) {
    return value > 0 && net->layers[value - 1].fused.lazy;
}

/* The convolution that can make sum `add`, the one that runs last. */
static int maker_of_sum(const mx_net *net, int add) {
    const mx_layer *sum = &net->layers[add];
    const int a = sum->in[0], b = sum->in[1], later = a > b ? a : b, earlier = a > b ? b : a;
    const int conv = later - 1;
    if (a == b || sum->as.add.slope != 1.0f || is_lazy(net, earlier)) return NONE;
    if (!is(net, conv, &mx_layer_conv) || mx_net_first_consumer(net, later) != add) return NONE;
    if (mx_net_consumer_below(net, later, net->n_layers) != add) return NONE;
    return mx_conv_can(&net->layers[conv].as.conv.plan, MX_CONV_FORWARD, MX_CONV_ADDS_RESIDUAL)
               ? conv
               : NONE;
}

/* The convolution that stores `value`. */
static int stored_by(const mx_net *net, int value) {
    const int maker = value - 1;
    if (is(net, maker, &mx_layer_add)) return net->layers[maker].fused.residual;
    return is(net, maker, &mx_layer_conv) && net->layers[maker].fused.residual == NONE ? maker
                                                                                       : NONE;
}

static void fuse_batchnorm(mx_net *net, int i) {
    mx_layer *layer = &net->layers[i];
    const int before = stored_by(net, layer->in[0]), behind = mx_net_first_consumer(net, i + 1);
    if (layer->part.frozen) return;
    if (before != NONE && net->layers[before].fused.moments == NONE) {
        layer->fused.moments = before;
        net->layers[before].fused.moments = i;
    }
    if (is(net, behind, &mx_layer_conv)) {
        layer->fused.gradient = behind;
        net->layers[behind].fused.gradient = i;
    }
}

/* The only layer that reads `value`, or -1. */
static int only_reader(const mx_net *net, int value) {
    const int reader = mx_net_first_consumer(net, value);
    return mx_net_consumer_below(net, value, net->n_layers) == reader ? reader : NONE;
}

/* Whether `value` can be read as it is stored when evaluating, before layer `conv` runs. */
static bool is_plain_before(const mx_net *net, int value, int conv) {
    if (value > conv) return false;
    return !is_lazy(net, value) || net->layers[value - 1].fused.maker != NONE;
}

/* What convolution `conv` makes in one go when evaluating. */
static void fuse_evaluation(mx_net *net, int conv) {
    mx_layer *layer = &net->layers[conv];
    int last = conv;
    if (!mx_conv_can(&layer->as.conv.plan, MX_CONV_FORWARD, MX_CONV_FINISHES)) return;
    const int norm = only_reader(net, conv + 1);
    if (is(net, norm, &mx_layer_batchnorm)) {
        layer->fused.norm = last = norm;
        net->layers[norm].fused.maker = conv;
    }
    const int sum = only_reader(net, last + 1);
    if (!is(net, sum, &mx_layer_add)) return;
    const int *in = net->layers[sum].in;
    if (in[0] == in[1] || !is_plain_before(net, in[0] == last + 1 ? in[1] : in[0], conv)) return;
    layer->fused.sum = sum;
    net->layers[sum].fused.maker = conv;
}

bool mx_net_is_made(const mx_net *net, int i, mx_mode mode) {
    return mode == MX_EVAL && net->layers[i].fused.maker != NONE;
}

void mx_net_fuse(mx_net *net) {
    for (int i = 0; i < net->n_layers; i++)
        net->layers[i].fused = nothing;
    if (net->request.plain) return;
    for (int i = 0; i < net->n_layers; i++)
        if (is(net, i, &mx_layer_batchnorm)) net->layers[i].fused.lazy = all_read_norm(net, i + 1);
    for (int i = 0; i < net->n_layers; i++) {
        const int conv = is(net, i, &mx_layer_add) ? maker_of_sum(net, i) : NONE;
        if (conv == NONE) continue;
        net->layers[i].fused.residual = conv;
        net->layers[conv].fused.residual = i;
    }
    for (int i = 0; i < net->n_layers; i++)
        if (is(net, i, &mx_layer_batchnorm)) fuse_batchnorm(net, i);
    for (int i = 0; i < net->n_layers; i++)
        if (is(net, i, &mx_layer_conv)) fuse_evaluation(net, i);
}

int mx_net_stored(const mx_net *net, int value) {
    const mx_layer *maker = &net->layers[value - 1];
    if (value == 0) return 0;
    if (maker->fused.lazy) return maker->in[0];
    return maker->type == &mx_layer_conv && maker->fused.residual != NONE
               ? maker->fused.residual + 1
               : value;
}

static mx_tensor place(const mx_net *net, size_t offset, size_t floats) {
    mx_tensor tensor = mx_net_activation(net, offset);
    tensor.n = tensor.h = tensor.w = 1;
    tensor.c = (mx_i32)floats;
    return tensor;
}

/* How batch norm `i` norms in a pass. */
static mx_norm norm_of(const mx_net *net, int i, const mx_pass *pass) {
    const mx_layer *layer = &net->layers[i];
    const bool running = pass->mode == MX_EVAL || layer->part.frozen;
    return (mx_norm){.saved = place(net, layer->at.saved[pass->mode != MX_TRAIN], layer->saved),
                     .groups = running ? 1 : pass->groups,
                     .slope = layer->as.batchnorm.slope};
}

/* The partial sums of batch norm `bn` that convolution `conv` makes in a pass. */
static mx_chunk_sums sums_of(const mx_net *net, int conv, int bn, mx_conv_direction direction,
                             const mx_pass *pass) {
    const mx_layer_places *at = &net->layers[bn].at;
    const mx_i32 rows = mx_conv_sum_rows(&net->layers[conv].as.conv.plan, net->device, direction,
                                         pass->rows, pass->groups);
    const size_t offset =
        direction == MX_CONV_FORWARD ? at->moments[pass->mode != MX_TRAIN] : at->sums;
    return (mx_chunk_sums){.partial = place(net, offset, 0), .rows = rows};
}

static void read_lazily(const mx_net *net, int i, mx_layer_call *call) {
    for (int j = 0; j < net->layers[i].n_in; j++) {
        const int value = net->layers[i].in[j];
        if (is_lazy(net, value) && !mx_net_is_made(net, value - 1, call->pass->mode))
            call->norm[j] = norm_of(net, value - 1, call->pass);
    }
}

static mx_tensor stored_tensor(const mx_net *net, int value, const mx_layer_call *call) {
    return mx_net_tensor(net, mx_net_stored(net, value), call->pass->rows, call->offsets);
}

/* The other summand of sum `add`, of which `value` is one. */
static mx_tensor other_summand(const mx_net *net, int add, int value, const mx_layer_call *call) {
    const int *in = net->layers[add].in;
    return stored_tensor(net, in[in[0] == value ? 1 : 0], call);
}

/* Convolution i's outputs when evaluating, to where the last layer that it makes has its own. */
static void finish(const mx_net *net, int i, mx_layer_call *call) {
    const mx_layer_fused *fused = &net->layers[i].fused;
    const int last = fused->norm != NONE ? fused->norm : i;
    if (fused->norm != NONE) call->finish = norm_of(net, fused->norm, call->pass);
    call->y = stored_tensor(net, (fused->sum != NONE ? fused->sum : last) + 1, call);
    if (fused->sum == NONE) return;
    call->residual = other_summand(net, fused->sum, last + 1, call);
    call->slope = net->layers[fused->sum].as.add.slope;
    call->activate = call->slope != 1.0f;
}

void mx_net_fuse_forward(const mx_net *net, int i, mx_layer_call *call) {
    const mx_layer *layer = &net->layers[i];
    const mx_layer_fused *fused = &layer->fused;
    const bool conv = layer->type == &mx_layer_conv;
    read_lazily(net, i, call);
    if (conv && call->pass->mode == MX_EVAL)
        finish(net, i, call);
    else if (conv && fused->residual != NONE)
        call->residual = other_summand(net, fused->residual, i + 1, call);
    if (fused->moments != NONE && call->pass->mode != MX_EVAL) {
        const mx_chunk_sums sums = sums_of(net, conv ? i : fused->moments,
                                           conv ? fused->moments : i, MX_CONV_FORWARD, call->pass);
        if (sums.rows > 0) call->sums = sums;
    }
}

void mx_net_fuse_backward(const mx_net *net, int i, mx_layer_call *call) {
    const mx_layer *layer = &net->layers[i];
    const int other = layer->fused.gradient;
    const bool conv = layer->type == &mx_layer_conv;
    read_lazily(net, i, call);
    if (other == NONE) return;
    const int bn = conv ? other : i;
    const mx_chunk_sums sums =
        sums_of(net, conv ? i : other, bn, MX_CONV_BACKWARD_DATA, call->pass);
    if (sums.rows == 0) return;
    call->sums = sums;
    call->seen_norm = norm_of(net, bn, call->pass);
    call->seen = mx_net_tensor(net, mx_net_stored(net, net->layers[bn].in[0]), call->pass->rows,
                               call->offsets);
}
