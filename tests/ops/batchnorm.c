/* Batch norm with leaky ReLU, statistics per group of pictures. */
#include "ops/batchnorm.h"

#include <math.h>

#include "ops/case.h"

/* GAMMA and BETA share a buffer, as do the running statistics and the gradients of the weights. */
enum { X, GAMMA, BETA, MEAN, VARIANCE, SAVED, Y, WORKSPACE, DX, DGAMMA, DBETA, Y0 };

typedef enum call { FORWARD, INFER, BACKWARD } call;

typedef struct batchnorm_params {
    call call;
    mx_i32 n, h, w, c, groups;
    float slope;
    bool extra; /* forward: updates the running statistics; backward: adds to dx */
} batchnorm_params;

static const float EPSILON = 1e-5f, MOMENTUM = 0.1f;

static size_t group_rows(const batchnorm_params *p) {
    return (size_t)(p->n / p->groups * p->h * p->w);
}

typedef struct moments {
    double mean, variance; /* of the population */
} moments;

static moments moments_of(const batchnorm_params *p, const float *x, size_t group, size_t channel) {
    const size_t rows = group_rows(p), c = (size_t)p->c;
    moments m = {0};
    for (size_t i = 0; i < rows; i++)
        m.mean += (double)x[(group * rows + i) * c + channel] / (double)rows;
    for (size_t i = 0; i < rows; i++)
        m.variance += pow((double)x[(group * rows + i) * c + channel] - m.mean, 2) / (double)rows;
    return m;
}

enum { SAVED_ROWS = 4 };

/* Row i of what is saved: mean, 1 / deviation, scale, shift. */
static double saved_row(const mx_operand *o, moments m, size_t channel, size_t i) {
    const double inverse = 1.0 / sqrt(m.variance + (double)EPSILON),
                 scale = inverse * (double)o[GAMMA].values[channel];
    const double rows[SAVED_ROWS] = {m.mean, inverse, scale,
                                     (double)o[BETA].values[channel] - m.mean * scale};
    return rows[i];
}

/* What the activation sees of row i. */
static double normalised(const mx_operand *o, moments m, size_t at, size_t channel) {
    return ((double)o[X].values[at] - m.mean) / sqrt(m.variance + (double)EPSILON) *
               (double)o[GAMMA].values[channel] +
           (double)o[BETA].values[channel];
}

static double leaky(const batchnorm_params *p, double z) {
    return z > 0.0 ? z : (double)p->slope * z;
}

static void forward_channel(const batchnorm_params *p, mx_operand *o, moments m, size_t group,
                            size_t channel, double *y) {
    const size_t rows = group_rows(p), c = (size_t)p->c;
    for (size_t i = group * rows; i < (group + 1) * rows; i++)
        y[i * c + channel] = leaky(p, normalised(o, m, i * c + channel, channel));
}

static void expect_running(const batchnorm_params *p, mx_operand *o, moments m, size_t channel) {
    const double rows = (double)group_rows(p), momentum = p->extra ? (double)MOMENTUM : 0.0;
    const double mean = (double)o[MEAN].values[channel],
                 variance = (double)o[VARIANCE].values[channel];
    o[MEAN].expected[channel] = mean + momentum * (m.mean - mean);
    o[VARIANCE].expected[channel] =
        variance + momentum * (m.variance * rows / (rows - 1) - variance);
}

static void reference_forward(mx_case *c) {
    const batchnorm_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t g = 0; g < (size_t)p->groups; g++)
        for (size_t channel = 0; channel < (size_t)p->c; channel++) {
            const moments m = moments_of(p, o[X].values, g, channel);
            for (size_t i = 0; i < SAVED_ROWS; i++)
                o[SAVED].expected[(SAVED_ROWS * g + i) * (size_t)p->c + channel] =
                    saved_row(o, m, channel, i);
            forward_channel(p, o, m, g, channel, o[Y].expected);
            if (g == 0) expect_running(p, o, m, channel);
        }
}

static void reference_infer(mx_case *c) {
    const batchnorm_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t channel = 0; channel < (size_t)p->c; channel++) {
        const moments m = {(double)o[MEAN].values[channel], (double)o[VARIANCE].values[channel]};
        forward_channel(p, o, m, 0, channel, o[Y].expected);
    }
}

/* The gradient by x of sum_i dz_i xhat_i(x): the chain rule through mean and variance, term by
 * term. */
static void backward_channel(const batchnorm_params *p, mx_operand *o, size_t group,
                             size_t channel) {
    const size_t rows = group_rows(p), c = (size_t)p->c;
    const moments m = moments_of(p, o[X].values, group, channel);
    const double deviation = sqrt(m.variance + (double)EPSILON),
                 gamma = (double)o[GAMMA].values[channel];
    double by_mean = 0.0, by_variance = 0.0;
    for (size_t i = group * rows; i < (group + 1) * rows; i++) {
        const size_t at = i * c + channel;
        const double centred = (double)o[X].values[at] - m.mean;
        const double slope = normalised(o, m, at, channel) > 0.0 ? 1.0 : (double)p->slope;
        const double dz = (double)o[Y].values[at] * slope, dxhat = dz * gamma;
        o[DGAMMA].expected[channel] += dz * centred / deviation;
        o[DBETA].expected[channel] += dz;
        by_mean -= dxhat / deviation;
        by_variance -= 0.5 * dxhat * centred / pow(deviation, 3);
        o[DX].expected[at] = dxhat / deviation + (p->extra ? (double)o[DX].values[at] : 0.0);
    }
    for (size_t i = group * rows; i < (group + 1) * rows; i++) {
        const size_t at = i * c + channel;
        const double centred = (double)o[X].values[at] - m.mean;
        o[DX].expected[at] += (by_mean + by_variance * 2.0 * centred) / (double)rows;
    }
}

static void reference_backward(mx_case *c) {
    const batchnorm_params *p = c->params;
    for (size_t g = 0; g < (size_t)p->groups; g++)
        for (size_t channel = 0; channel < (size_t)p->c; channel++)
            backward_channel(p, c->operands, g, channel);
}

/* The device is handed its own forward's statistics, and no gradient where rounding decides on
 * which side of its kink the activation is. */
static void prepare_backward(const batchnorm_params *p, mx_operand *o) {
    const size_t rows = group_rows(p), c = (size_t)p->c;
    for (size_t g = 0; g < (size_t)p->groups; g++)
        for (size_t channel = 0; channel < c; channel++) {
            const moments m = moments_of(p, o[X].values, g, channel);
            for (size_t i = 0; i < SAVED_ROWS; i++)
                o[SAVED].values[(SAVED_ROWS * g + i) * c + channel] =
                    (float)saved_row(o, m, channel, i);
            for (size_t at = g * rows * c + channel; at < (g + 1) * rows * c; at += c)
                if (fabs(normalised(o, m, at, channel)) < 1e-4) o[Y].values[at] = 0.0f;
        }
}

/* Channels far from zero, which a sum of squares would not survive. */
static void prepare(mx_case *c) {
    const batchnorm_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[X]); i++)
        o[X].values[i] += (float)(i % (size_t)p->c % 3) * 10.0f;
    for (mx_i32 channel = 0; channel < p->c; channel++)
        o[VARIANCE].values[channel] = fabsf(o[VARIANCE].values[channel]);
    if (p->call == BACKWARD) prepare_backward(p, o);
}

static mx_status run(mx_device *device, mx_case *c) {
    const batchnorm_params *p = c->params;
    const mx_operand *o = c->operands;
    const mx_batchnorm bn = {.gamma = o[GAMMA].tensor,
                             .beta = o[BETA].tensor,
                             .running_mean = o[MEAN].tensor,
                             .running_var = o[VARIANCE].tensor,
                             .epsilon = EPSILON,
                             .momentum = MOMENTUM,
                             .slope = p->slope};
    const mx_norm norm = {o[SAVED].tensor, p->groups, p->slope};
    const mx_chunk_sums room = {.partial = o[WORKSPACE].tensor};
    if (p->call == BACKWARD)
        return mx_batchnorm_backward(device, &bn, o[X].tensor, p->groups, o[SAVED].tensor,
                                     o[Y].tensor, room, o[DGAMMA].tensor, o[DBETA].tensor,
                                     o[DX].tensor, p->extra);
    MX_TRY(p->call == FORWARD ? mx_batchnorm_statistics(device, &bn, o[X].tensor, p->groups,
                                                        p->extra, room, o[SAVED].tensor)
                              : mx_batchnorm_running(device, &bn, o[SAVED].tensor));
    return mx_batchnorm_apply(device, o[X].tensor, &norm, o[Y].tensor);
}

/* The projection of the forward upon dy. */
static double loss(mx_case *c) {
    const batchnorm_params *p = c->params;
    mx_operand *o = c->operands;
    double sum = 0.0;
    for (size_t g = 0; g < (size_t)p->groups; g++)
        for (size_t channel = 0; channel < (size_t)p->c; channel++)
            forward_channel(p, o, moments_of(p, o[X].values, g, channel), g, channel,
                            o[Y0].expected);
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++)
        sum += o[Y0].expected[i] * (double)o[Y].values[i];
    return sum;
}

static void add_weights(mx_case *c, const batchnorm_params *p) {
    const mx_role statistics = p->call == FORWARD ? MX_INOUT : MX_INPUT;
    mx_case_add(c, MX_INPUT, "gamma", 1, 1, 1, p->c);
    mx_case_add(c, MX_INPUT, "beta", 1, 1, 1, p->c)->joined = true;
    mx_case_add(c, statistics, "running_mean", 1, 1, 1, p->c);
    mx_case_add(c, statistics, "running_var", 1, 1, 1, p->c)->joined = true;
}

static void add_gradients(mx_case *c, const batchnorm_params *p) {
    mx_case_add(c, p->extra ? MX_INOUT : MX_OUTPUT, "dx", p->n, p->h, p->w, p->c);
    mx_case_add(c, MX_OUTPUT, "dgamma", 1, 1, 1, p->c);
    mx_case_add(c, MX_OUTPUT, "dbeta", 1, 1, 1, p->c)->joined = true;
    mx_case_add(c, MX_HOST, "y0", p->n, p->h, p->w, p->c);
    mx_case_differentiate(c, X, DX);
    mx_case_differentiate(c, GAMMA, DGAMMA);
    mx_case_differentiate(c, BETA, DBETA);
}

static mx_status check_call(mx_check *check, batchnorm_params p) {
    static const char *const names[] = {"forward", "infer", "backward"};
    static void (*const references[])(mx_case *) = {reference_forward, reference_infer,
                                                    reference_backward};
    static const mx_role saved[] = {MX_OUTPUT, MX_WORKSPACE, MX_INPUT};
    mx_case c = {.variant = names[p.call],
                 .params = &p,
                 .prepare = prepare,
                 .reference = references[p.call],
                 .run = run,
                 .loss = loss};
    mx_case_name(&c, "%dx%dx%dx%d g%d slope %g%s", p.n, p.h, p.w, p.c, p.groups, (double)p.slope,
                 p.extra ? p.call == FORWARD ? " update" : " add" : "");
    mx_case_add(&c, MX_INPUT, "x", p.n, p.h, p.w, p.c);
    add_weights(&c, &p);
    mx_case_add(&c, saved[p.call], "saved", 1, 1, 1, (mx_i32)mx_batchnorm_saved(p.c, p.groups));
    mx_case_add(&c, p.call == BACKWARD ? MX_INPUT : MX_OUTPUT, "y", p.n, p.h, p.w, p.c);
    mx_case_add(&c, MX_WORKSPACE, "workspace", 1, 1, 1,
                (mx_i32)mx_batchnorm_partial(p.c, p.groups));
    if (p.call == BACKWARD) add_gradients(&c, &p);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    /* n, h, w, c, groups: below one chunk of rows, several chunks, and uneven last ones */
    static const mx_i32 shapes[][5] = {{7, 1, 1, 1, 1},  {4, 3, 5, 3, 2},  {3, 9, 7, 10, 1},
                                       {5, 4, 4, 16, 5}, {6, 8, 9, 20, 3}, {4, 12, 11, 64, 2},
                                       {8, 5, 5, 2, 4},  {2, 70, 65, 6, 1}};
    static const float slopes[] = {1.0f, 0.1f, 0.0f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int variant = 0; variant < 6; variant++) {
            const mx_i32 *s = shapes[i];
            batchnorm_params p = {FORWARD,     s[0], s[1], s[2], s[3], s[4], slopes[variant % 3],
                                  variant >= 3};
            MX_TRY(check_call(check, p));
            p.call = BACKWARD;
            MX_TRY(check_call(check, p));
            p = (batchnorm_params){INFER, s[0], s[1], s[2], s[3], 1, slopes[variant % 3], false};
            if (variant < 3) MX_TRY(check_call(check, p));
        }
    return MX_OK;
}

static mx_status grad(mx_check *check) {
    static const float slopes[] = {1.0f, 0.1f, 0.0f};
    for (size_t i = 0; i < sizeof slopes / sizeof *slopes; i++) {
        MX_TRY(check_call(check, (batchnorm_params){BACKWARD, 4, 3, 3, 5, 2, slopes[i], false}));
        MX_TRY(check_call(check, (batchnorm_params){BACKWARD, 3, 5, 6, 16, 1, slopes[i], false}));
    }
    return MX_OK;
}

static mx_status bench(mx_check *check) {
    for (call k = FORWARD; k <= BACKWARD; k++)
        MX_TRY(check_call(check,
                          (batchnorm_params){k, 192, 32, 32, 32, k == INFER ? 1 : 3, 0.1f, false}));
    return MX_OK;
}

mx_status mx_check_batchnorm(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        return grad(check);
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return test(check);
    }
}
