/* torchvision's networks, wide_resnet50_2 above all, against torch: evaluation and a step's
 * gradients, by several convolution algorithms. Weights and pictures come from a formula, since
 * golden files of that size are nothing for a repository. */
#include "parity/hashed.h"
#include "parity/model_case.h"

static const char *const algorithms[] = {"auto", "direct", "gemm"};

/* What never trains has only the average. */
static mx_buffer *weights_of(const model_case *m) {
    const mx_net_arenas arenas = mx_net_get_arenas(m->net);
    return m->groups ? arenas.weights : arenas.average;
}

static void open_net(model_case *m, const char *algorithm) {
    const mx_i32 size = (mx_i32)golden_number(&m->golden, "size");
    mx_model_spec spec = {.name = mx_tensorfile_note(&m->golden, "model"),
                          .height = size,
                          .width = size,
                          .channels = 3,
                          .classes = model_dim(m, "eval_logits", 1),
                          .bn_momentum = 0.1f};
    const char *head = mx_tensorfile_note(&m->golden, "head");
    for (int used = 0; sscanf(head, "%d%n", &spec.head[spec.n_head], &used) == 1;) {
        spec.n_head++;
        head += used + (head[used] == ',');
    }
    const mx_net_plan_request request = {.train_rows = m->groups ? m->rows : 0,
                                         .train_groups = m->groups,
                                         .infer_rows = m->rows,
                                         .infer_groups = m->groups ? m->groups : 1,
                                         .conv_algorithm = algorithm};
    golden_ok(mx_model_build(&m->net, m->device, &spec));
    golden_ok(mx_net_plan(m->net, &request));
    load_hashed(m->net, weights_of(m));
}

static void open_case(model_case *m, mx_device *device, const char *name, const char *algorithm) {
    *m = (model_case){.device = device};
    golden_read(&m->golden, name);
    m->rows = (mx_i32)golden_number(&m->golden, "batch");
    m->groups = (mx_i32)golden_number(&m->golden, "groups");
    open_net(m, algorithm);
    model_open_tensors(m);
    float *x = golden_new(mx_tensor_count(m->x));
    hashed("pictures", mx_tensor_count(m->x), -1, 1, x);
    golden_upload(m->x, x);
    free(x);
}

static void check_evaluation(mx_device *device, const char *name) {
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        model_case m;
        open_case(&m, device, name, algorithms[i]);
        const mx_pass eval = {
            .mode = MX_EVAL, .rows = m.rows, .groups = 1, .weights = weights_of(&m)};
        model_forward(&m, &eval, "eval_logits", algorithms[i]);
        model_close(&m);
    }
}

/* The tensor's largest number. */
static double scale_of(const model_case *m, const char *prefix, const mx_param *param) {
    char largest[MX_NAME_BYTES + 16];
    snprintf(largest, sizeof largest, "%s/largest", param->name);
    return (double)golden_find(&m->golden, prefix, largest)->data[0];
}

/* What counts as nothing: a shift before a batch norm has no gradient but for rounding. */
static double noise_of(const model_case *m) {
    double largest = 0;
    for (int i = 0; i < mx_net_param_count(m->net); i++)
        if (!model_is_statistic(mx_net_param(m->net, i)))
            largest = fmax(largest, scale_of(m, "gradient", mx_net_param(m->net, i)));
    return 1e-6 * largest;
}

/* Compares the samples of PREFIX/NAME that the golden file has. */
static void compare_samples(const model_case *m, mx_buffer *arena, const char *prefix,
                            bool statistics, double limit, double noise, const char *algorithm) {
    const size_t count = mx_buffer_bytes(arena) / sizeof(float);
    float *host = golden_download(mx_matrix(arena, 0, 1, (mx_i32)count));
    for (int i = 0; i < mx_net_param_count(m->net); i++) {
        const mx_param *param = mx_net_param(m->net, i);
        if (model_is_statistic(param) != statistics) continue;
        const mx_file_tensor *golden = golden_find(&m->golden, prefix, param->name);
        const double scale = scale_of(m, prefix, param);
        float *got = golden_new(param->count);
        mx_param_to_torch(param, host, got);
        for (size_t s = 0; s < golden->count; s++)
            got[s] = got[s * param->count / golden->count];
        golden_assert_within(got, golden, fmax(limit * scale, noise), algorithm);
        free(got);
    }
    free(host);
}

static void evaluation_equals_torch(void **state) {
    check_evaluation(*state, "resnet_18");
    check_evaluation(*state, "resnet_wide_96");
    check_evaluation(*state, "resnet_wide_224");
    check_evaluation(*state, "resnet_headed");
}

static void a_steps_losses_gradients_and_statistics_equal_torch(void **state) {
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        model_case m;
        open_case(&m, *state, "resnet_headed", algorithms[i]);
        golden_upload(m.targets, golden_find(&m.golden, "", "targets")->data);
        const mx_net_arenas arenas = mx_net_get_arenas(m.net);
        const mx_pass train = {
            .mode = MX_TRAIN, .rows = m.rows, .groups = m.groups, .weights = arenas.weights};
        model_lose(&m, &train, algorithms[i]);
        golden_ok(mx_net_backward(m.net, &train, m.x));
        compare_samples(&m, arenas.gradients, "gradient", false, GRADIENT_LIMIT, noise_of(&m),
                        algorithms[i]);
        compare_samples(&m, arenas.weights, "after", true, STATISTICS_LIMIT, 0, algorithms[i]);
        model_close(&m);
    }
}

/* The next parameter of `net` that the line "NAME SIZES" of the golden list speaks of. */
static void check_line(const mx_net *net, int i, const char *name, const char *sizes) {
    const mx_param *param = mx_net_param(net, i);
    mx_i32 dims[4] = {0};
    const int rank = sscanf(sizes, "%d %d %d %d", &dims[0], &dims[1], &dims[2], &dims[3]);
    assert_string_equal(param->name, name);
    assert_int_equal(mx_param_rank(param), rank);
    assert_memory_equal(param->dims, dims, sizeof dims);
}

/* So exported weights load with strict=True. */
static void names_and_shapes_are_torchvisions_in_its_order(void **state) {
    FILE *list = fopen(MX_TEST_DATA "/torchvision.txt", "r");
    char line[256], model[64], name[MX_NAME_BYTES], open[64] = "";
    mx_net *net = NULL;
    int used = 0, next = 0;
    assert_non_null(list);
    while (fgets(line, sizeof line, list)) {
        assert_int_equal(sscanf(line, "%63s %95s %n", model, name, &used), 2);
        if (strcmp(model, open) != 0) {
            if (net) assert_int_equal(next, mx_net_param_count(net));
            mx_net_close(net);
            strcpy(open, model);
            next = 0;
            golden_ok(mx_model_build(
                &net, *state,
                &(mx_model_spec){
                    .name = open, .height = 64, .width = 64, .channels = 3, .classes = 1000}));
        }
        check_line(net, next++, name, line + used);
    }
    assert_int_equal(next, mx_net_param_count(net));
    mx_net_close(net);
    fclose(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_shapes_are_torchvisions_in_its_order),
        cmocka_unit_test(evaluation_equals_torch),
        cmocka_unit_test(a_steps_losses_gradients_and_statistics_equal_torch),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
