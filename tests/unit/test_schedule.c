#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "train/schedule.h"

static void assert_near(double got, double expected, double limit) {
    if (!(fabs(got - expected) <= limit)) fail_msg("%.17g is not %.17g", got, expected);
}

static void lambda_u_grows_linearly_from_0_and_stays(void **state) {
    (void)state;
    assert_true(mx_lambda_u_at(75, 1000, 0) == 0);
    assert_near(mx_lambda_u_at(75, 1000, 1), 0.075, 1e-15);
    assert_true(mx_lambda_u_at(75, 1000, 500) == 37.5);
    assert_true(mx_lambda_u_at(75, 1000, 999) < 75);
    assert_true(mx_lambda_u_at(75, 1000, 1000) == 75);
    assert_true(mx_lambda_u_at(75, 1000, UINT64_MAX) == 75);
    for (uint64_t step = 1; step < 1000; step++)
        assert_true(mx_lambda_u_at(75, 1000, step) > mx_lambda_u_at(75, 1000, step - 1));
}

static void lambda_u_is_there_at_once_without_a_ramp(void **state) {
    (void)state;
    assert_true(mx_lambda_u_at(75, 0, 0) == 75);
    assert_true(mx_lambda_u_at(0, 0, 0) == 0);
}

static void a_warming_average_starts_at_a_tenth_and_ends_at_its_decay(void **state) {
    (void)state;
    assert_near(mx_ema_at(0.999, true, 0), 0.1, 1e-15);
    assert_near(mx_ema_at(0.999, true, 1), 2.0 / 11.0, 1e-15);
    assert_true(mx_ema_at(0.999, true, 8000) < 0.999);
    assert_true(mx_ema_at(0.999, true, 10000) == 0.999);
    assert_true(mx_ema_at(0.999, true, UINT64_MAX) == 0.999);
    assert_true(mx_ema_at(0, true, 5) == 0);
}

static void an_average_that_does_not_warm_up_has_one_decay(void **state) {
    (void)state;
    assert_true(mx_ema_at(0.999, false, 0) == 0.999);
    assert_true(mx_ema_at(0.999, false, 1000000) == 0.999);
}

static void a_rate_without_schedule_stays(void **state) {
    (void)state;
    const mx_lr_schedule none = {0};
    assert_true(mx_lr_factor_at(&none, 0) == 1);
    assert_true(mx_lr_factor_at(&none, UINT64_MAX) == 1);
}

static void a_warm_up_ends_at_the_whole_rate(void **state) {
    (void)state;
    const mx_lr_schedule warm = {.warmup = 4};
    assert_near(mx_lr_factor_at(&warm, 0), 0.25, 0);
    assert_near(mx_lr_factor_at(&warm, 3), 1, 0);
    assert_near(mx_lr_factor_at(&warm, 4), 1, 0);
}

/* cos(7 pi / 32) = 0.773010453..., cos(7 pi / 16) = 0.195090322... */
static void the_cosine_falls_to_a_fifth(void **state) {
    (void)state;
    const mx_lr_schedule cosine = {.cosine = true, .steps = 1000},
                         warm = {.cosine = true, .steps = 1100, .warmup = 100},
                         tiny = {.cosine = true, .steps = 10, .warmup = 10};
    assert_near(mx_lr_factor_at(&cosine, 0), 1, 0);
    assert_near(mx_lr_factor_at(&cosine, 500), 0.77301045336273696, 1e-15);
    assert_near(mx_lr_factor_at(&cosine, 1000), 0.19509032201612828, 1e-15);
    assert_near(mx_lr_factor_at(&cosine, 5000), 0.19509032201612828, 1e-15);
    assert_near(mx_lr_factor_at(&warm, 600), 0.77301045336273696, 1e-15);
    assert_near(mx_lr_factor_at(&warm, 49), 0.5, 1e-15);
    assert_near(mx_lr_factor_at(&tiny, 9), 1, 0);
}

static void milestones_multiply_one_after_another(void **state) {
    (void)state;
    const mx_lr_schedule steps = {.milestones = {10, 20}, .n_milestones = 2, .gamma = 0.1};
    assert_near(mx_lr_factor_at(&steps, 9), 1, 0);
    assert_near(mx_lr_factor_at(&steps, 10), 0.1, 1e-15);
    assert_near(mx_lr_factor_at(&steps, 20), 0.01, 1e-15);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lambda_u_grows_linearly_from_0_and_stays),
        cmocka_unit_test(lambda_u_is_there_at_once_without_a_ramp),
        cmocka_unit_test(a_warming_average_starts_at_a_tenth_and_ends_at_its_decay),
        cmocka_unit_test(an_average_that_does_not_warm_up_has_one_decay),
        cmocka_unit_test(a_rate_without_schedule_stays),
        cmocka_unit_test(a_warm_up_ends_at_the_whole_rate),
        cmocka_unit_test(the_cosine_falls_to_a_fifth),
        cmocka_unit_test(milestones_multiply_one_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
