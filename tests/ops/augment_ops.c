/* Augmentation by plan: the same bytes as Pillow's formulas in plain C. tests/parity/test_augment.c
 * holds plans and formulas to Pillow itself. */
#include "ops/augment_ops.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/case.h"

enum { PIXELS, ROWS, PLAN, SCRATCH, Y };

typedef struct ops_params {
    mx_i32 pictures, h, w, c;
    mx_i32 batch, first, count, views;
    mx_scaling scaling;
    mx_draw draw;
    mx_augment_program program;
} ops_params;

/* A picture on its way, h x w x c bytes. */
typedef struct canvas {
    mx_i32 h, w, c;
    unsigned char *bytes;
} canvas;

static unsigned char *at(const canvas *picture, mx_i32 y, mx_i32 x) {
    return picture->bytes + (ptrdiff_t)(y * picture->w + x) * picture->c;
}

static int gray_at(const canvas *picture, mx_i32 y, mx_i32 x) {
    const unsigned char *p = at(picture, y, x);
    return picture->c == 1 ? p[0] : (p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16;
}

static int mean_gray(const canvas *picture) {
    double sum = 0.0;
    for (mx_i32 y = 0; y < picture->h; y++)
        for (mx_i32 x = 0; x < picture->w; x++)
            sum += gray_at(picture, y, x);
    return (int)(sum / picture->h / picture->w + 0.5);
}

/* Image.blend from `from` to `to`. */
static unsigned char blended(int from, int to, float factor) {
    const float value = (float)from + factor * (float)(to - from);
    return value <= 0.0f ? 0 : value >= 255.0f ? 255 : (unsigned char)value;
}

static unsigned char clipped(double value) {
    return value <= 0.0 ? 0 : value >= 255.0 ? 255 : (unsigned char)value;
}

/* Image.convert("HSV"): colorsys in floats. */
static void to_hsv(const unsigned char rgb[3], unsigned char hsv[3]) {
    const unsigned char r = rgb[0], g = rgb[1], b = rgb[2];
    const unsigned char most = r > g ? (r > b ? r : b) : (g > b ? g : b);
    const unsigned char least = r < g ? (r < b ? r : b) : (g < b ? g : b);
    hsv[0] = hsv[1] = 0;
    hsv[2] = most;
    if (most == least) return;
    const float range = (float)(most - least), s = range / (float)most;
    const float rc = (float)(most - r) / range, gc = (float)(most - g) / range,
                bc = (float)(most - b) / range;
    float h = 0.0f;
    if (r == most)
        h = bc - gc;
    else if (g == most)
        h = (float)(2.0 + (double)rc - (double)bc);
    else
        h = (float)(4.0 + (double)gc - (double)rc);
    h = (float)fmod((double)h / 6.0 + 1.0, 1.0);
    hsv[0] = clipped((double)h * 255.0);
    hsv[1] = clipped((double)s * 255.0);
}

/* And back. */
static void to_rgb(const unsigned char hsv[3], unsigned char rgb[3]) {
    static const int order[6][3] = {{0, 3, 1}, {2, 0, 1}, {1, 0, 3},
                                    {1, 2, 0}, {3, 1, 0}, {0, 1, 2}};
    const double turns = hsv[0] * 6.0 / 255.0, v = hsv[2];
    const int sextant = (int)floor(turns);
    const double f = (double)(float)(turns - sextant), s = (double)(float)(hsv[1] / 255.0);
    const unsigned char shades[4] = {hsv[2], clipped(round(v * (1.0 - s))),
                                     clipped(round(v * (1.0 - s * f))),
                                     clipped(round(v * (1.0 - s * (1.0 - f))))};
    for (int i = 0; i < 3; i++)
        rgb[i] = hsv[1] ? shades[order[sextant % 6][i]] : hsv[2];
}

static void turn_hue(const unsigned char *from, unsigned char *to, mx_i32 shift) {
    unsigned char hsv[3];
    to_hsv(from, hsv);
    hsv[0] = (unsigned char)(hsv[0] + shift);
    to_rgb(hsv, to);
}

/* i within 0 .. n - 1, turning round at the ends without stopping there. */
static mx_i32 mirrored(mx_i32 i, mx_i32 n) {
    if (n == 1) return 0;
    while (i < 0 || i >= n)
        i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

/* The byte of channel c at (y, x), black outside. */
static int byte_or_black(const canvas *from, int64_t y, int64_t x, mx_i32 c) {
    return y < 0 || y >= from->h || x < 0 || x >= from->w ? 0 : at(from, (mx_i32)y, (mx_i32)x)[c];
}

static int64_t place(const mx_i32 v[3], mx_i32 y, mx_i32 x) {
    return (int64_t)v[0] * x + (int64_t)v[1] * y + v[2];
}

/* Between four pixels, those outside being the nearest inside; with weights of 11 bits. */
static unsigned char smooth(const canvas *from, const mx_augment_op *op, mx_i32 y, mx_i32 x,
                            mx_i32 c) {
    const int64_t one = 1 << MX_AUGMENT_SMOOTH_BITS;
    const int64_t px = place(op->v, y, x), py = place(op->v + 3, y, x);
    if (px < 0 || px >= from->w * one || py < 0 || py >= from->h * one) return 0;
    const double left = floor((double)(px - one / 2) / (double)one),
                 top = floor((double)(py - one / 2) / (double)one);
    const double dx = floor(((double)(px - one / 2) / (double)one - left) * 2048) / 2048,
                 dy = floor(((double)(py - one / 2) / (double)one - top) * 2048) / 2048;
    double corner[2][2];
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            const double row = fmin(fmax(top + i, 0), from->h - 1);
            const double column = fmin(fmax(left + j, 0), from->w - 1);
            corner[i][j] = at(from, (mx_i32)row, (mx_i32)column)[c];
        }
    const double above = corner[0][0] + (corner[0][1] - corner[0][0]) * dx;
    const double below = corner[1][0] + (corner[1][1] - corner[1][0]) * dx;
    return (unsigned char)(above + (below - above) * dy);
}

static unsigned char blurred(const canvas *from, const mx_augment_op *op, const float *weights,
                             mx_i32 y, mx_i32 x, mx_i32 c) {
    const mx_i32 radius = op->v[1];
    float sum = 0.0f;
    for (mx_i32 j = -radius; j <= radius; j++) {
        float column = 0.0f;
        for (mx_i32 i = -radius; i <= radius; i++)
            column = fmaf(weights[radius - abs(i)],
                          at(from, mirrored(y + i, from->h), mirrored(x + j, from->w))[c], column);
        sum = fmaf(weights[radius - abs(j)], column, sum);
    }
    return clipped((double)rintf(sum));
}

/* Channel c of pixel (y, x) after `op`. */
static unsigned char byte_after(const canvas *from, const mx_augment_op *op, const mx_i32 *tables,
                                int mean, mx_i32 y, mx_i32 x, mx_i32 c) {
    const unsigned char here = at(from, y, x)[c];
    const void *table = tables + (ptrdiff_t)op->v[0] * MX_AUGMENT_TABLE_WORDS;
    unsigned char rgb[3];
    switch (op->action) {
    case MX_AUGMENT_DIM:
        return blended(0, here, op->factor);
    case MX_AUGMENT_CONTRAST:
        return blended(mean, here, op->factor);
    case MX_AUGMENT_SATURATE:
        return blended(gray_at(from, y, x), here, op->factor);
    case MX_AUGMENT_GRAY:
        return (unsigned char)gray_at(from, y, x);
    case MX_AUGMENT_HUE:
        if (from->c == 1) return here;
        turn_hue(at(from, y, x), rgb, op->v[0]);
        return rgb[c];
    case MX_AUGMENT_TABLE:
        return ((const unsigned char *)table)[here];
    case MX_AUGMENT_FLIP:
        return at(from, y, from->w - 1 - x)[c];
    case MX_AUGMENT_MAP:
        return (unsigned char)byte_or_black(from, place(op->v + 3, y, x) >> 16,
                                            place(op->v, y, x) >> 16, c);
    case MX_AUGMENT_SMOOTH:
        return smooth(from, op, y, x, c);
    case MX_AUGMENT_CROP:
        if (!op->v[2]) return (unsigned char)byte_or_black(from, y + op->v[0], x + op->v[1], c);
        return at(from, mirrored(y + op->v[0], from->h), mirrored(x + op->v[1], from->w))[c];
    case MX_AUGMENT_BLUR:
        return blurred(from, op, table, y, x, c);
    case MX_AUGMENT_ERASE:
        return y >= op->v[0] && y < op->v[0] + op->v[2] && x >= op->v[1] && x < op->v[1] + op->v[3]
                   ? 0
                   : here;
    default:
        return here;
    }
}

static void apply(const canvas *from, canvas *to, const mx_augment_op *op, const mx_i32 *tables) {
    const int mean = op->action == MX_AUGMENT_CONTRAST ? mean_gray(from) : 0;
    for (mx_i32 y = 0; y < from->h; y++)
        for (mx_i32 x = 0; x < from->w; x++)
            for (mx_i32 c = 0; c < from->c; c++)
                at(to, y, x)[c] = byte_after(from, op, tables, mean, y, x, c);
}

static void reference(mx_case *c) {
    const ops_params *p = c->params;
    mx_operand *o = c->operands;
    const size_t bytes = (size_t)(p->h * p->w * p->c);
    const mx_i32 steps = mx_augment_plan_steps(&p->program);
    const mx_i32 *tables = o[PLAN].ints + (ptrdiff_t)p->count * steps * MX_AUGMENT_OP_WORDS;
    canvas from = {p->h, p->w, p->c, malloc(bytes)}, to = {p->h, p->w, p->c, malloc(bytes)};
    for (size_t i = 0; i < mx_operand_count(&o[Y]); i++)
        o[Y].expected[i] = (double)o[Y].values[i];
    for (mx_i32 image = 0; from.bytes && to.bytes && image < p->count; image++) {
        memcpy(from.bytes, o[PIXELS].bytes + (size_t)o[ROWS].ints[p->first + image] * bytes, bytes);
        for (mx_i32 step = 0; step < steps; step++) {
            mx_augment_op op;
            memcpy(&op, o[PLAN].ints + (ptrdiff_t)(image * steps + step) * MX_AUGMENT_OP_WORDS,
                   sizeof op);
            apply(&from, &to, &op, tables);
            unsigned char *kept = from.bytes;
            from.bytes = to.bytes;
            to.bytes = kept;
        }
        double *y = o[Y].expected + (size_t)(p->first + image) * bytes;
        for (size_t i = 0; i < bytes; i++)
            y[i] = (double)fmaf((float)from.bytes[i], p->scaling.mul[i % (size_t)p->c],
                                p->scaling.add[i % (size_t)p->c]);
    }
    free(from.bytes);
    free(to.bytes);
}

/* Every second picture varies smoothly, as photographs do. */
static void prepare(mx_case *c) {
    const ops_params *p = c->params;
    mx_operand *o = c->operands;
    const size_t plane = (size_t)(p->h * p->w * p->c);
    for (size_t i = 0; i < mx_operand_count(&o[PIXELS]); i++) {
        const mx_u32 word = mx_philox((mx_u32)i, 0, 0, MX_STREAM_TEST, 0, 0).v[0];
        o[PIXELS].bytes[i] = (unsigned char)(i / plane % 2 ? i % plane * 5 / 3 + word % 16 : word);
    }
    for (mx_i32 i = 0; i < p->batch; i++)
        o[ROWS].ints[i] = (i * 5 + 2) % p->pictures;
    mx_augment_plan(&p->program, p->draw, p->h, p->w, p->count, p->views, o[PLAN].ints);
}

static mx_status run(mx_device *device, mx_case *c) {
    const ops_params *p = c->params;
    const mx_operand *o = c->operands;
    return mx_augment_ops(device, o[PIXELS].tensor.buffer, o[ROWS].tensor, p->first, p->count,
                          p->scaling, o[PLAN].tensor, mx_augment_plan_steps(&p->program),
                          o[SCRATCH].tensor, o[Y].tensor);
}

static mx_status check_shape(mx_check *check, const char *variant, ops_params p) {
    p.scaling = (mx_scaling){{1 / 127.5f, 1 / 255.0f, 0.0123f, 1.0f}, {-1.0f, 0.0f, -0.7f, 0.5f}};
    p.draw = (mx_draw){0x123456789abcdefULL, 7, MX_STREAM_AUGMENT_U};
    mx_case c = {
        .variant = variant, .params = &p, .prepare = prepare, .reference = reference, .run = run};
    mx_case_name(&c, "%dx%dx%d %d+%d views %d", p.h, p.w, p.c, p.first, p.count, p.views);
    const size_t words = mx_augment_plan_words(&p.program, p.count),
                 scratch =
                     mx_augment_scratch_words(mx_check_get_device(check), p.count, p.h, p.w, p.c);
    mx_operand *pixels = mx_case_add(&c, MX_INPUT, "pixels", p.pictures, p.h, p.w, p.c);
    pixels->element = MX_BYTE;
    pixels->bare = true;
    mx_case_add(&c, MX_INPUT, "rows", p.batch, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_INPUT, "plan", (mx_i32)words, 1, 1, 1)->element = MX_INT;
    mx_case_add(&c, MX_WORKSPACE, "scratch", (mx_i32)scratch, 1, 1, 1);
    mx_case_add(&c, MX_INOUT, "y", p.batch, p.h, p.w, p.c);
    return mx_check_case(check, &c);
}

static const mx_i32 shapes[][3] = {{1, 1, 1}, {1, 1, 3},   {1, 9, 3},   {7, 1, 1},
                                   {2, 3, 3}, {24, 20, 3}, {17, 33, 1}, {41, 19, 3}};
enum { N_SHAPES = sizeof shapes / sizeof *shapes };

/* One kind alone, over its usual strengths. */
static mx_status test_kind(mx_check *check, mx_augment_kind kind) {
    for (size_t i = 0; i < N_SHAPES; i++) {
        ops_params p = {.pictures = 5, .h = shapes[i][0], .w = shapes[i][1], .c = shapes[i][2]};
        p.first = i % 2 ? 2 : 0;
        p.count = p.h * p.w > 500 ? 4 : 11;
        p.batch = p.first + p.count + 1;
        p.views = 1;
        p.program.n_steps = 1;
        p.program.steps[0] = mx_augment_default_step(kind);
        MX_TRY(check_shape(check, mx_augment_kinds[kind].name, p));
    }
    return MX_OK;
}

/* All kinds one after another, most with a probability. */
static mx_augment_program everything(void) {
    mx_augment_program program = {.n_steps = MX_AUGMENT_KINDS};
    for (mx_i32 i = 0; i < MX_AUGMENT_KINDS; i++) {
        program.steps[i] = mx_augment_default_step((mx_augment_kind)i);
        program.steps[i].probability = i % 3 ? 0.5f : 1.0f;
    }
    return program;
}

static mx_status test(mx_check *check) {
    for (int kind = 0; kind < MX_AUGMENT_KINDS; kind++)
        MX_TRY(test_kind(check, (mx_augment_kind)kind));
    for (size_t i = 0; i < N_SHAPES; i++) {
        ops_params p = {.pictures = 6,
                        .h = shapes[i][0],
                        .w = shapes[i][1],
                        .c = shapes[i][2],
                        .batch = 14,
                        .first = 2,
                        .count = 12,
                        .views = 4,
                        .program = mx_augment_seed()};
        MX_TRY(check_shape(check, "seed", p));
        p.program = everything();
        MX_TRY(check_shape(check, "everything", p));
    }
    return MX_OK;
}

static mx_status bench(mx_check *check) {
    ops_params p = {.pictures = 2000, .h = 96, .w = 96, .c = 3, .views = 1};
    p.batch = p.count = 192;
    for (int kind = 0; kind < MX_AUGMENT_KINDS; kind++) {
        p.program = (mx_augment_program){.n_steps = 1};
        p.program.steps[0] = mx_augment_default_step((mx_augment_kind)kind);
        MX_TRY(check_shape(check, mx_augment_kinds[kind].name, p));
    }
    p.views = 4;
    p.program = mx_augment_seed();
    return check_shape(check, "seed", p);
}

mx_status mx_check_augment_ops(mx_check *check) {
    switch (mx_check_get_mode(check)) {
    case MX_CHECK_TEST:
        return test(check);
    case MX_CHECK_BENCH:
        return bench(check);
    default:
        return MX_OK;
    }
}
