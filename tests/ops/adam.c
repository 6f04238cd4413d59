/* Adam with either decay, groups of rates, and the moving average. */
#include "ops/adam.h"

#include <math.h>

#include "ops/case.h"

enum { WEIGHTS, GRADIENTS, FIRST, SECOND, AVERAGE };

static int group_of(const mx_adam_args *a, size_t i) {
    int group = 0;
    while (group < MX_ADAM_GROUPS - 1 && i >= a->end[group])
        group++;
    return group;
}

/* torch.optim.Adam's formulas, in its order: bias-corrected moments, then the step. */
static double step(const mx_adam_args *a, mx_operand *o, size_t i, int group) {
    const double rate = (double)a->rate[group], decay = (double)a->decay[group];
    const double beta1 = (double)a->beta1, beta2 = (double)a->beta2,
                 w = (double)o[WEIGHTS].values[i];
    const double gradient = (double)o[GRADIENTS].values[i] + (a->coupled ? decay * w : 0.0);
    const double m = beta1 * (double)o[FIRST].values[i] + (1.0 - beta1) * gradient;
    const double v = beta2 * (double)o[SECOND].values[i] + (1.0 - beta2) * gradient * gradient;
    const double m_hat = m / (double)a->correction1, v_hat = v / (double)a->correction2;
    const double moved = w - rate * m_hat / (sqrt(v_hat) + (double)a->epsilon);
    o[FIRST].expected[i] = m;
    o[SECOND].expected[i] = v;
    return a->coupled ? moved : moved * (1.0 - rate * decay);
}

static void reference(mx_case *c) {
    const mx_adam_args *a = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < a->count; i++) {
        const int group = group_of(a, i);
        double w = (double)o[WEIGHTS].values[i];
        if (a->rate[group] > 0.0f) {
            w = step(a, o, i, group);
        } else {
            o[FIRST].expected[i] = (double)o[FIRST].values[i];
            o[SECOND].expected[i] = (double)o[SECOND].values[i];
        }
        o[WEIGHTS].expected[i] = w;
        o[AVERAGE].expected[i] =
            (double)a->ema * (double)o[AVERAGE].values[i] + (1.0 - (double)a->ema) * w;
    }
}

static void prepare(mx_case *c) {
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[SECOND]); i++)
        o[SECOND].values[i] = fabsf(o[SECOND].values[i]);
    /* As at the first step, and where no gradient ever came. */
    o[FIRST].values[0] = o[SECOND].values[0] = 0.0f;
    o[GRADIENTS].values[0] = 0.0f;
}

static mx_status run(mx_device *device, mx_case *c) {
    const mx_operand *o = c->operands;
    return mx_adam(device, c->params, o[WEIGHTS].tensor.buffer, o[GRADIENTS].tensor.buffer,
                   o[FIRST].tensor.buffer, o[SECOND].tensor.buffer, o[AVERAGE].tensor.buffer);
}

static mx_status check_count(mx_check *check, mx_u32 count, bool coupled, float ema, int t) {
    const mx_adam_args args = {.count = count,
                               .end = {count / 3, count / 2, count - count / 4, count},
                               .rate = {0.002f, 0.1f, 0.0f, 0.002f},
                               .decay = {0.02f, 0.5f, 0.3f, 0.0f},
                               .beta1 = 0.9f,
                               .beta2 = 0.999f,
                               .epsilon = 1e-8f,
                               .correction1 = (float)(1.0 - pow(0.9, t)),
                               .correction2 = (float)(1.0 - pow(0.999, t)),
                               .ema = ema,
                               .coupled = coupled};
    static const char *const names[] = {"weights", "gradients", "first", "second", "average"};
    mx_case c = {.variant = coupled ? "coupled" : "decoupled",
                 .params = &args,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%u step %d ema %g", count, t, (double)ema);
    for (int i = WEIGHTS; i <= AVERAGE; i++)
        mx_case_add(&c, i == GRADIENTS ? MX_INPUT : MX_INOUT, names[i], 1, 1, 1, (mx_i32)count)
            ->bare = true;
    return mx_check_case(check, &c);
}

mx_status mx_check_adam(mx_check *check) {
    static const mx_u32 counts[] = {1, 7, 64, 1000, 4099};
    const mx_check_mode mode = mx_check_get_mode(check);
    if (mode == MX_CHECK_GRAD) return MX_OK;
    for (int coupled = 0; coupled < 2; coupled++) {
        if (mode == MX_CHECK_BENCH) MX_TRY(check_count(check, 1500000, coupled, 0.999f, 10));
        for (size_t i = 0; mode == MX_CHECK_TEST && i < sizeof counts / sizeof *counts; i++) {
            MX_TRY(check_count(check, counts[i], coupled, 0.999f, 1000));
            MX_TRY(check_count(check, counts[i], coupled, 0.0f, 1));
        }
    }
    return MX_OK;
}
