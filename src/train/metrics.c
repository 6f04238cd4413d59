#include "train/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

mx_status mx_metrics_init(mx_metrics *metrics, int n_classes) {
    *metrics = (mx_metrics){.n_classes = n_classes};
    const size_t n = (size_t)n_classes;
    MX_TRY(mx_alloc(&metrics->confusion, n * n, sizeof *metrics->confusion));
    const mx_status status = mx_alloc(&metrics->classes, n, sizeof *metrics->classes);
    if (status != MX_OK) mx_metrics_release(metrics);
    return status;
}

void mx_metrics_release(mx_metrics *metrics) {
    free(metrics->confusion);
    free(metrics->classes);
    *metrics = (mx_metrics){0};
}

static int largest(const float *logits, int n_classes) {
    int best = 0;
    for (int c = 1; c < n_classes; c++)
        if (logits[c] > logits[best]) best = c;
    return best;
}

/* log of the sum of exp(logits[c] - logits[best]). */
static double log_sum(const float *logits, int n_classes, int best) {
    double sum = 0;
    for (int c = 0; c < n_classes; c++)
        sum += exp((double)logits[c] - (double)logits[best]);
    return log(sum);
}

static bool all_finite(const float *logits, int n_classes) {
    for (int c = 0; c < n_classes; c++)
        if (!isfinite(logits[c])) return false;
    return true;
}

static void add_to_bin(mx_metrics *metrics, double confidence, bool right) {
    int i = (int)ceil(confidence * MX_RELIABILITY_BINS) - 1;
    if (i < 0) i = 0;
    if (i >= MX_RELIABILITY_BINS) i = MX_RELIABILITY_BINS - 1;
    metrics->bins[i].count++;
    metrics->bins[i].right += right;
    metrics->bins[i].confidence_sum += confidence;
}

void mx_metrics_add(mx_metrics *metrics, const float *logits, int truth) {
    const int n = metrics->n_classes;
    int guess = largest(logits, n);
    if (all_finite(logits, n)) {
        const double norm = log_sum(logits, n, guess);
        metrics->loss_sum -= (double)logits[truth] - (double)logits[guess] - norm;
        add_to_bin(metrics, exp(-norm), guess == truth);
    } else {
        guess = truth == 0 && n > 1 ? 1 : 0;
        metrics->loss_sum = NAN;
    }
    metrics->confusion[(size_t)truth * (size_t)n + (size_t)guess]++;
    metrics->n++;
}

static double ratio(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 0.0;
}

static void score_class(mx_metrics *metrics, int class) {
    const size_t n = (size_t)metrics->n_classes, c = (size_t) class;
    uint64_t truths = 0, guesses = 0;
    for (size_t i = 0; i < n; i++) {
        truths += metrics->confusion[c * n + i];
        guesses += metrics->confusion[i * n + c];
    }
    const uint64_t right = metrics->confusion[c * n + c];
    metrics->classes[c] = (mx_class_score){.precision = ratio(right, guesses),
                                           .recall = ratio(right, truths),
                                           .f1 = ratio(2 * right, truths + guesses),
                                           .support = truths};
}

static void finish_bins(mx_metrics *metrics) {
    uint64_t binned = 0;
    double gaps = 0;
    for (int i = 0; i < MX_RELIABILITY_BINS; i++) {
        mx_reliability_bin *bin = &metrics->bins[i];
        bin->confidence = bin->count ? bin->confidence_sum / (double)bin->count : 0.0;
        bin->accuracy = ratio(bin->right, bin->count);
        gaps += (double)bin->count * fabs(bin->confidence - bin->accuracy);
        binned += bin->count;
    }
    metrics->ece = binned ? gaps / (double)binned : 0.0;
}

void mx_metrics_finish(mx_metrics *metrics) {
    uint64_t right = 0;
    double f1_sum = 0;
    for (int c = 0; c < metrics->n_classes; c++) {
        score_class(metrics, c);
        right += metrics->confusion[(size_t)c * (size_t)metrics->n_classes + (size_t)c];
        f1_sum += metrics->classes[c].f1;
    }
    finish_bins(metrics);
    metrics->loss = metrics->n ? metrics->loss_sum / (double)metrics->n : 0.0;
    metrics->accuracy = ratio(right, metrics->n);
    metrics->macro_f1 = f1_sum / metrics->n_classes;
    metrics->f1 = metrics->n_classes == 2 ? metrics->classes[1].f1 : metrics->macro_f1;
}

int mx_probabilities(const float *logits, int n_classes, double *probabilities) {
    const int best = largest(logits, n_classes);
    const double norm = log_sum(logits, n_classes, best);
    for (int c = 0; c < n_classes; c++)
        probabilities[c] = exp((double)logits[c] - (double)logits[best] - norm);
    return best;
}

int mx_softmax_of(const float *logits, int n_classes, float *probabilities) {
    const int best = largest(logits, n_classes);
    const double norm = log_sum(logits, n_classes, best);
    for (int c = 0; c < n_classes; c++)
        probabilities[c] = (float)exp((double)logits[c] - (double)logits[best] - norm);
    return best;
}
