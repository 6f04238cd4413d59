/* Scores of a classifier from a confusion matrix. */
#ifndef MX_TRAIN_METRICS_H
#define MX_TRAIN_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

typedef struct mx_class_score {
    double precision, recall, f1; /* 0 where undefined, as scikit-learn has it */
    uint64_t support;             /* pictures of the class */
} mx_class_score;

enum { MX_RELIABILITY_BINS = 15 };

/* The guesses whose probability is within (i, i + 1] / MX_RELIABILITY_BINS. */
typedef struct mx_reliability_bin {
    uint64_t count, right;
    double confidence_sum;       /* of the probability of the guess */
    double confidence, accuracy; /* their means; 0 for none */
} mx_reliability_bin;

typedef struct mx_metrics {
    int n_classes;
    uint64_t n;          /* pictures */
    uint64_t *confusion; /* [truth][guess] */
    double loss_sum;     /* of -log p(truth) */
    mx_class_score *classes;
    mx_reliability_bin bins[MX_RELIABILITY_BINS];
    double loss, accuracy, macro_f1;
    double f1;  /* of class 1 for two classes, else macro */
    double ece; /* expected calibration error: mean of |confidence - accuracy| over the bins, each
                   as heavy as it has pictures (Guo et al. 2017, equation 3) */
} mx_metrics;

mx_status mx_metrics_init(mx_metrics *metrics, int n_classes);
void mx_metrics_release(mx_metrics *metrics);

/* Adds one picture: its logits and its true class. Logits that are not finite count as a wrong
 * guess (of class 0, or 1 where 0 is true), in no bin, and make the loss NaN. */
void mx_metrics_add(mx_metrics *metrics, const float *logits, int truth);

/* Computes the scores from what was added. With no pictures all are 0. */
void mx_metrics_finish(mx_metrics *metrics);

/* probabilities[c] = softmax of logits[c], in double precision. Returns the largest's index. */
int mx_probabilities(const float *logits, int n_classes, double *probabilities);
/* The same in floats. */
int mx_softmax_of(const float *logits, int n_classes, float *probabilities);

#endif
