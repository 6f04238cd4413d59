/* Ten whole steps of MixMatch with the random choices of the golden file, by every convolution
 * algorithm, against torch. */
#include "parity/golden.h"

#include "train/trainer.h"

#define LOSS_LIMIT 1e-4 /* relative */
/* Adam divides by the gradient's size, so rounding shows in weights whose gradient is near 0: a
 * tensor is held as a whole. Distance to the golden tensor by the way that it moved. */
#define WEIGHTS_LIMIT 1e-3

typedef struct steps {
    mx_device *device;
    mx_tensorfile start, golden;
    mx_net *net;
    mx_trainer trainer;
    mx_i32 batch, rows, classes, width; /* width: floats of a picture */
} steps;

static void open_net(steps *s, const char *algorithm, const mx_trainer_spec *spec, bool hand_over) {
    const int64_t *images = golden_find(&s->golden, "", "images")->dims;
    s->classes = (mx_i32)golden_find(&s->golden, "after", "fc.bias")->count;
    s->width = (mx_i32)(images[1] * images[2] * images[3]);
    const mx_model_spec model = {.name = mx_tensorfile_note(&s->golden, "model"),
                                 .height = (mx_i32)images[1],
                                 .width = (mx_i32)images[2],
                                 .channels = (mx_i32)images[3],
                                 .classes = s->classes,
                                 .slope = 0.1f,
                                 .bn_momentum = 0.1f};
    const mx_net_plan_request request = {.train_rows = mx_trainer_train_groups(spec) * spec->batch,
                                         .train_groups = mx_trainer_train_groups(spec),
                                         .infer_rows = mx_trainer_guess_groups(spec) * spec->batch,
                                         .infer_groups = mx_trainer_guess_groups(spec),
                                         .conv_algorithm = algorithm,
                                         .hand_over = hand_over};
    golden_ok(mx_model_build(&s->net, s->device, &model));
    golden_ok(mx_net_plan(s->net, &request));
    golden_load(s->net, &s->start, "before", mx_net_get_arenas(s->net).weights);
    golden_load(s->net, &s->start, "before", mx_net_get_arenas(s->net).average);
}

static void open_steps(steps *s, mx_device *device, const char *algorithm, mx_i32 parts,
                       bool hand_over) {
    *s = (steps){.device = device};
    golden_read(&s->start, "wrn_plain");
    golden_read(&s->golden, "mixmatch_steps");
    const mx_trainer_spec spec = {.mixmatch = true,
                                  .batch = (mx_i32)golden_number(&s->golden, "batch"),
                                  .k = (mx_i32)golden_number(&s->golden, "k"),
                                  .parts = parts,
                                  .temperature = 0.5,
                                  .alpha = 0.75,
                                  .mixup = true,
                                  .interleave = true,
                                  .lambda_u = golden_number(&s->golden, "lambda_u"),
                                  .ramp_steps = (int64_t)golden_number(&s->golden, "ramp_steps"),
                                  .ema = 0.999,
                                  .ema_warmup = true,
                                  .lr = golden_number(&s->golden, "lr"),
                                  .lr_backbone = golden_number(&s->golden, "lr"),
                                  .weight_decay = golden_number(&s->golden, "decay"),
                                  .beta1 = 0.9,
                                  .beta2 = 0.999,
                                  .epsilon = 1e-8};
    s->batch = spec.batch;
    s->rows = spec.batch * mx_trainer_groups(&spec);
    open_net(s, algorithm, &spec, hand_over);
    golden_ok(mx_trainer_init(&s->trainer, s->net, &spec));
}

static void close_steps(steps *s) {
    mx_trainer_release(&s->trainer);
    mx_net_close(s->net);
    mx_tensorfile_release(&s->start);
    mx_tensorfile_release(&s->golden);
}

/* Row `step` of a golden tensor with a column for each picture. */
static const float *row_of(const steps *s, const char *name, int step) {
    return golden_find(&s->golden, "", name)->data + step * s->rows;
}

/* Pictures and one-hot targets of the step, as mx_trainer_gather would put them. */
static void put_pictures(const steps *s, int step) {
    const float *order = row_of(s, "order", step),
                *labels = golden_find(&s->golden, "", "labels")->data;
    const float *images = golden_find(&s->golden, "", "images")->data;
    float *x = golden_new((size_t)s->rows * (size_t)s->width);
    float *targets = golden_new((size_t)s->rows * (size_t)s->classes);
    for (mx_i32 i = 0; i < s->rows; i++) {
        const mx_i32 picture = (mx_i32)order[i];
        memcpy(x + i * s->width, images + picture * s->width, (size_t)s->width * sizeof *x);
        if (i < s->batch) targets[i * s->classes + (mx_i32)labels[picture]] = 1.0f;
    }
    golden_upload(s->trainer.x, x);
    golden_upload(s->trainer.targets, targets);
    golden_upload(s->trainer.lambda, row_of(s, "lambda", step));
    free(x);
    free(targets);
}

static void put_partners(steps *s, int step) {
    uint32_t partners[64];
    assert_true(s->rows <= 64);
    for (mx_i32 i = 0; i < s->rows; i++)
        partners[i] = (uint32_t)row_of(s, "partner", step)[i];
    golden_ok(mx_trainer_set_partners(&s->trainer, s->batch, partners));
}

static void assert_loss(double got, double expected, const char *name, int step,
                        const char *algorithm) {
    if (!(fabs(got - expected) <= LOSS_LIMIT * fabs(expected)))
        fail_msg("%s: %s of step %d is %.9g, not %.9g", algorithm, name, step, got, expected);
}

static void run_step(steps *s, int step, const char *algorithm) {
    const float *expected = golden_find(&s->golden, "", "losses")->data + 2 * step;
    mx_step_losses losses;
    put_pictures(s, step);
    put_partners(s, step);
    golden_ok(mx_trainer_update(&s->trainer, s->batch, (uint64_t)step));
    golden_ok(mx_trainer_losses(&s->trainer, (uint64_t)step, &losses));
    assert_loss((double)losses.loss_x, (double)expected[0], "loss_x", step, algorithm);
    assert_loss((double)losses.loss_u, (double)expected[1], "loss_u", step, algorithm);
}

static double distance(const float *a, const float *b, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return sqrt(sum);
}

/* Every parameter, running statistics too, against PREFIX/NAME. */
static void compare_arena(const steps *s, mx_buffer *arena, const char *prefix,
                          const char *algorithm) {
    float *host =
        golden_download(mx_matrix(arena, 0, 1, (mx_i32)(mx_buffer_bytes(arena) / sizeof(float))));
    for (int i = 0; i < mx_net_param_count(s->net); i++) {
        const mx_param *param = mx_net_param(s->net, i);
        const float *expected = golden_find(&s->golden, prefix, param->name)->data;
        const float *before = golden_find(&s->start, "before", param->name)->data;
        float *got = golden_new(param->count);
        mx_param_to_torch(param, host, got);
        const double error = distance(got, expected, param->count);
        const double moved = distance(before, expected, param->count);
        if (!(error <= WEIGHTS_LIMIT * moved))
            fail_msg("%s: '%s/%s' moved %.4g and is off by %.4g", algorithm, prefix, param->name,
                     moved, error);
        free(got);
    }
    free(host);
}

static void check_steps(mx_device *device, const char *algorithm, mx_i32 parts) {
    steps s;
    open_steps(&s, device, algorithm, parts, parts == 1);
    const int count = (int)golden_find(&s.golden, "", "losses")->dims[0];
    for (int step = 0; step < count; step++)
        run_step(&s, step, algorithm);
    compare_arena(&s, mx_net_get_arenas(s.net).weights, "after", algorithm);
    compare_arena(&s, mx_net_get_arenas(s.net).average, "average", algorithm);
    close_steps(&s);
}

static void ten_steps_of_mixmatch_equal_torch(void **state) {
    for (size_t i = 0; golden_algorithm(i); i++)
        check_steps(*state, golden_algorithm(i), 1);
}

static void steps_in_parts_equal_torch(void **state) {
    for (mx_i32 parts = 2; parts <= 3; parts++)
        check_steps(*state, "auto", parts);
}

/* The weights after two steps; released with free(). */
static float *weights_after_two(mx_device *device, bool hand_over, size_t *count) {
    steps s;
    open_steps(&s, device, "auto", 1, hand_over);
    for (int step = 0; step < 2; step++)
        run_step(&s, step, "auto");
    *count = mx_net_layout(s.net).count;
    float *weights = golden_new(*count);
    golden_ok(
        mx_buffer_read(mx_net_get_arenas(s.net).weights, 0, weights, *count * sizeof *weights));
    close_steps(&s);
    return weights;
}

static void gradients_move_weights_the_same_kept_or_handed_over(void **state) {
    size_t count = 0;
    float *kept = weights_after_two(*state, false, &count),
          *handed = weights_after_two(*state, true, &count);
    assert_memory_equal(kept, handed, count * sizeof *kept);
    free(kept);
    free(handed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_move_weights_the_same_kept_or_handed_over),
        cmocka_unit_test(ten_steps_of_mixmatch_equal_torch),
        cmocka_unit_test(steps_in_parts_equal_torch),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
