/* A made-up report: every text is hostile. */
#ifndef MX_TESTS_REPORT_FIXTURE_H
#define MX_TESTS_REPORT_FIXTURE_H

#include "unit/fixture.h"

#include <math.h>

#include "report/report.h"

#define HOSTILE "<script>alert('x')</script>&\"\xFF x"

enum { REPORT_PICTURES = 6, REPORT_BINS = 15, REPORT_SIDE = 8, REPORT_ROWS = 30 };

typedef struct report_fixture {
    mx_report report;
    mx_report_evaluation evaluation;
    mx_report_bin bins[REPORT_BINS];
    mx_report_picture pictures[REPORT_PICTURES];
    mx_report_setting settings[2];
    const char *notes[1];
    uint8_t pixels[REPORT_SIDE * REPORT_SIDE * 3];
    char (*names)[64];
    const char **class_names;
    mx_event_class *counts;
    mx_report_class *classes;
    uint64_t *confusion;
} report_fixture;

static inline void report_fixture_classes(report_fixture *f, int n) {
    f->names = calloc((size_t)n, sizeof *f->names);
    f->class_names = calloc((size_t)n, sizeof *f->class_names);
    f->counts = calloc((size_t)n, sizeof *f->counts);
    f->classes = calloc((size_t)n, sizeof *f->classes);
    f->confusion = calloc((size_t)n * (size_t)n, sizeof *f->confusion);
    assert_true(f->names && f->class_names && f->counts && f->classes && f->confusion);
    for (int i = 0; i < n; i++) {
        snprintf(f->names[i], sizeof *f->names, i == 0 ? HOSTILE : "class %d", i);
        f->class_names[i] = f->names[i];
        f->counts[i] = (mx_event_class){f->names[i], 10, 590, 0, 100};
        f->classes[i] = (mx_report_class){0.9, 0.8, 0.85, 100};
        for (int j = 0; j < n; j++)
            f->confusion[i * n + j] = i == j ? 80 : j == (i + 1) % n ? 20 : (uint64_t)(i * j % 2);
    }
}

static inline void report_fixture_rows(mx_history *history, size_t rows) {
    history->n_rows = rows;
    for (int c = 0; c < MX_HISTORY_COUNT; c++) {
        history->values[c] = calloc(rows + 1, sizeof(double));
        assert_non_null(history->values[c]);
        for (size_t row = 0; row < rows; row++)
            history->values[c][row] = c == MX_HISTORY_STEP ? 10.0 * (double)(row + 1)
                                                           : 0.9 * (double)(row + 1) / (double)rows;
    }
}

/* A report of `n` classes with everything there is to say. */
static inline void report_fixture_init(report_fixture *f, int n) {
    *f = (report_fixture){0};
    report_fixture_classes(f, n);
    for (int i = 0; i < REPORT_BINS; i++)
        f->bins[i] = (mx_report_bin){(uint64_t)i, (i + 0.5) / REPORT_BINS, 0.9 * i / REPORT_BINS};
    for (int i = 0; i < REPORT_PICTURES; i++)
        f->pictures[i] = (mx_report_picture){HOSTILE, f->pixels, 0, n > 1, 0.9, 0.1};
    f->settings[0] = (mx_report_setting){"train", "steps", HOSTILE, "0", true};
    f->settings[1] = (mx_report_setting){"train", "batch", "64", "64", false};
    f->notes[0] = HOSTILE;
    f->evaluation = (mx_report_evaluation){.on_test = true,
                                           .n = 100 * (uint64_t)n,
                                           .confusion = f->confusion,
                                           .classes = f->classes,
                                           .bins = f->bins,
                                           .n_bins = REPORT_BINS,
                                           .accuracy = 0.8,
                                           .f1 = 0.79,
                                           .macro_f1 = 0.79,
                                           .loss = 0.5,
                                           .ece = 0.031,
                                           .height = REPORT_SIDE,
                                           .width = REPORT_SIDE,
                                           .channels = 3,
                                           .mistakes = f->pictures,
                                           .unsure = f->pictures,
                                           .n_mistakes = REPORT_PICTURES,
                                           .n_unsure = 2};
    f->report = (mx_report){.name = HOSTILE,
                            .state = "finished",
                            .method = "MixMatch",
                            .model = "wrn-10-1",
                            .device = HOSTILE,
                            .platform = HOSTILE,
                            .driver = HOSTILE,
                            .device_version = HOSTILE,
                            .version = "1",
                            .git = "abc",
                            .seed = 7,
                            .parameters = 1234,
                            .steps = 300,
                            .step = 300,
                            .has_best = true,
                            .best_step = 300,
                            .best_accuracy = 0.8,
                            .best_by = HOSTILE,
                            .ended = HOSTILE,
                            .labelled = 10 * (uint64_t)n,
                            .unlabelled = 590 * (uint64_t)n,
                            .test = 100 * (uint64_t)n,
                            .n_classes = n,
                            .class_names = f->class_names,
                            .classes = f->counts,
                            .evaluation = &f->evaluation,
                            .settings = f->settings,
                            .n_settings = 2,
                            .notes = f->notes,
                            .n_notes = 1};
    report_fixture_rows(&f->report.history, REPORT_ROWS);
}

static inline void report_fixture_release(report_fixture *f) {
    mx_history_release(&f->report.history);
    free(f->names);
    free(f->class_names);
    free(f->counts);
    free(f->classes);
    free(f->confusion);
}

#endif
