/* The update of a step: Berthelot et al. 2019, "MixMatch: a holistic approach to semi-supervised
 * learning", algorithm 1 and equations 2 to 5. */
#include <math.h>

#include "ops/adam.h"
#include "ops/loss.h"
#include "ops/mixup.h"
#include "ops/sharpen.h"
#include "ops/softmax.h"
#include "train/schedule.h"
#include "train/trainer_internal.h"

/* The first `rows` rows of a tensor, or those from `first` on. */
static mx_tensor rows_of(mx_tensor tensor, mx_i32 first, mx_i32 rows) {
    tensor.offset += (mx_u32)first * (mx_u32)(tensor.h * tensor.w * tensor.c);
    tensor.n = rows;
    return tensor;
}

/* Labels of the unlabelled pictures: the sharpened mean guess over their k views. */
static mx_status guess_labels(mx_trainer *trainer, mx_i32 n) {
    const mx_i32 k = trainer->spec.k, rows = k * n;
    const mx_pass pass = {.mode = MX_GUESS,
                          .rows = rows,
                          .groups = k,
                          .weights = mx_net_get_arenas(trainer->net).weights};
    const mx_tensor guesses = rows_of(trainer->guesses, 0, rows);
    mx_tensor logits;
    MX_TRY(mx_net_forward(trainer->net, &pass, rows_of(trainer->x, n, rows), &logits));
    MX_TRY(mx_softmax(trainer->device, logits, guesses));
    return mx_sharpen(trainer->device, guesses, k, (float)trainer->spec.temperature,
                      rows_of(trainer->targets, n, rows));
}

static mx_status mix(mx_trainer *trainer, mx_i32 rows) {
    mx_tensor pair = mx_control_tensor(trainer, MX_CONTROL_PAIR);
    MX_TRY(mx_mixup(trainer->device, rows_of(trainer->x, 0, rows), pair, trainer->lambda,
                    rows_of(trainer->mixed, 0, rows)));
    return mx_mixup(trainer->device, rows_of(trainer->targets, 0, rows), pair, trainer->lambda,
                    rows_of(trainer->mixed_targets, 0, rows));
}

/* Losses and the gradient by the logits: labelled rows first in the list, then the unlabelled. */
static mx_status lose(mx_trainer *trainer, mx_i32 n, mx_tensor logits, mx_tensor targets,
                      mx_tensor dlogits, double lambda_u) {
    const mx_i32 unlabelled = trainer->spec.mixmatch ? trainer->spec.k * n : 0;
    mx_loss_rows rows = {
        .list = mx_control_tensor(trainer, MX_CONTROL_LIST), .count = n, .scale = 1.0f / (float)n};
    MX_TRY(mx_soft_cross_entropy(trainer->device, logits, targets, rows, trainer->losses, dlogits));
    MX_TRY(mx_loss_sum(trainer->device, trainer->losses, 0, n, 1.0f / (float)n, trainer->sums, 0));
    if (unlabelled == 0) return MX_OK;
    rows.first = n;
    rows.count = unlabelled;
    rows.scale = (float)(lambda_u / unlabelled);
    MX_TRY(mx_squared_difference(trainer->device, logits, targets, rows, trainer->losses, dlogits));
    return mx_loss_sum(trainer->device, trainer->losses, n, unlabelled, 1.0f / (float)unlabelled,
                       trainer->sums, 1);
}

static mx_status move_weights(mx_trainer *trainer, uint64_t step) {
    const mx_trainer_spec *spec = &trainer->spec;
    const mx_param_layout layout = mx_net_layout(trainer->net);
    const mx_net_arenas arenas = mx_net_get_arenas(trainer->net);
    const double t = (double)step + 1.0;
    mx_adam_args args = {.count = (mx_u32)layout.count,
                         .beta1 = (float)spec->beta1,
                         .beta2 = (float)spec->beta2,
                         .epsilon = (float)spec->epsilon,
                         .correction1 = (float)(1.0 - pow(spec->beta1, t)),
                         .correction2 = (float)(1.0 - pow(spec->beta2, t)),
                         .ema = (float)mx_ema_at(spec->ema, spec->ema_warmup, step),
                         .coupled = spec->coupled_decay};
    for (int g = 0; g < MX_PARAM_GROUPS; g++) {
        const bool head = g == MX_HEAD_WEIGHTS || g == MX_HEAD_OTHERS;
        const bool decays = spec->coupled_decay || g < MX_BACKBONE_OTHERS;
        args.end[g] = (mx_u32)layout.end[g];
        args.rate[g] = (float)(head ? spec->lr : spec->lr_backbone);
        args.decay[g] = decays ? (float)spec->weight_decay : 0.0f;
    }
    args.end[MX_PARAM_GROUPS] = args.count; /* what is not trained has rate 0 */
    return mx_adam(trainer->device, &args, arenas.weights, arenas.gradients, arenas.first,
                   arenas.second, arenas.average);
}

static mx_status send_losses(mx_trainer *trainer, uint64_t step) {
    const size_t slot = step % MX_TRAINER_PENDING;
    MX_TRY(mx_ticket_wait(&trainer->pending[slot].ticket));
    trainer->pending[slot].step = step;
    MX_TRY(mx_buffer_read_start(trainer->floats, trainer->sums.offset * sizeof(float),
                                trainer->pending[slot].sums, sizeof trainer->pending[slot].sums,
                                &trainer->pending[slot].ticket));
    return mx_device_flush(trainer->device);
}

/* Without mixing, row i of the list is row i. */
static mx_status list_in_order(mx_trainer *trainer, mx_i32 rows) {
    mx_i32 *list = mx_control_host(trainer, MX_CONTROL_LIST);
    for (mx_i32 i = 0; i < rows; i++)
        list[i] = i;
    return mx_control_send(trainer, MX_CONTROL_LIST, rows);
}

mx_status mx_trainer_update(mx_trainer *trainer, mx_i32 n, uint64_t step) {
    const bool mixmatch = trainer->spec.mixmatch;
    const mx_i32 groups = mx_trainer_groups(&trainer->spec), rows = groups * n;
    const double lambda_u = mx_lambda_u_at(trainer->spec.lambda_u, trainer->spec.ramp_steps, step);
    const mx_pass pass = {.mode = MX_TRAIN,
                          .rows = rows,
                          .groups = groups,
                          .weights = mx_net_get_arenas(trainer->net).weights};
    const mx_tensor x = rows_of(mixmatch ? trainer->mixed : trainer->x, 0, rows);
    const mx_tensor targets = mixmatch ? trainer->mixed_targets : trainer->targets;
    mx_tensor logits;
    if (mixmatch) {
        MX_TRY(guess_labels(trainer, n));
        MX_TRY(mix(trainer, rows));
    } else {
        MX_TRY(list_in_order(trainer, rows));
    }
    MX_TRY(mx_net_forward(trainer->net, &pass, x, &logits));
    MX_TRY(
        lose(trainer, n, logits, targets, mx_net_logits_gradient(trainer->net, &pass), lambda_u));
    MX_TRY(mx_net_backward(trainer->net, &pass, x));
    MX_TRY(move_weights(trainer, step));
    return send_losses(trainer, step);
}
