/* mixcl train: a run from its INI file to its folder. */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/open_config.h"
#include "cli/train_run.h"
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

mx_status mx_cmd_train(const mx_args *args) {
    mx_config *config = NULL;
    mx_session *session = NULL;
    mx_status status;
    MX_GO(mx_open_config(&config, args, mx_args_positional(args, 0)));
    MX_GO(mx_train_run(&session, config, mx_args_value(args, "--resume")));
    print_result(session);
done:
    mx_session_close(session);
    mx_config_close(config);
    return status;
}
