/* Targets: one-hot labels and sharpened guesses. */
#include "ops/sharpen.h"

#include <math.h>

#include "ops/case.h"

enum { FROM, TARGETS };

typedef struct sharpen_params {
    mx_i32 k;
    float temperature;
} sharpen_params;

static void reference_one_hot(mx_case *c) {
    mx_operand *o = c->operands;
    for (mx_i32 i = 0; i < o[TARGETS].tensor.n; i++)
        o[TARGETS].expected[i * o[TARGETS].tensor.c + o[FROM].ints[i]] = 1.0;
}

static void prepare_one_hot(mx_case *c) {
    mx_operand *o = c->operands;
    for (mx_i32 i = 0; i < o[FROM].tensor.n; i++)
        o[FROM].ints[i] = i * 3 % o[TARGETS].tensor.c;
}

static mx_status run_one_hot(mx_device *device, mx_case *c) {
    return mx_one_hot(device, c->operands[FROM].tensor, c->operands[TARGETS].tensor);
}

static mx_status check_one_hot(mx_check *check, mx_i32 rows, mx_i32 classes) {
    mx_case c = {.variant = "one_hot",
                 .prepare = prepare_one_hot,
                 .reference = reference_one_hot,
                 .run = run_one_hot};
    mx_case_name(&c, "%dx%d", rows, classes);
    mx_case_add(&c, MX_INPUT, "labels", rows, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_OUTPUT, "targets", rows, 1, 1, classes);
    return mx_check_case(check, &c);
}

static double mean_guess(const mx_case *c, mx_i32 row, mx_i32 j) {
    const sharpen_params *p = c->params;
    const mx_operand *guesses = &c->operands[FROM];
    const mx_i32 classes = guesses->tensor.c, rows = guesses->tensor.n / p->k;
    double sum = 0.0;
    for (mx_i32 view = 0; view < p->k; view++)
        sum += (double)guesses->values[(view * rows + row) * classes + j];
    return sum / p->k;
}

/* q_j = 1 / sum_l (p_l / p_j)^(1/T), which is equation 7 without powers that underflow together. */
static double sharpened(const mx_case *c, mx_i32 row, mx_i32 j) {
    const sharpen_params *p = c->params;
    const double own = mean_guess(c, row, j);
    double inverse = 0.0;
    if (own == 0.0) return 0.0;
    for (mx_i32 l = 0; l < c->operands[FROM].tensor.c; l++)
        inverse += pow(mean_guess(c, row, l) / own, 1.0 / (double)p->temperature);
    return 1.0 / inverse;
}

static void reference_sharpen(mx_case *c) {
    const sharpen_params *p = c->params;
    mx_operand *o = c->operands;
    const mx_i32 classes = o[FROM].tensor.c, rows = o[FROM].tensor.n / p->k;
    for (mx_i32 i = 0; i < o[TARGETS].tensor.n; i++)
        for (mx_i32 j = 0; j < classes; j++)
            o[TARGETS].expected[i * classes + j] = sharpened(c, i % rows, j);
}

/* Distributions; rows 0, 1 and 2 of each view are one-hot, uniform, and without their last class.
 */
static void prepare_sharpen(mx_case *c) {
    const sharpen_params *p = c->params;
    mx_operand *o = &c->operands[FROM];
    const mx_i32 classes = o->tensor.c, rows = o->tensor.n / p->k;
    for (mx_i32 i = 0; i < o->tensor.n; i++) {
        float *guess = o->values + i * classes, sum = 0.0f;
        for (mx_i32 j = 0; j < classes; j++) {
            guess[j] = i % rows == 0   ? (j == 0 ? 1.0f : 0.0f)
                       : i % rows == 1 ? 1.0f
                                       : fabsf(guess[j]);
            if (i % rows == 2 && j == classes - 1) guess[j] = 0.0f;
            sum += guess[j];
        }
        for (mx_i32 j = 0; j < classes; j++)
            guess[j] /= sum;
    }
}

static mx_status run_sharpen(mx_device *device, mx_case *c) {
    const sharpen_params *p = c->params;
    return mx_sharpen(device, c->operands[FROM].tensor, p->k, p->temperature,
                      c->operands[TARGETS].tensor);
}

static mx_status check_sharpen(mx_check *check, mx_i32 rows, mx_i32 classes, sharpen_params p) {
    mx_case c = {.variant = "sharpen",
                 .params = &p,
                 .prepare = prepare_sharpen,
                 .reference = reference_sharpen,
                 .run = run_sharpen};
    mx_case_name(&c, "%dx%d K %d T %g", rows, classes, p.k, (double)p.temperature);
    mx_case_add(&c, MX_INPUT, "guesses", p.k * rows, 1, 1, classes);
    mx_case_add(&c, MX_OUTPUT, "targets", p.k * rows, 1, 1, classes);
    return mx_check_case(check, &c);
}

/* Every other guess is one-hot, the others are uniform, and all views agree. */
static void prepare_fixed_points(mx_case *c) {
    const sharpen_params *p = c->params;
    mx_operand *guesses = &c->operands[FROM];
    const mx_i32 classes = guesses->tensor.c, rows = guesses->tensor.n / p->k;
    for (mx_i32 i = 0; i < guesses->tensor.n; i++)
        for (mx_i32 j = 0; j < classes; j++) {
            const float one_hot = j == i % rows * 7 % classes ? 1.0f : 0.0f;
            guesses->values[i * classes + j] = i % rows % 2 ? 1.0f / (float)classes : one_hot;
        }
}

static void reference_fixed_points(mx_case *c) {
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[TARGETS]); i++)
        o[TARGETS].expected[i] = (double)o[FROM].values[i];
}

static mx_status check_fixed_points(mx_check *check, mx_i32 rows, mx_i32 classes,
                                    sharpen_params p) {
    mx_case c = {.variant = "fixed_points",
                 .params = &p,
                 .prepare = prepare_fixed_points,
                 .reference = reference_fixed_points,
                 .run = run_sharpen};
    mx_case_name(&c, "%dx%d K %d T %g", rows, classes, p.k, (double)p.temperature);
    mx_case_add(&c, MX_INPUT, "guesses", p.k * rows, 1, 1, classes);
    mx_case_add(&c, MX_OUTPUT, "targets", p.k * rows, 1, 1, classes);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][2] = {{3, 2}, {70, 10}, {5, 100}, {9, 3}};
    /* The last ones are those of argmax. */
    static const float temperatures[] = {1.0f, 0.5f, 0.1f, 0.01f, 1e-6f, 1e-30f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        MX_TRY(check_one_hot(check, shapes[i][0], shapes[i][1]));
        for (size_t j = 0; j < sizeof temperatures / sizeof *temperatures; j++)
            for (mx_i32 k = 1; k <= 4; k++) {
                const sharpen_params p = {k, temperatures[j]};
                MX_TRY(check_sharpen(check, shapes[i][0], shapes[i][1], p));
                MX_TRY(check_fixed_points(check, shapes[i][0], shapes[i][1], p));
            }
    }
    return MX_OK;
}

mx_status mx_check_sharpen(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_TEST:
        return test(check);
    case MX_CHECK_BENCH:
        MX_TRY(check_one_hot(check, 192, 10));
        return check_sharpen(check, 64, 10, (sharpen_params){2, 0.5f});
    default:
        return MX_OK;
    }
}
