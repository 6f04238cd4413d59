#include "ops/conv_fused.h"

#include <math.h>
#include <stdio.h>

#include "ops/conv.h"
#include "ops/conv_meetings.h"

/* ALSO is the residual, or what batch norm saw. */
enum { X, WEIGHT, BIAS, Y, WORKSPACE, SAVED, ALSO, PARTIAL, FINISH, NORMED };
enum { MEAN, INVERSE, SCALE, SHIFT, SAVED_ROWS };
static const float ACTIVATION = 0.25f; /* slope of what comes last */

typedef struct fused_params {
    mx_conv_shape shape;
    mx_conv_direction direction;
    mx_conv_plan plan;
    mx_i32 groups, sum_rows; /* sum_rows 0: no sums */
    float slope;
    bool norm, residual, finish, accumulate;
} fused_params;

/* The group that pixel `row` of n images is in, for tensors of any size. */
static size_t group_of(const fused_params *p, size_t row, size_t rows) {
    return row / (rows / (size_t)p->groups);
}

static double saved_of(const mx_operand *o, size_t group, int row, size_t channel, size_t c) {
    return (double)o[SAVED].values[(group * SAVED_ROWS + (size_t)row) * c + channel];
}

/* What the activation sees of element `at` of a tensor of batch norm's size. */
static double activated(const fused_params *p, const mx_operand *o, const mx_operand *of,
                        size_t at) {
    const size_t c = (size_t)of->tensor.c, g = group_of(p, at / c, mx_operand_count(of) / c);
    return (double)of->values[at] * saved_of(o, g, SCALE, at % c, c) +
           saved_of(o, g, SHIFT, at % c, c);
}

/* x as the convolution sees it, rounded to floats once: NORMED's values. */
static const float *read_x(const fused_params *p, mx_operand *o) {
    if (!p->norm) return o[X].values;
    for (size_t i = 0; i < mx_operand_count(&o[X]); i++) {
        const double z = activated(p, o, &o[X], i);
        o[NORMED].values[i] = (float)(z > 0.0 ? z : (double)p->slope * z);
    }
    return o[NORMED].values;
}

/* The rows [first, end) of chunk `chunk`, of all. */
static void chunk_bounds(const fused_params *p, size_t rows, size_t chunk, size_t *first,
                         size_t *end) {
    const size_t group_rows = rows / (size_t)p->groups, size = (size_t)p->sum_rows,
                 chunks = (group_rows + size - 1) / size,
                 group_end = group_rows * (chunk / chunks + 1);
    *first = group_rows * (chunk / chunks) + chunk % chunks * size;
    *end = *first + size < group_end ? *first + size : group_end;
}

static size_t chunk_count(const fused_params *p, size_t rows) {
    const size_t group_rows = rows / (size_t)p->groups, size = (size_t)p->sum_rows;
    return (size_t)p->groups * ((group_rows + size - 1) / size);
}

/* Mean and squared deviation of every chunk of y. */
static void expect_moments(const fused_params *p, mx_operand *o) {
    const size_t c = (size_t)o[Y].tensor.c, rows = mx_operand_count(&o[Y]) / c;
    for (size_t chunk = 0; chunk < chunk_count(p, rows); chunk++)
        for (size_t k = 0; k < c; k++) {
            size_t first, end;
            double mean = 0.0, square = 0.0;
            chunk_bounds(p, rows, chunk, &first, &end);
            for (size_t i = first; i < end; i++)
                mean += o[Y].expected[i * c + k] / (double)(end - first);
            for (size_t i = first; i < end; i++)
                square += pow(o[Y].expected[i * c + k] - mean, 2);
            o[PARTIAL].expected[2 * chunk * c + k] = mean;
            o[PARTIAL].expected[(2 * chunk + 1) * c + k] = square;
        }
}

/* dz of the gradient by the activation's output, and the sums of dz and dz xhat. */
static void expect_gradient(const fused_params *p, mx_operand *o) {
    const size_t c = (size_t)o[X].tensor.c, rows = mx_operand_count(&o[X]) / c;
    for (size_t chunk = 0; chunk < chunk_count(p, rows); chunk++) {
        size_t first, end;
        chunk_bounds(p, rows, chunk, &first, &end);
        for (size_t at = first * c; at < end * c; at++) {
            const size_t k = at % c, g = group_of(p, at / c, rows);
            if (activated(p, o, &o[ALSO], at) <= 0.0) o[X].expected[at] *= (double)p->slope;
            const double xhat = ((double)o[ALSO].values[at] - saved_of(o, g, MEAN, k, c)) *
                                saved_of(o, g, INVERSE, k, c);
            o[PARTIAL].expected[2 * chunk * c + k] += o[X].expected[at];
            o[PARTIAL].expected[(2 * chunk + 1) * c + k] += o[X].expected[at] * xhat;
        }
    }
}

/* Element `at` of y as batch norm by FINISH makes it, then the residual, then the activation. */
static double finished(const fused_params *p, const mx_operand *o, size_t at, double y) {
    const size_t c = (size_t)o[Y].tensor.c, k = at % c;
    const float *saved = o[FINISH].values;
    if (!p->finish) return y + (p->residual ? (double)o[ALSO].values[at] : 0.0);
    y = y * (double)saved[SCALE * c + k] + (double)saved[SHIFT * c + k];
    y = (y > 0.0 ? y : (double)p->slope * y) + (p->residual ? (double)o[ALSO].values[at] : 0.0);
    return y > 0.0 ? y : (double)ACTIVATION * y;
}

static void reference(mx_case *c) {
    const fused_params *p = c->params;
    mx_operand *o = c->operands;
    const mx_conv_arrays arrays = {read_x(p, o), o[WEIGHT].values, o[Y].values};
    double *out = p->direction == MX_CONV_FORWARD         ? o[Y].expected
                  : p->direction == MX_CONV_BACKWARD_DATA ? o[X].expected
                                                          : o[WEIGHT].expected;
    for (size_t i = 0; p->accumulate && i < mx_operand_count(&o[X]); i++)
        out[i] = (double)o[X].values[i];
    for (size_t i = 0; p->residual && i < mx_operand_count(&o[Y]); i++)
        out[i] = (double)o[BIAS].values[i % (size_t)p->shape.k];
    mx_conv_add_meetings(&p->shape, p->direction, arrays, out);
    for (size_t i = 0; p->direction == MX_CONV_FORWARD && i < mx_operand_count(&o[Y]); i++)
        out[i] = finished(p, o, i, out[i]);
    if (p->sum_rows > 0 && p->direction == MX_CONV_FORWARD) expect_moments(p, o);
    if (p->sum_rows > 0 && p->direction == MX_CONV_BACKWARD_DATA) expect_gradient(p, o);
}

/* No gradient where rounding decides on which side of its kink the activation is. */
static void prepare(mx_case *c) {
    const fused_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[ALSO]); i++)
        if (p->direction == MX_CONV_BACKWARD_DATA && fabs(activated(p, o, &o[ALSO], i)) < 1e-4)
            o[ALSO].values[i] += 0.01f;
}

static mx_status run(mx_device *device, mx_case *c) {
    const fused_params *p = c->params;
    const mx_operand *o = c->operands;
    mx_conv_operands operands = {.x = o[X].tensor,
                                 .weight = o[WEIGHT].tensor,
                                 .bias = o[BIAS].tensor,
                                 .y = o[Y].tensor,
                                 .workspace = o[WORKSPACE].tensor,
                                 .accumulate = p->accumulate,
                                 .sums = {o[PARTIAL].tensor, p->sum_rows},
                                 .sum_groups = p->groups};
    const bool data = p->direction == MX_CONV_BACKWARD_DATA;
    if (p->norm || data) operands.norm = (mx_norm){o[SAVED].tensor, p->groups, p->slope};
    *(data ? &operands.seen : &operands.residual) = o[ALSO].tensor;
    if (p->finish) {
        operands.finish = (mx_norm){o[FINISH].tensor, 1, p->slope};
        operands.activate = true;
        operands.slope = ACTIVATION;
    }
    return mx_conv_run(device, &p->plan, p->direction, &operands);
}

static void add_operands(mx_case *c, const fused_params *p) {
    const mx_conv_shape *s = &p->shape;
    const mx_i32 oh = mx_conv_out_height(s), ow = mx_conv_out_width(s);
    const bool data = p->direction == MX_CONV_BACKWARD_DATA;
    const mx_i32 rows = s->n * (data ? s->h * s->w : oh * ow), width = data ? s->c : s->k;
    mx_case_add(c,
                !data           ? MX_INPUT
                : p->accumulate ? MX_INOUT
                                : MX_OUTPUT,
                "x", s->n, s->h, s->w, s->c);
    mx_case_add(c, p->direction == MX_CONV_BACKWARD_WEIGHTS ? MX_OUTPUT : MX_INPUT, "weight", s->r,
                s->s, s->c, s->k);
    mx_case_add(c, p->residual ? MX_INPUT : MX_ABSENT, "bias", 1, 1, 1, s->k);
    mx_case_add(c, p->direction == MX_CONV_FORWARD ? MX_OUTPUT : MX_INPUT, "y", s->n, oh, ow, s->k);
    mx_case_add(c, p->plan.workspace ? MX_WORKSPACE : MX_ABSENT, "workspace", 1, 1, 1,
                (mx_i32)p->plan.workspace);
    mx_case_add(c, p->norm || data ? MX_INPUT : MX_ABSENT, "saved", p->groups, 1, SAVED_ROWS, s->c);
    if (data)
        mx_case_add(c, MX_INPUT, "seen", s->n, s->h, s->w, s->c);
    else
        mx_case_add(c, p->residual ? MX_INPUT : MX_ABSENT, "residual", s->n, oh, ow, s->k);
    mx_case_add(c, p->sum_rows > 0 ? MX_OUTPUT : MX_ABSENT, "partial",
                p->sum_rows > 0 ? (mx_i32)chunk_count(p, (size_t)rows) : 1, 1, 2, width);
    mx_case_add(c, p->finish ? MX_INPUT : MX_ABSENT, "finish", 1, 1, SAVED_ROWS, s->k);
    mx_case_add(c, p->norm ? MX_HOST : MX_ABSENT, "normed x", s->n, s->h, s->w, s->c);
}

static mx_status check_fused(mx_check *check, fused_params *p) {
    static const char *const names[] = {"forward", "data", "weights"};
    const mx_conv_shape *s = &p->shape;
    const mx_i32 *v = p->plan.choice[p->direction].params.v;
    char variant[MX_VARIANT_BYTES];
    snprintf(variant, sizeof variant, "%s/%s+", p->plan.choice[p->direction].algorithm->name,
             names[p->direction]);
    mx_case c = {
        .variant = variant, .params = p, .prepare = prepare, .reference = reference, .run = run};
    mx_case_name(&c, "%s%s%s%s%s %dx%d/%d p%d %d->%d@%dx%d B%d g%d [%d,%d]", p->norm ? "norm" : "",
                 p->residual ? "+res" : "", p->finish ? "+finish" : "",
                 p->sum_rows > 0 ? "+sums" : "", p->accumulate ? "+add" : "", s->r, s->s, s->stride,
                 s->pad, s->c, s->k, s->h, s->w, s->n, p->groups, v[0], v[1]);
    add_operands(&c, p);
    return mx_check_case(check, &c);
}

/* What a plan's choice can do, one after another and all at once. */
static mx_status check_abilities(mx_check *check, fused_params p) {
    const bool data = p.direction == MX_CONV_BACKWARD_DATA;
    const bool norm = mx_conv_can(&p.plan, p.direction, MX_CONV_READS_NORM) && !data;
    const bool residual =
        mx_conv_can(&p.plan, p.direction, MX_CONV_ADDS_RESIDUAL) && p.direction == MX_CONV_FORWARD;
    const mx_i32 sum_rows = p.direction == MX_CONV_BACKWARD_WEIGHTS
                                ? 0
                                : mx_conv_sum_rows(&p.plan, mx_check_get_device(check), p.direction,
                                                   p.shape.n, p.groups);
    const bool finish =
        mx_conv_can(&p.plan, p.direction, MX_CONV_FINISHES) && p.direction == MX_CONV_FORWARD;
    enum { NORM_X = 1, RESIDUAL = 2, SUMS = 4, FINISHES = 8, SETS = 16 };
    const int most = (norm ? NORM_X : 0) | (residual ? RESIDUAL : 0) | (sum_rows > 0 ? SUMS : 0) |
                     (finish ? FINISHES : 0);
    const bool bench = mx_check_get_mode(check) == MX_CHECK_BENCH;
    for (int set = bench ? 0 : 1; set < SETS; set++) {
        const bool single = (set & (set - 1)) == 0;
        /* Sums are of what batch norm has yet to see. */
        const bool all = set == (most & ~FINISHES) || set == (most & ~SUMS);
        if ((set & ~most) != 0 || (!single && !all)) continue;
        p.norm = set & NORM_X;
        p.finish = set & FINISHES;
        p.residual = set & RESIDUAL;
        p.sum_rows = set & SUMS ? sum_rows : 0;
        MX_TRY(check_fused(check, &p));
        p.accumulate = data;
        if (data) MX_TRY(check_fused(check, &p));
        p.accumulate = false;
    }
    return MX_OK;
}

static mx_status check_algorithm(mx_check *check, const mx_conv_algorithm *algorithm,
                                 const fused_params *like) {
    const mx_device *device = mx_check_get_device(check);
    mx_conv_params candidates[MX_CONV_CANDIDATES];
    fused_params p = *like;
    MX_TRY(mx_conv_plan_init(&p.plan, device, &p.shape, algorithm->name));
    if (p.plan.choice[p.direction].algorithm != algorithm) return MX_OK;
    const int count = algorithm->candidates(device, &p.shape, p.direction, candidates);
    for (int i = 0; i < count && (i == 0 || mx_check_get_mode(check) == MX_CHECK_TEST); i++) {
        mx_conv_plan_choose(&p.plan, device, p.direction, algorithm, &candidates[i]);
        MX_TRY(check_abilities(check, p));
    }
    return MX_OK;
}

typedef struct fused_shape {
    mx_conv_shape shape; /* n, h, w, c, k, r, s, stride, pad */
    mx_i32 groups;
} fused_shape;

static mx_status check_shapes(mx_check *check, const fused_shape *shapes, size_t count) {
    static const float slopes[] = {0.1f, 0.0f, 1.0f};
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < mx_conv_algorithm_count; j++)
            for (mx_conv_direction d = 0; d < MX_CONV_DIRECTIONS; d++) {
                const fused_params like = {.shape = shapes[i].shape,
                                           .direction = d,
                                           .groups = shapes[i].groups,
                                           .slope = slopes[i % 3]};
                MX_TRY(check_algorithm(check, mx_conv_algorithms[j], &like));
            }
    return MX_OK;
}

mx_status mx_check_conv_fused(mx_check *check) {
    static const fused_shape tested[] = {
        {{24, 8, 8, 16, 16, 3, 3, 1, 1}, 3}, {{12, 9, 7, 20, 10, 3, 3, 1, 1}, 2},
        {{36, 5, 6, 32, 48, 3, 3, 1, 1}, 2}, {{14, 17, 8, 3, 33, 3, 3, 1, 1}, 1},
        {{26, 4, 4, 48, 16, 3, 3, 1, 0}, 2}, {{15, 6, 6, 64, 20, 1, 1, 1, 0}, 3},
        {{12, 9, 8, 16, 32, 1, 1, 2, 0}, 3}, {{12, 8, 9, 24, 16, 3, 3, 2, 1}, 2},
    };
    static const fused_shape timed[] = {
        {{192, 32, 32, 32, 32, 3, 3, 1, 1}, 3},
        {{192, 16, 16, 64, 64, 3, 3, 1, 1}, 3},
        {{192, 8, 8, 128, 128, 3, 3, 1, 1}, 3},
    };
    return mx_check_get_mode(check) == MX_CHECK_BENCH
               ? check_shapes(check, timed, sizeof timed / sizeof *timed)
               : check_shapes(check, tested, sizeof tested / sizeof *tested);
}
