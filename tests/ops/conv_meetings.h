/* Convolution by its definition, in C: what the kernels are held against. */
#ifndef MX_TESTS_CONV_MEETINGS_H
#define MX_TESTS_CONV_MEETINGS_H

#include "ops/conv.h"

/* x[n][h][w][c], weight[r][s][c][k], y[n][oh][ow][k]. */
typedef struct mx_conv_arrays {
    const float *x, *weight, *y;
} mx_conv_arrays;

/* Adds what a direction makes of two of the arrays to `out`, which has the third's shape. */
void mx_conv_add_meetings(const mx_conv_shape *shape, mx_conv_direction direction,
                          mx_conv_arrays arrays, double *out);

#endif
