/* run.json and the configuration, as a report has them. */
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "train/report_internal.h"
#include "train/run_facts.h"

/* A text of the arena for an object's string; "" where it has none. */
static mx_status take_text(mx_report_data *data, const json_t *object, const char *key,
                           const char **out) {
    const char *text = json_string_value(json_object_get(object, key));
    *out = text ? mx_arena_strdup(&data->texts, text) : "";
    return *out ? MX_OK : mx_fail(MX_MEMORY, "cannot hold the facts of a run");
}

static uint64_t number_of(const json_t *object, const char *key) {
    const json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

static mx_status take_texts(mx_report_data *data, const json_t *facts) {
    mx_report *report = &data->report;
    const json_t *device = json_object_get(facts, "device");
    MX_TRY(take_text(data, facts, "state", &report->state));
    MX_TRY(take_text(data, facts, "mixcl", &report->version));
    MX_TRY(take_text(data, facts, "git", &report->git));
    MX_TRY(take_text(data, device, "name", &report->device));
    MX_TRY(take_text(data, device, "platform", &report->platform));
    MX_TRY(take_text(data, device, "driver", &report->driver));
    MX_TRY(take_text(data, device, "version", &report->device_version));
    MX_TRY(take_text(data, facts, "ended", &report->ended));
    return take_text(data, json_object_get(facts, "scores"), "best_by", &report->best_by);
}

static mx_status take_classes(mx_report_data *data, const json_t *classes) {
    const size_t count = json_array_size(classes);
    const char **names = NULL;
    MX_TRY(mx_report_keep(data, &names, count * sizeof *names));
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(classes, i));
        names[i] = mx_arena_strdup(&data->texts, name ? name : "?");
        if (!names[i]) return mx_fail(MX_MEMORY, "cannot hold the names of %zu classes", count);
    }
    data->report.class_names = names;
    data->report.n_classes = (int)count;
    return MX_OK;
}

static void take_numbers(mx_report *report, const json_t *facts) {
    const json_t *data = json_object_get(facts, "data"), *scores = json_object_get(facts, "scores");
    report->parameters = number_of(facts, "parameters");
    report->steps = number_of(facts, "steps");
    report->step = number_of(facts, "step");
    report->labelled = number_of(data, "labelled");
    report->unlabelled = number_of(data, "unlabelled");
    report->validation = number_of(data, "validation");
    report->test = number_of(data, "test");
    report->unusable = number_of(data, "unusable");
    report->has_best = json_is_number(json_object_get(scores, "best_test_accuracy"));
    report->best_accuracy = json_number_value(json_object_get(scores, "best_test_accuracy"));
    report->best_step = number_of(scores, "best_step");
}

mx_status mx_report_read_facts(mx_report_data *data) {
    json_t *facts = NULL;
    mx_status status;
    MX_GO(mx_run_facts_read(data->folder, &facts));
    MX_GO(take_texts(data, facts));
    MX_GO(take_classes(data, json_object_get(json_object_get(facts, "data"), "classes")));
    take_numbers(&data->report, facts);
done:
    json_decref(facts);
    return status;
}

/* Numbers by value, paths but for the folders before them. */
static bool is_default(const mx_key *key, const char *text) {
    if (strcmp(text, key->fallback) == 0) return true;
    if (!*text || !*key->fallback) return false;
    if (key->type == MX_KEY_INT || key->type == MX_KEY_REAL)
        return strtod(text, NULL) == strtod(key->fallback, NULL);
    return key->type == MX_KEY_PATH && strcmp(mx_path_name(text), key->fallback) == 0;
}

static void add_setting(mx_report_setting **next, const char *section, const mx_key *key,
                        const char *text) {
    *(*next)++ = (mx_report_setting){.section = section,
                                     .key = key->name,
                                     .value = text,
                                     .fallback = key->fallback,
                                     .changed = !is_default(key, text)};
}

mx_status mx_report_list_settings(mx_report_data *data) {
    const mx_config *config = data->config;
    const size_t count = MX_N_KEYS + (size_t)config->n_sources * MX_N_SOURCE_KEYS;
    mx_report_setting *settings = NULL;
    MX_TRY(mx_report_keep(data, &settings, count * sizeof *settings));
    mx_report_setting *next = settings;
    for (int i = 0; i < MX_N_KEYS; i++)
        add_setting(&next, mx_config_keys[i].section, &mx_config_keys[i], config->values[i].text);
    for (int s = 0; s < config->n_sources; s++)
        for (int i = 0; i < MX_N_SOURCE_KEYS; i++)
            add_setting(&next, config->sources[s].section, &mx_config_source_keys[i],
                        config->sources[s].values[i].text);
    data->report.settings = settings;
    data->report.n_settings = count;
    return MX_OK;
}
