/* Adam, both kinds of weight decay and the moving average against torch.optim.Adam. */
#include "parity/golden.h"

#include "ops/adam.h"
#include "train/schedule.h"

#define LIMIT 1e-6 /* of the largest weight, about 3 */

enum { ARENAS = 6 };

typedef struct adam {
    mx_device *device;
    mx_tensorfile golden;
    mx_i32 count;
    union {
        struct {
            mx_buffer *weights, *gradients, *first, *second, *average, *health;
        } of;
        mx_buffer *all[ARENAS];
    } arenas;
} adam;

static mx_tensor whole(const adam *a, mx_buffer *arena) {
    return mx_matrix(arena, 0, 1, a->count);
}

static void open_case(adam *a, mx_device *device) {
    *a = (adam){.device = device};
    golden_read(&a->golden, "adam");
    const mx_file_tensor *start = golden_find(&a->golden, "", "start");
    a->count = (mx_i32)start->count;
    for (int i = 0; i < ARENAS; i++) {
        golden_ok(mx_buffer_create(&a->arenas.all[i], device, start->count * sizeof(float)));
        golden_ok(mx_buffer_zero(a->arenas.all[i], 0, start->count * sizeof(float)));
    }
    golden_upload(whole(a, a->arenas.of.weights), start->data);
    golden_upload(whole(a, a->arenas.of.average),
                  golden_find(&a->golden, "", "start_average")->data);
}

static void close_case(adam *a) {
    for (int i = 0; i < ARENAS; i++)
        mx_buffer_release(a->arenas.all[i]);
    mx_tensorfile_release(&a->golden);
}

static void run_step(const adam *a, int step, bool coupled) {
    const float lr = (float)golden_number(&a->golden, "lr");
    const mx_u32 decayed = (mx_u32)golden_number(&a->golden, "decayed");
    const mx_u32 trained = (mx_u32)golden_number(&a->golden, "trained"), count = (mx_u32)a->count;
    const mx_adam_args args = {.count = count,
                               .end = {decayed, trained, count, count},
                               .rate = {lr, lr, 0, 0},
                               .decay = {(float)golden_number(&a->golden, "decay"), 0, 0, 0},
                               .beta1 = 0.9f,
                               .beta2 = 0.999f,
                               .epsilon = 1e-8f,
                               .correction1 = (float)(1 - pow(0.9, step + 1)),
                               .correction2 = (float)(1 - pow(0.999, step + 1)),
                               .ema = (float)mx_ema_at(0.999, true, (uint64_t)step),
                               .coupled = coupled};
    const float *gradients = golden_find(&a->golden, "", "gradients")->data;
    golden_upload(whole(a, a->arenas.of.gradients), gradients + step * a->count);
    golden_ok(mx_adam(a->device, &args, a->arenas.of.weights, a->arenas.of.gradients,
                      a->arenas.of.first, a->arenas.of.second, a->arenas.of.average,
                      mx_matrix(a->arenas.of.health, 0, 1, 4)));
}

/* `arena` against row `step` of KIND/`name`. */
static void compare(const adam *a, mx_buffer *arena, const char *kind, const char *name, int step) {
    mx_file_tensor row = *golden_find(&a->golden, kind, name);
    row.count = (size_t)a->count;
    row.data += step * a->count;
    float *got = golden_download(whole(a, arena));
    golden_assert_within(got, &row, LIMIT * golden_largest(&row), kind);
    free(got);
}

static void check_kind(mx_device *device, const char *kind, bool coupled) {
    adam a;
    open_case(&a, device);
    const int steps = (int)golden_number(&a.golden, "steps");
    for (int step = 0; step < steps; step++) {
        run_step(&a, step, coupled);
        compare(&a, a.arenas.of.weights, kind, "weights", step);
        compare(&a, a.arenas.of.average, kind, "average", step);
    }
    close_case(&a);
}

static void decoupled_decay_shrinks_weights_after_the_step(void **state) {
    check_kind(*state, "decoupled", false);
}

static void coupled_decay_equals_torch_weight_decay(void **state) {
    check_kind(*state, "coupled", true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoupled_decay_shrinks_weights_after_the_step),
        cmocka_unit_test(coupled_decay_equals_torch_weight_decay),
    };
    return cmocka_run_group_tests(tests, golden_open_device, golden_close_device);
}
