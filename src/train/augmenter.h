/* Augments the pictures of a step: the device memory that takes, and which kernel does it. */
#ifndef MX_TRAIN_AUGMENTER_H
#define MX_TRAIN_AUGMENTER_H

#include "nn/net.h"
#include "ops/augment_ops.h"

/* What happens to pictures of one kind. All 0: they are scaled and nothing else. */
typedef struct mx_augmentation {
    bool crop_flip; /* the authors' weak augmentation, by up to `pad` pixels */
    mx_i32 pad;
    mx_augment_program program; /* instead, where it has steps */
} mx_augmentation;

/* An augmentation at work on `count` pictures, view after view of count / views. */
typedef struct mx_augment_use {
    const mx_augmentation *augmentation;
    mx_i32 count, views;
} mx_augment_use;

typedef struct mx_augmenter {
    mx_device *device;
    mx_i32 *host;              /* the plan of a batch */
    mx_buffer *plan, *scratch; /* NULL where no use has a program */
} mx_augmenter;

/* For `n_uses` uses, none of which may later have more pictures; pictures are `image`. */
mx_status mx_augmenter_init(mx_augmenter *augmenter, mx_device *device, mx_value image,
                            const mx_augment_use *uses, int n_uses);
void mx_augmenter_release(mx_augmenter *augmenter);
/* Bytes of device memory that mx_augmenter_init asks for. */
size_t mx_augmenter_bytes(const mx_device *device, mx_value image, const mx_augment_use *uses,
                          int n_uses);

/* x[first .. first + use->count) = pictures rows[first ..] of `pixels`, augmented and scaled. */
mx_status mx_augmenter_run(mx_augmenter *augmenter, const mx_augment_use *use, mx_buffer *pixels,
                           mx_tensor rows, mx_i32 first, mx_scaling scaling, mx_draw draw,
                           mx_tensor x);

#endif
