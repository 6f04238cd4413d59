/* What the files of the network share. */
#ifndef MX_NN_NET_INTERNAL_H
#define MX_NN_NET_INTERNAL_H

#include "nn/layer.h"
#include "nn/net.h"

enum { MX_NET_SEGMENTS = 64 };

struct mx_net {
    mx_device *device;
    mx_value *values; /* n_layers + 1 */
    size_t values_capacity;
    mx_layer *layers;
    size_t layers_capacity;
    int n_layers;
    mx_param *params;
    size_t params_capacity;
    int n_params;
    mx_param_layout layout;
    mx_net_part part;
    mx_net_start start;
    mx_net_plan_request request;
    const mx_watch *watch; /* or NULL */

    mx_net_arenas arenas;
    mx_buffer *workspace;
    mx_buffer *activations[MX_NET_SEGMENTS]; /* one arena, in pieces that the device allows */
    size_t segment;                          /* floats of a piece */
    uint64_t bytes;                          /* of everything that is allocated */
    /* Offsets in the activations, by value: outputs when training (and once more in backward, the
     * same for those that are kept) and otherwise, gradients. */
    size_t *train_offset, *again_offset, *infer_offset, *gradient_offset;

    mx_status failed; /* of the description */
    char failure[256];
};

/* The largest layer that reads value v and is smaller than `below`, or -1. */
int mx_net_consumer_below(const mx_net *net, int value, int below);

/* The smallest layer that reads value v, or -1: the last to add to its gradient. */
int mx_net_first_consumer(const mx_net *net, int value);

/* Finds what planned layers can do together, unless request.plain. */
void mx_net_fuse(mx_net *net);
/* Gives layer i's call what its neighbours and it do together: in forward, and in backward. */
void mx_net_fuse_forward(const mx_net *net, int i, mx_layer_call *call);
void mx_net_fuse_backward(const mx_net *net, int i, mx_layer_call *call);
/* Whether another layer makes layer i's output in a pass of `mode`. */
bool mx_net_is_made(const mx_net *net, int i, mx_mode mode);
/* The value whose memory `value` is in: its own, a sum's that its convolution makes, or, of a lazy
 * one, that of what batch norm saw. */
int mx_net_stored(const mx_net *net, int value);

/* The layer before whose backward `value` is computed again, or -1: it is kept, or not read. */
int mx_net_again_before(const mx_net *net, int value);

/* Sets the offsets of values, gradients and saved data and returns the arena's size in floats. */
mx_status mx_net_plan_activations(mx_net *net, size_t *floats);

/* The place in the activations at `offset`, as a tensor without sizes. */
mx_tensor mx_net_activation(const mx_net *net, size_t offset);

/* A value's tensor for a batch of `rows`. */
mx_tensor mx_net_tensor(const mx_net *net, int value, mx_i32 rows, const size_t *offsets);

#endif
