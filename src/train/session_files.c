/* run.json and the weights of a run. */
#include <math.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/fs.h"
#include "train/checkpoint.h"
#include "train/session_internal.h"

static json_t *device_facts(const mx_device *device) {
    const mx_device_info *info = mx_device_get_info(device);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:i}", "name", info->name, "platform",
                     info->platform_name, "type", mx_device_type_name(info->type), "version",
                     info->version, "driver", info->driver, "compute_units",
                     (int)info->compute_units);
}

static json_t *data_facts(const mx_dataset *data) {
    json_t *classes = json_array();
    for (int c = 0; c < data->n_classes; c++)
        json_array_append_new(classes, json_string(data->class_names[c]));
    return json_pack("{s:o, s:I, s:I, s:I, s:I, s:I}", "classes", classes, "labelled",
                     (json_int_t)data->labelled.count, "unlabelled",
                     (json_int_t)data->unlabelled.count, "validation",
                     (json_int_t)data->validation.count, "test", (json_int_t)data->test.count,
                     "unusable", (json_int_t)data->n_bad);
}

static json_t *choice_fact(const mx_session *session) {
#define WORD(id, word) [id] = word,
    static const char *const words[] = {MX_CONFIG_BEST_CHOICES(WORD)};
#undef WORD
    return json_sprintf("%s of the %s pictures", words[session->config->train_best_by],
                        session->data.validation.count ? "validation" : "test");
}

static json_t *score_facts(const mx_session *session) {
    const mx_session_result *result = &session->result;
    if (!result->has_scores) return json_null();
    /* JSON has no number that is not finite. */
    json_t *loss = isfinite(result->last.loss) ? json_real(result->last.loss) : json_null();
    return json_pack("{s:f, s:f, s:o, s:f, s:I, s:o}", "test_accuracy", result->last.accuracy,
                     "test_f1", result->last.f1, "test_loss", loss, "best_test_accuracy",
                     result->best.accuracy, "best_step", (json_int_t)result->best_step, "best_by",
                     choice_fact(session));
}

mx_status mx_session_write_facts(const mx_session *session, const char *state) {
    json_t *facts = json_pack(
        "{s:s, s:s, s:s, s:s?, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:f, s:o, s:o, s:o}", "mixcl",
        mx_version(), "git", MIXCL_GIT, "state", state, "ended", session->ended, "name",
        session->config->run_name, "seed", (json_int_t)session->config->run_seed, "method",
        session->trainer.spec.mixmatch ? "mixmatch" : "supervised", "model",
        session->config->model_name, "parameters", (json_int_t)mx_net_parameters(session->net),
        "steps", (json_int_t)session->steps, "step", (json_int_t)session->step, "elapsed_s",
        session->result.elapsed_s, "device", device_facts(session->device), "data",
        data_facts(&session->data), "scores", score_facts(session));
    char *text = facts ? json_dumps(facts, JSON_INDENT(2)) : NULL, *path = NULL;
    mx_buf line = {0};
    mx_status status;
    if (!text) {
        status = mx_fail(MX_MEMORY, "cannot describe the run as JSON");
        goto done;
    }
    mx_buf_printf(&line, "%s\n", text);
    MX_GO(mx_buf_check(&line));
    MX_GO(mx_run_folder_file(&session->folder, "run.json", &path));
    MX_GO(mx_write_atomic(path, line.data, line.length));
done:
    json_decref(facts);
    free(text);
    free(path);
    mx_buf_release(&line);
    return status;
}

mx_status mx_session_write_weights(const mx_session *session, const char *name) {
    char *path = NULL, step[32];
    mx_buf classes = {0};
    mx_status status;
    snprintf(step, sizeof step, "%llu", (unsigned long long)session->step);
    for (int c = 0; c < session->data.n_classes; c++)
        mx_buf_printf(&classes, "%s%s", c ? "," : "", session->data.class_names[c]);
    MX_GO(mx_buf_check(&classes));
    const mx_file_note notes[] = {{"model", session->config->model_name},
                                  {"classes", mx_buf_text(&classes)},
                                  {"weights", "moving average"},
                                  {"step", step},
                                  {"mixcl", mx_version()}};
    MX_GO(mx_run_folder_file(&session->folder, name, &path));
    MX_GO(mx_weights_write(path, session->net, mx_net_get_arenas(session->net).average, notes,
                           sizeof notes / sizeof *notes));
done:
    free(path);
    mx_buf_release(&classes);
    return status;
}
