#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ops/conv_algorithms.h"
#include "ops/conv_tune_internal.h"

enum { CHECK_IMAGES = 2 };
static const double CHECK_LIMIT = 1e-3; /* of the largest value */

typedef struct answers {
    mx_conv_shape shape;
    mx_conv_operands operands;
    mx_tensor result;
    float *expected, *got;
} answers;

void mx_tune_warn(const mx_tune_candidate *candidate, const mx_tune_job *job) {
    char key[MX_TUNE_KEY_BYTES], params[128] = "";
    int used = 0;
    for (int i = 0; i < MX_CONV_PARAMS && candidate->algorithm->param_names[i]; i++)
        used += snprintf(params + used, sizeof params - (size_t)used, " %s=%d",
                         candidate->algorithm->param_names[i], candidate->params.v[i]);
    mx_tune_key(job, key);
    mx_warn("convolution algorithm %s%s is not used for %s: %s", candidate->algorithm->name, params, key,
            mx_error());
}

static mx_status answer(mx_conv_tuner *tuner, const answers *a, const mx_tune_job *job,
                        const mx_conv_algorithm *algorithm, const mx_conv_params *params, float *out) {
    const size_t bytes = mx_tensor_count(a->result) * sizeof *out;
    MX_TRY(algorithm->run(tuner->device, &a->shape, job->tuned.direction, params, &a->operands));
    return mx_buffer_read(a->result.buffer, 0, out, bytes);
}

static mx_status compare(const answers *a) {
    double largest = 0, error = 0;
    for (size_t i = 0; i < mx_tensor_count(a->result); i++) {
        const double off = fabs((double)a->got[i] - (double)a->expected[i]);
        largest = fmax(largest, fabs((double)a->expected[i]));
        if (!(off <= error)) error = off;
    }
    if (error <= CHECK_LIMIT * largest) return MX_OK;
    return mx_fail(MX_OPENCL, "its answer is off by %.2g, and the largest value is %.2g", error, largest);
}

/* The output begins as NaN, so that an element left out is found. */
static mx_status check(mx_conv_tuner *tuner, const answers *a, const mx_tune_job *job,
                       const mx_tune_candidate *candidate) {
    const size_t count = mx_tensor_count(a->result);
    for (size_t i = 0; i < count; i++)
        a->got[i] = NAN;
    MX_TRY(mx_buffer_write(a->result.buffer, 0, a->got, count * sizeof *a->got));
    MX_TRY(answer(tuner, a, job, candidate->algorithm, &candidate->params, a->got));
    return compare(a);
}

mx_status mx_tune_check_answers(mx_conv_tuner *tuner, const mx_tune_scratch *scratch, const mx_tune_job *job,
                                size_t n_candidates, int tier, bool built_in_only, size_t *right) {
    answers a = {.shape = job->tuned.shape};
    mx_status status;
    *right = 0;
    if (a.shape.n > CHECK_IMAGES) a.shape.n = CHECK_IMAGES;
    a.operands = mx_tune_operands(scratch, &a.shape, job->tuned.direction);
    a.result = mx_tune_result(&a.operands, job->tuned.direction);
    MX_GO(mx_alloc(&a.expected, mx_tensor_count(a.result), sizeof *a.expected));
    MX_GO(mx_alloc(&a.got, mx_tensor_count(a.result), sizeof *a.got));
    MX_GO(mx_context(answer(tuner, &a, job, &mx_conv_reference, &(mx_conv_params){0}, a.expected),
                     "the reference of a convolution"));
    for (size_t i = 0; i < n_candidates; i++) {
        mx_tune_candidate *candidate = &tuner->candidates[i];
        if (candidate->tier != tier || (built_in_only && !candidate->built_in)) continue;
        candidate->in = check(tuner, &a, job, candidate) == MX_OK;
        *right += candidate->in;
        if (!candidate->in) mx_tune_warn(candidate, job);
    }
done:
    free(a.expected);
    free(a.got);
    return status;
}
