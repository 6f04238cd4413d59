/* The update of a step: Berthelot et al. 2019, "MixMatch: a holistic approach to semi-supervised
 * learning", algorithm 1 and equations 2 to 5. */
#include <math.h>

#include "ops/adam.h"
#include "ops/guess.h"
#include "ops/loss.h"
#include "ops/mixup.h"
#include "ops/pointwise.h"
#include "ops/sharpen.h"
#include "ops/softmax.h"
#include "train/trainer_internal.h"

/* The first `rows` rows of a tensor, or those from `first` on. */
static mx_tensor rows_of(mx_tensor tensor, mx_i32 first, mx_i32 rows) {
    tensor.offset += (mx_u32)first * (mx_u32)(tensor.h * tensor.w * tensor.c);
    tensor.n = rows;
    return tensor;
}

/* A run of batches that are computed together. */
typedef struct part {
    mx_i32 first, count;
} part;

/* Part `i` of `groups` batches; it may be empty. */
static part part_of(const mx_trainer *trainer, mx_i32 groups, mx_i32 i) {
    const mx_i32 parts = trainer->spec.parts, first = groups * i / parts;
    return (part){first, groups * (i + 1) / parts - first};
}

static mx_status guess_part(mx_trainer *trainer, mx_i32 n, part p) {
    const mx_i32 rows = p.count * n;
    const mx_pass pass = {.mode = MX_GUESS,
                          .rows = rows,
                          .groups = p.count,
                          .weights = mx_net_get_arenas(trainer->net).weights};
    mx_tensor logits;
    if (rows == 0) return MX_OK;
    MX_TRY(
        mx_net_forward(trainer->net, &pass, rows_of(trainer->x, (p.first + 1) * n, rows), &logits));
    const mx_tensor guesses = rows_of(trainer->guesses, p.first * n, rows);
    MX_TRY(mx_softmax(trainer->device, logits, guesses));
    return mx_net_show(trainer->net, "the softmax of the guesses", guesses);
}

/* Labels of the unlabelled pictures: the sharpened mean guess over their k views. */
static mx_status guess_labels(mx_trainer *trainer, mx_i32 n) {
    const mx_i32 k = trainer->spec.k, rows = k * n;
    for (mx_i32 i = 0; i < trainer->spec.parts; i++)
        MX_TRY(guess_part(trainer, n, part_of(trainer, k, i)));
    MX_TRY(mx_sharpen(trainer->device, rows_of(trainer->guesses, 0, rows), k,
                      (float)trainer->spec.temperature, rows_of(trainer->targets, n, rows)));
    MX_TRY(mx_net_show(trainer->net, "sharpening", rows_of(trainer->targets, n, rows)));
    trainer->guessed += (uint64_t)n;
    return mx_guess_tally(trainer->device, rows_of(trainer->targets, n, n),
                          rows_of(mx_control_tensor(trainer, MX_CONTROL_LABELS), n, n),
                          trainer->tally);
}

mx_status mx_trainer_mix(mx_trainer *trainer, mx_i32 n) {
    const mx_i32 rows = mx_trainer_groups(&trainer->spec) * n;
    mx_tensor pair = mx_control_tensor(trainer, MX_CONTROL_PAIR);
    MX_TRY(mx_mixup(trainer->device, rows_of(trainer->x, 0, rows), pair, trainer->lambda,
                    rows_of(trainer->mixed, 0, rows)));
    MX_TRY(mx_mixup(trainer->device, rows_of(trainer->targets, 0, rows), pair, trainer->lambda,
                    rows_of(trainer->mixed_targets, 0, rows)));
    MX_TRY(mx_net_show(trainer->net, "mixup", rows_of(trainer->mixed, 0, rows)));
    return mx_net_show(trainer->net, "mixup", rows_of(trainer->mixed_targets, 0, rows));
}

/* Losses of a part's rows and the gradient by its logits, which begin with row `begin`: labelled
 * rows come first in the list, then the unlabelled. */
static mx_status lose(mx_trainer *trainer, mx_i32 n, mx_i32 begin, mx_tensor logits,
                      mx_tensor dlogits, double lambda_u) {
    const mx_i32 unlabelled = trainer->spec.mixmatch ? trainer->spec.k * n : 0;
    const mx_tensor targets = trainer->spec.mixmatch ? trainer->mixed_targets : trainer->targets;
    mx_loss_rows rows = {.list = mx_control_tensor(trainer, MX_CONTROL_LIST),
                         .count = n,
                         .scale = 1.0f / (float)n,
                         .begin = begin};
    MX_TRY(mx_soft_cross_entropy(trainer->device, logits, targets, rows, trainer->losses, dlogits));
    if (unlabelled == 0) return MX_OK;
    rows.first = n;
    rows.count = unlabelled;
    rows.scale = (float)(lambda_u / unlabelled);
    return mx_squared_difference(trainer->device, logits, targets, rows, trainer->losses, dlogits);
}

static mx_status sum_losses(mx_trainer *trainer, mx_i32 n) {
    const mx_i32 unlabelled = trainer->spec.mixmatch ? trainer->spec.k * n : 0;
    MX_TRY(
        mx_loss_sum(trainer->device, trainer->losses, 0, n, 1.0f / (float)n, trainer->health, 0));
    if (unlabelled == 0) return MX_OK;
    return mx_loss_sum(trainer->device, trainer->losses, n, unlabelled, 1.0f / (float)unlabelled,
                       trainer->health, 1);
}

/* trainer->sum = the gradients so far; the last part leaves the whole sum with the network. */
static mx_status add_gradients(mx_trainer *trainer, mx_i32 i) {
    const mx_i32 count = (mx_i32)mx_net_layout(trainer->net).trained;
    const mx_tensor now = mx_matrix(mx_net_get_arenas(trainer->net).gradients, 0, 1, count),
                    sum = mx_matrix(trainer->sum, 0, 1, count);
    if (trainer->spec.parts == 1) return MX_OK;
    if (i == 0) return mx_buffer_copy(sum.buffer, 0, now.buffer, 0, mx_buffer_bytes(now.buffer));
    return mx_add(trainer->device, sum, now, 1.0f, i == trainer->spec.parts - 1 ? now : sum);
}

/* How a step moves weights, apart from which. */
static mx_adam_args adam_of(const mx_trainer *trainer, uint64_t step) {
    const mx_trainer_spec *spec = &trainer->spec;
    const mx_param_layout layout = mx_net_layout(trainer->net);
    const double t = (double)step + 1.0, factor = mx_lr_factor_at(&spec->lr_schedule, step);
    mx_adam_args args = {.beta1 = (float)spec->beta1,
                         .beta2 = (float)spec->beta2,
                         .epsilon = (float)spec->epsilon,
                         .correction1 = (float)(1.0 - pow(spec->beta1, t)),
                         .correction2 = (float)(1.0 - pow(spec->beta2, t)),
                         .ema = (float)mx_ema_at(spec->ema, spec->ema_warmup, step),
                         .coupled = spec->coupled_decay,
                         .odd = (mx_i32)(step & 1)};
    for (int g = 0; g < MX_PARAM_GROUPS; g++) {
        const bool head = g == MX_HEAD_WEIGHTS || g == MX_HEAD_OTHERS;
        const bool decays = spec->coupled_decay || g < MX_BACKBONE_OTHERS;
        args.end[g] = (mx_u32)layout.end[g];
        args.rate[g] = (float)(factor * (head ? spec->lr : spec->lr_backbone));
        args.decay[g] = decays ? (float)spec->weight_decay : 0.0f;
    }
    args.end[MX_PARAM_GROUPS] = (mx_u32)layout.count; /* what is not trained has rate 0 */
    return args;
}

/* Moves `count` weights from `first` of the arenas on. */
static mx_status move(const mx_trainer *trainer, mx_adam_args args, size_t first, size_t count,
                      mx_tensor gradient) {
    const mx_net_arenas arenas = mx_net_get_arenas(trainer->net);
    args.first = (mx_u32)first;
    args.count = (mx_u32)count;
    args.gradient = gradient.offset;
    return mx_adam(trainer->device, &args, arenas.weights, gradient.buffer, arenas.first,
                   arenas.second, arenas.average, trainer->health);
}

/* What moves weights as their gradients come. */
typedef struct mover {
    const mx_trainer *trainer;
    mx_adam_args args;
} mover;

/* An mx_gradient_taker. */
static mx_status take(void *context, size_t first, size_t count, mx_tensor gradient) {
    const mover *m = context;
    return move(m->trainer, m->args, first, count, gradient);
}

/* Moves all whose gradients the network keeps. */
static mx_status move_rest(const mover *m) {
    const mx_net_arenas arenas = mx_net_get_arenas(m->trainer->net);
    return move(m->trainer, m->args, arenas.gradients_from,
                mx_net_layout(m->trainer->net).count - arenas.gradients_from,
                mx_matrix(arenas.gradients, 0, 1, 0));
}

/* Forward, losses and backward of part `i`. The losses are whole before any weight moves. */
static mx_status learn_part(mx_trainer *trainer, mx_i32 n, mx_i32 i, double lambda_u,
                            const mx_gradient_taker *taker) {
    const part p = part_of(trainer, mx_trainer_groups(&trainer->spec), i);
    const mx_pass pass = {.mode = MX_TRAIN,
                          .later_part = i > 0,
                          .rows = p.count * n,
                          .groups = p.count,
                          .weights = mx_net_get_arenas(trainer->net).weights,
                          .taker = taker};
    const mx_tensor x =
        rows_of(trainer->spec.mixmatch ? trainer->mixed : trainer->x, p.first * n, pass.rows);
    mx_tensor logits;
    MX_TRY(mx_net_forward(trainer->net, &pass, x, &logits));
    const mx_tensor dlogits = mx_net_logits_gradient(trainer->net, &pass);
    MX_TRY(lose(trainer, n, p.first * n, logits, dlogits, lambda_u));
    MX_TRY(mx_net_show(trainer->net, "the loss", dlogits));
    if (i == trainer->spec.parts - 1) MX_TRY(sum_losses(trainer, n));
    MX_TRY(mx_net_backward(trainer->net, &pass, x));
    return add_gradients(trainer, i);
}

static mx_status send_losses(mx_trainer *trainer, uint64_t step) {
    const size_t slot = step % MX_TRAINER_PENDING;
    MX_TRY(mx_ticket_wait(&trainer->pending[slot].ticket));
    trainer->pending[slot].step = step;
    MX_TRY(mx_buffer_read_start(trainer->floats, trainer->health.offset * sizeof(float),
                                trainer->pending[slot].health, sizeof trainer->pending[slot].health,
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
    const mx_i32 rows = mx_trainer_groups(&trainer->spec) * n;
    const double lambda_u = mx_lambda_u_at(trainer->spec.lambda_u, trainer->spec.ramp_steps, step);
    if (trainer->spec.mixmatch) {
        MX_TRY(guess_labels(trainer, n));
        MX_TRY(mx_trainer_mix(trainer, n));
    } else {
        MX_TRY(list_in_order(trainer, rows));
    }
    mover weights = {trainer, adam_of(trainer, step)};
    const mx_gradient_taker taker = {take, &weights};
    for (mx_i32 i = 0; i < trainer->spec.parts; i++)
        MX_TRY(learn_part(trainer, n, i, lambda_u, &taker));
    MX_TRY(mx_net_show(trainer->net, "the loss", rows_of(trainer->losses, 0, rows)));
    MX_TRY(move_rest(&weights));
    return send_losses(trainer, step);
}
