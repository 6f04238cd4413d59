/* The kernels that measure a device's peaks do what they are counted for. */
#include "ops/peak.h"

#include "ops/case.h"

enum { X, Y };
enum { COPY = -1 }; /* else rounds of mx_peak_fma */

static void reference(mx_case *c) {
    const mx_i32 rounds = *(const mx_i32 *)c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[X]); i++) {
        const double x = (double)o[X].values[i];
        if (rounds == COPY) o[Y].expected[i] = x;
        for (int j = 0; rounds != COPY && j < MX_PEAK_CHAINS; j++) {
            double chain = x + j;
            for (int round = 0; round < rounds; round++)
                chain = chain * (double)MX_PEAK_SCALE + (double)MX_PEAK_SHIFT;
            o[Y].expected[i] += chain;
        }
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const mx_i32 rounds = *(const mx_i32 *)c->params;
    const mx_operand *o = c->operands;
    if (rounds == COPY) return mx_peak_copy(device, o[X].tensor, o[Y].tensor);
    return mx_peak_fma(device, o[X].tensor, rounds, o[Y].tensor);
}

static mx_status check_peak(mx_check *check, mx_i32 count, mx_i32 rounds) {
    mx_case c = {.variant = rounds == COPY ? "copy" : "fma",
                 .params = &rounds,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%d x %d", count, rounds == COPY ? 1 : rounds);
    mx_case_add(&c, MX_INPUT, "x", 1, 1, 1, count);
    mx_case_add(&c, MX_OUTPUT, "y", 1, 1, 1, count);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 counts[] = {1, 15, 16, 17, 1031}, rounds[] = {COPY, 0, 1, 2, 7};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (size_t j = 0; j < sizeof rounds / sizeof *rounds; j++)
            MX_TRY(check_peak(check, counts[i], rounds[j]));
    return MX_OK;
}

mx_status mx_check_peak(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        return MX_OK;
    case MX_CHECK_BENCH:
        MX_TRY(check_peak(check, 1 << 24, COPY));
        return check_peak(check, 1 << 16, 4096);
    default:
        return test(check);
    }
}
