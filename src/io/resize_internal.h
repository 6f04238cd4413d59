/* What the files resize*.c share. */
#ifndef MX_IO_RESIZE_INTERNAL_H
#define MX_IO_RESIZE_INTERNAL_H

#include "io/resize.h"

/* Weights have as many fraction bits as a sum of 8-bit products leaves room for, two to spare. */
enum { MX_RESIZE_BITS = 32 - 8 - 2 };

/* The weights of one axis: output i is the sum of weight[i * stride + k] * input[first[i] + k] for
 * k < count[i]; further weights are 0. */
typedef struct mx_resize_filter {
    int stride;
    int *first, *count;
    int32_t *weight;
} mx_resize_filter;

/* The same sums by wider vectors, where the processor has AVX2. The first filters the columns of
 * some of the first rows of an RGB picture to `width` and returns how many it did, the second makes
 * the first bytes of a row out of `count` rows, row_bytes apart, and returns how many it made. */
int mx_resize_columns_fast(uint8_t *out, int width, const mx_image *in, const mx_resize_filter *f);
size_t mx_resize_row_fast(uint8_t *out, const uint8_t *in, size_t row_bytes, const int32_t *weight,
                          int count);

#endif
