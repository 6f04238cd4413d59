/* The mixing weights: mx_beta against the exact distribution function of Beta(alpha, alpha). */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "shared.h"

enum { N_DRAWS = 20000, N_SEEDS = 4 };

/* Kolmogorov's limit for N_DRAWS draws: a right generator is above it once in 2000 times. */
#define KOLMOGOROV_LIMIT (1.99 / sqrt((double)N_DRAWS))

/* The continued fraction of the incomplete beta function (Abramowitz and Stegun 26.5.8), by the
 * method of Lentz. */
static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 500; m++) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / (1 + even * d);
        c = 1 + even / c;
        h *= d * c;
        d = 1 / (1 + odd * d);
        c = 1 + odd / c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15) break;
    }
    return h;
}

/* The regularised incomplete beta function I_x(a, b): the share of Beta(a, b) below x. */
static double beta_share(double a, double b, double x) {
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(a, b, x) / a;
    return 1 - front * beta_fraction(b, a, 1 - x) / b;
}

static int ascending(const void *a, const void *b) {
    const float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* The real numbers that round to a draw lie between `low` and `high`; those below the smallest
 * normal float count as one. */
static void cell_of(float draw, double *low, double *high) {
    *low = ((double)draw + (double)nextafterf(draw, 0.0f)) / 2;
    *high = ((double)draw + (double)nextafterf(draw, 2.0f)) / 2;
    if (draw >= FLT_MIN) return;
    *low = 0;
    *high = (double)FLT_MIN;
}

static size_t end_of_cell(const float *draws, size_t first) {
    size_t end = first + 1;
    while (end < N_DRAWS && (draws[end] == draws[first] || draws[end] < FLT_MIN))
        end++;
    return end;
}

/* The largest distance of the draws' distribution function from the exact one. */
static double kolmogorov_distance(float *draws, double alpha) {
    double most = 0;
    qsort(draws, N_DRAWS, sizeof *draws, ascending);
    for (size_t first = 0, end; first < N_DRAWS; first = end) {
        double low, high;
        end = end_of_cell(draws, first);
        cell_of(draws[first], &low, &high);
        most = fmax(most, fabs((double)first / N_DRAWS - beta_share(alpha, alpha, low)));
        most = fmax(most, fabs((double)end / N_DRAWS - beta_share(alpha, alpha, high)));
    }
    return most;
}

static float draw(float alpha, uint32_t i, uint32_t seed) {
    return mx_beta(alpha, i % 128, i / 128, seed, seed ^ 0x5eed);
}

static void the_exact_function_has_its_known_values(void **state) {
    (void)state;
    assert_true(fabs(beta_share(1, 1, 0.3) - 0.3) < 1e-13);
    assert_true(fabs(beta_share(2, 2, 0.3) - 0.216) < 1e-13);
    assert_true(fabs(beta_share(0.5, 0.5, 0.25) - 1.0 / 3.0) < 1e-13);
    assert_true(fabs(beta_share(16, 16, 0.5) - 0.5) < 1e-13);
    assert_true(fabs(beta_share(0.05, 0.05, 0.5) - 0.5) < 1e-13);
    assert_true(fabs(beta_share(0.2, 0.2, 0.9) + beta_share(0.2, 0.2, 0.1) - 1) < 1e-13);
}

static void draws_follow_the_beta_distribution(void **state) {
    (void)state;
    static const float alphas[] = {0.01f, 0.05f, 0.2f, 0.75f, 1.0f, 16.0f};
    static float draws[N_DRAWS];
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++)
        for (uint32_t seed = 0; seed < N_SEEDS; seed++) {
            for (uint32_t i = 0; i < N_DRAWS; i++)
                draws[i] = draw(alphas[a], i, seed);
            const double distance = kolmogorov_distance(draws, (double)alphas[a]);
            if (!(distance < KOLMOGOROV_LIMIT))
                fail_msg("alpha %g, seed %u: distance %.4f", (double)alphas[a], seed, distance);
        }
}

static void another_alpha_is_told_apart(void **state) {
    (void)state;
    static float draws[N_DRAWS];
    for (uint32_t i = 0; i < N_DRAWS; i++)
        draws[i] = draw(0.75f, i, 0);
    assert_true(kolmogorov_distance(draws, 0.75 * 1.1) > KOLMOGOROV_LIMIT);
    assert_true(kolmogorov_distance(draws, 0.75 / 1.1) > KOLMOGOROV_LIMIT);
}

static void draws_are_within_0_and_1_for_extreme_alphas(void **state) {
    (void)state;
    static const float alphas[] = {0.01f, 0.001f, 100.0f, 1e6f};
    for (size_t a = 0; a < sizeof alphas / sizeof *alphas; a++)
        for (uint32_t i = 0; i < N_DRAWS; i++) {
            const float l = draw(alphas[a], i, 1);
            assert_true(l >= 0.0f && l <= 1.0f);
        }
}

/* Neighbouring images, steps and seeds: the correlation of 20000 independent pairs has deviation
 * 0.007. */
static void neighbouring_draws_are_not_correlated(void **state) {
    (void)state;
    double image = 0, step = 0, seed = 0, variance = 0;
    for (uint32_t i = 0; i < N_DRAWS; i++) {
        const double here = (double)mx_beta(0.75f, i, 0, 1, 0) - 0.5;
        variance += here * here;
        image += here * ((double)mx_beta(0.75f, i + 1, 0, 1, 0) - 0.5);
        step += here * ((double)mx_beta(0.75f, i, 1, 1, 0) - 0.5);
        seed += here * ((double)mx_beta(0.75f, i, 0, 2, 0) - 0.5);
    }
    assert_true(fabs(image) < 0.03 * variance);
    assert_true(fabs(step) < 0.03 * variance);
    assert_true(fabs(seed) < 0.03 * variance);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exact_function_has_its_known_values),
        cmocka_unit_test(draws_follow_the_beta_distribution),
        cmocka_unit_test(another_alpha_is_told_apart),
        cmocka_unit_test(draws_are_within_0_and_1_for_extreme_alphas),
        cmocka_unit_test(neighbouring_draws_are_not_correlated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
