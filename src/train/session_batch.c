#include "train/session_internal.h"

static uint64_t larger_set(const mx_session *session) {
    const uint64_t labelled = session->data.labelled.count,
                   unlabelled = session->data.unlabelled.count;
    return labelled > unlabelled ? labelled : unlabelled;
}

uint64_t mx_session_steps_per_epoch(const mx_session *session) {
    const uint64_t batch = (uint64_t)session->config->train_batch;
    return (larger_set(session) + batch - 1) / batch;
}

/* Pictures of step `step`, and how many came before it. With last_batch = fill every batch is whole
 * and runs on into the next shuffle; with short an epoch's last batch holds what is left of it. */
static uint64_t batch_span(const mx_session *session, uint64_t step, mx_i32 *n) {
    const uint64_t batch = (uint64_t)session->config->train_batch;
    *n = (mx_i32)batch;
    if (session->config->train_last_batch == MX_CONFIG_LAST_BATCH_FILL) return step * batch;
    const uint64_t whole = larger_set(session), epoch = step / session->steps_per_epoch;
    const uint64_t done = step % session->steps_per_epoch * batch;
    if (whole - done < batch) *n = (mx_i32)(whole - done);
    return epoch * whole + done;
}

mx_status mx_session_batch(mx_session *session, uint64_t step, mx_trainer_batch *batch,
                           mx_buffer **pixels) {
    uint32_t *labelled = session->labelled_rows, *unlabelled = session->unlabelled_rows;
    mx_i32 n = 0;
    const uint64_t position = batch_span(session, step, &n);
    MX_TRY(mx_feed_begin(&session->feed));
    mx_sampler_rows(&session->labelled, position, (size_t)n, labelled);
    for (mx_i32 i = 0; i < n; i++)
        session->labels[i] = session->data.labels[labelled[i]];
    mx_feed_add(&session->feed, labelled, (size_t)n, labelled);
    if (session->trainer.spec.mixmatch) {
        mx_sampler_rows(&session->unlabelled, position, (size_t)n, unlabelled);
        for (mx_i32 i = 0; i < n; i++)
            session->truth[i] = session->data.labels[unlabelled[i]];
        mx_feed_add(&session->feed, unlabelled, (size_t)n, unlabelled);
    }
    *batch = (mx_trainer_batch){.n = n,
                                .labelled = labelled,
                                .unlabelled = unlabelled,
                                .labels = session->labels,
                                .truth = session->truth};
    return mx_feed_send(&session->feed, pixels);
}
