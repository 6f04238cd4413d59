/* Adam with either decay, groups of rates, and the moving average. */
#include "ops/adam.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "ops/case.h"

enum { WEIGHTS, GRADIENTS, FIRST, SECOND, AVERAGE, HEALTH };

/* What goes wrong in a case. */
typedef enum fault_kind { NO_FAULT, LOSS, EARLIER, GRADIENT, SQUARE, FAULTS } fault_kind;

typedef struct params {
    mx_adam_args args;
    fault_kind fault;
} params;

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
    const double gradient =
        (double)o[GRADIENTS].values[i - a->first + a->gradient] + (a->coupled ? decay * w : 0.0);
    const double m = beta1 * (double)o[FIRST].values[i] + (1.0 - beta1) * gradient;
    const double v = beta2 * (double)o[SECOND].values[i] + (1.0 - beta2) * gradient * gradient;
    const double m_hat = m / (double)a->correction1, v_hat = v / (double)a->correction2;
    const double moved = w - rate * m_hat / (sqrt(v_hat) + (double)a->epsilon);
    o[FIRST].expected[i] = m;
    o[SECOND].expected[i] = v;
    return a->coupled ? moved : moved * (1.0 - rate * decay);
}

static void keep(mx_operand *o, size_t i) {
    o->expected[i] = (double)o->values[i];
}

/* The numbers of element i that are not stored, where moved ones are not finite. */
static bool breaks(const mx_operand *o, size_t i) {
    return !(fabs(o[WEIGHTS].expected[i]) <= FLT_MAX && fabs(o[SECOND].expected[i]) <= FLT_MAX);
}

static void reference(mx_case *c) {
    const params *p = c->params;
    const mx_adam_args *a = &p->args;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < 4; i++)
        keep(&o[HEALTH], i);
    if (p->fault != NO_FAULT) o[HEALTH].expected[2 + a->odd] = 1;
    for (size_t i = 0; i < mx_operand_count(&o[WEIGHTS]); i++) {
        for (int j = WEIGHTS; j <= AVERAGE; j++)
            if (j != GRADIENTS) keep(&o[j], i);
        if (p->fault == LOSS || p->fault == EARLIER) continue;
        if (i < a->first || i >= a->first + a->count) continue;
        const int group = group_of(a, i);
        double w = (double)o[WEIGHTS].values[i];
        if (a->rate[group] > 0.0f) {
            w = step(a, o, i, group);
            o[WEIGHTS].expected[i] = w;
            for (int j = WEIGHTS; breaks(o, i) && j <= SECOND; j++)
                if (j != GRADIENTS) keep(&o[j], i);
            w = o[WEIGHTS].expected[i];
        }
        o[AVERAGE].expected[i] =
            (double)a->ema * (double)o[AVERAGE].values[i] + (1.0 - (double)a->ema) * w;
    }
}

/* In the first group, whose rate is not 0. */
static void break_something(mx_case *c) {
    const params *p = c->params;
    mx_operand *o = c->operands;
    float *health = o[HEALTH].values, *last = &o[GRADIENTS].values[p->args.end[0] - 1];
    health[2] = health[3] = 0.0f;
    if (p->fault == LOSS) health[1] = NAN;
    if (p->fault == EARLIER) health[2 + !p->args.odd] = 1.0f;
    if (p->fault == GRADIENT) *last = INFINITY;
    if (p->fault == SQUARE) *last = 1e30f;
}

static void prepare(mx_case *c) {
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[SECOND]); i++)
        o[SECOND].values[i] = fabsf(o[SECOND].values[i]);
    /* As at the first step, and where no gradient ever came. */
    o[FIRST].values[0] = o[SECOND].values[0] = 0.0f;
    o[GRADIENTS].values[0] = 0.0f;
    break_something(c);
}

static mx_status run(mx_device *device, mx_case *c) {
    const mx_operand *o = c->operands;
    const params *p = c->params;
    return mx_adam(device, &p->args, o[WEIGHTS].tensor.buffer, o[GRADIENTS].tensor.buffer,
                   o[FIRST].tensor.buffer, o[SECOND].tensor.buffer, o[AVERAGE].tensor.buffer,
                   o[HEALTH].tensor);
}

static mx_adam_args args_of(bool coupled, float ema, int t) {
    return (mx_adam_args){.rate = {0.002f, 0.1f, 0.0f, 0.002f},
                          .decay = {0.02f, 0.5f, 0.3f, 0.0f},
                          .beta1 = 0.9f,
                          .beta2 = 0.999f,
                          .epsilon = 1e-8f,
                          .correction1 = (float)(1.0 - pow(0.9, t)),
                          .correction2 = (float)(1.0 - pow(0.999, t)),
                          .ema = ema,
                          .coupled = coupled,
                          .odd = t % 2 == 0};
}

static mx_status check_params(mx_check *check, const params *p, mx_u32 size, const char *name) {
    static const char *const names[] = {"weights", "gradients", "first", "second", "average"};
    mx_case c = {.variant = p->args.coupled ? "coupled" : "decoupled",
                 .params = p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%s", name);
    for (int i = WEIGHTS; i <= AVERAGE; i++)
        mx_case_add(&c, i == GRADIENTS ? MX_INPUT : MX_INOUT, names[i], 1, 1, 1, (mx_i32)size)
            ->bare = true;
    mx_case_add(&c, MX_INOUT, "health", 1, 1, 1, 4);
    return mx_check_case(check, &c);
}

static mx_status check_count(mx_check *check, mx_u32 count, bool coupled, float ema, int t,
                             fault_kind fault) {
    static const char *const faults[] = {"", " loss", " earlier", " gradient", " square"};
    const mx_u32 ends[] = {count / 3, count / 2, count - count / 4, count};
    params p = {.fault = fault, .args = args_of(coupled, ema, t)};
    char name[64];
    p.args.count = count;
    memcpy(p.args.end, ends, sizeof ends);
    snprintf(name, sizeof name, "%u step %d ema %g%s", count, t, (double)ema, faults[fault]);
    return check_params(check, &p, count, name);
}

/* `count` elements of the second group, whose gradients are elsewhere. */
static mx_status check_span(mx_check *check, mx_u32 count, mx_u32 gradient) {
    const mx_u32 ends[] = {128, 512, 640, 1000};
    params p = {.args = args_of(false, 0.9f, 3)};
    char name[64];
    p.args.first = 192;
    p.args.count = count;
    p.args.gradient = gradient;
    memcpy(p.args.end, ends, sizeof ends);
    snprintf(name, sizeof name, "%u of 1000, gradients from %u on", count, gradient);
    return check_params(check, &p, 1000, name);
}

mx_status mx_check_adam(mx_check *check) {
    static const mx_u32 counts[] = {1, 7, 64, 1000, 4099};
    const mx_check_mode mode = mx_check_get_mode(check);
    if (mode == MX_CHECK_GRAD) return MX_OK;
    for (mx_u32 count = 1; mode == MX_CHECK_TEST && count <= 100; count += 33)
        MX_TRY(check_span(check, count, 5 * count));
    for (int coupled = 0; coupled < 2; coupled++) {
        if (mode == MX_CHECK_BENCH)
            MX_TRY(check_count(check, 1500000, coupled, 0.999f, 10, NO_FAULT));
        for (size_t i = 0; mode == MX_CHECK_TEST && i < sizeof counts / sizeof *counts; i++) {
            MX_TRY(check_count(check, counts[i], coupled, 0.999f, 1000, NO_FAULT));
            MX_TRY(check_count(check, counts[i], coupled, 0.0f, 1, NO_FAULT));
        }
        for (int f = LOSS; mode == MX_CHECK_TEST && f < FAULTS; f++) {
            MX_TRY(check_count(check, 64, coupled, 0.999f, 10, (fault_kind)f));
            MX_TRY(check_count(check, 1003, coupled, 0.999f, 11, (fault_kind)f));
        }
    }
    return MX_OK;
}
