/* What the files of the session share. */
#ifndef MX_TRAIN_SESSION_INTERNAL_H
#define MX_TRAIN_SESSION_INTERNAL_H

#include <signal.h>

#include "data/sampler.h"
#include "report/event.h"
#include "train/config.h"
#include "train/evaluate.h"
#include "train/run_folder.h"
#include "train/session.h"
#include "train/trainer.h"

enum { MX_SESSION_SINKS = 8 };

struct mx_session {
    const mx_config *config;
    mx_device *device;
    mx_dataset data;
    mx_net *net;
    mx_trainer trainer;
    mx_evaluator evaluator;
    mx_feed feed;
    mx_sampler labelled, unlabelled;
    mx_run_folder folder;
    mx_sink sinks[MX_SESSION_SINKS];
    size_t n_sinks;

    uint64_t steps, steps_per_epoch; /* of the whole run; of a pass over the larger set */
    uint64_t step;                   /* steps enqueued */
    uint64_t settled;                /* steps whose losses are known */
    mx_session_result result;
    double best_choice;  /* train.best_by of the best weights, more is better: on validation rows
                            where there are any, else on the test */
    uint64_t since_best; /* evaluations */
    const char *ended;   /* why the step that was enqueued last is the last one, or NULL */

    /* Since the latest row. */
    uint64_t sum_steps, sum_images;
    double sum_x, sum_u, sum_s;
    double last_rate; /* pictures a second, of the latest row */
    double started;   /* seconds on the clock */
    double resumed_s; /* that the run had taken before this process */
    double saved;     /* seconds on the clock, of the latest checkpoint */
    uint64_t saved_step;
    volatile sig_atomic_t stop; /* the signal that asks for an end, or 0 */

    /* A step's pictures, on the host. */
    uint32_t *labelled_rows, *unlabelled_rows;
    int32_t *labels, *truth; /* truth: of the unlabelled */
};

/* Steps of a pass over the larger of the two sets. */
uint64_t mx_session_steps_per_epoch(const mx_session *session);

/* Sends the pictures of step `step` on their way: *batch has their places in *pixels, and labels.
 */
mx_status mx_session_batch(mx_session *session, uint64_t step, mx_trainer_batch *batch,
                           mx_buffer **pixels);

/* Scores on the test rows, else on those held out for validation. The latter, where there are any,
 * choose the best weights. Ends the run as train.patience says. */
mx_status mx_session_score(mx_session *session, mx_event_step *event);
/* Ends the run where train.patience is over. */
void mx_session_note_patience(mx_session *session);
/* At the end, and as often as train.eval_every says, where there are pictures for it. */
bool mx_session_score_is_due(const mx_session *session);

/* The weights that evaluate, then all that a resumed run needs; train.keep checkpoints before it
 * stay. All steps are settled. */
mx_status mx_session_save(mx_session *session);
/* At the end, when a signal asks for it, and as often as train.save_every says. */
bool mx_session_save_is_due(const mx_session *session);

/* Fails with MX_DIVERGED and a message that says where the step that broke broke first. */
mx_status mx_session_diverged(mx_session *session, const mx_step_losses *losses);

/* Pictures of the step that was enqueued last, of `n` labelled ones, to the sinks that show any. */
mx_status mx_session_send_pictures(const mx_session *session, mx_i32 n);
/* The weights of convolutions and linear layers, to the sinks that show them. */
mx_status mx_session_send_weights(const mx_session *session);
/* Sets the picture size, the layers and the settings of `event`, which live in `arena`. */
mx_status mx_session_describe(const mx_session *session, mx_arena *arena, mx_event_start *event);

/* run.json. */
mx_status mx_session_write_facts(const mx_session *session, const char *state);
/* report.html and plots, where the configuration wants them; the moving average is then that of the
 * best weights. What fails is a warning, but for MX_WRITE. */
mx_status mx_session_write_report(mx_session *session);
/* Weights to NAME.safetensors in the run folder: the averaged ones. */
mx_status mx_session_write_weights(const mx_session *session, const char *name);

#endif
