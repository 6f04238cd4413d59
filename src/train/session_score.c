/* Scores of a run, and the best of them. */
#include <math.h>

#include "train/session_internal.h"

static mx_status scores_on(mx_session *session, const mx_rows *rows, mx_buffer *weights,
                           mx_event_scores *scores) {
    mx_metrics metrics;
    MX_TRY(mx_evaluate(&session->evaluator, &session->feed, rows, session->data.labels, weights,
                       &metrics));
    *scores =
        (mx_event_scores){.loss = metrics.loss, .accuracy = metrics.accuracy, .f1 = metrics.f1};
    mx_metrics_release(&metrics);
    return MX_OK;
}

/* What train.best_by says of scores: more is better. */
static double choice_of(const mx_session *session, const mx_event_scores *scores) {
    switch (session->config->train_best_by) {
    case MX_CONFIG_BEST_F1:
        return scores->f1;
    case MX_CONFIG_BEST_LOSS:
        return -scores->loss;
    default:
        return scores->accuracy;
    }
}

void mx_session_note_patience(mx_session *session) {
    const uint64_t patience = (uint64_t)session->config->train_patience;
    if (patience > 0 && session->since_best >= patience)
        session->ended = "no better scores for train.patience evaluations";
}

/* Keeps the weights that are better than all before, and counts evaluations since. */
static mx_status choose(mx_session *session, const mx_event_step *event, double choice) {
    mx_session_result *result = &session->result;
    const bool better =
        !result->has_scores || choice > session->best_choice || isnan(session->best_choice);
    result->has_scores = true;
    result->last = event->scores;
    session->since_best = better ? 0 : session->since_best + 1;
    mx_session_note_patience(session);
    if (!better) return MX_OK;
    session->best_choice = choice;
    result->best = event->scores;
    result->best_step = event->step;
    return mx_session_write_weights(session, "best.safetensors");
}

mx_status mx_session_score(mx_session *session, mx_event_step *event) {
    const mx_net_arenas arenas = mx_net_get_arenas(session->net);
    const mx_rows *validation = &session->data.validation,
                  *shown = session->data.test.count ? &session->data.test : validation;
    mx_event_scores raw, held_out;
    MX_TRY(scores_on(session, shown, arenas.weights, &raw));
    MX_TRY(scores_on(session, shown, arenas.average, &event->scores));
    event->scores.accuracy_raw = raw.accuracy;
    event->has_scores = true;
    held_out = event->scores;
    if (validation->count > 0 && shown != validation)
        MX_TRY(scores_on(session, validation, arenas.average, &held_out));
    return choose(session, event, choice_of(session, &held_out));
}

bool mx_session_score_is_due(const mx_session *session) {
    const uint64_t done = session->step;
    if (session->data.test.count == 0 && session->data.validation.count == 0) return false;
    if (session->ended) return true;
    switch (session->config->train_eval_when) {
    case MX_EVAL_EPOCH:
        return done % session->steps_per_epoch == 0;
    case MX_EVAL_STEPS:
        return done % (uint64_t)session->config->train_eval_steps == 0;
    default:
        return false;
    }
}
