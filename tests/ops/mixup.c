/* Mixup: the weights against the same generator in C, the rows against their definition. */
#include "ops/mixup.h"

#include <math.h>

#include "ops/case.h"

enum { X, PAIR, LAMBDA, Y };

static void reference_mix(mx_case *c) {
    mx_operand *o = c->operands;
    const size_t rows = (size_t)o[Y].tensor.n, width = mx_operand_count(&o[Y]) / rows;
    for (size_t i = 0; i < rows; i++) {
        const size_t own = (size_t)o[PAIR].ints[i], other = (size_t)o[PAIR].ints[rows + i];
        const double l = (double)o[LAMBDA].values[own];
        for (size_t j = 0; j < width; j++)
            o[Y].expected[i * width + j] = l * (double)o[X].values[own * width + j] +
                                           (1.0 - l) * (double)o[X].values[other * width + j];
    }
}

/* Own rows in reverse, partners anywhere, weights from 1/2 to 1 and both ends. */
static void prepare_mix(mx_case *c) {
    mx_operand *o = c->operands;
    const mx_i32 rows = o[Y].tensor.n;
    for (mx_i32 i = 0; i < rows; i++) {
        o[PAIR].ints[i] = rows - 1 - i;
        o[PAIR].ints[rows + i] = (i * 7 + 3) % rows;
        o[LAMBDA].values[i] = i == 0 ? 1.0f : i == 1 ? 0.5f : 0.75f + 0.25f * o[LAMBDA].values[i];
    }
}

static mx_status run_mix(mx_device *device, mx_case *c) {
    const mx_operand *o = c->operands;
    return mx_mixup(device, o[X].tensor, o[PAIR].tensor, o[LAMBDA].tensor, o[Y].tensor);
}

static mx_status check_mix(mx_check *check, mx_i32 rows, mx_i32 h, mx_i32 w, mx_i32 channels) {
    mx_case c = {
        .variant = "mixup", .prepare = prepare_mix, .reference = reference_mix, .run = run_mix};
    mx_case_name(&c, "%dx%dx%dx%d", rows, h, w, channels);
    mx_case_add(&c, MX_INPUT, "x", rows, h, w, channels);
    mx_case_add(&c, MX_INPUT, "pair", 2 * rows, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_INPUT, "lambda", rows, 1, 1, 1);
    mx_case_add(&c, MX_OUTPUT, "y", rows, h, w, channels);
    return mx_check_case(check, &c);
}

typedef struct lambda_params {
    float alpha;
    bool per_batch;
    mx_draw draw;
} lambda_params;

static void reference_lambda(mx_case *c) {
    const lambda_params *p = c->params;
    const mx_u32 seed0 = (mx_u32)p->draw.seed, seed1 = (mx_u32)(p->draw.seed >> 32);
    for (mx_i32 i = 0; i < c->operands[0].tensor.n; i++) {
        const double l =
            (double)mx_beta(p->alpha, p->per_batch ? 0 : (mx_u32)i, p->draw.step, seed0, seed1);
        c->operands[0].expected[i] = l < 0.5 ? 1.0 - l : l;
    }
}

static mx_status run_lambda(mx_device *device, mx_case *c) {
    const lambda_params *p = c->params;
    return mx_mixup_lambda(device, p->alpha, p->per_batch, p->draw, c->operands[0].tensor);
}

static mx_status check_lambda(mx_check *check, mx_i32 rows, float alpha, bool per_batch) {
    const lambda_params p = {alpha, per_batch, {0xfedcba9876543210ULL, 42, 0}};
    mx_case c = {
        .variant = "mixup_lambda", .params = &p, .reference = reference_lambda, .run = run_lambda};
    mx_case_name(&c, "%d alpha %g%s", rows, (double)alpha, per_batch ? " per batch" : "");
    mx_case_add(&c, MX_OUTPUT, "lambda", rows, 1, 1, 1);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][4] = {
        {1, 1, 1, 1}, {6, 1, 1, 2}, {9, 1, 1, 10}, {12, 8, 8, 3}, {5, 5, 3, 7}};
    static const float alphas[] = {0.01f, 0.1f, 0.75f, 1.0f, 16.0f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        MX_TRY(check_mix(check, shapes[i][0], shapes[i][1], shapes[i][2], shapes[i][3]));
    for (size_t i = 0; i < sizeof alphas / sizeof *alphas; i++)
        for (int per_batch = 0; per_batch < 2; per_batch++)
            MX_TRY(check_lambda(check, 131, alphas[i], per_batch));
    return MX_OK;
}

mx_status mx_check_mixup(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_TEST:
        return test(check);
    case MX_CHECK_BENCH:
        MX_TRY(check_mix(check, 1024, 96, 96, 3));
        return check_lambda(check, 192, 0.75f, false);
    default:
        return MX_OK;
    }
}
