/* What the report of a run says: plain data, filled by train/report_data, shown by report/html and
 * report/report_plots. Texts may be any bytes. */
#ifndef MX_REPORT_REPORT_H
#define MX_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "report/event.h"
#include "report/history.h"

/* Scores of one class. */
typedef struct mx_report_class {
    double precision, recall, f1;
    uint64_t support; /* pictures */
} mx_report_class;

/* Guesses of about the same confidence. */
typedef struct mx_report_bin {
    uint64_t count;
    double confidence, accuracy; /* means */
} mx_report_bin;

/* A picture and what the network says of it. */
typedef struct mx_report_picture {
    const char *file;
    const uint8_t *pixels; /* height x width x channels of the evaluation */
    int truth, guess;
    double p_guess, p_truth; /* probabilities of the two */
} mx_report_picture;

/* The network with its best weights on all pictures of a split. */
typedef struct mx_report_evaluation {
    bool on_test;              /* else on the validation rows */
    uint64_t n;                /* pictures */
    const uint64_t *confusion; /* [truth][guess], n_classes x n_classes */
    const mx_report_class *classes;
    const mx_report_bin *bins; /* of equal width, from confidence 0 to 1 */
    int n_bins;
    double accuracy, f1, macro_f1, loss, ece;
    int height, width, channels; /* of the pictures */
    const mx_report_picture *mistakes, *unsure;
    size_t n_mistakes, n_unsure;
} mx_report_evaluation;

/* A key of the configuration. */
typedef struct mx_report_setting {
    const char *section, *key, *value;
    const char *fallback; /* the default */
    bool changed;         /* from that */
} mx_report_setting;

typedef struct mx_report {
    const char *name, *state, *method, *model; /* "" where not known, as all texts here */
    const char *device, *platform, *driver, *device_version;
    const char *version, *git; /* of mixcl */
    uint64_t seed, parameters, steps, step;
    bool has_best; /* an evaluation chose the best weights */
    uint64_t best_step;
    double best_accuracy;
    const char *best_by, *ended; /* what chose them; why training ended */
    uint64_t labelled, unlabelled, validation, test, unusable; /* pictures */
    int n_classes;
    const char *const *class_names;
    const mx_event_class *classes; /* n_classes, or NULL: pictures of each class are not known */
    mx_history history;            /* may be empty */
    const mx_report_evaluation *evaluation; /* or NULL */
    const mx_report_setting *settings;
    size_t n_settings;
    const char *const *notes; /* sentences that say what is missing, and why */
    size_t n_notes;
} mx_report;

/* Scores are on the test pictures, or else on those held out for validation. */
static inline bool mx_report_on_test(const mx_report *report) {
    return report->test > 0 || report->validation == 0;
}

#endif
