#include "ops/conv_meetings.h"

/* An input pixel, a tap and an output pixel that meet. */
typedef struct meeting {
    size_t input, tap, output;
} meeting;

typedef void meet(const mx_conv_shape *s, mx_conv_arrays a, meeting m, double *out);

/* Visits all meetings, outputs first; input pixels outside of the picture are zero and left out. */
static void for_each_meeting(const mx_conv_shape *s, mx_conv_arrays a, meet *visit, double *out) {
    const mx_i32 oh = mx_conv_out_height(s), ow = mx_conv_out_width(s);
    for (mx_i32 output = 0; output < s->n * oh * ow; output++)
        for (mx_i32 tap = 0; tap < s->r * s->s; tap++) {
            const mx_i32 n = output / (oh * ow);
            const mx_i32 iy = output / ow % oh * s->stride - s->pad + tap / s->s;
            const mx_i32 ix = output % ow * s->stride - s->pad + tap % s->s;
            if (iy < 0 || iy >= s->h || ix < 0 || ix >= s->w) continue;
            const mx_i32 input = (n * s->h + iy) * s->w + ix;
            visit(s, a, (meeting){(size_t)input, (size_t)tap, (size_t)output}, out);
        }
}

/* y[k] += x[c] weight[c][k] */
static void add_to_y(const mx_conv_shape *s, mx_conv_arrays a, meeting m, double *out) {
    const float *x = a.x + m.input * (size_t)s->c;
    const float *weight = a.weight + m.tap * (size_t)s->c * (size_t)s->k;
    double *y = out + m.output * (size_t)s->k;
    for (mx_i32 c = 0; c < s->c; c++)
        for (mx_i32 k = 0; k < s->k; k++)
            y[k] += (double)x[c] * (double)weight[c * s->k + k];
}

static void add_to_x(const mx_conv_shape *s, mx_conv_arrays a, meeting m, double *out) {
    double *x = out + m.input * (size_t)s->c;
    const float *weight = a.weight + m.tap * (size_t)s->c * (size_t)s->k;
    const float *y = a.y + m.output * (size_t)s->k;
    for (mx_i32 c = 0; c < s->c; c++)
        for (mx_i32 k = 0; k < s->k; k++)
            x[c] += (double)y[k] * (double)weight[c * s->k + k];
}

static void add_to_weight(const mx_conv_shape *s, mx_conv_arrays a, meeting m, double *out) {
    const float *x = a.x + m.input * (size_t)s->c;
    double *weight = out + m.tap * (size_t)s->c * (size_t)s->k;
    const float *y = a.y + m.output * (size_t)s->k;
    for (mx_i32 c = 0; c < s->c; c++)
        for (mx_i32 k = 0; k < s->k; k++)
            weight[c * s->k + k] += (double)x[c] * (double)y[k];
}

void mx_conv_add_meetings(const mx_conv_shape *shape, mx_conv_direction direction,
                          mx_conv_arrays arrays, double *out) {
    static meet *const directions[] = {[MX_CONV_FORWARD] = add_to_y,
                                       [MX_CONV_BACKWARD_DATA] = add_to_x,
                                       [MX_CONV_BACKWARD_WEIGHTS] = add_to_weight};
    for_each_meeting(shape, arrays, directions[direction], out);
}
