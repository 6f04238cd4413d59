/* The control block: ints that the host sets for a step. */
#ifndef MX_TRAIN_TRAINER_INTERNAL_H
#define MX_TRAIN_TRAINER_INTERNAL_H

#include "train/trainer.h"

typedef enum mx_control_part {
    MX_CONTROL_ROWS,   /* pictures to gather: rows */
    MX_CONTROL_LABELS, /* of the labelled: batch; then the truth of the unlabelled, as many */
    MX_CONTROL_PAIR,   /* own and other row of each mixed row: 2 x rows */
    MX_CONTROL_LIST,   /* mixed rows of the labelled, then of the unlabelled: rows */
    MX_CONTROL_SCRATCH /* host only: rows */
} mx_control_part;

/* Ints of the whole block. */
size_t mx_control_size(const mx_trainer *trainer);
/* A part's host copy; room for the most rows. */
mx_i32 *mx_control_host(mx_trainer *trainer, mx_control_part part);
/* A part on the device, as a tensor of ints. */
mx_tensor mx_control_tensor(const mx_trainer *trainer, mx_control_part part);
/* Sends the first `count` ints of a part. */
mx_status mx_control_send(mx_trainer *trainer, mx_control_part part, mx_i32 count);

#endif
