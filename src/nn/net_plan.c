#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "nn/net_internal.h"

enum { FROZEN = MX_PARAM_GROUPS, STATISTICS, PARTS };

/* The part of the arenas that a parameter belongs to. */
static int part_of(const mx_param *param) {
    if (param->role == MX_PARAM_RUNNING_MEAN || param->role == MX_PARAM_RUNNING_VAR)
        return STATISTICS;
    if (param->frozen) return FROZEN;
    if (param->role == MX_PARAM_CONV_WEIGHT || param->role == MX_PARAM_LINEAR_WEIGHT)
        return param->head ? MX_HEAD_WEIGHTS : MX_BACKBONE_WEIGHTS;
    return param->head ? MX_HEAD_OTHERS : MX_BACKBONE_OTHERS;
}

static void lay_out_parameters(mx_net *net) {
    size_t offset = 0;
    for (int part = 0; part < PARTS; part++) {
        for (int i = 0; i < net->n_params; i++) {
            mx_param *param = &net->params[i];
            if (part_of(param) != part) continue;
            param->offset = offset;
            offset += mx_tensor_aligned(param->count);
        }
        if (part < MX_PARAM_GROUPS) net->layout.end[part] = offset;
    }
    net->layout.trained = net->layout.end[MX_PARAM_GROUPS - 1];
    net->layout.count = offset;
}

bool mx_net_hands_over(const mx_net *net, const mx_param *param) {
    const int part = part_of(param);
    return net->request.hand_over && (part == MX_BACKBONE_WEIGHTS || part == MX_HEAD_WEIGHTS);
}

/* Floats of the layer's gradients that are handed over. */
static size_t handed_over(const mx_net *net, const mx_layer *layer) {
    size_t floats = 0;
    for (int i = 0; i < layer->n_params; i++)
        if (mx_net_hands_over(net, &net->params[layer->param[i]]))
            floats += net->params[layer->param[i]].count;
    return floats;
}

static mx_i32 larger(mx_i32 a, mx_i32 b) {
    return a > b ? a : b;
}

/* Lets every layer plan itself; *workspace is the most that any of them needs. */
static mx_status plan_layers(mx_net *net, size_t *workspace) {
    const mx_net_plan_request *request = &net->request;
    const bool trained = request->train_rows > 0;
    const mx_layer_limits limits = {.net = net,
                                    .device = net->device,
                                    .rows = larger(request->train_rows, request->infer_rows),
                                    .groups = larger(request->train_groups, request->infer_groups),
                                    .conv_algorithm = request->conv_algorithm,
                                    .tuner = request->tuner,
                                    .tuned_rows = request->tuned_rows > 0 ? request->tuned_rows
                                                  : trained               ? request->train_rows
                                                                          : request->infer_rows,
                                    .trained = trained};
    *workspace = 0;
    for (int i = 0; i < net->n_layers; i++) {
        mx_layer *layer = &net->layers[i];
        const mx_value in = net->values[layer->in[0]];
        const mx_tensor x = {.n = limits.rows, .h = in.h, .w = in.w, .c = in.c};
        size_t floats = 0;
        MX_TRY(layer->type->plan(&limits, layer, x, &floats));
        const size_t gradients = layer->gradient_at + handed_over(net, layer);
        if (floats > *workspace) *workspace = floats;
        if (trained && gradients > *workspace) *workspace = gradients;
    }
    return MX_OK;
}

static mx_status new_arena(mx_net *net, size_t floats, mx_buffer **out) {
    MX_TRY(mx_buffer_create(out, net->device, floats * sizeof(float)));
    return mx_buffer_zero(*out, 0, mx_buffer_bytes(*out));
}

/* The activations' arena, piece by piece. */
static mx_status allocate_activations(mx_net *net, size_t floats) {
    const size_t pieces = (floats + net->segment - 1) / net->segment;
    if (pieces > MX_NET_SEGMENTS)
        return mx_fail(
            MX_MEMORY,
            "%zu MiB are needed, and the device allows %zu in one piece; use a smaller batch",
            floats >> 18, net->segment >> 18);
    for (size_t i = 0; i < pieces; i++) {
        const size_t left = floats - i * net->segment,
                     size = left < net->segment ? left : net->segment;
        MX_TRY(mx_buffer_create(&net->activations[i], net->device, size * sizeof(float)));
    }
    return MX_OK;
}

static mx_status allocate(mx_net *net, size_t activations, size_t workspace) {
    const size_t count = net->layout.count;
    if (workspace > UINT32_MAX || count > UINT32_MAX)
        return mx_fail(MX_MEMORY, "the network needs a workspace of %zu MiB; use a smaller batch",
                       workspace >> 18);
    MX_TRY(new_arena(net, count, &net->arenas.average));
    if (net->request.train_rows > 0) {
        const size_t trained = net->layout.trained;
        MX_TRY(new_arena(net, count, &net->arenas.weights));
        MX_TRY(new_arena(net, trained - net->arenas.gradients_from, &net->arenas.gradients));
        MX_TRY(new_arena(net, trained, &net->arenas.first));
        MX_TRY(new_arena(net, trained, &net->arenas.second));
    }
    MX_TRY(mx_context(allocate_activations(net, activations), "activations of %d images",
                      larger(net->request.train_rows, net->request.infer_rows)));
    return mx_context(mx_buffer_create(&net->workspace, net->device, workspace * sizeof(float)),
                      "workspace");
}

/* Floats that the device allows in one piece, and that an offset can count. */
static size_t segment_of(const mx_device *device) {
    const uint64_t floats = mx_device_get_info(device)->max_allocation / sizeof(float);
    return (size_t)(floats < UINT32_MAX ? floats : UINT32_MAX) / MX_TENSOR_ALIGN * MX_TENSOR_ALIGN;
}

uint64_t mx_net_bytes(const mx_net *net) {
    return net->bytes;
}

static uint64_t bytes_of(const mx_net *net, size_t activations, size_t workspace) {
    const uint64_t count = net->layout.count, trained = net->layout.trained;
    const uint64_t moving =
        net->request.train_rows > 0 ? count + 3 * trained - net->arenas.gradients_from : 0;
    return sizeof(float) * (count + moving + activations + workspace);
}

mx_status mx_net_plan(mx_net *net, const mx_net_plan_request *request) {
    size_t workspace = 0, activations = 0, measured = 0;
    if (net->failed != MX_OK) return mx_fail(net->failed, "%s", net->failure);
    net->request = *request;
    net->segment = segment_of(net->device);
    lay_out_parameters(net);
    net->arenas.gradients_from = request->hand_over ? net->layout.end[MX_HEAD_WEIGHTS] : 0;
    MX_TRY(plan_layers(net, &workspace));
    MX_TRY(mx_conv_tuner_measure(request->tuner, &measured));
    if (measured > 0) MX_TRY(plan_layers(net, &workspace));
    mx_net_fuse(net);
    MX_TRY(mx_net_plan_activations(net, &activations));
    net->bytes = bytes_of(net, activations, workspace);
    if (request->sizes_only) return MX_OK;
    mx_debug("memory: parameters %zu KiB x %d, activations %zu MiB, workspace %zu MiB",
             net->layout.count >> 8,
             request->train_rows == 0 ? 1
             : request->hand_over     ? 4
                                      : 5,
             activations >> 18, workspace >> 18);
    return allocate(net, activations, workspace);
}
