/* One forward and backward of a wide residual network, by every convolution algorithm, against
 * torch. */
#include "parity/model_case.h"

static void open_net(model_case *w, const char *algorithm) {
    const mx_model_spec spec = {.name = mx_tensorfile_note(&w->golden, "model"),
                                .height = model_dim(w, "x", 1),
                                .width = model_dim(w, "x", 2),
                                .channels = model_dim(w, "x", 3),
                                .classes = model_dim(w, "logits", 1),
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

static void open_case(model_case *w, mx_device *device, const char *name, const char *algorithm) {
    *w = (model_case){.device = device};
    golden_read(&w->golden, name);
    w->rows = model_dim(w, "x", 0);
    w->groups = (mx_i32)golden_number(&w->golden, "groups");
    open_net(w, algorithm);
    model_open_tensors(w);
    golden_upload(w->x, golden_find(&w->golden, "", "x")->data);
    golden_upload(w->targets, golden_find(&w->golden, "", "targets")->data);
}

static double largest_gradient(const model_case *w) {
    double largest = 0;
    for (int i = 0; i < mx_net_param_count(w->net); i++) {
        const mx_param *param = mx_net_param(w->net, i);
        if (!model_is_statistic(param))
            largest =
                fmax(largest, golden_largest(golden_find(&w->golden, "gradient", param->name)));
    }
    return largest;
}

/* Compares the parameters of one kind with PREFIX/NAME. */
static void compare_arena(const model_case *w, mx_buffer *arena, const char *prefix,
                          bool statistics, double limit, double noise, const char *algorithm) {
    float *host =
        golden_download(mx_matrix(arena, 0, 1, (mx_i32)(mx_buffer_bytes(arena) / sizeof(float))));
    for (int i = 0; i < mx_net_param_count(w->net); i++) {
        const mx_param *param = mx_net_param(w->net, i);
        if (model_is_statistic(param) != statistics) continue;
        const mx_file_tensor *golden = golden_find(&w->golden, prefix, param->name);
        float *got = golden_new(param->count);
        mx_param_to_torch(param, host, got);
        golden_assert_within(got, golden, fmax(limit * golden_largest(golden), noise), algorithm);
        free(got);
    }
    free(host);
}

static void check_case(mx_device *device, const char *name, const char *algorithm) {
    model_case w;
    open_case(&w, device, name, algorithm);
    const mx_net_arenas arenas = mx_net_get_arenas(w.net);
    const mx_pass eval = {.mode = MX_EVAL, .rows = w.rows, .groups = 1, .weights = arenas.weights};
    const mx_pass guess = {
        .mode = MX_GUESS, .rows = w.rows, .groups = w.groups, .weights = arenas.weights};
    const mx_pass train = {
        .mode = MX_TRAIN, .rows = w.rows, .groups = w.groups, .weights = arenas.weights};
    model_forward(&w, &eval, "eval_logits", algorithm);
    model_forward(&w, &guess, "logits", algorithm);
    compare_arena(&w, arenas.weights, "before", true, 0, 0, algorithm);
    model_lose(&w, &train, algorithm);
    golden_ok(mx_net_backward(w.net, &train, w.x));
    compare_arena(&w, arenas.gradients, "gradient", false, GRADIENT_LIMIT,
                  GRADIENT_NOISE * largest_gradient(&w), algorithm);
    compare_arena(&w, arenas.weights, "after", true, STATISTICS_LIMIT, 0, algorithm);
    model_close(&w);
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
