#include "ops/augment_plan.h"

#include <math.h>
#include <string.h>

enum {
    DRAWS = 16,                       /* of the counter's first word for each step */
    ERASE_TRIES = 10,                 /* as torchvision's RandomErasing */
    ORDER = DRAWS * MX_AUGMENT_STEPS, /* the first of those that order the steps */
    MOST_RADIUS = MX_AUGMENT_TABLE_WORDS - 1
};

static const double PI = 3.14159265358979323846;

const mx_augment_kind_info mx_augment_kinds[MX_AUGMENT_KINDS] = {
#define MX_AUGMENT_KIND(id, name, low, high, least, most, strength)                                \
    [MX_AUGMENT_KIND_##id] = {name, low, high, least, most, strength},
#include "ops/augment_kinds.def"
};

/* A plan being written, and where its random numbers come from. */
typedef struct planner {
    const mx_augment_program *program;
    mx_draw draw;
    mx_i32 h, w;
    mx_i32 *tables;
    mx_i32 n_tables;
} planner;

mx_augment_step mx_augment_default_step(mx_augment_kind kind) {
    const mx_augment_kind_info *info = &mx_augment_kinds[kind];
    return (mx_augment_step){kind, info->low, info->high, 1.0f};
}

mx_augment_program mx_augment_seed(void) {
    static const mx_augment_kind kinds[] = {MX_AUGMENT_KIND_BRIGHTNESS, MX_AUGMENT_KIND_CONTRAST,
                                            MX_AUGMENT_KIND_SATURATION, MX_AUGMENT_KIND_GAMMA,
                                            MX_AUGMENT_KIND_FLIP,       MX_AUGMENT_KIND_ROTATE,
                                            MX_AUGMENT_KIND_GRAY};
    mx_augment_program program = {.one_of = true};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        program.steps[program.n_steps++] = mx_augment_default_step(kinds[i]);
    return program;
}

mx_i32 mx_augment_plan_steps(const mx_augment_program *program) {
    return program->one_of && program->n_steps > 0 ? 1 : program->n_steps;
}

static mx_i32 most_tables(const mx_augment_program *program) {
    mx_i32 count = 0;
    for (mx_i32 i = 0; i < program->n_steps; i++)
        count += program->steps[i].kind == MX_AUGMENT_KIND_GAMMA ||
                 program->steps[i].kind == MX_AUGMENT_KIND_BLUR;
    return program->one_of && count > 1 ? 1 : count;
}

size_t mx_augment_plan_words(const mx_augment_program *program, mx_i32 count) {
    const mx_i32 words = mx_augment_plan_steps(program) * MX_AUGMENT_OP_WORDS +
                         most_tables(program) * MX_AUGMENT_TABLE_WORDS;
    return (size_t)count * (size_t)words;
}

static mx_random numbers(const planner *p, mx_i32 image, mx_i32 which) {
    return mx_philox((mx_u32)which, (mx_u32)image, p->draw.step, p->draw.stream,
                     (mx_u32)p->draw.seed, (mx_u32)(p->draw.seed >> 32));
}

static double between(double low, double high, mx_u32 word) {
    return low + (high - low) * (double)mx_unit(word);
}

/* -most .. most. */
static mx_i32 whole_around_zero(mx_i32 most, mx_u32 word) {
    return (mx_i32)mx_below(word, (mx_u32)(2 * most + 1)) - most;
}

static void *new_table(planner *p, mx_augment_op *op) {
    op->v[0] = p->n_tables;
    return p->tables + (ptrdiff_t)p->n_tables++ * MX_AUGMENT_TABLE_WORDS;
}

static void plan_gamma(planner *p, double gamma, mx_augment_op *op) {
    op->action = MX_AUGMENT_TABLE;
    unsigned char *table = new_table(p, op);
    for (int i = 0; i < 256; i++)
        table[i] = (unsigned char)(int)((255 + 1 - 1e-3) * pow(i / 255.0, gamma));
}

/* As torchvision's gaussian_blur with a kernel of about a tenth of the picture, 3 at least. */
static void plan_blur(planner *p, double sigma, mx_augment_op *op) {
    mx_i32 radius = (p->h < p->w ? p->h : p->w) / 20;
    if (radius < 1) radius = 1;
    if (radius > MOST_RADIUS) radius = MOST_RADIUS;
    op->action = MX_AUGMENT_BLUR;
    float *weights = new_table(p, op);
    op->v[1] = radius;
    double sum = 0.0;
    for (mx_i32 i = -radius; i <= radius; i++)
        sum += exp(-0.5 * (i / sigma) * (i / sigma));
    for (mx_i32 i = 0; i <= radius; i++)
        weights[i] = (float)(exp(-0.5 * ((radius - i) / sigma) * ((radius - i) / sigma)) / sum);
}

/* From the inverse matrix (x, y) -> (m[0] x + m[1] y + m[2], m[3] x + ...), pixel centres at
 * halves, to Pillow's fixed point. */
static mx_augment_op map_of(mx_i32 action, const double m[6], int bits) {
    const double unit = (double)(1 << bits);
    const double fixed[6] = {m[0], m[1], m[2] + m[0] * 0.5 + m[1] * 0.5,
                             m[3], m[4], m[5] + m[3] * 0.5 + m[4] * 0.5};
    mx_augment_op op = {.action = action};
    for (int i = 0; i < 6; i++)
        op.v[i] = (mx_i32)floor(fixed[i] * unit + 0.5);
    return op;
}

static double to_15_digits(double value) {
    return rint(value * 1e15) / 1e15;
}

/* Pillow's Image.rotate. */
static mx_augment_op rotation(double degrees, bool bilinear, mx_i32 h, mx_i32 w) {
    const double angle = -(fmod(degrees, 360.0) * (PI / 180.0)), x = w / 2.0, y = h / 2.0;
    const double cosine = to_15_digits(cos(angle)), sine = to_15_digits(sin(angle));
    const double m[6] = {cosine, sine,   cosine * -x + sine * -y + x,
                         -sine,  cosine, -sine * -x + cosine * -y + y};
    return bilinear ? map_of(MX_AUGMENT_SMOOTH, m, MX_AUGMENT_SMOOTH_BITS)
                    : map_of(MX_AUGMENT_MAP, m, 16);
}

mx_augment_op mx_augment_affine(const mx_affine *affine, mx_i32 h, mx_i32 w) {
    const double turn = affine->angle * (PI / 180.0), shear = affine->shear * (PI / 180.0);
    const double x = w * 0.5, y = h * 0.5;
    /* Rotation times shear; its determinant is 1. */
    const double a = cos(turn), b = -cos(turn) * tan(shear) - sin(turn);
    const double c = sin(turn), d = -sin(turn) * tan(shear) + cos(turn);
    double m[6] = {d / affine->scale,  -b / affine->scale, 0.0,
                   -c / affine->scale, a / affine->scale,  0.0};
    m[2] = m[0] * (-x - affine->right) + m[1] * (-y - affine->down) + x;
    m[5] = m[3] * (-x - affine->right) + m[4] * (-y - affine->down) + y;
    return map_of(MX_AUGMENT_MAP, m, 16);
}

/* torchvision's RandomAffine, moving and scaling by up to a tenth. */
static mx_augment_op random_affine(const planner *p, const mx_augment_step *step, double angle,
                                   mx_i32 image, mx_i32 at) {
    const mx_random r = numbers(p, image, at);
    const mx_affine affine = {.angle = angle,
                              .right = rint(between(-0.1, 0.1, r.v[0]) * p->w),
                              .down = rint(between(-0.1, 0.1, r.v[1]) * p->h),
                              .scale = between(0.9, 1.1, r.v[2]),
                              .shear = between((double)step->low, (double)step->high, r.v[3])};
    return mx_augment_affine(&affine, p->h, p->w);
}

/* torchvision's RandomErasing: up to ten rectangles of aspect 0.3..3.3 are tried for one that fits.
 */
static mx_augment_op random_erasing(const planner *p, const mx_augment_step *step, mx_i32 image,
                                    mx_i32 at) {
    for (mx_i32 i = 0; i < ERASE_TRIES; i++) {
        const mx_random r = numbers(p, image, at + i);
        const double area =
            between((double)step->low, (double)step->high, r.v[0]) * (double)p->h * (double)p->w;
        const double aspect = exp(between(log(0.3), log(3.3), r.v[1]));
        const mx_i32 h = (mx_i32)rint(sqrt(area * aspect)), w = (mx_i32)rint(sqrt(area / aspect));
        if (h >= p->h || w >= p->w) continue;
        return (mx_augment_op){.action = MX_AUGMENT_ERASE,
                               .v = {(mx_i32)mx_below(r.v[2], (mx_u32)(p->h - h + 1)),
                                     (mx_i32)mx_below(r.v[3], (mx_u32)(p->w - w + 1)), h, w}};
    }
    return (mx_augment_op){0};
}

/* Step `which` for a picture, if it is its turn. */
static mx_augment_op plan_step(planner *p, mx_i32 image, mx_i32 which) {
    const mx_augment_step *step = &p->program->steps[which];
    const mx_i32 at = which * DRAWS;
    const mx_random r = numbers(p, image, at);
    const float factor = (float)between((double)step->low, (double)step->high, r.v[1]);
    const double strength = (double)factor;
    mx_augment_op op = {.action = MX_AUGMENT_KEEP, .factor = factor};
    if (mx_unit(r.v[0]) >= step->probability) return op;
    switch (step->kind) {
    case MX_AUGMENT_KIND_BRIGHTNESS:
        op.action = MX_AUGMENT_DIM;
        break;
    case MX_AUGMENT_KIND_CONTRAST:
        op.action = MX_AUGMENT_CONTRAST;
        break;
    case MX_AUGMENT_KIND_SATURATION:
        op.action = MX_AUGMENT_SATURATE;
        break;
    case MX_AUGMENT_KIND_GAMMA:
        plan_gamma(p, strength, &op);
        break;
    case MX_AUGMENT_KIND_HUE:
        op.action = MX_AUGMENT_HUE;
        op.v[0] = (mx_i32)(strength * 255) & 255;
        break;
    case MX_AUGMENT_KIND_FLIP:
        op.action = MX_AUGMENT_FLIP;
        break;
    case MX_AUGMENT_KIND_ROTATE:
        return rotation(strength, false, p->h, p->w);
    case MX_AUGMENT_KIND_ROTATE_BILINEAR:
        return rotation(strength, true, p->h, p->w);
    case MX_AUGMENT_KIND_GRAY:
        op.action = MX_AUGMENT_GRAY;
        break;
    case MX_AUGMENT_KIND_CROP:
    case MX_AUGMENT_KIND_CROP_BLACK:
        op.action = MX_AUGMENT_CROP;
        op.v[0] = whole_around_zero((mx_i32)rint(strength), r.v[2]);
        op.v[1] = whole_around_zero((mx_i32)rint(strength), r.v[3]);
        op.v[2] = step->kind == MX_AUGMENT_KIND_CROP;
        break;
    case MX_AUGMENT_KIND_BLUR:
        plan_blur(p, strength, &op);
        break;
    case MX_AUGMENT_KIND_ERASE:
        return random_erasing(p, step, image, at + 1);
    case MX_AUGMENT_KIND_AFFINE:
        return random_affine(p, step, strength, image, at + 1);
    case MX_AUGMENT_KINDS:
        break;
    }
    return op;
}

/* A random order of the steps (Fisher and Yates). */
static void shuffle(const planner *p, mx_i32 image, mx_i32 order[MX_AUGMENT_STEPS]) {
    for (mx_i32 i = 0; i < p->program->n_steps; i++)
        order[i] = i;
    for (mx_i32 i = p->program->n_steps - 1; i > 0; i--) {
        const mx_random r = numbers(p, image, ORDER + i / 4);
        const mx_i32 j = (mx_i32)mx_below(r.v[i % 4], (mx_u32)(i + 1)), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

size_t mx_augment_plan(const mx_augment_program *program, mx_draw draw, mx_i32 h, mx_i32 w,
                       mx_i32 count, mx_i32 views, mx_i32 *plan) {
    const mx_i32 steps = mx_augment_plan_steps(program), pictures = count / views;
    const size_t words = (size_t)count * (size_t)steps * MX_AUGMENT_OP_WORDS;
    planner p = {.program = program, .draw = draw, .h = h, .w = w, .tables = plan + words};
    mx_i32 order[MX_AUGMENT_STEPS] = {0};
    for (mx_i32 image = 0; image < count; image++) {
        if (program->one_of) shuffle(&p, image % pictures, order);
        for (mx_i32 i = 0; i < steps; i++) {
            const mx_i32 which = program->one_of ? order[image / pictures % program->n_steps] : i;
            const mx_augment_op op = plan_step(&p, image, which);
            memcpy(plan + ((ptrdiff_t)image * steps + i) * MX_AUGMENT_OP_WORDS, &op, sizeof op);
        }
    }
    return words + (size_t)p.n_tables * MX_AUGMENT_TABLE_WORDS;
}
