/* Gradients of the device against central differences of the C forward. */
#include <math.h>
#include <string.h>

#include "ops/check_internal.h"

enum { SAMPLES = 12 };

static const float STEP = 1e-3f;

/* The slope of c->loss along one value, over a span of about 2 x step. */
static double slope_at(mx_case *c, float *value, float step) {
    const float kept = *value, above = kept + step, below = kept - step;
    *value = above;
    const double high = c->loss(c);
    *value = below;
    const double low = c->loss(c);
    *value = kept;
    return (high - low) / ((double)above - (double)below);
}

typedef struct sample {
    size_t at;
    double slope, got;
    bool smooth;
} sample;

/* Spans that cross a kink of the loss disagree with shorter ones. */
static void take(mx_case *c, mx_operand *by, const unsigned char *back, double limit, sample *s) {
    float got;
    memcpy(&got, back + 4 * s->at, sizeof got);
    s->got = (double)got;
    s->slope = slope_at(c, &by->values[s->at], STEP);
    const double shorter = slope_at(c, &by->values[s->at], STEP / 4);
    s->smooth = fabs(s->slope - shorter) <= limit / 4 * fmax(fabs(s->slope), 1e-2);
}

static void judge(const mx_operand *gradient, const sample *samples, size_t count, double limit,
                  mx_verdict *verdict) {
    double most = 0.0;
    size_t smooth = 0;
    for (size_t i = 0; i < count; i++) {
        if (!samples[i].smooth) continue;
        smooth++;
        most = fmax(most, fabs(samples[i].slope));
    }
    if (most == 0.0) most = 1.0;
    for (size_t i = 0; i < count; i++) {
        if (!samples[i].smooth) continue;
        const double error = fabs(samples[i].got - samples[i].slope) / most;
        if (error <= verdict->error) continue;
        verdict->error = isnan(error) ? INFINITY : error;
        if (error <= limit) continue;
        snprintf(verdict->problem, sizeof verdict->problem,
                 "%s[%zu] is %.8g, the slope is %.8g (error %.1e)", gradient->name, samples[i].at,
                 samples[i].got, samples[i].slope, error);
    }
    if (2 * smooth < count)
        snprintf(verdict->problem, sizeof verdict->problem, "%s: only %zu of %zu places are smooth",
                 gradient->name, smooth, count);
}

mx_status mx_judge_gradients(const mx_case_memory *memory, mx_case *c, double limit, uint64_t seed,
                             mx_verdict *verdict) {
    if (c->n_gradients == 0)
        return mx_fail(MX_INTERNAL, "case %s has no gradient to check", c->name);
    for (int g = 0; g < c->n_gradients; g++) {
        mx_operand *by = &c->operands[c->gradients[g].by];
        const mx_operand *gradient = &c->operands[c->gradients[g].gradient];
        const unsigned char *back =
            memory->buffers[gradient->memory].back + mx_operand_offset(gradient);
        const size_t elements = mx_operand_count(by),
                     count = elements < SAMPLES ? elements : SAMPLES;
        sample samples[SAMPLES];
        for (size_t i = 0; i < count; i++) {
            const mx_random random =
                mx_philox((mx_u32)i, (mx_u32)g, 1, MX_STREAM_TEST, (mx_u32)seed, 0);
            samples[i].at = elements <= SAMPLES ? i : random.v[0] % elements;
            take(c, by, back, limit, &samples[i]);
        }
        judge(gradient, samples, count, limit, verdict);
    }
    return MX_OK;
}
