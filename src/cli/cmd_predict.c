/* mixcl predict: classes of pictures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "train/checkpoint.h"
#include "train/predict.h"
#include "train/setup.h"

const mx_option mx_cmd_predict_options[] = {
    {"RUN_OR_WEIGHTS", NULL, "a run folder, or a .safetensors or .pth file"},
    {"PATH...", NULL, "pictures, folders of them, or .zip archives"},
    {"--config", "CONFIG", "the INI file; a run folder has its own"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--json", NULL, "print JSON"},
    {0},
};

/* Names of the classes, in label order. */
typedef struct class_names {
    char **items;
    int count;
} class_names;

typedef struct prediction_run {
    mx_pictures list;
    mx_source_spec *sources;
    class_names names;
    mx_device *device;
    mx_net *net;
    mx_tensorfile weights;
    mx_evaluator evaluator;
    json_t *json; /* the rows, or NULL: CSV */
    size_t n_problems;
} prediction_run;

static mx_status add_name(class_names *names, const char *text, size_t length) {
    char **items = realloc(names->items, ((size_t)names->count + 1) * sizeof *items);
    if (!items) return mx_fail(MX_MEMORY, "cannot hold the names of %d classes", names->count + 1);
    names->items = items;
    MX_TRY(mx_alloc(&items[names->count], length + 1, 1));
    memcpy(items[names->count++], text, length);
    return MX_OK;
}

/* The note "classes" of weights that a run has written, "a,b,c". */
static mx_status take_noted_names(class_names *names, const mx_tensorfile *weights) {
    const char *text = mx_tensorfile_note(weights, "classes");
    while (text && *text) {
        const size_t length = strcspn(text, ",");
        MX_TRY(add_name(names, text, length));
        text += length + (text[length] == ',');
    }
    return MX_OK;
}

/* As the configuration lists them, else as the weights note them; the rest of the classes that
 * model.head = keep has are numbers. */
static mx_status find_names(prediction_run *run, const mx_config *config, const char *path) {
    class_names *names = &run->names;
    const mx_list *listed = &config->data_classes;
    for (int i = 0; i < listed->count; i++)
        MX_TRY(add_name(names, listed->items[i], strlen(listed->items[i])));
    if (listed->count == 0) MX_TRY(take_noted_names(names, &run->weights));
    while (config->model_head_keep && names->count < MX_KEPT_CLASSES) {
        char number[16];
        snprintf(number, sizeof number, "%d", names->count);
        MX_TRY(add_name(names, number, strlen(number)));
    }
    if (names->count > 0) return MX_OK;
    return mx_fail(MX_USAGE, "'%s' does not name its classes: list them in data.classes", path);
}

/* Lists the pictures of one PATH. */
static mx_status list_path(prediction_run *run, const char *path, mx_source_spec *source) {
    const bool folder = mx_is_folder(path);
    *source = (mx_source_spec){.name = path, .images = path, .label = "any"};
    if (folder) return mx_source_list_folder(&run->list, source);
    if (mx_path_has_extension(path, "zip")) return mx_source_list_archive(&run->list, source);
    return mx_pictures_add(&run->list, (mx_picture){.source = source, .path = path, .label = -1});
}

static mx_status list_paths(prediction_run *run, const mx_args *args) {
    int count = 0;
    while (mx_args_positional(args, count + 1))
        count++;
    MX_TRY(mx_alloc(&run->sources, (size_t)count, sizeof *run->sources));
    for (int i = 0; i < count; i++)
        MX_TRY(list_path(run, mx_args_positional(args, i + 1), &run->sources[i]));
    return MX_OK;
}

/* A picture's path, that of an archive's entry after the archive's. */
static mx_status file_of(const mx_picture *picture, mx_buf *out) {
    if (picture->archive) mx_buf_printf(out, "%s/", picture->archive->path);
    mx_buf_puts(out, picture->path);
    return mx_buf_check(out);
}

/* A CSV field, quoted where it must be (RFC 4180). */
static void put_field(const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, stdout);
        return;
    }
    putchar('"');
    for (; *text; text++) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

static void print_header(const class_names *names) {
    fputs("file,class", stdout);
    for (int i = 0; i < names->count; i++)
        printf(",p_%d", i);
    putchar('\n');
}

static void print_row(const prediction_run *run, const char *file, const mx_prediction *p) {
    put_field(file);
    putchar(',');
    put_field(run->names.items[p->best]);
    for (int i = 0; i < run->names.count; i++)
        printf(",%.6g", (double)p->probabilities[i]);
    putchar('\n');
}

static mx_status append_row(prediction_run *run, const char *file, const mx_prediction *p) {
    json_t *probabilities = json_array();
    for (int i = 0; i < run->names.count; i++)
        json_array_append_new(probabilities, json_real((double)p->probabilities[i]));
    json_t *row = json_pack("{s:s, s:s, s:o}", "file", file, "class", run->names.items[p->best],
                            "probabilities", probabilities);
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
    MX_GO(file_of(p->picture, &file));
    if (run->json)
        MX_GO(append_row(run, mx_buf_text(&file), p));
    else
        print_row(run, mx_buf_text(&file), p);
done:
    mx_buf_release(&file);
    return status;
}

static mx_status open_network(prediction_run *run, const mx_config *config, const char *path) {
    MX_TRY(mx_setup_device(config, false, &run->device));
    MX_TRY(mx_setup_net(config, run->device, run->names.count, NULL, &run->net));
    MX_TRY(mx_weights_take(&run->weights, path, run->net, mx_net_get_arenas(run->net).average));
    return mx_evaluator_init(&run->evaluator, run->net, mx_setup_eval_batch(config),
                             mx_setup_scaling(config));
}

static void release(prediction_run *run) {
    mx_evaluator_release(&run->evaluator);
    mx_net_close(run->net);
    mx_device_close(run->device);
    mx_pictures_release(&run->list);
    mx_tensorfile_release(&run->weights);
    for (int i = 0; i < run->names.count; i++)
        free(run->names.items[i]);
    free(run->names.items);
    free(run->sources);
    json_decref(run->json);
}

static mx_status predict(prediction_run *run, const mx_args *args, const mx_config *config,
                         const char *path) {
    MX_TRY(list_paths(run, args));
    MX_TRY(mx_tensorfile_load(&run->weights, path));
    MX_TRY(find_names(run, config, path));
    MX_TRY(open_network(run, config, path));
    mx_tensorfile_release(&run->weights);
    if (mx_args_flag(args, "--json"))
        run->json = json_array();
    else
        print_header(&run->names);
    MX_TRY(mx_predict(config, &run->evaluator, mx_net_get_arenas(run->net).average, &run->list,
                      on_prediction, run));
    if (run->json) MX_TRY(mx_print_json(json_incref(run->json)));
    if (run->n_problems == 0) return MX_OK;
    return mx_fail(MX_DATA, "%zu of %zu pictures could not be read", run->n_problems,
                   run->list.count);
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
    release(&run);
    mx_config_close(config);
    free(weights);
    free(ini);
    return status;
}
