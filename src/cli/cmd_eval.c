/* mixcl eval: scores of a run's weights on its test pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "train/checkpoint.h"
#include "train/evaluate.h"
#include "train/setup.h"

const mx_option mx_cmd_eval_options[] = {
    {"RUN_OR_WEIGHTS", NULL, "a run folder, or a .safetensors or .pth file"},
    {"--config", "CONFIG", "the INI file; a run folder has its own"},
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--json", NULL, "print JSON"},
    {0},
};

static json_t *confusion_json(const mx_metrics *metrics) {
    const size_t n = (size_t)metrics->n_classes;
    json_t *rows = json_array();
    for (size_t truth = 0; truth < n; truth++) {
        json_t *row = json_array();
        for (size_t guess = 0; guess < n; guess++)
            json_array_append_new(row,
                                  json_integer((json_int_t)metrics->confusion[truth * n + guess]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *classes_json(const mx_metrics *metrics, char *const *names) {
    json_t *classes = json_array();
    for (int c = 0; c < metrics->n_classes; c++)
        json_array_append_new(classes,
                              json_pack("{s:s, s:f, s:f, s:f, s:I}", "name", names[c], "precision",
                                        metrics->classes[c].precision, "recall",
                                        metrics->classes[c].recall, "f1", metrics->classes[c].f1,
                                        "support", (json_int_t)metrics->classes[c].support));
    return classes;
}

/* JSON has no word for what is not finite. */
static json_t *finite_json(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *metrics_json(const mx_metrics *metrics, char *const *names) {
    return json_pack("{s:f, s:f, s:f, s:o, s:I, s:o, s:o}", "accuracy", metrics->accuracy, "f1",
                     metrics->f1, "macro_f1", metrics->macro_f1, "loss", finite_json(metrics->loss),
                     "n", (json_int_t)metrics->n, "confusion", confusion_json(metrics), "classes",
                     classes_json(metrics, names));
}

static void print_confusion(const mx_metrics *metrics) {
    const size_t n = (size_t)metrics->n_classes;
    printf("\nconfusion matrix: rows are the truth, columns the answers\n      ");
    for (size_t c = 0; c < n; c++)
        printf(" %5zu", c);
    for (size_t truth = 0; truth < n; truth++) {
        printf("\n%5zu ", truth);
        for (size_t guess = 0; guess < n; guess++)
            printf(" %5llu", (unsigned long long)metrics->confusion[truth * n + guess]);
    }
    putchar('\n');
}

static void print_metrics(const mx_metrics *metrics, char *const *names) {
    enum { WIDEST_CONFUSION = 12 };
    printf(
        "pictures  %llu\naccuracy  %.4f\nF1        %.4f (%s)\nmacro F1  %.4f\nloss      %.4f\n\n",
        (unsigned long long)metrics->n, metrics->accuracy, metrics->f1,
        metrics->n_classes == 2 ? "of class 1" : "macro", metrics->macro_f1, metrics->loss);
    printf("%5s  %-24s  %9s  %6s  %6s  %8s\n", "class", "name", "precision", "recall", "F1",
           "pictures");
    for (int c = 0; c < metrics->n_classes; c++)
        printf("%5d  %-24.24s  %9.4f  %6.4f  %6.4f  %8llu\n", c, names[c],
               metrics->classes[c].precision, metrics->classes[c].recall, metrics->classes[c].f1,
               (unsigned long long)metrics->classes[c].support);
    if (metrics->n_classes <= WIDEST_CONFUSION) print_confusion(metrics);
}

/* Everything on the device that an evaluation needs. */
typedef struct workbench {
    mx_device *device;
    mx_net *net;
    mx_feed feed;
    mx_evaluator evaluator;
} workbench;

static mx_status workbench_open(workbench *bench, const mx_config *config, const mx_dataset *data,
                                const char *weights) {
    MX_TRY(mx_setup_device(config, false, &bench->device));
    MX_TRY(mx_setup_net(config, bench->device, data->n_classes, NULL, &bench->net));
    MX_TRY(mx_weights_read(weights, bench->net, mx_net_get_arenas(bench->net).average));
    MX_TRY(mx_evaluator_init(&bench->evaluator, bench->net, mx_setup_eval_batch(config),
                             mx_setup_scaling(config)));
    return mx_feed_init(&bench->feed, bench->device, data,
                        mx_setup_data_memory(config, bench->device),
                        mx_setup_feed_capacity(config));
}

static void workbench_release(workbench *bench) {
    mx_evaluator_release(&bench->evaluator);
    mx_feed_release(&bench->feed);
    mx_net_close(bench->net);
    mx_device_close(bench->device);
}

static mx_status score(const mx_args *args, const mx_config *config, const char *weights) {
    mx_dataset data = {0};
    workbench bench = {0};
    mx_metrics metrics = {0};
    mx_status status;
    MX_GO(mx_setup_dataset(config, &data));
    if (data.test.count == 0) {
        status = mx_fail(MX_DATA, "no test pictures; add a [source.NAME] with split = test");
        goto done;
    }
    MX_GO(workbench_open(&bench, config, &data, weights));
    MX_GO(mx_evaluate(&bench.evaluator, &bench.feed, &data.test, data.labels,
                      mx_net_get_arenas(bench.net).average, &metrics));
    if (mx_args_flag(args, "--json"))
        status = mx_print_json(metrics_json(&metrics, data.class_names));
    else
        print_metrics(&metrics, data.class_names);
done:
    mx_metrics_release(&metrics);
    workbench_release(&bench);
    mx_dataset_release(&data);
    return status;
}

mx_status mx_cmd_eval(const mx_args *args) {
    char *weights = NULL, *ini = NULL;
    mx_config *config = NULL;
    mx_status status;
    MX_GO(mx_locate_weights(args, &weights, &ini));
    MX_GO(mx_open_config(&config, args, ini));
    MX_GO(score(args, config, weights));
done:
    mx_config_close(config);
    free(weights);
    free(ini);
    return status;
}
