/* mixcl predict: classes of pictures. */
#include <stdlib.h>

#include "base/log.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "cli/pictures.h"
#include "train/predict.h"

const mx_option mx_cmd_predict_options[] = {
    {"RUN_OR_WEIGHTS", NULL, "a run folder, or a .safetensors or .pth file"},
    {"PATH...", NULL, "pictures, folders, .zip archives, tables of files"},
    {"--config", "CONFIG", "the INI file; a run folder has its own"},
    MX_TTA_OPTION,
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--json", NULL, "print JSON"},
    {0},
};

typedef struct prediction_run {
    mx_path_pictures pictures;
    mx_workbench bench;
    json_t *json; /* the rows, or NULL: CSV */
    size_t n_problems;
} prediction_run;

static mx_status append_row(prediction_run *run, const char *file, const mx_prediction *p) {
    json_t *probabilities = json_array();
    for (int i = 0; i < run->bench.names.count; i++)
        json_array_append_new(probabilities, json_real((double)p->probabilities[i]));
    json_t *row = json_pack("{s:s, s:s, s:o}", "file", file, "class",
                            run->bench.names.items[p->best], "probabilities", probabilities);
    if (row && json_array_append_new(run->json, row) == 0) return MX_OK;
    return mx_fail(MX_MEMORY, "cannot build the JSON");
}

/* An mx_prediction_visitor. */
static mx_status on_prediction(void *context, const mx_prediction *p) {
    prediction_run *run = context;
    mx_buf file = {0};
    mx_status status = MX_OK;
    if (!p->probabilities) {
        mx_warn("%s", p->problem);
        run->n_problems++;
        return MX_OK;
    }
    mx_put_picture_path(&file, p->picture);
    MX_GO(mx_buf_check(&file));
    status = run->json ? append_row(run, mx_buf_text(&file), p)
                       : mx_put_prediction(stdout, &run->bench.names, mx_buf_text(&file), NULL,
                                           p->best, p->probabilities);
done:
    mx_buf_release(&file);
    return status;
}

static mx_status predict(prediction_run *run, const mx_args *args, const mx_config *config,
                         const char *weights) {
    MX_TRY(mx_path_pictures_list(&run->pictures, args, false));
    MX_TRY(mx_workbench_open(&run->bench, args, config, weights, NULL));
    if (mx_args_flag(args, "--json"))
        run->json = json_array();
    else
        mx_put_prediction_header(stdout, &run->bench.names, false);
    MX_TRY(mx_predict(config, &run->bench.evaluator, mx_workbench_weights(&run->bench),
                      &run->pictures.list, on_prediction, run));
    if (run->json) MX_TRY(mx_print_json(json_incref(run->json)));
    if (run->n_problems == 0) return MX_OK;
    return mx_fail(MX_DATA, "%zu of %zu pictures could not be read", run->n_problems,
                   run->pictures.list.count);
}

mx_status mx_cmd_predict(const mx_args *args) {
    char *weights = NULL, *ini = NULL;
    mx_config *config = NULL;
    prediction_run run = {0};
    mx_status status;
    MX_GO(mx_locate_weights(args, &weights, &ini));
    MX_GO(mx_open_config(&config, args, ini));
    MX_GO(predict(&run, args, config, weights));
done:
    mx_workbench_release(&run.bench);
    mx_path_pictures_release(&run.pictures);
    json_decref(run.json);
    mx_config_close(config);
    free(weights);
    free(ini);
    return status;
}
