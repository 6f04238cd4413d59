/* mixcl train: a run from its INI file to its folder. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/mem.h"

#include "cli/commands.h"
#include "cli/open_config.h"
#include "train/session.h"

const mx_option mx_cmd_train_options[] = {
    {"CONFIG", NULL, "the INI file"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--resume", "RUN", "go on with a run folder; auto: with this if begun"},
    {"--out", "FOLDER", "folder that holds the run folders"},
    {0},
};

static void print_result(const mx_session *session) {
    const mx_session_result *result = mx_session_get_result(session);
    printf("run folder     %s\n", mx_session_folder(session));
    printf("steps          %llu in %.1f s\n", (unsigned long long)result->step, result->elapsed_s);
    if (!result->has_scores) return;
    printf("test accuracy  %.4f (raw weights %.4f)\n", result->last.accuracy,
           result->last.accuracy_raw);
    printf("test F1        %.4f\n", result->last.f1);
    printf("test loss      %.4f\n", result->last.loss);
    printf("best weights   accuracy %.4f, F1 %.4f, at step %llu\n", result->best.accuracy,
           result->best.f1, (unsigned long long)result->best_step);
}

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

mx_status mx_cmd_train(const mx_args *args) {
    mx_config *config = NULL;
    mx_session *session = NULL;
    mx_status status;
    MX_GO(mx_open_config(&config, args, mx_args_positional(args, 0)));
    MX_GO(open_session(&session, config, mx_args_value(args, "--resume")));
    MX_GO(train_until_signal(session));
    print_result(session);
done:
    mx_session_close(session);
    mx_config_close(config);
    return status;
}
