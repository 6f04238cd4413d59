#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/metrics.h"

#define CLOSE 1e-12

static void assert_near(double got, double expected, double limit) {
    if (!(fabs(got - expected) <= limit)) fail_msg("%.17g is not %.17g", got, expected);
}

/* Adds `times` pictures of class `truth` that are taken for `guess`. */
static void add(mx_metrics *metrics, int truth, int guess, int times) {
    float logits[8] = {0};
    logits[guess] = 1.0f;
    for (int i = 0; i < times; i++)
        mx_metrics_add(metrics, logits, truth);
}

static void open_metrics(mx_metrics *metrics, int n_classes) {
    assert_int_equal(mx_metrics_init(metrics, n_classes), MX_OK);
}

/* Numbers of scikit-learn's precision_recall_fscore_support for the same matrix. */
static void three_classes_score_as_scikit_learn_has_them(void **state) {
    (void)state;
    static const int matrix[3][3] = {{5, 2, 0}, {1, 7, 4}, {0, 3, 8}};
    mx_metrics metrics;
    open_metrics(&metrics, 3);
    for (int truth = 0; truth < 3; truth++)
        for (int guess = 0; guess < 3; guess++)
            add(&metrics, truth, guess, matrix[truth][guess]);
    mx_metrics_finish(&metrics);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(metrics.confusion[i], matrix[i / 3][i % 3]);
    assert_int_equal(metrics.n, 30);
    assert_near(metrics.accuracy, 20.0 / 30.0, CLOSE);
    assert_near(metrics.classes[0].precision, 5.0 / 6.0, CLOSE);
    assert_near(metrics.classes[0].recall, 5.0 / 7.0, CLOSE);
    assert_near(metrics.classes[1].f1, 14.0 / 24.0, CLOSE);
    assert_int_equal(metrics.classes[2].support, 11);
    assert_near(metrics.macro_f1, (10.0 / 13.0 + 14.0 / 24.0 + 16.0 / 23.0) / 3.0, CLOSE);
    assert_near(metrics.f1, metrics.macro_f1, 0);
    mx_metrics_release(&metrics);
}

static void f1_of_two_classes_is_that_of_class_1(void **state) {
    (void)state;
    mx_metrics metrics;
    open_metrics(&metrics, 2);
    add(&metrics, 0, 0, 6);
    add(&metrics, 0, 1, 1);
    add(&metrics, 1, 1, 2);
    add(&metrics, 1, 0, 3);
    mx_metrics_finish(&metrics);
    assert_near(metrics.f1, 4.0 / 8.0, CLOSE);
    assert_near(metrics.macro_f1, (12.0 / 16.0 + 4.0 / 8.0) / 2.0, CLOSE);
    mx_metrics_release(&metrics);
}

static void undefined_scores_are_0(void **state) {
    (void)state;
    mx_metrics metrics;
    open_metrics(&metrics, 3);
    add(&metrics, 0, 0, 4);
    mx_metrics_finish(&metrics);
    assert_near(metrics.classes[0].f1, 1, 0);
    for (int c = 1; c < 3; c++) {
        assert_near(metrics.classes[c].precision, 0, 0);
        assert_near(metrics.classes[c].recall, 0, 0);
        assert_near(metrics.classes[c].f1, 0, 0);
        assert_int_equal(metrics.classes[c].support, 0);
    }
    mx_metrics_release(&metrics);
    open_metrics(&metrics, 2);
    mx_metrics_finish(&metrics);
    assert_near(metrics.accuracy, 0, 0);
    assert_near(metrics.loss, 0, 0);
    assert_near(metrics.f1, 0, 0);
    mx_metrics_release(&metrics);
}

static void loss_is_the_mean_of_minus_log_of_the_true_class(void **state) {
    (void)state;
    mx_metrics metrics;
    const float even[2] = {3.0f, 3.0f}, sure[2] = {1000.0f, -1000.0f};
    open_metrics(&metrics, 2);
    mx_metrics_add(&metrics, even, 1);
    mx_metrics_add(&metrics, sure, 0);
    mx_metrics_add(&metrics, sure, 1);
    mx_metrics_finish(&metrics);
    assert_near(metrics.loss, (log(2.0) + 0.0 + 2000.0) / 3.0, 1e-9);
    mx_metrics_release(&metrics);
}

static void logits_that_are_not_finite_are_wrong_and_show_in_the_loss(void **state) {
    (void)state;
    static const float bad[][3] = {{NAN, NAN, NAN},         {0, 0, NAN},      {0, NAN, 0},
                                   {0, 1, INFINITY},        {INFINITY, 0, 0}, {0, -INFINITY, 1},
                                   {INFINITY, INFINITY, 0}, {NAN, 5, 1}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        mx_metrics metrics;
        open_metrics(&metrics, 3);
        mx_metrics_add(&metrics, bad[i], 2);
        mx_metrics_add(&metrics, bad[i], 0);
        mx_metrics_finish(&metrics);
        assert_int_equal(metrics.confusion[2 * 3 + 0], 1);
        assert_int_equal(metrics.confusion[0 * 3 + 1], 1);
        assert_true(isnan(metrics.loss));
        assert_near(metrics.accuracy, 0, 0);
        mx_metrics_release(&metrics);
    }
}

static void probabilities_are_the_softmax_of_any_logits(void **state) {
    (void)state;
    double p[3];
    assert_int_equal(mx_probabilities((const float[]){1.0f, 3.0f, 2.0f}, 3, p), 1);
    const double sum = exp(1) + exp(3) + exp(2);
    assert_near(p[0], exp(1) / sum, CLOSE);
    assert_near(p[1], exp(3) / sum, CLOSE);
    assert_near(p[2], exp(2) / sum, CLOSE);
    assert_int_equal(mx_probabilities((const float[]){-3e38f, 3e38f}, 2, p), 1);
    assert_near(p[0], 0, 0);
    assert_near(p[1], 1, 0);
}

/* Adds `times` pictures that are taken for class 0 of two with probability `p`. */
static void add_sure(mx_metrics *metrics, double p, int truth, int times) {
    const float logits[2] = {(float)log(p / (1 - p)), 0};
    for (int i = 0; i < times; i++)
        mx_metrics_add(metrics, logits, truth);
}

static void calibration_error_weighs_the_bins_by_their_pictures(void **state) {
    (void)state;
    mx_metrics metrics;
    open_metrics(&metrics, 2);
    add_sure(&metrics, 0.9, 0, 6);
    add_sure(&metrics, 0.9, 1, 2);
    add_sure(&metrics, 0.62, 0, 2);
    mx_metrics_finish(&metrics);
    const mx_reliability_bin *sure = &metrics.bins[13], *unsure = &metrics.bins[9];
    assert_int_equal(sure->count, 8);
    assert_near(sure->confidence, 0.9, 1e-6);
    assert_near(sure->accuracy, 0.75, CLOSE);
    assert_int_equal(unsure->count, 2);
    assert_near(metrics.ece, 0.8 * 0.15 + 0.2 * 0.38, 1e-6);
    mx_metrics_release(&metrics);
}

static void guesses_that_are_certain_or_no_numbers_have_their_place(void **state) {
    (void)state;
    const float certain[2] = {1000, -1000}, even[2] = {0, 0}, broken[2] = {NAN, 0};
    mx_metrics metrics;
    open_metrics(&metrics, 2);
    mx_metrics_add(&metrics, certain, 0);
    mx_metrics_add(&metrics, even, 0);
    mx_metrics_add(&metrics, broken, 0);
    mx_metrics_finish(&metrics);
    assert_int_equal(metrics.bins[MX_RELIABILITY_BINS - 1].count, 1);
    assert_int_equal(metrics.bins[7].count, 1);
    assert_near(metrics.ece, 0.25, CLOSE);
    mx_metrics_release(&metrics);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_classes_score_as_scikit_learn_has_them),
        cmocka_unit_test(f1_of_two_classes_is_that_of_class_1),
        cmocka_unit_test(undefined_scores_are_0),
        cmocka_unit_test(loss_is_the_mean_of_minus_log_of_the_true_class),
        cmocka_unit_test(logits_that_are_not_finite_are_wrong_and_show_in_the_loss),
        cmocka_unit_test(probabilities_are_the_softmax_of_any_logits),
        cmocka_unit_test(calibration_error_weighs_the_bins_by_their_pictures),
        cmocka_unit_test(guesses_that_are_certain_or_no_numbers_have_their_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
