#include "cli/workbench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "train/checkpoint.h"
#include "train/setup.h"

static mx_status add_name(mx_class_names *names, const char *text, size_t length) {
    char **items = realloc(names->items, ((size_t)names->count + 1) * sizeof *items);
    if (!items) return mx_fail(MX_MEMORY, "cannot hold the names of %d classes", names->count + 1);
    names->items = items;
    MX_TRY(mx_alloc(&items[names->count], length + 1, 1));
    memcpy(items[names->count++], text, length);
    return MX_OK;
}

/* The note "classes" of weights that a run has written, "a,b,c". */
static mx_status take_noted_names(mx_class_names *names, const mx_tensorfile *weights) {
    const char *text = mx_tensorfile_note(weights, "classes");
    while (text && *text) {
        const size_t length = strcspn(text, ",");
        MX_TRY(add_name(names, text, length));
        text += length + (text[length] == ',');
    }
    return MX_OK;
}

static mx_status take_names(mx_class_names *names, const char *const *items, int count) {
    for (int i = 0; i < count; i++)
        MX_TRY(add_name(names, items[i], strlen(items[i])));
    return MX_OK;
}

/* As the configuration lists them, else as the weights note them; the rest of the classes that
 * model.head = keep has are numbers. */
static mx_status find_names(mx_class_names *names, const mx_config *config,
                            const mx_tensorfile *weights, const char *path) {
    const mx_list *listed = &config->data_classes;
    MX_TRY(take_names(names, listed->items, listed->count));
    if (listed->count == 0) MX_TRY(take_noted_names(names, weights));
    while (config->model_head_keep && names->count < MX_KEPT_CLASSES) {
        char number[16];
        snprintf(number, sizeof number, "%d", names->count);
        MX_TRY(add_name(names, number, strlen(number)));
    }
    if (names->count > 0) return MX_OK;
    return mx_fail(MX_USAGE, "'%s' does not name its classes: list them in data.classes", path);
}

static mx_status add_views(mx_workbench *bench, const mx_args *args, const mx_config *config) {
    enum { MOST_VIEWS = 256 };
    int views = 0;
    MX_TRY(mx_args_number(args, "--tta", 0, MOST_VIEWS, &views));
    if (views == 0) return MX_OK;
    const mx_trainer_spec training = mx_setup_trainer(config);
    return mx_evaluator_augment(&bench->evaluator, views, &training.unlabelled, training.seed);
}

static mx_status build(mx_workbench *bench, const mx_config *config, mx_tensorfile *weights,
                       const char *path) {
    MX_TRY(mx_setup_device(config, false, &bench->device));
    MX_TRY(mx_setup_net(config, bench->device, bench->names.count, NULL, &bench->net));
    MX_TRY(mx_weights_take(weights, path, bench->net, mx_workbench_weights(bench)));
    return mx_evaluator_init(&bench->evaluator, bench->net, mx_setup_eval_batch(config),
                             mx_setup_scaling(config));
}

mx_status mx_workbench_open(mx_workbench *bench, const mx_args *args, const mx_config *config,
                            const char *weights, const mx_dataset *data) {
    mx_tensorfile file = {0};
    mx_status status;
    *bench = (mx_workbench){0};
    MX_GO(mx_tensorfile_load(&file, weights));
    MX_GO(data ? take_names(&bench->names, (const char *const *)data->class_names, data->n_classes)
               : find_names(&bench->names, config, &file, weights));
    MX_GO(build(bench, config, &file, weights));
    MX_GO(add_views(bench, args, config));
done:
    mx_tensorfile_release(&file);
    if (status != MX_OK) mx_workbench_release(bench);
    return status;
}

void mx_workbench_release(mx_workbench *bench) {
    mx_evaluator_release(&bench->evaluator);
    mx_net_close(bench->net);
    mx_device_close(bench->device);
    for (int i = 0; i < bench->names.count; i++)
        free(bench->names.items[i]);
    free(bench->names.items);
    *bench = (mx_workbench){0};
}

mx_buffer *mx_workbench_weights(const mx_workbench *bench) {
    return mx_net_get_arenas(bench->net).average;
}
