/* Sums over guessed labels. */
#include "ops/guess.h"

#include <math.h>

#include "ops/case.h"

enum { TARGETS, LABELS, TALLY };

static mx_i32 best_class(const float *guess, mx_i32 classes) {
    mx_i32 best = 0;
    for (mx_i32 c = 1; c < classes; c++)
        if (guess[c] > guess[best]) best = c;
    return best;
}

static void reference(mx_case *c) {
    mx_operand *o = c->operands;
    const mx_i32 rows = o[TARGETS].tensor.n, classes = o[TARGETS].tensor.c;
    const mx_i32 most = (o[TALLY].tensor.c - classes) / 3;
    double *tally = o[TALLY].expected;
    for (mx_i32 i = 0; i < o[TALLY].tensor.c; i++)
        tally[i] = (double)o[TALLY].values[i];
    for (mx_i32 row = 0; row < rows; row++) {
        const float *guess = o[TARGETS].values + row * classes;
        const mx_i32 best = best_class(guess, classes), label = o[LABELS].ints[row];
        for (mx_i32 j = 0; j < classes; j++)
            tally[j] += (double)guess[j];
        tally[classes + row] += (double)guess[best];
        tally[classes + most + row] += label == best;
        tally[classes + 2 * most + row] += label >= 0;
    }
}

/* Some labels are the best class, some another, and some are not known. */
static void prepare(mx_case *c) {
    mx_operand *o = c->operands;
    const mx_i32 classes = o[TARGETS].tensor.c;
    for (size_t i = 0; i < mx_operand_count(&o[TARGETS]); i++)
        o[TARGETS].values[i] = fabsf(o[TARGETS].values[i]);
    for (mx_i32 row = 0; row < o[LABELS].tensor.n; row++) {
        const mx_i32 best = best_class(o[TARGETS].values + row * classes, classes);
        o[LABELS].ints[row] = row % 3 == 0 ? -1 : row % 3 == 1 ? best : row % classes;
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const mx_operand *o = c->operands;
    return mx_guess_tally(device, o[TARGETS].tensor, o[LABELS].tensor, o[TALLY].tensor);
}

static mx_status check_shape(mx_check *check, mx_i32 rows, mx_i32 classes, mx_i32 most) {
    mx_case c = {.variant = "tally", .prepare = prepare, .reference = reference, .run = run};
    mx_case_name(&c, "%dx%d of %d", rows, classes, most);
    mx_case_add(&c, MX_INPUT, "guesses", rows, 1, 1, classes);
    mx_case_add(&c, MX_INPUT, "labels", rows, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_INOUT, "tally", 1, 1, 1, classes + 3 * most);
    return mx_check_case(check, &c);
}

mx_status mx_check_guess(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_TEST:
        MX_TRY(check_shape(check, 1, 2, 1));
        MX_TRY(check_shape(check, 64, 10, 64));
        MX_TRY(check_shape(check, 17, 10, 64));
        return check_shape(check, 3, 1000, 5);
    case MX_CHECK_BENCH:
        return check_shape(check, 64, 10, 64);
    default:
        return MX_OK;
    }
}
