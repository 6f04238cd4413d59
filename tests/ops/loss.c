/* The two losses over listed rows, their gradients, and the sum of losses. */
#include "ops/loss.h"

#include <math.h>

#include "ops/case.h"

enum { LOGITS, TARGETS, LIST, LOSSES, DLOGITS };

typedef enum kind { SOFT_CROSS_ENTROPY, SQUARED_DIFFERENCE } kind;

typedef struct loss_params {
    kind kind;
    mx_i32 rows, classes, first, count;
    float scale, span;
    mx_i32 begin, end; /* of the batch that the logits are; end 0: all of it */
} loss_params;

static mx_i32 end_of(const loss_params *p) {
    return p->end > 0 ? p->end : p->rows;
}

/* p_j of softmax, by its definition in a form that cannot overflow. */
static double probability(const float *logits, mx_i32 classes, mx_i32 j) {
    double inverse = 0.0;
    for (mx_i32 l = 0; l < classes; l++)
        inverse += exp((double)logits[l] - (double)logits[j]);
    return 1.0 / inverse;
}

static double log_probability(const float *logits, mx_i32 classes, mx_i32 j) {
    double most = (double)logits[0], sum = 0.0;
    for (mx_i32 l = 1; l < classes; l++)
        most = fmax(most, (double)logits[l]);
    for (mx_i32 l = 0; l < classes; l++)
        sum += exp((double)logits[l] - most);
    return (double)logits[j] - most - log(sum);
}

static double loss_of(const loss_params *p, const float *logits, const float *targets) {
    double sum = 0.0;
    for (mx_i32 j = 0; j < p->classes; j++)
        if (p->kind == SOFT_CROSS_ENTROPY)
            sum -= (double)targets[j] * log_probability(logits, p->classes, j);
        else
            sum += pow(probability(logits, p->classes, j) - (double)targets[j], 2) / p->classes;
    return sum;
}

/* d loss / d logits[i], through d p_j / d x_i = p_j ((i = j) - p_i). */
static double slope_of(const loss_params *p, const float *logits, const float *targets, mx_i32 i) {
    const double pi = probability(logits, p->classes, i);
    double sum = 0.0;
    for (mx_i32 j = 0; j < p->classes; j++) {
        const double pj = probability(logits, p->classes, j), step = (i == j ? 1.0 : 0.0) - pi;
        if (p->kind == SOFT_CROSS_ENTROPY)
            sum -= (double)targets[j] * step;
        else
            sum += 2.0 * (pj - (double)targets[j]) * pj * step / p->classes;
    }
    return sum;
}

static void reference(mx_case *c) {
    const loss_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[LOSSES]); i++)
        o[LOSSES].expected[i] = (double)o[LOSSES].values[i];
    for (size_t i = 0; i < mx_operand_count(&o[DLOGITS]); i++)
        o[DLOGITS].expected[i] = (double)o[DLOGITS].values[i];
    for (mx_i32 i = p->first; i < p->first + p->count; i++) {
        const mx_i32 listed = o[LIST].ints[i], row = (listed - p->begin) * p->classes;
        if (listed < p->begin || listed >= end_of(p)) continue;
        const float *logits = o[LOGITS].values + row,
                    *targets = o[TARGETS].values + listed * p->classes;
        o[LOSSES].expected[i] = loss_of(p, logits, targets);
        for (mx_i32 j = 0; j < p->classes; j++)
            o[DLOGITS].expected[row + j] = (double)p->scale * slope_of(p, logits, targets, j);
    }
}

/* Targets are distributions, the first of them one-hot, but the second sums to 3/2; the list is a
 * permutation of the rows. */
static void prepare(mx_case *c) {
    const loss_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[LOGITS]); i++)
        o[LOGITS].values[i] *= p->span;
    for (mx_i32 row = 0; row < p->rows; row++) {
        float *targets = o[TARGETS].values + row * p->classes, sum = 0.0f;
        for (mx_i32 j = 0; j < p->classes; j++) {
            targets[j] = row == 0 ? (j == 0 ? 1.0f : 0.0f) : fabsf(targets[j]);
            sum += targets[j];
        }
        for (mx_i32 j = 0; j < p->classes; j++)
            targets[j] *= (row == 1 ? 1.5f : 1.0f) / sum;
        o[LIST].ints[row] = p->rows - 1 - row;
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const loss_params *p = c->params;
    const mx_operand *o = c->operands;
    const mx_loss_rows rows = {o[LIST].tensor, p->first, p->count, p->scale, p->begin};
    return (p->kind == SOFT_CROSS_ENTROPY ? mx_soft_cross_entropy : mx_squared_difference)(
        device, o[LOGITS].tensor, o[TARGETS].tensor, rows, o[LOSSES].tensor, o[DLOGITS].tensor);
}

static double total(mx_case *c) {
    const loss_params *p = c->params;
    mx_operand *o = c->operands;
    double sum = 0.0;
    for (mx_i32 i = p->first; i < p->first + p->count; i++) {
        const mx_i32 row = o[LIST].ints[i] * p->classes;
        sum += (double)p->scale * loss_of(p, o[LOGITS].values + row, o[TARGETS].values + row);
    }
    return sum;
}

static mx_status check_loss(mx_check *check, loss_params p) {
    mx_case c = {.variant =
                     p.kind == SOFT_CROSS_ENTROPY ? "soft_cross_entropy" : "squared_difference",
                 .params = &p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run,
                 .loss = total};
    const mx_i32 part = end_of(&p) - p.begin;
    mx_case_name(&c, "%dx%d %d+%d part %d+%d span %g", p.rows, p.classes, p.first, p.count, p.begin,
                 part, (double)p.span);
    mx_case_add(&c, MX_INPUT, "logits", part, 1, 1, p.classes);
    mx_case_add(&c, MX_INPUT, "targets", p.rows, 1, 1, p.classes);
    mx_case_add(&c, MX_INPUT, "list", p.rows, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_INOUT, "losses", p.rows, 1, 1, 1);
    mx_case_add(&c, MX_INOUT, "dlogits", part, 1, 1, p.classes);
    mx_case_differentiate(&c, LOGITS, DLOGITS);
    return mx_check_case(check, &c);
}

static void reference_sum(mx_case *c) {
    const loss_params *p = c->params;
    mx_operand *o = c->operands;
    for (mx_i32 i = 0; i < p->classes; i++)
        o[1].expected[i] = (double)o[1].values[i];
    o[1].expected[1] = 0.0;
    for (mx_i32 i = p->first; i < p->first + p->count; i++)
        o[1].expected[1] += (double)p->scale * (double)o[0].values[i];
}

static mx_status run_sum(mx_device *device, mx_case *c) {
    const loss_params *p = c->params;
    return mx_loss_sum(device, c->operands[0].tensor, p->first, p->count, p->scale,
                       c->operands[1].tensor, 1);
}

static mx_status check_loss_sum(mx_check *check, mx_i32 rows, mx_i32 first, mx_i32 count) {
    enum { SLOTS = 4 };
    const loss_params p = {.first = first, .count = count, .classes = SLOTS, .scale = 0.25f};
    mx_case c = {.variant = "loss_sum", .params = &p, .reference = reference_sum, .run = run_sum};
    mx_case_name(&c, "%d rows %d+%d", rows, first, count);
    mx_case_add(&c, MX_INPUT, "losses", rows, 1, 1, 1);
    mx_case_add(&c, MX_INOUT, "sums", 1, 1, 1, SLOTS);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][4] = {
        {1, 2, 0, 1}, {20, 10, 0, 20}, {20, 10, 5, 9}, {150, 3, 70, 80}, {6, 100, 0, 2}};
    static const float spans[] = {2.0f, 80.0f};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const mx_i32 *s = shapes[i];
        /* Saturated rows alone have no gradient to measure an error by. */
        for (int j = 0; j < (s[0] > 1 ? 4 : 2); j++)
            MX_TRY(check_loss(check, (loss_params){(kind)(j % 2), s[0], s[1], s[2], s[3], 0.5f,
                                                   spans[j / 2], 0, 0}));
        for (mx_i32 begin = 0; begin < s[0]; begin += s[0] / 2 + 1)
            MX_TRY(check_loss(
                check, (loss_params){SQUARED_DIFFERENCE, s[0], s[1], s[2], s[3], 0.5f, 2.0f, begin,
                                     begin + s[0] / 2 + 1 < s[0] ? begin + s[0] / 2 + 1 : s[0]}));
        MX_TRY(check_loss_sum(check, s[0], s[2], s[3]));
    }
    return check_loss_sum(check, 10, 3, 0);
}

mx_status mx_check_loss(mx_check *check) {
    const mx_check_mode mode = mx_check_get_mode(check);
    if (mode == MX_CHECK_TEST) return test(check);
    for (kind k = SOFT_CROSS_ENTROPY; k <= SQUARED_DIFFERENCE; k++) {
        if (mode == MX_CHECK_GRAD)
            MX_TRY(check_loss(check, (loss_params){k, 4, 7, 0, 4, 1.0f, 2.0f, 0, 0}));
        else
            MX_TRY(check_loss(check, (loss_params){k, 192, 10, 64, 128, 1.0f, 2.0f, 0, 0}));
    }
    return MX_OK;
}
