/* One run, as the commands that train have it. */
#ifndef MX_CLI_TRAIN_RUN_H
#define MX_CLI_TRAIN_RUN_H

#include "train/config.h"
#include "train/session.h"

/* Begins a run, or takes it up: `resume` is NULL, a run folder, a checkpoint, or "auto" for the
 * configuration's own folder where it holds a run. Trains it to its end; the first SIGINT or
 * SIGTERM asks it to save and end, the second ends the program. *out is closed by the caller, also
 * on failure, which is as mx_session_resume and mx_session_train say; NULL where it did not open.
 */
mx_status mx_train_run(mx_session **out, const mx_config *config, const char *resume);

#endif
