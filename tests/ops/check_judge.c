/* Outputs against what was expected; everything else against what it was. */
#include <math.h>
#include <string.h>

#include "ops/check_internal.h"

static mx_u32 word_at(const unsigned char *bytes) {
    mx_u32 word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The value that the device left, and whether it left one at all. */
static double value_at(const mx_operand *operand, const unsigned char *back, size_t i,
                       bool *written) {
    const mx_u32 word = word_at(back + 4 * i);
    *written = word != MX_FILL_WORD;
    if (operand->element == MX_INT) return (double)(mx_i32)word;
    float value;
    memcpy(&value, &word, sizeof value);
    return (double)value;
}

/* |got - expected|; 0 for two equal infinities or two NaNs, infinite where only one is finite. */
static double distance(double got, double expected) {
    if (got == expected || (isnan(got) && isnan(expected))) return 0.0;
    return isfinite(got) && isfinite(expected) ? fabs(got - expected) : INFINITY;
}

static double largest(const mx_operand *operand) {
    double most = 0.0;
    for (size_t i = 0; i < mx_operand_count(operand); i++)
        if (isfinite(operand->expected[i])) most = fmax(most, fabs(operand->expected[i]));
    return most > 0.0 ? most : 1.0;
}

static void judge_output(const mx_operand *operand, const unsigned char *back, double limit,
                         mx_verdict *verdict) {
    /* Integers are right or wrong. */
    const double scale = operand->element == MX_INT ? 0.0 : largest(operand);
    for (size_t i = 0; i < mx_operand_count(operand); i++) {
        bool written;
        const double got = value_at(operand, back, i, &written), expected = operand->expected[i];
        const double away = written ? distance(got, expected) : INFINITY;
        const double error = away == 0.0 ? 0.0 : away / scale;
        if (error <= verdict->error) continue;
        verdict->error = error;
        if (error <= limit) continue;
        if (written)
            snprintf(verdict->problem, sizeof verdict->problem,
                     "%s[%zu] is %.8g, not %.8g (error %.1e)", operand->name, i, got, expected,
                     error);
        else
            snprintf(verdict->problem, sizeof verdict->problem, "%s[%zu] was not written",
                     operand->name, i);
    }
}

void mx_judge_outputs(const mx_case_memory *memory, const mx_case *c, double limit,
                      mx_verdict *verdict) {
    for (int i = 0; i < c->n_operands; i++) {
        const mx_operand *operand = &c->operands[i];
        if (mx_operand_is_written(operand) && operand->role != MX_WORKSPACE)
            judge_output(operand,
                         memory->buffers[operand->memory].back + mx_operand_offset(operand), limit,
                         verdict);
    }
}

/* The operand of buffer `at` that byte `byte` belongs to, or the nearest one before it. */
static const mx_operand *owner_of(const mx_case *c, size_t at, size_t byte, bool *inside) {
    const mx_operand *owner = NULL;
    for (int i = 0; i < c->n_operands; i++) {
        const mx_operand *operand = &c->operands[i];
        if (operand->role == MX_ABSENT || operand->memory != at) continue;
        if (!owner || mx_operand_offset(operand) <= byte) owner = operand;
    }
    const size_t first = mx_operand_offset(owner);
    *inside = byte >= first && byte < first + mx_operand_bytes(owner);
    return owner;
}

static void judge_buffer(const mx_case_memory *memory, const mx_case *c, size_t at,
                         mx_verdict *verdict) {
    const unsigned char *image = memory->buffers[at].image, *back = memory->buffers[at].back;
    for (size_t byte = 0; byte < memory->buffers[at].bytes; byte++) {
        if (image[byte] == back[byte]) continue;
        bool inside;
        const mx_operand *owner = owner_of(c, at, byte, &inside);
        if (inside && mx_operand_is_written(owner)) continue;
        const long long element = ((long long)byte - (long long)mx_operand_offset(owner)) /
                                  (owner->element == MX_BYTE ? 1 : 4);
        verdict->error = INFINITY;
        snprintf(verdict->problem, sizeof verdict->problem, "%s[%lld] was written, %s", owner->name,
                 element, inside ? "an input" : "outside of it");
        return;
    }
}

void mx_judge_memory(const mx_case_memory *memory, const mx_case *c, mx_verdict *verdict) {
    for (size_t i = 0; i < memory->count; i++)
        if (memory->buffers[i].device) judge_buffer(memory, c, i, verdict);
}
