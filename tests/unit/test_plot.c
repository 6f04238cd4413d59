/* The arithmetic of axes. */
#include "unit/fixture.h"

#include <math.h>

#include "report/plot.h"

static void assert_ticks(mx_axis axis, int most, const double *expected, int count) {
    double ticks[MX_MOST_TICKS];
    assert_int_equal(mx_plot_ticks(&axis, most, ticks), count);
    for (int i = 0; i < count; i++)
        if (!(fabs(ticks[i] - expected[i]) <= 1e-9 * fabs(expected[count - 1])))
            fail_msg("tick %d is %.17g, not %g", i, ticks[i], expected[i]);
}

static void ticks_are_round_numbers_within_the_axis(void **state) {
    (void)state;
    assert_ticks((mx_axis){.from = 0, .to = 1}, 6, (double[]){0, 0.2, 0.4, 0.6, 0.8, 1}, 6);
    assert_ticks((mx_axis){.from = 0, .to = 1}, 3, (double[]){0, 0.5, 1}, 3);
    assert_ticks((mx_axis){.from = 0.5, .to = 1}, 2, (double[]){0.5, 1}, 2);
    assert_ticks((mx_axis){.from = -3, .to = 37}, 5, (double[]){0, 10, 20, 30}, 4);
    assert_ticks((mx_axis){.from = 0, .to = 1999}, 4, (double[]){0, 1000}, 2);
}

static void there_are_never_more_ticks_than_room(void **state) {
    (void)state;
    for (int most = 2; most <= MX_MOST_TICKS; most++)
        for (double to = 1e-6; to < 1e7; to *= 1.37) {
            double ticks[MX_MOST_TICKS];
            const mx_axis axis = {.from = 0, .to = to};
            const int count = mx_plot_ticks(&axis, most, ticks);
            assert_true(count >= 1 && count <= most);
            assert_true(ticks[0] == 0 && ticks[count - 1] <= to * (1 + 1e-6));
        }
}

static void logarithmic_ticks_are_1_2_and_5(void **state) {
    (void)state;
    assert_ticks((mx_axis){.from = 0.1, .to = 16, .log = true}, 5,
                 (double[]){0.1, 0.2, 0.5, 1, 2, 5, 10}, 7);
}

static void the_corners_of_the_axes_are_those_of_the_area(void **state) {
    (void)state;
    const mx_plot plot = {.area = {10, 20, 100, 50},
                          .x = {.from = 0.1, .to = 10, .log = true},
                          .y = {.from = -1, .to = 3}};
    const mx_point low = mx_plot_at(&plot, 0.1, -1), high = mx_plot_at(&plot, 10, 3),
                   middle = mx_plot_at(&plot, 1, 1);
    assert_true(low.x == 10 && low.y == 70 && fabs(high.x - 110) < 1e-9 && high.y == 20);
    assert_true(fabs(middle.x - 60) < 1e-9 && fabs(middle.y - 45) < 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticks_are_round_numbers_within_the_axis),
        cmocka_unit_test(there_are_never_more_ticks_than_room),
        cmocka_unit_test(logarithmic_ticks_are_1_2_and_5),
        cmocka_unit_test(the_corners_of_the_axes_are_those_of_the_area),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
