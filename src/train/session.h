/* A training run from its configuration to its folder. The life cycle is in mixcl.h. */
#ifndef MX_TRAIN_SESSION_H
#define MX_TRAIN_SESSION_H

#include "report/event.h"
#include "train/metrics.h"

/* The file of a run folder that a run is taken up from. */
#define MX_STATE_FILE "checkpoint.safetensors"

typedef struct mx_session_result {
    bool has_scores; /* there were pictures to evaluate on */
    mx_event_scores last, best;
    uint64_t best_step;
    uint64_t step;
    double elapsed_s;
} mx_session_result;

/* What the run came to; valid after mx_session_train. */
const mx_session_result *mx_session_get_result(const mx_session *session);
/* The run's folder; lives as long as the session. */
const char *mx_session_folder(const mx_session *session);

#endif
