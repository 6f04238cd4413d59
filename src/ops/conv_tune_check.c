#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "ops/conv_algorithms.h"
#include "ops/conv_tune_internal.h"

static const double CHECK_LIMIT = 1e-3; /* of the largest value */

static mx_status run(const mx_tune_answer *a, mx_device *device, const mx_conv_algorithm *algorithm,
                     const mx_conv_params *params, float *out) {
    MX_TRY(algorithm->run(device, &a->shape, a->direction, params, &a->operands));
    return mx_buffer_read(a->result.buffer, 0, out, mx_tensor_count(a->result) * sizeof *out);
}

mx_status mx_tune_answer_init(mx_tune_answer *a, mx_device *device, const mx_tune_scratch *scratch,
                              const mx_tune_job *job) {
    *a = (mx_tune_answer){.direction = job->tuned.direction, .shape = job->tuned.shape};
    if (a->shape.n > MX_TUNE_CHECK_IMAGES) a->shape.n = MX_TUNE_CHECK_IMAGES;
    a->operands = mx_tune_operands(scratch, &a->shape, a->direction);
    a->result = mx_tune_result(&a->operands, a->direction);
    MX_TRY(mx_alloc(&a->expected, mx_tensor_count(a->result), sizeof *a->expected));
    MX_TRY(mx_alloc(&a->got, mx_tensor_count(a->result), sizeof *a->got));
    return mx_context(run(a, device, &mx_conv_reference, &(mx_conv_params){0}, a->expected),
                      "the reference of a convolution");
}

void mx_tune_answer_release(mx_tune_answer *a) {
    free(a->expected);
    free(a->got);
}

static mx_status compare(const mx_tune_answer *a) {
    double largest = 0, error = 0;
    for (size_t i = 0; i < mx_tensor_count(a->result); i++) {
        const double off = fabs((double)a->got[i] - (double)a->expected[i]);
        largest = fmax(largest, fabs((double)a->expected[i]));
        if (!isfinite(off)) error = INFINITY;
        error = fmax(error, off);
    }
    if (error <= CHECK_LIMIT * largest) return MX_OK;
    return mx_fail(MX_OPENCL, "its answer is off by %.2g where the largest value is %.2g", error,
                   largest);
}

/* The output begins as NaN, so that an element left out is found. */
mx_status mx_tune_answer_check(const mx_tune_answer *a, mx_device *device,
                               const mx_tune_candidate *candidate) {
    const size_t count = mx_tensor_count(a->result);
    for (size_t i = 0; i < count; i++)
        a->got[i] = NAN;
    MX_TRY(mx_buffer_write(a->result.buffer, 0, a->got, count * sizeof *a->got));
    MX_TRY(run(a, device, candidate->algorithm, &candidate->params, a->got));
    return compare(a);
}
