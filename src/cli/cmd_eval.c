/* mixcl eval: scores of a run's weights on its test pictures. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/commands.h"
#include "cli/json.h"
#include "cli/open_config.h"
#include "cli/pictures.h"
#include "train/predict.h"
#include "train/setup.h"

const mx_option mx_cmd_eval_options[] = {
    {"RUN_OR_WEIGHTS", NULL, "a run folder, or a .safetensors or .pth file"},
    {"[PATH...]", NULL, "folders of class folders, .zip archives, tables"},
    {"--config", "CONFIG", "the INI file; a run folder has its own"},
    MX_TTA_OPTION,
    MX_SET_OPTION,
    MX_DEVICE_OPTION,
    {"--csv", "FILE", "write a row for each picture"},
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

static json_t *reliability_json(const mx_metrics *metrics) {
    json_t *bins = json_array();
    for (int i = 0; i < MX_RELIABILITY_BINS; i++) {
        const mx_reliability_bin *bin = &metrics->bins[i];
        json_array_append_new(bins,
                              json_pack("{s:I, s:f, s:f}", "n", (json_int_t)bin->count,
                                        "confidence", bin->confidence, "accuracy", bin->accuracy));
    }
    return bins;
}

static json_t *metrics_json(const mx_metrics *metrics, char *const *names) {
    return json_pack("{s:f, s:f, s:f, s:f, s:o, s:I, s:o, s:o, s:o}", "accuracy", metrics->accuracy,
                     "f1", metrics->f1, "macro_f1", metrics->macro_f1, "ece", metrics->ece, "loss",
                     finite_json(metrics->loss), "n", (json_int_t)metrics->n, "confusion",
                     confusion_json(metrics), "classes", classes_json(metrics, names),
                     "reliability", reliability_json(metrics));
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
    printf("pictures  %llu\naccuracy  %.4f\nF1        %.4f (%s)\nmacro F1  %.4f\nloss      %.4f\n"
           "ECE       %.4f (expected calibration error)\n\n",
           (unsigned long long)metrics->n, metrics->accuracy, metrics->f1,
           metrics->n_classes == 2 ? "of class 1" : "macro", metrics->macro_f1, metrics->loss,
           metrics->ece);
    printf("%5s  %-24s  %9s  %6s  %6s  %8s\n", "class", "name", "precision", "recall", "F1",
           "pictures");
    for (int c = 0; c < metrics->n_classes; c++)
        printf("%5d  %-24.24s  %9.4f  %6.4f  %6.4f  %8llu\n", c, names[c],
               metrics->classes[c].precision, metrics->classes[c].recall, metrics->classes[c].f1,
               (unsigned long long)metrics->classes[c].support);
    if (metrics->n_classes <= WIDEST_CONFUSION) print_confusion(metrics);
}

typedef struct eval_run {
    mx_workbench bench;
    mx_metrics metrics;
    const mx_dataset *data; /* that the pictures are of, or NULL */
    FILE *csv;              /* or NULL */
    float *probabilities;
    size_t n_problems;
} eval_run;

static mx_status open_run(eval_run *run, const mx_args *args, const mx_config *config,
                          const char *weights) {
    const char *csv = mx_args_value(args, "--csv");
    MX_TRY(mx_workbench_open(&run->bench, args, config, weights, run->data));
    const int classes = run->bench.names.count;
    MX_TRY(mx_metrics_init(&run->metrics, classes));
    if (!csv) return MX_OK;
    MX_TRY(mx_alloc(&run->probabilities, (size_t)classes, sizeof *run->probabilities));
    run->csv = fopen(csv, "w");
    if (!run->csv) return mx_fail(MX_WRITE, "cannot create '%s': %s", csv, strerror(errno));
    mx_put_prediction_header(run->csv, &run->bench.names, true);
    return MX_OK;
}

static mx_status close_csv(eval_run *run, const char *path) {
    if (!run->csv) return MX_OK;
    const bool failed = ferror(run->csv) != 0;
    const bool unclosed = fclose(run->csv) != 0;
    run->csv = NULL;
    if (failed || unclosed) return mx_fail(MX_WRITE, "cannot write '%s'", path);
    return MX_OK;
}

static mx_status take(eval_run *run, const char *file, int truth, const float *logits) {
    mx_metrics_add(&run->metrics, logits, truth);
    if (!run->csv) return MX_OK;
    const mx_class_names *names = &run->bench.names;
    const int best = mx_softmax_of(logits, names->count, run->probabilities);
    return mx_put_prediction(run->csv, names, file, names->items[truth], best, run->probabilities);
}

/* An mx_logits_visitor. */
static mx_status on_row(void *context, uint32_t picture, const float *logits) {
    eval_run *run = context;
    const char *name = run->data->names ? run->data->names[picture] : "";
    return take(run, name, run->data->labels[picture], logits);
}

static mx_status score_data(eval_run *run, const mx_config *config) {
    const mx_dataset *data = run->data;
    mx_feed feed = {0};
    mx_status status;
    MX_GO(mx_feed_init(&feed, run->bench.device, data,
                       mx_setup_data_memory(config, run->bench.device),
                       mx_setup_feed_capacity(config)));
    MX_GO(mx_evaluate_visit(&run->bench.evaluator, &feed, data->test.index, data->test.count,
                            mx_workbench_weights(&run->bench), on_row, run));
done:
    mx_feed_release(&feed);
    return status;
}

/* The number of a picture's class, or -1. */
static int class_of(const mx_class_names *names, const mx_picture *picture) {
    for (int c = 0; picture->class_name && c < names->count; c++)
        if (strcmp(names->items[c], picture->class_name) == 0) return c;
    return -1;
}

/* An mx_prediction_visitor. */
static mx_status on_prediction(void *context, const mx_prediction *p) {
    eval_run *run = context;
    const int truth = class_of(&run->bench.names, p->picture);
    mx_buf file = {0};
    if (p->logits) mx_put_picture_path(&file, p->picture);
    mx_status status = mx_buf_check(&file);
    if (!p->logits)
        mx_warn("%s", p->problem);
    else if (truth < 0)
        mx_warn("'%s': its class '%s' is none of the weights'", mx_buf_text(&file),
                p->picture->class_name ? p->picture->class_name : "");
    else if (status == MX_OK)
        status = take(run, mx_buf_text(&file), truth, p->logits);
    if (!p->logits || truth < 0) run->n_problems++;
    mx_buf_release(&file);
    return status;
}

static mx_status finish(eval_run *run, const mx_args *args) {
    const size_t all = run->n_problems + run->metrics.n;
    mx_metrics_finish(&run->metrics);
    MX_TRY(close_csv(run, mx_args_value(args, "--csv")));
    if (mx_args_flag(args, "--json"))
        MX_TRY(mx_print_json(metrics_json(&run->metrics, run->bench.names.items)));
    else
        print_metrics(&run->metrics, run->bench.names.items);
    if (run->n_problems == 0) return MX_OK;
    return mx_fail(MX_DATA, "%zu of %zu pictures could not be scored", run->n_problems, all);
}

/* On the test pictures of the configuration. */
static mx_status eval_data(eval_run *run, const mx_args *args, const mx_config *config,
                           const char *weights) {
    mx_dataset data = {0};
    mx_status status;
    MX_GO(mx_args_flag(args, "--csv") ? mx_setup_named_dataset(config, &data)
                                      : mx_setup_dataset(config, &data));
    if (data.test.count == 0) {
        status = mx_fail(MX_DATA, "no test pictures; add a [source.NAME] with split = test, or "
                                  "name pictures after the run");
        goto done;
    }
    run->data = &data;
    MX_GO(open_run(run, args, config, weights));
    MX_GO(score_data(run, config));
    MX_GO(finish(run, args));
done:
    mx_dataset_release(&data);
    return status;
}

/* On pictures that the command line names. */
static mx_status eval_paths(eval_run *run, const mx_args *args, const mx_config *config,
                            const char *weights) {
    mx_path_pictures pictures = {0};
    mx_status status;
    MX_GO(mx_path_pictures_list(&pictures, args, true));
    MX_GO(open_run(run, args, config, weights));
    MX_GO(mx_predict(config, &run->bench.evaluator, mx_workbench_weights(&run->bench),
                     &pictures.list, on_prediction, run));
    MX_GO(finish(run, args));
done:
    mx_path_pictures_release(&pictures);
    return status;
}

mx_status mx_cmd_eval(const mx_args *args) {
    char *weights = NULL, *ini = NULL;
    mx_config *config = NULL;
    eval_run run = {0};
    mx_status status;
    MX_GO(mx_locate_weights(args, &weights, &ini));
    MX_GO(mx_open_config(&config, args, ini));
    status = mx_args_positional(args, 1) ? eval_paths(&run, args, config, weights)
                                         : eval_data(&run, args, config, weights);
done:
    if (run.csv) fclose(run.csv);
    free(run.probabilities);
    mx_metrics_release(&run.metrics);
    mx_workbench_release(&run.bench);
    mx_config_close(config);
    free(weights);
    free(ini);
    return status;
}
