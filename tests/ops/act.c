/* Leaky ReLU. */
#include "ops/act.h"

#include <math.h>

#include "ops/case.h"

/* Y is dy in backward. */
enum { X, Y, DX };

typedef struct act_params {
    float slope;
    bool backward, accumulate, in_place;
} act_params;

static double leaky(double x, double slope) {
    return x > 0.0 ? x : slope * x;
}

static void reference(mx_case *c) {
    const act_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[X]); i++) {
        const double x = (double)o[X].values[i], slope = (double)p->slope;
        if (!p->backward)
            o[p->in_place ? X : Y].expected[i] = leaky(x, slope);
        else
            o[DX].expected[i] = (x > 0.0 ? 1.0 : slope) * (double)o[Y].values[i] +
                                (p->accumulate ? (double)o[DX].values[i] : 0.0);
    }
}

/* Zeros of both signs; away from zero no difference crosses the kink. */
static void prepare(mx_case *c) {
    const act_params *p = c->params;
    mx_operand *x = &c->operands[X];
    for (size_t i = 0; i < mx_operand_count(x); i++) {
        x->values[i] += x->values[i] > 0.0f ? 0.1f : -0.1f;
        if (i % 7 == 3 && !c->loss) x->values[i] = i % 2 ? 0.0f : -0.0f;
        if (i == 5 && !p->backward) x->values[i] = NAN;
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const act_params *p = c->params;
    const mx_operand *o = c->operands;
    if (p->backward)
        return mx_act_backward(device, o[X].tensor, o[Y].tensor, p->slope, o[DX].tensor,
                               p->accumulate);
    return mx_act_forward(device, o[X].tensor, p->slope, o[p->in_place ? X : Y].tensor);
}

static double loss(mx_case *c) {
    const act_params *p = c->params;
    const mx_operand *o = c->operands;
    double sum = 0.0;
    for (size_t i = 0; i < mx_operand_count(&o[X]); i++)
        sum += leaky((double)o[X].values[i], (double)p->slope) * (double)o[Y].values[i];
    return sum;
}

static mx_status check_shape(mx_check *check, mx_i32 n, mx_i32 c_count, act_params p) {
    const mx_check_mode mode = mx_check_get_mode(check);
    mx_case c = {.variant = p.backward ? "backward" : "forward",
                 .params = &p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run,
                 .loss = mode == MX_CHECK_GRAD ? loss : NULL};
    mx_case_name(&c, "%dx%d slope %g%s%s", n, c_count, (double)p.slope, p.accumulate ? " add" : "",
                 p.in_place ? " in place" : "");
    mx_case_add(&c, p.in_place ? MX_INOUT : MX_INPUT, "x", n, 1, 1, c_count);
    mx_case_add(&c,
                p.backward   ? MX_INPUT
                : p.in_place ? MX_ABSENT
                             : MX_OUTPUT,
                "y", n, 1, 1, c_count);
    mx_case_add(&c,
                !p.backward    ? MX_ABSENT
                : p.accumulate ? MX_INOUT
                               : MX_OUTPUT,
                "dx", n, 1, 1, c_count);
    if (mode == MX_CHECK_GRAD) mx_case_differentiate(&c, X, DX);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 counts[] = {1, 15, 16, 17, 64, 1000, 1031};
    static const float slopes[] = {1.0f, 0.1f, 0.0f};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t j = 0; j < sizeof slopes / sizeof *slopes; j++)
            for (int flag = 0; flag < 2; flag++) {
                MX_TRY(
                    check_shape(check, 1, counts[i], (act_params){slopes[j], false, false, flag}));
                MX_TRY(
                    check_shape(check, 1, counts[i], (act_params){slopes[j], true, flag, false}));
            }
    return MX_OK;
}

static mx_status bench(mx_check *check) {
    MX_TRY(check_shape(check, 192 * 1024, 32, (act_params){.slope = 0.1f}));
    return check_shape(check, 192 * 1024, 32, (act_params){.slope = 0.1f, .backward = true});
}

mx_status mx_check_act(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        MX_TRY(check_shape(check, 5, 13, (act_params){.slope = 0.0f, .backward = true}));
        return check_shape(check, 5, 13, (act_params){.slope = 0.1f, .backward = true});
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return test(check);
    }
}
