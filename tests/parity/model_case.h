/* A network with golden pictures and targets: what the parity tests of networks share. */
#ifndef MX_TEST_MODEL_CASE_H
#define MX_TEST_MODEL_CASE_H

#include "parity/golden.h"

#include "ops/loss.h"

#define LOGITS_LIMIT 1e-4     /* of the largest logit */
#define GRADIENT_LIMIT 1e-3   /* of the tensor's largest gradient */
#define STATISTICS_LIMIT 1e-5 /* of the tensor's largest, as losses */
/* Gradients of biases before batch norm are 0 but for rounding: this much of the network's largest
 * gradient counts as nothing. */
#define GRADIENT_NOISE 1e-4

typedef struct model_case {
    mx_device *device;
    mx_tensorfile golden;
    mx_net *net;
    mx_i32 rows, groups;
    mx_buffer *floats, *ints;
    mx_tensor x, targets, losses, sums, list;
} model_case;

static inline mx_i32 model_dim(const model_case *m, const char *name, int d) {
    return (mx_i32)golden_find(&m->golden, "", name)->dims[d];
}

/* Appends a tensor to m->floats. */
static inline mx_tensor model_place(const model_case *m, size_t *used, mx_i32 n, mx_value v) {
    const mx_tensor tensor = {m->floats, (mx_u32)*used, n, v.h, v.w, v.c};
    *used += mx_tensor_count(tensor);
    return tensor;
}

static inline void model_open_tensors(model_case *m) {
    const mx_value image = mx_net_input(m->net), class = {1, 1, mx_net_classes(m->net)},
                   one = {1, 1, 1};
    const size_t row = (size_t)image.h * (size_t)image.w * (size_t)image.c + (size_t) class.c + 1;
    size_t used = 0;
    golden_ok(mx_buffer_create(&m->floats, m->device, (row * (size_t)m->rows + 2) * sizeof(float)));
    golden_ok(mx_buffer_create(&m->ints, m->device, (size_t)m->rows * sizeof(mx_i32)));
    m->x = model_place(m, &used, m->rows, image);
    m->targets = model_place(m, &used, m->rows, class);
    m->losses = model_place(m, &used, m->rows, one);
    m->sums = model_place(m, &used, 2, one);
    m->list = mx_matrix(m->ints, 0, m->rows, 1);
    for (mx_i32 i = 0; i < m->rows; i++)
        golden_ok(mx_buffer_write(m->ints, (size_t)i * sizeof i, &i, sizeof i));
}

static inline void model_close(model_case *m) {
    mx_buffer_release(m->floats);
    mx_buffer_release(m->ints);
    mx_net_close(m->net);
    mx_tensorfile_release(&m->golden);
}

static inline void model_forward(const model_case *m, const mx_pass *pass, const char *expected,
                                 const char *algorithm) {
    const mx_file_tensor *golden = golden_find(&m->golden, "", expected);
    mx_tensor logits;
    golden_ok(mx_net_forward(m->net, pass, m->x, &logits));
    float *got = golden_download(logits);
    golden_assert_within(got, golden, LOGITS_LIMIT * golden_largest(golden), algorithm);
    free(got);
}

/* The loss of the labelled rows and lambda_u times that of the others, and their gradients. */
static inline void model_lose(const model_case *m, const mx_pass *pass, const char *algorithm) {
    const mx_i32 labelled = m->rows / m->groups, others = m->rows - labelled;
    const mx_tensor dlogits = mx_net_logits_gradient(m->net, pass);
    const float lambda_u = (float)golden_number(&m->golden, "lambda_u");
    mx_tensor logits;
    golden_ok(mx_net_forward(m->net, pass, m->x, &logits));
    mx_loss_rows rows = {.list = m->list, .count = labelled, .scale = 1.0f / (float)labelled};
    golden_ok(mx_soft_cross_entropy(m->device, logits, m->targets, rows, m->losses, dlogits));
    golden_ok(mx_loss_sum(m->device, m->losses, 0, labelled, rows.scale, m->sums, 0));
    rows.first = labelled;
    rows.count = others;
    rows.scale = lambda_u / (float)others;
    golden_ok(mx_squared_difference(m->device, logits, m->targets, rows, m->losses, dlogits));
    golden_ok(
        mx_loss_sum(m->device, m->losses, labelled, others, 1.0f / (float)others, m->sums, 1));
    const mx_file_tensor *golden = golden_find(&m->golden, "", "losses");
    float *got = golden_download(m->sums);
    golden_assert_within(got, golden, STATISTICS_LIMIT * golden_largest(golden), algorithm);
    free(got);
}

static inline bool model_is_statistic(const mx_param *param) {
    return param->role == MX_PARAM_RUNNING_MEAN || param->role == MX_PARAM_RUNNING_VAR;
}

#endif
