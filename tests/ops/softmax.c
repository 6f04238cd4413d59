/* Softmax and its logarithm. */
#include "ops/softmax.h"

#include <math.h>

#include "ops/case.h"

enum { X, Y };

typedef struct softmax_params {
    bool logarithm;
    float span; /* of the logits */
} softmax_params;

static void reference(mx_case *c) {
    const softmax_params *p = c->params;
    mx_operand *o = c->operands;
    const size_t classes = (size_t)o[X].tensor.c;
    for (size_t row = 0; row < mx_operand_count(&o[X]); row += classes)
        for (size_t j = 0; j < classes; j++) {
            /* 1 / p_j = sum_l exp(x_l - x_j), which may be infinite. */
            double inverse = 0.0;
            for (size_t l = 0; l < classes; l++)
                inverse += exp((double)o[X].values[row + l] - (double)o[X].values[row + j]);
            o[Y].expected[row + j] = p->logarithm ? -log(inverse) : 1.0 / inverse;
        }
}

static void prepare(mx_case *c) {
    const softmax_params *p = c->params;
    for (size_t i = 0; i < mx_operand_count(&c->operands[X]); i++)
        c->operands[X].values[i] *= p->span;
}

static mx_status run(mx_device *device, mx_case *c) {
    const softmax_params *p = c->params;
    const mx_operand *o = c->operands;
    return p->logarithm ? mx_log_softmax(device, o[X].tensor, o[Y].tensor)
                        : mx_softmax(device, o[X].tensor, o[Y].tensor);
}

static mx_status check_shape(mx_check *check, mx_i32 rows, mx_i32 classes, softmax_params p) {
    mx_case c = {.variant = p.logarithm ? "log_softmax" : "softmax",
                 .params = &p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%dx%d span %g", rows, classes, (double)p.span);
    mx_case_add(&c, MX_INPUT, "x", rows, 1, 1, classes);
    mx_case_add(&c, MX_OUTPUT, "y", rows, 1, 1, classes);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check, bool logarithm) {
    static const mx_i32 shapes[][2] = {{1, 1}, {5, 2}, {70, 10}, {3, 100}, {64, 17}};
    static const float spans[] = {0.0f, 4.0f, 300.0f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t j = 0; j < sizeof spans / sizeof *spans; j++)
            MX_TRY(check_shape(check, shapes[i][0], shapes[i][1],
                               (softmax_params){logarithm, spans[j]}));
    return MX_OK;
}

mx_status mx_check_softmax(mx_check *check) {
    if (mx_check_get_mode(check) == MX_CHECK_GRAD) return MX_OK;
    for (int logarithm = 0; logarithm < 2; logarithm++) {
        if (mx_check_get_mode(check) == MX_CHECK_BENCH)
            MX_TRY(check_shape(check, 192, 10, (softmax_params){logarithm, 4.0f}));
        else
            MX_TRY(test(check, logarithm));
    }
    return MX_OK;
}
