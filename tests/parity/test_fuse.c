/* Convolutions that norm, add and sum on their way (nn/net_fuse.c) against the same network in
 * layers apart, on the device and on one that is held to a small GPU's limits. */
#include "parity/hashed.h"

#define LIMIT 1e-5          /* of a tensor's largest number */
#define GRADIENT_LIMIT 1e-3 /* as far as two algorithms differ, and some */
/* Of the network's largest gradient: what counts as nothing. */
#define NOISE 1e-6

enum { GROUPS = 2, MODES = MX_EVAL + 1 };

typedef struct recipe {
    mx_model_spec model;
    const char *algorithm;
    mx_i32 rows; /* enough for convolutions to make sums */
    bool keep_all;
} recipe;

/* What came of one network: evaluation and guesses, then a step. */
typedef struct outcome {
    mx_net *net;
    size_t lazy; /* batch norms that stored statistics only, over all passes */
    float *logits[MODES], *gradients, *weights;
} outcome;

/* An mx_watch's. */
static mx_status count_lazy(void *context, const char *made_by, mx_tensor tensor) {
    outcome *out = context;
    (void)tensor;
    out->lazy += strstr(made_by, "statistics of batchnorm") != NULL;
    return MX_OK;
}

static void open_net(mx_device *device, const recipe *r, bool plain, outcome *out) {
    const mx_net_plan_request request = {.train_rows = r->rows,
                                         .train_groups = GROUPS,
                                         .infer_rows = r->rows,
                                         .infer_groups = GROUPS,
                                         .conv_algorithm = r->algorithm,
                                         .keep_all = r->keep_all,
                                         .plain = plain};
    golden_ok(mx_model_build(&out->net, device, &r->model));
    golden_ok(mx_net_plan(out->net, &request));
    load_hashed(out->net, mx_net_get_arenas(out->net).weights);
}

static void upload_hashed(mx_tensor to, const char *name, double size) {
    float *numbers = golden_new(mx_tensor_count(to));
    hashed(name, mx_tensor_count(to), -size, size, numbers);
    golden_upload(to, numbers);
    free(numbers);
}

static float *download_arena(mx_buffer *arena) {
    return golden_download(
        mx_matrix(arena, 0, 1, (mx_i32)(mx_buffer_bytes(arena) / sizeof(float))));
}

/* The step last, since it moves the running statistics. */
static void run_passes(outcome *out, mx_tensor x) {
    static const mx_mode order[MODES] = {MX_EVAL, MX_GUESS, MX_TRAIN};
    const mx_net_arenas arenas = mx_net_get_arenas(out->net);
    mx_pass pass = {.rows = x.n, .weights = arenas.weights};
    for (int i = 0; i < MODES; i++) {
        mx_tensor logits;
        pass.mode = order[i];
        pass.groups = pass.mode == MX_EVAL ? 1 : GROUPS;
        golden_ok(mx_net_forward(out->net, &pass, x, &logits));
        out->logits[pass.mode] = golden_download(logits);
    }
    upload_hashed(mx_net_logits_gradient(out->net, &pass), "gradient", 1);
    golden_ok(mx_net_backward(out->net, &pass, x));
    out->gradients = download_arena(arenas.gradients);
    out->weights = download_arena(arenas.weights);
}

static void run(mx_device *device, const recipe *r, bool plain, outcome *out) {
    const mx_watch watch = {count_lazy, out};
    const mx_model_spec *m = &r->model;
    mx_buffer *pictures;
    *out = (outcome){0};
    open_net(device, r, plain, out);
    mx_tensor x = {.n = r->rows, .h = m->height, .w = m->width, .c = m->channels};
    golden_ok(mx_buffer_create(&pictures, device, mx_tensor_count(x) * sizeof(float)));
    x.buffer = pictures;
    upload_hashed(x, "pictures", 1);
    mx_net_set_watch(out->net, &watch);
    run_passes(out, x);
    mx_net_set_watch(out->net, NULL);
    mx_buffer_release(pictures);
}

static void release(outcome *out) {
    for (int i = 0; i < MODES; i++)
        free(out->logits[i]);
    free(out->gradients);
    free(out->weights);
    mx_net_close(out->net);
}

static double largest_of(const float *numbers, size_t count) {
    double largest = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)numbers[i]));
    return largest;
}

static void assert_alike(const float *fused, const float *plain, size_t count, double limit,
                         const recipe *r, const char *what) {
    for (size_t i = 0; i < count; i++) {
        const double error = fabs((double)fused[i] - (double)plain[i]);
        if (!(error <= limit))
            fail_msg("%s, %s: %s [%zu] is %.9g, and %.9g in layers apart: off by %.3g, more than "
                     "%.3g",
                     r->model.name, r->algorithm, what, i, (double)fused[i], (double)plain[i],
                     error, limit);
    }
}

static void compare(const outcome *fused, const outcome *plain, const recipe *r) {
    static const char *const modes[MODES] = {
        [MX_EVAL] = "evaluation", [MX_GUESS] = "guesses", [MX_TRAIN] = "logits"};
    const size_t trained = mx_net_layout(plain->net).trained;
    const size_t logits = (size_t)(r->rows * r->model.classes);
    const double noise = NOISE * largest_of(plain->gradients, trained);
    for (int i = 0; i < MODES; i++)
        assert_alike(fused->logits[i], plain->logits[i], logits,
                     LIMIT * largest_of(plain->logits[i], logits), r, modes[i]);
    for (int i = 0; i < mx_net_param_count(plain->net); i++) {
        const mx_param *p = mx_net_param(plain->net, i);
        const float *weights = plain->weights + p->offset,
                    *gradients = plain->gradients + p->offset;
        assert_alike(fused->weights + p->offset, weights, p->count,
                     LIMIT * largest_of(weights, p->count), r, p->name);
        if (p->offset < trained)
            assert_alike(fused->gradients + p->offset, gradients, p->count,
                         fmax(GRADIENT_LIMIT * largest_of(gradients, p->count), noise), r, p->name);
    }
}

/* Returns how many outputs of batch norm were not stored. */
static size_t check(mx_device *device, const recipe *r) {
    outcome fused, plain;
    run(device, r, false, &fused);
    run(device, r, true, &plain);
    const size_t lazy = fused.lazy;
    assert_int_equal(plain.lazy, 0);
    compare(&fused, &plain, r);
    release(&fused);
    release(&plain);
    return lazy;
}

static recipe wrn(const char *algorithm) {
    return (recipe){.model = {.name = "wrn-10-2",
                              .height = 13,
                              .width = 16,
                              .channels = 3,
                              .classes = 10,
                              .slope = 0.1f,
                              .bn_momentum = 0.1f},
                    .algorithm = algorithm,
                    .rows = 24};
}

static mx_device *small_gpu(void) {
    mx_device *device = NULL;
    golden_ok(mx_device_open_limited(&device, getenv("MIXCL_DEVICE"), "gpu-small", false));
    return device;
}

static void check_wrn(mx_device *device) {
    for (size_t i = 0; golden_algorithm(i); i++) {
        const recipe r = wrn(golden_algorithm(i));
        const size_t lazy = check(device, &r);
        if (strcmp(r.algorithm, "auto") == 0) assert_int_not_equal(lazy, 0);
    }
}

static void a_wide_residual_network_is_the_same_in_layers_apart(void **state) {
    check_wrn(*state);
}

static void so_it_is_with_the_kernels_of_a_small_gpu(void **state) {
    (void)state;
    mx_device *gpu = small_gpu();
    check_wrn(gpu);
    mx_device_close(gpu);
}

static void frozen_layers_and_kept_outputs_make_no_difference(void **state) {
    static const mx_freeze parts[] = {MX_FREEZE_STEM, MX_FREEZE_BACKBONE};
    recipe r = wrn("auto");
    r.keep_all = true;
    check(*state, &r);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        r = wrn("auto");
        r.model.freeze = parts[i];
        check(*state, &r);
    }
}

/* ReLU behind sums and pooling in between: no sum is a convolution's to make, but in evaluation. */
static void check_resnet(mx_device *device) {
    const recipe r = {.model = {.name = "resnet50",
                                .height = 64,
                                .width = 64,
                                .channels = 3,
                                .classes = 10,
                                .bn_momentum = 0.1f},
                      .algorithm = "auto",
                      .rows = 12};
    assert_int_not_equal(check(device, &r), 0);
}

static void a_residual_network_with_bottlenecks_is_the_same_in_layers_apart(void **state) {
    mx_device *gpu = small_gpu();
    check_resnet(*state);
    check_resnet(gpu);
    mx_device_close(gpu);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wide_residual_network_is_the_same_in_layers_apart),
        cmocka_unit_test(so_it_is_with_the_kernels_of_a_small_gpu),
        cmocka_unit_test(frozen_layers_and_kept_outputs_make_no_difference),
        cmocka_unit_test(a_residual_network_with_bottlenecks_is_the_same_in_layers_apart),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
