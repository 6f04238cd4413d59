#include "io/float_formats.h"

#include <stdint.h>
#include <string.h>

static float float_of_bits(uint32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void from_float32(float *out, const char *in, size_t stride, size_t count) {
    if (stride == sizeof *out)
        memcpy(out, in, count * sizeof *out);
    else
        for (size_t i = 0; i < count; i++)
            memcpy(out + i, in + i * stride, sizeof *out);
}

/* IEEE 754 binary16: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
static float of_half(uint16_t half) {
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = half >> 10 & 31u, fraction = half & 1023u;
    if (exponent == 31) return float_of_bits(sign | 0x7f800000u | fraction << 13);
    if (exponent != 0) return float_of_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13);
    const float subnormal = (float)fraction * 0x1p-24f;
    return sign ? -subnormal : subnormal;
}

static void from_float16(float *out, const char *in, size_t stride, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t half;
        memcpy(&half, in + i * stride, sizeof half);
        out[i] = of_half(half);
    }
}

/* The upper half of a float32. */
static void from_bfloat16(float *out, const char *in, size_t stride, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint16_t upper;
        memcpy(&upper, in + i * stride, sizeof upper);
        out[i] = float_of_bits((uint32_t)upper << 16);
    }
}

static void from_float64(float *out, const char *in, size_t stride, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, in + i * stride, sizeof value);
        out[i] = (float)value; /* IEEE 754: infinite when out of range */
    }
}

static const mx_element_type types[] = {
    {"F32", "FloatStorage", 4, true, from_float32},
    {"F16", "HalfStorage", 2, false, from_float16},
    {"BF16", "BFloat16Storage", 2, false, from_bfloat16},
    {"F64", "DoubleStorage", 8, false, from_float64},
    {"I64", "LongStorage", 8, false, NULL},
    {"I32", "IntStorage", 4, false, NULL},
    {"I16", "ShortStorage", 2, false, NULL},
    {"I8", "CharStorage", 1, false, NULL},
    {"U8", "ByteStorage", 1, false, NULL},
    {"BOOL", "BoolStorage", 1, false, NULL},
    {"U64", NULL, 8, false, NULL},
    {"U32", NULL, 4, false, NULL},
    {"U16", NULL, 2, false, NULL},
};

enum { N_TYPES = sizeof types / sizeof *types };

const mx_element_type *mx_element_type_of_dtype(const char *dtype) {
    for (int i = 0; i < N_TYPES; i++)
        if (strcmp(types[i].dtype, dtype) == 0) return &types[i];
    return NULL;
}

const mx_element_type *mx_element_type_of_storage(const char *storage) {
    for (int i = 0; i < N_TYPES; i++)
        if (types[i].storage && strcmp(types[i].storage, storage) == 0) return &types[i];
    return NULL;
}
