/* Average pooling of whole pictures, and max pooling. */
#include "ops/pool.h"

#include <math.h>

#include "ops/case.h"

/* Y is dy, and INDEX an input, in backward. */
enum { X, Y, INDEX, DX };

typedef struct pool_params {
    mx_i32 n, h, w, c;
    mx_i32 size, stride, pad; /* size 0: the average */
    bool backward, accumulate, ties;
} pool_params;

static mx_i32 out_height(const pool_params *p) {
    return p->size ? mx_max_pool_size(p->h, p->size, p->stride, p->pad) : 1;
}

static mx_i32 out_width(const pool_params *p) {
    return p->size ? mx_max_pool_size(p->w, p->size, p->stride, p->pad) : 1;
}

static size_t pixel_at(const pool_params *p, mx_i32 n, mx_i32 pixel, mx_i32 channel) {
    return (size_t)((n * p->h * p->w + pixel) * p->c + channel);
}

/* The first of the largest pixels in the window of output (oy, ox); of NaNs, the last, as torch has
 * it. */
static mx_i32 winner(const pool_params *p, const float *x, mx_i32 n, mx_i32 oy, mx_i32 ox,
                     mx_i32 channel) {
    mx_i32 best = -1;
    for (mx_i32 i = 0; i < p->size * p->size; i++) {
        const mx_i32 y = oy * p->stride - p->pad + i / p->size,
                     column = ox * p->stride - p->pad + i % p->size;
        if (y < 0 || y >= p->h || column < 0 || column >= p->w) continue;
        const mx_i32 pixel = y * p->w + column;
        const float v = x[pixel_at(p, n, pixel, channel)];
        if (best < 0 || v > x[pixel_at(p, n, best, channel)] || isnan(v)) best = pixel;
    }
    return best;
}

/* Output i of all: its image, place and channel. */
typedef struct place {
    mx_i32 n, y, x, channel;
} place;

static place place_of(const pool_params *p, size_t i) {
    const mx_i32 at = (mx_i32)i, oh = out_height(p), ow = out_width(p);
    return (place){at / p->c / ow / oh, at / p->c / ow % oh, at / p->c % ow, at % p->c};
}

static double average_at(const pool_params *p, const float *x, place to) {
    double sum = 0.0;
    for (mx_i32 pixel = 0; pixel < p->h * p->w; pixel++)
        sum += (double)x[pixel_at(p, to.n, pixel, to.channel)];
    return sum / (p->h * p->w);
}

static void reference_forward(mx_case *c) {
    const pool_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++) {
        const place to = place_of(p, i);
        if (p->size == 0) {
            o[Y].expected[i] = average_at(p, o[X].values, to);
            continue;
        }
        const mx_i32 pixel = winner(p, o[X].values, to.n, to.y, to.x, to.channel);
        o[INDEX].expected[i] = pixel;
        o[Y].expected[i] = (double)o[X].values[pixel_at(p, to.n, pixel, to.channel)];
    }
}

static void reference_backward(mx_case *c) {
    const pool_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; p->accumulate && i < mx_operand_count(&o[DX]); i++)
        o[DX].expected[i] = (double)o[DX].values[i];
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++) {
        const place from = place_of(p, i);
        const double dy = (double)o[Y].values[i];
        for (mx_i32 pixel = 0; p->size == 0 && pixel < p->h * p->w; pixel++)
            o[DX].expected[pixel_at(p, from.n, pixel, from.channel)] += dy / (p->h * p->w);
        if (p->size) o[DX].expected[pixel_at(p, from.n, o[INDEX].ints[i], from.channel)] += dy;
    }
}

static void prepare(mx_case *c) {
    const pool_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; p->ties && i < mx_operand_count(&o[X]); i++)
        o[X].values[i] = roundf(2.0f * o[X].values[i]) / 2.0f;
    if (p->ties && !p->backward && p->size) o[X].values[mx_operand_count(&o[X]) / 2] = NAN;
    for (size_t i = 0; p->backward && p->size && i < mx_operand_count(&o[Y]); i++) {
        const place to = place_of(p, i);
        o[INDEX].ints[i] = winner(p, o[X].values, to.n, to.y, to.x, to.channel);
    }
}

static mx_status run(mx_device *device, mx_case *c) {
    const pool_params *p = c->params;
    const mx_operand *o = c->operands;
    if (p->backward && p->size)
        return mx_max_backward(device, o[Y].tensor, o[INDEX].tensor, p->size, p->stride, p->pad,
                               o[DX].tensor, p->accumulate);
    if (p->backward) return mx_average_backward(device, o[Y].tensor, o[DX].tensor, p->accumulate);
    if (p->size)
        return mx_max_forward(device, o[X].tensor, p->size, p->stride, p->pad, o[Y].tensor,
                              o[INDEX].tensor);
    return mx_average_forward(device, o[X].tensor, o[Y].tensor);
}

static double loss(mx_case *c) {
    const pool_params *p = c->params;
    const mx_operand *o = c->operands;
    double sum = 0.0;
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++) {
        const place to = place_of(p, i);
        double y;
        if (p->size == 0)
            y = average_at(p, o[X].values, to);
        else
            y = (double)o[X].values[pixel_at(
                p, to.n, winner(p, o[X].values, to.n, to.y, to.x, to.channel), to.channel)];
        sum += y * (double)o[Y].values[i];
    }
    return sum;
}

static mx_status check_shape(mx_check *check, pool_params p) {
    static const char *const names[2][2] = {{"average_forward", "average_backward"},
                                            {"max_forward", "max_backward"}};
    mx_case c = {.variant = names[p.size != 0][p.backward],
                 .params = &p,
                 .prepare = prepare,
                 .reference = p.backward ? reference_backward : reference_forward,
                 .run = run,
                 .loss = loss};
    mx_case_name(&c, "%dx%dx%dx%d %d/%d p%d%s%s", p.n, p.h, p.w, p.c, p.size, p.stride, p.pad,
                 p.ties ? " ties" : "", p.accumulate ? " add" : "");
    mx_case_add(&c, p.backward ? MX_HOST : MX_INPUT, "x", p.n, p.h, p.w, p.c);
    mx_case_add(&c, p.backward ? MX_INPUT : MX_OUTPUT, "y", p.n, out_height(&p), out_width(&p),
                p.c);
    mx_case_add(&c,
                !p.size      ? MX_ABSENT
                : p.backward ? MX_INPUT
                             : MX_OUTPUT,
                "index", p.n, out_height(&p), out_width(&p), p.c)
        ->element = MX_INT;
    mx_case_add(&c,
                !p.backward    ? MX_ABSENT
                : p.accumulate ? MX_INOUT
                               : MX_OUTPUT,
                "dx", p.n, p.h, p.w, p.c);
    mx_case_differentiate(&c, X, DX);
    return mx_check_case(check, &c);
}

static mx_status both_ways(mx_check *check, pool_params p) {
    MX_TRY(check_shape(check, p));
    p.backward = true;
    MX_TRY(check_shape(check, p));
    p.accumulate = true;
    return check_shape(check, p);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][4] = {
        {1, 1, 1, 1}, {2, 4, 4, 3}, {3, 7, 5, 16}, {2, 8, 9, 20}, {1, 12, 12, 64}};
    static const mx_i32 windows[][3] = {{2, 2, 0}, {3, 2, 1}, {3, 1, 1},
                                        {2, 3, 1}, {3, 3, 0}, {5, 2, 2}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        pool_params p = {
            .n = shapes[i][0], .h = shapes[i][1], .w = shapes[i][2], .c = shapes[i][3]};
        MX_TRY(both_ways(check, p));
        for (size_t j = 0; j < sizeof windows / sizeof *windows; j++) {
            p.size = windows[j][0], p.stride = windows[j][1], p.pad = windows[j][2];
            if (p.h + 2 * p.pad < p.size || p.w + 2 * p.pad < p.size) continue;
            p.ties = j % 2;
            MX_TRY(both_ways(check, p));
        }
    }
    return MX_OK;
}

static mx_status grad(mx_check *check) {
    MX_TRY(check_shape(check, (pool_params){.n = 2, .h = 3, .w = 4, .c = 5, .backward = true}));
    return check_shape(check, (pool_params){2, 7, 6, 3, 3, 2, 1, .backward = true});
}

static mx_status bench(mx_check *check) {
    for (int backward = 0; backward < 2; backward++) {
        MX_TRY(check_shape(check, (pool_params){192, 8, 8, 128, .backward = backward}));
        MX_TRY(check_shape(check, (pool_params){32, 112, 112, 64, 3, 2, 1, .backward = backward}));
    }
    return MX_OK;
}

mx_status mx_check_pool(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_GRAD:
        return grad(check);
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return test(check);
    }
}
