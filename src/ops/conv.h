/* Two-dimensional convolution, NHWC: x[n][h][w][c], weight[r][s][c][k], y[n][oh][ow][k]. Matches
 * torch.nn.functional.conv2d. Three directions, each with a list of algorithms that ends in the
 * reference; a plan names one per direction before anything runs. */
#ifndef MX_OPS_CONV_H
#define MX_OPS_CONV_H

#include "ops/batchnorm.h"
#include "ops/tensor.h"

typedef enum mx_conv_direction {
    MX_CONV_FORWARD,
    MX_CONV_BACKWARD_DATA,
    MX_CONV_BACKWARD_WEIGHTS,
    MX_CONV_DIRECTIONS
} mx_conv_direction;

/* "forward", "backward_data" or "backward_weights". */
const char *mx_conv_direction_name(mx_conv_direction direction);

typedef struct mx_conv_shape {
    mx_i32 n, h, w, c, k, r, s, stride, pad;
} mx_conv_shape;

mx_i32 mx_conv_out_height(const mx_conv_shape *shape);
mx_i32 mx_conv_out_width(const mx_conv_shape *shape);
/* Multiplications and additions of one direction, as a direct algorithm does them. */
double mx_conv_flops(const mx_conv_shape *shape);
/* Bytes of a direction's operands, each read or written once, without a bias. */
double mx_conv_bytes(const mx_conv_shape *shape, mx_conv_direction direction, bool accumulate);

/* forward:          y = x * weight (+ bias where bias.buffer is set)
 * backward_data:    x (+)= the gradient by x, from y = dy and weight
 * backward_weights: weight = the gradient by weight, from x and y = dy (bias = column sums of dy)
 *
 * And what else a direction does on its way, where its algorithm can (mx_conv_can):
 *
 * forward, backward_weights: x is read as `norm` says: batch norm's output, which nobody stored
 * forward:          y = leaky(finish(y) + residual, slope): batch norm with activation by
 * statistics that are known (one group; where finish.saved.buffer is set), then the residual (where
 * its buffer is set), then leaky ReLU (where `activate`) forward:          `sums` become the
 * moments of y, for mx_batchnorm_statistics backward_data:    where `sums` are wanted, the gradient
 * by x, which batch norm made of `seen` by `norm`, becomes the one by what its activation saw, and
 * `sums` are for mx_batchnorm_backward
 */
typedef struct mx_conv_operands {
    mx_tensor x, weight, bias, y;
    mx_tensor workspace; /* as much as the algorithm asked for, or more */
    bool accumulate;     /* backward_data adds to x */
    mx_norm norm, finish;
    mx_tensor residual, seen;
    bool activate;
    float slope;        /* of that activation */
    mx_chunk_sums sums; /* rows 0: none; else as mx_conv_sum_rows says */
    mx_i32 sum_groups;  /* groups of images that the sums keep apart */
} mx_conv_operands;

/* What an algorithm does besides. */
typedef enum mx_conv_ability {
    MX_CONV_READS_NORM = 1,
    MX_CONV_ADDS_RESIDUAL = 2,
    MX_CONV_FINISHES = 4, /* norms, adds and activates its outputs */
} mx_conv_ability;

/* The numbers that an algorithm's kernels are specialised by; each algorithm says what its own
 * mean. All zeros: the algorithm's built-in choice for the shape. */
enum { MX_CONV_PARAMS = 4, MX_CONV_CANDIDATES = 16 };
typedef struct mx_conv_params {
    mx_i32 v[MX_CONV_PARAMS];
} mx_conv_params;

typedef struct mx_conv_algorithm {
    const char *name;
    const char
        *param_names[MX_CONV_PARAMS]; /* for people and the tuning cache; NULL past the last */
    bool (*supports)(const mx_device *device, const mx_conv_shape *shape,
                     mx_conv_direction direction);
    /* Whether it is the one to take where nothing was measured; NULL: always. */
    bool (*preferred)(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction);
    /* Parameters worth measuring on this device, the built-in choice first; returns how many, at
     * most MX_CONV_CANDIDATES. */
    int (*candidates)(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out);
    /* Floats of workspace; does not shrink as shape->n grows. */
    size_t (*workspace)(const mx_device *device, const mx_conv_shape *shape,
                        mx_conv_direction direction, const mx_conv_params *params);
    unsigned abilities; /* mx_conv_ability */
    /* Rows of a chunk of sums over `groups` groups, at most MX_MOST_CHUNKS chunks each; 0: it makes
     * no sums of this shape. NULL: of none. */
    mx_i32 (*sum_rows)(const mx_device *device, const mx_conv_shape *shape,
                       mx_conv_direction direction, const mx_conv_params *params, mx_i32 groups);
    /* shape->n is the batch of this call. Leaves the bias of backward_weights to mx_conv_run. */
    mx_status (*run)(mx_device *device, const mx_conv_shape *shape, mx_conv_direction direction,
                     const mx_conv_params *params, const mx_conv_operands *operands);
} mx_conv_algorithm;

/* Fastest first where nothing was measured; the reference is last and supports everything. A name
 * may stand more than once, for different directions. */
extern const mx_conv_algorithm *const mx_conv_algorithms[];
extern const size_t mx_conv_algorithm_count;

typedef struct mx_conv_plan {
    mx_conv_shape shape; /* n is the largest batch */
    struct {
        const mx_conv_algorithm *algorithm;
        mx_conv_params params;
    } choice[MX_CONV_DIRECTIONS];
    size_t workspace; /* floats, enough for every direction */
} mx_conv_plan;

/* `wanted` is "auto" or an algorithm's name; where the named one does not support a direction, the
 * first of the list that does takes it. Fails with MX_USAGE for an unknown name. */
mx_status mx_conv_plan_init(mx_conv_plan *plan, const mx_device *device, const mx_conv_shape *shape,
                            const char *wanted);

/* Makes `algorithm` with `params` the plan's choice for a direction that it supports. */
void mx_conv_plan_choose(mx_conv_plan *plan, const mx_device *device, mx_conv_direction direction,
                         const mx_conv_algorithm *algorithm, const mx_conv_params *params);

/* Floats of workspace that a direction of the plan needs, at most plan->workspace. */
size_t mx_conv_plan_workspace(const mx_conv_plan *plan, const mx_device *device,
                              mx_conv_direction direction);

/* The single candidate of an algorithm without parameters. */
int mx_conv_no_params(const mx_device *device, const mx_conv_shape *shape,
                      mx_conv_direction direction, mx_conv_params *out);

/* Whether the plan's algorithm of a direction has an ability. */
bool mx_conv_can(const mx_conv_plan *plan, mx_conv_direction direction, mx_conv_ability ability);
/* Rows of a chunk, of `sums` for n images in `groups` groups; 0: the direction makes none. */
mx_i32 mx_conv_sum_rows(const mx_conv_plan *plan, const mx_device *device,
                        mx_conv_direction direction, mx_i32 n, mx_i32 groups);

/* Runs one direction for the batch operands->x.n <= plan->shape.n. */
mx_status mx_conv_run(mx_device *device, const mx_conv_plan *plan, mx_conv_direction direction,
                      const mx_conv_operands *operands);

/* MX_NORM_OUTPUT, MX_ADD_RESIDUAL and MX_ACTIVATE as the operands ask for them. */
mx_i32 mx_conv_finish(const mx_conv_operands *operands);

/* The kernels' argument struct, for algorithms. */
mx_conv_args mx_conv_args_of(const mx_conv_shape *shape, const mx_conv_operands *operands);

#endif
