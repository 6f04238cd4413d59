#include "train/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ops/mixup.h"
#include "ops/sharpen.h"
#include "train/interleave.h"
#include "train/trainer_internal.h"

mx_i32 mx_trainer_groups(const mx_trainer_spec *spec) {
    return spec->mixmatch ? spec->k + 1 : 1;
}

static mx_i32 ceiling(mx_i32 a, mx_i32 b) {
    return (a + b - 1) / b;
}

mx_i32 mx_trainer_train_groups(const mx_trainer_spec *spec) {
    return ceiling(mx_trainer_groups(spec), spec->parts);
}

mx_i32 mx_trainer_guess_groups(const mx_trainer_spec *spec) {
    return spec->mixmatch ? ceiling(spec->k, spec->parts) : 0;
}

/* Appends a tensor to the arena being laid out. */
static mx_tensor place(size_t *used, mx_i32 n, mx_value v) {
    const mx_tensor tensor = {.offset = (mx_u32)*used, .n = n, .h = v.h, .w = v.w, .c = v.c};
    *used += mx_tensor_aligned(mx_tensor_count(tensor));
    return tensor;
}

static size_t lay_out(mx_trainer *trainer) {
    const mx_i32 rows = trainer->most_rows;
    const mx_value image = mx_net_input(trainer->net), class = {1, 1, trainer->classes},
                   one = {1, 1, 1};
    size_t used = 0;
    trainer->x = place(&used, rows, image);
    trainer->mixed = place(&used, rows, image);
    trainer->targets = place(&used, rows, class);
    trainer->mixed_targets = place(&used, rows, class);
    trainer->guesses = place(&used, rows, class);
    trainer->lambda = place(&used, rows, one);
    trainer->losses = place(&used, rows, one);
    trainer->health = place(&used, 4, one);
    return used;
}

static void set_buffers(mx_trainer *trainer) {
    mx_tensor *const tensors[] = {
        &trainer->x,       &trainer->mixed,  &trainer->targets, &trainer->mixed_targets,
        &trainer->guesses, &trainer->lambda, &trainer->losses,  &trainer->health};
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        tensors[i]->buffer = trainer->floats;
}

/* Lambda stays 1 where there is no mixup. */
static mx_status set_lambda_to_one(mx_trainer *trainer) {
    float *ones = NULL;
    MX_TRY(mx_alloc(&ones, (size_t)trainer->most_rows, sizeof *ones));
    for (mx_i32 i = 0; i < trainer->most_rows; i++)
        ones[i] = 1.0f;
    const mx_status status =
        mx_buffer_write(trainer->floats, trainer->lambda.offset * sizeof(float), ones,
                        (size_t)trainer->most_rows * sizeof(float));
    free(ones);
    return status;
}

static void size_up(mx_trainer *trainer, mx_net *net, const mx_trainer_spec *spec) {
    *trainer = (mx_trainer){.spec = *spec, .net = net, .device = mx_net_device(net)};
    trainer->classes = mx_net_classes(net);
    trainer->most_rows = spec->batch * mx_trainer_groups(spec);
}

static size_t sum_bytes(const mx_net *net, const mx_trainer_spec *spec) {
    return spec->parts > 1 ? mx_net_layout(net).trained * sizeof(float) : 0;
}

/* How a batch of `n` labelled pictures is augmented, and its unlabelled ones. */
static mx_augment_use use_of(const mx_trainer_spec *spec, bool labelled, mx_i32 n) {
    if (labelled) return (mx_augment_use){&spec->labelled, n, 1};
    const mx_i32 views = spec->mixmatch ? spec->k : 0;
    return (mx_augment_use){&spec->unlabelled, views * n, views};
}

static size_t tally_bytes(const mx_trainer *trainer) {
    return (size_t)(trainer->classes + 3 * trainer->spec.batch) * sizeof(float);
}

size_t mx_trainer_bytes(const mx_net *net, const mx_trainer_spec *spec) {
    mx_trainer trainer;
    size_up(&trainer, (mx_net *)net, spec);
    return mx_control_size(&trainer) * sizeof(mx_i32) + lay_out(&trainer) * sizeof(float) +
           tally_bytes(&trainer) + sum_bytes(net, spec) +
           mx_augmenter_bytes(trainer.device, mx_net_input(net),
                              (mx_augment_use[]){use_of(spec, true, spec->batch),
                                                 use_of(spec, false, spec->batch)},
                              2);
}

mx_status mx_trainer_init(mx_trainer *trainer, mx_net *net, const mx_trainer_spec *spec) {
    size_up(trainer, net, spec);
    const size_t ints = mx_control_size(trainer), sum = sum_bytes(net, spec);
    if (sum > 0 && mx_net_get_arenas(net).gradients_from > 0)
        return mx_fail(MX_INTERNAL, "a step in parts needs gradients that the network keeps");
    mx_status status;
    MX_GO(mx_alloc(&trainer->host, ints, sizeof *trainer->host));
    MX_GO(mx_buffer_create(&trainer->control, trainer->device, ints * sizeof(mx_i32)));
    MX_GO(mx_buffer_create(&trainer->floats, trainer->device, lay_out(trainer) * sizeof(float)));
    trainer->tally = mx_matrix(NULL, 0, 1, (mx_i32)(tally_bytes(trainer) / sizeof(float)));
    MX_GO(mx_buffer_create(&trainer->tally.buffer, trainer->device, tally_bytes(trainer)));
    MX_GO(mx_buffer_zero(trainer->tally.buffer, 0, tally_bytes(trainer)));
    if (sum > 0) MX_GO(mx_buffer_create(&trainer->sum, trainer->device, sum));
    MX_GO(mx_augmenter_init(
        &trainer->augmenter, trainer->device, mx_net_input(net),
        (mx_augment_use[]){use_of(spec, true, spec->batch), use_of(spec, false, spec->batch)}, 2));
    set_buffers(trainer);
    MX_GO(mx_buffer_zero(trainer->floats, 0, mx_buffer_bytes(trainer->floats)));
    MX_GO(mx_buffer_zero(trainer->control, 0, ints * sizeof(mx_i32)));
    MX_GO(set_lambda_to_one(trainer));
done:
    if (status != MX_OK) mx_trainer_release(trainer);
    return mx_context(status, "memory of a step");
}

void mx_trainer_release(mx_trainer *trainer) {
    for (int i = 0; i < MX_TRAINER_PENDING; i++)
        (void)mx_ticket_wait(&trainer->pending[i].ticket);
    mx_buffer_release(trainer->control);
    mx_buffer_release(trainer->floats);
    mx_buffer_release(trainer->tally.buffer);
    mx_buffer_release(trainer->sum);
    mx_augmenter_release(&trainer->augmenter);
    free(trainer->host);
    *trainer = (mx_trainer){0};
}

/* Augments `n` labelled pictures, or the views of as many unlabelled ones. */
static mx_status augment(mx_trainer *trainer, mx_buffer *pixels, bool labelled, mx_i32 n,
                         uint64_t step) {
    const mx_trainer_spec *spec = &trainer->spec;
    const mx_augment_use use = use_of(spec, labelled, n);
    const mx_i32 first = labelled ? 0 : n;
    const mx_draw draw = {.seed = spec->seed,
                          .step = (mx_u32)step,
                          .stream = labelled ? MX_STREAM_AUGMENT_X : MX_STREAM_AUGMENT_U};
    mx_tensor x = trainer->x;
    x.n = first + use.count;
    return mx_augmenter_run(&trainer->augmenter, &use, pixels,
                            mx_control_tensor(trainer, MX_CONTROL_ROWS), first, spec->scaling, draw,
                            x);
}

mx_status mx_trainer_gather(mx_trainer *trainer, mx_buffer *pixels, const mx_trainer_batch *batch,
                            uint64_t step) {
    const mx_i32 n = batch->n, k = trainer->spec.mixmatch ? trainer->spec.k : 0;
    const size_t bytes = (size_t)n * sizeof(mx_i32);
    mx_i32 *rows = mx_control_host(trainer, MX_CONTROL_ROWS);
    memcpy(rows, batch->labelled, bytes);
    for (mx_i32 view = 1; view <= k; view++)
        memcpy(rows + view * n, batch->unlabelled, bytes);
    mx_i32 *labels = mx_control_host(trainer, MX_CONTROL_LABELS);
    memcpy(labels, batch->labels, bytes);
    for (mx_i32 i = 0; k > 0 && i < n; i++)
        labels[n + i] = batch->truth ? batch->truth[i] : -1;
    MX_TRY(mx_control_send(trainer, MX_CONTROL_ROWS, (k + 1) * n));
    MX_TRY(mx_control_send(trainer, MX_CONTROL_LABELS, k > 0 ? 2 * n : n));
    mx_tensor targets = trainer->targets;
    targets.n = n;
    MX_TRY(mx_one_hot(trainer->device, mx_control_tensor(trainer, MX_CONTROL_LABELS), targets));
    MX_TRY(augment(trainer, pixels, true, n, step));
    return k ? augment(trainer, pixels, false, n, step) : MX_OK;
}

mx_status mx_trainer_set_partners(mx_trainer *trainer, mx_i32 n, const uint32_t *partner) {
    const mx_i32 groups = mx_trainer_groups(&trainer->spec), rows = groups * n;
    mx_i32 *own = mx_control_host(trainer, MX_CONTROL_PAIR), *other = own + rows;
    mx_i32 *list = mx_control_host(trainer, MX_CONTROL_LIST);
    for (mx_i32 i = 0; i < rows; i++) {
        own[i] = trainer->spec.interleave ? mx_interleave(i, n, groups) : i;
        other[i] = (mx_i32)partner[own[i]];
        list[own[i]] = i; /* interleaving is its own inverse */
    }
    MX_TRY(mx_control_send(trainer, MX_CONTROL_PAIR, 2 * rows));
    return mx_control_send(trainer, MX_CONTROL_LIST, rows);
}

/* A random permutation of 0 .. rows - 1 (Fisher and Yates). */
static void permute(uint32_t *order, mx_i32 rows, uint64_t seed, uint64_t step) {
    for (mx_i32 i = 0; i < rows; i++)
        order[i] = (uint32_t)i;
    for (mx_i32 i = rows - 1; i > 0; i--) {
        const mx_random r = mx_philox((mx_u32)i, 0, (mx_u32)step, MX_STREAM_MIXUP_PERMUTE,
                                      (mx_u32)seed, (mx_u32)(seed >> 32));
        const uint64_t wide = (uint64_t)r.v[0] << 32 | r.v[1];
        const mx_i32 j = (mx_i32)(wide % (uint64_t)(i + 1));
        const uint32_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

mx_status mx_trainer_draw(mx_trainer *trainer, mx_i32 n, uint64_t step) {
    const mx_trainer_spec *spec = &trainer->spec;
    const mx_i32 rows = mx_trainer_groups(spec) * n;
    if (!spec->mixmatch) return MX_OK;
    uint32_t *partner = (uint32_t *)mx_control_host(trainer, MX_CONTROL_SCRATCH);
    if (spec->mixup)
        permute(partner, rows, spec->seed, step);
    else
        for (mx_i32 i = 0; i < rows; i++)
            partner[i] = (uint32_t)i;
    MX_TRY(mx_trainer_set_partners(trainer, n, partner));
    if (!spec->mixup) return MX_OK;
    mx_tensor lambda = trainer->lambda;
    lambda.n = rows;
    const mx_draw draw = {.seed = spec->seed, .step = (mx_u32)step};
    return mx_mixup_lambda(trainer->device, (float)spec->alpha, spec->lambda_per_batch, draw,
                           lambda);
}

mx_status mx_trainer_losses(mx_trainer *trainer, uint64_t step, mx_step_losses *losses) {
    const size_t slot = step % MX_TRAINER_PENDING;
    if (trainer->pending[slot].step != step)
        return mx_fail(MX_INTERNAL, "the losses of step %llu are gone", (unsigned long long)step);
    MX_TRY(mx_ticket_wait(&trainer->pending[slot].ticket));
    const float *health = trainer->pending[slot].health;
    *losses = (mx_step_losses){step, health[0], health[1], health[2 + (step & 1)] != 0.0f};
    return MX_OK;
}

mx_status mx_trainer_guesses(mx_trainer *trainer, mx_guess_quality *quality) {
    const size_t bytes = tally_bytes(trainer);
    float *tally = NULL;
    mx_status status;
    *quality = (mx_guess_quality){0};
    if (trainer->guessed == 0) return MX_OK;
    MX_GO(mx_alloc(&tally, bytes, 1));
    MX_GO(mx_buffer_read(trainer->tally.buffer, 0, tally, bytes));
    *quality = mx_guess_quality_of(tally, trainer->classes, trainer->spec.batch, trainer->guessed);
done:
    free(tally);
    return status;
}

mx_status mx_trainer_forget_guesses(mx_trainer *trainer) {
    trainer->guessed = 0;
    return mx_buffer_zero(trainer->tally.buffer, 0, tally_bytes(trainer));
}
