/* Operands in device memory: every one at an offset of its own, guard words around it. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ops/check_internal.h"

/* Words before and after each operand; after the last of a buffer enough for a stray work-group. */
enum { GUARD = MX_TENSOR_ALIGN, LAST_GUARD = 4096 };

/* Around outputs: a number that no op maps to itself. Around inputs there is NaN, which shows where
 * it was read. */
static const float OUTPUT_GUARD = -77777.7f;

float mx_fill_value(void) {
    const mx_u32 word = MX_FILL_WORD;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static size_t element_bytes(const mx_operand *operand) {
    return operand->element == MX_BYTE ? 1 : 4;
}

size_t mx_operand_offset(const mx_operand *operand) {
    return operand->tensor.offset * element_bytes(operand);
}

size_t mx_operand_bytes(const mx_operand *operand) {
    return mx_operand_count(operand) * element_bytes(operand);
}

/* FNV-1a: inputs follow from the case alone, so that a filtered run repeats them. */
static mx_u32 hash_of(const mx_check *check, const mx_case *c) {
    const char *const parts[] = {check->op->stem, c->variant, c->name};
    mx_u32 hash = 2166136261u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (const char *at = parts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 16777619u;
    return hash;
}

/* Every operand at another offset, so that a kernel that takes one for another is found; half of
 * the cases at offsets that no vector is aligned to. */
static mx_u32 first_offset(const mx_operand *operand, int index, bool aligned) {
    if (operand->bare) return 0;
    return (mx_u32)(GUARD * (index + 1) + (aligned ? 0 : 4 * index + 1));
}

static void lay_out(mx_case_memory *memory, mx_case *c, bool aligned) {
    for (int i = 0; i < c->n_operands; i++) {
        mx_operand *operand = &c->operands[i];
        if (operand->role == MX_ABSENT) continue;
        if (operand->joined) {
            operand->memory = memory->count - 1;
            const size_t used = memory->buffers[operand->memory].bytes / sizeof(float);
            operand->tensor.offset = (mx_u32)(used + (aligned ? 0 : 1));
        } else {
            operand->memory = memory->count++;
            operand->tensor.offset = first_offset(operand, i, aligned);
        }
        const size_t end = mx_operand_offset(operand) + mx_operand_bytes(operand);
        memory->buffers[operand->memory].bytes = (end + 3) / 4 * 4 + GUARD * sizeof(float);
    }
    for (size_t i = 0; i < memory->count; i++)
        memory->buffers[i].bytes += LAST_GUARD * sizeof(float);
}

static mx_status allocate(mx_case_memory *memory, mx_check *check, mx_case *c) {
    for (int i = 0; i < c->n_operands; i++) {
        mx_operand *operand = &c->operands[i];
        if (operand->role == MX_ABSENT) continue;
        const size_t at = operand->memory, bytes = memory->buffers[at].bytes;
        const bool first = !operand->joined, compared = check->options.mode != MX_CHECK_BENCH;
        if (first) MX_TRY(mx_alloc(&memory->buffers[at].image, bytes, 1));
        if (first && compared) MX_TRY(mx_alloc(&memory->buffers[at].back, bytes, 1));
        if (first && operand->role != MX_HOST)
            MX_TRY(mx_buffer_create(&memory->buffers[at].device, check->device, bytes));
        operand->tensor.buffer = memory->buffers[at].device;
        operand->values = (float *)(void *)(memory->buffers[at].image + mx_operand_offset(operand));
        const bool expects =
            operand->role == MX_OUTPUT || operand->role == MX_INOUT || operand->role == MX_HOST;
        if (expects && compared)
            MX_TRY(mx_alloc(&operand->expected, mx_operand_count(operand), sizeof(double)));
    }
    return MX_OK;
}

bool mx_operand_is_written(const mx_operand *operand) {
    return operand->role == MX_OUTPUT || operand->role == MX_INOUT || operand->role == MX_WORKSPACE;
}

static void fill_words(unsigned char *bytes, size_t count, float value) {
    for (size_t at = 0; at < count; at += sizeof value)
        memcpy(bytes + at, &value, sizeof value);
}

static void fill_uniform(mx_operand *operand, mx_u32 index, mx_u32 hash, uint64_t seed) {
    const size_t count = mx_operand_count(operand);
    for (size_t i = 0; i < count; i += 4) {
        const mx_random random = mx_philox((mx_u32)(i / 4), index, hash, MX_STREAM_TEST,
                                           (mx_u32)seed, (mx_u32)(seed >> 32));
        for (size_t j = 0; j < 4 && i + j < count; j++)
            operand->values[i + j] = 2.0f * mx_unit(random.v[j]) - 1.0f;
    }
}

static void fill_operand(mx_operand *operand, mx_u32 index, mx_u32 hash, uint64_t seed) {
    if (operand->role == MX_OUTPUT || operand->role == MX_WORKSPACE)
        fill_words(operand->bytes, mx_operand_bytes(operand), mx_fill_value());
    else if (operand->element == MX_FLOAT)
        fill_uniform(operand, index, hash, seed);
    else
        memset(operand->bytes, 0, mx_operand_bytes(operand));
}

static void fill(mx_case_memory *memory, const mx_check *check, mx_case *c, mx_u32 hash) {
    for (int i = 0; i < c->n_operands; i++) {
        const mx_operand *operand = &c->operands[i];
        if (operand->role == MX_ABSENT || operand->joined) continue;
        fill_words(memory->buffers[operand->memory].image, memory->buffers[operand->memory].bytes,
                   mx_operand_is_written(operand) ? OUTPUT_GUARD : mx_fill_value());
    }
    for (int i = 0; i < c->n_operands; i++)
        if (c->operands[i].role != MX_ABSENT)
            fill_operand(&c->operands[i], (mx_u32)i, hash, check->options.seed);
    if (c->prepare) c->prepare(c);
}

mx_status mx_case_memory_init(mx_case_memory *memory, mx_check *check, mx_case *c) {
    const mx_u32 hash = hash_of(check, c);
    lay_out(memory, c, hash % 2 == 0);
    MX_TRY(allocate(memory, check, c));
    fill(memory, check, c, hash);
    for (size_t i = 0; i < memory->count; i++)
        if (memory->buffers[i].device)
            MX_TRY(mx_buffer_write(memory->buffers[i].device, 0, memory->buffers[i].image,
                                   memory->buffers[i].bytes));
    return MX_OK;
}

mx_status mx_case_memory_read(mx_case_memory *memory) {
    for (size_t i = 0; i < memory->count; i++)
        if (memory->buffers[i].device)
            MX_TRY(mx_buffer_read(memory->buffers[i].device, 0, memory->buffers[i].back,
                                  memory->buffers[i].bytes));
    return MX_OK;
}

void mx_case_memory_release(mx_case_memory *memory, mx_case *c) {
    for (size_t i = 0; i < memory->count; i++) {
        mx_buffer_release(memory->buffers[i].device);
        free(memory->buffers[i].image);
        free(memory->buffers[i].back);
    }
    for (int i = 0; i < c->n_operands; i++)
        free(c->operands[i].expected);
    *memory = (mx_case_memory){0};
}
