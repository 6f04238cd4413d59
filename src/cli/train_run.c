#include "cli/train_run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

/* What the signal handler speaks to. */
static mx_session *running;

static void on_signal(int signal) {
    mx_session_stop(running, signal);
}

/* The first signal asks the run to save and end; the second ends the program. */
static mx_status train_until_signal(mx_session *session) {
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND}, before[2];
    static const int signals[] = {SIGINT, SIGTERM};
    sigemptyset(&action.sa_mask);
    running = session;
    for (int i = 0; i < 2; i++)
        sigaction(signals[i], &action, &before[i]);
    const mx_status status = mx_session_train(session);
    for (int i = 0; i < 2; i++)
        sigaction(signals[i], &before[i], NULL);
    running = NULL;
    return status;
}

/* OUT/NAME where that is a run, else NULL. */
static mx_status find_own_run(const mx_config *config, char **run) {
    char *metrics = NULL;
    mx_status status;
    MX_GO(mx_path_join(run, config->run_out, config->run_name));
    MX_GO(mx_path_join(&metrics, *run, "metrics.csv"));
    if (!mx_file_exists(metrics)) {
        free(*run);
        *run = NULL;
    }
done:
    free(metrics);
    return status;
}

static mx_status open_session(mx_session **session, const mx_config *config, const char *resume) {
    char *run = NULL;
    mx_status status;
    if (!resume) return mx_session_open(session, config);
    if (strcmp(resume, "auto") == 0)
        MX_GO(find_own_run(config, &run));
    else
        MX_GO(mx_strdup(&run, resume));
    status = run ? mx_session_resume(session, config, run) : mx_session_open(session, config);
done:
    free(run);
    return status;
}

mx_status mx_train_run(mx_session **out, const mx_config *config, const char *resume) {
    MX_TRY(open_session(out, config, resume));
    return train_until_signal(*out);
}
