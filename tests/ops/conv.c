/* Convolution: every algorithm of mx_conv_algorithms, in every direction it supports. */
#include "ops/conv.h"

#include "ops/case.h"
#include "ops/conv_algorithms.h"
#include "ops/conv_bench.h"
#include "ops/conv_fused.h"
#include "ops/conv_meetings.h"

enum { X, WEIGHT, BIAS, Y, WORKSPACE, X0, WEIGHT0, BIAS0, Y0 };

typedef struct conv_params {
    mx_conv_shape shape; /* n images run */
    mx_conv_direction direction;
    bool bias, accumulate, tuned;
    mx_conv_plan plan;
} conv_params;

static mx_conv_arrays arrays_of(const mx_operand *o) {
    return (mx_conv_arrays){o[X].values, o[WEIGHT].values, o[Y].values};
}

static void forward(const mx_conv_shape *s, mx_operand *o, bool bias) {
    const size_t count = mx_operand_count(&o[Y]);
    for (size_t i = 0; i < count; i++)
        o[Y].expected[i] = bias ? (double)o[BIAS].values[i % (size_t)s->k] : 0.0;
    mx_conv_add_meetings(s, MX_CONV_FORWARD, arrays_of(o), o[Y].expected);
}

static void backward_data(const conv_params *p, mx_operand *o) {
    for (size_t i = 0; p->accumulate && i < mx_operand_count(&o[X]); i++)
        o[X].expected[i] = (double)o[X].values[i];
    mx_conv_add_meetings(&p->shape, MX_CONV_BACKWARD_DATA, arrays_of(o), o[X].expected);
}

static void backward_weights(const conv_params *p, mx_operand *o) {
    mx_conv_add_meetings(&p->shape, MX_CONV_BACKWARD_WEIGHTS, arrays_of(o), o[WEIGHT].expected);
    for (size_t i = 0; p->bias && i < mx_operand_count(&o[Y]); i++)
        o[BIAS].expected[i % (size_t)p->shape.k] += (double)o[Y].values[i];
}

static void reference(mx_case *c) {
    const conv_params *p = c->params;
    if (p->direction == MX_CONV_FORWARD)
        forward(&p->shape, c->operands, p->bias);
    else if (p->direction == MX_CONV_BACKWARD_DATA)
        backward_data(p, c->operands);
    else
        backward_weights(p, c->operands);
}

static mx_status run(mx_device *device, mx_case *c) {
    const conv_params *p = c->params;
    const mx_operand *o = c->operands;
    const mx_conv_operands operands = {.x = o[X].tensor,
                                       .weight = o[WEIGHT].tensor,
                                       .bias = o[BIAS].tensor,
                                       .y = o[Y].tensor,
                                       .workspace = o[WORKSPACE].tensor,
                                       .accumulate = p->accumulate};
    return mx_conv_run(device, &p->plan, p->direction, &operands);
}

/* The projection of the forward upon dy. */
static double loss(mx_case *c) {
    const conv_params *p = c->params;
    const mx_operand *o = c->operands;
    const bool data = p->direction == MX_CONV_BACKWARD_DATA;
    mx_operand forward_operands[] = {[X] = o[data ? X0 : X],
                                     [WEIGHT] = o[data ? WEIGHT : WEIGHT0],
                                     [BIAS] = o[BIAS0],
                                     [Y] = o[Y0]};
    forward(&p->shape, forward_operands, p->bias);
    double sum = 0.0;
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++)
        sum += o[Y0].expected[i] * (double)o[Y].values[i];
    return sum;
}

static void add_forward_operands(mx_case *c, const conv_params *p) {
    const mx_conv_shape *s = &p->shape;
    mx_case_add(c, MX_HOST, "x0", s->n, s->h, s->w, s->c);
    mx_case_add(c, MX_HOST, "weight0", s->r, s->s, s->c, s->k);
    mx_case_add(c, MX_HOST, "bias0", 1, 1, 1, s->k);
    mx_case_add(c, MX_HOST, "y0", s->n, mx_conv_out_height(s), mx_conv_out_width(s), s->k);
    c->loss = loss;
    if (p->direction == MX_CONV_BACKWARD_DATA) {
        mx_case_differentiate(c, X0, X);
        return;
    }
    mx_case_differentiate(c, WEIGHT0, WEIGHT);
    if (p->bias) mx_case_differentiate(c, BIAS0, BIAS);
}

static void add_operands(mx_case *c, const conv_params *p) {
    const mx_conv_shape *s = &p->shape;
    const mx_role role_x = p->direction != MX_CONV_BACKWARD_DATA ? MX_INPUT
                           : p->accumulate                       ? MX_INOUT
                                                                 : MX_OUTPUT;
    const mx_role role_weight = p->direction == MX_CONV_BACKWARD_WEIGHTS ? MX_OUTPUT : MX_INPUT;
    mx_case_add(c, role_x, "x", s->n, s->h, s->w, s->c);
    mx_case_add(c, role_weight, "weight", s->r, s->s, s->c, s->k);
    mx_case_add(c, p->bias ? role_weight : MX_ABSENT, "bias", 1, 1, 1, s->k);
    mx_case_add(c, p->direction == MX_CONV_FORWARD ? MX_OUTPUT : MX_INPUT, "y", s->n,
                mx_conv_out_height(s), mx_conv_out_width(s), s->k);
    mx_case_add(c, p->plan.workspace ? MX_WORKSPACE : MX_ABSENT, "workspace", 1, 1, 1,
                (mx_i32)p->plan.workspace);
}

static void name_case(mx_case *c, const conv_params *p, mx_i32 planned) {
    const mx_conv_shape *s = &p->shape;
    const mx_i32 *v = p->plan.choice[p->direction].params.v;
    char size[32], params[32] = "";
    if (s->h == s->w)
        snprintf(size, sizeof size, "%d", s->h);
    else
        snprintf(size, sizeof size, "%dx%d", s->h, s->w);
    if (v[0]) snprintf(params, sizeof params, " [%d,%d,%d,%d]", v[0], v[1], v[2], v[3]);
    mx_case_name(c, "%dx%d/%d p%d %d->%d@%s B%d/%d%s%s%s", s->r, s->s, s->stride, s->pad, s->c,
                 s->k, size, s->n, planned, params, p->bias ? " bias" : "",
                 p->accumulate ? " add" : "");
}

/* One algorithm and direction with the plan's parameters; `planned` images at most. */
static mx_status check_plan(mx_check *check, conv_params *p, mx_i32 planned) {
    static const char *const names[] = {"forward", "data", "weights"};
    char variant[MX_VARIANT_BYTES];
    snprintf(variant, sizeof variant, "%s%s/%s", p->tuned ? "auto:" : "",
             p->plan.choice[p->direction].algorithm->name, names[p->direction]);
    mx_case c = {.variant = variant, .params = p, .reference = reference, .run = run};
    name_case(&c, p, planned);
    add_operands(&c, p);
    if (mx_check_get_mode(check) == MX_CHECK_GRAD) add_forward_operands(&c, p);
    return mx_check_case(check, &c);
}

/* One algorithm and direction, for `images` of a plan made for shape.n: with all parameters that
 * tuning may choose, or, when it is not answers that count, the built-in ones. */
static mx_status check_direction(mx_check *check, const mx_conv_algorithm *algorithm,
                                 mx_conv_shape shape, mx_i32 images, mx_conv_direction direction,
                                 bool extras) {
    const mx_device *device = mx_check_get_device(check);
    mx_conv_params candidates[MX_CONV_CANDIDATES];
    conv_params p = {.shape = shape,
                     .direction = direction,
                     .bias = extras && direction != MX_CONV_BACKWARD_DATA,
                     .accumulate = extras && direction == MX_CONV_BACKWARD_DATA};
    p.shape.n = images;
    MX_TRY(mx_conv_plan_init(&p.plan, device, &shape, algorithm->name));
    if (p.plan.choice[direction].algorithm != algorithm) return MX_OK;
    const int count = algorithm->candidates(device, &shape, direction, candidates);
    for (int i = 0; i < count && (i == 0 || mx_check_get_mode(check) == MX_CHECK_TEST); i++) {
        mx_conv_plan_choose(&p.plan, device, direction, algorithm, &candidates[i]);
        MX_TRY(check_plan(check, &p, shape.n));
    }
    return MX_OK;
}

static mx_status check_shape(mx_check *check, mx_conv_shape shape, mx_i32 images, bool extras) {
    for (size_t i = 0; i < mx_conv_algorithm_count; i++)
        for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
            MX_TRY(check_direction(check, mx_conv_algorithms[i], shape, images, d, extras));
    return MX_OK;
}

/* im2col whose columns do not fit at once: a chunk of images after another, the last one short. On
 * GPUs the gradient by the weights is in parts besides. */
static mx_status test_column_chunks(mx_check *check) {
    const mx_conv_shape shape = {21, 47, 48, 16, 3, 7, 7, 1, 3};
    for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++)
        MX_TRY(check_direction(check, &mx_conv_gemm, shape, shape.n, d, false));
    return MX_OK;
}

static mx_status test(mx_check *check) {
    static const struct {
        mx_conv_shape shape; /* n, h, w, c, k, r, s, stride, pad */
        mx_i32 images;
    } cases[] = {
        {{1, 1, 1, 1, 1, 1, 1, 1, 0}, 1},     {{2, 5, 5, 3, 10, 1, 1, 1, 0}, 2},
        {{3, 6, 7, 64, 20, 1, 1, 1, 0}, 3},   {{4, 6, 7, 20, 64, 1, 1, 1, 0}, 3},
        {{2, 9, 8, 16, 20, 1, 1, 2, 0}, 2},   {{2, 7, 7, 10, 3, 1, 1, 3, 0}, 1},
        {{2, 5, 4, 10, 16, 1, 1, 1, 1}, 2},   {{1, 3, 3, 1, 1, 3, 3, 1, 0}, 1},
        {{2, 8, 8, 3, 16, 3, 3, 1, 1}, 2},    {{2, 9, 11, 16, 16, 3, 3, 1, 1}, 2},
        {{3, 6, 6, 64, 64, 3, 3, 1, 1}, 3},   {{5, 7, 5, 20, 10, 3, 3, 1, 1}, 2},
        {{1, 16, 16, 16, 64, 3, 3, 1, 1}, 1}, {{2, 13, 10, 1, 20, 3, 3, 1, 2}, 2},
        {{1, 1, 1, 16, 16, 3, 3, 1, 1}, 1},   {{2, 2, 3, 64, 16, 3, 3, 1, 1}, 2},
        {{2, 8, 8, 16, 20, 3, 3, 2, 1}, 2},   {{2, 9, 7, 64, 64, 3, 3, 2, 1}, 1},
        {{2, 10, 11, 3, 3, 3, 3, 3, 1}, 2},   {{2, 7, 7, 10, 1, 3, 3, 2, 0}, 2},
        {{2, 19, 15, 3, 16, 7, 7, 2, 3}, 2},  {{1, 9, 9, 3, 20, 7, 7, 1, 3}, 1},
        {{2, 8, 9, 10, 16, 1, 3, 1, 1}, 2},   {{2, 9, 8, 16, 10, 3, 1, 2, 1}, 1},
        {{1, 12, 9, 3, 20, 7, 3, 3, 2}, 1},   {{2, 6, 5, 1, 64, 3, 2, 1, 0}, 2},
        {{2, 11, 11, 16, 3, 5, 5, 1, 2}, 2},  {{3, 17, 33, 16, 16, 3, 3, 1, 1}, 3},
        {{2, 7, 9, 32, 48, 3, 3, 1, 1}, 2},   {{1, 8, 8, 128, 128, 3, 3, 1, 1}, 1},
        {{2, 8, 8, 16, 32, 3, 3, 1, 0}, 2},   {{3, 5, 6, 48, 16, 3, 3, 1, 2}, 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int extras = 0; extras < 2; extras++)
            MX_TRY(check_shape(check, cases[i].shape, cases[i].images, extras));
    MX_TRY(test_column_chunks(check));
    return mx_check_conv_fused(check);
}

/* Only the bias of backward_weights makes a difference to gradients. */
static mx_status grad(mx_check *check) {
    static const mx_conv_shape shapes[] = {
        {2, 5, 6, 3, 4, 3, 3, 1, 1}, {1, 7, 7, 3, 5, 3, 3, 2, 1}, {2, 4, 4, 5, 3, 1, 1, 1, 0},
        {1, 5, 5, 5, 3, 1, 1, 2, 0}, {1, 9, 8, 2, 3, 7, 7, 2, 3}, {1, 6, 7, 16, 16, 3, 3, 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (size_t j = 0; j < mx_conv_algorithm_count; j++) {
            const mx_conv_algorithm *algorithm = mx_conv_algorithms[j];
            const mx_i32 n = shapes[i].n;
            MX_TRY(check_direction(check, algorithm, shapes[i], n, MX_CONV_BACKWARD_DATA, false));
            MX_TRY(check_direction(check, algorithm, shapes[i], n, MX_CONV_BACKWARD_WEIGHTS, true));
        }
    return MX_OK;
}

/* What training takes for the shape, then every algorithm. */
static mx_status bench_shape(mx_check *check, const mx_conv_shape *shape) {
    conv_params p = {.shape = *shape, .tuned = true};
    MX_TRY(mx_conv_plan_tuned(mx_check_get_device(check), shape, &p.plan));
    for (p.direction = 0; p.direction < MX_CONV_DIRECTIONS; p.direction++)
        MX_TRY(check_plan(check, &p, shape->n));
    return check_shape(check, *shape, shape->n, false);
}

static mx_status bench(mx_check *check) {
    if (mx_check_get_shape(check)) return bench_shape(check, mx_check_get_shape(check));
    static const mx_conv_shape shapes[] = {
        {64, 32, 32, 32, 32, 3, 3, 1, 1},  {64, 16, 16, 64, 64, 3, 3, 1, 1},
        {64, 8, 8, 128, 128, 3, 3, 1, 1},  {64, 16, 16, 64, 128, 3, 3, 2, 1},
        {32, 96, 96, 3, 64, 7, 7, 2, 3},   {32, 24, 24, 64, 256, 1, 1, 1, 0},
        {32, 24, 24, 256, 64, 1, 1, 1, 0}, {32, 6, 6, 1024, 512, 1, 1, 1, 0},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        MX_TRY(check_shape(check, shapes[i], shapes[i].n, false));
    return mx_check_conv_fused(check);
}

mx_status mx_check_conv(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        return grad(check);
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return test(check);
    }
}
