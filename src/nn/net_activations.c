/* Where outputs, gradients and saved data live. The timeline of training: layer i runs forward at
 * moment i, the loss at L, layer i runs backward at 2L - i. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "nn/memory_plan.h"
#include "nn/net_internal.h"

int mx_net_consumer_below(const mx_net *net, int value, int below) {
    for (int i = below - 1; i >= 0; i--)
        for (int j = 0; j < net->layers[i].n_in; j++)
            if (net->layers[i].in[j] == value) return i;
    return -1;
}

/* The largest layer below `below` that reads what is stored for value v, or -1. */
static int reader_below(const mx_net *net, int v, int below) {
    for (int i = below - 1; i >= 0; i--)
        for (int j = 0; j < net->layers[i].n_in; j++)
            if (net->layers[i].in[j] > 0 && mx_net_stored(net, net->layers[i].in[j]) == v) return i;
    return -1;
}

/* The layer that stores value v, the first one where evaluation has another than guessing. */
static int writer_of(const mx_net *net, int v, bool training) {
    const mx_layer_fused *fused = &net->layers[v - 1].fused;
    if (!training && fused->maker >= 0) return fused->maker;
    return net->layers[v - 1].type == &mx_layer_add && fused->residual >= 0 ? fused->residual
                                                                            : v - 1;
}

/* Whether value v is made on the way to another one only, in a network that only evaluates. */
static bool is_passed_over(const mx_net *net, int v) {
    const mx_layer_fused *fused = &net->layers[v - 1].fused;
    const int maker = net->layers[v - 1].type == &mx_layer_conv ? v - 1 : fused->maker;
    if (net->request.train_rows > 0 || maker < 0) return false;
    const mx_layer_fused *whole = &net->layers[maker].fused;
    const int last = whole->sum >= 0 ? whole->sum : whole->norm >= 0 ? whole->norm : maker;
    return mx_net_stored(net, last + 1) != v;
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

/* The largest layer below `below` whose backward reads what is stored for value v, or -1. */
static int backward_reader_below(const mx_net *net, int v, int below) {
    int i = reader_below(net, v, below);
    while (i >= 0 && !(runs_backward(net, i) && net->layers[i].type->backward_reads_x))
        i = reader_below(net, v, i);
    return i;
}

int mx_net_again_before(const mx_net *net, int value) {
    if (net->request.keep_all || value == 0) return -1;
    const mx_layer *maker = &net->layers[value - 1];
    if (!runs_backward(net, value - 1) || !maker->type->again || maker->fused.lazy) return -1;
    if (mx_net_again_before(net, maker->in[0]) >= 0) return -1;
    return backward_reader_below(net, value, net->n_layers);
}

/* The moments in backward when value v is read, from `*first` to `*last`; false for none. */
static bool backward_life(const mx_net *net, int v, int *first, int *last) {
    const int moments = net->n_layers;
    int i = backward_reader_below(net, v, net->n_layers);
    *first = 2 * moments;
    *last = -1;
    if (runs_backward(net, v - 1) && net->layers[v - 1].type->backward_reads_y)
        *first = *last = 2 * moments - (v - 1);
    for (; i >= 0; i = backward_reader_below(net, v, i)) {
        if (2 * moments - i < *first) *first = 2 * moments - i;
        if (2 * moments - i > *last) *last = 2 * moments - i;
    }
    return *last >= 0;
}

/* Lives of the outputs; with `training`, until the backward of the layers that read them again, or
 * in `again` a second life there. */
static void output_lives(const mx_net *net, mx_block *blocks, mx_block *again, mx_i32 rows) {
    for (int v = 1; v <= net->n_layers; v++) {
        const int reader = reader_below(net, v, net->n_layers);
        int first, last;
        if (mx_net_stored(net, v) != v || is_passed_over(net, v)) continue;
        blocks[v] = (mx_block){.size = value_floats(net, v, rows),
                               .first = writer_of(net, v, again != NULL),
                               .last = reader < 0 ? net->n_layers : reader};
        if (!again || !backward_life(net, v, &first, &last)) continue;
        if (mx_net_again_before(net, v) >= 0)
            again[v] = (mx_block){.size = blocks[v].size, .first = first, .last = last};
        else
            blocks[v].last = last;
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

static mx_i32 most_groups(const mx_net *net) {
    const mx_i32 train = net->request.train_groups, infer = net->request.infer_groups;
    return train > infer ? train : infer;
}

/* What batch norm saves lives until its backward, and until its last reader where it is lazy; from
 * the beginning where its statistics are known. */
static void saved_lives(const mx_net *net, mx_block *blocks, bool training) {
    for (int i = 0; i < net->n_layers; i++) {
        const int reader = mx_net_consumer_below(net, i + 1, net->n_layers);
        const bool lazy = net->layers[i].fused.lazy;
        int last = lazy && reader > i ? reader : i;
        if (training && runs_backward(net, i)) last = 2 * net->n_layers - i;
        const bool known = !training || net->layers[i].part.frozen;
        blocks[i] = (mx_block){.size = net->layers[i].saved, .first = known ? 0 : i, .last = last};
    }
}

/* Partial sums live from the convolution that makes them to the batch norm that they are for. */
static void sums_lives(const mx_net *net, mx_block *moments, mx_block *gradient) {
    for (int i = 0; i < net->n_layers; i++) {
        const mx_layer *layer = &net->layers[i];
        if (layer->type != &mx_layer_batchnorm) continue;
        const size_t size = mx_batchnorm_partial(net->values[i + 1].c, most_groups(net));
        const int moment = 2 * net->n_layers;
        if (layer->fused.moments >= 0)
            moments[i] = (mx_block){.size = size, .first = layer->fused.moments, .last = i};
        if (gradient && layer->fused.gradient >= 0)
            gradient[i] = (mx_block){
                .size = size, .first = moment - layer->fused.gradient, .last = moment - i};
    }
}

/* Blocks of a plan, each kind by value or layer. */
enum { OUTPUTS, SAVED, MOMENTS, GRADIENTS, AGAIN, SUMS, KINDS };

static mx_status plan_training(mx_net *net, mx_block *blocks, int *owner, size_t *total) {
    const int n = net->n_layers + 1;
    mx_block *again = blocks + AGAIN * n;
    output_lives(net, blocks + OUTPUTS * n, again, net->request.train_rows);
    gradient_owners(net, owner);
    gradient_lives(net, blocks + GRADIENTS * n, owner, net->request.train_rows);
    saved_lives(net, blocks + SAVED * n, true);
    sums_lives(net, blocks + MOMENTS * n, blocks + SUMS * n);
    MX_TRY(mx_memory_plan(blocks, (size_t)(KINDS * n), MX_TENSOR_ALIGN, net->segment, total));
    for (int v = 0; v < n; v++) {
        net->train_offset[v] = blocks[OUTPUTS * n + v].offset;
        net->again_offset[v] = again[v].size > 0 ? again[v].offset : net->train_offset[v];
        net->gradient_offset[v] = blocks[GRADIENTS * n + owner[v]].offset;
    }
    for (int i = 0; i < net->n_layers; i++)
        net->layers[i].at = (mx_layer_places){.saved = {blocks[SAVED * n + i].offset},
                                              .moments = {blocks[MOMENTS * n + i].offset},
                                              .sums = blocks[SUMS * n + i].offset};
    return MX_OK;
}

static mx_status plan_inference(mx_net *net, mx_block *blocks, size_t *total) {
    const int n = net->n_layers + 1;
    output_lives(net, blocks + OUTPUTS * n, NULL, net->request.infer_rows);
    saved_lives(net, blocks + SAVED * n, false);
    sums_lives(net, blocks + MOMENTS * n, NULL);
    MX_TRY(mx_memory_plan(blocks, (size_t)(KINDS * n), MX_TENSOR_ALIGN, net->segment, total));
    for (int v = 0; v < n; v++)
        net->infer_offset[v] = blocks[OUTPUTS * n + v].offset;
    for (int i = 0; i < net->n_layers; i++) {
        net->layers[i].at.saved[1] = blocks[SAVED * n + i].offset;
        net->layers[i].at.moments[1] = blocks[MOMENTS * n + i].offset;
    }
    return MX_OK;
}

static mx_status allocate_offsets(mx_net *net, size_t n) {
    MX_TRY(mx_alloc(&net->train_offset, n, sizeof *net->train_offset));
    MX_TRY(mx_alloc(&net->again_offset, n, sizeof *net->again_offset));
    MX_TRY(mx_alloc(&net->infer_offset, n, sizeof *net->infer_offset));
    return mx_alloc(&net->gradient_offset, n, sizeof *net->gradient_offset);
}

mx_status mx_net_plan_activations(mx_net *net, size_t *floats) {
    const size_t n = (size_t)net->n_layers + 1;
    mx_block *blocks = NULL;
    int *owner = NULL;
    size_t training = 0, inference = 0;
    mx_status status;
    MX_GO(allocate_offsets(net, n));
    MX_GO(mx_alloc(&blocks, KINDS * n, sizeof *blocks));
    MX_GO(mx_alloc(&owner, n, sizeof *owner));
    if (net->request.train_rows > 0) MX_GO(plan_training(net, blocks, owner, &training));
    memset(blocks, 0, KINDS * n * sizeof *blocks);
    MX_GO(plan_inference(net, blocks, &inference));
    *floats = training > inference ? training : inference;
done:
    free(blocks);
    free(owner);
    return status;
}
