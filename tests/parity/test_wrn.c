/* One forward and backward of a wide residual network, by every convolution algorithm, against
 * torch. */
#include "parity/golden.h"

#include "ops/loss.h"

#define LOGITS_LIMIT 1e-4     /* of the largest logit */
#define GRADIENT_LIMIT 1e-3   /* of the tensor's largest gradient */
#define STATISTICS_LIMIT 1e-5 /* of the tensor's largest, as losses */
/* Gradients of biases before batch norm are 0 but for rounding: this much of the network's largest
 * gradient counts as nothing. */
#define GRADIENT_NOISE 1e-4

typedef struct wrn {
    mx_device *device;
    mx_tensorfile golden;
    mx_net *net;
    mx_i32 rows, groups;
    mx_buffer *floats, *ints;
    mx_tensor x, targets, losses, sums, list;
} wrn;

static mx_i32 dim(const wrn *w, const char *name, int d) {
    return (mx_i32)golden_find(&w->golden, "", name)->dims[d];
}

static void open_net(wrn *w, const char *algorithm) {
    const mx_model_spec spec = {.name = mx_tensorfile_note(&w->golden, "model"),
                                .height = dim(w, "x", 1),
                                .width = dim(w, "x", 2),
                                .channels = dim(w, "x", 3),
                                .classes = dim(w, "logits", 1),
                                .slope = 0.1f,
                                .bn_momentum = 0.1f,
                                .conv_bias = golden_number(&w->golden, "conv_bias") != 0};
    const mx_net_plan_request request = {.train_rows = w->rows,
                                         .train_groups = w->groups,
                                         .infer_rows = w->rows,
                                         .infer_groups = w->groups,
                                         .conv_algorithm = algorithm};
    golden_ok(mx_model_build(&w->net, w->device, &spec));
    golden_ok(mx_net_plan(w->net, &request));
    golden_load(w->net, &w->golden, "before", mx_net_get_arenas(w->net).weights);
}

/* Appends a tensor to w->floats. */
static mx_tensor place(const wrn *w, size_t *used, mx_i32 n, mx_value v) {
    const mx_tensor tensor = {w->floats, (mx_u32)*used, n, v.h, v.w, v.c};
    *used += mx_tensor_count(tensor);
    return tensor;
}

static void open_tensors(wrn *w) {
    const mx_value image = mx_net_input(w->net), class = {1, 1, mx_net_classes(w->net)},
                   one = {1, 1, 1};
    const size_t row = (size_t)image.h * (size_t)image.w * (size_t)image.c + (size_t) class.c + 1;
    size_t used = 0;
    golden_ok(mx_buffer_create(&w->floats, w->device, (row * (size_t)w->rows + 2) * sizeof(float)));
    golden_ok(mx_buffer_create(&w->ints, w->device, (size_t)w->rows * sizeof(mx_i32)));
    w->x = place(w, &used, w->rows, image);
    w->targets = place(w, &used, w->rows, class);
    w->losses = place(w, &used, w->rows, one);
    w->sums = place(w, &used, 2, one);
    w->list = mx_matrix(w->ints, 0, w->rows, 1);
    golden_upload(w->x, golden_find(&w->golden, "", "x")->data);
    golden_upload(w->targets, golden_find(&w->golden, "", "targets")->data);
    for (mx_i32 i = 0; i < w->rows; i++)
        golden_ok(mx_buffer_write(w->ints, (size_t)i * sizeof i, &i, sizeof i));
}

static void open_case(wrn *w, mx_device *device, const char *name, const char *algorithm) {
    *w = (wrn){.device = device};
    golden_read(&w->golden, name);
    w->rows = dim(w, "x", 0);
    w->groups = (mx_i32)golden_number(&w->golden, "groups");
    open_net(w, algorithm);
    open_tensors(w);
}

static void close_case(wrn *w) {
    mx_buffer_release(w->floats);
    mx_buffer_release(w->ints);
    mx_net_close(w->net);
    mx_tensorfile_release(&w->golden);
}

static void forward(const wrn *w, const mx_pass *pass, const char *expected,
                    const char *algorithm) {
    const mx_file_tensor *golden = golden_find(&w->golden, "", expected);
    mx_tensor logits;
    golden_ok(mx_net_forward(w->net, pass, w->x, &logits));
    float *got = golden_download(logits);
    golden_assert_within(got, golden, LOGITS_LIMIT * golden_largest(golden), algorithm);
    free(got);
}

/* The loss of the labelled rows and lambda_u times that of the others, and their gradients. */
static void lose(const wrn *w, const mx_pass *pass, const char *algorithm) {
    const mx_i32 labelled = w->rows / w->groups, others = w->rows - labelled;
    const mx_tensor dlogits = mx_net_logits_gradient(w->net, pass);
    const float lambda_u = (float)golden_number(&w->golden, "lambda_u");
    mx_tensor logits;
    golden_ok(mx_net_forward(w->net, pass, w->x, &logits));
    mx_loss_rows rows = {.list = w->list, .count = labelled, .scale = 1.0f / (float)labelled};
    golden_ok(mx_soft_cross_entropy(w->device, logits, w->targets, rows, w->losses, dlogits));
    golden_ok(mx_loss_sum(w->device, w->losses, 0, labelled, rows.scale, w->sums, 0));
    rows = (mx_loss_rows){w->list, labelled, others, lambda_u / (float)others};
    golden_ok(mx_squared_difference(w->device, logits, w->targets, rows, w->losses, dlogits));
    golden_ok(
        mx_loss_sum(w->device, w->losses, labelled, others, 1.0f / (float)others, w->sums, 1));
    const mx_file_tensor *golden = golden_find(&w->golden, "", "losses");
    float *got = golden_download(w->sums);
    golden_assert_within(got, golden, STATISTICS_LIMIT * golden_largest(golden), algorithm);
    free(got);
}

static bool is_statistic(const mx_param *param) {
    return param->role == MX_PARAM_RUNNING_MEAN || param->role == MX_PARAM_RUNNING_VAR;
}

static double largest_gradient(const wrn *w) {
    double largest = 0;
    for (int i = 0; i < mx_net_param_count(w->net); i++) {
        const mx_param *param = mx_net_param(w->net, i);
        if (!is_statistic(param))
            largest =
                fmax(largest, golden_largest(golden_find(&w->golden, "gradient", param->name)));
    }
    return largest;
}

/* Compares the parameters of one kind with PREFIX/NAME. */
static void compare_arena(const wrn *w, mx_buffer *arena, const char *prefix, bool statistics,
                          double limit, double noise, const char *algorithm) {
    float *host =
        golden_download(mx_matrix(arena, 0, 1, (mx_i32)(mx_buffer_bytes(arena) / sizeof(float))));
    for (int i = 0; i < mx_net_param_count(w->net); i++) {
        const mx_param *param = mx_net_param(w->net, i);
        if (is_statistic(param) != statistics) continue;
        const mx_file_tensor *golden = golden_find(&w->golden, prefix, param->name);
        float *got = golden_new(param->count);
        mx_param_to_torch(param, host, got);
        golden_assert_within(got, golden, fmax(limit * golden_largest(golden), noise), algorithm);
        free(got);
    }
    free(host);
}

static void check_case(mx_device *device, const char *name, const char *algorithm) {
    wrn w;
    open_case(&w, device, name, algorithm);
    const mx_net_arenas arenas = mx_net_get_arenas(w.net);
    const mx_pass eval = {.mode = MX_EVAL, .rows = w.rows, .groups = 1, .weights = arenas.weights};
    const mx_pass guess = {
        .mode = MX_GUESS, .rows = w.rows, .groups = w.groups, .weights = arenas.weights};
    const mx_pass train = {
        .mode = MX_TRAIN, .rows = w.rows, .groups = w.groups, .weights = arenas.weights};
    forward(&w, &eval, "eval_logits", algorithm);
    forward(&w, &guess, "logits", algorithm);
    compare_arena(&w, arenas.weights, "before", true, 0, 0, algorithm);
    lose(&w, &train, algorithm);
    golden_ok(mx_net_backward(w.net, &train, w.x));
    compare_arena(&w, arenas.gradients, "gradient", false, GRADIENT_LIMIT,
                  GRADIENT_NOISE * largest_gradient(&w), algorithm);
    compare_arena(&w, arenas.weights, "after", true, STATISTICS_LIMIT, 0, algorithm);
    close_case(&w);
}

static void logits_losses_gradients_and_statistics_equal_torch(void **state) {
    for (size_t i = 0; golden_algorithm(i); i++)
        check_case(*state, "wrn_plain", golden_algorithm(i));
}

static void biases_grey_pictures_and_odd_sizes_equal_torch(void **state) {
    for (size_t i = 0; golden_algorithm(i); i++)
        check_case(*state, "wrn_bias", golden_algorithm(i));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logits_losses_gradients_and_statistics_equal_torch),
        cmocka_unit_test(biases_grey_pictures_and_odd_sizes_equal_torch),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
