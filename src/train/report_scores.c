/* The evaluation of a report. */
#include <math.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/mem.h"
#include "train/checkpoint.h"
#include "train/class_counts.h"
#include "train/report_internal.h"
#include "train/setup.h"

/* What the visitor gathers: pictures in the order of their rank, of equal ones the first. */
typedef struct gathering {
    mx_report_data *data;
    const mx_dataset *pictures;
    double *probabilities;
} gathering;

/* Puts `new` into a list in the order of p_guess, from the highest or the lowest. */
static void rank(mx_report_picture *list, size_t *count, size_t most, bool highest,
                 mx_report_picture new) {
    size_t place = *count;
    while (place > 0 && (highest ? list[place - 1].p_guess < new.p_guess
                                 : list[place - 1].p_guess > new.p_guess))
        place--;
    if (place == most) return;
    if (*count < most) ++*count;
    for (size_t i = *count - 1; i > place; i--)
        list[i] = list[i - 1];
    list[place] = new;
}

/* An mx_logits_visitor. */
static mx_status gather(void *context, uint32_t index, const float *logits) {
    const gathering *g = context;
    const mx_dataset *pictures = g->pictures;
    mx_report_data *data = g->data;
    const int truth = pictures->labels[index];
    mx_metrics_add(&data->metrics, logits, truth);
    const int guess = mx_probabilities(logits, pictures->n_classes, g->probabilities);
    const mx_report_picture picture = {
        .file = pictures->names[index],
        .pixels = pictures->pixels + mx_dataset_bytes(pictures) / pictures->n_pictures * index,
        .truth = truth,
        .guess = guess,
        .p_guess = g->probabilities[guess],
        .p_truth = g->probabilities[truth]};
    if (!isfinite(picture.p_guess)) return MX_OK;
    mx_report_evaluation *out = &data->evaluation;
    if (guess != truth) rank(data->mistakes, &out->n_mistakes, MX_REPORT_MISTAKES, true, picture);
    rank(data->unsure, &out->n_unsure, MX_REPORT_UNSURE, false, picture);
    return MX_OK;
}

static mx_status read_best_weights(const mx_report_data *data, mx_net *net) {
    char *path = NULL;
    MX_TRY(mx_path_join(&path, data->folder, "best.safetensors"));
    const mx_status status = mx_weights_read(path, net, mx_net_get_arenas(net).average);
    free(path);
    return status;
}

static mx_status run(mx_report_data *data, const mx_report_bench *bench, const mx_rows *rows) {
    const mx_dataset *pictures = bench->pictures;
    mx_net *net = bench->evaluator->net;
    gathering g = {.data = data, .pictures = pictures};
    mx_status status;
    MX_GO(read_best_weights(data, net));
    MX_GO(mx_alloc(&g.probabilities, (size_t)pictures->n_classes, sizeof *g.probabilities));
    MX_GO(mx_evaluate_visit(bench->evaluator, bench->feed, rows->index, rows->count,
                            mx_net_get_arenas(net).average, gather, &g));
    mx_metrics_finish(&data->metrics);
done:
    free(g.probabilities);
    return status;
}

/* The numbers of mx_metrics as the report has them. */
static mx_status fill(mx_report_data *data, const mx_dataset *pictures) {
    const mx_metrics *metrics = &data->metrics;
    mx_report_evaluation *out = &data->evaluation;
    mx_report_class *classes = NULL;
    mx_report_bin *bins = NULL;
    MX_TRY(mx_report_keep(data, &classes, (size_t)metrics->n_classes * sizeof *classes));
    MX_TRY(mx_report_keep(data, &bins, MX_RELIABILITY_BINS * sizeof *bins));
    for (int c = 0; c < metrics->n_classes; c++)
        classes[c] = (mx_report_class){metrics->classes[c].precision, metrics->classes[c].recall,
                                       metrics->classes[c].f1, metrics->classes[c].support};
    for (int b = 0; b < MX_RELIABILITY_BINS; b++)
        bins[b] = (mx_report_bin){metrics->bins[b].count, metrics->bins[b].confidence,
                                  metrics->bins[b].accuracy};
    out->on_test = pictures->test.count > 0;
    out->n = metrics->n;
    out->confusion = metrics->confusion;
    out->classes = classes;
    out->bins = bins;
    out->n_bins = MX_RELIABILITY_BINS;
    out->accuracy = metrics->accuracy;
    out->f1 = metrics->f1;
    out->macro_f1 = metrics->macro_f1;
    out->loss = metrics->loss;
    out->ece = metrics->ece;
    out->height = pictures->height;
    out->width = pictures->width;
    out->channels = pictures->channels;
    out->mistakes = data->mistakes;
    out->unsure = data->unsure;
    data->report.evaluation = out;
    return MX_OK;
}

static mx_status count_classes(mx_report_data *data, const mx_dataset *pictures) {
    mx_report *report = &data->report;
    mx_event_class *classes = NULL;
    MX_TRY(mx_report_keep(data, &classes, (size_t)pictures->n_classes * sizeof *classes));
    mx_count_classes(pictures, classes);
    report->classes = classes;
    report->class_names = (const char *const *)pictures->class_names;
    report->n_classes = pictures->n_classes;
    report->labelled = pictures->labelled.count;
    report->unlabelled = pictures->unlabelled.count;
    report->validation = pictures->validation.count;
    report->test = pictures->test.count;
    report->unusable = pictures->n_bad;
    return MX_OK;
}

mx_status mx_report_data_evaluate(mx_report_data *data, const mx_report_bench *bench) {
    const mx_dataset *pictures = bench->pictures;
    const mx_rows *rows = pictures->test.count > 0 ? &pictures->test : &pictures->validation;
    mx_metrics_release(&data->metrics);
    data->evaluation = (mx_report_evaluation){0};
    MX_TRY(count_classes(data, pictures));
    if (rows->count == 0) return MX_OK;
    MX_TRY(mx_metrics_init(&data->metrics, pictures->n_classes));
    MX_TRY(run(data, bench, rows));
    return fill(data, pictures);
}

static mx_status evaluate_with(mx_report_data *data, const mx_config *config) {
    mx_device *device = NULL;
    mx_net *net = NULL;
    mx_evaluator evaluator = {0};
    mx_feed feed = {0};
    mx_status status;
    MX_GO(mx_setup_named_dataset(config, &data->pictures));
    MX_GO(mx_setup_device(config, false, &device));
    MX_GO(mx_setup_net(config, device, data->pictures.n_classes, NULL, &net));
    MX_GO(
        mx_evaluator_init(&evaluator, net, mx_setup_eval_batch(config), mx_setup_scaling(config)));
    MX_GO(mx_feed_init(&feed, device, &data->pictures, mx_setup_data_memory(config, device),
                       mx_setup_feed_capacity(config)));
    const mx_report_bench bench = {&data->pictures, &evaluator, &feed};
    status = mx_report_data_evaluate(data, &bench);
done:
    mx_evaluator_release(&evaluator);
    mx_feed_release(&feed);
    mx_net_close(net);
    mx_device_close(device);
    return status;
}

mx_status mx_report_data_evaluate_anew(mx_report_data *data, const mx_config *config) {
    if (evaluate_with(data, config) == MX_OK) return MX_OK;
    return mx_report_note(data, "Confusion matrix, calibration and pictures are missing");
}
