/* Fully connected layer: y = x w + b. */
#include "ops/case.h"
#include "ops/linear.h"

enum { X, W, BIAS, Y, WORKSPACE, X0, W0, BIAS0, Y0 };

typedef enum direction {
    FORWARD = MX_CONV_FORWARD,
    DATA = MX_CONV_BACKWARD_DATA,
    WEIGHTS = MX_CONV_BACKWARD_WEIGHTS
} direction;

typedef struct linear_params {
    direction direction;
    mx_i32 rows, in, out;
    bool bias, accumulate;
    mx_conv_plan plan;
} linear_params;

static void forward(const linear_params *p, const float *x, const float *w, const float *bias,
                    double *y) {
    for (mx_i32 row = 0; row < p->rows; row++)
        for (mx_i32 j = 0; j < p->out; j++) {
            double sum = bias ? (double)bias[j] : 0.0;
            for (mx_i32 i = 0; i < p->in; i++)
                sum += (double)x[row * p->in + i] * (double)w[i * p->out + j];
            y[row * p->out + j] = sum;
        }
}

static void backward_data(const linear_params *p, mx_operand *o) {
    for (mx_i32 row = 0; row < p->rows; row++)
        for (mx_i32 i = 0; i < p->in; i++) {
            double sum = p->accumulate ? (double)o[X].values[row * p->in + i] : 0.0;
            for (mx_i32 j = 0; j < p->out; j++)
                sum += (double)o[Y].values[row * p->out + j] * (double)o[W].values[i * p->out + j];
            o[X].expected[row * p->in + i] = sum;
        }
}

static void backward_weights(const linear_params *p, mx_operand *o) {
    for (mx_i32 row = 0; row < p->rows; row++)
        for (mx_i32 j = 0; j < p->out; j++) {
            const double dy = (double)o[Y].values[row * p->out + j];
            for (mx_i32 i = 0; i < p->in; i++)
                o[W].expected[i * p->out + j] += (double)o[X].values[row * p->in + i] * dy;
            if (p->bias) o[BIAS].expected[j] += dy;
        }
}

static void reference(mx_case *c) {
    const linear_params *p = c->params;
    mx_operand *o = c->operands;
    if (p->direction == FORWARD)
        forward(p, o[X].values, o[W].values, p->bias ? o[BIAS].values : NULL, o[Y].expected);
    else if (p->direction == DATA)
        backward_data(p, o);
    else
        backward_weights(p, o);
}

static mx_status run(mx_device *device, mx_case *c) {
    const linear_params *p = c->params;
    const mx_operand *o = c->operands;
    const mx_conv_operands operands = {.x = o[X].tensor,
                                       .weight = o[W].tensor,
                                       .bias = o[BIAS].tensor,
                                       .y = o[Y].tensor,
                                       .workspace = o[WORKSPACE].tensor,
                                       .accumulate = p->accumulate};
    return mx_linear_run(device, &p->plan, (mx_conv_direction)p->direction, &operands);
}

/* The forward's x and w are on the device, except for what the device computes the gradient of. */
static double loss(mx_case *c) {
    const linear_params *p = c->params;
    mx_operand *o = c->operands;
    const bool data = p->direction == DATA;
    forward(p, o[data ? X0 : X].values, o[data ? W : W0].values, p->bias ? o[BIAS0].values : NULL,
            o[Y0].expected);
    double sum = 0.0;
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++)
        sum += o[Y0].expected[i] * (double)o[Y].values[i];
    return sum;
}

static void add_forward_operands(mx_case *c, const linear_params *p) {
    mx_case_add(c, MX_HOST, "x0", p->rows, 1, 1, p->in);
    mx_case_add(c, MX_HOST, "w0", p->in, 1, 1, p->out);
    mx_case_add(c, MX_HOST, "bias0", 1, 1, 1, p->out);
    mx_case_add(c, MX_HOST, "y0", p->rows, 1, 1, p->out);
    c->loss = loss;
    if (p->direction == DATA) {
        mx_case_differentiate(c, X0, X);
        return;
    }
    mx_case_differentiate(c, W0, W);
    if (p->bias) mx_case_differentiate(c, BIAS0, BIAS);
}

static mx_status check_direction(mx_check *check, linear_params p) {
    static const char *const names[] = {"forward", "backward_data", "backward_weights"};
    const mx_conv_shape shape = mx_linear_shape(p.rows, p.in, p.out);
    if (p.direction == DATA) p.bias = false;
    MX_TRY(mx_conv_plan_init(&p.plan, mx_check_get_device(check), &shape, "auto"));
    mx_case c = {.variant = names[p.direction], .params = &p, .reference = reference, .run = run};
    mx_case_name(&c, "%dx%d->%d%s%s", p.rows, p.in, p.out, p.bias ? " bias" : "",
                 p.accumulate ? " accumulate" : "");
    const mx_role role_x = p.direction != DATA ? MX_INPUT : p.accumulate ? MX_INOUT : MX_OUTPUT;
    const mx_role role_w = p.direction == WEIGHTS ? MX_OUTPUT : MX_INPUT;
    mx_case_add(&c, role_x, "x", p.rows, 1, 1, p.in);
    mx_case_add(&c, role_w, "w", p.in, 1, 1, p.out);
    mx_case_add(&c, p.bias ? role_w : MX_ABSENT, "bias", 1, 1, 1, p.out);
    mx_case_add(&c, p.direction == FORWARD ? MX_OUTPUT : MX_INPUT, "y", p.rows, 1, 1, p.out);
    mx_case_add(&c, p.plan.workspace ? MX_WORKSPACE : MX_ABSENT, "workspace", 1, 1, 1,
                (mx_i32)p.plan.workspace);
    if (mx_check_get_mode(check) == MX_CHECK_GRAD) add_forward_operands(&c, &p);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][3] = {{1, 1, 1},   {1, 7, 10},    {5, 128, 2},
                                       {33, 10, 1}, {64, 100, 10}, {96, 128, 100}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int flags = 0; flags < 2; flags++)
            for (direction d = FORWARD; d <= WEIGHTS; d++)
                MX_TRY(check_direction(check, (linear_params){.direction = d,
                                                              .rows = shapes[i][0],
                                                              .in = shapes[i][1],
                                                              .out = shapes[i][2],
                                                              .bias = flags,
                                                              .accumulate = flags && d == DATA}));
    return MX_OK;
}

static mx_status grad(mx_check *check) {
    MX_TRY(
        check_direction(check, (linear_params){.direction = DATA, .rows = 5, .in = 13, .out = 7}));
    return check_direction(
        check, (linear_params){.direction = WEIGHTS, .rows = 5, .in = 13, .out = 7, .bias = true});
}

static mx_status bench(mx_check *check) {
    for (direction d = FORWARD; d <= WEIGHTS; d++) {
        MX_TRY(check_direction(
            check,
            (linear_params){.direction = d, .rows = 192, .in = 128, .out = 10, .bias = true}));
        MX_TRY(check_direction(
            check,
            (linear_params){.direction = d, .rows = 32, .in = 2048, .out = 1000, .bias = true}));
    }
    return MX_OK;
}

mx_status mx_check_linear(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        return grad(check);
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return test(check);
    }
}
