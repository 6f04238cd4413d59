/* Where outputs, gradients and saved data live. The timeline of training: layer i runs forward at
 * moment i, the loss at L, layer i runs backward at 2L - i. */
#include <stdlib.h>

#include "base/mem.h"
#include "nn/memory_plan.h"
#include "nn/net_internal.h"

int mx_net_consumer_below(const mx_net *net, int value, int below) {
    for (int i = below - 1; i >= 0; i--)
        for (int j = 0; j < net->layers[i].n_in; j++)
            if (net->layers[i].in[j] == value) return i;
    return -1;
}

static size_t value_floats(const mx_net *net, int value, mx_i32 rows) {
    const mx_value v = net->values[value];
    return (size_t)rows * (size_t)v.h * (size_t)v.w * (size_t)v.c;
}

mx_tensor mx_net_tensor(const mx_net *net, int value, mx_i32 rows, const size_t *offsets) {
    const mx_value v = net->values[value];
    mx_tensor tensor = mx_net_activation(net, offsets[value]);
    tensor.n = rows;
    tensor.h = v.h;
    tensor.w = v.w;
    tensor.c = v.c;
    return tensor;
}

mx_tensor mx_net_activation(const mx_net *net, size_t offset) {
    const size_t segment = net->segment;
    return (mx_tensor){.buffer = net->activations[offset / segment],
                       .offset = (mx_u32)(offset % segment)};
}

static bool runs_backward(const mx_net *net, int layer) {
    return !net->layers[layer].part.frozen;
}

/* Lives of the outputs; with `training`, until the backward of the layers that read them again. */
static void output_lives(const mx_net *net, mx_block *blocks, mx_i32 rows, bool training) {
    const int moments = net->n_layers;
    for (int v = 1; v <= net->n_layers; v++) {
        blocks[v] = (mx_block){.size = value_floats(net, v, rows), .first = v - 1, .last = v - 1};
        const int reader = mx_net_consumer_below(net, v, net->n_layers);
        blocks[v].last = reader < 0 ? moments : reader;
        if (!training) continue;
        for (int i = reader; i >= 0; i = mx_net_consumer_below(net, v, i))
            if (runs_backward(net, i) && net->layers[i].type->backward_reads_x)
                blocks[v].last = 2 * moments - i;
        if (runs_backward(net, v - 1) && net->layers[v - 1].type->backward_reads_y)
            blocks[v].last = 2 * moments - (v - 1);
    }
}

/* The gradients of a sum's inputs may share the sum's own, when the sum is the first to write them
 * and whatever adds to `value` later runs after the last reader of the other input's gradient. */
static bool shares_gradient(const mx_net *net, int layer, int value, int other) {
    if (net->layers[layer].type != &mx_layer_add || value == other) return false;
    if (!mx_net_wants_gradient(net, value)) return false;
    if (mx_net_consumer_below(net, value, net->n_layers) != layer) return false;
    return mx_net_consumer_below(net, value, layer) < other - 1;
}

/* owner[v]: the value whose gradient's memory v uses. */
static void gradient_owners(const mx_net *net, int *owner) {
    for (int v = 0; v <= net->n_layers; v++)
        owner[v] = v;
    for (int i = net->n_layers - 1; i >= 0; i--) {
        const mx_layer *layer = &net->layers[i];
        for (int j = 0; j < layer->n_in; j++)
            if (shares_gradient(net, i, layer->in[j], layer->in[1 - j]))
                owner[layer->in[j]] = owner[i + 1];
    }
}

static void gradient_lives(const mx_net *net, mx_block *blocks, const int *owner, mx_i32 rows) {
    const int moments = net->n_layers;
    for (int v = 1; v <= net->n_layers; v++) {
        if (!mx_net_wants_gradient(net, v)) continue;
        const int writer = mx_net_consumer_below(net, v, net->n_layers);
        const int first = writer < 0 ? moments : 2 * moments - writer, last = 2 * moments - (v - 1);
        mx_block *block = &blocks[owner[v]];
        if (block->size == 0) *block = (mx_block){value_floats(net, v, rows), first, last, 0};
        if (first < block->first) block->first = first;
        if (last > block->last) block->last = last;
    }
}

static mx_status plan_training(mx_net *net, mx_block *blocks, int *owner, size_t *total) {
    const int n = net->n_layers + 1;
    output_lives(net, blocks, net->request.train_rows, true);
    gradient_owners(net, owner);
    gradient_lives(net, blocks + n, owner, net->request.train_rows);
    for (int i = 0; i < net->n_layers; i++)
        blocks[2 * n + i] = (mx_block){.size = net->layers[i].saved,
                                       .first = i,
                                       .last = runs_backward(net, i) ? 2 * net->n_layers - i : i};
    MX_TRY(mx_memory_plan(blocks, (size_t)(3 * n), MX_TENSOR_ALIGN, net->segment, total));
    for (int v = 0; v < n; v++) {
        net->train_offset[v] = blocks[v].offset;
        net->gradient_offset[v] = blocks[n + owner[v]].offset;
    }
    for (int i = 0; i < net->n_layers; i++)
        net->layers[i].saved_offset = blocks[2 * n + i].offset;
    return MX_OK;
}

static size_t largest_saved(const mx_net *net) {
    size_t most = 0;
    for (int i = 0; i < net->n_layers; i++)
        if (net->layers[i].saved > most) most = net->layers[i].saved;
    return most;
}

/* Without training, saved data lives for one layer only: all share a block that lives throughout.
 */
static mx_status plan_inference(mx_net *net, mx_block *blocks, size_t *total) {
    output_lives(net, blocks, net->request.infer_rows, false);
    blocks[0] = (mx_block){.size = largest_saved(net), .first = 0, .last = net->n_layers};
    MX_TRY(mx_memory_plan(blocks, (size_t)net->n_layers + 1, MX_TENSOR_ALIGN, net->segment, total));
    for (int v = 0; v <= net->n_layers; v++)
        net->infer_offset[v] = blocks[v].offset;
    net->infer_saved_offset = blocks[0].offset;
    return MX_OK;
}

mx_status mx_net_plan_activations(mx_net *net, size_t *floats) {
    const size_t n = (size_t)net->n_layers + 1;
    mx_block *blocks = NULL;
    int *owner = NULL;
    size_t training = 0, inference = 0;
    mx_status status;
    MX_GO(mx_alloc(&net->train_offset, n, sizeof *net->train_offset));
    MX_GO(mx_alloc(&net->infer_offset, n, sizeof *net->infer_offset));
    MX_GO(mx_alloc(&net->gradient_offset, n, sizeof *net->gradient_offset));
    MX_GO(mx_alloc(&blocks, 3 * n, sizeof *blocks));
    MX_GO(mx_alloc(&owner, n, sizeof *owner));
    if (net->request.train_rows > 0) MX_GO(plan_training(net, blocks, owner, &training));
    for (size_t i = 0; i < 3 * n; i++)
        blocks[i] = (mx_block){0};
    MX_GO(plan_inference(net, blocks, &inference));
    *floats = training > inference ? training : inference;
done:
    free(blocks);
    free(owner);
    return status;
}
