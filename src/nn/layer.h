/* What a layer is to the network: shapes, parameters, memory, forward and backward. */
#ifndef MX_NN_LAYER_H
#define MX_NN_LAYER_H

#include "nn/net.h"
#include "ops/conv.h"
#include "ops/conv_tune.h"

enum { MX_LAYER_INPUTS = 2, MX_LAYER_PARAMS = 4 };

typedef struct mx_layer_type mx_layer_type;

/* Offsets of what a layer has besides its output: when training and otherwise. Partial sums are
 * from a convolution's forward to batch norm's, and from its backward to batch norm's. */
typedef struct mx_layer_places {
    size_t saved[2], moments[2], sums;
} mx_layer_places;

/* What mx_net_fuse found for a layer: layers that work together, -1 for none. */
typedef struct mx_layer_fused {
    bool lazy;    /* batchnorm: its output is not stored; who reads it reads its input, normed */
    int residual; /* conv: the sum that it makes on its way. add: the convolution that does it */
    int moments;  /* conv: the batch norm that it counts moments for, and the other way round */
    int gradient; /* conv: the batch norm whose gradient sums its backward makes, and so on */
    /* Of evaluation, where batch norm knows its statistics before its input is there. conv: the
     * layers whose outputs it makes in one go, batch norm and the sum behind that. Those: the
     * convolution. */
    int norm, sum, maker;
} mx_layer_fused;

typedef struct mx_layer {
    const mx_layer_type *type;
    char name[MX_NAME_BYTES];      /* torch's name of the module, such as "block1.layer.0.conv1" */
    int in[MX_LAYER_INPUTS], n_in; /* values */
    int param[MX_LAYER_PARAMS], n_params;
    mx_net_part part;
    union {
        struct {
            mx_i32 k, size, stride, pad;
            bool bias;
            mx_conv_plan plan;
        } conv;
        struct {
            float slope, epsilon, momentum;
        } batchnorm;
        struct {
            mx_i32 size, stride, pad;
        } max;
        struct {
            float slope;
        } add;
        struct {
            mx_i32 out;
            mx_conv_plan plan;
        } linear;
    } as;
    size_t gradient_at;   /* in the workspace: where a gradient that is handed over may be */
    size_t saved;         /* floats kept from forward to backward, or to who reads them */
    mx_layer_places at;   /* in the activations */
    mx_layer_fused fused; /* with its neighbours */
} mx_layer;

/* One call of a layer: tensors of the batch at hand. */
typedef struct mx_layer_call {
    mx_device *device;
    const mx_net *net;
    const mx_layer *layer;
    const mx_pass *pass;
    const size_t *offsets; /* of the values */
    mx_tensor x[MX_LAYER_INPUTS], y;
    mx_tensor dx[MX_LAYER_INPUTS], dy; /* backward; dx.buffer NULL: not wanted */
    bool accumulate[MX_LAYER_INPUTS];  /* dx has a gradient already: add */
    mx_tensor saved, workspace;
    mx_norm norm[MX_LAYER_INPUTS]; /* how x is to be read */
    mx_tensor residual;            /* conv: what to add to y, buffer NULL for nothing */
    mx_norm finish;                /* conv: how y is normed first, saved.buffer NULL: not at all */
    bool activate;                 /* conv: leaky ReLU of `slope` comes last */
    float slope;
    mx_chunk_sums sums; /* conv: to make; batchnorm: that are there (rows 0: workspace only) */
    mx_tensor seen;     /* conv, backward with sums: what batch norm saw, by `seen_norm` */
    mx_norm seen_norm;
} mx_layer_call;

/* What a network is planned for: the most rows and groups. */
typedef struct mx_layer_limits {
    const mx_net *net;
    const mx_device *device;
    mx_i32 rows, groups;
    const char *conv_algorithm;
    mx_conv_tuner *tuner;
    mx_i32 tuned_rows;
    bool trained;
} mx_layer_limits;

struct mx_layer_type {
    const char *name;
    bool backward_reads_x; /* its inputs must live until its backward */
    bool backward_reads_y; /* and so must its output */
    /* Whether it reads its inputs by `norm`; NULL: it does not. */
    bool (*reads_norm)(const mx_layer *layer, bool trained);
    /* The output's h, w, c from the inputs'; declares the parameters. */
    mx_status (*shape)(mx_net *net, mx_layer *layer, const mx_value *const *x, mx_value *y);
    /* Sets layer->saved and layer->gradient_at, and returns the workspace in *floats. */
    mx_status (*plan)(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x, size_t *floats);
    /* What can be known before any layer has run, for a pass; NULL: nothing. */
    mx_status (*prepare)(const mx_layer_call *call);
    mx_status (*forward)(const mx_layer_call *call);
    mx_status (*backward)(const mx_layer_call *call);
    /* Its output once more, bit for bit, from the input and what was saved; NULL: it cannot. */
    mx_status (*again)(const mx_layer_call *call);
    /* Multiply-accumulates of one image. */
    double (*macs)(const mx_layer *layer, const mx_value *x, const mx_value *y);
};

#define MX_LAYER(stem) extern const mx_layer_type mx_layer_##stem;
#include "nn/layers.def"
#undef MX_LAYER

/* Declares a parameter of `layer` called LAYER.`suffix`; dims in torch's order, 0 past the last. */
mx_status mx_layer_declare(mx_net *net, mx_layer *layer, const char *suffix, mx_param_role role,
                           const mx_i32 dims[4]);

/* Parameter `i` of the call's layer as a tensor of the weights in use, and of the gradients. */
mx_tensor mx_call_weight(const mx_layer_call *call, int i);
mx_tensor mx_call_gradient(const mx_layer_call *call, int i);
/* Whether the gradient by `param` is handed over rather than kept. */
bool mx_net_hands_over(const mx_net *net, const mx_param *param);

/* Whether anything wants the gradient by `value`: not the input, nor what frozen layers make. */
bool mx_net_wants_gradient(const mx_net *net, int value);

/* Of `reads_norm`: always. */
bool mx_layer_reads_norm(const mx_layer *layer, bool trained);

/* Plans a convolution of `layer` as the limits and their tuner say. */
mx_status mx_layer_plan_conv(const mx_layer_limits *limits, const mx_layer *layer,
                             const mx_conv_shape *shape, mx_conv_plan *plan);

/* A `plan` for layers that need nothing, a `macs` for those that multiply nothing. */
mx_status mx_layer_plan_nothing(const mx_layer_limits *limits, mx_layer *layer, mx_tensor x,
                                size_t *floats);
double mx_layer_no_macs(const mx_layer *layer, const mx_value *x, const mx_value *y);

#endif
