/* One optimiser step of MixMatch or of supervised training, on the device. A step is three calls:
 * gather the pictures, draw the random mixing, update the weights; tests put their own pictures and
 * draws in place of the first two. Nothing here waits for the device but where it is said. */
#ifndef MX_TRAIN_TRAINER_H
#define MX_TRAIN_TRAINER_H

#include <stdint.h>

#include "nn/net.h"
#include "train/augmenter.h"
#include "train/guess_quality.h"
#include "train/schedule.h"

enum { MX_TRAINER_PENDING = 2 }; /* steps whose losses may be under way */

typedef struct mx_trainer_spec {
    bool mixmatch; /* else supervised */
    mx_i32 batch;  /* labelled pictures a step, at most; as many unlabelled ones */
    mx_i32 k;      /* views of an unlabelled picture */
    mx_i32 parts;  /* that a step is computed in, 1..groups: less memory, the same result */
    uint64_t seed;
    mx_scaling scaling;
    mx_augmentation labelled, unlabelled;
    double temperature, alpha;
    bool mixup, lambda_per_batch, interleave;
    double lambda_u;
    int64_t ramp_steps;
    double ema;
    bool ema_warmup;
    double lr, lr_backbone; /* of the head and of everything else */
    mx_lr_schedule lr_schedule;
    double weight_decay, beta1, beta2, epsilon;
    bool coupled_decay;
} mx_trainer_spec;

/* The pictures of a step: `n` labelled rows and labels, `n` unlabelled rows (none when supervised).
 */
typedef struct mx_trainer_batch {
    mx_i32 n;
    const uint32_t *labelled, *unlabelled;
    const int32_t *labels;
    const int32_t *truth; /* of the unlabelled, -1 where it is not known: only for the numbers about
                             the guesses. NULL: none is known */
} mx_trainer_batch;

typedef struct mx_step_losses {
    uint64_t step; /* the step they belong to, from 0 */
    float loss_x, loss_u;
    bool fault; /* a loss, gradient or weight is not finite; from here on no step moves weights */
} mx_step_losses;

typedef struct mx_trainer {
    mx_trainer_spec spec;
    mx_net *net;
    mx_device *device;
    mx_i32 classes;
    mx_i32 most_rows; /* (k + 1) x batch, or batch */
    mx_i32 *host;     /* of the control block below */
    /* [rows][labels, truth][pair: own, other][list]: ints that the host sets each step */
    mx_buffer *control;
    mx_buffer *floats; /* everything else below lives here */
    mx_buffer *sum;    /* of the parts' gradients; NULL for one part */
    mx_augmenter augmenter;
    mx_tensor x, mixed, targets, mixed_targets, guesses, lambda, losses;
    mx_tensor health; /* of mx_adam; begins with the step's losses */
    /* Of the guesses since mx_trainer_forget_guesses (ops/guess.h), a buffer of its own; and how
     * many those are. */
    mx_tensor tally;
    uint64_t guessed;
    struct {
        mx_ticket ticket;
        uint64_t step;
        float health[4];
    } pending[MX_TRAINER_PENDING];
} mx_trainer;

/* Batches of a step that are normalised apart: k + 1, or 1 when supervised. */
mx_i32 mx_trainer_groups(const mx_trainer_spec *spec);
/* Those that `net` must be planned for, each of spec->batch rows: the most of a part, in training
 * and in guessing (0 when supervised). */
mx_i32 mx_trainer_train_groups(const mx_trainer_spec *spec);
mx_i32 mx_trainer_guess_groups(const mx_trainer_spec *spec);

/* Allocates the step's memory; `net` is planned and outlives the trainer. */
mx_status mx_trainer_init(mx_trainer *trainer, mx_net *net, const mx_trainer_spec *spec);
void mx_trainer_release(mx_trainer *trainer);
/* Bytes of device memory that mx_trainer_init asks for. */
size_t mx_trainer_bytes(const mx_net *net, const mx_trainer_spec *spec);

/* Pictures of `batch` from packed uint8 `pixels` to trainer->x (labelled, then k views of the
 * unlabelled), augmented with the numbers of `step`, and one-hot targets of the labelled. */
mx_status mx_trainer_gather(mx_trainer *trainer, mx_buffer *pixels, const mx_trainer_batch *batch,
                            uint64_t step);

/* Draws lambda and the permutation of `step` for n pictures of each kind. */
mx_status mx_trainer_draw(mx_trainer *trainer, mx_i32 n, uint64_t step);

/* Sets the permutation by hand: row i of the concatenated pictures mixes with `partner[i]`. */
mx_status mx_trainer_set_partners(mx_trainer *trainer, mx_i32 n, const uint32_t *partner);

/* trainer->mixed and trainer->mixed_targets from trainer->x and trainer->targets, as drawn: what a
 * step of MixMatch learns from. mx_trainer_update does it too. */
mx_status mx_trainer_mix(mx_trainer *trainer, mx_i32 n);

/* Rows first .. first + count - 1 of trainer->x or trainer->mixed as bytes, the scaling undone, to
 * `out`: count x height x width x channels. Waits for the device. */
mx_status mx_trainer_pictures(const mx_trainer *trainer, mx_tensor tensor, mx_i32 first,
                              mx_i32 count, uint8_t *out);
/* Where trainer->mixed has what row `row` of trainer->x became, for n pictures of each kind. */
mx_i32 mx_trainer_mixed_row(const mx_trainer *trainer, mx_i32 row, mx_i32 n);

/* Guesses labels, mixes, runs forward and backward and moves the weights. Its losses start their
 * way to the host. */
mx_status mx_trainer_update(mx_trainer *trainer, mx_i32 n, uint64_t step);

/* Waits for the losses of `step`, which is one of the last MX_TRAINER_PENDING. */
mx_status mx_trainer_losses(mx_trainer *trainer, uint64_t step, mx_step_losses *losses);

/* Runs the update of `step` again, whose pictures have been gathered and mixing drawn, and says in
 * *what which operation was the first to make a number that is not finite: "the output of conv
 * 'conv1'"; *what is NULL where none does. For a step that mx_step_losses.fault speaks of, since
 * when no weights have moved. Released with free(). */
mx_status mx_trainer_find_fault(mx_trainer *trainer, mx_i32 n, uint64_t step, char **what);

/* What the labels guessed since mx_trainer_forget_guesses are worth, all 0 where there are none.
 * Waits for the device. */
mx_status mx_trainer_guesses(mx_trainer *trainer, mx_guess_quality *quality);
mx_status mx_trainer_forget_guesses(mx_trainer *trainer);

#endif
