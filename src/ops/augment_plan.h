/* What is to happen to the pictures of a batch, drawn on the host: sines, powers and the order of
 * rounding are Pillow's and torchvision's, in double, and what reaches the device are whole numbers
 * and factors. So every device augments alike. */
#ifndef MX_OPS_AUGMENT_PLAN_H
#define MX_OPS_AUGMENT_PLAN_H

#include "ops/augment.h"

typedef enum mx_augment_kind {
#define MX_AUGMENT_KIND(id, name, low, high, least, most, strength) MX_AUGMENT_KIND_##id,
#include "ops/augment_kinds.def"
    MX_AUGMENT_KINDS
} mx_augment_kind;

typedef struct mx_augment_kind_info {
    const char *name;
    float low, high;      /* of the strength by default */
    float least, most;    /* that make sense; both 0: it has none */
    const char *strength; /* what it is, for people */
} mx_augment_kind_info;

extern const mx_augment_kind_info mx_augment_kinds[MX_AUGMENT_KINDS];

enum { MX_AUGMENT_STEPS = 16 };

/* Happens with `probability`, with a strength of U(low, high). */
typedef struct mx_augment_step {
    mx_augment_kind kind;
    float low, high, probability;
} mx_augment_step;

typedef struct mx_augment_program {
    bool one_of; /* a view of a picture gets one of the steps, the next view another; else all */
    mx_i32 n_steps;
    mx_augment_step steps[MX_AUGMENT_STEPS];
} mx_augment_program;

/* `kind` at its default strength, always. */
mx_augment_step mx_augment_default_step(mx_augment_kind kind);

/* One of brightness, contrast, saturation, gamma, flip, rotation and grey for each view. */
mx_augment_program mx_augment_seed(void);

/* Steps that a picture goes through, at most: the columns of a plan. */
mx_i32 mx_augment_plan_steps(const mx_augment_program *program);
/* Words of the longest plan for `count` pictures. */
size_t mx_augment_plan_words(const mx_augment_program *program, mx_i32 count);

/* Writes the plan for `count` pictures of h x w: [count][steps] mx_augment_op, then tables. Picture
 * i is view i / (count / views) of its row; views divides count. Numbers are those of counters
 * (draw, i, step, stream); the order of the steps of one_of those of the picture's first view.
 * Gives the words written. */
size_t mx_augment_plan(const mx_augment_program *program, mx_draw draw, mx_i32 h, mx_i32 w,
                       mx_i32 count, mx_i32 views, mx_i32 *plan);

/* Angles in degrees, counter-clockwise and by the x axis; whole pixels to the right and down. */
typedef struct mx_affine {
    double angle, right, down, scale, shear;
} mx_affine;
/* The op of torchvision's affine, nearest pixel. */
mx_augment_op mx_augment_affine(const mx_affine *affine, mx_i32 h, mx_i32 w);

#endif
