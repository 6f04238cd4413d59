/* A network: a list of layers in the order they run, each making one value from earlier values.
 * Describe it with mx_net_conv and its like, then plan it once: that computes every size, allocates
 * every arena and sets every offset. Value 0 is the input, layer i makes value i + 1, the last
 * value is the logits. */
#ifndef MX_NN_NET_H
#define MX_NN_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "ops/tensor.h"

enum { MX_NAME_BYTES = 96 };

typedef enum mx_param_role {
    MX_PARAM_CONV_WEIGHT,   /* stored [r][s][c][k]; torch [k][c][r][s] */
    MX_PARAM_LINEAR_WEIGHT, /* stored [in][out]; torch [out][in] */
    MX_PARAM_BIAS,
    MX_PARAM_GAMMA, /* batch norm's weight */
    MX_PARAM_BETA,  /* batch norm's bias */
    MX_PARAM_RUNNING_MEAN,
    MX_PARAM_RUNNING_VAR
} mx_param_role;

typedef struct mx_param {
    char name[MX_NAME_BYTES]; /* torch's, such as "block1.layer.0.conv1.weight" */
    mx_param_role role;
    mx_i32 dims[4];    /* torch's order; 0 past the last */
    bool head, frozen; /* the part of its layer */
    size_t count;
    size_t offset; /* in floats, the same in every arena; set by mx_net_plan */
} mx_param;

/* h x w x c of one image. */
typedef struct mx_value {
    mx_i32 h, w, c;
} mx_value;

/* Groups of trained parameters, in the order of the arenas. Weights are those of convolutions and
 * linear layers; others are biases, gammas and betas. */
typedef enum mx_param_group {
    MX_BACKBONE_WEIGHTS,
    MX_HEAD_WEIGHTS,
    MX_BACKBONE_OTHERS,
    MX_HEAD_OTHERS,
    MX_PARAM_GROUPS
} mx_param_group;

/* Where the parameters' arenas divide: group g is [end[g - 1], end[g]); then come frozen parameters
 * and running statistics. Gradients and moments have the trained ones only. */
typedef struct mx_param_layout {
    size_t end[MX_PARAM_GROUPS];
    size_t trained, count; /* trained = the last end */
} mx_param_layout;

typedef enum mx_mode {
    MX_TRAIN, /* batch statistics; running ones follow group 0; keeps what backward needs */
    MX_GUESS, /* batch statistics; running ones untouched; no backward */
    MX_EVAL   /* running statistics; no backward */
} mx_mode;

/* Takes the gradient by `count` weights from `first` of the arenas on, once backward needs those
 * weights no more. It is gone when what the call has enqueued is done. */
typedef struct mx_gradient_taker {
    mx_status (*take)(void *context, size_t first, size_t count, mx_tensor gradient);
    void *context;
} mx_gradient_taker;

typedef struct mx_pass {
    mx_mode mode;
    bool later_part;                /* of a step computed in parts: running statistics stay */
    mx_i32 rows;                    /* images of this batch, at most as planned */
    mx_i32 groups;                  /* batch-norm groups, dividing rows */
    mx_buffer *weights;             /* the arena to run with: net's weights or their average */
    const mx_gradient_taker *taker; /* of backward, where the network hands gradients over */
} mx_pass;

typedef struct mx_net_plan_request {
    mx_i32 train_rows, train_groups; /* 0 rows: the network is never trained */
    mx_i32 infer_rows, infer_groups; /* of MX_GUESS and MX_EVAL */
    const char *conv_algorithm;
    struct mx_conv_tuner *tuner; /* chooses convolutions while planning; NULL: built-in choices */
    mx_i32 tuned_rows; /* the batch to tune for; 0: train_rows, or infer_rows where that is 0 */
    bool keep_all;   /* else outputs that backward reads are computed once more where that is cheap:
                        less memory, the same bits */
    bool hand_over;  /* backward hands each gradient by weights of convolutions and linear layers to
                        pass.taker and keeps none of them: an arena less */
    bool plain;      /* every layer by itself: nothing is fused */
    bool sizes_only; /* for mx_net_bytes: nothing is allocated, nothing can run */
} mx_net_plan_request;

/* An empty network for h x w x c images. Fails with MX_MEMORY. */
mx_status mx_net_open(mx_net **out, mx_device *device, mx_i32 h, mx_i32 w, mx_i32 c);
void mx_net_close(mx_net *net);

/* What the layers that follow belong to. Frozen layers come first of all: they keep their weights
 * and statistics, run as in evaluation and have no gradients. */
typedef struct mx_net_part {
    bool head; /* else the backbone: parameters have a learning rate of their own */
    bool frozen;
} mx_net_part;
void mx_net_begin(mx_net *net, mx_net_part part);

/* Each appends a layer called `name` (torch's module name) and returns its value. A failure is kept
 * and reported by mx_net_plan. */
int mx_net_conv(mx_net *net, int x, const char *name, mx_i32 k, mx_i32 size, mx_i32 stride,
                mx_i32 pad, bool bias);
/* Batch norm with leaky ReLU after it; slope 1 means none. */
int mx_net_batchnorm(mx_net *net, int x, const char *name, float slope, float momentum,
                     float epsilon);
/* a + b with leaky ReLU after it; slope 1 means none. */
int mx_net_add(mx_net *net, int a, int b, float slope);
int mx_net_average(mx_net *net, int x);
int mx_net_max(mx_net *net, int x, mx_i32 size, mx_i32 stride, mx_i32 pad);
int mx_net_linear(mx_net *net, int x, const char *name, mx_i32 out);

/* Computes sizes and allocates. Fails with MX_USAGE (a shape that cannot be), MX_MEMORY (naming how
 * much is needed) or MX_OPENCL. */
mx_status mx_net_plan(mx_net *net, const mx_net_plan_request *request);

/* How weights begin: convolutions He normal (fan out, for leaky ReLU of `slope`), batch norm as the
 * identity, linear layers Xavier normal with zero biases or, with `uniform`, all in +-1 / sqrt(in),
 * as torch.nn.Linear. An empty network has slope 0.1, not uniform. */
typedef struct mx_net_start {
    float slope;
    bool uniform;
} mx_net_start;
void mx_net_set_start(mx_net *net, mx_net_start start);

/* Device memory of a planned network. */
uint64_t mx_net_bytes(const mx_net *net);

/* Random weights from `seed`, in the average and, where the network is trained, in the weights. */
mx_status mx_net_init(mx_net *net, uint64_t seed);

/* x [rows][h][w][c] to *logits [rows][classes], which stay until the next pass of the same kind. */
mx_status mx_net_forward(mx_net *net, const mx_pass *pass, mx_tensor x, mx_tensor *logits);
/* Where the gradient by the logits goes before mx_net_backward. */
mx_tensor mx_net_logits_gradient(const mx_net *net, const mx_pass *pass);
/* Gradients of every parameter, overwritten or handed over, for the MX_TRAIN pass that ran last on
 * `x`. */
mx_status mx_net_backward(mx_net *net, const mx_pass *pass, mx_tensor x);

/* Shown every tensor that a pass makes, in order and as soon as it is made: outputs, gradients of
 * parameters, gradients of inputs. `made_by` says by what. For a look at what went wrong: it waits
 * for the device as it likes. A failure ends the pass. */
typedef struct mx_watch {
    mx_status (*see)(void *context, const char *made_by, mx_tensor tensor);
    void *context;
} mx_watch;
/* Watches the passes from now on; NULL: no more. `watch` must outlive that. */
void mx_net_set_watch(mx_net *net, const mx_watch *watch);
/* Shows a tensor that was made elsewhere to who watches, if anyone. */
mx_status mx_net_show(const mx_net *net, const char *made_by, mx_tensor tensor);

mx_device *mx_net_device(const mx_net *net);
mx_i32 mx_net_classes(const mx_net *net);
mx_value mx_net_input(const mx_net *net);
int mx_net_param_count(const mx_net *net);
const mx_param *mx_net_param(const mx_net *net, int i);
mx_param_layout mx_net_layout(const mx_net *net);
/* Numbers in all parameters, without running statistics. */
size_t mx_net_parameters(const mx_net *net);

/* Arenas of layout.count floats; moments have layout.trained, and gradients those from
 * `gradients_from` on, which is 0 unless backward hands the others over. All but the average are
 * NULL when never trained. */
typedef struct mx_net_arenas {
    mx_buffer *weights, *average, *gradients, *first, *second;
    size_t gradients_from;
} mx_net_arenas;
mx_net_arenas mx_net_get_arenas(const mx_net *net);

/* Facts of layer `i`; returns false past the last. Strings live as long as the net. */
typedef struct mx_layer_row {
    const char *type, *name;
    const int *in; /* values */
    int n_in;
    mx_value out;
    size_t parameters;
    double macs; /* of one image */
} mx_layer_row;
bool mx_net_layer_row(const mx_net *net, int i, mx_layer_row *row);

#endif
