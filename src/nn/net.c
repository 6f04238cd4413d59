#include "nn/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/net_internal.h"

mx_status mx_net_open(mx_net **out, mx_device *device, mx_i32 h, mx_i32 w, mx_i32 c) {
    mx_net *net = NULL;
    *out = NULL;
    MX_TRY(mx_alloc(&net, 1, sizeof *net));
    net->device = device;
    net->start.slope = 0.1f;
    const mx_status status = mx_grow(&net->values, &net->values_capacity, 1, sizeof *net->values);
    if (status != MX_OK) {
        free(net);
        return status;
    }
    net->values[0] = (mx_value){h, w, c};
    *out = net;
    return MX_OK;
}

void mx_net_close(mx_net *net) {
    if (!net) return;
    mx_buffer_release(net->arenas.weights);
    mx_buffer_release(net->arenas.average);
    mx_buffer_release(net->arenas.gradients);
    mx_buffer_release(net->arenas.first);
    mx_buffer_release(net->arenas.second);
    for (int i = 0; i < MX_NET_SEGMENTS; i++)
        mx_buffer_release(net->activations[i]);
    mx_buffer_release(net->workspace);
    free(net->train_offset);
    free(net->again_offset);
    free(net->infer_offset);
    free(net->gradient_offset);
    free(net->params);
    free(net->layers);
    free(net->values);
    free(net);
}

static int fail_description(mx_net *net, mx_status status) {
    if (net->failed == MX_OK) {
        net->failed = status;
        snprintf(net->failure, sizeof net->failure, "%.*s", (int)sizeof net->failure - 1,
                 mx_error());
    }
    return 0;
}

/* Appends `layer` with its inputs set; returns its value, 0 after a failure. */
static int append(mx_net *net, mx_layer layer, const char *name) {
    if (net->failed != MX_OK) return 0;
    snprintf(layer.name, sizeof layer.name, "%s", name);
    layer.part = net->part;
    const size_t count = (size_t)net->n_layers;
    mx_status status = mx_grow(&net->layers, &net->layers_capacity, count + 1, sizeof *net->layers);
    if (status == MX_OK)
        status = mx_grow(&net->values, &net->values_capacity, count + 2, sizeof *net->values);
    if (status != MX_OK) return fail_description(net, status);
    const mx_value *inputs[MX_LAYER_INPUTS] = {0};
    for (int i = 0; i < layer.n_in; i++)
        inputs[i] = &net->values[layer.in[i]];
    status = layer.type->shape(net, &layer, inputs, &net->values[count + 1]);
    if (status != MX_OK) return fail_description(net, status);
    net->layers[count] = layer;
    return ++net->n_layers;
}

void mx_net_begin(mx_net *net, mx_net_part part) {
    net->part = part;
}

void mx_net_set_start(mx_net *net, mx_net_start start) {
    net->start = start;
}

bool mx_net_wants_gradient(const mx_net *net, int value) {
    return value > 0 && !net->layers[value - 1].part.frozen;
}

int mx_net_conv(mx_net *net, int x, const char *name, mx_i32 k, mx_i32 size, mx_i32 stride,
                mx_i32 pad, bool bias) {
    mx_layer layer = {.type = &mx_layer_conv, .in = {x}, .n_in = 1};
    layer.as.conv.k = k;
    layer.as.conv.size = size;
    layer.as.conv.stride = stride;
    layer.as.conv.pad = pad;
    layer.as.conv.bias = bias;
    return append(net, layer, name);
}

int mx_net_batchnorm(mx_net *net, int x, const char *name, float slope, float momentum,
                     float epsilon) {
    mx_layer layer = {.type = &mx_layer_batchnorm, .in = {x}, .n_in = 1};
    layer.as.batchnorm.slope = slope;
    layer.as.batchnorm.momentum = momentum;
    layer.as.batchnorm.epsilon = epsilon;
    return append(net, layer, name);
}

int mx_net_add(mx_net *net, int a, int b, float slope) {
    mx_layer layer = {.type = &mx_layer_add, .in = {a, b}, .n_in = 2};
    layer.as.add.slope = slope;
    return append(net, layer, "");
}

int mx_net_average(mx_net *net, int x) {
    return append(net, (mx_layer){.type = &mx_layer_average, .in = {x}, .n_in = 1}, "");
}

int mx_net_max(mx_net *net, int x, mx_i32 size, mx_i32 stride, mx_i32 pad) {
    mx_layer layer = {.type = &mx_layer_max, .in = {x}, .n_in = 1};
    layer.as.max.size = size;
    layer.as.max.stride = stride;
    layer.as.max.pad = pad;
    return append(net, layer, "");
}

int mx_net_linear(mx_net *net, int x, const char *name, mx_i32 out) {
    mx_layer layer = {.type = &mx_layer_linear, .in = {x}, .n_in = 1};
    layer.as.linear.out = out;
    return append(net, layer, name);
}

mx_status mx_layer_declare(mx_net *net, mx_layer *layer, const char *suffix, mx_param_role role,
                           const mx_i32 dims[4]) {
    MX_TRY(mx_grow(&net->params, &net->params_capacity, (size_t)net->n_params + 1,
                   sizeof *net->params));
    mx_param *param = &net->params[net->n_params];
    *param = (mx_param){
        .role = role, .head = layer->part.head, .frozen = layer->part.frozen, .count = 1};
    snprintf(param->name, sizeof param->name, "%.*s.%s", MX_NAME_BYTES - 16, layer->name, suffix);
    memcpy(param->dims, dims, sizeof param->dims);
    for (int i = 0; i < 4 && dims[i] > 0; i++)
        if (!mx_size_mul(param->count, (size_t)dims[i], &param->count))
            return mx_fail(MX_USAGE, "parameter '%s' is too large", param->name);
    layer->param[layer->n_params++] = net->n_params++;
    return MX_OK;
}

mx_device *mx_net_device(const mx_net *net) {
    return net->device;
}

mx_i32 mx_net_classes(const mx_net *net) {
    return net->values[net->n_layers].c;
}

mx_value mx_net_input(const mx_net *net) {
    return net->values[0];
}

int mx_net_param_count(const mx_net *net) {
    return net->n_params;
}

const mx_param *mx_net_param(const mx_net *net, int i) {
    return &net->params[i];
}

mx_param_layout mx_net_layout(const mx_net *net) {
    return net->layout;
}

mx_net_arenas mx_net_get_arenas(const mx_net *net) {
    return net->arenas;
}

static bool is_statistic(const mx_param *param) {
    return param->role == MX_PARAM_RUNNING_MEAN || param->role == MX_PARAM_RUNNING_VAR;
}

size_t mx_net_parameters(const mx_net *net) {
    size_t sum = 0;
    for (int i = 0; i < net->n_params; i++)
        if (!is_statistic(&net->params[i])) sum += net->params[i].count;
    return sum;
}

bool mx_net_layer_row(const mx_net *net, int i, mx_layer_row *row) {
    if (i >= net->n_layers) return false;
    const mx_layer *layer = &net->layers[i];
    *row = (mx_layer_row){.type = layer->type->name,
                          .name = layer->name,
                          .in = layer->in,
                          .n_in = layer->n_in,
                          .out = net->values[i + 1]};
    for (int p = 0; p < layer->n_params; p++)
        if (!is_statistic(&net->params[layer->param[p]]))
            row->parameters += net->params[layer->param[p]].count;
    row->macs = layer->type->macs(layer, &net->values[layer->in[0]], &net->values[i + 1]);
    return true;
}

mx_status mx_layer_plan_nothing(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x,
                                size_t *floats) {
    (void)limits, (void)layer, (void)x;
    *floats = 0;
    return MX_OK;
}

bool mx_layer_reads_norm(const mx_layer *layer, bool trained) {
    (void)layer, (void)trained;
    return true;
}

double mx_layer_no_macs(const mx_layer *layer, const mx_value *x, const mx_value *y) {
    (void)layer, (void)x, (void)y;
    return 0.0;
}
