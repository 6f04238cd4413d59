/* The loop of a run. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "train/class_counts.h"
#include "train/schedule.h"
#include "train/session_internal.h"

static double now_s(void) {
    return mx_now_ms() * 1e-3;
}

static mx_event_class *count_classes(const mx_dataset *data) {
    mx_event_class *classes = NULL;
    if (mx_alloc(&classes, (size_t)data->n_classes, sizeof *classes) != MX_OK) return NULL;
    mx_count_classes(data, classes);
    return classes;
}

static mx_status send_start(mx_session *session) {
    mx_event_class *classes = count_classes(&session->data);
    mx_status status = classes ? MX_OK : MX_MEMORY;
    mx_arena arena = {0};
    const mx_device_info *info = mx_device_get_info(session->device);
    const mx_config *config = session->config;
    mx_event_start event = {.run_name = config->run_name,
                            .run_folder = session->folder.path,
                            .method = session->trainer.spec.mixmatch ? "mixmatch" : "supervised",
                            .model = config->model_name,
                            .device = info->name,
                            .driver = info->driver,
                            .n_classes = session->data.n_classes,
                            .classes = classes,
                            .labelled = session->data.labelled.count,
                            .unlabelled = session->data.unlabelled.count,
                            .validation = session->data.validation.count,
                            .test = session->data.test.count,
                            .steps = session->steps,
                            .steps_per_epoch = session->steps_per_epoch,
                            .parameters = mx_net_parameters(session->net),
                            .memory_bytes = mx_device_allocated(session->device),
                            .batch = (int)config->train_batch,
                            .k = session->trainer.spec.mixmatch ? (int)config->mixmatch_k : 0};
    if (status == MX_OK) status = mx_session_describe(session, &arena, &event);
    for (size_t i = 0; status == MX_OK && i < session->n_sinks; i++)
        if (session->sinks[i].start)
            status = session->sinks[i].start(session->sinks[i].self, &event);
    mx_arena_release(&arena);
    free(classes);
    return status;
}

/* Since the row before; until a few steps are done, when enqueueing hides their time, that row's.
 */
static double images_per_s(const mx_session *session) {
    enum { FEW_STEPS = 3 };
    const bool known =
        session->sum_s > 0 && (session->sum_steps > FEW_STEPS || session->last_rate <= 0);
    return known ? (double)session->sum_images / session->sum_s : session->last_rate;
}

/* The facts of step number `step` (from 0) that do not depend on its losses. */
static mx_event_step event_of(const mx_session *session, uint64_t step) {
    const mx_trainer_spec *spec = &session->trainer.spec;
    mx_event_step event = {.step = step + 1,
                           .elapsed_s = now_s() - session->started,
                           .lr = spec->lr * mx_lr_factor_at(&spec->lr_schedule, step)};
    event.epoch = (double)(step + 1) / (double)session->steps_per_epoch;
    if (spec->mixmatch) event.lambda_u = mx_lambda_u_at(spec->lambda_u, spec->ramp_steps, step);
    event.images_per_s = images_per_s(session);
    event.is_epoch_end = (step + 1) % session->steps_per_epoch == 0;
    return event;
}

/* Takes in the losses of a step, which waits for it. */
static mx_status settle(mx_session *session, uint64_t step) {
    mx_step_losses losses;
    MX_TRY(mx_trainer_losses(&session->trainer, step, &losses));
    if (losses.fault) return mx_session_diverged(session, &losses);
    session->sum_steps++;
    session->sum_x += (double)losses.loss_x;
    session->sum_u += (double)losses.loss_u;
    mx_event_step event = event_of(session, step);
    event.loss_x = (double)losses.loss_x;
    event.loss_u = (double)losses.loss_u;
    event.loss = event.loss_x + event.lambda_u * event.loss_u;
    event.has_losses = true;
    for (size_t i = 0; i < session->n_sinks; i++)
        if (session->sinks[i].step) MX_TRY(session->sinks[i].step(session->sinks[i].self, &event));
    return MX_OK;
}

/* How good the labels guessed since the epoch began are. */
static mx_status rate_guesses(mx_session *session, mx_event_step *event) {
    mx_guess_quality quality;
    MX_TRY(mx_trainer_guesses(&session->trainer, &quality));
    event->has_guesses = quality.guesses > 0;
    event->guesses = (mx_event_guesses){.confidence = quality.confidence,
                                        .accuracy = quality.accuracy,
                                        .balance = quality.balance,
                                        .has_accuracy = quality.known > 0};
    return event->is_epoch_end ? mx_trainer_forget_guesses(&session->trainer) : MX_OK;
}

/* One line of metrics.csv: mean losses since the row before, and the scores where they are due. */
static mx_status send_row(mx_session *session, uint64_t step, bool with_scores) {
    mx_event_step event = event_of(session, step);
    event.has_losses = session->sum_steps > 0;
    if (session->sum_s > 0) event.images_per_s = (double)session->sum_images / session->sum_s;
    session->last_rate = event.images_per_s;
    if (event.has_losses) {
        event.loss_x = session->sum_x / (double)session->sum_steps;
        event.loss_u = session->sum_u / (double)session->sum_steps;
        event.loss = event.loss_x + event.lambda_u * event.loss_u;
    }
    MX_TRY(rate_guesses(session, &event));
    if (with_scores) MX_TRY(mx_session_score(session, &event));
    event.elapsed_s = now_s() - session->started;
    session->sum_steps = session->sum_images = 0;
    session->sum_x = session->sum_u = session->sum_s = 0;
    for (size_t i = 0; i < session->n_sinks; i++)
        if (session->sinks[i].row) MX_TRY(session->sinks[i].row(session->sinks[i].self, &event));
    return MX_OK;
}

/* Whether the step that was enqueued last is the run's last one. */
static void note_end(mx_session *session) {
    const double minutes = session->config->train_max_minutes;
    if (session->step == session->steps)
        session->ended = "all steps are done";
    else if (minutes > 0 && now_s() - session->started >= 60.0 * minutes)
        session->ended = "train.max_minutes is over";
}

/* A run that died after its last checkpoint, where all is said and saved, has but to end. */
static void note_earlier_end(mx_session *session) {
    if (session->step == session->steps) session->ended = "all steps are done";
    mx_session_note_patience(session);
}

/* At the end, and as often as log.histograms_every says. */
static bool histograms_are_due(const mx_session *session) {
    const uint64_t every = (uint64_t)session->config->log_histograms_every;
    return session->ended || session->step % (every ? every : session->steps_per_epoch) == 0;
}

/* Runs step number session->step; its losses are settled while the next one runs. */
static mx_status run_step(mx_session *session) {
    const uint64_t step = session->step, done = step + 1;
    const double before = now_s();
    mx_trainer_batch batch;
    mx_buffer *pixels = NULL;
    MX_TRY(mx_session_batch(session, step, &batch, &pixels));
    MX_TRY(mx_trainer_gather(&session->trainer, pixels, &batch, step));
    MX_TRY(mx_trainer_draw(&session->trainer, batch.n, step));
    MX_TRY(mx_trainer_update(&session->trainer, batch.n, step));
    session->step = done;
    session->sum_images += (uint64_t)batch.n * (uint64_t)mx_trainer_groups(&session->trainer.spec);
    if (step > 0 && session->settled < step) MX_TRY(settle(session, session->settled++));
    note_end(session);
    const bool scores = mx_session_score_is_due(session);
    const bool logs = done % (uint64_t)session->config->train_log_every == 0 || session->ended ||
                      done % session->steps_per_epoch == 0;
    const bool saves = mx_session_save_is_due(session);
    if (scores || logs || saves) MX_TRY(settle(session, session->settled++));
    session->sum_s += now_s() - before;
    if (scores || logs) MX_TRY(send_row(session, step, scores));
    if (step == 0) MX_TRY(mx_session_send_pictures(session, batch.n));
    if (histograms_are_due(session)) MX_TRY(mx_session_send_weights(session));
    return saves || mx_session_save_is_due(session) ? mx_session_save(session) : MX_OK;
}

static mx_status send_end(mx_session *session, mx_status status) {
    session->result.step = session->step;
    session->result.elapsed_s = now_s() - session->started;
    const mx_session_result *result = &session->result;
    const mx_event_end event = {.status = status,
                                .step = result->step,
                                .elapsed_s = result->elapsed_s,
                                .has_scores = result->has_scores,
                                .last = result->last,
                                .best = result->best,
                                .best_step = result->best_step};
    mx_status first = MX_OK;
    for (size_t i = 0; i < session->n_sinks; i++) {
        const mx_status sent =
            session->sinks[i].end ? session->sinks[i].end(session->sinks[i].self, &event) : MX_OK;
        if (first == MX_OK) first = sent;
    }
    return first;
}

/* The state is saved after the step that the signal met. */
static mx_status stopped(mx_session *session) {
    if (session->saved_step < session->step) {
        while (session->settled < session->step)
            MX_TRY(settle(session, session->settled++));
        MX_TRY(mx_session_save(session));
    }
    return mx_fail(session->stop == SIGINT ? MX_SIGINT : MX_SIGTERM,
                   "stopped after step %llu of %llu, all is saved; --resume %s goes on",
                   (unsigned long long)session->step, (unsigned long long)session->steps,
                   session->folder.path);
}

static mx_status run_steps(mx_session *session) {
    while (!session->ended) {
        MX_TRY(run_step(session));
        if (session->stop && !session->ended) return stopped(session);
    }
    if (session->step < session->steps)
        mx_info("ended after step %llu: %s", (unsigned long long)session->step, session->ended);
    if (!session->result.has_scores) return mx_session_write_weights(session, "best.safetensors");
    return MX_OK;
}

mx_status mx_session_train(mx_session *session) {
    session->saved = now_s();
    session->started = session->saved - session->resumed_s;
    note_earlier_end(session);
    MX_TRY(send_start(session));
    mx_status status = session->step == 0 ? mx_session_send_weights(session) : MX_OK;
    if (status == MX_OK) status = run_steps(session);
    /* What the sinks have to say of their own must not hide why the run stopped. */
    char why[512] = "";
    if (status != MX_OK) snprintf(why, sizeof why, "%s", mx_error());
    const mx_status end = send_end(session, status);
    const mx_status facts =
        mx_session_write_facts(session, status == MX_OK                               ? "finished"
                                        : status == MX_SIGINT || status == MX_SIGTERM ? "stopped"
                                                                                      : "failed");
    if (status != MX_OK) return mx_fail(status, "%s", why);
    if (end != MX_OK || facts != MX_OK) return end != MX_OK ? end : facts;
    return mx_session_write_report(session);
}
