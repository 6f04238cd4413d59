/* Gathering, scaling, random crop and flip: the same bits as plain C, random numbers included. */
#include "ops/augment.h"

#include <math.h>

#include "ops/case.h"

enum { PIXELS, ROWS, Y };

typedef struct augment_params {
    mx_i32 pictures, h, w, c; /* of the pixels */
    mx_i32 batch, first, count;
    bool crop_flip;
    mx_i32 pad;
    mx_scaling scaling;
    mx_draw draw;
} augment_params;

/* Walks from pixel `from` by `steps`, turning round at the edges of 0..size-1 without stopping
 * there. */
static mx_i32 walk(mx_i32 from, mx_i32 steps, mx_i32 size) {
    mx_i32 direction = steps < 0 ? -1 : 1;
    for (mx_i32 left = steps < 0 ? -steps : steps; left > 0 && size > 1; left--) {
        if (from + direction < 0 || from + direction >= size) direction = -direction;
        from += direction;
    }
    return size > 1 ? from : 0;
}

typedef struct shift {
    mx_i32 down, right;
    bool flip;
} shift;

static shift shift_of(const augment_params *p, mx_i32 image) {
    if (!p->crop_flip) return (shift){0};
    const mx_random random = mx_philox(0, (mx_u32)image, p->draw.step, p->draw.stream,
                                       (mx_u32)p->draw.seed, (mx_u32)(p->draw.seed >> 32));
    const uint64_t places = (uint64_t)(2 * p->pad + 1);
    return (shift){(mx_i32)(random.v[0] * places >> 32) - p->pad,
                   (mx_i32)(random.v[1] * places >> 32) - p->pad, random.v[2] >= 0x80000000u};
}

/* Output row `image` of y: the picture shifted, then flipped. */
static void expect_picture(const augment_params *p, mx_operand *o, mx_i32 image) {
    const shift s = shift_of(p, image);
    const size_t plane = (size_t)(p->h * p->w * p->c);
    const unsigned char *picture = o[PIXELS].bytes + (size_t)o[ROWS].ints[p->first + image] * plane;
    double *y = o[Y].expected + (size_t)(p->first + image) * plane;
    for (mx_i32 i = 0; i < p->h * p->w; i++) {
        const mx_i32 column = s.flip ? p->w - 1 - i % p->w : i % p->w;
        const mx_i32 from = walk(i / p->w, s.down, p->h) * p->w + walk(column, s.right, p->w);
        for (mx_i32 c = 0; c < p->c; c++)
            y[i * p->c + c] =
                (double)fmaf((float)picture[from * p->c + c], p->scaling.mul[c], p->scaling.add[c]);
    }
}

static void reference(mx_case *c) {
    const augment_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++)
        o[Y].expected[i] = (double)o[Y].values[i];
    for (mx_i32 image = 0; image < p->count; image++)
        expect_picture(p, o, image);
}

static void prepare(mx_case *c) {
    const augment_params *p = c->params;
    mx_operand *o = c->operands;
    for (size_t i = 0; i < mx_operand_count(&o[PIXELS]); i++)
        o[PIXELS].bytes[i] =
            (unsigned char)(mx_philox((mx_u32)i, 0, 0, MX_STREAM_TEST, 0, 0).v[0] >> 24);
    for (mx_i32 i = 0; i < p->batch; i++)
        o[ROWS].ints[i] = (i * 5 + 2) % p->pictures;
}

static mx_status run(mx_device *device, mx_case *c) {
    const augment_params *p = c->params;
    const mx_operand *o = c->operands;
    return mx_augment(device, o[PIXELS].tensor.buffer, o[ROWS].tensor, p->first, p->count,
                      p->scaling, p->crop_flip, p->pad, p->draw, o[Y].tensor);
}

static mx_status check_shape(mx_check *check, augment_params p) {
    p.scaling = (mx_scaling){{1 / 127.5f, 1 / 255.0f, 0.0123f, 1.0f}, {-1.0f, 0.0f, -0.7f, 0.5f}};
    p.draw = (mx_draw){0x123456789abcdefULL, (mx_u32)p.pad + 7, MX_STREAM_AUGMENT_U};
    mx_case c = {.variant = p.crop_flip ? "crop_flip" : "plain",
                 .params = &p,
                 .prepare = prepare,
                 .reference = reference,
                 .run = run};
    mx_case_name(&c, "%dx%dx%d %d+%d pad %d", p.h, p.w, p.c, p.first, p.count, p.pad);
    mx_operand *pixels = mx_case_add(&c, MX_INPUT, "pixels", p.pictures, p.h, p.w, p.c);
    pixels->element = MX_BYTE;
    pixels->bare = true;
    mx_case_add(&c, MX_INPUT, "rows", p.batch, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_INOUT, "y", p.batch, p.h, p.w, p.c);
    return mx_check_case(check, &c);
}

static mx_status test(mx_check *check) {
    static const mx_i32 shapes[][5] = {{1, 1, 1, 1, 2},  {8, 8, 3, 9, 0},   {5, 7, 4, 13, 4},
                                       {3, 2, 1, 40, 9}, {12, 12, 3, 6, 2}, {1, 6, 3, 5, 3}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int flags = 0; flags < 4; flags++) {
            const mx_i32 *s = shapes[i], first = flags / 2 * (s[3] / 2);
            MX_TRY(
                check_shape(check, (augment_params){11, s[0], s[1], s[2], s[3], first, s[3] - first,
                                                    .crop_flip = flags % 2, .pad = s[4]}));
        }
    return MX_OK;
}

mx_status mx_check_augment(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_TEST:
        return test(check);
    case MX_CHECK_BENCH:
        MX_TRY(check_shape(check, (augment_params){2000, 96, 96, 3, 1024, 0, 1024, .pad = 4}));
        return check_shape(
            check, (augment_params){2000, 96, 96, 3, 1024, 0, 1024, .crop_flip = true, .pad = 4});
    default:
        return MX_OK;
    }
}
