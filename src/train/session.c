#include "train/session.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "report/sinks.h"
#include "train/checkpoint.h"
#include "train/memory.h"
#include "train/session_internal.h"
#include "train/resume.h"
#include "train/run_facts.h"
#include "train/setup.h"
#include "train/state.h"

static mx_status open_device_parts(mx_session *session, bool resumed) {
    const mx_config *config = session->config;
    mx_trainer_spec spec = mx_setup_trainer(config);
    const mx_dataset *data = &session->data;
    const uint64_t limit = mx_setup_data_memory(config, session->device);
    const size_t capacity = mx_setup_feed_capacity(config);
    const uint64_t pictures = mx_feed_bytes(session->device, mx_dataset_bytes(data), limit,
                                            capacity, mx_dataset_bytes(data) / data->n_pictures);
    spec.lr_schedule.steps = session->steps;
    MX_TRY(mx_memory_check(config, session->device, data->n_classes, pictures));
    MX_TRY(mx_setup_tuned_net(config, session->device, data->n_classes, &spec, &session->net));
    if (!resumed) MX_TRY(mx_net_init(session->net, (uint64_t)config->run_seed));
    if (*config->model_weights && !resumed)
        MX_TRY(mx_weights_begin(config->model_weights, session->net));
    MX_TRY(mx_trainer_init(&session->trainer, session->net, &spec));
    MX_TRY(mx_evaluator_init(&session->evaluator, session->net, mx_setup_eval_batch(config),
                             mx_setup_scaling(config)));
    return mx_feed_init(&session->feed, session->device, data, limit, capacity);
}

static mx_status open_samplers(mx_session *session) {
    const uint64_t seed = (uint64_t)session->config->run_seed;
    const mx_dataset *data = &session->data;
    const size_t batch = (size_t)session->config->train_batch;
    if (session->config->train_method == MX_CONFIG_METHOD_MIXMATCH && data->unlabelled.count == 0)
        return mx_fail(
            MX_DATA,
            "method mixmatch needs unlabelled pictures, and all %zu keep their label; set "
            "data.labelled, add a source with split = unlabelled, or use method = supervised",
            data->labelled.count);
    MX_TRY(mx_alloc(&session->labelled_rows, batch, sizeof *session->labelled_rows));
    MX_TRY(mx_alloc(&session->unlabelled_rows, batch, sizeof *session->unlabelled_rows));
    MX_TRY(mx_alloc(&session->labels, batch, sizeof *session->labels));
    MX_TRY(mx_alloc(&session->truth, batch, sizeof *session->truth));
    MX_TRY(mx_sampler_init(&session->labelled, &data->labelled, seed, MX_STREAM_LABELLED));
    if (session->config->train_method == MX_CONFIG_METHOD_SUPERVISED) return MX_OK;
    return mx_sampler_init(&session->unlabelled, &data->unlabelled, seed, MX_STREAM_UNLABELLED);
}

/* Opens metrics.csv and train.log, or goes on with them, the terminal and event files. */
static mx_status open_sinks(mx_session *session, bool resumed) {
    char *csv = NULL, *log = NULL;
    mx_sink *sinks = session->sinks;
    mx_status status;
    MX_GO(mx_run_folder_file(&session->folder, "metrics.csv", &csv));
    MX_GO(mx_run_folder_file(&session->folder, "train.log", &log));
    MX_GO(resumed ? mx_csv_sink_reopen(&sinks[0], csv, session->step)
                  : mx_csv_sink_open(&sinks[0], csv));
    session->n_sinks++;
    MX_GO(resumed ? mx_log_sink_reopen(&sinks[1], log) : mx_log_sink_open(&sinks[1], log));
    session->n_sinks++;
    MX_GO(mx_progress_sink_open(&sinks[2], stderr));
    session->n_sinks++;
    if (session->config->log_tensorboard) {
        const char *run = session->folder.path;
        mx_sink *sink = &sinks[session->n_sinks];
        MX_GO(resumed ? mx_tensorboard_sink_reopen(sink, run, session->step)
                      : mx_tensorboard_sink_open(sink, run));
        session->n_sinks++;
    }
done:
    free(csv);
    free(log);
    return status;
}

static void plan_steps(mx_session *session) {
    session->steps_per_epoch = mx_session_steps_per_epoch(session);
    session->steps = session->config->train_steps > 0
                         ? (uint64_t)session->config->train_steps
                         : (uint64_t)session->config->train_epochs * session->steps_per_epoch;
}

/* Everything but the run folder. A resumed run has its weights from the checkpoint. */
static mx_status open_parts(mx_session **out, const mx_config *config, bool resumed) {
    mx_session *session = NULL;
    mx_status status;
    *out = NULL;
    if (config->log_tensorboard) MX_TRY(mx_tensorboard_check());
    MX_TRY(mx_alloc(&session, 1, sizeof *session));
    session->config = config;
    session->folder.lock = -1;
    MX_GO(mx_setup_device(config, false, &session->device));
    MX_GO(config->log_report ? mx_setup_named_dataset(config, &session->data)
                             : mx_setup_dataset(config, &session->data));
    MX_GO(open_samplers(session));
    plan_steps(session);
    MX_GO(open_device_parts(session, resumed));
    *out = session;
done:
    if (status != MX_OK) mx_session_close(session);
    return status;
}

mx_status mx_session_open(mx_session **out, const mx_config *config) {
    mx_session *session = NULL;
    mx_status status;
    *out = NULL;
    MX_TRY(open_parts(&session, config, false));
    MX_GO(mx_run_folder_open(&session->folder, config));
    MX_GO(open_sinks(session, false));
    MX_GO(mx_session_write_facts(session, "started"));
    *out = session;
done:
    if (status != MX_OK) mx_session_close(session);
    return status;
}

/* Whether the run says that it came to its end with all that belongs to that. */
static bool was_finished(const char *run) {
    json_t *facts = NULL;
    if (mx_run_facts_read(run, &facts) != MX_OK) return false;
    const char *state = json_string_value(json_object_get(facts, "state"));
    const bool finished = state && strcmp(state, "finished") == 0;
    json_decref(facts);
    return finished;
}

/* A run that has come to its end goes on only where that was put off, or where it died after its
 * last checkpoint and has but to end. */
static mx_status check_not_ended(const mx_session *session, const char *run) {
    const mx_config *config = session->config;
    const bool finished = was_finished(run);
    if (session->step > session->steps || (finished && session->step == session->steps))
        return mx_fail(MX_USAGE,
                       "'%s' has all its %llu steps; more of them need a larger train.steps or "
                       "train.epochs",
                       run, (unsigned long long)session->steps);
    if (!finished) return MX_OK;
    if (config->train_patience > 0 && session->since_best >= (uint64_t)config->train_patience)
        return mx_fail(MX_USAGE,
                       "'%s' has ended after %llu evaluations without better scores; more of them "
                       "need a larger train.patience",
                       run, (unsigned long long)session->since_best);
    if (config->train_max_minutes > 0 && session->resumed_s >= 60 * config->train_max_minutes)
        return mx_fail(MX_USAGE,
                       "'%s' has had its %g minutes; more of them need a larger train.max_minutes",
                       run, config->train_max_minutes);
    return MX_OK;
}

/* `checkpoint` is NULL for a run that came to none. */
static mx_status take_up(mx_session *session, const char *run, const char *checkpoint) {
    MX_TRY(mx_run_folder_reopen(&session->folder, run));
    if (checkpoint) MX_TRY(mx_state_load(session, checkpoint));
    MX_TRY(check_not_ended(session, run));
    session->saved_step = session->step;
    MX_TRY(open_sinks(session, true));
    if (checkpoint)
        mx_info("resumes '%s' after step %llu", run, (unsigned long long)session->step);
    else
        mx_info("'%s' came to no checkpoint: it begins anew", run);
    return mx_session_write_facts(session, "resumed");
}

/* The folder and the checkpoint that `what` names: a run, or a checkpoint in its folder. */
static mx_status find_checkpoint(const char *what, char **run, char **checkpoint) {
    if (mx_is_folder(what) || !mx_file_exists(what)) {
        MX_TRY(mx_strdup(run, what));
        return mx_path_join(checkpoint, what, MX_STATE_FILE);
    }
    MX_TRY(mx_strdup(checkpoint, what));
    return mx_path_folder(run, what);
}

mx_status mx_session_resume(mx_session **out, const mx_config *config, const char *what) {
    mx_session *session = NULL;
    char *run = NULL, *checkpoint = NULL;
    mx_status status;
    *out = NULL;
    MX_GO(find_checkpoint(what, &run, &checkpoint));
    MX_GO(mx_resume_check(config, run));
    const bool begun = mx_file_exists(checkpoint);
    MX_GO(open_parts(&session, config, begun));
    MX_GO(take_up(session, run, begun ? checkpoint : NULL));
    *out = session;
done:
    if (status != MX_OK) mx_session_close(session);
    free(run);
    free(checkpoint);
    return status;
}

void mx_session_stop(mx_session *session, int signal) {
    session->stop = signal;
}

void mx_session_close(mx_session *session) {
    if (!session) return;
    for (size_t i = 0; i < session->n_sinks; i++)
        session->sinks[i].release(session->sinks[i].self);
    mx_run_folder_release(&session->folder);
    free(session->labelled_rows);
    free(session->unlabelled_rows);
    free(session->labels);
    free(session->truth);
    mx_sampler_release(&session->labelled);
    mx_sampler_release(&session->unlabelled);
    mx_evaluator_release(&session->evaluator);
    mx_trainer_release(&session->trainer);
    mx_feed_release(&session->feed);
    mx_net_close(session->net);
    mx_device_close(session->device);
    mx_dataset_release(&session->data);
    free(session);
}

const mx_session_result *mx_session_get_result(const mx_session *session) {
    return &session->result;
}

const char *mx_session_folder(const mx_session *session) {
    return session->folder.path;
}
